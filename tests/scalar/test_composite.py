"""Graphs of scalar variables as one operation."""

import pickle

import numpy as np
import pytest

from theano import scalar
from theano.errors import CompileError, MissingInputError, VariableTypeError
from theano.graph import NullType
from theano.scalar import Composite, constant, float32, float64, int8
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace


def both(kind=float64):
    x, y = kind("x"), kind("y")
    shared = scalar.exp(x * y)
    return Composite([x, y], [shared + shared * 2, shared - y, y])


def test_values_and_text():
    op = both()
    assert (op.nin, op.nout) == (2, 3) and op(0.0, 2.0) == (3.0, -1.0, 2.0)
    assert str(op) == "Composite{t0 = exp((i0 * i1)), (t0 + (t0 * 2)), (t0 - i1), i1}"
    assert op.output_dtypes("float64", "float64") == ("float64",) * 3


def test_equal_by_structure():
    assert both() == both() and hash(both()) == hash(both()) and both() != both(float32)
    x, y = float64(), float64()
    assert Composite([x, y], [x - y]) != Composite([y, x], [x - y]) and Composite([x], [x + 1]) != Composite([x], [x + 2])
    assert Composite([x], [x + constant(1, dtype="int8")]) != Composite([x], [x + constant(1, dtype="int16")])


def test_composites_inside_are_taken_apart():
    x, y = float64("x"), float64("y")
    first, second, _ = both()(x, y)
    outer = Composite([x, y], [first * second])
    assert str(outer) == "Composite{t0 = exp((i0 * i1)), ((t0 + (t0 * 2)) * (t0 - i1))}"
    assert outer(0.0, 2.0) == -3.0


def test_pickling():
    again = pickle.loads(pickle.dumps(both()))
    assert again == both() and again(0.0, 2.0) == (3.0, -1.0, 2.0)


@pytest.mark.parametrize("dtypes", [("float64", "float64"), ("float32", "float32"), ("int8", "float16"), ("bool", "int64")])
def test_code_agrees_with_values(dtypes):
    op, trace = both(), Trace()
    arrays = [np.array([0, 1, 2, -3]).astype(dtypes[0]), np.array([0, 0.5, 1, 2]).astype(dtypes[1])]
    found = evaluate(op.trace(trace, *(trace.leaf("input", d, k) for k, d in enumerate(dtypes))), lambda leaf: arrays[leaf.data])
    for code, value, dtype in zip(found, op.evaluate(*arrays), op.output_dtypes(*dtypes), strict=True):
        assert code.dtype == value.dtype == dtype
        np.testing.assert_allclose(code, value, rtol=1e-3 if dtype == "float16" else 1e-6)


def test_constants_keep_their_dtypes():
    x = int8("x")
    op = Composite([x], [x + 200, constant(3.5)])
    assert op.output_dtypes("int8") == ("int16", "float32")
    total, alone = op.trace(trace := Trace(), trace.leaf("input", "int8", 0))
    assert total.dtype == "int16" and alone.dtype == "float32" and op(np.int8(100))[0] == 300


def test_what_has_no_code_says_which_operation():
    x = float64("x")
    op = Composite([x], [scalar.jv(1.0, x) + 1.0])
    assert op.why_python("float64") == "jv: it is declared without code for float32, float64" and op(0.0) == 1.0
    with pytest.raises(CompileError, match="jv"):
        op.trace(trace := Trace(), trace.leaf("input", "float64", 0))


def test_gradients():
    x, y, *seeds = (float64(name) for name in "xyabc")
    op = both()
    by_x, by_y = op.L_op([x, y], op(x, y), seeds)
    value = Composite([x, y, *seeds], [by_x, by_y])(0.5, 2.0, 1.0, 10.0, 100.0)
    e = np.exp(1.0)
    np.testing.assert_allclose(value, [3 * 2 * e + 10 * 2 * e, 3 * 0.5 * e + 10 * (0.5 * e - 1) + 100], rtol=1e-12)


def test_unknown_derivatives_stay_unknown():
    x, n, g = float64("x"), float64("n"), float64("g")
    op = Composite([n, x], [scalar.jv(n, x) * 2.0])
    by_n, by_x = op.L_op([n, x], [op(n, x)], [g])
    assert isinstance(by_n.type, NullType) and by_x.type == float64


def test_what_is_refused():
    x, y = float64("x"), float64("y")
    with pytest.raises(MissingInputError, match="y is used, and is not among the inputs"):
        Composite([x], [x + y])
    with pytest.raises(VariableTypeError, match="no scalar variable"):
        Composite([x], [1.0])
