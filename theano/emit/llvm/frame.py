"""The frame of a program and the code of its regions; see :mod:`theano.emit.llvm.program` for the whole.

Every extent and pointer has a slot in the frame, filled once and read by whichever function needs it; a name of
the present function is used while it is valid.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from theano.emit.llvm.instructions import Instructions
from theano.emit.llvm.objects import Abi, form, kept_array, lease, new_array, release_all, reused_array, unlease
from theano.emit.llvm.parallel import packed_words
from theano.emit.llvm.sharing import HEAD, STEPS, Sharing
from theano.emit.llvm.status import GUARD, MEMORY
from theano.emit.llvm.target import Target
from theano.emit.llvm.text import literal, register, storage
from theano.emit.llvm.writer import Module, Writer
from theano.loops.ir import (
    AtMost,
    Buffer,
    Frame,
    Guard,
    IfRegion,
    KernelStep,
    LibraryStep,
    LoopRegion,
    Program,
    PythonStep,
    Step,
    frames,
    walk_steps,
)
from theano.scalar.instructions import Value

PART_LINES = 400
"""A function is closed when it has so many lines: a few tens of steps.  LLVM's time grows faster than a function's length."""
MANY_STEPS = 40
"""With more steps than this the code between kernels is not optimised: that takes LLVM up to half of the time, and a call no longer."""
SMALL_ARENA = 2048
"""Scratch of so many bytes is part of the frame."""
LARGEST = 47
"""No array has 2**47 bytes; scratch of such extents is refused before they are multiplied further."""
OWNED = ("output", "update", "object")


# ----------------------------------------------------------------------------------------- reading programs


def step_buffers(step: Step) -> tuple[Buffer, ...]:
    """The buffers that a step itself names."""
    if isinstance(step, PythonStep):
        return (*step.arguments, *step.results)
    if isinstance(step, LoopRegion):
        return (*(b for pair in step.carried for b in pair), *(b for b in (step.counter, step.stop, step.done) if b is not None))
    return (step.condition,) if isinstance(step, IfRegion) else step.buffers


def written_buffers(step: Step) -> Iterator[Buffer]:
    """Those whose elements a step changes."""
    if isinstance(step, KernelStep):
        yield from (b for b, parameter in zip(step.buffers, step.kernel.buffers) if parameter.written)
    elif isinstance(step, LibraryStep):
        yield step.buffers[0]
    elif isinstance(step, PythonStep):
        yield from step.results
    elif isinstance(step, LoopRegion):
        yield from step_buffers(step)


# ----------------------------------------------------------------------------------------- what is written to


@dataclass(slots=True)
class Layout:
    """Byte offsets in the frame.  The first two slots receive a failure's payload, the next belong to :mod:`theano.emit.llvm.sharing`.

    From ``owned`` on stand ``owned_count`` references and then ``leases`` blocks of scratch, all to be released."""

    bytes: int = HEAD
    owned: int = 0
    owned_count: int = 0
    leases: int = 0
    results: int = 0  # slot of the list of results, also owned
    cells: list[int] = field(default_factory=list)  # for each lease, the table offset of its cell
    objects: dict[int, int] = field(default_factory=dict)  # buffer number -> slot of its array
    data: dict[int, int] = field(default_factory=dict)  # buffer number -> slot of its pointer

    def take(self, count: int = 1) -> int:
        start, self.bytes = self.bytes, self.bytes + 8 * count
        return start

    def take_aligned(self, size: int) -> int:
        self.bytes = -(-self.bytes // 64) * 64
        return self.take(-(-size // 8))


Emitter = Callable[["ProgramText", "Part", Any, int], None]
"""Writes the code of one step into a part; the last argument is the step's number."""


class Shared:
    """What the programs of one module have in common: the module, equal kernels, numbering, options."""

    def __init__(self, target: Target, abi: Abi, profile: bool, emitters: Mapping[type[Step], Emitter], listed: bool) -> None:
        """``listed``: the call's answer is a list."""
        self.module, self.listed = Module(), listed
        self.target, self.abi, self.profile, self.emitters = target, abi, profile, emitters
        self.kernels: dict[Hashable, str] = {}
        self.constants: list[Any] = []
        self.guards: list[Guard] = []
        self.steps: list[Step] = []
        self.python_steps: list[PythonStep] = []
        self.attributes = ""  # of the functions between kernels
        self._cells = 0
        self._streams = 0
        self.sharing: Sharing  # of the program that is the whole call

    def cell(self) -> int:
        """Table offset of a new cell for an idle block of scratch."""
        self._cells += 1
        return self.module.slot("cell", self._cells - 1)

    def stem(self) -> str:
        self._streams += 1
        return f"part{self._streams - 1}"


