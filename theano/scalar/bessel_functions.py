"""Bessel functions of the first kind and modified ones: of orders 0 and 1 with code, of any real order by SciPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano import dtypes
from theano.scalar.declare import UNKNOWN, elementwise
from theano.scalar.instructions import Value, intrinsic
from theano.scalar.logic import eq, switch

ORDERS = (0.0, 3.0)


def _of_order_1(order_0: Any, order_1: Any, x: Any) -> Sequence[Any]:
    """The derivative of a function of order 1: that of order 0 less itself over x, which at 0 are 1 and 1/2."""
    at_0 = eq(x, 0)
    return (switch(at_0, 0.5, order_0 - order_1 / switch(at_0, 1, x)),)


def _j1_partials(x: Any, out: Any) -> Sequence[Any]:
    return _of_order_1(j0(x), out, x)


def _i1_partials(x: Any, out: Any) -> Sequence[Any]:
    return _of_order_1(i0(x), out, x)


def _of_real_order(order: str, x: str) -> tuple[str, ...]:
    """The dtype for a real order; of complex numbers there are values, of complex orders none."""
    dtypes.refuse("the order", (order,), dtypes.COMPLEX)
    return dtypes.upgrade_to_float(order, x)


def _jv_partials(v: Any, x: Any, out: Any) -> Sequence[Any]:
    return UNKNOWN, (jv(v - 1, x) - jv(v + 1, x)) / 2


def _iv_partials(v: Any, x: Any, out: Any) -> Sequence[Any]:
    return UNKNOWN, (iv(v - 1, x) + iv(v + 1, x)) / 2


@elementwise(
    dtype=_of_real_order,
    reference="scipy.special.jv",
    partials=_jv_partials,
    domain=(ORDERS, (0.1, 10.0)),
    native=False,
    source="DLMF 10.2.2, 10.6.1",
)
def jv(v: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The Bessel function of the first kind, of real order v."""


@elementwise(dtype=dtypes.upgrade_to_real_float, partials=_j1_partials, everywhere=False, ulp=7.0, scale=0.25, source="DLMF 10.2.2, 10.6.2")
def j1(x: Value) -> Value:
    """The Bessel function of the first kind, of order 1.  Close to its roots only the absolute error is small, except close to the first
    three, which are 0, 3.83 and 7.02."""
    return intrinsic("j1", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    partials=lambda x, out: (-j1(x),),
    everywhere=False,
    ulp=7.0,
    scale=0.25,
    source="DLMF 10.2.2, 10.6.3",
)
def j0(x: Value) -> Value:
    """The Bessel function of the first kind, of order 0.  Close to its roots only the absolute error is small, except close to the first
    two, 2.40 and 5.52."""
    return intrinsic("j0", x)


@elementwise(
    dtype=_of_real_order,
    reference="scipy.special.iv",
    partials=_iv_partials,
    domain=(ORDERS, (0.1, 5.0)),
    native=False,
    source="DLMF 10.25.2, 10.29.1",
)
def iv(v: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The modified Bessel function of the first kind, of real order v."""


@elementwise(dtype=dtypes.upgrade_to_real_float, partials=_i1_partials, ulp=8.0, source="DLMF 10.25.2, 10.29.2")
def i1(x: Value) -> Value:
    """The modified Bessel function of the first kind, of order 1."""
    return intrinsic("i1", x)


@elementwise(dtype=dtypes.upgrade_to_real_float, partials=lambda x, out: (i1(x),), ulp=8.0, source="DLMF 10.25.2, 10.29.3")
def i0(x: Value) -> Value:
    """The modified Bessel function of the first kind, of order 0."""
    return intrinsic("i0", x)
