"""Worst errors of operations' native code, in units of the last place of the exact result.

float32 is measured on all of its numbers: one kernel makes the bit patterns, computes the operation in float32 and in float64,
which stands for the truth, and keeps the largest difference.  float64 is measured against mpmath.  The code is that for a machine with
fused multiply-add, or that for one without: nothing else in a body depends on the machine (a test compares the levels), so both run
anywhere.

An infinite result counts as the first number that is too large, and so does an exact one that is larger.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any, NamedTuple

import mpmath
import numpy as np
from mpmath import mpf

from tests.accuracy.truth import FUNCTIONS, points
from theano.emit.llvm.compile import Library, compile_module, load
from theano.emit.llvm.kernel import emit_kernel
from theano.emit.llvm.target import target
from theano.loops.ir import Accumulator, BufferParameter, Kernel, Loop, Statement, Store
from theano.loops.verify import verify_kernel
from theano.scalar import OPS
from theano.scalar.instructions import Trace, Value, binary, rebuild, select
from theano.scalar.mathlib import expand_all


class Worst(NamedTuple):
    """An error in units of the last place, and the arguments that have it."""

    error: float
    at: tuple[float, ...]


NONE = Worst(-1.0, ())


def body(name: str, arguments: list[Value], has_fma: bool) -> Value:
    """The operation's value; its instructions, none of which is ``fma``, unless ``has_fma``."""
    trace = arguments[0].trace
    value = OPS[name].trace(trace, *arguments)

    def separate(value: Value, args: tuple[Value, ...]) -> Value | None:
        return args[0] * args[1] + args[2] if value.op == "fma" else None

    return value if has_fma else rebuild(expand_all([value], has_fma=False), trace, separate)[0]


# ------------------------------------------------------------------------------------------------ float32


def difference(got: Value, exact: Value) -> Value:
    """In units of the last place of float32; both are float64."""
    trace, limit = got.trace, 2.0**128
    clamped = [select(abs(v) < limit, v, binary("copysign", trace.const(limit, "float64"), v)) for v in (got, exact)]
    exponent = (clamped[1].bitcast("uint64") & 0x7FF0000000000000).bitcast("float64")
    unit = select(exponent > 2.0**-126, exponent, trace.const(2.0**-126, "float64")) * 2.0**-23
    unit = select(unit > 2.0**104, trace.const(2.0**104, "float64"), unit)
    nan_got, nan_exact = got.differs(got), exact.differs(exact)
    signs = ((got.bitcast("uint64") ^ exact.bitcast("uint64")) >> 63).differs(0)
    wrong = (nan_got ^ nan_exact) | (signs & ~nan_got)
    error = abs(clamped[0] - clamped[1]) / unit
    return select(wrong, trace.const(np.inf, "float64"), select(nan_got, trace.const(0.0, "float64"), error))


@functools.cache
def _sweep(name: str) -> tuple[Any, Library]:
    """``f(error, where, error, where, first, count)``: the worst errors over so many bit patterns, and which have them."""
    trace = Trace()
    i, count, first = (trace.leaf(op, "int64", 0) for op in ("index", "size", "scalar"))
    x = (first + i).cast("uint32").bitcast("float32")
    exact = body(name, [x.cast("float64")], True)
    errors = [difference(body(name, [x], has_fma).cast("float64"), exact) for has_fma in (True, False)]
    loop = Loop(0, count, (), tuple(Accumulator(k, "argmax", (error, i)) for k, error in enumerate(errors)), "vector")
    kinds = ("float64", "int64") * 2
    results = [Store(k, trace.const(0, "int64"), trace.leaf("acc", dtype, divmod(k, 2))) for k, dtype in enumerate(kinds)]
    return _compiled(list(kinds), [], ("int64",), (loop, *results), None)


def _compiled(written: list[str], read: list[str], scalars: tuple[str, ...], statements: tuple[Statement, ...], level: str | None) -> Any:
    buffers = (*(BufferParameter(d, False, True) for d in written), *(BufferParameter(d, True, False) for d in read))
    kernel = Kernel(buffers, 1, scalars, statements)
    verify_kernel(kernel)
    library = load(compile_module(emit_kernel(kernel, "kernel", target(level), ""), target(level)), {}, ["kernel"])
    kinds = [ctypes.c_void_p] * len(buffers) + [ctypes.c_int64] * (1 + len(scalars) + 2) + [ctypes.c_void_p]
    return ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(library.address("kernel")), library


