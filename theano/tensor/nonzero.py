"""Where a tensor is not zero: sizes that only the data tell.

>>> from theano.tensor.constructors import fmatrix
>>> [positions.type for positions in nonzero(fmatrix())], flatnonzero(fmatrix()).type
([TensorType(int64, vector), TensorType(int64, vector)], TensorType(int64, vector))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import VariableTypeError, message
from theano.graph import Apply, Op
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import row, zero_gradient
from theano.tensor.joining import stack
from theano.tensor.shapes import Storage
from theano.tensor.type import tensor_type
from theano.tensor.variable import TensorVariable


class Nonzero(Op):
    """For each axis the positions of the elements that are not zero, int64; by NumPy."""

    __props__ = ()

    def make_node(self, a: Any) -> Apply:
        a = as_tensor_variable(a)
        if a.type.ndim == 0:
            raise ValueError(message("nonzero: a number has no positions", [row("given", a)]))
        return Apply(self, [a], [TensorVariable(tensor_type("int64", (False,))) for _ in range(a.type.ndim)])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        for storage, positions in zip(output_storage, np.nonzero(inputs[0])):
            storage[0] = np.asarray(positions, np.int64)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [zero_gradient(inputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None] * inputs[0].type.ndim


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """The positions of what is not zero, as a tuple of one vector for each axis, or as a matrix of one row for each."""
    found = Nonzero()(a, return_list=True)
    if not return_matrix:
        return tuple(found)

    return stack(found)


def flatnonzero(a: Any) -> Any:
    """The positions of what is not zero in the flattened tensor."""
    return nonzero(as_tensor_variable(a).flatten())[0]


def nonzero_values(a: Any) -> Any:
    """What is not zero, as a vector."""
    a = as_tensor_variable(a)
    return a.flatten()[flatnonzero(a)]


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """The slices of ``x`` along ``axis`` (its elements if None) where the vector ``condition`` is true."""
    condition = as_tensor_variable(condition)
    if condition.type.ndim != 1:
        raise VariableTypeError(message("compress: the condition must be a vector", [row("given", condition)]))
    return as_tensor_variable(x).take(flatnonzero(condition), axis)


__all__ = ["Nonzero", "compress", "flatnonzero", "nonzero", "nonzero_values"]
