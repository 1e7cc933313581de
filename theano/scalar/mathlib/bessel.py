"""j0, j1, i0 and i1: a polynomial in x^2 near 0, Hankel's form far out.

Near 0 the two roots of j0 and j1 are split off, x - root with the root in two parts.  Far out j is sqrt(2/(pi x)) (P cos - Q sin)(x - pi/4)
or (x - 3 pi/4), and i is e^x/sqrt(x) times a polynomial in 1/x.  The angles' cosines are sums and differences of sin x and cos x, so that x
is reduced once; at roots these cancel, and only the absolute error is small.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.scalar.instructions import Value, binary, fma, select, unary
from theano.scalar.mathlib.circular import cos, sin
from theano.scalar.mathlib.exponential import reduce, scaled_twice, series
from theano.scalar.mathlib.formats import Format, Table, at_most, polynomial, portable

# fmt: off
ROOTS_0: Table = {  # of j0, each in two parts
    "float32": (2.404825448989868, 1.087059047222283e-07, 5.520078182220459, -7.193414575112911e-08),
    "float64": (2.404825557695773, -1.176691651530894e-16, 5.520078110286311, 8.088597146146722e-17),
}
ROOTS_1: Table = {  # of j1, each in two parts
    "float32": (3.8317060470581055, -7.685058989181925e-08, 7.015586853027344, -1.832117249023213e-07),
    "float64": (3.8317059702075125, -1.5269184090088067e-16, 7.015586669815619, -9.414165653410389e-17),
}
SMALL_J0: Table = {  # j0(x) = 1 + x^2 (...) in x^2, for x <= 1
    "float32": (-0.25, 0.015624983236193657, -0.00043394335079938173, 6.646873316640267e-06),
    "float64": (-0.25, 0.015624999999999887, -0.00043402777777597174, 6.781684016987728e-06, -6.781680954451996e-08,
                4.709052934025662e-10, -2.3701021330505064e-12),
}
SMALL_J1: Table = {  # j1(x) = x/2 + x^3 (...)
    "float32": (-0.0625, 0.0026041653472930193, -5.4246447689365596e-05, 6.669327490271826e-07),
    "float64": (-0.0625, 0.0026041666666666605, -5.425347222212233e-05, 6.781684021800587e-07, -5.651401651933689e-09,
                3.363680828916516e-11, -1.4835864823340463e-13),
}
J0: Table = {  # j0(x) = (x^2 - root^2)(x^2 - root^2) (...) in x^2 - 32, for x <= 7.25; relative error 2^-27 and 2^-58
    "float32": (0.0011434938060119748, -6.624357047257945e-05, 1.526995220046956e-06, -1.9578227039573903e-08,
                1.6190790375070208e-10, -9.409214943648103e-13, 4.0646235461877945e-15, -1.3702668709053305e-17,
                3.8950836445871026e-20),
    "float64": (0.0011434937743762545, -6.624357154624037e-05, 1.5269952779230138e-06, -1.9578218525409265e-08,
                1.619072028541348e-10, -9.409614027220237e-13, 4.067022655768468e-15, -1.3612234090542602e-17,
                3.636923194304078e-20, -7.94348002604502e-23, 1.4456422564582448e-25, -2.2266779604325258e-28,
                2.9455091884368725e-31, -3.568816047026295e-34),
}
J1: Table = {  # j1(x) = x (x^2 - root^2)(x^2 - root^2) (...)
    "float32": (0.00019498937763273716, -8.429758963757195e-06, 1.5488298288346414e-07, -1.6503919342270024e-09,
                1.167508190819122e-11, -5.927832009977596e-14, 2.2736151014428536e-16, -6.878996308186192e-19,
                1.7851573419304772e-21),
    "float64": (0.00019498936985895622, -8.42975858348865e-06, 1.5488297655634642e-07, -1.6503916134904483e-09,
                1.1675046589866167e-11, -5.927960622057204e-14, 2.274776120448271e-16, -6.84578045643014e-19,
                1.661514730673333e-21, -3.324468681409338e-24, 5.581967492255714e-27, -7.980325420865903e-30,
                9.845156789966037e-33, -1.1195332208301132e-35),
}
P0: Table = {  # j0's P in 1/x^2, for x >= 7.25; 2^-28 and 2^-56
    "float32": (1.0, -0.07030665129423141, 0.11049582064151764, -0.4132188856601715),
    "float64": (1.0, -0.07031249999969245, 0.11215209862431305, -0.5725001721904768, 6.073208181795764, -109.67823037776488,
                2946.3690776556614, -101170.21244236999, 3672770.0249945093, -117269109.92407092, 2816863016.537817, -43119212768.2613,
                308450017435.5063),
}
Q0: Table = {  # j0's Q: 1/x (...)
    "float32": (-0.1249999850988388, 0.07322141528129578, -0.221124529838562, 1.1350312232971191),
    "float64": (-0.12499999999999986, 0.07324218749741561, -0.2271079933882907, 1.7277168923478583, -24.37339478513949,
                548.4091994050575, -17455.63736081291, 675475.2861755645, -26428674.840089027, 882059758.4073782, -21756546906.814552,
                338628842183.2888, -2449312667812.474),
}
P1: Table = {  # j1's P in 1/x^2, for x >= 7.25; 2^-28 and 2^-56
    "float32": (1.0, 0.11718079447746277, -0.142297625541687, 0.49460917711257935),
    "float64": (1.0, 0.1171874999996743, -0.1441955555974773, 0.6765912662029457, -6.883031621867635, 121.23926452490123,
                -3205.2674412650836, 108971.03055141035, -3933447.7676861575, 125197853.06458771, -3001991896.7356586,
                45904690022.81602, -328157146170.9902),
}
Q1: Table = {  # j1's Q: 1/x (...)
    "float32": (0.375, -0.10251554101705551, 0.27081480622291565, -1.325887680053711),
    "float64": (0.37499999999999983, -0.10253906249726612, 0.2775764377335822, -1.9935205162568108, 27.241286844630064,
                -600.7525007482437, 18871.62117104002, -724311.7149612582, 28206154.371126458, -938895645.1590943, 23122910193.818108,
                -359555118528.4369, 2599056807505.3125),
}
I0: Table = {  # i0(x) = 1 + x^2 (...) in x^2, up to FAR_I; relative error 2^-28 and 2^-59
    "float32": (0.25, 0.015625, 0.00043402748997323215, 6.781756837881403e-06, 6.780800987371549e-08, 4.715478008066043e-10,
                2.3788555760656527e-12, 9.964291456559301e-15, 2.0807137701814048e-17, 1.3249578719069795e-19),
    "float64": (0.25, 0.015625, 0.00043402777777777786, 6.781684027777749e-06, 6.781684027778433e-08, 4.709502797059097e-10,
                2.402807549601474e-12, 9.385966985687665e-15, 2.896903412106887e-17, 7.242257844605873e-20, 1.4963359068398994e-22,
                2.5977756157198374e-25, 3.843274775918716e-28, 4.8978120453098e-31, 5.4762931944796214e-34, 5.1465605501384615e-37,
                5.301287283606647e-40, 1.6613436528761088e-43, 5.3687030360923754e-46),
}
I1: Table = {  # i1(x) = x/2 + x^3 (...)
    "float32": (0.0625, 0.0026041660457849503, 5.42538364243228e-05, 6.780995249755506e-07, 5.657722734753179e-09,
                3.332231018893239e-11, 1.592685266440727e-13, 3.743442522753475e-16, 2.6575259605458116e-18),
    "float64": (0.0625, 0.002604166666666667, 5.425347222222212e-05, 6.781684027778172e-07, 5.651403356473915e-09,
                3.3639305694210514e-11, 1.5017547178041162e-13, 5.21442613908219e-16, 1.4484515736176235e-18, 3.291938964117643e-21,
                6.2346608343231986e-24, 9.992535938609197e-27, 1.3713557774453733e-29, 1.6431756856360647e-32, 1.6451852331942068e-35,
                1.8089708588565753e-38, 5.835722873898131e-42, 2.0544297557676255e-44),
}
FAR_I0: Table = {  # sqrt(x) e^-x i0(x), in 1/x
    "float32": (0.3989422917366028, 0.049869585782289505, 0.027898799628019333, 0.03378520905971527, -0.013851577416062355,
                0.38797006011009216),
    "float64": (0.3989422804014327, 0.04986778505018639, 0.028050629081041934, 0.02921941038301017, 0.044740812139758626,
                0.09083769622003564, 0.20250571685509738, 2.6725610610538384, -106.75533461416492, 4422.3526876342285,
                -132444.5654126529, 2964824.5173049234, -49159979.94316669, 594398583.540208, -5077171443.132921, 28927761530.990788,
                -98208148608.84657, 149581511771.35538),
}
FAR_I1: Table = {  # sqrt(x) e^-x i1(x), in 1/x
    "float32": (0.3989422917366028, -0.14960545301437378, -0.04657578095793724, -0.04615604877471924, 0.00969680491834879,
                -0.4523731470108032),
    "float64": (0.3989422804014327, -0.14960335515054518, -0.04675104847407973, -0.040907172898266335, -0.057524197164748714,
                -0.11098858130567721, -0.24223912905587933, -2.910773058108768, 113.43254270768232, -4695.656186731582,
                140298.28856574366, -3133877.9405263173, 51852772.28619695, -625652725.1962979, 5333126866.2159815, -30323688767.995064,
                102733977941.18338, -156145339523.53583),
}
# fmt: on
SMALL_J, FAR_J = 1.0, 7.25
J_CENTRE = 32.0
FAR_I = {"float32": 8.0, "float64": 12.0}
OVERFLOW = {"float32": 96.0, "float64": 720.0}
"""Where i0 and i1 have become infinite."""


@portable("scipy.special.j0")
def j0(f: Format, x: Value) -> Value:
    size = abs(x)
    square = x * x
    small = fma(square, polynomial(square, SMALL_J0[f.dtype]), 1.0)
    near = select(size < SMALL_J, small, _without_roots(f, size, ROOTS_0[f.dtype], J0[f.dtype]))
    p, q, amplitude = _hankel(f, size, P0[f.dtype], Q0[f.dtype])
    sine, cosine = sin(f, size), cos(f, size)
    return select(size < FAR_J, near, amplitude * fma(p, cosine + sine, q * (cosine - sine)))


@portable("scipy.special.j1")
def j1(f: Format, x: Value) -> Value:
    size = abs(x)
    square = x * x
    small = fma(square, polynomial(square, SMALL_J1[f.dtype]), 0.5)
    near = x * select(size < SMALL_J, small, _without_roots(f, size, ROOTS_1[f.dtype], J1[f.dtype]))
    p, q, amplitude = _hankel(f, size, P1[f.dtype], Q1[f.dtype])
    sine, cosine = sin(f, size), cos(f, size)
    far = amplitude * fma(p, sine - cosine, q * (sine + cosine))
    return select(size < FAR_J, near, select(x < 0.0, -far, far))


def _without_roots(f: Format, x: Value, roots: tuple[float, ...], coefficients: tuple[float, ...]) -> Value:
    first, first_low, second, second_low = roots
    result = polynomial(fma(x, x, -J_CENTRE), coefficients)
    result = result * ((x - second - second_low) * (x + second))
    return result * ((x - first - first_low) * (x + first))


def _hankel(f: Format, x: Value, p: tuple[float, ...], q: tuple[float, ...]) -> tuple[Value, Value, Value]:
    """P, Q and 1/sqrt(pi x)."""
    inverse = 1.0 / x
    square = inverse * inverse
    return polynomial(square, p), inverse * polynomial(square, q), unary("sqrt", inverse * (1 / math.pi))


def _increasing(name: str, at_minus_infinity: float) -> Callable[[Any], Any]:
    """SciPy's, which is NaN of infinity."""

    def function(x: Any) -> Any:
        from scipy import special

        return np.where(np.isinf(x), np.where(x > 0, math.inf, at_minus_infinity).astype(x.dtype), getattr(special, name)(x))

    return function


@portable(_increasing("i0", math.inf))
def i0(f: Format, x: Value) -> Value:
    square = x * x
    near = fma(square, polynomial(square, I0[f.dtype]), 1.0)
    return select(abs(x) < FAR_I[f.dtype], near, _grown(f, abs(x), FAR_I0[f.dtype]))


@portable(_increasing("i1", -math.inf))
def i1(f: Format, x: Value) -> Value:
    square = x * x
    near = x * fma(square, polynomial(square, I1[f.dtype]), 0.5)
    return select(abs(x) < FAR_I[f.dtype], near, binary("copysign", _grown(f, abs(x), FAR_I1[f.dtype]), x))


def _grown(f: Format, x: Value, coefficients: tuple[float, ...]) -> Value:
    """e^x/sqrt(x) times a polynomial in 1/x."""
    x = at_most(x, OVERFLOW[f.dtype])
    bits, rest = reduce(f, x, 2 * f.bias)
    return scaled_twice(f, series(f, rest) * (polynomial(1.0 / x, coefficients) / unary("sqrt", x)), bits)
