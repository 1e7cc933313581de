"""Running sums and products, and their opposite, differences.

>>> from theano.tensor.constructors import bmatrix, fmatrix
>>> cumsum(bmatrix(), axis=1).type, cumsum(fmatrix()).type
(TensorType(int8, matrix), TensorType(float32, vector))
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_discrete
from theano.errors import message
from theano.graph import Apply, Op
from theano.scalar import OPS
from theano.scalar.instructions import PARTS, Value, select
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import axes_of, elemwise, row, zero_gradient
from theano.tensor.index_entries import FULL
from theano.tensor.shapes import Sizes, Storage
from theano.tensor.type import TensorType
from theano.tensor.variable import TensorVariable

neq = elemwise(OPS["neq"])


def _times(before: Value, added: Value) -> Value:
    """The product; what is multiplied with the number that a product begins with stays as it is, complex infinities, too."""
    product = before * added
    return select(before.equals(1), added, product) if before.dtype in PARTS else product


_COMBINES: dict[tuple[str, bool], tuple[float, Any]] = {
    ("add", False): (-0.0, operator.add),  # plus 0, a zero would lose its sign
    ("mul", False): (1, _times),
    ("add", True): (0, operator.or_),
    ("mul", True): (1, operator.and_),
}
"""By mode, and whether of truth values: what changes nothing, and what puts two together."""


def checked_axis(what: str, axis: int, x: Any) -> int:
    """``axis`` of ``x`` counted from the front."""
    return axes_of(what, axis, x)[0]


def _reversed(x: Any, axis: int) -> Any:
    return x[(FULL,) * axis + (slice(None, None, -1),)]


class CumOp(Op):
    """``out[i] = x[0] + ... + x[i]`` along ``axis``, or the product for ``mode="mul"``; in the dtype of ``x``."""

    __props__ = ("axis", "mode")

    def __init__(self, axis: int | None = None, mode: str = "add") -> None:
        if mode not in ("add", "mul"):
            raise ValueError(f"CumOp: the mode is 'add' or 'mul', not {mode!r}")
        self.axis, self.mode = axis, mode

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.axis is None:
            return Apply(self, [x], [TensorVariable(TensorType(x.type.dtype, (False,)))])
        axis = checked_axis("cumsum" if self.mode == "add" else "cumprod", self.axis, x)
        out = x.type()
        out.static_shape = x.static_shape
        return Apply(self if axis == self.axis else CumOp(axis, self.mode), [x], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        (x,) = inputs
        fold = np.add if self.mode == "add" else np.multiply
        computed = np.dtype("float32") if x.dtype == np.float16 else x.dtype
        with np.errstate(all="ignore"):
            results = fold.accumulate(x.reshape(-1) if self.axis is None else x, axis=self.axis or 0, dtype=computed)
            output_storage[0][0] = results.astype(x.dtype, copy=False)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        if self.axis is not None:
            return [tuple(input_shapes[0])]
        sizes = list(input_shapes[0])
        return [(elemwise(OPS["mul"])(*sizes) if len(sizes) > 1 else sizes[0] if sizes else as_tensor_variable(np.int64(1)),)]

    def lower(self, low: Any, node: Apply) -> None:
        (x,), (out,), axis = node.inputs, node.outputs, self.axis or 0
        shape, dtype = low.shape(x), x.type.dtype
        if self.axis is None:
            flat, shape = out.type(), (low.extents.product(shape),)
            low.reshape(flat, shape, x)
            x = flat
        held = TensorType("float32", out.type.broadcastable)() if dtype == "float16" else out
        start, combine = _COMBINES[self.mode, dtype == "bool"]
        low.prefix(held, shape, axis, lambda *i: low.read(x, i).cast(held.type.dtype), start, combine)
        if held is not out:
            low.pointwise(out, shape, lambda *i: low.read(held, i).cast(dtype))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """Sums of what comes after; of a product divided by ``x``, so that it is not defined where that is 0."""
        (x,), (out,), (gradient,) = inputs, outputs, output_grads
        if is_discrete(x.type.dtype):
            return [zero_gradient(x)]
        axis = self.axis or 0
        terms = gradient if self.mode == "add" else gradient * out
        total = _reversed(CumOp(axis)(_reversed(terms, axis)), axis)
        if self.axis is None:
            total = total.reshape(x.shape, ndim=x.type.ndim)
        return [total if self.mode == "add" else total / x]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x,), (point,) = inputs, eval_points
        if point is None:
            return [None]
        return [self(point) if self.mode == "add" else self(x) * CumOp(self.axis)(point / x)]


def cumsum(x: Any, axis: int | None = None) -> Any:
    """The sums of the elements so far along ``axis``, or of the flattened tensor; in the dtype of ``x``."""
    return CumOp(axis, "add")(x)


def cumprod(x: Any, axis: int | None = None) -> Any:
    """The products of the elements so far along ``axis``, or of the flattened tensor; in the dtype of ``x``."""
    return CumOp(axis, "mul")(x)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """Each element along ``axis`` less the one before it, ``n`` times over; of truth values, whether they differ.

    >>> from theano.tensor import lvector
    >>> diff(lvector(), n=2).type
    TensorType(int64, vector)
    """
    x = as_tensor_variable(x)
    at = (FULL,) * checked_axis("diff", axis, x)
    if n < 0:
        raise ValueError(message(f"diff: {n} times", [row("given", x)]))
    for _ in range(n):
        later, earlier = x[(*at, slice(1, None))], x[(*at, slice(None, -1))]
        x = neq(later, earlier) if x.type.dtype == "bool" else later - earlier
    return x


__all__ = ["CumOp", "cumprod", "cumsum", "diff"]
