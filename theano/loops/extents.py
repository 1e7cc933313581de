"""Extents: integer expressions for array sizes, simplified as they are built, with the equalities the graph assumes.

An extent is an int64 :class:`~theano.scalar.instructions.Value` over ``size`` leaves.  Equal expressions are one object;
:meth:`Extents.equal` unites two that must agree and records the run-time guard that makes it true.

>>> e = Extents()
>>> n, m = e.leaf(("input", 0, 0)), e.leaf(("input", 0, 1))
>>> e.mul(n, m) is e.mul(m, n)
True
>>> e.same(n, m), e.unite(n, m), e.same(e.mul(n, n), e.mul(m, n))
(False, None, True)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from theano.scalar.instructions import Trace, Value, walk

_COMMUTATIVE = frozenset({"add", "mul", "min", "max"})
LONGEST = 16
"""How often what stands for a value is looked up: a part that is equal to an expression of itself would grow without end."""


class Extents:
    """Builds canonical extents in one trace and keeps the classes of extents known to be equal."""

    def __init__(self) -> None:
        self.trace = Trace()
        self._parent: dict[Value, Value] = {}
        self._order: dict[Value, tuple[int, int]] = {}  # the last result that tells a part of it (-1: known on entry), age
        self.telling: dict[int, Any] = {}  # results whose content or shape is an extent, by number
        self._found: list[tuple[Value, Value]] = []
        self._generation = 0
        self._canonical: dict[Value, tuple[int, Value]] = {}
        self._signs: dict[Value, bool] = {}
        self.zero, self.one = self.const(0), self.const(1)

    # ------------------------------------------------------------------ building

    def const(self, number: int) -> Value:
        return self._numbered(self.trace.const(number, "int64"))

    def leaf(self, key: Hashable) -> Value:
        return self._numbered(self.trace.leaf("size", "int64", key))

    def told(self, kind: str, result: Any, axis: int | None = None) -> Value:
        """An extent that is known only when ``result`` is: the number it holds (``value``), or its size along an axis (``object``)."""
        self.telling[result.number] = result
        leaf = self.trace.leaf("size", "int64", (kind, result.number) if axis is None else (kind, result.number, axis))
        self._order.setdefault(leaf, (result.number, len(self._order)))
        return leaf

    def _numbered(self, value: Value) -> Value:
        if value not in self._order:
            self._order[value] = (max((self._rank(a)[0] for a in value.args), default=-1), len(self._order))
        return value

    def is_told(self, value: Value) -> bool:
        """Whether ``value`` is known only when the program has found a size."""
        return self._rank(value)[0] >= 0

    def told_by(self, values: Iterable[Value]) -> list[Value]:
        """The parts of ``values`` that the program finds."""
        return [v for v in walk(values) if v.op == "size" and self._rank(v)[0] >= 0]

    def emit(self, op: str, left: Value, right: Value) -> Value:
        """``left op right``, simplified; the numbers are extents, so wrap-around is not considered."""
        if left.op == "const" and right.op == "const":
            return self.const(_fold(op, left.data, right.data))
        if op in _COMMUTATIVE and self._rank(right) < self._rank(left):
            left, right = right, left
        simple = self._simplify(op, left, right)
        return simple if simple is not None else self._numbered(self.trace.emit(op, (left, right), "int64"))

    def _simplify(self, op: str, left: Value, right: Value) -> Value | None:
        if op in ("add", "sub") and right is self.zero:
            return left
        if op == "add":
            if left is self.zero:
                return right
            if right.op == "sub" and right.args[1] is left:  # a + (b - a)
                return right.args[0]
            if left.op == "sub" and left.args[1] is right:
                return left.args[0]
        elif op == "mul":
            if left is self.zero or right is self.zero:
                return self.zero
            if left is self.one or right is self.one:
                return right if left is self.one else left
            if left.op == "mul" or right.op == "mul":
                return self._product(left, right)
        elif op == "sub" and left is right:
            return self.zero
        elif op == "floordiv":
            if right is self.one:
                return left
            if left is right:
                return None  # 0 // 0 is 0: not always one
        elif op in ("min", "max"):
            if left is right or (left.op == op and right in left.args):
                return left
            if right.op == op and left in right.args:
                return right
            if left.op == "const" and int(left.data) <= 0 and self.never_negative(right):
                return right if op == "max" else left if left is self.zero else None
        return None

    def never_negative(self, extent: Value) -> bool:
        """Whether ``extent`` is made of sizes of arrays without subtraction; the numbers held by variables may be negative."""
        known = self._signs.get(extent)
        if known is not None:
            return known

        def fine(op: str, data: Any) -> bool:
            return op in ("add", "mul", "min", "max", "floordiv") or (op == "const" and data >= 0) or (op == "size" and data[0] != "value")

        self._signs[extent] = known = all(fine(v.op, v.data) for v in walk([extent]))
        return known

    def _product(self, *factors: Value) -> Value:
        """Products are kept as left-leaning chains of factors in rank order, so that equal products are one object."""
        flat: list[Value] = []
        for factor in factors:
            while factor.op == "mul":
                flat.append(factor.args[1])
                factor = factor.args[0]
            flat.append(factor)
        number = 1
        for factor in flat:
            if factor.op == "const":
                number *= int(factor.data)
        rest = sorted((f for f in flat if f.op != "const"), key=self._rank)
        if number == 0:
            return self.zero
        result = self.const(number) if number != 1 else rest.pop(0)
        for factor in rest:
            result = self._numbered(self.trace.emit("mul", (result, factor), "int64"))
        return result

    def _rank(self, value: Value) -> tuple[int, int]:
        return (-1, -1) if value.op == "const" else self._order[self._numbered(value)]

    def add(self, a: Value, b: Value) -> Value:
        return self.emit("add", a, b)

    def sub(self, a: Value, b: Value) -> Value:
        return self.emit("sub", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        return self.emit("mul", a, b)

    def product(self, factors: Iterable[Value]) -> Value:
        result = self.one
        for factor in factors:
            result = self.mul(result, factor)
        return result

    # ------------------------------------------------------------------ equality

    def _find(self, value: Value) -> Value:
        root = value
        while (up := self._parent.get(root)) is not None:
            root = up
        while value is not root:
            self._parent[value], value = root, self._parent[value]
        return root

    def unite(self, a: Value, b: Value) -> None:
        """From now on ``a`` and ``b`` are the same extent.  A constant, or what is known first, or the older one stands for
        both; of two constants, neither: the call fails before anything depends on it."""
        a, b = self.canonical(a), self.canonical(b)
        if a is b or (a.op == "const" and b.op == "const"):
            return
        if self._rank(b) < self._rank(a) or b.op == "const":
            a, b = b, a
        self._parent[b] = a
        self._generation += 1
        self._found.append((a, b))

    @contextmanager
    def scope(self, equalities: list[tuple[Value, Value]]) -> Iterator[None]:
        """Within the ``with`` block ``equalities`` hold too: those of a region that may not run.  Those found meanwhile join them."""
        outside, self._parent = self._parent, dict(self._parent)
        found, self._found = self._found, []
        try:
            for a, b in list(equalities):
                self.unite(a, b)
            self._found = equalities
            self._generation += 1
            yield
        finally:
            self._parent, self._found = outside, found
            self._generation += 1

    def canonical(self, value: Value) -> Value:
        """The representative of ``value`` under all equalities known so far."""
        if value.op == "const":
            return value
        cached = self._canonical.get(value)
        if cached is not None and cached[0] == self._generation:
            return cached[1]
        chain = [value]  # what stands for it may have parts for which others stand
        while (result := self._replaced(chain[-1])) is not chain[-1]:
            if len(chain) == LONGEST or not set(chain).isdisjoint(walk([result])):
                result = min(chain, key=self._rank)
                break
            chain.append(result)
        self._canonical |= dict.fromkeys(chain, (self._generation, result))
        return result

    def _replaced(self, value: Value) -> Value:
        """``value`` of what stands for its parts, or what stands for that."""
        if not value.args:
            return self._find(value)
        new: dict[Value, Value] = {}
        for v in walk([value]):
            if v.op in ("const", "size"):
                new[v] = self._find(v)
            elif len(v.args) == 2:
                new[v] = self._find(self.emit(v.op, new[v.args[0]], new[v.args[1]]))
            else:
                new[v] = self._find(self.trace.emit(v.op, tuple(new[a] for a in v.args), v.dtype, v.data))
        return new[value]

    def same(self, a: Value, b: Value) -> bool:
        """Whether ``a`` and ``b`` are provably equal."""
        return a is b or self.canonical(a) is self.canonical(b)


def _fold(op: str, a: int, b: int) -> int:
    if op == "add":
        return a + b
    if op == "sub":
        return a - b
    if op == "mul":
        return a * b
    if op == "floordiv":
        return a // b if b else 0
    if op == "mod":
        return a % b if b else 0
    return min(a, b) if op == "min" else max(a, b)


def row_major_strides(extents: Extents, shape: tuple[Value, ...]) -> tuple[Value, ...]:
    """Element strides of a C-contiguous array."""
    strides = [extents.one] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = extents.mul(strides[axis + 1], shape[axis + 1])
    return tuple(strides)
