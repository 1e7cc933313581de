"""Sorting and searching, by NumPy: the values, the positions that sort them, the greatest few, the distinct ones.

>>> from theano.tensor.constructors import fmatrix
>>> sort(fmatrix(), axis=0).type, argsort(fmatrix()).type, topk(fmatrix(), 3).type
(TensorType(float32, matrix), TensorType(int64, matrix), TensorType(float32, matrix))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import SIGNED, UNSIGNED, is_discrete, is_integer
from theano.errors import DTypeError, ShapeError, VariableTypeError, message
from theano.graph import Apply, Op
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.cumulative import checked_axis
from theano.tensor.elemwise import elemwise, row, zero_gradient
from theano.tensor.reduce import as_axis
from theano.tensor.shapes import Sizes, Storage, as_size, constant_integer
from theano.tensor.subtensor import inc_subtensor
from theano.tensor.type import TensorType, tensor_type
from theano.tensor.variable import TensorVariable

NUMPY: Any = np  # whose functions are typed for literal arguments only


def along(positions: Any, axis: int) -> tuple[Any, ...]:
    """An index that takes, for each place of ``positions``, the element at that position along ``axis``."""
    rank = positions.type.ndim
    places = (arange(positions.shape[k]).dimshuffle(*("x" if other != k else 0 for other in range(rank))) for k in range(rank))
    return tuple(positions if k == axis else place for k, place in enumerate(places))


def _flat_if_none(x: Any, axis: Any) -> tuple[Any, Any]:
    """Over no axis in particular: the flattened tensor, and its only axis."""
    x, axes = as_tensor_variable(x), as_axis(axis)
    return (x.flatten(), 0) if axes is None else (x, axes[0])


class InOrder(Op):
    """What depends on the order of the elements along ``axis``: ascending, NaN last.  ``kind`` is NumPy's."""

    __props__ = ("kind", "order", "axis")

    def __init__(self, kind: str = "quicksort", order: None = None, axis: int = -1) -> None:
        if order is not None:
            raise ValueError(f"sort: tensors have no fields to be ordered by, such as {order!r}")
        if kind not in ("quicksort", "mergesort", "heapsort", "stable"):
            raise ValueError(f"sort: the kind {kind!r} is none of 'quicksort', 'mergesort', 'heapsort', 'stable'")
        self.kind, self.order, self.axis = kind, order, axis

    def make_node(self, input: Any, axis: int | None = None) -> Apply:
        x = as_tensor_variable(input)
        op = type(self)(self.kind, self.order, checked_axis("sort", self.axis if axis is None else axis, x))
        out: Any = tensor_type(op._dtype(x), x.type.broadcastable)()
        out.static_shape = x.static_shape
        return Apply(op, [x], [out])

    def _dtype(self, x: Any) -> str:
        return str(x.type.dtype)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[0])]


class SortOp(InOrder):
    """The elements along ``axis`` in order."""

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        values = output_storage[0][0] = inputs[0].copy()
        values.sort(self.axis, self.kind)

    def lower(self, low: Any, node: Apply) -> None:
        low.sort(node.outputs[0], node.inputs[0], self.axis, self.kind)

    def _index(self, x: Any) -> tuple[Any, ...]:
        return along(ArgSortOp(self.kind, None, self.axis)(x), self.axis)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """Each gradient goes to where its element came from."""
        (x,), (gradient,) = inputs, output_grads
        if is_discrete(x.type.dtype):
            return [zero_gradient(x)]
        return [inc_subtensor(zero_gradient(x)[self._index(x)], gradient)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else eval_points[0][self._index(inputs[0])]]


class ArgSortOp(InOrder):
    """The positions along ``axis`` of the elements in order, int64."""

    def _dtype(self, x: Any) -> str:
        return "int64"

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = np.asarray(NUMPY.argsort(inputs[0], self.axis, self.kind), np.int64)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [zero_gradient(inputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: None = None) -> Any:
    """The elements along ``axis`` in ascending order; with ``axis=None`` those of the flattened tensor."""
    x, axis = _flat_if_none(a, axis)
    return SortOp(kind, order, axis)(x)


def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: None = None) -> Any:
    """The positions that sort ``a`` along ``axis``, int64; with ``axis=None`` those in the flattened tensor."""
    x, axis = _flat_if_none(a, axis)
    return ArgSortOp(kind, order, axis)(x)


# ------------------------------------------------------------------------------------------------ the greatest few


