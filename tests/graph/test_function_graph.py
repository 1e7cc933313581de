"""FunctionGraph: use lists, replacement, pruning, validation, features."""

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph.ops import add, chain, constant, divmod_, neg, number, other
from tests.graph.random_graphs import graphs
from theano.errors import InconsistencyError, MissingInputError
from theano.graph import (
    Bookkeeper,
    Feature,
    FunctionGraph,
    History,
    NodeFinder,
    NoOutputFromInplace,
    Op,
    Origin,
    PreserveNames,
    PreserveVariableAttributes,
    PrintListener,
    inherit,
    is_same_graph,
)


class Recorder(Feature):
    """Writes every event down."""

    def __init__(self):
        self.events = []

    def on_attach(self, fgraph):
        self.events.append("attach")

    def on_detach(self, fgraph):
        self.events.append("detach")

    def on_import(self, fgraph, node, reason):
        assert node in fgraph.apply_nodes
        self.events.append(("import", str(node.op), reason))

    def on_prune(self, fgraph, node, reason):
        assert node not in fgraph.apply_nodes
        self.events.append(("prune", str(node.op), reason))

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        self.events.append(("change", str(getattr(node, "op", node)), i, str(r), str(new_r), reason))


@pytest.fixture
def xy():
    return number("x"), number("y")


def graph_of(inputs, *outputs, features=()):
    return FunctionGraph(inputs, outputs, features=features, clone=False)


class TestBuilding:
    def test_it_holds_a_copy_by_default(self, xy):
        x, y = xy
        z = add(x, y)
        fgraph = FunctionGraph([x, y], [z])
        assert fgraph.inputs[0] is not x
        assert fgraph.outputs[0] is not z
        assert [str(i) for i in fgraph.inputs] == ["x", "y"]
        assert z not in fgraph
        assert fgraph.outputs[0] in fgraph
        assert fgraph.outputs[0].owner in fgraph

    def test_uses(self, xy):
        x, y = xy
        c = constant(1)
        z = add(x, c, x)
        fgraph = graph_of([x, y], z, z)
        assert fgraph.clients[x] == [(z.owner, 0), (z.owner, 2)] == fgraph.clients(x) == x.clients
        assert fgraph.clients[c] == [(z.owner, 1)]
        assert fgraph.clients[z] == [("output", 0), ("output", 1)]
        assert fgraph.clients[y] == []
        assert list(fgraph.variables) == [x, y, z, c]
        assert list(fgraph.apply_nodes) == [z.owner]
        assert z.owner.fgraph is z.fgraph is fgraph

    def test_all_outputs_of_a_node_are_in_it(self, xy):
        quotient, rest = divmod_(*xy)
        fgraph = graph_of(xy, rest)
        assert fgraph.clients[quotient] == []

    def test_missing_inputs(self, xy):
        x, y = xy
        with pytest.raises(MissingInputError, match=r"(?s)the graph needs y.*missing +y.*needed by +Add.*add it to the inputs"):
            graph_of([x], add(x, y))
        with pytest.raises(MissingInputError):
            graph_of([x], y)

    def test_inputs_are_leaves_and_different(self, xy):
        x, y = xy
        z = neg(x)
        with pytest.raises(ValueError, match="output of a node"):
            graph_of([z], add(z, z))
        cut = FunctionGraph([z], [add(z, z)])
        assert len(cut.apply_nodes) == 1
        with pytest.raises(ValueError, match="x is an input twice"):
            graph_of([x, y, x], z)

    def test_variables_outside_have_no_uses(self):
        with pytest.raises(AttributeError, match="belongs to no FunctionGraph"):
            _ = number("x").clients

    def test_disown(self, xy):
        z = add(*xy)
        recorder = Recorder()
        fgraph = graph_of(xy, z, features=[recorder])
        fgraph.disown()
        assert z.fgraph is z.owner.fgraph is None
        assert recorder.events[-1] == "detach"
        assert graph_of(xy, z).outputs == [z]

    def test_texts(self, xy):
        fgraph = graph_of(xy, add(*xy))
        assert str(fgraph) == "[Add(x, y)]"
        assert repr(fgraph) == "FunctionGraph(x, y -> Add.0; 1 nodes)"


