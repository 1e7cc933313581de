"""Operations written as classes: their values, their code, and why there may be none."""

import pickle

import numpy as np
import pytest

from tests.scalar import custom_ops
from tests.scalar.custom_ops import Both, Digits, Exponential, Halving, Helped, Leaky, Mixed, Neighbour, Refusing, Whim, Whole, made
from theano import scalar
from theano.errors import CompileError, MethodNotDefined
from theano.scalar import UnaryScalarOp, float64, upcast_out, upgrade_to_float
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace
from theano.scalar.number import Number


def traced(op, *arrays):
    trace = Trace()
    found = op.trace(trace, *(trace.leaf("input", a.dtype.name, k) for k, a in enumerate(arrays)))
    return evaluate(found if isinstance(found, tuple) else (found,), lambda leaf: arrays[leaf.data])


FLOATS = np.array([-2.5, -1.0, -0.3, 0.0, 0.7, 1.0, 2.0, 3.5])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "bool"])
@pytest.mark.parametrize("op", [made(Leaky), made(Helped), made(Exponential)], ids=repr)
def test_functions_of_one_number_are_followed(op, dtype):
    x = FLOATS.astype(dtype)
    assert op.why_python(dtype) is None and op.has_code(dtype)
    (found,), (expected,) = traced(op, x), op.evaluate(x)
    assert found.dtype == expected.dtype == op.output_dtypes(dtype)[0]
    np.testing.assert_allclose(found, expected, rtol={"float16": 1e-3, "float32": 1e-6}.get(expected.dtype.name, 1e-12))


def test_functions_of_two_numbers_are_followed():
    x, y = (grid.ravel() for grid in np.meshgrid(FLOATS, [-1.5, 0.0, 0.7, 4.0, np.nan]))
    mixed = made(Mixed)
    np.testing.assert_allclose(traced(mixed, x, y)[0], mixed.evaluate(x, y)[0], rtol=1e-12)
    a, b = (grid.ravel() for grid in np.meshgrid(np.arange(-20, 20), np.arange(-3, 4)))
    whole = made(Whole, upcast_out)
    assert whole.why_python("int64", "int64") is None
    np.testing.assert_array_equal(traced(whole, a, b)[0], whole.evaluate(a, b)[0])


def test_results_wrap_as_integers_do():
    class Large(UnaryScalarOp):
        def impl(self, x):
            return x * 2**70 + x * 100 if x > 2 else x * 100

    large = Large(upcast_out)
    assert large.evaluate(np.array([1, 2, 3], "int8"))[0].tolist() == [100, -56, 44]
    assert "differs" in large.why_python("int8") or "cannot be followed" in large.why_python("int8")


def test_several_results():
    both = Both(name="both")
    assert both.output_dtypes("float32", "float64") == ("float32", "bool") and both(2.0, 3.0) == (6.0, True)
    product, less = traced(both, FLOATS, -FLOATS)
    assert product.tolist() == (-FLOATS * FLOATS).tolist() and less.tolist() == (FLOATS < 0).tolist()


def test_rules_of_types():
    assert Leaky(name="l").output_dtypes("int8") == ("int8",), "the common type, unless something else is said"
    assert made(Leaky).output_dtypes("int8") == ("float32",)

    class Fixed(UnaryScalarOp):
        output_types_preference = staticmethod(lambda x: [scalar.int16])

        def impl(self, x):
            return x

    assert Fixed().output_dtypes("float64") == ("int16",) and Fixed()(3.7) == 3.7


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        (made(Digits), "asks for its value"),
        (made(Halving), "more than 12 conditions"),
        (made(Whim), "differs from impl at"),
        (made(Refusing), "it raises ValueError"),
        (made(Neighbour), "nextafter"),
    ],
    ids=repr,
)
def test_what_cannot_be_followed_says_why(op, reason):
    given = ("float64",) * op.nin
    assert reason in op.why_python(*given) and not op.has_code(*given)
    trace = Trace()
    with pytest.raises(CompileError, match="cannot be compiled"):
        op.trace(trace, *(trace.leaf("input", "float64", k) for k in range(op.nin)))


def test_too_many_ways():
    class Bits(UnaryScalarOp):
        def impl(self, x):
            return sum(k for k in range(8) if x > k)

    assert "more than 32 ways" in Bits(upcast_out).why_python("int64")


def test_numbers_without_code():
    assert "complex64" in made(Leaky).why_python("complex64") and "uint64" in made(Leaky).why_python("uint64")
    assert made(Leaky).evaluate(np.array([3], "uint64"))[0].tolist() == [3.0]


def test_tracing_leaves_the_function_as_it_was():
    made(Helped).why_python("float32")
    assert custom_ops.helper(4.0) == pytest.approx(2.0 + np.exp(-4.0)) and custom_ops.math.sqrt(4.0) == 2.0
    with pytest.raises(TypeError, match="asks for its value"):
        float(Number(Trace().leaf("input", "float64", 0)))


def test_identity_and_pickling():
    leaky = made(Leaky)
    assert leaky == made(Leaky) and hash(leaky) == hash(made(Leaky)) and leaky != made(Leaky, upcast_out) and leaky != made(Helped)
    assert leaky.has_code("float64")
    again = pickle.loads(pickle.dumps(leaky))
    assert again == leaky and again(-1.0) == leaky(-1.0) and again.has_code("float64")
    assert str(leaky) == leaky.name == "leaky" and (leaky.nin, leaky.nout) == (1, 1)


def test_derivatives_in_scalar_variables():
    x = float64("x")
    out = made(Leaky)(x)
    (by_x,) = out.owner.op.L_op([x], [out], [float64("g")])
    assert out.type == float64 and by_x.type == float64
    with pytest.raises(MethodNotDefined, match="neighbour has no gradient"):
        made(Neighbour).L_op([x, x], [x], [x])


def test_what_computes_nothing_is_refused():
    class OnlyC(UnaryScalarOp):
        def c_code(self, node, name, inputs, outputs, sub):
            return f"{outputs[0]} = {inputs[0]};"

    with pytest.raises(MethodNotDefined, match=r"OnlyC has c_code and no impl(.|\n)*write OnlyC\.impl"):
        OnlyC(upgrade_to_float)

    class Nothing(UnaryScalarOp):
        pass

    with pytest.raises(MethodNotDefined, match="neither impl nor nfunc_spec"):
        Nothing()
    with pytest.raises(TypeError, match="leaky takes 1 arguments, 2 were given"):
        made(Leaky).make_node(1.0, 2.0)
