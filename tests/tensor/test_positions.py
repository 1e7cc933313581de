"""argmax and argmin: the first of ties, of NaNs, over one axis, several or all."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2)], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_positions(axis, keepdims):
    value = np.random.default_rng(0).integers(0, 4, size=(2, 3, 4))  # with ties
    x = T.ltensor3("x")
    kept = [a for a in range(3) if axis is not None and a not in np.atleast_1d(np.asarray(axis)) % 3]
    reduced = [a for a in range(3) if a not in kept]
    flat = value.transpose(kept + reduced).reshape([value.shape[a] for a in kept] + [-1])
    greatest, position = T.max_and_argmax(x, axis, keepdims)
    results = evaluate([greatest, position, T.argmin(x, axis, keepdims), T.argmax(x, axis, keepdims)], {x: value})
    for found, expected in zip(results, [flat.max(-1), flat.argmax(-1), flat.argmin(-1), flat.argmax(-1)]):
        np.testing.assert_array_equal(found, np.expand_dims(expected, tuple(reduced)) if keepdims else expected)
    assert position.dtype == "int64" and position.type.ndim == (3 if keepdims else len(kept))


def test_a_position_alone_passes_zeros():
    from theano.graph import DisconnectedType

    x = T.dvector()
    node = T.argmax(x).owner
    (gradient,) = node.op.L_op(node.inputs, node.outputs, [DisconnectedType()(), T.lscalar()])
    np.testing.assert_array_equal(evaluate(gradient, {x: [1.0, 2.0]}), [0, 0])


def test_empty():
    x = T.dmatrix()
    f = theano.function([x], [T.argmax(x, 1), T.argmin(x, 1), T.max_and_argmax(x, 1)[0]])
    assert [found.shape for found in f(np.zeros((0, 3)))] == [(0,)] * 3 == [found.shape for found in f(np.zeros((0, 0)))]
    with pytest.raises(ValueError, match=r"no elements along axis 1, .*\n.*\(2, 0\)"):
        f(np.zeros((2, 0)))
    with pytest.raises(ValueError, match=r"Argmax.*: no elements along axis 1 of shape \(2, 0\)"):
        evaluate(T.argmax(x, 1), {x: np.zeros((2, 0))})


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32"])
def test_ties_and_nans(dtype):
    value = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]]).astype(dtype)
    if dtype.startswith("float"):
        value[1, 2:] = np.nan
    x = T.TensorType(dtype, (False, False))()
    for axis in (None, 0, 1):
        for f in (lambda *outs: theano.function([x], list(outs))(value), lambda *outs: evaluate(list(outs), {x: value})):
            greatest, position, least = f(*T.max_and_argmax(x, axis), T.argmin(x, axis))
            np.testing.assert_array_equal(greatest, value.max(axis))
            np.testing.assert_array_equal(position, value.argmax(axis))
            np.testing.assert_array_equal(least, value.argmin(axis))


def test_derivatives():
    value = np.random.default_rng(0).normal(size=(3, 4, 2))
    for axis in (None, 1, (0, 2)):
        check(lambda x, axis=axis: T.max_and_argmax(x, axis)[0], value)
