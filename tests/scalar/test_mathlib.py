"""Bodies of intrinsics, computed on NumPy arrays: accuracy against high precision, special values, exact results."""

import math

import mpmath
import numpy as np
import pytest

from tests.accuracy.measure import error_in_ulp
from tests.accuracy.truth import FUNCTIONS, points
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace, intrinsic
from theano.scalar.mathlib import INTRINSICS, circular, expand, reference

FLOATS = ("float32", "float64")


UNARY = [name for name, intrinsic in INTRINSICS.items() if name in FUNCTIONS and FUNCTIONS[name].arity == 1 and FUNCTIONS[name].everywhere]


def run(name, *arrays, has_fma=True):
    trace = Trace()
    leaves = [trace.leaf("input", a.dtype.name, k) for k, a in enumerate(arrays)]
    (result,) = evaluate([intrinsic(name, *leaves)], lambda leaf: arrays[leaf.data], portable=True, has_fma=has_fma)
    return result


def error(got, *arrays, name):
    exact = (FUNCTIONS[name].exact(*arguments) for arguments in zip(*(a.tolist() for a in arrays)))
    return max(error_in_ulp(g, e, got.dtype) for g, e in zip(got.tolist(), exact))


def test_every_intrinsic_is_tested():
    assert set(INTRINSICS) - {"floor_mod", "floor_div", "ldexp"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", UNARY)
def test_single_precision(name):
    """Against float64, on many points."""
    with np.errstate(all="ignore"):
        (x,) = points(name, 80_000, dtype="float32")
        exact = reference(name)(x.astype("float64"))
        x, exact = (a[(np.abs(exact) < np.finfo("float32").max) & (np.abs(x) < 1e5)] for a in (x, exact))
        difference = np.abs(run(name, x).astype("float64") - exact) / np.spacing(np.abs(exact).astype("float32")).astype("float64")
    assert difference.max() <= 2.0, (difference.max(), x[difference.argmax()])


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
def test_against_high_precision(name, dtype, has_fma):
    (x,) = points(name, 200, dtype=dtype)
    assert error(run(name, x, has_fma=has_fma), x, name=name) <= 2.0


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
def test_special_values(name, dtype, has_fma):
    """Infinities, NaN, zeros with their signs, subnormals, the largest numbers, numbers just outside the domain."""
    limits = np.finfo(dtype)
    numbers = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0, -1.5, limits.tiny, limits.smallest_subnormal, 1e-30, limits.max]
    numbers += [-limits.smallest_subnormal, -limits.tiny, -limits.max, 3 * limits.smallest_subnormal, 100.0, -100.0, 1e4, -1e4]
    x = np.array(numbers, dtype)
    with np.errstate(all="ignore"):
        expected = np.asarray(reference(name)(x.astype("float64"))).astype(dtype)
        if name in ("sin", "cos", "tan"):  # beyond the reach of a rounded reference
            expected[np.abs(x) == limits.max] = [float(FUNCTIONS[name].exact(v)) for v in x[np.abs(x) == limits.max].tolist()]
    got = run(name, x, has_fma=has_fma)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(expected[known]))
    with np.errstate(all="ignore"):
        allowed = 2 * np.spacing(np.abs(expected[known]))
    assert all(g == e or abs(g - e) <= a for g, e, a in zip(got[known], expected[known], allowed))


@pytest.mark.parametrize("dtype", FLOATS)
def test_exact_results(dtype):
    whole = np.arange(-100, 100).astype(dtype)
    np.testing.assert_array_equal(run("exp2", whole), 2.0**whole)
    np.testing.assert_array_equal(run("log2", (2.0**whole).astype(dtype)), whole)
    base, exponent = (a.ravel() for a in np.meshgrid(np.arange(-12.0, 13.0), np.arange(0.0, 6.0)))
    np.testing.assert_array_equal(run("pow", base.astype(dtype), exponent.astype(dtype)), base**exponent)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("has_fma", [True, False])
