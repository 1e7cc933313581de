"""Rewrite a kernel's values into those that its target has: the only step between the scheduler's kernels and text.

Named intrinsics become their bodies (:mod:`theano.scalar.mathlib`), float16 conversions integer arithmetic where the target
has no instruction, and so does rounding.  All values move to one fresh trace, so that equal ones are one object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from theano.emit.half import narrow, single_of, widen
from theano.emit.llvm.target import Target
from theano.loops.ir import Kernel, Loop, Statement, Store
from theano.loops.statements import map_values
from theano.scalar.instructions import Trace, Value, binary, select
from theano.scalar.mathlib import expand

ROUNDINGS = ("rint", "trunc", "floor", "ceil")


def legalise(kernel: Kernel, target: Target) -> Kernel:
    """The same kernel in values that :class:`theano.emit.llvm.instructions.Instructions` can print for ``target``."""
    legal = Legaliser(target).value
    dtypes = [buffer.dtype for buffer in kernel.buffers]
    return replace(kernel, body=tuple(map_values(_plain(statement, dtypes), legal) for statement in kernel.body))


def _plain(statement: Statement, dtypes: Sequence[str]) -> Statement:
    """Stores that add as stores of the sum (in float32 if they are float16)."""
    if isinstance(statement, Loop):
        return replace(statement, body=tuple(_plain(inner, dtypes) for inner in statement.body))
    if isinstance(statement, Store) and statement.combine == "add":
        dtype, value = dtypes[statement.buffer], statement.value
        old = value.trace.load(statement.buffer, statement.offset, dtype)
        if dtype == "bool":  # as NumPy adds truth values
            return replace(statement, value=old | value)
        wide = "float32" if dtype == "float16" else dtype
        return replace(statement, value=(old.cast(wide) + value.cast(wide)).cast(dtype))
    return statement


class Legaliser:
    """Replaces values, each once."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.trace = Trace()
        self.legal: dict[int, Value] = {}
        self.kept: list[Value] = []  # ids are keys, so what they name must stay alive

    def value(self, root: Value) -> Value:
        """Iterative, and never below what is done: a chain of intrinsics takes time in its length."""
        legal, pending = self.legal, [root]
        while pending:
            value = pending[-1]
            missing = [a for a in value.args if id(a) not in legal] if id(value) not in legal else []
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            if id(value) not in legal:
                legal[id(value)] = new = self._one(value, tuple([legal[id(a)] for a in value.args]))
                legal[id(new)] = new
                self.kept.append(value)
        return legal[id(root)]

    def _one(self, value: Value, args: tuple[Value, ...]) -> Value:
        if value.op == "const":
            return self.trace.const(value.data, value.dtype)
        if value.op == "call" and not (value.data == "ldexp" and self.target.masks):
            return self.value(expand(str(value.data), *args, has_fma=self.target.has_fma))
        if value.op == "cast" and "float16" in (value.dtype, args[0].dtype):
            return self._cast_half(args[0], value.dtype)
        if value.op == "abs" and args[0].op == "neg":
            return self.trace.emit("abs", args[0].args, value.dtype)  # one value, whichever sign its users ask for
        if value.op in ROUNDINGS and not self.target.has_round:
            return self.value(rounded(value.op, args[0]))
        return self.trace.emit(value.op, args, value.dtype, value.data)

    def _cast_half(self, x: Value, dtype: str) -> Value:
        if dtype != "float16":
            wide = self.trace.emit("cast", (x,), "float32") if self.target.has_half else self.value(widen(x))
            return self.value(wide.cast(dtype)) if dtype != "float32" else wide
        single = self.value(single_of(x))
        return self.trace.emit("cast", (single,), dtype) if self.target.has_half else self.value(narrow(single))


def rounded(op: str, x: Value) -> Value:
    """Rounding without an instruction for it: adding and subtracting 2**(bits of the significand) rounds to nearest even."""
    limit = 2.0**23 if x.dtype == "float32" else 2.0**52
    size = abs(x)
    whole = (size + limit) - limit
    if op == "trunc":
        whole = whole - (whole > size).cast(x.dtype)
    elif op != "rint":
        whole = binary("copysign", whole, x)
        whole = whole - (whole > x).cast(x.dtype) if op == "floor" else whole + (whole < x).cast(x.dtype)
    return select(size < limit, binary("copysign", whole, x), x)
