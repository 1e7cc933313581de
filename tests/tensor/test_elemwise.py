"""Elementwise nodes and dimshuffle: types, values, derivatives, shapes."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theano.tensor as T
from tests.classic import uncomputable
from tests.evaluate import evaluate
from tests.tensor.derivatives import check_gradient, pullback
from theano.errors import ShapeError
from theano.flags import config
from theano.scalar import OPS
from theano.scalar.describe import describe
from theano.tensor.elemwise import DimShuffle, Elemwise, dimshuffle, elemwise
from theano.tensor.functions import ALIASES, FUNCTIONS

DATA = Path(__file__).resolve().parents[1] / "data"
KINKS = json.loads((DATA / "kinks.json").read_text())


# ------------------------------------------------------------------ from the registry


@pytest.mark.parametrize("name", OPS)
def test_each_scalar_declaration_is_a_tensor_function(name):
    function = getattr(T, name, None) or FUNCTIONS[name]
    assert isinstance(function, Elemwise) and function.scalar_op is OPS[name]
    assert function is elemwise(OPS[name]) is pickle.loads(pickle.dumps(function))
    assert describe(OPS[name]) == function.__doc__


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases_are_the_functions_themselves(alias):
    assert getattr(T, alias) is elemwise(OPS[ALIASES[alias]])


@pytest.mark.parametrize("table", ["unary", "binary"])
@pytest.mark.parametrize("floatx", ["float64", "float32"])
def test_dtypes_are_the_classic_ones(table, floatx):
    file = DATA / ("dtypes.json" if floatx == "float64" else "dtypes.float32.json")
    for name, rows in json.loads(file.read_text())[table].items():
        function = getattr(T, name, None)
        if not isinstance(function, Elemwise):
            continue
        for dtype, entry in rows.items():
            for other, expected in entry.items() if isinstance(entry, dict) else [(None, entry)]:
                if expected.startswith("!") or uncomputable(name, *(d for d in (dtype, other) if d)):
                    continue  # what the old code refused may work
                if name in ("and_", "or_", "xor", "bitwise_and") and expected == "float64":
                    continue  # it was built, and could not be computed
                arguments = [T.TensorType(d, (False,))() for d in (dtype, other) if d]
                with config.change_flags(floatX=floatx):
                    assert function(*arguments).dtype == expected, (name, dtype, other)


# ------------------------------------------------------------------ nodes


def test_arguments_are_padded_on_the_left():
    x, v, s = T.dmatrix("x"), T.dvector("v"), T.dscalar("s")
    node = T.switch(x, v, s).owner
    assert node.inputs[0] is x
    assert [i.owner.op.new_order for i in node.inputs[1:]] == [("x", 0), ("x", "x")]
    assert (x + x).owner.inputs == [x, x]
    assert (v + T.dvector()).owner.inputs[0] is v


def test_a_dimension_is_broadcastable_if_it_is_in_all_arguments():
    patterns = [(False, True), (True, True), (True, False)]
    for a in patterns:
        for b in patterns:
            result = T.TensorType("int8", a)() * T.TensorType("float32", b)()
            assert result.broadcastable == tuple(p and q for p, q in zip(a, b))


def test_one_op_for_all_nodes():
    x = T.dmatrix()
    assert (x + 1).owner.op is (x + x).owner.op is T.add(x, x, x).owner.op
    assert T.add(x, x, x).owner.nin == 3
    assert x.T.owner.op is T.dmatrix().T.owner.op


@pytest.mark.parametrize("wrong", [lambda x: T.exp(x, x), lambda x: T.sub(x), lambda x: T.switch(x, x), lambda x: T.add()])
def test_the_number_of_arguments_is_checked(wrong):
    with pytest.raises(TypeError):
        wrong(T.dvector())


def test_refused_dtypes_are_named_with_the_users_line():
    with pytest.raises(TypeError) as caught:
        T.zvector("z") % 2
    assert str(caught.value).startswith("mod: ") and "z" in str(caught.value) and "test_elemwise.py" in str(caught.value)
    for refused in (lambda: -T.TensorType("bool", ())(), lambda: T.dvector() & T.dvector(), lambda: T.sgn(T.zvector())):
        with pytest.raises(TypeError):
            refused()


def test_classic_attributes():
    op = (T.dvector() + 1).owner.op
    assert op.scalar_op is OPS["add"] and op.inplace_pattern == {} and str(op) == "Elemwise{add,no_inplace}"
    inplace = Elemwise(OPS["exp"], {0: 0})
    assert inplace.destroy_map == {0: [0]} and str(inplace) == "Elemwise{exp}[(0, 0)]"
    assert inplace != T.exp and inplace == Elemwise(OPS["exp"], {0: 0}) and hash(inplace) == hash(Elemwise(OPS["exp"], {0: 0}))
    assert Elemwise(OPS["exp"]) == T.exp
    assert Elemwise(OPS["exp"], name="my_exp").name == str(Elemwise(OPS["exp"], name="my_exp")) == "my_exp"


# ------------------------------------------------------------------ values


@given(st.lists(st.sampled_from([1, 3]), max_size=3), st.lists(st.booleans(), min_size=3, max_size=3), st.integers(0, 3))
def test_values_are_numpys(shape, stretched, drop):
    random = np.random.default_rng(0)
    a = random.normal(size=shape)
    b = random.normal(size=[1 if s else n for n, s in zip(shape, stretched)][min(drop, len(shape)) :])
    x, y = (T.TensorType("float64", [n == 1 for n in value.shape])() for value in (a, b))
    np.testing.assert_array_equal(evaluate(x - y, {x: a, y: b}), a - b)


def test_size_one_stretches_only_by_type():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    with pytest.raises(ShapeError, match="only dimensions of broadcastable type stretch") as caught:
        evaluate(x + y, {x: np.ones((1, 3)), y: np.ones((2, 3))})
    assert isinstance(caught.value, ValueError) and "float64 (1, 3)" in str(caught.value) and "test_elemwise.py" in str(caught.value)
    r = T.drow("r")
    assert evaluate(x + r, {x: np.ones((2, 3)), r: np.ones((1, 3))}).shape == (2, 3)
    assert evaluate(x + r, {x: np.ones((0, 3)), r: np.ones((1, 3))}).shape == (0, 3)


def test_results_are_new_arrays():
    x, value = T.dvector(), np.ones(3)
    for result in (T.tensor_copy(x), x.real, x.conj(), T.second(T.dvector("s"), x)):
        inputs = {i: value for i in result.owner.inputs}
        assert not np.may_share_memory(evaluate(result, inputs), value)


def test_in_place():
    from theano.tensor.inplace import exp_inplace

    x, value = T.dvector(), np.zeros(3)
    assert evaluate(exp_inplace(x), {x: value}) is value
    np.testing.assert_array_equal(value, 1)
    with pytest.raises(ValueError):
        Elemwise(OPS["add"], {0: 0})(T.drow(), T.dmatrix())
    with pytest.raises(AttributeError):
        getattr(T.inplace, "no_such_thing_inplace")  # noqa: B009


def test_no_numpy_warning_escapes():
    x = T.dvector()
    evaluate([T.log(x), 1 / x, T.sqrt(x), T.exp(x), T.cast(x, "int8")], {x: [0.0, -1.0, np.inf, 1e300]})


def test_infer_shape():
    from theano.graph import Apply

    x, r = T.dmatrix(), T.drow()
    node: Apply = (x * r).owner
    shapes = [T.lscalars(2), T.lscalars(2)]
    assert node.op.infer_shape(node, shapes) == [tuple(shapes[0])]
    node = (r * r).owner
    ((one, columns),) = node.op.infer_shape(node, shapes)
    assert one.data == 1 and columns is shapes[0][1]


# ------------------------------------------------------------------ derivatives


@pytest.mark.parametrize(
    "build",
    [
        lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / y, lambda x, y: x**y, T.maximum, T.minimum,
        lambda x, y: T.add(x, y, x), lambda x, y: T.mul(x, y, x, y), T.second, lambda x, y: T.switch(T.lt(x, y), x, y),
        lambda x, y: T.arctan2(x, y), lambda x, y: T.clip(x, 0.2, y),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 1), (1, 3)), ((1, 1), (2, 3)), ((), ()), ((1,), (1,))])
def test_gradients_of_two_arguments(build, shapes):
    random = np.random.default_rng(3)
    check_gradient(build, [random.uniform(0.5, 2, size=shape) for shape in shapes])


def test_gradients_keep_the_dtype_of_the_input():
    x, y = T.fvector(), T.dvector()
    gradients, _ = pullback(x * y, [x, y])
    assert [g.dtype for g in gradients] == ["float32", "float64"]
    for operation in (T.sqr, T.sqrt, T.exp, T.log, T.tanh, lambda v: v / 3, lambda v: v**2, lambda v: 0.1 * v):
        with config.change_flags(floatX="float32"):
            gradients, _ = pullback(operation(x), [x])
        assert gradients[0].dtype == "float32"
        for node in _nodes(gradients[0]):
            assert all(out.dtype in ("float32", "bool", "int8") for out in node.outputs), node


def _nodes(variable):
    from theano.graph import io_toposort

    return io_toposort([], [variable])


def test_integers_have_float_gradients():
    i = T.bvector("i")
    gradients, g = pullback(i * np.float32(2), [i])
    assert gradients[0].dtype == "float32"
    np.testing.assert_array_equal(evaluate(gradients[0], {i: [1, 2], g: np.ones(2, "float32")}), [2, 2])
    (zero,), g = pullback(i + i, [i])
    assert zero.dtype == config.floatX
    np.testing.assert_array_equal(evaluate(zero, {i: [1, 2]}), [0, 0])


def test_integers_do_not_overflow_in_derivatives():
    i = T.bvector("i")
    (gradient,), g = pullback(T.arctan(i), [i])
    np.testing.assert_allclose(evaluate(gradient, {i: [100], g: np.ones(1, "float32")}), 1 / (1 + 100.0**2), rtol=1e-5)


@pytest.mark.parametrize("build", [T.lt, T.eq, T.int_div, lambda x, y: T.cast(x + 0 * y, "int32")])
def test_integer_results_pass_zeros(build):
    x, y = T.dvectors("x", "y")
    node = build(x, y).owner
    gradients, g = pullback(node.outputs[0], [v for v in node.inputs])
    for gradient in gradients:
        value = evaluate(gradient, {x: [1.0], y: [2.0], g: np.ones(1, g.dtype)})
        np.testing.assert_array_equal(value, [0.0])
    assert node.op.R_op(node.inputs, node.inputs) == [None]


POINTS = np.array(KINKS["points"])


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("abs", abs), ("clip(-1,1)", lambda x: T.clip(x, -1, 1)), ("floor", T.floor), ("maximum(x,0)", lambda x: T.maximum(x, 0)),
        ("minimum(x,0)", lambda x: T.minimum(x, 0)), ("mod2", lambda x: x % 2), ("round", T.round), ("sgn", T.sgn), ("sqr", T.sqr),
        ("switch(x>0,x,0)", lambda x: T.switch(x > 0, x, 0)), ("x**2", lambda x: x**2), ("x**3", lambda x: x**3),
        ("softplus", lambda x: T.softplus(x) if hasattr(T, "softplus") else T.nnet.softplus(x)),
        ("arctan2(x,1)", lambda x: T.arctan2(x, 1)),
    ],
)  # fmt: skip
def test_gradients_at_kinks_are_the_classic_ones(name, build):
    x = T.dvector("x")
    (gradient,), g = pullback(build(x), [x])
    np.testing.assert_allclose(evaluate(gradient, {x: POINTS, g: np.ones(5)}), [float(v) for v in KINKS[name]], rtol=1e-12)


def test_gradients_at_ties():
    for name in ("maximum", "minimum"):
        key = f"{name} x=[1.0, 2.0, 2.0] y=[2.0, 2.0, 1.0]"
        x, y = T.dvectors("x", "y")
        gradients, g = pullback(getattr(T, name)(x, y), [x, y])
        assert [list(v) for v in evaluate(gradients, {x: [1.0, 2, 2], y: [2.0, 2, 1], g: np.ones(3)})] == KINKS[key]


def test_gradient_of_pow():
    x, y = T.dvectors("x", "y")
    gradients, g = pullback(x**y, [x, y])
    values = evaluate(gradients, {x: [0.0, 2.0, -2.0], y: [2.0, 3.0, 2.0], g: np.ones(3)})
    expected = KINKS["pow(x,y) x=[0.0, 2.0, -2.0] y=[2.0, 3.0, 2.0]"]
    np.testing.assert_allclose(values, np.array(expected, "float64"), rtol=1e-12)


def test_a_branch_not_taken_passes_an_exact_zero():
    """Even of an infinite gradient: the choice is made of the product, not of a factor."""
    c, x, y = T.dvectors("c", "x", "y")
    gradients, g = pullback(T.switch(c, x, y), [x, y])
    values = evaluate(gradients, {c: [1.0, 0.0], x: [1.0, 1.0], y: [1.0, 1.0], g: [np.inf, np.inf]})
    np.testing.assert_array_equal(values, [[np.inf, 0], [0, np.inf]])


def test_forward_derivative_has_the_shape_of_the_result():
    x, v = T.dmatrix("x"), T.dvector("v")
    node = (x + v).owner
    (tangent,) = node.op.R_op(node.inputs, [None, node.inputs[1]])
    assert tangent.type == node.outputs[0].type
    np.testing.assert_array_equal(evaluate(tangent, {x: np.ones((2, 3)), v: [1.0, 2, 3]}), [[1, 2, 3]] * 2)


def test_unknown_derivatives_are_undefined_not_zero():
    from theano.graph import NullType

    v, x = T.dvectors("v", "x")
    node = T.jv(v, x).owner
    gradients, _ = pullback(node.outputs[0], [v, x])
    assert isinstance(gradients[0].type, NullType) and "jv by argument 0" in gradients[0].type.why_null
    assert gradients[1].type == x.type
    assert isinstance(node.op.R_op([v, x], [v, None])[0].type, NullType) and node.op.R_op([v, x], [None, x])[0].type == x.type
    assert isinstance(pullback(T.polygamma(v, x), [v])[0][0].type, NullType)


# ------------------------------------------------------------------ dimshuffle


def test_dimshuffle_attributes():
    op = DimShuffle((False, True, False), (2, "x", 0))
    assert (op.shuffle, op.drop, op.augment, op.transposition) == ([2, 0], [1], [1], [2, 0, 1])
    assert op.view_map == {0: [0]} and not DimShuffle((False,), (0,), inplace=False).view_map
    assert op == DimShuffle([False, True, False], [2, "x", 0]) and str(op) == "InplaceDimShuffle{2,x,0}"
    assert pickle.loads(pickle.dumps(op)) == op


@pytest.mark.parametrize(
    ("pattern", "order", "said"),
    [((False, False), (0,), "dropped"), ((False,), (0, 0), "twice"), ((False,), (1,), "no such"), ((False,), (-1,), "no such")],
)
def test_impossible_dimshuffles(pattern, order, said):
    with pytest.raises(ValueError, match=said):
        DimShuffle(pattern, order)


def test_dimshuffle_checks_its_argument():
    with pytest.raises(TypeError):
        DimShuffle((True, False), (1,))(T.dmatrix())
    with pytest.raises(TypeError):
        DimShuffle((False,), (0,))(T.dmatrix())
    assert DimShuffle((False, False), (1, 0))(T.drow()).ndim == 2


@given(st.permutations(range(3)), st.lists(st.integers(0, 3), max_size=2), st.booleans())
def test_dimshuffle_is_a_view_of_the_right_elements(order, places, drop):
    value = np.arange(6.0).reshape(2, 1, 3) if drop else np.arange(6.0).reshape(1, 2, 3)
    x = T.TensorType("float64", [n == 1 and drop for n in value.shape])()
    kept = [axis for axis in order if not (drop and axis == 1)]
    pattern = list(kept)
    for place in places:
        pattern.insert(place, "x")
    result = evaluate(x.dimshuffle(*pattern), {x: value})
    expected = value.squeeze(1).transpose([a - (a > 1) for a in kept]) if drop else value.transpose(kept)
    np.testing.assert_array_equal(result, expected[tuple(None if p == "x" else slice(None) for p in pattern)])
    assert np.may_share_memory(result, value)


@pytest.mark.parametrize(
    ("shape", "order"), [((2, 3), (1, 0)), ((2, 1), (0,)), ((2,), ("x", 0, "x")), ((1, 2, 3), (2, "x", 1)), ((1, 1), ())]
)
def test_gradient_of_dimshuffle(shape, order):
    check_gradient(lambda x: x.dimshuffle(*order), [np.random.default_rng(0).normal(size=shape)])


def test_dimshuffle_of_integers_passes_zeros():
    x = T.lmatrix()
    (gradient,), _ = pullback(x.T, [x])
    assert gradient.dtype == config.floatX and gradient.ndim == 2


def test_dimshuffles_are_shared():
    assert dimshuffle((False,), ("x", 0)) is dimshuffle((False,), ("x", 0))
