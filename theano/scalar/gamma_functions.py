"""The gamma function, its logarithm and derivatives; the incomplete gamma and beta functions.

The incomplete functions have no body: how many steps they take depends on the arguments, so they run by SciPy, which is imported when
first used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano import dtypes
from theano.scalar.declare import UNKNOWN, elementwise
from theano.scalar.instructions import Value, intrinsic
from theano.scalar.transcendental import exp, log, log1p

POSITIVE = (0.1, 10.0)


def _polygamma(n: Any, x: Any) -> Any:
    from scipy.special import polygamma

    return polygamma(n, x)


def _polygamma_partials(n: Any, x: Any, out: Any) -> Sequence[Any]:
    return UNKNOWN, polygamma(n + 1, x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference=_polygamma,
    partials=_polygamma_partials,
    domain=((1.0, 1.0), POSITIVE),
    native=False,
    source="DLMF 5.15",
)
def polygamma(n: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The derivative number n of psi, for n = 0, 1, 2 ...  It has none with respect to n."""


@elementwise(dtype=dtypes.upgrade_to_real_float, partials=lambda x, out: (polygamma(2, x),), domain=POSITIVE, ulp=8.0, source="DLMF 5.15.1")
def tri_gamma(x: Value) -> Value:
    """The derivative of psi; infinite at 0 and the negative whole numbers."""
    return intrinsic("tri_gamma", x)


@elementwise(
    dtype=dtypes.upgrade_to_float, partials=lambda x, out: (tri_gamma(x),), domain=POSITIVE, ulp=6.0, scale=8.0, source="DLMF 5.2.2"
)
def psi(x: Value) -> Value:
    """The digamma function, the derivative of gammaln.  At negative x close to a root only the absolute error is small; NaN at the
    negative whole numbers."""
    return intrinsic("psi", x)


@elementwise(dtype=dtypes.upgrade_to_float, partials=lambda x, out: (out * psi(x),), domain=(0.1, 5.0), ulp=5.0, source="DLMF 5.2.1")
def gamma(x: Value) -> Value:
    """The gamma function, (x - 1)!; NaN at the negative whole numbers."""
    return intrinsic("gamma", x)


@elementwise(
    dtype=dtypes.upgrade_to_real_float, partials=lambda x, out: (psi(x),), domain=POSITIVE, ulp=6.0, scale=4.0, source="DLMF 5.2.1"
)
def gammaln(x: Value) -> Value:
    """The logarithm of the absolute value of the gamma function.  At negative x close to a root only the absolute error is small."""
    return intrinsic("gammaln", x)


# ---------------------------------------------------------------------------------------------- incomplete gamma functions


def _density(k: Any, x: Any) -> Any:
    """The derivative of gammainc(k, x) by x."""
    return exp((k - 1) * log(x) - x - gammaln(k))


NODES, STEP = 56, 1 / 16
"""Of the quadrature on each side, which reaches as far as e^-CUT of the integrand's peak."""
CUT = 45.0


