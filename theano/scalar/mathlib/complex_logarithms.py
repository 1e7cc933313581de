"""Logarithms, powers and inverse functions of complex numbers; see :mod:`theano.scalar.mathlib.complex_functions`.

Their branch cuts are those of C99 and of NumPy, and continuous from the side that the sign of a zero part tells.
"""

from __future__ import annotations

import math

from theano.scalar.instructions import Complex, Value, fma, intrinsic, rarely, select, unary
from theano.scalar.mathlib.complex_functions import (
    copysign,
    div,
    exp,
    hypot,
    is_infinite,
    mul,
    mul_real,
    on_complex,
    ordered,
    scaling,
    sqrt,
    squares,
    turned,
)
from theano.scalar.mathlib.formats import FORMATS, choose, constant, product

# ------------------------------------------------------------------------------------------------ logarithms


def angle_of(z: Value) -> Value:
    return intrinsic("arctan2", z.imag, z.real)


def log_modulus(z: Value) -> Value:
    """log |z|; where |z| is near 1, by what the square of the modulus exceeds 1, which is exact but for its last rounding."""
    f = FORMATS[z.real.dtype, False]
    a, b = ordered(abs(z.real), abs(z.imag))
    scale, back = scaling(a, 1)
    whole = squares(a * scale, b * scale)
    log_back = choose(
        back > 1.0, math.log(2) * 2 * (f.bias * 3 // 8), choose(back < 1.0, -math.log(2) * 2 * (f.bias * 3 // 8), constant(a, 0.0))
    )
    (p, p_low), (q, q_low) = product(f, a, a), product(f, b, b)
    more = ((p - 1.0) + q) + (p_low + q_low)
    near = back.equals(1.0) & (whole > 0.4) & (whole < 3.0)
    result = 0.5 * select(near, intrinsic("log1p", more), intrinsic("log", whole)) + log_back
    return choose(is_infinite(z.real) | is_infinite(z.imag), math.inf, result)


@on_complex
def log(z: Value) -> Value:
    return Complex(log_modulus(z), angle_of(z))


@on_complex
def log2(z: Value) -> Value:
    return mul_real(log(z), 1 / math.log(2))


@on_complex
def log10(z: Value) -> Value:
    return mul_real(log(z), 1 / math.log(10))


@on_complex
def log1p(z: Value) -> Value:
    """Where |1 + z| is near 1 by what its square exceeds 1, x (2 + x) + y²."""
    x, y = z.real, z.imag
    moved = Complex(1.0 + x, y)
    more = fma(x, 2.0 + x, y * y)
    near = (more > -0.5) & (more < 2.0)
    return Complex(select(near, 0.5 * intrinsic("log1p", more), log_modulus(moved)), angle_of(moved))


@on_complex
def softplus(z: Value) -> Value:
    """log(1 + e^z): for a large e^z its logarithm, with the angle of the circle."""
    x, y = z.real, z.imag
    usual, far = log1p(exp(z)), x > 40.0
    turn = intrinsic("arctan2", intrinsic("sin", y), intrinsic("cos", y))
    return Complex(select(far, x, usual.real), select(far, turn, usual.imag))


# ------------------------------------------------------------------------------------------------ powers


@on_complex
def pow(z: Value, w: Value) -> Value:
    """e^(w log z); to whole numbers of less than 100 by multiplying.  As in NumPy, 0 to powers of negative or no real part is NaN."""
    logarithm = log(z)
    by_multiplying, whole = w.imag.equals(0.0) & (abs(w.real) < 100.0), unary("trunc", w.real)
    result = rarely(by_multiplying & whole.equals(w.real), whole_power(z, w.real), exp(mul(w, logarithm)))
    zero, one = z.trace.const(0, z.dtype), z.trace.const(1, z.dtype)
    undefined = z.trace.const(complex("nan+nanj"), z.dtype)
    result = select(z.equals(zero), select(w.real > 0.0, zero, undefined), result)
    return select(w.equals(zero), one, result)


def whole_power(z: Value, exponent: Value) -> Value:
    """``z`` to a whole number between -127 and 127, by squaring."""
    bits, one = abs(exponent).cast("int32"), z.trace.const(1, z.dtype)
    result, square = select((bits & 1).differs(0), z, one), z
    for bit in range(1, 7):
        square = mul(square, square)
        result = select((bits & (1 << bit)).differs(0), mul(result, square), result)
    return select(exponent < 0.0, div(one, result), result)


# ------------------------------------------------------------------------------------------------ inverse functions


def roots(z: Value) -> tuple[Value, Value]:
    """The roots of 1 - z and 1 + z."""
    return sqrt(Complex(1.0 - z.real, -z.imag)), sqrt(Complex(1.0 + z.real, z.imag))


def is_far(z: Value) -> Value:
    """Whether 1 is nothing beside the square of |z|; then inverse functions are logarithms of 2z."""
    bound = 2.0**30
    return (abs(z.real) > bound) | (abs(z.imag) > bound)


def log_of_twice(z: Value) -> Value:
    return log_modulus(z) + math.log(2)


@on_complex
def arcsin(z: Value) -> Value:
    """From the roots of 1 - z and 1 + z (Kahan, Branch Cuts for Complex Elementary Functions, 1987)."""
    x, y = z.real, z.imag
    (a, b), far = roots(z), is_far(z)
    real = intrinsic("arctan2", x, select(far, abs(y), a.real * b.real - a.imag * b.imag))
    imag = select(far, log_of_twice(z), abs(intrinsic("arcsinh", a.real * b.imag - a.imag * b.real)))
    return Complex(select(x.equals(0.0), x, real), copysign(imag, y))


@on_complex
def arccos(z: Value) -> Value:
    x, y = z.real, z.imag
    (a, b), far = roots(z), is_far(z)
    real = select(far, intrinsic("arctan2", abs(y), x), 2.0 * intrinsic("arctan2", a.real, b.real))
    real = choose(x.equals(0.0), math.pi / 2, real)
    imag = select(far, log_of_twice(z), abs(intrinsic("arcsinh", b.real * a.imag - b.imag * a.real)))
    return Complex(real, copysign(imag, -y))


@on_complex
def arccosh(z: Value) -> Value:
    x, y = z.real, z.imag
    a, b, far = sqrt(Complex(x - 1.0, y)), sqrt(Complex(x + 1.0, y)), is_far(z)
    real = select(far, log_of_twice(z), intrinsic("arcsinh", a.real * b.real + a.imag * b.imag))
    imag = select(far, angle_of(z), 2.0 * intrinsic("arctan2", a.imag, b.real))
    return Complex(real, select(x.equals(0.0), copysign(constant(y, math.pi / 2), y), imag))


@on_complex
def arcsinh(z: Value) -> Value:
    return turned(arcsin, z)


@on_complex
def arctanh(z: Value) -> Value:
    """log1p(4x / ((1 - x)² + y²)) / 4 and half the angle of ((1 - x) (1 + x) - y², 2y), for x >= 0; far away 1/z and a right angle."""
    x, y = abs(z.real), z.imag
    size, far = abs(y), is_far(z)
    rest = 1.0 - x
    real = intrinsic("log1p", 4.0 * x / squares(rest, size)) * 0.25
    pole = rest.equals(0.0) & (size < FORMATS[x.dtype, True].tiny ** 0.5 * 2.0)
    real = select(pole, 0.5 * (math.log(2) - intrinsic("log", size)), real)
    length = hypot(x, y)
    real = choose(far, choose(is_infinite(length), 0.0, x / length / length), real)
    imag = 0.5 * intrinsic("arctan2", 2.0 * y, rest * (1.0 + x) - size * size)
    known = y.equals(y) & (x.equals(x) | is_infinite(y))
    right = copysign(constant(y, math.pi / 2) - choose(is_infinite(length), 0.0, size / length / length), y)
    imag = select(far, select(known, right, constant(y, math.nan)), imag)
    return Complex(copysign(select(x.equals(0.0), x, real), z.real), imag)


@on_complex
def arctan(z: Value) -> Value:
    return turned(arctanh, z)
