"""Each function of ``theano.gradient`` with each of its arguments."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.gradient import (
    DisconnectedType,
    GradientError,
    Lop,
    NullType,
    Rop,
    disconnected_grad,
    disconnected_type,
    grad,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    hessian,
    hessian_vector_product,
    jacobian,
    numeric_grad,
    subgraph_grad,
    undefined_grad,
    verify_grad,
)

AT, ALONG = np.array([1.0, 2.0, 3.0]), np.array([1.0, -1.0, 2.0])


@pytest.fixture
def x():
    return T.dvector("x")


@pytest.fixture
def v():
    return T.dvector("v")


# ------------------------------------------------------------------------------------------------ grad


def test_names_are_given_only_if_wanted():
    a = T.dscalar("a")
    cost = T.exp(a)
    cost.name = "cost"
    assert grad(cost, a).name == "(dcost/da)"
    assert grad(cost, a, add_names=False).name is None


def test_a_cost_and_known_gradients_together(x):
    """What is known of a variable replaces what would arrive there from the cost; other ways of the cost stay."""
    y = x**2
    cost = y.sum() + (3 * x).sum()
    found = grad(cost, x, known_grads={y: T.constant([10.0, 10.0, 10.0])})
    assert evaluate(found, {x: AT}).tolist() == (2 * AT * 10 + 3).tolist()


def test_several_known_gradients_without_a_cost(x):
    y, z = x**2, T.exp(x)
    found = grad(None, [x, y], known_grads={y: x, z: T.zeros_like(x)})
    assert [evaluate(g, {x: AT}).tolist() for g in found] == [(2 * AT * AT).tolist(), AT.tolist()]


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset])
def test_constants_may_be_any_collection(kind, x):
    y, z = x**2, T.exp(x)
    found = grad((x * y * z).sum(), x, consider_constant=kind([y, z]))
    np.testing.assert_allclose(evaluate(found, {x: AT}), AT**2 * np.exp(AT))


def test_a_constant_is_itself_differentiated_by(x):
    y = x**2
    found = grad((x * y).sum(), [x, y], consider_constant=[y], disconnected_inputs="ignore")
    assert evaluate(found[0], {x: AT}).tolist() == (AT**2).tolist()


def test_what_is_returned_for_undefined_and_disconnected(x):
    a = T.dscalar("a")
    cost = (undefined_grad(x) + x).sum() + a
    with pytest.raises(NullTypeGradError, match="UndefinedGrad"):
        grad(cost, x)
    null, one, missing = grad(
        cost, [x, a, T.dscalar("elsewhere")], null_gradients="return", disconnected_inputs="ignore", return_disconnected="Disconnected"
    )
    assert isinstance(null.type, NullType) and "mathematically undefined" in null.type.why_null
    assert evaluate(one, {a: 0.0, x: AT}) == 1 and isinstance(missing.type, DisconnectedType)


def test_null_types_of_an_operation(x):
    for make, text in ((grad_undefined, "mathematically undefined"), (grad_not_implemented, "not implemented")):
        null = make(T.exp, 0, x, "for no reason")
        assert isinstance(null.type, NullType) and null.type.why_null == f"the gradient of {T.exp} in input 0 (x) is {text}. for no reason"
    with pytest.raises(ValueError, match="no values"):
        NullType("why").filter(3)
    assert NullType("one") == NullType("another") and hash(NullType("one")) == hash(NullType("another"))


def test_a_disconnected_type_has_no_values(x):
    kind = DisconnectedType()
    assert kind == disconnected_type.__class__() and isinstance(kind().type, DisconnectedType)
    for refused in (lambda: kind.filter(3), lambda: kind.fiter_variable(x), lambda: kind.value_eq(1, 2)):
        with pytest.raises(ValueError, match="disconnected gradient"):
            refused()
    assert kind.may_share_memory(AT, AT) is False


def test_a_disconnected_cost_is_told(x):
    for cost in (disconnected_grad(x).sum(), x.shape[0] * 1.0):
        with pytest.raises(DisconnectedInputError, match=r"(?s)only through its shape or through a disconnected gradient.*wrt +x "):
            grad(cost, x)


def test_a_scale_may_be_an_expression(x):
    a = T.dscalar("a")
    assert evaluate(grad(grad_scale(x, a).sum(), x), {x: AT, a: 2.5}).tolist() == [2.5] * 3


# ------------------------------------------------------------------------------------------------ Rop, Lop


def test_rop_of_several_by_several(x, v):
    y, w = T.dvectors("y", "w")
    by = Rop([x * y, x**2], [x, y], [v, w])
    assert [evaluate(r, {x: AT, y: AT + 1, v: ALONG, w: AT}).tolist() for r in by] == [
        (ALONG * (AT + 1) + AT * AT).tolist(), (2 * AT * ALONG).tolist(),
    ]  # fmt: skip


def test_rop_of_what_does_not_depend(x, v):
    y = T.dvector("y")
    with pytest.warns(UserWarning, match="does not depend"):
        zero, along = Rop([y, x * 2], x, v, disconnected_outputs="warn")
    assert evaluate(zero, {y: AT}).tolist() == [0, 0, 0] and evaluate(along, {v: AT}).tolist() == (2 * AT).tolist()


def test_lop_arguments(x, v):
    y = T.dvector("y")
    z = x**2
    known = Lop([z, x * z], (x, z), [v, v], consider_constant=[z])
    assert isinstance(known, tuple)
    assert evaluate(known[0], {x: AT, v: ALONG}).tolist() == (AT**2 * ALONG).tolist()
    with pytest.raises(DisconnectedInputError):
        Lop(x * 2, y, v)
    assert evaluate(Lop(x * 2, y, v, disconnected_inputs="ignore"), {y: AT}).tolist() == [0, 0, 0]


def test_rop_and_lop_agree_with_the_jacobian(x, v):
    y = T.tanh(T.dot(T.constant(np.arange(9.0).reshape(3, 3) / 9), x)) * x[::-1]
    rows, forward, reverse = theano.function([x, v], [jacobian(y, x), Rop(y, x, v), Lop(y, x, v)])(AT, ALONG)
    np.testing.assert_allclose(forward, rows @ ALONG)
    np.testing.assert_allclose(reverse, ALONG @ rows)


# ------------------------------------------------------------------------------------------------ jacobian, hessian


def test_jacobian_arguments(x):
    y = T.dvector("y")
    fixed = x**2
    rows, zeros = jacobian(x * fixed, (x, y), consider_constant=[fixed], disconnected_inputs="ignore")
    assert evaluate(rows, {x: AT, y: AT[:2]}).tolist() == np.diag(AT**2).tolist()
    assert evaluate(zeros, {x: AT, y: AT[:2]}).tolist() == [[0, 0]] * 3
    with pytest.warns(UserWarning, match="does not depend"):
        jacobian((x**2).sum(), y, disconnected_inputs="warn")


def test_hessian_arguments(x):
    y = T.dvector("y")
    fixed = T.exp(x)
    by_x, by_y = hessian((x**2 * fixed).sum() + (y**3).sum(), [x, y], consider_constant=[fixed])
    np.testing.assert_allclose(evaluate(by_x, {x: AT}), np.diag(2 * np.exp(AT)))
    np.testing.assert_allclose(evaluate(by_y, {y: AT}), np.diag(6 * AT))
    assert isinstance(hessian((x**2).sum(), (x,)), tuple)


def test_a_hessian_times_a_vector(x, v):
    cost = (x**3).sum() * x[0] + T.prod(x, no_zeros_in_input=True)
    whole, product = theano.function([x, v], [T.dot(hessian(cost, x), v), hessian_vector_product(cost, x, v)])(AT, ALONG)
    np.testing.assert_allclose(product, whole)


def test_hessians_of_several_variables_and_ranks():
    m, b, p, q = T.dmatrix("m"), T.dvector("b"), T.dmatrix("p"), T.dvector("q")
    cost = (T.dot(m, b) ** 2).sum()
    found = hessian_vector_product(cost, [m, b], [p, q])
    rng = np.random.default_rng(0)
    values = {m: rng.normal(size=(2, 3)), b: rng.normal(size=3), p: rng.normal(size=(2, 3)), q: rng.normal(size=3)}
    slopes = theano.function([m, b], grad(cost, [m, b]))
    step = 1e-6
    ends = [slopes(values[m] + sign * step * values[p], values[b] + sign * step * values[q]) for sign in (1, -1)]
    got = theano.function([m, b, p, q], found)(*values.values())
    for product, above, below in zip(got, *ends):
        np.testing.assert_allclose(product, (above - below) / (2 * step), rtol=1e-6, atol=1e-7)


def test_the_hessian_of_a_linear_cost_is_zero(x, v):
    product = theano.function([x, v], hessian_vector_product(x.sum(), x, v), on_unused_input="ignore")
    assert product(AT, ALONG).tolist() == [0, 0, 0]


def test_nothing_flows_into_the_direction(x):
    """It may depend on ``wrt``: it is a value."""
    product = hessian_vector_product((x**3).sum(), x, x**2)
    assert evaluate(product, {x: AT}).tolist() == (6 * AT * AT**2).tolist()


def test_a_second_derivative_of_a_product_needs_a_promise(x):
    with pytest.raises(NullTypeGradError, match="no_zeros_in_input=True"):
        hessian(T.prod(x), x)
    found = evaluate(hessian(T.prod(x, no_zeros_in_input=True), x), {x: AT})
    np.testing.assert_allclose(found, [[0, 3, 2], [3, 0, 1], [2, 1, 0]], atol=1e-12)


# ------------------------------------------------------------------------------------------------ subgraph_grad


def test_a_chain_of_parts_is_the_whole(x):
    """The gradients at the end of one part start the next one."""
    first = T.tanh(x * 2)
    second = first**3
    cost = (second * x).sum()
    w = T.dscalar("w")
    total = cost * w
    (by_w,), (by_second,) = subgraph_grad([w], [second], cost=total)
    _, (by_first,) = subgraph_grad([], [first], start={second: by_second})
    (by_x,), ends = subgraph_grad([x], [], start={first: by_first})
    assert ends == []
    found = theano.function([x, w], [by_w, by_x + w * second, grad(total, x)])(AT, 2.0)
    np.testing.assert_allclose(found[1], found[2])
    np.testing.assert_allclose(found[0], (np.tanh(2 * AT) ** 3 * AT).sum())


def test_details_are_the_shares_of_start_and_cost(x):
    y = x**2
    z = y * 3
    cost = (y * 5).sum()
    by_x, ends, of_start, of_cost = subgraph_grad([x], [y], start={z: T.ones_like(z)}, cost=cost, details=True)
    got = theano.function([x], [*by_x, *ends, *of_start, *of_cost], on_unused_input="ignore")(AT)
    assert [g.tolist() for g in got] == [[0] * 3, [8] * 3, [3] * 3, [5] * 3]
    assert subgraph_grad([x], [y], cost=cost, details=True)[2] == [] == subgraph_grad([x], [y], start={z: x}, details=True)[3]


# ------------------------------------------------------------------------------------------------ numeric checks


def test_numeric_grad_and_its_errors():
    one = numeric_grad(lambda a: (a**2).sum(), AT)
    np.testing.assert_allclose(one.gf, 2 * AT, rtol=1e-8)
    two = numeric_grad(lambda a, b: (a * b).sum(), [AT, ALONG], eps=1e-3)
    np.testing.assert_allclose(two.gf, [ALONG, AT])
    absolute, relative = numeric_grad.abs_rel_err(np.array([1.0, 0.0]), np.array([3.0, 0.0]))
    assert absolute.tolist() == [2, 0] and relative.tolist() == [0.5, 0]
    assert [float(e.max()) for e, _ in two.abs_rel_errors([ALONG, AT + 1])] == pytest.approx([0, 1], abs=1e-9)
    arg, at, error, _ = two.max_err([ALONG, AT + [0, 0, 1]], 1e-4, 1e-4)
    assert (arg, at) == (1, 2) and error == pytest.approx(1)
    single = numeric_grad(lambda a: (a**2).sum(), AT.astype("float32"))
    assert single.gf.dtype == "float32" and numeric_grad(lambda a: a.sum(), AT, out_type="float32").gf.dtype == "float64"


def test_verify_grad_arguments():
    rng = np.random.RandomState(0)
    verify_grad(lambda a, b: T.dot(a, b), [rng.rand(2, 3), rng.rand(3)], n_tests=1, rng=rng, eps=1e-5, mode="FAST_COMPILE")
    verify_grad(lambda a: T.cast(a**2, "float32"), [rng.rand(3)], rng=rng, out_type="float32", cast_to_output_type=True, no_debug_ref=False)
    verify_grad(lambda a: a.sum(), [rng.rand(0)], rng=rng)
    with pytest.raises(GradientError):
        verify_grad(lambda a: a**2 + disconnected_grad(a) * 0.01, [rng.rand(3)], rng=rng)
    verify_grad(lambda a: a**2 + disconnected_grad(a) * 0.01, [rng.rand(3)], rng=rng, abs_tol=0.1, rel_tol=0.1)
