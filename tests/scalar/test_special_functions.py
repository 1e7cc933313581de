"""Bodies of special functions against high precision: everywhere, near roots and poles, where methods change over, with and without fma."""

import math

import mpmath
import numpy as np
import pytest

from tests.scalar.special_truths import DOUBLE, FUNCTIONS
from tests.scalar.test_mathlib import run
from theano.scalar import OPS
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace
from theano.scalar.mathlib import expand, reference


def points(intervals, dtype, count, seed=0):
    rng = np.random.default_rng(seed)
    drawn = [
        np.exp(rng.uniform(math.log(interval[1]), math.log(interval[2]), count)) if len(interval) == 3 else rng.uniform(*interval, count)
        for interval in intervals
    ]
    return np.concatenate(drawn).astype(dtype)


def error(name, got, x):
    """The greatest, in the units that the declaration counts in."""
    op, worst = OPS[name], 0.0
    for value, argument in zip(got, x):
        exact = FUNCTIONS[name][0](mpmath.mpf(float(argument)))
        unit = np.spacing(np.maximum(np.abs(got.dtype.type(float(exact))), got.dtype.type(op.scale)))
        worst = max(worst, abs(float((mpmath.mpf(float(value)) - exact) / mpmath.mpf(float(unit)))))
    return worst


def check(name, count):
    for dtype in ("float32", "float64"):
        intervals = FUNCTIONS[name][1:] + (DOUBLE.get(name, ()) if dtype == "float64" else ())
        x = points(intervals, dtype, count)
        assert error(name, run(name, x), x) <= OPS[name].ulp, dtype
        assert error(name, run(name, x[::3], has_fma=False), x[::3]) <= OPS[name].ulp + 1, dtype


@pytest.mark.parametrize("name", FUNCTIONS)
def test_accuracy(name):
    check(name, 40)


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_accuracy_on_many_points(name):
    check(name, 3000)


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values(name, dtype, has_fma):
    """Infinities, NaN, zeros of both signs, poles, numbers outside the domain, subnormal and huge ones: as the reference in float64."""
    limits = np.finfo(dtype)
    x = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0, -2.0, 2.0, 3.0, -1.5, -0.5, 1e-30]
    if OPS[name].everywhere:
        x += [1e4, -1e4, limits.tiny, -limits.tiny, limits.smallest_subnormal, -limits.smallest_subnormal, limits.max, -limits.max]
    x = np.array(x, dtype)
    with np.errstate(all="ignore"):
        expected = np.asarray(reference(name)(x.astype("float64"))).astype(dtype)
        unit = np.spacing(np.maximum(np.abs(expected), np.asarray(OPS[name].scale, dtype)))
    got = run(name, x, has_fma=has_fma)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    with np.errstate(all="ignore"):
        assert all((g == e) | (abs(g - e) <= 10 * u) | (e != e) for g, e, u in zip(got, expected, unit)), (x, got, expected)


def test_exact_values():
    for dtype in ("float32", "float64"):
        whole = np.arange(1, 6).astype(dtype)
        np.testing.assert_array_equal(run("gamma", whole), [1, 1, 2, 6, 24])
        np.testing.assert_array_equal(run("gammaln", whole[:2]), [0, 0])
        zero = np.zeros(1, dtype)
        assert [run(name, zero)[0] for name in ("erfinv", "j0", "j1", "i0", "i1")] == [0, 1, 0, 1, 0]
        assert run("erfcinv", zero + 1)[0] == 0


def test_large_angles_of_bessel_functions():
    """Where SciPy's have lost all digits."""
    x = np.array([1e10, 1e15, 1e22])
    for name, order in (("j0", 0), ("j1", 1)):
        exact = [float(mpmath.besselj(order, mpmath.mpf(float(v)))) for v in x]
        np.testing.assert_allclose(run(name, x), exact, rtol=1e-13)


def test_derivative_of_the_incomplete_gamma_function_by_its_order():
    rng = np.random.default_rng(8)
    k, x = np.exp(rng.uniform(-4, 6, (2, 25)))
    op = OPS["gammainc_by_k"]
    for order, argument, got in zip(k, x, op.evaluate(k, x)[0]):
        upper, step = argument > order + 1, mpmath.mpf(10) ** -13
        ends = (mpmath.mpf(argument), mpmath.inf) if upper else (0, mpmath.mpf(argument))
        more, less = (mpmath.gammainc(order + h, *ends, regularized=True) for h in (step, -step))
        exact = (less - more if upper else more - less) / (2 * step)
        assert abs(got - exact) <= abs(exact) * 1e-12 + 1e-300, (order, argument)


def test_reflected_parts_are_hardly_ever_computed():
    """They are marked so that an emitter may branch round them."""
    for name in ("gammaln", "psi", "tri_gamma", "erfinv", "erfcinv"):
        trace = Trace()
        assert expand(name, trace.leaf("input", "float64", 0)).data == "rarely" or name.startswith("erf")


def test_half_precision_is_computed_in_single():
    x = np.linspace(0.5, 5, 50).astype("float16")
    trace = Trace()
    (got,) = evaluate([OPS["gamma"].trace(trace, trace.leaf("input", "float16", 0))], lambda leaf: x, portable=True)
    assert got.dtype == "float16"
    np.testing.assert_allclose(got, reference("gamma")(x.astype("float64")), rtol=1e-3)
