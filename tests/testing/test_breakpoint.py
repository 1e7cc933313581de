"""Breakpoints: who stops, what the debugger sees and changes, and that otherwise nothing happens."""

import pdb
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import DisconnectedInputError, Rop
from theano.tests.breakpoint import PdbBreakpoint
from theano.typed_list import TypedListType, length

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y = T.dvectors("x", "y")
stop = PdbBreakpoint("negative")


@pytest.fixture
def stops(monkeypatch, capsys):
    """What each stop has seen; a stop doubles the first variable."""
    seen = []

    def set_trace():
        monitored = sys._getframe(1).f_locals["monitored"]
        seen.append([np.array(value) for value in monitored])
        if isinstance(monitored[0], np.ndarray):
            monitored[0] *= 2

    monkeypatch.setattr(pdb, "set_trace", set_trace)
    return seen


@pytest.mark.parametrize("mode", MODES)
def test_it_stops_where_the_condition_holds_and_goes_on_with_what_was_changed(mode, stops, capsys):
    first, second = stop(T.any(x < 0), x, y)
    f = theano.function([x, y], first + second, mode=mode)
    assert f([1, 2], [1, 1]).tolist() == [2, 3] and stops == []
    value = np.array([-1.0, 2])
    assert f(value, [1, 1]).tolist() == [-1, 5]
    assert [v.tolist() for v in stops[0]] == [[-1, 2], [1, 1]] and value.tolist() == [-1, 2]
    assert "Breakpoint 'negative'" in capsys.readouterr().out


def test_one_variable_comes_bare_and_derivatives_pass(stops):
    watched = stop(x[0] < 0, x)
    assert watched.type == x.type
    f = theano.function([x, y], [T.grad((watched**2).sum(), x), Rop(watched**2, x, y)])
    assert [v.tolist() for v in f([1, 2], [1, 1])] == [[2, 4], [2, 4]]
    theano.gradient.verify_grad(lambda v: T.sum(stop(v[0] > 9, v, v * 2)[1] ** 2), [np.ones(3)], rng=np.random.RandomState(0))
    assert stops == []


def test_each_variable_is_connected_to_its_own_result_alone():
    first, _ = stop(x[0] < 0, x, y)
    with pytest.raises(DisconnectedInputError):
        T.grad(first.sum(), y)
    condition = T.dscalar()
    with pytest.raises(DisconnectedInputError):
        T.grad(stop(condition, x).sum(), condition)


def test_the_size_may_be_changed(monkeypatch, capsys):
    def set_trace():
        sys._getframe(1).f_locals["monitored"][0] = np.arange(4.0)

    monkeypatch.setattr(pdb, "set_trace", set_trace)
    f = theano.function([x], stop(x[0] < 0, x).sum())
    assert (f([1, 1]), f([-1])) == (2, 6)


def test_values_that_are_no_arrays_and_constants(stops, capsys):
    rows = TypedListType(T.lscalar)("rows")
    f = theano.function([rows], length(stop(length(rows) > 1, rows)))
    assert (f([1]), f([1, 2])) == (1, 2) and len(stops) == 1
    g = theano.function([], stop(True if False else np.array(1), np.array([3.0])) + 1)
    assert len(stops) == 1 and (g(), len(stops)) == (7, 2)


def test_names_and_equality():
    assert stop == PdbBreakpoint("negative") != PdbBreakpoint("other")
    assert stop(x[0] < 0, x).owner.op == stop


def test_misuse():
    with pytest.raises(TypeError, match=r"(?s)the condition is a scalar.*theano.tensor.any"):
        stop(x < 0, x)
    with pytest.raises(ValueError, match=r"(?s)no variables to watch.*go on with x"):
        stop(x[0] < 0)
