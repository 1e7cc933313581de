"""Functions written in terms of the elementwise ones."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from theano.flags import config

VALUE = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.4])


def test_round():
    x = T.dvector()
    np.testing.assert_array_equal(evaluate(T.round(x), {x: VALUE}), np.round(VALUE))
    np.testing.assert_array_equal(evaluate(T.round(x, mode="half_away_from_zero"), {x: VALUE}), [-3, -2, -1, 1, 2, 2])
    whole = T.iround(x)
    assert whole.dtype == "int64"
    np.testing.assert_array_equal(evaluate(whole, {x: VALUE}), [-2, -2, 0, 0, 2, 2])
    with pytest.raises(ValueError, match="half_to_even"):
        T.round(x, "up")
    with pytest.raises(TypeError):
        T.round(T.lvector())
    with config.change_flags({"warn.round": True}), pytest.warns(UserWarning, match="half_to_even"):
        T.round(x)


def test_cast():
    x = T.dvector()
    assert T.cast(x, "float64") is x and T.cast(x, "floatX") is x
    assert T.cast(x, np.int8).dtype == "int8" and x.astype("bool").dtype == "bool"
    np.testing.assert_array_equal(evaluate(T.cast(x, "int32"), {x: VALUE}), VALUE.astype("int32"))
    with pytest.raises(TypeError, match="imag"):
        T.cast(T.zvector(), "float64")
    assert T.cast(T.fvector(), "complex64").dtype == "complex64"
    with pytest.raises(TypeError):
        T.cast(x, "no dtype")


@pytest.mark.parametrize("equal_nan", [False, True])
def test_isclose_and_allclose(equal_nan):
    a = np.array([1.0, 1.0, np.inf, np.inf, -np.inf, np.nan, np.nan, 0.0, 1e-9])
    b = np.array([1.0 + 1e-9, 1.1, np.inf, 5.0, np.inf, np.nan, 1.0, 1e-9, 1.0])
    x, y = T.dvectors("x", "y")
    np.testing.assert_array_equal(evaluate(T.isclose(x, y, equal_nan=equal_nan), {x: a, y: b}), np.isclose(a, b, equal_nan=equal_nan))
    assert evaluate(T.allclose(x, y), {x: a, y: a + 1e-12}) == np.allclose(a, a + 1e-12)
    i, j = T.lvectors("i", "j")
    np.testing.assert_array_equal(evaluate(T.isclose(i, j), {i: [1, 2], j: [1, 3]}), [True, False])
    for dtype in ("bool", "uint8", "int64", "float32", "complex64"):
        v, w = np.array([[1, 7], [0, 5]], dtype), np.array([[1, 6], [1, 5]], dtype)
        x, y = T.matrices(2, dtype=dtype)
        for options in ({"atol": 1.0}, {"rtol": 0.2}, {}):
            np.testing.assert_array_equal(evaluate(T.isclose(x, y, **options), {x: v, y: w}), np.isclose(v, w, **options), dtype)


def test_smallest_and_largest():
    x, y = T.dvectors("x", "y")
    values = {x: [1.0, 5.0], y: [2.0, 3.0]}
    np.testing.assert_array_equal(evaluate(T.smallest(x, y, 2.5), values), [1, 2.5])
    np.testing.assert_array_equal(evaluate(T.largest(x, y, 2.5), values), [2.5, 5])


def test_divmod():
    x = T.lvector()
    np.testing.assert_array_equal(evaluate(list(T.divmod(x, 3)), {x: [7, -7]}), np.divmod([7, -7], 3))


def test_transfer():
    x = T.dvector()
    assert T.transfer(x, "cpu") is x is x.transfer("cpu")
    with pytest.raises(ValueError, match="elsewhere"):
        x.transfer("elsewhere")
    T.register_transfer(lambda variable, target: variable + 1 if target == "elsewhere" else None)
    try:
        assert x.transfer("elsewhere").owner.op is T.add and x.transfer("cpu") is x
    finally:
        from theano.tensor.functions import TRANSFERS

        TRANSFERS.pop()
