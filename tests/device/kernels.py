"""Kernels built by hand, each with the NumPy code that it must agree with."""

from tests.emit import folds
from theano.loops.ir import NEXT, Accumulator, BufferParameter, Check, Kernel, Loop, Store
from theano.scalar.instructions import Trace, intrinsic, select


def parameters(*buffers):
    """From strings such as "float32 r", "int64 w", "float64 rw"."""
    return tuple(BufferParameter(dtype, "r" in access, "w" in access) for dtype, access in (b.split() for b in buffers))


class Leaves:
    """Names for the leaves of a trace: two indices, three sizes."""

    def __init__(self):
        self.trace = Trace()
        self.i, self.j, self.k = (self.trace.leaf("index", "int64", number) for number in range(3))
        self.n, self.m, self.l = (self.trace.leaf("size", "int64", number) for number in range(3))

    def load(self, buffer, offset, dtype):
        return self.trace.load(buffer, offset, dtype)

    def acc(self, key, dtype, position=0):
        return self.trace.leaf("acc", dtype, (key, position))

    def int(self, number):
        return self.trace.const(number, "int64")


def broadcast(dtype):
    """out[i, j] = exp(-x[i, j]**2) * row[j] + column[i] * c, over (n, m)."""
    t = Leaves()
    x, row, column = t.load(0, t.i * t.m + t.j, dtype), t.load(1, t.j, dtype), t.load(2, t.i, dtype)
    value = intrinsic("exp", -(x * x)) * row + column * t.trace.leaf("scalar", dtype, 0)
    inner = Loop(1, t.m, (Store(3, t.i * t.m + t.j, value),), (), "vector")
    buffers = parameters(*[f"{dtype} r"] * 3, f"{dtype} w")
    return Kernel(buffers, 2, (dtype,), (Loop(0, t.n, (inner,)),), parallel=True)


def softmax(dtype, in_place=False):
    """The rows of an (n, m) matrix: maximum, sum of exponentials, write."""
    t = Leaves()
    out = 0 if in_place else 1
    place = t.i * t.m + t.j
    x = t.load(0, place, dtype)
    exponential = intrinsic("exp", x - t.acc(0, dtype))
    loops = (
        Loop(1, t.m, (), (Accumulator(0, "max", (x,)),), "vector"),
        Loop(1, t.m, (), (Accumulator(1, "add", (exponential,)),), "vector"),
        Loop(1, t.m, (Store(out, place, exponential / t.acc(1, dtype)),), (), "vector"),
    )
    buffers = parameters(f"{dtype} rw") if in_place else parameters(f"{dtype} r", f"{dtype} w")
    return Kernel(buffers, 2, (), (Loop(0, t.n, loops),), parallel=True)


def scatter_add(dtype):
    """out = base, then out[where[i], j] += x[i, j] for i in range(l), j in range(m); out has n rows."""
    t = Leaves()
    copy = Loop(0, t.n * t.m, (Store(0, t.i, t.load(1, t.i, dtype)),), (), "vector")
    add = Store(0, t.load(2, t.i, "int64") * t.m + t.j, t.load(3, t.i * t.m + t.j, dtype), "add")
    scatter = Loop(0, t.l, (Loop(1, t.m, (add,)),))
    return Kernel(parameters(f"{dtype} w", f"{dtype} r", "int64 r", f"{dtype} r"), 3, (), (copy, scatter))


def gather(dtype):
    """out[i] = x[where[i]] with negative positions counted from the end; status 7 if one of them is out of range."""
    t = Leaves()
    where = t.load(1, t.i, "int64")
    wrapped = select(where < 0, where + t.m, where)
    body = (Check((t.int(0) <= wrapped) & (wrapped < t.m), 7, where), Store(2, t.i, t.load(0, wrapped, dtype)))
    buffers = parameters(f"{dtype} r", "int64 r", f"{dtype} w")
    return Kernel(buffers, 2, (), (Loop(0, t.n, body),), parallel=True, checks=True)


def total(dtype, combine="add"):
    """One number: all of x (n elements) combined."""
    t = Leaves()
    loop = Loop(0, t.n, (), (Accumulator(0, combine, (t.load(0, t.i, dtype),)),), "vector")
    return Kernel(parameters(f"{dtype} r", f"{dtype} w"), 1, (), (loop, Store(1, t.int(0), t.acc(0, dtype))))


