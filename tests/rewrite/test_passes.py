"""Optimizers of whole graphs."""

import numpy as np
import pytest

import theano.tensor as T
from tests.rewrite.custom import a, b, graph_of, sin_is_cos, twice, twice_is_sum, x
from tests.rewrite.rewriting import ops_of
from theano.flags import change_flags
from theano.graph import features
from theano.rewrite.engine import Report, Rewriter
from theano.rewrite.local import local_optimizer
from theano.rewrite.passes import (
    ROUNDS,
    ChangeTracker,
    EquilibriumOptimizer,
    FromFunctionOptimizer,
    NavigatorOptimizer,
    Optimizer,
    SeqOptimizer,
    TopoOptimizer,
    Updater,
    in2out,
    inplace_optimizer,
    optimizer,
    out2in,
)
from theano.rewrite.substitution import OpRemove, OpSub

cos_is_sin = OpSub(T.cos, T.sin)


@optimizer
def double_outputs(fgraph):
    """Each output is doubled."""
    for output in list(fgraph.outputs):
        fgraph.replace_validate(output, output + output, reason="double_outputs")


class Count(Optimizer):
    """Counts nodes, and needs a feature."""

    def __init__(self):
        self.counted = []

    def add_requirements(self, fgraph):
        fgraph.attach_feature(features.NodeFinder())

    def apply(self, fgraph):
        self.counted.append(len(fgraph.get_nodes(T.sin)))
        return Report(visits=1)


# --------------------------------------------------------------------------------------------- the base


def test_a_class_with_requirements(capsys):
    count = Count()
    assert count.optimize(graph_of(T.sin(a))).visits == 1 and count(graph_of(T.sin(a), T.sin(b))).visits == 1
    assert count.counted == [1, 2]
    count.print_summary(level=1)
    count.print_profile(None, count.merge_profile(Report(visits=2), Report(visits=3, hits={"rule": 1}, attempts={"rule": 4})), level=2)
    assert capsys.readouterr().out.splitlines() == [" Count Count", "        1 of       4  rule", "        0 nodes merged in 5 visits"]
    with pytest.raises(NotImplementedError, match="apply"):
        Optimizer().optimize(graph_of(a))


def test_a_function_of_the_graph(capsys):
    graph = graph_of(T.sin(a))
    assert isinstance(double_outputs, FromFunctionOptimizer) and double_outputs.__doc__ == "Each output is doubled."
    double_outputs.optimize(graph)
    assert ops_of(graph) == ["sin", "add"]
    double_outputs(graph)
    assert ops_of(graph) == ["sin", "add", "add"]
    double_outputs.print_summary()
    assert capsys.readouterr().out == "FromFunctionOptimizer double_outputs\n"
    seen = []
    FromFunctionOptimizer(lambda fgraph: None, [seen.append]).add_requirements(graph)
    assert seen == [graph]
    inplace_optimizer(lambda fgraph: seen.append("ran")).optimize(graph)
    assert seen == [graph, "ran"]


# ---------------------------------------------------------------------------------------------- sequences


def test_a_sequence(capsys):
    sequence = SeqOptimizer(in2out(sin_is_cos), double_outputs, in2out(cos_is_sin), name="three")
    assert isinstance(sequence, list) and len(sequence) == 3 and sequence[1] is double_outputs
    graph = graph_of(T.sin(a))
    report = sequence.optimize(graph)
    assert ops_of(graph) == ["sin", "add"]
    assert report.nodes["sin_is_cos"] == (1, 1) and report.nodes["double_outputs"] == (1, 2)
    sequence.print_summary(depth=1)
    assert capsys.readouterr().out.splitlines() == [
        "SeqOptimizer three", "  TopoOptimizer sin_is_cos", "  FromFunctionOptimizer double_outputs", "  TopoOptimizer cos -> sin",
    ]  # fmt: skip
    sequence.print_profile(None, report)
    assert "double_outputs" in capsys.readouterr().out
    merged = SeqOptimizer.merge_profile(report, report)
    assert merged.seconds["double_outputs"] == 2 * report.seconds["double_outputs"]
    sequence.append(double_outputs)
    assert len(SeqOptimizer([sequence, double_outputs])[0]) == 4
    assert sequence == sequence and sequence != SeqOptimizer(*sequence) and sequence in {sequence}


