"""Activation functions.  Most are expressions; the rewriter recognises and fuses them.

>>> from theano.tensor import fmatrix
>>> relu(fmatrix()).type
TensorType(float32, matrix)
"""

from __future__ import annotations

from typing import Any

from theano.dtypes import upgrade_to_float
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable, constant
from theano.tensor.elemwise import elemwise

sigmoid = elemwise(OPS["sigmoid"])
softplus = elemwise(OPS["softplus"])
ultra_fast_sigmoid = elemwise(OPS["ultra_fast_sigmoid"])


def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``."""
    x = as_tensor_variable(x)
    return x / (1.0 + abs(x))


def relu(x: Any, alpha: Any = 0) -> Any:
    """``x`` where it is positive, else ``alpha * x``.  The derivative at 0 is (1 + alpha) / 2.

    ``alpha`` may be a number or a tensor that broadcasts against ``x``."""
    x = as_tensor_variable(x)
    if not hasattr(alpha, "type") and alpha == 0:
        return 0.5 * (x + abs(x))
    alpha = as_tensor_variable(alpha)
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * abs(x)


def elu(x: Any, alpha: Any = 1) -> Any:
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)`` (https://arxiv.org/abs/1511.07289)."""
    x = as_tensor_variable(x)
    return elemwise(OPS["switch"])(x > 0, x, alpha * elemwise(OPS["expm1"])(x))


def selu(x: Any) -> Any:
    """The scaled :func:`elu` that normalises itself (https://arxiv.org/abs/1706.02515)."""
    alpha = 1.6732632423543772848170429916717
    scale = 1.0507009873554804934193349852946
    return scale * elu(x, alpha)


def hard_sigmoid(x: Any) -> Any:
    """``0.2 x + 0.5`` within 0 and 1: straight lines in place of the sigmoid."""
    x = as_tensor_variable(x)
    (dtype,) = upgrade_to_float(x.type.dtype)
    slope, shift = constant(0.2, dtype=dtype), constant(0.5, dtype=dtype)
    return (x * slope + shift).clip(constant(0, dtype=dtype), constant(1, dtype=dtype))


__all__ = ["elu", "hard_sigmoid", "relu", "selu", "sigmoid", "softplus", "softsign", "ultra_fast_sigmoid"]
