"""What every function of NumPy's language obeys: dtypes, sizes of 0 and 1, shapes without arrays, derivatives, many rows at once."""

import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check_gradients
from tests.tensor.numpy_calls import CALLS, SIZES_FROM_VALUES, VALUE

pytestmark = pytest.mark.filterwarnings("ignore:.*warn.round")
WHOLE = sorted(set(CALLS) - SIZES_FROM_VALUES)
NUMBERS = {"median", "median of rows", "percentile", "lower percentile", "higher percentile", "heaviside", "round", "round()"}
REFUSED = {"bool": NUMBERS | {"all of unique", "round to decimals"}, "complex128": NUMBERS | {"all of unique", "round to decimals"}}
REFUSED["complex128"] |= {"sum in a dtype", "float_power"}
"""What is refused of these dtypes, though NumPy may have an answer."""
SLOW = [pytest.param(dtype, marks=pytest.mark.slow) for dtype in ("float16", "int64", "uint16", "bool", "complex128")]


def numpys(name, value):
    """What NumPy gives; None if it refuses."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            return np.asarray(CALLS[name](value))
        except (ValueError, TypeError, IndexError):
            return None


def agree(found, wanted, name, tolerance=1e-5):
    assert found.shape == wanted.shape, name
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "int8", *SLOW])
def test_dtypes(dtype):
    x = T.TensorType(dtype, (False, False))("x")
    value = (abs(VALUE) if dtype == "uint16" else VALUE).astype(dtype)
    wanted = {name: numpys(name, value) for name in CALLS}
    graphs = {}
    for name in CALLS:
        try:
            graphs[name] = CALLS[name](x)
        except (TypeError, ValueError):
            assert wanted[name] is None or name in REFUSED.get(dtype, ()), name
    known = [name for name in graphs if wanted[name] is not None]
    for name, found in zip(known, theano.function([x], [graphs[name] for name in known])(value)):
        agree(found, wanted[name], name, 5e-3 if dtype == "float16" else 1e-5)


STATIC = {"array + x", "array < x", "array ** x", "x @ array", "array @ x"}
"""In these a size that is known does not stretch."""


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (2, 3)])
def test_sizes(shape):
    x, value = T.dmatrix("x"), np.ones(shape)
    for name in set(WHOLE) - STATIC:
        wanted = numpys(name, value)
        if wanted is not None and not (name == "median" and not value.size):
            found = evaluate(CALLS[name](x), {x: value})
            agree(found, wanted.reshape(found.shape) if name == "cov" else wanted, name)


CONSTANT = {"zeros_like", "full_like", "round", "round to decimals", "round()", "divmod()", "fix", "heaviside"}
"""What does not change with x, but by leaps."""


@pytest.mark.parametrize("name", sorted(set(CALLS) - CONSTANT))
def test_derivatives(name):
    x = T.dmatrix("x")
    check_gradients([CALLS[name](x)], {x: VALUE + 0.1})


def test_no_array_is_computed_for_its_shape():
    x = T.dmatrix("x")
    f = theano.function([x], [CALLS[name](x).shape for name in WHOLE])
    for name, found in zip(WHOLE, f(VALUE)):
        assert tuple(found) == np.shape(CALLS[name](VALUE)), name
    vectors = [node for node in f.maker.fgraph.toposort() if any(out.type.ndim for out in node.outputs)]
    assert {type(node.op).__name__ for node in vectors} <= {"MakeVector", "Rebroadcast", "DeepCopyOp"}


@pytest.mark.parametrize("name", WHOLE)
def test_many_rows(name):
    x, X = T.dmatrix("x"), T.dtensor3("X")
    out = CALLS[name](x)
    values = np.stack([VALUE, VALUE[::-1], VALUE * 2])
    found = evaluate(theano.vectorize(out, {x: X}, fallback="raise"), {X: values})
    np.testing.assert_allclose(found, np.stack([evaluate(out, {x: value}) for value in values]), rtol=1e-12)
