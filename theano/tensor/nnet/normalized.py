"""Softmax and its logarithm, over the rows of a matrix.

The ops stand whole while the rewriter looks for stable forms (``log(softmax(x))`` is ``logsoftmax(x)``); what is left of
them becomes maxima, exponentials and sums by ``expand``, and so loops.

>>> from theano.tensor import fmatrix
>>> softmax(fmatrix()).type
TensorType(float32, matrix)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_float
from theano.errors import ShapeError, message
from theano.graph import Apply, Op
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import elemwise, row
from theano.tensor.logsumexp import widened
from theano.tensor.reduce import Supremum, spread, sum
from theano.tensor.shapes import Sizes, Storage

exp, log = elemwise(OPS["exp"]), elemwise(OPS["log"])


def as_rows(what: str, x: Any) -> Any:
    """``x`` as a float matrix; a vector becomes one row, with a warning."""
    x = as_tensor_variable(x)
    if x.type.ndim not in (1, 2):
        raise ShapeError(message(f"{what}: a matrix is needed, not a tensor of rank {x.type.ndim}", [row("given", x)]))
    if not is_float(x.type.dtype):
        raise ValueError(message(f"{what}: floats are needed", [row("given", x)], cure="did you mean .astype('float32')?"))
    if x.type.ndim == 1:
        warnings.warn(f"{what} of a vector gives a matrix of one row", stacklevel=5)
        x = x.dimshuffle("x", 0)
    return x


def _probabilities(x: Any) -> Any:
    e = np.exp(widened(x) - widened(x).max(axis=1, keepdims=True, initial=-np.inf))
    return (e / e.sum(axis=1, keepdims=True)).astype(x.dtype)


class RowOp(Op):
    """An op from one float matrix to another of its type."""

    __props__ = ()
    name = ""

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any) -> Apply:
        x = as_rows(self.name, x)
        out: Any = x.type()
        out.static_shape = x.static_shape
        return Apply(self, [x], [out])

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[0])]


class Softmax(RowOp):
    """``exp(x) / sum(exp(x))`` for each row."""

    name = "softmax"

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        with np.errstate(all="ignore"):
            output_storage[0][0] = _probabilities(inputs[0])

    def expand(self, node: Apply) -> list[Any]:
        x = widened(node.inputs[0])
        e = exp(x - spread(Supremum(1)(x), (1,)))
        return [(e / sum(e, axis=1, keepdims=True)).astype(node.outputs[0].type.dtype)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [softmax_grad(output_grads[0], outputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else softmax_grad(eval_points[0], self(*inputs))]


class LogSoftmax(RowOp):
    """The logarithm of the softmax, right even where that is 0."""

    name = "logsoftmax"

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        with np.errstate(all="ignore"):
            x = widened(inputs[0])
            shifted = x - x.max(axis=1, keepdims=True, initial=-np.inf)
            output_storage[0][0] = (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))).astype(inputs[0].dtype)

    def expand(self, node: Apply) -> list[Any]:
        x = widened(node.inputs[0])
        shifted = x - spread(Supremum(1)(x), (1,))
        return [(shifted - log(sum(exp(shifted), axis=1, keepdims=True))).astype(node.outputs[0].type.dtype)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (g,) = output_grads
        return [g - sum(g, axis=1, keepdims=True) * softmax_op(inputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (point,) = eval_points
        return [None if point is None else point - sum(point * softmax_op(inputs[0]), axis=1, keepdims=True)]


class SoftmaxGrad(Op):
    """The gradient of softmax by its argument, ``sm * (dy - sum(dy * sm))``, from that by its value ``sm``."""

    __props__ = ()

    def __str__(self) -> str:
        return "SoftmaxGrad"

    def make_node(self, dy: Any, sm: Any) -> Apply:
        dy, sm = as_tensor_variable(dy), as_tensor_variable(sm)
        if dy.type.ndim != 2 or sm.type.ndim != 2:
            raise ShapeError(message("softmax_grad: matrices are needed", [row("dy", dy), row("sm", sm)]))
        if dy.type.dtype != sm.type.dtype:
            dy = dy.astype(sm.type.dtype)
        out: Any = sm.type()
        out.static_shape = sm.static_shape
        return Apply(self, [dy, sm], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        dy, sm = map(widened, inputs)
        with np.errstate(all="ignore"):
            output_storage[0][0] = (sm * (dy - (dy * sm).sum(axis=1, keepdims=True))).astype(inputs[1].dtype)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[1])]

    def expand(self, node: Apply) -> list[Any]:
        dy, sm = map(widened, node.inputs)
        return [(sm * (dy - sum(dy * sm, axis=1, keepdims=True))).astype(node.outputs[0].type.dtype)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (dy, sm), (g,) = inputs, output_grads
        along = sum(g * sm, axis=1, keepdims=True)
        return [sm * (g - along), g * (dy - sum(dy * sm, axis=1, keepdims=True)) - dy * along]


softmax_op, logsoftmax_op, softmax_grad = Softmax(), LogSoftmax(), SoftmaxGrad()


def softmax(c: Any) -> Any:
    """``exp(c) / sum(exp(c))`` along the last axis of a matrix; a vector gives a matrix of one row."""
    c = as_tensor_variable(c)
    if c.type.ndim and c.type.broadcastable[-1]:
        warnings.warn("softmax along a dimension of size 1 is 1 everywhere", stacklevel=2)
    return softmax_op(c)


def logsoftmax(c: Any) -> Any:
    """The logarithm of :func:`softmax`."""
    return logsoftmax_op(c)


def softmax_with_bias(x: Any, b: Any) -> Any:
    """``softmax(x + b)`` of a matrix and a vector."""
    return softmax_op(as_tensor_variable(x) + as_tensor_variable(b))


def softmax_graph(c: Any) -> Any:
    """Softmax written out; the rewriter finds the op in it."""
    e = exp(as_tensor_variable(c))
    return e / sum(e, axis=-1, keepdims=True)


__all__ = [
    "LogSoftmax",
    "Softmax",
    "SoftmaxGrad",
    "logsoftmax",
    "logsoftmax_op",
    "softmax",
    "softmax_grad",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
]
