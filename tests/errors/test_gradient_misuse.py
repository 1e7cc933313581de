"""Misuse of derivatives: each refusal says which argument is wrong, why, and what to do."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.gradient import (
    DisconnectedType,
    GradientError,
    Lop,
    Rop,
    disconnected_grad,
    format_as,
    grad,
    grad_clip,
    grad_scale,
    hessian,
    hessian_vector_product,
    jacobian,
    numeric_grad,
    subgraph_grad,
    undefined_grad,
    verify_grad,
    zero_grad,
)
from theano.graph import Apply, Op

a, b = T.dscalars("a", "b")
x, y = T.dvectors("x", "y")
m = T.dmatrix("m")
ONES = np.ones(2)


def rng():
    return np.random.RandomState(0)


def double(v):
    return v * 2


CASES = {
    "the cost is a number": (lambda: grad(3.0, x), TypeError, "grad: the cost must be a variable, not 3.0 (float)", "tensor.constant"),
    "the cost is a list": (lambda: grad([a], a), TypeError, "grad: the cost must be a variable, not [a] (list)", ""),
    "the cost is a vector": (lambda: grad(x, x), TypeError, "grad: the cost must be a scalar (rank 0)", "sum() or mean(), or use jacobian"),
    "the cost is no tensor": (lambda: grad(theano.generic("g"), a), TypeError, "grad: the cost must be a scalar (rank 0)", ""),
    "no cost at all": (lambda: grad(None, a), ValueError, "grad: give a cost, or known_grads, or both", ""),
    "by a number": (lambda: grad(a, [a, 3]), TypeError, "grad: what to differentiate by (wrt) must be a variable, not 3 (int)", ""),
    "by a name": (lambda: grad(a, "a"), TypeError, "grad: what to differentiate by (wrt) must be a variable, not a (str)", ""),
    "by nothing": (lambda: grad(a, None), TypeError, "grad: what to differentiate by (wrt) must be a variable, not None", ""),
    "by a set": (lambda: grad(a, {a}), TypeError, "grad: wrt must be a list, a tuple or a variable; a set has no order", ""),
    "by a dictionary": (lambda: grad(a, {a: 1}), TypeError, "grad: wrt must be a list, a tuple or a variable", ""),
    "by what is not there": (lambda: grad(a * 2, b), DisconnectedInputError, "grad: the cost does not depend on this variable", "ignore"),
    "by a shape": (lambda: grad(x.shape[0] * 1.0, x), DisconnectedInputError, "grad: the cost does not depend", "wrt  x"),
    "through a disconnected gradient": (lambda: grad(disconnected_grad(a) * 2, a), DisconnectedInputError, "or through a disconnected", ""),
    "through an undefined gradient": (
        lambda: grad(undefined_grad(a), a), NullTypeGradError, "with respect to a is undefined", "UndefinedGrad",
    ),
    "an unknown disconnected_inputs": (lambda: grad(a, a, disconnected_inputs="no"), ValueError, "disconnected_inputs='no'", "'warn'"),
    "an unknown return_disconnected": (lambda: grad(a, a, return_disconnected="no"), ValueError, "return_disconnected='no'", "'zero'"),
    "an unknown null_gradients": (lambda: grad(a, a, null_gradients="no"), ValueError, "null_gradients='no'", "'return'"),
    "a constant that is no list": (lambda: grad(a * b, a, consider_constant=b), TypeError, "grad: consider_constant must be a list", ""),
    "a constant that is a number": (
        lambda: grad(a, a, consider_constant=[3]), TypeError, "grad: entry 0 of consider_constant must be", "3 (int)",
    ),
    "known gradients in a list": (lambda: grad(None, a, known_grads=[(b, a)]), TypeError, "grad: known_grads must be a dict", ""),
    "no known gradients": (lambda: grad(None, a, known_grads={}), ValueError, "grad: give a cost, or known_grads, or both", ""),
    "a known gradient of a number": (
        lambda: grad(None, a, known_grads={3: a}), TypeError, "a key of known_grads must be a variable, not 3", "",
    ),
    "a known gradient that is a number": (
        lambda: grad(None, a, known_grads={a: 3.0}), TypeError, "the known gradient of a must be", "constant",
    ),
    "a known gradient of another rank": (lambda: grad(None, a, known_grads={a * 2: x}), TypeError, "which does not fit", "vector"),
    "clipping upside down": (lambda: grad_clip(x, 1, 0), ValueError, "grad_clip: lower bound 1 is above upper bound 0", ""),
    "clipping at a name": (lambda: grad_clip(x, "a", 1), TypeError, "grad_clip: the lower bound must be a number, not a (str)", "T.clip"),
    "clipping at a variable": (lambda: grad_clip(x, 0, b), TypeError, "grad_clip: the upper bound must be a number, not b", "T.clip"),
    "clipping at NaN": (lambda: grad_clip(x, float("nan"), 1), ValueError, "grad_clip: lower bound nan is above upper bound 1", ""),
    "scaling by a name": (lambda: grad_scale(x, "2"), TypeError, "grad_scale: the multiplier must be a number, not '2' (str)", ""),
    "a zero gradient of an object": (lambda: zero_grad(object()), TypeError, "cannot make a tensor of <object", ""),
    "Rop with too few directions": (lambda: Rop(x * y, [x, y], [x]), ValueError, "Rop: 2 variables wrt but 1 eval_points", "one for each"),
    "Rop with a direction of another rank": (lambda: Rop(x * 2, x, a), ValueError, "Rop: the ranks of eval_point 0", "scalar"),
    "Rop along an array": (
        lambda: Rop(x * 2, x, ONES), TypeError, "Rop: eval_point 0 must be a variable, not [1. 1.] (ndarray)", "constant",
    ),
    "Rop by a number": (lambda: Rop(x * 2, 3, x), TypeError, "Rop: entry 0 of variables wrt must be a variable, not 3", ""),
    "Rop of a number": (lambda: Rop(3, x, x), TypeError, "Rop: what to differentiate (f) must be a variable, not 3", ""),
    "Rop of what does not depend": (lambda: Rop(y, x, x), DisconnectedInputError, "Rop: this output does not depend", "ignore"),
    "Rop with an unknown action": (
        lambda: Rop(x, x, x, disconnected_outputs="no"), ValueError, "Rop: disconnected_outputs='no'", "'raise'",
    ),
    "Rop with an unknown form": (lambda: Rop(x, x, x, return_disconnected="no"), ValueError, "Rop: return_disconnected='no'", "'zero'"),
    "Lop with too many outputs": (lambda: Lop([x, y], [x], [x]), ValueError, "Lop: 2 outputs but 1 eval_points", "one for each"),
    "Lop with a direction of another rank": (lambda: Lop(x * 2, x, a), ValueError, "Lop: the ranks of eval_point 0", "scalar"),
    "Lop along a number": (lambda: Lop(x * 2, x, 3.0), TypeError, "Lop: eval_point 0 must be a variable, not 3.0", "constant"),
    "Lop of a number": (lambda: Lop(3, x, x), TypeError, "Lop: entry 0 of outputs must be a variable, not 3", ""),
    "the Jacobian of a matrix": (lambda: jacobian(m, m), ValueError, "jacobian: the expression must have rank 0 or 1", "flatten()"),
    "the Jacobian of a list": (lambda: jacobian([x], x), TypeError, "jacobian: the expression must be a variable, not [x] (list)", ""),
    "the Jacobian by a number": (lambda: jacobian(x, 3), TypeError, "must be a variable, not 3", ""),
    "the Jacobian by what is not there": (lambda: jacobian(x * 2, y), DisconnectedInputError, "the cost does not depend", "ignore"),
    "the Hessian of a vector": (lambda: hessian(x, x), ValueError, "hessian: the cost must be a scalar", "vector"),
    "the Hessian of a number": (lambda: hessian(3.0, x), TypeError, "hessian: the cost must be a variable, not 3.0", ""),
    "the Hessian by a matrix": (lambda: hessian(m.sum(), m), ValueError, "hessian: wrt must be a vector", "m has type"),
    "a Hessian times too few vectors": (
        lambda: hessian_vector_product(x.sum(), [x, y], [x]), ValueError, "hessian_vector_product: 2 variables wrt but 1", "one for each",
    ),
    "a part of a graph with no gradient": (lambda: subgraph_grad([x], [x]), ValueError, "subgraph_grad: give `cost`, `start`, or both", ""),
    "a part of a graph by a variable": (lambda: subgraph_grad(x, [x], cost=a), TypeError, "subgraph_grad: wrt must be a list", ""),
    "a part of a graph to a variable": (lambda: subgraph_grad([x], x, cost=a), TypeError, "subgraph_grad: end must be a list", ""),
    "a part of a graph from a list": (lambda: subgraph_grad([x], [x], start=[x]), TypeError, "known_grads must be a dict", ""),
    "checking without random numbers": (
        lambda: verify_grad(double, [ONES]), TypeError, "verify_grad: rng must be a numpy.random.RandomState", "",
    ),
    "checking with a seed": (lambda: verify_grad(double, [ONES], rng=3), TypeError, "verify_grad: rng must be", "3 (int)"),
    "checking at an array": (lambda: verify_grad(double, ONES, rng=rng()), TypeError, "verify_grad: pt must be a list", "ndarray"),
    "checking at integers": (
        lambda: verify_grad(double, [[1, 2]], rng=rng()), TypeError, "verify_grad: point 0 has dtype int64", "floats only",
    ),
    "checking no function": (lambda: verify_grad(3, [ONES], rng=rng()), TypeError, "verify_grad: fun must be a function of variables", ""),
    "checking several outputs": (lambda: verify_grad(lambda v: [v], [ONES], rng=rng()), NotImplementedError, "one output", "sum them"),
    "checking a number": (
        lambda: verify_grad(lambda v: 3.0, [ONES], rng=rng()), TypeError, "what the function returns must be a variable", "",
    ),
    "checking integers": (lambda: verify_grad(lambda v: v > 0, [ONES], rng=rng()), TypeError, "the output has dtype bool", "floats"),
    "checking with an unknown dtype": (
        lambda: verify_grad(double, [ONES], rng=rng(), out_type="f"), TypeError, "'f' is none of float16", "",
    ),
    "checking a step of nothing": (lambda: verify_grad(double, [ONES], rng=rng(), eps=0), ValueError, "the step eps must be positive", ""),
    "checking -1 times": (lambda: verify_grad(double, [ONES], rng=rng(), n_tests=-1), ValueError, "n_tests must not be negative", "-1"),
    "checking a wrong gradient": (
        lambda: verify_grad(lambda v: grad_scale(v, 2) * 1, [ONES], rng=rng()), GradientError, "the gradient of argument 0", "symbolically",
    ),
    "differences of integers": (
        lambda: numeric_grad(np.sum, np.ones(2, int)), TypeError, "'int64' is none of float16, float32, float64", "",
    ),
    "differences of a vector": (lambda: numeric_grad(double, ONES), TypeError, "numeric_grad: the function must return a number", "(2,)"),
    "comparing too many": (lambda: numeric_grad(np.sum, ONES).max_err([ONES] * 2, 1, 1), ValueError, "1 gradients expected, got 2", ""),
    "comparing another shape": (
        lambda: numeric_grad(np.sum, ONES).max_err([np.ones(3)], 1, 1), ValueError, "argument 0 has shape (2,)", "",
    ),
    "one of several results": (lambda: format_as(False, False, [1, 2]), ValueError, "format_as: one output expected, got 2", ""),
    "a list and a tuple": (lambda: format_as(True, True, 1), ValueError, "format_as: a result is a list or a tuple, not both", ""),
    "a value of a disconnected type": (lambda: DisconnectedType().filter(3), ValueError, "a disconnected gradient has no value", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_and_told(name):
    misuse, kind, cause, more = CASES[name]
    with pytest.raises(kind) as caught:
        misuse()
    text = str(caught.value)
    assert cause in text and more in text


class Both(Op):
    """A user's operation whose gradient takes for granted that the cost depends on both of its results."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type(), x.type()])

    def grad(self, inputs, output_grads):
        return [output_grads[0] + 3 * output_grads[1]]


def test_an_error_in_a_gradient_method_names_the_node_and_what_is_disconnected():
    first, second = Both()(x)
    with pytest.raises(TypeError) as caught:
        grad(first.sum(), x)
    where, what = caught.value.__notes__[0].splitlines()
    assert where.startswith("in the gradient method of Both, applied at ") and "test_gradient_misuse.py:" in where
    assert "output 1 is disconnected" in what
    assert grad((first + second).sum(), x).type == x.type
