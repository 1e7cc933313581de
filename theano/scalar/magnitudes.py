"""Sizes and signs of pairs of numbers, and which of them is the greater where one may be missing."""

from __future__ import annotations

import numpy as np

from theano import dtypes
from theano.scalar.declare import elementwise
from theano.scalar.instructions import Value, binary, select
from theano.scalar.logic import eq, switch


@elementwise(
    dtype=dtypes.upgrade_to_real_float, reference=np.hypot, partials=lambda x, y, out: (x / out, y / out), commutative=True, ulp=2.0
)
def hypot(x: Value, y: Value) -> Value:
    """√(x² + y²), without overflow; infinite if either is, even if the other is NaN."""
    from theano.scalar.mathlib.complex_functions import hypot

    return hypot(x, y)


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference=np.copysign,
    partials=lambda x, y, out: (switch(eq(out, x), 1, -1), 0),
)
def copysign(x: Value, y: Value) -> Value:
    """The size of x with the sign of y, that of a zero too."""
    return binary("copysign", x, y)


@elementwise(
    dtype=dtypes.upcast_real_out,
    reference=np.fmax,
    partials=lambda x, y, out: (switch(eq(out, x), 1, 0), switch(eq(out, x), 0, 1)),
    kinks=[((1.0, 1.0), (1.0, 0.0))],
    commutative=True,
    associative=True,
    idempotent=True,
)
def fmax(x: Value, y: Value) -> Value:
    """The greater; the other one if one is NaN.  At a tie the derivative is all the first argument's."""
    return x | y if x.dtype == "bool" else select(x.differs(x), y, select(y.differs(y), x, binary("max", x, y)))


@elementwise(
    dtype=dtypes.upcast_real_out,
    reference=np.fmin,
    partials=lambda x, y, out: (switch(eq(out, x), 1, 0), switch(eq(out, x), 0, 1)),
    kinks=[((1.0, 1.0), (1.0, 0.0))],
    commutative=True,
    associative=True,
    idempotent=True,
)
def fmin(x: Value, y: Value) -> Value:
    """The lesser; the other one if one is NaN.  At a tie the derivative is all the first argument's."""
    return x & y if x.dtype == "bool" else select(x.differs(x), y, select(y.differs(y), x, binary("min", x, y)))
