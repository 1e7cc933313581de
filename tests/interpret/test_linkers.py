"""Graphs run node by node: every linker and machine gives what the operations say; laziness, clearing, updates, errors."""

import io
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.graph.ops import Scale, Stateful, add, constant, divmod_, neg, number
from tests.graph.random_graphs import graphs
from tests.interpret.lazy_ops import Choose, Counted, Fails, Listed, OldThunk, Prepared
from theano.errors import MethodNotDefined
from theano.graph import Constant, FunctionGraph, generic
from theano.interpret import (
    VM,
    Linker,
    LocalLinker,
    Loop,
    LoopGC,
    PerformLinker,
    Stack,
    VM_Linker,
    WrapLinker,
    WrapLinkerMany,
    add_clear_storage,
    gc_helper,
    log_thunk_trace,
    map_storage,
    raise_with_op,
    streamline,
    thunk_hook,
)

LINKERS = {
    "perform": lambda: PerformLinker(allow_gc=False),
    "perform, clearing": lambda: PerformLinker(allow_gc=True),
    "loop": lambda: VM_Linker(allow_gc=False),
    "loop, clearing": lambda: VM_Linker(allow_gc=True),
    "stack": lambda: VM_Linker(allow_gc=False, lazy=True),
    "stack, clearing": lambda: VM_Linker(allow_gc=True, lazy=True),
    "wrapped": lambda: WrapLinker([PerformLinker()], lambda position, node, thunk: thunk()),
    "two side by side": lambda: WrapLinker([PerformLinker(), VM_Linker()], lambda position, node, *thunks: [t() for t in thunks]),
}


def value_of(variable, given):
    """What a variable is, by recursion: the reference."""
    if isinstance(variable, Constant):
        return variable.data
    if variable not in given:
        cells = [[None] for _ in variable.owner.outputs]
        variable.owner.op.perform(variable.owner, [value_of(v, given) for v in variable.owner.inputs], cells)
        given.update(zip(variable.owner.outputs, [cell[0] for cell in cells]))
    return given[variable]


def outcome(f):
    try:
        return f()
    except ZeroDivisionError:
        return "division by zero"


@pytest.mark.parametrize("linker", LINKERS)
@given(graph=graphs(), data=st.data())
def test_every_linker_gives_what_the_operations_say(linker, graph, data):
    inputs, pool = graph
    outputs = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3))
    values = data.draw(st.lists(st.integers(-3, 3), min_size=len(inputs), max_size=len(inputs)))
    f = LINKERS[linker]().accept(FunctionGraph(inputs, outputs, clone=False)).make_function(unpack_single=False)
    wanted = outcome(lambda: [value_of(v, known) for v in outputs] if (known := dict(zip(inputs, values))) is not None else None)
    assert outcome(lambda: f(*values)) == wanted
    assert outcome(lambda: f(*values)) == wanted, "a second call gives the same"


def test_graphs_of_tensors_run_as_they_are_compiled():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    loss = -T.log(T.nnet.softmax(T.dot(x, w))).sum(axis=1)
    outputs = [loss, T.grad(loss.sum(), w)]
    values = np.arange(6.0).reshape(2, 3) / 7, np.arange(9.0).reshape(3, 3) % 4
    compiled = theano.function([x, w], outputs)
    for graph in (FunctionGraph([x, w], outputs), compiled.maker.fgraph):
        for got, want in zip(PerformLinker().accept(graph).make_function()(*values), compiled(*values), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12)


def test_one_output_comes_bare_unless_a_list_is_wanted():
    x = number("x")
    linker = PerformLinker().accept(FunctionGraph([x], [neg(x)]))
    assert linker.make_function()(3) == -3
    assert linker.make_function(unpack_single=False)(3) == [-3]
    with pytest.raises(TypeError, match=r"the function takes 1 arguments \(x\), 2 were given"):
        linker.make_function()(1, 2)


