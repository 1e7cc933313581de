"""Profiled functions: they compute the same and count what they do."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import raising, resized
from theano.scanning import repeat

x, m = T.dvector("x"), T.dmatrix("m")
a, n = T.dscalar("a"), T.lscalar("n")


def test_off_unless_asked_for():
    assert theano.function([x], x + 1).profile is None
    with theano.config.change_flags(profile=True):
        assert theano.function([x], x + 1).profile is not None


def test_the_same_results():
    plain, profiled = (theano.function([m, x], {"y": T.dot(m, T.tanh(x)), "s": x.sum()}, profile=p) for p in (False, True))
    for f in (plain, profiled):
        result = f(np.eye(3), x=[1, 2, 3])
        np.testing.assert_allclose(result["y"], np.tanh([1, 2, 3]))
        assert result["s"] == 6


def test_calls_and_runs_are_counted():
    f = theano.function([m, x], T.dot(m, T.tanh(x)), profile=True)
    for _ in range(3):
        f(np.ones((2, 4)), np.ones(4))
    assert f.profile.calls == 3 and f.profile.seconds > 0
    assert [s.runs for s in f.profile.steps] == [3] * len(f.profile.steps)
    assert {s.kind for s in f.profile.steps} == {"kernel", "library call"}
    assert all(s.nanoseconds >= 0 for s in f.profile.steps)
    assert all("test_profile.py" in line for s in f.profile.steps for line in s.lines)


def test_bytes_follow_the_shapes():
    f = theano.function([x], T.exp(x), profile=True)
    f(np.ones(1000))
    (step,) = f.profile.steps
    assert step.bytes == 16000
    f(np.ones(10))
    (step,) = f.profile.steps
    assert (step.runs, step.bytes) == (2, 2 * 160)


def test_steps_of_a_loop():
    f = theano.function([x, n], repeat(lambda step, s: [T.tanh(s)], n, [x]), profile=True)
    f(np.ones(100), 5)  # of rows this long each step is a run of its own
    runs = {s.kind: s.runs for s in f.profile.steps}
    assert runs["region"] == 1
    assert max(s.runs for s in f.profile.steps) == 5


def test_python_steps_are_counted():
    f = theano.function([x, n, a, m], [resized(x, n).sum(), raising(a, n), m * 2], profile=True)
    assert f.profile.python_steps == 2
    assert theano.function([x], T.exp(x).sum(), profile=True).profile.python_steps == 0


def test_no_call_compiles():
    f = theano.function([x], x * 2, profile=True)
    for size in range(5):
        f(np.ones(size))
    assert f.profile.recompilations == 0


def test_a_call_that_fails_counts():
    f = theano.function([a, n], raising(a, n), profile=True)
    with pytest.raises(ZeroDivisionError):
        f(1, 1)
    assert f.profile.calls == 1
    assert f(1, 0) == 1
    assert f.profile.calls == 2


def test_updates():
    s = theano.shared(np.zeros(3))
    f = theano.function([x], updates=[(s, s + x)], profile=True)
    f(np.ones(3)), f(np.ones(3))
    np.testing.assert_array_equal(s.get_value(), [2.0] * 3)


def test_the_summary():
    f = theano.function([m, x], T.dot(m, T.tanh(x)), profile=True, name="layer")
    f(np.ones((2, 4)), np.ones(4))
    text = f.profile.text()
    assert "Message: layer\n  Time in 1 calls" in text and "0 Python steps, 0 recompilations" in text
    assert "find" in text and "gemv" in text and "tanh" in text
    assert theano.function([x], x, profile=True).profile.text()
