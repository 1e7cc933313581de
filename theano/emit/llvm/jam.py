"""Outer points side by side: two iterations of the loop around columns that are reduced become one.

Where columns are reduced for each of many outer points, an element that all of them read would be loaded for one operation or two, and each
addition waits for the last.  So :data:`POINTS` outer points go through the columns together: what they share is loaded once, and the
sums of each are a chain of their own.  Each point's numbers are combined in the same order as ever.

    for i:        for j in lanes: for k: s += f(a[i, k], b[k, j])
    for i, i + 1: for j in lanes: for k: s += f(a[i, k], b[k, j]); t += f(a[i + 1, k], b[k, j])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from theano.emit.llvm.strips import has_rows
from theano.loops.affine import is_constant, split
from theano.loops.ir import Accumulator, Combine, Fold, Loop, Statement, Store
from theano.loops.statements import all_statements, map_values
from theano.scalar.instructions import COMPUTED_FLOATS, ITEMSIZE, LEAVES, Value, rebuild, walk

POINTS = 2
LONG = 48
"""Instructions for one point beyond which what is computed of two does not fit the registers, and costs more to compile than it gains."""


def jammed(loop: Loop, has_fma: bool) -> Loop | None:
    """``loop``, whose iterations are independent, with :data:`POINTS` of them in each; None if it is not around columns."""
    index = loop.extent.trace.leaf("index", "int64", loop.index)
    around = any(isinstance(s, Loop) and s.kind == "vector" and has_rows(s) for s in loop.body)
    if loop.kind == "vector" or not around or not _may_be(loop.body, index) or _length(loop) > LONG:
        return None
    copies = [[_moved(statement, index, point, has_fma) for statement in loop.body] for point in range(POINTS)]
    return replace(loop, body=tuple(_together(copies)))


def _may_be(body: Sequence[Statement], index: Value) -> bool:
    """Whether all loops in ``body`` are as long for one point as for the other, and nothing may fail."""
    for statement in body:
        if isinstance(statement, Loop):
            found = any(v.op in ("acc", "load") for v in walk([statement.extent]))
            if found or not is_constant(split(statement.extent, index)[0], 0) or not _may_be(statement.body, index):
                return False
        elif not isinstance(statement, Store):
            return False
    return True


def _length(loop: Loop) -> int:
    """The instructions of one iteration's data."""
    statements = list(all_statements([loop]))
    stored = (s.value for s in statements if isinstance(s, Store))
    summed = (v for s in statements if isinstance(s, Loop) for a in s.accumulators for v in a.values)
    return sum(v.op not in LEAVES for v in walk((*stored, *summed), ("load",)))


def _moved(statement: Statement, index: Value, point: int, has_fma: bool) -> Statement:
    """``statement`` of the iteration that comes ``point`` later, its accumulators with keys of their own."""
    trace = index.trace

    def change(value: Value, _: tuple[Value, ...]) -> Value | None:
        if value is index:
            return index + point if point else index
        return trace.leaf("acc", value.dtype, (value.data[0] * POINTS + point, value.data[1])) if value.op == "acc" else None

    def keyed(inner: Statement) -> Statement:
        if not isinstance(inner, Loop):
            return inner
        accumulators = tuple(
            Accumulator(a.key * POINTS + point, _by_fma(a) if has_fma else a.combine, a.values, a.starts) for a in inner.accumulators
        )
        return replace(inner, body=tuple(map(keyed, inner.body)), accumulators=accumulators)

    return keyed(map_values(statement, lambda value: rebuild([value], trace, change)[0]))


def _by_fma(accumulator: Accumulator) -> Combine:
    """A sum of what is widened first adds by multiplying with one: to the bit the same, but conversions and additions take each
    other's units on many processors, and those for products stand idle meanwhile."""
    value = accumulator.values[0]
    floats = value.dtype in COMPUTED_FLOATS and value.op == "cast" and value.args[0].dtype in COMPUTED_FLOATS
    if accumulator.combine != "add" or not floats or ITEMSIZE[value.args[0].dtype] >= ITEMSIZE[value.dtype]:
        return accumulator.combine
    there, added = (value.trace.leaf("input", value.dtype, k) for k in range(2))
    return Fold("add", (0.0,), (value.trace.emit("fma", (added, value.trace.const(1.0, value.dtype), there), value.dtype),))


def _together(copies: Sequence[Sequence[Statement]]) -> Iterator[Statement]:
    """One statement after the other, each of all points; loops are united."""
    for statements in zip(*copies, strict=True):
        first = statements[0]
        if isinstance(first, Loop):
            loops = [s for s in statements if isinstance(s, Loop)]
            accumulators = tuple(a for s in loops for a in s.accumulators)
            yield replace(first, body=tuple(_together([s.body for s in loops])), accumulators=accumulators)
        else:
            yield from statements
