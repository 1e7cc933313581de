"""Classes: how predictions and truth agree, and a softmax in two levels for many of them.

>>> from theano.tensor import ivector
>>> matrix, labels = confusion_matrix(ivector(), ivector())
>>> matrix.type, labels.type
(TensorType(int64, matrix), TensorType(int32, vector))
"""

from __future__ import annotations

from typing import Any

from theano.errors import VariableTypeError, message
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.elemwise import elemwise, row
from theano.tensor.joining import join
from theano.tensor.nnet.normalized import softmax_op
from theano.tensor.products import batched_dot, dot, tensordot
from theano.tensor.sorting import Unique

eq = elemwise(OPS["eq"])


def confusion_matrix(actual: Any, pred: Any) -> list[Any]:
    """[counts, labels]: ``counts[i, j]`` tells how often ``labels[i]`` was taken for ``labels[j]``; labels ascend."""
    actual, pred = as_tensor_variable(actual), as_tensor_variable(pred)
    if actual.type.ndim != 1 or pred.type.ndim != 1:
        raise VariableTypeError(message("confusion_matrix: vectors are needed", [row("actual", actual), row("predicted", pred)]))
    labels = Unique()(join(0, actual, pred))
    hits = [eq(entries.dimshuffle(0, "x"), labels.dimshuffle("x", 0)).astype("int64") for entries in (actual, pred)]
    return [dot(hits[0].T, hits[1]), labels]


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
    """The probabilities of ``n_outputs`` outputs in two levels: that of a class times that of an output within it.

    ``x`` are ``batch_size`` rows of features; ``W1`` (features, classes) and ``b1`` give the class, ``W2`` (classes, features, outputs
    per class) and ``b2`` the output within it.  With ``target``, a vector of outputs, only their probabilities are computed."""
    x, W2, b2 = (as_tensor_variable(entry) for entry in (x, W2, b2))
    of_class = softmax_op(dot(x, W1) + b1)
    if target is None:
        scores = tensordot(x, W2, (1, 1)) + b2
        within = softmax_op(scores.reshape((-1, n_outputs_per_class))).reshape((batch_size, n_classes, -1))
        return (of_class.dimshuffle(0, 1, "x") * within).reshape((batch_size, -1))[:, :n_outputs]
    target = as_tensor_variable(target).flatten()
    group, position, rows = target // n_outputs_per_class, target % n_outputs_per_class, arange(target.shape[0])
    within = softmax_op(batched_dot(x.dimshuffle(0, "x", 1), W2[group]).dimshuffle(0, 2) + b2[group])
    return of_class[rows, group] * within[rows, position]


__all__ = ["confusion_matrix", "h_softmax"]
