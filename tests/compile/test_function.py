"""``theano.function``: its arguments, its results, its updates, and what may share memory with what."""

import gc
import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import counter
from theano.errors import MissingInputError, UnusedInputError

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y = T.dvector("x"), T.dvector("y")
a, b = T.dscalar("a"), T.dscalar("b")


def same(value, expected):
    """Equal arrays of equal dtype and shape."""
    assert type(value) is np.ndarray
    expected = np.asarray(expected)
    assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(value, expected)


# ------------------------------------------------------------------------------------------------ results


@pytest.mark.parametrize("mode", MODES)
def test_one_output_comes_bare(mode):
    same(theano.function([a], a + 1, mode=mode)(2.0), 3.0)


@pytest.mark.parametrize("mode", MODES)
def test_a_list_of_one_comes_as_a_list(mode):
    result = theano.function([a], [a + 1], mode=mode)(2.0)
    assert type(result) is list and len(result) == 1
    same(result[0], 3.0)


def test_a_tuple_of_outputs_comes_as_a_list():
    result = theano.function([a], (a, a + 1))(2.0)
    assert type(result) is list
    same(result[1], 3.0)


@pytest.mark.parametrize("mode", MODES)
def test_a_dictionary_comes_as_a_dictionary_in_the_order_of_its_keys(mode):
    result = theano.function([a], {"twice": a * 2, "more": a + 1}, mode=mode)(2.0)
    assert type(result) is dict and list(result) == ["more", "twice"]
    same(result["twice"], 4.0)
    same(result["more"], 3.0)


def test_an_empty_dictionary():
    assert theano.function([], {})() == {}


def test_keys_that_are_no_strings():
    with pytest.raises(TypeError, match="keys of an outputs dict must be strings"):
        theano.function([a], {1: a})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("outputs", [None, []])
def test_no_output_is_an_empty_list(outputs, mode):
    assert theano.function([], outputs, mode=mode)() == []


def test_a_number_and_an_array_as_outputs():
    number, array = theano.function([], [3, np.arange(2.0)])()
    same(number, np.int8(3))
    same(array, [0.0, 1.0])


def test_what_is_no_variable_as_output():
    with pytest.raises(TypeError, match="is not a symbolic variable"):
        theano.function([a], "a")


def test_results_of_rank_0_are_arrays():
    for inputs, output in (([a], a * 2), ([a], a), ([], T.constant(2.0)), ([], theano.shared(2.0)), ([x], x.sum()), ([x], x[0])):
        assert type(theano.function(inputs, output)(*([1.0] if v is x else 1.0 for v in inputs))) is np.ndarray


def test_out():
    same(theano.function([a], theano.Out(a * 2, borrow=True))(3), 6.0)
    same(theano.function([a], [theano.Out(a * 2)])(3)[0], 6.0)


# ------------------------------------------------------------------------------------------------ inputs


def test_by_position_and_by_name():
    f = theano.function([x, a], x * a)
    same(f([1.0, 2.0], 3), [3.0, 6.0])
    same(f(a=3, x=[1.0, 2.0]), [3.0, 6.0])
    same(f([1.0, 2.0], a=3), [3.0, 6.0])


def test_names_given_by_in():
    f = theano.function([theano.In(a, name="alpha"), ("beta", b, 4.0)], a - b)
    same(f(alpha=1), -3.0)
    same(f(1, beta=2), -1.0)


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, "missing argument 0, the input x"),
        (([1.0],), {}, "missing argument 1, the input a"),
        (([1.0], 2, 3), {}, "takes 2 arguments, 3 were given"),
        (([1.0], 2), {"a": 3}, "the input 'a' is given twice"),
        (([1.0],), {"A": 3}, "no input named 'A'; it takes x"),
    ],
)
def test_wrong_arguments(args, kwargs, said):
    f = theano.function([x, a], x * a, name="scale")
    with pytest.raises(TypeError, match=f"^scale.*{said}"):
        f(*args, **kwargs)
    same(f([1.0], 2), [2.0])


