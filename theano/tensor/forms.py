"""NumPy's other words for form: axes moved, turned and inserted, tensors stretched, put together and taken apart, ranges, grids.

Each is a reshape, a shuffle of dimensions, a slice, a join or an index: there are no operations here.

>>> from theano.tensor.constructors import dmatrix, dtensor3, dvector
>>> moveaxis(dtensor3(), 0, -1).type, broadcast_to(dvector(), (4, 3)).type, flip(dmatrix(), 1).type
(TensorType(float64, 3D), TensorType(float64, matrix), TensorType(float64, matrix))
>>> [part.type for part in array_split(dvector(), 2)], take_along_axis(dmatrix(), nonzero(dmatrix(), True), 1).type
([TensorType(float64, vector), TensorType(float64, vector)], TensorType(float64, matrix))
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from theano.dtypes import is_integer
from theano.errors import DTypeError, ShapeError, message
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import alloc, arange, tri, zeros
from theano.tensor.cumulative import checked_axis
from theano.tensor.diagonals import diag
from theano.tensor.elemwise import axes_of, elemwise, row
from theano.tensor.index_entries import FULL
from theano.tensor.joining import concatenate, join
from theano.tensor.nonzero import flatnonzero, nonzero
from theano.tensor.reshaping import flatten
from theano.tensor.shapes import size_list, sizes_of

add, eq, second = (elemwise(OPS[name]) for name in ("add", "eq", "second"))


# ------------------------------------------------------------------------------------------------ axes


def expand_dims(a: Any, axis: Any) -> Any:
    """``a`` with a broadcastable dimension more, or several, which are ``axis`` of the result."""
    a = as_tensor_variable(a)
    count = a.type.ndim + (1 if isinstance(axis, (int, np.integer)) else len(axis))
    new, old = axes_of("expand_dims", axis, a, count), iter(range(a.type.ndim))
    return a.dimshuffle(*("x" if k in new else next(old) for k in range(count)))


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """``a`` with the axes ``source`` at the places ``destination``; the others keep their order."""
    a = as_tensor_variable(a)
    sources, places = axes_of("moveaxis", source, a), axes_of("moveaxis", destination, a)
    if len(sources) != len(places):
        raise ValueError(message(f"moveaxis: {len(sources)} axes to {len(places)} places", [row("given", a)]))
    moved = dict(zip(places, sources))
    rest = (k for k in range(a.type.ndim) if k not in sources)
    return a.dimshuffle(*(moved[k] if k in moved else next(rest) for k in range(a.type.ndim)))


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """``a`` with ``axis`` moved before ``start``."""
    a = as_tensor_variable(a)
    (axis,) = axes_of("rollaxis", axis, a)
    (start,) = axes_of("rollaxis", start, a, a.type.ndim + 1) if start >= 0 else axes_of("rollaxis", start, a)
    return moveaxis(a, axis, start - (start > axis))


def matrix_transpose(x: Any) -> Any:
    """``x`` with its last two axes exchanged."""
    return moveaxis(x, -1, -2)


def flip(m: Any, axis: Any = None) -> Any:
    """``m`` in reverse order along ``axis``, a number, several, or None for all."""
    m = as_tensor_variable(m)
    turned = range(m.type.ndim) if axis is None else axes_of("flip", axis, m)
    return m[tuple(slice(None, None, -1) if k in turned else FULL for k in range(m.type.ndim))]


def flipud(m: Any) -> Any:
    """``m`` with its first axis in reverse order."""
    return flip(m, 0)


def fliplr(m: Any) -> Any:
    """``m`` with its second axis in reverse order."""
    return flip(m, 1)


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """``m`` turned by ``k`` right angles in the plane of ``axes``, from the first towards the second."""
    m = as_tensor_variable(m)
    first, then = axes_of("rot90", axes, m) if len(axes) == 2 else (0, 0)
    if first == then:
        raise ValueError(message(f"rot90: two axes are needed, not {axes}", [row("given", m)]))
    if k % 2 == 0:
        return flip(m, (first, then)) if k % 4 else m
    order = list(range(m.type.ndim))
    order[first], order[then] = then, first
    return flip(m, then).dimshuffle(*order) if k % 4 == 1 else flip(m.dimshuffle(*order), then)


# ------------------------------------------------------------------------------------------------ stretching


def broadcast_to(array: Any, shape: Any) -> Any:
    """``array`` stretched to ``shape``, numbers and 0-d variables; a dimension stretches if its type is broadcastable."""
    x = as_tensor_variable(array)
    sizes = size_list(shape, what="broadcast_to")
    if len(sizes) < x.type.ndim:
        raise ShapeError(message(f"broadcast_to: {len(sizes)} sizes for a tensor of rank {x.type.ndim}", [row("given", x)]))
    return alloc(x, *sizes)


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """The tensors, each stretched to the shape that an elementwise operation on all would have."""
    tensors = [as_tensor_variable(x) for x in arrays]
    return [_stretched(x, [other for k, other in enumerate(tensors) if k != place]) for place, x in enumerate(tensors)]


def _stretched(x: Any, others: Sequence[Any]) -> Any:
    for other in others:
        x = second(other, x)
    return x


def with_rank(x: Any, least: int) -> Any:
    """``x`` with broadcastable dimensions in front, up to rank ``least``."""
    x = as_tensor_variable(x)
    return x.dimshuffle(*["x"] * (least - x.type.ndim), *range(x.type.ndim))


def _each(function: Any, tensors: Sequence[Any]) -> Any:
    found = [function(x) for x in tensors]
    return found[0] if len(found) == 1 else found


def atleast_1d(*arys: Any) -> Any:
    """Each tensor with rank 1 at least."""
    return _each(lambda x: with_rank(x, 1), arys)


def atleast_2d(*arys: Any) -> Any:
    """Each tensor with rank 2 at least; a vector is a row."""
    return _each(lambda x: with_rank(x, 2), arys)


def _deep(x: Any) -> Any:
    x = with_rank(x, 2) if as_tensor_variable(x).type.ndim != 1 else as_tensor_variable(x).dimshuffle("x", 0)
    return x.dimshuffle(0, 1, "x") if x.type.ndim == 2 else x


def atleast_3d(*arys: Any) -> Any:
    """Each tensor with rank 3 at least: of shape (1, n, 1) from a vector, (m, n, 1) from a matrix."""
    return _each(_deep, arys)


# ------------------------------------------------------------------------------------------------ together, and apart


def vstack(tup: Any) -> Any:
    """Tensors one below the other; a vector is a row."""
    return concatenate([with_rank(x, 2) for x in tup])


def hstack(tup: Any) -> Any:
    """Tensors side by side, along the second axis; vectors one after the other."""
    parts = [with_rank(x, 1) for x in tup]
    return concatenate(parts, axis=0 if parts[0].type.ndim == 1 else 1)


def dstack(tup: Any) -> Any:
    """Tensors along the third axis."""
    return concatenate([_deep(x) for x in tup], axis=2)


def column_stack(tup: Any) -> Any:
    """Matrices side by side; a vector is a column."""
    parts = [with_rank(x, 1) for x in tup]
    return concatenate([x.dimshuffle(0, "x") if x.type.ndim == 1 else x for x in parts], axis=1)


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """``arr`` with ``values`` at the end of ``axis``; both flattened if that is None."""
    arr, values = as_tensor_variable(arr), as_tensor_variable(values)
    return join(0, flatten(arr), flatten(values)) if axis is None else join(axis, arr, values)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """``ary`` cut along ``axis`` into a number of parts of almost equal size, the longer ones first, or before each of some places."""
    x = as_tensor_variable(ary)
    at, n = (FULL,) * checked_axis("array_split", axis, x), sizes_of(x)[checked_axis("array_split", axis, x)]
    if isinstance(indices_or_sections, (int, np.integer)):
        count = int(indices_or_sections)
        if count < 1:
            raise ValueError(message(f"array_split: {count} parts", [row("given", x)]))
        each, longer = n // count, n % count
        bounds = [None, *(each * k + elemwise(OPS["minimum"])(longer, k) for k in range(1, count)), None]
    else:
        bounds = [None, *indices_or_sections, None]
    return [x[(*at, slice(*ends))] for ends in pairwise(bounds)]


def diagflat(v: Any, k: Any = 0) -> Any:
    """The square matrix with the elements of ``v`` on diagonal number ``k``."""
    return diag(flatten(as_tensor_variable(v)), k)


# ------------------------------------------------------------------------------------------------ elements


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """``out[i, ..., j, ...] = arr[i, ..., indices[i, ..., j, ...], ...]``: along ``axis`` the elements at these positions, elsewhere at the
    same places; of the flattened tensor if it is None.  Other dimensions of broadcastable type stretch."""
    x, places = as_tensor_variable(arr), as_tensor_variable(indices)
    if axis is None:
        x, axis = flatten(x), 0
    if not is_integer(places.type.dtype):
        raise DTypeError(message("take_along_axis: integers are needed", [row("indices", places)]))
    if places.type.ndim != x.type.ndim:
        raise ShapeError(message("take_along_axis: both must be of one rank", [row("given", x), row("indices", places)]))
    axis, rank = checked_axis("take_along_axis", axis, x), x.type.ndim
    grid = [
        places if k == axis else zeros((), "int64") if x.type.broadcastable[k]
        else arange(sizes_of(x)[k]).dimshuffle(*("x" if other != k else 0 for other in range(rank)))
        for k in range(rank)
    ]  # fmt: skip
    return x[tuple(grid)]


def argwhere(a: Any) -> Any:
    """The positions of what is not zero, one row for each."""
    return nonzero(a, return_matrix=True).T


def extract(condition: Any, arr: Any) -> Any:
    """The elements of ``arr`` where ``condition``, of the same shape, is true."""
    return flatten(as_tensor_variable(arr)).take(flatnonzero(condition))


def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """For each element whether it is one of ``test_elements``, or with ``invert`` whether it is not."""
    x, others = as_tensor_variable(element), flatten(as_tensor_variable(test_elements))
    found = eq(x.dimshuffle(*range(x.type.ndim), "x"), others).any(axis=x.type.ndim)
    return ~found if invert else found


def array_equal(a1: Any, a2: Any) -> Any:
    """Whether all elements are equal.  Sizes that differ are an error when the function runs; ranks that differ make it false."""
    a1, a2 = as_tensor_variable(a1), as_tensor_variable(a2)
    return eq(a1, a2).all() if a1.type.ndim == a2.type.ndim else as_tensor_variable(np.array(False))


# ------------------------------------------------------------------------------------------------ ranges and grids


def linspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None) -> Any:
    """``num`` numbers at equal distances from ``start`` to ``stop``, along a new first axis; without ``stop`` if not ``endpoint``."""
    start, stop, count = as_tensor_variable(start), as_tensor_variable(stop), as_tensor_variable(num)
    if count.type.ndim or not is_integer(count.type.dtype):
        raise DTypeError(message("linspace: num is an integer", [row("num", count)]))
    width = stop * 1.0 - start
    parts = elemwise(OPS["maximum"])(count - 1, 1) if endpoint else count
    place = arange(count).dimshuffle(0, *["x"] * width.type.ndim)
    found = start + place.astype(width.type.dtype) * (width / parts.astype(width.type.dtype))
    if endpoint:  # to the last digit
        found = elemwise(OPS["switch"])(eq(place, parts), stop, found)
    return found if dtype is None else found.astype(dtype)


def meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> list[Any]:
    """For each vector a tensor that varies along one axis as it does: with ``"ij"`` the axis of its own number, with ``"xy"`` the first two
    are exchanged.  ``sparse``: the other axes have size 1."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    vectors, rank = [flatten(as_tensor_variable(x)) for x in xi], len(xi)
    places = [1, 0, *range(2, rank)] if indexing == "xy" and rank > 1 else list(range(rank))
    axes = [v.dimshuffle(*(0 if other == k else "x" for other in range(rank))) for v, k in zip(vectors, places)]
    return axes if sparse else broadcast_arrays(*axes)


