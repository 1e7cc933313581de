"""A small builder of loop programs for tests: buffers by their shape, kernels by a function of scalar values."""

import itertools

import numpy as np

from theano.emit.llvm.entry import Argument, Signature
from theano.emit.llvm.status import MEMORY
from theano.loops.ir import (
    Accumulator,
    Buffer,
    BufferParameter,
    Check,
    Frame,
    IfRegion,
    Kernel,
    KernelStep,
    LibraryStep,
    Loop,
    LoopRegion,
    Program,
    PythonStep,
    Store,
)  # fmt: skip
from theano.runtime.cpu import NativeFunction, load_program
from theano.scalar.instructions import ITEMSIZE, Trace, Value

NUMBERS = frozenset({"scalar", "float", "int"})


class Failed(Exception):
    """What the tests' ``fail`` raises (but for want of memory): (status, first, second)."""


def fail(status, first, second, steps, *values):
    raise MemoryError(status - MEMORY) if status >= MEMORY else Failed(status, first, second)


class Building:
    """A program in the making; ``frame`` is the one that new buffers and steps belong to."""

    def __init__(self):
        self.trace = Trace()
        self.program = Program()
        self.frame = self.program.frame
        self.numbers = itertools.count()

    def int(self, number):
        return number if isinstance(number, Value) else self.trace.const(number, "int64")

    def leaf(self, *key):
        return self.trace.leaf("size", "int64", key)

    def buffer(self, storage, dtype, shape, position=0, offset=None, number=None):
        number = next(self.numbers) if number is None else number
        return Buffer(number, dtype, tuple(map(self.int, shape)), storage, position, offset)

    def _argument(self, kind, kinds, dtype, rank):
        position = len(kinds)
        kinds.append(self.buffer(kind, dtype, [self.leaf(kind, position, axis) for axis in range(rank)], position))
        return kinds[-1]

    def input(self, rank=0, dtype="float64"):
        return self._argument("input", self.program.inputs, dtype, rank)

    def shared(self, rank=0, dtype="float64"):
        return self._argument("shared", self.program.shared, dtype, rank)

    def constant(self, array):
        buffer = self.buffer("constant", array.dtype.name, array.shape, len(self.program.constants))
        self.program.constants.append(buffer)
        self.program.constant_arrays.append(array)
        return buffer

    def _owned(self, storage, shape, dtype):
        self.frame.buffers.append(self.buffer(storage, dtype, shape))
        return self.frame.buffers[-1]

    def output(self, *shape, dtype="float64"):
        self.program.outputs.append(self._owned("output", shape, dtype))
        return self.program.outputs[-1]

    def update(self, position, *shape, dtype="float64"):
        self.program.commits.append((position, self._owned("update", shape, dtype)))
        return self.program.commits[-1][1]

    def array(self, *shape, dtype="float64"):
        return self._owned("object", shape, dtype)

    def scratch(self, *shape, dtype="float64"):
        shape, used = tuple(map(self.int, shape)), self.frame.arena or self.int(0)
        self.frame.buffers.append(self.buffer("arena", dtype, shape, offset=used))
        size = self.int(ITEMSIZE[dtype])
        for extent in shape:
            size = size * extent
        self.frame.arena = used + (size + 63) // 64 * 64
        return self.frame.buffers[-1]

    # ---------------------------------------------------------------- steps

    def size(self, buffer):
        count = self.int(1)
        for extent in buffer.shape:
            count = count * extent
        return count

    def map(self, function, out, *sources, work=None):
        """out[i] = function(*source[i]) over all elements; a source of rank 0 is read at 0."""
        n, parameters = self.size(out), [BufferParameter(b.dtype, b is not out, b is out) for b in (*sources, out)]
        trace = Trace()
        i, zero = trace.leaf("index", "int64", 0), trace.const(0, "int64")
        values = [trace.load(k, i if b.shape else zero, b.dtype) for k, b in enumerate(sources)]
        store = Store(len(sources), i, function(*values))
        loop = Loop(0, trace.leaf("size", "int64", 0), (store,), kind="vector")
        kernel = Kernel(tuple(parameters), 1, (), (loop,), parallel=True)
        self.frame.steps.append(KernelStep(kernel, (*sources, out), (n,), (), work=self.int(work) if work else n))

    def in_place(self, function, buffer):
        trace = Trace()
        i = trace.leaf("index", "int64", 0)
        loop = Loop(0, trace.leaf("size", "int64", 0), (Store(0, i, function(trace.load(0, i, buffer.dtype))),), kind="vector")
        kernel = Kernel((BufferParameter(buffer.dtype, True, True),), 1, (), (loop,), parallel=True)
        self.frame.steps.append(KernelStep(kernel, (buffer,), (self.size(buffer),), ()))

    def sum(self, out, source):
        trace = Trace()
        i, zero = trace.leaf("index", "int64", 0), trace.const(0, "int64")
        total = Accumulator(0, "add", (trace.load(0, i, source.dtype),))
        loop = Loop(0, trace.leaf("size", "int64", 0), (), (total,), kind="vector")
        store = Store(1, zero, trace.leaf("acc", out.dtype, (0, 0)))
        kernel = Kernel((BufferParameter(source.dtype, True, False), BufferParameter(out.dtype, False, True)), 1, (), (loop, store))
        self.frame.steps.append(KernelStep(kernel, (source, out), (self.size(source),), ()))

    def gather(self, out, source, index, code=1, parallel=False):
        """out[i] = source[index[i]], checked."""
        trace = Trace()
        i, n, m = (trace.leaf(kind, "int64", k) for kind, k in (("index", 0), ("size", 0), ("size", 1)))
        at = trace.load(1, i, "int64")
        inside = trace.emit("and", (at >= 0, at < m), "bool")
        body = (Check(inside, code, at), Store(2, i, trace.load(0, at, source.dtype)))
        flags = ((source, True, False), (index, True, False), (out, False, True))
        parameters = tuple(BufferParameter(b.dtype, read, written) for b, read, written in flags)
        kernel = Kernel(parameters, 2, (), (Loop(0, n, body),), parallel=parallel, checks=True)
        self.frame.steps.append(KernelStep(kernel, (source, index, out), (self.size(out), self.size(source)), (), work=self.int(1 << 20)))
        self.program.checks.append((None, "{payload}"))

    def gemm(self, out, a, b, ta="N", tb="N", alpha="1.0", beta="0.0", extra=()):
        (m, n), k = out.shape, a.shape[0] if ta == "T" else a.shape[1]
        zero = self.int(0)
        parameters = (m, n, k, zero, a.shape[1], zero, b.shape[1])
        self.frame.steps.append(LibraryStep("gemm", out.dtype, (out, a, b, *extra), parameters, (ta, tb, alpha, beta)))

    def python(self, function, arguments, *results):
        """``results`` are (rank, dtype); their buffers."""
        made = []
        for rank, dtype in results:
            number = next(self.numbers)
            made.append(self.buffer("object", dtype, [self.leaf("object", number, axis) for axis in range(rank)], number=number))
            self.frame.buffers.append(made[-1])
        self.frame.steps.append(PythonStep(function, tuple(arguments), tuple(made)))
        return made

    def inside(self, frame=None):
        """The same program, adding to ``frame`` (a new one): for regions."""
        other = Building.__new__(Building)
        other.__dict__.update(self.__dict__, frame=Frame() if frame is None else frame)
        return other

    def nested(self, inner):
        self.frame.steps.append(inner.frame)

    def loop(self, count, inner, *carried, counter=None):
        self.frame.steps.append(LoopRegion(self.int(count), inner.frame, carried, counter))

    def choose(self, condition, then, otherwise):
        self.frame.steps.append(IfRegion(condition, then.frame, otherwise.frame))

    # ---------------------------------------------------------------- running

    def load(self, result="list", profile=False, numbers=NUMBERS):
        def argument(buffer):
            accepted = numbers if not buffer.shape and buffer.dtype == "float64" else frozenset()
            return Argument(buffer.dtype, (None,) * len(buffer.shape), accepted)

        signature = Signature(tuple(map(argument, self.program.inputs)), tuple(map(argument, self.program.shared)), result)
        return load_program(self.program, signature, profile=profile)

    def compile(self, *shared, result="list", profile=False, kind=NativeFunction, callbacks=None):
        loaded = self.load(result, profile)
        function = kind()
        steps = [tupled(step.node) for step in loaded.python_steps] if callbacks is None else callbacks
        function.bind(loaded, [value if isinstance(value, list) else [value] for value in shared], steps, fail)
        return function


def tupled(function):
    def call(*arrays):
        found = function(*arrays)
        return tuple(np.ascontiguousarray(a) if a.ndim else a for a in (found if isinstance(found, tuple) else (found,)))

    return call
