"""Counts, classes as ones, grids, the triangular window, covariances."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.laws import check
from theano.compile.mode import Mode


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64", "int64"])
def test_bincount(dtype):
    for value in ([1, 1, 4], [0], []):
        x = np.array(value, dtype)
        weights = np.arange(len(x)) + 0.5
        assert T.bincount(T.constant(x)).dtype == dtype
        np.testing.assert_array_equal(check(T.bincount, x), np.bincount(x.astype(int)))
        np.testing.assert_array_equal(check(T.bincount, x, weights), np.bincount(x.astype(int), weights))
        np.testing.assert_array_equal(
            check(lambda x, n: T.bincount(x, minlength=n), x, np.array(7)), np.bincount(x.astype(int), minlength=7)
        )


def test_bincount_refuses():
    x = T.lvector()
    for keywords in ({}, {"assert_nonneg": True}):
        with pytest.raises(IndexError, match="index -1 is out of bounds"):
            theano.function([x], T.bincount(x, **keywords))([1, -1, 2])
    for wrong in (T.dvector(), T.lmatrix(), T.vector(dtype="bool")):
        with pytest.raises(TypeError, match="an integer vector is needed"):
            T.bincount(wrong)
    with pytest.raises(TypeError, match="the weights must be a vector"):
        T.bincount(x, 1.0)


def test_to_one_hot():
    y = np.array([1, 3, 0])
    np.testing.assert_array_equal(check(lambda y: T.to_one_hot(y, 4), y), np.eye(4)[y])
    np.testing.assert_array_equal(check(T.to_one_hot, y, np.array(5)), np.eye(5)[y])
    assert T.to_one_hot(T.lvector(), 3, "int8").dtype == "int8" and T.to_one_hot(T.lvector(), 3).dtype == theano.config.floatX
    i = T.lvector()
    with pytest.raises(IndexError):
        theano.function([i], T.to_one_hot(i, 3))([3])
    with pytest.raises(TypeError):
        T.to_one_hot(T.dvector(), 3)


@pytest.mark.parametrize("count", [-2, 0, 1, 2, 5, 6])
def test_bartlett(count):
    np.testing.assert_allclose(check(T.bartlett, np.array(count)), np.bartlett(count), rtol=1e-15)


def test_bartlett_takes_an_integer():
    for wrong in (T.dscalar(), T.lvector()):
        with pytest.raises(TypeError, match="an integer is needed"):
            T.bartlett(wrong)


def test_grids():
    for f, grid in ((T.mgrid, np.mgrid), (T.ogrid, np.ogrid)):
        for found, expected in zip(check(lambda n, f=f: f[0:n, 1 : n * 2 : 2], np.array(3)), grid[0:3, 1:6:2], strict=True):
            np.testing.assert_array_equal(found, expected)
        for found, expected in zip(check(lambda n, f=f: f[:n, 0:3:5j, 0:1:1j], np.array(2)), grid[:2, 0:3:5j, 0:1:1j], strict=True):
            np.testing.assert_allclose(found, expected)
        np.testing.assert_array_equal(check(lambda n, f=f: f[1:n], np.array(4)), grid[1:4])


X = np.random.default_rng(0).normal(size=(3, 6))


@pytest.mark.parametrize("keywords", [{}, {"rowvar": False}, {"bias": True}, {"ddof": 2}], ids=str)
def test_cov(keywords):
    np.testing.assert_allclose(check(lambda x: T.cov(x, **keywords), X, tolerance=1e-5), np.cov(X, **keywords))
    np.testing.assert_allclose(check(lambda x, y: T.cov(x, y, **keywords), X, X[:1] + 1 if keywords.get("rowvar", 1) else X), np.cov(
        X, X[:1] + 1 if keywords.get("rowvar", 1) else X, **keywords))  # fmt: skip


def test_cov_of_a_vector_and_of_weighted_columns():
    np.testing.assert_allclose(check(T.cov, X[0]), np.cov(X[0]))
    often, weight = np.array([1, 2, 1, 0, 3, 1]), np.array([0.5, 1, 2, 1, 1, 0.1])
    np.testing.assert_allclose(check(lambda x, f: T.cov(x, fweights=f), X, often), np.cov(X, fweights=often))
    np.testing.assert_allclose(check(lambda x, w: T.cov(x, aweights=w), X, weight), np.cov(X, aweights=weight))
    both = check(lambda x, f, w: T.cov(x, fweights=f, aweights=w, ddof=0), X, often, weight)
    np.testing.assert_allclose(both, np.cov(X, fweights=often, aweights=weight, ddof=0))
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):  # of too few observations nothing is known: no number is a negative one
        np.testing.assert_array_equal(T.cov(X, ddof=8).eval(), np.cov(X, ddof=8))
    with pytest.raises(ValueError, match="rank 3"):
        T.cov(T.dtensor3())
    with pytest.raises(TypeError, match="whole number"):
        T.cov(T.dmatrix(), ddof=0.5)


def test_indices_without_sign_do_not_count_from_the_end():
    v, i = T.lvector("v"), T.TensorType("uint64", (False,))("i")
    outputs = [v[i], T.inc_subtensor(v[i], 1)]
    for f in (theano.function([v, i], outputs), theano.function([v, i], outputs, mode=Mode(linker="py"))):
        taken, raised = f([5, 6, 7], np.array([0, 2, 2], "uint64"))
        np.testing.assert_array_equal(taken, [5, 7, 7])
        np.testing.assert_array_equal(raised, [6, 6, 9])
        with pytest.raises(IndexError, match="out of bounds"):
            f([5, 6, 7], np.array([0, 2**64 - 1], "uint64"))
