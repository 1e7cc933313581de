"""The way in and out of a program: ``@entry``, called by Python itself, and ``@direct``, called with arrays known to be right.

``@entry`` has the signature of a vectorcall function.  Its fast path accepts exact NumPy arrays of the dtype, rank and fixed
extents, C-contiguous and aligned, with the dtype's own descriptor (a byte-swapped dtype has another), and for 0-d
arguments Python numbers and NumPy scalars.  Whatever else comes goes, untouched, to the Python callable ``slow`` of the
table, which converts and calls ``@direct``.  So does a call in which storage that is written overlaps another argument.

After a failure ``fail(status, first, second, steps, *arguments)`` is called, which raises; a check's payload is ``first``, and the
arguments are those of the call and the values of the shared variables.  Everything is released.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from theano.emit.llvm.frame import ProgramText
from theano.emit.llvm.objects import ALIGNED, C_CONTIGUOUS, WRITEABLE, declare_counts, item_size, lease, unlease
from theano.emit.llvm.sharing import STEPS
from theano.emit.llvm.status import GUARD, RAISED
from theano.emit.llvm.taking import Row, table
from theano.emit.llvm.text import storage
from theano.emit.llvm.writer import Writer
from theano.graph.locks import OWNER, READERS, WANTED
from theano.loops.ir import Buffer

STACK_FRAME = 3 << 10 if sys.platform == "win32" else 1 << 14
"""A frame of more bytes is leased.  (Windows wants pages of the stack touched in order, by a function of its C library.)"""
IN_LINE = 4
"""Of so many arrays it is looked in line whether they are as they must be."""
TABLED = 16
"""Of more shared variables the values are taken in a loop, which is as fast and much less text (:mod:`theano.emit.llvm.taking`)."""
RARE = " noinline optnone"
"""Attributes of functions that are called where Python takes microseconds anyway."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What the fast path accepts for one input or shared variable.

    ``extents``: a number where only it will do (1 for broadcastable), else None.  ``numbers``: besides arrays, for 0-d
    arguments, any of ``"scalar"`` (NumPy's own of this dtype), ``"float"`` and ``"int"`` (Python's).  ``checked``: none, each is for
    Python to look at."""

    dtype: str
    extents: tuple[int | None, ...] = ()
    numbers: frozenset[str] = frozenset()
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """``result``: ``"single"`` gives the only output itself, ``"list"`` a list of them, ``"none"`` gives None."""

    inputs: tuple[Argument, ...]
    shared: tuple[Argument, ...] = ()
    result: str = "list"


def emit_entry(text: ProgramText, signature: Signature) -> None:
    """``@entry`` and ``@direct``, and below them ``@call(table, frame)`` and the steps' functions."""
    assert (len(signature.inputs), len(signature.shared)) == (len(text.program.inputs), len(text.program.shared)), "one argument for each"
    entry, direct = Entry(text, signature), _Direct(text, signature)
    text.module.add(_call(text, signature, _work(text)))
    for function in (entry, direct):
        text.module.add(function.write())


# ------------------------------------------------------------------------------------------------ ways in


