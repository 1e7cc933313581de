"""Small matrix products in loops are kernels: the results are those of the library, and of steps one by one."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import small_products
from theano.loops.ir import KernelStep, LibraryStep, walk_steps

SIZES = [0, 1, 3, 4, 17, 130]
"""Those of more than 128 are left to the library."""
STEPS = {
    "vector matrix": (1, lambda x, h, w: T.tanh(x + T.dot(h, w))),
    "matrix vector": (1, lambda x, h, w: T.tanh(x + T.dot(w, h))),
    "vector transposed": (1, lambda x, h, w: T.tanh(x + T.dot(h, w.T))),
    "matrix matrix": (2, lambda x, h, w: T.tanh(x + T.dot(h, w))),
    "matrix transposed": (2, lambda x, h, w: T.tanh(x + T.dot(h, w.T))),
    "both states": (2, lambda x, h, w: T.tanh(x + T.dot(T.dot(h, h.T), T.dot(h, w)))),
    "transposed state": (2, lambda x, h, w: x + T.dot(T.dot(w[:1], h.T).T, w[:1])),
    "accumulated": (2, lambda x, h, w: T.cast(0.5, w.dtype) * T.dot(h, w) + T.cast(0.3, w.dtype) * h + x),
    "accumulated vector": (1, lambda x, h, w: x + T.cast(0.5, w.dtype) * h - T.cast(0.25, w.dtype) * T.dot(w, h)),
    "scaled by a value": (1, lambda x, h, w: w.sum() * T.dot(h, w) + h + x),
}


def scanned(name, dtype, **options):
    rank, step = STEPS[name]
    x, h, w = T.matrix(dtype=dtype), T.TensorType(dtype, (False,) * rank)(), T.matrix(dtype=dtype)
    rows, _ = theano.scan(step, sequences=x, outputs_info=h, non_sequences=w, **options)
    return [x, h, w], rows


def point(name, size, length, dtype, seed=0):
    rng = np.random.default_rng(seed)
    state = rng.uniform(-1, 1, (2, size) if STEPS[name][0] == 2 else size)
    values = rng.uniform(-1, 1, (length, size)), state, rng.normal(size=(size, size)) / max(size, 1)
    return [v.astype(dtype) for v in values]


def routines(f):
    return {s.routine for s in walk_steps(f.maker.compilation.program.frame) if isinstance(s, LibraryStep)}


@pytest.mark.parametrize(("name", "dtype"), [(name, ("float64", "float32")[k % 3 == 0]) for k, name in enumerate(STEPS)])
def test_all_sizes(name, dtype):
    rank, step = STEPS[name]
    given, rows = scanned(name, dtype)
    f = theano.function(given, rows)
    x, h, w = T.dvector(), T.TensorType("float64", (False,) * rank)(), T.dmatrix()
    one = theano.function([x, h, w], step(x, h, w))
    for size in SIZES:
        for length in (0, 1, 5):
            sequence, state, matrix = values = point(name, size, length, dtype)
            expected = []
            for row in sequence:
                state = one(row, state, matrix)
                expected.append(state)
            wanted = np.array(expected).reshape(length, *values[1].shape)
            np.testing.assert_allclose(f(*values), wanted, rtol=0, atol=1e-13 if dtype == "float64" else 3e-4)


@pytest.mark.parametrize("name", ["matrix vector", "matrix matrix", "both states", "accumulated"])
def test_as_by_the_library(name, monkeypatch, tmp_path):
    """Gradients too, backwards through the sequence, and by the interpreter."""

    def made(mode=None):
        given, rows = scanned(name, "float64", go_backwards=True)
        return theano.function(given, [rows, *theano.grad((rows**2).sum(), given)], mode=mode)

    kernels, interpreted = made(), made("REFERENCE")
    monkeypatch.setattr(small_products, "SMALL", -1)
    with theano.config.change_flags(base_compiledir=str(tmp_path)):  # not what has been compiled before
        library = made()
    assert "gemm" in routines(library)
    for size in (1, 6, 21):
        values = point(name, size, 4, "float64", size)
        for a, b, c in zip(kernels(*values), library(*values), interpreted(*values), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)
            np.testing.assert_allclose(a, c, rtol=1e-11, atol=1e-12)


def test_sizes_that_are_known_need_no_choice():
    x, w = T.dmatrix(), T.dmatrix()
    for size, left in ((32, set()), (200, {"gemv"})):
        rows, _ = theano.scan(lambda x, h: T.tanh(x + T.dot(w, h)), sequences=x, outputs_info=T.zeros(size))
        f = theano.function([x, w], rows)
        assert routines(f) == left
        assert not any(s.when for s in walk_steps(f.maker.compilation.program.frame) if isinstance(s, (KernelStep, LibraryStep)))


def test_a_matrix_that_changes_is_not_transposed_before_the_loop():
    """A state; what an inner loop makes; a part of a matrix."""
    w, v = T.dmatrix(), T.dvector()
    squares, _ = theano.scan(lambda m: T.dot(m, m.T) / T.dot(m, v).sum(), outputs_info=w, n_steps=4)
    parts, _ = theano.scan(lambda h: T.tanh(T.dot(w[1:3, :2], h)), outputs_info=v[:2], n_steps=4)

    def inner(m):
        rows, _ = theano.scan(lambda h: T.tanh(T.dot(m * 2, h)), outputs_info=v, n_steps=3)
        return m + T.outer(rows[-1], v)

    nested, _ = theano.scan(inner, outputs_info=w, n_steps=3)
    f = theano.function([w, v], [squares, parts, nested])
    matrix, vector = np.random.default_rng(2).uniform(0.1, 0.5, (3, 3)), np.array([0.3, -0.2, 0.9])
    m, h, n, expected = matrix, vector[:2], matrix, ([], [], [])
    for _ in range(4):
        m, h = m @ m.T / (m @ vector).sum(), np.tanh(matrix[1:3, :2] @ h)
        state = vector
        for _ in range(3):
            state = np.tanh(n @ state * 2)
        n = n + np.outer(state, vector)
        for found, value in zip(expected, (m, h, n), strict=True):
            found.append(value)
    for found, wanted in zip(f(matrix, vector), (*expected[:2], expected[2][:3]), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_shapes_that_do_not_fit_are_refused_before_anything_is_read():
    x, h, w = T.dmatrix(), T.dvector(), T.dmatrix()
    rows, _ = theano.scan(lambda x, h: x + T.dot(w, h), sequences=x, outputs_info=h)
    f = theano.function([x, h, w], rows)
    with pytest.raises(ValueError, match="sizes differ"):
        f(np.zeros((3, 5)), np.zeros(5), np.zeros((5, 2)))
    assert f(np.zeros((0, 5)), np.zeros(5), np.zeros((5, 2))).shape == (0, 5)
