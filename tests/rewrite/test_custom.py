"""Rules and passes of extensions in the pipeline of theano.function: where they run, how they are chosen, what they cannot break."""

import json

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.rewrite.custom import (
    VALUE,
    Twice,
    a,
    graph_of,
    registered,
    rule_in,
    sin_is_cos,
    twice,
    twice_inplace,
    twice_is_sum,
    x,
    y,
)
from tests.rewrite.rewriting import ops_of
from theano.compile.mode import AddDestroyHandler, get_mode
from theano.flags import change_flags
from theano.rewrite import STAGES, optimize
from theano.rewrite.engine import GROUPS
from theano.rewrite.local import local_optimizer
from theano.rewrite.merging import MergeOptimizer
from theano.rewrite.passes import EquilibriumOptimizer, SeqOptimizer, TopoOptimizer, in2out, optimizer, out2in
from theano.rewrite.query import Query
from theano.rewrite.stages import (
    STAGED,
    StagedOptimizer,
    optdb,
    register_canonicalize,
    register_specialize,
    register_specialize_device,
    register_stabilize,
    register_uncanonicalize,
    register_useless,
)
from theano.rewrite.substitution import OpSub

RULE_STAGES = ["useless", "canonicalize", "stabilize", "specialize", "uncanonicalize", "specialize_device"]
REGISTRARS = dict(
    zip(
        RULE_STAGES,
        [
            register_useless,
            register_canonicalize,
            register_stabilize,
            register_specialize,
            register_uncanonicalize,
            register_specialize_device,
        ],
    )
)


def compiled(outputs, mode=None, inputs=(x,), **options):
    return theano.function(list(inputs), outputs, mode=mode, on_unused_input="ignore", **options)


def ops_in(f):
    return [node.op for node in f.maker.fgraph.toposort()]


# ------------------------------------------------------------------------------------------------- stages


@pytest.mark.parametrize("stage", RULE_STAGES)
def test_a_registered_rule_runs_in_its_stage(stage):
    rule = local_optimizer([Twice])(lambda node: [node.inputs[0] * 2.0])
    assert REGISTRARS[stage](rule, name=f"rule_{stage}") is rule
    try:
        f = compiled(twice(x))
        assert twice not in ops_in(f)
        np.testing.assert_array_equal(f(VALUE), 2 * VALUE)
        for what in (f"rule_{stage}", stage):
            assert twice in ops_in(compiled(twice(x), get_mode("FAST_RUN").excluding(what)))
        assert twice in ops_in(compiled(twice(x), "FAST_COMPILE"))
        assert twice in ops_in(compiled(twice(x), "REFERENCE"))
    finally:
        optdb[stage].unregister(f"rule_{stage}")
    assert twice in ops_in(compiled(twice(x)))


def test_registering_as_a_decorator_with_tags():
    @register_canonicalize("my_tag", "fast_compile")
    @local_optimizer([Twice])
    def my_rule(node):
        return [node.inputs[0] * 2.0]

    try:
        assert optdb["canonicalize"]["my_tag"] is my_rule
        for mode in ("FAST_RUN", "FAST_COMPILE"):
            assert twice not in ops_in(compiled(twice(x), mode))
            assert twice in ops_in(compiled(twice(x), get_mode(mode).excluding("my_tag")))
    finally:
        optdb["canonicalize"].unregister("my_rule")


def test_a_rule_without_fast_run_waits_to_be_asked_for():
    with registered(optdb["specialize"], "rare", twice_is_sum, "exotic"):
        assert twice in ops_in(compiled(twice(x)))
        assert twice not in ops_in(compiled(twice(x), get_mode("FAST_RUN").including("exotic")))
        assert twice in ops_in(compiled(twice(x), get_mode("FAST_RUN").including("exotic").excluding("rare")))


