"""All modes agree: fully rewritten machine code, machine code of the graph as written, and its interpretation."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import resized
from theano.compile.mode import Mode, get_mode
from theano.errors import BoundsError, ShapeError
from theano.scanning import branch, repeat

x, y, m = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
a, n, i, k = T.dscalar("a"), T.lscalar("n"), T.lvector("i"), T.lmatrix("k")
VALUES = {
    x: np.linspace(-2, 3, 7), y: np.linspace(0.5, 4, 7), m: np.arange(21.0).reshape(3, 7) / 5 - 2, a: 0.75, n: 3,
    i: np.array([2, 0, -1, 2]), k: np.arange(6).reshape(2, 3) - 2,
}  # fmt: skip


def momentum():
    weights, speed = theano.shared(np.ones((7, 2))), theano.shared(np.zeros((7, 2)))
    cost = T.nnet.softmax(T.dot(m, weights))[:, 0].sum()
    new = 0.9 * speed - 0.1 * T.grad(cost, weights)
    return [cost], [(speed, new), (weights, weights + new)]


PROGRAMS = {
    "elementwise": lambda: [T.exp(-(x**2)) * T.tanh(y) + a, T.log1p(T.exp(x)), x / (1 + abs(x))],
    "comparisons": lambda: [T.switch(x > y, x, y), T.eq(i, 2), (x > 0) & (y > 1), T.clip(x, -1, 1)],
    "integers": lambda: [k // 2, k % 3, k * 2 - n, -k, T.cast(k, "int8") + 100, k**2],
    "reductions": lambda: [m.sum(), m.mean(axis=0), m.max(axis=1), m.var(), T.argmax(m, axis=1), k.prod(axis=1), (x > 0).any()],
    "products": lambda: [T.dot(m, x), T.dot(m, m.T), T.dot(x, y), T.outer(x, y), a * T.dot(m.T, m) + x],
    "shapes": lambda: [m.T.reshape((3, -1)), m[::-1, ::2], m.dimshuffle(1, "x", 0), m.flatten(), T.concatenate([m, m], axis=1), m.shape],
    "indexing": lambda: [x[i], x[n], m[:, i], m[i[:2], i[1:3]], x[-1], x[1:n], T.arange(n) * 2],
    "writing": lambda: [T.set_subtensor(x[i], 1.5), T.inc_subtensor(x[i], y[:4]), T.inc_subtensor(m[1:, ::3], 1.0)],
    "losses": lambda: [
        T.nnet.categorical_crossentropy(T.nnet.softmax(m[:, :3]), T.arange(3)).mean(),
        T.nnet.sigmoid(x),
        T.nnet.softplus(x),
    ],
    "gradients": lambda: T.grad((T.tanh(T.dot(m, x * y)) ** 2).sum() + T.log(y).sum(), [x, y, m]),
    "updates": momentum,
    "views of views": lambda: [m.T[::2].T[:, ::-1] + 1, (m + 1).reshape((21,))[3:9].reshape((2, 3)).T],
    "sizes found late": lambda: [resized(x, n) * 2, T.arange(i.max() + n), resized(resized(x, n + 1), i.max()).sum()],
    "loops": lambda: repeat(lambda step, s, t: [t * 0.5 + s, s + x[step]], n, [x, y]),
    "branches": lambda: branch(T.gt(x.sum(), 0), [x * 2, y.sum()], [x[::-1], y[0]]),
    "narrow": lambda: [T.cast(x, "float32") * T.cast(y, "float32"), T.cast(x, "float16") + 1, T.cast(x * 100, "int8")],
}


def results(name, mode):
    """Outputs of two calls in a row, and the shared variables after them."""
    made = PROGRAMS[name]()
    outputs, updates = made if isinstance(made, tuple) else (list(made), [])
    inputs = [v for v in VALUES if v in theano.graph.ancestors([*outputs, *(new for _, new in updates)])]
    f = theano.function(inputs, outputs, updates=updates, mode=mode)
    arguments = [VALUES[v] for v in inputs]
    return [*f(*arguments), *f(*arguments), *(store.get_value() for store, _ in updates)]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_agree(name, mode):
    for value, expected in zip(results(name, mode), results(name, "REFERENCE"), strict=True):
        assert (type(value), value.dtype, value.shape) == (np.ndarray, expected.dtype, expected.shape)
        tolerance = {"float32": 1e-6, "float16": 1e-3}.get(str(value.dtype), 1e-13)
        np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


def test_the_reference_names_arguments_and_outputs():
    f = theano.function([x, theano.In(a, value=2.0)], {"scaled": x * a}, mode="REFERENCE")
    np.testing.assert_array_equal(f(x=[1.0])["scaled"], [2.0])
    np.testing.assert_array_equal(f([1.0], a=3)["scaled"], [3.0])
    with pytest.raises(TypeError, match="argument 0 for the input x"):
        f(1.0)


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
def test_the_reference_has_the_same_errors(mode):
    f = theano.function([x, i, y], x[i] + y, mode=mode)
    with pytest.raises(BoundsError, match=r"index 3 is out of bounds(.|\n)*array  x  float64 \(2,\)"):
        f([1.0, 2.0], [0, 3], [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"2 and 3(.|\n)*right  y +float64 \(3,\)"):
        f([1.0, 2.0], [0, 1], [1.0, 2.0, 3.0])


def test_a_mode_by_name_by_flag_and_by_hand():
    assert get_mode("FAST_COMPILE").optimizer == "fast_compile"
    assert get_mode(Mode("py", None)) == Mode("reference", "fast_compile")
    with theano.config.change_flags(mode="FAST_COMPILE"):
        assert theano.function([x], x * 1).maker.mode == get_mode("FAST_COMPILE")
    assert theano.function([x], x * 2, mode=Mode("cvm", "fast_run")).maker.mode == get_mode("FAST_RUN")


def test_what_is_no_mode():
    with pytest.raises(ValueError, match=r"no mode is named 'FAST_RNU'.*did you mean FAST_RUN"):
        theano.function([x], x, mode="FAST_RNU")
    with pytest.raises(ValueError, match="no linker is named"):
        Mode("gcc")


def test_stages_left_out():
    def operations(mode):
        f = theano.function([m, x], 0.5 * T.dot(m, x) + m[:, 0], mode=mode)
        np.testing.assert_allclose(f(VALUES[m], VALUES[x]), 0.5 * VALUES[m] @ VALUES[x] + VALUES[m][:, 0])
        return {type(node.op).__name__ for node in f.maker.fgraph.apply_nodes}

    assert "Gemv" in operations(None)
    assert "Gemv" not in operations(get_mode("FAST_RUN").excluding("blas"))
