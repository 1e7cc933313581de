"""Rewriting: from the graph as the user wrote it to one that is faster to run and numerically stable.

Rules are equations (:mod:`~theano.rewrite.pattern`) or functions of a node; both are :class:`~theano.rewrite.engine.Rewrite`.
:data:`~theano.rewrite.stages.STAGES` is the one list of what runs when.  This room assumes the ops of the tensor rooms and
of the rooms up to scanning; it builds only with their public operations.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> x = T.dvector("x")
>>> graph = FunctionGraph([x], [(x + x) * 2])
>>> report = optimize(graph)
>>> len(graph.apply_nodes)
1
"""

from theano.rewrite import (
    algebra,
    asking,
    blas,
    branching,
    expand,
    fold,
    hoist,
    lift,
    loops,
    shape,
    sharing,
    softmax,
    specialize,
    stabilize,
    useless,
)
from theano.rewrite.engine import GROUPS, Report, Rewrite, Rewriter, anchored, register, rewrite
from theano.rewrite.local import local_optimizer
from theano.rewrite.pattern import rules
from theano.rewrite.stages import STAGES, Stage, optdb, optimize

__all__ = [
    "GROUPS",
    "STAGES",
    "Report",
    "Rewrite",
    "Rewriter",
    "Stage",
    "algebra",
    "anchored",
    "asking",
    "blas",
    "branching",
    "expand",
    "fold",
    "hoist",
    "lift",
    "local_optimizer",
    "loops",
    "optdb",
    "optimize",
    "register",
    "rewrite",
    "rules",
    "shape",
    "sharing",
    "softmax",
    "specialize",
    "stabilize",
    "useless",
]
