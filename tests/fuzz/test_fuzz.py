"""Random graphs, a few: compiled in every mode, called with every set of shapes, held to the bounds of their errors.

``python -m tests.fuzz`` runs them by the thousands, in processes of their own."""

import numpy as np
import pytest

import theano.tensor as T
from tests.fuzz.bounds import Bounded, judge
from tests.fuzz.check import Case, Wrong, check, gradient_case, value_case
from tests.fuzz.graphs import Known
from tests.fuzz.shrink import shrunk, told

SHORT = 56


@pytest.mark.parametrize("seed", range(SHORT))
def test_values(seed):
    check(value_case(seed), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(SHORT // 3))
def test_gradients(seed):
    case = gradient_case(seed)
    if case is not None:
        check(case, np.random.default_rng(seed), ("FAST_RUN", "REFERENCE"))


def known(variable, *values):
    return Known(variable, [Bounded(value) for value in values])


class TestBounds:
    """What the fuzzer stands on: bounds hold, and are narrow."""

    x = np.array([0.1, 1.0, -2.5, 1e-3], "float32")

    def found(self, expression, x, **fields):
        (result,) = judge([expression(self.v)], {self.v: Bounded(x, **fields)})
        return result

    v = T.fvector("v")

    @pytest.mark.parametrize(
        "expression",
        [
            lambda v: T.exp(v) - 1, lambda v: T.log(abs(v) + 1) * v, lambda v: (v + 1e2) - 1e2, lambda v: v.sum() / 7, lambda v: T.var(v),
            lambda v: T.sin(v * 30) ** 3, lambda v: T.nnet.softmax(v.dimshuffle("x", 0)), lambda v: T.dot(v, v) / 3,
            lambda v: abs(v) ** 1.3,
        ],
    )  # fmt: skip
    def test_single_precision_lies_within_the_bounds_of_the_truth(self, expression):
        narrow = self.found(expression, self.x)
        w = T.dvector("w")
        (wide,) = judge([expression(w)], {w: Bounded(self.x.astype("float64"))})
        error = np.abs(narrow.value - wide.value)
        assert np.all(error <= narrow.error)
        assert np.all(narrow.error <= 1e-3 * (1 + np.abs(narrow.value)))

    def test_comparisons_of_nearly_equal_numbers_are_open(self):
        error = np.array([0.0, 1e-6, 1e-6, 0.0])
        assert self.found(lambda v: v > 1, self.x, error=error).error.tolist() == [0, np.inf, 0, 0]
        assert self.found(lambda v: T.floor(v), self.x, error=error).error.tolist() == [0, 1, 0, 0]
        assert self.found(lambda v: T.argmax(v), np.float32([1, 1 + 1e-6]), error=np.array([1e-6, 1e-6])).error == np.inf

    def test_liberties_of_rewriting(self):
        difference = self.found(lambda v: v - v, np.float32([np.inf, 1]))
        zero = np.float32([0, 0])
        assert difference.admits(zero, free=True).all()
        assert not difference.admits(zero).all()
        assert not self.found(lambda v: T.maximum(v, 0), np.float32([np.nan, 1])).admits(np.float32([0, 1]), free=True).all()


def test_a_wrong_value_is_found_and_made_small():
    x, y = T.dvector("x"), T.dvector("y")
    values = [np.linspace(-1, 1, n) for n in (5, 0, 1, 9)]
    truth = judge([T.exp(x * 2) + y], {x: Bounded(values[0]), y: Bounded(values[0])})[0]
    lie = Known(T.exp(x * 2) + y, [Bounded(np.exp(v * 2) * (1 + 1e-12) + v, np.zeros(v.shape)) for v in values])
    assert truth.value.shape == values[0].shape
    case = Case([known(x, *values), known(y, *values)], [], [lie])
    with pytest.raises(Wrong, match="elements are wrong"):
        check(case, np.random.default_rng(0))


def test_a_failing_case_is_shrunk(monkeypatch):
    """An operation whose code is wrong is what is left of the graph."""
    from theano.scalar import OPS
    from theano.scalar.instructions import unary

    monkeypatch.setattr(OPS["ceil"], "body", lambda x: unary("floor", x))
    x, y = T.dvector("x"), T.dvector("y")
    values = [np.linspace(-1, 1, n) for n in (5, 0, 1, 9)]
    result = T.exp(T.ceil(x * 0.3 + y)) - y
    found = [judge([result], {x: Bounded(v), y: Bounded(v)})[0] for v in values]
    case = Case([known(x, *values), known(y, *values)], [], [Known(result, found)])
    with pytest.raises(Wrong) as wrong:
        check(case, np.random.default_rng(0))
    small, why = shrunk(case, wrong.value)
    assert len(small.inputs) == 1
    assert small.outputs[0].variable.owner.op.scalar_op is OPS["ceil"]
    assert "ceil" in told(small, why)
