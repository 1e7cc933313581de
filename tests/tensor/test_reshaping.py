"""Other forms of the same elements."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import ShapeError

X = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize("shape", [(24,), (6, 4), (2, -1), (-1,), (4, 3, 2), (2, 1, 3, 1, 4), (1, -1), (3, -1, 4), (2, 3, 2, 2)], ids=str)
def test_literal_shapes(shape):
    np.testing.assert_array_equal(check(lambda x: x.reshape(shape), X), X.reshape(shape))


def test_shapes_from_other_tensors():
    np.testing.assert_array_equal(check(lambda x: x.reshape((x.shape[0], -1)), X), X.reshape(2, 12))
    np.testing.assert_array_equal(check(lambda x: x.reshape((x.shape[2], x.shape[0] * x.shape[1])), X), X.reshape(4, 6))
    np.testing.assert_array_equal(check(lambda x, y: T.reshape(x, y.shape), X, np.zeros((4, 6), "int8")), X.reshape(4, 6))
    np.testing.assert_array_equal(check(lambda x, s: T.reshape(x, s, ndim=2), X, np.array([4, -1])), X.reshape(4, 6))
    np.testing.assert_array_equal(check(lambda x, n: x.reshape((n, 6)), X, np.array(-1)), X.reshape(4, 6))
    np.testing.assert_array_equal(check(lambda x, n: x.reshape((n, 6)), X, np.array(4)), X.reshape(4, 6))
    np.testing.assert_array_equal(check(lambda x, n, m: x.reshape((n, m)), X, np.array(4), np.array(-1)), X.reshape(4, 6))
    np.testing.assert_array_equal(check(lambda x: x.dimshuffle(2, 0, 1).reshape((4, -1)), X), X.transpose(2, 0, 1).reshape(4, 6))
    np.testing.assert_array_equal(check(lambda x: x[:, ::-1].reshape((-1,)) ** 2, X), X[:, ::-1].ravel() ** 2)


def test_what_remains_of_no_rows():
    assert check(lambda x: x.reshape((x.shape[0], -1)), np.zeros((0, 3, 4))).shape == (0, 12)
    assert check(lambda x: T.flatten(x, 2), np.zeros((0, 3, 4))).shape == (0, 12)


def test_a_scalar():
    assert check(lambda x: x.reshape((1, 1)), np.array(2.0)).shape == (1, 1)
    assert check(lambda x: x.reshape(()), np.array([[2.0]])).shape == ()
    assert check(T.flatten, np.array(2.0)).shape == (1,)


def test_patterns_and_static_shapes():
    m, r = T.matrix(), T.row()
    assert m.reshape((1, -1)).broadcastable == (True, False)
    assert m.reshape((2, 1, 3)).broadcastable == (False, True, False)
    assert r.reshape((r.shape[0], 5)).broadcastable == (True, False)
    assert r.flatten(1).broadcastable == (False,) and r.flatten(2).broadcastable == (True, False)
    assert T.tensor("float64", (True, True)).flatten().broadcastable == (True,)
    assert m.reshape((2, -1)).static_shape == (2, None)
    assert T.constant(X).reshape((2, -1)).static_shape == (2, 12)


def test_what_is_refused():
    x = T.matrix("x")
    with pytest.raises(TypeError, match=r"write x.reshape\(\(2, 3\)\)"):
        x.reshape(3)
    with pytest.raises(ShapeError, match="more than one size of -1"):
        x.reshape((-1, -1))
    with pytest.raises(ShapeError, match="a size of -2"):
        x.reshape((-2, 3))
    with pytest.raises(ValueError, match="24 elements do not fit the shape"):
        T.constant(X).reshape((5, 5))
    with pytest.raises(ValueError, match="give ndim"):
        x.reshape(T.lvector())
    with pytest.raises(ValueError, match="flatten: rank 3"):
        x.flatten(3)
    for shape in [(5, 5), (5, -1)]:
        with pytest.raises(ShapeError, match="6 elements do not fit"):
            evaluate(x.reshape(shape), {x: np.ones((2, 3))})
        with pytest.raises(Stopped):
            run_lowered([x.reshape(shape)], {x: np.ones((2, 3))})


def test_rearrangements():
    np.testing.assert_array_equal(check(lambda x: T.flatten(x, 2), X), X.reshape(2, 12))
    np.testing.assert_array_equal(check(lambda x: x.swapaxes(0, -1), X), X.swapaxes(0, 2))
    np.testing.assert_array_equal(check(lambda x: x.transpose(1, 2, 0), X), X.transpose(1, 2, 0))
    np.testing.assert_array_equal(check(lambda x: x.T, X), X.T)
    np.testing.assert_array_equal(check(T.squeeze, X[:1], patterns=[(True, False, False)]), X[0])
    v = T.vector()
    assert T.shape_padleft(v, 2).broadcastable == (True, True, False)
    assert T.shape_padright(v).broadcastable == (False, True)
    assert T.shape_padaxis(v, 1).broadcastable == T.shape_padaxis(v, -1).broadcastable == (False, True)
    with pytest.raises(IndexError):
        T.shape_padaxis(v, 3)
    assert T.transpose(v).type == v.type
