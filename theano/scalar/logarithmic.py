"""Products with logarithms and logarithms of sums, right where a factor is 0 or a term is huge."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano import dtypes
from theano.scalar.declare import elementwise
from theano.scalar.instructions import Value, binary, intrinsic, select
from theano.scalar.transcendental import expm1, log, sigmoid

LOG_2 = math.log(2)


def _xlogx(x: Any) -> Any:
    return np.where(x == 0, x * 0, x * np.log(x))


@elementwise(dtype=dtypes.upgrade_to_float, reference=_xlogx, partials=lambda x, out: (1 + log(x),), domain=(1e-3, 100.0), ulp=3.0)
def xlogx(x: Value) -> Value:
    """x log(x), and 0 of 0."""
    return select(x.equals(0.0), x * 0.0, x * intrinsic("log", x))


def _xlogy0(x: Any, y: Any) -> Any:
    return np.where(x == 0, x * 0, x * np.log(y))


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference=_xlogy0,
    partials=lambda x, y, out: (log(y), x / y),
    domain=((-10.0, 10.0), (1e-3, 100.0)),
    ulp=3.0,
)
def xlogy0(x: Value, y: Value) -> Value:
    """x log(y), and 0 where x is 0, whatever y."""
    return select(x.equals(0.0), x * 0.0, x * intrinsic("log", y))


def _log1mexp(x: Any) -> Any:
    return np.where(x > -LOG_2, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))


@elementwise(
    dtype=dtypes.upgrade_to_real_float, reference=_log1mexp, partials=lambda x, out: (-1 / expm1(-x),), domain=(-20.0, -0.05), ulp=3.0
)
def log1mexp(x: Value) -> Value:
    """log(1 - exp(x)) of a negative x, exact near 0 and far out; NaN of a positive one."""
    near = intrinsic("log", -intrinsic("expm1", x))
    return select(x > -LOG_2, near, intrinsic("log1p", -intrinsic("exp", x)))


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference=np.logaddexp,
    partials=lambda x, y, out: (sigmoid(x - y), sigmoid(y - x)),
    commutative=True,
    ulp=2.0,
    scale=1.0,
)
def logaddexp(x: Value, y: Value) -> Value:
    """log(exp(x) + exp(y)), without overflow.  Close to 0 only the absolute error is small."""
    sum_ = binary("max", x, y) + intrinsic("log1p", intrinsic("exp", -abs(x - y)))
    return select(x.equals(y), x + LOG_2, sum_)
