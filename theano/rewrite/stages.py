"""THE list of rewriting stages: their names, their order, and the groups of rules that run in each.

Merging of equal nodes is part of every visit, so the stage ``merge`` has no rules of its own.  ``canonicalize`` simplifies and
stabilises in one fixed point, so that stable forms are found whether they show before simplification or after it;
``specialize`` and ``blas`` choose forms that are faster to run; ``expand`` replaces what is left of composite ops by their parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from theano.graph import FunctionGraph
from theano.rewrite.engine import GROUPS, Report, Rewrite, Rewriter


@dataclass(frozen=True, slots=True)
class Stage:
    """A fixed point of the rules of some groups; in their order a node tries them."""

    name: str
    groups: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = ()
    """Groups whose rules look only at nodes that are new in this stage, or have changed."""
    position: float = 0.0
    """Where it stands among what users add, which says a position too."""


STAGES = (
    Stage("merge"),
    Stage("canonicalize", ("canonicalize", "fold", "useless", "shape", "lift", "stabilize", "algebra"), position=1.0),
    Stage("specialize", ("specialize",), ("fold", "useless", "shape"), 2.0),
    Stage("blas", ("blas",), ("fold", "useless"), 3.0),
    Stage("dot22", ("dot22",), position=4.0),
    Stage("expand", ("expand",), ("fold", "useless", "shape", "specialize"), 50.0),
)


def rules_of(groups: Iterable[str], excluded: frozenset[str] = frozenset(), required: frozenset[str] = frozenset()) -> list[Rewrite]:
    """The rules of ``groups`` in their order, less those excluded by their name, their group or a tag, and those that lack a
    name of ``required``."""
    chosen = [(rule, {rule.name, rule.group, *rule.tags}) for group in groups for rule in GROUPS.get(group, ())]
    return [rule for rule, names in chosen if excluded.isdisjoint(names) and required <= names]


def optimize(
    fgraph: FunctionGraph,
    stages: Iterable[Stage] | None = None,
    including: Iterable[str] = (),
    excluding: Iterable[str] = (),
    requiring: Iterable[str] = (),
    extra: Iterable[Any] = (),
) -> Report:
    """Rewrite ``fgraph`` in place, stage after stage, and report what was done.

    ``including`` names groups that no stage runs by itself (they join the stage ``specialize``); ``excluding`` names stages,
    groups, tags or single rules to leave out; a rule must bear all names ``requiring``.  ``extra``: further rules or optimizers, or
    pairs of one and the position at which it runs.  ``expand`` cannot be left out: what follows does not know composite ops.
    """
    included, excluded, required = tuple(including), frozenset(excluding) - {"expand"}, frozenset(requiring)
    rewriter = Rewriter(fgraph)
    fgraph.attach_feature(rewriter)
    try:
        for step in _in_order(STAGES if stages is None else stages, extra):
            if not isinstance(step, Stage):
                _run_extra(step, rewriter)
            elif step.name not in excluded:
                groups = (*step.groups, *included) if step.name == "specialize" else step.groups
                kept = required if step.name != "expand" else frozenset[str]()
                rewriter.run(rules_of(groups, excluded, kept), step.name, rules_of(step.cleanup, excluded, kept))
    finally:
        fgraph.remove_feature(rewriter)
    return rewriter.report


def _in_order(stages: Iterable[Stage], extra: Iterable[Any]) -> list[Any]:
    """Stages and what was added to them by position; what has none comes before the last stage."""
    pairs = [given if isinstance(given, tuple) else (given, STAGES[-1].position - 1) for given in extra]
    steps = [(stage.position, stage) for stage in stages] + [(float(position), step) for step, position in pairs]
    return [step for _, step in sorted(steps, key=lambda pair: pair[0])]


def _run_extra(optimizer: Any, rewriter: Rewriter) -> None:
    if isinstance(optimizer, Rewrite):
        rewriter.run([optimizer], optimizer.name)
    else:
        optimizer.optimize(rewriter.fgraph)
