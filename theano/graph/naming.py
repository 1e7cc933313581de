"""What messages call variables and operations: as near as possible to what a person wrote.

An operation may say so itself by an attribute ``word``: what ``T.concatenate`` builds is a "join", whatever its class.

>>> from theano.graph import Apply, Op, generic
>>> class Pair(Op):
...     word = "pair"
...     def make_node(self, a, b):
...         return Apply(self, [a, b], [generic()])
>>> a, b, c = map(generic, "abc")
>>> title(Pair()(Pair()(a, b), c)), operation(Pair()(a, b).owner)
('pair(pair(a, b), c)', 'pair')
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.graph.variable import Constant

WORDY = 60
"""An expression of more letters is shown by its outermost operation."""
DEPTH = 3


def operation(node: Any) -> str:
    """The word for what a node does; the empty string for no node."""
    if node is None:
        return ""
    scalar = getattr(node.op, "scalar_op", None)
    word = getattr(node.op, "word", None) or getattr(scalar, "name", None) or str(node.op).partition("{")[0]
    return str(word)


def title(variable: Any, called: Callable[[Any], str | None] = lambda variable: variable.name) -> str:
    """A variable as a person would write it: what it is ``called``, its value, or the operation that makes it."""
    return _expression(variable, DEPTH, called)


def _expression(variable: Any, depth: int, called: Callable[[Any], str | None]) -> str:
    name = called(variable)
    if name:
        return name
    if isinstance(variable, Constant):
        single = getattr(variable.data, "size", 0) == 1
        return str(variable.data.item()) if single else str(variable)
    node = getattr(variable, "owner", None)
    if node is None:
        return str(variable)
    order = getattr(node.op, "new_order", None)
    if order is not None:  # a dimshuffle: of interest only if it changes the order
        inside = _expression(node.inputs[0], depth, called)
        return f"{inside}.T" if tuple(order) == (1, 0) else inside
    word = operation(node)
    rows = getattr(node.op, "idx_list", ())
    if rows and isinstance(rows[0], slice) and operation(node.inputs[0].owner) == "scan":
        return _expression(node.inputs[0], depth, called)  # the rows of a loop without those that it begins with
    parts = [_expression(v, depth - 1, called) if depth else "..." for v in node.inputs]
    text = f"{word}({', '.join(parts)})"
    return text if len(text) <= WORDY else f"{word}(...)"


__all__ = ["operation", "title"]
