"""Softmax and crossentropy: logarithms of softmaxes, and gradients that divide by them, in forms that do neither.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> from theano.rewrite.stages import STAGES, optimize
>>> x = T.dmatrix("x")
>>> graph = FunctionGraph([x], [T.log(T.nnet.softmax(x))])
>>> report = optimize(graph, [stage for stage in STAGES if stage.name != "expand"])
>>> graph.outputs[0].owner.op
LogSoftmax
"""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.rewrite.engine import Rewriter, anchored, rewrite
from theano.rewrite.shape import size_table
from theano.rewrite.terms import Product, Sum, read_product, read_sum, scalar_op_of, write_product, write_sum
from theano.scalar import OPS
from theano.tensor.create import ARange, arange, filled_with
from theano.tensor.elemwise import DimShuffle
from theano.tensor.nnet.crossentropy import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    crossentropy_softmax_1hot_with_bias_dx,
)
from theano.tensor.nnet.normalized import LogSoftmax, Softmax, SoftmaxGrad, logsoftmax_op
from theano.tensor.reduce import Sum as SumOp
from theano.tensor.reduce import reduced_axes, sum
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import constant_integer, patternbroadcast
from theano.tensor.subtensor import AdvancedIncSubtensor, AdvancedSubtensor, Subtensor


def _op(variable: Any) -> Any:
    return None if variable.owner is None else variable.owner.op


# ------------------------------------------------------------------------------------------------- values


@rewrite("stabilize", OPS["log"])
def log_of_softmax(rewriter: Rewriter, node: Apply) -> Any:
    """The logarithm of a softmax, or of some of its elements, is a logsoftmax, or some of its elements."""
    path: list[Apply] = []
    variable = node.inputs[0]
    while variable.owner is not None and isinstance(variable.owner.op, (Subtensor, AdvancedSubtensor, DimShuffle, Reshape)):
        path.append(variable.owner)
        variable = variable.owner.inputs[0]
    if not isinstance(_op(variable), Softmax):
        return None
    result = logsoftmax_op(variable.owner.inputs[0])
    for step in reversed(path):
        result = step.op(result, *step.inputs[1:])
    return result


@rewrite("stabilize", CrossentropyCategorical1Hot)
def crossentropy_of_softmax(rewriter: Rewriter, node: Apply) -> Any:
    """``-log(softmax(x))`` at the classes is ``-logsoftmax(x)`` there."""
    p, y = node.inputs
    if not isinstance(_op(p), Softmax):
        return None
    picked = -logsoftmax_op(p.owner.inputs[0])[arange(p.shape[0]), y]
    return patternbroadcast(picked, node.outputs[0].type.broadcastable)


@rewrite("stabilize", Softmax, LogSoftmax)
def softmax_of_shifted(rewriter: Rewriter, node: Apply) -> Any:
    """What is the same for a whole row does not change its softmax: ``softmax(x - max(x))`` is ``softmax(x)``."""
    (x,) = node.inputs
    read = read_sum(x, rewriter.used_once)
    kept = [(c, t) for c, t in read.terms if not t.type.broadcastable[1]]
    if x.type.broadcastable[1] or not kept or (len(kept) == len(read.terms) and read.constant == 0):
        return None
    if not any(t.type == x.type for _, t in kept):
        return None
    return node.op(write_sum(Sum(0, kept), x.type.dtype, 2))


# ---------------------------------------------------------------------------------------------- gradients


def one_hot_rows(rewriter: Rewriter, variable: Any) -> tuple[Any, Any] | None:
    """(v, y) if ``variable`` is a matrix of zeros but for ``v[i]`` in column ``y[i]`` of each row i.

    As in the classic system there must be as many ``y`` as rows; what comes of it checks that when it runs."""
    op = _op(variable)
    if not isinstance(op, AdvancedIncSubtensor) or variable.type.ndim != 2 or len(variable.owner.inputs) != 4:
        return None
    base, value, rows, columns = variable.owner.inputs
    if filled_with(base) != 0 or columns.type.ndim != 1 or columns.type.broadcastable[0] or value.type.ndim > 1 or rows.type.ndim != 1:
        return None
    if not isinstance(_op(rows), ARange) or [constant_integer(rows.owner.inputs[k]) for k in (0, 2)] != [0, 1]:
        return None
    table = size_table(rewriter)
    count = table.of(rows)[0]
    if not table.same(count, table.of(variable)[0]) and not table.same(count, table.of(columns)[0]):
        return None
    return value, columns


