"""The scalar instruction set: a hash-consed, typed, straight-line language of total functions.

Every elementwise body, index computation and array extent is a :class:`Value`, a node of a directed
acyclic graph interned by a :class:`Trace`: the same instruction on the same arguments is the same object.
Emitters print these instructions for one machine each; nothing else knows what a machine is.

Instructions are *total*: each has one defined result for every argument, in every emitter.  Integer
arithmetic wraps; integer division by zero gives 0, and ``INT_MIN // -1`` gives ``INT_MIN``; shifts by the width or more
give 0 (-1 for an arithmetic shift of a negative number); a float cast to an integer type saturates and NaN becomes 0.

>>> trace = Trace()
>>> x = trace.leaf("input", "float64", 0)
>>> (x + 1.0) is (x + 1.0)
True
>>> (x * x + 1.0).op
'add'
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from typing import Any

BOOL = ("bool",)
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
COMPUTED_FLOATS = ("float32", "float64")
FLOATS = ("float16",) + COMPUTED_FLOATS
REAL = BOOL + INTEGERS + FLOATS
PARTS = {"complex64": "float32", "complex128": "float64"}
"""Complex dtypes, which no instruction has, and those of their parts: see :class:`Complex`."""

ITEMSIZE = {"bool": 1} | {
    f"{kind}{bits}": bits // 8 for kind in ("int", "uint", "float") for bits in (8, 16, 32, 64) if (kind, bits) != ("float", 8)
}

LEAVES = frozenset({"const", "input", "index", "size", "scalar", "load", "acc"})
"""Where values come from.  ``const``: ``data`` is a Python number.  ``input``: argument ``data`` of an
elementwise body.  ``index``: the loop index number ``data``.  ``size`` / ``scalar``: run-time parameter
number (or key) ``data``, an int64 / a number.  ``load``: the element of buffer ``data`` at ``args[0]`` (int64
element offset).  ``acc``: ``data = (key, position)``, a loop accumulator's result, readable after the loop."""

ARITHMETIC = frozenset({"add", "sub", "mul", "neg", "abs", "min", "max"})
"""On every integer and computed float; ``min``/``max`` propagate NaN."""
FLOAT_ONLY = frozenset({"div", "fma", "sqrt", "floor", "ceil", "trunc", "rint", "copysign"})
INTEGER_ONLY = frozenset({"floordiv", "mod", "shl", "shr"})
"""``floordiv`` and ``mod`` round towards minus infinity; ``mod`` takes the divisor's sign."""
LOGIC = frozenset({"and", "or", "xor", "not"})
"""On bool (logical) and on integers (bitwise)."""
COMPARISONS = frozenset({"lt", "le", "eq", "ne"})
"""Give bool; every comparison with NaN but ``ne`` is false.  ``a > b`` is ``b < a``."""
OTHER = frozenset({"select", "cast", "bitcast", "call"})
"""``select(bool, a, b)``, its ``data`` None or the hint of :func:`rarely`; ``cast`` to ``dtype`` (to bool: != 0); ``bitcast``
between a float and the integer of its width; ``call``: the named intrinsic ``data`` (``exp``, ``erf``, ...), which an emitter
maps to its own function or expands through :mod:`theano.scalar.mathlib`."""


