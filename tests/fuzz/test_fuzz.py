"""Random graphs, a few: compiled in every mode, called with every set of shapes, held to the bounds of their errors.

``python -m tests.fuzz`` runs them by the thousands, in processes of their own."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.fuzz.bounds.judge import judge
from tests.fuzz.bounds.values import Bounded
from tests.fuzz.check import Case, Wrong, check, gradient_case, value_case
from tests.fuzz.graphs import Known, Read
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

    def test_what_a_narrower_type_has_is_not_rounded(self):
        x = T.dvector("x")
        (narrow,) = judge([T.cast(x, "float32")], {x: Bounded(np.array([0.375, 0.1, 0.375]), np.array([0.0, 0.0, 1e-9]))})
        assert (narrow.errors > 0).tolist() == [False, True, True]

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


class TestOrder:
    """Bounds of what is sorted, counted and added up: every right answer for displaced values lies within them."""

    v = T.dvector("v")
    cases = {
        "sort": lambda v: T.sort(v), "argsort": lambda v: T.argsort(v, kind="stable"), "topk": lambda v: T.topk(v, 3),
        "argtopk": lambda v: T.argtopk(v, -3), "searchsorted": lambda v: T.searchsorted(T.constant([-1.0, 0.25, 2.0]), v),
        "searchsorted by a sorter": lambda v: T.searchsorted(T.constant([0.25, 2.0, -1.0]), v, "right", T.constant([2, 0, 1])),
        "cumsum": lambda v: T.cumsum(v), "cumprod": lambda v: T.cumprod(v),
    }  # fmt: skip

    @pytest.mark.parametrize("name", cases)
    def test_bounds_hold_what_displaced_values_give(self, name):
        random, result = np.random.default_rng(0), self.cases[name](self.v)
        x = random.normal(size=12).round(1)
        error = np.where(random.random(12) < 0.5, 10.0 ** random.integers(-8, -1, 12), 0.0)
        (bounds,) = judge([result], {self.v: Bounded(x, error)})
        assert np.isfinite(bounds.errors).mean() > 0.2
        for _ in range(60):
            (moved,) = judge([result], {self.v: Bounded(x + random.uniform(-1, 1, 12) * error)})
            assert np.all((np.abs(moved.value - bounds.value) <= bounds.errors * 1.001) | (moved.value == bounds.value))

    def test_places_of_equal_elements_are_open(self):
        x = Bounded(np.array([2.0, 1.0, 2.0, 0.0]))
        (stable,), (free,) = (judge([T.argsort(self.v, kind=kind)], {self.v: x}) for kind in ("stable", "quicksort"))
        assert stable.error is None
        assert free.error.tolist() == [0, 0, np.inf, np.inf]


def test_an_index_out_of_range_must_be_refused_by_its_name(monkeypatch):
    x, i = T.dvector("x"), T.lvector("i")
    s = theano.shared(np.zeros(2), "s")
    part = x[i]
    places = known(i, *(np.array(n) for n in ([0, 3], [1, -1], [0, 0], [-4, 3])))
    numbers = known(x, *(np.arange(float(n)) for n in (5, 4, 1, 6)))
    stored = known(s, *[np.zeros(2)] * 4)
    result, new = (
        Known(v, [judge([v], {x: numbers.found[k], i: places.found[k], s: stored.found[k]})[0] for k in range(4)]) for v in (part, s + 1)
    )
    read = Read(places, [-5, -4, -1, -6], (5, 4, 1, 6), result, [2] * 4)
    case = Case([numbers, places], [stored], [result], [(stored, new)], [read])
    check(case, np.random.default_rng(0))
    lax = Case([numbers, places], [stored], [Known(T.zeros_like(part), [Bounded(np.zeros(2))] * 4)], [(stored, new)], [read])
    with pytest.raises(Wrong, match="was not refused"):
        check(lax, np.random.default_rng(0))
    monkeypatch.setattr(read, "extents", (7, 7, 7, 7))
    with pytest.raises(Wrong, match="does not name index and size"):
        check(case, np.random.default_rng(0))
