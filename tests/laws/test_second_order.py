"""Second derivatives of every declared operation: reverse over reverse and forward over reverse, compiled.

Against finite differences of the compiled first derivatives, and those of special functions against high precision.
"""

import mpmath
import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.laws.elementwise import accepted, arity, intervals
from tests.scalar.special_truths import FUNCTIONS
from theano.errors import NullTypeGradError
from theano.scalar import OPS, UNKNOWN
from theano.tensor.elemwise import elemwise

COUNT = 24


def connected(op):
    """Which partial derivatives are known, and may not be zero everywhere."""
    if not op.differentiable or accepted(op, *("float64",) * arity(op)) != "float64":
        return []
    middle = [np.array([(low + high) / 2]) for low, high in intervals(op)]
    with np.errstate(all="ignore"):
        partials = op.partials(*middle, op.evaluate(*middle)[0])
    return [k for k, p in enumerate(partials) if p is not None and p is not UNKNOWN and not (isinstance(p, int) and p == 0)]


SMOOTH = [op for op in OPS.values() if connected(op)]


def first(op, variables):
    """The known gradients of the sum, by position."""
    total = elemwise(op)(*variables).sum()
    return {k: T.grad(total, variables[k]) for k in connected(op)}


def second(gradients, variables):
    """Gradients of gradients by their pair of positions, where these are known."""
    found = {}
    for i, gradient in gradients.items():
        for j, x in enumerate(variables):
            try:
                found[i, j] = T.grad(gradient.sum(), x, disconnected_inputs="ignore")
            except NullTypeGradError:
                continue
    return found


def forward(gradients, variables, pairs):
    """The same by forward mode."""
    return [T.Rop(gradients[i], variables[j], T.ones_like(variables[j]), disconnected_outputs="ignore") for i, j in pairs]


@pytest.mark.parametrize("op", SMOOTH, ids=repr)
def test_second_derivatives_against_finite_differences(op):
    variables = T.dvectors(*"abcd"[: arity(op)]) if arity(op) > 1 else [T.dvector()]
    gradients = first(op, variables)
    pairs = second(gradients, variables)
    slope = theano.function(variables, list(gradients.values()), on_unused_input="ignore")
    outputs = [*pairs.values(), *forward(gradients, variables, pairs)]
    curvature = theano.function(variables, outputs, on_unused_input="ignore")
    rng = np.random.default_rng(12)
    points = [rng.uniform(low, high, COUNT) for low, high in intervals(op)]
    found = curvature(*points)
    for (i, j), reverse, ahead in zip(pairs, found, found[len(pairs) :], strict=False):
        difference = _difference(lambda *x, i=i: slope(*x)[list(gradients).index(i)], points, j)
        settled = ~np.isnan(difference)
        assert settled.mean() > 0.8
        scale = 1 + np.abs(difference[settled]).max(initial=0)
        np.testing.assert_allclose(reverse[settled], difference[settled], rtol=2e-5, atol=1e-7 * scale, err_msg=f"{i}, {j}")
        np.testing.assert_allclose(ahead, reverse, rtol=1e-11, atol=1e-13 * scale, err_msg=f"forward {i}, {j}")


def _difference(function, points, k, step=2e-4):
    """Richardson's central difference; NaN where it does not settle: at kinks."""

    def central(h):
        up, down = list(points), list(points)
        up[k], down[k] = points[k] + h, points[k] - h
        return (function(*up) - function(*down)) / (2 * h)

    wide, narrow = central(2 * step), central(step)
    estimate = (4 * narrow - wide) / 3
    return np.where(np.abs(wide - narrow) <= 1e-4 * (1 + np.abs(narrow)), estimate, np.nan)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_of_special_functions_against_high_precision(name):
    op = OPS[name]
    (low, high) = intervals(op)[0]
    points = np.linspace(low, high, 9)[1:-1]
    x = T.dvector()
    gradient = T.grad(elemwise(op)(x).sum(), x)
    found = theano.function([x], [gradient, T.grad(gradient.sum(), x)])(points)
    for order, values in enumerate(found, 1):
        exact = [float(mpmath.diff(FUNCTIONS[name][0], mpmath.mpf(float(p)), order)) for p in points]
        np.testing.assert_allclose(values, exact, rtol=1e-12, atol=1e-14 * np.abs(exact).max())


def test_unknown_second_derivatives_are_refused():
    k, x = T.dvectors("k", "x")
    gradient = T.grad(T.gammainc(k, x).sum(), k)
    with pytest.raises(NullTypeGradError, match="gammainc_by_k"):
        T.grad(gradient.sum(), k)
