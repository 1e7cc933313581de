"""Rop against finite differences, with rules of ops and with rules derived from L_op."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from theano.errors import DisconnectedInputError
from theano.gradient import DisconnectedType, Rop, disconnected_grad
from theano.graph import Apply, Op


class Cube(Op):
    """x**3 with no R_op."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] ** 3

    def grad(self, inputs, output_grads):
        return [output_grads[0] * 3 * inputs[0] ** 2]


EXPRESSIONS = {
    "square": lambda x: x**2,
    "tanh of product": lambda x: T.tanh(x * x[::-1]),
    "sum": lambda x: (x * T.exp(x)).sum(),
    "broadcast": lambda x: x.dimshuffle(0, "x") * T.sin(x),
    "no rule of its own": lambda x: Cube()(x) * x,
    "indexing": lambda x: T.set_subtensor(x[:2], x[1:] ** 2),
    "dot": lambda x: T.dot(T.outer(x, x), x),
    "max": lambda x: x.max() * x,
    "whole numbers": lambda x: x * T.floor(x),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_against_finite_differences(name):
    x, v = T.dvectors("x", "v")
    y = EXPRESSIONS[name](x)
    at, along, step = np.array([0.3, -0.7, 1.2]), np.array([1.0, 0.5, -2.0]), 1e-6
    found = evaluate(Rop(y, x, v), {x: at, v: along})
    ends = [evaluate(y, {x: at + sign * step * along}) for sign in (1, -1)]
    np.testing.assert_allclose(found, (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-8)


def test_forms_and_errors():
    x, v = T.dvectors("x", "v")
    assert isinstance(Rop([x * 2, x + 1], x, v), list)
    assert isinstance(Rop((x * 2,), [x], [v]), tuple)
    with pytest.raises(ValueError, match="ranks"):
        Rop(x * 2, x, v.sum())
    with pytest.raises(ValueError, match="eval_points"):
        Rop(x * 2, [x], [v, v])


def test_the_point_may_be_an_input_though_the_derivative_of_what_is_linear_does_not_depend_on_it():
    W, V, other = T.dmatrices("W", "V", "other")
    x = T.dvector("x")
    along = Rop(T.dot(x, W), W, V)
    at = {"W": [[1, 1], [1, 1]], "V": [[2, 2], [2, 2]], "x": [0, 1]}
    assert theano.function([W, V, x], along)(**at).tolist() == theano.function([V, x], along)(at["V"], at["x"]).tolist() == [2, 2]
    with pytest.raises(theano.compile.UnusedInputError, match="input other"):
        theano.function([V, x, other], along)


def test_disconnected_outputs():
    x, y, v = T.dvectors("x", "y", "v")
    with pytest.raises(DisconnectedInputError):
        Rop(y * 2, x, v)
    with pytest.raises(DisconnectedInputError):
        Rop(disconnected_grad(x), x, v)
    zeros = Rop(y * 2, x, v, disconnected_outputs="ignore")
    assert evaluate(zeros, {y: np.ones(2)}).tolist() == [0, 0]
    assert Rop(y * 2, x, v, disconnected_outputs="ignore", return_disconnected="None") is None
    kept = Rop(y * 2, x, v, disconnected_outputs="ignore", return_disconnected="Disconnected")
    assert isinstance(kept.type, DisconnectedType)


def test_float32_is_kept():
    x, v = T.fvectors("x", "v")
    assert Rop(T.exp(x * 0.5), x, v).dtype == "float32"


def test_directions_have_the_pattern_of_what_they_move():
    """A direction may be of a wider pattern than the variable; what drops or needs a dimension of size 1 takes it all the same."""
    c, d = T.dcol("c"), T.dmatrix("d")
    f = theano.function([c, d], T.Rop((c * 2).dimshuffle(0), c, d), on_unused_input="ignore")
    np.testing.assert_array_equal(f(np.ones((3, 1)), np.arange(3.0)[:, None]), [0, 2, 4])
