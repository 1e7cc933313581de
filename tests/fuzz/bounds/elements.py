"""Bounds of what is done element by element: errors of the arguments seen through it at displaced arguments, and its own rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import gammaln

from tests.fuzz.bounds.values import Array, Bounded, any_of, distance, lossless, magnitude, performed, rule, unit_at, whole, wide
from tests.laws.elementwise import REFERENCE_ERRORS, intervals
from theano.tensor.elemwise import Elemwise

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


@rule(Elemwise)
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
    wild = any_of(shape, [a.wild for a in args])
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
    return [Bounded(value, error, size, any_of(shape, [wild, new if new is not None and new.any() else None]), added=added)]


def _not_in_place(node: Any, args: list[Bounded]) -> Array:
    return performed(node, [a.value.copy() for a in args])[0]


def _spread(a: Bounded, value: Array) -> Bounded:
    parts = (None if part is None else np.broadcast_to(part, value.shape) for part in (a.error, a.size, a.wild))
    return Bounded(value, *parts)


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
        narrowed = [x for x in (a, b) if x.value.dtype != value.dtype and not lossless(x.value.dtype, value.dtype)]
        if narrowed:
            error = (np.zeros(value.shape) if error is None else error) + 0.5 * unit_at(value, value.dtype.name)
    size = None if a.size is None and b.size is None else np.broadcast_to(np.where(taken, a.sizes, b.sizes), value.shape)
    wild = any_of(value.shape, [pick(a.wild, b.wild, lambda: np.zeros((), bool)), c.wild])
    if unsure is not None:
        differ = np.broadcast_to(unsure & ~((a.value == b.value) & (a.errors == 0) & (b.errors == 0)), value.shape)
        error = np.where(differ, np.inf, 0.0 if error is None else error)
    return Bounded(value, error, size, wild)


def _widens(name: str, args: list[Bounded], value: Array) -> bool:
    return name.startswith("convert_to_") and lossless(args[0].value.dtype, value.dtype)


def _near_zero(c: Bounded) -> Array | None:
    return None if c.error is None else (magnitude(c.value) <= 2 * c.error)


def _rounding(op: Any, args: list[Bounded], value: Array, size: Array | None) -> Array:
    """Of the operation itself: by its declaration, and its reference's where that is known to be larger."""
    least = op.scale if size is None else np.maximum(size, op.scale)
    unit = unit_at(np.maximum(magnitude(value), least), value.dtype.name)
    ulp = max(op.ulp, _multiplied(args)) if op.name == "pow" else op.ulp
    additions = len(args) - 1 + sum(a.added for a in args if op.name in SUMS)
    ulp = max(ulp + 0.5 if ulp > 0.5 else 0.5 * max(additions, 1), REFERENCE_ERRORS.get(op.name, 0.0))
    if op.name in ("erfc", "erfcx") and value.dtype == "float64":  # SciPy takes exp(x²) of a square that is rounded,
        square = np.square(wide(args[0].value))
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
    own = np.where(np.isfinite(value), np.maximum(ulp * unit, _noise(op, args, value)), 0.0)
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


def _noise(op: Any, args: list[Bounded], value: Array) -> Any:
    """How far a function of SciPy may jump where the arguments may be others next to them."""
    if op.body is not None or value.dtype.kind != "f":
        return 0.0
    inexact = np.any([np.broadcast_to(a.errors > 0, value.shape) for a in args], axis=0)
    return np.where(inexact, NEIGHBOURS * unit_at(np.maximum(magnitude(value), 0.25), value.dtype.name), 0.0)


def _is_exact(name: str, args: list[Bounded], value: Array) -> Array:
    """Whether nothing is rounded: what the new type has, too; what is divided by 1; the difference of equal numbers."""
    known = [a.errors == 0 for a in args]
    if name.startswith("convert_to_"):
        return known[0] & (wide(args[0].value) == wide(value))
    if name == "true_div":
        return known[1] & (args[1].value == 1) & (wide(args[0].value) == wide(value))
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


NEIGHBOURS = 512.0
"""Units by which a function of SciPy, where there is no native code, may differ between numbers next to each other: of 200,000 pairs,
``jv`` does so by up to 337, ``gammaincc`` by 141."""


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
        distance = np.abs(wide(x.value) - wide(y.value))
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
    quotient = np.abs(wide(x.value) / wide(y.value))
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
    given = [x if whole(x) else wide(x) for x in given]
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
            found.append(distance(_at(op, moved, value, discrete), here))
        most, least_found = np.max(found, axis=0), np.min(found, axis=0)
        ratio = np.where(step > 0, error / np.where(step > 0, step, 1), 0.0)
        smooth = (most <= 4 * least_found) & (not discrete)
        result += np.where(smooth, most * ratio, most)
        ratios = np.maximum(ratios, ratio)
        joint[k] = x + step
    if sum(e.any() for e in errors) > 1:
        result += ratios * distance(_at(op, joint, value, discrete), here)
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
    given = [a.value if whole(a.value) else wide(a.value) for a in args]
    here, result = _at(op, given, value, False), np.zeros(value.shape)
    for k, x in enumerate(given):
        if not whole(x):
            moved = [_at(op, [*given[:k], x * (1 + sign * step), *given[k + 1 :]], value, False) for sign in (1, -1)]
            far = np.max([distance(y, here) for y in moved], axis=0)
            result += np.where(np.isfinite(far), far, 0.0) / DISPLACED
    return result


def _at(op: Any, given: list[Array], value: Array, discrete: bool) -> Array:
    found = op.evaluate(*given)[0]
    return found if discrete or op.name.startswith("convert_to_") else wide(found)


__all__: list[str] = []
