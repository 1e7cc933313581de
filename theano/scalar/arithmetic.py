"""Arithmetic, rounding, casts; :mod:`theano.scalar.declare` says how to read a declaration."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from theano import dtypes
from theano.scalar.complex_numbers import conj, is_complex
from theano.scalar.declare import Declared, elementwise, unchanged
from theano.scalar.evaluate import cast
from theano.scalar.instructions import INTEGERS, UNSIGNED, Value, binary, intrinsic, select, unary
from theano.scalar.logic import eq, ge, gt, le, lt, switch


def _folded(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: reduce(function, args)


def _others(args: tuple[Any, ...], k: int) -> Any:
    """The product of all arguments but number ``k``."""
    rest = [a for j, a in enumerate(args) if j != k]
    return mul(*rest) if len(rest) > 1 else rest[0] if rest else 1


@elementwise(
    dtype=dtypes.upcast_out,
    reference=_folded(np.add),
    partials=lambda *x: (1,) * (len(x) - 1),
    commutative=True,
    identity=0,
    symbol="+",
    complex=True,
)
def add(*x: Value) -> Value:
    """x + y + ...; integers wrap, of bools it is their or."""
    return reduce(lambda a, b: a | b if a.dtype == "bool" else a + b, x)


@elementwise(
    dtype=dtypes.upcast_out,
    reference=_folded(np.multiply),
    partials=lambda *x: tuple(_others(x[:-1], k) for k in range(len(x) - 1)),
    commutative=True,
    identity=1,
    absorbing=0,
    symbol="*",
    complex=True,
)
def mul(*x: Value) -> Value:
    """x * y * ...; integers wrap, of bools it is their and."""
    return reduce(lambda a, b: a & b if a.dtype == "bool" else a * b, x)


@elementwise(dtype=dtypes.difference_out, reference=np.subtract, partials=lambda x, y, out: (1, -1), symbol="-", complex=True)
def sub(x: Value, y: Value) -> Value:
    """x - y; integers wrap."""
    return x - y


@elementwise(dtype=dtypes.negatable_out, reference=np.negative, partials=lambda x, out: (-1,), involution=True, complex=True)
def neg(x: Value) -> Value:
    """-x; integers wrap."""
    return -x


@elementwise(
    dtype=dtypes.quotient_out,
    reference=np.true_divide,
    partials=lambda x, y, out: (1 / y, -(x / y) / y),
    domain=((-10.0, 10.0), (0.5, 10.0)),
    symbol="/",
    complex=True,
)
def true_div(x: Value, y: Value) -> Value:
    """x / y, by 0 an infinity or NaN; of integers and bools in ``floatX``."""
    return x / y


@elementwise(dtype=dtypes.upcast_real_out, reference=np.floor_divide, domain=((-10.0, 10.0), (0.5, 10.0)), symbol="//")
def int_div(x: Value, y: Value) -> Value:
    """x / y rounded down, in the common dtype.

    Integers by 0 give 0, the least integer by -1 itself; bools are divided as 0 and 1.  Floats by 0 give an infinity or NaN, an infinity
    by anything NaN; a finite number by an infinity gives 0, or -1 if the signs differ."""
    if x.dtype == "bool":
        return x & y
    return x // y if x.dtype in INTEGERS else intrinsic("floor_div", x, y)


@elementwise(
    dtype=dtypes.upcast_real_out,
    reference=np.remainder,
    partials=lambda x, y, out: (1, -int_div(x, y)),
    kinks=[((4.0, 2.0), (1.0, -2.0))],
    domain=((-10.0, 10.0), (0.5, 10.0)),
    symbol="%",
)
def mod(x: Value, y: Value) -> Value:
    """The remainder of floor division, which has the sign of y, also if it is 0.

    Integers modulo 0 give 0.  Floats modulo 0, and infinities, give NaN; a finite number modulo an infinity is itself if the signs agree,
    else that infinity."""
    if x.dtype == "bool":
        return x & ~x
    return x % y if x.dtype in INTEGERS else intrinsic("floor_mod", x, y)


@elementwise(dtype=dtypes.sign_out, reference=np.sign, idempotent=True)
def sgn(x: Value) -> Value:
    """-1, 0 or 1; NaN of NaN."""
    one, zero = x.trace.const(1, x.dtype), x.trace.const(0, x.dtype)
    if x.dtype in UNSIGNED:
        return select(x.equals(0), zero, one)
    return select(zero < x, one, select(x < zero, -one, x))


def _modulus_partials(x: Any, out: Any) -> tuple[Any]:
    return (switch(eq(out, 0), 0, conj(x) / out) if is_complex(x) else sgn(x),)


@elementwise(
    dtype=dtypes.real_out,
    reference=np.abs,
    casts=unchanged,
    partials=_modulus_partials,
    kinks=[((0.0,), (0.0,))],
    idempotent=True,
    complex=True,
)
def abs_(x: Value) -> Value:
    """The absolute value, of the least integer itself; of complex numbers the modulus.  Its derivative at 0 is 0."""
    return x if x.dtype == "bool" else abs(x)


@elementwise(dtype=dtypes.same_out, reference=np.square, partials=lambda x, out: (2 * x,), complex=True)
def sqr(x: Value) -> Value:
    """x * x; integers wrap."""
    return x if x.dtype == "bool" else x * x


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference=np.sqrt,
    partials=lambda x, out: (0.5 / out,),
    kinks=[((0.0,), (math.inf,))],
    domain=(0.01, 100.0),
)
def sqrt(x: Value) -> Value:
    """The square root; NaN of negative numbers."""
    return unary("sqrt", x)


@elementwise(
    dtype=dtypes.upgrade_to_float, reference=np.reciprocal, partials=lambda x, out: (-(out * out),), domain=(0.1, 10.0), complex=True
)
def inv(x: Value) -> Value:
    """1 / x."""
    return 1.0 / x


@elementwise(
    dtype=dtypes.upcast_out,
    reference=np.maximum,
    partials=lambda x, y, out: (switch(ge(x, y), 1, 0), switch(ge(x, y), 0, 1)),
    kinks=[((1.0, 1.0), (1.0, 0.0))],
    commutative=True,
    associative=True,
    idempotent=True,
    complex=True,
)
def maximum(x: Value, y: Value) -> Value:
    """The greater; NaN if either is.  At a tie the derivative is all the first argument's."""
    return x | y if x.dtype == "bool" else binary("max", x, y)


