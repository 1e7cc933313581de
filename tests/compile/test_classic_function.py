"""``theano.function`` and shared variables behave as classic programs expect: one test for each rule, by its name."""

import array
import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import counter, raising
from theano.errors import MissingInputError, ReplacedInputError, UnusedInputError

a, b = T.dscalars("a", "b")
x, y = T.dvectors("x", "y")


# ------------------------------------------------------------------------------------------------ outputs


def test_a_call_returns_arrays_of_rank_0_and_no_numpy_scalars():
    for output in (a, a + 1, x.sum(), T.constant(2.0), theano.shared(1.0)):
        f = theano.function([a, x], output, on_unused_input="ignore")
        assert type(f(1.0, [1.0])) is np.ndarray and f(1.0, [1.0]).shape == ()


def test_one_output_comes_bare_a_list_as_a_list_a_dictionary_as_a_dictionary_and_none_as_an_empty_list():
    assert theano.function([a], a * 2)(1) == 2
    assert theano.function([a], [a * 2])(1) == [2] and theano.function([a], (a * 2, a))(1) == [2, 1]
    assert theano.function([a], {"twice": a * 2})(1) == {"twice": 2}
    assert theano.function([], None)() == theano.function([], [])() == []


def test_outputs_of_a_dictionary_come_in_the_order_of_the_keys():
    f = theano.function([a], {"z": a, "b": a * 2, "m": a * 3})
    assert list(f(1)) == ["b", "m", "z"] and [o.variable.owner is None for o in f.maker.outputs] == [False, False, True]


def test_output_subset_computes_those_only_and_all_updates_run():
    s = theano.shared(0.0)
    f = theano.function([a], [a + s, raising(a, T.constant(1, dtype="int64")), a * 3], updates=[(s, s + a)])
    with pytest.raises(ArithmeticError):
        f(1.0)
    assert s.get_value() == 0
    assert f(1.0, output_subset=[0]) == [1.0] and s.get_value() == 1
    assert f(2.0, output_subset=[2, 0]) == [6.0, 3.0] and s.get_value() == 3
    assert f(2.0, output_subset=[]) == [] and s.get_value() == 5
    assert f(a=2.0, output_subset=(2,)) == [6.0] and s.get_value() == 7


def test_output_subset_names_keys_of_a_dictionary_and_gives_a_list_for_one_output():
    f = theano.function([a, theano.In(b, value=1.0)], {"sum": a + b, "product": a * b})
    assert f(2.0, output_subset=["sum"]) == {"sum": 3.0} and f(2.0, 3.0, output_subset=["product"]) == {"product": 6.0}
    assert theano.function([a], a * 2)(1.0, output_subset=[0]) == [2.0]


# ------------------------------------------------------------------------------------------------ updates


@pytest.mark.parametrize("container", [dict, list, tuple, OrderedDict])
def test_updates_are_simultaneous_and_see_the_values_from_before_as_outputs_do(container):
    s, t = theano.shared(1.0), theano.shared(2.0)
    f = theano.function([], [s, t], updates=container([(s, t + 1), (t, s * 10)]))
    assert f() == [1, 2] and f() == [3, 10] and (s.get_value(), t.get_value()) == (11, 30)


def test_after_an_error_no_shared_variable_has_changed():
    s, t = theano.shared(np.zeros(2)), theano.shared(np.zeros(2))
    f = theano.function([x], updates=[(s, s + 1), (t, t + x)])
    with pytest.raises(ValueError):
        f(np.ones(3))
    assert not s.get_value().any() and not t.get_value().any()


def test_two_updates_of_one_variable_are_a_value_error():
    s = theano.shared(1.0, name="s")
    for target in (s, s.clone()):
        with pytest.raises(ValueError, match="two updates of the shared variable s"):
            theano.function([], updates=[(s, s + 1), (target, s + 2)])


def test_an_update_of_what_is_not_shared_is_a_type_error():
    for target in (a, a + 1, T.constant(1.0)):
        with pytest.raises(TypeError, match="only a shared variable can be updated"):
            theano.function([a], a, updates=[(target, a)])


def test_the_type_of_an_update_must_be_equal():
    s, row = theano.shared(np.float32(1), name="s"), theano.shared(np.ones((1, 2)), name="row")
    for target, update in ((s, T.cast(s, "float64")), (row, T.addbroadcast(row, 0)), (s, s.dimshuffle("x"))):
        with pytest.raises(TypeError, match="the types must be equal"):
            theano.function([], updates=[(target, update)])


