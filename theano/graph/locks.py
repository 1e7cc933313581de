"""Calls that change a shared variable follow one another, whichever threads make them.

To each cell (the list of one element in which a container keeps its value) belongs one :class:`CellLock`, three words that native
code reads and writes too:

- ``OWNER``: the thread whose call is under way that will give the cell its next value; 0 if there is none;
- ``WANTED``: how many threads have waited so long for the cell that no other call may be quicker;
- ``READERS``: how many calls (or copies) under way work on the present value, so that it must not be written over.

All of them are touched only by whoever holds the interpreter's lock, and a line of Python without a call or a loop is not
interrupted, so a comparison and an assignment below are one step.  Native code owns cells only while it has let other
threads in; a call during which nobody else runs leaves no trace here.  See ``docs/runtime.md``.

>>> cell = [1]
>>> lock_of(cell) is lock_of(cell), lock_of(cell).put(2), cell
(True, None, [2])
"""

from __future__ import annotations

import copy
import functools
import operator
import os
import threading
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import compress, repeat
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from theano.errors import message

Made = TypeVar("Made", bound=Callable[..., Any])
OWNER, WANTED, READERS = range(3)
_RLOCK: Any = type(threading.RLock())
PATIENCE = 0.005
"""Seconds after which a waiting thread is served before all that come later."""
_LONGEST_NAP = 0.001


class CellLock:
    """Of one cell, which it keeps alive.

    ``turn`` is a plain lock besides: of whoever puts a value in for the call that follows."""

    __slots__ = ("cell", "words", "turn", "__weakref__")

    def __init__(self, cell: list[Any]) -> None:
        self.cell, self.words, self.turn = cell, array("Q", (0, 0, 0)), threading.RLock()

    def forget_other_threads(self) -> None:
        """In a forked child."""
        words, me = self.words, threading.get_ident()
        words[OWNER] = me if words[OWNER] == me else 0
        words[WANTED] = 0
        if self.turn.acquire(blocking=False):
            self.turn.release()
        else:
            self.turn = threading.RLock()

    @property
    def address(self) -> int:
        """Where the words lie."""
        return self.words.buffer_info()[0]

    def put(self, value: Any) -> None:
        """Make ``value`` the cell's, when no call of another thread is under way that will do the same."""
        me, words, cell = threading.get_ident(), self.words, self.cell
        while True:
            owner = words[OWNER]
            if owner == 0 or owner == me:
                cell[0] = value
                return
            wait_for([self], own=True)

    def copied(self) -> Any:
        """A copy of the cell's value, which nobody writes over meanwhile."""
        words = self.words
        words[READERS] += 1
        try:
            return copy.deepcopy(self.cell[0])
        finally:
            words[READERS] -= words[READERS] > 0


_mutex = threading.Lock()  # of what follows; held for a few lines of Python
_locks: WeakValueDictionary[int, CellLock] = WeakValueDictionary()
_waiting: list[_Waiter] = []


def lock_of(cell: list[Any]) -> CellLock:
    """The lock of a cell: the same for all who ask while one of them keeps it."""
    with _mutex:
        found = _locks.get(id(cell))
        if found is None:
            found = _locks[id(cell)] = CellLock(cell)
        return found


class _Waiter:
    """A thread that waits for cells, and since when."""

    __slots__ = ("thread", "locks", "since")

    def __init__(self, locks: Sequence[CellLock]) -> None:
        self.thread, self.locks, self.since = threading.get_ident(), locks, time.monotonic()

    def is_served_before(self, other: _Waiter) -> bool:
        hungry = time.monotonic() - self.since > PATIENCE
        return hungry and self.since < other.since and not set(self.locks).isdisjoint(other.locks)


def wait_for(locks: Sequence[CellLock], own: bool = False) -> None:
    """Return when no other thread's call is about to change one of the cells, and those who waited longer have had their turn.

    Whether that is still so when the caller goes on is for it to see.  Raises RuntimeError where waiting would never end: if this
    very thread's call is under way (unless ``own``), or one that waits for it."""
    waiter, naps = _Waiter(locks), 0
    try:
        while True:
            with _mutex:
                owners = {lock.words[OWNER] for lock in locks} - {0}
                _refuse_endless(waiter, owners, own)
                if owners <= {waiter.thread} and not any(w.is_served_before(waiter) for w in _waiting if w is not waiter):
                    return
                if waiter not in _waiting:
                    _waiting.append(waiter)
                _tell_native_calls()
            naps += 1
            time.sleep(min(20e-6 * naps, _LONGEST_NAP))
    finally:
        with _mutex:
            if waiter in _waiting:
                _waiting.remove(waiter)
                _tell_native_calls(waiter.locks)


