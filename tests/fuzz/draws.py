"""What a draw is: a function of a random graph and of a variable to begin with, which says an operation and its other arguments.

It returns a function and the other variables that this is applied to.  That function is said once and means both: on variables it
builds the graph, by NumPy's own names where these have a meaning for variables, and on arrays it is NumPy, whose results those of
``perform`` are held to.  Where the two have different names, :func:`both` takes one for each.  Each draw counts, with each dtype
that it is meant for, as an elementwise operation does.

>>> @draw(dtypes=("float32",), ranks=(2,), name="an example")
... def _(g, x):
...     return np.dot, like(g, x)
>>> DRAWS.pop("an example").dtypes
('float32',)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import theano.tensor as T
from tests.fuzz.known import BASE, ENVIRONMENTS, LARGEST, ONE, Rejected
from theano.dtypes import ALL, COMPLEX, FLOATS

NUMBERS = tuple(d for d in ALL if d != "bool")
INEXACT = (*FLOATS, *COMPLEX)
FULL = slice(None)


@dataclass(frozen=True)
class Draw:
    """``full``: no axis may be empty; ``single``: one must have size 1; ``exact``: what it begins with must be known exactly, since sizes
    or places depend on it; ``moderate``: and must stay finite when it is added up or multiplied; ``finite``: if it is no whole number;
    ``values``: it begins with a new input, whose values it draws."""

    name: str
    make: Callable
    dtypes: tuple
    ranks: tuple
    full: bool = False
    single: bool = False
    exact: bool = False
    moderate: bool = False
    finite: bool = False
    most: int = LARGEST
    values: Callable | None = None

    def takes(self, k):
        fits = k.ndim in self.ranks and max(v.size for v in k.values) <= self.most and not (self.full and not all(map(all, k.shape)))
        fits = fits and not (self.single and ONE not in k.shape) and (k.moderate or not self.tame(k.dtype))
        return fits and not (self.exact and any(b.error is not None or b.wild is not None for b in k.found))

    def tame(self, dtype):
        return self.moderate or (self.finite and dtype in INEXACT)

    def subject(self, g, dtype, fresh):
        if self.values is None and not fresh and g.random.random() < 0.7:
            found = g.one_or_none(lambda k: k.dtype == dtype and self.takes(k))
            if found is not None:
                return found
        for _ in range(6):
            rank = g.pick(self.ranks)
            letters = "acrw" if self.full else "abcrw" + "v" * (rank == 1 and self.most >= LARGEST)
            shape = [ONE if g.random.random() < 0.12 else BASE[g.pick(letters)] for _ in range(rank)]
            if self.single:
                shape[g.random.integers(rank)] = ONE
            if all(np.prod([d[k] for d in shape]) <= self.most for k in range(ENVIRONMENTS)):
                values = g.moderate if self.tame(dtype) else None if self.values is None else self.values(g)
                return g.source(shape, dtype, values)
        raise Rejected


DRAWS = {}


def draw(dtypes=ALL, ranks=(1, 2, 3), name=None, **demands):
    """Make a function a draw: ``make(graph, first)`` returns ``(function, *others)``."""

    def enter(make):
        known = name or make.__name__
        DRAWS[known] = Draw(known, make, dtypes, ranks, **demands)
        return make

    return enter


def both(ours, theirs):
    """``ours`` on variables, ``theirs`` on arrays."""
    return lambda first, *rest, **options: (theirs if isinstance(first, np.ndarray | np.generic) else ours)(first, *rest, **options)


def widely(function):
    """On arrays in double precision: NumPy adds up single precision in single precision."""
    return both(function, lambda first, *rest, **options: function(wide(first), *map(wide, rest), **options))


def wide(v):
    kind = v.dtype.kind if isinstance(v, np.ndarray | np.generic) else ""
    return v.astype({"f": "float64", "c": "complex128"}.get(kind, v.dtype)) if kind else v


def amount(g, low, high):
    """A whole number from ``low(k)`` to ``high(k)``, by sets of shapes: an input, or a constant if one will do for all."""
    lowest, highest = max(map(low, range(ENVIRONMENTS))), min(map(high, range(ENVIRONMENTS)))
    if lowest <= highest and g.random.random() < 0.5:
        return g.noted(T.as_tensor_variable(np.int64(g.random.integers(lowest, highest + 1))))
    return g.number(lambda k: g.random.integers(low(k), high(k) + 1))


def within(g, low, high):
    return amount(g, lambda k: low, lambda k: high)


def size(g, x, axis):
    return g.noted(x.variable.shape[axis])


def axis_of(g, x):
    return int(g.random.integers(-x.ndim, x.ndim))


def like(g, x, dtype=None):
    """Something of the shape of ``x``, and of its dtype or the given one."""
    dtype = dtype or x.dtype
    found = g.one_or_none(lambda k: k.dtype == dtype and k.shape == x.shape and k.broadcastable == x.broadcastable)
    return found if found is not None and g.random.random() < 0.8 else g.source(x.shape, dtype)


def scalar_like(g, x):
    return g.one_or_none(lambda k: k.ndim == 0 and k.dtype == x.dtype) or g.source([], x.dtype)


def factor(g, x, shape, finite=False):
    """What ``x`` is multiplied by; ``finite``: added up before or after, it stays so."""
    restrain(shape)
    return g.source(shape, x.dtype, g.moderate if finite and x.dtype in INEXACT else None)


def restrain(*shapes, most=LARGEST):
    """Reject what would be too large."""
    if any(np.prod([d[k] for shape in shapes for d in shape]) > most for k in range(ENVIRONMENTS)):
        raise Rejected


__all__ = [
    "DRAWS",
    "FULL",
    "NUMBERS",
    "Draw",
    "amount",
    "axis_of",
    "both",
    "draw",
    "factor",
    "like",
    "restrain",
    "scalar_like",
    "size",
    "widely",
    "within",
]