def test_rules_see_the_classic_ops_and_come_before_ours():
    """The canonical rules would have taken the product away."""
    seen = []

    @local_optimizer([T.mul])
    def watch(node):
        seen.append(node.op)

    with rule_in("canonicalize", watch):
        optimize(graph_of(a * 1.0))
        assert seen == [T.mul]
        optimize(graph_of(T.log(T.nnet.softmax(x.dimshuffle("x", 0)))))
    seen.clear()
    with registered(optdb, "late", in2out(watch), 75, "fast_run"):
        softmax = T.nnet.softmax(x.dimshuffle("x", 0))
        late = local_optimizer([type(softmax.owner.op)])(lambda node: seen.append(node.op))
        with registered(optdb, "later", out2in(late), 76, "fast_run"):
            optimize(graph_of(softmax))
    assert seen == [softmax.owner.op], "composite ops are expanded only after what was registered"


def test_our_rules_simplify_what_a_rule_made():
    with rule_in("stabilize", local_optimizer([Twice])(lambda node: [node.inputs[0] * 1.0 + 0.0]), name="clumsy"):
        graph = graph_of(twice(x))
        optimize(graph)
        assert ops_of(graph) == []


def test_the_order_of_passes():
    log = []

    def noted(name):
        return optimizer(lambda fgraph: log.append((name, ops_of(fgraph))))

    places = {"start": -1, "after_canonicalize": 1.01, "before_device": 48, "inplace_time": 75, "very_last": "last"}
    for name, position in places.items():
        optdb.register(name, noted(name), position, "fast_run")
    try:
        with rule_in("specialize_device", sin_is_cos):
            compiled(T.sin(a * 1.0), inputs=[a])
    finally:
        for name in places:
            optdb.unregister(name)
    assert log == [
        ("start", ["mul", "sin"]), ("after_canonicalize", ["sin"]), ("before_device", ["sin"]), ("inplace_time", ["cos"]),
        ("very_last", ["cos"]),
    ]  # fmt: skip


def test_passes_for_fast_compile():
    log = []
    with registered(optdb, "noted", optimizer(lambda fgraph: log.append("ran")), 1.6, "fast_compile"):
        compiled(x * 2, "FAST_RUN")
        assert log == []
        compiled(x * 2, "FAST_COMPILE")
        assert log == ["ran"]


def test_what_a_pass_makes_twice_is_merged():
    @optimizer
    def twins(fgraph):
        fgraph.replace_all_validate([(v, T.exp(fgraph.inputs[0])) for v in fgraph.outputs], reason="twins")

    for position in (10, 75):
        with registered(optdb, "twins", twins, position, "fast_run"):
            graph = graph_of(T.sin(a), T.cos(a), inputs=[a])
            optimize(graph)
            assert ops_of(graph) == ["exp"]


def test_the_database_is_the_list_of_stages():
    assert [name for name, _, _ in optdb.entries()] == [stage.name for stage in STAGES[:-1]]
    assert [optdb.position(stage.name) for stage in STAGES[:-1]] == [stage.position for stage in STAGES[:-1]]
    assert optdb.position("canonicalize") == 1 and optdb.position("specialize") == 2 and optdb.position("uncanonicalize") == 3
    listed = {rule.name for group in ("useless", "stabilize", "specialize", "blas") for rule in GROUPS[group]}
    assert listed <= optdb.names()
    assert isinstance(optdb["merge1"], MergeOptimizer) and "BlasOpt" in optdb


def test_all_groups_of_our_rules_stand_in_a_stage():
    assert set(GROUPS) - STAGED == {"unsafe"}


def test_queries_of_the_database():
    made = optdb.query("+fast_run", "-specialize", "-uncanonicalize")
    assert isinstance(made, SeqOptimizer) and {o.name for o in made} == {s.name for s in STAGES[:-1]} - {"specialize", "uncanonicalize"}
    graph = graph_of(T.log(1 + a) * 1.0)
    made.optimize(graph)
    assert ops_of(graph) == ["log1p"]
    graph = graph_of(T.log(1 + a) * 1.0)
    optdb["canonicalize"].query("+fast_run", "-stabilize").optimize(graph)
    assert "log1p" not in ops_of(graph) and "mul" not in ops_of(graph)
    (stage,) = optdb.query("+canonicalize")
    assert stage.name == "canonicalize" and len(stage.local_optimizers) > 50


