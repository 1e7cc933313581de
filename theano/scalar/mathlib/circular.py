"""sin, cos and tan: x = k pi/2 + r with \\|r\\| <= pi/4, and one polynomial each for sin r, cos r and tan r.

Up to :data:`FAR` k is found by rounding, and k pi/2 is subtracted in parts (Cody and Waite).  Beyond, and that is rare, the
significand is multiplied by just those bits of 2/pi that matter, with integers (Payne and Hanek): right for every number.
sin and cos of one argument share all of this in a trace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from theano.scalar.instructions import Value, fma, rarely, select
from theano.scalar.mathlib.formats import Format, Table, choose, constant, excess, polynomial, portable, product, split, split_any

# fmt: off
SIN: Table = {  # sin r = r + r^3 (...) in r^2
    "float32": (-0.16666655242443085, 0.008332191035151482, -0.00019518595945555717),
    "float64": (-0.16666666666666632, 0.008333333333322472, -0.000198412698298258, 2.7557313690216018e-06, -2.505075684430279e-08,
                1.5896673780556038e-10),
}
COS: Table = {  # cos r = 1 - r^2/2 + r^4 (...) in r^2
    "float32": (0.04166664555668831, -0.00138873013202101, 2.4430679331999272e-05),
    "float64": (0.0416666666666666, -0.0013888888888874457, 2.4801587289652753e-05, -2.7557314393806087e-07, 2.087572810071914e-09,
                -1.135986453357958e-11),
}
TAN: Table = {  # tan r = r + r^3 (...) in r^2; 2^-29.5 and 2^-59.9
    "float32": (0.33333349227905273, 0.13332673907279968, 0.05405917391180992, 0.02128455601632595, 0.01083229947835207,
                9.152026905212551e-05, 0.004376247525215149),
    "float64": (0.3333333333333338, 0.13333333333325348, 0.05396825397289601, 0.021869488399660342, 0.008863237913982374,
                0.0035921010022583535, 0.0014560444322558222, 0.0005888714362746784, 0.0002437221109490331, 8.364466626850197e-05,
                6.704426486167197e-05, -2.538168735064186e-05, 4.840261198562489e-05, -2.4147144276479992e-05, 9.768378505075715e-06),
}
# pi/2 in parts, all positive.  Without fma the parts are short, so that their products with k are exact.
HALF_PI: dict[tuple[str, bool], tuple[float, ...]] = {
    ("float32", True): (1.570796251296997, 7.549789415861596e-08, 5.390302529957765e-15),
    ("float32", False): (1.5703125, 0.0004837512969970703, 7.549533620476723e-08, 2.5633440682570896e-12),
    ("float64", True): (1.5707963267948966, 6.123233995736765e-17, 1.0828566739219139e-32),
    ("float64", False): (1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32),
}
# fmt: on

FAR = {("float32", True): 1e5, ("float32", False): 1e4, ("float64", True): 1e9, ("float64", False): 1e6}
"""From here on the parts do not suffice, by dtype and presence of fma."""

TWO_OVER_PI = int(
    "A2F9836E4E441529FC2757D1F534DDC0DB6295993C439041FE5163ABDEBBC561B7246E3A424DD2E006492EEA09D1921CFE1DEB1CB129A73EE88235F52EBB"
    "4484E99C7026B45F7E413991D639835339F49C845F8BBDF9283B1FF897FFDE05980FEF2F118B5A0A6D1F6D367ECF27CB09B74F463F669E5FEA2D7527BAC7"
    "EBE5F17B3D0739F78A5292EA6BFB5FB11F8D5D0856",
    16,
)
"""The first :data:`TWO_OVER_PI_BITS` bits of 2/pi."""
TWO_OVER_PI_BITS = 1160
ZERO_WORDS = 2
"""So many words of zeros before them, for numbers not so far out."""


@portable(np.sin)
def sin(f: Format, x: Value) -> Value:
    r, quadrant = reduced(f, x)
    return select(abs(x) < 2.0 ** (-f.digits // 2), x, quarter(f, r, quadrant))


@portable(np.cos)
def cos(f: Format, x: Value) -> Value:
    r, quadrant = reduced(f, x)
    return quarter(f, r, quadrant + 1)


@portable(np.tan)
def tan(f: Format, x: Value) -> Value:
    """That of r, or -1 by it in every other quarter.  r and its tangent t are carried in two parts, since 1/t doubles the error of t."""
    r, low, quadrant = reduced_twice(f, x)
    square = r * r
    curve = r * square * polynomial(square, TAN[f.dtype])
    slope = fma(r + curve, r + curve, 1.0)
    tangent, tangent_low = split(r, fma(low, slope, curve))
    inverse = 1.0 / tangent
    cotangent = fma(inverse, excess(f, constant(x, 1.0), tangent, inverse) - inverse * tangent_low, inverse)
    result = select((quadrant & 1).equals(0), tangent, -cotangent)
    return select(abs(x) < 2.0 ** (-f.digits // 2), x, result)


def quarter(f: Format, r: Value, quadrant: Value) -> Value:
    """sin(r + quadrant pi/2)."""
    square = r * r
    sine = fma(r * square, polynomial(square, SIN[f.dtype]), r)
    cosine = fma(square * square, polynomial(square, COS[f.dtype]), fma(square, -0.5, 1.0))
    value = select((quadrant & 1).equals(0), sine, cosine)
    return f.number(f.bits(value) ^ ((quadrant & 2) << (f.digits + (7 if f.digits == 23 else 10))))


def reduced(f: Format, x: Value) -> tuple[Value, Value]:
    """r, and k modulo 4 in the low bits of an unsigned integer."""
    shifted = fma(x, 2 / math.pi, f.shifter)
    k, r = shifted - f.shifter, x
    *parts, before_last, last = HALF_PI[f.dtype, f.has_fma]
    for part in parts:
        r = fma(k, -part, r)
    if f.has_fma:
        r = fma(k, -last, fma(k, -before_last, r))
    else:  # one rounding, not two
        r, low = split(r, k * -before_last)
        r = r + (low + k * -last)
    far = abs(x) > FAR[f.dtype, f.has_fma]
    far_r, _, far_quadrant = reduced_far(f, x)
    return rarely(far, far_r, r), rarely(far, far_quadrant, f.bits(shifted))


def reduced_twice(f: Format, x: Value) -> tuple[Value, Value, Value]:
    """As :func:`reduced`, with an r in two parts."""
    shifted = fma(x, 2 / math.pi, f.shifter)
    k = shifted - f.shifter
    first, *others = HALF_PI[f.dtype, f.has_fma]
    r, low = fma(k, -first, x), constant(x, 0.0)
    for part in others:
        high, lost = product(f, k, constant(x, -part))
        r, lost_too = split_any(r, high)
        low = low + (lost + lost_too)
    r, low = split(r, low)
    far = abs(x) > FAR[f.dtype, f.has_fma]
    far_r, far_low, far_quadrant = reduced_far(f, x)
    return rarely(far, far_r, r), rarely(far, far_low, low), rarely(far, far_quadrant, f.bits(shifted))


def reduced_far(f: Format, x: Value) -> tuple[Value, Value, Value]:
    """As :func:`reduced_twice`, for a large ``x``; NaN for infinity.

    ``abs(x)`` is m 2^e with an integer m.  Of the bits of 2/pi those from number e-1 on make m 2^e 2/pi modulo 4."""
    bits = f.bits(abs(x))
    significand = ((bits & ((1 << f.digits) - 1)) | (1 << f.digits)).cast("uint64")
    start = (bits >> f.digits).cast("uint64") - (f.bias + f.digits + 2 - 32 * ZERO_WORDS)
    count = 3 if f.dtype == "float32" else 6
    shift, words = start & 31, window(start >> 5, table(x, f), count + 1)
    digits = [((words[j] << shift) | (words[j + 1] >> (32 - shift))) & 0xFFFFFFFF for j in range(count)]
    turns = multiplied([significand & 0xFFFFFFFF] if count == 3 else [significand & 0xFFFFFFFF, significand >> 32], digits)
    high = (turns[0] << 32) | turns[1]  # quarter turns, modulo 4, over 2^62
    low = (turns[2] << 32) | (turns[3] if count == 6 else constant(high, 0))
    quadrant = (high + (1 << 61)) >> 62
    whole = ((turns[0] << 34) | (turns[1] << 2) | (turns[2] >> 30)).bitcast("int64")
    return _signed(f, x, whole, low << 2, quadrant)


def _signed(f: Format, x: Value, whole: Value, low: Value, quadrant: Value) -> tuple[Value, Value, Value]:
    """The rest of a quarter turn, (whole + low 2^-64) 2^-64, in radians and with the sign of ``x``."""
    near = whole.cast(f.dtype)
    rest = (whole - near.cast("int64")).cast(f.dtype)
    if f.dtype == "float64":
        rest = rest + low.cast(f.dtype) * 2.0**-64
    big = math.pi / 2 if f.dtype == "float64" else 1.5707963705062866
    small = 6.123233995736766e-17 if f.dtype == "float64" else -4.371138828673793e-08
    angle, low_angle = product(f, near, constant(near, big * 2.0**-64))
    angle, low_angle = split(angle, fma(near, small * 2.0**-64, fma(rest, big * 2.0**-64, low_angle)))
    quadrant = quadrant.cast(f.unsigned)
    negative = x < 0.0
    r, r_low = (select(negative, -part, part) for part in (angle, low_angle))
    return choose(abs(x) < math.inf, r, math.nan), r_low, select(negative, 0 - quadrant, quadrant)


def table(x: Value, f: Format) -> list[Value]:
    """Zeros and the bits of 2/pi, in words of 32 bits, as many as the format can ask for."""
    count = ZERO_WORDS + (f.bias - f.digits) // 32 + (4 if f.dtype == "float32" else 7)
    bits = TWO_OVER_PI << (32 * (count - ZERO_WORDS)) >> TWO_OVER_PI_BITS
    return [x.trace.const(bits >> (32 * (count - 1 - j)) & 0xFFFFFFFF, "uint64") for j in range(count)]


def window(start: Value, words: Sequence[Value], count: int) -> list[Value]:
    """``words[start : start + count]``, by halving what is left."""
    current = list(words)
    for step in (32, 16, 8, 4, 2, 1):
        if step < len(words):
            skip = (start & step).differs(0)
            wanted = current[: count + step - 1]
            current = [select(skip, current[i + step], word) if i + step < len(current) else word for i, word in enumerate(wanted)]
    return current[:count]


def multiplied(factor: Sequence[Value], digits: Sequence[Value]) -> list[Value]:
    """The product of numbers in digits of 32 bits, ``factor`` lowest digit first, modulo that of ``digits``, highest first."""
    count = len(digits)
    result: list[Value | None] = [None] * count  # lowest first
    for offset, digit in enumerate(factor):
        carry: Value | None = None
        for place in range(offset, count):
            column = digit * digits[count - 1 - (place - offset)]
            for term in (carry, result[place]):
                column = column if term is None else column + term
            result[place], carry = column & 0xFFFFFFFF, column >> 32
    return [digit for digit in reversed(result) if digit is not None]
