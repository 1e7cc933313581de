"""repeat, tile and roll."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.laws import check

X = np.random.default_rng(0).normal(size=(3, 4))
DTYPES = ("bool", "int8", "uint64", "float16", "float32", "complex64")


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_repeat(axis):
    for count in (0, 1, 3):
        np.testing.assert_array_equal(check(lambda x, c=count: T.repeat(x, c, axis), X), np.repeat(X, count, axis))
    np.testing.assert_array_equal(check(lambda x, c: x.repeat(c, axis), X, np.array(2)), np.repeat(X, 2, axis))
    np.testing.assert_array_equal(
        check(lambda x, c: x.repeat(c, axis), X, np.array([2]), patterns=[(False,) * 2, (True,)]), np.repeat(X, 2, axis)
    )
    size = X.size if axis is None else X.shape[axis]
    counts = np.arange(size) % 3
    np.testing.assert_array_equal(check(lambda x, c: T.repeat(x, c, axis), X, counts), np.repeat(X, counts, axis))


def test_repeat_counts_must_fit():
    x, c = T.dvector(), T.lvector()
    f = theano.function([x, c], T.repeat(x, c))
    for counts in ([1, 2], [1, 1, -1], [1, 1, 1, 1]):
        with pytest.raises(ValueError, match="repeat: 3 counts are needed, none of them negative"):
            f([1, 2, 3], counts)
    with pytest.raises(ValueError, match="negative"):
        theano.function([x, k := T.lscalar()], T.repeat(x, k))([1], -1)
    for wrong in (1.5, T.dscalar(), T.lmatrix()):
        with pytest.raises(TypeError, match="a number or a vector of integers"):
            T.repeat(x, wrong)


@pytest.mark.parametrize("reps", [2, (2,), (2, 3), (2, 1, 3), (1, 1), (0, 2)])
def test_tile(reps):
    np.testing.assert_array_equal(check(lambda x: T.tile(x, reps), X), np.tile(X, reps))
    np.testing.assert_array_equal(check(lambda x: T.tile(x, reps), X[:1], patterns=[(True, False)]), np.tile(X[:1], reps))


def test_tile_by_variables():
    np.testing.assert_array_equal(check(lambda x, n: T.tile(x, n, ndim=2), X, np.array([2, 3])), np.tile(X, (2, 3)))
    np.testing.assert_array_equal(check(lambda x, n: T.tile(x, (n, 2)), X, np.array(2)), np.tile(X, (2, 2)))
    np.testing.assert_array_equal(check(lambda x: T.tile(x, (3,), ndim=3), X), np.tile(X, (1, 1, 3)))
    with pytest.raises(ValueError):
        T.tile(T.dmatrix(), T.lvector())
    with pytest.raises(ValueError, match="make no tensor of rank 1"):
        T.tile(T.dmatrix(), 2, ndim=1)


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_roll(axis):
    for shift in (0, 1, -2, 9):
        np.testing.assert_array_equal(check(lambda x, s=shift: T.roll(x, s, axis), X), np.roll(X, shift, axis))
    np.testing.assert_array_equal(check(lambda x, s: T.roll(x, s, axis), X, np.array(-5)), np.roll(X, -5, axis))
    assert check(lambda x: T.roll(x, 3, axis), np.zeros((0, 4)), gradient=False).shape == (0, 4)
    row = check(lambda x: T.roll(x, 1, 0), X[:1], patterns=[(True, False)])
    np.testing.assert_array_equal(row, X[:1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    value = np.array([[1, 0], [0, 1], [1, 1]]).astype(dtype)
    x = T.TensorType(dtype, (False, False))()
    f = theano.function([x], [T.repeat(x, 2), T.tile(x, 2), T.roll(x, 1)])
    for found, expected in zip(f(value), (np.repeat(value, 2), np.tile(value, 2), np.roll(value, 1)), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == dtype