def _indices(mask: Any) -> tuple[Any, ...]:
    return nonzero(mask)  # type: ignore[no-any-return]


def tril_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Any, ...]:
    """The positions, by row and by column, on and below diagonal ``k`` of a matrix of ``n`` rows."""
    return _indices(tri(n, m, k))


def triu_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Any, ...]:
    """The positions, by row and by column, on and above diagonal ``k`` of a matrix of ``n`` rows."""
    return _indices(eq(tri(n, m, k - 1), 0))


def tril_indices_from(arr: Any, k: Any = 0) -> tuple[Any, ...]:
    """:func:`tril_indices` of a matrix like this one."""
    return tril_indices(*_rows_and_columns("tril_indices_from", arr, k))


def triu_indices_from(arr: Any, k: Any = 0) -> tuple[Any, ...]:
    """:func:`triu_indices` of a matrix like this one."""
    return triu_indices(*_rows_and_columns("triu_indices_from", arr, k))


def _rows_and_columns(what: str, arr: Any, k: Any) -> tuple[Any, Any, Any]:
    arr = as_tensor_variable(arr)
    if arr.type.ndim != 2:
        raise ShapeError(message(f"{what}: a matrix is needed", [row("given", arr)]))
    rows, columns = sizes_of(arr)
    return rows, k, columns
