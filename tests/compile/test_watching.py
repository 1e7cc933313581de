"""Modes that look at each value: MonitorMode, NanGuardMode, and linkers of one's own."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode, MonitorMode, NanGuardMode
from theano.compile.monitormode import detect_nan
from theano.compile.nanguardmode import NonFiniteError, contains_big, contains_inf, contains_nan, flatten
from theano.graph import Apply, Op
from theano.interpret import PerformLinker, VM_Linker, WrapLinker

x, m = T.dvector("x"), T.dmatrix("m")


# --- MonitorMode


def test_both_functions_see_every_node():
    seen = []

    def before(i, node, fn):
        seen.append((i, "before", node.op, [cell[0].copy() for cell in fn.inputs]))

    def after(i, node, fn):
        seen.append((i, "after", node.op, [cell[0].copy() for cell in fn.outputs]))

    f = theano.function([x], T.tanh(x).sum(), mode=MonitorMode(before, after))
    assert f([0.0, 0.0]) == 0
    order = f.maker.fgraph.toposort()
    assert [(i, when) for i, when, *_ in seen] == [(k, when) for k in range(len(order)) for when in ("before", "after")]
    assert [op for _, when, op, _ in seen if when == "after"] == [node.op for node in order]
    np.testing.assert_array_equal(seen[0][3][0], [0, 0])


def test_a_mode_that_was_changed_still_watches():
    seen = []
    mode = MonitorMode(post_func=lambda i, node, fn: seen.append(str(node.op))).excluding("canonicalize", "specialize")
    assert isinstance(mode, MonitorMode) and theano.function([x], x * 2 + 0, mode=mode)([1.0]) == 2
    assert sum("Elemwise" in op for op in seen) == 2
    assert MonitorMode().clone(optimizer="o1").optimizer.query.include == ("fast_compile",)


def test_detect_nan(capsys):
    f = theano.function([x], T.log(x) * x, mode=MonitorMode(post_func=detect_nan))
    with np.errstate(all="ignore"):
        f([1.0, 2.0])
        assert capsys.readouterr().out == ""
        assert np.isnan(f([-1.0])[0])
    out = capsys.readouterr().out
    assert out.startswith("*** NaN detected ***\nElemwise{log,no_inplace} [id A]")
    assert "Inputs : [array([-1.])]" in out and "Outputs: [array([nan])]" in out


def test_watching_changes_no_result_and_updates_once():
    s = theano.shared(np.zeros(2))
    f = theano.function([x], s * 2, updates=[(s, s + x)], mode=MonitorMode())
    np.testing.assert_array_equal(f([1.0, 2.0]), [0, 0])
    np.testing.assert_array_equal(f([1.0, 2.0]), [2, 4])
    np.testing.assert_array_equal(s.get_value(), [2, 4])


def test_an_error_of_the_watcher_leaves_shared_variables():
    s = theano.shared(0.0)

    def refuse(i, node, fn):
        raise RuntimeError("seen enough")

    f = theano.function([], [], updates=[(s, s + 1)], mode=MonitorMode(post_func=refuse))
    with pytest.raises(RuntimeError, match="seen enough"):
        f()
    assert s.get_value() == 0


# --- NanGuardMode


def guarded(expression, value, **options):
    f = theano.function([x], expression, mode=NanGuardMode(**options))
    with np.errstate(all="ignore"):
        return f(value)


@pytest.mark.parametrize(
    ("expression", "value", "what"),
    [
        (lambda: T.log(x) * 2, [-1.0], "NaN in the result of log"),
        (lambda: 1 / x + 1, [0.0], "inf in the result of true_div"),
        (lambda: T.exp(x) + 1, [40.0], "a number above 1e[+]10 in the result of exp"),
        (lambda: x + 1, [np.nan], "NaN in the input x"),
        (lambda: x + 1, [np.inf], "inf in the input x"),
    ],
)
def test_the_first_bad_value_is_named(expression, value, what):
    with pytest.raises(NonFiniteError, match=rf"NanGuardMode: {what}(.|\n)*test_watching.py") as caught:
        guarded(expression(), value)
    assert isinstance(caught.value, AssertionError)
    assert (caught.value.node is None) == ("input" in what)


def test_what_to_look_for():
    assert np.isnan(guarded(T.log(x), [-1.0], nan_is_error=False))
    assert np.isinf(guarded(1 / x, [0.0], inf_is_error=False))
    assert guarded(T.exp(x), [40.0], big_is_error=False) > 1e10
    with theano.config.change_flags({"NanGuardMode.nan_is_error": False}):
        mode = theano.compile.get_mode("NanGuardMode")
    assert (mode.nan_is_error, mode.inf_is_error, mode.excluding("blas").nan_is_error) == (False, True, False)


def test_a_shared_variable_is_an_input():
    s = theano.shared(np.array([np.nan]), "s")
    with pytest.raises(NonFiniteError, match="NaN in the input s"):
        theano.function([], s + 1, mode="NanGuardMode")()


def test_a_variable_may_be_left_out():
    z = T.log(x)
    z.tag.nan_guard_mode_check = False
    f = theano.function([x], z, mode=NanGuardMode(optimizer="o1"))
    with np.errstate(all="ignore"):
        assert np.isnan(f([-1.0]))


def test_warn_and_debugger(caplog, monkeypatch):
    f = theano.function([x], T.log(x), mode=NanGuardMode())
    entered = []
    monkeypatch.setattr("builtins.breakpoint", lambda: entered.append(1))
    with np.errstate(all="ignore"):
        with theano.config.change_flags({"NanGuardMode.action": "warn"}):
            assert np.isnan(f([-1.0]))
        assert "NaN in the result of log" in caplog.text and not entered
        with theano.config.change_flags({"NanGuardMode.action": "pdb"}):
            f([-1.0])
    assert entered == [1]


def test_what_values_hold():
    assert contains_nan(np.array([1, np.nan])) and not contains_nan(np.array([np.inf])) and not contains_nan(np.arange(3))
    assert contains_inf(np.array([1, -np.inf])) and not contains_inf("inf") and not contains_inf(np.zeros(0))
    assert contains_big(np.array([-2e10])) and not contains_big(np.array([np.inf])) and contains_nan(np.array([1j * np.nan]))
    assert flatten([1, [2, (3, {4})]]) == [1, 2, 3, 4]


# --- linkers as objects


def test_classic_linkers_as_objects():
    values = np.arange(6.0).reshape(2, 3)
    for linker in (
        VM_Linker(),
        VM_Linker(use_cloop=True),
        VM_Linker(allow_gc=False, lazy=True),
        PerformLinker(),
        PerformLinker(allow_gc=False),
    ):
        f = theano.function([m], T.dot(m, m.T) * 2, mode=Mode(linker=linker, optimizer="fast_run"))
        np.testing.assert_allclose(f(values), values @ values.T * 2)
    assert Mode(VM_Linker(use_cloop=True)).engine == "native" and Mode(VM_Linker(callback=print)).engine == "nodewise"


def test_wrap_linker():
    seen = []

    def wrapper(i, node, *thunks):
        for thunk in thunks:
            thunk()
        seen.append((i, len(thunks)))

    f = theano.function([x], T.exp(x).sum(), mode=Mode(WrapLinker([PerformLinker(), PerformLinker()], wrapper), "fast_run"))
    assert f([0.0, 0.0]) == 2 and seen == [(0, 2), (1, 2)]


def test_callback_of_vm_linker():
    seen = []
    linker = VM_Linker(callback=lambda node, thunk, storage_map, compute_map: seen.append(node.op))
    f = theano.function([x], T.exp(x).sum(), mode=Mode(linker))
    assert f([0.0]) == 1 and seen == [node.op for node in f.maker.fgraph.toposort()]


def test_two_functions_of_one_mode():
    mode = Mode("py")
    f, g = theano.function([x], x + 1, mode=mode), theano.function([x], x * 3, mode=mode)
    assert (f([1.0]), g([1.0]), f([2.0])) == (2, 3, 3)


def test_results_share_no_memory():
    s = theano.shared(np.ones(3), "s")
    f = theano.function([x], [x, x, s, T.constant([1.0, 2.0]), x.reshape((3, 1))], mode=Mode("py", None))
    given = np.zeros(3)
    found = f(given)
    arrays = [*found, given, s.get_value(borrow=True), *f(given)]
    assert not any(np.may_share_memory(a, b) for k, a in enumerate(arrays) for b in arrays[:k])
    assert all(a.flags.c_contiguous for a in found) and found[4].shape == (3, 1)


class Reusing(Op):
    """Twice its argument, in the array that it finds if that fits."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        if outputs[0][0] is None or outputs[0][0].shape != inputs[0].shape:
            outputs[0][0] = np.empty_like(inputs[0])
        np.multiply(inputs[0], 2, out=outputs[0][0])


