"""An error inside a step names the step function's own line, the iteration and the shapes, whatever runs the loop."""

import re

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.ops import as_op
from theano.errors import BoundsError

STEPWISE = theano.compile.mode.Mode(linker="py", optimizer=None)
MODES = ["FAST_RUN", "REFERENCE", STEPWISE]
pytestmark = pytest.mark.parametrize("mode", MODES)
x, w, i = T.dvector("x"), T.dmatrix("w"), T.lvector("i")
X, W = np.array([1.0, -2, 3, 0.5]), np.arange(12.0).reshape(4, 3)
ZERO = T.constant(0.0, dtype="float64")


def refused(kind, outputs, *values, mode, shapes=(), step, line):
    """The error that a call raises, in all its words."""
    f = theano.function([x, w, i], outputs, mode=mode, on_unused_input="ignore")
    with pytest.raises(kind) as caught:
        f(*values)
    words = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert f"in step {step} of the loop, counted from 0" in words
    assert f"test_errors_in_steps.py:{line}" in words
    for shape in shapes:
        assert re.search(rf"float64 (array of shape )?{re.escape(str(shape))}", words), (shape, words)
    f(X, W * 0, [0])  # and nothing is left of it
    return words


def first_line(function):
    return function.__code__.co_firstlineno


def test_an_index(mode):
    def step(k, s):
        return s + w[k, 0]

    found, _ = theano.scan(step, i, ZERO)
    refused(BoundsError, found, X, W, [0, 1, 9, 0], mode=mode, shapes=[(4, 3)], step=2, line=first_line(step) + 1)


def test_sizes_that_differ(mode):
    def step(k, s):
        return s + (x[: k + 1] * w[:, 0][: 2 * k + 1]).sum()

    found, _ = theano.scan(lambda k, s: step(T.switch(T.gt(k, 3), 1, 0), s), i, ZERO)
    refused(ValueError, found, X, W, [0, 1, 7], mode=mode, shapes=[(2,), (3,)], step=2, line=first_line(step) + 1)


def test_a_product(mode):
    def step(k, s):
        return s + T.dot(w, x[: T.switch(T.gt(k, 3), 4, 3)]).sum()

    found, _ = theano.scan(step, i, ZERO)
    refused(ValueError, found, X, W, [0, 7], mode=mode, shapes=[(4, 3), (4,)], step=1, line=first_line(step) + 1)


def test_a_users_function(mode):
    @as_op([T.dscalar, T.dvector], [T.dscalar])
    def odd(e, v):
        if e > 5:
            raise ZeroDivisionError("this is odd")
        return np.asarray(e + v.sum())

    def step(k, s):
        return odd(s + k, w[k % 4])

    found, _ = theano.scan(step, i, ZERO)
    words = refused(ZeroDivisionError, found, X, W * 0, [2, 3, 4, 0], mode=mode, shapes=[(), (3,)], step=2, line=first_line(step) + 1)
    assert "this is odd" in words and "odd" in words


class Once(theano.Op):
    """The identity, whose gradient fails for numbers above 2."""

    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].copy()

    def grad(self, inputs, gradients):
        return [backwards(gradients[0], inputs[0])]


@as_op([T.dscalar, T.dscalar], [T.dscalar])
def backwards(g, e):
    if e > 2:
        raise ZeroDivisionError("backwards")
    return g * 1


def test_backwards_steps_are_counted_as_they_run(mode):
    found, _ = theano.scan(lambda e, s: s + Once()(e), x, ZERO)
    f = theano.function([x], T.grad(found[-1], x), mode=mode)
    np.testing.assert_array_equal(f(X[:2]), [1, 1])
    with pytest.raises(ZeroDivisionError) as caught:
        f(X)
    assert any("in step 1 of the loop" in note for note in caught.value.__notes__)  # the second from the end


def test_a_loop_in_a_loop(mode):
    def inner(e, k, s):
        return s + e * x[k]

    def outer(row, s):
        return theano.scan(lambda e, k, s: inner(e, k + T.cast(s > 8, "int64") * 9, s), [row, i], s)[0][-1]

    found, _ = theano.scan(outer, w, ZERO)
    f = theano.function([x, w, i], found, mode=mode)
    with pytest.raises(BoundsError) as caught:
        f(np.ones(4), W, [0, 1, 2])
    words = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert "in step 2 of the loop, counted from 0" in words and "in step 1 of the loop around it" in words
    assert f"test_errors_in_steps.py:{first_line(inner) + 1}" in words