def test_arguments_are_filtered_and_results_are_read_only():
    x = number("x")
    f = PerformLinker().accept(FunctionGraph([x], [neg(x)])).make_function()
    assert f("2.5") == -2.5
    with pytest.raises(TypeError, match="is not a number"):
        f([])
    with pytest.raises(TypeError, match="read-only"):
        f.outputs[0].value = 3


def test_a_linker_with_a_graph_makes_another_for_the_next():
    x = number("x")
    for linker in (PerformLinker(allow_gc=False), WrapLinker([PerformLinker(allow_gc=False)], lambda i, node, thunk: thunk())):
        first = linker.accept(FunctionGraph([x], [neg(x)]))
        second = linker.accept(FunctionGraph([x], [add(x, x)]))
        assert first is linker and second is not linker and type(second) is type(linker)
        assert first.accept(first.fgraph) is first
        assert (first.make_function()(3), second.make_function()(3)) == (-3, 6)
        assert linker.clone().allow_gc is linker.allow_gc and linker.clone(allow_gc=True).allow_gc is True
    assert [inner.allow_gc for inner in linker.clone(allow_gc=True).linkers] == [True]


def test_storage_can_be_given():
    x, y = number("x"), number("y")
    graph = FunctionGraph([x, y], [add(x, y)], clone=False)
    cells = {y: [5]}
    total = [None]
    thunk, inputs, outputs = PerformLinker().accept(graph).make_thunk(output_storage=[total], storage_map=cells)
    inputs[0].value = 2
    thunk()
    assert total == [7] and outputs[0].storage is total and cells[y] is inputs[1].storage


def test_map_storage():
    x, two = number("x"), constant(2)
    graph = FunctionGraph([x], [add(x, two), x, two], clone=False)
    inputs, outputs, cells = map_storage(graph, graph.toposort(), [[3]], [[None], [None], [None]])
    assert inputs == [[3]] and outputs == [[None], [3], [2]] and outputs[1] is inputs[0]
    assert cells[x] is inputs[0] and cells[two] is outputs[2] and set(cells) == {x, two, *graph.toposort()[0].outputs}
    with pytest.raises(ValueError, match="2 cells are given for the 1 inputs"):
        map_storage(graph, graph.toposort(), [[1], [2]], None)
    with pytest.raises(ValueError, match="the input x has two cells"):
        map_storage(graph, graph.toposort(), [[1]], None, {x: [2]})
    with pytest.raises(TypeError, match=r"the cell of the input x is a list of one element, such as \[None\], not 7"):
        map_storage(graph, graph.toposort(), [7], None)


def test_gc_helper_names_the_last_reader():
    x = number("x")
    a = neg(x)
    b = add(a, x)
    c = add(a, b)
    computed, last = gc_helper([a.owner, b.owner, c.owner])
    assert computed == {a, b, c} and last == {x: b.owner, a: c.owner, b: c.owner}


@pytest.mark.parametrize("linker", [PerformLinker, VM_Linker, lambda allow_gc: VM_Linker(allow_gc=allow_gc, lazy=True)])
def test_what_nothing_reads_any_more_is_let_go(linker):
    x = number("x")
    a = neg(x)
    end = add(a, neg(a))
    graph = FunctionGraph([x], [end], clone=False)
    for allow_gc in (True, False):
        cells = {}
        f = linker(allow_gc=allow_gc).accept(graph).make_function(storage_map=cells)
        assert f(3) == 0
        assert cells[a] == [None if allow_gc else -3] and cells[end] == [0] and cells[x] == [3]


def test_no_recycling_empties_outputs_before_each_call():
    x = number("x")
    good, bad = neg(x), Fails()(x)
    cells = {}
    linker = PerformLinker(allow_gc=False).accept(FunctionGraph([x], [good, bad], clone=False), no_recycling=[good])
    f = linker.make_function(storage_map=cells)
    cells[good][0] = "old"
    f.thunk.thunks[0] = lambda: None
    with pytest.raises(ValueError, match="nothing to be had"):
        f(3)
    assert cells[good] == [None]
    assert PerformLinker().accept(linker.fgraph, True).no_recycling == (good, bad)


