"""Running sums and products, differences."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.errors import BoundsError
from theano.gradient import grad
from theano.runtime.pool import set_threads
from theano.tensor.cumulative import CumOp

X = np.random.default_rng(0).normal(size=(3, 4)) + 0.1
DTYPES = ("bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64", "complex128")


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_values_and_derivatives(axis):
    np.testing.assert_allclose(check(lambda x: T.cumsum(x, axis), X), X.cumsum(axis))
    np.testing.assert_allclose(check(lambda x: T.cumprod(x, axis), X), X.cumprod(axis))
    check(lambda x: grad((T.cumprod(x, axis) ** 2).sum(), x), X, tolerance=1e-5)
    assert check(lambda x: x.cumsum(axis), np.zeros((0, 4)), gradient=False).size == 0


def test_a_number():
    np.testing.assert_array_equal(check(T.cumsum, np.array(3.0)), [3])


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    value = np.array([[1, 0, 1], [1, 1, 0]]).astype(dtype)
    x = T.TensorType(dtype, (False, False))()
    for f, ufunc in ((T.cumsum, np.add), (T.cumprod, np.multiply)):
        assert f(x).dtype == dtype
        np.testing.assert_array_equal(theano.function([x], f(x, 1))(value), ufunc.accumulate(value, 1, dtype))


def totals(ufunc, value, axis):
    """What NumPy makes of it; of float16 computed as float32."""
    return ufunc.accumulate(value, axis, np.float32 if value.dtype == np.float16 else value.dtype).astype(value.dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_layouts(dtype):
    """Of zeros and ones all results are exact, whatever the order; short rows, long ones, many, none, and blocks with a rest."""
    rng = np.random.default_rng(2)
    x, axes = T.TensorType(dtype, (False, False, False))(), (0, 1, 2)
    results = [getattr(T, name)(x, axis) for name in ("cumsum", "cumprod") for axis in axes]
    flat = [getattr(T, name)(x) for name in ("cumsum", "cumprod")]
    f = theano.function([x], results + flat)
    assert "Python" not in f.explain()
    for shape in ((2, 3, 5), (1, 9, 1), (4, 1, 300), (0, 3, 4), (3, 0, 4), (3, 4, 0), (5, 2, 1), (3, 7, 401)):
        whole = rng.integers(0, 2, [2 * n for n in shape]).astype(dtype)
        for value in (whole[: shape[0], : shape[1], : shape[2]], whole[::2, ::-2, ::2]):
            expected = [totals(ufunc, value, axis) for ufunc in (np.add, np.multiply) for axis in axes]
            expected += [totals(ufunc, value.reshape(-1), 0) for ufunc in (np.add, np.multiply)]
            for got, wanted in zip(f(value), expected, strict=True):
                assert got.dtype == wanted.dtype
                np.testing.assert_array_equal(got, wanted)


def test_what_is_read_and_what_follows():
    """Views and cheap expressions are read in place; the order along the axis may be turned round."""
    x = T.dmatrix()
    f = theano.function([x], [T.cumsum(x.T[::-1] * 2, 0) + 1, T.cumsum(x[:, :1], 1), T.cumsum(x[1], 0).sum()])
    value = np.arange(12.0).reshape(3, 4)
    first, second, third = f(value)
    np.testing.assert_array_equal(first, (value.T[::-1] * 2).cumsum(0) + 1)
    np.testing.assert_array_equal(second, value[:, :1])
    assert third == value[1].cumsum().sum()


@pytest.mark.parametrize("size", [1, 4095, 4096, 100_003])
def test_blocks(size):
    """Sums of what is not negative never fall, are the same on two threads, and are as good as NumPy's; zeros keep their sign."""
    value = np.random.default_rng(3).random(size).astype("float32") ** 20
    x = T.fvector()
    f = theano.function([x], [T.cumsum(x), T.cumprod(x + 1)])
    with set_threads(2):
        sums, products = f(value)
    with set_threads(1):
        alone = f(value)
    assert (sums == alone[0]).all() and (products == alone[1]).all()
    assert (np.diff(sums) >= 0).all()
    np.testing.assert_allclose(sums, np.cumsum(value, dtype="float64"), rtol=1e-4)
    assert np.signbit(f(-np.zeros(size, "float32"))[0]).all()


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


def test_complex_infinities():
    """What begins a row, or a block, is multiplied with nothing: (1 + 0i) * inf would be inf + nan i."""
    x = T.zvector()
    f = theano.function([x], T.cumprod(x))
    for numbers in ([np.inf, 2.0], [1 + 2j, np.inf], [np.inf + 1j], [*[1j] * 4097, np.inf]):
        value = np.array(numbers, complex)
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(f(value), np.cumprod(value))
