"""Permutations, choices, positions in several dimensions."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check

X = np.random.default_rng(0).normal(size=(2, 4))
P = np.array([2, 0, 3, 1])
ROWS = np.stack([P, P[::-1]])


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64"])
def test_inverse_permutation(dtype):
    for perm in (P, ROWS, P[:0]):
        found = check(T.inverse_permutation, perm.astype(dtype))
        np.testing.assert_array_equal(found, np.argsort(perm, -1) if perm.size else perm)
        assert found.dtype == dtype


def test_permute_row_elements():
    np.testing.assert_array_equal(check(T.permute_row_elements, X, P), X[:, P])
    np.testing.assert_array_equal(check(T.permute_row_elements, X, ROWS), np.take_along_axis(X, ROWS, 1))
    np.testing.assert_array_equal(check(T.permute_row_elements, X[0], ROWS), X[0][ROWS])
    np.testing.assert_array_equal(check(T.permute_row_elements, X[:1], ROWS, patterns=[(True, False), (False, False)]), X[0][ROWS])
    np.testing.assert_array_equal(check(lambda x, y: T.permute_row_elements(x, y, True), X, P), X[:, np.argsort(P)])


OPTIONS = np.random.default_rng(1).normal(size=(3, 2, 4))
PLACES = np.array([[0, 1, 2, 1], [2, 2, 0, 0]])


@pytest.mark.parametrize("mode", ["raise", "clip", "wrap"])
def test_choose(mode):
    places = PLACES if mode == "raise" else PLACES * 3 - 4
    f = lambda a, *options: T.choose(a, list(options), mode=mode)
    np.testing.assert_array_equal(check(f, places, *OPTIONS), np.choose(places, OPTIONS, mode=mode))
    np.testing.assert_array_equal(check(lambda a, x: a.choose(x, mode=mode), places, OPTIONS), np.choose(places, OPTIONS, mode=mode))


def test_choices_stretch():
    a, x, y = np.array([1, 0, 1, 1]), OPTIONS[0], np.float64(7)
    np.testing.assert_array_equal(check(lambda a, x, y: T.choose(a, [x, y]), a, x, y), np.choose(a, [x, y]))
    np.testing.assert_array_equal(check(lambda a, x: T.choose(a, [x]), np.array(0), x), x)
    np.testing.assert_array_equal(check(lambda a, x: T.choose(a, x), a, OPTIONS), np.choose(a, OPTIONS))
    np.testing.assert_array_equal(check(lambda a, x: T.choose(a, x), PLACES, OPTIONS[:, 0]), np.choose(PLACES, OPTIONS[:, 0]))


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_choice_out_of_range(wrong):
    a, x = T.lvector(), T.dmatrix()
    with pytest.raises(IndexError):
        theano.function([a, x], T.choose(a, x))([wrong], np.zeros((3, 1)))


@pytest.mark.parametrize("order", ["C", "F"])
def test_positions_in_several_dimensions(order):
    flat, shape = np.array([[0, 5], [23, 11]]), (2, 3, 4)
    several = np.unravel_index(flat, shape, order)
    for found, expected in zip(check(lambda i: list(T.unravel_index(i, shape, order)), flat), several, strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(check(lambda *i: T.ravel_multi_index(i, shape, order=order), *several), flat)
    i, d = T.lvector(), T.lvector()
    f = theano.function([i, d], T.ravel_multi_index(T.unravel_index(i, d, order, ndim=3), d, order=order))
    np.testing.assert_array_equal(f([4, 7], shape), [4, 7])


def test_positions_out_of_range():
    i = T.lvector()
    assert evaluate(T.ravel_multi_index((i, i), (3, 4), mode="clip"), {i: [9]}) == 11
    assert evaluate(T.ravel_multi_index((i, i), (3, 4), mode="wrap"), {i: [5]}) == 9


@pytest.mark.parametrize(
    "build, good, bad, words",
    [
        (lambda i: T.ravel_multi_index((i, i), (3, 4)), [2, 0], [0, 3, 9], "index 3 is out of bounds for axis 0 of size 3"),
        (lambda i: T.ravel_multi_index((i + 3, i), (9, 4), order="F"), [2, 0], [0, -2], "index -2 is out of bounds for axis 1 of size 4"),
        (lambda i: T.unravel_index(i, (3, 4))[1], [11, 0], [0, 12], "index 12 is out of bounds for a tensor of size 12"),
        (lambda i: T.unravel_index(i, i + 9, ndim=2, order="F")[0], [11, 0], [1, -1], "index -1 is out of bounds for a tensor"),
        (lambda i: T.choose(i, [i, i * 2, i]), [2, 0], [2, -1, 3], "index -1 is out of bounds for the choices of size 3"),
        (lambda i: T.choose(i, T.stack([i, i * 2])), [1, 0], [2, -1], "index 2 is out of bounds for the choices"),
        (lambda i: T.take(T.arange(4), i), [3, -4], [0, -5, 4], "index -5 is out of bounds for axis 0"),
        (lambda i: T.take_along_axis(T.arange(4), i, 0), [3, -4], [0, 4], "index 4 is out of bounds for axis 0"),
    ],
)
def test_positions_out_of_range_are_named_and_change_nothing(build, good, bad, words):
    i, count = T.lvector("i"), theano.shared(0)
    out = build(i)
    f, literal = (theano.function([i], out, updates=[(count, count + 1)], mode=mode) for mode in ("FAST_RUN", "FAST_COMPILE"))
    np.testing.assert_array_equal(f(good), evaluate(out, {i: good}))
    for run in (lambda: f(bad), lambda: literal(bad), lambda: evaluate(out, {i: bad})):
        with pytest.raises(IndexError, match=words):
            run()
        assert count.get_value() == 1
    with pytest.raises(IndexError, match=r"test_permuting\.py:\d+"):
        f(bad)


def test_errors():
    x, i = T.dvector(), T.lvector()
    for wrong in (
        lambda: T.inverse_permutation(x), lambda: T.inverse_permutation(T.ltensor3()), lambda: T.permute_row_elements(x, x),
        lambda: T.permute_row_elements(T.dscalar(), i), lambda: T.choose(x, [x]), lambda: T.ravel_multi_index((i, T.lmatrix()), (2, 2)),
        lambda: T.unravel_index(i, T.lmatrix()),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            wrong()
    for wrong in (
        lambda: T.choose(i, [x], out=x), lambda: T.choose(i, [x], mode="guess"), lambda: T.ravel_multi_index((i,), (2,), mode="guess"),
        lambda: T.unravel_index(i, (2,), order="K"), lambda: T.unravel_index(i, T.lvector()),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            wrong()
