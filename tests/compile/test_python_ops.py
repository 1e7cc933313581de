"""Operations that users write: ``perform`` as a step of the program, in every form the classic interface knows."""

import gc

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import raising, resized
from theano.graph import Apply, Op
from theano.loops.ir import PythonStep, walk_steps

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y, m = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
a, n = T.dscalar("a"), T.lscalar("n")
X = np.linspace(-1, 2, 5)


class Doubling(Op):
    """The form of the tutorial: make_node, perform, infer_shape, grad."""

    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        output_storage[0][0] = x * 2

    def infer_shape(self, node, input_shapes):
        return input_shapes

    def grad(self, inputs, output_grads):
        return [output_grads[0] * 2]

    def R_op(self, inputs, eval_points):
        return [] if eval_points[0] is None else self.grad(inputs, eval_points)


class Affine(Op):
    """Parameters that are props, types that are declared, two outputs."""

    __props__ = ("slope", "offset")
    itypes = [T.dmatrix]
    otypes = [T.dmatrix, T.dscalar]

    def __init__(self, slope, offset):
        self.slope, self.offset = slope, offset

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * self.slope + self.offset
        output_storage[1][0] = np.asarray(inputs[0].sum())


class Scripted(Op):
    """Runs any function; no props, so every instance is its own."""

    def __init__(self, function, types):
        self.function, self.types = function, types

    def make_node(self, *inputs):
        return Apply(self, [T.as_tensor_variable(v) for v in inputs], [t() for t in self.types])

    def perform(self, node, inputs, output_storage):
        results = self.function(*inputs)
        for cell, result in zip(output_storage, results if isinstance(results, tuple) else (results,)):
            cell[0] = result


def scripted(function, *inputs, types=(T.dvector,)):
    return Scripted(function, types)(*inputs)


