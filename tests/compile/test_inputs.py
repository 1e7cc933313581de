"""The value of an input: what is taken as it is, what is converted, what is refused, and that the refusal names the argument."""

import numpy as np
import pytest

import theano
import theano.tensor as T

DTYPES = ["int8", "int32", "int64", "float32", "float64", "bool"]
X = {rank: {dtype: T.TensorType(dtype, (False,) * rank)("value") for dtype in DTYPES} for rank in range(3)}
_functions = {}


def call(dtype, value, rank=1, **options):
    """What a function of one input makes of it: the elements plus themselves."""
    key = dtype, rank, tuple(sorted(options.items())), theano.config.floatX
    if key not in _functions:
        variable = X[rank][dtype]
        strict = options.get("strict", False)
        given = theano.In(variable, strict=strict) if strict else variable
        downcast = {k: v for k, v in options.items() if k != "strict"}
        _functions[key] = theano.function([given], [variable, T.cast(variable, "float64") * 2], name="twice", **downcast)
    kept, doubled = _functions[key](value)
    assert kept.dtype == dtype
    np.testing.assert_array_equal(kept.astype("float64") * 2, doubled)
    return kept


def refused(dtype, value, rank=1, **options):
    with pytest.raises((TypeError, ValueError)) as caught:
        call(dtype, value, rank, **options)
    text = str(caught.value)
    assert text.startswith("twice: bad argument 0 for the input value, a"), text
    assert f"value  {dtype}" in text and "test_inputs.py:" in text
    return text


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_an_array_of_the_dtype(dtype, rank):
    value = np.ones((3, 2)[:rank], dtype)
    np.testing.assert_array_equal(call(dtype, value, rank), value)


@pytest.mark.parametrize(
    ("dtype", "given"),
    [
        ("float64", "float32"), ("float64", "int32"), ("float64", "int64"), ("float64", "bool"), ("float32", "int16"), ("int64", "int8"),
        ("int64", "uint32"), ("int32", "uint8"), ("int64", "bool"), ("float64", "float16"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rank", [0, 1])
def test_an_array_of_a_lower_dtype_is_upcast(dtype, given, rank):
    value = np.ones((3,)[:rank], given)
    np.testing.assert_array_equal(call(dtype, value, rank), value)


@pytest.mark.parametrize(
    ("dtype", "given"),
    [
        ("float32", "float64"), ("float32", "int32"), ("float32", "int64"), ("int64", "float64"), ("int32", "int64"), ("int8", "uint8"),
        ("int64", "uint64"), ("bool", "int8"), ("float64", "complex128"), ("float64", "U3"), ("float64", "object"),
    ],
)  # fmt: skip
def test_an_array_of_a_higher_dtype_is_refused_even_if_it_would_fit(dtype, given):
    assert f"an array of {np.dtype(given)}" in refused(dtype, np.ones(2).astype(given))


def test_numbers_of_numpy_are_arrays_of_rank_0():
    assert call("float64", np.float64(1.5), 0) == 1.5
    assert call("float64", np.float32(1.5), 0) == 1.5
    assert call("int64", np.int64(-3), 0) == -3
    assert call("float64", np.int64(1 << 40), 0) == 1 << 40
    assert call("float32", np.float32(0.1), 0) == np.float32(0.1)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("int8", [1, 2]), ("int64", [1.0, 2.0]), ("float32", [0.5, 1]), ("float64", (1, 2)), ("float64", [0.1]), ("float32", [2**24])],
)
def test_a_list_that_converts_without_loss(dtype, value):
    np.testing.assert_array_equal(call(dtype, value), value)


@pytest.mark.parametrize(
    ("dtype", "value"), [("int8", [1, 300]), ("int64", [1.5]), ("float32", [0.1]), ("float32", [2**24 + 1]), ("bool", [2])]
)
def test_a_list_that_would_lose(dtype, value):
    assert "cannot be converted to it without loss" in refused(dtype, value)


@pytest.mark.parametrize(
    ("dtype", "value"), [("int64", 3), ("int8", 127), ("int64", 1.0), ("float64", 7), ("float64", 0.1), ("float64", True), ("bool", True)]
)
def test_a_number_that_converts_without_loss(dtype, value):
    assert call(dtype, value, 0) == value


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("int8", 300), ("int64", 1.5), ("int64", 1 << 70), ("float64", (1 << 53) + 1), ("float64", 1j), ("int64", float("nan"))],
)
def test_a_number_that_would_lose(dtype, value):
    refused(dtype, value, 0)


