"""Assemble a group of nests into kernels: loops, loads at explicit offsets, accumulators, stores.

Neighbouring axes that every access walks contiguously collapse into one loop.  A group reduced along its last axis runs
its vector lanes along that axis; one reduced along others runs them across the kept last axis.  A full
reduction is cut into chunks of fixed size whose partial results a second kernel combines, so the result does not depend
on how many threads ran the chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from typing import Any

from theano.loops.access import Affine, is_extent, offset
from theano.loops.extents import Extents, row_major_strides
from theano.loops.fuse import Group, Member, keeps_cheap, live_axes, plan_members
from theano.loops.ir import Accumulator, AtMost, BufferParameter, Check, Combine, Kernel, Loop, Statement, Store
from theano.loops.nest import READS, Nest, Result, proofs
from theano.scalar.instructions import PARTS, Complex, Trace, Value, rebuild, select, walk

CHUNK = 1 << 14
CHUNK_ROWS = 32
SHORT = 16
"""Rows of so few elements are reduced side by side, in lanes of their own, rather than each along the lanes."""
SHORT_PACKED = 32
"""The same where no element need be gathered."""
CACHED = 1 << 18
"""So many elements stay in the caches while columns are gone through."""
_LITERALS = frozenset({0.0, 1.0, -1.0, 2.0, 0.5})


@dataclass(slots=True)
class Assembled:
    """A kernel with the results bound to its buffers and the extents bound to its size parameters."""

    kernel: Kernel
    results: tuple[Result, ...]
    sizes: tuple[Value, ...]
    scalars: tuple[Value, ...]
    nodes: tuple[Any, ...]
    work: Value
    pointwise: bool = False  # each element is read only by the iteration that writes it
    when: AtMost | None = None

    @property
    def written(self) -> list[Result]:
        return [r for r, b in zip(self.results, self.kernel.buffers, strict=True) if b.written]

    @property
    def read(self) -> list[Result]:
        return [r for r, b in zip(self.results, self.kernel.buffers, strict=True) if b.read]


class KernelBuilder:
    """Collects the parameters of one kernel while its values are copied out of the graph's trace."""

    def __init__(self, extents: Extents) -> None:
        self.extents = extents
        self.trace = Trace()
        self.buffers: dict[Result, list[Any]] = {}
        self.sizes: dict[Value, Value] = {}
        self.scalars: dict[Value, Value] = {}
        self.checks: list[Check] = []
        self.has_checks = False
        self.loops = 0

    def index(self) -> Value:
        self.loops += 1
        return self.trace.leaf("index", "int64", self.loops - 1)

    def size(self, extent: Value) -> Value:
        """An extent of the program as a value of this kernel."""
        extent = self.extents.canonical(extent)
        if extent.op == "const" and extent.data in (0, 1, -1, 2):
            return self.trace.const(extent.data, "int64")
        found = self.sizes.get(extent)
        if found is None:
            found = self.sizes[extent] = self.trace.leaf("size", "int64", len(self.sizes))
        return found

    def buffer(self, result: Result, read: bool = False, written: bool = False) -> int:
        entry = self.buffers.setdefault(result, [len(self.buffers), False, False])
        entry[1] |= read
        entry[2] |= written
        return int(entry[0])

    def literal(self, value: Value) -> Value:
        """Numbers are parameters, so that kernels that differ in them only are one kernel."""
        if value.dtype == "bool" or value.data in _LITERALS:
            return self.trace.const(value.data, value.dtype)
        found = self.scalars.get(value)
        if found is None:
            found = self.scalars[value] = self.trace.leaf("scalar", value.dtype, len(self.scalars))
        return found

    def address(self, form: Affine, axes: dict[int, Value], translate: Callable[[Value], Value]) -> Value:
        """The element offset ``form``, whose indices ``axes`` maps to values of this kernel."""
        known = form.rest.args and is_extent(form.rest)  # then it is computed once, outside of the kernel
        total: Value | None = None if form.rest is self.extents.zero else self.size(form.rest) if known else translate(form.rest)
        for axis, index in axes.items():
            coefficient = form.coefficients.get(axis)
            if coefficient is None or self.extents.canonical(coefficient) is self.extents.zero:
                continue
            factor = self.size(coefficient)
            term = index if factor.op == "const" and factor.data == 1 else index * factor
            total = term if total is None else total + term
        return total if total is not None else self.trace.const(0, "int64")

    def check(self, index: Value, extent: Value, code: int, proven: bool = False) -> Value:
        """``index`` counted from the end if negative; ``proven`` to be in range by what has run before."""
        payload = index.cast("int64")
        unsigned = index.dtype == "uint64"
        wrapped = payload if unsigned else select(index < 0, index + extent, index)
        if proven or any(c.payload is payload and c.code == code for c in self.checks):
            return wrapped
        inside = index < extent.cast("uint64") if unsigned else (wrapped >= 0) & (wrapped < extent)
        self.checks.append(Check(inside, code, payload))
        self.has_checks = True
        return wrapped

    def finish(self, body: Iterable[Statement], parallel: bool, nodes: Iterable[Any], work: Value, cost: int, pointwise: bool) -> Assembled:
        buffers = tuple(BufferParameter(PARTS.get(r.dtype, r.dtype), read, written) for r, (_, read, written) in self.buffers.items())
        statements = tuple(body)
        parallel = parallel and len(statements) == 1 and isinstance(statements[0], Loop) and not statements[0].accumulators
        kernel = Kernel(buffers, len(self.sizes), tuple(v.dtype for v in self.scalars), statements, parallel, self.has_checks, max(cost, 1))
        unique = tuple(dict.fromkeys(n for n in nodes if n is not None))
        return Assembled(kernel, tuple(self.buffers), tuple(self.sizes), tuple(self.scalars), unique, work, pointwise)


