"""What every process needs of LLVM: what the processor is, and object code placed in memory.

A process that finds its functions in the cache needs no more, and it needs that from llvmlite's library alone: importing
``llvmlite.binding`` takes four times as long as loading the library, and is put off until something has to be compiled.
The C functions are not llvmlite's public interface.  In the versions :data:`KNOWN` they are as declared here; with others, or where the
library does not lie in the package's folder, ``llvmlite.binding`` is asked.

>>> triple, cpu, features = linker().host()
>>> triple == llvm.get_process_triple() and cpu == llvm.get_host_cpu_name()
True
"""

from __future__ import annotations

import ctypes
import itertools
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from theano.emit.llvm.binding import llvm
from theano.graph.locks import building, made_once

KNOWN = (0, 45), (0, 51)
"""The first version of llvmlite whose functions are those declared here, and the first not looked at."""
_OBJECT_CODE = 2
_numbers = itertools.count()


class Placed(Protocol):
    """Object code in memory, as long as this lives."""

    def __getitem__(self, name: str, /) -> int:
        """The address of an exported symbol."""


class Linker(Protocol):
    """LLVM's, whoever asks it."""

    def host(self) -> tuple[str, str, dict[str, bool]]:
        """Of this process and its processor: triple, name, and which features it has."""

    def place(self, code: bytes, symbols: Mapping[str, int], exports: Iterable[str]) -> Placed:
        """``symbols``: the addresses of external symbols, by name.  RuntimeError if there are others in ``code``."""


@made_once
def linker() -> Linker:
    """By the shortest way."""
    import llvmlite
    from llvmlite.utils import get_library_name

    path = os.path.join(os.path.dirname(llvmlite.__file__), "binding", get_library_name())
    if KNOWN[0] <= _numbered(llvmlite.__version__) < KNOWN[1] and os.path.isfile(path):
        return Direct(ctypes.CDLL(path))
    return Bound()


def _numbered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


class _Element(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint8), ("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class _Symbol(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("address", ctypes.c_uint64)]


class Direct:
    """Functions of llvmlite's library."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, size, flag = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_bool
        self._free = _function(library, "DisposeString", None, pointer)
        self._triple, self._cpu, self._features = (
            _function(library, name, ctypes.c_int, pointer) for name in ("GetProcessTriple", "GetHostCPUName", "GetHostCPUFeatures")
        )
        self._link = _function(
            library, "LLJIT_Link", pointer, pointer, ctypes.c_char_p, pointer, size, pointer, size, pointer, size, pointer
        )  # fmt: skip
        self._dispose = _function(library, "LLJIT_Dylib_Tracker_Dispose", flag, pointer, pointer)
        _function(library, "InitializeNativeTarget", ctypes.c_int)()
        create = _function(library, "CreateLLJITCompiler", pointer, pointer, flag, flag, pointer)
        self._jit = self._made(create, None, True, False)

    def _told(self, function: Any, *arguments: Any) -> tuple[Any, str]:
        """What a function returns, and the text that its last argument receives."""
        text = ctypes.c_void_p()
        result = function(*arguments, ctypes.byref(text))
        if not text.value:
            return result, ""
        told = ctypes.string_at(text.value).decode()
        self._free(text)
        return result, told

    def _made(self, function: Any, *arguments: Any) -> int:
        result, told = self._told(function, *arguments)
        if not result:
            raise RuntimeError(told)
        return int(result)

    def host(self) -> tuple[str, str, dict[str, bool]]:
        features = self._told(self._features)[1]
        return self._told(self._triple)[1], self._told(self._cpu)[1], {f[1:]: f[0] == "+" for f in features.split(",") if f}

    def place(self, code: bytes, symbols: Mapping[str, int], exports: Iterable[str]) -> Placed:
        element = _Element(_OBJECT_CODE, code, len(code))
        given = _array([_Symbol(name.encode(), address) for name, address in symbols.items()])
        wanted = _array([_Symbol(name.encode(), 0) for name in exports])
        with building:
            name = f"theano{next(_numbers)}".encode()
            tracker = self._made(
                self._link, self._jit, name, ctypes.byref(element), 1, given, len(given), wanted, len(wanted)
            )  # fmt: skip
        return _Tracked({symbol.name.decode(): symbol.address for symbol in wanted}, self, tracker)

    def release(self, tracker: int) -> None:
        self._told(self._dispose, tracker)


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    found = getattr(library, f"LLVMPY_{name}")
    found.restype, found.argtypes = result, arguments
    return found


def _array(items: list[_Symbol]) -> Any:
    return (_Symbol * len(items))(*items)


class _Tracked:
    """What :class:`Direct` has placed."""

    def __init__(self, addresses: dict[str, int], by: Direct, tracker: int) -> None:
        self._addresses, self._by, self._tracker = addresses, by, tracker

    def __getitem__(self, name: str) -> int:
        return self._addresses[name]

    def __del__(self, is_finalizing: Any = sys.is_finalizing) -> None:
        if not is_finalizing():
            self._by.release(self._tracker)


class Bound:
    """The same by llvmlite's own interface."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        self._jit = llvm.create_lljit_compiler(None, suppress_errors=True)

    def host(self) -> tuple[str, str, dict[str, bool]]:
        return llvm.get_process_triple(), llvm.get_host_cpu_name(), dict(llvm.get_host_cpu_features())

    def place(self, code: bytes, symbols: Mapping[str, int], exports: Iterable[str]) -> Placed:
        builder = llvm.JITLibraryBuilder().add_object_img(code)
        for name, address in symbols.items():
            builder.import_symbol(name, address)
        for name in exports:
            builder.export_symbol(name)
        with building:
            placed: Placed = builder.link(self._jit, f"theano{next(_numbers)}")
        return placed
