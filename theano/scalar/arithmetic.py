"""Arithmetic, rounding and casts; see :mod:`theano.scalar.declare` for how to read a declaration."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from theano import dtypes
from theano.scalar.declare import ScalarOp, elementwise
from theano.scalar.instructions import SIGNED, UNSIGNED, Value, binary, fma, intrinsic, select, unary
from theano.scalar.logic import eq, ge, le, lt, switch


def _fold(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: reduce(function, args)


def _others(args: tuple[Any, ...], k: int) -> Any:
    """The product of all arguments but number ``k``."""
    rest = [a for j, a in enumerate(args) if j != k]
    return mul(*rest) if len(rest) > 1 else rest[0] if rest else 1


@elementwise(
    dtype=dtypes.upcast_out, reference=_fold(np.add), partials=lambda *a: (1,) * (len(a) - 1), commutative=True, identity=0, symbol="+"
)
def add(*x: Value) -> Value:
    """x + y + ...; of bools their or."""
    return reduce(lambda a, b: a | b if a.dtype == "bool" else a + b, x)


@elementwise(
    dtype=dtypes.upcast_out, reference=_fold(np.multiply), partials=lambda *a: tuple(_others(a[:-1], k) for k in range(len(a) - 1)),
    commutative=True, identity=1, symbol="*",
)  # fmt: skip
def mul(*x: Value) -> Value:
    """x * y * ...; of bools their and."""
    return reduce(lambda a, b: a & b if a.dtype == "bool" else a * b, x)


@elementwise(dtype=dtypes.difference_out, reference=np.subtract, partials=lambda x, y, out: (1, -1), symbol="-")
def sub(x: Value, y: Value) -> Value:
    """x - y."""
    return x - y


@elementwise(dtype=dtypes.negatable_out, reference=np.negative, partials=lambda x, out: (-1,))
def neg(x: Value) -> Value:
    """-x; unsigned integers wrap."""
    return -x


@elementwise(
    dtype=dtypes.quotient_out, reference=np.true_divide, partials=lambda x, y, out: (1 / y, -(x / y) / y), symbol="/", domain=(0.1, 10.0)
)
def true_div(x: Value, y: Value) -> Value:
    """x / y; of integers in ``floatX``."""
    return x / y


def _total(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """NumPy's integer division gives 0 by zero; so it does for floats what IEEE says."""
    return lambda x, y: np.asarray(function(x, y))


@elementwise(dtype=dtypes.upcast_real_out, reference=_total(np.mod), partials=lambda x, y, out: (1, -int_div(x, y)), symbol="%", ulp=2.0)
def mod(x: Value, y: Value) -> Value:
    """The remainder of floor division: it has the sign of y.  Integers by zero give 0."""
    if x.dtype == "bool":
        return x & ~x
    if x.dtype in SIGNED + UNSIGNED:
        return x % y
    remainder = fma(-unary("floor", x / y), y, x)
    low, high = select(y < 0, y, y * 0.0), select(y < 0, y * 0.0, y)
    remainder = select(remainder < low, remainder + abs(y), select(remainder > high, remainder - abs(y), remainder))
    remainder = select(remainder.equals(y), y * 0.0, remainder)
    endless = abs(y).equals(float("inf")) & (abs(x) < float("inf"))
    same_sign = (x < 0).equals(y < 0) | x.equals(0.0)
    return select(endless, select(same_sign, x, y), remainder)


@elementwise(dtype=dtypes.upcast_real_out, reference=_total(np.floor_divide), symbol="//", ulp=2.0)
def int_div(x: Value, y: Value) -> Value:
    """x / y rounded down.  Integers by zero give 0."""
    if x.dtype == "bool":
        return x & y
    if x.dtype in SIGNED + UNSIGNED:
        return x // y
    quotient = x / y
    whole = unary("rint", (x - mod.trace(x.trace, x, y)) / y)
    return select(y.equals(0.0), quotient, whole)


