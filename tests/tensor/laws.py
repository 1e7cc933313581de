"""What every op of this room must obey, checked on examples: its shape, its derivatives, its code, all against ``perform``."""

import numpy as np

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.nests import run_lowered
from theano.graph import io_toposort
from theano.tensor.shapes import as_size, sizes_of


def variable_for(array, pattern=None, name=None):
    return T.TensorType(array.dtype.name, pattern or (False,) * array.ndim)(name)


def check(f, *arrays, patterns=None, gradient=True, compiled=True, tolerance=1e-6):
    """The value of ``f(*arrays)``, after the laws have been checked there; floats among the arrays are differentiated."""
    arrays = [np.asarray(a) for a in arrays]
    variables = [variable_for(a, p, f"x{k}") for k, (a, p) in enumerate(zip(arrays, patterns or [None] * len(arrays)))]
    inputs = dict(zip(variables, arrays))
    outputs = f(*variables)
    single = not isinstance(outputs, (list, tuple))
    outputs = [outputs] if single else list(outputs)
    values = evaluate(outputs, inputs)
    for out, value in zip(outputs, values):
        assert all(n is None or n == size for n, size in zip(out.static_shape, value.shape)), (out.static_shape, value.shape)
    check_shapes(outputs, inputs)
    agree(run_lowered(outputs, inputs), values)
    if compiled:
        agree(theano.function(variables, outputs, on_unused_input="ignore")(*arrays), values)
    if gradient:
        check_gradients(outputs, inputs, tolerance)
    return values[0] if single else values


def agree(results, values):
    for got, value in zip(results, values, strict=True):
        assert (got.dtype, got.shape) == (value.dtype, value.shape)
        np.testing.assert_allclose(got, value, rtol=2e-3 if got.dtype == np.float16 else 1e-5, atol=1e-8)


def check_shapes(outputs, inputs):
    """``infer_shape`` of every node that has one (a size may depend on data) says what ``perform`` makes."""
    for node in (n for n in io_toposort(list(inputs), outputs) if hasattr(n.op, "infer_shape")):
        sizes = [sizes_of(v) if hasattr(v.type, "broadcastable") else None for v in node.inputs]
        for out, inferred in zip(node.outputs, node.op.infer_shape(node, sizes)):
            assert len(inferred) == out.type.ndim
            got = [int(n) for n in evaluate([as_size(size) for size in inferred], inputs)]
            assert tuple(got) == evaluate(out, inputs).shape, node


def check_gradients(outputs, inputs, tolerance=1e-6):
    """``L_op`` against central differences along random directions, ``R_op`` against ``L_op``."""
    from theano.gradient import Rop, grad

    rng = np.random.default_rng(1)
    floats = [v for v in inputs if v.dtype == "float64"]
    outputs = [out for out in outputs if out.dtype == "float64"]
    if not floats or not outputs:
        return
    weights = [rng.normal(size=evaluate(out, inputs).shape) for out in outputs]
    cost = sum((out * T.constant(w)).sum() if w.ndim else out * T.constant(w) for out, w in zip(outputs, weights))
    gradients = grad(cost, floats)
    for v, g in zip(floats, gradients):
        assert g.type == v.type
    for g, at in zip(evaluate(gradients, inputs), floats):
        direction = rng.normal(size=inputs[at].shape)
        step = 1e-6
        above, below = (float(evaluate(cost, inputs | {at: inputs[at] + sign * step * direction})) for sign in (1, -1))
        np.testing.assert_allclose((g * direction).sum(), (above - below) / (2 * step), rtol=tolerance, atol=tolerance)
        pushed = Rop(cost, at, T.constant(direction) if direction.ndim else T.constant(float(direction)))
        np.testing.assert_allclose(evaluate(pushed, inputs), (g * direction).sum(), rtol=1e-9, atol=1e-9)
