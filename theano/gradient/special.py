"""Gradients that are no numbers, and operations that change only the gradient.

A *disconnected* gradient says that the cost does not depend on a variable's elements at all (it may depend on its
shape); a *null* gradient says that the derivative is undefined or not written, and is an error only when asked for.
The operations below return their argument as it is; the rewriter removes them, so they cost nothing at run time.

>>> import theano.tensor as T
>>> x = T.dscalar("x")
>>> from theano.gradient import disconnected_grad, grad
>>> grad(x * disconnected_grad(x), x).type
TensorType(float64, scalar)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.errors import message
from theano.graph import Apply, NullType, Op, Variable, disconnected_type
from theano.tensor import as_tensor_variable


def grad_undefined(op: Any, x_pos: int, x: Any, comment: str = "") -> Variable:
    """A null gradient: the derivative of ``op`` in its input ``x_pos`` does not exist."""
    undefined: Variable = NullType(f"the gradient of {op} in input {x_pos} ({x}) is mathematically undefined. {comment}".rstrip())()
    return undefined


def grad_not_implemented(op: Any, x_pos: int, x: Any, comment: str = "") -> Variable:
    """A null gradient: nobody has written the derivative of ``op`` in its input ``x_pos``."""
    unwritten: Variable = NullType(f"the gradient of {op} in input {x_pos} ({x}) is not implemented. {comment}".rstrip())()
    return unwritten


class GradientIdentity(Op):
    """Returns its argument; only the gradient differs.  The base of the operations below."""

    __props__: ClassVar[tuple[str, ...]] = ()
    view_map = {0: [0]}

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = inputs[0]

    def lower(self, low: Any, node: Apply) -> None:
        low.view(node.outputs[0], low.shape(node.inputs[0]), node.inputs[0], lambda *index: index)

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Sequence[Any]:
        return input_shapes

    def R_op(self, inputs: Sequence[Variable], eval_points: Sequence[Any]) -> Sequence[Any]:
        return [None] if eval_points[0] is None else list(self(*eval_points, return_list=True))


class DisconnectedGrad(GradientIdentity):
    """The gradient stops here and counts as disconnected."""

    def L_op(self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]) -> list[Variable]:
        return [disconnected_type() for _ in inputs]

    def R_op(self, inputs: Sequence[Variable], eval_points: Sequence[Any]) -> Sequence[Any]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]]


class ZeroGrad(GradientIdentity):
    """The gradient is zero; the variable stays connected."""

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Variable], output_grads: Sequence[Variable]) -> list[Variable]:
        return [x.zeros_like() for x in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Sequence[Any]:
        return [None if eval_points[0] is None else eval_points[0].zeros_like()]


class ConsiderConstant(ZeroGrad):
    """The old name of :class:`ZeroGrad`."""


class UndefinedGrad(GradientIdentity):
    """Asking for a gradient through this is an error."""

    def L_op(self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]) -> list[Variable]:
        return [grad_undefined(self, i, x) for i, x in enumerate(inputs)]

    def R_op(self, inputs: Sequence[Variable], eval_points: Sequence[Any]) -> Sequence[Any]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) or (isinstance(value, np.ndarray) and value.ndim == 0)


class GradClip(GradientIdentity):
    """The gradient is clipped to ``[clip_lower_bound, clip_upper_bound]``."""

    __props__ = ("clip_lower_bound", "clip_upper_bound")

    def __init__(self, clip_lower_bound: float, clip_upper_bound: float) -> None:
        for which, bound in (("lower", clip_lower_bound), ("upper", clip_upper_bound)):
            if not _is_number(bound):
                text = f"grad_clip: the {which} bound must be a number, not {bound!s:.60} ({type(bound).__name__})"
                raise TypeError(message(text, cure="a bound that is computed: clip the gradient that grad returns, by T.clip"))
        if not clip_upper_bound >= clip_lower_bound:
            raise ValueError(f"grad_clip: lower bound {clip_lower_bound} is above upper bound {clip_upper_bound}")
        self.clip_lower_bound = clip_lower_bound
        self.clip_upper_bound = clip_upper_bound

    def L_op(self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Any]) -> list[Variable]:
        return [g.clip(self.clip_lower_bound, self.clip_upper_bound).astype(g.dtype) for g in output_grads]


class GradScale(GradientIdentity):
    """The gradient is multiplied by ``multiplier``."""

    __props__ = ("multiplier",)

    def __init__(self, multiplier: Any) -> None:
        if not _is_number(multiplier) and not isinstance(multiplier, Variable):
            raise TypeError(f"grad_scale: the multiplier must be a number, not {multiplier!r:.60} ({type(multiplier).__name__})")
        self.multiplier = multiplier

    def L_op(self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Any]) -> list[Variable]:
        return [(self.multiplier * g).astype(g.dtype) for g in output_grads]


disconnected_grad_ = DisconnectedGrad()
zero_grad_ = ZeroGrad()
undefined_grad_ = UndefinedGrad()
consider_constant_ = ConsiderConstant()


def disconnected_grad(x: Any) -> Any:
    """``x``, but the gradient stops there: ``x`` counts as disconnected from what uses the result.

    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> disconnected_grad(x).type == x.type
    True
    """
    return disconnected_grad_(x)


def zero_grad(x: Any) -> Any:
    """``x``, with a gradient of zero (connected, unlike :func:`disconnected_grad`)."""
    return zero_grad_(x)


def undefined_grad(x: Any) -> Any:
    """``x``, with an undefined gradient: asking for it raises ``NullTypeGradError``."""
    return undefined_grad_(x)


def consider_constant(x: Any) -> Any:
    """Deprecated: :func:`zero_grad` or :func:`disconnected_grad` says what is meant."""
    warnings.warn("consider_constant() is deprecated; use zero_grad() or disconnected_grad()", DeprecationWarning, stacklevel=2)
    return consider_constant_(x)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Any:
    """``x``, with the gradient clipped to ``[lower_bound, upper_bound]``."""
    return GradClip(lower_bound, upper_bound)(x)


def grad_scale(x: Any, multiplier: float) -> Any:
    """``x``, with the gradient multiplied by ``multiplier``."""
    return GradScale(multiplier)(x)