def _power(x: Any, y: Any) -> Any:
    """NumPy's power, with integers to negative integers defined: they are rounded towards zero, and 0 for 0."""
    if np.result_type(x, y).kind == "i" and np.any(y < 0):
        whole = np.power(x, np.maximum(y, 0))
        unit = np.where(x == 1, 1, np.where(x == -1, np.where(y % 2 == 0, 1, -1), 0))
        return np.where(y < 0, unit, whole)
    return np.power(x, y)


@elementwise(
    dtype=dtypes.power_out, reference=_power, symbol="**", domain=(0.1, 8.0), ulp=2.0,
    partials=lambda x, y, out: (y * pow(x, y - 1), switch(eq(x, 0), 0, out * log_of(x))),
)  # fmt: skip
def pow(x: Value, y: Value) -> Value:
    """x to the power y.  Integers to negative powers are rounded towards zero."""
    if x.dtype not in SIGNED + UNSIGNED:
        return intrinsic("pow", x, y)
    one = x.trace.const(1, x.dtype)
    result, square, left = one, x, y
    for _ in range(_bits(x.dtype)):
        result = select((left & 1).equals(1), result * square, result)
        square, left = square * square, left >> 1
    if x.dtype in UNSIGNED:
        return result
    sign = select((y & 1).equals(1), -one, one)
    unit = select(x.equals(1), one, select(x.equals(-1), sign, x.trace.const(0, x.dtype)))
    return select(y < 0, unit, result)


def _bits(dtype: str) -> int:
    return dtypes.itemsize(dtype) * 8 - (dtype in SIGNED)


def log_of(x: Any) -> Any:
    from theano.scalar.transcendental import log

    return log(x)


@elementwise(dtype=dtypes.real_out, reference=np.abs, partials=lambda x, out: (sgn(x),))
def abs_(x: Value) -> Value:
    """The absolute value; of complex numbers the modulus."""
    return x if x.dtype == "bool" else abs(x)


@elementwise(dtype=dtypes.sign_out, reference=np.sign)
def sgn(x: Value) -> Value:
    """-1, 0 or 1; NaN of NaN."""
    one, zero = x.trace.const(1, x.dtype), x.trace.const(0, x.dtype)
    if x.dtype in UNSIGNED:
        return select(x.equals(0), zero, one)
    return select(zero < x, one, select(x < zero, -one, x))


@elementwise(dtype=dtypes.same_out, reference=np.square, partials=lambda x, out: (2 * x,))
def sqr(x: Value) -> Value:
    """x * x."""
    return x if x.dtype == "bool" else x * x


@elementwise(dtype=dtypes.upgrade_to_float, reference=np.sqrt, partials=lambda x, out: (0.5 / out,), domain=(0.0, 100.0))
def sqrt(x: Value) -> Value:
    """The square root; NaN of negative numbers."""
    return unary("sqrt", x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=lambda x: np.asarray(1, x.dtype) / x, partials=lambda x, out: (-(out * out),))
def inv(x: Value) -> Value:
    """1 / x."""
    return 1.0 / x


@elementwise(
    dtype=dtypes.upcast_out, reference=np.maximum, commutative=True,
    partials=lambda x, y, out: (switch(ge(x, y), 1, 0), switch(ge(x, y), 0, 1)),
)  # fmt: skip
def maximum(x: Value, y: Value) -> Value:
    """The greater; NaN if either is.  At a tie the gradient is all the first argument's."""
    return x | y if x.dtype == "bool" else binary("max", x, y)


@elementwise(
    dtype=dtypes.upcast_out, reference=np.minimum, commutative=True,
    partials=lambda x, y, out: (switch(le(x, y), 1, 0), switch(le(x, y), 0, 1)),
)  # fmt: skip
def minimum(x: Value, y: Value) -> Value:
    """The lesser; NaN if either is.  At a tie the gradient is all the first argument's."""
    return x & y if x.dtype == "bool" else binary("min", x, y)


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.where(x < low, low, np.where(x > high, high, x))


