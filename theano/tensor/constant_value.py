"""The number that a variable is known to be before any function runs.

>>> from theano.tensor import alloc, lscalar
>>> get_scalar_constant_value(alloc(2.5, lscalar(), 3) * 2)
array(5., dtype=float32)
>>> extract_constant(lscalar("n"))
n
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError, message
from theano.graph import Constant, Variable
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import MakeVector, Rebroadcast, Shape, Shape_i, SpecifyShape
from theano.tensor.subtensor import Subtensor
from theano.tensor.type import Array

SAME_ELEMENTS = (Alloc, DimShuffle, Reshape, Rebroadcast, SpecifyShape, Subtensor)
"""Operations whose elements all are elements of their first input."""


def get_scalar_constant_value(orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10) -> Array:
    """The value that all elements of ``orig_v`` are known to have, as a 0-d array; else :class:`NotScalarConstantError`.

    Looks through at most ``max_recur`` operations; ``elemwise=False`` does not compute elementwise ones,
    ``only_process_constants`` looks at constants alone."""
    found = _known(orig_v, elemwise, 0 if only_process_constants else max_recur)
    if found is None:
        raise NotScalarConstantError(message(f"{orig_v} is not known to be one constant number"))
    return found


def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """What :func:`get_scalar_constant_value` gives, or ``x`` itself."""
    found = _known(x, elemwise, 0 if only_process_constants else 10)
    return x if found is None else found


def _known(x: Any, elemwise: bool, budget: int) -> Array | None:
    if not isinstance(x, Variable) or isinstance(x, Constant):
        data = np.asarray(x.data if isinstance(x, Constant) else x)
        single = data.dtype.kind in "biufc" and data.size > 0 and (data == data.flat[0]).all()
        return np.asarray(data.flat[0]) if single or (data.size == 1 and data.dtype.kind in "biufc") else None
    node = x.owner
    if node is None or budget <= 0:
        return None
    if isinstance(node.op, Shape_i):
        size = node.inputs[0].static_shape[node.op.i]
        return None if size is None else np.asarray(size, "int64")
    if isinstance(node.op, Subtensor) and isinstance(node.inputs[0].owner and node.inputs[0].owner.op, (MakeVector, Shape)):
        return _entry(node, elemwise, budget)
    if isinstance(node.op, SAME_ELEMENTS):
        return _known(node.inputs[0], elemwise, budget - 1)
    if not isinstance(node.op, Elemwise):
        return None
    if node.op.scalar_op.name == "second":
        return _known(node.inputs[1], elemwise, budget - 1)
    values = [_known(v, elemwise, budget - 1) for v in node.inputs] if elemwise else [None]
    if any(value is None for value in values):
        return None
    with np.errstate(all="ignore"):
        return np.asarray(node.op.scalar_op.evaluate(*values)[0], x.type.dtype)


def _entry(node: Any, elemwise: bool, budget: int) -> Array | None:
    """One entry, at a constant place, of a vector of known parts: a shape, or a stack of scalars."""
    (place,) = node.op.get_constant_idx(node.inputs, allow_partial=True)
    vector = node.inputs[0].owner
    if not isinstance(place, int):
        return None
    if isinstance(vector.op, MakeVector):
        return _known(vector.inputs[place], elemwise, budget - 1)
    size = vector.inputs[0].static_shape[place]
    return None if size is None else np.asarray(size, "int64")


__all__ = ["extract_constant", "get_scalar_constant_value"]
