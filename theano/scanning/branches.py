"""A branch: :func:`ifelse` computes one of two expressions, and :class:`Branch` is its node, which holds the graphs of both.

Its derivatives are branches too: of the side that is not taken nothing is computed, not even backwards.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], ifelse(T.gt(x.sum(), 0), x * 2, x / 0))
>>> f([1.0]).tolist()
[2.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano import errors
from theano.gradient import Lop, Rop
from theano.graph import (
    Apply,
    DisconnectedType,
    FunctionGraph,
    Op,
    Variable,
    disconnected_type,
    graph_inputs,
    io_connection_pattern,
)
from theano.scanning.bodies import body_of, closed, run_graph, without_test_values
from theano.scanning.step import fitted
from theano.tensor import as_tensor_variable, patternbroadcast
from theano.tensor.type import TensorType


class Branch(Op):
    """Compute ``sides[0]`` if the condition is not zero, else ``sides[1]``; the other side is not computed.

    The node's inputs are the condition and then the arguments of both graphs, the first side's before the second's."""

    word = "ifelse"  # what messages call it

    def __init__(self, then: FunctionGraph, otherwise: FunctionGraph, name: str | None = None) -> None:
        self.sides, self.name = (then, otherwise), name

    def __repr__(self) -> str:
        return f"Branch{{{self.name}}}" if self.name else "Branch"

    __str__ = __repr__

    def arguments(self, inputs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """The inputs of a node that belong to each side."""
        cut = 1 + len(self.sides[0].inputs)
        return list(inputs[1:cut]), list(inputs[cut:])

    def held_graphs(self) -> tuple[Any, list[Any]]:
        """What tells it from another, but for its graphs, and the inputs and outputs of these."""
        return self.name, [(side.inputs, side.outputs) for side in self.sides]

    def outer_arguments(self, inputs: Sequence[Any]) -> list[list[Any]]:
        """What the inputs of the graphs that it holds stand for outside."""
        return list(self.arguments(inputs))

    def make_node(self, condition: Any, *arguments: Any) -> Apply:
        chosen = as_tensor_variable(condition)
        if chosen.ndim != 0:
            rows = [("condition", chosen, chosen.type, chosen.origin)]
            cure = "T.switch chooses element by element; T.all() or T.any() make one condition of many"
            raise errors.VariableTypeError(errors.message("ifelse: the condition must be a scalar", rows, cure))
        outputs = []
        for first, second in zip(self.sides[0].outputs, self.sides[1].outputs, strict=True):
            if first.type != second.type:
                raise errors.VariableTypeError(f"branch: the sides have types {first.type} and {second.type}; cast one of them")
            outputs.append(first.type())
        return Apply(self, [chosen, *arguments], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        taken = 0 if inputs[0] else 1
        for cell, value in zip(output_storage, run_graph(self.sides[taken], self.arguments(inputs)[taken]), strict=True):
            cell[0] = value.copy() if hasattr(value, "copy") else value

    def lower(self, low: Any, node: Apply) -> None:
        graphs = (self.sides[0].clone(), self.sides[1].clone())
        low.branch(node, node.inputs[0], list(zip(graphs, self.arguments(node.inputs), strict=True)))

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """The condition says which results there are, but moves none of them."""
        rows = [[False] * len(node.outputs)]
        for side in self.sides:
            rows += io_connection_pattern(side.inputs, side.outputs)
        return rows

    @without_test_values
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        live = [k for k, g in enumerate(output_grads) if not isinstance(g.type, DisconnectedType)]
        arguments, start = inputs[1:], 0
        pulled: list[tuple[list[Any], dict[int, Any]]] = []  # for each side: what flows in, what flows into which argument
        for side in self.sides:
            results = [side.outputs[k].copy() for k in live]  # one may be made of another
            sent = [v.type() for v in results]
            terms = Lop(results, side.inputs, sent, disconnected_inputs="ignore") if side.inputs else []
            connected = map(any, io_connection_pattern(side.inputs, results))
            pulled.append((sent, {start + k: t for k, (t, c) in enumerate(zip(terms, connected, strict=True)) if c}))
            start += len(side.inputs)
        kinds = {k: _pattern_of(term, arguments[k]) for _, terms in pulled for k, term in terms.items()}
        sides = []
        for side, own, (sent, terms) in zip(self.sides, self.arguments(inputs), pulled, strict=True):
            models = {k: arguments[k].type() for k in kinds if k not in terms}  # zeros like them
            values = [fitted(terms[k] if k in terms else models[k].zeros_like(dtype=kind.dtype), kind) for k, kind in kinds.items()]
            formal = [*side.inputs, *sent, *models.values()]
            sides.append((formal, [*own, *(output_grads[k] for k in live), *(arguments[k] for k in models)], values))
        found = dict(zip(kinds, _branch(inputs[0], sides, self.name), strict=True))
        return [disconnected_type(), *(found.get(k, disconnected_type()) for k in range(len(arguments)))]

    @without_test_values
    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        pushed = []
        for side, points in zip(self.sides, self.arguments(eval_points), strict=True):
            moving = [(v, v.type(), p) for v, p in zip(side.inputs, points, strict=True) if p is not None]
            formal = [f for _, f, _ in moving]
            found = Rop(list(side.outputs), [v for v, *_ in moving], formal, "ignore", "None") if moving else [None] * len(side.outputs)
            pushed.append((formal, [p for *_, p in moving], found))
        moved = [k for k, pair in enumerate(zip(*(found for *_, found in pushed), strict=True)) if pair != (None, None)]
        sides = []
        for side, own, (formal, actual, found) in zip(self.sides, self.arguments(inputs), pushed, strict=True):
            values = [fitted(found[k] if found[k] is not None else side.outputs[k].zeros_like(), side.outputs[k].type) for k in moved]
            sides.append(([*side.inputs, *formal], [*own, *actual], values))
        results = dict(zip(moved, _branch(inputs[0], sides, self.name), strict=True))
        return [results.get(k) for k in range(len(self.sides[0].outputs))]


def _pattern_of(term: Any, variable: Any) -> Any:
    """The type of a gradient ``term`` of ``variable``."""
    return term.type.clone(broadcastable=variable.type.broadcastable) if hasattr(variable.type, "broadcastable") else term.type


def _branch(condition: Any, sides: Sequence[tuple[list[Any], list[Any], list[Any]]], name: str | None) -> list[Any]:
    """A branch whose sides are given as (variables, what they stand for, results)."""
    if not sides[0][2]:
        return []
    bodies, arguments = [], []
    for formal, actual, results in sides:
        used = set(graph_inputs(results))
        needed = [(f, a) for f, a in zip(formal, actual, strict=True) if f in used]
        bodies.append(body_of([f for f, _ in needed], [], results))
        arguments += [a for _, a in needed]
    found: list[Any] = Branch(bodies[0], bodies[1], name)(condition, *arguments, return_list=True)
    return found


def branch(condition: Any, then: Sequence[Any], otherwise: Sequence[Any], name: str | None = None) -> list[Variable]:
    """``then`` if ``condition`` is not zero, else ``otherwise``, computing only the one chosen."""
    first, outer = closed([], [as_tensor_variable(v) if not isinstance(v, Variable) else v for v in then])
    second, others = closed([], [as_tensor_variable(v) if not isinstance(v, Variable) else v for v in otherwise])
    results: list[Variable] = Branch(first, second, name)(condition, *outer, *others, return_list=True)
    return results


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """``then_branch`` if the scalar ``condition`` is not zero, else ``else_branch``; the other one is not computed.

    Both are variables, or lists of as many; pairs must have equal types, but that dimensions of size 1 may be broadcastable on one
    side only, and a number takes the other side's type.  The result is a list if ``then_branch`` is one.  Unlike ``switch``, the
    condition is one number for all of it."""
    lists = [list(side) if isinstance(side, (list, tuple)) else [side] for side in (then_branch, else_branch)]
    if len(lists[0]) != len(lists[1]):
        raise ValueError(f"ifelse: the branches have {len(lists[0])} and {len(lists[1])} results; they must have as many")
    pairs = [_reconciled(*pair) for pair in zip(*lists, strict=True)]
    found = branch(condition, [a for a, _ in pairs], [b for _, b in pairs], name)
    for k, variable in enumerate(found):
        if name is not None:
            variable.name = f"{name}{k}" if len(found) > 1 else name
    return found if isinstance(then_branch, (list, tuple)) else found[0]


def _reconciled(a: Any, b: Any) -> tuple[Any, Any]:
    """Both results of a branch as variables of one type."""
    if isinstance(a, Variable) and not isinstance(b, Variable):
        b = _number_like(b, a)
    elif isinstance(b, Variable) and not isinstance(a, Variable):
        a = _number_like(a, b)
    a, b = (v if isinstance(v, Variable) else as_tensor_variable(v) for v in (a, b))
    if a.type == b.type:
        return a, b
    if isinstance(a.type, TensorType) and isinstance(b.type, TensorType) and (a.type.dtype, a.type.ndim) == (b.type.dtype, b.type.ndim):
        both = tuple(x and y for x, y in zip(a.type.broadcastable, b.type.broadcastable, strict=True))
        return patternbroadcast(a, both), patternbroadcast(b, both)
    rows = [("then", a, a.type, a.origin), ("else", b, b.type, b.origin)]
    raise errors.VariableTypeError(errors.message("ifelse: the branches must have equal types", rows, "cast one of them, or index a list"))


def _number_like(value: Any, variable: Any) -> Any:
    """``value`` as a constant of the type of ``variable`` if it is one, else of its own."""
    constant = as_tensor_variable(value)
    try:
        return variable.type.filter_variable(value) if not hasattr(value, "dtype") else constant
    except TypeError:
        return constant
