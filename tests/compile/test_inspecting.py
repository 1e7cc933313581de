"""Shapes of all variables, digests of arrays."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.inspecting import hash_from_ndarray, shape_of_variables
from theano.errors import ShapeError
from theano.graph import FunctionGraph


def test_shapes_are_those_of_values():
    x, v = T.dmatrix("x"), T.dvector("v")
    w = T.constant(np.ones((3, 4)))
    outputs = [T.dot(x, w).sum(1), T.concatenate([v, v[1:]]), x.reshape((-1, 2)), T.exp(x + v)]
    graph = FunctionGraph([x, v], outputs, clone=False)
    found = shape_of_variables(graph, {x: (2, 3), v: (3,)})
    values = theano.function([x, v], outputs)(np.ones((2, 3)), np.ones(3))
    assert [found[out] for out in outputs] == [value.shape for value in values]
    assert found[x] == (2, 3)


def test_what_cannot_be_told():
    x = T.dvector("x")
    with pytest.raises(ShapeError, match="the shape of x is not given"):
        shape_of_variables(FunctionGraph([x], [x * 2], clone=False), {})
    with pytest.raises(ShapeError, match="cannot tell the sizes"):
        shape_of_variables(FunctionGraph([x], [T.flatnonzero(x)], clone=False), {x: (3,)})


def test_a_digest_tells_arrays_apart():
    a = np.arange(6.0).reshape(2, 3)
    different = [a, a + 1, a.astype("f"), a.reshape(3, 2), np.asfortranarray(a), a.view("int64")]
    assert len({hash_from_ndarray(b) for b in different}) == len(different)
    assert hash_from_ndarray(a) == hash_from_ndarray(a.copy())
