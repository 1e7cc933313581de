"""How a function is compiled: which rewrites run, and what runs the result.

=================  =================================================  =================
name               rewriting                                          what runs
=================  =================================================  =================
``FAST_RUN``       every stage                                        machine code
``FAST_COMPILE``   merge, fold and what lowering cannot do without    machine code
``REFERENCE``      the same as ``FAST_COMPILE``                       an interpreter of the program
``DebugMode``      every stage, checked                               both, compared, node by node
``NanGuardMode``   every stage                                        node by node, looking for NaN
``MonitorMode``    every stage                                        node by node, with your functions
=================  =================================================  =================

A mode is a linker and an optimizer, each by name or as an object.  Of the classic linkers ``cvm``, ``vm``, ``c`` and ``c|py`` all stand
for one program of machine code; ``py`` calls the ``perform`` of each node, and so does a linker that is told to look at values
(``WrapLinker``, ``VM_Linker(callback=...)``).

>>> get_mode("FAST_RUN").engine, Mode("py").engine
('native', 'nodewise')
>>> print(get_mode("FAST_RUN").excluding("blas").optimizer.query)
Query(include=fast_run, exclude=blas)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from theano.errors import did_you_mean, message
from theano.flags import config
from theano.interpret import Linker, PerformLinker, VM_Linker
from theano.rewrite.query import Query
from theano.rewrite.stages import StagedOptimizer, optdb


class ReferenceLinker(Linker):
    """Interprets the program that machine code would be made of."""


exclude: list[str] = []
"""Tags that the queries below leave out: none, since nothing depends on a C++ compiler."""

OPT_NONE = Query(["none"], exclude=exclude)
OPT_MERGE = Query(["merge"], exclude=exclude)
OPT_FAST_COMPILE = Query(["fast_compile"], exclude=exclude)
OPT_FAST_RUN = OPT_O2 = OPT_O3 = Query(["fast_run"], exclude=exclude)
OPT_UNSAFE = Query(["fast_run", "unsafe"], exclude=exclude)
OPT_FAST_RUN_STABLE = OPT_FAST_RUN.requiring("stable")
OPT_STABILIZE = Query(["fast_run"], exclude=exclude, position_cutoff=1.5)

predefined_linkers: dict[str, Any] = {
    "native": VM_Linker(use_cloop=True), "cvm": VM_Linker(use_cloop=True), "vm": VM_Linker(), "c": VM_Linker(use_cloop=True),
    "c|py": VM_Linker(use_cloop=True), "py": PerformLinker(), "reference": ReferenceLinker(),
    **{f"{name}_nogc": VM_Linker(allow_gc=False, use_cloop=True) for name in ("cvm", "vm", "c|py")},
}  # fmt: skip
"""Linkers by name; :func:`register_linker` adds to them."""

predefined_optimizers: dict[str, Any] = {
    "none": OPT_NONE, "None": OPT_NONE, "merge": OPT_MERGE, "o1": OPT_FAST_COMPILE, "fast_compile": OPT_FAST_COMPILE, "o2": OPT_O2,
    "o3": OPT_O3, "o4": OPT_FAST_RUN, "fast_run": OPT_FAST_RUN, "unsafe": OPT_UNSAFE, "fast_run_stable": OPT_FAST_RUN_STABLE,
    "stabilize": OPT_STABILIZE,
}  # fmt: skip
"""Optimizers by name; :func:`register_optimizer` adds to them."""

_DIFFERS = {
    "c": "an operation without machine code runs its perform, and is no error",
    "c|py": "one program of machine code runs, not one function of C for each node",
    "vm": "one program of machine code runs, not a loop in Python",
}
_told: set[str] = set()


class Mode:
    """A linker and an optimizer; tags of rewrites may be added, left out or required.

    ``linker``: a name or an object such as ``VM_Linker(...)``; None is ``config.linker``.  ``optimizer``: a name, a
    :class:`~theano.rewrite.query.Query`, or an object with ``optimize(fgraph)``; "default" is ``config.optimizer``.
    """

    def __init__(self, linker: Any = None, optimizer: Any = "default") -> None:
        self.provided_linker = config.linker if linker is None else linker
        self.provided_optimizer = config.optimizer if isinstance(optimizer, str) and optimizer == "default" else optimizer
        self.linker, self._optimizer = self.get_linker_optimizer(self.provided_linker, self.provided_optimizer)

    @staticmethod
    def get_linker_optimizer(linker: Any, optimizer: Any) -> tuple[Any, Any]:
        """The linker and the query or optimizer that these names or objects stand for."""
        return _linker_of(linker), _optimizer_of(optimizer)

    @property
    def optimizer(self) -> Any:
        """What rewrites a graph in this mode: an object with ``optimize(fgraph)``."""
        return StagedOptimizer(self._optimizer) if isinstance(self._optimizer, Query) else self._optimizer

    @property
    def engine(self) -> str:
        """What runs the functions: "native" code, the "reference" interpreter of programs, or "nodewise" each node by itself."""
        if isinstance(self.linker, ReferenceLinker):
            return "reference"
        looked_at = getattr(self.linker, "callback", None) or getattr(self.linker, "callback_input", None)
        return "native" if isinstance(self.linker, VM_Linker) and not looked_at else "nodewise"

    def including(self, *tags: str) -> Mode:
        """This mode with more groups, tags or names of rewrites."""
        return self._with(self._query("including", tags).including(*tags))

    def excluding(self, *tags: str) -> Mode:
        """This mode without those stages, groups, tags or names of rewrites."""
        return self._with(self._query("excluding", tags).excluding(*tags))

    def requiring(self, *tags: str) -> Mode:
        """This mode with only those rewrites that bear all the tags."""
        return self._with(self._query("requiring", tags).requiring(*tags))

    def register(self, *optimizations: Any) -> Mode:
        """This mode with further rules or optimizers, or pairs of one and the position at which it runs."""
        query = self._query("register", ())
        for given in optimizations:
            step, position = given if isinstance(given, tuple) and len(given) == 2 else (given, 0)
            cure = "give a rule, an optimizer, or a pair (optimizer, position)"
            if not callable(getattr(step, "optimize", None)) and not callable(getattr(step, "transform", None)):
                raise TypeError(message(f"Mode.register: {_shown(given)} rewrites nothing", cure=cure))
            if isinstance(position, bool) or not isinstance(position, (int, float)):
                raise TypeError(message(f"Mode.register: the position of {step} is {position!r}, no number", cure=cure))
        return self._with(query.register(*optimizations))

    def clone(self, link_kwargs: dict[str, Any] | None = None, optimizer: Any = "", **kwargs: Any) -> Mode:
        """A mode like this with options of the linker changed, or another optimizer."""
        if kwargs:
            names = ", ".join(kwargs)
            cure = "it takes link_kwargs, a dictionary of options of the linker, and optimizer"
            raise TypeError(message(f"{type(self).__name__}.clone takes no argument {names}", cure=cure))
        new = self._with(self._optimizer if isinstance(optimizer, str) and optimizer == "" else _optimizer_of(optimizer))
        if link_kwargs:
            try:
                new.linker = self.linker.clone(**link_kwargs)
            except TypeError as why:
                cure = "it is a dictionary of arguments of the linker's clone, such as {'allow_gc': False}"
                raise TypeError(message(f"{type(self).__name__}.clone: link_kwargs is {link_kwargs!r}: {why}", cure=cure)) from None
        return new

    def _with(self, optimizer: Any) -> Mode:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.provided_optimizer = new._optimizer = optimizer
        return new

    def _query(self, method: str, tags: tuple[Any, ...]) -> Query:
        for tag in tags:
            if not isinstance(tag, str):
                cure = f"write mode.{method}(*tags)" if isinstance(tag, (list, tuple, set)) else f"write mode.{method}('name', 'tag', ...)"
                raise TypeError(message(f"Mode.{method} takes names and tags of rewrites as strings, not {tag!r}", cure=cure))
        if not isinstance(self._optimizer, Query):
            cure = "make the mode with a name or a Query instead, and add the optimizer to it by Mode.register"
            raise TypeError(message(f"Mode.{method}: the optimizer of the mode is {self._optimizer}, which has no tags", cure=cure))
        return self._optimizer

    def facts(self) -> tuple[Any, ...]:
        """What two modes that compile alike have in common, as values that compare."""
        query = self._optimizer.facts() if isinstance(self._optimizer, Query) else id(self._optimizer)
        return type(self).__qualname__, self.engine, query, id(self.linker) if self.engine == "nodewise" else None

    @property
    def custom(self) -> str:
        """What of this mode no other process could know again: objects of the user's; empty if all is known by name."""
        if not isinstance(self._optimizer, Query):
            return f"the optimizer {self._optimizer} is an object"
        custom = optdb.custom(self._optimizer)
        return f"rewrites were registered: {', '.join(custom)}" if custom else ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mode) and self.facts() == other.facts()

    def __hash__(self) -> int:
        return hash(self.facts())

    def __str__(self) -> str:
        return f"{type(self).__name__}(linker = {self.provided_linker}, optimizer = {self.provided_optimizer})"

    __repr__ = __str__


