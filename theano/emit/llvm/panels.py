"""Products with a matrix that lies in panels: what a loop multiplies with in each step is laid so once, before it.

A panel holds a few columns row by row, so it is read from its beginning to its end.  The sums of some rows of the result by the
lanes of two registers are taken at a time, each element's by a chain of its own, through :data:`DEPTH` terms; that chain is the same
however the product is cut, so its bits do not depend on the number of threads.

    for terms by DEPTH, panel, lanes of it, rows by 8: s = 0
      for k of the terms: s[q] += a[row + q, k] * panel[k, lanes]
      out[row + q, lanes] = alpha * s[q] + beta * c[row + q, lanes]

The last rows are taken as if there were more of them: those that there are not are the last one, once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from theano.emit.llvm.instructions import Instructions
from theano.emit.llvm.scopes import splat
from theano.emit.llvm.target import Target
from theano.emit.llvm.text import constant, register, suffix
from theano.emit.llvm.writer import Module, Writer
from theano.loops.small_products import LINE, panel_columns
from theano.scalar.instructions import ITEMSIZE

TALLEST = 8
"""Rows of a tile on machines that have most registers."""
DEPTH = 256
"""Terms of a sum before it is put down: so much of a panel stays in the first cache."""


def write_panels(module: Module, target: Target, name: str, dtype: str) -> None:
    """``void @NAME.panels(out, n, a, ra, ka, panels, c, from, to, m, k, alpha, beta)``: the columns of panels ``from`` to ``to`` of the
    product of ``m`` rows of ``a``, which lie ``ra`` elements apart, and their elements ``ka``; ``c`` lies as ``out`` does."""
    module.add(_Tile(target, f"{name}.tile", dtype))
    kind, size, wide, height = register(dtype), ITEMSIZE[dtype], panel_columns(dtype), _height(target)
    given = (
        f"ptr %out, i64 %n, ptr %a, i64 %ra, i64 %ka, ptr %panels, ptr %c, i64 %from, i64 %to, i64 %m, i64 %k, {kind} %alpha, {kind} %beta"
    )
    w = Writer(f"define internal void @{name}.panels({given}) noinline optnone")
    row = wide * size
    with counted(w, "0", "%k", DEPTH) as first, counted(w, "%from", "%to", 1) as panel:
        begun = w.let(f"icmp ne i64 {first}, 0")
        beta = w.let(f"select i1 {begun}, {kind} {constant(1.0, dtype)}, {kind} %beta")
        added = w.let(f"select i1 {begun}, ptr %out, ptr %c")
        depth = w.let(f"call i64 @llvm.umin.i64(i64 {w.let(f'sub i64 %k, {first}')}, i64 {DEPTH})")
        left, column = w.let(f"mul i64 {first}, %ka"), w.let(f"mul i64 {panel}, {wide}")
        above = w.let(f"add i64 {w.let(f'mul i64 {panel}, %k')}, {first}")
        right = w.at("%panels", w.let(f"mul i64 {above}, {row}"))
        width = w.let(f"call i64 @llvm.umin.i64(i64 {w.let(f'sub i64 %n, {column}')}, i64 {wide})")
        with counted(w, "0", width, _lanes(target, dtype)) as lane, counted(w, "0", "%m", height) as i:
            rows = w.let(f"call i64 @llvm.umin.i64(i64 {w.let(f'sub i64 %m, {i}')}, i64 {height})")
            columns, b = w.let(f"sub i64 {width}, {lane}"), w.at(right, w.let(f"mul i64 {lane}, {size}"))
            over, before = _times(w, i, "%ra"), _times(w, i, "%n")
            a = w.at("%a", w.let(f"mul i64 {w.let(f'add i64 {left}, {over}')}, {size}"))
            place = w.let(f"add i64 {w.let(f'add i64 {column}, {lane}')}, {before}")
            place = w.let(f"mul i64 {place}, {size}")
            out, c = w.at("%out", place), w.at(added, place)
            tile = f"ptr {a}, i64 %ra, i64 %ka, ptr {b}, i64 {depth}, ptr {out}, ptr {c}, i64 %n, i64 {rows}, i64 {columns}"
            w.do(f"call void @{name}.tile({tile}, {kind} %alpha, {kind} {beta})")
    w.do("ret void")
    module.add(w)


def _times(w: Writer, a: str, b: str) -> str:
    return w.let(f"mul i64 {a}, {b}")


def _height(target: Target) -> int:
    """Rows whose sums, two registers each, leave room for what is multiplied."""
    return TALLEST if target.masks else TALLEST // 2


def _lanes(target: Target, dtype: str) -> int:
    return 2 * target.vector_bytes // ITEMSIZE[dtype]


@contextmanager
def counted(w: Writer, start: str, stop: str, step: int) -> Iterator[str]:
    """What is written inside is done for each number of the range."""
    head, body, again, done = (w.fresh(stem) for stem in ("head", "body", "again", "done"))
    before = w.block
    w.open(head)
    index = w.let(f"phi i64 [ {start}, %{before} ], [ %{again}.next, %{again} ]")
    w.branch(w.let(f"icmp slt i64 {index}, {stop}"), body, done)
    w.label(body)
    yield index
    w.open(again)
    w.do(f"%{again}.next = add i64 {index}, {step}")
    w.jump(head)
    w.label(done)


class _Tile(Writer):
    """Some rows of the result, of which ``rows`` count, in the lanes of two registers, of which ``columns`` do."""

    def __init__(self, target: Target, name: str, dtype: str) -> None:
        self.dtype, self.kind, self.size = dtype, register(dtype), ITEMSIZE[dtype]
        given = f"ptr %out, ptr %c, i64 %n, i64 %rows, i64 %columns, {self.kind} %alpha, {self.kind} %beta"
        head = f"define internal void @{name}(ptr %a, i64 %ra, i64 %ka, ptr %b, i64 %k, {given})"
        super().__init__(f'{head} nounwind "prefer-vector-width"="512"')
        self.lanes, self.masks = _lanes(target, dtype), target.masks
        self.vector, self.on = register(dtype, self.lanes), Instructions(self, self.lanes, target.has_fma)
        last = self.let("sub i64 %rows, 1")
        numbers = [self.let(f"call i64 @llvm.umin.i64(i64 {last}, i64 {q})") for q in range(_height(target))]
        self.numbers = numbers
        rows = [self._row("%a", q, "%ra") for q in numbers]
        for place in (self._row("%c", q, "%n") for q in numbers):
            for offset in range(0, self.lanes * self.size, LINE):  # nobody has looked at it for long, perhaps
                self.do(f"call void @llvm.prefetch.p0(ptr {self.at(place, offset)}, i32 0, i32 3, i32 1)")
        self._put(self._sums(rows))

    def _row(self, base: str, number: str, step: str) -> str:
        return self.at(base, _times(self, _times(self, number, step), str(self.size)))

    def _sums(self, rows: list[str]) -> list[str]:
        further = _times(self, "%ka", str(self.size))
        self.open("sums")
        left = self.let("phi i64 [ %k, %entry ], [ %less, %sums ]")
        offset, place = self.let("phi i64 [ 0, %entry ], [ %further, %sums ]"), self.let("phi ptr [ %b, %entry ], [ %below, %sums ]")
        top, sums = len(self.lines), []
        right = self._load(place, "")
        for q, row in enumerate(rows):
            factor = splat(self, self.load(self.kind, row, offset), self.kind, self.lanes)
            sums.append(self._do("fma", factor, right, f"%old{q}"))
        zero = constant(0.0, self.dtype, self.lanes)
        self.lines[top:top] = [f"  %old{q} = phi {self.vector} [ {zero}, %entry ], [ {new}, %sums ]" for q, new in enumerate(sums)]
        self.do(f"%further = add i64 {offset}, {further}")
        self.do(f"%below = getelementptr i8, ptr {place}, i64 {panel_columns(self.dtype) * self.size}")
        self.do(f"%less = sub i64 {left}, 1")
        self.branch(self.let("icmp ugt i64 %less, 0"), "sums", "put")
        self.label("put")
        return sums

    def _put(self, sums: list[str]) -> None:
        """``out = alpha * sums + beta * c``; machines without masks have a second way, for columns that are too few."""
        alpha = splat(self, "%alpha", self.kind, self.lanes)
        sums = [self._do("mul", s, alpha) for s in sums]
        if not self.masks:
            self.branch(self.let(f"icmp sge i64 %columns, {self.lanes}"), "all", "some")
            self.label("all")
            self._stores(sums, "")
            self.label("some")
        idle = self.let(f"sub i64 64, {self.let(f'call i64 @llvm.umin.i64(i64 %columns, i64 {self.lanes})')}")
        bits = self.let(f"trunc i64 {self.let(f'lshr i64 -1, {idle}')} to i{self.lanes}")
        kind = f"<{self.lanes} x i1>"
        self._stores(sums, f"{kind} {self.let(f'bitcast i{self.lanes} {bits} to {kind}')}")

    def _stores(self, sums: list[str], mask: str) -> None:
        """``c`` is not read if ``beta`` is 0; all of it is read before anything is written, as a row may be there twice."""
        fresh, added = self.fresh("fresh"), self.fresh("added")
        self.branch(self.let(f"fcmp oeq {self.kind} %beta, {constant(0.0, self.dtype)}"), fresh, added)
        self.label(added)
        beta = splat(self, "%beta", self.kind, self.lanes)
        more = [self._do("mul", self._load(self._row("%c", q, "%n"), mask), beta) for q in self.numbers]
        self._store([self._do("add", *pair) for pair in zip(sums, more, strict=True)], mask)
        self.label(fresh)
        self._store(sums, mask)

    def _do(self, op: str, *values: str) -> str:
        return self.on.emit(op, self.dtype, values, [self.dtype] * len(values))

    def _load(self, place: str, mask: str) -> str:
        if not mask:
            return self.let(f"load {self.vector}, ptr {place}, align {self.size}")
        name, zero = f"@llvm.masked.load.{suffix(self.dtype, self.lanes)}.p0", constant(0.0, self.dtype, self.lanes)
        return self.let(f"call {self.vector} {name}(ptr {place}, i32 {self.size}, {mask}, {self.vector} {zero})")

    def _store(self, values: list[str], mask: str) -> None:
        name = f"@llvm.masked.store.{suffix(self.dtype, self.lanes)}.p0"
        for value, q in zip(values, self.numbers, strict=True):
            place = self._row("%out", q, "%n")
            if mask:
                self.do(f"call void {name}({self.vector} {value}, ptr {place}, i32 {self.size}, {mask})")
            else:
                self.do(f"store {self.vector} {value}, ptr {place}, align {self.size}")
        self.do("ret void")
