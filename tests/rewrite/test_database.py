"""Databases of rules and optimizers, and queries of them."""

import pytest

import theano.tensor as T
from tests.rewrite.custom import a, graph_of, sin_is_cos, twice_is_sum
from tests.rewrite.rewriting import ops_of
from theano.flags import change_flags
from theano.rewrite.database import DB, EquilibriumDB, LocalGroupDB, ProxyDB, SequenceDB, TopoDB
from theano.rewrite.local import LocalOptGroup, local_optimizer
from theano.rewrite.merging import MergeOptimizer
from theano.rewrite.passes import EquilibriumOptimizer, SeqOptimizer, TopoOptimizer, in2out, optimizer
from theano.rewrite.query import Query
from theano.rewrite.substitution import OpSub


def rule(name):
    found = local_optimizer(None)(lambda node: None)
    found.name = name
    return found


def passing(name, log):
    made = optimizer(lambda fgraph: log.append(name))
    made.name = name
    return made


@pytest.fixture
def rules():
    db = EquilibriumDB()
    db.register("one", rule("one"), "odd", "small")
    db.register("two", rule("two"), "even", "small")
    db.register("three", rule("three"), "odd")
    return db


def chosen(db, *tags, **options):
    return [r.name for r in db.query(*tags, **options).get_local_optimizers()]


def test_tags_are_joined_required_and_left_out(rules):
    assert chosen(rules, "+odd") == ["one", "three"] and chosen(rules, "+odd", "+even") == ["one", "two", "three"]
    assert chosen(rules, "+odd", "&small") == ["one"] and chosen(rules, "+small", "-even") == ["one"]
    assert chosen(rules, "+three", "+two", "-two", "-unknown") == ["three"] and chosen(rules) == []
    assert chosen(rules, Query(["odd"], require=["small"])) == ["one"]
    assert chosen(rules, Query(["odd", "even"], exclude=["small"])) == ["three"]
    assert chosen(rules, "+FromFunctionLocalOptimizer") == ["one", "two", "three"]


def test_queries_are_changed_by_making_new_ones():
    query = Query(include=["fast_run"])
    assert query.including("more").include == ("fast_run", "more") and query.include == ("fast_run",)
    assert query.excluding("less").exclude == ("less",) and query.requiring("must").require == ("must",)
    assert query.register("x", ("y", 2)).extra_optimizations == ["x", ("y", 2)]
    assert query.limited(position_cutoff=2).position_cutoff == 2 and query.position_cutoff == float("inf")
    assert Query(["a"], subquery={"k": Query(["b"])}) == Query(["a"], subquery={"k": Query(["b"])}) != Query(["a"])
    assert len({query, Query(["fast_run"]), query.excluding("less")}) == 2


def test_items(rules):
    assert rules["two"].name == "two" and rules["even"].name == "two"
    assert "two" in rules and "small" in rules and "four" not in rules
    assert {"one", "odd", "small", "even"} <= rules.names()
    with pytest.raises(KeyError, match="2 optimizations have the tag 'odd'"):
        rules["odd"]


def test_tags_can_be_changed(rules):
    rules.add_tags("two", "odd", "late")
    assert chosen(rules, "+odd") == ["one", "two", "three"] and chosen(rules, "+late") == ["two"]
    rules.remove_tags("two", "odd")
    assert chosen(rules, "+odd") == ["one", "three"]
    rules.unregister("one")
    assert chosen(rules, "+odd") == ["three"]
    rules.register("one", rule("one"))
    assert chosen(rules, "+one") == ["one"]


def test_the_base_gives_what_was_chosen(capsys):
    db = DB()
    first, second = rule("first"), MergeOptimizer()
    db.register("first", first, "tag")
    db.register("second", second, "tag", "other")
    assert db.query("+tag") == [first, second] and db.query("+tag", "-other") == [first] and second.name == "second"
    db.print_summary()
    assert capsys.readouterr().out.splitlines() == [
        "DB", "  first  FromFunctionLocalOptimizer, tag", "  second  MergeOptimizer, other, tag",
    ]  # fmt: skip


def test_the_name_of_a_database_is_a_tag_of_what_comes_later(rules):
    rules.name = "numbers"
    rules.register("four", rule("four"))
    rules.register("five", rule("five"), use_db_name_as_tag=False)
    assert chosen(rules, "+numbers") == ["four"]


def test_equilibrium():
    db = EquilibriumDB(ignore_newtrees=False)
    db.register("cos", sin_is_cos, "fast_run")
    last = OpSub(T.cos, T.tan)
    db.register("last", last, "fast_run", final_opt=True)
    clean = rule("clean")
    db.register("clean", clean, "fast_run", cleanup=True)
    made = db.query("+fast_run")
    assert isinstance(made, EquilibriumOptimizer) and made.local_optimizers == [sin_is_cos]
    assert made.final_optimizers == [last] and made.cleanup_optimizers == [clean]
    graph = graph_of(T.sin(a))
    made.optimize(graph)
    assert ops_of(graph) == ["tan"]


