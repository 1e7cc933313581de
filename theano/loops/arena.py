"""Scratch of one frame: which results lie in one place one after the other, and where that is."""

from __future__ import annotations

from theano.loops.extents import Extents
from theano.loops.nest import Result
from theano.scalar.instructions import Value

ALIGNMENT = 64


class Arena:
    """Scratch slots of one frame, kept by size: a freed slot serves the next result of exactly its size."""

    def __init__(self, extents: Extents) -> None:
        self.extents = extents
        self.held: dict[Result, tuple[Value, int]] = {}
        self.slots: dict[int, tuple[Value, int]] = {}  # result number -> slot
        self.classes: dict[Value, list[int]] = {}  # size -> [slots made, *free ones]
        self.places: dict[Value, list[Value]] = {}  # size -> offsets of its slots
        self.total = extents.zero

    def take(self, result: Result, size: Value) -> None:
        kind = self.classes.setdefault(size, [0])
        if len(kind) > 1:
            number = kind.pop()
        else:
            number = kind[0]
            kind[0] += 1
        self.held[result] = self.slots[result.number] = (size, number)

    def take_over(self, old: Result, new: Result) -> None:
        self.held[new] = self.slots[new.number] = self.held.pop(old)

    def release(self, result: Result) -> None:
        slot = self.held.pop(result, None)
        if slot is not None:
            self.classes[slot[0]].append(slot[1])

    def size_of(self, result: Result) -> Value | None:
        slot = self.held.get(result)
        return slot[0] if slot else None

    def place(self) -> None:
        e = self.extents
        unit = e.const(ALIGNMENT)
        for size, (count, *_) in self.classes.items():
            aligned = e.mul(e.emit("floordiv", e.add(size, e.const(ALIGNMENT - 1)), unit), unit)
            self.places[size] = [e.add(self.total, e.mul(aligned, e.const(slot))) for slot in range(count)]
            self.total = e.add(self.total, e.mul(aligned, e.const(count)))

    def offset(self, number: int) -> Value:
        size, slot = self.slots[number]
        return self.places[size][slot]
