"""Values with error bounds: what any right program may make of a graph, element by element.

:func:`judge` evaluates a graph by ``perform``, node after node, and with each value carries the most by which another right
evaluation may differ from it: errors of the arguments, seen through the operation by evaluating it at displaced arguments, and
the rounding of the operation itself by its declared ``ulp``.  Next to a jump (a comparison of nearly equal numbers, a floor at
a whole number) the bound is infinite: nothing is said of that element.

Two things let rewriting take its listed liberties and no others.  The ``size`` of a sum is that of its terms, so that its order
is free.  ``wild`` are elements on whose way something was not finite, or near the ends of the exponent range: there
``x - x`` may be 0 and ``a*b/b`` be ``a``, and programs that were rewritten are not held to them, all others are.

>>> import theano.tensor as T
>>> x = T.fvector("x")
>>> third, whole = judge([x / 3, x > 0.5], {x: Bounded(np.array([0.5, 1], "float32"))})
>>> third.error.tolist(), whole.error
([7.450580596923828e-09, 1.4901161193847656e-08], None)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln

from tests.laws.elementwise import REFERENCE_ERRORS, intervals
from theano.dtypes import is_discrete
from theano.gradient.special import GradientIdentity
from theano.graph import Constant, io_toposort
from theano.scanning import Branch, Scan
from theano.tensor.checking import Assert
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.joining import Join, Split
from theano.tensor.positions import MaxAndArgmax, MinAndArgmin
from theano.tensor.products import BatchedDot, Dot
from theano.tensor.reduce import CAReduce, ProdWithoutZeros, reduced_axes
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import MakeVector, Rebroadcast, Shape, Shape_i, SpecifyShape
from theano.tensor.subtensor import IncSubtensor, Subtensor

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
                    fine |= np.abs(_wide(found) - _wide(self.value)) <= 2 * self.error
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
    return np.abs(_wide(x))


def _wide(x: Array) -> Array:
    """In the widest type of its kind."""
    x = np.asarray(x)
    return x.astype("complex128" if x.dtype.kind == "c" else "float64", copy=False)


def judge(outputs: Sequence[Any], given: dict[Any, Bounded]) -> list[Bounded]:
    """The values of ``outputs``, from those of the graph's leaves or of any other variables."""
    known = dict(given)

    def of(variable: Any) -> Bounded:
        if variable not in known:
            known[variable] = Bounded(np.asarray(variable.data if isinstance(variable, Constant) else variable.get_value()))
        return known[variable]

    with np.errstate(all="ignore"):
        for node in io_toposort(list(known), list(outputs)):
            known.update(zip(node.outputs, _judged(node, [of(v) for v in node.inputs]), strict=True))
    return [of(v) for v in outputs]


def _judged(node: Any, args: list[Bounded]) -> list[Bounded]:
    for kind, rule in RULES:
        if isinstance(node.op, kind):
            results = rule(node, args)
            break
    else:
        if hasattr(node.op, "expand"):
            results = _expanded(node, args)
        elif all(a.error is None and a.wild is None for a in args):
            results = [Bounded(v, None, None, None) for v in performed(node, [a.value for a in args])]
            if not all(whole(r.value) for r in results) and type(node.op).__name__ != "Positive":
                raise Unbounded(str(node.op))
        else:
            raise Unbounded(str(node.op))
    for result, variable in zip(results, node.outputs, strict=True):
        assert result.value.dtype == variable.type.dtype and result.value.ndim == variable.type.ndim, (node, result.value)
        if (any(a.lost for a in args) or not result.value.size) and not isinstance(node.op, Shape | Shape_i):
            _keep_lost(result, args)
    return results


def _keep_lost(result: Bounded, args: list[Bounded]) -> None:
    """A sum over no elements of ``c * x`` is 0, but c times it is not if c is infinite: as among elements, so among none."""
    lost = any(a.lost or (a.value.size and a.value.dtype.kind in "fc" and not _tame(a)) for a in args)
    if lost and not result.value.size:
        result.lost = True
    elif lost:
        result.wild = np.ones(result.value.shape, bool)


def _tame(x: Bounded) -> bool:
    """Whether products and quotients by these are finite."""
    size = magnitude(x.value)
    return x.wild is None and bool(((size > 1e-100) & (size < 1e100)).all())


def performed(node: Any, values: Sequence[Array]) -> list[Array]:
    cells: list[list[Any]] = [[None] for _ in node.outputs]
    node.op.perform(node, list(values), cells)
    return [np.asarray(value) for (value,) in cells]