def test_power(dtype, has_fma):
    rng = np.random.default_rng(3)
    top = float(np.log2(float(np.finfo(dtype).max)))
    base = np.concatenate([2.0 ** rng.uniform(-top, top, 150), 1 + rng.uniform(-1, 1, 150) * 1e-3]).astype(dtype)
    exponent = (rng.uniform(-0.99, 0.99, 300) * (top - 4) / np.abs(np.log2(base.astype("float64")))).astype(dtype)
    assert error(run("pow", base, exponent, has_fma=has_fma), base, exponent, name="pow") <= 1.5


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
def test_arctan2(dtype, has_fma):
    """On all combinations of special numbers as NumPy, signs of zeros included; elsewhere against high precision."""
    limits = np.finfo(dtype)
    numbers = [0.0, 1.0, 3.0, math.inf, limits.tiny, limits.max, limits.smallest_subnormal, 1e-10, 1e10]
    y, x = (
        a.ravel().astype(dtype)
        for a in np.meshgrid([*numbers, *(-n for n in numbers), math.nan], [*numbers, *(-n for n in numbers), math.nan])
    )
    got, expected = run("arctan2", y, x, has_fma=has_fma), np.arctan2(y.astype("float64"), x.astype("float64")).astype(dtype)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(got), ~known)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(expected[known]))
    assert np.all(np.abs(got - expected)[known] <= 2 * np.spacing(np.abs(expected[known])))
    y, x = points("arctan2", 800, dtype=dtype)
    y, x = y[(y != 0) & (x != 0)], x[(y != 0) & (x != 0)]
    assert error(run("arctan2", y, x, has_fma=has_fma), y, x, name="arctan2") <= 2.0


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_powers(dtype):
    limits = np.finfo(dtype)
    numbers = [0.0, -0.0, 1, -1, math.inf, -math.inf, math.nan, 0.5, -0.5, 2, -2, 3, -3, 1e30, -1e30, 1.5, limits.tiny, -limits.tiny]
    numbers += [limits.max, limits.smallest_subnormal, -limits.smallest_subnormal]
    base, exponent = (a.ravel().astype(dtype) for a in np.meshgrid(numbers, numbers))
    with np.errstate(all="ignore"):
        expected = np.power(base, exponent)
    got = run("pow", base, exponent)
    np.testing.assert_allclose(got, expected, rtol=4 * limits.eps)
    np.testing.assert_array_equal(np.signbit(got)[~np.isnan(got)], np.signbit(expected)[~np.isnan(got)])


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
def test_angles_of_any_size(dtype, has_fma):
    """Every exponent, and the hardest case: the float64 nearest to a multiple of pi/2."""
    rng = np.random.default_rng(5)
    x = np.ldexp(rng.uniform(1, 2, 120), np.linspace(0, np.finfo(dtype).maxexp - 2, 120).astype(int)).astype(dtype)
    if dtype == "float64":
        x = np.append(x, 6381956970095103 * 2.0**797)
    for name in ("sin", "cos", "tan"):
        assert error(run(name, x, has_fma=has_fma), x, name=name) <= 2.0


def test_bits_of_two_over_pi():
    with mpmath.workprec(circular.TWO_OVER_PI_BITS + 50):
        assert int(mpmath.floor(2 / mpmath.pi * mpmath.mpf(2) ** circular.TWO_OVER_PI_BITS)) == circular.TWO_OVER_PI


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["floor_mod", "floor_div"])
def test_division(name, dtype, has_fma):
    """As NumPy's, to the last bit and the sign of zero."""
    rng = np.random.default_rng(7)
    special_numbers = np.array([0.0, -0.0, 1, -1, 3, -3, 0.1, -0.1, 1e-20, -1e-20, 1e5, math.inf, -math.inf, math.nan])
    x, y = (a.ravel() for a in np.meshgrid(special_numbers, special_numbers))
    x = np.concatenate([x, rng.uniform(-1e3, 1e3, 500), rng.integers(-50, 50, 500) * 0.1]).astype(dtype)
    y = np.concatenate([y, rng.uniform(-10, 10, 500), rng.choice([-0.3, -0.1, 0.1, 0.7], 500)]).astype(dtype)
    with np.errstate(all="ignore"):
        expected = reference(name)(x, y)
        moderate = ~(np.abs(x / y) > 1e6) | (y == 0)
    got = run(name, x, y, has_fma=has_fma)
    np.testing.assert_array_equal(got[moderate], expected[moderate])
    known = moderate & ~np.isnan(got)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(expected[known]))


def test_remainders_beyond_precision_stay_in_range():
    x, y = np.array([1e300, -1e300, 1e300]), np.array([3.0, 7.0, -0.1])
    rest = run("floor_mod", x, y)
    assert np.all((np.abs(rest) < np.abs(y)) & ((rest == 0) | (np.sign(rest) == np.sign(y))))


@pytest.mark.parametrize("name", UNARY)
def test_bodies_are_branch_free_and_stay_in_their_precision(name):
    """No loads, no calls, no double precision in single precision code."""
    trace = Trace()
    from theano.scalar.instructions import walk

    values = walk([expand(name, trace.leaf("input", "float32", 0))])
    assert "float64" not in {v.dtype for v in values}
    assert "load" not in {v.op for v in values} and {v.data for v in values if v.op == "call"} <= {"ldexp"}


def test_sine_and_cosine_share_the_reduction():
    trace = Trace()
    x = trace.leaf("input", "float64", 0)
    expand("sin", x)
    alone = len(trace)
    expand("cos", x)
    assert len(trace) < alone + 10
