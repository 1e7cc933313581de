"""Formulas as text: operations applied to a :class:`Formula` print themselves.

>>> from theano.scalar.transcendental import exp
>>> x, y = Formula("x"), Formula("y")
>>> print(2 * exp(-(x + y) * x) / (x - (y - 1)), "and", (-x) ** 2)
2 * exp(-(x + y) * x) / (x - (y - 1)) and (-x) ** 2
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["Formula", "text_of"]

COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
"""How tightly the parts of a formula hold together."""
_LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "**": POWER}


class Formula:
    """A text, and what holds it together at its top."""

    __slots__ = ("text", "level")
    __array_ufunc__ = None

    def __init__(self, text: str, level: int = ATOM) -> None:
        self.text, self.level = text, level

    def __str__(self) -> str:
        return self.text

    def __elementwise__(self, op: Any, args: Sequence[Any]) -> Formula:
        """Called by an elementwise operation: the formula of its result."""
        if op.symbol and len(args) > 1:
            result = _formula(args[0])
            for other in args[1:]:
                result = _infix(op.symbol, result, other)
            return result
        return -self if op.name == "neg" else Formula(f"{op.name}({', '.join(map(text_of, args))})")

    def __neg__(self) -> Formula:
        return Formula(f"-{_at_least(self, PRODUCT)}", SIGN if self.level > PRODUCT else PRODUCT)

    def __add__(self, other: Any) -> Formula:
        return _infix("+", self, other)

    def __radd__(self, other: Any) -> Formula:
        return _infix("+", other, self)

    def __sub__(self, other: Any) -> Formula:
        return _infix("-", self, other)

    def __rsub__(self, other: Any) -> Formula:
        return _infix("-", other, self)

    def __mul__(self, other: Any) -> Formula:
        return _infix("*", self, other)

    def __rmul__(self, other: Any) -> Formula:
        return _infix("*", other, self)

    def __truediv__(self, other: Any) -> Formula:
        return _infix("/", self, other)

    def __rtruediv__(self, other: Any) -> Formula:
        return _infix("/", other, self)

    def __pow__(self, other: Any) -> Formula:
        return _infix("**", self, other)


def text_of(value: Any) -> str:
    """A formula's or a number's text."""
    return _formula(value).text


def _formula(value: Any) -> Formula:
    if isinstance(value, Formula):
        return value
    if isinstance(value, complex):
        return Formula(str(value))
    return Formula(f"{value:g}", SIGN if value < 0 else ATOM)


def _infix(symbol: str, left: Any, right: Any) -> Formula:
    level = _LEVELS.get(symbol, COMPARISON)
    first = _at_least(_formula(left), level + (symbol == "**"))
    second = _at_least(_formula(right), level + (symbol not in ("+", "*", "**")))
    return Formula(f"{first} {symbol} {second}", level)


def _at_least(formula: Formula, level: int) -> str:
    """In brackets if it would fall apart, or begin with a sign after an operator."""
    return formula.text if formula.level >= level else f"({formula.text})"
