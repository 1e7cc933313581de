"""Test values: expressions are computed while they are built, and errors come at the user's line."""

import traceback
import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.configparser import change_flags
from theano.gof.op import debug_assert, debug_error_message, get_debug_values, get_test_value, missing_test_message
from theano.graph import Apply, Op


def given(variable, value):
    variable.tag.test_value = value
    return variable


@pytest.fixture
def raising():
    with change_flags(compute_test_value="raise"):
        yield


def data():
    return given(T.dmatrix("x"), np.arange(12.0).reshape(4, 3))


def test_a_whole_model(raising):
    x, y = data(), given(T.lvector("y"), [0, 1, 1, 0])
    w, b = theano.shared(np.full((3, 2), 0.1), "w"), theano.shared(np.zeros(2), "b")
    p = T.nnet.softmax(T.dot(x, w) + b)
    cost = T.nnet.categorical_crossentropy(p, y).mean() + 0.01 * (w**2).sum()
    gradients = T.grad(cost, [w, b])
    f = theano.function([x, y], [cost, *gradients])
    for wanted, found in zip(f(x.tag.test_value, y.tag.test_value), (cost, *gradients), strict=True):
        np.testing.assert_allclose(get_test_value(found), wanted)


def test_what_has_a_test_value(raising):
    s = theano.shared(np.ones(2))
    np.testing.assert_array_equal(get_test_value(s + T.constant([1.0, 2.0])), [2, 3])
    s.set_value(np.zeros(2))
    np.testing.assert_array_equal(get_test_value(s), [0, 0])
    assert get_test_value(5) == 5 and get_test_value(T.constant(5)) == 5
    given(s, np.ones(2))
    np.testing.assert_array_equal(get_test_value(s), [0, 0])


def test_the_error_is_at_the_users_line(raising):
    x, w = data(), theano.shared(np.ones((4, 2)), "w")
    with pytest.raises(ValueError, match="dot: inner dimensions differ") as caught:
        T.dot(x, w)  # here
    (last,) = [entry for entry in traceback.extract_tb(caught.tb) if entry.filename == __file__]
    assert last.line == "T.dot(x, w)  # here"
    (note,) = caught.value.__notes__
    assert note.startswith("while computing the test value of dot(x, w), built at test_test_values.py:")
    assert "float64 array of shape (4, 3)" in note and "float64 array of shape (4, 2)" in note


def test_a_missing_value_by_policy(monkeypatch):
    x, y = data(), T.dmatrix("y")
    text = r"Cannot compute test value: input 1 \(y\) of Elemwise\{add,no_inplace\}\ny has no test value(.|\n)*test_test_values.py"
    with change_flags(compute_test_value="raise"), pytest.raises(AttributeError, match=text):
        x + y
    with change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match=text) as caught:
        z = x + y
    assert [warning.filename for warning in caught] == [__file__] and not hasattr(z.tag, "test_value")
    entered = []
    monkeypatch.setattr("builtins.breakpoint", lambda: entered.append(1))
    with change_flags(compute_test_value="pdb"):
        x + y
    assert entered == [1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with change_flags(compute_test_value="ignore"):
            assert not hasattr((x + y).tag, "test_value") and (x * 2).tag.test_value.shape == (4, 3)
        with change_flags(compute_test_value="off"):
            assert not hasattr((x * 2).tag, "test_value")


@pytest.mark.parametrize("policy", ["ignore", "warn", "raise"])
def test_an_error_is_an_error_under_each_policy(policy):
    with change_flags(compute_test_value=policy), pytest.raises(ValueError, match="differ"):
        data() + given(T.dmatrix("y"), np.ones((2, 3)))


@pytest.mark.parametrize("value", [np.ones(3), np.ones((2, 2), "complex128"), "text", None])
def test_a_value_of_another_type(raising, value):
    with pytest.raises(AttributeError, match=r"the test value of y is not of its type TensorType\(float64, matrix\)"):
        given(T.dmatrix("y"), value) + 1


def test_functions_of_such_graphs(raising):
    x = data()
    s = theano.shared(0.0, "s")
    f = theano.function([x], T.log(1 + T.exp(x)).sum() * s, updates=[(s, s + x.sum())])
    f(np.ones((1, 1)))
    assert s.get_value() == 1


class Counting(Op):
    """Counts how often it is computed."""

    __props__ = ()
    runs = 0

    def make_node(self, a):
        return Apply(self, [a], [a.type()])

    def perform(self, node, inputs, output_storage):
        type(self).runs += 1
        output_storage[0][0] = inputs[0] + 1


@pytest.mark.parametrize(("policy", "runs"), [("off", 0), ("raise", 1)])
def test_while_rewriting_another_flag_decides(raising, policy, runs):
    x = data()
    y = T.exp(x)
    Counting.runs = 0
    rule = theano.gof.local_optimizer([T.exp])(lambda node: [Counting()(node.inputs[0])])
    with change_flags(compute_test_value_opt=policy):
        theano.function([x], y, mode=theano.Mode("cvm", "fast_run").register(rule))
    assert Counting.runs == runs


# --- the classic functions for operations that look at test values


def test_get_debug_values():
    x, y = data(), T.dmatrix("y")
    assert get_debug_values(x) == []
    with change_flags(compute_test_value="raise"):
        ((value, seven),) = get_debug_values(x, 7)
        np.testing.assert_array_equal(value, x.tag.test_value)
        assert seven == 7
        with pytest.raises(AttributeError, match=r"argument 1 \(y\) has no test value"):
            get_debug_values(x, y)
    with change_flags(compute_test_value="ignore"):
        assert get_debug_values(x, y) == [] != get_debug_values(x)
    with change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match=r"argument 0 \(y\)"):
        assert get_debug_values(y) == []


def test_missing_test_message():
    with change_flags(compute_test_value="raise"), pytest.raises(AttributeError, match="nothing there"):
        missing_test_message("nothing there")
    with change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match="nothing there") as caught:
        missing_test_message("nothing there")
    assert caught[0].filename == __file__
    with change_flags(compute_test_value="ignore"):
        assert missing_test_message("nothing there") is None


def test_debug_assert_and_debug_error_message():
    with change_flags(compute_test_value="raise"):
        debug_assert(True)
        with pytest.raises(AssertionError, match="debug_assert failed"):
            debug_assert(False)
        with pytest.raises(ValueError, match="compute_test_value: odd"):
            debug_error_message("odd")
    with change_flags(compute_test_value="warn"):
        with pytest.warns(UserWarning, match="not square"):
            debug_assert(False, "not square")
        with pytest.warns(UserWarning, match="odd"):
            debug_error_message("odd")
