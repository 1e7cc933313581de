"""Operations that change only the gradient."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.gradient import consider_constant, disconnected_grad, grad, grad_clip, grad_scale, undefined_grad, zero_grad


@pytest.fixture
def x():
    return T.dvector("x")


def at(expression, x):
    return evaluate(expression, {x: np.array([1.0, -3.0])}).tolist()


@pytest.mark.parametrize("mark", [disconnected_grad, zero_grad, undefined_grad, lambda v: grad_clip(v, -1, 1), lambda v: grad_scale(v, 2)])
def test_the_value_is_unchanged(mark, x):
    assert mark(x).type == x.type and at(mark(x), x) == [1.0, -3.0]


def test_disconnected_grad(x):
    assert at(grad((x * disconnected_grad(x)).sum(), x), x) == [1.0, -3.0]
    with pytest.raises(DisconnectedInputError):
        grad(disconnected_grad(x).sum(), x)


def test_zero_grad_stays_connected(x):
    assert at(grad(zero_grad(x).sum(), x), x) == [0.0, 0.0]
    assert at(grad((x * zero_grad(x)).sum(), x), x) == [1.0, -3.0]


def test_undefined_grad(x):
    with pytest.raises(NullTypeGradError):
        grad(undefined_grad(x).sum(), x)


def test_grad_clip(x):
    assert at(grad((grad_clip(x, -2, 1) ** 2).sum(), x), x) == [1.0, -2.0]
    with pytest.raises(ValueError, match="above"):
        grad_clip(x, 1, -1)


def test_grad_scale(x):
    assert at(grad((grad_scale(x, 3) ** 2).sum(), x), x) == [6.0, -18.0]


def test_float32_stays(x):
    y = T.fvector("y")
    for mark in (lambda v: grad_clip(v, -2.5, 1), lambda v: grad_scale(v, 0.1)):
        assert grad((mark(y) ** 2).sum(), y).dtype == "float32"


def test_consider_constant_is_deprecated(x):
    with pytest.warns(DeprecationWarning, match="zero_grad"):
        y = consider_constant(x)
    assert at(grad(y.sum(), x), x) == [0.0, 0.0]
