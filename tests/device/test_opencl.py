"""Kernels print as OpenCL C that runs without a race and agrees with NumPy."""

import inspect

import numpy as np
import pytest

from tests.device import kernels
from theano.emit.reference import run_kernel
from theano.loops.ir import LANES, Kernel, Loop, Store
from theano.loops.verify import verify_kernel
from theano.scalar.instructions import Trace, intrinsic
from theano.scalar.mathlib import INTRINSICS, reference

FLOATS = ("float32", "float64")
TOLERANCE = {"float32": 3e-6, "float64": 1e-13}


def random(shape, dtype, seed=0):
    return (np.random.default_rng(seed).standard_normal(shape) * 4).astype(dtype)


def in_lanes(x):
    """The sum of a vector as the loops' contract has it: LANES partial sums in order, then halves with halves."""
    lanes = np.zeros(LANES, x.dtype)
    for start in range(0, len(x), LANES):
        lanes[: len(x[start : start + LANES])] += x[start : start + LANES]
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    return lanes[0]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("n", "m"), [(5, 67), (300, 3), (0, 4), (4, 0)])
def test_fused_elementwise_with_broadcast(simulator, dtype, n, m):
    x, row, column = random((n, m), dtype), random(m, dtype, 1), random(n, dtype, 2)
    status, (*_, out) = simulator.run(kernels.broadcast(dtype), [x, row, column, np.zeros((n, m), dtype)], (n, m), (1.5,))
    exact = np.exp(-(x.astype("f8") ** 2)) * row + column[:, None] * 1.5
    assert status == (0, 0)
    np.testing.assert_allclose(out, exact, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("m", [1, 32, 77])
def test_softmax_of_rows(simulator, dtype, in_place, m):
    x = random((6, m), dtype)
    x[1, 0] = -np.inf if m > 1 else 3
    arrays = [x] if in_place else [x, np.zeros_like(x)]
    _, arrays = simulator.run(kernels.softmax(dtype, in_place), arrays, (6, m))
    exponentials = np.exp(x.astype("f8") - x.max(1, keepdims=True))
    np.testing.assert_allclose(arrays[-1], exponentials / exponentials.sum(1, keepdims=True), rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [*FLOATS, "int32", "uint32", "int64", "uint64"])
def test_scatter_add(simulator, dtype):
    n, m, rows = 5, 7, 40
    base, x = random((n, m), "int64").astype(dtype), random((rows, m), "int64", 1).astype(dtype)  # whole numbers: any order is exact
    where = np.random.default_rng(2).integers(0, n, rows)
    expected = base.copy()
    np.add.at(expected, where, x)
    _, (out, *_) = simulator.run(kernels.scatter_add(dtype), [np.zeros_like(base), base, where, x], (n, m, rows))
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", ["int8", "bool", "float16"])
def test_scatter_add_where_no_atomic_exists(simulator, dtype):
    base, x, where = np.array([[1], [0]], dtype), np.array([[1], [1], [0], [0]], dtype), np.array([1, 1, 0, 1])
    _, (out, *_) = simulator.run(kernels.scatter_add(dtype), [np.zeros_like(base), base, where, x], (2, 1, 4))
    expected = base.copy()
    np.add.at(expected, where, x)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [0, 1, 31, 1000])
def test_sums_are_those_of_the_virtual_lanes_to_the_bit(simulator, dtype, n):
    x = random(n, dtype)
    _, (_, out) = simulator.run(kernels.total(dtype), [x, np.ones(1, dtype)], (n,))
    assert out[0] == in_lanes(x)


@pytest.mark.parametrize(
    ("dtype", "combine", "x", "expected"),
    [
        ("int8", "mul", [3, 50, -1], -150 + 256),
        ("int16", "max", [], -32768),
        ("uint8", "min", [], 255),
        ("float64", "min", [], np.inf),
        ("float32", "max", [1, np.nan, 3], np.nan),
        ("int64", "and", [6, 3], 2),
        ("bool", "and", [True, True], True),
        ("bool", "or", [False, False], False),
    ],
)
def test_other_reductions(simulator, dtype, combine, x, expected):
    _, (_, out) = simulator.run(kernels.total(dtype, combine), [np.array(x, dtype), np.zeros(1, dtype)], (len(x),))
    np.testing.assert_array_equal(out[0], expected)


@pytest.mark.parametrize("combine", ["argmax", "argmin"])
@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_argmax_takes_the_first_of_ties_and_the_first_nan(simulator, dtype, combine):
    x = np.random.default_rng(0).integers(-3, 4, (8, 90)).astype(dtype)
    if dtype == "float64":
        x[2, [40, 70, 3]] = np.nan
        x[3] = -np.inf
        x[4] = np.inf
    arrays = [x, np.zeros(8, dtype), np.zeros(8, "int64")]
    _, (_, value, position) = simulator.run(kernels.argument(dtype, combine), arrays, x.shape)
    np.testing.assert_array_equal(position, getattr(np, combine)(x, axis=1))
    np.testing.assert_array_equal(value, x[np.arange(8), position])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("m", [1, 33, 90])
def test_combinations_given_as_code(simulator, dtype, m):
    x = random((7, m), dtype)
    _, (_, greatest, total) = simulator.run(kernels.exponentials(dtype), [x, np.zeros(7, dtype), np.zeros(7, dtype)], x.shape)
    np.testing.assert_allclose(greatest + np.log(total), np.log(np.exp(x.astype("f8")).sum(1)), rtol=1e-5)
    _, (_, largest, some) = simulator.run(kernels.largest(dtype), [x, np.zeros(7, dtype), np.zeros(7, bool)], x.shape)
    np.testing.assert_array_equal(abs(largest), abs(x).max(1))
    assert some.all()


