"""Native functions: arguments, updates that are all or nothing, aliases, re-entrancy, lifetime."""

import ctypes
import gc
import sys
import threading
import weakref

import numpy as np
import pytest

from tests.runtime.building import Building, Failed
from theano.emit.llvm.status import GUARD
from theano.loops.ir import Guard
from theano.runtime.cpu import NativeFunction, PortableFunction
from theano.runtime.native_type import HEAD

KINDS = [NativeFunction, PortableFunction]


def doubling(kind=NativeFunction, rank=1):
    b = Building()
    x = b.input(rank)
    b.map(lambda v: v * 2.0, b.output(*x.shape), x)
    return b.compile(result="single", kind=kind)


# ------------------------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_that_lie_anyhow_are_converted(kind):
    f, x = doubling(kind, 2), np.arange(12.0).reshape(3, 4)
    unaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view("float64").reshape(3, 4)

    class Sub(np.ndarray):
        pass

    readonly = x.copy()
    readonly.flags.writeable = False
    for given in (x, x.T, x[::2, ::-1], x.astype(">f8"), x.astype("float32"), x.view(Sub), unaligned, readonly, x.tolist()):
        found = f(given)
        assert type(found) is np.ndarray and found.dtype == np.float64
        np.testing.assert_array_equal(found, np.asarray(given) * 2)


def test_wrong_numbers_of_arguments():
    f = doubling()
    for args, kwargs in (((), {}), ((1, 2), {}), ((), {"x": np.ones(2)})):
        with pytest.raises(TypeError, match="expected 1"):
            f(*args, **kwargs)


def test_an_unbound_function_cannot_be_called():
    with pytest.raises(TypeError):
        NativeFunction()()


def test_fixed_extents_go_to_the_slow_path_if_they_differ():
    from theano.emit.llvm.entry import Argument, Signature
    from theano.runtime.cpu import load_program

    b = Building()
    x = b.input(2)
    b.map(lambda v: v, b.output(*x.shape), x)

    class Strict(NativeFunction):
        def slow(self, *args):
            raise ValueError(args[0].shape)

    f = Strict()
    f.bind(load_program(b.program, Signature((Argument("float64", (1, None)),), (), "single")), [], [], print)
    assert f(np.ones((1, 3))).shape == (1, 3)
    with pytest.raises(ValueError, match="2, 3"):
        f(np.ones((2, 3)))


def test_python_integers_beyond_the_mantissa_are_left_to_python():
    from theano.emit.llvm.entry import Argument, Signature
    from theano.runtime.cpu import load_program

    seen = []

    class Watched(NativeFunction):
        def slow(self, *args):
            seen.append(args)
            return super().slow(*args)

    for dtype, given, slow in (("float64", 2**53, False), ("float64", 2**53 + 1, True), ("int64", 2**62, False), ("int64", True, True)):
        b = Building()
        x = b.input(0, dtype)
        b.map(lambda v: v, b.output(dtype=dtype), x)
        f = Watched()
        f.bind(load_program(b.program, Signature((Argument(dtype, (), frozenset({"int"})),), (), "single")), [], [], print)
        seen.clear()
        assert f(given) == np.array(given, dtype) and bool(seen) == slow


def test_outputs_are_fresh_while_anyone_holds_them():
    f = doubling()
    first = f(np.ones(3))
    view = first[1:]
    second = f(np.zeros(3))
    assert first is not second and (first == 2).all() and (second == 0).all()
    del first
    third = f(np.full(3, 5.0))
    assert (view == 2).all() and (third == 10).all() and not np.shares_memory(view, third)
    watcher = weakref.ref(third)
    del third
    assert f(np.zeros(3)) is not watcher()


def test_others_may_set_the_types_of_pythons_functions(monkeypatch):
    for name in ("Py_DecRef", "PyMem_RawFree"):
        monkeypatch.setattr(getattr(ctypes.pythonapi, name), "argtypes", [ctypes.py_object])
    f = doubling()
    result = f(np.ones(3))
    held = sys.getrefcount(result)
    f.trim()
    assert sys.getrefcount(result) == held - 1


# ------------------------------------------------------------------------------------------------ updates


def counters(result="list"):
    """Two shared vectors, a' = a + b, b' = 2 b; returns a' too."""
    b = Building()
    first, second = b.shared(1), b.shared(1)
    b.map(lambda v, w: v + w, b.update(0, *first.shape), first, second)
    b.map(lambda v: v * 2.0, b.update(1, *second.shape), second)
    b.map(lambda v: v, b.output(*first.shape), first)
    return b


@pytest.mark.parametrize("kind", KINDS)
def test_updates_use_all_old_values(kind):
    first, second = [np.array([1.0, 2.0])], [np.array([10.0, 20.0])]
    f = counters().compile(first, second, kind=kind)
    a, b = first[0].copy(), second[0].copy()
    for _ in range(5):
        (seen,) = f()
        assert (seen == a).all()
        a, b = a + b, b * 2
        assert (first[0] == a).all() and (second[0] == b).all()


