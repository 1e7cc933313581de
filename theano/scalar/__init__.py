"""Scalars: the instruction set, and every elementwise operation, one declaration each.

>>> from theano.scalar import OPS, exp
>>> exp is OPS["exp"], float(exp(0.0))
(True, 1.0)
"""

from typing import TYPE_CHECKING

from theano.dtypes import upcast
from theano.scalar import (
    arithmetic,
    bessel_functions,
    complex_numbers,
    error_functions,
    gamma_functions,
    logic,
    transcendental,
    trigonometric,
)
from theano.scalar.classes import CLASSES
from theano.scalar.composite import Composite
from theano.scalar.custom import (
    BinaryScalarOp,
    UnaryScalarOp,
    same_out,
    same_out_float_only,
    same_out_nobool,
    same_out_nocomplex,
    upcast_out,
    upcast_out_nobool,
    upgrade_to_float,
    upgrade_to_float64,
    upgrade_to_float_no_complex,
)
from theano.scalar.declare import OPS, UNKNOWN, Declared, elementwise
from theano.scalar.op import ScalarOp
from theano.scalar.types import (
    TYPES,
    Scalar,
    ScalarConstant,
    ScalarVariable,
    all_types,
    as_scalar,
    complex_types,
    constant,
    continuous_types,
    discrete_types,
    float_types,
    get_scalar_type,
    int_types,
)

globals().update(OPS)
globals().update(TYPES)  # a dtype's name stands for the type
globals().update(CLASSES)
floor_div = OPS["int_div"]

__all__ = [
    "OPS", "UNKNOWN", "Declared", "ScalarOp", "UnaryScalarOp", "BinaryScalarOp", "Composite", "elementwise", "upcast",
    "arithmetic", "bessel_functions", "complex_numbers", "error_functions", "gamma_functions", "logic", "transcendental", "trigonometric",
    "same_out", "same_out_float_only", "same_out_nobool", "same_out_nocomplex", "upcast_out", "upcast_out_nobool",
    "upgrade_to_float", "upgrade_to_float64", "upgrade_to_float_no_complex",
    "TYPES", "Scalar", "ScalarConstant", "ScalarVariable", "as_scalar", "constant", "get_scalar_type",
    "all_types", "complex_types", "continuous_types", "discrete_types", "float_types", "int_types",
    *OPS, *TYPES, *CLASSES,
]  # fmt: skip

if TYPE_CHECKING:

    def __getattr__(name: str) -> ScalarOp: ...  # the names made from tables
