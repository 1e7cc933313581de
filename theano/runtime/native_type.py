"""Callables whose call is machine code: a heap type with a vectorcall slot, made without a C compiler.

:class:`NativeFunction` is an ordinary Python class (attributes, subclasses, garbage collection) above a base of two words:
the address of the vectorcall entry and that of the table which the entry reads (see :mod:`theano.emit.llvm.writer`).
:class:`PortableFunction` has the same methods for builds of CPython whose objects lie differently: every call goes
through :meth:`Bound.slow`.
"""

from __future__ import annotations

import ctypes
import operator
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theano.emit.llvm.compile import Library
from theano.emit.llvm.frame import written_buffers
from theano.emit.llvm.target import Target
from theano.emit.llvm.writer import Slot
from theano.errors import ShapeError, message
from theano.graph.locks import OWNER, READERS, WANTED, lock_of, wait_for
from theano.loops.ir import Buffer, Guard, Program, PythonStep, Step, walk_steps
from theano.runtime.numpy_api import STANDARD, c_function, canonical, python_function

ALL_THREADS = 1 << 30
_FIRST = operator.itemgetter(0)
HEAD = object.__basicsize__
_release = python_function("Py_DecRef", None, ctypes.c_void_p)
_free = python_function("PyMem_RawFree", None, ctypes.c_void_p)
_TP_CALL, _TP_MEMBERS = 50, 72
_PY_SSIZE_T, _READONLY = 19, 1
_BASETYPE, _HAVE_VECTORCALL = 1 << 10, 1 << 11
_TP_FLAGS = HEAD + 8 + 18 * 8
"""Where a type keeps its flags, after its head, its size and 18 more words."""


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class _Member(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("type", ctypes.c_int), ("offset", ctypes.c_ssize_t), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p),
    ]  # fmt: skip


class _Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("basicsize", ctypes.c_int), ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint), ("slots", ctypes.c_void_p),
    ]  # fmt: skip


def _make_type() -> tuple[type, object]:
    """The base type, and what must live as long as it does."""
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", _PY_SSIZE_T, HEAD, _READONLY, None), _Member())
    slots = (_Slot * 3)(_Slot(_TP_CALL, c_function("PyVectorcall_Call")), _Slot(_TP_MEMBERS, ctypes.addressof(members)), _Slot())
    spec = _Spec(b"theano.Native", HEAD + 16, 0, _BASETYPE | _HAVE_VECTORCALL, ctypes.addressof(slots))
    make = python_function("PyType_FromSpec", ctypes.py_object, ctypes.c_void_p)
    return make(ctypes.addressof(spec)), (members, slots, spec)


