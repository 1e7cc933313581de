"""pow: 2^(y log2 x), with the logarithm and the product in two numbers each.

x = 2^e m with m in [1/sqrt 2, sqrt 2), s = (m - 1)/(m + 1), and log2 m = 2/ln 2 (s + s^3/3 + s^5 (1/5 + ...)).  All terms that
reach the result's last bit times 1100 are carried in two parts: the quotient, s^2, and the sum up to s^3.
"""

from __future__ import annotations

import math

import numpy as np

from theano.scalar.instructions import Value, binary, fma, select, unary
from theano.scalar.mathlib.exponential import power_of_two
from theano.scalar.mathlib.formats import Format, Table, at_least, at_most, choose, constant, excess, polynomial, portable, product, split
from theano.scalar.mathlib.logarithm import exponent

# fmt: off
ATANH: Table = {  # atanh(s)/s = 1 + z/3 + z^2 (...) in z = s^2 <= 0.0295
    "float32": (0.20000076293945312, 0.14273537695407867, 0.11710111796855927),
    "float64": (0.19999999999999987, 0.14285714285723522, 0.11111111108534946, 0.09090909463593314, 0.0769227650778093,
                0.06668232418650415, 0.058359220031105344, 0.06006819470421912),
}
# fmt: on
ROOT_HALF = {"float32": 0x3F3504F3, "float64": 0x3FE6A09E667F3BCD}
"""The bits of 1/sqrt 2, where the range of the significand starts."""
THIRD: Table = {"float32": (0.3333333432674408, -9.934107758624577e-09), "float64": (0.3333333333333333, 1.850371707708594e-17)}
TWO_LOG2_E: Table = {"float32": (2.885390043258667, 3.851926067000022e-08), "float64": (2.8853900817779268, 4.0710547481862066e-17)}


@portable(np.power)
def pow(f: Format, x: Value, y: Value) -> Value:
    size = abs(x)
    huge = 2.0 ** (3 * f.digits // 2)  # an exponent as good as infinite
    y = at_most(at_least(y, -huge), huge)
    high, low = logarithm(f, size)
    high = choose(size.equals(0.0), -math.inf, select(size < math.inf, high, size))
    limit = f.bias + f.digits + 10.0
    exponent_, exponent_low = product(f, y, high)
    exponent_low = choose(abs(exponent_) < limit, fma(y, low, exponent_low), 0.0)
    magnitude = power_of_two(f, at_most(at_least(exponent_, -limit), limit), exponent_low)
    return _with_sign(f, x, y, magnitude)


def _with_sign(f: Format, x: Value, y: Value, magnitude: Value) -> Value:
    """The power, from that of ``abs(x)``: odd powers keep the sign, fractional ones of negative numbers are NaN."""
    half = y * 0.5
    whole = unary("floor", y).equals(y)
    odd = whole & unary("floor", half).differs(half)
    result = select(odd, binary("copysign", magnitude, x), magnitude)
    result = choose((x < 0.0) & (x > -math.inf) & ~whole, math.nan, result)
    return choose(x.equals(1.0) | y.equals(0.0), 1.0, result)


def logarithm(f: Format, x: Value) -> tuple[Value, Value]:
    """log2 of a positive number in two parts, to about 2^-(digits + 12)."""
    subnormal = x < f.tiny
    normal = choose(subnormal, x * 2.0**f.digits, x)
    e, places = exponent(f, normal, ROOT_HALF[f.dtype])
    e = e - choose(subnormal, constant(x, f.digits), 0.0)
    less_1 = f.number(f.bits(normal) - places) - 1.0
    s, s_low = _quotient(f, less_1)
    z, z_low = product(f, s, s)
    z_low = fma(s + s, s_low, z_low)
    high, low = THIRD[f.dtype]
    third, third_low = split(constant(x, high), z * polynomial(z, ATANH[f.dtype]))
    third_low = third_low + low
    cube, cube_low = product(f, z, third)
    cube_low = fma(z, third_low, fma(z_low, third, cube_low))  # the logarithm is 2/ln 2 (s + s cube)
    high, low = TWO_LOG2_E[f.dtype]
    first, first_low = product(f, s, constant(x, high))
    first_low = fma(s, low, fma(s_low, high, first_low))
    second, second_low = product(f, first, cube)
    second_low = fma(first, cube_low, fma(first_low, cube, second_low))
    total, lost = split(e, first)
    total, lost_too = split(total, second)
    return split(total, lost + lost_too + first_low + second_low)


def _quotient(f: Format, x: Value) -> tuple[Value, Value]:
    """x/(2 + x) in two parts."""
    below, below_low = split(constant(x, 2.0), x)
    inverse = 1.0 / below
    quotient = x * inverse
    return quotient, inverse * fma(-quotient, below_low, excess(f, x, quotient, below))
