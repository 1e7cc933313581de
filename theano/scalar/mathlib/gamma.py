"""gamma, gammaln, psi and tri_gamma.

Below :data:`NEAR` the argument is brought by whole steps into an interval of length 1, where there is a polynomial; what the steps
contribute is a product or a sum of reciprocals, kept as one fraction.  From there on stands Stirling's series, of which gamma needs the
logarithm in two numbers, as pow does.  Negative arguments are reflected, gamma(x) gamma(-x) = -pi/(x sin(pi x)), except close to 0, where
the steps reach too.  The factors (z - 1)(z - 2) of gammaln and (z - root) of psi are split off, so that near their roots on the right, all
digits are good; near roots at negative arguments only the absolute error is small.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.scalar.instructions import Value, fma, rarely, select, unary
from theano.scalar.mathlib.exponential import EXP2, scaled_twice
from theano.scalar.mathlib.formats import Format, Table, at_most, choose, constant, polynomial, portable, product, split
from theano.scalar.mathlib.logarithm import LOG2_E, log
from theano.scalar.mathlib.power import logarithm

# fmt: off
GAMMA: Table = {  # gamma(2 + t) = 1 + t (...) for |t| <= 1/2; 2^-26.6 and 2^-56.3
    "float32": (0.42278435826301575, 0.4118401110172272, 0.0815730020403862, 0.07425816357135773, -0.0001878322073025629,
                0.011054763570427895, -0.0033520234283059835, 0.00250113639049232),
    "float64": (0.4227843350984671, 0.4118403304264403, 0.08157691924710886, 0.07424901075338979, -0.00026698207118057464,
                0.011154045725724142, -0.0028526457204911477, 0.002103933128869829, -0.0009195759146002914, 0.0004903916554150879,
                -0.00024091750398938717, 0.00012164536593264156, -6.095389044793612e-05, 3.0605346269007685e-05,
                -1.4611109400240008e-05, 7.1462728401761424e-06, -5.079378052897181e-06, 2.694651306851914e-06),
}
GAMMALN: Table = {  # gammaln(z) = (z - 1)(z - 2) (...) in z - 3/2, for z in [1, 2]; relative error 2^-28 and 2^-56.9
    "float32": (0.48312896490097046, -0.14595989882946014, 0.06291104853153229, -0.031307995319366455, 0.016808252781629562,
                -0.009436465799808502, 0.00532499747350812, -0.00311599881388247, 0.002448740880936384, -0.001526285894215107),
    "float64": (0.4831289505409809, -0.14595989591430594, 0.06291140107456436, -0.03130848750105447, 0.01679709863127895,
                -0.009425622444744954, 0.005446457838875036, -0.0032120742233279196, 0.00192291631944704, -0.0011644113299088372,
                0.0007115189664377132, -0.00043803564438021046, 0.00027131467076916134, -0.00016856881465348344, 0.00010534981451906812,
                -6.794825117323001e-05, 4.304593450471154e-05, -2.146581969745419e-05, 1.3151327954274579e-05, -1.8546262445208918e-05,
                1.2167999851357145e-05),
}
PSI: Table = {  # psi(z) = (z - root) (...) in z - 3/2, for z in [1, 2]; relative error 2^-25.4 and 2^-58.5
    "float32": (0.9510558843612671, -0.42362746596336365, 0.24053838849067688, -0.1483999788761139, 0.09511757642030716,
                -0.062039896845817566, 0.03936072066426277, -0.025872720405459404, 0.023926539346575737, -0.016220953315496445),
    "float64": (0.9510558760318328, -0.4236274212814606, 0.24054248424078722, -0.1484049230538802, 0.09498872445285002,
                -0.061922133275550455, 0.04076083394337775, -0.026975796657315438, 0.01790724823594765, -0.01190822015996442,
                0.007927023321430028, -0.0052799365465260005, 0.003518088764711913, -0.0023455005719212056, 0.0015635030246950346,
                -0.0010364281980067087, 0.0006902836207715892, -0.0004860467787793845, 0.0003258771957600899, -0.00014463477455904108,
                9.32997941309136e-05, -0.00017834985270857916, 0.00012117074950983246),
}
# The remainders of Stirling's series and of its derivatives, in 1/y^2 for y >= NEAR; 2^-28 and 2^-58 in the results.
STIRLING: Table = {  # gammaln(y) = (y - 1/2) log y - y + log(2 pi)/2 + (...)/y
    "float32": (0.08333331346511841, -0.0027744744438678026, 0.0007093718159012496),
    "float64": (0.0833333333333333, -0.0027777777776853596, 0.000793650739249182, -0.0005952260335192429, 0.0008404649324774902,
                -0.001845641531978033, 0.004306072446613617),
}
STIRLING_1: Table = {  # psi(y) = log y - 1/(2y) - (...)/y^2
    "float32": (0.08333320915699005, -0.008311502635478973, 0.003402316477149725),
    "float64": (0.08333333333333297, -0.008333333332038638, 0.003968253204092439, -0.0041664966913780395, 0.0075575549491223555,
                -0.020067834185703834, 0.052903381431049036),
}
STIRLING_2: Table = {  # tri_gamma(y) = 1/y + 1/(2y^2) + (...)/y^3
    "float32": (0.16666662693023682, -0.03331965208053589, 0.023139430209994316, -0.02212538570165634),
    "float64": (0.16666666666666644, -0.033333333332285345, 0.023809522994575286, -0.03333309087915566, 0.07572183052071403,
                -0.25020014222782805, 1.030056441677958, -3.4269507746356163),
}
SIN_PI: Table = {  # sin(pi r) = pi r + r^3 (...) in r^2, for |r| <= 1/2
    "float32": (-5.167712688446045, 2.550163984298706, -0.5992590188980103, 0.0820837989449501, -0.0070846546441316605),
    "float64": (-5.16771278004997, 2.55016403987734, -0.5992645293203438, 0.08214588659677077, -0.007370430719845448,
                0.0004663008753518642, -2.1906205253017206e-05, 7.72578414589195e-07),
}
PI: Table = {"float32": (3.1415927410125732, -8.742277657347586e-08), "float64": (math.pi, 1.2246467991473532e-16)}
LOG2_ROOT_2_PI: Table = {  # log2(2 pi)/2 in two parts
    "float32": (1.325748085975647, -2.1239488390278893e-08), "float64": (1.3257480647361595, -7.153413670427599e-17),
}
ROOT_LESS_1: Table = {  # where psi is 0, less 1, in two parts
    "float32": (0.4616321325302124, 1.2438149938918909e-08), "float64": (0.46163214496836225, 9.549995429965697e-17),
}
# fmt: on
NEAR = {"float32": 3, "float64": 6}
"""From here on Stirling's series is good."""
OVERFLOW = {"float32": 50.0, "float64": 200.0}
"""gamma is infinite before, and 0 if negated, also next to a pole."""
LOG_ROOT_2_PI_LESS_HALF = 0.4189385332046727


