"""``theano.scan`` as the classic system has it: what the step is called with, what comes of it, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import BoundsError, MissingInputError, ShapeError
from theano.loops.ir import LoopRegion, PythonStep, walk_steps
from theano.scan_module import until
from theano.scanning import Scan

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y, m, a, n = T.dvector("x"), T.dvector("y"), T.dmatrix("m"), T.dscalar("a"), T.lscalar("n")
X, Y, M = np.array([1.0, -2, 3, 0.5, 4]), np.array([2.0, 1, -1]), np.arange(12.0).reshape(4, 3) / 5 - 1
ZERO, ONE = T.constant(0.0, dtype="float64"), T.constant(1.0, dtype="float64")


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)


def compiled(inputs, outputs, mode="FAST_RUN", **options):
    """A function without any Python between its steps."""
    f = theano.function(inputs, outputs, mode=mode, **options)
    assert not [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, PythonStep)]
    return f


def loops(f):
    return [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, LoopRegion)]


def value_of(outputs, given, mode="FAST_RUN"):
    return compiled(list(given), outputs, mode)(*given.values())


class TestResults:
    def test_one_is_bare_none_is_none_several_are_a_list(self):
        assert isinstance(theano.scan(lambda e: e, x)[0], theano.Variable)
        assert isinstance(theano.scan(lambda e: e, x, return_list=True)[0], list)
        assert [type(v) for v in theano.scan(lambda e: [e, e], x)[0]] == [type(x)] * 2
        s = theano.shared(0.0)
        found, updates = theano.scan(lambda e: {s: s + e}, x)
        assert found is None and list(updates) == [s] and type(updates) is theano.OrderedUpdates

    @pytest.mark.parametrize("mode", MODES)
    def test_new_steps_only(self, mode):
        close(value_of(theano.scan(lambda e, s: s * 2 + e, x, ONE)[0], {x: X}, mode), [3, 4, 11, 22.5, 49])

    def test_one_literal_step_is_no_loop(self):
        found, _ = theano.scan(lambda e, s: (s + e, until(e > 0)), x, ONE, n_steps=1)
        assert found.type.broadcastable == (False,)
        assert not any(isinstance(node.op, Scan) for node in theano.function([x], found).maker.compilation.optimized.toposort())
        close(found.eval({x: X}), [2])

    def test_one_symbolic_step_keeps_its_axis(self):
        close(value_of(theano.scan(lambda e: e * 2, x, n_steps=n)[0], {x: X, n: 1}), [2])

    @pytest.mark.parametrize("mode", MODES)
    def test_no_step_gives_no_row(self, mode):
        rows, sums = theano.scan(lambda r, s: [r * 2, s + r.sum()], m, [None, ONE])[0]
        found = value_of([rows, sums, rows.shape], {m: M[:0]}, mode)
        assert [v.shape for v in found[:2]] == [(0, 3), (0,)] and found[2].tolist() == [0, 3]

    def test_a_result_is_no_view_of_anything(self):
        f = compiled([x], theano.scan(lambda e, s: s + e, x, ZERO)[0])
        first = f(X)
        f(X * 2)
        close(first, X.cumsum())

    def test_python_values(self):
        close(value_of(theano.scan(lambda e: [e, 2.0], x)[0][1], {x: X}), [2] * 5)
        close(value_of(theano.scan(lambda e, s: s + e, [np.arange(3.0)], np.float64(1))[0], {}), [1, 2, 4])

    @pytest.mark.parametrize("dtype", ["float32", "int64", "complex128", "bool"])
    def test_dtypes(self, dtype):
        v = T.TensorType(dtype, (False,))()
        given = np.array([1, 0, 1, 1]).astype(dtype)
        step = (lambda e, s: T.xor(s, e)) if dtype == "bool" else (lambda e, s: s * e + 1 if dtype == "int64" else T.cast(s * e + 1, dtype))
        state, expected = given[0], []
        for e in given:
            state = (state ^ e if dtype == "bool" else state * e + 1).astype(dtype)
            expected.append(state)
        close(value_of(theano.scan(step, v, v[0])[0], {v: given}), expected)


class TestSequences:
    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("taps", [[0], [-1], [2], [-1, 1], [1, -2], [-4, 0], [0, 1, 2]])
    @pytest.mark.parametrize("backwards", [False, True])
    def test_taps(self, taps, backwards, mode):
        found, _ = theano.scan(lambda *rows: sum(r * 10**k for k, r in enumerate(rows)), dict(input=x, taps=taps), go_backwards=backwards)
        steps = range(max(0, -min(taps)), len(X) - max(0, max(taps)))
        expected = [sum(X[t + tap] * 10**k for k, tap in enumerate(taps)) for t in steps]
        close(value_of(found, {x: X}, mode), expected[::-1] if backwards else expected)

    def test_one_tap_as_a_number(self):
        close(value_of(theano.scan(lambda r: r, dict(input=x, taps=-1))[0], {x: X}), X[:-1])

    def test_the_shortest_counts(self):
        found = theano.scan(lambda e, f, r: e * f + r.sum(), [x, y, m])[0]
        close(value_of(found, {x: X, y: Y, m: M}), X[:3] * Y + M[:3].sum(1))

    def test_a_longer_one_is_cut(self):
        close(value_of(theano.scan(lambda e, s: s + e, x, ZERO, n_steps=n)[0], {x: X, n: 2}), [1, -1])

    def test_a_shorter_one_is_an_error(self):
        f = compiled([x, n], theano.scan(lambda e, s: s + e, x, ZERO, n_steps=n)[0])
        with pytest.raises(ShapeError, match=r"as many rows as there are steps(.|\n)*test_scan.py"):
            f(X, 6)

    def test_backwards_results_are_in_running_order(self):
        close(value_of(theano.scan(lambda e, s: s + e, x, ZERO, go_backwards=True)[0], {x: X}), X[::-1].cumsum())

    def test_rows_of_matrices(self):
        close(
            value_of(theano.scan(lambda r, s: T.dot(m.T, T.dot(m, s)) + r, m, y)[0], {m: M, y: Y})[1], M.T @ M @ (M.T @ M @ Y + M[0]) + M[1]
        )

    def test_two_scans_share_nothing(self):
        u, v = theano.scan(lambda e, s: s + e, x, ZERO)[0], theano.scan(lambda e, s: s * e, x, ONE)[0]
        found = value_of([u, v], {x: X})
        close(found[0], X.cumsum())
        close(found[1], X.cumprod())


class TestStates:
    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("taps", [[-1], [-2], [-2, -1], [-1, -2], [-3, -1], [-4, -2, -1]])
    def test_taps(self, taps, mode):
        depth = -min(taps)
        initial = x[:depth] if taps != [-1] else x[0]
        found, _ = theano.scan(lambda e, *s: sum((k + 2) * v for k, v in enumerate(s)) - e, y, dict(initial=initial, taps=taps))
        rows = list(X[:depth])
        for e in Y:
            rows.append(sum((k + 2) * rows[tap] for k, tap in enumerate(taps)) - e)
        close(value_of(found, {x: X, y: Y}, mode), rows[depth:])

    def test_more_initial_rows_than_needed(self):
        found, _ = theano.scan(lambda a, b: a + b, outputs_info=dict(initial=x, taps=[-2, -1]), n_steps=3)
        close(value_of(found, {x: X}), [-1, -3, -4])

    def test_too_few_initial_rows(self):
        f = compiled([x], theano.scan(lambda a, b: a + b, outputs_info=dict(initial=x, taps=[-2, -1]), n_steps=3)[0])
        with pytest.raises(ShapeError, match=r"as many rows as it looks back(.|\n)*test_scan.py"):
            f(X[:1])

    def test_order_of_arguments(self):
        seen = []

        def step(*arguments):
            seen.extend(arguments)
            return [arguments[2] + 1, arguments[4] + arguments[3]]

        theano.scan(step, [x, dict(input=y, taps=[1, 0])][:1] + [y], [ONE, dict(initial=y, taps=[-1, -2])], [m, a], n_steps=2)
        assert len(seen) == 7 and seen[5] is m and seen[6] is a
        assert [v.name for v in seen[:2]] == ["x[t]", "y[t]"] and [v.name for v in seen[3:5]] == ["y[t-1]", "y[t-2]"]

    def test_none_and_dicts(self):
        found, _ = theano.scan(lambda e, s, t: [e, s + 1, t * 2, e], x, [None, dict(initial=ONE), dict(initial=ONE, taps=[-1]), dict()])
        close(value_of(found[2], {x: X}), 2.0 ** np.arange(1, 6))

    def test_states_that_read_each_other(self):
        found, _ = theano.scan(lambda s, t: [t, s + t], outputs_info=[ZERO, ONE], n_steps=n)
        close(value_of(found, {n: 6}), [[1, 1, 2, 3, 5, 8], [1, 2, 3, 5, 8, 13]])

    def test_a_state_that_stays(self):
        close(value_of(theano.scan(lambda s: s, outputs_info=y, n_steps=2)[0], {y: Y}), [Y, Y])

    def test_a_state_that_is_a_sequence_row(self):
        close(value_of(theano.scan(lambda e, s: [e, s], x, [ONE, None])[0][1], {x: X}), [1, *X[:-1]])

    @pytest.mark.parametrize("mode", MODES)
    def test_only_as_much_history_as_is_used(self, mode):
        f = compiled([x, n], theano.scan(lambda s: s * 2, outputs_info=x, n_steps=n)[0][-1], mode)
        (loop,) = loops(f)
        assert all(len(b.shape) == 1 for pair in loop.carried for b in pair) and len(loop.carried) == 1
        close(f(X, 3), X * 8)

    def test_what_nobody_asks_for_is_not_made(self):
        kept, *_ = theano.scan(lambda e, s: [s + e, Never()(e)], x, [ZERO, None])[0]
        close(value_of(kept, {x: X}), X.cumsum())


class TestUntil:
    @pytest.mark.parametrize("mode", MODES)
    def test_the_step_that_meets_it_is_included(self, mode):
        found, _ = theano.scan(lambda s: (s * 2, until(s * 2 > 10)), outputs_info=ONE, n_steps=100)
        close(value_of(found, {}, mode), [2, 4, 8, 16])

    def test_never_met(self):
        found, _ = theano.scan(lambda e: (e, until(e > 100)), x)
        close(value_of(found, {x: X}), X)

    def test_no_step(self):
        assert value_of(theano.scan(lambda e: (e, until(e > 1)), x)[0], {x: X[:0]}).shape == (0,)

    def test_several_results_updates_and_taps(self):
        s = theano.shared(0.0, name="s")
        found, updates = theano.scan(
            lambda e, p, q: ([e * 2, p + q], {s: s + e}, until(T.gt(e, 2))), x, [None, dict(initial=y, taps=[-2, -1])]
        )
        f = theano.function([x, y], found, updates=updates)
        first, second = f(X, Y)
        close(first, [2, -4, 6])
        close(second, [3, 4, 7])
        close(s.get_value(), 2)

    def test_gradient(self):
        found, _ = theano.scan(lambda s: (s * a, until(s * a > 10)), outputs_info=ONE, n_steps=100)
        close(value_of(T.grad(found.sum(), a), {a: 2.0}), 49)

    def test_gradient_of_a_sequence(self):
        found, _ = theano.scan(lambda e, s: (s * e, until(e > 2)), x, ONE)
        close(value_of(T.grad(found[-1], x), {x: X}), [-6, 3, -2, 0, 0])


class TestUpdates:
    def test_from_step_to_step(self):
        s = theano.shared(1.0, name="s")
        found, updates = theano.scan(lambda e: (e * s, [(s, s * 2)]), x)
        f = theano.function([x], found, updates=updates)
        close(f(X), X * 2.0 ** np.arange(5))
        assert s.get_value() == 32
        close(theano.function([x], found)(X), X * 2.0 ** np.arange(5, 10))  # nobody gave it the updates
        assert s.get_value() == 32

    def test_default_updates_in_the_step(self):
        s = theano.shared(1.0, name="s")
        s.default_update = s + 1
        found, updates = theano.scan(lambda e: e + s, x)
        f = theano.function([x], found, updates=updates)
        close(f(X * 0), [1, 2, 3, 4, 5])
        close(f(X * 0), [6, 7, 8, 9, 10])

    def test_one_literal_step(self):
        s = theano.shared(1.0, name="s")
        found, updates = theano.scan(lambda: (s * 3, {s: s + 5}), n_steps=1)
        f = theano.function([], found, updates=updates)
        close(f(), [3])
        close(f(), [18])

    def test_sums_of_updates(self):
        s, t = theano.shared(0.0, name="s"), theano.shared(0.0, name="t")
        first, second = (theano.scan(lambda e, v=v: {v: v + e}, x)[1] for v in (s, t))
        theano.function([x], [], updates=first + second)(X)
        assert s.get_value() == t.get_value() == X.sum()

    def test_a_value_that_is_no_array(self):
        s = theano.shared({"draws": 0}, name="s")
        grown = GROW(s)
        found, updates = theano.scan(lambda e: (e * 2, {s: grown}), x)
        f = theano.function([x], found, updates=updates)
        close(f(X), 2 * X)
        assert s.get_value() == {"draws": 5}


class Never(theano.Op):
    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        raise AssertionError("nobody asked for this")


class Grow(theano.Op):
    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = {"draws": inputs[0]["draws"] + 1}


GROW = Grow()


class TestOuterVariables:
    def test_they_are_found(self):
        s = theano.shared(3.0, name="s")
        f = compiled([x, a], theano.scan(lambda e: e * a + s, x)[0])
        close(f(X, 2), 2 * X + 3)
        s.set_value(4)
        close(f(X, 2), 2 * X + 4)

    def test_what_no_step_changes_is_computed_once(self):
        f = compiled([x, m], theano.scan(lambda e, s: s + e * T.exp(m).sum(), x, ZERO)[0])
        (loop,) = loops(f)
        assert all("exp" not in str(node) for step in walk_steps(loop.body) for node in getattr(step, "nodes", ()))
        close(f(X, M), X.cumsum() * np.exp(M).sum())

    def test_strict(self):
        with pytest.raises(MissingInputError, match="strict=True"):
            theano.scan(lambda e: e * a, x, strict=True)
        close(value_of(theano.scan(lambda e, a: e * a, x, non_sequences=a, strict=True)[0], {x: X, a: 2.0}), 2 * X)

    def test_gradients_reach_what_they_are_made_of(self):
        found, _ = theano.scan(lambda e, s: s + e * T.exp(a), x, ZERO)
        close(value_of(T.grad(found[-1], a), {x: X, a: 0.5}), X.sum() * np.exp(0.5))

    def test_rows_of_a_jacobian(self):
        squares = x**2 * x[::-1]
        rows, _ = theano.scan(lambda i, v, x: T.grad(v[i], x), T.arange(squares.shape[0]), None, [squares, x])
        close(value_of(rows, {x: X}), np.diag(2 * X * X[::-1]) + np.diag(X**2)[:, ::-1])


class TestErrors:
    def test_steps(self):
        with pytest.raises(ValueError, match="n_steps is -1"):
            theano.scan(lambda s: s, outputs_info=ONE, n_steps=-1)
        with pytest.raises(ValueError, match="number of steps must be given"):
            theano.scan(lambda s: s, outputs_info=ONE)
        with pytest.raises(TypeError, match="integer scalar"):
            theano.scan(lambda s: s, outputs_info=ONE, n_steps=a)
        f = compiled([n], theano.scan(lambda s: s, outputs_info=ONE, n_steps=n)[0])
        with pytest.raises(ShapeError, match="number of steps of a loop is -3"):
            f(-3)

    def test_types_of_states(self):
        with pytest.raises(ValueError, match="another dtype"):
            theano.scan(lambda s: s * 0.5, outputs_info=T.constant(1, dtype="int64"), n_steps=2)
        with pytest.raises(TypeError, match="another rank"):
            theano.scan(lambda s: s + y, outputs_info=ONE, n_steps=2)
        row = T.TensorType("float64", (True,))("row")
        with pytest.raises(TypeError, match="broadcastable"):
            theano.scan(lambda s: s + y, outputs_info=row, n_steps=2)
        assert theano.scan(lambda s: s + row, outputs_info=y, n_steps=2)[0].type.broadcastable == (False, False)

    def test_a_state_that_changes_its_size(self):
        f = compiled([x], theano.scan(lambda s: T.concatenate([s, s]), outputs_info=x, n_steps=2)[0])
        with pytest.raises(ShapeError, match="keep its shape"):
            f(X)

    def test_what_the_step_returns(self):
        with pytest.raises(ValueError, match="outputs_info has 1"):
            theano.scan(lambda e, s: [e, s], x, [ONE])
        with pytest.raises(TypeError, match="the step returned"):
            theano.scan(lambda e: object(), x)
        with pytest.raises(TypeError, match="only a shared variable"):
            theano.scan(lambda e: (e, {x: e}), x)

    def test_taps(self):
        with pytest.raises(ValueError, match="only earlier results"):
            theano.scan(lambda s: s, outputs_info=dict(initial=x, taps=[0]), n_steps=2)
        with pytest.raises(ValueError, match="no initial value"):
            theano.scan(lambda s: s, outputs_info=dict(taps=[-1]), n_steps=2)
        with pytest.raises(TypeError, match="must hold rows"):
            theano.scan(lambda s: s, outputs_info=dict(initial=ONE, taps=[-2]), n_steps=2)
        with pytest.raises(TypeError, match="must have rows"):
            theano.scan(lambda s: s, a)
        with pytest.raises(ValueError, match="without the key 'input'"):
            theano.scan(lambda s: s, dict(taps=[1]))

    def test_until(self):
        with pytest.raises(TypeError, match="must be a scalar"):
            until(x)

    @pytest.mark.parametrize("mode", MODES)
    def test_an_error_in_a_step_changes_nothing(self, mode):
        s = theano.shared(0.0, name="s")
        i = T.lvector("i")
        found, updates = theano.scan(lambda k: (x[k], {s: s + 1}), i)
        f = theano.function([x, i], found, updates=updates, mode=mode)
        with pytest.raises(BoundsError, match=r"7 is out of bounds(.|\n)*x +float64 \(5,\)(.|\n)*test_scan.py(.|\n)*in step 1 of the loop"):
            f(X, [0, 7])
        assert s.get_value() == 0


def test_test_values():
    with theano.config.change_flags(compute_test_value="raise"):
        v, k = T.dvector("v"), T.dscalar("k")
        v.tag.test_value, k.tag.test_value = X, np.float64(0.5)
        found, _ = theano.scan(lambda e, s: s * k + e, v, ZERO)
        close(found.tag.test_value[:2], [1, -1.5])
        close(T.grad(found[1], k).tag.test_value, 1)
        close(T.grad(theano.ifelse.ifelse(T.gt(k, 0), v * k, v).sum(), k).tag.test_value, X.sum())
        close(T.grad(theano.OpFromGraph([v, k], [v * k])(v, k).sum(), k).tag.test_value, X.sum())
        with pytest.raises(ValueError, match=r"sizes 5 and 2 of dimension 0 differ(.|\n)*test_scan.py"):
            theano.scan(lambda e, s: s + (v * v[:2]).sum(), v, ZERO)


def test_pickles_and_copies():
    found, _ = theano.scan(lambda e, s: T.tanh(s * a + e), x, ZERO)
    gradient = T.grad(found.sum(), a)
    f = theano.function([x, a], [found, gradient])
    other = theano.function(*pickle.loads(pickle.dumps(([x, a], [found, gradient]))))
    for g in (other, pickle.loads(pickle.dumps(f)), copy.copy(f)):
        for ours, expected in zip(g(X, 0.3), f(X, 0.3)):
            close(ours, expected)


def test_nested():
    found, _ = theano.scan(lambda r, s: theano.scan(lambda e, t: t * 0.5 + e, r, s)[0][-1], m, ZERO)
    state, expected = 0.0, []
    for row in M:
        for e in row:
            state = state * 0.5 + e
        expected.append(state)
    close(value_of(found, {m: M}), expected)


def test_a_python_operation_in_the_step():
    f = theano.function([x], theano.scan(lambda e, s: s + Same()(e), x, ZERO)[0])
    close(f(X), X.cumsum())


class Same(theano.Op):
    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].copy()


def test_rows_of_a_size_that_only_python_knows():
    found, _ = theano.scan(lambda r: T.nonzero(T.gt(r, -5))[0], m)
    assert theano.function([m], found)(M).tolist() == [[0, 1, 2]] * 4


def test_steps_of_a_number_that_only_python_knows():
    """A loop in a loop runs once for each row that Python makes, and reads none of them."""
    rows = Same()(m[:, 1])

    def outer(e, s):
        return theano.scan(lambda r, h: h * 0.5 + e, rows, s)[0].sum()

    close(theano.function([m, x], theano.scan(outer, x, ZERO)[0])(M, X), by_hand(len(M)))


def by_hand(steps):
    state, found = 0.0, []
    for e in X:
        total = 0.0
        for _ in range(steps):
            state = state * 0.5 + e
            total += state
        state = total
        found.append(total)
    return found


class TestFolds:
    def test_map(self):
        close(value_of(theano.map(lambda e, a: e * a, x, a, go_backwards=True)[0], {x: X, a: 3.0}), 3 * X[::-1])

    def test_reduce(self):
        total, largest = theano.reduce(lambda e, s, t: [s + e, T.maximum(t, e)], x, [ZERO, ONE])[0]
        close(value_of([total, largest], {x: X}), [6.5, 4])

    def test_left_and_right(self):
        for fold, order in ((theano.foldl, X), (theano.foldr, X[::-1])):
            state = 1.0
            for e in order:
                state = state * 0.5 - e
            close(value_of(fold(lambda e, s: s * 0.5 - e, x, ONE)[0], {x: X}), state)

    @pytest.mark.parametrize("every", [1, 2, 5])
    def test_checkpoints(self, every):
        found, _ = theano.scan_checkpoints(lambda e, s, a: T.sin(s) * a + e, x, [ONE], a, save_every_N=every)
        plain, _ = theano.scan(lambda e, s, a: T.sin(s) * a + e, T.concatenate([x, T.zeros((-5 % every,))]), ONE, a)
        f = compiled([x, a], [found, plain[every - 1 :: every], *T.grad(found[-1], [x, a]), *T.grad(plain[-1], [x, a])])
        values = f(X, 0.7)
        for first, second in ((0, 1), (2, 4), (3, 5)):
            close(values[first], values[second])

    def test_checkpoints_refuse(self):
        with pytest.raises(ValueError, match="taps"):
            theano.scan_checkpoints(lambda e, s: s, dict(input=x, taps=[1]), [ONE])
        with pytest.raises(ValueError, match="initial value"):
            theano.scan_checkpoints(lambda e: e, x)


def test_a_step_of_other_arguments_is_told_what_it_is_called_with():
    with pytest.raises(TypeError) as told:
        theano.scan(lambda row, state: state, sequences=m, outputs_info=ONE, non_sequences=a)
    assert told.value.__notes__ == [
        "scan calls the step with 3 arguments: 1 of sequences, 1 of earlier results, 1 of non_sequences, in this order"
    ]
    with pytest.raises(TypeError) as told:
        theano.scan(lambda row: len(row), sequences=m)
    assert not hasattr(told.value, "__notes__")


def test_the_graph_of_a_step_can_be_walked():
    outputs, _ = theano.scan(lambda row, state: T.tanh(state + row), sequences=x, outputs_info=ZERO)
    (loop,) = [node.op for node in theano.gof.graph.io_toposort([x], [outputs]) if isinstance(node.op, Scan)]
    assert "tanh" in {str(getattr(node.op, "scalar_op", "")) for node in theano.gof.graph.io_toposort(loop.inputs, loop.outputs)}
    assert set(theano.gof.graph.inputs(loop.outputs)) <= set(loop.inputs)


def test_the_classic_description_of_a_loop():
    """By the classic class's arguments: a sequence, a state read one and two steps back, one read one step back, a shared variable."""
    row, older, last, other, count, factor = T.dscalars("row", "older", "last", "other", "count", "factor")
    outputs = [older + last * factor, other + row, older * 2, count + 1, T.gt(other, 5)]
    info = dict(n_seqs=1, n_mit_sot=1, n_sit_sot=1, n_shared_outs=1, tap_array=[[-2, -1], [-1]], as_while=True, truncate_gradient=-1)
    op = Scan(inputs=[row, older, last, other, count, factor], outputs=outputs, info=info, typeConstructor=None)
    rows, first, second, shared = T.dvectors("rows", "first", "second", "shared")
    f = theano.function([rows, first, second, shared, factor], op(rows.shape[0], rows, first, second, shared, factor))
    states, sums, number, records, done = f([1.0, 2.0, 4.0, 8.0], [1.0, 2.0], [0.0], [7.0], 3.0)
    assert int(done) == 4 and float(number) == 11.0
    np.testing.assert_array_equal(states, [1, 2, 7, 23, 76, 251])
    np.testing.assert_array_equal(sums, [0, 1, 3, 7, 15])
    np.testing.assert_array_equal(records, [2, 4, 14, 46])
    with pytest.raises(ValueError, match="n_mit_mot=0"):
        Scan([row], [row], dict(n_mit_mot=1))
