"""A chain of 100,000 nodes at the default recursion limit: built, walked, copied, pickled, changed, dropped."""

import copy
import gc
import pickle
import sys
import weakref

import pytest

from tests.graph.ops import chain, neg
from theano.graph import (
    FunctionGraph,
    ancestors,
    clone_replace,
    graph_inputs,
    io_connection_pattern,
    io_toposort,
    is_in_ancestors,
    is_same_graph,
    view_roots,
)

LENGTH = 100_000


@pytest.fixture(scope="module")
def deep():
    assert sys.getrecursionlimit() <= 1000 or "pydevd" in sys.modules
    return chain(LENGTH)


def test_walks(deep):
    x, end = deep
    assert len(ancestors([end])) == LENGTH + 1
    assert graph_inputs([end]) == [x]
    order = io_toposort([x], [end])
    assert len(order) == LENGTH
    assert is_in_ancestors(end.owner, order[0])
    assert io_connection_pattern([x], [end]) == [[True]]


def test_copies(deep):
    _, end = deep
    copied = clone_replace(end)
    assert is_same_graph(copied, end)
    assert len(ancestors([copy.deepcopy(end)])) == LENGTH + 1


def test_pickles(deep):
    x, end = deep
    below = end.owner.inputs[0]
    a, b, y = pickle.loads(pickle.dumps([below, end, x]))
    assert b.owner.inputs[0] is a
    assert len(ancestors([b])) == LENGTH + 1
    assert graph_inputs([b]) == [y]


def test_pickling_every_variable_lists_each_once(deep):
    """Not once for each variable above it: the size is that of the graph and not its square."""
    x, end = chain(2000)
    every = [node.out for node in io_toposort([x], [end])]
    assert len(pickle.dumps(every[::-1])) < 2 * len(pickle.dumps(end))
    assert len(pickle.dumps(every)) < 2 * len(pickle.dumps(end))


def test_views():
    x, _ = chain(0)
    end = x
    for _ in range(LENGTH):
        end = neg(end)
    assert view_roots(end) == [x]


def test_function_graph(deep):
    x, end = deep
    fgraph = FunctionGraph([x], [end])
    for node in fgraph.toposort()[::2]:
        fgraph.replace(node.out, node.inputs[0])
    fgraph.check_integrity()
    assert len(fgraph.apply_nodes) == LENGTH // 2
    assert len(fgraph.clients[fgraph.inputs[0]]) == LENGTH // 2 + 1
    fgraph.replace(fgraph.outputs[0], fgraph.inputs[0])
    assert len(fgraph.apply_nodes) == 0
    fgraph.check_integrity()


def test_dropping_the_last_reference():
    x, end = chain(LENGTH)
    gone = weakref.ref(x)
    del x, end
    gc.collect()
    assert gone() is None


def test_dropping_without_the_collector():
    """Cutting the cycles between nodes and outputs leaves a chain to reference counting alone."""
    x, end = chain(LENGTH)
    for node in io_toposort([x], [end]):
        node.outputs.clear()
    gone = weakref.ref(x)
    gc.disable()
    try:
        del x, end, node
        assert gone() is None
    finally:
        gc.enable()