@rewrite("stabilize", SoftmaxGrad)
def softmax_gradient_of_log(rewriter: Rewriter, node: Apply) -> Any:
    """A gradient that divides by the softmax, as that of a logarithm does: nothing is divided.

    ``softmax_grad(h / sm, sm)`` is ``h - sm * sum(h)``."""
    dy, sm = node.inputs
    if isinstance(_op(dy), CrossentropyCategorical1HotGrad) and dy.owner.inputs[1] is sm:
        g, _, y = dy.owner.inputs
        return crossentropy_softmax_1hot_with_bias_dx(g, sm, y)
    hot = one_hot_rows(rewriter, dy)
    if hot is not None:
        return _gradient_at_classes(dy.owner, *hot, sm)
    if scalar_op_of(dy) is None:
        return None
    read = read_product(dy, lambda v: True)
    if (sm, -1) not in read.factors:
        return None
    rest = [f for f in read.factors if f != (sm, -1)]
    if not any(b.type == sm.type for b, _ in rest):
        return None
    return _log_softmax_gradient(rewriter, write_product(Product(read.coefficient, rest), sm.type.dtype, 2), sm)


def _gradient_at_classes(scatter: Apply, value: Any, y: Any, sm: Any) -> Any:
    """The gradient of ``log(sm[rows, y])``: what is scattered has been divided by just these elements."""
    read = read_product(value, lambda v: True)
    for picked, exponent in read.factors:
        if exponent == -1 and isinstance(_op(picked), AdvancedSubtensor) and picked.owner.inputs == [sm, *scatter.inputs[2:]]:
            rest = Product(-read.coefficient, [f for f in read.factors if f[0] is not picked])
            return crossentropy_softmax_1hot_with_bias_dx(write_product(rest, sm.type.dtype, 1), sm, y)
    return None


def _log_softmax_gradient(rewriter: Rewriter, h: Any, sm: Any) -> Any:
    factor, core = 1, h
    if scalar_op_of(h) is OPS["neg"]:
        factor, core = -1, h.owner.inputs[0]
    hot = one_hot_rows(rewriter, core)
    if hot is not None:
        return crossentropy_softmax_1hot_with_bias_dx(hot[0] if factor == -1 else -hot[0], sm, hot[1])
    return h - sm * sum(h, axis=1, keepdims=True)


@anchored("stabilize", ("sum", AdvancedIncSubtensor))
def logsoftmax_gradient_at_classes(rewriter: Rewriter, node: Apply, read: Sum) -> Any:
    """``g - sum(g) * softmax`` where g has one element in each row: no array of zeros is made."""
    for k, (coefficient, term) in enumerate(read.terms):
        hot = one_hot_rows(rewriter, term)
        if hot is None:
            continue
        for other, (scale, product) in enumerate(read.terms):
            sm = _softmax_times_row_sums(product, term) if other != k and scale == -coefficient else None
            if sm is not None:
                new = crossentropy_softmax_1hot_with_bias_dx(hot[0], sm, hot[1])
                rest = [t for position, t in enumerate(read.terms) if position not in (k, other)]
                return write_sum(Sum(read.constant, [(-coefficient, new), *rest]), term.type.dtype, 2)
    return None


def _softmax_times_row_sums(product: Any, term: Any) -> Any:
    """The softmax, if ``product`` is it times the sums of the rows of ``term``."""
    if scalar_op_of(product) is not OPS["mul"] or len(product.owner.inputs) != 2:
        return None
    for sm, sums in (product.owner.inputs, product.owner.inputs[::-1]):
        if isinstance(_op(sm), Softmax) and isinstance(_op(sums), DimShuffle) and sums.owner.op.new_order == (0, "x"):
            total = sums.owner.inputs[0]
            if type(_op(total)) is SumOp and total.owner.inputs[0] is term and reduced_axes(total.owner.op.axis, term) == (1,):
                return sm
    return None


@rewrite("specialize", SumOp)
def sum_of_one_hot_rows(rewriter: Rewriter, node: Apply) -> Any:
    """The sum of a row with one element is that element."""
    (x,), output = node.inputs, node.outputs[0]
    if type(node.op) is not SumOp or reduced_axes(node.op.axis, x) != (1,):
        return None
    hot = one_hot_rows(rewriter, x)
    return hot[0] if hot is not None and hot[0].type == output.type else None
