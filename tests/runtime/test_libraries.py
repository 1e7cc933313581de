"""Where the addresses of BLAS come from."""

import ctypes
import os
import subprocess
import sys

import numpy as np
import pytest

from theano.runtime import libraries

INT, POINTER = ctypes.c_int, ctypes.c_void_p
BUNDLED = bool(libraries._openblas())


@pytest.fixture(params=["bundled", "cython"])
def blas(request, monkeypatch):
    """The addresses with SciPy's own OpenBLAS, and those where there is none."""
    if request.param == "cython":
        monkeypatch.setattr(libraries, "_bundled", lambda: None)
    elif not BUNDLED:
        pytest.skip("this SciPy has no OpenBLAS of its own")
    return libraries.blas.__wrapped__


@pytest.mark.parametrize("kind", "sd")
def test_both_sources_give_the_routines_that_are_meant(blas, kind):
    dtype, number = {"s": ("f4", ctypes.c_float), "d": ("f8", ctypes.c_double)}[kind]
    x, y = np.arange(1, 4, dtype=dtype), np.arange(2, 5, dtype=dtype)
    one, three, unit = (ctypes.byref(c) for c in (INT(1), INT(3), number(1)))
    a, b = x.ctypes.data, y.ctypes.data
    dot = ctypes.CFUNCTYPE(number, *[POINTER] * 5)(blas(f"{kind}dot"))
    assert dot(three, a, one, b, one) == 20
    outer = np.zeros((3, 3), dtype)
    ctypes.CFUNCTYPE(None, *[POINTER] * 9)(blas(f"{kind}ger"))(three, three, unit, b, one, a, one, outer.ctypes.data, three)
    np.testing.assert_array_equal(outer, np.outer(x, y))
    product, plain = np.ones(3, dtype), b"N"
    gemv = ctypes.CFUNCTYPE(None, *[POINTER] * 11)(blas(f"{kind}gemv"))
    gemv(plain, three, three, unit, outer.ctypes.data, three, a, one, unit, product.ctypes.data, one)
    np.testing.assert_array_equal(product, x @ outer + 1)
    square = np.ones((3, 3), dtype)
    gemm = ctypes.CFUNCTYPE(None, *[POINTER] * 13)(blas(f"{kind}gemm"))
    c = outer.ctypes.data
    gemm(plain, plain, three, three, three, unit, c, three, c, three, unit, square.ctypes.data, three)
    np.testing.assert_array_equal(square, outer @ outer + 1)


def test_a_library_that_cannot_be_told_apart_is_not_used(monkeypatch):
    class Long:
        short_integers = False

    for found in ([], [Long()], [Long(), Long()]):
        monkeypatch.setattr(libraries, "_openblas", lambda found=found: found)
        assert libraries._bundled.__wrapped__() is None


@pytest.mark.skipif(not BUNDLED, reason="this SciPy has no OpenBLAS of its own")
def test_it_comes_without_scipy_and_begins_no_threads():
    program = (
        "import os, sys, numpy\n"
        "from theano.runtime.libraries import blas\n"
        "tasks = lambda: len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 0\n"
        "settings, before = dict(os.environ), tasks()\n"
        "blas('dgemm')\n"
        "assert dict(os.environ) == settings and tasks() == before, (before, tasks())\n"
        "assert 'scipy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "2"})
