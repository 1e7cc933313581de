"""Where a slice begins, how it steps, how many elements it has: Python's rules, once for numbers, graphs and extents.

:func:`span` is written over an :class:`Arithmetic`, so that static shapes (plain integers), symbolic shapes (0-d
variables) and lowered programs (extents) cannot disagree.

>>> span(1, None, 2, 10)
Span(first=1, step=2, count=5)
>>> span(None, None, -1, 4)
Span(first=3, step=-1, count=4)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from theano.scalar.instructions import Value, select


class Span(NamedTuple):
    """The positions ``first + k * step`` for k in ``range(count)``."""

    first: Any
    step: Any
    count: Any


class Arithmetic:
    """Integers that may be Python numbers or something symbolic; numbers among themselves are folded here."""

    def add(self, a: Any, b: Any) -> Any:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if isinstance(b, int) and b == 0:
            return a
        return b if isinstance(a, int) and a == 0 else self.emit("add", a, b)

    def sub(self, a: Any, b: Any) -> Any:
        if isinstance(a, int) and isinstance(b, int):
            return a - b
        return a if isinstance(b, int) and b == 0 else self.emit("sub", a, b)

    def mul(self, a: Any, b: Any) -> Any:
        if isinstance(a, int):
            a, b = b, a
        if isinstance(b, int):
            if isinstance(a, int):
                return a * b
            if b in (0, 1):
                return a if b else 0
        return self.emit("mul", a, b)

    def floordiv(self, a: Any, b: Any) -> Any:
        """0 if ``b`` is 0."""
        if isinstance(b, int):
            if b == 1:
                return a
            if isinstance(a, int):
                return a // b if b else 0
        return self.emit("floordiv", a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return min(a, b) if isinstance(a, int) and isinstance(b, int) else self.emit("min", a, b)

    def maximum(self, a: Any, b: Any) -> Any:
        return max(a, b) if isinstance(a, int) and isinstance(b, int) else self.emit("max", a, b)

    def product(self, factors: Iterable[Any]) -> Any:
        result: Any = 1
        for factor in factors:
            result = self.mul(result, factor)
        return result

    def at_least_zero(self, a: Any) -> Any:
        return a if self.nonnegative(a) else self.maximum(a, 0)

    def sign(self, a: Any) -> Any:
        """-1 if ``a`` is negative, else 0: plain arithmetic, so that what depends on it stays an expression of sizes."""
        return 0 if self.nonnegative(a) else self.minimum(self.maximum(a, -1), 0)

    def if_negative(self, test: Any, then: Any, otherwise: Any) -> Any:
        """``then`` where ``test < 0``, else ``otherwise``."""
        sign = self.sign(test)
        if isinstance(sign, int):
            return then if sign else otherwise
        return self.sub(otherwise, self.mul(sign, self.sub(then, otherwise)))

    def wrapped(self, index: Any, length: Any) -> Any:
        """``index``, counted from the end if negative."""
        return self.sub(index, self.mul(self.sign(index), length))

    def nonnegative(self, a: Any) -> bool:
        """Whether ``a`` is known to be at least 0."""
        return isinstance(a, int) and a >= 0

    def same(self, a: Any, b: Any) -> bool:
        """Whether ``a`` and ``b`` are known to be equal."""
        return a is b

    def emit(self, op: str, a: Any, b: Any) -> Any:
        raise NotImplementedError(op)


NUMBERS = Arithmetic()


def span(start: Any, stop: Any, step: Any, length: Any, arithmetic: Arithmetic = NUMBERS) -> Span:
    """The span of ``slice(start, stop, step)`` on an axis of ``length``; entries may be None, numbers or symbolic."""
    step = 1 if step is None else step
    if not isinstance(step, int):
        return _span_of_unknown_direction(start, stop, step, length, arithmetic)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    first, gap = _ends(start, stop, length, step > 0, arithmetic)
    return Span(first, step, _steps(gap, abs(step), arithmetic))


def _span_of_unknown_direction(start: Any, stop: Any, step: Any, length: Any, ar: Arithmetic) -> Span:
    forward, backward = _ends(start, stop, length, True, ar), _ends(start, stop, length, False, ar)
    first, gap = (ar.if_negative(step, b, f) for f, b in zip(forward, backward))
    return Span(first, step, _steps(gap, ar.if_negative(step, ar.sub(0, step), step), ar))


def _steps(gap: Any, size: Any, ar: Arithmetic) -> Any:
    return gap if isinstance(size, int) and size == 1 else ar.floordiv(ar.add(gap, ar.sub(size, 1)), size)


def _ends(start: Any, stop: Any, length: Any, forward: bool, ar: Arithmetic) -> tuple[Any, Any]:
    """(first position, distance to the end, not negative).

    Going backward, positions are counted one higher, so that both ends lie between 0 and ``length`` either way."""
    shift = 0 if forward else 1
    default = (0, length) if forward else (length, 0)
    begin = default[0] if start is None else _clip(start, shift, length, ar)
    end = default[1] if stop is None else _clip(stop, shift, length, ar)
    gap = ar.sub(end, begin) if forward else ar.sub(begin, end)
    if start is not None and stop is not None and not _ordered(start, stop, forward):
        gap = ar.at_least_zero(gap)
    return ar.sub(begin, shift), gap


def _ordered(start: Any, stop: Any, forward: bool) -> bool:
    """Whether the ends cannot have passed one another, whatever the length."""
    if not (isinstance(start, int) and isinstance(stop, int)) or (start < 0) != (stop < 0):
        return False
    return start <= stop if forward else stop <= start


def _clip(entry: Any, shift: int, length: Any, ar: Arithmetic) -> Any:
    """``entry``, counted from the end if negative, plus ``shift``, within 0 .. length."""
    if isinstance(entry, int):
        position = entry + shift
        if entry < 0:
            return length if position == 0 else ar.at_least_zero(ar.add(length, position))
        return 0 if position == 0 else ar.minimum(position, length)
    position = ar.add(ar.wrapped(entry, length), shift)
    return ar.minimum(ar.at_least_zero(position), length)


class Lowered(Arithmetic):
    """Arithmetic on the extents of a lowering."""

    def __init__(self, low: Any) -> None:
        self.low = low

    def entry(self, value: Any) -> Any:
        """``value`` as a Python number where it is constant."""
        return int(value.data) if value.op == "const" else value

    def value(self, entry: Any) -> Any:
        """``entry`` as an extent."""
        return self.low.int(entry) if isinstance(entry, int) else entry

    def emit(self, op: str, a: Any, b: Any) -> Any:
        return self.entry(self.low.extents.emit(op, self.value(a), self.value(b)))

    def same(self, a: Any, b: Any) -> bool:
        return a is b or bool(self.low.extents.same(self.value(a), self.value(b)))

    def nonnegative(self, a: Any) -> bool:
        return a >= 0 if isinstance(a, int) else bool(self.low.extents.never_negative(a))


def nth(position: Value, values: Sequence[Value]) -> Value:
    """The value number ``position`` of a few."""
    result = values[-1]
    for number in reversed(range(len(values) - 1)):
        result = select(position.equals(number), values[number], result)
    return result
