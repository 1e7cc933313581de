"""erf and erfc.

Near 0 erf is an odd polynomial.  Farther out it is 1 - exp(p(\\|x\\|)) with p ~ log erfc, which needs no division and meets the accuracy
because the exponential is the smaller part.  erfc needs relative accuracy: it is e^(-x^2) g(q) / (x + c) with q = (x - c)/(x + c)
in [-1, 1), where g = (x + c) e^(x^2) erfc(x) is smooth (Shepherd and Laframboise, 1981); x^2 and the product are carried in two
parts.  e^(-x^2) is a function of its own, so that a density and its distribution share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.scalar.instructions import Value, binary, fma, intrinsic, select
from theano.scalar.mathlib.exponential import LN2, reduce, series, series_less_1, shift
from theano.scalar.mathlib.formats import Format, Table, at_most, constant, excess, polynomial, portable, product, split

# fmt: off
NEAR: Table = {  # erf x = x + x (...) in x^2; 2^-25.7 up to 0.925, 2^-55.9 up to 1
    "float32": (0.12837915122509003, -0.37612494826316833, 0.11281801015138626, -0.02676568180322647, 0.00499148340895772,
                -0.0005981089198030531),
    "float64": (0.12837916709551256, -0.37612638903183343, 0.11283791670936888, -0.02686617064194914, 0.005223977596616315,
                -0.000854832547566806, 0.00012055280073137893, -1.4924454286212233e-05, 1.6443967422449767e-06,
                -1.6182244073361644e-07, 1.3607620699138015e-08, -7.588008731224908e-10),
}
LOG_ERFC: Table = {  # up to 3.95 and 5.95, weighted by erfc; 2^-29 and 2^-57
    "float32": (-0.0002070900663966313, -1.1276270151138306, -0.6372665166854858, -0.10385556519031525, 0.022189298644661903,
                -0.0030335451010614634, 0.00019492833234835416),
    "float64": (-4.964528479581381e-07, -1.1283741478036102, -0.6366433811308585, -0.1027040842557156, 0.018991341124842565,
                0.00040909279997554485, -0.0019144053055989675, 0.0007694493493321415, -0.0001343235577050661,
                -2.0615665552226017e-05, 2.2954686567288242e-05, -8.706427164789309e-06, 2.1447115366909903e-06,
                -3.748792728128432e-07, 4.6624343323955005e-08, -3.952028840965167e-09, 2.0546219551118127e-10,
                -4.952989753976391e-12),
}
FAR: Table = {  # g(q) on the whole interval, relative error 2^-28.1 and 2^-58.1
    "float32": (1.0215827226638794, -0.6871606707572937, 0.27947181463241577, -0.036442190408706665, -0.021506190299987793,
                0.00647790776565671, 0.0030644936487078667, -0.0008361664949916303, -0.0005960914422757924, 4.9895690608536825e-05,
                7.204878784250468e-05),
    "float64": (1.095995661000491, -0.9765487290808821, 0.7732087022652369, -0.540853831313225, 0.33085158787802316,
                -0.17401093724028893, 0.0763815149091546, -0.02637005333463026, 0.006112055656706355, -0.0002809589158084751,
                -0.00045505268839025843, 0.00017681308650352911, -3.6351515726105164e-06, -1.8861784348824345e-05,
                4.694336532895934e-06, 1.4260923695436447e-06, -8.460169702148075e-07, -7.797788764352882e-08,
                1.239476185034012e-07, 2.6106636677682644e-09, -1.5395308509440977e-08, -3.835470171758141e-10,
                1.0173966658727774e-09),
}
SLOPE: Table = {  # what the first coefficient lacks; and (x + c) (log e^(x^2) erfc(x))' in 1/(x + c)
    "float32": (-1.3625870875795e-08, -0.8786543192463317, -3.626219019845376, 1.6623743218456195),
    "float64": (1.5e-17, -1.1775435800428453, 1.8332197352346, -60.14517313693889),
}
# fmt: on
CENTRE = {"float32": 2.0, "float64": 4.0}
"""The c: powers of two, for exact products."""
ONE_FROM = {"float32": 3.95, "float64": 5.95}
"""Where erf has become 1."""
ZERO_FROM = {"float32": 10.2, "float64": 27.3}
"""Where e^(-x^2) has become 0."""


@portable("scipy.special.erf")
def erf(f: Format, x: Value) -> Value:
    size, square = abs(x), x * x
    bits, rest = reduce(f, polynomial(at_most(size, ONE_FROM[f.dtype]), LOG_ERFC[f.dtype]), f.bias)
    far = fma(series(f, rest), -f.number(bits << f.digits), 1.0)
    near = fma(x, polynomial(square, NEAR[f.dtype]), x)
    return select(size < (0.921875 if f.dtype == "float32" else 1.0), near, binary("copysign", far, x))


@portable("scipy.special.erfc")
def erfc(f: Format, x: Value) -> Value:
    tail = _tail(f, at_most(abs(x), ZERO_FROM[f.dtype]))
    return select(x < 0.0, 2.0 - tail, tail)


def _tail(f: Format, x: Value) -> Value:
    """erfc of an ``x`` from 0 on.

    q = 1 - 2c/(x + c) is rounded, and 1 - q is exact; so what is computed is right for another number, x less (x + c) times ``off``,
    and the first derivative puts that right."""
    centre = CENTRE[f.dtype]
    below = x + centre
    q = fma(1.0 / below, -2.0 * centre, 1.0)
    inverse = fma(q, -0.5 / centre, 0.5 / centre)
    off = fma(x - (below - centre), inverse, -excess(f, constant(x, 1.0), below, inverse))
    lost, *slope = SLOPE[f.dtype]
    first, *others = FAR[f.dtype]
    curve, curve_low = _curve(f, q, others)
    g = fma(q, curve, first)
    scale = g * inverse
    low = fma(scale, fma(off, polynomial(inverse, slope), lost), -excess(f, scale, g, inverse))
    g_low = excess(f, first - g, -q, curve)
    low = fma(g_low if curve_low is None else fma(q, curve_low, g_low), inverse, low)
    k, growth = _power_of_square(f, x)
    low = fma(low, growth, low)
    if f.has_fma:
        return intrinsic("ldexp", scale + fma(scale, growth, low), k)
    grown, grown_low = product(f, scale, growth)
    return intrinsic("ldexp", scale + (grown + (grown_low + low)), k)


def _curve(f: Format, q: Value, coefficients: Sequence[float]) -> tuple[Value, Value | None]:
    """The polynomial, and what its last step lost if that multiplies and adds with two roundings."""
    if f.has_fma:
        return polynomial(q, coefficients), None
    first, *others = coefficients
    term, lost = product(f, q, polynomial(q, others))
    curve, lost_too = split(constant(q, first), term)
    return curve, lost + lost_too


def _power_of_square(f: Format, x: Value) -> tuple[Value, Value]:
    """k and e^r - 1 for e^(-x^2), with x^2 in two parts."""
    square = x * x
    _, k, exact = shift(f, -square, 2 * f.bias)
    return k, series_less_1(f, exact + fma(k, -LN2[f.dtype][1], excess(f, square, x, x)))


def _gaussian(x: Any) -> Any:
    """The square of a number of 24 digits is exact; the rest is a factor close to 1."""
    x = np.asarray(x)
    wide = np.clip(x.astype("float64"), -40, 40)
    head = wide.astype("float32").astype("float64")
    return (np.exp(-head * head) * np.exp((head - wide) * (head + wide))).astype(x.dtype)


@portable(_gaussian)
def gaussian(f: Format, x: Value) -> Value:
    """e^(-x^2); shares the power with erfc."""
    k, growth = _power_of_square(f, at_most(abs(x), ZERO_FROM[f.dtype]))
    return intrinsic("ldexp", growth + 1.0, k)
