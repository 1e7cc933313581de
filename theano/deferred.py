"""Names that few programs need: the module of one is loaded when it is first asked for.

A package says in its ``__init__`` which modules it defers, and which of their names are its own as well:

    __getattr__, __dir__ = deferred(__name__, debugmode="DebugMode", profiling="ProfileStats")

Everything else is as if they had been imported: ``from package import *``, ``dir()``, pickles, the modules as attributes.

>>> load, names = deferred("theano", errors="ShapeError DTypeError")
>>> load("ShapeError").__module__, load("errors").__name__
('theano.errors', 'theano.errors')
>>> "DTypeError" in names()
True
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def deferred(package: str, **modules: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of ``package``; by module within it, the names there that are the package's too."""
    places = {name: module for module, names in modules.items() for name in (module, *names.split())}

    def load(name: str) -> Any:
        module = places.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = import_module(f"{package}.{module}")
        if name != module:
            found = vars(sys.modules[package])[name] = getattr(found, name)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return load, names
