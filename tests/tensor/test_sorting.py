"""Sorting, the greatest few, searching, distinct values."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.gradient import grad
from theano.tensor.sorting import SortOp, TopKOp, Unique

X = np.random.default_rng(0).normal(size=(3, 4))
DTYPES = ("bool", "int8", "uint16", "int64", "float16", "float32", "float64")


@pytest.mark.parametrize(("axis", "kind"), [(None, "quicksort"), (0, "mergesort"), (1, "heapsort"), (-1, "stable")])
def test_sort(axis, kind):
    np.testing.assert_array_equal(check(lambda x: T.sort(x, axis, kind), X), np.sort(X, axis))
    np.testing.assert_array_equal(check(lambda x: T.argsort(x, axis, kind), X), np.argsort(X, axis))
    assert check(lambda x: x.sort(axis), np.zeros((0, 4)), gradient=False).size == 0
    check(lambda x: grad((T.sort(x, axis) ** 3).sum(), x), X, tolerance=1e-5)


@pytest.mark.parametrize("dtype", [*DTYPES, "complex64", "complex128"])
def test_dtypes_of_sort(dtype):
    value = np.array([[1, 0, 3], [5, 1, 0]]).astype(dtype)
    x = T.TensorType(dtype, (False, False))()
    f = theano.function([x], [T.sort(x), T.argsort(x, 0)])
    for found, expected in zip(f(value), (np.sort(value), np.argsort(value, 0)), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


@pytest.mark.parametrize("kind", ["quicksort", "mergesort", "heapsort", "stable"])
@pytest.mark.parametrize("dtype", [*DTYPES, "complex64", "complex128"])
def test_sorting_where_it_lies(dtype, kind):
    """Few rows and many, long and short ones, of any layout; what is computed is sorted in its place, by NumPy's own functions."""
    x = T.TensorType(dtype, (False, False, False))()
    f = theano.function([x], [T.sort(x, axis, kind) for axis in (0, 1, 2)] + [T.sort(x & x if dtype == "bool" else x + x, -1, kind)])
    assert "Python" not in f.explain() and "copy" not in f.explain()
    rng = np.random.default_rng(1)
    for shape in ((2, 3, 5), (300, 1, 70), (1, 1, 40000), (0, 2, 3), (2, 0, 3), (2, 3, 0), (1, 1, 1)):
        value = rng.integers(-50, 50, [2 * n for n in shape]).astype(dtype)
        for view in (value[: shape[0], : shape[1], : shape[2]], value[::2, ::-2, ::2]):
            twice = np.sort(view if dtype == "bool" else view + view, -1)
            for found, expected in zip(f(view), [np.sort(view, axis) for axis in (0, 1, 2)] + [twice], strict=True):
                np.testing.assert_array_equal(found, expected)


def test_sorting_in_a_step_and_over_a_shared_variable():
    x, values = T.dmatrix(), np.random.default_rng(2).normal(size=(3, 5))
    rows, _ = theano.scan(lambda row, before: T.sort(row + before), x, x[0] * 0)
    expected, before = [], values[0] * 0
    for row in values:
        before = np.sort(row + before)
        expected.append(before)
    np.testing.assert_array_equal(theano.function([x], rows)(values), expected)
    held = theano.shared(values)
    theano.function([], [], updates=[(held, T.sort(held, 0))])()
    np.testing.assert_array_equal(held.get_value(), np.sort(values, 0))


def test_nan_comes_last():
    f = theano.function([], [T.sort(T.constant([np.nan, 1.0, -np.inf])), T.sort(T.constant([1j, np.nan, 0.0]))])
    np.testing.assert_array_equal(f()[0], [-np.inf, 1, np.nan])
    np.testing.assert_array_equal(f()[1], [0, 1j, np.nan])
    assert evaluate(T.argsort(T.constant([np.nan, 1.0, -np.inf]))).tolist() == [2, 1, 0]
    assert evaluate(T.argtopk(T.constant([np.nan, 1.0, -np.inf]), 2)).tolist() == [0, 1]


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("k", [1, 2, 3, -1, -3])
def test_topk(axis, k):
    ascending, at = np.sort(X, axis), np.argsort(X, axis)
    along = 0 if axis is None else axis
    few = [np.take(np.flip(a, along) if k > 0 else a, range(abs(k)), along) for a in (ascending, at)]
    for found, expected in zip(check(lambda x: T.topk_and_argtopk(x, k, axis), X), few, strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(check(lambda x: T.topk(x, k, axis, sorted=False), X), few[0])
    np.testing.assert_array_equal(check(lambda x: T.argtopk(x, k, axis, idx_dtype="int32"), X), few[1])
    assert T.argtopk(T.dvector(), k, idx_dtype="int32").dtype == "int32"


@pytest.mark.parametrize("dtype", DTYPES)
def test_how_many_may_be_an_argument(dtype):
    x, k = T.TensorType(dtype, (False, False))(), T.iscalar()
    f = theano.function([x, k], T.topk(x, k, axis=0))
    value = np.array([[1, 0], [0, 0], [1, 1]]).astype(dtype)
    np.testing.assert_array_equal(f(value, 2), np.sort(value, 0)[:0:-1])
    np.testing.assert_array_equal(f(value, -1), np.sort(value, 0)[:1])
    for k in (0, 4, -4):
        with pytest.raises(ValueError, match=f"topk: {k} of 3 elements"):
            f(value, k)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(side):
    base = np.array([1.0, 2, 2, 5])
    v = np.array([[0.0, 2, 3], [5, 6, np.nan]])
    np.testing.assert_array_equal(check(lambda x, y: T.searchsorted(x, y, side), base, v, gradient=False), np.searchsorted(base, v, side))
    order = np.array([2, 0, 3, 1])
    found = check(lambda x, y, o: x.searchsorted(y, side, o), base[np.argsort(order)], v, order, gradient=False)
    np.testing.assert_array_equal(found, np.searchsorted(base, v, side))
    assert evaluate(T.searchsorted(T.constant(base), 3)) == 3
    x, y = T.dvectors(2)
    assert (evaluate(grad(T.searchsorted(x, y).sum(), y), {x: base, y: base}) == 0).all()


def test_unique():
    value = np.array([[3, 1, 3], [1, 2, 3]])
    for found, expected in zip(check(lambda x: Unique(True, True, True)(x), value), np.unique(value, True, True, True), strict=True):
        np.testing.assert_array_equal(found, expected.reshape(-1))
    np.testing.assert_array_equal(check(lambda x: Unique(axis=-1)(x), value), np.unique(value, axis=1))


def test_errors():
    x, m = T.dvector("x"), T.dmatrix("m")
    for wrong in (lambda: T.sort(x, order="name"), lambda: T.sort(x, kind="bogo"), lambda: T.searchsorted(x, x, "middle")):
        with pytest.raises(ValueError):
            wrong()
    for wrong in (lambda: T.searchsorted(m, x), lambda: T.searchsorted(x, x, sorter=x), lambda: T.topk(x, 1, idx_dtype="float32")):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ValueError, match="neither values nor indices"):
        TopKOp(return_values=False, return_indices=False)
    with pytest.raises(IndexError, match="sort: axis 2"):
        SortOp(axis=2)(m)


def test_the_reference_sorts_complex_numbers():
    z = T.zmatrix()
    value = np.array([[1 + 2j, 1 - 1j, -3], [2j, -1j, 0]])
    for axis in (0, 1):
        np.testing.assert_array_equal(theano.function([z], T.sort(z * 2, axis), mode="REFERENCE")(value), np.sort(value * 2, axis))