class TestReplacing:
    def test_uses_move_and_what_is_unused_goes(self, xy):
        x, y = xy
        dead = neg(neg(x))
        z = add(dead, y)
        fgraph = graph_of(xy, z, dead)
        new = neg(y)
        fgraph.replace(dead, new)
        fgraph.check_integrity()
        assert (z.owner.inputs, fgraph.outputs) == ([new, y], [z, new])
        assert {node.op for node in fgraph.apply_nodes} == {add, neg}
        assert len(fgraph.apply_nodes) == 2
        assert fgraph.clients[x] == []
        assert dead.fgraph is dead.owner.fgraph is None

    def test_a_replacement_may_be_made_of_what_it_replaces(self, xy):
        x, y = xy
        z = add(x, y)
        fgraph = graph_of(xy, z)
        around = neg(neg(x))
        fgraph.replace(x, around)
        fgraph.check_integrity()
        assert z.owner.inputs == [around, y]
        fgraph.replace(z, twice := neg(z))
        fgraph.check_integrity()
        assert fgraph.outputs == [twice]
        assert twice.owner.inputs == [z]

    def test_one_output_of_several(self, xy):
        quotient, rest = divmod_(*xy)
        fgraph = graph_of(xy, add(quotient, rest))
        fgraph.replace(rest, xy[0])
        fgraph.check_integrity()
        assert quotient.owner in fgraph.apply_nodes
        fgraph.replace(quotient, xy[0])
        assert quotient not in fgraph
        fgraph.check_integrity()

    def test_silent_when_there_is_nothing_to_do(self, xy):
        x, _ = xy
        recorder = Recorder()
        fgraph = graph_of(xy, neg(x), features=[recorder])
        before = list(recorder.events)
        fgraph.replace(number("elsewhere"), x)
        fgraph.replace(x, x)
        fgraph.replace(xy[1], neg(x))
        assert recorder.events == before
        fgraph.check_integrity()

    def test_types_must_agree(self, xy):
        x, _ = xy
        fgraph = graph_of(xy, neg(x))
        with pytest.raises(TypeError, match=r"(?s)x cannot be replaced.*old.*new"):
            fgraph.replace(x, other("o"))
        with pytest.raises(TypeError):
            fgraph.change_input(fgraph.outputs[0].owner, 0, neg(other.make_constant(1)))

    def test_missing_inputs_change_nothing(self, xy):
        x, y = xy
        fgraph = graph_of([x], neg(x))
        with pytest.raises(MissingInputError):
            fgraph.replace(x, neg(add(neg(x), y)))
        fgraph.check_integrity()
        assert len(fgraph.apply_nodes) == 1

    def test_replace_all(self, xy):
        x, y = xy
        a, b = neg(x), neg(y)
        fgraph = graph_of(xy, add(a, b))
        fgraph.replace_all([(a, x), (b, y)])
        assert fgraph.outputs[0].owner.inputs == [x, y]

    def test_new_nodes_take_over_lines(self, xy):
        x, y = xy
        with inherit(Origin("old.py", 1)):
            old = neg(x)
        fgraph = graph_of(xy, add(old, y))
        with inherit(Origin("new.py", 2)):
            new = neg(neg(y))
        fgraph.replace(old, new)
        assert new.origin.lines() == new.owner.inputs[0].origin.lines() == [("new.py", 2), ("old.py", 1)]
        fgraph.replace(new, one := constant(1))
        assert set(one.origin.lines()) > {("new.py", 2), ("old.py", 1)}
        assert y.origin.line()[0] == __file__

    def test_many_uses_of_one_variable(self):
        x, y = number("x"), number("y")
        nodes = [neg(x) for _ in range(100)]
        fgraph = graph_of([x, y], *nodes)
        for index in (0, 99, 50, *range(1, 40)):
            fgraph.change_input(nodes[index].owner, 0, y)
        fgraph.check_integrity()
        fgraph.replace(x, y)
        fgraph.check_integrity()
        assert len(fgraph.clients[y]) == 100
        for index in range(99):
            fgraph.change_input("output", index, x)
        fgraph.check_integrity()
        assert fgraph.clients[y] == [(nodes[99].owner, 0)]

    @given(graphs(), st.data())
    def test_any_sequence_of_replacements_keeps_it_in_order(self, graph, data):
        inputs, pool = graph
        outputs = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4))
        fgraph = FunctionGraph(inputs, outputs)
        for _ in range(data.draw(st.integers(0, 8))):
            order = fgraph.toposort()
            place = {output: i for i, node in enumerate(order) for output in node.outputs}
            variables = list(fgraph.variables)
            old = data.draw(st.sampled_from(variables))
            allowed = [v for v in variables if place.get(v, -1) <= place.get(old, -1)]
            new = data.draw(st.sampled_from(allowed))
            if data.draw(st.booleans()):
                new = add(neg(new), new)
            fgraph.replace(old, new)
            fgraph.check_integrity()