class _Table:
    """The addresses that a function's code reads, and what they point to.  Owns its spare arrays and idle scratch."""

    def __init__(self, slots: Sequence[Slot], binders: dict[str, Callable[[Any], int]], keep: Sequence[object]) -> None:
        self.words = (ctypes.c_void_p * max(len(slots), 1))(*(binders[kind](which) for kind, which in slots))
        self.spares = [k for k, (kind, _) in enumerate(slots) if kind == "spare"]
        self.cells = [k for k, (kind, _) in enumerate(slots) if kind == "cell"]
        self._threads = next((k for k, (kind, _) in enumerate(slots) if kind == "threads"), None)
        self._number = ALL_THREADS
        self.keep = keep
        self._release, self._free = _release, _free

    @property
    def address(self) -> int:
        return ctypes.addressof(self.words)

    @property
    def threads(self) -> int:
        """How many threads a call may use; a program without long loops has no word for it."""
        return self._number

    @threads.setter
    def threads(self, number: int) -> None:
        self._number = number
        if self._threads is not None:
            self.words[self._threads] = number

    def trim(self) -> None:
        """Give spare arrays and idle scratch back: those that no call is using."""
        for free, positions in ((self._release, self.spares), (self._free, self.cells)):
            for k in positions:
                held, self.words[k] = self.words[k], None
                if held:
                    free(held)

    def __del__(self) -> None:
        self.trim()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A compiled program in memory: its entries, and what its table must hold."""

    program: Program
    library: Library
    entry: int
    direct: int
    table: tuple[Slot, ...]
    constants: tuple[Any, ...]
    guards: tuple[Guard, ...]
    steps: tuple[Step, ...]
    python_steps: tuple[PythonStep, ...]
    profiled: bool
    symbols: tuple[str, ...] = ()
    object_key: str = ""
    code: bytes = b""
    """The object code, and below the machine that it was made for: what it takes to save a function."""
    of: Target | None = None


class Bound:
    """A loaded program bound to its shared variables' storage and its callbacks."""

    _loaded: Loaded
    _table: _Table

    def bind(self, loaded: Loaded, shared: Sequence[list[Any]], callbacks: Sequence[Callable[..., Any]], fail: Callable[..., Any]) -> None:
        """``shared``: one-element lists; ``callbacks``: one for each Python step, arrays in, tuple of arrays out; ``fail(status,
        first, second, steps, *values)`` is called after a failure, with how many steps its loop has begun, the inputs and the shared
        variables' values, and raises."""
        self._loaded, self._shared, self._counters = loaded, list(shared), (ctypes.c_int64 * (2 * len(loaded.steps) + 1))()
        self._locks = [lock_of(cell) for cell in self._shared]
        slow, constants = self.slow, [canonical(c, c.dtype.name) if isinstance(c, np.ndarray) else c for c in loaded.constants]
        binders: dict[str, Callable[[Any], int]] = {
            "slow": lambda _: id(slow),
            "fail": lambda _: id(fail),
            "none": lambda _: id(None),
            "type": lambda name: id({"ndarray": np.ndarray, "float": float, "int": int}[name]),
            "descr": lambda dtype: id(np.dtype(dtype)),
            "scalar type": lambda dtype: id(np.dtype(dtype).type),
            "constant": lambda k: id(constants[k]),
            "constant data": lambda k: constants[k].ctypes.data,
            "shared": lambda k: id(self._shared[k]),
            "lock": lambda k: self._locks[k].address,
            "updated lock": lambda k: self._locks[k].address,
            "later": lambda _: id(NotImplemented),
            "threads": lambda _: ALL_THREADS,
            "python": lambda k: id(callbacks[k]),
            "profile": lambda _: ctypes.addressof(self._counters),
            "spare": lambda _: 0,
            "cell": lambda _: 0,
        }
        self._table = _Table(
            loaded.table, binders, (loaded, constants, self._shared, self._locks, tuple(callbacks), slow, fail, self._counters)
        )
        self._direct = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p)(loaded.direct)
        program = loaded.program
        written = {b.number for step in walk_steps(program.frame) for b in written_buffers(step)}
        self._written_inputs = [k for k, b in enumerate(program.inputs) if b.number in written]
        self._written_shared = [k for k, b in enumerate(program.shared) if b.number in written]
        updated = {*self._written_shared, *(position for position, _ in program.commits)}
        self._updated = [self._locks[k] for k in sorted(updated)]

    def slow(self, *args: Any, **kwargs: Any) -> Any:
        """Called with whatever the fast path does not take.  A subclass converts it to the arguments of :meth:`run`."""
        if kwargs or len(args) != len(self._loaded.program.inputs):
            raise TypeError(f"expected {len(self._loaded.program.inputs)} positional arguments, got {len(args)}")
        return self.run([np.asarray(value) for value in args])

    def run(self, values: Sequence[Any]) -> Any:
        """Run on arrays (or opaque objects) that have the right dtypes, ranks and fixed extents; they may lie anyhow."""
        program = self._loaded.program
        given = [_fit(value, b.dtype, k in self._written_inputs) for k, (value, b) in enumerate(zip(values, program.inputs))]
        while True:
            if any(lock.words[WANTED] or lock.words[OWNER] for lock in self._updated):
                wait_for(self._updated)
            seen = list(map(_FIRST, self._shared))  # in one step: values of one moment
            arrays, shared = list(given), [self._fitting(k, value) for k, value in enumerate(seen)]
            self._part(arrays, shared)
            passed = (*arrays, *shared, *seen)
            addresses = (ctypes.c_void_p * max(len(passed), 1))(*map(id, passed))
            answer = self._direct(self._table.address, addresses)
            if answer is not NotImplemented:
                return answer

    def _fitting(self, position: int, value: Any) -> Any:
        """The value of a shared variable as native code reads it.  If it had to be copied the variable keeps the copy."""
        cell, buffer = self._shared[position], self._loaded.program.shared[position]
        array = _fit(value, buffer.dtype, position in self._written_shared)
        _check_shape(array, buffer)
        if array is not value and cell[0] is value and self._locks[position].words[OWNER] == 0:
            cell[0] = array
        return array

    def _part(self, arrays: list[Any], shared: list[Any]) -> None:
        """Copy what overlaps storage that is written: inputs, else the written one, which another call may also be working on."""
        for k in self._written_shared:
            if self._locks[k].words[READERS] or any(_overlap(shared[k], other) for j, other in enumerate(shared) if j != k):
                shared[k] = shared[k].copy()
            _copy_overlapping(arrays, shared[k], range(len(arrays)))
        for k in self._written_inputs:
            _copy_overlapping(arrays, arrays[k], (j for j in range(len(arrays)) if j != k))
            if any(_overlap(arrays[k], value) for value in shared):
                arrays[k] = arrays[k].copy()

    @property
    def threads(self) -> int | None:
        """How many threads a call of this function may use; None leaves it to the process (:func:`theano.runtime.pool.threads`).

        Results are the same to the bit, whatever it is."""
        table = getattr(self, "_table", None)  # an interpreted function has none, and one thread
        return None if table is None or table.threads == ALL_THREADS else table.threads

    @threads.setter
    def threads(self, number: int | None) -> None:
        from theano.runtime.pool import thread_number  # for most programs, at their first function

        wanted = ALL_THREADS if number is None else thread_number(number, "f.threads")
        if hasattr(self, "_table"):
            self._table.threads = wanted

    def trim(self) -> None:
        """Give memory kept for the next call back."""
        self._table.trim()

    @property
    def counters(self) -> list[tuple[Step, int, int]]:
        """Each step with its number of runs and the nanoseconds they took together (compiled with ``profile=True``)."""
        return [(step, self._counters[2 * k], self._counters[2 * k + 1]) for k, step in enumerate(self._loaded.steps)]


