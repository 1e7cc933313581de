"""Combinations given as code: of one value, of two, with and without a neutral number."""

import math

from theano.loops.ir import Fold
from theano.scalar.instructions import Trace, Value, intrinsic, select, unary


def arguments(*dtypes: str) -> list[Value]:
    trace = Trace()
    return [trace.leaf("input", dtype, k) for k, dtype in enumerate(dtypes)]


def exclusive(dtype: str) -> Fold:
    a, b = arguments(dtype, dtype)
    return Fold("xor", (0,), (a ^ b,))


def hypotenuse(dtype: str) -> Fold:
    a, b = arguments(dtype, dtype)
    return Fold("hypot", (0.0,), (unary("sqrt", a * a + b * b),))


def largest(dtype: str) -> Fold:
    """The one of greater size; nothing to start from: whether there is a value is carried."""
    a, has_a, b, has_b = arguments(dtype, "bool", dtype, "bool")
    larger = select(abs(a) < abs(b), b, a)
    return Fold("largest", (0, False), (select(has_a & has_b, larger, select(has_a, a, b)), has_a | has_b))


def exponentials(dtype: str) -> Fold:
    """(m, s) for ``exp(m) * s``: a sum of exponentials that does not overflow."""
    m, s, n, r = arguments(dtype, dtype, dtype, dtype)
    scale = intrinsic("exp", select(m.equals(n), m.trace.const(0.0, dtype), -abs(m - n)))
    return Fold("sum_of_exp", (-math.inf, 0.0), (select(m < n, n, m), select(m < n, s * scale + r, s + r * scale)))
