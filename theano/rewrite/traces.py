"""Whether rewriting keeps the user's lines, and how a rule hands them on.

Every node knows the lines that it comes from (:mod:`theano.graph.provenance`), and a replacement takes over those of what it
replaces; so rules need do nothing.  These functions are for those that build graphs elsewhere, and for tests.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> x = T.dscalar("x")
>>> check_stack_trace(FunctionGraph([x], [T.exp(T.sin(x))]), ops_to_check="all")
True
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from theano.errors import message
from theano.flags import config
from theano.graph import FunctionGraph, Op, Variable, provenance
from theano.graph.features import Feature
from theano.rewrite.passes import Optimizer

__all__ = ["CheckStackTraceOptimization", "CheckStrackTraceFeature", "check_stack_trace", "copy_stack_trace", "inherit_stack_trace"]


def copy_stack_trace(from_var: Any, to_var: Any) -> Any:
    """Give ``to_var`` (a variable or a list) the lines of ``from_var`` besides its own; gives ``to_var``."""
    origin = provenance.NOWHERE
    for source in from_var if isinstance(from_var, (list, tuple)) else [from_var]:
        origin = provenance.unite(origin, _place(source).origin)
    for target in to_var if isinstance(to_var, (list, tuple)) else [to_var]:
        place = _place(target)
        place.origin = provenance.unite(place.origin, origin)
    return to_var


def _place(variable: Variable) -> Any:
    """What bears the lines of a variable: the node that makes it, or itself."""
    return variable if variable.owner is None else variable.owner


def inherit_stack_trace(from_var: Any) -> provenance.inherit:
    """A context in which whatever is built has the lines of ``from_var``."""
    first = from_var[0] if isinstance(from_var, (list, tuple)) else from_var
    return provenance.inherit(_place(first).origin)


def check_stack_trace(f_or_fgraph: Any, ops_to_check: Any = "last", bug_print: str = "raise") -> bool:
    """Whether the nodes of a function or graph know the user's lines.

    ``ops_to_check``: "last" (the nodes of the outputs), "all", an op, a class of ops, a function of an op, or a list of those.
    ``bug_print``: what happens if a node knows none: "raise" an error, "warn", or "ignore".
    """
    if bug_print not in ("raise", "warn", "ignore"):
        raise ValueError(f"check_stack_trace: bug_print is 'raise', 'warn' or 'ignore', not {bug_print!r}")
    for node in _checked(f_or_fgraph, ops_to_check):
        if node.origin:
            continue
        text = f"check_stack_trace: nothing tells where {node} comes from"
        if bug_print == "raise":
            raise ValueError(message(text, cure="a node that is built outside of rules gets it by copy_stack_trace(from_var, to_var)"))
        if bug_print == "warn":
            warnings.warn(text, stacklevel=2)
        return False
    return True


def _checked(f_or_fgraph: Any, which: Any) -> Iterator[Any]:
    fgraph = getattr(getattr(f_or_fgraph, "maker", None), "fgraph", f_or_fgraph)
    if not isinstance(fgraph, FunctionGraph):
        raise TypeError(f"check_stack_trace: a compiled function or a FunctionGraph is needed, not {f_or_fgraph!r}")
    if isinstance(which, str):
        if which not in ("last", "all"):
            raise ValueError(f"check_stack_trace: ops_to_check is 'last', 'all' or what tells ops apart, not {which!r}")
        yield from fgraph.toposort() if which == "all" else [v.owner for v in fgraph.outputs if v.owner is not None]
        return
    tests = which if isinstance(which, (list, tuple)) else [which]
    yield from (node for node in fgraph.toposort() if any(_is(node.op, test) for test in tests))


def _is(op: Any, test: Any) -> bool:
    if isinstance(test, type):
        return isinstance(op, test)
    if isinstance(test, Op) or not callable(test):
        return bool(op == test)
    return bool(test(op))


class CheckStrackTraceFeature(Feature):
    """A feature that refuses nodes that do not know the user's lines, as ``config.check_stack_trace`` asks."""

    def on_import(self, fgraph: FunctionGraph, node: Any, reason: Any) -> None:
        policy = config.check_stack_trace
        if node.origin or policy == "off":
            return
        text = f"{reason or 'an optimization'} made {node}, and nothing tells where it comes from"
        if policy == "raise":
            raise AssertionError(text)
        if policy == "warn":
            warnings.warn(text, stacklevel=2)
        else:
            print(text)


class CheckStackTraceOptimization(Optimizer):
    """Attaches a :class:`CheckStrackTraceFeature` to the graph."""

    name = "CheckStackTraceOptimization"

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        if not any(isinstance(feature, CheckStrackTraceFeature) for feature in fgraph.features):
            fgraph.attach_feature(CheckStrackTraceFeature())

    def apply(self, fgraph: FunctionGraph) -> None:
        """Nothing more."""
