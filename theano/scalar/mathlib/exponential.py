"""exp and its relatives: e^x = 2^k e^r with \\|r\\| <= ln(2)/2, a polynomial for e^r and the bits of 2^k.

Adding :attr:`Format.shifter` rounds x/ln 2 to k and leaves k in the low bits of the sum, from where a shift puts it into the
exponent: no conversion.  The polynomials are minimax for the relative error of e^r (2^-28 and 2^-57).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.scalar.instructions import Value, binary, fma, intrinsic, select
from theano.scalar.mathlib.formats import Format, Table, at_least, at_most, constant, polynomial, portable, split_any

# fmt: off
EXP: Table = {  # e^r = 1 + r + r^2 (...)
    "float32": (0.5, 0.16666515171527863, 0.04166657477617264, 0.008369281888008118, 0.001392372534610331),
    "float64": (0.5, 0.16666666666666688, 0.041666666666602285, 0.008333333333312435, 0.0013888888927492797, 0.0001984126990893742,
                2.4801507789855298e-05, 2.7557221951657244e-06, 2.7625547004070554e-07, 2.5116527140959667e-08),
}
EXP2: Table = {  # 2^r = 1 + r (...)
    "float32": (0.6931471824645996, 0.2402263879776001, 0.0555037297308445, 0.00961920153349638, 0.001338497968390584,
                0.00015198258915916085),
    "float64": (0.6931471805599453, 0.2402265069591015, 0.05550410866482406, 0.009618129107586216, 0.00133335581457744,
                0.00015403530467374984, 1.5252734481098814e-05, 1.321543009195904e-06, 1.0177780930199355e-07, 7.074679747793211e-09,
                4.4984986657705755e-10),
}
TANH: Table = {  # tanh(x) = x + x^3 (...) in x^2, for |x| <= 0.5625
    "float32": (-0.3333331346511841, 0.13332433998584747, -0.053835369646549225, 0.020998548716306686, -0.006166671868413687),
    "float64": (-0.3333333333333328, 0.13333333333323638, -0.053968253961976305, 0.02186948833363179, -0.008863231730343006,
                0.0035920830998945066, -0.0014554846172746521, 0.0005882023551121409, -0.00023275989392636503, 8.24185717200891e-05,
                -1.8936829152872067e-05),
}
# fmt: on

LN2: Table = {"float32": (0.693359375, -2.12194440e-4), "float64": (6.93147180369123816490e-01, 1.90821492927058770002e-10)}
"""ln 2 in two parts; the first has so many zeros at its end that its products with k are exact."""

UNDERFLOW = {"float32": -104.0, "float64": -746.0}
OVERFLOW = {"float32": 89.0, "float64": 710.0}


def shift(f: Format, x: Value, offset: int) -> tuple[Value, Value, Value]:
    """Bits with k + ``offset`` at their low end, k, and x - k (the first part of ln 2), which is exact, for a moderate ``x``."""
    shifter = f.shifter + offset
    shifted = fma(x, math.log2(math.e), shifter)
    k = shifted - shifter
    return f.bits(shifted), k, fma(k, -LN2[f.dtype][0], x)


def reduce(f: Format, x: Value, offset: int) -> tuple[Value, Value]:
    """Bits with k + ``offset`` at their low end, and x - k ln 2."""
    bits, k, rest = shift(f, x, offset)
    return bits, fma(k, -LN2[f.dtype][1], rest)


def reduce_twice(f: Format, x: Value) -> tuple[Value, Value]:
    """k and x - k ln 2, for a k that may make numbers overflow or subnormal."""
    _, k, rest = shift(f, x, 2 * f.bias)
    return k, fma(k, -LN2[f.dtype][1], rest)


def scaled(f: Format, x: Value, bits: Value) -> Value:
    """x 2^k, from the bits of k + bias, if 2^k is a normal number."""
    return x * f.number(bits << f.digits)


def scaled_twice(f: Format, x: Value, bits: Value) -> Value:
    """x 2^k, from the bits of k + 2 bias, whatever k: in two factors, of which only the second may round."""
    half = (bits >> 1) << f.digits
    return x * f.number(half) * f.number((bits << f.digits) - half)


def _ldexp(x: Any, k: Any) -> Any:
    return np.ldexp(x, np.asarray(k).astype("int32"))


@portable(_ldexp)
def ldexp(f: Format, x: Value, k: Value) -> Value:
    """x 2^k for a whole number k between -2 bias and 2 bias: one instruction on some machines."""
    shifter = f.shifter + 2 * f.bias
    made = k.op == "sub" and k.args[1] is constant(x, shifter)  # its bits were there before
    return scaled_twice(f, x, f.bits(k.args[0] if made else k + shifter))


def series(f: Format, rest: Value) -> Value:
    """e^rest."""
    return polynomial(rest, (1.0, 1.0, *EXP[f.dtype]))


def series_less_1(f: Format, rest: Value) -> Value:
    """e^rest - 1, small where rest is."""
    return fma(rest * rest, polynomial(rest, EXP[f.dtype]), rest)


def clamped(f: Format, x: Value, lowest: float | None = None) -> Value:
    return at_most(at_least(x, UNDERFLOW[f.dtype] if lowest is None else lowest), OVERFLOW[f.dtype])


@portable(np.exp)
def exp(f: Format, x: Value) -> Value:
    k, rest = reduce_twice(f, clamped(f, x))
    return intrinsic("ldexp", series(f, rest), k)


def exp_of_negative(f: Format, x: Value) -> Value:
    """e^x for x <= 0."""
    k, rest = reduce_twice(f, at_least(x, UNDERFLOW[f.dtype]))
    return intrinsic("ldexp", series(f, rest), k)


@portable(np.exp2)
def exp2(f: Format, x: Value) -> Value:
    """The rest is exact, so powers of two are."""
    return power_of_two(f, at_most(at_least(x, -f.bias - f.digits - 10.0), f.bias + 2.0), None)


def power_of_two(f: Format, x: Value, low: Value | None) -> Value:
    """2^(x + low) for a moderate ``x`` and a tiny ``low``."""
    shifter = f.shifter + 2 * f.bias
    shifted = x + shifter
    k = shifted - shifter
    rest = x - k
    if low is not None:
        rest = rest + low
    return intrinsic("ldexp", polynomial(rest, (1.0, *EXP2[f.dtype])), k)


@portable(np.expm1)
def expm1(f: Format, x: Value) -> Value:
    """2 (2^(k-1) (e^r - 1) + (2^(k-1) - 1/2)): the halves keep 2^k below overflow.  The large terms, which may cancel, come first."""
    bits, rest = reduce(f, clamped(f, x, -(f.digits + 3.0) * 0.7), f.bias - 1)
    half_power = f.number(bits << f.digits)
    linear = fma(half_power, rest, half_power - 0.5)
    result = 2.0 * fma(half_power * rest * rest, polynomial(rest, EXP[f.dtype]), linear)
    return select(abs(x) < 2.0 ** (-f.digits - 2), x, result)


@portable(np.tanh)
def tanh(f: Format, x: Value) -> Value:
    """1 - 2/(e^(2|x|) + 1), where 2/(...) is less than the result; else an odd polynomial."""
    size = abs(x)
    bits, rest = reduce(f, at_most(size + size, f.digits * 0.8), f.bias)
    far = fma(1.0 / (scaled(f, series(f, rest), bits) + 1.0), -2.0, 1.0)
    square = x * x
    near = fma(x * square, polynomial(square, TANH[f.dtype]), x)
    return binary("copysign", select(size < 0.5546875, near, far), x)


@portable("scipy.special.expit")
def sigmoid(f: Format, x: Value) -> Value:
    """1/(1 + e^-x), with 1 + e^-x in two parts.  All is scaled down, so that e^-x never overflows."""
    one = 2.0 ** (-f.digits - 2)
    bits, rest = reduce(f, at_most(at_least(-x, -f.digits * 0.8), -UNDERFLOW[f.dtype]), f.bias - f.digits - 2)
    power = f.number(bits << f.digits)
    growth = series_less_1(f, rest)
    grown = fma(power, growth, power)
    total, lost = split_any(grown, constant(x, one))
    result = one / total
    return fma(result * result, (lost + fma(power, growth, power - grown)) * (-1.0 / one), result)