def _linker_of(given: Any) -> Any:
    if isinstance(given, str):
        found = predefined_linkers.get(given)
        if found is None:
            raise ValueError(_unknown("linker", given, predefined_linkers, "the linker of a mode"))
        if given in _DIFFERS and given not in _told:
            _told.add(given)
            import logging

            logging.getLogger("theano.compile.mode").warning("the linker %r: %s", given, _DIFFERS[given])
        return found
    if not isinstance(given, Linker):
        choices = ", ".join(map(repr, predefined_linkers))
        cure = f"give a name ({choices}) or an object such as PerformLinker()"
        if isinstance(given, type):
            cure = f"give an object, {given.__name__}(), not the class"
        raise TypeError(message(f"Mode: linker is {_shown(given)}, which is none", cure=cure))
    return given


def _optimizer_of(given: Any) -> Any:
    if given is None or isinstance(given, str):
        found = predefined_optimizers.get("none" if given is None else given)
        if found is None:
            raise ValueError(_unknown("optimizer", given, predefined_optimizers, "the optimizer of a mode"))
        return found
    if not isinstance(given, Query) and not callable(getattr(given, "optimize", None)):
        cure = "give a name, a Query, or an object with optimize(fgraph)"
        if callable(getattr(given, "transform", None)):
            cure = "a rule for single nodes is no optimizer: add it to a mode by Mode.register, or make one of it by in2out"
        raise TypeError(message(f"Mode: optimizer is {_shown(given)}, which is none", cure=cure))
    if isinstance(given, type):
        raise TypeError(message(f"Mode: optimizer is {_shown(given)}", cure=f"give an object, {given.__name__}(...), not the class"))
    return given


