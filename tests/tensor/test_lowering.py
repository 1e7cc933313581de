"""Lowered elementwise operations, dimshuffles and reductions mean what their ``perform`` means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.nests import Stopped, run_lowered
from theano.errors import ShapeError
from theano.scalar import OPS
from theano.tensor.reduce import CAReduce, ProdWithoutZeros


def check(outputs, inputs, rtol=1e-6):
    outputs = outputs if isinstance(outputs, list) else [outputs]
    expected = evaluate(outputs, inputs)
    known = {variable: variable.type.filter(value) for variable, value in inputs.items()}
    for found, wanted in zip(run_lowered(outputs, known), expected):
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=rtol)


RANDOM = np.random.default_rng(0)
M, R, C, V = RANDOM.normal(size=(2, 3)), RANDOM.normal(size=(1, 3)), RANDOM.normal(size=(2, 1)), RANDOM.normal(size=3)


def test_elementwise():
    m, r, c, v, s = T.dmatrix("m"), T.drow("r"), T.dcol("c"), T.dvector("v"), T.dscalar("s")
    inputs = {m: M, r: R, c: C, v: V, s: 0.5}
    check([m + r * c - v / s, r + c, T.switch(m > v, m, s), T.maximum(m, 0.25), T.cast(m * 10, "int8"), r * r], inputs)


def test_narrow_dtypes():
    b, h, p = T.bvector("b"), T.vector("h", dtype="float16"), T.vector("p", dtype="bool")
    check(
        [b + b, b * 3, b / 2, b // 2, h + h, h * 2.0, p & (b > 0), T.sqr(b)],
        {b: [100, -3, 7], h: np.ones(3, "float16"), p: [True, False, True]},
    )


def test_unequal_sizes_are_guarded():
    x, y = T.dvectors("x", "y")
    with pytest.raises(Stopped):
        run_lowered([x + y], {x: np.ones(2), y: np.ones(3)})
    with pytest.raises(Stopped):
        run_lowered([x + y], {x: np.ones(1), y: np.ones(3)})
    with pytest.raises(ShapeError):
        evaluate(x + y, {x: np.ones(1), y: np.ones(3)})


@pytest.mark.parametrize("order", [(1, 0), ("x", 0, 1), (0, "x", 1), (1, "x", 0, "x")])
def test_dimshuffle(order):
    m = T.dmatrix("m")
    check([m.dimshuffle(*order), T.exp(m.dimshuffle(*order))], {m: M})


def test_dropping():
    r = T.drow("r")
    check([r.dimshuffle(1) + 1, r.dimshuffle(1, "x", 0)], {r: R})


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all", "mean"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int8", "uint16", "bool"])
def test_reductions(name, dtype):
    value = (RANDOM.normal(size=(2, 3, 4)) * 2).astype(dtype) if "float" in dtype else RANDOM.integers(0, 2, size=(2, 3, 4)).astype(dtype)
    x = T.TensorType(dtype, (False,) * 3)("x")
    function = getattr(T, name)

    check(
        [function(x), function(x, axis=1), function(x, axis=(0, 2), keepdims=True)], {x: value}, rtol=2e-3 if dtype == "float16" else 1e-6
    )


@pytest.mark.parametrize("dtype", ["float64", "float16", "int8", "bool"])
def test_positions(dtype):
    value = RANDOM.integers(0, 2, size=(3, 4)).astype(dtype)
    x = T.TensorType(dtype, (False, False))("x")
    check([*T.max_and_argmax(x, 1), T.argmin(x, 0), *T.max_and_argmax(x, ())], {x: value})


def test_position_over_several_axes():
    x = T.dtensor3("x")
    value = RANDOM.normal(size=(2, 3, 4))
    flat = value.transpose(1, 0, 2).reshape(3, 8)
    np.testing.assert_array_equal(evaluate(T.argmax(x, (0, 2)), {x: value}), flat.argmax(1))


def test_special_folds():
    x, b = T.dmatrix("x"), T.bmatrix("b")
    check([ProdWithoutZeros(1)(x), x.sum(axis=()), x.prod(axis=())], {x: [[0.0, 2], [3, 4]]})
    check([CAReduce(OPS[name], 0)(b) for name in ("add", "mul", "minimum")], {b: [[3, 5], [6, 1]]})
    p = T.TensorType("bool", (False, False))("p")
    check([CAReduce(OPS[name], 1)(p) for name in ("and_", "or_", "add", "mul")], {p: [[True, False], [True, True]]})


@pytest.mark.parametrize("build", [T.max, lambda x, axis: T.max_and_argmax(x, axis)[0], T.argmin])
def test_extremes_of_nothing_are_guarded(build):
    x = T.dmatrix("x")
    with pytest.raises(Stopped, match="no elements"):
        run_lowered([build(x, 1)], {x: np.ones((2, 0))})


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
def test_any_chain(shape, data):
    value = np.random.default_rng(1).normal(size=shape)
    x = T.TensorType("float64", [n == 1 and data.draw(st.booleans()) for n in shape])("x")
    order = data.draw(st.permutations(range(len(shape))))
    axes = tuple(data.draw(st.sets(st.sampled_from(range(len(shape))))))
    y = x.dimshuffle(*order) * 2 + 1
    check([y.sum(axis=axes), y - y.max(axis=axes, keepdims=True)], {x: value})
