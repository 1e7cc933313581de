"""The plan cache: what was planned once is loaded, and only if nothing that matters has changed."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile import importable
from theano.compile import graph_key
from theano.compile.graph_key import Uncacheable, op_key
from theano.graph import Op
from theano.scalar import OPS


@pytest.fixture
def empty_cache(tmp_path):
    with theano.config.change_flags(base_compiledir=str(tmp_path)):
        yield tmp_path


def model(rate=0.5, rows=3):
    rng = np.random.default_rng(0)
    x, y = T.dmatrix("x"), T.lvector("y")
    w = theano.shared(rng.normal(size=(4, 3)), name="w")
    p = T.nnet.softmax(T.dot(x, w) + T.constant(np.arange(3.0)))
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    step = theano.function([x, y], cost, updates=[(w, w - rate * T.grad(cost, w))])
    return step, w, rng.normal(size=(rows, 4)), rng.integers(0, 3, rows)


def test_a_second_function_is_found_and_computes_the_same(empty_cache):
    first, w1, x, y = model()
    second, w2, *_ = model()
    assert (first.maker.compilation.kept, second.maker.compilation.kept) == ("kept", "found")
    for _ in range(3):
        assert first(x, y) == second(x, y)
    np.testing.assert_array_equal(w1.get_value(), w2.get_value())


def test_a_found_plan_explains_itself_with_this_processs_lines(empty_cache):
    first, *_ = model()
    second, *_ = model()
    assert second.maker.compilation.kept == "found"
    assert sorted(first.explain().splitlines()) == sorted(second.explain().splitlines())
    assert f"{Path(__file__).name}:" in second.explain()


def test_a_found_plan_still_has_its_optimised_graph(empty_cache):
    model()
    found, *_ = model()
    assert found.maker.fgraph.apply_nodes


@pytest.mark.parametrize("change", [dict(rate=0.25), dict(rate=np.float64(0.5))])
def test_another_constant_is_another_function(empty_cache, change):
    model()
    other, *_ = model(**change)
    assert other.maker.compilation.kept == "kept"


def test_other_names_and_shapes_are_the_same_function(empty_cache):
    def build(name, n):
        x = T.dvector(name)
        return theano.function([x], T.exp(x) * theano.shared(np.ones(n)))

    build("x", 3)
    other = build("y", 5)
    assert other.maker.compilation.kept == "found"
    np.testing.assert_allclose(other(np.zeros(5)), np.ones(5))


def test_a_found_plan_has_this_functions_names(empty_cache):
    def build(x, s):
        x, store = T.dvector(x), theano.shared(np.ones(3), name=s)
        return theano.function([x], T.exp(x * 2) + store, updates=[(store, store + x)])

    build("x", "s")
    other = build("other", "kept")
    assert other.maker.compilation.kept == "found"
    assert "other.shape[0]" in other.explain() and "shared kept" in other.explain() and "x.shape[0]" not in other.explain()
    with pytest.raises(theano.errors.ShapeError, match=r"(?s)exp\(mul\(other, 2\)\).*\(2,\).*kept.*\(3,\)"):
        other([1.0, 2.0])


def recurrence(factor=0.5, steps=4, keep=True):
    x, w = T.dvector("x"), T.dscalar("w")

    def step(before, w):
        return T.tanh(before * w) * factor

    rows, _ = theano.scan(step, outputs_info=x, non_sequences=w, n_steps=steps)
    taken = theano.ifelse.ifelse(w > 0, rows[-1] if keep else rows.sum(0), x * factor)
    return theano.function([x, w], [taken, T.grad(taken.sum(), x)])


def test_loops_and_branches_are_found(empty_cache):
    first, second = recurrence(), recurrence()
    assert (first.maker.compilation.kept, second.maker.compilation.kept) == ("kept", "found")
    for w in (0.7, -0.7):
        for a, b in zip(first([1.0, 2.0], w), second([1.0, 2.0], w), strict=True):
            np.testing.assert_array_equal(a, b)
    assert sorted(first.explain().splitlines()) == sorted(second.explain().splitlines())


@pytest.mark.parametrize("change", [dict(factor=0.25), dict(steps=5), dict(keep=False)])
def test_another_step_is_another_function(empty_cache, change):
    recurrence()
    assert recurrence(**change).maker.compilation.kept == "kept"


def test_an_error_in_a_step_that_was_found_names_its_line(empty_cache):
    texts = []
    for _ in range(2):
        x, e = T.dvector("x"), T.dmatrix("e")
        rows, _ = theano.scan(lambda row, before: row + before, sequences=e, outputs_info=x)
        f = theano.function([x, e], rows)
        with pytest.raises(theano.errors.ShapeError) as caught:
            f(np.ones(2), np.ones((4, 3)))
        texts.append(str(caught.value))
    assert f.maker.compilation.kept == "found" and texts[0] == texts[1] and f"{Path(__file__).name}:" in texts[1]


def test_floatx_is_part_of_the_key(empty_cache):
    def build():
        x = T.lvector("x")
        return theano.function([x], x / T.constant(np.int64(2)))

    build()
    with theano.config.change_flags(floatX="float32"):
        other = build()
    assert other.maker.compilation.kept == "kept" and other([1]).dtype == "float32"


def test_where_rewriting_ends_is_part_of_the_key(empty_cache):
    x = T.dscalar("x")
    assert theano.function([x], T.log(1 + T.exp(x)))(800.0) == 800
    with theano.config.change_flags(**{"optdb.position_cutoff": 0.5}):
        f = theano.function([x], T.log(1 + T.exp(x)))
    assert f.maker.compilation.kept == "kept" and np.isinf(f(800.0))


def test_what_a_shape_error_says_survives(empty_cache):
    def build():
        x, y = T.dvector("first"), T.dvector("second")
        return theano.function([x, y], x * y)

    build()
    found = build()
    assert found.maker.compilation.kept == "found"
    with pytest.raises(theano.errors.ShapeError, match=r"(?s)first.*\(2,\).*second.*\(3,\)"):
        found([1.0, 2.0], [1.0, 2.0, 3.0])


class Twice(Op):
    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * 2


def test_a_python_step_is_found_with_its_op(empty_cache):
    def build():
        x = T.dvector("x")
        return theano.function([x], Twice()(T.exp(x)) + 1)

    build()
    found = build()
    assert found.maker.compilation.kept == "found"
    np.testing.assert_allclose(found([0.0]), [3.0])


def test_a_python_step_that_rewriting_moved_is_not_taken_for_the_users(empty_cache, monkeypatch):
    """It has the op of the user's node, but arguments of another rank."""
    monkeypatch.setattr(OPS["arctan2"], "body", None)
    x, k = T.dvector("x"), T.dscalar("k")
    for _ in range(2):
        f = theano.function([x, k], T.arctan2(x, k).dimshuffle("x", 0))
        np.testing.assert_array_equal(f([1.0, 2.0, 3.0], 2.0), np.arctan2([[1.0, 2.0, 3.0]], 2.0))