def test_a_number_or_an_array_as_update_becomes_a_constant_of_the_type():
    s, v = theano.shared(np.float32(1)), theano.shared(np.ones(2, "int8"))
    theano.function([], updates=[(s, 2), (v, [3, 4])])()
    assert s.get_value() == 2 and s.get_value().dtype == "float32"
    assert v.get_value().tolist() == [3, 4] and v.get_value().dtype == "int8"


def test_default_updates_of_shared_variables_in_outputs_updates_and_givens_as_written():
    s = counter()
    theano.function([], 0 * s)()
    theano.function([], updates=[(theano.shared(0), s)])()
    k = T.lscalar("k")
    theano.function([], k * 2, givens={k: s})()
    assert s.get_value() == 3


def test_default_updates_are_found_through_one_another():
    n, m = counter(name="n"), counter(name="m")
    n.default_update = n + m
    f = theano.function([], n)
    assert [int(f()) for _ in range(4)] == [0, 0, 1, 3] and m.get_value() == 4


def test_an_explicit_update_wins_over_the_default():
    s = counter()
    theano.function([], s, updates=[(s, s + 5)])()
    assert s.get_value() == 5


def test_no_default_updates_switches_them_off_for_all_or_for_some():
    s, t = counter(), counter()
    theano.function([], [s, t], no_default_updates=True)()
    theano.function([], [s, t], no_default_updates=[s])()
    assert (s.get_value(), t.get_value()) == (0, 1)


# ------------------------------------------------------------------------------------------------ givens


def test_a_shared_variable_is_no_input_but_may_be_replaced():
    s = counter(5)
    with pytest.raises(TypeError, match="cannot be an input"):
        theano.function([s], s)
    k = T.lscalar("k")
    f = theano.function([k], s * 2, givens={s: k})
    assert f(4) == 8 and f.get_shared() == [] and s.get_value() == 5


def test_a_shared_variable_behind_what_is_replaced_is_not_collected():
    s = counter()
    double = s * 2
    f = theano.function([], double + 1, givens={double: np.int64(10)})
    g = theano.function([double], double + 1)
    assert f() == 11 and g(4) == 5 and s.get_value() == 0 and s not in f.get_shared() and g.get_shared() == []


def test_values_of_givens_are_put_in_as_they_are():
    f = theano.function([y], [x.sum(), x * 2], givens=[(x, y + 1)])
    assert f([1.0, 2.0])[0] == 5
    inner = x * 2
    f = theano.function([x], [inner, b], givens={inner: x, b: inner.sum()})
    assert f([1.0, 2.0])[0].tolist() == [1.0, 2.0] and f([1.0, 2.0])[1] == 6.0


def test_a_given_that_is_no_variable_becomes_a_shared_variable():
    value = np.array([1.0, 2.0])
    f = theano.function([], x.sum() + a, givens={x: value, a: 3})
    value[:] = 100
    assert f() == 6 and len(f.get_shared()) == 2


def test_types_of_givens_must_agree():
    with pytest.raises(TypeError, match="the given for a has type"):
        theano.function([], a, givens={a: T.constant(np.float32(1)) * 2})
    with pytest.raises(TypeError, match="the given for k is no value of it"):
        k = T.lscalar("k")
        theano.function([], k, givens={k: 1.5})


def test_rebuild_strict_false_lets_types_change_and_rebuilds_every_operation():
    f32 = T.fvector("f32")
    f = theano.function([f32], [x * 2, T.exp(x)], givens={x: f32}, rebuild_strict=False)
    results = f(np.ones(2, "float32"))
    assert [r.dtype for r in results] == ["float32", "float32"]
    m = T.dmatrix("m")
    assert theano.function([m], x.sum(axis=0) * 2, givens={x: m}, rebuild_strict=False)(np.ones((2, 3))).tolist() == [4, 4, 4]
    s = theano.shared(np.zeros(2), name="s")
    with pytest.raises(TypeError, match="the types must be equal"):
        theano.function([f32], updates=[(s, x * 2)], givens={x: f32}, rebuild_strict=False)


def test_an_input_may_not_be_among_givens():
    with pytest.raises(RuntimeError, match="a is an input, it cannot be among givens, too") as caught:
        theano.function([a], a * 2, givens={a: 3.0})
    assert isinstance(caught.value, ReplacedInputError)


# ------------------------------------------------------------------------------------------------ inputs


def test_inputs_must_be_a_list_or_a_tuple():
    for inputs in (a, {a: 1}, None, "a", {a}):
        with pytest.raises(TypeError, match="inputs must be a list or a tuple"):
            theano.function(inputs, a)