@dataclass(slots=True)
class Axes:
    """One loop: the group axes that it runs through together, and the product of their extents."""

    members: list[int]
    extent: Value


class GroupAssembler:
    """Builds the kernels of one group; ``temporary`` makes a scratch result."""

    def __init__(
        self, group: Group, extents: Extents, temporary: Callable[[str, tuple[Value, ...]], Result], proven: Set[Hashable] = frozenset()
    ) -> None:
        self.group, self.extents, self.temporary, self.proven = group, extents, temporary, proven
        self.forms: dict[tuple[int, Value], Affine] = {}
        self.packed: dict[tuple[int, Value], Result] = {}  # reads of a transposed copy instead
        reduced = group.reduced
        last = len(group.key) - 1
        self.across = reduced is not None and last not in reduced  # lanes across the kept axis
        self.inner_axes = [a for a in range(len(group.key)) if reduced is None or a in reduced]
        self.outer_axes = [a for a in range(len(group.key)) if a not in self.inner_axes]
        fixed = self._analyse()
        self.inner_loops = self._collapse(self.inner_axes, fixed)
        self.outer_loops = self._collapse(self.outer_axes, fixed)
        self.work = extents.mul(extents.product(group.key), extents.const(max(group.cost, 1)))

    # ------------------------------------------------------------------ accesses

    def _analyse(self) -> set[int]:
        """Element offsets of all accesses; returns axes whose index is used for itself, which cannot collapse."""
        self.accesses: list[dict[int, Value]] = []
        fixed: set[int] = set()
        e = self.extents
        for member in self.group.members:
            nest, axes = member.nest, member.axes
            for read in nest.reads:
                form = self.forms[member.nest.serial, read] = offset(read, e)
                self.accesses.append({axes[a]: e.canonical(c) for a, c in form.coefficients.items() if a in axes})
                if form.rest is not e.zero:
                    fixed.update(axes[a] for a in _direct_indices([form.rest]) if a in axes)
            fixed.update(axes[a] for a in _direct_indices((*nest.bodies, *nest.finish)) if a in axes)
            self.accesses += [self._store_coefficients(member, result) for result in member.stored]
        return fixed

    def _store_coefficients(self, member: Member, result: Result) -> dict[int, Value]:
        shape = tuple(self.extents.canonical(s) for s in result.shape)
        whole = shape if result.within is None else tuple(self.extents.canonical(s) for s in result.within.shape)
        strides = row_major_strides(self.extents, whole)
        live = live_axes(shape[:-1] if result.packed else shape, self.extents)
        targets = sorted(member.axes.values()) if member.nest.kind != "reduce" else self.outer_axes
        return {target: strides[axis] for axis, target in zip(live, targets, strict=True)}

    def _collapse(self, axes: list[int], fixed: set[int]) -> list[Axes]:
        e = self.extents
        loops: list[Axes] = []
        for axis in axes:
            extent = self.group.key[axis]
            last = loops[-1].members[-1] if loops else None
            if last is not None and last == axis - 1 and last not in fixed and axis not in fixed and self._contiguous(last, axis, extent):
                loops[-1].members.append(axis)
                loops[-1].extent = e.mul(loops[-1].extent, extent)
            else:
                loops.append(Axes([axis], extent))
        return loops

    def _contiguous(self, outer: int, inner: int, extent: Value) -> bool:
        e = self.extents
        return all(access.get(outer, e.zero) is e.canonical(e.mul(access.get(inner, e.zero), extent)) for access in self.accesses)

    # ------------------------------------------------------------------ kernels

    def build(self) -> list[Assembled]:
        if self.group.reduced is not None and not self.outer_axes:
            return self._full_reduction()
        if self.across and keeps_cheap(self.group) and not self._may_fail():
            return self._by_size()
        if self.group.reduced is None or self.across or not self._may_be_short():
            return [self._kernel()]
        (inner,) = self.inner_loops
        strided = self._strided()
        packed = [key for key in strided if self._is_shared(*key)]
        when = AtMost(self.extents.canonical(inner.extent), SHORT_PACKED if len(packed) == len(strided) else SHORT)
        if when.extent.op == "const" and int(when.extent.data) > when.limit:
            return [self._kernel()]
        along = [] if when.extent.op == "const" else [replace(self._kernel(), when=replace(when, opposite=True))]
        self.across = True
        side_by_side = [*self._packings(packed), self._kernel()]
        if along:
            side_by_side = [replace(kernel, when=when) for kernel in side_by_side]
        return [*side_by_side, *along]

    def _by_size(self) -> list[Assembled]:
        """One kernel for what the caches hold between the stages, and one for what they do not: down columns a stage goes through all."""
        when = AtMost(self.extents.canonical(self.extents.product(self.group.key)), CACHED)
        kept = replace(self._kernel(), when=when)
        plan_members(self.group, large=True)
        remade = replace(self._kernel(), when=replace(when, opposite=True))
        if when.extent.op != "const":
            return [kept, remade]
        return [replace(kept if int(when.extent.data) <= CACHED else remade, when=None)]

    def _kernel(self) -> Assembled:
        builder = KernelBuilder(self.extents)
        outer = {id(loop): builder.index() for loop in self.outer_loops}
        points = self._points(self.outer_loops, outer)
        scope = Scope(self, builder, points)
        body: list[Statement] = []
        for stage in range(1 + max(m.ready for m in self.group.members)):
            body += scope.outer_statements(stage)
            body += self._inner(scope, builder, stage, points)
        for loop in reversed(self.outer_loops):
            lanes = self.across and loop is self.outer_loops[-1]
            body = [Loop(int(outer[id(loop)].data), builder.size(loop.extent), tuple(body), (), "vector" if lanes else "serial")]
        nodes = (n for m in self.group.members for n in m.nest.nodes)
        return builder.finish(body, bool(self.group.key), nodes, self.work, self.group.cost, self._pointwise())

    # ------------------------------------------------------------------ short rows

    def _may_be_short(self) -> bool:
        """Whether a schedule for short rows is worth its code: one loop along the rows, nothing stored in it, and nothing that may fail."""
        inside = [m for m in self.group.members if m.inner]
        simple = all(m.stage == 0 and not m.stored if m.nest.kind != "reduce" else m.stage == 0 for m in inside)
        return simple and len(self.inner_loops) == 1 and not self._may_fail()

    def _may_fail(self) -> bool:
        return any(m.nest.checks for m in self.group.members)

    def _strided(self) -> list[tuple[Member, Value]]:
        """Reads inside of the loop along the rows that walk from row to row in steps."""
        row = self.outer_loops[-1].members[-1]
        found = []
        for member in (m for m in self.group.members if m.inner):
            for read in member.nest.reads:
                step = self._coefficients(member, read).get(row, self.extents.zero)
                if step is not self.extents.zero and step is not self.extents.one:
                    found.append((member, read))
        return found

    def _coefficients(self, member: Member, read: Value) -> dict[int, Value]:
        """By the group's axes."""
        form = self.forms[member.nest.serial, read]
        return {member.axes[a]: self.extents.canonical(c) for a, c in form.coefficients.items() if a in member.axes}

    def _is_shared(self, member: Member, read: Value) -> bool:
        """Whether the same elements are read again for other outer points than their own."""
        used = {axis for axis, step in self._coefficients(member, read).items() if step is not self.extents.zero}
        others = {axis for loop in self.outer_loops[:-1] for axis in loop.members}
        return bool(others) and not used & others and is_extent(self.forms[member.nest.serial, read].rest)

    def _packings(self, reads: Iterable[tuple[Member, Value]]) -> Iterator[Assembled]:
        """Kernels that copy what is shared so that rows lie side by side; the reads become reads of the copies."""
        e, inner, row = self.extents, self.inner_loops[0], self.outer_loops[-1]
        copies: dict[Any, Result] = {}
        for member, read in reads:
            form, steps = self.forms[member.nest.serial, read], self._coefficients(member, read)
            key = (read.data, form.rest, tuple(steps.get(loop.members[-1]) for loop in (inner, row)))
            if key not in copies:
                copy = copies[key] = self.temporary(read.dtype, (inner.extent, row.extent))
                yield self._packing(copy, read.data, Affine(steps, form.rest))
            self.packed[member.nest.serial, read] = copies[key]
            own = {group: a for a, group in member.axes.items()}
            places = {own[a]: c for a, c in ((inner.members[-1], row.extent), (row.members[-1], e.one)) if a in own}
            self.forms[member.nest.serial, read] = Affine(places, e.zero)

    def _packing(self, copy: Result, source: Result, form: Affine) -> Assembled:
        builder = KernelBuilder(self.extents)
        loops = [self.inner_loops[0], self.outer_loops[-1]]
        k, i = builder.index(), builder.index()
        axes = {loop.members[-1]: index for loop, index in zip(loops, (k, i), strict=True)}
        place = builder.address(
            form, axes, lambda v: rebuild([v], builder.trace, lambda u, _: builder.size(u) if u.op == "size" else None)[0]
        )
        element = builder.trace.load(builder.buffer(source, read=True), place, source.dtype)
        body = _loops(
            builder,
            [Store(builder.buffer(copy, written=True), k * builder.size(loops[1].extent) + i, element)],
            [(k, loops[0].extent), (i, loops[1].extent)],
            "vector",
        )
        return builder.finish(body, True, (), self.extents.product(copy.shape), 1, False)

    def _pointwise(self) -> bool:
        return self.group.reduced is None

    def _points(self, loops: list[Axes], indices: dict[int, Value]) -> dict[int, Value]:
        """Group axis -> kernel index; of a collapsed loop its last axis stands for all."""
        return {loop.members[-1]: indices[id(loop)] for loop in loops}

    def _inner(self, scope: Scope, builder: KernelBuilder, stage: int, outer: dict[int, Value]) -> list[Statement]:
        """The inner loops of one stage."""
        if not any(m.inner and stage in m.stages for m in self.group.members):
            return []
        indices = {id(loop): builder.index() for loop in self.inner_loops}
        points = {**outer, **self._points(self.inner_loops, indices)}
        statements, values = scope.inner_statements(stage, points)
        return self._nest_loops(scope, builder, statements, values, indices)

    def _nest_loops(
        self,
        scope: Scope,
        builder: KernelBuilder,
        body: list[Statement],
        values: dict[Member, tuple[Value, ...]],
        indices: dict[int, Value],
        extents: dict[int, Value] | None = None,
    ) -> list[Statement]:
        """Close the inner loops around ``body``; accumulators are carried through each of them, and each check stands in
        the innermost loop that it depends on."""
        carried = values
        for loop in reversed(self.inner_loops):
            body = take_checks(builder, indices[id(loop)]) + body
            innermost = loop is self.inner_loops[-1]
            accumulators = tuple(Accumulator(scope.key(), _combine(m.nest), v) for m, v in carried.items())
            kind = "vector" if innermost and not self.across else "serial"
            extent = (extents or {}).get(id(loop)) or builder.size(loop.extent)
            body = [Loop(int(indices[id(loop)].data), extent, tuple(body), accumulators, kind)]
            carried = {
                m: tuple(builder.trace.leaf("acc", v.dtype, (a.key, k)) for k, v in enumerate(a.values))
                for (m, _), a in zip(carried.items(), accumulators, strict=True)
            }
        for member, accumulated in carried.items():
            scope.reduced(member, accumulated)
        return [*take_checks(builder), *body]

    def _full_reduction(self) -> list[Assembled]:
        """Chunks of the outermost loop, then their combination."""
        e = self.extents
        outermost = self.inner_loops[0]
        chunk = CHUNK if len(self.inner_loops) == 1 else CHUNK_ROWS
        chunks = e.emit("floordiv", e.add(outermost.extent, e.const(chunk - 1)), e.const(chunk))
        builder = KernelBuilder(e)
        c = builder.index()
        indices = {id(loop): builder.index() for loop in self.inner_loops}
        start = c * builder.trace.const(chunk, "int64")
        absolute = {**indices, id(outermost): start + indices[id(outermost)]}
        scope = Scope(self, builder, {})
        statements, values = scope.inner_statements(0, self._points(self.inner_loops, absolute))
        left = builder.size(outermost.extent) - start
        limit = builder.trace.emit("min", (left, builder.trace.const(chunk, "int64")), "int64")
        partial: dict[Member, list[Result]] = {}
        body = self._nest_loops(scope, builder, statements, values, indices, {id(outermost): limit})
        for member in values:
            accumulated = scope.accumulated[member.nest]
            partial[member] = [self.temporary(v.dtype, (chunks,)) for v in accumulated]
            for result, value in zip(partial[member], accumulated, strict=True):
                body.append(Store(builder.buffer(result, written=True), c, value))
        loop = Loop(int(c.data), builder.size(chunks), tuple(body))
        inside = [n for m in self.group.members if m.inner for n in m.nest.nodes]
        first = builder.finish([loop], True, inside, self.work, self.group.cost, False)
        return [first, self._combination(partial, chunks)]

    def _combination(self, partial: dict[Member, list[Result]], chunks: Value) -> Assembled:
        builder = KernelBuilder(self.extents)
        scope = Scope(self, builder, {})
        c = builder.index()
        accumulators = []
        for member, results in partial.items():
            loads = tuple(builder.trace.load(builder.buffer(r, read=True), c, r.dtype) for r in results)
            accumulators.append(Accumulator(scope.key(), _combine(member.nest), loads))
        body: list[Statement] = [Loop(int(c.data), builder.size(chunks), (), tuple(accumulators), "vector")]
        for member, accumulator in zip(partial, accumulators, strict=True):
            leaves = (builder.trace.leaf("acc", v.dtype, (accumulator.key, k)) for k, v in enumerate(accumulator.values))
            scope.reduced(member, tuple(leaves))
        for stage in range(1 + max(m.ready for m in self.group.members)):
            body += scope.outer_statements(stage)
        nodes = (n for m in self.group.members if not m.inner or m.nest.kind == "reduce" for n in m.nest.nodes)
        return builder.finish(body, False, nodes, chunks, 1, False)


