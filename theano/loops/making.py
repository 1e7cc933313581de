"""What an operation's results are: a nest of loops with a body for each point, or an index map onto what is there already.

The bodies run once, here, into one hash-consed trace; afterwards there is only data.  A complex array is made of two real ones, its
parts.  Where Python sees an array, its parts lie *packed* side by side: that is a real array with one more axis, of two elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from theano.graph import Apply, Constant, Variable
from theano.loops.access import seen_through
from theano.loops.extents import Extents, row_major_strides
from theano.loops.ir import Combine, Fold
from theano.loops.nest import READS, Array, Nest, Operand, Parts, Result, View
from theano.loops.reading import Reading
from theano.scalar.instructions import PARTS, REAL, Complex, Value, walk
from theano.scalar.mathlib.complex_functions import FOLDS
from theano.tensor.type import array_dtype

Indices = Callable[..., tuple[Value, ...]]

_DEAR = frozenset({"div", "sqrt", "mod", "floordiv"})
FREE_WORK = 6
"""So many cheap instructions on one element are done again rather than stored and read back."""


class Making(Reading):
    """The nests so far, in topological order, and the ways to say what a further variable is."""

    def __init__(self, extents: Extents | None = None) -> None:
        super().__init__(extents)
        self.nests: list[Nest] = []
        self.repeated = False  # these are the steps of a loop
        self.results: list[Result] = []
        self._node: Apply | None = None

    # ------------------------------------------------------------------ arrays and nests

    def result(self, variable: Variable, shape: Iterable[Value]) -> Result:
        return self.storage(dtype_of(variable), self._shaped(variable, shape), variable)

    def _results(self, out: Variable, shape: Iterable[Value], value: Value) -> list[Result]:
        """What holds ``out``, which is computed as ``value``: one array for each part of it."""
        if not isinstance(value, Complex):
            return [self.result(out, shape)]
        extents = self._shaped(out, shape)
        real, imag = results = [self.storage(part.dtype, extents) for part in value.parts]
        self.values[out] = Parts(real, imag, value.dtype)
        return results

    def storage(self, dtype: str, shape: Iterable[Value], variable: Variable | None = None) -> Result:
        """A new array: a packed one of complex numbers."""
        packed = dtype if dtype in PARTS else None
        extents = (*shape, self.int(2)) if packed else tuple(shape)
        result = Result(len(self.results), PARTS.get(dtype, dtype), extents, variable, packed)
        self.results.append(result)
        return result

    def array(self, result: Result) -> Array:
        """What a variable means whose elements ``result`` holds."""
        if result.packed is None:
            return result
        return Parts(self._part(result, 0), self._part(result, 1), result.packed, result)

    def _part(self, packed: Result, part: int) -> View:
        place = self.int(part)
        return View(packed, packed.shape[:-1], packed.dtype, lambda *i: (*i, place), part=part)

    def nest(self, kind: str, results: list[Result], **fields: Any) -> Nest:
        nest = Nest(kind, self._node, results, **fields)
        nest.serial, nest.awaited = len(self.nests), self.awaited
        nest.absorbed = tuple(dict.fromkeys(n for n in self._absorbed if n is not None and n is not self._node))
        for position, result in enumerate(results):
            result.nest, result.position = nest, position
            if result.variable is not None:
                self.values[result.variable] = self.array(result)
        self.nests.append(nest)
        return nest

    # ------------------------------------------------------------------ point by point

    def pointwise(self, out: Variable, shape: Iterable[Value], body: Callable[..., Value]) -> None:
        """``out[i...] = body(i...)``."""
        extents = self._shaped(out, shape)
        value = _stored(body(*self._clamped(extents, self.indices(len(extents)))), dtype_of(out))
        results = self._results(out, extents, value)
        nest = self.nest("pointwise", results, space=extents, bodies=value.parts)
        for result, part in zip(results, nest.bodies, strict=True):
            result.inline = _is_free(part, len(self._live(result)), self._live)
            if not extents and "int" in result.dtype:
                result.extent = self._integer(part)

    def _live(self, result: Result) -> list[Value]:
        """The extents of ``result`` that are not 1."""
        return [extent for extent in result.shape if extent is not self.extents.one]

    def reduce(
        self,
        outs: Sequence[Variable],
        space: Iterable[Value],
        axes: Iterable[int],
        combine: Combine,
        body: Callable[..., Any],
        finish: Callable[..., Any] | None = None,
    ) -> None:
        """Combine ``body(i...)`` over ``axes`` of ``space``; ``finish`` maps the accumulated values to the results."""
        domain, reduced = tuple(space), frozenset(axes)
        values = body(*self._clamped(domain, self.indices(len(domain))))
        values = values if isinstance(values, tuple) else (values,)
        if isinstance(combine, str) and isinstance(values[0], Complex):
            combine = self._complex_fold(combine, values)
        bodies = tuple(part for value in values for part in value.parts)
        accumulated = self._grouped(
            (self.trace.leaf("acc", v.dtype, ("result", k)) for k, v in enumerate(bodies)), [v.dtype for v in values]
        )
        finished: Any = finish(*accumulated) if finish is not None else accumulated
        finished = finished if isinstance(finished, tuple) else (finished,)
        kept = tuple(s for axis, s in enumerate(domain) if axis not in reduced)
        finished = [_stored(value, dtype_of(out)) for value, out in zip(finished, outs, strict=True)]
        results = [result for out, value in zip(outs, finished, strict=True) for result in self._results(out, kept, value)]
        finished = tuple(part for value in finished for part in value.parts)
        self.nest("reduce", results, space=domain, axes=reduced, combine=combine, bodies=bodies, finish=finished)

    def fold(self, name: str, starts: tuple[complex, ...], dtypes: tuple[str, ...], body: Callable[..., Any]) -> Fold:
        """A combination for :meth:`reduce`: ``body`` of what is carried, values of ``dtypes``, and of as many that are added."""
        parts = [PARTS.get(dtype, dtype) for dtype in dtypes for _ in range(2 if dtype in PARTS else 1)]
        given = self._grouped((self.trace.leaf("input", dtype, k) for k, dtype in enumerate((*parts, *parts))), (*dtypes, *dtypes))
        results = body(*given)
        results = results if isinstance(results, tuple) else (results,)
        stored = [part for value, dtype in zip(results, dtypes, strict=True) for part in _stored(value, dtype).parts]
        numbers: list[float] = []
        for start, dtype in zip(starts, dtypes, strict=True):
            numbers += (start.real, start.imag) if dtype in PARTS else (start.real,)
        return Fold(name, tuple(numbers), tuple(stored))

    def _grouped(self, parts: Iterable[Value], dtypes: Iterable[str]) -> tuple[Value, ...]:
        """Values of ``dtypes``: of complex ones ``parts`` gives two."""
        rest = iter(parts)
        return tuple(Complex(next(rest), next(rest)) if dtype in PARTS else next(rest) for dtype in dtypes)

    def _complex_fold(self, combine: str, values: tuple[Value, ...]) -> Fold:
        """What ``combine`` is to complex numbers."""
        start, function = FOLDS[combine]
        return self.fold(combine, (start, 0)[: len(values)], tuple(value.dtype for value in values), function)

    def prefix(self, out: Variable, shape: Iterable[Value], axis: int, body: Callable[..., Value], start: float, combine: Any) -> None:
        """``out`` at each point is what ``combine`` makes of ``body`` there and at the points before along ``axis``; ``start`` is a number
        with which that changes nothing."""
        extents = self._shaped(out, shape)
        value = body(*self._clamped(extents, self.indices(len(extents))))
        fold = self.fold("prefix", (start,), (value.dtype,), combine)
        self.nest("prefix", self._results(out, extents, value), space=extents, axes=frozenset({axis}), bodies=value.parts, combine=fold)

    def scatter(
        self,
        out: Variable,
        base: Variable,
        space: Iterable[Value],
        where: Indices,
        value: Callable[..., Value],
        combine: str | None = "add",
    ) -> None:
        """A copy of ``base`` into which, point by point of ``space`` in order, ``value`` is put or added."""
        domain = tuple(space)
        points = self._clamped(domain, self.indices(len(domain)))
        held, result = self.materialise(base), self.result(out, self.shape(base))
        bodies = _stored(value(*points), dtype_of(out)).parts
        self.nest("scatter", [result], space=domain, bodies=bodies, where=tuple(where(*points)), combine=combine, base=held)

    # ------------------------------------------------------------------ the same elements elsewhere

    def view(self, out: Variable, shape: Iterable[Value], source: Variable, indices: Indices, contiguous: bool = False) -> None:
        """``out[i...] = source[indices(i...)]``: no copy, no work."""
        extents = self._shaped(out, shape)
        made = self.each(self.values[source], lambda v: View(v, extents, v.dtype, indices, contiguous=contiguous, variable=out))
        self.values[out] = self.each(made, lambda v: seen_through(v, self.extents))

    def each(self, value: Array, change: Callable[[Result | View], Result | View]) -> Array:
        """``change`` of a value, or of both its parts."""
        return Parts(change(value.real), change(value.imag), value.dtype) if isinstance(value, Parts) else change(value)

    def _shaped(self, out: Variable, shape: Iterable[Value]) -> tuple[Value, ...]:
        return tuple(self.extents.one if b else s for s, b in zip(shape, broadcast_pattern(out), strict=True))

    def reshape(self, out: Variable, shape: Iterable[Value], source: Variable) -> None:
        """The same elements in the same order; the caller has guarded that the counts agree."""
        shaped = self._shaped(out, shape)
        self.values[out] = self.each(self.values[source], lambda value: self._reshaped(value, shaped, source, out))

    def _reshaped(self, value: Result | View, shape: tuple[Value, ...], source: Variable, out: Variable) -> View:
        base, start = value, self.extents.zero
        while isinstance(base, View) and (first := self._first_element(base)) is not None:
            base, start = base.source, self.extents.add(start, first)
        if isinstance(base, View) and base.part is not None:
            place = self.int(base.part)
            return View(
                base.source, shape, base.dtype, lambda *i: (self.add(self.mul(self._flat(i, shape), self.int(2)), place),),
                flat=True, part=base.part, variable=out,
            )  # fmt: skip
        if isinstance(base, View) or (base.inline and len(base.shape) > 1):
            base, start = self._in_memory(value, source), self.extents.zero
        flat, whole = len(base.shape) != 1, start is self.extents.zero
        return View(base, shape, base.dtype, lambda *i: (self.add(start, self._flat(i, shape)),), flat, whole, out)

    def _first_element(self, view: View) -> Value | None:
        """The place in its source of the first element of a view whose elements lie one after another there, else None."""
        if view.contiguous:
            return self.extents.zero
        indices, sizes = self.indices(len(view.shape)), view.source.shape
        if view.flat or not indices or len(indices) != len(sizes) or not all(map(self.extents.same, view.shape[1:], sizes[1:])):
            return None
        mapped = view.indices(*indices)
        first = self.sub(mapped[0], indices[0])
        if any(a is not b for a, b in zip(mapped[1:], indices[1:], strict=True)) or indices[0] in walk([first]):
            return None
        return self.extents.mul(first, self.extents.product(sizes[1:]))

    def _flat(self, indices: tuple[Value, ...], shape: tuple[Value, ...]) -> Value:
        position = self.extents.zero
        for index, extent in zip(indices, shape, strict=True):
            position = self.extents.add(self.extents.mul(position, extent) if position is not self.extents.zero else position, index)
        return position

    # ------------------------------------------------------------------ in memory

    def extent(self, variable: Variable) -> Value:
        """The number in a 0-d integer variable; an expression of sizes where it is one."""
        if isinstance(variable, Constant):
            return self.int(int(variable.data))
        value = self._integer(self.read(variable, ()))
        if value is None:
            result = self.materialise(variable)
            result.forced = True
            value = result.extent = self.extents.told("value", result)
        return value

    def materialise(self, variable: Variable) -> Result:
        """``variable`` as a result in memory: itself, or a copy of a view; of complex numbers a packed one."""
        value = self.values[variable]
        if not isinstance(value, Parts):
            return self._in_memory(value, variable)
        if value.whole is None:
            self.values[variable] = value = replace(value, whole=self.copied(variable))
        assert value.whole is not None
        return value.whole

    def _in_memory(self, value: Result | View, variable: Variable) -> Result:
        """A copy of a view, which is that of ``variable`` from now on unless it is a part of its value."""
        if isinstance(value, Result):
            value.forced |= value.inline
            return value
        whole = value is self.values[variable]
        result = self.storage(value.dtype, value.shape, variable if whole else None)
        self.nest("pointwise", [result], space=result.shape, bodies=(self._read(value, self.indices(len(value.shape))),))
        return result

    def copied(self, variable: Variable, node: Apply | None = None) -> Result:
        """A fresh array that holds the elements of ``variable``; ``node`` computes it, if not the one at hand."""
        shape = self.shape(variable)
        result = self.storage(self.values[variable].dtype, shape)
        nest = self.nest("pointwise", [result], space=shape, bodies=self.read(variable, self.indices(len(shape))).parts)
        nest.node = node or nest.node
        return result

    def _placed(self, variable: Variable, whole: Result, start: Value) -> Result:
        """A copy of the elements of ``variable`` that is a part of ``whole``, from its element ``start`` on."""
        piece = self.copied(variable)
        piece.within, piece.start = whole, start
        return piece

    def join(self, out: Variable, shape: Iterable[Value], axis: int, parts: Iterable[Variable]) -> None:
        """``out`` are ``parts`` one after the other along ``axis``.  Each is computed in its place, by whatever kernel can."""
        whole, start, operands = self.result(out, shape), self.extents.zero, []
        stride = row_major_strides(self.extents, whole.shape)[axis]
        for part in parts:
            operands.append(Operand(self._placed(part, whole, self.mul(start, stride))))
            start = self.add(start, self.shape(part)[axis])
        self.nest("join", [whole], operands=operands)

    def sort(self, out: Variable, x: Variable, axis: int, kind: str) -> None:
        """``out`` is ``x`` with its elements along ``axis`` in ascending order, by NumPy's ``kind`` of sorting."""
        order = [*(k for k in range(len(self.shape(x))) if k != axis), axis]
        shape, rows = tuple(self.shape(x)[k] for k in order), x
        if order != sorted(order):
            rows = x.type.clone(broadcastable=[broadcast_pattern(x)[k] for k in order])()
            self.view(rows, shape, x, lambda *i: tuple(i[order.index(k)] for k in range(len(i))))
        result = self.storage(dtype_of(out), shape, out if rows is x else None)
        held = self._placed(rows, result, self.extents.zero)
        self.nest("library", [result], space=(self.extents.product(shape[:-1]), shape[-1]), routine="sort", flags=(kind,), base=held)
        self.values[out if rows is x else rows] = self.array(result)
        if rows is not x:
            self.view(out, self.shape(x), rows, lambda *i: tuple(i[k] for k in order))


