"""Rules of one node, alone and in groups; what is accepted as their answer, and what becomes of a failure."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.rewrite.custom import a, b, graph_of, sin_is_cos, twice, x
from tests.rewrite.rewriting import ops_of
from theano.errors import InconsistencyError
from theano.flags import change_flags
from theano.graph import Apply, Op
from theano.rewrite.local import (
    FromFunctionLocalOptimizer,
    LocalOptGroup,
    LocalOptimizer,
    attempt,
    local_optimizer,
    warn,
    warn_ignore,
    warn_inplace,
)
from theano.rewrite.passes import in2out


def raising(error, pairs, rule, node):
    raise error


def tried(rule, *outputs):
    graph = graph_of(*outputs)
    made = attempt(graph, rule, graph.outputs[0].owner, raising)
    graph.check_integrity()
    return graph, made


class Squared(LocalOptimizer):
    """sqr(u) -> u * u, as a class."""

    def tracks(self):
        return [T.sqr]

    def transform(self, node):
        return [node.inputs[0] * node.inputs[0]]


def test_a_decorated_function():
    assert isinstance(sin_is_cos, FromFunctionLocalOptimizer) and isinstance(sin_is_cos, LocalOptimizer)
    assert (sin_is_cos.name, sin_is_cos.__name__, str(sin_is_cos), sin_is_cos.tracks()) == ("sin_is_cos",) * 3 + ([T.sin],)
    assert sin_is_cos.transform(T.sin(a).owner)[0].owner.op == T.cos
    assert sin_is_cos.transform(T.tan(a).owner) is False


def test_tracks_are_ops_scalar_ops_or_classes():
    def told(tracks, node):
        return local_optimizer(tracks)(lambda node: [node.inputs[0]]).transform(node) is not False

    node = T.sin(a).owner
    assert told([T.sin], node) and told([T.tan, T.sin.scalar_op], node) and told([Op], node) and told(None, node)
    assert told([type(twice)], twice(x).owner) and not told([type(twice)], node) and not told([T.tan], node)


def test_requirements_are_met_before():
    seen = []
    rule = local_optimizer([T.sin], requirements=[seen.append])(lambda node: None)
    graph = graph_of(T.sin(a))
    in2out(rule).optimize(graph)
    assert seen == [graph]
    FromFunctionLocalOptimizer(lambda node: None, None, [seen.append]).add_requirements(graph)
    assert seen == [graph, graph]
    local_optimizer([T.sin], inplace=True)(lambda node: None).add_requirements(graph)


def test_a_class(capsys):
    graph, made = tried(Squared(), T.sqr(a))
    assert ops_of(graph) == ["mul"] and len(made) == 1
    Squared().print_summary(level=2)
    LocalOptimizer().add_requirements(graph)
    assert capsys.readouterr().out == "  Squared Squared\n" and LocalOptimizer().tracks() is None
    with pytest.raises(NotImplementedError, match="transform"):
        LocalOptimizer().transform(a)


@pytest.mark.parametrize("answer", ["variable", "list", "tuple", "dict", "remove"])
def test_answers(answer):
    def function(node):
        new = T.cos(node.inputs[0])
        return {
            "variable": new, "list": [new], "tuple": (new,), "dict": {node.outputs[0]: new},
            "remove": {node.outputs[0]: new, "remove": [node]},
        }[answer]  # fmt: skip

    graph, made = tried(local_optimizer([T.sin])(function), T.sin(T.exp(a)))
    assert ops_of(graph) == ["exp", "cos"] and made[0][1].owner.op == T.cos


def test_an_answer_about_other_variables():
    graph, _ = tried(local_optimizer([T.sin])(lambda node: {node.inputs[0]: T.tan(node.inputs[0].owner.inputs[0])}), T.sin(T.exp(a)))
    assert ops_of(graph) == ["tan", "sin"]


def test_none_keeps_an_output():
    class Two(Op):
        __props__ = ()

        def make_node(self, u):
            return Apply(self, [u], [u.type(), u.type()])

    rule = local_optimizer([Two])(lambda node: [None, T.exp(node.inputs[0])])
    graph, made = tried(rule, *Two()(a))
    assert [v.owner.op for v in graph.outputs] == [Two(), T.exp] and len(made) == 1


@pytest.mark.parametrize("answer", [None, False, {}, "same"])
def test_answers_that_change_nothing(answer):
    graph, made = tried(local_optimizer([T.sin])(lambda node: node.outputs if answer == "same" else answer), T.sin(a))
    assert made is None and ops_of(graph) == ["sin"]


def test_a_replacement_may_be_made_of_what_it_replaces():
    graph, _ = tried(local_optimizer([T.sin])(lambda node: [T.neg(T.neg(node.outputs[0]))]), T.sin(a))
    assert ops_of(graph) == ["sin", "neg", "neg"]


def test_a_type_is_converted_if_it_can_be():
    """A row of length 1 stands for a matrix."""
    m = T.dmatrix("m")
    rule = local_optimizer([T.exp])(lambda node: [T.patternbroadcast(node.inputs[0], (True, False))])
    graph = graph_of(T.exp(m), inputs=[m])
    assert attempt(graph, rule, graph.outputs[0].owner, raising) and graph.outputs[0].type == m.type


def wrong_rules():
    """Rules that answer wrongly."""
    return [
        (lambda node: [], ValueError), (lambda node: [node.inputs[0]] * 2, ValueError), (lambda node: 5, TypeError),
        (lambda node: [5], TypeError), (lambda node: {"x": a}, TypeError), (lambda node: [T.cast(a, "int8")], TypeError),
        (lambda node: [T.dscalar("elsewhere")], theano.errors.MissingInputError), (lambda node: 1 / 0, ZeroDivisionError),
        (lambda node: {node.outputs[0]: node.inputs[0], "remove": [node.inputs[0].owner]}, InconsistencyError),
    ]  # fmt: skip


@pytest.mark.parametrize("case", range(len(wrong_rules())))
def test_a_wrong_answer_changes_nothing(case):
    function, kind = wrong_rules()[case]
    rule = local_optimizer([T.sin])(function)
    graph = graph_of(T.sin(T.exp(a)))
    with pytest.raises(kind):
        attempt(graph, rule, graph.outputs[0].owner, raising)
    assert ops_of(graph) == ["exp", "sin"]
    graph.check_integrity()


def test_some_outputs_are_not_replaced_without_the_others():
    """The second replacement needs an input that is not there; so the first one is undone."""
    rule = local_optimizer([T.sin])(lambda node: {node.outputs[0]: T.cos(b), node.inputs[0]: T.dscalar("elsewhere")})
    graph = graph_of(T.sin(T.exp(a)))
    with pytest.raises(theano.errors.MissingInputError):
        attempt(graph, rule, graph.outputs[0].owner, raising)
    assert ops_of(graph) == ["exp", "sin"]
    graph.check_integrity()


# ------------------------------------------------------------------------------------------------ failures


def failing():
    @local_optimizer([T.sin])
    def fails(node):
        raise ZeroDivisionError("nobody divides by zero")

    return fails


def failed(policy, callback=warn):
    graph = graph_of(T.sin(a))
    node = graph.outputs[0].owner
    with change_flags(on_opt_error=policy):
        return attempt(graph, failing(), node, lambda error, pairs, rule, node: callback(error, None, pairs, rule, node))


def test_a_failure_is_a_warning_by_default():
    with pytest.warns(UserWarning, match="fails raised ZeroDivisionError: nobody divides by zero") as caught:
        assert failed("warn") is None
    text = str(caught[0].message)
    assert text.count("test_local.py:") == 3 and "sin stays as it was" in text and "'raise'" in text
    assert caught[0].filename == __file__


def test_a_failure_may_be_an_error_or_nothing():
    with pytest.raises(ZeroDivisionError) as caught:
        failed("raise")
    assert "in the optimization fails" in caught.value.__notes__[0] and "test_local.py:" in caught.value.__notes__[0]
    assert failed("ignore") is None
    assert failed("raise", warn_ignore) is None


def test_a_failure_may_open_the_debugger(monkeypatch):
    seen = []
    monkeypatch.setattr("pdb.post_mortem", seen.append)
    assert failed("pdb") is None
    assert seen[0].tb_frame.f_code.co_name == "attempt"


def test_an_inconsistent_graph_is_no_failure_of_a_rule_in_place():
    graph = graph_of(T.sin(a))
    arguments = (None, [], sin_is_cos, graph.outputs[0].owner)
    with change_flags(on_opt_error="raise"):
        warn_inplace(InconsistencyError("a cycle"), *arguments)
        with pytest.raises(ValueError, match="not a cycle"):
            warn_inplace(ValueError("not a cycle"), *arguments)
        with pytest.raises(InconsistencyError):
            warn(InconsistencyError("a cycle"), *arguments)


# ------------------------------------------------------------------------------------------------- groups


def test_the_first_of_a_group_that_applies(capsys):
    group = LocalOptGroup(Squared(), sin_is_cos, local_optimizer([T.sin])(lambda node: 1 / 0))
    assert group.tracks() == [T.sqr, T.sin] and group.name == "Squared_sin_is_cos_<lambda>"
    graph, _ = tried(group, T.sin(T.sqr(a)))
    assert ops_of(graph) == ["sqr", "cos"] and group.applied == {"sin_is_cos": 1}
    assert group.transform(T.tan(a).owner) is False
    assert LocalOptGroup([sin_is_cos, local_optimizer(None)(lambda node: None)]).tracks() is None
    group.print_summary()
    group.print_profile(None, LocalOptGroup.merge_profile(group.applied, {"Squared": 3, "sin_is_cos": 1}))
    assert capsys.readouterr().out.splitlines() == [
        "LocalOptGroup Squared_sin_is_cos_<lambda>", "  Squared Squared", "  FromFunctionLocalOptimizer sin_is_cos",
        "  FromFunctionLocalOptimizer <lambda>", "      3  Squared", "      2  sin_is_cos",
    ]  # fmt: skip


def test_all_of_a_group():
    cos_is_exp = local_optimizer([T.cos])(lambda node: [T.exp(node.inputs[0])])
    graph, _ = tried(LocalOptGroup(sin_is_cos, cos_is_exp, apply_all_opts=True), T.sin(a))
    assert ops_of(graph) == ["exp"]
    graph, _ = tried(LocalOptGroup(sin_is_cos, cos_is_exp), T.sin(a))
    assert ops_of(graph) == ["cos"]
    seen = []
    LocalOptGroup(local_optimizer(None, requirements=[seen.append])(np.sin)).add_requirements(graph)
    assert seen == [graph]
