"""Random steps scanned with random taps are the unrolled graph: in value, in gradient, in second gradient, and forwards."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.scanning.random_steps import ROWS, compare, initial, scanned, w, x
from theano.gradient import verify_grad
from theano.scan_module import until


def unrolled(parts, backwards):
    step, x_taps, taps = parts
    steps = list(range(max(0, -x_taps[0]), ROWS - max(0, x_taps[-1])))
    states, records = [[initial[k] for k in range(-t[0])] for t in taps], []
    for t in reversed(steps) if backwards else steps:
        rows = [x[t + tap] for tap in x_taps] + [states[k][tap] for k in range(2) for tap in taps[k]]
        *following, record = step(*rows, w)
        records.append(record)
        for history, row in zip(states, following):
            history.append(row)
    return [T.stack(history[-t[0] :]) for history, t in zip(states, taps)] + [T.stack(records)]


def check(seed):
    compare(seed, lambda random, parts, backwards: (unrolled(parts, backwards), scanned(parts, backwards)))


@pytest.mark.parametrize("seed", range(1))
def test_against_the_unrolled_graph(seed):
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 400))
def test_against_the_unrolled_graph_at_length(seed):
    check(seed)


def recurrent(x, w, s, **options):
    return theano.scan(lambda r, h, w: T.tanh(T.dot(w, h) + r), x, s, w, **options)[0]


X, W, S = (np.random.default_rng(3).normal(size=size) for size in ((5, 3), (3, 3), (3,)))
s, s0 = T.dvector("s"), T.dscalar("s0")


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "REFERENCE"])
def test_by_differences_in_other_modes(mode):
    verify_grad(lambda x, w, s: recurrent(x, w, s).sum(), [X, W, S], rng=np.random.RandomState(0), mode=mode)


@pytest.mark.parametrize("length", [0, 1, 2, 5, 9, -1])
def test_truncated(length):
    """The gradient of the last state goes back ``length`` steps."""
    cost = (recurrent(x, w, s, truncate_gradient=length)[-1] ** 2).sum()
    state, kept = s, len(X) if length < 0 else length
    for t in range(len(X)):
        if t == len(X) - kept:
            state = theano.gradient.disconnected_grad(state)
        state = T.tanh(T.dot(w if t >= len(X) - kept else theano.gradient.disconnected_grad(w), state) + x[t])
    expected = T.grad((state**2).sum(), [x, w, s], disconnected_inputs="ignore")
    values = theano.function([x, w, s], [*T.grad(cost, [x, w, s]), *expected])(X, W, S)
    rows = values[3].copy()
    if length >= 0:
        rows[: max(0, len(X) - length)] = 0
        np.testing.assert_allclose(values[2], values[5] if length > len(X) else np.zeros(3) if length < len(X) else values[2])
    np.testing.assert_allclose(values[0], rows)
    np.testing.assert_allclose(values[1], values[4])


@pytest.mark.parametrize("length", [1, 2, 3, 5])
@pytest.mark.parametrize("checkpoint", [None, 1])
def test_truncated_twice(length, checkpoint):
    """To the gradient of a truncated gradient, too, is constant what was there before: initial rows that steps read later among it."""
    stop = theano.gradient.disconnected_grad

    def gradients(last):
        first = T.grad((last**2).sum(), [x, w, initial], disconnected_inputs="ignore")
        return [*first, *T.grad(sum(T.sin(g).sum() for g in first), [x, w, initial], disconnected_inputs="ignore")]

    rows = [initial[k] for k in range(3)]
    for t in range(5):
        if t == 5 - length and t:
            rows = [stop(row) for row in rows]
        rows.append(T.tanh(T.dot(w, rows[-3]) * rows[-1] + x[t]))
    infos, options = dict(initial=initial, taps=[-3, -1]), {"truncate_gradient": length, "checkpoint": checkpoint}
    states, _ = theano.scan(lambda r, a, b, w: T.tanh(T.dot(w, a) * b + r), x, infos, w, **options)
    found = theano.function([x, w, initial], [*gradients(states[-1]), *gradients(rows[-1])])(X, W, W[::-1])
    for k, (ours, expected) in enumerate(zip(found[:6], found[6:])):
        expected = expected * (np.arange(5) >= 5 - length)[:, None] if k % 3 == 0 else expected
        np.testing.assert_allclose(ours, expected, atol=1e-12)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "REFERENCE"])
def test_scratch_that_lies_where_a_kernel_before_has_written(mode):
    """Of the small kernels of a step, which become one, the last reads what the first one made, over which it writes something else."""

    def step(r, h, b, w):
        new = T.tanh(b + T.tanh(T.dot(w, h) + b))
        return T.outer(r, h)[:, 1], new, new

    v = T.dvector("v")
    states, _ = theano.scan(step, x, [s, s0, None], v)
    wrt = [s, v]

    def both(rows):
        first = T.grad((T.cos(rows) * 5).sum(), wrt)
        return T.grad(sum((g * T.sin(u + 1)).sum() for g, u in zip(first, wrt)), wrt)

    found = theano.function([x, s, s0, v], [*both(states[2]), *both(step(x[0], s, s0, v)[2])], mode=mode)(X[:1], S, 0.3, W[0])
    np.testing.assert_allclose(found[0], found[2])
    np.testing.assert_allclose(found[1], found[3])


def test_no_step():
    gradients = theano.function([x, w, s], T.grad(recurrent(x, w, s).sum() + s.sum(), [x, w, s]))(X[:0], W, S)
    assert gradients[0].shape == (0, 3) and not gradients[1].any()
    np.testing.assert_allclose(gradients[2], np.ones(3))


def test_disconnected():
    i = T.lvector("i")
    found, _ = theano.scan(lambda k, h: h * x[k, 0], i, s[0])
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(found.sum(), i)
    counts, _ = theano.scan(lambda r: T.argmax(r), x)
    assert not theano.function([x], T.grad((counts * 2.0).sum(), x))(X).any()
    stopped, _ = theano.scan(lambda r, h: theano.gradient.disconnected_grad(h) + r, x, s)
    np.testing.assert_allclose(T.grad(stopped[-1].sum(), x).eval({x: X, s: S}), np.eye(5)[-1][:, None] * np.ones(3))
    assert not T.grad(stopped[-1].sum(), s).eval({x: X, s: S}).any()


def test_known_gradients():
    states = recurrent(x, w, s)
    (whole,) = T.grad(None, [s], known_grads={states: T.ones_like(states) * 2})
    np.testing.assert_allclose(*theano.function([x, w, s], [whole, 2 * T.grad(states.sum(), s)])(X, W, S))


def test_null_gradient():
    found, _ = theano.scan(lambda r, h: theano.gradient.undefined_grad(h) + r, x, s)
    with pytest.raises(theano.gradient.NullTypeGradError):
        T.grad(found.sum(), s)


def test_integers_are_connected_where_their_values_count():
    i = T.lvector("i")
    found, _ = theano.scan(lambda k, s: s + k * 2.0, i, s[0])
    np.testing.assert_allclose(T.grad(found[-1], i).eval({i: [1, 2]}), [2, 2])


def test_complex_states():
    z, c = T.zvector("z"), T.zscalar("c")
    found, _ = theano.scan(lambda e, h: h * c + e, z, c)
    state = c
    for t in range(3):
        state = state * c + z[t]
    costs = [T.real(v * T.conj(v)) for v in (found[-1], state)]
    asked = [g for cost in costs for g in T.grad(cost, [z, c])]
    a, b, d, e = theano.function([z, c], asked)(np.array([1, 2j, 1 - 1j]), 0.5 + 0.2j)
    np.testing.assert_allclose(a, d)
    np.testing.assert_allclose(b, e)


def test_forwards_through_until():
    a, v = T.dscalars("a", "v")
    found, _ = theano.scan(lambda h: (h * a, until(h * a > 10)), outputs_info=T.constant(1.0, dtype="float64"), n_steps=50)
    np.testing.assert_allclose(theano.function([a, v], theano.Rop(found, a, v))(2.0, 1.0), [1, 4, 12, 32])


def test_through_until_in_a_loop():
    """How many steps the inner loop does depends on what the outer one carries, so the sizes of its rows do."""

    def total(s):
        rows, _ = theano.scan(lambda r, h: (T.tanh(h + r), until(T.tanh(h + r) > 0)), x[:, 0], s)
        return T.tanh(s + rows.sum())

    gradient = T.grad(theano.scan(total, outputs_info=s0, n_steps=2)[0][-1], s0)
    written_out = T.grad(total(total(s0)), s0)
    for mode in ("FAST_COMPILE", "REFERENCE", "FAST_RUN"):
        f = theano.function([x, s0], [gradient, written_out], mode=mode)
        for start in (-3.0, -1.0, 0.0, 0.5):
            found, expected = f(X, start)
            np.testing.assert_allclose(found, expected)


def test_nested_to_second_order():
    def cost(x, a):
        rows, _ = theano.scan(lambda r: theano.scan(lambda e, h: T.tanh(h * 0.5 + e * a), r, T.constant(0.0, dtype="float64"))[0], x)
        return (rows**2).sum()

    def gradients(x, a):
        return sum((g**2).sum() for g in T.grad(cost(x, a), [x, a]))

    for function in (cost, gradients):
        verify_grad(function, [X, np.array(0.3)], rng=np.random.RandomState(0))