def dtype_of(variable: Variable) -> str:
    """A value that is no array is an ``object``, which passes from Python to Python."""
    return array_dtype(variable.type)


def broadcast_pattern(variable: Variable) -> tuple[bool, ...]:
    return variable.type.broadcastable if is_number(variable) else ()


def is_number(variable: Variable) -> bool:
    """Whether there can be code for it."""
    dtype = dtype_of(variable)
    return dtype in REAL or dtype in PARTS


def _stored(value: Value, dtype: str) -> Value:
    return value if value.dtype == dtype else value.cast(dtype)


def _is_free(body: Value, rank: int, live: Callable[[Any], list[Value]]) -> bool:
    """Whether recomputing ``body`` at each use beats storing it: one read and a few cheap instructions; more reads where all are
    of smaller arrays that are spread; of a scalar, which a kernel computes once, two reads and a division more."""
    seen, pending = {body}, [body]
    addresses: list[Value] = []
    work = 0
    while pending:
        value = pending.pop()
        if value.op in READS:
            addresses.append(value)
            continue
        work += bool(value.args)
        if work > FREE_WORK or value.op in ("check", "call") or (value.op in _DEAR and rank):
            return False
        pending += [a for a in value.args if a not in seen]
        seen.update(value.args)
    reads = [v for v in walk(addresses) if v.op in READS or v.op == "check"]
    spread = all(v.op == "read" and len(live(v.data)) < rank for v in reads)
    return all(v.op != "check" for v in reads) and len(reads) <= (3 if spread else 1 if rank else 2)