class _WayIn(Writer):
    """Opens a frame, fills the slots of inputs and shared variables, and calls."""

    def __init__(self, text: ProgramText, signature: Signature, head: str) -> None:
        super().__init__(head)
        self.signature = signature
        self.program_text, self.abi, self.module = text, text.abi, text.module
        self.buffers = (*text.program.inputs, *text.program.shared)
        self.leased = -1

    def open_frame(self) -> None:
        """``%f``: on the stack, or leased if it is large."""
        if self.program_text.layout.bytes <= STACK_FRAME:
            self.do(f"%f = alloca [{self.program_text.layout.bytes // 8} x i64], align 64")
        else:
            self.leased = self.program_text.shared.cell()
            self.do("%held = alloca ptr")
            self.store("ptr", "null", "%held")
            cell, size = self.at("%t", self.leased), self.program_text.layout.bytes
            self.do(f"%f = call {lease(self.module)}(ptr {cell}, ptr %held, i64 {size})")
            none = self.fresh("none")
            self.branch(self.let("icmp eq ptr %f, null"), none, "opened")
            self.label(none)
            self.module.external("PyErr_NoMemory", "ptr")
            self.do(f"ret ptr {self.let('call ptr @PyErr_NoMemory()')}")
            self.label("opened")
        self.program_text.begin(self)
        if self.signature.result == "list":  # first, as making it may run Python code: a collection of garbage
            count = len(self.program_text.program.outputs)
            results = self.let(f"call {self.module.external('PyList_New', 'ptr', 'i64')}(i64 {count})")
            self.store("ptr", results, "%f", self.program_text.layout.results)
            none = self.fresh("none")
            self.branch(self.let(f"icmp eq ptr {results}, null"), none, "listed")
            self.label(none)
            self.close_frame()
            self.do("ret ptr null")
            self.label("listed")
            self.store("i64", 0, results, self.abi.length)  # the collector may show it to a Python step, which must not look at no items

    def withdraw(self) -> None:
        """End without a call."""
        if self.signature.result == "list":
            declare_counts(self.module)
            self.do(f"call void @Py_DecRef(ptr {self.load('ptr', '%f', self.program_text.layout.results)})")
        self.close_frame()

    def close_frame(self) -> None:
        if self.leased >= 0:
            self.do(f"call {unlease(self.module)}(ptr {self.at('%t', self.leased)}, ptr %held)")

    def take(self, buffer: Buffer, item: str, data: str | None) -> None:
        layout = self.program_text.layout
        self.store("ptr", item, "%f", layout.objects[buffer.number])
        if data is not None:
            self.store("ptr", data, "%f", layout.data[buffer.number])

    def shared_item(self, position: int) -> str:
        container = self.load("ptr", "%t", self.module.slot("shared", position))
        return self.load("ptr", self.load("ptr", container, self.abi.items))

    def in_table(self) -> dict[int, Buffer]:
        """The shared variables that are taken in a loop, by position: of few, none; never what is no array."""
        shared = self.program_text.program.shared
        return {k: buffer for k, buffer in enumerate(shared) if buffer.dtype != "object"} if len(shared) > TABLED else {}

    def call(self) -> None:
        answer = self.let("call ptr @call(ptr %t, ptr %f)")
        self.close_frame()
        self.do(f"ret ptr {answer}")


class _Direct(_WayIn):
    """``ptr @direct(table, arrays)``: the slow path's way in; whoever calls it has checked everything.

    ``arrays`` are those of the inputs and of the shared variables, then what the shared variables' cells held when they were looked
    at.  If one that is updated holds something else by now, or it is not this call's turn, the answer is NotImplemented."""

    def __init__(self, text: ProgramText, signature: Signature) -> None:
        super().__init__(text, signature, f"define ptr @direct(ptr %t, ptr %args){RARE}")

    def write(self) -> str:
        self.open_frame()
        inputs, tabled = len(self.program_text.program.inputs), self.in_table()
        for k in self.program_text.updated:
            if k not in tabled:
                self.require_turn(k)
        if tabled:
            call = self.module.external("theano_take_given", "i1", *["ptr"] * 5, "i64")
            places = f"ptr {self.at('%args', 8 * inputs)}, ptr {self.at('%args', 8 * len(self.buffers))}, ptr @taken, i64 {len(tabled)}"
            self.branch(self.let(f"call {call}(ptr %f, ptr %t, {places})"), "taken", "later")
            self.label("taken")
        for k, buffer in enumerate(self.buffers):
            if k - inputs in tabled:
                continue
            item = self.load("ptr", "%args", 8 * k)
            self.take(buffer, item, None if buffer.dtype == "object" else self.load("ptr", item, self.abi.data))
        self.call()
        if self.program_text.updated or tabled:
            self.label("later")
            self.withdraw()
            self.do(f"call void @Py_IncRef(ptr {(answer := self.load('ptr', '%t', self.module.slot('later')))})")
            self.do(f"ret ptr {answer}")
        return self.text()

    def require_turn(self, position: int) -> None:
        inputs, count = len(self.program_text.program.inputs), len(self.buffers)
        now, seen = self.shared_item(position), self.load("ptr", "%args", 8 * (count + position))
        lock, go_on = self.load("ptr", "%t", self.module.slot("lock", position)), self.fresh("on")
        free = self.let(f"icmp eq i64 {self.load('i64', lock, 8 * OWNER)}, 0")
        good = self.let(f"and i1 {free}, {self.let(f'icmp eq ptr {now}, {seen}')}")
        if self.program_text.program.shared[position].number in self.program_text.written:
            unread = self.let(f"icmp eq i64 {self.load('i64', lock, 8 * READERS)}, 0")
            own = self.let(f"icmp ne ptr {seen}, {self.load('ptr', '%args', 8 * (inputs + position))}")
            good = self.let(f"and i1 {good}, {self.let(f'or i1 {unread}, {own}')}")
        self.branch(good, go_on, "later")
        self.label(go_on)


