"""Which dtype comes of what: the classic rules, one test for each, in their order; then every row of the classic system's tables."""

import json
import operator
import warnings
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.classic import uncomputable
from theano import dtypes
from theano.errors import DTypeError
from theano.flags import change_flags

DATA = Path(__file__).parents[1] / "data"
TABLES = {"float64": json.loads((DATA / "dtypes.json").read_text()), "float32": json.loads((DATA / "dtypes.float32.json").read_text())}
REFUSED = "!TypeError"


def vector(dtype):
    return T.TensorType(dtype, (False,))()


def dtype_of(function, *args):
    try:
        return function(*args).dtype
    except DTypeError:
        return REFUSED


def value_of(function, *arrays):
    arguments = [T.TensorType(np.asarray(a).dtype.name, (False,) * np.ndim(a))() for a in arrays]
    return theano.function(arguments, function(*arguments))(*arrays)


# ------------------------------------------------------------------------------------ the rules


@pytest.mark.parametrize(
    ("number", "dtype"),
    [
        (127, "int8"), (128, "int16"), (-128, "int8"), (-129, "int16"), (40000, "int32"), (2**31, "int64"), (2**63 - 1, "int64"),
        (2**63, "uint64"),
    ],
)  # fmt: skip
def test_a_python_int_becomes_the_smallest_that_holds_it(number, dtype):
    assert T.as_tensor_variable(number).dtype == dtype
    assert (T.bvector() + 200).dtype == "int16" and (T.ivector() + 1).dtype == "int32"


def test_a_python_float_becomes_float32_if_that_is_exact_and_floatX_if_that_is_narrower():
    x = T.fvector()
    assert (x + 1.5).dtype == "float32" and (x + 1.1).dtype == "float64" and (1.1 * x).dtype == "float64"
    for floatX in ("float32", "float16"):
        with change_flags(floatX=floatX):
            assert (x + 1.5).dtype == (x + 1.1).dtype == "float32" and T.as_tensor_variable(1.1).dtype == floatX
            assert (T.TensorType("float16", (False,))() * 1.1).dtype == ("float16" if floatX == "float16" else "float32")


@pytest.mark.parametrize("floatX", ["float64", "float32", "float16"])
def test_numpy_scalars_keep_their_dtype_on_either_side(floatX):
    x = T.fvector()
    with change_flags(floatX=floatX):
        for product in (np.float64(2) * x, x * np.float64(2), np.array(2.0) * x, x * np.array(2.0), np.multiply(np.float64(2), x)):
            assert product.dtype == "float64"
        assert (np.float32(0.1) * x).dtype == (x / np.float16(2)).dtype == (np.int16(3) + x).dtype == "float32"
        assert (np.int64(1) + T.bvector()).dtype == (T.bvector() % np.int64(3)).dtype == "int64"


def test_two_tensors_promote_as_numpys_arrays():
    for a in dtypes.ALL:
        for b in dtypes.ALL:
            assert (vector(a) * vector(b)).dtype == np.promote_types(a, b)
    assert (T.ivector() + T.fvector()).dtype == (T.lvector() + T.fvector()).dtype == "float64"
    assert (T.bvector() + T.fvector()).dtype == (T.wvector() + T.fvector()).dtype == "float32"
    assert (vector("uint64") + T.lvector()).dtype == "float64"


def test_numpy_plus_floatX_keeps_float64_out():
    with change_flags(floatX="float32", cast_policy="numpy+floatX"):
        assert (T.lvector() * T.fvector()).dtype == (vector("uint64") + T.lvector()).dtype == "float32"
        assert (T.dvector() * T.fvector()).dtype == (T.fvector() * np.float64(2)).dtype == "float64"
        assert (T.bvector() + 1).dtype == "int64" and (T.bvector() * 0.1).dtype == (T.fvector() * 0.1).dtype == "float32"
    with change_flags(floatX="float64", cast_policy="numpy+floatX"):
        assert (T.lvector() * T.fvector()).dtype == "float64" and (T.fvector() * 0.1).dtype == "float64"


def test_weak_numbers_never_widen():
    with change_flags(cast_policy="weak"):
        for dtype in dtypes.ALL:
            x = vector(dtype)
            if dtype != "bool":
                assert (x * 3).dtype == (3 * x).dtype == dtype
            if dtype in dtypes.CONTINUOUS:
                assert (x * 0.1).dtype == (0.1 + x).dtype == dtype
        assert (T.bvector() * 0.1).dtype == theano.config.floatX and (T.fvector() * 1j).dtype == "complex64"
        assert (T.fvector() * np.float64(2)).dtype == "float64", "a NumPy scalar is no Python number"
        with pytest.raises(DTypeError, match="300 does not fit int8"):
            T.bvector() + 300