class Nameless(Op):
    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] + 1


def test_an_op_that_says_nothing_about_itself_is_not_kept(empty_cache):
    x = T.dvector("x")
    f = theano.function([x], Nameless()(x))
    assert "__props__" in f.maker.compilation.kept
    with pytest.raises(Uncacheable, match="__props__"):
        op_key(Nameless())


SCRIPT = """
import numpy as np, theano, theano.tensor as T
x = T.dmatrix("x")
f = theano.function([x], T.nnet.softmax(x).sum(axis=0))
print(f.maker.compilation.kept, f(np.zeros((2, 4))).tolist())
"""


def test_another_process_finds_it(tmp_path):
    def run():
        command = [sys.executable, "-c", SCRIPT]
        environment = {"THEANO_FLAGS": f"base_compiledir={tmp_path}", "PATH": "", "PYTHONPATH": str(Path(theano.__file__).parent.parent)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert run() == "kept [0.5, 0.5, 0.5, 0.5]"
    assert run() == "found [0.5, 0.5, 0.5, 0.5]"


def test_a_damaged_entry_is_no_entry(empty_cache):
    model()
    for path in (empty_cache / "objects").iterdir():
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    again, *_ = model()
    assert again.maker.compilation.kept == "kept"


def test_an_op_whose_file_has_changed_is_another(empty_cache, tmp_path, monkeypatch):
    """What its perform gave may be a constant of the plan."""
    monkeypatch.setattr(graph_key, "_begun", float("inf"))
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "op_of_a_user.py"
    for factor in (2, 30):
        module.write_text(
            "import theano\n"
            "class Scale(theano.Op):\n"
            "    __props__ = ()\n"
            "    def make_node(self, x):\n"
            "        return theano.Apply(self, [x], [x.type()])\n"
            "    def perform(self, node, inputs, outputs):\n"
            f"        outputs[0][0] = inputs[0] * {factor}\n"
        )
        monkeypatch.delitem(sys.modules, "op_of_a_user", raising=False)
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        scale = importlib.import_module("op_of_a_user").Scale()
        sys.dont_write_bytecode = before
        f = theano.function([], scale(T.constant(np.ones(2))))
        assert f.maker.compilation.kept == "kept"
        np.testing.assert_array_equal(f(), [factor, factor])


def test_types_of_results_and_classes_as_properties_are_part_of_the_key(empty_cache, tmp_path, monkeypatch):
    source = """
        from theano.graph import Apply, Op
        from theano.tensor import TensorType
        class One: times = 1
        class Two: times = 2
        class Of(Op):
            __props__ = ("kind",)
            def __init__(self, kind, rank=1):
                self.kind, self.rank = kind, rank
            def make_node(self, x):
                return Apply(self, [x], [TensorType("float64", (False,) * self.rank)()])
            def perform(self, node, inputs, outputs):
                outputs[0][0] = inputs[0].reshape((1,) * (self.rank - 1) + (-1,)) * self.kind.times
    """
    (tmp_path / "kinds_of_results.py").write_text(textwrap.dedent(source))
    monkeypatch.setattr(graph_key, "_begun", float("inf"))
    monkeypatch.syspath_prepend(str(tmp_path))
    kinds = importlib.import_module("kinds_of_results")
    x = T.dvector("x")
    for kind, rank, result in [(kinds.One, 1, [3.0]), (kinds.Two, 1, [6.0]), (kinds.One, 2, [[3.0]])]:
        f = theano.function([x], kinds.Of(kind, rank)(x))
        assert f.maker.compilation.kept == "kept" and f([3.0]).tolist() == result
    hidden = type("One", (), {"__module__": "kinds_of_results", "times": 5})
    f = theano.function([x], kinds.Of(hidden)(x))
    assert "another class" in f.maker.compilation.kept and f([3.0]).tolist() == [15.0]


def test_sources_changed_since_they_were_imported_are_not_taken_for_what_was(empty_cache, monkeypatch):
    x = T.dvector("x")
    f = theano.function([x], importable.Triple()(x))
    assert f.maker.compilation.kept == "kept"
    for forget, reason in ((graph_key._class_key, "module tests.compile.importable has"), (graph_key.environment, "this package has")):
        monkeypatch.setattr(graph_key, "_begun", 0)
        forget.cache_clear()
        f = theano.function([x], importable.Triple()(x))
        assert f"{reason} changed since this process began" in f.maker.compilation.kept and f([1.0]) == [3.0]
        monkeypatch.undo()


def test_classes_of_one_name_are_told_apart(empty_cache):
    x = T.dvector("x")
    for factor in (2, 3):
        members = {"perform": lambda self, node, inputs, outputs, factor=factor: outputs[0].__setitem__(0, inputs[0] * factor)}
        other = type("Twice", (Twice,), {**members, "__module__": __name__})
        f = theano.function([x], other()(x))
        np.testing.assert_array_equal(f([1.0]), [factor])
        assert "another class" in f.maker.compilation.kept
