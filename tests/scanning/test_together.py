"""Loops, branches, graphs as operations and a user's operations inside one another."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import OpFromGraph
from theano.compile.ops import as_op
from theano.gradient import verify_grad
from theano.ifelse import ifelse
from theano.loops.ir import LoopRegion, PythonStep, walk_steps
from theano.scan_module import until
from theano.scanning import Scan

STEPWISE = theano.compile.mode.Mode(linker="py", optimizer=None)
MODES = ["FAST_RUN", STEPWISE]
x, y, m, a, c = T.dvector("x"), T.dvector("y"), T.dmatrix("m"), T.dscalar("a"), T.lscalar("c")
X, Y, M = np.array([1.0, -2, 3, 0.5]), np.array([2.0, 1, -1]), np.arange(12.0).reshape(4, 3) / 5 - 1
ZERO, ONE = T.constant(0.0, dtype="float64"), T.constant(1.0, dtype="float64")


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-12)


def python_steps(f):
    return [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, PythonStep)]


def loops(f):
    return [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, LoopRegion)]


class Checked(theano.Op):
    """The identity for numbers above 0; others it must not see, forwards or backwards."""

    __props__ = ()

    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        if inputs[0] <= 0:
            raise AssertionError("this must not be computed")
        output_storage[0][0] = inputs[0].copy()

    def grad(self, inputs, gradients):
        return [gradients[0] * checked(inputs[0]) / inputs[0]]


checked = Checked()


@pytest.mark.parametrize("mode", MODES)
class TestBranchesInLoops:
    def test_the_other_side_is_not_computed(self, mode):
        """Forwards and backwards, of a user's operation that refuses what the other side has."""
        found, _ = theano.scan(lambda e, s: ifelse(T.gt(e, 0), s + checked(e) ** 2, s - e), x, ZERO)
        f = theano.function([x], [found, T.grad(found[-1], x)], mode=mode)
        values, gradient = f(X)
        close(values, np.cumsum(np.where(X > 0, X**2, -X)))
        close(gradient, np.where(X > 0, 2 * X, -1))

    def test_several_results_and_states(self, mode):
        def step(e, p, q):
            return ifelse(T.gt(e, p.sum()), [p * e, q + 1], [q, p])

        found, _ = theano.scan(step, x, [y, y * 0.1])
        f = theano.function([x, y], [*found, *T.grad((found[0][-1] * found[1]).sum(), [x, y])], mode=mode)
        p, q = Y, Y * 0.1
        rows = []
        for e in X:
            p, q = (p * e, q + 1) if e > p.sum() else (q, p)
            rows.append((p, q))
        values = f(X, Y)
        close(values[0], [p for p, _ in rows])
        close(values[1], [q for _, q in rows])

        def cost(u, v):
            p, q, rows = v, v * 0.1, []
            for e in u:
                p, q = (p * e, q + 1) if e > p.sum() else (q, p)
                rows.append(q)
            return (p * np.array(rows)).sum()

        differences = [cost(X + h, Y) - cost(X - h, Y) for h in np.eye(4) * 1e-6]
        np.testing.assert_allclose(values[2], np.array(differences) / 2e-6, rtol=1e-6, atol=1e-7)
        differences = [cost(X, Y + h) - cost(X, Y - h) for h in np.eye(3) * 1e-6]
        np.testing.assert_allclose(values[3], np.array(differences) / 2e-6, rtol=1e-6, atol=1e-7)

    def test_a_loop_in_a_side_runs_only_if_taken(self, mode):
        def total(rows):
            return theano.scan(lambda e, s: s + checked(e), rows, ZERO)[0][-1]

        found, _ = theano.scan(lambda row, s: s * 0.5 + ifelse(T.gt(row.min(), 0), total(row), row.sum()), m, ZERO)
        f = theano.function([m], [found, T.grad(found[-1], m)], mode=mode)
        values, gradient = f(M)
        state, expected = 0.0, []
        for row in M:
            state = state * 0.5 + row.sum()
            expected.append(state)
        close(values, expected)
        close(gradient, 0.5 ** np.arange(4)[::-1, None] * np.ones(3))

    def test_one_in_another(self, mode):
        deep = ifelse(T.gt(a, 2), checked(a - 2), a * 3)
        f = theano.function([a], [ifelse(T.gt(a, 0), deep, -a), T.grad(ifelse(T.gt(a, 0), deep, -a), a)], mode=mode)
        for value, expected in ((3.0, (1, 1)), (1.0, (3, 3)), (-1.0, (1, -1))):
            close(f(value), expected)


