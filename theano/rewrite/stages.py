"""THE list of rewriting stages: their names, their order, and the groups of rules that run in each.

Merging of equal nodes is part of every visit, so the stage ``merge`` has no rules of its own.  ``canonicalize`` simplifies and
stabilises in one fixed point, so that stable forms are found whether they show before simplification or after it;
``specialize`` and ``blas`` choose forms that are faster to run; ``expand`` replaces what is left of composite ops by their parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from theano.graph import FunctionGraph
from theano.rewrite.engine import GROUPS, Report, Rewrite, Rewriter


@dataclass(frozen=True, slots=True)
class Stage:
    """A fixed point of the rules of some groups; in their order a node tries them."""

    name: str
    groups: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = ()
    """Groups whose rules look only at nodes that are new in this stage, or have changed."""


STAGES = (
    Stage("merge"),
    Stage("canonicalize", ("canonicalize", "fold", "useless", "shape", "lift", "stabilize", "algebra")),
    Stage("specialize", ("specialize",), ("fold", "useless", "shape")),
    Stage("blas", ("blas",), ("fold", "useless")),
    Stage("dot22", ("dot22",)),
    Stage("expand", ("expand",), ("fold", "useless", "shape", "specialize")),
)


def rules_of(groups: Iterable[str], excluded: frozenset[str] = frozenset()) -> list[Rewrite]:
    """The rules of ``groups`` in their order, less those excluded by their name, their group or a tag."""
    chosen = [rule for group in groups for rule in GROUPS.get(group, ())]
    return [r for r in chosen if r.name not in excluded and r.group not in excluded and not r.tags & excluded]


def optimize(
    fgraph: FunctionGraph, stages: Iterable[Stage] | None = None, including: Iterable[str] = (), excluding: Iterable[str] = ()
) -> Report:
    """Rewrite ``fgraph`` in place, stage after stage, and report what was done.

    ``including`` names groups that no stage runs by itself (they join the stage ``specialize``); ``excluding`` names stages,
    groups, tags or single rules to leave out.  ``expand`` cannot be left out: what follows does not know composite ops.
    """
    included, excluded = tuple(including), frozenset(excluding) - {"expand"}
    rewriter = Rewriter(fgraph)
    fgraph.attach_feature(rewriter)
    try:
        for stage in STAGES if stages is None else stages:
            if stage.name not in excluded:
                groups = (*stage.groups, *included) if stage.name == "specialize" else stage.groups
                rewriter.run(rules_of(groups, excluded), stage.name, rules_of(stage.cleanup, excluded))
    finally:
        fgraph.remove_feature(rewriter)
    return rewriter.report
