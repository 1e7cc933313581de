"""What is known of a value: the most by which another right evaluation may differ, element by element; and the table of rules.

A rule says what an operation makes of bounds: a function of a node and of the bounds of its arguments, which gives those of its results.

>>> x = Bounded(np.array([0.5, 1.0]), np.array([1e-8, 0.0]))
>>> x.admits(np.array([0.5 + 1e-8, 1.0])).tolist(), x.admits(np.array([0.5, 1.0 + 1e-8])).tolist()
([True, True], [True, False])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


class Unbounded(Exception):
    """Nothing can be said: a shape or an index depends on rounding, or the operation is not known here."""


@dataclass(slots=True)
class Bounded:
    """``error``: None if ``value`` is exact; ``size``: None if it is ``|value|``; ``wild``: None if nothing is.

    ``lost``: it is empty, and something went into it that makes other things wild.  ``added``: so many numbers were added to each
    element where it stands, which a program may do to the sum that it becomes a term of, with the rounding of that."""

    value: Array
    error: Array | None = None
    size: Array | None = None
    wild: Array | None = None
    lost: bool = False
    added: int = 0

    @property
    def sizes(self) -> Array:
        return magnitude(self.value) if self.size is None else self.size

    @property
    def errors(self) -> Array:
        return np.zeros(np.shape(self.value)) if self.error is None else self.error

    def admits(self, found: Array, free: bool = False) -> Array:
        """Where ``found`` may be right; ``free``: if it comes from a program that was rewritten."""
        with np.errstate(all="ignore"):
            fine = (found == self.value) | ((found != found) & (self.value != self.value))
            if self.error is not None:
                if not whole(found):
                    fine |= np.abs(wide(found) - wide(self.value)) <= 2 * self.error
                fine |= self.error == np.inf
            if found.dtype.kind == "c":  # which part of an infinite number is infinite, or no number, is not settled
                fine |= ~np.isfinite(found) & ~np.isfinite(self.value)
            if free and self.wild is not None:
                fine |= self.wild
        return fine

    def known(self, within: float = 1e-3) -> float:
        """The part of the elements of which something is said: to ``within`` of their size, if they are floats."""
        if self.error is None or not self.value.size:
            return 1.0
        with np.errstate(all="ignore"):
            return float((self.error <= within * (magnitude(self.value) + 1e-2)).mean())


def whole(x: Array) -> bool:
    return x.dtype.kind in "biu"


def magnitude(x: Array) -> Array:
    return np.abs(wide(x))


def wide(x: Array) -> Array:
    """In the widest type of its kind."""
    x = np.asarray(x)
    return x.astype("complex128" if x.dtype.kind == "c" else "float64", copy=False)


def unit_at(value: Array, dtype: str) -> Array:
    """The distance of neighbours in ``dtype`` at ``value``, a float64 of which half is not 0."""
    parts = {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
    size = np.minimum(magnitude(value), float(np.finfo(parts).max))
    return np.maximum(np.spacing(size.astype(parts)).astype("float64"), 2 * np.finfo("float64").smallest_subnormal)


def lossless(old: Any, new: Any) -> bool:
    return bool(np.can_cast(old, new, "safe"))


def distance(x: Array, y: Array) -> Array:
    same = (x == y) | ((x != x) & (y != y))
    far = np.abs(wide(x) - wide(y))
    return np.where(same, 0.0, np.where(np.isnan(far), np.inf, far))


def any_of(shape: tuple[int, ...], parts: Sequence[Array | None]) -> Array | None:
    found = [p for p in parts if p is not None]
    if not found:
        return None
    result = np.zeros(shape, bool)
    for part in found:
        result |= part
    return result


# ------------------------------------------------------------------------------------------------ rules

Rule = Callable[[Any, list[Bounded]], list[Bounded]]
RULES: dict[type, Rule] = {}


def rule(*kinds: type) -> Callable[[Rule], Rule]:
    """Make a function the rule of these operations."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(kinds, function))
        return function

    return enter


def performed(node: Any, values: Sequence[Array]) -> list[Array]:
    cells: list[list[Any]] = [[None] for _ in node.outputs]
    node.op.perform(node, list(values), cells)
    return [np.asarray(value) for (value,) in cells]


__all__ = [
    "RULES", "Array", "Bounded", "Rule", "Unbounded", "any_of", "distance", "lossless", "magnitude", "performed", "rule", "unit_at",
    "whole", "wide",
]  # fmt: skip
