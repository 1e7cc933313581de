"""arcsin, arccos, arctan, arctan2: odd polynomials near 0; elsewhere a right angle, or two, less the angle of a smaller number.

arcsin x = pi/2 - 2 arcsin sqrt((1 - x)/2), so that |s| <= 1/2 for the polynomial, and 1 - x is exact where it is used.
arctan x = pi/2 - arctan(1/x).  Right angles are carried in two parts, and so is what is left after taking the leading term from them.
"""

from __future__ import annotations

import math

import numpy as np

from theano.scalar.instructions import Value, binary, fma, select, unary
from theano.scalar.mathlib.formats import Format, Table, choose, constant, polynomial, portable, split

# fmt: off
ARCSIN: Table = {  # arcsin s = s + s^3 (...) in s^2 up to 1/4; 2^-27.6 and 2^-55.9
    "float32": (0.16666752099990845, 0.074953094124794, 0.045469168573617935, 0.02418462000787258, 0.04215862974524498),
    "float64": (0.1666666666666541, 0.07500000000336549, 0.0446428568286696, 0.030381959124122487, 0.022371758337285882,
                0.017359700669062877, 0.013885274254741934, 0.012168964710410967, 0.006529019542739544, 0.01952545256561281,
                -0.01621988758669296, 0.03190929962691362),
}
ARCTAN: Table = {  # arctan t = t + t^3 (...) in t^2 up to 1; 2^-28.4 and 2^-57.4
    "float32": (-0.33333298563957214, 0.19998528063297272, -0.14263981580734253, 0.10950606316328049, -0.08398306369781494,
                0.0578627847135067, -0.03107897751033306, 0.010860291309654713, -0.001781415892764926),
    "float64": (-0.3333333333333307, 0.19999999999951754, -0.1428571428258816, 0.11111111007340584, -0.09090907007732993,
                0.07692279887841494, -0.06666404413085947, 0.058805297428040075, -0.05253526483216815, 0.0472234732162186,
                -0.042192406219998216, 0.036643088905836604, -0.02990560295036719, 0.02198683813226746, -0.01390226733734008,
                0.007197584608670622, -0.0028854018633248783, 0.0008314636711480622, -0.00015218463440155766, 1.3226688930360097e-05),
}
# fmt: on
HALF_PI: Table = {"float32": (1.5707963705062866, -4.371139000186243e-08), "float64": (1.5707963267948966, 6.123233995736766e-17)}
"""pi/2 as a number and what it lacks."""


@portable(np.arcsin)
def arcsin(f: Format, x: Value) -> Value:
    far, sine, rest = _half(f, x)
    right, low = HALF_PI[f.dtype]
    high, lost = split(constant(x, right), sine * -2.0)
    angle = select(far, high + fma(rest, -2.0, lost + low), sine + rest)
    return binary("copysign", angle, x)


@portable(np.arccos)
def arccos(f: Format, x: Value) -> Value:
    """Far from 0 twice the angle of s, or pi less that; near 0 pi/2 less the angle of x."""
    far, sine, rest = _half(f, x)
    right, low = HALF_PI[f.dtype]
    negative = x < 0.0
    angles = choose(far, choose(negative, 2.0, constant(x, 0.0)), 1.0)
    factor = choose(far, choose(negative, -2.0, constant(x, 2.0)), choose(negative, 1.0, constant(x, -1.0)))
    high, lost = split(angles * right, sine * factor)
    return high + fma(rest, factor, fma(angles, low, lost))


def _half(f: Format, x: Value) -> tuple[Value, Value, Value]:
    """Whether \\|x\\| is beyond 1/2; the sine s of the angle, or of half its complement; and by how much that is more than s."""
    size = abs(x)
    far = size > 0.5
    square = select(far, fma(size, -0.5, 0.5), size * size)
    sine = select(far, unary("sqrt", square), size)
    return far, sine, sine * square * polynomial(square, ARCSIN[f.dtype])


@portable(np.arctan)
def arctan(f: Format, x: Value) -> Value:
    size = abs(x)
    far = size > 1.0
    tangent = select(far, 1.0 / size, size)
    return binary("copysign", _angle(f, tangent, far, None), x)


@portable(np.arctan2)
def arctan2(f: Format, y: Value, x: Value) -> Value:
    """Of the smaller by the larger, which never overflows; 0/0 is taken for 0 and inf/inf for 1."""
    width, height = abs(x), abs(y)
    steep = height > width
    small, large = select(steep, width, height), select(steep, height, width)
    tangent = choose(small.equals(math.inf) & large.equals(math.inf), 1.0, small / choose(large.equals(0.0), 1.0, large))
    return binary("copysign", _angle(f, tangent, steep, binary("copysign", constant(x, 1.0), x) < 0.0), y)


def _angle(f: Format, tangent: Value, steep: Value, left: Value | None) -> Value:
    """The angle of a ``tangent`` in [0, 1], its complement if ``steep``, and then the supplement if ``left``."""
    square = tangent * tangent
    rest = tangent * square * polynomial(square, ARCTAN[f.dtype])
    right, low = HALF_PI[f.dtype]
    angles = choose(steep, 1.0, constant(tangent, 0.0) if left is None else choose(left, 2.0, constant(tangent, 0.0)))
    opposite = steep if left is None else steep ^ left
    high, lost = split(angles * right, select(opposite, -tangent, tangent))
    return high + (fma(angles, low, lost) + select(opposite, -rest, rest))
