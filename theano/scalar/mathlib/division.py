"""Floor division and its remainder, exact: the quotient is rounded to a whole number and put right by what it leaves over.

What is left over of a correctly rounded quotient is a number of the format, so ``excess`` gives it without error.  From a
quotient of 2^(digits + 1) on a whole number has no bits for its units: then the remainder is 0, if not exact.
"""

from __future__ import annotations

import math

import numpy as np

from theano.scalar.instructions import Value, binary, select, unary
from theano.scalar.mathlib.formats import Format, choose, excess, portable


@portable(np.remainder)
def floor_mod(f: Format, x: Value, y: Value) -> Value:
    """The remainder has the sign of ``y``, also if it is 0."""
    size, divisor = abs(x), abs(y)
    rest = excess(f, size, unary("trunc", size / divisor), divisor)
    rest = select(rest < 0.0, rest + divisor, rest)
    rest = choose((rest < 0.0) | (rest >= divisor), 0.0, rest)
    rest = select(divisor.equals(math.inf) & (size < math.inf), size, rest)
    same = binary("copysign", rest, x)
    opposite = (x < 0.0) ^ (y < 0.0)
    return select(rest.equals(0.0), binary("copysign", rest, y), select(opposite, same + y, same))


@portable(np.floor_divide)
def floor_div(f: Format, x: Value, y: Value) -> Value:
    quotient = x / y
    whole = unary("floor", quotient)
    rest = excess(f, x, whole, y)
    whole = select((rest < 0.0) & (y > 0.0) | (rest > 0.0) & (y < 0.0), whole - 1.0, whole)
    below = abs(y).equals(math.inf) & (((x < 0.0) & (y > 0.0)) | ((x > 0.0) & (y < 0.0))) & (abs(x) < math.inf)
    result = choose(below, -1.0, select(abs(quotient) < math.inf, whole, quotient))
    return choose((abs(x) < math.inf) | y.equals(0.0), result, math.nan)
