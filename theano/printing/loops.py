"""The forms below the graph as text: nests, kernels and programs, as people read them.

Nests: each array by one equation over its index domain.  Kernels: loops over flat buffers, where

- ``b0 ...`` are buffers, ``n0 ...`` sizes, ``s0 ...`` numbers passed in, ``i0 ...`` loop indices, ``v0 ...`` named values;
- ``acc0 += ...`` accumulates round the loop it stands in, ``acc0`` after the loop is the result (``at0`` the position of argmax);
- stores that follow one another happen together, once all their values are known.

>>> from theano.loops.ir import BufferParameter, Kernel, Loop, Store
>>> from theano.scalar.instructions import Trace
>>> t = Trace()
>>> i, n = t.leaf("index", "int64", 0), t.leaf("size", "int64", 0)
>>> store = Store(1, i, t.load(0, i, "float32") * t.leaf("scalar", "float32", 0))
>>> x, y = BufferParameter("float32", True, False), BufferParameter("float32", False, True)
>>> print(kernel_text(Kernel((x, y), 1, ("float32",), (Loop(0, n, (store,), (), "vector"),))))
kernel(b0: float32, b1: float32 out; n0; s0: float32)
  for i0 < n0 in lanes:
    b1[i0] = b0[i0] * s0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from theano.loops.canonical import kernel_key
from theano.loops.ir import (
    NEXT,
    Accumulator,
    Buffer,
    Check,
    Combine,
    Fold,
    Frame,
    Guard,
    Kernel,
    KernelStep,
    LibraryStep,
    Loop,
    LoopRegion,
    Program,
    PythonStep,
    Statement,
    Step,
    Store,
    inner_frames,
    shared_loop,
    walk_steps,
)
from theano.loops.lower import Lowering
from theano.loops.nest import Nest, Result
from theano.printing.explain import at_most
from theano.printing.formulas import Spelling, formula
from theano.scalar.instructions import Value

INDENT = "  "
_UPDATES = {"add": "+=", "mul": "*=", "and": "&=", "or": "|="}
_RELATIONS = {"equal": "==", "at_least": ">="}

# ------------------------------------------------------------------------------------------------ kernels


def kernel_text(kernel: Kernel, name: str = "kernel") -> str:
    """The loops of one kernel."""
    return "\n".join([_signature(kernel, name), *_body(kernel.body, (), Spelling(), 1, shared_loop(kernel) if kernel.parallel else None)])


def _signature(kernel: Kernel, name: str) -> str:
    buffers = (f"b{k}: {b.dtype}{' inout' if b.read and b.written else ' out' if b.written else ''}" for k, b in enumerate(kernel.buffers))
    sizes = (f"n{k}" for k in range(kernel.sizes))
    scalars = (f"s{k}: {dtype}" for k, dtype in enumerate(kernel.scalars))
    return _call(name, buffers, sizes, scalars)


def _call(name: str, *groups: Iterable[str]) -> str:
    """``name(a, b; c; d)`` of the groups that are not empty."""
    return f"{name}({'; '.join(filter(None, map(', '.join, groups)))})"


def _body(
    statements: Iterable[Statement], accumulators: Sequence[Accumulator], spelling: Spelling, level: int, shared: Loop | None = None
) -> Iterator[str]:
    pad = INDENT * level
    for kind, run in groupby(statements, type):
        if kind is Loop:
            for loop in run:
                yield from _loop(loop, spelling, level, shared)  # type: ignore[arg-type]
        else:
            for line in _flat(list(run), spelling):
                yield pad + line
    values = [value for accumulator in accumulators for value in accumulator.values]
    definitions, texts = spelling.lines(values)
    yield from (pad + line for line in definitions)
    rest = iter(texts)
    for accumulator in accumulators:
        yield pad + _accumulation(accumulator, [next(rest) for _ in accumulator.values])


def _loop(loop: Loop, spelling: Spelling, level: int, shared: Loop | None) -> Iterator[str]:
    definitions, (extent,) = spelling.lines([loop.extent])
    how = (["in lanes"] if loop.kind == "vector" else []) + (["in parallel"] if loop is shared else [])
    yield from (INDENT * level + line for line in definitions)
    for state in (a for a in loop.accumulators if a.starts):
        more, (start,) = spelling.lines(state.starts)
        yield from (INDENT * level + line for line in (*more, f"acc{state.key} = {start}"))
    yield f"{INDENT * level}for i{loop.index} < {extent}{' ' if how else ''}{', '.join(how)}:"
    yield from _body(loop.body, loop.accumulators, spelling.inside(), level + 1, shared)


def _flat(run: Sequence[Statement], spelling: Spelling) -> Iterator[str]:
    """Stores that happen together, or checks."""
    roots: list[Value] = []
    for statement in run:
        roots += [statement.offset, statement.value] if isinstance(statement, Store) else [statement.ok, statement.payload]  # type: ignore[union-attr]
    definitions, texts = spelling.lines(roots)
    yield from definitions
    for statement, first, second in zip(run, texts[::2], texts[1::2], strict=True):
        if isinstance(statement, Store):
            yield f"b{statement.buffer}[{first}] {'+=' if statement.combine else '='} {second}"
        elif isinstance(statement, Check):
            yield f"check {first}, else fail with code {statement.code} and {second}"


def _named(combine: Combine) -> str:
    return combine.name if isinstance(combine, Fold) else combine


def _accumulation(accumulator: Accumulator, texts: Sequence[str]) -> str:
    name, how = f"acc{accumulator.key}", _named(accumulator.combine)
    if how == NEXT:
        return f"{name} = {texts[0]}"
    if len(texts) == 2:
        return f"{name}, at{accumulator.key} = {how}({name}, at{accumulator.key}, {', '.join(texts)})"
    return f"{name} {_UPDATES[how]} {texts[0]}" if how in _UPDATES else f"{name} = {how}({name}, {texts[0]})"


# ------------------------------------------------------------------------------------------------ nests


def nests_text(lowering: Lowering) -> str:
    """One equation for each array that the lowered graph computes; arrays that are computed anew wherever they are read show
    only there."""
    return "\n".join(_Nests(lowering).lines(lowering.nests, 0))


class _Nests:
    """Arrays are called as in the graph, else ``r`` and a number."""

    def __init__(self, lowering: Lowering) -> None:
        sources = [r for r in lowering.results if r.storage in ("input", "shared")]
        self.sizes = {(r.storage, r.source_position): self.name(r) for r in sources}
        self.numbered = {r.number: self.name(r) for r in lowering.results}

    def name(self, result: Result) -> str:
        given = getattr(result.variable, "name", None)
        return str(given) if given and result.storage is not None else f"r{result.number}"

    def leaf(self, value: Value) -> str | None:
        data: Any = value.data
        if value.op == "size":
            return size_name(data, self.sizes, self.numbered)
        if value.op in ("read", "read_flat"):
            indices = ", ".join(self.spelled(a) for a in value.args)
            flat = ".flat" if value.op == "read_flat" else ""
            return self.name(data) + (f"{flat}[{indices}]" if indices else "")
        if value.op == "check":
            index, extent = map(self.spelled, value.args)
            return f"checked({index}, {extent})"
        return None

    def spelled(self, value: Value) -> str:
        return formula(value, self.leaf)

    def lines(self, nests: Iterable[Nest], level: int) -> Iterator[str]:
        for nest in nests:
            if all(result.inline and not result.forced for result in nest.results):
                continue
            for line in getattr(self, f"_{nest.kind}")(nest):
                yield INDENT * level + line
            for inner in nest.inner:
                yield from self.lines(inner.lowering.nests, level + 1)
                yield from (f"{INDENT * (level + 1)}next {self.name(s.target)} = {s.variable}" for s in inner.sinks)

    def _domain(self, nest: Nest, axes: Iterable[int]) -> str:
        return ", ".join(f"i{axis} < {self.spelled(nest.space[axis])}" for axis in axes)

    def _left(self, nest: Nest, result: Result, part: tuple[str, ...] = ()) -> str:
        domain = self._domain(nest, [axis for axis in range(len(nest.space)) if axis not in nest.axes])
        indices = ", ".join(filter(None, (domain, *part)))
        return self.name(result) + (f"[{indices}]" if indices else "")

    def _pointwise(self, nest: Nest) -> Iterator[str]:
        if nest.results[0].packed:
            yield from (f"{self._left(nest, nest.results[0], (str(k),))} = {self.spelled(b)}" for k, b in enumerate(nest.bodies))
            return
        for result, body in zip(nest.results, nest.bodies, strict=True):
            yield f"{self._left(nest, result)} = {self.spelled(body)}"

    def _reduce(self, nest: Nest) -> Iterator[str]:
        bodies = ", ".join(map(self.spelled, nest.bodies))
        name = _named(nest.combine or "")
        combine = {"add": "sum", "mul": "product"}.get(name, name)
        whole = f"{combine}({bodies} for {self._domain(nest, sorted(nest.axes))})"
        several = len(nest.bodies) > 1

        def leaf(value: Value) -> str | None:
            if value.op == "acc":
                return whole + (f"[{value.data[1]}]" if several else "")
            return self.leaf(value)

        for result, finish in zip(nest.results, nest.finish, strict=True):
            yield f"{self._left(nest, result)} = {formula(finish, leaf)}"

    def _join(self, nest: Nest) -> Iterator[str]:
        yield f"{self.name(nest.results[0])} = {', '.join(self.name(o.result) for o in nest.operands)} together"

    def _prefix(self, nest: Nest) -> Iterator[str]:
        (axis,), whole = nest.axes, self._domain(nest, range(len(nest.space)))
        for result, body in zip(nest.results, nest.bodies, strict=True):
            yield f"{self.name(result)}[{whole}] = {self.spelled(body)} and all before along i{axis}"

    def _scatter(self, nest: Nest) -> Iterator[str]:
        (result,) = nest.results
        parts = [(str(k),) for k in range(len(nest.bodies))] if result.packed else [()]
        assert nest.base is not None
        yield f"{self.name(result)} = {self.name(nest.base)}"
        where, domain = list(map(self.spelled, nest.where)), self._domain(nest, range(len(nest.space)))
        for part, body in zip(parts, nest.bodies, strict=True):
            sign = "+=" if nest.combine else "="
            yield f"{self.name(result)}[{', '.join((*where, *part))}] {sign} {self.spelled(body)} for {domain}"

    def _library(self, nest: Nest) -> Iterator[str]:
        operands = [self.name(o.result) + (".T" if o.transposed else "") for o in nest.operands]
        base = f" onto {self.name(nest.base)}" if nest.base is not None else ""
        yield f"{self.name(nest.results[0])} = {nest.routine}({', '.join(operands)}; {self._domain(nest, range(len(nest.space)))}){base}"

    def _python(self, nest: Nest) -> Iterator[str]:
        names = ", ".join(map(self.name, nest.results))
        yield f"{names} = {nest.node.op}.perform({', '.join(self.name(o.result) for o in nest.operands)})"

    def _loop(self, nest: Nest) -> Iterator[str]:
        names, states = ", ".join(map(self.name, nest.results)), ", ".join(map(self.name, nest.states))
        yield f"{names} = {states} after {self.spelled(nest.space[0])} times:"

    def _branch(self, nest: Nest) -> Iterator[str]:
        yield f"{', '.join(map(self.name, nest.results))} = one of two, by {self.name(nest.operands[0].result)}:"


def size_name(key: Any, names: Mapping[Any, str], numbered: Mapping[int, str]) -> str:
    """``x.shape[1]``, or ``int(r3)`` for a size that is an array's content."""
    kind, position, *axis = key
    if kind == "value":
        return f"int({numbered.get(position, f'b{position}')})"
    array = numbered.get(position) if kind == "object" else names.get((kind, position))
    return f"{array or f'{kind}{position}'}.shape[{axis[0]}]"


