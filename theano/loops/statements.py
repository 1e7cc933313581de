"""What every room that reads kernels asks of their statements: which values, which buffers, the same with other values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, cast

from theano.loops.ir import Accumulator, Check, Fold, Loop, Statement, Store
from theano.scalar.instructions import Value, walk


def map_values(statement: Statement, change: Callable[[Value], Value]) -> Statement:
    """The statement with each of its values replaced, in the order of :func:`values_of`."""
    if isinstance(statement, Store):
        return replace(statement, offset=change(statement.offset), value=change(statement.value))
    if isinstance(statement, Check):
        return replace(statement, ok=change(statement.ok), payload=change(statement.payload))
    extent = change(statement.extent)
    starts = [tuple(map(change, accumulator.starts)) for accumulator in statement.accumulators]
    body = tuple(map_values(inner, change) for inner in statement.body)
    carried = tuple(_map_accumulator(a, begun, change) for a, begun in zip(statement.accumulators, starts, strict=True))
    return Loop(statement.index, extent, body, carried, statement.kind)


def _map_accumulator(accumulator: Accumulator, starts: tuple[Value, ...], change: Callable[[Value], Value]) -> Accumulator:
    values, combine = tuple(map(change, accumulator.values)), accumulator.combine
    if isinstance(combine, Fold):
        combine = replace(combine, results=tuple(map(change, combine.results)))
    return Accumulator(accumulator.key, combine, values, starts)


def values_of(body: Iterable[Statement]) -> Iterator[Value]:
    """The values that the statements name directly, in the order in which they are computed."""
    for statement in body:
        if isinstance(statement, Store):
            yield from (statement.offset, statement.value)
        elif isinstance(statement, Check):
            yield from (statement.ok, statement.payload)
        else:
            yield statement.extent
            yield from (start for accumulator in statement.accumulators for start in accumulator.starts)
            yield from values_of(statement.body)
            for accumulator in statement.accumulators:
                yield from accumulator.values
                if isinstance(accumulator.combine, Fold):
                    yield from accumulator.combine.results


def all_statements(body: Iterable[Statement]) -> Iterator[Statement]:
    """The statements and those inside them."""
    for statement in body:
        yield statement
        if isinstance(statement, Loop):
            yield from all_statements(statement.body)


def stored_buffers(body: Iterable[Statement]) -> frozenset[int]:
    """Positions of the buffers that are stored to."""
    return frozenset(s.buffer for s in all_statements(body) if isinstance(s, Store))


def loaded_buffers(body: Iterable[Statement]) -> frozenset[int]:
    """Positions of the buffers that are loaded from (adding to an element counts)."""
    statements = list(body)
    loads = {v.data for v in walk(values_of(statements)) if v.op == "load"}
    adds = {s.buffer for s in all_statements(statements) if isinstance(s, Store) and s.combine}
    return frozenset(loads | adds)


Row = tuple[tuple[Store, ...], ...]
"""Consecutive stores, in groups: a group reads what one before it wrote."""


def grouped(body: Iterable[Statement]) -> Iterator[Statement | Row]:
    """The statements, consecutive stores as one :data:`Row`."""
    for stores, run in groupby(body, lambda statement: isinstance(statement, Store)):
        if stores:
            yield tuple(_groups(cast("Iterator[Store]", run)))
        else:
            yield from run


def _groups(stores: Iterable[Store]) -> Iterator[tuple[Store, ...]]:
    """A group ends with each store whose buffer is read by one that comes later, which is loaded before the next group then."""
    whole, read = list(stores), set[Any]()
    ends = [len(whole)]
    for position in range(len(whole) - 1, 0, -1):
        read |= {v.data for v in walk([whole[position].value, whole[position].offset]) if v.op == "load"}
        if whole[position - 1].buffer in read:
            ends.append(position)
    start = 0
    for end in reversed(ends):
        yield tuple(whole[start:end])
        start = end


def loaded_ahead(row: Row) -> Iterator[Value]:
    """What is to be loaded for later groups before the first stores anything: all but what a group before has written, and what lies
    where such loads say.  Before the next group the rest of the row asks for more: what has been written lies there at least until then."""
    written = {store.buffer for store in row[0]}
    for group in row[1:]:
        late: set[Value] = set()
        for value in walk(v for store in group for v in (store.offset, store.value)):
            if any(a in late for a in value.args) or (value.op == "load" and value.data in written):
                late.add(value)
            elif value.op == "load":
                yield value
        written |= {store.buffer for store in group}


def accesses(body: Sequence[Any]) -> Iterator[tuple[str, int, Value]]:
    """(kind, buffer, offset) in the order of one iteration; consecutive stores compute all their values first."""
    for stores, run in groupby(body, lambda statement: isinstance(statement, Store)):
        statements = list(run)
        if stores:
            yield from _loads(v for s in statements for v in (s.value, s.offset))
            yield from (("store", s.buffer, s.offset) for s in statements)
            continue
        for statement in statements:
            if isinstance(statement, Loop):
                yield from _loads([statement.extent])
                yield from accesses(statement.body)
                yield from _loads(v for a in statement.accumulators for v in a.values)
            else:
                yield from _loads([statement.ok, statement.payload])


def _loads(values: Iterable[Value]) -> Iterator[tuple[str, int, Value]]:
    return (("load", v.data, v.args[0]) for v in walk(values) if v.op == "load")
