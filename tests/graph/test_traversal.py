"""Walks, orders, equality of expressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.ops import Stateful, add, constant, divmod_, neg, number, other
from tests.graph.random_graphs import depth_of, graphs
from theano.errors import InconsistencyError
from theano.graph import (
    Constant,
    ancestors,
    applys_between,
    clone_replace,
    constants_of,
    equal_computations,
    general_toposort,
    graph_inputs,
    io_connection_pattern,
    io_toposort,
    is_in_ancestors,
    is_same_graph,
    orphans_between,
    stack_search,
    variables_between,
    view_roots,
)


def test_ancestors(xyz):
    x, y, z = xyz
    assert ancestors([z]) == [z, z.owner.inputs[0], x, y]
    assert ancestors([z], blockers=[z.owner.inputs[0]]) == [z, z.owner.inputs[0], y]
    assert ancestors([x, x]) == [x]


def test_inputs(xyz):
    x, y, z = xyz
    middle = z.owner.inputs[0]
    assert graph_inputs([z]) == [x, y]
    assert graph_inputs([z], blockers=[middle]) == [middle, y]
    assert orphans_between([x], [z]) == [y]
    assert orphans_between([z], [z]) == []


def test_between(xyz):
    x, y, z = xyz
    middle = z.owner.inputs[0]
    assert [n.op for n in applys_between([x, y], [z])] == [neg, add]
    assert [n.op for n in applys_between([middle], [z])] == [add]
    assert applys_between([z], [z]) == []
    quotient, rest = divmod_(x, y)
    assert variables_between([x], [rest]) == [rest, quotient, x, y]


def test_constants():
    x, c = number("x"), constant(1)
    assert constants_of([add(c, add(x, c))]) == [c]


def test_order_with_orderings(xyz):
    x, y, _ = xyz
    a, b = neg(x).owner, neg(y).owner
    outs = [a.out, b.out]
    assert io_toposort([x, y], outs) == [a, b]
    assert io_toposort([x, y], outs, orderings={a: [b]}) == [b, a]
    with pytest.raises(InconsistencyError, match="cycle"):
        io_toposort([x, y], outs, orderings={a: [b], b: [a]})


@given(graphs(), st.data())
def test_order_of_random_graphs(graph, data):
    inputs, pool = graph
    outputs = data.draw(st.lists(st.sampled_from(pool), max_size=4))
    order = io_toposort(inputs, outputs)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[i.owner] < place[node] for node in order for i in node.inputs if i.owner)
    reached = ancestors(outputs)
    assert set(place) == {v.owner for v in reached if v.owner}
    memo = {}
    below = [depth_of(v, memo) for v in reached]
    assert len(order) >= max(below, default=0)


def test_general_toposort():
    after = {1: [2, 3], 2: [3], 3: []}
    assert general_toposort([1, 2], after.get) == [3, 2, 1]
    with pytest.raises(InconsistencyError):
        general_toposort([1], {1: [2], 2: [1]}.get)


def test_stack_search():
    edges = {1: [2, 3], 2: [4], 3: [4], 4: []}
    assert stack_search([1], edges.get) == [1, 2, 3, 4]
    found, inverse = stack_search([1], edges.get, mode="dfs", build_inv=True)
    assert found == [1, 3, 4, 2]
    assert inverse[4] == [3, 2]
    with pytest.raises(ValueError):
        stack_search([1], edges.get, mode="x")


def test_is_in_ancestors(xyz):
    _, _, z = xyz
    low = z.owner.inputs[0].owner
    assert is_in_ancestors(z.owner, low)
    assert is_in_ancestors(z.owner, z.owner)
    assert not is_in_ancestors(low, z.owner)


def test_view_roots(xyz):
    x, _, z = xyz
    assert view_roots(neg(neg(x))) == [x]
    assert view_roots(neg(z)) == [z]


def test_connection_pattern():
    class Pick(type(divmod_)):
        __props__ = ()

        def connection_pattern(self, node):
            return [[True, False], [False, True]]

    x, y = number("x"), number("y")
    first, second = Pick()(x, y)
    assert io_connection_pattern([x, y], [first, second, add(first, second)]) == [[True, False, True], [False, True, True]]


class TestSameGraph:
    def test_structure_decides(self, xyz):
        x, y, z = xyz
        assert is_same_graph(z, add(neg(x), y))
        assert not is_same_graph(z, add(y, neg(x)))
        assert not is_same_graph(z, add(neg(x), y, y))
        assert not is_same_graph(*divmod_(x, y))
        assert is_same_graph(x, x)
        assert not is_same_graph(x, y)

    def test_shared_or_repeated_is_the_same(self, xyz):
        x, _, _ = xyz
        a = neg(x)
        assert is_same_graph(add(a, a), add(neg(x), neg(x)))

    def test_constants_by_value(self, xyz):
        x, _, _ = xyz
        assert is_same_graph(add(x, 1), add(x, 1))
        assert not is_same_graph(add(x, 1), add(x, 2))
        assert not is_same_graph(add(x, 1), add(x, Constant(other, 1)))

    def test_ops_by_equality(self, xyz):
        x, _, _ = xyz
        op = Stateful()
        assert is_same_graph(op(x), op(x))
        assert not is_same_graph(op(x), Stateful()(x))

    def test_givens(self, xyz):
        x, y, _ = xyz
        assert is_same_graph(neg(x), neg(y), {x: y})
        assert is_same_graph(neg(x), neg(y), [(y, x)])
        assert not is_same_graph(add(x, y), add(y, y), {x: number("other")})

    def test_types_count(self, xyz):
        x, _, _ = xyz
        assert not is_same_graph(x, other("x"))

    def test_several(self, xyz):
        x, y, z = xyz
        assert equal_computations([x, z], [y, add(neg(y), x)], [x, y], [y, x])
        assert not equal_computations([x], [x, x])
        assert not equal_computations([x], [y], [x], [other()])

    @given(graphs())
    def test_a_copy_is_the_same_and_a_change_is_not(self, graph):
        _, pool = graph
        copied = clone_replace(pool[-1])
        assert is_same_graph(pool[-1], copied)
        assert not is_same_graph(pool[-1], neg(copied))
