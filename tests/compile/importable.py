"""Operations that another process can import."""

import numpy as np

import theano
from theano.graph import Op


class Triple(Op):
    """Three times its argument, in Python."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * 3


class Shifted(Op):
    """Its argument plus what the instance holds; it says nothing about itself."""

    def __init__(self, shift):
        self.shift = np.asarray(shift)

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] + self.shift


class Count(Op):
    """Its generic argument, a list, with one more element."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [theano.generic()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = [*inputs[0], len(inputs[0])]
