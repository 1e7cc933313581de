"""Relatives of the error function: the scaled complement and the inverses."""

from __future__ import annotations

import math

from theano import dtypes
from theano.scalar.arithmetic import sqr
from theano.scalar.declare import elementwise
from theano.scalar.instructions import Value, intrinsic
from theano.scalar.transcendental import exp

HALF_ROOT_PI = math.sqrt(math.pi) / 2


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    partials=lambda x, out: (2 * x * out - 1 / HALF_ROOT_PI,),
    domain=(-2.0, 10.0),
    ulp=5.0,
    source="DLMF 7.2.3, w(ix)",
)
def erfcx(x: Value) -> Value:
    """exp(x²) erfc(x), which neither underflows nor overflows for positive x."""
    return intrinsic("erfcx", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    partials=lambda x, out: (HALF_ROOT_PI * exp(sqr(out)),),
    inverse="erf",
    domain=(-0.9, 0.9),
    ulp=3.0,
    source="DLMF 7.17.1",
)
def erfinv(x: Value) -> Value:
    """The number whose erf is x; infinite at -1 and 1, NaN beyond."""
    return intrinsic("erfinv", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    partials=lambda x, out: (-HALF_ROOT_PI * exp(sqr(out)),),
    inverse="erfc",
    domain=(0.1, 1.9),
    everywhere=False,
    ulp=4.0,
    source="DLMF 7.17.1",
)
def erfcinv(x: Value) -> Value:
    """The number whose erfc is x, exact for tiny x; infinite at 0 and 2, NaN beyond."""
    return intrinsic("erfcinv", x)
