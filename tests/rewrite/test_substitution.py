"""PatternSub, OpSub and OpRemove."""

import theano.tensor as T
from tests.rewrite.custom import a, b, graph_of, twice, twice_inplace, x
from tests.rewrite.rewriting import ops_of
from theano.rewrite import Rewriter
from theano.rewrite.passes import EquilibriumOptimizer, OpKeyOptimizer, in2out, out2in
from theano.rewrite.substitution import OpRemove, OpSub, PatternSub


def rewritten(outputs, *rules):
    graph = graph_of(*outputs)
    in2out(*rules).optimize(graph)
    graph.check_integrity()
    return ops_of(graph)


DISTRIBUTE = (T.add, (T.mul, "a", "b"), (T.mul, "a", "c")), (T.mul, "a", (T.add, "b", "c"))


def test_names_match_equal_variables():
    rule = PatternSub(*DISTRIBUTE)
    assert rewritten([a * b + a * a], rule) == ["add", "mul"]
    assert rewritten([a * b + b * b], rule) == ["mul", "mul", "add"]
    assert rewritten([a * b + b * a], PatternSub((T.add, (T.mul, "a", "b"), (T.mul, "b", "c")), "a")) == []
    assert rule.op_key() is T.add and rule.tracks() == [T.add]


def test_patterns_may_be_lists_and_nest():
    rule = PatternSub([T.exp, [T.log, [T.sqr, "u"]]], [T.sqr, "u"])
    assert rewritten([T.exp(T.log(a**2))], rule) == ["pow", "log", "exp"]
    assert rewritten([T.exp(T.log(T.sqr(a)))], rule) == ["sqr"]


def test_shared_nodes_are_taken_only_if_allowed():
    pattern = (T.exp, (T.log, "u")), "u"
    shared = T.log(a)
    assert rewritten([T.exp(shared), shared], PatternSub(*pattern)) == ["log", "exp"]
    assert rewritten([T.exp(shared), shared], PatternSub(*pattern, allow_multiple_clients=True)) == ["log"]


def test_constants_and_conditions():
    rule = PatternSub((T.add, {"pattern": "u", "constraint": lambda v: v.name == "a"}, 1.5), (T.exp, "u"))
    assert rewritten([a + 1.5, b + 1.5, a + 2.5], rule).count("exp") == 1
    inner = PatternSub((T.exp, {"pattern": (T.log, "u"), "constraint": lambda v: v.owner.inputs[0].name == "b"}), "u")
    assert rewritten([T.exp(T.log(a)), T.exp(T.log(b))], inner) == ["log", "exp"]
    assert rewritten([a * 2.0], PatternSub((T.mul, "u", T.constant(2.0)), (T.add, "u", "u"))) == ["add"]
    assert rewritten([a * 0.0], PatternSub((T.mul, "u", 0), 0.0)) == []


def test_identities_are_skipped():
    def below(variable):
        return variable.owner.inputs[0] if variable.owner.op == T.tensor_copy else None

    pattern = (T.exp, (T.log, "u")), "u"
    graph = [T.exp(T.tensor_copy(T.log(a)))]
    assert rewritten(graph, PatternSub(*pattern)) == ["log", "identity", "exp"]
    assert rewritten(graph, PatternSub(*pattern, skip_identities_fn=below)) == []


def test_a_pattern_found_from_the_nodes_below_it():
    """The rule visits ``log`` nodes and is tried on what reads them."""
    visited = []

    def readers(node):
        visited.append(node.op)
        return [client for client, _ in node.fgraph.clients[node.outputs[0]]]

    rule = PatternSub((T.exp, (T.log, "u")), "u", tracks=[T.log], get_nodes=readers)
    assert rule.tracks() == [T.log]
    assert rewritten([T.exp(T.log(a)), T.log(b)], rule) == ["log"]
    assert visited == [T.log, T.log]


def test_what_a_pattern_says_of_itself(capsys):
    def judge(one, other):
        return True

    rule = PatternSub((T.exp, (T.log, "u")), (T.abs_, "u"), name="exp_log", values_eq_approx=judge)
    node = T.exp(T.log(a)).owner
    (new,) = rule.transform(node)
    assert new.owner.op == T.abs_ and new.tag.values_eq_approx is judge
    assert rule.transform(T.exp(a).owner) is False and rule.transform(T.log(a).owner) is False
    rule.print_summary()
    assert capsys.readouterr().out == "PatternSub exp_log\n"
    assert str(PatternSub((T.exp, "u"), "u")) == "exp(u) -> u"


def test_an_op_by_another():
    rule = OpSub(T.sin, T.cos)
    assert rewritten([T.sin(a), T.tan(b)], rule) == ["cos", "tan"]
    assert rule.op_key() is T.sin and rule.tracks() == [T.sin] and rule.transform(T.tan(a).owner) is False
    node = T.sin(a).owner
    node.outputs[0].name, node.outputs[0].tag.note = "s", 1
    (new,) = rule.transform(node)
    assert new.name == "s" and new.tag.note == 1
    (new,) = OpSub(T.sin, T.cos, transfer_tags=False).transform(node)
    assert new.name is None


def test_an_op_by_nothing(capsys):
    rule = OpRemove(T.exp)
    assert rewritten([T.sin(T.exp(T.exp(a)))], rule) == ["sin"]
    assert rule.op_key() is T.exp and rule.tracks() == [T.exp] and rule.transform(T.sin(a).owner) is False
    rule.print_summary(level=2)
    assert capsys.readouterr().out == "  OpRemove exp(x) -> x\n"


def test_rules_with_a_key_visit_only_their_nodes():
    graph = graph_of(twice(T.sin(x)), T.exp(x))
    walk = OpKeyOptimizer(OpSub(twice, twice_inplace))
    report = walk.optimize(graph)
    assert list(report.hits.values()) == [1]
    assert [node.op for node in graph.toposort()] == [T.sin, twice_inplace, T.exp]


def test_they_run_in_any_optimizer():
    for optimizer in (EquilibriumOptimizer([PatternSub(*DISTRIBUTE)]), out2in(PatternSub(*DISTRIBUTE))):
        graph = graph_of(a * b + a * a)
        optimizer(graph)
        assert ops_of(graph) == ["add", "mul"]
    graph = graph_of(a * b + a * a)
    Rewriter(graph).run([PatternSub(*DISTRIBUTE)])
    assert ops_of(graph) == ["add", "mul"]
