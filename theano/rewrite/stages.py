"""THE list of rewriting stages: their names, their order, and the groups of rules that run in each; and ``optdb``, the list as a database.

Merging of equal nodes is part of every visit, so the stage ``merge1`` has no rules of its own.  ``canonicalize`` simplifies and
stabilises in one fixed point, so that stable forms are found whether they show before simplification or after it;
``specialize`` and ``blas`` choose forms that are faster to run; ``expand`` replaces what is left of composite ops by their parts.
Stages without groups are places for the rules of extensions.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> from theano.rewrite.local import local_optimizer
>>> @local_optimizer([T.sin])
... def sin_is_cos(node):
...     return [T.cos(node.inputs[0])]
>>> optdb["specialize"].register("sin_is_cos", sin_is_cos, "fast_run")
>>> x = T.dscalar("x")
>>> graph = FunctionGraph([x], [T.sin(x)])
>>> report = optimize(graph)
>>> graph.outputs
[Elemwise{cos,no_inplace}.0]
>>> optdb["specialize"].unregister("sin_is_cos")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any

from theano.flags import config
from theano.graph import FunctionGraph
from theano.rewrite.database import DB, EquilibriumDB, SequenceDB
from theano.rewrite.engine import GROUPS, Report, Rewrite, Rewriter
from theano.rewrite.local import name_of, report_failure
from theano.rewrite.merging import MergeOptimizer
from theano.rewrite.passes import EquilibriumOptimizer, Optimizer, SeqOptimizer
from theano.rewrite.query import Query


@dataclass(frozen=True, slots=True)
class Stage:
    """A fixed point of the rules of some groups; in their order a node tries them."""

    name: str
    groups: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = ()
    """Groups whose rules look only at nodes that are new in this stage, or have changed."""
    position: float = 0.0
    """Where it stands among what extensions register, which says a position too."""
    tags: tuple[str, ...] = ()
    merges: bool = False
    """Whether it does nothing but merge equal nodes."""


TIDY = ("fold", "useless", "shape")
CANONICAL = ("canonicalize", "fold", "useless", "shape", "lift", "stabilize", "algebra")

STAGES = (
    Stage("merge1", position=0.0, tags=("fast_compile", "merge"), merges=True),
    Stage("useless", (), TIDY, 0.6, ("fast_compile",)),
    Stage("canonicalize", CANONICAL, (), 1.0, ("fast_compile",)),
    Stage("stabilize", (), CANONICAL, 1.5),
    Stage("specialize", ("specialize",), TIDY, 2.0),
    Stage("blas", ("blas",), ("fold", "useless"), 2.4, ("BlasOpt",)),
    Stage("dot22", ("dot22",), (), 2.6),
    Stage("uncanonicalize", (), TIDY, 3.0),
    Stage("specialize_device", (), TIDY, 48.6, ("fast_compile",)),
    Stage("merge2", position=49.0, tags=("merge",), merges=True),
    Stage("merge3", position=100.0, tags=("merge",), merges=True),
    Stage("expand", ("expand",), (*TIDY, "specialize"), inf),
)
EXPAND = STAGES[-1]
"""What follows does not know composite ops: this stage runs after all others, whatever was asked for."""


class StageDB(EquilibriumDB):
    """The rules of a stage: those that extensions have registered, and behind them our own."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage, self.name = stage, stage.name

    def entries(self) -> Iterator[tuple[str, Any, frozenset[str]]]:
        yield from super().entries()
        for group in self.stage.groups:
            for rule in GROUPS.get(group, ()):
                yield rule.name, rule, self._tags.get(rule.name) or frozenset((rule.name, group, self.stage.name, "fast_run", *rule.tags))
        if self.stage.name == "specialize":  # the groups that run only if their name is asked for
            for group in GROUPS.keys() - STAGED:
                yield from ((rule.name, rule, frozenset((rule.name, group, *rule.tags))) for rule in GROUPS[group])

    def made(self, query: Query) -> EquilibriumOptimizer:
        made = super().made(query)
        made.name = self.stage.name
        if made.local_optimizers or made.global_optimizers or made.final_optimizers:
            exclude, require = frozenset(query.exclude), frozenset(query.require) - {self.stage.name}
            for group in self.stage.cleanup:
                for rule in GROUPS.get(group, ()):
                    tags = {rule.name, group, "fast_run", *rule.tags}
                    if exclude.isdisjoint(tags) and require <= tags:
                        made.cleanup_optimizers.append(rule)
        return made

    def changed(self) -> list[str]:
        """The names of what extensions have registered, and of our rules whose tags they have changed."""
        return list(self._tags)

    def _known(self, name: str) -> None:
        if name not in self._tags:
            for known, rule, tags in self.entries():
                if known == name and isinstance(rule, Rewrite):
                    self._tags[name] = tags
                    return
        super()._known(name)

    def unregister(self, name: str) -> None:
        if name not in self._objects and name in self:
            raise ValueError(f"{self._title()}: {name!r} is not one of the rules that were registered; exclude it by its name in a mode")
        super().unregister(name)


