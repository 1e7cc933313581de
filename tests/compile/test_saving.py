"""Functions saved to files: they run in another process as they are, and what does not fit is refused."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.importable import Count, Shifted, Triple
from theano.compile import archive
from theano.errors import LoadError, SaveError
from theano.scalar import OPS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "function.theano"


def model():
    rng = np.random.default_rng(0)
    x, y = T.dmatrix("x"), T.lvector("y")
    w = theano.shared(rng.normal(size=(4, 3)), name="w")
    p = T.nnet.softmax(T.dot(x, w) + T.constant(np.arange(3.0)))
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    step = theano.function([x, y], cost, updates=[(w, w - 0.5 * T.grad(cost, w))], name="step")
    return step, w, rng.normal(size=(5, 4)), rng.integers(0, 3, 5)


def saved(f, path, **options):
    f.save(path, **options)
    return theano.load(path)


def altered(path, change):
    """Change the index of a file, and make its checksum right again."""
    index, blobs = archive.read_archive(path)
    change(index, blobs)
    archive.write_archive(path, index, blobs)


def in_another_process(program, *arguments, cache):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "THEANO_FLAGS": f"base_compiledir={cache}"}
    command = [sys.executable, "-W", "error", "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ------------------------------------------------------------------------------------------------ what comes back


RESUME = """
import sys, json, numpy as np, theano
from theano.compile import pipeline
from theano.emit.llvm import program
def refuse(*args, **kwargs):
    raise AssertionError("a loaded function is neither rewritten nor compiled")
