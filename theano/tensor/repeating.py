"""Elements over and over (``repeat``), whole tensors side by side (``tile``), elements moved round (``roll``).

>>> from theano.tensor.constructors import fmatrix, fvector
>>> repeat(fmatrix(), 2, axis=0).type, tile(fvector(), (1, 3)).type, roll(fvector(), 1).type
(TensorType(float32, matrix), TensorType(float32, row), TensorType(float32, vector))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_integer
from theano.errors import ShapeError, VariableTypeError, message
from theano.graph import Apply
from theano.graph.op import Unconnected
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import alloc
from theano.tensor.cumulative import checked_axis
from theano.tensor.elemwise import row
from theano.tensor.index_entries import FULL
from theano.tensor.joining import join
from theano.tensor.reduce import sum
from theano.tensor.shapes import Sizes, Storage, as_size, constant_integer, size_list, sizes_of
from theano.tensor.type import tensor_type
from theano.tensor.variable import TensorVariable


class RepeatedPositions(Unconnected):
    """The numbers below ``size``, each as often as ``counts`` says."""

    __props__ = ()

    def make_node(self, counts: Any, size: Any) -> Apply:
        return Apply(self, [counts, as_size(size)], [TensorVariable(tensor_type("int64", (False,)))])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        counts, size = inputs
        if len(counts) != size or counts.min(initial=0) < 0:
            text = f"repeat: {size} counts are needed, none of them negative"
            raise ShapeError(message(text, [row("counts", node.inputs[0], counts.shape)]))
        output_storage[0][0] = np.repeat(np.arange(size), counts.astype(np.int64))

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [(sum(node.inputs[0]).astype("int64"),)]


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element along ``axis`` (of the flattened tensor if None) ``repeats`` times, a number or a vector with one for each."""
    x, counts = as_tensor_variable(x), as_tensor_variable(repeats)
    if not is_integer(counts.type.dtype) or counts.type.ndim > 1:
        raise VariableTypeError(message("repeat: a number or a vector of integers is needed", [row("repeats", counts)]))
    if axis is None:
        x, axis = x.flatten(), 0
    axis = checked_axis("repeat", axis, x)
    if counts.type.broadcastable == (True,):
        counts = counts[0]
    if counts.type.ndim:
        return x.take(RepeatedPositions()(counts, x.shape[axis]), axis)
    number, sizes = as_size(counts), sizes_of(x)
    spread = alloc(x.dimshuffle(*range(axis + 1), "x", *range(axis + 1, x.type.ndim)), *sizes[: axis + 1], number, *sizes[axis + 1 :])
    return spread.reshape((*sizes[:axis], sizes[axis] * number, *sizes[axis + 1 :]), ndim=x.type.ndim)


def tile(x: Any, reps: Any, ndim: int | None = None) -> Any:
    """``x`` side by side with itself, ``reps`` times along the last axes; of rank ``ndim``, by default what ``x`` and ``reps`` need.

    ``reps`` is a number, a list of them, or an integer vector, for which ``ndim`` must be told if its length is not known."""
    x = as_tensor_variable(x)
    if getattr(reps, "ndim", 0) == 1 and not isinstance(reps, np.ndarray):
        length = as_tensor_variable(reps).static_shape[0]
        times = size_list(reps, ndim if length is None else length, "tile")
    else:
        times = size_list(reps if isinstance(reps, (list, tuple, np.ndarray)) else [reps], what="tile")
    rank = max(x.type.ndim, len(times)) if ndim is None else ndim
    if rank < len(times) or rank < x.type.ndim:
        raise ValueError(message(f"tile: {len(times)} repetitions make no tensor of rank {rank}", [row("given", x)]))
    x = x.dimshuffle(*["x"] * (rank - x.type.ndim), *range(x.type.ndim))
    times = [as_size(1)] * (rank - len(times)) + list(times)
    sizes = sizes_of(x)
    stretched, shape = [], []
    for number, size, single in zip(times, sizes, x.type.broadcastable):
        stretched += [number, size]
        shape.append(number if single else size if constant_integer(number) == 1 else number * size)
    spread = alloc(x.dimshuffle(*(entry for axis in range(rank) for entry in ("x", axis))), *stretched)
    return spread.reshape(tuple(shape), ndim=rank)


def roll(x: Any, shift: Any, axis: int | None = None) -> Any:
    """The elements along ``axis`` (of the flattened tensor if None) moved ``shift`` places on, the last ones to the beginning."""
    x = as_tensor_variable(x)
    if axis is None and x.type.ndim != 1:
        return roll(x.flatten(), shift, 0).reshape(tuple(sizes_of(x)), ndim=x.type.ndim)
    axis = checked_axis("roll", axis or 0, x)
    if x.type.broadcastable[axis]:
        return x
    size, at = x.shape[axis], (FULL,) * axis
    split = size - as_size(shift) % size
    return join(axis, x[(*at, slice(split, None))], x[(*at, slice(None, split))])


__all__ = ["RepeatedPositions", "repeat", "roll", "tile"]
