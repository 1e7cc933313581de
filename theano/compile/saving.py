"""``f.save(path)`` and ``theano.load(path)``: a compiled function in one file, which runs elsewhere without rewriting or compiling.

The file holds the program, its object code, constants, the values of shared variables, and what inputs and outputs are called and of
what types they are.  It also holds the graph, as a pickle that is read only to compile anew (``rebuild=True``): that is the way out where
the file does not fit, on another processor or with another version of this package.

**Trust.**  Loading a function is running somebody's program: object code is no safer than a pickle.  Load only what you would run.  The
checksum finds damage, not malice.  Still nothing is unpickled without need: numbers, names and types are plain data, and a pickle is
read only for what has no other form: a user's operation that runs as Python, a type or a value that is no tensor.

>>> import tempfile, theano, theano.tensor as T
>>> x = T.dvector("x")
>>> path = tempfile.mkdtemp() + "/square.theano"
>>> theano.function([x], x ** 2, name="square").save(path)
>>> load(path)([1, 2, 3])
array([1., 4., 9.])
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
from dataclasses import dataclass
from typing import Any

import numpy

from theano.compile.archive import read_archive, write_archive
from theano.compile.build import build, function
from theano.compile.callable import Function
from theano.compile.io import In, Out, SymbolicInput
from theano.compile.mode import Mode, predefined_modes
from theano.compile.pipeline import Compilation
from theano.compile.portrait import Portrait, take_portrait
from theano.compile.specify import Specification, present_request
from theano.errors import LoadError, SaveError, message
from theano.graph import Apply, Container, FunctionGraph, Origin, Variable
from theano.graph.locks import Owned
from theano.graph.portable import portable
from theano.tensor.sharedvar import ScalarSharedVariable, SharedVariable, TensorSharedVariable
from theano.tensor.type import TensorType, tensor_type

Path = str | os.PathLike[str]
TENSORS: tuple[type[TensorSharedVariable], ...] = (TensorSharedVariable, ScalarSharedVariable)


@dataclass
class KeptCompilation(Compilation):
    """A function whose program was made earlier; its graph is rewritten again only to be looked at."""

    @property
    def optimized(self) -> FunctionGraph:
        if not hasattr(self, "fgraph"):
            if not self.specification.request:
                text = "the function was loaded as a program, without its graph"
                raise LoadError(message(text, cure="theano.load(path, rebuild=True) compiles it from the graph in the file"))
            self.fgraph = function(**self.specification.request, mode=self.mode).maker.fgraph
        return self.fgraph


def assemble(portrait: Portrait, specification: Specification, mode: Mode, profile: bool) -> Function:
    """A function that runs an earlier program on the inputs and shared variables of ``specification``."""
    names = {("input", k): i.name for k, i in enumerate(specification.inputs)}
    names |= {("shared", k): v.name for k, v in enumerate(specification.shared)}
    compilation = KeptCompilation(specification, mode, profile)
    compilation.loaded = portrait.load(names)
    compilation.program, compilation.kept = compilation.loaded.program, "loaded"
    return build(compilation, specification.name)


# ------------------------------------------------------------------------------------------------ saving


def save(f: Function, path: Path, graph: bool = True) -> None:
    """Write ``f`` to the file ``path``; see :mod:`theano.compile.saving`.

    ``graph=False`` leaves the graph out, and with it the way out where the file does not fit.  A graph that cannot be pickled is left out,
    too, and the error of a later ``rebuild`` says why.  SaveError if a part that is needed cannot be saved."""
    compilation = f.maker.compilation
    specification = compilation.specification
    portrait = take_portrait(compilation)
    described = _Describer()
    stores = list({id(v.container): v for v in (*specification.shared, *specification.states.values())}.values())
    place = {id(v.container): k for k, v in enumerate(stores)}
    owned = Owned([v.container.lock for v in stores], inside=True)
    try:
        owned.take()
        index: dict[str, Any] = {
            "name": f.name,
            "layout": specification.layout,
            "keys": specification.keys,
            "mode": next((name for name, mode in predefined_modes.items() if mode == compilation.mode), None),
            "profile": compilation.profile,
            "inputs": [described.input(p) for p in specification.parameters],
            "outputs": [described.variable(o.variable) for o in specification.user_outputs],
            "shared": [described.shared(v) for v in stores],
            "states": {str(k): place[id(v.container)] for k, v in specification.states.items()},
            "unused": sorted(specification.unused),
            "bound": len(specification.shared),
            "updates": [position for position, _ in specification.updates],
            "needs": portrait.needs,
            "constants": [described.value(a) for a in portrait.arrays],
        }
        _require_importable(portrait.nodes)
        index["nodes"] = [described.thing(node) for node in portrait.nodes]
        blobs = described.finish() | {"program": portrait.text.encode(), "code": portrait.code}
        if graph:
            text, index["no_graph"] = _graph_text(compilation)
            if text is not None:
                blobs["graph"] = text
        else:
            index["no_graph"] = "it was saved with graph=False"
        write_archive(path, index, blobs)
    finally:
        owned.release()


def _require_importable(nodes: list[Apply]) -> None:
    for node in nodes:
        cls = type(node.op)
        if cls.__module__ == "__main__" or "<locals>" in cls.__qualname__:
            where = "the script that runs" if cls.__module__ == "__main__" else "a function"
            text = f"save: the operation {node.op} runs as Python and its class {cls.__qualname__} is defined in {where}"
            cure = "put the class into a module, from which the process that loads the function can import it"
            raise SaveError(message(text, [("in", "", "", f"{f}:{n}") for f, n in node.origin.lines(1)], cure))


_PICKLED = "save: a part of the function that has no other form"


class _Describer:
    """Parts of a function as JSON; arrays go to blobs, other values and types to one pickle."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes | memoryview] = {}
        self.things: list[Any] = []

    def thing(self, value: Any) -> int:
        self.things.append(value)
        return len(self.things) - 1

    def value(self, value: Any) -> Any:
        """Of an input, a shared variable or a constant."""
        if value is None:
            return None
        if type(value) in (bool, int, float):
            return {"number": value}
        if not (type(value) is numpy.ndarray or isinstance(value, numpy.generic)) or value.dtype.kind not in "biufc":
            return {"thing": self.thing(value)}
        name = f"array {len(self.blobs)}"
        whole = numpy.ascontiguousarray(value)
        self.blobs[name] = whole.reshape(-1).view("uint8").data if whole.size else b""
        single = {"scalar": True} if isinstance(value, numpy.generic) else {}
        return {"array": name, "dtype": whole.dtype.str, "shape": list(numpy.shape(value))} | single

    def kind(self, kind: Any) -> Any:
        return [kind.dtype, list(kind.broadcastable)] if type(kind) is TensorType else {"thing": self.thing(kind)}

    def variable(self, variable: Any) -> dict[str, Any]:
        return {"name": variable.name, "type": self.kind(variable.type), "lines": variable.origin.lines(2)}

    def input(self, given: SymbolicInput) -> dict[str, Any]:
        kept = given.value.container if isinstance(given.value, SharedVariable) else given.value
        value = kept.value if isinstance(kept, Container) else kept
        more = {"called": given.name, "strict": given.strict, "allow_downcast": given.allow_downcast, "value": self.value(value)}
        more |= {"implicit": given.implicit, "borrow": given.borrow}
        return self.variable(given.variable) | more

    def shared(self, variable: Any) -> dict[str, Any]:
        if type(variable) not in TENSORS:
            return {"variable": self.thing(variable)}
        cell = variable.container
        more = {"strict": cell.strict, "allow_downcast": cell.allow_downcast, "value": self.value(cell.storage[0])}
        return self.variable(variable) | more | {"class": TENSORS.index(type(variable))}

    def _rows(self) -> list[tuple[str, str, str]]:
        return [("part", str(t)[:60], type(t).__name__) for t in self.things]

    def finish(self) -> dict[str, bytes | memoryview]:
        if self.things:
            try:
                self.blobs["things"] = text = pickle.dumps([portable(t) for t in self.things])
            except Exception as why:
                cure = "operations, types and values must be importable and hold plain data"
                raise SaveError(message(f"{_PICKLED} cannot be pickled: {why}", self._rows(), cure)) from why
            if any(argument == "__main__" for _, argument, _ in pickletools.genops(text)):
                cure = "put it into a module, from which the process that loads the function can import it"
                raise SaveError(message(f"{_PICKLED} refers to what the script that runs defines", self._rows(), cure))
        return self.blobs


