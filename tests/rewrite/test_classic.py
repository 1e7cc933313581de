"""Rules written the classic way."""

import numpy as np
import pytest

import theano.tensor as T
from tests.rewrite.rewriting import ops_of
from theano.graph import FunctionGraph
from theano.rewrite import GROUPS, Rewriter, local_optimizer, optimize
from theano.rewrite.classic import OpRemove, OpSub, PatternSub, out2in, register_canonicalize


def rewritten(outputs, rules):
    x, y = T.dscalars("x", "y")
    graph = FunctionGraph([x, y], outputs(x, y))
    Rewriter(graph).run(rules)
    return ops_of(graph)


def test_pattern_sub():
    rule = PatternSub((T.add, (T.mul, "a", "b"), (T.mul, "a", "c")), (T.mul, "a", (T.add, "b", "c")))
    assert rewritten(lambda x, y: [x * y + x * x], [rule]) == ["add", "mul"]
    assert rewritten(lambda x, y: [x * y + y * x], [PatternSub((T.add, (T.mul, "a", "b"), (T.mul, "b", "c")), "a")]) == []
    assert rewritten(lambda x, y: [x * y + y * y], [rule]) == ["mul", "mul", "add"]


def test_shared_nodes_are_taken_only_if_allowed():
    pattern = (T.exp, (T.log, "a")), "a"

    def outputs(x, y):
        shared = T.log(x)
        return [T.exp(shared), shared]

    assert rewritten(outputs, [PatternSub(*pattern)]) == ["log", "exp"]
    assert rewritten(outputs, [PatternSub(*pattern, allow_multiple_clients=True)]) == ["log"]


def test_constants_and_constraints():
    rule = PatternSub((T.add, {"pattern": "a", "constraint": lambda v: v.name == "x"}, 1.5), (T.exp, "a"))
    assert rewritten(lambda x, y: [x + 1.5, y + 1.5, x + 2.5], [rule]).count("exp") == 1


def test_a_pattern_needs_an_op():
    with pytest.raises(TypeError, match="tuple"):
        PatternSub("a", "b")


def test_op_sub_and_op_remove():
    assert rewritten(lambda x, y: [T.sin(x)], [OpSub(T.sin, T.cos)]) == ["cos"]
    assert rewritten(lambda x, y: [T.sin(T.exp(x))], [OpRemove(T.exp)]) == ["sin"]


def test_passes():
    x = T.dvector("x")
    graph = FunctionGraph([x], [T.sin(x)])
    report = out2in(OpSub(T.sin, T.cos), name="swap").apply(graph)
    assert ops_of(graph) == ["cos"] and list(report.seconds) == ["swap"]


def test_registered_rules_run_in_their_stage():
    @register_canonicalize
    @local_optimizer([T.sin])
    def sin_is_cos(node):
        return [T.cos(node.inputs[0])]

    try:
        x = T.dvector("x")
        graph = FunctionGraph([x], [T.sin(x)])
        optimize(graph)
        assert ops_of(graph) == ["cos"]
        graph = FunctionGraph([x], [T.sin(x)])
        optimize(graph, excluding=["sin_is_cos"])
        assert ops_of(graph) == ["sin"]
    finally:
        GROUPS["canonicalize"].remove(sin_is_cos)


def test_registering_with_tags():
    @register_canonicalize("my_tag")
    @local_optimizer([T.sin])
    def tagged(node):
        return [T.cos(node.inputs[0])]

    try:
        x = T.dvector("x")
        graph = FunctionGraph([x], [T.sin(x) + np.float32(1)])
        optimize(graph, excluding=["my_tag"])
        assert "sin" in ops_of(graph)
    finally:
        GROUPS["canonicalize"].remove(tagged)