def test_unused_inputs_are_refused_warned_of_or_ignored():
    with pytest.raises(UnusedInputError, match="input b is not used"):
        theano.function([a, b], a)
    with pytest.warns(UserWarning, match="input b is not used"):
        theano.function([a, b], a, on_unused_input="warn")
    theano.function([a, b], a, on_unused_input="ignore")


def test_an_input_used_only_in_an_update_counts_as_used():
    theano.function([a], updates=[(theano.shared(0.0), a)])
    theano.function([a, theano.In(b, value=0.0, update=a)], [])


def test_the_same_variable_twice_is_an_error():
    with pytest.raises(UnusedInputError, match="a occurs twice"):
        theano.function([a, theano.In(a)], a)


def test_names_need_not_be_unique_unless_used_as_keywords():
    first, second = T.dscalar("same"), T.dscalar("same")
    f = theano.function([first, second], first - second)
    assert f(3, 1) == 2
    for use in (lambda: f(3, same=1), lambda: f["same"]):
        with pytest.raises(TypeError, match="several inputs are named 'same'"):
            use()


def test_an_input_without_a_name_cannot_be_given_by_keyword():
    nameless = T.dscalar()
    f = theano.function([nameless], nameless * 2)
    assert f(2) == 4
    with pytest.raises(TypeError, match="no input named 'x'"):
        f(x=2)
    with pytest.raises(TypeError, match="no input named 'a'"):
        theano.function([theano.In(a, autoname=False)], a)(a=1)


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, "missing argument 0, the input a"),
        ((1, 2, 3), {}, "3 were given"),
        ((1,), {"a": 2}, "'a' is given twice"),
        ((1, 2), {"c": 1}, "'c'"),
    ],
)
def test_missing_extra_or_doubled_arguments_are_type_errors_that_name_the_input(args, kwargs, said):
    f = theano.function([a, theano.In(b, value=5.0)], a - b)
    with pytest.raises(TypeError, match=said):
        f(*args, **kwargs)
    assert f(1) == -4


def test_an_unknown_graph_input_is_missing_at_build_time():
    with pytest.raises(MissingInputError, match="depends on b"):
        theano.function([a], a + b)


def test_a_default_is_restored_after_every_call_and_after_an_error():
    f = theano.function([a, theano.In(b, value=5.0)], a - b)
    assert [f(1), f(1, 2), f(1), f(1, b=0), f(b=1, a=1), f(1)] == [-4, -1, -4, 1, 0, -4]
    for bad in ("text", [1.0]):
        with pytest.raises(TypeError):
            f(1, bad)
        assert f(1) == -4 and f[b] == 5


def test_a_value_that_is_set_serves_the_next_call_only():
    f = theano.function([a, theano.In(b, value=5.0)], a - b)
    for call in (lambda: f(1), lambda: f(a=1)):
        f[b] = 1
        assert f["b"] == 1 and call() == 0 and f[1] == 5 and f(1) == -4
    f[b] = 1
    assert f(1, 2) == -1 and f(1) == -4
    f[b] = 1
    with pytest.raises(TypeError):
        f("text")
    assert f(1) == -4


def test_with_an_update_the_value_stays_and_is_each_function_s_own():
    total = T.dscalar("total")
    f = theano.function([a, theano.In(total, value=0.0, update=total + a)], total * 10)
    g = theano.function([a, theano.In(total, value=100.0, update=total - a)], total)
    assert [f(1), f(2), f(3)] == [0, 10, 30] and f[total] == 6 and g(1) == 100 and g["total"] == 99
    f[total] = 1
    assert f(1) == 10 and f[1] == 2
    assert f(1, 50.0) == 500 and f(1, total=7) == 70 and f[total] == 8


def test_a_state_between_other_inputs_may_be_given_or_not():
    state = T.dvector("state")
    f = theano.function([theano.In(state, value=[0.0, 0.0], update=state + x), x], state.sum())
    assert f(x=[1.0, 2.0]) == 0 and f(x=[1.0, 2.0]) == 3 and f[state].tolist() == [2.0, 4.0]
    given = np.array([10.0, 10.0])
    assert f(given, [1.0, 1.0]) == 20 and given.tolist() == [10.0, 10.0] and f[0].tolist() == [11.0, 11.0]


def test_a_state_changes_only_if_the_call_succeeds():
    state = T.dvector("state")
    f = theano.function([x, theano.In(state, value=[0.0, 0.0], update=state + x)], state)
    with pytest.raises(ValueError):
        f(np.ones(3))
    with pytest.raises(ValueError):
        f(np.ones(3), [1.0, 1.0])
    assert f[state].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "REFERENCE"])
