"""Matching of equations: any order, any grouping, multiples and rests."""

import numpy as np
import pytest

import theano.tensor as T
from tests.rewrite.rewriting import check_rewriting, ops_of, optimized
from theano.rewrite import GROUPS, rules
from theano.rewrite.pattern import CallPattern, Hole, ProductPattern, SumPattern, compile_pattern
from theano.scalar import OPS

exp, log, sigmoid, tanh = (OPS[name] for name in ("exp", "log", "sigmoid", "tanh"))


@pytest.fixture
def values():
    random = np.random.default_rng(0)
    return lambda *variables: {v: random.uniform(0.1, 0.9, 4).astype(v.dtype) for v in variables}


def test_sides_are_made_flat():
    x = Hole("x")
    pattern = compile_pattern(1 - 2 * exp(x) + x)
    assert pattern == SumPattern(1.0, ((-2.0, CallPattern(exp, (x,))),), (1, "x"), exp)
    assert compile_pattern(-(exp(x) ** 2) / x**3) == ProductPattern(-1.0, ((CallPattern(exp, (x,)), 2), (x, -3)), None)


@pytest.mark.parametrize("build", [lambda x: x + x, lambda x: exp(x) * (x * x)])
def test_two_lone_variables_in_a_sum_or_product_are_refused(build):
    with pytest.raises(ValueError, match="only one pattern variable"):
        compile_pattern(build(Hole("x")))


def test_a_side_that_matches_everything_is_refused():
    with pytest.raises(ValueError, match="everywhere"):

        @rules("never")
        def everything(x):
            yield -x, x

    assert "never" not in GROUPS


SUMS = {
    "as written": lambda x, y: 1 - T.nnet.sigmoid(x),
    "commuted": lambda x, y: -T.nnet.sigmoid(x) + 1,
    "a multiple": lambda x, y: 3 - 3 * T.nnet.sigmoid(x),
    "negated": lambda x, y: T.nnet.sigmoid(x) - 1,
    "with a rest": lambda x, y: (y + 1) - (T.nnet.sigmoid(x) - y * 2),
}


@pytest.mark.parametrize("name", SUMS)
def test_sums_match_in_any_form(name, values):
    x, y = T.dvectors("x", "y")
    _, report = check_rewriting(SUMS[name](x, y), values(x, y))
    assert report.hits.get("logistic[2]") == 1


def test_another_constant_does_not_match():
    x = T.dvector("x")
    assert "logistic[2]" not in optimized(2 - T.nnet.sigmoid(x))[1].hits


PRODUCTS = {
    "as written": lambda x, y: T.exp(-x) * T.nnet.sigmoid(x),
    "other grouping of the argument": lambda x, y: T.exp(-y - x) * T.nnet.sigmoid(x + y),
    "inside a quotient": lambda x, y: y * T.exp(-x) / (y + 2) * T.nnet.sigmoid(x),
    "a power": lambda x, y: T.exp(-x) ** 2 * T.nnet.sigmoid(x) ** 2,
    "written out": lambda x, y: T.exp(-x) / (1 + T.exp(-x)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_match_in_any_form(name, values):
    x, y = T.dvectors("x", "y")
    graph, report = check_rewriting(PRODUCTS[name](x, y), values(x, y))
    assert report.hits.get("logistic[1]") and "exp" not in ops_of(graph)


def test_equal_names_must_be_equal_things():
    x, y = T.dvectors("x", "y")
    graph, _, _ = optimized(T.exp(-x) * T.nnet.sigmoid(y))
    assert "exp" in ops_of(graph)


def test_equations_hold_for_floats_only():
    i, z = T.lvector("i"), T.zvector("z")
    for variable in (i, z):
        graph, report, _ = optimized(T.log(1 + variable))
        assert ops_of(graph) == ["add", "log"], report.hits


def test_integers_inside_floats_are_converted(values):
    i = T.lvector("i")
    graph, _ = check_rewriting(T.log(T.exp(i)), {i: np.arange(4)})
    assert ops_of(graph) == ["convert_to_float64"]


def test_what_a_variable_leaves_over_may_be_a_sum(values):
    x, y = T.dvectors("x", "y")
    graph, _ = check_rewriting(T.log(x + 1 + 2 * y), values(x, y))
    assert ops_of(graph) == ["mul", "add", "log1p"]
