"""Exponentials, logarithms, trigonometric and error functions; their bodies are intrinsics of :mod:`theano.scalar.mathlib`."""

from __future__ import annotations

from math import log as ln
from math import pi
from math import sqrt as root

import numpy as np

from theano import dtypes
from theano.scalar.arithmetic import sqr
from theano.scalar.declare import elementwise
from theano.scalar.instructions import Value, intrinsic


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.exp, partials=lambda x, out: (out,), ulp=2.0)
def exp(x: Value) -> Value:
    """e to the power x."""
    return intrinsic("exp", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.exp2, partials=lambda x, out: (out * ln(2),), ulp=2.0)
def exp2(x: Value) -> Value:
    """2 to the power x."""
    return intrinsic("exp2", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.expm1, partials=lambda x, out: (exp(x),), ulp=2.0)
def expm1(x: Value) -> Value:
    """exp(x) - 1, exact near 0."""
    return intrinsic("expm1", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.log, partials=lambda x, out: (1 / x,), domain=(1e-3, 100.0), ulp=2.0)
def log(x: Value) -> Value:
    """The natural logarithm."""
    return intrinsic("log", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.log2, partials=lambda x, out: (1 / (x * ln(2)),), domain=(1e-3, 100.0), ulp=2.0)
def log2(x: Value) -> Value:
    """The logarithm to base 2."""
    return intrinsic("log2", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.log10, partials=lambda x, out: (1 / (x * ln(10)),), domain=(1e-3, 100.0), ulp=2.0)
def log10(x: Value) -> Value:
    """The logarithm to base 10."""
    return intrinsic("log10", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.log1p, partials=lambda x, out: (1 / (1 + x),), domain=(-0.99, 100.0), ulp=2.0)
def log1p(x: Value) -> Value:
    """log(1 + x), exact near 0."""
    return intrinsic("log1p", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.sin, partials=lambda x, out: (cos(x),), ulp=2.0)
def sin(x: Value) -> Value:
    """The sine of x radians."""
    return intrinsic("sin", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.cos, partials=lambda x, out: (-sin(x),), ulp=2.0)
def cos(x: Value) -> Value:
    """The cosine of x radians."""
    return intrinsic("cos", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.tanh, partials=lambda x, out: (1 - sqr(out),), ulp=2.0)
def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    return intrinsic("tanh", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.sinh, partials=lambda x, out: (cosh(x),), ulp=4.0)
def sinh(x: Value) -> Value:
    """The hyperbolic sine, (e - 1/(e + 1)) / 2 with e = expm1(x) (and halves where e would overflow)."""
    half = intrinsic("expm1", abs(x) * 0.5)
    big = (half + 1.0) * 0.5 * (half + 1.0)
    grown = intrinsic("expm1", abs(x))
    from theano.scalar.instructions import binary, select

    return binary("copysign", select(abs(x) < 20.0, (grown + grown / (grown + 1.0)) * 0.5, big), x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.cosh, partials=lambda x, out: (sinh(x),), ulp=4.0)
def cosh(x: Value) -> Value:
    """The hyperbolic cosine, (e + 1/e) / 2 with the root of e = exp(x) multiplied in twice."""
    half = intrinsic("exp", abs(x) * 0.5)
    return half * 0.5 * half + 0.5 / half / half


@elementwise(
    dtype=dtypes.upgrade_to_real_float, reference="scipy.special.expit", partials=lambda x, out: (out * (1 - out),), ulp=2.0
)
def sigmoid(x: Value) -> Value:
    """1 / (1 + exp(-x))."""
    return intrinsic("sigmoid", x)


def _softplus(x):  # type: ignore[no-untyped-def]
    return np.logaddexp(x, np.asarray(0, x.dtype))


@elementwise(dtype=dtypes.upgrade_to_real_float, reference=_softplus, partials=lambda x, out: (sigmoid(x),), ulp=2.0)
def softplus(x: Value) -> Value:
    """log(1 + exp(x))."""
    return intrinsic("softplus", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float, reference="scipy.special.erf", partials=lambda x, out: (2 / root(pi) * exp(-sqr(x)),),
    domain=(-5.0, 5.0), ulp=2.0,
)  # fmt: skip
def erf(x: Value) -> Value:
    """The error function, 2/√π ∫₀ˣ exp(-t²) dt."""
    return intrinsic("erf", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float, reference="scipy.special.erfc", partials=lambda x, out: (-2 / root(pi) * exp(-sqr(x)),),
    domain=(-5.0, 5.0), ulp=2.0,
)  # fmt: skip
def erfc(x: Value) -> Value:
    """1 - erf(x), exact in the tail."""
    return intrinsic("erfc", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float, reference="scipy.special.erfcx", partials=lambda x, out: (2 * x * out - 2 / root(pi),), native=False
)
def erfcx(x: Value) -> Value:  # type: ignore[empty-body]
    """exp(x²) erfc(x)."""
