"""Powers, exponentials, logarithms and error functions.

Their bodies are intrinsics: each has its code and its reference in :mod:`theano.scalar.mathlib`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano import dtypes
from theano.scalar.arithmetic import sqr
from theano.scalar.declare import elementwise
from theano.scalar.instructions import INTEGERS, ITEMSIZE, SIGNED, Value, intrinsic, select
from theano.scalar.logic import eq, switch

POSITIVE = (1e-3, 100.0)


@elementwise(dtype=dtypes.upgrade_to_real_float, partials=lambda x, out: (1 / (3 * sqr(out)),), domain=POSITIVE, ulp=2.0)
def cbrt(x: Value) -> Value:
    """The cube root, negative of negative numbers."""
    return intrinsic("cbrt", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (out,), inverse="log", ulp=2.0)
def exp(x: Value) -> Value:
    """e to the power x."""
    return intrinsic("exp", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (out * math.log(2),), inverse="log2", ulp=2.0)
def exp2(x: Value) -> Value:
    """2 to the power x."""
    return intrinsic("exp2", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (exp(x),), inverse="log1p", domain=(-3.0, 10.0), ulp=2.0)
def expm1(x: Value) -> Value:
    """exp(x) - 1, exact near 0."""
    return intrinsic("expm1", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (1 / x,), inverse="exp", domain=POSITIVE, ulp=2.0)
def log(x: Value) -> Value:
    """The natural logarithm; -inf of 0, NaN of negative numbers."""
    return intrinsic("log", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (1 / (x * math.log(2)),), inverse="exp2", domain=POSITIVE, ulp=2.0)
def log2(x: Value) -> Value:
    """The logarithm to base 2."""
    return intrinsic("log2", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (1 / (x * math.log(10)),), domain=POSITIVE, ulp=2.0)
def log10(x: Value) -> Value:
    """The logarithm to base 10."""
    return intrinsic("log10", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (1 / (1 + x),), inverse="expm1", domain=(-0.9, 100.0), ulp=2.0)
def log1p(x: Value) -> Value:
    """log(1 + x), exact near 0."""
    return intrinsic("log1p", x)


def _power(x: Any, y: Any) -> Any:
    """NumPy's power; an integer to a negative power is rounded towards zero, and 0 if it is 0."""
    if x.dtype.kind != "i":
        return np.power(x, y)
    reciprocal = np.where(x == 1, 1, np.where(x == -1, np.where(y % 2 == 0, 1, -1), 0))
    return np.where(y < 0, reciprocal, np.power(x, np.maximum(y, 0)))


@elementwise(
    dtype=dtypes.power_out,
    reference=_power,
    partials=lambda x, y, out: (y * pow(x, y - 1), switch(eq(x, 0), 0, out * log(x))),  # type: ignore[has-type]
    kinks=[((0.0, 2.0), (0.0, 0.0)), ((-2.0, 2.0), (-4.0, math.nan))],
    domain=((0.1, 8.0), (-4.0, 4.0)),
    ulp=2.0,
    symbol="**",
)
def pow(x: Value, y: Value) -> Value:
    """x to the power y.  Integers wrap; to negative powers they are rounded towards zero, and 0 gives 0."""
    return _integer_power(x, y) if x.dtype in INTEGERS else intrinsic("pow", x, y)


def _integer_power(x: Value, y: Value) -> Value:
    """By squaring, once for each bit of ``y``."""
    one, zero = x.trace.const(1, x.dtype), x.trace.const(0, x.dtype)
    odd = (y & 1).equals(1)
    result, square = select(odd, x, one), x
    for bit in range(1, 8 * ITEMSIZE[x.dtype] - (x.dtype in SIGNED)):
        square = square * square
        result = select((y & (1 << bit)).differs(0), result * square, result)
    if x.dtype not in SIGNED:
        return result
    reciprocal = select(x.equals(1), one, select(x.equals(-1), select(odd, x, one), zero))
    return select(y < 0, reciprocal, result)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (out * (1 - out),), ulp=2.0)
def sigmoid(x: Value) -> Value:
    """1 / (1 + exp(-x))."""
    return intrinsic("sigmoid", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (sigmoid(x),), ulp=2.0)
def softplus(x: Value) -> Value:
    """log(1 + exp(x))."""
    return intrinsic("softplus", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (2 / math.sqrt(math.pi) * exp(-sqr(x)),), domain=(-4.0, 4.0), ulp=2.0)
def erf(x: Value) -> Value:
    """The error function, 2/√π ∫₀ˣ exp(-t²) dt."""
    return intrinsic("erf", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float, partials=lambda x, out: (-2 / math.sqrt(math.pi) * exp(-sqr(x)),), domain=(-4.0, 8.0), ulp=2.0
)
def erfc(x: Value) -> Value:
    """1 - erf(x), exact in the tail."""
    return intrinsic("erfc", x)


@elementwise(dtype=dtypes.upgrade_to_real_float, partials=lambda x, out: (-2 * x * out,), domain=(-4.0, 4.0), ulp=2.0)
def gaussian(x: Value) -> Value:
    """exp(-x²), in one step with erfc where that is computed too."""
    return intrinsic("gaussian", x)
