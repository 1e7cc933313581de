"""Test values: expressions computed while they are built, from ``tag.test_value`` of the inputs (``config.compute_test_value``).

>>> from theano.graph import generic
>>> x = generic("x")
>>> x.tag.test_value = 3
>>> get_test_value(x)
3
"""

from __future__ import annotations

import warnings
from typing import Any

from theano.errors import TestValueError, message
from theano.flags import config
from theano.graph.provenance import frames_outside
from theano.graph.running import Runner
from theano.graph.variable import Apply, Constant, Variable


def get_test_value(v: Any) -> Any:
    """The test value of a variable, the data of a constant, the value of a shared variable; other objects stand for themselves."""
    if not isinstance(v, Variable):
        return v
    if isinstance(v, Constant):
        return v.data
    if hasattr(v, "get_value"):
        return v.get_value(borrow=True, return_internal_type=True)
    if v._tag is None or "test_value" not in v._tag.__dict__:
        raise TestValueError(message(f"{v} has no test value", [(str(v), v.type, v.origin)], cure=f"set {v}.tag.test_value"))
    try:
        return v.type.filter(v.tag.test_value)
    except (TypeError, ValueError) as error:
        rows = [("variable", str(v), v.type, v.origin)]
        raise TestValueError(message(f"the test value of {v} is not of its type {v.type}", rows, cure=str(error))) from error


def compute_test_values(node: Apply) -> None:
    """Compute the test values of a node's outputs from those of its inputs; what if one has none is for the flag to say."""
    inputs: list[Any] = []
    for position, variable in enumerate(node.inputs):
        try:
            inputs.append(get_test_value(variable))
        except TestValueError as error:
            missing_test_message(f"Cannot compute test value: input {position} ({variable}) of {node.op}\n{error}", node.origin)
            return
    try:
        results = Runner(node)(inputs)
    except Exception as error:
        rows = [("input", str(v), v.type, _described(x), v.origin) for v, x in zip(node.inputs, inputs, strict=True)]
        error.add_note(message(f"while computing the test value of {node}, built at {node.origin}", rows))
        raise
    for output, result in zip(node.outputs, results, strict=True):
        output.tag.test_value = result


def get_debug_values(*args: Any) -> list[tuple[Any, ...]]:
    """A list with the tuple of the arguments' test values, or an empty one: if test values are off, or one is missing.

    What ``for a, b in get_debug_values(x, y): ...`` checks is checked where there are test values.  Whether a missing one is an error is
    for ``config.compute_test_value`` to say."""
    if config.compute_test_value == "off":
        return []
    values: list[Any] = []
    for position, argument in enumerate(args):
        try:
            values.append(get_test_value(argument))
        except TestValueError as error:
            missing_test_message(f"get_debug_values: argument {position} ({argument}) has no test value\n{error}")
            return []
    return [tuple(values)]


def missing_test_message(msg: str, place: Any = None) -> None:
    """A test value is missing: raise, warn, start the debugger or go on, as ``config.compute_test_value`` says."""
    policy = config.compute_test_value
    if policy == "raise":
        raise TestValueError(msg)
    if policy == "warn":
        warnings.warn(msg + (f"\n  built at {place}" if place else ""), stacklevel=frames_outside())
    elif policy == "pdb":
        breakpoint()


def debug_error_message(msg: str) -> None:
    """Something is wrong with test values: ValueError, or a warning if ``config.compute_test_value`` is "warn"."""
    _complain(ValueError(f"compute_test_value: {msg}"))


def debug_assert(condition: Any, msg: str | None = None) -> None:
    """AssertionError unless ``condition`` is true; a warning if ``config.compute_test_value`` is "warn"."""
    if not condition:
        _complain(AssertionError("debug_assert failed" if msg is None else msg))


def _complain(error: Exception) -> None:
    if config.compute_test_value != "warn":
        raise error
    warnings.warn(str(error), stacklevel=frames_outside())


def _described(value: Any) -> str:
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    return f"{dtype} array of shape {shape}" if shape is not None else repr(value)[:40]
