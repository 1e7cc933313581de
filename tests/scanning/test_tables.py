"""States that steps change in parts: in place, and with no table kept for each step where derivatives need parts alone."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import BoundsError
from theano.loops.ir import LoopRegion, walk_steps

STEPS, ROWS, WIDTH = 5, 4, 3
table, w, places = T.dmatrix("table"), T.dmatrix("w"), T.lmatrix("places")
VALUES = [np.random.default_rng(0).normal(size=size) for size in ((ROWS, WIDTH), (WIDTH, WIDTH))]


def loops(f):
    return [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, LoopRegion)]


def scanned(step, **options):
    return theano.scan(step, places, [table, table[0]], w, **options)[0]


def unrolled(step):
    states, results = (table, table[0]), []
    for t in range(STEPS):
        states = step(places[t], *states, w)
        results.append(states)
    return [T.stack(rows) for rows in zip(*results)]


def random_step(random):
    """Reads and writes in any order: of the table as it was, and as it has become, by rows, elements and all of it."""
    choices = random.integers(0, 1 << 30, size=40).tolist()

    def step(i, old, other, w):
        draw = iter(choices)

        def pick(*options):
            return options[next(draw) % len(options)]()

        new, vector = old, other
        for _ in range(1 + next(draw) % 4):
            at = i[next(draw) % 3]
            source = pick(lambda: old, lambda: new, lambda: new)
            vector = pick(
                lambda: T.tanh(T.dot(source[at], w) + vector),
                lambda: source[at - 1] * 0.5 + vector,
                lambda: vector * source[at, 1],
                lambda: vector + source.mean(axis=0),
                lambda: T.sin(vector) * source[i[:2]].sum(axis=0),
            )
            new = pick(
                lambda: T.set_subtensor(new[at], vector),
                lambda: T.inc_subtensor(new[at], vector * 0.3),
                lambda: T.set_subtensor(new[at], new[at - 1] * 0.5 + 1),
                lambda: T.inc_subtensor(new[at, 2], vector[0]),
                lambda: T.inc_subtensor(new[i[:2]], vector),
                lambda: T.set_subtensor(new[:2], old[-2:] * 0.9),
            )
        return [pick(lambda: new, lambda: new, lambda: new, lambda: new * 0.9), T.tanh(vector)]

    return step


def check(seed):
    random = np.random.default_rng(seed)
    step, last = random_step(random), bool(random.integers(2))
    asked = []
    for tables, vectors in (scanned(step), unrolled(step)):
        cost = (tables[-1] ** 2).sum() * 0.1 + T.cos(vectors).sum() if last else (T.sin(tables) * 0.1).sum() + vectors[-1].sum()
        gradients = T.grad(cost, [table, w], disconnected_inputs="ignore")
        asked += [cost, *gradients, *T.grad(sum((g**2).sum() for g in gradients), [table, w], disconnected_inputs="ignore")]
    f = theano.function([table, w, places], asked, on_unused_input="ignore")
    alone = theano.function([table, w, places], asked[1:3], on_unused_input="ignore")  # of the loop forwards only what this needs
    given = [*VALUES, random.integers(-ROWS + 1, ROWS, size=(STEPS, 3))]
    found = f(*given)
    for ours, expected in zip([*found[:5], *alone(*given)], [*found[5:], *found[6:8]]):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_against_the_unrolled_graph(seed):
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_against_the_unrolled_graph_at_length(seed):
    check(seed)


def tree(i, nodes, w):
    """A node of a tree is made of two others."""
    return T.set_subtensor(nodes[i[0]], T.tanh(T.dot(nodes[i[1]], w) + nodes[i[2]]))


def test_a_table_is_written_in_place():
    last, _ = theano.foldl(tree, places, table, w)
    f = theano.function([table, w, places], last)
    (loop,) = loops(f)
    assert not loop.carried
    expected, given = VALUES[0].copy(), np.array([[2, 0, 1], [3, 2, 1], [0, 3, 3]])
    for i, j, k in given:
        expected[i] = np.tanh(expected[j] @ VALUES[1] + expected[k])
    np.testing.assert_allclose(f(*VALUES, given), expected)
    np.testing.assert_array_equal(f(*VALUES, given[:0]), VALUES[0])


def test_entries_that_change_places():
    """Forwards nothing of the table is copied; backwards what is read of it on the way is the same."""

    def swap(i, j, entries):
        return T.set_subtensor(T.set_subtensor(entries[i], entries[j])[j], entries[i])

    v, first, second = T.dvector("v"), T.lvector("first"), T.lvector("second")
    moved = theano.scan(swap, [first, second], v)[0][-1]
    f = theano.function([v, first, second], [moved, T.grad((moved * T.arange(v.shape[0])).sum(), v)])
    assert not loops(f)[0].carried
    order = np.arange(6)
    for i, j in ((0, 3), (5, 1), (3, 3), (2, -1)):
        order[[i, j]] = order[[j, i]]
    found, gradient = f(np.arange(6) / 7, [0, 5, 3, 2], [3, 1, 3, -1])
    np.testing.assert_array_equal(found, order / 7)
    np.testing.assert_array_equal(gradient[order], np.arange(6))


def test_what_is_written_on_the_way_is_read_before_more_is_written():
    def step(i, entries):
        first = T.set_subtensor(entries[i[0]], 1.0)
        second = T.inc_subtensor(first[i[1]], 2.0)
        return [T.set_subtensor(second[i[2]], 0.0), T.tanh(first[i[2]]) + second.sum(), T.exp(entries[::2])]

    v = T.dvector("v")
    found, sums, halves = theano.scan(step, places, [v, None, None])[0]
    f = theano.function([v, places], [found[-1], sums, halves])
    assert not loops(f)[0].carried
    entries, given = np.arange(4) / 3, [[0, 2, 1], [3, 3, -1], [1, 0, 0]]
    last, *others = f(entries, given)
    for (i, j, k), total, half in zip(given, *others):
        np.testing.assert_allclose(half, np.exp(entries[::2]))
        entries[i] = 1
        before = np.tanh(entries[k])
        entries[j] += 2
        np.testing.assert_allclose(total, before + entries.sum())
        entries[k] = 0
    np.testing.assert_allclose(last, entries)


def test_a_table_that_is_read_afterwards_is_not():
    """A row that is written is not yet there for who reads the table as it was."""

    def step(i, old, total, w):
        new = T.set_subtensor(old[i[0]], total)
        return [new, total + T.dot(w, (new * old).sum(axis=0))]

    tables, totals = theano.scan(step, places, [table, table[0]], w)[0]
    f = theano.function([table, w, places], [tables[-1], totals[-1]])
    old, total, given = VALUES[0].copy(), VALUES[0][0], np.array([[2, 0, 1], [3, 2, 1]])
    for i, *_ in given:
        new = old.copy()
        new[i] = total
        total = total + VALUES[1] @ (new * old).sum(axis=0)
        old = new
    for found, expected in zip(f(*VALUES, given), (old, total)):
        np.testing.assert_allclose(found, expected)


def test_derivatives_keep_parts_and_no_tables():
    nodes, _ = theano.scan(tree, places, table, w)
    f = theano.function([table, w, places], T.grad((nodes[-1][-1] ** 2).sum(), [table, w]))
    assert all(not loop.carried or len(loop.carried[0][0].shape) < 2 for loop in loops(f))
    assert not any(len(buffer.shape) > 2 for buffer in f.maker.compilation.program.frame.buffers), "one axis for the steps, two of a table"


def test_what_an_index_was_checked_for_stays_behind_the_check():
    """A read beside the new table checks the place at which another one is written, which nothing else makes wait."""

    def step(first, at, nodes, other):
        new = T.inc_subtensor(nodes[first], 1.0)
        return new, other[at] * new[0, 0], T.inc_subtensor(other[at], 2.0)

    v = T.dvector("v")
    (nodes, products, others), _ = theano.scan(step, [places[:, 0], places[:, 1:]], [table, None, None], v)
    far, given = 1 << 40, np.array([[0, 1, 2], [1, 2, -3]])
    for mode in ("REFERENCE", "FAST_RUN"):
        f = theano.function([table, v, places], [nodes[-1], products, others], mode=mode)
        np.testing.assert_array_equal(f(VALUES[0], np.full(3, 2.0), given)[2], [[2, 4, 4], [4, 2, 4]])
        with pytest.raises(BoundsError, match=rf"index {far} is out of bounds for axis 0 of v(.|\n)*in step 1 of the loop"):
            f(VALUES[0], np.full(3, 2.0), np.where(given == -3, far, given))
