"""Expressions on one line, as the classic ``theano.gof.graph.as_string`` writes them; what is used again is written once.

>>> import theano.tensor as T
>>> x, y = T.dscalars("x", "y")
>>> z = T.exp(x)
>>> as_string([x, y], [z + z * y], node_formatter=lambda node, arguments: f"{node.op.scalar_op.name}({', '.join(arguments)})")
['add(*1 -> exp(x), mul(*1, y))']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.graph.traversal import io_toposort
from theano.graph.variable import Apply


def default_leaf_formatter(leaf: Any) -> str:
    """A leaf as text."""
    return str(leaf)


def default_node_formatter(op: Apply, argstrings: Iterable[str]) -> str:
    """A node as text, given its arguments as text."""
    return f"{op.op}({', '.join(argstrings)})"


LeafFormatter = Callable[[Any], str]
NodeFormatter = Callable[[Apply, list[str]], str]


def as_string(
    i: Sequence[Any],
    o: Sequence[Any],
    leaf_formatter: LeafFormatter = default_leaf_formatter,
    node_formatter: NodeFormatter = default_node_formatter,
) -> list[str]:
    """Each of the outputs ``o`` as an expression of the inputs ``i``.

    A node that is used several times is written ``*1 -> ...`` where it first comes, and ``*1`` after that; ``::1`` means its output 1.
    """
    stop = frozenset(i)
    read = [*o, *(variable for node in io_toposort(i, o) for variable in node.inputs)]
    uses = Counter(variable.owner for variable in read if variable not in stop)
    numbers: dict[Apply, int] = {}
    done: list[str] = []
    stack = [(variable, False) for variable in reversed(o)]
    while stack:
        variable, arguments_done = stack.pop()
        node = variable.owner
        if node is None or variable in stop:
            done.append(leaf_formatter(variable))
            continue
        which = f"::{variable.index}" if node.nout > 1 else ""
        if arguments_done:
            first = len(done) - node.nin
            text = node_formatter(node, done[first:]) + which
            done[first:] = [f"*{numbers[node]} -> {text}" if node in numbers else text]
        elif node in numbers:
            done.append(f"*{numbers[node]}{which}")
        else:
            if uses[node] > 1:
                numbers[node] = len(numbers) + 1
            stack.append((variable, True))
            stack.extend((argument, False) for argument in reversed(node.inputs))
    return done


def op_as_string(
    i: Sequence[Any],
    op: Apply,
    leaf_formatter: LeafFormatter = default_leaf_formatter,
    node_formatter: NodeFormatter = default_node_formatter,
) -> str:
    """The node ``op`` as an expression of the inputs ``i``."""
    return node_formatter(op, as_string(i, op.inputs, leaf_formatter, node_formatter))
