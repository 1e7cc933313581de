"""Many steps of a small loop in one kernel, with what they hand on in registers.

A step that is one kernel of stores, each element of which reads of the rows before only itself, may be repeated for one element (or as many
as fill a register) before the next element's turn.  So the loop over steps becomes the innermost loop of the kernel, and the rows
of the last steps are carried round it:

    repeat T times:                           repeat T / 1024 times, each time for 1024 steps, the last time for fewer:
      for j < n: x[t + 1, j] = f(x[t, j])       for j < n: acc = x[t, j]; for s < steps: acc = f(acc); x[t + s + 1, j] = acc

The loop around stays, and with it all that it does between steps: it counts, asks for signals, swaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from theano.loops.affine import split
from theano.loops.extents import Extents
from theano.loops.ir import NEXT, Accumulator, AtMost, Frame, KernelStep, Loop, LoopRegion, Statement, Step, Store
from theano.scalar.instructions import ITEMSIZE, Value, rebuild, walk

MOST_STEPS = 1024
MOST_WORK = 1 << 14
"""Steps in one run of the kernel, and instructions: signals wait for some runs."""
FEWEST_STEPS = 4
SHORT_ROW = 64
"""Bytes of a row up to which this pays, one large register: longer rows have enough to do side by side, and are better done as they
lie in memory."""
DEEPEST = 8
"""Rows of so many steps before are kept in registers."""
_TERMS = 32

Polynomial = Counter[tuple[Value, ...]]
"""Products of values that are no sums or products -> their coefficient."""


def repeat_in_registers(region: LoopRegion, extents: Extents) -> LoopRegion:
    """The same loop with many steps in each iteration, if its step is as simple as that."""
    frame, counter = region.body, region.counter
    step = frame.steps[0] if len(frame.steps) == 1 else None
    if not isinstance(step, KernelStep) or counter is None or region.stop is not None or frame.buffers or frame.arena is not None:
        return region
    number = extents.trace.leaf("size", "int64", ("value", counter.number))
    if counter in step.buffers or any(_depends(v, number) for guard in frame.guards for v in (guard.left, guard.right)):
        return region
    repeated, e = _Repeated(region, step, number, extents), extents
    taps = repeated.taps()
    if taps is None:
        return region
    short = repeated.is_short()
    if short is not None and short.extent.op == "const" and int(short.extent.data) > short.limit:
        return region
    steps_at_once = min(MOST_STEPS, MOST_WORK // step.kernel.work)
    if steps_at_once < FEWEST_STEPS:
        return region
    most = e.const(steps_at_once)
    if short is None or short.extent.op == "const":
        steps: list[Step | Frame] = [repeated.build(taps, most)]
    else:
        most = e.emit("max", e.one, e.mul(most, e.emit("min", e.one, e.emit("floordiv", e.const(short.limit), short.extent))))
        steps = [replace(repeated.build(taps, most), when=short), replace(step, when=replace(short, opposite=True))]
    runs = e.emit("floordiv", e.add(region.count, e.sub(most, e.one)), most)
    return replace(region, count=e.canonical(runs), body=replace(frame, steps=steps))


def _depends(value: Value, leaf: Value) -> bool:
    return any(v is leaf for v in walk([value]))


@dataclass(slots=True)
class _Repeated:
    """The kernel that does several steps of a loop at once, while it is made."""

    region: LoopRegion
    outer: KernelStep
    number: Value  # of the step, as the program's sizes have it
    extents: Extents
    loops: list[Loop] = field(default_factory=list)  # around the stores
    stores: list[Store] = field(default_factory=list)
    sizes: dict[Value, int] = field(default_factory=dict)  # the program's values -> the new kernel's parameters
    moving: dict[int, tuple[Value, Value]] = field(default_factory=dict)  # parameter of the old one -> by how much, from where
    states: dict[int, tuple[Store, int]] = field(default_factory=dict)  # id of a buffer that is read -> the store to it, how far back
    known: dict[Value, Value] = field(default_factory=dict)  # load -> what is carried

    def taps(self) -> dict[Value, tuple[Store, int]] | None:
        """Each load that reads what an earlier step has stored, with that store and how many steps it was before; None if the step is not
        as simple as that."""
        if self.outer.when is not None or self.outer.kernel.checks or not self._is_plain() or not self._moves():
            return None
        return self._taps()

    def is_short(self) -> AtMost | None:
        """The condition under which doing many steps at once pays; None: always."""
        if not self.loops:
            return None
        widest = max(ITEMSIZE[self.outer.kernel.buffers[s.buffer].dtype] for s in self.stores)
        outside = rebuild([loop.extent for loop in self.loops], self.extents.trace, self._outside)
        return AtMost(self.extents.canonical(self.extents.product(map(self.extents.canonical, outside))), SHORT_ROW // widest)

    def _outside(self, value: Value, args: tuple[Value, ...]) -> Value | None:
        return self.outer.sizes[value.data] if value.op == "size" else None

    # ------------------------------------------------------------------ is it simple?

    def _is_plain(self) -> bool:
        """Loops around stores, each to a buffer of its own, of values that are read before anything is stored."""
        body: Sequence[Statement] = self.outer.kernel.body
        while len(body) == 1 and isinstance(body[0], Loop) and not body[0].accumulators:
            self.loops.append(body[0])
            body = body[0].body
        self.stores = [s for s in body if isinstance(s, Store) and s.combine is None]
        written = [self.outer.buffers[s.buffer] for s in self.stores]
        if len(self.stores) < len(body) or not body or len(set(map(id, written))) < len(written):
            return False
        stored = {s.buffer for s in self.stores}
        return not any(load.data in stored for load in self._loads())

    def _loads(self) -> Iterator[Value]:
        values = [v for s in self.stores for v in (s.value, s.offset)] + [loop.extent for loop in self.loops]
        return (v for v in walk(values) if v.op == "load")

    def _moves(self) -> bool:
        """Whether each size goes up or down by the same with each step, and the loops' extents do not."""
        for k, size in enumerate(self.outer.sizes):
            by, start = split(size, self.number)
            if by is None:
                return False
            self.moving[k] = self.extents.canonical(by), start
        fixed = {k for k, (by, _) in self.moving.items() if by is self.extents.zero}
        return all(v.op != "load" and (v.op != "size" or v.data in fixed) for loop in self.loops for v in walk([loop.extent]))

    def _taps(self) -> dict[Value, tuple[Store, int]] | None:
        stores = {id(self.outer.buffers[s.buffer]): s for s in self.stores}
        before = {id(old): stores.get(id(new)) for old, new in self.region.carried}
        after = {id(new) for _, new in self.region.carried}
        if None in before.values() or any(id(old) in stores for old, _ in self.region.carried):
            return None
        placed: dict[int, tuple[Polynomial, Polynomial]] = {}
        for key, store in stores.items():
            offset = self._place(store.offset)
            if offset is None or (key in after) == bool(offset[1]):  # rows of a history move, those of a pair that is swapped do not
                return None
            placed[key] = offset
        taps: dict[Value, tuple[Store, int]] = {}
        for load in self._loads():
            buffer = self.outer.buffers[load.data]
            found = before.get(id(buffer), stores.get(id(buffer)))
            if found is None:
                continue
            there, by = placed[id(self.outer.buffers[found.buffer])]
            here = self._place(load.args[0])
            tap = None if here is None or here[1] != by else 1 if id(buffer) in before and here[0] == there else _times(by, there, here[0])
            if tap is None or id(buffer) in after:
                return None
            taps[load] = found, tap
        return taps

    def _place(self, offset: Value) -> tuple[Polynomial, Polynomial] | None:
        """An element's place in the program's terms, and by how much it moves with each step."""
        (place,) = rebuild([offset], self.extents.trace, self._outside)
        whole = None if any(v.op == "load" for v in walk([place])) else _polynomial(place)
        if whole is None or any(f is not self.number and _depends(f, self.number) for term in whole for f in term):
            return None
        by: Polynomial = Counter()
        for term, factor in whole.items():
            if term.count(self.number) > 1:
                return None
            if self.number in term:
                by[tuple(f for f in term if f is not self.number)] += factor
        return whole, by

    # ------------------------------------------------------------------ the kernel

    def build(self, taps: dict[Value, tuple[Store, int]], most: Value) -> KernelStep:
        """The step that does ``most`` of them, or as many as are left."""
        e, trace = self.extents, self.stores[0].value.trace
        start = e.mul(self.number, most)
        trips = self._size(e.emit("min", most, e.sub(self.region.count, start)))
        index = trace.leaf("index", "int64", 1 + max((loop.index for loop in self.loops), default=-1))
        pairs = {id(new): old for old, new in self.region.carried}
        accumulators: list[Accumulator] = []
        carried: dict[tuple[Store, int], Value] = {}
        for store, deepest in _deepest(taps).items():
            source = next(load.data for load, (of, _) in taps.items() if of is store)
            for tap in range(1, deepest + 1):
                key = len(accumulators)
                carried[store, tap] = trace.leaf("acc", store.value.dtype, (key, 0))
                at = trace.const(0 if id(self.outer.buffers[store.buffer]) in pairs else -tap, "int64")
                begin = trace.load(source, self._at([store.offset], at, start)[0], store.value.dtype)
                accumulators.append(Accumulator(key, NEXT, (), (begin,)))
        self.known = {load: carried[of] for load, of in taps.items()}
        offsets = self._at([s.offset for s in self.stores], index, start)
        values = self._at([s.value for s in self.stores], index, start)
        following = dict(zip(self.stores, values, strict=True))
        for (store, tap), state in carried.items():
            new = following[store] if tap == 1 else carried[store, tap - 1]
            accumulators[state.data[0]] = replace(accumulators[state.data[0]], values=(new,))
        inside, after = list[Statement](), list[Statement]()
        for store, offset, value in zip(self.stores, offsets, values, strict=True):
            if (store, 1) in carried and id(self.outer.buffers[store.buffer]) in pairs:
                after.append(replace(store, offset=offset, value=carried[store, 1]))
            else:
                inside.append(replace(store, offset=offset, value=value))
        body: list[Statement] = [Loop(index.data, trips, tuple(inside), tuple(accumulators)), *after]
        for loop in reversed(self.loops):
            body = [replace(loop, extent=self._at([loop.extent], index, start)[0], body=tuple(body))]
        kernel = replace(self.outer.kernel, body=tuple(body), sizes=len(self.sizes), parallel=False)
        work = None if self.outer.work is None else e.canonical(e.mul(self.outer.work, most))
        return replace(self.outer, kernel=kernel, sizes=tuple(self.sizes), work=work)

    def _at(self, values: Sequence[Value], step: Value, start: Value) -> list[Value]:
        """In the new kernel's terms, ``step`` steps after the first one of this run, ``start``."""

        def inside(value: Value, args: tuple[Value, ...]) -> Value | None:
            if value.op == "size":
                by, rest = self.moving[value.data]
                base = self._size(self.extents.add(rest, self.extents.mul(by, start)))
                return base if by is self.extents.zero else base + (step if by is self.extents.one else step * self._size(by))
            return self.known.get(value)

        return rebuild(values, step.trace, inside)

    def _size(self, extent: Value) -> Value:
        trace, extent = self.stores[0].value.trace, self.extents.canonical(extent)
        if extent.op == "const" and extent.data in (0, 1, -1, 2):
            return trace.const(extent.data, "int64")
        return trace.leaf("size", "int64", self.sizes.setdefault(extent, len(self.sizes)))


