"""Gradients of composed expressions against finite differences, for the ops that there are."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from theano.gradient import GradientError, grad, numeric_grad

M, V, S = (3, 4), (4,), ()

CASES = {
    "dot chain": (lambda a, b: T.tanh(T.dot(a, b)).sum(), [M, (4, 2)]),
    "vector products": (lambda a, x: T.dot(T.dot(a, x), T.dot(a, x)), [M, V]),
    "broadcasting": (lambda a, x, s: (a * x + T.exp(s) / (2 + T.sqr(a))).sum(), [M, V, S]),
    "softmax": (lambda a: T.log(T.nnet.softmax(a))[:, 1].sum(), [M]),
    "crossentropy": (lambda a: T.nnet.categorical_crossentropy(T.nnet.softmax(a), T.constant(np.array([0, 3, 1]))).mean(), [M]),
    "joined and split": (lambda x, y: (T.concatenate([x, y, x * y]) ** 3).sum(), [V, V]),
    "stacked": (lambda x, y: T.prod(T.stack([x, y]), axis=0).sum(), [V, V]),
    "indices": (lambda a: (a[1:, ::2] * a[T.constant(np.array([0, 0]))][:, :2]).sum(), [M]),
    "written": (lambda a, x: T.sin(T.inc_subtensor(T.set_subtensor(a[0], x)[1:, 0], x[0])).sum(), [M, V]),
    "reshaped": (lambda a: (a.reshape((2, 6)).T ** 2 * np.arange(12.0).reshape(6, 2)).sum(), [M]),
    "moments": (lambda a: a.std(axis=0).sum() + a.var() + a.mean(axis=1).prod(), [M]),
    "extremes": (lambda a: a.max(axis=1).prod() - T.min(a), [M]),
    "special functions": (lambda x: (T.erf(x) * T.gammaln(x + 3) + T.log1p(T.sqr(x)) * T.arctan(x)).sum(), [V]),
    "choices": (lambda a: T.switch(a > 0.1, T.sqr(a), T.sin(a)).sum() + T.clip(a, -0.5, 0.4).sum(), [M]),
    "batched": (lambda a, b: T.batched_dot(a, b).sum(axis=0).prod(), [(2, 2, 3), (2, 3, 2)]),
    "tensordot": (lambda a, b: T.sqr(T.tensordot(a, b, axes=[[1, 2], [0, 1]])).sum(), [(2, 3, 4), (3, 4)]),
    "spread": (lambda s, x: (T.alloc(s, 2, 4) * x + T.outer(x, x)[:2]).sum(), [S, V]),
    "powers": (lambda x, y: (T.sqr(x) ** y).sum(), [V, V]),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    build, shapes = CASES[name]
    random = np.random.default_rng(3)
    points = [random.uniform(-0.9, 0.9, shape) for shape in shapes]
    inputs = [T.TensorType("float64", (False,) * len(shape))(f"x{k}") for k, shape in enumerate(shapes)]
    cost = build(*inputs)
    gradients = evaluate(grad(cost, inputs), dict(zip(inputs, points)))
    numeric = numeric_grad(lambda *at: evaluate(cost, dict(zip(inputs, at))), points)
    arg, at, absolute, relative = numeric.max_err(gradients, 1e-6, 1e-6)
    assert absolute < 1e-6 or relative < 1e-6, (arg, at, absolute, relative)


def test_numeric_grad_finds_errors():
    numeric = numeric_grad(lambda x: (x**2).sum(), [np.array([1.0, 2.0])])
    arg, at, absolute, _ = numeric.max_err([np.array([2.0, 5.0])], 1e-4, 1e-4)
    assert (arg, at) == (0, 1) and absolute == pytest.approx(1)
    with pytest.raises(ValueError, match="shape"):
        numeric.abs_rel_errors([np.zeros(3)])
    assert "argument 0" in str(GradientError(0, 1, (2,), 4.0, 5.0, 1.0, 0.1, 1e-4, 1e-4))
