"""Equations that replace a formula by one that is right where the first loses digits or overflows.

The logistic regression of every tutorial is the touchstone: ``-y*log(p) - (1-y)*log(1-p)`` with ``p = 1/(1 + exp(-z))`` becomes
``y*softplus(-z) + (1-y)*softplus(z)``, and its gradient ``(1-y)*sigmoid(z) - y*sigmoid(-z)``, finite for every z.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from theano.dtypes import is_float
from theano.graph import Apply
from theano.rewrite.engine import Rewriter, anchored, rewrite
from theano.rewrite.pattern import rules
from theano.rewrite.terms import Product, Sum, read_product, read_sum, scalar_op_of, write_product, write_sum
from theano.scalar import OPS
from theano.tensor.convert import weak_constants
from theano.tensor.elemwise import DimShuffle
from theano.tensor.logsumexp import LogSumExp, shift_of
from theano.tensor.nnet.normalized import softmax_op
from theano.tensor.reduce import Sum as SumOp
from theano.tensor.reduce import reduced_axes, spread

exp, expm1, log, log1p, sinh, tanh = (OPS[name] for name in ("exp", "expm1", "log", "log1p", "sinh", "tanh"))
sigmoid, softplus = OPS["sigmoid"], OPS["softplus"]
erf, erfc, erfcx = OPS["erf"], OPS["erfc"], OPS["erfcx"]
abs_, maximum, switch, eq, lt, isinf = (OPS[name] for name in ("abs_", "maximum", "switch", "eq", "lt", "isinf"))

Equations = Iterator[tuple[Any, Any]]


@rules("stabilize")
def logarithms(x: Any, y: Any) -> Equations:
    yield log(1 + x), log1p(x)
    yield log(exp(x)), x
    yield exp(x) - 1, expm1(x)
    yield log1p(exp(x)), softplus(x)
    yield log1p(expm1(x)), x
    yield log(exp(x) + exp(y)), switch(eq(x, y), x + math.log(2), maximum(x, y) + softplus(-abs_(x - y)))


@rules("stabilize")
def logistic(x: Any) -> Equations:
    yield 1 / (1 + exp(x)), sigmoid(-x)
    yield exp(-x) * sigmoid(x), sigmoid(-x)
    yield 1 - sigmoid(x), sigmoid(-x)
    yield log(sigmoid(x)), -softplus(-x)
    yield log1p(-sigmoid(x)), -softplus(x)
    yield softplus(x) - x, softplus(-x)
    yield softplus(-abs_(x)) + maximum(x, 0), softplus(x)


@rules("stabilize")
def hyperbolic(x: Any) -> Equations:
    yield expm1(x) * sigmoid(-x), tanh(0.5 * x)
    yield (exp(x) - exp(-x)) / (exp(x) + exp(-x)), tanh(x)
    far = math.log(2) - (abs_(x) + softplus(-2 * abs_(x)))
    yield log1p(-(tanh(x) ** 2)), switch(lt(abs_(x), 1), -2 * log1p(2 * sinh(0.5 * x) ** 2), 2 * far)


@rules("stabilize")
def error_function(x: Any) -> Equations:
    yield 1 - erf(x), erfc(x)
    yield 1 + erf(x), erfc(-x)
    yield 1 - erfc(x), erf(x)
    yield log(erfc(x)), switch(lt(x, 1), log1p(-erf(x)), log(erfcx(x)) - x**2)
    yield exp(-(x**2)) / erfc(x), 1 / erfcx(x)


# ---------------------------------------------------------------------------------- logarithms of quotients


@rewrite("stabilize", log)
def log_of_exp_times(rewriter: Rewriter, node: Apply) -> Any:
    """``log(exp(x) * y)`` is ``x + log(y)``, whatever the size of ``x``."""
    (x,), output = node.inputs, node.outputs[0]
    if not is_float(x.type.dtype) or scalar_op_of(x) not in (OPS["mul"], OPS["true_div"]):
        return None
    read = read_product(x, lambda v: False)
    found = next((f for f in read.factors if scalar_op_of(f[0]) is exp and f[0].type.broadcastable == output.type.broadcastable), None)
    if found is None:
        return None
    rest = Product(read.coefficient, [f for f in read.factors if f is not found])
    if not rest.factors:
        return None
    inner = log(write_product(rest, x.type.dtype, x.type.ndim))
    return write_sum(Sum(0, [(found[1], found[0].owner.inputs[0]), (1, inner)]), x.type.dtype, x.type.ndim)


# ------------------------------------------------------------------------------------- sums of exponentials


def exponential_sum(variable: Any) -> tuple[Any, tuple[int, ...]] | None:
    """(x, axes) if ``variable`` is ``sum(exp(x), axes)``, also with the axes kept, and ``x`` is not shifted already."""
    node = variable.owner
    if node is not None and isinstance(node.op, DimShuffle):
        node = node.inputs[0].owner
    if node is None or type(node.op) is not SumOp or scalar_op_of(node.inputs[0]) is not exp:
        return None
    x = node.inputs[0].owner.inputs[0]
    axes = reduced_axes(node.op.axis, x)
    if not is_float(x.type.dtype) or all(x.type.broadcastable[a] for a in axes) or node.outputs[0].type.dtype != x.type.dtype:
        return None
    return None if _is_shifted(x, axes) else (x, axes)


def _is_shifted(x: Any, axes: tuple[int, ...]) -> bool:
    """Whether something constant along ``axes`` has been subtracted from ``x``: its maximum, most likely."""
    read = read_sum(x, lambda v: False)
    return any(
        c == -1 and any(not x.type.broadcastable[a] for a in axes) and all(t.type.broadcastable[a] for a in axes) for c, t in read.terms
    )


@rewrite("stabilize", log)
def log_of_exponential_sum(rewriter: Rewriter, node: Apply) -> Any:
    """``log(sum(exp(x)))`` is the op of that name, which neither overflows nor vanishes."""
    (total,) = node.inputs
    found = exponential_sum(total)
    if found is None:
        return None
    x, axes = found
    result = LogSumExp(axes)(x)
    return total.owner.op(result) if isinstance(total.owner.op, DimShuffle) else result


@anchored("stabilize", ("product", exp))
def exponential_over_its_sum(rewriter: Rewriter, node: Apply, read: Product) -> Any:
    """``exp(x) / sum(exp(x))`` along some axes: a softmax, by the op where that fits, else shifted by the greatest ``x``."""
    for below, exponent in read.factors:
        if exponent >= 0:
            continue
        found = exponential_sum(below)
        if found is None or below.type.ndim != found[0].type.ndim:
            continue
        x, axes = found
        above = next((f for f in read.factors if f[1] > 0 and scalar_op_of(f[0]) is exp and f[0].owner.inputs[0] is x), None)
        if above is None:
            continue
        power = min(above[1], -exponent)
        factors = [(b, e - power if b is above[0] else e + power if b is below else e) for b, e in read.factors]
        left = [(b, e) for b, e in factors if e]
        dtype, ndim = node.outputs[0].type.dtype, node.outputs[0].type.ndim
        return write_product(Product(read.coefficient, [(_softmax_along(x, axes), power), *left]), dtype, ndim)
    return None


def _softmax_along(x: Any, axes: tuple[int, ...]) -> Any:
    if x.type.ndim == 2 and axes == (1,):
        return softmax_op(x)
    with weak_constants():
        raised = exp(x - spread(shift_of(x, axes), axes))
        return raised / spread(SumOp(axes, dtype=x.type.dtype)(raised), axes)
