"""Every reduction against NumPy: dtypes, axes, kept dimensions, empty and single sizes, layouts; one function for many shapes."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.laws.layouts import LAYOUTS, laid_out
from tests.tensor.laws import check
from theano.dtypes import accumulator_dtype, reduction_dtype
from theano.gradient import grad

DTYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64")
TOLERANCE = {"float16": 4e-3, "float32": 2e-6, "float64": 1e-12}
SPECIAL = (0.0, -0.0, np.nan, np.inf, -np.inf)


def values(draw, dtype, shape, axes):
    """Small numbers with zeros and ties; among floats now and then what is no number or not finite (but over no axis a variance
    is ``x - x``, and that is 0)."""
    random = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    if dtype == "bool":
        return random.random(shape) < 0.6
    if "int" in dtype:
        return random.integers(0 if dtype[0] == "u" else -3, 5, size=shape).astype(dtype)
    array = (random.normal(size=shape) * 2).round(random.integers(0, 4)).astype(dtype)
    if array.size and axes and draw(st.booleans()):
        array.flat[random.integers(array.size)] = draw(st.sampled_from(SPECIAL))
    return array


def rows(x, axes):
    """The reduced axes as one, the last."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    count = int(np.prod([x.shape[axis] for axis in axes], dtype=int))
    return x.transpose(*kept, *axes).reshape(*(x.shape[axis] for axis in kept), count)


def wide(x):
    return x.astype("float64") if x.dtype != np.float64 else x


def log_sum_exp(x, axis):
    greatest = np.max(wide(x), axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isinf(greatest), 0, greatest)
    return np.log(np.exp(wide(x) - shift).sum(axis)) + np.squeeze(shift, axis)


FROM_NOTHING = {  # those that have a result of no elements
    "sum": lambda x, axis: x.astype(accumulator_dtype(x.dtype.name)).sum(axis).astype(reduction_dtype(x.dtype.name)),
    "prod": lambda x, axis: x.astype(accumulator_dtype(x.dtype.name)).prod(axis).astype(reduction_dtype(x.dtype.name)),
    "any": lambda x, axis: x.any(axis),
    "all": lambda x, axis: x.all(axis),
    "mean": lambda x, axis: wide(x).mean(axis),
    "var": lambda x, axis: wide(x).var(axis),
    "std": lambda x, axis: wide(x).std(axis),
    "logsumexp": log_sum_exp,
}
OF_SOME = {
    "max": lambda x, axis: x.max(axis),
    "min": lambda x, axis: x.min(axis),
    "argmax": lambda x, axis: rows(x, axis).argmax(-1),
    "argmin": lambda x, axis: rows(x, axis).argmin(-1),
    "ptp": lambda x, axis: x.max(axis) - x.min(axis),
}


def expected(table, name, x, axes, keepdims):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = np.asarray(table[name](x, axes))
    return np.expand_dims(result, axes) if keepdims and name != "ptp" else result


def agree(found, wanted, dtype, name):
    assert found.shape == wanted.shape
    rounded = wanted.astype(found.dtype)
    if found.dtype.kind != "f" or name in ("max", "min"):
        np.testing.assert_array_equal(found, rounded, name)
        return
    tolerance = TOLERANCE[found.dtype.name]
    np.testing.assert_allclose(found, rounded, rtol=tolerance, atol=4 * tolerance, err_msg=name)


@st.composite
def cases(draw):
    rank = draw(st.integers(0, 4))
    axes = draw(st.one_of(st.none(), st.sets(st.integers(-rank, rank - 1), max_size=rank).map(sorted))) if rank else None
    return draw(st.sampled_from(DTYPES)), rank, axes, draw(st.booleans())


@settings(max_examples=50, deadline=None)
@given(cases(), st.data())
def test_values(case, data):
    check_values(case, data)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.data())
def test_many_values(case, data):
    check_values(case, data)


def check_values(case, data):
    dtype, rank, axis, keepdims = case
    axes = tuple(range(rank)) if axis is None else tuple(sorted({a % rank for a in axis}))
    x = T.TensorType(dtype, (False,) * rank)("x")
    some = [name for name in OF_SOME if name != "ptp" or dtype != "bool"]
    form = axis if axis is None or len(axis) != 1 or data.draw(st.booleans()) else axis[0]
    keywords = [{"axis": form} if name == "ptp" else {"axis": form, "keepdims": keepdims} for name in (*FROM_NOTHING, *some)]
    outputs = [getattr(T, name)(x, **given) for name, given in zip((*FROM_NOTHING, *some), keywords, strict=True)]
    count = len(FROM_NOTHING)
    mode = data.draw(st.sampled_from(("FAST_RUN", "FAST_COMPILE", "REFERENCE")))
    always, sometimes = (theano.function([x], part, mode=mode) for part in (outputs[:count], outputs[count:]))
    for _ in range(3):
        shape = tuple(data.draw(st.sampled_from((0, 1, 2, 3, 40) if axis < 2 else (0, 1, 3, 5))) for axis in range(rank))
        value = laid_out(values(data.draw, dtype, shape, axes), data.draw(st.sampled_from(LAYOUTS)))
        plain = value.astype(dtype)
        for name, found in zip(FROM_NOTHING, always(value), strict=True):
            agree(found, expected(FROM_NOTHING, name, plain, axes, keepdims), dtype, name)
        kept = [shape[axis] for axis in range(rank) if axis not in axes]
        if 0 in shape and 0 not in kept:
            with pytest.raises(ValueError, match="no elements along"):
                sometimes(value)
        elif 0 not in shape:
            for name, found in zip(some, sometimes(value), strict=True):
                agree(found, expected(OF_SOME, name, plain, axes, keepdims), dtype, name)
        else:
            assert all(found.size == 0 for found in sometimes(value))


# ------------------------------------------------------------------ derivatives

SMOOTH = {
    "sum": T.sum,
    "prod": lambda x, axis: T.prod(x, axis, no_zeros_in_input=True),
    "mean": T.mean,
    "var": T.var,
    "std": lambda x, axis: T.std(x, axis, ddof=1),
    "logsumexp": T.logsumexp,
    "norm": lambda x, axis: x.norm(3, axis),
    "max": T.max,
    "min": T.min,
    "max_and_argmax": lambda x, axis: T.max_and_argmax(x, axis)[0],
    "ptp": T.ptp,
}
POINT = np.random.default_rng(3).permutation(24).reshape(2, 3, 4) / 8.0 + 0.2  # no ties


@pytest.mark.parametrize("axis", [None, 0, (0, 2)], ids=str)
@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives(name, axis):
    """L_op and R_op of the reduction, and of its gradient, against finite differences."""

    def gradient(x):
        out = SMOOTH[name](x, axis=axis)
        return grad(T.sum(out * out * out), x)

    check(lambda x: SMOOTH[name](x, axis=axis), POINT, tolerance=1e-5)
    check(gradient, POINT / POINT.mean(), tolerance=1e-4)


@pytest.mark.parametrize("name", [name for name in SMOOTH if name not in ("max", "min", "max_and_argmax", "ptp")])
def test_gradients_of_nothing(name):
    x = T.dmatrix()
    f = theano.function([x], grad(T.sum(SMOOTH[name](x, axis=0)), x))
    for shape in ((0, 3), (2, 0), (0, 0)):
        assert f(np.ones(shape)).shape == shape
