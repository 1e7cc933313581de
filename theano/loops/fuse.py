"""Fuse nests into groups, each of which becomes one kernel.

Groups run in the order of their creation.  A nest may join any group not older than the youngest group it reads from, so
order is kept by construction and the whole pass is linear.  Within a group all members share one iteration space; once
a reduction joins, its reduced axes split the space into *outer* and *inner* axes, and each member is *inner* (over
all of the space) or *outer* (once for each outer point).  A member that needs a reduction's result belongs to a later
*stage*: another inner loop after the first one.

    softmax of a matrix:  stage 0  max over a row | stage 1  sum of exp(x - max) | stage 2  exp(x - max) / sum
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from theano.loops.extents import Extents
from theano.loops.nest import CALL_COST, Nest, Result
from theano.scalar.instructions import Value, rebuild, walk

BODY_LIMIT = 80
"""Scalar cost of one stage of a group; LLVM's time grows faster than linearly beyond about 50 operations in a loop."""
BUFFER_LIMIT = 28


@dataclass(slots=True, eq=False)
class Member:
    """A nest in a group."""

    nest: Nest
    inner: bool
    stage: int  # when its body runs
    ready: int  # the first stage that may read its result
    axes: dict[int, int]  # its own axes with more than one element -> the group's
    stored: list[Result] = field(default_factory=list)  # its results that must be in memory
    stages: set[int] = field(default_factory=set)  # inner stages that compute it


@dataclass(slots=True, eq=False)
class Group:
    """One kernel to be: ``key`` are the extents of its space, ``reduced`` the axes of its reductions if it has any."""

    key: tuple[Value, ...]
    serial: int
    members: list[Member] = field(default_factory=list)
    by_nest: dict[Nest, Member] = field(default_factory=dict)
    reduced: frozenset[int] | None = None
    cost: int = 0
    costs: dict[int, int] = field(default_factory=dict)  # of each stage
    buffers: set[Result] = field(default_factory=set)
    lasting: set[Result] = field(default_factory=set)  # what others read of it: it must be in memory

    @property
    def outer(self) -> list[int]:
        return [axis for axis in range(len(self.key)) if axis not in (self.reduced or ())]

    def outer_key(self) -> tuple[Value, ...]:
        return tuple(self.key[axis] for axis in self.outer)


Item = Group | Nest
"""A group of fused nests, or one nest that is a step of its own."""


def live_axes(shape: Iterable[Value], extents: Extents) -> list[int]:
    return [axis for axis, extent in enumerate(shape) if extents.canonical(extent) is not extents.one]


def needed_nests(nests: list[Nest], wanted: Iterable[Result], extents: Extents) -> list[Nest]:
    """The nests that ``wanted`` results depend on, in order."""
    alive = set(wanted)
    kept = []
    for nest in reversed(nests):
        if any(r in alive or r.forced for r in nest.results):
            kept.append(nest)
            alive.update(nest.arguments())
            alive.update(telling(nest, extents))
    return kept[::-1]


def told_sizes(nest: Nest, extents: Extents) -> list[Value]:
    """The sizes that must be told before ``nest`` begins.  One that equals another that is known earlier is among them: what holds
    so many elements may be read, and whether they are there only a guard can say."""
    if not extents.telling:
        return []
    wholes = (r.within for r in nest.results if r.within is not None)
    shapes = () if nest.kind == "python" else (s for r in (*nest.results, *wholes, *nest.temporaries, *nest.arguments()) for s in r.shape)
    places = (v for v in (*(v for o in nest.operands for v in (*o.strides, o.offset)), nest.base_start) if v is not None)
    found = walk((*nest.bodies, *nest.where, *nest.finish, *nest.space, *shapes, *places))
    sizes = [v for v in found if v.op == "size"]
    return [v for v in extents.told_by((*sizes, *map(extents.canonical, sizes), *nest.awaited)) if v.data[1] in extents.telling]