def test_a_failure_in_a_sequence():
    @optimizer
    def fails(fgraph):
        raise KeyError("lost")

    with pytest.raises(KeyError):
        SeqOptimizer(fails).optimize(graph_of(a))
    with pytest.warns(UserWarning, match="fails raised KeyError"):
        SeqOptimizer(fails, failure_callback=SeqOptimizer.warn).optimize(graph_of(a))
    with change_flags(on_opt_error="raise"), pytest.raises(KeyError):
        SeqOptimizer(fails, failure_callback=SeqOptimizer.warn).optimize(graph_of(a))
    seen = []
    sequence = SeqOptimizer(fails, double_outputs, failure_callback=lambda *args: seen.append(args))
    graph = graph_of(a)
    sequence.optimize(graph)
    assert [type(seen[0][0]), *seen[0][1:]] == [KeyError, sequence, fails] and ops_of(graph) == ["add"]


# ------------------------------------------------------------------------------------ one walk over the nodes


def visits_of(order, **options):
    seen = []
    rule = local_optimizer(None)(lambda node: seen.append(node.op.scalar_op.name))
    TopoOptimizer(rule, order, **options).optimize(graph_of(T.exp(T.sin(T.tan(a)))))
    return seen


def test_walks_have_a_direction():
    assert visits_of("in_to_out") == ["tan", "sin", "exp"] and visits_of("out_to_in") == ["exp", "sin", "tan"]


@pytest.mark.parametrize("walk", [in2out, out2in])
def test_walks_look_at_what_is_new_or_not(walk):
    graph = graph_of(T.sin(a))
    walk(sin_is_cos, cos_is_sin, name="there and back", ignore_newtrees=True).optimize(graph)
    assert ops_of(graph) == ["cos"]
    graph = graph_of(T.sin(a))
    report = walk(sin_is_cos, OpSub(T.cos, T.tan), name="on").optimize(graph)
    assert ops_of(graph) == ["tan"] and report.hits == {"on": 2} and report.nodes == {"on": (1, 1)}
    assert str(walk(sin_is_cos)) == "sin_is_cos" and str(walk(sin_is_cos, cos_is_sin)) == "sin_is_cos_cos -> sin"


def test_a_walk_from_some_variables():
    graph = graph_of(T.sin(a), T.sin(b))
    report = TopoOptimizer(sin_is_cos).apply(graph, start_from=[graph.outputs[1]])
    assert ops_of(graph) == ["sin", "cos"]
    TopoOptimizer.print_profile(None, report)


def test_a_walk_that_does_not_end_is_stopped():
    rule = local_optimizer([T.sin, T.cos])(lambda node: [(T.cos if node.op == T.sin else T.sin)(node.inputs[0])])
    with pytest.warns(UserWarning, match="<lambda> was switched off after 109 replacements"):
        report = TopoOptimizer(rule).optimize(graph_of(T.sin(a)))
    assert report.exhausted == ["<lambda>"]


