"""Plan a lowered graph: which kernels and steps run, where each result lives, and what is committed at the end.

A *sink* is a result that outlives the call: an output or the next value of a shared variable.  A sink is computed straight
into its own array.  The next value of a shared variable is written over the present one only where nothing can fail from
there on and no one still needs the old value; else it goes to a spare array that is swapped in at the very end.

Sizes that only become known while the program runs open a new frame: a nested region with guards and storage of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from theano.loops.arena import Arena
from theano.loops.assemble import Assembled, GroupAssembler
from theano.loops.fuse import Group, Item, fuse, needed_nests, plan_stores, told_sizes
from theano.loops.ir import (
    AtMost,
    Buffer,
    Frame,
    Guard,
    IfRegion,
    KernelStep,
    LibraryStep,
    LoopRegion,
    Program,
    PythonStep,
    Step,
)
from theano.loops.lower import Lowering
from theano.loops.merge import merge_steps
from theano.loops.nest import READS, Nest, Operand, Parts, Result, Sink, proofs
from theano.loops.prefix import assemble_prefix
from theano.loops.recur import repeat_in_registers
from theano.loops.scatter import assemble_checks, assemble_copy, assemble_scatter
from theano.loops.small_products import (
    SmallProduct,
    assemble_panels,
    assemble_rows,
    is_product,
    panel_columns,
    panels_of,
    right_factor,
    shape_of_copy,
    when_small,
)
from theano.loops.statements import accesses
from theano.scalar.instructions import ITEMSIZE, Value, walk

KERNELS = ("pointwise", "reduce", "scatter", "prefix")
MOST = (1 << 31) - 1
"""The largest extent and stride that matrix libraries take."""


@dataclass(slots=True, eq=False)
class Task:
    """One step to be, with what it reads and writes."""

    reads: list[Result]
    writes: list[Result]
    may_fail: bool
    needs: set[Value]
    assembled: Assembled | None = None
    nest: Nest | None = None
    temporaries: list[Result] = field(default_factory=list)
    owned: tuple[int, ...] = ()  # of a Python step's operands, those it may overwrite
    is_copy: bool = False  # of the one result that it reads
    frames: list[Callable[[], Frame]] = field(default_factory=list)
    when: AtMost | None = None  # of a library's step
    panels: Result | None = None  # of a product, where its right factor lies in panels


def plan(low: Lowering, sinks: Sequence[Sink]) -> Program:
    """The program that computes ``sinks``; sources of ``low`` are its inputs, shared variables and constants."""
    return _Planner(low).program(sinks)


class _Planner:
    def __init__(self, low: Lowering) -> None:
        self.low, self.extents = low, low.extents
        self.buffers: dict[Result, Buffer] = {}
        self.storage: dict[Result, tuple[str, int]] = {}
        self.alias: dict[Result, Result] = {}
        self.swapped: dict[Result, Result] = {}  # the state of a loop -> its next value: their storage changes places
        self.written: set[int] = set()  # numbers of the results that some task computes
        self.copies: list[_Copies] = []  # of each loop around

    # ------------------------------------------------------------------ the whole

    def program(self, sinks: Sequence[Sink]) -> Program:
        program = Program()
        lists = {"input": program.inputs, "shared": program.shared, "constant": program.constants}
        for result in self.low.results:
            if result.storage is not None:
                self.storage[result] = (result.storage, result.source_position)
                lists[result.storage].append(self._buffer(result))
        for buffers in lists.values():
            buffers.sort(key=lambda b: b.position)
        program.constant_arrays = [c.data for c in self.low.constants]
        placed = self._sinks(self.low, sinks)
        for sink, result in placed:
            self.storage.setdefault(result, (sink.storage, sink.position))
        tasks = self._tasks(self.low, [r for _, r in placed])
        in_place = self._in_place(tasks, placed)
        program.frame = self._frame(tasks, self._told(self.low.guards))
        for sink, result in placed:
            if sink.storage == "output":
                program.outputs.append(self._buffer(result))
            elif result not in in_place:
                program.commits.append((sink.position, self._buffer(result)))
        program.checks, program.operands = list(self.low.checks), list(self.low.operands.items())
        return program

    def _sinks(self, low: Lowering, sinks: Sequence[Sink]) -> list[tuple[Sink, Result]]:
        """One result in memory for each sink, not shared with anything else that outlives the call."""
        taken: set[Result] = set()
        own = set(low.nests)
        placed = []
        for sink in sinks:
            value = low.values[sink.variable]
            if isinstance(value, Result) and value.dtype == "object":  # no kernel could copy it
                source = _viewed(value)
                before = sink.storage == "update" and source.storage == "shared" and sink.position == source.source_position
                replaced = before and value is not source  # what a step has made of it, which may be it
                kept = source in taken or (source.storage is not None and not replaced)
                held = low.deeply_copied(sink.variable) if kept else value
                taken |= {source, held}
                self.storage.setdefault(held, ("object", 0))
                placed.append((sink, held))
                continue
            whole = value.whole if isinstance(value, Parts) else value
            result = whole if isinstance(whole, Result) and not whole.inline else None
            free = result is not None and result.storage is None and result not in taken and result not in self.storage
            if result is None or not free or result.nest not in own or not self._may_be_sink(result, sink, own):
                result = low.copied(sink.variable, getattr(sink.variable, "owner", None))
            assert result is not None
            taken.add(result)
            placed.append((sink, result))
        return placed

    @staticmethod
    def _may_be_sink(result: Result, sink: Sink, nests: set[Nest]) -> bool:
        """Whether ``result`` can be made where it must end up: as a row of something larger by kernels, if none but kernels read it and
        products with it."""
        nest = result.nest
        assert nest is not None
        if sink.row is not None:
            made = nest.kind in KERNELS or nest.kind == "join"
            if not made or any(n.kind not in KERNELS and result in n.arguments() and not _is_factor(result, n) for n in nests):
                return False
        return nest.kind != "python" and not (nest.kind == "loop" and result.position < len(nest.states))

    # ------------------------------------------------------------------ tasks

    def _tasks(self, low: Lowering, wanted: Iterable[Result]) -> list[Task]:
        wanted = list(wanted)
        items = fuse(needed_nests(low.nests, wanted, self.extents), self.extents)
        plan_stores(items, wanted)
        tasks = self._item_tasks(low, items)
        if self.copies:  # in a loop
            for copy in [task for task in tasks if task.is_copy]:
                tasks = self._postponed(tasks, copy) or tasks
        self._copy_nothing_that_ends(tasks, set(wanted))
        for task in tasks:
            for result in task.writes:
                if result in self.alias:  # whoever writes to it first makes the whole of it
                    task.needs |= self._leaves(self._owner(result).shape)
        self.written.update(r.number for task in tasks for r in (*task.writes, *task.temporaries))
        self._give_away(tasks, set(wanted))
        return tasks

    def _give_away(self, tasks: list[Task], wanted: set[Result]) -> None:
        """Let a Python step overwrite, of what its op says it overwrites, the arrays made here of which it is the last reader."""
        later, made = set(wanted), {r for task in tasks for r in task.writes}
        for task in reversed(tasks):
            if task.nest is not None and task.nest.kind == "python":
                operands = [o.result for o in task.nest.operands]
                destroyed = {k for positions in task.nest.node.op.destroy_map.values() for k in positions}
                mine = [k for k in destroyed if operands[k] in made - later and operands.count(operands[k]) == 1]
                task.owned = tuple(sorted(k for k in mine if operands[k].shape and operands[k].dtype != "object"))
            later.update(task.reads, self._telling(task.needs))

    def _item_tasks(self, low: Lowering, items: list[Item]) -> list[Task]:
        """The steps of ``items``, and what scatters check before others that could."""
        ahead = self._checks_ahead(items) if low.checks else {}
        proven: set[Hashable] = set()
        tasks: list[Task] = []
        for position, item in enumerate(items):
            for nest, checks in ahead.get(position, ()):
                tasks.append(self._kernel_task(assemble_checks(nest, checks, self.extents)))
                proven.update(proofs(check, nest, self.extents)[0] for check in checks)
            mine = self._one_item(item, proven)
            told = {size for nest in _nests(item) for size in told_sizes(nest, self.extents)}
            for task in mine:
                task.needs |= told
            tasks += mine
            if ahead:
                proven.update(proofs(check, nest, self.extents)[1] for nest in _nests(item) for check in nest.checks)
        return tasks

    def _checks_ahead(self, items: list[Item]) -> dict[int, list[tuple[Nest, list[Value]]]]:
        """For each scatter what nothing before it has checked, by the position at which it can be checked first."""
        ahead: dict[int, list[tuple[Nest, list[Value]]]] = {}
        proven: set[Hashable] = set()
        made = {result: position for position, item in enumerate(items) for nest in _nests(item) for result in nest.results}
        for item in items:
            names = {check: proofs(check, nest, self.extents) for nest in _nests(item) for check in nest.checks}
            if isinstance(item, Nest) and item.kind == "scatter":
                missing = [check for check, both in names.items() if proven.isdisjoint(both)]
                needed = [v.data for v in walk(missing) if v.op in READS]
                needed += self._telling(self._leaves([*item.space, *(v for v in walk(missing) if v.op == "size")]))
                if missing:
                    ahead.setdefault(max((made.get(r, -1) + 1 for r in needed), default=0), []).append((item, missing))
                    proven.update(names[check][0] for check in missing)
            proven.update(both[1] for both in names.values())
        return ahead

    def _copy_nothing_that_ends(self, tasks: list[Task], wanted: set[Result]) -> None:
        """What is made here and read for the last time by being copied is made where it would be copied to."""
        later, moved = {self._owner(result) for result in wanted}, set[Result]()
        for position in reversed(range(len(tasks))):
            task = tasks[position]
            if task.is_copy:
                (source,), (target,) = task.reads, task.writes
                whole = target in moved or target not in self.alias or (target.start is None and target.within is None)  # no part
                free = whole and source not in self.alias and source not in self.storage and source not in later
                made = source.nest is not None and source.nest.kind in KERNELS and any(source in t.writes for t in tasks[:position])
                if free and made:
                    self.alias[source] = target
                    moved.add(source)
                    del tasks[position]
                    continue
            later.update(map(self._owner, (*task.reads, *self._telling(task.needs))))

    def _one_item(self, item: Item, proven: set[Hashable]) -> list[Task]:
        if isinstance(item, Group):
            if not any(m.stored for m in item.members):
                return []
            return [self._kernel_task(a) for a in GroupAssembler(item, self.extents, self._temporary, proven).build()]
        if item.kind == "scatter":
            assert item.base is not None
            copy = self._kernel_task(replace(assemble_copy(item.base, item.results[0], self.extents), nodes=(item.node,)))
            copy.is_copy = True
            return [copy, self._kernel_task(assemble_scatter(item, self.extents))]
        if item.kind == "prefix":
            return [self._kernel_task(a) for a in assemble_prefix(item, self.extents, self._temporary)]
        task = Task(item.arguments(), list(item.results), item.kind == "python", set(), nest=item)
        begun = (*(o.result for o in item.operands), *(() if item.base is None else (item.base,)))
        self.alias.update((result, result.within) for result in begun if result.within is not None)
        tasks = [task]
        if item.kind == "python":
            for result in (*task.reads, *task.writes):
                if result not in self.swapped or result.dtype == "object":  # a state changes places with scratch: Python gets copies
                    self.storage.setdefault(result, ("object", 0))
            task.may_fail = True
        elif item.kind in ("loop", "branch"):
            tasks = [*self._region_task(task, item), task]
        elif self.copies and is_product(item):
            tasks = [*self._small_product(task, item), task]
            self._with_panels(task, item)
        values = [
            *item.space,
            *(() if task.when is None else (task.when.extent,)),
            *(v for o in item.operands for v in (*o.strides, o.beginning(self.extents))),
            *(() if item.base_start is None else (item.base_start,)),
        ]
        task.needs |= self._leaves([*values, *(s for r in (*task.writes, *task.temporaries) if item.kind != "python" for s in r.shape)])
        if item.kind != "python":  # which takes arrays as they are
            task.needs |= self._object_leaves(task.reads)
        return tasks if task.when is None or not _never(task.when) else tasks[:-1]

    def _small_product(self, task: Task, nest: Nest) -> list[Task]:
        """A kernel for a product in a loop; ``task``, which calls the library, is left what is too large for it."""
        when, (operand, lies_well) = when_small(nest, self.extents), right_factor(nest)
        held = self.copies[-1].may_hold(operand, when, nest)
        if _never(when) or not (lies_well or held):
            return []
        task.when = replace(when, opposite=True)
        condition = None if _never(task.when) else when
        copy = self.copies[-1].copy(operand.result, not lies_well, condition) if held else None
        return [self._kernel_task(replace(SmallProduct(nest, self.extents, copy).assemble(), when=condition))]

    def _with_panels(self, task: Task, nest: Nest) -> None:
        """A large product in a loop with a matrix from outside of it finds that in panels."""
        if nest.routine == "gemm" and not (task.when is not None and _never(task.when)):
            (operand, _), copies, count = right_factor(nest), self.copies[-1], panels_of(nest, self.extents)
            if copies.is_whole(operand, nest) and not self.extents.is_told(count) and count is not self.extents.zero:
                task.panels = copies.panels(operand.result, operand.transposed, count)
                task.reads.append(task.panels)

    def _kernel_task(self, assembled: Assembled) -> Task:
        shapes = (s for r in assembled.written for s in r.shape)
        asked = () if assembled.when is None else (assembled.when.extent,)
        needs = self._leaves([*assembled.sizes, assembled.work, *asked, *shapes]) | self._object_leaves(assembled.read)
        return Task(assembled.read, assembled.written, assembled.kernel.checks, needs, assembled)

    def _temporary(self, dtype: str, shape: tuple[Value, ...]) -> Result:
        result = Result(len(self.low.results), dtype, shape)
        self.low.results.append(result)
        return result

    def _leaves(self, values: Iterable[Value]) -> set[Value]:
        canonical = {self.extents.canonical(v) for v in values}
        return {v for v in walk(canonical) if v.op == "size"}

    def _object_leaves(self, results: Iterable[Result]) -> set[Value]:
        """What a Python step returned has a shape of its own, whatever the graph assumed: wait for its guards."""
        found = (v for r in results if r.nest is not None and r.nest.kind == "python" for v in walk(r.shape))
        return {v for v in found if v.op == "size"} | {
            self.extents.leaf(("object", r.number, 0)) for r in results if r.nest is not None and r.nest.kind == "python"
        }

    def _region_task(self, task: Task, nest: Nest) -> list[Task]:
        """A loop or a branch: its bodies are planned as frames inside the frame that runs it.  Gives what is to be done before it.

        It may always fail: for want of scratch, or because somebody interrupts it."""
        task.may_fail = True
        inside = {r.number for r in (*nest.states, *nest.temporaries)}
        self.swapped.update(zip(nest.states, nest.temporaries, strict=False))
        for body in nest.inner:
            inner = body.lowering
            if nest.kind == "loop":
                self.copies.append(_Copies(self, set(body.outer).difference(nest.states)))
            with self.extents.scope(inner.equalities):
                placed = self._sinks(inner, body.sinks)
                for sink, result in placed:
                    assert sink.target is not None
                    self.alias[result] = sink.target
                    if sink.row is not None:
                        self._begin(result, self.extents.mul(sink.row, self.extents.product(map(self.extents.canonical, result.shape))))
                tasks = self._tasks(inner, [r for _, r in placed])
                for state, new in zip(nest.states, nest.temporaries, strict=False):
                    tasks = self._over_the_state(tasks, state, new)
            inside |= {r.number for t in tasks for r in t.writes}
            task.needs |= {v for t in tasks for v in t.needs} | {v for guard in inner.guards for v in self._guard_leaves(guard)}
            task.frames.append(lambda inner=inner, tasks=tasks: self._inner_frame(inner, tasks))  # type: ignore[misc]
        task.needs = {v for v in task.needs if self._number(v) not in inside}
        for own, state in zip(nest.results, nest.states, strict=False):
            self.alias[own] = state
        task.temporaries = list(nest.temporaries)
        before = self.copies.pop().tasks() if nest.kind == "loop" else []
        task.reads += [result for first in before for result in first.writes]
        return before

    def _begin(self, result: Result, start: Value) -> None:
        """``result`` begins at element ``start`` of its storage, and with it the parts that it is joined of."""
        result.start = start if result.start is None else self.extents.add(start, result.start)
        if result.nest is not None and result.nest.kind == "join":
            for part in result.nest.operands:
                self._begin(part.result, start)

    def _inner_frame(self, inner: Lowering, tasks: list[Task]) -> Frame:
        with self.extents.scope(inner.equalities):
            return self._frame(tasks, self._told(inner.guards))

    # ------------------------------------------------------------------ in place

    def _in_place(self, tasks: list[Task], placed: list[tuple[Sink, Result]]) -> set[Result]:
        """Updates that may overwrite the shared variable's present value."""
        safe_from = len(tasks)
        while safe_from > 0 and not tasks[safe_from - 1].may_fail:
            safe_from -= 1
        if any(self._late(guard) for guard in self.low.guards) or any(self._late_leaf(v) for t in tasks[safe_from:] for v in t.needs):
            return set()
        shared = {r.source_position: r for r in self.low.results if r.storage == "shared"}
        writers: dict[Result, list[int]] = {}
        for k, task in enumerate(tasks):
            for result in dict.fromkeys(map(self._owner, task.writes)):
                writers.setdefault(result, []).append(k)
        last_read: dict[Result, int] = {}
        for k, task in enumerate(tasks):
            for result in (*task.reads, *self._telling(task.needs)):
                last_read[result] = k
        chosen: set[Result] = set()
        for sink, result in placed:
            old = shared.get(sink.position)
            steps = writers.get(result, [-1])
            if sink.storage != "update" or old is None or steps[0] < safe_from or last_read.get(old, -1) > self._first_run(tasks, steps):
                continue
            fits = old.dtype == result.dtype and self._same_shape(old, result)
            if fits and all(self._may_overwrite(tasks[step], old, result) for step in steps):
                self.alias[result] = old
                chosen.add(result)
        if chosen:
            self._guard_libraries(tasks[safe_from:])
        return chosen

    @staticmethod
    def _first_run(tasks: list[Task], steps: list[int]) -> int:
        """The last of the steps that write first: of several for the same one will run."""
        others = (k for k in steps if (a := tasks[k].assembled) is None or a.when is None)
        first = next(others, None)
        return steps[0] if first == steps[0] else max(k for k in steps if first is None or k < first)

    def _guard_libraries(self, tasks: Iterable[Task]) -> None:
        """What a library refuses is refused before anything is written in place."""
        largest, seen = self.extents.const(MOST), set[Value]()
        for nest in (t.nest for t in tasks if t.nest is not None and t.nest.kind == "library" and t.nest.routine != "sort"):
            for extent in map(self.extents.canonical, (*nest.space, *(s for o in nest.operands for s in o.strides))):
                if extent.op != "const" and extent not in seen:
                    seen.add(extent)
                    text = "an extent of {right} is more than matrix libraries take, 2**31 - 1"
                    self.low.guards.append(Guard(largest, extent, nest.node, (), "at_least", text))

    def _late(self, guard: Guard) -> bool:
        return any(self._late_leaf(v) for v in walk([guard.left, guard.right]) if v.op == "size")

    def _late_leaf(self, leaf: Value) -> bool:
        key: Any = leaf.data
        return key[0] == "object" or (key[0] == "value" and self.low.results[key[1]].storage is None)

    def _same_shape(self, a: Result, b: Result) -> bool:
        return len(a.shape) == len(b.shape) and all(self.extents.same(x, y) for x, y in zip(a.shape, b.shape, strict=True))

    def _over_the_state(self, tasks: list[Task], state: Result, new: Result) -> list[Task]:
        """The tasks of a step; if ``new``, which follows ``state``, is a copy of it in which parts are written, then after all that reads
        ``state``, and over it: nothing of a large state is moved of which a step changes little."""
        copies = [task for task in tasks if task.is_copy and self._owner(task.reads[0]) is state and self._owner(task.writes[0]) is new]
        if len(copies) != 1:
            return tasks
        ordered = self._postponed(tasks, copies[0])
        if ordered is None:
            return tasks
        self.alias[new] = state
        del self.swapped[state]
        return ordered

    def _postponed(self, tasks: list[Task], copy: Task) -> list[Task] | None:
        """The same tasks with ``copy`` and all that must follow it last; None if what it copies is read there once more."""
        source, late, ahead = self._owner(copy.reads[0]), list[Task](), list[Task]()
        for task in tasks:
            follows = task is copy or any(self._must_follow(task, other) for other in late)
            (late if follows else ahead).append(task)
        return None if any(self._owner(r) is source for task in late[1:] for r in self._read_by(task)) else [*ahead, *late]

    def _read_by(self, task: Task) -> Iterator[Result]:
        yield from task.reads
        yield from self._telling(task.needs)

    def _must_follow(self, task: Task, other: Task) -> bool:
        """Whether ``task``, which comes after ``other``, must stay behind it; it may read at an index that ``other`` has checked."""
        read, written = ({self._owner(r) for r in found} for found in (self._read_by(task), (*task.writes, *task.temporaries)))
        before = {self._owner(r) for r in (*other.writes, *other.temporaries)}
        if other.may_fail or not before.isdisjoint(read | written):
            return True
        return not written.isdisjoint(self._owner(r) for r in self._read_by(other))

    def _may_overwrite(self, task: Task, old: Result, new: Result) -> bool:
        """Whether ``task`` may write ``new`` over ``old``: each element is read before it is written, by the same iteration."""
        if task.assembled is not None:
            return all(self._owner(r) is not old for r in task.assembled.results) or self._elementwise_over(task.assembled, old, new)
        nest = task.nest
        if nest is None or nest.base is not old or nest.base_start is not None:
            return False
        return all(o.result is not old for o in nest.operands)

    # ------------------------------------------------------------------ frames

    def _frame(self, tasks: list[Task], pending: list[Guard]) -> Frame:
        """Run ``tasks`` in a frame; one that needs a size found here opens a frame inside it."""
        frame, count = Frame(), 0
        found: set[int] = set()
        for task in tasks:
            if any(self._number(v) in found for v in task.needs):
                break
            found.update(r.number for r in task.writes)
            count += 1
        mine, rest = tasks[:count], tasks[count:]
        told_later = found | {r.number for task in rest for r in task.writes}
        late: list[Guard] = []
        for guard in pending:
            waits = any(self._number(v) in told_later for v in self._guard_leaves(guard))
            (late if waits else frame.guards).append(guard)
        self._allocate(frame, mine, rest, late)
        frame.steps = [step for task in mine for step in self._steps(task)]
        if rest or late:
            frame.steps.append(self._frame(rest, late))
        return frame

    def _told(self, guards: Iterable[Guard]) -> list[Guard]:
        """Those about sizes that somebody finds: nothing that runs depends on the others."""
        known = self.written | {-1} | {r.number for r in self.low.results if r.storage is not None}
        return [g for g in guards if all(self._number(v) in known for v in self._guard_leaves(g))]

    def _guard_leaves(self, guard: Guard) -> list[Value]:
        return [v for v in walk([guard.left, guard.right]) if v.op == "size"]

    def _telling(self, leaves: Iterable[Value]) -> Iterator[Result]:
        return (self.low.results[number] for leaf in leaves if (number := self._number(leaf)) >= 0)

    def _number(self, leaf: Value) -> int:
        key: Any = leaf.data
        return key[1] if key[0] in ("object", "value") else -1

    def _allocate(self, frame: Frame, tasks: list[Task], rest: list[Task], late: list[Guard]) -> None:
        """Give every result written here its place; scratch of equal size is reused once its last reader has run (who asks for a
        size that a result tells reads it)."""
        last: dict[Result, int] = {}
        for k, task in enumerate([*tasks, *rest]):
            for result in (*task.reads, *task.writes, *task.temporaries, *self._telling(task.needs)):
                last[self._owner(result)] = k
        for guard in late:
            last.update((self._owner(result), len(tasks) + len(rest)) for result in self._telling(self._guard_leaves(guard)))
        last.update((new, last[state]) for state, new in self.swapped.items() if state in last)
        arena = Arena(self.extents)
        for k, task in enumerate(tasks):
            written = self._with_swapped(self._owner(r) for r in (*task.writes, *task.temporaries))
            fresh = [r for r in written if r not in self.buffers]
            reused = [r for r in self._with_swapped(map(self._owner, task.reads)) if last.get(r) == k and r in arena.held]
            for result in fresh:
                storage, _ = self.storage.get(result, ("arena", 0))
                if storage == "arena":
                    self._scratch(arena, task, result, reused)
                self._buffer(result)
                if storage in ("output", "update", "arena", "object"):
                    frame.buffers.append(self.buffers[result])
            for result in dict.fromkeys((*reused, *(r for r in written if last.get(r) == k and r in arena.held))):
                arena.release(result)
        if arena.classes:
            arena.place()
            frame.arena = arena.total
            for buffer in frame.buffers:
                if buffer.storage == "arena":
                    object.__setattr__(buffer, "offset", arena.offset(buffer.number))

    def _with_swapped(self, results: Iterable[Result]) -> list[Result]:
        """Each result once; the two storages between which a loop swaps its state come and go together."""
        return list(dict.fromkeys(r for result in results for r in (result, self.swapped.get(result, result))))

    def _scratch(self, arena: Arena, task: Task, result: Result, dying: list[Result]) -> None:
        e, count = self.extents, self.extents.product(map(self.extents.canonical, result.shape))
        if not e.is_told(count):  # else the guard of what another size stands for may come later
            count = e.canonical(count)
        size = e.mul(count, e.const(ITEMSIZE[result.dtype]))
        for old in dying:
            fits = arena.size_of(old) is size and old.dtype == result.dtype
            if fits and task.assembled and self._elementwise_over(task.assembled, old, result):
                arena.take_over(old, result)
                dying.remove(old)
                return
        arena.take(result, size)

    def _elementwise_over(self, assembled: Assembled, old: Result, new: Result) -> bool:
        """Whether each element of ``old``, which is read here, is read only where the same element of ``new`` is stored, and
        before it is."""
        owners = [self._owner(r) for r in assembled.results]
        stored: list[Value] = []
        loads: set[Value] = set()
        for kind, buffer, offset in accesses(assembled.kernel.body):
            if kind == "store" and owners[buffer] is new:
                if len(stored) == (2 if new.packed else 1):
                    return False
                stored.append(offset)
            elif kind == "load" and owners[buffer] is old:
                if stored:
                    return False
                loads.add(offset)
        return bool(loads) and loads <= set(stored)

    def _owner(self, result: Result) -> Result:
        while result in self.alias:
            result = self.alias[result]
        return result

    def _buffer(self, result: Result) -> Buffer:
        result = self._owner(result)
        found = self.buffers.get(result)
        if found is None:
            storage, position = self.storage.get(result, ("arena", 0))
            shape = tuple(self.extents.canonical(s) for s in result.shape)
            if result.storage is not None or storage == "object":
                shape = result.shape
            if result.packed:
                shape = shape[:-1]
            name = getattr(result.variable, "name", None)
            found = self.buffers[result] = Buffer(result.number, result.packed or result.dtype, shape, storage, position, None, name)
        return found

    # ------------------------------------------------------------------ steps

    def _steps(self, task: Task) -> list[Step]:
        if task.assembled is not None:
            a = task.assembled
            buffers = tuple(map(self._buffer, a.results))
            if task.is_copy and buffers[0] is buffers[1]:  # the next value of a shared variable over the present one
                return []
            return [KernelStep(a.kernel, buffers, a.sizes, a.scalars, a.nodes, self.extents.canonical(a.work), a.when)]
        assert task.nest is not None
        nest = task.nest
        if nest.kind == "python":
            arguments = tuple(self._buffer(o.result) for o in nest.operands)
            return [PythonStep(nest.node, arguments, tuple(map(self._buffer, nest.results)), task.owned)]
        if nest.kind == "join":
            return []
        if nest.kind == "library":
            return [replace(step, when=task.when) for step in self._library(nest, task.panels)]
        frames = [make() for make in task.frames]
        if nest.kind == "branch":
            return [IfRegion(self._buffer(nest.operands[0].result), frames[0], frames[1], (nest.node,))]
        pairs = [(self._buffer(a), self._buffer(b)) for a, b in zip(nest.states, nest.temporaries, strict=False)]
        carried = tuple((a, b) for a, b in pairs if a is not b)
        assert nest.control is not None
        told = (nest.control.counter, nest.control.stop, nest.control.done)
        counter, stop, done = (None if r is None else self._buffer(r) for r in told)
        region = LoopRegion(self.extents.canonical(nest.space[0]), frames[0], carried, counter, (nest.node,), stop, done)
        repeated = repeat_in_registers(region, self.extents) if len(carried) == len(pairs) else region  # it changes the order of writing
        return [merge_steps(region, self.extents) if repeated is region else repeated]

    def _library(self, nest: Nest, panels: Result | None) -> list[LibraryStep]:
        """A matrix product, or rows to sort; what is added to, or sorted, is copied first unless it is the same storage."""
        steps: list[LibraryStep] = []
        out, base = self._buffer(nest.results[0]), None if nest.base is None else self._buffer(nest.base)
        start = self.extents.canonical(nest.base_start or self.extents.zero)
        apart = base is not None and (base is not out or nest.base_start is not None)
        if base is not None and apart and panels is None:
            count = self.extents.product(out.shape)
            steps.append(LibraryStep("copy", out.dtype, (out, base), (count, start), (), (nest.node,)))
        parameters = [self.extents.canonical(s) for s in nest.space]
        flags = ["T" if o.transposed else "N" for o in nest.operands[:2]]
        for operand in nest.operands[:2]:
            parameters += self._placement(operand)
        operands, routine, told = [self._buffer(o.result) for o in nest.operands], nest.routine, nest.flags
        if panels is not None:
            routine, parameters, told = "panels", [*parameters, start], (*told, "apart" if apart else "there")
            operands[2:2] = [self._buffer(panels), *([base] if base is not None and apart else [])]
        steps.append(
            LibraryStep(
                routine,
                out.dtype,
                (out, *operands),
                tuple(parameters),
                (*flags, *told),
                (nest.node,),
            )
        )
        return steps

    def _placement(self, operand: Operand) -> list[Value]:
        """Element offset and leading dimension (or step) of an operand; of many matrices, also the way to the next."""
        return [operand.beginning(self.extents), *map(self.extents.canonical, (operand.strides[0], *operand.strides[2:]))]


