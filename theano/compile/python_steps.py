"""The steps of a program that are a user's Python code: what goes in, what comes out, and what is said if it fails.

An op gets C-contiguous arrays (scalar variables: NumPy scalars; other types: their objects) and gives what it likes; that is made
what the node declares, or refused.  A result never shares memory with an argument or another result.
"""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from theano import errors
from theano.compile import failures
from theano.compile.verbose import tell
from theano.graph import Apply, Runner
from theano.graph.naming import title
from theano.loops.ir import PythonStep
from theano.runtime.numpy_api import canonical
from theano.scalar.types import Scalar
from theano.tensor.type import array_dtype

Check = Callable[[Any, list[Any]], Any]
"""From what an op gave, and the arrays that it may share no memory with, to what the program takes."""


def python_callback(step: PythonStep, debug: bool = False) -> Callable[..., tuple[Any, ...]]:
    """The call of a user's ``perform``, or of its thunk: arrays in, checked arrays out.  ``debug`` prefers ``debug_perform``."""
    node: Apply = step.node
    run = Runner(node, debug=debug)
    in_place = Runner(node, step.owned, debug) if step.owned else run
    numbers = [k for k, v in enumerate(node.inputs) if isinstance(v.type, Scalar)]
    visible = [k for k, v in enumerate(node.inputs) if array_dtype(v.type) != "object"]
    checks = [_check_of(node, k) for k in range(len(node.outputs))]

    def call(*arrays: Any) -> tuple[Any, ...]:
        alone = bool(step.owned) and all(_holders(arrays, k) == _ALONE and arrays[k].base is None for k in step.owned)
        given = list(arrays)
        for k in numbers:
            given[k] = given[k][()]
        held = [arrays[k] for k in visible if not (alone and k in step.owned)]
        try:
            results = in_place(given) if alone else run(given)
            return tuple([check(result, held) for check, result in zip(checks, results, strict=True)])
        except Exception as error:
            error.add_note(_note(node, arrays))
            tell(error, node, dict(zip(node.inputs, arrays, strict=True)))
            raise

    return call


def _holders(arrays: Sequence[Any], position: int) -> int:
    """How many hold an argument, the interpreter included."""
    return sys.getrefcount(arrays[position])


def _count(*arrays: Any) -> int:
    return _holders(arrays, 0)


_probe = numpy.empty(0)
_ALONE = _count(_probe)
"""Of an argument that only the caller holds.  An op may have kept an array that it once gave: then it is not overwritten."""


def _check_of(node: Apply, position: int) -> Check:
    """How output ``position`` is checked."""
    kind = node.outputs[position].type
    if array_dtype(kind) == "object":
        return lambda value, held: _own_result(node, position, value)
    dtype, rank, pattern = numpy.dtype(kind.dtype), kind.ndim, kind.broadcastable

    def check(value: Any, held: list[Any]) -> Any:
        if type(value) is not numpy.ndarray or value.dtype is not dtype or value.ndim != rank or any(pattern) or not value.flags.carray:
            value = _array_result(node, position, value)
        for other in held:
            if other is value or ((value.base is not None or other.base is not None) and numpy.may_share_memory(value, other)):
                value = value.copy()
                break
        held.append(value)
        return value

    return check


def _own_result(node: Apply, position: int, value: Any) -> Any:
    """A value of a type that is no tensor type: the type looks at it."""
    if value is None and not node.outputs[position].type.is_valid_value(None):
        raise ValueError(_empty(node, position))
    return _filtered(node, position, value)


def _array_result(node: Apply, position: int, value: Any) -> Any:
    """An array of the declared type, as generated code reads it."""
    if value is None:
        raise ValueError(_empty(node, position))
    return canonical(_filtered(node, position, value), node.outputs[position].type.dtype)


def _empty(node: Apply, position: int) -> str:
    return errors.message(
        f"perform of {node.op} left output {position} empty",
        [("output", str(position), str(node.outputs[position].type))],
        cure=f"write output_storage[{position}][0] = value; what perform returns, or puts in the place of the cell, is not seen",
    )


def _filtered(node: Apply, position: int, value: Any) -> Any:
    kind = node.outputs[position].type
    try:
        return kind.filter(value)
    except (TypeError, ValueError) as why:
        rows = [("declared", str(kind)), ("given", _described(value))]
        cure = "convert the result in perform, or declare its type in make_node"
        text = errors.message(
            f"perform of {node.op} gave output {position} a value that is none of its type: {str(why).splitlines()[0]}", rows, cure
        )
        raise errors.VariableTypeError(text) from why


def _described(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, numpy.ndarray) else f"{type(value).__name__} {reprlib.repr(value)[:60]}"


def _note(node: Apply, arrays: Sequence[Any]) -> str:
    """Where an op failed: the op, its node, what it was given, the user's lines."""
    method = "thunk" if node.op.has_own_thunk() else "perform"
    places = ", ".join(failures.lines_of(node))
    rows = [(f"input {k}", title(v), _described(a)) for k, (v, a) in enumerate(zip(node.inputs, arrays, strict=True))]
    return errors.message(f"in {node.op}.{method}" + (f", applied at {places}" if places else ""), rows)