def sweep(name: str, first: int, count: int) -> list[Worst]:
    """The worst errors of a function of one argument over float32 numbers by their bits: with fused multiply-add, and without."""
    function, _ = _sweep(name)
    errors, where = np.zeros(2), np.zeros(2, np.int64)
    places = [a[k:].ctypes.data for k in range(2) for a in (errors, where)]
    function(*places, count, first, 0, 0, None)
    at = (first + where).astype(np.uint32).view(np.float32).tolist()
    return [Worst(float(error), (number,)) for error, number in zip(errors, at)]


# ------------------------------------------------------------------------------------------------ any arguments


@functools.cache
def _values(name: str, dtype: str, has_fma: bool, level: str | None) -> tuple[Any, Library]:
    trace = Trace()
    i, count = trace.leaf("index", "int64", 0), trace.leaf("size", "int64", 0)
    arguments = [trace.load(k + 1, i, dtype) for k in range(FUNCTIONS[name].arity)]
    loop = Loop(0, count, (Store(0, i, body(name, arguments, has_fma)),), (), "vector")
    return _compiled([dtype], [dtype] * len(arguments), (), (loop,), level)


def values(name: str, arrays: list[np.ndarray], has_fma: bool, level: str | None = None) -> np.ndarray:
    """The operation's results, by native code."""
    function, _ = _values(name, arrays[0].dtype.name, has_fma, level)
    out = np.empty_like(arrays[0])
    function(out.ctypes.data, *(np.ascontiguousarray(a).ctypes.data for a in arrays), out.size, 0, 0, None)
    return out


def error_in_ulp(got: float, exact: Any, dtype: str, scale: float = 0.0) -> float:
    """Of one result.  Where it is smaller than ``scale`` the unit is that of ``scale``."""
    limits = np.finfo(dtype)
    if mpmath.isnan(exact) or got != got:
        return 0.0 if mpmath.isnan(exact) and got != got else float("inf")
    limit = mpf(2) ** limits.maxexp
    near, exact = (min(max(mpf(v), -limit), limit) for v in (got, exact))
    exponent = mpmath.frexp(max(abs(exact), mpf(scale)))[1] - 1 if exact or scale else limits.minexp
    unit = mpf(2) ** (min(max(exponent, limits.minexp), limits.maxexp - 1) - limits.nmant)
    return float(abs(near - exact) / unit)


def measure(name: str, given: list[np.ndarray]) -> list[Worst]:
    """The worst errors on these arguments, against mpmath: with fused multiply-add, and without."""
    dtype = given[0].dtype.name
    if len(given) > 1:  # mpmath has no signs of zeros, on which values may depend; not all values are NaN if one argument is
        plain = np.all([(a != 0) & (a == a) for a in given], axis=0)
        given = [a[plain] for a in given]
    worst = [NONE, NONE]
    results = [values(name, given, has_fma).tolist() for has_fma in (True, False)]
    for fused, separate, *arguments in zip(*results, *(a.tolist() for a in given)):
        exact = FUNCTIONS[name].exact(*arguments)
        for k, got in enumerate((fused, separate)):
            error = error_in_ulp(got, exact, dtype, OPS[name].scale)
            if error > worst[k].error:
                worst[k] = Worst(error, tuple(arguments))
    return worst


def can_be_searched(name: str) -> bool:
    return FUNCTIONS[name].dense is not None and np.finfo(np.longdouble).nmant >= 63


def suspects(name: str, count: int, seed: int, has_fma: bool, keep: int = 50) -> list[np.ndarray]:
    """Of many float64 arguments those with the largest errors by a rougher measure, NumPy's function of extended precision."""
    arrays, function = points(name, count, seed), FUNCTIONS[name]
    with np.errstate(all="ignore"):
        exact = getattr(np, function.dense or "")(*(a.astype(np.longdouble) for a in arrays))
        got = values(name, arrays, has_fma)
        error = np.abs(got - exact) / np.spacing(np.abs(exact.astype(np.float64)))
    order = np.argsort(np.where(np.isfinite(error), error, -1))[-keep:]
    return [a[order] for a in arrays]
