"""Comparisons, choices and bits.  Results of comparisons are bool; they are connected, with gradient zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theano import dtypes
from theano.scalar.declare import Declared, elementwise, to_common, unchanged
from theano.scalar.instructions import Value, select


def _ordered(x: Value, y: Value) -> tuple[Value, Value]:
    """Bools compare as 0 and 1."""
    return (x.cast("int8"), y.cast("int8")) if x.dtype == "bool" else (x, y)


@elementwise(dtype=dtypes.bool_out, reference=np.less, casts=to_common, symbol="<", complex=True)
def lt(x: Value, y: Value) -> Value:
    """x < y, in their common dtype; false if either is NaN."""
    x, y = _ordered(x, y)
    return x < y


@elementwise(dtype=dtypes.bool_out, reference=np.less_equal, casts=to_common, symbol="<=", complex=True)
def le(x: Value, y: Value) -> Value:
    """x <= y, in their common dtype; false if either is NaN."""
    x, y = _ordered(x, y)
    return x <= y


@elementwise(dtype=dtypes.bool_out, reference=np.greater, casts=to_common, symbol=">", complex=True)
def gt(x: Value, y: Value) -> Value:
    """x > y, in their common dtype; false if either is NaN."""
    x, y = _ordered(x, y)
    return x > y


@elementwise(dtype=dtypes.bool_out, reference=np.greater_equal, casts=to_common, symbol=">=", complex=True)
def ge(x: Value, y: Value) -> Value:
    """x >= y, in their common dtype; false if either is NaN."""
    x, y = _ordered(x, y)
    return x >= y


@elementwise(dtype=dtypes.bool_out, reference=np.equal, casts=to_common, commutative=True, complex=True)
def eq(x: Value, y: Value) -> Value:
    """x equals y, element by element."""
    x, y = _ordered(x, y)
    return x.equals(y)


@elementwise(dtype=dtypes.bool_out, reference=np.not_equal, casts=to_common, commutative=True, complex=True)
def neq(x: Value, y: Value) -> Value:
    """x differs from y, element by element; NaN differs from itself."""
    x, y = _ordered(x, y)
    return x.differs(y)


@elementwise(dtype=dtypes.bool_out, reference=np.isnan, casts=unchanged, complex=True)
def isnan(x: Value) -> Value:
    """Whether x is NaN."""
    x, _ = _ordered(x, x)
    return x.differs(x)


@elementwise(dtype=dtypes.bool_out, reference=np.isinf, casts=unchanged)
def isinf(x: Value) -> Value:
    """Whether x is an infinity."""
    if not x.dtype.startswith("float"):
        x, _ = _ordered(x, x)
        return x.differs(x)
    return abs(x).equals(float("inf"))


def _declare_range(open_low: bool, open_high: bool) -> Declared:
    def between(x: Value, low: Value, high: Value) -> Value:
        above: Value = (lt if open_low else le)(low, x)
        below: Value = (lt if open_high else le)(x, high)
        return above & below

    signs = "<" if open_low else "<=", "<" if open_high else "<="
    between.__doc__ = f"low {signs[0]} x {signs[1]} high."
    comparisons = np.less if open_low else np.less_equal, np.less if open_high else np.less_equal
    return elementwise(
        name=_RANGES[open_low, open_high],
        dtype=dtypes.bool_out,
        reference=lambda x, low, high: comparisons[0](low, x) & comparisons[1](x, high),
        casts=to_common,
    )(between)


_RANGES = {
    (True, True): "inopenrange",
    (False, False): "inclosedrange",
    (True, False): "inleftopenrange",
    (False, True): "inrightopenrange",
}
RANGES = {ends: _declare_range(*ends) for ends in _RANGES}
"""Whether a number lies in a range, by which of its ends are open."""


def _switch_casts(given: Sequence[str], out: str) -> Sequence[str]:
    return ("bool", out, out)


@elementwise(
    dtype=lambda c, a, b: dtypes.upcast_out(a, b), reference=np.where, casts=_switch_casts,
    partials=lambda c, a, b, out: (0, switch(c, 1, 0), switch(c, 0, 1)),  # type: ignore[has-type]
    complex=True,
)  # fmt: skip
def switch(condition: Value, then: Value, otherwise: Value) -> Value:
    """``then`` where ``condition`` is not 0, else ``otherwise``; both are computed."""
    return select(condition, then, otherwise)


@elementwise(dtype=dtypes.bitwise_out, reference=np.bitwise_and, commutative=True, associative=True, idempotent=True, symbol="&")
def and_(x: Value, y: Value) -> Value:
    """Logical and of bools, bitwise and of integers."""
    return x & y


@elementwise(dtype=dtypes.bitwise_out, reference=np.bitwise_or, commutative=True, associative=True, idempotent=True, identity=0, symbol="|")
def or_(x: Value, y: Value) -> Value:
    """Logical or of bools, bitwise or of integers."""
    return x | y


@elementwise(dtype=dtypes.bitwise_out, reference=np.bitwise_xor, commutative=True, associative=True, identity=0, symbol="^")
def xor(x: Value, y: Value) -> Value:
    """Logical exclusive or of bools, bitwise of integers."""
    return x ^ y


@elementwise(dtype=dtypes.shift_out, reference=np.left_shift, symbol="<<")
def left_shift(x: Value, y: Value) -> Value:
    """The bits of the integer x moved left by y places, in the common dtype: x * 2**y, which wraps.  0 if y is the width or more, or
    negative."""
    return x << y


@elementwise(dtype=dtypes.shift_out, reference=np.right_shift, symbol=">>")
def right_shift(x: Value, y: Value) -> Value:
    """The bits of the integer x moved right by y places, in the common dtype: x // 2**y.  If y is the width or more, or negative: 0, and
    -1 of a negative x."""
    return x >> y


@elementwise(dtype=dtypes.bitwise_out, reference=np.invert, involution=True)
def invert(x: Value) -> Value:
    """Logical not of bools, bitwise not of integers."""
    return ~x
