"""Matrix operations as libraries offer them."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import ShapeError
from theano.tensor.blas import Dot22, Gemm, dot22, dot22scalar, gemm, gemv, ger

rng = np.random.default_rng(0)
Z, X, Y = rng.normal(size=(2, 4)), rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
A, B = np.array(0.5), np.array(-2.0)


def test_values_and_derivatives():
    np.testing.assert_allclose(check(dot22, X, Y), X @ Y)
    np.testing.assert_allclose(check(dot22scalar, X, Y, A), A * (X @ Y))
    np.testing.assert_allclose(check(gemm, Z, A, X, Y, B), B * Z + A * (X @ Y))
    np.testing.assert_allclose(check(gemv, Z[:, 0], A, X, Y[:, 0], B), B * Z[:, 0] + A * (X @ Y[:, 0]))
    np.testing.assert_allclose(check(ger, Z, A, X[:, 0], Y[0]), Z + A * np.outer(X[:, 0], Y[0]))


def test_transposed_operands():
    np.testing.assert_allclose(check(lambda z, x, y: gemm(z, 1.0, x.T, y.T, 0.5), Z, X.T.copy(), Y.T.copy()), 0.5 * Z + X @ Y)


def test_a_factor_of_zero_ignores_what_was_there():
    z = np.full((2, 4), np.nan)
    np.testing.assert_allclose(check(lambda z, x, y: gemm(z, 1.0, x, y, 0.0), z, X, Y, gradient=False), X @ Y)


def test_what_is_refused():
    m, f, v = T.dmatrix("m"), T.fmatrix("f"), T.dvector("v")
    with pytest.raises(TypeError, match="one dtype"):
        dot22(m, f)
    with pytest.raises(TypeError, match="float32 or float64"):
        dot22(T.imatrix(), T.imatrix())
    with pytest.raises(TypeError, match="operands of rank 2, 2"):
        dot22(m, v)
    with pytest.raises(TypeError, match="takes 5 arguments"):
        gemm(m, m)
    with pytest.raises(TypeError, match="a factor must be of rank 0"):
        gemm(m, v, m, m, 0.0)
    z = T.dmatrix("z")
    product = gemm(z, 1.0, m, m, 1.0)
    for run, error in [(evaluate, ShapeError), (lambda v, i: run_lowered([v], i), Stopped)]:
        with pytest.raises(error, match="the sizes differ"):
            run(product, {z: np.ones((2, 3)), m: np.ones((2, 2))})


def test_identity():
    assert Gemm() == gemm and Dot22() != gemm and str(gemm) == "Gemm"