def test_an_input_without_a_name_cannot_be_given_by_name():
    with pytest.raises(TypeError, match="no input named 'value'"):
        theano.function([T.dscalar()], [], on_unused_input="ignore")(value=1)


def test_names_need_not_be_unique():
    first, second = T.dscalar("same"), T.dscalar("same")
    same(theano.function([first, second], first - second)(3, 1), 2.0)


def test_defaults_are_restored():
    f = theano.function([a, theano.In(b, value=5.0)], a - b)
    same(f(1), -4.0)
    same(f(1, 2), -1.0)
    same(f(1), -4.0)
    same(f(1, b=0), 1.0)
    with pytest.raises(TypeError):
        f(1, b="no number")
    same(f(1), -4.0)


def test_a_default_is_not_changed_by_calls():
    default = np.ones(2)
    f = theano.function([theano.In(x, value=default)], x * 2)
    f()[0] = 9.0
    same(f(), [2.0, 2.0])
    same(default, [1.0, 1.0])


def test_inputs_must_be_a_list():
    with pytest.raises(TypeError, match=r"inputs must be a list or a tuple of variables, not TensorVariable: write \[x\]"):
        theano.function(a, a)


@pytest.mark.parametrize("given", [1.0, "a", np.ones(2), T.constant(1.0), theano.In(3)])
def test_inputs_must_be_variables(given):
    with pytest.raises(TypeError, match="input 1 is"):
        theano.function([a, given], a)


def test_a_variable_twice():
    with pytest.raises(UnusedInputError, match="a occurs twice in inputs"):
        theano.function([a, b, a], a + b)


def test_a_shared_variable_is_no_input():
    store = theano.shared(1.0, name="store")
    with pytest.raises(TypeError, match=r"(?s)the shared variable store cannot be an input.*givens=\[\(store, x\)\]"):
        theano.function([store], store)


def test_an_inner_variable_as_input_cuts_the_graph():
    double = a * 2
    same(theano.function([double], double + 1)(5), 6.0)
    same(theano.function([a, double], double + a)(5, 1), 6.0)


def test_an_input_that_is_missing():
    with pytest.raises(
        MissingInputError, match=r"depends on b, which is not among the inputs\n  missing  b  float64 \(\)  test_function.py"
    ):
        theano.function([a], a + b)


def test_an_input_that_only_an_update_needs_is_missing():
    with pytest.raises(MissingInputError, match="depends on b"):
        theano.function([], [], updates=[(theano.shared(1.0), b)])


class TestUnusedInputs:
    def test_refused(self):
        with pytest.raises(UnusedInputError, match="input b is not used"):
            theano.function([a, b], a)

    def test_warned_of(self):
        with pytest.warns(UserWarning, match="input b is not used") as caught:
            f = theano.function([a, b], a, on_unused_input="warn")
        assert caught[0].filename == __file__
        same(f(1, 2), 1.0)

    def test_ignored(self):
        same(theano.function([a, b], a, on_unused_input="ignore")(1, 2), 1.0)

    def test_the_flag_decides_if_the_argument_does_not(self):
        with theano.config.change_flags(on_unused_input="ignore"):
            theano.function([a, b], a)

    def test_an_input_of_an_update_is_used(self):
        total = theano.shared(0.0)
        theano.function([a], updates=[(total, total + a)])(2)
        same(total.get_value(), 2.0)

    def test_an_input_of_a_given_is_used(self):
        same(theano.function([b], a * 2, givens={a: b})(2), 4.0)

    def test_a_check_of_values_goes_on(self):
        f = theano.function([a, x], a, on_unused_input="ignore")
        with pytest.raises(TypeError, match="argument 1 for the input x"):
            f(1, 2.0)

    def test_an_input_of_which_only_the_shape_is_used(self):
        same(theano.function([x], x.shape[0])([1.0, 2.0]), np.int64(2))