def test_values_that_someone_holds_are_never_written_again():
    first, second = [np.array([1.0])], [np.array([10.0])]
    f, held = counters().compile(first, second), []
    for _ in range(6):
        held.append((first[0], first[0].copy(), second[0][:], second[0].copy()))
        f()
    assert all((a == b).all() and (c == d).all() for a, b, c, d in held)


def test_a_spare_of_another_shape_is_not_used():
    first, second = [np.ones(2)], [np.ones(2)]
    f = counters().compile(first, second)
    f(), f()
    first[0], second[0] = np.ones(3), np.ones(3)
    f()
    assert (first[0] == 2).all() and first[0].shape == (3,)


def failing(place):
    """Three updates with something that fails before, between or behind them."""
    b = Building()
    shared = [b.shared(1) for _ in range(3)]
    index, flag = b.input(1, "int64"), b.input(1)
    out = b.output(*index.shape)

    def fail():
        if place == "check":
            b.gather(out, shared[0], index)
        elif place == "python":
            (made,) = b.python(explode, [flag], (1, "float64"))
            b.map(lambda v: v, b.output(*flag.shape), made)
        elif place == "guard":
            inner = b.inside()
            inner.frame.guards.append(Guard(flag.shape[0], b.int(1), None))
            b.nested(inner)
        elif place == "array":
            inner = b.inside()
            inner.map(lambda v: v, inner.output(flag.shape[0] - 1, 1 << 44), b.constant(np.array(1.0)))
            b.nested(inner)
        elif place == "scratch":
            inner = b.inside()
            inner.map(lambda v: v, inner.scratch((flag.shape[0] - 1) * (1 << 43)), b.constant(np.array(1.0)))
            b.nested(inner)

    return b, shared, fail


def explode(flag):
    if len(flag) > 1:
        raise ZeroDivisionError("as asked")
    return flag


ERRORS = {"check": Failed, "python": ZeroDivisionError, "guard": Failed, "array": MemoryError, "scratch": MemoryError}


@pytest.mark.parametrize("place", ERRORS)
@pytest.mark.parametrize("before", range(4))
def test_a_failure_anywhere_leaves_every_shared_variable_as_it_was(place, before):
    b, shared, fail = failing(place)
    for k in range(3):
        if k == before:
            fail()
        b.map(lambda v: v + 1.0, b.update(k, *shared[k].shape), shared[k])
    if before == 3:
        fail()
    values = [[np.arange(3.0) + k] for k in range(3)]
    f = b.compile(*values)
    bad = (np.array([7]), np.ones(2)) if place != "check" else (np.array([0, 7]), np.ones(1))
    good = (np.array([1]), np.ones(1))
    objects = [v[0] for v in values]
    for _ in range(3):
        with pytest.raises(ERRORS[place]) as caught:
            f(*bad)
        assert all(v[0] is o and (o == np.arange(3.0) + k).all() for k, (v, o) in enumerate(zip(values, objects)))
    if place == "guard":
        assert caught.value.args == (GUARD, 2, 1)
    if place == "python":
        assert caught.value.args == ("as asked",)
    f(*good)
    assert all((v[0] == np.arange(3.0) + k + 1).all() for k, v in enumerate(values))


def test_a_failure_frees_everything():
    b, shared, fail = failing("check")
    b.map(lambda v: v + 1.0, b.update(0, *shared[0].shape), shared[0])
    fail()
    value = [np.arange(3.0)]
    f = b.compile(value, [np.ones(1)], [np.ones(1)])
    index, flag = np.array([9]), np.ones(1)
    before = [sys.getrefcount(v) for v in (value[0], index, flag)]
    for _ in range(50):
        with pytest.raises(Failed):
            f(index, flag)
    assert [sys.getrefcount(v) for v in (value[0], index, flag)] == before


def test_in_place_updates_and_arguments_that_overlap_them():
    b = Building()
    state, x = b.shared(1), b.input(1)
    b.in_place(lambda v: v * 2.0, state)
    b.map(lambda v, w: v + w, b.output(*x.shape), state, x)
    value = [np.arange(4.0)]
    f = b.compile(value, result="single")
    mine = value[0]
    assert (f(np.zeros(4)) == np.arange(4.0) * 2).all() and value[0] is mine
    assert (f(mine) == mine + mine / 2).all() and value[0] is mine  # x was copied before it changed
    assert (f(mine[::-1]) == mine + mine[::-1] / 2).all()
    mine.flags.writeable = False
    f(np.zeros(4))
    assert value[0] is not mine and (value[0] == mine * 2).all()


def test_two_shared_variables_of_one_array_are_parted():
    b = Building()
    first, second = b.shared(1), b.shared(1)
    b.in_place(lambda v: v * 2.0, first)
    b.map(lambda v: v, b.output(*second.shape), second)
    array = np.arange(3.0)
    values = [array], [array]
    f = b.compile(*values, result="single")
    assert (f() == np.arange(3.0)).all()
    assert (values[0][0] == np.arange(3.0) * 2).all() and (values[1][0] == np.arange(3.0)).all()


# ------------------------------------------------------------------------------------------------ Python steps