def test_streamline_chooses_the_machine():
    x = number("x")
    graph = FunctionGraph([x], [neg(x)], clone=False)
    order = graph.toposort()
    _, _, cells = map_storage(graph, order, [[3]], None)
    thunk = order[0].op.make_thunk(order[0], cells, None, [])
    assert type(streamline(graph, [thunk], order)) is Loop
    machine = streamline(graph, [thunk], order, [[cells[x]]], [cells[order[0].out]])
    machine()
    assert type(machine) is LoopGC and cells[x] == [None] and cells[order[0].out] == [-3]


def test_operations_overwrite_only_where_order_is_guarded():
    x = generic("x")
    graph = FunctionGraph([x], [Listed(1, inplace=True)(x)], clone=False)
    given = [0]
    assert PerformLinker().accept(graph).make_function()(given) == [0, 1] and given == [0]
    graph.destroy_handler = object()
    assert PerformLinker().accept(graph).make_function()(given) is given and given == [0, 1]


@pytest.mark.parametrize("linker", LINKERS)
def test_every_way_to_define_an_operation(linker):
    x = number("x")
    prepared = Prepared(10)
    f = LINKERS[linker]().accept(FunctionGraph([x], [OldThunk()(prepared(x))])).make_function()
    assert f(3) == f(3) == 14 and set(prepared.prepared) == {"py"}
    with pytest.raises(MethodNotDefined, match="Stateful cannot be computed: it does not define perform"):
        LINKERS[linker]().accept(FunctionGraph([x], [Stateful()(x)])).make_function()


# --- wrapping


def test_a_wrapper_sees_each_node_with_its_values():
    x = number("x")
    seen = []

    def look(position, node, thunk):
        thunk()
        seen.append((position, str(node.op), thunk.inputs[0][0], thunk.outputs[0][0]))

    graph = FunctionGraph([x], [Scale(2)(neg(x))])
    assert WrapLinkerMany([PerformLinker()], [look, lambda *args: seen.append(len(args))]).accept(graph).make_function()(3) == -6
    assert seen == [(0, "Neg", 3, -3), 3, (1, "Scale{factor=2}", -3, -6), 3]


def test_linkers_side_by_side_do_not_share_values():
    x = generic("x")
    wrong = []

    def compare(position, node, one, two):
        one()
        two()
        wrong.append(one.outputs[0][0] != two.outputs[0][0] or one.outputs[0][0] is two.outputs[0][0])

    graph = FunctionGraph([x], [Listed(2)(Listed(1)(x))])
    graph.destroy_handler = object()
    assert WrapLinker([PerformLinker(), PerformLinker()], compare).accept(graph).make_function()([0]) == [0, 1, 2]
    assert wrong == [False, False]


def test_pre_sees_the_inputs():
    class Watching(WrapLinker):
        def pre(self, f, inputs, order, thunk_groups):
            self.saw = list(inputs), len(order), len(thunk_groups)

    x = number("x")
    linker = Watching([PerformLinker()], lambda i, node, thunk: thunk()).accept(FunctionGraph([x], [neg(x)]))
    linker.make_function()(3)
    assert linker.saw == ([3], 1, 1)


# --- laziness


def test_only_what_is_needed_is_computed():
    c, a, b = number("c"), number("a"), number("b")
    log = []
    graph = FunctionGraph([c, a, b], [Choose()(c, Counted(log)(a), Counted(log)(b))])
    f = VM_Linker().accept(graph).make_function()
    assert isinstance(f.thunk, Stack)
    assert (f(1, 10, 20), log) == (10, ["a"])
    assert (f(0, 10, 20), log) == (20, ["a", "b"])
    assert PerformLinker().accept(graph).make_function()(0, 10, 20) == 20, "where all is computed, nothing need be asked for"