@pytest.mark.parametrize("mode", MODES)
class TestSteps:
    def test_a_value(self, mode):
        f = theano.function([x], Doubling()(x), mode=mode)
        np.testing.assert_array_equal(f(X), X * 2)
        assert sum(isinstance(step, PythonStep) for step in walk_steps(f.maker.compilation.program.frame)) == 1

    def test_between_native_steps(self, mode):
        f = theano.function([x, y], T.exp(Doubling()(x * y + 1)) - x, mode=mode)
        np.testing.assert_allclose(f(X, X), np.exp(2 * (X * X + 1)) - X)

    def test_a_gradient(self, mode):
        f = theano.function([x], T.grad((Doubling()(x) ** 2).sum(), x), mode=mode)
        np.testing.assert_allclose(f(X), 8 * X)

    def test_a_forward_derivative(self, mode):
        f = theano.function([x, y], theano.Rop(Doubling()(x) ** 2, x, y), mode=mode)
        np.testing.assert_allclose(f(X, X + 1), 8 * X * (X + 1))

    def test_declared_types_and_props(self, mode):
        image, total = Affine(2, 1)(m)
        f = theano.function([m], [image, total + image.sum()], mode=mode)
        value = np.arange(6.0).reshape(2, 3)
        np.testing.assert_array_equal(f(value)[0], value * 2 + 1)
        assert f(value)[1] == 15 + 36

    def test_an_input_that_is_a_view(self, mode):
        seen = []
        f = theano.function([m], scripted(lambda v: (seen.append(v.flags.c_contiguous), v.sum(axis=0))[1], m.T[::-1]), mode=mode)
        value = np.arange(6.0).reshape(2, 3)
        np.testing.assert_array_equal(f(value), value.T.sum(axis=0))
        assert seen == [True]

    def test_results_in_any_layout(self, mode):
        f = theano.function([m], scripted(lambda v: v.T, m, types=[T.dmatrix]) + 0, mode=mode)
        value = np.arange(6.0).reshape(2, 3)
        np.testing.assert_array_equal(f(value), value.T)
        g = theano.function([x], scripted(lambda v: v[::-2], x) * 1, mode=mode)
        np.testing.assert_array_equal(g(X), X[::-2])

    @pytest.mark.parametrize("give", [lambda v: float(v.sum()), lambda v: v.sum(), lambda v: np.array(v.sum())])
    def test_numbers_as_results(self, give, mode):
        f = theano.function([x], scripted(give, x, types=[T.dscalar]) + 1, mode=mode)
        assert f(X) == X.sum() + 1

    def test_a_result_that_is_its_argument(self, mode):
        f = theano.function([x], [scripted(lambda v: v, x), scripted(lambda v: v[1:], x)], mode=mode)
        value = X.copy()
        for result in f(value):
            assert not np.may_share_memory(result, value)
            result[...] = 9
        np.testing.assert_array_equal(value, X)

    def test_two_results_that_are_one_array(self, mode):
        f = theano.function([x], scripted(lambda v: (lambda w: (w, w))(v + 1), x, types=[T.dvector, T.dvector]), mode=mode)
        first, second = f(X)
        first[...] = 9
        np.testing.assert_array_equal(second, X + 1)

    def test_a_result_that_the_op_keeps(self, mode):
        kept = np.zeros(5)

        def fill(v):
            kept[...] = v
            return kept

        f = theano.function([x], scripted(fill, x), mode=mode)
        first = f(X)
        f(X + 1)
        np.testing.assert_array_equal(first, X)

    def test_an_argument_written_to_without_saying_so_is_not_the_callers(self, mode):
        store = theano.shared(X.copy())

        class Zeroing(Op):
            destroy_map = {0: [0]}
            __props__ = ()
            itypes = otypes = [T.dvector]

            def perform(self, node, inputs, output_storage):
                inputs[0][...] = 0
                output_storage[0][0] = inputs[0]

        f = theano.function([x], [Zeroing()(x), Zeroing()(store), x + 1, store + 1], mode=mode, accept_inplace=True)
        value = X.copy()
        zero, also, rest, stored = f(value)
        np.testing.assert_array_equal(value, X)
        np.testing.assert_array_equal(store.get_value(), X)
        np.testing.assert_array_equal(np.stack([zero, also]), np.zeros((2, 5)))
        np.testing.assert_array_equal(np.stack([rest, stored]), [X + 1, X + 1])

    def test_as_an_update(self, mode):
        store = theano.shared(X)
        f = theano.function([], store.sum(), updates=[(store, Doubling()(store))], mode=mode)
        f(), f()
        np.testing.assert_array_equal(store.get_value(), X * 4)

    def test_shapes_that_only_it_knows(self, mode):
        f = theano.function([x, n], [resized(x, n), resized(x, n).shape[0], resized(x, n) * 2 + 1], mode=mode)
        for size in (0, 2, 7):
            value, length, more = f(X, size)
            expected = np.append(X, [0, 0])[:size]
            np.testing.assert_array_equal(value, expected)
            assert length == size
            np.testing.assert_array_equal(more, expected * 2 + 1)

    def test_only_its_shape(self, mode):
        f = theano.function([x, n], resized(x, n).shape[0] * 2, mode=mode)
        assert f(X, 3) == 6

    def test_values_that_are_no_tensors(self, mode):
        class Parse(Op):
            __props__ = ()

            def make_node(self, text):
                return Apply(self, [text], [theano.generic()])

            def perform(self, node, inputs, output_storage):
                output_storage[0][0] = inputs[0].split(",")

        class Count(Op):
            __props__ = ()

            def make_node(self, parts):
                return Apply(self, [parts], [T.lscalar()])

            def perform(self, node, inputs, output_storage):
                output_storage[0][0] = np.asarray(len(inputs[0]))

        text = theano.generic("text")
        parts = Parse()(text)
        f = theano.function([text, a], [Count()(parts) * a, parts], mode=mode)
        number, found = f("p,q,r", 2)
        assert number == 6 and found == ["p", "q", "r"]

    def test_complex_numbers(self, mode):
        z = T.zvector("z")
        f = theano.function([z], scripted(np.conj, z, types=[T.zvector]), mode=mode)
        np.testing.assert_array_equal(f([1 + 2j]), [1 - 2j])