class TestValidation:
    def test_cycles_are_found_and_undone(self, xy):
        x, y = xy
        inner = neg(x)
        outer = add(inner, y)
        fgraph = graph_of(xy, outer)
        with pytest.raises(InconsistencyError, match=r"(?s)made of itself.*replacement.*test_function_graph.py"):
            fgraph.replace_validate(inner, outer)
        fgraph.check_integrity()
        assert outer.owner.inputs == [inner, y]
        fgraph.replace(inner, outer)
        with pytest.raises(InconsistencyError, match=r"(?s)has a cycle.*Add"):
            fgraph.toposort()

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 150), st.integers(0, 150), st.integers(1, 80))
    def test_cycles_are_found_however_far_they_reach(self, old, source, length):
        """In a chain of 150, what is made of a later link cannot take the place of an earlier one."""
        x = number("x")
        links = [neg(x)]
        for _ in range(150):
            links.append(neg(links[-1]))
        fgraph = FunctionGraph([x], [links[-1]], clone=False)
        new = links[source]
        for _ in range(length):
            new = add(new, links[0])
        if source > old:
            with pytest.raises(InconsistencyError, match="made of itself"):
                fgraph.replace_validate(links[old], new)
            assert fgraph.toposort() == [v.owner for v in links]
        else:
            fgraph.replace_validate(links[old], new)
            assert new in fgraph.variables
        fgraph.check_integrity()
        fgraph.disown()

    def test_looking_for_cycles_costs_little_where_a_replacement_is_local(self, monkeypatch, xy):
        """Each of 500 links is replaced by something made of the one below: nobody walks down to the input."""
        walked = []
        monkeypatch.setattr("theano.graph.function_graph.walk", lambda *args: walked.append(args) or iter(()))
        x, _ = xy
        links = [neg(x)]
        for _ in range(500):
            links.append(neg(links[-1]))
        fgraph = FunctionGraph([x], [links[-1]], clone=False)
        for link in links[1:]:
            fgraph.replace_validate(link, add(link.owner.inputs[0], 1))
        assert not walked and len(fgraph.toposort()) == 501

    def test_what_was_pruned_comes_back(self, xy):
        x, y = xy
        a, b = neg(x), neg(y)
        z = add(a, b)
        recorder = Recorder()
        fgraph = graph_of(xy, z, features=[recorder])
        with pytest.raises(TypeError):
            fgraph.replace_all_validate([(a, y), (b, other("o"))])
        fgraph.check_integrity()
        assert z.owner.inputs == [a, b]
        assert recorder.events[-2:] == [("import", "Neg", ("revert", None)), ("change", "Add", 0, "y", "Neg.0", ("revert", None))]

    def test_success(self, xy):
        x, y = xy
        z = add(neg(x), y)
        fgraph = graph_of(xy, z)
        fgraph.replace_validate(z.owner.inputs[0], x)
        fgraph.replace_all_validate([(z, y)])
        assert fgraph.outputs == [y]
        fgraph.check_integrity()

    def test_nodes_that_must_go(self, xy):
        x, y = xy
        a = neg(x)
        z = add(a, a)
        fgraph = graph_of(xy, z, a)
        fgraph.replace_all_validate_remove([(z, y)], [z.owner])
        with pytest.raises(InconsistencyError, match="should have been removed"):
            fgraph.replace_all_validate_remove([(y, x)], [a.owner])
        assert fgraph.outputs == [y, a]
        assert fgraph.features == []

    def test_features_may_refuse(self, xy):
        class InPlace(Op):
            destroy_map = {0: [0]}
            __props__ = ()
            itypes = otypes = (number,)

        x, _ = xy
        z = neg(x)
        fgraph = graph_of(xy, z, features=[NoOutputFromInplace()])
        with pytest.raises(InconsistencyError, match="made in place"):
            fgraph.replace_validate(z, InPlace()(x))
        assert fgraph.outputs == [z]

    def test_orderings_of_features_count(self, xy):
        x, y = xy
        a, b = neg(x), neg(y)

        class Order(Feature):
            before = {a.owner: [b.owner]}

            def orderings(self, fgraph):
                return self.before

        order = Order()
        fgraph = graph_of(xy, a, b)
        assert fgraph.toposort() == [a.owner, b.owner]
        fgraph.attach_feature(order)
        assert fgraph.toposort() == [b.owner, a.owner]
        order.before = {a.owner: [b.owner], b.owner: [a.owner]}
        with pytest.raises(InconsistencyError):
            fgraph.validate()

    @given(graphs())
    def test_order(self, graph):
        inputs, pool = graph
        fgraph = FunctionGraph(inputs, pool)
        order = fgraph.toposort()
        assert set(order) == set(fgraph.apply_nodes)
        place = {node: i for i, node in enumerate(order)}
        assert all(place[i.owner] < place[node] for node in order for i in node.inputs if i.owner)
        assert [str(n) for n in FunctionGraph(inputs, pool).toposort()] == [str(n) for n in order]


