"""Features: listeners of a function graph, which are told of every change.

>>> from theano.graph import FunctionGraph, generic
>>> class Count(Feature):
...     imported = 0
...     def on_import(self, fgraph, node, reason):
...         self.imported += 1
>>> x = generic("x")
>>> count = Count()
>>> fgraph = FunctionGraph([x], [x], features=[count])
>>> count.imported
0
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from theano.errors import InconsistencyError, TheanoError

if TYPE_CHECKING:
    from theano.graph.function_graph import FunctionGraph
    from theano.graph.variable import Apply


class AlreadyThere(TheanoError):
    """Raised by ``on_attach`` of a feature whose work another one does already."""


class Feature:
    """The base of features; each method is called at the event of its name.  Features need not derive from it."""

    def on_attach(self, function_graph: FunctionGraph) -> None:
        """The feature is being attached; it may raise :class:`AlreadyThere`."""

    def on_detach(self, function_graph: FunctionGraph) -> None:
        """The feature is being removed."""

    def on_import(self, function_graph: FunctionGraph, node: Any, reason: Any) -> None:
        """``node`` has entered the graph; its inputs are there."""

    def on_prune(self, function_graph: FunctionGraph, node: Any, reason: Any) -> None:
        """``node`` has left the graph."""

    def on_change_input(self, function_graph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        """Input ``i`` of ``node`` (or output ``i`` of the graph, where ``node`` is "output") was ``r`` and is ``new_r``."""

    def orderings(self, function_graph: FunctionGraph) -> Mapping[Any, Iterable[Any]]:
        """{node: nodes that must come before it}, beyond what the graph says."""
        return {}


class Bookkeeper(Feature):
    """A feature that is told of the nodes which are there already as if they came in."""

    def on_attach(self, fgraph: FunctionGraph) -> None:
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph: FunctionGraph) -> None:
        for node in fgraph.toposort():
            self.on_prune(fgraph, node, "on_detach")


class NodeFinder(Bookkeeper):
    """Finds the nodes of an op: ``get_nodes(op)``."""

    def __init__(self) -> None:
        self._nodes: dict[Any, dict[Apply, None]] = {}

    def on_attach(self, fgraph: FunctionGraph) -> None:
        if hasattr(fgraph, "get_nodes"):
            raise AlreadyThere("a NodeFinder is attached already")
        fgraph.get_nodes = self.query  # type: ignore[attr-defined]
        super().on_attach(fgraph)

    def on_detach(self, fgraph: FunctionGraph) -> None:
        super().on_detach(fgraph)
        del fgraph.get_nodes  # type: ignore[attr-defined]

    def on_import(self, fgraph: FunctionGraph, node: Any, reason: Any) -> None:
        self._nodes.setdefault(node.op, {})[node] = None

    def on_prune(self, fgraph: FunctionGraph, node: Any, reason: Any) -> None:
        self._nodes.get(node.op, {}).pop(node, None)

    def query(self, fgraph: Any, op: Any = None) -> list[Any]:
        """The nodes of ``op`` (the graph may be left out)."""
        return list(self._nodes.get(fgraph if op is None else op, ()))


class PreserveVariableAttributes(Feature):
    """A replacement takes over the name and the tag of what it replaces."""

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if r.name is not None and new_r.name is None:
            new_r.name = r.name
        if r._tag is not None and r._tag.__dict__ and not (new_r._tag is not None and new_r._tag.__dict__):
            new_r.tag.__update__(r._tag)


class PreserveNames(Feature):
    """A replacement takes over the name of what it replaces."""

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if r.name is not None and new_r.name is None:
            new_r.name = r.name


class PrintListener(Feature):
    """Prints every change, for debugging."""

    def __init__(self, active: bool = True) -> None:
        self.active = active

    def _say(self, *words: object) -> None:
        if self.active:
            print("--", *words)

    def on_attach(self, fgraph: FunctionGraph) -> None:
        self._say("attaching to", fgraph)

    def on_detach(self, fgraph: FunctionGraph) -> None:
        self._say("detaching from", fgraph)

    def on_import(self, fgraph: FunctionGraph, node: Any, reason: Any) -> None:
        self._say("importing", node, "reason:", reason)

    def on_prune(self, fgraph: FunctionGraph, node: Any, reason: Any) -> None:
        self._say("pruning", node, "reason:", reason)

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        self._say(f"changing ({node}, {i}) from {r} to {new_r}", "reason:", reason)


class NoOutputFromInplace(Feature):
    """Refuses graphs whose outputs first_output_idx to last_output_idx are made in place."""

    def __init__(self, first_output_idx: int = 0, last_output_idx: int | None = None) -> None:
        self.first_output_idx, self.last_output_idx = first_output_idx, last_output_idx

    def validate(self, fgraph: FunctionGraph) -> None:
        for output in fgraph.outputs[self.first_output_idx : self.last_output_idx]:
            if output.owner is not None and output.index in output.owner.op.destroy_map:
                raise InconsistencyError(f"the output {output} is made in place by {output.owner.op}")


HOOKS = ("on_import", "on_prune", "on_change_input")


def listeners(features: Iterable[Any], hook: str) -> list[Callable[..., Any]]:
    """The bound methods of the features that have something to say at ``hook``."""
    default = getattr(Feature, hook, None)
    methods = [getattr(feature, hook, None) for feature in features]
    return [method for method in methods if method is not None and getattr(method, "__func__", method) is not default]
