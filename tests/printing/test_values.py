"""Printing values: what, when, in which order, and that nothing else changes."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import Rop
from theano.graph import generic
from theano.printing import Print
from theano.printing.values import _print_fn
from theano.typed_list import TypedListType

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y = T.dvectors("x", "y")
m = T.fmatrix("m")


@pytest.mark.parametrize("mode", MODES)
def test_attributes_are_read_and_methods_called(mode, capsys):
    f = theano.function([m], Print("m", attrs=["shape", "dtype", "sum"])(m) * 2, mode=mode)
    value = np.ones((2, 3), "float32")
    found = f(value)
    assert capsys.readouterr().out == "m shape = (2, 3)\nm dtype = float32\nm sum = 6.0\n"
    np.testing.assert_array_equal(found, 2 * value)
    assert found.dtype == "float32"


def test_the_default_is_the_text_of_the_value(capsys):
    assert Print()(x).eval({x: [1, 2]}).tolist() == [1, 2]
    assert capsys.readouterr().out == " __str__ = [1. 2.]\n"


@pytest.mark.parametrize("mode", MODES)
def test_order_is_that_of_the_computation(mode, capsys):
    first = Print("first")(x + 1)
    last = Print("last")(Print("second")(first * 2).sum())
    f = theano.function([x], last, mode=mode)
    for _ in range(2):
        assert f([1]) == 4
        printed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
        assert printed == ["first", "second", "last"]


def test_another_function_is_called_with_operation_and_value():
    seen = []

    def keep(op, value):
        seen.append((op.message, value.copy()))

    f = theano.function([x], Print("here", global_fn=keep)(T.exp(x)).sum())
    f([0, 0])
    f([0])
    assert [(word, value.tolist()) for word, value in seen] == [("here", [1, 1]), ("here", [1])]


def test_gradients_pass_and_print_nothing_more(capsys):
    shown = Print("x", ["size"])(x)
    gradient, forward = T.grad((shown**3).sum(), x), Rop((shown**2).sum(), x, y)
    f = theano.function([x, y], [gradient, forward])
    found = f([1, 2], [1, 1])
    assert [v.tolist() for v in found] == [[3, 12], 6]
    assert capsys.readouterr().out == "x size = 2\n"
    theano.gradient.verify_grad(lambda v: T.tanh(Print(attrs=[])(v)), [np.array([0.3, -0.2])], rng=np.random.RandomState(0))


def test_what_is_not_needed_is_not_printed(capsys):
    f = theano.function([x], [Print("x")(x).shape[0], x * 0])
    assert f([1, 2])[0] == 2
    assert capsys.readouterr().out == ""


def test_constants_are_printed_by_the_call_and_not_by_compiling(capsys):
    f = theano.function([], Print("c")(T.constant(3)) + 1)
    assert capsys.readouterr().out == ""
    assert (f(), f()) == (4, 4)
    assert capsys.readouterr().out == "c __str__ = 3\n" * 2


def test_values_of_any_type(capsys):
    rows, thing = TypedListType(T.lscalar)("rows"), generic("thing")
    f = theano.function([rows, thing], [Print("rows", ["__len__"])(rows)[0], Print("thing")(thing)])
    given = {"a": 1}
    first, same = f([7, 8], given)
    assert (first, same) == (7, given) and same is not given
    assert sorted(capsys.readouterr().out.splitlines()) == ["rows __len__ = 2", "thing __str__ = {'a': 1}"]


def test_inside_loops_and_branches(capsys):
    sums, _ = theano.scan(lambda row, total: Print("total")(total + row), m, T.zeros_like(m[0]))
    theano.function([m], sums[-1])(np.ones((3, 1), "float32"))
    assert capsys.readouterr().out.splitlines() == [f"total __str__ = [{k}.]" for k in (1, 2, 3)]
    f = theano.function([x], theano.ifelse.ifelse(x[0] > 0, Print("yes")(x), Print("no")(-x)))
    f([1])
    assert capsys.readouterr().out == "yes __str__ = [1.]\n"


def test_results_and_arguments_share_nothing(capsys):
    f, value = theano.function([x], Print()(x)), np.ones(2)
    assert not np.shares_memory(f(value), value)


def test_equality_and_pickles(capsys):
    assert Print("a") == Print("a") != Print("b")
    assert Print("a", ["shape"]) != Print("a") and hash(Print("a", ["shape"])) == hash(Print("a", ("shape",)))
    f = pickle.loads(pickle.dumps(theano.function([x], Print("kept")(x))))
    f([1])
    assert capsys.readouterr().out == "kept __str__ = [1.]\n"
    assert Print("a").global_fn is _print_fn


def test_misuse():
    with pytest.raises(TypeError, match=r"attrs is a list of the names of attributes, such as \['shape'\]"):
        Print("x", "shape")
    with pytest.raises(TypeError, match="attrs is a list of the names"):
        Print("x", [3])
    with pytest.raises(TypeError, match="cannot be called"):
        Print("x", global_fn="print")
    with pytest.raises(AttributeError, match=r"(?s)a value of type ndarray has no attribute 'shap'.*did you mean shape"):
        theano.function([x], Print("x", ["shap"])(x))([1])
