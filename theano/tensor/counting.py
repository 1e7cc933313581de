"""Counts and their kin: how often each number occurs, ones in the places of classes, grids, a window.

>>> from theano.tensor.constructors import ivector
>>> bincount(ivector()).type, to_one_hot(ivector(), 10, "float32").type, [axis.type for axis in ogrid[0:3, 0:2]]
(TensorType(int32, vector), TensorType(float32, matrix), [TensorType(int64, col), TensorType(int64, row)])
"""

from __future__ import annotations

from typing import Any

from theano.dtypes import is_integer
from theano.errors import DTypeError, VariableTypeError, message
from theano.flags import config
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable, constant
from theano.tensor.create import alloc, arange, zeros
from theano.tensor.elemwise import elemwise, row
from theano.tensor.reduce import Supremum
from theano.tensor.shapes import as_size, sizes_of
from theano.tensor.subtensor import inc_subtensor, set_subtensor

eq, maximum, switch = (elemwise(OPS[name]) for name in ("eq", "maximum", "switch"))


def bincount(x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False) -> Any:
    """How often each of the numbers 0, 1 ... occurs in the integer vector ``x``, or the sum of the ``weights`` of its places.

    Counts have the dtype of ``x``, sums that of the weights; there are at least ``minlength``.  A negative number is refused,
    whether ``assert_nonneg`` or not."""
    x = as_tensor_variable(x)
    if x.type.ndim != 1 or not is_integer(x.type.dtype):
        raise VariableTypeError(message("bincount: an integer vector is needed", [row("given", x)]))
    length = maximum(Supremum()(x.astype("int64")), -1) + 1
    if minlength is not None:
        length = maximum(length, as_size(minlength, "bincount"))
    values = constant(1, dtype=x.type.dtype) if weights is None else as_tensor_variable(weights)
    if weights is not None and values.type.ndim != 1:
        raise VariableTypeError(message("bincount: the weights must be a vector", [row("weights", values)]))
    places = x.astype("int64").astype("uint64")  # which does not count from the end: less than 0 is out of range
    return inc_subtensor(zeros(length, values.type.dtype)[places], values)


def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Any:
    """A matrix of ``nb_class`` columns with a one in column ``y[i]`` of row i, zeros elsewhere; of floatX by default."""
    y = as_tensor_variable(y)
    if y.type.ndim != 1 or not is_integer(y.type.dtype):
        raise VariableTypeError(message("to_one_hot: an integer vector is needed", [row("given", y)]))
    empty = zeros((y.shape[0], nb_class), dtype or config.floatX)
    return set_subtensor(empty[arange(y.shape[0]), y], constant(1, dtype=empty.type.dtype))


def bartlett(M: Any) -> Any:
    """The triangular window of ``M`` points from 0 to 1 and back to 0, float64; empty if there are none."""
    M = as_tensor_variable(M)
    if M.type.ndim or not is_integer(M.type.dtype):
        raise DTypeError(message("bartlett: an integer is needed", [row("given", M)]))
    count = M.astype("int64")
    place = arange(1 - count, count, 2).astype("float64")
    return switch(eq(count, 1), 1.0, 1.0 - abs(place / (count - 1).astype("float64")))


class Grid:
    """``grid[a:b, c:d:step]``: for each slice the numbers in it, along an axis of their own; a step ``5j`` asks for five points, both
    ends among them.  ``sparse``: the other axes have size 1, else all have the shape of the whole grid."""

    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse

    def __getitem__(self, slices: Any) -> Any:
        if isinstance(slices, slice):
            return _points(slices)
        ranges = [_points(entry) for entry in slices]
        rank = len(ranges)
        axes = [r.dimshuffle(*("x" if other != axis else 0 for other in range(rank))) for axis, r in enumerate(ranges)]
        sizes = [sizes_of(r)[0] for r in ranges]
        return axes if self.sparse else [alloc(axis, *sizes) for axis in axes]


def _points(entry: slice) -> Any:
    start = 0 if entry.start is None else entry.start
    if isinstance(entry.step, complex):
        count = int(abs(entry.step))
        width = (as_tensor_variable(entry.stop) - start).astype("float64")
        return start + arange(count).astype("float64") * (width / (count - 1 if count > 1 else 1))
    return arange(start, entry.stop, 1 if entry.step is None else entry.step)


mgrid, ogrid = Grid(sparse=False), Grid(sparse=True)

__all__ = ["bartlett", "bincount", "mgrid", "ogrid", "to_one_hot"]
