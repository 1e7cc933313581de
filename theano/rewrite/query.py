"""Which rewrites run: a :class:`Query` says so by names and tags, a :class:`StagedOptimizer` does it.

>>> Query(["fast_run"]).excluding("blas").requiring("stable")
Query(include=fast_run, require=stable, exclude=blas)
>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> x = T.dvector("x")
>>> graph = FunctionGraph([x], [(x + x) * 2])
>>> report = StagedOptimizer(Query(["fast_run"])).optimize(graph)
>>> len(graph.apply_nodes)
1
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from math import inf
from typing import Any

from theano.graph import FunctionGraph
from theano.rewrite.engine import Report
from theano.rewrite.stages import STAGES, Stage, optimize

FULL = frozenset({"fast_run", "o4", "o3", "o2", "unsafe"})
"""The tags that stand for every stage; without one of them only what is named runs, and what lowering cannot do without."""
NEEDED = ("merge", "expand")


class Query:
    """Names and tags of rewrites: those ``include``d, of them only what has all that are ``require``d, and none ``exclude``d.

    Stages behind ``position_cutoff`` do not run; ``extra_optimizations`` are (optimizer, position) pairs that do.
    """

    def __init__(
        self,
        include: Iterable[str],
        require: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        subquery: dict[str, Any] | None = None,
        position_cutoff: float | None = None,
        extra_optimizations: Iterable[Any] | None = None,
    ) -> None:
        self.include, self.require, self.exclude = (tuple(dict.fromkeys(tags or ())) for tags in (include, require, exclude))
        self.subquery = dict(subquery or {})
        self.position_cutoff = inf if position_cutoff is None else position_cutoff
        self.extra_optimizations = list(extra_optimizations or ())

    def including(self, *tags: str) -> Query:
        """With these too; what was excluded by such a name no longer is."""
        return self._with(include=(*self.include, *tags), exclude=tuple(t for t in self.exclude if t not in tags))

    def excluding(self, *tags: str) -> Query:
        """Without these."""
        return self._with(exclude=(*self.exclude, *tags), include=tuple(t for t in self.include if t not in tags))

    def requiring(self, *tags: str) -> Query:
        """Only what has each of these tags."""
        return self._with(require=(*self.require, *tags))

    def register(self, *optimizations: Any) -> Query:
        """With more optimizers: (optimizer, position) pairs, or optimizers alone, which come last."""
        return self._with(extra_optimizations=[*self.extra_optimizations, *optimizations])

    def _with(self, **changes: Any) -> Query:
        new = copy.copy(self)
        for name, value in changes.items():
            setattr(new, name, value if name == "extra_optimizations" else tuple(dict.fromkeys(value)))
        return new

    def facts(self) -> tuple[Any, ...]:
        """All that it says, as values that compare."""
        return self.include, self.require, self.exclude, self.position_cutoff, tuple(map(id, self.extra_optimizations))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.facts() == other.facts()

    def __hash__(self) -> int:
        return hash(self.facts())

    def __repr__(self) -> str:
        fields = [(name, ":".join(getattr(self, name))) for name in ("include", "require", "exclude")]
        if self.position_cutoff < inf:
            fields.append(("position_cutoff", str(self.position_cutoff)))
        if self.extra_optimizations:
            fields.append(("extra", ", ".join(map(str, self.extra_optimizations))))
        return f"Query({', '.join(f'{name}={text}' for name, text in fields if text)})"


class StagedOptimizer:
    """The stages that a query asks for, as one optimizer of a whole graph."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.name = str(query)

    def optimize(self, fgraph: FunctionGraph) -> Report:
        """Rewrite ``fgraph`` in place."""
        q = self.query
        return optimize(fgraph, self.stages(), q.include, q.exclude, q.require, q.extra_optimizations)

    apply = __call__ = optimize

    def stages(self) -> list[Stage]:
        """The stages that run, in their order."""
        full = not FULL.isdisjoint(self.query.include)
        wanted = [s for s in STAGES if full or s.name in NEEDED or s.name in self.query.include]
        return [s for s in wanted if s.name in NEEDED or s.position <= self.query.position_cutoff]

    def __repr__(self) -> str:
        return f"StagedOptimizer({self.name})"


def finish(fgraph: FunctionGraph) -> Report:
    """What every graph needs that goes to lowering, whichever optimizer ran over it before."""
    return optimize(fgraph, [s for s in STAGES if s.name in NEEDED])


__all__ = ["Query", "StagedOptimizer", "finish"]
