"""What the bodies share: the two formats, exact sums and products, polynomials, powers of two.

:func:`portable` registers a body under its name.  Bodies take the :class:`Format` of their arguments first.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from theano.scalar.instructions import ITEMSIZE, Value, fma, select

Body = Callable[..., Value]
Table = dict[str, tuple[float, ...]]
"""Numbers by dtype."""


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format, and whether its machine has ``fma``."""

    dtype: str
    unsigned: str  # the integers of its width
    digits: int  # bits of the significand behind the point
    bias: int  # of the exponent
    tiny: float  # the least normal number
    has_fma: bool

    @property
    def shifter(self) -> float:
        """Adding and subtracting this rounds to an integer, whose bits stand at the low end of the sum."""
        return 1.5 * 2.0**self.digits

    @property
    def exponent_mask(self) -> int:
        """The bits of sign and exponent."""
        return (1 << 8 * ITEMSIZE[self.dtype]) - (1 << self.digits)

    def bits(self, x: Value) -> Value:
        return x.bitcast(self.unsigned)

    def number(self, bits: Value) -> Value:
        return bits.bitcast(self.dtype)


FORMATS = {
    (dtype, has_fma): Format(dtype, unsigned, digits, bias, tiny, has_fma)
    for dtype, unsigned, digits, bias, tiny in (("float32", "uint32", 23, 127, 2.0**-126), ("float64", "uint64", 52, 1023, 2.0**-1022))
    for has_fma in (True, False)
}


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """``source`` is a NumPy function, or the dotted name of one of SciPy, which is imported when first called."""

    name: str
    body: Body
    source: Callable[..., Any] | str

    @property
    def reference(self) -> Callable[..., Any]:
        if not isinstance(self.source, str):
            return self.source
        module, _, name = self.source.rpartition(".")
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return function


INTRINSICS: dict[str, Intrinsic] = {}


def portable(reference: Callable[..., Any] | str) -> Callable[[Body], Body]:
    """Registers the function below as the body of the intrinsic of its name."""

    def register(body: Body) -> Body:
        INTRINSICS[body.__name__] = Intrinsic(body.__name__, body, reference)
        return body

    return register


def constant(like: Value, number: float) -> Value:
    return like.trace.const(number, like.dtype)


def choose(condition: Value, then: Value | float, otherwise: Value | float) -> Value:
    """``select`` that takes one plain number."""
    if isinstance(then, Value):
        return select(condition, then, otherwise if isinstance(otherwise, Value) else constant(then, otherwise))
    assert isinstance(otherwise, Value)
    return select(condition, constant(otherwise, then), otherwise)


def at_least(x: Value, low: float) -> Value:
    """The greater of both; NaN stays (one machine instruction, unlike ``max``)."""
    return choose(x < low, low, x)


def at_most(x: Value, high: float) -> Value:
    return choose(x > high, high, x)


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """The constant term first.  In a long chain each step waits for the one before, so long polynomials are two or four in x^2 or
    x^4 with a short one in common; the first two coefficients, which decide the accuracy, are added last."""
    chains = 1 if len(coefficients) < 12 else 2 if len(coefficients) < 16 else 4
    if chains == 1:
        return _chains(x, coefficients, 1)
    result = _chains(x, coefficients[2:], chains)
    return fma(fma(result, x, coefficients[1]), x, coefficients[0])


def _chains(x: Value, coefficients: Sequence[float], count: int) -> Value:
    """By Horner's scheme, or as the sum of its even and its odd powers."""
    if count > 1:
        return fma(_chains(x * x, coefficients[1::2], count // 2), x, _chains(x * x, coefficients[::2], count // 2))
    result = constant(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = fma(result, x, coefficient)
    return result


def split(x: Value, y: Value) -> tuple[Value, Value]:
    """``x + y`` rounded, and its exact error, where ``abs(x) >= abs(y)`` or ``x`` is 0 (Dekker)."""
    total = x + y
    return total, y - (total - x)


def split_any(x: Value, y: Value) -> tuple[Value, Value]:
    """``x + y`` rounded, and its exact error (Knuth)."""
    total = x + y
    rest = total - x
    return total, (x - (total - rest)) + (y - rest)


def product(f: Format, x: Value, y: Value) -> tuple[Value, Value]:
    """``x * y`` rounded, and its exact error."""
    rounded = x * y
    return rounded, -excess(f, rounded, x, y)


def excess(f: Format, z: Value, x: Value, y: Value) -> Value:
    """``z - x*y`` as if rounded once, where ``z`` is close to ``x*y``."""
    if f.has_fma:
        return fma(-x, y, z)
    (xh, xl), (yh, yl) = _halves(f, x), _halves(f, y)
    return (((z - xh * yh) - xh * yl) - xl * yh) - xl * yl


def _halves(f: Format, x: Value) -> tuple[Value, Value]:
    """``x`` as a sum of two numbers of half its digits (Veltkamp)."""
    big = x * float(2 ** ((f.digits + 2) // 2) + 1)
    high = big - (big - x)
    return high, x - high