def test_a_python_float_is_taken_as_floatx():
    refused("float32", 0.1, 0)
    with theano.config.change_flags(floatX="float32"):
        assert call("float32", 0.1, 0) == np.float32(0.1)
        assert call("float32", 0.1, 0, allow_input_downcast=True) == np.float32(0.1)
        refused("float32", 0.1, 0, allow_input_downcast=False)
        refused("float32", np.float64(0.1), 0)
        refused("float32", np.array(0.1), 0)
        refused("float32", [0.1])


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("int64", np.array([1.7, -1.7]), [1, -1]), ("float32", np.array([0.1]), [np.float32(0.1)]), ("int8", np.array([300]), [44]),
        ("float32", [0.1], [np.float32(0.1)]), ("bool", [2, 0], [1, 0]),
    ],
)  # fmt: skip
def test_everything_is_cast_on_demand(dtype, value, expected):
    np.testing.assert_array_equal(call(dtype, value, allow_input_downcast=True), np.array(expected, dtype))
    refused(dtype, value, allow_input_downcast=False)


def test_an_input_may_differ_from_the_function():
    x, y = T.fvector("x"), T.fvector("y")
    f = theano.function([theano.In(x, allow_downcast=True), y], x + y)
    assert f(np.ones(2), np.ones(2, "float32")).dtype == "float32"
    with pytest.raises(TypeError, match="argument 1 for the input y, a float64 array of shape"):
        f(np.ones(2), np.ones(2))


def test_strict():
    value = np.ones(2)
    np.testing.assert_array_equal(call("float64", value, strict=True), value)
    for other in ([1.0, 2.0], (1.0,), np.ones(2, "float32"), np.ones(2, "int8")):
        assert "strict" in refused("float64", other, strict=True)
    assert "strict" in refused("float64", 1.0, 0, strict=True)
    assert "strict" in refused("float64", np.float64(1), 0, strict=True)


@pytest.mark.parametrize(("rank", "value"), [(1, 3.0), (1, np.ones((2, 2))), (0, np.ones(1)), (2, [1.0]), (0, [1.0]), (1, np.ones((1, 3)))])
def test_the_rank_must_be_right(rank, value):
    assert f"a value of rank {rank} is needed, one of shape {np.shape(value)} was given" in refused("float64", value, rank)


@pytest.mark.parametrize("value", [None, "text", {"a": 1}, [[1.0], [1.0, 2.0]], object()])
def test_what_is_no_array(value):
    refused("float64", value)


def test_a_variable_is_no_value():
    assert "symbolic variable" in refused("float64", T.dvector("v"))


def test_a_masked_array_is_refused():
    assert "mask" in refused("float64", np.ma.array([1.0, 2.0], mask=[True, False]))


def test_a_subclass_of_arrays():
    class Marked(np.ndarray):
        pass

    value = np.arange(3.0).view(Marked)
    assert type(call("float64", value)) is np.ndarray
    np.testing.assert_array_equal(call("float64", value), value)


