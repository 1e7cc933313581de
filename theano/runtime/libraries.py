"""BLAS, and what sorts, for library steps: what each routine's operands are, and where its pointer comes from.

A :class:`~theano.loops.ir.LibraryStep` has ``buffers = (out, a, b)`` and then a 0-d buffer for each factor that is not known
at compile time; ``parameters`` are extents; ``flags = (ta, tb, alpha, beta)``.  ``ta`` and ``tb`` are ``"N"``, or ``"T"`` for an
operand that is stored transposed; a factor is a Python number's ``repr``, or ``"buffer"``.  Offsets, leading dimensions
and increments count elements.  Everything is row-major; ``out`` is contiguous from its first element on:

=======  ======================================================  =============================================
routine  parameters                                              result
=======  ======================================================  =============================================
gemm     m, n, k, a offset, lda, b offset, ldb                   out[m, n] = alpha op(a)[m, k] op(b)[k, n] + beta out
gemms    count, m, n, k, a offset, lda, a step, b ...            out[i, m, n] = op(a[i])[m, k] op(b[i])[k, n]; a step leads to the next
gemv     m, n, a offset, lda, x offset, incx                     out[m] = alpha op(a)[m, n] x[n] + beta out
ger      m, n, x offset, incx, y offset, incy                    out[m, n] = out + alpha x[m] y[n]  (no beta)
dot      n, x offset, incx, y offset, incy                       out[()] = x · y
sort     rows, length                                            out[row] in ascending order, for each; flags: NumPy's kind
copy     count                                                   out[:count] = a[:count]
=======  ======================================================  =============================================

With ``beta`` 0 what ``out`` held does not matter, NaN included; else it holds the addend.  An increment may be negative
(the offset is that of element 0) but not 0.  Empty operands never reach BLAS.  Extents of more than 31 bits fail with the
status :data:`~theano.emit.llvm.frame.RANGE`.

The pointers are those that SciPy hands to Cython code (``scipy.linalg.cython_blas``), with 32-bit integers by their
signatures.  OpenBLAS runs on one thread, and large products are cut into fixed pieces that run on our pool: its own pool would
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
        with _core_type():
            _import_alone(name)
    for library in _openblas():
        library.one_thread()
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
def _core_type() -> Iterator[None]:
    """OpenBLAS takes its AVX2 kernels on AMD processors that have AVX-512; half their speed is left lying.

    The choice is made when the library is loaded and it reads the environment for it, which is as before afterwards."""
    variable = "OPENBLAS_CORETYPE"
    wanted = target().masks and target().cpu.startswith("znver") and variable not in os.environ
    if wanted:
        os.environ[variable] = "SKYLAKEX"
    try:
        yield
    finally:
        if wanted:
            del os.environ[variable]


class OpenBlas:
    """SciPy's bundled OpenBLAS, whose symbols have a prefix."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))

    def _function(self, name: str) -> ctypes._CFuncPtr | None:  # type: ignore[name-defined]
        for spelled in (f"scipy_{name}", name, f"scipy_{name}64_"):
            if hasattr(self._library, spelled):
                return getattr(self._library, spelled)
        return None

    def one_thread(self) -> None:
        if set_threads := self._function("openblas_set_num_threads"):
            set_threads(1)

    @property
    def core_type(self) -> str:
        """The processor whose kernels run."""
        name = self._function("openblas_get_corename")
        if name is None:
            return "unknown"
        name.restype = ctypes.c_char_p
        return str(name().decode())


def _openblas() -> list[OpenBlas]:
    """Those bundled with SciPy; a system's own BLAS keeps its settings."""
    scipy = importlib.util.find_spec("scipy")
    roots = [Path(place) for place in (scipy.submodule_search_locations or ())] if scipy else []
    found = [path for root in roots for place in (root.parent / "scipy.libs", root / ".dylibs") for path in place.glob("*openblas*")]
    return [OpenBlas(path) for path in found]


def core_types() -> list[str]:
    """Of each OpenBLAS in use: for ``doctor``."""
    _cython_blas()
    return [library.core_type for library in _openblas()]
