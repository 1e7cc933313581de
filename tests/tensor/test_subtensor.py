"""Indexing and its reverse, against NumPy."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import BoundsError, ShapeError
from theano.tensor.masks import MaskShape
from theano.tensor.subtensor import AdvancedIncSubtensor1, AdvancedSubtensor1, Subtensor

X = np.arange(2 * 3 * 4, dtype="float64").reshape(2, 3, 4) / 7
S = np.s_

BASIC = [
    S[0], S[-1], S[1, 2], S[-2, -3, -4], S[:], S[...], S[()], S[1:], S[:-1], S[:, 1:], S[..., 0], S[0, ..., 1:3],
    S[::-1], S[:, ::-2], S[:, :, 3:0:-2], S[5:], S[:, 2:1], S[:, -9:9], S[:, 9:-9:-1], S[1:1],
    S[None], S[:, None], S[0, None, :, None, 1], S[..., None], S[None, 1:, None, 0],
]  # fmt: skip


def shown(index):
    return str(index).replace("slice", "").replace("None", "_")


@pytest.mark.parametrize("index", BASIC, ids=shown)
def test_numbers_and_slices(index):
    np.testing.assert_array_equal(check(lambda x: x[index], X), X[index])


@pytest.mark.parametrize("start", [-9, -3, -1, 0, 1, 2, 9])
@pytest.mark.parametrize("stop", [-9, -2, 0, 2, 9])
@pytest.mark.parametrize("step", [-2, -1, 1, 3])
def test_symbolic_bounds(start, stop, step):
    x = np.arange(4.0)
    numbers = [np.array(n) for n in (start, stop, step)]
    np.testing.assert_array_equal(check(lambda x, a, b, c: x[a:b:c], x, *numbers, gradient=False, compiled=False), x[start:stop:step])
    np.testing.assert_array_equal(check(lambda x, c: x[::c], x, numbers[2], gradient=False, compiled=False), x[::step])
    np.testing.assert_array_equal(check(lambda x, a: x[a:], x, numbers[0], gradient=False, compiled=False), x[start:])
    np.testing.assert_array_equal(check(lambda x, b: x[:b:step], x, numbers[1], gradient=False, compiled=False), x[:stop:step])


def test_symbolic_bounds_compiled_once():
    x, a, b, c = T.dvector(), *T.lscalars(3)
    f = theano.function([x, a, b, c], [x[a:b:c], x[a:], x[:b:-2], x[::c] * 2])
    for n, start, stop, step in itertools.product((0, 1, 4), (-9, -1, 0, 2), (-2, 0, 3, 9), (-2, -1, 1, 3)):
        value = np.arange(float(n))
        wanted = [value[start:stop:step], value[start:], value[:stop:-2], value[::step] * 2]
        for got, want in zip(f(value, start, stop, step), wanted):
            np.testing.assert_array_equal(got, want)
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        f(value, 0, 0, 0)


def test_symbolic_number():
    np.testing.assert_array_equal(check(lambda x, i: x[:, i], X, np.array(-1)), X[:, -1])
    np.testing.assert_array_equal(check(lambda x, i: x[i, 1:, i], X, np.array(1, "int8")), X[1, 1:, 1])


I, J, K = np.array([1, 0, -1]), np.array([[2, 0, 1], [0, -3, 2]]), np.array([[1], [0]])
ADVANCED = [
    (lambda x, i, j, k: x[i], lambda x, i, j, k: x[i]),
    (lambda x, i, j, k: x[j % 2], lambda x, i, j, k: x[j % 2]),
    (lambda x, i, j, k: x[:, j], lambda x, i, j, k: x[:, j]),
    (lambda x, i, j, k: x[:, :, i], lambda x, i, j, k: x[:, :, i]),
    (lambda x, i, j, k: x[i, i], lambda x, i, j, k: x[i, i]),
    (lambda x, i, j, k: x[k, j], lambda x, i, j, k: x[k, j]),
    (lambda x, i, j, k: x[:, j, 1], lambda x, i, j, k: x[:, j, 1]),
    (lambda x, i, j, k: x[0, :, i], lambda x, i, j, k: x[0, :, i]),
    (lambda x, i, j, k: x[i, ::-1, i], lambda x, i, j, k: x[i, ::-1, i]),
    (lambda x, i, j, k: x[i, 1:, 1], lambda x, i, j, k: x[i, 1:, 1]),
    (lambda x, i, j, k: x[:, None, i], lambda x, i, j, k: x[:, None, i]),
    (lambda x, i, j, k: x[i, None, i], lambda x, i, j, k: x[i, None, i]),
    (lambda x, i, j, k: x[:, i, ..., i], lambda x, i, j, k: x[:, i, ..., i]),
    (lambda x, i, j, k: x[None, i, ..., j, k, None], lambda x, i, j, k: x[None, i, ..., j, k, None]),
    (lambda x, i, j, k: x[..., i, None, i, :], lambda x, i, j, k: x[..., i, None, i, :]),
    (lambda x, i, j, k: x[[1, 0, 0]], lambda x, i, j, k: x[[1, 0, 0]]),
    (lambda x, i, j, k: x[:, [], 1], lambda x, i, j, k: x[:, [], 1]),
    (lambda x, i, j, k: x[np.array([True, False])], lambda x, i, j, k: x[np.array([True, False])]),
]


@pytest.mark.parametrize("case", range(len(ADVANCED)))
def test_index_arrays(case):
    ours, numpys = ADVANCED[case]
    patterns = [None, None, None, (False, True)]
    np.testing.assert_array_equal(check(ours, X, I, J, K, patterns=patterns), numpys(X, I, J, K))


def test_picking_one_of_each_row():
    p, y = np.random.default_rng(0).uniform(1, 2, (5, 3)), np.array([2, 0, 1, 1, 2], "int32")
    got = check(lambda p, y: T.log(p)[T.arange(y.shape[0]), y], p, y)
    np.testing.assert_allclose(got, np.log(p)[np.arange(5), y])


@pytest.mark.parametrize(
    "ours, numpys",
    [
        (lambda x: x[:, 1], S[:, 1]),
        (lambda x: x[1:, ::-1], S[1:, ::-1]),
        (lambda x: x[..., -1], S[..., -1]),
        (lambda x: x[None, 0], S[0]),
        (lambda x: x[:, [0, 2]], S[:, [0, 2]]),
        (lambda x: x[[0, 1], :, [3, 3]], S[[0, 1], :, [3, 3]]),
        (lambda x: x[5:], S[5:]),
        (lambda x: x[:, None, [0, 2]], S[:, None, [0, 2]]),
        (lambda x: x[[0, 1], None, :, [3, 3]], S[[0, 1], None, :, [3, 3]]),
        (lambda x: x[[0, 1], [2, 0], None], S[[0, 1], [2, 0], None]),
        (lambda x: x[..., None, np.array([True, False, True, True])], S[..., None, np.array([True, False, True, True])]),
    ],
)
@pytest.mark.parametrize("increment", [False, True])
def test_writing(ours, numpys, increment):
    part = X[numpys]
    write = T.inc_subtensor if increment else T.set_subtensor
    for y in (np.array(3.0), np.random.default_rng(0).normal(size=part.shape), np.random.default_rng(0).normal(size=part.shape[-1:])):
        wanted = X.copy()
        wanted[numpys] = wanted[numpys] + y if increment else y
        np.testing.assert_allclose(check(lambda x, y: write(ours(x), y), X, y), wanted)


def test_repeated_indices():
    x, y, i = np.zeros((3, 2)), np.arange(8.0).reshape(4, 2), np.array([2, 0, 2, 2])
    wanted = x.copy()
    np.add.at(wanted, i, y)
    np.testing.assert_array_equal(check(lambda x, y, i: T.inc_subtensor(x[i], y), x, y, i), wanted)
    last = evaluate(T.set_subtensor((v := T.dmatrix())[i], T.constant(y)), {v: x})
    np.testing.assert_array_equal(last, [y[1], [0, 0], y[3]])


def test_one_of_each_row_gets_something():
    g, y = np.random.default_rng(0).normal(size=5), np.array([2, 0, -1, 1, 2])

    def scattered(p, g, y):
        return T.inc_subtensor(T.zeros_like(p, dtype="float64")[T.arange(p.shape[0]), y], g)

    wanted = np.zeros((5, 3))
    wanted[np.arange(5), y] = g
    np.testing.assert_array_equal(check(scattered, np.ones((5, 3), "float32"), g, y), wanted)
    p, gs, ys = T.fmatrix(), T.dvector(), T.lvector()
    with pytest.raises(IndexError, match="index 7 is out of bounds for axis 1"):
        run_lowered([scattered(p, gs, ys)], {p: np.ones((1, 3), "float32"), gs: g[:1], ys: np.array([7])})


def test_broadcast_patterns_are_the_classic_ones():
    r, x = T.row(), T.matrix()
    for part in (r[0:1], r[0:], r[:1], r[::-1], r[:]):
        assert part.broadcastable == (True, False), part.owner.op
    for part in (r[1:], r[:, 0:1][1:], x[0:1], r[0:5:-1], r[: T.lscalar()], r[T.lvector()], x[T.lcol(), T.lrow()]):
        assert part.broadcastable == (False, False), part.owner.op
    assert r[:, 0:1].broadcastable == (True, False) and r[0].broadcastable == (False,)
    assert x[None, :, :].broadcastable == (True, False, False)


def test_structure():
    x, i = T.matrix("x"), T.lscalar()
    assert x[1:, i].owner.op == x[3:, 4].owner.op == Subtensor([slice(T.lscalar, None), T.lscalar])
    assert x[1:, i].owner.op != x[:1, i].owner.op
    assert str(x[1:, i].owner.op) == "Subtensor{int64::, int64}"
    assert hash(x[1:].owner.op) == hash(x[2:].owner.op)
    assert type(x[T.lvector()].owner.op) is AdvancedSubtensor1
    assert type(T.inc_subtensor(x[T.lvector()], 1).owner.op) is AdvancedIncSubtensor1
    assert x[1:, 2].owner.op.get_constant_idx(x[1:, 2].owner.inputs) == [slice(1, None), 2]
    assert x[1:, 2].static_shape == (None,)
    assert T.constant(np.zeros((5, 4)))[1:, ::2].static_shape == (4, 2)


def test_results_keep_the_dtype_of_the_tensor():
    x = T.fmatrix()
    assert T.set_subtensor(x[0], T.dscalar()).type == x.type
    assert evaluate(T.set_subtensor(x[0], np.array([1.5, 2.5])), {x: np.zeros((1, 2), "float32")}).tolist() == [[1.5, 2.5]]


def test_take():
    a, i = np.arange(6.0).reshape(2, 3), np.array([[0, 2], [1, -1]])
    np.testing.assert_array_equal(check(lambda a, i: T.take(a, i), a, i), np.take(a, i))
    np.testing.assert_array_equal(check(lambda a, i: T.take(a, i, axis=-1), a, i), np.take(a, i, axis=-1))
    for mode in ("clip", "wrap"):
        np.testing.assert_array_equal(check(lambda a, i: a.take(i, 1, mode), a, i * 5), np.take(a, i * 5, 1, mode=mode))
    with pytest.raises(IndexError):
        evaluate(T.take((v := T.dmatrix()), i, 0), {v: a})


def test_index_errors_name_the_axis():
    x, i, k = T.matrix("x"), T.lvector("i"), T.lscalar("k")
    for part, inputs in [(x[i], {i: [5]}), (x[k], {k: -4}), (x[0, k], {k: 3}), (x[5], {}), (x[0, -4], {})]:
        inputs = {x: np.ones((3, 3))} | {v: np.array(n) for v, n in inputs.items()}
        with pytest.raises(BoundsError, match="out of bounds"):
            evaluate(part, inputs)
        for run in (run_lowered, lambda v, i: theano.function(list(i), v)(*i.values())):
            with pytest.raises((IndexError, Stopped), match=r"index .* is out of bounds for axis . of x"):
                run([part], inputs)


def test_a_mask_has_the_size_of_what_it_chooses_among():
    x, mask, whole = T.matrix("x"), T.TensorType("bool", (False,))("mask"), T.TensorType("bool", (False, False))("whole")
    for part, given in ((x[mask], {mask: [True, False]}), (x[:, mask], {mask: [True] * 4}), (x[whole], {whole: np.ones((3, 2), bool)})):
        inputs = {x: np.ones((3, 3))} | {v: np.array(n) for v, n in given.items()}
        for run in (evaluate, lambda v, i: theano.function(list(i), v)(*i.values())):
            with pytest.raises(ShapeError, match="a mask needs one truth value for each element or row"):
                run(part, inputs)
    with pytest.raises(IndexError, match="a mask of size 2 for axis 1 of size 3"):
        T.constant(np.ones((2, 3)))[:, np.array([True, False])]
    positive = theano.function([x], x[x > 0])
    assert not any(isinstance(guard.node.op, MaskShape) for guard in positive.maker.compilation.lowering.guards)


def test_what_is_refused():
    x = T.matrix("x")
    with pytest.raises(IndexError, match="too many indices: 3 for a tensor of rank 2"):
        x[0, 0, 0]
    with pytest.raises(IndexError, match="one ellipsis"):
        x[..., ...]
    with pytest.raises(TypeError, match="an index must be an integer"):
        x[0.5]
    with pytest.raises(TypeError, match="an index must be an integer"):
        x[T.vector()]
    with pytest.raises(TypeError, match="result of indexing"):
        T.set_subtensor(x, 0)
    with pytest.raises(TypeError, match="result of indexing"):
        T.inc_subtensor(x.T, 0)
    with pytest.raises(TypeError, match="rank 2 cannot be put into a part of rank 1"):
        T.set_subtensor(x[0], x)
    y = T.vector("y")
    with pytest.raises(ShapeError):
        evaluate(T.set_subtensor(x[0], y), {x: np.ones((2, 3)), y: np.ones(1)})


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "REFERENCE"])
@pytest.mark.parametrize("dtype", ["float64", "complex64", "int8"])
def test_indices_of_what_is_the_same_everywhere_are_checked(mode, dtype):
    r, n, i = T.TensorType(dtype, (True, False))("r"), T.lscalar("n"), T.lvector("i")
    parts = [r[i], (r + r)[i], r.T[:, i], T.alloc(T.cast(0, dtype), n)[i], T.alloc(r[0, 0], n)[i], T.ones_like(r)[i], r.reshape((1, -1))[i]]
    f = theano.function([r, n, i], parts, mode=mode, on_unused_input="ignore")
    assert [p.shape for p in f(np.ones((1, 3), dtype), 1, [0, -1])] == [(2, 3), (2, 3), (3, 2), (2,), (2,), (2, 3), (2, 3)]
    for part in parts:
        f = theano.function([r, n, i], part, mode=mode, on_unused_input="ignore")
        for wrong in (1, -2, 7):
            with pytest.raises(IndexError, match=f"index {wrong} is out of bounds"):
                f(np.ones((1, 3), dtype), 1, [0, wrong])
