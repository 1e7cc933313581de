"""When two kernels are one: a key made of their structure alone.

Values are numbered in the order in which a fixed walk meets them, and so are loops and accumulators, so neither the
trace that a kernel was built in nor the numbers its builder chose show.  The estimate ``work`` is no part of the code.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Hashable, Iterable
from typing import Any

from theano.loops.ir import Check, Combine, Kernel, Loop, Statement, Store
from theano.scalar.instructions import FLOATS, Value, walk

Key = tuple[Hashable, ...]


def kernel_key(kernel: Kernel) -> Key:
    """Equal keys mean the same code, for each target."""
    buffers = tuple((b.dtype, b.read, b.written) for b in kernel.buffers)
    return buffers, kernel.sizes, kernel.scalars, kernel.parallel, kernel.depth, kernel.checks, _Numbering().body(kernel.body)


class _Numbering:
    """Gives numbers to what it meets; each value is spelled out once, where it first occurs."""

    def __init__(self) -> None:
        self.values: dict[int, int] = {}
        self.indices: dict[int, int] = {}
        self.accumulators: dict[int, int] = {}
        self.numbers = itertools.count()  # never given twice: what is met again has a new one

    def body(self, statements: Iterable[Statement]) -> Key:
        return tuple(self.statement(statement) for statement in statements)

    def statement(self, statement: Statement) -> Key:
        if isinstance(statement, Store):
            return "store", statement.buffer, self.value(statement.offset), self.value(statement.value), statement.combine
        if isinstance(statement, Check):
            return "check", self.value(statement.ok), statement.code, self.value(statement.payload)
        return self.loop(statement)

    def loop(self, loop: Loop) -> Key:
        extent = self.value(loop.extent)
        starts = tuple(self.value(v) for a in loop.accumulators for v in a.starts)
        self.indices[loop.index] = next(self.numbers)
        for state in (a for a in loop.accumulators if a.starts):
            self.accumulators[state.key] = next(self.numbers)
        body = self.body(loop.body)
        carried = tuple((self.combine(a.combine), *map(self.value, a.values)) for a in loop.accumulators)
        for accumulator in (a for a in loop.accumulators if not a.starts):
            self.accumulators[accumulator.key] = next(self.numbers)
        return "loop", loop.kind, extent, starts, body, carried

    def combine(self, combine: Combine) -> Key | str:
        """Of code, all but its name."""
        if isinstance(combine, str):
            return combine
        starts = (struct.pack("<d", start) if isinstance(start, float) else start for start in combine.starts)
        return *starts, *map(self.value, combine.results)

    def value(self, root: Value) -> Key:
        """The values not met before, then the number of this one.

        The number of an index or an accumulator may be used again by a later loop, so these leaves are spelled each time."""
        new: list[Key] = []
        for value in walk([root]):
            if value.op in ("index", "acc") or id(value) not in self.values:
                self.values[id(value)] = next(self.numbers)
                new.append((value.op, value.dtype, self.data(value), *(self.values[id(a)] for a in value.args)))
        return *new, self.values[id(root)]

    def data(self, value: Value) -> Any:
        if value.op == "const":
            return struct.pack("<d", value.data) if value.dtype in FLOATS else value.data
        if value.op == "index":
            return self.indices[value.data]
        if value.op == "acc":
            assert isinstance(value.data, tuple)
            return self.accumulators[value.data[0]], value.data[1]
        return value.data
