"""What the calls of one function cost, step by step.

A step is what a program runs at once: a kernel with several operations fused into it, a library call, a Python operation.
:mod:`theano.compile.profiling` adds the measures of one or several functions up, and prints them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from theano.dtypes import itemsize
from theano.flags import config
from theano.loops.ir import Buffer, Frame, IfRegion, KernelStep, LibraryStep, LoopRegion, Program, PythonStep, Step, walk_steps
from theano.printing.explain import describe, kind_of, names_of, places
from theano.scalar.instructions import Value, walk


@dataclass(frozen=True)
class StepOp:
    """What a step does, where a profile names an operation.  Steps that do the same have equal ones."""

    text: str

    def __str__(self) -> str:
        return self.text


class Kernel(StepOp):
    """Operations fused into one loop nest."""


class LibraryCall(StepOp):
    """A call of BLAS, or a copy."""


class Region(StepOp):
    """A loop or a branch; the steps inside it are counted by themselves as well."""


@dataclass(eq=False, slots=True)
class Unit:
    """One step of one function, where a profile names a node: its ``op``, the graph's ``nodes`` in it, and the arrays that it reads and
    writes, ``inputs`` and ``outputs``."""

    op: Any
    text: str
    nodes: tuple[Any, ...]
    inputs: list[Buffer]
    outputs: list[Buffer]
    compiled: bool

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class StepProfile:
    """One step: ``nanoseconds`` and ``bytes`` are totals over ``runs``; ``bytes`` is None where sizes are found inside the call."""

    kind: str
    text: str
    runs: int
    nanoseconds: int
    bytes: int | None
    lines: list[str]


class Profile:
    """Totals of one profiled function."""

    def __init__(self, compilation: Any, times: Callable[[], list[tuple[Step, int, int]]], name: str) -> None:
        self.name = name
        self.compile_seconds: dict[str, float] = compilation.seconds
        self.program: Program | None = getattr(compilation, "program", None)
        self.calls = 0
        self.seconds = 0.0
        self._times = times
        self._names = names_of(self.program) if self.program is not None else {}
        self._sizes: dict[Any, int] = {}
        self._units: dict[int, Unit] = {}
        self._before: list[tuple[int, int]] = []

    @property
    def python_steps(self) -> int:
        """How many steps of the program run Python code."""
        return sum(kind_of(step) == "Python step" for step in walk_steps(self.program.frame)) if self.program is not None else 0

    @contextmanager
    def call(self, inputs: Sequence[Any], shared: Sequence[Any]) -> Iterator[None]:
        """Measure one call."""
        for kind, arrays in (("input", inputs), ("shared", shared)):
            for position, array in enumerate(arrays):
                self._sizes.update(((kind, position, axis), n) for axis, n in enumerate(getattr(array, "shape", ())))
        start = time.perf_counter()
        try:
            yield
        finally:
            self.calls += 1
            self.seconds += time.perf_counter() - start
            if self.calls == 1 and not self._before and config.profiling.ignore_first_call:
                self.reset()

    def reset(self) -> None:
        """Count from 0 again."""
        self.calls, self.seconds = 0, 0.0
        self._before = [(runs, nanoseconds) for _, runs, nanoseconds in self._times()]

    def times(self) -> list[tuple[Step, int, int]]:
        """Each step with its runs and nanoseconds since the last :meth:`reset`."""
        found = self._times()
        before = self._before or [(0, 0)] * len(found)
        return [(step, runs - r, ns - n) for (step, runs, ns), (r, n) in zip(found, before, strict=True)]

    @property
    def steps(self) -> list[StepProfile]:
        """Every step with what it took, in the order of the program."""
        return [
            StepProfile(kind_of(step), describe(step, self._names), runs, nanoseconds, self.bytes(step, runs), places(step.nodes))
            for step, runs, nanoseconds in self.times()
        ]

    def unit(self, step: Step) -> Unit:
        """The step as a profile names it; always the same object."""
        found = self._units.get(id(step))
        if found is None:
            found = self._units[id(step)] = self._made(step)
        return found

    def _made(self, step: Step) -> Unit:
        kind, text = kind_of(step), describe(step, self._names)
        op: Any = step.node.op if isinstance(step, PythonStep) else None
        if op is None:
            what = step.routine if isinstance(step, LibraryStep) else text.partition(": ")[0].partition("   #")[0]
            op = {"kernel": Kernel, "library call": LibraryCall}.get(kind, Region)(what)
        return Unit(op, text, step.nodes, *_read_and_written(step), not isinstance(step, PythonStep))

    def bytes(self, step: Step, runs: int) -> int | None:
        """Bytes of the arrays a step touches, at the sizes of the last call."""
        if isinstance(step, (LoopRegion, IfRegion, Frame)):
            return None
        buffers: tuple[Buffer, ...] = getattr(step, "buffers", None) or (*getattr(step, "arguments", ()), *getattr(step, "results", ()))
        sizes = [self.size(buffer) for buffer in buffers]
        return None if None in sizes else sum(filter(None, sizes)) * runs

    def size(self, buffer: Buffer) -> int | None:
        """Bytes of one array, at the sizes of the last call."""
        count = 1
        for extent in buffer.shape:
            number = self._evaluate(extent)
            if number is None:
                return None
            count *= number
        return count * (8 if buffer.dtype == "object" else itemsize(buffer.dtype))

    def memory(self) -> dict[str, int | None]:
        """Bytes of arguments, shared variables, results and scratch at the sizes of the last call; None where they are found inside it."""
        if self.program is None:
            return {}
        frames = [self.program.frame, *(f for f in _frames(self.program.frame))]
        scratch = [0 if f.arena is None else self._evaluate(f.arena) for f in frames]
        found: dict[str, int | None] = {}
        for kind in ("inputs", "shared", "outputs"):
            sizes = [self.size(buffer) for buffer in getattr(self.program, kind)]
            found[kind] = None if None in sizes else sum(filter(None, sizes))
        found["scratch"] = None if None in scratch else sum(filter(None, scratch))
        return found

    def _evaluate(self, extent: Value) -> int | None:
        known: dict[Value, int] = {}
        for v in walk([extent]):
            if v.op == "const":
                known[v] = int(v.data)
            elif v.op == "size":
                if v.data not in self._sizes:
                    return None
                known[v] = self._sizes[v.data]
            else:
                a, b = (known[x] for x in v.args)
                known[v] = _ARITHMETIC[v.op](a, b)
        return known[extent]


def _read_and_written(step: Step) -> tuple[list[Buffer], list[Buffer]]:
    """The arrays of a step; none of a region's, whose steps are counted by themselves."""
    if isinstance(step, KernelStep):
        pairs = list(zip(step.buffers, step.kernel.buffers, strict=True))
        return [b for b, p in pairs if p.read], [b for b, p in pairs if p.written]
    if isinstance(step, LibraryStep):
        return list(step.buffers[1:]), list(step.buffers[:1])
    return (list(step.arguments), list(step.results)) if isinstance(step, PythonStep) else ([], [])


def _frames(frame: Frame) -> Iterator[Frame]:
    """The frames inside ``frame`` that hold storage while it runs: what a loop or a later part needs."""
    for step in frame.steps:
        inner = (step,) if isinstance(step, Frame) else (step.body,) if isinstance(step, LoopRegion) else ()
        for one in inner:
            yield one
            yield from _frames(one)


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "add": int.__add__, "sub": int.__sub__, "mul": int.__mul__, "min": min, "max": max,
    "floordiv": lambda a, b: a // b if b else 0, "mod": lambda a, b: a % b if b else 0,
}  # fmt: skip
