"""The interpreter itself, against results written by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.emit.build import Build, put, serial, vector
from theano.emit.reference import run_kernel
from theano.emit.reference_program import run_program
from theano.errors import BoundsError, ShapeError
from theano.loops.ir import (
    LANES,
    Accumulator,
    Buffer,
    Check,
    Frame,
    Guard,
    IfRegion,
    Kernel,
    KernelStep,
    LibraryStep,
    LoopRegion,
    Program,
    PythonStep,
)
from theano.scalar.instructions import Trace, Value


def test_axes_and_iterations_agree() -> None:
    """A loop gives the same whether it runs at once or one by one (a check that always holds forbids the former)."""
    b = Build()
    x, y, m, n = b.buffer("float32"), b.buffer("float32"), b.size(), b.size()
    i, j = b.index(0), b.index(1)
    v = b.load(x, i * n + j)
    for loop in (vector, serial):
        results = []
        for checks in ((), (Check(j >= 0, 1, j),)):
            sums = loop(1, n, *checks, accumulators=[Accumulator(0, "add", (v,)), Accumulator(1, "argmax", (v, j))])
            kernel = b.kernel(serial(0, m, sums, put(y, i, b.acc(0, "float32") + b.acc(1, "int64", 1).cast("float32"))))
            out = np.zeros(5, np.float32)
            array = np.random.default_rng(0).normal(size=5 * 70).astype(np.float32)
            assert run_kernel(kernel, [array, out], [5, 70], []) == (0, 0)
            results.append(out)
        np.testing.assert_array_equal(*results)


def test_order_of_a_sum() -> None:
    """One large number, and small ones that are lost unless they first meet each other."""
    array = np.full(3 * LANES, 2.0**-24, np.float32)
    array[0] = 1.0
    b = Build()
    x, y, n, i = b.buffer("float32"), b.buffer("float32"), b.size(), b.index(0)
    for loop, expected in ((serial, 1.0), (vector, np.float32(1.0) + np.float32(2.0**-24 * 3 * (LANES - 1)))):
        kernel = b.kernel(loop(0, n, accumulators=[Accumulator(0, "add", (b.load(x, i),))]), put(y, b.int(0), b.acc(0, "float32")))
        out = np.zeros(1, np.float32)
        run_kernel(kernel, [array, out], [len(array)], [])
        assert abs(out[0] - expected) <= (0 if loop is serial else 2.0**-21)
        assert (out[0] == 1.0) == (loop is serial)


def test_check_reports_the_first() -> None:
    b = Build()
    x, n, i = b.buffer("int64"), b.size(), b.index(0)
    kernel = b.kernel(serial(0, n, Check(b.load(x, i) < 5, 4, b.load(x, i))))
    assert run_kernel(kernel, [np.array([1, 9, 7])], [3], []) == (4, 9)


def test_ranges() -> None:
    b = Build()
    y, n, i = b.buffer("int64"), b.size(), b.index(0)
    out = np.zeros(5, np.int64)
    run_kernel(b.kernel(vector(0, n, put(y, i, i)), parallel=True), [out], [5], [], 2, 4)
    assert out.tolist() == [0, 0, 2, 3, 0]


# ---------------------------------------------------------------------------------------------- programs

trace = Trace()
zero, one = trace.const(0, "int64"), trace.const(1, "int64")


def size(*data: object) -> Value:
    return trace.leaf("size", "int64", data)


def add_kernel(constant: float) -> Kernel:
    b = Build()
    x, y, n, i = b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    return b.kernel(vector(0, n, put(y, i, b.load(x, i) + constant)))


n0 = size("input", 0, 0)
x0, out = Buffer(0, "float64", (n0,), "input"), Buffer(1, "float64", (n0,), "output")
first, second = (Buffer(k, "float64", (n0,), "arena", offset=(n0 * 8 * (k - 2))) for k in (2, 3))


def add(to: Buffer, of: Buffer, constant: float = 1.0, extent: Value = n0) -> KernelStep:
    return KernelStep(add_kernel(constant), (of, to), (extent,), ())


def program(*steps: Any, buffers: tuple[Buffer, ...] = (out, first, second), **changes: object) -> Program:
    whole = Program([x0], frame=Frame(buffers=list(buffers), arena=n0 * 16, steps=list(steps)), outputs=[out])
    for name, value in changes.items():
        setattr(whole, name, value)
    return whole


def test_loop_swaps_what_it_carries() -> None:
    loop = LoopRegion(trace.const(5, "int64"), Frame(steps=[add(second, first, 2.0)]), ((first, second),))
    (result,), _ = run_program(program(add(first, x0, 0.0), loop, add(out, first, 0.0)), [np.arange(3.0)])
    assert result.tolist() == [10.0, 11.0, 12.0]


def test_branch_and_counter() -> None:
    counter = Buffer(5, "int64", (), "arena", offset=zero)
    branch = IfRegion(counter, Frame(steps=[add(out, out, 10.0)]), Frame(steps=[add(out, x0, 1.0)]))
    for count, expected in ((1, 1.0), (3, 21.0)):
        loop = LoopRegion(trace.const(count, "int64"), Frame(steps=[branch]), (), counter)
        (result,), _ = run_program(program(loop, buffers=(out, counter)), [np.zeros(2)])
        assert result.tolist() == [expected, expected]


def test_python_steps_and_commit() -> None:
    doubled = Buffer(6, "float64", (size("object", 6, 0),), "object")
    late = Buffer(7, "float64", (size("object", 6, 0),), "output")
    op = SimpleNamespace(perform=lambda node, inputs, cells: cells[0].__setitem__(0, np.concatenate([inputs[0]] * 2)))
    node = SimpleNamespace(op=op, outputs=[None])
    inner = Frame(buffers=[late], steps=[add(late, doubled, 1.0, size("object", 6, 0))])
    (result,), _ = run_program(program(PythonStep(node, (x0,), (doubled,)), inner, buffers=(doubled,), outputs=[late]), [np.ones(2)])
    assert result.tolist() == [2.0] * 4

    weights, spare = (Buffer(k, "float64", (size("shared", 0, 0),), s) for k, s in ((8, "shared"), (9, "update")))
    value = np.zeros(2)
    update = add(spare, weights, 3.0, size("shared", 0, 0))
    whole = program(update, add(out, x0, 5.0), buffers=(out, spare), shared=[weights], commits=[(0, spare)])
    (result,), (new,) = run_program(whole, [np.ones(3)], [value])
    assert result.tolist() == [6.0] * 3 and new.tolist() == [3.0] * 2 and value.tolist() == [0.0] * 2


def test_failures() -> None:
    guarded = program(add(out, x0))
    guarded.frame.guards = [Guard(n0, trace.const(3, "int64"), None, message="lengths differ")]
    run_program(guarded, [np.ones(3)])
    with pytest.raises(ShapeError, match="lengths differ: 2, 3"):
        run_program(guarded, [np.ones(2)])
    b = Build()
    m = b.size()
    checking = KernelStep(b.kernel(Check(m < 3, 1, m)), (), (n0,), ())
    with pytest.raises(BoundsError, match="7 is too many"):
        run_program(program(checking, add(out, x0), checks=[(None, "{payload} is too many")]), [np.ones(7)])


def routine(name: str, shape: tuple[int, ...], arrays: list[np.ndarray], parameters: list[int], flags: tuple[str, ...]) -> np.ndarray:
    buffers = [Buffer(k, "float64", tuple(trace.const(d, "int64") for d in a.shape), "input", k) for k, a in enumerate(arrays)]
    result = Buffer(99, "float64", tuple(trace.const(d, "int64") for d in shape), "output")
    values = tuple(trace.const(p, "int64") for p in parameters)
    step = LibraryStep(name, "float64", (result, *buffers), values, flags)
    (value,), _ = run_program(Program(buffers, frame=Frame(buffers=[result], steps=[step]), outputs=[result]), arrays)
    return value


def test_library_routines() -> None:
    draw = np.random.default_rng(0)
    a, b, x, y = draw.normal(size=(3, 4)), draw.normal(size=(5, 4)), draw.normal(size=8), draw.normal(size=3)
    plain = ("N", "T", "2.0", "0.0")
    np.testing.assert_allclose(routine("gemm", (3, 5), [a, b], [3, 5, 4, 0, 4, 0, 4], plain), 2 * a @ b.T)
    half = np.array([0.5])
    np.testing.assert_allclose(routine("gemm", (3, 5), [a, b, half], [3, 5, 4, 0, 4, 0, 4], ("N", "T", "buffer", "0.0")), a @ b.T / 2)
    panels, c = np.empty(0), draw.normal(size=17)
    begun = 2 * a @ b.T + 0.5 * c[2:].reshape(3, 5)
    found = routine("panels", (3, 5), [a, b, panels, c], [3, 5, 4, 0, 4, 0, 4, 2], ("N", "T", "2.0", "0.5", "apart"))
    np.testing.assert_allclose(found, begun)
    np.testing.assert_allclose(routine("panels", (3, 5), [a, b, panels], [3, 5, 4, 0, 4, 0, 4, 0], (*plain, "there")), 2 * a @ b.T)
    np.testing.assert_allclose(routine("gemv", (3,), [a, x], [3, 4, 0, 4, 7, -2], ("N", "N", "1.0", "0.0")), a @ x[::-2])
    np.testing.assert_allclose(routine("gemv", (4,), [a, y], [4, 3, 0, 4, 0, 1], ("T", "N", "1.0", "0.0")), a.T @ y)
    np.testing.assert_allclose(routine("ger", (3, 4), [y, x], [3, 4, 0, 1, 1, 2], ("N", "N", "3.0", "1.0")), 3 * np.outer(y, x[1::2]))
    np.testing.assert_allclose(routine("dot", (), [x, x], [4, 0, 2, 1, 2], ()), x[::2] @ x[1::2])
    np.testing.assert_allclose(routine("copy", (5,), [x], [5, 2], ()), x[2:7])
    assert routine("gemm", (0, 5), [a, b], [0, 5, 4, 0, 4, 0, 4], plain).shape == (0, 5)
