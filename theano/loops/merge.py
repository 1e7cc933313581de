"""The kernels of a small step as one kernel, with the loop over many steps around them.

To call a kernel takes as long as some dozen operations on a vector.  What a step hands on is written where the step has read it, if it
does not read it afterwards; else it is copied there at the end.

    repeat T times, then swap h with next:           repeat T / 64 times, then swap h with next:
      product(h, w, y); tanh(x, y, next)               for s < steps: y = h w; h = tanh(x + y)
                                                       next = h

The loop around stays, and with it all that it does between steps: it counts, asks for signals, swaps.  Kernels of larger steps may have
work for several threads, and what surrounds them costs them little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from theano.loops import small_products
from theano.loops.affine import split
from theano.loops.assemble import KernelBuilder
from theano.loops.extents import Extents
from theano.loops.ir import Accumulator, AtMost, Buffer, Frame, KernelStep, LibraryStep, Loop, LoopRegion, Statement, Step, Store
from theano.loops.statements import all_statements, map_values, values_of
from theano.scalar.instructions import PARTS, Value, rebuild, walk

MOST_STEPS = 64
"""Steps in one run of the kernel: signals wait for some runs."""
MOST_KERNELS = 16


def merge_steps(region: LoopRegion, extents: Extents) -> LoopRegion:
    """The same loop with many steps in each iteration, if all that a step does is done by small kernels."""
    frame, counter = region.body, region.counter
    kernels = _kernels(frame.steps)
    if kernels is None or counter is None or region.stop is not None:
        return region
    number = extents.trace.leaf("size", "int64", ("value", counter.number))
    work = extents.one
    for step in kernels:
        work = extents.emit("max", work, step.when.extent if step.when is not None else step.work or extents.one)
    small = AtMost(extents.canonical(work), small_products.SMALL)
    known, chosen = small.extent.op == "const", len(kernels) < len(frame.steps)
    if (known and int(small.extent.data) > small.limit) or not (known or chosen):
        return region
    used = [small.extent, *(e for b in frame.buffers for e in b.shape), *(v for g in frame.guards for v in (g.left, g.right))]
    if number in walk(used) or any(counter in step.buffers for step in kernels):
        return region
    e, most = extents, extents.const(MOST_STEPS)
    if not known:
        most = e.emit("max", e.one, e.mul(most, e.emit("min", e.one, e.emit("floordiv", e.const(small.limit), small.extent))))
    merged = _Merged(region, number, most, extents).build(kernels)
    if merged is None:
        return region
    steps: list[Step | Frame] = [merged]
    if not known:
        otherwise = (step for step in frame.steps if isinstance(step, LibraryStep) or (isinstance(step, KernelStep) and step.when is None))
        steps = [replace(merged, when=small), *(replace(step, when=replace(small, opposite=True)) for step in otherwise)]
    runs = e.emit("floordiv", e.add(region.count, e.sub(most, e.one)), most)
    return replace(region, count=e.canonical(runs), body=replace(frame, steps=steps))


def _kernels(steps: Sequence[Step | Frame]) -> list[KernelStep] | None:
    """What a step does, if it is done by kernels: of a kernel and a library between which the size decides, the kernel."""
    large = {step.when for step in steps if isinstance(step, LibraryStep)}
    kernels = [step for step in steps if isinstance(step, KernelStep)]
    if None in large or len(kernels) > MOST_KERNELS or any(not isinstance(step, (KernelStep, LibraryStep)) for step in steps):
        return None
    if any(k.kernel.checks or (k.when is not None and replace(k.when, opposite=True) not in large) for k in kernels):
        return None
    return kernels or None


class _Merged:
    def __init__(self, region: LoopRegion, number: Value, most: Value, extents: Extents) -> None:
        """``number``: of the iteration, as the program's sizes have it."""
        self.region, self.number, self.most, self.extents = region, number, most, extents
        self.builder = KernelBuilder(extents)
        self.keys = 0
        self.places: dict[Buffer, Buffer] = {}  # where a next state is written instead

    def build(self, kernels: Sequence[KernelStep]) -> KernelStep | None:
        """The kernel that does ``most`` steps, or as many as are left; None if sizes do not go up evenly."""
        e, b = self.extents, self.builder
        self.start = e.mul(self.number, self.most)
        self.step = b.index()
        self.places = {new: old for old, new in self.region.carried if _may_stay(old, new, kernels)}
        body: list[Statement] = []
        for kernel in kernels:
            statements = self._moved(kernel)
            if statements is None:
                return None
            body += statements
        body += (self._copy(new, old) for old, new in self.region.carried if new not in self.places)
        trips = b.size(e.emit("min", self.most, e.sub(self.region.count, self.start)))
        loop = Loop(int(self.step.data), trips, tuple(body))
        ends = [self._copy(old, new) for new, old in self.places.items()]
        nodes = [node for kernel in kernels for node in kernel.nodes]
        assembled = b.finish([loop, *ends], False, nodes, e.one, sum(k.kernel.work for k in kernels), False)
        return KernelStep(assembled.kernel, tuple(b.buffers), assembled.sizes, assembled.scalars, assembled.nodes)  # type: ignore[arg-type]

    def _copy(self, source: Buffer, target: Buffer) -> Loop:
        b = self.builder
        i, dtype = b.index(), PARTS.get(source.dtype, source.dtype)
        element = b.trace.load(self._buffer(source, read=True), i, dtype)
        store = Store(self._buffer(target, written=True), i, element)
        extent = self.extents.product((*map(self.extents.canonical, source.shape), self.extents.const(1 + (dtype != source.dtype))))
        return Loop(int(i.data), b.size(extent), (store,), (), "vector")

    def _buffer(self, buffer: Buffer, read: bool = False, written: bool = False) -> int:
        return self.builder.buffer(buffer, read, written)  # type: ignore[arg-type]

    def _moved(self, step: KernelStep) -> list[Statement] | None:
        """The statements of ``step`` in the new kernel's terms; None if a size does not go up by the same with each step."""
        sizes = [split(size, self.number) for size in step.sizes]
        if any(by is None for by, _ in sizes):
            return None
        b, index, key = self.builder, self.builder.loops, self.keys
        values = list(values_of(step.kernel.body))

        def inside(value: Value, args: tuple[Value, ...]) -> Value | None:
            if value.op == "index":
                return b.trace.leaf("index", "int64", value.data + index)
            if value.op == "acc":
                return b.trace.leaf("acc", value.dtype, (value.data[0] + key, value.data[1]))
            if value.op == "load":
                return b.trace.load(self._buffer(self._place(step.buffers[value.data]), read=True), args[0], value.dtype)
            if value.op == "scalar":
                return b.literal(step.scalars[value.data])
            return self._size(*sizes[value.data]) if value.op == "size" else None

        new = dict(zip(values, rebuild(values, b.trace, inside), strict=True))
        statements = [self._renumbered(map_values(s, new.__getitem__), step, index, key) for s in step.kernel.body]
        loops = [s for s in all_statements(step.kernel.body) if isinstance(s, Loop)]
        b.loops += 1 + max((loop.index for loop in loops), default=-1)
        self.keys += 1 + max((a.key for loop in loops for a in loop.accumulators), default=-1)
        return statements

    def _place(self, buffer: Buffer) -> Buffer:
        return self.places.get(buffer, buffer)

    def _size(self, by: Value | None, rest: Value) -> Value:
        assert by is not None
        e, b, by = self.extents, self.builder, self.extents.canonical(by)
        base = b.size(e.add(rest, e.mul(by, self.start)))
        return base if by is e.zero else base + (self.step if by is e.one else self.step * b.size(by))

    def _renumbered(self, statement: Statement, step: KernelStep, index: int, key: int) -> Statement:
        if isinstance(statement, Store):
            place = self._place(step.buffers[statement.buffer])
            return replace(statement, buffer=self._buffer(place, read=statement.combine is not None, written=True))
        if isinstance(statement, Loop):
            body = tuple(self._renumbered(inner, step, index, key) for inner in statement.body)
            accumulators = tuple(Accumulator(a.key + key, a.combine, a.values, a.starts) for a in statement.accumulators)
            return Loop(statement.index + index, statement.extent, body, accumulators, statement.kind)
        raise AssertionError("a kernel that may fail is not moved")