class TestFeatures:
    def test_events(self, xy):
        x, y = xy
        recorder = Recorder()
        z = add(neg(x), y)
        fgraph = graph_of(xy, z, features=[recorder])
        assert recorder.events == ["attach", ("import", "Neg", "init"), ("import", "Add", "init")]
        recorder.events.clear()
        fgraph.replace(z.owner.inputs[0], neg(y), reason="why")
        assert recorder.events == [("import", "Neg", "why"), ("change", "Add", 0, "Neg.0", "Neg.0", "why"), ("prune", "Neg", "why")]
        recorder.events.clear()
        fgraph.replace(z, x, reason="out")
        assert recorder.events == [("change", "output", 0, "Add.0", "x", "out"), ("prune", "Add", "out"), ("prune", "Neg", "out")]
        fgraph.remove_feature(recorder)
        fgraph.remove_feature(recorder)
        assert recorder.events[-1] == "detach"
        assert recorder not in fgraph.features

    def test_attached_once(self, xy):
        recorder = Recorder()
        fgraph = graph_of(xy, xy[0], features=[recorder])
        fgraph.attach_feature(recorder)
        assert recorder.events == ["attach"]

    def test_features_need_not_be_features(self, xy):
        class Free:
            nodes = 0

            def on_import(self, fgraph, node, reason):
                self.nodes += 1

        free = Free()
        graph_of(xy, add(neg(xy[0]), xy[1]), features=[free])
        assert free.nodes == 2

    def test_bookkeeper_hears_of_what_is_there(self, xy):
        class Count(Bookkeeper):
            nodes = 0

            def on_import(self, fgraph, node, reason):
                self.nodes += 1

            def on_prune(self, fgraph, node, reason):
                self.nodes -= 1

        fgraph = graph_of(xy, z := add(neg(xy[0]), xy[1]))
        count = Count()
        fgraph.attach_feature(count)
        assert count.nodes == 2
        fgraph.replace(z.owner.inputs[0], xy[0])
        assert count.nodes == 1
        fgraph.remove_feature(count)
        assert count.nodes == 0

    def test_node_finder(self, xy):
        a = neg(xy[0])
        fgraph = graph_of(xy, add(a, neg(a)))
        finder = NodeFinder()
        fgraph.attach_feature(finder)
        fgraph.attach_feature(NodeFinder())
        assert fgraph.features == [finder]
        assert len(fgraph.get_nodes(neg)) == len(finder.query(fgraph, neg)) == 2
        fgraph.replace(a, xy[0])
        assert len(fgraph.get_nodes(neg)) == 1
        fgraph.remove_feature(finder)
        assert not hasattr(fgraph, "get_nodes")

    def test_history(self, xy):
        x, y = xy
        z = add(neg(x), y)
        fgraph = graph_of(xy, z, features=[History()])
        start = fgraph.checkpoint()
        fgraph.replace(z.owner.inputs[0], x)
        middle = fgraph.checkpoint()
        fgraph.replace(x, y)
        fgraph.revert(middle)
        assert z.owner.inputs == [x, y]
        fgraph.revert(start)
        assert [str(i) for i in z.owner.inputs] == ["Neg.0", "y"]
        fgraph.check_integrity()

    def test_names_and_tags_are_taken_over(self, xy):
        x, y = xy
        a, b = neg(x), neg(y)
        a.name, b.name, a.tag.note = "a", "b", 1
        fgraph = graph_of(xy, a, b, features=[PreserveVariableAttributes()])
        fgraph.replace(a, new := neg(y))
        assert (new.name, new.tag.note) == ("a", 1)
        fgraph.disown()
        fgraph = graph_of(xy, new, b, features=[PreserveNames()])
        fgraph.replace(new, newer := neg(neg(x)))
        assert newer.name == "a"
        fgraph.replace(newer, b)
        assert b.name == "b"

    def test_print_listener(self, xy, capsys):
        fgraph = graph_of(xy, z := neg(xy[0]), features=[PrintListener(), PrintListener(active=False)])
        fgraph.replace(z, xy[1], reason="test")
        assert capsys.readouterr().out.splitlines() == [
            "-- attaching to [Neg(x)]",
            "-- importing Neg(x) reason: init",
            "-- changing (output, 0) from Neg.0 to y reason: test",
            "-- pruning Neg(x) reason: test",
        ]

    def test_callbacks_by_name(self, xy):
        class Answers:
            def ask(self, fgraph, number):
                self.number = number
                return number + 1

        answers = Answers()
        fgraph = graph_of(xy, xy[0], features=[answers])
        assert fgraph.collect_callbacks("ask", 1) == {answers: 2}
        fgraph.execute_callbacks("ask", 5)
        assert answers.number == 5


