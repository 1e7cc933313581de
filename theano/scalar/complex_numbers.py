"""Complex numbers: their parts, their polar form, and how they are made; see :mod:`theano.scalar.declare`.

Partial derivatives are those by the whole complex argument: a real function of z changes by the real part of p dz.

>>> from theano.scalar import OPS
>>> float(OPS["imag"](3 - 2j)), bool(OPS["conj"](3 - 2j) == 3 + 2j)
(-2.0, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano import dtypes
from theano.scalar.declare import CONJUGATE, elementwise, unchanged
from theano.scalar.instructions import Complex, Value, intrinsic


def is_complex(x: Any) -> bool:
    """Whether that is the dtype of a variable, a traced value or an array; others are taken for real."""
    return str(getattr(x, "dtype", "")) in dtypes.COMPLEX


def _to_complex128(given: Sequence[str], result: str) -> Sequence[str]:
    return ("complex128",) * len(given)


def _to_part(given: Sequence[str], result: str) -> Sequence[str]:
    return (dtypes.real_of(result),) * len(given)


def _joined(real: Any, imag: Any) -> Any:
    """By storing the parts: ``x + 1j*y`` has no infinite imaginary part without NaN for the real one."""
    result = np.empty(np.broadcast_shapes(real.shape, imag.shape), dtypes.complex_of(real.dtype.name))
    result.real, result.imag = real, imag
    return result


@elementwise(dtype=dtypes.real_out, reference=np.real, casts=unchanged, partials=lambda x, out: (1,), idempotent=True, complex=True)
def real(x: Value) -> Value:
    """The real part."""
    return x.real


@elementwise(
    dtype=dtypes.real_out, reference=np.imag, casts=unchanged, partials=lambda x, out: (-1j if is_complex(x) else 0,), complex=True
)
def imag(x: Value) -> Value:
    """The imaginary part; 0 of real numbers."""
    return x.imag


@elementwise(
    dtype=dtypes.conjugate_out, reference=np.conj, partials=lambda x, out: (CONJUGATE if is_complex(x) else 1,), involution=True,
    complex=True,
)  # fmt: skip
def conj(x: Value) -> Value:
    """The complex conjugate; real numbers as they are."""
    return Complex(x.real, -x.imag) if isinstance(x, Complex) else x


@elementwise(
    dtype=dtypes.float64_out, reference=np.angle, casts=_to_complex128, partials=lambda x, out: (-1j / x if is_complex(x) else 0,), ulp=2.0,
    complex=True,
)  # fmt: skip
def angle(x: Value) -> Value:
    """The argument of a complex number, in [-π, π]; of negative real numbers π."""
    return intrinsic("arctan2", x.imag, x.real)


@elementwise(dtype=dtypes.complex_out, reference=_joined, casts=_to_part, partials=lambda x, y, out: (1, 1j), complex=True)
def complex(x: Value, y: Value) -> Value:
    """The complex number of real part x and imaginary part y."""
    return Complex(x, y)


@elementwise(
    dtype=dtypes.complex_out, reference=lambda r, theta: _joined(r * np.cos(theta), r * np.sin(theta)), casts=_to_part,
    partials=lambda r, theta, out: (complex_from_polar(1, theta), 1j * out), ulp=2.0, complex=True,  # type: ignore[has-type]
)  # fmt: skip
def complex_from_polar(r: Value, theta: Value) -> Value:
    """The complex number of modulus r and angle theta."""
    return Complex(r * intrinsic("cos", theta), r * intrinsic("sin", theta))
