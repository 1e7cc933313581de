"""Confusion matrices and the softmax of two levels."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.laws import check
from theano.tensor.nnet import confusion_matrix, h_softmax


def test_confusion_matrix():
    actual, predicted = np.array([2, 0, 2, 7, 0]), np.array([2, 2, 2, 7, 9])
    counts, labels = check(lambda a, p: confusion_matrix(a, p), actual, predicted)
    assert labels.tolist() == [0, 2, 7, 9]
    assert counts.tolist() == [[0, 1, 0, 1], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    with pytest.raises(TypeError, match="vectors are needed"):
        confusion_matrix(T.lmatrix(), T.lvector())


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_softmax_of_two_levels():
    draw = np.random.default_rng(0)
    batch, features, classes, each, outputs = 4, 5, 3, 2, 5
    x, W1, b1 = draw.normal(size=(batch, features)), draw.normal(size=(features, classes)), draw.normal(size=classes)
    W2, b2 = draw.normal(size=(classes, features, each)), draw.normal(size=(classes, each))
    within = softmax(np.einsum("bf,cfo->bco", x, W2) + b2)
    expected = (softmax(x @ W1 + b1)[:, :, None] * within).reshape(batch, -1)
    whole = check(lambda x, *p: h_softmax(x, batch, outputs, classes, each, *p), x, W1, b1, W2, b2, tolerance=1e-5)
    np.testing.assert_allclose(whole, expected[:, :outputs])
    target = np.array([0, 3, 4, 1])
    some = check(lambda x, t, *p: h_softmax(x, x.shape[0], outputs, classes, each, *p, target=t), x, target, W1, b1, W2, b2, tolerance=1e-5)
    np.testing.assert_allclose(some, expected[np.arange(batch), target])


def test_empty():
    a = T.lvector()
    counts, labels = theano.function([a], confusion_matrix(a, a))([])
    assert counts.shape == (0, 0) and labels.shape == (0,)
