"""Every instruction on every dtype: machine code of all feature levels against its meaning in NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.emit.build import Build, agree, numbers, put, serial, vector
from theano.scalar.instructions import (
    ARITHMETIC,
    COMPARISONS,
    COMPUTED_FLOATS,
    FLOAT_ONLY,
    INTEGER_ONLY,
    INTEGERS,
    ITEMSIZE,
    LOGIC,
    REAL,
    Value,
    select,
)

UNARY = {"neg", "abs", "sqrt", "floor", "ceil", "trunc", "rint", "not"}
COUNT = 300


def run(kind: str, dtypes: list[str], result: str, make, count: int = COUNT) -> None:
    """One loop over elements of all arguments."""
    b = Build()
    places = [b.buffer(dtype) for dtype in dtypes]
    out, n, i = b.buffer(result), b.size(), b.index(0)
    body = put(out, i, make(*(b.load(p, i) for p in places)))
    loop = vector if kind == "vector" else serial
    arrays = [numbers(dtype, count, seed) for seed, dtype in enumerate(dtypes)]
    agree(b.kernel(loop(0, n, body)), [*arrays, np.zeros(count, result)], [count])


@pytest.mark.parametrize("kind", ["vector", "serial"])
@pytest.mark.parametrize("dtype", INTEGERS + COMPUTED_FLOATS)
def test_arithmetic(dtype: str, kind: str) -> None:
    floats = dtype in COMPUTED_FLOATS
    for op in sorted(ARITHMETIC | (FLOAT_ONLY - {"fma"} if floats else INTEGER_ONLY)):

        def make(x: Value, y: Value, op: str = op) -> Value:
            return x.trace.emit(op, (x,) if op in UNARY else (x, y), dtype)

        run(kind, [dtype, dtype], dtype, make)


@pytest.mark.parametrize("dtype", ("bool",) + INTEGERS)
def test_logic(dtype: str) -> None:
    for op in sorted(LOGIC):
        run("vector", [dtype, dtype], dtype, lambda x, y, op=op: x.trace.emit(op, (x,) if op in UNARY else (x, y), dtype))


@pytest.mark.parametrize("dtype", ("bool",) + INTEGERS + COMPUTED_FLOATS)
def test_comparisons_and_select(dtype: str) -> None:
    for op in sorted(COMPARISONS):
        run("vector", [dtype, dtype], "bool", lambda x, y, op=op: x.trace.emit(op, (x, y), "bool"))
        run("vector", [dtype, dtype], dtype, lambda x, y, op=op: select(x.trace.emit(op, (x, y), "bool"), y, x))


@pytest.mark.parametrize("old", REAL)
def test_cast(old: str) -> None:
    for new in REAL:
        if new != old:
            run("vector", [old], new, lambda x, new=new: x.cast(new))
            run("serial", [old], new, lambda x, new=new: x.cast(new), 100)


def test_bitcast() -> None:
    for a, b in itertools.permutations(REAL[1:], 2):
        if ITEMSIZE[a] == ITEMSIZE[b]:
            run("vector", [a], b, lambda x, b=b: x.bitcast(b), 100)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_constant_divisors_and_counts(dtype: str) -> None:
    """Divisors and counts known at compile time take paths of their own."""
    bits = 8 * ITEMSIZE[dtype]
    for number in (0, 1, 2, 3, 7, 16, 100, -1, -2, -5):
        if number >= 0 or not dtype.startswith("u"):
            for op in ("floordiv", "mod"):
                run("vector", [dtype], dtype, lambda x, op=op, c=number: x._binary(op, c))
    for number in (0, 1, bits - 1, bits, bits + 5):
        for op in ("shl", "shr"):
            run("vector", [dtype], dtype, lambda x, op=op, c=number: x._binary(op, c))


def test_every_half() -> None:
    """All 65,536 numbers of float16, and all the ties between them."""
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = np.unique(every[np.isfinite(every)].astype(np.float64))
    middles = (finite[1:] + finite[:-1]) / 2
    near = np.concatenate([np.nextafter(middles, -np.inf), middles, np.nextafter(middles, np.inf), [65519.9, 65520.0, -65520.0, 1e300]])
    with np.errstate(over="ignore"):
        single = near.astype(np.float32)
    for array, dtype in ((every, "float32"), (near, "float16"), (single, "float16")):
        b = Build()
        x, y, n, i = b.buffer(array.dtype.name), b.buffer(dtype), b.size(), b.index(0)
        agree(b.kernel(vector(0, n, put(y, i, b.load(x, i).cast(dtype)))), [array, np.zeros(array.size, dtype)], [array.size])
