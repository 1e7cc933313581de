"""Folds that NumPy has beside sums and extremes: quantiles, averages with weights, and folds that leave NaN out.

>>> from theano.tensor.constructors import dmatrix
>>> median(dmatrix(), axis=0).type, quantile(dmatrix(), [0.1, 0.9], axis=1).type, nanmean(dmatrix()).type
(TensorType(float64, vector), TensorType(float64, matrix), TensorType(float64, scalar))
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.dtypes import is_discrete
from theano.errors import DTypeError, ShapeError, message
from theano.graph import Variable
from theano.scalar import OPS
from theano.tensor import reduce as folds
from theano.tensor.checking import Assert
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import axes_of, elemwise, row
from theano.tensor.reshaping import reshape
from theano.tensor.shapes import SYMBOLIC, as_size, sizes_of
from theano.tensor.sorting import sort

switch, isnan, floor, ceil, nearest = (elemwise(OPS[name]) for name in ("switch", "isnan", "floor", "ceil", "round_half_to_even"))

METHODS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda place: place - floor(place),
    "lower": lambda place: 0.0 * place,
    "higher": lambda place: ceil(place) - floor(place),
    "midpoint": lambda place: 0.5 * (ceil(place) - floor(place)),
    "nearest": lambda place: nearest(place) - floor(place),
}
"""How far the way goes from the element before a place to the one after it."""


def quantile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """What the share ``q`` of the elements along ``axis`` (a number, several, or None for all) does not exceed.

    ``q``, numbers from 0 to 1, comes as the first axes of the result.  Between two elements ``method`` says what is taken: ``"linear"``,
    ``"lower"``, ``"higher"``, ``"midpoint"`` or ``"nearest"``.  It is NaN if an element is; float64 of integers."""
    if method not in METHODS:
        raise ValueError(f"quantile: the method is one of {', '.join(map(repr, METHODS))}, not {method!r}")
    x, q = as_tensor_variable(a), _share(q)
    if x.type.dtype == "bool" or x.type.dtype.startswith("complex"):
        raise DTypeError(message("quantile: numbers that have an order and a distance are needed", [row("given", x)]))
    x = x.astype("float64") if is_discrete(x.type.dtype) else x
    rows, axes = _along_last(x, axis)
    ordered, last = sort(rows, axis=-1), sizes_of(rows)[-1] - 1
    place = q * last.astype("float64")
    before = floor(place).astype("int64")
    share = METHODS[method](place).astype(x.type.dtype)
    low, high = ordered[..., before], ordered[..., elemwise(OPS["minimum"])(before + 1, last)]
    greatest = ordered[(..., -1, *[None] * q.type.ndim)]
    found = switch(isnan(greatest), greatest, switch(_is_zero(share), low, low + (high - low) * share))
    kept = rows.type.ndim - 1
    found = found.dimshuffle(*range(kept, kept + q.type.ndim), *range(kept))
    if keepdims:
        place_of = iter(range(q.type.ndim, found.type.ndim))
        found = found.dimshuffle(*range(q.type.ndim), *("x" if k in axes else next(place_of) for k in range(x.type.ndim)))
    return found


def _is_zero(share: Any) -> Any:
    return elemwise(OPS["eq"])(share, 0)


def _share(q: Any) -> Any:
    """``q`` as float64 from 0 to 1."""
    if isinstance(q, Variable):
        share: Any = as_tensor_variable(q).astype("float64")
        return Assert("quantile: a share is from 0 to 1")(share, folds.all((share >= 0) & (share <= 1)))
    value = np.asarray(q, "float64")
    if not ((value >= 0) & (value <= 1)).all():
        raise ValueError(message(f"quantile: a share is from 0 to 1, not {value}", cure="percentile counts to 100"))
    return as_tensor_variable(value)


def _along_last(x: Any, axis: Any) -> tuple[Any, list[int]]:
    """``x`` with the axes to be reduced as its last one, and which they are."""
    axes = list(range(x.type.ndim)) if axis is None else axes_of("quantile", axis, x)
    kept = [k for k in range(x.type.ndim) if k not in axes]
    moved = x.dimshuffle(*kept, *axes)
    if len(axes) == 1:
        return moved, axes
    sizes = [SYMBOLIC.entry(size) for size in sizes_of(moved)]
    return reshape(moved, (*map(as_size, sizes[: len(kept)]), as_size(SYMBOLIC.product(sizes[len(kept) :])))), axes


def percentile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """:func:`quantile` of ``q`` percent."""
    share = as_tensor_variable(q).astype("float64") / 100.0 if isinstance(q, Variable) else np.asarray(q, "float64") / 100.0
    return quantile(a, share, axis, method, keepdims)


def median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle element along ``axis``, or the mean of the middle two."""
    return quantile(a, 0.5, axis, "midpoint", keepdims)


