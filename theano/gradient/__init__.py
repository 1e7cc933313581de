"""Symbolic differentiation: reverse mode (:func:`grad`, :func:`Lop`), forward mode (:func:`Rop`), Jacobians, checks.

This room may assume the graph and the tensor ops; each op holds its own derivative rules (``L_op``, ``R_op``).

>>> import theano.tensor as T
>>> from theano.gradient import grad
>>> x = T.dvector("x")
>>> grad((x ** 2).sum(), x).type == x.type
True
"""

from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.gradient.forward import Rop
from theano.gradient.jacobian import hessian, hessian_vector_product, jacobian
from theano.gradient.reverse import Lop, format_as, grad, subgraph_grad
from theano.gradient.special import (
    ConsiderConstant,
    DisconnectedGrad,
    GradClip,
    GradScale,
    UndefinedGrad,
    ZeroGrad,
    consider_constant,
    consider_constant_,
    disconnected_grad,
    disconnected_grad_,
    grad_clip,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    undefined_grad,
    undefined_grad_,
    zero_grad,
    zero_grad_,
)
from theano.gradient.values import value_and_grad
from theano.gradient.verify import GradientError, numeric_grad, verify_grad
from theano.graph import DisconnectedType, NullType, disconnected_type

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "DisconnectedInputError",
    "DisconnectedType",
    "GradClip",
    "GradScale",
    "GradientError",
    "Lop",
    "NullType",
    "NullTypeGradError",
    "Rop",
    "UndefinedGrad",
    "ZeroGrad",
    "consider_constant",
    "consider_constant_",
    "disconnected_grad",
    "disconnected_grad_",
    "disconnected_type",
    "format_as",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "numeric_grad",
    "subgraph_grad",
    "undefined_grad",
    "undefined_grad_",
    "value_and_grad",
    "verify_grad",
    "zero_grad",
    "zero_grad_",
]
