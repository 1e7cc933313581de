"""Threads for long loops: a fork-join pool written in LLVM IR, one for the process.

``theano_run_parts(function, argument, parts, limit)`` calls ``function(argument, k)`` for each k below ``parts``, on at most
``limit`` threads, and returns when all are done.  The caller works too and takes part after part; so a pool without threads
(after a fork, say) is merely serial, and no one waits for a worker that sleeps.  Between jobs workers spin for some
microseconds, then sleep in the kernel.  A job that is started while another runs is run serially by its caller.

Part numbers come from one 64-bit counter, ``generation << 48 | parts << 32 | next``: a worker that is late takes a number beyond
the end and touches nothing; one whose number counts knows by that that the job's function and argument stand.

There are threads on Linux (x86-64 and AArch64); elsewhere every loop runs on the caller's.

>>> with set_threads(2):
...     threads()
2
"""

from __future__ import annotations

import atexit
import ctypes
import operator
import os
import platform
import re
import sys
import time
from typing import Any

import numpy as np

from theano.emit.llvm.compile import Library, load
from theano.emit.llvm.objects import helpers
from theano.emit.llvm.parallel import spreading
from theano.emit.llvm.sharing import BREATHE, IN_SLICES, INTERPRETER, exposing
from theano.emit.llvm.taking import taking
from theano.emit.llvm.target import target
from theano.errors import message
from theano.flags import config
from theano.graph.locks import made_once
from theano.runtime import allocator
from theano.runtime.cache import object_code
from theano.runtime.numpy_api import abi, c_function

SPINS = 4000
"""How often an idle worker looks for a new job before it sleeps: 40 to 200 microseconds.  To wake one takes some 50 on a virtual machine,
and the next job of a loop is there sooner."""
JOIN_SPINS = 20_000
"""How often the caller looks for the last part before it sleeps."""
MOST_THREADS = 256

_FUTEX = {"x86_64": 202, "aarch64": 98}
_PAUSE = {"x86_64": "call void @llvm.x86.sse2.pause()", "aarch64": "call void @llvm.aarch64.hint(i32 1)"}
_MACHINE = platform.machine()
THREADED = sys.platform.startswith("linux") and _MACHINE in _FUTEX


def available() -> int:
    """Processors that this process may use; at most ``OMP_NUM_THREADS``, if the environment sets it.  One if ``config.openmp`` is off."""
    if not config.openmp:
        return 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(_processors(), int(wanted)) if wanted.isdigit() and int(wanted) else _processors()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """How many threads a long loop uses, the caller's among them."""
    return int(_control("theano_threads", ctypes.c_int64)())


class set_threads:
    """Let long loops of the whole process use ``number`` threads, from the next loop on; as a context manager, for a while.

    Missing threads are created by the first loop that wants them.  What a single function may use is its attribute ``threads``.

    >>> with set_threads(1):
    ...     threads()
    1
    """

    def __init__(self, number: int) -> None:
        wanted = thread_number(number, "set_threads")
        self._before = threads()
        _set(wanted)

    def __enter__(self) -> set_threads:
        return self

    def __exit__(self, *raised: object) -> None:
        _set(self._before)


def _set(number: int) -> None:
    _control("theano_set_threads", None, ctypes.c_int64)(min(number, MOST_THREADS) if THREADED else 1)


def thread_number(number: Any, where: str) -> int:
    """``number`` as a number of threads; TypeError or ValueError if it cannot be one."""
    try:
        wanted = operator.index(number)
    except TypeError:
        raise TypeError(message(f"{where}: a number of threads is needed, {number!r} was given", cure="give an int, 1 or more")) from None
    if isinstance(number, bool) or wanted < 1:
        raise ValueError(message(f"{where}: {number!r} is no number of threads", cure="give an int, 1 or more"))
    return wanted


def workers() -> int:
    """How many threads the pool has besides the callers'."""
    return int(_control("theano_workers", ctypes.c_int64)())


def address(name: str) -> int:
    """Of a function for generated code: ``theano_run_parts``, ``theano_threads`` or ``theano_clock``."""
    return _pool().address(name)


def _control(name: str, result: type[ctypes.c_int64] | None, *arguments: type[ctypes.c_int64]) -> ctypes._CFuncPtr:  # type: ignore[name-defined]
    return ctypes.CFUNCTYPE(result, *arguments)(address(name))