def test_loops_of_a_group_wait_for_one_another(simulator):
    x = np.arange(100.0)
    arrays = [x, np.zeros(100), np.zeros(1)]
    _, (*_, out) = simulator.run(kernels.sums_of_sums("float64"), arrays, (3, 100))
    assert out[0] == 4950 * (1 + 100 + 100**2)


def test_what_depends_on_the_iteration_before_runs_in_order(simulator):
    x = np.arange(300)
    _, (_, out) = simulator.run(kernels.running_total("int64"), [x, np.zeros_like(x)], (300,))
    np.testing.assert_array_equal(out, np.cumsum(x))


def test_what_the_iteration_before_left_is_read(simulator):
    x, y = np.arange(70), np.arange(70)[::-1].copy()
    _, (*_, out) = simulator.run(kernels.fibonacci("int64"), [x, y, np.zeros((9, 70), "int64")], (9, 70))
    np.testing.assert_array_equal(out.reshape(9, 70)[:2], [x, y])
    np.testing.assert_array_equal(out.reshape(9, 70)[2:], out.reshape(9, 70)[1:-1] + out.reshape(9, 70)[:-2])


def test_a_failed_check_reports_the_lowest_iteration(simulator):
    x, where = np.arange(10.0), np.tile([3, -1], 400)
    status, (*_, out) = simulator.run(kernels.gather("float64"), [x, where, np.zeros(800)], (800, 10))
    assert status == (0, 0)
    np.testing.assert_array_equal(out, x[where])
    where[[700, 421, 650]] = 10, -11, 99
    status, _ = simulator.run(kernels.gather("float64"), [x, where, np.zeros(800)], (800, 10))
    assert status == (7, -11)


def test_the_simulator_finds_races(simulator):
    """The tests above would mean little otherwise: here two threads write one element."""
    t = Trace()
    i, n = t.leaf("index", "int64", 0), t.leaf("size", "int64", 0)
    race = Kernel(kernels.parameters("int64 w"), 1, (), (Loop(0, n, (Store(0, i // 2, i),), (), "vector"),))
    with pytest.raises(AssertionError, match="data race"):
        simulator.run(race, [np.zeros(2, "int64")], (4,))
    overrun = Kernel(kernels.parameters("int64 w"), 1, (), (Loop(0, n, (Store(0, i + 1, i),), (), "vector"),))
    with pytest.raises(AssertionError, match="Invalid write"):
        simulator.run(overrun, [np.zeros(4, "int64")], (4,))


def test_text_that_does_not_compile_is_an_error(simulator):
    with pytest.raises(AssertionError, match="CompileError"):
        simulator.run(
            kernels.elementwise(lambda x: x.trace.emit("nonsense", (x,), "int64"), ["int64"], "int64"), [np.zeros(1), np.zeros(1)], (1,)
        )


@pytest.mark.parametrize("name", sorted(INTRINSICS))
@pytest.mark.parametrize("dtype", FLOATS)
def test_functions_are_the_language_s_or_expanded(simulator, dtype, name):
    """OpenCL allows its functions up to 16 ULP in float32 (``pow``), and in float64."""
    x, y = np.linspace(0.25, 6, 47).astype(dtype), np.linspace(-3, 3, 47).astype(dtype)
    y = np.rint(y) if name == "ldexp" else y
    arguments = [x, y][: len(inspect.signature(INTRINSICS[name].body).parameters) - 1]
    kernel = kernels.elementwise(lambda *args: intrinsic(name, *args), [dtype] * len(arguments), dtype)
    _, (*_, out) = simulator.run(kernel, [*arguments, x * 0], (47,))
    with np.errstate(all="ignore"):
        exact = reference(name)(*(a.astype("f8") for a in arguments))
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(out, exact, rtol=16 * eps, atol=eps)


REFEREED = {
    "softmax": (kernels.softmax("float64"), [random((5, 70), "float64"), np.zeros((5, 70))], (5, 70)),
    "gather": (kernels.gather("int32"), [np.arange(9, dtype="int32"), np.array([0, -9, 8]), np.zeros(3, "int32")], (3, 9)),
    "failed gather": (kernels.gather("int32"), [np.arange(9, dtype="int32"), np.array([0, -10, 8]), np.zeros(3, "int32")], (3, 9)),
    "total": (kernels.total("float32"), [random(1000, "float32"), np.zeros(1, "float32")], (1000,)),
    "argmin": (kernels.argument("float32", "argmin"), [random((5, 70), "float32"), np.zeros(5, "float32"), np.zeros(5, "int64")], (5, 70)),
    "sums of sums": (kernels.sums_of_sums("float32"), [random(50, "float32"), np.zeros(50, "float32"), np.zeros(1, "float32")], (3, 50)),
    "running total": (kernels.running_total("float64"), [random(50, "float64"), np.zeros(50)], (50,)),
}


@pytest.mark.parametrize("name", REFEREED)
def test_kernels_mean_what_the_reference_interpreter_says(simulator, name):
    kernel, arrays, sizes = REFEREED[name]
    verify_kernel(kernel)
    expected = [array.copy() for array in arrays]
    status = run_kernel(kernel, expected, sizes, [])
    found_status, found = simulator.run(kernel, arrays, sizes)
    assert found_status == status
    if status == (0, 0):
        for got, wanted in zip(found, expected):
            np.testing.assert_allclose(got, wanted, rtol=1e-15 if name == "softmax" else 0)
