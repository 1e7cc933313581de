"""Scalar variables and their types, and operations written as classes."""

import math
import pickle

import numpy as np
import pytest

from theano import scalar
from theano.errors import DTypeError, VariableTypeError
from theano.scalar import (
    Scalar,
    as_scalar,
    constant,
    float32,
    float64,
    get_scalar_type,
    int8,
    int64,
    upgrade_to_float,
)


def test_types_are_values():
    assert get_scalar_type("float64") is float64 and Scalar("float64") == float64 and hash(Scalar("float64")) == hash(float64)
    assert pickle.loads(pickle.dumps(int8)) == int8
    assert float32.upcast(int64) == "float64" and str(float32) == "float32" and float64.ndim == 0
    assert float32 in scalar.float_types and int8 in scalar.discrete_types and float32.dtype_specs()[1] == "npy_float32"


def test_filter():
    assert float32.filter(1.5).dtype == "float32" and int8.filter(100) == 100
    assert float64.filter(np.float32(1.5)).dtype == "float64"
    for kind, value in ((int8, 300), (int8, 1.5), (float32, np.float64(0.1)), (float64, np.zeros(2)), (float64, "1")):
        with pytest.raises(DTypeError):
            kind.filter(value)
    assert int8.filter(1.9, allow_downcast=True) == 1
    with pytest.raises(DTypeError):
        float32.filter(1.0, strict=True)


