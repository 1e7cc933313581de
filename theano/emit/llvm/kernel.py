"""A kernel as one LLVM function: explicit vectors, nothing left for the optimiser to find.

A ``vector`` loop runs in lanes: values that depend on its index are vectors, all others stay scalar, outside.  The rest of fewer
elements than lanes runs under a mask on machines that have masks, one by one elsewhere.  A
reduction has :data:`~theano.loops.ir.LANES` lanes on every machine; LLVM splits them into its registers.

The function returns 0, or the code of the :class:`~theano.loops.ir.Check` that failed, and then ``status`` points to
(code, payload).  Its parameters: a pointer for each buffer, an i64 for each size, a number for each scalar (as in
memory: bool is i8, float16 is i16), the range of the loop that is shared out (used if the kernel is parallel), and ``status``; or,
``packed``, for all before the range one pointer to where they stand, a word each.

>>> from theano.emit.llvm.target import target
>>> from theano.loops.ir import BufferParameter, Kernel, Store
>>> from theano.scalar.instructions import Trace
>>> zero = (t := Trace()).const(0, "int64")
>>> out = BufferParameter("float32", False, True)
>>> print(emit_kernel(Kernel((out,), 0, ("float32",), (Store(0, zero, t.leaf("scalar", "float32", 0) * 2),)), "double", target("avx2")))
define internal i64 @double(ptr %b0, float %s0, i64 %lo, i64 %hi, ptr %status) nounwind "prefer-vector-width"="512" {
entry:
  %v1 = fmul float %s0, 0x4000000000000000
  %v2 = getelementptr float, ptr %b0, i64 0
  store float %v1, ptr %v2
  ret i64 0
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from theano.emit.llvm.instructions import Code
from theano.emit.llvm.jam import POINTS, jammed
from theano.emit.llvm.legalise import legalise
from theano.emit.llvm.rare import detours
from theano.emit.llvm.reduce import combined, identities, tree
from theano.emit.llvm.scopes import Operand, Scope
from theano.emit.llvm.strips import STRIP, TILE, Rows, has_rows, stretches
from theano.emit.llvm.target import Target
from theano.emit.llvm.text import constant, register, storage
from theano.emit.llvm.values import Values
from theano.loops.affine import is_constant, split
from theano.loops.ir import LANES, Accumulator, Check, Fold, Kernel, Loop, Statement, Store, shared_loop
from theano.loops.statements import Row, grouped, loaded_ahead, stored_buffers
from theano.scalar.instructions import ITEMSIZE, LEAVES, Value


def emit_kernel(kernel: Kernel, name: str, target: Target, linkage: str = "internal", packed: bool = False) -> str:
    """The text of the function ``name``.  Intrinsics need no declarations; nothing else is called (one of them is C's ``memset``)."""
    return _Emission(legalise(kernel, target), target).function(name, linkage, packed)


def parameters(kernel: Kernel) -> list[tuple[str, str]]:
    """Type and name of each parameter before the range."""
    named = [("ptr", f"%b{k}") for k in range(len(kernel.buffers))] + [("i64", f"%n{k}") for k in range(kernel.sizes)]
    return named + [(storage(dtype), f"%s{k}") for k, dtype in enumerate(kernel.scalars)]


@dataclass(frozen=True, slots=True)
class _Carried:
    """One value carried round a loop in a register: its type, how it starts, its name at the top of the body."""

    kind: str
    start: str
    name: str


class _Emission(Values):
    """Prints the statements of one kernel."""

    def __init__(self, kernel: Kernel, target: Target) -> None:
        super().__init__(target, tuple(b.dtype for b in kernel.buffers), stored_buffers(kernel.body))
        self.kernel = kernel
        self.shared = shared_loop(kernel) if kernel.parallel else None
        self.failures: list[str] = []
        self.detours = detours(kernel.body)

    def function(self, name: str, linkage: str, packed: bool) -> str:
        kernel = self.kernel
        single = kernel.body[0] if len(kernel.body) == 1 else None
        if isinstance(single, Loop):
            self._only_loop(single)
        else:
            for statement in grouped(kernel.body):
                self.statement(statement)
        self.root.code.do("ret i64 0")
        given, unpacked = [f"{kind} {parameter}" for kind, parameter in parameters(kernel)], list[str]()
        if packed:
            given = ["ptr %a"]
            for k, (kind, parameter) in enumerate(parameters(kernel)):
                unpacked += [
                    f"  {parameter}.at = getelementptr i8, ptr %a, i64 {8 * k}",
                    f"  {parameter} = load {kind}, ptr {parameter}.at",
                ]
        given += ["i64 %lo", "i64 %hi", "ptr %status"]
        head = f'define {linkage}{" " if linkage else ""}i64 @{name}({", ".join(given)}) nounwind "prefer-vector-width"="512" {{'
        return "\n".join([head, "entry:", *unpacked, *self.slots, *self.root.code.lines, *self.failures, "}", ""])

    def _only_loop(self, loop: Loop) -> None:
        """The function is this loop: leave at once if it does not run, so that its loads may be hoisted freely."""
        start, stop = self._range(loop)
        runs, body, empty = self.root.code.let(f"icmp slt i64 {start}, {stop}"), self.label(), self.label()
        self.root.code.do(f"br i1 {runs}, label %{body}, label %{empty}")
        self.failures += [f"{empty}:", "  ret i64 0"]
        self.root.start(body)
        together = jammed(loop, self.target.has_fma) if loop is self.shared else None
        if together is None:
            return self.loop(loop, start, stop, certain=True)
        middle = self._middle(start, stop, POINTS)
        self._together(together, start, middle)
        self.loop(loop, middle, stop, certain=False)

    def _together(self, loop: Loop, start: str, stop: str) -> None:
        """Rounds of :data:`~theano.emit.llvm.jam.POINTS` outer points, each of which ``loop`` goes through."""
        self.detours |= detours(loop.body)

        def points() -> None:
            self.scope.index = _index(loop)
            for statement in grouped(loop.body):
                self.statement(statement)

        self.counted(loop, start, stop, POINTS, False, [], list, points)

    def _range(self, loop: Loop) -> tuple[str, str]:
        return ("%lo", "%hi") if loop is self.shared else ("0", self.operand(loop.extent).text)

    # ------------------------------------------------------------------------------------------ statements

    def statement(self, statement: Statement | Row) -> None:
        if isinstance(statement, tuple):
            for position, group in enumerate(statement):
                for value in loaded_ahead(statement[position:]):
                    self.operand(value)
                self.stores(group)
        elif isinstance(statement, Check):
            self.check(statement)
        elif isinstance(statement, Rows):
            self._resumed(statement)
        elif isinstance(statement, Loop):
            extent = statement.extent
            start, stop = self._range(statement)
            self.loop(statement, start, stop, certain=start == "0" and extent.op == "const" and int(extent.data) > 0)

    def stores(self, group: tuple[Store, ...]) -> None:
        """Values first, then the stores: a buffer may lie where one that is read here does."""
        values = [self.operand(store.value) for store in group]
        for store, value in zip(group, values, strict=True):
            self.store(store.buffer, store.offset, value)
        for store in group:
            self.forget(store.buffer)

    def check(self, check: Check) -> None:
        ok, payload = self.operand(check.ok), self.operand(check.payload)
        code, failed, passed = self.scope.code, self.label(), self.label()
        fails = Code(self.root.code.names)
        text, lane = payload.text, "0"
        if ok.lanes == 1:
            code.do(f"br i1 {ok.text}, label %{passed}, label %{failed}")
        else:
            lanes, mask = ok.lanes, self.vector.mask if self.vector else None
            bad = code.let(f"xor <{lanes} x i1> {ok.text}, splat (i1 true)")
            bad = bad if mask is None else code.let(f"and <{lanes} x i1> {bad}, {mask}")
            bits = code.let(f"bitcast <{lanes} x i1> {bad} to i{lanes}")
            passes = code.let(f"icmp eq i{lanes} {bits}, 0")
            code.do(f"br i1 {passes}, label %{passed}, label %{failed}")
            lane = fails.let(f"call i{lanes} @llvm.cttz.i{lanes}(i{lanes} {bits}, i1 true)")
        if payload.lanes > 1:
            text = fails.let(f"extractelement {register('int64', payload.lanes)} {text}, i{payload.lanes} {lane}")
        fails.do(f"store i64 {check.code}, ptr %status")
        fails.do(f"store i64 {text}, ptr {fails.let('getelementptr i64, ptr %status, i64 1')}")
        self.failures += [f"{failed}:", *fails.lines, f"  ret i64 {check.code}"]
        self.scope.start(passed)
        scope: Scope | None = self.scope
        while scope is not None:
            scope.checked, scope = True, scope.parent

    # ------------------------------------------------------------------------------------------ loops

    def loop(self, loop: Loop, start: str, stop: str, certain: bool) -> None:
        for buffer in stored_buffers(loop.body):
            self.forget(buffer)
        if loop.kind == "vector" and has_rows(loop) and _runs_in_lanes(loop):
            return self._strips(loop, start, stop, certain)
        if loop.kind == "vector" and self.vector is None and (fills := repeated_bytes(loop)):
            return self._filled(loop, start, stop, fills)
        if loop.kind == "vector" and self.vector is None:
            results = self._vector(loop, start, stop, certain)
        else:
            results = self._serial(loop, start, stop, certain)
        lanes = 1 if self.vector is None else self.vector.lanes
        for key, position, dtype, text in results:
            self.known["acc", (key, position)] = Operand(text, dtype, lanes, self.scope)

    def _filled(self, loop: Loop, start: str, stop: str, fills: dict[Store, int]) -> None:
        """One byte over and over is left to the C library, which passes by the caches where they would not hold it."""
        code = self.scope.code
        for store, byte in fills.items():
            element, size = storage(self.dtypes[store.buffer]), str(ITEMSIZE[self.dtypes[store.buffer]])
            first = code.let(f"add i64 {self.operand(split(store.offset, _index(loop))[1]).text}, {start}")
            count = code.let(f"call i64 @llvm.smax.i64(i64 {code.let(f'sub i64 {stop}, {start}')}, i64 0)")
            pointer, size = code.let(f"getelementptr {element}, ptr %b{store.buffer}, i64 {first}"), code.let(f"mul i64 {count}, {size}")
            code.do(f"call void @llvm.memset.p0.i64(ptr {pointer}, i8 {byte}, i64 {size}, i1 false)")

    def _serial(self, loop: Loop, start: str, stop: str, certain: bool) -> list[tuple[int, int, str, str]]:
        """One iteration after another; in a vector loop, of all its lanes."""
        lanes = 1 if self.vector is None else self.vector.lanes
        carried = list(self._registers(loop.accumulators, lanes))

        def update() -> list[str]:
            return self._combine(loop, [c.name for c in carried], lanes)

        def begin() -> None:
            for (key, position, dtype, text), accumulator in zip(_results(loop, [c.name for c in carried]), combining, strict=True):
                if accumulator.starts:
                    self.known["acc", (key, position)] = Operand(text, dtype, lanes, self.scope)

        combining = [a for a in loop.accumulators for _ in a.values]
        return _results(loop, self.counted(loop, start, stop, 1, certain, carried, update, begin=begin))

    def _vector(self, loop: Loop, start: str, stop: str, certain: bool) -> list[tuple[int, int, str, str]]:
        """In lanes.  What a reduction carries is in registers, or in memory if the body needs the registers itself.

        Whole vectors are read and written without masks: processors fetch ahead what such accesses walk through, but not what masked ones
        do, which takes up to four times as long where arrays are larger than the caches.  Only of bodies with loops in them there is
        but one copy."""
        least, narrow, length = self._lanes_and_length(loop)
        if not _runs_in_lanes(loop):
            slots = self._memory(loop.accumulators)
            self._in_memory(loop, start, stop, 1, certain, slots)
        elif loop.accumulators and (narrow >= LANES or length <= LONG):
            results = self._in_registers(loop, start, stop, certain)
            if self.target.masks:
                return self._ended(loop, results)
            slots = self._memory(loop.accumulators, results)
            self._in_memory(loop, self._middle(start, stop, LANES), stop, 1, False, slots)
        else:
            slots, narrow = self._memory(loop.accumulators), min(narrow, LANES) if loop.accumulators else narrow
            inner = [type(statement) for statement in loop.body if isinstance(statement, Loop)]
            if self.target.masks and inner and Rows not in inner:
                self._in_memory(loop, start, stop, narrow, certain, slots)
            else:
                middle, rest = self._middle(start, stop, narrow), narrow if inner else min(narrow, least)
                self._in_memory(loop, start, middle, narrow, False, slots, whole=True, part=certain)
                self._in_memory(loop, middle, stop, rest if self.target.masks else 1, False, slots, part=certain)
        return self._ended(loop, self._recalled(loop.accumulators, slots))

    def _lanes_and_length(self, loop: Loop) -> tuple[int, int, int]:
        """As many lanes as fill a register with the widest type; as many as fill one with the type that most is computed with, or two with
        one twice as wide, or more if there is much to compute; and how much there is."""
        computed = list(_computed(loop, self.detours))
        sizes = [ITEMSIZE[v.dtype] for v in computed if v.dtype != "bool"] or [1 if computed else 8]
        length, widest = sum(1 for value in computed if value.op not in LEAVES), max(sizes)
        halves = 2 * sum(size < widest for size in sizes) >= len(sizes)
        several = 1 + sum(more for more, limit in DEEP if length > limit) if self.target.masks else 1
        registers, most = max(several, 2 if halves else 1), PICKED if _picks(loop, computed) else 64
        least = self.target.vector_bytes // widest
        return max(2, least), max(2, min(most, registers * least)), length

    def _middle(self, start: str, stop: str, step: int) -> str:
        """Where the last full vector ends."""
        code = self.scope.code
        span = code.let(f"sub i64 {stop}, {start}")
        return code.let(f"add i64 {start}, {code.let(f'and i64 {span}, {-step}')}")

    def _in_registers(self, loop: Loop, start: str, stop: str, certain: bool) -> list[str]:
        """All LANES at a time, of the full vectors, and with masks of the rest too."""
        carried, middle = list(self._registers(loop.accumulators, LANES)), self._middle(start, stop, LANES)

        def update() -> list[str]:
            old = [c.name for c in carried]
            return self._unless_masked([c.kind for c in carried], self._combine(loop, old, LANES), old)

        results = self.counted(loop, start, middle, LANES, False, carried, update, whole=True, part=certain)
        if not self.target.masks:
            return results
        carried = [_Carried(c.kind, text, f"%v{next(self.root.code.names)}") for c, text in zip(carried, results, strict=True)]
        return self.counted(loop, middle, stop, LANES, False, carried, update, part=certain)

    def _unless_masked(self, kinds: Sequence[str], new: Sequence[str], old: Sequence[str]) -> list[str]:
        """Lanes past the end keep what they have."""
        scope, mask = self.scope, self.scope.mask
        if mask is None:
            return list(new)
        triples = zip(kinds, new, old, strict=True)
        return [scope.code.let(f"select <{scope.lanes} x i1> {mask}, {kind} {n}, {kind} {o}") for kind, n, o in triples]

    def _ended(self, loop: Loop, results: Sequence[str]) -> list[tuple[int, int, str, str]]:
        """The lanes' results as one."""
        texts: list[str] = []
        on, rest = self.on(self.scope, LANES), iter(results)
        for accumulator in loop.accumulators:
            dtypes = [v.dtype for v in accumulator.values]
            texts += tree(on, accumulator.combine, dtypes, [next(rest) for _ in dtypes])
        return _results(loop, texts)

    # ------------------------------------------------------------------------------------------ columns in strips

    def _strips(self, loop: Loop, start: str, stop: str, certain: bool) -> None:
        """One strip of columns after another, each through all of the body; a buffer by column is found at the column's own index."""
        first = len(self.dtypes)
        pieces, dtypes = stretches(loop, first)
        self.detours |= detours(pieces)
        slots = [self.slot(f"[{STRIP} x {storage(dtype)}]") for dtype in dtypes]
        self.dtypes += tuple(dtypes)
        local = frozenset(range(first, len(self.dtypes)))
        self.written |= local

        def strip() -> None:
            code, left = self.scope.code, self.scope.position
            self.scope.stored |= local
            end = code.let(f"call i64 @llvm.smin.i64(i64 {code.let(f'add i64 {left}, {STRIP}')}, i64 {stop})")
            back = code.let(f"sub i64 0, {left}")
            for buffer, slot, dtype in zip(sorted(local), slots, dtypes, strict=True):
                code.do(f"%b{buffer} = getelementptr {storage(dtype)}, ptr {slot}, i64 {back}")
            for piece in pieces:
                if isinstance(piece, Rows):
                    self._tiles(loop, piece, left, end)
                else:
                    self.loop(piece, left, end, certain=True)

        self.counted(loop, start, stop, STRIP, certain, [], list, strip)

    def _tiles(self, loop: Loop, rows: Rows, left: str, end: str) -> None:
        """A few rows, all columns of the strip; then the next few."""
        extent = self.operand(rows.extent).text

        def tile() -> None:
            code, top = self.scope.code, self.scope.position
            self.scope.stored |= frozenset(rows.slots)
            last = code.let(f"call i64 @llvm.smin.i64(i64 {code.let(f'add i64 {top}, {TILE}')}, i64 {extent})")
            columns = Loop(loop.index, loop.extent, (replace(rows, bounds=(top, last)),), (), "vector")
            self.loop(columns, left, end, certain=True)

        self.counted(rows, "0", extent, TILE, False, [], list, tile)

    def _resumed(self, rows: Rows) -> None:
        """The rows of a tile, in the lanes of a few columns."""
        lanes = 1 if self.vector is None else self.vector.lanes
        place = cast(Value, rows.place)
        dtypes = [v.dtype for a in rows.accumulators for v in a.values]
        carried = []
        for slot, dtype in zip(rows.slots, dtypes, strict=True):
            held = self.operand(place.trace.load(slot, place, dtype)).spread(lanes)
            carried.append(_Carried(register(dtype, lanes), held, f"%v{next(self.root.code.names)}"))

        def update() -> list[str]:
            return self._combine(rows, [c.name for c in carried], lanes)

        new = self.counted(rows, *rows.bounds, 1, True, carried, update)
        for slot, dtype, text in zip(rows.slots, dtypes, new, strict=True):
            self.store(slot, place, Operand(text, dtype, lanes, self.scope))
            self.forget(slot)

    # ------------------------------------------------------------------------------------------ counting

    def counted(
        self,
        loop: Loop,
        start: str,
        stop: str,
        step: int,
        certain: bool,
        carried: Sequence[_Carried],
        update: Callable[[], list[str]],
        body: Callable[[], None] | None = None,
        whole: bool = False,
        begin: Callable[[], None] | None = None,
        part: bool = False,
    ) -> list[str]:
        """Print ``for position in range(start, stop, step)``; the carried values after it.  ``body`` prints what is done each time;
        without it that is the body of ``loop``, in lanes if ``step`` is not 1; ``whole``: it divides the range.  ``begin`` is called first
        in the new scope.  ``part``: if it does not run, another part of the loop does, so that what it loads may be loaded before."""
        outer, head, done = self.scope, self.label(), self.label()
        if certain:
            outer_jump = f"  br label %{head}"
        else:
            outer_jump = f"  br i1 {outer.code.let(f'icmp slt i64 {start}, {stop}')}, label %{head}, label %{done}"
        scope = self._open(loop, "" if whole else stop, 1 if body else step, head, certain or part)
        if body is not None:
            scope.index = None
            body()
        else:
            if begin is not None:
                begin()
            for statement in grouped(loop.body):
                self.statement(statement)
        new = update()
        following = scope.code.let(f"add nsw i64 {scope.position}, {step}")
        scope.code.do(f"br i1 {scope.code.let(f'icmp slt i64 {following}, {stop}')}, label %{head}, label %{done}")
        self._close(scope)
        lines, entry = outer.code.lines, outer.block  # what was hoisted may have opened another block
        lines += [outer_jump, f"{head}:", f"  {scope.position} = phi i64 [{start}, %{entry}], [{following}, %{scope.block}]"]
        lines += [f"  {c.name} = phi {c.kind} [{c.start}, %{entry}], [{n}, %{scope.block}]" for c, n in zip(carried, new, strict=True)]
        lines += scope.code.lines
        outer.start(done)
        if certain:
            return new
        pairs = zip(carried, new, strict=True)
        return [outer.code.let(f"phi {c.kind} [{c.start}, %{entry}], [{n}, %{scope.block}]") for c, n in pairs]

    def _open(self, loop: Loop, stop: str, step: int, head: str, certain: bool) -> Scope:
        scope = Scope(self.scope, Code(self.root.code.names), head)
        scope.index = _index(loop)
        scope.position = f"%v{next(scope.code.names)}"
        scope.extent = None if certain else loop.extent
        scope.stored = stored_buffers(loop.body)
        self.scope = scope
        if step > 1:
            scope.lanes, self.vector = step, scope
            if self.target.masks and stop:
                scope.mask = self._mask(scope.code, scope.code.let(f"sub i64 {stop}, {scope.position}"), step)
        return scope

    @staticmethod
    def _mask(code: Code, left: str, step: int) -> str:
        """The first ``left`` of ``step`` lanes, from the bits of a number: a comparison LLVM would do again in every inner loop."""
        idle = code.let(f"sub i64 64, {code.let(f'call i64 @llvm.umin.i64(i64 {left}, i64 {step})')}")
        bits = code.let(f"lshr i64 -1, {idle}")
        bits = code.let(f"trunc i64 {bits} to i{step}") if step < 64 else bits
        return code.let(f"bitcast i{step} {bits} to <{step} x i1>")

    def _close(self, scope: Scope) -> None:
        assert scope.parent is not None
        scope.open, self.scope = False, scope.parent
        if self.vector is scope:
            self.vector = None

    # ------------------------------------------------------------------------------------------ accumulators

    def _registers(self, accumulators: Iterable[Accumulator], lanes: int) -> Iterator[_Carried]:
        for accumulator in accumulators:
            dtypes = [v.dtype for v in accumulator.values]
            if accumulator.starts:
                for start in accumulator.starts:
                    text = self.operand(start).spread(lanes)
                    yield _Carried(register(start.dtype, lanes), text, f"%v{next(self.root.code.names)}")
                continue
            for number, dtype in zip(identities(accumulator.combine, dtypes), dtypes, strict=True):
                yield _Carried(register(dtype, lanes), constant(number, dtype, lanes), f"%v{next(self.root.code.names)}")

    def _combine(self, loop: Loop, old: Sequence[str], lanes: int) -> list[str]:
        """The carried values after one more round of the loop."""
        new: list[str] = []
        index = _index(loop)
        for accumulator in loop.accumulators:
            values = [self.operand(v) for v in accumulator.values]
            dtypes, texts = [v.dtype for v in values], [v.spread(lanes) for v in values]
            before = old[len(new) : len(new) + len(values)]
            rising = accumulator.values[-1] is index
            new += combined(self.on(self.scope, lanes), accumulator.combine, dtypes, before, texts, rising)
        return new

    def _memory(self, accumulators: Sequence[Accumulator], values: Sequence[str] | None = None) -> list[str]:
        """The lanes of each carried value on the stack, as they start or as they are now."""
        dtypes = [v.dtype for accumulator in accumulators for v in accumulator.values]
        slots = [self.slot(storage(dtype, LANES)) for dtype in dtypes]
        texts = values or [c.start for c in self._registers(accumulators, LANES)]
        for dtype, slot, text in zip(dtypes, slots, texts, strict=True):
            self._keep(dtype, LANES, text, slot)
        return slots

    def _recalled(self, accumulators: Sequence[Accumulator], slots: Sequence[str]) -> list[str]:
        dtypes = [v.dtype for accumulator in accumulators for v in accumulator.values]
        return [self._fetch(t, LANES, slot) for t, slot in zip(dtypes, slots, strict=True)]

    def _fetch(self, dtype: str, lanes: int, place: str) -> str:
        code, kind = self.scope.code, storage(dtype, lanes)
        text = code.let(f"load {kind}, ptr {place}, align {lanes * ITEMSIZE[dtype]}")
        return code.let(f"icmp ne {kind} {text}, {constant(0, 'uint8', lanes)}") if dtype == "bool" else text

    def _keep(self, dtype: str, lanes: int, text: str, place: str) -> None:
        code, kind = self.scope.code, storage(dtype, lanes)
        kept = code.let(f"zext {register(dtype, lanes)} {text} to {kind}") if dtype == "bool" else text
        code.do(f"store {kind} {kept}, ptr {place}, align {lanes * ITEMSIZE[dtype]}")

    def _in_memory(
        self, loop: Loop, start: str, stop: str, step: int, certain: bool, slots: Sequence[str], whole: bool = False, part: bool = False
    ) -> None:
        """Iterations ``step`` at a time, in the lanes that are their own: iteration modulo LANES."""
        dtypes = [v.dtype for accumulator in loop.accumulators for v in accumulator.values]

        def update() -> list[str]:
            if not slots:
                return []
            code = self.scope.code
            lane = code.let(f"and i64 {self.scope.position}, {LANES - 1}")
            places = [code.let(f"getelementptr {storage(t)}, ptr {slot}, i64 {lane}") for t, slot in zip(dtypes, slots, strict=True)]
            old = [self._fetch(t, step, place) for t, place in zip(dtypes, places, strict=True)]
            new = self._unless_masked([register(t, step) for t in dtypes], self._combine(loop, old, step), old)
            for t, place, text in zip(dtypes, places, new, strict=True):
                self._keep(t, step, text, place)
            return []

        self.counted(loop, start, stop, step, certain, [], update, whole=whole, part=part)


# ---------------------------------------------------------------------------------------------- what a loop is like


def _results(loop: Loop, texts: Sequence[str]) -> list[tuple[int, int, str, str]]:
    """Key, position, dtype and text of what the loop's accumulators became."""
    rest = iter(texts)
    return [(a.key, position, v.dtype, next(rest)) for a in loop.accumulators for position, v in enumerate(a.values)]


LONG = 12
"""Instructions in the body of a reduction beyond which LANES of each of its values do not fit the registers."""

DEEP = ((1, 40), (2, 160))
"""Instructions beyond which the next round of a loop is too far ahead for the processor to start on it, so that more registers
of each value, side by side, gain 10 to 40 %.  Needs the 32 registers that come with masks."""


def _computed(loop: Loop, detours: Container[Value]) -> Iterator[Value]:
    """The values stored or accumulated, and all below them but for offsets and what only detours need."""
    pending = [v for a in loop.accumulators for v in (*a.values, *(a.combine.results if isinstance(a.combine, Fold) else ()))]
    for statement in loop.body:
        if isinstance(statement, Loop):
            yield from _computed(statement, detours)
        elif isinstance(statement, Store):
            pending.append(statement.value)
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if id(value) not in seen and value.op != "const":
            seen.add(id(value))
            yield value
            if value.op != "load":
                pending.extend((value.args[0], value.args[2]) if value in detours else value.args)


PICKED = 16
"""Lanes of a loop that picks elements of 8 or 16 bits here and there, or the parts of complex numbers: no machine gathers the ones, so each
costs its own instructions, and the many values that become of the others do not fit the registers."""


def _picks(loop: Loop, computed: Iterable[Value]) -> bool:
    index = _index(loop)
    for load in (v for v in computed if v.op == "load"):
        coefficient = split(load.args[0], index)[0]
        if is_constant(coefficient, 2) or (ITEMSIZE[load.dtype] < 4 and not any(is_constant(coefficient, c) for c in (0, 1))):
            return True
    return False


def repeated_bytes(loop: Loop) -> dict[Store, int]:
    """The stores of a loop that does nothing but put constants side by side whose bytes are all the same, and that byte."""
    found: dict[Store, int] = {}
    for store in loop.body:
        if not isinstance(store, Store) or store.combine is not None or store.value.op != "const":
            return {}
        content = set(np.array(store.value.data, store.value.dtype).tobytes())
        if len(content) > 1 or not is_constant(split(store.offset, _index(loop))[0], 1):
            return {}
        found[store] = content.pop()
    return {} if loop.accumulators else found


def _index(loop: Loop) -> Value:
    return loop.extent.trace.leaf("index", "int64", loop.index)


def _runs_in_lanes(loop: Loop) -> bool:
    """Not if lanes could disturb each other, or if the lowest failing iteration would be hard to tell."""
    index = _index(loop)
    checks = [statement for statement in loop.body if isinstance(statement, Check)]
    return len(checks) <= 1 and _independent(loop.body, index)


def _independent(body: Iterable[Statement], index: Value) -> bool:
    for statement in body:
        if isinstance(statement, Loop):
            inside = any(isinstance(inner, Check) for inner in statement.body)
            if inside or not is_constant(split(statement.extent, index)[0], 0) or not _independent(statement.body, index):
                return False
        elif isinstance(statement, Store) and statement.combine is not None:
            coefficient = split(statement.offset, index)[0]
            if coefficient is None or coefficient.op != "const" or coefficient.data == 0:
                return False
    return True
