"""THE list of passes from a graph to a program that runs, in order; each is timed.

    specify -> optimize -> lower -> plan -> verify -> load

A :class:`Compilation` carries what they make of one function: every intermediate form stays there to be looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from theano import dtypes
from theano.compile.io import In, Specification
from theano.compile.mode import Mode
from theano.flags import config
from theano.graph import FunctionGraph, Variable
from theano.loops.ir import Program
from theano.loops.lower import Lowering
from theano.loops.nest import Sink
from theano.loops.plan import plan
from theano.loops.verify_program import verify
from theano.rewrite.stages import STAGES, optimize


@dataclass
class Compilation:
    """One function on its way to machine code."""

    specification: Specification
    mode: Mode
    profile: bool = False
    fgraph: FunctionGraph = field(init=False)
    rewrites: Any = None
    lowering: Lowering = field(init=False)
    program: Program = field(init=False)
    loaded: Any = None
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> Compilation:
        for compile_pass in PASSES:
            start = time.perf_counter()
            compile_pass(self)
            self.seconds[compile_pass.__name__] = time.perf_counter() - start
        return self


PASSES: list[Callable[[Compilation], None]] = []


def _pass(function: Callable[[Compilation], None]) -> Callable[[Compilation], None]:
    PASSES.append(function)
    return function


@_pass
def graph(c: Compilation) -> None:
    """One function graph over inputs, shared variables, outputs and updates."""
    s = c.specification
    results = [*s.outputs, *(new for _, new in s.updates)]
    c.fgraph = FunctionGraph([*s.input_variables, *s.shared_variables], results, clone=False)


@_pass
def rewrite(c: Compilation) -> None:
    """Simplify, stabilise, choose BLAS forms, expand composite operations."""
    c.rewrites = rewrite_graph(c.fgraph, c.mode)


@_pass
def lower(c: Compilation) -> None:
    """From operations on arrays to nests: index domains with scalar bodies."""
    s = c.specification
    c.lowering = Lowering(prepare=lambda inner: rewrite_graph(inner, c.mode))
    for position, variable in enumerate(c.fgraph.inputs):
        count = len(s.input_variables)
        c.lowering.source(variable, *(("input", position) if position < count else ("shared", position - count)))
    for out in c.fgraph.outputs:
        c.lowering.leaf(out)
    c.lowering.graph(c.fgraph.toposort())


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
    verify(c.program)


@_pass
def load(c: Compilation) -> None:
    """Machine code, from the cache or from LLVM, in memory."""
    if c.mode.linker == "native":
        from theano.emit.llvm.entry import Argument, Signature
        from theano.runtime.cpu import load_program

        s = c.specification
        signature = Signature(
            tuple(Argument(*_accepted(i, v)) for i, v in zip(s.inputs, s.input_variables, strict=True)),
            tuple(Argument(v.type.dtype, _fixed(v)) for v in s.shared_variables),
            "single" if s.layout == "single" else "list",
        )
        c.loaded = load_program(c.program, signature, profile=c.profile)


def rewrite_graph(fgraph: FunctionGraph, mode: Mode) -> Any:
    stages = STAGES if mode.optimizer == "fast_run" else [s for s in STAGES if s.name in ("merge", "expand")]
    return optimize(fgraph, stages, mode.include, mode.exclude)


def _fixed(variable: Variable) -> tuple[int | None, ...]:
    return tuple(1 if b else None for b in variable.type.broadcastable)


def _accepted(given: In, variable: Variable) -> tuple[str, tuple[int | None, ...], frozenset[str]]:
    """What the fast path takes without asking Python: arrays as they must be and, for scalars, numbers that convert without loss."""
    dtype = variable.type.dtype
    numbers: set[str] = set()
    if variable.type.ndim == 0 and not given.strict and dtype in ("float32", "float64", "int64"):
        numbers.add("scalar")
        if dtype == "float64" or (dtype == config.floatX and given.allow_downcast is not False):
            numbers.add("float")
        if dtype != "float32":
            numbers.add("int")
    return dtype, _fixed(variable), frozenset(numbers) if not dtypes.is_complex(dtype) else frozenset()
