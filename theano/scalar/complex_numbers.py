"""Complex numbers: their parts, their polar form, and how they are made; see :mod:`theano.scalar.declare`.

>>> from theano.scalar import OPS
>>> float(OPS["imag"](3 - 2j)), bool(OPS["conj"](3 - 2j) == 3 + 2j)
(-2.0, True)
"""

from __future__ import annotations

import numpy as np

from theano import dtypes
from theano.scalar.declare import elementwise, unchanged
from theano.scalar.instructions import Value


@elementwise(dtype=dtypes.real_out, reference=np.real, casts=unchanged, partials=lambda x, out: (1,), idempotent=True, complex=True)
def real(x: Value) -> Value:
    """The real part."""
    return x.real


@elementwise(dtype=dtypes.real_out, reference=np.imag, casts=unchanged, complex=True)
def imag(x: Value) -> Value:
    """The imaginary part; 0 of real numbers."""
    return x.imag


@elementwise(dtype=dtypes.conjugate_out, reference=np.conj, partials=lambda x, out: (1,), involution=True)
def conj(x: Value) -> Value:
    """The complex conjugate; real numbers as they are."""
    return x


@elementwise(dtype=dtypes.float64_out, reference=np.angle, casts=unchanged, differentiable=False, native=False)
def angle(x: Value) -> Value:  # type: ignore[empty-body]
    """The argument of a complex number."""


@elementwise(dtype=dtypes.complex_out, reference=lambda x, y: x + 1j * y, casts=unchanged, partials=lambda x, y, out: (1, 1j), native=False)
def complex(x: Value, y: Value) -> Value:  # type: ignore[empty-body]
    """The complex number of real part x and imaginary part y."""


@elementwise(
    dtype=dtypes.complex_out, reference=lambda r, theta: r * np.exp(1j * theta), casts=unchanged, differentiable=False, native=False
)
def complex_from_polar(r: Value, theta: Value) -> Value:  # type: ignore[empty-body]
    """The complex number of modulus r and angle theta."""