class Entry(_WayIn):
    """``ptr @entry(self, args, nargsf, kwnames)``."""

    def __init__(self, text: ProgramText, signature: Signature) -> None:
        super().__init__(text, signature, f"define ptr @entry(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames){text.shared.attributes}")
        self.arguments = (*signature.inputs, *signature.shared)
        layout, inputs = text.layout, text.program.inputs
        self.scratch = {b.number: layout.take() for b, a in zip(inputs, signature.inputs) if a.numbers}
        self.overflow = layout.take()
        written = [b for b in self.buffers if b.number in text.written]
        self.in_place = {b.number for b in written}
        rest = [b for b in self.buffers if b.number not in self.in_place and b.dtype != "object"] if written else []
        self.updated = text.updated
        self.arrays = 0
        self.ranges = {b.number: layout.take(2) for b in (*written, *rest)}

    def write(self) -> str:
        text = self.program_text
        self.do(f"%t = load ptr, ptr {self.at('%self', self.abi.head + 8)}")
        self.open_frame()
        inputs, tabled = len(text.program.inputs), self.in_table()
        self.require_turn(tabled)
        count = self.let("and i64 %nargsf, 9223372036854775807")
        self.slow_unless(self.let(f"icmp eq i64 {count}, {inputs}"))
        self.slow_unless(self.let("icmp eq ptr %kwnames, null"))
        for k, (buffer, argument) in enumerate(zip(self.buffers, self.arguments)):
            if k - inputs in tabled:
                continue
            item = self.load("ptr", "%args", 8 * k) if k < inputs else self.shared_item(k - inputs)
            self.argument(buffer, argument, item)
        if tabled:
            self.take_table(tabled)
        if self.in_place:
            self.require_apart()
        self.call()
        self.label("slow")
        self.withdraw()
        call = self.module.external("PyObject_Vectorcall", "ptr", "ptr", "ptr", "i64", "ptr")
        slow = self.load("ptr", "%t", self.module.slot("slow"))
        self.do(f"ret ptr {self.let(f'call {call}(ptr {slow}, ptr %args, i64 %nargsf, ptr %kwnames)')}")
        return self.text()

    def take_table(self, tabled: dict[int, Buffer]) -> None:
        """The values of these shared variables."""
        layout, updated, rows = self.program_text.layout, set(self.updated), []
        arguments = {k: self.signature.shared[k] for k in tabled}
        for k, buffer in tabled.items():
            argument = arguments[k]
            slots = (self.module.slot("shared", k), self.module.slot("lock", k), self.module.slot("descr", argument.dtype))
            noted = (layout.objects[buffer.number], layout.data[buffer.number], self.ranges.get(buffer.number, 0))
            wanted = (len(argument.extents), self.flags(buffer))
            changes = (int(k in updated), int(buffer.number in self.in_place))
            rows.append(Row(k, *slots, *wanted, *noted, item_size(buffer.dtype), *changes))
        call = self.module.external("theano_take_shared", "i1", *["ptr"] * 3, "i64")
        self.slow_unless(self.let(f"call {call}(ptr %f, ptr %t, ptr {table(self.module, rows)}, i64 {len(rows)})"))
        for k, buffer in tabled.items():
            if any(extent is not None for extent in arguments[k].extents):
                self.require_extents(arguments[k], self.load("ptr", "%f", layout.objects[buffer.number]))

    def require_turn(self, tabled: dict[int, Buffer]) -> None:
        """No call of another thread is about to change what this one will, and none works on what this one writes over."""
        words = [(k, word) for k in self.updated for word in (OWNER, WANTED)]
        words += [(k, READERS) for k, b in enumerate(self.program_text.program.shared) if b.number in self.in_place]
        words = [(k, word) for k, word in words if k not in tabled]
        if words:
            busy, locks = "0", {k: self.load("ptr", "%t", self.module.slot("lock", k)) for k in dict(words)}
            for k, word in words:
                busy = self.let(f"or i64 {busy}, {self.load('i64', locks[k], 8 * word)}")
            self.slow_unless(self.let(f"icmp eq i64 {busy}, 0"))

    def slow_unless(self, condition: str) -> None:
        go_on = self.fresh("on")
        self.branch(condition, go_on, "slow")
        self.label(go_on)

    # ------------------------------------------------------------------ arguments

    def argument(self, buffer: Buffer, argument: Argument, item: str) -> None:
        if argument.checked:
            self.slow_unless("false")
        if argument.dtype == "object":
            return self.take(buffer, item, None)
        text = self.program_text
        if not argument.numbers or buffer.number in text.as_objects or buffer.number in text.written:
            self.arrays += 1
            if self.arrays > IN_LINE:
                return self.take(buffer, item, self.array_by_call(buffer, argument, item))
            self.slow_unless(self.is_type(self.load("ptr", item, self.abi.kind), "type", "ndarray"))
            return self.take(buffer, item, self.array(buffer, argument, item))
        kind = self.load("ptr", item, self.abi.kind)
        is_array = self.is_type(kind, "type", "ndarray")
        array, number, done = (self.fresh(stem) for stem in ("array", "number", "given"))
        self.branch(is_array, array, number)
        self.label(array)
        ways = [(self.array(buffer, argument, item), self.block)]
        self.jump(done)
        self.label(number)
        for way in sorted(argument.numbers):
            ways.append(self.number(way, argument.dtype, kind, item, self.scratch[buffer.number], done))
        self.jump("slow")
        self.label(done)
        self.take(buffer, item, self.let("phi ptr " + ", ".join(f"[ {data}, %{block} ]" for data, block in ways)))

    def is_type(self, kind: str, *slot: str) -> str:
        return self.let(f"icmp eq ptr {kind}, {self.load('ptr', '%t', self.module.slot(*slot))}")

    def array(self, buffer: Buffer, argument: Argument, item: str) -> str:
        """The data of an array that is as it must be."""
        abi, wanted = self.abi, self.flags(buffer)
        rank = self.let(f"icmp eq i32 {self.load('i32', item, abi.rank)}, {len(argument.extents)}")
        descr = self.is_type(self.load("ptr", item, abi.descr), "descr", argument.dtype)
        flags = self.let(f"and i32 {self.load('i32', item, abi.flags)}, {wanted}")
        good = self.let(f"and i1 {rank}, {descr}")
        self.slow_unless(self.let(f"and i1 {good}, {self.let(f'icmp eq i32 {flags}, {wanted}')}"))
        self.require_extents(argument, item)
        return self.load("ptr", item, abi.data)

    def array_by_call(self, buffer: Buffer, argument: Argument, item: str) -> str:
        """The same for any object: shorter, but a call."""
        descr = self.load("ptr", "%t", self.module.slot("descr", argument.dtype))
        call = self.module.external("theano_fitting", "ptr", "ptr", "ptr", "i32", "i32")
        data = self.let(f"call {call}(ptr {item}, ptr {descr}, i32 {len(argument.extents)}, i32 {self.flags(buffer)})")
        self.slow_unless(self.let(f"icmp ne ptr {data}, null"))
        self.require_extents(argument, item)
        return data

    def flags(self, buffer: Buffer) -> int:
        return ALIGNED | C_CONTIGUOUS | (WRITEABLE if buffer.number in self.program_text.written else 0)

    def require_extents(self, argument: Argument, item: str) -> None:
        fixed = [(axis, extent) for axis, extent in enumerate(argument.extents) if extent is not None]
        if fixed:
            extents, good = self.load("ptr", item, self.abi.extents), "true"
            for axis, extent in fixed:
                fits = self.let(f"icmp eq i64 {self.load('i64', extents, 8 * axis)}, {extent}")
                good = self.let(f"and i1 {good}, {fits}")
            self.slow_unless(good)

    def number(self, way: str, dtype: str, kind: str, item: str, scratch: int, done: str) -> tuple[str, str]:
        """If ``item`` is a number of the type that ``way`` names: where its value lies, and the block that says so."""
        match, other = self.fresh(way), self.fresh("no")
        found = self.is_type(kind, "scalar type", dtype) if way == "scalar" else self.is_type(kind, "type", way)
        self.branch(found, match, other)
        self.label(match)
        value = self.at(item, self.abi.number)
        if way == "int":
            value = self.integer(dtype, item, scratch)
        elif way == "float" and dtype != "float64":
            narrow = self.let(f"fptrunc double {self.load('double', value)} to {storage(dtype)}")
            value = self.at("%f", scratch)
            self.store(storage(dtype), narrow, value)
        block = self.block
        self.jump(done)
        self.label(other)
        return value, block

    def integer(self, dtype: str, item: str, scratch: int) -> str:
        """A Python int that the dtype (int64 or float64) represents exactly."""
        convert = self.module.external("PyLong_AsLongLongAndOverflow", "i64", "ptr", "ptr")
        flag, place = self.at("%f", self.overflow), self.at("%f", scratch)
        value = self.let(f"call {convert}(ptr {item}, ptr {flag})")
        self.slow_unless(self.let(f"icmp eq i32 {self.load('i32', flag)}, 0"))
        if dtype == "int64":
            self.store("i64", value, place)
        else:
            size = self.let(f"call i64 @llvm.abs.i64(i64 {value}, i1 false)")
            self.slow_unless(self.let(f"icmp ule i64 {size}, {1 << 53}"))
            self.store("double", self.let(f"sitofp i64 {value} to double"), place)
        return place

    # ------------------------------------------------------------------ aliases

    def require_apart(self) -> None:
        """No written storage overlaps that of another argument."""
        numbered = {b.number: b for b in self.buffers}
        measured = {buffer.number for buffer in self.in_table().values()}
        for number, slot in self.ranges.items():
            if number in measured:
                continue
            buffer = numbered[number]
            start = self.let(f"ptrtoint ptr {self.load('ptr', '%f', self.program_text.layout.data[number])} to i64")
            size = str(item_size(buffer.dtype))
            if buffer.shape:
                extents = self.load("ptr", self.load("ptr", "%f", self.program_text.layout.objects[number]), self.abi.extents)
                for axis in range(len(buffer.shape)):
                    size = self.let(f"mul i64 {size}, {self.load('i64', extents, 8 * axis)}")
            self.store("i64", start, "%f", slot)
            self.store("i64", self.let(f"add i64 {start}, {size}"), "%f", slot + 8)
        first, call = self.at("%f", min(self.ranges.values())), self.module.external("theano_apart", "i1", "ptr", "i64", "i64")
        self.slow_unless(self.let(f"call {call}(ptr {first}, i64 {len(self.in_place)}, i64 {len(self.ranges)})"))


