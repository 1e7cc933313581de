"""Softmax, its logarithm, and the forms in which they meet losses."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.errors import ShapeError
from theano.gradient import grad
from theano.tensor.nnet import logsoftmax, softmax, softmax_grad, softmax_graph, softmax_with_bias

X = np.random.default_rng(0).normal(size=(4, 3))
P = np.exp(X) / np.exp(X).sum(1, keepdims=True)


def test_values_and_derivatives():
    np.testing.assert_allclose(check(softmax, X), P)
    np.testing.assert_allclose(check(logsoftmax, X), np.log(P))
    np.testing.assert_allclose(check(softmax_graph, X), P)
    np.testing.assert_allclose(check(softmax_with_bias, X, np.log([2.0, 3.0, 5.0])), (e := np.exp(X) * [2, 3, 5]) / e.sum(1, keepdims=True))
    np.testing.assert_allclose(check(softmax_grad, X, P), P * (X - (X * P).sum(1, keepdims=True)))


def test_far_out():
    x = np.array([[1000.0, 0.0, -1000.0], [-1e300, 1e300, 0.0]])
    np.testing.assert_array_equal(check(softmax, x, gradient=False), [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(check(logsoftmax, x, gradient=False), [[0, -1000, -2000], [-2e300, 0, -1e300]])
    assert check(softmax, np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(dtype):
    x = X.astype(dtype)
    assert softmax(T.constant(x)).dtype == logsoftmax(T.constant(x)).dtype == dtype
    np.testing.assert_allclose(evaluate(softmax(T.constant(x))), P, rtol=1e-2 if dtype == "float16" else 1e-6)


def test_ranks():
    with pytest.warns(UserWarning, match="matrix of one row"):
        assert softmax(T.vector()).type == T.row().type
    with pytest.raises(ShapeError, match="rank 3"):
        softmax(T.tensor3())
    with pytest.raises(ValueError, match="floats are needed"):
        logsoftmax(T.imatrix())
    with pytest.warns(UserWarning, match="dimension of size 1"):
        softmax(T.col())


@pytest.mark.parametrize("f", [softmax, logsoftmax, softmax_graph])
def test_rows_of_nothing(f):
    x = T.dmatrix()
    g = theano.function([x], [f(x), grad(f(x).sum(), x)])
    for shape in ((3, 0), (0, 3), (0, 0)):
        assert [found.shape for found in g(np.zeros(shape))] == [shape, shape]
        assert check(f, np.zeros(shape), gradient=False).shape == shape


@pytest.mark.parametrize("f", [softmax, logsoftmax, softmax_graph])
def test_second_derivatives(f):
    check(lambda x: grad((f(x) ** 3).sum(), x), X, tolerance=1e-5)
