"""Logarithms: x = 2^e (1 + s) with 1 + s in [2/3, 4/3), log x = e log 2 + s - s^2/2 + s^3 (...).

No division.  The polynomials are minimax for the relative error of log(1 + s), 2^-27.5 and 2^-56.6.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.scalar.instructions import Value, fma, select
from theano.scalar.mathlib.exponential import exp_of_negative
from theano.scalar.mathlib.formats import Format, Table, choose, constant, polynomial, portable, product, split, split_any

# fmt: off
LOG: Table = {
    "float32": (-0.5, 0.3333321511745453, -0.24999797344207764, 0.20010405778884888, -0.16680486500263214, 0.1400587111711502,
                -0.12184295058250427, 0.13984441757202148, -0.12891492247581482),
    "float64": (-0.5, 0.3333333333333323, -0.25000000000013356, 0.2000000000005521, -0.1666666666292637, 0.14285714276459252,
                -0.12500000389357457, 0.11111111845467952, -0.09999979280441419, 0.09090876406493645, -0.08333972491573617,
                0.07693193021166132, -0.07130788256266116, 0.06651546605881635, -0.06390926145987784, 0.060451921956071894,
                -0.04573440660337123, 0.042023989490828126, -0.08624953897448767, 0.08452422439965152),
}
# fmt: on

LOWEST = {"float32": 0x3F2AAAAB, "float64": 0x3FE5555555555555}
"""The bits of 2/3, where the range of the significand starts."""

# log2 e, log10 e and log10 2, each as a number and what it lacks.
LOG2_E: Table = {"float32": (1.4426950216293335, 1.925963033500011e-08), "float64": (1.4426950408889634, 2.0355273740931033e-17)}
LOG10_E: Table = {"float32": (0.4342944920063019, -1.0103049952192578e-08), "float64": (0.4342944819032518, 1.098319650216765e-17)}
LOG10_2: Table = {"float32": (0.3010300099849701, -1.432098883924482e-08), "float64": (0.3010299956639812, -2.8037281277851704e-18)}


def exponent(f: Format, x: Value, lowest: int) -> tuple[Value, Value]:
    """The e of a positive normal ``x`` as a number, and as bits at their place in the format.

    ``lowest``: the bits of the number in [1/2, 1] at which the range of the significand starts."""
    bits = f.bits(x) - lowest
    places = bits & f.exponent_mask
    if f.dtype == "float32":
        return places.bitcast("int32").cast("float32") * 2.0**-f.digits, places
    biased = (bits + (f.bias << f.digits)) >> f.digits  # few machines convert int64: make the bits of 2^52 + biased
    return f.number(biased | 0x4330000000000000) - (2.0**52 + f.bias), places


def reduced(f: Format, x: Value) -> tuple[Value, Value]:
    """e and s of a positive ``x``, which may be subnormal."""
    subnormal = x < f.tiny
    normal = choose(subnormal, x * 2.0**f.digits, x)
    e, places = exponent(f, normal, LOWEST[f.dtype])
    return e - choose(subnormal, constant(x, f.digits), 0.0), f.number(f.bits(normal) - places) - 1.0


def reduced_1(f: Format, x: Value, low: Value | None = None) -> tuple[Value, Value, Value | None]:
    """e and s of ``1 + x``.  Scaling 1 and ``x`` apart loses nothing of ``x``.  With ``low``, those of ``1 + x + low``, s in two parts."""
    e, places = exponent(f, 1.0 + x, LOWEST[f.dtype])
    four_times = f.number(f.bits(constant(x, 4.0)) - places)
    scaled, less_1 = f.number(f.bits(x) - places), fma(four_times, 0.25, -1.0)
    if low is None:
        return e, scaled + less_1, None
    s, lost = split_any(scaled, less_1)
    return e, s, fma(low * 0.25, four_times, lost)


def natural(f: Format, e: Value, s: Value, low: Value | None = None) -> Value:
    """e log 2 + log(1 + s + low).  In float32 log 2 happens to be almost exactly a number; in float64 it needs a second part."""
    curve, rest = polynomial(s, LOG[f.dtype]), e * 2.3190468138462996e-17 if f.dtype == "float64" else None
    if low is not None:
        rest = fma(low, 1.0 - s, constant(s, 0.0) if rest is None else rest)
    small = fma(s * s, curve, s) if rest is None else s + fma(s * s, curve, rest)
    return fma(e, math.log(2), small)


def at_the_ends(x: Value, result: Value, zero: float = 0.0) -> Value:
    """``result``, unless ``x`` is ``zero``, less, infinite or NaN."""
    ended = choose(x.equals(zero), constant(x, -math.inf), math.nan)
    return select(x.equals(math.inf), x, select(x > zero, result, ended))


@portable(np.log)
def log(f: Format, x: Value) -> Value:
    return at_the_ends(x, natural(f, *reduced(f, x)))


@portable(np.log1p)
def log1p(f: Format, x: Value) -> Value:
    e, s, _ = reduced_1(f, x)
    return select(abs(x) < 2.0 ** (-f.digits - 2), x, at_the_ends(x, natural(f, e, s), -1.0))


@portable(np.log2)
def log2(f: Format, x: Value) -> Value:
    e, s = reduced(f, x)
    return at_the_ends(x, in_base(f, e, None, s, LOG2_E[f.dtype]))


@portable(np.log10)
def log10(f: Format, x: Value) -> Value:
    e, s = reduced(f, x)
    high, low = LOG10_2[f.dtype]
    return at_the_ends(x, in_base(f, e * high, e * low, s, LOG10_E[f.dtype]))


def in_base(f: Format, whole: Value, whole_low: Value | None, s: Value, factor: tuple[float, ...]) -> Value:
    """``whole + whole_low + log(1 + s)`` times a factor given in two parts.  ``whole`` is 0 or the larger, and keeps what is added."""
    high, low = factor
    first, first_low = product(f, s, constant(s, high))
    total, lost = split(whole, first)
    rest = fma(s, low, first_low) if whole_low is None else fma(s, low, first_low + whole_low)
    return total + (lost + fma(s * s, polynomial(s, [high * c for c in LOG[f.dtype]]), rest))


def softplus_reference(x: Any) -> Any:
    return np.logaddexp(x, np.zeros_like(x))


@portable(softplus_reference)
def softplus(f: Format, x: Value) -> Value:
    """log(1 + e^x) = max(x, 0) + log1p(e^-|x|), where e^-40 is as good as less: subnormal numbers would be slow."""
    e, s, low = reduced_1(f, exp_of_negative(f, choose(x > 40.0, -40.0, -abs(x))), constant(x, 0.0))
    return choose(x < 0.0, 0.0, x) + natural(f, e, s, low)  # NaN comes from here