def test_tags_of_our_own_rules_can_be_changed():
    rules = optdb["canonicalize"]
    rules.add_tags("remove_identity", "my_favourites")
    try:
        assert rules["my_favourites"].name == "remove_identity"
        assert optdb.custom(Query(["fast_run"])) == ["remove_identity"]
    finally:
        del rules._tags["remove_identity"]
    assert optdb.custom(Query(["fast_run"])) == []


# --------------------------------------------------------------------------------------------------- modes


def test_an_optimizer_object_as_the_mode():
    only = SeqOptimizer(in2out(twice_is_sum))
    f = compiled([twice(x), x * 1.0], theano.compile.Mode(optimizer=only))
    assert ops_in(f).count(T.add) == 1 and twice not in ops_in(f) and T.mul in ops_in(f)
    np.testing.assert_array_equal(f(VALUE)[0], 2 * VALUE)
    f = compiled([twice(x), x * 1.0], theano.compile.Mode(optimizer=Query(["fast_run"]).register((twice_is_sum, 1.7))))
    assert twice not in ops_in(f) and T.mul not in ops_in(f)
    f = compiled(twice(x), get_mode("FAST_RUN").register(EquilibriumOptimizer([twice_is_sum])))
    assert twice not in ops_in(f)


def test_rules_run_in_the_bodies_of_loops_too():
    from theano.scanning import repeat

    with rule_in("canonicalize", twice_is_sum):
        (steps,) = repeat(lambda k, s: [twice(s)], 3, [x])
        f = compiled(steps)
        assert not f.maker.compilation.loaded.python_steps
        np.testing.assert_array_equal(np.ravel(f(VALUE))[-3:], 8 * VALUE)


# ----------------------------------------------------------------------------------------------- in place


def inplace_pass():
    return TopoOptimizer(OpSub(twice, twice_inplace), failure_callback=TopoOptimizer.warn_inplace)


def test_operations_in_place_leave_arguments_and_shared_variables_alone():
    store = theano.shared(VALUE.copy())
    with registered(optdb, "twice_inplace_opt", inplace_pass(), 75, "fast_run", "inplace"):
        f = compiled([twice(x), twice(store), twice(x + 1), x * 3, twice(twice(x) - x), store + 0])
        assert ops_in(f).count(twice_inplace) == 4 and twice not in ops_in(f)
        for _ in range(2):
            given = VALUE.copy()
            results = f(given)
            expected = [2 * VALUE, 2 * VALUE, 2 * VALUE + 2, 3 * VALUE, 2 * VALUE, VALUE]
            for found, wanted in zip(results, expected):
                np.testing.assert_array_equal(found, wanted)
            np.testing.assert_array_equal(given, VALUE)
            np.testing.assert_array_equal(store.get_value(), VALUE)
        assert twice_inplace not in ops_in(compiled(twice(x), get_mode("FAST_RUN").excluding("inplace")))


def test_in_place_with_updates_and_a_borrowed_argument():
    store = theano.shared(VALUE.copy(), borrow=True)
    with registered(optdb, "twice_inplace_opt", inplace_pass(), 75, "fast_run", "inplace"):
        f = theano.function([theano.In(x, borrow=True)], twice(x), updates=[(store, twice(store))])
        assert ops_in(f).count(twice_inplace) == 2
        for k in (2, 4):
            given = VALUE.copy()
            np.testing.assert_array_equal(f(given), 2 * VALUE)
            np.testing.assert_array_equal(given, VALUE)
            np.testing.assert_array_equal(store.get_value(), k * VALUE)