@given(choices=st.lists(st.booleans(), min_size=3, max_size=3), clear=st.booleans())
def test_nested_choices(choices, clear):
    leaves = [number(f"n{k}") for k in range(4)]
    conditions = [number(f"c{k}") for k in range(3)]
    log = []
    outer, left, right = conditions
    counted = [Counted(log)(leaf) for leaf in leaves]
    end = Choose()(outer, Choose()(left, counted[0], counted[1]), Choose()(right, counted[2], counted[3]))
    f = VM_Linker(allow_gc=clear).accept(FunctionGraph([*conditions, *leaves], [end])).make_function()
    taken = (0 if choices[1] else 1) if choices[0] else (2 if choices[2] else 3)
    assert f(*choices, 0, 1, 2, 3) == taken and log == [f"n{taken}"]


def test_a_part_of_the_outputs():
    a, b = number("a"), number("b")
    log = []
    graph = FunctionGraph([a, b], [Counted(log)(a), Counted(log)(b), neg(a)], clone=False)
    linker = VM_Linker(allow_partial_eval=True).accept(graph)
    linker.accept_var_updates({a: graph.outputs[2]})
    thunk, inputs, outputs = linker.make_thunk([[1], [2]])
    thunk(output_subset=[1])
    assert log == ["b"] and outputs[1].value == 2
    assert inputs[0].value == -1, "updates run whatever is asked for"


@pytest.mark.parametrize("lazy", [False, True])
def test_updates_see_the_values_before_the_call(lazy):
    a, b = number("a"), number("b")
    graph = FunctionGraph([a, b], [b, add(a, b)], clone=False)
    linker = VM_Linker(lazy=lazy).accept(graph)
    linker.accept_var_updates(dict(zip([a, b], graph.outputs)))
    thunk, inputs, _ = linker.make_thunk([[1], [1]])
    for _ in range(5):
        thunk()
    assert [cell.value for cell in inputs] == [8, 13]


def test_callbacks():
    x = number("x")
    nodes, inputs = [], []

    def callback(node, thunk, storage_map, compute_map):
        assert compute_map[node.outputs[0]] == [True]
        nodes.append((str(node.op), storage_map[node.outputs[0]][0]))

    linker = VM_Linker(callback=callback, callback_input=lambda variable, value: inputs.append((str(variable), value)))
    linker.accept(FunctionGraph([x], [Choose()(x, neg(x), x)])).make_function()(3)
    assert nodes == [("Neg", -3), ("Choose", -3)] and inputs == [("x", 3)]


def test_a_machine_runs_one_node_by_itself():
    x = number("x")
    graph = FunctionGraph([x], [neg(x)], clone=False)
    cells = {}
    machine, inputs, _, _, order = VM_Linker(lazy=True).accept(graph).make_all([[4]], None, cells)
    assert machine.run_thunk_of_node(order[0]) is None and cells[order[0].out] == [-4]
    machine.clear_storage()
    assert cells[order[0].out] == [None] and inputs[0].value == 4


def test_gc_dependencies():
    x = number("x")
    quotient, rest = divmod_(x, neg(x))
    linker = VM_Linker().accept(FunctionGraph([x], [quotient], clone=False))
    assert linker.compute_gc_dependencies([x, quotient]) == {x: [x.clients[0][0].out, quotient, rest], quotient: []}


def test_times_are_counted():
    class Profile:
        apply_time, apply_callcount = {}, {}

    x = number("x")
    graph = FunctionGraph([x], [neg(x)], clone=False)
    f = VM_Linker().accept(graph, profile=Profile).make_function()
    f(1), f(2)
    f.thunk.update_profile(Profile)
    f(3)
    f.thunk.update_profile(Profile)
    [node] = graph.toposort()
    assert Profile.apply_callcount == {node: 3} and 0 < Profile.apply_time[node] < 1 and f.thunk.call_counts == [0]


# --- errors


