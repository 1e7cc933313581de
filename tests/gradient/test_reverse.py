"""grad: every rule of the classic gradients, on values and on types."""

import sys
from collections import OrderedDict

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.flags import config
from theano.gradient import DisconnectedType, Lop, NullType, format_as, grad, grad_undefined, subgraph_grad
from theano.graph import Apply, Op
from theano.tensor.sharedvar import shared


def value(expression, **inputs):
    from theano.graph import Constant, graph_inputs

    leaves = {v.name: v for v in graph_inputs([expression]) if not isinstance(v, Constant)}
    return evaluate(expression, {leaves[name]: data for name, data in inputs.items() if name in leaves})


# ------------------------------------------------------------------------------------------- arguments


def test_the_cost_must_be_a_scalar():
    x = T.dvector("x")
    with pytest.raises(TypeError, match="rank 0"):
        grad(x, x)


def test_the_result_has_the_form_of_wrt():
    x, y = T.dscalars("x", "y")
    cost = x * y
    assert isinstance(grad(cost, [x, y]), list)
    assert isinstance(grad(cost, (x, y)), tuple)
    assert grad(cost, x).type == x.type
    with pytest.raises(TypeError, match="set"):
        grad(cost, {x, y})
    with pytest.raises(TypeError, match="must be a variable, not x"):
        grad(cost, ["x"])


def test_a_cost_or_known_gradients_are_needed():
    x = T.dscalar("x")
    with pytest.raises(ValueError, match="cost"):
        grad(None, x)
    with pytest.raises(ValueError, match="disconnected_inputs"):
        grad(x, x, disconnected_inputs="maybe")


def test_names_tell_what_is_differentiated():
    x = T.dscalar("x")
    cost = x**2
    cost.name = "cost"
    assert grad(cost, x).name == "(dcost/dx)"
    assert grad(cost, x, add_names=False).name is None


def test_no_name_of_the_user_is_overwritten():
    x, y = T.dscalars("x", "y")
    cost = x * y
    cost.name = "cost"
    grad(cost, [x, y])
    assert (x.name, y.name) == ("x", "y")


def test_format_as():
    assert format_as(True, False, 1) == [1]
    assert format_as(False, True, [1]) == (1,)
    with pytest.raises(ValueError, match="one output"):
        format_as(False, False, [1, 2])


# ---------------------------------------------------------------------------------------------- dtypes


@pytest.mark.parametrize("floatX", ["float64", "float32"])
def test_the_gradient_has_the_dtype_of_its_float_variable(floatX):
    with config.change_flags(floatX=floatX):
        for dtype in ("float32", "float64"):
            x = T.vector("x", dtype=dtype)
            y = T.vector("y", dtype="float64")
            gx, gy = grad((x * y).sum(), [x, y])
            assert (gx.dtype, gy.dtype) == (dtype, "float64")