def test_in_place_node_by_node():
    with registered(optdb, "twice_inplace_opt", inplace_pass(), 75, "fast_run", "inplace"):
        f = compiled([twice(x), x + 1], theano.compile.Mode("py", "fast_run"))
        given = VALUE.copy()
        found = f(given)
        np.testing.assert_array_equal(found[0], 2 * VALUE)
        np.testing.assert_array_equal(found[1], VALUE + 1)
        np.testing.assert_array_equal(given, VALUE)


@local_optimizer([twice], inplace=True)
def twice_in_place(node):
    return [twice_inplace(node.inputs[0])]


@pytest.mark.parametrize("linker", ["cvm", "py"])
@pytest.mark.parametrize("handler", ["of the rule", "registered"])
def test_with_a_destroy_handler_readers_come_first(linker, handler):
    """It refuses to overwrite a value twice or an output; arguments and shared variables stay as they are anyhow."""
    store = theano.shared(VALUE.copy())
    rule = twice_in_place if handler == "of the rule" else OpSub(twice, twice_inplace)
    walk = TopoOptimizer(rule, failure_callback=TopoOptimizer.warn_inplace)
    with (
        registered(optdb, "handler", AddDestroyHandler(), 49.5, "fast_run" if handler == "registered" else "never"),
        registered(optdb, "in_place", walk, 75, "fast_run", "inplace"),
    ):
        shown = T.exp(x)
        outputs = [twice(x), x + 1, twice(store), twice(twice(x + 2) + 0.5), twice(shown), shown]
        f = compiled(outputs, theano.Mode(linker, "fast_run"))
        kinds = [op.inplace for op in ops_in(f) if isinstance(op, Twice)]
        assert sorted(kinds) == [False, True, True, True, True]
        for _ in range(2):
            given = VALUE.copy()
            expected = [2 * VALUE, VALUE + 1, 2 * VALUE, 4 * VALUE + 9, 2 * np.exp(VALUE), np.exp(VALUE)]
            for found, wanted in zip(f(given), expected, strict=True):
                np.testing.assert_allclose(found, wanted, rtol=1e-14)
            np.testing.assert_array_equal(given, VALUE)
            np.testing.assert_array_equal(store.get_value(), VALUE)


def test_a_handler_that_finds_no_order_any_more_is_let_go():
    """Two equal values are overwritten, each by another operation; then they become one."""

    @optimizer
    def overwrite_twins(fgraph):
        first, second = T.exp(fgraph.inputs[0]), T.exp(fgraph.inputs[0])
        fgraph.replace_validate(fgraph.outputs[0], twice_inplace(first), reason="first")
        fgraph.replace_validate(fgraph.outputs[1], T.Elemwise(T.sqr.scalar_op, {0: 0})(second), reason="second")

    with (
        registered(optdb, "handler", AddDestroyHandler(), 49.5, "fast_run"),
        registered(optdb, "twins", overwrite_twins, 75, "fast_run"),
    ):
        for linker in ("cvm", "py"):
            f = compiled([x * 5, x * 6], theano.Mode(linker, "fast_run"))
            found = f(VALUE)
            np.testing.assert_allclose(found[0], 2 * np.exp(VALUE), rtol=1e-14)
            np.testing.assert_allclose(found[1], np.exp(2 * VALUE), rtol=1e-14)


# ------------------------------------------------------------------------------------------- the plan cache


