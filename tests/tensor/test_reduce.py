"""Reductions: values against NumPy, dtypes, accumulators, patterns, derivatives."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.derivatives import check_gradient, pullback
from theano.flags import config
from theano.graph import NullType
from theano.scalar import OPS
from theano.tensor.positions import MaxAndArgmax
from theano.tensor.reduce import All, Any_, CAReduce, Max, Min, Prod, ProdWithoutZeros, Sum, Supremum

DATA = Path(__file__).resolve().parents[1] / "data"
DTYPES = json.loads((DATA / "dtypes.json").read_text())
KINKS = json.loads((DATA / "kinks.json").read_text())

NUMPY = {
    "sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "any": np.any, "all": np.all, "mean": np.mean,
    "std": np.std, "var": np.var,
}  # fmt: skip
AXES = [None, 0, 1, -1, 2, (0, 1), [0, -1], (0, 1, 2), (-2,), ()]


def array(dtype, shape=(2, 3, 4), seed=0):
    random = np.random.default_rng(seed)
    if dtype == "bool":
        return random.random(shape) < 0.7
    value = random.integers(0, 4, size=shape) if "int" in dtype else random.normal(size=shape) * 2
    return value.astype(dtype)


# ------------------------------------------------------------------ values


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", NUMPY)
@pytest.mark.parametrize("keepdims", [False, True])
def test_values_are_numpys(name, axis, keepdims):
    value = array("float64")
    x = T.dtensor3("x")
    result = getattr(T, name)(x, axis=axis, keepdims=keepdims)
    expected = NUMPY[name](value, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    found = evaluate(result, {x: value})
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_nan_wins():
    x, value = T.dvector(), np.array([1.0, np.nan, 3.0, np.nan])
    results = evaluate([T.max(x), T.min(x), *T.max_and_argmax(x), T.argmin(x)], {x: value})
    np.testing.assert_array_equal(results, [np.nan, np.nan, np.nan, 1, 1])


def test_empty():
    x = T.dmatrix()
    empty = {x: np.zeros((0, 3))}
    np.testing.assert_array_equal(evaluate(x.sum(), empty), 0)
    np.testing.assert_array_equal(evaluate(x.prod(0), empty), [1, 1, 1])
    np.testing.assert_array_equal(evaluate(x.all(0), empty), [True] * 3)
    np.testing.assert_array_equal(evaluate(x.any(), empty), False)
    assert evaluate(x.max(1), empty).shape == (0,)
    np.testing.assert_array_equal(evaluate(x.mean(), empty), np.nan)
    for result in (x.max(), x.min(0), x.argmax(), T.argmin(x, 0)):
        with pytest.raises(ValueError):
            evaluate(result, empty)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "float64"])
def test_the_supremum_of_nothing_is_the_least_number(dtype):
    x = T.TensorType(dtype, (False, False))()
    least = {"bool": False, "int8": -128, "uint16": 0}.get(dtype, -np.inf)
    for f in (theano.function([x], Supremum(1)(x)), lambda value: evaluate(Supremum(1)(x), {x: value})):
        np.testing.assert_array_equal(f(np.zeros((2, 0), dtype)), [least, least])
        np.testing.assert_array_equal(f(np.ones((2, 3), dtype)), [1, 1])


@given(st.lists(st.integers(0, 3), min_size=0, max_size=3), st.data())
def test_any_shape_and_axes(shape, data):
    axes = data.draw(st.sets(st.integers(-len(shape), len(shape) - 1))) if shape else set()
    axes = {a % len(shape) for a in axes}
    value = array("int32", shape)
    x = T.TensorType("int32", (False,) * len(shape))()
    np.testing.assert_array_equal(evaluate(T.sum(x, axis=tuple(axes)), {x: value}), value.sum(axis=tuple(axes)))


# ------------------------------------------------------------------ types


@pytest.mark.parametrize("dtype", DTYPES["sum_dtypes"])
@pytest.mark.parametrize("name", ["sum", "prod"])
def test_dtypes_of_results_and_accumulators(name, dtype):
    result = getattr(T, name)(T.TensorType(dtype, (False,))())
    assert [result.dtype, result.owner.op.acc_dtype] == DTYPES["sum_dtypes"][dtype][name]


NAMED = [
    "sum", "prod", "max", "min", "any", "all", "mean", "var", "std", "argmax", "argmin", "ptp", "argsort", "sort", "cumsum", "cumprod",
    "bincount", "nonzero_values",
]  # fmt: skip


@pytest.mark.parametrize("floatx", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMED)
def test_dtypes_are_the_classic_ones(name, floatx):
    file = DATA / ("dtypes.json" if floatx == "float64" else "dtypes.float32.json")
    for dtype, expected in json.loads(file.read_text())["unary"][name].items():
        if not expected.startswith("!"):
            with config.change_flags(floatX=floatx):
                assert getattr(T, name)(T.TensorType(dtype, (False,))()).dtype == expected, dtype


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "float16", "float32"])
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "any", "all"])
def test_values_of_narrow_dtypes(name, dtype):
    value = array(dtype)
    x = T.TensorType(dtype, (False,) * 3)()
    wide = (
        value
        if dtype == "bool" and name not in ("sum", "prod", "mean")
        else value.astype("float64" if "float" in dtype or name == "mean" else "int64")
    )
    expected = NUMPY[name](wide, axis=1)
    np.testing.assert_allclose(evaluate(getattr(T, name)(x, axis=1), {x: value}), expected, rtol=2e-3 if dtype == "float16" else 1e-6)


def test_float32_is_accumulated_in_float64():
    x, value = T.fvector(), np.array([2.0**24, 1, 1, -(2.0**24)], "float32")
    assert evaluate(T.sum(x), {x: value}) == 2
    assert evaluate(T.sum(x, dtype="float64"), {x: value}).dtype == np.float64


def test_dtype_and_accumulator_may_be_given():
    x = T.bvector("x")
    assert T.sum(x, dtype="float32").owner.op.acc_dtype == "int64" and T.sum(x, dtype="float32").dtype == "float32"
    assert T.sum(x, acc_dtype="float64").owner.op.acc_dtype == "float64"
    with pytest.raises(TypeError, match="accumulator"):
        T.sum(T.lvector(), acc_dtype="int8")
    with pytest.raises(TypeError, match="accumulator"):
        T.sum(T.dvector(), acc_dtype="float32")
    with pytest.raises(TypeError):
        T.sum(T.zvector(), dtype="float64")


def test_axes_are_checked():
    for bad in (2, -3, (0, 5)):
        with pytest.raises(ValueError):
            T.sum(T.dmatrix(), axis=bad)
    for bad in (0.5, "0", [1.5]):
        with pytest.raises(TypeError):
            T.sum(T.dmatrix(), axis=bad)
    assert T.sum(T.dmatrix(), axis=T.constant(1)).owner.op.axis == (1,)


def test_classic_attributes_and_equality():
    x = T.fmatrix()
    assert x.sum().owner.op == Sum(None, "float32", "float64") and x.sum().owner.op.axis is None
    assert x.sum(-1).owner.op == x.sum(axis=[1]).owner.op and x.sum(1).owner.op.axis == (1,)
    assert x.sum(1).owner.op.scalar_op is OPS["add"] and x.max(1).owner.op == Max((1,)) and x.max(0).owner.op != x.min(0).owner.op
    assert CAReduce(OPS["add"], 1)(x).owner.op.axis == (1,) and CAReduce(OPS["add"], -1)(x).owner.op.axis == (1,)
    assert MaxAndArgmax(-1)(x)[0].owner.op.axis == (1,)
    assert str(x.sum(1).owner.op) == "Sum{axis=[1], acc_dtype=float64}" and str(Any_()) == "Any" and str(Min([0])) == "Min{axis=[0]}"
    for op in (Sum(1, "float32"), Prod(0, no_zeros_in_input=True), Max(), All((0, 1)), CAReduce(OPS["mul"], 0), MaxAndArgmax(1)):
        assert pickle.loads(pickle.dumps(op)) == op and hash(pickle.loads(pickle.dumps(op))) == hash(op)
    assert Prod(no_zeros_in_input=True) != Prod()
    with pytest.raises(NotImplementedError):
        CAReduce(OPS["sub"])


def test_plain_folds():
    x, value = T.bmatrix("x"), np.array([[3, 5], [6, 1]], "int8")
    for name, fold in (("and_", np.bitwise_and), ("or_", np.bitwise_or), ("xor", np.bitwise_xor), ("add", np.add), ("maximum", np.maximum)):
        result = CAReduce(OPS[name], 0)(x)
        assert result.dtype == "int8"
        np.testing.assert_array_equal(evaluate(result, {x: value}), fold.reduce(value, axis=0))


def test_infer_shape():
    x = T.dtensor3()
    sizes = T.lscalars(3)
    for result in (x.sum(1), x.max(1), T.argmax(x, 1)):
        assert result.owner.op.infer_shape(result.owner, [sizes])[0] == (sizes[0], sizes[2])


# ------------------------------------------------------------------ derivatives

PAIRS = [((3,), None), ((2, 3), 0), ((2, 3), -1), ((2, 3, 2), (0, 2)), ((1, 3), 0), ((), None), ((2, 3), ())]


@pytest.mark.parametrize(("shape", "axis"), PAIRS, ids=str)
@pytest.mark.parametrize("op", [Sum, Prod, Max, Min, lambda axis: Prod(axis, no_zeros_in_input=True)])
def test_gradients(op, shape, axis):
    check_gradient(op(axis), [np.random.default_rng(0).normal(size=shape) + 0.1], rtol=1e-4)


@pytest.mark.parametrize("name", ["add", "mul", "maximum", "minimum"])
def test_gradients_of_plain_folds(name):
    check_gradient(CAReduce(OPS[name], 1), [np.random.default_rng(0).normal(size=(2, 3)) + 0.1], rtol=1e-4)


@pytest.mark.parametrize("values", [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0]])
def test_gradient_of_prod_with_zeros(values):
    check_gradient(Prod(1), [[values, [1.0, 0.0, 5.0]]])


def test_gradients_at_zeros_and_ties_are_the_classic_ones():
    x, ties = T.dmatrix(), np.array([[2.0, 2.0, 1.0], [1.0, 3.0, 3.0]])
    assert KINKS["ties"] == [[3, 3, 1], [2, 5, 5]]
    ties = np.array(KINKS["ties"])
    for name, result in (("max(axis=1)", T.max(x, axis=1)), ("max()", T.max(x)), ("min(axis=0)", T.min(x, axis=0))):
        for node_output in (result, MaxAndArgmax(result.owner.op.axis)(x)[0] if "max" in name else result):
            (gradient,), g = pullback(node_output, [x])
            ones = np.ones(evaluate(result, {x: ties}).shape)
            assert evaluate(gradient, {x: ties, g: ones}).tolist() == KINKS[name]
    zeros = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]])
    (gradient,), g = pullback(T.prod(x, axis=1), [x])
    assert evaluate(gradient, {x: zeros, g: np.ones(2)}).tolist() == KINKS["prod with zeros"]


def test_gradients_keep_the_dtype():
    x = T.fmatrix()
    for result in (x.sum(), x.sum(dtype="float64"), x.prod(0), x.max(1), CAReduce(OPS["add"])(x)):
        (gradient,), _ = pullback(result, [x])
        assert gradient.type == x.type


def test_integers_and_truth_values_pass_zeros():
    i = T.bmatrix()
    for result in (i.sum(), i.prod(0), i.max(1), i.any(), T.all(T.dmatrix(), 0), T.argmax(i, 1)):
        node = result.owner
        (gradient,) = node.op.L_op(node.inputs, node.outputs, [out.type() for out in node.outputs])
        assert gradient.dtype == config.floatX and gradient.ndim == 2
    x = T.bvector()
    (gradient,), g = pullback(x.sum(dtype="float64"), [x])
    np.testing.assert_array_equal(evaluate(gradient, {x: [1, 2], g: 3.0}), [3, 3])


def test_the_second_derivative_of_prod_needs_a_promise():
    x = T.dvector()
    (gradient,), _ = pullback(ProdWithoutZeros(0)(x), [x])
    assert isinstance(gradient.type, NullType) and "no_zeros_in_input" in gradient.type.why_null
    y, value = T.dvector(), np.array([0.0, 2.0, 3.0])
    assert evaluate(ProdWithoutZeros()(y), {y: value}) == 6
