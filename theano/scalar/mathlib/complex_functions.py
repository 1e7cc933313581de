"""Functions of complex numbers, in real instructions.

Each is found by the name of an instruction, of an intrinsic or of an elementwise operation, and takes and gives pairs of values.
Errors are measured against the modulus of the result: a part that is much smaller than the other may have few digits of its own.
Sums, products and quotients treat infinities and NaN as NumPy does, which is by their formulas; the other functions by C99, annex G.

>>> from theano.scalar.instructions import Trace
>>> z = Trace().const(3 + 4j, "complex128")
>>> complex_function("mul")(z, z).imag.op
'add'
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.errors import CompileError, message
from theano.scalar.instructions import Complex, Value, binary, fma, intrinsic, rarely, select, unary
from theano.scalar.mathlib.formats import FORMATS, choose, constant, product

Function = Callable[..., Value]

FUNCTIONS: dict[str, Function] = {}

LN2 = {"float32": (0.6931471824645996, -1.904654299957768e-09), "float64": (0.6931471805599453, 2.3190468138462996e-17)}
"""ln 2 as a number of the format, and what it lacks."""


REFERENCES: dict[str, Callable[..., Any]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "deg2rad": lambda z: z * (math.pi / 180),
    "rad2deg": lambda z: z * (180 / math.pi),
}
"""By operation, where NumPy's or SciPy's function refuses complex numbers."""


def complex_function(name: str) -> Function:
    """The one of that name; :class:`~theano.errors.CompileError` if there is none."""
    if name not in FUNCTIONS:
        raise CompileError(message(f"{name} of complex numbers has no code", cure="take real and imaginary parts before it"))
    return FUNCTIONS[name]


def on_complex(function: Function) -> Function:
    """Registers the function below under its name, without the underscore that keeps it from being a keyword of Python's."""
    FUNCTIONS[function.__name__.rstrip("_")] = function
    return function


# ------------------------------------------------------------------------------------------------ arithmetic


@on_complex
def add(x: Value, y: Value) -> Value:
    return Complex(x.real + y.real, x.imag + y.imag)


@on_complex
def sub(x: Value, y: Value) -> Value:
    return Complex(x.real - y.real, x.imag - y.imag)


