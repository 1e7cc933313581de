"""Lower a graph to nests: every op says, as functions of indices, what its results are.

An op's ``lower(self, low, node)`` calls exactly one of the result methods below for each output.  The functions it passes
run once, here, into one hash-consed trace; afterwards there is only data.  Views never copy: reading through them composes
their index maps.  The caller guarantees that composite ops have been expanded.

A complex array is lowered as two real ones, its parts, so that nothing after this pass knows complex numbers; and no op need
know of it: what it reads is a :class:`~theano.scalar.instructions.Complex`.  Where Python sees an array, its parts lie *packed* side
by side: that is a real array with one more axis, of two elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from theano import errors
from theano.graph import Apply, Constant, FunctionGraph, Variable, check_maps, io_toposort
from theano.graph.copying import deep_copy_op
from theano.graph.naming import title
from theano.loops.access import is_extent, offset
from theano.loops.extents import Extents, row_major_strides
from theano.loops.ir import Combine, Fold, Guard
from theano.loops.nest import READS, Array, Nest, Operand, Parts, RegionBody, Result, Sink, View
from theano.scalar.instructions import PARTS, REAL, Complex, Value, rebuild, select, walk
from theano.scalar.mathlib.complex_functions import FOLDS
from theano.tensor.shapes import as_size, inferred_shapes, sizes_of
from theano.tensor.type import array_dtype

Number = int  # a name that Lowering.int does not hide
Indices = Callable[..., tuple[Value, ...]]

_INTEGER_ARITHMETIC = frozenset({"add", "sub", "mul", "floordiv", "mod", "min", "max"})
_DEAR = frozenset({"div", "sqrt", "mod", "floordiv"})
_AFFINE = frozenset({"index", "const", "size", "add", "sub", "mul", "neg"})
FREE_WORK = 6
"""So many cheap instructions on one element are done again rather than stored and read back."""
NAMED = 8
"""A message shows at most so many inputs of a node."""
MOST_FACTORS = 16
"""A product of more is no size: integers to the power of integers multiply themselves again and again."""


class Lowering:
    """The context handed to ``Op.lower``; afterwards holds the nests in topological order."""

    def __init__(self, extents: Extents | None = None, prepare: Callable[[FunctionGraph], object] = lambda graph: None) -> None:
        self.prepare = prepare
        self.extents = extents or Extents()
        self.trace = self.extents.trace
        self.values: dict[Variable, Array] = {}
        self.nests: list[Nest] = []
        self.results: list[Result] = []
        self.guards: list[Guard] = []
        self.equalities: list[tuple[Value, Value]] = []  # of a region: what its guards make sure of
        self.checks: list[tuple[Any, str]] = []
        self.operands: dict[Any, tuple[tuple[Variable, tuple[Value, ...]], ...]] = {}
        self.constants: list[Constant] = []
        self._node: Apply | None = None
        self._absorbed: list[Any] = []
        self._index = [self.trace.leaf("index", "int64", axis) for axis in range(8)]

    # ------------------------------------------------------------------ the graph

    def graph(self, order: Iterable[Apply]) -> None:
        """Lower nodes in topological order; graph inputs have been given as sources."""
        for node in order:
            for variable in node.inputs:
                self.leaf(variable)
            self._node = node
            self._absorbed.clear()
            lower: Any = getattr(node.op, "lower", None)
            native = lower is not None and all(_is_number(v) for v in (*node.inputs, *node.outputs))
            if native:
                lower(self, node)
            else:
                self.python(node)

    def leaf(self, variable: Variable) -> None:
        """Note ``variable`` if it is a constant: a number is part of the code, an array is a source."""
        if not isinstance(variable, Constant) or variable in self.values:
            return
        if getattr(variable.data, "size", 0) == 1 and _is_number(variable):
            self._node = None
            number = self.trace.const(variable.data.item(), variable.type.dtype)
            self.pointwise(variable, (self.extents.one,) * variable.data.ndim, lambda *i: number)
        else:
            self.source(variable, "constant", len(self.constants))
            self.constants.append(variable)

    # ------------------------------------------------------------------ what ops ask

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

    def equal(self, a: Value, b: Value, node: Apply, axes: tuple[Any, ...] = (), message: str = "") -> Value:
        """Assume two extents equal: nothing if provable, else a guard run before any effect."""
        if self.extents.same(a, b):
            return a
        if a.op == "const" and b.op == "const":
            raise errors.ShapeError(_mismatch(node, message, axes, a, b))
        self.note_operands(node)
        if self.extents.is_told(a) or self.extents.is_told(b):  # what two sizes of arrays owe to it is guarded without it
            a, b = self.extents.canonical(a), self.extents.canonical(b)
        self.guards.append(Guard(a, b, node, axes, "equal", message))
        self.extents.unite(a, b)
        return self.extents.canonical(a)

    def at_least(self, a: Value, b: Value, node: Apply, message: str = "") -> None:
        """Guard ``a >= b``."""
        if a.op == "const" and b.op == "const":
            if int(a.data) < int(b.data):
                text = _mismatch(node, message, (), a, b)
                raise errors.BoundsError(text) if text.startswith("index ") else errors.ShapeError(text)
            return
        self.note_operands(node)
        self.guards.append(Guard(a, b, node, (), "at_least", message))

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

    # ------------------------------------------------------------------ results

    def source(self, variable: Variable, storage: str, position: Number) -> Result:
        """An array that exists before the program runs."""
        pattern = _pattern(variable)
        if storage == "constant":
            shape = tuple(self.int(n) for n in variable.data.shape) if _is_number(variable) else ()  # type: ignore[attr-defined]
        else:
            static = getattr(variable, "static_shape", None) or (None,) * len(pattern)
            shape = tuple(self.extents.one if b else self.extents.leaf((storage, position, axis)) for axis, b in enumerate(pattern))
            if storage == "input":
                shape = tuple(
                    s if n is None or s.op == "const" else self.equal(s, self.int(n), None, ((variable, axis),), "declared shape")  # type: ignore[arg-type]
                    for axis, (s, n) in enumerate(zip(shape, static, strict=True))
                )
        result = self.result(variable, shape)
        result.storage, result.source_position = storage, position
        if not shape and "int" in result.dtype:
            result.extent = self.extents.leaf(("value", result.number))
        self.values[variable] = self.array(result)
        return result

    def result(self, variable: Variable, shape: Iterable[Value]) -> Result:
        return self.storage(_dtype(variable), self._shaped(variable, shape), variable)

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

    def _part(self, packed: Result, part: Number) -> View:
        place = self.int(part)
        return View(packed, packed.shape[:-1], packed.dtype, lambda *i: (*i, place), part=part)

    def nest(self, kind: str, results: list[Result], **fields: Any) -> Nest:
        nest = Nest(kind, self._node, results, **fields)
        nest.serial = len(self.nests)
        nest.absorbed = tuple(dict.fromkeys(n for n in self._absorbed if n is not None and n is not self._node))
        for position, result in enumerate(results):
            result.nest, result.position = nest, position
            if result.variable is not None:
                self.values[result.variable] = self.array(result)
        self.nests.append(nest)
        return nest

    def indices(self, rank: Number) -> tuple[Value, ...]:
        while len(self._index) < rank:
            self._index.append(self.trace.leaf("index", "int64", len(self._index)))
        return tuple(self._index[:rank])

    def pointwise(self, out: Variable, shape: Iterable[Value], body: Callable[..., Value]) -> None:
        """``out[i...] = body(i...)``."""
        extents = self._shaped(out, shape)
        value = _stored(body(*self._clamped(extents, self.indices(len(extents)))), _dtype(out))
        results = self._results(out, extents, value)
        nest = self.nest("pointwise", results, space=extents, bodies=value.parts)
        for result, part in zip(results, nest.bodies, strict=True):
            result.inline = _is_free(part, len(self._live(result)), self._live)
            if not extents and "int" in result.dtype:
                result.extent = self._integer(part)

    def _live(self, result: Result) -> list[Value]:
        """The extents of ``result`` that are not 1."""
        return [extent for extent in result.shape if extent is not self.extents.one]

    def view(self, out: Variable, shape: Iterable[Value], source: Variable, indices: Indices, contiguous: bool = False) -> None:
        """``out[i...] = source[indices(i...)]``: no copy, no work."""
        extents = self._shaped(out, shape)
        self.values[out] = self.each(
            self.values[source], lambda value: View(value, extents, value.dtype, indices, contiguous=contiguous, variable=out)
        )

    def each(self, value: Array, change: Callable[[Result | View], Result | View]) -> Array:
        """``change`` of a value, or of both its parts."""
        return Parts(change(value.real), change(value.imag), value.dtype) if isinstance(value, Parts) else change(value)

    def _shaped(self, out: Variable, shape: Iterable[Value]) -> tuple[Value, ...]:
        return tuple(self.extents.one if b else s for s, b in zip(shape, _pattern(out), strict=True))

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

    def reduce(
        self,
        outs: Sequence[Variable],
        space: Iterable[Value],
        axes: Iterable[Number],
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
        finished = [_stored(value, _dtype(out)) for value, out in zip(finished, outs, strict=True)]
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

    def join(self, out: Variable, shape: Iterable[Value], axis: Number, parts: Iterable[Variable]) -> None:
        """``out`` are ``parts`` one after the other along ``axis``.  Each is computed in its place, by whatever kernel can."""
        whole, start, operands = self.result(out, shape), self.extents.zero, []
        stride = row_major_strides(self.extents, whole.shape)[axis]
        for part in parts:
            operands.append(Operand(self._placed(part, whole, self.mul(start, stride))))
            start = self.add(start, self.shape(part)[axis])
        self.nest("join", [whole], operands=operands)

    def prefix(self, out: Variable, shape: Iterable[Value], axis: Number, body: Callable[..., Value], start: float, combine: Any) -> None:
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
        bodies = _stored(value(*points), _dtype(out)).parts
        self.nest("scatter", [result], space=domain, bodies=bodies, where=tuple(where(*points)), combine=combine, base=held)

    def python(self, node: Apply) -> None:
        """Run ``node.op.perform`` on NumPy arrays."""
        check_maps(node)
        results = []
        for out in node.outputs:
            pattern = _pattern(out)
            result = self.result(out, (self.extents.one,) * len(pattern))
            sizes = (self.extents.one if b else self.extents.told("object", result, axis) for axis, b in enumerate(pattern))
            result.shape = (*sizes, *result.shape[len(pattern) :])
            results.append(result)
        operands = [Operand(self.materialise(i)) for i in node.inputs]
        self.nest("python", results, operands=operands)
        if node.op.is_users and hasattr(node.op, "infer_shape"):
            self._hold_to_inferred_shapes(node)

    def _hold_to_inferred_shapes(self, node: Apply) -> None:
        """Guard that results have the sizes that ``infer_shape`` told: others rely on them.  What only Python could compute is not."""
        shapes = inferred_shapes(node, [sizes_of(v) if _is_number(v) else None for v in node.inputs])
        told = [(out, axis, size) for out, shape in zip(node.outputs, shapes, strict=True) for axis, size in enumerate(shape or ())]
        sizes = [as_size(size) for *_, size in told]
        order = io_toposort(node.inputs, sizes)
        if any(not hasattr(n.op, "lower") or hasattr(n.op, "expand") or n is node for n in order):
            return
        for size in sizes:
            self.leaf(size)
        self.graph(order)
        for (out, axis, _), size in zip(told, sizes, strict=True):
            text = f"perform gave output {out.index} another size along axis {axis} than infer_shape told"
            self.equal(self.shape(out)[axis], self.extent(size), node, ((out, axis),), text)

    def deeply_copied(self, variable: Variable) -> Result:
        """A copy of a value that is no array."""
        self._node = deep_copy_op.make_node(variable)
        (copy,) = self._node.outputs
        self.python(self._node)
        result = self.values[copy]
        assert isinstance(result, Result)
        return result

    # ------------------------------------------------------------------ regions

    def loop(self, node: Apply, graph: FunctionGraph, count: Variable, **form: Any) -> None:
        """``node.outputs`` are what ``graph``, run ``count`` times, makes; ``form`` is a :class:`~theano.loops.regions.LoopForm`."""
        from theano.loops.regions import LoopForm, lower_loop

        lower_loop(self, node, graph, count, LoopForm(**form))

    def branch(self, node: Apply, condition: Variable, sides: Sequence[tuple[FunctionGraph, Sequence[Variable]]]) -> None:
        """``node.outputs`` are the outputs of the first side's graph if ``condition`` is not zero, else of the second's."""
        from theano.loops.regions import lower_branch

        lower_branch(self, node, condition, sides)

    def region(self, graph: FunctionGraph) -> None:
        """Lower a whole graph whose inputs are known."""
        for out in graph.outputs:
            self.leaf(out)
        self.graph(graph.toposort())

    def inside(self, graph: FunctionGraph, values: dict[Variable, Array]) -> Lowering:
        """A lowering for a region's own graph; it shares everything but the nests and what must hold in the region only."""
        self.prepare(graph)
        inside = Lowering(self.extents, self.prepare)
        inside.results, inside.checks, inside.constants = self.results, self.checks, self.constants
        inside.operands = self.operands
        inside.values = dict(values)
        return inside

    def body(self, sinks: list[Sink], own: list[Result]) -> RegionBody:
        """This lowering as a region's body; results made by no nest of its own come from outside."""
        made = {r for nest in self.nests for r in nest.results} | set(own)
        needed = [r for nest in self.nests for r in nest.arguments()]
        for sink in sinks:
            value = self.read(sink.variable, self.indices(len(self.shape(sink.variable))))
            needed += [v.data for v in walk([value]) if v.op in READS]
        return RegionBody(self, sinks, [r for r in dict.fromkeys(needed) if r not in made])

    def sort(self, out: Variable, x: Variable, axis: Number, kind: str) -> None:
        """``out`` is ``x`` with its elements along ``axis`` in ascending order, by NumPy's ``kind`` of sorting."""
        order = [*(k for k in range(len(self.shape(x))) if k != axis), axis]
        shape, rows = tuple(self.shape(x)[k] for k in order), x
        if order != sorted(order):
            rows = x.type.clone(broadcastable=[_pattern(x)[k] for k in order])()
            self.view(rows, shape, x, lambda *i: tuple(i[order.index(k)] for k in range(len(i))))
        result = self.storage(_dtype(out), shape, out if rows is x else None)
        held = self._placed(rows, result, self.extents.zero)
        self.nest("library", [result], space=(self.extents.product(shape[:-1]), shape[-1]), routine="sort", flags=(kind,), base=held)
        self.values[out if rows is x else rows] = self.array(result)
        if rows is not x:
            self.view(out, self.shape(x), rows, lambda *i: tuple(i[k] for k in order))

    # ------------------------------------------------------------------ matrix products

    def gemm(self, out: Variable, a: Variable, b: Variable, alpha: Any = 1.0, c: Variable | None = None, beta: Any = 0.0) -> None:
        """``out = alpha * a @ b + beta * c``."""
        if _dtype(out) in PARTS:
            return self._by_parts(self.gemm, out, a, b)
        (m, _), (_, n) = self.shape(a), self.shape(b)
        left, right = self._matrix(a), self._matrix(b)
        self._product(out, (m, n), "gemm", [left, right], (m, n, self.shape(a)[1]), alpha, c, beta)

    def gemms(self, out: Variable, a: Variable, b: Variable) -> None:
        """``out[i] = a[i] @ b[i]`` for each ``i``."""
        if _dtype(out) in PARTS:
            return self._by_parts(self.gemms, out, a, b)
        (count, m, k), (*_, n) = self.shape(a), self.shape(b)
        operands = [self._matrix(a, many=True), self._matrix(b, many=True)]
        self._product(out, (count, m, n), "gemms", operands, (count, m, n, k), 1.0, None, 0.0)

    def gemv(self, out: Variable, a: Variable, x: Variable, alpha: Any = 1.0, y: Variable | None = None, beta: Any = 0.0) -> None:
        """``out = alpha * a @ x + beta * y``."""
        if _dtype(out) in PARTS:
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
        held = None if base is None or factors[1] == "0.0" else self._begun(base, result)
        self.nest("library", [result], space=sizes, operands=operands, routine=routine, flags=tuple(factors), base=held)

    def _begun(self, base: Variable, result: Result) -> Result:
        """What ``result`` holds beforehand: what is in memory as it is, where it may be; a view is copied to where it is wanted."""
        return self.materialise(base) if isinstance(self._real(base), Result) else self._placed(base, result, self.extents.zero)

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


def _dtype(variable: Variable) -> str:
    """A value that is no array is an ``object``, which passes from Python to Python."""
    return array_dtype(variable.type)


def _pattern(variable: Variable) -> tuple[bool, ...]:
    return variable.type.broadcastable if _is_number(variable) else ()


def _is_number(variable: Variable) -> bool:
    """Whether there can be code for it."""
    dtype = _dtype(variable)
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


def _mismatch(node: Any, message: str, axes: tuple[Any, ...], a: Value, b: Value) -> str:
    """What is wrong already when the graph is compiled."""
    first = title(node.inputs[0]) if node.inputs else str(node)
    if not axes:
        return (message or "{left} is less than {right}").format(left=a.data, right=b.data, array=first) + f" ({node})"
    where = " and ".join(f"{title(v)} axis {axis}" for v, axis in axes)
    return f"{message or 'sizes differ'}: {a.data} and {b.data} ({where})"