class Value:
    """One instruction of a trace; compare by identity.  Python operators build further instructions."""

    __slots__ = ("trace", "op", "args", "dtype", "data")
    __array_ufunc__ = None

    def __init__(self, trace: Trace, op: str, args: tuple[Value, ...], dtype: str, data: Any) -> None:
        self.trace, self.op, self.args, self.dtype, self.data = trace, op, args, dtype, data

    def __repr__(self) -> str:
        inside = [repr(a) if a.op == "const" else f"%{a.op}" for a in self.args]
        if self.data is not None:
            inside.append(repr(self.data))
        return f"{self.op}.{self.dtype}({', '.join(inside)})"

    def __elementwise__(self, op: Any, args: Sequence[Any]) -> Value:
        """Called by an elementwise op applied to traced values: inline its body here."""
        inlined: Value = op.trace(self.trace, *args)
        return inlined

    def _binary(self, op: str, other: Value | float, swap: bool = False, dtype: str | None = None) -> Value:
        rhs = other if isinstance(other, Value) else self.trace.const(other, self.dtype)
        pair = (rhs, self) if swap else (self, rhs)
        return self.trace.emit(op, pair, dtype or self.dtype)

    def __add__(self, other: Value | float) -> Value:
        return self._binary("add", other)

    def __radd__(self, other: float) -> Value:
        return self._binary("add", other, swap=True)

    def __sub__(self, other: Value | float) -> Value:
        return self._binary("sub", other)

    def __rsub__(self, other: float) -> Value:
        return self._binary("sub", other, swap=True)

    def __mul__(self, other: Value | float) -> Value:
        return self._binary("mul", other)

    def __rmul__(self, other: float) -> Value:
        return self._binary("mul", other, swap=True)

    def __truediv__(self, other: Value | float) -> Value:
        return self._binary("div", other)

    def __rtruediv__(self, other: float) -> Value:
        return self._binary("div", other, swap=True)

    def __floordiv__(self, other: Value | float) -> Value:
        return self._binary("floordiv", other)

    def __mod__(self, other: Value | float) -> Value:
        return self._binary("mod", other)

    def __and__(self, other: Value | float) -> Value:
        return self._binary("and", other)

    def __or__(self, other: Value | float) -> Value:
        return self._binary("or", other)

    def __xor__(self, other: Value | float) -> Value:
        return self._binary("xor", other)

    def __lshift__(self, other: Value | float) -> Value:
        return self._binary("shl", other)

    def __rshift__(self, other: Value | float) -> Value:
        return self._binary("shr", other)

    def __neg__(self) -> Value:
        return self.trace.emit("neg", (self,), self.dtype)

    def __abs__(self) -> Value:
        return self.trace.emit("abs", (self,), self.dtype)

    def __invert__(self) -> Value:
        return self.trace.emit("not", (self,), self.dtype)

    def __lt__(self, other: Value | float) -> Value:
        return self._binary("lt", other, dtype="bool")

    def __le__(self, other: Value | float) -> Value:
        return self._binary("le", other, dtype="bool")

    def __gt__(self, other: Value | float) -> Value:
        return self._binary("lt", other, swap=True, dtype="bool")

    def __ge__(self, other: Value | float) -> Value:
        return self._binary("le", other, swap=True, dtype="bool")

    def equals(self, other: Value | float) -> Value:
        """``==`` stays identity; this builds the comparison."""
        return self._binary("eq", other, dtype="bool")

    def differs(self, other: Value | float) -> Value:
        return self._binary("ne", other, dtype="bool")

    def cast(self, dtype: str) -> Value:
        if dtype == self.dtype:
            return self
        if dtype in PARTS:
            return Complex(self.cast(PARTS[dtype]), self.trace.const(0, PARTS[dtype]))
        return self.trace.emit("cast", (self,), dtype)

    @property
    def real(self) -> Value:
        return self

    @property
    def imag(self) -> Value:
        return self.trace.const(0, self.dtype)

    @property
    def parts(self) -> tuple[Value, ...]:
        """What is stored of it: itself, or both parts of a complex number."""
        return (self,)

    def applied(self, op: str, *others: Value, data: Hashable = None) -> Value:
        """The instruction ``op`` on this value and ``others`` of its dtype, which is that of the result."""
        return self.trace.emit(op, (self, *others), self.dtype, data)

    def selected(self, condition: Value, otherwise: Value, hint: str | None = None) -> Value:
        """This value where ``condition`` holds."""
        return self.trace.emit("select", (condition, self, otherwise), self.dtype, hint)

    def bitcast(self, dtype: str) -> Value:
        return self.trace.emit("bitcast", (self,), dtype)


class Complex(Value):
    """A complex number while code is traced: two values, which share a dtype.

    It has the operators of a value and goes wherever one does, but is no instruction: what is computed of it are instructions on
    its parts (:mod:`theano.scalar.mathlib.complex_functions`), and nothing after lowering knows of it."""

    __slots__ = ()

    def __init__(self, real: Value, imag: Value) -> None:
        dtype = next(whole for whole, part in PARTS.items() if part == real.dtype)
        super().__init__(real.trace, "complex", (real, imag), dtype, None)

    @property
    def real(self) -> Value:
        return self.args[0]

    @property
    def imag(self) -> Value:
        return self.args[1]

    @property
    def parts(self) -> tuple[Value, ...]:
        return self.args

    def _binary(self, op: str, other: Value | complex, swap: bool = False, dtype: str | None = None) -> Value:
        rhs = other.cast(self.dtype) if isinstance(other, Value) else self.trace.const(other, self.dtype)
        return rhs.applied(op, self) if swap else self.applied(op, rhs)

    def __neg__(self) -> Value:
        return Complex(-self.real, -self.imag)

    def __abs__(self) -> Value:
        return self.applied("abs")

    def __invert__(self) -> Value:
        return self.applied("not")

    def cast(self, dtype: str) -> Value:
        """To a real dtype: the real part; to bool: whether either part is not zero."""
        if dtype in PARTS:
            return self if dtype == self.dtype else Complex(self.real.cast(PARTS[dtype]), self.imag.cast(PARTS[dtype]))
        return self.differs(0) if dtype == "bool" else self.real.cast(dtype)

    def applied(self, op: str, *others: Value, data: Hashable = None) -> Value:
        from theano.scalar.mathlib.complex_functions import complex_function

        return complex_function(str(data or op))(self, *others)

    def selected(self, condition: Value, otherwise: Value, hint: str | None = None) -> Value:
        return Complex(
            self.real.selected(condition, otherwise.real, hint),
            self.imag.selected(condition, otherwise.imag, hint),
        )