def _gammaln(x: Any) -> Any:
    """SciPy's, which is infinite for subnormal numbers."""
    from scipy.special import gammaln

    return np.where(np.abs(x) < np.finfo(x.dtype).tiny, -np.log(np.abs(x)), gammaln(x))


def _tri_gamma(x: Any) -> Any:
    from scipy.special import polygamma

    return polygamma(1, x)


@portable("scipy.special.gamma")
def gamma(f: Format, x: Value) -> Value:
    """The sign that reflection brings is a factor, so that a large exponent can be negated before it is raised."""
    reflected = x < -0.5
    y = at_most(select(reflected, -x, x), OVERFLOW[f.dtype])
    near = _gamma_near(f, y)
    nearest = unary("rint", abs(x))
    r = abs(x) - nearest
    odd = unary("floor", nearest * 0.5).differs(nearest * 0.5)
    factor = choose(reflected, choose(odd, PI[f.dtype][0], constant(x, -PI[f.dtype][0])) / (y * sin_pi(f, r)), 1.0)
    far = _gamma_far(f, y, reflected, factor)
    result = select(y < float(NEAR[f.dtype]), select(reflected, factor / near, near), far)
    return choose(reflected & r.equals(0.0), math.nan, result)


def _gamma_near(f: Format, y: Value) -> Value:
    """For y from -1/2 to :data:`NEAR`: from y to 2 + t, with \\|t\\| <= 1/2."""
    near = at_most(y, float(NEAR[f.dtype]))
    whole = unary("rint", near)
    t = near - whole
    above = constant(y, 1.0)
    for k in range(1, NEAR[f.dtype] - 1):
        above = select(whole > k + 1.5, above * (near - float(k)), above)
    below = select(whole < 0.5, near * (near + 1.0), choose(whole < 1.5, near, 1.0))
    return fma(t, polynomial(t, GAMMA[f.dtype]), 1.0) * above / below


def _gamma_far(f: Format, y: Value, inverted: Value, factor: Value) -> Value:
    """gamma(y), or its reciprocal where ``inverted``, times ``factor``."""
    high, low = logarithm(f, y)
    scale = y - 0.5
    grown, grown_low = product(f, scale, high)
    less, less_low = product(f, y, constant(y, LOG2_E[f.dtype][0]))
    inverse = 1.0 / y
    series = inverse * polynomial(inverse * inverse, STIRLING[f.dtype])
    total, lost = split(grown, -less)
    high_root, low_root = LOG2_ROOT_2_PI[f.dtype]
    total, lost_too = split(total, constant(y, high_root))
    low = fma(series, LOG2_E[f.dtype][0], fma(scale, low, grown_low - fma(y, LOG2_E[f.dtype][1], less_low)))
    low = low + (lost + lost_too + low_root)
    total, low = select(inverted, -total, total), select(inverted, -low, low)
    shifter = f.shifter + 2 * f.bias
    shifted = total + shifter
    rest = (total - (shifted - shifter)) + low
    return scaled_twice(f, factor * polynomial(rest, (1.0, *EXP2[f.dtype])), f.bits(shifted))