# ------------------------------------------------------------------------------------------------ sequences


def test_positions_say_the_order(capsys):
    log, db = [], SequenceDB()
    db.register("late", passing("late", log), 2.5, "fast_run")
    db.register("early", passing("early", log), -1, "fast_run")
    db.register("last", passing("last", log), "last", "fast_run", "slow")
    made = db.query("+fast_run")
    assert type(made) is SeqOptimizer is SequenceDB.seq_opt
    made.optimize(graph_of(a))
    assert log == ["early", "late", "last"] and db.position("last") == 3.5
    assert [o.name for o in db.query("+fast_run", "-slow")] == ["early", "late"]
    assert [o.name for o in db.query("+fast_run", position_cutoff=2.5)] == ["early"]
    assert [o.name for o in db.query(Query(["fast_run"], position_cutoff=3))] == ["early", "late"]
    with change_flags({"optdb.position_cutoff": 0.0}):
        assert [o.name for o in db.query("+fast_run")] == ["early"]
    db.print_summary()
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == ["early", "late", "last"]


def test_more_optimizers_for_one_query():
    log, db = [], SequenceDB()
    db.register("first", passing("first", log), 1, "fast_run")
    db.register("third", passing("third", log), 3, "fast_run")
    query = Query(["fast_run"]).register((passing("second", log), 2), passing("fourth", log))
    db.query(query).optimize(graph_of(a))
    assert log == ["first", "second", "third", "fourth"]
    graph = graph_of(T.sin(a))
    db.query("+fast_run", extra_optimizations=[(sin_is_cos, 2)]).optimize(graph)
    assert ops_of(graph) == ["cos"]


def test_databases_inside_are_queried_too(rules):
    db = SequenceDB()
    db.register("rules", rules, 1, "fast_run")
    (made,) = db.query("+fast_run", "+odd")
    assert made.name == "rules" and [r.name for r in made.local_optimizers] == ["one", "three"]
    assert list(db.query("+odd")) == []
    (made,) = db.query("+fast_run", "+odd", subquery={"rules": Query(["even"])})
    assert [r.name for r in made.local_optimizers] == ["two"]


def test_failures_in_a_sequence():
    db = SequenceDB()
    db.register("fails", optimizer(lambda fgraph: 1 / 0), 1, "fast_run")
    with pytest.warns(UserWarning, match="fails raised ZeroDivisionError"):
        db.query("+fast_run").optimize(graph_of(a))
    db = SequenceDB(failure_callback=None)
    db.register("fails", optimizer(lambda fgraph: 1 / 0), 1, "fast_run")
    with pytest.raises(ZeroDivisionError):
        db.query("+fast_run").optimize(graph_of(a))


# ---------------------------------------------------------------------------------------------------- groups


def test_groups_and_walks():
    group = LocalGroupDB(apply_all_opts=True)
    group.register("second", OpSub(T.cos, T.tan), "fast_run")
    group.register("first", sin_is_cos, "fast_run", position=-1)
    group.register("other", twice_is_sum, "slow")
    made = group.query("+fast_run")
    assert isinstance(made, LocalOptGroup) and [r.name for r in made.opts] == ["first", "second"] and made.apply_all_opts
    walks = TopoDB(group, order="out_to_in", ignore_newtrees=True, failure_callback=TopoOptimizer.warn)
    walk = walks.query("+fast_run", "-slow")
    assert isinstance(walk, TopoOptimizer) and walk.order == "out_to_in" and walk.ignore_newtrees
    graph = graph_of(T.sin(a))
    walk.optimize(graph)
    assert ops_of(graph) == ["tan"]
    assert "first" in walks and not ops_of(graph_of(a))
    sin_is_cos.name, twice_is_sum.name = "sin_is_cos", "twice_is_sum"


def test_one_database_in_several_places(rules):
    db = SequenceDB()
    db.register("here", rules, 1, "fast_run")
    db.register("there", ProxyDB(rules), 2, "fast_run")
    first, second = db.query("+fast_run", "+even")
    assert [r.name for r in first.local_optimizers] == [r.name for r in second.local_optimizers] == ["two"]
    assert ProxyDB(rules).query("+odd").get_local_optimizers() == rules.query("+odd").get_local_optimizers()
    assert "odd" in ProxyDB(rules)


def test_a_walk_in_a_sequence():
    db = SequenceDB()
    db.register("walk", in2out(sin_is_cos), 1, "fast_run")
    graph = graph_of(T.sin(a))
    db.query("+fast_run")(graph)
    assert ops_of(graph) == ["cos"]