# ------------------------------------------------------------------------------------------------ the call


def _work(text: ProgramText) -> str:
    """The function that does all steps."""
    if len(text.stream.names) == 1:
        return text.stream.names[0]
    w = Writer("define internal i64 @work(ptr %f, ptr %t)")
    text.stream.call_all(w)
    w.do("ret i64 0")
    text.module.add(w)
    return "work"


def _call(text: ProgramText, signature: Signature, work: str) -> str:
    """Run on a filled frame: results and commit, or release and complain."""
    w, module = Writer(f"define internal ptr @call(ptr %t, ptr %f){text.shared.attributes}"), text.module
    declare_counts(module)
    text.load_constants(w)
    status = w.let(f"call i64 @{work}(ptr %f, ptr %t)")
    w.branch(w.let(f"icmp eq i64 {status}, 0"), "done", "failed")
    w.label("done")
    answer = _Results(text, signature, w).give()
    text.shared.sharing.conceal(w)
    w.do(f"ret ptr {answer}")
    w.label("unfinished")
    text.shared.sharing.conceal(w)
    text.release(w)
    w.do("ret ptr null")
    w.label("failed")
    w.branch(w.let(f"icmp eq i64 {status}, {RAISED}"), "raised" if text.loops else "unfinished", "complain")
    w.label("complain")
    module.add(_complain(text))
    w.do(f"call void @complain(ptr %f, ptr %t, i64 {status})")
    w.jump("unfinished")
    if text.loops:
        w.label("raised")
        _tell_step(text, w)
        w.jump("unfinished")
    return w.text()


