"""Whole kernels as machine code of all feature levels, against the interpreter and NumPy."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.emit import folds
from tests.emit.build import Build, agree, levels, numbers, put, run_native, run_reference, serial, vector
from theano.emit.llvm.kernel import LONG, emit_kernel
from theano.emit.llvm.target import target
from theano.loops.ir import COMBINES, LANES, NEXT, Accumulator, Check, Fold, Kernel, Store, carried
from theano.scalar.instructions import BOOL, COMPUTED_FLOATS, INTEGERS, REAL, Value, binary, fma, select

SIZES = [*range(71), 1000, 4099]
FEW = [0, 1, 3, 31, 32, 33, 70, 1000]


# ---------------------------------------------------------------------------------------------- elementwise


@pytest.mark.parametrize("dtype", REAL)
def test_every_size(dtype: str) -> None:
    """Copies end where they should."""
    b = Build()
    x, y, n, i = b.buffer(dtype), b.buffer(dtype), b.size(), b.index(0)
    kernel = b.kernel(vector(0, n, put(y, i, b.load(x, i))), parallel=True)
    for size in SIZES:
        agree(kernel, [numbers(dtype, size), np.zeros(size, dtype)], [size])


def test_ranges_of_a_parallel_kernel() -> None:
    b = Build()
    x, y, n, i = b.buffer("float32"), b.buffer("float32"), b.size(), b.index(0)
    kernel = b.kernel(vector(0, n, put(y, i, b.load(x, i) + 1.0)), parallel=True)
    array = np.arange(100, dtype=np.float32)
    for level in levels():
        for lo, hi in [(0, 0), (5, 5), (7, 3), (3, 50), (50, 100), (99, 100)]:
            _, (_, result) = run_native(kernel, level, [array, np.zeros(100, np.float32)], [100], bounds=(lo, hi))
            expected = np.where((np.arange(100) >= lo) & (np.arange(100) < hi), array + 1, 0).astype(np.float32)
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("dtype", REAL)
def test_fills(dtype: str) -> None:
    """Of bytes that are all the same, and of others; next to one another, from an offset on, in a part of the range."""
    for number in (
        [0, 1] if dtype == "bool" else [0, 1, -0.0, 257.0] if dtype.startswith("float") else [0, 1, np.array(-1).astype(dtype).item()]
    ):
        b = Build()
        x, y, n, i = b.buffer(dtype), b.buffer(dtype), b.size(), b.index(0)
        zero, value = (b.trace.const(v, dtype) for v in (0, number))
        kernel = b.kernel(vector(0, n, put(x, i, value), put(y, i + n, zero)), parallel=True)
        for size in FEW:
            agree(kernel, [numbers(dtype, size), numbers(dtype, 2 * size)], [size])
        expected = numbers(dtype, 10).copy()
        expected[3:7] = number
        for level in levels():
            for bounds in ((3, 7), (7, 3)):
                _, (found, _) = run_native(kernel, level, [numbers(dtype, 10), numbers(dtype, 20)], [10], bounds=bounds)
                assert found.tobytes() == (expected if bounds == (3, 7) else numbers(dtype, 10)).tobytes()


def test_fills_of_equal_bytes_are_left_to_the_c_library() -> None:
    for number, left in [(0.0, True), (-0.0, False), (1.0, False)]:
        b = Build()
        y, n = b.buffer("float32"), b.size()
        kernel = b.kernel(vector(0, n, put(y, b.index(0), b.trace.const(number, "float32"))), parallel=True)
        assert ("memset" in emit_kernel(kernel, "fill", target())) == left


@pytest.mark.parametrize("length", [1, 20, 60, 200])
def test_whole_vectors_need_no_mask(length: int) -> None:
    """However many registers they fill; the rest, of any size, does."""
    b = Build()
    x, y, n, i = b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    value = b.load(x, i)
    for k in range(length):
        value = b.load(x, i) * 0.5 + value if k % 2 else value - float(k)
    kernel = b.kernel(vector(0, n, put(y, i, value)), parallel=True)
    for size in [*range(71), 96, 127, 128, 129, 1000]:
        agree(kernel, [numbers("float64", size), np.zeros(size)], [size])
    text = emit_kernel(kernel, "deep", target("avx512"))
    whole, rest = (re.findall(pattern, text) for pattern in (r" load <(\d+) x double>", r"@llvm.masked.load.v(\d+)f64"))
    assert rest == ["8"] and [int(lanes) for lanes in whole] == [8 * (1 + (length > 40) + 2 * (length > 160))]


def offsets(b: Build, i: Value, n: Value, positions: int) -> list[Value]:
    """Ways to address n elements of a buffer of 3n + 3."""
    return [i, i + 3, 2 * i + 1, n - 1 - i, b.int(2), i % 3, i // 2, b.load(positions, i), n + i, i * 3, select(i < 5, i, i + n), i & 3]


def random_value(draw: np.random.Generator, leaves: list[Value], depth: int) -> Value:
    """An expression over ``leaves``, of a dtype that comes out of it."""
    if depth == 0 or draw.random() < 0.1:
        return leaves[draw.integers(len(leaves))]
    x, y, z = (random_value(draw, leaves, depth - 1) for _ in range(3))
    wide = [t for t in (x.dtype, y.dtype, z.dtype) if t not in ("bool", "float16")] or ["float32"]
    dtype = wide[draw.integers(len(wide))]
    x, y, z = x.cast(dtype), y.cast(dtype), z.cast(dtype)
    if draw.random() < 0.2:
        return x.cast(str(draw.choice(REAL)))
    if draw.random() < 0.2:
        return select(x < y, y, z)
    if dtype in COMPUTED_FLOATS:
        return binary(str(draw.choice(["add", "sub", "mul", "div", "copysign"])), x, y)
    return binary(str(draw.choice(["add", "sub", "mul", "floordiv", "mod", "shl", "shr", "and", "or", "xor", "min", "max"])), x, y)


@pytest.mark.parametrize("seed", range(40))
def test_random_elementwise(seed: int) -> None:
    """Random dtypes, offsets, scalars and depths; several outputs; sizes around the lanes."""
    draw = np.random.default_rng(seed)
    b = Build()
    n, i = b.size(), b.index(0)
    positions = b.buffer("int64")
    inputs = [b.buffer(str(draw.choice(REAL))) for _ in range(3)]
    places = offsets(b, i, n, positions)
    leaves = [b.load(x, places[draw.integers(len(places))]) for x in inputs for _ in range(2)]
    leaves += [b.scalar("float32"), b.scalar("int16"), b.scalar("bool"), b.scalar("float16"), i, i.trace.const(3, "uint8")]
    values = [random_value(draw, leaves, int(draw.integers(1, 5))) for _ in range(2)]
    stores = [put(b.buffer(v.dtype), place, v) for v, place in zip(values, [i, 2 * i + 1], strict=True)]
    kernel = b.kernel((vector if seed % 4 else serial)(0, n, *stores))
    for size in draw.choice(SIZES, 8):
        m = 3 * size + 3
        arrays = [draw.integers(0, m, size), *(numbers(b.dtypes[x], m, seed) for x in inputs)]
        arrays += [np.zeros(size, values[0].dtype), np.zeros(2 * size, values[1].dtype)]
        agree(kernel, arrays, [int(size)], [-1.5, 7, True, 0.25])


def test_in_place() -> None:
    """A buffer written where another is read, element by element; every value is read before any store."""
    b = Build()
    x, y, z, n, i = b.buffer("float64"), b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    kernel = b.kernel(vector(0, n, put(y, i, b.load(x, i) * 2.0), put(z, i, b.load(x, i) + 1.0)))
    for level in levels():
        shared = np.arange(77.0)
        _, (_, twice, more) = run_native(kernel, level, [shared, shared, np.zeros(77)], [77])
        np.testing.assert_array_equal(twice, 2 * shared)
        np.testing.assert_array_equal(more, shared + 1)


def test_fused_multiply_add_where_there_is_one() -> None:
    b = Build()
    x, y, n, i = b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    v = b.load(x, i)
    kernel = b.kernel(vector(0, n, put(y, i, fma(v, v, -(v * v)))))
    array = np.random.default_rng(0).normal(size=99)
    for level in levels():
        _, (_, rest) = run_native(kernel, level, [array, np.zeros(99)], [99])
        assert (rest != 0).any() == target(level).has_fma


def test_no_loop() -> None:
    """A kernel of single numbers is straight-line code."""
    b = Build()
    x, y, s = b.buffer("float32"), b.buffer("float32"), b.scalar("float32")
    v = b.load(x, 0)
    kernel = b.kernel(put(y, b.int(0), v * s + v * s), put(y, b.int(1), v))
    text = emit_kernel(kernel, "k", target())
    assert text.count("fmul") == 1 and text.count("load") == 1 and "br " not in text
    agree(kernel, [np.array([3], np.float32), np.zeros(2, np.float32)], (), [0.5])


# ---------------------------------------------------------------------------------------------- reductions


def combinations() -> list[tuple[str, str]]:
    found = [(c, t) for c in ("add", "mul", "max", "min", "argmax", "argmin") for t in ("int8", "uint16", "int64", "float32", "float64")]
    return found + [(c, t) for c in ("and", "or") for t in ("bool", "uint8", "int32")]


@pytest.mark.parametrize(("combine", "dtype"), combinations())
def test_reduce_to_one(combine: str, dtype: str) -> None:
    """To the bit on every level, and close to NumPy."""
    b = Build()
    x, n, i = b.buffer(dtype), b.size(), b.index(0)
    count = COMBINES[combine]
    outs = [b.buffer(dtype), *(b.buffer("int64") for _ in range(count - 1))]
    values = (b.load(x, i), i)[:count]
    stores = [put(out, b.int(0), b.acc(5, v.dtype, k)) for k, (out, v) in enumerate(zip(outs, values, strict=True))]
    for kind in (vector, serial):
        kernel = b.kernel(kind(0, n, accumulators=[Accumulator(5, combine, values)]), *stores)
        for size in FEW if dtype != "float32" else SIZES:
            array = numbers(dtype, size, size)
            if combine.startswith("arg") and size % 2:
                array = array[np.isfinite(array.astype(float))][: size - 1]
            results = agree(kernel, [array, *(np.zeros(1, v.dtype) for v in values)], [len(array)])[1:]
            if len(array) and combine.startswith("arg"):
                assert results[1][0] == getattr(np, combine)(array)
            if len(array) and combine in ("max", "min"):
                np.testing.assert_array_equal(results[0][0], getattr(np, combine)(array))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int8", "bool"])
def test_what_the_next_iteration_reads(dtype: str) -> None:
    """The last two rows are carried down the columns; in lanes, or one column after another."""
    b = Build()
    x, rows, last, n, m = b.buffer(dtype), b.buffer(dtype), b.buffer(dtype), b.size(), b.size()
    j, i = b.index(0), b.index(1)
    before, earlier, here = b.acc(3, dtype), b.acc(4, dtype), b.load(x, (i + 2) * m + j)
    if dtype == "float16":
        value = (before.cast("float32") * 0.5 - earlier.cast("float32") + here.cast("float32")).cast(dtype)
    else:
        value = (here & before) | ~earlier if dtype == "bool" else before - earlier + here
    states = [Accumulator(3, NEXT, (value,), (b.load(x, m + j),)), Accumulator(4, NEXT, (before,), (b.load(x, j),))]
    for kind in (vector, serial):
        steps = serial(1, n, put(rows, i * m + j, value), accumulators=states)
        kernel = b.kernel(kind(0, m, steps, put(last, j, before)))
        for columns in (0, 1, 7, 40):
            for count in (0, 1, 2, 9):
                given = numbers(dtype, (count + 2) * columns, 1)
                arrays = [
                    np.clip(given, -9, 9) if dtype.startswith("float") else given,
                    np.zeros(count * columns, dtype),
                    np.zeros(columns, dtype),
                ]
                agree(kernel, arrays, [count, columns])


LONG_ONES = [("add", "float64"), ("max", "float32"), ("argmin", "float32"), ("and", "bool"), ("mul", "uint8")]


@pytest.mark.parametrize(("combine", "dtype"), LONG_ONES)
def test_reduce_long_bodies(combine: str, dtype: str) -> None:
    """These keep their lanes in memory."""
    b = Build()
    x, n, i = b.buffer(dtype), b.size(), b.index(0)
    v = b.load(x, i)
    for k in range(2 * LONG):
        v = ~v if dtype == "bool" else -v if k % 3 else v + 0.5 if dtype.startswith("float") else v + 1
    values = (v, n - i)[: COMBINES[combine]]
    outs = [b.buffer(value.dtype) for value in values]
    stores = [put(out, b.int(0), b.acc(0, value.dtype, k)) for k, (out, value) in enumerate(zip(outs, values, strict=True))]
    kernel = b.kernel(vector(0, n, accumulators=[Accumulator(0, combine, values)]), *stores)
    for size in (0, 1, 7, 8, 31, 32, 33, 100, 1001):
        agree(kernel, [numbers(dtype, size, size), *(np.zeros(1, value.dtype) for value in values)], [size])


CODED = [(folds.exclusive, t) for t in ("int8", "uint64", "bool")] + [
    (fold, t) for fold in (folds.hypotenuse, folds.largest, folds.exponentials) for t in ("float32", "float64")
]


@pytest.mark.parametrize(("fold", "dtype"), CODED)
def test_combinations_given_as_code(fold: Callable[[str], Fold], dtype: str) -> None:
    """In the lanes and the tree of all others."""
    b = Build()
    combine = fold(dtype)
    x, n, i = b.buffer(dtype), b.size(), b.index(0)
    v = b.load(x, i)
    second = b.trace.const(True, "bool") if fold is folds.largest else b.trace.const(1, dtype)
    values = (v, second)[: carried(combine)]
    outs = [b.buffer(value.dtype) for value in values]
    stores = [put(out, b.int(0), b.acc(0, value.dtype, k)) for k, (out, value) in enumerate(zip(outs, values, strict=True))]
    for kind in (vector, serial):
        kernel = b.kernel(kind(0, n, accumulators=[Accumulator(0, combine, values)]), *stores)
        for size in FEW:
            array = np.clip(numbers(dtype, size, size), -9, 9) if dtype.startswith("float") else numbers(dtype, size, size)
            array = np.nan_to_num(array)
            _, *results = close(kernel, [array, *(np.zeros(1, value.dtype) for value in values)], [size])
            if fold is folds.exclusive:
                assert results[0][0] == np.bitwise_xor.reduce(array)
            if fold is folds.largest and size:
                assert abs(results[0][0]) == np.max(np.abs(array)) and results[1][0]
            if fold is folds.hypotenuse:
                np.testing.assert_allclose(results[0][0], np.linalg.norm(array.astype("f8")), rtol=1e-5, atol=1e-15)
            if fold is folds.exponentials and size:
                total = np.log(np.sum(np.exp(array.astype("f8"))))
                np.testing.assert_allclose(results[0][0] + np.log(results[1][0]), total, rtol=1e-5, atol=1e-15)


def close(kernel: Kernel, arrays: list[np.ndarray], sizes: list[int]) -> list[np.ndarray]:
    """As ``agree``, but not to the bit: the interpreter's exponentials are NumPy's."""
    _, expected = run_reference(kernel, arrays, sizes)
    found = [run_native(kernel, level, arrays, sizes)[1] for level in levels()]
    for results in found:
        for result, right in zip(results, expected, strict=True):
            np.testing.assert_allclose(result, right, rtol=1e-5)
    return expected


def test_argmax_takes_the_first_of_ties_and_of_nans() -> None:
    b = Build()
    x, y, z, n, i = b.buffer("float32"), b.buffer("float32"), b.buffer("int64"), b.size(), b.index(0)
    loop = vector(0, n, accumulators=[Accumulator(0, "argmax", (b.load(x, i), i))])
    kernel = b.kernel(loop, put(y, b.int(0), b.acc(0, "float32")), put(z, b.int(0), b.acc(0, "int64", 1)))
    for size in (1, 33, 64, 65, 200):
        for first in {0, size // 2, size - 1}:
            for special in (7.0, np.nan, -np.inf):
                array = np.full(size, -np.inf, np.float32)
                array[first:] = special
                *_, position = agree(kernel, [array, np.zeros(1, np.float32), np.zeros(1, np.int64)], [size])
                assert position[0] == (0 if special == -np.inf else first)


def test_sums_are_lanes_and_a_tree() -> None:
    """The documented order, written once more."""
    array = np.random.default_rng(0).normal(size=1003).astype(np.float32)
    lanes = np.zeros(LANES, np.float32)
    for k, number in enumerate(array):
        lanes[k % LANES] += number
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    b = Build()
    x, y, n, i = b.buffer("float32"), b.buffer("float32"), b.size(), b.index(0)
    loop = vector(0, n, accumulators=[Accumulator(0, "add", (b.load(x, i),))])
    _, result = agree(b.kernel(loop, put(y, b.int(0), b.acc(0, "float32"))), [array, np.zeros(1, np.float32)], [1003])
    assert result[0] == lanes[0]


def rows(dtype: str) -> tuple[Build, Kernel]:
    """(x - max) normalised by its sum, row by row, with a scaled copy of the maximum: the shape of softmax."""
    b = Build()
    x, y, z, m, n = b.buffer(dtype), b.buffer(dtype), b.buffer(dtype), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    place = i * n + j
    top, total = b.acc(0, dtype), b.acc(1, dtype)
    e = 1.0 / (1.0 + (b.load(x, place) - top) * (b.load(x, place) - top))
    row = serial(
        0,
        m,
        vector(1, n, accumulators=[Accumulator(0, "max", (b.load(x, place),))]),
        vector(1, n, put(y, place, e), accumulators=[Accumulator(1, "add", (e,))]),
        vector(1, n, put(y, place, b.load(y, place) / total)),
        put(z, i, top * 2.0),
    )
    return b, b.kernel(row, parallel=True)


@pytest.mark.parametrize("dtype", COMPUTED_FLOATS)
def test_rows(dtype: str) -> None:
    _, kernel = rows(dtype)
    for m, n in [(0, 5), (3, 0), (1, 1), (5, 3), (4, 31), (3, 32), (2, 100), (7, 257)]:
        x = np.random.default_rng(n).normal(size=m * n).astype(dtype)
        arrays = agree(kernel, [x, np.zeros_like(x), np.zeros(m, dtype)], [m, n])
        if n:
            e = 1 / (1 + (x.reshape(m, n) - x.reshape(m, n).max(1, keepdims=True)) ** 2)
            np.testing.assert_allclose(arrays[1].reshape(m, n), e / e.sum(1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "float16"])
def test_columns(dtype: str) -> None:
    """An outer loop in lanes with a reduction inside: each lane has sums of its own."""
    b = Build()
    wide = "float32" if dtype == "float16" else dtype
    x, c, y, z, m, n = b.buffer(dtype), b.buffer(wide), b.buffer(wide), b.buffer("int64"), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    value = b.load(x, j * n + i).cast(wide) * b.load(c, i)
    inner = serial(1, m, accumulators=[Accumulator(0, "add", (value,)), Accumulator(1, "argmin", (value, j))])
    kernel = b.kernel(vector(0, n, inner, put(y, i, b.acc(0, wide)), put(z, i, b.acc(1, "int64", 1))), parallel=True)
    kernel = Kernel(kernel.buffers, kernel.sizes, kernel.scalars, kernel.body)
    for m_, n_ in [(0, 5), (3, 0), (1, 1), (9, 3), (4, 33), (31, 64), (5, 100)]:
        arrays = [numbers(dtype, m_ * n_), numbers(wide, n_), np.zeros(n_, wide), np.zeros(n_, np.int64)]
        agree(kernel, arrays, [m_, n_])


@pytest.mark.parametrize("place", ["apart", "in place"])
def test_columns_in_stages(place: str) -> None:
    """What follows a reduction down the columns reads what it stored, and numbers of columns and of rows."""
    b = Build()
    x, c, y, z, total = b.buffer("float32"), b.buffer("float32"), b.buffer("float32"), b.buffer("float32"), b.buffer("float64")
    any_, m, n = b.buffer("bool"), b.size(), b.size()
    i = b.index(0)

    def at(row: int) -> Value:
        return b.load(x, b.index(row) * n + i)

    def stored(buffer: int, row: int, value: Value) -> Store:
        return put(buffer, b.index(row) * n + i, value)

    top, scale = b.acc(0, "float32"), b.load(c, i)
    first = serial(1, m, accumulators=[Accumulator(0, "max", (at(1),)), Accumulator(1, "or", (at(1) > 0.5,))])
    e = b.trace.emit("sqrt", (abs(at(2) - top),), "float32")
    second = serial(2, m, stored(y, 2, e), accumulators=[Accumulator(2, "add", (e.cast("float64") * scale.cast("float64"),))])
    share = top / (b.acc(2, "float64").cast("float32") + 1.0)
    last = serial(3, m, stored(z, 3, b.load(y, b.index(3) * n + i) * share + at(3) * (scale + share) + b.index(3).cast("float32")))
    kernel = b.kernel(vector(0, n, first, second, put(total, i, b.acc(2, "float64")), put(any_, i, b.acc(1, "bool")), last), parallel=True)
    for m_, n_ in [(0, 5), (3, 0), (1, 1), (15, 3), (16, 127), (17, 128), (40, 129), (5, 300)]:
        big = numbers("float32", m_ * n_)
        rest = [np.zeros(m_ * n_, np.float32), big if place == "in place" else np.zeros(m_ * n_, np.float32)]
        arrays = [big, numbers("float32", n_), *rest, np.zeros(n_), np.zeros(n_, bool)]
        agree(Kernel(kernel.buffers, kernel.sizes, kernel.scalars, kernel.body), arrays, [m_, n_])
        if n_ == 300:
            _, whole = run_native(kernel, None, arrays, [m_, n_], bounds=(0, n_))
            _, left = run_native(kernel, None, arrays, [m_, n_], bounds=(0, 70))
            np.testing.assert_array_equal(whole[4][:70], left[4][:70])
            assert not left[4][70:].any()


def test_two_sums_and_a_sum_of_sums() -> None:
    b = Build()
    x, y, m, n = b.buffer("float64"), b.buffer("float64"), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    v = b.load(x, i * n + j)
    inner = vector(1, n, accumulators=[Accumulator(0, "add", (v,)), Accumulator(1, "add", (v * v,))])
    outer = serial(0, m, inner, accumulators=[Accumulator(2, "add", (b.acc(0, "float64") * b.acc(1, "float64"),))])
    kernel = b.kernel(outer, put(y, b.int(0), b.acc(2, "float64")))
    for m_, n_ in [(0, 3), (3, 0), (5, 7), (4, 40)]:
        agree(kernel, [np.random.default_rng(1).normal(size=m_ * n_), np.zeros(1)], [m_, n_])


# ---------------------------------------------------------------------------------------------- gather, scatter, checks


def embedding(kind, checked: bool) -> Kernel:
    """Rows of a table by number: out[i, j] = table[number[i], j]."""
    b = Build()
    table, number, out, rows_, n, m = b.buffer("float32"), b.buffer("int32"), b.buffer("float32"), b.size(), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    row = b.load(number, i).cast("int64")
    check = Check((row >= 0) & (row < m), 7, row)
    copy = kind(1, n, put(out, i * n + j, b.load(table, row * n + j)))
    return b.kernel(serial(0, rows_, *([check] if checked else []), copy))


def test_rows_by_number() -> None:
    table = np.random.default_rng(0).normal(size=20 * 33).astype(np.float32)
    number = np.array([3, 19, 0, 0, 7], np.int32)
    for kind in (vector, serial):
        *_, out = agree(embedding(kind, True), [table, number, np.zeros(5 * 33, np.float32)], [5, 33, 20])
        np.testing.assert_array_equal(out.reshape(5, 33), table.reshape(20, 33)[number])


def test_check_stops_before_the_load() -> None:
    """A load behind a check is not moved in front of it, even where it is the same in all iterations."""
    b = Build()
    x, y, n, k = b.buffer("float64"), b.buffer("float64"), b.size(), b.size()
    i = b.index(0)
    kernel = b.kernel(serial(0, n, Check(k < n, 3, k), put(y, i, b.load(x, k * 1000000) + b.load(x, i))))
    for level in levels():
        status, (_, y_) = run_native(kernel, level, [np.ones(5), np.zeros(5)], [5, 5_000_000])
        assert status == (3, 5_000_000) and not y_.any()
        assert run_native(kernel, level, [np.ones(5), np.zeros(5)], [5, 0])[0] == (0, 0)


@pytest.mark.parametrize("count", [1, 5, 16, 33, 100])
def test_lowest_failing_iteration(count: int) -> None:
    """In lanes, too; with two checks, both count."""
    b = Build()
    x, z, y, n, i = b.buffer("int64"), b.buffer("int64"), b.buffer("int64"), b.size(), b.index(0)
    u, v = b.load(x, i), b.load(z, i)
    first, second = Check(u < 100, 2, u), Check(v < 100, 9, v)
    store = put(y, i, u)
    draw = np.random.default_rng(count)
    for checks in ((first,), (first, second)):
        for kind in (vector, serial):
            kernel = b.kernel(kind(0, n, *checks, store))
            for _ in range(5):
                arrays = [draw.integers(0, 100 + draw.integers(1, 30), count) for _ in range(2)]
                status, _ = run_native(kernel, levels()[0], [*arrays, np.zeros(count, np.int64)], [count])
                bad = [(k, c.code, int(a[k])) for c, a in zip(checks, arrays, strict=False) for k in range(count) if a[k] >= 100]
                assert status == (min(bad)[1:] if bad else (0, 0))
                for level in levels()[1:]:
                    assert run_native(kernel, level, [*arrays, np.zeros(count, np.int64)], [count])[0] == status


def test_check_that_is_the_same_in_all_lanes() -> None:
    b = Build()
    y, n, k, i = b.buffer("int64"), b.size(), b.size(), b.index(0)
    kernel = b.kernel(vector(0, n, Check(k < 7, 3, i + k), put(y, i, i)))
    agree(kernel, [np.zeros(40, np.int64)], [40, 6])
    agree(kernel, [np.zeros(40, np.int64)], [40, 8])


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint64"])
def test_scatter_add(dtype: str) -> None:
    """In order, also at repeated places; rows in lanes."""
    b = Build()
    place, x, y, m, n = b.buffer("int64"), b.buffer(dtype), b.buffer(dtype), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    row = b.load(place, i)
    one = b.kernel(serial(0, m, put(y, row, b.load(x, i), "add")))
    many = b.kernel(serial(0, m, vector(1, n, put(y, row * n + j, b.load(x, i * n + j), "add"))))
    draw = np.random.default_rng(0)
    agree(one, [draw.integers(0, 7, 200), numbers(dtype, 200), np.ones(7, dtype)], [200, 0])
    agree(many, [draw.integers(0, 7, 20), numbers(dtype, 20 * 37), np.ones(7 * 37, dtype)], [20, 37])


def test_transpose_and_strided_stores() -> None:
    b = Build()
    x, y, m, n = b.buffer("float32"), b.buffer("float32"), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    gathers = b.kernel(serial(0, m, vector(1, n, put(y, i * n + j, b.load(x, j * m + i)))))
    scatters = b.kernel(serial(0, m, vector(1, n, put(y, j * m + i, b.load(x, i * n + j)))))
    array = np.arange(35 * 22, dtype=np.float32)
    for kernel, shape in ((gathers, (22, 35)), (scatters, (35, 22))):
        _, result = agree(kernel, [array, np.zeros_like(array)], [35, 22])
        np.testing.assert_array_equal(result, array.reshape(shape).T.reshape(-1))


def test_loads_after_stores_see_them() -> None:
    """Neither shared nor hoisted across a store to the same buffer."""
    b = Build()
    x, y, n, i = b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    first = b.load(x, 0)
    kernel = b.kernel(
        put(y, b.int(0), first),
        serial(0, n, put(x, b.int(0), first + 1.0)),
        put(y, b.int(1), first),
        vector(0, n, put(y, i + 2, first * 2.0)),
    )
    _, result = agree(kernel, [np.array([1.0]), np.zeros(42)], [40])
    assert result[0] == 1 and result[1] == 41 and (result[2:] == 82).all()


def test_stores_in_a_row_see_the_ones_before() -> None:
    """By the number of the buffer; what is computed before it was written is not computed again."""
    b = Build()
    x, y, z = b.buffer("float64"), b.buffer("float64"), b.buffer("float64")
    kernel = b.kernel(
        put(y, b.int(0), b.load(x, 0) + 1.0), put(x, b.int(0), b.load(x, 0) * 5.0), put(z, b.int(0), b.load(y, 0) + b.load(x, 0))
    )
    (found,), *rest = agree(kernel, [np.array([2.0]), np.zeros(1), np.zeros(1)], [])
    assert [found, *(value for (value,) in rest)] == [10, 3, 13]


def test_stores_in_a_row_may_be_where_a_later_one_reads() -> None:
    """The last store sees what the first one wrote, and of ``held`` what was there before the second wrote over it."""
    b = Build()
    x, held, y, z, n, i = *(b.buffer("float64") for _ in range(4)), b.size(), b.index(0)
    stores = put(x, i, b.load(x, i) * 5.0), put(y, i, b.load(z, i)), put(z, i, b.load(x, i) + b.load(held, i))
    shared = np.arange(40.0)
    for loop in (serial, vector):
        results = agree(b.kernel(loop(0, n, *stores)), [np.full(40, 2.0), shared, shared, np.full(40, 7.0)], [40])
        for found, expected in zip(results, (10.0, 7.0, 7.0, np.arange(40.0) + 10), strict=True):
            np.testing.assert_array_equal(found, np.broadcast_to(expected, 40))


def test_stores_in_a_row_may_be_where_one_before_wrote() -> None:
    """The last store sees what the first one wrote, though the second wrote over it, and the third of another buffer likewise."""
    b = Build()
    x, y, z, u, w, n, i = *(b.buffer("float64") for _ in range(5)), b.size(), b.index(0)
    seen = b.load(x, i) + 1.0
    stores = (
        put(x, i, b.load(w, i) * 5.0), put(u, i, b.load(w, i) + 3.0), put(y, i, b.load(w, i)), put(z, i, seen * b.load(u, i)),
        put(w, i, seen - b.load(z, i)),
    )  # fmt: skip
    shared = np.zeros(40)
    for loop in (serial, vector):
        results = agree(b.kernel(loop(0, n, *stores)), [shared, shared, np.zeros(40), np.zeros(40), np.full(40, 2.0)], [40])
        for found, expected in zip(results, (2.0, 2.0, 55.0, 5.0, -44.0), strict=True):
            np.testing.assert_array_equal(found, np.full(40, expected))


def test_a_store_in_a_row_may_read_what_several_before_wrote() -> None:
    """Of the first, what was there before the second wrote over it; of the third, what it wrote."""
    b = Build()
    x, y, u, z, w, n, i = *(b.buffer("float64") for _ in range(5)), b.size(), b.index(0)
    stores = (
        put(x, i, b.load(w, i) * 5.0),
        put(y, i, b.load(w, i) + 1.0),
        put(u, i, b.load(w, i) - 1.0),
        put(z, i, b.load(x, i) + b.load(u, i)),
    )
    shared = np.zeros(40)
    for loop in (serial, vector):
        results = agree(b.kernel(loop(0, n, *stores)), [shared, shared, np.zeros(40), np.zeros(40), np.full(40, 2.0)], [40])
        for found, expected in zip(results, (3.0, 3.0, 1.0, 11.0, 2.0), strict=True):
            np.testing.assert_array_equal(found, np.full(40, expected))


def test_loads_of_loops_that_do_not_run() -> None:
    """Hoisted out of a loop with no iteration, a load must not touch what is not there."""
    b = Build()
    x, y, m, n = b.buffer("float64"), b.buffer("float64"), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    far = b.load(x, n - 1 + 1000000 * (1 - binary("min", n, b.int(1))))
    loop = serial(0, m, vector(1, n, accumulators=[Accumulator(0, "add", (far + b.load(x, j),))]), put(y, i, b.acc(0, "float64")))
    kernel = b.kernel(loop, vector(2, m, put(y, b.index(2), b.load(y, b.index(2)) + 1.0)))
    for n_ in (0, 1, 3):
        agree(kernel, [np.arange(3.0), np.zeros(4)], [4, n_])


def test_column_loads_of_loops_that_do_not_run() -> None:
    b = Build()
    x, c, y, m, n = b.buffer("float32"), b.buffer("float32"), b.buffer("float32"), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    value = b.load(x, j * n + i) * (b.load(c, i) + b.load(c, 2 * i))
    kernel = b.kernel(vector(0, n, serial(1, m, accumulators=[Accumulator(0, "add", (value,))]), put(y, i, b.acc(0, "float32"))))
    agree(kernel, [np.ones(0, np.float32), np.ones(0, np.float32), np.ones(20, np.float32)], [0, 20])
    agree(kernel, [numbers("float32", 60), numbers("float32", 40), np.ones(20, np.float32)], [3, 20])


@pytest.mark.parametrize("dtype", BOOL + INTEGERS)
def test_narrow_types_fill_the_lanes(dtype: str) -> None:
    b = Build()
    x, y, n, i = b.buffer(dtype), b.buffer(dtype), b.size(), b.index(0)
    v = b.load(x, i)
    kernel = b.kernel(vector(0, n, Store(y, i, v ^ v.trace.const(1, dtype))))
    for size in (0, 1, 15, 63, 64, 65, 127, 500):
        agree(kernel, [numbers(dtype, size), np.zeros(size, dtype)], [size])
