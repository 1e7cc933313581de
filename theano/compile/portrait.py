"""A compiled program that can leave its process: plain data, object code, arrays, and what it asks of a machine.

A :class:`Portrait` is made of a loaded program and can be loaded again, here or elsewhere, without rewriting or compiling.  It is what
pickles and files of functions hold.  What runs as Python (a user's operation) is kept as objects, to be pickled by whoever keeps it.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], T.exp(x))
>>> portrait = take_portrait(f.maker.compilation)
>>> portrait.misfits()
[]
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from theano.compile.plan_cache import read_loaded, write_loaded
from theano.compile.plan_text import Names, Reader, Writer
from theano.emit.llvm.target import Target, lacking, target
from theano.errors import SaveError, message
from theano.graph import NOWHERE, Apply, Constant, Origin, inherit, unite
from theano.graph.portable import portable
from theano.loops.ir import PythonStep
from theano.runtime.numpy_api import abi

OURS = (
    "emit/llvm/*.py", "runtime/*.py", "loops/ir.py", "scalar/instructions.py", "compile/plan_*.py", "compile/portrait.py",
    "compile/saving.py",
)  # fmt: skip
"""The sources that a program's data and code must fit."""


@dataclass
class Portrait:
    """``text``: the program as JSON; ``arrays``: its constants; ``nodes``: those that run as Python; ``needs``: see :func:`needs_here`."""

    text: str
    code: bytes
    arrays: list[Any]
    nodes: list[Apply] = field(default_factory=list)
    needs: dict[str, Any] = field(default_factory=dict)

    def load(self, names: Names) -> Any:
        """The program in memory; ``names`` are those of its inputs and shared variables."""
        text = json.loads(self.text)
        reader = _Reader(text["tables"], self.nodes, (), names)
        return read_loaded(reader, text, self.code, self.arrays, of=Target(**self.needs["processor"]))

    def misfits(self) -> list[tuple[str, str, str]]:
        """(what, as it was, as it is here) of whatever keeps the program from running here."""
        here, found = needs_here(), []
        for what, wanted in self.needs.items():
            if what == "processor":
                missing = lacking(Target(**wanted))
                if missing:
                    found.append((what, f"{wanted['cpu']} with {', '.join(missing)}", here[what]["cpu"]))
            elif what == "sources" and wanted != here[what] and self.needs["theano"] == here["theano"]:
                found.append(("theano", f"{here['theano']}, sources {wanted[:12]}", f"{here['theano']}, sources {here[what][:12]}"))
            elif what != "sources" and wanted != here[what]:
                found.append((what, str(wanted), str(here[what])))
        return found

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"arrays": [portable(array) for array in self.arrays]}


def needs_here(of: Target | None = None) -> dict[str, Any]:
    """What code made here (for the machine ``of``) depends on: the processor, the package (its version and the sources that code works
    together with), and how Python lays out objects.  NumPy from 1.23 on lays out arrays in one way."""
    import theano

    layout = f"{sys.implementation.name}, {abi()}"
    return {"theano": theano.__version__, "sources": _sources(), "Python": layout, "processor": asdict(of or target())}


@functools.cache
def _sources() -> str:
    root, digest = Path(__file__).parent.parent, hashlib.sha256()
    for path in sorted(path for pattern in OURS for path in root.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def take_portrait(compilation: Any) -> Portrait:
    """Of a compiled function's program; SaveError if it is not one of native code."""
    loaded = compilation.loaded
    if compilation.mode.engine != "native":
        raise SaveError(
            message(f"save: mode {compilation.mode} makes no native code", cure="compile the function in mode FAST_RUN or FAST_COMPILE")
        )
    writer = _Writer()
    text = write_loaded(writer, loaded)
    plain = json.dumps(text, separators=(",", ":"))
    return Portrait(plain, loaded.code, list(loaded.program.constant_arrays), writer.nodes, needs_here(loaded.of))


class _Writer(Writer):
    """Writes a program that stands alone: names and places as they are, and Python steps by a number."""

    def __init__(self) -> None:
        super().__init__((), ())
        self.nodes: list[Apply] = []

    def write(self, thing: Any) -> Any:
        if not isinstance(thing, PythonStep):
            return super().write(thing)
        self.nodes.append(_alone(thing.node))
        return {"c": "PythonStep", "f": [len(self.nodes) - 1, self.write(thing.arguments), self.write(thing.results), list(thing.owned)]}

    def _called(self, variable: Any) -> str | None:
        name: str | None = variable.name
        return name

    def origin(self, thing: Any) -> list[Any]:
        return (thing.origin or NOWHERE).lines()


class _Reader(Reader):
    def _origin(self, places: list[Any]) -> Origin:
        origin = NOWHERE
        for file, line in places:
            origin = unite(origin, Origin(file, line))
        return origin


def _alone(node: Apply) -> Apply:
    """The node without what its arguments are made of."""
    with inherit(node.origin):
        arguments = [v if isinstance(v, Constant) else v.type(v.name) for v in node.inputs]
        return Apply(node.op, arguments, [v.type(v.name) for v in node.outputs])


__all__ = ["Portrait", "needs_here", "take_portrait"]
