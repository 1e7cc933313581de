"""Errors of rules, optimizers and databases: what is wrong, which rule and node it is about, and a cure."""

import numpy as np
import pytest

import theano.tensor as T
from theano import errors
from theano.compile import optdb
from theano.flags import change_flags
from theano.gof.opt import (
    EquilibriumOptimizer,
    LocalOptGroup,
    LocalOptimizer,
    NavigatorOptimizer,
    OpKeyOptimizer,
    OpRemove,
    OpSub,
    Optimizer,
    PatternSub,
    SeqOptimizer,
    TopoOptimizer,
    check_stack_trace,
    inplace_optimizer,
    local_optimizer,
    optimizer,
    out2in,
)
from theano.gof.optdb import DB, EquilibriumDB, LocalGroupDB, ProxyDB, Query, SequenceDB, TopoDB
from theano.graph import Apply, FunctionGraph, Op

a, v = T.dscalar("a"), T.dvector("v")


class Two(Op):
    """Two inputs, one output."""

    __props__ = ()

    def make_node(self, x, y):
        return Apply(self, [x, y], [x.type()])


@local_optimizer([T.sin])
def fine(node):
    return [T.cos(node.inputs[0])]


@optimizer
def whole(fgraph):
    """Does nothing."""


def answer(function, output=None):
    """Run a rule that answers by ``function(node)``."""
    rule = local_optimizer([T.sin])(function)
    rule.name = "rule"
    return lambda: run(rule, T.sin(T.exp(v)) if output is None else output)


def run(rule, output):
    graph = FunctionGraph([a, v], [output])
    before = [str(node) for node in graph.toposort()]
    try:
        with change_flags(on_opt_error="raise"):
            EquilibriumOptimizer([rule], EquilibriumOptimizer.warn).optimize(graph)
    finally:
        assert [str(node) for node in graph.toposort()] == before
        graph.check_integrity()


def raising(node):
    raise LookupError("no such thing")


def above(node):
    """What reads the node."""
    return node.fgraph.clients[node.outputs[0]][0][0].outputs[0]


def filled(kind=EquilibriumDB, **options):
    db = kind(**options)
    db.register("one", local_optimizer([T.sin])(lambda node: None), "odd", "small")
    db.register("three", local_optimizer([T.sin])(lambda node: None), "odd")
    return db


