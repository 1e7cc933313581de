"""Promotion, constants and result rules, against the tables of what the classic system answers."""

import json
from pathlib import Path

import numpy as np
import pytest

from theano import dtypes
from theano.dtypes import scalar_constant_dtype, upcast
from theano.errors import DTypeError
from theano.flags import change_flags

DATA = Path(__file__).parent / "data"
TABLES = {"float64": json.loads((DATA / "dtypes.json").read_text()), "float32": json.loads((DATA / "dtypes.float32.json").read_text())}

UNARY = {
    dtypes.upgrade_to_float: "arccos arccosh arcsin arcsinh arctan arctanh cos cosh deg2rad erf exp exp2 expm1 gamma gammaln i0 i1 "
    "inv j0 j1 log log10 log1p log2 psi rad2deg sin sinh sqrt tan tanh tri_gamma",
    dtypes.upgrade_to_real_float: "ceil floor trunc erfc erfcinv erfcx erfinv",
    dtypes.real_out: "abs_ imag real",
    dtypes.bool_out: "isinf isnan",
    dtypes.float64_out: "angle",
    dtypes.conjugate_out: "conj",
    dtypes.same_out: "sqr",
    dtypes.bitwise_out: "invert",
    dtypes.negatable_out: "neg",
    dtypes.float_only_out: "round_half_to_even round_half_away_from_zero",
    dtypes.sign_out: "sgn",
}
BINARY = {
    dtypes.upcast_out: "add mul maximum minimum dot outer switch_like",
    dtypes.upcast_real_out: "int_div mod",
    dtypes.bitwise_out: "and_ or_ xor bitwise_and",
    dtypes.upgrade_to_float: "arctan2 gammainc gammaincc iv jv",
    dtypes.float64_out: "chi2sf",
    dtypes.complex_out: "complex complex_from_polar",
    dtypes.bool_out: "eq neq lt le gt ge",
    dtypes.power_out: "pow",
    dtypes.difference_out: "sub",
    dtypes.quotient_out: "true_div",
}


def constant_of(text):
    """The number that a table writes as ``text``."""
    return {"3e9": 3_000_000_000, "1e12": 10**12}.get(text) or eval(text)


def answer(rule, *args):
    try:
        (result,) = rule(*args)
    except DTypeError:
        return "!TypeError"
    return result


def named(table):
    return [pytest.param(rule, name, id=name) for rule, names in table.items() for name in names.split()]


@pytest.mark.parametrize("floatX", TABLES)
@pytest.mark.parametrize(("rule", "name"), named(UNARY))
def test_unary_rules(rule, name, floatX):
    with change_flags(floatX=floatX):
        assert {dtype: answer(rule, dtype) for dtype in dtypes.ALL} == TABLES[floatX]["unary"][name]


@pytest.mark.parametrize("floatX", TABLES)
@pytest.mark.parametrize(("rule", "name"), named(BINARY))
def test_binary_rules(rule, name, floatX):
    expected = TABLES[floatX]["binary"][name]
    if rule is dtypes.upcast_real_out:  # the classic nodes could be built on complex numbers, and then not computed
        expected = {a: {b: "!TypeError" if "complex" in a + b else t for b, t in row.items()} for a, row in expected.items()}
    if rule is dtypes.bitwise_out:  # likewise those of integers whose common dtype is a float
        expected = {a: {b: "!TypeError" if t == "float64" else t for b, t in row.items()} for a, row in expected.items()}
    with change_flags(floatX=floatX):
        assert {a: {b: answer(rule, a, b) for b in dtypes.ALL} for a in dtypes.ALL} == expected


@pytest.mark.parametrize("floatX", TABLES)
def test_dtypes_of_constants(floatX):
    with change_flags(floatX=floatX):
        for text, dtype in TABLES[floatX]["as_tensor"].items():
            assert scalar_constant_dtype(constant_of(text)) == dtype, text


@pytest.mark.parametrize("floatX", TABLES)
@pytest.mark.parametrize(("rule", "name"), [param for param in named(BINARY) if param.id in TABLES["float64"]["constant"]])
def test_variable_with_constant(rule, name, floatX):
    with change_flags(floatX=floatX):
        for dtype, row in TABLES[floatX]["constant"][name].items():
            for text, (right, left) in row.items():
                constant = scalar_constant_dtype(constant_of(text))
                if rule is dtypes.upcast_real_out and "complex" in dtype + constant:
                    right = left = "!TypeError"
                assert [answer(rule, dtype, constant), answer(rule, constant, dtype)] == [right, left], (dtype, text)


