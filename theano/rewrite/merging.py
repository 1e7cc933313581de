"""Merging: equal nodes become one, equal constants become one; in a function graph, and in graphs that are in none.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> x = T.dscalar("x")
>>> fgraph = FunctionGraph([x], [T.exp(x) * T.exp(x)])
>>> report = MergeOptimizer().optimize(fgraph)
>>> report.merged, len(fgraph.apply_nodes)
(1, 2)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, Op, Variable, graph_inputs, io_toposort
from theano.graph.clone import clone_get_equiv
from theano.graph.features import AlreadyThere, Feature
from theano.rewrite.engine import Report, Rewriter, constant_key
from theano.rewrite.local import LocalOptimizer, applies_to
from theano.rewrite.passes import Optimizer


class MergeOptimizer(Optimizer):
    """Merges equal nodes, those that apply the same op to the same inputs, and equal constants."""

    name = "MergeOptimizer"

    def apply(self, fgraph: FunctionGraph) -> Report:
        with Rewriter.of(fgraph) as rewriter:
            rewriter.run((), "merge")
            return rewriter.report


class MergeFeature(Feature):
    """A feature that looks for equal nodes and constants as they come in: ``scheduled`` lists what may be merged, as lists of pairs
    (variable, the equal one to keep)."""

    def __init__(self) -> None:
        self.scheduled: list[list[tuple[Variable, Variable]]] = []
        self._constants: dict[Any, Constant] = {}
        self._seen: set[Apply] = set()

    def on_attach(self, fgraph: FunctionGraph) -> None:
        if hasattr(fgraph, "merge_feature"):
            raise AlreadyThere("a MergeFeature is attached already")
        fgraph.merge_feature = self  # type: ignore[attr-defined]
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph: FunctionGraph) -> None:
        del fgraph.merge_feature  # type: ignore[attr-defined]

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if node != "output":
            self.on_import(fgraph, node, reason)

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        for variable in node.inputs:
            if isinstance(variable, Constant):
                self.process_constant(fgraph, variable)
        self.process_node(fgraph, node)

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        self._seen.discard(node)
        gone = {*node.outputs}
        self.scheduled = [pairs for pairs in self.scheduled if not any(v in gone for pair in pairs for v in pair)]

    def process_constant(self, fgraph: FunctionGraph, c: Constant) -> None:
        """Schedule ``c`` if an equal constant came before."""
        key = constant_key(c)
        known = c if key is None else self._constants.setdefault(key, c)
        if known is not c:
            self.scheduled.append([(c, known)])

    def process_node(self, fgraph: FunctionGraph, node: Apply) -> None:
        """Schedule the outputs of ``node`` if a node that came before does the same."""
        for client, _ in fgraph.clients[node.inputs[0]] if node.inputs else ():
            if client is node or client not in self._seen or client.op != node.op or len(client.inputs) != len(node.inputs):
                continue
            if all(a is b for a, b in zip(client.inputs, node.inputs)):
                self.scheduled.append(list(zip(node.outputs, client.outputs)))
                return
        self._seen.add(node)


# ---------------------------------------------------------------------------------- graphs outside function graphs


def pre_constant_merge(vars: Iterable[Variable]) -> Iterable[Variable]:
    """Let nodes that the variables are made of share equal constants, in place; gives the variables."""
    known: dict[Any, Constant] = {}
    for node in io_toposort((), list(vars)):
        for position, variable in enumerate(node.inputs):
            if isinstance(variable, Constant):
                node.inputs[position] = known.setdefault(_signature(variable), variable)
    return vars


def _signature(constant: Constant) -> Any:
    """What equal constants share; one without a hash equals only itself."""
    signature = constant.merge_signature()
    try:
        hash(signature)
    except TypeError:
        return id(constant)
    return signature


def pre_greedy_local_optimizer(list_optimizations: Sequence[LocalOptimizer], out: Variable) -> Any:
    """``out`` with the rules applied to each node that it is made of, inputs first; the graph that there is stays as it is."""
    new: dict[Variable, Variable] = {}
    for node in io_toposort((), [out]):
        inputs = [new.get(v, v) for v in node.inputs]
        current = node if inputs == node.inputs else node.clone_with_new_inputs(inputs)
        outputs = list(current.outputs)
        for rule in list_optimizations:
            owner = outputs[0].owner
            if owner is None or not applies_to(rule, owner.op) or len(owner.outputs) != len(outputs):
                continue
            result = rule.transform(owner)
            pairs = result if isinstance(result, dict) else dict(zip(owner.outputs, result or ()))
            outputs = [pairs.get(v) or v for v in outputs]
        new.update(zip(node.outputs, outputs))
    return new.get(out, out)


def is_same_graph_with_merge(var1: Variable, var2: Variable, givens: Mapping[Variable, Variable] | None = None) -> bool:
    """Whether the two variables are one after merging.  ``givens``: variables and what stands for them."""
    replaced = dict(givens or {})
    roots = [var1, var2, *replaced.values()]
    leaves = [v for v in graph_inputs(roots) if not isinstance(v, Constant)]
    equiv = clone_get_equiv(leaves, roots)
    pre_constant_merge([equiv[v] for v in roots])
    fgraph = FunctionGraph([equiv[v] for v in leaves], [equiv[var1], equiv[var2]], clone=False)
    fgraph.replace_all([(equiv[old], equiv[new]) for old, new in replaced.items() if old in equiv], reason="givens")
    MergeOptimizer().optimize(fgraph)
    first, second = fgraph.outputs
    return first is second


def check_chain(r: Any, *chain: Any) -> bool:
    """Whether ``r`` is made by a chain of ops: an op or class of ops, the number of one of its inputs, the op of that, and so on.

    None as the last op stands for what no op made.
    """
    variable = r.outputs[0] if isinstance(r, Apply) else r
    for place, link in enumerate(chain):
        if place % 2:
            variable = variable.owner.inputs[link]
        elif link is None:
            if variable.owner is not None:
                return False
        elif variable.owner is None or not _made_by(variable.owner.op, link):
            return False
    return True


def _made_by(op: Any, link: Any) -> bool:
    return isinstance(op, link) if isinstance(link, type) and issubclass(link, Op) else bool(op == link)


def merge_dict(d1: Mapping[Any, Any], d2: Mapping[Any, Any]) -> dict[Any, Any]:
    """Both dictionaries in one; values of the same key are added."""
    merged = dict(d1)
    for key, value in d2.items():
        merged[key] = merged[key] + value if key in merged else value
    return merged


__all__ = [
    "MergeFeature", "MergeOptimizer", "check_chain", "is_same_graph_with_merge", "merge_dict", "pre_constant_merge",
    "pre_greedy_local_optimizer",
]  # fmt: skip
