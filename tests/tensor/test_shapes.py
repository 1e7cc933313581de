"""Shapes as values, and the ops that assert or forget them."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import ShapeError
from theano.tensor.shapes import MakeVector, Rebroadcast, Shape, Shape_i, size_list, sizes_of

X = np.arange(6.0).reshape(1, 2, 3)


def test_shape_is_an_integer_vector():
    np.testing.assert_array_equal(check(lambda x: x.shape, X), [1, 2, 3])
    assert check(lambda x: x.shape[1:], X).tolist() == [2, 3]
    assert check(lambda x: x.shape, np.array(1.0)).tolist() == []
    x = T.matrix()
    assert (x.shape.dtype, x.shape.broadcastable, x.shape.static_shape) == ("int64", (False,), (2,))
    assert T.vector().shape.broadcastable == (False,)
    assert len(list(x.shape)) == 2 and T.get_vector_length(x.shape) == 2


def test_one_size():
    assert check(Shape_i(2), X) == 3
    assert T.shape_i(T.matrix(), 1).owner.op == Shape_i(1) != Shape_i(0)
    with pytest.raises(ShapeError, match="there is no dimension 2"):
        Shape_i(2)(T.matrix())


def test_vectors_of_scalars():
    made = check(lambda a, b: T.stack([a, 2, b]), np.array(1.5), np.array(4.0))
    assert made.tolist() == [1.5, 2.0, 4.0]
    assert T.as_tensor_variable([T.iscalar(), 3]).type == T.ivector
    assert T.as_tensor_variable([T.scalar()]).broadcastable == (True,)
    assert evaluate(MakeVector("float32")()).tolist() == []
    with pytest.raises(TypeError, match="does not fit into a vector of int8"):
        MakeVector("int8")(T.lscalar())


def test_lists_of_sizes_see_through_vectors():
    x, v = T.matrix("x"), T.lvector("v")
    assert size_list(x.shape)[1].owner.op == Shape_i(1)
    assert [s.data for s in size_list(np.array([2, 3]))] == [2, 3]
    assert len(size_list(v, 3)) == 3
    with pytest.raises(ValueError, match="give ndim"):
        size_list(v)
    with pytest.raises(TypeError, match="sizes must be integers"):
        size_list((2.0,))
    assert [s.data for s in sizes_of(T.constant(np.zeros((2, 3))))] == [2, 3]


def test_specify_shape():
    np.testing.assert_array_equal(check(lambda x: T.specify_shape(x, (1, 2, 3)), X), X)
    np.testing.assert_array_equal(check(lambda x, y: T.specify_shape(x, y.shape), X, X.astype("int8")), X)
    x, n = T.matrix("x"), T.lscalar()
    known = T.specify_shape(x, (n, 4))
    assert known.static_shape == (None, 4) and known.type == x.type
    for run, error in [(evaluate, ShapeError), (lambda v, i: run_lowered([v], i), Stopped)]:
        with pytest.raises(error, match="does not have the shape"):
            run(known, {x: np.ones((3, 4)), n: np.array(2)})
    with pytest.raises(ShapeError, match="dimension 1 has size 4, not 5"):
        T.specify_shape(known, (2, 5))
    with pytest.raises(ShapeError):
        T.specify_shape(x, (2, 3, 4))


def test_rebroadcast():
    np.testing.assert_array_equal(check(lambda x: T.addbroadcast(x, 0), X), X)
    np.testing.assert_array_equal(check(lambda x: T.unbroadcast(x, 0, 1) + 1, X[0, :1], patterns=[(True, False)]), X[0, :1] + 1)
    x, r = T.matrix("x"), T.row("r")
    assert T.addbroadcast(x, -1).broadcastable == (False, True)
    assert T.unbroadcast(r, 0).broadcastable == (False, False)
    assert T.patternbroadcast(x, (True, False)).type == r.type
    assert T.patternbroadcast(r, r.broadcastable) is r and T.unbroadcast(x, 0) is x
    assert Rebroadcast((0, True)) == Rebroadcast((0, True)) != Rebroadcast((0, False))
    for run, error in [(evaluate, ShapeError), (lambda v, i: run_lowered([v], i), Stopped)]:
        with pytest.raises(error, match="1"):
            run(T.addbroadcast(x, 1), {x: np.ones((1, 2))})
    with pytest.raises(ShapeError):
        T.addbroadcast(x, 2)
    with pytest.raises(ShapeError, match="cannot become broadcastable"):
        T.addbroadcast(T.constant(np.zeros((2, 2))), 0)


def test_shapes_are_disconnected():
    from theano.errors import DisconnectedInputError
    from theano.gradient import grad

    x = T.dmatrix()
    with pytest.raises(DisconnectedInputError):
        grad(x.shape.sum().astype("float64"), x)
    assert T.shape(x).owner.op == Shape()
