"""erfcx, erfinv and erfcinv.

erfcx is the smooth factor of :mod:`~theano.scalar.mathlib.normal`'s tail, g(q)/(x + c) with q = (x - c)/(x + c), fitted for all x >= 0;
erfcx(x) = 2 e^(x^2) - erfcx(-x).  The inverses are x P(-log(1 - x^2)) up to where erfc is small (Giles, 2010).  From there on they
depend on s^2 = -log erfc: s Q(1/s), which float64 puts right by one step of Halley's method on erfcx(r) - e^(r^2 - s^2), where no
digits are lost however small erfc is.
"""

from __future__ import annotations

import math

from theano.scalar.instructions import Value, fma, rarely, select, unary
from theano.scalar.mathlib.exponential import LN2, reduce, scaled, scaled_twice, series, shift
from theano.scalar.mathlib.formats import Format, Table, at_most, choose, constant, excess, polynomial, portable, split_any
from theano.scalar.mathlib.logarithm import log

# fmt: off
ERFCX: Table = {  # g(q), relative error 2^-28 and 2^-56.8
    "float32": (1.061942219734192, -0.8352090716362, 0.5048983693122864, -0.21999111771583557, 0.05654257908463478,
                0.00048046588199213147, -0.005892670247703791, 0.0010426932713016868, 0.000597444421146065, -0.0001873514847829938,
                -5.5640175560256466e-05, 2.1649919290211983e-05),
    "float64": (1.0764090930655679, -0.8932262614540845, 0.6083993762186749, -0.33114534193412787, 0.13566612346252577,
                -0.035418269303323736, 0.0014559214293461042, 0.0029929454048912103, -0.0008967248660418796, -0.00017987597428807637,
                0.00014193381610711384, 9.802656503345881e-06, -2.13839622246896e-05, -9.154288153287918e-07, 3.45641712249619e-06,
                2.890760502632335e-07, -5.898008642040792e-07, -1.068475758758171e-07, 9.948607419638837e-08, 3.132560561057123e-08,
                -1.5247922219192093e-08, -6.428440052996358e-09, 1.903683141220265e-09, 6.814831062498683e-10, -1.48170417102098e-10),
}
CENTRAL: Table = {  # in -log(1 - x^2) - 3, relative error 2^-27 and 2^-61
    "float32": (1.6235419511795044, 0.24163036048412323, -0.0057381195947527885, -0.0008360692881979048, 0.00019505743694026023,
                -1.2810668522433843e-05, -1.7607827658139286e-06, 4.799822477252746e-07, -1.6327190266451908e-08, -8.791077199532538e-09),
    "float64": (1.6235420064648298, 0.24163040416615827, -0.0057381352210055985, -0.0008361817769092089, 0.00019506132441171926,
                -1.2716422639277225e-05, -1.7480020923948757e-06, 4.49985426697922e-07, -2.368873105367229e-08, -5.4671804862284965e-09,
                1.1108005411511234e-09, -3.1424448208177794e-11, -1.7329787653866483e-11, 2.6984490661410422e-12, 6.494725287532509e-15,
                -5.277486592899959e-14, 6.299209323513994e-15, 2.45367099160018e-16, -1.6131457607008407e-16, 1.5809338875775444e-17,
                2.3555715965279097e-18, -5.0613876510553935e-19, -3.909011297925824e-20, 2.478014232911793e-21),
}
TAIL: Table = {  # in 1/s, relative error 2^-26 and 2^-25
    "float32": (1.0003842115402222, -0.03019808419048786, -1.5279802083969116, 4.498977184295654, -12.654522895812988,
                29.228336334228516, -46.094139099121094, 42.91575622558594, -17.69745445251465),
    "float64": (1.000076776790598, -0.013510659269886505, -1.9322171147502367, 10.26554034803664, -66.44926796504747, 373.5608260414034,
                -1588.2176472935494, 4873.162248861976, -10385.365743159766, 14524.92875316279, -11958.223093282908, 4385.371813767414),
}
# fmt: on
CENTRE = {"float32": 2.671875, "float64": 3.078125}
OVERFLOW = {"float32": 9.5, "float64": 27.0}
"""From here on e^(x^2) is infinite."""
SMALL = 0.0034
"""Below this erfc is small: -log(1 - (1 - 0.0034)^2) = 4.99."""
HALF_ROOT_PI = math.sqrt(math.pi) / 2


@portable("scipy.special.erfcx")
def erfcx(f: Format, x: Value) -> Value:
    right = _scaled_erfc(f, abs(x))
    size = at_most(abs(x), OVERFLOW[f.dtype])
    square = size * size
    bits, k, exact = shift(f, square, 2 * f.bias)
    rest = exact + fma(k, -LN2[f.dtype][1], -excess(f, square, size, size))
    return select(x < 0.0, scaled_twice(f, 2.0 * series(f, rest), bits) - right, right)


def _scaled_erfc(f: Format, x: Value) -> Value:
    """erfcx of an ``x`` that is not negative."""
    centre = CENTRE[f.dtype]
    below, below_low = split_any(x, constant(x, centre))
    inverse = 1.0 / below
    low = inverse * fma(-below_low, inverse, excess(f, constant(x, 1.0), below, inverse))
    low = choose(x < 1e6, low, 0.0)
    g = polynomial(fma(low, -2.0 * centre, fma(inverse, -2.0 * centre, 1.0)), ERFCX[f.dtype])
    return fma(g, low, g * inverse)


@portable("scipy.special.erfinv")
def erfinv(f: Format, x: Value) -> Value:
    result = _inverse(f, abs(x), 1.0 - abs(x))
    return select(x < 0.0, -result, select(x.equals(0.0), x, result))


@portable("scipy.special.erfcinv")
def erfcinv(f: Format, x: Value) -> Value:
    left = x > 1.0
    result = _inverse(f, abs(1.0 - x), select(left, 2.0 - x, x))
    return select(left, -result, result)


def _inverse(f: Format, x: Value, rest: Value) -> Value:
    """The number whose erf is ``x`` and whose erfc is ``rest``, of which one may be rounded if it is not small."""
    small = rest < SMALL
    less_log = -log(f, select(small, rest, rest * (2.0 - rest)))
    near = x * polynomial(less_log - 3.0, CENTRAL[f.dtype])
    root = unary("sqrt", less_log)
    tail = root * polynomial(1.0 / root, TAIL[f.dtype])
    if f.dtype == "float64":
        bits, exponent = reduce(f, fma(tail, tail, -less_log), f.bias)
        step = (_scaled_erfc(f, tail) - scaled(f, series(f, exponent), bits)) * HALF_ROOT_PI
        tail = tail + step / fma(-tail, step, 1.0)
    return rarely(small, choose(rest.equals(0.0), math.inf, tail), near)
