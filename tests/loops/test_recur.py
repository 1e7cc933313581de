"""Small loops run many steps in one kernel: the results are those of the loop as it is written."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops.ir import NEXT, KernelStep, walk_steps
from theano.loops.recur import MOST_STEPS
from theano.loops.statements import all_statements

LENGTHS = [0, 1, 2, MOST_STEPS - 1, MOST_STEPS, MOST_STEPS + 1, 2 * MOST_STEPS + 3]
WIDTHS = [0, 1, 3, 8, 9, 40]


def carries(f):
    """How many values the kernels of ``f`` carry from step to step."""
    kernels = {id(s.kernel): s.kernel for s in walk_steps(f.maker.compilation.program.frame) if isinstance(s, KernelStep)}
    loops = (s for kernel in kernels.values() for s in all_statements(kernel.body))
    return sum(a.combine == NEXT for loop in loops for a in getattr(loop, "accumulators", ()))


def repeated(step, first, rows):
    """All rows, with NumPy; ``step`` takes the row of the sequence and the rows before, the last one first."""
    history = list(first)
    for row in rows:
        history.append(step(row, *history[: -len(first) - 1 : -1]))
    return np.array(history[len(first) :]).reshape(len(rows), *np.shape(first[0]))


@pytest.mark.parametrize("length", LENGTHS)
def test_numbers(length):
    x, e = T.dscalar("x"), T.dvector("e")
    rows, _ = theano.scan(lambda row, before: 0.5 * before + T.sin(row), sequences=e, outputs_info=x)
    every, last = theano.function([x, e], rows), theano.function([x, e], rows[-1])
    assert carries(every) == carries(last) == 1
    given = np.linspace(-3, 3, length)
    expected = repeated(lambda row, before: 0.5 * before + np.sin(row), [1.5], given)
    np.testing.assert_allclose(every(1.5, given), expected, rtol=1e-14)
    if length:
        np.testing.assert_allclose(last(1.5, given), expected[-1], rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int16"])
@pytest.mark.parametrize("width", WIDTHS)
def test_short_and_long_rows(width, dtype):
    x, e = T.vector("x", dtype=dtype), T.matrix("e", dtype=dtype)
    rows, _ = theano.scan(lambda row, before: row - before, sequences=e, outputs_info=x)
    f = theano.function([x, e], rows)
    assert carries(f) == 1
    given = np.random.default_rng(width).integers(-3, 4, (MOST_STEPS + 5, width)).astype(dtype)
    first = np.arange(width).astype(dtype)
    np.testing.assert_array_equal(f(first, given), repeated(lambda row, before: row - before, [first], given))


@pytest.mark.parametrize("taps", [(-1, -2), (-2,), (-3, -1), (-1, -2, -3)])
def test_taps(taps):
    x, e = T.dmatrix("x"), T.dmatrix("e")

    def step(row, *before):
        return row + sum((0.1 + 0.2 * k) * v for k, v in enumerate(before))

    rows, _ = theano.scan(step, sequences=e, outputs_info=[dict(initial=x, taps=list(taps))])
    f = theano.function([x, e], rows)
    assert carries(f) == -min(taps)
    depth = -min(taps)
    first, given = np.random.default_rng(1).normal(size=(depth, 3)), np.random.default_rng(2).normal(size=(MOST_STEPS + 2, 3))
    expected = repeated(lambda row, *before: step(row, *(before[-tap - 1] for tap in taps)), list(first), given)
    np.testing.assert_allclose(f(first, given), expected, rtol=1e-12)


def test_states_that_read_each_other():
    a, b, k = T.dscalar("a"), T.dscalar("b"), T.iscalar("k")
    (first, second, sums), _ = theano.scan(lambda i, a, b: [b, a, a + 2 * b + i], sequences=T.arange(k), outputs_info=[a, b, None])
    f = theano.function([a, b, k], [first, second[-1], sums])
    assert carries(f) == 2
    for steps in (1, 2, MOST_STEPS + 1):
        swaps, end, added = f(1.0, 5.0, steps)
        before = np.where(np.arange(steps) % 2 == 0, 1.0, 5.0)
        np.testing.assert_array_equal(swaps, 6 - before)
        assert end == before[-1]
        np.testing.assert_array_equal(added, before + 2 * (6 - before) + np.arange(steps))


def test_derivatives():
    x, e, w = T.dvector("x"), T.dmatrix("e"), T.dvector("w")
    rows, _ = theano.scan(lambda row, before, w: T.tanh(w * before + row), sequences=e, outputs_info=x, non_sequences=w)
    f = theano.function([x, e, w], theano.grad((rows**2).sum(), [x, e, w]))
    assert carries(f) >= 2
    rng = np.random.default_rng(0)
    point = rng.normal(size=3), rng.normal(size=(MOST_STEPS + 40, 3)), rng.normal(size=3)
    cost = theano.function([x, e, w], (rows**2).sum())
    for k, slope in enumerate(f(*point)):
        along, size = rng.normal(size=slope.shape), 1e-5
        ends = [cost(*(v + sign * size * along if j == k else v for j, v in enumerate(point))) for sign in (1, -1)]
        np.testing.assert_allclose((ends[0] - ends[1]) / (2 * size), (slope * along).sum(), rtol=1e-5)


def test_what_reads_its_neighbours_is_done_step_by_step():
    x = T.dvector("x")
    rows, _ = theano.scan(lambda before: before + before[::-1] * 0.5, outputs_info=x, n_steps=7)
    f = theano.function([x], rows)
    assert carries(f) == 0
    expected = repeated(lambda row, before: before + before[::-1] * 0.5, [np.arange(4.0)], np.zeros(7))
    np.testing.assert_allclose(f(np.arange(4.0)), expected)


def test_what_is_stored_where_a_number_says_is_done_step_by_step():
    x, places = T.dvector("x"), T.lvector("places")
    rows, _ = theano.scan(lambda place, before: T.inc_subtensor(before[place], before[0] + 1), sequences=places, outputs_info=x)
    f, expected = theano.function([x, places], rows[-1]), np.arange(4.0)
    for place in (0, 3, 3, 1, 0, 2):
        expected[place] += expected[0] + 1
    np.testing.assert_array_equal(f(np.arange(4.0), [0, 3, 3, 1, 0, 2]), expected)


def test_loops_in_loops():
    x, e = T.dscalar("x"), T.dmatrix("e")

    def row(numbers, before):
        inner, _ = theano.scan(
            lambda number, state, scale: state * scale + number, sequences=numbers, outputs_info=before, non_sequences=T.sin(before)
        )
        return inner[-1]

    rows, _ = theano.scan(row, sequences=e, outputs_info=x)
    given = np.random.default_rng(3).uniform(-1, 1, (4, MOST_STEPS + 9))
    value, expected = 0.5, []
    for numbers in given:
        scale = np.sin(value)
        for number in numbers:
            value = value * scale + number
        expected.append(value)
    np.testing.assert_allclose(theano.function([x, e], rows)(0.5, given), expected, rtol=1e-9)


def test_rows_without_a_state():
    e = T.dvector("e")
    rows, _ = theano.map(lambda number: T.exp(-number), e)
    given = np.linspace(0, 1, MOST_STEPS + 3)
    np.testing.assert_allclose(theano.function([e], rows)(given), np.exp(-given), rtol=1e-15)


def test_reference_agrees():
    x, e = T.dvector("x"), T.dmatrix("e")
    (rows, more), _ = theano.scan(lambda row, a, b: [a * 0.5 + row, b + a], sequences=e, outputs_info=[x, x])
    given = np.arange(3.0), np.arange(15.0).reshape(5, 3)
    compiled, interpreted = (theano.function([x, e], [rows, more[-1]], mode=mode) for mode in (None, "REFERENCE"))
    for a, b in zip(compiled(*given), interpreted(*given), strict=True):
        np.testing.assert_array_equal(a, b)
