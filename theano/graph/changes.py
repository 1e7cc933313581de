"""Features that undo changes, and that refuse them.

Replacing with a check is built into every graph (``fgraph.replace_validate`` ...); what stands here adds marks to go back to, and
remembers what must not come back.

>>> from theano.graph import Apply, FunctionGraph, Op, generic
>>> class Pair(Op):
...     def make_node(self, *inputs):
...         return Apply(self, inputs, [generic()])
>>> a, b = generic("a"), generic("b")
>>> graph = FunctionGraph([a, b], [Pair()(a, b)], clone=False, features=[History()])
>>> mark = graph.checkpoint()
>>> graph.replace(a, b)
>>> graph.revert(mark)
>>> graph.outputs[0].owner
Pair(a, b)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from theano.errors import InconsistencyError, message
from theano.graph.features import AlreadyThere, Feature

if TYPE_CHECKING:
    from theano.graph.function_graph import FunctionGraph
    from theano.graph.variable import Apply


class LambdExtract:
    """Called, it takes a change back: input ``i`` of ``node`` (or output ``i`` of the graph) is ``r`` again."""

    __slots__ = ("fgraph", "node", "i", "r", "reason")

    def __init__(self, fgraph: FunctionGraph, node: Apply | Literal["output"], i: int, r: Any, reason: Any = None) -> None:
        self.fgraph, self.node, self.i, self.r, self.reason = fgraph, node, i, r, reason

    def __call__(self) -> None:
        self.fgraph.change_input(self.node, self.i, self.r, reason=("revert", self.reason))


class GetCheckpoint:
    """Called, it gives a mark of the present state of ``fgraph``, to which ``history`` can go back."""

    def __init__(self, history: History, fgraph: FunctionGraph) -> None:
        self.history, self.fgraph = history, fgraph

    def __call__(self) -> int:
        return len(self.history.history[self.fgraph])


class History(Feature):
    """Remembers changes: ``fgraph.checkpoint()`` gives a mark, ``fgraph.revert(mark)`` undoes what came after it."""

    def __init__(self) -> None:
        self.history: dict[FunctionGraph, list[LambdExtract]] = {}

    def on_attach(self, fgraph: FunctionGraph) -> None:
        if hasattr(fgraph, "checkpoint") or hasattr(fgraph, "revert"):
            raise AlreadyThere("a History is attached already")
        self.history[fgraph] = []
        fgraph.checkpoint = GetCheckpoint(self, fgraph)  # type: ignore[attr-defined]
        fgraph.revert = partial(self.revert, fgraph)  # type: ignore[attr-defined]

    def on_detach(self, fgraph: FunctionGraph) -> None:
        del fgraph.checkpoint, fgraph.revert, self.history[fgraph]  # type: ignore[attr-defined]

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        self.history[fgraph].append(LambdExtract(fgraph, node, i, r, reason))

    def revert(self, fgraph: FunctionGraph, checkpoint: int) -> None:
        """Undo what has changed since ``checkpoint``; marks that are younger are void then."""
        changes = self.history[fgraph]
        if not isinstance(checkpoint, int) or not 0 <= checkpoint <= len(changes):
            raise ValueError(
                f"{checkpoint!r} is no mark of this graph, or one that an earlier revert has passed; fgraph.checkpoint() makes one"
            )
        undone, changes[:] = changes[checkpoint:], changes[:checkpoint]
        for change in reversed(undone):
            change()
        del changes[checkpoint:]  # undoing is a change, too


class Validator(Feature):
    """``fgraph.validate()`` and ``fgraph.consistent()``, which every graph has, as methods of a feature."""

    def on_attach(self, fgraph: FunctionGraph) -> None:
        _only_one(self, fgraph, Validator)

    def validate_(self, fgraph: FunctionGraph) -> None:
        """Raise InconsistencyError unless all features find the graph in order."""
        fgraph.validate()

    def consistent_(self, fgraph: FunctionGraph) -> bool:
        """Whether they do."""
        return fgraph.consistent()


class ReplaceValidate(Validator):
    """Replacing with a check.  Beyond what every graph does, what :meth:`replace_all_validate_remove` took out may not return."""

    def __init__(self) -> None:
        self._removed: set[Apply] = set()
        self._returned: list[Apply] = []

    def on_attach(self, fgraph: FunctionGraph) -> None:
        _only_one(self, fgraph, ReplaceValidate)
        fgraph.replace_all_validate_remove = partial(self.replace_all_validate_remove, fgraph)  # type: ignore[method-assign]

    def on_detach(self, fgraph: FunctionGraph) -> None:
        del fgraph.replace_all_validate_remove

    def replace_validate(self, fgraph: FunctionGraph, r: Any, new_r: Any, reason: Any = None) -> None:
        """``fgraph.replace_validate``."""
        fgraph.replace_validate(r, new_r, reason)

    def replace_all_validate(
        self, fgraph: FunctionGraph, replacements: Iterable[tuple[Any, Any]], reason: Any = None, verbose: bool | None = None
    ) -> None:
        """``fgraph.replace_all_validate``."""
        fgraph.replace_all_validate(replacements, reason, verbose)

    def replace_all_validate_remove(
        self,
        fgraph: FunctionGraph,
        replacements: Iterable[tuple[Any, Any]],
        remove: Iterable[Apply],
        reason: Any = None,
        warn: bool = True,
    ) -> None:
        """``fgraph.replace_all_validate_remove``; what it has removed must stay away."""
        remove = list(remove)
        type(fgraph).replace_all_validate_remove(fgraph, replacements, remove, reason, warn)
        self._removed.update(remove)

    def on_import(self, fgraph: FunctionGraph, node: Any, reason: Any) -> None:
        if node not in self._removed:
            return
        if isinstance(reason, tuple) and reason[:1] == ("revert",):  # who goes back to before the removal takes it back
            self._removed.discard(node)
        else:
            self._returned.append(node)

    def validate(self, fgraph: FunctionGraph) -> None:
        """Raise InconsistencyError if a node is back that was removed."""
        returned = [node for node in self._returned if node in fgraph.apply_nodes]
        self._returned.clear()
        if returned:
            rows = [(node.op, "built at", node.origin) for node in returned]
            raise InconsistencyError(message("a replacement brings back what was removed from the graph", rows))


def _only_one(feature: Feature, fgraph: FunctionGraph, kind: type[Feature]) -> None:
    if any(isinstance(other, kind) for other in fgraph.features):
        raise AlreadyThere(f"a {kind.__name__} is attached already")
