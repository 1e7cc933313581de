"""Products leave loops, before or after them: the results are the same."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.mode import FAST_RUN
from theano.scanning import Scan
from theano.tensor.blas import Blas
from theano.tensor.products import Dot

w, u, v = T.dmatrices("w", "u", "v")
PLAIN = FAST_RUN.excluding("multiply_before_loop", "multiply_after_loop")


def products(f):
    """How many products there are in a step of each loop."""
    loops = [node.op.graph for node in f.maker.compilation.optimized.toposort() if isinstance(node.op, Scan)]
    return [sum(isinstance(node.op, (Dot, Blas)) for node in graph.apply_nodes) for graph in loops]


def rnn(x, h, w, u, v):
    h = T.tanh(T.dot(x, u) + T.dot(h, w))
    return [h, T.dot(h, v)]


def mixed(x, h, w, u, v):
    deep = T.dot(T.tanh(T.dot(x * 2, u)), w)
    return [T.tanh(deep + h), T.dot(v.T, h.T).T + 1]


def of_state(x, h, w, u, v):
    new = T.tanh(T.dot(h, w) + T.dot(x, u))
    return [new, T.dot(T.dot(new, w), v)]


@pytest.mark.parametrize("step", [rnn, mixed, of_state])
@pytest.mark.parametrize(("rank", "options"), [(1, {"go_backwards": True}), (2, {}), (1, {"truncate_gradient": 2})])
def test_same_values_and_gradients(rank, options, step):
    x, h = T.TensorType("float64", (False,) * (rank + 1))(), T.TensorType("float64", (False,) * rank)()
    (states, records), _ = theano.scan(step, sequences=x, outputs_info=[h, None], non_sequences=[w, u, v], **options)
    outputs = [states, records, *theano.grad((records**2).sum() + T.sin(states).sum(), [x, h, w, u, v])]
    f, plain = (theano.function([x, h, w, u, v], outputs, mode=mode) for mode in (FAST_RUN, PLAIN))
    assert all(now < before for now, before in zip(products(f), products(plain), strict=True))
    assert step is not rnn or products(f) == [1, 1]
    rng = np.random.default_rng(rank)
    for steps in (0, 1, 5):
        row = (3,) * (rank - 1)
        shapes = (steps, *row, 4), (*row, 6), (6, 6), (4, 6), (6, 2)
        values = [rng.normal(size=shape) / 2 for shape in shapes]
        for found, expected in zip(f(*values), plain(*values), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_what_stays():
    """Loops that may end early, what the number of the step or another loop decides, and products that only the next step needs."""
    x, h = T.dmatrix(), T.dvector()
    early, _ = theano.scan(lambda x, h: (T.tanh(T.dot(x, u) + h), theano.scan_module.until(h.sum() > 1)), sequences=x, outputs_info=h)
    numbered, _ = theano.scan(lambda k, x, h: h + T.dot(x * k, u), sequences=[T.arange(x.shape[0]), x], outputs_info=h)

    def nested(x, h):
        rows, _ = theano.scan(lambda g: T.tanh(g + T.dot(x, u)), outputs_info=h, n_steps=2)
        return rows[-1]

    outer, _ = theano.scan(nested, sequences=x, outputs_info=h)
    squares, _ = theano.scan(lambda h: T.tanh(T.dot(h, w)), outputs_info=h, n_steps=4)
    f = theano.function([x, h, w, u], [early, numbered, outer, squares], on_unused_input="ignore")
    plain = theano.function([x, h, w, u], [early, numbered, outer, squares], mode=PLAIN, on_unused_input="ignore")
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) / 3 for shape in ((5, 4), 6, (6, 6), (4, 6))]
    values[1] = values[1].reshape(-1)
    for found, expected in zip(f(*values), plain(*values), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert sum(products(f)) == sum(products(plain)) - 1
