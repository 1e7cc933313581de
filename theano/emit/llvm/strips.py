"""Reductions down columns, strip by strip: what is to be done to a block of columns before the next block begins.

A vector loop over columns with loops over rows inside would walk down the memory in steps of a whole row, once for each few
lanes, and each row's cache lines and pages would be fetched again and again.  So its inner loops run over a *strip* of
columns at a time, :data:`TILE` rows by :data:`STRIP` columns after another, and what each column carries lies on the stack meanwhile.
Each column's numbers are combined in the same order as ever.

    for each strip:  start its sums; for each tile: for its columns in lanes: for its rows: add; what follows, for its columns in lanes
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from theano.emit.llvm.reduce import identities
from theano.loops.ir import NEXT, Loop, Statement, Store
from theano.loops.statements import map_values, values_of
from theano.scalar.instructions import COMPUTED_FLOATS, Value, rebuild, walk

STRIP = 128
TILE = 16


@dataclass(frozen=True, slots=True)
class Rows(Loop):
    """A loop over rows inside the columns' loop, whose accumulators go on from ``slots`` (buffers by column) and end there."""

    slots: tuple[int, ...] = ()
    place: Value | None = None  # the column
    bounds: tuple[str, str] = ("", "")  # of the tile being printed


def has_rows(loop: Loop) -> bool:
    """Whether ``loop``, which runs in lanes, is over columns that are reduced."""
    inner = [a for s in loop.body if isinstance(s, Loop) for a in s.accumulators]
    if loop.accumulators or not inner or any(a.combine == NEXT for a in inner):
        return False
    return all(isinstance(s, Store) or (type(s) is Loop and all(isinstance(i, Store) for i in s.body)) for s in loop.body)


def stretches(loop: Loop, first: int) -> tuple[list[Loop], list[str]]:
    """The body of ``loop`` as loops over columns and :class:`Rows`, and the dtypes of the buffers by column, numbered from ``first``,
    that hold what the one hands to the other."""
    made = _Stretches(loop, first)
    made.run()
    return made.pieces, made.dtypes


class _Stretches:
    def __init__(self, loop: Loop, first: int) -> None:
        self.loop, self.first = loop, first
        self.trace = loop.extent.trace
        self.place = self.trace.leaf("index", "int64", loop.index)
        self.pieces: list[Loop] = []
        self.dtypes: list[str] = []
        self.pending: list[Store] = []
        self.known: dict[Value, Value] = {}  # what is loaded from a buffer by column instead

    def run(self) -> None:
        for statement in self.loop.body:
            statement = self._replaced(statement)
            if isinstance(statement, Store):
                self.pending.append(statement)
            elif isinstance(statement, Loop):
                self._rows(statement)
        self._flush()

    def _rows(self, rows: Loop) -> None:
        for value in self._of_columns(rows):
            if value not in self.known:
                self.known[value] = self._kept(value)
        replaced = self._replaced(rows)
        assert isinstance(replaced, Loop)
        rows, slots = replaced, []
        for accumulator in rows.accumulators:
            dtypes = [v.dtype for v in accumulator.values]
            for position, (number, dtype) in enumerate(zip(identities(accumulator.combine, dtypes), dtypes, strict=True)):
                start = self.trace.const(number if dtype in COMPUTED_FLOATS else bool(number) if dtype == "bool" else int(number), dtype)
                self.known[self.trace.leaf("acc", dtype, (accumulator.key, position))] = self._kept(start)
                slots.append(self.first + len(self.dtypes) - 1)
        self._flush()
        self.pieces.append(Rows(rows.index, rows.extent, rows.body, rows.accumulators, rows.kind, tuple(slots), self.place))

    def _kept(self, value: Value) -> Value:
        """Put ``value`` in a buffer of its own; the load that finds it there."""
        buffer = self.first + len(self.dtypes)
        self.dtypes.append(value.dtype)
        self.pending.append(Store(buffer, self.place, value))
        return self.trace.load(buffer, self.place, value.dtype)

    def _flush(self) -> None:
        if self.pending:
            self.pieces.append(Loop(self.loop.index, self.loop.extent, tuple(self.pending), (), "vector"))
        self.pending = []

    def _replaced(self, statement: Statement) -> Statement:
        return map_values(statement, lambda value: rebuild([value], self.trace, lambda v, _: self.known.get(v))[0])

    def _of_columns(self, rows: Loop) -> Iterator[Value]:
        """The largest computed values in ``rows`` that differ between columns but not between rows, and load nothing from outside
        (which need not be there unless there are rows)."""
        row = self.trace.leaf("index", "int64", rows.index)
        fixed: dict[Value, bool] = {}
        column: dict[Value, bool] = {}
        for v in walk(values_of([rows])):
            fixed[v] = v is not row and all(fixed[a] for a in v.args) and (v.op != "load" or cast(int, v.data) >= self.first)
            column[v] = v is self.place or any(column[a] for a in v.args)
        roots = list(_data(rows))
        users = [value.args for value in walk(roots, ("load",)) if not fixed[value] and value.op != "load"]
        for value in (v for each in (roots, *users) for v in each):
            if value.args and value.op != "load" and fixed[value] and column[value]:
                yield value


def _data(rows: Loop) -> Iterable[Value]:
    """What is stored or accumulated, without where."""
    yield from (s.value for s in rows.body if isinstance(s, Store))
    yield from (v for a in rows.accumulators for v in a.values)
