"""Putting tensors together and taking them apart."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import ShapeError
from theano.tensor.joining import Join

A, B = np.arange(6.0).reshape(2, 3), np.arange(9.0).reshape(3, 3) / 7


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_join(axis):
    a, b = (A, B) if axis == 0 else (A.T, B.T)
    got = check(lambda a, b: T.join(axis, a, b, a * 2), a, b)
    np.testing.assert_array_equal(got, np.concatenate([a, b, a * 2], axis))


def test_parts_are_computed_in_place():
    """By the kernels that they belong to; what must be read before is; sizes may be found on the way; complex ones lie side by side."""
    x, m, z = T.dvector(), T.dmatrix(), T.zmatrix()
    stacked = theano.function([m], T.stack([T.tanh(m), T.exp(m), m], axis=1))
    assert stacked.explain().startswith("function: 1 kernel\n")
    np.testing.assert_allclose(stacked(A), np.stack([np.tanh(A), np.exp(A), A], 1))
    f = theano.function([x, m], [T.join(0, T.tanh(x), x[(x > 0).nonzero()[0]], m.sum(0)), T.join(1, m, T.exp(m), m[:, :1])])
    value = np.array([-1.0, 2, 3, -4])
    first, second = f(value, A)
    np.testing.assert_allclose(first, np.concatenate([np.tanh(value), value[value > 0], A.sum(0)]))
    np.testing.assert_allclose(second, np.concatenate([A, np.exp(A), A[:, :1]], 1))
    joined = T.join(1, z, z * 2)
    whole, total = theano.function([z], [joined, (joined * joined[:, ::-1]).sum()])(A + 1j)
    expected = np.concatenate([A + 1j, 2 * A + 2j], 1)
    np.testing.assert_array_equal(whole, expected)
    np.testing.assert_allclose(total, (expected * expected[:, ::-1]).sum())
    ring = theano.shared(np.arange(4.0))
    turn = theano.function([], T.join(0, ring, ring).sum(), updates=[(ring, T.join(0, ring[1:], ring[:1]))])
    assert turn() == turn() == 12
    np.testing.assert_array_equal(ring.get_value(), [2, 3, 0, 1])


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_an_axis_may_be_known_only_when_the_function_runs(axis):
    n, x, y = T.lscalar(), T.dmatrix(), T.dmatrix()
    joined, parts = T.join(n, x, T.tanh(y)), T.split(x, [1, 2], 2, n)
    a, b = (A, B) if axis in (0, -2) else (A.T, B.T)
    found = T.grad((joined * joined).sum(), [x, y])
    results = theano.function([n, x, y], [joined, *found, T.Rop(joined, [x, y], [x, y])])(axis, a, b)
    slope = 1 - np.tanh(b) ** 2
    wanted = np.concatenate([a, np.tanh(b)], axis), 2 * a, 2 * np.tanh(b) * slope, np.concatenate([a, slope * b], axis)
    for result, value in zip(results, wanted, strict=True):
        np.testing.assert_allclose(result, value)
    for part, value in zip(theano.function([n, x], parts)(axis, B), np.split(B, [1], axis), strict=True):
        np.testing.assert_array_equal(part, value)


def test_an_axis_that_is_not_there():
    n, x = T.iscalar(), T.dmatrix()
    f = theano.function([n, x], T.join(n, x, T.constant(np.ones((1, 3)))))
    np.testing.assert_array_equal(f(0, A), np.concatenate([A, np.ones((1, 3))]))
    for axis in (2, -3):
        with pytest.raises(IndexError, match=f"index {axis} is out of bounds"):
            f(axis, A)
    fixed = theano.function([n], T.join(n, T.constant(A), T.constant(np.ones((1, 3)))))
    assert fixed(-2).shape == (3, 3)
    with pytest.raises(ShapeError, match="differ"):
        fixed(1)


def test_empty_parts():
    np.testing.assert_array_equal(check(lambda a, b: T.concatenate([a, b, a]), np.zeros((0, 3)), B), B)


def test_dtypes_meet():
    assert T.concatenate([T.bvector(), T.fvector()]).dtype == "float32"
    assert evaluate(T.concatenate([np.array([1, 2], "int8"), np.array([0.5])])).tolist() == [1.0, 2.0, 0.5]


def test_patterns():
    r, c, m, v = T.row(), T.col(), T.matrix(), T.vector()
    assert T.join(0, r, m).broadcastable == (False, False)
    assert T.join(1, c, m).broadcastable == (False, False)
    assert T.join(1, r, r).broadcastable == (True, False)
    assert T.join(1, r, m).broadcastable == (True, False)
    assert T.stack([v]).broadcastable == (True, False) and T.stack([v, v]).broadcastable == (False, False)
    assert T.concatenate([T.constant(A), T.constant(B)]).static_shape == (5, 3)
    assert T.concatenate([m]) is m


def test_stack():
    np.testing.assert_array_equal(check(lambda a, b: T.stack([a, b], axis=1), A, A + 1), np.stack([A, A + 1], 1))
    np.testing.assert_array_equal(check(lambda a, b: T.stack(a, b), A, A + 1), np.stack([A, A + 1]))
    np.testing.assert_array_equal(check(lambda a, b: T.stack([a, b], -1), A, A + 1), np.stack([A, A + 1], -1))
    s = T.scalar()
    assert T.stacklists([[s, s], [s, s]]).ndim == 2
    assert T.horizontal_stack(T.matrix(), T.matrix()).ndim == 2
    with pytest.raises(ValueError):
        T.vertical_stack(T.matrix(), T.vector())


def test_split():
    for sizes in ([1, 3, 0], np.array([2, 1, 1])):
        got = check(lambda a: T.split(a, sizes, 3, axis=1), X := np.arange(8.0).reshape(2, 4))
        for part, wanted in zip(got, np.split(X, np.cumsum(np.asarray(sizes))[:-1], 1)):
            np.testing.assert_array_equal(part, wanted)
    parts = check(lambda a, s: T.split(a, s, 2), B, np.array([1, 2]))
    assert [p.shape for p in parts] == [(1, 3), (2, 3)]
    first = check(lambda a: T.split(a, [1, 2], 2)[0], B)
    np.testing.assert_array_equal(first, B[:1])


def test_what_is_refused():
    x, v, s = T.matrix("x"), T.vector("v"), T.scalar("s")
    with pytest.raises(TypeError, match="one rank"):
        T.concatenate([x, v])
    with pytest.raises(TypeError, match="did you mean stack"):
        T.join(0, s, s)
    with pytest.raises(TypeError, match="list or tuple"):
        T.concatenate(x)
    with pytest.raises(ValueError, match="nothing to join"):
        T.concatenate([])
    with pytest.raises(IndexError, match="axis 2 of tensors of rank 2"):
        T.concatenate([x, x], axis=2)
    with pytest.raises(TypeError, match="axis must be a constant"):
        T.stack([x, x], T.lscalar())
    with pytest.raises(TypeError, match="axis must be an integer"):
        T.join(T.dscalar(), x, x)
    with pytest.raises(ShapeError, match="the sizes of dimension 1 differ"):
        T.concatenate([T.constant(A), T.constant(A[:, :2])])
    y = T.matrix("y")
    for run, error in [(evaluate, ShapeError), (lambda v, i: run_lowered([v], i), Stopped)]:
        with pytest.raises(error):
            run(T.concatenate([x, y]), {x: A, y: A[:, :2]})
        with pytest.raises(error):
            run(T.split(x, [1, 2], 2)[1], {x: A})
    with pytest.raises(ShapeError, match="3 sizes were given where 2"):
        T.split(x, [1, 2, 3], 2)


def test_ops_by_axis():
    assert Join(1) == Join(1) != Join(0)
    x = T.matrix()
    assert T.concatenate([x, x], -1).owner.op == Join(1)
