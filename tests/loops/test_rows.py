"""Rows that a loop records are written where, and in the order in which, they are read: nothing is copied."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops.ir import KernelStep, LoopRegion, walk_steps
from theano.scan_module import until

x, h, w = T.dmatrix("x"), T.dvector("h"), T.dmatrix("w")
MODES = ["FAST_RUN", "REFERENCE"]


def kernels(f):
    """How many kernels there are in the step, and how many after the loop."""
    steps = f.maker.compilation.program.frame.steps
    place, loop = next((k, step) for k, step in enumerate(steps) if isinstance(step, LoopRegion))
    parts = walk_steps(loop.body), steps[place + 1 :]
    return tuple(sum(isinstance(s, KernelStep) and (s.when is None or s.when.opposite) for s in part) for part in parts)


def recorded(x, h):
    return [T.tanh(x + h.sum()), T.exp(x * h[0])]


READERS = {
    "backwards": (lambda rows: [rows[::-1]], 0),
    "backwards, and its size": (lambda rows: [rows[::-1] * rows.shape[0]], 1),
    "backwards, by a library": (lambda rows: [T.dot(rows[::-1].T, rows[::-1])], 0),
    "both ways": (lambda rows: [rows[::-1], rows], 1),
    "a part": (lambda rows: [rows[1::-1]], 1),
    "by columns": (lambda rows: [rows[:, ::-1]], 1),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", READERS)
def test_backwards(name, mode):
    read, after = READERS[name]
    (_, rows), _ = theano.scan(recorded, sequences=x, outputs_info=[h, None])
    f = theano.function([x, h], read(rows), mode=mode)
    assert kernels(f)[1] == after
    for steps in (0, 1, 2, 5):
        values = np.random.default_rng(steps).normal(size=(steps, 3))
        state, expected = np.array([0.5, -1, 2]), np.empty_like(values)
        for k, row in enumerate(values):
            expected[k], state = np.exp(row * state[0]), np.tanh(row + state.sum())
        wanted = T.dmatrix()
        for found, value in zip(f(values, [0.5, -1, 2]), theano.function([wanted], read(wanted))(expected), strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_backwards_until(mode):
    (_, rows), _ = theano.scan(lambda x, h: (recorded(x, h), until(h.sum() > 1)), sequences=x, outputs_info=[h, None])
    f, plain = theano.function([x, h], rows[::-1], mode=mode), theano.function([x, h], rows)
    values = np.random.default_rng(0).normal(size=(9, 3)) + 0.5
    np.testing.assert_allclose(f(values, [0.1, -1, 0.2]), plain(values, [0.1, -1, 0.2])[::-1], rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("rank", "product"), [(1, T.dot), (1, lambda a, b: T.dot(b.T, a)), (2, T.dot), (2, lambda a, b: 2 * T.dot(a, b) + a[:, : b.shape[1]])]
)
def test_a_product_reads_a_row_where_it_is_recorded(rank, product, mode):
    begin = T.TensorType("float64", (False,) * rank)()

    def step(h):
        parts = T.concatenate([T.tanh(h), h * 0.5, T.exp(-h)], axis=rank - 1)
        return [product(parts, w), parts]

    (states, rows), _ = theano.scan(step, outputs_info=[begin, None], n_steps=4)
    f, plain = (theano.function([begin, w], outputs, mode=mode) for outputs in ([states, rows], [states]))
    assert kernels(f)[0] == kernels(plain)[0]
    for size in (1, 5, 60):
        rng = np.random.default_rng(size)
        state, matrix = rng.uniform(-1, 1, (7, size)[2 - rank :]), rng.normal(size=(3 * size, size)) / 3 / size
        one = theano.function([begin, w], step(begin))
        for new, row in zip(*f(state, matrix), strict=True):
            state, expected = one(state, matrix)
            np.testing.assert_allclose(new, state, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(row, expected, rtol=1e-11, atol=1e-13)