# ------------------------------------------------------------------------------------------------ elementwise

ROUNDINGS = ("floor", "ceil", "trunc", "round_half_to_even", "round_half_away_from_zero")
LINEAR = frozenset(("neg", "abs_", "real", "imag", "conj", "identity"))
"""These pass an error on as it is."""
EXACT = LINEAR | {"second", "switch", "maximum", "minimum", "fmax", "fmin", "copysign", "clip", "sgn", "complex", *ROUNDINGS}
"""These do not round."""
SUMS = frozenset(("add", "sub", "neg"))
PRODUCTS = frozenset(("mul", "true_div", "inv", "sqr", "pow"))
PERIODIC = frozenset(("sin", "cos", "tan"))
COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "neq"))
DISPLACED = 64


def _elementwise(node: Any, args: list[Bounded]) -> list[Bounded]:
    op = node.op.scalar_op
    (value,) = performed(node, [a.value for a in args]) if not node.op.inplace_pattern else [_not_in_place(node, args)]
    shape = value.shape
    if not value.size:
        return [Bounded(value)]
    if op.name == "second":
        return [_spread(args[1], value)]
    if op.name == "switch":
        return [_chosen(args, value)]
    wild = _any(shape, [a.wild for a in args])
    if whole(value):
        return [Bounded(value, _jumps(op, args, value), None, wild)]
    size = _size(op.name, args, shape)
    inexact = any(a.error is not None for a in args)
    error = _carried(op, args, value) if inexact else None
    if value.dtype.kind == "c" and op.name not in SUMS | PRODUCTS | EXACT and not op.name.startswith("convert_to_"):
        own = _backward(op, args, value)
        error = own if error is None else error + own
    if value.dtype.kind == "c" and op.name not in SUMS | EXACT and not op.name.startswith("convert_to_"):
        # the reference's quotients, products and exponentials may leave the range on the way to a number within it
        lost = ~np.isfinite(value)
        for k, a in enumerate(args):
            lost &= np.isfinite(a.value) & ((a.value != 0) | (op.name == "mul") | (op.name == "true_div" and k == 0))
        error = error if not lost.any() else np.where(lost, np.inf, 0.0 if error is None else error)
    modulus = op.name == "abs_" and args[0].value.dtype.kind == "c"
    if (op.name not in EXACT or modulus) and not _widens(op.name, args, value):
        own = _rounding(op, args, value, size)
        error = own if error is None else error + own
    if error is not None:
        error = np.where(np.isnan(error), np.inf, error)
        if not error.any():
            error = None
    new = _new_wild(op.name, args, value)
    added = sum(a.added for a in args) if op.name in SUMS else 0
    return [Bounded(value, error, size, _any(shape, [wild, new if new is not None and new.any() else None]), added=added)]


def _not_in_place(node: Any, args: list[Bounded]) -> Array:
    return performed(node, [a.value.copy() for a in args])[0]


def _spread(a: Bounded, value: Array) -> Bounded:
    def wide(x: Array | None) -> Array | None:
        return None if x is None else np.broadcast_to(x, value.shape)

    return Bounded(value, wide(a.error), wide(a.size), wide(a.wild))


def _any(shape: tuple[int, ...], parts: Sequence[Array | None]) -> Array | None:
    found = [p for p in parts if p is not None]
    if not found:
        return None
    result = np.zeros(shape, bool)
    for part in found:
        result |= part
    return result


def _chosen(args: list[Bounded], value: Array) -> Bounded:
    c, a, b = args
    unsure = _near_zero(c)
    taken = c.value != 0

    def pick(x: Array | None, y: Array | None, default: Callable[[], Array]) -> Array | None:
        return (
            None
            if x is None and y is None
            else np.array(
                np.broadcast_to(np.where(taken, x if x is not None else default(), y if y is not None else default()), value.shape)
            )
        )

    error = pick(a.error, b.error, lambda: np.zeros(()))
    if not whole(value):
        narrowed = [x for x in (a, b) if x.value.dtype != value.dtype and not _lossless(x.value.dtype, value.dtype)]
        if narrowed:
            error = (np.zeros(value.shape) if error is None else error) + 0.5 * unit_at(value, value.dtype.name)
    size = None if a.size is None and b.size is None else np.broadcast_to(np.where(taken, a.sizes, b.sizes), value.shape)
    wild = _any(value.shape, [pick(a.wild, b.wild, lambda: np.zeros((), bool)), c.wild])
    if unsure is not None:
        differ = np.broadcast_to(unsure & ~((a.value == b.value) & (a.errors == 0) & (b.errors == 0)), value.shape)
        error = np.where(differ, np.inf, 0.0 if error is None else error)
    return Bounded(value, error, size, wild)