CASES = {
    # rules
    "no ops to track": (lambda: local_optimizer([]), ValueError, "an empty list of ops would never apply", "None) for every node"),
    "one op instead of a list": (lambda: local_optimizer(T.sin), TypeError, "the ops are given as a list, not", "[op, OpClass"),
    "the name of an op": (lambda: local_optimizer(["sin"]), TypeError, "'sin' is neither an operation nor a class", "[op, OpClass"),
    "a variable to track": (lambda: local_optimizer([T.sin(a)]), TypeError, "is neither an operation nor a class", "[op, OpClass"),
    "the decorator of no function": (lambda: local_optimizer([T.sin])(5), TypeError, "a function of the node is decorated, not 5", None),
    "a rule without transform": (
        lambda: run(type("Empty", (LocalOptimizer,), {})(), T.sin(v)),
        NotImplementedError, "Empty defines no", None,
    ),
    "a group of functions": (lambda: LocalOptGroup(np.sin), TypeError, "is no LocalOptimizer", "@local_optimizer makes one"),
    # what rules answer
    "too few replacements": (answer(lambda node: []), ValueError, "rule gave 0 replacements for a node with 1 output", "None keeps one"),
    "too many replacements": (
        answer(lambda node: [v, v]),
        ValueError, "rule gave 2 replacements for a node with 1 output", "in their order",
    ),
    "a string": (answer(lambda node: "no"), TypeError, "rule gave 'no', which is no replacement", "a rule returns False or None"),
    "True": (answer(lambda node: True), TypeError, "rule gave True, which is no replacement", "a rule returns False or None"),
    "a number in the list": (answer(lambda node: [1.5]), TypeError, "rule gave 1.5 in the place of", None),
    "another dtype": (
        answer(lambda node: [T.cast(node.inputs[0], "float32")]),
        TypeError, "rule gave a replacement of another type", ".astype",
    ),
    "another rank": (answer(lambda node: [node.inputs[0].sum()]), TypeError, "rule gave a replacement of another type", ".reshape"),
    "an expression as a string": (
        answer(lambda node: {"out": node.inputs[0]}),
        TypeError, "rule replaces 'out', which is no variable", None,
    ),
    "an unknown input": (answer(lambda node: [T.dvector("w")]), errors.MissingInputError, "the graph needs w", "givens"),
    "a node that should be gone": (
        answer(lambda node: {node.outputs[0]: node.inputs[0], "remove": [node.inputs[0].owner]}), errors.InconsistencyError,
        "should have been removed", None,
    ),
    "a cycle": (
        answer(lambda node: {node.inputs[0]: above(node)}, T.tan(T.sin(T.exp(v)))), errors.InconsistencyError, "made of itself", None,
    ),
    "a rule that raises": (answer(raising), LookupError, "no such thing", None),
    "an op without as many outputs as inputs": (
        lambda: run(OpRemove(Two()), Two()(v, v)), ValueError, "gave 2 replacements for a node with 1", "one variable for each output",
    ),
    "a pattern that makes another type": (
        lambda: run(PatternSub((T.exp, "x"), (T.eq, "x", "x")), T.exp(v)), TypeError, "gave a replacement of another type", ".astype",
    ),
    # patterns
    "a name as the pattern": (lambda: PatternSub("x", "y"), TypeError, "'x' is no pattern to look for", "(op, argument, ...)"),
    "an empty pattern": (lambda: PatternSub((), "y"), TypeError, "() is no pattern to look for", "(op, argument, ...)"),
    "an unbound name": (lambda: PatternSub((T.exp, "x"), (T.sin, "y")), ValueError, "the name 'y' is not in the pattern", "it binds x"),
    "a misspelt name": (
        lambda: PatternSub((T.exp, "value"), (T.sin, "valve")), ValueError, "the name 'valve' is not", "did you mean value?",
    ),
    "a class of ops": (lambda: PatternSub((Two, "x", "y"), "x"), TypeError, "stands where an operation must", "must be instantiated"),
    "a function as an op": (lambda: PatternSub((T.exp, (np.sin, "x")), "x"), TypeError, "stands where an operation must", "(op, argument"),
    "a class of ops to be made": (lambda: PatternSub((T.exp, "x"), (Two, "x", "x")), TypeError, "stands where an operation must", None),
    "a part with a wrong key": (
        lambda: PatternSub((T.exp, {"pattern": "x", "condition": bool}), "x"), ValueError, "it has the key 'condition'", '"constraint": f',
    ),
    "a part without a pattern": (lambda: PatternSub((T.exp, {"constraint": bool}), "x"), ValueError, "it has no 'pattern'", '"pattern": p'),
    "a condition that is no function": (
        lambda: PatternSub((T.exp, {"pattern": "x", "constraint": True}), "x"), TypeError, "the constraint True is no function", None,
    ),
    "a condition on what is made": (
        lambda: PatternSub((T.exp, "x"), {"pattern": "x"}),
        TypeError, "conditions belong to the pattern", None,
    ),
    "tracks without get_nodes": (
        lambda: PatternSub((T.exp, "x"), "x", tracks=[T.log]),
        ValueError, "tracks and get_nodes belong together", None,
    ),
    "a substitution of a name": (lambda: OpSub("exp", T.sin), TypeError, "OpSub: 'exp' is no operation", "MyOp()"),
    "a substitution by a class": (lambda: OpSub(T.exp, Two), TypeError, "is no operation", "MyOp()"),
    "the removal of a function": (lambda: OpRemove(np.exp), TypeError, "is no operation", "MyOp()"),
    # optimizers
    "an optimizer of no function": (lambda: optimizer("name"), TypeError, "a function of the graph is decorated, not 'name'", None),
    "an in-place optimizer of no function": (lambda: inplace_optimizer(None), TypeError, "a function of the graph is decorated", None),
    "an optimizer without apply": (lambda: Optimizer()(FunctionGraph([a], [a])), NotImplementedError, "Optimizer defines no apply", None),
    "a rule in a sequence": (lambda: SeqOptimizer(whole, fine), TypeError, "fine is no optimizer of graphs", "in2out(rule)"),
    "a function in a sequence": (lambda: SeqOptimizer(np.sin), TypeError, "is no optimizer of graphs", "a method optimize(fgraph)"),
    "a number in an equilibrium": (lambda: EquilibriumOptimizer([3]), TypeError, "3 is no optimizer of graphs", "optimize(fgraph)"),
    "an unknown order": (lambda: TopoOptimizer(fine, "upwards"), ValueError, "'out_to_in' or 'in_to_out', not 'upwards'", None),
    "a walk with a function": (lambda: TopoOptimizer(lambda node: None), TypeError, "is no rule", "@local_optimizer"),
    "a walk with nothing": (lambda: out2in(), TypeError, "out2in: no rule was given", None),
    "a rule without a key": (lambda: OpKeyOptimizer(fine), TypeError, "fine has no op_key()", "TopoOptimizer"),
    "a navigator without a rule": (
        lambda: NavigatorOptimizer(None).process_node(FunctionGraph([a], [T.sin(a)]), T.sin(a).owner), ValueError, "there is no rule",
        "give process_node one",
    ),
    # databases
    "a function registered": (lambda: DB().register("f", np.sin), TypeError, "'f' is <ufunc 'sin'>, which is no optim", "@local_optimizer"),
    "a class registered": (lambda: optdb["canonicalize"].register("C", OpSub), TypeError, "which is no optimization", "instance: OpSub()"),
    "a name registered twice": (lambda: filled().register("one", fine), ValueError, "a tag named 'one' already", "unregister(name)"),
    "a tag as a name": (lambda: filled().register("odd", fine), ValueError, "a tag named 'odd' already", "choose another name"),
    "an object registered twice": (
        lambda: [db := EquilibriumDB(), db.register("x", fine), db.register("y", fine)], ValueError, "by the name 'x'", "ProxyDB",
    ),
    "a stage registered twice": (lambda: optdb.register("canonicalize", whole, 1), ValueError, "named 'canonicalize' already", None),
    "a name that is no string": (lambda: EquilibriumDB().register(fine, "name"), TypeError, "names and tags are strings", "'tag'"),
    "a tag that is no string": (lambda: EquilibriumDB().register("x", fine, 3), TypeError, "names and tags are strings, not 3", "'tag'"),
    "a list of tags": (lambda: filled().add_tags("one", ["a"]), TypeError, "names and tags are strings, not ['a']", "'tag'"),
    "a position forgotten": (
        lambda: optdb.register("x", whole, "fast_run"),
        TypeError, "is a number or 'last', not 'fast_run'", "position, 'tag'",
    ),
    "a position that is no number": (
        lambda: SequenceDB().register("x", whole, float("nan")),
        TypeError, "a number or 'last', not nan", None,
    ),
    "a place in a group that is no number": (
        lambda: LocalGroupDB().register("x", fine, "tag", position="first"), TypeError, "is a number or 'last', not 'first'", None,
    ),
    "a rule among optimizers": (lambda: optdb.register("x", fine, 2), TypeError, "a rule of one node", "optdb['canonicalize'].register"),
    "an unknown stage": (lambda: optdb["canonicalise"], KeyError, "optdb: there is no 'canonicalise'", "did you mean canonicalize"),
    "a tag of several": (lambda: filled()["odd"], KeyError, "2 optimizations have the tag 'odd'", "by the name of one"),
    "tags for an unknown name": (lambda: filled().add_tags("ome", "x"), KeyError, "there is no 'ome'", "did you mean one?"),
    "a tag that is not there": (lambda: filled().remove_tags("one", "big"), ValueError, "'one' has no tag 'big'; it has", "small"),
    "an unknown name taken out": (lambda: filled().unregister("five"), KeyError, "there is no 'five'", None),
    "a stage taken out": (lambda: optdb.unregister("specialize"), ValueError, "'specialize' is one of the stages", "in a mode"),
    "a rule of ours taken out": (
        lambda: optdb["canonicalize"].unregister("remove_identity"), ValueError, "is not one of the rules", "in a mode",
    ),
    "final and for cleaning up": (
        lambda: EquilibriumDB().register("x", fine, final_opt=True, cleanup=True), ValueError, "either a final_opt or for cleanup", None,
    ),
    "a query without a sign": (lambda: optdb.query("fast_run"), ValueError, "'fast_run' does not say what is meant", "'+tag' asks for it"),
    "a query of nothing": (lambda: optdb.query("+"), ValueError, "'+' does not say what is meant", "'-tag' leaves it out"),
    "a query that is no string": (lambda: optdb.query(3), ValueError, "3 does not say what is meant", "'+tag'"),
    "an unknown tag": (
        lambda: optdb.query("+fast_run", "+canonicalise"),
        ValueError, "optdb has no 'canonicalise'", "did you mean canonicalize",
    ),
    "an unknown tag required": (lambda: filled().query("&huge"), ValueError, "has no 'huge', neither as a name nor as a tag", "must"),
    "a query and more": (lambda: optdb.query(Query(["fast_run"]), "-blas"), TypeError, "a Query stands alone", ".excluding(...)"),
    "an unknown option of a query": (lambda: optdb.query("+fast_run", cutoff=1), TypeError, "not 'cutoff'", "position_cutoff"),
    "a string of tags": (
        lambda: Query("fast_run"),
        TypeError, "include is a list of names and tags, not 'fast_run'", "include=['fast_run']",
    ),
    "a tag excluded as a string": (lambda: Query(["x"], exclude="blas"), TypeError, "exclude is a list", "exclude=['blas']"),
    "a number as a tag": (lambda: Query([3]), TypeError, "include is a list of names and tags, not 3", None),
    "a walk over no database": (lambda: TopoDB(fine), TypeError, "TopoDB: a database is needed", None),
    "another name for no database": (lambda: ProxyDB([fine]), TypeError, "ProxyDB: a database is needed", None),
    "an extra that is no optimizer": (
        lambda: optdb.query(Query(["merge"]).register((3, 1))),
        TypeError, "3 is no optimizer", "optimize(fgraph)",
    ),
    # lines
    "an unknown answer to lost lines": (
        lambda: check_stack_trace(None, bug_print="shout"),
        ValueError, "'raise', 'warn' or 'ignore'", None,
    ),
    "lines of a variable": (lambda: check_stack_trace(T.sin(a)), TypeError, "a compiled function or a FunctionGraph is needed", None),
    "lines of the first": (lambda: check_stack_trace(FunctionGraph([], []), "first"), ValueError, "'last', 'all' or what", None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_message(name):
    action, kind, headline, cure = CASES[name]
    with pytest.raises(kind) as caught:
        action()
    text = str(caught.value.args[0]) if caught.value.args else ""
    assert headline in text
    assert cure is None or cure in text
    assert "Traceback" not in text


def test_there_is_nothing_left_of_what_was_refused():
    assert optdb.custom(Query(["fast_run", "fast_compile"])) == []
    assert set(optdb.ours) == {name for name, _, _ in optdb.entries()}


def test_a_refused_replacement_names_rule_and_node():
    with pytest.raises(TypeError) as caught:
        CASES["another dtype"][0]()
    rows = [line.split() for line in str(caught.value).splitlines()[1:]]
    found = {row[0]: row[1:] for row in rows}
    assert found["old"][-2:] == ["TensorType(float64,", "vector)"] and found["new"][-2:] == ["TensorType(float32,", "vector)"]
    assert found["rule"][0] == "rule" and found["rule"][-1].startswith("test_rewriting.py:")
    assert found["at"][0] == "sin" and found["at"][-1].startswith("test_rewriting.py:")


def test_an_exception_of_a_rule_stays_what_it_is_and_bears_a_note():
    with pytest.raises(LookupError) as caught:
        CASES["a rule that raises"][0]()
    (note,) = caught.value.__notes__
    assert note.startswith("in the optimization rule\n") and note.count("test_rewriting.py:") == 2
