"""Operations on cells of text, for tests of what is overwritten: values are lists of one string, which says how they came about."""

from theano.graph import Apply, Op, generic


class Text(Op):
    """Makes "name(arguments)" of its arguments: a new cell, or the first argument's, overwritten; or it shows an argument as it is."""

    __props__ = ("name", "inplace", "view")

    def __init__(self, name, inplace=False, view=False):
        self.name, self.inplace, self.view = name, inplace, view
        if inplace:
            self.destroy_map = {0: [0]}
        if view:
            self.view_map = {0: [0]}

    def make_node(self, *inputs):
        return Apply(self, inputs, [generic()])

    def perform(self, node, inputs, output_storage):
        if self.view:
            output_storage[0][0] = inputs[0]
            return
        first = inputs[0][0]
        if self.inplace:
            inputs[0][0] = "half written"  # what reads the same cell by another argument sees this
        cell = inputs[0] if self.inplace else [None]
        cell[0] = f"{self.name}({', '.join([first, *(other[0] for other in inputs[1:])])})"
        output_storage[0][0] = cell


def fresh(name):
    return Text(name)


def inplace(name):
    return Text(name, inplace=True)


view = Text("view", view=True)
