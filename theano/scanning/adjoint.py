"""Derivatives of loops.  Those of a :class:`~theano.scanning.loop.Scan` are Scans again, so they have derivatives too.

Backwards, one loop goes through the steps from the last to the first.  It reads the rows that the loop forwards has kept, and for each
state it hands on, in *registers*, what flows into the rows that earlier steps have made; what flows into an invariant is added up.
Forwards, a second loop moves the results along.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from theano.dtypes import is_discrete
from theano.gradient.forward import push_forward
from theano.gradient.reverse import backpropagate, float_zeros_like, sum_of
from theano.gradient.special import GradientIdentity
from theano.graph import Apply, Constant, DisconnectedType, NullType, Variable, disconnected_type
from theano.scalar import OPS
from theano.scanning.bodies import substituted, without_test_values
from theano.scanning.checkpoints import Blocks, as_size, in_blocks
from theano.scanning.loop import Scan, kept, last_row
from theano.scanning.step import Step, fitted, leading
from theano.tensor import as_tensor_variable, dot, join, patternbroadcast, set_subtensor, stack
from theano.tensor.elemwise import DimShuffle, Elemwise, elemwise
from theano.tensor.products import Dot
from theano.tensor.subtensor import IncSubtensor

MINIMUM, SWITCH = elemwise(OPS["minimum"]), elemwise(OPS["switch"])


@without_test_values
def pull_back(op: Scan, inputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
    """The gradients of the inputs of a node of ``op``; zeros where something flows, but through whole numbers."""
    states, records = _live(op, gradients)
    terms: list[Any] = [disconnected_type() for _ in inputs]
    if states or records:
        sent = _sent(op, gradients, inputs[0])
        reverse = _Reverse(op, inputs, states, records, sent) if op.checkpoint is None else _Blockwise.of(op, inputs, states, records, sent)
        reverse.run()
        terms = _terms(reverse, gradients)
    live = [_is_live(g) for g in gradients]
    for position, row in enumerate(op.connection_pattern(None)):
        if isinstance(terms[position].type, DisconnectedType) and any(a and b for a, b in zip(row, live, strict=True)):
            terms[position] = float_zeros_like(inputs[position])
    return terms


def _live(op: Scan, gradients: Sequence[Any]) -> tuple[list[int], list[int]]:
    """The states and records whose gradients matter."""
    results, count = op.graph.outputs[: len(op.states) + op.records], len(op.states)
    live = [_is_live(g) and _is_float(v) for g, v in zip(gradients, results, strict=False)]
    reached = op.reached()
    for k, taps in enumerate(op.inner().states):
        if not live[k] and _is_float(results[k]):
            live[k] = any(a and b for tap in taps for a, b in zip(reached[tap], live, strict=True))
    return [k for k in range(count) if live[k]], [k for k in range(op.records) if live[count + k]]


def _sent(op: Scan, gradients: Sequence[Any], steps: Any) -> _Sent:
    """What flows into the results of a node."""
    sent, count = _Sent(), len(op.states)
    for k, state in enumerate(op.states):
        last = _into_last_row(gradients[k], state.depth, steps) if state.kept else gradients[k]
        if not _is_live(gradients[k]):
            continue
        if last is None:
            sent.rows[k] = gradients[k], state.depth
        else:
            sent.ends[k] = [last]
    sent.records = {k: g for k, g in enumerate(gradients[count : count + op.records]) if _is_live(g)}
    return sent


def _into_last_row(gradient: Any, depth: int, steps: Any) -> Any:
    """What flows into the last row of a history, if nothing flows into others, else None."""
    node = gradient.owner
    if node is None or type(node.op) is not IncSubtensor or node.op.set_instead_of_inc or not _is_zero(node.inputs[0]):
        return None
    index = node.op.reader_op().get_constant_idx([node.inputs[0], *node.inputs[2:]], allow_partial=True)
    if index == [-1]:
        return node.inputs[1]
    row = _into_last_row(node.inputs[1], -1, steps) if index == [slice(depth, None)] else None
    return None if row is None else last_row(row, steps)


def _is_zero(variable: Any) -> bool:
    """Whether it is known to be zero."""
    node = variable.owner
    if node is None:
        return isinstance(variable, Constant) and not variable.data.any()
    return (
        isinstance(node.op, (Elemwise, DimShuffle))
        and _is_zero(node.inputs[-1])
        and (isinstance(node.op, DimShuffle) or node.op.scalar_op is OPS["second"])
    )


def _terms(reverse: _Reverse, gradients: Sequence[Any]) -> list[Any]:
    """The gradients of the inputs by what has been found; disconnected where nothing flows."""
    inner, outer, nothing = reverse.inner, reverse.outer, disconnected_type()
    terms: list[Any] = [nothing]
    for k, v in enumerate(inner.sequences):
        terms.append(_spread(reverse, reverse.rows[k], outer.sequences[k]) if k in reverse.rows else reverse.undefined.get(v, nothing))
    for k, taps in enumerate(inner.states):
        undefined = [reverse.undefined[v] for v in taps if v in reverse.undefined]
        terms.append(undefined[0] if undefined else _initial(reverse, k, gradients[k]))
    return terms + [reverse.sums[k] if k in reverse.sums else reverse.undefined.get(v, nothing) for k, v in enumerate(inner.invariants)]


def _spread(reverse: _Reverse, rows: Any, whole: Any) -> Any:
    """The gradient of a sequence: zeros for the steps that were not gone through."""
    if not reverse.op.until and reverse.op.truncate < 0:
        return patternbroadcast(rows, whole.type.broadcastable)
    return set_subtensor(whole.zeros_like(dtype=rows.type.dtype)[reverse.origin : reverse.done], rows)


def _initial(reverse: _Reverse, k: int, direct: Any) -> Any:
    """The gradient of the initial rows of state ``k``."""
    terms = [direct[: reverse.op.states[k].depth]] if k in reverse.sent.rows else []
    ends = reverse.ends.get(k)
    if ends is not None:
        if reverse.op.truncate >= 0:
            ends = [SWITCH(reverse.origin > 0, end.zeros_like(), end) for end in ends]
        terms.append(leading(ends[0]) if len(ends) == 1 else join(0, *map(leading, reversed(ends))))
    return patternbroadcast(sum_of(terms), reverse.outer.states[k].type.broadcastable) if terms else disconnected_type()


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

    def __init__(self, op: Scan, inputs: Sequence[Any], node: Any = None) -> None:
        self.op, self.outer, self.inner = op, op.outer(inputs), op.inner()
        self.following, self.recordings = op.results()
        self.node = node or op.extended.make_node(*inputs)  # takes the place of the node itself when a function is compiled
        self.done = self.node.outputs[-1] if op.until else as_tensor_variable(inputs[0])
        self.outside: dict[Variable, Any] = dict(zip(self.inner.invariants, self.outer.invariants, strict=True))
        self.known: dict[Variable, Any] = {}  # what a step makes, as it is read

    @functools.cached_property
    def histories(self) -> list[Any]:
        return kept(self.node)

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

    def _outside(self, values: dict[Any, Any], sized: dict[Any, Any] | None = None) -> dict[Any, Any]:
        """The same in terms of what stands outside of the step, and in terms of ``sized`` where only the size counts."""
        by_shape = self.outside | (sized or {})
        return dict(zip(values, substituted(list(values.values()), self.known | self.outside, by_shape), strict=True))


@dataclass(slots=True)
class _Sent:
    """What flows into the results of a loop, by the numbers of its states and records."""

    rows: dict[int, tuple[Any, int]] = field(default_factory=dict)  # into the rows of a state; which of them the first step makes
    ends: dict[int, list[Any]] = field(default_factory=dict)  # into the last row of a state, besides, the one before that, and so on
    records: dict[int, Any] = field(default_factory=dict)
    sums: dict[int, Any] | None = None  # what has flown into invariants already; if not None, more is added


class WithConstantRows(GradientIdentity):
    """A history of whose gradient nothing flows into the first ``count`` rows if a condition holds."""

    __props__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count

    def make_node(self, x: Any, condition: Any = False) -> Apply:
        return Apply(self, [x, as_tensor_variable(condition)], [x.type()])

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Sequence[Any]:
        return input_shapes[:1]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        rows = output_grads[0][: self.count]
        return [set_subtensor(rows, SWITCH(inputs[1], rows.zeros_like(), rows)), disconnected_type()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Sequence[Any]:
        return eval_points[:1]


class _Reverse(_Steps):
    """One loop backwards.  :meth:`run` finds ``rows``, what flows into the rows of the sequences, by their numbers; ``ends``, into the
    rows before those of the first step, the last of them first; and ``sums``, into the invariants."""

    def __init__(self, op: Scan, inputs: Sequence[Any], states: list[int], records: list[int], sent: _Sent, node: Any = None) -> None:
        super().__init__(op, inputs, node)
        self.states, self.records, self.sent = states, records, sent  # the states and records whose gradients matter
        self.steps = self.done if op.truncate < 0 else MINIMUM(self.done, op.truncate)
        self.origin: Any = 0 if op.truncate < 0 else self.done - self.steps  # the first step that is gone through
        self.step = Step()
        self.registers: dict[int, list[Any]] = {}
        self.rows: dict[int, Any] = {}
        self.ends: dict[int, list[Any]] = {}
        self.sums: dict[int, Any] = {}
        self.undefined: dict[Any, Any] = {}  # what a step reads and has no gradient: why
        self.forwards: dict[Any, Any] = {}  # rows, the last first -> the same, the first first
        self.outside[op.graph.inputs[0]] = self.done - 1 - self.step.number

    @functools.cached_property
    def histories(self) -> list[Any]:
        """Where gradients go back a part of the way, the rows before that are constants.  Those that steps have made are so to the loop
        forwards; initial ones, which steps that are gone through read of a state with several taps, are made so here."""
        whole = kept(self.node)
        if self.op.truncate < 0:
            return whole
        depths = (state.depth for state in self.op.states)
        return [h if depth == 1 else WithConstantRows(depth)(h, self.origin > 0) for h, depth in zip(whole, depths, strict=True)]

    def _backwards(self, whole: Any, start: int) -> Any:
        """The rows of ``whole`` that belong to the steps gone through, the last first; ``start`` is that of the first step."""
        rows = whole[self.origin + start : self.done + start]
        backwards = rows[::-1]
        self.forwards[backwards] = rows
        return backwards

    def run(self) -> None:
        for row, whole, start in self.reads():
            self.step.sequence(self._backwards(whole, start), row)
        for value, whole, start in self.made():
            if value.owner is not None:
                self.known.setdefault(value, fitted(self.step.sequence(self._backwards(whole, start)), value.type))
        targets = [row for row, *_ in self.reads() if _is_number(row)] + [v for v in self.inner.invariants if _is_number(v)]
        found = backpropagate(self._seeds(), targets)
        self.undefined = {v: g for v, g in found.items() if isinstance(g.type, NullType)}
        sized = {row: self.registers[k][0] for k in self.states for row in self.inner.states[k]}
        flowing = self._outside({v: g for v, g in found.items() if v not in self.undefined}, sized)
        for k in self.states:
            self._hand_on(k, flowing)
        summed = {k: self._add_up(k, flowing[v]) for k, v in enumerate(self.inner.invariants) if v in flowing}
        recorded = {k: self.step.record(flowing[v]) for k, v in enumerate(self.inner.sequences) if v in flowing}
        results = self.step.loop(self.steps, name=self.op.name and f"gradient of {self.op.name}")
        self.made_rows = results[len(self.step.following) :]
        position = 0
        for k in self.states:
            self.ends[k] = [rows[-1] for rows in results[position : position + self.op.states[k].depth]]
            position += self.op.states[k].depth
        self.sums = {k: self._total(k, results, *parts) for k, parts in summed.items()}
        self.rows = {k: self.made_rows[number][::-1] for k, number in recorded.items()}

    def _seeds(self) -> dict[Any, Any]:
        """What flows into the results of a step; into copies of them, for one may be made of another."""
        seeds = {}
        for k in self.states:
            new, state = self.following[k], self.op.states[k]
            self.registers[k] = [new.type() for _ in range(state.depth)]
            terms = [self.registers[k][0]]
            if k in self.sent.rows:
                terms.append(self.step.sequence(self._backwards(*self.sent.rows[k])))
            seeds[new.copy()] = fitted(sum_of(terms), new.type)
        for k in self.records:
            row = self.step.sequence(self._backwards(self.sent.records[k], 0))
            seeds[self.recordings[k].copy()] = fitted(row, self.recordings[k].type)
        return seeds

    def _hand_on(self, k: int, flowing: dict[Any, Any]) -> None:
        """The registers of state ``k``: what flows into the row of the step before, the one before that, and so on."""
        state, registers = self.op.states[k], self.registers[k]
        into = {tap: flowing[v] for tap, v in zip(state.taps, self.inner.states[k], strict=True) if v in flowing}
        nothing = self.outer.states[k][0].zeros_like()
        begin = self.sent.ends.get(k, [])
        for lag, register in enumerate(registers, 1):
            terms = [*registers[lag : lag + 1], *([into[lag]] if lag in into else [])]
            following = fitted(sum_of(terms), register.type) if terms else register.zeros_like()
            self.step.state([register], following, leading(fitted(begin[lag - 1] if lag <= len(begin) else nothing, register.type)))

    def _add_up(self, k: int, term: Any) -> tuple[int | None, list[tuple[Any, Any]]]:
        """Have what flows into an invariant added up: (the number of a state for that, pairs of rows whose products are summed).

        The sum of many small products is one large one, of all rows at once, after the loop."""
        products, rest = [], []
        for part in _parts(term):
            pair = _factors(part)
            if pair is None:
                rest.append(part)
            else:
                products.append((self._all_rows(pair[0]), self._all_rows(pair[1])))
        begin = self._begun(k, term)
        if products and not rest:
            return None, products
        term = sum_of(rest)
        zero = self.outer.invariants[k].zeros_like(dtype=term.type.dtype) if begin is None else begin
        total = zero.type()
        return self.step.state([total], fitted(total + term, total.type), leading(zero)), products

    def _begun(self, k: int, term: Any) -> Any:
        """What the sum of an invariant begins with, if not with zero; a variable that is given its meaning later."""
        sums = self.sent.sums
        return None if sums is None else sums.setdefault(k, self.outer.invariants[k].zeros_like(dtype=term.type.dtype).type())

    def _all_rows(self, value: Any) -> Any:
        """The rows of all steps of ``value``, the first first: those that it is read from, or the number of a record."""
        for row, whole in zip(self.step.rows, self.step.sequences, strict=True):
            if row is value:
                return self.forwards[whole]
        return self.step.record(value)

    def _total(self, k: int, results: list[Any], state: int | None, products: list[tuple[Any, Any]]) -> Any:
        terms = [results[state][-1]] if state is not None else [self.sent.sums[k]] if self.sent.sums is not None else []
        for pair in products:
            left, right = (_flat(self.made_rows[rows][::-1] if isinstance(rows, int) else rows) for rows in pair)
            terms.append(dot(left.T, right))
        return patternbroadcast(sum_of(terms), self.inner.invariants[k].type.broadcastable)


class _Blockwise(_Reverse):
    """The same for a loop that keeps only the states between its blocks of steps.  Backwards, a loop goes through the blocks: each is done
    again, all that it makes is kept until its derivatives are found, and then forgotten."""

    @classmethod
    def of(cls, op: Scan, inputs: Sequence[Any], states: list[int], records: list[int], sent: _Sent) -> _Blockwise:
        """With until, or where gradients go back a part of the way, all rows of the states are kept, and no more."""
        by_rows = op.until or op.truncate >= 0
        return cls(op, inputs, states, records, sent, (op if by_rows else op.blocked).make_node(*inputs))

    def _begun_with(self, blocks: Blocks) -> tuple[list[Any], list[Any]]:
        """The rows that the blocks begin with, of each state, and those that the rest begins with."""
        states = self.op.states
        if self.node.op is self.op:
            firsts = [_windows(h, self.origin, blocks, state.depth) for h, state in zip(self.histories, states, strict=True)]
            lasts = [h[self.origin + blocks.cut :][: s.depth] for h, s in zip(self.histories, states, strict=True)]
        else:
            found = self.node.outputs[len(self.node.outputs) - len(states) :]
            firsts, lasts = [windows[:-1] for windows in found], [windows[-1] for windows in found]
        return firsts, [fitted(last, whole.type) for last, whole in zip(lasts, self.outer.states, strict=True)]

    def run(self) -> None:
        blocks = in_blocks(self.op.checkpoint, self.steps)
        firsts, lasts = self._begun_with(blocks)

        def rest_of(whole: Any, start: int) -> Any:
            return whole[self.origin + start + blocks.cut : self.done + start]

        rest = None if blocks.even else self._part(blocks.rest, rest_of, lasts, self.sent.ends, None)
        across = Step()

        def block_of(whole: Any, start: int) -> Any:
            return across.sequence(blocks.of(whole[self.origin + start :])[::-1])

        begin = [fitted(across.sequence(first[::-1]), whole.type) for first, whole in zip(firsts, self.outer.states, strict=True)]
        ends = {k: [self.following[k].type() for _ in range(self.op.states[k].depth)] for k in self.states}
        block = self._part(blocks.length, block_of, begin, ends, {})
        for k in self.states:
            nothing = self.outer.states[k][0].zeros_like()
            given = self.sent.ends.get(k, []) if rest is None else rest.ends[k]
            for formal, following, initial in itertools.zip_longest(ends[k], block.ends[k], given, fillvalue=nothing):
                across.state([formal], fitted(following, formal.type), leading(fitted(initial, formal.type)))
        begun = block.sent.sums or {}
        for k, total in block.sums.items():
            formal = begun[k]
            before = self.outer.invariants[k].zeros_like() if rest is None else rest.sums[k]
            across.state([formal], fitted(total, formal.type), leading(fitted(before, formal.type)))
        numbers = {k: across.record(rows) for k, rows in block.rows.items()}
        results = iter(across.loop(as_size(blocks.count), name=self.op.name and f"gradient of {self.op.name} in blocks"))
        self.ends = {k: [next(results)[-1] for _ in ends[k]] for k in self.states}
        self.sums = {k: patternbroadcast(next(results)[-1], self.inner.invariants[k].type.broadcastable) for k in block.sums}
        records = list(results)
        self.rows = {k: blocks.joined(records[n][::-1], None if rest is None else rest.rows[k]) for k, n in numbers.items()}
        own = dict(zip(self.op.plain.graph.inputs, self.op.graph.inputs, strict=True))
        self.undefined = {own[v]: why for v, why in block.undefined.items()}

    def _part(self, steps: Any, rows: Any, states: list[Any], ends: dict[int, list[Any]], sums: dict[int, Any] | None) -> _Reverse:
        """Some of the steps backwards: those whose rows ``rows`` gives."""
        inputs = [as_size(steps), *(rows(whole, 0) for whole in self.outer.sequences), *states, *self.outer.invariants]
        into = {k: (rows(*of), 0) for k, of in self.sent.rows.items()}
        sent = _Sent(into, ends, {k: rows(g, 0) for k, g in self.sent.records.items()}, sums)
        part = _Reverse(self.op.plain, inputs, self.states, self.records, sent)
        part.run()
        return part


def _windows(history: Any, origin: Any, blocks: Blocks, depth: int) -> Any:
    """The rows that each block begins with, for all blocks."""
    rows = [history[origin + k : origin + k + blocks.cut : blocks.length] for k in range(depth)]
    return stack(rows, axis=1)


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
