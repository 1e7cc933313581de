"""Operators, methods and identities of tensor variables; constants; conversion."""

import copy
import operator
import pickle

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from theano.errors import ShapeError
from theano.flags import config
from theano.graph import Variable
from theano.tensor import TensorConstant, TensorSharedVariable, TensorVariable, as_tensor_variable, constant, weak_constants

KINDS = [T.dvector("x"), constant(np.ones(3)), T.shared(np.ones(3))]


# ------------------------------------------------------------------ what variables are


def test_the_three_kinds_are_siblings():
    classes = [TensorVariable, TensorConstant, TensorSharedVariable]
    for variable, own in zip(KINDS, classes):
        assert isinstance(variable, Variable)
        assert [isinstance(variable, cls) for cls in classes] == [cls is own for cls in classes]


@pytest.mark.parametrize("x", KINDS)
def test_equality_is_identity(x):
    assert (x == x) is True and (x != x) is False
    assert (x == T.dvector("x")) is False and (x == np.ones(3)) is False and (x != 1) is True
    assert x in [T.dvector(), x] and {x: 1}[x] == 1
    assert (np.ones(3) == x) is False


def test_any_attribute_may_be_set():
    x = T.dscalar()
    x.anything = x.tag.else_ = 3
    assert x.anything == x.tag.else_ == 3


def test_clone_and_copy():
    x = T.dmatrix("x")
    x.tag.note = "kept"
    assert x.clone().name == "x" and x.clone().tag.note == "kept" and x.clone() is not x
    y = x.copy("y")
    assert y.name == "y" and y.owner.inputs == [x] and not hasattr(y.tag, "note") and x.copy().name is None


@pytest.mark.parametrize("x", KINDS)
def test_variables_pickle(x):
    again, twin = pickle.loads(pickle.dumps([x + 1, x]))
    assert again.type == (x + 1).type and again.owner.inputs[0] is twin and type(twin) is type(x)
    assert again.owner.op is (x + 1).owner.op
    assert type(copy.deepcopy(x)) is type(x)


# ------------------------------------------------------------------ operators

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
LOGIC = [operator.and_, operator.or_, operator.xor]


@pytest.mark.parametrize("apply", BINARY + COMPARISONS)
@pytest.mark.parametrize("other", [2, 2.5, np.float64(2.5), np.array([1.0, 2.0, 4.0]), [1, 2, 3]])
def test_operators_take_numbers_and_arrays_on_either_side(apply, other):
    x, value = T.dvector("x"), np.array([1.5, 2.0, 3.25])
    for left, right, expected in (
        (x, other, apply(value, other)),
        (other, x, apply(np.asarray(other, dtype="float64"), value)),
    ):
        result = apply(left, right)
        assert isinstance(result, TensorVariable) and result.ndim == 1
        np.testing.assert_allclose(evaluate(result, {x: value}), expected, rtol=1e-12)


@pytest.mark.parametrize("apply", LOGIC)
def test_logic(apply):
    x, y = T.lvector("x"), T.lvector("y")
    a, b = np.array([5, 3, 8]), np.array([1, 2, 12])
    np.testing.assert_array_equal(evaluate(apply(x, y), {x: a, y: b}), apply(a, b))
    np.testing.assert_array_equal(evaluate(apply(6, y), {y: b}), apply(6, b))
    np.testing.assert_array_equal(evaluate(apply(x < 4, y < 2), {x: a, y: b}), apply(a < 4, b < 2))


def test_unary_operators():
    x, value = T.dvector("x"), np.array([-1.5, 2.5])
    import math

    for apply, expected in (
        (operator.neg, -value), (abs, abs(value)), (math.ceil, np.ceil(value)), (math.floor, np.floor(value)),
        (math.trunc, np.trunc(value)),
    ):  # fmt: skip
        np.testing.assert_array_equal(evaluate(apply(x), {x: value}), expected)
    quotient, rest = divmod(x, 2)
    np.testing.assert_array_equal(evaluate([quotient, rest], {x: value}), divmod(value, 2))
    quotient, rest = divmod(2, x)
    np.testing.assert_array_equal(evaluate([quotient, rest], {x: value}), divmod(2, value))
    np.testing.assert_array_equal(evaluate(~(x < 0), {x: value}), [False, True])


def test_foreign_operands_get_their_turn():
    class Foreign:
        def __radd__(self, other):
            return "foreign"

    assert T.dvector() + Foreign() == "foreign"
    with pytest.raises(TypeError):
        T.dvector() + object()
    with pytest.raises(TypeError):
        T.dvector() + "text"


def test_methods_come_from_the_registry():
    x = T.dvector()
    for name in ("exp", "log", "tanh", "sqrt", "ceil", "floor", "trunc"):
        assert getattr(x, name)().owner.op is getattr(T, name)


