"""THE list of passes from a graph to a program that runs, in order; each is timed.

    graph -> rewrite -> lower -> schedule -> check -> load

unless the plan cache knows the graph: then its program is loaded at once.

A :class:`Compilation` carries what they make of one function: every intermediate form stays there to be looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from theano import dtypes
from theano.compile.io import SymbolicInput
from theano.compile.mode import Mode
from theano.compile.plan_cache import Plan, Uncacheable, plan_of
from theano.compile.specify import Specification
from theano.flags import change_flags, config
from theano.graph import FunctionGraph, Generic, Variable
from theano.loops.ir import Program
from theano.loops.lower import Lowering
from theano.loops.nest import Sink
from theano.loops.plan import plan
from theano.loops.verify_program import verify_program
from theano.rewrite.query import Query
from theano.rewrite.stages import finish
from theano.tensor.type import array_dtype


@dataclass
class Compilation:
    """One function on its way to machine code."""

    specification: Specification
    mode: Mode
    profile: bool = False
    fgraph: FunctionGraph = field(init=False)
    written: FunctionGraph | None = None  # the graph before rewriting, where the mode compares the two
    rewrites: Any = None
    lowering: Lowering = field(init=False)
    program: Program = field(init=False)
    loaded: Any = None
    kept: str = "not asked for"
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> Compilation:
        place = self._timed("find", self._find)
        if self.loaded is None:
            for compile_pass in PASSES if self.mode.engine != "nodewise" else (graph, rewrite):
                self._timed(compile_pass.__name__, partial(compile_pass, self))
            if place is not None:
                self._timed("keep", lambda: self._keep(place))
        return self

    def _timed(self, name: str, action: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = action()
        self.seconds[name] = time.perf_counter() - start
        return result

    def _find(self) -> Plan | None:
        """Look for an earlier process's plan of this very graph."""
        s = self.specification
        if self.mode.engine != "native":
            self.kept = "only native programs are kept"
            return None
        if config.optimizer_verbose or config.compute_test_value_opt != "off":
            self.kept = "rewriting is watched"
            return None
        taken = [(i.strict, i.allow_downcast) for i in s.inputs]
        facts = (s.layout, len(s.outputs), len(s.input_variables), [p for p, _ in s.updates], taken)
        try:
            place = plan_of([*s.input_variables, *s.shared_variables], self.results(), facts, self.mode, self.profile)
        except Uncacheable as why:
            self.kept = str(why)
            return None
        self.kept = "found"
        self.loaded = place.find()
        if self.loaded is not None:
            self.program = self.loaded.program
        return place

    def _keep(self, place: Plan) -> None:
        try:
            place.keep(self.loaded)
            self.kept = "kept"
        except Uncacheable as why:
            self.kept = str(why)

    def results(self) -> list[Variable]:
        """Outputs, then the next values of shared variables."""
        return [*self.specification.outputs, *(new for _, new in self.specification.updates)]

    @property
    def optimized(self) -> FunctionGraph:
        """The optimised graph; made now if the plan came from the cache."""
        if not hasattr(self, "fgraph"):
            graph(self)
            rewrite(self)
        return self.fgraph


PASSES: list[Callable[[Compilation], None]] = []


def _pass(function: Callable[[Compilation], None]) -> Callable[[Compilation], None]:
    PASSES.append(function)
    return function


@_pass
def graph(c: Compilation) -> None:
    """One function graph over inputs, shared variables, outputs and updates."""
    s = c.specification
    c.fgraph = FunctionGraph([*s.input_variables, *s.shared_variables], c.results(), clone=False)


@_pass
def rewrite(c: Compilation) -> None:
    """Simplify, stabilise, choose BLAS forms, expand composite operations."""
    if c.mode.engine == "debug":
        c.written = c.fgraph.clone()
    with change_flags(compute_test_value=config.compute_test_value_opt):
        c.rewrites = rewrite_graph(c.fgraph, c.mode)


@_pass
def lower(c: Compilation) -> None:
    """From operations on arrays to nests: index domains with scalar bodies."""
    s = c.specification
    c.lowering = Lowering(prepare=lambda inner: rewrite_graph(inner, c.mode))
    for position, variable in enumerate(c.fgraph.inputs):
        count = len(s.input_variables)
        c.lowering.source(variable, *(("input", position) if position < count else ("shared", position - count)))
    c.lowering.region(c.fgraph)


@_pass
def schedule(c: Compilation) -> None:
    """Fuse nests into kernels; decide where everything lives and what is written in place."""
    outputs = c.fgraph.outputs
    count = len(c.specification.outputs)
    sinks = [Sink("output", k, v) for k, v in enumerate(outputs[:count])]
    sinks += [Sink("update", position, v) for (position, _), v in zip(c.specification.updates, outputs[count:], strict=True)]
    c.program = plan(c.lowering, sinks)


@_pass
def check(c: Compilation) -> None:
    """Refuse a program that no emitter should see."""
    verify_program(c.program)


@_pass
def load(c: Compilation) -> None:
    """Machine code, from the cache or from LLVM, in memory."""
    if c.mode.engine in ("native", "debug"):
        from theano.emit.llvm.entry import Argument, Signature
        from theano.runtime.cpu import load_program

        s = c.specification
        signature = Signature(
            tuple(Argument(*_accepted(i, v)) for i, v in zip(s.inputs, s.input_variables, strict=True)),
            tuple(Argument(_dtype(v), _fixed(v)) for v in s.shared_variables),
            "single" if s.layout == "single" else "list",
        )
        c.loaded = load_program(c.program, signature, profile=c.profile)


def rewrite_graph(fgraph: FunctionGraph, mode: Mode) -> Any:
    """Rewrite ``fgraph`` in place, as the mode says."""
    optimizer = mode.optimizer
    report = optimizer.optimize(fgraph)
    return report if isinstance(getattr(optimizer, "query", None), Query) else finish(fgraph)


def _fixed(variable: Variable) -> tuple[int | None, ...]:
    return tuple(1 if b else None for b in variable.type.broadcastable) if _dtype(variable) != "object" else ()


def _dtype(variable: Variable) -> str:
    return array_dtype(variable.type)


def _accepted(given: SymbolicInput, variable: Variable) -> tuple[str, tuple[int | None, ...], frozenset[str], bool]:
    """What the fast path takes without asking Python: arrays as they must be and, for scalars, numbers that convert without loss; any
    object that is to be generic, while a user's own type looks at each value."""
    dtype = _dtype(variable)
    if dtype == "object":
        return dtype, (), frozenset(), type(variable.type) is not Generic
    numbers: set[str] = set()
    if not _fixed(variable) and not given.strict and dtype in ("float32", "float64", "int64"):
        numbers.add("scalar")
        if dtype == "float64" or (dtype == config.floatX and given.allow_downcast is not False):
            numbers.add("float")
        if dtype != "float32":
            numbers.add("int")
    return dtype, _fixed(variable), frozenset(numbers) if not dtypes.is_complex(dtype) else frozenset(), False
