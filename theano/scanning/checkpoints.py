"""Loops in blocks of steps: for the gradient only the states between the blocks are kept, and what is between is done again.

>>> import theano, theano.tensor as T
>>> x, w = T.dvector("x"), T.dscalar("w")
>>> states, _ = theano.scan(lambda row, state: T.tanh(state * w + row), x, T.zeros_like(x[0]), checkpoint="sqrt")
>>> f = theano.function([x, w], theano.grad(states[-1], x))
>>> f([0.0, 0.0, 0.0], 0.5).tolist()
[0.25, 0.5, 1.0]
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theano.gradient import Lop, Rop
from theano.graph import Apply, Constant, DisconnectedType, Op, disconnected_type
from theano.scalar import OPS
from theano.scanning.bodies import substituted, without_test_values
from theano.scanning.loop import Checkpoint, Scan, rows_of
from theano.scanning.step import Step, fitted, leading
from theano.tensor import as_tensor_variable, join
from theano.tensor.elemwise import elemwise

CEIL, MAXIMUM, SQRT = (elemwise(OPS[name]) for name in ("ceil", "maximum", "sqrt"))


def valid_checkpoint(given: Any) -> Checkpoint:
    """``given`` if it says how long blocks are."""
    if given is None or given == "sqrt":
        return given  # type: ignore[no-any-return]
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool) and given > 0:
        return int(given)
    raise ValueError(f"scan: checkpoint must be a number of steps, 'sqrt' or None, not {given!r}")


@dataclass(frozen=True, slots=True)
class Blocks:
    """Steps as ``count`` blocks of ``length``, which are ``cut`` steps, and the ``rest``; numbers, or integer variables."""

    length: Any
    count: Any
    cut: Any
    rest: Any

    @property
    def even(self) -> bool:
        """Whether it is known that there is no rest."""
        return isinstance(self.rest, int) and self.rest == 0

    def of(self, whole: Any) -> Any:
        """The rows of all blocks."""
        sizes = [whole.shape[axis] for axis in range(1, whole.type.ndim)]
        rows: Any = whole[: self.cut].reshape((self.count, self.length, *sizes), ndim=whole.type.ndim + 1)
        return fitted(rows, whole.type.clone(broadcastable=(False, False, *whole.type.broadcastable[1:])))

    def joined(self, rows: Any, rest: Any) -> Any:
        """The rows of all steps, of those of the blocks and those of the rest."""
        sizes = [rows.shape[axis] for axis in range(2, rows.type.ndim)]
        flat: Any = rows.reshape((self.cut, *sizes), ndim=rows.type.ndim - 1)
        flat = fitted(flat, rows.type.clone(broadcastable=(False, *rows.type.broadcastable[2:])))
        return flat if self.even else join(0, flat, rest)


def in_blocks(checkpoint: Checkpoint, steps: Any) -> Blocks:
    """How ``steps`` are divided."""
    if isinstance(steps, Constant):
        number = int(steps.data)
        length = checkpoint if isinstance(checkpoint, int) else max(1, math.isqrt(max(0, number - 1)) + 1)
        return Blocks(length, number // length, number // length * length, number % length)
    long: Any = checkpoint
    if checkpoint == "sqrt":
        long = MAXIMUM(CEIL(SQRT(steps.astype("float64"))).astype("int64"), 1)
    count = steps // long
    return Blocks(long, count, count * long, steps - count * long)


@dataclass(frozen=True, slots=True)
class Spread:
    """What loops in blocks give: the rows between the blocks, the last row, each of all states; and rows of states and records."""

    windows: list[Any]
    lasts: list[Any]
    rows: dict[int, Any]


def as_size(number: Any) -> Any:
    """A number of steps as a variable."""
    return as_tensor_variable(np.int64(number)) if isinstance(number, int) else number


class Blocked(Op):
    """A :class:`Scan` in blocks.  Its results are those of the loop and, for each state, the rows that each block begins with, and those
    that follow the last one.  What it is made of is decided when it is known which of them are asked for."""

    word = "scan"

    def __init__(self, scan: Scan) -> None:
        self.scan = scan

    def __repr__(self) -> str:
        return f"Blocked{{{self.scan}}}"

    __str__ = __repr__

    def held_graphs(self) -> tuple[Any, list[Any]]:
        """What tells it from another, but for its graph, and the inputs and outputs of that."""
        return self.scan.held_graphs()

    def outer_arguments(self, inputs: Sequence[Any]) -> list[list[Any]]:
        return self.scan.outer_arguments(inputs)

    def make_node(self, *inputs: Any) -> Apply:
        node = self.scan.make_node(*inputs)
        outputs = [v.type() for v in node.outputs]
        return Apply(self, node.inputs, [*outputs, *(rows_of(v) for v in self.scan.outer(node.inputs).states)])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        self.scan.perform(node, inputs, output_storage)
        blocks, states = in_blocks(self.scan.checkpoint, as_tensor_variable(np.int64(inputs[0]))), self.scan.states
        for cell, history, state in zip(output_storage[len(output_storage) - len(states) :], output_storage, states, strict=False):
            first = (k * blocks.length for k in range(blocks.count + 1))
            cell[0] = np.stack([history[0][k : k + state.depth] for k in first])

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        count = in_blocks(self.scan.checkpoint, node.inputs[0]).count + 1
        shapes = self.scan.infer_shape(node, input_shapes)
        return [*shapes, *((as_tensor_variable(count), *sizes) for sizes in self.scan.outer(input_shapes).states)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[*row, *row[: len(self.scan.states)]] for row in self.scan.connection_pattern(node)]

    @without_test_values
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        own = [v if isinstance(v, Constant) else v.type() for v in inputs]  # one input may be made of another
        results = self.results(own)
        live = [k for k, g in enumerate(output_grads) if not isinstance(g.type, DisconnectedType)]
        found = Lop([results[k] for k in live], own, [output_grads[k] for k in live], disconnected_inputs="ignore")
        terms = substituted(found, dict(zip(own, inputs, strict=True)))
        connected = [any(row[k] for k in live) for row in self.connection_pattern(outputs[0].owner)]
        return [term if c else disconnected_type() for term, c in zip(terms, connected, strict=True)]

    @without_test_values
    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        moving = [(v, p) for v, p in zip(inputs, eval_points, strict=True) if p is not None]
        found: list[Any] = Rop(self.results(inputs), [v for v, _ in moving], [p for _, p in moving], "ignore", "None")
        return found

    def results(self, inputs: Sequence[Any]) -> list[Any]:
        """What a node gives, by loops that can be differentiated."""
        spread, outer = self.spread(inputs, range(len(self.scan.states) + self.scan.records)), self.scan.outer(inputs)
        histories = [join(0, initial, spread.rows[k]) for k, initial in enumerate(outer.states)]
        return [*histories, *(spread.rows[len(histories) + k] for k in range(self.scan.records)), *spread.windows]

    # ------------------------------------------------------------------ what it stands for

    def spread(self, inputs: Sequence[Any], asked: Collection[int]) -> Spread:
        """The loops that do it; of the states and records that are ``asked`` for, by number, all rows are kept."""
        scan, outer, count = self.scan, self.scan.outer(inputs), len(self.scan.states)
        blocks, across = in_blocks(scan.checkpoint, inputs[0]), Step()
        depths = [state.depth for state in scan.states]
        rows = [across.sequence(blocks.of(whole)) for whole in outer.sequences]
        begin = [whole.type() for whole in outer.states]
        found = scan.plain.make_node(as_size(blocks.length), *rows, *begin, *outer.invariants).outputs
        for k, whole in enumerate(outer.states):
            end = leading(found[k][-1]) if depths[k] == 1 else found[k][-depths[k] :]
            across.state([begin[k]], fitted(end, whole.type), leading(whole))
        numbers = {k: across.record(found[k][depths[k] :] if k < count else found[k]) for k in asked}
        results = across.loop(as_size(blocks.count), name=scan.name and f"{scan.name} in blocks")
        windows, records = results[:count], results[count:]
        ends = [fitted(window[-1], whole.type) for window, whole in zip(windows, outer.states, strict=True)]
        rest = [*ends, *([None] * scan.records)]
        if not blocks.even:
            rest = scan.plain.make_node(as_size(blocks.rest), *(w[blocks.cut :] for w in outer.sequences), *ends, *outer.invariants).outputs
        joined = {}
        for k, number in numbers.items():
            joined[k] = blocks.joined(records[number], rest[k][depths[k] :] if k < count else rest[k])
        return Spread(windows, [rows[-1] for rows in rest[:count]], joined)
