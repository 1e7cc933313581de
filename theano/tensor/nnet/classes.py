"""Classes: how predictions and truth agree.

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
from theano.tensor.elemwise import elemwise, row
from theano.tensor.joining import join
from theano.tensor.products import dot
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


__all__ = ["confusion_matrix"]