def average(a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    """The mean along ``axis``, each element counting by its weight; weights have the shape of ``a``, or are a vector along ``axis``."""
    a = as_tensor_variable(a)
    if weights is None:
        return a.mean(axis=axis, keepdims=keepdims)
    weights = as_tensor_variable(weights)
    if weights.type.ndim != a.type.ndim:
        if weights.type.ndim != 1 or axis is None:
            cure = "weights of another shape are a vector along one axis"
            raise ShapeError(message("average: the weights do not fit", [row("given", a), row("weights", weights)], cure))
        (along,) = axes_of("average", axis, a)
        weights = weights.dimshuffle(*(0 if k == along else "x" for k in range(a.type.ndim)))
    weights = elemwise(OPS["second"])(a, weights)
    return (a * weights).sum(axis=axis, keepdims=keepdims) / weights.sum(axis=axis, keepdims=keepdims)


# ------------------------------------------------------------------------------------------------ without NaN


def _instead(a: Any, other: float) -> Any:
    """``a`` with ``other`` in the place of NaN."""
    a = as_tensor_variable(a)
    return a if is_discrete(a.type.dtype) else switch(isnan(a), as_tensor_variable(other).astype(a.type.dtype), a)


def _count(a: Any, axis: Any, keepdims: bool) -> Any:
    a = as_tensor_variable(a)
    there = elemwise(OPS["invert"])(isnan(a))
    return there.sum(axis=axis, keepdims=keepdims)


def nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum of what is not NaN."""
    return folds.sum(_instead(a, 0.0), axis, dtype, keepdims)


def nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product of what is not NaN."""
    return folds.prod(_instead(a, 1.0), axis, dtype, keepdims)


def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The mean of what is not NaN; NaN of nothing."""
    total = nansum(as_tensor_variable(a) * 1.0, axis, dtype, keepdims)
    return total / _count(a, axis, keepdims).astype(total.type.dtype)


def nanvar(a: Any, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Any:
    """The variance of what is not NaN."""
    a = as_tensor_variable(a)
    centered = a - nanmean(a, axis, keepdims=True)
    there = centered if is_discrete(a.type.dtype) else switch(isnan(a), as_tensor_variable(0).astype(centered.type.dtype), centered)
    total = folds.sum(there * there, axis, keepdims=keepdims)
    return total / (_count(a, axis, keepdims) - ddof).astype(total.type.dtype)


def nanstd(a: Any, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Any:
    """The square root of :func:`nanvar`."""
    return elemwise(OPS["sqrt"])(nanvar(a, axis, ddof, keepdims))


def nanmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The greatest of what is not NaN; NaN if nothing is left."""
    return _extreme(folds.max, a, -math.inf, axis, keepdims)


def nanmin(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The least of what is not NaN; NaN if nothing is left."""
    return _extreme(folds.min, a, math.inf, axis, keepdims)


def _extreme(fold: Callable[..., Any], a: Any, worst: float, axis: Any, keepdims: bool) -> Any:
    a = as_tensor_variable(a)
    found = fold(_instead(a, worst), axis, keepdims=keepdims)
    if is_discrete(a.type.dtype):
        return found
    nothing = as_tensor_variable(math.nan).astype(a.type.dtype)
    return switch(_is_zero(_count(a, axis, keepdims)), nothing, found)


def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """``x`` with numbers in the places of NaN and of the infinities, by default 0 and the greatest numbers that there are."""
    x = as_tensor_variable(x)
    if is_discrete(x.type.dtype):
        return x
    ends = np.finfo(x.type.dtype)
    least, greatest = (as_tensor_variable(d if v is None else v).astype(x.type.dtype) for v, d in ((neginf, ends.min), (posinf, ends.max)))
    eq = elemwise(OPS["eq"])
    return switch(eq(x, math.inf), greatest, switch(eq(x, -math.inf), least, _instead(x, nan)))
