"""sinh and cosh, and the inverses of hyperbolic functions.

With x = k log 2 + r, 2 sinh x = (2^k - 2^-k) cosh r + (2^k + 2^-k) sinh r, and cosh x the other way round.  The factors are exact,
cosh r - 1 and sinh r - r are short polynomials, and the product with r keeps its error: so large terms may cancel.

The inverses are log(1 + v) of a v in two parts: for arcsinh x + x^2/(1 + sqrt(1 + x^2)), for arccosh x - 1 + sqrt((x - 1)(x + 1)), and
for twice arctanh 2x/(1 - x) (Kahan, 1987).
"""

from __future__ import annotations

import math

import numpy as np

from theano.scalar.instructions import Value, binary, fma, select, unary
from theano.scalar.mathlib.exponential import LN2, OVERFLOW, shift
from theano.scalar.mathlib.formats import Format, Table, at_least, at_most, choose, constant, excess, polynomial, portable, product, split
from theano.scalar.mathlib.logarithm import natural, reduced_1

# fmt: off
SINH: Table = {  # sinh r = r + r^3 (...) in r^2, for |r| <= log(2)/2; 2^-34 and 2^-61
    "float32": (0.1666666716337204, 0.00833317544311285, 0.00019974027236457914),
    "float64": (0.16666666666666677, 0.008333333333321376, 0.0001984126988675632, 2.75572436176411e-06, 2.510922892340378e-08),
}
COSH: Table = {  # cosh r = 1 + r^2 (...) in r^2; 2^-33 and 2^-58
    "float32": (0.5, 0.041666459292173386, 0.001393545651808381),
    "float64": (0.5000000000000013, 0.04166666666651047, 0.0013888888948355334, 2.48014885068842e-05, 2.763180987466926e-07),
}
# fmt: on


@portable(np.sinh)
def sinh(f: Format, x: Value) -> Value:
    plus, minus, r, low = _halves(f, x)
    result = binary("copysign", _combined(f, minus, plus, r, low), x)
    return select(abs(x) < 2.0 ** (-f.digits // 2 - 1), x, result)


@portable(np.cosh)
def cosh(f: Format, x: Value) -> Value:
    plus, minus, r, low = _halves(f, x)
    return _combined(f, plus, minus, r, low)


def _halves(f: Format, x: Value) -> tuple[Value, Value, Value, Value]:
    """(2^k + 2^-k)/8 and (2^k - 2^-k)/8, and r in two parts.  An eighth, since 2^k may be too large where the result is not."""
    size = at_most(abs(x), OVERFLOW[f.dtype] + 1.0)
    bits, k, exact = shift(f, size, f.bias - 3)
    grown = bits << f.digits
    shrunk = choose(k > 40.0, 0.0, f.number((2 * (f.bias - 3) << f.digits) - grown))
    r, low = split(exact, k * -LN2[f.dtype][1])
    return f.number(grown) + shrunk, f.number(grown) - shrunk, r, low


def _combined(f: Format, even: Value, odd: Value, r: Value, low: Value) -> Value:
    """4 (even cosh(r + low) + odd sinh(r + low))."""
    square = r * r
    high = fma(odd, r, even)
    lost = fma(odd, r, even - high)
    sine = fma(r * square, polynomial(square, SINH[f.dtype]), low)
    return 4.0 * (high + fma(even * square, polynomial(square, COSH[f.dtype]), fma(odd, sine, lost)))


@portable(np.arcsinh)
def arcsinh(f: Format, x: Value) -> Value:
    size = abs(x)
    square = size * size
    more, low = split(size, square / (1.0 + unary("sqrt", 1.0 + square)))
    return select(size < math.inf, binary("copysign", _log_1(f, size, more, low), x), x)


@portable(np.arccosh)
def arccosh(f: Format, x: Value) -> Value:
    square, square_low = product(f, x, x)
    square, lost = split(square, constant(x, -1.0))
    root = unary("sqrt", square)
    root_low = (excess(f, square, root, root) + (lost + square_low)) * (0.5 / at_least(root, f.tiny))
    less, less_low = split(x, constant(x, -1.0))
    more, low = split(root, less)
    return choose(x < 1.0, math.nan, select(x < math.inf, _log_1(f, x, more, low + (less_low + root_low)), x))


def _log_1(f: Format, x: Value, more: Value, low: Value) -> Value:
    """log(1 + more + low), which is log 2x for a large ``x``."""
    large = x > 2.0 ** (f.digits + 2)
    e, s, s_low = reduced_1(f, select(large, x, more), choose(large, 0.0, low))
    return natural(f, e + choose(large, constant(x, 1.0), 0.0), s, s_low)


@portable(np.arctanh)
def arctanh(f: Format, x: Value) -> Value:
    size = abs(x)
    below, below_low = split(constant(x, 1.0), -size)
    inverse, double = 1.0 / below, size + size
    ratio = double * inverse
    low = (excess(f, double, ratio, below) - ratio * below_low) * inverse
    result = binary("copysign", 0.5 * natural(f, *reduced_1(f, ratio, low)), x)
    ended = choose(size.equals(1.0), binary("copysign", constant(x, math.inf), x), math.nan)
    return select(size < 2.0 ** (-f.digits // 2 - 1), x, select(size < 1.0, result, ended))
