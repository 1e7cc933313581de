"""ProfileStats: what several functions cost, by class, operation and step, and when it is printed."""

import os
import subprocess
import sys
from io import StringIO

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import raising
from theano.compile import Mode, ProfileStats
from theano.compile import profiling as profiling_module
from theano.compile.profile import Kernel, LibraryCall

x, m = T.dvector("x"), T.dmatrix("m")
a, n = T.dscalar("a"), T.lscalar("n")


@pytest.fixture(autouse=True)
def nothing_at_exit(monkeypatch):
    monkeypatch.setattr(profiling_module, "_at_exit", [])
    monkeypatch.setattr(profiling_module, "_shared", {})


@pytest.fixture
def measured():
    """A profile of two functions after five calls."""
    stats = ProfileStats(atexit_print=False, message="both")
    f = theano.function([m, x], T.dot(m, T.tanh(x)).sum(), profile=stats)
    g = theano.function([x], T.tanh(x), profile=stats, name="other")
    for _ in range(3):
        f(np.ones((20, 30)), np.ones(30))
    g(np.ones(10)), g(np.ones(10))
    assert f.profile is g.profile is stats
    return stats


def test_functions_share_a_profile(measured):
    assert measured.fct_callcount == measured.calls == 5 and measured.fct_call_time == measured.seconds > 0
    assert 0 < measured.optimizer_time + measured.linker_time == pytest.approx(measured.compile_time)
    assert len(measured.parts) == 2 and measured.nb_nodes == len(measured.apply_time) == len(measured.steps)
    assert (measured.python_steps, measured.recompilations) == (0, 0)


def test_times_add_up(measured):
    total = measured.vm_call_time
    assert 0 < total < measured.fct_call_time
    for times in (measured.class_time(), measured.op_time(), measured.apply_time):
        assert sum(times.values()) == pytest.approx(total)
    assert set(measured.class_time()) == {Kernel, LibraryCall}


def test_counts(measured):
    runs = measured.apply_callcount
    assert set(runs.values()) == {2, 3}
    assert sum(measured.class_callcount().values()) == sum(measured.op_callcount().values()) == sum(runs.values())
    assert measured.class_callcount()[LibraryCall] == measured.op_callcount()[LibraryCall("gemv")] == 3
    assert measured.op_callcount()[Kernel("kernel [tanh]")] == 5 and measured.op_nodes()[Kernel("kernel [tanh]")] == 2
    assert measured.class_nodes()[LibraryCall] == 1 and sum(measured.class_nodes().values()) == measured.nb_nodes


def test_what_runs():
    stats = ProfileStats(atexit_print=False)
    theano.function([a, n], [raising(a, n), a * 2], profile=stats)(1, 0)
    kinds = {str(op): kind for op, kind in stats.op_impl().items()}
    assert kinds.pop("Raising") == "Py" and set(kinds.values()) == {"C"} and set(stats.class_impl().values()) == {"C", "Py"}
    assert sorted(stats.apply_cimpl.values()) == [False, True] and stats.python_steps == 1


def test_total_times(measured):
    times, totals = measured.apply_time, measured.compute_total_times()
    assert totals.keys() == times.keys() and all(totals[step] >= times[step] for step in times)
    (product,) = [step for step in times if isinstance(step.op, LibraryCall)]
    tanh = next(step for step in times if not set(step.outputs).isdisjoint(product.inputs))
    assert tanh.op == Kernel("kernel [tanh]")
    found = {}
    measured.fill_node_total_time(product, found)
    assert found == {product: pytest.approx(times[product] + times[tanh])}


def test_reset(measured):
    measured.reset()
    assert measured.fct_callcount == 0 and measured.vm_call_time == 0 and set(measured.apply_callcount.values()) == {0}
    assert measured.compile_time > 0


def test_the_first_call_may_not_count():
    with theano.config.change_flags({"profiling.ignore_first_call": True}):
        f = theano.function([x], x * 2, profile=True)
        f([1.0]), f([1.0]), f([1.0])
    assert f.profile.fct_callcount == 2 and set(f.profile.apply_callcount.values()) == {2}


SECTIONS = {
    "summary_function": "Function profiling\n==================\n  Message: both\n  Time in 5 calls to Function.__call__: ",
    "summary_globals": "Time since theano import ",
    "summary_class": "Class\n---\n<% time> <sum %> <apply time> <time per call> <type> <#call> <#apply> <Class name>\n",
    "summary_ops": "Ops\n---\n<% time> <sum %> <apply time> <time per call> <type> <#call> <#apply> <Op name>\n",
    "summary_nodes": "Apply\n------\n<% time> <sum %> <apply time> <time per call> <#call> <GB/s> <id> <Apply name>\n",
    "summary_memory": "Memory Profile\n---\n",
    "print_tips": "Tips\n----\n",
}