@made_once
def _pool() -> Library:
    symbols = ("syscall", "pthread_create", "pthread_sigmask", "clock_gettime") if THREADED else ("clock_gettime",)
    if sys.platform == "win32":
        symbols = ("QueryPerformanceCounter",)
    addresses = {name: _windows_counter() if name.startswith("Query") else c_function(name) for name in symbols}
    addresses |= {name: c_function(name) for name in ("memset", "memcpy", "memmove")}
    text = _IN_TURN + (_THREADED if THREADED else _SERIAL) + (_WINDOWS_CLOCK if sys.platform == "win32" else _CLOCK)
    text += exposing(abi()) + helpers(abi()) + taking(abi()) + IN_SLICES + BREATHE + spreading()
    addresses |= {name: c_function(name) for name in (*INTERPRETER, "PyMem_RawMalloc", "PyMem_RawFree", "PyArray_NewFromDescr")}
    addresses |= {"theano_ndarray": id(np.ndarray), "theano_new_large": allocator.address("theano_new_large")}
    exports = re.findall(r"define \w+ @(theano_\w+)", text)
    library = load(object_code(text, target()), addresses, exports)
    ctypes.CFUNCTYPE(None, ctypes.c_int64)(library.address("theano_set_threads"))(available() if THREADED else 1)
    if THREADED:
        os.register_at_fork(after_in_child=ctypes.CFUNCTYPE(None)(library.address("theano_forget")))
        atexit.register(_stop)
    return library


def _stop() -> None:
    """Let the workers leave before their code is unmapped."""
    _control("theano_stop", None)()
    for _ in range(1000):
        if workers() == 0:
            return
        time.sleep(0.001)


def _windows_counter() -> int:
    return ctypes.cast(ctypes.WinDLL("kernel32").QueryPerformanceCounter, ctypes.c_void_p).value or 0  # type: ignore[attr-defined]


_CLOCK = f"""
declare i32 @clock_gettime(i32, ptr)
define i64 @theano_clock() {{
  %time = alloca [2 x i64]
  %r = call i32 @clock_gettime(i32 {getattr(time, "CLOCK_MONOTONIC", 1)}, ptr %time)
  %seconds = load i64, ptr %time
  %rest = getelementptr i8, ptr %time, i64 8
  %nanoseconds = load i64, ptr %rest
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %nanoseconds
  ret i64 %now
}}
"""

_WINDOWS_CLOCK = """
declare i32 @QueryPerformanceCounter(ptr)
define i64 @theano_clock() {
  %ticks = alloca i64
  %r = call i32 @QueryPerformanceCounter(ptr %ticks)
  %count = load i64, ptr %ticks
  %now = mul i64 %count, 100
  ret i64 %now
}
"""

_IN_TURN = """
define internal void @in_turn(ptr %function, ptr %argument, i64 %parts) {
entry:
  br label %head
head:
  %k = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp ult i64 %k, %parts
  br i1 %more, label %body, label %done
body:
  call void %function(ptr %argument, i64 %k)
  %next = add i64 %k, 1
  br label %head
done:
  ret void
}
"""

_SERIAL = """
define internal i1 @awake() {
  ret i1 false
}
define void @theano_run_parts(ptr %function, ptr %argument, i64 %parts, i64 %limit) {
  call void @in_turn(ptr %function, ptr %argument, i64 %parts)
  ret void
}
define i64 @theano_threads() {
  ret i64 1
}
define i64 @theano_workers() {
  ret i64 0
}
define void @theano_set_threads(i64 %n) {
  ret void
}
define void @theano_forget() {
  ret void
}
define void @theano_stop() {
  ret void
}
"""

_LINES = (("counter", "function", "argument", "limit"), ("wake",), ("sleepers",), ("done", "waiting"), ("busy",), ("wanted", "workers"))
"""Of the pool's state, by cache lines: a line takes 100 to 400 nanoseconds to another processor, so what is read together stands
together.  For the same reason a job is laid down by plain stores, which need not wait for each other: ``wake`` rises after all of them.

``counter``: see above.  ``wake``: rises with each job; what workers sleep on.  ``done``: parts finished; what the caller
sleeps on, with ``waiting`` set.  ``busy``: a job runs.  ``wanted``: threads to use; ``workers``: threads there are; ``limit``: threads that
this job may use."""


def _field(name: str) -> str:
    line, names = next((k, names) for k, names in enumerate(_LINES) if name in names)
    return f"getelementptr (i8, ptr @state, i64 {64 * line + 8 * names.index(name)})"


def _futex(operation: int, where: str, value: str) -> str:
    number = _FUTEX.get(_MACHINE, 0)
    return f"call i64 (i64, ...) @syscall(i64 {number}, ptr {where}, i64 {operation | 128}, i64 {value}, ptr null, ptr null, i64 0)"


