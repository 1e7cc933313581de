"""Forward-mode differentiation: the Jacobian of some outputs times a vector, in one sweep from inputs to outputs.

An op gives its rule as ``R_op``.  For one that has none the rule follows from its ``L_op``: that is linear in the
gradient it is given, and the derivative of ``<L_op(u), v>`` with respect to ``u`` is the Jacobian times ``v``.

>>> import theano.tensor as T
>>> x, v = T.dvectors("x", "v")
>>> Rop(x ** 2, x, v).type
TensorType(float64, vector)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from theano.dtypes import is_discrete
from theano.errors import message
from theano.gradient.reverse import (
    ABSENT,
    ACTIONS,
    absent,
    as_list,
    backpropagate,
    check_pairs,
    check_variable,
    connection_of,
    float_ones,
    format_as,
    node_gradients,
    one_of,
    report_disconnected,
    sum_of,
)
from theano.graph import Apply, DisconnectedType, NullType, Variable, disconnected_type, graph_inputs, provenance
from theano.tensor.shapes import patternbroadcast
from theano.tensor.type import TensorType

POINTS: WeakSet[Variable] = WeakSet()
"""What outputs depended on whose directional derivative was asked for.  That of a linear output does not depend on its point, but programs
make it an input all the same, which :func:`theano.function` lets pass."""


def Rop(f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise", return_disconnected: str = "zero") -> Any:
    """The Jacobian of ``f`` with respect to ``wrt`` times the column vector(s) ``eval_points``.

    The result is a list, tuple or variable as ``f`` is, each shaped as the output it belongs to.  An output that does
    not depend on ``wrt`` is handled as ``disconnected_outputs`` says (``"raise"``, ``"warn"``, ``"ignore"``), its result
    as ``return_disconnected`` says (``"zero"``, ``"None"``, ``"Disconnected"``).
    """
    use_list, use_tuple = isinstance(f, list), isinstance(f, tuple)
    outputs, targets, points = as_list(f), as_list(wrt), as_list(eval_points)
    check_pairs("Rop", "variables wrt", targets, points)
    for output in outputs:
        check_variable("Rop: what to differentiate (f)", output)
    one_of("Rop", "disconnected_outputs", disconnected_outputs, ACTIONS)
    one_of("Rop", "return_disconnected", return_disconnected, ABSENT)
    POINTS.update(graph_inputs(outputs))
    pushed = push_forward(outputs, dict(zip(targets, points, strict=True)))
    results = []
    for output in outputs:
        result = pushed.get(output)
        if result is None:
            headline, cure = "Rop: this output does not depend on any variable of wrt", "disconnected_outputs='ignore' returns zeros"
            report_disconnected(headline, ("output", output), disconnected_outputs, cure)
            result = absent(output, return_disconnected)
        results.append(result)
    return format_as(use_list, use_tuple, results)


def push_forward(outputs: Sequence[Variable], pushed: dict[Variable, Any]) -> dict[Variable, Any]:
    """Extends ``pushed`` (derivative of each variable along the given directions) up to ``outputs``."""
    stack: list[tuple[Apply, bool]] = [(o.owner, False) for o in outputs if o.owner is not None and o not in pushed]
    seen: set[Apply] = set()
    while stack:
        node, ready = stack.pop()
        if ready:
            points = [pushed.get(i) for i in node.inputs]
            if any(p is not None for p in points):
                with provenance.inherit(node.origin):
                    for output, result in zip(node.outputs, _node_directions(node, points), strict=True):
                        if result is not None and output not in pushed:
                            pushed[output] = result
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((i.owner, False) for i in node.inputs if i.owner is not None and i.owner not in seen and i not in pushed)
    return pushed


def _node_directions(node: Apply, points: list[Any]) -> list[Any]:
    fitted = [None if p is None else _fitted(i, p) for i, p in zip(node.inputs, points, strict=True)]
    try:
        results = node.op.R_op(node.inputs, fitted)
    except NotImplementedError:
        results = _from_reverse(node, fitted)
    if not isinstance(results, (list, tuple)) or len(results) != len(node.outputs):
        given = f"{len(results)} terms" if isinstance(results, (list, tuple)) else type(results).__name__
        cure = "return the directional derivative of each output, in a list; None where it does not move"
        raise ValueError(message(f"{node.op}: {len(node.outputs)} outputs but R_op returned {given}", [("node", node, node.origin)], cure))
    for position, result in enumerate(results):
        if result is not None and not isinstance(result, Variable):
            text = f"{node.op}: R_op gave {result!r:.40} ({type(result).__name__}) for output {position}, no variable"
            raise TypeError(message(text, [("node", node, node.origin)], "return an expression, or None where the output does not move"))
    return [None if r is None or isinstance(r.type, DisconnectedType) else r for r in results]


def _fitted(variable: Any, point: Any) -> Any:
    """``point`` with the pattern of ``variable`` and, if that is continuous, its dtype."""
    kind = variable.type
    if not isinstance(kind, TensorType) or not isinstance(point.type, TensorType):
        return point
    fitted = point if is_discrete(kind.dtype) or kind.dtype == point.type.dtype else point.astype(kind.dtype)
    return patternbroadcast(fitted, kind.broadcastable) if kind.ndim == point.type.ndim else fitted


def _from_reverse(node: Apply, points: list[Any]) -> list[Any]:
    """J·v as the derivative in u of <Jᵀ·u, v>; u is a copy of the output, for the gradient may read its shape."""
    duals: list[Any] = [disconnected_type() if is_discrete(o.type.dtype) else o.copy() for o in node.outputs]
    pulled = node_gradients(node, duals, connection_of(node))
    pairs = [(g, p) for g, p in zip(pulled, points, strict=True) if p is not None and g is not None and not isinstance(g.type, NullType)]
    if not pairs:
        return [None] * len(duals)
    inner = sum_of([(g * p).sum() for g, p in pairs])
    found = backpropagate({inner: float_ones(inner)}, duals)
    return [found.get(u) for u in duals]