def test_states_defaults_and_dictionaries_in_every_mode(mode):
    total = T.dscalar("total")
    f = theano.function([a, theano.In(b, value=2.0), theano.In(total, value=0.0, update=total + a * b)], {"t": total}, mode=mode)
    assert f(1) == {"t": 0} and f(1, 10) == {"t": 2} and f(1, 10, 5) == {"t": 5} and f(1, total=1) == {"t": 1} and f["total"] == 3


def test_a_state_without_a_value_must_be_given():
    f = theano.function([theano.In(b, update=b + 1)], b)
    with pytest.raises(TypeError, match="missing argument 0, the input b"):
        f()
    assert f(1) == 1 and f[b] == 2


def test_an_update_may_use_shared_variables_and_their_default_updates():
    s, total = counter(), T.lscalar("total")
    f = theano.function([theano.In(total, value=0, update=total + s)], total)
    assert [int(f()) for _ in range(4)] == [0, 0, 1, 3] and s.get_value() == 4


def test_a_container_as_value_is_shared_between_functions():
    s, v = theano.shared(1.0, name="s"), T.dscalar("v")
    f = theano.function([theano.In(v, value=s, implicit=False)], v * 2)
    g = theano.function([theano.In(v, value=f.container[v], update=v + 1)], v)
    assert f() == 2 and g() == 1 and f() == 4 and s.get_value() == 2
    assert f(10) == 20 and f() == 20 and s.get_value() == 10
    with pytest.raises(TypeError, match="the input v is implicit"):
        g(1)


def test_what_a_function_keeps_is_read_and_written_by_variable_name_and_position():
    s = theano.shared(3.0, name="s")
    f = theano.function([a, theano.In(b, value=5.0)], a * b * s)
    assert (f[b], f["b"], f[1], f[s], f["s"], f[2]) == (5, 5, 5, 3, 3, 3) and f[a] is None
    assert b in f and "b" in f and 1 in f and s in f and s.clone() in f and y not in f and "y" not in f and 3 not in f
    f[s] = 4
    assert s.get_value() == 4 and f(1) == 20
    f.value["s"] = 1
    assert f.value[s] == 1 and "s" in f.value and len(f.value) == len(f.container) == 3
    assert f.container[s] is s.container and f.container["b"].value == 5 and list(f.container) == f.input_storage
    for key in ("c", y, 7, T.dscalar("a"), None):
        with pytest.raises(TypeError, match="has no input or shared variable"):
            f[key]
    with pytest.raises(TypeError, match="bad value for b"):
        f["b"] = "text"


# ------------------------------------------------------------------------------------------------ values of inputs


def taken(dtype, value, rank=1, **options):
    v = T.TensorType(dtype, (False,) * rank)("v")
    return theano.function([theano.In(v, **options)], v)(value)


def test_an_array_of_the_dtype_passes_a_lower_one_is_upcast_and_a_higher_one_refused():
    assert taken("float32", np.ones(2, "float32")).dtype == taken("float32", np.ones(2, "int16")).dtype == "float32"
    for dtype in ("float64", "int32", "int64"):
        with pytest.raises(TypeError, match=f"an array of {dtype} was given"):
            taken("float32", np.ones(2, dtype))


def test_what_is_no_array_is_converted_if_nothing_is_lost():
    assert taken("int8", [1, 2]).tolist() == [1, 2] and taken("int64", 1.0, 0) == 1
    for dtype, value in (("int8", [300]), ("int64", [1.5]), ("float32", [0.1])):
        with pytest.raises(TypeError, match="without loss"):
            taken(dtype, value)


def test_a_python_float_is_taken_as_floatx_unless_allow_downcast_is_false():
    with theano.config.change_flags(floatX="float32"):
        assert taken("float32", 0.1, 0) == np.float32(0.1)
        with pytest.raises(TypeError):
            taken("float32", 0.1, 0, allow_downcast=False)


def test_allow_downcast_casts_anything():
    assert taken("int8", np.array([1.7, 300.0]), allow_downcast=True).tolist() == [1, 44]


def test_strict_takes_arrays_of_the_dtype_only():
    assert taken("float64", np.ones(2), strict=True).tolist() == [1, 1]
    for value in ([1.0], np.ones(2, "float32")):
        with pytest.raises(TypeError, match="strict"):
            taken("float64", value, strict=True)


def test_the_rank_must_be_equal_and_arguments_do_not_broadcast():
    for value in (1.0, np.ones((1, 2))):
        with pytest.raises(TypeError, match="rank"):
            taken("float64", value)
    with pytest.raises(ValueError):
        theano.function([x, y], x + y)([1.0], [1.0, 2.0])