@pytest.mark.parametrize("linker", [PerformLinker(allow_gc=False), VM_Linker(allow_gc=False, callback=lambda **of_a_node: None)], ids=str)
def test_no_later_call_writes_into_a_result(linker):
    s = theano.shared(np.zeros(3), "s")
    doubled = Reusing()(x)
    results = [doubled, T.reshape(doubled, (3, 1)), Reusing()(x + 1).dimshuffle(0, "x")]
    f = theano.function([x], results, updates=[(s, Reusing()(x - 1))], mode=Mode(linker, None))
    first, state = f([1.0, 2.0, 3.0]), s.get_value(borrow=True)
    f([5.0, 6.0, 7.0])
    assert [r.ravel().tolist() for r in (*first, state)] == [[2, 4, 6], [2, 4, 6], [4, 6, 8], [0, 2, 4]]


def watch(i, node, fn):
    pass


@pytest.mark.parametrize(
    "mode", [Mode("py"), NanGuardMode(), MonitorMode(post_func=watch), theano.compile.DebugMode(stability_patience=1)], ids=str
)
def test_copies_and_pickles(mode):
    s = theano.shared(np.zeros(2), "s")
    f = theano.function([x], x * 2 + s, updates=[(s, s + x)], mode=mode)
    f.copy()([1.0, 2.0])
    np.testing.assert_array_equal(s.get_value(), [1, 2])
    for g in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
        assert g.maker.mode.engine == mode.engine
        np.testing.assert_array_equal(g([1.0, 1.0]), [3, 4])
    np.testing.assert_array_equal(s.get_value(), [1, 2])


def test_explain_lists_the_nodes():
    f = theano.function([x], T.exp(x).sum(), mode=Mode("py"), name="total")
    head, *rest = f.explain().splitlines()
    assert head == "total: 2 nodes, one by one" and all("test_watching.py" in line for line in rest)
