"""Checks of programs: sizes and buffers are used only where they exist, and every kernel gets what it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn

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
)
from theano.loops.verify import fail, verify_instruction, verify_kernel
from theano.scalar.instructions import INTEGERS, PARTS, Value, walk

ALLOCATED = ("output", "update", "arena", "object")
RELATIONS = ("equal", "nonnegative", "at_least")


def verify_program(program: Program) -> None:
    """Raise :class:`~theano.errors.InconsistencyError` unless every emitter can print the program."""
    check = _Program(program)
    state = _State()
    for buffers, storage in ((program.inputs, "input"), (program.shared, "shared"), (program.constants, "constant")):
        for position, buffer in enumerate(buffers):
            if (buffer.storage, buffer.position) != (storage, position):
                _fail(_name(buffer), f"listed as {storage} {position}")
            state.live[buffer.number] = state.filled[buffer.number] = buffer
    if len(program.constants) != len(program.constant_arrays):
        _fail("constants", "their number is not that of the arrays")
    check.frame(program.frame, state, "frame")
    for position, buffer in enumerate(program.outputs):
        check.ready(buffer, f"output {position}", ("output", "object"))
    for position, buffer in program.commits:
        if not 0 <= position < len(program.shared):
            _fail(f"commit of shared {position}", "there is no such variable")
        check.ready(buffer, f"commit of shared {position}", ("update", "object"))


def _fail(where: str, what: str) -> NoReturn:
    fail(where, what, "program")


def _name(buffer: Buffer) -> str:
    return f"buffer {buffer.number} ({buffer.storage}{'' if buffer.name is None else ', ' + buffer.name})"


@dataclass(slots=True)
class _State:
    """What exists at one point: buffers by number, those with contents, and those whose sizes and contents may be read
    as extents (what existed when the frame was entered)."""

    live: dict[int, Buffer] = field(default_factory=dict)
    filled: dict[int, Buffer] = field(default_factory=dict)
    entered: dict[int, Buffer] = field(default_factory=dict)
    perhaps: dict[AtMost, dict[int, Buffer]] = field(default_factory=dict)  # under a condition
    looked_at: set[Value] = field(default_factory=set)  # in this frame

    def copy(self) -> _State:
        return replace(self, live=dict(self.live), filled=dict(self.filled), entered=dict(self.entered), perhaps=dict(self.perhaps))


class _Program:
    """Walks the regions of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.verified: set[int] = set()
        self.finished: dict[int, Buffer] = {}  # filled by frames that every run passes through

    # ------------------------------------------------------------------------------------------ regions

    def frame(self, frame: Frame, outer: _State, where: str, certain: bool = True) -> _State:
        """The state after the frame; its own buffers are gone, but for results of the whole program."""
        state = outer.copy()
        state.entered, state.looked_at = dict(outer.filled), set()
        for guard in frame.guards:
            self.guard(guard, state, f"{where}: guard")
        if frame.arena is not None:
            self.extent(frame.arena, state, f"{where}: arena")
        for buffer in frame.buffers:
            self.allocate(buffer, frame, state, where)
        for number, step in enumerate(frame.steps):
            self.step(step, state, f"{where}: step {number}", certain)
        if certain:
            self.finished |= state.filled
        own = {buffer.number for buffer in frame.buffers}
        return replace(outer, filled={n: b for n, b in state.filled.items() if n not in own})

    def allocate(self, buffer: Buffer, frame: Frame, state: _State, where: str) -> None:
        name = f"{where}: {_name(buffer)}"
        if buffer.storage not in ALLOCATED:
            _fail(name, "no frame makes buffers of this storage")
        if buffer.number in state.live:
            _fail(name, "the number is taken")
        if (buffer.storage == "arena") != (buffer.offset is not None):
            _fail(name, "an arena buffer, and no other, has an offset")
        if buffer.offset is not None:
            if frame.arena is None:
                _fail(name, "the frame has no arena")
            self.extent(buffer.offset, state, f"{name}: offset")
        state.live[buffer.number] = buffer

    def guard(self, guard: Guard, state: _State, where: str) -> None:
        if guard.relation not in RELATIONS:
            _fail(where, f"unknown relation {guard.relation!r}")
        self.extent(guard.left, state, where)
        self.extent(guard.right, state, where)

    def step(self, step: Step | Frame, state: _State, where: str, certain: bool) -> None:
        if isinstance(step, Frame):
            state.filled = self.frame(step, state, where, certain).filled
        elif isinstance(step, KernelStep):
            self.kernel(step, state, f"{where}: kernel")
        elif isinstance(step, LibraryStep):
            self.extents(step.parameters, state, f"{where}: {step.routine}")
            self.done(step, step.buffers[1:], step.buffers[:1], state, f"{where}: {step.routine}")
        elif isinstance(step, PythonStep):
            self.uses(step.arguments, state, f"{where}: {step.node}")
            for position in step.owned:
                state.filled.pop(step.arguments[position].number)
            self.fills(step.results, state, f"{where}: {step.node}", ("object",))
        elif isinstance(step, LoopRegion):
            self.loop(step, state, f"{where}: loop")
        else:
            self.branch(step, state, f"{where}: if")

    def loop(self, region: LoopRegion, state: _State, where: str) -> None:
        self.extent(region.count, state, where)
        self.uses([old for old, _ in region.carried], state, where)
        for old, new in region.carried:
            if old.dtype != new.dtype or len(old.shape) != len(new.shape):
                _fail(where, f"{_name(old)} and {_name(new)} are swapped but differ in type")
            if "object" in (old.storage, new.storage) and "arena" in (old.storage, new.storage):
                _fail(where, f"{_name(old)} and {_name(new)} are swapped, but one is an array and the other scratch")
            self.exists(new, state, where)
        if region.counter is not None:
            self.integer(region.counter, where)
            self.fills([region.counter], state, where)
        after = self.frame(region.body, state, f"{where}: body", certain=False)
        for _, new in region.carried:
            if new.number not in after.filled:
                _fail(where, f"{_name(new)} is carried but the body does not fill it")
        if region.stop is not None and (region.stop.dtype != "bool" or region.stop.shape or region.stop.number not in after.filled):
            _fail(where, f"{_name(region.stop)} is no single bool that the body fills")
        # with no iteration nothing is filled, but then every array filled step by step has no step to read either
        state.filled = after.filled
        if region.done is not None:
            self.integer(region.done, where)
            self.fills([region.done], state, where)

    def branch(self, region: IfRegion, state: _State, where: str) -> None:
        if region.condition.shape:
            _fail(where, f"{_name(region.condition)} is no single number")
        self.uses([region.condition], state, where)
        then = self.frame(region.then, state, f"{where}: then", certain=False).filled
        otherwise = self.frame(region.otherwise, state, f"{where}: else", certain=False).filled
        state.filled = {number: buffer for number, buffer in then.items() if number in otherwise}

    def kernel(self, step: KernelStep, state: _State, where: str) -> None:
        kernel = step.kernel
        if id(kernel) not in self.verified:
            self.verified.add(id(kernel))
            verify_kernel(kernel)
        for what, given, declared in (
            ("buffers", [PARTS.get(b.dtype, b.dtype) for b in step.buffers], [b.dtype for b in kernel.buffers]),
            ("sizes", [v.dtype for v in step.sizes], ["int64"] * kernel.sizes),
            ("scalars", [v.dtype for v in step.scalars], list(kernel.scalars)),
        ):
            if given != declared:
                _fail(where, f"its {what} are {declared} but {given} are given")
        if any(v.op != "const" for v in step.scalars):
            _fail(where, "a scalar must be a constant")
        self.extents(step.sizes, state, where)
        pairs = list(zip(step.buffers, kernel.buffers, strict=True))
        if step.when is not None and kernel.checks:
            _fail(where, "it may fail, so it cannot be one of several for the same")
        read = [b for b, parameter in pairs if parameter.read and not parameter.written]
        self.done(step, read, [b for b, parameter in pairs if parameter.written], state, where)

    def done(self, step: KernelStep | LibraryStep, read: Iterable[Buffer], written: Iterable[Buffer], state: _State, where: str) -> None:
        here = state if step.when is None else self.perhaps(step.when, state, where)
        self.uses(read, here, where)
        self.fills(written, here, where)
        if step.when is not None:
            other = state.perhaps.get(replace(step.when, opposite=not step.when.opposite), {})
            state.filled |= {number: buffer for number, buffer in here.filled.items() if number in other}

    def perhaps(self, when: AtMost, state: _State, where: str) -> _State:
        """The state in which a step runs that is run only ``when``: what another filled under the same condition is there."""
        self.extent(when.extent, state, where)
        filled = state.perhaps.get(when, {}) | state.filled
        for less in () if when.opposite else _below(when.extent):
            filled |= state.perhaps.get(replace(when, extent=less), {})
        state.perhaps[when] = filled
        return replace(state, filled=filled)

    # ------------------------------------------------------------------------------------------ buffers and sizes

    def exists(self, buffer: Buffer, state: _State, where: str) -> None:
        if state.live.get(buffer.number) is not buffer:
            _fail(where, f"{_name(buffer)} does not exist here")

    def uses(self, buffers: Iterable[Buffer], state: _State, where: str) -> None:
        for buffer in buffers:
            self.exists(buffer, state, where)
            if buffer.number not in state.filled:
                _fail(where, f"{_name(buffer)} is read before anything is written to it")

    def fills(self, buffers: Iterable[Buffer], state: _State, where: str, allowed: tuple[str, ...] = ("shared", *ALLOCATED)) -> None:
        for buffer in buffers:
            self.exists(buffer, state, where)
            if buffer.storage not in allowed:
                _fail(where, f"{_name(buffer)} must not be written")
            state.filled[buffer.number] = buffer

    def ready(self, buffer: Buffer, where: str, allowed: tuple[str, ...]) -> None:
        if buffer.storage not in allowed:
            _fail(where, f"{_name(buffer)} cannot leave the program")
        if self.finished.get(buffer.number) is not buffer:
            _fail(where, f"{_name(buffer)} is not written by every run")

    def integer(self, buffer: Buffer, where: str) -> None:
        if buffer.shape or buffer.dtype not in (*INTEGERS, "bool"):
            _fail(where, f"{_name(buffer)} is no single integer")

    def extents(self, values: Iterable[Value], state: _State, where: str) -> None:
        for value in values:
            self.extent(value, state, where)

    def extent(self, root: Value, state: _State, where: str) -> None:
        for value in walk([root], seen=state.looked_at):
            verify_instruction(value, where, "program")
            if value.op == "size":
                self.size(value, state, where)
            elif value.op in ("index", "scalar", "load", "acc", "input"):
                _fail(where, f"{value!r} has no meaning outside kernels")

    def size(self, value: Value, state: _State, where: str) -> None:
        data = value.data
        if not isinstance(data, tuple) or not data:
            _fail(where, f"unknown size {data!r}")
        if data[0] in ("input", "shared") and len(data) == 3:
            buffers = self.program.inputs if data[0] == "input" else self.program.shared
            if not (0 <= data[1] < len(buffers) and 0 <= data[2] < len(buffers[data[1]].shape)):
                _fail(where, f"there is no size {data!r}")
            return
        found = state.entered.get(data[1]) if data[0] in ("object", "value") else None
        if found is None:
            _fail(where, f"size {data!r} is not known when the frame is entered")
        if data[0] == "value":
            self.integer(found, where)
        elif found.storage != "object" or not 0 <= data[2] < len(found.shape):
            _fail(where, f"there is no size {data!r}")


def _below(extent: Value) -> Iterator[Value]:
    """What is not larger than ``extent``: that of which it is the largest."""
    if extent.op == "max":
        for part in extent.args:
            yield from (part, *_below(part))