def _complain(text: ProgramText) -> str:
    w, status = Writer(f"define internal void @complain(ptr %f, ptr %t, i64 %status){RARE}"), "%status"
    module, arguments = text.module, [*text.program.inputs, *text.program.shared]
    w.do(f"call {module.external('PyErr_Clear', 'void')}()")  # NumPy's words for a lack of memory
    form = "LLLL" + "O" * len(arguments)
    module.add(f'@complaint = private constant [{len(form) + 1} x i8] c"{form}\\00"')
    call = module.external("PyObject_CallFunction", "ptr", "ptr", "ptr", "...")
    first, second = (w.load("i64", "%f", offset) for offset in (0, 8))  # a kernel leaves (code, payload) there
    check = w.let(f"icmp ult i64 {status}, {GUARD}")
    begun = w.load("i64", "%f", STEPS) if text.loops else "0"
    payloads = f"i64 {w.let(f'select i1 {check}, i64 {second}, i64 {first}')}, i64 {second}, i64 {begun}"
    payloads += "".join(f", ptr {w.load('ptr', '%f', text.layout.objects[b.number])}" for b in arguments)
    w.let(f"call {call}(ptr {w.load('ptr', '%t', module.slot('fail'))}, ptr @complaint, i64 {status}, {payloads})")
    w.do("ret void")
    return w.text()


