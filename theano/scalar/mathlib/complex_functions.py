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

from theano.errors import CompileError, message
from theano.scalar.instructions import Complex, Value, fma, select, unary
from theano.scalar.mathlib.formats import FORMATS, choose

Function = Callable[..., Value]

FUNCTIONS: dict[str, Function] = {}


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
    zero = big.equals(0.0)
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


# ------------------------------------------------------------------------------------------------ parts


@on_complex
def abs_(z: Value) -> Value:
    return hypot(z.real, z.imag)


def hypot(x: Value, y: Value) -> Value:
    """The root of x² + y², within 1.5 ULP; infinite if either is, though the other be NaN.

    Both are scaled by a power of two where a square would overflow or lose digits."""
    x, y = abs(x), abs(y)
    larger, smaller = select(x < y, y, x), select(x < y, x, y)
    scale, back = scaling(larger)
    a, b = larger * scale, smaller * scale
    root = unary("sqrt", fma(a, a, b * b)) * back
    return choose(x.equals(math.inf) | y.equals(math.inf), math.inf, root)


def scaling(size: Value) -> tuple[Value, Value]:
    """A power of two that brings ``size``, and its square, well inside the range of the format, and the power that takes it back.

    It is 1 for numbers of ordinary sizes."""
    f = FORMATS[size.dtype, True]
    bound = 2.0 ** (f.bias // 2 - f.digits // 2)
    step = 2.0 ** (f.bias * 3 // 4)
    large, small = size > bound, size < 1.0 / bound
    scale = choose(large, 1.0 / step, choose(small, step, size.trace.const(1.0, size.dtype)))
    back = choose(large, step, choose(small, 1.0 / step, size.trace.const(1.0, size.dtype)))
    return scale, back
