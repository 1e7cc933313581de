"""Batch normalisation against its formula, with all forms of parameters."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.laws import check
from theano.errors import ShapeError
from theano.tensor.nnet import batch_normalization, batch_normalization_test, batch_normalization_train

DRAW = np.random.default_rng(0)
FORMS = {
    "per-activation": ((6, 3), (0,)),
    "spatial": ((4, 3, 2, 5), (0, 2, 3)),
    None: ((5, 2, 3), (0,)),
    1: ((3, 4), (1,)),
    (0, 2): ((3, 2, 4), (0, 2)),
}


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("axes", FORMS)
def test_train_and_test(axes, kept):
    shape, over = FORMS[axes]
    x = DRAW.normal(size=shape) * 3 + 1
    small = tuple(1 if axis in over else n for axis, n in enumerate(shape))
    own = small if kept else tuple(n for axis, n in enumerate(shape) if axis not in over)
    gamma, beta, old_mean, old_var = (DRAW.random(own) + 0.5 for _ in range(4))
    pattern = tuple(n == 1 and axis in over for axis, n in enumerate(own)) if kept else (False,) * len(own)
    patterns = [(False,) * len(shape), *[pattern] * 4]

    def train(x, gamma, beta, old_mean, old_var):
        return list(batch_normalization_train(x, gamma, beta, axes, 1e-3, 0.2, old_mean, old_var))

    out, mean, invstd, new_mean, new_var = check(train, x, gamma, beta, old_mean, old_var, patterns=patterns, tolerance=1e-5)
    m, v, count = x.mean(over, keepdims=True), x.var(over, keepdims=True), np.prod([shape[axis] for axis in over])
    np.testing.assert_allclose(mean, m)
    np.testing.assert_allclose(invstd, 1 / np.sqrt(v + 1e-3))
    np.testing.assert_allclose(out, (x - m) / np.sqrt(v + 1e-3) * gamma.reshape(small) + beta.reshape(small))
    np.testing.assert_allclose(new_mean, old_mean * 0.8 + 0.2 * m.reshape(own))
    np.testing.assert_allclose(new_var, old_var * 0.8 + 0.2 * (v * count / (count - 1)).reshape(own))

    def test(*args):
        return batch_normalization_test(*args, axes=axes, epsilon=1e-3)

    found = check(test, x, gamma, beta, old_mean, old_var, patterns=patterns, tolerance=1e-5)
    scale = gamma.reshape(small) / np.sqrt(old_var.reshape(small) + 1e-3)
    np.testing.assert_allclose(found, (x - old_mean.reshape(small)) * scale + beta.reshape(small))


def test_running_values_fit_the_variables_that_they_update():
    x, mean, var = T.fmatrix(), theano.shared(np.zeros(3, "f")), theano.shared(np.ones((1, 3), "f"), broadcastable=(True, False))
    out, _, _, new_mean, new_var = batch_normalization_train(
        x, np.float32([1, 1, 1]), np.float32([0, 0, 0]), running_mean=mean, running_var=var
    )
    value = DRAW.normal(size=(5, 3)).astype("f")
    theano.function([x], out, updates={mean: new_mean, var: new_var})(value)
    np.testing.assert_allclose(mean.get_value(), 0.1 * value.mean(0), rtol=1e-5)
    np.testing.assert_allclose(var.get_value(), 0.9 + 0.1 * value.var(0, ddof=1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("mode", ["low_mem", "high_mem"])
def test_by_standard_deviation(mode):
    x, gamma, beta, mean, std = DRAW.normal(size=(4, 3)), *(DRAW.random(3) + 0.5 for _ in range(4))
    found = check(lambda *args: batch_normalization(*args, mode=mode), x, gamma, beta, mean, std, tolerance=1e-5)
    np.testing.assert_allclose(found, (x - mean) * gamma / std + beta)


def test_one_kernel():
    x, gamma, beta = T.fmatrix(), T.fvector(), T.fvector()
    f = theano.function([x, gamma, beta], batch_normalization_train(x, gamma, beta)[0])
    assert f.explain().count("kernel [") == 1


def test_errors():
    x, v = T.dmatrix(), T.dvector()
    with pytest.raises(ValueError, match="neither 'per-activation' nor 'spatial'"):
        batch_normalization_train(x, v, v, "batch")
    with pytest.raises(ShapeError, match="gamma must have rank 2 or 1"):
        batch_normalization_train(x, T.dscalar(), v)
    with pytest.raises(ValueError, match="'low_mem' or 'high_mem'"):
        batch_normalization(x, v, v, v, v, "no_mem")