class Part(Writer):
    """A function of a stream; ``names_of`` are the values it has at hand, ``extents_of`` the places of arrays' extents."""

    def __init__(self, name: str, attributes: str) -> None:
        super().__init__(f"define internal i64 @{name}(ptr %f, ptr %t){attributes}")
        self.names_of: dict[Value, str] = {}
        self.extents_of: dict[int, str] = {}
        self._made: dict[Value, int] = {}  # the line after which a value is there
        self._kept: dict[int, list[str]] = {}

    def made(self, value: Value, name: str) -> None:
        self.names_of[value] = name
        self._made[value] = len(self.lines)

    def keep(self, value: Value, slot: int) -> None:
        """Store a value that was made here in the frame, as another part turns out to need it."""
        place, kind = f"%kept{slot}", register(value.dtype)
        lines = [f"  {place} = getelementptr i8, ptr %f, i64 {slot}", f"  store {kind} {self.names_of[value]}, ptr {place}"]
        self._kept.setdefault(self._made[value], []).extend(lines)

    def text(self) -> str:
        written = self.lines
        self.lines = [line for k in range(len(written) + 1) for line in (*self._kept.get(k, ()), *written[k : k + 1])]
        self._kept = {}
        return super().text()


class Stream:
    """A sequence of code cut into functions of bounded size, ``names``, to be called in order."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._stem = shared, shared.stem()
        self.names: list[str] = []
        self._part: Part | None = None

    def part(self) -> Part:
        """Where the next piece of code goes."""
        if self._part is not None and len(self._part.lines) > PART_LINES:
            self.close()
        if self._part is None:
            name = f"{self._stem}.{len(self.names)}"
            self.names.append(name)
            self._part = Part(name, self._shared.attributes)
        return self._part

    def close(self) -> Stream:
        if self._part is not None:
            self._part.do("ret i64 0")
            self._shared.module.add(self._part)
            self._part = None
        return self

    def call_all(self, w: Writer, frame: str = "%f") -> None:
        for name in self.names:
            w.fail_unless_zero(w.let(f"call i64 @{name}(ptr {frame}, ptr %t)"))


# ----------------------------------------------------------------------------------------- the program


class ProgramText:
    """Writes one program: its layout, then ``stream``, the functions to call in order."""

    def __init__(self, shared: Shared, program: Program) -> None:
        self.shared, self.module, self.abi, self.program = shared, shared.module, shared.abi, program
        self.layout = Layout()
        self.slots: dict[Value, int] = {}  # where a value is kept
        self.computed: set[Value] = set()  # values that are known at this point
        self.makers: dict[Value, list[Part]] = {}  # where they were computed
        self.first_constant = len(shared.constants)
        shared.constants += program.constant_arrays
        steps = list(walk_steps(program.frame))
        self.buffers = {b.number: b for b in self._all_buffers(steps)}
        self.made_by_python = {b.number for s in steps if isinstance(s, PythonStep) for b in s.results}
        self.written = {b.number for s in steps for b in written_buffers(s)}
        self.as_objects = {b.number for s in steps if isinstance(s, PythonStep) for b in s.arguments}
        self.as_objects |= {b.number for b in program.outputs} | {b.number for _, b in program.commits}
        for pair in (pair for s in steps if isinstance(s, LoopRegion) for pair in s.carried):
            if any(b.number in self.as_objects for b in pair):  # what changes places is of one kind
                self.as_objects.update(b.number for b in pair)
        self._lay_out(steps)
        self.at_end = False  # a shared variable's value has been written over: from here on nobody else runs
        held = self.layout.take(len(program.shared))
        shared.sharing = Sharing(self.module, self.abi, len(program.shared), self.updated, held)
        self.loops = any(isinstance(s, LoopRegion) for s in steps)
        if len(steps) > MANY_STEPS:
            shared.attributes = " noinline optnone"
        self.stream = Stream(shared)
        self.frame(program.frame, self.stream)
        self.stream.close()

    def _all_buffers(self, steps: Iterable[Step]) -> Iterator[Buffer]:
        p = self.program
        yield from (*p.inputs, *p.shared, *p.constants, *p.outputs, *(b for _, b in p.commits))
        yield from (b for frame in frames(p.frame) for b in frame.buffers)
        yield from (b for step in steps for b in step_buffers(step))

    def _lay_out(self, steps: list[Step]) -> None:
        layout = self.layout
        owned = [b for b in self.buffers.values() if b.storage in OWNED or (b.storage == "arena" and b.number in self.as_objects)]
        layout.owned_count = len(owned) + self.shared.listed
        layout.leases = sum(frame.arena is not None for frame in frames(self.program.frame))
        layout.owned = layout.take(layout.owned_count + layout.leases)
        layout.results = layout.owned + 8 * len(owned)
        for position, buffer in enumerate(owned):
            layout.objects[buffer.number] = layout.owned + 8 * position
        for buffer in self.buffers.values():
            if buffer.storage != "arena" and buffer.number not in layout.objects:
                layout.objects[buffer.number] = layout.take()
            layout.data[buffer.number] = layout.take()
        self.extents = layout.take(1 + max((len(b.shape) for b in self.buffers.values()), default=0))
        self.arguments = layout.take(max(map(_words, steps), default=0))

    @property
    def updated(self) -> list[int]:
        """Positions of the shared variables that get their next value."""
        committed = {position for position, _ in self.program.commits}
        return [k for k, b in enumerate(self.program.shared) if k in committed or b.number in self.written]

    # ------------------------------------------------------------------ values

    def size(self, w: Part, value: Value) -> str:
        """An extent (or a bool of one) in the present function; computed once, and kept in the frame if another needs it."""
        stack = [value]
        while stack:
            top = stack[-1]
            missing = [] if top in self.computed else [a for a in top.args if a.op != "const" and a not in w.names_of]
            if top.op == "const" or top in w.names_of:
                stack.pop()
            elif missing:
                stack.extend(missing)
            else:
                self._value(w, stack.pop())
        return self._name(w, value)

    def _name(self, w: Part, value: Value) -> str:
        return literal(value.data, value.dtype) if value.op == "const" else w.names_of[value]

    def _value(self, w: Part, value: Value) -> None:
        if value in self.computed:
            w.names_of[value] = w.load(register(value.dtype), "%f", self._slot_of(value))
            return
        if value.op == "size":
            result = self._leaf(w, value.data)
        else:
            printer, names, last = Instructions(w, 1, self.shared.target.has_fma), [self._name(w, a) for a in value.args], value.args[-1]
            short = printer.by_constant(value.op, value.dtype, names[0], last.data) if last.op == "const" else None
            result = short or printer.emit(value.op, value.dtype, names, [a.dtype for a in value.args])
        w.made(value, result)
        self.computed.add(value)
        self.makers.setdefault(value, []).append(w)
        if value in self.slots:
            w.keep(value, self.slots[value])

    def _slot_of(self, value: Value) -> int:
        """Where all that make it keep it."""
        if value not in self.slots:
            self.slots[value] = self.layout.take()
            for part in self.makers[value]:
                part.keep(value, self.slots[value])
        return self.slots[value]

    def _leaf(self, w: Part, key: tuple[Any, ...]) -> str:
        if key[0] == "value":
            return self.element(w, self.buffers[key[1]], "int64")
        source = self._source(key)
        extents = w.extents_of.get(source.number)
        if extents is None:
            extents = w.load("ptr", w.load("ptr", "%f", self.layout.objects[source.number]), self.abi.extents)
            if key[0] in ("input", "shared"):  # the others may change
                w.extents_of[source.number] = extents
        return w.load("i64", extents, 8 * key[2])

    def _source(self, key: tuple[Any, ...]) -> Buffer:
        """The buffer that a size leaf is about."""
        if key[0] == "input":
            return self.program.inputs[int(key[1])]
        return self.program.shared[int(key[1])] if key[0] == "shared" else self.buffers[int(key[1])]

    def element(self, w: Part, buffer: Buffer, dtype: str) -> str:
        """The number in a 0-d buffer."""
        number = w.load(storage(buffer.dtype), self.pointer(w, buffer))
        if buffer.dtype == "bool":
            number = w.let(f"icmp ne i8 {number}, 0")
        return Instructions(w, 1, self.shared.target.has_fma).cast(number, buffer.dtype, dtype)

    def pointer(self, w: Writer, buffer: Buffer) -> str:
        return w.load("ptr", "%f", self.layout.data[buffer.number])

    # ------------------------------------------------------------------ frames

    def frame(self, frame: Frame, stream: Stream, repeated: bool = False) -> None:
        """Guards, scratch, arrays, steps, and the end of the lease."""
        for guard in frame.guards:
            self._guard(stream.part(), guard)
        held = self._scratch(frame, stream)
        self._arrays(frame, stream, repeated)
        self._steps(frame, stream, repeated)
        if held is not None:
            self.give_back(stream.part(), held)

    def loop_body(self, frame: Frame, once: Stream, stream: Stream, varies: Callable[[Value], bool], moving: set[int]) -> int | None:
        """The same, with all that no iteration changes in ``once``; the lease to be given back after the loop, if there is one.

        Scratch whose pointers move between iterations (``moving``) must be laid once."""
        for guard in frame.guards:
            self._guard((stream if varies(guard.left) or varies(guard.right) else once).part(), guard)
        arenas = [b for b in frame.buffers if b.storage == "arena"]
        extents = [e for b in arenas for e in (b.offset, *b.shape)] + [frame.arena]
        fixed = not any(varies(e) for e in extents if e is not None)
        assert fixed or not moving & {b.number for b in arenas}, "a carried buffer's place must not depend on the iteration"
        held = self._scratch(frame, once if fixed else stream)
        for value in _step_values(frame):
            if not varies(value):
                self.size(once.part(), value)
        self._arrays(frame, stream, repeated=True)
        self._steps(frame, stream, repeated=True)
        if held is not None and not fixed:
            self.give_back(stream.part(), held)
        return held if fixed else None

    def _arrays(self, frame: Frame, stream: Stream, repeated: bool) -> None:
        for buffer in frame.buffers:
            if buffer.storage in OWNED and buffer.number not in self.made_by_python:
                self._array(stream.part(), buffer, repeated)

    def _guard(self, w: Part, guard: Guard) -> None:
        left, right = self.size(w, guard.left), self.size(w, guard.right)
        relation = {"equal": "ne", "at_least": "slt", "nonnegative": "slt"}[guard.relation]
        bad = w.let(f"icmp {relation} i64 {left}, {0 if guard.relation == 'nonnegative' else right}")
        w.store("i64", left, "%f", 0)
        w.store("i64", right, "%f", 8)
        w.fail_if(bad, GUARD + len(self.shared.guards))
        self.shared.guards.append(guard)

    def _scratch(self, frame: Frame, stream: Stream) -> int | None:
        """Lay the frame's arena; the number of its lease, if it has one."""
        if frame.arena is None:
            return None
        arenas = [b for b in frame.buffers if b.storage == "arena"]
        self._check_extents(stream, arenas)
        for buffer in arenas:  # one by one, as each may build on the one before
            assert buffer.offset is not None, "an arena buffer needs an offset"
            self.size(stream.part(), buffer.offset)
        w, need, lease_number = stream.part(), self.size(stream.part(), frame.arena), None
        room = self.layout.take_aligned(int(need) if need.isdigit() and int(need) <= SMALL_ARENA else SMALL_ARENA)
        base = w.at("%f", room)
        if not need.isdigit() or int(need) > SMALL_ARENA:
            lease_number = len(self.layout.cells)
            self.layout.cells.append(self.shared.cell())
            base = self._lease(w, need, base, lease_number, arenas[0])
        slot = self.layout.take()
        w.store("ptr", base, "%f", slot)
        for buffer in arenas:
            if stream.part() is not w:
                w = stream.part()
                base = w.load("ptr", "%f", slot)
            assert buffer.offset is not None
            w.store("ptr", w.at(base, self.size(w, buffer.offset)), "%f", self.layout.data[buffer.number])
        return lease_number

    def _lease(self, w: Part, need: str, room: str, number: int, first: Buffer) -> str:
        """A block from the cell unless the room in the frame is enough."""
        before, ask, done = w.block, w.fresh("lease"), w.fresh("leased")
        cell, held = w.at("%t", self.layout.cells[number]), w.at("%f", self.lease_slot(number))
        w.branch(w.let(f"icmp ule i64 {need}, {SMALL_ARENA}"), done, ask)
        w.label(ask)
        block = w.let(f"call {lease(self.module)}(ptr {cell}, ptr {held}, i64 {need})")
        w.fail_if_null(block, MEMORY + first.number)
        after = w.block
        w.open(done)
        return w.let(f"phi ptr [ {room}, %{before} ], [ {block}, %{after} ]")

    def lease_slot(self, number: int) -> int:
        return self.layout.owned + 8 * (self.layout.owned_count + number)

    def give_back(self, w: Writer, lease_number: int) -> None:
        cell, held = w.at("%t", self.layout.cells[lease_number]), w.at("%f", self.lease_slot(lease_number))
        w.do(f"call {unlease(self.module)}(ptr {cell}, ptr {held})")

    def _check_extents(self, stream: Stream, buffers: list[Buffer]) -> None:
        """The product of every scratch buffer's extents is a size in bytes that can exist; else ``MemoryError``."""
        for shape, buffer in {b.shape: b for b in buffers if _may_overflow(b)}.items():
            w = stream.part()
            product, bad = self.size(w, shape[0]), ""
            for extent in shape[1:]:
                pair = w.let(f"call {{ i64, i1 }} @llvm.smul.with.overflow.i64(i64 {product}, i64 {self.size(w, extent)})")
                product, over = (w.let(f"extractvalue {{ i64, i1 }} {pair}, {k}") for k in (0, 1))
                bad = w.let(f"or i1 {bad}, {over}") if bad else over
            large = w.let(f"icmp uge i64 {product}, {1 << LARGEST}")
            w.fail_if(w.let(f"or i1 {bad}, {large}") if bad else large, MEMORY + buffer.number)

    def _array(self, w: Part, buffer: Buffer, repeated: bool) -> None:
        """Make the array of ``buffer``; a spare or the last iteration's is used again if nobody else holds it."""
        slot, wanted = self.layout.objects[buffer.number], self.wanted(w, buffer)
        if not self.abi.counted:
            if repeated:
                w.do(f"call {self.module.external('Py_DecRef', 'void', 'ptr')}(ptr {w.load('ptr', '%f', slot)})")
                w.store("ptr", "null", "%f", slot)
            array = w.let(f"call {new_array(self.module)}({wanted})")
        elif repeated:
            array = w.let(f"call {reused_array(self.module)}({wanted}, ptr {w.at('%f', slot)})")
        else:
            make = kept_array if buffer.storage == "output" else reused_array
            array = w.let(f"call {make(self.module)}({wanted}, ptr {w.at('%t', self.module.slot('spare', buffer.number))})")
        w.fail_if_null(array, MEMORY + buffer.number)
        self.keep(w, buffer, array)

    def wanted(self, w: Part, buffer: Buffer) -> str:
        """The arguments that say what array to make."""
        for axis, extent in enumerate(buffer.shape):
            w.store("i64", self.size(w, extent), "%f", self.extents + 8 * axis)
        descr = w.load("ptr", "%t", self.module.slot("descr", buffer.dtype))
        kind = form(buffer.dtype, len(buffer.shape), self.extents)
        return f"ptr %f, ptr %t, ptr {descr}, i64 {kind}, ptr {self.shared.sharing.numbers()}"

    def keep(self, w: Writer, buffer: Buffer, array: str) -> None:
        """``array`` is from now on that of ``buffer``."""
        w.store("ptr", array, "%f", self.layout.objects[buffer.number])
        w.store("ptr", w.load("ptr", array, self.abi.data), "%f", self.layout.data[buffer.number])

    # ------------------------------------------------------------------ steps

    def _steps(self, frame: Frame, stream: Stream, repeated: bool) -> None:
        for step in frame.steps:
            if isinstance(step, Frame):
                self.frame(step, stream, repeated)
                continue
            number = len(self.shared.steps)
            self.shared.steps.append(step)
            w = stream.part()
            started = self._clock(w) if self.shared.profile else ""
            self.shared.emitters[type(step)](self, w, step, number)
            self.at_end |= any(b.storage == "shared" for b in written_buffers(step))
            if self.shared.profile:
                self._count(w, number, started)

    def _clock(self, w: Writer) -> str:
        return w.let(f"call {self.module.external('theano_clock', 'i64')}()")

    def _count(self, w: Writer, number: int, started: str) -> None:
        """Add one call and its nanoseconds to the step's two entries of the profile."""
        passed = w.let(f"sub i64 {self._clock(w)}, {started}")
        table = w.load("ptr", "%t", self.module.slot("profile"))
        for position, more in ((0, "1"), (8, passed)):
            entry = w.at(table, 16 * number + position)
            w.store("i64", w.let(f"add i64 {w.load('i64', entry)}, {more}"), entry)

    def region(self, emit: Callable[[Stream], None], varies: Callable[[Value], bool] | None = None) -> Stream:
        """Code that runs under a condition or repeatedly: what it computes is not known after it.

        Inside it, what ``varies`` from one iteration to the next is not known from before."""
        before = self.computed
        self.computed = set(before) if varies is None else {v for v in before if not varies(v)}
        stream = Stream(self.shared)
        emit(stream)
        self.computed = before
        return stream.close()

    # ------------------------------------------------------------------ beginning and end

    def begin(self, w: Writer) -> None:
        """Mark everything to be released as empty."""
        layout = self.layout
        self.shared.sharing.begin(w)
        if self.loops:
            w.store("i64", "0", "%f", STEPS)
        count = layout.owned_count + layout.leases
        if count:
            w.do(f"call void @llvm.memset.p0.i64(ptr {w.at('%f', layout.owned)}, i8 0, i64 {8 * count}, i1 false)")

    def load_constants(self, w: Writer) -> None:
        for position, buffer in enumerate(self.program.constants, self.first_constant):
            w.store("ptr", w.load("ptr", "%t", self.module.slot("constant", position)), "%f", self.layout.objects[buffer.number])
            if buffer.dtype != "object":
                data = w.load("ptr", "%t", self.module.slot("constant data", position))
                w.store("ptr", data, "%f", self.layout.data[buffer.number])

    def release(self, w: Writer) -> None:
        """Drop all references and leases."""
        layout = self.layout
        if layout.owned_count:
            w.do(f"call {release_all(self.module)}(ptr {w.at('%f', layout.owned)}, i64 {layout.owned_count})")
        for number in range(len(layout.cells)):
            self.give_back(w, number)


