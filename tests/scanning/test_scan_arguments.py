"""Each argument of ``theano.scan`` and its kin in every form that it may have."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import MissingInputError, ShapeError
from theano.scan_module import until
from theano.scanning import Scan

x, y, m, a, n = T.dvector("x"), T.dvector("y"), T.dmatrix("m"), T.dscalar("a"), T.lscalar("n")
X, Y, M = np.array([1.0, -2, 3, 0.5, 4]), np.array([2.0, 1, -1]), np.arange(12.0).reshape(4, 3) / 5 - 1
STEPWISE = theano.compile.mode.Mode(linker="py", optimizer=None)
ZERO, ONE = T.constant(0.0, dtype="float64"), T.constant(1.0, dtype="float64")


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)


def value_of(outputs, given, **options):
    return theano.function(list(given), outputs, **options)(*given.values())


def scans(outputs):
    return [node for node in theano.gof.graph.io_toposort([], outputs) if isinstance(node.op, Scan)]


class TestNumberOfSteps:
    @pytest.mark.parametrize("count", [3, np.int64(3), np.int8(3), np.array(3), 3.0, T.constant(3), T.constant(3, dtype="uint8")])
    def test_as_a_number(self, count):
        close(value_of(theano.scan(lambda s: s * 2, outputs_info=ONE, n_steps=count)[0], {}), [2, 4, 8])

    @pytest.mark.parametrize("dtype", ["int8", "int32", "uint16", "int64"])
    def test_as_a_variable(self, dtype):
        count = T.scalar(dtype=dtype)
        close(value_of(theano.scan(lambda s: s * 2, outputs_info=ONE, n_steps=count)[0], {count: 3}), [2, 4, 8])

    def test_as_an_expression(self):
        close(
            value_of(theano.scan(lambda s: s * 2, outputs_info=ONE, n_steps=x.shape[0] - 2)[0], {x: X}, on_unused_input="ignore"), [2, 4, 8]
        )

    @pytest.mark.parametrize("count", [1.5, -2])
    def test_refused(self, count):
        with pytest.raises(ValueError, match=rf"n_steps is {count}"):
            theano.scan(lambda s: s, outputs_info=ONE, n_steps=count)

    @pytest.mark.parametrize("mode", ["FAST_RUN", STEPWISE])
    @pytest.mark.parametrize("count", [0, n])
    def test_zero(self, count, mode):
        s = theano.shared(5.0, name="s")
        sources, infos = [x, dict(input=x, taps=-1)], [ONE, dict(initial=m, taps=[-2]), None]
        found, updates = theano.scan(lambda e, f, p, q: ([p + e * f, q * e, e], {s: s + 1}), sources, infos, n_steps=count)
        cost = found[0].sum() + found[1].sum() + found[2].sum() + s
        f = theano.function([x, m, n], [*found, *T.grad(cost, [x, m, s])], updates=updates, mode=mode, on_unused_input="ignore")
        first, second, third, d_x, d_m, d_s = f(X, M, 0)
        assert (first.shape, second.shape, third.shape) == ((0,), (0, 3), (0,))
        assert d_x.shape == X.shape and d_m.shape == M.shape and not d_x.any() and not d_m.any() and d_s == 1
        assert s.get_value() == 5

    def test_no_more_steps_than_rows(self):
        for count, match in ((6, "as many rows"), (-1, "steps of a loop is -1")):
            f = theano.function([x, n], theano.scan(lambda e: e * 2, x, n_steps=n)[0])
            with pytest.raises(ShapeError, match=match):
                f(X, count)


class TestOneStep:
    """As a literal it is no loop; as a variable it is: with the same results."""

    @pytest.mark.parametrize("backwards", [False, True])
    def test_as_a_literal_and_as_a_variable(self, backwards):
        def build(count, s):
            found, updates = theano.scan(
                lambda e, f, p, q, r, w: ([p * e + f, q - r * w, T.dot(w, e)], {s: s * 2 + e}),
                [dict(input=x, taps=[0, 2])], [ONE, dict(initial=m, taps=[-3, -1]), None], a,
                n_steps=count, go_backwards=backwards, name="one",
            )  # fmt: skip
            assert all(out.type.broadcastable[0] is False for out in found)
            gradients = T.grad(sum((out**2).sum() for out in found) + (updates[s]) ** 3, [x, m, a, s])
            return theano.function([x, m, a, n], [*found, *gradients], updates=updates, on_unused_input="ignore"), found

        s, t = theano.shared(1.5), theano.shared(1.5)
        (f, literal), (g, symbolic) = build(1, s), build(n, t)
        assert len(scans(literal)) == 0 < len(scans(symbolic))
        for _ in range(2):
            for ours, expected in zip(f(X, M, 0.3, 1), g(X, M, 0.3, 1)):
                assert ours.shape == expected.shape
                close(ours, expected)
            assert s.get_value() == t.get_value()

    def test_bare_list_and_none(self):
        assert theano.scan(lambda s: s + 1, outputs_info=ONE, n_steps=1, return_list=True)[0][0].ndim == 1
        assert theano.scan(lambda s: s + 1, outputs_info=ONE, n_steps=1)[0].ndim == 1
        s = theano.shared(1.0)
        assert theano.scan(lambda: {s: s + 1}, n_steps=1)[0] is None

    def test_truncated_to_less(self):
        found, _ = theano.scan(lambda e, s: s * e, x, a, n_steps=1, truncate_gradient=0)
        close(value_of(T.grad(found[-1], a), {x: X, a: 2.0}, on_unused_input="ignore"), 1)

    def test_a_sequence_that_has_no_row(self):
        with pytest.raises(IndexError):
            value_of(theano.scan(lambda e: e, x, n_steps=1)[0], {x: X[:0]})


class TestInitialValues:
    @pytest.mark.parametrize(
        "info", [ONE, np.float64(1), np.array(1.0), dict(initial=ONE), dict(initial=np.float64(1), taps=[-1]), dict(initial=ONE, taps=-1)]
    )
    def test_one_step_before(self, info):
        close(value_of(theano.scan(lambda e, s: s + e, x, info)[0], {x: X}), 1 + X.cumsum())
        close(value_of(theano.scan(lambda e, s: s + e, x, [info])[0], {x: X}), 1 + X.cumsum())

    @pytest.mark.parametrize(
        "info", [None, dict(), dict(initial=None), dict(taps=None), dict(initial=ONE, taps=None), dict(initial=ONE, taps=[])]
    )
    def test_nothing_is_read(self, info):
        close(value_of(theano.scan(lambda e: e * 2, x, [info])[0], {x: X}), 2 * X)

    def test_a_shared_variable(self):
        s = theano.shared(Y, name="s")
        f = theano.function([x], theano.scan(lambda e, h: h * e, x, s)[0])
        close(f(X), np.cumprod(X)[:, None] * Y)
        s.set_value(Y * 2)
        close(f(X), np.cumprod(X)[:, None] * Y * 2)

    def test_rows_before_the_needed_ones_are_the_first(self):
        """With taps [-2] the first two rows are read, whatever follows them."""
        found, _ = theano.scan(lambda s: s * 10, outputs_info=dict(initial=x, taps=[-2]), n_steps=3)
        close(value_of(found, {x: X}), [10, -20, 100])

    def test_a_tensor_of_any_rank(self):
        t = T.dtensor4("t")
        given = np.arange(16.0).reshape(2, 2, 2, 2)
        found, _ = theano.scan(lambda r, s, p: [s + r, p[::-1] * 0.5 + s], t, [t[0], dict(initial=t, taps=[-2])])
        s, history = given[0], list(given)
        for r in given:
            before = history[-2]
            history.append(before[::-1] * 0.5 + s)
            s = s + r
        first, second = value_of(found, {t: given})
        close(first[-1], s)
        close(second, history[2:])


class TestNonSequences:
    @pytest.mark.parametrize("given", [a, [a], (a,), 2.0, np.float64(2), theano.shared(2.0)])
    def test_one(self, given):
        close(value_of(theano.scan(lambda e, k: e * k, x, non_sequences=given)[0], {x: X, a: 2.0}, on_unused_input="ignore"), 2 * X)

    def test_several_and_arrays(self):
        found, _ = theano.scan(lambda e, k, w: e * k + w.sum(), x, non_sequences=[a, Y])
        close(value_of(found, {x: X, a: 2.0}), 2 * X + Y.sum())

    def test_strict(self):
        s = theano.shared(2.0, name="s")
        with pytest.raises(MissingInputError, match=r"strict=True(.|\n)*add them"):
            theano.scan(lambda e: e * s, x, strict=True)
        with pytest.raises(MissingInputError, match="strict=True"):
            theano.scan(lambda e, s: (e, {s: s + a}), x, non_sequences=s, strict=True)
        close(value_of(theano.scan(lambda e, k: e * k + 1, x, non_sequences=s, strict=True)[0], {x: X}), 2 * X + 1)
        close(value_of(theano.scan(lambda e, k: e * s, x, non_sequences=s, strict=True)[0], {x: X}), 2 * X)


class TestOptions:
    def test_a_name_is_told(self):
        found, _ = theano.scan(lambda e, s: s + e, x, ZERO, name="adding")
        (node,) = scans([found])
        assert "adding" in str(node.op) and "adding" in theano.printing.debugprint(found, file="str")
        gradients = {str(node.op) for node in scans(T.grad(found[-1] ** 2, [x]))}
        assert any("gradient of adding" in name for name in gradients)

    @pytest.mark.parametrize("mode", [None, "FAST_COMPILE", theano.compile.get_default_mode()])
    def test_those_of_the_function_count(self, mode):
        found, _ = theano.scan(lambda e, s: s + e, x, ZERO, mode=mode, profile=True, allow_gc=False)
        close(value_of(found, {x: X}), X.cumsum())

    def test_a_profile_names_the_line_of_the_step(self, capsys):
        f = theano.function([x], theano.scan(lambda e, s: T.tanh(s + e), x, ZERO, name="squashing")[0], profile=True)
        f(X)
        f.profile.summary()
        theano.compile.profiling._at_exit.clear()
        assert "test_scan_arguments.py" in "".join(capsys.readouterr()).split("Apply")[-1]


class TestUntil:
    @pytest.mark.parametrize("position", ["last", "with updates"])
    def test_in_a_map(self, position):
        s = theano.shared(0)
        found, updates = theano.map(lambda e: (e * 2, {s: s + 1}, until(e > 2)) if position != "last" else (e * 2, until(e > 2)), x)
        close(value_of(found, {x: X}, updates=updates), [2, -4, 6])
        assert s.get_value() == (3 if updates else 0)

    def test_nested_with_lengths_of_their_own(self):
        def chain(limit):
            found, _ = theano.scan(lambda k: (k * 2, until(k * 2 > limit)), outputs_info=ONE, n_steps=20)
            return found[-1], found.shape[0], found.sum()

        lasts, lengths, sums = theano.map(chain, x)[0]
        asked = [lasts, lengths, sums, T.grad((sums * x).sum(), x)]
        last, length, total, gradient = value_of(asked, {x: np.array([1.0, 3, 9, 100])})
        assert last.tolist() == [2, 4, 16, 128] and length.tolist() == [1, 2, 4, 7]
        close(total, [2, 6, 30, 254])
        close(gradient, total)

    def test_at_the_first_step(self):
        found, _ = theano.scan(lambda e, s: (s + e, until(e > 0)), x, a)
        close(value_of([found, *T.grad(found.sum(), [x, a])], {x: X, a: 1.0})[0], [2])


class TestUpdates:
    def test_of_a_loop_in_a_loop(self):
        s = theano.shared(1.0, name="s")

        def outer(row):
            found, updates = theano.scan(lambda e: (e * s, {s: s + 1}), row)
            return found, updates

        found, updates = theano.scan(outer, m)
        f = theano.function([m], found, updates=updates)
        close(f(M), M * np.arange(1, 13).reshape(4, 3))
        assert s.get_value() == 13
        close(f(M), M * np.arange(13, 25).reshape(4, 3))

    def test_pairs_dicts_and_lists_of_both(self):
        s, t = theano.shared(1.0), theano.shared(2.0)
        steps = [
            lambda e: (e, {s: s + e, t: t * 2}), lambda e: (e, [(s, s + e), (t, t * 2)]), lambda e: [e, {s: s + e, t: t * 2}],
            lambda e: (e, theano.OrderedUpdates([(s, s + e), (t, t * 2)])), lambda e: ([e], {s: s + e, t: t * 2}),
        ]  # fmt: skip
        for step in steps:
            s.set_value(1.0), t.set_value(2.0)
            found, updates = theano.scan(step, x)
            close(value_of(found, {x: X}, updates=updates), X)
            close([s.get_value(), t.get_value()], [1 + X.sum(), 64])

    def test_of_a_default_that_needs_another(self):
        s, t = theano.shared(1.0, name="s"), theano.shared(10.0, name="t")
        s.default_update, t.default_update = s + t, t + 1
        found, updates = theano.scan(lambda e: e + s, x)
        assert list(updates) == [s, t]
        close(value_of(found, {x: X * 0}, updates=updates), [1, 11, 22, 34, 47])
        assert t.get_value() == 15

    def test_gradient_through_them(self):
        s = theano.shared(1.5, name="s")
        found, updates = theano.scan(lambda e: (e * s, {s: s * e}), x)
        close(value_of(T.grad(found[-1], s), {x: X}, updates=updates), X.prod())


class TestFolds:
    def test_several_results(self):
        (total, product), _ = theano.foldr(lambda e, s, p: [s * 0.5 + e, p * e], x, [ZERO, ONE])
        expected = 0.0
        for e in X[::-1]:
            expected = expected * 0.5 + e
        close(value_of([total, product], {x: X}), [expected, X.prod()])

    def test_arguments_in_their_order(self):
        first, _ = theano.reduce(lambda e, s, k: s * k + e, x, ZERO, a, True, None, "folding")
        second, _ = theano.foldr(lambda e, s, k: s * k + e, x, ZERO, a, None, "folding")
        close(*value_of([first, second], {x: X, a: 0.5}))
        assert all("folding" in str(node.op) for node in scans([first, second]))
        found, _ = theano.map(lambda e, k: e * k, x, a, -1, True, None, "mapping")
        close(value_of(found, {x: X, a: 2.0}), 2 * X[::-1])

    def test_a_truncated_map(self):
        found, _ = theano.map(lambda e: e**2, x, truncate_gradient=2)
        close(value_of(T.grad(found.sum(), x), {x: X}), [0, 0, 0, 1, 8])

    def test_updates(self):
        s = theano.shared(0.0)
        total, updates = theano.foldl(lambda e, t: (t + e, {s: s + 1}), x, ZERO)
        close(value_of(total, {x: X}, updates=updates), X.sum())
        assert s.get_value() == 5

    def test_checkpoints_of_a_number_of_steps(self):
        found, _ = theano.scan_checkpoints(lambda s, w: T.tanh(s * w), [], [y], a, n_steps=6, save_every_N=2)
        plain, _ = theano.scan(lambda s, w: T.tanh(s * w), None, [y], a, n_steps=6)
        values = value_of([found, plain[1::2], *T.grad(found[-1].sum(), [y, a]), *T.grad(plain[-1].sum(), [y, a])], {y: Y, a: 0.8})
        for first, second in ((0, 1), (2, 4), (3, 5)):
            close(values[first], values[second])

    def test_checkpoints_without_padding(self):
        found, _ = theano.scan_checkpoints(lambda e, s: s + e, x, [ZERO], save_every_N=2, padding=False)
        f = theano.function([x], found)
        close(f(X[:4]), X[:4].cumsum()[1::2])
        with pytest.raises(ValueError):
            f(X)
