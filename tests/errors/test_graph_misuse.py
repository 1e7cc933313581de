"""Misuse of graphs: each a clear error that names what is wrong, and the graph is as it was."""

import pytest

import theano.tensor as T
from tests.errors.telling import told
from tests.graph.memory_ops import inplace
from tests.graph.ops import Scale, add, divmod_, neg, number, other
from theano import errors
from theano.gof.destroyhandler import Supervisor
from theano.gof.graph import inputs as graph_inputs
from theano.gof.toolbox import GetCheckpoint, LambdExtract
from theano.graph import (
    AlreadyThere,
    Apply,
    Constant,
    Container,
    DestroyHandler,
    Feature,
    FunctionGraph,
    History,
    NodeFinder,
    NoOutputFromInplace,
    Op,
    ReplaceValidate,
    Validator,
    Variable,
    clone,
    clone_replace,
    equal_computations,
    general_toposort,
    generic,
    io_toposort,
    is_in_ancestors,
    is_same_graph,
    stack_search,
    view_roots,
)

x, y, z = number("x"), number("y"), number("z")


def graph_of(*outputs, features=()):
    """Of x and y, with the nodes themselves."""
    return FunctionGraph([x, y], list(outputs), clone=False, features=features)


# --- building: there is no graph yet

BUILDING = {
    "inputs that are no list": (lambda: Apply(add, (v for v in [x]), [number()]), TypeError, "the inputs of an Apply are a list or tuple"),
    "an input that is a value": (lambda: Apply(add, [x, 3], [number()]), TypeError, "input 1 of the node is not a Variable"),
    "outputs that are no list": (lambda: Apply(add, [x], number("o")), TypeError, "the outputs of an Apply are a list or tuple, not o"),
    "an output that is a value": (lambda: Apply(add, [x], [3]), TypeError, "output 0 of the node is not a Variable"),
    "an output with another owner": (lambda: Apply(add, [x], [neg(x)]), ValueError, "output 0 of the Apply already is an output of Neg(x)"),
    "an output in another place": (
        lambda: Apply(add, [x], list(divmod_(x, y)[::-1])), ValueError, "already is an output of DivMod(x, y); make a new variable",
    ),
    "a name that is no text": (lambda: Variable(number, name=3), TypeError, "the name of a variable is a str, not 3"),
    "too few inputs of a copy": (lambda: add(x, y).owner.clone_with_new_inputs([x]), ValueError, "Add has 2 inputs here, not 1"),
    "inputs of a copy of another type": (
        lambda: add(x, y).owner.clone_with_new_inputs([x, other("o")]), TypeError, "cannot be made of one of type NumberType{kind='other'}",
    ),
    "the one output of two": (lambda: divmod_(x, y)[0].owner.out, AttributeError, "DivMod has 2 outputs and no default_output; choose one"),
    "inputs of an op of another type": (lambda: Scale(2)(other("o")), TypeError, "Scale: input 0 is of the wrong type"),
    "too many inputs of an op": (lambda: Scale(2)(x, y), ValueError, "Scale takes 1 inputs, not 2"),
    "a constant that is no value of its type": (lambda: Constant(number, []), TypeError, "[] is not a number"),
    "a container of a value": (lambda: Container(3, [3]), TypeError, "a container is of a variable or of a type, not of 3"),
    "a container of a bare value": (lambda: Container(x, 3), TypeError, "a list of one element, such as [None], not 3"),
    # graphs that cannot be
    "one variable for the inputs": (lambda: FunctionGraph(x, [x]), TypeError, "the inputs of a graph are a list of variables, not one: x"),
    "one variable for the outputs": (
        lambda: FunctionGraph([x], x), TypeError, "the outputs of a graph are a list of variables, not one: x",
    ),
    "a value among the inputs": (lambda: FunctionGraph([x, 3], [x]), TypeError, "the inputs of a graph are variables, and 3 is none"),
    "None among the outputs": (lambda: FunctionGraph([x], [None]), TypeError, "the outputs of a graph are variables, and None is none"),
    "an input twice": (lambda: FunctionGraph([x, x], [x], clone=False), ValueError, "x is an input twice"),
    "an input that is computed": (lambda: graph_of(x).add_input(neg(x)), ValueError, "Neg.0 cannot be an input of a FunctionGraph"),
    "a missing input": (
        lambda: FunctionGraph([x], [add(x, y)]), errors.MissingInputError, "the graph needs y, which is not among its inputs",
    ),
    "an output that is no input": (lambda: FunctionGraph([x], [y]), errors.MissingInputError, "the graph needs y"),
    # walking
    "inputs of one variable": (lambda: graph_inputs(x), TypeError, "the arguments are a list of variables, not one: x"),
    "inputs of a value": (lambda: graph_inputs([x, "y"]), TypeError, "the arguments are variables, and 'y' is none"),
    "the order of a node": (lambda: io_toposort([x], [neg(x).owner]), TypeError, "the arguments are variables, and Neg(x) is none"),
    "roots of a value": (lambda: view_roots(3), TypeError, "the arguments are variables, and 3 is none"),
    "ancestors among variables": (lambda: is_in_ancestors(x, y), TypeError, "is_in_ancestors takes two nodes, such as x.owner"),
    "the same graph as a value": (lambda: is_same_graph(x, 3), TypeError, "the arguments are variables, and 3 is none"),
    "givens that are no pairs": (
        lambda: is_same_graph(x, y, [x]), TypeError, "the givens are a dictionary or pairs (old, new), and x is none",
    ),
    "computations that are values": (lambda: equal_computations([x], [3]), TypeError, "the arguments are variables, and 3 is none"),
    "a search neither in breadth nor in depth": (lambda: stack_search([1], {}.get, "up"), ValueError, "mode is 'bfs' or 'dfs', not 'up'"),
    "things in a circle": (lambda: general_toposort([1], {1: [2], 2: [1]}.get), errors.InconsistencyError, "a cycle goes through 1"),
    "uses without a graph": (lambda: number("free").clients, AttributeError, "free belongs to no FunctionGraph, which alone knows uses"),
    "values that are no dictionary": (
        lambda: T.dscalar("q").eval([1.0]), TypeError, "eval takes a dictionary {variable: value}, not [1.0]",
    ),
    # copying
    "a copy of one variable": (lambda: clone(x, [x]), TypeError, "inputs are a list of variables, not one: x"),
    "a copy of a value": (lambda: clone([x], [3]), TypeError, "outputs are variables, and 3 is none"),
    "replacing a value": (lambda: clone_replace(neg(x), {3: x}), TypeError, "only variables can be replaced, not 3"),
    "replacements that are no pairs": (
        lambda: clone_replace(neg(x), [x]), TypeError, "replacements are a dictionary or pairs (old, new), and x",
    ),
    "replacing by another type": (lambda: clone_replace(neg(x), {x: other("o")}), TypeError, "of type NumberType{kind='other'}"),
}  # fmt: skip


