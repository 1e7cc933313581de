"""Hand-written kernels, and running them on machine code with memory that ends where the arrays end."""

from __future__ import annotations

import ctypes
import functools
import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.emit.llvm.compile import Library, compile_module, load
from theano.emit.llvm.kernel import emit_kernel
from theano.emit.llvm.target import LEVELS, target
from theano.emit.reference import run_kernel
from theano.loops.ir import BufferParameter, Check, Kernel, Loop, Statement, Store
from theano.loops.statements import all_statements, loaded_buffers, stored_buffers
from theano.loops.verify import verify_kernel
from theano.scalar.instructions import Trace, Value


def levels() -> list[str]:
    """The feature levels that this machine can run."""
    host = target()
    if "x86_64" not in host.triple:
        return []
    return [level for level in LEVELS if target(level).vector_bytes <= host.vector_bytes]


class Build:
    """Collects parameters; ``kernel`` puts them together with a body."""

    def __init__(self) -> None:
        self.trace = Trace()
        self.dtypes: list[str] = []
        self.sizes = 0
        self.scalars: list[str] = []

    def buffer(self, dtype: str) -> int:
        self.dtypes.append(dtype)
        return len(self.dtypes) - 1

    def size(self) -> Value:
        self.sizes += 1
        return self.trace.leaf("size", "int64", self.sizes - 1)

    def scalar(self, dtype: str) -> Value:
        self.scalars.append(dtype)
        return self.trace.leaf("scalar", dtype, len(self.scalars) - 1)

    def index(self, number: int) -> Value:
        return self.trace.leaf("index", "int64", number)

    def int(self, number: int) -> Value:
        return self.trace.const(number, "int64")

    def load(self, buffer: int, offset: Value | int) -> Value:
        return self.trace.load(buffer, offset if isinstance(offset, Value) else self.int(offset), self.dtypes[buffer])

    def acc(self, key: int, dtype: str, position: int = 0) -> Value:
        return self.trace.leaf("acc", dtype, (key, position))

    def kernel(self, *body: Statement, parallel: bool = False) -> Kernel:
        read, written = loaded_buffers(body), stored_buffers(body)
        buffers = tuple(BufferParameter(dtype, k in read, k in written) for k, dtype in enumerate(self.dtypes))
        checks = any(isinstance(s, Check) for s in all_statements(body))
        kernel = Kernel(buffers, self.sizes, tuple(self.scalars), tuple(body), parallel, checks)
        verify_kernel(kernel)
        return kernel


def vector(index: int, extent: Value, *body: Statement, accumulators: Sequence[Any] = ()) -> Loop:
    return Loop(index, extent, tuple(body), tuple(accumulators), "vector")


def serial(index: int, extent: Value, *body: Statement, accumulators: Sequence[Any] = ()) -> Loop:
    return Loop(index, extent, tuple(body), tuple(accumulators))


def put(buffer: int, offset: Value, value: Value, combine: str | None = None) -> Store:
    return Store(buffer, offset, value, combine)


# ---------------------------------------------------------------------------------------------- running

_libc = ctypes.CDLL(None)


