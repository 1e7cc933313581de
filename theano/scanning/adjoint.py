"""Derivatives of loops.  Those of a :class:`~theano.scanning.loop.Scan` are Scans again, so they have derivatives too.

Backwards, one loop goes through the steps from the last to the first.  It reads the rows that the loop forwards has kept, and for each
state it hands on, in *registers*, what flows into the rows that earlier steps have made; what flows into an invariant is added up.
Forwards, a second loop moves the results along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from theano.dtypes import is_discrete
from theano.gradient.forward import push_forward
from theano.gradient.reverse import backpropagate, float_zeros_like, sum_of
from theano.graph import DisconnectedType, NullType, Variable, disconnected_type
from theano.scalar import OPS
from theano.scanning.bodies import substituted, without_test_values
from theano.scanning.loop import Scan, kept
from theano.scanning.step import Step, fitted, leading
from theano.tensor import as_tensor_variable, dot, join, patternbroadcast, set_subtensor
from theano.tensor.elemwise import DimShuffle, Elemwise, elemwise
from theano.tensor.products import Dot

MINIMUM, SWITCH = elemwise(OPS["minimum"]), elemwise(OPS["switch"])


@without_test_values
def pull_back(op: Scan, inputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
    """The gradients of the inputs of a node of ``op``; zeros where something flows, but through whole numbers."""
    reverse = _Reverse(op, inputs, gradients)
    terms = reverse.terms() if reverse.states or reverse.records else [disconnected_type() for _ in inputs]
    live = [_is_live(g) for g in gradients]
    for position, row in enumerate(op.connection_pattern(reverse.node)):
        if isinstance(terms[position].type, DisconnectedType) and any(a and b for a, b in zip(row, live, strict=True)):
            terms[position] = float_zeros_like(inputs[position])
    return terms


@without_test_values
def push(op: Scan, inputs: Sequence[Any], points: Sequence[Any]) -> list[Any]:
    """The directional derivatives of the outputs of a node of ``op``; None for one that does not move."""
    return _Forward(op, inputs, points).results()


def _is_number(variable: Any) -> bool:
    return hasattr(variable.type, "dtype")


def _is_float(variable: Any) -> bool:
    return _is_number(variable) and not is_discrete(variable.type.dtype)


def _is_live(gradient: Any) -> bool:
    return not isinstance(gradient.type, DisconnectedType)


class _Steps:
    """The steps of a loop that has run: which there were, and what each of them read."""

    def __init__(self, op: Scan, inputs: Sequence[Any]) -> None:
        self.op, self.outer, self.inner = op, op.outer(inputs), op.inner()
        self.following, self.recordings = op.results()
        self.node = op.extended.make_node(*inputs)  # takes the place of the node itself when a function is compiled
        self.histories = kept(self.node)
        self.done = self.node.outputs[-1] if op.until else as_tensor_variable(inputs[0])
        self.outside: dict[Variable, Any] = dict(zip(self.inner.invariants, self.outer.invariants, strict=True))
        self.known: dict[Variable, Any] = {}  # what a step makes, as it is read

    def made(self) -> Iterator[tuple[Any, Any, int]]:
        """(what a step makes, what it is a row of, the row of that which the first step makes)."""
        for state, new, history in zip(self.op.states, self.following, self.histories, strict=True):
            yield new, history, state.depth
        for value, whole in zip([*self.recordings, *self.op.residuals], self.node.outputs[len(self.op.states) :], strict=False):
            yield value, whole, 0

    def reads(self) -> Iterator[tuple[Any, Any, int]]:
        """(row of a step, what it is a row of, the row of that which the first step reads)."""
        for row, whole in zip(self.inner.sequences, self.outer.sequences, strict=True):
            yield row, whole, 0
        for state, taps, history in zip(self.op.states, self.inner.states, self.histories, strict=True):
            for tap, row in zip(state.taps, taps, strict=True):
                yield row, history, state.depth - tap

    def _outside(self, values: dict[Any, Any]) -> dict[Any, Any]:
        """The same in terms of what stands outside of the step."""
        return dict(zip(values, substituted(list(values.values()), self.known | self.outside, self.outside), strict=True))


class _Reverse(_Steps):
    """One loop backwards."""

    def __init__(self, op: Scan, inputs: Sequence[Any], gradients: Sequence[Any]) -> None:
        super().__init__(op, inputs)
        count = len(op.states)
        self.of_states, self.of_records = list(gradients[:count]), list(gradients[count : count + op.records])
        self.states, self.records = self._live()
        self.steps = self.done if op.truncate < 0 else MINIMUM(self.done, op.truncate)
        self.origin: Any = 0 if op.truncate < 0 else self.done - self.steps  # the first step that is gone through
        self.step = Step()
        self.registers: dict[int, list[Any]] = {}
        self.outside[op.graph.inputs[0]] = self.done - 1 - self.step.number

    def _live(self) -> tuple[list[int], list[int]]:
        """The states and records whose gradients matter."""
        results = [*self.following, *self.recordings]
        live = [_is_live(g) and _is_float(v) for g, v in zip([*self.of_states, *self.of_records], results, strict=True)]
        reached = self.op.reached()
        for k, taps in enumerate(self.inner.states):
            if not live[k] and _is_float(self.following[k]):
                live[k] = any(a and b for tap in taps for a, b in zip(reached[tap], live, strict=True))
        count = len(self.op.states)
        return [k for k in range(count) if live[k]], [k for k in range(len(self.recordings)) if live[count + k]]

    def _backwards(self, whole: Any, start: int) -> Any:
        """The rows of ``whole`` that belong to the steps gone through, the last first; ``start`` is that of the first step."""
        return whole[self.origin + start : self.done + start][::-1]

    def terms(self) -> list[Any]:
        for row, whole, start in self.reads():
            self.step.sequence(self._backwards(whole, start), row)
        for value, whole, start in self.made():
            if value.owner is not None:
                self.known.setdefault(value, fitted(self.step.sequence(self._backwards(whole, start)), value.type))
        targets = [row for row, *_ in self.reads() if _is_number(row)] + [v for v in self.inner.invariants if _is_number(v)]
        found = backpropagate(self._seeds(), targets)
        null = {v: g for v, g in found.items() if isinstance(g.type, NullType)}
        flowing = self._outside({v: g for v, g in found.items() if v not in null})
        for k in self.states:
            self._hand_on(k, flowing)
        summed = {v: self._add_up(v, flowing[v]) for v in self.inner.invariants if v in flowing}
        recorded = {v: self.step.record(flowing[v]) for v in self.inner.sequences if v in flowing}
        results = self.step.loop(self.steps, name=self.op.name and f"gradient of {self.op.name}")
        self.made_rows = results[len(self.step.following) :]
        position = 0
        ends: dict[int, list[Any]] = {}
        for k in self.states:
            ends[k] = [rows[-1] for rows in results[position : position + self.op.states[k].depth]]
            position += self.op.states[k].depth
        sums = {v: self._total(v, results, *parts) for v, parts in summed.items()}
        rows = {v: self.made_rows[k] for v, k in recorded.items()}
        nothing = disconnected_type()
        terms: list[Any] = [nothing]
        for v, whole in zip(self.inner.sequences, self.outer.sequences, strict=True):
            terms.append(self._spread(rows[v], whole) if v in rows else null.get(v, nothing))
        for k, taps in enumerate(self.inner.states):
            undefined = [null[v] for v in taps if v in null]
            terms.append(undefined[0] if undefined else self._initial(k, ends.get(k)))
        terms += [sums[v] if v in sums else null.get(v, nothing) for v in self.inner.invariants]
        return terms

    def _seeds(self) -> dict[Any, Any]:
        """What flows into the results of a step; into copies of them, for one may be made of another."""
        seeds = {}
        for k in self.states:
            new, state, whole = self.following[k], self.op.states[k], self.of_states[k]
            self.registers[k] = [new.type() for _ in range(state.depth)]
            terms = [self.registers[k][0]]
            if _is_live(whole) and state.kept:
                terms.append(self.step.sequence(self._backwards(whole, state.depth)))
            seeds[new.copy()] = fitted(sum_of(terms), new.type)
        for k in self.records:
            seeds[self.recordings[k].copy()] = fitted(self.step.sequence(self._backwards(self.of_records[k], 0)), self.recordings[k].type)
        return seeds

    def _hand_on(self, k: int, flowing: dict[Any, Any]) -> None:
        """The registers of state ``k``: what flows into the row of the step before, the one before that, and so on."""
        state, registers = self.op.states[k], self.registers[k]
        into = {tap: flowing[v] for tap, v in zip(state.taps, self.inner.states[k], strict=True) if v in flowing}
        nothing = self.outer.states[k][0].zeros_like()
        for lag, register in enumerate(registers, 1):
            terms = [*registers[lag : lag + 1], *([into[lag]] if lag in into else [])]
            following = fitted(sum_of(terms), register.type) if terms else register.zeros_like()
            from_outside = not state.kept and lag == 1 and _is_live(self.of_states[k])
            initial = fitted(self.of_states[k] if from_outside else nothing, register.type)
            self.step.state([register], following, leading(initial))

    def _add_up(self, v: Any, term: Any) -> tuple[int | None, list[tuple[Any, Any]]]:
        """Have what flows into an invariant added up: (the number of a state for that, pairs of rows whose products are summed).

        The sum of many small products is one large one, of all rows at once, after the loop."""
        products, rest = [], []
        for part in _parts(term):
            pair = _factors(part)
            if pair is None:
                rest.append(part)
            else:
                products.append((self._all_rows(pair[0]), self._all_rows(pair[1])))
        if products and not rest:
            return None, products
        term = sum_of(rest)
        zero = self.outside[v].zeros_like(dtype=term.type.dtype)
        total = zero.type()
        return self.step.state([total], fitted(total + term, total.type), leading(zero)), products

    def _all_rows(self, value: Any) -> Any:
        """The rows of all steps of ``value``: those that it is read from, or the number of a record."""
        for row, whole in zip(self.step.rows, self.step.sequences, strict=True):
            if row is value:
                return whole
        return self.step.record(value)

    def _total(self, v: Any, results: list[Any], state: int | None, products: list[tuple[Any, Any]]) -> Any:
        terms = [] if state is None else [results[state][-1]]
        for pair in products:
            left, right = (_flat(self.made_rows[rows] if isinstance(rows, int) else rows) for rows in pair)
            terms.append(dot(left.T, right))
        return patternbroadcast(sum_of(terms), v.type.broadcastable)

    def _spread(self, rows: Any, whole: Any) -> Any:
        """The gradient of a sequence: zeros for the steps that were not gone through."""
        back = rows[::-1]
        if not self.op.until and self.op.truncate < 0:
            return patternbroadcast(back, whole.type.broadcastable)
        return set_subtensor(whole.zeros_like(dtype=back.type.dtype)[self.origin : self.done], back)

    def _initial(self, k: int, ends: list[Any] | None) -> Any:
        """The gradient of the initial rows of state ``k``."""
        state, direct = self.op.states[k], self.of_states[k]
        terms = [direct[: state.depth]] if state.kept and _is_live(direct) else []
        if ends is not None:
            if self.op.truncate >= 0:
                ends = [SWITCH(self.origin > 0, end.zeros_like(), end) for end in ends]
            terms.append(leading(ends[0]) if len(ends) == 1 else join(0, *map(leading, reversed(ends))))
        return patternbroadcast(sum_of(terms), self.outer.states[k].type.broadcastable) if terms else disconnected_type()


def _parts(term: Any) -> Iterator[Any]:
    """The summands of ``term``."""
    if term.owner is not None and isinstance(term.owner.op, Elemwise) and term.owner.op.scalar_op is OPS["add"]:
        for part in term.owner.inputs:
            if part.type == term.type:
                yield from _parts(part)
            else:
                yield fitted(term.zeros_like() + part, term.type)
    else:
        yield term


def _factors(part: Any) -> tuple[Any, Any] | None:
    """(a, b) if ``part`` is the product of the matrices ``a.T`` and ``b``; the only row of such a matrix is given as a vector."""
    if part.owner is None or not isinstance(part.owner.op, Dot) or part.type.ndim != 2:
        return None
    left, right = part.owner.inputs
    return _undone(left, (1, 0), (0, "x")) or left.T, _undone(right, ("x", 0)) or right


def _undone(value: Any, *orders: tuple[Any, ...]) -> Any:
    """What ``value`` is made of by one of these rearrangements, or None."""
    if value.owner is not None and isinstance(value.owner.op, DimShuffle) and tuple(value.owner.op.new_order) in orders:
        return value.owner.inputs[0]
    return None


def _flat(rows: Any) -> Any:
    """Matrices below one another."""
    return rows if rows.type.ndim == 2 else rows.reshape((rows.shape[0] * rows.shape[1], rows.shape[2]))


class _Forward(_Steps):
    """A loop that moves the results of another along."""

    def __init__(self, op: Scan, inputs: Sequence[Any], points: Sequence[Any]) -> None:
        super().__init__(op, inputs)
        self.points = op.outer(points)
        self.step = Step()
        self.outside[op.graph.inputs[0]] = self.step.number

    def _moving(self) -> list[int]:
        """The states that move."""
        reached, count = self.op.reached(), len(self.op.states)
        moving = [p is not None for p in self.points.states]
        pairs = [*zip(self.inner.sequences, self.points.sequences, strict=True)]
        pairs += zip(self.inner.invariants, self.points.invariants, strict=True)
        rows = [reached[v] for v, point in pairs if point is not None]
        rows += [reached[v] for k, taps in enumerate(self.inner.states) if moving[k] for v in taps]
        return [k for k in range(count) if _is_float(self.following[k]) and (moving[k] or any(row[k] for row in rows))]

    def results(self) -> list[Any]:
        moved, taps = self._directions()
        for value, whole, start in self.made():
            if value.owner is not None:
                self.known[value] = fitted(self.step.sequence(whole[start : self.done + start]), value.type)
        everything = [*self.following, *self.recordings]
        moved = self._outside({v: d for v, d in push_forward(everything, moved).items() if v in everything and _is_float(v)})
        for k, rows in taps.items():
            new, initial, point = self.following[k], self.outer.states[k], self.points.states[k]
            following = fitted(moved[new], new.type) if new in moved else rows[0].zeros_like()
            self.step.state(rows, following, initial.zeros_like() if point is None else point, self.op.states[k])
        count = len(self.op.states)
        recorded = [k for k, v in enumerate(self.recordings) if v in moved]
        for k in recorded:
            self.step.record(fitted(moved[self.recordings[k]], self.recordings[k].type))
        found = self.step.loop(self.done, truncate=self.op.truncate, name=self.op.name) if taps or recorded else []
        results: list[Any] = [None] * (count + len(self.recordings) + self.op.until)
        for position, value in zip([*taps, *(count + k for k in recorded)], found, strict=True):
            results[position] = self._spread(value, self.node.outputs[position])
        return results

    def _directions(self) -> tuple[dict[Any, Any], dict[int, list[Any]]]:
        """({what a step reads: how it moves}, {a state that moves: what stands for its rows' movement})."""
        moved: dict[Any, Any] = {}
        for row, whole, start in self.reads():
            self.step.sequence(whole[start : self.done + start], row)
        for row, point in zip(self.inner.sequences, self.points.sequences, strict=True):
            if point is not None:
                moved[row] = self.step.sequence(point[: self.done])
        moved.update((v, p) for v, p in zip(self.inner.invariants, self.points.invariants, strict=True) if p is not None)
        taps = {k: [row.type() for row in self.inner.states[k]] for k in self._moving()}
        for k, rows in taps.items():
            moved.update(zip(self.inner.states[k], rows, strict=True))
        return moved, taps

    def _spread(self, value: Any, whole: Any) -> Any:
        """Of steps that there were not there is no row in ``value``."""
        return set_subtensor(whole.zeros_like()[: value.shape[0]], value) if self.op.until and whole.type.ndim == value.type.ndim else value