@pytest.mark.parametrize("floatX", TABLES)
def test_dtypes_of_sums(floatX):
    for dtype, row in TABLES[floatX]["sum_dtypes"].items():
        for answer in row.values():
            assert [dtypes.reduction_dtype(dtype), dtypes.accumulator_dtype(dtype)] == answer


@pytest.mark.parametrize(
    ("number", "dtype"),
    [
        (2**63, "uint64"),
        (-(2**63), "int64"),
        (float("inf"), "float32"),
        (float("nan"), "float64"),
        (1e300, "float64"),
        (np.array(3, "int16"), "int16"),
    ],
)
def test_constants_at_the_edge(number, dtype):
    assert scalar_constant_dtype(number) == dtype


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, "1", None])
def test_no_constant(number):
    with pytest.raises(DTypeError):
        scalar_constant_dtype(number)


def test_float16_takes_all_python_floats():
    with change_flags(floatX="float16"):
        assert scalar_constant_dtype(0.1) == "float16"
        assert scalar_constant_dtype(np.float64(2)) == "float64"


class TestNumpyPlusFloatX:
    @pytest.fixture(autouse=True)
    def policy(self):
        with change_flags(cast_policy="numpy+floatX", floatX="float32"):
            yield

    def test_constants(self):
        assert [scalar_constant_dtype(n) for n in (1, 0.1, 2**63, np.float64(1))] == ["int64", "float32", "uint64", "float64"]

    def test_float64_falls_unless_it_is_there(self):
        assert upcast("int64", "float32") == "float32"
        assert upcast("int64", "float64") == "float64"
        assert upcast("uint64", "int64") == "float32"
        assert upcast("float64") == "float64"

    def test_it_never_narrows_a_float(self):
        with change_flags(floatX="float16"):
            assert upcast("int64", "float32") == "float32"
            assert upcast("int64", "float16") == "float16"


class TestWeak:
    @pytest.fixture(autouse=True)
    def policy(self):
        with change_flags(cast_policy="weak", floatX="float32"):
            yield

    @pytest.mark.parametrize("dtype", [d for d in dtypes.ALL if d != "bool"])
    def test_python_ints_never_widen(self, dtype):
        assert upcast(dtype, scalar_constant_dtype(7, dtype)) == dtype

    @pytest.mark.parametrize("dtype", dtypes.CONTINUOUS)
    def test_python_floats_never_widen_floats(self, dtype):
        assert upcast(dtype, scalar_constant_dtype(0.1, dtype)) == dtype

    def test_what_must_widen(self):
        assert scalar_constant_dtype(0.1, "int8") == "float32"
        assert scalar_constant_dtype(1, "bool") == "int64"
        assert scalar_constant_dtype(1j, "float32") == "complex64"
        assert scalar_constant_dtype(np.float64(1), "float32") == "float64"

    def test_what_does_not_fit(self):
        with pytest.raises(DTypeError, match="300 does not fit int8"):
            scalar_constant_dtype(300, "int8")


def test_can_hold():
    assert dtypes.can_hold("float64", "int32")
    assert not dtypes.can_hold("float32", "int32")
    assert dtypes.can_hold("int8", "bool")
    assert not dtypes.can_hold("int8", "float16")


def test_resolve():
    assert dtypes.resolve("floatX") == "float64"
    assert dtypes.resolve(np.int8) == dtypes.resolve(np.dtype(">i1")) == dtypes.resolve("i1") == "int8"
    assert dtypes.resolve(float) == "float64"
    with pytest.raises(DTypeError):
        dtypes.resolve("object")


def test_kinds_partition_all():
    kinds = (dtypes.is_bool, dtypes.is_signed, dtypes.is_unsigned, dtypes.is_float, dtypes.is_complex)
    assert all(sum(kind(dtype) for kind in kinds) == 1 for dtype in dtypes.ALL)
    assert all(dtypes.is_discrete(d) != dtypes.is_continuous(d) for d in dtypes.ALL)
    assert all(dtypes.itemsize(d) == np.dtype(d).itemsize for d in dtypes.ALL)