@elementwise(
    dtype=dtypes.upcast_out, reference=_clip,
    partials=lambda x, low, high, out: (
        switch(lt(x, low), 0, switch(lt(high, x), 0, 1)), switch(lt(x, low), 1, 0), switch(lt(x, low), 0, switch(lt(high, x), 1, 0)),
    ),
)  # fmt: skip
def clip(x: Value, low: Value, high: Value) -> Value:
    """x, but at least ``low`` and at most ``high``; ``low`` is tested first.  At the bounds the gradient is x's."""
    return select(_below(x, low), low, select(_below(high, x), high, x))


def _below(x: Value, y: Value) -> Value:
    return ~x & y if x.dtype == "bool" else x < y


@elementwise(dtype=lambda x, y: (y,), reference=lambda x, y: np.broadcast_arrays(x, y)[1], casts=lambda d, out: d, partials=lambda x, y, out: (0, 1))
def second(x: Value, y: Value) -> Value:
    """y, in the shape of both: ``fill``."""
    return y


@elementwise(dtype=dtypes.same_out, reference=np.positive, casts=lambda d, out: d, partials=lambda x, out: (1,))
def identity(x: Value) -> Value:
    """x itself."""
    return x


identity._reference = lambda x: x


# ------------------------------------------------------------------------------------------------ rounding


@elementwise(dtype=dtypes.upgrade_to_real_float, reference=np.floor)
def floor(x: Value) -> Value:
    """The greatest whole number not above x."""
    return unary("floor", x)


@elementwise(dtype=dtypes.upgrade_to_real_float, reference=np.ceil)
def ceil(x: Value) -> Value:
    """The least whole number not below x."""
    return unary("ceil", x)


@elementwise(dtype=dtypes.upgrade_to_real_float, reference=np.trunc)
def trunc(x: Value) -> Value:
    """x without its fraction."""
    return unary("trunc", x)


@elementwise(dtype=dtypes.float_only_out, reference=np.rint)
def round_half_to_even(x: Value) -> Value:
    """The nearest whole number; halves go to the even one."""
    return unary("rint", x)


def _away(x: Any) -> Any:
    return np.copysign(np.floor(np.abs(x) + np.asarray(0.5, x.dtype)), x)


@elementwise(dtype=dtypes.float_only_out, reference=_away)
def round_half_away_from_zero(x: Value) -> Value:
    """The nearest whole number; halves go away from zero."""
    return binary("copysign", unary("floor", abs(x) + 0.5), x)


# ------------------------------------------------------------------------------------------- complex numbers


@elementwise(dtype=dtypes.real_out, reference=np.real, casts=lambda d, out: d, partials=lambda x, out: (1,))
def real(x: Value) -> Value:
    """The real part."""
    return x


@elementwise(dtype=dtypes.real_out, reference=np.imag, casts=lambda d, out: d)
def imag(x: Value) -> Value:
    """The imaginary part; 0 of real numbers."""
    return x & ~x if x.dtype == "bool" else x * 0


@elementwise(dtype=dtypes.conjugate_out, reference=np.conj, casts=lambda d, out: (out,), partials=lambda x, out: (1,))
def conj(x: Value) -> Value:
    """The complex conjugate; real numbers as they are."""
    return x


# --------------------------------------------------------------------------------------------------- casts


def _cast_reference(dtype: str) -> Callable[[Any], Any]:
    from theano.scalar.evaluate import cast

    return lambda x: x.astype(dtype) if x.dtype.kind == "c" or dtype.startswith("complex") else cast(x, dtype)


def _declare_cast(dtype: str) -> ScalarOp:
    def body(x: Value) -> Value:
        return x.cast(dtype)

    body.__doc__ = f"x as {dtype}.  Out of range floats saturate, NaN becomes 0, integers wrap, to bool means not 0."
    declared: ScalarOp = elementwise(
        name=f"convert_to_{dtype}", dtype=lambda x: (dtype,), reference=_cast_reference(dtype), casts=lambda d, out: d,
        partials=lambda x, out: (1 if dtypes.is_continuous(dtype) else 0,),
    )(body)  # fmt: skip
    return declared


CASTS = {dtype: _declare_cast(dtype) for dtype in dtypes.ALL}
"""``convert_to_<dtype>``, by dtype."""
