"""None as a value."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.tensor.optional import NoneTypeT, none_type_t


def test_default():
    check(lambda x, y: T.default(x, y), np.ones(3), np.zeros(3), gradient=False)
    x, y, storage = T.dscalar("x"), T.dscalar("y"), [None]
    assert theano.function([x, y], T.default(x, y) * 2)(3.0, 4.0) == 6
    T.default.perform(T.default(x, y).owner, [None, np.array(4.0)], [storage])
    assert storage[0] == 4
    with pytest.raises(TypeError, match="of one type"):
        T.default(x, T.fscalar())


def test_none():
    assert T.NoneConst.type == none_type_t == NoneTypeT() and T.NoneConst.data is None
    assert none_type_t.filter(None) is None
    with pytest.raises(TypeError, match="None is needed"):
        none_type_t.filter(3)
    x = T.dmatrix()
    assert T.sum(x, axis=T.NoneConst).ndim == 0
    assert evaluate(T.sum(x, axis=[T.constant(1)]), {x: [[1, 2]]}).tolist() == [3]