def _combine(nest: Nest) -> Combine:
    assert nest.combine is not None
    return nest.combine


def _direct_indices(values: Iterable[Value]) -> set[int]:
    """Indices used outside of the index arguments of reads."""
    found: set[int] = set()
    seen: set[Value] = set()
    stack = list(values)
    while stack:
        value = stack.pop()
        if value in seen:
            continue
        seen.add(value)
        if value.op == "index":
            found.add(value.data)
        elif value.op not in READS:
            stack.extend(value.args)
    return found


def take_checks(builder: KernelBuilder, index: Value | None = None) -> list[Statement]:
    """The pending checks that depend on ``index``, or all of them."""
    taken: list[Statement] = [c for c in builder.checks if index is None or index in walk([c.ok, c.payload])]
    builder.checks = [c for c in builder.checks if c not in taken]
    return taken


@dataclass(slots=True)
class Scope:
    """Values of one kernel while it is built: what each member's results are, stage by stage."""

    owner: GroupAssembler
    builder: KernelBuilder
    outer_points: dict[int, Value]
    values: dict[Result, Value] = field(default_factory=dict)  # outer members
    accumulated: dict[Nest, tuple[Value, ...]] = field(default_factory=dict)
    keys: int = 0

    def key(self) -> int:
        self.keys += 1
        return self.keys - 1

    def outer_statements(self, stage: int) -> list[Statement]:
        statements: list[Statement] = []
        for member in self.owner.group.members:
            if not member.inner and member.stage == stage:
                bodies = self.translate(member, member.nest.bodies, self.outer_points, self.values)
                self.values.update(_results(member.nest, bodies))
                statements += self.stores(member, self.values, self.outer_points)
        return [*take_checks(self.builder), *self._pending_finishes(stage), *statements]

    def _pending_finishes(self, stage: int) -> list[Statement]:
        ready = [m for m in self.owner.group.members if m.nest.kind == "reduce" and m.ready == stage]
        return [statement for member in ready for statement in self.stores(member, self.values, self.outer_points)]

    def reduced(self, member: Member, accumulated: tuple[Value, ...]) -> None:
        """The loop of a reduction is closed: finish its results."""
        self.accumulated[member.nest] = accumulated
        finished = self.translate(member, member.nest.finish, self.outer_points, self.values, accumulated)
        self.values.update(zip(member.nest.results, finished, strict=True))

    def inner_statements(self, stage: int, points: dict[int, Value]) -> tuple[list[Statement], dict[Member, tuple[Value, ...]]]:
        """Stores of a stage, and the values its reductions accumulate."""
        local: dict[Result, Value] = dict(self.values)
        statements: list[Statement] = []
        reductions: dict[Member, tuple[Value, ...]] = {}
        for member in self.owner.group.members:
            if not member.inner or stage not in member.stages:
                continue
            bodies = self.translate(member, member.nest.bodies, points, local)
            if member.nest.kind == "reduce":
                reductions[member] = bodies
                continue
            local.update(_results(member.nest, bodies))
            if stage == member.stage:
                statements += self.stores(member, local, points)
        return statements, reductions

    def stores(self, member: Member, values: dict[Result, Value], points: dict[int, Value]) -> Iterator[Store]:
        for result in member.stored:
            builder, extents = self.builder, self.owner.extents
            coefficients, buffer = self.owner._store_coefficients(member, result), builder.buffer(result, written=True)
            start = extents.zero if result.start is None else result.start
            for part, value in enumerate(values[result].parts):
                form = Affine(coefficients, extents.canonical(extents.add(start, extents.const(part))))
                yield Store(buffer, builder.address(form, points, builder.size), value)

    def translate(
        self,
        member: Member,
        bodies: tuple[Value, ...],
        points: dict[int, Value],
        known: dict[Result, Value],
        accumulated: tuple[Value, ...] = (),
    ) -> tuple[Value, ...]:
        """Copy ``bodies`` into the kernel: indices, reads, sizes and numbers become its own."""
        builder, axes, nest = self.builder, {own: group for own, group in member.axes.items()}, member.nest
        indices = {own: points[group] for own, group in axes.items() if group in points}

        def replace(value: Value, args: tuple[Value, ...]) -> Value | None:
            if value.op == "index":
                return indices[value.data] if value.data in axes else builder.trace.const(0, "int64")
            if value.op in ("read", "read_flat"):
                result: Result = value.data
                if result in known and result.nest in self.owner.group.by_nest:
                    return known[result]
                form = self.owner.forms[member.nest.serial, value]
                result = self.owner.packed.get((member.nest.serial, value), result)
                address = builder.address(form, indices, lambda v: rebuild([v], builder.trace, replace, READS)[0])
                return builder.trace.load(builder.buffer(result, read=True), address, result.dtype)
            if value.op == "size":
                return builder.size(value)
            if value.op == "const":
                return builder.literal(value)
            if value.op == "check":
                proven = not self.owner.proven.isdisjoint(proofs(value, nest, self.owner.extents))
                return builder.check(args[0], args[1], value.data, proven)
            if value.op == "acc":
                position: int = value.data[1]
                return accumulated[position]
            return None

        return tuple(rebuild(bodies, builder.trace, replace, READS))


def _results(nest: Nest, bodies: tuple[Value, ...]) -> dict[Result, Value]:
    """What the bodies are to each result of ``nest``: to a packed one both parts of a complex number."""
    if nest.results[0].packed:
        return {nest.results[0]: Complex(*bodies)}
    return dict(zip(nest.results, bodies, strict=True))


def _loops(builder: KernelBuilder, body: list[Statement], loops: list[tuple[Value, Value]], innermost: str) -> list[Statement]:
    kind = innermost
    for index, extent in reversed(loops):
        body = [Loop(int(index.data), builder.size(extent), tuple(body), (), kind)]
        kind = "serial"
    return body
