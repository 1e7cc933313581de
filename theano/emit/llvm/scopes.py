"""Where a value's text goes: outside every loop that it does not depend on, and once.

Each loop being printed is a :class:`Scope` with lines of its own; while its body is printed, the enclosing scope still stands
just before the loop, so hoisting is appending there.  Three things hold a load back: a store to its buffer in the loop,
a :class:`~theano.loops.ir.Check` that came before it, and a loop that may run no time at all (then its address is made safe).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from theano.emit.llvm.instructions import Code
from theano.emit.llvm.text import constant, register
from theano.scalar.instructions import Value

NOTHING: frozenset[int] = frozenset()


class Scope:
    """The function's body (``index`` None) or that of an open loop."""

    __slots__ = ("parent", "depth", "code", "block", "index", "position", "lanes", "mask", "extent", "stored", "checked", "open")

    def __init__(self, parent: Scope | None, code: Code, block: str) -> None:
        self.parent, self.code, self.block = parent, code, block
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.index: Value | None = None  # the loop's index leaf
        self.position = ""  # its value now; that of the first lane in a vector loop
        self.lanes = 1
        self.mask: str | None = None
        self.extent: Value | None = None  # None: it runs at least once
        self.stored: frozenset[int] = NOTHING  # buffers stored to inside
        self.checked = False
        self.open = True

    def start(self, block: str) -> None:
        """Text from here on belongs to a new block."""
        self.code.lines.append(f"{block}:")
        self.block = block


@dataclass(slots=True, eq=False)
class Operand:
    """A value that has been printed: on one lane if it is the same in all."""

    text: str
    dtype: str
    lanes: int
    scope: Scope
    constant: Value | None = None
    nonempty: frozenset[int] = NOTHING  # ids of extents; unless these are positive, it may be anything
    unstable: frozenset[int] = NOTHING  # buffers that it was loaded from and that the kernel stores to
    spreads: dict[int, str] = field(default_factory=dict)

    def spread(self, lanes: int) -> str:
        """Its text on ``lanes`` lanes."""
        if lanes == self.lanes:
            return self.text
        if self.constant is not None:
            return constant(self.constant.data, self.dtype, lanes)
        if lanes not in self.spreads:
            self.spreads[lanes] = splat(self.scope.code, self.text, register(self.dtype), lanes)
        return self.spreads[lanes]


def splat(code: Code, text: str, kind: str, lanes: int) -> str:
    """All lanes the same."""
    one = code.let(f"insertelement <{lanes} x {kind}> poison, {kind} {text}, i64 0")
    return code.let(f"shufflevector <{lanes} x {kind}> {one}, <{lanes} x {kind}> poison, <{lanes} x i32> zeroinitializer")


def counting(kind: str, lanes: int) -> str:
    """The constant vector 0, 1, 2 ..."""
    return "<" + ", ".join(f"{kind} {lane}" for lane in range(lanes)) + ">"
