"""erf and erfc.

Near 0 both come from the odd polynomial of erf.  Farther out erf = 1 - exp(p(\\|x\\|)) with p ~ log erfc, which needs no division
and meets the accuracy because the exponential is the smaller part.  erfc needs relative accuracy: it is e^(-x^2) g(q) / (x + c)
with q = (x - c)/(x + c) in [-1, 1), where g = (x + c) e^(x^2) erfc(x) is smooth (Shepherd and Laframboise, 1981); x^2 and the
quotient are carried in two parts.  The c is one for which g(0) is almost exactly a number of the format.
"""

from __future__ import annotations

from theano.scalar.instructions import Value, binary, fma, select
from theano.scalar.mathlib.exponential import LN2, reduce, scaled_twice, series, series_less_1, shift
from theano.scalar.mathlib.formats import Format, Table, at_most, constant, excess, polynomial, portable, product, split, split_any

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
FAR: Table = {  # g(q), relative error 2^-26.4 and 2^-56.9
    "float32": (1.061942219734192, -0.8352088928222656, 0.5048977136611938, -0.21999555826187134, 0.05655061453580856,
                0.0005206687492318451, -0.005921283736824989, 0.0008979216800071299, 0.0006097027799114585),
    "float64": (1.0764090930655679, -0.8932262614540845, 0.6083993762186728, -0.331145341934126, 0.1356661234626365,
                -0.035418269303297494, 0.0014559214269595489, 0.0029929454028630982, -0.0008967248386748335,
                -0.00017987594123908084, 0.0001419336252473902, 9.802394334313062e-06, -2.138309669786888e-05,
                -9.142336918167873e-07, 3.453795711538191e-06, 2.857532352953465e-07, -5.845192425286714e-07,
                -1.0115937417608782e-07, 9.265566700559215e-08, 2.5537773692993068e-08, -1.00417330506442e-08,
                -3.2780902182958855e-09),
}
# fmt: on
CENTRE = {"float32": 2.671875, "float64": 3.078125}
ONE_FROM = {"float32": 3.95, "float64": 5.95}
"""Where erf has become 1."""
ZERO_FROM = {"float32": 10.1, "float64": 27.3}
"""Where erfc has become 0."""


@portable("scipy.special.erf")
def erf(f: Format, x: Value) -> Value:
    size, square = abs(x), x * x
    bits, rest = reduce(f, polynomial(at_most(size, ONE_FROM[f.dtype]), LOG_ERFC[f.dtype]), f.bias)
    far = fma(series(f, rest), -f.number(bits << f.digits), 1.0)
    near = fma(x, polynomial(square, NEAR[f.dtype]), x)
    return select(size < (0.921875 if f.dtype == "float32" else 1.0), near, binary("copysign", far, x))


@portable("scipy.special.erfc")
def erfc(f: Format, x: Value) -> Value:
    near = fma(-x, polynomial(x * x, NEAR[f.dtype]), 1.0 - x)  # 1 - x is exact where the result is less than 1/2
    size = at_most(abs(x), ZERO_FROM[f.dtype])
    tail = _tail(f, size)
    far = select(x < 0.0, 2.0 - tail, tail)
    return select(size < 0.703125, near, far)


def _tail(f: Format, x: Value) -> Value:
    """erfc of an ``x`` from 0.46 on."""
    centre = CENTRE[f.dtype]
    below, below_low = split_any(x, constant(x, centre))
    inverse = 1.0 / below
    inverse_low = inverse * fma(-below_low, inverse, excess(f, constant(x, 1.0), below, inverse))
    q = fma(inverse_low, -2.0 * centre, fma(inverse, -2.0 * centre, 1.0))
    first, *others = FAR[f.dtype]
    g, g_low = split(constant(x, first), q * polynomial(q, others))
    scale, scale_low = product(f, g, inverse)
    scale_low = fma(g, inverse_low, fma(g_low, inverse, scale_low))
    square = x * x
    bits, k, exact = shift(f, -square, 2 * f.bias)
    rest, rest_low = split(exact, fma(k, -LN2[f.dtype][1], excess(f, square, x, x)))
    low = fma(scale, rest_low, scale_low)
    growth = series_less_1(f, rest)
    return scaled_twice(f, scale + fma(scale, growth, fma(low, growth, low)), bits)
