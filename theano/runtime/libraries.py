"""BLAS, and what sorts, for library steps: what each routine's operands are, and where its pointer comes from.

A :class:`~theano.loops.ir.LibraryStep` has ``buffers = (out, a, b)`` and then a 0-d buffer for each factor that is not known
at compile time; ``parameters`` are extents; ``flags = (ta, tb, alpha, beta)``.  ``ta`` and ``tb`` are ``"N"``, or ``"T"`` for an
operand that is stored transposed; a factor is a Python number's ``repr``, or ``"buffer"``.  Offsets, leading dimensions
and increments count elements.  Everything is row-major; ``out`` is contiguous from its first element on:

=======  ======================================================  =============================================
routine  parameters                                              result
=======  ======================================================  =============================================
gemm     m, n, k, a offset, lda, b offset, ldb                   out[m, n] = alpha op(a)[m, k] op(b)[k, n] + beta out
panels   m, n, k, a offset, lda, b offset, ldb, c offset         out[m, n] = alpha op(a)[m, k] op(b)[k, n] + beta c[m, n]
gemms    count, m, n, k, a offset, lda, a step, b ...            out[i, m, n] = op(a[i])[m, k] op(b[i])[k, n]; a step leads to the next
gemv     m, n, a offset, lda, x offset, incx                     out[m] = alpha op(a)[m, n] x[n] + beta out
ger      m, n, x offset, incx, y offset, incy                    out[m, n] = out + alpha x[m] y[n]  (no beta)
dot      n, x offset, incx, y offset, incy                       out[()] = x · y
sort     rows, length                                            out[row] in ascending order, for each; flags: NumPy's kind
copy     count, a offset                                         out[:count] = a[offset:][:count]
=======  ======================================================  =============================================

For ``panels``, b is there twice: after it stands a buffer in which it lies in panels (:mod:`theano.loops.small_products`), and then c, if
a fifth flag says ``"apart"``; else that is ``out``.

With ``beta`` 0 what ``out`` held does not matter, NaN included; else it holds the addend.  An increment may be negative
(the offset is that of element 0) but not 0.  Empty operands never reach BLAS.  Extents of more than 31 bits fail with the
status :data:`~theano.emit.llvm.status.RANGE`.

The pointers are those of the OpenBLAS that is bundled with SciPy: nothing of SciPy is imported for them, which would take longer than
all else that a start with a filled cache does.  Where there is none, they are those that SciPy hands to Cython code
(``scipy.linalg.cython_blas``), with 32-bit integers by their signatures.

OpenBLAS runs on one thread, and large products are cut into fixed pieces that run on our pool: its own pool would
spin beside ours, run on ours (by its callback) its products wait for each other's packed blocks and hang if the pool is
busy, and either way the last bits would depend on the number of threads.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from theano.emit.llvm.target import target
from theano.graph.locks import made_once
from theano.runtime.numpy_api import capsule_pointer, python_function

SIGNATURES = {
    "gemm": "void (char *, char *, int *, int *, int *, R *, R *, int *, R *, int *, R *, R *, int *)",
    "gemv": "void (char *, int *, int *, R *, R *, int *, R *, int *, R *, R *, int *)",
    "ger": "void (int *, int *, R *, R *, int *, R *, int *, R *, int *)",
    "dot": "R (int *, R *, int *, R *, int *)",
}
"""Of each routine, R standing for its number type."""


@functools.cache
def blas(name: str) -> int:
    """The address of a routine such as ``dgemm``.

    >>> blas("dgemm") != blas("sgemm")
    True
    """
    library = _bundled()
    return (library and library.address(f"{name}_")) or _cython_address(name)


@made_once
def _bundled() -> OpenBlas | None:
    """SciPy's own OpenBLAS, if there is one and its integers have 32 bits."""
    found = _openblas()
    return found[0] if len(found) == 1 and found[0].short_integers else None


def _cython_address(name: str) -> int:
    capsule = _cython_blas().__pyx_capi__[name]
    signature = python_function("PyCapsule_GetName", ctypes.c_char_p, ctypes.py_object)(capsule)
    plain = re.sub(rf"\b__pyx_t_\w+_{name[0]}\b|\b{name[0]}\b", "R", signature.decode())
    if plain != SIGNATURES[name[1:]]:
        raise ImportError(f"SciPy's {name} has the signature {signature.decode()!r}; one with 32-bit integers was expected")
    return int(capsule_pointer(capsule, signature))


@made_once
def _cython_blas() -> ModuleType:
    """The extension module alone: importing all of ``scipy.linalg`` takes twice as long."""
    name = "scipy.linalg.cython_blas"
    if name not in sys.modules:
        with _environment():
            _import_alone(name)
    return sys.modules[name]


def _import_alone(name: str) -> None:
    scipy = importlib.util.find_spec("scipy")
    places = [str(Path(place) / "linalg") for place in (scipy.submodule_search_locations or ())] if scipy else []
    found = importlib.machinery.PathFinder.find_spec(name, places)
    if found is None or found.loader is None:
        raise ImportError("SciPy, whose BLAS is used, is not installed")
    module = sys.modules[name] = importlib.util.module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


@contextmanager
def _environment() -> Iterator[None]:
    """What OpenBLAS is to read when it is loaded; the environment is as before afterwards.

    A thread that it began would keep a processor busy for a while, just when the first function is called.  And on AMD
    processors that have AVX-512 it would take its AVX2 kernels; half their speed is left lying."""
    wanted = {"OPENBLAS_NUM_THREADS": "1"}
    if target().masks and target().cpu.startswith("znver") and "OPENBLAS_CORETYPE" not in os.environ:
        wanted["OPENBLAS_CORETYPE"] = "SKYLAKEX"
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class OpenBlas:
    """An OpenBLAS, whose symbols may have a prefix; it runs on one thread from now on."""

    def __init__(self, path: Path) -> None:
        with _environment():
            self._library = ctypes.CDLL(str(path))
        if set_threads := self._function("openblas_set_num_threads"):
            set_threads(1)

    def _first(self, *names: str) -> Any:
        return next((getattr(self._library, name) for name in names if hasattr(self._library, name)), None)

    def _function(self, name: str) -> Any:
        return self._first(f"scipy_{name}", name, f"scipy_{name}64_")

    def address(self, name: str) -> int | None:
        """Of a routine with 32-bit integers, such as ``dgemm_``."""
        found = self._first(f"scipy_{name}", name)
        return ctypes.cast(found, ctypes.c_void_p).value if found else None

    def _said(self, name: str) -> str:
        function = self._function(name)
        if function is None:
            return "unknown"
        function.restype = ctypes.c_char_p
        return str(function().decode())

    @property
    def core_type(self) -> str:
        """The processor whose kernels run."""
        return self._said("openblas_get_corename")

    @property
    def short_integers(self) -> bool:
        """Whether sizes are known to have 32 bits."""
        configuration = self._said("openblas_get_config")
        return "OpenBLAS" in configuration and "USE64BITINT" not in configuration


@made_once
def _openblas() -> list[OpenBlas]:
    """Those bundled with SciPy; a system's own BLAS keeps its settings."""
    scipy = importlib.util.find_spec("scipy")
    roots = [Path(place) for place in (scipy.submodule_search_locations or ())] if scipy else []
    found = [path for root in roots for place in (root.parent / "scipy.libs", root / ".dylibs") for path in place.glob("*openblas*")]
    return [OpenBlas(path) for path in found]


def core_types() -> list[str]:
    """Of each OpenBLAS in use: for ``doctor``."""
    blas("dgemm")
    return [library.core_type for library in _openblas()]
