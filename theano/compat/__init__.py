"""The module paths of the classic system, kept alive by one table (:mod:`theano.compat.table`).

Each path that is no module today is a :class:`Moved`: an empty module that looks a name up, when asked for it, at the places where
it is now.  They stand in ``sys.modules`` from the start, which takes some microseconds, and not behind a finder: Python binds
what a finder finds in the package above it, and ``from theano.tensor.var import TensorVariable`` must not make a module of
the function ``theano.tensor.var``.

>>> from theano.scalar.basic import Identity
>>> import theano
>>> theano.gof.graph.inputs is theano.graph.graph_inputs
True
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from theano.compat.table import TABLE
from theano.deferred import deferred

__getattr__, __dir__ = deferred(__name__, absent="ABSENT why_absent")

__all__ = ["ABSENT", "TABLE", "Moved", "install", "places", "why_absent"]


def places(path: str) -> Iterator[tuple[str, dict[str, str] | None]]:
    """Where the names of the classic module ``path`` are: (module, today's name by classic name), or (module, None) for all names."""
    for place in TABLE[path]:
        module, _, names = place.partition(":")
        pairs = [name.partition("=") for name in names.split()]
        yield module, {old: new or old for old, _, new in pairs} or None


def _lookup(path: str, own: Callable[[str], Any] | None = None) -> Callable[[str], Any]:
    """The ``__getattr__`` of the classic module ``path``; a module of today may have its ``own``, which is asked first."""

    def moved(name: str) -> Any:
        why = None
        if not name.startswith("__"):  # not the ``__path__`` that every ``from path import ...`` asks for
            if own is not None:
                with suppress(AttributeError):
                    return own(name)
            for module, names in places(path):
                today = name if names is None else names.get(name)
                if today is not None and hasattr(found := import_module(module), today):
                    return getattr(found, today)
            from theano.compat.absent import why_absent, why_unbuilt

            why = why_absent(path, name) or why_unbuilt(f"{path}.{name}")
        raise AttributeError(f"module {path!r} has no attribute {name!r}" + (f": {why}" if why else ""))

    return moved


def _public(module: ModuleType) -> Iterable[str]:
    return getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]


class Moved(ModuleType):
    """A module of the classic system whose names are elsewhere today."""

    def __init__(self, path: str) -> None:
        super().__init__(path, f"A module of the classic system; its names are in {', '.join(TABLE[path]) or 'the modules below it'}.")
        self.__spec__ = ModuleSpec(path, None, is_package=True)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return dir(self) if name == "__all__" else _lookup(self.__name__)(name)

    def __dir__(self) -> list[str]:
        found = {name for name in vars(self) if not name.startswith("_")}
        for module, names in places(self.__name__):
            found.update(_public(import_module(module)) if names is None else names)
        return sorted(found)


class Unbuilt:
    """The last of Python's finders: it finds nothing, and says of a classic module that is not there what is missing."""

    @staticmethod
    def find_spec(fullname: str, path: object = None, target: object = None) -> None:
        if not fullname.startswith("theano."):
            return
        from theano.compat.absent import why_unbuilt

        if why := why_unbuilt(fullname):
            raise ModuleNotFoundError(f"No module named {fullname!r}: {why}")  # without its name: "from theano import ..." would hide it


def install() -> None:
    """Make every path of the table importable and reachable from the package above it."""
    sys.meta_path.append(Unbuilt)
    for path in TABLE:
        if path in sys.modules:
            inside = vars(sys.modules[path])
            inside["__getattr__"] = _lookup(path, inside.get("__getattr__"))
            continue
        module = sys.modules[path] = Moved(path)
        above, _, name = path.rpartition(".")
        vars(sys.modules[above]).setdefault(name, module)
