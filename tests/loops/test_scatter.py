"""Scatters: what is checked first, what is copied, what is written in place, and that a failure leaves all as it was."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.loops.programs import check, kernels, outline

m, w, v = T.dmatrix("m"), T.dmatrix("w"), T.dvector("v")
i, j = T.lvector("i"), T.lvector("j")
TABLE, ROWS = np.random.default_rng(0).normal(size=(6, 5)), np.random.default_rng(1).normal(size=(4, 5))
PLACES = np.array([1, 1, -1, 0])


def shapes_of(f):
    return [outline(k) for k in kernels(f)]


def in_place(f):
    program = f.maker.compilation.program
    return not program.commits and not any(b.storage == "update" for b in program.frame.buffers)


def added(x, places, y):
    out = x.copy()
    np.add.at(out, places, y)
    return out


def test_a_row_of_a_table_is_updated_where_it_is():
    table = theano.shared(TABLE, "table")
    rows = table[i]
    cost = ((rows - w) ** 2).sum()
    f = theano.function([i, w], cost, updates=[(table, T.inc_subtensor(rows, -0.1 * T.grad(cost, rows)))])
    assert in_place(f) and shapes_of(f).count("i(v(S))") == 1
    assert sum(k.checks for k in kernels(f)) == 1, "the gather has checked what the scatter would"
    f(PLACES, ROWS)
    np.testing.assert_allclose(table.get_value(), added(TABLE, PLACES, -0.2 * (TABLE[PLACES] - ROWS)))


@pytest.mark.parametrize("write", [T.set_subtensor, T.inc_subtensor])
def test_an_index_out_of_range_changes_nothing(write):
    table, count = theano.shared(TABLE, "table"), theano.shared(np.int64(0))
    f = theano.function([i, w], w.sum(), updates=[(table, write(table[i], w)), (count, count + 1)])
    assert in_place(f)
    for bad in ([0, 6, 1, 1], [0, 1, 2, -7]):
        with pytest.raises(IndexError, match=rf"index {next(b for b in bad if not -6 <= b < 6)} is out of bounds for axis 0 of table"):
            f(np.array(bad), ROWS)
        np.testing.assert_array_equal(table.get_value(), TABLE)
        assert count.get_value() == 0
    f(PLACES, ROWS)
    assert count.get_value() == 1


def test_two_tables_with_one_index_are_both_updated_where_they_are():
    """All that can fail is checked before anything is written, be it by a gather between two scatters."""
    table, scale = theano.shared(TABLE, "table"), theano.shared(np.ones((6, 5)), "scale")
    gradient = table[i] - w
    grown = T.inc_subtensor(scale[i], gradient**2)
    f = theano.function([i, w], [], updates=[(scale, grown), (table, T.inc_subtensor(table[i], -gradient / T.sqrt(grown[i])))])
    assert in_place(f)
    f(PLACES, ROWS)
    slope = TABLE[PLACES] - ROWS
    squares = added(np.ones((6, 5)), PLACES, slope**2)
    np.testing.assert_allclose(scale.get_value(), squares)
    np.testing.assert_allclose(table.get_value(), added(TABLE, PLACES, -slope / np.sqrt(squares[PLACES])))
    scale.set_value(np.ones((3, 5)))
    before = table.get_value()
    with pytest.raises(IndexError, match="index 4 is out of bounds for axis 0 of scale"):
        f(np.array([0, 1, 4, 2]), ROWS)
    np.testing.assert_array_equal(table.get_value(), before)
    np.testing.assert_array_equal(scale.get_value(), np.ones((3, 5)))


def test_what_others_still_read_is_copied():
    table = theano.shared(TABLE, "table")
    f = theano.function([i, w], [table * 2, table[i]], updates=[(table, T.set_subtensor(table[i], w))])
    double, rows = f(PLACES, ROWS)
    np.testing.assert_array_equal(double, TABLE * 2)
    np.testing.assert_array_equal(rows, TABLE[PLACES])
    changed = TABLE.copy()
    changed[PLACES] = ROWS
    np.testing.assert_array_equal(table.get_value(), changed)


def test_rows_added_to_rows_of_the_same_table_are_the_old_ones():
    table = theano.shared(TABLE, "table")
    f = theano.function([i, j], [], updates=[(table, T.inc_subtensor(table[i], table[j]))])
    f(np.array([0, 1, 2]), np.array([2, 0, 1]))
    np.testing.assert_array_equal(table.get_value(), added(TABLE, [0, 1, 2], TABLE[[2, 0, 1]]))


def test_a_decayed_table_is_one_pass_and_no_copy():
    table = theano.shared(TABLE, "table")
    f = theano.function([i, w], [], updates=[(table, T.inc_subtensor((0.5 * table)[i], w))])
    assert in_place(f) and shapes_of(f) == ["v(C)", "v(S)", "i(v(S))"]
    f(PLACES, ROWS)
    np.testing.assert_allclose(table.get_value(), added(TABLE / 2, PLACES, ROWS))


def test_what_ends_in_a_scatter_is_made_where_it_goes():
    f = check([m, i, w], [T.inc_subtensor(T.set_subtensor(T.exp(m)[0], 1.0)[i], w)], TABLE, PLACES, ROWS)
    assert sorted(shapes_of(f)) == ["i(v(S))", "v(C)", "v(S)", "v(S)"]
    f = check([m, i, w], [T.inc_subtensor(T.exp(m)[i], w), T.exp(m)], TABLE, PLACES, ROWS)
    assert shapes_of(f).count("v(S)") == 2, "what is asked for twice is copied"


def test_columns_are_shared_out():
    check([m, i, w], [T.inc_subtensor(m[i], w)], TABLE, PLACES, ROWS)
    f = theano.function([m, i, w], T.inc_subtensor(m[i], w))
    scatter = kernels(f)[-1]
    assert scatter.parallel and scatter.depth == 1
    rng = np.random.default_rng(2)
    big, places, rows = rng.normal(size=(50, 1000)), rng.integers(-50, 50, 3000), rng.normal(size=(3000, 1000))
    np.testing.assert_array_equal(f(big, places, rows), added(big, places, rows))


@pytest.mark.parametrize("index", [np.s_[::2], np.s_[::-1], np.s_[1:, ::-2], np.s_[:, 1], np.s_[..., -1:]])
def test_slices_cannot_meet(index):
    f = check([m], [T.inc_subtensor(m[index], 1.0)], TABLE)
    assert kernels(f)[-1].parallel and not any(k.checks for k in kernels(f)[-1:])


def test_an_index_of_columns_is_checked_once():
    f = check([m, i], [T.inc_subtensor(m[:, i], 1.0)], TABLE, PLACES)
    assert shapes_of(f)[0] == "v(C)" and kernels(f)[-1].depth == 0
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 1 of m"):
        f(np.zeros((0, 5)), np.array([5]))


def test_an_index_made_on_the_way_is_checked_when_it_is_there():
    table = theano.shared(TABLE, "table")
    f = theano.function([v], [], updates=[(table, T.set_subtensor(table[T.nonzero(v)[0]], 0.0))])
    f(np.array([0.0, 1, 0, 2]))
    assert (table.get_value() == 0).all(1).tolist() == [False, True, False, True, False, False]
    before = table.get_value()
    with pytest.raises(IndexError, match="index 7 is out of bounds for axis 0 of table"):
        f(np.arange(8) == 7.0)
    np.testing.assert_array_equal(table.get_value(), before)
