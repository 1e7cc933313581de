"""Logarithms of sums of exponentials, by the op and by the formula that becomes it."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.gradient import grad

X = np.random.default_rng(0).normal(size=(3, 4, 2))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), ()], ids=str)
def test_values_and_derivatives(axis):
    expected = np.log(np.exp(X).sum(axis))
    np.testing.assert_allclose(check(lambda x: T.logsumexp(x, axis), X), expected)
    np.testing.assert_allclose(check(lambda x: T.log(T.sum(T.exp(x), axis)), X), expected)
    np.testing.assert_allclose(check(lambda x: T.logsumexp(x, axis, keepdims=True), X), np.log(np.exp(X).sum(axis, keepdims=True)))
    check(lambda x: grad(T.logsumexp(x, axis).sum(), x), X)


@pytest.mark.parametrize("build", [T.logsumexp, lambda x, axis: T.log(T.exp(x).sum(axis))])
def test_far_out(build):
    x = T.dmatrix()
    f = theano.function([x], build(x, axis=1))
    rows = [[1000, 1000], [-1000, -1000], [-np.inf, -np.inf], [np.inf, 0], [-np.inf, 3], [np.nan, 0]]
    ln2 = np.log(2)
    np.testing.assert_allclose(f(np.array(rows)), [1000 + ln2, ln2 - 1000, -np.inf, np.inf, 3, np.nan])
    np.testing.assert_array_equal(f(np.zeros((2, 0))), [-np.inf, -np.inf])
    assert f(np.zeros((0, 2))).shape == (0,)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "bool"])
def test_dtypes(dtype):
    value = np.array([[1, 0, 1], [1, 1, 1]]).astype(dtype)
    x = T.TensorType(dtype, (False, False))()
    out = T.logsumexp(x, 1)
    assert out.dtype == T.exp(x).dtype
    expected = np.log(np.exp(value.astype("f8")).sum(1))
    for found in (evaluate(out, {x: value}), theano.function([x], out)(value)):
        np.testing.assert_allclose(found, expected, rtol=2e-3 if dtype == "float16" else 1e-6)
    with pytest.raises(TypeError, match="real numbers are needed"):
        T.logsumexp(T.zvector())


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
def test_sums_of_exponentials_of_float16_may_pass_its_end(mode):
    x = T.TensorType("float16", (False, False))("x")
    results = [T.logsumexp(x, axis=1), T.nnet.softmax(x)[:, 0], T.nnet.logsoftmax(x)[:, 0]]
    value = np.ones((1, 70000), "float16")
    for found, wanted, result in zip(theano.function([x], results, mode=mode)(value), [1 + np.log(7e4), 1 / 7e4, -np.log(7e4)], results):
        assert found == np.float16(wanted) == evaluate(result, {x: value})
