"""THE list of rewriting stages: their names, their order, and the groups of rules that run in each.

Merging of equal nodes is part of every visit, so the stage ``merge`` has no rules of its own.  The stages up to
``stabilize`` keep the meaning of the graph in terms of the classic ops; ``specialize`` and ``blas`` choose forms that
are faster to run; ``expand`` replaces what is left of composite ops by their parts.
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

    def rewrites(self) -> list[Rewrite]:
        return [rule for group in self.groups for rule in GROUPS.get(group, ())]


STAGES = (
    Stage("merge"),
    Stage("canonicalize", ("custom_canonicalize", "fold", "useless", "shape", "lift", "stabilize", "algebra")),
    Stage("stabilize", ("custom_stabilize", "fold", "useless", "shape", "lift", "stabilize", "algebra")),
    Stage("specialize", ("custom_specialize", "fold", "useless", "shape", "specialize")),
    Stage("blas", ("custom_blas", "fold", "useless", "blas")),
    Stage("dot22", ("dot22",)),
    Stage("expand", ("expand", "fold", "useless", "shape", "specialize")),
)


def optimize(
    fgraph: FunctionGraph, stages: Iterable[Stage] | None = None, including: Iterable[str] = (), excluding: Iterable[str] = ()
) -> Report:
    """Rewrite ``fgraph`` in place, stage after stage, and report what was done.

    ``including`` names groups that no stage runs by itself (they join the stage ``specialize``); ``excluding`` names stages,
    groups, tags or single rules to leave out.  ``expand`` cannot be left out: what follows does not know composite ops.
    """
    included, excluded = tuple(including), frozenset(excluding) - {"expand"}
    rewriter = Rewriter(fgraph)
    for stage in STAGES if stages is None else stages:
        if stage.name in excluded:
            continue
        rules = stage.rewrites()
        if stage.name == "specialize":
            rules += [rule for group in included for rule in GROUPS.get(group, ())]
        rules = [r for r in rules if r.name not in excluded and r.group not in excluded and not r.tags & excluded]
        rewriter.run(rules, stage.name)
    return rewriter.report
