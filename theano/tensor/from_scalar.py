"""Between tensors of rank 0 and scalar variables (:mod:`theano.scalar`).

>>> from theano.scalar import float64
>>> tensor_from_scalar(float64("x")).type
TensorType(float64, scalar)
>>> scalar_from_tensor(tensor_from_scalar(float64("x"))).type
float64
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_continuous
from theano.errors import VariableTypeError, message
from theano.flags import config
from theano.graph import Apply, Op
from theano.scalar import as_scalar, constant, get_scalar_type
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import row, zero_gradient
from theano.tensor.type import tensor_type


class Crossing(Op):
    """A change of type and nothing else."""

    __props__ = ()

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[tuple[Any, ...]]:
        return [()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0])]

    def lower(self, low: Any, node: Apply) -> None:
        low.view(node.outputs[0], (), node.inputs[0], lambda: ())


class TensorFromScalar(Crossing):
    """A scalar variable as a tensor of rank 0."""

    def make_node(self, x: Any) -> Apply:
        x = as_scalar(x)
        return Apply(self, [x], [tensor_type(x.type.dtype, ())()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = np.array(inputs[0], dtype=node.outputs[0].type.dtype)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x,), (gradient,) = inputs, output_grads
        return [scalar_from_tensor(gradient) if is_continuous(x.type.dtype) else constant(0.0, dtype=config.floatX)]


class ScalarFromTensor(Crossing):
    """A tensor of rank 0 as a scalar variable."""

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if x.type.ndim:
            raise VariableTypeError(message("scalar_from_tensor: a tensor of rank 0 is needed", [row("given", x)]))
        return Apply(self, [x], [get_scalar_type(x.type.dtype)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = inputs[0][()]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x,), (gradient,) = inputs, output_grads
        return [tensor_from_scalar(gradient) if is_continuous(x.type.dtype) else zero_gradient(x)]


tensor_from_scalar = TensorFromScalar()
scalar_from_tensor = ScalarFromTensor()

__all__ = ["ScalarFromTensor", "TensorFromScalar", "scalar_from_tensor", "tensor_from_scalar"]
