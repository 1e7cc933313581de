"""Misuse of threads, cells, the cache and memory: each is told what was wrong and what to do, and nothing has changed."""

import threading

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.telling import told
from tests.runtime.test_sharing import Call, number
from theano.errors import AllocationError, CompileError, FlagError
from theano.runtime import allocator, pool

x, n = T.dvector("x"), T.lscalar("n")
f = theano.function([x], T.exp(x).sum(), name="f")
MODES = ["FAST_RUN", "REFERENCE"]
COUNTS = {
    "none": (0, ValueError, "0 is no number of threads"),
    "less than none": (-2, ValueError, "-2 is no number of threads"),
    "True": (True, ValueError, "True is no number of threads"),
    "a half": (1.5, TypeError, "a number of threads is needed, 1.5 was given"),
    "a word": ("four", TypeError, "a number of threads is needed, 'four' was given"),
    "an array": (np.ones(2), TypeError, "a number of threads is needed"),
}


@pytest.mark.parametrize("case", COUNTS)
@pytest.mark.parametrize("mode", MODES)
def test_threads_of_a_function(case, mode):
    given, kind, wanted = COUNTS[case]
    g = theano.function([x], x + 1, mode=mode)
    text, _ = told(kind, lambda: setattr(g, "threads", given))
    assert text.startswith(f"f.threads: {wanted}") and text.endswith("give an int, 1 or more")
    assert g.threads is None and g([1.0]) == 2


@pytest.mark.parametrize("case", [case for case in COUNTS if COUNTS[case][0] is not None])
def test_threads_of_the_process(case):
    given, kind, wanted = COUNTS[case]
    before = pool.threads()
    text, _ = told(kind, lambda: pool.set_threads(given))
    assert text.startswith(f"set_threads: {wanted}") and text.endswith("give an int, 1 or more")
    assert pool.threads() == before


@pytest.mark.parametrize("given", [-1, 1.5, "much", True, 1 << 70, None])
def test_a_limit_of_kept_memory(given):
    text, _ = told(ValueError, lambda: allocator.set_limit(given))
    assert text.splitlines() == [f"set_limit: {given!r} is no number of bytes", "  give an int; 0 keeps nothing"]


@pytest.mark.parametrize("given", [None, "", "  ", 7, b"folder", "a\0b"])
def test_a_folder_for_the_cache(given):
    before = theano.config.base_compiledir
    text, _ = told(FlagError, lambda: setattr(theano.config, "base_compiledir", given))
    assert text == f"config.base_compiledir = {given!r}: it takes the path of a folder"
    assert theano.config.base_compiledir == before


def test_a_processor_that_there_is_not():
    text, _ = told(FlagError, lambda: setattr(theano.config, "cpu", "avx3"))
    assert text.startswith("config.cpu = 'avx3': it takes one of native, baseline, avx2, avx512")


def test_code_that_this_processor_cannot_run(monkeypatch):
    from theano.emit.llvm import target

    host = target._forced("baseline")
    monkeypatch.setattr(target, "_host", lambda: host)
    with theano.config.change_flags(cpu="avx512"):
        text, _ = told(CompileError, lambda: theano.function([x], x * 3.125))
    assert text.splitlines() == [f"config.cpu=avx512: this machine ({host.cpu}) cannot run such code", "  set config.cpu to native"]


@pytest.mark.parametrize("action", [lambda c: c.clear(), lambda c: c.pop(), lambda c: c.remove(c[0])])
def test_a_cell_is_emptied(action):
    count = number()
    add = theano.function([], count, updates=[(count, count + 1)])
    text, _ = told(TypeError, lambda: action(count.container.storage))
    assert "a cell holds one value, and functions read it" in text and text.endswith("put None in: cell[0] = None")
    assert add() == 0 and count.get_value() == 1


CONTENTS = {
    "another rank": (np.ones((2, 2)), ValueError, "holds an array of shape (2, 2), its type has the sizes (any)"),
    "a number": (np.float64(1), ValueError, "holds an array of shape (), its type has the sizes (any)"),
    "nothing": (None, TypeError, "its container is empty"),
    "a text": ("text", ValueError, "could not convert"),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_what_is_put_into_a_cell_past_its_container(case):
    value, kind, wanted = CONTENTS[case]
    w = theano.shared(np.zeros(3), name="w")
    g = theano.function([x], x.sum(), updates=[(w, w + x)])
    w.container.storage[0] = value
    text, _ = told(kind, lambda: g(np.ones(3)))
    assert wanted in text and w.container.storage[0] is value
    w.set_value(np.zeros(3))
    assert g(np.ones(3)) == 3 and (w.get_value() == 1).all()


@pytest.mark.parametrize("layout", [np.ones(6)[::2], np.ones(3, ">f8"), np.ones(3, "float32"), np.ones(4)[1:], [1.0, 1.0, 1.0]])
def test_what_can_be_made_to_fit_is(layout):
    w = theano.shared(np.zeros(3), name="w")
    g = theano.function([x], (x * w).sum(), updates=[(w, w + x)])
    w.container.storage[0] = layout
    assert g(np.ones(3)) == 3 and (w.get_value() == 2).all()


@pytest.mark.parametrize("mode", MODES)
def test_a_variable_updated_inside_its_own_update(mode):
    count = number()
    add = theano.function([], [], updates=[(count, count + 1)], mode=mode)
    nested = theano.function([], [], updates=[(count, Call(add)(count) + 1)], mode=mode)
    text, _ = told(RuntimeError, nested)
    headline, value, cure = text.splitlines()
    assert headline == "a function that updates a shared variable was called from inside a call that updates it too"
    assert value.split() == ["value", "array(0)"]
    assert cure.strip().startswith("the inner update would be lost") and cure.endswith("update the variable in one of the two")
    assert count.get_value() == 0 and add() == [] and count.get_value() == 1


@pytest.mark.parametrize("mode", MODES)
def test_two_threads_inside_each_other(mode):
    a, b, both = number("a"), number("b"), threading.Barrier(2)
    inner = {v: theano.function([], [], updates=[(v, v + 1)], mode=mode) for v in (a, b)}
    outer = [
        theano.function([], [], updates=[(v, Call(lambda w=w: (both.wait(60), inner[w]()))(v) + 1)], mode=mode) for v, w in ((a, b), (b, a))
    ]
    found = []

    def run(call):
        try:
            call()
        except RuntimeError as error:
            found.append(str(error))

    threads = [threading.Thread(target=run, args=(call,)) for call in outer]
    [t.start() for t in threads]
    [t.join(60) for t in threads]
    assert not any(t.is_alive() for t in threads)
    assert found and all(text.startswith("two threads wait for each other") for text in found)
    assert all("call the inner functions outside of Python ops, or in one order" in text for text in found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1 << 48, 1 << 61, (1 << 63) - 1])
def test_an_array_that_no_machine_holds(size, mode):
    wide = T.alloc(np.float64(1.1), n)
    g = theano.function([n], wide, mode=mode)
    text, _ = told(AllocationError, lambda: g(size))
    assert text.splitlines()[0] == f"there is no memory for an output: float64 ({size},), {8 * size:,} bytes"
    assert "<wide = T.alloc(np.float64(1.1), n)>" in text and "use smaller arguments" in text
    assert (g(2) == 1.1).all()