# ------------------------------------------------------------------------------------------------ programs


def program_text(program: Program) -> str:
    """The regions of a whole program, each distinct kernel once, and what is committed at the end."""
    return "\n".join(_Program(program).lines())


class _Program:
    """Buffers are called by their names, else by storage and number."""

    def __init__(self, program: Program) -> None:
        self.program = program
        steps = [step for step in walk_steps(program.frame) if isinstance(step, KernelStep)]
        self.kernels = {key: f"k{n}" for n, key in enumerate(dict.fromkeys(kernel_key(step.kernel) for step in steps))}
        self.texts = {self.kernels[kernel_key(step.kernel)]: step.kernel for step in reversed(steps)}
        sources = (("input", program.inputs), ("shared", program.shared), ("constant", program.constants))
        self.sizes = {(kind, k): self.name(buffer) for kind, buffers in sources for k, buffer in enumerate(buffers)}
        self.numbered = {b.number: self.name(b) for _, buffers in sources for b in buffers}

    def name(self, buffer: Buffer) -> str:
        if buffer.name:
            return buffer.name
        return f"{buffer.storage}{buffer.number if buffer.storage in ('arena', 'object') else buffer.position}"

    def size(self, value: Value) -> str:
        return formula(value, lambda v: size_name(v.data, self.sizes, self.numbered) if v.op == "size" else None)

    def lines(self) -> Iterator[str]:
        p = self.program
        for kind, buffers in (("input", p.inputs), ("shared", p.shared), ("constant", p.constants)):
            yield from (f"{kind} {self.described(buffer)}" for buffer in buffers)
        yield from self.frame(p.frame, 0)
        yield from (f"commit {p.shared[position].name or position} = {self.name(buffer)}" for position, buffer in p.commits)
        yield f"return {', '.join(map(self.name, p.outputs)) or 'nothing'}"
        for name, kernel in sorted(self.texts.items(), key=lambda item: int(item[0][1:])):
            yield ""
            yield kernel_text(kernel, name)

    def described(self, buffer: Buffer) -> str:
        return f"{self.name(buffer)}: {buffer.dtype}[{', '.join(map(self.size, buffer.shape))}]"

    def frame(self, frame: Frame, level: int) -> Iterator[str]:
        pad = INDENT * level
        for guard in frame.guards:
            yield pad + self.guard(guard)
        yield from (f"{pad}{buffer.storage} {self.described(buffer)}" for buffer in frame.buffers)
        for step in frame.steps:
            if isinstance(step, Frame):
                yield f"{pad}with sizes found so far:"
                yield from self.frame(step, level + 1)
            else:
                yield pad + self.step(step)
                for position, inner in enumerate(inner_frames(step)):
                    if position:
                        yield f"{pad}otherwise:"
                    yield from self.frame(inner, level + 1)

    def guard(self, guard: Guard) -> str:
        return f"guard {self.size(guard.left)} {_RELATIONS.get(guard.relation, guard.relation)} {self.size(guard.right)}"

    def conditional(self, step: KernelStep | LibraryStep, call: str) -> str:
        return call if step.when is None else f"if {at_most(step.when, self.size)}: {call}"

    def step(self, step: Step) -> str:
        if isinstance(step, KernelStep):
            call = _call(
                self.kernels[kernel_key(step.kernel)], map(self.name, step.buffers), map(self.size, step.sizes), map(formula, step.scalars)
            )
            return self.conditional(step, call)
        if isinstance(step, LibraryStep):
            call = _call(step.routine, map(self.name, step.buffers), map(self.size, step.parameters), step.flags)
            return self.conditional(step, call)
        if isinstance(step, PythonStep):
            return f"{', '.join(map(self.name, step.results))} = {step.node.op}.perform({', '.join(map(self.name, step.arguments))})"
        if isinstance(step, LoopRegion):
            swaps = ", ".join(f"{self.name(old)} with {self.name(new)}" for old, new in step.carried)
            return f"repeat {self.size(step.count)} times, then swap {swaps or 'nothing'}:"
        return f"if {self.name(step.condition)}:"
