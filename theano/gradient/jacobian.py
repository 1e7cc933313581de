"""Whole Jacobians and Hessians, one row a step of a loop over the elements of the expression.

>>> import theano.tensor as T
>>> x = T.dvector("x")
>>> jacobian((x ** 2).sum(), x).type == x.type
True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.gradient.reverse import as_list, check_pairs, check_variable, checked_targets, format_as, grad
from theano.graph import Variable
from theano.tensor.create import zeros
from theano.tensor.subtensor import set_subtensor


def jacobian(expression: Any, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise") -> Any:
    """The Jacobian of ``expression`` (rank 0 or 1) with respect to each variable of ``wrt``.

    Entry ``[i, ...]`` is the derivative of ``expression[i]``; for a scalar expression it is the gradient.

    The rows are computed one after the other.  ``theano.vectorize(Lop(expression, wrt, v), {v: T.eye(n)})``, for a vector ``v``, computes
    all at once: faster, but what lies between the two is stored once for each row.
    """
    targets, use_list, use_tuple = checked_targets(wrt)
    check_variable("jacobian: the expression", expression)
    if expression.type.ndim > 1:
        raise ValueError(f"jacobian: the expression must have rank 0 or 1, this one has type {expression.type}; flatten() it")
    arguments: dict[str, Any] = {"consider_constant": consider_constant, "disconnected_inputs": disconnected_inputs}
    if expression.type.ndim == 0:
        return format_as(use_list, use_tuple, grad(expression, targets, **arguments))
    return format_as(use_list, use_tuple, _rows(expression, targets, arguments))


def hessian(cost: Any, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise") -> Any:
    """The Hessian of the scalar ``cost`` with respect to each vector of ``wrt`` (no mixed blocks)."""
    targets, use_list, use_tuple = checked_targets(wrt)
    check_variable("hessian: the cost", cost)
    if cost.type.ndim != 0:
        raise ValueError(f"hessian: the cost must be a scalar, this one has type {cost.type}")
    arguments: dict[str, Any] = {"consider_constant": consider_constant, "disconnected_inputs": disconnected_inputs}
    results = []
    for target in targets:
        if target.type.ndim != 1:
            raise ValueError(f"hessian: wrt must be a vector, {target} has type {target.type}")
        results += _rows(grad(cost, target, **arguments), [target], arguments)
    return format_as(use_list, use_tuple, results)


def hessian_vector_product(cost: Any, wrt: Any, p: Any, **arguments: Any) -> Any:
    """The Hessian of the scalar ``cost`` times the direction ``p``, without the Hessian.

    ``wrt`` and ``p``: one variable each, of any rank, or lists of as many; then the result holds, for each of ``wrt``, the sum over all of
    their mixed blocks.  ``arguments`` are those of :func:`grad`.

    >>> import theano.tensor as T
    >>> x, p = T.dvectors("x", "p")
    >>> float(hessian_vector_product((x ** 3).sum(), x, p).eval({x: [1.0], p: [2.0]})[0])
    12.0
    """
    targets, use_list, use_tuple = checked_targets(wrt)
    directions = as_list(p)
    check_pairs("hessian_vector_product", "variables wrt", targets, directions)
    gradients = grad(cost, targets, **arguments)
    slope = sum((gradient * direction).sum() for gradient, direction in zip(gradients, directions, strict=True))
    arguments = {**arguments, "consider_constant": [*(arguments.get("consider_constant") or ()), *directions]}
    products = grad(slope, targets, **{**arguments, "disconnected_inputs": "ignore", "known_grads": None})
    return format_as(use_list, use_tuple, products)


def _rows(expression: Any, targets: list[Any], arguments: dict[str, Any]) -> list[Any]:
    """For each target the matrix, or more, whose row ``i`` is the gradient of ``expression[i]``: a loop fills it row by row."""
    import theano  # loops come after gradients

    count = expression.shape[0]

    def fill(index: Any, *rows: Any) -> list[Any]:
        gradients: list[Any] = grad(expression[index], list(targets), **arguments)
        return [set_subtensor(whole[index], gradient) for whole, gradient in zip(rows, gradients, strict=True)]

    def empty(target: Any) -> Any:
        sizes = [1 if stretched else target.shape[axis] for axis, stretched in enumerate(target.type.broadcastable)]
        return zeros((count, *sizes), dtype=target.type.dtype)

    return theano.scanning.repeat(fill, count, [empty(target) for target in targets])
