"""Every elementwise operation with code has device code, from its declaration alone."""

import numpy as np
import pytest

from tests.device import kernels
from tests.laws.elementwise import NATIVE, accepted, arity, sample, traced
from theano.emit.c_family import print_kernel
from theano.emit.dialects import CUDA
from theano.scalar.instructions import REAL

DTYPES = ("float32", "int32", "bool")


def given(op):
    """Argument dtypes that the operation takes, floats before others, and its result's; None if that is no real number."""
    for dtype in DTYPES:
        dtypes = (dtype,) * arity(op)
        result = accepted(op, *dtypes)
        if result is not None:
            return (dtypes, result) if result in REAL else None
    raise AssertionError(f"{op} takes none of {DTYPES}")


def kernel(op):
    dtypes, result = given(op)
    return kernels.elementwise(lambda *values: op.trace(values[0].trace, *values), dtypes, result)


REAL_OPS = [op for op in NATIVE if given(op)]
"""Kernels know real numbers only: parts of complex ones are results of their own."""


@pytest.mark.parametrize("op", REAL_OPS, ids=repr)
def test_runs_on_a_device(simulator, op):
    dtypes, result = given(op)
    arrays = [np.ascontiguousarray(x) for x in sample(op, dtypes)]
    _, (*_, out) = simulator.run(kernel(op), [*arrays, np.zeros(len(arrays[0]), result)], (len(arrays[0]),))
    eps = np.finfo(result).eps if result.startswith("float") else 0
    np.testing.assert_allclose(out, traced(op, arrays, portable=False), rtol=32 * eps, atol=eps)


def test_compiles_as_cuda(nvrtc):
    text = "".join(print_kernel(kernel(op), f"op_{op.name}_").text for op in REAL_OPS)
    assert b"op_exp_" in nvrtc(CUDA.source(text), "sm_80").binary
