"""The worklist: merging, use of classic rules, counting, provenance, and linear cost."""

import sys

import numpy as np
import pytest

import theano.tensor as T
from tests.rewrite.rewriting import check_rewriting, ops_of, optimized
from theano.graph import FunctionGraph, Op
from theano.rewrite import STAGES, Rewriter, local_optimizer, optimize
from theano.scalar import OPS
from theano.tensor.elemwise import Elemwise, elemwise

MERGE_ONLY = [stage for stage in STAGES if stage.name == "merge1"]


def test_equal_nodes_and_constants_are_merged():
    x = T.dvector("x")
    graph, report, _ = optimized([T.exp(x * 2.5) + 1, T.exp(x * 2.5) + 2, T.exp(2.5 * x)], stages=MERGE_ONLY)
    assert sorted(ops_of(graph)).count("exp") == 1 and report.merged >= 3


def test_zeros_of_different_sign_are_not_merged():
    x = T.dscalar("x")
    graph, _, _ = optimized([x / 0.0, x / -0.0, x / T.constant(0.0)], stages=MERGE_ONLY)
    first, second, third = (v.owner.inputs[1] for v in graph.outputs)
    assert first is third and first is not second


def test_large_constants_are_merged_only_by_identity():
    x = T.dvector("x")
    graph, _, _ = optimized([x + T.constant(np.arange(100.0)), x + T.constant(np.arange(100.0))], stages=MERGE_ONLY)
    assert len(graph.apply_nodes) == 2


@pytest.mark.parametrize("answer", ["variable", "list", "dict"])
def test_classic_local_optimizers_run_in_the_same_worklist(answer):
    @local_optimizer([elemwise(OPS["sin"]), OPS["tan"]])
    def to_cos(node):
        if node.op.scalar_op.name == "tan":
            return False
        new = T.cos(node.inputs[0])
        return {"variable": new, "list": [new], "dict": {node.outputs[0]: new}}[answer]

    x = T.dvector("x")
    graph = FunctionGraph([x], [T.sin(T.sin(x)) + T.tan(x)])
    rewriter = Rewriter(graph)
    rewriter.run([to_cos])
    assert ops_of(graph).count("cos") == 2 and rewriter.report.hits == {"to_cos": 2}
    assert to_cos.tracks()[1] is OPS["tan"] and to_cos.transform(T.tan(x).owner) is False


def test_rules_may_be_indexed_by_class_or_apply_everywhere():
    seen = []

    @local_optimizer(None)
    def everywhere(node):
        seen.append(type(node.op))

    @local_optimizer([Op])
    def of_class(node):
        seen.append(node)

    x = T.dvector("x")
    graph = FunctionGraph([x], [T.sin(x).sum()])
    Rewriter(graph).run([everywhere, of_class])
    assert seen.count(Elemwise) == 1 and len(seen) == 4
    with pytest.raises(ValueError, match="empty"):
        local_optimizer([])


def test_a_result_of_another_type_is_refused():
    @local_optimizer([elemwise(OPS["sin"])])
    def wrong(node):
        return node.inputs[0].astype("float32")

    x = T.dvector("x")
    graph = FunctionGraph([x], [T.sin(x)])
    rewriter = Rewriter(graph)
    with pytest.warns(UserWarning, match="wrong gave a replacement of another type"):
        rewriter.run([wrong])
    assert not rewriter.report.hits and ops_of(graph) == ["sin"]


def test_a_rule_that_never_ends_is_switched_off():
    @local_optimizer([elemwise(OPS["sin"])])
    def forever(node):
        return T.sin(T.cos(node.inputs[0]))

    x = T.dvector("x")
    graph = FunctionGraph([x], [T.sin(x)])
    rewriter = Rewriter(graph)
    with pytest.warns(UserWarning, match="forever was switched off"):
        rewriter.run([forever])
    assert rewriter.report.exhausted == ["forever"]


def test_stages_and_rules_can_be_left_out():
    x = T.dvector("x")
    assert "log1p" in ops_of(optimized(T.log(1 + x))[0])
    for what in ("logarithms[0]", "stabilize", "equation"):
        assert "log1p" not in ops_of(optimized(T.log(1 + x), excluding=[what])[0])


def test_new_nodes_bear_the_lines_of_what_they_replace():
    x = T.dvector("x")
    first = sys._getframe().f_lineno + 1
    y = 1 + x
    z = T.log(y)
    graph, _, _ = optimized(z)
    (node,) = graph.toposort()
    assert node.op.scalar_op.name == "log1p" and (__file__, first + 1) in node.origin.lines()


def test_the_result_is_deterministic():
    def once():
        x, y = T.dvector("x"), T.dvector("y")
        return ops_of(optimized([T.exp(x) * y / x + T.log(1 + y) * 2 - y, (x * y).sum() * 2])[0])

    assert once() == once()


# ------------------------------------------------------------------------------------------ linear cost

CHAINS = {
    "sum of many": lambda x, y, k: x + y * (k + 0.5),
    "product of many": lambda x, y, k: x * y,
    "four operations": lambda x, y, k: T.tanh(x) * 0.9 + y * (0.1 + k / 100),
    "nested sums": lambda x, y, k: y - x if k % 2 else x - y,
    "quotients": lambda x, y, k: (1 + x) / (1 + T.exp(y * x)),
    "sums of sums": lambda x, y, k: (x * 2).sum() + y,
    "transposes": lambda x, y, k: T.exp(x.dimshuffle("x", 0)).dimshuffle(1) + 1,
    "writes": lambda x, y, k: T.set_subtensor(x[:1], y[:1] + k),
}


@pytest.mark.parametrize("name", CHAINS)
def test_attempts_grow_with_the_number_of_nodes(name):
    def effort(length):
        x, y = T.dvectors("x", "y")
        z = x
        for k in range(length):
            z = CHAINS[name](z, y, k)
        graph, report, _ = optimized(z)
        return sum(report.attempts.values()) + report.visits, graph

    small, large = effort(100)[0], effort(400)[0]
    assert large < 4.6 * small


def test_long_sums_are_flattened_piece_by_piece():
    xs = [T.dvector(f"x{k}") for k in range(200)]
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    graph, _, _ = optimized(total)
    assert 199 / 31 <= len(graph.apply_nodes) <= 40
    assert max(len(node.inputs) for node in graph.apply_nodes) <= 32
    check_rewriting(total, {x: np.full(4, float(k)) for k, x in enumerate(xs)})


def test_shared_links_are_not_taken_apart():
    x, y = T.dvectors("x", "y")
    link = x + y + 1
    graph, _, _ = optimized([link + x, T.exp(link)])
    assert ops_of(graph).count("add") == 2


def test_deep_graphs_at_the_default_recursion_limit():
    x = T.dvector("x")
    y = x
    for _ in range(3000):
        y = T.tanh(y) * 0.9 + x
    graph = FunctionGraph([x], [y])
    optimize(graph)
    assert len(graph.apply_nodes) == 9000
