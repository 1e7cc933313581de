"""Diagonals taken out, made into matrices, filled."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.laws import check

X = np.random.default_rng(0).normal(size=(3, 5))
Y = np.random.default_rng(1).normal(size=(2, 3, 4))
V = X[0]


@pytest.mark.parametrize("k", [0, 1, -2, 9])
def test_diagonal(k):
    np.testing.assert_array_equal(check(lambda x: T.diagonal(x, k), X), np.diagonal(X, k))
    np.testing.assert_array_equal(check(lambda x: x.diagonal(k, 2, 0), Y), np.diagonal(Y, k, 2, 0))
    np.testing.assert_array_equal(check(lambda x: T.diagonal(x, k, -1, -2), Y), np.diagonal(Y, k, -1, -2))
    np.testing.assert_array_equal(check(lambda x, k: T.diagonal(x, k), X, np.array(k)), np.diagonal(X, k))
    np.testing.assert_array_equal(check(lambda x: T.diag(x, k), X), np.diag(X, k))
    np.testing.assert_array_equal(check(lambda x: T.diag(x, k), V), np.diag(V, k))
    np.testing.assert_array_equal(check(lambda x, k: T.diag(x, k), V, np.array(k)), np.diag(V, k))


def test_of_nothing():
    assert check(T.diag, np.zeros((0, 3)), gradient=False).shape == (0,)
    assert check(T.diag, np.zeros(0), gradient=False).shape == (0, 0)
    np.testing.assert_allclose(check(lambda x: x.trace(), X), np.trace(X))


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (1, 1), (0, 2), (3, 3, 3)])
def test_fill_diagonal(shape):
    value = np.random.default_rng(0).normal(size=shape)
    expected = value.copy()
    if value.size:
        np.fill_diagonal(expected, 7)
    np.testing.assert_array_equal(check(T.fill_diagonal, value, np.array(7.0)), expected)


@pytest.mark.parametrize("k", [0, 1, -7])
def test_fill_diagonal_offset(k):
    expected = np.where(np.eye(3, 5, k, dtype=bool), 7, X)
    np.testing.assert_array_equal(check(lambda x, v: T.fill_diagonal_offset(x, v, k), X, np.array(7.0)), expected)
    np.testing.assert_array_equal(check(T.fill_diagonal_offset, X, np.array(7.0), np.array(k)), expected)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "complex64"])
def test_dtypes(dtype):
    value = np.array([[1, 0], [0, 1]]).astype(dtype)
    x = T.TensorType(dtype, (False, False))()
    results = [T.diag(x), T.diag(x[0]), T.fill_diagonal(x, np.array(0, dtype))]
    for found, expected in zip(theano.function([x], results)(value), ([1, 1], [[1, 0], [0, 0]], [[0, 0], [0, 0]]), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == dtype


def test_errors():
    v, m, s = T.dvector(), T.fmatrix(), T.dscalar()
    for wrong in (lambda: T.diagonal(v), lambda: T.diag(s), lambda: T.diagonal(m, 0, 1, 1), lambda: T.fill_diagonal(v, 1)):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(ValueError, match="a matrix is needed"):
        T.fill_diagonal_offset(v, 1, 0)
    with pytest.raises(TypeError, match="cannot hold"):
        T.fill_diagonal(m, s)


def test_of_a_vector_of_one_element_that_is_known_to_be_one():
    v = T.TensorType("float64", (True,))("v")
    for k in (-1, 0, 2):
        np.testing.assert_array_equal(theano.function([v], T.diag(v, k))([5.0]), np.diag([5.0], k))
