"""Forks, spawned workers, and many processes with one cache."""

import concurrent.futures
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.runtime.test_sharing import Call, number
from tests.runtime.work import PROGRAM, call
from theano.runtime import cache, pool

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
forks = pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="needs fork")
x = T.dvector("x")
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *filter(None, sys.path)])}


def in_child(work):
    """Fork; the child does ``work``, which must be true."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # a child that waits for ever is a failure
        try:
            os._exit(0 if work() else 3)
        except BaseException:
            os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ------------------------------------------------------------------------------------------------ forks


@forks
def test_everything_goes_on_in_a_forked_child():
    count, large = number(), np.zeros(400_000)
    add = theano.function([], count, updates=[(count, count + 1)])
    long = theano.function([x], T.exp(x))
    with pool.set_threads(2):
        add(), long(large)

        def work():
            built = theano.function([x], T.exp(x) * 3.5)(large)
            return add() == 1 and count.get_value() == 2 and (long(large) == 1).all() and (built == 3.5).all()

        in_child(work)
        in_child(work)
        assert add() == 1 and (long(large) == 1).all()


@forks
def test_a_fork_while_other_threads_are_inside_calls():
    """One inside a Python op of a call that owns a variable, one in long kernels on the pool, one compiling."""
    count, inside, go = number(), threading.Event(), threading.Event()
    add = theano.function([], [], updates=[(count, count + 1)])
    held = theano.function([], [], updates=[(count, Call(lambda: (inside.set(), go.wait(60)))(count) + 1)])
    long, values = theano.function([x], T.exp(T.sin(x))), np.zeros(600_000)

    def busy():
        while not go.is_set():
            long(values)

    def building():
        k = 0
        while not go.is_set():
            theano.function([x], T.exp(x) * float(k := k + 1))

    threads = [threading.Thread(target=work) for work in (held, busy, building)]
    with pool.set_threads(2):
        [t.start() for t in threads]
        assert inside.wait(60)

        def work():
            add()
            count.set_value(count.get_value() + 10)
            theano.function([x], x * 2.25)
            return count.get_value() == 11 and (long(values) == 1).all()

        for _ in range(3):
            in_child(work)
        go.set()
        [t.join(60) for t in threads]
    assert count.get_value() == 1


@forks
def test_a_fork_inside_a_call():
    count = number()
    f = theano.function([], [], updates=[(count, Call(lambda: in_child(lambda: count.get_value() == 0))(count) + 1)])
    f(), count.set_value(np.int64(0)), f()
    assert count.get_value() == 1


METHODS = [m for m in ("fork", "spawn", "forkserver") if m in multiprocessing.get_all_start_methods()]


@pytest.mark.parametrize("method", [pytest.param(m, marks=pytest.mark.slow) if m == "forkserver" else m for m in METHODS])
def test_workers_of_multiprocessing(method, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert call(1, 5) == 5
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context(method)) as workers:
        assert list(workers.map(call, [1, 2, 3, 1], [4, 5, 6, 300_000])) == [4, 5, 6, 300_000]


def test_threads_of_concurrent_futures():
    with concurrent.futures.ThreadPoolExecutor(4) as workers:
        assert list(workers.map(call, [1, 2] * 50, range(1, 101))) == list(range(1, 101))


# ------------------------------------------------------------------------------------------------ the cache


def start(folder, program=PROGRAM, **options):
    arguments = [sys.executable, "-c", program, str(folder)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, **options)


def ended(process):
    out, complaint = process.communicate(timeout=280)
    assert process.returncode == 0, complaint
    return out.strip(), complaint


@pytest.mark.parametrize("processes", [2, pytest.param(64, marks=pytest.mark.slow)])
def test_processes_that_compile_the_same_function_at_once(tmp_path, processes):
    found = [ended(p) for p in [start(tmp_path) for _ in range(processes)]]
    assert {out for out, _ in found} <= {"kept", "found"} and all(complaint == "" for _, complaint in found)
    files = list((tmp_path / "objects").iterdir())
    assert {f.suffix for f in files} == {".o"} and not [f for f in files if "lock" in f.name]
    assert ended(start(tmp_path)) == ("found", "")


SLOW_WRITES = (
    """