REMEMBERED = 32
"""How many queries of different words are kept ready."""

STAGED = frozenset(group for stage in STAGES for group in (*stage.groups, *stage.cleanup))


class OptDB(SequenceDB):
    """All stages but the last, at their positions, and what extensions have registered."""

    def __init__(self) -> None:
        super().__init__(_on_failure)
        self.ours: dict[str, frozenset[str]] = {}
        for stage in STAGES[:-1]:
            self.register(stage.name, MergeOptimizer() if stage.merges else StageDB(stage), stage.position, "fast_run", *stage.tags)
        self.ours.update(self._tags)
        self._unchanged = DB.changes
        self._prepared: dict[Any, SeqOptimizer] = {}

    def prepared(self, query: Query) -> SeqOptimizer:
        """As :meth:`made`, remembered as long as nothing is registered; what it gives must not be changed."""
        if query.extra_optimizations:
            return self.made(query)
        key = query.facts(), config.optdb.position_cutoff, DB.changes, _count_of_rules()
        found = self._prepared.get(key)
        if found is None:
            if len(self._prepared) >= REMEMBERED:
                self._prepared.clear()
            found = self._prepared[key] = self.made(query)
            for opt in found:
                if isinstance(opt, EquilibriumOptimizer):
                    opt.freeze()
        return found

    def _title(self) -> str:
        return "optdb"

    def unregister(self, name: str) -> None:
        if name in self.ours:
            raise ValueError(f"optdb: {name!r} is one of the stages; exclude it by its name in a mode")
        super().unregister(name)

    def custom(self, query: Query) -> list[str]:
        """The names of all that ``query`` asks for and that is not our own."""
        if DB.changes == self._unchanged and not query.extra_optimizations:
            return []
        stages = [db for db in self._objects.values() if isinstance(db, StageDB)]
        retagged = [name for name, tags in self.ours.items() if tags != self._tags[name]]
        if self._objects.keys() == self.ours.keys() and not retagged and not any(db.changed() for db in stages):
            return [name_of(extra[0] if isinstance(extra, tuple) else extra) for extra in query.extra_optimizations]
        found = [*retagged, *(name for db in stages for name in db.changed() if name not in db._objects)]
        for opt in self.prepared(query):
            if name_of(opt) not in self.ours:
                found.append(name_of(opt))
            elif isinstance(opt, EquilibriumOptimizer):
                parts = (*opt.local_optimizers, *opt.global_optimizers, *opt.final_optimizers, *opt.cleanup_optimizers)
                found += [name_of(part) for part in parts if not isinstance(part, Rewrite)]
        return found


def _on_failure(error: Exception, sequence: Any, opt: Any) -> None:
    """What is wrong with our own rules is raised; of the passes of extensions ``config.on_opt_error`` says what to do."""
    if name_of(opt) in optdb.ours:
        raise error
    report_failure(error, [], opt)