@pytest.mark.parametrize("floatX", ["float64", "float32", "float16"])
def test_the_quotient_of_integers_is_floatX_and_floor_division_stays_integer(floatX):
    with change_flags(floatX=floatX):
        for a in dtypes.DISCRETE:
            for b in dtypes.DISCRETE:
                assert (vector(a) / vector(b)).dtype == floatX
                assert (vector(a) // vector(b)).dtype == (vector(a) % vector(b)).dtype == np.promote_types(a, b)


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
@pytest.mark.parametrize("dtype", json.loads((DATA / "arithmetic.json").read_text()))
def test_division_floors_and_the_remainder_has_the_sign_of_the_divisor(dtype, mode):
    table = json.loads((DATA / "arithmetic.json").read_text())[dtype]
    x, y = vector(dtype), vector(dtype)
    f = theano.function([x, y], [x / y, x // y, x % y], mode=mode)
    for found, sign in zip(f(np.array(table["a"], dtype), np.array(table["b"], dtype)), ("/", "//", "%"), strict=True):
        np.testing.assert_array_equal(found, table[sign])


@pytest.mark.parametrize("op", [operator.mod, operator.floordiv, divmod], ids=lambda op: op.__name__)
def test_remainder_and_floor_division_refuse_complex(op):
    for args in ((T.zvector(), 2), (2, T.cvector()), (T.fvector(), 1j), (T.zvector(), T.ivector())):
        with pytest.raises(DTypeError, match="complex"):
            op(*args)


def test_comparisons_give_bool_and_bools_add_as_or():
    x, b = T.dvector(), vector("bool")
    for result in (x < 1, x >= x, T.eq(x, 0), T.neq(b, b), T.isnan(x), T.isinf(x), T.any(x), T.all(x), b + b, b * b):
        assert result.dtype == "bool"
    assert value_of(operator.add, np.array([True, True, False]), np.array([True, False, False])).tolist() == [True, True, False]
    for refused in (lambda: b - b, lambda: -b, lambda: T.sgn(b)):
        with pytest.raises(DTypeError, match="bool"):
            refused()
    assert (b**b).dtype == (b**1).dtype == "int8" and (b ** T.lvector()).dtype == "int64" and (b + 1).dtype == "int8"


@pytest.mark.parametrize("name", ["exp", "log", "sin", "sqrt", "ceil", "floor", "trunc"])
def test_functions_of_integers_give_the_float_that_suits_them(name):
    function = getattr(T, name)
    for dtype in ("bool", "int8", "int16", "uint8", "uint16"):
        assert function(vector(dtype)).dtype == "float32"
    for dtype in ("int32", "int64", "uint32", "uint64"):
        assert function(vector(dtype)).dtype == "float64"


def test_squares_absolute_values_and_negatives_keep_the_dtype():
    for dtype in dtypes.ALL:
        assert T.sqr(vector(dtype)).dtype == dtype
        assert abs(vector(dtype)).dtype == dtypes.real_of(dtype)
        assert dtype == "bool" or (-vector(dtype)).dtype == dtype


def test_rounding_is_half_to_even_which_a_flag_warns_of_and_of_floats_only():
    x = T.dvector()
    rounded = T.round(x)
    with change_flags(**{"warn.round": True}), pytest.warns(UserWarning, match="half_to_even"):
        T.round(x)
    halves = np.array([-1.5, -0.5, 0.5, 1.5, 2.5])
    assert theano.function([x], rounded)(halves).tolist() == [-2.0, 0.0, 0.0, 2.0, 2.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert T.iround(x, "half_to_even").dtype == "int64"
    with pytest.raises(DTypeError):
        T.round(T.ivector(), "half_to_even")


def test_inversion_is_logical_of_bools_and_bitwise_of_integers():
    assert value_of(operator.invert, np.array([True, False])).tolist() == [False, True]
    assert value_of(operator.invert, np.array([0, 1, -7], "int8")).tolist() == [-1, -2, 6]
    assert value_of(operator.invert, np.array([0, 1], "uint8")).tolist() == [255, 254]


def test_the_sign_of_zero_is_zero_and_of_nan_nan():
    found = value_of(T.sgn, np.array([0.0, -0.0, np.nan, -3.0, np.inf]))
    np.testing.assert_array_equal(found, [0.0, 0.0, np.nan, -1.0, 1.0])
    with pytest.raises(DTypeError):
        T.sgn(T.zvector())


def test_clip_tests_the_lower_bound_first():
    x = np.array([0.0, 2.0, 4.0])
    assert value_of(lambda v: T.clip(v, 3.0, 1.0), x).tolist() == [3.0, 3.0, 1.0]


def test_a_complex_number_is_not_cast_to_a_real_one():
    for dtype in (*dtypes.DISCRETE, *dtypes.FLOATS):
        with pytest.raises(DTypeError, match="complex numbers do not become"):
            T.cast(T.zvector(), dtype)
    assert T.cast(T.zvector(), "complex64").dtype == "complex64"


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
def test_maximum_and_minimum_propagate_nan(mode):
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], [T.maximum(x, y), T.minimum(x, y)], mode=mode)
    np.testing.assert_array_equal(f([np.nan, 1.0, 3.0], [2.0, np.nan, 1.0]), [[np.nan, np.nan, 3.0], [np.nan, np.nan, 1.0]])


def test_sums_of_integers_have_64_bits_and_floats_keep_their_dtype():
    for dtype in dtypes.ALL:
        expected = "int64" if dtype == "bool" or dtype in dtypes.SIGNED else "uint64" if dtype in dtypes.UNSIGNED else dtype
        assert vector(dtype).sum().dtype == vector(dtype).prod().dtype == expected
    assert value_of(lambda v: v.sum(), np.full(3, 127, "int8")) == 381 and value_of(lambda v: v.prod(), np.full(9, 2, "uint8")) == 512
    assert value_of(lambda v: v.sum(), np.full(3000, 1.0, "float16")) == 3000.0, "float16 is summed in float32"
    ones = np.full(2**24 + 3, 1.0, "float32")
    assert value_of(lambda v: v.sum(), ones) == np.float32(2**24 + 4), "float32 is summed in float64"


def test_means_and_variances_of_integers_are_float64():
    with change_flags(floatX="float32"):
        for dtype in ("bool", "int8", "uint16", "int64"):
            assert T.mean(vector(dtype)).dtype == "float64"
        for dtype in ("int8", "uint16", "int64"):
            assert T.var(vector(dtype)).dtype == T.std(vector(dtype)).dtype == "float64"
        assert T.mean(T.fvector()).dtype == "float32" and T.mean(vector("float16")).dtype == "float16"
    assert value_of(lambda v: T.var(v), np.array([1.0, 3.0])) == 1.0, "ddof is 0"


def test_positions_and_shapes_are_int64():
    x = T.fmatrix()
    for result in (x.argmax(), x.argmin(0), x.shape):
        assert result.dtype == "int64"
    assert value_of(lambda v: v.argmax(), np.array([[0, 3], [3, 1]])) == 1, "over the flattened tensor, the first of ties"
    assert x.sum(0).ndim == 1 and x.max(0, keepdims=True).broadcastable == (True, False)


def test_ranges_of_integers_are_int64_and_zeros_floatX():
    assert T.arange(T.bscalar()).dtype == T.arange(np.int8(3)).dtype == "int64"
    u = T.TensorType("uint8", ())()
    assert T.arange(u, u, u).dtype == "uint64"
    for floatX in ("float64", "float32"):
        with change_flags(floatX=floatX):
            assert {T.zeros((2,)).dtype, T.ones((2,)).dtype, T.eye(2).dtype, T.tri(2).dtype} == {floatX}
    assert T.zeros_like(T.bvector()).dtype == "int8" and T.ones_like(T.zvector()).dtype == "complex128"


# ------------------------------------------------------------------------------------ the tables

OPERATORS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "true_div": operator.truediv, "int_div": operator.floordiv,
    "mod": operator.mod, "pow": operator.pow, "and_": operator.and_, "or_": operator.or_, "xor": operator.xor, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge, "bitwise_and": T.bitwise_and,
    "switch_like": lambda a, b: T.switch(a > 0, a, b),
    **{name: getattr(T, name) for name in (
        "arctan2", "chi2sf", "complex", "complex_from_polar", "eq", "gammainc", "gammaincc", "iv", "jv", "maximum", "minimum", "neq",
    )},
}  # fmt: skip
FUNCTIONS = {name: getattr(T, name) for name in TABLES["float64"]["unary"] if hasattr(getattr(T, name, None), "scalar_op")} | {
    "round": lambda x: T.round(x, "half_to_even"),
    "iround": lambda x: T.iround(x, "half_to_even"),
}


def expected(name, dtype, *involved):
    """The classic answer, but for nodes that could be built and not computed: those are refused."""
    if uncomputable(name, *involved):
        return REFUSED
    return REFUSED if name in ("and_", "or_", "xor", "bitwise_and") and dtype == "float64" else dtype


@pytest.mark.parametrize("floatX", TABLES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_every_dtype(name, floatX):
    row = TABLES[floatX]["unary"][name]
    with change_flags(floatX=floatX):
        found = {dtype: dtype_of(FUNCTIONS[name], vector(dtype)) for dtype in row}
    differing = {d: (found[d], row[d]) for d in row if found[d] != expected(name, row[d], d)}
    assert all(classic.startswith("!") for _, classic in differing.values()), differing


@pytest.mark.parametrize("floatX", TABLES)
@pytest.mark.parametrize("name", OPERATORS)
def test_every_operation_of_every_two_dtypes(name, floatX):
    table = TABLES[floatX]["binary"][name]
    with change_flags(floatX=floatX):
        found = {(a, b): dtype_of(OPERATORS[name], vector(a), vector(b)) for a, row in table.items() for b in row}
    differing = {(a, b): found[a, b] for a, b in found if found[a, b] != expected(name, table[a][b], a, b)}
    assert differing == {}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("floatX", TABLES)
@pytest.mark.parametrize("name", TABLES["float64"]["constant"])
def test_every_operation_with_a_number_on_either_side(name, floatX):
    differing = {}
    with change_flags(floatX=floatX):
        for dtype, row in TABLES[floatX]["constant"][name].items():
            for text, (right, left) in row.items():
                number, x = {"3e9": 3_000_000_000, "1e12": 10**12}.get(text) or eval(text), vector(dtype)
                constant = TABLES[floatX]["as_tensor"][text]
                found = [dtype_of(OPERATORS[name], x, number), dtype_of(OPERATORS[name], number, x)]
                if found != [expected(name, right, dtype, constant), expected(name, left, dtype, constant)]:
                    differing[dtype, text] = found
    assert differing == {}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("floatX", TABLES)
def test_every_number_as_a_tensor(floatX):
    with change_flags(floatX=floatX):
        for text, dtype in TABLES[floatX]["as_tensor"].items():
            assert T.as_tensor_variable({"3e9": 3_000_000_000, "1e12": 10**12}.get(text) or eval(text)).dtype == dtype, text


@pytest.mark.parametrize("floatX", TABLES)
def test_every_elementwise_pattern(floatX):
    table = json.loads((DATA / ("broadcast.json" if floatX == "float64" else "broadcast.float32.json")).read_text())
    with change_flags(floatX=floatX):
        m, r, c, v, s = T.matrix(), T.row(), T.col(), T.vector(), T.scalar()
        built = {
            "m+c": m + c, "m+r": m + r, "m+s": m + s, "r+c": r + c, "v+c": v + c, "switch(c,m,r)": T.switch(c, m, r),
            "dimshuffle(x,0)": v.dimshuffle("x", 0), "r.T": r.T, "zeros_like(r)": T.zeros_like(r), "grad wrt r": T.grad((m * r).sum(), r),
            "constant((1,3))": T.constant(np.zeros((1, 3))), "shared((1,3))": theano.shared(np.zeros((1, 3))),
        }  # fmt: skip
        assert {name: [list(x.broadcastable), x.dtype] for name, x in built.items()} == {name: table[name] for name in built}


def test_bitwise_operations_of_uint64_take_plain_integers():
    """The int8 of a literal and uint64 have no integer dtype in common; the literal takes the other's."""
    x = T.TensorType("uint64", (False,))("x")
    given = np.array([3, 2**63 + 7, 2**64 - 1], "uint64")
    results = [x & 255, x | 1, x ^ (2**64 - 1), x >> 63, x << 3, 255 & x]
    values = theano.function([x], results)(given)
    expected = [given & 255, given | 1, ~given, given >> 63, given << 3, given & 255]
    for result, value, right in zip(results, values, expected, strict=True):
        assert result.dtype == value.dtype == "uint64"
        assert value.tolist() == right.astype("uint64").tolist()
    with pytest.raises(TypeError, match="no common integer dtype"):
        x & -1
