"""Merging, and the helpers for graphs that are in no function graph."""

import numpy as np

import theano.tensor as T
from tests.rewrite.custom import a, b, graph_of, sin_is_cos, x, y
from tests.rewrite.rewriting import ops_of
from theano.graph import Constant, FunctionGraph, Op
from theano.rewrite.merging import (
    MergeFeature,
    MergeOptimizer,
    check_chain,
    is_same_graph_with_merge,
    merge_dict,
    pre_constant_merge,
    pre_greedy_local_optimizer,
)
from theano.rewrite.substitution import OpRemove, OpSub


def test_merge_optimizer(capsys):
    graph = graph_of(T.exp(a + 1.5), T.exp(1.5 + a), T.exp(a + 2.5))
    merge = MergeOptimizer()
    merge.add_requirements(graph)
    report = merge.apply(graph)
    assert ops_of(graph) == ["add", "exp", "add", "exp"] and graph.outputs[0] is graph.outputs[1]
    merge.print_profile(None, merge.merge_profile(report, report))
    assert "4 nodes merged" in capsys.readouterr().out
    assert MergeOptimizer().optimize(graph).merged == 0


def test_merge_feature():
    graph, feature = graph_of(T.exp(a), T.exp(a) + 1.5, a * 1.5), MergeFeature()
    graph.attach_feature(feature)
    assert graph.merge_feature is feature
    kinds = [[type(old) is type(new) and isinstance(old, Constant) for old, new in pairs] for pairs in feature.scheduled]
    assert sorted(kinds) == [[False], [True]]
    graph.attach_feature(MergeFeature())
    assert graph.merge_feature is feature
    before = len(feature.scheduled)
    graph.replace(graph.outputs[2], T.sin(T.exp(graph.inputs[2])))
    assert len(feature.scheduled) == before + 1
    for pairs in list(feature.scheduled):
        graph.replace_all(pairs, reason="merge")
    assert ops_of(graph).count("exp") == 1
    graph.replace(graph.outputs[2], a_copy := T.tan(graph.inputs[2]))
    graph.change_input(a_copy.owner, 0, graph.inputs[3])
    graph.remove_feature(feature)
    assert not hasattr(graph, "merge_feature")


def test_merge_feature_by_hand():
    graph, feature = graph_of(T.exp(a) * T.exp(a)), MergeFeature()
    first, second, _ = graph.toposort()
    feature.process_node(graph, first)
    feature.process_node(graph, second)
    assert feature.scheduled == [[(second.outputs[0], first.outputs[0])]]
    feature.on_prune(graph, second, "")
    assert feature.scheduled == []
    feature.process_constant(graph, one := T.constant(2.0))
    feature.process_constant(graph, two := T.constant(2.0))
    feature.process_constant(graph, T.constant(-2.0))
    assert feature.scheduled == [[(two, one)]]


def test_constants_of_a_graph_that_is_in_no_function_graph():
    large = np.arange(100.0)
    outputs = [x + T.constant(large), y * T.constant(large), a + 0.0, b + (-0.0)]
    assert pre_constant_merge(outputs) is outputs
    constants = [v.owner.inputs[1] for v in outputs]
    assert constants[0] is constants[1] and constants[2] is not constants[3]


def test_rules_on_a_graph_that_is_in_no_function_graph():
    old = T.exp(T.sin(T.sin(a))) + b
    new = pre_greedy_local_optimizer([sin_is_cos, OpSub(T.cos, T.tan)], old)
    assert ops_of(FunctionGraph([a, b], [new], clone=False)) == ["tan", "tan", "exp", "add"]
    assert old.owner.inputs[0].owner.inputs[0].owner.op == T.sin
    assert pre_greedy_local_optimizer([OpRemove(T.sin)], T.sin(a)) is a and pre_greedy_local_optimizer([], a) is a


def test_graphs_that_are_the_same():
    assert is_same_graph_with_merge(T.exp(a + 1), T.exp(1 + a)) and not is_same_graph_with_merge(T.exp(a), T.exp(b))
    assert is_same_graph_with_merge(T.exp(a), T.exp(b), givens={a: b})
    assert is_same_graph_with_merge(T.exp(a), T.exp(b * 2), givens={a: b * 2})
    assert is_same_graph_with_merge(x + T.constant(np.arange(50.0)), x + T.constant(np.arange(50.0)))
    assert is_same_graph_with_merge(a, a) and not is_same_graph_with_merge(a, b)
    graph = graph_of(T.exp(a))
    assert is_same_graph_with_merge(graph.outputs[0], T.exp(graph.inputs[2]))
    graph.check_integrity()
    assert graph.inputs[2].fgraph is graph


def test_chains():
    value = T.exp(T.sin(a) + b)
    assert check_chain(value, T.exp, 0, T.add, 1, None) and check_chain(value.owner, T.exp, 0, T.add, 0, T.sin)
    assert check_chain(value, Op, 0, Op) and not check_chain(value, T.sin)
    assert not check_chain(value, T.exp, 0, None) and not check_chain(a, T.exp)


def test_dictionaries():
    assert merge_dict({"a": 1, "b": [2]}, {"b": [3], "c": 4}) == {"a": 1, "b": [2, 3], "c": 4}
