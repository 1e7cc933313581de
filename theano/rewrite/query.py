"""Which rewrites run: a :class:`Query` says so by names and tags; a database (:mod:`theano.rewrite.database`) makes an optimizer of it.

>>> Query(["fast_run"]).excluding("blas").requiring("stable")
Query(include=fast_run, require=stable, exclude=blas)
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from math import inf
from typing import Any

from theano.errors import message


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
        self.include, self.require, self.exclude = map(_tags, ("include", "require", "exclude"), (include, require, exclude))
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

    def limited(self, position_cutoff: float = inf, extra_optimizations: Iterable[Any] = ()) -> Query:
        """With more optimizers, and nothing behind ``position_cutoff``."""
        new = self.register(*extra_optimizations)
        new.position_cutoff = min(self.position_cutoff, position_cutoff)
        return new

    def _with(self, **changes: Any) -> Query:
        new = copy.copy(self)
        for name, value in changes.items():
            setattr(new, name, value if name == "extra_optimizations" else tuple(dict.fromkeys(value)))
        return new

    def facts(self) -> tuple[Any, ...]:
        """All that it says, as values that compare."""
        inner = tuple(sorted((name, query.facts()) for name, query in self.subquery.items()))
        return self.include, self.require, self.exclude, inner, self.position_cutoff, tuple(map(id, self.extra_optimizations))

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


def _tags(name: str, given: Iterable[str] | None) -> tuple[str, ...]:
    tags = [given] if isinstance(given, str) else list(given or ())
    wrong = given if isinstance(given, str) else next((tag for tag in tags if not isinstance(tag, str)), None)
    if wrong is not None:
        raise TypeError(message(f"Query: {name} is a list of names and tags, not {wrong!r}", cure=f"write {name}=[{str(wrong)!r}]"))
    return tuple(dict.fromkeys(tags))


__all__ = ["Query"]