def test_functions_with_custom_rules_are_not_kept_for_other_processes():
    assert "registered" not in compiled(T.exp(x) + 71).maker.compilation.kept
    with rule_in("canonicalize", twice_is_sum):
        assert compiled(T.exp(x) + 71).maker.compilation.kept == "rewrites were registered: twice_is_sum"
        assert "registered" not in compiled(T.exp(x) + 71, get_mode("FAST_RUN").excluding("twice_is_sum")).maker.compilation.kept
        assert "registered" not in compiled(T.exp(x) + 71, "FAST_COMPILE").maker.compilation.kept
    with registered(optdb, "my_pass", in2out(twice_is_sum), 75, "fast_compile"):
        assert "registered" not in compiled(T.exp(x) + 71).maker.compilation.kept
        assert "my_pass" in compiled(T.exp(x) + 71, "FAST_COMPILE").maker.compilation.kept
    assert "registered" not in compiled(T.exp(x) + 71).maker.compilation.kept
    assert "twice_is_sum" in compiled(T.exp(x), get_mode("FAST_RUN").register(twice_is_sum)).maker.compilation.kept


def test_a_rule_registered_after_a_plan_was_kept_still_runs():
    """The same graph twice: the plan of the first function must not be found for the second."""
    output = T.sin(x) * 3 + 72
    np.testing.assert_allclose(compiled(output)(VALUE), np.sin(VALUE) * 3 + 72)
    with rule_in("canonicalize", sin_is_cos):
        np.testing.assert_allclose(compiled(output)(VALUE), np.cos(VALUE) * 3 + 72)
    np.testing.assert_allclose(compiled(output)(VALUE), np.sin(VALUE) * 3 + 72)


# ------------------------------------------------------------------------------------------------ failures


def faulty():
    """Rules that are wrong, with what the warning says."""
    return {
        "raises": (lambda node: 1 / 0, "ZeroDivisionError"),
        "another type": (lambda node: [node.inputs[0].astype("float32")], "gave a replacement of another type"),
        "too many": (lambda node: [node.inputs[0]] * 2, "gave 2 replacements for a node with 1 output"),
        "a number": (lambda node: 7, "gave 7, which is no replacement"),
        "elsewhere": (lambda node: [T.dvector("elsewhere")], "the graph needs elsewhere"),
        "endless": (lambda node: [twice(node.inputs[0] + 1.0) - 1.0], "was switched off after 1"),
    }


@pytest.mark.parametrize("name", faulty())
def test_a_wrong_rule_leaves_a_function_that_works(name):
    function, text = faulty()[name]
    rule = local_optimizer([Twice])(function)
    with rule_in("specialize", rule, name="faulty"):
        with pytest.warns(UserWarning) as caught:
            f = compiled(twice(x))
        assert text in str(caught[0].message) and "test_custom.py" in str(caught[0].message)
    if name != "endless":
        np.testing.assert_array_equal(f(VALUE), 2 * VALUE)


def test_a_wrong_pass_leaves_a_function_that_works():
    @optimizer
    def halfway(fgraph):
        fgraph.replace_validate(fgraph.outputs[0], T.neg(T.neg(fgraph.outputs[0])))
        raise RuntimeError("halfway")

    with registered(optdb, "halfway", halfway, 3.5, "fast_run"):
        with pytest.warns(UserWarning, match="halfway raised RuntimeError"):
            f = compiled(x * y, inputs=[x, y])
        np.testing.assert_array_equal(f(VALUE, VALUE), VALUE**2)
        with change_flags(on_opt_error="raise"), pytest.raises(RuntimeError):
            compiled(x * y, inputs=[x, y])


def test_what_is_wrong_with_our_own_rules_is_raised(monkeypatch):
    (rule,) = (r for r in GROUPS["useless"] if r.name == "remove_identity")
    monkeypatch.setattr(rule, "function", lambda rewriter, node: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        compiled(T.tensor_copy(x) + 1)


def test_the_query_says_what_was_asked_for():
    optimizer = StagedOptimizer(Query(["fast_run"], exclude=["blas"]))
    graph = graph_of(T.nnet.softmax(x.dimshuffle("x", 0)))
    report = optimizer.optimize(graph)
    assert "blas" not in report.seconds and {"canonicalize", "expand"} <= set(report.seconds)
    assert "Softmax" not in ops_of(graph) and json.dumps(report.hits)
    assert "exclude=blas" in str(optimizer)
