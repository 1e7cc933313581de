"""Confusion matrices."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.laws import check
from theano.tensor.nnet import confusion_matrix


def test_confusion_matrix():
    actual, predicted = np.array([2, 0, 2, 7, 0]), np.array([2, 2, 2, 7, 9])
    counts, labels = check(lambda a, p: confusion_matrix(a, p), actual, predicted)
    assert labels.tolist() == [0, 2, 7, 9]
    assert counts.tolist() == [[0, 1, 0, 1], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    with pytest.raises(TypeError, match="vectors are needed"):
        confusion_matrix(T.lmatrix(), T.lvector())


def test_empty():
    a = T.lvector()
    counts, labels = theano.function([a], confusion_matrix(a, a))([])
    assert counts.shape == (0, 0) and labels.shape == (0,)