def _graph_text(compilation: Any) -> tuple[bytes | None, str | None]:
    """The pickle of what the function was made from, whose shared variables are those of the file; or None and why not."""
    specification = compilation.specification
    if not specification.request:
        return None, "the function was itself loaded without its graph"
    file = io.BytesIO()
    try:
        _GraphPickler(file, specification.shared).dump((present_request(specification), compilation.mode))
    except Exception as why:
        return None, f"it cannot be pickled: {why}"
    return file.getvalue(), None


class _GraphPickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.places = {id(v): ("shared", k) for k, v in enumerate(shared)} | {id(v.container): ("cell", k) for k, v in enumerate(shared)}

    def persistent_id(self, thing: Any) -> tuple[str, int] | None:
        return self.places.get(id(thing)) if isinstance(thing, (SharedVariable, Container)) else None


# ------------------------------------------------------------------------------------------------ loading


def load(path: Path, rebuild: bool = False) -> Function:
    """The function in the file ``path``, with private shared variables (``f.get_shared()``) that have the saved values.

    LoadError if the file is damaged or was made for another processor, version or Python.  ``rebuild=True`` compiles the graph in
    the file anew, for this machine and version; it unpickles.  Load only files that you trust: they hold code."""
    index, blobs = read_archive(path)
    return _Loading(os.fspath(path), index, blobs).function(rebuild)