class TestLayouts:
    """Whatever lies in memory in another way is read all the same."""

    base = np.arange(24.0).reshape(4, 6)

    @pytest.mark.parametrize(
        "view",
        [
            lambda a: a[::2], lambda a: a[:, ::2], lambda a: a[::-1], lambda a: a[:, ::-1], lambda a: a.T, lambda a: a[1:3, 2:5],
            lambda a: a[::-2, ::-3], lambda a: np.broadcast_to(a[:1], (3, 6)), lambda a: np.broadcast_to(a[0, 0], (2, 2)),
            np.asfortranarray,
            lambda a: a[:0], lambda a: a[:, :0], lambda a: a[1:2], lambda a: a[:, 1:2],
        ],
    )  # fmt: skip
    def test_strided(self, view):
        value = view(self.base)
        before = value.copy()
        np.testing.assert_array_equal(call("float64", value, 2), before)
        np.testing.assert_array_equal(value, before)

    @pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
    @pytest.mark.parametrize("rank", [0, 1, 2])
    def test_byte_swapped(self, dtype, rank):
        value = np.arange(12).reshape(3, 4)[(1,) * (2 - rank)].astype(dtype)
        swapped = value.astype(value.dtype.newbyteorder())
        np.testing.assert_array_equal(call(dtype, swapped, rank), value)

    @pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
    def test_unaligned(self, dtype):
        raw = np.zeros(8 * 5 + 1, "int8")[1 : 1 + 5 * np.dtype(dtype).itemsize]
        value = raw.view(dtype)
        value[:] = np.arange(5)
        assert not value.flags.aligned
        np.testing.assert_array_equal(call(dtype, value), np.arange(5))
        np.testing.assert_array_equal(call(dtype, value[3:4].reshape(()), 0), 3)

    def test_a_field_of_a_record(self):
        records = np.zeros(4, [("flag", "i1"), ("number", "f8")])
        records["number"] = np.arange(4)
        np.testing.assert_array_equal(call("float64", records["number"]), np.arange(4))

    def test_a_memory_map(self, tmp_path):
        mapped = np.memmap(tmp_path / "values", "float64", "w+", shape=(4,))
        mapped[:] = np.arange(4)
        np.testing.assert_array_equal(call("float64", mapped), np.arange(4))

    def test_empty(self):
        assert call("float64", []).shape == (0,)
        assert call("float64", np.zeros((0, 3)), 2).shape == (0, 3)


class TestBroadcastable:
    row, col = T.drow("row"), T.dcol("col")
    f = staticmethod(theano.function([row, col], row + col, name="spread"))

    def test_size_1(self):
        np.testing.assert_array_equal(self.f([[1.0, 2.0]], [[1.0], [3.0]]), [[2.0, 3.0], [4.0, 5.0]])

    @pytest.mark.parametrize("convert", [np.asarray, np.ndarray.tolist, lambda a: a.astype(">f8"), lambda a: a[:, ::-1]])
    def test_another_size(self, convert):
        with pytest.raises(TypeError, match=r"argument 0 for the input row(.|\n)*dimension 0 must be 1, a value of shape \(2, 2\)"):
            self.f(convert(np.ones((2, 2))), [[1.0]])
        with pytest.raises(TypeError, match=r"argument 1 for the input col(.|\n)*dimension 1 must be 1"):
            self.f([[1.0]], convert(np.ones((3, 2))))

    def test_size_1_does_not_stretch_where_the_type_does_not_say_so(self):
        x, y = T.dvectors("xy")
        with pytest.raises(ValueError, match="1 and 3"):
            theano.function([x, y], x + y)([1.0], [1.0, 2.0, 3.0])


def test_an_unnamed_input_is_named_by_its_type():
    with pytest.raises(TypeError, match=r"argument 0 for the input <TensorType\(float64, vector\)>"):
        theano.function([T.dvector()], [], on_unused_input="ignore")(1.0)


def test_numbers_on_the_fast_path_and_off_it():
    """0-d arguments in every form give what NumPy gives."""
    a, n = T.dscalar("a"), T.lscalar("n")
    f = theano.function([a, n], [a * n, n + 1])
    for first in (2, 2.0, np.float64(2), np.float32(2), np.int8(2), np.array(2.0), np.array(2), True + 1):
        for second in (3, 3.0, np.int64(3), np.int8(3), np.array(3), np.uint8(3)):
            product, more = f(first, second)
            assert (product, more, product.dtype, more.dtype) == (6.0, 4, "float64", "int64")
    for value in (-(2**63), 2**63 - 1):
        assert f(0.0, value)[1] == np.int64(value) + np.array([1])
