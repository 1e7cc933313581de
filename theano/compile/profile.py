"""What the calls of a function cost, step by step.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], T.exp(x).sum(), profile=True)
>>> float(f([0.0, 0.0])), f.profile.calls, f.profile.python_steps, f.profile.recompilations
(2.0, 1, 0, 0)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from theano.compile.explain import describe, kind_of, names_of, places, walk_steps
from theano.dtypes import itemsize
from theano.loops.ir import Buffer, Frame, IfRegion, LoopRegion, Step
from theano.scalar.instructions import Value, walk


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
    """Totals of a profiled function.  ``print(f.profile.summary())`` shows them; the attributes hold them."""

    recompilations = 0
    """A function is compiled once; no call, whatever its shapes, compiles anything."""

    def __init__(self, compilation: Any, times: Callable[[], list[tuple[Step, int, int]]], name: str) -> None:
        self.name = name
        self.compile_seconds: dict[str, float] = compilation.seconds
        self.program = compilation.program
        self.calls = 0
        self.seconds = 0.0
        self._times = times
        self._sizes: dict[Any, int] = {}

    @property
    def python_steps(self) -> int:
        """How many steps of the program run Python code."""
        return sum(kind_of(step) == "Python step" for step in walk_steps(self.program.frame))

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

    @property
    def steps(self) -> list[StepProfile]:
        """Every step with what it took, in the order of the program."""
        names = names_of(self.program)
        return [
            StepProfile(kind_of(step), describe(step, names), runs, nanoseconds, self._bytes(step, runs), places(step.nodes))
            for step, runs, nanoseconds in self._times()
        ]

    def _bytes(self, step: Step, runs: int) -> int | None:
        """Bytes of the arrays a step touches, at the sizes of the last call."""
        if isinstance(step, (LoopRegion, IfRegion, Frame)):
            return None
        buffers: tuple[Buffer, ...] = getattr(step, "buffers", None) or (*getattr(step, "arguments", ()), *getattr(step, "results", ()))
        total = 0
        for buffer in buffers:
            count = 1
            for extent in buffer.shape:
                number = self._evaluate(extent)
                if number is None:
                    return None
                count *= number
            total += count * (8 if buffer.dtype == "object" else itemsize(buffer.dtype))
        return total * runs

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

    def summary(self) -> str:
        """A table: the dearest steps first."""
        per_call = self.seconds / self.calls * 1e6 if self.calls else 0.0
        steps = self.steps
        inside = sum(s.nanoseconds for s in steps) or 1
        lines = [
            f"{self.name}: {self.calls} calls, {self.seconds:.6f} s ({per_call:.2f} us a call); "
            f"{self.python_steps} Python steps, {self.recompilations} recompilations",
            "compiled in " + ", ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in self.compile_seconds.items()),
            f"{'time':>7} {'us/run':>10} {'runs':>8} {'GB/s':>7}  step",
        ]
        for s in sorted(steps, key=lambda s: -s.nanoseconds):
            rate = f"{s.bytes / s.nanoseconds:.1f}" if s.bytes and s.nanoseconds else "-"
            each = s.nanoseconds / s.runs / 1e3 if s.runs else 0.0
            lines.append(f"{100 * s.nanoseconds / inside:6.1f}% {each:10.2f} {s.runs:8d} {rate:>7}  {s.text}")
        return "\n".join(lines)


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "add": int.__add__, "sub": int.__sub__, "mul": int.__mul__, "min": min, "max": max,
    "floordiv": lambda a, b: a // b if b else 0, "mod": lambda a, b: a % b if b else 0,
}  # fmt: skip
