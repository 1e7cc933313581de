"""Scalar variables and their types, and operations written as classes."""

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
