"""Targets, object code and loading."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
import pytest

from tests.emit.build import Build, levels, put, run_native, vector
from theano.emit.llvm import linker as linkers
from theano.emit.llvm.compile import assembly, compile_module, load
from theano.emit.llvm.kernel import emit_kernel
from theano.emit.llvm.target import LEVELS, Target, target
from theano.errors import CompileError
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import COMPUTED_FLOATS, intrinsic
from theano.scalar.mathlib import INTRINSICS


def test_external_symbols_are_given_by_name() -> None:
    code = compile_module("declare i64 @twice(i64)\ndefine i64 @f(i64 %x) {\n  %y = call i64 @twice(i64 %x)\n  ret i64 %y\n}\n", target())
    twice = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(lambda x: 2 * x)
    library = load(code, {"twice": ctypes.cast(twice, ctypes.c_void_p).value or 0}, ["f"])
    assert ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(library.address("f"))(21) == 42
    with pytest.raises(CompileError, match=r"external symbols given \(thrice\)"):
        load(code, {"thrice": 1}, ["f"])


def test_malformed_text() -> None:
    with pytest.raises(CompileError, match="not well formed"):
        compile_module("define nonsense", target())


def test_the_same_text_gives_the_same_code() -> None:
    text = "define i64 @f() {\n  ret i64 1\n}\n"
    assert compile_module(text, target()) == compile_module(text, target())
    assert load(compile_module(text, target()), {}, ["f"]).address("f") != load(compile_module(text, target()), {}, ["f"]).address("f")


@pytest.mark.parametrize("known", [linkers.KNOWN, ((0, 0), (0, 1))], ids=["known", "unknown"])
def test_every_version_of_llvmlite_says_and_does_the_same(known, monkeypatch) -> None:
    """In those that are known its library is asked, in others its interface."""
    monkeypatch.setattr(linkers, "KNOWN", known)
    linker = linkers.linker.__wrapped__()
    assert type(linker) is (linkers.Direct if known[1] > (0, 1) else linkers.Bound)
    assert linker.host() == linkers.linker().host()
    text = (
        "@seven = global i64 7\ndeclare i64 @twice(i64)\ndefine i64 @f() {\n  %x = load i64, ptr @seven\n  %y = call i64 @twice(i64 %x)\n"
    )
    code = compile_module(text + "  ret i64 %y\n}\ndefine i64 @g() {\n  ret i64 1\n}\n", target())
    twice = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(lambda x: 2 * x)
    for _ in range(3):  # each its own, and gone at once
        placed = linker.place(code, {"twice": ctypes.cast(twice, ctypes.c_void_p).value or 0}, ["f", "g"])
        assert [ctypes.CFUNCTYPE(ctypes.c_int64)(placed[name])() for name in "fg"] == [14, 1]
    with pytest.raises(RuntimeError, match="materialize"):
        linker.place(code, {}, ["f"])
    with pytest.raises(RuntimeError):
        linker.place(b"no object code", {}, ["f"])


def intrinsic_kernel(name: str, dtype: str):
    b = Build()
    places = [b.buffer(dtype) for _ in range(arity(name))]
    out, n, i = b.buffer(dtype), b.size(), b.index(0)
    value = intrinsic(name, *(b.load(p, i) for p in places))
    return b.kernel(vector(0, n, put(out, i, value))), value


def arity(name: str) -> int:
    return INTRINSICS[name].body.__code__.co_argcount - 1


@pytest.mark.parametrize("dtype", COMPUTED_FLOATS)
@pytest.mark.parametrize("name", sorted(INTRINSICS))
def test_intrinsics(name: str, dtype: str) -> None:
    """Machine code computes what the bodies say, on all levels: no instruction is lost, reordered or contracted."""
    kernel, value = intrinsic_kernel(name, dtype)
    points = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 1e-3, -2.7, 30.0, -30.0, 700.0, 1e-30, 3e38, np.inf, -np.inf, np.nan, 4.0, -7.0], dtype)
    arrays = [np.array(column) for column in zip(*itertools.product(points, repeat=arity(name)), strict=True)]
    if name == "ldexp":  # its second argument is a whole number of moderate size
        arrays[1] = np.rint(np.clip(np.nan_to_num(arrays[1]), -250, 250))
    for level in levels():
        _, (*_, found) = run_native(kernel, level, [*arrays, np.zeros_like(arrays[0])], [arrays[0].size])
        (expected,) = evaluate([value], lambda leaf: arrays[leaf.data] if leaf.op == "load" else np.int64(0), True, target(level).has_fma)
        np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_is_called(level: str) -> None:
    """Whatever the target lacks is spelled out: the code of all instructions and intrinsics has no undefined symbol."""
    kernels = {f"{name}_{t}": intrinsic_kernel(name, t)[0] for name in INTRINSICS for t in COMPUTED_FLOATS}
    for op in ("floor", "ceil", "trunc", "rint", "sqrt", "copysign"):
        b = Build()
        x, y, n, i = b.buffer("float64"), b.buffer("float16"), b.size(), b.index(0)
        v = b.load(x, i)
        v = v.trace.emit(op, (v, v) if op == "copysign" else (v,), "float64")
        kernels[op] = b.kernel(vector(0, n, put(y, i, v.cast("float16"))))
    code = compile_module("".join(emit_kernel(kernel, name, target(level), "") for name, kernel in kernels.items()), target(level))
    load(code, {}, kernels)


def test_other_machines() -> None:
    """The same kernels as code for a 64-bit ARM: read, not run."""
    arm = Target("aarch64-unknown-linux-gnu", "generic", "+neon", 16, True, True, True, False)
    listing = assembly(emit_kernel(intrinsic_kernel("exp", "float32")[0], "k", arm, ""), arm)
    assert "fmla" in listing and "\tbl\t" not in listing
