"""Batch normalisation: activations shifted and scaled to mean 0 and variance 1 over a batch, then by learnt parameters.

Parameters have the rank of the activations, with size 1 where these are normalised, or the other dimensions only.

>>> from theano.tensor import fmatrix, fvector
>>> out, mean, invstd = batch_normalization_train(fmatrix(), fvector(), fvector())
>>> out.type, mean.type
(TensorType(float32, matrix), TensorType(float32, row))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.errors import ShapeError, message
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable, weak_constants
from theano.tensor.elemwise import elemwise, row
from theano.tensor.reduce import reduced_axes, spread
from theano.tensor.shapes import addbroadcast, patternbroadcast, sizes_of
from theano.tensor.statistics import mean as mean_of
from theano.tensor.statistics import var as variance_of

inv, mul, sqrt = (elemwise(OPS[name]) for name in ("inv", "mul", "sqrt"))


def normalized_axes(axes: Any, x: Any) -> tuple[int, ...]:
    """``"per-activation"``: the first axis; ``"spatial"``: all but the second; or the axes themselves."""
    if axes is None or axes == "per-activation":
        axes = (0,)
    elif axes == "spatial":
        axes = (0, *range(2, x.type.ndim))
    elif isinstance(axes, str):
        raise ValueError(f"batch_normalization: axes {axes!r} is neither 'per-activation' nor 'spatial'")
    chosen: tuple[int, ...] = reduced_axes(tuple(axes) if isinstance(axes, Sequence) else (axes,), x)
    return chosen


def _fitted(what: str, parameter: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """``parameter`` with the rank of ``x``, broadcastable along ``axes``."""
    parameter = as_tensor_variable(parameter)
    if parameter.type.ndim == x.type.ndim:
        return addbroadcast(parameter, *axes)
    if parameter.type.ndim != x.type.ndim - len(axes):
        text = f"batch_normalization: {what} must have rank {x.type.ndim} or {x.type.ndim - len(axes)}"
        raise ShapeError(message(text, [row(what, parameter), row("inputs", x)]))
    return spread(parameter, axes)


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Any = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: float = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Any, ...]:
    """(out, mean, 1 / standard deviation) of a batch, and the new running mean and variance if there are old ones.

    ``out`` is ``(inputs - mean) * gamma / sqrt(var + epsilon) + beta``.  A running value moves towards that of the batch by
    ``running_average_factor``; the variance is taken for that of all inputs, of which the batch is a sample."""
    x = as_tensor_variable(inputs)
    over = normalized_axes(axes, x)
    gamma, beta = _fitted("gamma", gamma, x, over), _fitted("beta", beta, x, over)
    mean, var = mean_of(x, over, keepdims=True), variance_of(x, over, keepdims=True)
    with weak_constants():
        invstd = inv(sqrt(var + epsilon))
        results = [(x - mean) * (gamma * invstd) + beta, mean, invstd]
        if running_mean is not None:
            results.append(_moved(as_tensor_variable(running_mean), mean, over, running_average_factor))
        if running_var is not None:
            sizes = [sizes_of(x)[axis] for axis in over]
            count = (mul(*sizes) if len(sizes) > 1 else as_tensor_variable(sizes[0])).astype(var.type.dtype)
            results.append(_moved(as_tensor_variable(running_var), var * (count / (count - 1)), over, running_average_factor))
    return tuple(results)


def _moved(old: Any, batch: Any, axes: tuple[int, ...], factor: float) -> Any:
    """The running value, of the rank and the pattern that it has."""
    if old.type.ndim != batch.type.ndim:
        batch = batch.dimshuffle(*(axis for axis in range(batch.type.ndim) if axis not in axes))
    elif old.type.broadcastable != batch.type.broadcastable:
        batch = patternbroadcast(batch, old.type.broadcastable)
    return old * (1 - factor) + batch * factor


def batch_normalization_test(
    inputs: Any, gamma: Any, beta: Any, mean: Any, var: Any, axes: Any = "per-activation", epsilon: float = 1e-4
) -> Any:
    """``inputs`` normalised by a given mean and variance: ``(inputs - mean) * gamma / sqrt(var + epsilon) + beta``."""
    x = as_tensor_variable(inputs)
    over = normalized_axes(axes, x)
    named = {"gamma": gamma, "beta": beta, "mean": mean, "var": var}
    gamma, beta, mean, var = (_fitted(what, parameter, x, over) for what, parameter in named.items())
    with weak_constants():
        return (x - mean) * (gamma / sqrt(var + epsilon)) + beta


def batch_normalization(inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem") -> Any:
    """``(inputs - mean) * gamma / std + beta``, all of shapes that fit.  ``mode`` asked the classic system for more speed or less
    memory; one kernel has both."""
    if mode not in ("low_mem", "high_mem"):
        raise ValueError(f"batch_normalization: the mode is 'low_mem' or 'high_mem', not {mode!r}")
    return (as_tensor_variable(inputs) - mean) * (as_tensor_variable(gamma) / std) + beta


__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]
