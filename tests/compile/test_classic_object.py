"""Shared variables, what may share memory with what, copies and the function object, as classic programs expect: one test for each rule."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import counter

a, b = T.dscalars("a", "b")
x, y = T.dvectors("x", "y")


# ------------------------------------------------------------------------------------------------ aliases


def test_arguments_that_share_memory_are_copied_when_something_is_destroyed():
    base, s = np.arange(4.0), theano.shared(np.zeros(3))
    f = theano.function([x, y], [T.set_subtensor(x[0], 9.0), y + s], updates=[(s, s + x)])
    first, second = f(base[:3], base[1:])
    assert first.tolist() == [9, 1, 2] and second.tolist() == [1, 2, 3] and base.tolist() == [0, 1, 2, 3]


def test_the_caller_s_arrays_are_not_changed():
    value = np.arange(3.0)
    for given in (
        x,
        theano.In(x, value=[1.0]),
        theano.In(x, value=[1.0], update=x * 2),
        theano.In(x, mutable=True),
        theano.In(x, borrow=True),
    ):
        f = theano.function([given], T.set_subtensor(x[0], 7.0))
        f(value), f(value)
        assert value.tolist() == [0, 1, 2]


def test_outputs_alias_neither_inputs_nor_shared_variables_nor_one_another():
    s, value = theano.shared(np.arange(3.0)), np.arange(3.0)
    outs = theano.function([x], [x, x, s, s, x[1:], s[::-1]])(value)
    everything = [value, s.get_value(borrow=True), *outs]
    assert not any(np.may_share_memory(p, q) for k, p in enumerate(everything) for q in everything[:k])
    outs = theano.function([theano.In(x, borrow=True)], [theano.Out(x, borrow=True), theano.Out(s)])(value)
    assert not np.may_share_memory(outs[1], s.get_value(borrow=True))


def test_a_constant_output_is_a_fresh_copy_at_each_call():
    f = theano.function([], T.constant(np.arange(3.0)))
    f()[0] = 100
    assert f().tolist() == [0, 1, 2]


# ------------------------------------------------------------------------------------------------ shared variables


def test_shared_copies_its_value_and_borrow_may_keep_it():
    value = np.zeros(2)
    copied, kept = theano.shared(value), theano.shared(value, borrow=True)
    assert copied.get_value(borrow=True) is not value and kept.get_value(borrow=True) is value


def test_a_python_number_gives_int64_or_float64_even_under_float32():
    with theano.config.change_flags(floatX="float32"):
        assert theano.shared(1).dtype == "int64" and theano.shared(1.0).dtype == "float64"


def test_lists_and_other_objects_give_a_generic_shared_variable_that_is_no_tensor():
    for value in ([1, 2], {"a": 1}, np.random.RandomState(3), np.array([{}, 1], dtype=object)):
        s = theano.shared(value, "s")
        assert s.type is theano.generic and not isinstance(s, T.sharedvar.TensorSharedVariable) and type(s.get_value()) is type(value)
        assert s.get_value() is not value and s.get_value(borrow=True) is s.get_value(borrow=True)
        with pytest.raises(TypeError, match="the shared variable s is no tensor and cannot be indexed"):
            s[0]


def test_a_generic_shared_variable_is_read_by_functions_as_it_is():
    from theano.graph import Apply, Op

    class Length(Op):
        __props__ = ()

        def make_node(self, thing):
            return Apply(self, [thing], [T.lscalar()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = np.asarray(len(inputs[0]))

    s = theano.shared([1, 2], "s")
    f = theano.function([], Length()(s) * 10)
    assert f() == 20
    s.set_value([1, 2, 3])
    assert f() == 30 and f[s] == [1, 2, 3]


def test_dtype_is_no_argument_of_shared():
    with pytest.raises(TypeError):
        theano.shared(1.0, dtype="float32")


def test_broadcastable_is_all_false_unless_given_and_the_shape_may_change():
    s = theano.shared(np.ones((1, 2)))
    assert s.broadcastable == (False, False) and s.static_shape == (None, None)
    s.set_value(np.ones((0, 7)))
    assert s.get_value().shape == (0, 7)
    row = theano.shared(np.ones((1, 2)), broadcastable=(True, False))
    with pytest.raises(TypeError):
        row.set_value(np.ones((2, 2)))


def test_get_value_is_a_copy_and_with_borrow_the_internal_array():
    s = theano.shared(np.zeros(2))
    s.get_value()[0] = 1
    s.get_value(return_internal_type=True)[0] = 1
    assert not s.get_value().any()
    held = s.get_value(borrow=True)
    held[:] = 5
    s.set_value(held, borrow=True)
    assert s.get_value(borrow=True, return_internal_type=True) is held and s.get_value().tolist() == [5, 5]


def test_after_set_value_with_borrow_later_calls_may_change_the_array_and_without_they_do_not():
    value, s = np.zeros(2), theano.shared(np.ones(2))
    f = theano.function([], updates=[(s, s + 1)])
    s.set_value(value)
    f()
    assert not value.any()
    s.set_value(value, borrow=True)
    assert s.get_value(borrow=True) is value
    f()
    assert s.get_value().tolist() == [1, 1]


def test_zero():
    s = theano.shared(np.array([1.0, np.inf]))
    held = s.get_value(borrow=True)
    s.zero()
    assert s.get_value().tolist() == [0, 0] and held[0] == 1
    s.set_value(held, borrow=True)
    s.zero(borrow=True)
    assert held.tolist() == [0, 0]


def test_strict_and_allow_downcast_of_shared_variables_rule_set_value():
    strict, loose = theano.shared(np.zeros(2), strict=True), theano.shared(np.zeros(2, "float32"), allow_downcast=True)
    with pytest.raises(TypeError):
        strict.set_value([1.0, 2.0])
    loose.set_value([0.1, 0.2])
    assert loose.get_value().dtype == "float32"


def test_a_clone_shares_its_storage_so_that_one_update_moves_both():
    s = theano.shared(np.zeros(2), "s")
    for clone in (s.clone(), theano.clone(s, share_inputs=False)):
        assert clone is not s and clone.container is s.container
        theano.function([], updates=[(s, s + 1)])()
        assert clone.get_value().tolist() == s.get_value().tolist()
        f = theano.function([], [s, clone], updates=[(clone, clone * 2)])
        f()
        assert clone.get_value().tolist() == s.get_value().tolist()


# ------------------------------------------------------------------------------------------------ copies


def test_a_copy_has_its_own_storage_of_inputs_and_shares_shared_variables():
    total, s = T.dscalar("total"), theano.shared(0.0, name="s")
    f = theano.function(
        [theano.In(a, value=1.0), theano.In(total, value=0.0, update=total + a)], [total, s], updates=[(s, s + a)], name="f"
    )
    f()
    for g in (f.copy(), f.copy(share_memory=True), copy.copy(f)):
        assert g.name == "f copy" and g[total] == f[total] == s.get_value()
        before = float(s.get_value())
        assert g(10) == [before, before] and g[total] == before + 10 and f[total] == before
        s.set_value(before)
    assert f.copy(name="g").name == "g" and theano.function([], s).copy().name is None


def test_swap_puts_other_shared_variables_in_their_place():
    s, t, u = (theano.shared(v, name=n) for v, n in ((1.0, "s"), (10.0, "t"), (100.0, "u")))
    f = theano.function([a], s * 2 + t + a, updates=[(s, s + 1)], givens={b: s})
    g = f.copy(swap={s: u})
    assert f(0) == 12 and g(0) == 210 and (s.get_value(), u.get_value()) == (2, 101)
    assert g.get_shared() == [u, t] and u in g and s not in g and g.copy(swap={u: s})(0) == 14
    h = f.copy(swap={s: t, t: s})
    assert h(0) == 23 and t.get_value() == 11
    assert f.copy(swap={s.clone(): u})(0) == 213


def test_delete_updates():
    total, s = T.dscalar("total"), theano.shared(1.0)
    f = theano.function([theano.In(total, value=5.0, update=total + 1)], [total, s], updates=[(s, s * 2)])
    f()
    g = f.copy(delete_updates=True)
    assert [g(), g(7.0), g()] == [[6, 2], [7, 2], [6, 2]] and s.get_value() == 2 and f() == [6, 2]


def test_a_profiled_copy():
    f = theano.function([x], T.exp(x).sum())
    g = f.copy(profile=True)
    assert f.profile is None and g([0.0]) == 1 and g.profile.calls == 1


def test_swap_and_copy_keep_inputs_that_are_inner_variables():
    s, t = theano.shared(2.0, name="s"), theano.shared(3.0, name="t")
    inner = s * a
    f = theano.function([inner], inner * s)
    assert f(5.0) == 10 and f.copy(swap={s: t})(5.0) == 15


# ------------------------------------------------------------------------------------------------ the function object


def test_the_maker_knows_inputs_outputs_graph_and_mode():
    s = theano.shared(1.0, name="s")
    f = theano.function([a, theano.In(b, value=2.0)], [a * b, theano.Out(s, borrow=True)], updates=[(s, s + 1)], mode="FAST_COMPILE")
    assert [i.variable for i in f.maker.inputs] == [a, b, s] and [i.implicit for i in f.maker.inputs] == [False, False, True]
    assert [i.update is None for i in f.maker.expanded_inputs] == [True, True, False] and f.maker.inputs[2].value is s
    assert [o.borrow for o in f.maker.outputs] == [False, True] and f.maker.outputs[1].variable is s
    assert [str(node.op) for node in theano.function([a], a * 2).maker.fgraph.toposort()] == ["Elemwise{mul,no_inplace}"]
    assert f.maker.mode == theano.FAST_COMPILE


def test_storage_and_a_call_without_arguments():
    total = T.dscalar("total")
    f = theano.function([a, theano.In(total, value=1.0, update=total + a)], [a * 10, total])
    assert [c.value for c in f.input_storage] == [None, 1.0] and [c.value for c in f.output_storage] == [None, None]
    f.input_storage[0].value = 4.0
    f.fn()
    assert [c.value for c in f.output_storage] == [40, 1] and f[total] == 5
    assert [(required, refed) for required, refed, _ in f.defaults] == [(True, False), (False, False)] and f.finder[a] is f.input_storage[0]
    f.free()
    assert [c.value for c in f.output_storage] == [None, None] and f(1.0) == [10, 5]


def test_free_gives_memory_back_and_the_function_goes_on():
    f = theano.function([x], T.exp(x) + 1)
    for n in (3, 200_000):
        expected = f(np.zeros(n))
        f.free()
        np.testing.assert_array_equal(f(np.zeros(n)), expected)
    theano.function([a], a * 2, mode="REFERENCE").free()


def test_get_shared_and_sync_shared():
    s = theano.shared(1.0)
    f = theano.function([a, theano.In(b, value=0.0, update=b + 1)], a * s + b)
    assert f.get_shared() == [s] and f.sync_shared() is None


# ------------------------------------------------------------------------------------------------ pickles


def test_a_pickle_of_shared_variables_keeps_what_is_one_thing_one():
    s = theano.shared(np.zeros(2), "s")
    first, second = pickle.loads(pickle.dumps((s, s.clone())))
    first.set_value(np.ones(2))
    assert second.get_value().tolist() == [1, 1] and not s.get_value().any()


# ------------------------------------------------------------------------------------------------ older ways in


def test_orig_function_pfunc_and_function_maker():
    from theano.compile.function_module import FunctionMaker, convert_function_input, orig_function
    from theano.compile.pfunc import iter_over_pairs, pfunc

    total = T.dscalar("total")
    f = orig_function([a, theano.In(total, value=0.0, update=total + a)], [total], output_keys=["t"])
    assert f(2) == {"t": 0} and f(2) == {"t": 2}
    s = theano.shared(1.0)
    assert pfunc([theano.Param(a, 2.0)], [a * s], updates={s: s + 1}, output_keys=["y"])() == {"y": 2.0} and s.get_value() == 2
    with pytest.raises(ValueError, match="output_keys names 2 outputs, there are 1"):
        pfunc([a], a, output_keys=["p", "q"])
    assert (
        theano.FunctionMaker is FunctionMaker
        and issubclass(theano.In, theano.SymbolicInput)
        and issubclass(theano.Out, theano.SymbolicOutput)
    )
    maker = FunctionMaker([a, theano.In(b, value=3.0)], [a * b], name="made")
    first, second = maker.create(), maker.create([None, 5.0])
    assert first(2.0) == [6] and second[b] == 5 and second(2.0) == [10] and second(2.0) == [6] and first.name == "made"
    graph = theano.graph.FunctionGraph([a, b], [a - b])
    assert FunctionMaker([a, (b, 1.0)], None, fgraph=graph).create()(3.0) == [2]

    class Counting(theano.compile.Function):
        calls = 0

        def __call__(self, *args):
            self.calls += 1
            return super().__call__(*args)

    counting = FunctionMaker([a], a * 2, function_builder=Counting, name="twice").create()
    assert [counting(1.0), counting(2.0)] == [2, 4] and counting.calls == 2 and counting.name == "twice"
    with pytest.raises(TypeError, match="Function: a maker is needed"):
        theano.compile.Function()
    assert convert_function_input(("n", a, 1.0)).name == "n" and list(iter_over_pairs({a: 1})) == list(iter_over_pairs([(a, 1)]))


def test_rebuild_collect_shared():
    from theano.compile.pfunc import rebuild_collect_shared

    s, t = counter(name="s"), theano.shared(np.int64(1), name="t")
    k = T.lscalar("k")
    inputs, out, (copies, updates, pairs, stores) = rebuild_collect_shared([k * s], [k], updates=[(t, t + s)])
    assert inputs == [k] and list(updates) == [t, s] and [p for p, _ in pairs] == [t, s] and set(stores) == {s, t} and out[0] is not copies
    inputs, out, _ = rebuild_collect_shared({"o": k * 2}, [k], copy_inputs_over=False)
    assert inputs[0] is not k and out["o"].eval({inputs[0]: 4}) == 8
    _, out, (_, _, _, stores) = rebuild_collect_shared(k + 1, [], replace={k: t}, no_default_updates=True)
    assert stores == [t] and out.eval() == 2


def test_nothing_warns_and_nothing_is_left_over():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theano.function([a, theano.In(b, value=1.0)], a * b)(2)


# ------------------------------------------------------------------------------------------------ threads and other processes


def kept_by(f):
    return float(f["total"]), float(f["b"])


@pytest.mark.parametrize("way", ["pickle", "deepcopy", "compiled anew", "saved", "rebuilt"])
def test_copies_elsewhere_keep_the_values_of_inputs_apart(way, tmp_path):
    total = T.dscalar("total")
    f = theano.function([a, theano.In(b, value=2.0), theano.In(total, value=0.0, update=total + a * b)], [total], name="f")
    f(1.0)
    f.save(tmp_path / "f")
    with theano.config.change_flags(reoptimize_unpickled_function=way == "compiled anew"):
        g = {
            "deepcopy": lambda: copy.deepcopy(f),
            "saved": lambda: theano.load(tmp_path / "f"),
            "rebuilt": lambda: theano.load(tmp_path / "f", rebuild=True),
        }.get(way, lambda: pickle.loads(pickle.dumps(f)))()
    assert kept_by(g) == (2, 2) and g(10.0) == [2] and g(1.0, 5.0) == [22] and g(1.0, total=1.0) == [1]
    assert kept_by(g) == (3, 2) and kept_by(f) == (2, 2) and f(1.0) == [2]
    again = g.copy()
    assert again(0.0) == [3] and again(1.0) == [3] and kept_by(g) == (3, 2)


def test_calls_of_several_threads_add_up_in_an_input_that_keeps_its_value():
    import threading

    total = T.dscalar("total")
    f = theano.function([a, theano.In(total, value=0.0, update=total + a)], total)
    threads = [threading.Thread(target=lambda: [f(1.0) for _ in range(500)] + [f(a=1.0) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert f[total] == 4 * 550
