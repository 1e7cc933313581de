"""Special functions.

Most have no body: they run by their NumPy or SciPy reference.  SciPy is imported at their first use.
"""

from __future__ import annotations

import math
from typing import Any

from theano import dtypes
from theano.scalar.arithmetic import sqr
from theano.scalar.declare import UNKNOWN, elementwise
from theano.scalar.instructions import Value
from theano.scalar.transcendental import exp, log

HALF_ROOT_PI = math.sqrt(math.pi) / 2


# --------------------------------------------------------------------------------- error and gamma functions


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.erfcx",
    partials=lambda x, out: (2 * x * out - 1 / HALF_ROOT_PI,),
    domain=(-2.0, 10.0),
    native=False,
)
def erfcx(x: Value) -> Value:  # type: ignore[empty-body]
    """exp(x²) erfc(x)."""


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.erfinv",
    partials=lambda x, out: (HALF_ROOT_PI * exp(sqr(out)),),
    inverse="erf",
    domain=(-0.9, 0.9),
    native=False,
)
def erfinv(x: Value) -> Value:  # type: ignore[empty-body]
    """The number whose erf is x."""


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.erfcinv",
    partials=lambda x, out: (-HALF_ROOT_PI * exp(sqr(out)),),
    inverse="erfc",
    domain=(0.1, 1.9),
    native=False,
)
def erfcinv(x: Value) -> Value:  # type: ignore[empty-body]
    """The number whose erfc is x."""


def _tri_gamma(x: Any) -> Any:
    from scipy.special import polygamma

    return polygamma(1, x)


@elementwise(dtype=dtypes.upgrade_to_float, reference=_tri_gamma, differentiable=False, domain=(0.1, 10.0), native=False)
def tri_gamma(x: Value) -> Value:  # type: ignore[empty-body]
    """The derivative of psi."""


@elementwise(
    dtype=dtypes.upgrade_to_float, reference="scipy.special.psi", partials=lambda x, out: (tri_gamma(x),), domain=(0.1, 10.0), native=False
)
def psi(x: Value) -> Value:  # type: ignore[empty-body]
    """The digamma function, the derivative of gammaln."""


@elementwise(
    dtype=dtypes.upgrade_to_float, reference="scipy.special.gamma", partials=lambda x, out: (out * psi(x),), domain=(0.1, 5.0), native=False
)
def gamma(x: Value) -> Value:  # type: ignore[empty-body]
    """The gamma function."""


@elementwise(
    dtype=dtypes.upgrade_to_float, reference="scipy.special.gammaln", partials=lambda x, out: (psi(x),), domain=(0.1, 10.0), native=False
)
def gammaln(x: Value) -> Value:  # type: ignore[empty-body]
    """The logarithm of the absolute value of the gamma function."""


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference="scipy.special.gammainc",
    partials=lambda k, x, out: (UNKNOWN, exp((k - 1) * log(x) - x - gammaln(k))),
    domain=(0.1, 10.0),
    native=False,
)
def gammainc(k: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The regularised lower incomplete gamma function."""


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference="scipy.special.gammaincc",
    partials=lambda k, x, out: (UNKNOWN, -exp((k - 1) * log(x) - x - gammaln(k))),
    domain=(0.1, 10.0),
    native=False,
)
def gammaincc(k: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The regularised upper incomplete gamma function."""


def _chi2sf(x: Any, k: Any) -> Any:
    from scipy.special import gammaincc

    return gammaincc(k / 2, x / 2)


@elementwise(dtype=dtypes.float64_out, reference=_chi2sf, differentiable=False, domain=(0.1, 10.0), native=False)
def chi2sf(x: Value, k: Value) -> Value:  # type: ignore[empty-body]
    """The probability that a chi-squared variable with k degrees of freedom exceeds x."""


# ---------------------------------------------------------------------------------------------- Bessel functions


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference="scipy.special.jv",
    partials=lambda v, x, out: (UNKNOWN, (jv(v - 1, x) - jv(v + 1, x)) / 2),  # type: ignore[has-type]
    domain=((0.0, 3.0), (0.1, 10.0)),
    native=False,
)
def jv(v: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The Bessel function of the first kind, of real order v."""


@elementwise(dtype=dtypes.upgrade_to_float, reference="scipy.special.j1", partials=lambda x, out: ((j0(x) - jv(2, x)) / 2,), native=False)  # type: ignore[has-type]
def j1(x: Value) -> Value:  # type: ignore[empty-body]
    """The Bessel function of the first kind, of order 1."""


@elementwise(dtype=dtypes.upgrade_to_float, reference="scipy.special.j0", partials=lambda x, out: (-j1(x),), native=False)
def j0(x: Value) -> Value:  # type: ignore[empty-body]
    """The Bessel function of the first kind, of order 0."""


@elementwise(
    dtype=dtypes.upgrade_to_float,
    reference="scipy.special.iv",
    partials=lambda v, x, out: (UNKNOWN, (iv(v - 1, x) + iv(v + 1, x)) / 2),  # type: ignore[has-type]
    domain=((0.0, 3.0), (0.1, 5.0)),
    native=False,
)
def iv(v: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The modified Bessel function of the first kind, of real order v."""


@elementwise(dtype=dtypes.upgrade_to_float, reference="scipy.special.i1", partials=lambda x, out: ((i0(x) + iv(2, x)) / 2,), native=False)  # type: ignore[has-type]
def i1(x: Value) -> Value:  # type: ignore[empty-body]
    """The modified Bessel function of the first kind, of order 1."""


@elementwise(dtype=dtypes.upgrade_to_float, reference="scipy.special.i0", partials=lambda x, out: (i1(x),), native=False)
def i0(x: Value) -> Value:  # type: ignore[empty-body]
    """The modified Bessel function of the first kind, of order 0."""
