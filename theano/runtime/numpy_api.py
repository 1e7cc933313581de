"""Addresses of the C functions that generated code calls: CPython's, NumPy's and the C library's.

NumPy publishes its C-API as a table behind a capsule; positions in it never change (``numpy/__multiarray_api.h``).

>>> c_function("PyArray_NewFromDescr") == c_function("PyArray_NewFromDescr") != 0
True
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theano.emit.llvm.objects import Abi

_POSITIONS = {"PyArray_NewFromDescr": 94, "PyDataMem_SetHandler": 304, "PyDataMem_GetHandler": 305, "_PyDataType_GetArrFuncs": 365}
_C_LIBRARY = ("memcpy", "memset", "memmove")

STANDARD = not (sysconfig.get_config_var("Py_GIL_DISABLED") or hasattr(sys, "gettotalrefcount"))
"""A standard build of CPython; free-threaded and debug builds take the portable way in."""


def abi() -> Abi:
    """How this interpreter lays out objects."""
    return Abi(object.__basicsize__, STANDARD)


def python_function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A function of CPython's C-API, with types of our own: those of ``ctypes.pythonapi`` are any library's to set."""
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


capsule_pointer = python_function("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)


@functools.cache
def _table() -> int:
    try:
        core = importlib.import_module("numpy._core._multiarray_umath")
    except ImportError:  # NumPy 1
        core = importlib.import_module("numpy.core._multiarray_umath")
    return int(capsule_pointer(core._ARRAY_API, None))


@functools.cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL("ucrtbase") if sys.platform == "win32" else ctypes.CDLL(None)


def numpy_function(name: str) -> int:
    return ctypes.c_void_p.from_address(_table() + 8 * _POSITIONS[name]).value or 0


@functools.cache
def c_function(name: str) -> int:
    """The address of a function of CPython's or NumPy's C-API or of the C library; ``AttributeError`` if there is none."""
    if name in _POSITIONS:
        return numpy_function(name)
    library = ctypes.pythonapi if name.startswith("Py") else _c_library()
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


class _Descr(ctypes.Structure):
    """The beginning of a dtype object of NumPy 1."""

    _fields_ = [("head", ctypes.c_byte * object.__basicsize__), ("before", ctypes.c_byte * 48), ("functions", ctypes.c_void_p)]


_SORTS = {"quicksort": 0, "heapsort": 1, "mergesort": 2, "stable": 2}


def sorter(dtype: str, kind: str) -> int:
    """The address of what NumPy sorts contiguous numbers of ``dtype`` with: ``int sort(void *first, npy_intp count, void *unused)``.

    >>> sorter("float32", "quicksort") != sorter("float32", "stable") != 0
    True
    """
    described = id(np.dtype(dtype))
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0b1":
        functions = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(numpy_function("_PyDataType_GetArrFuncs"))(described)
    else:
        functions = _Descr.from_address(described).functions
    return ctypes.c_void_p.from_address(functions + 8 * (33 + _SORTS[kind])).value or 0


def canonical(value: NDArray[np.generic], dtype: str, writeable: bool = False) -> NDArray[np.generic]:
    """``value`` itself if generated code may read (write) it, else a copy of the same shape that it may.

    >>> a = np.arange(6.0).reshape(2, 3)
    >>> canonical(a, "float64") is a, canonical(a.T, "float64").flags.c_contiguous
    (True, True)
    """
    native = np.dtype(dtype)
    if type(value) is np.ndarray and value.dtype is native and value.flags.c_contiguous and value.flags.aligned:
        return value if value.flags.writeable or not writeable else value.copy()
    copy = np.empty(np.shape(value), native)
    copy[...] = value
    return copy