def test_a_walk_of_ones_own(capsys):
    """A subclass of NavigatorOptimizer visits the nodes that it likes, and is told of new ones."""
    events = []

    class Last(NavigatorOptimizer):
        def apply(self, fgraph):
            updater = self.attach_updater(
                fgraph, lambda node: events.append(("new", node.op)), lambda node: events.append(("gone", node.op)),
                lambda node, i, r, new_r, reason: events.append(("changed", i)), name="mine",
            )  # fmt: skip
            assert isinstance(updater, Updater) and updater.name == "mine"
            assert self.process_node(fgraph, fgraph.toposort()[-1])
            assert not self.process_node(fgraph, fgraph.toposort()[0], cos_is_sin)
            self.detach_updater(fgraph, updater)
            assert self.process_node(fgraph, fgraph.toposort()[-1], cos_is_sin)

    graph = graph_of(T.sin(T.exp(a)))
    walk = Last(sin_is_cos)
    walk.optimize(graph)
    assert ops_of(graph) == ["exp", "sin"]
    assert events == [("new", T.cos), ("changed", 0), ("gone", T.sin)]
    walk.print_summary()
    assert capsys.readouterr().out.splitlines() == ["Last sin_is_cos", "  FromFunctionLocalOptimizer sin_is_cos"]
    assert NavigatorOptimizer(OpRemove(T.exp)).ignore_newtrees and not NavigatorOptimizer(sin_is_cos).ignore_newtrees
    assert NavigatorOptimizer(None, ignore_newtrees=True).attach_updater(graph, print, None) is None
    with pytest.raises(ValueError, match="there is no rule"):
        NavigatorOptimizer(None).process_node(graph, graph.toposort()[0])


def test_what_happens_on_failure_is_for_the_callback_to_say():
    wrong = local_optimizer([T.sin])(lambda node: [])
    graph = graph_of(T.sin(a))
    with pytest.raises(ValueError, match="gave 0 replacements"):
        TopoOptimizer(wrong).optimize(graph)
    TopoOptimizer(wrong, failure_callback=TopoOptimizer.warn_ignore).optimize(graph)
    for callback in (NavigatorOptimizer.warn, NavigatorOptimizer.warn_inplace):
        with pytest.warns(UserWarning, match="gave 0 replacements"):
            TopoOptimizer(wrong, failure_callback=callback).optimize(graph)
    assert ops_of(graph) == ["sin"]


@pytest.mark.parametrize("kind", ["walk", "equilibrium"])
def test_what_is_undone_is_not_tried_again(kind):
    """Undoing brings nodes back into the graph; they are not new."""
    tries = []

    @local_optimizer([T.sin])
    def keeps(node):
        tries.append(node)
        return {node.outputs[0]: node.inputs[0], "remove": [node.inputs[0].owner]}

    graph = graph_of(T.sin(T.exp(a)))
    optimizer = in2out(keeps) if kind == "walk" else EquilibriumOptimizer([keeps], EquilibriumOptimizer.warn_inplace)
    optimizer.optimize(graph)
    assert len(tries) == 1 and ops_of(graph) == ["exp", "sin"]
    graph.check_integrity()


def test_an_updater_says_no_more_when_it_is_detached():
    seen = []
    updater = Updater(seen.append, seen.append, lambda *args: seen.append(args))
    graph = graph_of(T.sin(a))
    graph.attach_feature(updater)
    graph.replace(graph.outputs[0], T.cos(graph.inputs[2]))
    assert len(seen) == 3
    updater.on_detach(graph)
    node = graph.toposort()[0]
    updater.on_import(graph, node, "")
    updater.on_prune(graph, node, "")
    updater.on_change_input(graph, node, 0, a, b, "")
    assert len(seen) == 3


# --------------------------------------------------------------------------------------- until nothing changes


def test_equilibrium(capsys):
    clean = OpRemove(T.tensor_copy)
    last = local_optimizer([T.cos])(lambda node: [T.tensor_copy(T.exp(node.inputs[0]))])
    optimizer = EquilibriumOptimizer([sin_is_cos], final_optimizers=[last], cleanup_optimizers=[clean], name="rules")
    graph = graph_of(T.sin(T.sin(a)), T.tensor_copy(b))
    report = optimizer.optimize(graph)
    assert ops_of(graph) == ["exp", "exp", "identity"] and report.hits["sin_is_cos"] == 2
    assert optimizer.get_local_optimizers() == [sin_is_cos]
    optimizer.print_summary()
    assert len(capsys.readouterr().out.splitlines()) == 4
    optimizer.print_profile(None, optimizer.merge_profile(report, report))
    assert "4 of" in capsys.readouterr().out