def _gammainc_by_k(k: Any, x: Any) -> Any:
    """Quadrature of the density's logarithmic derivative in v = \\|log t - log x\\|, on that side of x where log t - psi(k) keeps its sign,
    so that nothing cancels; a tanh-sinh rule (Takahasi and Mori, 1974) up to where the density vanishes."""
    from scipy import special

    dtype = np.result_type(k, x)
    k, x = np.broadcast_arrays(np.asarray(k, "float64"), np.asarray(x, "float64"))
    offset = np.log(x) - special.psi(k)
    left = offset < 0
    side = np.where(left, -1.0, 1.0)
    end = np.where(left, (CUT + x) / k, np.log1p((CUT + 100 * k) / x))
    for _ in range(6):
        end = np.where(left, (CUT - x * np.expm1(-end)) / k, np.log1p((CUT + k * end) / x))
    for _ in range(6):  # Newton: both exponents are convex
        end = end - (x * np.expm1(side * end) - k * side * end - CUT) / (side * (x * np.exp(side * end) - k))
    peak = k * np.log(x) - x - special.gammaln(k)
    total = np.zeros(np.shape(k))
    for point in np.arange(-NODES, NODES + 1) * STEP:
        place = 1 / (1 + np.exp(-np.pi * np.sinh(point)))
        weight = np.pi * np.cosh(point) * place * (1 / (1 + np.exp(np.pi * np.sinh(point)))) * STEP
        u = side * end * place
        total = total + weight * np.exp(peak + k * u - x * np.expm1(u)) * (offset + u)
    return np.where((x == 0) | (x == np.inf), -0.0, np.where(left, total, -total) * end).astype(dtype)


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference=_gammainc_by_k,
    partials=lambda k, x, out: (UNKNOWN, _density(k, x) * (log(x) - psi(k))),
    domain=POSITIVE,
    native=False,
    source="DLMF 8.2.4",
)
def gammainc_by_k(k: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The derivative of gammainc(k, x) with respect to k, ∫₀ˣ (log t - ψ(k)) tᵏ⁻¹ exp(-t) dt / Γ(k)."""


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.gammainc",
    partials=lambda k, x, out: (gammainc_by_k(k, x), _density(k, x)),
    domain=POSITIVE,
    native=False,
    source="DLMF 8.2.4",
)
def gammainc(k: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The regularised lower incomplete gamma function, ∫₀ˣ tᵏ⁻¹ exp(-t) dt / Γ(k)."""


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.gammaincc",
    partials=lambda k, x, out: (-gammainc_by_k(k, x), -_density(k, x)),
    domain=POSITIVE,
    native=False,
    source="DLMF 8.2.4",
)
def gammaincc(k: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The regularised upper incomplete gamma function, 1 - gammainc(k, x), exact where it is small."""


def _of_incomplete(name: str) -> Any:
    def function(k: Any, x: Any) -> Any:
        from scipy import special

        return getattr(special, name)(k, x) * special.gamma(k)

    return function


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference=_of_incomplete("gammainc"),
    partials=lambda k, x, out: (gamma(k) * gammainc_by_k(k, x) + out * psi(k), exp((k - 1) * log(x) - x)),
    domain=POSITIVE,
    native=False,
    source="DLMF 8.2.1",
)
def gammal(k: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The lower incomplete gamma function, ∫₀ˣ tᵏ⁻¹ exp(-t) dt."""


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference=_of_incomplete("gammaincc"),
    partials=lambda k, x, out: (out * psi(k) - gamma(k) * gammainc_by_k(k, x), -exp((k - 1) * log(x) - x)),
    domain=POSITIVE,
    native=False,
    source="DLMF 8.2.2",
)
def gammau(k: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The upper incomplete gamma function, ∫ from x to infinity of tᵏ⁻¹ exp(-t) dt."""


def _chi2sf(x: Any, k: Any) -> Any:
    from scipy.special import gammaincc

    return gammaincc(k / 2, x / 2)


@elementwise(
    dtype=dtypes.without(dtypes.float64_out, *dtypes.COMPLEX),
    reference=_chi2sf,
    partials=lambda x, k, out: (-_density(k / 2, x / 2) / 2, -gammainc_by_k(k / 2, x / 2) / 2),
    domain=POSITIVE,
    native=False,
    source="Abramowitz and Stegun 26.4.19",
)
def chi2sf(x: Value, k: Value) -> Value:  # type: ignore[empty-body]
    """The probability that a chi-squared variable with k degrees of freedom exceeds x, gammaincc(k/2, x/2)."""


# ------------------------------------------------------------------------------------------------------ beta functions


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.beta",
    partials=lambda a, b, out: (out * (psi(a) - psi(a + b)), out * (psi(b) - psi(a + b))),
    domain=POSITIVE,
    native=False,
    source="DLMF 5.12.1",
)
def beta(a: Value, b: Value) -> Value:  # type: ignore[empty-body]
    """Γ(a) Γ(b) / Γ(a + b)."""


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.betaln",
    partials=lambda a, b, out: (psi(a) - psi(a + b), psi(b) - psi(a + b)),
    domain=POSITIVE,
    native=False,
    source="DLMF 5.12.1",
)
def betaln(a: Value, b: Value) -> Value:  # type: ignore[empty-body]
    """The logarithm of beta(a, b)."""


@elementwise(
    dtype=dtypes.upgrade_to_real_float,
    reference="scipy.special.betainc",
    partials=lambda a, b, x, out: (UNKNOWN, UNKNOWN, exp((a - 1) * log(x) + (b - 1) * log1p(-x) - betaln(a, b))),
    domain=(POSITIVE, POSITIVE, (0.01, 0.99)),
    native=False,
    source="DLMF 8.17.2",
)
def betainc(a: Value, b: Value, x: Value) -> Value:  # type: ignore[empty-body]
    """The regularised incomplete beta function, ∫₀ˣ tᵃ⁻¹ (1 - t)ᵇ⁻¹ dt / beta(a, b)."""
