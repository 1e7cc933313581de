"""Whole graphs: what must be left after rewriting, and that it is right."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.rewrite.rewriting import check_rewriting, ops_of, optimized
from theano.gradient import grad
from theano.rewrite.stages import STAGES
from theano.tensor.subtensor import IncSubtensor

BEFORE_EXPANSION = [stage for stage in STAGES if stage.name != "expand"]


def after(outputs, values, **options):
    graph, _, leaves = optimized(outputs, **options)
    results = evaluate(list(graph.outputs), {new: values[old] for new, old in zip(graph.inputs, leaves, strict=True) if old in values})
    return graph, results


@pytest.fixture
def regression():
    x, y, w, b = T.dmatrix("x"), T.dvector("y"), T.dvector("w"), T.dscalar("b")
    p = 1 / (1 + T.exp(-T.dot(x, w) - b))
    xent = -y * T.log(p) - (1 - y) * T.log(1 - p)
    cost = xent.mean() + 0.01 * (w**2).sum()
    return [x, y, w, b], xent, grad(cost, [w, b])


def test_logistic_regression_has_no_exponential_left(regression):
    _, xent, gradients = regression
    graph, _, _ = optimized([xent, *gradients])
    ops = ops_of(graph)
    assert not {"exp", "log", "log1p", "true_div"} & (set(ops) - {"true_div"}), ops
    assert ops.count("softplus") == 2 and ops.count("sigmoid") == 2
    assert ops.count("Dot") + ops.count("Gemv") == 2


def test_logistic_regression_is_right(regression):
    (x, y, w, b), xent, gradients = regression
    random = np.random.default_rng(0)
    values = {x: random.normal(size=(6, 3)), y: random.integers(0, 2, 6).astype(float), w: random.normal(size=3), b: np.array(0.1)}
    check_rewriting([xent, *gradients], values, rtol=1e-8)


def test_logistic_regression_is_finite_far_out(regression):
    (x, y, w, b), xent, gradients = regression
    values = {x: np.array([[1e4], [-1e4], [1e4], [-1e4]]), y: np.array([1.0, 0.0, 0.0, 1.0]), w: np.ones(1), b: np.array(0.0)}
    _, (costs, gw, gb) = after([xent, *gradients], values)
    assert costs.tolist() == [0, 0, 1e4, 1e4]
    p_minus_y = np.array([0.0, 0.0, 1.0, -1.0])
    np.testing.assert_allclose(gw, [(values[x][:, 0] * p_minus_y).mean() + 0.02])
    np.testing.assert_allclose(gb, p_minus_y.mean())


def test_the_gradient_of_a_mean_fills_nothing():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    graph, _, _ = optimized(grad((T.tanh(x) * w).mean(), [x, w]))
    assert not {"second", "Alloc", "Sum"} & set(ops_of(graph)), ops_of(graph)


def test_the_gradient_of_a_sum_of_squares():
    x = T.dvector("x")
    graph, _, _ = optimized(grad((x**2).sum(), x))
    assert ops_of(graph) == ["mul"]


CROSSENTROPIES = {
    "log of softmax, indexed": lambda x, y: -T.mean(T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y]),
    "log of indexed softmax": lambda x, y: -T.mean(T.log(T.nnet.softmax(x)[T.arange(y.shape[0]), y])),
    "categorical_crossentropy": lambda x, y: T.nnet.categorical_crossentropy(T.nnet.softmax(x), y).mean(),
    "logsoftmax": lambda x, y: -T.nnet.logsoftmax(x)[T.arange(y.shape[0]), y].sum(),
    "written out": lambda x, y: -T.mean(T.log(T.exp(x) / T.exp(x).sum(axis=1, keepdims=True))[T.arange(y.shape[0]), y]),
}


@pytest.mark.parametrize("name", CROSSENTROPIES)
def test_crossentropy_is_stable_with_its_gradient(name):
    x, y = T.dmatrix("x"), T.lvector("y")
    cost = CROSSENTROPIES[name](x, y)
    outputs = [cost, grad(cost, x)]
    random = np.random.default_rng(0)
    check_rewriting(outputs, {x: random.normal(size=(3, 5)), y: np.array([0, 4, 2])}, rtol=1e-8)
    _, (value, gradient) = after(outputs, {x: np.array([[1000.0, 0.0], [0.0, 1000.0]]), y: np.array([1, 1])})
    scale = 1 if name == "logsoftmax" else 2
    assert value == pytest.approx(1000 / scale)
    np.testing.assert_allclose(gradient, np.array([[1.0, -1.0], [0.0, 0.0]]) / scale, atol=1e-300)


@pytest.mark.parametrize("name", [n for n in CROSSENTROPIES if n != "written out"])
def test_the_gradient_of_crossentropy_scatters_nothing(name):
    x, y = T.dmatrix("x"), T.lvector("y")
    graph, _, _ = optimized(grad(CROSSENTROPIES[name](x, y), x), stages=BEFORE_EXPANSION)
    ops = ops_of(graph)
    assert "CrossentropySoftmax1HotWithBiasDx" in ops and not [op for op in ops if op and "Subtensor" in op], ops


def test_log_of_sum_of_exponentials_far_out():
    x = T.dmatrix("x")
    cost = T.log(T.exp(x).sum(axis=1))
    values = {x: np.array([[1000.0, 1000.0], [-1000.0, -1001.0], [-np.inf, -np.inf], [np.inf, 0.0]])}
    _, (value,) = after(cost, values)
    np.testing.assert_allclose(value, [1000 + np.log(2), -1000 + np.log1p(np.exp(-1)), -np.inf, np.inf])


def test_gradient_of_log_sum_exp_is_a_softmax():
    x = T.dmatrix("x")
    gradient = grad(T.log(T.exp(x).sum(axis=1)).sum(), x)
    _, (value,) = after(gradient, {x: np.array([[1000.0, 1000.0]])})
    np.testing.assert_allclose(value, [[0.5, 0.5]])


def test_sizes_are_computed_without_the_arrays():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    y = T.tanh(T.dot(x, w) + 1)
    graph, _, _ = optimized([y.shape[0] * y.shape[1], y.sum(axis=0).shape[0]])
    assert set(ops_of(graph)) <= {"Shape_i", "mul"}


def test_momentum_updates_accumulate_in_gemm():
    x, g, v = T.fmatrix("x"), T.fmatrix("g"), T.fmatrix("v")
    graph, _, _ = optimized(np.float32(0.9) * v - np.float32(0.01) * T.dot(x.T, g))
    assert ops_of(graph) == ["DimShuffle", "Gemm"]


def test_a_product_read_elementwise_stands_alone():
    x, w, b = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("b")
    graph, _, _ = optimized(T.tanh(T.dot(x, w) + b))
    assert "Dot22" in ops_of(graph) and "Gemm" not in ops_of(graph)


def test_float32_stays_float32():
    x = T.fvector("x")
    outputs = [T.log(1 + x**2) * 0.5, grad(T.log1p(T.exp(x)).sum() * np.float32(0.3), x)]
    graph, _ = check_rewriting(outputs, {x: np.linspace(-1, 1, 4, dtype="float32")})
    assert {v.type.dtype for node in graph.apply_nodes for v in node.outputs} == {"float32"}


def test_packed_parameters_are_summed_once():
    p = T.dvector("p")
    cost = p[0] * p[1] + (p[2:5] ** 2).sum() + T.exp(p[5:]).sum() * p[1]
    graph, _ = check_rewriting([cost, grad(cost, p)], {p: np.linspace(0.1, 0.9, 9)})
    assert not [
        n
        for n in graph.apply_nodes
        if len(n.inputs) > 2 and getattr(getattr(n.op, "scalar_op", None), "name", "") == "add" and n.outputs[0].ndim
    ]


@pytest.mark.parametrize("narrow", ("int8", "int16", "int32"))
@pytest.mark.parametrize("wide", ("uint8", "uint16", "uint32", "uint64"))
def test_a_cast_through_a_float_saturates(narrow, wide):
    """Negative integers wrap when they become unsigned ones; floats become 0."""
    x = T.TensorType(narrow, (False,))("x")
    given = np.array([-3, 4, -1], narrow)
    for mode in ("FAST_RUN", "FAST_COMPILE", "REFERENCE"):
        f = theano.function([x], [x.astype("float64").astype(wide), x.astype(wide)], mode=mode)
        through, straight = f(given)
        assert through.tolist() == [0, 4, 0]
        assert straight.tolist() == given.astype(wide).tolist()


EMPTY_LOSSES = {
    "squares": lambda z, t: T.sqr(z - t).mean(),
    "squares of each column": lambda z, t: T.sqr(z - t).mean(axis=0).sum(),
    "cross-entropy": lambda z, t: T.nnet.categorical_crossentropy(T.nnet.softmax(z), t).mean(),
    "normalised": lambda z, t: T.tanh((z - z.mean(axis=0)) / T.sqrt(z.var(axis=0) + 1e-5) * t).sum(),
}


@pytest.mark.parametrize("name", EMPTY_LOSSES)
def test_gradients_of_nothing_are_zero(name):
    """A sum over no rows is zero, whatever the terms would be multiplied with: a mean over no rows divides by zero."""
    x, w, t, b = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("t"), T.dvector("b")
    loss = EMPTY_LOSSES[name](T.dot(x, w) + b, t)
    for wrt in ([b], [w, b], [x, w, b]):
        found, expected = (
            theano.function([x, w, t, b], T.grad(loss, wrt), mode=mode, on_unused_input="ignore")(
                np.zeros((0, 3)), np.ones((3, 2)), np.zeros((0, 2)), np.ones(2)
            )
            for mode in ("FAST_RUN", "FAST_COMPILE")
        )
        for a, c in zip(found, expected):
            np.testing.assert_array_equal(a, c)


@pytest.mark.parametrize("name", ["once", "twice", "with a slice"])
def test_a_step_of_a_table_touches_the_rows_that_were_read(name):
    """Also where parts of it are read in several places, and the rate is a variable."""
    table, rate, i = theano.shared(np.arange(24.0).reshape(8, 3), "table"), theano.shared(0.1, "rate"), T.lvector("i")
    read = {"once": lambda: table[i], "twice": lambda: table[i] * table[i[::-1]], "with a slice": lambda: table[i].sum() * table[2:4]}
    cost = T.sqr(read[name]()).mean()
    step = table - 2 * rate * grad(cost, table)
    f = theano.function([i], [], updates=[(table, step)])
    dense = theano.function([i], step, mode="FAST_COMPILE")
    expected = dense([1, 5, 5])
    f([1, 5, 5])
    np.testing.assert_allclose(table.get_value(), expected)
    (written,) = f.maker.fgraph.outputs
    while isinstance(written.owner.op, IncSubtensor):
        written = written.owner.inputs[0]
        if written.owner is None:
            break
    assert written.name == "table"


def test_adding_zero_out_of_range_is_refused():
    x, i = T.dvector("x"), T.lscalar("i")
    for written in (T.inc_subtensor(x[i], 0.0), T.inc_subtensor(x[T.stack([i])], 0.0)):
        with pytest.raises(IndexError, match="index 3 "):
            theano.function([x, i], written)(np.ones(3), 3)
