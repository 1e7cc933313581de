"""Equal loops and branches are one; what steps do not change is no part of them; what is computed outside is not computed in a branch."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.ifelse import ifelse
from theano.scan_module import until
from theano.scanning import Branch, Scan
from theano.scanning.bodies import run_graph
from theano.tensor.elemwise import Elemwise

x, s, c = T.dvector("x"), T.dscalar("s"), T.dscalar("c")
X = np.array([0.5, -1.0, 2.0])


def compiled(inputs, outputs):
    """(the function, its loops and branches)."""
    f = theano.function(inputs, outputs)
    return f, [node.op for node in f.maker.fgraph.toposort() if isinstance(node.op, (Scan, Branch))]


def tanh_of_sum(row, state):
    return T.tanh(state + row)


def test_equal_loops():
    f, found = compiled([x, s], [theano.scan(tanh_of_sum, x, s)[0] for _ in range(3)])
    assert len(found) == 1
    first, *others = f(X, 0.1)
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize(
    "other",
    [
        lambda: theano.scan(lambda row, state: T.tanh(state - row), x, s)[0],
        lambda: theano.scan(lambda row, state: T.tanh(state + row) * 2, x, s)[0],
        lambda: theano.scan(tanh_of_sum, x[::-1], s)[0],
        lambda: theano.scan(lambda row, state: (T.tanh(state + row), until(state > 5)), x, s)[0],
    ],
)
def test_loops_that_differ(other):
    f, found = compiled([x, s], [theano.scan(tanh_of_sum, x, s)[0], other()])
    assert len(found) == 2
    first, second = f(X, 0.1)
    np.testing.assert_array_equal(first, theano.function([x, s], theano.scan(tanh_of_sum, x, s)[0])(X, 0.1))
    np.testing.assert_array_equal(second, theano.function([x, s], other())(X, 0.1))


def test_loops_of_equal_loops():
    """A loop is told from another by what its step holds, loops too."""
    matrix = T.dmatrix("matrix")
    results = [theano.scan(lambda row, k=k: theano.scan(lambda e: T.exp(e * k), row)[0].sum(), matrix)[0] for k in (1.0, 1.0, 2.0)]
    f, found = compiled([matrix], results)
    assert len(found) == 2
    first, second, third = f([[1.0, 2.0]])
    np.testing.assert_allclose([first, second, third], [[np.e + np.e**2]] * 2 + [[np.e**2 + np.e**4]])


def test_loops_whose_gradients_are_asked_for_twice():
    states = theano.scan(tanh_of_sum, x, s)[0]
    costs = [(states**2).sum(), (states**2).sum()]
    _, found = compiled([x, s], [T.grad(cost, x) for cost in costs])
    assert len(found) == 2


def test_results_that_do_not_change():
    """A record of an invariant, and a state that is handed on as it is: neither is made by the loop."""
    start = T.dvector("start")

    def step(row, first, second, third):
        return first * row + second, second, third, T.exp(s) * 2

    results, _ = theano.scan(step, x, [s, c, start, None])
    cost = sum((r * (k + 1)).sum() for k, r in enumerate(results))
    f, found = compiled([x, s, c, start], [*results, *T.grad(cost, [s, c, start])])
    assert len(found[0].states) == 1
    h, rows = 0.3, []
    for value in X:
        h = h * value + 0.7
        rows.append(h)
    first, second, third, fourth, by_s, by_c, by_start = f(X, 0.3, 0.7, [1.0, 2.0])
    np.testing.assert_allclose(first, rows)
    np.testing.assert_array_equal(second, [0.7] * 3)
    np.testing.assert_array_equal(third, [[1.0, 2.0]] * 3)
    np.testing.assert_allclose(fourth, [2 * np.exp(0.3)] * 3)
    np.testing.assert_allclose(by_s, X[0] + X[0] * X[1] + X.prod() + 4 * 3 * 2 * np.exp(0.3))
    np.testing.assert_allclose(by_c, (1 + (X[1] + 1) + (X[1] * X[2] + X[2] + 1)) + 2 * 3)
    np.testing.assert_allclose(by_start, [9, 9])


def test_any_number_of_steps():
    n = T.lscalar("n")
    results, _ = theano.scan(lambda a, b, d: [a, b, d * 2, x.dimshuffle("x", 0)], None, [s, x, x, None], n_steps=n)
    f, (found,) = compiled([s, x, n], results)
    assert len(found.states) == 1
    for steps in (0, 1, 4):
        first, second, third, fourth = f(0.5, X, steps)
        assert fourth.shape == (steps, 1, 3)
        np.testing.assert_array_equal(first, [0.5] * steps)
        np.testing.assert_array_equal(second, np.array([X] * steps).reshape(steps, 3))
        np.testing.assert_array_equal(third, np.array([X * 2 ** (k + 1) for k in range(steps)]).reshape(steps, 3))


def operations(loop_or_branch):
    return {node.op.scalar_op.name for side in loop_or_branch.sides for node in side.apply_nodes if isinstance(node.op, Elemwise)}


def test_what_a_branch_shares():
    """With the graph around it: of the sum of exponentials neither side computes anything."""
    total = T.exp(x).sum()
    y = ifelse(T.gt(c, 0), total * 2, T.sin(total) + x.sum())
    f, (found,) = compiled([x, c], [y, T.sqrt(total)])
    assert "exp" not in operations(found)
    expected = np.exp(X).sum()
    np.testing.assert_allclose(f(X, 1.0), [expected * 2, np.sqrt(expected)])
    np.testing.assert_allclose(f(X, -1.0), [np.sin(expected) + X.sum(), np.sqrt(expected)])


def test_what_a_branch_has_alone():
    """Nobody else needs it: it stays where it is computed only if that side is taken."""
    y = ifelse(T.gt(c, 0), T.exp(x).sum() * 2, x.sum())
    f, (found,) = compiled([x, c], [y, T.exp(-x).sum()])
    assert "exp" in operations(found)
    np.testing.assert_allclose(f(X, 1.0), [np.exp(X).sum() * 2, np.exp(-X).sum()])


def test_a_side_that_is_computed_outside_entirely():
    total = T.exp(x)
    f, (found,) = compiled([x, c], [ifelse(T.gt(c, 0), total, x * 2), total])
    assert run_graph(found.sides[0], [X])[0] is not None and not found.sides[0].apply_nodes
    np.testing.assert_allclose(f(X, 1.0), [np.exp(X)] * 2)
    np.testing.assert_allclose(f(X, 0.0), [X * 2, np.exp(X)])
