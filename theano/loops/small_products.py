"""Small matrix products in a loop as kernels of their own: to call a library would take longer than to multiply.

Lanes run along the result's rows, for each of which the factor on the right is read row by row; a few sums are kept side by side, so that
none waits for the last.  A matrix that comes from outside of the loop is copied before it, its rows to where lanes find them best,
also if it lies the other way round.

    for i < m: for j < n in lanes: acc0, acc1, acc2, acc3 = 0
      for s < k / 4: acc0 += a[i, 4s] * b[4s, j]; acc1 += a[i, 4s + 1] * b[4s + 1, j]; ...
      out[i, j] = (acc0 + acc1) + (acc2 + acc3) + rest
"""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops.assemble import Assembled, KernelBuilder
from theano.loops.extents import Extents
from theano.loops.ir import NEXT, Accumulator, AtMost, Loop, Statement, Store
from theano.loops.nest import Nest, Operand, Result
from theano.scalar.instructions import ITEMSIZE, Value

SMALL = 1 << 14
"""Multiplications up to which a kernel is not slower than a library."""
SUMS = 4
LINE = 64
PANEL = 128
"""Bytes of a row of a panel: two registers of the widest machines."""
LARGE = 1 << 20
"""Multiplications (some 10 microseconds of them) from which on a product is cut for several threads, and lays what it is multiplied with
in panels: for smaller ones libraries have kernels that need no such copy."""
FEW_ROWS, FEW_COLUMNS = 8, 16
"""With less of them than these, too."""


def is_product(nest: Nest) -> bool:
    return nest.routine in ("gemm", "gemv")


def right_factor(nest: Nest) -> tuple[Operand, bool]:
    """The operand whose rows are read along the lanes, and whether it lies so in memory; a product ``a @ x`` is ``x @ a.T``."""
    operand = nest.operands[1 if nest.routine == "gemm" else 0]
    return operand, operand.transposed == (nest.routine == "gemv")


def when_small(nest: Nest, extents: Extents) -> AtMost:
    return AtMost(extents.canonical(extents.product(map(extents.canonical, nest.space))), SMALL)


class SmallProduct:
    """Builds the kernel of one product; ``copy`` holds the right factor row by row."""

    def __init__(self, nest: Nest, extents: Extents, copy: Result | None) -> None:
        self.nest, self.extents, self.builder = nest, extents, KernelBuilder(extents)
        right, _ = right_factor(nest)
        if copy is not None:
            right = Operand(copy, extents.zero, (copy.shape[1], extents.one))
        self.right, self.left = right, nest.operands[0 if nest.routine == "gemm" else 1]
        self.rows = nest.space[0] if nest.routine == "gemm" else None
        self.columns, self.depth = nest.space[1:] if nest.routine == "gemm" else nest.space

    def assemble(self) -> Assembled:
        b, (out,) = self.builder, self.nest.results
        i = None if self.rows is None else b.index()
        j = b.index()
        body, total = self._sum(i, j)
        place = j if i is None else i * b.size(self.columns) + j
        body.append(Store(b.buffer(out, written=True), place, self._scaled(total, place)))
        body = [Loop(int(j.data), b.size(self.columns), tuple(body), (), "vector")]
        if i is not None and self.rows is not None:
            body = [Loop(int(i.data), b.size(self.rows), tuple(body))]
        return b.finish(body, False, self.nest.nodes, self.extents.product(self.nest.space), 1, False)

    def _sum(self, i: Value | None, j: Value) -> tuple[list[Statement], Value]:
        e, b, dtype = self.extents, self.builder, self.nest.results[0].dtype
        several = e.emit("floordiv", self.depth, e.const(SUMS))
        done = e.mul(several, e.const(SUMS))
        loops: list[Statement] = []
        sums: list[Value] = []
        for extent, first, count in ((several, e.zero, SUMS), (e.sub(self.depth, done), done, 1)):
            if e.canonical(extent) is e.zero:
                continue
            k = b.index()
            accumulators = []
            for part in range(count):
                old = b.trace.leaf("acc", dtype, (len(sums), 0))
                at = k if count == 1 else k * count
                at = at + (b.size(first) if first is not e.zero else part)
                new = b.trace.emit("fma", (self._left(i, at), self._right(at, j), old), dtype)
                accumulators.append(Accumulator(len(sums), NEXT, (new,), (b.trace.const(0.0, dtype),)))
                sums.append(old)
            loops.append(Loop(int(k.data), b.size(extent), (), tuple(accumulators)))
        if not sums:
            return loops, b.trace.const(0.0, dtype)
        while len(sums) > 1:
            sums = [sums[p] + sums[p + 1] if p + 1 < len(sums) else sums[p] for p in range(0, len(sums), 2)]
        return loops, sums[0]

    def _left(self, i: Value | None, k: Value) -> Value:
        if i is None:
            return self._load(self.left, k, None)
        return self._load(self.left, *((k, i) if self.left.transposed else (i, k)))

    def _right(self, k: Value, j: Value) -> Value:
        return self._load(self.right, k, j)

    def _load(self, operand: Operand, major: Value, minor: Value | None) -> Value:
        b, stride, start = self.builder, self.builder.size(operand.strides[0]), self.builder.size(operand.beginning(self.extents))
        place = major if _is(stride, 1) else major * stride
        place = place if minor is None else place + minor
        place = place if _is(start, 0) else start + place
        return b.trace.load(b.buffer(operand.result, read=True), place, operand.result.dtype)

    def _scaled(self, total: Value, place: Value) -> Value:
        """``alpha * total + beta * base``."""
        b, dtype, given = self.builder, total.dtype, iter(self.nest.operands[2:])

        def scaled(value: Value, factor: str) -> Value:
            if factor == "1.0":
                return value
            if factor != "buffer":
                return b.literal(b.trace.const(float(factor), dtype)) * value
            number = next(given).result
            return b.trace.load(b.buffer(number, read=True), b.trace.const(0, "int64"), number.dtype).cast(dtype) * value

        alpha, beta = self.nest.flags
        result = scaled(total, alpha)
        if self.nest.base is None:
            return result
        place = place if self.nest.base_start is None else place + b.size(self.nest.base_start)
        return result + scaled(b.trace.load(b.buffer(self.nest.base, read=True), place, dtype), beta)


