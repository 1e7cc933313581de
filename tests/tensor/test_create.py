"""Tensors made of numbers."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import ShapeError
from theano.flags import config
from theano.tensor.create import AllocEmpty, filled_with


def test_alloc():
    np.testing.assert_array_equal(check(lambda v: T.alloc(v, 2, 3), np.array(1.5)), np.full((2, 3), 1.5))
    np.testing.assert_array_equal(check(lambda v, n: T.alloc(v, n, 3), np.arange(3.0), np.array(2)), np.tile(np.arange(3.0), (2, 1)))
    column = np.arange(2.0)[:, None]
    np.testing.assert_array_equal(check(lambda v: T.alloc(v, 2, 3), column, patterns=[(False, True)]), np.tile(column, (1, 3)))
    np.testing.assert_array_equal(check(lambda v, x: T.alloc(v, *x.shape), np.array(2.0), np.ones((2, 3), "int8")), np.full((2, 3), 2.0))
    assert T.alloc(np.float32(0), 1, T.lscalar()).type == T.TensorType("float32", (True, False))
    assert T.alloc(0, 2, 3).static_shape == (2, 3)


def test_alloc_refuses():
    v, n = T.vector("v"), T.lscalar("n")
    with pytest.raises(TypeError, match="rank 1 does not fit into 0 dimensions"):
        T.alloc(v)
    with pytest.raises(ShapeError, match="a negative size"):
        T.zeros((-1,))
    with pytest.raises(ShapeError, match="has size 2, not 3"):
        T.alloc(np.ones(2), 3)
    for run, error in [(evaluate, ShapeError), (lambda v, i: run_lowered([v], i), Stopped)]:
        with pytest.raises(error):
            run(T.alloc(v, 3), {v: np.ones(1)})
        with pytest.raises(error):
            run(T.zeros((n,)), {n: np.array(-2)})


def test_zeros_and_ones():
    for dtype in ("float32", "float64"):
        with config.change_flags(floatX=dtype):
            assert T.zeros((2, 3)).dtype == T.ones(2).dtype == T.eye(2).dtype == T.tri(2).dtype == dtype
    np.testing.assert_array_equal(check(lambda n: T.ones((n, 2), dtype="int8"), np.array(3)), np.ones((3, 2), "int8"))
    np.testing.assert_array_equal(check(lambda x: T.zeros(x.shape), np.ones((2, 3), "int8")), np.zeros((2, 3)))
    assert evaluate(T.full((2, 2), 7)).tolist() == [[7, 7], [7, 7]]
    assert T.zeros((1, 3)).broadcastable == (True, False)
    assert evaluate(AllocEmpty("float32")(2, 3)).shape == (2, 3)


def test_like_another():
    r = np.ones((1, 3), "float32")
    for make, number in [(T.zeros_like, 0), (T.ones_like, 1)]:
        got = check(make, r, patterns=[(True, False)])
        assert got.dtype == "float32" and (got == number).all()
        assert make(T.row()).broadcastable == (True, False) and make(T.lvector(), dtype="float32").dtype == "float32"
    assert evaluate(T.full_like(T.constant(r), 5)).tolist() == [[5, 5, 5]]
    assert evaluate(T.identity_like(T.constant(np.ones((2, 3))))).tolist() == np.eye(2, 3).tolist()


def test_what_is_full_of_one_number():
    x = T.matrix()
    assert filled_with(T.zeros_like(x)) == 0 and filled_with(T.ones((2, x.shape[0]))[1:].T) == 1
    assert filled_with(x) is None and filled_with(x + 1) is None and filled_with(T.constant([2, 2])) == 2
    assert filled_with(T.constant([2, 3])) is None


@pytest.mark.parametrize("ends", [(5,), (2, 5), (2, 9, 3), (9, 2, -3), (5, 2), (0,), (-3, 3, 2), (3, 3, -1)], ids=str)
def test_integer_ranges(ends):
    np.testing.assert_array_equal(evaluate(T.arange(*ends)), np.arange(*ends))
    assert T.arange(*ends).static_shape == np.arange(*ends).shape
    got = check(lambda *v: T.arange(*v), *map(np.array, ends))
    np.testing.assert_array_equal(got, np.arange(*ends))


def test_dtypes_of_ranges():
    assert T.arange(T.bscalar()).dtype == "int64" and T.arange(*(T.constant(n, dtype="uint8") for n in (0, 5, 1))).dtype == "uint64"
    assert T.arange(3, dtype="int8").dtype == "int8" and T.arange(T.fscalar(), 2.5).dtype == "float32"
    assert T.arange(1).broadcastable == (False,)
    with config.change_flags(floatX="float32"):
        assert T.arange(0, 1, 0.1).dtype == "float32"


def test_float_ranges():
    got = check(lambda a, b, c: T.arange(a, b, c), np.array(0.5), np.array(2.0), np.array(0.25), gradient=False)
    np.testing.assert_allclose(got, np.arange(0.5, 2.0, 0.25))
    assert evaluate(T.arange(2.0, 1.0, 0.5)).shape == (0,)
    np.testing.assert_allclose(evaluate(T.arange(2.0, 0.5, -0.5)), np.arange(2.0, 0.5, -0.5))


def test_ranges_refuse():
    with pytest.raises(ValueError, match="the step is 0"):
        T.arange(0, 3, 0)
    with pytest.raises(TypeError, match="rank 0"):
        T.arange(T.vector())
    k = T.lscalar()
    with pytest.raises(ValueError, match="the step is 0"):
        evaluate(T.arange(0, 3, k), {k: np.array(0)})
    with pytest.raises(Stopped):
        run_lowered([T.arange(0, 3, k)], {k: np.array(0)})


@pytest.mark.parametrize("k", [-2, -1, 0, 1, 3])
def test_diagonals(k):
    np.testing.assert_array_equal(check(lambda n, m, k: T.eye(n, m, k), np.array(3), np.array(4), np.array(k)), np.eye(3, 4, k))
    np.testing.assert_array_equal(check(lambda n: T.tri(n, 4, k), np.array(3)), np.tri(3, 4, k))
    x = np.full((3, 4), np.inf)
    np.testing.assert_array_equal(check(lambda x: T.tril(x, k), x, gradient=False), np.where(np.tri(3, 4, k), x, 0))
    np.testing.assert_array_equal(check(lambda x: T.triu(x, k), x, gradient=False), np.where(np.tri(3, 4, k - 1), 0, x))
    assert T.eye(1).broadcastable == (False, False) and T.eye(2, 3).static_shape == (2, 3)
