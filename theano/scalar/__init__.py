"""Scalars: the instruction set, and every elementwise operation, one declaration each.

>>> from theano.scalar import OPS, exp
>>> exp is OPS["exp"], float(exp(0.0))
(True, 1.0)
"""

from theano.dtypes import upcast
from theano.scalar import arithmetic, logic, special, transcendental
from theano.scalar.declare import OPS, ScalarOp, elementwise

globals().update(OPS)

__all__ = ["OPS", "ScalarOp", "arithmetic", "elementwise", "logic", "special", "transcendental", "upcast", *OPS]


def __getattr__(name: str) -> ScalarOp:
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