@on_complex
def mul(x: Value, y: Value) -> Value:
    return Complex(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


@on_complex
def div(x: Value, y: Value) -> Value:
    """Smith's method, by the ratio of the divisor's parts, of numbers brought away from the ends of the range (Smith, Algorithm 116,
    1962).  By zero the parts are divided by 0."""
    wide = abs(y.imag) <= abs(y.real)
    big, small = select(wide, y.real, y.imag), select(wide, y.imag, y.real)
    first, second = select(wide, x.real, x.imag), select(wide, x.imag, x.real)
    shrink, _ = tempering(abs(big))
    divide, multiply = tempering(select(abs(first) < abs(second), abs(second), abs(first)))
    big, small, first, second = big * shrink, small * shrink, first * divide, second * divide
    ratio = small / big
    share, back = 1.0 / (big + small * ratio), multiply * shrink
    part = select(wide, second - first * ratio, first * ratio - second)
    zero = big.equals(0.0) & small.equals(0.0)
    divisor = abs(big)
    return Complex(
        select(zero, x.real / divisor, (first + second * ratio) * share * back),
        select(zero, x.imag / divisor, part * share * back),
    )


def tempering(size: Value) -> tuple[Value, Value]:
    """A power of two that takes the largest and the smallest numbers nearer to 1, and its inverse: then their reciprocals and small
    multiples are normal numbers.  It is 1 for all others."""
    f = FORMATS[size.dtype, True]
    step, one = 2.0 ** (f.bias // 2), size.trace.const(1.0, size.dtype)
    large, small = size > 2.0 ** (f.bias - 3), size < 2.0 ** -(f.bias - f.digits - 3)
    return choose(large, 1.0 / step, choose(small, step, one)), choose(large, step, choose(small, 1.0 / step, one))


@on_complex
def conj(x: Value) -> Value:
    return Complex(x.real, -x.imag)


# ------------------------------------------------------------------------------------------------ comparison


@on_complex
def eq(x: Value, y: Value) -> Value:
    return x.real.equals(y.real) & x.imag.equals(y.imag)


@on_complex
def ne(x: Value, y: Value) -> Value:
    return x.real.differs(y.real) | x.imag.differs(y.imag)


@on_complex
def lt(x: Value, y: Value) -> Value:
    """By the real parts, of equal ones by the imaginary; NaN is not less nor greater."""
    comparable = x.imag.equals(x.imag) & y.imag.equals(y.imag)
    return ((x.real < y.real) & comparable) | (x.real.equals(y.real) & (x.imag < y.imag))


@on_complex
def le(x: Value, y: Value) -> Value:
    comparable = x.imag.equals(x.imag) & y.imag.equals(y.imag)
    return ((x.real < y.real) & comparable) | (x.real.equals(y.real) & (x.imag <= y.imag))


@on_complex
def max_(x: Value, y: Value) -> Value:
    """The greater, the first of equals; what is NaN before all."""
    return select(x.differs(x) | le(y, x), x, y)


@on_complex
def min_(x: Value, y: Value) -> Value:
    return select(x.differs(x) | le(x, y), x, y)


def _first(x: Value, i: Value, y: Value, j: Value, better: Value) -> tuple[Value, Value]:
    """Of two numbers with their positions the better one, of equals or NaNs the one that stands first."""
    x_is_nan, y_is_nan = x.differs(x), y.differs(y)
    tie = (x.equals(y) | (x_is_nan & y_is_nan)) & (j < i)
    taken = (better & ~x_is_nan) | (y_is_nan & ~x_is_nan) | tie
    return select(taken, y, x), select(taken, j, i)


FOLDS: dict[str, tuple[complex, Callable[..., Any]]] = {
    "add": (0, add),
    "mul": (1, mul),
    "max": (complex("-inf-infj"), max_),
    "min": (complex("inf+infj"), min_),
    "argmax": (complex("-inf-infj"), lambda x, i, y, j: _first(x, i, y, j, lt(x, y))),
    "argmin": (complex("inf+infj"), lambda x, i, y, j: _first(x, i, y, j, lt(y, x))),
}
"""The combinations of reductions for complex numbers, with what they start from."""


# ------------------------------------------------------------------------------------------------ modulus and angle


@on_complex
def abs_(z: Value) -> Value:
    return hypot(z.real, z.imag)


def hypot(x: Value, y: Value) -> Value:
    """The root of x² + y², within 1 ULP; infinite if either is, though the other be NaN."""
    larger, smaller = ordered(abs(x), abs(y))
    scale, back = scaling(larger, 1)
    root = unary("sqrt", squares(larger * scale, smaller * scale)) * back
    return choose(is_infinite(x) | is_infinite(y), math.inf, root)


def ordered(x: Value, y: Value) -> tuple[Value, Value]:
    """The larger, the smaller."""
    swap = x < y
    return select(swap, y, x), select(swap, x, y)


def squares(x: Value, y: Value) -> Value:
    return fma(x, x, y * y)


def scaling(size: Value, root: int) -> tuple[Value, Value]:
    """A power of two that brings ``size``, and its square, well inside the range of the format; and the root (1: itself, 2: square
    root) of the power that takes it back.  Numbers of ordinary sizes have 1."""
    f = FORMATS[size.dtype, True]
    bound = 2.0 ** (f.bias // 2 - f.digits // 2)
    step, one = 2 * (f.bias * 3 // 8), constant(size, 1.0)
    large, small = size > bound, size < 1.0 / bound
    scale = choose(large, 2.0**-step, choose(small, 2.0**step, one))
    return scale, choose(large, 2.0 ** (step // root), choose(small, 2.0 ** -(step // root), one))


def is_infinite(x: Value) -> Value:
    return abs(x).equals(math.inf)


def is_finite(x: Value) -> Value:
    return abs(x) < math.inf


def copysign(x: Value, sign: Value) -> Value:
    return binary("copysign", x, sign)


def turned(function: Function, z: Value) -> Value:
    """-i f(i z): what f is to hyperbolic functions, it is to circular ones."""
    w = function(Complex(-z.imag, z.real))
    return Complex(w.imag, -w.real)


@on_complex
def isinf(z: Value) -> Value:
    return is_infinite(z.real) | is_infinite(z.imag)


# ------------------------------------------------------------------------------------------------ exponentials


def swollen(x: Value, factor: Value, number: float = 1.0, power: str = "exp") -> Value:
    """``number`` e^x times ``factor``, where e^x alone may overflow."""
    half = intrinsic(power, x * 0.5)
    return half * factor * (half * number)


def is_large(x: Value) -> Value:
    """Whether e^x may overflow."""
    return x > (708.0 if x.dtype == "float64" else 87.0)


@on_complex
def exp(z: Value) -> Value:
    x, y = z.real, z.imag
    return spun(x, y, intrinsic("cos", y), intrinsic("sin", y), "exp", is_large(x))


@on_complex
def exp2(z: Value) -> Value:
    """The angle is y ln 2 and what that lacks."""
    x, y = z.real, z.imag
    f, high, low = FORMATS[x.dtype, False], *LN2[x.dtype]
    angle, lost = product(f, y, constant(y, high))
    lost = fma(y, low, lost)
    sine, cosine = intrinsic("sin", angle), intrinsic("cos", angle)
    return spun(x, y, fma(-sine, lost, cosine), fma(cosine, lost, sine), "exp2", x > f.bias * 1.0)


def spun(x: Value, y: Value, cosine: Value, sine: Value, power: str, large: Value) -> Value:
    """A power of a real number at an angle of which the cosine and the sine are known; it overflows itself if ``large``."""
    size, lost = intrinsic(power, x), ~is_finite(y)
    real = select(lost & is_infinite(x), size, rarely(large, swollen(x, cosine, power=power), size * cosine))
    imag = choose(lost & x.equals(-math.inf), 0.0, rarely(large, swollen(x, sine, power=power), size * sine))
    return Complex(real, select(y.equals(0.0), y, imag))


def mul_real(z: Value, number: float) -> Value:
    return Complex(z.real * number, z.imag * number)


@on_complex
def deg2rad(z: Value) -> Value:
    return mul_real(z, math.pi / 180)


@on_complex
def rad2deg(z: Value) -> Value:
    return mul_real(z, 180 / math.pi)


@on_complex
def expm1(z: Value) -> Value:
    """Near 0 (e^x - 1) cos y - 2 sin²(y/2) and e^x sin y."""
    x, y = z.real, z.imag
    whole, half = exp(z), intrinsic("sin", y * 0.5)
    near = intrinsic("expm1", x) * intrinsic("cos", y) - 2.0 * (half * half)
    return Complex(select(abs(x) < 1.0, near, whole.real - 1.0), whole.imag)


def hyperbolic(x: Value, cosine: Value, sine: Value) -> tuple[Value, Value]:
    """sinh |x| times ``cosine`` and cosh |x| times ``sine``."""
    size = abs(x)
    less_1, large = intrinsic("expm1", size), is_large(size)
    power = less_1 + 1.0
    sinh_x, cosh_x = (less_1 + less_1 / power) * 0.5, (power + 1.0 / power) * 0.5
    return rarely(large, swollen(size, cosine, 0.5), sinh_x * cosine), rarely(large, swollen(size, sine, 0.5), cosh_x * sine)


@on_complex
def sinh(z: Value) -> Value:
    """sinh x cos y + i cosh x sin y."""
    x, y = z.real, z.imag
    real, imag = hyperbolic(x, intrinsic("cos", y), intrinsic("sin", y))
    lost, sign = ~is_finite(y), copysign(constant(x, 1.0), x)
    real = choose(lost & is_infinite(x), math.inf, real)
    return Complex(select(lost & x.equals(0.0), x, sign * real), select(y.equals(0.0), y, imag))


@on_complex
def cosh(z: Value) -> Value:
    """cosh x cos y + i sinh x sin y."""
    x, y = z.real, z.imag
    imag, real = hyperbolic(x, intrinsic("sin", y), intrinsic("cos", y))
    sign = copysign(constant(x, 1.0), x)
    real = choose(~is_finite(y) & is_infinite(x), math.inf, real)
    on_axis = (x.equals(0.0) | y.equals(0.0)) & imag.differs(imag)
    return Complex(real, sign * select(on_axis, copysign(constant(y, 0.0), y), imag))


@on_complex
def tanh(z: Value) -> Value:
    """(sinh x cosh x + i sin y cos y) / (sinh² x + cos² y)."""
    x, y = z.real, z.imag
    size, sine, cosine = abs(x), intrinsic("sin", y), intrinsic("cos", y)
    far = size > 20.0
    s, c = hyperbolic(choose(far, 20.0, size), constant(x, 1.0), constant(x, 1.0))
    divisor = squares(s, cosine)
    shrunk = intrinsic("exp", -size)
    real, imag = choose(far, 1.0, s * c / divisor), select(far, 4.0 * sine * cosine * shrunk * shrunk, sine * cosine / divisor)
    imag = select(is_infinite(x) & ~is_finite(y), copysign(constant(x, 0.0), y), imag)
    defined = is_finite(y) | is_infinite(x) | x.equals(0.0)
    real = select(defined, copysign(real, x), y - y)
    return Complex(select(x.equals(0.0), x, real), select(y.equals(0.0), y, imag))


@on_complex
def sin(z: Value) -> Value:
    return turned(sinh, z)


@on_complex
def cos(z: Value) -> Value:
    return cosh(Complex(-z.imag, z.real))


@on_complex
def tan(z: Value) -> Value:
    return turned(tanh, z)


@on_complex
def sigmoid(z: Value) -> Value:
    """1 / (1 + e^-z), by the exponential that is small."""
    negative, one = z.real < 0.0, z.trace.const(1.0, z.dtype)
    power = exp(select(negative, z, -z))
    return div(select(negative, power, one), add(power, one))


# ------------------------------------------------------------------------------------------------ roots


@on_complex
def sqrt(z: Value) -> Value:
    """By the half angle: of the parts' roots the larger one is computed, the other by division."""
    x, y = z.real, z.imag
    scale, back = scaling(ordered(abs(x), abs(y))[0], 2)
    a, b = abs(x) * scale, abs(y) * scale
    large = unary("sqrt", (a + unary("sqrt", squares(a, b))) * 0.5) * back
    large = choose(is_infinite(x) | is_infinite(y), math.inf, large)
    small = choose(large.equals(0.0), 0.0, abs(y) / large * 0.5)
    left = x < 0.0
    real, imag = select(left, small, large), select(left, large, small)
    endless = is_infinite(y)
    return Complex(choose(endless, math.inf, real), copysign(select(endless, y, imag), y))
