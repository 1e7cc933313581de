"""Bounds of what is moved, or written into something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.fuzz.bounds.values import Array, Bounded, Unbounded, any_of, performed, rule, unit_at, whole
from theano.gradient.special import GradientIdentity
from theano.tensor.checking import Assert
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle
from theano.tensor.joining import Join, Split
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import MakeVector, Rebroadcast, SpecifyShape
from theano.tensor.subtensor import IncSubtensor, Subtensor


@rule(DimShuffle, Reshape, Subtensor, Join, Split, Alloc, Rebroadcast, SpecifyShape, MakeVector, GradientIdentity, Assert)
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


@rule(IncSubtensor)
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
        wild = any_of(value.shape, [wild, new if new.any() else None])
        added = x.added + int(count.max(initial=0))
    error = None if error is None or not error.any() else np.where(np.isnan(error), np.inf, error)
    return [Bounded(value, error, size, wild, added=added)]


__all__: list[str] = []
