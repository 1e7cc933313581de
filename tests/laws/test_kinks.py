"""Where there is no derivative, gradients are what declarations say, and what the classic system gave."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scalar import OPS
from theano.tensor.elemwise import elemwise

CLASSIC = json.loads((Path(__file__).parents[1] / "data" / "kinks.json").read_text())
"""Gradients of sums at ``points``, by expression; those of two arguments at the points that the expression's name tells."""


def gradients(function, *points):
    """Of the sum of ``function``, compiled, with respect to each argument, at vectors of points."""
    variables = [T.dvector() for _ in points]
    found = T.grad(function(*variables).sum(), variables, disconnected_inputs="ignore")
    return theano.function(variables, found, on_unused_input="ignore")(*points)


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.kinks])
def test_gradients_at_kinks_are_the_declared_ones(name):
    kinks = OPS[name].kinks
    points = np.array([arguments for arguments, _ in kinks], "float64")
    expected = np.array([values for _, values in kinks], "float64")
    found = np.transpose(gradients(elemwise(OPS[name]), *points.T))
    np.testing.assert_array_equal(found, expected)


UNARY = {
    "abs": abs,
    "arctan2(x,1)": lambda x: T.arctan2(x, 1),
    "clip(-1,1)": lambda x: T.clip(x, -1, 1),
    "elu": T.nnet.elu,
    "floor": T.floor,
    "maximum(x,0)": lambda x: T.maximum(x, 0),
    "minimum(x,0)": lambda x: T.minimum(x, 0),
    "mod2": lambda x: x % 2,
    "relu": T.nnet.relu,
    "relu(0.1)": lambda x: T.nnet.relu(x, 0.1),
    "round": T.round,
    "selu": T.nnet.selu,
    "sgn": T.sgn,
    "softplus": T.nnet.softplus,
    "sqr": T.sqr,
    "sqrt(abs)": lambda x: T.sqrt(abs(x)),
    "switch(x>0,x,0)": lambda x: T.switch(x > 0, x, 0),
    "x**2": lambda x: x**2,
    "x**3": lambda x: x**3,
}


@pytest.mark.parametrize("name", UNARY)
def test_gradients_at_kinks_are_the_classic_ones(name):
    (found,) = gradients(UNARY[name], np.array(CLASSIC["points"]))
    np.testing.assert_allclose(found, [float(value) for value in CLASSIC[name]], rtol=1e-14)


def test_hard_sigmoid_at_its_kinks():
    (found,) = gradients(T.nnet.hard_sigmoid, [-3.0, -2.5, 0.0, 2.5, 3.0])
    np.testing.assert_array_equal(found, [0.0, 0.2, 0.2, 0.2, 0.0])


BINARY = {
    "maximum x=[1.0, 2.0, 2.0] y=[2.0, 2.0, 1.0]": (T.maximum, ([1.0, 2, 2], [2.0, 2, 1])),
    "minimum x=[1.0, 2.0, 2.0] y=[2.0, 2.0, 1.0]": (T.minimum, ([1.0, 2, 2], [2.0, 2, 1])),
    "pow(x,y) x=[0.0, 2.0, -2.0] y=[2.0, 3.0, 2.0]": (T.pow, ([0.0, 2, -2], [2.0, 3, 2])),
}


@pytest.mark.parametrize("name", BINARY)
def test_gradients_at_ties_are_the_classic_ones(name):
    function, points = BINARY[name]
    found = gradients(function, *map(np.array, points))
    np.testing.assert_allclose(found, [[float(value) for value in row] for row in CLASSIC[name]], rtol=1e-14)


def test_second_derivatives_at_roots_are_finite():
    """Of functions whose derivative is a quotient that is 0/0 there."""
    x = T.dvector()
    for name, expected in (("j1", 0.0), ("i1", 0.0), ("j0", -0.5), ("i0", 0.5)):
        second = T.grad(T.grad(getattr(T, name)(x).sum(), x).sum(), x)
        (found,) = theano.function([x], second)([0.0])
        assert math.isclose(found, expected, abs_tol=1e-15), name
