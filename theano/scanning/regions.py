"""A branch as a node, which holds the graphs of both its sides and computes one of them.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], branch(T.gt(x.sum(), 0), [x * 2], [x / 0]))
>>> f([1.0])[0].tolist()
[2.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano import errors
from theano.graph import Apply, Constant, FunctionGraph, Op, Variable, clone_get_equiv, graph_inputs
from theano.tensor import as_tensor_variable


class Branch(Op):
    """Compute ``sides[0]`` if the condition is not zero, else ``sides[1]``; the other side is not computed.

    The node's inputs are the condition and then the arguments of both graphs, the first side's before the second's."""

    def __init__(self, then: FunctionGraph, otherwise: FunctionGraph) -> None:
        self.sides = (then, otherwise)

    def __repr__(self) -> str:
        return "Branch"

    def make_node(self, condition: Any, *arguments: Any) -> Apply:
        chosen = as_tensor_variable(condition)
        if chosen.ndim != 0:
            raise errors.VariableTypeError(f"branch: the condition must be a scalar, not {chosen.type}")
        outputs = []
        for first, second in zip(self.sides[0].outputs, self.sides[1].outputs, strict=True):
            if first.type != second.type:
                raise errors.VariableTypeError(f"branch: the sides have types {first.type} and {second.type}; cast one of them")
            outputs.append(first.type())
        return Apply(self, [chosen, *arguments], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        cut = 1 + len(self.sides[0].inputs)
        side, values = (self.sides[0], inputs[1:cut]) if inputs[0] else (self.sides[1], inputs[cut:])
        for cell, value in zip(output_storage, run_graph(side, values), strict=True):
            cell[0] = value.copy()

    def lower(self, low: Any, node: Apply) -> None:
        cut = 1 + len(self.sides[0].inputs)
        graphs = (self.sides[0].clone(), self.sides[1].clone())
        low.branch(node, node.inputs[0], list(zip(graphs, (node.inputs[1:cut], node.inputs[cut:]), strict=True)))


def branch(condition: Any, then: Sequence[Any], otherwise: Sequence[Any]) -> list[Variable]:
    """``then`` if ``condition`` is not zero, else ``otherwise``, computing only the one chosen."""
    first, outer = closed([], [as_tensor_variable(v) for v in then])
    second, others = closed([], [as_tensor_variable(v) for v in otherwise])
    return list(Branch(first, second).make_node(condition, *outer, *others).outputs)


def closed(inputs: list[Variable], outputs: list[Variable]) -> tuple[FunctionGraph, list[Variable]]:
    """The graph from ``inputs`` to ``outputs`` on its own; whatever else it needs becomes further inputs."""
    own = set(inputs)
    outer = [v for v in graph_inputs(outputs) if v not in own and not isinstance(v, Constant)]
    memo = {v: v.type(v.name) for v in (*inputs, *outer)}
    clone_get_equiv([], outputs, memo=memo)
    graph = FunctionGraph([memo[v] for v in (*inputs, *outer)], [memo[v] for v in outputs], clone=False)
    return graph, outer


def run_graph(graph: FunctionGraph, values: Sequence[Any]) -> list[Any]:
    """Node by node by ``perform``."""
    known: dict[Variable, Any] = {v: v.type.filter(x, allow_downcast=True) for v, x in zip(graph.inputs, values, strict=True)}
    for node in graph.toposort():
        cells: list[list[Any]] = [[None] for _ in node.outputs]
        node.op.perform(node, [v.data if isinstance(v, Constant) else known[v] for v in node.inputs], cells)
        known.update((out, cell[0]) for out, cell in zip(node.outputs, cells, strict=True))
    return [v.data if isinstance(v, Constant) else known[v] for v in graph.outputs]