def telling(nest: Nest, extents: Extents) -> list[Result]:
    """The results that tell a size to ``nest`` or to what is done inside it: they must be there before it begins."""
    if not extents.telling:
        return []
    found = [extents.telling[size.data[1]] for size in told_sizes(nest, extents)]
    for body in nest.inner:
        with extents.scope(body.lowering.equalities):
            found += [result for inner in body.lowering.nests for result in telling(inner, extents)]
    return found


def fuse(nests: list[Nest], extents: Extents) -> list[Item]:
    """Group ``nests``, which are in topological order; the items returned run in sequence."""
    return _Fuser(extents).run(nests)


class _Fuser:
    def __init__(self, extents: Extents) -> None:
        self.extents = extents
        self.items: list[Item] = []
        self.made: dict[Result, int] = {}  # result -> the item that computes it
        self.latest: dict[tuple[Value, ...], int] = {}  # key -> the last group over that space

    def run(self, nests: list[Nest]) -> list[Item]:
        for nest in nests:
            if nest.kind == "prefix" and nest.axes.isdisjoint(live_axes(nest.space, self.extents)):
                nest.become(kind="pointwise", axes=frozenset(), combine=None)
            if nest.kind in ("pointwise", "reduce"):
                serial = self._place(nest)
            else:
                serial = len(self.items)
                self.items.append(nest)
            for result in nest.results:
                self.made[result] = serial
        return self.items

    def _place(self, nest: Nest) -> int:
        if nest.kind == "reduce" and not any(a in nest.axes for a in live_axes(nest.space, self.extents)):
            _unreduced(nest)
        axes = live_axes(nest.space, self.extents)
        key = tuple(self.extents.canonical(nest.space[a]) for a in axes)
        cost = nest.cost
        oldest = max((self.made.get(r, -1) for r in nest.arguments()), default=-1)
        oldest = max((oldest, *(self.made.get(r, -1) + 1 for r in telling(nest, self.extents))))
        for serial in dict.fromkeys((oldest, self.latest.get(key, -1))):
            group = self.items[serial] if max(oldest, 0) <= serial < len(self.items) else None
            if isinstance(group, Group) and self._join(group, nest, axes, key, cost):
                return serial
        group = Group(key, len(self.items))
        self.items.append(group)
        self.latest[key] = group.serial
        if not self._join(group, nest, axes, key, cost):
            raise AssertionError(f"{nest.node} does not fit a group of its own")
        return group.serial

    def _join(self, group: Group, nest: Nest, axes: list[int], key: tuple[Value, ...], cost: int) -> bool:
        arguments = nest.arguments()
        outside = [r for r in arguments if r.nest not in group.by_nest]
        if group.members and len(group.buffers.union(outside)) > BUFFER_LIMIT:
            return False
        reduced = frozenset(position for position, axis in enumerate(axes) if axis in nest.axes) if nest.kind == "reduce" else None
        for inner in (True, False):
            if inner and (key != group.key or (reduced is not None and group.reduced not in (None, reduced))):
                continue
            if not inner and (reduced is not None or group.reduced is None or key != group.outer_key()):
                continue
            mapped = dict(zip(axes, range(len(key)) if inner else group.outer, strict=True))
            stage = self._stage(group, nest, inner, mapped)
            if stage is None or (inner and stage > 0 and group.reduced is not None and not group.outer):
                continue
            if group.members and group.costs.get(stage, 0) + cost > BODY_LIMIT:
                continue
            member = Member(nest, inner, stage, stage + 1 if reduced is not None else stage, mapped)
            group.members.append(member)
            group.by_nest[nest] = member
            group.cost += cost
            group.costs[stage] = group.costs.get(stage, 0) + cost
            group.buffers.update(outside)
            if reduced is not None:
                group.reduced = reduced
            return True
        return False

    def _stage(self, group: Group, nest: Nest, inner: bool, axes: dict[int, int]) -> int | None:
        """The stage at which ``nest`` may run in ``group``; None if it reads a member at other points than its own."""
        stage = 0
        for read in nest.reads:
            result: Result = read.data
            producer = group.by_nest.get(result.nest) if result.nest is not None else None
            if producer is None:
                continue
            outer_result = not producer.inner or producer.nest.kind == "reduce"
            if read.op == "read_flat" or (not inner and not outer_result) or (inner and outer_result and not group.outer):
                return None  # a full reduction is complete only when its kernel has ended
            if not self._same_point(group, read, result, axes, outer_result):
                return None
            stage = max(stage, producer.ready)
        return stage

    def _same_point(self, group: Group, read: Value, result: Result, axes: dict[int, int], outer: bool) -> bool:
        expected = group.outer if outer else list(range(len(group.key)))
        live = live_axes(result.shape, self.extents)
        if len(live) != len(expected):
            return False
        for axis, target in zip(live, expected, strict=True):
            index = read.args[axis]
            if index.op != "index" or axes.get(index.data) != target:
                return False
        return True


