"""From the status of a native call to the error a person reads.

A program fails by a *guard* (two sizes that must agree), by a kernel's *check* (an index out of range) or by a library
step whose sizes the library cannot take.  Each names the graph node it belongs to, and so the user's lines; the shapes of what
the node works on are found again from the arguments of the call.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy

from theano import errors
from theano.compile.sizes import Sizes
from theano.emit.llvm.frame import written_buffers
from theano.graph import Constant
from theano.graph.naming import operation, title
from theano.loops.ir import Buffer, Guard, frames, walk_steps
from theano.tensor.type import array_dtype

Shape = Sequence[int | None]
Row = tuple[str, str, str, str]

TRANSPOSED = ("dot", "batched_dot")


# ------------------------------------------------------------------------------------------------ errors


def guard_error(guard: Guard, left: int, right: int, sizes: Sizes) -> Exception:
    """The error of a guard that found ``left`` and ``right``."""
    if guard.relation == "at_least":
        return _bound_error(guard, left, right, sizes)
    if guard.node is None and len(guard.axes) == 1:
        ((variable, axis),) = guard.axes
        text = f"{title(variable)} was declared with {right} along axis {axis}, the value has {left}"
        cure = "declare the axis with None to take any size"
        return errors.ShapeError(errors.message(text, [row("input", variable, {axis: left})], cure))
    operands = sizes.operands(guard.node)
    pair = [(v, _known(operands, v, {axis: n})) for (v, axis), n in zip(guard.axes, (left, right))] if len(guard.axes) == 2 else []
    rows = [row(label, v, shape) for label, (v, shape) in zip(("left", "right"), pair)] or _subjects(operands)
    text, _, cure = (guard.message or "sizes differ").partition("\n")
    text = f"{_named(guard.node, text)}: {left} and {right}"
    return errors.ShapeError(errors.message(text, [*rows, *_place(guard.node)], cure or _cure(guard, (left, right), pair)))


def _bound_error(guard: Guard, left: int, right: int, sizes: Sizes) -> Exception:
    operands = sizes.operands(guard.node)
    text, _, cure = (guard.message or "{left} is less than {right}").partition("\n")
    headline = text.format(left=left, right=right, array=_first(operands))
    rows = _subjects(operands) + _place(guard.node)
    if headline.startswith("index "):
        return errors.BoundsError(errors.message(headline, rows, cure))
    return errors.ShapeError(errors.message(_named(guard.node, headline), rows))


def check_error(node: Any, text: str, payload: int, sizes: Sizes) -> Exception:
    """The error of an index out of range."""
    operands = sizes.operands(node)
    writes = operation(node).endswith("inc_subtensor")
    labels = ["array", *(["value"] if writes else []), *["index"] * len(operands)]
    rows = [row(label, v, shape) for label, (v, shape) in zip(labels, operands)]
    headline, _, cure = text.partition("\n")
    return errors.BoundsError(errors.message(headline.format(payload=payload, array=_first(operands)), [*rows, *_place(node)], cure))


def range_error(step: Any) -> Exception:
    """The error of a matrix that is too large for its library."""
    text = f"{step.routine}: an extent or leading dimension exceeds 2**31 - 1, which BLAS cannot take"
    return errors.ShapeError(errors.message(text, _place(step.nodes[0])))


def memory_error(number: int, sizes: Sizes) -> Exception:
    """The error of an array, or of scratch (then the largest piece of it), for which there is no memory."""
    buffer, scratch = _allocation(number, sizes)
    shape = [sizes(extent) for extent in buffer.shape]
    step = next((s for s in walk_steps(sizes.program.frame) if any(b.number == buffer.number for b in written_buffers(s))), None)
    nodes = [node for node in getattr(step, "nodes", ()) if node is not None]
    size = _bytes(buffer, sizes)
    amount = "" if size is None else f", {size:,} bytes"
    kind = "scratch" if scratch else _PURPOSE[buffer.storage]
    target = next((sizes.program.shared[p].name for p, b in sizes.program.commits if b is buffer), None)
    kind += f" {target}" if target else ""
    text = f"there is no memory for {kind}: {buffer.dtype} ({_listed(shape)}){amount}"
    rows: list[Row] = []
    for node in dict.fromkeys(nodes):
        rows += [("of", operation(node) or str(node), "", place) for place in (lines_of(node)[:1] or [""])]
    rows += [row("input", variable, known) for variable, known in _first_operands(nodes, sizes)]
    return errors.AllocationError(errors.message(text, rows[:6], "use smaller arguments, or a dtype that takes fewer bytes"))


_PURPOSE = {"output": "an output", "update": "the next value of the shared variable", "object": "an intermediate array"}


def _allocation(number: int, sizes: Sizes) -> tuple[Buffer, bool]:
    """The buffer that the number names, and whether it is scratch: then the largest of its frame."""
    for frame in frames(sizes.program.frame):
        for buffer in frame.buffers:
            if buffer.number == number:
                pieces = [b for b in frame.buffers if b.storage == "arena"] if buffer.storage == "arena" else [buffer]
                return max(pieces, key=lambda b: _bytes(b, sizes) or 0), buffer.storage == "arena"
    raise AssertionError(f"no frame makes buffer {number}")


def _bytes(buffer: Buffer, sizes: Sizes) -> int | None:
    """Of its elements, however many that would be."""
    known = [size for size in map(sizes, buffer.shape) if size is not None]
    return math.prod(known, start=numpy.dtype(buffer.dtype).itemsize) if len(known) == len(buffer.shape) else None


def _listed(shape: Shape) -> str:
    return ", ".join("?" if n is None else str(n) for n in shape) + ("," if len(shape) == 1 else "")


def _first_operands(nodes: Sequence[Any], sizes: Sizes) -> Sequence[tuple[Any, Shape]]:
    found = {id(variable): (variable, shape) for node in nodes for variable, shape in sizes.operands(node)}
    return [(variable, shape) for variable, shape in found.values() if not isinstance(variable, Constant)][:3]


def _cure(guard: Guard, values: tuple[int, int], pair: list[tuple[Any, Shape]]) -> str | None:
    if len(pair) < 2:
        return None
    (a, left), (b, right) = pair
    word = operation(guard.node)
    if word in TRANSPOSED and len(left) == len(right) == 2:
        if left[1] == right[1]:
            return f"did you mean {word}({title(a)}, {title(b)}.T)?"
        return f"did you mean {word}({title(a)}.T, {title(b)})?" if left[0] == right[0] else None
    if 1 in values and getattr(getattr(guard.node, "op", None), "scalar_op", None) is not None:
        return "an axis stretches only if its type says so: see T.addbroadcast, or declare T.row / T.col"
    return None


def _known(operands: Iterable[tuple[Any, Shape]], variable: Any, fallback: dict[int, int]) -> Shape:
    """The shape of one of the operands; of what is none of them, at least what the guard compared."""
    shape = next((s for v, s in operands if v is variable), None)
    rank = len(variable.type.broadcastable)
    return [fallback.get(axis) if shape is None or shape[axis] is None else shape[axis] for axis in range(rank)]


# ------------------------------------------------------------------------------------------------ names and places


def _named(node: Any, text: str) -> str:
    word = operation(node)
    return f"{word}: {text}" if word else text


def row(label: str, variable: Any, shape: Shape | dict[int, int] = ()) -> Row:
    """(label, name, dtype and shape, the user's line) of a variable; what is not known of ``shape`` is ``?``."""
    kind = variable.type
    known = shape if isinstance(shape, dict) else {axis: n for axis, n in enumerate(shape) if n is not None}
    pattern = getattr(kind, "broadcastable", ())
    static = getattr(variable, "static_shape", None) or [None] * len(pattern)
    entries = [1 if b and s is None else known.get(axis, s) for axis, (b, s) in enumerate(zip(pattern, static))]
    text = ", ".join("?" if n is None else str(n) for n in entries)
    places = lines_of(variable)
    from theano.compile.plan_text import StoredType  # many processes keep no plans and make no mistakes

    is_array = isinstance(kind, StoredType) or array_dtype(kind) != "object"
    said = f"{kind.dtype} ({text}{',' if len(entries) == 1 else ''})" if is_array else str(kind)
    return label, title(variable), said, places[0] if places else ""


def _first(operands: Sequence[tuple[Any, Shape]]) -> str:
    return title(operands[0][0]) if operands else "the array"


def _subjects(operands: Iterable[tuple[Any, Shape]]) -> list[Row]:
    return [row("of", v, shape) for v, shape in operands if not isinstance(v, Constant)]


def _place(node: Any) -> list[Row]:
    return [("in", "", "", place) for place in lines_of(node)[:1]]


def lines_of(thing: Any) -> list[str]:
    """``file.py:line`` of a variable or node."""
    origin = getattr(getattr(thing, "owner", None), "origin", None) or getattr(thing, "origin", None)
    found: Iterable[tuple[str, int]] = origin.lines(3) if origin else ()
    return [f"{os.path.basename(file)}:{line}" for file, line in found]
