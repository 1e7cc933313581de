"""A loop has a row for each step that it makes: to ask for one that is not there is an error, whatever else is asked for."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.telling import told
from theano.compile.mode import Mode
from theano.errors import BoundsError
from theano.ifelse import ifelse
from theano.scan_module import until

STEPWISE = Mode(linker="py", optimizer=None)
every_mode = pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "REFERENCE", "DebugMode", STEPWISE], ids=str)
n, k = T.lscalars("n", "k")
a, x = T.dscalar("a"), T.dvector("x")
A, X = 3.0, np.array([1.0, 2.0, 4.0])


def doubled(**options):
    return theano.scan(lambda s: s * 2, None, a, n_steps=n, **options)[0]


LOOPS = {  # rows, and what they are made of
    "a state": (doubled, a),
    "in blocks": (lambda: doubled(checkpoint="sqrt"), a),
    "in blocks of two": (lambda: doubled(checkpoint=2), a),
    "truncated": (lambda: doubled(truncate_gradient=2), a),
    "with until": (lambda: theano.scan(lambda s: (s * 2, until(s >= k)), None, a, n_steps=n)[0], a),
    "with taps": (lambda: theano.scan(lambda first, last: first + last, None, dict(initial=x, taps=[-3, -1]), n_steps=n)[0], x),
    "of rows": (lambda: theano.scan(lambda s: T.tanh(T.dot(s, np.eye(3))), None, x, n_steps=n)[0], x),
    "a record": (lambda: theano.scan(lambda i: i * a, T.arange(n))[0], a),
    "backwards": (lambda: theano.scan(lambda i, s: s + i, T.arange(n), a, go_backwards=True)[0], a),
}
loops = pytest.mark.parametrize("name", LOOPS)


def call(outputs, steps, mode, limit=1000):
    return theano.function([n, k, a, x], outputs, mode=mode, on_unused_input="ignore")(steps, limit, A, X)


@every_mode
@loops
def test_the_last_of_no_row(name, mode):
    """Alone, with all rows, with their number, its gradient, both."""
    made, source = LOOPS[name]
    rows = made()
    gradient = T.grad(rows[-1].sum(), source)
    for outputs in ([rows[-1]], [rows, rows[-1]], [rows.shape[0], rows[-1]], [gradient], [rows[-1], gradient]):
        with pytest.raises(BoundsError, match="index -1 is out of bounds"):
            call(outputs, 0, mode)
    alone, (all_rows, last) = call([rows[-1]], 4, mode), call([rows, rows[-1]], 4, mode)
    np.testing.assert_array_equal(alone[0], last)
    np.testing.assert_array_equal(last, all_rows[-1])


@every_mode
@loops
def test_rows_before_the_last(name, mode):
    made, source = LOOPS[name]
    rows = made()
    for outputs in ([rows[-3]], [rows, rows[-3]], [T.grad(rows[-3].sum(), source)], [rows[2]], [rows[k - 998]]):
        with pytest.raises(BoundsError, match="is out of bounds"):
            call(outputs, 2, mode)
    everything, *found = call([rows, rows[-3], rows[2], rows[k - 998]], 5, mode)
    for got, wanted in zip(found, everything[[-3, 2, 2]]):
        np.testing.assert_array_equal(got, wanted)


@every_mode
@loops
def test_slices_hold_what_is_there(name, mode):
    made, source = LOOPS[name]
    rows = made()
    last = [rows[-3:], rows[-1:], T.grad(rows[-3:].sum(), source)]
    for steps in (0, 2, 4):
        everything, three, one, _ = call([rows, *last], steps, mode)
        assert everything.shape[0] == steps
        np.testing.assert_array_equal(three, everything[-3:])
        np.testing.assert_array_equal(one, everything[-1:])
        for alone, together in zip(call(last, steps, mode), call([*last, rows], steps, mode)):
            np.testing.assert_array_equal(alone, together)


@every_mode
def test_a_loop_that_stops_early(mode):
    """Of what might have been ten steps there were two."""
    rows = LOOPS["with until"][0]()
    assert call(rows, 10, mode, limit=6).tolist() == [6.0, 12.0]
    assert call(rows[-2], 10, mode, limit=6) == 6.0
    for outputs in (rows[-3], T.grad(rows[-3], a)):
        with pytest.raises(BoundsError, match="index -3 is out of bounds"):
            call(outputs, 10, mode, limit=6)


@every_mode
def test_loops_in_loops(mode):
    """The inner loops make ``k - n`` steps, one more, and so on."""

    def step(number, state):
        return theano.scan(lambda s: s * 2, None, state, n_steps=number)[0][-1]

    last = theano.scan(step, T.arange(k - n, k), a)[0][-1]
    for outputs in (last, T.grad(last, a)):
        with pytest.raises(BoundsError) as caught:
            call(outputs, 3, mode, limit=3)
        assert "in step " in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
        with pytest.raises(BoundsError):
            call(outputs, 0, mode)
    assert call([last, T.grad(last, a)], 3, mode, limit=4) == [A * 2**6, 2**6]


@every_mode
def test_what_may_be_done_about_it(mode):
    rows = doubled()
    first = ifelse(T.gt(n, 0), rows[-1], a)
    joined = T.concatenate([a[None], rows])[-1]
    folded = theano.reduce(lambda e, s: s * 2, T.arange(n), a)[0]
    stopped = theano.reduce(lambda e, s: (s * 2, until(s >= k)), T.arange(n), a)[0]
    for steps, last, moved in ((0, A, 1), (1, 2 * A, 2), (3, 8 * A, 8)):
        for value in (first, joined, folded, stopped):
            assert call([value, T.grad(value, a)], steps, mode) == [last, moved]


@every_mode
def test_what_reads_the_last_row_moves_with_it(mode):
    last = doubled()[-1]
    along = T.Rop(last, a, a)
    with pytest.raises(BoundsError):
        call(along, 0, mode)
    assert call(along, 2, mode) == 4 * A


def test_a_literal_number_of_steps():
    last = theano.scan(lambda s: s * 2, None, a, n_steps=0)[0][-1]
    with pytest.raises(BoundsError, match="the loop has made no step"):
        theano.function([a], last)(A)


def test_an_update_of_no_step():
    """What the steps would have changed stays as it was."""
    count = theano.shared(7)
    rows, updates = theano.scan(lambda s: (s * 2, {count: count + 1}), None, a, n_steps=n)
    f = theano.function([n, a], rows, updates=updates)
    f(0, A)
    assert count.get_value() == 7
    f = theano.function([n, a], rows[-1], updates=updates)
    with pytest.raises(BoundsError):
        f(0, A)
    assert count.get_value() == 7


def test_gradients_of_many_rows():
    m = T.dvector("m")
    gradient = T.grad(doubled()[-1], a)
    f = theano.function([n, m], theano.vectorize(gradient, {a: m}))
    assert f(2, [1.0, 5.0]).tolist() == [4.0, 4.0]
    with pytest.raises(BoundsError):
        f(0, [1.0, 5.0])


@pytest.mark.parametrize("together", [False, True])
def test_what_is_said(together):
    rows = doubled()
    last = rows[-1]
    f = theano.function([n, a], [last, rows] if together else last)
    text, _ = told(BoundsError, lambda: f(0, A))
    assert text.startswith("index -1 is out of bounds: ") and "has made" in text
    assert "<return theano.scan(lambda s: s * 2, None, a, n_steps=n, **options)[0]>" in text
    assert "ifelse(n_steps > 0, rows[-1], initial), or T.concatenate([initial[None], rows])[-1]" in text
