"""Laws of derivatives, on the oracle: an op's L_op against finite differences, and its R_op against its L_op."""

import numpy as np

import theano.tensor as T
from tests.evaluate import evaluate


def pullback(result, wrt, gradient=None):
    """The gradients of ``wrt``, inputs of the node that made ``result``, given that of ``result``; (gradients, gradient variable)."""
    node = result.owner
    gradient = result.type("gradient") if gradient is None else gradient
    gradients = [T.zeros_like(out) for out in node.outputs]
    gradients[result.index] = gradient
    found = node.op.L_op(node.inputs, node.outputs, gradients)
    terms = [[term for term, given in zip(found, node.inputs) if given is x] for x in wrt]
    return [own[0] if len(own) == 1 else T.add(*own) for own in terms], gradient


def check_gradient(build, values, rtol=1e-5, step=1e-6):
    """``build(*variables)`` is one node on float64 variables of the shapes of ``values``, a size of 1 being broadcastable."""
    values = [np.asarray(value, "float64") for value in values]
    inputs = [T.TensorType("float64", [n == 1 for n in value.shape])(f"x{k}") for k, value in enumerate(values)]
    result = build(*inputs)
    gradients, given = pullback(result, inputs)
    known = dict(zip(inputs, values))
    weights = np.random.default_rng(1).normal(size=evaluate(result, known).shape)
    for position, (x, gradient) in enumerate(zip(inputs, gradients)):
        assert gradient.type == x.type
        found = evaluate(gradient, {**known, given: weights})
        expected = np.zeros_like(values[position])
        for index in np.ndindex(expected.shape):
            ends = []
            for sign in (1, -1):
                moved = values[position].copy()
                moved[index] += sign * step
                ends.append(np.sum(evaluate(result, {**known, x: moved}) * weights))
            expected[index] = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-7)
    check_tangent(result, inputs, values)


def check_tangent(result, inputs, values):
    """<g, R_op(v)> == <L_op(g), v>: forward and reverse are one linear map."""
    points = [x.type(f"v{k}") for k, x in enumerate(inputs)]
    node = result.owner
    tangent = node.op.R_op(node.inputs, [points[inputs.index(x)] if x in inputs else None for x in node.inputs])[result.index]
    assert tangent.type == result.type
    gradients, given = pullback(result, inputs)
    random = np.random.default_rng(2)
    known = dict(zip(inputs, values)) | {v: random.normal(size=value.shape) for v, value in zip(points, values)}
    known[given] = random.normal(size=evaluate(result, known).shape)
    forward = np.sum(evaluate(tangent, known) * known[given])
    reverse = sum(np.sum(evaluate(g, known) * known[v]) for g, v in zip(gradients, points))
    np.testing.assert_allclose(forward, reverse, rtol=1e-9, atol=1e-12)
