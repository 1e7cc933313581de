"""Each scalar instruction as LLVM assembly, on one number or on a vector of lanes alike.

Every instruction is total, so the text guards what LLVM leaves undefined: division by zero, over-wide shifts, float
to integer out of range.  What a target lacks (rounding without SSE4.1, float16, intrinsics) is rewritten before by
:mod:`theano.emit.llvm.legalise`, so no text here can end in a call of a library function.

>>> code = Code()
>>> Instructions(code, lanes=4, has_fma=True).emit("add", "float32", ["%a", "%b"], ["float32", "float32"])
'%v1'
>>> code.lines
['  %v1 = fadd <4 x float> %a, %b']
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from theano.emit.llvm.text import constant, register, suffix
from theano.scalar.instructions import COMPUTED_FLOATS, ITEMSIZE, SIGNED


@dataclass(slots=True)
class Code:
    """Lines of text; blocks opened in it follow each other."""

    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lines: list[str] = field(default_factory=list)

    def let(self, expression: str) -> str:
        name = f"%v{next(self.names)}"
        self.lines.append(f"  {name} = {expression}")
        return name

    def do(self, statement: str) -> None:
        self.lines.append(f"  {statement}")


_SAME = {"fma": "fma", "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "rint", "copysign": "copysign"}
_FLOAT = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_INTEGER = {"add": "add", "sub": "sub", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}
_COMPARE_FLOAT = {"lt": "olt", "le": "ole", "eq": "oeq", "ne": "une"}
_COMPARE_INTEGER = {"lt": "lt", "le": "le", "eq": "eq", "ne": "ne"}


@dataclass(frozen=True, slots=True)
class Instructions:
    """A printer of instructions into ``code``, all on ``lanes`` lanes."""

    code: Code
    lanes: int
    has_fma: bool

    def emit(self, op: str, dtype: str, args: Sequence[str], types: Sequence[str]) -> str:
        """Print ``op`` on operands of dtypes ``types``, giving ``dtype``; the name of the result."""
        if op == "cast":
            return self.cast(args[0], types[0], dtype)
        if op == "bitcast":
            old, new = register(types[0], self.lanes), register(dtype, self.lanes)
            return args[0] if old == new else self.code.let(f"bitcast {old} {args[0]} to {new}")
        if op == "select":
            return self.select(args[0], args[1], args[2], dtype)
        if op == "call":  # the only one that legalise leaves
            return self.ldexp(dtype, *args)
        if op in _COMPARE_FLOAT:
            return self.compare(op, args[0], args[1], types[0])
        return self._float(op, dtype, args) if dtype in COMPUTED_FLOATS else self._integer(op, dtype, args)

    # ------------------------------------------------------------------------------------------ building blocks

    def constant(self, number: float, dtype: str) -> str:
        return constant(number, dtype, self.lanes)

    def binary(self, opcode: str, dtype: str, a: str, b: str) -> str:
        return self.code.let(f"{opcode} {register(dtype, self.lanes)} {a}, {b}")

    def call(self, name: str, dtype: str, *args: str, flag: bool = False) -> str:
        kind = register(dtype, self.lanes)
        given = ", ".join(f"{kind} {a}" for a in args) + (", i1 false" if flag else "")
        return self.code.let(f"call {kind} @llvm.{name}.{suffix(dtype, self.lanes)}({given})")

    def select(self, condition: str, then: str, otherwise: str, dtype: str) -> str:
        kind = register(dtype, self.lanes)
        return self.code.let(f"select {register('bool', self.lanes)} {condition}, {kind} {then}, {kind} {otherwise}")

    def compare(self, op: str, a: str, b: str, dtype: str) -> str:
        kind = register(dtype, self.lanes)
        if dtype in COMPUTED_FLOATS:
            return self.code.let(f"fcmp {_COMPARE_FLOAT[op]} {kind} {a}, {b}")
        sign = "" if op in ("eq", "ne") else "s" if dtype in SIGNED else "u"
        return self.code.let(f"icmp {sign}{_COMPARE_INTEGER[op]} {kind} {a}, {b}")

    def is_nan(self, a: str, dtype: str) -> str:
        return self.code.let(f"fcmp uno {register(dtype, self.lanes)} {a}, {a}")

    def either(self, a: str, b: str) -> str:
        return self.binary("or", "bool", a, b)

    def both(self, a: str, b: str) -> str:
        return self.binary("and", "bool", a, b)

    def ldexp(self, dtype: str, x: str, k: str) -> str:
        """``x * 2**k`` by the instruction of machines with masks; LLVM knows it for registers of 16, 32 and 64 bytes."""
        size = ITEMSIZE[dtype]
        lanes = min(max(16 // size, self.lanes), 64 // size)
        kind, bits = register(dtype, lanes), 8 * size * lanes
        name = f"@llvm.x86.avx512.mask.scalef.p{'sd'[dtype == 'float64']}.{bits}"
        ending = f"{kind} zeroinitializer, {'i8' if lanes <= 8 else 'i16'} -1{', i32 4' if bits == 512 else ''}"
        parts = []
        for start in range(0, self.lanes, lanes):
            a, b = self._picked(dtype, x, start, lanes), self._picked(dtype, k, start, lanes)
            parts.append(self.code.let(f"call {kind} {name}({kind} {a}, {kind} {b}, {ending})"))
        while len(parts) > 1:
            parts = [self._shuffled(dtype, lanes, a, b, range(2 * lanes)) for a, b in zip(parts[::2], parts[1::2], strict=True)]
            lanes *= 2
        if self.lanes == 1:
            return self.code.let(f"extractelement {kind} {parts[0]}, i64 0")
        return parts[0] if self.lanes == lanes else self._shuffled(dtype, lanes, parts[0], "poison", range(self.lanes))

    def _picked(self, dtype: str, text: str, start: int, lanes: int) -> str:
        """``lanes`` lanes from ``start`` on, any number where there are none."""
        if self.lanes == 1:
            return self.code.let(f"insertelement {register(dtype, lanes)} poison, {register(dtype)} {text}, i64 0")
        return text if self.lanes == lanes else self._shuffled(dtype, self.lanes, text, "poison", range(start, start + lanes))

    def _shuffled(self, dtype: str, lanes: int, a: str, b: str, order: Sequence[int]) -> str:
        kind, places = register(dtype, lanes), ", ".join(f"i32 {lane}" for lane in order)
        return self.code.let(f"shufflevector {kind} {a}, {kind} {b}, <{len(order)} x i32> <{places}>")

    # ------------------------------------------------------------------------------------------ instructions

    def _float(self, op: str, dtype: str, args: Sequence[str]) -> str:
        if op in _FLOAT:
            return self.binary(_FLOAT[op], dtype, args[0], args[1])
        if op == "neg":
            return self.code.let(f"fneg {register(dtype, self.lanes)} {args[0]}")
        if op == "abs":
            return self.call("fabs", dtype, args[0])
        if op in ("min", "max"):
            return self.extremum(op, args[0], args[1], dtype)
        if op == "fma" and not self.has_fma:
            return self.binary("fadd", dtype, self.binary("fmul", dtype, args[0], args[1]), args[2])
        return self.call(_SAME[op], dtype, *args)

    def extremum(self, op: str, a: str, b: str, dtype: str) -> str:
        """The comparison alone is one machine instruction that gives ``b`` if either is NaN; then only a NaN ``a`` is left."""
        chosen = self.select(self.compare("lt", a, b, dtype) if op == "min" else self.compare("lt", b, a, dtype), a, b, dtype)
        return self.select(self.is_nan(a, dtype), a, chosen, dtype)

    def _integer(self, op: str, dtype: str, args: Sequence[str]) -> str:
        if op in _INTEGER:
            return self.binary(_INTEGER[op], dtype, args[0], args[1])
        if op == "not":
            return self.binary("xor", dtype, args[0], self.constant(True if dtype == "bool" else -1, dtype))
        if op == "neg":
            return self.binary("sub", dtype, self.constant(0, dtype), args[0])
        signed = dtype in SIGNED
        if op == "abs":
            return self.call("abs", dtype, args[0], flag=True) if signed else args[0]
        if op in ("min", "max"):
            return self.call(("s" if signed else "u") + op, dtype, args[0], args[1])
        if op in ("floordiv", "mod"):
            return self._divide(op, dtype, args[0], args[1])
        return self._shift(op, dtype, args[0], args[1])

    def _shift(self, op: str, dtype: str, a: str, b: str) -> str:
        """By the width or more: the count is read as unsigned."""
        bits = 8 * ITEMSIZE[dtype]
        if op == "shr" and dtype in SIGNED:
            return self.binary("ashr", dtype, a, self.call("umin", dtype, b, self.constant(bits - 1, dtype)))
        kind = register(dtype, self.lanes)
        fits = self.code.let(f"icmp ult {kind} {b}, {self.constant(bits, dtype)}")
        count = self.select(fits, b, self.constant(0, dtype), dtype)
        return self.select(fits, self.binary("shl" if op == "shl" else "lshr", dtype, a, count), self.constant(0, dtype), dtype)

    def _divide(self, op: str, dtype: str, a: str, b: str) -> str:
        """Towards minus infinity; a divisor of 0 gives 0, and by -1 nothing is divided (the least number has no negative)."""
        zero, one = self.constant(0, dtype), self.constant(1, dtype)
        by_zero = self.compare("eq", b, zero, dtype)
        if dtype not in SIGNED:
            opcode = "udiv" if op == "floordiv" else "urem"
            return self.select(by_zero, zero, self.binary(opcode, dtype, a, self.select(by_zero, one, b, dtype)), dtype)
        by_minus_one = self.compare("eq", b, self.constant(-1, dtype), dtype)
        safe = self.select(self.either(by_zero, by_minus_one), one, b, dtype)
        rest = self.binary("srem", dtype, a, safe)
        opposite = self.compare("lt", self.binary("xor", dtype, rest, b), zero, dtype)
        below = self.both(self.compare("ne", rest, zero, dtype), opposite)
        if op == "mod":  # rest is 0 for the divisors 0 and -1
            return self.select(below, self.binary("add", dtype, rest, b), rest, dtype)
        quotient = self.binary("sdiv", dtype, a, safe)
        floored = self.select(below, self.binary("sub", dtype, quotient, one), quotient, dtype)
        negated = self.select(by_minus_one, self.binary("sub", dtype, zero, a), floored, dtype)
        return self.select(by_zero, zero, negated, dtype)

    def by_constant(self, op: str, dtype: str, a: str, number: object) -> str | None:
        """Where a second argument that is known now makes a difference: what is shorter than :meth:`emit`."""
        if op in ("shl", "shr"):
            return self.shift_by(op, dtype, a, cast(int, number))
        return self.divide_by(op, dtype, a, cast(int, number)) if op in ("floordiv", "mod") and cast(int, number) >= 1 else None

    def divide_by(self, op: str, dtype: str, a: str, divisor: int) -> str:
        """By a positive number known now: nothing to guard, and a power of two needs no division."""
        if divisor & (divisor - 1) == 0:
            if op == "mod":
                return self.binary("and", dtype, a, self.constant(divisor - 1, dtype))
            shift = "ashr" if dtype in SIGNED else "lshr"
            return self.binary(shift, dtype, a, self.constant(divisor.bit_length() - 1, dtype))
        by, zero = self.constant(divisor, dtype), self.constant(0, dtype)
        if dtype not in SIGNED:
            return self.binary("udiv" if op == "floordiv" else "urem", dtype, a, by)
        rest = self.binary("srem", dtype, a, by)
        below = self.compare("lt", rest, zero, dtype)
        if op == "mod":
            return self.select(below, self.binary("add", dtype, rest, by), rest, dtype)
        quotient = self.binary("sdiv", dtype, a, by)
        return self.select(below, self.binary("sub", dtype, quotient, self.constant(1, dtype)), quotient, dtype)

    def shift_by(self, op: str, dtype: str, a: str, count: int) -> str:
        """By a number known now."""
        bits = 8 * ITEMSIZE[dtype]
        arithmetic = op == "shr" and dtype in SIGNED
        if not 0 <= count < bits:
            if not arithmetic:
                return self.constant(0, dtype)
            count = bits - 1
        opcode = "shl" if op == "shl" else "ashr" if arithmetic else "lshr"
        return self.binary(opcode, dtype, a, self.constant(count, dtype))

    def cast(self, a: str, old: str, new: str) -> str:
        if old == new:
            return a
        if new == "bool":
            return self.compare("ne", a, self.constant(0, old), old)
        if "float16" in (old, new):
            return self._cast_half(a, old)
        source, destination = register(old, self.lanes), register(new, self.lanes)
        if old in COMPUTED_FLOATS and new in COMPUTED_FLOATS:
            return self.code.let(f"{'fpext' if new == 'float64' else 'fptrunc'} {source} {a} to {destination}")
        if old in COMPUTED_FLOATS:
            name = "fptosi" if new in SIGNED else "fptoui"
            kinds = f"{suffix(new, self.lanes)}.{suffix(old, self.lanes)}"
            return self.code.let(f"call {destination} @llvm.{name}.sat.{kinds}({source} {a})")
        if new in COMPUTED_FLOATS:
            return self.code.let(f"{'sitofp' if old in SIGNED else 'uitofp'} {source} {a} to {destination}")
        wide, narrow = ITEMSIZE[new], 0 if old == "bool" else ITEMSIZE[old]
        if wide == narrow:
            return a
        opcode = "trunc" if wide < narrow else "sext" if old in SIGNED else "zext"
        return self.code.let(f"{opcode} {source} {a} to {destination}")

    def _cast_half(self, a: str, old: str) -> str:
        """Between float16 and float32 on a machine with the instruction (legalise leaves no other pair)."""
        half = "half" if self.lanes == 1 else f"<{self.lanes} x half>"
        bits, single = register("float16", self.lanes), register("float32", self.lanes)
        if old == "float16":
            return self.code.let(f"fpext {half} {self.code.let(f'bitcast {bits} {a} to {half}')} to {single}")
        return self.code.let(f"bitcast {half} {self.code.let(f'fptrunc {single} {a} to {half}')} to {bits}")