# ------------------------------------------------------------------------------------------------ updates


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("container", [dict, list, tuple])
def test_updates_are_applied_after_outputs(container, mode):
    total = theano.shared(1.0)
    f = theano.function([a], total, updates=container({total: total + a}.items()), mode=mode)
    same(f(2), 1.0)
    same(f(3), 3.0)
    same(total.get_value(), 6.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("values", [(1.0, 2.0), (np.arange(3.0), np.arange(4.0)), (np.eye(2), np.ones((2, 2)))])
def test_a_swap(values, mode):
    p, q = (theano.shared(np.asarray(v)) for v in values)
    f = theano.function([], [p, q], updates=[(p, q), (q, p)], mode=mode)
    before = f()
    same(before[0], values[0])
    same(before[1], values[1])
    same(p.get_value(), values[1])
    same(q.get_value(), values[0])
    f()
    same(p.get_value(), values[0])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
def test_every_right_side_sees_the_values_from_before(order, mode):
    p, q, r = stores = [theano.shared(np.arange(4.0) + 10 * k, name="pqr"[k]) for k in range(3)]
    new = [q + r, p * r, p - q]
    f = theano.function([], [p + q + r], updates=[(stores[k], new[k]) for k in order], mode=mode)
    values = [s.get_value() for s in stores]
    for _ in range(3):
        (seen,) = f()
        np.testing.assert_array_equal(seen, sum(values))
        values = [values[1] + values[2], values[0] * values[2], values[0] - values[1]]
        for store, value in zip(stores, values):
            same(store.get_value(), value)


def test_an_update_by_a_reversed_view_of_itself():
    p = theano.shared(np.arange(5.0))
    theano.function([], updates=[(p, p[::-1])])()
    same(p.get_value(), np.arange(5.0)[::-1])


def test_an_update_by_its_own_transpose():
    p = theano.shared(np.arange(6.0).reshape(2, 3))
    f = theano.function([], updates=[(p, p.T + p.sum())])
    f()
    same(p.get_value(), np.arange(6.0).reshape(2, 3).T + 15)
    f()
    same(p.get_value(), np.arange(6.0).reshape(2, 3) + 15 + 6 * 15 + 15)


def test_a_sum_over_a_variable_that_is_updated_in_place():
    p = theano.shared(np.arange(5.0))
    f = theano.function([], p.sum(), updates=[(p, p / p.sum())])
    same(f(), 10.0)
    np.testing.assert_allclose(p.get_value(), np.arange(5.0) / 10)
    np.testing.assert_allclose(f(), 1.0)


def test_an_update_may_change_the_shape():
    p = theano.shared(np.arange(2.0))
    f = theano.function([], p.shape[0], updates=[(p, T.concatenate([p, p]))])
    assert [int(f()) for _ in range(4)] == [2, 4, 8, 16]
    same(p.get_value(), np.tile([0.0, 1.0], 16))


def test_an_update_with_a_number_or_an_array():
    p, q = theano.shared(np.float32(1)), theano.shared(np.ones(3, "float32"))
    theano.function([], updates=[(p, 2), (q, np.zeros(2, "float32"))])()
    same(p.get_value(), np.float32(2))
    same(q.get_value(), np.zeros(2, "float32"))


def test_an_update_by_an_input_copies_it():
    p = theano.shared(np.zeros(3))
    value = np.arange(3.0)
    f = theano.function([x], updates=[(p, x)])
    f(value)
    value[0] = 9
    same(p.get_value(), np.arange(3.0))


def test_a_value_that_is_both_output_and_update():
    p = theano.shared(np.zeros(3))
    new = p + x
    f = theano.function([x], [new, new], updates=[(p, new)])
    first, second = f(np.ones(3))
    first[0] = 7
    second[1] = 8
    same(p.get_value(), np.ones(3))
    f(np.ones(3))
    same(second, [1.0, 8.0, 1.0])


def test_two_updates_to_the_same_value():
    p, q = theano.shared(np.zeros(3)), theano.shared(np.zeros(3))
    new = p + x
    f = theano.function([x], updates=[(p, new), (q, new)])
    f(np.ones(3))
    f(np.ones(3))
    same(p.get_value(), [2.0] * 3)
    same(q.get_value(), [2.0] * 3)
    assert not np.may_share_memory(p.get_value(borrow=True), q.get_value(borrow=True))


def test_two_updates_of_one_variable():
    p = theano.shared(1.0, name="p")
    with pytest.raises(ValueError, match="two updates of the shared variable p"):
        theano.function([], updates=[(p, p + 1), (p, p + 2)])


@pytest.mark.parametrize("target", [a, a + 1, "p", 3])
def test_what_is_not_shared_cannot_be_updated(target):
    with pytest.raises(TypeError, match="only a shared variable can be updated"):
        theano.function([a], a, updates=[(target, a)])


@pytest.mark.parametrize(
    ("value", "update"),
    [
        (np.float32(1), T.dscalar("d")),
        (np.zeros(2, "float32"), T.dvector("d")),
        (np.zeros((2, 2)), T.dvector("d")),
        (np.zeros((2, 2)), T.drow("d")),
        (1, T.dscalar("d")),
    ],
)
def test_the_types_of_an_update_must_be_equal(value, update):
    p = theano.shared(value, name="p")
    with pytest.raises(TypeError) as caught:
        theano.function([update], updates=[(p, update * 1)])
    assert str(p.type) in str(caught.value) and str(update.type) in str(caught.value) and "the update of p" in str(caught.value)


def test_an_array_that_does_not_fit():
    p = theano.shared(np.ones(3, "float32"), name="p")
    with pytest.raises(TypeError, match=r"(?s)the value for the update of p is none of type TensorType\(float32, vector\).*float64"):
        theano.function([], updates=[(p, np.ones(3))])


def test_a_pair_that_is_none():
    with pytest.raises(ValueError, match="an update must be a pair"):
        theano.function([], updates=[theano.shared(1.0)])


def test_clones_share_one_storage():
    p = theano.shared(np.arange(3.0), name="p")
    other = p.clone()
    f = theano.function([], [p.sum(), other.sum()], updates=[(p, p * 2 + other[::-1])])
    for expected in ([0.0, 1.0, 2.0], [2.0, 3.0, 4.0], [8.0, 9.0, 10.0]):
        same(p.get_value(), expected)
        same(other.get_value(), expected)
        sums = f()
        same(sums[0], sum(expected))
        same(sums[1], sum(expected))
    with pytest.raises(ValueError, match="two updates of the shared variable p"):
        theano.function([], updates=[(p, p + 1), (other, other + 1)])


class TestDefaultUpdates:
    def test_of_a_variable_in_the_outputs(self):
        n = counter()
        f = theano.function([], n * 10)
        assert [int(f()) for _ in range(3)] == [0, 10, 20]
        same(n.get_value(), np.int64(3))

    def test_as_written_before_any_rewriting(self):
        n = counter()
        theano.function([], 0 * n)()
        same(n.get_value(), np.int64(1))

    def test_of_a_variable_in_an_update(self):
        n, p = counter(), theano.shared(np.int64(5))
        f = theano.function([], updates=[(p, p + n)])
        f(), f(), f()
        same(n.get_value(), np.int64(3))
        same(p.get_value(), np.int64(8))

    def test_of_a_variable_in_a_given(self):
        n, k = counter(), T.lscalar("k")
        f = theano.function([], k * 2, givens={k: n})
        assert [int(f()), int(f())] == [0, 2]

    def test_of_variables_found_through_default_updates(self):
        n, m = counter(name="n"), counter(name="m")
        n.default_update = n + m
        f = theano.function([], n)
        assert [int(f()) for _ in range(4)] == [0, 0, 1, 3]
        same(m.get_value(), np.int64(4))

    def test_an_explicit_update_wins(self):
        n = counter()
        theano.function([], n, updates=[(n, n + 5)])()
        same(n.get_value(), np.int64(5))

    def test_none_in_unrelated_functions(self):
        n = counter()
        theano.function([a], a)(1)
        same(n.get_value(), np.int64(0))

    def test_switched_off(self):
        n, m = counter(), counter()
        theano.function([], [n, m], no_default_updates=True)()
        theano.function([], [n, m], no_default_updates=[n])()
        same(n.get_value(), np.int64(0))
        same(m.get_value(), np.int64(1))

    def test_a_replaced_variable_has_none(self):
        n, k = counter(), T.lscalar("k")
        same(theano.function([k], n, givens={n: k})(7), np.int64(7))
        same(n.get_value(), np.int64(0))


# ------------------------------------------------------------------------------------------------ givens


@pytest.mark.parametrize("mode", MODES)
def test_givens(mode):
    store = theano.shared(np.arange(4.0))
    f = theano.function([], x.sum() + a, givens={x: store * 2, a: T.constant(np.float64(1))}, mode=mode)
    same(f(), 13.0)


def test_givens_as_pairs_and_in_updates():
    store, total = theano.shared(np.arange(4.0)), theano.shared(0.0)
    start = T.lscalar("start")
    f = theano.function([start], updates=[(total, total + x.sum())], givens=[(x, store[start : start + 2])])
    f(0), f(2)
    same(total.get_value(), 6.0)


def test_the_value_of_a_given_is_no_symbol():
    same(theano.function([], x.sum() + a, givens={x: [1.0, 2.0], a: 3})(), 6.0)


def test_an_inner_variable_is_replaced():
    double = a * 2
    same(theano.function([b], double + 1, givens={double: b})(5), 6.0)


def test_a_shared_variable_is_replaced_by_an_input():
    store = theano.shared(np.arange(3.0))
    f = theano.function([x], (store * 2).sum(), givens={store: x})
    same(f([1.0, 1.0]), 4.0)
    assert f.get_shared() == []


def test_a_given_of_another_type():
    with pytest.raises(
        TypeError, match=r"given for a has type TensorType\(float32, scalar\), which does not fit TensorType\(float64, scalar\)"
    ):
        theano.function([], a, givens={a: T.constant(np.float32(1)) * 2})


def test_a_given_of_what_is_no_variable():
    with pytest.raises(TypeError, match="first of each pair of givens must be a variable"):
        theano.function([], a, givens={"a": 1.0})


def test_two_givens_of_one_variable():
    with pytest.raises(ValueError, match="two givens for the variable a"):
        theano.function([], a, givens=[(a, 1.0), (a, 2.0)])


# ------------------------------------------------------------------------------------------------ aliases


def shares(*arrays):
    return any(np.may_share_memory(p, q) for p, q in itertools.combinations(arrays, 2))


VIEWS = {
    "itself": lambda v: v,
    "a part": lambda v: v[1:],
    "reversed": lambda v: v[::-1],
    "reshaped": lambda v: v.reshape((v.shape[0], 1)),
    "with an axis": lambda v: v.dimshuffle("x", 0),
    "two views": lambda v: v[::2][::-1],
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
@pytest.mark.parametrize("view", VIEWS)
def test_outputs_are_no_views(view, mode):
    store, constant = theano.shared(np.arange(4.0)), T.constant(np.arange(4.0))
    f = theano.function([x], [VIEWS[view](v) for v in (x, x, store, store, constant, constant, x + 1, x + 1)], mode=mode)
    value = np.arange(4.0)
    first, second = f(value), f(value)
    assert not shares(value, store.get_value(borrow=True), constant.data, *first, *second)
    for array in first:
        array[...] = -1.0
    for array in second:
        np.testing.assert_array_equal(array, second[0] + (1 if array is second[6] or array is second[7] else 0))
    third = f(value)
    for before, after in zip(second, third):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("size", [3, 1000, 100_000])
def test_results_that_are_held_are_not_used_again(size):
    f = theano.function([x], x + 1)
    held = [f(np.full(size, float(k))) for k in range(4)]
    views = [f(np.full(size, 10.0 * k))[1:] for k in range(4)]
    gc.collect()
    for k in range(4):
        assert held[k][0] == held[k][-1] == k + 1
        assert views[k][0] == views[k][-1] == 10 * k + 1


def test_a_result_given_back_as_an_argument():
    f = theano.function([x], x[::-1] + 1)
    value = np.arange(3.0)
    for _ in range(3):
        value = f(value)
    same(value, np.array([5.0, 4.0, 3.0]))


def test_inputs_are_left_as_they_are():
    m = T.dmatrix("m")
    f = theano.function([x, m], [T.set_subtensor(x[0], 9.0), T.inc_subtensor(m[:, 0], x), T.dot(m, x) + x, T.exp(x) * 2])
    value, matrix = np.arange(3.0), np.arange(9.0).reshape(3, 3)
    f(value, matrix)
    same(value, np.arange(3.0))
    same(matrix, np.arange(9.0).reshape(3, 3))


def test_read_only_arguments():
    value = np.arange(3.0)
    value.flags.writeable = False
    same(theano.function([x], T.set_subtensor(x[0], 9.0))(value), [9.0, 1.0, 2.0])


def test_arguments_that_overlap():
    value = np.arange(6.0)
    f = theano.function([x, y], [x + y, x - y])
    total, difference = f(value[:4], value[2:])
    same(total, [2.0, 4.0, 6.0, 8.0])
    same(difference, [-2.0] * 4)


def test_an_argument_that_is_the_value_of_an_updated_variable():
    store = theano.shared(np.arange(4.0))
    f = theano.function([x], updates=[(store, store * 2 + x)])
    f(store.get_value(borrow=True))
    same(store.get_value(), np.arange(4.0) * 3)
    f(store.get_value(borrow=True)[::-1])
    same(store.get_value(), np.arange(4.0) * 6 + np.arange(4.0)[::-1] * 3)


def test_an_argument_that_overlaps_an_updated_variable():
    base = np.arange(5.0)
    store = theano.shared(base[:4], borrow=True)
    f = theano.function([x], updates=[(store, store + x)])
    f(base[1:])
    same(store.get_value(), [1.0, 3.0, 5.0, 7.0])


def test_shared_variables_that_overlap():
    base = np.arange(6.0)
    p, q = theano.shared(base[:4], borrow=True), theano.shared(base[2:], borrow=True)
    f = theano.function([], updates=[(p, p + q), (q, q - p)])
    f()
    same(p.get_value(), [2.0, 4.0, 6.0, 8.0])
    same(q.get_value(), [2.0, 2.0, 2.0, 2.0])
    f()
    same(p.get_value(), [4.0, 6.0, 8.0, 10.0])
    same(q.get_value(), [0.0, -2.0, -4.0, -6.0])


class TestManySharedVariables:
    """Their values are taken in a loop."""

    def test_of_all_kinds(self):
        stores = [theano.shared(np.full((2, k + 1), float(k)), name=f"w{k}") for k in range(20)]
        row = theano.shared(np.ones((1, 3)), broadcastable=(True, False))
        words, count, half = theano.shared(["a", "list"]), theano.shared(np.int8(0)), theano.shared(np.zeros(3, "float32"))
        updates = [(w, w + x.sum()) for w in stores[::2]] + [(row, row * 2), (count, count + T.constant(np.int8(1))), (half, half + 1)]
        outputs = [T.concatenate([w.flatten() for w in stores]).sum() + row.sum() + half.sum(), words]
        f = theano.function([x], outputs, updates=updates)
        expected = [w.get_value() for w in stores]
        for k, given in enumerate(([1.0, 2.0], np.array([1.0, 2.0]), np.array([4.0, 2.0])[::-1], np.array([1.0, 2.0]))):
            total, told = f(given)
            assert told == ["a", "list"] and total == sum(e.sum() for e in expected) + 3 * 2**k + 3 * k
            expected = [e + sum(given) if j % 2 == 0 else e for j, e in enumerate(expected)]
        for store, wanted in zip(stores, expected):
            same(store.get_value(), wanted)
        assert count.get_value() == 4 and half.get_value().tolist() == [4.0] * 3 and row.get_value().tolist() == [[16.0] * 3]

    def test_values_that_overlap_or_lie_anyhow(self):
        base = np.arange(40.0)
        stores = [theano.shared(base[k : k + 4], borrow=True) for k in range(20)]
        stores[7].set_value(base[::10], borrow=True)
        stores[8].set_value(np.arange(4.0).astype(">f8"), borrow=True)
        expected = [np.array(w.get_value(), dtype="float64") for w in stores]
        f = theano.function([x], stores[3] * 1, updates=[(w, w * 2 + v + x) for w, v in zip(stores, stores[1:] + stores[:1])])
        for given in (base[36:], np.ones(4)):
            given, before = np.array(given), expected
            same(f(base[36:] if given[0] == 36 else given), before[3])
            expected = [w * 2 + v + given for w, v in zip(before, before[1:] + before[:1])]
            for store, wanted in zip(stores, expected):
                same(store.get_value(), wanted)

    def test_a_value_of_another_rank_or_extent(self):
        stores = [theano.shared(np.zeros((1, 2)), broadcastable=(True, False)) for _ in range(20)]
        f = theano.function([], sum(stores), updates=[(w, w + 1) for w in stores])
        f()
        for wrong in (np.zeros((2, 2)), np.zeros(2)):
            stores[4].container.storage[0] = wrong
            with pytest.raises((TypeError, ValueError)):
                f()
            assert all((w.get_value() == 1).all() for k, w in enumerate(stores) if k != 4)
            stores[4].set_value(np.ones((1, 2)))
        same(f(), [[20.0, 20.0]])


def test_a_borrowed_array_is_read_only():
    value = np.arange(3.0)
    value.flags.writeable = False
    store = theano.shared(value, borrow=True)
    theano.function([], updates=[(store, store + 1)])()
    same(store.get_value(), [1.0, 2.0, 3.0])
    same(value, [0.0, 1.0, 2.0])


@pytest.mark.parametrize("value", [np.arange(8.0)[::2], np.arange(4.0)[::-1], np.arange(4.0).astype(">f8")])
def test_a_borrowed_array_that_lies_anyhow(value):
    expected = np.array(value, dtype="float64")
    store = theano.shared(np.zeros(4))
    store.set_value(value, borrow=True)
    f = theano.function([], store * 2, updates=[(store, store + 1)])
    same(f(), expected * 2)
    same(f(), expected * 2 + 2)
    same(store.get_value(), expected + 2)


def test_a_value_that_was_read_out_stays():
    store = theano.shared(np.zeros(3))
    f = theano.function([], updates=[(store, store + 1)])
    copies = []
    for _ in range(3):
        copies.append(store.get_value())
        f()
    for k, copy in enumerate(copies):
        same(copy, np.full(3, float(k)))


def test_a_constant_is_not_the_caller_s_array():
    value = np.arange(3.0)
    f = theano.function([], T.constant(value) * 2)
    value[0] = 9
    same(f(), [0.0, 2.0, 4.0])


def test_generic_inputs_pass_through():
    thing = theano.generic("thing")
    f = theano.function([thing, a], a, on_unused_input="ignore")
    same(f({"any": "thing"}, 1), 1.0)


def test_the_name_shows():
    assert repr(theano.function([x, a], x * a, name="scale")) == "<theano function scale(x, a)>"


def test_functions_that_share_a_variable():
    store = theano.shared(np.zeros(2))
    grow, shrink = (theano.function([], updates=[(store, store + step)]) for step in (2.0, -1.0))
    grow(), shrink(), grow()
    same(store.get_value(), [3.0, 3.0])


def test_a_function_made_in_a_loop_is_freed():
    import weakref

    f = theano.function([a], a * 2)
    f(1)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None
