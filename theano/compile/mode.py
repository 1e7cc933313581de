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

from dataclasses import dataclass, replace
from typing import Any

from theano.errors import did_you_mean
from theano.flags import config

LINKERS = {"native": "native", "reference": "reference", "py": "reference", "cvm": "native", "c|py": "native", "c": "native", "vm": "native"}
"""Linker names taken, the classic ones included, and which of ours each means."""
OPTIMIZERS = {"fast_run": "fast_run", "fast_compile": "fast_compile", "merge": "fast_compile", "none": "fast_compile", "o4": "fast_run", "o3": "fast_run", "o2": "fast_run", "o1": "fast_compile"}  # fmt: skip


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


def _known(name: str, table: dict[str, str], what: str) -> str:
    found = table.get(str(name).lower())
    if found is None:
        raise ValueError(f"no {what} is named {name!r}; there are {', '.join(sorted(table))}. {did_you_mean(str(name), table)}".rstrip())
    return found


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
        raise ValueError(f"no mode is named {name!r}; there are {', '.join(predefined_modes)}. {did_you_mean(name, predefined_modes)}".rstrip())
    if mode is None and name == "Mode":
        return Mode(config.linker, config.optimizer)
    return found


def get_default_mode() -> Mode:
    """The mode of a function that names none."""
    return get_mode(None)
