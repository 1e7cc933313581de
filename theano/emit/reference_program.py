"""What programs mean: their regions run one by one on NumPy arrays.

Scratch is one block of bytes for each frame, as in native code, so a plan that uses the same bytes for two living buffers
goes wrong here too.

>>> import numpy as np
>>> from theano.loops.ir import Buffer, Frame, LibraryStep
>>> from theano.scalar.instructions import Trace
>>> n = Trace().leaf("size", "int64", ("input", 0, 0))
>>> x, y, zero = Buffer(0, "float32", (n,), "input"), Buffer(1, "float32", (n,), "output"), n.trace.const(0, "int64")
>>> program = Program([x], frame=Frame(buffers=[y], steps=[LibraryStep("copy", "float32", (y, x), (n, zero))]), outputs=[y])
>>> run_program(program, [np.arange(3, dtype="float32")])
([array([0., 1., 2.], dtype=float32)], [])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.emit.llvm.frame import LARGEST
from theano.emit.reference import Array, run_kernel
from theano.errors import BoundsError, ShapeError, TheanoError, in_step
from theano.loops.ir import (
    AtMost,
    Buffer,
    Frame,
    Guard,
    KernelStep,
    LibraryStep,
    LoopRegion,
    Program,
    PythonStep,
    Step,
    walk_steps,
)
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import PARTS, Value

Perform = Callable[[Any, list[Any]], Sequence[Any]]
Failure = Callable[[Guard | tuple[Any, str] | Buffer, int, int], Exception]


def perform(node: Any, arguments: list[Any]) -> list[Any]:
    """The results of the op's own ``perform``."""
    cells: list[list[Any]] = [[None] for _ in node.outputs]
    node.op.perform(node, arguments, cells)
    return [cell[0] for cell in cells]


def plain_failure(what: Guard | tuple[Any, str] | Buffer, first: int, second: int) -> Exception:
    """:class:`~theano.errors.ShapeError` of a guard, :class:`~theano.errors.BoundsError` of a check (node, message), ``MemoryError``."""
    if isinstance(what, Buffer):
        return MemoryError(f"no memory for buffer {what.number}")
    if isinstance(what, Guard):
        return ShapeError(f"{what.message or what.relation}: {first}, {second}")
    return BoundsError(what[1].format(payload=first, array="the array"))


def run_program(
    program: Program, inputs: Sequence[Array], shared: Sequence[Array] = (), python: Perform = perform, failure: Failure = plain_failure
) -> tuple[list[Any], list[Any]]:
    """The outputs, and the values of the shared variables afterwards.  The arguments are left as they are.

    Raises what ``failure`` makes of a guard or a check that fails, and of its two numbers."""
    own = [value if buffer.dtype == "object" else np.array(value) for buffer, value in zip(program.shared, shared, strict=True)]
    run = _Run(program, inputs, own, python, failure)
    run.frame(program.frame)
    values = list(run.shared)
    commits = dict(program.commits)
    for position, buffer in enumerate(program.shared):
        values[position] = run.arrays[commits.get(position, buffer).number]
    return [run.arrays[buffer.number] for buffer in program.outputs], values


