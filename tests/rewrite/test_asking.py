"""What rules ask, and the assertion that a mode may take on trust."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.rewrite.custom import VALUE, a, b, graph_of, x
from theano.compile.mode import OPT_UNSAFE, get_mode
from theano.errors import VariableTypeError
from theano.rewrite.asking import (
    broadcast_like,
    encompasses_broadcastable,
    get_clients,
    get_clients2,
    is_an_upcast,
    is_inverse_pair,
    local_remove_all_assert,
    scalarconsts_rest,
)
from theano.tensor.checking import Assert, assert_, assert_op
from theano.tensor.elemwise import Elemwise


def test_readers():
    graph = graph_of(T.exp(T.log(a)), T.sin(T.log(a)))
    log, exp = graph.toposort()[:2]
    assert get_clients(log) == [exp] and get_clients2(log) == ["output"] and get_clients(exp) == ["output"]


def test_pairs_of_inverses():
    exp, log = T.exp.scalar_op, T.log.scalar_op
    assert is_inverse_pair(T.exp, T.log, (exp, log)) and is_inverse_pair(T.log, T.exp, (exp, type(log)))
    assert not is_inverse_pair(T.exp, T.exp, (exp, log)) and not is_inverse_pair(T.exp, T.sin, (exp, log))


def test_patterns_and_dtypes():
    assert encompasses_broadcastable((False, False), (True, False)) and encompasses_broadcastable((False, True), (True,))
    assert not encompasses_broadcastable((True,), (False,)) and not encompasses_broadcastable((False,), (False, False))
    assert is_an_upcast("int8", "int16") and is_an_upcast("float32", "float64") and not is_an_upcast("float64", "float32")


def test_spreading():
    m = T.fmatrix("m")
    graph = graph_of(m, inputs=[m])
    spread = broadcast_like(2.5, m, graph)
    assert spread.type == m.type and broadcast_like(m, m, graph) is m
    np.testing.assert_array_equal(spread.eval({m: np.zeros((2, 3), "float32")}), np.full((2, 3), 2.5, "float32"))
    assert broadcast_like(2, m, graph, dtype="int64").type.dtype == "int64"


def test_numbers_and_the_rest():
    two, three = T.constant(2.0), T.constant(3).dimshuffle("x")
    numbers, origins, rest = scalarconsts_rest([two, a, three])
    assert [float(n) for n in numbers] == [2, 3] and origins == [two, three] and rest == [a]
    assert scalarconsts_rest([two, a, three], only_process_constants=True)[2] == [a, three]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "REFERENCE"])
def test_an_assertion_that_fails(mode):
    f = theano.function([x], Assert("only small numbers")(x, T.all(x < 4), x.size > 0) * 2, mode=mode)
    np.testing.assert_array_equal(f(VALUE), 2 * VALUE)
    for bad in (VALUE + 4, VALUE[:0]):
        with pytest.raises(AssertionError, match="only small numbers"):
            f(bad)


def test_an_assertion_has_the_gradient_of_its_value():
    cost = (Assert()(x, T.all(x < b)) ** 2).sum()
    f = theano.function([x, b], [T.grad(cost, x), T.grad(cost + 3 * b, b), T.Rop(assert_(x, x.sum() < b), x, x * 2)])
    for found, wanted in zip(f(VALUE, 4.0), [2 * VALUE, 3, 2 * VALUE], strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert assert_op == Assert() != Assert("other")


def test_a_condition_is_a_scalar():
    with pytest.raises(VariableTypeError, match=r"(?s)a condition is a scalar.*test_asking.py.*theano.tensor.all"):
        assert_(x, x > 0)


def test_assertions_may_be_taken_on_trust():
    output = assert_(x, T.all(x > 100)) + 1
    for mode in (get_mode("FAST_RUN").including("unsafe"), get_mode("FAST_RUN").including("local_remove_all_assert")):
        f = theano.function([x], output, mode=mode)
        np.testing.assert_array_equal(f(VALUE), VALUE + 1)
        assert {type(node.op) for node in f.maker.fgraph.toposort()} == {Elemwise}
    np.testing.assert_array_equal(theano.function([x], output, mode=theano.Mode("cvm", OPT_UNSAFE))(VALUE), VALUE + 1)
    with pytest.raises(AssertionError):
        theano.function([x], output)(VALUE)
    graph = graph_of(output)
    (node,) = (node for node in graph.toposort() if node.op == assert_)
    assert local_remove_all_assert.transform(node) is graph.inputs[0]
