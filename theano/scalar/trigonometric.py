"""Trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import math

import numpy as np

from theano import dtypes
from theano.scalar.arithmetic import inv, sqr, sqrt
from theano.scalar.declare import elementwise
from theano.scalar.instructions import Value, intrinsic, select


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


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.tan, partials=lambda x, out: (1 + sqr(out),), domain=(-1.5, 1.5), ulp=4.0)
def tan(x: Value) -> Value:
    """The tangent of x radians."""
    return intrinsic("sin", x) / intrinsic("cos", x)


@elementwise(
    dtype=dtypes.upgrade_to_float, reference=np.arcsin, partials=lambda x, out: (inv(sqrt(1 - sqr(x))),), domain=(-0.9, 0.9), native=False
)
def arcsin(x: Value) -> Value:  # type: ignore[empty-body]
    """The angle in [-π/2, π/2] with sine x."""


@elementwise(
    dtype=dtypes.upgrade_to_float, reference=np.arccos, partials=lambda x, out: (-inv(sqrt(1 - sqr(x))),), domain=(-0.9, 0.9), native=False
)
def arccos(x: Value) -> Value:  # type: ignore[empty-body]
    """The angle in [0, π] with cosine x."""


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.arctan, partials=lambda x, out: (inv(1 + sqr(x)),), native=False)
def arctan(x: Value) -> Value:  # type: ignore[empty-body]
    """The angle in (-π/2, π/2) with tangent x."""


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference=np.arctan2,
    partials=lambda y, x, out: (x / (sqr(x) + sqr(y)), -y / (sqr(x) + sqr(y))),
    native=False,
)
def arctan2(y: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The angle of the point (x, y), in [-π, π]."""


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.sinh, partials=lambda x, out: (cosh(x),), ulp=4.0)  # type: ignore[has-type]
def sinh(x: Value) -> Value:
    """The hyperbolic sine."""
    size = abs(x)
    grown = intrinsic("expm1", size)
    half = intrinsic("exp", size * 0.5)  # e^x may overflow where the result does not
    result = select(size < 20.0, (grown + grown / (grown + 1.0)) * 0.5, half * 0.5 * half)
    return select(x < 0, -result, select(size < 1e-4, x, result))


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.cosh, partials=lambda x, out: (sinh(x),), ulp=4.0)
def cosh(x: Value) -> Value:
    """The hyperbolic cosine."""
    half = intrinsic("exp", abs(x) * 0.5)  # e^x may overflow where the result does not
    return half * 0.5 * half + 0.5 / half / half


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (1 - sqr(out),), ulp=2.0)
def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    return intrinsic("tanh", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.arcsinh, partials=lambda x, out: (inv(sqrt(1 + sqr(x))),), native=False)
def arcsinh(x: Value) -> Value:  # type: ignore[empty-body]
    """The number with hyperbolic sine x."""


@elementwise(
    dtype=dtypes.upgrade_to_float, reference=np.arccosh, partials=lambda x, out: (inv(sqrt(sqr(x) - 1)),), domain=(1.1, 10.0), native=False
)
def arccosh(x: Value) -> Value:  # type: ignore[empty-body]
    """The number, not negative, with hyperbolic cosine x."""


@elementwise(
    dtype=dtypes.upgrade_to_float, reference=np.arctanh, partials=lambda x, out: (inv(1 - sqr(x)),), domain=(-0.9, 0.9), native=False
)
def arctanh(x: Value) -> Value:  # type: ignore[empty-body]
    """The number with hyperbolic tangent x."""
