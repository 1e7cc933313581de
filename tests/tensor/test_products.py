"""Products that sum over a dimension."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import ShapeError

rng = np.random.default_rng(0)
M, N, V, W = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=2)


@pytest.mark.parametrize("pair", [(M, N), (M, V), (W, M), (V, V)], ids=["gemm", "gemv", "vector-matrix", "vdot"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32", "int8", "bool"])
def test_dot(pair, dtype):
    a, b = ((2 * v).astype(dtype) for v in pair)
    got = check(T.dot, a, b)
    np.testing.assert_allclose(got, np.dot(a, b), rtol=2e-3 if dtype == "float16" else 1e-6)


def test_views_of_matrices():
    for f, wanted in [
        (lambda a, b: T.dot(a.T, b), M.T @ M),
        (lambda a, b: T.dot(a, b.T), M @ M.T),
        (lambda a, b: T.dot(a[:, ::2], b[:, 1:].T), M[:, ::2] @ M[:, 1:].T),
        (lambda a, b: T.dot(a[::-1], b[0]), M[::-1] @ M[0]),
        (lambda a, b: T.dot(a[:, 0], b), M[:, 0] @ M),
    ]:
        np.testing.assert_allclose(check(f, M, M), wanted)


def test_no_elements_to_sum():
    np.testing.assert_array_equal(check(T.dot, np.zeros((2, 0)), np.zeros((0, 3))), np.zeros((2, 3)))


def test_other_ranks():
    x = rng.normal(size=(2, 4, 3))
    np.testing.assert_allclose(check(T.dot, x, N), np.dot(x, N))
    np.testing.assert_allclose(check(T.dot, np.array(2.0), N), 2 * N)
    np.testing.assert_allclose(check(T.dot, x, V), np.dot(x, V))
    np.testing.assert_allclose(check(T.dot, M, rng_t := rng.normal(size=(2, 3, 2))), np.dot(M, rng_t))
    np.testing.assert_allclose(check(lambda a, b: a @ b, M, N), M @ N)


@pytest.mark.parametrize("axes", [1, 2, 0, [[1, 2], [1, 0]], [[-1], [0]], (2, 0)], ids=str)
def test_tensordot(axes):
    a, b = rng.normal(size=(2, 3, 3)), rng.normal(size=(3, 3, 2))
    np.testing.assert_allclose(check(lambda a, b: T.tensordot(a, b, axes), a, b), np.tensordot(a, b, axes))


def test_outer():
    np.testing.assert_allclose(check(T.outer, V, W), np.outer(V, W))
    np.testing.assert_allclose(check(T.outer, M, np.array(2.0)), np.outer(M, 2.0))
    assert T.outer(T.vector(), T.vector()).broadcastable == (False, False)


def test_one_product_for_each():
    a, b = rng.normal(size=(4, 2, 3)), rng.normal(size=(4, 3, 5))
    np.testing.assert_allclose(check(T.batched_dot, a, b), a @ b)
    np.testing.assert_allclose(check(T.batched_dot, a[:, 0], b), np.einsum("bk,bkn->bn", a[:, 0], b))
    np.testing.assert_allclose(check(T.batched_dot, a, b[:, :, 0]), np.einsum("bmk,bk->bm", a, b[:, :, 0]))
    np.testing.assert_allclose(check(T.batched_dot, a[:, 0], b[:, :, 0]), np.einsum("bk,bk->b", a[:, 0], b[:, :, 0]))
    np.testing.assert_allclose(check(T.batched_dot, a[:, 0, 0], b), a[:, 0, 0, None, None] * b)
    np.testing.assert_allclose(check(lambda a, b: T.batched_tensordot(a, b, [[2], [1]]), a, b), a @ b)
    c = b[:, :, :2].swapaxes(1, 2)
    np.testing.assert_allclose(check(lambda a, b: T.batched_tensordot(a, b, 2), a, c), np.einsum("bmk,bmk->b", a, c))
    x, y = T.tensor3("x"), T.tensor3("y")
    for run, error in [(evaluate, ShapeError), (lambda v, i: run_lowered([v], i), Stopped)]:
        with pytest.raises(error, match=r"inner dimensions differ|numbers of matrices"):
            run(T.batched_dot(x, y), {x: a, y: b[:3]})


def test_types():
    m, r, c, v = T.matrix(), T.row(), T.col(), T.vector()
    assert T.dot(m, c).broadcastable == (False, True) and T.dot(r, m).broadcastable == (True, False)
    assert T.dot(v, m).ndim == 1 and T.dot(v, v).ndim == 0
    assert T.dot(T.fmatrix(), T.imatrix()).dtype == "float64" and T.dot(T.fmatrix(), T.wmatrix()).dtype == "float32"
    assert T.dot(T.constant(M), T.constant(N)).static_shape == (2, 4)


def test_gradients_have_the_pattern_of_their_variables():
    from theano.gradient import grad

    r, c = T.drow("r"), T.dcol("c")
    assert [g.type for g in grad(T.dot(c, r).sum(), [c, r])] == [c.type, r.type]


def test_mismatches_are_explained():
    x, w = T.specify_shape(T.fmatrix("x"), (64, 784)), T.specify_shape(T.fmatrix("w"), (10, 784))
    x.name, w.name = "x", "w"
    with pytest.raises(ShapeError, match=r"dot: inner dimensions differ(.|\n)*float32 \(64, 784\)(.|\n)*did you mean dot\(x, w.T\)\?"):
        T.dot(x, w)
    a, b = T.matrix("a"), T.vector("b")
    for run, error in [(evaluate, ShapeError), (lambda v, i: run_lowered([v], i), Stopped)]:
        with pytest.raises(error, match="inner dimensions differ"):
            run(T.dot(a, b), {a: M, b: W})
    with pytest.raises(TypeError, match="operands of rank"):
        T.batched_dot(T.scalar(), a)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("sizes", [(3, 4, 5, 6), (0, 4, 5, 6), (3, 0, 5, 6), (3, 4, 0, 6), (3, 1, 5, 1), (1, 4, 5, 6), (70, 200, 60, 90)])
def test_many_products_of_any_layout(sizes, dtype):
    count, m, k, n = sizes
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(count, m, k)).astype(dtype), rng.normal(size=(count, k, n)).astype(dtype)
    x, y = T.TensorType(dtype, (False,) * 3)("x"), T.TensorType(dtype, (False,) * 3)("y")

    def products(x, y, dot, turned):
        return [dot(x, y), dot(x[:, ::-1], y), dot(x[::-1], y), dot(turned(y), turned(x)), dot(x[:, :, ::2], y[:, ::2]), dot(x[:1], y[:1])]

    graphs = products(x, y, T.batched_dot, lambda v: v.dimshuffle(0, 2, 1))
    wanted = products(a, b, np.matmul, lambda v: v.transpose(0, 2, 1))
    for mode in ("FAST_RUN", "REFERENCE")[: 1 if count > 9 else 2]:
        for found, want in zip(theano.function([x, y], graphs, mode=mode)(a, b), wanted, strict=True):
            np.testing.assert_allclose(found, want, rtol=1e-3 if dtype != "float64" else 1e-9, atol=1e-4)
    assert "gemms" in theano.function([x, y], graphs[0]).explain()


def test_many_small_products_are_a_loop():
    x, y = T.specify_shape(T.dtensor3("x"), (2, 3, 3)), T.dtensor3("y")
    f = theano.function([x.owner.inputs[0], y], T.batched_dot(x, T.specify_shape(y, (2, 3, 3))))
    assert "library" not in f.explain()
    a = np.arange(18.0).reshape(2, 3, 3)
    np.testing.assert_allclose(f(a, a), a @ a)
