"""arcsin, arccos, arctan, arctan2: odd polynomials near 0; elsewhere a right angle, or two, less the angle of a smaller number.

arcsin x = pi/2 - 2 arcsin sqrt((1 - x)/2), so that |s| <= 1/2 for the polynomial, and 1 - x is exact where it is used.
arctan x = pi/2 - arctan(1/x), and from 1/2 on an angle is arctan 1/2 and a smaller one.  Right angles are carried in two parts, and
so is what is left after taking the leading term from them.
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
ARCTAN: Table = {  # arctan t = t + t^3 (...) in t^2 up to 1/4; 2^-31.7 and 2^-61.8
    "float32": (-0.333333283662796, 0.19999553263187408, -0.14273063838481903, 0.10947971791028976, -0.0800720602273941,
                0.039013639092445374),
    "float64": (-0.3333333333333331, 0.199999999999924, -0.142857142848733, 0.11111111064149487, -0.09090907539935687,
                0.07692274657354309, -0.0666618894770059, 0.05877517663314961, -0.05228356717854216, 0.04583074066985659,
                -0.036960930632984806, 0.023428019512036963, -0.0082215120615133),
}
# fmt: on
HALF_PI: Table = {"float32": (1.5707963705062866, -4.371139000186243e-08), "float64": (1.5707963267948966, 6.123233995736766e-17)}
"""pi/2 as a number and what it lacks."""
# fmt: off
BASES = {
    "float32": ((0.0, 0.0), (0.46364760398864746, 5.01215868808913e-09), (1.5707963705062866, -4.371138828673793e-08),
                (1.1071487665176392, -4.872354963936232e-08), (3.1415927410125732, -8.742277657347586e-08),
                (2.677945137023926, -9.243493792610025e-08), (2.0344438552856445, 8.051005551124035e-08)),
    "float64": ((0.0, 0.0), (0.4636476090008061, 2.2698777452961687e-17), (1.5707963267948966, 6.123233995736766e-17),
                (1.1071487177940904, 9.40447137356638e-17), (3.141592653589793, 1.2246467991473532e-16),
                (2.677945044588987, 1.5527705369303147e-16), (2.0344439357957027, 2.841996617907152e-17)),
}
# fmt: on
"""0, pi/2 and pi, each followed by itself less arctan 1/2 (0: arctan 1/2), then pi/2 + arctan 1/2; each as a number and what it lacks."""


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
    size, one = abs(x), constant(x, 1.0)
    steep = size > 1.0
    return binary("copysign", _angle(f, select(steep, one, size), select(steep, size, one), steep, None), x)


@portable(np.arctan2)
def arctan2(f: Format, y: Value, x: Value) -> Value:
    """0/0 is taken for 0 and inf/inf for 1; numbers of extreme sizes are scaled."""
    width, height = abs(x), abs(y)
    steep, left = height > width, binary("copysign", constant(x, 1.0), x) < 0.0
    small, large = select(steep, width, height), select(steep, height, width)
    small, large = (choose(small.equals(math.inf) & large.equals(math.inf), 1.0, v) for v in (small, large))
    scale = choose(large > 1.0 / f.tiny, 0.125, choose(large < f.tiny * 2.0**f.digits, constant(x, 2.0 ** (f.digits + 3)), 1.0))
    small, large = small * scale, choose(large.equals(0.0), 1.0, large * scale)
    return binary("copysign", _angle(f, small, large, steep, left), y)


def _angle(f: Format, small: Value, large: Value, steep: Value, left: Value | None) -> Value:
    """The angle of ``small / large``, its complement if ``steep``, and then the supplement if ``left``.

    From arctan 1/2 on it is that and the angle of (small - large/2)/(large + small/2): no tangent is beyond 1/2."""
    beyond = small + small > large
    tangent = select(beyond, fma(large, -0.5, small), small) / select(beyond, fma(small, 0.5, large), large)
    square = tangent * tangent
    rest = tangent * square * polynomial(square, ARCTAN[f.dtype])
    bases = BASES[f.dtype]

    def base(k: int) -> Value:
        flat, upright = (choose(beyond, bases[i + 1][k], constant(small, bases[i][k])) for i in (0, 2))
        if left is not None:
            flat = select(left, choose(beyond, bases[5][k], constant(small, bases[4][k])), flat)
            upright = choose(left & beyond, bases[6][k], upright)
        return select(steep, upright, flat)

    opposite = steep if left is None else steep ^ left
    high, lost = split(base(0), select(opposite, -tangent, tangent))
    return high + (lost + (base(1) + select(opposite, -rest, rest)))
