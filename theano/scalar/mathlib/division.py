"""Floor division and its remainder, exact: the quotient is rounded to a whole number and put right by what it leaves over.

What is left over of a correctly rounded quotient is a number of the format, so ``excess`` gives it without error.  That holds as long
as the quotient has bits for its units; a greater one is taken away piece by piece, which hardly any argument needs.
"""

from __future__ import annotations

import math

import numpy as np

from theano.scalar.instructions import Value, binary, rarely, select, unary
from theano.scalar.mathlib.formats import Format, choose, excess, portable


@portable(np.remainder)
def floor_mod(f: Format, x: Value, y: Value) -> Value:
    """The remainder has the sign of ``y``, also if it is 0."""
    size, divisor = abs(x), abs(y)
    size = rarely(size / divisor >= 2.0**f.digits, _reduced(f, size, divisor), size)
    rest = excess(f, size, unary("trunc", size / divisor), divisor)
    rest = select(rest < 0.0, rest + divisor, rest)
    rest = choose((rest < 0.0) | (rest >= divisor), 0.0, rest)
    rest = select(divisor.equals(math.inf) & (size < math.inf), size, rest)
    same = binary("copysign", rest, x)
    opposite = (x < 0.0) ^ (y < 0.0)
    return select(rest.equals(0.0), binary("copysign", rest, y), select(opposite, same + y, same))


def _reduced(f: Format, size: Value, divisor: Value) -> Value:
    """``size`` modulo a multiple of ``divisor`` that leaves a quotient of less than 2^digits: step by step, each exact."""
    span = 2 * f.bias + f.digits
    rest = size
    for step in range(span // f.digits, 0, -1):
        multiple = divisor
        for part in _powers(f, f.digits * step):
            multiple = multiple * part
        whole = unary("trunc", rest / multiple)
        left = excess(f, rest, whole, multiple)
        rest = select(multiple < math.inf, select(left < 0.0, left + multiple, left), rest)
    return rest


def _powers(f: Format, exponent: int) -> list[float]:
    """2 to the power ``exponent`` as a product of numbers of the format."""
    return [2.0**f.bias] * (exponent // f.bias) + [2.0 ** (exponent % f.bias)]


@portable(np.floor_divide)
def floor_div(f: Format, x: Value, y: Value) -> Value:
    quotient = x / y
    whole = unary("floor", quotient)
    rest = excess(f, x, whole, y)
    whole = select((rest < 0.0) & (y > 0.0) | (rest > 0.0) & (y < 0.0), whole - 1.0, whole)
    below = abs(y).equals(math.inf) & (((x < 0.0) & (y > 0.0)) | ((x > 0.0) & (y < 0.0))) & (abs(x) < math.inf)
    result = choose(below, -1.0, select(abs(quotient) < math.inf, whole, quotient))
    return choose((abs(x) < math.inf) | y.equals(0.0), result, math.nan)
