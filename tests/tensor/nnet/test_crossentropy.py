"""Losses against their formulas, their fused forms against the plain ones."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import run_lowered
from theano.errors import ShapeError
from theano.tensor import nnet

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(4, 3)), np.array([2, 0, -2, 1])
P = np.exp(X) / np.exp(X).sum(1, keepdims=True)
Q = rng.uniform(0.1, 0.9, (4, 3))
ROWS = np.arange(4)


def test_classes():
    np.testing.assert_allclose(check(nnet.categorical_crossentropy, P, Y), -np.log(P[ROWS, Y]))
    np.testing.assert_allclose(check(nnet.categorical_crossentropy, P, Q), -(Q * np.log(P)).sum(1))
    np.testing.assert_allclose(check(lambda x, y: nnet.categorical_crossentropy(nnet.softmax(x), y), X, Y), -np.log(P[ROWS, Y]))


def test_probabilities():
    np.testing.assert_allclose(check(nnet.binary_crossentropy, P, Q), -(Q * np.log(P) + (1 - Q) * np.log(1 - P)))
    p = 1 / (1 + np.exp(-X))
    np.testing.assert_allclose(check(nnet.sigmoid_binary_crossentropy, X, Q), -(Q * np.log(p) + (1 - Q) * np.log(1 - p)))


@pytest.mark.parametrize("g", [rng.normal(size=4), np.array(0.25)], ids=["vector", "scalar"])
def test_gradients_as_ops(g):
    hot = np.zeros((4, 3))
    hot[ROWS, Y] = 1
    spread = g[:, None] if g.ndim else g
    np.testing.assert_allclose(check(nnet.crossentropy_softmax_1hot_with_bias_dx, g, P, Y), spread * (P - hot))
    np.testing.assert_allclose(check(nnet.crossentropy_categorical_1hot_grad, g, P, Y), -spread * hot / P)


def test_the_fused_form():
    b = rng.normal(size=3)
    z = np.exp(X + b) / np.exp(X + b).sum(1, keepdims=True)

    def fused(x, b, y):
        return nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)

    nll, sm, am = check(fused, X, b, Y)
    np.testing.assert_allclose(nll, -np.log(z[ROWS, Y]))
    np.testing.assert_allclose(sm, z)
    np.testing.assert_array_equal(am, z.argmax(1))
    np.testing.assert_allclose(check(lambda x, y: nnet.crossentropy_softmax_1hot(x, y), X, Y)[0], -np.log(P[ROWS, Y]))
    most = check(lambda x, y: nnet.crossentropy_softmax_max_and_argmax_1hot(x, y)[2:], X, Y, gradient=False)
    np.testing.assert_allclose(most[0], P.max(1))
    np.testing.assert_array_equal(most[1], P.argmax(1))


def test_hierarchical_softmax():
    n, classes, features = 6, 3, 5
    x, w1, b1 = rng.normal(size=(4, features)), rng.normal(size=(features, classes)), rng.normal(size=classes)
    w2, b2, target = rng.normal(size=(classes, features, 2)), rng.normal(size=(classes, 2)), np.array([0, 5, 2, 3])

    def softmax(z):
        return np.exp(z) / np.exp(z).sum(-1, keepdims=True)

    wanted = (softmax(x @ w1 + b1)[:, :, None] * softmax(np.einsum("bf,cfo->bco", x, w2) + b2)).reshape(4, -1)
    whole = check(lambda x, w1, b1, w2, b2: nnet.h_softmax(x, 4, n, classes, 2, w1, b1, w2, b2), x, w1, b1, w2, b2, tolerance=1e-5)
    np.testing.assert_allclose(whole, wanted)
    picked = check(
        lambda x, w1, b1, w2, b2, t: nnet.h_softmax(x, x.shape[0], n, classes, 2, w1, b1, w2, b2, t),
        x,
        w1,
        b1,
        w2,
        b2,
        target,
        tolerance=1e-5,
    )
    np.testing.assert_allclose(picked, wanted[ROWS, target])


def test_what_is_refused():
    m, v, y = T.matrix("m"), T.vector("v"), T.lvector("y")
    with pytest.raises(TypeError, match="integer vector"):
        nnet.categorical_crossentropy(m, v)
    with pytest.raises(TypeError, match="ranks do not fit"):
        nnet.categorical_crossentropy(m, T.scalar())
    with pytest.raises(ShapeError, match="4 rows but 3 classes"):
        nnet.crossentropy_categorical_1hot(T.constant(P), T.constant(Y[:3]))
    loss = nnet.categorical_crossentropy(m, y)
    with pytest.raises(IndexError, match="class 3 is out of bounds"):
        evaluate(loss, {m: P, y: np.array([0, 1, 3, 0])})
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        run_lowered([loss], {m: P, y: np.array([0, 1, 3, 0])})
    with pytest.raises(IndexError, match=r"class -\d is out of bounds"):
        run_lowered([nnet.crossentropy_softmax_1hot_with_bias_dx(T.constant(1.0), m, y)], {m: P, y: np.array([0, 1, -4, 0])})
