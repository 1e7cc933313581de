"""A program as plain JSON data and back: what the plan cache keeps beside the object code.

Values, kernels, buffers and graph nodes are numbered, so what is shared stays shared.  A graph node is kept as its name and the
user's nodes it came from; reading it back gives it this process's lines.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from theano.compile.graph_key import Uncacheable
from theano.graph import Apply
from theano.graph.naming import operation, title
from theano.graph.provenance import NOWHERE, Origin, unite
from theano.loops import ir
from theano.scalar.instructions import Trace, Value, walk

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        ir.Accumulator, ir.Fold, ir.Loop, ir.Store, ir.Check, ir.BufferParameter, ir.AtMost, ir.KernelStep, ir.LibraryStep,
        ir.PythonStep, ir.Guard, ir.LoopRegion, ir.IfRegion, ir.Frame,
    )
}  # fmt: skip


Names = Mapping[tuple[str, int], str | None]
"""What this process calls inputs and shared variables: by storage and position."""


@dataclass(slots=True)
class StoredType:
    """Enough of a type to name it in a message."""

    dtype: str
    broadcastable: tuple[bool, ...]

    @property
    def ndim(self) -> int:
        return len(self.broadcastable)


@dataclass(slots=True)
class StoredVariable:
    """A variable of an earlier process's graph, as messages need it."""

    type: StoredType
    origin: Origin
    name: str
    static_shape: None = None


@dataclass(slots=True)
class StoredNode:
    """A node of an earlier process's optimised graph."""

    op: str
    origin: Origin
    inputs: list[StoredVariable] = field(default_factory=list)

    def __hash__(self) -> int:
        return id(self)


def written(nodes: Sequence[Apply]) -> list[Any]:
    """All of the user's graph that has a line or a name: nodes, what they start from, what they give.  (Before any rewriting.)"""
    return [*nodes, *dict.fromkeys(v for node in nodes for v in (*node.inputs, *node.outputs))]


def _mark(number: int) -> str:
    """Stands for a name in a stored text: another process may call the same thing differently."""
    return f"\0{number}\0"


def _performed(node: Apply) -> tuple[Any, ...]:
    """What nodes have in common that perform the same: the op and the types."""
    return id(node.op), tuple(v.type for v in node.inputs), tuple(v.type for v in node.outputs)


class Writer:
    """Encodes one program; ``nodes`` are the user's, ``things`` all that is :func:`written` there: names, origins and Python steps
    refer to them by number."""

    def __init__(self, nodes: Sequence[Apply], things: Sequence[Any]) -> None:
        self.leaves: dict[int, tuple[int, int]] = {}
        self.positions: dict[Any, int] = {}
        for k, node in enumerate(nodes):
            self.positions.setdefault(_performed(node), k)
        self.written: dict[int, int] = {}
        for k, thing in enumerate(things):
            self.written[id(thing)] = k
            for j, leaf in enumerate(thing.origin._leaves(64)):
                self.leaves.setdefault(id(leaf), (k, j))
        self.tables: dict[str, list[Any]] = {"values": [], "kernels": [], "buffers": [], "nodes": [], "variables": []}
        self.numbers: dict[int, int] = {}
        self.values: set[Value] = set()
        self.kept: list[Any] = []

    def _number(self, thing: Any, table: str, text: Any) -> int:
        number = self.numbers[id(thing)] = len(self.tables[table])
        self.tables[table].append(text)
        self.kept.append(thing)
        return number

    def write(self, thing: Any) -> Any:
        if thing is None or isinstance(thing, (bool, int, float, str)):
            return thing
        if isinstance(thing, bytes):
            return {"bytes": base64.b64encode(thing).decode()}
        if isinstance(thing, (tuple, list)):
            return [self.write(each) for each in thing]
        if isinstance(thing, Value):
            return {"v": self.value(thing)}
        if isinstance(thing, ir.Buffer):
            return {"b": self.table_entry(thing, "buffers")}
        if isinstance(thing, ir.Kernel):
            return {"k": self.table_entry(thing, "kernels")}
        if isinstance(thing, ir.PythonStep):
            position = self.positions.get(_performed(thing.node))
            if position is None:
                raise Uncacheable(f"the Python step {thing.node.op} was put in by a rewrite")
            return {"c": "PythonStep", "f": [position, self.write(thing.arguments), self.write(thing.results), list(thing.owned)]}
        if type(thing).__name__ in _CLASSES:
            return {"c": type(thing).__name__, "f": [self.write(getattr(thing, f.name)) for f in dataclasses.fields(thing)]}
        return self.graph_part(thing)

    def table_entry(self, thing: Any, table: str) -> int:
        if id(thing) in self.numbers:
            return self.numbers[id(thing)]
        return self._number(thing, table, [self.write(getattr(thing, f.name)) for f in dataclasses.fields(thing)])

    def value(self, root: Value) -> int:
        for v in walk([root], seen=self.values):
            self._number(v, "values", [v.op, [self.numbers[id(a)] for a in v.args], v.dtype, self.write(v.data)])
        return self.numbers[id(root)]

    def graph_part(self, thing: Any) -> Any:
        """A node or a variable of the optimised graph."""
        if id(thing) in self.numbers:
            return {"n" if hasattr(thing, "op") else "x": self.numbers[id(thing)]}
        if hasattr(thing, "op"):
            inputs = [self.graph_part(v) for v in thing.inputs if hasattr(v.type, "broadcastable")][:4]
            return {"n": self._number(thing, "nodes", [operation(thing), self.origin(thing), inputs])}
        if id(thing) in self.written:
            return {"u": self.written[id(thing)]}
        if hasattr(thing, "type"):
            kind = [thing.type.dtype, list(thing.type.broadcastable)]
            owner = getattr(thing, "owner", None)
            return {"x": self._number(thing, "variables", [kind, self.origin(owner or thing), title(thing, self._called)])}
        raise Uncacheable(f"a program holds a {type(thing).__name__}")

    def _called(self, variable: Any) -> str | None:
        number = self.written.get(id(variable))
        return _mark(number) if number is not None and (variable.name or variable.owner is None) else None

    def origin(self, thing: Any) -> list[tuple[int, int]]:
        found = (self.leaves.get(id(leaf)) for leaf in (thing.origin or NOWHERE)._leaves(64))
        return list(dict.fromkeys(place for place in found if place is not None))[:8]