class Fenced:
    """A copy of an array whose last element is the last of readable memory, with a pattern before the first."""

    def __init__(self, array: np.ndarray) -> None:
        page, flat = mmap.PAGESIZE, np.ascontiguousarray(array).reshape(-1)
        room = -(-(flat.nbytes + 64) // page) * page
        self.memory = mmap.mmap(-1, room + page)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        assert _libc.mprotect(ctypes.c_void_p(base + room), ctypes.c_size_t(page), 0) == 0
        self.bytes = np.frombuffer(self.memory, np.uint8, room)
        self.bytes[:] = 0xA5
        self.array = self.bytes[room - flat.nbytes :].view(flat.dtype)
        self.array[:] = flat
        self.address = base + room - flat.nbytes
        self.before = room - flat.nbytes

    def intact(self) -> bool:
        return bool((self.bytes[: self.before] == 0xA5).all())


@functools.cache
def _loaded(text: str, level: str | None) -> Library:
    return load(compile_module(text, target(level)), {}, ["kernel"])


_SCALAR = {"float32": ctypes.c_float, "float64": ctypes.c_double, "bool": ctypes.c_uint8, "float16": ctypes.c_uint16} | {
    f"{sign}int{bits}": getattr(ctypes, f"c_{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def run_native(
    kernel: Kernel,
    level: str | None,
    arrays: Sequence[np.ndarray],
    sizes: Sequence[int] = (),
    scalars: Sequence[Any] = (),
    bounds: tuple[int, int] = (0, 0),
) -> tuple[tuple[int, int], list[np.ndarray]]:
    """The status and the arrays afterwards; arrays that are the same object share memory."""
    library = _loaded(emit_kernel(kernel, "kernel", target(level), ""), level)
    fences: dict[int, Fenced] = {id(a): Fenced(a) for a in arrays}
    kinds = [ctypes.c_void_p] * len(arrays) + [ctypes.c_int64] * len(sizes) + [_SCALAR[t] for t in kernel.scalars]
    status = (ctypes.c_int64 * 2)()
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)(library.address("kernel"))
    numbers = [
        int(np.float16(s).view(np.uint16)) if t == "float16" else np.dtype(t).type(s).item()
        for t, s in zip(kernel.scalars, scalars, strict=True)
    ]
    code = function(*(fences[id(a)].address for a in arrays), *sizes, *numbers, *bounds, ctypes.addressof(status))
    assert all(fence.intact() for fence in fences.values())
    assert code == status[0]
    return (code, status[1]), [fences[id(a)].array.copy().reshape(a.shape) for a in arrays]


def run_reference(
    kernel: Kernel, arrays: Sequence[np.ndarray], sizes: Sequence[int] = (), scalars: Sequence[Any] = ()
) -> tuple[tuple[int, int], list[np.ndarray]]:
    copies = {id(a): np.array(a) for a in arrays}
    results = [copies[id(a)] for a in arrays]
    return run_kernel(kernel, results, sizes, scalars), results


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal to the bit, but for the payload of NaN."""
    kinds = a.dtype.kind == "f" and b.dtype.kind == "f"
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if not kinds:
        return bool((a == b).all())
    return bool(((a == b) & (np.signbit(a) == np.signbit(b)) | (np.isnan(a) & np.isnan(b))).all())


def agree(kernel: Kernel, arrays: Sequence[np.ndarray], sizes: Sequence[int] = (), scalars: Sequence[Any] = ()) -> list[np.ndarray]:
    """Run on every level: all must do, to the bit, what the reference does.  Gives the arrays."""
    bounds = (0, 0)
    if kernel.parallel:
        outermost: Any = kernel.body[0]  # a parallel kernel is one loop
        extent = outermost.extent
        bounds = (0, sizes[extent.data] if extent.op == "size" else extent.data)
    status, expected = run_reference(kernel, arrays, sizes, scalars)
    for level in levels():
        found, results = run_native(kernel, level, arrays, sizes, scalars, bounds)
        assert found == status, level
        for number, (a, b) in enumerate(zip(results, expected, strict=True)):
            assert same(a, b), (level, number, a, b)
    return expected


def numbers(dtype: str, count: int, seed: int = 0) -> np.ndarray:
    """Numbers of all kinds: small and large, negative, zeros, extremes, NaN."""
    draw = np.random.default_rng(seed)
    if dtype == "bool":
        return draw.random(count) < 0.5
    if dtype.startswith("float"):
        with np.errstate(over="ignore"):
            array = (draw.normal(size=count) * np.exp(draw.normal(size=count) * 4)).astype(dtype)
        special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, np.finfo(dtype).tiny / 4, np.finfo(dtype).max], dtype)
    else:
        limits = np.iinfo(dtype)
        array = draw.integers(limits.min, limits.max, count, dtype, endpoint=True) >> draw.integers(0, limits.bits, count).astype(dtype)
        special = np.array([0, 1, 2, 3, limits.max, limits.min, limits.max - 1], dtype)
    where = draw.random(count) < 0.25
    array[where] = draw.choice(special, count)[where]
    return array
