"""Optimizers that change nothing: they attach a feature to the graph for those that follow, or show the graph as it is.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> x = T.dscalar("x")
>>> fgraph = FunctionGraph([x], [T.exp(x)])
>>> AddDestroyHandler().optimize(fgraph)
>>> hasattr(fgraph, "destroy_handler")
True
>>> PrintCurrentFunctionGraph("before fusion").optimize(fgraph)
PrintCurrentFunctionGraph: before fusion
Elemwise{exp,no_inplace} [id A] ''
 |x [id B]
"""

from __future__ import annotations

from typing import Any

from theano.errors import message
from theano.graph import AlreadyThere, FunctionGraph
from theano.graph.destroying import DestroyHandler
from theano.graph.features import HOOKS
from theano.rewrite.passes import Optimizer


class AddFeatureOptimizer(Optimizer):
    """Attaches ``feature``, for the optimizers that follow; once is enough."""

    def __init__(self, feature: Any) -> None:
        if isinstance(feature, type) or not any(hasattr(feature, hook) for hook in (*HOOKS, "on_attach", "orderings", "validate")):
            cure = "give an object with on_attach, on_import, on_prune or on_change_input, such as theano.gof.toolbox.History()"
            raise TypeError(message(f"AddFeatureOptimizer: {feature!r} is no feature of a graph", cure=cure))
        self.feature = feature

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        attach(fgraph, self.feature)

    def apply(self, fgraph: FunctionGraph) -> None:
        """Nothing: :meth:`add_requirements` did all."""


class AddDestroyHandler(Optimizer):
    """Attaches a DestroyHandler, so that readers run before what overwrites.  Outputs need no guard against being overwritten: what a
    function returns is its caller's own."""

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        if not hasattr(fgraph, "destroy_handler"):
            attach(fgraph, DestroyHandler())

    def apply(self, fgraph: FunctionGraph) -> None:
        """Nothing: :meth:`add_requirements` did all."""


class PrintCurrentFunctionGraph(Optimizer):
    """Prints the graph under a heading: what it is like at this position."""

    def __init__(self, header: str) -> None:
        self.header = header

    def apply(self, fgraph: FunctionGraph) -> None:
        import theano

        print("PrintCurrentFunctionGraph:", self.header)
        theano.printing.debugprint(fgraph.outputs)


def attach(fgraph: FunctionGraph, feature: Any) -> None:
    """Attach a feature, unless it says that another does its work already."""
    try:
        fgraph.attach_feature(feature)
    except AlreadyThere:
        pass


__all__ = ["AddDestroyHandler", "AddFeatureOptimizer", "PrintCurrentFunctionGraph"]
