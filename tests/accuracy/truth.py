"""The exact values of operations, to any precision, and where their bodies deserve a closer look.

:data:`FUNCTIONS` is the list of what the accuracy of is measured and recorded in `docs/accuracy.md`.  An operation is added by one line.

>>> mpmath.nstr(FUNCTIONS["exp"].exact(1), 30)
'2.71828182845904523536028747135'
>>> FUNCTIONS["log"].exact(-1)
mpf('nan')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

from tests.scalar import special_truths

PRECISION = 166
"""Bits enough for results that lose half of them to cancellation."""


@dataclass(frozen=True)
class Function:
    """``intervals``: where numbers are drawn from evenly, one for each argument: those with results neither 0 nor infinite.
    ``near``: numbers round which the bodies change over, or results vanish."""

    truth: Callable[..., Any]
    intervals: tuple[tuple[float, float], ...]
    near: tuple[float, ...] = ()
    dense: str | None = None  # the NumPy function of this meaning on extended precision
    parts: tuple[Any, ...] = ()  # of a function of one argument: the intervals that its tolerance is meant for
    double: tuple[Any, ...] = ()  # and further ones for float64

    @property
    def arity(self) -> int:
        return len(self.intervals)

    @property
    def everywhere(self) -> bool:
        """Whether the tolerance holds for all numbers."""
        return not self.parts

    def exact(self, *arguments: Any) -> Any:
        """NaN outside the domain."""
        if any(mpmath.isnan(a) for a in arguments):
            return mpf("nan")
        try:
            with mpmath.workprec(PRECISION):
                value = self.truth(*(mpf(a) for a in arguments))
        except (ZeroDivisionError, ValueError):
            return mpf("nan")
        return value if isinstance(value, mpf) else mpf("nan")


def _limits(at_minus: float, at_plus: float) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """The values at the infinities, which a formula may not give."""

    def extend(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: f(x) if mpmath.isfinite(x) else mpf(at_plus if x > 0 else at_minus)

    return extend


def _inside(low: float, high: float, at_low: float | None, at_high: float | None) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """A function of numbers between two where it is infinite, or defined no longer."""
    ends = {low: at_low, high: at_high}

    def limit(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def limited(x: Any) -> Any:
            if x in ends:
                return f(x) if ends[x] is None else mpf(ends[x])
            return f(x) if low < x < high else mpf("nan")

        return limited

    return limit


INF = float("inf")


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x)) if x > -5000 else mpmath.exp(x)


def _softplus(x: Any) -> Any:
    return mpmath.log1p(mpmath.exp(x)) if x < 5000 else x


def _cbrt(x: Any) -> Any:
    return mpmath.sign(x) * mpmath.cbrt(abs(x)) if mpmath.isfinite(x) else x


def _power(x: Any, y: Any) -> Any:
    if x == 1 or y == 0:
        return mpf(1)
    if x == 0 or not mpmath.isfinite(x) or not mpmath.isfinite(y):
        with np.errstate(all="ignore"):
            return mpf(float(np.power(np.float64(x), np.float64(y))))
    if abs(y * mpmath.log(abs(x))) > 2000:  # beyond both formats
        sign = -1 if x < 0 and y % 2 == 1 else 1
        return sign * (mpf(INF) if (abs(x) > 1) == (y > 0) else mpf(0)) if x > 0 or y % 1 == 0 else mpf("nan")
    return mpmath.power(x, y)


def _circular(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: f(x) if mpmath.isfinite(x) else mpf("nan")


def _arctan2(y: Any, x: Any) -> Any:
    if mpmath.isfinite(x) and mpmath.isfinite(y) and (x, y) != (0, 0):
        return mpmath.atan2(y, x)
    return mpf(float(np.arctan2(float(y), float(x))))


def _log1mexp(x: Any) -> Any:
    return mpmath.log1p(-mpmath.exp(x)) if x < -1 else mpmath.log(-mpmath.expm1(x))


def _logaddexp(x: Any, y: Any) -> Any:
    return x + mpmath.log(2) if x == y else max(x, y) + mpmath.log1p(mpmath.exp(-abs(x - y)))


# fmt: off
FUNCTIONS = {
    "exp": Function(_limits(0, INF)(mpmath.exp), ((-746, 710),), (0,), "exp"),
    "exp2": Function(lambda x: mpmath.power(2, x) if abs(x) < 9999 else mpf(0 if x < 0 else INF), ((-1076, 1025),), (0,), "exp2"),
    "expm1": Function(_limits(-1, INF)(mpmath.expm1), ((-40, 710),), (0,), "expm1"),
    "log": Function(_inside(0, INF, -INF, INF)(mpmath.log), ((0, 4),), (1, 2 / 3, 4 / 3, 0.75, 1.5), "log"),
    "log2": Function(_inside(0, INF, -INF, INF)(lambda x: mpmath.log(x) / mpmath.log(2)), ((0, 4),), (1, 2 / 3, 4 / 3), "log2"),
    "log10": Function(_inside(0, INF, -INF, INF)(lambda x: mpmath.log(x) / mpmath.log(10)), ((0, 4),), (1, 2 / 3, 4 / 3), "log10"),
    "log1p": Function(_inside(-1, INF, -INF, INF)(mpmath.log1p), ((-1, 4),), (0, -1, -1 / 3, 1 / 3), "log1p"),
    "pow": Function(_power, ((0, 4), (-500, 500))),
    "cbrt": Function(_cbrt, ((-10, 10),), (1, 2, 4, 8), "cbrt"),
    "sigmoid": Function(_limits(0, 1)(_sigmoid), ((-746, 40),), (0,)),
    "softplus": Function(_limits(0, INF)(_softplus), ((-746, 40),), (0,)),
    "erf": Function(_limits(-1, 1)(mpmath.erf), ((-6.5, 6.5),), (0, 0.921875, 1, 5.95)),
    "erfc": Function(lambda x: mpmath.erfc(x) if abs(x) < 40 else mpf(0 if x > 0 else 2), ((-6.5, 27.5),), (0, 27.2)),
    "gaussian": Function(lambda x: mpmath.exp(-(x**2)) if abs(x) < 40 else mpf(0), ((-27.5, 27.5),), (0, 27.2)),
    "deg2rad": Function(lambda x: x * mpmath.pi / 180, ((-360, 360),)),
    "rad2deg": Function(lambda x: x * 180 / mpmath.pi, ((-7, 7),)),
    "sin": Function(_circular(mpmath.sin), ((-10, 10),), (0,), "sin"),
    "cos": Function(_circular(mpmath.cos), ((-10, 10),), (0,), "cos"),
    "tan": Function(_circular(mpmath.tan), ((-10, 10),), (0,), "tan"),
    "arcsin": Function(_inside(-1, 1, None, None)(mpmath.asin), ((-1, 1),), (0, 0.5, 1), "arcsin"),
    "arccos": Function(_inside(-1, 1, None, None)(mpmath.acos), ((-1, 1),), (0, 0.5, -0.5, 1, -1), "arccos"),
    "arctan": Function(mpmath.atan, ((-10, 10),), (0, 1, 0.4142, 2.4142), "arctan"),
    "arctan2": Function(_arctan2, ((-10, 10), (-10, 10))),
    "sinh": Function(mpmath.sinh, ((-711, 711),), (0, 1, 22), "sinh"),
    "cosh": Function(mpmath.cosh, ((-711, 711),), (0, 1, 22), "cosh"),
    "tanh": Function(_limits(-1, 1)(mpmath.tanh), ((-20, 20),), (0, 0.5546875), "tanh"),
    "arcsinh": Function(mpmath.asinh, ((-100, 100),), (0, 0.5, 1), "arcsinh"),
    "arccosh": Function(_inside(1, INF, None, INF)(mpmath.acosh), ((1, 100),), (1, 1.5, 2), "arccosh"),
    "arctanh": Function(_inside(-1, 1, -INF, INF)(mpmath.atanh), ((-1, 1),), (0, 0.5, 1), "arctanh"),
    "xlogx": Function(lambda x: x * mpmath.log(x) if x else x, ((0, 4),), (1, 2 / 3, 4 / 3)),
    "xlogy0": Function(lambda x, y: x * mpmath.log(y), ((-10, 10), (0, 4))),
    "log1mexp": Function(_inside(-INF, 0, 0, -INF)(_log1mexp), ((-40, 0),), (0, -np.log(2))),
    "logaddexp": Function(_logaddexp, ((-40, 40), (-40, 40))),
    "hypot": Function(mpmath.hypot, ((-10, 10), (-10, 10))),
}
# fmt: on
for _name, (_truth, *_parts) in special_truths.FUNCTIONS.items():
    FUNCTIONS[_name] = Function(_truth, ((-10, 10),), parts=tuple(_parts), double=special_truths.DOUBLE.get(_name, ()))


def points(name: str, count: int, seed: int = 0, dtype: str = "float64") -> list[np.ndarray]:
    """Arguments in ``dtype``: of all bit patterns, evenly from the intervals, near 0 and the numbers of :attr:`Function.near`, and round
    multiples of pi/2 for functions that have periods."""
    function, draw = FUNCTIONS[name], np.random.default_rng(seed)
    with np.errstate(over="ignore", invalid="ignore"):
        return [a.astype(dtype) for a in _points(function, count, draw, dtype == "float64")]


def _points(function: Function, count: int, draw: np.random.Generator, double: bool) -> list[np.ndarray]:
    if function.parts:
        parts = function.parts + (function.double if double else ())
        return [np.concatenate([_drawn(part, count // len(parts), draw) for part in parts])]
    share = count // 4
    arrays = []
    for low, high in function.intervals:
        patterns = draw.integers(0, 1 << 64, share, np.uint64).view(np.float64)
        even = draw.uniform(low, high, share)
        centres = np.array(function.near or (low, (low + high) / 2, high))
        near = draw.choice(np.concatenate([centres, -centres]), share) + draw.choice([-1.0, 1.0], share) * 2.0 ** draw.uniform(
            -60, 1, share
        )
        size = 10.0 ** draw.uniform(-12, 3, share) * draw.choice([-1.0, 1.0], share)
        if function.truth.__qualname__.startswith("_circular"):
            whole = np.floor(2.0 ** draw.uniform(0, 52, share))
            near = whole * (np.pi / 2) * (1 + draw.integers(-2, 3, share) * 2.0**-52)
        arrays.append(np.concatenate([patterns, even, near, size]))
    if function.arity > 1:  # the kinds in all combinations, and two numbers of like size
        arrays[1:] = [draw.permutation(a) for a in arrays[1:]]
        with np.errstate(all="ignore"):
            arrays[1][: share // 2] = arrays[0][: share // 2] * draw.uniform(0.1, 10, share // 2)
    return arrays


def _drawn(part: tuple[Any, ...], count: int, draw: np.random.Generator) -> np.ndarray:
    """Evenly from (low, high), or from ("log", low, high) on a logarithmic scale, of both signs if low < 0."""
    if part[0] != "log":
        return draw.uniform(*part, count)
    low, high = np.log(np.abs(part[1:]))
    return np.exp(draw.uniform(low, high, count)) * (draw.choice([-1.0, 1.0], count) if part[1] < 0 else 1.0)
