"""What a compiled function does, step by step, in the user's own terms.

:func:`explain` lists the regions of the program: each kernel with the operations fused into it and the lines they were
written on, each library call, each step that runs Python, what is written in place and what is swapped in at the end.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from theano.graph.naming import operation
from theano.loops.canonical import kernel_key
from theano.loops.ir import (
    AtMost,
    Buffer,
    Frame,
    IfRegion,
    KernelStep,
    LibraryStep,
    LoopRegion,
    Program,
    PythonStep,
    Step,
    inner_frames,
    walk_steps,
)
from theano.scalar.instructions import Value, walk

Names = Mapping[tuple[str, int], str]
"""What the user called an array: by its storage and its position there."""

_SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "floordiv": "//"}


def explain(program: Program, title: str = "function") -> str:
    """The program as text, one line or more for each step."""
    steps = list(walk_steps(program.frame))
    kinds = Counter(kind_of(step) for step in steps)
    named = [k for k in ("kernel", "library call", "Python step", "region") if kinds[k]]
    counts = ", ".join(f"{kinds[k]} {k}{'s' if kinds[k] != 1 else ''}" for k in named)
    distinct = len({kernel_key(step.kernel) for step in steps if isinstance(step, KernelStep)})
    lines = [f"{title}: {counts or 'nothing to compute'}" + (f" ({distinct} distinct kernels)" if kinds["kernel"] > distinct else "")]
    names = names_of(program)
    lines += list(_frame(program.frame, 1, names))
    for position, buffer in program.commits:
        lines.append(f"  commit: shared variable {program.shared[position].name or position} becomes {describe_buffer(buffer, names)}")
    return "\n".join(lines)


def names_of(program: Program) -> Names:
    """The names of inputs and shared variables that have one of their own."""
    known = [b for b in (*program.inputs, *program.shared) if b.name]
    counts = Counter(b.name for b in known)
    return {(b.storage, b.position): str(b.name) for b in known if counts[b.name] == 1}


def kind_of(step: Step) -> str:
    if isinstance(step, KernelStep):
        return "kernel"
    if isinstance(step, LibraryStep):
        return "library call"
    return "Python step" if isinstance(step, PythonStep) else "region"


def _frame(frame: Frame, level: int, names: Names) -> Iterator[str]:
    pad = "  " * level
    for guard in frame.guards:
        sign = {"equal": "==", "at_least": ">="}.get(guard.relation, guard.relation)
        yield f"{pad}guard: {extent(guard.left, names)} {sign} {extent(guard.right, names)}{_place([guard.node])}"
    for step in frame.steps:
        if isinstance(step, Frame):
            yield f"{pad}then, with sizes found so far:"
            yield from _frame(step, level + 1, names)
        else:
            yield f"{pad}{describe(step, names)}"
            for inner in inner_frames(step):
                yield from _frame(inner, level + 1, names)


def describe(step: Step, names: Names) -> str:
    """One step: what it computes, from what, and where that was written."""

    def buffers(those: Iterable[Buffer]) -> str:
        return ", ".join(describe_buffer(b, names) for b in dict.fromkeys(those))

    if isinstance(step, LoopRegion):
        return f"loop of {extent(step.count, names)} steps carrying {len(step.carried)} states{_place(step.nodes)}"
    if isinstance(step, IfRegion):
        return f"branch on {buffers([step.condition])}, computing one side{_place(step.nodes)}"
    if isinstance(step, PythonStep):
        why = getattr(step.node.op, "why_python", None)
        reason = why(step.node) if why else None
        does = ("thunk" if step.node.op.has_own_thunk() else "perform") + (", in place" if step.owned else "")
        return f"Python: {step.node.op} runs its {does}{f' ({reason})' if reason else ''}{_place(step.nodes)}"
    if isinstance(step, LibraryStep):
        return f"library: {step.routine} {step.dtype} -> {buffers(step.buffers[:1])}{_when(step, names)}{_place(step.nodes)}"
    written = [b for b, p in zip(step.buffers, step.kernel.buffers, strict=True) if p.written]
    read = [b for b, p in zip(step.buffers, step.kernel.buffers, strict=True) if p.read]
    ops = Counter(operation(node) for node in step.nodes)
    what = ", ".join(name if n == 1 else f"{name} x{n}" for name, n in ops.items()) or "copy"
    return f"kernel [{what}]: {buffers(read) or 'nothing'} -> {buffers(written)}{_when(step, names)}{_place(step.nodes)}"


def _when(step: KernelStep | LibraryStep, names: Names) -> str:
    return "" if step.when is None else f", if {at_most(step.when, lambda value: extent(value, names))}"


def at_most(when: AtMost, size: Callable[[Value], str]) -> str:
    """A condition on a size as text."""
    return f"{size(when.extent)} {'>' if when.opposite else '<='} {when.limit}"


def describe_buffer(buffer: Buffer, names: Names) -> str:
    shape = f"({', '.join(extent(s, names) for s in buffer.shape)}{',' if len(buffer.shape) == 1 else ''})"
    where = "scratch" if buffer.storage == "arena" else buffer.storage
    name = buffer.name or ("" if buffer.storage in ("arena", "object") else str(buffer.position))
    return " ".join(part for part in (where, name, buffer.dtype, shape) if part)


def extent(value: Value, names: Names) -> str:
    """An extent for people: sizes by the axis they come from."""
    text: dict[Value, str] = {}
    for v in walk([value]):
        key: Any = v.data
        if v.op == "const":
            text[v] = str(v.data)
        elif v.op == "size":
            text[v] = f"value{key[1]}" if key[0] == "value" else f"{names.get(key[:2], key[0] + str(key[1]))}.shape[{key[2]}]"
        elif v.op in _SYMBOLS:
            text[v] = f"({text[v.args[0]]}{_SYMBOLS[v.op]}{text[v.args[1]]})"
        else:
            text[v] = f"{v.op}({', '.join(text[a] for a in v.args)})"
    return text[value]


def places(nodes: Iterable[Any], limit: int = 3) -> list[str]:
    """``file.py:line`` of the user's lines behind ``nodes``."""
    found: dict[str, None] = {}
    for node in nodes:
        origin = getattr(node, "origin", None)
        if origin is not None:
            for file, line in origin.lines(limit):
                found[f"{os.path.basename(file)}:{line}"] = None
        if len(found) > limit:
            break
    return list(found)


def _place(nodes: Iterable[Any]) -> str:
    found = places(nodes)
    return "   # " + ", ".join(found[:3]) + (" ..." if len(found) > 3 else "") if found else ""
