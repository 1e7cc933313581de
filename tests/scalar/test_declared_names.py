"""Names and values of the smaller families: products with logarithms, sizes and signs of pairs, stand-ins for activations."""

import importlib
import math

import mpmath
import numpy as np
import pytest
from scipy import special

import theano.tensor as T
from tests.scalar.test_mathlib import run
from theano.scalar import OPS
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace


def by_body(name, *arrays):
    trace = Trace()
    leaves = [trace.leaf("input", a.dtype.name, k) for k, a in enumerate(arrays)]
    return evaluate([OPS[name].trace(trace, *leaves)], lambda leaf: arrays[leaf.data], portable=True)[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log1mexp_keeps_its_digits(dtype):
    x = -np.exp(np.random.default_rng(3).uniform(-30, 4, 60)).astype(dtype)
    for got, argument in zip(by_body("log1mexp", x), x):
        exact = mpmath.log(-mpmath.expm1(mpmath.mpf(float(argument))))
        assert abs(float((mpmath.mpf(float(got)) - exact) / exact)) <= OPS["log1mexp"].ulp * np.finfo(dtype).eps


def test_products_with_logarithms_are_zero_where_a_factor_is():
    zero, y = np.zeros(4), np.array([0.0, 2.0, math.inf, math.nan])
    np.testing.assert_array_equal(by_body("xlogy0", zero, y), zero)
    np.testing.assert_array_equal(by_body("xlogx", zero), zero)
    x = np.linspace(0.1, 3, 20)
    np.testing.assert_allclose(by_body("xlogx", x), special.xlogy(x, x), rtol=1e-15)


def test_logaddexp_of_infinities():
    infinity = np.array([math.inf, -math.inf, math.inf, 1e300])
    other = np.array([math.inf, -math.inf, -math.inf, 1.0])
    np.testing.assert_array_equal(by_body("logaddexp", infinity, other), [math.inf, -math.inf, math.inf, 1e300])


def test_the_greater_of_what_is_known():
    x, y = np.array([math.nan, 1.0, math.nan]), np.array([2.0, math.nan, math.nan])
    np.testing.assert_array_equal(by_body("fmax", x, y), [2, 1, math.nan])
    np.testing.assert_array_equal(by_body("fmin", x, y), [2, 1, math.nan])


def test_ultra_fast_sigmoid_is_near_the_sigmoid():
    x = np.linspace(-10, 10, 401)
    fast = by_body("ultra_fast_sigmoid", x)
    assert np.abs(fast - run("sigmoid", x)).max() < 0.03
    assert fast[200] == 0.5 and fast[-1] == 1 - fast[0] > 0.99


def test_incomplete_gamma_functions_are_not_regularised():
    k, x = np.array([0.5, 2.0, 5.0]), np.array([1.0, 0.5, 7.0])
    lower, upper = OPS["gammal"].impl(k, x), OPS["gammau"].impl(k, x)
    np.testing.assert_allclose(lower + upper, special.gamma(k), rtol=1e-14)
    np.testing.assert_allclose(lower, special.gammainc(k, x) * special.gamma(k), rtol=1e-14)


@pytest.mark.parametrize(
    ("module", "name", "operation"),
    [
        ("theano.tensor.xlogx", "xlogy0", "xlogy0"),
        ("theano.tensor.xlogx", "scalar_xlogx", "xlogx"),
        ("theano.tensor.nnet.sigm", "scalar_sigmoid", "sigmoid"),
        ("theano.tensor.nnet.sigm", "scalar_softplus", "softplus"),
        ("theano.tensor.nnet.sigm", "ultra_fast_sigmoid", "ultra_fast_sigmoid"),
        ("theano.tensor.nnet", "ultra_fast_sigmoid", "ultra_fast_sigmoid"),
        ("theano.scalar.basic_scipy", "gammau", "gammau"),
    ],
)
def test_classic_names(module, name, operation):
    found = getattr(importlib.import_module(module), name)
    assert getattr(found, "scalar_op", found) is OPS[operation]


def test_classic_classes():
    sigm, scipy_ops = importlib.import_module("theano.tensor.nnet.sigm"), importlib.import_module("theano.scalar.basic_scipy")
    assert isinstance(T.nnet.sigmoid.scalar_op, sigm.ScalarSigmoid) and isinstance(OPS["gammau"], scipy_ops.GammaU)
    assert importlib.import_module("theano.tensor.xlogx").XlogX() is OPS["xlogx"]
