"""Branches of one condition are one, and what is decided is none."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph import FunctionGraph
from theano.ifelse import ifelse
from theano.loops.ir import IfRegion, LoopRegion, walk_steps
from theano.rewrite import optimize
from theano.scanning import Branch
from theano.tensor.elemwise import Elemwise

x, y, s, c, d = T.dvector("x"), T.dvector("y"), T.dscalar("s"), T.lscalar("c"), T.lscalar("d")
X, Y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.25, -0.5])


def branches(f):
    return [node for node in f.maker.fgraph.toposort() if isinstance(node.op, Branch)]


def compare(inputs, outputs, calls, count):
    """Compiled and left as it is written, the graph gives the same; ``count`` branches are left."""
    f = theano.function(inputs, outputs)
    plain = theano.function(inputs, outputs, mode=theano.compile.mode.Mode("py", None))
    assert len(branches(f)) == count
    for given in calls:
        for ours, expected in zip(f(*given), plain(*given), strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)
    return f


class Refusing(theano.Op):
    """The identity, which counts its calls."""

    __props__ = ()
    calls = 0

    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        Refusing.calls += 1
        output_storage[0][0] = inputs[0].copy()

    def grad(self, inputs, gradients):
        return [refusing(gradients[0])]


refusing = Refusing()


def test_of_one_condition():
    """Of what both compute of a side one is enough, and the numbers that choose are looked at once."""
    outputs = [ifelse(c, T.exp(x), x), ifelse(c, T.exp(x).sum() + y, y), ifelse(d, x, y)]
    f = compare([c, d, x, y], outputs, [(0, 1, X, Y), (1, 0, X, Y)], 2)
    merged = next(node for node in branches(f) if len(node.outputs) == 2)
    optimize(side := merged.op.sides[0].clone())
    assert [node.op.scalar_op.name for node in side.apply_nodes if isinstance(node.op, Elemwise)].count("exp") == 1
    assert sum(isinstance(step, IfRegion) for step in walk_steps(f.maker.compilation.program.frame)) == 2


def test_with_gradients():
    """Backwards they are one as well; so few as depend on each other are left."""
    first, second = ifelse(c, T.tanh(x), x * y), ifelse(c, y**2, T.sin(x * y))
    cost = (first * second).sum()
    compare([c, x, y], [cost, *T.grad(cost, [x, y])], [(0, X, Y), (1, X, Y)], 2)


def test_a_side_that_is_not_taken_is_not_computed():
    outputs = [ifelse(c, refusing(x), x * 2), ifelse(c, refusing(y) + 1, y)]
    cost = (outputs[0] * outputs[1]).sum()
    f = theano.function([c, x, y], [*outputs, *T.grad(cost, [x, y])])
    assert len(branches(f)) == 2
    Refusing.calls = 0
    np.testing.assert_allclose(f(0, X, Y), [X * 2, Y, 2 * Y, X * 2])
    assert Refusing.calls == 0
    np.testing.assert_allclose(f(1, X, Y), [X, Y + 1, Y + 1, X])
    assert Refusing.calls == 4


def test_one_that_needs_another():
    """By way of something that is asked for outside they stay apart."""
    sums = T.tanh(ifelse(c, T.exp(x), x)).cumsum()
    second = ifelse(c, sums * 2, y)
    third = ifelse(c, y, x - y)
    compare([c, x, y], [sums, second, third], [(0, X, Y), (1, X, Y)], 2)


@pytest.mark.parametrize("count", [2, 5])
def test_a_chain(count):
    """Two branches in each step, of what the step before has left outside: those after the first step have the rest of it inside."""
    a, b, outputs = x, y, []
    for k in range(count):
        a, b = ifelse(c, T.exp(-a), b), ifelse(c, a + b, T.sin(a) * (k + 1))
        a, b = T.tanh(a).cumsum(), T.tanh(b).cumsum()
        outputs += [a, b]
    compare([c, x, y], outputs, [(0, X, Y), (1, X, Y)], 2)


@pytest.mark.parametrize("count", [2, 5])
def test_a_chain_inside(count):
    """Of which the end alone is asked for: a side is all that this side was of each."""
    a = x
    for _ in range(count):
        a = T.tanh(ifelse(c, T.exp(-a), a + y)).cumsum()
    f = compare([c, x, y], [a], [(0, X, Y), (1, X, Y)], 1)
    assert not any(isinstance(inner.op, Branch) for node in branches(f) for side in node.op.sides for inner in side.apply_nodes)


def test_two_conditions_that_cross():
    """Of each condition the two could be one, but not of both: each would need the other."""
    a = ifelse(c, x * 2, y).cumsum()
    b = ifelse(d, a * 3, x)
    e = ifelse(d, y * 4, x).cumsum()
    f = ifelse(c, e * 5, y)
    for outputs in ([a, b, e, f], [f, e, b, a]):
        compare([c, d, x, y], outputs, [(k & 1, k >> 1, X, Y) for k in range(4)], 3)


def test_in_a_loop():
    def step(row, a, b):
        return ifelse(T.gt(row, a), row * a, a - b), ifelse(T.gt(row, a), b + row, T.tanh(b))

    (first, second), _ = theano.scan(step, x, [s, s * 2])
    cost = (first[-1] * second).sum()
    f = theano.function([x, s], [first, second, *T.grad(cost, [x, s])])
    plain = theano.function([x, s], [first, second, *T.grad(cost, [x, s])], mode=theano.compile.mode.Mode("py", None))
    for ours, expected in zip(f(X, 0.3), plain(X, 0.3), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12)
    forwards = next(step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, LoopRegion))
    assert sum(isinstance(step, IfRegion) for step in walk_steps(forwards.body)) == 1


def test_names_are_kept_if_they_agree():
    f = theano.function([c, x, y], [ifelse(c, x, y, name="choice"), ifelse(c, x * 2, y * 3, name="choice")])
    assert [node.op.name for node in branches(f)] == ["choice"]
    f = theano.function([c, x, y], [ifelse(c, x, y, name="choice"), ifelse(c, x * 2, y * 3, name="another")])
    assert [node.op.name for node in branches(f)] == [None]


@pytest.mark.parametrize("chosen", [0, 1])
def test_a_number_as_the_condition(chosen):
    """As where a flag for training is given: nothing of the other side is left."""
    out = ifelse(c, refusing(x) * 2, y)
    f = theano.function([x, y], out, givens={c: T.constant(chosen, dtype="int64")}, on_unused_input="ignore")
    assert not branches(f)
    assert any(node.op is refusing for node in f.maker.fgraph.apply_nodes) == bool(chosen)
    np.testing.assert_allclose(f(X, Y), X * 2 if chosen else Y)


def test_one_inside_a_side_of_the_same_condition():
    inside, other = ifelse(c, T.exp(x), T.log(x)), ifelse(c, T.cos(y), T.sin(y))
    out = ifelse(c, inside + other, inside - other)
    graph = FunctionGraph([c, x, y], [out], clone=True)
    optimize(graph)
    (node,) = (node for node in graph.apply_nodes if isinstance(node.op, Branch))
    assert not any(isinstance(inner.op, Branch) for side in node.op.sides for inner in side.apply_nodes)
    compare([c, x, y], [out], [(0, abs(X), Y), (1, abs(X), Y)], 1)
    nested = ifelse(c, ifelse(d, inside, y), y)
    compare([c, d, x, y], [nested], [(k & 1, k >> 1, abs(X), Y) for k in range(4)], 1)


def test_attempts_are_linear():
    """Each branch is looked at a fixed number of times, however many there are, of one condition or in a chain."""

    def attempts(count, chained):
        a, outputs = x, []
        for k in range(count):
            a = ifelse(c, T.exp(-a), T.tanh(a)).cumsum() if chained else a
            outputs.append(a if chained else ifelse(c, x * k, y + k))
        graph = FunctionGraph([c, x, y], outputs, clone=True)
        report = optimize(graph)
        return report.attempts["merge_branches"]

    for chained in (False, True):
        assert attempts(40, chained) <= 2.2 * attempts(20, chained)
