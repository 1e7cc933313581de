"""``theano.vectorize`` against a loop over the rows: every rule, random graphs, gradients both ways; ``theano.value_and_grad``."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from theano.compile.ops import as_op
from theano.errors import VariableTypeError
from theano.gradient import verify_grad
from theano.scanning.batching import RULES
from theano.scanning.branches import ifelse
from theano.scanning.loop import Scan
from theano.tensor.checking import Assert

s, v, m, t = T.dscalar("s"), T.dvector("v"), T.dmatrix("m"), T.dtensor3("t")
i, iv = T.lscalar("i"), T.lvector("iv")
SHAPES = {s: (), v: (3,), m: (3, 4), t: (3, 2, 3)}
COUNT = 3


def value_of(leaf, rng, count=None):
    rows = () if count is None else (count,)
    if leaf in SHAPES:
        return rng.normal(size=(*rows, *SHAPES[leaf]))
    return rng.integers(-3, 3, size=rows if leaf is i else (*rows, 3))


def rows_variable(leaf):
    return leaf.type.clone(broadcastable=(False, *leaf.type.broadcastable))()


def check(outputs, varying, rng, compiled=False, count=COUNT, leaves=(s, v, m, t, i, iv)):
    """``outputs`` vectorized over ``varying`` are the stacked outputs of the rows; their types those of the outputs and an axis."""
    values = {leaf: value_of(leaf, rng, count if leaf in varying else None) for leaf in leaves}
    rows = {leaf: rows_variable(leaf) for leaf in varying}
    found = theano.vectorize(outputs, rows, fallback="raise")
    assert [f.type for f in found] == [out.type.clone(broadcastable=(False, *out.type.broadcastable)) for out in outputs]
    given = {rows.get(leaf, leaf): value for leaf, value in values.items()}
    if compiled:
        results = theano.function(list(given), found, on_unused_input="ignore")(*given.values())
    else:
        results = evaluate(found, given)
    for k in range(count):
        one = evaluate(outputs, {leaf: value[k] if leaf in varying else value for leaf, value in values.items()})
        for result, wanted in zip(results, one):
            np.testing.assert_allclose(result[k], wanted, rtol=1e-8, atol=1e-10)
            assert result.shape == (count, *wanted.shape)


def scanned(step=lambda row, state: T.tanh(row + state), **options):
    return theano.scan(step, sequences=v, outputs_info=s, **options)[0]


square = m[:, :3]
classes = abs(iv)
GRAPHS = {
    "elements of several ranks": ([T.tanh(m.T * v) + s, T.switch(T.gt(v, s), v, 0.0), T.cast(v, "int8")], [v, m, s]),
    "reductions": ([m.sum(), m.max(axis=1), m.prod(0), T.argmax(m), T.argmin(m, 1), m.var(0), T.any(T.gt(m, 1)),
        m.sum(dtype="float32")], [m]),
    "dimensions": ([m.T, m.dimshuffle(1, "x", 0), T.addbroadcast(v[:1], 0), T.shape_padleft(v)], [m, v]),
    "logsumexp": ([T.logsumexp(m, axis=0), T.logsumexp(m)], [m]),
    "dot": ([T.dot(v, m), T.dot(v, v), T.dot(m.T, v), T.dot(square, m), T.outer(v, v), T.dot(v, [1.0, 2.0, 3.0])], [v, m]),
    "dot by a constant": ([T.dot(m, np.ones((4, 2))), T.dot(np.ones((2, 3)), m), T.dot(np.arange(3.0), m), T.dot(m, np.ones(4))], [m]),
    "dot and tensordot": ([T.tensordot(t, m, [[0], [0]]), T.batched_dot(t, t.dimshuffle(0, 2, 1)), T.dot(t, square)], [t, m]),
    "shapes": ([m.shape * i, T.zeros_like(m) + s, m.reshape((2, -1)), t.flatten(2), m.flatten() * s, v.size * s], [m, t, s, i]),
    "allocations": ([T.alloc(s, 2, 3), T.alloc(v, 2, 3), T.fill(m, s), T.ones_like(v) * i], [s, v, m, i]),
    "stacks": ([T.stack([s, 2.0, s * s]), T.concatenate([m, m[:, :1]], axis=1), T.concatenate([[5.0], v]),
        *T.split(v, [1, 2], 2)], [s, v, m]),
    "order": ([T.sort(m, 0), T.argsort(v), T.cumsum(m, 1), T.cumprod(m), T.sort(m, None), T.topk(v, 2)], [m, v]),
    "parts": ([v[0], v[-1:], m[1], m[:, 2], m[1:, ::2], m[::-1, 0], t[1, ..., 0]], [v, m, t]),
    "index arrays": ([v[iv], m[iv], m[:, iv], m[iv, iv], m[iv, 1], t[iv, :, iv], t[iv, 1], t[1, :, iv],
        m[iv.dimshuffle(0, "x"), iv]], [v, m, t, iv]),
    "index numbers": ([v[i], m[i], m[:, i], m[i, iv], t[i, :, iv], t[iv, :, i], t[:, 1, i], m[i, 1:]], [v, m, t, i, iv]),
    "writing": ([T.set_subtensor(v[1:], s), T.inc_subtensor(m[0], 2.0), T.inc_subtensor(m[:, 1], v),
        T.set_subtensor(m[:, 1:], s)], [v, m, s]),
    "writing to indices": ([
        T.inc_subtensor(v[iv], s), T.inc_subtensor(m[iv], v[:, None]), T.set_subtensor(m[:, i], v), T.inc_subtensor(m[iv, iv], v),
        T.inc_subtensor(t[iv, :, iv], s), T.inc_subtensor(t[:, 1, iv], v.dimshuffle(0, "x")), T.set_subtensor(v[i], s),
    ], [v, m, t, i, iv, s]),
    "softmax": ([T.nnet.softmax(m), T.nnet.logsoftmax(m), T.nnet.categorical_crossentropy(T.nnet.softmax(m), classes)], [m, iv]),
    "crossentropy": (list(T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, m[0], classes)), [m, iv]),
    "checks": ([T.specify_shape(v, (3,)) * s, Assert("small")(v, T.lt(v.sum(), 99))], [v, s]),
    "gradient that is not one": ([theano.gradient.disconnected_grad(v) * s, theano.gradient.zero_grad(m)], [v, m, s]),
    "operations made of graphs": ([theano.OpFromGraph([v, s], [v * s, v.sum()])(v, s)[0]], [v, s]),
    "loops": ([scanned(), scanned()[-1], scanned(lambda row, state: state * 2 + m.sum())], [v, s, m]),
    "loops with an end": ([scanned(lambda row, state: (row * state, theano.scanning.until(T.gt(i, 1))))], [v, s]),
    "branches": ([ifelse(T.gt(s, 0), v, v * 2)], [v, s]),
    "scalars": ([T.tensor_from_scalar(T.scalar_from_tensor(s)) * v], [v, s]),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_each_rule_is_a_loop_over_the_rows(name):
    outputs, varying = GRAPHS[name]
    rng = np.random.default_rng(7)
    check(outputs, varying, rng)
    for leaf in varying:
        check(outputs, [leaf], rng)


@pytest.mark.parametrize("name", ["dot", "index numbers", "writing to indices", "softmax", "loops", "branches", "order"])
def test_rules_in_compiled_functions(name):
    outputs, varying = GRAPHS[name]
    check(outputs, varying, np.random.default_rng(8), compiled=True)


def test_a_condition_that_all_rows_share_stays_a_branch():
    out = ifelse(T.gt(s, 0), v, T.zeros(3))
    check([out], [v], np.random.default_rng(0), compiled=True)
    (found,) = theano.vectorize([out], {v: m})
    assert type(found.owner.op).__name__ == "Branch"


def test_a_loop_stays_one_loop():
    found = theano.vectorize(scanned()[-1], {v: m})
    loops = [node for node in theano.graph.io_toposort([], [found]) if isinstance(node.op, Scan)]
    assert len(loops) == 1 and not any(isinstance(node.op, Scan) for node in loops[0].op.graph.toposort())


# -------------------------------------------------------------------------------------------- random graphs

STEPS = {
    "vv": [
        lambda a, b: a + b, lambda a, b: T.tanh(a * b), T.maximum, lambda a, b: T.concatenate([a[:1], b[1:]]),
        lambda a, b: T.set_subtensor(a[i], b[0]), lambda a, b: T.inc_subtensor(a[iv], b), lambda a, b: T.tanh(T.outer(a, b)).sum(0),
        lambda a, b: T.switch(T.lt(a, b), a, s),
    ],
    "v": [
        lambda a: a[::-1], T.sort, T.cumsum, lambda a: a[iv], lambda a: a * s, lambda a: T.tanh(T.dot(a, m)[:3]),
        lambda a: T.tanh(T.dot(m[:, :3], a)),
        lambda a: m[iv, 0] - a, lambda a: T.nnet.softmax(a.dimshuffle("x", 0)).flatten(), lambda a: T.stack([a[i], a.max(), a.sum() * 0.1]),
        lambda a: T.tanh(t.dimshuffle(1, 0, 2) + a).mean(axis=(0, 1)), lambda a: T.alloc(a[0], 3) + a,
        lambda a: a.reshape((3, 1)).T.flatten(),
        lambda a: theano.scan(lambda row, state: T.tanh(row + state), sequences=a, outputs_info=s)[0],
    ],
}  # fmt: skip


@st.composite
def graphs(draw):
    """(a vector made of the leaves, the leaves that vary)."""
    pool = [v, m[0][:3], t[i, 1]]
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(sorted(STEPS)))
        step = STEPS[kind][draw(st.integers(0, len(STEPS[kind]) - 1))]
        pool.append(step(*(draw(st.sampled_from(pool)) for _ in kind)))
    varying = draw(st.sets(st.sampled_from([s, v, m, t, i, iv]), min_size=1))
    return pool[-1], sorted(varying, key=str)


@settings(max_examples=40, deadline=None)
@given(graphs(), st.integers(0, 2**31), st.integers(1, 3))
def test_random_graphs_and_their_gradients(drawn, seed, count):
    out, varying = drawn
    gradients = T.grad(T.tanh(out).sum(), [s, v, m, t], disconnected_inputs="ignore")
    check([out, *gradients], varying, np.random.default_rng(seed), count=count)


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=15, deadline=None)
@given(graphs(), st.integers(0, 2**31))
def test_the_gradient_of_a_vectorized_graph_is_the_sum_over_the_rows(drawn, seed):
    out, varying = drawn
    rows = {leaf: rows_variable(leaf) for leaf in varying}
    cost = T.tanh(out).sum()
    shared = [leaf for leaf in (s, v, m, t) if leaf not in rows]
    if not shared:
        return
    whole = T.grad(theano.vectorize(cost, rows).sum(), shared, disconnected_inputs="ignore")
    each = [g.sum(0) for g in theano.vectorize(T.grad(cost, shared, disconnected_inputs="ignore"), rows)]
    rng = np.random.default_rng(seed)
    given = {rows.get(leaf, leaf): value_of(leaf, rng, 2 if leaf in rows else None) for leaf in (s, v, m, t, i, iv)}
    for found, wanted in zip(evaluate(whole, given), evaluate(each, given)):
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-10)


# -------------------------------------------------------------------------------------------- the two forms


def loss(w, x):
    return T.tanh(T.dot(w, x)) ** 2


def test_values_and_gradients_of_each_example():
    w, X = T.dvector("w"), T.dmatrix("X")
    values, gradients = theano.vectorize(theano.value_and_grad(loss), in_axes=(None, 0))(w, X)
    f = theano.function([w, X], [values, gradients])
    weights, data = np.array([0.5, -1.0]), np.array([[1.0, 2.0], [0.25, 0.5], [3.0, 1.0]])
    found = f(weights, data)
    inner = np.tanh(data @ weights)
    np.testing.assert_allclose(found[0], inner**2, rtol=1e-12)
    np.testing.assert_allclose(found[1], (2 * inner * (1 - inner**2))[:, None] * data, rtol=1e-12)


def test_functions_nest_and_choose_their_axes():
    A, B = T.dmatrices("A", "B")
    pairs = theano.vectorize(theano.vectorize(lambda a, b: abs(a - b).sum(), in_axes=(None, 0)), in_axes=(0, None))
    a, b = np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(4, 2) ** 2
    np.testing.assert_allclose(pairs(A, B).eval({A: a, B: b}), abs(a[:, None] - b).sum(-1))
    columns = theano.vectorize(lambda c, power: (c.sum(), [c * power]), in_axes=(1, None), out_axes=-1)
    total, (scaled,) = columns(A, 3.0)
    np.testing.assert_allclose(total.eval({A: a}), a.sum(0))
    np.testing.assert_allclose(scaled.eval({A: a}), a * 3)


def test_a_jacobian_is_a_vectorized_product():
    out, direction = T.tanh(v * T.dot(square, v)), T.dvector("direction")
    fast = theano.vectorize(theano.Lop(out, v, direction), {direction: T.eye(v.shape[0])})
    rng = np.random.default_rng(3)
    given = {v: value_of(v, rng), m: value_of(m, rng)}
    f = theano.function([v, m], [fast, theano.gradient.jacobian(out, v)])
    np.testing.assert_allclose(*f(*given.values()), rtol=1e-12)


def test_parameters_may_vary_too():
    w, W = theano.shared(np.ones(3), "w"), T.dmatrix("W")
    many = theano.vectorize([T.dot(w, v), v * 2], {w: W})
    found = theano.function([v, W], many)([1.0, 2.0, 3.0], np.eye(3))
    np.testing.assert_array_equal(found[0], [1, 2, 3])
    np.testing.assert_array_equal(found[1], [[2, 4, 6]] * 3)


@theano.config.change_flags(compute_test_value="raise")
def test_test_values():
    w, X = T.dvector("w"), T.dmatrix("X")
    w.tag.test_value, X.tag.test_value = np.array([1.0, 2.0, 0.5]), np.arange(6.0).reshape(2, 3)
    values, _ = theano.vectorize(theano.value_and_grad(loss), in_axes=(None, 0))(w, X)
    np.testing.assert_allclose(values.tag.test_value, np.tanh(X.tag.test_value @ w.tag.test_value) ** 2)
    x = X[0]
    states = theano.vectorize(theano.scan(lambda row, state: row + state, sequences=x, outputs_info=w[0])[0], {x: X})
    np.testing.assert_allclose(states.tag.test_value, 1 + np.cumsum(X.tag.test_value, axis=1))


def test_a_check_fails_if_it_fails_for_one_row():
    checked = theano.vectorize(Assert("too large")(v, T.lt(v.sum(), 4)) * 2, {v: m})
    np.testing.assert_array_equal(checked.eval({m: [[1.0, 2.0], [0.0, 3.0]]}), [[2, 4], [0, 6]])
    with pytest.raises(AssertionError, match="too large"):
        checked.eval({m: [[1.0, 2.0], [2.0, 3.0]]})


def test_no_rows():
    f = theano.function([m], theano.vectorize([T.tanh(v), v.sum()], {v: m}))
    assert [found.shape for found in f(np.zeros((0, 3)))] == [(0, 3), (0,)]


def test_vectorized_graphs_have_right_gradients():
    data = np.random.default_rng(1).normal(size=(2, 3))
    verify_grad(lambda X, w: theano.vectorize(T.tanh(v * w[:3]).sum() * T.sort(v), {v: X}), [data, data[0]], rng=np.random.RandomState(0))


def test_value_and_grad():
    value, (by_v, _) = theano.value_and_grad((v * s).sum(), [v, s])
    np.testing.assert_allclose(by_v.eval({v: [1.0, 2.0], s: 3.0}), [3, 3])
    value, slopes = theano.value_and_grad(lambda a, b, power=1: (a * b**power).sum(), wrt=(1, 0))(v, s, power=2)
    f = theano.function([v, s], [value, *slopes])
    for found, wanted in zip(f([1.0, 2.0], 3.0), [27, 18, [9, 9]]):
        np.testing.assert_allclose(found, wanted)
    assert theano.value_and_grad(lambda a: a**2)(s)[1].type == s.type
    with pytest.raises(ValueError, match="wrt=2 for 1 arguments"):
        theano.value_and_grad(lambda a: a, wrt=2)(s)


# -------------------------------------------------------------------------------------------- what has no rule


@as_op(itypes=[T.dvector], otypes=[T.dvector])
def turned(x):
    return x[::-1].copy()


def test_what_has_no_rule_runs_row_by_row_and_says_so():
    with pytest.warns(UserWarning, match=r"no rule for FromFunctionOp\{turned\}: it runs row by row"):
        found = theano.vectorize(turned(v) * 2, {v: m})
    np.testing.assert_array_equal(found.eval({m: [[1.0, 2.0], [3.0, 4.0]]}), [[4, 2], [8, 6]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theano.vectorize(turned(v), {v: m}, fallback="loop")
    part = theano.vectorize(v[i : i + 2], {v: m, i: iv}, fallback="loop")
    np.testing.assert_array_equal(part.eval({m: np.arange(8.0).reshape(2, 4), iv: [2, 0]}), [[2, 3], [4, 5]])


class Scaled(theano.Op):
    """The sum of ``x`` times ``by``, with a rule of its own where ``by`` is shared."""

    __props__ = ()

    def make_node(self, x, by):
        return theano.Apply(self, [x, by], [T.dscalar()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(inputs[0].sum() * inputs[1])

    def vectorized(self, node, inputs, varies):
        return None if varies[1] else [inputs[0].sum(axis=1) * inputs[1]]


def test_an_operation_may_bring_its_rule():
    out = Scaled()(v, s)
    check([out], [v], np.random.default_rng(0))
    with pytest.raises(VariableTypeError, match="no rule for Scaled"):
        check([out], [v, s], np.random.default_rng(0))
    found = theano.vectorize(out, {v: m, s: T.dvector("S")}, fallback="loop")
    assert found.type == T.dvector
    x, printed = T.dmatrix("x"), []
    whole = theano.vectorize(theano.printing.Print(global_fn=lambda op, value: printed.append(value.shape))(v) * 2, {v: x})
    whole.eval({x: np.ones((2, 3))})
    assert printed == [(2, 3)]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: theano.vectorize(v.nonzero()[0], {v: m}), VariableTypeError, "would differ in size"),
        (lambda: theano.vectorize(T.arange(i), {i: iv}), VariableTypeError, "would differ in size"),
        (lambda: theano.vectorize(T.zeros((i,)), {i: iv}), VariableTypeError, "pad the rows to one size"),
        (lambda: theano.vectorize(m.reshape((i, -1)), {m: t, i: iv}), VariableTypeError, "would differ in size"),
        (lambda: theano.vectorize(turned(v), {v: m}, fallback="raise"), VariableTypeError, "fallback='loop'"),
        (lambda: theano.vectorize(v, {v: v}), VariableTypeError, "one axis more"),
        (lambda: theano.vectorize(v, {v: T.fmatrix()}), VariableTypeError, "the dtype of the variable"),
        (lambda: theano.vectorize(v, {"v": m}), VariableTypeError, "tensor variable"),
        (lambda: theano.vectorize(2.0, {v: m}), VariableTypeError, "an output must be"),
        (lambda: theano.vectorize(v), TypeError, r"vectorize\(outputs, \{x: X\}\)"),
        (lambda: theano.vectorize(v, {v: m}, in_axes=1), TypeError, "belong to functions"),
        (lambda: theano.vectorize(loss, {v: m}), TypeError, "a mapping belongs to variables"),
        (lambda: theano.vectorize(v, {v: m}, fallback="map"), ValueError, "'warn', 'loop', 'raise'"),
        (lambda: theano.vectorize(loss, in_axes=(0,))(v, v), ValueError, "in_axes"),
        (lambda: theano.vectorize(loss, in_axes=None)(v, v), ValueError, "not all None"),
        (lambda: theano.vectorize(loss)(m, s), VariableTypeError, "there is no axis 0 of rows"),
    ],
)
def test_misuse(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_every_rule_is_for_an_operation_of_its_own():
    import theano.scanning.batch_rules

    assert all(rule.__module__ == theano.scanning.batch_rules.__name__ for rule in RULES.values()) and len(RULES) > 30