@pytest.mark.parametrize("mode", MODES)
class TestGraphsAsOperations:
    def test_overrides_in_a_loop(self, mode):
        """The gradient that a step's operation declares is the one that flows back through time."""
        u, v = T.dscalars("u", "v")
        double = OpFromGraph([u, v], [u * v], grad_overrides=lambda inputs, grads: [2 * grads[0] * inputs[1], grads[0] * 0])
        found, _ = theano.scan(lambda e, s: double(s, a) + e, x, ONE)
        f = theano.function([x, a], [found, *T.grad(found[-1], [x, a])], mode=mode)
        values, d_x, d_a = f(X, 0.5)
        state, expected = 1.0, []
        for e in X:
            state = state * 0.5 + e
            expected.append(state)
        close(values, expected)
        close(d_x, [1, 1, 1, 1])  # 2 * 0.5 a step
        assert d_a == 0

    def test_lop_and_rop_overrides_in_a_loop(self, mode):
        u = T.dscalar("u")
        sine = OpFromGraph(
            [u], [T.sin(u)], lop_overrides=lambda i, o, g: [g[0] * o[0]], rop_overrides=lambda inputs, points: [points[0] * 3]
        )
        found, _ = theano.scan(lambda e: sine(e), x)
        f = theano.function([x], [T.grad(found.sum(), x), theano.Rop(found, x, T.ones_like(x))], mode=mode)
        back, forth = f(X)
        close(back, np.sin(X))
        close(forth, [3, 3, 3, 3])

    def test_a_loop_in_one(self, mode):
        powers = OpFromGraph([x, a], [theano.scan(lambda e, s: s * a + e, x, ZERO)[0]])
        outer, _ = theano.scan(lambda row, s: powers(row, a)[-1] + s, m, ZERO)
        direct, _ = theano.scan(lambda row, s: theano.scan(lambda e, t: t * a + e, row, ZERO)[0][-1] + s, m, ZERO)
        asked = [v for out in (outer, direct) for v in (out, *T.grad(out.sum(), [m, a]))]
        values = theano.function([m, a], asked, mode=mode)(M, 0.7)
        for ours, expected in zip(values[:3], values[3:]):
            close(ours, expected)

    def test_connection_pattern_in_a_loop(self, mode):
        u, v = T.dscalars("u", "v")
        op = OpFromGraph([u, v], [u * v], connection_pattern=[[True], [False]], grad_overrides=[lambda i, g: g[0] * i[1], None])
        found, _ = theano.scan(lambda e, s: op(s, e), x, a)
        with pytest.raises(theano.gradient.DisconnectedInputError):
            T.grad(found[-1], x)
        close(theano.function([x, a], T.grad(found[-1], a), mode=mode, on_unused_input="ignore")(X, 2.0), X.prod())

    def test_a_branch_in_one_and_one_in_a_branch(self, mode):
        u = T.dscalar("u")
        root = OpFromGraph([u], [ifelse(T.gt(u, 0), T.sqrt(checked(u)), -u)])
        out = ifelse(T.gt(a, 1), root(a - 1), root(-a) + root(a))
        f = theano.function([a], [out, T.grad(out, a)], mode=mode)
        close(f(5.0), [2, 0.25])
        close(f(-4.0), [6, -1 / 4 - 1])

    def test_shared_variables_in_a_loop(self, mode):
        s, u = theano.shared(2.0, name="s"), T.dscalar("u")
        op = OpFromGraph([u], [u * s])
        found, updates = theano.scan(lambda e: (op(e), {s: s + 1}), x)
        f = theano.function([x], found, updates=updates, mode=mode)
        close(f(X), X * [2, 3, 4, 5])
        assert s.get_value() == 6


@as_op([T.dscalar, T.dscalar], [T.dscalar], infer_shape=lambda node, shapes: [()])
def mixed(e, s):
    return np.asarray(0.5 * s + e)


