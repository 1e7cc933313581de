"""Text of one LLVM function at a time, and what the functions of a module share.

A :class:`Writer` opens blocks and knows one exit for failures; a :class:`Module` collects functions, the external
functions they call and the slots of the *table*: the array of addresses (constants, dtypes, shared variables'
storage, callbacks) that is bound when the code is loaded, so that the code itself holds no address and can be cached.

>>> w = Writer("define i64 @twice(i64 %x)")
>>> w.do(f"ret i64 {w.let('add i64 %x, %x')}")
>>> print(w.text())
define i64 @twice(i64 %x) {
entry:
  %v1 = add i64 %x, %x
  ret i64 %v1
}
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from theano.emit.llvm.instructions import Code

Operand = str | int


class Writer(Code):
    """One function.  ``head`` is its ``define`` line; the first block is ``entry``, :meth:`label` opens another."""

    def __init__(self, head: str) -> None:
        super().__init__()
        self.head = head
        self.block = "entry"
        self.lines = ["entry:"]
        self._blocks = 0
        self._failures: list[tuple[Operand, str]] = []

    def fresh(self, stem: str) -> str:
        """A block name used nowhere else in this function."""
        self._blocks += 1
        return f"{stem}{self._blocks}"

    def label(self, name: str) -> None:
        self.block = name
        self.lines.append(f"{name}:")

    def jump(self, name: str) -> None:
        self.do(f"br label %{name}")

    def branch(self, condition: str, then: str, otherwise: str) -> None:
        self.do(f"br i1 {condition}, label %{then}, label %{otherwise}")

    def open(self, name: str) -> None:
        """Fall into a new block."""
        self.jump(name)
        self.label(name)

    # -------------------------------------------------------------------- memory

    def at(self, base: str, offset: Operand) -> str:
        """The address ``offset`` bytes after ``base``."""
        return base if offset == 0 else self.let(f"getelementptr i8, ptr {base}, i64 {offset}")

    def load(self, kind: str, base: str, offset: Operand = 0) -> str:
        return self.let(f"load {kind}, ptr {self.at(base, offset)}")

    def store(self, kind: str, value: Operand, base: str, offset: Operand = 0) -> None:
        self.do(f"store {kind} {value}, ptr {self.at(base, offset)}")

    # -------------------------------------------------------------------- failure

    def fail_if(self, condition: str, status: Operand) -> None:
        """Leave the function with ``status`` if the i1 ``condition`` holds."""
        go_on = self.fresh("on")
        self._failures.append((status, self.block))
        self.branch(condition, "failed", go_on)
        self.label(go_on)

    def fail_unless_zero(self, status: str) -> None:
        self.fail_if(self.let(f"icmp ne i64 {status}, 0"), status)

    def fail_if_null(self, pointer: str, status: Operand) -> None:
        self.fail_if(self.let(f"icmp eq ptr {pointer}, null"), status)

    def text(self) -> str:
        """The whole function, with the block ``failed`` if something may fail."""
        lines = self.lines
        if self._failures:
            ways = ", ".join(f"[ {status}, %{block} ]" for status, block in self._failures)
            lines = [*lines, "failed:", f"  %status = phi i64 {ways}", "  ret i64 %status"]
        return "\n".join((f"{self.head} {{", *lines, "}"))


Slot = tuple[str, Hashable]
"""What stands in one slot of the table; :mod:`theano.runtime.native_type` knows how to fill each kind."""


@dataclass(slots=True)
class Module:
    """The functions of one object file."""

    functions: list[str | Writer] = field(default_factory=list)
    declarations: dict[str, str] = field(default_factory=dict)
    slots: dict[Slot, int] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)

    def external(self, name: str, result: str, *arguments: str) -> str:
        """Note an external function; returns its type and name, ready for ``call``."""
        self.declarations.setdefault(name, f"declare {result} @{name}({', '.join(arguments)})")
        varargs = f" ({', '.join(arguments)})" if arguments and arguments[-1] == "..." else ""
        return f"{result}{varargs} @{name}"

    def slot(self, kind: str, which: Hashable = None) -> int:
        """Byte offset in the table of what ``kind`` and ``which`` describe."""
        return 8 * self.slots.setdefault((kind, which), len(self.slots))

    def add(self, function: str | Writer) -> None:
        self.functions.append(function)

    def once(self, name: str) -> bool:
        """Whether the function ``name`` is still to be written; it is then taken as written."""
        if name in self.defined:
            return False
        self.defined.add(name)
        return True

    def text(self, more: Iterable[str] = ()) -> str:
        functions = (f if isinstance(f, str) else f.text() for f in self.functions)
        return "\n".join((*sorted(self.declarations.values()), "", *functions, *more, ""))