pipeline.PASSES[:] = [refuse]
program.emit_program = refuse
f = theano.load(sys.argv[1])
x, y = np.array(json.loads(sys.argv[2])), np.array(json.loads(sys.argv[3]))
costs = [float(f(x, y)).hex() for _ in range(3)]
(w,) = f.get_shared()
print(json.dumps([costs, w.name, [v.hex() for v in w.get_value().ravel()], f.name, str(f.maker.inputs[0].variable.type)]))
"""


def test_another_process_goes_on_to_the_bit_without_compiling(path, tmp_path):
    step, w, x, y = model()
    step(x, y)
    step.save(path)
    costs, name, values, *rest = json.loads(in_another_process(RESUME, path, x.tolist(), y.tolist(), cache=tmp_path / "empty"))
    assert costs == [float(step(x, y)).hex() for _ in range(3)]
    assert (name, values) == ("w", [v.hex() for v in w.get_value().ravel()])
    assert rest == ["step", "TensorType(float64, matrix)"]
    objects = list((tmp_path / "empty" / "objects").glob("*"))
    assert len(objects) <= 2, "at most what every process needs: the pool and the allocator"


def test_its_shared_values_are_its_own(path):
    step, w, x, y = model()
    before = w.get_value()
    new = saved(step, path)
    new(x, y)
    (v,) = new.get_shared()
    np.testing.assert_array_equal(w.get_value(), before)
    assert (v.get_value() != before).any() and v.type == w.type and v is not w


@pytest.mark.parametrize("rebuild", [False, True])
def test_every_layout_and_every_rule_of_inputs(path, rebuild):
    x, n = T.dvector("x"), T.fscalar()
    ins = [theano.In(x, name="values"), theano.In(n, value=np.float32(2), name="n", allow_downcast=True)]
    for outputs in (x * n, [x * n], [x * n, x + n], {"b": x * n, "a": x + n}, None, []):
        f = theano.function(ins, outputs, on_unused_input="ignore")
        f.save(path)
        g = theano.load(path, rebuild=rebuild)
        for arguments, named in (([[1, 2]], {}), ([], dict(values=[1.0], n=np.float64(3.1)))):
            a, b = f(*arguments, **named), g(*arguments, **named)
            assert type(a) is type(b) and repr(a) == repr(b)
        with pytest.raises(TypeError, match="no input named 'x'"):
            g(x=[1])
        with pytest.raises(TypeError, match="missing argument 0, the input values"):
            g()


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float16", "float32", "complex64", "complex128"])
def test_every_dtype(path, dtype):
    values = (np.arange(6).reshape(2, 3) % 3).astype(dtype)
    s = theano.shared(values, name="s")
    c = theano.shared(values[:, :1], broadcastable=(False, True))
    f = theano.function([], [s, c, T.constant(values.T)], updates=[(s, s[::-1])])
    g = saved(f, path)
    for _ in range(2):
        for a, b in zip(f(), g(), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
    assert [v.type for v in g.get_shared()] == [v.type for v in f.get_shared()]


def test_empty_arrays_and_scalars(path):
    s, t = theano.shared(np.zeros((0, 3))), theano.shared(2.5)
    assert [a.shape for a in saved(theano.function([], [s, t]), path)()] == [(0, 3), ()]


def test_errors_name_the_lines_where_the_function_was_written(path):
    step, _, x, y = model()
    new = saved(step, path)
    messages = []
    for f in (step, new):
        with pytest.raises(theano.errors.ShapeError) as caught:
            f(x[:, :2], y)
        messages.append(str(caught.value))
    assert messages[0] == messages[1] and f"{Path(__file__).name}:" in messages[1]
    assert step.explain() == new.explain()


def test_a_profiled_function_still_measures(path):
    x = T.dvector("x")
    new = saved(theano.function([x], T.exp(x).sum(), profile=True), path)
    new([1.0, 2.0])
    assert new.profile.calls == 1 and new.profile.steps


def test_a_function_loaded_is_saved_again(path):
    step, _, x, y = model()
    again = saved(saved(step, path), path)
    assert [float(again(x, y)) for _ in range(3)] == [float(step(x, y)) for _ in range(3)]
    with pytest.raises(LoadError, match=r"holds no graph\n.*loaded without its graph"):
        theano.load(path, rebuild=True)


def test_the_graph_is_there_only_if_it_was_rebuilt(path):
    step, *_ = model()
    step.save(path)
    with pytest.raises(LoadError, match="without its graph"):
        theano.load(path).maker.fgraph  # noqa: B018
    rebuilt = theano.load(path, rebuild=True)
    assert len(rebuilt.maker.fgraph.apply_nodes) == len(step.maker.fgraph.apply_nodes)


def test_what_is_rebuilt_has_the_saved_values_and_shares_them(path):
    s = theano.shared(1.0, name="s")
    twin = s.clone()
    f = theano.function([], [s, twin * 2], updates=[(s, s + 1)])
    f()
    f.save(path)
    g = theano.load(path, rebuild=True)
    assert g() == [2.0, 4.0] and g() == [3.0, 6.0] and f() == [2.0, 4.0]
    assert len(g.get_shared()) == 1


def test_givens_and_default_updates_are_those_of_the_function(path):
    s, x = theano.shared(1.0, name="s"), T.dscalar("x")
    s.default_update = s + 1
    f = theano.function([], x * s, givens={x: s + 10})
    s.default_update = s + 100
    f.save(path)
    for rebuild in (False, True):
        g = theano.load(path, rebuild=rebuild)
        assert [float(g()) for _ in range(3)] == [11.0, 24.0, 39.0]


@pytest.mark.parametrize("rebuild", [False, True])
def test_inputs_that_keep_their_value_go_on(path, rebuild):
    x, total, y = T.dscalars("x", "total", "y")
    s = theano.shared(5.0, name="s")
    f = theano.function([x, theano.In(total, value=0.0, update=total + x), theano.In(y, value=s)], [total, y + s], updates=[(s, s * 2)])
    f(2)
    f.save(path)
    g = theano.load(path, rebuild=rebuild)
    assert g(3) == [2.0, 20.0] and g(1) == [5.0, 40.0] and g["total"] == 6.0
    assert f(1) == [2.0, 20.0]


# ------------------------------------------------------------------------------------------------ Python steps


def test_operations_in_python_are_imported(path, tmp_path):
    x = T.dvector("x")
    f = theano.function([x], Shifted([1.0, 2.0])(T.exp(Triple()(x))))
    assert saved(f, path)([0.0, 0.0]).tolist() == [2.0, 3.0]
    program = "import sys, theano; print(theano.load(sys.argv[1])([0.0, 0.0]).tolist())"
    assert in_another_process(program, path, cache=tmp_path / "empty") == "[2.0, 3.0]\n"


def test_values_that_are_no_tensors(path):
    x, s = theano.generic("x"), theano.shared(["a"], name="s")
    f = theano.function([x], [Count()(x), Count()(s)])
    assert saved(f, path)([7]) == [[7, 1], ["a", 1]]


def test_a_step_that_a_rewrite_moved(path, monkeypatch):
    monkeypatch.setattr(OPS["arctan2"], "body", None)
    x, k = T.dvector("x"), T.dscalar("k")
    f = theano.function([x, k], T.arctan2(x, k).dimshuffle("x", 0))
    np.testing.assert_array_equal(saved(f, path)([1.0, 2.0, 3.0], 2.0), np.arctan2([[1.0, 2.0, 3.0]], 2.0))


class InScript(Triple):
    pass


InScript.__module__ = "__main__"


def test_an_operation_that_cannot_be_imported_is_refused(path):
    class Local(Triple):
        pass

    x = T.dvector("x")
    for op, where in ((Local(), "in a function"), (InScript(), "in the script that runs")):
        f = theano.function([x], op(x))
        with pytest.raises(
            SaveError, match=rf"(?s)runs as Python and its class .*is defined {where}.*{Path(__file__).name}:.*into a module"
        ):
            f.save(path)
    assert not path.exists() and os.listdir(path.parent) == []


def test_an_operation_that_cannot_be_pickled_is_refused(path):
    x = T.dvector("x")
    op = Shifted(1.0)
    op.lock = (n for n in ())
    with pytest.raises(SaveError, match=r"(?s)cannot be pickled: .*generator.*hold plain data"):
        theano.function([x], op(x)).save(path)


def test_a_module_that_is_gone_is_told(path):
    x = T.dvector("x")
    theano.function([x], Triple()(x)).save(path)

    def change(index, blobs):
        blobs["things"] = bytes(blobs["things"]).replace(b"tests.compile.importable", b"tests.compile.importaple")

    altered(path, change)
    with pytest.raises(LoadError, match=r"(?s)cannot be imported: .*importaple.*make the module importable"):
        theano.load(path)


def test_a_graph_that_cannot_be_pickled_is_left_out(path):
    x = T.dvector("x")
    x.tag.note = (n for n in ())
    f = theano.function([x], T.exp(x))
    assert saved(f, path)([0.0]) == 1.0
    with pytest.raises(LoadError, match=r"holds no graph\n.*cannot be pickled: .*generator"):
        theano.load(path, rebuild=True)


def test_nothing_is_unpickled_without_need(path, monkeypatch):
    step, _, x, y = model()
    step.save(path)
    monkeypatch.setattr(pickle, "Unpickler", None)
    monkeypatch.setattr("theano.compile.saving._GraphUnpickler", None)
    assert theano.load(path)(x, y) == step(x, y)


# ------------------------------------------------------------------------------------------------ what does not fit


MISFITS = {
    "another version": (lambda needs: needs.update(theano="1.0.5"), r"theano +saved: 1\.0\.5 +here: 2"),
    "other sources": (lambda needs: needs.update(sources="0" * 64), r"theano +saved: .*sources 000000000000 +here: .*sources \w+"),
    "another Python": (lambda needs: needs.update(Python="pypy"), r"Python +saved: pypy +here: cpython"),
    "a feature": (lambda needs: needs["processor"].update(features="+avx1024,-sse2", cpu="zen9"), r"processor +saved: zen9 with avx1024 "),
    "an architecture": (lambda needs: needs["processor"].update(triple="riscv64-unknown-linux-gnu"), r"with riscv64-unknown-linux-gnu"),
    "a level": (lambda needs: needs["processor"].update(features="", cpu="x86-64-v9", vector_bytes=512), r"processor +saved: x86-64-v9"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_refused_with_the_way_out(path, name):
    change, text = MISFITS[name]
    step, _, x, y = model()
    step.save(path)
    altered(path, lambda index, blobs: change(index["needs"]))
    with pytest.raises(LoadError, match=rf"(?s){re.escape(str(path))} does not fit\n.*{text}.*theano\.load\(path, rebuild=True\)"):
        theano.load(path)
    assert theano.load(path, rebuild=True)(x, y) == step(x, y)


def test_without_a_graph_there_is_no_way_out_but_compiling_here(path):
    step, *_ = model()
    step.save(path, graph=False)
    altered(path, lambda index, blobs: index["needs"].update(theano="1.0.5"))
    with pytest.raises(LoadError, match=r"(?s)does not fit.*compile and save it here.*graph=False"):
        theano.load(path)


def test_code_for_a_lesser_machine_fits(path):
    with theano.config.change_flags(cpu="baseline"):
        step, _, x, y = model()
        step.save(path)
    index, _ = archive.read_archive(path)
    assert index["needs"]["processor"]["cpu"] == "x86-64"
    np.testing.assert_allclose(theano.load(path)(x, y), step(x, y))


# ------------------------------------------------------------------------------------------------ damage


def test_each_byte_counts(path):
    x = T.dvector("x")
    theano.function([x], x + 1).save(path)
    whole = path.read_bytes()
    for place in (*range(0, 64), *range(64, len(whole), 997), len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(LoadError, match=r"is damaged|is no saved function"):
            theano.load(path)
        path.write_bytes(whole[:place])
        with pytest.raises(LoadError, match=r"is damaged|is no saved function"):
            theano.load(path)


def test_a_failure_leaves_the_old_file(path, monkeypatch):
    step, *_ = model()
    step.save(path)
    whole = path.read_bytes()

    def full(*args):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        step.save(path)
    assert path.read_bytes() == whole and os.listdir(path.parent) == [path.name]
