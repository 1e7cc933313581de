"""The meaning of every scalar instruction, on NumPy arrays.

:func:`evaluate` is what the reference interpreter of kernels, the elementwise ops without arrays of their own and the tests
stand on.  Intrinsics are computed by their NumPy or SciPy reference or, with ``portable=True``, by their bodies in
:mod:`theano.scalar.mathlib`, which is how these are tested without a machine to emit for.

>>> import numpy as np
>>> from theano.scalar.instructions import Trace
>>> x = Trace().leaf("input", "float32", 0)
>>> evaluate([x * x + 1.0], lambda leaf: np.array([1, 2], leaf.dtype))
[array([2., 5.], dtype=float32)]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theano.scalar.instructions import INTEGERS, LEAVES, Value, walk

Array = NDArray[Any]


def evaluate(values: Sequence[Value], leaves: Callable[[Value], Array], portable: bool = False, has_fma: bool = True) -> list[Array]:
    """The arrays of ``values``; ``leaves`` gives that of each leaf but the constants.  Shapes broadcast.

    ``portable``: expand intrinsics by their bodies, those for machines with or without ``fma``."""
    if portable:
        from theano.scalar.mathlib import expand_all

        values = expand_all(values, has_fma=has_fma)
    if all(value.op in LEAVES for value in values):
        return [_leaf(value, leaves) for value in values]
    results: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for value in walk(values, LEAVES):
            results[id(value)] = (
                _leaf(value, leaves) if value.op in LEAVES else _apply(value, [results[id(a)] for a in value.args], has_fma)
            )
    return [results[id(value)] for value in values]


def _leaf(value: Value, leaves: Callable[[Value], Array]) -> Array:
    if value.op == "const":
        return np.array(value.data, value.dtype)
    array = leaves(value)
    if array.dtype != value.dtype:
        raise TypeError(f"the leaf {value} was given {array.dtype}")
    return array


def _apply(value: Value, args: Sequence[Array], has_fma: bool) -> Array:
    if value.op == "cast":
        return cast(args[0], value.dtype)
    if value.op == "bitcast":
        return np.ascontiguousarray(args[0]).view(value.dtype).reshape(np.shape(args[0]))
    if value.op == "call":
        from theano.scalar.mathlib import reference

        return np.asarray(reference(str(value.data))(*args), value.dtype)
    if value.op == "fma":
        return fused(*args) if has_fma else np.asarray(args[0] * args[1] + args[2])
    return np.asarray(_FUNCTIONS[value.op](*args), value.dtype)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "neg": np.negative,
    "abs": np.abs,
    "min": lambda x, y: np.where((x < y) | (x != x), x, y),  # of equal arguments the second: the sign of a zero is defined
    "max": lambda x, y: np.where((x > y) | (x != x), x, y),
    "div": np.divide,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "rint": np.rint,
    "copysign": np.copysign,
    "floordiv": np.floor_divide,  # of integers: 0 for a divisor 0, the least integer by -1 is itself
    "mod": np.remainder,
    "shl": np.left_shift,  # a count is read as unsigned, and may be the width or more
    "shr": np.right_shift,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "select": np.where,
}


def cast(x: Array, dtype: str) -> Array:
    """``x`` in ``dtype``: to bool is ``x != 0``; floats saturate in integer types, and NaN becomes 0; of complex numbers the real part.

    >>> cast(np.array([300.0, -1.5, np.nan]), "uint8")
    array([255,   0,   0], dtype=uint8)
    """
    x = np.asarray(x)
    if dtype == "bool":
        return np.asarray(x != 0)
    if x.dtype.kind == "c" and not dtype.startswith("complex"):
        x = x.real
    with np.errstate(all="ignore"):
        if dtype not in INTEGERS or x.dtype.kind != "f":
            return x.astype(dtype)
        limits = np.iinfo(dtype)
        wide = x.astype("float64")  # which holds both limits or the number one above
        inside = (
            (wide > float(limits.min) - 1.0) & (wide < float(limits.max) + 1.0)
            if limits.bits < 64
            else ((wide >= float(limits.min)) & (wide < float(limits.max)))
        )
        whole = np.where(inside, wide, 0.0).astype(dtype)
        least, most = np.asarray(limits.min, dtype), np.asarray(limits.max, dtype)
        return np.where(inside | np.isnan(x), whole, np.where(wide < 0, least, most))


def fused(x: Array, y: Array, z: Array) -> Array:
    """``x*y + z``, rounded once.

    In float32 the product is exact in float64; the sum is rounded there and again, which differs from one rounding only if the
    first falls on a tie: one in 2**29.  In float64 the product and the sum are split into rounded values and their exact errors
    (Dekker, Knuth), which leaves an error of less than 2**-52 units beyond the correct rounding."""
    if x.dtype == np.float32:
        return np.asarray((x.astype("float64") * y + z).astype("float32"))
    (mx, ex), (my, ey) = np.frexp(x), np.frexp(y)
    product, error = _two_product(mx, my)
    exponent = ex + ey
    product, error = np.ldexp(product, exponent), np.ldexp(error, exponent)
    total = product + z
    rest = total - product
    exact = (product - (total - rest)) + (z - rest) + error
    corrected = np.where(exact == 0, total, total + exact)  # -0.0 + 0.0 would be 0.0
    return np.asarray(np.where(np.isfinite(total), corrected, x * y + z))


def _two_product(x: Array, y: Array) -> tuple[Array, Array]:
    """The rounded product of two float64 of moderate size, and its error."""
    product = x * y
    (xh, xl), (yh, yl) = _halves(x), _halves(y)
    return product, ((xh * yh - product) + xh * yl + xl * yh) + xl * yl


def _halves(x: Array) -> tuple[Array, Array]:
    big = x * 134217729.0  # 2**27 + 1
    high = big - (big - x)
    return high, x - high