@pytest.mark.parametrize("case", BUILDING)
def test_what_cannot_be_built(case):
    action, kind, said = BUILDING[case]
    assert said in told(kind, action)[0]


# --- changing: a graph is there, and stays


class RefusesImports(Feature):
    def on_import(self, fgraph, node, reason):
        if reason != "init":
            raise errors.InconsistencyError("no new nodes, please")


class RefusesChanges(Feature):
    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        if not (isinstance(reason, tuple) and reason[0] == "revert"):
            raise errors.InconsistencyError("no changes, please")


class Circle(Feature):
    """Demands that of two Neg each comes before the other."""

    def orderings(self, fgraph):
        nodes = [node for node in fgraph.apply_nodes if node.op == neg]
        return dict(zip(nodes, ([node] for node in nodes[::-1]))) if len(nodes) > 1 else {}


class InPlace(Op):
    itypes = otypes = (number,)
    destroy_map = {0: [0]}


def foreign():
    """A variable of another graph."""
    made = neg(x)
    graph_of(made)
    return made


def cyclic(f):
    f.replace(f.outputs[0].owner.inputs[0], f.outputs[0])
    f.toposort()


CHANGING = {
    "replacing by another type": (lambda f, a, b: f.replace(a, other("o")), TypeError, "cannot be replaced by a variable of another type"),
    "replacing by a value": (lambda f, a, b: f.replace(a, 3), TypeError, "the parts of a graph are variables, and 3 is none"),
    "replacing by what has a foreign input": (lambda f, a, b: f.replace(a, add(x, z)), errors.MissingInputError, "the graph needs z"),
    "replacing by a foreign leaf": (lambda f, a, b: f.replace(a, z), errors.MissingInputError, "the graph needs z"),
    "replacing by a node of another graph": (
        lambda f, a, b: f.replace(a, foreign()), errors.InconsistencyError, "is in another FunctionGraph",
    ),
    "replacing by what is made of another graph": (
        lambda f, a, b: f.replace(a, add(neg(y), foreign())), errors.InconsistencyError, "Neg(x) is in another FunctionGraph",
    ),
    "pairs that are none": (lambda f, a, b: f.replace_all([a]), TypeError, "replacements are a dictionary or pairs (old, new)"),
    "a cycle": (lambda f, a, b: f.replace_validate(a, b), errors.InconsistencyError, "a variable would be made of itself"),
    "one of several that is of another type": (
        lambda f, a, b: f.replace_all_validate([(a, y), (b, other("o"))]), TypeError, "cannot be replaced by a variable of another type",
    ),
    "one of several that has a foreign input": (
        lambda f, a, b: f.replace_all_validate([(a, y), (b, add(y, z))]), errors.MissingInputError, "the graph needs z",
    ),
    "a node that must go and stays": (
        lambda f, a, b: f.replace_all_validate_remove([(x, y)], [a.owner]), errors.ReplacementDidntRemovedError, "should have been removed",
    ),
    "a node that is not there": (
        lambda f, a, b: f.change_input(neg(x).owner, 0, y), errors.InconsistencyError, "Neg(x) is no node of this",
    ),
    "an input that is not there": (
        lambda f, a, b: f.change_input(a.owner, 1, y), IndexError, "Neg has 1 inputs here, there is no number 1",
    ),
    "an input before the first": (lambda f, a, b: f.change_input(b.owner, -1, y), IndexError, "there is no number -1"),
    "an output that is not there": (
        lambda f, a, b: f.change_input("output", 7, y), IndexError, "the graph has 1 outputs, there is no number 7",
    ),
    "an input of another type": (lambda f, a, b: f.change_input(a.owner, 0, other("o")), TypeError, "of another type"),
    "an input that is a value": (
        lambda f, a, b: f.change_input(a.owner, 0, 3), TypeError, "the parts of a graph are variables, and 3 is none",
    ),
    "a class for a feature": (lambda f, a, b: f.attach_feature(History), TypeError, "did you mean History()?"),
    "an input that is computed": (lambda f, a, b: f.add_input(a), ValueError, "it is the output of a node"),
    "an input that is a value, added": (lambda f, a, b: f.add_input(3), TypeError, "the inputs of a graph are variables, and 3 is none"),
    "going back to where nobody was": (lambda f, a, b: attached(f, History()).revert(5), ValueError, "5 is no mark of this graph"),
    "going back to before the beginning": (lambda f, a, b: attached(f, History()).revert(-1), ValueError, "-1 is no mark of this graph"),
    "a mark of another history": (lambda f, a, b: GetCheckpoint(History(), f)(), KeyError, ""),
    "undoing at a node that is gone": (
        lambda f, a, b: LambdExtract(f, neg(x).owner, 0, y)(), errors.InconsistencyError, "is no node of this graph",
    ),
    "new nodes where these are refused": (
        lambda f, a, b: attached(f, RefusesImports()).replace(a, neg(neg(y))), errors.InconsistencyError, "no new nodes, please",
    ),
    "changes where these are refused": (
        lambda f, a, b: attached(f, RefusesChanges()).replace_validate(a, neg(y)), errors.InconsistencyError, "no changes, please",
    ),
    "an order that cannot be": (
        lambda f, a, b: attached(f, Circle()).replace_validate(y, neg(x)), errors.InconsistencyError, "the graph has a cycle",
    ),
    "an output in place": (
        lambda f, a, b: attached(f, NoOutputFromInplace()).replace_validate(b, InPlace()(x)), errors.InconsistencyError, "made in place",
    ),
    "overwriting what is read": (
        lambda f, a, b: attached(f, DestroyHandler()).replace_validate(a, add(InPlace()(x), x)), errors.InconsistencyError, "cycle",
    ),
    "overwriting what is protected": (
        lambda f, a, b: attached(f, DestroyHandler(), Supervisor([x])).replace_validate(a, InPlace()(x)), errors.InconsistencyError,
        "overwrites x, which is protected",
    ),
    "bringing back what was removed": (lambda f, a, b: brought_back(f), errors.InconsistencyError, "brings back what was removed"),
    **{
        f"a second {type(feature).__name__}": (
            lambda f, a, b, feature=feature: type(feature)().on_attach(attached(f, feature)), AlreadyThere, "is attached already",
        )
        for feature in (History(), NodeFinder(), DestroyHandler(), Validator(), ReplaceValidate())
    },
}  # fmt: skip