class _Run:
    """One run: ``arrays`` by the numbers of their buffers."""

    def __init__(self, program: Program, inputs: Sequence[Array], shared: Sequence[Array], python: Perform, failure: Failure) -> None:
        self.program, self.inputs, self.shared, self.python, self.failure = program, inputs, shared, python, failure
        self.arrays: dict[int, Any] = {}
        self.made_by_python = {b.number for step in walk_steps(program.frame) if isinstance(step, PythonStep) for b in step.results}
        given = zip((program.inputs, program.shared, program.constants), (inputs, shared, program.constant_arrays), strict=True)
        for buffers, arrays in given:
            self.arrays |= {buffer.number: array for buffer, array in zip(buffers, arrays, strict=True)}

    def extent(self, value: Value) -> int:
        return int(evaluate([value], self._size)[0])

    def _size(self, leaf: Value) -> Any:
        assert leaf.op == "size" and isinstance(leaf.data, tuple), leaf
        kind, position, *axis = leaf.data
        if kind == "value":
            return np.asarray(self.arrays[position]).astype(np.int64)
        array = self.arrays[position] if kind == "object" else {"input": self.inputs, "shared": self.shared}[kind][position]
        return np.array(array.shape[axis[0]], np.int64)

    # ------------------------------------------------------------------------------------------ regions

    def frame(self, frame: Frame) -> None:
        for guard in frame.guards:
            self.guard(guard)
        arena = self.arena(frame)
        for buffer in frame.buffers:
            if buffer.number in self.made_by_python:
                continue
            shape = tuple(map(self.extent, buffer.shape))
            if buffer.offset is None:
                self.arrays[buffer.number] = self.made(buffer, lambda: np.zeros(shape, buffer.dtype))
            else:
                start, dtype = self.extent(buffer.offset), np.dtype(buffer.dtype)
                stop = start + math.prod(shape) * dtype.itemsize
                assert stop <= len(arena), f"buffer {buffer.number} does not lie in its arena"
                self.arrays[buffer.number] = arena[start:stop].view(dtype).reshape(shape)
        for step in frame.steps:
            if isinstance(step, Frame):
                self.frame(step)
            else:
                self.step(step)

    def arena(self, frame: Frame) -> Array:
        """The frame's scratch, in bytes."""
        pieces = [b for b in frame.buffers if b.storage == "arena"]
        if frame.arena is None or not pieces:
            return np.empty(0, np.uint8)
        for buffer in pieces:
            if math.prod(map(self.extent, buffer.shape)) >= 1 << LARGEST:
                raise self.failure(buffer, 0, 0)
        size = self.extent(frame.arena)
        return self.made(pieces[0], lambda: np.full(size, 0xA5, np.uint8))

    def made(self, buffer: Buffer, make: Callable[[], Array]) -> Array:
        """What NumPy makes for ``buffer``, if there is memory for it."""
        try:
            return make()
        except (MemoryError, ValueError):  # the latter if the size is no size
            raise self.failure(buffer, 0, 0) from None

    def guard(self, guard: Guard) -> None:
        left, right = self.extent(guard.left), self.extent(guard.right)
        holds = {"equal": left == right, "nonnegative": left >= 0, "at_least": left >= right}[guard.relation]
        if not holds:
            raise self.failure(guard, left, right)

    def step(self, step: Step) -> None:
        if isinstance(step, (KernelStep, LibraryStep)) and not self.holds(step.when):
            return
        if isinstance(step, KernelStep):
            self.kernel(step)
        elif isinstance(step, LibraryStep):
            flat = map(self.numbers, step.buffers)
            buffers = [numbers.view(step.dtype) if step.dtype in PARTS else numbers for numbers in flat]
            LIBRARY[step.routine](buffers, [self.extent(v) for v in step.parameters], step.flags)
        elif isinstance(step, PythonStep):
            results = self.python(step.node, [self.arrays[b.number] for b in step.arguments])
            for buffer, result in zip(step.results, results, strict=True):
                self.arrays[buffer.number] = result if buffer.dtype == "object" else np.array(result, buffer.dtype, order="C")
        elif isinstance(step, LoopRegion):
            self.loop(step)
        else:
            self.frame(step.then if self.arrays[step.condition.number].reshape(-1)[0] else step.otherwise)

    def holds(self, when: AtMost | None) -> bool:
        return when is None or (self.extent(when.extent) <= when.limit) != when.opposite

    def kernel(self, step: KernelStep) -> None:
        arrays = list(map(self.numbers, step.buffers))
        code, payload = run_kernel(step.kernel, arrays, [self.extent(v) for v in step.sizes], [v.data for v in step.scalars])
        if code:
            raise self.failure(self.program.checks[code - 1], payload, 0)

    def numbers(self, buffer: Buffer) -> Array:
        """The flat array, of real numbers: complex ones are two each."""
        flat: Array = self.arrays[buffer.number].reshape(-1)
        return np.ascontiguousarray(flat).view(PARTS[buffer.dtype]) if buffer.dtype in PARTS else flat

    def loop(self, region: LoopRegion) -> None:
        done = 0
        for number in range(self.extent(region.count)):
            if region.counter is not None:
                self.arrays[region.counter.number][...] = number
            try:
                self.frame(region.body)
            except TheanoError as error:
                raise in_step(error, number) from None
            except Exception as error:
                in_step(error, number)
                raise
            for old, new in region.carried:
                a, b = old.number, new.number
                self.arrays[a], self.arrays[b] = self.arrays[b], self.arrays[a]
            done = number + 1
            if region.stop is not None and self.arrays[region.stop.number]:
                break
        if region.done is not None:
            self.arrays[region.done.number][...] = done


