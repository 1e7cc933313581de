"""A graph as an indented tree, in the classic form.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> _ = debugprint(T.exp(x) * x)
Elemwise{mul,no_inplace} [id A] ''
 |Elemwise{exp,no_inplace} [id B] ''
 | |x [id C]
 |x [id C]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, Variable


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: dict[Any, str] | None = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: dict[Any, str] | None = None,
) -> Any:
    """Print ``obj`` (a variable, an apply node, a graph, a compiled function, or a list of these) as a tree.

    ``depth`` limits the levels; ``print_type`` adds the types; ``ids`` labels nodes with ``"CHAR"`` letters, ``"int"`` numbers, ``"id"``
    addresses or ``""``; ``stop_on_name`` does not descend below named variables.  ``file``: a stream, or ``"str"`` to get the text back.
    ``print_storage`` adds the values of constants and shared variables, which are all that is kept between calls; ``print_clients``, in a
    graph or function, what uses a variable that has several uses.

    The graphs that loops, branches and operations made of graphs hold follow, with what each of their inputs stands for outside.
    """
    names = used_ids if used_ids is not None else {}
    seen = done if done is not None else {}

    def more(variable: Variable) -> str:
        return (_stored(variable) if print_storage else "") + (_uses(variable) if print_clients else "")

    before = set(seen)
    tree = _Tree(depth, print_type, ids, stop_on_name, names, seen, more)
    lines = [line for root in roots_of(obj, "debugprint") for line in tree.lines(root)]
    text = "\n".join([*lines, *tree.held(before)])
    if file == "str":
        return text
    print(text, file=file or sys.stdout)
    return file


def roots_of(obj: Any, who: str) -> Iterable[Variable]:
    """The variables that ``obj``, which ``who`` was given, comes down to."""
    if isinstance(obj, Variable):
        return [obj]
    if isinstance(obj, Apply):
        return obj.outputs
    if isinstance(obj, FunctionGraph):
        return obj.outputs
    if isinstance(obj, (list, tuple)):
        return [root for each in obj for root in roots_of(each, who)]
    maker = getattr(obj, "maker", None)
    if maker is not None:
        return list(maker.fgraph.outputs)
    raise TypeError(f"{who} takes variables, apply nodes, graphs and compiled functions, not {type(obj).__name__}")


@dataclass(slots=True)
class _Tree:
    """How trees are printed, and what has been."""

    depth: int
    print_type: bool
    ids: str
    stop_on_name: bool
    names: dict[Any, str]
    seen: dict[Any, str]
    more: Callable[[Variable], str]

    def lines(self, root: Variable, start: str = "", outside: Mapping[Variable, Variable | None] = {}) -> Iterable[str]:
        """Lines of one root, by an explicit stack: a chain of any length prints at the default recursion limit."""
        stack: list[tuple[Variable, str]] = [(root, start)]
        while stack:
            variable, prefix = stack.pop()
            node = variable.owner
            key = node if node is not None else variable
            known = key in self.seen
            yield prefix + self.line(variable) + self._outside(outside.get(variable))
            level = (len(prefix) - len(start)) // 2
            if node is None or (self.depth >= 0 and level + 1 >= self.depth) or (self.stop_on_name and variable.name and prefix != start):
                continue
            inside = prefix + " |"
            if known:
                if node.inputs:
                    yield f"{inside}..."
                continue
            self.seen[key] = ""
            stack.extend((child, inside) for child in reversed(node.inputs))

    def line(self, variable: Variable) -> str:
        key = variable.owner if variable.owner is not None else variable
        kind = f" <{variable.type}>" if self.print_type else ""
        return f"{_label(variable)}{_identity(key, self.ids, self.names)}{kind}{_name(variable)}{self.more(variable)}"

    def _outside(self, variable: Variable | None) -> str:
        """What an input of a graph in a graph stands for."""
        if variable is None:
            return ""
        key = variable.owner if variable.owner is not None else variable
        return f" ->{_identity(key, self.ids, self.names) or f' {_label(variable)}'}"

    def held(self, before: Container[Any]) -> Iterable[str]:
        """The graphs that nodes hold which have been printed, but not ``before``, and those that nodes in these hold."""
        waiting = [node for node in self.seen if hasattr(getattr(node, "op", None), "held_graphs") and node not in before]
        if waiting:
            yield from ("", "Inner graphs:")
        while waiting:
            node, known = waiting.pop(0), set(self.seen)
            _, graphs = node.op.held_graphs()
            yield ""
            yield self.line(node.outputs[0])
            for (formal, outputs), actual in zip(graphs, node.op.outer_arguments(node.inputs), strict=True):
                outside = dict(zip(formal, actual, strict=True))
                for out in outputs:
                    yield from self.lines(out, " >", outside)
            waiting += [inner for inner in self.seen if inner not in known and hasattr(getattr(inner, "op", None), "held_graphs")]


def _label(variable: Variable) -> str:
    node = variable.owner
    if node is None:
        return str(variable)
    return f"{node.op}.{variable.index}" if len(node.outputs) > 1 else str(node.op)


def _name(variable: Variable) -> str:
    return f" '{variable.name or ''}'" if variable.owner is not None else ""


def _stored(variable: Variable) -> str:
    if isinstance(variable, Constant):
        return f" [{variable.data!r}]"
    return f" [{variable.get_value(borrow=True)!r}]" if hasattr(variable, "get_value") else ""


def _uses(variable: Variable) -> str:
    """What uses ``variable``, by operation and position, if several do."""
    uses = [] if variable.fgraph is None else variable.fgraph.clients[variable]
    return f" clients:[{', '.join(f'{user.op if isinstance(user, Apply) else user} {k}' for user, k in uses)}]" if len(uses) > 1 else ""


def _identity(key: Any, ids: str, names: dict[Any, str]) -> str:
    if not ids:
        return ""
    if key not in names:
        count = len(names)
        names[key] = hex(id(key)) if ids == "id" else str(count) if ids == "int" else _letters(count)
    return f" [id {names[key]}]"


def _letters(number: int) -> str:
    """A ... Z, BA ... : numbers written with the letters as digits, as in the classic output."""
    text = chr(ord("A") + number % 26)
    while number >= 26:
        number //= 26
        text = chr(ord("A") + number % 26) + text
    return text
