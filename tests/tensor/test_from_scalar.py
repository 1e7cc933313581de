"""Tensors of rank 0 and scalar variables."""

import numpy as np
import pytest

import theano.scalar as scalar
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.nests import run_lowered
from theano.flags import config


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex64"])
def test_there_and_back(dtype):
    x = T.TensorType(dtype, ())("x")
    there = T.scalar_from_tensor(x)
    assert there.type == scalar.get_scalar_type(dtype=dtype) == x.type.to_scalar_type()
    back = T.tensor_from_scalar(there)
    assert back.type == x.type
    value = np.array(1, dtype)
    assert evaluate(there.owner.outputs[0], {x: value}) == 1 and type(evaluate(there, {x: value})) is value.dtype.type
    found = evaluate(back, {x: value})
    assert found.shape == () and found.dtype == value.dtype and not np.may_share_memory(found, value)
    if dtype != "complex64":
        assert run_lowered([back], {x: value})[0] == 1


def test_scalar_variables_become_tensors_where_tensors_are_needed():
    s = scalar.float64("s")
    total = T.dvector("v") + s
    assert total.type == T.dvector and T.as_tensor_variable(s, ndim=1).type.broadcastable == (True,)


def test_derivatives():
    x = T.dscalar("x")
    for crossing, result in ((T.scalar_from_tensor, scalar.float64), (T.tensor_from_scalar, T.dscalar)):
        argument = x if crossing is T.scalar_from_tensor else scalar.float64("s")
        node = crossing(argument).owner
        gradient = result("g")
        (back,) = node.op.L_op(node.inputs, node.outputs, [gradient])
        assert back.type == argument.type
        assert node.op.R_op(node.inputs, [argument])[0].type == node.outputs[0].type and node.op.R_op(node.inputs, [None]) == [None]
    whole = T.scalar_from_tensor(T.lscalar()).owner
    assert whole.op.L_op(whole.inputs, whole.outputs, [scalar.int64()])[0].dtype == config.floatX
    whole = T.tensor_from_scalar(scalar.int64()).owner
    assert whole.op.L_op(whole.inputs, whole.outputs, [T.lscalar()])[0].dtype == config.floatX


def test_only_rank_zero():
    with pytest.raises(TypeError):
        T.scalar_from_tensor(T.dvector())
