"""Functions pickled and copied: what is shared stays shared, what is private becomes private, and the program is the same."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.importable import Shifted, Triple
from tests.copiers import by, copiers
from theano.compile import portrait
from theano.errors import LoadError

ROOT = Path(__file__).resolve().parents[2]


COPIERS = copiers((0, pickle.HIGHEST_PROTOCOL))
every_copier = pytest.mark.parametrize("copier", COPIERS.values(), ids=COPIERS)


def trained():
    x = T.dvector("x")
    w = theano.shared(np.array([1.0, 2.0]), name="w")
    step = theano.function([x], (w * x).sum(), updates=[(w, w * x)], name="step")
    look = theano.function([], w * 1)
    return step, look, w


@every_copier
def test_a_copy_has_private_values(copier):
    step, _, w = trained()
    step([2.0, 2.0])
    new = copier(step)
    assert type(new) is type(step) and new.name == "step" and repr(new) == repr(step)
    (v,) = new.get_shared()
    assert (v.name, v.type) == ("w", w.type) and v is not w
    assert [float(new([1.0, 2.0])), float(new([1.0, 1.0]))] == [10.0, 10.0]
    assert v.get_value().tolist() == [2.0, 8.0] and w.get_value().tolist() == [2.0, 4.0]
    assert float(step([1.0, 2.0])) == 10.0


@every_copier
def test_together_they_stay_one(copier):
    new, look, w = copier(trained())
    new([3.0, 3.0])
    assert w.get_value().tolist() == look().tolist() == [3.0, 6.0]
    w.set_value(np.array([1.0, 1.0]))
    assert float(new([1.0, 1.0])) == 2.0


@every_copier
def test_a_function_and_its_graph_stay_one(copier):
    x = T.dvector("x")
    y = T.exp(x)
    f = theano.function([x], y)
    new, a, b = copier((f, x, y))
    assert new.maker.inputs[0].variable is a and b.owner.inputs == [a]
    np.testing.assert_allclose(new([0.0]), [1.0])
    assert [type(n.op) for n in new.maker.fgraph.toposort()] == [type(n.op) for n in f.maker.fgraph.toposort()]


@every_copier
def test_all_that_a_function_is(copier):
    x, n, k = T.dvector("x"), T.lscalar("n"), T.dscalar("k")
    s = theano.shared(1.0, name="s")
    f = theano.function(
        [theano.In(x, name="values", strict=True), theano.In(n, value=3)],
        {"b": x * k, "a": n + 1},
        givens={k: s + n},
        updates={s: s * 2},
        allow_input_downcast=True,
    )
    new = copier(f)
    for _ in range(2):
        a, b = f(np.ones(2)), new(np.ones(2))
        assert list(a) == list(b) == ["a", "b"] and all((a[key] == b[key]).all() for key in a)
    assert int(new(values=np.ones(1), n=2.7)["a"]) == 3
    with pytest.raises(TypeError, match="bad argument 0 for the input values"):
        new([1.0])


@every_copier
@pytest.mark.parametrize("mode", ["FAST_COMPILE", "REFERENCE", "DebugMode", "NanGuardMode"])
def test_modes(copier, mode):
    x, s = T.dscalar("x"), theano.shared(2.0)
    f = theano.function([x], x * s, updates=[(s, s + x)], mode=mode)
    new = copier(f)
    assert type(new.maker.mode) is type(f.maker.mode) and type(new) is type(f)
    assert [float(new(1.0)), float(new(1.0)), float(f(1.0))] == [2.0, 3.0, 2.0]


@every_copier
def test_profiled(copier):
    x = T.dscalar("x")
    new = copier(theano.function([x], T.exp(x), profile=True))
    new(0.0)
    assert new.profile.calls == 1


@every_copier
def test_python_steps(copier):
    x = T.dvector("x")
    op = Shifted([1.0, 2.0])
    f = theano.function([x], op(Triple()(x)))
    new, other = copier((f, op))
    assert new([1.0, 1.0]).tolist() == [4.0, 5.0]
    other.shift = np.array([10.0, 20.0])
    assert new([1.0, 1.0]).tolist() == [13.0, 23.0] and f([1.0, 1.0]).tolist() == [4.0, 5.0]


@every_copier
def test_inputs_that_keep_their_value(copier):
    x, total = T.dscalars("x", "total")
    f = theano.function([x, theano.In(total, value=1.0, update=total + x)], total * 1)
    f(2)
    new = copier(f)
    assert [float(new(3)), float(new(1)), float(new["total"])] == [3.0, 6.0, 7.0]
    assert float(f(1)) == 3.0


@every_copier
def test_loops_and_branches(copier):
    x, n = T.dvector("x"), T.lscalar("n")
    s = theano.shared(1.0, name="s")
    steps, updates = theano.scan(lambda a, h: T.tanh(a * s + h), sequences=[x], outputs_info=[T.constant(np.float64(0))])
    f = theano.function([x, n], theano.ifelse.ifelse(T.gt(n, 0), steps[-1], x.sum()), updates=[(s, s * 2), *updates.items()])
    new = copier(f)
    for k in range(3):
        assert new([0.1, 0.2], k) == f([0.1, 0.2], k)


@every_copier
def test_clones_of_a_shared_variable_stay_one(copier):
    s = theano.shared(1.0)
    f = theano.function([], [s, s.clone() * 2], updates=[(s, s + 1)])
    new = copier(f)
    assert new() == [1.0, 2.0] and new() == [2.0, 4.0] and f() == [1.0, 2.0]


@every_copier
def test_values_that_share_memory_are_told(copier):
    both = np.arange(4.0)
    a, b = theano.shared(both[:3], name="a", borrow=True), theano.shared(both[1:], name="b", borrow=True)
    f = theano.function([], a + b)
    with pytest.warns(UserWarning, match="the values of a and b share memory; in the copy of the function they do not"):
        new = copier(f)
    a2, b2 = new.get_shared()
    assert not np.may_share_memory(a2.get_value(borrow=True), b2.get_value(borrow=True))
    assert new().tolist() == f().tolist()


def test_a_pickle_runs_the_program_that_was_pickled(monkeypatch):
    step, *_ = trained()
    text = pickle.dumps(step)
    assert pickle.loads(text).maker.compilation.kept == "loaded"
    with theano.config.change_flags(reoptimize_unpickled_function=True):
        assert pickle.loads(text).maker.compilation.kept in ("found", "kept")
    monkeypatch.setattr(portrait, "needs_here", lambda: {**json_needs(), "theano": "3.0"})
    anew = pickle.loads(text)
    assert anew.maker.compilation.kept in ("found", "kept")
    assert anew([1.0, 1.0]) == step([1.0, 1.0])


json_needs = portrait.needs_here


def test_a_function_loaded_without_its_graph_cannot_be_compiled_anew(tmp_path, monkeypatch):
    step, *_ = trained()
    step.save(tmp_path / "f")
    loaded = theano.load(tmp_path / "f")
    again, deep = by(4)(loaded), copy.deepcopy(loaded)
    assert again([1.0, 1.0]) == deep([1.0, 1.0]) == step([1.0, 1.0])
    text = pickle.dumps(loaded)
    monkeypatch.setattr(portrait, "needs_here", lambda: {**json_needs(), "theano": "3.0"})
    with pytest.raises(LoadError, match=r"(?s)a pickled function does not fit.*theano +pickled: 2.*here: 3\.0.*rebuild=True"):
        pickle.loads(text)


def test_functions_can_be_left_out_of_what_is_unpickled():
    step, _, w = trained()
    text = pickle.dumps((step, w))
    with theano.config.change_flags(unpickle_function=False):
        nothing, v = pickle.loads(text)
    assert nothing is None and v.get_value().tolist() == w.get_value().tolist()


def test_a_default_update_that_has_changed_since_is_not_taken():
    s = theano.shared(1.0)
    s.default_update = s + 1
    f = theano.function([], s * 1)
    s.default_update = s + 100
    for copier in COPIERS.values():
        new = copier(f)
        assert [float(new()), float(new())] == [1.0, 2.0]
    with theano.config.change_flags(reoptimize_unpickled_function=True):
        new = by(4)(f)
    assert [float(new()), float(new())] == [1.0, 2.0]


def test_deep_graphs():
    x = T.dscalar("x")
    y = x
    for _ in range(3000):
        y = y + x
    f = theano.function([x], y, mode="FAST_COMPILE")
    for copier in (by(4), copy.deepcopy):
        assert copier(f)(1.0) == 3001.0


class Model:
    """As people write them: variables, functions and more in one object."""

    def __init__(self):
        x, self.w = T.dmatrix("x"), theano.shared(np.ones((2, 2)), name="w")
        self.cost = (T.dot(x, self.w) ** 2).sum()
        self.train = theano.function([x], self.cost, updates=[(self.w, self.w - 0.1 * T.grad(self.cost, self.w))])
        self.predict = theano.function([x], T.dot(x, self.w))


GO_ON = """
import sys, pickle
model = pickle.load(open(sys.argv[1], "rb"))
print([float(model.train([[1, 2]])).hex() for _ in range(2)], model.predict([[1, 1]]).tolist())
"""


def test_another_process_goes_on_to_the_bit(tmp_path):
    Model.__module__ = "tests.compile.test_function_pickling"
    model = Model()
    model.train([[0.1, 0.2]])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "THEANO_FLAGS": f"base_compiledir={tmp_path}"}
    command = [sys.executable, "-W", "error", "-c", GO_ON, str(tmp_path / "model.pkl")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{[float(model.train([[1, 2]])).hex() for _ in range(2)]} {model.predict([[1, 1]]).tolist()}\n"


def test_no_warning_where_nothing_is_shared():
    step, *_ = trained()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.dumps(step)
        copy.deepcopy(step)