def _may_stay(old: Buffer, new: Buffer, kernels: Sequence[KernelStep]) -> bool:
    """Whether the next state may be written over the present one: nothing reads that afterwards."""
    writers = [k for k, step in enumerate(kernels) if new in _written(step)]
    readers = [k for k, step in enumerate(kernels) if old in _read(step)]
    if not writers or any(reader > writers[0] for reader in readers):
        return False
    return not readers or readers[-1] < writers[0] or _each_its_own(kernels[writers[0]], old, new)


def _each_its_own(step: KernelStep, old: Buffer, new: Buffer) -> bool:
    """Whether an element of ``old`` is read only where that of ``new`` is written that takes its place."""
    body: Sequence[Statement] = step.kernel.body
    while len(body) == 1 and isinstance(body[0], Loop) and not body[0].accumulators:
        body = body[0].body
    stores = [s for s in body if isinstance(s, Store)]
    last = next((k for k, s in enumerate(stores) if step.buffers[s.buffer] is new), -1)
    if last < 0 or len(stores) < len(body) or any(s.combine for s in stores):
        return False
    loads = [{v.args[0] for v in walk([s.value, s.offset]) if v.op == "load" and step.buffers[v.data] is old} for s in stores]
    return all(places <= {stores[last].offset} for places in loads[: last + 1]) and not any(loads[last + 1 :])


def _written(step: KernelStep) -> Iterator[Buffer]:
    return (b for b, parameter in zip(step.buffers, step.kernel.buffers, strict=True) if parameter.written)


def _read(step: KernelStep) -> Iterable[Buffer]:
    return (b for b, parameter in zip(step.buffers, step.kernel.buffers, strict=True) if parameter.read)