def _deepest(taps: dict[Value, tuple[Store, int]]) -> dict[Store, int]:
    """How far back each store is read."""
    found: dict[Store, int] = {}
    for store, tap in taps.values():
        found[store] = max(tap, found.get(store, 0))
    return found


def _times(by: Polynomial, there: Polynomial, here: Polynomial) -> int | None:
    """How many steps apart two places are that move ``by`` with each step."""
    distance = Counter(there)
    distance.subtract(here)
    for steps in range(1, DEEPEST + 1):
        if by and all(distance[term] == steps * by[term] for term in (*distance, *by)):
            return steps
    return None


def _polynomial(value: Value) -> Polynomial | None:
    """``value`` multiplied out, unless that is long."""
    known: dict[Value, Polynomial] = {}
    for v in walk([value]):
        whole: Polynomial = Counter()
        if v.op == "const":
            whole[()] = int(v.data)
        elif v.op in ("add", "sub"):
            a, b = (known[x] for x in v.args)
            whole.update(a)
            (whole.update if v.op == "add" else whole.subtract)(b)
        elif v.op == "mul":
            a, b = (known[x] for x in v.args)
            for (x, m), (y, n) in product(a.items(), b.items()):
                whole[tuple(sorted((*x, *y), key=id))] += m * n
        else:
            whole[v,] = 1
        known[v] = Counter({term: number for term, number in whole.items() if number})
        if len(known[v]) > _TERMS:
            return None
    return known[value]
