"""DebugMode finds planted faults, names who is guilty, and leaves everything as it was."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.debugmode import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugMode,
    DebugModeError,
    InvalidValueError,
    StochasticOrder,
)
from theano.gof import local_optimizer
from theano.graph import Apply, Op
from theano.tensor.elemwise import Elemwise

x, y = T.dvectors("x", "y")
QUICK = DebugMode(stability_patience=2)


class Faulty(Op):
    """A vector to a vector, in whatever way ``how(inputs, cells)`` does it."""

    def __init__(self, how, **maps):
        self.how = how
        self.__dict__.update(maps)

    def make_node(self, *given):
        return Apply(self, [T.as_tensor_variable(v) for v in given], [T.dvector()])

    def perform(self, node, inputs, output_storage):
        self.how(inputs, output_storage)


def overwrite(inputs, cells):
    inputs[0][:] = 0
    cells[0][0] = np.ones(2)


def put(value):
    def how(inputs, cells):
        cells[0][0] = value(*inputs)

    return how


def run(how, mode=QUICK, **maps):
    return theano.function([x], Faulty(how, **maps)(x) + 1, mode=mode, accept_inplace=True)([1.0, 2.0])


def test_an_input_is_overwritten():
    with pytest.raises(
        BadDestroyMap, match=r"Faulty overwrites its input 0, which is not in its destroy_map(.|\n)*test_debugmode"
    ) as caught:
        run(overwrite)
    assert caught.value.idx == 0 and caught.value.node.op.how is overwrite
    np.testing.assert_array_equal(caught.value.old_val, [1, 2])
    np.testing.assert_array_equal(caught.value.new_val, [0, 0])
    np.testing.assert_array_equal(run(overwrite, destroy_map={0: [0]}), [2, 2])


def test_a_result_is_a_view():
    with pytest.raises(BadViewMap, match=r"result 0 of Faulty shares memory with an input(.|\n)*view_map = \{0: \[0\]\}") as caught:
        run(put(lambda a: a[::-1]))
    assert caught.value.output_idx == 0 and caught.value.in_alias_idx == [0] and caught.value.out_alias_idx is None
    np.testing.assert_array_equal(run(put(lambda a: a[::-1]), view_map={0: [0]}), [3, 2])


class Twins(Op):
    def make_node(self, a):
        return Apply(self, [a], [a.type(), a.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = output_storage[1][0] = inputs[0] * 2


def test_two_results_are_one():
    with pytest.raises(BadViewMap, match="result 1 of Twins shares memory with another result"):
        theano.function([x], Twins()(x), mode=QUICK)([1.0])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda a: a.astype("float32"), "float32"),
        (lambda a: a[None], "shape"),
        (lambda a: list(a), "list"),
        (lambda a: a / 0, "check_isfinite=False"),
        (lambda a: np.log(-a), "check_isfinite=False"),
    ],
)
def test_a_value_is_not_valid(value, text):
    with np.errstate(all="ignore"), pytest.raises((InvalidValueError, TypeError), match=text):
        run(put(value))


def test_what_is_not_finite_may_be():
    mode = DebugMode(stability_patience=1, check_isfinite=False)
    with np.errstate(all="ignore"):
        assert np.isnan(theano.function([x], T.log(x), mode=mode)([-1.0]))[0]
    text = r"the result of Elemwise\{log,no_inplace\}(.|\n)*test_debugmode"
    with np.errstate(all="ignore"), pytest.raises(InvalidValueError, match=text) as caught:
        theano.function([x], T.log(x), mode=QUICK)([-1.0])
    assert caught.value.r.owner.op == T.log and np.isnan(caught.value.v)


def test_an_op_that_depends_on_chance():
    numbers = itertools.count()
    with pytest.raises(BadThunkOutput, match="perform and machine code give different results of Faulty") as caught:
        run(put(lambda a: a + next(numbers)))
    assert caught.value.offending_op() is Faulty and "the largest difference" in caught.value.str_diagnostic()


def test_machine_code_and_perform_disagree(monkeypatch):
    original = Elemwise.perform

    def wrong(self, node, inputs, output_storage):
        original(self, node, inputs, output_storage)
        if self.scalar_op.name == "tanh":
            output_storage[0][0] = output_storage[0][0] + 0.5

    f = theano.function([x, y], T.exp(T.tanh(x * y) + y).sum(), mode=QUICK)
    assert np.isfinite(f([1.0, 2.0], [0.5, 0.5]))
    monkeypatch.setattr(Elemwise, "perform", wrong)
    with pytest.raises(BadThunkOutput, match="perform and machine code give different results of tanh") as caught:
        f([1.0, 2.0], [0.5, 0.5])
    assert caught.value.r.owner.op == T.tanh
    np.testing.assert_allclose(caught.value.val1 - caught.value.val2, 0.5)
    np.testing.assert_allclose(caught.value.inputs_val[0], [0.5, 1.0])


def test_the_rewrite_that_made_the_node_is_named(monkeypatch):
    original = Elemwise.perform

    def wrong(self, node, inputs, output_storage):
        original(self, node, inputs, output_storage)
        if self.scalar_op.name == "log1p":
            output_storage[0][0] = output_storage[0][0] + 0.5

    f = theano.function([x], T.log(1 + x), mode=QUICK)
    monkeypatch.setattr(Elemwise, "perform", wrong)
    with pytest.raises(BadThunkOutput, match="different results of log1p") as caught:
        f([1.0])
    (note,) = caught.value.__notes__
    assert note.startswith("the node was made by the rewrite ")
    rule = note.split("'")[1]
    assert T.log1p not in [node.op for node in theano.function([x], T.log(1 + x), mode=QUICK.excluding(rule)).maker.fgraph.toposort()]


@local_optimizer([T.exp])
def exp_is_exp2(node):
    return [T.exp2(node.inputs[0])]


def test_a_rewrite_is_wrong():
    f = theano.function([x], T.exp(x * 3) + 1, mode=QUICK.register(exp_is_exp2))
    assert f([0.0]) == 2  # where the two agree nothing is wrong
    with pytest.raises(
        BadOptimization, match=r"the rewrite exp_is_exp2 changes the value of exp(.|\n)*mode.excluding\('exp_is_exp2'\)"
    ) as caught:
        f([1.0])
    found = caught.value
    assert found.reason == "exp_is_exp2" and found.old_r.owner.op == T.exp and found.new_r.owner.op == T.exp2
    np.testing.assert_allclose([found.old_r_val, found.new_r_val], [[np.exp(3)], [8]])
    assert "Elemwise{exp,no_inplace}" in found.old_graph and "exp2" in found.new_graph
    assert "test_debugmode.py" in str(found)


def test_stabilising_is_no_fault():
    with np.errstate(all="ignore"):
        f = theano.function([x], T.log(1 + T.exp(x)), mode=QUICK)
        np.testing.assert_array_equal(f([1000.0]), [1000.0])


def test_rewriting_that_depends_on_chance():
    numbers = itertools.count()

    @local_optimizer([T.exp])
    def sometimes(node):
        return [T.expm1(node.inputs[0]) + 1] if next(numbers) == 0 else None

    with pytest.raises(StochasticOrder, match=r"gives another graph\n  first .*\n  then +Elemwise\{exp,no_inplace\}"):
        theano.function([x], T.exp(x), mode=QUICK.register(sometimes))


def test_rewriting_that_goes_another_way_to_the_same_graph():
    ways = iter("aab")

    @local_optimizer([T.exp])
    def of_exp(node):
        (a,) = node.inputs
        return [T.sinh(a) + T.cosh(a)] if next(ways) == "a" else [T.exp2(a)]

    @local_optimizer([T.exp2])
    def of_exp2(node):
        (a,) = node.inputs
        return [T.sinh(a) + T.cosh(a)]

    with pytest.raises(StochasticOrder, match=r"goes another way\n  first  of_exp: .*\n  then   of_exp: .*exp2"):
        theano.function([x], T.exp(x), mode=DebugMode(stability_patience=3).register(of_exp, of_exp2))


def test_nothing_has_changed_after_a_fault():
    total = theano.shared(np.zeros(2), "total")
    numbers = itertools.count()
    op = Faulty(put(lambda a: a + (next(numbers) if a[0] == 3 else 0)))
    f = theano.function([x], [], updates=[(total, total + op(x))], mode=QUICK)
    f([1.0, 2.0])
    with pytest.raises(DebugModeError):
        f([3.0, 4.0])
    np.testing.assert_array_equal(total.get_value(), [1, 2])
    f([1.0, 1.0])
    np.testing.assert_array_equal(total.get_value(), [2, 3])


def uses_storage(inputs, cells):
    if cells[0][0] is None or cells[0][0].shape != inputs[0].shape:
        cells[0][0] = np.zeros_like(inputs[0])
    cells[0][0] += inputs[0]


@pytest.mark.parametrize("kind", ["initial", "previous", "c_contiguous", "f_contiguous", "strided", "ALL"])
def test_storage_that_is_not_empty(kind):
    mode = DebugMode(stability_patience=1, check_preallocated_output=kind)
    with pytest.raises(BadThunkOutput, match=r"perform with .* output storage"):
        run(uses_storage, mode)
    np.testing.assert_array_equal(run(put(lambda a: a * 2), mode), [3, 5])


def test_strides_up_to_a_rank():
    mode = DebugMode(stability_patience=1, check_preallocated_output="strided")
    with theano.config.change_flags({"DebugMode.check_preallocated_output_ndim": 0}):
        np.testing.assert_array_equal(run(uses_storage, mode), [2, 3])


def test_an_input_that_is_given_away_for_nothing(caplog):
    run(put(lambda a: a * 2), destroy_map={0: [0]})
    assert "Faulty does not overwrite its input 0, which is in its destroy_map; at test_debugmode.py:" in caplog.text
    caplog.clear()
    run(overwrite, destroy_map={0: [0]})
    with theano.config.change_flags({"DebugMode.warn_input_not_reused": False}):
        run(put(lambda a: a * 2), destroy_map={0: [0]})
    assert caplog.text == ""


def test_only_one_side_is_checked():
    with pytest.raises(BadDestroyMap):
        run(overwrite, DebugMode(stability_patience=1, check_c_code=False))
    numbers = itertools.count()
    with pytest.raises(BadOptimization, match="unknown"):
        run(put(lambda a: a + next(numbers)), DebugMode(stability_patience=1, check_py_code=False))


def test_the_usual_arguments_and_errors():
    f = theano.function([x, theano.In(y, value=[1.0, 1.0])], {"sum": x + y}, mode="DebugMode", name="adding")
    np.testing.assert_array_equal(f(x=[1.0, 2.0])["sum"], [2, 3])
    with pytest.raises(ValueError, match="sizes differ: 3 and 2"):
        f([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="adding: missing argument 0"):
        f()


def test_as_the_flags_say():
    flags = {"DebugMode.patience": 3, "DebugMode.check_finite": False, "DebugMode.check_py": False}
    with theano.config.change_flags(flags):
        mode = theano.compile.get_mode("DEBUG_MODE")
    assert (mode.stability_patience, mode.check_isfinite, mode.check_py_code, mode.check_c_code) == (3, False, False, True)
    assert mode.including("blas").stability_patience == 3


def test_function_maker():
    f = QUICK.function_maker([x], x * 2, QUICK, name="doubled").create()
    assert f.name == "doubled" and f([2.0]) == 4
    with pytest.raises(TypeError, match="no DebugMode"):
        QUICK.function_maker([x], x, "FAST_RUN")


def test_sums_of_narrow_numbers():
    """Machine code need not round what it adds up in float64; the other way does, between two operations."""
    narrow = T.fmatrix("narrow")
    f = theano.function([narrow, x], (T.exp(narrow).sum(axis=1) * x).sum(), mode=QUICK)
    assert f(np.linspace(0, 1, 6, dtype="float32").reshape(2, 3), [1.0, 2.0]).dtype == "float64"
