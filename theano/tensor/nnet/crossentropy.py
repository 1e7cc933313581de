"""Losses of classifiers, and the fused forms that make their gradients stable.

``categorical_crossentropy(softmax(x), y)`` as written takes the logarithm of numbers that may be 0; the rewriter turns it into
:class:`CrossentropySoftmaxArgmax1HotWithBias` or ``logsoftmax(x)[arange(n), y]``, and its gradient into
:class:`CrossentropySoftmax1HotWithBiasDx`, which divides by nothing.

>>> from theano.tensor import fmatrix, lvector
>>> categorical_crossentropy(fmatrix("p"), lvector("y")).type
TensorType(float32, vector)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_float, is_integer
from theano.errors import BoundsError, ShapeError, VariableTypeError, message
from theano.graph import Apply, Op
from theano.scalar import OPS
from theano.scalar.instructions import select
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.elemwise import elemwise, row
from theano.tensor.nnet.activation import softplus
from theano.tensor.nnet.normalized import logsoftmax_op, softmax, softmax_grad, softmax_op
from theano.tensor.positions import argmax
from theano.tensor.products import batched_dot, dot, tensordot
from theano.tensor.reduce import sum
from theano.tensor.shapes import Sizes, Storage, patternbroadcast
from theano.tensor.type import tensor_type

log = elemwise(OPS["log"])


def _rows_and_classes(what: str, matrix: Any, classes: Any) -> tuple[Any, Any]:
    """A float matrix, and for each of its rows the number of a column."""
    matrix, classes = as_tensor_variable(matrix), as_tensor_variable(classes)
    rows = [row("rows", matrix), row("classes", classes)]
    if matrix.type.ndim != 2 or not is_float(matrix.type.dtype):
        raise VariableTypeError(message(f"{what}: a float matrix is needed", rows))
    if classes.type.ndim != 1 or not is_integer(classes.type.dtype):
        raise VariableTypeError(message(f"{what}: the classes must be an integer vector", rows))
    n, m = matrix.static_shape[0], classes.static_shape[0]
    if n is not None and m is not None and n != m:
        raise ShapeError(message(f"{what}: {n} rows but {m} classes", rows))
    return matrix, classes


def _chosen(node: Apply, matrix: Any, classes: Any) -> tuple[Any, Any]:
    """Index arrays of one element for each row, checked."""
    if classes.shape != matrix.shape[:1]:
        raise ShapeError(message(f"{node.op}: {matrix.shape[0]} rows but {classes.shape[0]} classes"))
    bad = (classes < -matrix.shape[1]) | (classes >= matrix.shape[1])
    if bad.any():
        raise BoundsError(message(f"{node.op}: class {classes[bad][0]} is out of bounds for {matrix.shape[1]} columns"))
    return np.arange(matrix.shape[0]), classes


def _one_hot_body(low: Any, node: Apply, matrix: Any, classes: Any) -> tuple[tuple[Any, Any], Callable[[Any, Any], Any]]:
    """(extents of ``matrix``, whether column j is the class of row i)."""
    n, m = low.shape(matrix)
    low.equal(n, low.shape(classes)[0], node, ((matrix, 0), (classes, 0)), "the numbers of rows and of classes differ")
    text = "class {payload} is out of bounds for the columns of the matrix"

    def hit(i: Any, j: Any) -> Any:
        return low.checked_index(low.read(classes, (i,)).cast("int64"), m, node, text).equals(j)

    return (n, m), hit


def _computed(low: Any, variable: Any, indices: tuple[Any, ...]) -> Any:
    """An element as a number to compute with."""
    value = low.read(variable, indices)
    return value.cast("float32") if value.dtype == "float16" else value


class CrossentropyCategorical1Hot(Op):
    """``-log(p[i, y[i]])`` for each row of probabilities."""

    __props__ = ()

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, coding_dist: Any, true_one_of_n: Any) -> Apply:
        p, y = _rows_and_classes("crossentropy", coding_dist, true_one_of_n)
        out: Any = tensor_type(p.type.dtype, (p.type.broadcastable[0],))()
        out.static_shape = p.static_shape[:1]
        return Apply(self, [p, y], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        p, y = inputs
        with np.errstate(all="ignore"):
            output_storage[0][0] = -np.log(p[_chosen(node, p, y)])

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [(input_shapes[0][0],)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def expand(self, node: Apply) -> list[Any]:
        p, y = node.inputs
        return [_in_type(-log(p[arange(p.shape[0]), y]), node.outputs[0])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [crossentropy_categorical_1hot_grad(output_grads[0], *inputs), None]


class CrossentropyCategorical1HotGrad(Op):
    """``-g[i] / p[i, j]`` where j is the class of row i, else 0."""

    __props__ = ()

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Apply:
        p, y = _rows_and_classes("crossentropy gradient", coding_dist, true_one_of_n)
        g = _row_gradient("crossentropy gradient", g_y, p)
        out: Any = p.type()
        out.static_shape = p.static_shape
        return Apply(self, [g, p, y], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        g, p, y = inputs
        out, where = np.zeros_like(p), _chosen(node, p, y)
        with np.errstate(all="ignore"):
            out[where] = -g / p[where]
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[1])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (g, p, y), (gg,) = inputs, output_grads
        rows = arange(p.shape[0])
        chosen, out_gradient = p[rows, y], gg[rows, y]
        into_g = -out_gradient / chosen
        into_p = crossentropy_categorical_1hot_grad(-out_gradient * g / chosen, p, y)
        return [into_g if g.type.ndim else sum(into_g), into_p, None]

    def lower(self, low: Any, node: Apply) -> None:
        g, p, y = node.inputs
        extents, hit = _one_hot_body(low, node, p, y)
        _same_rows(low, node, g, p)

        def body(i: Any, j: Any) -> Any:
            value = -_computed(low, g, (i,)[: g.type.ndim]) / _computed(low, p, (i, j))
            return select(hit(i, j), value, low.trace.const(0, value.dtype))

        low.pointwise(node.outputs[0], extents, body)


class CrossentropySoftmax1HotWithBiasDx(Op):
    """``dy[i] * (sm[i, j] - 1)`` where j is the class of row i, else ``dy[i] * sm[i, j]``.

    The gradient by x of ``crossentropy(softmax(x), y)``, from the softmax ``sm``; ``dy`` is a vector or a scalar."""

    __props__ = ()

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, dy: Any, sm: Any, y_idx: Any) -> Apply:
        p, y = _rows_and_classes("crossentropy gradient", sm, y_idx)
        out: Any = p.type()
        out.static_shape = p.static_shape
        return Apply(self, [_row_gradient("crossentropy gradient", dy, p), p, y], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        dy, sm, y = inputs
        out = sm.copy()
        out[_chosen(node, sm, y)] -= 1
        output_storage[0][0] = out * (dy[:, None] if dy.ndim else dy)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[1])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (dy, sm, y), (g,) = inputs, output_grads
        into_dy = sum(g * sm, axis=1) - g[arange(g.shape[0]), y]
        spread = dy.dimshuffle(0, "x") if dy.type.ndim else dy
        return [into_dy if dy.type.ndim else sum(into_dy), g * spread, None]

    def lower(self, low: Any, node: Apply) -> None:
        dy, sm, y = node.inputs
        extents, hit = _one_hot_body(low, node, sm, y)
        _same_rows(low, node, dy, sm)

        def body(i: Any, j: Any) -> Any:
            p = _computed(low, sm, (i, j))
            return _computed(low, dy, (i,)[: dy.type.ndim]) * select(hit(i, j), p - 1, p)

        low.pointwise(node.outputs[0], extents, body)


class CrossentropySoftmaxArgmax1HotWithBias(Op):
    """(crossentropy, softmax, argmax) of ``x + b`` for the classes ``y_idx``, each row on its own.

    ``nll[i]`` is ``-logsoftmax(x + b)[i, y_idx[i]]``; ``argmax`` has the dtype of ``y_idx``."""

    __props__ = ()
    nin, nout = 3, 3

    def __init__(self, **kwargs: Any) -> None:
        pass

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any, b: Any, y_idx: Any) -> Apply:
        x, y = _rows_and_classes("crossentropy", x, y_idx)
        b = as_tensor_variable(b)
        if b.type.ndim != 1 or not is_float(b.type.dtype):
            raise VariableTypeError(message("crossentropy: the bias must be a float vector", [row("bias", b)]))
        if b.type.dtype != x.type.dtype:
            b = b.astype(x.type.dtype)
        nll: Any = tensor_type(x.type.dtype, (x.type.broadcastable[0],))()
        sm, am = x.type(), tensor_type(y.type.dtype, (x.type.broadcastable[0],))()
        return Apply(self, [x, b, y], [nll, sm, am])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, b, y = inputs
        with np.errstate(all="ignore"):
            z = (x + b).astype("float32" if x.dtype == np.float16 else x.dtype)
            shifted = z - z.max(axis=1, keepdims=True, initial=-np.inf)
            logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            output_storage[0][0] = (-logs[_chosen(node, z, y)]).astype(x.dtype)
            output_storage[1][0] = np.exp(logs).astype(x.dtype)
            output_storage[2][0] = z.argmax(axis=1).astype(y.dtype)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        n = input_shapes[0][0]
        return [(n,), tuple(input_shapes[0]), (n,)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, True, True], [True, True, True], [False, False, False]]

    def expand(self, node: Apply) -> list[Any]:
        x, b, y = node.inputs
        z = x + b
        nll = -logsoftmax_op(z)[arange(x.shape[0]), y]
        results = [nll, softmax_op(z), argmax(z, axis=1).astype(y.type.dtype)]
        return [_in_type(value, out) for value, out in zip(results, node.outputs)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, b, y), (g_nll, g_sm, _) = inputs, output_grads
        terms = []
        if hasattr(g_nll.type, "dtype"):
            terms.append(crossentropy_softmax_1hot_with_bias_dx(g_nll, outputs[1], y))
        if hasattr(g_sm.type, "dtype"):
            terms.append(softmax_grad(g_sm, outputs[1]))
        if not terms:
            return [x.zeros_like(), b.zeros_like(), None]
        into_x = terms[0] if len(terms) == 1 else terms[0] + terms[1]
        return [into_x, sum(into_x, axis=0), None]


def _row_gradient(what: str, g: Any, matrix: Any) -> Any:
    """A number for each row of ``matrix``, or one for all, in its dtype."""
    g = as_tensor_variable(g)
    if g.type.ndim > 1 or not is_float(g.type.dtype):
        raise VariableTypeError(message(f"{what}: a float vector is needed", [row("gradient", g), row("rows", matrix)]))
    if g.type.ndim == 1 and g.type.broadcastable[0] and not matrix.type.broadcastable[0]:
        g = g.dimshuffle()
    return g if g.type.dtype == matrix.type.dtype else g.astype(matrix.type.dtype)


def _same_rows(low: Any, node: Apply, g: Any, matrix: Any) -> None:
    if g.type.ndim:
        text = "the gradient does not have one element for each row"
        low.equal(low.shape(g)[0], low.shape(matrix)[0], node, ((g, 0), (matrix, 0)), text)


def _in_type(value: Any, like: Any) -> Any:
    """``value`` with the pattern of ``like``, which it may know less of."""
    return patternbroadcast(value, like.type.broadcastable)


crossentropy_categorical_1hot = CrossentropyCategorical1Hot()
crossentropy_categorical_1hot_grad = CrossentropyCategorical1HotGrad()
crossentropy_softmax_1hot_with_bias_dx = CrossentropySoftmax1HotWithBiasDx()
crossentropy_softmax_argmax_1hot_with_bias = CrossentropySoftmaxArgmax1HotWithBias()


# ------------------------------------------------------------------------------------------------ functions


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """``-sum(true * log(coding))`` along the last axis: one number for each distribution, neither averaged nor clipped.

    ``true_dist`` has the rank of ``coding_dist``, or it is a vector of class numbers, one for each row of a matrix."""
    coding, true = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if true.type.ndim == coding.type.ndim:
        return -sum(true * log(coding), axis=coding.type.ndim - 1)
    if true.type.ndim == coding.type.ndim - 1:
        return crossentropy_categorical_1hot(coding, true)
    raise VariableTypeError(message("categorical_crossentropy: the ranks do not fit", [row("coding", coding), row("true", true)]))


def binary_crossentropy(output: Any, target: Any) -> Any:
    """``-(target * log(output) + (1 - target) * log(1 - output))``, element by element."""
    output, target = as_tensor_variable(output), as_tensor_variable(target)
    return -(target * log(output) + (1.0 - target) * log(1.0 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """``binary_crossentropy(sigmoid(output), target)``, stable for every ``output``."""
    output, target = as_tensor_variable(output), as_tensor_variable(target)
    return target * softplus(-output) + (1.0 - target) * softplus(output)


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> list[Any]:
    """[crossentropy of ``softmax(x + b)`` for the classes ``y_idx``, that softmax]."""
    nll, sm, _ = crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)
    return [nll, sm]


def crossentropy_softmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> list[Any]:
    """[crossentropy of ``softmax(x)`` for the classes ``y_idx``, that softmax]."""
    return crossentropy_softmax_1hot_with_bias(x, _no_bias(x), y_idx)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> list[Any]:
    """[crossentropy, softmax, the largest probability of each row, its column]."""
    nll, sm, am = crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)
    return [nll, sm, sm.max(axis=1), am]


def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> list[Any]:
    """As :func:`crossentropy_softmax_max_and_argmax_1hot_with_bias`, without a bias."""
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, _no_bias(x), y_idx)


def _no_bias(x: Any) -> Any:
    return as_tensor_variable(x)[0].zeros_like()


def h_softmax(
    x: Any,
    batch_size: Any,
    n_outputs: Any,
    n_classes: Any,
    n_outputs_per_class: Any,
    W1: Any,
    b1: Any,
    W2: Any,
    b2: Any,
    target: Any = None,
) -> Any:
    """Hierarchical softmax: the probability of a class, times that of the output within its class.

    ``x``: (batch_size, features); ``W1``, ``b1``: (features, n_classes), (n_classes,); ``W2``, ``b2``: (n_classes, features,
    n_outputs_per_class), (n_classes, n_outputs_per_class).  With ``target``, a vector of output numbers, the result holds only their
    probabilities; without it, it is (batch_size, n_outputs)."""
    x, W2, b2 = as_tensor_variable(x), as_tensor_variable(W2), as_tensor_variable(b2)
    of_class = softmax(dot(x, W1) + b1)
    if target is None:
        scores = tensordot(x, W2, (1, 1)) + b2
        within = softmax(scores.reshape((-1, n_outputs_per_class))).reshape((batch_size, n_classes, -1))
        return (of_class.dimshuffle(0, 1, "x") * within).reshape((batch_size, -1))[:, :n_outputs]
    target = as_tensor_variable(target).flatten()
    classes, member, rows = target // n_outputs_per_class, target % n_outputs_per_class, arange(batch_size)
    within = softmax(batched_dot(x, W2[classes]) + b2[classes])
    return of_class[rows, classes] * within[rows, member]


__all__ = [
    "CrossentropyCategorical1Hot",
    "CrossentropyCategorical1HotGrad",
    "CrossentropySoftmax1HotWithBiasDx",
    "CrossentropySoftmaxArgmax1HotWithBias",
    "binary_crossentropy",
    "categorical_crossentropy",
    "crossentropy_categorical_1hot",
    "crossentropy_categorical_1hot_grad",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_1hot_with_bias_dx",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "h_softmax",
    "sigmoid_binary_crossentropy",
]
