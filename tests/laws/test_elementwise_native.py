"""Native code of every elementwise operation computes what its body means: on its domain and at the corners, for every dtype.

However the arguments lie in memory, whether there are none or one of them, and in place of an argument, results are the same to the bit."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.fuzz.bounds.judge import judge
from tests.fuzz.bounds.values import Bounded
from tests.laws.elementwise import NATIVE, accepted, arity, assert_close, corners, sample, traced
from tests.laws.layouts import LAYOUTS, laid_out
from theano.scalar import OPS, UNKNOWN
from theano.scalar.instructions import REAL
from theano.tensor import TensorType
from theano.tensor.elemwise import Elemwise, elemwise

FEW = 37
"""So many elements are enough to see how they lie."""


def arguments(op, dtype):
    """The corners in all combinations, then a sample of the domain."""
    numbers = np.array(corners(dtype, op.everywhere), dtype)
    grids = np.meshgrid(*(numbers,) * arity(op))
    return [np.concatenate([grid.ravel(), x]) for grid, x in zip(grids, sample(op, (dtype,) * arity(op)))]


def taken(op):
    return [dtype for dtype in REAL if accepted(op, *(dtype,) * arity(op)) in REAL]


@pytest.mark.parametrize("op", NATIVE, ids=repr)
def test_native_code(op):
    """For all dtypes at once; then on few elements in every layout, on one and on none."""
    dtypes = taken(op)
    variables = [[TensorType(dtype, (False,))() for _ in range(arity(op))] for dtype in dtypes]
    values = [arguments(op, dtype) for dtype in dtypes]
    f = theano.function([v for group in variables for v in group], [elemwise(op)(*group) for group in variables])
    results = f(*(x for arrays in values for x in arrays))
    for got, arrays in zip(results, values, strict=True):
        assert_close(op, got, traced(op, arrays, portable=True), arrays)
    few = f(*(x[-FEW:] for arrays in values for x in arrays))
    for got, whole in zip(few, results):
        np.testing.assert_array_equal(got, whole[-FEW:])
    for layout in LAYOUTS[1:-1]:
        for got, whole in zip(f(*(laid_out(x[-FEW:], layout) for arrays in values for x in arrays)), few):
            np.testing.assert_array_equal(got, whole, layout)
    for count in (1, 0):
        for got, whole in zip(f(*(x[-FEW:][:count] for arrays in values for x in arrays)), few):
            np.testing.assert_array_equal(got, whole[:count])


def in_place(op):
    """The dtypes whose results fit in place of the first argument."""
    return [dtype for dtype in taken(op) if accepted(op, *(dtype,) * arity(op)) == dtype]


@pytest.mark.parametrize("op", [op for op in NATIVE if in_place(op)], ids=repr)
def test_in_place(op):
    """In place of an argument that the function may have, which is then the result; else of a copy."""
    dtype = in_place(op)[-1]
    arrays = [x[-FEW:] for x in arguments(op, dtype)]
    variables = [TensorType(dtype, (False,))() for _ in arrays]
    result = Elemwise(op, {0: 0})(*variables)
    expected = theano.function(variables, elemwise(op)(*variables))(*arrays)
    given = [x.copy() for x in arrays]
    np.testing.assert_array_equal(theano.function(variables, result, accept_inplace=True)(*given), expected)
    for x, before in zip(given, arrays):
        np.testing.assert_array_equal(x, before)


def known_partials(op):
    ones = (np.ones(1),) * arity(op)
    with np.errstate(all="ignore"):
        return op.differentiable and not any(p is UNKNOWN for p in op.partials(*ones, op.evaluate(*ones)[0]))


SMOOTH = [op for op in NATIVE if accepted(op, *("float64",) * arity(op)) == "float64" and known_partials(op)]


@pytest.mark.parametrize("op", SMOOTH, ids=repr)
def test_derivatives_of_each_float(op):
    """Gradient and R-op, compiled, lie within the bounds of their errors, and so does their value in float64, the truth."""
    inputs, outputs, given, truths = [], [], [], []
    truth = None
    for dtype in ("float64", "float32", "float16"):
        if accepted(op, *(dtype,) * arity(op)) != dtype:
            continue
        variables = [TensorType(dtype, (False,))() for _ in range(arity(op))]
        arrays = [x.astype("float16").astype(dtype) for x in sample(op, ("float64",) * arity(op), seed=3)]
        out = elemwise(op)(*variables)
        gradients = T.grad(T.sum(out, acc_dtype=dtype if dtype != "float16" else None), variables, disconnected_inputs="ignore")
        pushed = T.Rop(out, variables, [v.ones_like() for v in variables], disconnected_outputs="ignore")
        inputs += variables
        outputs.append([*gradients, pushed])
        found = judge(outputs[-1], {v: Bounded(x) for v, x in zip(variables, arrays)})
        truth = found if truth is None else truth
        for narrow, wide in zip(found, truth, strict=True):
            error = np.abs(narrow.value.astype("float64") - wide.value)
            limit = 2 * (narrow.errors + wide.errors)
            outside = False if narrow.wild is None else narrow.wild  # of the range of float16
            assert np.all((error <= limit) | np.isinf(limit) | outside), dtype
        truths += found
        given += arrays
    results = theano.function(inputs, [v for group in outputs for v in group], on_unused_input="ignore")(*given)
    for got, bounded in zip(results, truths, strict=True):
        assert np.all(bounded.admits(got, free=True))
        assert bounded.known(0.2) > 0.2


def test_every_native_operation_is_one_that_is_declared():
    assert {op.name for op in NATIVE} <= set(OPS)