@elementwise(
    dtype=dtypes.upcast_out,
    reference=np.minimum,
    partials=lambda x, y, out: (switch(le(x, y), 1, 0), switch(le(x, y), 0, 1)),
    kinks=[((1.0, 1.0), (1.0, 0.0))],
    commutative=True,
    associative=True,
    idempotent=True,
    complex=True,
)
def minimum(x: Value, y: Value) -> Value:
    """The lesser; NaN if either is.  At a tie the derivative is all the first argument's."""
    return x & y if x.dtype == "bool" else binary("min", x, y)


@elementwise(
    dtype=dtypes.upcast_real_out,
    reference=lambda x, low, high: np.where(x < low, low, np.where(x > high, high, x)),
    partials=lambda x, low, high, out: (
        switch(lt(x, low), 0, switch(gt(x, high), 0, 1)),
        switch(lt(x, low), 1, 0),
        switch(lt(x, low), 0, switch(gt(x, high), 1, 0)),
    ),
    kinks=[((-1.0, -1.0, 1.0), (1.0, 0.0, 0.0)), ((1.0, -1.0, 1.0), (1.0, 0.0, 0.0))],
    domain=((-10.0, 10.0), (-5.0, -4.0), (4.0, 5.0)),
)
def clip(x: Value, low: Value, high: Value) -> Value:
    """x, but at least ``low`` and at most ``high``; ``low`` is tested first.  At the bounds the derivative is x's."""
    return select(lt(x, low), low, select(gt(x, high), high, x))


@elementwise(
    dtype=lambda x, y: (y,),
    reference=lambda x, y: np.broadcast_arrays(x, y)[1],
    casts=unchanged,
    partials=lambda x, y, out: (None, 1),
    complex=True,
)
def second(x: Value, y: Value) -> Value:
    """y, in the shape of both: ``fill``."""
    return y


@elementwise(
    dtype=dtypes.same_out, reference=np.array, casts=unchanged, partials=lambda x, out: (1,), idempotent=True, involution=True, complex=True
)
def identity(x: Value) -> Value:
    """x itself."""
    return x


# ------------------------------------------------------------------------------------------------ rounding


@elementwise(dtype=dtypes.upgrade_to_real_float, reference=np.floor, idempotent=True)
def floor(x: Value) -> Value:
    """The greatest whole number not above x."""
    return unary("floor", x)


@elementwise(dtype=dtypes.upgrade_to_real_float, reference=np.ceil, idempotent=True)
def ceil(x: Value) -> Value:
    """The least whole number not below x."""
    return unary("ceil", x)


@elementwise(dtype=dtypes.upgrade_to_real_float, reference=np.trunc, idempotent=True)
def trunc(x: Value) -> Value:
    """x without its fraction."""
    return unary("trunc", x)


@elementwise(dtype=dtypes.float_only_out, reference=np.rint, idempotent=True)
def round_half_to_even(x: Value) -> Value:
    """The nearest whole number; halves go to the even one."""
    return unary("rint", x)


def _rounded_away(x: Any) -> Any:
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(np.ones_like(x), x), whole)


@elementwise(dtype=dtypes.float_only_out, reference=_rounded_away, idempotent=True)
def round_half_away_from_zero(x: Value) -> Value:
    """The nearest whole number; halves go away from zero."""
    whole = unary("trunc", x)
    return select(abs(x - whole) < 0.5, whole, whole + binary("copysign", x.trace.const(1, x.dtype), x))


# --------------------------------------------------------------------------------------------------- casts


def _declare_cast(dtype: str) -> Declared:
    def convert(x: Value) -> Value:
        return x.cast(dtype)

    convert.__doc__ = f"x as {dtype}.  Floats out of range saturate, NaN becomes 0, integers wrap; as bool, whether x is not 0."
    connected = 1 if dtypes.is_continuous(dtype) else 0
    return elementwise(
        name=f"convert_to_{dtype}",
        dtype=lambda x: (dtype,),
        reference=lambda x: cast(x, dtype),
        casts=unchanged,
        partials=lambda x, out: (connected,),
        idempotent=True,
        complex=True,
    )(convert)


CASTS = {dtype: _declare_cast(dtype) for dtype in dtypes.ALL}
"""``convert_to_<dtype>``, by dtype."""
