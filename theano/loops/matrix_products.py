"""Products of matrices: calls of BLAS, which takes a matrix as it lies in memory if either of its axes has unit stride."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.graph import Variable
from theano.loops.access import is_extent, offset
from theano.loops.making import Making, dtype_of
from theano.loops.nest import Operand, Parts, Result, View
from theano.scalar.instructions import PARTS, Complex, Value, walk

_AFFINE = frozenset({"index", "const", "size", "add", "sub", "mul", "neg"})


class Products(Making):
    """As :class:`~theano.loops.making.Making`, and products of matrices and vectors."""

    def gemm(self, out: Variable, a: Variable, b: Variable, alpha: Any = 1.0, c: Variable | None = None, beta: Any = 0.0) -> None:
        """``out = alpha * a @ b + beta * c``."""
        if dtype_of(out) in PARTS:
            return self._by_parts(self.gemm, out, a, b)
        (m, _), (_, n) = self.shape(a), self.shape(b)
        left, right = self._matrix(a), self._matrix(b)
        self._product(out, (m, n), "gemm", [left, right], (m, n, self.shape(a)[1]), alpha, c, beta)

    def gemms(self, out: Variable, a: Variable, b: Variable) -> None:
        """``out[i] = a[i] @ b[i]`` for each ``i``."""
        if dtype_of(out) in PARTS:
            return self._by_parts(self.gemms, out, a, b)
        (count, m, k), (*_, n) = self.shape(a), self.shape(b)
        operands = [self._matrix(a, many=True), self._matrix(b, many=True)]
        self._product(out, (count, m, n), "gemms", operands, (count, m, n, k), 1.0, None, 0.0)

    def gemv(self, out: Variable, a: Variable, x: Variable, alpha: Any = 1.0, y: Variable | None = None, beta: Any = 0.0) -> None:
        """``out = alpha * a @ x + beta * y``."""
        if dtype_of(out) in PARTS:
            return self._by_parts(self.gemv, out, a, x)
        m, k = self.shape(a)
        self._product(out, (m,), "gemv", [self._matrix(a), self._vector(x)], (m, k), alpha, y, beta)

    def ger(self, out: Variable, a: Variable, x: Variable, y: Variable, alpha: Any = 1.0) -> None:
        """``out = a + alpha * outer(x, y)``."""
        (m,), (n,) = self.shape(x), self.shape(y)
        self._product(out, (m, n), "ger", [self._vector(x), self._vector(y)], (m, n), alpha, a, 1.0)

    def vdot(self, out: Variable, x: Variable, y: Variable) -> None:
        """``out = sum(x * y)``, fused like any reduction."""
        self.reduce([out], self.shape(x), (0,), "add", lambda i: self.read(x, (i,)) * self.read(y, (i,)))

    def _by_parts(self, product: Callable[..., None], out: Variable, a: Variable, b: Variable) -> None:
        """A product of complex numbers as four of real ones."""
        parts = {v: self._parts(v) for v in (a, b)}
        (a_real, a_imag), (b_real, b_imag) = parts[a], parts[b]
        kind = out.type.clone(dtype=PARTS[out.type.dtype])
        both_real, both_imag, first, second = (kind() for _ in range(4))
        for result, *factors in (both_real, a_real, b_real), (both_imag, a_imag, b_imag), (first, a_real, b_imag), (second, a_imag, b_real):
            product(result, *factors)
        read = self.read
        self.pointwise(
            out, self.shape(first), lambda *i: Complex(read(both_real, i) - read(both_imag, i), read(first, i) + read(second, i))
        )

    def _parts(self, variable: Variable) -> tuple[Variable, Variable]:
        """Variables for the parts of a complex one."""
        value = self.values[variable]
        assert isinstance(value, Parts)
        kind = variable.type.clone(dtype=PARTS[value.dtype])
        real, imag = kind(), kind()
        self.values[real], self.values[imag] = value.real, value.imag
        return real, imag

    def _real(self, variable: Variable) -> Result | View:
        """The value of a variable that is not complex."""
        value = self.values[variable]
        assert not isinstance(value, Parts)
        return value

    def _product(
        self,
        out: Variable,
        shape: tuple[Value, ...],
        routine: str,
        operands: list[Operand],
        sizes: tuple[Value, ...],
        alpha: Any,
        base: Variable | None,
        beta: Any,
    ) -> None:
        factors = []
        for factor in (alpha, beta if base is not None else 0.0):
            if not isinstance(factor, Variable):
                factors.append(repr(float(factor)))
            elif (value := self.read(factor, ())).op == "const":
                factors.append(repr(float(value.data)))
            else:
                factors.append("buffer")
                operands.append(Operand(self.materialise(factor)))
        result = self.result(out, shape)
        held, start = (None, None) if base is None or factors[1] == "0.0" else self._begun(base, result)
        nest = self.nest("library", [result], space=sizes, operands=operands, routine=routine, flags=tuple(factors), base=held)
        nest.base_start = start

    def _begun(self, base: Variable, result: Result) -> tuple[Result, Value | None]:
        """What ``result`` holds beforehand, and where that begins: what is in memory as it is, where it may be, and in a step so is a part
        that lies there row by row; another view is copied to where it is wanted."""
        value, e = self._real(base), self.extents
        if isinstance(value, Result):
            return self.materialise(base), None
        read = self._read_through(value, self.indices(2)) if self.repeated and len(value.shape) == 2 else None
        if read is not None:
            form = offset(read, e)
            rows, columns = (e.canonical(form.coefficients.get(k, e.zero)) for k in (0, 1))
            if columns is e.one and rows is e.canonical(value.shape[1]):
                return read.data, form.rest
        return self._placed(base, result, e.zero), None

    def _matrix(self, variable: Variable, many: bool = False) -> Operand:
        """How a matrix lies in memory: BLAS takes it if either axis has unit stride; else it is copied.  Of ``many``, one for each
        element of the first axis, the last of the strides leads from one to the next."""
        value, e = self._real(variable), self.extents
        read = self._read_through(value, self.indices(3 if many else 2))
        if read is not None:
            form = offset(read, e)
            *step, rows, columns = (e.canonical(form.coefficients.get(k, e.zero)) for k in range(len(value.shape)))
            height, width = (e.canonical(s) for s in value.shape[-2:])
            columns = e.one if width is e.one else columns
            if columns is e.one and (height is e.one or _leading(rows, width)):
                return Operand(read.data, form.rest, (width if height is e.one else rows, e.one, *step))
            if rows is e.one and _leading(columns, height):
                return Operand(read.data, form.rest, (columns, e.one, *step), transposed=True)
            if rows is e.one and not many:
                return self._matrix(self._copied_by_columns(variable))
        result = self.materialise(variable)
        height, width = (e.canonical(s) for s in result.shape[-2:])
        return Operand(result, e.zero, (width, e.one, *([e.canonical(e.mul(height, width))] if many else [])))

    def _copied_by_columns(self, variable: Variable) -> Variable:
        """A copy of a matrix whose columns are contiguous, as it is read: from now on the matrix is a view of it."""
        value, (i, j) = self._real(variable), self.indices(2)
        result = self.storage(value.dtype, value.shape[::-1])
        self.nest("pointwise", [result], space=result.shape, bodies=(self._read(value, (j, i)),))
        self.values[variable] = View(result, value.shape, value.dtype, lambda i, j: (j, i), variable=variable)
        return variable

    def _vector(self, variable: Variable) -> Operand:
        read = self._read_through(self._real(variable), self.indices(1))
        if read is not None:
            form = offset(read, self.extents)
            single = self.extents.canonical(self.shape(variable)[0]) is self.extents.one
            step = self.extents.one if single else self.extents.canonical(form.coefficients.get(0, self.extents.zero))
            if _never_negative(step):
                return Operand(read.data, form.rest, (step,))
        return Operand(self.materialise(variable), self.extents.zero, (self.extents.one,))

    def _read_through(self, value: Result | View, indices: tuple[Value, ...]) -> Value | None:
        """The read of memory that ``value`` is a view of, if its place is an affine function of the indices.  What would be
        recomputed at each use elsewhere is put into memory for this one."""
        while isinstance(value, View):
            indices = value.indices(*self._clamped(value.shape, indices))
            if value.flat:
                value = value.source
                break
            value = value.source
        if any(v.op not in _AFFINE and not is_extent(v) for v in walk(indices)) or isinstance(value, View):
            return None
        value.forced |= value.inline
        flat = len(indices) != len(value.shape)
        places = indices if flat else self._clamped(value.shape, indices)
        return self.trace.emit("read_flat" if flat else "read", places, value.dtype, value)


def _leading(stride: Value, extent: Value) -> bool:
    """Whether ``stride`` is provably a leading dimension for rows of ``extent`` elements."""
    return stride is extent or (stride.op == "mul" and extent in stride.args and _never_negative(stride))


def _never_negative(value: Value) -> bool:
    """Whether ``value`` is a product of sizes of arrays and positive numbers: a reversed axis has none as its stride."""
    if value.op == "const":
        return bool(int(value.data) > 0)
    if value.op == "size":
        return bool(value.data[0] != "value")
    return value.op == "mul" and all(map(_never_negative, value.args))
