"""Operations that overwrite their inputs: readers before destroyers, or not at all.

An operation says in ``destroy_map`` which inputs it overwrites and in ``view_map`` which outputs are views.  A *root* is a variable that is
no view; overwriting a view overwrites its roots, and so all their other views.  A :class:`DestroyHandler` demands that everything that
reads such a view runs before, and refuses graphs in which that cannot be.

>>> from theano.graph import Apply, FunctionGraph, Op, generic
>>> class Sort(Op):
...     itypes = otypes = [generic]
...     destroy_map = {0: [0]}
>>> class Copy(Op):
...     itypes = otypes = [generic]
>>> x = generic("x")
>>> graph = FunctionGraph([x], [Sort()(x), Copy()(x)], clone=False, features=[DestroyHandler()])
>>> [str(node) for node in graph.toposort()]
['Copy(x)', 'Sort(x)']
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from theano.errors import InconsistencyError, message
from theano.graph.features import AlreadyThere, Bookkeeper
from theano.graph.running import check_maps
from theano.graph.traversal import view_roots
from theano.graph.variable import Apply, Constant

if TYPE_CHECKING:
    from theano.graph.function_graph import FunctionGraph


class DestroyHandler(Bookkeeper):
    """Orders readers before destroyers, and refuses what has no such order.

    It gives the graph ``destroyers(variable)`` and ``has_destroyers(variables)``.  A graph without destroyers costs nothing.
    ``do_imports_on_attach=False``: nodes that are there already are not looked at; the handler knows those that come.
    """

    def __init__(self, do_imports_on_attach: bool = True, algo: Any = None) -> None:
        """``algo`` is taken and not used: there is one algorithm."""
        self.do_imports_on_attach = do_imports_on_attach
        self._destroyers: dict[Apply, None] = {}
        self._orderings: OrderedDict[Apply, list[Apply]] | None = None

    def on_attach(self, fgraph: FunctionGraph) -> None:
        if hasattr(fgraph, "destroy_handler"):
            raise AlreadyThere("a DestroyHandler is attached already; a handler watches over one graph")
        if self.do_imports_on_attach:
            super().on_attach(fgraph)
        fgraph.destroy_handler = self  # type: ignore[attr-defined]
        fgraph.destroyers = lambda variable: self.destroyers(variable)  # type: ignore[attr-defined]
        fgraph.has_destroyers = lambda variables: any(map(self.destroyers, variables))  # type: ignore[attr-defined]

    def on_detach(self, fgraph: FunctionGraph) -> None:
        del fgraph.destroy_handler, fgraph.destroyers, fgraph.has_destroyers  # type: ignore[attr-defined]
        self._destroyers.clear()
        self._orderings = None

    def on_import(self, fgraph: FunctionGraph, app: Any, reason: Any) -> None:
        if app.op.destroy_map or app.op.view_map:
            check_maps(app)
        if app.op.destroy_map:
            self._destroyers[app] = None
        self._orderings = None

    def on_prune(self, fgraph: FunctionGraph, app: Any, reason: Any) -> None:
        self._destroyers.pop(app, None)
        self._orderings = None

    def on_change_input(self, fgraph: FunctionGraph, app: Any, i: int, old_r: Any, new_r: Any, reason: Any = None) -> None:
        self._orderings = None

    def destroyers(self, variable: Any) -> list[Apply]:
        """The nodes that overwrite ``variable``, or what it is a view of."""
        roots = set(view_roots(variable))
        return [node for node in self._destroyers if any(not roots.isdisjoint(view_roots(node.inputs[i])) for i in _overwritten(node))]

    def orderings(self, fgraph: FunctionGraph, ordered: bool = True) -> OrderedDict[Apply, list[Apply]]:
        """{destroyer: the nodes that read what it overwrites}; InconsistencyError if something may not be overwritten at all."""
        if self._orderings is None:
            self._orderings = self._found(fgraph) if self._destroyers else OrderedDict()
        return self._orderings

    def validate(self, fgraph: FunctionGraph) -> None:
        """Raise InconsistencyError if something would be read after it was overwritten."""
        if self.orderings(fgraph):
            fgraph.toposort()

    def _found(self, fgraph: FunctionGraph) -> OrderedDict[Apply, list[Apply]]:
        orderings: OrderedDict[Apply, list[Apply]] = OrderedDict()
        destroyer_of: dict[Any, Apply] = {}
        for node in self._destroyers:
            readers: dict[Apply, None] = {}
            for place in _overwritten(node):
                for root in view_roots(node.inputs[place]):
                    if isinstance(root, Constant) or getattr(root.tag, "indestructible", False):
                        raise _refusal(f"{node.op} overwrites {root}, which must stay as it is", node, root)
                    if root in destroyer_of:
                        raise _refusal(f"{root} is overwritten twice: by {destroyer_of[root].op} and by {node.op}", node, root)
                    destroyer_of[root] = node
                    for view in _views_of(fgraph, root):
                        readers.update(_readers(fgraph, node, place, view))
            if readers:
                orderings[node] = list(readers)
        return orderings


def _readers(fgraph: FunctionGraph, node: Apply, place: int, view: Any) -> Iterable[tuple[Apply, None]]:
    """Who else reads ``view``, a view of what ``node`` overwrites at input ``place``."""
    for reader, position in fgraph.clients[view]:
        if reader == "output":
            raise _refusal(f"{node.op} overwrites {view}, which is an output of the graph", node, view)
        if reader is not node:
            yield reader, None
        elif position != place and not _tolerated(node, place, position):
            said = f"{node.op} overwrites its input {place} and reads the same memory as its input {position}"
            raise _refusal(said, node, view)


def _tolerated(node: Apply, place: int, position: int) -> bool:
    """Whether the op knows how to overwrite an input that it also reads as another one."""
    pairs = [*getattr(node.op, "destroyhandler_tolerate_aliased", ())]
    if node.inputs[place] is node.inputs[position]:
        pairs += getattr(node.op, "destroyhandler_tolerate_same", ())
    return (place, position) in map(tuple, pairs)


def _overwritten(node: Apply) -> list[int]:
    return [i for places in node.op.destroy_map.values() for i in places]


def _views_of(fgraph: FunctionGraph, root: Any) -> Iterable[Any]:
    """``root`` and all that may show its memory."""
    found = {root: None}
    stack = [root]
    while stack:
        variable = stack.pop()
        for node, position in fgraph.clients[variable]:
            if node == "output":
                continue
            for output, viewed in node.op.view_map.items():
                if position in viewed and node.outputs[output] not in found:
                    found[node.outputs[output]] = None
                    stack.append(node.outputs[output])
    return found


def _refusal(headline: str, node: Apply, variable: Any) -> InconsistencyError:
    rows = [("overwritten", variable, variable.type, variable.origin), ("by", node.op, "", node.origin)]
    return InconsistencyError(message(headline, rows, cure="use the form of the operation that makes a new array"))


def fast_inplace_check(inputs: Iterable[Any]) -> list[Any]:
    """Those of ``inputs``, variables of one graph, that a new operation may overwrite as far as can be told at a glance.

    Not among them are constants, what is protected, and what is overwritten already."""
    candidates = [v for v in inputs if not isinstance(v, Constant) and not getattr(v.tag, "indestructible", False)]
    graph = candidates[0].fgraph if candidates else None
    if graph is None:
        return []
    protected = {v for feature in graph.features for v in getattr(feature, "protected", ())}
    return [v for v in candidates if protected.isdisjoint(view_roots(v)) and not (hasattr(graph, "destroyers") and graph.destroyers(v))]


class Supervisor:
    """A feature that refuses graphs in which something overwrites one of the variables ``protected``."""

    def __init__(self, protected: Iterable[Any]) -> None:
        self.protected = list(protected)

    def validate(self, fgraph: FunctionGraph) -> None:
        """Raise InconsistencyError if a DestroyHandler knows of something that overwrites one of them."""
        destroyers = getattr(fgraph, "destroyers", lambda variable: ())
        for variable in self.protected:
            for node in destroyers(variable):
                raise _refusal(f"{node.op} overwrites {variable}, which is protected", node, variable)
