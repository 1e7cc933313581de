"""Databases of rules and optimizers, by name and tag; a query of one makes an optimizer of what is asked for.

>>> import theano.tensor as T
>>> from theano.rewrite.local import local_optimizer
>>> @local_optimizer([T.sin])
... def sin_is_cos(node):
...     return [T.cos(node.inputs[0])]
>>> rules = EquilibriumDB()
>>> rules.register("sin_is_cos", sin_is_cos, "trigonometry")
>>> rules.query("+trigonometry", "-slow").get_local_optimizers()
[sin_is_cos]
>>> rules.query("+nothing").get_local_optimizers()
Traceback (most recent call last):
ValueError: the database has no 'nothing', neither as a name nor as a tag
  what is left out by '-' need not be there, what is asked for must
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, isnan
from typing import Any, ClassVar

from theano.errors import did_you_mean, message
from theano.flags import config
from theano.rewrite.local import LocalOptGroup, LocalOptimizer, print_line
from theano.rewrite.passes import EquilibriumOptimizer, Optimizer, SeqOptimizer, TopoOptimizer, check_optimizer
from theano.rewrite.query import Query

FOREIGN = frozenset(
    {
        "gpu", "gpuarray", "gpuarray_opt", "fast_compile_gpu", "gpu_opt", "gpua_opt", "cudnn", "conv_dnn", "conv_gemm", "conv_meta", "dnn",
        "alternative", "cxx_only", "minimum_compile", "scan", "scan_make_inplace", "specify_shape_lift", "unsafe", "fusion", "inplace",
        "local_remove_all_assert", "none", "None", "merge", "fast_run", "fast_compile", "o1", "o2", "o3", "o4", "stable",
    }
)  # fmt: skip
"""Tags of the classic system that old programs ask for, and of which there need be nothing here."""


class DB:
    """The base: a table of objects with tags.  What stands in it are rules, optimizers, and databases of those."""

    name: str | None = None
    changes: ClassVar[int] = 0
    """How often any database was changed."""

    def __init__(self) -> None:
        self._objects: dict[str, Any] = {}
        self._tags: dict[str, frozenset[str]] = {}

    def register(self, name: str, obj: Any, *tags: str, use_db_name_as_tag: bool = True) -> None:
        """Add ``obj`` by a name that is new here.  The name of the database, once it has one, is a tag as well."""
        _check_words("register", name, *tags)
        self._check_object(name, obj)
        if name in self._objects or any(name in known for known in self._tags.values()):
            cure = "choose another name, or take the old one out by unregister(name)"
            raise ValueError(message(f"{self._title()}: there is an optimization or a tag named {name!r} already", cure=cure))
        for known, other in self._objects.items():
            if other is obj:
                cure = f"give it the tags by add_tags({known!r}, ...), or register ProxyDB(it)"
                raise ValueError(message(f"{self._title()}: {name!r} is registered already, by the name {known!r}", cure=cure))
        self._objects[name] = obj
        own = (self.name,) if self.name is not None and use_db_name_as_tag else ()
        self._tags[name] = frozenset((*tags, *own, name, type(obj).__name__))
        obj.name = name
        DB.changes += 1

    def unregister(self, name: str) -> None:
        """Take out what was registered by ``name``."""
        self._known(name)
        del self._objects[name], self._tags[name]
        DB.changes += 1

    def add_tags(self, name: str, *tags: str) -> None:
        """Give what is registered by ``name`` more tags."""
        _check_words("add_tags", name, *tags)
        self._known(name)
        self._tags[name] |= frozenset(tags)
        DB.changes += 1

    def remove_tags(self, name: str, *tags: str) -> None:
        """Take tags from what is registered by ``name``."""
        _check_words("remove_tags", name, *tags)
        self._known(name)
        for tag in tags:
            if tag not in self._tags[name]:
                raise ValueError(f"{self._title()}: {name!r} has no tag {tag!r}; it has {', '.join(sorted(self._tags[name]))}")
        self._tags[name] -= frozenset(tags)
        DB.changes += 1

    def __getitem__(self, name: str) -> Any:
        """What is registered by ``name``, or what alone has that tag."""
        found = [obj for known, obj, tags in self.entries() if name in tags]
        exact = [obj for known, obj, tags in self.entries() if known == name] or found
        if len(exact) == 1:
            return exact[0]
        if exact:
            raise KeyError(f"{self._title()}: {len(exact)} optimizations have the tag {name!r}; ask by the name of one")
        names = [known for known, _, _ in self.entries()]
        raise KeyError(f"{self._title()}: there is no {name!r}. {did_you_mean(str(name), names)}".rstrip())

    def __contains__(self, name: object) -> bool:
        return any(name in tags for _, _, tags in self.entries())

    def entries(self) -> Iterator[tuple[str, Any, frozenset[str]]]:
        """(name, object, tags, the name among them) of all that is registered, in that order."""
        for name, obj in self._objects.items():
            yield name, obj, self._tags[name]

    def names(self) -> frozenset[str]:
        """All names and tags, those of the databases inside included."""
        found: set[str] = set()
        for _, obj, tags in self.entries():
            found |= tags
            if isinstance(obj, DB):
                found |= obj.names()
        return frozenset(found)

    def query(self, *tags: Any, **kwtags: Any) -> Any:
        """The optimizer of what has one of the tags "+tag", all of "&tag" and none of "-tag"; or of what a :class:`Query` asks for."""
        query = as_query(tags, kwtags)
        missing = [tag for tag in (*query.include, *query.require) if tag not in FOREIGN]
        if missing:
            known = self.names()
            for tag in missing:
                if tag not in known:
                    cure = did_you_mean(tag, known) or "what is left out by '-' need not be there, what is asked for must"
                    raise ValueError(message(f"{self._title()} has no {tag!r}, neither as a name nor as a tag", cure=cure))
        return self.made(query)

    def made(self, query: Query) -> Any:
        """As :meth:`query`, of a Query whose tags need not be there."""
        return [obj for _, obj in self.selected(query)]

    def selected(self, query: Query) -> Iterator[tuple[str, Any]]:
        """(name, rule or optimizer) of what ``query`` asks for; a database gives the optimizer that its own query gives."""
        include, require, exclude = frozenset(query.include), frozenset(query.require), frozenset(query.exclude)
        for name, obj, tags in self.entries():
            if include.isdisjoint(tags) or not exclude.isdisjoint(tags) or not require <= tags:
                continue
            if isinstance(obj, DB):
                obj = obj.made(query.subquery.get(name, query))
                obj.name = name
            yield name, obj

    def print_summary(self, stream: Any = None) -> None:
        """Print the names and tags."""
        print_line(stream, 0, f"{type(self).__name__} {self.name or ''}".rstrip())
        for name, _, tags in self.entries():
            print_line(stream, 2, f"{name}  {', '.join(sorted(tags - {name}))}")

    def _check_object(self, name: str, obj: Any) -> None:
        if isinstance(obj, (DB, Optimizer, LocalOptimizer)):
            return
        cure = "decorate a function of a node with @local_optimizer([op]), one of a graph with @optimizer"
        if isinstance(obj, type):
            cure = f"register an instance: {obj.__name__}()"
        raise TypeError(message(f"{self._title()}: {name!r} is {obj!r}, which is no optimization", cure=cure))

    def _known(self, name: str) -> None:
        if name not in self._objects:
            raise KeyError(f"{self._title()}: there is no {name!r}. {did_you_mean(str(name), self._objects)}".rstrip())

    def _title(self) -> str:
        return f"the database {self.name}" if self.name else "the database"


def _check_words(method: str, *words: Any) -> None:
    for word in words:
        if not isinstance(word, str):
            cure = f"{method}(name, ..., 'tag', 'tag')"
            raise TypeError(message(f"{method}: names and tags are strings, not {word!r}", cure=cure))


def as_query(tags: tuple[Any, ...], options: dict[str, Any]) -> Query:
    """The query that is meant by the arguments of ``query``."""
    unknown = set(options) - {"subquery", "position_cutoff", "extra_optimizations"}
    if unknown:
        raise TypeError(f"query takes the keywords subquery, position_cutoff and extra_optimizations, not {sorted(unknown)[0]!r}")
    if tags and isinstance(tags[0], Query):
        if len(tags) > 1 or "subquery" in options:
            raise TypeError(
                message("query: a Query stands alone", cure="put the other tags into it: query.including(...), .excluding(...)")
            )
        return tags[0] if not options else tags[0].limited(**options)
    sorts: dict[str, list[str]] = {"+": [], "&": [], "-": []}
    for tag in tags:
        if not isinstance(tag, str) or tag[:1] not in sorts or len(tag) < 2:
            cure = "'+tag' asks for it, '&tag' requires it, '-tag' leaves it out"
            raise ValueError(message(f"query: {tag!r} does not say what is meant", cure=cure))
        sorts[tag[0]].append(tag[1:])
    return Query(sorts["+"], sorts["&"], sorts["-"], **options)


class EquilibriumDB(DB):
    """Rules, and optimizers, that are applied until none changes anything.

    Of those registered with ``final_opt`` the optimizers come at the end of each round; those with ``cleanup`` look at what is new.
    """

    def __init__(self, ignore_newtrees: bool = True, tracks_on_change_inputs: bool = False) -> None:
        super().__init__()
        self.ignore_newtrees, self.tracks_on_change_inputs = ignore_newtrees, tracks_on_change_inputs
        self._role: dict[str, str] = {}

    def register(self, name: str, obj: Any, *tags: str, final_opt: bool = False, cleanup: bool = False, **kwtags: Any) -> None:
        if final_opt and cleanup:
            raise ValueError(f"{self._title()}: {name!r} is either a final_opt or for cleanup")
        super().register(name, obj, *tags, **kwtags)
        self._role[name] = "final" if final_opt else "cleanup" if cleanup else ""

    def made(self, query: Query) -> EquilibriumOptimizer:
        found: dict[str, list[Any]] = {"": [], "final": [], "cleanup": []}
        for name, obj in self.selected(query):
            found[self._role.get(name, "")].append(obj)
        warn = EquilibriumOptimizer.warn
        made = EquilibriumOptimizer(found[""], warn, self.ignore_newtrees, self.tracks_on_change_inputs, name=self.name)
        made.final_optimizers, made.cleanup_optimizers = found["final"], found["cleanup"]
        return made


class SequenceDB(DB):
    """Optimizers, in the order of their positions."""

    seq_opt = SeqOptimizer

    def __init__(self, failure_callback: Callable[..., Any] | None = SeqOptimizer.warn) -> None:
        super().__init__()
        self.failure_callback = failure_callback
        self._position: dict[str, float] = {}

    def register(self, name: str, obj: Any, position: Any, *tags: str, **kwargs: Any) -> None:  # type: ignore[override]
        """``position``: a number, or "last"."""
        if position == "last":
            position = max(self._position.values(), default=-1) + 1
        if isinstance(position, bool) or not isinstance(position, (int, float)) or isnan(position):
            cure = "register(name, optimizer, position, 'tag', ...)"
            raise TypeError(message(f"{self._title()}: the position of {name!r} is a number or 'last', not {position!r}", cure=cure))
        super().register(name, obj, *tags, **kwargs)
        self._position[name] = position

    def position(self, name: str) -> float:
        """Where the optimizer of that name stands."""
        self._known(name)
        return self._position[name]

    def _check_object(self, name: str, obj: Any) -> None:
        if isinstance(obj, LocalOptimizer):
            cure = f"register it in a database of rules, optdb['canonicalize'].register({name!r}, ...), or as in2out(it)"
            raise TypeError(message(f"{self._title()}: {name!r} is a rule of one node, and whole optimizers stand here", cure=cure))
        super()._check_object(name, obj)

    def made(self, query: Query) -> SeqOptimizer:
        cutoff = min(query.position_cutoff, config.optdb.position_cutoff)
        found = [(self._position[name], name, obj) for name, obj in self.selected(query)]
        for number, extra in enumerate(query.extra_optimizations):
            obj, position = extra if isinstance(extra, tuple) else (extra, inf)
            obj = obj.made(query) if isinstance(obj, DB) else obj
            obj = EquilibriumOptimizer([obj], EquilibriumOptimizer.warn) if isinstance(obj, LocalOptimizer) else obj
            check_optimizer(self._title(), obj)
            found.append((position, f"~{number}", obj))
        chosen = [obj for place, _, obj in sorted(found, key=lambda entry: entry[:2]) if place < cutoff or place == cutoff == inf]
        return self.seq_opt(chosen, failure_callback=self.failure_callback, name=self.name)

    def print_summary(self, stream: Any = None) -> None:
        print_line(stream, 0, f"{type(self).__name__} {self.name or ''}".rstrip())
        for name in sorted(self._objects, key=lambda name: (self._position[name], name)):
            print_line(stream, 2, f"{self._position[name]:8g}  {name}  {', '.join(sorted(self._tags[name] - {name}))}")


class LocalGroupDB(DB):
    """Rules that are one rule: see :class:`~theano.rewrite.local.LocalOptGroup`."""

    def __init__(self, apply_all_opts: bool = False, profile: bool = False, local_opt: Any = LocalOptGroup) -> None:
        super().__init__()
        self.apply_all_opts, self.profile, self.local_opt = apply_all_opts, profile, local_opt
        self._position: dict[str, float] = {}

    def register(self, name: str, obj: Any, *tags: str, position: Any = "last", **kwargs: Any) -> None:
        if position == "last":
            position = max(self._position.values(), default=-1) + 1
        if isinstance(position, bool) or not isinstance(position, (int, float)):
            raise TypeError(f"{self._title()}: the position of {name!r} is a number or 'last', not {position!r}")
        super().register(name, obj, *tags, **kwargs)
        self._position[name] = position

    def made(self, query: Query) -> Any:
        found = sorted(self.selected(query), key=lambda entry: self._position[entry[0]])
        return self.local_opt(*(rule for _, rule in found), apply_all_opts=self.apply_all_opts, profile=self.profile)


class TopoDB(DB):
    """The rules of another database, tried once on each node: see :class:`~theano.rewrite.passes.TopoOptimizer`."""

    def __init__(
        self, db: DB, order: str = "in_to_out", ignore_newtrees: bool = False, failure_callback: Callable[..., Any] | None = None
    ) -> None:
        super().__init__()
        _check_database("TopoDB", db)
        self.db, self.order, self.ignore_newtrees, self.failure_callback = db, order, ignore_newtrees, failure_callback

    def entries(self) -> Iterator[tuple[str, Any, frozenset[str]]]:
        yield from self.db.entries()

    def made(self, query: Query) -> TopoOptimizer:
        return TopoOptimizer(self.db.made(query), self.order, self.ignore_newtrees, self.failure_callback)


class ProxyDB(DB):
    """Another database, so that one object may be registered in several places."""

    def __init__(self, db: DB) -> None:
        super().__init__()
        _check_database("ProxyDB", db)
        self.db = db

    def entries(self) -> Iterator[tuple[str, Any, frozenset[str]]]:
        yield from self.db.entries()

    def made(self, query: Query) -> Any:
        return self.db.made(query)


def _check_database(where: str, db: Any) -> None:
    if not isinstance(db, DB):
        raise TypeError(f"{where}: a database is needed, such as an EquilibriumDB, not {db!r}")


__all__ = ["DB", "EquilibriumDB", "LocalGroupDB", "ProxyDB", "Query", "SequenceDB", "TopoDB"]
