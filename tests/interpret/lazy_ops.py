"""Operations for tests of interpreters: one that is lazy, one that counts, one that overwrites, one that fails."""

from tests.graph.ops import number
from theano.graph import Apply, Op, generic


class Choose(Op):
    """The second input if the first is not 0, else the third; the other one is not computed."""

    __props__ = ()
    itypes, otypes = (number,) * 3, (number,)

    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        condition, *sides = ((storage_map[v], compute_map[v]) for v in node.inputs)
        [output] = node.outputs

        def thunk():
            (value,), (computed,) = condition
            if not computed:
                return [0]
            (found,), (known,) = sides[not value]
            if not known:
                return [1 + (not value)]
            storage_map[output][0] = found
            compute_map[output][0] = True

        thunk.lazy = True
        return thunk


class Counted(Op):
    """The identity; it notes when it runs."""

    itypes = otypes = (number,)

    def __init__(self, log):
        self.log = log

    def perform(self, node, inputs, output_storage):
        self.log.append(str(node.inputs[0]))
        output_storage[0][0] = inputs[0]


class Fails(Op):
    __props__ = ()
    itypes = otypes = (number,)

    def perform(self, node, inputs, output_storage):
        raise ValueError("nothing to be had")


class Listed(Op):
    """Lists: the input with ``more`` appended, in the same list if ``inplace``; of several inputs the first."""

    __props__ = ("more", "inplace")

    def __init__(self, more, inplace=False):
        self.more, self.inplace = more, inplace
        self.destroy_map = {0: [0]} if inplace else {}

    def make_node(self, *inputs):
        return Apply(self, inputs, [inputs[0].type()])

    def perform(self, node, inputs, output_storage):
        value = inputs[0] if self.inplace else list(inputs[0])
        value.append(self.more)
        output_storage[0][0] = value


class OldThunk(Op):
    """Its make_thunk is of the time before ``impl``."""

    __props__ = ()
    itypes = otypes = (number,)

    def make_thunk(self, node, storage_map, compute_map, no_recycling):
        def thunk():
            storage_map[node.outputs[0]][0] = storage_map[node.inputs[0]][0] + 1

        return thunk


class Prepared(Op):
    """Counts how often it is prepared, and adds its param."""

    __props__ = ("plus",)
    itypes = otypes = (number,)
    params_type = generic

    def __init__(self, plus):
        self.plus, self.prepared = plus, []

    def get_params(self, node):
        return self.plus

    def prepare_node(self, node, storage_map, compute_map, impl):
        self.prepared.append(impl)

    def perform(self, node, inputs, output_storage, params):
        output_storage[0][0] = inputs[0] + params