def argument(dtype, combine):
    """The extreme element of each row of an (n, m) matrix and its position: "argmax" or "argmin"."""
    t = Leaves()
    extreme = Accumulator(0, combine, (t.load(0, t.i * t.m + t.j, dtype), t.j))
    stores = (Store(1, t.i, t.acc(0, dtype)), Store(2, t.i, t.acc(0, "int64", 1)))
    body = (Loop(1, t.m, (), (extreme,), "vector"), *stores)
    return Kernel(parameters(f"{dtype} r", f"{dtype} w", "int64 w"), 2, (), (Loop(0, t.n, body),), parallel=True)


def coded(dtype, fold, second):
    """The rows of an (n, m) matrix combined by code that carries the elements and a number ``second`` beside each."""
    t = Leaves()
    values = (t.load(0, t.i * t.m + t.j, dtype), second(t.trace))
    stores = (Store(k + 1, t.i, t.acc(0, v.dtype, k)) for k, v in enumerate(values))
    body = (Loop(1, t.m, (), (Accumulator(0, fold, values),), "vector"), *stores)
    return Kernel(parameters(f"{dtype} r", f"{dtype} w", f"{values[1].dtype} w"), 2, (), (Loop(0, t.n, body),), parallel=True)


def exponentials(dtype):
    """(m, s) with exp(m) * s the sum of the exponentials of each row."""
    return coded(dtype, folds.exponentials(dtype), lambda t: t.const(1, dtype))


def largest(dtype):
    """The element of greatest size of each row, and whether there is any."""
    return coded(dtype, folds.largest(dtype), lambda t: t.const(True, "bool"))


def running_total(dtype):
    """out[i] = out[i - 1] + x[i]: nothing here is independent."""
    t = Leaves()
    before = select(t.i < 1, t.trace.const(0, dtype), t.load(1, select(t.i < 1, t.i, t.i - 1), dtype))
    loop = Loop(0, t.n, (Store(1, t.i, before + t.load(0, t.i, dtype)),))
    return Kernel(parameters(f"{dtype} r", f"{dtype} rw"), 1, (), (loop,))


def fibonacci(dtype):
    """out[i, j] = the number i of a sequence that starts with x[j] and y[j]."""
    t = Leaves()
    states = (
        Accumulator(0, NEXT, (t.acc(1, dtype),), (t.load(0, t.i, dtype),)),
        Accumulator(1, NEXT, (t.acc(0, dtype) + t.acc(1, dtype),), (t.load(1, t.i, dtype),)),
    )
    steps = Loop(1, t.n, (Store(2, t.j * t.m + t.i, t.acc(0, dtype)),), states)
    return Kernel(parameters(f"{dtype} r", f"{dtype} r", f"{dtype} w"), 2, (), (Loop(0, t.m, (steps,)),), parallel=True)


def sums_of_sums(dtype):
    """Three rounds over one work row: work = x + total of work; out = its total.  Needs barriers between its loops."""
    t = Leaves()
    refill = Loop(1, t.m, (Store(1, t.j, t.load(0, t.j, dtype) + t.load(2, t.int(0), dtype)),), (), "vector")
    add = Loop(1, t.m, (), (Accumulator(0, "add", (t.load(1, t.m - 1 - t.j, dtype),)),), "vector")
    rounds = Loop(0, t.n, (refill, add, Store(2, t.int(0), t.acc(0, dtype))))
    return Kernel(parameters(f"{dtype} r", f"{dtype} rw", f"{dtype} rw"), 2, (), (rounds,))


def elementwise(function, dtypes, result):
    """out[i] = function(x0[i], x1[i], ...)."""
    t = Leaves()
    value = function(*(t.load(k, t.i, dtype) for k, dtype in enumerate(dtypes)))
    buffers = parameters(*(f"{dtype} r" for dtype in dtypes), f"{result} w")
    return Kernel(buffers, 1, (), (Loop(0, t.n, (Store(len(dtypes), t.i, value),), (), "vector"),), parallel=True)
