"""The graphs that loops and branches hold: cut out of a larger one, and run by Python.

>>> import theano.tensor as T
>>> x, y = T.dscalars("x", "y")
>>> body, outer = closed([x], [x * y])
>>> body.inputs, outer
([x, y], [y])
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from theano.flags import config
from theano.graph import (
    Constant,
    FunctionGraph,
    Runner,
    Variable,
    clone_get_equiv,
    compute_test_values,
    graph_inputs,
    io_toposort,
)
from theano.graph.traversal import toposort_nodes
from theano.interpret.failures import raise_with_op
from theano.scalar import OPS
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.products import Bilinear
from theano.tensor.reduce import Reduction
from theano.tensor.shapes import Shape, Shape_i
from theano.tensor.subtensor import IncSubtensor, Subtensor
from theano.tensor.type import TensorType
from theano.tensor.variable import TensorConstant


def closed(formal: Sequence[Variable], outputs: Sequence[Variable]) -> tuple[FunctionGraph, list[Variable]]:
    """The graph from ``formal`` to ``outputs`` on its own, with all that ``outputs`` are made of; other leaves become further inputs."""
    own = set(formal)
    outer = [v for v in graph_inputs(outputs, formal) if v not in own and not isinstance(v, Constant)]
    return body_of(formal, outer, outputs), outer


def closed_step(formal: Sequence[Variable], outputs: Sequence[Variable]) -> tuple[FunctionGraph, list[Variable]]:
    """The same, but what does not depend on ``formal`` stays outside: it becomes an input, unless it is a constant number."""
    inside = set(formal)
    order = toposort_nodes([v.owner for v in outputs if v.owner is not None and v not in inside], inside, {})
    for node in order:
        if any(v in inside for v in node.inputs):
            inside.update(node.outputs)
    needed = dict.fromkeys([v for node in order if node.outputs[0] in inside for v in node.inputs] + [*outputs])
    numbers = {v: number for v in needed if (number := _number(v)) is not None}
    outer = [v for v in needed if v not in inside and v not in numbers and not isinstance(v, Constant)]
    return body_of(formal, outer, outputs, numbers), outer


def _number(variable: Variable) -> Constant | None:
    """The constant that ``variable`` is, if it is a number with dimensions of size 1 added."""
    node: Any = variable.owner
    if (
        node is None
        or not isinstance(node.op, DimShuffle)
        or not isinstance(node.inputs[0], Constant)
        or not all(variable.type.broadcastable)
    ):
        return None
    return TensorConstant(variable.type, node.inputs[0].data.reshape((1,) * variable.type.ndim))


def body_of(
    formal: Sequence[Variable], outer: Sequence[Variable], outputs: Sequence[Variable], known: Mapping[Variable, Variable] | None = None
) -> FunctionGraph:
    """A copy of the graph from ``formal`` and ``outer`` to ``outputs``, some of which is ``known`` to be other variables; the sizes that
    are known of inputs are known in it."""
    memo: dict[Variable, Any] = {v: v.type(v.name) for v in (*formal, *outer)}
    for v, copy in memo.items():
        if isinstance(v.type, TensorType):
            copy.static_shape = v.static_shape  # type: ignore[attr-defined]
    inputs = [memo[v] for v in (*formal, *outer)]
    memo.update(known or {})
    clone_get_equiv([], outputs, memo=memo)
    return FunctionGraph(inputs, [memo[v] for v in outputs], clone=False)


def substituted(
    outputs: Sequence[Variable], replaced: Mapping[Variable, Variable], by_shape: Mapping[Variable, Variable] | None = None
) -> list[Any]:
    """``outputs`` with the variables replaced: copies of the nodes that depend on these, and of no others.

    With ``by_shape``, that of which only the shape counts is made of its variables instead, as far as elements do not decide on shapes."""
    sizes = by_shape or {}
    stop = replaced.keys() & sizes.keys() if sizes else replaced.keys()
    order = toposort_nodes([v.owner for v in outputs if v.owner is not None and v not in replaced], stop, {})
    elements, shapes = set(outputs), set[Variable]()  # of which these count, of which only the shape
    by_elements, by_sizes = dict(replaced), dict(sizes)
    ways = ((elements, by_elements, _reads_shape if sizes else _never), (shapes, by_sizes, _hands_shape_on))
    for node in reversed(order):
        for wanted, memo, only_shape in ways:
            if any(v in wanted and v not in memo for v in node.outputs):
                for position, v in enumerate(node.inputs):
                    (shapes if only_shape(node, position) else elements).add(v)
    for node in order:
        for wanted, memo, only_shape in ways:
            if any(v in wanted and v not in memo for v in node.outputs):
                inputs = [(by_sizes if only_shape(node, k) else by_elements).get(v, v) for k, v in enumerate(node.inputs)]
                if any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
                    memo.update(zip(node.outputs, node.clone_with_new_inputs(inputs).outputs, strict=True))
    return [by_elements.get(v, v) for v in outputs]


def _never(node: Any, position: int) -> bool:
    return False


def _reads_shape(node: Any, position: int) -> bool:
    """Whether the elements of an input do not count."""
    second = isinstance(node.op, Elemwise) and node.op.scalar_op is OPS["second"]
    return isinstance(node.op, (Shape, Shape_i)) or (second and position == 0)


def _hands_shape_on(node: Any, position: int) -> bool:
    """Whether the elements of an input do not count for the shapes of the results."""
    if isinstance(node.op, (Subtensor, IncSubtensor)):
        return position == 0
    return isinstance(node.op, (Elemwise, DimShuffle, Reduction, Bilinear, Shape, Shape_i))


def without_test_values(build: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """A function that builds expressions, some of them of a step: only for its results test values are computed, if at all."""

    @functools.wraps(build)
    def built(*arguments: Any) -> list[Any]:
        if config.compute_test_value == "off":
            return build(*arguments)
        with config.change_flags(compute_test_value="off"):
            results = build(*arguments)
        for node in io_toposort((), [v for v in results if v is not None]):
            if any(out._tag is None or "test_value" not in out._tag.__dict__ for out in node.outputs):
                compute_test_values(node)
        return results

    return built


def run_graph(graph: FunctionGraph, values: Sequence[Any]) -> list[Any]:
    """Node by node, by Python.  The error of a node says which it is, and what it was given."""
    known: dict[Variable, Any] = {v: v.type.filter(x, allow_downcast=True) for v, x in zip(graph.inputs, values, strict=True)}
    for node in graph.toposort():
        given = [v.data if isinstance(v, Constant) else known[v] for v in node.inputs]
        try:
            results = Runner(node)(given)
        except Exception:
            raise_with_op(node, storage_map={v: [value] for v, value in zip(node.inputs, given, strict=True)})
        known.update(zip(node.outputs, results, strict=True))
    return [v.data if isinstance(v, Constant) else known[v] for v in graph.outputs]