class TestUserOperations:
    """They are run by Python; what is around them stays native, and the profile names them."""

    def where(self, out, given):
        f = theano.function([v for v, _ in given], out, profile=True)
        assert {str(step.node.op) for step in python_steps(f)} == {"FromFunctionOp{mixed}"}
        value = f(*(value for _, value in given))
        assert "FromFunctionOp{mixed} runs its perform" in f.explain()
        theano.compile.profiling._at_exit.clear()
        return value, f

    def test_in_a_loop(self, capsys):
        found, _ = theano.scan(lambda e, s: T.exp(-(mixed(e, s) ** 2)), x, ZERO)
        value, f = self.where(found, [(x, X)])
        state, expected = 0.0, []
        for e in X:
            state = np.exp(-((0.5 * state + e) ** 2))
            expected.append(state)
        close(value, expected)
        assert len(loops(f)) == 1
        f.profile.summary()
        assert "FromFunctionOp{mixed}, which runs Python" in "".join(capsys.readouterr())

    def test_in_a_loop_in_a_loop(self):
        found, _ = theano.scan(lambda row, s: theano.scan(lambda e, t: mixed(e, t), row, s)[0][-1], m, ZERO)
        value, _ = self.where(found, [(m, M)])
        state, expected = 0.0, []
        for row in M:
            for e in row:
                state = 0.5 * state + e
            expected.append(state)
        close(value, expected)

    def test_in_a_branch(self):
        value, f = self.where(ifelse(c, mixed(a, a), a * 0), [(c, 1), (a, 3.0)])
        assert value == 4.5 and f(0, 3.0) == 0

    def test_in_a_graph_as_an_operation(self):
        u = T.dscalar("u")
        op = OpFromGraph([u], [mixed(u, u) + 1])
        value, _ = self.where(theano.scan(lambda e: op(e), x)[0], [(x, X)])
        close(value, 1.5 * X + 1)

    def test_until_by_one(self):
        found, _ = theano.scan(lambda e, s: (s + e, until(mixed(e, s) > 2)), x, ZERO)
        value, _ = self.where(found, [(x, X)])
        close(value, [1, -1, 2])


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
class TestClone:
    def test_an_outer_variable_is_replaced(self, mode):
        found, _ = theano.scan(lambda e, s: s * a + e, x, ZERO)
        other = theano.clone(found, replace={a: T.exp(a), x: x[::-1]})
        expected, _ = theano.scan(lambda e, s: s * T.exp(a) + e, x[::-1], ZERO)
        first, second = theano.function([x, a], [other, expected], mode=mode)(X, -0.3)
        close(first, second)

    def test_a_replaced_shared_variable(self, mode):
        s = theano.shared(2.0, name="s")
        found, updates = theano.scan(lambda e: (e * s, {s: s + 1}), x)
        other = theano.clone(found, replace={s: a})
        close(theano.function([x, a], other, mode=mode)(X, 5.0), X * [5, 6, 7, 8])
        close(theano.function([x], found, updates=updates, givens={s: T.constant(1.0, dtype="float64")}, mode=mode)(X), X * [1, 2, 3, 4])

    def test_the_gradient_of_a_clone(self, mode):
        found, _ = theano.scan(lambda e, s: T.tanh(s * a + e), x, ZERO)
        cost = theano.clone(found.sum(), replace=[(a, a**2)])
        f = theano.function([x, a], [T.grad(cost, a), 2 * a * theano.clone(T.grad(found.sum(), a), replace={a: a**2})], mode=mode)
        close(*f(X, 0.6))

    def test_inside_of_a_branch_and_a_graph(self, mode):
        out = OpFromGraph([x], [x * 2])(ifelse(c, x, x * a))
        close(theano.function([x, c, a], theano.clone(out, replace={x: x + 1}), mode=mode)(X, 0, 3.0), (X + 1) * 6)


def test_gradients_of_several_variables_share_one_loop_backwards():
    found, _ = theano.scan(lambda e, s: T.tanh(s * a + e * y.sum()), x, ZERO)
    f = theano.function([x, y, a], T.grad(found[-1], [x, y, a]))
    assert len(loops(f)) == 2
    scans = [node for node in f.maker.compilation.optimized.toposort() if isinstance(node.op, Scan)]
    assert len(scans) == 2


@pytest.mark.parametrize("depth", [1, 2])
def test_second_order_with_branches_and_graphs(depth):
    u, v = T.dscalars("u", "v")
    op = OpFromGraph([u, v], [T.tanh(u * v) + u])

    def cost(x, a):
        def step(e, s):
            return ifelse(T.gt(e, 0), op(s, a) + e, T.sin(s) * e)

        if depth == 1:
            found, _ = theano.scan(step, x, a * 0.1)
            return (found**2).sum()
        found, _ = theano.scan(lambda e, s: theano.scan(step, x[:2] * e, s)[0][-1], x, a)
        return found.sum()

    def gradients(x, a):
        return sum((g**2).sum() for g in T.grad(cost(x, a), [x, a]))

    verify_grad(gradients, [X, np.array(0.3)], rng=np.random.RandomState(0))
