"""Operations and types as users write them, one for each form of the interface, and random graphs of them among native ones."""

import copy

import numpy as np

import theano
import theano.scalar as scalar
import theano.tensor as T
from theano.graph import Apply, Op, ParamsType, Runner, Type, io_toposort


class OfVectors(Op):
    """From vectors to one vector, by ``compute``."""

    __props__ = ()

    def make_node(self, *inputs):
        variables = [T.as_tensor_variable(v) for v in inputs]
        return Apply(self, variables, [variables[0].type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = self.compute(*inputs)


class Doubled(OfVectors):
    def compute(self, x):
        return x * 2

    def infer_shape(self, node, input_shapes):
        return input_shapes

    def grad(self, inputs, output_grads):
        return [output_grads[0] * 2]


class Reversed(OfVectors):
    view_map = {0: [0]}

    def compute(self, x):
        return x[::-1]


class Tail(OfVectors):
    view_map = {0: [0]}

    def compute(self, x):
        return x[1:]

    def infer_shape(self, node, input_shapes):
        return [(T.maximum(input_shapes[0][0] - 1, 0),)]


class Negated(OfVectors):
    """In place."""

    destroy_map = {0: [0]}

    def compute(self, x):
        x *= -1
        return x


class AddedInto(OfVectors):
    """The sum of the first, added to the second, in place."""

    destroy_map = {0: [1]}

    def compute(self, x, y):
        y += x.sum()
        return y


class Both(OfVectors):
    """Overwrites both, and returns neither."""

    destroy_map = {0: [0, 1]}

    def compute(self, x, y):
        x[...], y[...] = x + 1, y + 2
        return np.append(x, y)


class Halves(Op):
    """Two outputs, both views."""

    __props__ = ()
    itypes, otypes = [T.dvector], [T.dvector, T.dvector]
    view_map = {0: [0], 1: [0]}

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        output_storage[0][0], output_storage[1][0] = x[: len(x) // 2], x[len(x) // 2 :]


class Overlapping(Op):
    """Two outputs that share memory with one another and say nothing about it; the first reuses its storage if it can."""

    __props__ = ()
    itypes, otypes = [T.dvector], [T.dvector, T.dvector]

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        out = output_storage[0]
        if out[0] is None or out[0].shape != x.shape:
            out[0] = np.empty_like(x)
        out[0][...] = x + 3
        output_storage[1][0] = out[0][1:]


class Counted(Op):
    """Nothing but a thunk."""

    __props__ = ()
    itypes = otypes = [T.dvector]

    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        (given,), (out,) = ([storage_map[v] for v in some] for some in (node.inputs, node.outputs))

        def thunk():
            assert compute_map[node.inputs[0]][0] and not compute_map[node.outputs[0]][0]
            out[0] = given[0] + len(given[0])
            compute_map[node.outputs[0]][0] = True

        return thunk


class Scaled(Op):
    """Takes params."""

    __props__ = ("factor",)
    itypes = otypes = [T.dvector]
    params_type = ParamsType(factor=scalar.float64)

    def __init__(self, factor):
        self.factor = factor

    def perform(self, node, inputs, output_storage, params):
        output_storage[0][0] = inputs[0] * params.factor


class Nothing(OfVectors):
    """No element."""

    def compute(self, x):
        return x[:0].copy()

    def infer_shape(self, node, input_shapes):
        return [(0,)]


# ------------------------------------------------------------------------------------------------ a type


class Box(Type):
    """Dictionaries with a list of numbers.  It has a dtype, as types of arrays do, and is none."""

    __props__ = ()
    dtype = "float64"

    def filter(self, data, strict=False, allow_downcast=None):
        if isinstance(data, list) and not strict:
            data = {"numbers": [float(n) for n in data]}
        if not isinstance(data, dict) or set(data) != {"numbers"}:
            raise TypeError(f"a box is needed, not {data!r:.60}")
        return data


box = Box()


class Boxed(Op):
    __props__ = ()

    def make_node(self, x):
        return Apply(self, [T.as_tensor_variable(x)], [box()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = {"numbers": inputs[0].tolist()}


class Unboxed(Op):
    __props__ = ()

    def make_node(self, b):
        return Apply(self, [b], [T.dvector()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.array(inputs[0]["numbers"], dtype="float64")


class Appended(Op):
    """In place, to a box."""

    __props__ = ()
    destroy_map = {0: [0]}

    def make_node(self, b, x):
        return Apply(self, [b, x], [b.type()])

    def perform(self, node, inputs, output_storage):
        b, x = inputs
        b["numbers"].append(float(x.sum()))
        output_storage[0][0] = b


class SameBox(Op):
    """A view of a box."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, b):
        return Apply(self, [b], [b.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0]


# ------------------------------------------------------------------------------------------------ graphs

OF_ONE = [Doubled(), Reversed(), Tail(), Negated(), Counted(), Scaled(0.5), Scaled(-3.0), Nothing(), T.exp, T.tanh, lambda v: v * v + 1]
OF_TWO = [AddedInto(), Both(), lambda v, w: v + w.sum(), lambda v, w: T.concatenate([v, w])]
OF_SEVERAL = [Halves(), Overlapping()]


def random_graph(rng, inputs, boxes, count=10):
    """Vectors and boxes, made by ``count`` operations of ``inputs`` and ``boxes``."""
    vectors, boxes = list(inputs), list(boxes)

    def any_of(things):
        return things[rng.integers(len(things))]

    for _ in range(count):
        kind = rng.integers(10)
        if kind < 4:
            vectors.append(any_of(OF_ONE)(T.clip(any_of(vectors), -9, 9) if rng.integers(2) else any_of(vectors)))
        elif kind < 6:
            vectors.append(any_of(OF_TWO)(any_of(vectors), any_of(vectors)))
        elif kind < 7:
            vectors += any_of(OF_SEVERAL)(any_of(vectors))
        elif kind < 8:
            boxes.append(any_of([Boxed()(any_of(vectors)), SameBox()(any_of(boxes))]))
        elif kind < 9:
            boxes.append(Appended()(any_of(boxes), any_of(vectors)))
        else:
            vectors.append(T.clip(Unboxed()(any_of(boxes)), -9, 9))
    return vectors, boxes


def by_hand(inputs, outputs, values):
    """The values of ``outputs``: each node on its own, every value a copy."""
    known = dict(zip(inputs, values, strict=True))

    def value(variable):
        return copy.deepcopy(known[variable] if variable in known or variable.owner else variable.data)

    for node in io_toposort(inputs, outputs):
        known.update(zip(node.outputs, copy.deepcopy(Runner(node)([value(v) for v in node.inputs])), strict=True))
    return [value(v) for v in outputs]


def shared_box(numbers):
    return theano.tensor.sharedvar.SharedVariable("kept", box, numbers, strict=False)