class Reader:
    """Decodes what :class:`Writer` wrote, for this process's ``nodes``."""

    def __init__(self, tables: dict[str, list[Any]], nodes: Sequence[Apply], things: Sequence[Any], names: Names) -> None:
        self.user_nodes, self.written, self.names, self.trace = nodes, things, names, Trace()
        self.tables: dict[str, list[Any]] = {kind: [] for kind in "vxnbk"} | {"u": list(things)}
        for op, args, dtype, data in tables["values"]:
            self.tables["v"].append(self._value(op, args, dtype, self.read(data)))
        for kind, origin, text in tables["variables"]:
            self.tables["x"].append(StoredVariable(StoredType(kind[0], tuple(kind[1])), self._origin(origin), self._named(text)))
        for op, origin, inputs in tables["nodes"]:
            self.tables["n"].append(StoredNode(op, self._origin(origin), [self.read(i) for i in inputs]))
        self.tables["b"] += [self._buffer(*self._fields(entry)) for entry in tables["buffers"]]
        self.tables["k"] += [ir.Kernel(*self._fields(entry)) for entry in tables["kernels"]]

    def _value(self, op: str, args: list[int], dtype: str, data: Any) -> Value:
        if op == "const":
            return self.trace.const(data, dtype)
        return self.trace.emit(op, tuple(self.tables["v"][a] for a in args), dtype, data)

    def _fields(self, entry: list[Any]) -> list[Any]:
        return [self.read(each) for each in entry]

    def _buffer(self, number: int, dtype: str, shape: Any, storage: str, position: int, offset: Any, name: str | None) -> ir.Buffer:
        return ir.Buffer(number, dtype, shape, storage, position, offset, self.names.get((storage, position)))

    def _named(self, text: str) -> str:
        return re.sub("\0([0-9]+)\0", lambda match: title(self.written[int(match[1])]), text)

    def _origin(self, places: list[list[int]]) -> Origin:
        origin: Origin = NOWHERE
        for k, j in places:
            leaves = list(self.written[k].origin._leaves(64))
            if j < len(leaves):
                origin = unite(origin, leaves[j])
        return origin

    def read(self, text: Any) -> Any:
        if isinstance(text, list):
            return tuple(self.read(each) for each in text)
        if not isinstance(text, dict):
            return text
        if "c" not in text:
            ((kind, number),) = text.items()
            if kind == "bytes":
                return base64.b64decode(number)
            return self.tables[kind][number]
        values = self._fields(text["f"])
        if text["c"] == "PythonStep":
            values[0] = self.user_nodes[values[0]]
        elif text["c"] == "Frame":
            values = [list(v) if isinstance(v, tuple) else v for v in values]
        return _CLASSES[text["c"]](*values)


def write_array(array: Any) -> list[Any]:
    return [str(array.dtype), list(array.shape), base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()]


def read_array(text: list[Any]) -> Any:
    dtype, shape, data = text
    return numpy.frombuffer(base64.b64decode(data), dtype=dtype).reshape(shape).copy()