@pytest.mark.parametrize("name", SECTIONS)
def test_sections(measured, name):
    stream = StringIO()
    getattr(measured, name)(stream)
    assert stream.getvalue().startswith(SECTIONS[name])


def test_the_summary_has_all_sections(measured, capsys):
    with theano.config.change_flags(profile_memory=True, profile_optimizer=True):
        measured.summary()
    captured = capsys.readouterr()
    assert captured.out == "" and all(heading in captured.err for heading in SECTIONS.values())
    assert "Optimizer Profile" in captured.err
    assert "Memory Profile" not in measured.text()


def test_only_the_dearest_are_listed(measured):
    stream = StringIO()
    measured.summary_nodes(stream, N=1)
    lines = stream.getvalue().splitlines()
    assert lines[3].split()[0] == lines[3].split()[1] and f"(remaining {measured.nb_nodes - 1} account for" in lines[4]


def test_memory():
    f = theano.function([m], T.dot(m, m.T) + 1, profile=True, name="gram")
    f(np.ones((20, 30)))
    stream = StringIO()
    f.profile.summary_memory(stream)
    inputs, shared, outputs, scratch = (int(v.replace(",", "")) for v in stream.getvalue().splitlines()[3].split()[:4])
    assert (inputs, shared, outputs) == (20 * 30 * 8, 0, 20 * 20 * 8) and scratch % 64 == 0


def test_tips_name_python_operations():
    f = theano.function([a, n], raising(a, n), profile=True)
    f(1, 0)
    stream = StringIO()
    f.profile.print_tips(stream)
    assert f"{raising(a, n).owner.op}, which runs Python" in stream.getvalue()


def test_registered_printers(measured, monkeypatch):
    monkeypatch.setattr(profiling_module, "_printers", [])

    @profiling_module.register_profiler_printer
    def calls(stats, file):
        print(f"seen {stats.fct_callcount}", file=file)

    stream = StringIO()
    measured.print_extra(stream)
    assert stream.getvalue() == "seen 5\n" and "seen 5\n" in measured.text()


def test_a_message_is_shared():
    f, g = (theano.function([x], x * k, profile="the same") for k in (2, 3))
    f([1.0]), g([1.0])
    assert f.profile is g.profile and f.profile.message == "the same" and f.profile.fct_callcount == 2
    assert theano.function([x], x, profile="another").profile is not f.profile


def test_the_heading_says_where():
    assert "test_profiling.py:" in theano.function([x], x + 1, profile=True).profile.message
    assert theano.function([x], x + 1, profile=True, name="plus").profile.message == "plus"


def test_steps_that_are_not_timed():
    f = theano.function([x], T.exp(x), profile=ProfileStats(atexit_print=False, flag_time_thunks=False))
    f([1.0])
    assert f.profile.fct_callcount == 1 and f.profile.nb_nodes == 0 and "Ops" not in f.profile.text()


@pytest.mark.parametrize("mode", [Mode("py"), Mode("vm_nogc"), "REFERENCE", "DebugMode", "NanGuardMode"], ids=str)
def test_functions_of_all_modes_are_counted(mode):
    f = theano.function([x], T.exp(x).sum(), profile=True, mode=mode)
    assert f([0.0]) == f([0.0]) == 1
    assert f.profile.fct_callcount == 2
    if mode == Mode("py"):
        assert list(f.profile.apply_callcount.values()) == [2, 2] and set(f.profile.op_impl().values()) == {"Py"}


PROGRAM = "import theano, theano.tensor as T; x = T.dscalar('x'); f = theano.function([x], x * 2, name='double'); f(1); f(2)"


@pytest.mark.parametrize("destination", ["stderr", "stdout", "file"])
def test_printed_at_exit(destination, tmp_path):
    where = str(tmp_path / "profile.txt") if destination == "file" else destination
    flags = f"profile=True,print_global_stats=True,profiling.destination={where},base_compiledir={tmp_path}"
    environment = {**os.environ, "THEANO_FLAGS": flags}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    found = {"stdout": ran.stdout, "stderr": ran.stderr, "file": (tmp_path / "profile.txt").read_text() if destination == "file" else ""}
    text = found.pop(destination)
    assert "Message: double\n  Time in 2 calls" in text and "Global stats\n============\n" in text
    assert set(found.values()) == {""}


def test_global_stats(measured):
    stream = StringIO()
    profiling_module.print_global_stats(stream)
    assert stream.getvalue().startswith("Global stats\n============\n  Time elasped since Theano import")
