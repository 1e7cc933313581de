"""Gradients where functions bend: the table that the classic system gave."""

import json
from pathlib import Path

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from theano.gradient import grad

KINKS = json.loads((Path(__file__).parents[1] / "data" / "kinks.json").read_text())
POINTS = np.array(KINKS["points"])
TIES = np.array(KINKS["ties"])

UNARY = {
    "abs": abs,
    "sqr": T.sqr,
    "x**2": lambda x: x**2,
    "x**3": lambda x: x**3,
    "floor": T.floor,
    "round": lambda x: T.round(x, "half_to_even"),
    "sgn": T.sgn,
    "clip(-1,1)": lambda x: T.clip(x, -1, 1),
    "maximum(x,0)": lambda x: T.maximum(x, 0),
    "minimum(x,0)": lambda x: T.minimum(x, 0),
    "switch(x>0,x,0)": lambda x: T.switch(x > 0, x, 0),
    "sqrt(abs)": lambda x: T.sqrt(abs(x)),
    "mod2": lambda x: x % 2,
    "arctan2(x,1)": lambda x: T.arctan2(x, 1.0),
    "relu": T.nnet.relu,
    "relu(0.1)": lambda x: T.nnet.relu(x, 0.1),
    "softplus": T.nnet.softplus,
    "elu": T.nnet.elu,
    "selu": T.nnet.selu,
}

REDUCTIONS = {
    "max()": lambda x: x.max(),
    "max(axis=1)": lambda x: x.max(axis=1).sum(),
    "min(axis=0)": lambda x: x.min(axis=0).sum(),
    "prod(1)": lambda x: x.prod(1).sum(),
    "std(1)": lambda x: x.std(1).sum(),
    "norm2": lambda x: x.norm(2),
    "sort(1)": lambda x: T.sort(x, 1).sum(),
}


def numbers(table):
    return np.array(table, dtype="float64")


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_argument(name):
    x = T.dvector("x")
    gradient = evaluate(grad(UNARY[name](x).sum(), x), {x: POINTS})
    np.testing.assert_allclose(gradient, numbers(KINKS[name]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_at_ties(name):
    x = T.dmatrix("x")
    gradient = evaluate(grad(REDUCTIONS[name](x), x), {x: TIES})
    np.testing.assert_allclose(gradient, numbers(KINKS[name]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("op", ["maximum", "minimum"])
def test_two_arguments_at_ties(op):
    x, y = T.dvectors("x", "y")
    name = next(key for key in KINKS if key.startswith(f"{op} x="))
    gradients = evaluate(grad(getattr(T, op)(x, y).sum(), [x, y]), {x: np.array([1.0, 2.0, 2.0]), y: np.array([2.0, 2.0, 1.0])})
    np.testing.assert_allclose(gradients, numbers(KINKS[name]))


def test_powers_at_zero_and_below():
    x, y = T.dvectors("x", "y")
    name = next(key for key in KINKS if key.startswith("pow(x,y)"))
    gradients = evaluate(grad((x**y).sum(), [x, y]), {x: np.array([0.0, 2.0, -2.0]), y: np.array([2.0, 3.0, 2.0])})
    np.testing.assert_allclose(gradients, numbers(KINKS[name]))


def test_products_with_zeros():
    x = T.dmatrix("x")
    gradient = evaluate(grad(x.prod(axis=1).sum(), x), {x: np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0]])})
    np.testing.assert_allclose(gradient, numbers(KINKS["prod with zeros"]))


def test_integers():
    i, at = T.lvector("i"), np.array([1, 2, 3])
    name = next(key for key in KINKS if key.startswith("grad of int"))
    costs = [(i * 2.0).sum(), (i**2).sum() / 2, (i // 2).sum()]
    found = [evaluate(grad(cost, i), {i: at}) for cost in costs]
    np.testing.assert_allclose(found, numbers(KINKS[name]))


def test_a_branch_not_taken_still_spoils_the_gradient():
    x = T.dscalar("x")
    with np.errstate(all="ignore"):
        assert np.isnan(evaluate(grad(T.switch(x > 0, T.log(x), 0), x), {x: np.array(0.0)}))