def test_expressions_of_scalars():
    x, n = float64("x"), int8("n")
    y = (2 - x) * n / 3 + abs(-x) ** 2
    assert y.type == float64 and (n + 1).dtype == "int8" and (x < n).dtype == "bool" and (n // 2).dtype == "int8"
    assert as_scalar(x) is x and constant(200).dtype == "int16" and constant(1, dtype="float32").dtype == "float32"
    with pytest.raises(VariableTypeError):
        import theano.tensor

        as_scalar(theano.tensor.dscalar())


def test_nodes_compute_and_differentiate():
    x, y = float64("x"), float64("y")
    out = x / y
    node, storage = out.owner, [[None]]
    node.op.perform(node, [np.float64(3), np.float64(4)], storage)
    assert storage[0][0] == 0.75
    by_x, by_y = node.op.L_op([x, y], [out], [float64("g")])
    assert by_x.type == float64 and by_y.type == float64
    assert scalar.erf(x).owner.op is scalar.erf


def test_classic_classes_stand_for_their_operations():
    assert isinstance(scalar.identity, scalar.Identity) and not isinstance(scalar.exp, scalar.Identity)
    assert scalar.GammaLn(upgrade_to_float, name="gammaln") is scalar.gammaln
    assert scalar.Cast(float32) is scalar.convert_to_float32 and isinstance(scalar.convert_to_bool, scalar.Cast)
    for name in (
        "Add",
        "AND",
        "ArcTan2",
        "ArcSinh",
        "ArcTan",
        "EQ",
        "IsNan",
        "RoundHalfAwayFromZero",
        "TriGamma",
        "Switch",
        "Sgn",
        "Log1p",
    ):
        assert isinstance(getattr(scalar, name), type), name


def test_groups_of_types():
    assert scalar.int_types + scalar.uint_types == scalar.integer_types and scalar.discrete_types == (scalar.bool, *scalar.integer_types)
    assert scalar.float_types + scalar.complex_types == scalar.continuous_types
    assert scalar.discrete_types + scalar.continuous_types == scalar.all_types


def test_operators_and_methods_of_variables():
    x, n = float64("x"), int8("n")
    both = divmod(x, 2.0) + divmod(7, n)
    assert [v.type.dtype for v in both] == ["float64", "float64", "int8", "int8"]
    assert (n << 2).dtype == (n >> n).dtype == (n & 3).dtype == (~n).dtype == "int8"
    assert x.astype("float32").type == float32 and x.astype("float64") is x and x.ndim == 0
    assert x.zeros_like().type == x.ones_like().type == float64 and n.zeros_like("float32").type == float32
    assert math.floor(x).owner.op is scalar.floor and math.ceil(x).owner.op is scalar.ceil and math.trunc(x).owner.op is scalar.trunc


def test_makers_of_variables():
    x, y = scalar.floats("x", "y")
    assert (x.name, y.name, x.type) == ("x", "y", float64) and scalar.ints("n").type == int64
    assert [v.type for v in scalar.complexs64(2)] == [scalar.complex64] * 2
    assert scalar.complexs("z").type == scalar.complexs128("z").type == scalar.complex128
    assert [v.type for v in scalar.as_common_dtype(int8("n"), 2.5)] == [float32] * 2
    assert scalar.cast(x, "int8").type == int8 and scalar.convert(1.5).dtype == "float32" and scalar.convert(1, "int16").dtype == "int16"


@pytest.mark.parametrize(
    ("rule", "given", "results"),
    [
        ("upcast_out", "int8 float32", "float32"),
        ("upcast_out_nobool", "bool int8", "int8"),
        ("upcast_out_nobool", "bool bool", None),
        ("upcast_out_min8", "bool bool", "int8"),
        ("upcast_out_no_complex", "int8 int16", "int16"),
        ("upcast_out_no_complex", "int8 complex64", None),
        ("same_out", "int8", "int8"),
        ("same_out_nobool", "bool", None),
        ("same_out_min8", "bool", "int8"),
        ("same_out_nocomplex", "complex64", None),
        ("same_out_float_only", "int8", None),
        ("real_out", "complex64", "float32"),
        ("int_out", "complex64", "int64"),
        ("int_out_nocomplex", "complex64", None),
        ("float_out", "int8", "float64"),
        ("float_out_nocomplex", "complex128", None),
        ("upgrade_to_float", "int8", "float32"),
        ("upgrade_to_float_no_complex", "complex64", None),
        ("upgrade_to_float64", "int8", "float64"),
    ],
)
def test_rules_of_types(rule, given, results):
    function, types = getattr(scalar, rule), [get_scalar_type(dtype) for dtype in given.split()]
    assert pickle.loads(pickle.dumps(function)) is function
    if results is None:
        with pytest.raises(DTypeError):
            function(*types)
    else:
        assert function(*types) == (get_scalar_type(results),)


def test_rules_that_are_made():
    for rule in (scalar.specific_out(float32), scalar.transfer_type(1), scalar.unary_out_lookup({int8: float64})):
        assert pickle.loads(pickle.dumps(rule)) == rule and hash(rule) == hash(pickle.loads(pickle.dumps(rule)))
    assert scalar.specific_out(float32) != scalar.specific_out(float64)
    with pytest.raises(DTypeError, match="no result for float32"):
        scalar.unary_out_lookup({int8: float64})(float32)


def test_classes_of_several_operations():
    assert isinstance(scalar.lt, scalar.LogicalComparison) and isinstance(scalar.neq, scalar.LogicalComparison)
    assert isinstance(scalar.isnan, scalar.FixedLogicalComparison) and not isinstance(scalar.exp, scalar.LogicalComparison)
    assert isinstance(scalar.invert, scalar.UnaryBitOp) and isinstance(scalar.xor, scalar.BinaryBitOp)
    assert isinstance(scalar.inopenrange, scalar.InRange) and scalar.InRange(False, False) is scalar.inclosedrange
    assert [bool(scalar.InRange(low, high)(1, 1, 2)) for low in (True, False) for high in (True, False)] == [False, False, True, True]
    with pytest.raises(TypeError, match="stands for lt, le"):
        scalar.LogicalComparison()
    assert scalar.Sgn.output_types_preference(int8) == [int8] and scalar.Abs.make_node(int8("n")).outputs[0].type == int8


def test_python_floats_may_be_told_what_to_become():
    from theano.tensor import fvector

    with scalar.autocast_float_as("float32"):
        assert constant(0.1).dtype == (fvector() * 0.1).dtype == "float32"
        with scalar.autocast_float_as("float64"):
            assert constant(0.5).dtype == "float64"
    assert constant(0.1).dtype == "float64"