def test_comparisons_have_no_truth_value_and_the_rest_is_true():
    x, y = T.dscalars("x", "y")
    for result in (x < y, x <= y, x > y, x >= y):
        with pytest.raises(TypeError, match="switch"):
            bool(result)
    assert x and (x + y) and T.eq(x, y)
    with pytest.raises(TypeError):
        assert 0 < x < 1


def test_length_and_iteration():
    x = T.dvector()
    with pytest.raises(TypeError):
        len(x)
    for unknown in (x, T.dmatrix(), T.dscalar(), T.shared(np.ones(3))):
        with pytest.raises(TypeError):
            iter(unknown)
    assert [int(evaluate(entry)) for entry in constant([4, 5, 6])] == [4, 5, 6]
    rows, columns = T.dmatrix().shape
    assert rows.ndim == columns.ndim == 0
    assert T.get_vector_length(constant([1, 2]) * 3) == 2
    with pytest.raises(ValueError):
        T.get_vector_length(x)


# ------------------------------------------------------------------ methods

VALUE = np.arange(6, dtype="float64").reshape(2, 3) - 2.5


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.T,
        lambda x: x.transpose(1, 0),
        lambda x: x.transpose((1, 0)),
        lambda x: x.transpose(),
        lambda x: x.sum(),
        lambda x: x.mean(axis=0),
        lambda x: x.prod(axis=1, keepdims=True),
        lambda x: x.max(1),
        lambda x: x.argmin(0),
        lambda x: x.std(0),
        lambda x: x.var(1),
        lambda x: x.ptp(0) if isinstance(x, Variable) else np.ptp(x, 0),
        lambda x: x.clip(-1, 1),
        lambda x: x.astype("float32"),
        lambda x: x.flatten(),
        lambda x: x.ravel(),
        lambda x: x.reshape((3, 2)),
        lambda x: x.swapaxes(0, 1),
        lambda x: x.round(),
        lambda x: x.copy(),
        lambda x: x.any(0),
        lambda x: x.all(),
        lambda x: x[1, ::2],
        lambda x: x.real,
        lambda x: x.conj(),
        lambda x: x.size,
    ],
)
def test_methods_mean_what_numpys_mean(call):
    x = T.dmatrix("x")
    np.testing.assert_allclose(evaluate(call(x), {x: VALUE}), call(VALUE), rtol=1e-12)


def test_facts():
    x = T.frow()
    assert (x.dtype, x.ndim, x.broadcastable, x.static_shape) == ("float32", 2, (True, False), (1, None))
    assert x.shape.type == T.lvector and x.size.type == T.lscalar and T.dscalar().size.data == 1


@pytest.mark.parametrize("order", [0, 1, 2, 3, np.inf, -np.inf])
def test_norm(order):
    x, value = T.dvector("x"), np.array([3.0, 0.0, -4.0])
    np.testing.assert_allclose(evaluate(x.norm(order), {x: value}), np.linalg.norm(value, order))
    assert T.dmatrix().norm(order, axis=1, keepdims=True).broadcastable == (False, True)


def test_dimshuffle():
    x = T.dmatrix("x")
    for pattern in ((1, 0), ("x", 0, 1), (0, "x", 1)):
        value = evaluate(x.dimshuffle(*pattern), {x: VALUE})
        np.testing.assert_array_equal(value, evaluate(x.dimshuffle(pattern), {x: VALUE}))
        kept = VALUE.transpose([p for p in pattern if p != "x"])
        np.testing.assert_array_equal(value, np.expand_dims(kept, [i for i, p in enumerate(pattern) if p == "x"]))


def test_a_vector_transposed_is_the_vector():
    x = T.dvector("x")
    assert x.T.type == x.type
    np.testing.assert_array_equal(evaluate(x.T, {x: [1.0, 2.0]}), [1, 2])


# ------------------------------------------------------------------ constants


def test_arrays_are_copied():
    value = np.ones(3)
    x = constant(value)
    value[0] = 5
    assert x.data[0] == 1


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (0, "int8"), (127, "int8"), (128, "int16"), (-129, "int16"), (40000, "int32"), (3 * 10**9, "int64"),
        (10**12, "int64"), (2**63, "uint64"),
        (0.5, "float32"), (0.1, "float64"), (1e40, "float64"), (1j, "complex128"), (np.int64(1), "int64"), (np.int8(1), "int8"),
        (np.float32(0.1), "float32"), (np.float64(0.5), "float64"), (np.array(True), "bool"), ([1, 2], "int64"), ([0.5], "float64"),
    ],
)  # fmt: skip
def test_dtypes_of_constants(value, dtype):
    assert as_tensor_variable(value).dtype == constant(value).dtype == dtype


def test_floatx_decides_for_python_floats_only():
    with config.change_flags(floatX="float32"):
        assert constant(0.1).dtype == "float32" and constant(np.float64(0.1)).dtype == "float64"
        assert (T.fvector() + 0.1).dtype == "float32" and (T.fvector() + np.float64(0.1)).dtype == "float64"
    assert (T.fvector() + 1.5).dtype == "float32" and (T.fvector() + 1.1).dtype == "float64"
    assert (T.bvector() + 200).dtype == "int16" and (T.ivector() + 1).dtype == "int32"


