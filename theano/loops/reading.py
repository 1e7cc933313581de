"""What an operation's body may ask of its arguments: their elements, their sizes, and that these fit together.

Views never copy: reading through them composes their index maps.  A size is an expression of the sizes of arguments; where a graph
assumes that two are equal and that is not provable, the assumption is noted as a guard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano import errors
from theano.graph import Apply, Variable
from theano.graph.naming import title
from theano.loops.extents import Extents
from theano.loops.ir import Guard
from theano.loops.nest import Array, Parts, Result, View
from theano.scalar.instructions import Complex, Value, rebuild, select, walk

Number = int  # a name that Reading.int does not hide

_INTEGER_ARITHMETIC = frozenset({"add", "sub", "mul", "floordiv", "mod", "min", "max"})
NAMED = 8
"""A message shows at most so many inputs of a node."""
MOST_FACTORS = 16
"""A product of more is no size: integers to the power of integers multiply themselves again and again."""


class Reading:
    """What variables are so far, as functions of indices, and what must hold of them."""

    def __init__(self, extents: Extents | None = None) -> None:
        self.extents = extents or Extents()
        self.trace = self.extents.trace
        self.values: dict[Variable, Array] = {}
        self.guards: list[Guard] = []
        self.awaited: tuple[Value, ...] = ()  # sizes that are told before the last of the guards can run
        self.checks: list[tuple[Any, str]] = []
        self.operands: dict[Any, tuple[tuple[Variable, tuple[Value, ...]], ...]] = {}
        self._absorbed: list[Any] = []
        self._index = [self.trace.leaf("index", "int64", axis) for axis in range(8)]

    # ------------------------------------------------------------------ sizes

    def int(self, number: int) -> Value:
        return self.extents.const(number)

    def shape(self, variable: Variable) -> tuple[Value, ...]:
        """The extents of ``variable``; broadcastable axes have the constant 1."""
        return self.values[variable].shape

    def minimum(self, a: Value, b: Value) -> Value:
        return self.extents.emit("min", a, b)

    def maximum(self, a: Value, b: Value) -> Value:
        return self.extents.emit("max", a, b)

    def add(self, a: Value, b: Value) -> Value:
        return self.extents.emit("add", a, b)

    def sub(self, a: Value, b: Value) -> Value:
        return self.extents.emit("sub", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        return self.extents.emit("mul", a, b)

    def floordiv(self, a: Value, b: Value) -> Value:
        return self.extents.emit("floordiv", a, b)

    def _integer(self, value: Value) -> Value | None:
        """``value`` as an extent, or None where it depends on data or may wrap round, or is a power too high to be a size."""
        new: dict[Value, Value | None] = {}
        factors: dict[Value, Number] = {}
        for v in walk([value]):
            args = [new[a] for a in v.args]
            counts = [factors[a] for a in v.args]
            factors[v] = sum(counts) if v.op == "mul" else max(counts, default=int(v.op != "const"))
            if factors[v] > MOST_FACTORS:
                return None
            if v.op == "const":
                new[v] = self.int(int(v.data)) if "int" in v.dtype else None
            elif v.op == "size":
                new[v] = v
            elif v.op == "read" and not v.args:
                new[v] = v.data.extent
            elif v.op == "cast" and v.dtype == "int64":
                new[v] = args[0]
            elif v.op in _INTEGER_ARITHMETIC and v.dtype == "int64" and None not in args:
                new[v] = self.extents.emit(v.op, *args)  # type: ignore[arg-type]
            elif v.op == "eq" and all(a is not None and a.op == "const" for a in args):
                new[v] = self.int(args[0] is args[1])
            elif v.op == "select" and args[0] is not None and args[0].op == "const":  # one of several sizes, by its number
                new[v] = args[1] if args[0].data else args[2]
            else:
                new[v] = None
        return new[value]

    # ------------------------------------------------------------------ elements

    def indices(self, rank: Number) -> tuple[Value, ...]:
        while len(self._index) < rank:
            self._index.append(self.trace.leaf("index", "int64", len(self._index)))
        return tuple(self._index[:rank])

    def read(self, variable: Variable, indices: Sequence[Value]) -> Value:
        """The element of ``variable`` there; axes of extent 1 ignore their index."""
        return self._read(self.values[variable], tuple(indices))

    def read_checked(self, variable: Variable, indices: Sequence[Value]) -> Value:
        """As :meth:`read`; indices are checked of an array, too, whose elements are all the same along an axis."""
        value = self.read(variable, indices)
        parts = value.parts if isinstance(value, Complex) else (value,)
        kept = set(walk(parts))
        for index in indices:
            if index.op == "check" and index not in kept:  # what is in range is not negative
                first, other = parts[0], self.trace.const(0, parts[0].dtype)
                other = self.trace.const(1, first.dtype) if first is other else other
                parts = (select(index < 0, other, first), *parts[1:])
        return Complex(*parts) if isinstance(value, Complex) else parts[0]

    def _read(self, value: Array, indices: tuple[Value, ...]) -> Value:
        if isinstance(value, Parts):
            return Complex(self._read(value.real, indices), self._read(value.imag, indices))
        while isinstance(value, View):
            indices = value.indices(*self._clamped(value.shape, indices))
            if value.flat:
                return self._read_flat(value.source, indices[0])
            value = value.source
        if value.inline and value.nest is not None:
            self._absorbed += value.nest.nodes[-NAMED:]
            return self._substitute(value, self._clamped(value.shape, indices))
        return self.trace.emit("read", self._clamped(value.shape, indices), value.dtype, value)

    def _read_flat(self, value: Result | View, position: Value) -> Value:
        while isinstance(value, View):
            value = value.source
        return self.trace.emit("read_flat", (position,), value.dtype, value)

    def _clamped(self, shape: tuple[Value, ...], indices: tuple[Value, ...]) -> tuple[Value, ...]:
        zero, one = self.extents.zero, self.extents.one
        return tuple(zero if s is one else i for s, i in zip(shape, indices, strict=True))

    def _substitute(self, result: Result, indices: tuple[Value, ...]) -> Value:
        """The body of ``result`` at other points than those it was written for."""
        assert result.nest is not None
        body = result.nest.bodies[result.position]
        if all(i.op == "index" and i.data == axis for axis, i in enumerate(indices) if result.shape[axis] is not self.extents.one):
            return body

        def replace(v: Value, args: tuple[Value, ...]) -> Value | None:
            return indices[v.data] if v.op == "index" else None

        return rebuild([body], self.trace, replace)[0]

    # ------------------------------------------------------------------ what must hold

    def equal(self, a: Value, b: Value, node: Apply, axes: tuple[Any, ...] = (), message: str = "") -> Value:
        """Assume two extents equal: nothing if provable, else a guard run before any effect."""
        if self.extents.same(a, b):
            return a
        if a.op == "const" and b.op == "const":
            raise errors.ShapeError(_mismatch(node, message, axes, a, b))
        self.note_operands(node)
        if self.extents.is_told(a) or self.extents.is_told(b):  # what two sizes of arrays owe to it is guarded without it
            a, b = self.extents.canonical(a), self.extents.canonical(b)
        self._guard(Guard(a, b, node, axes, "equal", message))
        self.extents.unite(a, b)
        return self.extents.canonical(a)

    def at_least(self, a: Value, b: Value, node: Apply, message: str = "") -> None:
        """Guard ``a >= b``, unless that is known."""
        if a.op == "const" and b.op == "const":
            if int(a.data) < int(b.data):
                text = _mismatch(node, message, (), a, b)
                raise errors.BoundsError(text) if text.startswith("index ") else errors.ShapeError(text)
            return
        if b is self.extents.zero and self.extents.never_negative(a):
            return
        self.note_operands(node)
        self._guard(Guard(a, b, node, (), "at_least", message))

    def _guard(self, guard: Guard) -> None:
        """What is lowered from now on relies on it."""
        self.guards.append(guard)
        if self.extents.is_told(guard.left) or self.extents.is_told(guard.right):
            self.awaited = tuple(dict.fromkeys((*self.awaited, *self.extents.told_by([guard.left, guard.right]))))

    def note_operands(self, node: Apply | None) -> None:
        """``node`` may fail: a message will show its inputs with their shapes."""
        if node is not None and node not in self.operands:
            self.operands[node] = tuple((v, self.values[v].shape) for v in node.inputs[:NAMED] if v in self.values)

    def checked_index(self, index: Value, extent: Value, node: Apply, message: str) -> Value:
        """``index`` counted from the end if negative, which an uint64 never is; out of range stops the call with an IndexError."""
        if (node, message) not in self.checks[-4:]:
            self.note_operands(node)
            self.checks.append((node, message))
        code = len(self.checks) - 1 - self.checks[::-1].index((node, message))
        return self.trace.emit("check", (index if index.dtype == "uint64" else index.cast("int64"), extent), "int64", code + 1)

    def index_within(self, index: Value, extent: Value, node: Apply, message: str) -> Value:
        """As :meth:`checked_index`, but a negative one is out of range; ``extent`` may depend on data."""
        wide = index.cast("int64")
        return self.checked_index(wide, select(wide < 0, self.trace.const(0, "int64"), extent), node, message)


def _mismatch(node: Any, message: str, axes: tuple[Any, ...], a: Value, b: Value) -> str:
    """What is wrong already when the graph is compiled."""
    first = title(node.inputs[0]) if node.inputs else str(node)
    if not axes:
        headline, _, cure = (message or "{left} is less than {right}").partition("\n")
        return errors.message(headline.format(left=a.data, right=b.data, array=first) + f" ({node})", cure=cure)
    headline, _, cure = (message or "sizes differ").partition("\n")
    rows = [(f"axis {axis} of", title(v), v.type, v.origin) for v, axis in axes]
    return errors.message(f"{headline}: {a.data} and {b.data}", rows, cure)