class TestCopies:
    def test_clone(self, xy):
        recorder = Recorder()
        fgraph = graph_of(xy, add(neg(xy[0]), xy[1]), features=[recorder])
        copied, equiv = fgraph.clone_get_equiv()
        copied.check_integrity()
        assert copied.outputs == [equiv[fgraph.outputs[0]]]
        assert copied.features == [recorder]
        assert is_same_graph(copied.outputs[0], fgraph.outputs[0], dict(zip(copied.inputs, fgraph.inputs)))
        assert fgraph.clone_get_equiv(attach_feature=False)[0].features == []
        assert fgraph.clone().outputs != fgraph.outputs

    @pytest.mark.parametrize("copier", [copy.deepcopy, lambda fgraph: pickle.loads(pickle.dumps(fgraph))])
    def test_pickle_and_deepcopy(self, xy, copier):
        fgraph = FunctionGraph(xy, [add(neg(xy[0]), xy[1])], features=[Recorder()], update_mapping={0: 1})
        copied = copier(fgraph)
        copied.check_integrity()
        assert str(copied.toposort()) == str(fgraph.toposort())
        assert copied.update_mapping == {0: 1}
        assert copied.features == []


class TestIntegrity:
    def spoiled(self, xy, spoil):
        fgraph = graph_of(xy, add(neg(xy[0]), xy[1]))
        spoil(fgraph)
        with pytest.raises((InconsistencyError, MissingInputError)):
            fgraph.check_integrity()

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda fgraph: fgraph.clients[fgraph.inputs[0]].clear(),
            lambda fgraph: fgraph.clients.pop(fgraph.inputs[1]),
            lambda fgraph: fgraph._nodes.popitem(),
            lambda fgraph: fgraph.outputs.append(fgraph.inputs[0]),
            lambda fgraph: fgraph.outputs[0].owner.inputs.reverse(),
            lambda fgraph: fgraph._input_set.clear(),
            lambda fgraph: setattr(fgraph, "_order", fgraph.toposort()[:1]),
            lambda fgraph: setattr(fgraph.outputs[0], "index", 1) or fgraph.outputs[0].owner.outputs.append(number()),
        ],
    )
    def test_it_sees(self, xy, spoil):
        self.spoiled(xy, spoil)


def test_a_change_costs_the_change():
    """Replacing in the middle of a long chain walks over nothing: the events are those of the one node."""
    x, end = chain(1000)
    fgraph = FunctionGraph([x], [end], clone=False)
    recorder = Recorder()
    fgraph.attach_feature(recorder)
    middle = fgraph.toposort()[500].out
    fgraph.replace(middle, neg(middle.owner.inputs[0]))
    assert [event[0] for event in recorder.events[1:]] == ["import", "change", "prune"]