class TopKOp(Op):
    """The ``kth`` greatest elements along ``axis``, in descending order, or the ``-kth`` least ones, in ascending order, and where
    they are.  NaN is greater than all numbers.  Without ``sorted`` the order is not promised."""

    __props__ = ("axis", "sorted", "idx_dtype", "return_values", "return_indices")

    def __init__(
        self, axis: int = -1, sorted: bool = True, idx_dtype: str = "int64", return_values: bool = True, return_indices: bool = True
    ) -> None:
        if not return_values and not return_indices:
            raise ValueError("TopKOp: neither values nor indices are wanted")
        if idx_dtype not in SIGNED + UNSIGNED:
            raise DTypeError(f"topk: indices are integers, not {idx_dtype}")
        self.axis, self.sorted, self.idx_dtype = axis, sorted, idx_dtype
        self.return_values, self.return_indices = return_values, return_indices

    def make_node(self, inp: Any, kth: Any) -> Apply:
        x, k = as_tensor_variable(inp), as_size(kth, "topk")
        op = TopKOp(checked_axis("topk", self.axis, x), self.sorted, self.idx_dtype, self.return_values, self.return_indices)
        wanted, size = constant_integer(k), x.static_shape[op.axis]
        if wanted == 0 or (wanted is not None and size is not None and abs(wanted) > size):
            many = "an unknown number of" if size is None else size
            raise ShapeError(message(f"topk: {wanted} of {many} elements along axis {op.axis}", [row("given", x)]))
        types = [x.type.dtype] * self.return_values + [self.idx_dtype] * self.return_indices
        return Apply(op, [x, k], [TensorVariable(tensor_type(dtype, x.type.broadcastable)) for dtype in types])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, k, axis = inputs[0], int(inputs[1]), self.axis
        size = x.shape[axis]
        if not 1 <= abs(k) <= size:
            raise ValueError(message(f"topk: {k} of {size} elements", [row("given", node.inputs[0], x.shape)]))
        chosen = np.argpartition(x, size - k if k > 0 else -k - 1, axis=axis)
        chosen = np.take(chosen, range(size - k, size) if k > 0 else range(-k), axis=axis)
        order = np.argsort(np.take_along_axis(x, chosen, axis), axis=axis, kind="stable")
        chosen = np.take_along_axis(chosen, np.flip(order, axis) if k > 0 else order, axis)
        results = [np.take_along_axis(x, chosen, axis)] * self.return_values + [chosen.astype(self.idx_dtype)] * self.return_indices
        for storage, result in zip(output_storage, results):
            storage[0] = result

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        sizes = list(input_shapes[0])
        if not node.inputs[0].type.broadcastable[self.axis]:
            sizes[self.axis] = elemwise(OPS["abs_"])(node.inputs[1])
        return [tuple(sizes)] * len(node.outputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True] * len(node.outputs), [False] * len(node.outputs)]

    def _index(self, x: Any, k: Any) -> tuple[Any, ...]:
        return along(TopKOp(self.axis, self.sorted, "int64", False, True)(x, k), self.axis)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, k), gradient = inputs, output_grads[0]
        if is_discrete(x.type.dtype) or not self.return_values or not isinstance(gradient.type, TensorType):
            return [zero_gradient(x), None]
        return [inc_subtensor(zero_gradient(x)[self._index(x, k)], gradient), None]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x, k), point = inputs, eval_points[0]
        values = [] if not self.return_values else [None if point is None else point[self._index(x, k)]]
        return values + [None] * self.return_indices


def topk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: str = "int64") -> Any:
    """The ``kth`` greatest elements along ``axis`` (of the flattened tensor if None), the ``-kth`` least ones if it is negative."""
    x, axis = _flat_if_none(x, axis)
    return TopKOp(axis, sorted, idx_dtype, True, False)(x, kth)


def argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: str = "int64") -> Any:
    """Where the elements that :func:`topk` gives are."""
    x, axis = _flat_if_none(x, axis)
    return TopKOp(axis, sorted, idx_dtype, False, True)(x, kth)


def topk_and_argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: str = "int64") -> list[Any]:
    """[values, positions] of :func:`topk` and :func:`argtopk`."""
    x, axis = _flat_if_none(x, axis)
    both: list[Any] = TopKOp(axis, sorted, idx_dtype)(x, kth)
    return both


# ------------------------------------------------------------------------------------------------ searching


