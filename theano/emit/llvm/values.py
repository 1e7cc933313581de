"""Printing of values and of access to memory, inside the scopes of one kernel."""

from __future__ import annotations

from collections.abc import Hashable
from typing import cast

from theano.emit.llvm.instructions import Code, Instructions
from theano.emit.llvm.rare import Detour
from theano.emit.llvm.scopes import NOTHING, Operand, Scope, counting, splat
from theano.emit.llvm.target import Target
from theano.emit.llvm.text import literal, register, storage, suffix
from theano.loops.affine import is_constant, split
from theano.scalar.instructions import ITEMSIZE, Value


class Values:
    """The values printed so far, and the means to print more.  ``scope`` is where statements go now; ``vector`` is
    the open vector loop, if any."""

    def __init__(self, target: Target, dtypes: tuple[str, ...], written: frozenset[int]) -> None:
        self.target, self.dtypes, self.written = target, dtypes, written
        self.root = self.scope = Scope(None, Code(), "entry")
        self.vector: Scope | None = None
        self.slots: list[str] = []  # memory on the stack
        self.known: dict[Hashable, Operand] = {}
        self._unstable: dict[int, list[Hashable]] = {}
        self._scratch: str | None = None
        self._splits: dict[tuple[int, int], tuple[Value | None, Value]] = {}
        self.detours: dict[Value, Detour] = {}
        self.blocks = 0

    def label(self) -> str:
        self.blocks += 1
        return f"L{self.blocks}"

    # ------------------------------------------------------------------------------------------ values

    def operand(self, root: Value) -> Operand:
        """Print ``root`` and what it needs, unless that has been done; iterative."""
        pending = [root]
        while pending:
            value = pending[-1]
            if self.find(value) is not None:
                pending.pop()
                continue
            missing = [need for need in self._needs(value) if self.find(need) is None]
            if missing:
                pending.extend(missing)
            elif value in self.detours:
                self._detour(self.detours[value])
                pending.pop()
            else:
                self.remember(self._key(value), self._print(value))
                pending.pop()
        return self.known[self._key(root)]

    def find(self, value: Value) -> Operand | None:
        """What was printed for it, if that may be used here."""
        return self._valid(self.known.get(("acc", value.data) if value.op == "acc" else id(value)))

    def _valid(self, found: Operand | None) -> Operand | None:
        if found is None or not found.scope.open:
            return None
        return found if not found.nonempty or found.nonempty <= self._running() else None

    def remember(self, key: Hashable, operand: Operand) -> Operand:
        self.known[key] = operand
        for buffer in operand.unstable:
            self._unstable.setdefault(buffer, []).append(key)
        return operand

    def forget(self, buffer: int) -> None:
        """The buffer changes: what was loaded from it is loaded again."""
        for key in self._unstable.pop(buffer, ()):
            self.known.pop(key, None)

    @staticmethod
    def _key(value: Value) -> Hashable:
        return ("acc", value.data) if value.op == "acc" else id(value)

    def _running(self) -> set[int]:
        """The extents known to be positive here: those of the open loops."""
        running, scope = set(), self.scope
        while scope.parent is not None:
            running.add(id(scope.extent))
            scope = scope.parent
        return running

    def _needs(self, value: Value) -> tuple[Value, ...]:
        if value.op == "load":
            coefficient, rest = self.split(value.args[0])
            return (rest,) if is_constant(coefficient, 1) else value.args
        return self.detours[value].needs if value in self.detours else value.args

    def split(self, offset: Value) -> tuple[Value | None, Value]:
        """The offset as a multiple of the vector loop's index and a rest."""
        if self.vector is None:
            return offset.trace.const(0, "int64"), offset
        index = cast(Value, self.vector.index)
        key = (id(offset), id(index))
        if key not in self._splits:
            self._splits[key] = split(offset, index)
        return self._splits[key]

    def on(self, scope: Scope, lanes: int) -> Instructions:
        return Instructions(scope.code, lanes, self.target.has_fma)

    def _print(self, value: Value) -> Operand:
        if value.op == "const":
            return Operand(literal(value.data, value.dtype), value.dtype, 1, self.root, constant=value)
        if value.op == "size":
            return Operand(f"%n{value.data}", "int64", 1, self.root)
        if value.op == "scalar":
            text = f"%s{value.data}"
            return Operand(self.root.code.let(f"icmp ne i8 {text}, 0") if value.dtype == "bool" else text, value.dtype, 1, self.root)
        if value.op == "index":
            return self._index(value)
        if value.op == "load":
            return self._load(value)
        args = [self.known[self._key(a)] for a in value.args]
        lanes, scope = 1, self.root
        for a in args:
            lanes = max(lanes, a.lanes)
            scope = a.scope if a.scope.depth > scope.depth else scope
        on = self.on(scope, lanes)
        texts = [a.spread(lanes) for a in args]
        last = value.args[-1]
        short = on.by_constant(value.op, value.dtype, texts[0], last.data) if last.op == "const" else None
        text = short or on.emit(value.op, value.dtype, texts, [a.dtype for a in args])
        return Operand(text, value.dtype, lanes, scope, None, *_conditions(args))

    def _detour(self, detour: Detour) -> None:
        """Print the choices; what they need is there.  The new block belongs to the deepest scope of all this."""
        before = [self.known[self._key(need)] for need in detour.needs]
        scope, condition = max((b.scope for b in before), key=lambda s: s.depth), self.known[self._key(detour.condition)]
        lanes = max(b.lanes for b in before)
        for operand in before:
            if operand.scope is scope:
                operand.spread(lanes)  # not in the new block: others may ask for it
        code, straight, aside, together = scope.code, scope.block, self.label(), self.label()
        code.do(f"br i1 {_any(code, condition)}, label %{aside}, label %{together}")
        scope.start(aside)
        results = []
        for choice in detour.choices:
            chosen, usual = self.operand(choice.args[1]), self.known[self._key(choice.args[2])]
            blended = self.on(scope, lanes).select(condition.spread(lanes), chosen.spread(lanes), usual.spread(lanes), choice.dtype)
            results.append((choice, chosen, usual, blended))
        code.do(f"br label %{together}")
        block = scope.block
        scope.start(together)
        for choice, chosen, usual, blended in results:
            text = code.let(f"phi {register(choice.dtype, lanes)} [{usual.spread(lanes)}, %{straight}], [{blended}, %{block}]")
            self.remember(self._key(choice), Operand(text, choice.dtype, lanes, scope, None, *_conditions([condition, chosen, usual])))
        for value in detour.inside:
            self.known.pop(self._key(value), None)

    def _index(self, value: Value) -> Operand:
        scope = self.scope
        while scope.index is not value:
            scope = cast(Scope, scope.parent)
        if scope.lanes == 1:
            return Operand(scope.position, "int64", 1, scope)
        first = splat(scope.code, scope.position, "i64", scope.lanes)
        return Operand(scope.code.let(f"add <{scope.lanes} x i64> {first}, {counting('i64', scope.lanes)}"), "int64", scope.lanes, scope)

    # ------------------------------------------------------------------------------------------ loads

    def _load(self, value: Value) -> Operand:
        buffer, offset = cast(int, value.data), value.args[0]
        coefficient, rest = self.split(offset)
        if is_constant(coefficient, 1):
            base = self.known[self._key(rest)]
            if base.lanes == 1:
                return self._load_run(buffer, rest, base)
        where = self.operand(offset)
        return self._load_one(buffer, where) if where.lanes == 1 else self._gather(buffer, where)

    def _load_one(self, buffer: int, where: Operand) -> Operand:
        """The same element in all lanes: as far out as it goes."""
        scope, crossed = self._hoisted(where.scope, buffer)
        kind = storage(self.dtypes[buffer])
        pointer = scope.code.let(f"getelementptr {kind}, ptr %b{buffer}, i64 {where.text}")
        text = self._from_memory(scope, f"load {kind}, ptr {self._safe(pointer, scope, crossed)}", buffer, 1)
        return self._loaded(text, buffer, 1, scope, where, crossed)

    def _load_run(self, buffer: int, rest: Value, base: Operand) -> Operand:
        """Elements side by side."""
        vector = cast(Scope, self.vector)
        floor = base.scope if base.scope.depth > vector.depth else vector
        scope, crossed = self._hoisted(floor, buffer)
        pointer = self._safe(self.run_pointer(buffer, rest, base), scope, crossed)
        kind, size = storage(self.dtypes[buffer], vector.lanes), ITEMSIZE[self.dtypes[buffer]]
        if vector.mask is None:
            access = f"load {kind}, ptr {pointer}, align {size}"
        else:
            name = f"@llvm.masked.load.{self._memory_suffix(buffer, vector.lanes)}.p0"
            access = f"call {kind} {name}(ptr {pointer}, i32 {size}, <{vector.lanes} x i1> {vector.mask}, {kind} zeroinitializer)"
        return self._loaded(self._from_memory(scope, access, buffer, vector.lanes), buffer, vector.lanes, scope, base, crossed)

    def _gather(self, buffer: int, where: Operand) -> Operand:
        """Elements anywhere; never moved out of a loop that may not run."""
        vector = cast(Scope, self.vector)
        scope, _ = self._hoisted(where.scope, buffer, certain=True)
        lanes, kind = vector.lanes, storage(self.dtypes[buffer], vector.lanes)
        size, mask, places = ITEMSIZE[self.dtypes[buffer]], vector.mask or "splat (i1 true)", where.text
        if size < 4 and vector.mask is not None:  # there is no such instruction, and elements one by one need no mask: all read the first
            places = scope.code.let(f"select <{lanes} x i1> {mask}, <{lanes} x i64> {places}, <{lanes} x i64> zeroinitializer")
            mask = "splat (i1 true)"
        pointers = scope.code.let(f"getelementptr {storage(self.dtypes[buffer])}, ptr %b{buffer}, <{lanes} x i64> {places}")
        name = f"@llvm.masked.gather.{self._memory_suffix(buffer, lanes)}.v{lanes}p0"
        access = f"call {kind} {name}(<{lanes} x ptr> {pointers}, i32 {size}, <{lanes} x i1> {mask}, {kind} zeroinitializer)"
        return self._loaded(self._from_memory(scope, access, buffer, lanes), buffer, lanes, scope, where, [])

    def _loaded(self, text: str, buffer: int, lanes: int, scope: Scope, where: Operand, crossed: list[Value]) -> Operand:
        nonempty = where.nonempty.union(map(id, crossed)) if crossed else where.nonempty
        unstable = where.unstable | {buffer} if buffer in self.written else where.unstable
        return Operand(text, self.dtypes[buffer], lanes, scope, None, nonempty, unstable)

    def _from_memory(self, scope: Scope, access: str, buffer: int, lanes: int) -> str:
        text = scope.code.let(access)
        return scope.code.let(f"icmp ne {storage('bool', lanes)} {text}, zeroinitializer") if self.dtypes[buffer] == "bool" else text

    def _hoisted(self, floor: Scope, buffer: int, certain: bool = False) -> tuple[Scope, list[Value]]:
        """The outermost scope, not outside ``floor``, where a load may stand, and the extents that must be positive for it to
        be what the inner loops mean."""
        scope, crossed, lowest = self.scope, [], 0
        while scope.depth > floor.depth and not scope.checked and buffer not in scope.stored:
            if scope.extent is not None:
                lowest = max(lowest, self.operand(scope.extent).scope.depth)
                if certain:
                    break
            if lowest >= scope.depth:
                break
            if scope.extent is not None:
                crossed.append(scope.extent)
            scope = cast(Scope, scope.parent)
        return scope, crossed

    def _safe(self, pointer: str, scope: Scope, crossed: list[Value]) -> str:
        """The pointer, or that of a few zeros where a loop between does not run."""
        for extent in crossed:
            runs = scope.code.let(f"icmp sgt i64 {self.operand(extent).text}, 0")
            pointer = scope.code.let(f"select i1 {runs}, ptr {pointer}, ptr {self._zeros()}")
        return pointer

    def _zeros(self) -> str:
        if self._scratch is None:
            self._scratch = self.slot("<64 x i64>")
            self.slots.append(f"  store <64 x i64> zeroinitializer, ptr {self._scratch}, align 8")
        return self._scratch

    def slot(self, kind: str) -> str:
        """Memory for one value on the stack."""
        name = f"%slot{len(self.slots)}"
        self.slots.append(f"  {name} = alloca {kind}, align 64")
        return name

    # ------------------------------------------------------------------------------------------ addresses and stores

    def run_pointer(self, buffer: int, rest: Value, base: Operand) -> str:
        """Where the first lane's element is."""
        vector = cast(Scope, self.vector)
        kind = storage(self.dtypes[buffer])
        start = self._row(buffer, rest, base, kind)
        scope = base.scope if base.scope.depth > vector.depth else vector
        key = ("run", buffer, id(rest), id(vector))
        found = self._valid(self.known.get(key))
        if found is None:
            text = scope.code.let(f"getelementptr {kind}, ptr {start}, i64 {vector.position}")
            found = self.remember(key, Operand(text, "pointer", 1, scope, None, base.nonempty, base.unstable))
        return found.text

    def _row(self, buffer: int, rest: Value, base: Operand, kind: str) -> str:
        if is_constant(rest, 0):
            return f"%b{buffer}"
        key = ("row", buffer, id(rest))
        found = self._valid(self.known.get(key))
        if found is None:
            text = base.scope.code.let(f"getelementptr {kind}, ptr %b{buffer}, i64 {base.text}")
            found = self.remember(key, Operand(text, "pointer", 1, base.scope, None, base.nonempty, base.unstable))
        return found.text

    def store(self, buffer: int, offset: Value, value: Operand) -> None:
        """Put ``value`` (printed before) at ``offset``."""
        coefficient, rest = self.split(offset)
        where = self.operand(rest if is_constant(coefficient, 1) else offset)
        run = is_constant(coefficient, 1) and where.lanes == 1
        if is_constant(coefficient, 1) and not run:
            where = self.operand(offset)
        lanes = max(where.lanes, value.lanes, cast(Scope, self.vector).lanes if run else 1)
        text, code, kind = value.spread(lanes), self.scope.code, storage(self.dtypes[buffer], lanes)
        if value.dtype == "bool":
            text = code.let(f"zext {register('bool', lanes)} {text} to {kind}")
        size, element = ITEMSIZE[self.dtypes[buffer]], storage(self.dtypes[buffer])
        mask = self.vector.mask if self.vector else None
        if run:
            pointer = self.run_pointer(buffer, rest, where)
            if mask is None:
                code.do(f"store {kind} {text}, ptr {pointer}, align {size}")
            else:
                name = f"@llvm.masked.store.{self._memory_suffix(buffer, lanes)}.p0"
                code.do(f"call void {name}({kind} {text}, ptr {pointer}, i32 {size}, <{lanes} x i1> {mask})")
        elif lanes == 1:
            pointer = code.let(f"getelementptr {element}, ptr %b{buffer}, i64 {where.text}")
            code.do(f"store {kind} {text}, ptr {pointer}")
        else:
            pointers = code.let(f"getelementptr {element}, ptr %b{buffer}, <{lanes} x i64> {where.spread(lanes)}")
            name = f"@llvm.masked.scatter.{self._memory_suffix(buffer, lanes)}.v{lanes}p0"
            code.do(f"call void {name}({kind} {text}, <{lanes} x ptr> {pointers}, i32 {size}, <{lanes} x i1> {mask or 'splat (i1 true)'})")

    def _memory_suffix(self, buffer: int, lanes: int) -> str:
        return f"v{lanes}i8" if self.dtypes[buffer] == "bool" else suffix(self.dtypes[buffer], lanes)


def _any(code: Code, condition: Operand) -> str:
    """Whether it holds in any lane."""
    if condition.lanes == 1:
        return condition.text
    bits = code.let(f"bitcast <{condition.lanes} x i1> {condition.text} to i{condition.lanes}")
    return code.let(f"icmp ne i{condition.lanes} {bits}, 0")


def _conditions(args: list[Operand]) -> tuple[frozenset[int], frozenset[int]]:
    """What a value owes to its arguments."""
    nonempty = unstable = NOTHING
    for a in args:
        nonempty |= a.nonempty
        unstable |= a.unstable
    return nonempty, unstable
