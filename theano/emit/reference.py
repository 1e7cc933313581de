"""What kernels and programs mean: an interpreter on NumPy, slow and plain.

It is the definition that every emitter is tested against.  A loop runs as one more axis of arrays where its iterations
cannot see each other, else as a Python loop; either way a reduction combines its values in the documented order.

>>> import numpy as np
>>> from theano.loops.ir import BufferParameter, Loop, Store
>>> from theano.scalar.instructions import Trace
>>> t = Trace()
>>> i, n = t.leaf("index", "int64", 0), t.leaf("size", "int64", 0)
>>> body = (Loop(0, n, (Store(1, i, t.load(0, i, "float32") * 2.0),)),)
>>> kernel = Kernel((BufferParameter("float32", True, False), BufferParameter("float32", False, True)), 1, (), body)
>>> out = np.zeros(3, "float32")
>>> run_kernel(kernel, [np.arange(3, dtype="float32"), out], [3], [])
(0, 0)
>>> out
array([0., 2., 4.], dtype=float32)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from theano.emit.llvm.reduce import identities
from theano.loops.ir import LANES, NEXT, Accumulator, Check, Combine, Fold, Kernel, Loop, Statement, Store, shared_loop
from theano.loops.statements import Row, all_statements, grouped, loaded_ahead, loaded_buffers, stored_buffers
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Value, walk

Array = np.ndarray[Any, np.dtype[Any]]
Status = tuple[int, int]


def run_kernel(
    kernel: Kernel, buffers: Sequence[Array], sizes: Sequence[int], scalars: Sequence[Any], lo: int = 0, hi: int | None = None
) -> Status:
    """Run on flat arrays, in place; ``(0, 0)``, or the code and payload of the check that failed.

    ``lo`` and ``hi`` bound the shared loop of a parallel kernel; without ``hi`` all of it runs."""
    cut = (shared_loop(kernel), range(lo, hi)) if kernel.parallel and hi is not None else None
    run = _Run(kernel, [b.reshape(-1) for b in buffers], sizes, scalars, cut)
    try:
        with np.errstate(all="ignore"):
            run.body(kernel.body)
    except _Failed as failure:
        return failure.status
    return 0, 0


class _Failed(Exception):
    def __init__(self, code: int, payload: int) -> None:
        super().__init__(code, payload)
        self.status = code, payload


class _Run:
    """One run.  An open loop's index is a number, or an array along an axis of its own; values broadcast over these."""

    def __init__(
        self, kernel: Kernel, buffers: Sequence[Array], sizes: Sequence[int], scalars: Sequence[Any], cut: tuple[Loop, range] | None
    ) -> None:
        self.buffers, self.cut = buffers, cut
        self.leaves: dict[Hashable, Any] = {("size", k): np.int64(n) for k, n in enumerate(sizes)}
        pairs = zip(kernel.scalars, scalars, strict=True)
        self.leaves |= {("scalar", k): np.dtype(dtype).type(number) for k, (dtype, number) in enumerate(pairs)}
        self.axes: list[int] = []  # extents of the loops that are axes, outermost first
        self.loaded: dict[Value, Any] = {}  # for the stores of the row that is being done

    # ------------------------------------------------------------------------------------------ values

    def value(self, root: Value) -> Any:
        """Its elements now, over all open axes."""
        loads = dict(self.loaded)

        def leaf(value: Value) -> Any:
            if value.op != "load":
                return self.leaves[value.op, value.data]
            if value not in loads:
                loads[value] = self.buffers[value.data][evaluate([value.args[0]], leaf)[0]]
            return loads[value]

        return evaluate([root], leaf)[0]

    def spread(self, root: Value) -> Array:
        """The same, with its full shape."""
        return np.broadcast_to(self.value(root), tuple(self.axes))

    # ------------------------------------------------------------------------------------------ statements

    def body(self, statements: Iterable[Statement]) -> None:
        for statement in grouped(statements):
            if isinstance(statement, tuple):
                self.row(statement)
            elif isinstance(statement, Loop):
                self.loop(statement, self.span(statement))
            elif isinstance(statement, Check) and not self.value(statement.ok):
                raise _Failed(statement.code, int(self.value(statement.payload)))

    def row(self, row: Row) -> None:
        for position, group in enumerate(row):
            for load in loaded_ahead(row[position:]):
                self.loaded[load] = self.value(load)
            for store, offset, value in [(s, self.spread(s.offset), self.spread(s.value).copy()) for s in group]:
                self.store(store, offset, value)
            written = stored_buffers(group)
            self.loaded = {
                load: found for load, found in self.loaded.items() if written.isdisjoint(v.data for v in walk([load]) if v.op == "load")
            }
        self.loaded = {}

    def store(self, store: Store, offset: Array, value: Array) -> None:
        buffer = self.buffers[store.buffer]
        if store.combine is None:
            buffer[offset] = value
        elif buffer.dtype == np.float16:  # in float32, rounded after each addition
            for where, term in zip(offset.flat, value.flat, strict=True):
                buffer[where] = np.float32(buffer[where]) + np.float32(term)
        else:
            np.add.at(buffer, offset, value)

    def span(self, loop: Loop) -> range:
        if self.cut is not None and loop is self.cut[0]:
            return self.cut[1]
        return range(int(self.value(loop.extent)))

    def loop(self, loop: Loop, span: range) -> None:
        if self.as_axis(loop):
            lanes = self._axis(loop, span)
        else:
            lanes = self._iterations(loop, span)
        for accumulator, partial in zip(loop.accumulators, lanes, strict=True):
            for position, result in enumerate(_tree(accumulator, partial)):
                self.leaves["acc", (accumulator.key, position)] = result

    def _axis(self, loop: Loop, span: range) -> list[list[Any]]:
        """All iterations at once."""
        if not span:
            return [_start(accumulator, loop, tuple(self.axes)) for accumulator in loop.accumulators]
        before = [name for name, leaf in self.leaves.items() if np.ndim(leaf) > 0]
        for name in before:
            self.leaves[name] = self.leaves[name][..., None]
        self.axes.append(len(span))
        self.leaves["index", loop.index] = np.arange(span.start, span.stop, dtype=np.int64)
        self.body(loop.body)
        columns = [[self.spread(v) for v in accumulator.values] for accumulator in loop.accumulators]
        self.axes.pop()
        del self.leaves["index", loop.index]
        for name in before:
            self.leaves[name] = self.leaves[name][..., 0]
        partials = []
        for accumulator, values in zip(loop.accumulators, columns, strict=True):
            lanes = _start(accumulator, loop, tuple(self.axes))
            for number in range(len(span)):
                lane = number % len(lanes)
                lanes[lane] = _combine(accumulator.combine, lanes[lane], [v[..., number] for v in values])
            partials.append(lanes)
        return partials

    def _iterations(self, loop: Loop, span: range) -> list[list[Any]]:
        """One after another."""
        partials = [
            [[self.spread(start) for start in a.starts]] if a.combine == NEXT else _start(a, loop, tuple(self.axes))
            for a in loop.accumulators
        ]
        for number in span:
            self.leaves["index", loop.index] = np.int64(number)
            for accumulator, lanes in zip(loop.accumulators, partials, strict=True):
                if accumulator.combine == NEXT:
                    self.leaves["acc", (accumulator.key, 0)] = lanes[0][0]
            self.body(loop.body)
            added = [[self.spread(v).copy() for v in accumulator.values] for accumulator in loop.accumulators]
            for accumulator, lanes, values in zip(loop.accumulators, partials, added, strict=True):
                lane = (number - span.start) % len(lanes)
                lanes[lane] = values if accumulator.combine == NEXT else _combine(accumulator.combine, lanes[lane], values)
        return partials

    def as_axis(self, loop: Loop) -> bool:
        """Can no iteration see what another does?"""
        statements = list(all_statements(loop.body))
        if any(a.combine == NEXT for a in loop.accumulators):
            return False
        if any(isinstance(s, Check) or (isinstance(s, Store) and s.combine) for s in statements):
            return False
        if any(isinstance(s, Loop) and _mentions(s.extent, loop) for s in statements):
            return False
        stored = [self.buffers[b] for b in stored_buffers(loop.body)]
        loaded = [self.buffers[b] for b in loaded_buffers((loop,))]
        return not any(np.shares_memory(a, b) for a in stored for b in loaded)


