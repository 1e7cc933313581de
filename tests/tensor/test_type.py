"""Tensor types: identity, conversion between them, and which values they take."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import theano.tensor as T
from theano.dtypes import ALL
from theano.flags import config
from theano.tensor import TensorType
from theano.tensor.type import tensor_type, values_eq_approx, values_eq_approx_remove_inf, values_eq_approx_remove_nan

REAL = [dtype for dtype in ALL if not dtype.startswith("complex")]


# ------------------------------------------------------------------ identity


def test_equal_types_hash_alike_and_others_differ():
    types = [TensorType(dtype, pattern) for dtype in ("float32", "int8") for pattern in ((), (False,), (True,), (False, True))]
    again = [TensorType(t.dtype, [int(b) for b in t.broadcastable]) for t in types]
    assert again == types
    assert list(map(hash, again)) == list(map(hash, types))
    assert all((a == b) == (a is b) for a, b in itertools.product(types, types))


def test_a_subclass_is_another_type():
    class Image(TensorType):
        pass

    assert Image("float32", (False,)) != TensorType("float32", (False,))
    assert isinstance(Image("float32", (False,)).clone(dtype="int8"), Image)


def test_pattern_entries_are_taken_by_their_truth():
    assert TensorType("int8", [2, 0, "x"]).broadcastable == (True, False, True)


def test_floatx_is_read_when_the_type_is_made():
    with config.change_flags(floatX="float16"):
        assert TensorType("floatX", ()).dtype == "float16"


def test_dtypes_may_be_given_as_numpy_gives_them():
    assert TensorType(np.float32, ()) == TensorType(np.dtype("float32"), ()) == TensorType("float32", ())


@pytest.mark.parametrize("dtype", ["object", "float31", "S3", "longdouble"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(TypeError):
        TensorType(dtype, ())


def test_types_are_interned_and_survive_pickling():
    assert tensor_type("int64", (True, False)) is tensor_type("int64", (True, False))
    for kept in (TensorType("int64", (True, False)), TensorType("int64", (), name="count")):
        for other in (pickle.loads(pickle.dumps(kept)), copy.deepcopy(kept)):
            assert other == kept and hash(other) == hash(kept) and str(other) == str(kept)
            assert other.filter(np.zeros((1,) * kept.ndim, "int64")).dtype == np.int64


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ((), "TensorType(float64, scalar)"),
        ((False,), "TensorType(float64, vector)"),
        ((True, False), "TensorType(float64, row)"),
        ((False, True), "TensorType(float64, col)"),
        ((False, False), "TensorType(float64, matrix)"),
        ((False,) * 4, "TensorType(float64, 4D)"),
        ((True, True), "TensorType(float64, (True, True))"),
    ],
)
def test_text(pattern, text):
    assert str(TensorType("float64", pattern)) == text
    assert str(T.as_tensor_variable(TensorType("float64", pattern)())) == f"<{text}>"


def test_clone_changes_one_thing():
    row = TensorType("float64", (True, False))
    assert row.clone(dtype="int8") == TensorType("int8", (True, False))
    assert row.clone(broadcastable=(False, False)) == TensorType("float64", (False, False))


def test_is_super():
    row, matrix = TensorType("float64", (True, False)), TensorType("float64", (False, False))
    assert matrix.is_super(row) and matrix.is_super(matrix) and not row.is_super(matrix)
    assert not matrix.is_super(row.clone(dtype="float32"))
    assert not matrix.is_super(TensorType("float64", (False,)))


# ------------------------------------------------------------------ values


@pytest.mark.parametrize("dtype", ALL)
def test_an_array_of_the_type_passes_as_it_is(dtype):
    value = np.ones((2, 3), dtype)
    assert TensorType(dtype, (False, False)).filter(value) is value
    assert TensorType(dtype, (False, False)).filter(value, strict=True) is value


@pytest.mark.parametrize(("given_dtype", "wanted"), list(itertools.product(ALL, ALL)))
def test_arrays_are_upcast_and_never_downcast(given_dtype, wanted):
    """Even where the values would fit: the rule reads dtypes only."""
    type_, value = TensorType(wanted, (False,)), np.ones(2, given_dtype)
    if np.promote_types(given_dtype, wanted) == np.dtype(wanted):
        assert type_.filter(value).dtype == np.dtype(wanted)
    else:
        with pytest.raises(TypeError, match=r"astype|value\.real"):
            type_.filter(value)


@pytest.mark.parametrize(("given_dtype", "wanted"), list(itertools.product(REAL, REAL)))
def test_allow_downcast_takes_any_array_and_strict_only_its_own(given_dtype, wanted):
    type_, value = TensorType(wanted, (False,)), np.array([0, 1], given_dtype)
    assert type_.filter(value, allow_downcast=True).dtype == np.dtype(wanted)
    if given_dtype != wanted:
        with pytest.raises(TypeError, match="strict"):
            type_.filter(value, strict=True)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int8", [1, 2]),
        ("int64", [1.0]),
        ("float32", [0.5, np.nan]),
        ("bool", [0, 1]),
        ("int8", [True]),
        ("float32", []),
        ("uint8", (255,)),
    ],
)
def test_data_that_is_no_array_is_converted_without_loss(dtype, value):
    array = TensorType(dtype, (False,)).filter(value)
    assert array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array, np.asarray(value))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int8", [300]), ("int64", [1.5]), ("float32", [0.1]), ("bool", [2]), ("uint8", [-1]),
        ("float64", [2**53 + 1]), ("int64", [np.nan]),
        ("float64", [1j]), ("int64", ["1"]), ("float64", [[1], [2, 3]]), ("float64", [None]), ("int64", [2**70]),
    ],
)  # fmt: skip
def test_loss_is_refused(dtype, value):
    with pytest.raises(TypeError):
        TensorType(dtype, (False,)).filter(value)


def test_a_python_float_fits_floatx():
    single = TensorType("float32", ())
    with pytest.raises(TypeError, match="without loss"):
        single.filter(0.1)
    with config.change_flags(floatX="float32"):
        assert single.filter(0.1) == np.float32(0.1)
        with pytest.raises(TypeError):
            single.filter(0.1, allow_downcast=False)
        with pytest.raises(TypeError):
            single.filter(np.float64(0.1))
    assert TensorType("float64", ()).filter(0.1) == 0.1


def test_allow_downcast_makes_integers_of_floats():
    np.testing.assert_array_equal(TensorType("int32", (False,)).filter([1.9, -1.9], allow_downcast=True), [1, -1])


def test_rank_and_broadcastable_sizes_are_checked():
    row = TensorType("float64", (True, False))
    assert row.filter(np.zeros((1, 0))).shape == (1, 0)
    for bad in (np.zeros(3), np.zeros((1, 1, 1)), np.zeros((2, 3)), np.zeros((0, 3))):
        with pytest.raises(TypeError):
            row.filter(bad)


def test_foreign_byte_order_and_unaligned_data_are_converted():
    swapped = np.arange(3, dtype=np.dtype("float64").newbyteorder())
    unaligned = np.zeros(25, np.uint8)[1:].view("float64")
    unaligned[:] = [0, 1, 2]
    vector = TensorType("float64", (False,))
    for value in (swapped, unaligned):
        array = vector.filter(value)
        assert array.dtype.isnative and array.flags.aligned
        np.testing.assert_array_equal(array, [0, 1, 2])
    with pytest.raises(TypeError):
        vector.filter(swapped, strict=True)


def test_what_is_no_plain_data_is_refused():
    vector = TensorType("float64", (False,))
    for bad in (T.dvector(), np.ma.masked_array([1.0], [True]), "abc", object(), np.array(["a"])):
        with pytest.raises(TypeError):
            vector.filter(bad)


def test_subclasses_of_ndarray_become_arrays():
    class Special(np.ndarray):
        pass

    assert type(TensorType("float64", (False,)).filter(np.zeros(2).view(Special))) is np.ndarray


@given(hnp.arrays(st.sampled_from(["int8", "int64", "float32", "float64"]), hnp.array_shapes(min_dims=1, max_dims=1)))
def test_what_the_filter_gives_equals_what_it_was_given(value):
    for dtype in ("int8", "float32", "float64"):
        try:
            array = TensorType(dtype, (False,)).filter(value.tolist())
        except TypeError:
            continue
        np.testing.assert_array_equal(array, value)


# ------------------------------------------------------------------ comparison


def test_values_eq():
    eq = TensorType.values_eq
    nan = np.array([np.nan, 1.0])
    assert eq(nan, nan.copy()) and not eq(nan, np.array([1.0, 1.0])) and not eq(nan, nan[:1])
    assert not eq(np.ones(2), np.ones(2, "float32")) and eq(np.ones(2), np.ones(2, "float32"), force_same_dtype=False)


def test_values_eq_approx():
    a = np.array([1.0, np.inf, np.nan])
    assert values_eq_approx(a, a * (1 + 1e-12)) and not values_eq_approx(a, a * 1.001)
    assert values_eq_approx(a.astype("float16"), (a * 1.001).astype("float16"))
    assert values_eq_approx_remove_inf(a, np.array([1.0, 2.0, np.nan])) and not values_eq_approx(a, np.array([1.0, 2.0, np.nan]))
    assert values_eq_approx_remove_nan(a, np.array([1.0, np.inf, 5.0]))
    assert not values_eq_approx(np.array([1]), np.array([2])) and not values_eq_approx(a, a[:2])


# ------------------------------------------------------------------ variables


def test_filter_variable():
    row, matrix = TensorType("float64", (True, False)), TensorType("float64", (False, False))
    x = matrix("x")
    assert matrix.filter_variable(x) is x
    assert matrix.filter_variable(row("r")).type == matrix
    assert row.filter_variable(x).type == row
    constant = matrix.filter_variable([[1, 2]])
    assert constant.type == matrix and constant.data.dtype == np.float64
    for bad in (T.fmatrix(), T.dvector()):
        with pytest.raises(TypeError):
            matrix.filter_variable(bad)
    with pytest.raises(TypeError):
        matrix.filter_variable(row("r"), allow_convert=False)
