"""The logarithm of a sum of exponentials, right where these would overflow or vanish.

>>> from theano.tensor.constructors import fmatrix
>>> logsumexp(fmatrix(), axis=1).owner.op
LogSumExp{axis=[1]}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import float_of, is_complex
from theano.errors import DTypeError, message
from theano.graph import Apply
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable, weak_constants
from theano.tensor.elemwise import elemwise, row
from theano.tensor.reduce import Axis, Reduction, Sum, Supremum, as_axis, makeKeepDims, reduced_axes, spread
from theano.tensor.type import Array

exp, log, switch, isinf = (elemwise(OPS[name]) for name in ("exp", "log", "switch", "isinf"))


def widened(x: Any) -> Any:
    """An array or a variable in the dtype that sums of its exponentials have: float32 for float16, which ends at 65504."""
    return x.astype("float32") if x.dtype == "float16" else x


class LogSumExp(Reduction):
    """``log(sum(exp(x)))`` over ``axis``; of no elements minus infinity."""

    __props__ = ("axis",)

    def __init__(self, axis: Any = None) -> None:
        self.axis = as_axis(axis)

    def _with_axis(self, axis: Axis) -> LogSumExp:
        return LogSumExp(axis)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if is_complex(x.type.dtype):
            raise DTypeError(message(f"{self}: real numbers are needed", [row("given", x)], cure="did you mean log(sum(exp(x)))?"))
        x = x.astype(float_of(x.type.dtype))
        op, axes = self._normal(x)
        return Apply(op, [x], [self._result(x, axes, x.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Array], output_storage: Sequence[list[Any]]) -> None:
        axes = reduced_axes(self.axis, node.inputs[0])
        x = widened(inputs[0])
        with np.errstate(all="ignore"):
            shift = np.max(x, axis=axes, keepdims=True, initial=-np.inf)
            shift = np.where(np.isinf(shift), 0, shift).astype(x.dtype)
            total = np.log(np.sum(np.exp(x - shift), axis=axes)) + np.squeeze(shift, axes)
        output_storage[0][0] = np.array(total, inputs[0].dtype)

    def expand(self, node: Apply) -> list[Any]:
        """The greatest element is taken out of the sum, unless it is infinite."""
        x, axes = widened(node.inputs[0]), reduced_axes(self.axis, node.inputs[0])
        shift = shift_of(x, axes)
        return [(log(Sum(axes, dtype=x.type.dtype)(exp(x - spread(shift, axes)))) + shift).astype(node.outputs[0].type.dtype)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        axes = reduced_axes(self.axis, inputs[0])
        return [spread(output_grads[0], axes) * self._shares(inputs[0], outputs[0], axes)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x,), (point,) = inputs, eval_points
        axes = reduced_axes(self.axis, x)
        return [None if point is None else Sum(axes, dtype=x.type.dtype)(self._shares(x, self(x), axes) * point)]

    @staticmethod
    def _shares(x: Any, out: Any, axes: tuple[int, ...]) -> Any:
        """What part of the sum each element has."""
        return exp(x - spread(out, axes))


def shift_of(x: Any, axes: tuple[int, ...]) -> Any:
    """What to subtract from ``x`` before its exponentials are added up: the greatest element along ``axes`` if it is finite."""
    greatest = Supremum(axes)(x)
    with weak_constants():
        return switch(isinf(greatest), 0, greatest)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``log(sum(exp(x), axis))``, without overflow; -inf of no elements."""
    x = as_tensor_variable(x)
    out = LogSumExp(axis)(x)
    return makeKeepDims(x, out, axis) if keepdims else out


__all__ = ["LogSumExp", "logsumexp"]
