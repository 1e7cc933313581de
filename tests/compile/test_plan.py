"""Where a program's values live: what is written in place, what is swapped in at the end, what waits for sizes found late."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import number, raising, resized
from theano.loops.ir import Frame, KernelStep, LibraryStep, PythonStep, walk_steps

x, y, m = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
n, flag = T.lscalar("n"), T.lscalar("flag")


def store(value, name="store"):
    return theano.shared(np.asarray(value, dtype="float64"), name=name)


def in_place(f):
    """Names of the shared variables that the program overwrites."""
    program = f.maker.compilation.program
    committed = {position for position, _ in program.commits}
    specification = f.maker.compilation.specification
    return {specification.shared[position].name for position, _ in specification.updates if position not in committed}


def steps(f, kind):
    return [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, kind)]


def depth(frame):
    return 1 + max((depth(step) for step in frame.steps if isinstance(step, Frame)), default=0)


class TestInPlace:
    def test_elementwise(self):
        s = store(np.arange(4.0))
        f = theano.function([x], updates=[(s, s * 2 + x)])
        assert in_place(f) == {"store"}
        address = s.get_value(borrow=True).ctypes.data
        for _ in range(3):
            f(np.ones(4))
        assert s.get_value(borrow=True).ctypes.data == address
        np.testing.assert_array_equal(s.get_value(), np.arange(4.0) * 8 + 7)

    def test_a_product_accumulates(self):
        s = store(np.ones((3, 2)))
        f = theano.function([m], updates=[(s, s - T.dot(m.T, m[:, :2]))])
        assert in_place(f) == {"store"}
        assert [step.routine for step in steps(f, LibraryStep)] == ["gemm"]
        value = np.arange(12.0).reshape(4, 3)
        f(value)
        np.testing.assert_array_equal(s.get_value(), 1 - value.T @ value[:, :2])

    def test_a_product_of_itself_does_not(self):
        s = store(np.ones((3, 3)))
        f = theano.function([m], updates=[(s, s - T.dot(s, m))])
        assert in_place(f) == set()
        f(np.eye(3) * 2)
        np.testing.assert_array_equal(s.get_value(), -np.ones((3, 3)))

    def test_after_all_that_reads_the_old_value(self):
        s = store(np.arange(4.0))
        f = theano.function([], [s.sum(), s * 3], updates=[(s, s + 1)])
        for k in range(3):
            total, tripled = f()
            assert total == 6 + 4 * k
            np.testing.assert_array_equal(tripled, 3 * (np.arange(4.0) + k))

    def test_not_over_what_another_element_reads(self):
        s = store(np.arange(5.0))
        f = theano.function([], updates=[(s, s[::-1] + s)])
        assert in_place(f) == set()
        f()
        np.testing.assert_array_equal(s.get_value(), np.full(5, 4.0))

    def test_only_one_of_two_that_read_each_other(self):
        p, q = store(np.arange(5.0), "p"), store(np.ones(5), "q")
        f = theano.function([], updates=[(p, p + q[::-1]), (q, q + p[::-1])])
        f()
        np.testing.assert_array_equal(p.get_value(), np.arange(5.0) + 1)
        np.testing.assert_array_equal(q.get_value(), 1 + np.arange(5.0)[::-1])

    def test_not_before_a_step_that_may_fail(self):
        p, q = store(np.arange(3.0), "p"), store(0, "q")
        f = theano.function([flag], updates=[(p, p + 1), (q, raising(q + p.sum(), flag))])
        if in_place(f):
            python = steps(f, PythonStep)[0]
            order = list(walk_steps(f.maker.compilation.program.frame))
            assert all(order.index(step) > order.index(python) for step in steps(f, KernelStep) if step.buffers[-1].storage == "shared")
        f(0)
        np.testing.assert_array_equal(p.get_value(), [1.0, 2.0, 3.0])
        with pytest.raises(ZeroDivisionError):
            f(1)
        np.testing.assert_array_equal(p.get_value(), [1.0, 2.0, 3.0])

    def test_not_if_the_size_may_change(self):
        s = store(np.arange(3.0))
        f = theano.function([x], updates=[(s, x * 2)])
        assert in_place(f) == set()
        f(np.ones(5))
        np.testing.assert_array_equal(s.get_value(), np.full(5, 2.0))

    def test_of_rank_0(self):
        count = theano.shared(0, name="count")
        f = theano.function([], count, updates=[(count, count + 1)])
        assert [int(f()) for _ in range(3)] == [0, 1, 2]


class TestCommits:
    def test_spares_alternate(self):
        s = store(np.arange(4.0))
        f = theano.function([], updates=[(s, s[::-1] * 2)])
        addresses = set()
        for _ in range(6):
            f()
            addresses.add(s.get_value(borrow=True).ctypes.data)
        assert len(addresses) == 2
        np.testing.assert_array_equal(s.get_value(), np.arange(4.0) * 64)

    def test_a_spare_that_somebody_holds_is_left_alone(self):
        s = store(np.arange(4.0))
        f = theano.function([], updates=[(s, s[::-1] + 1)])
        held = []
        for _ in range(5):
            f()
            held.append(s.get_value(borrow=True))
        expected = np.arange(4.0)
        for array in held:
            expected = expected[::-1] + 1
            np.testing.assert_array_equal(array, expected)

    def test_trim_gives_spares_back(self):
        s = store(np.arange(4.0))
        f = theano.function([], s.sum(), updates=[(s, s[::-1] + 1)])
        f(), f()
        f.trim()
        assert f() == 6 + 8


class TestSizesFoundLate:
    def test_open_a_frame(self):
        f = theano.function([x, n], resized(x, n) * 2 + 1)
        assert depth(f.maker.compilation.program.frame) == 2
        for size in (0, 1, 5, 3):
            expected = np.resize(np.concatenate([np.arange(1.0, 4.0), np.zeros(size)])[:size], size)
            np.testing.assert_array_equal(f([1.0, 2.0, 3.0], size), expected * 2 + 1)

    def test_one_within_the_other(self):
        f = theano.function([x, n], resized(resized(x, n) + 1, number(n) * 2).sum())
        assert f([1.0, 2.0, 3.0], 2) == 5.0
        assert f([1.0, 2.0, 3.0], 0) == 0.0

    def test_a_range_whose_end_is_computed(self):
        i = T.lvector("i")
        f = theano.function([i, x], T.arange(i.max()) + x.sum().astype("int64"))
        for size in (0, 1, 7):
            np.testing.assert_array_equal(f([0, size], [1.0, 1.0]), np.arange(size) + 2)

    def test_guards_wait_for_them(self):
        f = theano.function([x, n], resized(x, n) + x)
        np.testing.assert_array_equal(f([1.0, 2.0], 2), [2.0, 4.0])
        with pytest.raises(ValueError, match=r"3 and 2|2 and 3"):
            f([1.0, 2.0], 3)

    def test_nothing_is_in_place_before_they_are_known(self):
        s = store(np.arange(3.0))
        f = theano.function([x, n], resized(x, n).sum(), updates=[(s, s + resized(x, n))])
        f(np.ones(4), 3)
        with pytest.raises(ValueError):
            f(np.ones(4), 4)
        np.testing.assert_array_equal(s.get_value(), [1.0, 2.0, 3.0])

    def test_scratch_of_a_size_found_late(self):
        f = theano.function([m, n], T.dot(m[: number(n)] * 2, T.dot(m.T, m) + 1).sum())
        value = np.arange(600.0).reshape(20, 30) / 100
        for size in (0, 1, 20):
            np.testing.assert_allclose(f(value, size), ((value[:size] * 2) @ (value.T @ value + 1)).sum())


@pytest.mark.parametrize("size", [1, 3, 100, 5000])
def test_scratch_is_used_again_safely(size):
    """A long chain of products, each overwriting what nobody reads any more."""
    value = np.random.default_rng(0).normal(size=(size if size < 200 else 3, 40)) / 10
    current, expected = m, value
    for k in range(6):
        current = T.tanh(T.dot(T.dot(current, m.T), m) + k * current)
        expected = np.tanh(expected @ value.T @ value + k * expected)
    f = theano.function([m], [current, current.sum(axis=1)])
    for _ in range(2):
        for result, wanted in zip(f(value), (expected, expected.sum(axis=1))):
            np.testing.assert_allclose(result, wanted, rtol=1e-10, atol=1e-12)


def test_calls_of_different_sizes_one_after_another():
    f = theano.function([m], T.dot(T.exp(m), m.T).sum(axis=1) + m.sum(axis=1))
    rng = np.random.default_rng(1)
    for shape in [(3, 4), (300, 40), (0, 4), (1, 1), (40, 300), (3, 0), (3, 4)]:
        value = rng.normal(size=shape)
        np.testing.assert_allclose(f(value), (np.exp(value) @ value.T).sum(axis=1) + value.sum(axis=1), rtol=1e-9)