class SearchsortedOp(Op):
    """Where elements would have to be inserted into a sorted vector, int64."""

    __props__ = ("side",)

    def __init__(self, side: str = "left") -> None:
        if side not in ("left", "right"):
            raise ValueError(f"searchsorted: the side is 'left' or 'right', not {side!r}")
        self.side = side

    def make_node(self, x: Any, v: Any, sorter: Any = None) -> Apply:
        inputs = [as_tensor_variable(entry) for entry in (x, v, *([] if sorter is None else [sorter]))]
        if inputs[0].type.ndim != 1:
            raise VariableTypeError(message("searchsorted: the first argument must be a vector", [row("given", inputs[0])]))
        if sorter is not None and (inputs[2].type.ndim != 1 or not is_integer(inputs[2].type.dtype)):
            raise VariableTypeError(message("searchsorted: the sorter must be an integer vector", [row("given", inputs[2])]))
        out: Any = tensor_type("int64", inputs[1].type.broadcastable)()
        out.static_shape = inputs[1].static_shape
        return Apply(self, inputs, [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, v, *sorter = inputs
        output_storage[0][0] = np.asarray(NUMPY.searchsorted(x, v, self.side, *sorter), np.int64)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [zero_gradient(entry) for entry in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """For each element of ``v`` the position in the sorted vector ``x`` before which it belongs: of equal ones the first, or after the
    last for ``side="right"``.  ``sorter`` are positions that sort ``x``."""
    return SearchsortedOp(side)(x, v, sorter)


class Unique(Op):
    """The distinct elements in ascending order, and on request the position of the first of each, for each element the number of
    its value, and how often each occurs; of the flattened tensor, or of slices along ``axis``."""

    __props__ = ("return_index", "return_inverse", "return_counts", "axis")

    def __init__(
        self, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None
    ) -> None:
        self.return_index, self.return_inverse, self.return_counts, self.axis = return_index, return_inverse, return_counts, axis

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        axis = None if self.axis is None else checked_axis("unique", self.axis, x)
        op = Unique(self.return_index, self.return_inverse, self.return_counts, axis)
        pattern = (False,) if axis is None else tuple(b and k != axis for k, b in enumerate(x.type.broadcastable))
        more = self.return_index + self.return_inverse + self.return_counts
        types = [tensor_type(x.type.dtype, pattern), *[tensor_type("int64", (False,))] * more]
        return Apply(op, [x], [TensorVariable(t) for t in types])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        wanted = (self.return_index, self.return_inverse, self.return_counts)
        found = NUMPY.unique(inputs[0], *wanted, axis=self.axis)
        results = list(found) if any(wanted) else [found]
        for storage, result, out in zip(output_storage, results, node.outputs):
            storage[0] = np.asarray(result, out.type.dtype).reshape(-1 if storage is not output_storage[0] else result.shape)

    def _firsts(self, x: Any) -> tuple[Any, ...]:
        """An index of the elements of the flattened tensor, or of the slices, that are the first of their kind."""
        return (*[slice(None)] * (self.axis or 0), Unique(True, axis=self.axis)(x)[1])

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """To the first of those that are equal."""
        (x,), gradient = inputs, output_grads[0]
        if is_discrete(x.type.dtype) or not isinstance(gradient.type, TensorType):
            return [zero_gradient(x)]
        zeros = zero_gradient(x)
        if self.axis is None:
            return [inc_subtensor(zeros.flatten()[self._firsts(x)], gradient).reshape(x.shape, ndim=x.type.ndim)]
        return [inc_subtensor(zeros[self._firsts(x)], gradient)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        more: list[Any] = [None] * (self.return_index + self.return_inverse + self.return_counts)
        if eval_points[0] is None:
            return [None, *more]
        return [(eval_points[0].flatten() if self.axis is None else eval_points[0])[self._firsts(inputs[0])], *more]


def unique(ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None) -> Any:
    """The distinct elements, or slices along ``axis``, in ascending order; a tuple if more is asked for: the place of the first of each,
    for each element the number of its value (in the shape of ``ar``, if no axis is given), and how often each occurs.

    >>> from theano.tensor import constant
    >>> [part.eval().tolist() for part in unique(constant([3, 1, 3]), return_inverse=True, return_counts=True)]
    [[1, 3], [1, 0, 1], [1, 2]]
    """
    x = as_tensor_variable(ar)
    found = Unique(return_index, return_inverse, return_counts, axis)(x, return_list=True)
    if return_inverse and axis is None:
        found[1 + return_index] = found[1 + return_index].reshape(x.shape, ndim=x.type.ndim)
    return tuple(found) if len(found) > 1 else found[0]


__all__ = [
    "ArgSortOp", "SearchsortedOp", "SortOp", "TopKOp", "Unique", "argsort", "argtopk", "searchsorted", "sort", "topk", "topk_and_argtopk",
    "unique",
]  # fmt: skip
