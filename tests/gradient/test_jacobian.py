"""Jacobians and Hessians against their formulas."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from theano.gradient import hessian, jacobian

AT = np.array([1.0, 2.0, 3.0])


def test_the_jacobian_of_a_scalar_is_its_gradient():
    x = T.dvector("x")
    assert evaluate(jacobian((x**2).sum(), x), {x: AT}).tolist() == [2, 4, 6]
    assert isinstance(jacobian((x**2).sum(), [x]), list)


def test_ranks_are_checked():
    x, m = T.dvector("x"), T.dmatrix("m")
    with pytest.raises(ValueError, match="rank 0 or 1"):
        jacobian(m, m)
    with pytest.raises(ValueError, match="scalar"):
        hessian(x, x)
    with pytest.raises(ValueError, match="vector"):
        hessian(m.sum(), m)


def test_rows_are_gradients():
    x = T.dvector("x")
    function = theano.function([x], [jacobian(x**2 * x[0], x), hessian((x**3).sum(), x)])
    first, second = function(AT)
    np.testing.assert_allclose(first, np.diag(2 * AT * AT[0]) + np.outer(AT**2, [1, 0, 0]))
    np.testing.assert_allclose(second, np.diag(6 * AT))


def test_a_row_variable_and_a_matrix():
    r, m = T.drow("r"), T.dmatrix("m")
    function = theano.function([r, m], jacobian(T.dot(r, m)[0], [r, m]))
    by_row, by_matrix = function([[1.0, 2.0]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(by_row, [[[1, 4]], [[2, 5]], [[3, 6]]])
    np.testing.assert_allclose(by_matrix, [np.outer([1, 2], unit) for unit in np.eye(3)])


def test_no_rows():
    x = T.dvector("x")
    assert theano.function([x], jacobian(x[:0], x))(AT).shape == (0, 3)