@pytest.mark.parametrize("floatX", ["float64", "float32"])
def test_the_gradient_of_an_integer_is_a_float(floatX):
    with config.change_flags(floatX=floatX):
        i = T.lvector("i")
        through, blocked = grad((i * 2.0).sum(), i), grad((i // 2).sum() * 1.0, i)
        assert through.dtype.startswith("float") and blocked.dtype == floatX
        assert value(through, i=np.array([1, 2, 3])).tolist() == [2, 2, 2]
        assert value(blocked, i=np.array([1, 2, 3])).tolist() == [0, 0, 0]


def test_whole_numbers_pass_zeros():
    x = T.dvector("x")
    for cost in (
        (x > 0).sum() * 1.0,
        T.cast(x, "int64").sum() * 1.0,
        T.floor(x).sum(),
        T.argmax(x) * 1.0,
        (x.astype("int8") * 2.5).sum(),
    ):
        assert value(grad(cost, x), x=np.array([1.5, -2.0])).tolist() == [0, 0]


def test_an_integer_cost_has_a_float_gradient():
    i = T.lscalar("i")
    assert grad(i * i, i).dtype == config.floatX


def test_the_gradient_keeps_the_pattern():
    r, m = T.drow("r"), T.dmatrix("m")
    gr, gm = grad((r * m).sum(), [r, m])
    assert gr.type == r.type and gm.type == m.type
    data = {"r": np.array([[1.0, 2.0]]), "m": np.arange(6.0).reshape(3, 2)}
    assert value(gr, **data).tolist() == [[6.0, 9.0]]
    assert value(gm, **data).tolist() == [[1.0, 2.0]] * 3


# --------------------------------------------------------------------------------------- disconnection


def test_what_is_not_in_the_graph_is_disconnected():
    x, y = T.dvector("x"), T.dmatrix("y")
    with pytest.raises(DisconnectedInputError, match="does not depend"):
        grad(x.sum(), y)
    with pytest.warns(UserWarning, match=r"does not depend(.|\n)*wrt +y .* test_reverse.py:\d+") as told:
        grad(x.sum(), y, disconnected_inputs="warn")
    assert told[0].filename == __file__
    zeros = grad(x.sum(), y, disconnected_inputs="ignore")
    assert zeros.type == y.type and value(zeros, y=np.ones((2, 3))).tolist() == [[0, 0, 0]] * 2
    assert grad(x.sum(), y, disconnected_inputs="ignore", return_disconnected="None") is None
    kept = grad(x.sum(), y, disconnected_inputs="ignore", return_disconnected="Disconnected")
    assert isinstance(kept.type, DisconnectedType)


def test_shapes_and_indices_are_disconnected():
    x, i = T.dvector("x"), T.lscalar("i")
    for cost, wrt in ((x.shape[0] * 1.0, x), (x[i], i), (T.alloc(1.0, i).sum(), i)):
        with pytest.raises(DisconnectedInputError):
            grad(cost, wrt)


def test_constants_given_are_not_looked_through():
    x = T.dscalar("x")
    y = x * 2
    assert value(grad(x * y, x, consider_constant=[y]), x=3.0) == 6
    with pytest.raises(TypeError, match="list of variables"):
        grad(x * y, x, consider_constant=y)


# --------------------------------------------------------------------------------------- known gradients


def test_known_gradients_flow_on():
    x = T.dscalar("x")
    y = x * 2
    z = y * 3
    assert value(grad(None, x, known_grads={y: T.constant(5.0)}), x=1.0) == 10
    assert (
        value(grad(None, x, known_grads=OrderedDict([(y, T.constant(5.0)), (z, T.constant(1.0))])), x=1.0) == 10
    )  # what z sends to y is replaced


def test_a_known_gradient_is_added_to_no_other():
    x = T.dscalar("x")
    y = x * 2
    cost = y * 3
    assert value(grad(cost, x, known_grads={y: T.constant(7.0)}), x=1.0) == 14


def test_known_gradients_must_fit():
    x = T.dvector("x")
    with pytest.raises(TypeError, match="known gradient"):
        grad(None, x, known_grads={x: T.constant(1.0)})
    with pytest.raises(TypeError, match="dict"):
        grad(None, x, known_grads=[(x, x)])


def test_lop():
    x, v = T.dvectors("x", "v")
    assert value(Lop(x**2, x, v), x=np.array([1.0, 2.0]), v=np.array([3.0, 5.0])).tolist() == [6, 20]


def test_subgraph_grad():
    x, w = T.dscalars("x", "w")
    middle = x * 2
    cost = middle**2 * w
    (g_middle,), (g_end,) = [g for g in subgraph_grad([w], [middle], cost=cost)]
    assert value(g_middle, x=3.0, w=1.0) == 36 and value(g_end, x=3.0, w=1.0) == 12
    (gx,), _ = subgraph_grad([x], [x], start={middle: g_end})
    assert value(gx, x=3.0, w=1.0) == 24


# ------------------------------------------------------------------------------------------ undefined


class Crooked(Op):
    """Twice its first argument; the derivative by the second one is undefined."""

    __props__ = ()

    def make_node(self, x, y):
        return Apply(self, [x, y], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 2 * inputs[0]

    def grad(self, inputs, output_grads):
        return [2 * output_grads[0], grad_undefined(self, 1, inputs[1], "nobody knows")]


def test_an_undefined_gradient_matters_only_when_asked_for():
    x, y = T.dscalars("x", "y")
    cost = Crooked()(x, y)
    assert value(grad(cost, x), x=1.0, y=1.0) == 2
    with pytest.raises(NullTypeGradError, match="nobody knows"):
        grad(cost, y)
    assert isinstance(grad(cost, y, null_gradients="return").type, NullType)
    with pytest.raises(NullTypeGradError):
        grad(Crooked()(x, y * 2) + y, y)


class Wrong(Crooked):
    def __init__(self, terms):
        self.terms = terms

    def grad(self, inputs, output_grads):
        return self.terms(output_grads[0])


@pytest.mark.parametrize(
    ("terms", "error", "text"),
    [
        (lambda g: g, TypeError, "list or tuple"),
        (lambda g: [g], ValueError, "2 inputs"),
        (lambda g: [g, g.dimshuffle("x")], ValueError, "rank 1"),
    ],
)
def test_wrong_gradient_methods_are_told(terms, error, text):
    x, y = T.dscalars("x", "y")
    with pytest.raises(error, match=text):
        grad(Wrong(terms)(x, y), [x, y])


# ------------------------------------------------------------------------------------------ structure


class Counted(Op):
    """Identity that counts how often its gradient is asked for."""

    __props__ = ()
    calls = 0

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].copy()

    def L_op(self, inputs, outputs, output_grads):
        Counted.calls += 1
        return list(output_grads)


def test_each_node_is_asked_once():
    x = T.dscalar("x")
    y = Counted()(x)
    Counted.calls = 0
    total = y * y + T.exp(y) + y
    grad(total, x)
    assert Counted.calls == 1


def test_many_terms_make_one_sum():
    x = T.dscalar("x")
    gradient = grad(T.add(*[x * k for k in range(2, 12)]), x)
    assert len(gradient.owner.inputs) == 10


def test_nodes_bear_the_lines_of_what_they_differentiate():
    x = T.dscalar("x")
    line = sys._getframe().f_lineno + 1
    y = T.tanh(x)
    gradient = grad(y * 2, x)
    assert (__file__, line) in gradient.owner.origin.lines()


def test_a_deep_chain_at_the_default_recursion_limit():
    x = T.dscalar("x")
    y = x
    for _ in range(20_000):
        y = T.sin(y)
    assert grad(y, x).type == x.type


def test_shared_variables_are_differentiated():
    w = shared(np.array([1.0, 2.0]), name="w")
    gradient = grad((w**2).sum(), w)
    assert gradient.type == w.type and evaluate(gradient).tolist() == [2, 4]


def test_second_derivatives():
    x = T.dscalar("x")
    assert value(grad(grad(x**3, x), x), x=2.0) == pytest.approx(12)