def _tell_step(text: ProgramText, w: Writer) -> None:
    """Let the exception that a Python step has raised say in which step of a loop that was: ``fail`` is called with it."""
    module = text.module
    begun, inside, outside = w.load("i64", "%f", STEPS), w.fresh("inside"), w.fresh("outside")
    w.branch(w.let(f"icmp eq i64 {begun}, 0"), outside, inside)
    w.label(inside)
    kind, error, trace = parts = [w.let("alloca ptr") for _ in range(3)]
    fetched = ", ".join(f"ptr {part}" for part in parts)
    for name in ("PyErr_Fetch", "PyErr_NormalizeException"):
        w.do(f"call {module.external(name, 'void', 'ptr', 'ptr', 'ptr')}({fetched})")
    module.add('@raised = private constant [6 x i8] c"LLLLO\\00"')
    call = module.external("PyObject_CallFunction", "ptr", "ptr", "ptr", "...")
    given = f"i64 {RAISED}, i64 0, i64 0, i64 {begun}, ptr {w.load('ptr', error)}"
    answer = w.let(f"call {call}(ptr {w.load('ptr', '%t', module.slot('fail'))}, ptr @raised, {given})")
    w.do(f"call void @Py_DecRef(ptr {answer})")  # passes over a null
    restored = ", ".join(f"ptr {w.load('ptr', part)}" for part in (kind, error, trace))
    w.do(f"call {module.external('PyErr_Restore', 'void', 'ptr', 'ptr', 'ptr')}({restored})")
    w.open(outside)


