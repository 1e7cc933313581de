"""The loop as a node: :class:`Scan` holds the graph of one step and runs it a number of times.

A step reads a row of each sequence and earlier rows of each state, and gives the next row of each state and a row of each
record.  :func:`theano.scan` makes these nodes, and the derivatives of one are others (:mod:`theano.scanning.adjoint`).

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], repeat(lambda step, state: [state * 2 + step], T.constant(3), [x]))
>>> f([1.0])[0].tolist()
[12.0]
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theano import errors
from theano.dtypes import is_discrete
from theano.graph import Apply, FunctionGraph, Op, Variable, disconnected_type, io_connection_pattern
from theano.scanning.bodies import body_of, closed, run_graph
from theano.tensor import as_tensor_variable
from theano.tensor.elemwise import Elemwise
from theano.tensor.index_layout import TOO_FEW_STEPS
from theano.tensor.products import BatchedDot, Dot
from theano.tensor.shapes import Shape, Shape_i, as_size
from theano.tensor.subtensor import IncSubtensor, Subtensor
from theano.tensor.type import TensorType


@dataclass(frozen=True, slots=True)
class State:
    """What steps hand on: a step reads its row of ``taps`` steps before; ``kept``: all of its rows are a result, and not the last alone."""

    taps: tuple[int, ...] = (1,)
    kept: bool = True

    @property
    def depth(self) -> int:
        """How many rows it begins with."""
        return max(self.taps)


Checkpoint = int | str | None
"""A number of steps, ``"sqrt"`` or None."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Things that belong to a Scan node by what they are of."""

    sequences: list[Any]
    states: list[Any]
    invariants: list[Any]