def _is(value: Value, number: int) -> bool:
    return value.op == "const" and bool(value.data == number)


def shape_of_copy(shape: Sequence[Value], transposed: bool, dtype: str, extents: Extents) -> tuple[Value, Value]:
    """Rows as long as so many whole lines of the cache."""
    rows, columns = reversed(shape) if transposed else shape
    line = extents.const(LINE // ITEMSIZE[dtype])
    lines = extents.emit("floordiv", extents.add(columns, extents.sub(line, extents.one)), line)
    return rows, extents.mul(lines, line)


def panel_columns(dtype: str) -> int:
    return PANEL // ITEMSIZE[dtype]


def panels_of(nest: Nest, extents: Extents) -> Value:
    """How many panels the right factor of a product lies in: none if the product is left to a library."""
    rows, columns, _ = nest.space
    wide, e = extents.const(panel_columns(nest.results[0].dtype)), extents
    panels = e.emit("floordiv", e.add(columns, e.sub(wide, e.one)), wide)
    for extent, least in ((rows, FEW_ROWS), (columns, FEW_COLUMNS), (e.product(nest.space), LARGE)):
        panels = e.mul(panels, e.emit("min", e.one, e.emit("floordiv", e.canonical(extent), e.const(least))))
    return e.canonical(panels)


def assemble_panels(source: Result, copy: Result, transposed: bool, extents: Extents) -> Assembled:
    """Each panel of ``copy`` holds so many columns of ``source``, or of its transpose, row by row; the last one may have less."""
    b = KernelBuilder(extents)
    p, k, j = b.index(), b.index(), b.index()
    rows, columns = reversed(source.shape) if transposed else source.shape
    wide = b.trace.const(panel_columns(source.dtype), "int64")
    column = p * wide + j
    place = column * b.size(source.shape[1]) + k if transposed else k * b.size(source.shape[1]) + column
    element = b.trace.load(b.buffer(source, read=True), place, source.dtype)
    store = Store(b.buffer(copy, written=True), (p * b.size(rows) + k) * wide + j, element)
    width = b.trace.emit("min", (b.size(columns) - p * wide, wide), "int64")
    body, loops = Loop(int(j.data), width, (store,), (), "vector"), [(k, b.size(rows)), (p, b.size(copy.shape[0]))]
    for index, extent in loops if transposed else reversed(loops):  # as the source is read
        body = Loop(int(index.data), extent, (body,))
    return b.finish([body], True, (), extents.product(copy.shape), 1, False)


def assemble_rows(source: Result, copy: Result, transposed: bool, extents: Extents) -> Assembled:
    """Rows of ``copy`` begin with those of ``source``, or with its columns."""
    b = KernelBuilder(extents)
    k, j = b.index(), b.index()
    rows, columns = reversed(source.shape) if transposed else source.shape
    place = j * b.size(source.shape[1]) + k if transposed else k * b.size(source.shape[1]) + j
    element = b.trace.load(b.buffer(source, read=True), place, source.dtype)
    store = Store(b.buffer(copy, written=True), k * b.size(copy.shape[1]) + j, element)
    body = Loop(int(k.data), b.size(rows), (Loop(int(j.data), b.size(columns), (store,), (), "vector"),))
    return b.finish([body], False, (), extents.product(source.shape), 1, False)
