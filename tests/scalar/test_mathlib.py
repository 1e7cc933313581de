"""Bodies of intrinsics, computed on NumPy arrays: accuracy against high precision, special values, exact results."""

import math

import mpmath
import numpy as np
import pytest
from scipy import special

from tests.scalar import special_truths
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace, intrinsic
from theano.scalar.mathlib import INTRINSICS, circular, expand, reference

mpmath.mp.dps = 40
FLOATS = ("float32", "float64")


def _sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def _softplus(x):
    return mpmath.log1p(mpmath.exp(x))


# name: (truth to any precision, truth in float64, interval where the result is neither 0 nor infinite in float32, in float64)
FUNCTIONS = {
    "exp": (mpmath.exp, np.exp, (-103, 88.7), (-745, 709.7)),
    "exp2": (lambda x: mpmath.power(2, x), np.exp2, (-149, 127.9), (-1074, 1023.9)),
    "expm1": (mpmath.expm1, np.expm1, (-20, 88.7), (-40, 709.7)),
    "log": (mpmath.log, np.log, (1e-38, 30), (1e-300, 30)),
    "log2": (lambda x: mpmath.log(x) / mpmath.log(2), np.log2, (1e-38, 30), (1e-300, 30)),
    "log10": (lambda x: mpmath.log(x) / mpmath.log(10), np.log10, (1e-38, 30), (1e-300, 30)),
    "log1p": (mpmath.log1p, np.log1p, (-0.9999, 30), (-0.9999, 30)),
    "tanh": (mpmath.tanh, np.tanh, (-10, 10), (-20, 20)),
    "sigmoid": (_sigmoid, special.expit, (-103, 20), (-744, 40)),
    "softplus": (_softplus, lambda x: np.logaddexp(x, 0), (-103, 20), (-744, 40)),
    "erf": (mpmath.erf, special.erf, (-4.5, 4.5), (-6.5, 6.5)),
    "erfc": (mpmath.erfc, special.erfc, (-4.5, 10), (-6.5, 27)),
    "sin": (mpmath.sin, np.sin, (-2e5, 2e5), (-1e10, 1e10)),
    "cos": (mpmath.cos, np.cos, (-2e5, 2e5), (-1e10, 1e10)),
}


def run(name, *arrays, has_fma=True):
    trace = Trace()
    leaves = [trace.leaf("input", a.dtype.name, k) for k, a in enumerate(arrays)]
    (result,) = evaluate([intrinsic(name, *leaves)], lambda leaf: arrays[leaf.data], portable=True, has_fma=has_fma)
    return result


def points(name, dtype, count, seed=0):
    """Evenly over the interval, and densely where the bodies change over: round 0 and 1, and tiny."""
    rng = np.random.default_rng(seed)
    low, high = FUNCTIONS[name][2 + (dtype == "float64")]
    near = 10.0 ** rng.uniform(-12, 0.5, count) * rng.choice([-1, 1], count)
    all_of_them = np.concatenate([rng.uniform(low, high, count), near, 1 + near[: count // 2], rng.uniform(-2, 2, count)])
    return all_of_them[(all_of_them > low) & (all_of_them < high)].astype(dtype)


def error_in_ulp(got, exact):
    """``exact``: mpmath numbers."""
    spacing = np.spacing(np.abs(np.array([float(e) for e in exact])).astype(got.dtype))
    return max(abs(float((mpmath.mpf(float(g)) - e) / mpmath.mpf(float(s)))) for g, e, s in zip(got, exact, spacing))


def test_every_intrinsic_of_one_argument_is_tested():
    assert set(INTRINSICS) - {"pow", "floor_mod", "floor_div"} - set(special_truths.FUNCTIONS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision(name):
    """Against float64, on many points."""
    x = points(name, "float32", 20_000)
    exact = FUNCTIONS[name][1](x.astype("float64"))
    error = np.abs(run(name, x).astype("float64") - exact) / np.spacing(np.abs(exact).astype("float32")).astype("float64")
    assert error.max() <= 2.0, (error.max(), x[error.argmax()])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_double_precision(name):
    x = points(name, "float64", 150)
    assert error_in_ulp(run(name, x), [FUNCTIONS[name][0](mpmath.mpf(float(v))) for v in x]) <= 2.0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_without_fused_multiply_add(name, dtype):
    x = points(name, dtype, 80)
    exact = [FUNCTIONS[name][0](mpmath.mpf(float(v))) for v in x]
    assert error_in_ulp(run(name, x, has_fma=False), exact) <= 2.6


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values(name, dtype, has_fma):
    """Infinities, NaN, zeros with their signs, subnormals, the largest numbers, numbers just outside the domain."""
    limits = np.finfo(dtype)
    numbers = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0, -1.5, limits.tiny, limits.smallest_subnormal, 1e-30, limits.max]
    numbers += [-limits.smallest_subnormal, -limits.tiny, -limits.max, 3 * limits.smallest_subnormal, 100.0, -100.0, 1e4, -1e4]
    x = np.array(numbers, dtype)
    with np.errstate(all="ignore"):
        expected = np.asarray(FUNCTIONS[name][1](x.astype("float64"))).astype(dtype)
        if name in ("sin", "cos"):  # beyond the reach of a rounded reference
            expected[np.abs(x) == limits.max] = [float(FUNCTIONS[name][0](mpmath.mpf(float(v)))) for v in x[np.abs(x) == limits.max]]
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
    exact = [mpmath.power(mpmath.mpf(float(b)), mpmath.mpf(float(e))) for b, e in zip(base, exponent)]
    assert error_in_ulp(run("pow", base, exponent, has_fma=has_fma), exact) <= 1.5


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
    mpmath.mp.prec = 1400
    exact = [mpmath.sin(mpmath.mpf(float(v))) for v in x], [mpmath.cos(mpmath.mpf(float(v))) for v in x]
    mpmath.mp.dps = 40
    for name, truth in zip(("sin", "cos"), exact):
        assert error_in_ulp(run(name, x, has_fma=has_fma), truth) <= (2.0 if has_fma else 2.6)


def test_bits_of_two_over_pi():
    mpmath.mp.prec = circular.TWO_OVER_PI_BITS + 50
    assert int(mpmath.floor(2 / mpmath.pi * mpmath.mpf(2) ** circular.TWO_OVER_PI_BITS)) == circular.TWO_OVER_PI
    mpmath.mp.dps = 40


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


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bodies_are_branch_free_and_stay_in_their_precision(name):
    """No loads, no calls, no double precision in single precision code."""
    trace = Trace()
    from theano.scalar.instructions import walk

    values = walk([expand(name, trace.leaf("input", "float32", 0))])
    assert "float64" not in {v.dtype for v in values}
    assert not {"call", "load"} & {v.op for v in values}


def test_sine_and_cosine_share_the_reduction():
    trace = Trace()
    x = trace.leaf("input", "float64", 0)
    expand("sin", x)
    alone = len(trace)
    expand("cos", x)
    assert len(trace) < alone + 10