def _unreduced(nest: Nest) -> None:
    """A reduction over axes of one element is its body."""
    finished = []
    for value in nest.finish:
        finished.append(_with_accumulators(value, nest.bodies))
    kept = [axis for axis in range(len(nest.space)) if axis not in nest.axes]
    trace = finished[0].trace
    renumbered = {axis: trace.leaf("index", "int64", position) for position, axis in enumerate(kept)}
    renumbered.update((axis, trace.const(0, "int64")) for axis in nest.axes)
    bodies = tuple(_reindexed(b, renumbered) for b in finished)
    nest.become(kind="pointwise", space=tuple(nest.space[a] for a in kept), axes=frozenset(), bodies=bodies, finish=(), combine=None)


def _with_accumulators(value: Value, values: tuple[Value, ...]) -> Value:
    return rebuild([value], value.trace, lambda v, _: values[v.data[1]] if v.op == "acc" else None)[0]


def _reindexed(value: Value, renumbered: dict[int, Value]) -> Value:
    return rebuild([value], value.trace, lambda v, _: renumbered.get(v.data) if v.op == "index" else None)[0]


def plan_stores(items: list[Item], wanted: Iterable[Result]) -> None:
    """Mark the members whose results must be in memory: read by another item, wanted outside, or dear to recompute
    in a later stage; and note the stages in which each of the others is computed."""
    outside = set(wanted)
    for item in items:
        for result in _arguments(item):
            owner = result.nest
            if owner is not None and not (isinstance(item, Group) and owner in item.by_nest):
                outside.add(result)
    for item in items:
        if isinstance(item, Group):
            item.lasting = {r for member in item.members for r in member.nest.results if r in outside or r.forced}
            plan_members(item)


def _arguments(item: Item) -> Iterable[Result]:
    if isinstance(item, Nest):
        return item.arguments()
    return (r for member in item.members for r in member.nest.arguments())


def plan_members(group: Group, large: bool = False) -> None:
    """The same for one group; if it is ``large``, what costs less than memory is recomputed rather than kept for a later stage."""
    for member in group.members:
        member.stored, member.stages = [r for r in member.nest.results if r in group.lasting], set()
    for member in reversed(group.members):
        if not member.inner:
            continue
        if member.stored or member.nest.kind == "reduce":
            member.stages.add(member.stage)
        for read in member.nest.reads:
            producer = group.by_nest.get(read.data.nest)
            if producer is None or not producer.inner or producer.nest.kind == "reduce":
                continue
            later = {s for s in member.stages if s > producer.stage}
            if later and producer.nest.cost >= CALL_COST and not (large and _costs_less_than_memory(producer.nest)):
                producer.stored = producer.nest.results
                producer.stages.add(producer.stage)
            elif not (later and producer.stored):
                producer.stages.update(member.stages)


def keeps_cheap(group: Group) -> bool:
    """Whether something is kept that would be recomputed if the group were large."""
    return any(m.stored and _costs_less_than_memory(m.nest) and group.lasting.isdisjoint(m.stored) for m in group.members)


def _costs_less_than_memory(nest: Nest) -> bool:
    """An exponential and little else: as long as it takes results are written to memory and read again, where no cache holds them."""
    return nest.cost < 2 * CALL_COST and all(v.data == "exp" for v in walk(nest.bodies) if v.op == "call")
