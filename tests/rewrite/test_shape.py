"""Sizes: written in those of inputs, equal where the graph says so, right after replacements."""

import numpy as np

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.rewrite.rewriting import check_rewriting, ops_of, optimized
from theano.graph import Apply, FunctionGraph, Op
from theano.rewrite import Rewriter
from theano.rewrite.shape import size_table
from theano.tensor.shapes import Shape_i


class Positive(Op):
    """The positive elements, in a row: how many is known only when it has run."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [T.dvector()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0][inputs[0] > 0]


def table_of(*outputs, inputs):
    return size_table(Rewriter(FunctionGraph(inputs, list(outputs), clone=False)))


def test_sizes_of_elementwise_operations_are_joined():
    x, y, r = T.dmatrix("x"), T.dmatrix("y"), T.drow("r")
    z = T.exp(x + y) * r
    table = table_of(z, inputs=[x, y, r])
    assert not table.same_shape(x, y) or z is None
    table.of(z)
    assert table.same_shape(x, y) and table.same(table.of(r)[1], table.of(x)[1]) and not table.same(table.of(r)[0], table.of(x)[0])


def test_equal_expressions_of_sizes_are_one():
    x = T.dvector("x")
    a, b = T.concatenate([x, x]), T.concatenate([T.exp(x), x])
    table = table_of(a, b, inputs=[x])
    assert table.same_shape(a, b) and not table.same_shape(a, x)


def test_sizes_follow_replacements():
    x = T.dmatrix("x")
    found = T.exp(Positive()(x + 0) * 1.0)
    graph, _ = check_rewriting([found.shape[0], found], {x: np.array([[1.0, -1.0], [2.0, 3.0]])})
    assert ops_of(graph) == ["Positive", "Shape_i", "exp"]


def test_a_size_is_read_off_inputs_only():
    x, w, b = T.dmatrix("x"), T.dmatrix("w"), T.dvector("b")
    hidden = T.tanh(T.dot(x, w) + b)
    graph, _, _ = optimized(T.zeros_like(hidden.reshape((-1, 2)).T[1:]))
    leaves = {node.inputs[0].name for node in graph.apply_nodes if isinstance(node.op, Shape_i)}
    assert leaves <= {"x", "w", "b"} and "Dot" not in ops_of(graph) and "tanh" not in ops_of(graph)


def test_shapes_are_right():
    x = T.dtensor3("x")
    outputs = [x.sum(axis=1).shape, x.dimshuffle(2, 0, 1)[1:].shape, T.concatenate([x, x], axis=2).shape.prod(), x.flatten(2).shape[1]]
    check_rewriting(outputs, {x: np.zeros((2, 3, 4))})
    graph, _, leaves = optimized(outputs)
    assert [evaluate(v, {graph.inputs[0]: np.zeros((2, 3, 4))}).tolist() for v in graph.outputs] == [[2, 4], [3, 2, 3], 48, 12]
    assert leaves == [x]


def test_a_size_left_open_is_that_of_the_reshape_in_between_if_there_are_no_elements():
    x = T.dvector("x")
    n = x.shape[0]
    f = theano.function([x], x.reshape((n, n // T.maximum(n, 1))).reshape((n, -1)))
    assert f(np.zeros(0)).shape == (0, 0)
    assert f(np.zeros(3)).shape == (3, 1)