# ---------------------------------------------------------------------------------------------- library routines

Numbers = Sequence[int]


def _matrix(flat: Array, transposed: bool, rows: int, columns: int, start: int, leading: int) -> Array:
    """op(a), by its row-major storage; never touching more than there is."""
    stored = (columns, rows) if transposed else (rows, columns)
    where = start + np.arange(stored[0])[:, None] * leading + np.arange(stored[1])
    return np.asarray(flat[where].T if transposed else flat[where])


def _vector(flat: Array, count: int, start: int, step: int) -> Array:
    return np.asarray(flat[start + np.arange(count) * step])


def _scaled(product: Array, flags: Sequence[str], extras: list[Array], old: Array) -> Array:
    """alpha product + beta old, where a beta of 0 forgets what was there."""
    numbers = [extras.pop(0)[0] if flag == "buffer" else old.dtype.type(float(flag)) for flag in flags]
    total: Array = numbers[0] * product
    return total if len(numbers) < 2 or numbers[1] == 0 else total + numbers[1] * old


def _gemm(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    out, a, b, *extras = buffers
    m, n, k, a0, lda, b0, ldb = sizes
    product = _matrix(a, flags[0] == "T", m, k, a0, lda) @ _matrix(b, flags[1] == "T", k, n, b0, ldb)
    out[: m * n] = _scaled(product.reshape(-1), flags[2:4], extras, out[: m * n])


def _panels(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    out, a, b, _, *extras = buffers
    if flags[4] == "apart":
        _copy([out, extras.pop(0)], (sizes[0] * sizes[1], sizes[7]), ())
    _gemm([out, a, b, *extras], sizes[:7], flags)


def _gemms(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    out, a, b = buffers
    count, m, n, k, a0, lda, a_step, b0, ldb, b_step = sizes
    for i in range(count):
        _gemm([out[i * m * n :], a, b], (m, n, k, a0 + i * a_step, lda, b0 + i * b_step, ldb), flags)


def _gemv(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    out, a, x, *extras = buffers
    m, n, a0, lda, x0, step = sizes
    product = _matrix(a, flags[0] == "T", m, n, a0, lda) @ _vector(x, n, x0, step)
    out[:m] = _scaled(product, flags[2:4], extras, out[:m])


def _ger(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    out, x, y, *extras = buffers
    m, n, x0, xstep, y0, ystep = sizes
    outer = np.outer(_vector(x, m, x0, xstep), _vector(y, n, y0, ystep)).reshape(-1)
    out[: m * n] += _scaled(outer, flags[2:3], extras, out[: m * n])


def _dot(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    out, x, y = buffers
    n, x0, xstep, y0, ystep = sizes
    out[0] = _vector(x, n, x0, xstep) @ _vector(y, n, y0, ystep)


def _sort(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    rows = buffers[0][: sizes[0] * sizes[1]].reshape(sizes)
    rows.sort(kind=flags[0])  # type: ignore[arg-type]


def _copy(buffers: list[Array], sizes: Numbers, flags: Sequence[str]) -> None:
    count, start = sizes
    buffers[0][:count] = buffers[1][start : start + count]


LIBRARY: dict[str, Callable[[list[Array], Numbers, Sequence[str]], None]] = {
    "gemm": _gemm,
    "panels": _panels,
    "gemms": _gemms,
    "gemv": _gemv,
    "ger": _ger,
    "dot": _dot,
    "sort": _sort,
    "copy": _copy,
}
"""Each routine on flat arrays; operands as in :mod:`theano.runtime.libraries`."""