@pytest.mark.parametrize("kind", KINDS)
def test_a_python_step_may_call_the_function_it_is_in(kind):
    b = Building()
    x = b.input(1)
    tmp = b.scratch(*x.shape)
    b.map(lambda v: v + 1.0, tmp, x)
    (inner,) = b.python(lambda a, t: f(a[: len(a) // 2]) + t[: len(a) // 2] if len(a) > 1 else a[:0], [x, tmp], (1, "float64"))
    nested = b.inside()
    total = nested.scratch()
    nested.sum(total, inner)
    nested.map(lambda v, t: v + t, nested.output(*x.shape), tmp, total)
    b.nested(nested)
    f = b.compile(result="single", kind=kind)

    def reference(a):
        t, half = a + 1, len(a) // 2
        return t + (reference(a[:half]) + t[:half]).sum() if len(a) > 1 else t

    for n in (1, 2, 5, 3000):
        np.testing.assert_allclose(f(x := np.linspace(0, 1, n)), reference(x))


def test_a_python_step_that_sets_a_shared_variable_does_not_disturb_the_call():
    b = Building()
    state = b.shared(1)
    (seen,) = b.python(lambda a: (value.__setitem__(0, np.zeros(3)), a.copy())[1], [state], (1, "float64"))
    nested = b.inside()
    nested.map(lambda v, w: v + w, nested.update(0, *state.shape), state, seen)
    b.program.commits = [(0, nested.frame.buffers[0])]
    b.nested(nested)
    value = [np.arange(3.0)]
    b.compile(value)()
    assert (value[0] == np.arange(3.0) * 2).all()


def test_opaque_objects_pass_through():
    b = Building()
    thing = b.input(0, "object")
    (other,) = b.python(lambda o: (o.copy(),), [thing], (0, "object"))
    b.program.outputs += [other, thing]
    f = b.compile(callbacks=[lambda o: ({**o, "seen": True},)])
    given = {"a": 1}
    made, same = f(given)
    assert made == {"a": 1, "seen": True} and same is given


def test_the_same_array_twice_and_an_input_as_outputs():
    b = Building()
    x = b.input(1)
    out = b.output(*x.shape)
    b.map(lambda v: v, out, x)
    b.program.outputs += [out, x]
    x = np.arange(3.0)
    before = sys.getrefcount(x)
    first, second, third = b.compile()(x)
    assert first is second and third is x
    del first, second, third
    assert sys.getrefcount(x) == before


# ------------------------------------------------------------------------------------------------ life


def test_a_function_and_what_it_holds_are_collected():
    class Function(NativeFunction):
        pass

    class Array(np.ndarray):
        pass

    b = Building()
    state = b.shared(1)
    b.map(lambda v: v + 1.0, b.update(0, *state.shape), state)
    probe = np.ones(3).view(Array)
    f = b.compile([np.ones(3)], callbacks=[], kind=Function)
    f(), f()
    f.me, f.probe = f, probe
    watchers = weakref.ref(f), weakref.ref(probe)
    del f, probe
    gc.collect()
    assert [w() for w in watchers] == [None, None]


def test_trim_releases_spares_and_scratch_and_the_function_still_works():
    first, second = [np.ones(1000)], [np.ones(1000)]
    f = counters().compile(first, second)
    f(), f()
    old = first[0]
    f()
    before = sys.getrefcount(old)
    f.trim()
    assert sys.getrefcount(old) == before - 1
    f()
    assert (first[0] == 16).all()


def test_subclasses_have_attributes_and_the_direct_call():
    class Function(NativeFunction):
        def __init__(self):
            self.name = "f"

        def __getitem__(self, key):
            return key

    f = Function()
    assert f.name == "f" and f["a"] == "a" and callable(f)
    assert Function.__flags__ & (1 << 11)
    assert ctypes.c_void_p.from_address(id(f) + HEAD).value is None


def test_calls_from_several_threads():
    b = Building()
    x = b.input(1)
    tmp = b.scratch(*x.shape)
    b.map(lambda v: v + 1.0, tmp, x)
    (seen,) = b.python(lambda t: t * 2.0, [tmp], (1, "float64"))
    nested = b.inside()
    nested.map(lambda v, w: v + w, nested.output(*x.shape), tmp, seen)
    b.nested(nested)
    f, wrong = b.compile(result="single"), []

    def work(k):
        for n in range(200):
            x = np.full(n * 10 + 1, float(k))
            if not (f(x) == (x + 1) * 3).all():
                wrong.append((k, n))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not wrong


def test_profile_counts_runs_and_nanoseconds():
    b = Building()
    x, y = b.input(1), b.input(1)
    b.map(lambda v: v, b.output(*x.shape), x)
    inner = b.inside()
    inner.map(lambda v: v, inner.array(*x.shape), x)
    b.loop(y.shape[0], inner)
    f = b.compile(profile=True)
    for _ in range(3):
        f(np.ones(4), np.ones(5))
    assert [count for _, count, _ in f.counters] == [3, 3, 15]
    assert all(nanoseconds > 0 for *_, nanoseconds in f.counters)
