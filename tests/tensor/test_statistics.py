"""Means, variances and spans: values against NumPy and exact arithmetic, dtypes, derivatives."""

import warnings
from fractions import Fraction

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check


@pytest.mark.parametrize("axis", [None, 0, (0, 2)], ids=str)
@pytest.mark.parametrize("ddof", [0, 1])
def test_var_and_std(axis, ddof):
    x, value = T.dtensor3(), np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_allclose(evaluate(T.var(x, axis, ddof), {x: value}), value.var(axis, ddof=ddof), rtol=1e-12)
    np.testing.assert_allclose(evaluate(T.std(x, axis, ddof, corrected=True), {x: value}), value.std(axis, ddof=ddof), rtol=1e-12)


def test_a_bool_ddof_is_an_error():
    with pytest.raises(ValueError):
        T.var(T.dvector(), None, True)


def test_mean_of_float16_is_summed_in_float32():
    x = T.vector(dtype="float16")
    assert T.mean(x).dtype == "float16"
    assert evaluate(T.mean(x), {x: np.full(4096, 60000, "float16")}) == 60000
    assert T.mean(x, dtype="float64").dtype == "float64" and T.mean(T.lvector()).dtype == "float64"


def test_float16_squares_do_not_overflow():
    x, value = T.vector(dtype="float16"), np.array([1000, -1000, 1200, 0], "float16")
    assert T.var(x).dtype == T.std(x).dtype == "float16"
    np.testing.assert_allclose(evaluate(T.std(x), {x: value}), value.astype("f8").std(), rtol=1e-3)
    assert evaluate(T.var(x), {x: value}) == np.inf == theano.function([x], T.var(x))(value)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_far_mean_costs_no_digits(dtype):
    """Against exact arithmetic; sums of squares would have no right digit."""
    value = (np.random.default_rng(0).normal(size=1001) + {"float32": 1e4, "float64": 1e9}[dtype]).astype(dtype)
    numbers = [Fraction(float(v)) for v in value]
    middle = sum(numbers) / len(numbers)
    exact = float(sum((n - middle) ** 2 for n in numbers) / len(numbers))
    x = T.TensorType(dtype, (False,))()
    np.testing.assert_allclose(theano.function([x], T.var(x))(value), exact, rtol={"float32": 1e-6, "float64": 1e-13}[dtype])


@pytest.mark.parametrize("ddof", [0, 1, 2, 5, 0.5])
def test_few_elements(ddof):
    x = T.dmatrix()
    f = theano.function([x], [T.var(x, 0, ddof), T.var(x, 1, ddof), x.mean(0), T.var(x, ddof=ddof)])
    for shape in ((2, 3), (1, 1), (0, 3), (3, 0), (0, 0)):
        value = np.ones(shape) * 3
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = [value.var(0, ddof=ddof), value.var(1, ddof=ddof), value.mean(0), value.var(ddof=ddof)]
        for found, wanted in zip(f(value), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_a_symbolic_ddof():
    x, k = T.fvector(), T.iscalar()
    result = T.var(x, ddof=k)
    assert result.dtype == "float32"
    np.testing.assert_allclose(evaluate(result, {x: [1, 2, 3, 6], k: 1}), np.var([1, 2, 3, 6], ddof=1), rtol=1e-6)


@pytest.mark.parametrize("axis", [None, 0, (0, 1)], ids=str)
def test_derivatives(axis):
    value = np.random.default_rng(1).normal(size=(3, 4))
    for f in (T.mean, T.var, T.std, T.ptp, lambda x, axis: T.var(x, axis, ddof=1, corrected=True)):
        check(lambda x, f=f: f(x, axis=axis), value, tolerance=1e-5)


def test_norms():
    value = np.random.default_rng(2).normal(size=(3, 4))
    for order in (1, 2, 3, 0.5, np.inf, -np.inf, 0):
        for axis in (0, 1, -1):
            found = check(lambda x, o=order, a=axis: x.norm(o, axis=a), value, gradient=order != 0, tolerance=1e-5)
            np.testing.assert_allclose(found, np.linalg.norm(value, order, axis))
    np.testing.assert_allclose(check(lambda x: x.norm(2), value), np.linalg.norm(value))
    assert T.dmatrix().norm(2, axis=0, keepdims=True).type == T.drow().type
