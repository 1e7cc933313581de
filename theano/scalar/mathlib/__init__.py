"""Vector mathematics: every intrinsic as straight-line scalar instructions, the same for all targets.

A body is branch-free and needs no tables, so that a compiler makes vector code of it at any width.  All are within 2 units in
the last place on their whole domain, subnormals included, unless their declaration allows more (gamma, erf^-1, Bessel functions), and
right at the infinities, NaN and both zeros.  float32 is computed in
float32.  Emitters must neither reassociate nor contract what is written here: products are exact where the formulas say so.

Without ``fma`` a machine multiplies and adds, and the bodies that need an exact product split it (Dekker); then they are within 2.6.

An intrinsic is one function with its NumPy or SciPy reference above it; its file tells the method.

>>> from theano.scalar.instructions import Trace
>>> x = Trace().leaf("input", "float32", 0)
>>> expand("sigmoid", x).dtype
'float32'
>>> float(reference("sigmoid")(0.0))
0.5
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.scalar.instructions import Value, walk
from theano.scalar.mathlib import (
    bessel,
    circular,
    complex_functions,
    complex_logarithms,
    division,
    error,
    exponential,
    gamma,
    hyperbolic,
    inverse,
    logarithm,
    normal,
    power,
    root,
)
from theano.scalar.mathlib.formats import FORMATS, INTRINSICS

__all__ = [
    "INTRINSICS", "expand", "expand_all", "reference",
    "bessel", "circular", "complex_functions", "complex_logarithms", "division", "error", "exponential", "gamma", "hyperbolic", "inverse",
    "logarithm", "normal", "power", "root",
]  # fmt: skip


def expand(name: str, *values: Value, has_fma: bool = True) -> Value:
    """The body of the intrinsic ``name`` of float32 or float64 ``values``."""
    return INTRINSICS[name].body(FORMATS[values[0].dtype, has_fma], *values)


def reference(name: str) -> Callable[..., Any]:
    """The NumPy or SciPy function that the intrinsic ``name`` approximates."""
    return INTRINSICS[name].reference


def expand_all(values: Sequence[Value], has_fma: bool = True) -> list[Value]:
    """``values`` with all intrinsics below them expanded, in the same trace."""
    new: dict[int, Value] = {}
    for value in walk(values):
        args = tuple(new[id(a)] for a in value.args)
        if value.op == "call":
            (new[id(value)],) = expand_all([expand(str(value.data), *args, has_fma=has_fma)], has_fma)
        else:
            new[id(value)] = value if args == value.args else value.trace.emit(value.op, args, value.dtype, value.data)
    return [new[id(value)] for value in values]
