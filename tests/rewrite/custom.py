"""Extensions for the tests of custom rewriting: a small op of a user's, an in-place form of it, and rules about them."""

from contextlib import contextmanager

import numpy as np

import theano.tensor as T
from theano.graph import Apply, FunctionGraph, Op
from theano.rewrite.local import local_optimizer
from theano.rewrite.stages import optdb


class Twice(Op):
    """2 x of a vector; in place if asked to."""

    __props__ = ("inplace",)

    def __init__(self, inplace=False):
        self.inplace = inplace
        if inplace:
            self.destroy_map = {0: [0]}

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        if self.inplace:
            x *= 2
            output_storage[0][0] = x
        else:
            output_storage[0][0] = x * 2

    def grad(self, inputs, gradients):
        return [gradients[0] * 2]


twice, twice_inplace = Twice(), Twice(inplace=True)
x, y = T.dvectors("x", "y")
a, b = T.dscalars("a", "b")


@local_optimizer([Twice])
def twice_is_sum(node):
    return [node.inputs[0] + node.inputs[0]]


@local_optimizer([T.sin])
def sin_is_cos(node):
    return [T.cos(node.inputs[0])]


def graph_of(*outputs, inputs=(x, y, a, b)):
    """A function graph over copies of the variables."""
    return FunctionGraph(list(inputs), list(outputs))


@contextmanager
def registered(db, name, obj, *args, **kwargs):
    """``obj`` stands in ``db`` for the time of the block, and bears that name."""
    old = obj.name
    db.register(name, obj, *args, **kwargs)
    try:
        yield
    finally:
        db.unregister(name)
        obj.name = old


@contextmanager
def rule_in(stage, rule, *tags, name=None, **kwargs):
    """``rule`` stands in a stage of optdb for the time of the block, with the tag fast_run."""
    with registered(optdb[stage], name or rule.name, rule, "fast_run", *tags, **kwargs):
        yield


VALUE = np.array([0.5, -1.0, 3.0])
