"""Outer points side by side: to the bit what one point after the other gives, for any number of points."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.emit.build import Build, agree, levels, numbers, put, run_native, same, serial, vector
from theano.emit.llvm.jam import LONG, POINTS, jammed
from theano.loops.ir import Accumulator, Check, Fold, Kernel, Loop
from theano.loops.statements import all_statements
from theano.runtime import pool
from theano.scalar.instructions import Value

SIZES = [(0, 5, 3), (1, 0, 3), (2, 5, 0), (1, 1, 1), (2, 15, 16), (3, 17, 17), (5, 33, 2), (4, 128, 33), (7, 129, 16)]


def pairs(dtype: str, wide: str, length: int = 0) -> Kernel:
    """out[i, j] = sum of (x[i, k] - y[k, j]) * x[i, k] over k, in ``wide``, plus their largest; total[i] = sum of out[i, j] over j."""
    b = Build()
    x, y, out, total = b.buffer(dtype), b.buffer(dtype), b.buffer(wide), b.buffer(wide)
    m, n, depth = b.size(), b.size(), b.size()
    i, j, k = b.index(0), b.index(1), b.index(2)
    left, single = b.load(x, i * depth + k), "float32" if dtype == "float16" else dtype
    value = (left.cast(single) - b.load(y, k * n + j).cast(single)) * left.cast(single)
    for _ in range(length):
        value = value * value + left.cast(single)
    inner = serial(2, depth, accumulators=[Accumulator(0, "add", (value.cast(wide),)), Accumulator(1, "max", (value,))])
    columns = vector(1, n, inner, put(out, i * n + j, b.acc(0, wide) + b.acc(1, single).cast(wide)))
    along = vector(3, n, accumulators=[Accumulator(2, "add", (b.load(out, i * n + b.index(3)),))])
    return b.kernel(serial(0, m, columns, along, put(total, i, b.acc(2, wide))), parallel=True)


def arrays_of(dtype: str, wide: str, m: int, n: int, depth: int) -> list[np.ndarray]:
    return [numbers(dtype, m * depth), numbers(dtype, depth * n, 1), np.zeros(m * n, wide), np.zeros(m, wide)]


def loop_of(kernel: Kernel) -> Loop:
    (loop,) = kernel.body
    assert isinstance(loop, Loop)
    return loop


@pytest.mark.parametrize(
    "dtype,wide", [("float32", "float64"), ("float32", "float32"), ("float64", "float64"), ("float16", "float32"), ("int16", "int64")]
)
def test_each_point_has_what_it_would_have_alone(dtype: str, wide: str) -> None:
    kernel = pairs(dtype, wide)
    assert jammed(loop_of(kernel), True) is not None
    for m, n, depth in SIZES:
        agree(kernel, arrays_of(dtype, wide, m, n, depth), [m, n, depth])


def test_parts_of_any_size_are_parts_of_the_whole() -> None:
    kernel = pairs("float32", "float64")
    m, n, depth = 9, 20, 5
    arrays = arrays_of("float32", "float64", m, n, depth)
    for level in levels():
        _, whole = run_native(kernel, level, arrays, [m, n, depth], bounds=(0, m))
        for lo, hi in [(0, 0), (0, 1), (1, 4), (2, 4), (3, 8), (8, 9)]:
            _, part = run_native(kernel, level, arrays, [m, n, depth], bounds=(lo, hi))
            assert same(part[2].reshape(m, n)[lo:hi], whole[2].reshape(m, n)[lo:hi])
            assert not np.delete(part[2].reshape(m, n), slice(lo, hi), 0).any()


def test_points_that_write_over_what_they_read() -> None:
    b = Build()
    x, y, out, m, n, depth = b.buffer("float64"), b.buffer("float64"), b.buffer("float64"), b.size(), b.size(), b.size()
    i, j, k = b.index(0), b.index(1), b.index(2)
    inner = serial(2, depth, accumulators=[Accumulator(0, "add", (b.load(y, k * n + j),))])
    columns = vector(1, n, inner, put(out, i * n + j, b.acc(0, "float64") * b.load(x, i * n + j)))
    kernel = b.kernel(serial(0, m, columns), parallel=True)
    for m_, n_, depth_ in SIZES:
        both = numbers("float64", m_ * n_)
        agree(kernel, [both, numbers("float64", depth_ * n_), both], [m_, n_, depth_])


def test_what_both_points_read_is_one_value() -> None:
    kernel = pairs("float32", "float64")
    together = jammed(loop_of(kernel), True)
    assert together is not None
    inner = next(s for s in all_statements([together]) if isinstance(s, Loop) and s.index == 2)
    assert len(inner.accumulators) == 2 * POINTS

    def loads(value: Value) -> list[Value]:
        return [value] if value.op == "load" else [v for a in value.args for v in loads(a)]

    shared = {v for a in inner.accumulators for v in loads(a.values[0]) if v.data == 1}
    own = {v for a in inner.accumulators for v in loads(a.values[0]) if v.data == 0}
    assert (len(shared), len(own)) == (1, POINTS)


def test_sums_of_what_is_widened_use_the_units_of_products() -> None:
    for dtype, wide, fma in [("float32", "float64", True), ("float32", "float64", False), ("float64", "float64", True)]:
        together = jammed(loop_of(pairs(dtype, wide)), fma)
        assert together is not None
        folds = [isinstance(a.combine, Fold) for s in all_statements([together]) if isinstance(s, Loop) for a in s.accumulators]
        assert any(folds) == (fma and dtype != wide)


def test_what_stays_one_point_at_a_time() -> None:
    """Bodies that are long, points that differ in what they do, and what may fail."""
    assert jammed(loop_of(pairs("float32", "float64", LONG)), True) is None
    b = Build()
    x, out, m, n = b.buffer("float64"), b.buffer("float64"), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    inner = serial(2, i, accumulators=[Accumulator(0, "add", (b.load(x, b.index(2) * n + j),))])
    columns = vector(1, n, inner, put(out, i * n + j, b.acc(0, "float64")))
    assert jammed(serial(0, m, columns), True) is None
    assert jammed(serial(0, m, Check(i < n, 1, i), columns), True) is None
    for m_, n_ in [(1, 5), (4, 17), (7, 33)]:
        agree(b.kernel(serial(0, m, columns), parallel=True), [numbers("float64", m_ * n_), np.zeros(m_ * n_)], [m_, n_])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_distances_of_all_pairs(dtype: str) -> None:
    """From the expression to the call: any extents, strided arguments, one thread or two."""
    x, y = T.TensorType(dtype, (False,) * 2)(), T.TensorType(dtype, (False,) * 2)()
    squares = ((x[:, None, :] - y[None, :, :]) ** 2).sum(2)
    loss = T.exp(squares * T.cast(-0.125, dtype if dtype != "int32" else "float64")).sum()
    outputs = [squares, loss] + ([T.grad(loss, x)] if dtype != "int32" else [])
    f, reference = (theano.function([x, y], outputs, mode=mode) for mode in ("FAST_RUN", "REFERENCE"))
    for m, n, depth in [(0, 3, 2), (3, 0, 2), (3, 4, 0), (1, 1, 1), (5, 17, 15), (17, 33, 33), (301, 200, 16)]:
        draw = np.random.default_rng(depth)
        a, b = (draw.normal(size=(rows * 2, depth)).astype(dtype)[::2] for rows in (m, n))
        found = []
        for threads in (1, 2):
            with pool.set_threads(threads):
                found.append(f(a, b))
        assert all(same(one, two) for one, two in zip(*found, strict=True))
        wide = a[:, None].astype("float64") - b[None]
        np.testing.assert_allclose(found[0][0], (wide**2).sum(2), rtol=1e-5)
        kernel = np.exp((wide**2).sum(2) * -0.125)
        np.testing.assert_allclose(found[0][1], kernel.sum(), rtol=1e-5)
        if dtype != "int32":
            np.testing.assert_allclose(found[0][2], (kernel[:, :, None] * wide).sum(1) * -0.25, rtol=1e-4, atol=1e-5)
        if m < 300:
            for one, two in zip(found[0], reference(a, b), strict=True):
                np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-6)