def noted(action):
    with pytest.raises(ValueError, match="nothing to be had") as caught:
        action()
    return caught.value


@pytest.mark.parametrize("linker", LINKERS)
def test_an_error_names_the_node_its_inputs_and_the_line(linker):
    x = number("x")
    failing = Fails()(neg(x))
    error = noted(lambda: LINKERS[linker]().accept(FunctionGraph([x], [failing])).make_function()(3))
    [note] = error.__notes__
    assert note.startswith("in Fails(Neg.0), built at test_linkers.py:") and "Neg(x)" in note and "int -3" in note
    assert error.__thunk_trace__[0][0] == __file__


def test_all_storage_is_shown_where_that_is_asked_for():
    x = number("x")
    graph = FunctionGraph([x], [Fails()(neg(x))])
    with theano.config.change_flags(exception_verbosity="high"):
        error = noted(lambda: VM_Linker(lazy=True).accept(graph).make_function()(3))
    assert error.__notes__[0].count("holds") == 3


def test_the_trace_of_a_thunk_can_be_printed(capsys):
    x = number("x")
    error = noted(lambda: PerformLinker().accept(FunctionGraph([x], [Fails()(x)])).make_function()(3))
    out = io.StringIO()
    log_thunk_trace(error, out)
    assert out.getvalue().startswith(f"ValueError in what was built at {__file__}:")
    log_thunk_trace(ValueError(), out)
    assert out.getvalue().count("\n") == 1, "of other errors there is nothing to say"
    thunk_hook(ValueError, error, error.__traceback__)
    assert out.getvalue() in capsys.readouterr().err


def test_an_interrupt_is_not_the_fault_of_a_node():
    x = number("x")
    with pytest.raises(KeyboardInterrupt) as caught:
        raise_with_op(neg(x).owner, exc_info=(KeyboardInterrupt, KeyboardInterrupt(), None))
    assert not hasattr(caught.value, "__notes__")
    with pytest.raises(TypeError, match="while an error is being handled"):
        raise_with_op(neg(x).owner)
    assert sys.exc_info()[0] is None


def test_clear_storage():
    x = number("x")
    f, cells = (lambda: None), {x: [3]}
    add_clear_storage(f, [x, neg(x)], cells)
    f.clear_storage()
    assert cells == {x: [None]}


@pytest.mark.parametrize(
    ("action", "kind", "said"),
    [
        (lambda x: PerformLinker().make_function(), TypeError, r"this PerformLinker has no graph: call accept\(fgraph\) first"),
        (lambda x: Linker().make_function(), NotImplementedError, "Linker does not say how a graph becomes a thunk"),
        (lambda x: LocalLinker().make_all(), NotImplementedError, "LocalLinker does not make thunks"),
        (lambda x: VM([], [], [])(), NotImplementedError, "VM does not say in which order thunks run"),
        (lambda x: Loop([neg(x).owner], [], []), ValueError, "1 nodes have 0 thunks"),
        (lambda x: LoopGC([], [], [], [[]]), ValueError, "0 thunks have 1 lists of cells"),
        (lambda x: Stack([], [], [], {}, {}, FunctionGraph([x], [x]), True, 0), ValueError, "allow_gc needs dependencies"),
        (lambda x: WrapLinker([], print), ValueError, "at least one linker"),
        (
            lambda x: VM_Linker().accept(FunctionGraph([x], [x])).accept_var_updates({x: neg(x)}),
            ValueError,
            "from an output of the graph to an input of it",
        ),
        (
            lambda x: (
                WrapLinker([PerformLinker(), PerformLinker(schedule=lambda g: g.toposort()[::-1])], print)
                .accept(FunctionGraph([x], [neg(x), add(x, x)]))
                .make_function()
            ),
            ValueError,
            "the linkers put the nodes in different orders",
        ),
    ],
)
def test_misuse(action, kind, said):
    with pytest.raises(kind, match=said):
        action(number("x"))