def _mentions(extent: Value, loop: Loop) -> bool:
    """May the extent differ between iterations (by its index, or by what was reduced inside)?"""
    keys = {a.key for s in all_statements(loop.body) if isinstance(s, Loop) for a in s.accumulators}
    return any((v.op == "index" and v.data == loop.index) or (v.op == "acc" and v.data[0] in keys) for v in walk([extent]))


# ---------------------------------------------------------------------------------------------- reductions


def _start(accumulator: Accumulator, loop: Loop, shape: tuple[int, ...]) -> list[Any]:
    """The partial results before the first iteration: one, or LANES of a vector loop."""
    dtypes = [v.dtype for v in accumulator.values]
    numbers = identities(accumulator.combine, dtypes)
    first = [np.full(shape, number, dtype) for number, dtype in zip(numbers, dtypes, strict=True)]
    return [first] * (LANES if loop.kind == "vector" else 1)


def _combine(combine: Combine, old: list[Any], new: list[Any]) -> list[Any]:
    if isinstance(combine, Fold):
        given = [np.asarray(each) for each in (*old, *new)]
        return [np.broadcast_to(result, given[0].shape) for result in evaluate(combine.results, lambda leaf: given[leaf.data])]
    if combine not in ("argmax", "argmin"):
        return [_COMBINE[combine](old[0], new[0])]
    better = new[0] > old[0] if combine == "argmax" else new[0] < old[0]
    better |= np.isnan(new[0]) & ~np.isnan(old[0])
    tie = (new[0] == old[0]) | (np.isnan(new[0]) & np.isnan(old[0]))
    take = better | (tie & (new[1] < old[1]))
    return [np.where(take, n, o) for n, o in zip(new, old, strict=True)]


_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "mul": np.multiply,
    "max": lambda a, b: np.where((a > b) | (a != a), a, b),
    "min": lambda a, b: np.where((a < b) | (a != a), a, b),
    "and": np.bitwise_and,
    "or": np.bitwise_or,
}


def _tree(accumulator: Accumulator, lanes: list[Any]) -> list[Any]:
    """The left half with the right half, until one is left."""
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [_combine(accumulator.combine, a, b) for a, b in zip(lanes[:half], lanes[half:], strict=True)]
    result: list[Any] = lanes[0]
    return result