optdb = OptDB()
local_useless = optdb["useless"]


# ------------------------------------------------------------------------------------------------------- running


class StagedOptimizer(Optimizer):
    """All that a query of ``optdb`` asks for, and then ``expand``: what makes a graph ready for lowering."""

    def __init__(self, query: Query) -> None:
        self.query, self.name = query, str(query)

    def apply(self, fgraph: FunctionGraph) -> Report:
        with Rewriter.of(fgraph) as rewriter:
            optdb.prepared(self.query).optimize(fgraph)
            finish(fgraph, self.query)
            return rewriter.report


def finish(fgraph: FunctionGraph, query: Query | None = None) -> Report:
    """What every graph needs that goes to lowering, whichever optimizer ran over it before; without what ``query`` leaves out."""
    exclude = tuple(tag for tag in query.exclude if tag != EXPAND.name) if query is not None else ()
    with Rewriter.of(fgraph) as rewriter:
        MergeOptimizer().optimize(fgraph)
        _settle(fgraph)
        _expansion(exclude, _count_of_rules()).optimize(fgraph)
        _settle(fgraph)
        return rewriter.report


def _settle(fgraph: FunctionGraph) -> None:
    """Let go of a DestroyHandler that finds no order any more: without it what is overwritten is copied."""
    handler = getattr(fgraph, "destroy_handler", None)
    if handler is not None and not fgraph.consistent():
        fgraph.remove_feature(handler)


@lru_cache(REMEMBERED)
def _expansion(exclude: tuple[str, ...], count: int) -> EquilibriumOptimizer:
    made = StageDB(EXPAND).made(Query([EXPAND.name], exclude=exclude))
    made.freeze()
    return made


def _count_of_rules() -> int:
    """Changes whenever one of our own rules is declared."""
    return sum(map(len, GROUPS.values()))


def optimize(
    fgraph: FunctionGraph,
    stages: Iterable[Stage] | None = None,
    including: Iterable[str] = (),
    excluding: Iterable[str] = (),
    requiring: Iterable[str] = (),
    extra: Iterable[Any] = (),
) -> Report:
    """Rewrite ``fgraph`` in place by all rules of every mode that is not told otherwise, and report what was done.

    ``including`` and the others are names and tags, as of a :class:`~theano.rewrite.query.Query`; ``extra``: further
    optimizers, or pairs of one and its position.  ``stages``: only these.
    """
    query = Query(["fast_run", *including], requiring, excluding, extra_optimizations=extra)
    if stages is None:
        return StagedOptimizer(query).apply(fgraph)
    with Rewriter.of(fgraph) as rewriter:
        for stage in stages:
            if stage is EXPAND:
                finish(fgraph, query)
            elif not {stage.name, *stage.tags} & set(query.exclude):
                db: Any = MergeOptimizer() if stage.merges else optdb[stage.name] if stage in STAGES else StageDB(stage)
                (db.made(query) if isinstance(db, StageDB) else db).optimize(fgraph)
        return rewriter.report


def registrar(stage: str) -> Any:
    """``register_canonicalize`` and its kin: adds a rule to ``stage``, with the tag ``fast_run`` and those given.

    It is called with the rule, or is its decorator, with tags or without: ``@register_canonicalize("my_tag")``."""

    def register(lopt: Any, *tags: str, **kwargs: Any) -> Any:
        if isinstance(lopt, str):
            return lambda rule: register(rule, lopt, *tags, **kwargs)
        name = kwargs.pop("name", None) or name_of(lopt)
        optdb[stage].register(name, lopt, "fast_run", *tags, **kwargs)
        return lopt

    register.__name__ = f"register_{stage}"
    return register


register_useless, register_canonicalize, register_stabilize, register_specialize, register_uncanonicalize, register_specialize_device = map(
    registrar, ("useless", "canonicalize", "stabilize", "specialize", "uncanonicalize", "specialize_device")
)
