"""What a loop multiplies with in each step lies in panels: the results are those of steps one by one, however many threads there are."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops.ir import LibraryStep, walk_steps
from theano.runtime import pool

STEPS = {
    "plain": lambda x, h, w: T.tanh(T.dot(h, w) + x),
    "transposed": lambda x, h, w: T.tanh(x + T.dot(h, w.T)),
    "both": lambda x, h, w: T.dot(T.tanh(T.dot(h, w)), w.T) + x,
    "turned state": lambda x, h, w: T.dot(T.dot(w, h.T).T, w) + x,
    "scaled": lambda x, h, w: T.cast(0.5, w.dtype) * T.dot(h, w) - T.cast(0.25, w.dtype) * h * x,
    "by a value": lambda x, h, w: T.tanh(w.sum()) * T.dot(h, w) + T.cast(0.25, w.dtype) * x,
    "a part is added": lambda x, h, w: T.dot(h[:, 1:], w[1:]) + T.dot(h, w) + x.T.T,
}
SIZES = [(1, 130), (7, 400), (33, 97), (0, 40), (5, 0), (4100, 16), (33, 180), (129, 97), (300, 67), (9, 350)]
"""Rows and columns; the first five are left to the library."""


def scanned(name, dtype, **options):
    x, h, w = T.tensor3(dtype=dtype), T.matrix(dtype=dtype), T.matrix(dtype=dtype)
    rows, _ = theano.scan(STEPS[name], sequences=x, outputs_info=h, non_sequences=w, **options)
    return [x, h, w], rows


def point(rows, columns, length, dtype):
    rng = np.random.default_rng(rows + columns)
    shapes = (length, rows, columns), (rows, columns), (columns, columns)
    values = [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]
    values[2] /= max(columns, 1) ** 0.5
    return values


def routines(f):
    return [s.routine for s in walk_steps(f.maker.compilation.program.frame) if isinstance(s, LibraryStep)]


@pytest.mark.parametrize(("name", "dtype"), [(name, ("float64", "float32")[k % 2]) for k, name in enumerate(STEPS)])
def test_all_sizes(name, dtype):
    given, rows = scanned(name, dtype)
    f = theano.function(given, rows)
    assert "panels" in routines(f)
    x, h, w = T.dmatrices(3)
    one = theano.function([x, h, w], STEPS[name](x, h, w))
    for size in SIZES:
        sequence, state, matrix = values = point(*size, 3, dtype)
        expected = []
        for row in sequence:
            state = one(row, state, matrix)
            expected.append(state)
        np.testing.assert_allclose(f(*values), expected, rtol=0, atol=1e-12 if dtype == "float64" else 1e-4)


@pytest.mark.parametrize("name", ["plain", "transposed", "scaled"])
def test_derivatives_and_threads(name):
    given, rows = scanned(name, "float64")
    outputs = [rows, *theano.grad((rows**2).sum(), given)]
    f, interpreted = theano.function(given, outputs), theano.function(given, outputs, mode="REFERENCE")
    for size in ((7, 61), (40, 170), (300, 67)):
        values, found = point(*size, 3, "float64"), []
        for threads in (1, 2, 3):
            with pool.set_threads(threads):
                found.append(f(*values))
        for one, *others, wanted in zip(*found, interpreted(*values), strict=True):
            assert all(one.tobytes() == other.tobytes() for other in others)
            np.testing.assert_allclose(one, wanted, rtol=1e-10, atol=1e-11)


def test_what_is_added_is_read_where_it_lies():
    x, h, w = T.dtensor3(), T.dmatrix(), T.dmatrix()
    rows, _ = theano.scan(lambda x, h: x + T.dot(h, w), sequences=x[::-1], outputs_info=h)
    f = theano.function([x, h, w], rows)
    assert "apart" in {s.flags[4] for s in walk_steps(f.maker.compilation.program.frame) if getattr(s, "routine", "") == "panels"}
    for size in SIZES:
        sequence, state, matrix = values = point(*size, 3, "float64")
        for row, found in zip(sequence[::-1], f(*values), strict=True):
            state = row + state @ matrix
            np.testing.assert_allclose(found, state, rtol=0, atol=1e-12)


def test_a_matrix_that_changes_stays_with_the_library():
    """A state does; what an inner loop takes from the step around it is laid anew in each step."""
    w = T.dmatrix()
    squares, _ = theano.scan(lambda m: T.dot(m, m) / m.shape[0], outputs_info=w, n_steps=3)

    def outer(m):
        rows, _ = theano.scan(lambda h: T.dot(h, m) / m.shape[0], outputs_info=w, n_steps=2)
        return rows[-1]

    nested, _ = theano.scan(outer, outputs_info=w, n_steps=3)
    f, g = theano.function([w], squares), theano.function([w], nested[-1])
    assert "panels" not in routines(f) and "panels" in routines(g)
    a = np.random.default_rng(1).normal(size=(103, 103)) / 2
    m, n = [a], [a]
    for _ in range(3):
        m.append(m[-1] @ m[-1] / 103)
        n.append(a @ n[-1] @ n[-1] / 103**2)
    np.testing.assert_allclose(f(a), m[1:], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(g(a), n[-1], rtol=1e-9, atol=1e-12)