def attached(f, *features):
    for feature in features:
        f.attach_feature(feature)
    return f


def brought_back(f):
    """Neg is removed, put back by a plain replacement, and that is undone: the error is told by what comes after."""
    feature = ReplaceValidate()
    f.attach_feature(feature)
    a = f.outputs[0].owner.inputs[0]
    mark = attached(f, History()).checkpoint()
    f.replace_all_validate_remove([(a, y)], [a.owner])
    try:
        f.replace_validate(f.inputs[0] if f.clients[x] else f.outputs[0], a)
    finally:
        f.revert(mark)


def portrait(f):
    """All that a graph holds."""
    return str(f.toposort()), list(f.outputs), {v: sorted(map(str, uses)) for v, uses in f.clients.items()}


@pytest.mark.parametrize("case", CHANGING)
def test_what_cannot_be_changed(case):
    action, kind, said = CHANGING[case]
    a = neg(x)
    b = add(a, y)
    f = graph_of(b)
    before = portrait(f)
    assert said in told(kind, lambda: action(f, a, b))[0]
    f.check_integrity()
    for feature in list(f.features):
        f.remove_feature(feature)
    assert portrait(f) == before


def test_a_cycle_that_nobody_asked_about_is_found_when_it_matters():
    f = graph_of(add(neg(x), y))
    assert "the graph has a cycle" in told(errors.InconsistencyError, lambda: cyclic(f))[0]


