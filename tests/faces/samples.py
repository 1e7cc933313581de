"""Operations and types for the calls of names that extensions use."""

from pathlib import Path

import numpy as np

import theano
import theano.scalar as scalar
import theano.tensor as T
from theano.graph import Apply, COp, EnumList, Op, OpenMPOp, ParamsType, Type

COLOR = EnumList(("RED", "r"), "GREEN")
PARAMS = ParamsType(color=COLOR, scale=scalar.float64)


class Double(Op):
    """Twice a vector, with a thunk on demand and params that nobody reads."""

    __props__ = ()
    params_type = PARAMS
    color, scale = 1, 2.5

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage, params):
        output_storage[0][0] = inputs[0] * 2

    def L_op(self, inputs, outputs, output_grads):
        return [output_grads[0] * 2]

    def R_op(self, inputs, eval_points):
        return [eval_points[0] * 2]


class InC(COp):
    """Its C code is in a file; its perform runs."""

    __props__ = ()

    def __init__(self):
        super().__init__(str(Path(__file__).parents[1] / "data" / "double.c"), "APPLY_SPECIFIC(run)")

    make_node = Double.make_node

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


class Threaded(OpenMPOp):
    itypes = otypes = [T.dvector]

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


class Words(Type):
    """Strings; numbers can be converted."""

    __props__ = ()

    def filter(self, data, strict=False, allow_downcast=None):
        if not isinstance(data, str):
            raise TypeError("a word is needed")
        return data


def refused(f, *args, **kwargs):
    """The class of the error that a call raises."""
    try:
        f(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return None


def ran(make, *args):
    """What a thunk leaves in the storage of its output, started from [1, 2]."""
    x = T.dvector()
    node = Double()(x).owner
    storage = {x: [np.array([1.0, 2.0])], node.outputs[0]: [None]}
    make(node, storage, None, [], *args)()
    return storage[node.outputs[0]][0]


def testing(f, *args, **kwargs):
    """``f`` while test values are computed and must be there."""
    with theano.config.change_flags(compute_test_value="raise"):
        return f(*args, **kwargs)
