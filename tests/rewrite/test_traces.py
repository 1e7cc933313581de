"""Checking and handing on the user's lines."""

import sys

import pytest

import theano
import theano.tensor as T
from tests.rewrite.custom import Twice, a, graph_of, sin_is_cos, x
from theano.flags import change_flags
from theano.graph import FunctionGraph
from theano.graph.provenance import NOWHERE, inherit
from theano.rewrite.passes import SeqOptimizer, in2out, optimizer
from theano.rewrite.traces import (
    CheckStackTraceOptimization,
    CheckStrackTraceFeature,
    check_stack_trace,
    copy_stack_trace,
    inherit_stack_trace,
)


def lost():
    """A graph whose inner node comes from nowhere."""
    with inherit(NOWHERE):
        inner = T.sin(a)
    return T.exp(inner)


def line():
    return sys._getframe(1).f_lineno


def test_checking():
    graph = graph_of(lost())
    assert check_stack_trace(graph) and check_stack_trace(graph, "last") and check_stack_trace(graph, T.exp)
    for ops in ("all", T.sin, type(T.sin), [T.cos, T.sin], lambda op: op == T.sin):
        with pytest.raises(ValueError, match="nothing tells where"):
            check_stack_trace(graph, ops)
        assert check_stack_trace(graph, ops, bug_print="ignore") is False
    with pytest.warns(UserWarning, match="nothing tells where"):
        assert not check_stack_trace(graph, "all", bug_print="warn")
    assert check_stack_trace(graph, Twice)
    assert check_stack_trace(theano.function([x], T.log(1 + x)), ops_to_check="all")


def test_handing_on():
    place, other = T.exp(a), T.exp(a)
    number = line() - 1
    with inherit(NOWHERE):
        new = T.sin(a), T.tan(a)
    assert copy_stack_trace(place, new[0]) is new[0]
    assert new[0].owner.origin.lines() == [(__file__, number)] and not new[1].owner.origin
    copy_stack_trace([place, other], list(new))
    assert new[1].owner.origin.lines() == [(__file__, number)]
    copy_stack_trace(place, a)
    assert (__file__, number) in a.origin.lines()


def test_building_in_a_place():
    place = T.exp(a)
    number = line() - 1
    with inherit_stack_trace(place):
        first = T.sin(a)
    with inherit_stack_trace([place]):
        second = T.sin(a)
    assert first.owner.origin.lines() == second.owner.origin.lines() == [(__file__, number)]


def test_rules_keep_the_lines():
    graph = graph_of(T.sin(a))
    number = line() - 1
    in2out(sin_is_cos).optimize(graph)
    assert (__file__, number) in graph.toposort()[0].origin.lines()
    assert check_stack_trace(graph, "all")


@optimizer
def forgetful(fgraph):
    with inherit(NOWHERE):
        new = T.tan(fgraph.inputs[2])
    fgraph.replace(fgraph.outputs[0], new, reason="forgetful")


def test_a_feature_that_watches(capsys):
    watched = SeqOptimizer(CheckStackTraceOptimization(), forgetful)
    with change_flags(check_stack_trace="raise"), pytest.raises(AssertionError, match="forgetful made"):
        watched.optimize(graph_of(T.sin(a)))
    with change_flags(check_stack_trace="warn"), pytest.warns(UserWarning, match="forgetful made"):
        watched.optimize(graph_of(T.sin(a)))
    with change_flags(check_stack_trace="log"):
        watched.optimize(graph_of(T.sin(a)))
    assert "forgetful made" in capsys.readouterr().out
    graph = graph_of(T.sin(a))
    watched.optimize(graph)
    CheckStackTraceOptimization().add_requirements(graph)
    assert [type(f) for f in graph.features] == [CheckStrackTraceFeature]
    with change_flags(check_stack_trace="raise"):
        graph.features[0].on_import(graph, T.exp(a).owner, "fine")
    assert CheckStackTraceOptimization().apply(FunctionGraph([], [])) is None
