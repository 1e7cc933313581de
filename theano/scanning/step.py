"""A step while it is built: what it reads and gives, until it becomes the graph of a loop.

The step is written in variables of its own and any others.  What of it does not depend on its own variables is computed once,
outside: the loop reads it as an invariant.

>>> import theano.tensor as T
>>> x, w = T.dmatrix("x"), T.dscalar("w")
>>> step = Step()
>>> row = step.sequence(x)
>>> position = step.record(row * T.exp(w))
>>> (squares,) = step.loop(x.shape[0])
>>> squares.owner.inputs[-1].owner.inputs
[Elemwise{exp,no_inplace}.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import walk
from theano.scanning.bodies import closed_step
from theano.scanning.loop import Scan, State, row_type
from theano.tensor import patternbroadcast
from theano.tensor.elemwise import dimshuffle
from theano.tensor.type import TensorType


class Step:
    """Collects sequences, states and records; :meth:`loop` makes the loop."""

    def __init__(self) -> None:
        self.number = TensorType("int64", ())("step")
        self.rows: list[Any] = []
        self.sequences: list[Any] = []
        self.taps: list[tuple[list[Any], State, Any]] = []  # the variables, what they are, initial rows
        self.following: list[Any] = []
        self.records: list[Any] = []

    def sequence(self, whole: Any, row: Any = None) -> Any:
        """The variable ``row``, or a new one, for the row of ``whole`` that belongs to a step."""
        row = row_type(whole)() if row is None else row
        if isinstance(row.type, TensorType):
            row.static_shape = whole.static_shape[1:]
        self.sequences.append(whole)
        self.rows.append(row)
        return row

    def state(self, rows: Sequence[Any], following: Any, initial: Any, kind: State | None = None) -> int:
        """A state that ``rows`` stand for and that is followed by ``following``; its number."""
        self.taps.append((list(rows), kind or State(), initial))
        self.following.append(following)
        return len(self.following) - 1

    def record(self, value: Any) -> int:
        """A row of each step; its number among the records."""
        if value not in self.records:
            self.records.append(value)
        return self.records.index(value)

    def loop(self, steps: Any, until: Any = None, truncate: int = -1, name: str | None = None, checkpoint: Any = None) -> list[Any]:
        """The results of the loop: of states, of records and, with ``until``, the number of steps."""
        outputs = [*self.following, *self.records, *([] if until is None else [until])]
        used = set(walk(outputs))
        read = [(row, whole) for row, whole in zip(self.rows, self.sequences, strict=True) if row in used]
        formal = [self.number, *(row for row, _ in read), *(row for rows, _, _ in self.taps for row in rows)]
        graph, outer = closed_step(formal, outputs)
        op = Scan.of(graph, len(read), [kind for _, kind, _ in self.taps], until is not None, truncate, name, checkpoint)
        results: list[Any] = op(steps, *(whole for _, whole in read), *(initial for *_, initial in self.taps), *outer, return_list=True)
        return results


def leading(variable: Any) -> Any:
    """``variable`` as the only row of an array; what is no array stays as it is."""
    if not hasattr(variable.type, "broadcastable"):
        return variable
    return dimshuffle(variable.type.broadcastable, ("x", *range(variable.type.ndim)))(variable)


def fitted(value: Any, kind: Any) -> Any:
    """``value`` with the dtype and the pattern of ``kind``."""
    value = value if value.type.dtype == kind.dtype else value.astype(kind.dtype)
    return value if value.type.broadcastable == kind.broadcastable else patternbroadcast(value, kind.broadcastable)
