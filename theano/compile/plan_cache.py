"""Whole plans on disk: a function met before is loaded without rewriting, lowering or compiling anything.

An entry holds the program as data (:mod:`theano.compile.plan_text`) and names its object code; it stands under the key of
the graph that the user built (:mod:`theano.compile.graph_key`).  Whatever cannot be kept says why, and the profile repeats it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy

from theano.compile.graph_key import Uncacheable, graph_key, user_nodes
from theano.compile.mode import Mode
from theano.compile.plan_text import Reader, Writer, read_array, write_array, written
from theano.errors import CompileError
from theano.graph import Apply, Constant, Variable
from theano.loops.ir import Guard, Program, frames, walk_steps
from theano.tensor.sharedvar import SharedVariable

LARGEST = 20_000
"""Graphs of more nodes are not kept: reading them back would take as long as planning them."""


class Plan:
    """One function's place in the cache, known before anything is done to its graph."""

    def __init__(self, inputs: list[Variable], outputs: list[Variable], facts: tuple[Any, ...], mode: Mode, profile: bool) -> None:
        self.nodes: list[Apply] = user_nodes(inputs, outputs)
        self.written = written(self.nodes)
        count = sum(not isinstance(v, SharedVariable) for v in inputs)
        self.names = {("input", k) if k < count else ("shared", k - count): v.name for k, v in enumerate(inputs)}
        self.constants = _constants(self.nodes, outputs)
        self.key = graph_key(inputs, outputs, facts, mode, profile) + "-plan"

    def find(self) -> Any:
        """The loaded program, or None.  Whatever is wrong with what was found, it is dropped and made anew."""
        from theano.runtime.cache import object_cache

        cache = object_cache()
        found = cache.get(self.key)
        if found is None:
            return None
        try:
            text = json.loads(found)
            code = cache.get(text["object_key"])
            return None if code is None else self._read(text, code)
        except (CompileError, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            cache.drop(self.key)  # it has its checksum, but not its form
            return None

    def keep(self, loaded: Any) -> None:
        """Store a program that has just been made; its object code is in the cache already."""
        from theano.runtime.cache import object_cache

        object_cache().put(self.key, json.dumps(self._write(loaded), separators=(",", ":")).encode())

    # ------------------------------------------------------------------ as data

    def _write(self, loaded: Any) -> dict[str, Any]:
        known = {id(c.data): k for k, c in enumerate(self.constants)}
        arrays = [known[id(a)] if id(a) in known else write_array(numpy.asarray(a)) for a in loaded.program.constant_arrays]
        return write_loaded(Writer(self.nodes, self.written), loaded) | {"arrays": arrays, "object_key": loaded.object_key}

    def _read(self, text: dict[str, Any], code: bytes) -> Any:
        reader = Reader(text["tables"], self.nodes, self.written, self.names)
        arrays = [self.constants[a].data if isinstance(a, int) else read_array(a) for a in text["arrays"]]
        return read_loaded(reader, text, code, arrays, text["object_key"])


def write_loaded(writer: Writer, loaded: Any) -> dict[str, Any]:
    """A loaded program without its arrays and its object code."""
    program = loaded.program
    places = {id(s): k for k, s in enumerate(walk_steps(program.frame))}
    guarded = {id(g): k for k, g in enumerate(_guards(program))}
    names = ("inputs", "shared", "constants", "frame", "outputs", "commits", "checks", "operands")
    return {
        "program": {name: writer.write(getattr(program, name)) for name in names},
        "tables": writer.tables,
        "symbols": loaded.symbols,
        "table": writer.write(loaded.table),
        "steps": [places[id(s)] for s in loaded.steps],
        "python": [places[id(s)] for s in loaded.python_steps],
        "guards": [guarded[id(g)] for g in loaded.guards],
        "profiled": loaded.profiled,
    }


def read_loaded(reader: Reader, text: dict[str, Any], code: bytes, arrays: list[Any], object_key: str = "", of: Any = None) -> Any:
    """What :func:`write_loaded` wrote, with the ``code`` (made for ``of``) placed in memory and ``arrays`` for its constants."""
    from theano.runtime.cpu import restore

    fields: dict[str, Any] = {name: reader.read(value) for name, value in text["program"].items()}
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
    program = Program(**fields, constant_arrays=arrays)
    steps, guards = list(walk_steps(program.frame)), _guards(program)
    return restore(
        program, code, tuple(text["symbols"]), table=reader.read(text["table"]), constants=tuple(arrays),
        guards=tuple(guards[k] for k in text["guards"]), steps=tuple(steps[k] for k in text["steps"]),
        python_steps=tuple(steps[k] for k in text["python"]), profiled=text["profiled"], object_key=object_key, of=of,
    )  # fmt: skip


def plan_of(inputs: list[Variable], outputs: list[Variable], facts: tuple[Any, ...], mode: Mode, profile: bool) -> Plan:
    """The place of a function; :class:`Uncacheable` if it has none."""
    plan = Plan(inputs, outputs, facts, mode, profile)
    if len(plan.nodes) > LARGEST:
        raise Uncacheable(f"the graph has more than {LARGEST} nodes")
    return plan


def _constants(nodes: list[Apply], outputs: list[Variable]) -> list[Constant]:
    found = (v for group in ((v for n in nodes for v in n.inputs), outputs) for v in group)
    return [v for v in dict.fromkeys(found) if isinstance(v, Constant)]


def _guards(program: Program) -> list[Guard]:
    return [guard for frame in frames(program.frame) for guard in frame.guards]


__all__ = ["Plan", "Uncacheable", "plan_of", "read_loaded", "write_loaded"]
