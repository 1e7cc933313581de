"""Bounds of what is sorted, searched, counted and added up along an axis: the rules of these operations.

What only reads shapes is exact, whatever the values are; sizes and places that depend on values which are not known exactly are
unbounded.

>>> import theano.tensor as T
>>> from tests.fuzz.bounds.judge import judge
>>> x = T.dvector("x")
>>> uncertain = Bounded(np.array([3.0, 1.0, 1.5]), np.array([0.0, 0.1, 0.2]))
>>> values, places = judge([T.sort(x), T.argsort(x)], {x: uncertain})
>>> values.error.round(2).tolist(), places.error.tolist()
([0.1, 0.2, 0.0], [inf, inf, 0.0])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.bounds.values import Array, Bounded, Unbounded, magnitude, performed, rule, unit_at, whole
from theano.tensor.create import ARange, Eye
from theano.tensor.cumulative import CumOp
from theano.tensor.nonzero import Nonzero
from theano.tensor.shapes import Shape, Shape_i
from theano.tensor.sorting import ArgSortOp, SearchsortedOp, SortOp, TopKOp, Unique

TINY = 5e-324
"""The error of a zero whose sign is not known."""


@rule(Shape, Shape_i, Eye, ARange)
def _exact(node: Any, args: list[Bounded]) -> list[Bounded]:
    """What tells a shape, or is made of whole numbers."""
    if not isinstance(node.op, Shape | Shape_i) and any(a.error is not None or a.wild is not None for a in args):
        raise Unbounded(f"a number of {node.op} is not exact")
    values = performed(node, [a.value for a in args])
    if isinstance(node.op, ARange) and not whole(values[0]):
        raise Unbounded("numbers that are no whole ones")
    return [Bounded(v) for v in values]


# ------------------------------------------------------------------------------------------------ along an axis


@rule(CumOp)
def _running(node: Any, args: list[Bounded]) -> list[Bounded]:
    """As of a sum or product of all elements, of those so far; no order of them is promised."""
    (x,), axis = args, node.op.axis
    (value,) = performed(node, [x.value])

    def along(part: Array, fold: Any) -> Array:
        return fold.accumulate(part.reshape(-1) if axis is None else part, axis=axis or 0)

    wild = None if x.wild is None else along(x.wild, np.logical_or)
    if not value.size:
        return [Bounded(value)]
    if whole(value):
        return [Bounded(value, None if x.error is None else np.where(along(x.error > 0, np.logical_or), np.inf, 0.0), None, wild)]
    errors = x.errors
    count = along(np.ones(x.value.shape), np.add)
    limits = np.finfo(value.dtype)
    unit = float(limits.eps) * (1 if value.dtype.kind == "f" else 2)
    odd, open_ = along(~np.isfinite(x.value), np.logical_or), along(errors > 0, np.logical_or)
    size = None
    if node.op.mode == "add":
        size = along(x.sizes, np.add)
        error = along(errors, np.add) + count * unit * size
        unsure = along(np.where(np.isfinite(x.sizes), x.sizes, 0.0), np.add) > float(limits.max) / 16
    else:
        terms = magnitude(x.value)
        low = along(terms, np.multiply)
        error = along(terms + errors, np.multiply) - low + (count + 4) * unit * low
        so_far = along(np.where((terms == 0) | ~np.isfinite(terms), 1.0, terms), np.multiply)
        unsure = along((so_far > float(limits.max) ** 0.5) | (so_far < float(limits.tiny) ** 0.5), np.logical_or)
        error = np.where((low == 0) & ~open_, 0.0, error)
    error = error + np.where(error > 0, unit_at(value, value.dtype.name), 0.0)
    error = np.where(odd, np.where(open_, np.inf, 0.0), error)
    error = np.where(np.isnan(error) | (~np.isfinite(value) & ~odd) | unsure, np.inf, error)
    new = ~np.isfinite(value) | odd | unsure
    wild = new if wild is None else wild | new
    return [Bounded(value, error if error.any() else None, size, wild if wild.any() else None)]


# ------------------------------------------------------------------------------------------------ order


def _lanes(part: Array, axis: int) -> Array:
    return np.moveaxis(part, axis, -1)


def _sorted(x: Bounded, axis: int) -> tuple[Array, Array | None, Array | None]:
    """Along the last axis: the values in order, how far off they may be, whether they are wild."""
    v = np.sort(_lanes(x.value, axis), axis=-1)
    wild = None if x.wild is None else np.broadcast_to(_lanes(x.wild, axis).any(axis=-1, keepdims=True), v.shape)
    error = None
    if x.error is not None:
        e = _lanes(x.errors, axis)
        if whole(x.value) or x.value.dtype.kind == "c":
            error = np.where((e > 0).any(axis=-1, keepdims=True), np.inf, np.zeros(v.shape))
        else:
            given, wide = _lanes(x.value, axis).astype("float64"), v.astype("float64")
            far = np.maximum(np.sort(given + e, axis=-1) - wide, wide - np.sort(given - e, axis=-1))
            error = np.where(np.isnan(far), 0.0, far)
            error = np.where((~np.isfinite(e) | ~np.isfinite(given) & (e > 0)).any(axis=-1, keepdims=True), np.inf, error)
    if v.dtype.kind == "f":  # zeros of both signs are equal: which of them comes first is not told
        zero = _lanes(x.value, axis) == 0
        mixed = (zero & np.signbit(_lanes(x.value, axis))).any(axis=-1, keepdims=True) & (zero & ~np.signbit(_lanes(x.value, axis))).any(
            axis=-1, keepdims=True
        )
        if mixed.any():
            error = np.maximum(np.zeros(v.shape) if error is None else error, np.where(mixed & (v == 0), TINY, 0.0))
    return v, error, wild


def _ranks(x: Bounded, axis: int, stable: bool) -> tuple[Array, Array | None]:
    """Along the last axis, of the elements in order: whether it is open which they are."""
    v = np.sort(_lanes(x.value, axis), axis=-1)
    e = np.where(np.isnan(x.errors), np.inf, x.errors)
    most = _lanes(e, axis).max(axis=-1, keepdims=True, initial=0.0)
    with np.errstate(all="ignore"):
        gaps = np.abs(np.diff(v.astype("complex128" if v.dtype.kind == "c" else "float64"), axis=-1))
    ties = (v[..., 1:] == v[..., :-1]) | np.isnan(gaps)
    if whole(v):
        gaps = np.where(ties, 0.0, np.maximum(gaps, 1.0))
    near = np.where(most > 0, ~(gaps > 4 * most) | ties, ties & (not stable))
    if v.dtype.kind == "c" and x.error is not None:
        near = np.ones(near.shape, bool)
    beside = np.zeros((*v.shape[:-1], 1), bool)
    unsure = np.concatenate([beside, near], -1) | np.concatenate([near, beside], -1) | np.isinf(most)
    wild = None if x.wild is None else np.broadcast_to(_lanes(x.wild, axis).any(axis=-1, keepdims=True), v.shape)
    return unsure, wild


def _back(value: Array, axis: int, *parts: Array | None) -> Bounded:
    error, wild = (None if part is None or not part.any() else np.moveaxis(part, -1, axis) for part in parts)
    return Bounded(value, error, None, wild)


@rule(SortOp)
def _sort(node: Any, args: list[Bounded]) -> list[Bounded]:
    (x,), axis = args, node.op.axis
    (value,) = performed(node, [x.value])
    if not value.size:
        return [Bounded(value)]
    return [_back(value, axis, *_sorted(x, axis)[1:])]


@rule(ArgSortOp)
def _argsort(node: Any, args: list[Bounded]) -> list[Bounded]:
    (x,), axis = args, node.op.axis
    (value,) = performed(node, [x.value])
    if not value.size:
        return [Bounded(value)]
    unsure, wild = _ranks(x, axis, node.op.kind in ("stable", "mergesort"))
    return [_back(value, axis, np.where(unsure, np.inf, 0.0), wild)]


@rule(TopKOp)
def _greatest(node: Any, args: list[Bounded]) -> list[Bounded]:
    x, count = args
    if count.error is not None:
        raise Unbounded("how many elements are taken is not known")
    k, axis = int(count.value), node.op.axis
    values = performed(node, [x.value, count.value])
    if not values[0].size:
        return [Bounded(v) for v in values]

    def taken(part: Array | None) -> Array | None:
        return None if part is None else (part[..., ::-1] if k > 0 else part)[..., : abs(k)]

    rules = [_sorted(x, axis)[1:]] * node.op.return_values
    unsure, wild = _ranks(x, axis, stable=False)
    rules += [(np.where(unsure, np.inf, 0.0), wild)] * node.op.return_indices
    return [_back(value, axis, *map(taken, parts)) for value, parts in zip(values, rules, strict=True)]


@rule(SearchsortedOp)
def _places(node: Any, args: list[Bounded]) -> list[Bounded]:
    """Where elements belong in a sorted vector."""
    x, v, *sorter = args
    if any(a.error is not None or a.wild is not None for a in (x, *sorter)):
        raise Unbounded("a vector to be searched is not exact")
    (value,) = performed(node, [a.value for a in args])
    unsure = None
    if v.error is not None:
        if whole(v.value) or v.value.dtype.kind == "c":
            unsure = v.errors > 0
        else:
            wide = v.value.astype("float64")
            order = [a.value for a in sorter]
            ends = [np.searchsorted(x.value, wide + sign * 2 * v.errors, side, *order) for sign, side in ((-1, "left"), (1, "right"))]
            unsure = ((ends[0] != ends[1]) | np.isnan(wide)) & (v.errors > 0) | np.isinf(v.errors)
    return [Bounded(value, None if unsure is None or not unsure.any() else np.where(unsure, np.inf, 0.0), None, v.wild)]


@rule(Unique)
def _distinct(node: Any, args: list[Bounded]) -> list[Bounded]:
    (x,) = args
    if x.error is not None or x.wild is not None:
        raise Unbounded("which elements are equal is not known")
    results = [Bounded(v) for v in performed(node, [x.value])]
    zero = x.value == 0
    if x.value.dtype.kind in "fc" and zero.any():  # which of the zeros is kept is not told
        results[0].error = np.where(results[0].value == 0, TINY, 0.0)
    return results


@rule(Nonzero)
def _nonzero(node: Any, args: list[Bounded]) -> list[Bounded]:
    (x,) = args
    if x.wild is not None or (x.error is not None and (~(magnitude(x.value) > 2 * x.error) & (x.error > 0)).any()):
        raise Unbounded("whether an element is zero is not known")
    return [Bounded(v) for v in performed(node, [x.value])]


__all__: list[str] = []
