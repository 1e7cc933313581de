"""Assemble running sums and their like: along an axis, each result is what was before, combined with one element more.

Such a chain is serial, and a processor waits for each link of it.  So :data:`WAYS` chains run side by side, each in a register: those of
so many rows, or of so many blocks of one long row, each of which goes on from what all blocks before it come to:

    ends[b] = x[b, 0] + x[b, 1] + ...           for each block, on all threads
    starts[b] = ends[0] + ... + ends[b - 1]     one after the other
    out[b, k] = starts[b] + (x[b, 0] + ... + x[b, k])      for each block, on all threads

An end is computed as the last result of its block is, so the sums of what is not negative never fall.  Blocks do not depend on the number
of threads.  Along any other axis than the last, lanes run across and the row before is read from the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from theano.loops.assemble import Assembled, GroupAssembler, KernelBuilder, Scope
from theano.loops.extents import Extents
from theano.loops.fuse import Group, Member, live_axes
from theano.loops.ir import NEXT, Accumulator, Fold, Loop, Statement, Store
from theano.loops.nest import Nest, Result
from theano.scalar.instructions import Trace, Value, rebuild

WAYS = 4
BLOCK = 1024
STRIP = 256
"""Columns that one thread walks down."""


def assemble_prefix(nest: Nest, extents: Extents, temporary: Callable[[str, tuple[Value, ...]], Result]) -> list[Assembled]:
    """The kernels of a ``prefix`` nest, along an axis of more than one element."""
    return _Prefix(nest, extents, temporary).build()


class _Prefix(GroupAssembler):
    """The nest as a group of its own, in which the axis is reduced but every result is stored."""

    def __init__(self, nest: Nest, extents: Extents, temporary: Callable[[str, tuple[Value, ...]], Result]) -> None:
        assert isinstance(nest.combine, Fold)
        self.nest, self.fold = nest, nest.combine
        live = live_axes(nest.space, extents)
        self.member = Member(nest, True, 0, 0, {axis: position for position, axis in enumerate(live)}, list(nest.results))
        (along,) = (position for position, axis in enumerate(live) if axis in nest.axes)
        key = tuple(extents.canonical(nest.space[axis]) for axis in live)
        super().__init__(Group(key, 0, [self.member], {nest: self.member}, frozenset({along}), nest.cost + 1), extents, temporary)
        (self.chain,) = self.inner_loops

    def build(self) -> list[Assembled]:
        return [self._down()] if self.across else self._rows() if self.outer_loops else self._blocks()

    def _finish(self, builder: KernelBuilder, body: Sequence[Statement], parallel: bool, work: Value) -> Assembled:
        return builder.finish(body, parallel, self.nest.nodes, work, self.group.cost, False)

    # ------------------------------------------------------------------ one chain

    def _folded(self, trace: Trace, before: Sequence[Value], added: Sequence[Value]) -> tuple[Value, ...]:
        given = (*before, *added)
        return tuple(rebuild(self.fold.results, trace, lambda v, _: given[v.data] if v.op == "input" else None))

    def _linked(self, scope: Scope, added: Sequence[Value]) -> tuple[list[Accumulator], tuple[Value, ...]]:
        """What is carried from one element to the next, and what it is with this one."""
        trace, keys = scope.builder.trace, [scope.key() for _ in added]
        new = self._folded(trace, [trace.leaf("acc", v.dtype, (key, 0)) for v, key in zip(added, keys, strict=True)], added)
        starts = [trace.const(number, v.dtype) for v, number in zip(added, self.fold.starts, strict=True)]
        return [Accumulator(key, NEXT, (v,), (start,)) for key, v, start in zip(keys, new, starts, strict=True)], new

    def _element(self, scope: Scope, points: dict[int, Value]) -> tuple[Value, ...]:
        return scope.translate(self.member, self.nest.bodies, points, {})

    def _store(self, scope: Scope, points: dict[int, Value], values: Sequence[Value]) -> list[Store]:
        return list(scope.stores(self.member, dict(zip(self.nest.results, values, strict=True)), points))

    # ------------------------------------------------------------------ rows

    def _rows(self) -> list[Assembled]:
        e, rows = self.extents, self.outer_loops[-1].extent
        full = e.emit("floordiv", rows, e.const(WAYS))
        done = e.mul(full, e.const(WAYS))
        kernels = [(WAYS, full, e.zero), (1, e.sub(rows, done), done)]
        return [self._some_rows(*kernel) for kernel in kernels if e.canonical(kernel[1]) is not e.zero]

    def _some_rows(self, ways: int, turns: Value, first: Value) -> Assembled:
        """``turns`` times so many rows side by side."""
        builder = KernelBuilder(self.extents)
        indices = {id(loop): builder.index() for loop in self.outer_loops}
        (*around, rows), k, scope = self.outer_loops, builder.index(), Scope(self, builder, {})
        turn = indices[id(rows)]
        carried, stores = list[Accumulator](), list[Statement]()
        for way in range(ways):
            row = turn * builder.trace.const(ways, "int64") + builder.trace.const(way, "int64") if ways > 1 else turn + builder.size(first)
            points = {**self._points(around, indices), rows.members[-1]: row, self.chain.members[-1]: k}
            links, new = self._linked(scope, self._element(scope, points))
            carried += links
            stores += self._store(scope, points, new)
        body: list[Statement] = [Loop(int(k.data), builder.size(self.chain.extent), tuple(stores), tuple(carried))]
        for loop, extent in ((rows, turns), *((loop, loop.extent) for loop in reversed(around))):
            body = [Loop(int(indices[id(loop)].data), builder.size(extent), tuple(body))]
        return self._finish(builder, body, True, self.work)

    # ------------------------------------------------------------------ one long row

    def _blocks(self) -> list[Assembled]:
        e, length = self.extents, self.chain.extent
        turns = e.emit("floordiv", length, e.const(WAYS * BLOCK))
        blocks = e.mul(turns, e.const(WAYS))
        dtypes = [body.dtype for body in self.nest.bodies]
        ends, starts = ([self.temporary(dtype, (size,)) for dtype in dtypes] for size in (blocks, e.add(blocks, e.one)))
        return [
            self._ends(turns, ends),
            self._starts(blocks, ends, starts),
            self._all_blocks(turns, starts),
            self._rest(turns, blocks, starts),
        ]

    def _side_by_side(
        self, builder: KernelBuilder, scope: Scope, turn: Value, k: Value
    ) -> list[tuple[Value, Value, list[Accumulator], tuple[Value, ...]]]:
        """For each way the block, the place in the row, what is carried, and what it is with this element."""
        found = []
        for way in range(WAYS):
            block = turn * builder.trace.const(WAYS, "int64") + builder.trace.const(way, "int64")
            place = block * builder.trace.const(BLOCK, "int64") + k
            found.append((block, place, *self._linked(scope, self._element(scope, {self.chain.members[-1]: place}))))
        return found

    def _ends(self, turns: Value, ends: list[Result]) -> Assembled:
        builder = KernelBuilder(self.extents)
        turn, k, scope = builder.index(), builder.index(), Scope(self, builder, {})
        ways = self._side_by_side(builder, scope, turn, k)
        links = tuple(link for _, _, carried, _ in ways for link in carried)
        body: list[Statement] = [Loop(int(k.data), builder.trace.const(BLOCK, "int64"), (), links)]
        for block, _, carried, _ in ways:
            for result, link in zip(ends, carried, strict=True):
                last = builder.trace.leaf("acc", result.dtype, (link.key, 0))
                body.append(Store(builder.buffer(result, written=True), block, last))
        return self._finish(builder, [Loop(int(turn.data), builder.size(turns), tuple(body))], True, self.work)

    def _starts(self, blocks: Value, ends: list[Result], starts: list[Result]) -> Assembled:
        builder = KernelBuilder(self.extents)
        b, scope = builder.index(), Scope(self, builder, {})
        carried, _ = self._linked(scope, [builder.trace.load(builder.buffer(r, read=True), b, r.dtype) for r in ends])
        before = [builder.trace.leaf("acc", r.dtype, (link.key, 0)) for r, link in zip(starts, carried, strict=True)]
        targets = [builder.buffer(r, written=True) for r in starts]
        inside, after = ([Store(t, place, v) for t, v in zip(targets, before, strict=True)] for place in (b, builder.size(blocks)))
        loop = Loop(int(b.data), builder.size(blocks), tuple(inside), tuple(carried))
        return self._finish(builder, [loop, *after], False, blocks)

    def _all_blocks(self, turns: Value, starts: list[Result]) -> Assembled:
        builder = KernelBuilder(self.extents)
        turn, k, scope = builder.index(), builder.index(), Scope(self, builder, {})
        stores, links = list[Statement](), list[Accumulator]()
        for block, place, carried, new in self._side_by_side(builder, scope, turn, k):
            links += carried
            stores += self._from_start(scope, starts, block, place, new)
        body = Loop(int(k.data), builder.trace.const(BLOCK, "int64"), tuple(stores), tuple(links))
        return self._finish(builder, [Loop(int(turn.data), builder.size(turns), (body,))], True, self.work)

    def _rest(self, turns: Value, blocks: Value, starts: list[Result]) -> Assembled:
        """What is left over: all of a short row."""
        e, builder = self.extents, KernelBuilder(self.extents)
        done = e.mul(turns, e.const(WAYS * BLOCK))
        k, scope = builder.index(), Scope(self, builder, {})
        place = k + builder.size(done)
        carried, new = self._linked(scope, self._element(scope, {self.chain.members[-1]: place}))
        stores = self._from_start(scope, starts, builder.size(blocks), place, new)
        loop = Loop(int(k.data), builder.size(e.sub(self.chain.extent, done)), tuple(stores), tuple(carried))
        return self._finish(builder, [loop], False, e.const(WAYS * BLOCK))

    def _from_start(self, scope: Scope, starts: list[Result], block: Value, place: Value, new: Sequence[Value]) -> list[Store]:
        builder = scope.builder
        begun = [builder.trace.load(builder.buffer(r, read=True), block, r.dtype) for r in starts]
        return self._store(scope, {self.chain.members[-1]: place}, self._folded(builder.trace, begun, new))

    # ------------------------------------------------------------------ down the columns

    def _down(self) -> Assembled:
        """A strip of columns after the other: its first row, then each row with the one before."""
        e, builder = self.extents, KernelBuilder(self.extents)
        *around, columns = self.outer_loops
        indices = {id(loop): builder.index() for loop in self.outer_loops}
        scope, outer, strip = Scope(self, builder, {}), self._points(around, indices), indices[id(columns)]
        left = strip * builder.trace.const(STRIP, "int64")
        width = builder.trace.emit("min", (builder.size(columns.extent) - left, builder.trace.const(STRIP, "int64")), "int64")

        def rows(count: Value, first: int) -> Loop:
            i, j = builder.index(), builder.index()
            points = {**outer, columns.members[-1]: left + j, self.chain.members[-1]: i + builder.trace.const(first, "int64")}
            values = self._element(scope, points)
            if first:
                before = self._store(scope, points | {self.chain.members[-1]: i}, values)
                held = [
                    builder.trace.load(builder.buffer(r, read=True), s.offset, r.dtype)
                    for r, s in zip(self.nest.results, before, strict=True)
                ]
                values = self._folded(builder.trace, held, values)
            across = Loop(int(j.data), width, tuple(self._store(scope, points, values)), (), "vector")
            return Loop(int(i.data), builder.size(count), (across,))

        length = self.chain.extent
        body: list[Statement] = [rows(e.emit("min", length, e.one), 0), rows(e.sub(length, e.one), 1)]
        strips = e.emit("floordiv", e.add(columns.extent, e.const(STRIP - 1)), e.const(STRIP))
        for loop, extent in ((columns, strips), *((loop, loop.extent) for loop in reversed(around))):
            body = [Loop(int(indices[id(loop)].data), builder.size(extent), tuple(body))]
        return self._finish(builder, body, True, self.work)
