"""What the classic system's gradients are, rule by rule."""

from collections import OrderedDict

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.flags import change_flags
from theano.gradient import DisconnectedType, consider_constant, disconnected_grad, grad, grad_clip, zero_grad


def value(output, given):
    """The value of ``output``, a variable or several, where the variables are as given."""
    return theano.function(list(given), output, on_unused_input="ignore", allow_input_downcast=True)(*given.values())


def test_the_cost_has_rank_0():
    x = T.dvector()
    with pytest.raises(TypeError, match=r"rank|scalar"):
        grad(x, x)


def test_the_result_is_as_wrt_is():
    x, y = T.dscalars("x", "y")
    assert isinstance(grad(x * y, [x, y]), list) and isinstance(grad(x * y, (x, y)), tuple) and grad(x * y, x).type == x.type
    assert isinstance(grad(x * y, [x]), list) and isinstance(grad(x * y, (x,)), tuple)
    with pytest.raises(TypeError):
        grad(x * y, {x, y})


@pytest.mark.parametrize("floatX", ["float64", "float32"])
def test_the_gradient_has_the_dtype_of_a_float_variable_and_that_of_an_integer_is_a_float(floatX):
    with change_flags(floatX=floatX):
        for dtype in ("float16", "float32", "float64"):
            x = T.TensorType(dtype, (False,))()
            assert grad((x * np.float64(2)).sum(), x).type == x.type
        n = T.lvector()
        assert grad((n * 2.0).sum(), n).dtype in ("float32", "float64")
        assert grad(T.cast(n // 2, floatX).sum(), n).dtype == floatX


def test_an_integer_is_connected_if_the_graph_is():
    n = T.lscalar("n")
    gradient = grad(n * 2.0, n)
    assert gradient.dtype == "float64" and value(gradient, {n: 3}) == 2.0


@pytest.mark.parametrize(
    "function",
    [lambda x: x > 1, lambda x: x // 2, lambda x: T.cast(x, "int32"), lambda x: T.floor(x), lambda x: T.eq(x, x), lambda x: T.argmax(x)],
    ids=["comparison", "floor division", "cast", "floor", "equality", "argmax"],
)
def test_what_gives_integers_passes_zeros(function):
    x = T.dvector("x")
    gradient = grad(T.cast(function(x), "float64").sum(), x)  # connected: nothing is raised
    assert value(gradient, {x: [0.5, 1.0, 2.5]}).tolist() == [0.0, 0.0, 0.0]


def test_shapes_indices_and_sizes_are_disconnected():
    x, n = T.dvector("x"), T.lscalar("n")
    for cost, wrt in ((x.shape[0] * 1.0, x), (x[n], n), (T.zeros((n,)).sum(), n), (T.alloc(1.0, n).sum(), n)):
        with pytest.raises(DisconnectedInputError):
            grad(cost, wrt)


def test_what_is_not_in_the_graph_is_an_error_or_zeros():
    x, y = T.dscalar("x"), T.dvector("y")
    with pytest.raises(DisconnectedInputError):
        grad(x * 2, y)
    with pytest.warns(UserWarning):
        grad(x * 2, y, disconnected_inputs="warn")
    zeros = grad(x * 2, y, disconnected_inputs="ignore")
    assert value(zeros, {x: 1.0, y: [1.0, 2.0]}).tolist() == [0.0, 0.0]
    assert grad(x * 2, y, disconnected_inputs="ignore", return_disconnected="None") is None
    left = grad(x * 2, y, disconnected_inputs="ignore", return_disconnected="Disconnected")
    assert isinstance(left.type, DisconnectedType)


def test_a_known_gradient_replaces_and_flows_on():
    x = T.dscalar("x")
    y = x**2
    z = 3 * y
    assert value(grad(None, x, known_grads=OrderedDict([(y, T.constant(10.0)), (z, T.constant(1.0))])), {x: 2.0}) == 40.0
    assert value(grad(z, x, known_grads={y: T.constant(10.0)}), {x: 2.0}) == 40.0


def test_nothing_flows_into_what_is_considered_constant():
    x = T.dscalar("x")
    y = x**2
    assert value(grad(x * y, x, consider_constant=[y]), {x: 3.0}) == 9.0


def test_marks_on_the_way_of_a_gradient():
    x = T.dscalar("x")
    with pytest.raises(DisconnectedInputError):
        grad(disconnected_grad(x) * 2, x)
    assert value(grad(zero_grad(x) * 2, x), {x: 3.0}) == 0.0
    clipped = grad_clip(x, -0.5, 0.5)
    assert value([clipped * 3, grad(clipped * 3, x)], {x: 7.0}) == [21.0, 0.5]
    with pytest.warns(DeprecationWarning, match="consider_constant"):
        consider_constant(x)


def test_every_tied_element_has_the_full_gradient():
    x = T.dmatrix("x")
    ties = np.array([[3.0, 3.0, 1.0], [2.0, 5.0, 5.0]])
    assert value(grad(x.max(axis=1).sum(), x), {x: ties}).tolist() == [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]
    assert value(grad(x.min(axis=0).sum(), x), {x: ties}).tolist() == [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]
    assert value(grad(T.max_and_argmax(x, axis=1)[0].sum(), x), {x: ties}).tolist() == [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]


def test_at_a_tie_of_two_the_first_has_it_all():
    x, y = T.dscalars("x", "y")
    for function in (T.maximum, T.minimum):
        assert value(grad(function(x, y), [x, y]), {x: 2.0, y: 2.0}) == [1.0, 0.0]


def test_absolute_value_rectifier_and_maximum_at_zero():
    x = T.dscalar("x")
    for function, expected in ((abs, 0.0), (T.nnet.relu, 0.5), (lambda v: T.maximum(v, 0), 1.0)):
        assert value(grad(function(x), x), {x: 0.0}) == expected
    assert np.isnan(value(0.5 * (x + abs(x)), {x: -np.inf}))


def test_the_bounds_of_clip_belong_to_its_first_argument():
    x, low, high = T.dscalars("x", "low", "high")
    gradient = theano.function([x, low, high], grad(T.clip(x, low, high), [x, low, high]))
    assert gradient(1.0, 1.0, 2.0) == gradient(2.0, 1.0, 2.0) == gradient(1.5, 1.0, 2.0) == [1.0, 0.0, 0.0]
    assert gradient(0.0, 1.0, 2.0) == [0.0, 1.0, 0.0] and gradient(3.0, 1.0, 2.0) == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("function", [T.sgn, T.ceil, T.floor, T.trunc, lambda x: T.round(x, "half_to_even")])
def test_steps_have_zeros(function):
    x = T.dvector("x")
    assert value(grad(function(x).sum(), x), {x: [-1.5, 0.0, 2.0]}).tolist() == [0.0, 0.0, 0.0]


def test_powers_of_zero_and_of_negative_numbers():
    x, y = T.dvectors("x", "y")
    by_x, by_y = value(grad((x**y).sum(), [x, y]), {x: [0.0, 2.0, -2.0], y: [2.0, 3.0, 2.0]})
    np.testing.assert_allclose(by_x, [0.0, 12.0, -4.0])
    np.testing.assert_allclose(by_y, [0.0, 8 * np.log(2), np.nan])


def test_the_second_derivative_of_a_product_is_known_where_there_are_no_zeros():
    x = T.dvector("x")
    with pytest.raises(NullTypeGradError, match="no_zeros_in_input=True"):
        grad(grad(x.prod(), x).sum(), x)
    second = grad(grad(T.prod(x, no_zeros_in_input=True), x).sum(), x)
    np.testing.assert_allclose(value(second, {x: [2.0, 3.0, 4.0]}), [7.0, 6.0, 5.0])


def test_products_with_zeros():
    x = T.dmatrix("x")
    zeros = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0]])
    assert value(grad(x.prod(axis=1).sum(), x), {x: zeros}).tolist() == [[6.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_each_branch_of_a_switch_has_the_gradient_where_it_is_taken():
    c, a, b = T.dvectors("c", "a", "b")
    given = {c: [0.0, 1.0], a: [1.0, 2.0], b: [3.0, 4.0]}
    by_c, by_a, by_b = value(grad((T.switch(c, a, b) * [10.0, 20.0]).sum(), [c, a, b]), given)
    assert by_c.tolist() == [0.0, 0.0] and by_a.tolist() == [0.0, 20.0] and by_b.tolist() == [10.0, 0.0]


def test_a_branch_not_taken_turns_zero_into_nan_where_its_derivative_is_infinite():
    x = T.dvector("x")
    gradient = value(grad(T.switch(x > 0, T.sqrt(x), 0.0).sum(), x), {x: [0.0, 4.0]})
    np.testing.assert_array_equal(gradient, [np.nan, 0.25])


def test_an_undefined_gradient_is_an_error_only_when_asked_for():
    x, n = T.dscalars("x", "n")
    cost = T.jv(n, x)
    assert grad(cost, x).type == x.type
    with pytest.raises(NullTypeGradError):
        grad(cost, n)
    assert grad(cost, n, null_gradients="return").type.why_null