class Trace:
    """Interns values: equal instructions are one object, so common subexpressions cost nothing."""

    __slots__ = ("_interned",)

    def __init__(self) -> None:
        self._interned: dict[tuple[Any, ...], Value] = {}

    def __len__(self) -> int:
        return len(self._interned)

    def __iter__(self) -> Iterator[Value]:
        return iter(self._interned.values())

    def emit(self, op: str, args: tuple[Value, ...], dtype: str, data: Hashable = None) -> Value:
        key = (op, dtype, data, *map(id, args))
        found = self._interned.get(key)
        if found is None:
            found = self._interned[key] = Value(self, op, args, dtype, data)
        return found

    def leaf(self, op: str, dtype: str, data: Hashable) -> Value:
        return self.emit(op, (), dtype, data)

    def const(self, number: complex, dtype: str) -> Value:
        """A literal of type ``dtype``; floats are interned by their bits, so 0.0, -0.0 and NaN stay apart."""
        if dtype in PARTS:
            return Complex(self.const(number.real, PARTS[dtype]), self.const(number.imag, PARTS[dtype]))
        key: tuple[str, str, object]
        if dtype in FLOATS:
            number = float(number.real)
            key = ("const", dtype, struct.pack("<d", number))
        else:
            number = bool(number.real) if dtype == "bool" else int(number.real)
            key = ("const", dtype, number)
        found = self._interned.get(key)
        if found is None:
            found = self._interned[key] = Value(self, "const", (), dtype, number)
        return found

    def load(self, buffer: Hashable, offset: Value, dtype: str) -> Value:
        return self.emit("load", (offset,), dtype, buffer)


def select(condition: Value, then: Value, otherwise: Value) -> Value:
    return then.selected(condition, otherwise)


def rarely(condition: Value, unusual: Value, usual: Value) -> Value:
    """As ``select(condition, unusual, usual)``, with the hint (``data`` is "rarely") that the condition hardly ever holds.

    An emitter may branch round what only ``unusual`` needs; one that ignores the hint is right too."""
    return unusual.selected(condition, usual, "rarely")


def fma(x: Value, y: Value | float, z: Value | float) -> Value:
    """x*y + z, rounded once where the machine has it, else twice."""
    y, z = (v if isinstance(v, Value) else x.trace.const(v, x.dtype) for v in (y, z))
    return x.trace.emit("fma", (x, y, z), x.dtype)


def unary(op: str, x: Value) -> Value:
    return x.applied(op)


def binary(op: str, x: Value, y: Value | float) -> Value:
    return x.applied(op, y if isinstance(y, Value) else x.trace.const(y, x.dtype))


def intrinsic(name: str, *args: Value) -> Value:
    """A call of the named function of :mod:`theano.scalar.mathlib`; same dtype in and out."""
    return args[0].applied("call", *args[1:], data=name)


def walk(roots: Iterable[Value], opaque: Container[str] = (), seen: set[Value] | None = None) -> list[Value]:
    """All values below ``roots``, arguments before users, each once; iterative.  Arguments of ``opaque`` operations are left out, and so
    is what earlier walks have ``seen``, to which this one adds."""
    order: list[Value] = []
    seen = set() if seen is None else seen
    stack = list(roots)[::-1]
    while stack:
        value = stack[-1]
        if value not in seen:
            pending = [a for a in value.args if a not in seen] if value.args and value.op not in opaque else ()
            if pending:
                stack.extend(pending[::-1])
                continue
            seen.add(value)
            order.append(value)
        stack.pop()
    return order


def rebuild(
    roots: Sequence[Value], trace: Trace, replace: Callable[[Value, tuple[Value, ...]], Value | None], opaque: Container[str] = ()
) -> list[Value]:
    """Copy ``roots`` into ``trace``; ``replace(value, new_args)`` may give another value, or None to copy it as it is.  An
    ``opaque`` operation must be replaced: its arguments are not visited."""
    new: dict[Value, Value] = {}
    for value in walk(roots, opaque):
        args = () if value.op in opaque else tuple([new[a] for a in value.args])
        other = replace(value, args)
        if other is None:
            other = trace.const(value.data, value.dtype) if value.op == "const" else trace.emit(value.op, args, value.dtype, value.data)
        new[value] = other
    return [new[root] for root in roots]
