"""Groups as loops: which axes collapse, where lanes run, chunks, checks, what an access costs."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.loops.programs import check, compiled, frame, kernels, outline, outlines, schedules
from theano.loops.canonical import kernel_key
from theano.loops.ir import Loop
from theano.loops.statements import all_statements
from theano.scalar.instructions import walk

m, w, k3 = T.dmatrix("m"), T.dmatrix("w"), T.dtensor3("k3")
v, i = T.dvector("v"), T.lvector("i")
RANDOM = np.random.default_rng(0)
VALUE, CUBE = RANDOM.normal(size=(5, 7)), RANDOM.normal(size=(3, 4, 5))


class TestCollapsing:
    def test_axes_that_all_walk_together_are_one_loop(self):
        assert outlines([k3], [T.exp(k3)]) == ["v(S)"]
        assert outlines([k3], [T.exp(k3).sum((1, 2))]) == ["i(v(+add) S)"]
        assert outlines([k3], [T.exp(k3).sum((0, 1))]) == ["v(i(+add) S)"]

    def test_a_broadcast_operand_keeps_them_apart(self):
        f = check([k3, m], [T.exp(k3) + m.dimshuffle(0, 1, "x")], CUBE, CUBE[:, :, 0])
        assert [outline(k) for k in kernels(f)] == ["i(v(S))"]

    def test_so_does_a_reversed_one(self):
        f = check([m], [T.exp(m[:, ::-1])], VALUE)
        assert [outline(k) for k in kernels(f)] == ["i(v(S))"]

    def test_so_does_an_index_used_for_itself(self):
        f = check([m], [T.exp(m) + T.arange(m.shape[1])], VALUE)
        assert [outline(k) for k in kernels(f)] == ["i(v(S))"]

    def test_rows_taken_from_the_top_are_still_together(self):
        f = check([m], [T.exp(m[1:])], VALUE)
        assert [outline(k) for k in kernels(f)] == ["v(S)"]

    def test_axes_of_one_element_are_no_loops(self):
        r = T.drow("r")
        assert outlines([r], [T.exp(r).dimshuffle("x", 0, "x", 1)]) == ["v(S)"]


class TestLanes:
    def test_along_a_reduced_last_axis(self):
        assert outlines([k3], [T.exp(k3).sum(2)]) == ["i(v(+add) S)"]

    def test_across_a_kept_last_axis(self):
        f = check([k3], [T.exp(k3).sum(1), T.exp(k3).max(1)], CUBE)
        assert [outline(k) for k in kernels(f)] == ["i(v(i(+add +max) S S))"]


class TestShortRows:
    """Rows of few elements are reduced side by side; one program has both schedules."""

    def test_both_schedules(self):
        assert schedules(compiled([m], [m.sum(1)])) == [("v(i(+add) S)", 16, False), ("i(v(+add) S)", 16, True)]

    def test_only_one_where_the_size_is_known(self):
        few = T.specify_shape(m, (m.shape[0], 3))
        assert outlines([m], [few.sum(1)]) == ["v(i(+add) S)"]
        assert outlines([m], [T.specify_shape(m, (m.shape[0], 300)).sum(1)]) == ["i(v(+add) S)"]

    def test_not_with_what_may_fail(self):
        """Of two kernels of which one runs none may fail."""
        f = check([m, v], [v[T.argmin(m, axis=1)]], VALUE, VALUE[0])
        assert [outline(k) for k in kernels(f)] == ["i(v(+argmin) C S)"] and not schedules(f)
        with pytest.raises(IndexError, match="index 5 "):
            f(-np.eye(7), VALUE[0, :5])

    @pytest.mark.parametrize("columns", [0, 1, 2, 3, 16, 17, 33])
    @pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool"])
    def test_are_right(self, dtype, columns):
        x = T.matrix(dtype=dtype)
        outputs = [x.sum(1), x.prod(1), T.any(x, axis=1), T.sqr(x.sum(axis=1) * 0.25)]
        if columns:
            outputs += [x.max(1), x.min(1), *([T.argmax(x, 1), x.mean(1)] if dtype != "bool" else [])]
        native = theano.function([x], outputs)
        f = check([x], outputs, np.zeros((2, columns), dtype), rtol=1e-5)
        for rows in (0, 1, 15, 150):
            value = (RANDOM.normal(size=(rows, columns)) * 3).astype(dtype)
            for a, b in zip(native(value), check([x], outputs, value, rtol=1e-5)(value)):
                np.testing.assert_array_equal(a, b)
        assert {s[1:] for s in schedules(f)} == {(16, False), (16, True)}


class TestLargeColumns:
    """Down columns that no cache holds, an exponential is computed in each stage that needs it; one program has both schedules."""

    @staticmethod
    def softmax(x):
        e = T.exp(x - x.max(axis=0))
        return e / e.sum(axis=0)

    def test_both_schedules(self):
        large = 1 << 18
        kept, remade = ("v(i(+max) i(S +add) i(S))", large, False), ("v(i(+max) i(+add) i(S))", large, True)
        assert schedules(compiled([m], [self.softmax(m)])) == [kept, remade]

    def test_only_one_where_the_size_is_known(self):
        assert outlines([m], [self.softmax(T.specify_shape(m, (100, 30)))]) == ["v(i(+max) i(S +add) i(S))"]
        assert outlines([m], [self.softmax(T.specify_shape(m, (10000, 30)))]) == ["v(i(+max) i(+add) i(S))"]

    def test_what_is_dear_or_asked_for_is_kept(self):
        assert not schedules(compiled([m], [T.tanh(m - m.sum(axis=0)) / T.tanh(m - m.sum(axis=0)).sum(axis=0)]))
        e = T.exp(m - m.max(axis=0))
        assert not schedules(compiled([m], [e, e / e.sum(axis=0)]))

    @pytest.mark.parametrize("shape", [(0, 3), (4, 5), (530, 500)])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_are_right(self, shape, dtype):
        x, y = T.matrices("xy", dtype=dtype)
        e = T.exp(x - x.sum(axis=0) / 1e3)
        outputs = [e / e.sum(axis=0), e * y - e.mean(axis=0)]
        values = RANDOM.normal(size=(2, *shape)).astype(dtype)
        rtol = 1e-4 if dtype == "float32" else 1e-9
        f = check([x, y], outputs, *values, rtol=rtol)
        for a, b in zip(theano.function([x, y], outputs)(*values), f(*values)):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


class TestPairs:
    """A function of all pairs of rows never builds the array of all differences."""

    x, y = T.fmatrices("x", "y")
    distance = T.sqr(x[:, None, :] - y[None, :, :]).sum(2)

    def test_nothing_has_three_axes(self):
        loss = T.exp(-self.distance).sum()
        f = compiled([self.x, self.y], [loss, *T.grad(loss, [self.x, self.y])])
        assert max(len(b.shape) for b in frame(f).buffers) == 2

    def test_what_is_read_by_all_is_turned_first(self):
        assert schedules(compiled([self.x, self.y], [T.sqrt(self.distance)])) == [
            ("i(v(S))", 32, False),
            ("i(v(i(+add) S))", 32, False),
            ("i(i(v(+add) S))", 32, True),
        ]

    @pytest.mark.parametrize("sizes", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (1, 1, 1), (3, 150, 2), (20, 17, 16), (5, 33, 32), (4, 20, 33)])
    def test_are_right(self, sizes):
        rows, others, features = sizes
        values = [RANDOM.normal(size=(n, features)).astype("float32") for n in (rows, others)]
        kernel = T.exp(-0.1 * self.distance)
        inputs, outputs = [self.x, self.y], [kernel, *T.grad(kernel.sum(), [self.x, self.y])]
        f = check(inputs, outputs, *values, rtol=1e-4)
        for a, b in zip(theano.function(inputs, outputs)(*values), f(*values)):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


class TestChunks:
    @pytest.mark.parametrize("size", [0, 1, 31, 1 << 14, (1 << 14) + 1, 100_003])
    def test_of_a_vector(self, size):
        f = check([v], [T.sqr(v).sum(), v.sum()], RANDOM.normal(size=size))
        assert [outline(k) for k in kernels(f)] == ["i(v(+add +add) S S)", "v(+add +add) S S"]

    def test_the_first_kernel_runs_in_parallel(self):
        assert [k.parallel for k in kernels(compiled([v], [v.sum()]))] == [True, False]

    def test_of_rows_that_are_not_together(self):
        f = check([k3], [T.exp(k3[:, ::-1, ::2]).sum()], CUBE)
        assert [outline(k) for k in kernels(f)] == ["i(i(i(v(+add) +add) +add) S)", "v(+add) S"]

    def test_positions_count_from_the_beginning(self):
        value = RANDOM.normal(size=50_000)
        value[[40_000, 45_000]] = 9.0
        (found,) = compiled([v], [T.argmax(v)])(value)
        assert found == 40_000

    def test_what_is_stored_beside_a_sum(self):
        f = check([v], [T.exp(v), T.exp(v).sum()], RANDOM.normal(size=40_000))
        assert [outline(k) for k in kernels(f)] == ["i(v(S +add) S)", "v(+add) S"]


class TestChecks:
    def test_stand_in_the_loop_that_they_depend_on(self):
        f = check([m, i], [T.exp(m[i])], VALUE, np.array([0, -1, 4]))
        assert [outline(k) for k in kernels(f)] == ["i(C v(S))"]

    def test_before_the_loops_if_on_none(self):
        n = T.lscalar("n")
        f = check([m, n], [T.exp(m[n])], VALUE, np.int64(-2))
        assert [outline(k) for k in kernels(f)] == ["C v(S)"]

    def test_the_first_failure_is_the_one_told(self):
        f = compiled([m, i], [m[i]])
        with pytest.raises(IndexError, match="index 7 "):
            f(VALUE, np.array([0, 7, -9]))


class TestScatter:
    def test_lanes_along_what_maps_to_itself(self):
        f = check([m, i, w], [T.inc_subtensor(m[i], w)], VALUE, np.array([1, 1, -1]), VALUE[:3])
        assert [outline(k) for k in kernels(f)] == ["v(C)", "v(S)", "i(v(S))"]

    def test_one_after_another_where_places_may_repeat(self):
        f = check([v, i], [T.inc_subtensor(v[i], 1.0)], VALUE[0], np.array([1, 1, 1, -1]))
        assert [outline(k) for k in kernels(f)] == ["v(C)", "v(S)", "i(S)"]


class TestParameters:
    def test_extents_and_numbers(self):
        first, second = kernels(compiled([m, k3], [T.exp(m[:, ::-1]) * 3.5, T.exp(k3[0][:, ::-1]) * 4.5]))
        assert kernel_key(first) == kernel_key(second) and len(first.scalars) == 1

    def test_common_numbers_are_code(self):
        (kernel,) = kernels(compiled([v], [T.exp(v) + 1]))
        assert kernel.scalars == ()

    def test_each_element_is_loaded_once(self):
        (kernel,) = kernels(compiled([v], [T.exp(v) + v, v * T.tanh(v)]))
        (loop,) = (s for s in all_statements(kernel.body) if isinstance(s, Loop))
        loads = {x for s in loop.body for x in walk([s.value]) if x.op == "load"}
        assert len(loads) == 1