@portable(_gammaln)
def gammaln(f: Format, x: Value) -> Value:
    reflected = x <= -1.0
    y = select(reflected, -x, x)
    near, fraction, whole = _stepped(f, y)
    steps = choose(whole < 0.0, near * (near + 1.0), choose(whole < 0.5, near, 1.0))
    for k in range(1, NEAR[f.dtype] - 1):
        steps = select(whole > k + 0.5, steps * (near - float(k)), steps)
    is_near = y < float(NEAR[f.dtype])
    logarithm_ = log(f, select(is_near, abs(steps), y))
    roots = fraction * select(whole < 0.0, near, fraction - 1.0)  # for a tiny y < 0 the fraction rounds to 1
    shifted = roots * polynomial(fraction - 0.5, GAMMALN[f.dtype])
    inverse = 1.0 / y
    series = fma(inverse, polynomial(inverse * inverse, STIRLING[f.dtype]), LOG_ROOT_2_PI_LESS_HALF)
    far = fma(y - 0.5, logarithm_ - 1.0, series)
    right = select(is_near, select(whole < 0.5, shifted - logarithm_, shifted + logarithm_), far)
    r = y - unary("rint", y)
    left = log(f, PI[f.dtype][0] / (y * abs(sin_pi(f, r)))) - right
    left = choose(r.equals(0.0), math.inf, choose(y < math.inf, left, -math.inf))
    return rarely(reflected, left, right)


@portable("scipy.special.psi")
def psi(f: Format, x: Value) -> Value:
    reflected = x <= -1.0
    y = select(reflected, -x, x)
    near, fraction, whole = _stepped(f, y)
    above = choose(whole < 0.0, -fma(near, 2.0, 1.0), choose(whole < 0.5, constant(x, -1.0), 0.0))
    below = choose(whole < 0.0, near * (near + 1.0), choose(whole < 0.5, near, 1.0))
    for k in range(1, NEAR[f.dtype] - 1):
        step = near - float(k)
        above = select(whole > k + 0.5, fma(above, step, below), above)
        below = select(whole > k + 0.5, below * step, below)
    high, low = ROOT_LESS_1[f.dtype]
    shifted = (fraction - high - low) * polynomial(fraction - 0.5, PSI[f.dtype]) + above / below
    inverse = 1.0 / y
    square = inverse * inverse
    far = fma(-square, polynomial(square, STIRLING_1[f.dtype]), fma(inverse, -0.5, log(f, y)))
    right = select(y < float(NEAR[f.dtype]), shifted, far)
    r = y - unary("rint", y)
    cotangent = choose(r.equals(0.0), math.nan, sin_pi(f, 0.5 - abs(r)) / sin_pi(f, r))
    return rarely(reflected, fma(cotangent, PI[f.dtype][0], inverse) + right, right)


@portable(_tri_gamma)
def tri_gamma(f: Format, x: Value) -> Value:
    y = select(x < 0.0, 1.0 - x, x)
    above, below, z = constant(x, 0.0), constant(x, 1.0), y
    for _ in range(NEAR[f.dtype]):
        short, square = z < float(NEAR[f.dtype]), z * z
        above = select(short, fma(above, square, below), above)
        below = select(short, below * square, below)
        z = select(short, z + 1.0, z)
    inverse = 1.0 / z
    square = inverse * inverse
    right = fma(square, fma(inverse, polynomial(square, STIRLING_2[f.dtype]), 0.5), inverse) + above / below
    r = x - unary("rint", x)
    quotient = PI[f.dtype][0] / sin_pi(f, r)
    left = choose(x > -math.inf, fma(quotient, quotient, -right), math.inf)
    return rarely(x < 0.0, left, right)


def _stepped(f: Format, y: Value) -> tuple[Value, Value, Value]:
    """The part of ``y`` up to :data:`NEAR`, its fraction, and its whole part, which is -1 if it is negative."""
    near = at_most(y, float(NEAR[f.dtype]))
    whole = unary("floor", near)
    return near, near - whole, whole


def sin_pi(f: Format, r: Value) -> Value:
    """sin(pi r), for \\|r\\| <= 1/2."""
    square = r * r
    high, low = PI[f.dtype]
    return fma(r, high, r * fma(square, polynomial(square, SIN_PI[f.dtype]), low))
