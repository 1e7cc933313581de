"""The kernels of a small step are one kernel: the results are those of the kernels one after another."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import plan
from theano.loops.ir import KernelStep, LoopRegion, walk_steps
from theano.loops.merge import MOST_STEPS

LENGTHS = [0, 1, 2, MOST_STEPS, MOST_STEPS + 1, 2 * MOST_STEPS + 3]
SIZE = 6
x, w, v = T.dmatrix("x"), T.dmatrix("w"), T.dvector("v")
fixed = T.zeros(SIZE)  # of a size that is known


def gates(row, h, c):
    z = T.tanh(row + T.dot(h, w))
    c = c * z[::-1] + z
    return [T.tanh(c) * z, c]


STEPS = {
    "history": (lambda row, h: T.tanh(row + T.dot(h, w)), [v]),
    "known size": (lambda row, h: T.tanh(row + T.dot(w, h)), [fixed]),
    "two products": (lambda row, h: T.tanh(T.dot(T.tanh(T.dot(h, w) + row), w.T)), [v]),
    "states": (gates, [v, 0.5 * v]),
    "states that change places": (lambda row, a, b: [b + row, a + 0.1 * T.dot(w, b)], [v, 2 * v]),
    "taps": (lambda row, a, b: T.tanh(T.dot(a, w) - b + row), [dict(initial=T.stack([v, v * 2, v - 1]), taps=[-1, -3])]),
    "sums": (lambda row, h: T.tanh(h - h.mean() + row * T.dot(h, h)), [fixed]),
    "a matrix": (lambda row, h: T.tanh(row + T.dot(h, w)), [T.outer(v[:2], v)]),
    "complex": (lambda row, h: (h * T.dot(h.real, row) + 1j * row) / (1 + abs(h).sum()), [(fixed + 1j).astype("complex128")]),
    "record and last": (lambda row, a, b: [T.tanh(a + T.dot(b, w)), b * 0.5 + a], [v, v]),
}


def built(name, mode=None, gradient=False, **options):
    step, initial = STEPS[name]
    found, _ = theano.scan(step, sequences=x, outputs_info=initial, return_list=True, **options)
    found = [found[0], *(rows[-1] for rows in found[1:])]
    if gradient:
        cost = sum(T.sin(abs(out) ** 2).sum() for out in found)
        found += theano.grad(cost, [x, w, v], disconnected_inputs="ignore")
    return theano.function([x, w, v], found, mode=mode, on_unused_input="ignore")


def kernels(f):
    """How many kernels each loop has to call in a step, whatever the sizes."""
    regions = [s for s in walk_steps(f.maker.compilation.program.frame) if isinstance(s, LoopRegion)]
    return [sum(isinstance(s, KernelStep) and not (s.when and s.when.opposite) for s in region.body.steps) for region in regions]


def point(length, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(length, SIZE)), rng.normal(size=(SIZE, SIZE)) / 3, rng.normal(size=SIZE)


@pytest.fixture
def apart(monkeypatch, tmp_path):
    """Nothing is merged meanwhile, nor taken from what has been compiled before."""
    monkeypatch.setattr(plan, "merge_steps", lambda region, extents: region)
    with theano.config.change_flags(base_compiledir=str(tmp_path)):
        yield


@pytest.mark.parametrize("name", STEPS)
def test_values(name, request):
    merged = built(name)
    assert kernels(merged) == [1]
    request.getfixturevalue("apart")
    steps = built(name)
    assert kernels(steps) != [1] or name == "complex"
    for length in LENGTHS:
        if length == 0 and len(STEPS[name][1]) > 1:
            continue  # there is no last row
        for a, b in zip(merged(*point(length)), steps(*point(length)), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["history", "states", "states that change places", "taps", "a matrix"])
def test_gradients_backwards(name, request):
    merged = built(name, gradient=True, go_backwards=True)
    interpreted = built(name, gradient=True, go_backwards=True, mode="REFERENCE")
    request.getfixturevalue("apart")
    steps = built(name, gradient=True, go_backwards=True)
    for length in (1, 5, MOST_STEPS + 2):
        values = merged(*point(length, 1))
        for a, b in zip(values, steps(*point(length, 1)), strict=True):
            np.testing.assert_array_equal(a, b)
        for a, b in zip(values, interpreted(*point(length, 1)) if length < 9 else values, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_large_steps_stay_as_they_are():
    rows, _ = theano.scan(lambda row, h: T.tanh(row + h.mean() + T.dot(h, h)), sequences=x, outputs_info=T.zeros(200_000))
    f = theano.function([x], rows)
    assert kernels(f) != [1]


def test_loops_in_loops():
    def outer(row, h):
        inner, _ = theano.scan(lambda g: T.tanh(T.dot(g, w) + row), outputs_info=h, n_steps=3)
        return inner[-1] * 0.5

    rows, _ = theano.scan(outer, sequences=x, outputs_info=v)
    f = theano.function([x, w, v], rows)
    sequence, matrix, state = point(MOST_STEPS + 5)
    expected = []
    for row in sequence:
        for _ in range(3):
            state = np.tanh(state @ matrix + row)
        state = state * 0.5
        expected.append(state)
    np.testing.assert_allclose(f(sequence, matrix, point(MOST_STEPS + 5)[2]), expected, rtol=1e-9, atol=1e-12)
