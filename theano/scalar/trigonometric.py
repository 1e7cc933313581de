"""Trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import math

import numpy as np

from theano import dtypes
from theano.scalar.arithmetic import inv, sqr, sqrt
from theano.scalar.declare import elementwise
from theano.scalar.instructions import Value, intrinsic


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.deg2rad, partials=lambda x, out: (math.pi / 180,), inverse="rad2deg", ulp=1.0)
def deg2rad(x: Value) -> Value:
    """Degrees to radians."""
    return x * (math.pi / 180)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.rad2deg, partials=lambda x, out: (180 / math.pi,), inverse="deg2rad", ulp=1.0)
def rad2deg(x: Value) -> Value:
    """Radians to degrees."""
    return x * (180 / math.pi)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (cos(x),), ulp=2.0)  # type: ignore[has-type]
def sin(x: Value) -> Value:
    """The sine of x radians."""
    return intrinsic("sin", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (-sin(x),), ulp=2.0)
def cos(x: Value) -> Value:
    """The cosine of x radians."""
    return intrinsic("cos", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (1 + sqr(out),), domain=(-1.5, 1.5), ulp=2.0)
def tan(x: Value) -> Value:
    """The tangent of x radians."""
    return intrinsic("tan", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (inv(sqrt(1 - sqr(x))),), domain=(-0.9, 0.9), ulp=2.0)
def arcsin(x: Value) -> Value:
    """The angle in [-π/2, π/2] with sine x."""
    return intrinsic("arcsin", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (-inv(sqrt(1 - sqr(x))),), domain=(-0.9, 0.9), ulp=2.0)
def arccos(x: Value) -> Value:
    """The angle in [0, π] with cosine x."""
    return intrinsic("arccos", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (inv(1 + sqr(x)),), ulp=2.0)
def arctan(x: Value) -> Value:
    """The angle in (-π/2, π/2) with tangent x."""
    return intrinsic("arctan", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    partials=lambda y, x, out: (x / (sqr(x) + sqr(y)), -y / (sqr(x) + sqr(y))),
    ulp=2.0,
)
def arctan2(y: Value, x: Value) -> Value:
    """The angle of the point (x, y), in [-π, π]."""
    return intrinsic("arctan2", y, x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (cosh(x),), ulp=2.0)  # type: ignore[has-type]
def sinh(x: Value) -> Value:
    """The hyperbolic sine."""
    return intrinsic("sinh", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (sinh(x),), ulp=2.0)
def cosh(x: Value) -> Value:
    """The hyperbolic cosine."""
    return intrinsic("cosh", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (1 - sqr(out),), ulp=2.0)
def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    return intrinsic("tanh", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (inv(sqrt(1 + sqr(x))),), ulp=2.0)
def arcsinh(x: Value) -> Value:
    """The number with hyperbolic sine x."""
    return intrinsic("arcsinh", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (inv(sqrt(x - 1) * sqrt(x + 1)),), domain=(1.1, 10.0), ulp=2.0)
def arccosh(x: Value) -> Value:
    """The number, not negative, with hyperbolic cosine x."""
    return intrinsic("arccosh", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (inv(1 - sqr(x)),), domain=(-0.9, 0.9), ulp=2.0)
def arctanh(x: Value) -> Value:
    """The number with hyperbolic tangent x."""
    return intrinsic("arctanh", x)
