"""Native code of every elementwise operation computes what its body means: on its domain and at the corners, for many dtypes."""

import numpy as np
import pytest

import theano
from tests.laws.elementwise import NATIVE, accepted, arity, assert_close, corners, sample, traced
from theano.scalar.instructions import REAL
from theano.tensor import TensorType
from theano.tensor.elemwise import elemwise

DTYPES = ("bool", "int8", "uint16", "int32", "int64", "uint64", "float16", "float32", "float64")


def arguments(op, dtype):
    """The corners in all combinations, then a sample of the domain."""
    numbers = np.array(corners(dtype, op.everywhere), dtype)
    grids = np.meshgrid(*(numbers,) * arity(op))
    return [np.concatenate([grid.ravel(), x]) for grid, x in zip(grids, sample(op, (dtype,) * arity(op)))]


@pytest.mark.parametrize("op", NATIVE, ids=repr)
def test_native_code(op):
    inputs, outputs, values, expected = [], [], [], []
    for dtype in DTYPES:
        if accepted(op, *(dtype,) * arity(op)) in REAL:
            variables = [TensorType(dtype, (False,))() for _ in range(arity(op))]
            arrays = arguments(op, dtype)
            inputs += variables
            outputs.append(elemwise(op)(*variables))
            values += arrays
            expected.append((traced(op, arrays, portable=True), arrays))
    results = theano.function(inputs, outputs)(*values)
    for got, (exact, arrays) in zip(results, expected, strict=True):
        assert_close(op, got, exact, arrays)