def _nests(item: Item) -> list[Nest]:
    return [item] if isinstance(item, Nest) else [member.nest for member in item.members]


def _is_factor(result: Result, nest: Nest) -> bool:
    """Whether ``nest`` is a product that reads ``result`` as a matrix or vector, and not as a number or what is added to."""
    factors, others = nest.operands[:2], nest.operands[2:]
    return is_product(nest) and nest.base is not result and all(o.result is not result for o in others) and len(factors) == 2


def _viewed(result: Result) -> Result:
    """The object that ``result`` is or, as its op says, may be a view of."""
    while result.nest is not None and result.nest.kind == "python":
        seen = result.nest.node.op.view_map.get(result.position)
        if not seen:
            break
        result = result.nest.operands[seen[0]].result
    return result


def _never(when: AtMost) -> bool:
    """Whether it is known already that ``when`` does not hold, or for arrays without elements alone."""
    factor = when.extent
    while factor.op == "mul":
        factor = factor.args[0]
    if not when.opposite and factor.op == "const" and int(factor.data) > when.limit:
        return True
    return when.extent.op == "const" and (int(when.extent.data) <= when.limit) == when.opposite


@dataclass(slots=True)
class _Copies:
    """Copies of matrices for the products in a loop, made before it of what comes from ``outside``."""

    planner: _Planner
    outside: set[Result]
    made: dict[tuple[Result, bool, AtMost | None], Result] = field(default_factory=dict)
    in_panels: dict[tuple[Result, bool, Value], Result] = field(default_factory=dict)

    def may_hold(self, operand: Operand, when: AtMost, nest: Nest) -> bool:
        """Whether ``operand`` is a whole array, and it is known before the loop whether its product is small."""
        return not self.planner.extents.is_told(when.extent) and self.is_whole(operand, nest)

    def is_whole(self, operand: Operand, nest: Nest) -> bool:
        """Whether ``operand``, the right factor, is a whole array from outside."""
        e, result = self.planner.extents, operand.result
        if result not in self.outside or len(result.shape) != 2:
            return False
        shape = nest.space[-2:] if (nest.routine == "gemv") != operand.transposed else nest.space[:-3:-1]
        return e.canonical(operand.offset or e.zero) is e.zero and all(map(e.same, result.shape, shape))

    def copy(self, source: Result, transposed: bool, when: AtMost | None) -> Result:
        key = source, transposed, when
        if key not in self.made:
            shape = shape_of_copy(source.shape, transposed, source.dtype, self.planner.extents)
            self.made[key] = self.planner._temporary(source.dtype, shape)
        return self.made[key]

    def panels(self, source: Result, transposed: bool, count: Value) -> Result:
        key = source, transposed, count
        if key not in self.in_panels:
            shape = (count, source.shape[transposed], self.planner.extents.const(panel_columns(source.dtype)))
            self.in_panels[key] = self.planner._temporary(source.dtype, shape)
        return self.in_panels[key]

    def tasks(self) -> list[Task]:
        e = self.planner.extents
        made = [replace(assemble_rows(source, copy, t, e), when=when) for (source, t, when), copy in self.made.items()]
        made += [assemble_panels(source, copy, t, e) for (source, t, _), copy in self.in_panels.items()]
        return list(map(self.planner._kernel_task, made))
