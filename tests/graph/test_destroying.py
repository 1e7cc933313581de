"""DestroyHandler: no reader ever sees what was overwritten, and nothing is refused that could run."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.errors.telling import told
from tests.graph.memory_ops import Text, fresh, inplace, view
from theano.compile.function_module import Supervisor
from theano.errors import InconsistencyError
from theano.gof.destroyhandler import ProtocolError, fast_inplace_check
from theano.graph import Constant, DestroyHandler, FunctionGraph, Op, generic, io_toposort
from theano.interpret import PerformLinker, VM_Linker


@st.composite
def graphs(draw, max_nodes, kinds=("fresh", "view", "inplace")):
    """(inputs, the outputs of random nodes, chosen outputs)."""
    inputs = [generic(name) for name in "ab"]
    pool = list(inputs)
    for number, kind in enumerate(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=max_nodes))):
        arguments = [draw(st.sampled_from(pool)) for _ in range(1 if kind == "view" else draw(st.integers(1, 2)))]
        pool.append(view(*arguments) if kind == "view" else Text(f"f{number}", inplace=kind == "inplace")(*arguments))
    return inputs, draw(st.lists(st.sampled_from(pool[2:]), min_size=1, max_size=2))


def meant(inputs, outputs):
    """The texts of the outputs where nothing is ever overwritten."""
    texts = {variable: variable.name for variable in inputs}
    for node in io_toposort(inputs, outputs):
        arguments = [texts[v] for v in node.inputs]
        texts[node.out] = arguments[0] if node.op.view else f"{node.op.name}({', '.join(arguments)})"
    return [texts[variable] for variable in outputs]


def run(inputs, outputs, order):
    """The texts of the outputs when the nodes run in this order, in place."""
    cells = {variable: [[variable.name]] for variable in inputs}
    for node in order:
        cells[node.out] = [None]
        node.op.perform(node, [cells[v][0] for v in node.inputs], [cells[node.out]])
    return [cells[variable][0][0] for variable in outputs]


def orders(nodes):
    for order in permutations(nodes):
        place = {node: position for position, node in enumerate(order)}
        if all(v.owner is None or place[v.owner] < place[node] for node in order for v in node.inputs):
            yield order


@given(graphs(5))
def test_a_graph_is_refused_exactly_if_no_order_is_right(graph):
    inputs, outputs = graph
    nodes = io_toposort(inputs, outputs)
    possible = any(run(inputs, outputs, order) == meant(inputs, outputs) for order in orders(nodes))
    handler = DestroyHandler()
    fgraph = FunctionGraph(inputs, outputs, clone=False, features=[handler])
    assert fgraph.consistent() is possible
    if possible:
        handler.validate(fgraph)
        assert run(inputs, outputs, fgraph.toposort()) == meant(inputs, outputs)


@given(graphs(15, kinds=("fresh", "fresh", "view")), st.data())
def test_whatever_is_put_in_place_results_stay(graph, data):
    inputs, outputs = graph
    wanted = meant(inputs, outputs)
    fgraph = FunctionGraph(inputs, outputs, clone=False, features=[DestroyHandler()])
    for node in data.draw(st.permutations(fgraph.toposort())):
        if node in fgraph.apply_nodes and not node.op.view:
            changed = inplace(node.op.name)(*node.inputs)
            try:
                fgraph.replace_validate(node.out, changed)
            except InconsistencyError:
                assert node in fgraph.apply_nodes and changed.owner not in fgraph.apply_nodes
            fgraph.check_integrity()
    for linker in (PerformLinker(), VM_Linker(lazy=True)):
        found = linker.accept(fgraph).make_function(unpack_single=False)(*([v.name] for v in inputs))
        assert [cell[0] for cell in found] == wanted


def test_a_chain_can_all_be_in_place():
    x = end = generic("x")
    for number in range(10):
        end = fresh(f"f{number}")(end)
    fgraph = FunctionGraph([x], [end], clone=False, features=[DestroyHandler()])
    for node in fgraph.toposort():
        fgraph.replace_validate(node.out, inplace(node.op.name)(*node.inputs))
    assert all(node.op.inplace for node in fgraph.toposort())


def test_what_is_refused_is_refused_again():
    x = generic("x")
    fgraph = FunctionGraph([x], [inplace("w")(x), inplace("v")(x)], clone=False, features=[DestroyHandler()])
    for look in (fgraph.validate, fgraph.validate, fgraph.toposort, fgraph.orderings):
        with pytest.raises(InconsistencyError, match="x is overwritten twice"):
            look()


def test_orderings_follow_the_graph():
    x, y = generic("x"), generic("y")
    handler = DestroyHandler()
    seen, over = view(x), inplace("w")(x)
    reader = fresh("r")(seen)
    fgraph = FunctionGraph([x, y], [over, reader], clone=False, features=[handler])
    assert handler.orderings(fgraph) == {over.owner: [seen.owner, reader.owner]}
    assert fgraph.destroyers(x) == fgraph.destroyers(seen) == [over.owner] and fgraph.destroyers(reader) == []
    assert fgraph.has_destroyers([y, x]) and not fgraph.has_destroyers([y])
    fgraph.replace(reader, y)
    assert handler.orderings(fgraph) == {} and fgraph.destroyers(x) == [over.owner]
    fgraph.replace(over, y)
    assert fgraph.destroyers(x) == []
    fgraph.remove_feature(handler)
    assert not hasattr(fgraph, "destroyers")


def test_one_handler_for_each_graph():
    x = generic("x")
    handler = DestroyHandler()
    fgraph = FunctionGraph([x], [fresh("f")(x)], features=[handler, DestroyHandler()])
    assert fgraph.features == [handler]


def test_what_was_there_may_be_left_out():
    x = generic("x")
    fgraph = FunctionGraph([x], [inplace("w")(x), inplace("v")(x)])
    fgraph.attach_feature(DestroyHandler(do_imports_on_attach=False))
    assert fgraph.consistent() and fgraph.destroyers(fgraph.inputs[0]) == []


class Knowing(Text):
    """Reads a second input that may be the one it overwrites."""

    __props__ = ()
    destroyhandler_tolerate_same = [(0, 1)]

    def __init__(self):
        super().__init__("k", inplace=True)


class KnowingViews(Knowing):
    destroyhandler_tolerate_aliased = [(0, 1)]


def test_an_operation_may_know_that_it_reads_what_it_overwrites():
    x = generic("x")
    cases = [
        (inplace("w")(x, x), False), (Knowing()(x, x), True), (Knowing()(x, view(x)), False), (KnowingViews()(x, view(x)), True),
        (inplace("w")(x, fresh("f")(x)), True),
    ]  # fmt: skip
    for output, fine in cases:
        assert FunctionGraph([x], [output], features=[DestroyHandler()]).consistent() is fine


class Strange(Op):
    itypes = otypes = (generic,)

    def __init__(self, **maps):
        self.__dict__.update(maps)


CASES = {
    "a constant": (lambda x: inplace("w")(Constant(generic, ["c"])), InconsistencyError, "which must stay as it is"),
    "a view of a constant": (lambda x: inplace("w")(view(Constant(generic, ["c"]))), InconsistencyError, "which must stay as it is"),
    "twice": (lambda x: fresh("f")(inplace("w")(x), inplace("v")(x)), InconsistencyError, "x is overwritten twice: by "),
    "two views": (lambda x: fresh("f")(inplace("w")(view(x)), inplace("v")(view(x))), InconsistencyError, "x is overwritten twice: by "),
    "and read by itself": (lambda x: inplace("w")(x, x), InconsistencyError, "reads the same memory as its input 1"),
    "and read after": (lambda x: fresh("f")(x, inplace("w")(x)), InconsistencyError, "the graph has a cycle"),
    "a map of outputs that are not there": (lambda x: Strange(destroy_map={1: [0]})(x), ProtocolError, "destroy_map names output 1 of 1"),
    "a map of inputs that are not there": (lambda x: Strange(view_map={0: [3]})(x), ProtocolError, "view_map names input 3 of 1"),
    "a map that is none": (lambda x: Strange(destroy_map={0: 0})(x), ProtocolError, "gives 0 for output 0, no list"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_refused_and_why(case):
    build, kind, said = CASES[case]
    x = generic("x")
    text, _ = told(kind, lambda: FunctionGraph([x], [build(x)], clone=False, features=[DestroyHandler()]).validate())
    assert said in text


def test_an_output_may_not_be_overwritten():
    x = generic("x")
    graph = FunctionGraph([x], [view(x), inplace("w")(x)], clone=False, features=[DestroyHandler()])
    text, _ = told(InconsistencyError, graph.validate)
    assert "which is an output of the graph" in text and "use the form of the operation that makes a new array" in text


def test_what_is_protected():
    x, y = generic("x"), generic("y")
    x.tag.indestructible = True
    fgraph = FunctionGraph([x, y], [fresh("f")(x, y)], clone=False, features=[DestroyHandler(), Supervisor([y])])
    for variable, said in ((x, "which must stay as it is"), (y, "which is protected")):
        with pytest.raises(InconsistencyError, match=said):
            fgraph.replace_validate(fgraph.outputs[0], inplace("f")(variable, x))
    assert FunctionGraph([y], [y], features=[Supervisor([y])]).consistent()


def test_candidates_for_overwriting():
    x, y, z = generic("x"), generic("y"), generic("z")
    z.tag.indestructible = True
    a, b = fresh("a")(x, y, z), fresh("b")(x)
    over = inplace("w")(b)
    FunctionGraph([x, y, z], [a, over], clone=False, features=[DestroyHandler(), Supervisor([y])])
    assert fast_inplace_check([x, y, z, a, b, Constant(generic, 1)]) == [x, a]
    assert fast_inplace_check([Constant(generic, 1)]) == fast_inplace_check([generic("free")]) == []
