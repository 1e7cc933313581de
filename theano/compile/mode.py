"""How a function is compiled: which rewriting stages run, and what runs the result.

=================  =================================================  ===========
name               rewriting                                          linker
=================  =================================================  ===========
``FAST_RUN``       every stage                                        ``native``
``FAST_COMPILE``   merge, fold and what lowering cannot do without    ``native``
``REFERENCE``      the same as ``FAST_COMPILE``                       ``reference``
=================  =================================================  ===========

The ``native`` linker makes one program of machine code; ``reference`` interprets the same program with NumPy, slowly and
obviously, and serves as the judge of the other.

>>> get_mode("FAST_RUN").linker
'native'
>>> get_mode("FAST_RUN").excluding("blas").exclude
('blas',)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from theano.errors import did_you_mean
from theano.flags import config

LINKERS = {"native": ("native", "cvm", "c|py", "c", "vm"), "reference": ("reference", "py")}
"""Our linkers, and the names taken for each, the classic ones included."""
OPTIMIZERS = {"fast_run": ("fast_run", "o4", "o3", "o2"), "fast_compile": ("fast_compile", "merge", "none", "o1")}


@dataclass(frozen=True)
class Mode:
    """A linker and an optimizer by name, with rewriting stages or rules added or left out by name."""

    linker: str = "native"
    optimizer: str = "fast_run"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "linker", _known(self.linker, LINKERS, "linker"))
        object.__setattr__(self, "optimizer", _known(self.optimizer or "none", OPTIMIZERS, "optimizer"))

    def including(self, *names: str) -> Mode:
        return replace(self, include=self.include + names, exclude=tuple(n for n in self.exclude if n not in names))

    def excluding(self, *names: str) -> Mode:
        return replace(self, exclude=self.exclude + names, include=tuple(n for n in self.include if n not in names))

    def clone(self, **changes: Any) -> Mode:
        return replace(self, **changes)


def _known(name: str, table: Mapping[str, tuple[str, ...]], what: str) -> str:
    for found, names in table.items():
        if str(name).lower() in names:
            return found
    choices = sorted(name for names in table.values() for name in names)
    raise ValueError(f"no {what} is named {name!r}; there are {', '.join(choices)}. {did_you_mean(str(name), choices)}".rstrip())


FAST_RUN = Mode()
FAST_COMPILE = Mode(optimizer="fast_compile")
REFERENCE = Mode("reference", "fast_compile")
predefined_modes = {"FAST_RUN": FAST_RUN, "FAST_COMPILE": FAST_COMPILE, "REFERENCE": REFERENCE, "Mode": FAST_RUN}


def get_mode(mode: Mode | str | None = None) -> Mode:
    """The mode itself, the one of that name, or the default, ``config.mode``."""
    if isinstance(mode, Mode):
        return mode
    name = mode or config.mode
    found = predefined_modes.get(name)
    if found is None:
        hint = did_you_mean(name, predefined_modes)
        raise ValueError(f"no mode is named {name!r}; there are {', '.join(predefined_modes)}. {hint}".rstrip())
    if mode is None and name == "Mode":
        return Mode(config.linker, config.optimizer)
    return found


def get_default_mode() -> Mode:
    """The mode of a function that names none."""
    return get_mode(None)