def _tell_native_calls(gone: Sequence[CellLock] = ()) -> None:
    """Where somebody waits patiently no longer, native calls are to queue up in :func:`wait_for` too."""
    wanted = dict.fromkeys(gone, 0)
    for waiter in _waiting:
        hungry = time.monotonic() - waiter.since > PATIENCE
        for lock in waiter.locks:
            wanted[lock] = wanted.get(lock, 0) + hungry
    for lock, count in wanted.items():
        lock.words[WANTED] = count


def _refuse_endless(waiter: _Waiter, owners: set[int], own: bool) -> None:
    me = waiter.thread
    if me in owners and not own:
        text = "a function that updates a shared variable was called from inside a call that updates it too"
        cure = "the inner update would be lost, as the outer call began with the old value: update the variable in one of the two"
        raise RuntimeError(message(text, _rows(waiter, me), cure))
    seen: set[int] = set()
    ahead = owners - {me}
    while ahead - seen:
        seen |= ahead
        ahead = {lock.words[OWNER] for w in _waiting if w.thread in ahead for lock in w.locks} - {0}
        if me in ahead:
            text = (
                "two threads wait for each other: each is inside a call that updates a shared variable which the other's inner call updates"
            )
            raise RuntimeError(message(text, _rows(waiter, None), "call the inner functions outside of Python ops, or in one order"))


def _rows(waiter: _Waiter, owner: int | None) -> list[tuple[str, str]]:
    """Of an error: the values of the cells that ``owner``, or anyone if it is None, is about to change."""
    taken = [lock for lock in waiter.locks if lock.words[OWNER] and owner in (None, lock.words[OWNER])]
    return [("value", " ".join(repr(lock.cell[0])[:60].split())) for lock in taken]


class Owned:
    """Cells owned for what is computed in Python: ``take()`` begins a ``try`` block whose ``finally`` calls ``release()``.

    No context manager: a signal may strike at the entry of any function of Python, and the cells would be owned for ever.  ``release``
    is one call of C."""

    __slots__ = ("release", "_locks", "_inside", "_taken")

    def __init__(self, locks: Sequence[CellLock], inside: bool = False) -> None:
        """``inside``: what a call of this very thread owns already is no error, as the values are only looked at."""
        self._locks, self._inside = locks, inside
        self._begin()

    def _begin(self) -> None:
        self._taken: list[Any] = []
        self.release: Callable[[], object] = functools.partial(
            deque, map(operator.setitem, self._taken, repeat(OWNER), repeat(0)), maxlen=0
        )

    def take(self) -> None:
        """Own all of them: none is owned while another has to be waited for."""
        wait_for(self._locks, self._inside)
        while not self._all_taken(threading.get_ident()):
            self.release()
            self._begin()
            wait_for(self._locks, self._inside)

    def _all_taken(self, me: int) -> bool:
        for lock in self._locks:
            words = lock.words
            if words[OWNER] == 0:
                words[OWNER] = me
                self._taken.append(words)
            elif words[OWNER] != me or not (self._inside or any(words is mine for mine in self._taken)):
                return False
        return True


class Turns:
    """The turns of several cells: the same, for plain locks, which every thread takes in the same order."""

    __slots__ = ("release", "_locks", "_taken")

    def __init__(self, locks: Iterable[CellLock]) -> None:
        self._locks = [lock.turn for lock in sorted(set(locks), key=id)]
        self._taken: list[Any] = []
        self.release: Callable[[], object] = functools.partial(deque, map(_RLOCK.release, self._taken), maxlen=0)

    def take(self) -> None:
        self._taken.extend(compress(self._locks, map(_RLOCK.acquire, self._locks)))  # each is noted in the step that takes it


def _forget_other_threads() -> None:
    """In a forked child only the thread that forked goes on; what the others owned is free."""
    global _mutex
    _mutex = threading.Lock()
    _waiting.clear()
    for lock in list(_locks.values()):
        lock.forget_other_threads()


# ------------------------------------------------------------------------------------------------ compiling

building = threading.RLock()
"""Of the thread that compiles.  A fork waits for it: LLVM would stay locked in the child."""


def made_once(make: Made) -> Made:
    """``functools.cache`` for what two threads must not make side by side."""
    cached: Any = functools.cache(make)

    @functools.wraps(make)
    def get(*args: Any) -> Any:
        with building:
            return cached(*args)

    return get  # type: ignore[return-value]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)
    os.register_at_fork(before=building.acquire, after_in_parent=building.release, after_in_child=building.release)