def _fit(value: Any, dtype: str, writeable: bool) -> Any:
    if value is None and dtype != "object":
        raise TypeError(f"an array of dtype {dtype} is needed, its container is empty")
    return value if dtype == "object" else canonical(value, dtype, writeable)


def _check_shape(array: Any, buffer: Buffer) -> None:
    """What was put into a cell past its container may have any shape."""
    if buffer.dtype != "object":
        wanted = [int(n.data) if n.op == "const" else None for n in buffer.shape]
        if len(wanted) != array.ndim or any(n is not None and n != m for n, m in zip(wanted, array.shape)):
            text = f"the cell of {buffer.name or 'a shared variable'} holds an array of shape {array.shape}"
            axes = ", ".join("any" if n is None else str(n) for n in wanted)
            raise ShapeError(message(f"{text}, its type has the sizes ({axes})", cure="set values with set_value, which checks them"))


def _overlap(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)


def _copy_overlapping(arrays: list[Any], written: Any, positions: Iterable[int]) -> None:
    for k in positions:
        if _overlap(arrays[k], written):
            arrays[k] = arrays[k].copy()


_one_call = threading.RLock()


class PortableFunction(Bound):
    """The same for every build of CPython, at the price of Python's own calls.  Without an interpreter's lock, one call at a time."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with _one_call:
            return self.slow(*args, **kwargs)


if STANDARD:
    _Native, _kept = _make_type()

    class NativeFunction(Bound, _Native):  # type: ignore[misc, valid-type]
        """Its instances are called by :func:`theano.emit.llvm.entry.emit_entry`'s code as soon as they are bound."""

        def __init_subclass__(cls, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            _call_directly(cls)

        def bind(self, loaded: Loaded, *args: Any, **kwargs: Any) -> None:
            super().bind(loaded, *args, **kwargs)
            words = (ctypes.c_void_p * 2).from_address(id(self) + HEAD)
            words[0], words[1] = loaded.entry, self._table.address

    def _call_directly(cls: type) -> None:
        """CPython 3.11 does not let a class made in Python inherit the flag that says its instances have a vectorcall slot."""
        flags = ctypes.c_ulong.from_address(id(cls) + _TP_FLAGS)
        native = cls.__call__ is _Native.__call__
        if sys.version_info < (3, 12) and flags.value == cls.__flags__ and native:
            flags.value |= _HAVE_VECTORCALL

    _call_directly(NativeFunction)
else:
    NativeFunction = PortableFunction  # type: ignore[misc, assignment]
