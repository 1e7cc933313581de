"""Operations with nothing but ``perform``, as users write them; and a shared variable that counts."""

import numpy as np

import theano
import theano.tensor as T
from theano.graph import Apply, Op


class Raising(Op):
    """``x`` itself, unless ``flag`` is not zero: then an error."""

    __props__ = ()
    itypes = [T.dscalar, T.lscalar]
    otypes = [T.dscalar]

    def perform(self, node, inputs, output_storage):
        x, flag = inputs
        if flag:
            raise ZeroDivisionError(f"flag is {flag}")
        output_storage[0][0] = np.array(x)

    def infer_shape(self, node, input_shapes):
        return [()]


class Resized(Op):
    """``x`` cut or padded with zeros to a length that only ``perform`` looks at."""

    __props__ = ()

    def make_node(self, x, length):
        x, length = T.as_tensor_variable(x), T.as_tensor_variable(length)
        return Apply(self, [x, length], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, length = inputs
        result = np.zeros(int(length), x.dtype)
        count = min(len(x), int(length))
        result[:count] = x[:count]
        output_storage[0][0] = result


class Number(Op):
    """An integer, from Python."""

    __props__ = ()
    itypes = [T.lscalar]
    otypes = [T.lscalar]

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.array(inputs[0])


raising, resized, number = Raising(), Resized(), Number()


def counter(start=0, name="counter"):
    """A shared variable that each call of a function of it makes larger by 1."""
    store = theano.shared(start, name=name)
    store.default_update = store + 1
    return store
