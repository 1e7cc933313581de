"""What lowering makes of a graph: which results are computed again at each use, which views cost nothing, what is an extent."""

from itertools import pairwise

import numpy as np
import pytest

import theano.tensor as T
from tests.loops.programs import check, compiled, kernels
from theano.errors import ShapeError
from theano.graph import io_toposort
from theano.loops.lower import Lowering
from theano.loops.making import FREE_WORK

x, y = T.dvector("x"), T.dvector("y")
m = T.dmatrix("m")
n = T.lscalar("n")


def lowered(*outputs, inputs=(x, y, m, n)):
    low = Lowering()
    for position, variable in enumerate(inputs):
        low.source(variable, "input", position)
    low.graph(io_toposort(list(inputs), list(outputs)))
    return low


def inline(variable):
    return lowered(variable).values[variable].inline


class TestFree:
    """What is computed again at each use rather than stored."""

    def test_one_read_and_little_work(self):
        assert inline(x * 2 + 1)
        assert inline(T.alloc(2.0, n))
        assert inline(T.arange(n))

    def test_two_reads_are_not(self):
        assert not inline(x * y)

    def test_a_scalar_may_read_two(self):
        a, b = T.dscalars("a", "b")
        assert lowered(a / b, inputs=(a, b)).values

    @pytest.mark.parametrize("kind", ["dvector", "lvector"])
    def test_much_work_is_not(self, kind):
        """A chain is stored at every few of its links."""
        source = getattr(T, kind)("source")
        chain = [source]
        for k in range(8 * FREE_WORK):
            chain.append(abs(chain[-1]) - k)
        low = lowered(*chain[1:], inputs=(source,))
        stored = [k for k, z in enumerate(chain) if not low.values[z].inline]
        assert all(2 < b - a <= FREE_WORK + 1 for a, b in pairwise(stored))

    @pytest.mark.parametrize("f", [T.exp, lambda v: 1 / v, T.sqrt])
    def test_dear_operations_are_not(self, f):
        assert not inline(f(x))

    def test_checked_reads_are_not(self):
        i = T.lvector("i")
        element, gathered = x[n], x[i]
        low = lowered(element, gathered, inputs=(x, n, i))
        assert not low.values[element].inline and not low.values[gathered].inline


class TestViews:
    def test_cost_nothing(self):
        low = lowered(m.T[::-1, 1:].dimshuffle(0, "x", 1), inputs=(m,))
        assert all(nest.results[0].shape == () for nest in low.nests), "constants of the slices only"

    def test_reshape_of_a_view_of_whole_rows_is_read_in_place(self):
        f = check([m], [m.reshape((m.shape[1], m.shape[0])).flatten() + 1], np.arange(6.0).reshape(2, 3))
        assert len(kernels(f)) == 1

    def test_reshape_of_a_transposed_matrix_takes_one_copy(self):
        f = check([m], [T.exp(m.T.flatten())], np.arange(6.0).reshape(2, 3))
        assert len(kernels(f)) == 2


class TestExtents:
    def test_a_size_is_an_extent_however_computed(self):
        low = lowered(T.zeros((x.shape[0] * 2 - 1,)), inputs=(x,))
        assert not low.extents.telling

    def test_so_is_an_element_of_a_shape(self):
        assert not lowered(T.zeros((m.shape[1],)), T.arange(T.stack([n, n + 2])[1]), inputs=(m, n)).extents.telling

    def test_a_number_in_an_input_is_known_on_entry(self):
        assert not lowered(T.zeros((n + 1,)), inputs=(n,)).extents.telling

    @pytest.mark.parametrize("build", [lambda b: b + b, lambda b: T.cast(n, "int8"), lambda b: T.cast(b, "uint8")])
    def test_what_may_wrap_round_is_found_by_running(self, build):
        b = T.bscalar("b")
        size = T.cast(build(b), "int64") + 200
        assert lowered(T.arange(size), inputs=(b, n)).extents.telling
        check([b, n], [T.arange(size)], np.int8(100), np.int64(300))

    def test_shared_subexpressions_are_read_once(self):
        """Each level uses the one before twice."""
        a = n
        for k in range(200):
            a = (a + k) * 3 - (a - k) * 2 - a
        low = lowered(T.arange(a), inputs=(n,))
        assert not low.extents.telling and len(low.trace) < 10_000

    def test_a_long_chain_is_no_deep_recursion(self):
        a = n
        for k in range(3000):
            a = a + (k % 3)
        assert not lowered(T.arange(a), inputs=(n,)).extents.telling

    def test_a_high_power_is_no_extent(self):
        """An integer to the power of an integer multiplies itself sixty times over."""
        k = T.lscalar("k")
        f = compiled([n, k], n**k)
        assert [int(f(base, exponent)) for base, exponent in ((2, 10), (-3, 3), (7, 0), (2, 62))] == [1024, -27, 1, 2**62]


class TestGuards:
    def test_each_equality_once(self):
        low = lowered(x + y, x * y, T.exp(y) - x, inputs=(x, y))
        assert len(low.guards) == 1

    def test_two_sizes_that_owe_it_to_a_third_are_compared_directly(self):
        """The number is found after kernels over both have run: these need a guard on entry."""
        w = T.dvector("w")
        number = T.cast(w.sum(), "int64")
        outputs = [x + T.zeros((number,)), y + T.zeros((number,)), T.tanh(x) + y]
        low = lowered(*outputs, inputs=(x, y, w))
        early = [g for g in low.guards if not (low.extents.is_told(g.left) or low.extents.is_told(g.right))]
        assert len([g for g in low.guards if g.relation == "equal"]) == 2 and len(early) == 1
        f = compiled([x, y, w], outputs)
        with pytest.raises(ShapeError):
            f(np.ones(5), np.ones(3), np.ones(5))
        assert len(f(np.ones(5), np.ones(5), np.ones(5))[2]) == 5

    def test_numbers_that_contradict_fail_on_entry(self):
        a, b = T.specify_shape(x, (3,)), T.specify_shape(y, (4,))
        f = compiled([x, y], [a, b, x + y])
        with pytest.raises(ValueError):
            f(np.ones(3), np.ones(3))
