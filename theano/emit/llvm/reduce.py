"""Reductions: where each starts, how two partial results combine, and the fixed tree that ends a vector loop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from theano.emit.llvm.instructions import Instructions
from theano.emit.llvm.text import register
from theano.loops.ir import NEXT, Combine, Fold
from theano.scalar.instructions import COMPUTED_FLOATS, ITEMSIZE, SIGNED, Value, walk


def identities(combine: Combine, dtypes: Sequence[str]) -> list[float]:
    """The start of each carried value: combining with it changes nothing."""
    if isinstance(combine, Fold):
        return list(combine.starts)
    dtype = dtypes[0]
    if combine in ("argmax", "argmin"):
        return [identities(combine[3:], dtypes)[0], 0]
    if combine in ("add", "or"):
        return [0]
    if combine == "mul":
        return [1]
    if combine == "and":
        return [1 if dtype == "bool" else -1 if dtype in SIGNED else (1 << 8 * ITEMSIZE[dtype]) - 1]
    if dtype in COMPUTED_FLOATS:
        return [-math.inf if combine == "max" else math.inf]
    bits = 8 * ITEMSIZE[dtype]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if dtype in SIGNED else (0, (1 << bits) - 1)
    return [low if combine == "max" else high]


def combined(
    on: Instructions, combine: Combine, dtypes: Sequence[str], old: Sequence[str], new: Sequence[str], rising: bool = False
) -> list[str]:
    """``old`` with ``new``.  Of equal extremes argmax and argmin keep the lower position, and a NaN is extreme.

    ``rising``: the new position is known to be the higher."""
    if isinstance(combine, Fold):
        return _folded(on, combine, [*old, *new])
    if combine == NEXT:
        return list(new)
    dtype = dtypes[0]
    if combine not in ("argmax", "argmin"):
        return [on.emit(combine, dtype, [old[0], new[0]], [dtype, dtype])]
    better = on.compare("lt", *((old[0], new[0]) if combine == "argmax" else (new[0], old[0])), dtype)
    floats = dtype in COMPUTED_FLOATS
    if floats:
        new_nan, old_nan = on.is_nan(new[0], dtype), on.is_nan(old[0], dtype)
        better = on.either(better, on.both(new_nan, on.binary("xor", "bool", old_nan, on.constant(True, "bool"))))
    if not rising:
        tie = on.compare("eq", new[0], old[0], dtype)
        tie = on.either(tie, on.both(new_nan, old_nan)) if floats else tie
        better = on.either(better, on.both(tie, on.compare("lt", new[1], old[1], dtypes[1])))
    return [on.select(better, n, o, kind) for n, o, kind in zip(new, old, dtypes, strict=True)]


def _folded(on: Instructions, fold: Fold, given: Sequence[str]) -> list[str]:
    """The code of ``fold`` on what is carried and what is added."""
    texts: dict[Value, str] = {}
    for value in walk(fold.results):
        if value.op == "input":
            texts[value] = given[value.data]
        elif value.op == "const":
            texts[value] = on.constant(value.data, value.dtype)
        else:
            texts[value] = on.emit(value.op, value.dtype, [texts[a] for a in value.args], [a.dtype for a in value.args])
    return [texts[result] for result in fold.results]


def tree(on: Instructions, combine: Combine, dtypes: Sequence[str], values: Sequence[str]) -> list[str]:
    """One result from ``on.lanes`` lanes: the left half with the right half, and so on."""
    while on.lanes > 1:
        half = on.lanes // 2
        left = [_part(on, value, dtype, 0, half) for value, dtype in zip(values, dtypes, strict=True)]
        right = [_part(on, value, dtype, half, half) for value, dtype in zip(values, dtypes, strict=True)]
        on = replace(on, lanes=half)
        values = combined(on, combine, dtypes, left, right)
    return list(values)


def _part(on: Instructions, value: str, dtype: str, first: int, count: int) -> str:
    kind = register(dtype, on.lanes)
    if count == 1:
        return on.code.let(f"extractelement {kind} {value}, i64 {first}")
    lanes = ", ".join(f"i32 {lane}" for lane in range(first, first + count))
    return on.code.let(f"shufflevector {kind} {value}, {kind} poison, <{count} x i32> <{lanes}>")