_WAIT, _WAKE = 0, 1
_THREADED = f"""
@state = internal global [{8 * len(_LINES)} x i64] zeroinitializer, align 64
@threads = internal global [{MOST_THREADS} x i64] zeroinitializer
declare i64 @syscall(i64, ...)
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)

define internal void @take_parts() {{
entry:
  br label %take
take:
  %ticket = atomicrmw add ptr {_field("counter")}, i64 1 seq_cst
  %part = and i64 %ticket, 4294967295
  %high = lshr i64 %ticket, 32
  %parts = and i64 %high, 65535
  %mine = icmp ult i64 %part, %parts
  br i1 %mine, label %run, label %none
run:
  %function = load ptr, ptr {_field("function")}
  %argument = load ptr, ptr {_field("argument")}
  call void %function(ptr %argument, i64 %part)
  %before = atomicrmw add ptr {_field("done")}, i64 1 seq_cst
  %now = add i64 %before, 1
  %last = icmp eq i64 %now, %parts
  br i1 %last, label %finish, label %take
finish:
  %waiting = load atomic i64, ptr {_field("waiting")} seq_cst, align 8
  %asleep = icmp ne i64 %waiting, 0
  br i1 %asleep, label %call, label %take
call:
  %woken = {_futex(_WAKE, _field("done"), "1")}
  br label %take
none:
  ret void
}}

define internal ptr @worker(ptr %numberp) {{
entry:
  %number = ptrtoint ptr %numberp to i64
  br label %idle
idle:
  %seen = phi i32 [ 0, %entry ], [ %job, %next ]
  br label %spin
spin:
  %k = phi i64 [ 0, %idle ], [ %k1, %pause ]
  %wake = load atomic i32, ptr {_field("wake")} seq_cst, align 4
  %new = icmp ne i32 %wake, %seen
  br i1 %new, label %look, label %pause
pause:
  {_PAUSE.get(_MACHINE, "")}
  %k1 = add i64 %k, 1
  %again = icmp ult i64 %k1, {SPINS}
  br i1 %again, label %spin, label %rest
rest:
  %more = atomicrmw add ptr {_field("sleepers")}, i64 1 seq_cst
  br label %sleep
sleep:
  %call = load atomic i32, ptr {_field("wake")} seq_cst, align 4
  %called = icmp ne i32 %call, %seen
  br i1 %called, label %up, label %wait
wait:
  %old = zext i32 %seen to i64
  %r = {_futex(_WAIT, _field("wake"), "%old")}
  br label %sleep
up:
  %fewer = atomicrmw sub ptr {_field("sleepers")}, i64 1 seq_cst
  br label %look
look:
  %job = phi i32 [ %wake, %spin ], [ %call, %up ]
  %wanted = load atomic i64, ptr {_field("wanted")} seq_cst, align 8
  %stop = icmp eq i64 %wanted, 0
  br i1 %stop, label %leave, label %some
some:
  %limit = load atomic i64, ptr {_field("limit")} seq_cst, align 8
  %least = call i64 @llvm.smin.i64(i64 %wanted, i64 %limit)
  %needed = icmp slt i64 %number, %least
  br i1 %needed, label %work, label %next
work:
  call void @take_parts()
  br label %next
next:
  br label %idle
leave:
  %left = atomicrmw sub ptr {_field("workers")}, i64 1 seq_cst
  ret ptr null
}}

define internal void @create(i64 %wanted) {{
entry:
  %all = alloca [16 x i64]
  %old = alloca [16 x i64]
  call void @llvm.memset.p0.i64(ptr %all, i8 -1, i64 128, i1 false)
  %masked = call i32 @pthread_sigmask(i32 2, ptr %all, ptr %old)
  br label %head
head:
  %have = load atomic i64, ptr {_field("workers")} seq_cst, align 8
  %number = add i64 %have, 1
  %missing = icmp ult i64 %number, %wanted
  br i1 %missing, label %make, label %done
make:
  %slot = getelementptr i64, ptr @threads, i64 %have
  %argument = inttoptr i64 %number to ptr
  %failed = call i32 @pthread_create(ptr %slot, ptr null, ptr @worker, ptr %argument)
  %good = icmp eq i32 %failed, 0
  br i1 %good, label %count, label %done
count:
  %n = atomicrmw add ptr {_field("workers")}, i64 1 seq_cst
  br label %head
done:
  %unmasked = call i32 @pthread_sigmask(i32 2, ptr %old, ptr null)
  ret void
}}

define void @theano_run_parts(ptr %function, ptr %argument, i64 %parts, i64 %limit) {{
entry:
  %only = icmp sle i64 %limit, 1
  br i1 %only, label %serial, label %ask
ask:
  %taken = atomicrmw xchg ptr {_field("busy")}, i64 1 seq_cst
  %free = icmp eq i64 %taken, 0
  br i1 %free, label %ours, label %serial
ours:
  %wanted = load atomic i64, ptr {_field("wanted")} seq_cst, align 8
  %workers = load atomic i64, ptr {_field("workers")} seq_cst, align 8
  %have = add i64 %workers, 1
  %few = icmp ult i64 %have, %wanted
  br i1 %few, label %grow, label %post
grow:
  call void @create(i64 %wanted)
  br label %post
post:
  store ptr %function, ptr {_field("function")}
  store ptr %argument, ptr {_field("argument")}
  store atomic i64 %limit, ptr {_field("limit")} release, align 8
  store atomic i64 0, ptr {_field("done")} release, align 8
  store atomic i64 0, ptr {_field("waiting")} release, align 8
  %old = load atomic i64, ptr {_field("counter")} seq_cst, align 8
  %generation = lshr i64 %old, 48
  %risen = add i64 %generation, 1
  %high = shl i64 %risen, 48
  %middle = shl i64 %parts, 32
  %ticket = or i64 %high, %middle
  store atomic i64 %ticket, ptr {_field("counter")} release, align 8
  %rung = atomicrmw add ptr {_field("wake")}, i32 1 seq_cst
  %sleepers = load atomic i64, ptr {_field("sleepers")} seq_cst, align 8
  %asleep = icmp ne i64 %sleepers, 0
  br i1 %asleep, label %ring, label %work
ring:
  %helpers = sub i64 %parts, 1
  %r = {_futex(_WAKE, _field("wake"), "%helpers")}
  br label %work
work:
  call void @take_parts()
  br label %join
join:
  %k = phi i64 [ 0, %work ], [ %k1, %pause ]
  %done = load atomic i64, ptr {_field("done")} seq_cst, align 8
  %all = icmp eq i64 %done, %parts
  br i1 %all, label %finished, label %pause
pause:
  {_PAUSE.get(_MACHINE, "")}
  %k1 = add i64 %k, 1
  %again = icmp ult i64 %k1, {JOIN_SPINS}
  br i1 %again, label %join, label %rest
rest:
  store atomic i64 1, ptr {_field("waiting")} seq_cst, align 8
  br label %sleep
sleep:
  %so_far = load atomic i64, ptr {_field("done")} seq_cst, align 8
  %complete = icmp eq i64 %so_far, %parts
  br i1 %complete, label %finished, label %wait
wait:
  %low = and i64 %so_far, 4294967295
  %w = {_futex(_WAIT, _field("done"), "%low")}
  br label %sleep
finished:
  store atomic i64 0, ptr {_field("busy")} release, align 8
  ret void
serial:
  call void @in_turn(ptr %function, ptr %argument, i64 %parts)
  ret void
}}

define internal i1 @awake() {{
  %workers = load atomic i64, ptr {_field("workers")} seq_cst, align 8
  %sleepers = load atomic i64, ptr {_field("sleepers")} seq_cst, align 8
  %some = icmp ne i64 %workers, 0
  %none = icmp eq i64 %sleepers, 0
  %awake = and i1 %some, %none
  ret i1 %awake
}}

define i64 @theano_threads() {{
  %n = load atomic i64, ptr {_field("wanted")} seq_cst, align 8
  ret i64 %n
}}
define i64 @theano_workers() {{
  %n = load atomic i64, ptr {_field("workers")} seq_cst, align 8
  ret i64 %n
}}
define void @theano_set_threads(i64 %n) {{
  store atomic i64 %n, ptr {_field("wanted")} seq_cst, align 8
  ret void
}}
define void @theano_forget() {{
  store atomic i64 0, ptr {_field("workers")} seq_cst, align 8
  store atomic i64 0, ptr {_field("sleepers")} seq_cst, align 8
  store atomic i64 0, ptr {_field("busy")} seq_cst, align 8
  ret void
}}
define void @theano_stop() {{
  store atomic i64 0, ptr {_field("wanted")} seq_cst, align 8
  %rung = atomicrmw add ptr {_field("wake")}, i32 1 seq_cst
  %r = {_futex(_WAKE, _field("wake"), "2147483647")}
  ret void
}}
"""
