"""Graphs and linkers for the calls of names of the graph modules."""

import io
from contextlib import redirect_stdout

from tests.graph.memory_ops import fresh, inplace
from tests.graph.ops import add, divmod_, neg, number
from tests.interpret.lazy_ops import Choose
from theano.errors import InconsistencyError
from theano.graph import DestroyHandler, Feature, FunctionGraph, generic
from theano.interpret import PerformLinker, map_storage

X, Y = number("x"), number("y")
A = neg(X)
Z = add(A, Y)
NODE = A.owner


def graph(*features):
    """x, y -> add(neg(x), y), of its own variables."""
    return FunctionGraph([X, Y], [Z], features=features)


def after(action, *features):
    """The graph as text, after ``action`` on it; all its books are in order."""
    fgraph = graph(*features)
    action(fgraph)
    fgraph.check_integrity()
    return str(fgraph.outputs[0].owner or fgraph.outputs[0])


def heard(feature, action):
    """What ``action`` gives, on a graph with the feature."""
    return action(graph(feature), feature)


def printed(action, *arguments):
    """What a call prints."""
    with redirect_stdout(io.StringIO()) as out:
        action(*arguments)
    return out.getvalue().strip()


def refused(action, *arguments):
    """The class of the error that a call raises."""
    try:
        action(*arguments)
    except Exception as error:
        return type(error).__name__
    return None


def destroyed():
    """A graph with a handler: x is overwritten by w, and read by r."""
    x = generic("x")
    return FunctionGraph([x], [inplace("w")(x), fresh("r")(x)], features=[DestroyHandler()])


class Refusing(Feature):
    """Finds every graph wrong, once ``active``."""

    active = False

    def validate(self, fgraph):
        if self.active:
            raise InconsistencyError("refused")


def linked(linker=None):
    """A linker with the graph."""
    return (linker or PerformLinker()).accept(graph())


def thunks(fgraph):
    """(nodes, thunks, cells) of the graph with x = 3, y = 10."""
    order = fgraph.toposort()
    _, _, cells = map_storage(fgraph, order, [[3], [10]], None)
    return order, [node.op.make_thunk(node, cells, None, []) for node in order], cells


def machine(kind, *more):
    """What a machine of this class leaves in the output."""
    fgraph = graph()
    order, made, cells = thunks(fgraph)
    kind(order, made, [], *more)()
    return cells[fgraph.outputs[0]][0]


def chosen(linker, *arguments):
    """What a lazy graph gives."""
    c, a, b = number("c"), number("a"), number("b")
    return linker.accept(FunctionGraph([c, a, b], [Choose()(c, neg(a), neg(b))])).make_function()(*arguments)


def quotients():
    """Two outputs of one node."""
    return divmod_(X, Y)