def _shown(given: Any) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else f"{given!r:.60}"


def _unknown(what: str, name: Any, table: dict[str, Any], where: str) -> str:
    choices = sorted(table)
    cure = f"{where} is one of {', '.join(choices)}. {did_you_mean(str(name), choices)}".rstrip()
    return message(f"no {what} is named {name!r}", cure=cure)


FAST_RUN = Mode("native", "fast_run")
FAST_COMPILE = Mode("native", "fast_compile")
REFERENCE = Mode("reference", "fast_compile")
predefined_modes: dict[str, Any] = {"FAST_RUN": FAST_RUN, "FAST_COMPILE": FAST_COMPILE, "REFERENCE": REFERENCE}
"""Modes by name; :func:`register_mode` adds to them."""

_CHECKING = {
    "DebugMode": "debugmode:DebugMode", "DEBUG_MODE": "debugmode:DebugMode", "NanGuardMode": "nanguardmode:NanGuardMode",
    "MonitorMode": "monitormode:MonitorMode",
}  # fmt: skip
"""Modes that are made anew, with what the flags say now, when their name is asked for."""


def get_mode(orig_string: Any = None) -> Any:
    """The mode itself, the one of that name, or the default, ``config.mode`` with the rewrites that the flags add and leave out."""
    if isinstance(orig_string, Mode):
        return orig_string
    if orig_string is None:
        mode = _named(config.mode, "config.mode")
        flags = (config.optimizer_excluding, config.optimizer_including, config.optimizer_requiring)
        return mode if flags == ("", "", "") else _flagged(mode, *flags)
    if not isinstance(orig_string, str):
        cure = "give a name such as 'FAST_RUN', a Mode, or None for the default"
        if isinstance(orig_string, type):
            cure = f"give an object, {orig_string.__name__}(), not the class"
        raise TypeError(message(f"mode is {_shown(orig_string)}, which is none", cure=cure))
    return _named(orig_string, "mode")


def _flagged(mode: Mode, excluding: str, including: str, requiring: str) -> Mode:
    for change, names in ((Mode.excluding, excluding), (Mode.including, including), (Mode.requiring, requiring)):
        mode = change(mode, *filter(None, names.split(":")))
    return mode


def _named(name: str, source: str) -> Any:
    found = predefined_modes.get(name)
    if found is not None:
        return found
    if name == "Mode":
        return Mode()
    if name in _CHECKING:
        module, _, kind = _CHECKING[name].partition(":")
        return getattr(import_module(f"theano.compile.{module}"), kind)()
    choices = [*predefined_modes, "Mode", *_CHECKING]
    cure = f"there are {', '.join(choices)}. {did_you_mean(name, choices)}".rstrip()
    raise ValueError(message(f"no mode is named {name!r} ({source})", cure=cure))


def get_default_mode() -> Any:
    """The mode of a function that names none."""
    return get_mode(None)


def register_mode(name: str, mode: Any) -> None:
    """Make ``mode`` known by ``name``, which must be new."""
    if not isinstance(mode, Mode):
        raise TypeError(message(f"register_mode: {mode!r} is no mode", cure="give a Mode(linker, optimizer)"))
    _register("mode", predefined_modes, name, mode, (*_CHECKING, "Mode"))


def register_linker(name: str, linker: Any) -> None:
    """Make ``linker`` known by ``name``, which must be new."""
    _register("linker", predefined_linkers, name, _linker_of(linker))


def register_optimizer(name: str, opt: Any) -> None:
    """Make the query or optimizer ``opt`` known by ``name``, which must be new."""
    _register("optimizer", predefined_optimizers, name, _optimizer_of(opt))


def _register(what: str, table: dict[str, Any], name: str, thing: Any, taken: tuple[str, ...] = ()) -> None:
    if not isinstance(name, str) or not name:
        raise TypeError(message(f"register_{what}: the name of the {what} is {name!r}", cure="give a string that is not empty"))
    if name in table or name in taken:
        raise ValueError(message(f"register_{what}: there is a {what} named {name!r} already", cure="choose another name"))
    table[name] = thing
