"""What rules ask about nodes and types, and the rules that are applied only where it is asked for.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> x = T.dscalar("x")
>>> graph = FunctionGraph([x], [T.exp(T.log(x))])
>>> log, exp = graph.toposort()
>>> get_clients(log)[0] is exp, is_inverse_pair(exp.op, log.op, (T.exp.scalar_op, T.log.scalar_op))
(True, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError
from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.rewrite.engine import Rewriter, rewrite
from theano.tensor.checking import Assert
from theano.tensor.constant_value import get_scalar_constant_value
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import alloc
from theano.tensor.elemwise import cast
from theano.tensor.shapes import patternbroadcast, shape


def get_clients(node: Apply) -> list[Any]:
    """The nodes that read the first output of ``node``, "output" for the graph."""
    assert node.fgraph is not None
    return [client for client, _ in node.fgraph.clients[node.outputs[0]]]


def get_clients2(node: Apply) -> list[Any]:
    """The nodes that read a result of what :func:`get_clients` gives."""
    assert node.fgraph is not None
    graph = node.fgraph
    readers = [client for client in get_clients(node) if client != "output"]
    return [client for reader in readers for output in reader.outputs for client, _ in graph.clients[output]]


def is_inverse_pair(node_op: Any, prev_op: Any, inv_pair: tuple[Any, Any]) -> bool:
    """Whether the two ops apply the two scalar ops of the pair, one each; classes of scalar ops count as well."""
    ops = getattr(node_op, "scalar_op", node_op), getattr(prev_op, "scalar_op", prev_op)
    return any(all(_is(op, wanted) for op, wanted in zip(ops, order)) for order in (inv_pair, inv_pair[::-1]))


def _is(op: Any, wanted: Any) -> bool:
    return isinstance(op, wanted) if isinstance(wanted, type) else bool(op == wanted)


def encompasses_broadcastable(b1: Sequence[bool], b2: Sequence[bool]) -> bool:
    """Whether what has the pattern ``b1`` is not stretched by something of the pattern ``b2``."""
    last = tuple(b1)[len(b1) - len(b2) :] if len(b1) >= len(b2) else None
    return last is not None and not any(one and not other for one, other in zip(last, b2))


def is_an_upcast(type1: str, type2: str) -> bool:
    """Whether the dtype ``type2`` holds every value of ``type1`` exactly, or as nearly as NumPy asks for."""
    return bool(np.can_cast(type1, type2, "safe"))


def broadcast_like(value: Any, template: Any, fgraph: FunctionGraph, dtype: Any = None) -> Any:
    """``value`` spread over the shape of ``template``, as the dtype of that, or ``dtype``."""
    value = cast(as_tensor_variable(value), dtype or template.type.dtype)
    if value.type.broadcastable == template.type.broadcastable:
        return value
    sizes = shape(template)
    spread = alloc(value, *(sizes[axis] for axis in range(template.type.ndim)))
    return patternbroadcast(spread, template.type.broadcastable)


def scalarconsts_rest(
    inputs: Sequence[Variable], elemwise: bool = True, only_process_constants: bool = False
) -> tuple[list[Any], list[Variable], list[Variable]]:
    """The numbers among ``inputs``, the variables that they come from, and the others."""
    numbers, origins, rest = [], [], []
    for variable in inputs:
        try:
            if only_process_constants and not isinstance(variable, Constant):
                raise NotScalarConstantError
            numbers.append(get_scalar_constant_value(variable))
            origins.append(variable)
        except NotScalarConstantError:
            rest.append(variable)
    return numbers, origins, rest


@rewrite("unsafe", Assert)
def local_remove_all_assert(rewriter: Rewriter, node: Apply) -> Any:
    """Take what is asserted on trust; only if ``unsafe`` or this name is included."""
    return node.inputs[0]


__all__ = [
    "broadcast_like", "encompasses_broadcastable", "get_clients", "get_clients2", "is_an_upcast", "is_inverse_pair",
    "local_remove_all_assert", "scalarconsts_rest",
]  # fmt: skip