import builtins, os, time
class Slow:
    def __init__(self, file): self.file = file
    def __enter__(self): return self
    def __exit__(self, *raised): self.file.close()
    def write(self, content):
        self.file.write(content[: len(content) // 2]); self.file.flush()
        print("writing", flush=True); time.sleep(60)
import theano.runtime.cache as cache
cache.open = lambda file, mode: Slow(builtins.open(file, mode)) if mode == "wb" else builtins.open(file, mode)
"""
    + PROGRAM
)


def test_a_process_killed_while_it_writes(tmp_path):
    process = start(tmp_path, SLOW_WRITES)
    assert process.stdout.readline() == "writing\n"
    process.kill()
    process.communicate()
    left = list((tmp_path / "objects").glob("*.part"))
    assert len(left) == 1
    assert ended(start(tmp_path)) == ("kept", "") and ended(start(tmp_path)) == ("found", "")
    store = cache.ObjectCache(tmp_path / "objects")
    store.prune()
    assert all(path.exists() for path in left)  # they may be somebody's who still writes
    for path in left:
        os.utime(path, (time.time() - 2 * cache.ABANDONED,) * 2)
    store.prune()
    assert not any(path.exists() for path in left) and list((tmp_path / "objects").glob("*.o"))


def model(rate=0.125):
    return theano.function([x], T.exp(x * rate).sum())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A fresh cache, and a process that has not warned yet."""
    monkeypatch.setattr(cache, "_warned", [])
    with theano.config.change_flags(base_compiledir=str(tmp_path / "cache")):
        yield tmp_path / "cache" / "objects"


DAMAGES = {
    "cut short": lambda content: content[:-7],
    "empty": lambda content: b"",
    "a bit turned": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "of an older form": lambda content: content.replace(cache.MAGIC, b"theano object 1\n"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entries_are_made_anew(folder, damage):
    model()
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    for path, content in whole.items():
        path.write_bytes(DAMAGES[damage](content))
    assert model().maker.compilation.kept == "kept"
    assert {path: path.read_bytes() for path in folder.iterdir()} == whole
    assert model().maker.compilation.kept == "found"


def swapped(store, entries):
    a, b = entries
    contents = a.read_bytes(), b.read_bytes()
    for path, content in zip((b, a), contents):
        path.write_bytes(content)


def in_form(content):
    """Entries with a right checksum around ``content``."""

    def change(store, entries):
        for path in entries:
            store.put(path.stem, content)

    return change


FORGERIES = {
    "entries in each other's place": swapped,
    "no text": in_form(b"\x00\xff\x7fELF" * 10),
    "another text": in_form(b'{"program": {}, "object_key": "x"}'),
    "a list": in_form(b"[1, 2]"),
    "a number": in_form(b"7"),
    "nothing": in_form(b""),
    "nested deeply": in_form(b"[" * 100_000),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_entries_of_a_wrong_kind_are_made_anew(folder, forgery):
    model()
    store = cache.ObjectCache(folder)
    FORGERIES[forgery](store, sorted(folder.iterdir()))
    f = model()
    assert f.maker.compilation.kept == "kept" and f([0.0, 0.0]) == 2
    assert model().maker.compilation.kept == "found"


def plan_of(folder):
    return next(folder.glob("*-plan.o"))


posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="about owners and modes")


@posix
@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
def test_an_entry_that_others_may_write_is_made_anew(folder, mode):
    model()
    for path in folder.iterdir():
        path.chmod(mode)
    assert model().maker.compilation.kept == "kept"
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert model().maker.compilation.kept == "found"


@posix
@pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("what", ["entries", "folder"])
def test_what_belongs_to_somebody_else_is_not_used(folder, what):
    model()
    for path in folder.iterdir() if what == "entries" else [folder]:
        os.chown(path, 12345, 12345)
    if what == "entries":
        assert model().maker.compilation.kept == "kept" and {p.stat().st_uid for p in folder.iterdir()} == {0}
    else:
        with pytest.warns(cache.CacheWarning, match="belongs to another user") as caught:
            assert model()([0.0]) == model(0.25)([0.0]) == 1
        assert len(caught) == 1


@posix
def test_links_are_not_followed_to_entries(folder, tmp_path):
    model()
    for path in folder.iterdir():
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    assert model().maker.compilation.kept == "kept"
    assert not any(path.is_symlink() for path in folder.iterdir())


@posix
def test_the_folder_may_be_a_link_and_an_entry_is_a_plain_file(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    model()
    assert model().maker.compilation.kept == "found" and list(elsewhere.iterdir())
    path = plan_of(folder)
    path.unlink()
    os.mkfifo(path)  # reading it would wait for ever
    assert model()([0.0]) == 1


def without_space(store, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", fail)


def read_only(store, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", fail)


def a_file_there(store, monkeypatch):
    store.parent.parent.joinpath("cache").write_text("no folder")


def open_to_all(store, monkeypatch):
    store.mkdir(parents=True)
    store.chmod(0o777)


PLACES = {"No space left": without_space, "Read-only": read_only, "Not a directory|cannot find|exists": a_file_there}
if hasattr(os, "getuid"):
    PLACES["others may write to it"] = open_to_all


@pytest.mark.parametrize("reason", PLACES)
def test_a_folder_that_cannot_be_used_is_one_warning(folder, monkeypatch, reason):
    PLACES[reason](folder, monkeypatch)
    with pytest.warns(cache.CacheWarning, match=reason) as caught:
        for k in range(4):
            assert theano.function([x], x.sum() + k)([1.0]) == 1 + k
    (warning,) = caught
    text = str(warning.message)
    assert "every process compiles its functions anew" in text and str(folder) in text and ("base_compiledir" in text or "chmod" in text)


def test_a_disk_that_fills_up_in_the_middle(folder):
    """The limit on the size of files stands for the disk's; what was written of an entry is removed."""
    resource = pytest.importorskip("resource")
    model(0.375)
    kept, before = len(list(folder.iterdir())), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.warns(cache.CacheWarning, match="too large") as caught:
            assert model(0.5)([0.0]) == model(0.625)([0.0]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(caught) == 1 and len(list(folder.iterdir())) == kept
    assert model(0.375).maker.compilation.kept == "found"


def test_entries_of_a_folder_that_may_only_be_read_are_used(folder, monkeypatch):
    model()
    read_only(folder, monkeypatch)
    without_space(folder, monkeypatch)
    assert model().maker.compilation.kept == "found"


def test_a_missing_folder_is_made_and_is_the_users_own(folder):
    assert not folder.exists()
    model()
    assert folder.is_dir() and (not hasattr(os, "getuid") or stat.S_IMODE(folder.stat().st_mode) == 0o700)


def test_pruning_survives_other_processes_that_prune(tmp_path, monkeypatch):
    store = cache.ObjectCache(tmp_path)
    for name in "abc":
        store.put(name, bytes(100))
    files = store._files()
    monkeypatch.setattr(store, "_files", lambda: [*files, tmp_path / "gone.o", tmp_path / "gone.part"])
    (tmp_path / "a.o").unlink()
    store.prune(limit=150)
    assert len(list(tmp_path.iterdir())) == 1
