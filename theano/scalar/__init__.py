"""Scalars: the instruction set, and every elementwise operation, one declaration each.

>>> from theano.scalar import OPS, exp
>>> exp is OPS["exp"], float(exp(0.0))
(True, 1.0)
"""

from typing import TYPE_CHECKING

from theano.dtypes import upcast
from theano.scalar import (
    activations,
    arithmetic,
    bessel_functions,
    complex_numbers,
    error_functions,
    gamma_functions,
    logarithmic,
    logic,
    magnitudes,
    transcendental,
    trigonometric,
)
from theano.scalar.classes import CLASSES
from theano.scalar.composite import Composite
from theano.scalar.custom import RULES, BinaryScalarOp, UnaryScalarOp, specific_out, transfer_type, unary_out_lookup
from theano.scalar.declare import OPS, UNKNOWN, Declared, elementwise
from theano.scalar.op import ScalarOp
from theano.scalar.types import *  # noqa: F403 (every name is for export)
from theano.scalar.types import TYPES
from theano.scalar.types import __all__ as _of_types

globals().update(OPS)
globals().update(TYPES)  # a dtype's name stands for the type
globals().update(CLASSES)
globals().update(RULES)
floor_div = OPS["int_div"]

__all__ = [
    "OPS", "UNKNOWN", "Declared", "ScalarOp", "UnaryScalarOp", "BinaryScalarOp", "Composite", "elementwise", "upcast",
    "activations", "arithmetic", "bessel_functions", "complex_numbers", "error_functions", "gamma_functions", "logarithmic", "logic",
    "magnitudes", "transcendental", "trigonometric",
    "specific_out", "transfer_type", "unary_out_lookup", *_of_types, *OPS, *TYPES, *CLASSES, *RULES,
]  # fmt: skip

if TYPE_CHECKING:

    def __getattr__(name: str) -> ScalarOp: ...  # the names made from tables
