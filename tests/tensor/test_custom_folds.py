"""Folds of scalar operations that no named reduction has: declared ones in native code, others by Python."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.laws import check
from theano import dtypes
from theano.errors import NullTypeGradError
from theano.gradient import grad
from theano.scalar import OPS, BinaryScalarOp, UnaryScalarOp, elementwise
from theano.scalar.instructions import unary
from theano.tensor.reduce import CAReduce, CAReduceDtype


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference=np.hypot,
    commutative=True,
    associative=True,
    register=False,
    partials=lambda x, y, out: (x / out, y / out),
)
def hypotenuse(x, y):
    """sqrt(x**2 + y**2): of no elements there is none."""
    return unary("sqrt", x * x + y * y)


@elementwise(dtype=dtypes.upcast_out, reference=lambda x, y: x + y + x * y, commutative=True, associative=True, identity=0, register=False)
def compounded(x, y):
    """(1 + x) * (1 + y) - 1."""
    return x + y + x * y


class Chosen(BinaryScalarOp):
    """The one of lower last digit; the first of equal ones is not: the greater."""

    def impl(self, x, y):
        return min((x, y), key=lambda n: (abs(n) % 10, -n))


DRAW = np.random.default_rng(0)
AXES = [None, 0, 1, -1, (0, 2), (0, 1, 2), ()]


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_without_a_start(dtype, axis):
    value = DRAW.normal(size=(3, 40, 2)).astype(dtype)
    found = check(lambda x: CAReduce(hypotenuse, axis)(x), value, gradient=False)
    assert found.dtype == dtype
    expected = np.sqrt((value.astype("f8") ** 2).sum(axis)) if axis != () else value
    np.testing.assert_allclose(found, expected, rtol=1e-2 if dtype == "float16" else 1e-5)


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
def test_with_a_start(dtype, axis):
    value = (DRAW.normal(size=(3, 5, 2)) / 8).astype(dtype) if "float" in dtype else DRAW.integers(-2, 3, size=(3, 5, 2)).astype(dtype)
    found = check(lambda x: CAReduce(compounded, axis)(x), value, gradient=False)
    expected = (1 + value).prod(axis, dtype=dtype) - 1 if axis != () else value
    np.testing.assert_allclose(found, expected.astype(dtype), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["and_", "or_", "xor"])
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "uint64"])
def test_bits(name, dtype):
    value = DRAW.integers(0, 100, size=(3, 70)).astype(dtype)
    ufunc = {"and_": np.bitwise_and, "or_": np.bitwise_or, "xor": np.bitwise_xor}[name]
    for axis in (0, 1, None):
        np.testing.assert_array_equal(check(lambda x, a=axis: CAReduce(OPS[name], a)(x), value), ufunc.reduce(value, axis=axis))
    x = T.TensorType(dtype, (False,))()
    f = theano.function([x], CAReduce(OPS[name])(x))
    assert not f.maker.compilation.program.frame.steps[-1].kernel.checks
    np.testing.assert_array_equal(f(value[0, :0]), ufunc.reduce(value[0, :0], axis=0))


def test_empty():
    x = T.dmatrix()
    f = theano.function([x], CAReduce(compounded, 1)(x))
    np.testing.assert_array_equal(f(np.zeros((2, 0))), [0, 0])
    f = theano.function([x], CAReduce(hypotenuse, 1)(x))
    assert f(np.zeros((0, 0))).shape == (0,)
    with pytest.raises(ValueError, match="hypotenuse: no elements along axis 1"):
        f(np.zeros((2, 0)))


def test_without_code_python_folds():
    x, value = T.lmatrix("x"), DRAW.integers(-100, 100, size=(4, 9))
    chosen = Chosen(name="chosen")
    f = theano.function([x], [CAReduce(chosen, 1)(x), CAReduceDtype(chosen, (0, 1), "int64", "int64")(x)])
    rows, whole = f(value)
    expected = [min(row, key=lambda n: (abs(n) % 10, -n)) for row in value.tolist()]
    assert rows.tolist() == expected and whole == min(value.ravel().tolist(), key=lambda n: (abs(n) % 10, -n))
    assert "Python: CAReduce{chosen, axis=[1]} runs its perform" in f.explain()


class Bits(BinaryScalarOp):
    """What is declared of it counts: the result of no elements."""

    identity = 0

    def impl(self, x, y):
        return x ^ y


def test_a_class_that_can_be_followed_has_code():
    x, value = T.imatrix(), DRAW.integers(0, 99, size=(3, 50)).astype("int32")
    f = theano.function([x], [CAReduce(Bits(name="bits"), axis)(x) for axis in (0, 1, None)])
    assert "Python" not in f.explain()
    for found, axis in zip(f(value), (0, 1, None), strict=True):
        np.testing.assert_array_equal(found, np.bitwise_xor.reduce(value, axis=axis))
    assert f(value[:, :0])[1].tolist() == [0, 0, 0]


def test_a_long_fold_is_cut_and_the_same_on_threads():
    x, value = T.fvector(), DRAW.normal(size=300_003).astype("float32")
    results = []
    for threads in (False, True):
        with theano.config.change_flags(openmp=threads):
            results.append(theano.function([x], CAReduce(hypotenuse)(x))(value))
    assert results[0] == results[1]
    np.testing.assert_allclose(results[0], np.linalg.norm(value.astype("f8")), rtol=1e-6)


def test_what_does_not_reduce():
    for name in ("sub", "pow", "exp", "switch"):
        with pytest.raises(NotImplementedError, match=f"{name} does not reduce"):
            CAReduce(OPS[name])

    class Alone(UnaryScalarOp):
        def impl(self, x):
            return x

    with pytest.raises(NotImplementedError, match="two arguments and one result"):
        CAReduce(Alone())


def test_derivatives_are_not_known():

    x = T.dvector()
    with pytest.raises(NullTypeGradError, match="hypotenuse"):
        grad(CAReduce(hypotenuse)(x), x)
    assert "hypotenuse" in CAReduce(hypotenuse).R_op([x], [x])[0].type.why_null


def test_props():
    assert CAReduce(hypotenuse, 0) == CAReduce(hypotenuse, 0) != CAReduce(compounded, 0)
    assert pickle.loads(pickle.dumps(CAReduce(OPS["xor"], (1, 0)))) == CAReduce(OPS["xor"], (0, 1))
    assert str(CAReduce(OPS["xor"])) == "CAReduce{xor}"
