"""Products with a matrix in panels: the sums of NumPy on all feature levels, and nothing touched beyond what there is."""

import ctypes

import numpy as np
import pytest

from tests.emit.build import Fenced, levels
from theano.emit.llvm.compile import compile_module, load
from theano.emit.llvm.panels import DEPTH, write_panels
from theano.emit.llvm.target import target
from theano.emit.llvm.writer import Module
from theano.loops.small_products import panel_columns

SIZES = [(1, 1, 1), (3, 5, 7), (8, 32, 4), (9, 33, 16), (13, 70, DEPTH + 1), (31, 48, 2 * DEPTH)]


def in_panels(b):
    rows, columns = b.shape
    wide = panel_columns(b.dtype.name)
    panels = np.full((-(-columns // wide), rows, wide), np.nan, b.dtype)
    for p, panel in enumerate(panels):
        part = b[:, p * wide : (p + 1) * wide]
        panel[:, : part.shape[1]] = part
    return panels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("level", levels())
def test_sums_at_odd_sizes(level, dtype):
    module = Module()
    write_panels(module, target(level), "x", dtype)
    text = module.text().replace("define internal void @x.panels", "define void @x.panels")
    library = load(compile_module(text, target(level)), {}, ["x.panels"])
    number, whole, place = ctypes.c_float if dtype == "float32" else ctypes.c_double, ctypes.c_int64, ctypes.c_void_p
    kinds = [place, whole, place, whole, whole, place, place, *[whole] * 4, number, number]
    run, rng = ctypes.CFUNCTYPE(None, *kinds)(library.address("x.panels")), np.random.default_rng(0)
    for m, n, k in SIZES:
        a, b, c = (rng.normal(size=shape).astype(dtype) for shape in ((m, k), (k, n), (m, n)))
        panels, held = Fenced(in_panels(b)), Fenced(c)
        for transposed in (False, True):
            left = Fenced(a.T if transposed else a)
            ra, ka = (1, m) if transposed else (k, 1)
            for alpha, beta in ((1, 0), (1, 1), (0.5, -0.25)):
                out = Fenced(np.full((m, n), np.nan, dtype))
                wanted = alpha * (a.astype("float64") @ b.astype("float64")) + beta * c
                counts = (0, -(-n // panel_columns(dtype)), m, k)
                run(out.address, n, left.address, ra, ka, panels.address, held.address, *counts, alpha, beta)
                np.testing.assert_allclose(out.array.reshape(m, n), wanted, rtol=0, atol=(1e-4 if dtype == "float32" else 1e-12) * k**0.5)
                assert out.intact() and held.intact()
                run(held.address, n, left.address, ra, ka, panels.address, held.address, *counts, alpha, beta)  # over what is added
                assert held.array.tobytes() == out.array.tobytes()
                held.array[:] = c.reshape(-1)
