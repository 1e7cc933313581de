"""Means, variances and spans.

The variance is the mean squared distance from the mean, computed so and not from sums of squares: it neither loses the digits that
these share nor becomes negative.  float16 is computed in float32.

>>> from theano.tensor.constructors import fmatrix, wvector
>>> mean(wvector("n")).dtype, var(fmatrix(), axis=0, keepdims=True).type
('float64', TensorType(float32, row))
"""

from __future__ import annotations

from typing import Any

from theano.dtypes import is_discrete
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable, weak_constants
from theano.tensor.elemwise import elemwise
from theano.tensor.reduce import as_axis, max, min, reduced_axes, sum
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


__all__ = ["mean", "ptp", "std", "var"]