class _Results:
    """What is handed out once all steps are done.  A reference the frame owns is moved to its last taker."""

    def __init__(self, text: ProgramText, signature: Signature, w: Writer) -> None:
        self.text, self.signature, self.w = text, signature, w
        outputs = text.program.outputs if signature.result != "none" else []
        self.takers = [b.number for b in outputs] + [b.number for _, b in text.program.commits]
        first, last = text.layout.owned, text.layout.owned + 8 * text.layout.owned_count
        self.owned = {n for n, slot in text.layout.objects.items() if first <= slot < last}
        self.movable = frozenset(self.owned)
        self.old: list[str] = []

    def give(self) -> str:
        outputs, w, module = self.text.program.outputs, self.w, self.text.module
        if self.signature.result == "list":
            answer = w.load("ptr", "%f", self.text.layout.results)
            w.store("ptr", "null", "%f", self.text.layout.results)
            items = w.load("ptr", answer, self.text.abi.items) if outputs else ""
            for k, buffer in enumerate(outputs):
                w.store("ptr", self.take(buffer), items, 8 * k)
            w.store("i64", len(outputs), answer, self.text.abi.length)
        elif self.signature.result == "single":
            answer = self.take(outputs[0])
        else:
            answer = w.load("ptr", "%t", module.slot("none"))
            w.do(f"call void @Py_IncRef(ptr {answer})")
        self.commit()
        self.drop()
        return answer

    def take(self, buffer: Buffer) -> str:
        """A reference of one's own to the array of ``buffer``."""
        item = self.w.load("ptr", "%f", self.text.layout.objects[buffer.number])
        self.takers.remove(buffer.number)
        if buffer.number in self.movable and buffer.number not in self.takers:
            self.owned.discard(buffer.number)
        else:
            self.w.do(f"call void @Py_IncRef(ptr {item})")
        return item

    def commit(self) -> None:
        """Swap the new values in; what they replace is released, or kept as a spare, only when all are in place."""
        w, module = self.w, self.text.module
        new = [self.take(buffer) for _, buffer in self.text.program.commits]
        for position, buffer in enumerate(self.text.program.shared):
            if buffer.number in self.text.written:
                self.put_in_place(position, buffer)
        for (position, buffer), item in zip(self.text.program.commits, new):
            items = w.load("ptr", w.load("ptr", "%t", module.slot("shared", position)), self.text.abi.items)
            old = w.load("ptr", items)
            w.store("ptr", item, items)
            if buffer.storage == "update" and self.text.abi.counted:
                spare = module.slot("spare", buffer.number)
                replaced, old = old, w.load("ptr", "%t", spare)
                w.store("ptr", replaced, "%t", spare)
            self.old.append(old)

    def put_in_place(self, position: int, buffer: Buffer) -> None:
        """What was written over is the variable's value, if it was a private copy or somebody has set another one meanwhile."""
        w, module = self.w, self.text.module
        put_in = module.external("theano_put_in", "ptr", "ptr", "ptr")
        cell, mine = w.load("ptr", "%t", module.slot("shared", position)), w.load("ptr", "%f", self.text.layout.objects[buffer.number])
        self.old.append(w.let(f"call {put_in}(ptr {cell}, ptr {mine})"))

    def drop(self) -> None:
        """All that the frame still owns and the values that were replaced."""
        w, layout = self.w, self.text.layout
        self.old += [w.load("ptr", "%f", layout.objects[n]) for n in sorted(self.owned)]
        for item in self.old:
            w.do(f"call void @Py_DecRef(ptr {item})")