@pytest.mark.parametrize("mode", MODES)
class TestErrors:
    def test_an_error_has_a_note_with_the_line(self, mode):
        f = theano.function([a, n], raising(a, n), mode=mode)
        with pytest.raises(ZeroDivisionError, match="flag is 3") as caught:
            f(1, 3)
        (note,) = caught.value.__notes__
        assert note.startswith("in Raising.perform, applied at test_python_ops.py:")
        assert caught.traceback[-1].name == "perform"
        assert f(1, 0) == 1

    def test_an_output_left_empty(self, mode):
        f = theano.function([x], scripted(lambda v: (), x), mode=mode)
        with pytest.raises(ValueError, match=r"perform of Scripted.* left output 0 empty"):
            f(X)

    @pytest.mark.parametrize(
        ("result", "said"),
        [
            (np.ones((2, 2)), "rank 1"), (np.ones(2, "complex128"), "dtype float64"), ("text", "dtype float64"),
        ],
    )  # fmt: skip
    def test_a_result_of_the_wrong_type(self, result, said, mode):
        f = theano.function([x], scripted(lambda v: result, x), mode=mode)
        with pytest.raises(TypeError, match=said) as caught:
            f(X)
        assert "applied at test_python_ops.py" in caught.value.__notes__[0]

    def test_an_interrupt_passes(self, mode):
        def interrupt(v):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            theano.function([x], scripted(interrupt, x), mode=mode)(X)

    def test_wrong_inputs_when_the_graph_is_built(self, mode):
        with pytest.raises(TypeError):
            raising(x, n)

    def test_a_shape_that_is_not_the_inferred_one(self, mode):
        class Lying(Doubling):
            def perform(self, node, inputs, output_storage):
                output_storage[0][0] = inputs[0][:-1]

        f = theano.function([x], Lying()(x) + x, mode=mode)
        with pytest.raises(ValueError):
            f(X)


def test_merged_if_equal():
    calls = []

    class Counting(Doubling):
        def perform(self, node, inputs, output_storage):
            calls.append(1)
            super().perform(node, inputs, output_storage)

    theano.function([x], Counting()(x) + Counting()(x))(X)
    assert len(calls) == 1


def test_not_run_if_not_needed():
    f = theano.function([x, n], [raising(x.sum(), n) * 0 + 1, Doubling()(x).shape[0]])
    f(X, 0)
    assert f.maker.compilation.program is not None
    g = theano.function([x], Doubling()(x).shape[0])
    assert not [step for step in walk_steps(g.maker.compilation.program.frame) if isinstance(step, PythonStep)]


def test_a_function_called_inside_an_op():
    inner = theano.function([x], x.sum() * 2)
    f = theano.function([x], scripted(lambda v: np.asarray([inner(v), inner(v * 2)]), x) + 1)
    np.testing.assert_allclose(f(X), np.array([X.sum() * 2, X.sum() * 4]) + 1)


def test_an_op_may_look_at_all_objects():
    seen = []

    def look(v):
        seen.extend(len([*each]) for each in gc.get_objects() if type(each) is list)
        return v

    f = theano.function([x], [scripted(look, x), x + 1, x * 2])
    np.testing.assert_array_equal(f(X), [X, X + 1, X * 2])
    assert seen


def test_a_function_that_calls_itself_inside_an_op():
    holder = []

    def again(v):
        return v if len(v) <= 1 else np.append(holder[0](v[1:]), v[0])

    holder.append(theano.function([x], scripted(again, x * 1) + T.ones_like(x)))
    np.testing.assert_array_equal(holder[0](np.zeros(4)), [4, 3, 2, 1])


def test_an_op_that_sets_the_shared_variable_which_the_call_reads():
    store = theano.shared(np.ones(5))

    def replace(v):
        store.set_value(np.full(5, 7.0))
        return v

    f = theano.function([x], scripted(replace, x) + store)
    np.testing.assert_array_equal(f(np.zeros(5)), np.ones(5))
    np.testing.assert_array_equal(store.get_value(), np.full(5, 7.0))
