"""Where a tensor is not zero, and what is there."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.gradient import Rop, grad

Z = np.array([[0.0, 3, -1], [np.nan, 0, -0.0]])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float64", "complex64"])
def test_positions(dtype):
    value = np.nan_to_num(Z).astype(dtype)
    x = T.TensorType(dtype, (False, False))()
    rows, columns = T.nonzero(x)
    f = theano.function([x], [rows, columns, T.flatnonzero(x), x.nonzero_values(), T.nonzero(x, return_matrix=True)])
    expected = [*np.nonzero(value), np.flatnonzero(value), value[np.nonzero(value)], np.array(np.nonzero(value))]
    for found, wanted in zip(f(value), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_nan_is_not_zero_and_a_number_has_no_positions():
    check(lambda x: list(T.nonzero(x)), Z, gradient=False)
    assert check(T.flatnonzero, np.zeros((0, 2))).shape == (0,)
    with pytest.raises(ValueError, match="a number has no positions"):
        T.nonzero(T.dscalar())


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_compress(axis):
    x = np.random.default_rng(0).normal(size=(2, 3))
    for condition in ([True, False], [0, 2]):
        expected = np.compress(condition, x, axis)
        np.testing.assert_array_equal(check(lambda c, x: T.compress(c, x, axis), np.array(condition), x), expected)
        np.testing.assert_array_equal(check(lambda c, x: c.compress(x, axis), np.array(condition), x), expected)
    with pytest.raises(TypeError, match="must be a vector"):
        T.compress(T.bmatrix(), x)


def test_masks():
    x, value = T.dmatrix(), np.random.default_rng(0).normal(size=(3, 4))
    rows = x[:, 0] > 0
    f = theano.function(
        [x], [x[x > 0], x[rows], T.set_subtensor(x[x > 0], 0), T.inc_subtensor(x[rows], 1.0), grad((x[x > 0] ** 2).sum(), x)]
    )
    positive, first = value > 0, value[:, 0] > 0
    expected = [value[positive], value[first], np.where(positive, 0, value), value + first[:, None], 2 * value * positive]
    for found, wanted in zip(f(value), expected, strict=True):
        np.testing.assert_allclose(found, wanted)
    with pytest.raises(Exception, match="a single truth value is no mask"):
        x[T.any(x)]


def test_positions_pass_nothing_on():
    x = T.dvector()
    assert evaluate(grad(T.flatnonzero(x).sum(), x), {x: [1, 0]}).tolist() == [0, 0]
    assert evaluate(Rop((x * T.nonzero(x)[0]).sum(), x, T.ones_like(x)), {x: [1, 2]}) == 1