def test_bare_truth_values_are_refused():
    for make in (as_tensor_variable, lambda b: T.dvector() + b):
        with pytest.raises(TypeError):
            make(True)
    assert as_tensor_variable(np.array(True)).dtype == as_tensor_variable(np.bool_(True)).dtype == "bool"


def test_pattern_of_constants():
    assert constant(np.ones((1, 3, 1))).broadcastable == (True, False, True)
    assert constant(np.ones((0, 1))).broadcastable == (False, True)


def test_ndim_adds_and_removes_leading_dimensions():
    assert as_tensor_variable([1.0, 2.0], ndim=2).broadcastable == (True, False)
    assert as_tensor_variable([[1.0, 2.0]], ndim=1).broadcastable == (False,)
    assert as_tensor_variable(T.dvector(), ndim=2).broadcastable == (True, False)
    assert as_tensor_variable(T.drow(), ndim=1).broadcastable == (False,)
    for bad in (np.ones((2, 3)), T.dmatrix()):
        with pytest.raises(ValueError):
            as_tensor_variable(bad, ndim=1)


def test_lists_of_variables_are_stacked():
    x, y = T.dscalars("x", "y")
    np.testing.assert_array_equal(evaluate(as_tensor_variable([x, 2.0, y]), {x: 1, y: 3}), [1, 2, 3])


@pytest.mark.parametrize("bad", [object(), "text", np.array(["a"]), np.ma.masked_array([1], [True]), [[1], [2, 3]], None])
def test_what_is_no_tensor_is_refused(bad):
    with pytest.raises(TypeError):
        as_tensor_variable(bad)


def test_signatures_tell_bits_apart():
    same = [constant(np.array([np.nan, 1.0])) for _ in range(2)]
    assert same[0].signature() == same[1].signature() and hash(same[0].signature()) == hash(same[1].signature())
    assert same[0].equals(same[1]) and same[0].equals(np.array([np.nan, 1.0]))
    others = [constant(v) for v in (0.0, -0.0, np.float64(0), 0, np.zeros(1), np.zeros((1, 1)), np.zeros(2))]
    signatures = {c.signature() for c in others}
    assert len(signatures) == len(others)


def test_text_of_constants():
    assert str(constant(2)) == "TensorConstant{2}"
    assert str(constant(np.ones((2, 3)))) == "TensorConstant{(2, 3) of 1.0}"
    assert str(constant([1, 2, 3])) == "TensorConstant{[1 2 3]}"
    assert len(str(constant(np.arange(1000)))) < 60 and str(constant(2, name="two")) == "two"


def test_foreign_byte_order_becomes_native():
    x = constant(np.arange(3, dtype=np.dtype("float32").newbyteorder()))
    assert x.dtype == "float32" and x.data.dtype.isnative
    np.testing.assert_array_equal(x.data, [0, 1, 2])


# ------------------------------------------------------------------ weak constants


def test_weak_constants_never_widen():
    with weak_constants():
        assert (T.fvector() + 0.1).dtype == "float32" and (T.fvector() * np.float64(0.1)).dtype == "float32"
        assert (T.bvector() + 3).dtype == "int8" and (0.5 * T.bvector()).dtype == "float64"
        assert T.switch(T.fvector(), 0.1, T.fvector()).dtype == "float32"
        assert (T.fvector() + T.dscalar()).dtype == "float64"
    assert (T.fvector() + 0.1).dtype == "float64"


def test_the_weak_cast_policy():
    with config.change_flags(cast_policy="weak"):
        assert (T.fvector() + 0.1).dtype == "float32" and (T.fvector() + np.float64(0.1)).dtype == "float64"


# ------------------------------------------------------------------ static shapes


def test_static_shapes_follow_the_graph():
    known = constant(np.ones((2, 3)))
    assert (known + T.dmatrix()).static_shape == (2, 3)
    assert (known + T.dvector()).T.static_shape == (3, 2)
    assert known.sum(axis=0).static_shape == (3,)
    assert (T.dmatrix() + 1).static_shape == (None, None)


def test_contradictory_static_shapes_are_refused_with_the_users_line():
    x, y = constant(np.ones((2, 3)), name="x"), constant(np.ones((4, 3)), name="y")
    with pytest.raises(ShapeError) as caught:
        x + y
    text = str(caught.value)
    assert "x" in text and "float64 (2, 3)" in text and "float64 (4, 3)" in text and "test_variable.py" in text


def test_replacing_a_constant_forgets_its_shape():
    from theano.graph import clone_replace

    x, v = constant(np.ones(3)), T.dvector("v")
    out = T.exp(x + T.dvector())
    assert out.static_shape == (3,)
    assert clone_replace(out, {x: v}).static_shape == (None,)
