"""Positions of extremes: argmax and argmin, alone or with the extreme itself.

The position is an int64, that of the first of equal elements; over several axes, or all, it counts them as one axis, in their order.

>>> from theano.tensor.constructors import fmatrix
>>> argmax(fmatrix(), axis=1).type, [out.type for out in max_and_argmax(fmatrix(), keepdims=True)]
(TensorType(int64, vector), [TensorType(float32, (True, True)), TensorType(int64, (True, True))])
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_discrete
from theano.graph import Apply
from theano.scalar.instructions import Value
from theano.tensor.convert import as_tensor_variable, weak_constants
from theano.tensor.elemwise import zero_gradient
from theano.tensor.reduce import Axis, Max, Min, Reduction, as_axis, makeKeepDims, reduced_axes
from theano.tensor.type import Array, TensorType


class MaxAndArgmax(Reduction):
    """The greatest element and the position of the first one, an int64 counted over the reduced axes taken as one.

    The first NaN comes before all numbers, as in NumPy."""

    word = "max"
    __props__ = ("axis",)
    combine = "argmax"
    extreme = np.max
    position = np.argmax

    def __init__(self, axis: Any = None) -> None:
        self.axis = as_axis(axis)

    def _with_axis(self, axis: Axis) -> MaxAndArgmax:
        return type(self)(axis)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        op, axes = self._normal(x)
        return Apply(op, [x], [self._result(x, axes, x.type.dtype), self._result(x, axes, "int64")])

    def perform(self, node: Apply, inputs: Sequence[Array], output_storage: Sequence[list[Any]]) -> None:
        (x,) = inputs
        axes = reduced_axes(self.axis, node.inputs[0])
        kept = tuple(axis for axis in range(x.ndim) if axis not in axes)
        self._refuse_empty(x, axes)
        count = math.prod(x.shape[axis] for axis in axes)
        flat = x.transpose(kept + axes).reshape((*(x.shape[axis] for axis in kept), count))
        if not flat.size:  # then there are no results
            flat = np.zeros((*flat.shape[:-1], 1), x.dtype)
        output_storage[0][0] = np.array(type(self).extreme(flat, axis=-1), dtype=x.dtype)
        output_storage[1][0] = np.array(type(self).position(flat, axis=-1), dtype=np.int64)

    def lower(self, low: Any, node: Apply) -> None:
        (x,), dtype = node.inputs, node.inputs[0].type.dtype
        axes, sizes = reduced_axes(self.axis, x), low.shape(x)
        computed = {"float16": "float32", "bool": "int8"}.get(dtype, dtype)
        if not axes:
            low.pointwise(node.outputs[0], sizes, lambda *i: low.read(x, i))
            low.pointwise(node.outputs[1], sizes, lambda *i: low.int(0))
            return
        self._guard_not_empty(low, node, axes)

        def pair(*i: Value) -> tuple[Value, Value]:
            position = low.int(0)
            for axis in axes:
                position = position * sizes[axis] + i[axis]
            return low.read(x, i).cast(computed), position

        low.reduce(node.outputs, sizes, axes, self.combine, pair, finish=lambda value, position: (value.cast(dtype), position))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """Every element equal to the extreme gets the full gradient; the position passes none."""
        (x,), gradient = inputs, output_grads[0]
        if is_discrete(x.type.dtype) or not isinstance(gradient.type, TensorType):
            return [zero_gradient(x)]
        with weak_constants():
            return [Max()._gradient(x, outputs[0], gradient, reduced_axes(self.axis, x))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        fold = Max if self.combine == "argmax" else Min
        return [*fold(self.axis).R_op(inputs, eval_points), None]


class MinAndArgmin(MaxAndArgmax):
    """The least element and the position of the first one."""

    word = "min"
    combine = "argmin"
    extreme = np.min
    position = np.argmin


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Any]:
    """[greatest elements, their first positions] along ``axis``; of None or several axes the position counts them as one."""
    a = as_tensor_variable(a)
    results = MaxAndArgmax(axis)(a)
    return [makeKeepDims(a, result, axis) if keepdims else result for result in results]


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the first greatest element along ``axis``, int64."""
    return max_and_argmax(x, axis, keepdims)[1]


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the first least element along ``axis``, int64."""
    x = as_tensor_variable(x)
    position = MinAndArgmin(axis)(x)[1]
    return makeKeepDims(x, position, axis) if keepdims else position


__all__ = ["MaxAndArgmax", "MinAndArgmin", "argmax", "argmin", "max_and_argmax"]
