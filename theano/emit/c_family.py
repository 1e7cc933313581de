"""A kernel as text that is CUDA C and OpenCL C at once, and how to launch it.

The text is made of the macros and functions of :mod:`theano.emit.dialects`; only the prelude put before it differs.  Where a
CPU runs loops, a device runs a grid of groups of threads.  Each entry of a kernel is laid out in one of three ways:

- ``threads``: a chain of loops with independent iterations becomes one range, and each thread takes some of it;
- ``groups``: so is the outer chain, but its iterations go to groups, whose threads share the ``vector`` loops inside;
- ``single``: nothing is known to be independent: one group, or one thread, does it all in order.

A group that reduces has :data:`~theano.loops.ir.LANES` threads, which add up as the virtual lanes do and are combined by
a tree in shared memory: sums are the same to the bit as on every other target.  Top-level statements of a kernel become entries
of their own, launched one after the other, since the grid has no barrier.  Additions at repeated offsets are
atomic; so the order of a floating sum there, and its last bits, may differ from run to run.

>>> from theano.loops.ir import BufferParameter, Kernel, Loop, Store
>>> from theano.scalar.instructions import Trace
>>> t = Trace()
>>> i, n = t.leaf("index", "int64", 0), t.leaf("size", "int64", 0)
>>> store = Store(1, i, t.load(0, i, "float32") * 2.0)
>>> x, y = BufferParameter("float32", True, False), BufferParameter("float32", False, True)
>>> print(print_kernel(Kernel((x, y), 1, (), (Loop(0, n, (store,), (), "vector"),)), "double").text, end="")
KERNEL(256) double_0(GLOBAL f32* x0, GLOBAL f32* x1, i64 n0) {
  i64 end = n0;
  for (i64 item = GRP * LSZ + LID; item < end; item += NGRP * LSZ) {
    i64 i0 = item;
    f32 v0 = x0[i0];
    f32 v1 = mul_f32(v0, (f32)0x1.0000000000000p+1);
    x1[i0] = v1;
  }
}
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from theano.emit.dialects import ATOMIC, NATIVE, TYPES, literal
from theano.emit.llvm.reduce import identities
from theano.loops.ir import LANES, NEXT, Accumulator, Check, Fold, Kernel, Loop, Statement, Store, shared_loop
from theano.loops.statements import Row, all_statements, grouped, loaded_ahead, map_values, stored_buffers, values_of
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import COMPARISONS, COMPUTED_FLOATS, INTEGERS, LEAVES, Value, walk
from theano.scalar.mathlib import expand

THREADS = 256
"""Threads of a group where no reduction fixes their number."""

NO_ITERATION = (1 << 63) - 1
"""What the first word of the status holds while no check has failed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One function of the text: launch it with groups of ``width`` threads, enough of them for the ``range`` of its layout.

    ``range`` are the extents of the chain, int64 values over the kernel's sizes; empty for ``single``, which takes one group."""

    name: str
    layout: str  # "threads" | "groups" | "single"
    width: int
    range: tuple[Value, ...]

    def groups(self, sizes: Sequence[int], limit: int = 1 << 16) -> int:
        """How many groups to launch; 0 if there is nothing to do."""
        extents = evaluate(self.range, lambda leaf: np.array(sizes[leaf.data], np.int64))
        items = math.prod(int(extent) for extent in extents)
        return min(-(-items // self.width) if self.layout == "threads" else items, limit)


@dataclass(frozen=True, slots=True)
class Source:
    """Kernel text without prelude.  Every entry takes all buffers, sizes and scalars of the kernel, in this order; if the
    kernel has checks, a status buffer of three int64 and an int64 follow: the first run, with -1, leaves
    the lowest failing iteration in ``status[0]``; a second one, with that iteration, leaves code and payload in the other two.
    An entry with layout ``single`` does both at once."""

    text: str
    entries: tuple[Entry, ...]
    kernel: Kernel


# ------------------------------------------------------------------------------------------------ what a kernel does


def loaded_by(values: Iterable[Value]) -> set[int]:
    """The buffers that ``values`` read."""
    return {v.data for v in walk(values) if v.op == "load"}


def loaded(statements: Iterable[Statement]) -> set[int]:
    return loaded_by(values_of(statements))


def independent(loop: Loop, kernel: Kernel) -> bool:
    """Whether the iterations of ``loop`` may run in any order, and at once (additions to memory being atomic)."""
    if loop.accumulators:
        return False
    if loop.kind == "vector" or (kernel.parallel and loop is shared_loop(kernel)):
        return True
    if loaded(loop.body) & stored_buffers(loop.body):
        return False
    stores = [s for s in all_statements(loop.body) if isinstance(s, Store)]
    if all(s.combine for s in stores):
        return all(kernel.buffers[s.buffer].dtype in ATOMIC for s in stores)
    return all(s.combine is None and _goes_along(s.offset, loop) for s in stores)


def _goes_along(offset: Value, loop: Loop) -> bool:
    """Whether ``offset`` moves with the loop, by arithmetic alone: then no two iterations meet."""
    values = walk([offset])
    return any(v.op == "index" and v.data == loop.index for v in values) and all(v.op != "load" for v in values)


def chain(statements: Sequence[Statement], kernel: Kernel) -> list[Loop]:
    """The longest chain of independent loops, each the only statement of the one before, with extents known at launch."""
    loops: list[Loop] = []
    while len(statements) == 1 and isinstance(loop := statements[0], Loop) and independent(loop, kernel):
        if any(v.op in LEAVES - {"const", "size"} for v in walk([loop.extent])):
            break
        loops.append(loop)
        statements = loop.body
    return loops


def segments(kernel: Kernel) -> list[tuple[Statement, ...]]:
    """The top-level statements, cut wherever no reduction's result is needed across the cut."""
    made = {a.key: k for k, s in enumerate(kernel.body) if isinstance(s, Loop) for a in s.accumulators}
    pieces: list[tuple[Statement, ...]] = []
    for position, statement in enumerate(kernel.body):
        needed = [made.get(v.data[0], position) for v in walk(values_of([statement])) if v.op == "acc"]
        piece: tuple[Statement, ...] = (statement,)
        while sum(map(len, pieces)) > min(needed, default=position):
            piece = pieces.pop() + piece
        pieces.append(piece)
    return pieces


# ------------------------------------------------------------------------------------------------ text


def print_kernel(kernel: Kernel, name: str) -> Source:
    """The text of ``kernel``; its entries are called ``name_0``, ``name_1`` ..."""
    kernel = expanded(kernel)
    texts, entries = [], []
    for number, statements in enumerate(segments(kernel)):
        text, entry = _Printer(kernel, f"{name}_{number}").segment(statements)
        texts.append(text)
        entries.append(entry)
    return Source("\n\n".join(texts) + "\n", tuple(entries), kernel)


def expanded(kernel: Kernel) -> Kernel:
    """The same kernel without those intrinsics that the languages lack."""
    if all(v.op != "call" or v.data in NATIVE for v in walk(values_of(kernel.body))):
        return kernel
    new: dict[Value, Value] = {}

    def change(root: Value) -> Value:
        for value in walk([root]):
            if value not in new:
                args = tuple(new[a] for a in value.args)
                if value.op == "call" and value.data not in NATIVE:
                    new[value] = change(expand(str(value.data), *args, has_fma=True))
                else:
                    new[value] = value if args == value.args else value.trace.emit(value.op, args, value.dtype, value.data)
                new.setdefault(new[value], new[value])
        return new[root]

    return replace(kernel, body=tuple(map_values(statement, change) for statement in kernel.body))


@dataclass(slots=True, eq=False)
class _Scope:
    """A block of text.  ``names`` are the values known in it, beside those of the scopes around it."""

    parent: _Scope | None
    depth: int
    alone: bool  # each thread runs this block by itself; else the threads of a group run it together
    lines: list[str] = field(default_factory=list)
    names: dict[Value, str] = field(default_factory=dict)
    leaves: dict[tuple[str, object], str] = field(default_factory=dict)  # loop indices and results of reductions

    def inner(self, alone: bool) -> _Scope:
        return _Scope(self, self.depth + 1, alone)

    def outward(self) -> Iterator[_Scope]:
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def line(self, text: str) -> None:
        self.lines.append("  " * (self.depth + 1) + text)

    def block(self, head: str, inner: _Scope) -> None:
        """Append a finished block: what it found to be independent of it stands before its head by now."""
        self.line(head + " {")
        self.lines += inner.lines
        self.line("}")


class _Printer:
    """Prints one entry."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel, self.name = kernel, name
        self.count = itertools.count()
        self.shared: list[str] = []  # declarations of shared memory, which must stand at the head of a kernel
        self.layout = "single"
        self.read: set[int] = set()  # buffers touched since the last barrier
        self.written: set[int] = set()
        self.unstable = loaded(kernel.body) & stored_buffers(kernel.body)
        self.seen_in: dict[Value, frozenset[int]] = {}  # a value -> the unstable buffers that it was computed from

    def segment(self, statements: Sequence[Statement]) -> tuple[str, Entry]:
        loops = chain(statements, self.kernel)
        body: Sequence[Statement] = loops[-1].body if loops else statements
        within = [s for s in all_statements(body) if isinstance(s, Loop) and s.kind == "vector"]
        self.layout = "single" if not loops else "groups" if within else "threads"
        width = LANES if any(s.accumulators for s in within) else THREADS if loops or within else 1
        scope = _Scope(None, 0, alone=not within)
        if loops:
            self._range(loops, body, scope)
        else:
            self._statements(body, scope)
        head = f"KERNEL({width}) {self.name}({', '.join(self._parameters())}) {{"
        text = "\n".join((head, *("  " + s for s in self.shared), *scope.lines, "}"))
        return text, Entry(self.name, self.layout, width, tuple(loop.extent for loop in loops))

    def _parameters(self) -> list[str]:
        kernel = self.kernel
        buffers = [f"GLOBAL {TYPES[b.dtype]}* x{k}" for k, b in enumerate(kernel.buffers)]
        sizes = [f"i64 n{k}" for k in range(kernel.sizes)]
        scalars = [f"{TYPES[dtype]} c{k}" for k, dtype in enumerate(kernel.scalars)]
        return buffers + sizes + scalars + (["GLOBAL i64* status", "i64 only"] if kernel.checks else [])

    def _range(self, loops: Sequence[Loop], body: Sequence[Statement], scope: _Scope) -> None:
        """One loop over the whole chain, from which the indices are taken apart again, the innermost first."""
        extents = [self._value(loop.extent, scope) for loop in loops]
        scope.line(f"i64 end = {' * '.join(extents)};")
        first, step = ("GRP * LSZ + LID", "NGRP * LSZ") if self.layout == "threads" else ("GRP", "NGRP")
        if self.kernel.checks:
            scope.line("if (only >= 0) end = only + 1;")
            first = f"only >= 0 ? only{' + LID' if self.layout == 'threads' else ''} : {first}"
        inner = scope.inner(scope.alone)
        rest = "item"
        for position in range(len(loops) - 1, -1, -1):
            name, extent = f"i{loops[position].index}", extents[position]
            inner.line(f"i64 {name} = {rest}{f' % {extent}' if position else ''};")
            inner.leaves["index", loops[position].index] = name
            rest = f"({rest} / {extent})"
        self._statements(body, inner)
        scope.block(f"for (i64 item = {first}; item < end; item += {step})", inner)

    # -------------------------------------------------------------------- statements

    def _statements(self, statements: Iterable[Statement], scope: _Scope) -> None:
        for statement in grouped(statements):
            if isinstance(statement, tuple):
                self._row(statement, scope)
            elif isinstance(statement, Loop):
                self._loop(statement, scope)
            elif isinstance(statement, Check):
                self._order(loaded((statement,)), set(), scope)
                self._check(statement, scope)

    def _row(self, row: Row, scope: _Scope) -> None:
        for position, group in enumerate(row):
            ahead = list(loaded_ahead(row[position:]))
            self._order(loaded_by(ahead), set(), scope)
            for value in ahead:
                self._value(value, scope)
            self._order(loaded(group), stored_buffers(group), scope)
            self._stores(group, scope)

    def _order(self, reads: Set[int], writes: Set[int], scope: _Scope) -> None:
        """What one thread of a group wrote, another may read only after a barrier, and the other way round."""
        if scope.alone:
            return
        if (writes and self.read) or (writes | reads) & self.written:  # a written buffer may be the storage of any read one
            self._barrier(scope)
        self.read |= reads
        self.written |= writes

    def _barrier(self, scope: _Scope) -> None:
        scope.line("BARRIER;")
        self.read, self.written = set(), set()

    def _stores(self, group: tuple[Store, ...], scope: _Scope) -> None:
        """Values first, then the stores: a buffer may lie where one that is read here does."""
        texts = [(self._value(store.offset, scope), self._value(store.value, scope)) for store in group]
        for store, (offset, value) in zip(group, texts, strict=True):
            self._store(store, offset, value, scope)

    def _store(self, store: Store, offset: str, value: str, scope: _Scope) -> None:
        buffer, dtype = f"x{store.buffer}", self.kernel.buffers[store.buffer].dtype
        kind = TYPES[dtype]
        if store.combine is None:
            text = f"{buffer}[{offset}] = {value};"
        elif store.combine == "add" and dtype in ATOMIC:
            text = f"atomic_add_{kind}({buffer} + {offset}, {value});"
        else:
            text = f"{buffer}[{offset}] = {store.combine}_{kind}({buffer}[{offset}], {value});"
        scope.line(text if scope.alone else f"if (LID == 0) {text}")
        self._forget({store.buffer}, scope)

    def _check(self, check: Check, scope: _Scope) -> None:
        ok, payload = self._value(check.ok, scope), self._value(check.payload, scope)
        if self.layout == "single":
            report = f"status[0] = 0; status[1] = {check.code}; status[2] = {payload};"
        else:
            report = f"fail(status, only, item, {check.code}, {payload});"
        scope.line(f"if (!{ok}) {{ {report if scope.alone else f'if (LID == 0) {{ {report} }}'} return; }}")

    def _loop(self, loop: Loop, scope: _Scope) -> None:
        split = not scope.alone and loop.kind == "vector"  # among the threads of the group
        self._forget(stored_buffers([loop]), scope)  # an iteration sees the stores of those before it
        whole = [loop] if split else []
        entry = [loop.extent, *(start for accumulator in loop.accumulators for start in accumulator.starts)]
        self._order(loaded_by(entry) | loaded(whole), stored_buffers(whole), scope)
        before = self.read, self.written
        extent = self._value(loop.extent, scope)
        results = [self._declare(accumulator, scope) for accumulator in loop.accumulators]
        index = f"i{loop.index}"
        first, step = ("LID", f"{index} += LSZ") if split else ("0", f"{index}++")
        inner = scope.inner(scope.alone or split)
        inner.leaves["index", loop.index] = index
        inner.leaves.update((("acc", (a.key, 0)), names[0]) for a, names in zip(loop.accumulators, results) if a.combine == NEXT)
        self._statements(loop.body, inner)
        self._order(loaded_by(v for a in loop.accumulators for v in a.values), set(), inner)
        added = [[self._value(value, inner) for value in accumulator.values] for accumulator in loop.accumulators]
        for accumulator, names, values in zip(loop.accumulators, results, added):
            if accumulator.combine == NEXT:  # the others still read what there was
                inner.line(f"{TYPES[accumulator.values[0].dtype]} {names[0]}_next = {values[0]};")
        for accumulator, names, values in zip(loop.accumulators, results, added):
            for line in _combine(accumulator, names, values):
                inner.line(line)
        if not inner.alone and stored_buffers(loop.body):
            self._barrier(inner)  # the next iteration may read what this one wrote
        self.read, self.written = self.read | before[0], self.written | before[1]  # there may be no iteration
        scope.block(f"for (i64 {index} = {first}; {index} < {extent}; {step})", inner)
        self._forget(stored_buffers([loop]), scope)
        for accumulator, names in zip(loop.accumulators, results):
            if split:
                self._reduce(accumulator, names, scope)
            for position, name in enumerate(names):
                scope.leaves["acc", (accumulator.key, position)] = name

    # -------------------------------------------------------------------- reductions

    def _declare(self, accumulator: Accumulator, scope: _Scope) -> list[str]:
        number = next(self.count)
        names = []
        if accumulator.combine == NEXT:
            scope.line(f"{TYPES[accumulator.values[0].dtype]} a{number} = {self._value(accumulator.starts[0], scope)};")
            return [f"a{number}"]
        starts = identities(accumulator.combine, [value.dtype for value in accumulator.values])
        for position, (value, start) in enumerate(zip(accumulator.values, starts)):
            names.append(f"a{number}" if len(accumulator.values) == 1 else f"a{number}_{position}")
            scope.line(f"{TYPES[value.dtype]} {names[-1]} = {literal(start, value.dtype)};")
        return names

    def _reduce(self, accumulator: Accumulator, names: list[str], scope: _Scope) -> None:
        """Combine the threads' results by a tree; all threads have the result after it."""
        kinds = [TYPES[value.dtype] for value in accumulator.values]
        self.shared += [f"SHARED {kind} s{name}[{LANES}];" for kind, name in zip(kinds, names)]
        self.read, self.written = set(), set()
        if isinstance(accumulator.combine, Fold):
            return self._fold(accumulator, names, scope)
        places = ", ".join((*(f"s{name}" for name in names), *names))
        macro = "REDUCE" if len(names) == 1 else "REDUCE_CHOOSE"
        scope.line(f"{macro}({accumulator.combine}_{kinds[0]}, {places});")

    @staticmethod
    def _fold(accumulator: Accumulator, names: Sequence[str], scope: _Scope) -> None:
        """The same tree, with the code of the combination between barriers."""
        lower = [f"s{name}[LID]" for name in names]
        combination = " ".join(_combine(accumulator, lower, [f"s{name}[LID + half_]" for name in names]))
        scope.line(" ".join(f"{place} = {name};" for place, name in zip(lower, names)) + " BARRIER;")
        scope.line(f"for (i32 half_ = LSZ / 2; half_; half_ /= 2) {{ if (LID < half_) {combination} BARRIER; }}")
        scope.line(" ".join(f"{name} = s{name}[0];" for name in names) + " BARRIER;")

    # -------------------------------------------------------------------- values

    def _value(self, root: Value, here: _Scope) -> str:
        """The name of ``root``, after printing what of it is not known yet, each value as far out as its arguments allow.

        Loads stay here: further out, the loop that they stand in might have no iterations, or a store might come between."""
        stack = [root]
        while stack:
            value = stack[-1]
            if self._known(value, here) is not None:
                stack.pop()
            elif missing := [a for a in value.args if self._known(a, here) is None]:
                stack.extend(missing)
            else:
                stack.pop()
                self._print(value, here)
        name = self._known(root, here)
        assert name is not None
        return name

    def _known(self, value: Value, here: _Scope) -> str | None:
        if value.op == "const":
            return literal(value.data, value.dtype)
        if value.op in ("size", "scalar"):
            return f"{'n' if value.op == 'size' else 'c'}{value.data}"
        if value.op in ("index", "acc"):
            return next(s.leaves[value.op, value.data] for s in here.outward() if (value.op, value.data) in s.leaves)
        return next((s.names[value] for s in here.outward() if value in s.names), None)

    def _home(self, value: Value, here: _Scope) -> _Scope:
        """The outermost scope that knows all that ``value`` depends on."""
        if value.op == "load":
            return here
        home = list(here.outward())[-1]
        for argument in value.args:
            for scope in here.outward():
                known = (argument.op, argument.data) in scope.leaves if argument.op in ("index", "acc") else argument in scope.names
                if known:
                    home = scope if scope.depth > home.depth else home
                    break
        return home

    def _print(self, value: Value, here: _Scope) -> None:
        args = [self._known(a, here) or "" for a in value.args]
        home, name = self._home(value, here), f"v{next(self.count)}"
        home.line(f"{TYPES[value.dtype]} {name} = {expression(value, args)};")
        home.names[value] = name
        own = loaded_by([value]) & self.unstable if value.op == "load" else ()
        self.seen_in[value] = frozenset(own).union(*(self.seen_in.get(a, ()) for a in value.args))

    def _forget(self, buffers: Set[int], here: _Scope) -> None:
        """A store makes loads of its buffer old: what follows loads again."""
        if buffers & self.unstable:
            for scope in here.outward():
                scope.names = {v: name for v, name in scope.names.items() if not buffers & self.seen_in[v]}


def expression(value: Value, args: Sequence[str]) -> str:
    """One instruction on named arguments, as text."""
    op, dtype = value.op, value.dtype
    if op == "load":
        return f"x{value.data}[{args[0]}]"
    if op == "cast":
        return cast(args[0], value.args[0].dtype, dtype)
    if op == "bitcast":
        old = value.args[0].dtype
        if old in COMPUTED_FLOATS:
            return f"({TYPES[dtype]})bits_{TYPES[old]}({args[0]})"
        return f"{TYPES[dtype]}_bits({args[0]})" if dtype in COMPUTED_FLOATS else f"({TYPES[dtype]}){args[0]}"
    kind = TYPES[value.args[0].dtype if op in COMPARISONS else dtype]
    return f"{value.data if op == 'call' else op}_{kind}({', '.join(args)})"


def cast(text: str, old: str, new: str) -> str:
    if new == old:
        return text
    if new == "float16":
        return f"f16_f32({text})" if old == "float32" else f"f16_f64((f64){text})"
    if old == "float16":
        return cast(f"f32_f16({text})", "float32", new)
    if new == "bool":
        return f"{text} != 0"
    return f"{TYPES[new]}_{TYPES[old]}({text})" if old in COMPUTED_FLOATS and new in INTEGERS else f"({TYPES[new]}){text}"


def _combine(accumulator: Accumulator, names: Sequence[str], values: Sequence[str]) -> list[str]:
    """Lines that put ``values`` into what ``names`` hold."""
    if isinstance(accumulator.combine, Fold):
        return _folded(accumulator.combine, names, values)
    if accumulator.combine == NEXT:
        return [f"{names[0]} = {names[0]}_next;"]
    function = f"{accumulator.combine}_{TYPES[accumulator.values[0].dtype]}"
    if len(names) == 1:
        return [f"{names[0]} = {function}({names[0]}, {values[0]});"]
    return [f"CHOOSE({function}, {names[0]}, {names[1]}, {values[0]}, {values[1]});"]


def _folded(fold: Fold, names: Sequence[str], values: Sequence[str]) -> list[str]:
    """A block of its own, in which nothing is shared with the text around it."""
    given, texts = [*names, *values], dict[Value, str]()
    lines = ["{"]
    for value in walk(fold.results):
        if value.op == "input":
            texts[value] = given[value.data]
        elif value.op == "const":
            texts[value] = literal(value.data, value.dtype)
        else:
            texts[value] = f"f{len(lines)}_"
            lines.append(f"{TYPES[value.dtype]} {texts[value]} = {expression(value, [texts[a] for a in value.args])};")
    whole = [f"{TYPES[r.dtype]} r{k}_ = {texts[r]};" for k, r in enumerate(fold.results)]
    return [*lines, *whole, *(f"{name} = r{k}_;" for k, name in enumerate(names)), "}"]
