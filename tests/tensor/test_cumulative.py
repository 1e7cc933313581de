"""Running sums and products, differences."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.errors import BoundsError
from theano.gradient import grad
from theano.tensor.cumulative import CumOp

X = np.random.default_rng(0).normal(size=(3, 4)) + 0.1
DTYPES = ("bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64", "complex128")


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_values_and_derivatives(axis):
    np.testing.assert_allclose(check(lambda x: T.cumsum(x, axis), X), X.cumsum(axis))
    np.testing.assert_allclose(check(lambda x: T.cumprod(x, axis), X), X.cumprod(axis))
    check(lambda x: grad((T.cumprod(x, axis) ** 2).sum(), x), X, tolerance=1e-5)
    assert check(lambda x: x.cumsum(axis), np.zeros((0, 4)), gradient=False).size == 0
    assert "Python: CumOp" in theano.function([x := T.dmatrix()], x.cumprod(axis)).explain()


def test_a_number():
    np.testing.assert_array_equal(check(T.cumsum, np.array(3.0)), [3])


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    value = np.array([[1, 0, 1], [1, 1, 0]]).astype(dtype)
    x = T.TensorType(dtype, (False, False))()
    for f, ufunc in ((T.cumsum, np.add), (T.cumprod, np.multiply)):
        assert f(x).dtype == dtype
        np.testing.assert_array_equal(theano.function([x], f(x, 1))(value), ufunc.accumulate(value, 1, dtype))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_diff(n):
    for axis in (0, 1, -1):
        np.testing.assert_allclose(check(lambda x, axis=axis: T.diff(x, n, axis), X), np.diff(X, n, axis))
    flags = np.array([True, False, False])
    np.testing.assert_array_equal(evaluate(T.diff(T.constant(flags), n)), np.diff(flags, n))


def test_errors():
    x = T.dvector()
    with pytest.raises(BoundsError, match="cumsum: axis 1 of a tensor of rank 1"):
        T.cumsum(x, 1)
    with pytest.raises(BoundsError, match="diff: axis -2"):
        T.diff(x, axis=-2)
    with pytest.raises(ValueError, match="diff: -1 times"):
        T.diff(x, -1)
    with pytest.raises(ValueError, match="the mode is"):
        CumOp(0, "div")
