"""Graphs of scalar variables: done again on other operands, and differentiated.

>>> from theano.scalar import exp, float64
>>> x = float64("x")
>>> (again,) = replayed([exp(x) * 2.0], {x: 0.0})
>>> float(again)
2.0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from theano.graph import Constant, DisconnectedType, NullType, Variable, io_toposort
from theano.scalar.declare import OPS
from theano.scalar.types import zero_gradient

__all__ = ["pulled_back", "replayed"]


def _number(constant: Constant) -> Any:
    return constant.data.item()


def _applied(op: Any, args: Sequence[Any]) -> Any:
    return op(*args)


def replayed(
    outputs: Sequence[Any],
    operands: Mapping[Any, Any],
    literal: Callable[[Constant], Any] = _number,
    apply: Callable[[Any, Sequence[Any]], Any] = _applied,
) -> list[Any]:
    """``outputs``, computed from ``operands`` (traced values, tensors, scalars, numbers) by the operations of their graph.

    ``literal`` says what a constant becomes: by default a number, which never widens what it meets in a formula."""
    done = dict(operands)

    def of(variable: Any) -> Any:
        if variable not in done:
            if not isinstance(variable, Constant):
                return variable
            done[variable] = literal(variable)
        return done[variable]

    for node in io_toposort(list(operands), [v for v in outputs if isinstance(v, Variable)]):
        results = apply(node.op, [of(v) for v in node.inputs])
        done.update(zip(node.outputs, results if isinstance(results, (list, tuple)) else [results], strict=True))
    return [of(v) if isinstance(v, Variable) else v for v in outputs]


def pulled_back(inputs: Sequence[Any], outputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
    """The gradients of ``inputs``, where those of ``outputs`` are ``gradients``; zeros where nothing flows."""
    sums: dict[Any, Any] = {}

    def add(variable: Any, gradient: Any) -> None:
        if isinstance(gradient.type, DisconnectedType):
            return
        before = sums.get(variable)
        undefined = next((g for g in (before, gradient) if g is not None and isinstance(g.type, NullType)), None)
        sums[variable] = undefined or (gradient if before is None else OPS["add"](before, gradient))

    for output, gradient in zip(outputs, gradients, strict=True):
        add(output, gradient)
    for node in reversed(io_toposort(list(inputs), list(outputs))):
        given = [sums.get(out) for out in node.outputs]
        undefined = next((g for g in given if g is not None and isinstance(g.type, NullType)), None)
        if undefined is not None:
            found: Sequence[Any] = [undefined] * len(node.inputs)
        elif all(g is None for g in given):
            continue
        else:
            found = node.op.L_op(node.inputs, node.outputs, [zero_gradient(o) if g is None else g for g, o in zip(given, node.outputs)])
        for variable, gradient in zip(node.inputs, found, strict=True):
            add(variable, gradient)
    return [sums[x] if x in sums else zero_gradient(x) for x in inputs]