class Scan(Op):
    """Run ``graph`` (step, rows of sequences, rows of states, invariants -> next rows, records[, whether to stop]).

    The node's inputs are the number of steps (0-d integer), the sequences, which have as many rows, the initial rows of the states, and
    the invariants.  Its outputs are the rows of the states, initial ones first, or their last row; the records; and, with
    ``until``, how many steps there were: rows after that hold nothing.  ``truncate``: gradients go back so many steps, if not -1.
    ``checkpoint``: how many steps are a block, of whose states gradients find only the first in memory (:mod:`.checkpoints`)."""

    word = "scan"  # what messages call it

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any], info: Any, typeConstructor: Any = None) -> None:
        """The loop whose step is the graph from ``inputs`` to ``outputs``, described as the classic class has it: ``info`` has the keys
        ``n_seqs``, ``n_mit_sot``, ``n_sit_sot``, ``n_shared_outs``, ``tap_array``, ``as_while``, ``truncate_gradient`` and ``name``, as
        far as they are not 0, False, -1 or None.  A step reads sequences, states by their taps, shared variables and others; it gives
        states, records, shared variables and whether to stop.  Nodes take and give what those of :meth:`of` do."""
        if typeConstructor is not None or info.get("n_mit_mot"):
            raise ValueError("Scan: results are tensors, and each state has one next row: no typeConstructor, and n_mit_mot=0")
        recurrent, shared = info.get("n_mit_sot", 0) + info.get("n_sit_sot", 0), info.get("n_shared_outs", 0)
        states = [State(tuple(-tap for tap in taps)) for taps in info.get("tap_array", ())[:recurrent]] + [State(kept=False)] * shared
        end = len(outputs) - bool(info.get("as_while")) - shared
        ordered = [*outputs[:recurrent], *outputs[end : end + shared], *outputs[recurrent:end], *outputs[end + shared :]]
        graph = body_of([TensorType("int64", ())("step"), *inputs], [], ordered)
        truncate = info.get("truncate_gradient", -1)
        self._set(graph, info.get("n_seqs", 0), states, bool(info.get("as_while")), truncate, info.get("name"))

    @classmethod
    def of(
        cls,
        graph: FunctionGraph,
        sequences: int = 0,
        states: Sequence[State] = (),
        until: bool = False,
        truncate: int = -1,
        name: str | None = None,
        checkpoint: Checkpoint = None,
    ) -> Scan:
        """The loop whose step is ``graph``, which it takes as it is."""
        made = cls.__new__(cls)
        made._set(graph, sequences, states, until, truncate, name, checkpoint)
        return made

    def _set(
        self,
        graph: FunctionGraph,
        sequences: int,
        states: Sequence[State],
        until: bool,
        truncate: int,
        name: str | None,
        checkpoint: Checkpoint = None,
    ) -> None:
        self.graph, self.sequences, self.states = graph, sequences, tuple(states)
        self.until, self.truncate, self.name, self.checkpoint = until, truncate, name, checkpoint

    def __repr__(self) -> str:
        return f"Scan{{{self.name or f'{len(self.graph.apply_nodes)} nodes'}}}"

    __str__ = __repr__

    # ------------------------------------------------------------------ its parts

    @property
    def inputs(self) -> list[Any]:
        """The variables that a step is a graph of, for who looks through graphs."""
        return list(self.graph.inputs)

    @property
    def outputs(self) -> list[Any]:
        """What a step gives, as variables."""
        return list(self.graph.outputs)

    @property
    def records(self) -> int:
        return len(self.graph.outputs) - len(self.states) - self.until

    def outer(self, inputs: Sequence[Any]) -> Groups:
        """The inputs of a node."""
        first, second = 1 + self.sequences, 1 + self.sequences + len(self.states)
        return Groups(list(inputs[1:first]), list(inputs[first:second]), list(inputs[second:]))

    def inner(self) -> Groups:
        """The inputs of a step; of each state a list, for its taps."""
        rest = iter(self.graph.inputs[1:])
        rows = [next(rest) for _ in range(self.sequences)]
        return Groups(rows, [[next(rest) for _ in state.taps] for state in self.states], list(rest))

    def results(self) -> tuple[list[Any], list[Any]]:
        """What a step gives: next rows, records."""
        count = len(self.states)
        return self.graph.outputs[:count], self.graph.outputs[count : count + self.records]

    @functools.cached_property
    def residuals(self) -> list[Any]:
        """What a step makes on its way that is dear to make again, or to keep all rows of a table for, and that derivatives may ask for."""
        given = set(self.graph.outputs)
        nodes, parts = self.graph.toposort(), self._parts_of_tables()
        return [out for node in nodes if node in parts or _is_dear(node) for out in node.outputs if out not in given]

    def _parts_of_tables(self) -> set[Apply]:
        """What reads parts of a state that is followed by itself with parts written, if nothing reads the whole: what is kept for
        derivatives is these parts then, and not a table for each step."""
        found: set[Apply] = set()
        for state, (row, *_), new in zip(self.states, self.inner().states, self.graph.outputs, strict=False):
            table = [new]
            while table[-1].owner is not None and isinstance(table[-1].owner.op, IncSubtensor):
                table.append(table[-1].owner.inputs[0])
            if state.taps != (1,) or len(table) < 2 or table[-1] is not row:
                continue
            clients = [(v, client, position) for v in table for client, position in self.graph.clients[v] if client != "output"]
            readers = [client for v, client, position in clients if position == 0 and _is_part(client, v)]
            others = [
                client for v, client, position in clients if position != 0 or not isinstance(client.op, (IncSubtensor, Shape, Shape_i))
            ]
            if set(others) <= set(readers):
                found.update(readers)
        return found

    @functools.cached_property
    def extended(self) -> Scan:
        """The same loop with the residuals as further records."""
        if not self.residuals:
            return self
        end = len(self.graph.outputs) - self.until
        outputs = [*self.graph.outputs[:end], *self.residuals, *self.graph.outputs[end:]]
        return Scan.of(body_of(self.graph.inputs, [], outputs), self.sequences, self.states, self.until, self.truncate, self.name)

    @functools.cached_property
    def blocked(self) -> Any:
        """The same loop with the states between its blocks as further results."""
        from theano.scanning.checkpoints import Blocked

        return Blocked(self)

    @functools.cached_property
    def plain(self) -> Scan:
        """What is done with the steps of a block."""
        graph = self.graph
        if self.until:
            graph = body_of(graph.inputs, [], graph.outputs[:-1])
        return Scan.of(graph, self.sequences, self.states, name=self.name)

    def with_states(self, states: Sequence[State]) -> Scan:
        return Scan.of(self.graph, self.sequences, states, self.until, self.truncate, self.name, self.checkpoint)

    def held_graphs(self) -> tuple[Any, list[Any]]:
        """What tells it from another, but for its graph, and the inputs and outputs of that."""
        states = [(state.taps, state.kept) for state in self.states]
        facts = self.name, self.sequences, states, self.until, self.truncate, self.checkpoint
        return facts, [(self.graph.inputs, self.graph.outputs)]

    def outer_arguments(self, inputs: Sequence[Any]) -> list[list[Any]]:
        """What the inputs of the graph that it holds stand for outside; None for the number of the step."""
        outer = self.outer(inputs)
        states = [whole for state, whole in zip(self.states, outer.states, strict=True) for _ in state.taps]
        return [[None, *outer.sequences, *states, *outer.invariants]]

    # ------------------------------------------------------------------ a node

    def make_node(self, steps: Any, *arguments: Any) -> Apply:
        count = as_tensor_variable(steps)
        if count.type.ndim != 0 or "int" not in count.type.dtype:
            raise errors.VariableTypeError(f"scan: the number of steps must be an integer scalar, not {count.type}")
        given = [as_tensor_variable(v) if not isinstance(v, Variable) else v for v in arguments]
        outer, inner = self.outer([count, *given]), self.inner()
        for kind, pairs in (
            ("sequence", zip(inner.sequences, outer.sequences, strict=True)),
            ("initial value", ((rows[0], whole) for rows, whole in zip(inner.states, outer.states, strict=True))),
        ):
            for row, whole in pairs:
                if row.type != row_type(whole):
                    raise errors.VariableTypeError(f"scan: the step wants rows of {row.type}, the {kind} {whole} has {whole.type}")
        for inside, outside in zip(inner.invariants, outer.invariants, strict=True):
            if inside.type != outside.type:
                raise errors.VariableTypeError(f"scan: the step wants {inside.type}, the argument {outside} has {outside.type}")
        following, records = self.results()
        for rows, new in zip(inner.states, following, strict=True):
            if rows[0].type != new.type:
                raise errors.VariableTypeError(f"scan: a state of {rows[0].type} is followed by one of {new.type}: the types must be equal")
        outputs = [rows_of(v) if state.kept else v.type() for state, v in zip(self.states, following, strict=True)]
        outputs += map(rows_of, records)
        return Apply(self, [count, *given], outputs + ([TensorType("int64", ())()] if self.until else []))

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        steps, outer = int(inputs[0]), self.outer(inputs)
        if steps < 0:
            raise errors.ShapeError(f"the number of steps of a loop is {steps}, less than 0")
        for whole in outer.sequences:
            if len(whole) != steps:
                raise errors.ShapeError(f"scan: a sequence has {len(whole)} rows, there are {steps} steps")
        rows = [list(initial) if isinstance(initial, np.ndarray) else [initial] for initial in outer.states]
        records: list[list[Any]] = [[] for _ in range(self.records)]
        done = 0

        def one(step: int, sequences: list[Any]) -> list[Any]:
            taken = [history[-tap] for history, state in zip(rows, self.states, strict=True) for tap in state.taps]
            return run_graph(self.graph, [np.asarray(step), *sequences, *taken, *outer.invariants])

        for step in range(steps):
            try:
                found = one(step, [s[step] for s in outer.sequences])
            except Exception as error:
                errors.in_step(error, step)
                raise
            done = step + 1
            for history, value in zip((*rows, *records), found, strict=False):
                history.append(np.array(value) if isinstance(value, (np.ndarray, np.generic)) else value)
            if self.until and found[-1]:
                break
        results = [r if s.kept else r[-1] for r, s in zip(rows, self.states, strict=True)]
        if not steps and any(v.type.ndim for v in self.results()[1]):
            with contextlib.suppress(Exception):  # the sizes of rows are those that rows of zeros give, or 0
                found = one(0, [np.zeros(s.shape[1:], s.dtype) for s in outer.sequences])
                records = [[np.asarray(value)] for value in found[len(rows) : len(rows) + len(records)]]
        lengths = [*(len(initial) + steps for initial in outer.states), *([steps] * len(records))]
        for cell, out, value, length in zip(output_storage, node.outputs, [*results, *records], lengths, strict=False):
            cell[0] = _stacked(value, out, length) if isinstance(value, list) else out.type.filter(value)
        if self.until:
            output_storage[-1][0] = np.asarray(done)

    def lower(self, low: Any, node: Apply) -> None:
        outer = self.outer(node.inputs)
        low.loop(
            node,
            self.graph.clone(),
            node.inputs[0],
            sequences=outer.sequences,
            initial=outer.states,
            taps=[state.taps for state in self.states],
            kept=[state.kept for state in self.states],
            invariants=outer.invariants,
            until=self.until,
        )

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        outer = self.outer(input_shapes)
        found: list[Any] = []
        for state, sizes in zip(self.states, outer.states, strict=True):
            found.append((as_size(node.inputs[0] + state.depth), *sizes[1:]) if state.kept else tuple(sizes[1:]))
        for out in node.outputs[len(self.states) : len(self.states) + self.records]:
            found.append((as_size(node.inputs[0]), *(Shape_i(axis)(out) for axis in range(1, out.type.ndim))))
        return found + [()] * self.until

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        from theano.scanning.adjoint import pull_back

        return pull_back(self, inputs, output_grads)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        from theano.scanning.adjoint import push

        return push(self, inputs, eval_points)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Whether the elements of an output depend on those of an input, after any number of steps."""
        reached, states = self.reached(), len(self.states)
        rows = [[False] * (states + self.records + self.until)]
        inner = self.inner()
        taps = [[v for v in group] for group in inner.states]
        for group in [*([v] for v in inner.sequences), *taps, *([v] for v in inner.invariants)]:
            bits = [any(reached[v][k] for v in group) for k in range(states + self.records)]
            rows.append(bits + [False] * self.until)
        for k in range(states):  # the initial rows are a part of the result
            rows[1 + self.sequences + k][k] = True
        return rows

    def reached(self) -> dict[Variable, list[bool]]:
        """{input of a step: which next rows and records depend on it, in this step or a later one}."""
        outputs = self.graph.outputs[: len(self.states) + self.records]
        direct = dict(zip(self.graph.inputs, io_connection_pattern(self.graph.inputs, outputs), strict=True))
        inner, changed = self.inner(), True
        while changed:
            changed = False
            for row in direct.values():
                for k, taps in enumerate(inner.states):
                    if row[k]:
                        more = [a or any(direct[v][o] for v in taps) for o, a in enumerate(row)]
                        changed |= more != row
                        row[:] = more
        return direct


NO_STEP = "index -1 is out of bounds: the loop has made no step"


class LastRow(Op):
    """``last_row(row, steps)`` is ``row``, which the last of so many ``steps`` of a loop has made: there must have been one."""

    __props__ = ()
    view_map = {0: [0]}
    word = "indexing"

    def make_node(self, row: Any, steps: Any) -> Apply:
        return Apply(self, [row, steps], [row.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        row, steps = inputs
        if steps < 1:
            raise errors.BoundsError(errors.message(NO_STEP, cure=TOO_FEW_STEPS))
        output_storage[0][0] = row

    def lower(self, low: Any, node: Apply) -> None:
        row, steps = node.inputs
        low.at_least(low.extent(steps), low.extents.one, node, f"{NO_STEP}\n{TOO_FEW_STEPS}")
        low.view(node.outputs[0], low.shape(row), row, lambda *i: i)

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        return [input_shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [self(output_grads[0], inputs[1]), disconnected_type()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], inputs[1])]


last_row = LastRow()

DEAR = frozenset({"tanh", "sigmoid", "softplus", "exp", "log", "expm1", "log1p", "erf", "sin", "cos", "pow", "sqrt"})


def _is_part(node: Apply, whole: Any) -> bool:
    """Whether ``node`` reads of ``whole`` what has fewer dimensions."""
    return isinstance(node.op, Subtensor) and node.outputs[0].type.ndim < whole.type.ndim


def _is_dear(node: Apply) -> bool:
    if isinstance(node.op, Elemwise):
        return node.op.scalar_op.name in DEAR and not is_discrete(node.outputs[0].type.dtype)
    return isinstance(node.op, (Dot, BatchedDot))


def row_type(variable: Any) -> Any:
    """The type of a row of ``variable``; what is no array is its own."""
    kind = variable.type
    if not hasattr(kind, "broadcastable"):
        return kind
    if not kind.broadcastable:
        raise errors.VariableTypeError(f"scan: {variable} of type {kind} has no rows")
    return kind.clone(broadcastable=kind.broadcastable[1:])


def rows_of(variable: Any) -> Any:
    """A variable for many of ``variable``, one after another along a new first axis."""
    kind = variable.type
    if not hasattr(kind, "broadcastable"):
        cure = "give lists and other objects as non_sequences"
        raise errors.VariableTypeError(
            errors.message("scan: only tensors are kept from step to step", [("given", variable, kind, variable.origin)], cure)
        )
    rows = kind.clone(broadcastable=(False, *kind.broadcastable))()
    rows.static_shape = (None, *variable.static_shape)
    return rows


def _stacked(rows: list[Any], out: Any, length: int) -> Any:
    """``rows`` as an array of ``length``; those of steps that there were not are zeros."""
    shape = np.shape(rows[0]) if rows else (0,) * (out.type.ndim - 1)
    whole = np.zeros((length, *shape), out.type.dtype)
    for k, row in enumerate(rows[:length]):
        if np.shape(row) != shape:
            raise errors.ShapeError(f"scan: rows of one result have the shapes {shape} and {np.shape(row)}; they must be equal")
        whole[k] = row
    return whole


def repeat(step: Callable[..., Sequence[Variable]], count: Any, initial: Sequence[Any]) -> list[Variable]:
    """Apply ``step(number, *states) -> next states`` ``count`` times, starting from ``initial``; the last states.

    ``step`` may use any variables of the graph around it; a state keeps its type and shape."""
    given = [as_tensor_variable(v) for v in initial]
    counter = TensorType("int64", ())("step")
    states = [v.type(v.name) for v in given]
    graph, outer = closed([counter, *states], [as_tensor_variable(v) for v in step(counter, *states)])
    scan = Scan.of(graph, states=[State(kept=False)] * len(given))
    return list(scan.make_node(count, *(v.dimshuffle("x", *range(v.type.ndim)) for v in given), *outer).outputs)


def kept(node: Apply) -> list[Variable]:
    """All rows of each state of a Scan node."""
    op = node.op
    if all(state.kept for state in op.states):
        return list(node.outputs[: len(op.states)])
    again = op.with_states([replace(state, kept=True) for state in op.states])
    return list(again.make_node(*node.inputs).outputs[: len(op.states)])
