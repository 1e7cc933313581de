"""Lower loops and branches: their bodies are graphs of their own, and become frames of the one program.

A loop reads rows of arrays and writes rows of arrays by index maps: nothing is copied, and no array is made in a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from theano.graph import Apply, FunctionGraph, Variable
from theano.loops.nest import Array, Control, Operand, Result, Sink, View
from theano.scalar.instructions import Value, walk
from theano.tensor.shapes import Shape, Shape_i
from theano.tensor.subtensor import Subtensor

KEEPS_ITS_SHAPE = (
    "a state of a loop must keep its shape\n"
    "what grows has its last size from the beginning: start from T.zeros and write with T.set_subtensor(state[i], row)"
)


@dataclass(slots=True)
class LoopForm:
    """What the graph of a loop takes and gives.

    It takes the number of the step, a row of each of ``sequences``, for each state a row for each of its taps (1: of the step
    before), and ``invariants``; it gives the next row of each state, a row for each record and, with ``until``, whether to stop.  Each of
    ``initial`` is the rows that a state begins with, as many as its largest tap.  The results are, for each state that is ``kept``, all
    of its rows, for another its last one; then the records, and with ``until`` the number of steps."""

    sequences: Sequence[Variable]
    initial: Sequence[Variable]
    taps: Sequence[Sequence[int]]
    kept: Sequence[bool]
    invariants: Sequence[Variable] = ()
    until: bool = False


def lower_loop(low: Any, node: Apply, graph: FunctionGraph, count: Variable, form: LoopForm) -> None:
    """A loop whose records have sizes that only a step can tell cannot be given room beforehand: then Python runs the node."""
    _Loop(low, node, graph, form).lower(count)


@dataclass(slots=True)
class _Loop:
    low: Any
    node: Apply
    graph: FunctionGraph
    form: LoopForm
    sinks: list[Sink] = field(default_factory=list)
    swapped: list[tuple[Variable, Result, Result]] = field(default_factory=list)  # output, state, its next value
    histories: list[tuple[Variable, Result]] = field(default_factory=list)  # output, all rows of it
    first: list[Result] = field(default_factory=list)
    turned: dict[Variable, View] = field(default_factory=dict)  # records that are written from the last row to the first
    steps: Value = field(init=False)
    number: Value = field(init=False)  # of the step

    def lower(self, count: Variable) -> None:
        low, form, node = self.low, self.form, self.node
        self.steps = low.extent(count)
        low.at_least(self.steps, low.extents.zero, node, "the number of steps of a loop is {left}, less than 0")
        born = len(low.results)
        counter = low.storage("int64", ())
        counter.extent = self.number = low.extents.told("value", counter)
        values = self._rows()
        number, *rest = self.graph.inputs
        formal = iter(rest)
        inside = low.inside(self.graph, {next(formal): row for row in values})
        inside.repeated = True
        states = [self._state(inside, k, [next(formal) for _ in taps]) for k, taps in enumerate(form.taps)]
        inside.values.update(zip(formal, (low.values[v] for v in form.invariants), strict=True))
        inside.values[number] = counter
        low.note_operands(node)
        with low.extents.scope(inside.equalities):
            inside.region(self.graph)
            following = list(self.graph.outputs)
            for k, rows in enumerate(states):
                self._follow(inside, k, rows, following[k])
            until = [following.pop()] if form.until else []
            records = list(zip(node.outputs[len(states) :], following[len(states) :], strict=False))
            shapes = [tuple(map(low.extents.canonical, inside.shape(row))) for _, row in records]
            if any(_told_after(s, born) for shape in shapes for s in shape):
                return low.python(node)  # type: ignore[no-any-return]
            for (out, row), shape in zip(records, shapes, strict=True):
                self._record(out, row, shape)
            control = Control(counter)
            for condition in until:
                self._stop(inside, condition, control)
            own = [counter, *(whole for _, whole in self.histories)]
            body = inside.body(self.sinks, own)
        self._finish(body, control)

    def _record(self, out: Variable, row: Variable, shape: tuple[Value, ...]) -> None:
        """The rows of ``out``; where all who read it begin with the last they are written in that order, so that nobody copies them."""
        low, number = self.low, self.number
        whole = low.result(out, (self.steps, *shape))
        if _read_backwards(low, out) and whole.packed is None:
            last = low.sub(self.steps, low.int(1))
            number = low.sub(last, number)
            self.turned[out] = View(whole, whole.shape, whole.dtype, lambda i, *rest: (low.sub(last, i), *rest), variable=out)
        self.histories.append((out, whole))
        self.sinks.append(Sink("state", len(self.sinks), row, whole, number))

    def _finish(self, body: Any, control: Control) -> None:
        low = self.low
        ends = [(out, low.result(out, _shape(state))) for out, state, _ in self.swapped]
        results = [result for _, result in (*ends, *self.histories)]
        temporaries = [new for *_, new in self.swapped] + [control.counter]
        if control.stop is not None:
            temporaries.append(control.stop)
            control.done = low.result(self.node.outputs[-1], ())
            control.done.extent = low.extents.told("value", control.done)
            results.append(control.done)
        low.nest(
            "loop",
            results,
            space=(self.steps,),
            operands=[Operand(r) for r in (*(s for _, s, _ in self.swapped), *self.first)],
            states=[state for _, state, _ in self.swapped],
            temporaries=temporaries,
            inner=[body],
            control=control,
        )
        low.values.update(self.turned)

    def _rows(self) -> list[Array]:
        """The row of each sequence that a step reads."""
        low, rows = self.low, []
        for sequence in self.form.sequences:
            text = "a sequence of a loop must have as many rows as there are steps"
            low.equal(low.shape(sequence)[0], self.steps, self.node, ((sequence, 0),), text)
            rows.append(self._row(low.values[sequence], self.number))
        return rows

    def _row(self, value: Array, index: Value) -> Array:
        found: Array = self.low.each(value, lambda array: View(array, array.shape[1:], array.dtype, lambda *i: (index, *i)))
        return found

    def _state(self, inside: Any, k: int, formal: list[Any]) -> Any:
        """The rows that a step reads of state ``k``; gives the result that they are in."""
        low, taps, out, initial = self.low, self.form.taps[k], self.node.outputs[k], self.form.initial[k]
        depth, e = max(taps), low.extents
        text = "a state of a loop must begin with as many rows as it looks back"
        low.equal(low.shape(initial)[0], e.const(depth), self.node, ((initial, 0),), text)
        if self.form.kept[k]:
            whole = low.result(out, (low.add(self.steps, e.const(depth)), *low.shape(initial)[1:]))
            begin = low.copied(initial)
            begin.forced, begin.within = True, whole
            self.first.append(begin)
            self.histories.append((out, whole))
            held = low.array(whole)
            for tap, variable in zip(taps, formal, strict=True):
                inside.values[variable] = self._row(held, low.add(self.number, e.const(depth - tap)))
            return whole
        (variable,) = formal
        low.values[variable] = self._row(low.values[initial], e.zero)
        state = low.copied(variable)
        state.forced = True
        inside.values[variable] = low.array(state)
        return state

    def _follow(self, inside: Any, k: int, held: Result, new: Variable) -> None:
        """The next row of state ``k`` goes to its place."""
        low, node, initial = self.low, self.node, self.form.initial[k]
        for axis, (a, b) in enumerate(zip(inside.shape(new), low.shape(initial)[1:], strict=True)):
            inside.equal(a, b, node, ((new, axis), (initial, axis + 1)), KEEPS_ITS_SHAPE)
        if self.form.kept[k]:
            row = low.add(self.number, low.int(max(self.form.taps[k])))
            self.sinks.append(Sink("state", len(self.sinks), new, held, row))
        else:
            following = low.storage(new.type.dtype, _shape(held))
            self.swapped.append((node.outputs[k], held, following))
            self.sinks.append(Sink("state", len(self.sinks), new, following))

    def _stop(self, inside: Any, condition: Any, control: Control) -> None:
        control.stop = self.low.storage("bool", ())
        flag = condition.type.clone(dtype="bool")()
        value = inside.read(condition, ())
        inside.pointwise(flag, (), lambda: value if value.dtype == "bool" else value.differs(0))
        self.sinks.append(Sink("state", len(self.sinks), flag, control.stop))


def _read_backwards(low: Any, record: Variable) -> bool:
    """Whether all that read ``record`` read its rows from the last to the first."""
    clients = [client for client, _ in low.clients.get(record, ())]
    readers = [client for client in clients if client == "output" or not isinstance(client.op, (Shape, Shape_i))]
    return bool(readers) and all(reader != "output" and _reverses_rows(reader) for reader in readers)


def _reverses_rows(node: Apply) -> bool:
    return type(node.op) is Subtensor and node.op.get_constant_idx(node.inputs, allow_partial=True) == [slice(None, None, -1)]


def _shape(result: Result) -> tuple[Value, ...]:
    """As the variable has it that it holds."""
    return result.shape[:-1] if result.packed else result.shape


def _told_after(extent: Value, born: int) -> bool:
    """Whether a size is told by a result that is younger than ``born`` others."""
    return any(v.op == "size" and v.data[0] in ("value", "object") and v.data[1] >= born for v in walk([extent]))


# ------------------------------------------------------------------------------------------------ branches


def lower_branch(low: Any, node: Apply, condition: Variable, sides: Sequence[tuple[FunctionGraph, Sequence[Variable]]]) -> None:
    """A side whose results have sizes that only it can tell cannot be given room beforehand: then Python runs the node."""
    chosen = _truth(low, condition)
    born = len(low.results)
    inner: list[tuple[Any, FunctionGraph]] = []
    for graph, arguments in sides:
        inside = low.inside(graph, {v: low.values[a] for v, a in zip(graph.inputs, arguments, strict=True)})
        with low.extents.scope(inside.equalities):
            inside.region(graph)
        inner.append((inside, graph))
    if any(_told_after(s, born) for inside, graph in inner for out in graph.outputs for s in inside.shape(out)):
        low.python(node)
        return
    results = []
    for position, out in enumerate(node.outputs):
        then, otherwise = (inside.shape(graph.outputs[position]) for inside, graph in inner)
        results.append(low.result(out, (_either(low, chosen, a, b) for a, b in zip(then, otherwise, strict=True))))
    bodies = []
    for inside, graph in inner:
        with low.extents.scope(inside.equalities):
            bodies.append(inside.body([Sink("state", k, v, results[k]) for k, v in enumerate(graph.outputs)], []))
    low.nest("branch", results, operands=[Operand(chosen)], inner=bodies)


def _truth(low: Any, condition: Variable) -> Result:
    """Whether ``condition`` is not zero, as a bool in memory."""
    value = low.read(condition, ())
    result: Result = low.storage("bool", ())
    result.forced = True
    low.nest("pointwise", [result], bodies=(value if value.dtype == "bool" else value.differs(0),))
    return result


def _either(low: Any, chosen: Result, a: Value, b: Value) -> Value:
    """``a`` if ``chosen`` (0 or 1) holds, else ``b``."""
    if low.extents.same(a, b):
        return a
    both: Value = low.add(b, low.mul(low.extents.told("value", chosen), low.sub(a, b)))
    return both
