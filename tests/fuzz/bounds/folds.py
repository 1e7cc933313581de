"""Bounds of sums, extremes and products along axes: they may be computed in any order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.bounds.values import Array, Bounded, Unbounded, any_of, lossless, magnitude, performed, rule, unit_at, whole, wide
from theano.dtypes import is_discrete
from theano.tensor.positions import MaxAndArgmax, MinAndArgmin
from theano.tensor.products import BatchedDot, Dot
from theano.tensor.reduce import CAReduce, ProdWithoutZeros, reduced_axes

CHUNK = 1024
"""More additions in a row than any program's: lanes and chunks are added in trees."""


def _along(node: Any) -> tuple[int, ...]:
    return reduced_axes(node.op.axis, node.inputs[0])


@rule(CAReduce)
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
            v = wide(x.value)
            error = np.maximum(extreme(v + errors, axis=axes) - wide(value), wide(value) - extreme(v - errors, axis=axes))
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
    if count > 1 or not lossless(x.value.dtype, value.dtype):
        error = error + unit_at(value if size is None else np.maximum(size, magnitude(value)), value.dtype.name)
    odd = (~np.isfinite(x.value)).any(axis=axes)
    error = np.where(odd & (errors == 0).all(axis=axes) if name != "add" else odd & ~np.isinf(errors).any(axis=axes), 0.0, error)
    error = np.where(np.isnan(error) | (~np.isfinite(value) & ~odd), np.inf, error)
    if name == "add":  # part of the terms may be too much for the accumulator, in one order or another, and then meet an infinity
        most = np.where(np.isfinite(x.value), sizes, 0.0).sum(axis=axes)
        error = np.where(most < float(np.finfo(accumulator).max), error, np.inf)
    else:  # part of the factors may be too much and meet a zero, or vanish and meet an infinity
        limits, some = np.finfo(accumulator), np.where(np.isfinite(x.value) & (terms != 0), terms, 1.0)
        most, least = np.maximum(some, 1.0).prod(axis=axes), np.minimum(some, 1.0).prod(axis=axes)
        error = np.where((most < float(limits.max)) & ~(odd & (least < float(limits.tiny))), error, np.inf)
    new = ~np.isfinite(value) | odd
    if name == "mul":
        new = new | (magnitude(value) > float(np.finfo(value.dtype).max) ** 0.5)
    return [Bounded(value, error, size, any_of(value.shape, [wild, new if new.any() else None]))]


def _discrete_fold(name: str, x: Bounded, value: Array, axes: tuple[int, ...]) -> Array | None:
    if x.error is None:
        return None
    unsure = np.isinf(x.error)
    if x.value.dtype == bool and name in ("and_", "or_", "add", "mul", "maximum", "minimum"):
        decisive = x.value if name in ("or_", "add", "maximum") and value.dtype == bool else ~x.value
        if value.dtype == bool:
            return np.where((decisive & ~unsure).any(axis=axes), 0.0, np.where(unsure.any(axis=axes), np.inf, 0.0))
    return np.where(unsure.any(axis=axes), np.inf, 0.0)


@rule(MaxAndArgmax)
def _extreme(node: Any, args: list[Bounded]) -> list[Bounded]:
    (x,), axes = args, _along(node)
    value, position = performed(node, [x.value])
    wild = None if x.wild is None else x.wild.any(axis=axes)
    if x.error is None:
        return [Bounded(value, None, None, wild), Bounded(position, None, None, wild)]
    kept = [a for a in range(x.value.ndim) if a not in axes]
    v, e = (z.transpose(*kept, *axes).reshape(*(z.shape[a] for a in kept), -1) for z in (wide(x.value), x.errors))
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


@rule(Dot, BatchedDot)
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
    return [Bounded(value, error, size, any_of(value.shape, [*parts, wild if wild.any() else None]))]


def _unit_of(value: Array) -> float:
    return float(np.finfo(value.dtype).eps) / 2


__all__: list[str] = []