def test_equilibrium_of_rules_and_optimizers():
    """The optimizer makes work for the rule until there are three additions."""

    @optimizer
    def grow(fgraph):
        if len(fgraph.apply_nodes) < 4:
            fgraph.replace_validate(fgraph.outputs[0], twice(fgraph.outputs[0]), reason="grow")

    graph = graph_of(T.exp(x))
    EquilibriumOptimizer([twice_is_sum, grow], final_optimizers=[Count()]).optimize(graph)
    assert ops_of(graph) == ["exp", "add", "add", "add"]


def test_requirements_of_all_parts():
    seen = []
    rule = local_optimizer([T.sin], requirements=[seen.append])(lambda node: None)
    EquilibriumOptimizer([rule], final_optimizers=[rule], cleanup_optimizers=[rule]).add_requirements("graph")
    assert seen == ["graph"] * 3


def test_an_endless_rule_is_switched_off():
    rule = local_optimizer([T.sin])(lambda node: [T.sin(T.cos(node.inputs[0]))])
    graph = graph_of(T.sin(a))
    with pytest.warns(UserWarning, match="switched off after 103 replacements") as caught:
        report = EquilibriumOptimizer([rule], max_use_ratio=2).optimize(graph)
    assert "test_passes.py" in str(caught[0].message) and "max_use_ratio" in str(caught[0].message)
    assert report.exhausted == ["<lambda>"]
    with pytest.warns(UserWarning, match="switched off after 109 replacements"):
        EquilibriumOptimizer([rule]).optimize(graph_of(T.sin(a)))


def test_an_endless_optimizer_is_stopped():
    @optimizer
    def back_and_forth(fgraph):
        output = fgraph.outputs[0]
        fgraph.replace_validate(output, (T.cos if output.owner.op == T.sin else T.sin)(output.owner.inputs[0]))

    with pytest.warns(UserWarning, match=f"back_and_forth was switched off after {ROUNDS} replacements"):
        EquilibriumOptimizer([back_and_forth]).optimize(graph_of(T.sin(a)))


def test_failures_in_equilibrium():
    wrong = local_optimizer([T.sin])(lambda node: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        EquilibriumOptimizer([wrong]).optimize(graph_of(T.sin(a)))
    graph = graph_of(T.sin(a))
    EquilibriumOptimizer([wrong, sin_is_cos], failure_callback=EquilibriumOptimizer.warn_ignore).optimize(graph)
    assert ops_of(graph) == ["cos"]


def test_change_tracker():
    graph, tracker = graph_of(T.sin(a)), ChangeTracker()
    graph.attach_feature(tracker)
    assert graph.change_tracker is tracker and not tracker.changed
    graph.replace(graph.outputs[0], T.exp(T.cos(graph.inputs[2])))
    assert tracker.changed and tracker.nb_imported == 2
    tracker.reset()
    assert not tracker.changed
    tracker.on_change_input(graph, None, 0, a, b, "")
    assert tracker.changed
    graph.remove_feature(tracker)
    assert not hasattr(graph, "change_tracker")


def test_passes_in_a_sequence_share_the_worklist():
    """What a pass adds is merged with what was there, without another look at the whole graph."""
    from theano.rewrite.merging import MergeOptimizer

    @optimizer
    def add_twin(fgraph):
        fgraph.replace_validate(fgraph.outputs[1], T.sin(fgraph.inputs[2]), reason="twin")

    graph = graph_of(T.sin(a), T.cos(a), *(T.exp(a * k) for k in range(20)))
    with Rewriter.of(graph) as rewriter:
        SeqOptimizer(MergeOptimizer(), add_twin).optimize(graph)
        visits = rewriter.report.visits
        assert graph.outputs[0] is not graph.outputs[1]
        MergeOptimizer().optimize(graph)
        assert graph.outputs[0] is graph.outputs[1] and rewriter.report.visits - visits <= 2
        assert np.isfinite(rewriter.report.seconds["merge"])
