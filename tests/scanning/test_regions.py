"""Loops and branches inside the one native program: values, laziness, sizes, errors."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import raising, resized
from theano.errors import BoundsError, ShapeError
from theano.loops.ir import IfRegion, LoopRegion, PythonStep, walk_steps
from theano.scanning import branch, repeat

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y, m = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
a, n, k, i = T.dscalar("a"), T.lscalar("n"), T.lscalar("k"), T.lvector("i")
X, Y = np.linspace(-1, 2, 5), np.linspace(0.5, 3, 5)
M = np.random.default_rng(0).normal(size=(5, 5)) / 3

pytestmark = pytest.mark.parametrize("mode", MODES)


def compiled(inputs, outputs, mode, **options):
    f = theano.function(inputs, outputs, mode=mode, **options)
    assert not [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, PythonStep)]
    return f


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)


class TestLoops:
    def test_against_a_loop_of_numpy(self, mode):
        f = compiled([x, m, n], repeat(lambda step, s: [T.tanh(T.dot(m, s)) + 0.1 * step], n, [x])[0], mode)
        for count in (0, 1, 2, 7):
            state = X
            for step in range(count):
                state = np.tanh(M @ state) + 0.1 * step
            close(f(X, M, count), state)

    def test_it_is_one_region(self, mode):
        f = compiled([x, n], repeat(lambda step, s: [s * 2], n, [x])[0], mode)
        assert sum(isinstance(step, LoopRegion) for step in walk_steps(f.maker.compilation.program.frame)) == 1

    def test_no_step(self, mode):
        f = compiled([x, n], repeat(lambda step, s: [s * 2], n, [x]), mode)
        value = X.copy()
        (result,) = f(value, 0)
        close(result, X)
        assert not np.may_share_memory(result, value)

    def test_a_negative_number_of_steps(self, mode):
        f = compiled([x, n], repeat(lambda step, s: [s * 2], n, [x]), mode)
        with pytest.raises(ShapeError, match=r"number of steps of a loop is -2, less than 0(.|\n)*test_regions.py"):
            f(X, -2)

    def test_a_constant_number_of_steps(self, mode):
        close(compiled([x], repeat(lambda step, s: [s * 2], 3, [x])[0], mode)(X), X * 8)

    def test_a_number_of_steps_that_is_computed(self, mode):
        f = compiled([x, i], repeat(lambda step, s: [s + 1], i.sum(), [x])[0], mode)
        close(f(X, [1, 2]), X + 3)
        close(f(X, []), X)

    def test_states_that_are_swapped(self, mode):
        f = compiled([x, y, n], repeat(lambda step, p, q: [q, p], n, [x, y]), mode)
        for count in range(4):
            first, second = f(X, Y, count)
            close(first, (X, Y)[count % 2])
            close(second, (Y, X)[count % 2])

    def test_next_states_see_the_old_ones(self, mode):
        f = compiled([x, y, n], repeat(lambda step, p, q: [p + q, p * q, p - 1][:2], n, [x, y]), mode)
        p, q = X, Y
        for _ in range(4):
            p, q = p + q, p * q
        first, second = f(X, Y, 4)
        close(first, p)
        close(second, q)

    def test_a_state_that_stays_and_one_that_is_used_twice(self, mode):
        f = compiled([x, y, n], repeat(lambda step, p, q, r: [p, p + q, p + q], n, [x, y, x]), mode)
        stays, sums, same = f(X, Y, 3)
        close(stays, X)
        close(sums, Y + 3 * X)
        close(same, Y + 3 * X)

    def test_states_of_several_shapes_and_dtypes(self, mode):
        initial = [x, T.constant(np.int64(0)), T.constant(np.zeros((2, 3), "float32")), T.constant(np.True_)]

        def advance(step, p, count, grid, flag):
            return [p * 0.5, count + step, grid + T.cast(step, "float32"), T.invert(flag)]

        p, count, grid, flag = compiled([x, n], repeat(advance, n, initial), mode)(X, 5)
        close(p, X / 32)
        close(grid, np.full((2, 3), 10))
        assert (count, count.dtype, grid.dtype, flag, flag.dtype) == (10, "int64", "float32", False, "bool")

    def test_the_counter(self, mode):
        assert compiled([n], repeat(lambda step, last: [step], n, [T.constant(np.int64(-1))])[0], mode)(5) == 4

    def test_an_element_for_each_step(self, mode):
        f = compiled([x, n], repeat(lambda step, s: [s * 0.5 + x[step]], n, [T.constant(np.float64(1))])[0], mode)
        state = 1.0
        for value in X:
            state = state * 0.5 + value
        close(f(X, 5), state)

    def test_a_row_written_in_each_step(self, mode):
        f = compiled([m, n], repeat(lambda step, s: [T.set_subtensor(s[step], s[step - 1] + 1)], n, [m])[0], mode)
        expected = M.copy()
        for step in range(5):
            expected[step] = expected[step - 1] + 1
        close(f(M, 5), expected)

    def test_invariants(self, mode):
        weights = theano.shared(M, name="weights")
        f = compiled([x, a, n], repeat(lambda step, s: [T.dot(weights, s) * a + T.exp(x).sum()], n, [x])[0], mode)
        state = X
        for _ in range(3):
            state = M @ state * 0.5 + np.exp(X).sum()
        close(f(X, 0.5, 3), state)

    def test_reductions_and_products(self, mode):
        f = compiled([m, n], repeat(lambda step, s: [T.dot(s, m) / s.sum() + s.max(axis=0)], n, [m])[0], mode)
        value = abs(M)
        state = value
        for _ in range(3):
            state = state @ value / state.sum() + state.max(axis=0)
        close(f(value, 3), state)

    def test_one_inside_another(self, mode):
        f = compiled([x, n, k], repeat(lambda step, s: repeat(lambda inner, t: [t * 0.9 + step * inner + s], k, [s]), n, [x])[0], mode)
        for outer in (0, 2):
            for inner in (0, 1, 3):
                state = X
                for step in range(outer):
                    start = state
                    for count in range(inner):
                        state = state * 0.9 + step * count + start
                close(f(X, outer, inner), state)

    def test_one_after_another(self, mode):
        once = repeat(lambda step, s: [s + 1], n, [x])[0]
        f = compiled([x, n], [once.sum(), repeat(lambda step, s: [s * 2 + once], n, [once])[0]], mode)
        total, state = f(X, 2)
        close(total, (X + 2).sum())
        close(state, (X + 2) * 7)

    def test_a_size_that_differs_from_step_to_step(self, mode):
        f = compiled(
            [x, n], repeat(lambda step, s: [s + T.exp(T.arange(step + 2) * 0.0).sum() * T.ones_like(x[step:]).sum()], n, [x])[0], mode
        )
        close(f(X, 3), X + 2 * 5 + 3 * 4 + 4 * 3)

    def test_scratch_of_the_loop_grows_with_its_steps(self, mode):
        f = compiled([x, n], repeat(lambda step, s: [s + T.dot(T.ones((step * 40 + 1, 5)), s).sum() * 0], n, [x])[0], mode)
        close(f(X, 6), X)

    def test_updates_in_the_same_function(self, mode):
        store = theano.shared(X, name="store")
        last = repeat(lambda step, s: [s + store], n, [store])[0]
        f = compiled([n], last.sum(), mode, updates=[(store, last)])
        close(f(2), X.sum() * 3)
        close(f(1), X.sum() * 6)
        close(store.get_value(), X * 6)

    def test_a_graph_of_a_shape_only(self, mode):
        (state,) = repeat(lambda step, s: [s * 2], n, [x])
        assert compiled([x, n], state.shape[0], mode, on_unused_input="ignore")(X, 3) == 5

    def test_python_in_every_step(self, mode):
        f = theano.function([x, n, k], repeat(lambda step, s: [resized(s * 2, k)], n, [x])[0], mode=mode)
        close(f(X, 3, 5), X * 8)
        close(f(X, 0, 99), X)
        with pytest.raises(ShapeError, match="a state of a loop must keep its shape: 4 and 5"):
            f(X, 1, 4)

    def test_an_error_in_a_step(self, mode):
        f = theano.function(
            [x, i, n, k], repeat(lambda step, s: [s + raising(x[i[step]], T.cast(T.eq(step, k), "int64"))], n, [x])[0], mode=mode
        )
        with pytest.raises(BoundsError, match="index 9"):
            f(X, [0, 9], 2, -1)
        with pytest.raises(ZeroDivisionError) as caught:
            f(X, [0, 1, 2], 3, 1)
        assert "Raising.perform, applied at test_regions.py" in caught.value.__notes__[0]
        close(f(X, [0, 1, 2], 3, 5), X + X[:3].sum())
        close(f(X, [9], 0, 5), X)

    def test_sizes_inside_matter_only_if_there_are_steps(self, mode):
        f = compiled([x, y, n], [repeat(lambda step, s: [s + y], n, [x])[0], x * 2, y * 3, (y + 1).sum()], mode)
        for count, value in ((0, Y[:3]), (0, np.append(Y, Y)), (2, Y)):
            results = f(X, value, count)
            close(results[0], X + count * value if count else X)
            close(results[1], X * 2)
            close(results[2], value * 3)
            close(results[3], (value + 1).sum())
        with pytest.raises(ShapeError, match=r"add: sizes differ: 5 and 3(.|\n)*right  y  float64 \(3,\)"):
            f(X, Y[:3], 1)


class TestBranches:
    def test_either_side(self, mode):
        f = compiled([x, y, a], branch(T.gt(a, 0), [x * 2, y.sum()], [x + y, x[0]]), mode)
        for value, expected in ((1.0, (X * 2, Y.sum())), (-1.0, (X + Y, X[0]))):
            for result, wanted in zip(f(X, Y, value), expected, strict=True):
                close(result, wanted)

    def test_it_is_a_region(self, mode):
        f = compiled([x, n], branch(n, [T.exp(x)], [T.log(x)])[0], mode)
        assert sum(isinstance(step, IfRegion) for step in walk_steps(f.maker.compilation.program.frame)) == 1

    @pytest.mark.parametrize("condition", [T.bscalar("c"), T.lscalar("c"), T.dscalar("c"), T.fscalar("c"), T.TensorType("bool", ())("c")])
    def test_conditions_of_every_dtype(self, condition, mode):
        f = compiled([condition, x], branch(condition, [x], [-x])[0], mode)
        for value in (0, 1, 2, -1, 0.5, np.nan):
            if np.asarray(value).dtype.kind == "f" and condition.dtype not in ("float64", "float32"):
                continue
            given = np.asarray(value).astype(condition.dtype)
            close(f(given, X), X if given else -X)

    def test_an_index_out_of_range_in_the_other_side(self, mode):
        f = compiled([x, n, k], branch(k, [x[n]], [x[0]])[0], mode)
        close(f(X, 99, 0), X[0])
        close(f(X, 2, 1), X[2])
        with pytest.raises(BoundsError, match="index 99"):
            f(X, 99, 1)

    def test_python_in_the_other_side(self, mode):
        f = theano.function([a, n, k], branch(k, [raising(a, n)], [a + 1])[0], mode=mode)
        close(f(2.0, 1, 0), 3.0)
        close(f(2.0, 0, 1), 2.0)
        with pytest.raises(ZeroDivisionError):
            f(2.0, 1, 1)

    def test_work_shared_with_the_outside(self, mode):
        both = T.exp(x)
        f = compiled([x, n], [branch(n, [both * 2], [both.sum() + x])[0], both], mode)
        for flag, expected in ((1, np.exp(X) * 2), (0, np.exp(X).sum() + X)):
            result, outside = f(X, flag)
            close(result, expected)
            close(outside, np.exp(X))

    def test_sizes_in_the_other_side_do_not_matter(self, mode):
        chosen = branch(T.eq(x.shape[0], y.shape[0]), [x + y], [x * 2])[0]
        f = compiled([x, y], [chosen + 1, x * 3, y * 2, (y + 1).sum()], mode)
        for value in (Y, Y[:2], np.append(Y, Y)):
            first, *rest = f(X, value)
            close(first, (X + value if len(value) == 5 else X * 2) + 1)
            for result, expected in zip(rest, (X * 3, value * 2, (value + 1).sum()), strict=True):
                close(result, expected)

    def test_sizes_in_the_taken_side_do(self, mode):
        f = compiled([x, y, n], branch(n, [x + y], [x])[0], mode)
        close(f(X, Y[:2], 0), X)
        with pytest.raises(ShapeError, match="add: sizes differ: 5 and 2"):
            f(X, Y[:2], 1)

    def test_sides_of_different_sizes(self, mode):
        chosen = branch(n, [x[:2]], [T.concatenate([x, x])])[0]
        f = compiled([x, n], [chosen, chosen.sum(), T.exp(chosen)[::-1], chosen.shape[0]], mode)
        for flag, expected in ((1, X[:2]), (0, np.append(X, X))):
            value, total, reverse, size = f(X, flag)
            close(value, expected)
            close(total, expected.sum())
            close(reverse, np.exp(expected)[::-1])
            assert size == len(expected)

    def test_a_side_whose_size_only_python_knows(self, mode):
        f = theano.function([x, n, k], branch(k, [resized(x, n)], [x])[0] * 2, mode=mode)
        close(f(X, 2, 1), X[:2] * 2)
        close(f(X, -5, 0), X * 2)

    def test_constants_and_inputs_as_sides(self, mode):
        f = compiled([x, n], branch(n, [x], [T.constant(np.arange(3.0))])[0], mode)
        close(f(X, 1), X)
        close(f(X, 0), [0, 1, 2])
        f(X, 0)[0] = 9
        close(f(X, 0), [0, 1, 2])

    def test_one_inside_another(self, mode):
        inner = branch(T.gt(a, 1), [x * 3], [x * 2])[0]
        f = compiled([x, a], branch(T.gt(a, 0), [inner + 1], [x])[0], mode)
        for value, expected in ((2.0, X * 3 + 1), (0.5, X * 2 + 1), (-1.0, X)):
            close(f(X, value), expected)

    def test_in_a_loop(self, mode):
        f = compiled([x, n], repeat(lambda step, s: branch(T.eq(step % 2, 0), [s + x], [s * 2]), n, [x])[0], mode)
        state = X
        for step in range(5):
            state = state * 2 if step % 2 else state + X
        close(f(X, 5), state)

    def test_around_a_loop(self, mode):
        f = compiled([x, n, k], branch(k, repeat(lambda step, s: [s + x], n, [x]), [x])[0], mode)
        close(f(X, 3, 1), X * 4)
        close(f(X, -3, 0), X)
        with pytest.raises(ShapeError, match="-3"):
            f(X, -3, 1)

    def test_types_that_differ(self, mode):
        with pytest.raises(TypeError, match=r"the sides have types TensorType\(float64, vector\) and TensorType\(float64, scalar\)"):
            branch(n, [x], [a])

    def test_as_an_update(self, mode):
        best = theano.shared(np.zeros(5), name="best")
        f = compiled([x], [], mode, updates=[(best, branch(T.gt(x.sum(), best.sum()), [x], [best])[0])])
        f(X), f(X - 1), f(X / 2)
        close(best.get_value(), X)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_python_reads_the_last_state(mode, steps):
    """The state is an array of Python's then, and so is what it changes places with."""
    last = repeat(lambda step, s, t: [T.tanh(s) + x, t + s], n, [x, 2 * x])
    f = theano.function([x, n], [resized(last[0], 4), resized(last[1], 3), last[0] * 2], mode=mode)
    s, t = X, 2 * X
    for _ in range(steps):
        s, t = np.tanh(s) + X, t + s
    for _ in range(2):
        for found, expected in zip(f(X, steps), (s[:4], t[:3], 2 * s)):
            close(found, expected)


def test_a_state_must_keep_its_type(mode):
    with pytest.raises(TypeError):
        repeat(lambda step, s: [T.cast(s, "float32")], n, [x])[0].eval({x: X, n: 1}, mode=mode)


def test_the_number_of_steps_is_an_integer(mode):
    with pytest.raises(TypeError, match="number of steps must be an integer scalar"):
        repeat(lambda step, s: [s], a, [x])
