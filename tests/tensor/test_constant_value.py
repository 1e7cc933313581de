"""What is known of a value before any function runs."""

import numpy as np
import pytest

import theano.tensor as T
from theano.errors import NotScalarConstantError

N = T.lscalar("n")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (T.constant(3), 3),
        (3.5, 3.5),
        (np.float32(2), 2),
        (T.constant(np.full((2, 3), 4.0)), 4),
        (T.constant(np.nan).dimshuffle("x"), np.nan),
        (T.alloc(2.0, N, 3), 2),
        (T.zeros((N, N)), 0),
        (T.fill(T.dmatrix(), 7), 7),
        (T.constant(3).dimshuffle("x", "x"), 3),
        (T.constant(3) * 2 + 1, 7),
        (T.cast(T.constant(3.7), "int64"), 3),
        (T.drow().shape[0], 1),
        (T.stack([N, T.constant(5)])[1], 5),
        (T.stack([N, T.constant(5)])[-1], 5),
        (T.constant(np.ones((2, 3))).sum(0).shape[0], 3),
    ],
)
def test_known(variable, value):
    found = T.get_scalar_constant_value(variable)
    assert found.shape == () and np.array_equal(found, value, equal_nan=True)
    if hasattr(variable, "dtype"):
        assert found.dtype == variable.dtype


@pytest.mark.parametrize(
    "variable", [N, T.dmatrix(), T.constant([1, 2]), T.constant([]), N * 0, T.dmatrix().shape[0], T.stack([N, 5])[0], "a"]
)
def test_unknown(variable):
    with pytest.raises(NotScalarConstantError):
        T.get_scalar_constant_value(variable)
    assert T.extract_constant(variable) is variable


def test_limits():
    total = T.constant(1) + 1
    for options in ({"elemwise": False}, {"only_process_constants": True}, {"max_recur": 0}):
        with pytest.raises(NotScalarConstantError):
            T.get_scalar_constant_value(total, **options)
    assert T.extract_constant(total, elemwise=False) is total and T.extract_constant(total) == 2
    for _ in range(1000):
        total = total + 1
    with pytest.raises(NotScalarConstantError):
        T.get_scalar_constant_value(total)