def _lossless(old: Any, new: Any) -> bool:
    return bool(np.can_cast(old, new, "safe"))


def _widens(name: str, args: list[Bounded], value: Array) -> bool:
    return name.startswith("convert_to_") and _lossless(args[0].value.dtype, value.dtype)


def _near_zero(c: Bounded) -> Array | None:
    return None if c.error is None else (magnitude(c.value) <= 2 * c.error)


def unit_at(value: Array, dtype: str) -> Array:
    """The distance of neighbours in ``dtype`` at ``value``, a float64 of which half is not 0."""
    parts = {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
    size = np.minimum(magnitude(value), float(np.finfo(parts).max))
    return np.maximum(np.spacing(size.astype(parts)).astype("float64"), 2 * np.finfo("float64").smallest_subnormal)


def _rounding(op: Any, args: list[Bounded], value: Array, size: Array | None) -> Array:
    """Of the operation itself: by its declaration, and its reference's where that is known to be larger."""
    least = op.scale if size is None else np.maximum(size, op.scale)
    unit = unit_at(np.maximum(magnitude(value), least), value.dtype.name)
    ulp = max(op.ulp, _multiplied(args)) if op.name == "pow" else op.ulp
    additions = len(args) - 1 + sum(a.added for a in args if op.name in SUMS)
    ulp = max(ulp + 0.5 if ulp > 0.5 else 0.5 * max(additions, 1), REFERENCE_ERRORS.get(op.name, 0.0))
    if op.name in ("erfc", "erfcx") and value.dtype == "float64":  # SciPy takes exp(x²) of a square that is rounded,
        square = np.square(_wide(args[0].value))
        ulp = np.maximum(ulp, square)
        unit = np.where(square > -np.log(np.finfo("float64").tiny), np.maximum(unit, np.finfo("float64").tiny), unit)  # and 0 beyond that
    if op.name == "sigmoid":  # SciPy takes 1 / (1 + exp(-x)), which is 0 where the exponential is infinite
        least = float(np.finfo(value.dtype).tiny)
        unit = np.where(magnitude(value) < least, np.maximum(unit, least), unit)
    if op.name == "betaln":  # SciPy takes it from logarithms of gamma functions, which cancel
        unit = np.maximum(unit, unit_at(gammaln(magnitude(args[0].value) + magnitude(args[1].value)), value.dtype.name))
    if value.dtype.kind == "c" or any(a.value.dtype.kind == "c" for a in args):
        ulp = 2 * ulp + COMPLEX_UNITS
        if op.name == "pow":  # the exponential of a product, which loses what that is large
            ulp = ulp * (1 + magnitude(args[1].value) * np.abs(np.log(args[0].value + 0j)))
        elif op.name not in SUMS | PRODUCTS | EXACT:  # NumPy's own lose digits next to 0
            unit = np.maximum(unit, unit_at(np.ones(()), value.dtype.name))
    own = np.where(np.isfinite(value), ulp * unit, 0.0)
    own = np.where(_is_exact(op.name, args, value), 0.0, own)
    if not op.everywhere:
        for a, (low, high) in zip(args, intervals(op)):
            x = magnitude(a.value)
            own = np.where((x > 4 * max(abs(low), abs(high))) & np.isfinite(x) | (x > 0) & (x < 1e-6), np.inf, own)
    smooth = not any(part in op.name for part in ("beta", "gamma", "psi"))  # of negative numbers these have poles
    if op.ulp > 2 or not smooth:
        for a, (low, high) in zip(args, intervals(op)):
            own = np.where((a.value >= low) & (a.value <= high), own, ELSEWHERE * own)
            own = own if smooth else np.where(a.value < min(low, 0.0), np.inf, own)
    if op.name in ("add", "sub", "mul") and value.dtype.kind == "f" and all(a.error is None for a in args):
        short = _is_short(value, value.dtype)
        for a in args:
            short = short & _is_short(a.value, value.dtype)
        own = np.where(short, 0.0, own)
    return own


def _is_exact(name: str, args: list[Bounded], value: Array) -> Array:
    """Whether nothing is rounded: what the new type has, too; what is divided by 1; the difference of equal numbers."""
    known = [a.errors == 0 for a in args]
    if name.startswith("convert_to_"):
        return known[0] & (_wide(args[0].value) == _wide(value))
    if name == "true_div":
        return known[1] & (args[1].value == 1) & (_wide(args[0].value) == _wide(value))
    return known[0] & known[1] & (value == 0) & (sum(a.added for a in args) == 0) if name == "sub" else np.zeros((), bool)


def _is_short(x: Array, dtype: Any) -> Array:
    """Whether numbers have so few binary digits that short sums and products of them are exact, in any order."""
    digits = {"float16": 3, "float32": 7}.get(dtype.name, 18)
    scaled = magnitude(x) * 2.0**digits
    return (scaled == np.floor(scaled)) & (scaled < 4.0**digits)


COMPLEX_UNITS = 4.0
"""Rounding of complex functions, which take several steps, in units of the modulus."""


ELSEWHERE = 32.0
"""How much less exact special functions may be outside the domain for which they state a tolerance, as their references are."""


def _multiplied(args: list[Bounded]) -> float:
    """A small whole power may be computed by products."""
    y = args[1].value
    return float(np.abs(y).max() / 2 + 2) if y.size and np.isfinite(y).all() and np.abs(y).max() <= 64 else 2.0


def _size(name: str, args: list[Bounded], shape: tuple[int, ...]) -> Array | None:
    if name in ("add", "sub"):
        return np.broadcast_to(sum(a.sizes for a in args), shape)
    if all(a.size is None for a in args):
        return None
    if name == "mul":
        total = args[0].sizes
        for a in args[1:]:
            total = total * a.sizes
        return np.broadcast_to(total, shape)
    if name == "true_div":
        return np.broadcast_to(args[0].sizes / magnitude(args[1].value), shape)
    if name in LINEAR or name.startswith("convert_to_"):
        return np.broadcast_to(args[0].sizes, shape)
    return np.broadcast_to(np.square(args[0].sizes), shape) if name == "sqr" else None


def _new_wild(name: str, args: list[Bounded], value: Array) -> Array | None:
    """Where a rewritten program may part from this one: at what is not finite, or near the ends of the exponents."""
    if name in EXACT - SUMS or name.startswith("convert_to_"):
        return None if name in EXACT else ~np.isfinite(value) & np.isfinite(args[0].value)
    limits = np.finfo(value.dtype)
    most, least = float(limits.max), float(limits.tiny)
    bounds = (most / 16, 0.0) if name in SUMS else (most**0.5, least**0.5) if name in PRODUCTS else (most, 0.0)
    found = np.zeros(value.shape, bool)
    for x in (*(a.value for a in args if a.value.dtype.kind in "fc"), value):
        size = magnitude(x)
        found |= ~(size <= bounds[0]) | ((size > 0) & (size < bounds[1]))
    return found


def _jumps(op: Any, args: list[Bounded], value: Array) -> Array | None:
    """Infinite where errors of the arguments may change a discrete result."""
    inexact = [a for a in args if a.error is not None]
    if not inexact:
        return None
    if op.name in COMPARISONS:
        x, y = args
        distance = np.abs(_wide(x.value) - _wide(y.value))
        unsure = (distance <= 2 * (x.errors + y.errors)) & ((x.errors > 0) | (y.errors > 0))
        unsure |= (x.errors == np.inf) | (y.errors == np.inf)
    elif op.name in ("convert_to_bool", "isnan", "isinf"):
        unsure = _near_zero(args[0]) & (args[0].errors > 0) if op.name == "convert_to_bool" else args[0].errors == np.inf
        if op.name == "isinf":
            unsure = unsure | (args[0].errors > magnitude(args[0].value))
    else:
        unsure = _displaced(op, args, value, discrete=True) > 0
    unsure = np.broadcast_to(unsure, value.shape)
    return np.where(unsure, np.inf, 0.0) if unsure.any() else None


def _carried(op: Any, args: list[Bounded], value: Array) -> Array:
    """What errors of the arguments make of the result."""
    if op.name in LINEAR or (op.name.startswith("convert_to_")):
        return np.broadcast_to(args[0].errors, value.shape)
    if op.name in ("add", "sub"):
        return np.broadcast_to(sum(a.errors for a in args), value.shape)
    if op.name == "mul":
        return _product_errors(args, value)
    if op.name == "mod":
        return _remainder_errors(args, value)
    error = _displaced(op, args, value)
    return np.where(args[0].errors > 0.5, np.inf, error) if op.name in PERIODIC else error


def _remainder_errors(args: list[Bounded], value: Array) -> Array:
    """Those of ``x - floor(x/y)*y``; infinite next to a jump.  Displaced by whole periods it is where it was, and tells nothing."""
    x, y = args
    quotient = np.abs(_wide(x.value) / _wide(y.value))
    error = x.errors + np.where(y.errors == 0, 0.0, (quotient + 1) * y.errors)
    distance = np.minimum(magnitude(value), magnitude(y.value) - magnitude(value))
    return np.broadcast_to(np.where((error > 0) & ~(distance > 2 * error), np.inf, error), value.shape)


def _product_errors(args: list[Bounded], value: Array) -> Array:
    """``Π(|x| + e) - Π|x|``, without cancellation."""
    size, error = np.ones(()), np.zeros(())
    for a in args:
        own, e = magnitude(a.value), a.errors
        error = np.where(error == 0, 0.0, error * (own + e)) + np.where(e == 0, 0.0, size * e)
        size = size * own
    return np.broadcast_to(error, value.shape)


def _displaced(op: Any, args: list[Bounded], value: Array, discrete: bool = False) -> Array:
    """The operation at displaced arguments, against itself: where it is smooth, in proportion to the error."""
    shape = value.shape
    errors = [np.broadcast_to(a.errors, shape).ravel() for a in args]
    some = np.any([e > 0 for e in errors], axis=0)
    total = np.zeros(value.size)
    at = np.flatnonzero(some & ~np.any([e == np.inf for e in errors], axis=0))
    total[np.any([e == np.inf for e in errors], axis=0)] = np.inf
    if not at.size:
        return total.reshape(shape)
    given = [np.broadcast_to(a.value, shape).ravel()[at] for a in args]
    given = [x if whole(x) else _wide(x) for x in given]
    here = _at(op, given, value, discrete)
    result, ratios, joint = np.zeros(at.size), np.zeros(at.size), list(given)
    for k, (x, error) in enumerate(zip(given, (e[at] for e in errors))):
        if not error.any() or whole(x):
            continue
        least = np.spacing(magnitude(x)) * (1 if discrete else DISPLACED)
        step = np.where(error > 0, np.maximum(2 * error, least), 0.0)
        found = []
        for direction in (1, -1, 1j, -1j) if x.dtype.kind == "c" else (1, -1):
            moved = list(given)
            moved[k] = x + direction * step
            found.append(_distance(_at(op, moved, value, discrete), here))
        most, least_found = np.max(found, axis=0), np.min(found, axis=0)
        ratio = np.where(step > 0, error / np.where(step > 0, step, 1), 0.0)
        smooth = (most <= 4 * least_found) & (not discrete)
        result += np.where(smooth, most * ratio, most)
        ratios = np.maximum(ratios, ratio)
        joint[k] = x + step
    if sum(e.any() for e in errors) > 1:
        result += ratios * _distance(_at(op, joint, value, discrete), here)
    kept = value.ravel()[at]
    if not discrete:
        odd = ~np.isfinite(kept)
        result = np.where(odd & (result != 0), np.inf, result)
    total[at] = result
    return total.reshape(shape)


def _backward(op: Any, args: list[Bounded], value: Array) -> Array:
    """Functions of complex numbers are made of exponentials, sines and cosines that are rounded: they are right for an argument
    next to the given one, which near a pole or a zero is far from right for that one.  Lengthened and shortened, it stays on its
    side of the cuts."""
    step = DISPLACED * float(np.finfo(value.dtype).eps)
    given = [a.value if whole(a.value) else _wide(a.value) for a in args]
    here, result = _at(op, given, value, False), np.zeros(value.shape)
    for k, x in enumerate(given):
        if not whole(x):
            moved = [_at(op, [*given[:k], x * (1 + sign * step), *given[k + 1 :]], value, False) for sign in (1, -1)]
            far = np.max([_distance(y, here) for y in moved], axis=0)
            result += np.where(np.isfinite(far), far, 0.0) / DISPLACED
    return result


def _at(op: Any, given: list[Array], value: Array, discrete: bool) -> Array:
    found = op.evaluate(*given)[0]
    return found if discrete or op.name.startswith("convert_to_") else _wide(found)


def _distance(x: Array, y: Array) -> Array:
    same = (x == y) | ((x != x) & (y != y))
    far = np.abs(_wide(x) - _wide(y))
    return np.where(same, 0.0, np.where(np.isnan(far), np.inf, far))


# ------------------------------------------------------------------------------------------------- reductions

CHUNK = 1024
"""More additions in a row than any program's: lanes and chunks are added in trees."""


def _along(node: Any) -> tuple[int, ...]:
    return reduced_axes(node.op.axis, node.inputs[0])


def _folded(node: Any, args: list[Bounded]) -> list[Bounded]:
    (x,), axes, name = args, _along(node), node.op.scalar_op.name
    (value,) = performed(node, [x.value])
    wild = None if x.wild is None else x.wild.any(axis=axes)
    if not x.value.size:
        return [Bounded(value)]
    accumulator = node.op.accumulator(node)
    if is_discrete(accumulator):
        return [Bounded(value, _discrete_fold(name, x, value, axes), None, wild)]
    if name not in ("add", "mul", "maximum", "minimum"):
        raise Unbounded(f"a fold by {name}")
    errors, sizes, size = x.errors, x.sizes, None
    count = int(np.prod([x.value.shape[a] for a in axes]))
    unit = float(np.finfo(accumulator).eps) / 2
    if name in ("maximum", "minimum"):
        extreme = np.max if name == "maximum" else np.min
        error = None
        if x.error is not None:
            v = _wide(x.value)
            error = np.maximum(extreme(v + errors, axis=axes) - _wide(value), _wide(value) - extreme(v - errors, axis=axes))
            error = np.where(
                np.isnan(value) | (np.isinf(value) & (extreme(v, axis=axes) == value) & ~np.isinf(errors).any(axis=axes)), 0.0, error
            )
            error = np.where(np.isinf(errors).any(axis=axes), np.inf, np.where(np.isnan(error), np.inf, error))
        wild_here = None if wild is None else wild
        return [Bounded(value, error, None, wild_here)]
    if name == "add":
        size = sizes.sum(axis=axes)
        error = errors.sum(axis=axes) + (min(count, CHUNK) * unit * size if count > 1 else 0.0)
    else:
        terms = magnitude(x.value)
        if isinstance(node.op, ProdWithoutZeros):
            errors = np.where((terms <= 2 * errors) & (errors > 0), np.inf, errors)
            terms = np.where(terms == 0, 1.0, terms)
        low = terms.prod(axis=axes)
        error = np.where(np.isinf(errors).any(axis=axes), np.inf, (terms + errors).prod(axis=axes) - low) + (count + 4) * unit * low
        error = np.where((errors == 0).all(axis=axes) & (low == 0), 0.0, error)
        limits = np.finfo(accumulator)  # what is lost of a small product on the way is multiplied by what comes after
        small = np.minimum(terms, 1.0).prod(axis=axes) < 2 * float(limits.tiny)
        lost = 2 * count * float(limits.smallest_subnormal) * np.maximum(terms, 1.0).prod(axis=axes)
        error = np.where(small & (terms != 0).all(axis=axes), error + lost, error)
    if count > 1 or not _lossless(x.value.dtype, value.dtype):
        error = error + unit_at(value if size is None else np.maximum(size, magnitude(value)), value.dtype.name)
    odd = (~np.isfinite(x.value)).any(axis=axes)
    error = np.where(odd & (errors == 0).all(axis=axes) if name != "add" else odd & ~np.isinf(errors).any(axis=axes), 0.0, error)
    error = np.where(np.isnan(error) | (~np.isfinite(value) & ~odd), np.inf, error)
    if name == "add":  # part of the terms may be too much for the accumulator, in one order or another, and then meet an infinity
        most = np.where(np.isfinite(x.value), sizes, 0.0).sum(axis=axes)
        error = np.where(most < float(np.finfo(accumulator).max), error, np.inf)
    new = ~np.isfinite(value) | odd
    if name == "mul":
        new = new | (magnitude(value) > float(np.finfo(value.dtype).max) ** 0.5)
    return [Bounded(value, error, size, _any(value.shape, [wild, new if new.any() else None]))]


def _discrete_fold(name: str, x: Bounded, value: Array, axes: tuple[int, ...]) -> Array | None:
    if x.error is None:
        return None
    unsure = np.isinf(x.error)
    if x.value.dtype == bool and name in ("and_", "or_", "add", "mul", "maximum", "minimum"):
        decisive = x.value if name in ("or_", "add", "maximum") and value.dtype == bool else ~x.value
        if value.dtype == bool:
            return np.where((decisive & ~unsure).any(axis=axes), 0.0, np.where(unsure.any(axis=axes), np.inf, 0.0))
    return np.where(unsure.any(axis=axes), np.inf, 0.0)


def _extreme(node: Any, args: list[Bounded]) -> list[Bounded]:
    (x,), axes = args, _along(node)
    value, position = performed(node, [x.value])
    wild = None if x.wild is None else x.wild.any(axis=axes)
    if x.error is None:
        return [Bounded(value, None, None, wild), Bounded(position, None, None, wild)]
    kept = [a for a in range(x.value.ndim) if a not in axes]
    v, e = (z.transpose(*kept, *axes).reshape(*(z.shape[a] for a in kept), -1) for z in (_wide(x.value), x.errors))
    if isinstance(node.op, MinAndArgmin):
        v = -v
    at = position[..., None]
    lowest = np.take_along_axis(v, at, -1) - 2 * np.take_along_axis(e, at, -1)
    contends = (v + 2 * e >= lowest) & (np.arange(v.shape[-1]) != at)
    exact_tie = (e == 0) & (np.take_along_axis(e, at, -1) == 0)
    unsure = (contends & ~exact_tie).any(axis=-1) & ~np.isnan(value) | np.isinf(e).any(axis=-1)
    error = np.where(np.isinf(e).any(axis=-1), np.inf, e.max(axis=-1))
    return [
        Bounded(value, np.where(np.isnan(value) & ~np.isinf(error), 0.0, error), None, wild),
        Bounded(position, np.where(unsure, np.inf, 0.0), None, wild),
    ]


def _products(node: Any, args: list[Bounded]) -> list[Bounded]:
    x, y = args
    (value,) = performed(node, [x.value, y.value])
    if not value.size:
        return [Bounded(value)]

    def product(a: Array, b: Array) -> Array:
        return performed(node, [a, b])[0]

    if whole(value):
        unsure = product(np.isinf(x.errors).astype(float), np.ones(y.value.shape)) + product(
            np.ones(x.value.shape), np.isinf(y.errors).astype(float)
        )
        return [Bounded(value, None if not unsure.any() else np.where(unsure > 0, np.inf, 0.0))]
    size = product(x.sizes, y.sizes)
    inner = x.value.shape[-1]
    error = 2 * (inner + 2) * _unit_of(value) * size + unit_at(value, value.dtype.name)
    if not value.all():  # products with 0 are not rounded
        error = np.where(product(magnitude(x.value), magnitude(y.value)) == 0, 0.0, error)
    if x.error is not None or y.error is not None:
        error = error + product(magnitude(x.value), y.errors) + product(x.errors, magnitude(y.value)) + product(x.errors, y.errors)
    # a library may skip what is multiplied by 0: then infinity times 0 is 0
    odd = product((~np.isfinite(x.value)).astype(float), np.ones(y.value.shape)) > 0
    odd |= product(np.ones(x.value.shape), (~np.isfinite(y.value)).astype(float)) > 0
    odd |= ~(size <= float(np.finfo(value.dtype).max))  # partial sums may overflow
    error = np.where(np.isfinite(value) & ~np.isnan(error) & ~odd, error, np.inf)
    wild = ~np.isfinite(value)
    parts = [product(a.astype(float), np.ones(b.shape)) > 0 for a, b in ((x.wild, y.value),) if a is not None]
    parts += [product(np.ones(x.value.shape), y.wild.astype(float)) > 0] if y.wild is not None else []
    return [Bounded(value, error, size, _any(value.shape, [*parts, wild if wild.any() else None]))]


def _unit_of(value: Array) -> float:
    return float(np.finfo(value.dtype).eps) / 2


# --------------------------------------------------------------------------------------------------- structure


def _moved(node: Any, args: list[Bounded]) -> list[Bounded]:
    """Errors, sizes and wildness move as the elements do."""
    every = isinstance(node.op, Join | MakeVector)
    data, rest = (args, []) if every else (args[:1], args[1:])
    if any(a.error is not None or a.wild is not None for a in (args if isinstance(node.op, MakeVector) else rest)):
        raise Unbounded(f"an index or a shape of {node.op} is not exact")
    values = performed(node, [a.value for a in args])

    def move(parts: Sequence[Array | None], default: Callable[[Bounded], Array]) -> Sequence[Array | None]:
        if all(p is None for p in parts):
            return [None] * len(values)
        return performed(node, [default(a) if p is None else p for p, a in zip(parts, data)] + [a.value for a in rest])

    if isinstance(node.op, MakeVector):
        return [Bounded(v) for v in values]
    errors = move([a.error for a in data], lambda a: a.errors)
    sizes = move([a.size for a in data], lambda a: a.sizes)
    wilds = move([a.wild for a in data], lambda a: np.zeros(a.value.shape, bool))
    return [Bounded(*fields) for fields in zip(values, errors, sizes, wilds)]


def _written(node: Any, args: list[Bounded]) -> list[Bounded]:
    """Parts set, or added to."""
    x, y, *rest = args
    if any(a.error is not None or a.wild is not None for a in rest):
        raise Unbounded(f"an index of {node.op} is not exact")
    where = [a.value for a in rest]
    (value,) = performed(node, [x.value, y.value, *where])

    def write(a: Array, b: Array) -> Array:
        return performed(node, [np.array(a, dtype="float64"), np.array(b, dtype="float64"), *where])[0]

    error = write(x.errors, y.errors) if x.error is not None or y.error is not None else None
    size = write(x.sizes, y.sizes) if not node.op.set_instead_of_inc or x.size is not None or y.size is not None else None
    wild, added = None, 0
    if x.wild is not None or y.wild is not None:
        wild = write(*(np.zeros(a.value.shape) if a.wild is None else a.wild for a in (x, y))) > 0
    if whole(value):
        return [Bounded(value, None if error is None or not error.any() else np.where(error > 0, np.inf, 0.0), None, wild)]
    if not node.op.set_instead_of_inc:
        assert size is not None
        count = write(np.zeros(x.value.shape), np.ones(y.value.shape))
        own = np.where(np.isfinite(size), count * unit_at(np.minimum(size, 1e300), value.dtype.name), 0.0)
        error = own if error is None else error + own
        new = (count > 0) & ~np.isfinite(value)
        wild = _any(value.shape, [wild, new if new.any() else None])
        added = x.added + int(count.max(initial=0))
    error = None if error is None or not error.any() else np.where(np.isnan(error), np.inf, error)
    return [Bounded(value, error, size, wild, added=added)]


def _expanded(node: Any, args: list[Bounded]) -> list[Bounded]:
    """An operation made of others: their bounds about its own value."""
    values = performed(node, [a.value for a in args])
    found = judge(node.op.expand(node), dict(zip(node.inputs, args)))
    results = []
    for value, inner in zip(values, found, strict=True):
        if whole(value):
            results.append(Bounded(value, inner.error, None, inner.wild))
            continue
        error = inner.errors + _distance(value, inner.value)
        results.append(Bounded(value, error if error.any() else None, inner.size, inner.wild))
    return results


def _repeated(node: Any, args: list[Bounded]) -> list[Bounded]:
    """A loop that hands on its last states and keeps nothing else, as ``repeat`` makes it."""
    op, outer = node.op, node.op.outer(args)
    if outer.sequences or op.records or op.until or any(state.kept or state.taps != (1,) for state in op.states):
        raise Unbounded(f"{op} keeps what its steps make")
    states, invariants = [_first_row(whole) for whole in outer.states], outer.invariants
    for step in range(int(args[0].value)):
        inside = [Bounded(np.asarray(step, op.graph.inputs[0].type.dtype)), *states, *invariants]
        states = judge(op.graph.outputs, dict(zip(op.graph.inputs, inside)))
    return states


def _first_row(whole: Bounded) -> Bounded:
    return Bounded(*(None if part is None else part[0] for part in (whole.value, whole.error, whole.size, whole.wild)))


def _branched(node: Any, args: list[Bounded]) -> list[Bounded]:
    condition, *given = args
    then, otherwise = node.op.sides
    if condition.error is not None:
        raise Unbounded("the condition of a branch is not exact")
    side, own = (then, given[: len(then.inputs)]) if condition.value else (otherwise, given[len(then.inputs) :])
    return judge(side.outputs, dict(zip(side.inputs, own)))


RULES: list[tuple[Any, Callable[[Any, list[Bounded]], list[Bounded]]]] = [
    (Elemwise, _elementwise),
    (CAReduce, _folded),
    (MaxAndArgmax, _extreme),
    ((Dot, BatchedDot), _products),
    (IncSubtensor, _written),
    ((DimShuffle, Reshape, Subtensor, Join, Split, Alloc, Rebroadcast, SpecifyShape, MakeVector, GradientIdentity, Assert), _moved),
    (Scan, _repeated),
    (Branch, _branched),
]