def test_byte_swapped_and_unaligned_data_are_never_misread():
    value = np.arange(4.0)
    raw = np.frombuffer(b"?" + value.tobytes(), "int8")[1:].view("float64")
    assert taken("float64", value.astype(">f8")).tolist() == taken("float64", raw).tolist() == value.tolist()


class Elsewhere:
    """What gives its elements by the DLPack protocol and in no other way."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **kwargs):
        return self._array.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


def test_array_likes(tmp_path):
    class Marked(np.ndarray):
        pass

    mapped = np.memmap(tmp_path / "values", "float64", "w+", shape=(3,))
    mapped[:] = [0, 1, 2]
    value = np.arange(3.0)
    for given in (
        [0, 1, 2], (0.0, 1.0, 2.0), mapped, value.view(Marked), array.array("d", [0, 1, 2]), memoryview(value), Elsewhere(value), range(3),
        [np.float32(0), np.array(1), 2],
    ):  # fmt: skip
        assert taken("float64", given).tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="an array of float64 was given"):
        taken("float32", Elsewhere(value))


def test_none_skips_the_check_of_an_input_that_is_not_needed():
    row = T.drow("row")
    f = theano.function([a, x, row], a, on_unused_input="ignore")
    assert f(1, None, None) == 1 and f(1, [1.0], row=None) == 1
    with pytest.raises(TypeError, match="bad argument 0 for the input a, a NoneType"):
        f(None, None, None)
    thing = theano.generic("thing")
    assert theano.function([thing, a], a, on_unused_input="ignore")(None, 1) == 1


def test_trust_input_may_be_set():
    f = theano.function([x], x * 2)
    assert f.trust_input is False
    f.trust_input = True
    assert f(np.ones(2)).tolist() == [2, 2]


@pytest.mark.parametrize("copier", [theano.compile.Function.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_what_was_set_on_a_function_is_set_on_its_copies(copier):
    f = theano.function([x], x * 2)
    f.trust_input, f.threads = True, 1
    assert (copier(f).trust_input, copier(f).threads) == (True, 1)


# ------------------------------------------------------------------------------------------------ how inputs are declared


def test_the_tuples_that_declare_inputs():
    for given in (
        (b, 4.0),
        [b, 4.0],
        ("b", b, 4.0),
        theano.In(b, value=4.0),
        theano.Param(b, 4.0),
        theano.Param(b, default=4.0),
        (theano.In(b), 4.0),
    ):
        f = theano.function([a, given], a - b)
        assert f(1) == -3 and f(1, b=1) == 0 and f(1) == -3
    for given in (((b, b + 1), 4.0), [(b, b + 1), 4.0], ("b", (b, b + 1), 4.0)):
        f = theano.function([given], b)
        assert [f(), f(), f["b"]] == [4, 5, 6]
    assert theano.function([("other", b)], b)(other=3) == 3


def test_in_may_be_used_for_several_functions():
    given = theano.In(T.fvector("v"), value=np.ones(1, "float32"))
    loose = theano.function([given], given.variable, allow_input_downcast=True)
    tight = theano.function([given], given.variable)
    assert loose([0.1]).dtype == "float32" and given.allow_downcast is None
    with pytest.raises(TypeError):
        tight([0.1])


def test_mutable_means_borrowed():
    assert theano.In(a, mutable=True).borrow and theano.In(a, value=1.0, update=a).mutable and not theano.In(a).mutable
    with pytest.warns(UserWarning, match="an input that may be overwritten is borrowed"):
        assert theano.In(a, mutable=True, borrow=False).borrow


def test_a_default_is_copied():
    value = np.ones(2)
    f = theano.function([theano.In(x, value=value)], x * 2)
    g = theano.function([theano.In(x, value=value, update=x + 1)], x)
    value[:] = 100
    assert f().tolist() == [2, 2] and g().tolist() == [1, 1] and g().tolist() == [2, 2] and value.tolist() == [100, 100]


def test_operations_in_place_are_refused_unless_accepted():
    v = T.dvector("v")
    with pytest.raises(TypeError, match="works in place, which a graph may not do unless accept_inplace=True"):
        theano.function([v], T.inplace.exp_inplace(v))
    value = np.zeros(2)
    assert theano.function([v], T.inplace.exp_inplace(v), accept_inplace=True)(value).tolist() == [1, 1] and not value.any()


def test_allow_input_downcast_is_for_all_inputs_that_say_nothing():
    p, q = T.fscalars("p", "q")
    f = theano.function([p, theano.In(q, allow_downcast=False)], p + q, allow_input_downcast=True)
    assert f(0.1, 0.5).dtype == "float32"
    with pytest.raises(TypeError):
        f(0.1, 0.1)
