"""Gradients through complex numbers: that of a real cost by x + iy is the one by x plus i times the one by y."""

import numpy as np
import pytest

import theano
import theano.tensor as T

RNG = np.random.default_rng(11)
Z, W = (RNG.normal(size=(2, 3)) + 1j * RNG.normal(size=(2, 3)) for _ in range(2))
X, Y = RNG.uniform(0.5, 2, (2, 3)), RNG.uniform(-1, 1, (2, 3))
z, w, x, y = T.zmatrix("z"), T.zmatrix("w"), T.dmatrix("x"), T.dmatrix("y")

ANALYTIC = ["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "arcsinh", "arccosh",
            "arctanh", "sqr", "inv", "exp2", "expm1", "log2", "log10", "log1p", "neg", "sigmoid", "softplus"]  # fmt: skip


def analytic(function):
    return lambda z, w, x, y: (w * function(z)).real.sum() + function(z).imag.sum()


COSTS = {
    **{name: analytic(getattr(T, name)) for name in ANALYTIC},
    "parts": lambda z, w, x, y: (z.real * x + z.imag**2 * y).sum(),
    "modulus": lambda z, w, x, y: (abs(z) * x).sum() + (abs(z * w) ** 3).sum(),
    "angle": lambda z, w, x, y: (T.angle(z) * x + T.angle(z * w)).sum(),
    "conjugate": lambda z, w, x, y: (T.conj(z) * w * (2 + 1j)).real.sum() + (z * T.conj(z)).real.sum(),
    "from parts": lambda z, w, x, y: (T.complex(x, y) * z).real.sum() + T.complex(x, y * x).imag.sum(),
    "from polar": lambda z, w, x, y: (T.complex_from_polar(x, y) * w).imag.sum(),
    "arithmetic": lambda z, w, x, y: (z * w / (z + w) - z / x).real.sum() + (z - w * y).imag.sum(),
    "powers": lambda z, w, x, y: (z**3 + z**w + z**x).real.sum() + (z**-2).imag.sum(),
    "choice": lambda z, w, x, y: T.switch(x > 1, z * w, w).real.sum(),
    "products of matrices": lambda z, w, x, y: T.dot(z, w.T).imag.sum() + T.dot(z[0], w[1]).real,
    "reductions": lambda z, w, x, y: z.prod(0).real.sum() + (z.mean(1) * w.sum(1)).imag.sum(),
    "indexing": lambda z, w, x, y: (T.set_subtensor(z[0], w[1]) * w).real.sum() + T.inc_subtensor(z[:, 1], w[:, 0]).imag.sum(),
    "stretched": lambda z, w, x, y: (z[0].dimshuffle("x", 0) * w + z[0, 0] * w).real.sum(),
    "real function of reals": lambda z, w, x, y: T.exp(1j * x * y).real.sum(),
}


def differences(cost, arguments, step=1e-6):
    """Of each argument by its real and imaginary part."""
    results = []
    for k, array in enumerate(arguments):
        total = np.zeros(array.shape, array.dtype)
        for unit in (1, 1j) if array.dtype.kind == "c" else (1,):
            for index in np.ndindex(array.shape):
                moved = [a.copy() for a in arguments]
                moved[k][index] += unit * step
                above = cost(*moved)
                moved[k][index] -= 2 * unit * step
                total[index] += unit * (above - cost(*moved)) / (2 * step)
        results.append(total)
    return results


@pytest.mark.parametrize("name", COSTS)
def test_against_finite_differences(name):
    cost = COSTS[name](z, w, x, y)
    inputs, arguments = [z, w, x, y], [Z, W, X, Y]
    value = theano.function(inputs, cost, on_unused_input="ignore")
    gradients = theano.function(inputs, T.grad(cost, inputs, disconnected_inputs="ignore"), on_unused_input="ignore")
    for got, want, of in zip(gradients(*arguments), differences(value, arguments), arguments, strict=True):
        assert got.dtype == of.dtype
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["exp", "modulus", "arithmetic", "angle", "from polar", "parts"])
def test_second_derivatives(name):
    """The gradient of a projection of the gradient."""
    cost = COSTS[name](z, w, x, y)
    inputs, arguments = [z, w, x, y], [Z, W, X, Y]
    first = T.grad(cost, inputs, disconnected_inputs="ignore")
    projected = sum((g.real * 1.5 + (g * (0.5 - 1j)).real).sum() if g.dtype == "complex128" else (g * g).sum() for g in first)
    value = theano.function(inputs, projected, on_unused_input="ignore")
    second = theano.function(inputs, T.grad(projected, inputs, disconnected_inputs="ignore"), on_unused_input="ignore")
    for got, want in zip(second(*arguments), differences(value, arguments), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", ["exp", "modulus", "arithmetic", "angle", "from polar", "conjugate", "parts", "reductions"])
def test_forward_mode(name):
    """The tangent of a real cost is the real part of the gradient's conjugate times the direction."""
    cost = COSTS[name](z, w, x, y)
    inputs = [v for v in (z, w, x, y) if v in theano.gof.graph.inputs([cost])]
    directions = [T.constant(d) for v, d in ((z, W), (w, Z), (x, Y), (y, X)) if v in inputs]
    tangent = T.Rop(cost, inputs, directions)
    gradients = T.grad(cost, inputs)
    expected = sum((T.conj(g) * d).real.sum() for g, d in zip(gradients, directions, strict=True))
    f = theano.function([z, w, x, y], [tangent, expected], on_unused_input="ignore")
    np.testing.assert_allclose(*f(Z, W, X, Y), rtol=1e-10)


def test_the_modulus_at_zero_has_no_gradient():
    f = theano.function([z], T.grad(abs(z).sum(), z))
    np.testing.assert_array_equal(f(np.zeros((1, 2), "complex128")), 0)


def test_single_precision():
    c = T.cvector("c")
    g = T.grad((abs(c) ** 2).sum(), c)
    assert g.dtype == "complex64"
    values = Z[0].astype("complex64")
    np.testing.assert_allclose(theano.function([c], g)(values), 2 * values, rtol=1e-6)