def test_a_graph_that_could_not_be_made_lets_go_of_its_nodes():
    a = neg(x)
    with pytest.raises(errors.MissingInputError):
        graph_of(a, add(a, z))
    assert graph_of(a).outputs == [a] and a.owner.fgraph is a.fgraph


def test_what_a_graph_lets_go_of_may_enter_another():
    f = graph_of(neg(x))
    end = f.outputs[0]
    f.disown()
    assert graph_of(end).toposort() == [end.owner]


# --- graphs that somebody has spoilt: check_integrity tells what is wrong

SPOILT = {
    "wrong uses": (lambda f: f.clients[x].append((f.outputs[0].owner, 0)), "the uses of x are "),
    "uses that are gone": (lambda f: f.clients[y].clear(), "the uses of y are "),
    "an orphan": (lambda f: setattr(f.outputs[0].owner, "inputs", [number("orphan"), y]), "the nodes are not those that the outputs"),
    "an owner that does not know its output": (
        lambda f: setattr(f.outputs[0], "index", 1) or f.outputs[0].owner.outputs.append(number()), "",
    ),
    "a variable too many": (lambda f: f.clients.update({number(): f.clients[x]}), "the variables are not those of the nodes"),
    "a node too many": (lambda f: f._nodes.update({neg(x).owner: None}), "the nodes are not those that the outputs are made of"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_what_has_been_spoilt_is_told(case):
    spoil, said = SPOILT[case]
    f = graph_of(add(neg(x), y))
    spoil(f)
    assert said in told(errors.InconsistencyError, f.check_integrity)[0]


def test_what_does_nothing():
    """As the classic interface has it: these are no errors."""
    f = graph_of(neg(x))
    before = portrait(f)
    feature = History()
    f.replace(z, number("w"))
    f.replace(x, x)
    f.attach_feature(feature)
    f.attach_feature(feature)
    f.attach_feature(History())
    f.remove_feature(feature)
    f.remove_feature(feature)
    f.execute_callbacks("no_feature_has_it")
    assert f.collect_callbacks("no_feature_has_it") == {} and portrait(f) == before and f.features == []
    assert inplace("w")(generic("free")).owner.fgraph is None
