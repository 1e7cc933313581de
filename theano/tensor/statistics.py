"""Means, variances and spans.

The variance is the mean squared distance from the mean, computed so and not from sums of squares: it neither loses the digits that
these share nor becomes negative.  float16 is computed in float32.  Of rows it takes one pass over memory: the second loop finds the
row in the cache.  Mean and variance at once, by Welford's recurrence, take a division for each element; over all elements of a
matrix of 4 million that took 1.2 to 1.9 times as long as two loops that read memory twice.

>>> from theano.tensor.constructors import fmatrix, wvector
>>> mean(wvector("n")).dtype, var(fmatrix(), axis=0, keepdims=True).type
('float64', TensorType(float32, row))
"""

from __future__ import annotations

from typing import Any

from theano.dtypes import is_complex, is_discrete
from theano.errors import ShapeError, message
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable, weak_constants
from theano.tensor.elemwise import elemwise, row
from theano.tensor.joining import join
from theano.tensor.products import dot
from theano.tensor.reduce import as_axis, max, min, reduced_axes, spread, sum
from theano.tensor.reshaping import squeeze
from theano.tensor.shapes import sizes_of


def _count(x: Any, axis: Any, dtype: str) -> Any:
    """How many elements are reduced, as a number to divide a ``dtype`` by."""
    sizes = sizes_of(x)
    chosen = [sizes[entry] for entry in reduced_axes(as_axis(axis), x)]
    total = elemwise(OPS["mul"])(*chosen) if len(chosen) > 1 else as_tensor_variable(chosen[0] if chosen else 1)
    return total.astype("float32" if dtype in ("float16", "float32", "complex64") else "float64")


def mean(input: Any, axis: Any = None, dtype: Any = None, op: bool = False, keepdims: bool = False, acc_dtype: Any = None) -> Any:
    """The mean over ``axis``: float64 of integers, the dtype of floats.  ``dtype`` is that in which the sum is rounded.

    ``op`` asked the classic system for a slower implementation; it changes nothing."""
    x = as_tensor_variable(input)
    default = {"float16": "float32"}.get(x.type.dtype) or ("float64" if is_discrete(x.type.dtype) else None)
    total = sum(x, axis, default if dtype is None else dtype, keepdims, acc_dtype)
    result = total / _count(x, axis, total.type.dtype)
    return result.astype("float16") if dtype is None and x.type.dtype == "float16" else result


def var(input: Any, axis: Any = None, ddof: Any = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """The mean squared distance from the mean, with ``ddof`` less in the divisor (which never falls below 0).

    ``corrected`` subtracts the square of the mean distance, which is zero but for rounding."""
    x = as_tensor_variable(input)
    result = _variance(x, axis, ddof, keepdims, corrected)
    return result.astype("float16") if x.type.dtype == "float16" else result


def std(input: Any, axis: Any = None, ddof: Any = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """The square root of :func:`var`."""
    x = as_tensor_variable(input)
    result = elemwise(OPS["sqrt"])(_variance(x, axis, ddof, keepdims, corrected))
    return result.astype("float16") if x.type.dtype == "float16" else result


def _variance(x: Any, axis: Any, ddof: Any, keepdims: bool, corrected: bool) -> Any:
    if isinstance(ddof, bool):
        raise ValueError("var: ddof is a number; the arguments are (input, axis=None, ddof=0, keepdims=False, corrected=False)")
    x = x.astype("float32") if x.type.dtype == "float16" else x
    centered = x - mean(x, axis, keepdims=True)
    squares = centered * centered
    total = sum(squares, axis, keepdims=keepdims)
    count = _count(x, axis, total.type.dtype)
    with weak_constants():
        divisor = count if type(ddof) is int and ddof == 0 else elemwise(OPS["maximum"])(count - ddof, 0)
        result = (total / divisor).astype(squares.dtype)
        return result - mean(centered, axis, keepdims=keepdims) ** 2 if corrected else result


def ptp(a: Any, axis: Any = None) -> Any:
    """The greatest element less the least one."""
    return max(a, axis) - min(a, axis)


def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None, aweights: Any = None
) -> Any:
    """The covariances of the rows of ``m`` (the columns, without ``rowvar``) and of ``y``, if there is one.

    The divisor is the number of observations less ``ddof``, by default 1, or 0 with ``bias``; it never falls below 0.  ``fweights``
    says how often each observation occurs, ``aweights`` what it counts."""
    if ddof is not None and ddof != int(ddof):
        raise TypeError(f"cov: ddof must be a whole number, not {ddof!r}")
    x = _variables_in_rows(m, rowvar)
    if y is not None:
        x = join(0, x, _variables_in_rows(y, rowvar))
    less = (0 if bias else 1) if ddof is None else int(ddof)
    weights = [as_tensor_variable(w) for w in (fweights, aweights) if w is not None]
    with weak_constants():
        if not weights:
            centered = x - mean(x, axis=1, keepdims=True)
            weighted, divisor = centered, _count(x, 1, x.type.dtype) - less
        else:
            weight = weights[0] if len(weights) == 1 else weights[0] * weights[1]
            total = sum(weight)
            centered = x - spread(sum(x * weight, axis=1) / total, (1,))
            weighted = centered * weight
            divisor = total - less * (sum(weight * weights[-1]) / total if aweights is not None else 1)
        divisor = elemwise(OPS["maximum"])(divisor, 0)
        product = dot(weighted, elemwise(OPS["conj"])(centered).T if is_complex(x.type.dtype) else centered.T)
        return squeeze(product / divisor)


def _variables_in_rows(m: Any, rowvar: bool) -> Any:
    m = as_tensor_variable(m)
    if m.type.ndim > 2:
        raise ShapeError(message(f"cov: a matrix or a vector is needed, not a tensor of rank {m.type.ndim}", [row("given", m)]))
    m = m.astype("float64") if is_discrete(m.type.dtype) else m
    m = m.dimshuffle(*["x"] * (2 - m.type.ndim), *range(m.type.ndim))
    return m if rowvar or m.type.broadcastable[0] else m.T


__all__ = ["cov", "mean", "ptp", "std", "var"]