def _words(step: Step) -> int:
    """How many words of arguments are laid out in the frame for a step."""
    if isinstance(step, KernelStep):
        return packed_words(step.kernel) if step.kernel.parallel else 0
    return 1 + len(step.arguments) if isinstance(step, PythonStep) else 0


def _may_overflow(buffer: Buffer) -> bool:
    """Whether nothing that exists vouches for the number of elements: an array's own extent does."""
    return any(e.op not in ("const", "size") for e in buffer.shape) or sum(e.op == "size" for e in buffer.shape) > 1


def _step_values(frame: Frame) -> Iterator[Value]:
    """The extents that the steps of a frame itself use."""
    for step in frame.steps:
        if isinstance(step, KernelStep):
            yield from step.sizes
        elif isinstance(step, LibraryStep):
            yield from (v for v in step.parameters if v.dtype == "int64")
        elif isinstance(step, LoopRegion):
            yield step.count
        if isinstance(step, (KernelStep, LibraryStep)) and step.when is not None:
            yield step.when.extent


def begin_when(text: ProgramText, w: Part, when: AtMost) -> str:
    """What follows is done only ``when``; until the label that this gives is opened."""
    then, on = w.fresh("then"), w.fresh("on")
    w.branch(w.let(f"icmp {'sgt' if when.opposite else 'sle'} i64 {text.size(w, when.extent)}, {when.limit}"), then, on)
    w.label(then)
    return on


def varying(changing: Callable[[Any], bool]) -> Callable[[Value], bool]:
    """A test whether a value reads a size leaf whose data is ``changing``; each value is looked at once."""
    known: dict[Value, bool] = {}

    def test(value: Value) -> bool:
        stack = [value]
        while stack:
            top = stack[-1]
            missing = [] if top in known else [a for a in top.args if a not in known]
            if top in known:
                stack.pop()
            elif missing:
                stack.extend(missing)
            else:
                known[top] = changing(top.data) if top.op == "size" else any(known[a] for a in top.args)
        return known[value]

    return test
