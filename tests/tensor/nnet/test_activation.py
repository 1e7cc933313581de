"""Activation functions: values, derivatives, dtypes of the classic table."""

import json
from pathlib import Path

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.flags import config
from theano.tensor import nnet

DATA = Path(__file__).resolve().parents[2] / "data"
X = np.array([-3.0, -0.5, 0.25, 2.0, 30.0])


@pytest.mark.parametrize(
    "function, formula",
    [
        (nnet.relu, lambda x: np.maximum(x, 0)),
        (lambda x: nnet.relu(x, 0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
        (lambda x: nnet.relu(x, T.constant(0.25, dtype="float64")), lambda x: np.where(x > 0, x, 0.25 * x)),
        (nnet.elu, lambda x: np.where(x > 0, x, np.expm1(x))),
        (lambda x: nnet.elu(x, 2), lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
        (nnet.selu, lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
        (nnet.sigmoid, lambda x: 1 / (1 + np.exp(-x))),
        (nnet.hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
        (nnet.softplus, lambda x: np.logaddexp(0, x)),
        (nnet.softsign, lambda x: x / (1 + abs(x))),
    ],
)  # fmt: skip
def test_values_and_derivatives(function, formula):
    np.testing.assert_allclose(check(function, X, tolerance=1e-5), formula(X), rtol=1e-12)


def test_relu_at_the_kink():
    from theano.gradient import grad

    x = T.dscalar()
    assert evaluate(grad(nnet.relu(x), x), {x: 0.0}) == 0.5


@pytest.mark.parametrize("floatx", ["float64", "float32"])
@pytest.mark.parametrize("name", ["relu", "elu", "selu", "sigmoid", "hard_sigmoid", "softplus", "softmax", "logsoftmax"])
def test_dtypes_of_the_classic_table(name, floatx):
    table = json.loads((DATA / ("dtypes.float32.json" if floatx == "float32" else "dtypes.json")).read_text())["nnet"][name]
    with config.change_flags(floatX=floatx):
        for dtype, wanted in table.items():
            x = T.TensorType(dtype, (False, False))()
            if wanted.startswith("!"):
                with pytest.raises((TypeError, ValueError)):
                    getattr(nnet, name)(x)
            elif not dtype.startswith("complex"):
                assert getattr(nnet, name)(x).dtype == wanted, dtype
