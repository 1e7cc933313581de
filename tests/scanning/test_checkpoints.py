"""A loop in blocks gives what the loop gives: values, gradients, second gradients; and keeps no more than the states between blocks."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.scanning.random_steps import WIDTH, compare, scanned, w, x
from theano.loops.ir import Frame, LoopRegion
from theano.scan_module import until
from theano.scanning import Scan
from theano.scanning.checkpoints import in_blocks


def check(seed):
    """As it is, and in blocks."""

    def ways(random, parts, backwards):
        checkpoint = ["sqrt", 1, 2, 3, 9][random.integers(5)]
        return scanned(parts, backwards), scanned(parts, backwards, checkpoint=checkpoint)

    compare(seed, ways, gradients_forwards=True)


@pytest.mark.parametrize("seed", range(1))
def test_any_step(seed):
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_any_step_at_length(seed):
    check(seed)


s = T.dvector("s")


def states_of(checkpoint, x=x, **options):
    def step(row, state, w):
        return T.tanh(T.dot(w, state) + row)

    return theano.scan(step, x, s, w, checkpoint=checkpoint, **options)[0]


def values(rows):
    random = np.random.default_rng(rows)
    return [random.normal(size=size) for size in ((rows, WIDTH), (WIDTH, WIDTH), (WIDTH,))]


def test_any_number_of_steps():
    """What the steps hand on, forwards and backwards, is equal to the bit; sums over steps are in another order."""
    both = []
    for checkpoint in (None, "sqrt", 4):
        states = states_of(checkpoint)
        cost = T.cos(states).sum() + (states[-1] ** 3).sum()
        both.append(theano.function([x, w, s], [states, cost, *T.grad(cost, [x, s, w])]))
    for rows in (1, 2, 3, 4, 5, 8, 9, 16, 23):
        expected, *found = (f(*values(rows)) for f in both)
        for one in found:
            for k in range(4):
                np.testing.assert_array_equal(one[k], expected[k])
            np.testing.assert_allclose(one[4], expected[4], rtol=1e-13)


@pytest.mark.parametrize("length", [0, 3, 9])
def test_truncated(length):
    asked = []
    for checkpoint in (None, 2):
        states = states_of(checkpoint, truncate_gradient=length)
        asked += T.grad(T.cos(states).sum(), [x, w, s])
    found = theano.function([x, w, s], asked)(*values(7))
    for ours, expected in zip(found[3:], found[:3]):
        np.testing.assert_allclose(ours, expected, rtol=1e-13, atol=1e-15)


def test_until():
    def step(row, state, w):
        after = T.tanh(T.dot(w, state) + row)
        return after, until(after[0] > 0.9)

    asked = []
    for checkpoint in (None, "sqrt"):
        states, _ = theano.scan(step, x, s, w, checkpoint=checkpoint)
        asked += [states, *T.grad((states[-1] ** 2).sum() + T.sin(states).sum(), [x, w, s])]
    f = theano.function([x, w, s], asked)
    lengths = set()
    for rows in range(1, 12):
        found = f(*values(rows))
        lengths.add((rows, len(found[0])))
        for ours, expected in zip(found[4:], found[:4]):
            np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)
    assert any(done < rows for rows, done in lengths)


def test_a_loop_in_a_loop():
    """Both in blocks."""

    def outer(row, state, checkpoint):
        def inner(element, state):
            return T.tanh(state * w[0] + element)

        return state * 0.5 + theano.scan(inner, row, state, checkpoint=checkpoint)[0][-1]

    asked = []
    for checkpoint in (None, 2):
        states, _ = theano.scan(lambda row, state, c=checkpoint: outer(row, state, c), x, s, checkpoint=checkpoint)
        cost = T.cos(states[-1]).sum()
        gradients = T.grad(cost, [x, w, s])
        asked += [cost, *gradients, *T.grad(sum((g**2).sum() for g in gradients), [x, w, s])]
    found = theano.function([x, w, s], asked)(*values(5))
    for ours, expected in zip(found[7:], found[:7]):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)


def test_without_gradient_it_is_the_loop():
    f = theano.function([x, w, s], states_of("sqrt")[-1])
    scans = [node.op for node in f.maker.fgraph.apply_nodes if isinstance(node.op, Scan)]
    assert len(scans) == 1
    assert not any(isinstance(node.op, Scan) for node in scans[0].graph.apply_nodes)


def scratch(frame):
    """The bytes that a frame and those in it take."""
    bytes_ = 0 if frame.arena is None else int(frame.arena.data)
    for step in frame.steps:
        inner = [step] if isinstance(step, Frame) else [step.body] if isinstance(step, LoopRegion) else []
        bytes_ += sum(map(scratch, inner))
    return bytes_


def recurrence(checkpoint):
    a, b = T.dscalars("a", "b")
    states, _ = theano.scan(lambda state, a: T.tanh(a * state + T.exp(state)), None, b, a, 10_000, checkpoint=checkpoint)
    return theano.function([a, b], T.grad(states[-1] ** 2, [a, b]))


def lstm(checkpoint, batch=4, width=32):
    given = T.ftensor3("x"), T.fmatrix("wx"), T.fmatrix("wh")
    sizes = (10_000, batch, width), (width, 4 * width), (width, 4 * width)
    x, wx, wh = (T.specify_shape(v, size) for v, size in zip(given, sizes))

    def step(row, h, c, wx, wh):
        z = T.dot(row, wx) + T.dot(h, wh)
        i, f, o = (T.nnet.sigmoid(z[:, k * width : (k + 1) * width]) for k in range(3))
        c = f * c + i * T.tanh(z[:, 3 * width :])
        return o * T.tanh(c), c

    zero = T.zeros((batch, width), dtype="float32")
    (states, _), _ = theano.scan(step, x, [zero, zero], [wx, wh], checkpoint=checkpoint)
    return theano.function(given, T.grad((states[-1] ** 2).mean(), [wx, wh]))


@pytest.mark.parametrize("network", [recurrence, lstm])
def test_what_is_kept(network):
    """Of 10,000 steps and a cost of the last state."""
    plain, blocks = (scratch(network(checkpoint).maker.compilation.program.frame) for checkpoint in (None, "sqrt"))
    assert plain > 10_000 * 8 and blocks < 0.03 * plain


@pytest.mark.parametrize("steps", range(40))
def test_division(steps):
    for checkpoint in ("sqrt", 1, 3, 7):
        blocks = in_blocks(checkpoint, T.constant(steps))
        assert blocks.count * blocks.length == blocks.cut and blocks.cut + blocks.rest == steps and 0 <= blocks.rest < blocks.length
        if checkpoint == "sqrt":
            assert blocks.length + blocks.count <= 2 * np.sqrt(steps) + 1


@pytest.mark.parametrize("wrong", [0, -1, True, "log", 2.5])
def test_what_is_no_length(wrong):
    with pytest.raises(ValueError, match="checkpoint must be a number of steps, 'sqrt' or None"):
        states_of(wrong)


def gradient_in_blocks():
    return T.grad((states_of("sqrt") ** 2).sum(), [x, w, s])


def test_other_ways_to_run():
    """By Python, in debug mode, from a pickle, with test values, for many rows at once."""
    given = values(7)
    expected = theano.function([x, w, s], T.grad((states_of(None) ** 2).sum(), [x, w, s]))(*given)

    def check(found):
        for ours, one in zip(found, expected):
            np.testing.assert_allclose(ours, one, rtol=1e-12, atol=1e-15)

    for mode in ("FAST_COMPILE", "REFERENCE", "DebugMode", theano.Mode("py", None)):
        check(theano.function([x, w, s], gradient_in_blocks(), mode=mode)(*given))
    check(pickle.loads(pickle.dumps(theano.function([x, w, s], gradient_in_blocks())))(*given))
    rows = T.dtensor3("rows")
    every = theano.vectorize(gradient_in_blocks(), {x: rows})
    by_x, by_w, by_s = theano.function([rows, w, s], every)([given[0], given[0] + 1], *given[1:])
    check([by_x[0], by_w[0], by_s[0]])


def test_test_values():
    with theano.config.change_flags(compute_test_value="raise"):
        for variable, value in zip((x, w, s), values(7)):
            variable.tag.test_value = value
        try:
            gradients = gradient_in_blocks()
            second = T.grad((gradients[0] ** 2).sum(), w)
            tested = [v.tag.test_value for v in (*gradients, second)]
        finally:
            for variable in (x, w, s):
                del variable.tag.test_value
    for one, other in zip(tested, theano.function([x, w, s], [*gradients, second])(*values(7))):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_second_order_where_one_invariant_is_made_of_another():
    """The gradient of the one is not that of the other, too."""
    m, h = T.dmatrix("m"), T.dvector("h")

    def second(checkpoint):
        states, _ = theano.scan(lambda h: T.dot(m, h) + T.dot(m.T, h), outputs_info=h, n_steps=3, checkpoint=checkpoint)
        return T.grad((T.grad(states.sum(), m) * T.sin(m)).sum(), m)

    values = theano.function([m, h], [second(None), second(1), second(2)])(np.arange(9.0).reshape(3, 3) / 9 - 0.4, np.array([1.0, -2, 0.5]))
    for found in values[1:]:
        np.testing.assert_allclose(found, values[0], rtol=1e-9)
