"""Where the dimensions of ``x[index]`` come from: their sizes, and which element of ``x`` each of its elements is.

>>> from theano.tensor import dmatrix, lvector
>>> x, rows = dmatrix("x"), lvector("rows")
>>> layout = Layout([rows, slice(None)])
>>> layout.arrays, layout.slices, layout.pattern(x)
([0], [1], (False, False))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.errors import ShapeError, message
from theano.graph import Apply
from theano.graph.naming import operation
from theano.tensor.elemwise import row
from theano.tensor.index_entries import FULL, slice_fields
from theano.tensor.shapes import SYMBOLIC, as_size, constant_integer
from theano.tensor.slices import Lowered, span


def _keeps_one(entry: slice) -> bool:
    """Whether a slice of a dimension of size 1 surely has size 1, by the classic rule."""
    start, stop, step = (None if field is None else constant_integer(field) for field in slice_fields(entry))
    if (start is None) != (entry.start is None) or (stop is None) != (entry.stop is None) or (step is None) != (entry.step is None):
        return False
    return start in (None, 0) and (stop is None or (stop > 0 and (step is None or step > 0)))


def _static_size(entry: slice, size: int | None) -> int | None:
    fields = tuple(None if field is None else constant_integer(field) for field in slice_fields(entry))
    if any(field is not None and number is None for field, number in zip(slice_fields(entry), fields)):
        return None
    if size is None:
        return None
    start, stop, step = fields
    return int(span(start, stop, step, size).count)


def _slice_size(entry: slice, size: Any) -> Any:
    """The symbolic size of a slice of a dimension of ``size``."""
    if entry == FULL:
        return size
    start, stop, step = (None if field is None else SYMBOLIC.entry(field) for field in slice_fields(entry))
    return as_size(span(start, stop, step, SYMBOLIC.entry(size), SYMBOLIC).count)


class Layout:
    """Where the dimensions of an indexed tensor come from.

    ``arrays``: the dimensions of x indexed by numbers or arrays; ``slices``: the others, in order.  The ``rank`` dimensions that the
    arrays share stand at position ``at`` of the result: in place of the arrays if these are neighbours, else in front."""

    def __init__(self, entries: Sequence[Any]) -> None:
        self.entries = entries
        self.arrays = [axis for axis, entry in enumerate(entries) if not isinstance(entry, slice)]
        self.slices = [axis for axis, entry in enumerate(entries) if isinstance(entry, slice)]
        self.rank = max((entries[axis].type.ndim for axis in self.arrays), default=0)
        adjacent = self.arrays and self.arrays[-1] - self.arrays[0] + 1 == len(self.arrays)
        self.at = self.arrays[0] if adjacent else 0

    def arranged(self, shared: Sequence[Any], sliced: Sequence[Any]) -> list[Any]:
        """Dimensions of the result, given something for each shared and for each sliced one."""
        return [*sliced[: self.at], *shared, *sliced[self.at :]]

    def separated(self, dimensions: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """(shared, sliced): the reverse of :meth:`arranged`."""
        end = self.at + self.rank
        return list(dimensions[self.at : end]), [*dimensions[: self.at], *dimensions[end:]]

    def shared_axes(self) -> list[list[tuple[Any, int]]]:
        """For each shared dimension, the (array, axis) that lie on it and do not stretch."""
        lying: list[list[tuple[Any, int]]] = [[] for _ in range(self.rank)]
        for array in dict.fromkeys(self.entries[axis] for axis in self.arrays):
            offset = self.rank - array.type.ndim
            for axis, stretches in enumerate(array.type.broadcastable):
                if not stretches:
                    lying[offset + axis].append((array, axis))
        return lying

    def pattern(self, x: Any) -> tuple[bool, ...]:
        sliced = [x.type.broadcastable[axis] and _keeps_one(self.entries[axis]) for axis in self.slices]
        return tuple(self.arranged([not lying for lying in self.shared_axes()], sliced))

    def static(self, x: Any) -> tuple[int | None, ...]:
        sliced = [_static_size(self.entries[axis], x.static_shape[axis]) for axis in self.slices]
        shared = [next((n for array, axis in lying if (n := array.static_shape[axis]) is not None), None) for lying in self.shared_axes()]
        return tuple(self.arranged(shared, sliced))

    def sizes(self, x_sizes: Sequence[Any], array_sizes: dict[Any, Sequence[Any]]) -> tuple[Any, ...]:
        """The symbolic shape of the result."""
        sliced = [_slice_size(self.entries[axis], x_sizes[axis]) for axis in self.slices]
        shared = [array_sizes[lying[0][0]][lying[0][1]] if lying else as_size(1) for lying in self.shared_axes()]
        return tuple(self.arranged(shared, sliced))

    def check_values(self, node: Apply, inputs: Sequence[Any]) -> None:
        """NumPy would stretch any index array of size 1; here only a broadcastable one is."""
        values = dict(zip(node.inputs, inputs))
        for lying in self.shared_axes():
            found = {int(values[array].shape[axis]) for array, axis in lying}
            if len(found) > 1:
                raise ShapeError(message(f"indexing: the index arrays have sizes {sorted(found)}", [row("index", a) for a, _ in lying]))

    # -------------------------------------------------------------------------------------- lowering

    def lowered(self, low: Any, node: Apply, x: Any) -> tuple[list[Any], Callable[..., tuple[Any, ...]], bool]:
        """(extents of the result, map from its indices to those of x, whether that map reads nothing)."""
        ar, extents = Lowered(low), low.shape(x)
        spans: dict[int, Any] = {}
        for axis in self.slices:
            start, stop, step = (None if field is None else ar.entry(low.extent(field)) for field in slice_fields(self.entries[axis]))
            spans[axis] = span(start, stop, step, ar.entry(extents[axis]), ar)
            step = spans[axis].step
            if not isinstance(step, int):
                low.at_least(low.maximum(step, low.sub(low.int(0), step)), low.int(1), node, "slice step cannot be zero")
        fixed = {axis: position for axis in self.arrays if (position := _fixed(low, node, x, axis, self.entries[axis])) is not None}
        shared = []
        for lying in self.shared_axes():
            sizes = [low.shape(array)[axis] for array, axis in lying]
            for size in sizes[1:]:
                low.equal(sizes[0], size, node, tuple(lying[:2]), "the index arrays differ in size")
            shared.append(sizes[0] if sizes else low.int(1))
        shape = self.arranged(shared, [ar.value(spans[axis].count) for axis in self.slices])

        def source(*indices: Any) -> tuple[Any, ...]:
            on_arrays, on_slices = self.separated(indices)
            positions: dict[int, Any] = dict(fixed)
            for axis, index in zip(self.slices, on_slices):
                positions[axis] = _stepped(low, index, spans[axis], ar)
            for axis in self.arrays:
                if axis not in fixed:
                    array = self.entries[axis]
                    read = low.read(array, on_arrays[self.rank - array.type.ndim :])
                    positions[axis] = low.checked_index(read, extents[axis], node, out_of_bounds("{payload}", axis, node))
            return tuple(positions[axis] for axis in range(len(extents)))

        return shape, source, len(fixed) == len(self.arrays)


TOO_FEW_STEPS = (
    "a loop gives a row for each step, and none for the initial value; where steps may be missing, write\n"
    "ifelse(n_steps > 0, rows[-1], initial), or T.concatenate([initial[None], rows])[-1]"
)


def out_of_bounds(index: str, axis: int, node: Apply) -> str:
    """What is said of an index in ``node``: a headline and, on further lines, the cure."""
    if not axis and operation(node) == "indexing" and counts_steps(node.inputs[0]):
        return f"index {index} is out of bounds: {{array}} has made too few steps\n{TOO_FEW_STEPS}"
    return f"index {index} is out of bounds for axis {axis} of {{array}}"


def counts_steps(x: Any) -> bool:
    """Whether the rows of ``x`` are those of a loop's steps, or some of them."""
    node = x.owner
    while node is not None and operation(node) == "indexing" and node.inputs[0].type.ndim == x.type.ndim:
        node = node.inputs[0].owner
    return operation(node) == "scan"


def _fixed(low: Any, node: Apply, x: Any, axis: int, entry: Any) -> Any:
    """The position that a constant index means, guarded; None if ``entry`` is no constant number."""
    number = constant_integer(entry)
    if number is None:
        return None
    extent = low.shape(x)[axis]
    low.at_least(extent, low.int(number + 1 if number >= 0 else -number), node, out_of_bounds(str(number), axis, node))
    return low.int(number) if number >= 0 else low.add(extent, low.int(number))


def _stepped(low: Any, index: Any, where: Any, ar: Lowered) -> Any:
    """``first + index * step``."""
    return low.add(low.mul(index, ar.value(where.step)), ar.value(where.first))
