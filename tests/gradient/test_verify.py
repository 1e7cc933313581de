"""verify_grad on compiled functions: right gradients pass, wrong ones are told where."""

import numpy as np
import pytest

import theano.tensor as T
from theano.flags import change_flags
from theano.gradient import GradientError, verify_grad
from theano.graph import Apply, Op


class Double(Op):
    """2x, with a gradient scaled by ``slope``."""

    __props__ = ("slope",)

    def __init__(self, slope):
        self.slope = slope

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 2 * inputs[0]

    def grad(self, inputs, output_grads):
        return [self.slope * output_grads[0]]


@pytest.fixture
def rng():
    return np.random.RandomState(1)


def test_right_gradients_pass(rng):
    verify_grad(Double(2.0), [rng.rand(3)], rng=rng)
    verify_grad(lambda x, y: T.tanh(T.dot(x, y)), [rng.rand(2, 3), rng.rand(3, 1)], rng=rng)
    verify_grad(lambda x: T.exp(x).sum(axis=1), [rng.rand(2, 3).astype("float32")], rng=rng)


def test_no_test_values_are_asked_for(rng):
    with change_flags(compute_test_value="raise"):
        verify_grad(Double(2.0), [rng.rand(3)], rng=rng)


def test_wrong_gradients_are_told(rng):
    with pytest.raises(GradientError, match="argument 0") as told:
        verify_grad(Double(2.5), [rng.rand(3)], rng=rng)
    assert told.value.arg == 0 and told.value.abs_err > 0.1
    assert verify_grad.E_grad is GradientError


def test_arguments_are_checked(rng):
    with pytest.raises(TypeError, match="RandomState"):
        verify_grad(Double(2.0), [rng.rand(3)])
    with pytest.raises(TypeError, match="floats only"):
        verify_grad(Double(2.0), [np.arange(3)], rng=rng)
