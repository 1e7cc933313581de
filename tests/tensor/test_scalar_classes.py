"""Scalar operations written as classes, and composites, as elementwise operations of tensors."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.scalar.custom_ops import Both, Digits, Helped, Leaky, Mixed, Neighbour, made
from theano import scalar
from theano.errors import NullTypeGradError
from theano.graph import equal_computations
from theano.scalar import Composite, float64
from theano.tensor.elemwise import Elemwise

X = np.array([[-2.0, -0.5, 0.0], [0.25, 1.0, 3.0]])
Y = np.array([0.5, -1.0, 2.0])


def composite():
    x, y = float64("x"), float64("y")
    shared = scalar.exp(x * y)
    return Composite([x, y], [shared + x, shared * y])


def python_steps(f):
    return [line for line in f.explain().splitlines() if "Python:" in line]


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE", "REFERENCE"])
@pytest.mark.parametrize("op", [composite(), made(Mixed), Both(name="both")], ids=lambda op: type(op).__name__)
def test_values_of_all_results(op, mode):
    x, y = T.dmatrix("x"), T.dvector("y")
    outputs = Elemwise(op)(x, y, return_list=True)
    assert [o.type.ndim for o in outputs] == [2] * op.nout
    f = theano.function([x, y], outputs, mode=mode)
    for found, expected in zip(f(X, Y), op.evaluate(X, np.broadcast_to(Y, X.shape)), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert [r.shape for r in f(np.zeros((0, 3)), Y)] == [(0, 3)] * op.nout
    with pytest.raises(theano.errors.ShapeError):
        f(X, Y[:2])


def test_what_is_followed_is_native_and_fused():
    x = T.fvector("x")
    f = theano.function([x], T.exp(Elemwise(made(Leaky))(x)) + Elemwise(made(Helped))(x))
    assert not python_steps(f) and f.explain().startswith("function: 1 kernel")


def test_what_is_not_followed_says_so():
    x = T.dvector("x")
    f = theano.function([x], Elemwise(made(Digits))(x) * 2, profile=True)
    assert f([1.0, -23.5]).tolist() == [10.0, 14.0]
    (step,) = python_steps(f)
    reason = "impl cannot be followed: it hands a number to a function that asks for its value"
    assert reason in step and reason in f.profile.text() and f.profile.python_steps == 1


@pytest.mark.parametrize("op", [composite(), made(Leaky), Both(name="both")], ids=lambda op: type(op).__name__)
def test_gradients_against_differences(op):
    def first(*args):
        return Elemwise(op)(*args, return_list=True)[0]

    points = [X + 0.1, np.broadcast_to(Y, X.shape).copy()][: op.nin]
    theano.gradient.verify_grad(first, points, rng=np.random.RandomState(0))
    if isinstance(op, Composite):
        theano.gradient.verify_grad(lambda *args: sum(Elemwise(op)(*args)), points, rng=np.random.RandomState(0))


def test_gradients_have_the_types_of_their_arguments():
    x, n = T.fmatrix("x"), T.lmatrix("n")
    gx, gn = T.grad(Elemwise(Both(name="both"))(x, n)[0].sum(), [x, n])
    assert gx.type == x.type and gn.type == T.fmatrix().type, "that of an integer is a float"
    whole = np.arange(6).reshape(2, 3)
    found = theano.function([x, n], [gx, gn])(X.astype("float32"), whole)
    np.testing.assert_allclose(found, [whole, X])


def test_forward_derivatives():
    x, y, u, v = T.dmatrix("x"), T.dvector("y"), T.dmatrix("u"), T.dvector("v")
    moved = T.Rop(Elemwise(composite())(x, y), [x, y], [u, v])
    f, e = theano.function([x, y, u, v], moved), np.exp(X * Y)
    du, dv = np.full(X.shape, 0.3), np.array([1.0, 2.0, -1.0])
    along = e * (du * Y + X * dv)
    np.testing.assert_allclose(f(X, Y, du, dv), [along + du, along * Y + e * dv], rtol=1e-12)


def test_second_derivatives():
    x = T.dvector("x")
    out = Elemwise(composite())(x, x)[1].sum()
    h = theano.function([x], T.hessian(out, x))(Y)
    t = Y
    np.testing.assert_allclose(h, np.diag(np.exp(t * t) * (2 * t * 3 + 4 * t**3)), rtol=1e-10)


def test_an_unknown_derivative_is_an_error_only_when_asked_for():
    x = T.dvector("x")
    with pytest.raises(NullTypeGradError, match="derivative of neighbour by argument 0 is not known"):
        T.grad(Elemwise(made(Neighbour))(x, x).sum(), x)


def test_results_that_nobody_uses_have_no_gradient():
    x = T.dvector("x")
    product, _ = Elemwise(Both(name="both"))(x, x)
    np.testing.assert_allclose(theano.function([x], T.grad(product.sum(), x))(Y), 2 * Y)


def test_equal_operations_are_one():
    x, y = T.dmatrix("x"), T.dvector("y")
    assert Elemwise(composite()) == Elemwise(composite())
    f = theano.function([x, y], Elemwise(composite())(x, y) + Elemwise(composite())(x, y))
    assert "Composite" in f.explain() and len(f(X, Y)) == 4


def test_pickling():
    x, y = T.dmatrix("x"), T.dvector("y")
    outputs = Elemwise(composite())(x, y)
    kept, arguments = pickle.loads(pickle.dumps((outputs, [x, y])))
    assert equal_computations(kept, outputs, arguments, [x, y])


def test_in_place():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    node = Elemwise(composite(), {1: 0})(x, y)[0].owner
    assert node.op.destroy_map == {1: [0]}
    a, storage = X.copy(), [[None], [None]]
    expected = composite().evaluate(X, X)
    node.op.perform(node, [a, X], storage)
    assert storage[1][0] is a
    np.testing.assert_allclose([s[0] for s in storage], expected)


def test_graphs_of_scalar_variables_are_native():
    x, n = float64("x"), scalar.int8("n")
    f = theano.function([x, n], [x * n + 1, composite()(x, x)[0], made(Leaky)(x)])
    assert not python_steps(f)
    assert [float(v) for v in f(2.0, 3)] == [7.0, np.exp(4.0) + 2.0, 2.0]
    assert theano.function([x], theano.grad(x * x, x))(3.0) == 6.0
