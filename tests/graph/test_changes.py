"""Undoing: whatever is done to a graph, going back gives what was there; what is refused leaves no trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.ops import add, neg, number
from tests.graph.random_graphs import graphs
from theano.errors import InconsistencyError
from theano.gof.graph import as_string
from theano.graph import Feature, FunctionGraph, History, LambdExtract, ReplaceValidate, Validator, walk


def portrait(fgraph):
    return as_string(fgraph.inputs, fgraph.outputs), set(fgraph.apply_nodes), set(fgraph.variables)


def replacement(fgraph, data):
    """A variable of the graph, and one made of what is not above it: an old one or a new one."""
    old = data.draw(st.sampled_from(list(fgraph.variables)))
    above = {old}
    for node in fgraph.toposort():
        if not above.isdisjoint(node.inputs):
            above.update(node.outputs)
    below = [v for v in walk(fgraph.outputs) if v not in above] or fgraph.inputs
    new = data.draw(st.sampled_from(below))
    return old, neg(new) if data.draw(st.booleans()) and old not in below else new


@given(graphs(12), st.data())
def test_going_back(graph, data):
    inputs, pool = graph
    fgraph = FunctionGraph(inputs, [pool[-1], data.draw(st.sampled_from(pool))], features=[History()])
    marks = [(fgraph.checkpoint(), portrait(fgraph))]
    for _ in range(data.draw(st.integers(1, 6))):
        if data.draw(st.integers(0, 3)):
            fgraph.replace(*replacement(fgraph, data), reason="test")
            marks.append((fgraph.checkpoint(), portrait(fgraph)))
        else:
            kept = data.draw(st.integers(0, len(marks) - 1))
            del marks[kept + 1 :]
            fgraph.revert(marks[kept][0])
        fgraph.check_integrity()
        assert portrait(fgraph) == marks[-1][1]
    fgraph.revert(marks[0][0])
    assert portrait(fgraph) == marks[0][1] and fgraph.checkpoint() == marks[0][0]


class Moody(Feature):
    """Refuses at the n-th event of a kind."""

    def __init__(self, hook, number):
        self.left = number
        setattr(self, hook, self.hear)

    def hear(self, fgraph, *event):
        if event and isinstance(event[-1], tuple):  # going back must not be refused
            return
        self.left -= 1
        if self.left < 0:
            raise InconsistencyError("not today")


@given(graphs(12), st.data())
def test_what_is_refused_leaves_no_trace(graph, data):
    inputs, pool = graph
    fgraph = FunctionGraph(inputs, [pool[-1], data.draw(st.sampled_from(pool))])
    before = portrait(fgraph)
    pairs = [replacement(fgraph, data) for _ in range(data.draw(st.integers(1, 3)))]
    hook = data.draw(st.sampled_from(["on_import", "on_change_input", "on_prune", "validate"]))
    fgraph.attach_feature(Moody(hook, data.draw(st.integers(0, 3))))
    try:
        fgraph.replace_all_validate(pairs)
    except InconsistencyError:
        assert portrait(fgraph) == before
    fgraph.check_integrity()


def test_one_history_of_several_graphs():
    x, y = number("x"), number("y")
    history = History()
    one = FunctionGraph([x, y], [add(x, y)], features=[history])
    two = one.clone()
    assert two.features == [history]
    one.replace(one.inputs[0], one.inputs[1])
    assert (one.checkpoint(), two.checkpoint()) == (1, 0)
    two.remove_feature(history)
    one.revert(0)
    assert as_string(one.inputs, one.outputs) == ["Add(x, y)"] and not hasattr(two, "revert")


def test_undoing_says_why():
    x, y = number("x"), number("y")

    class Reasons(Feature):
        heard = []

        def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
            self.heard.append(reason)

    fgraph = FunctionGraph([x, y], [x], clone=False, features=[Reasons()])
    LambdExtract(fgraph, "output", 0, y, "because")()
    assert Reasons.heard == [("revert", "because")] and fgraph.outputs == [y]


def test_what_was_removed_stays_away_until_that_is_undone():
    x, y = number("x"), number("y")
    a = neg(x)
    fgraph = FunctionGraph([x, y], [add(a, y)], clone=False, features=[ReplaceValidate(), History()])
    mark = fgraph.checkpoint()
    fgraph.replace_all_validate_remove([(a, y)], [a.owner])
    with pytest.raises(InconsistencyError, match="brings back what was removed"):
        fgraph.replace_validate(fgraph.outputs[0], a)
    assert as_string([x, y], fgraph.outputs) == ["Add(y, y)"]
    fgraph.replace_validate(fgraph.outputs[0], neg(x))
    fgraph.revert(mark)
    assert fgraph.consistent() and fgraph.outputs[0].owner.inputs[0] is a
    fgraph.remove_feature(fgraph.features[0])
    fgraph.replace_all_validate_remove([(a, y)], [a.owner])
    fgraph.replace_validate(fgraph.outputs[0], a)
    assert fgraph.outputs == [a]


def test_features_that_do_what_graphs_do():
    x, y = number("x"), number("y")
    fgraph = FunctionGraph([x, y], [neg(x)], clone=False)
    validator, replacer = Validator(), ReplaceValidate()
    fgraph.attach_feature(validator)
    fgraph.attach_feature(replacer)
    replacer.replace_validate(fgraph, x, y, reason="r")
    assert as_string([x, y], fgraph.outputs) == ["Neg(y)"]
    fgraph.attach_feature(Moody("validate", 1))
    assert validator.consistent_(fgraph) and not validator.consistent_(fgraph)
    with pytest.raises(InconsistencyError, match="not today"):
        validator.validate_(fgraph)
    with pytest.raises(InconsistencyError, match="not today"):
        replacer.replace_all_validate(fgraph, [(y, x)])


def test_replacing_aloud(capsys):
    x, y = number("x"), number("y")
    fgraph = FunctionGraph([x, y], [neg(x)], clone=False)
    fgraph.replace_all_validate([(x, y)], reason="swap", verbose=True)
    fgraph.replace(y, x)
    assert capsys.readouterr().out == "swap: x -> y\n"
