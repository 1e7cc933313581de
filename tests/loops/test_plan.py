"""Scratch: who may lie where another lay; what a region and its surroundings owe each other."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.loops.programs import check, compiled, frame, steps
from theano.loops.ir import Frame, KernelStep, LoopRegion
from theano.scanning import branch, repeat

x, y = T.dvector("x"), T.dvector("y")
m = T.dmatrix("m")
n, flag = T.lscalar("n"), T.lscalar("flag")
MODES = ["FAST_RUN", "REFERENCE"]
RANDOM = np.random.default_rng(0)


def places(f):
    """The offsets of all scratch, by the expressions that they are."""
    found = []

    def walk(frame):
        found.extend(b.offset for b in frame.buffers if b.storage == "arena")
        for step in frame.steps:
            if isinstance(step, Frame):
                walk(step)

    walk(frame(f))
    return found


class TestScratch:
    def test_a_chain_takes_two_places(self):
        z = m
        for _ in range(12):
            z = T.dot(z, m)
        found = places(check([m], [z], RANDOM.normal(size=(4, 4)) / 2))
        assert len(found) >= 11 and len(set(found)) == 2

    def test_over_what_it_was_computed_from(self):
        """Element by element: the result may lie where its argument dies."""
        z = T.exp(T.dot(m, m))
        found = places(check([m], [T.dot(z, z)], RANDOM.normal(size=(4, 4))))
        assert len(found) == 2 and len(set(found)) == 1

    def test_not_where_other_elements_are_still_read(self):
        z = T.dot(m, m)
        found = places(check([m], [T.dot(T.exp(z + z.T), m)], RANDOM.normal(size=(4, 4))))
        assert len(set(found)) == 2

    def test_not_over_what_is_read_later(self):
        z = T.dot(m, m)
        e = T.exp(z)
        check([m], [T.dot(e, z) + T.dot(z, e)], RANDOM.normal(size=(4, 4)))

    def test_sizes_that_a_guard_makes_equal(self):
        """The sum is written over the product, whose rows are those of another shape."""
        w, b = T.dmatrix("w"), T.dvector("b")
        rows = T.dot(x.reshape((-1, 3)), w).reshape((m.shape[0], 4)) + b
        f = theano.function([x, w, b, m], T.dot(rows, rows.T))
        assert len(set(places(f))) == 1
        values, weights, bias = np.arange(18.0), np.arange(6.0).reshape(3, 2), np.arange(4.0)
        wanted = (values.reshape(6, 3) @ weights).reshape(3, 4) + bias
        np.testing.assert_allclose(f(values, weights, bias, np.ones((3, 1))), wanted @ wanted.T)
        with pytest.raises(theano.errors.TheanoError):
            f(values, weights, bias, np.ones((2, 1)))

    def test_only_where_sizes_are_equal(self):
        a, b = T.dot(m, m.T), T.dot(m.T, m)
        found = places(check([m], [T.dot(a, m), T.dot(m, b)], RANDOM.normal(size=(3, 5))))
        assert len(set(found)) == len(found) == 2


class TestLoops:
    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("count", range(4))
    def test_what_a_loop_leaves_stays_through_the_next(self, count, mode):
        """State and next state change places in each round: whichever holds the result, it must not be lent out."""
        h = T.tanh(T.exp(x))
        first = repeat(lambda step, s: [s * 0.5 + h[::-1]], n, [x])[0]
        second = repeat(lambda step, s: [T.tanh(s + first)], n, [T.erf(T.exp(x) + x)])[0]
        chosen = branch(flag, [h[::-1] + 1], [x])[0]
        outputs = [T.dot(T.outer(first, second), chosen), first, second]
        f = theano.function([x, n, flag], outputs, mode=mode)
        values = {x: RANDOM.normal(size=40), n: np.int64(count), flag: np.int64(1)}
        for found, expected in zip(f(*values.values()), evaluate(outputs, values)):
            np.testing.assert_allclose(found, expected, rtol=1e-9)

    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("count", range(4))
    def test_a_rearranged_result(self, count, mode):
        """The result has another name than the state whose storage it is."""
        last = repeat(lambda step, s, t: [s * 0.5 + m, t + s * 0.25], n, [m, m])[1]
        f = theano.function([m, n], last.T.flatten(), mode=mode)
        value = RANDOM.normal(size=(3, 4))
        np.testing.assert_allclose(f(value, count), evaluate(last.T.flatten(), {m: value, n: np.int64(count)}))

    @pytest.mark.parametrize("mode", MODES)
    def test_a_loop_in_a_loop(self, mode):
        """In the second round outside, the storages inside may have been swapped already."""

        def outer(step, s):
            inner = repeat(lambda k, t: [T.tanh(t + s)], n, [T.exp(-s)])[0]
            return [inner[::-1] + T.exp(-T.sqr(s))]

        result = repeat(outer, n, [x])[0]
        f = theano.function([x, n], result, mode=mode)
        value = RANDOM.normal(size=50)
        for count in range(5):
            np.testing.assert_allclose(f(value, count), evaluate(result, {x: value, n: np.int64(count)}), rtol=1e-9)

    def test_a_shared_variable_read_inside_is_not_overwritten_before(self):
        s = theano.shared(np.arange(50.0))
        last = repeat(lambda step, t: [T.tanh(t + s)], n, [x])[0]
        f = theano.function([x, n], last, updates=[(s, s * 2)], mode="REFERENCE")
        for _ in range(2):
            expected = evaluate(last, {x: np.zeros(50), n: np.int64(3), s: s.get_value()})
            np.testing.assert_allclose(f(np.zeros(50), 3), expected)
        assert any(isinstance(step, LoopRegion) for step in steps(f))


@pytest.mark.parametrize("mode", MODES)
def test_a_shared_number_is_kept_until_the_last_size_that_it_tells(mode):
    number = theano.shared(np.int64(3))
    following = number * 7 % 11 + number * number * number - number * 2 + 1
    outputs = [following * 2.5, T.exp(x).sum() * m[:number].shape[0]]
    f = theano.function([x, m], outputs, updates=[(number, following)], mode=mode)
    for start in (2, 5):
        number.set_value(start)
        expected = evaluate(outputs, {x: np.zeros(2), m: np.ones((9, 1)), number: np.int64(start)})
        np.testing.assert_allclose(f(np.zeros(2), np.ones((9, 1))), expected)
        assert number.get_value() == expected[0] / 2.5


class TestLateSizes:
    def test_a_guard_about_what_nobody_computes_is_dropped(self):
        """Only the size of the result is wanted, and that is known."""
        count = T.gt(x, 0).sum()
        position = T.argmax(T.zeros((count,)))
        assert compiled([x], position.dimshuffle("x").shape[0])(np.ones(3)) == 1

    def test_kernels_of_known_sizes_do_not_wait(self):
        count = T.gt(x, 0).sum()
        f = check([x, y], [T.arange(count), T.exp(y)], np.array([1.0, -1.0, 2.0]), np.ones(4))
        assert any(isinstance(step, KernelStep) for step in frame(f).steps)
        assert sum(isinstance(step, Frame) for step in frame(f).steps) == 1

    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("kind", ["a number", "a sum", "an earlier reader", "a product", "a write", "a row"])
    def test_nothing_is_read_before_it_is_known_to_be_there(self, kind, mode):
        """Of ``x`` a part of a size that only the program finds: what another size stands for waits, too, for the guard that they agree."""
        part = T.exp(x)[: T.cast(y[0] * 2, "int64")]
        rows = x[: T.cast(y[0] * 2, "int64")]
        found = {
            "a number": lambda: [part[5], rows[5]],
            "a sum": lambda: [part + y, rows + y],
            "an earlier reader": lambda: (lambda e: [e * 3, e + y])(T.exp(rows)),
            "a product": lambda: [T.dot(rows, y)],
            "a write": lambda: [T.set_subtensor(x[: T.cast(y[0] * 2, "int64")], y)],
            "a row": lambda: [theano.scan(lambda a, b, c: a * b + c, [rows, y], y[0], n_steps=y.shape[0])[0]],
        }[kind]()
        f = theano.function([x, y], found, mode=mode, on_unused_input="ignore")
        few, many = np.ones(1), np.ones(400)
        with pytest.raises((theano.errors.ShapeError, theano.errors.BoundsError)):
            f(few, many)
        with pytest.raises((theano.errors.ShapeError, theano.errors.BoundsError)):
            f(many[:5], many)
        y_values = np.full(6, 3.0)
        for got, wanted in zip(f(np.arange(9.0), y_values), theano.function([x, y], found, mode="FAST_COMPILE")(np.arange(9.0), y_values)):
            np.testing.assert_allclose(got, wanted)

    @pytest.mark.parametrize("mode", MODES)
    def test_rows_of_a_loop_that_stops_early(self, mode):
        rows = theano.scan(lambda s: (s * 2, theano.scan_module.until(s > 4)), None, x[0], n_steps=n)[0]
        f = theano.function([x, n], [T.exp(rows) * 2, rows + x], mode=mode)
        with pytest.raises(theano.errors.ShapeError):
            f(np.ones(500), 10)
        assert f(np.ones(4), 10)[1].tolist() == [3, 5, 9, 17]
