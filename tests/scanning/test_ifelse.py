"""``ifelse``: the side that is not taken is not computed, forwards or backwards."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import verify_grad
from theano.graph import Apply, Op
from theano.ifelse import ifelse

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
pytestmark = pytest.mark.parametrize("mode", MODES)
x, y, w, c = T.dvector("x"), T.dvector("y"), T.dmatrix("w"), T.lscalar("c")
X, Y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.25, -0.5])
W = np.arange(9.0).reshape(3, 3) / 7 - 0.4


class Counting(Op):
    """The identity, which counts how often it is computed, forwards and backwards."""

    def __init__(self):
        self.forwards = self.backwards = 0
        self.reverse = None

    def make_node(self, v):
        return Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        self.forwards += 1
        output_storage[0][0] = inputs[0].copy()

    def L_op(self, inputs, outputs, output_grads):
        self.reverse = self.reverse or Counting()
        return [self.reverse(output_grads[0])]


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)


def test_one_result(mode):
    f = theano.function([c, x, y], ifelse(c, x * 2, x + y), mode=mode)
    close(f(1, X, Y), 2 * X)
    close(f(0, X, Y), X + Y)


def test_results_of_different_sizes(mode):
    f = theano.function([c, x, y], ifelse(c, x[:2], y), mode=mode)
    close(f(1, X, Y), X[:2])
    close(f(0, X, Y), Y)


def test_several_results(mode):
    out = ifelse(c, [x, x.sum()], (y, y.max()), name="chosen")
    assert isinstance(out, list) and out[1].name == "chosen1"
    f = theano.function([c, x, y], out, mode=mode)
    for chosen, (first, second) in ((1, (X, X.sum())), (0, (Y, Y.max()))):
        found = f(chosen, X, Y)
        close(found[0], first)
        close(found[1], second)


def test_it_is_lazy_in_both_directions(mode):
    then, otherwise = Counting(), Counting()
    cost = (ifelse(c, then(x * 2), otherwise(x * 3)) ** 2).sum()
    f = theano.function([c, x], [cost, T.grad(cost, x)], mode=mode)
    close(f(1, X)[1], 8 * X)
    assert otherwise.forwards == otherwise.reverse.forwards == 0 < then.forwards
    assert then.reverse.forwards == 1
    close(f(0, X)[1], 18 * X)
    assert otherwise.reverse.forwards == 1


def test_what_is_not_taken_may_be_nonsense(mode):
    cost = ifelse(T.gt(x.sum(), 0), T.log(x).sum(), x.sum())
    f = theano.function([x], [cost, T.grad(cost, x)], mode=mode)
    close(f(-np.abs(X))[1], np.ones(3))
    close(f(np.abs(X))[1], 1 / np.abs(X))


@pytest.mark.parametrize("chosen", [0, 1])
def test_gradients(mode, chosen):
    def cost(x, w):
        condition = T.constant(chosen) + 0 * T.cast(x.sum(), "int64")
        first, second = ifelse(condition, [T.tanh(T.dot(w, x)), x.sum()], [x * 2, (w**2).sum()])
        return (first**2).sum() * second

    def second(x, w):
        return sum((g**2).sum() for g in T.grad(cost(x, w), [x, w]))

    for function in (cost, second) if mode == "FAST_RUN" else (cost,):
        verify_grad(function, [X, W], rng=np.random.RandomState(0), mode=mode)


@pytest.mark.parametrize("chosen", [0, 1])
def test_forward_and_reverse_agree(mode, chosen):
    first, second = ifelse(c, [T.tanh(T.dot(w, x)), x.sum()], [x * 2, (w**2).sum()])
    cost = (first**2).sum() * second
    u, v = T.dvector(), T.dmatrix()
    pushed = theano.Rop(cost, [x, w], [u, v])
    pulled = T.grad(cost, [x, w])
    f = theano.function([c, x, w, u, v], [pushed, (pulled[0] * u).sum() + (pulled[1] * v).sum()], mode=mode)
    close(*f(chosen, X, W, Y, W + 1))


def test_the_condition_has_no_gradient(mode):
    b = T.dscalar("b")
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(ifelse(b, x, 2 * x).sum(), b)


def test_shared_variables_and_updates(mode):
    s = theano.shared(np.zeros(3), name="s")
    f = theano.function([x], ifelse(T.gt(x.sum(), 0), s + x, s), updates=[(s, ifelse(T.gt(x.sum(), 0), s + x, s))], mode=mode)
    close(f(X), X)
    close(f(-np.abs(X)), X)
    close(s.get_value(), X)


def test_inside_scan(mode):
    states, _ = theano.scan(lambda e, s: ifelse(T.gt(e, 0), s * e, s - e), x, T.constant(1.0, dtype="float64"))
    cost = states[-1]
    f = theano.function([x], [states, T.grad(cost, x)], mode=mode)
    values, gradient = f(X)
    close(values, [0.5, 1.5, 3.0])
    close(gradient, [2, -2, 1.5])


def test_types(mode):
    row = T.TensorType("float64", (True,))("row")
    close(theano.function([c, x, row], ifelse(c, x, row), mode=mode)(0, X, [4.0]), [4])
    close(theano.function([c, x], ifelse(c, x.sum(), 0), mode=mode)(0, X), 0)
    with pytest.raises(TypeError, match="must have equal types"):
        ifelse(c, x, T.cast(x, "float32"))
    with pytest.raises(ValueError, match="2 and 1 results"):
        ifelse(c, [x, y], [x])
    with pytest.raises(TypeError, match="condition must be a scalar"):
        ifelse(x, x, y)
