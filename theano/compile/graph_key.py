"""A name for what a function was asked to be: equal keys mean that an earlier plan may be used as it is.

The key covers the graph as the user built it, every flag, the mode, the package's own files, the library versions and the CPU.
Constants enter by value; of large ones only a digest is kept.  An op takes part by its class and its ``__props__``; one
that says nothing about itself has no key, and neither has a function around it: :class:`Uncacheable` says why.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy

from theano.compile.mode import Mode
from theano.flags import config, get_config_hash
from theano.graph import Apply, Constant, Op, Type, Variable, io_toposort
from theano.scalar import Composite, Declared, ScalarOp
from theano.tensor.type import array_dtype

_begun = time.time_ns()


class Uncacheable(Exception):
    """Why a function has no key."""


def graph_key(inputs: Iterable[Variable], outputs: Iterable[Variable], facts: tuple[Any, ...], mode: Mode, profile: bool) -> str:
    """A hex digest of the graph from ``inputs`` to ``outputs`` and of all that decides what becomes of it."""
    if mode.custom:
        raise Uncacheable(mode.custom)
    digest = hashlib.sha256(environment().encode())
    digest.update(repr((get_config_hash(), str(config.floatX), mode.facts(), profile, facts)).encode())
    _describe(inputs, outputs, digest)
    return digest.hexdigest()


def _describe(inputs: Iterable[Variable], outputs: Iterable[Variable], digest: Any) -> None:
    """Put a graph into ``digest``, with the graphs inside its operations."""
    numbers: dict[Variable, int] = {}
    for variable in inputs:
        numbers[variable] = len(numbers)
        digest.update(repr(("input", type_key(variable.type), getattr(variable, "static_shape", None))).encode())
    order = io_toposort(list(numbers), list(outputs))
    for node in order:
        facts, inner = _parts(node.op)
        for given, results in inner:
            digest.update(b"graph {")
            _describe(given, results, digest)
            digest.update(b"}")
        key = (_class(node.op), facts) if inner else op_key(node.op)
        digest.update(repr((key, _references(node.inputs, numbers, digest))).encode())
        if not isinstance(key[0], str):  # what a user's op gives need not follow from its properties
            digest.update(repr([(_class(v.type), array_dtype(v.type), getattr(v, "broadcastable", ())) for v in node.outputs]).encode())
        for out in node.outputs:
            numbers[out] = len(numbers)
    digest.update(repr(_references(outputs, numbers, digest)).encode())


def _references(variables: Iterable[Variable], numbers: dict[Variable, int], digest: Any) -> list[int]:
    found = []
    for variable in variables:
        if variable not in numbers:
            if not isinstance(variable, Constant):
                raise Uncacheable(f"{variable} is neither an input nor a constant")
            numbers[variable] = len(numbers)
            kind, data = type_key(variable.type), numpy.asarray(variable.data)
            digest.update(repr(("constant", kind, data.shape)).encode())
            digest.update(numpy.ascontiguousarray(data).tobytes())
        found.append(numbers[variable])
    return found


def _parts(op: Any) -> tuple[Any, list[tuple[Sequence[Variable], Sequence[Variable]]]]:
    """Of an op that is made of graphs: what else tells it from another, and the inputs and outputs of each graph."""
    return op.held_graphs() if hasattr(op, "held_graphs") else ((), [])


def op_key(op: Op) -> Any:
    """What an op is, by class and properties."""
    if getattr(op, "__props__", None) is not None:
        return _class(op), tuple(map(_plain, op._props()))
    raise Uncacheable(f"{op} has no __props__, so one instance cannot be told from another")


def type_key(kind: Any) -> Any:
    if array_dtype(kind) == "object":
        raise Uncacheable(f"{kind} is no tensor type")
    return _class(kind), kind.dtype, tuple(kind.broadcastable)


def _class(thing: Any) -> Any:
    cls: Any = type(thing)
    return _class_key(cls)


@functools.cache
def _class_key(cls: type) -> Any:
    """The name of a class; of one outside this package also its sources, whose code a plan may have been made by."""
    if cls.__module__ == "__main__" or "<locals>" in cls.__qualname__:
        raise Uncacheable(f"{cls.__qualname__} is defined in a script or in a function: another run may mean another class by that name")
    name = f"{cls.__module__}.{cls.__qualname__}"
    users = [sys.modules.get(c.__module__) for c in cls.__mro__ if c.__module__.partition(".")[0] not in ("theano", "builtins")]
    if not users:
        return name
    found: Any = users[0]
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not cls:
        raise Uncacheable(f"{name} is another class than the module has by that name")
    return name, *(_source(module) for module in users)


def _source(module: Any) -> tuple[int, int]:
    """When the file of a module was changed last, and how long it is."""
    try:
        stat = os.stat(module.__file__)
    except (AttributeError, TypeError, OSError):
        raise Uncacheable(f"the module {getattr(module, '__name__', module)} has no file") from None
    return _as_loaded(stat, f"the file of the module {module.__name__}")


def _as_loaded(stat: os.stat_result, what: str) -> tuple[int, int]:
    """Of a source that cannot have changed since it was imported: else old code would be kept under the name of the new."""
    if (stat.st_mtime_ns if os.name == "nt" else stat.st_ctime_ns) > _begun:
        raise Uncacheable(f"{what} has changed since this process began")
    return stat.st_mtime_ns, stat.st_size


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str, bytes, complex)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return tuple(_plain(v) for v in value)
    if isinstance(value, (dict, frozenset, set)):
        return tuple(sorted(map(repr, (_plain(v) for v in (value.items() if isinstance(value, dict) else value)))))
    if isinstance(value, Declared):
        return "scalar", value.name
    if isinstance(value, Composite):
        return "composite", _plain(value.structure)
    if isinstance(value, ScalarOp):
        raise Uncacheable(f"the scalar operation {value} is written as a class, whose code may change")
    if isinstance(value, slice):
        return "slice", _plain(value.start), _plain(value.stop), _plain(value.step)
    if isinstance(value, Type):
        return type_key(value)
    if isinstance(value, type):
        return _class_key(value)
    if isinstance(value, numpy.dtype):
        return str(value)
    if isinstance(value, Op):
        return op_key(value)
    raise Uncacheable(f"a property of type {type(value).__name__} has no canonical form")


@functools.cache
def environment() -> str:
    """Everything outside the graph that a plan depends on."""
    import llvmlite

    from theano.emit.llvm.target import target

    package = sorted((path, _as_loaded(stat, "this package")) for path, stat in _sources(str(Path(__file__).parent.parent)))
    return repr((sys.version, numpy.__version__, llvmlite.__version__, _scipy(), target(), os.name, package))


def _sources(folder: str, inside: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """(path inside of ``folder``, facts) of each module in it; in a fifth of the time that pathlib takes."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield inside + entry.name, entry.stat()
            elif entry.is_dir():
                yield from _sources(entry.path, f"{inside}{entry.name}/")


def _scipy() -> Any:
    """What tells its releases apart: neither imported, nor asked of the metadata, which takes as long as a tenth of this package."""
    found = importlib.util.find_spec("scipy")
    return found and found.origin and Path(found.origin).with_name("version.py").read_bytes()


def user_nodes(inputs: Iterable[Variable], outputs: Iterable[Variable]) -> list[Apply]:
    """The nodes of a graph, and of the graphs in them, in the order that a stored plan counts them."""
    nodes: list[Apply] = []
    for node in io_toposort(list(inputs), list(outputs)):
        nodes.append(node)
        for given, results in _parts(node.op)[1]:
            nodes += user_nodes(given, results)
    return nodes
