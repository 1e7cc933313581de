"""Small ops and types of numbers, for tests of graphs.  They stand at the top of a module, so that they pickle."""

from theano.graph import Apply, Constant, Op, Type, Variable


class NumberType(Type):
    """Python numbers; ``kind`` makes different types."""

    __props__ = ("kind",)

    def __init__(self, kind="real"):
        self.kind = kind

    def filter(self, data, strict=False, allow_downcast=None):
        if isinstance(data, (int, float)):
            return data
        if strict or not isinstance(data, str):
            raise TypeError(f"{data!r} is not a number")
        return float(data)


number = NumberType()
other = NumberType("other")


def constant(value):
    return Constant(number, value)


class Arithmetic(Op):
    __props__ = ()

    def make_node(self, *inputs):
        inputs = [i if isinstance(i, Variable) else constant(i) for i in inputs]
        return Apply(self, inputs, [inputs[0].type()])


class Add(Arithmetic):
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = sum(inputs)

    def grad(self, inputs, output_grads):
        return [output_grads[0] for _ in inputs]


class Neg(Arithmetic):
    view_map = {0: [0]}

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = -inputs[0]


class DivMod(Op):
    """Two outputs."""

    __props__ = ()
    itypes = (number, number)
    otypes = (number, number)

    def perform(self, node, inputs, output_storage):
        output_storage[0][0], output_storage[1][0] = divmod(*inputs)


class Scale(Op):
    __props__ = ("factor",)
    itypes = otypes = (number,)

    def __init__(self, factor):
        self.factor = factor

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * self.factor


class Stateful(Op):
    """An op that equals only itself."""

    itypes = otypes = (number,)


add, neg, divmod_ = Add(), Neg(), DivMod()


def chain(length, x=None):
    """(leaf, end) of a chain of ``length`` nodes."""
    x = end = number("x") if x is None else x
    for _ in range(length):
        end = add(end, x)
    return x, end
