"""The tools of programs' own tests: each can fail, and says how far off a value is."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import GradientError
from theano.tests import unittest_tools as utt


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
def test_close_is_within_rounding_of_the_dtype(dtype):
    value = np.arange(1, 5).astype(dtype)
    size = {"float16": 2e-3, "float32": 3e-6, "complex64": 3e-6}.get(dtype, 3e-9)
    utt.assert_allclose(value, value * value.dtype.type(1 + size))
    with pytest.raises(utt.WrongValue):
        utt.assert_allclose(value, value * value.dtype.type(1 + 30 * size))
    utt.assert_allclose(value, value * 2, rtol=1)
    with pytest.raises(utt.WrongValue):
        utt.assert_allclose(value, value * 2, rtol=0, atol=3)
    utt.assert_allclose(value, value * 2, rtol=0, atol=4)


def test_the_coarser_dtype_decides_and_nan_is_close_to_nan():
    utt.assert_allclose(np.float32(0.1), 0.1)
    utt.assert_allclose(0.1, np.float32(0.1))
    utt.assert_allclose([np.nan, np.inf], [np.nan, np.inf])
    utt.assert_allclose([1, 2], [1, 2])


@pytest.mark.parametrize(
    ("expected", "value", "wanted"),
    [
        ([1.0, 2, 3], [1.0, 2.5, 4], "2 of 3 elements, most at (2,): 3.0 expected, 4.0 found"),
        ([1.0, np.nan], [1.5, 3.0], "2 of 2 elements, most at (1,): nan expected, 3.0 found"),
        (np.uint8(3), np.uint8(4), "1 of 1 elements, most at (): 3 expected, 4 found"),
        ([True], [False], "1 of 1 elements, most at (0,): True expected, False found"),
        ([1j], [1.0], "most at (0,): 1j expected, 1.0 found"),
        (np.ones((2, 3)), np.ones((3, 2)), "shapes differ"),
    ],
)
def test_the_message_says_where_and_how_much(expected, value, wanted):
    with pytest.raises(AssertionError) as caught:
        utt.assert_allclose(expected, value)
    assert wanted in str(caught.value)
    assert caught.value.val1 is expected and caught.value.val2 is value


def test_seeds():
    assert utt.fetch_seed() == 666 and utt.fetch_seed(5) == 5 and utt.fetch_seed("7") == 7
    state = np.random.get_state()
    try:
        assert utt.seed_rng() == 666
        first = np.random.rand()
        assert utt.seed_rng(5) == 5 and np.random.rand() != first
        assert utt.seed_rng() == 666 and np.random.rand() == first
    finally:
        np.random.set_state(state)
    with theano.config.change_flags(**{"unittests.rseed": "random"}):
        assert utt.fetch_seed() is None and utt.fetch_seed(3) == 3
    with pytest.raises(ValueError, match=r"(?s)a number or 'random', not 'often'.*config.unittests.rseed"):
        utt.fetch_seed("often")


def test_gradients():
    state = np.random.get_state()
    try:
        utt.verify_grad(T.tanh, [np.array([0.1, -2.0])])
        utt.verify_grad(T.dot, [np.ones((2, 3)), np.ones(3)], n_tests=1, rng=np.random.RandomState(0), eps=1e-6)
        with pytest.raises(GradientError):
            utt.verify_grad(lambda x: theano.gradient.grad_scale(x, 2.0), [np.array([0.1])])
    finally:
        np.random.set_state(state)