class _Loading:
    def __init__(self, path: str, index: dict[str, Any], blobs: dict[str, memoryview]) -> None:
        self.path, self.index, self.blobs = path, index, blobs
        self._things: list[Any] | None = None

    def function(self, rebuild: bool) -> Function:
        index = self.index
        if not rebuild:
            self.check()
        shared = [self.shared(text) for text in index["shared"]]
        if rebuild:
            return self.rebuilt(shared)
        nodes = [self.thing(k) for k in index["nodes"]]
        arrays = [self.value(text) for text in index["constants"]]
        portrait = Portrait(bytes(self.blobs["program"]).decode(), bytes(self.blobs["code"]), arrays, nodes, index["needs"])
        parameters: list[SymbolicInput] = [self.input(text) for text in index["inputs"]]
        states = {int(k): shared[place] for k, place in index["states"].items()}
        inputs = [p for k, p in enumerate(parameters) if k not in states]
        shared = shared[: index["bound"]]
        outputs = [self.variable(text) for text in index["outputs"]]
        updates: list[tuple[int, Variable]] = [(k, shared[k].type()) for k in index["updates"]]
        variables = [i.variable for i in inputs]
        specification = Specification(
            parameters, states, frozenset(index["unused"]), inputs, variables, outputs, index["layout"], index["keys"], shared,
            list(shared), updates, index["name"], [Out(v) for v in outputs],
        )  # fmt: skip
        mode = predefined_modes[index["mode"] if index["mode"] in predefined_modes else "FAST_RUN"]
        return assemble(portrait, specification, mode, index["profile"])

    def check(self) -> None:
        """Refuse a program that was made for something else."""
        misfits = Portrait("", b"", [], needs=self.index["needs"]).misfits()
        if misfits:
            rows = [(what, f"saved: {then}", f"here: {now}") for what, then, now in misfits]
            raise LoadError(message(f"load: {self.path} does not fit", rows, self.way_out()))

    def way_out(self) -> str:
        if "graph" in self.blobs:
            return "theano.load(path, rebuild=True) compiles it anew from the graph in the file"
        return f"compile and save it here (the file holds no graph: {self.index['no_graph']})"

    def rebuilt(self, shared: list[Any]) -> Function:
        if "graph" not in self.blobs:
            raise LoadError(message(f"load: {self.path} cannot be rebuilt: it holds no graph", cure=self.index["no_graph"]))
        request, mode = self.unpickled("graph", shared)
        return function(**request, mode=mode, profile=self.index["profile"])

    # -------------------------------------------------------------------------------- parts

    def unpickled(self, name: str, shared: list[Any]) -> Any:
        try:
            return _GraphUnpickler(io.BytesIO(self.blobs[name]), shared).load()
        except (ImportError, AttributeError) as why:
            cure = "make the module importable here, as it was where the function was saved"
            raise LoadError(message(f"load: {self.path} needs a class that cannot be imported: {why}", cure=cure)) from why

    def thing(self, number: int) -> Any:
        if self._things is None:
            self._things = self.unpickled("things", [])
        return self._things[number]

    def value(self, text: Any) -> Any:
        if text is None:
            return None
        if "thing" in text:
            return self.thing(text["thing"])
        if "number" in text:
            return text["number"]
        array = numpy.frombuffer(self.blobs[text["array"]], dtype=text["dtype"]).reshape(text["shape"]).copy()
        return array[()] if "scalar" in text else array

    def variable(self, text: dict[str, Any]) -> Any:
        return _placed(self.kind(text["type"])(text["name"]), text)

    def kind(self, text: Any) -> Any:
        return self.thing(text["thing"]) if isinstance(text, dict) else tensor_type(text[0], tuple(text[1]))

    def input(self, text: dict[str, Any]) -> In:
        options = {name: text[name] for name in ("strict", "allow_downcast", "implicit", "borrow")}
        return In(self.variable(text), name=text["called"], value=self.value(text["value"]), autoname=False, **options)

    def shared(self, text: dict[str, Any]) -> Any:
        if "variable" in text:
            return self.thing(text["variable"])
        options = {name: text[name] for name in ("strict", "allow_downcast")}
        return _placed(TENSORS[text["class"]](text["name"], self.kind(text["type"]), self.value(text["value"]), **options), text)


def _placed(variable: Any, text: dict[str, Any]) -> Any:
    for file, line in text["lines"][:1]:
        variable.origin = Origin(file, line)
    return variable


class _GraphUnpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, place: Any) -> Any:
        kind, number = place
        return self.shared[number] if kind == "shared" else self.shared[number].container
