"""The object cache: hits without LLVM, and entries that are not believed."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tests.runtime.building import Building
from theano.emit.llvm.linker import Bound, linker
from theano.flags import config
from theano.runtime import cache, cpu, libraries

PROGRAM = """
import sys, types
import numpy as np
from theano.emit.llvm import compile
from theano.flags import config
config.base_compiledir = sys.argv[1]
if sys.argv[2] == "hit":
    def refuse(*args, **kwargs):
        raise AssertionError("LLVM was asked")
    compile.compile_module = refuse
    import theano.runtime.cache
    theano.runtime.cache.compile_module = refuse
    import llvmlite.binding
    llvmlite.binding.parse_assembly = refuse
from tests.runtime.building import Building
b = Building()
x, y = b.input(2), b.input(2)
b.gemm(b.output(x.shape[0], y.shape[1]), x, y)
b.map(lambda v: v * 3.0, b.output(*x.shape), x)
f = b.compile()
product, scaled = f(np.eye(3), np.full((3, 2), 2.0))
assert (product == 2).all() and (scaled == 3 * np.eye(3)).all()
"""


def test_a_fresh_process_loads_what_another_made(tmp_path):
    for way in ("miss", "hit"):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path), way], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        assert list((tmp_path / "objects").glob("*.o"))


WARM = """
import sys
import numpy as np
import theano, theano.tensor as T
x, w = T.matrix("x"), theano.shared(np.eye(2), "w")
y, _ = theano.scan(lambda row, w: T.tanh(T.dot(row, w)), x, non_sequences=w)
f = theano.function([x], T.grad(y.sum(), w))
f([[1.0, 2.0]])
print(f.maker.compilation.kept, *sys.modules)
"""


def test_what_the_cache_holds_is_loaded_without_importing_a_compiler(tmp_path):
    """Most of a warm start would be the import of llvmlite's interface and of SciPy."""
    environment = os.environ | {"PYTHONPATH": os.getcwd(), "THEANO_FLAGS": f"floatX=float64,base_compiledir={tmp_path}"}
    for kept in ("kept", "found"):
        done = subprocess.run([sys.executable, "-c", WARM], capture_output=True, text=True, env=environment, check=True)
        found, *modules = done.stdout.split()
        assert found == kept
    unwanted = {"llvmlite.binding", "theano.emit.llvm.kernel", *(["scipy"] if libraries._bundled() else [])}
    assert isinstance(linker(), Bound) or unwanted.isdisjoint(modules)


@pytest.fixture
def store(tmp_path):
    return cache.ObjectCache(tmp_path / "objects")


def test_entries_and_the_directory_are_the_users_own(store, monkeypatch):
    monkeypatch.setattr(cache, "_warned", [store.directory])  # test_processes.py looks at the warning
    store.put("a" * 64, b"code")
    assert store.get("a" * 64) == b"code" and store.get("b" * 64) is None
    if hasattr(os, "getuid"):
        assert store.directory.stat().st_mode & 0o777 == 0o700
        (entry,) = store.directory.iterdir()
        entry.chmod(0o666)
        assert store.get("a" * 64) is None
        store.directory.chmod(0o777)
        store.put("c" * 64, b"code")
        assert store.get("c" * 64) is None
    assert store.clear() == 1


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b"", lambda b: b[:20] + b"?" + b[21:]])
def test_a_damaged_entry_is_no_entry(store, damage):
    store.put("a" * 64, b"some object code")
    (entry,) = store.directory.iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    assert store.get("a" * 64) is None


def test_a_place_that_cannot_be_written_is_an_empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_warned", [tmp_path])
    (tmp_path / "file").write_text("not a directory")
    store = cache.ObjectCache(tmp_path / "file")
    store.put("a" * 64, b"code")
    assert store.get("a" * 64) is None


def test_the_same_program_is_compiled_once(tmp_path, monkeypatch):
    made = []
    genuine = cache.compile_module
    cpu.symbol("theano_run_parts"), cpu.symbol("theano_new_large")  # what all programs share is made once in a process
    monkeypatch.setattr(cache, "compile_module", lambda *args: made.append(1) or genuine(*args))
    with config.change_flags(base_compiledir=str(tmp_path)):
        for _ in range(3):
            b = Building()
            x = b.input(1)
            b.map(lambda v: v - 7.0, b.output(*x.shape), x)
            assert (b.compile(result="single")(np.ones(2)) == -6).all()
    assert len(made) == 1


def test_the_oldest_entries_go_first(tmp_path):
    kept = cache.ObjectCache(tmp_path / "objects")
    for number, name in enumerate("abc"):
        kept.put(name, bytes(1000))
        os.utime(kept._path(name), (number, number))
    kept.prune(limit=2500)
    assert [kept.get(name) is not None for name in "abc"] == [False, True, True]
