"""Elementwise operations and the rearranging of dimensions that makes their arguments fit.

One :class:`Elemwise` exists for each scalar op, made by :func:`elemwise`; everything it knows comes from the declaration in
:mod:`theano.scalar`: dtypes, value, derivatives, native code.  A dimension stretches only where its type says so:
arguments of lower rank get broadcastable dimensions on the left, everything else must agree when the function runs.

>>> from theano.tensor import dmatrix, drow
>>> out = dmatrix("x") + drow("y")
>>> out.owner.op
Elemwise{add,no_inplace}
>>> out.type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from theano.dtypes import is_complex, is_continuous, is_discrete, resolve
from theano.errors import AxisError, DTypeError, MethodNotDefined, ShapeError, message
from theano.flags import config
from theano.graph import Apply, DisconnectedType, NullType, Op, Variable
from theano.graph.naming import title
from theano.scalar import OPS, UNKNOWN, Declared, ScalarOp, get_scalar_type
from theano.scalar.declare import CONJUGATE
from theano.scalar.describe import describe
from theano.scalar.graphs import replayed
from theano.scalar.op import pointwise
from theano.tensor.convert import as_operands, as_tensor_variable, constant, fit_integers, weak_constants
from theano.tensor.type import Array, Pattern, TensorType, tensor_type
from theano.tensor.variable import TensorVariable


def row(label: str, variable: Any, shape: Any = None) -> tuple[str, str, str, str]:
    """A line of an error message about ``variable``; ``shape`` by default what the graph knows of it."""
    sizes = variable.static_shape if shape is None else shape
    text = "(" + ", ".join("?" if n is None else str(n) for n in sizes) + ("," if len(sizes) == 1 else "") + ")"
    origin = variable.origin if variable.owner is None else variable.owner.origin
    return label, title(variable), f"{variable.type.dtype} {text}", str(origin or "")


class _Documentation:
    """The ``__doc__`` of a class is its own; that of one of its objects says what is known of the function."""

    def __init__(self, of_class: str) -> None:
        self.of_class = of_class

    def __get__(self, op: Elemwise | None, cls: type) -> str | None:
        if op is None:
            return self.of_class
        return describe(op.scalar_op) if isinstance(op.scalar_op, Declared) else op.scalar_op.__doc__


class Elemwise(Op):
    __doc__ = _Documentation(
        "Applies ``scalar_op`` to each element.  ``inplace_pattern`` maps an output to the input whose storage it takes."
    )
    __props__ = ("scalar_op", "inplace_pattern")

    def __init__(
        self,
        scalar_op: ScalarOp,
        inplace_pattern: dict[int, int] | None = None,
        name: str | None = None,
        nfunc_spec: Any = None,
        openmp: bool | None = None,
    ) -> None:
        if not isinstance(scalar_op, ScalarOp):
            raise TypeError(
                message(
                    f"Elemwise: {scalar_op!r} is no scalar operation", cure="those of theano.scalar are, and instances of your own class"
                )
            )
        self.scalar_op = scalar_op
        self.inplace_pattern = dict(inplace_pattern or {})
        self.name = name
        self.nfunc_spec, self.openmp = nfunc_spec, openmp
        if self.inplace_pattern:
            self.destroy_map = {output: [source] for output, source in self.inplace_pattern.items()}
        self.__name__ = str(scalar_op)
        self._plans: dict[Any, tuple[tuple[DimShuffle | None, ...] | None, tuple[TensorType, ...]]] = {}

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and isinstance(other, Elemwise)
            and self.scalar_op == other.scalar_op
            and self.inplace_pattern == other.inplace_pattern
        )

    def __hash__(self) -> int:
        return hash((type(self), self.scalar_op, tuple(self.inplace_pattern.items())))

    def __str__(self) -> str:
        if self.name:
            return self.name
        if self.inplace_pattern:
            return f"Elemwise{{{self.scalar_op}}}{sorted(self.inplace_pattern.items())}"
        return f"Elemwise{{{self.scalar_op},no_inplace}}"

    __repr__ = __str__

    def __reduce__(self) -> Any:
        if type(self) is Elemwise and elemwise(self.scalar_op) == self:
            return elemwise, (self.scalar_op,)
        return type(self), (self.scalar_op, self.inplace_pattern, self.name)

    # ------------------------------------------------------------------------------------ building

    def make_node(self, *inputs: Any) -> Apply:
        operands = as_operands(inputs)
        types = tuple([v.type for v in operands])
        key = (types, config.floatX, config.cast_policy)
        plan = self._plans.get(key)
        if plan is None:
            try:
                plan = self._plans[key] = self._plan(types)
            except DTypeError as error:
                fitted = fit_integers(inputs, operands)
                if fitted is not None:
                    return self.make_node(*fitted)
                raise DTypeError(message(f"{self.scalar_op}: {error}", [row("argument", v) for v in operands])) from None
        pads, out_types = plan
        if pads is not None:
            operands = [v if pad is None else pad(v) for v, pad in zip(operands, pads)]
        outputs = [TensorVariable(t) for t in out_types]
        if any([v._static for v in operands]):
            self._note_static_shape(operands, outputs)
        return Apply(self, operands, outputs)

    def _plan(self, types: tuple[TensorType, ...]) -> tuple[tuple[DimShuffle | None, ...] | None, tuple[TensorType, ...]]:
        """For arguments of these types: how each is padded to the common rank, and the types of the results."""
        arity = self.scalar_op.arity
        if (len(types) < arity) if self.scalar_op.nary else (len(types) != arity):
            takes = f"{'at least ' if self.scalar_op.nary else ''}{arity} argument{'s' * (arity != 1)}"
            raise TypeError(message(f"{self.scalar_op} takes {takes}, {len(types)} were given"))
        rank = max(t.ndim for t in types)
        pads = tuple(
            None if t.ndim == rank else dimshuffle(t.broadcastable, ("x",) * (rank - t.ndim) + tuple(range(t.ndim))) for t in types
        )
        padded = [(True,) * (rank - t.ndim) + t.broadcastable for t in types]
        pattern = tuple(all(entries) for entries in zip(*padded))
        dtypes = self.scalar_op.output_dtypes(*(t.dtype for t in types))
        for output, source in self.inplace_pattern.items():
            if padded[source] != pattern or types[source].dtype != dtypes[output]:
                raise ValueError(message(f"{self}: input {source} ({types[source]}) cannot hold the result, {dtypes[output]} {pattern}"))
        return (pads if any(pads) else None), tuple(tensor_type(dtype, pattern) for dtype in dtypes)

    def _note_static_shape(self, operands: Sequence[Any], outputs: Sequence[Any]) -> None:
        shape: list[int | None] = [None] * outputs[0].type.ndim
        holders: dict[int, Any] = {}
        for v in operands:
            for axis, (size, fixed) in enumerate(zip(v.static_shape, v.type.broadcastable)):
                if size is None or fixed:
                    continue
                if shape[axis] is not None and shape[axis] != size:
                    raise ShapeError(
                        message(
                            f"{self.scalar_op}: sizes {shape[axis]} and {size} of dimension {axis} differ",
                            [row("left", holders[axis]), row("right", v)],
                            cure="only dimensions of broadcastable type stretch",
                        )
                    )
                shape[axis], holders[axis] = size, v
        for out in outputs:
            out.static_shape = tuple(shape)

    # ------------------------------------------------------------------------------------ derivatives

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """Chain rule; the gradient of each input has its pattern and, unless that is discrete, its dtype."""
        out = outputs[0]
        with weak_constants():
            if isinstance(self.scalar_op, Declared):
                terms = [p if p is None or p is UNKNOWN else scaled(p, output_grads[0]) for p in self._partials(inputs, out)]
            else:
                given = [zero_gradient(o) if isinstance(g.type, DisconnectedType) else g for o, g in zip(outputs, output_grads)]
                terms = self._by_class(inputs, outputs, given)
            return [self._unknown(k) if term is UNKNOWN else _pulled_back(x, term, out) for k, (x, term) in enumerate(zip(inputs, terms))]

    def _unknown(self, position: int) -> Variable:
        why = f"the derivative of {self.scalar_op} by argument {position} is not known"
        undefined: Variable = NullType(why)()
        return undefined

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        outputs = self(*inputs, return_list=True)
        return [self._moved(inputs, outputs, position, eval_points) for position in range(len(outputs))]

    def _moved(self, inputs: Sequence[Any], outputs: Sequence[Any], position: int, eval_points: Sequence[Any]) -> Any:
        """How output number ``position`` moves if the inputs move by ``eval_points``."""
        out, terms = outputs[position], []
        with weak_constants():
            if isinstance(self.scalar_op, Declared):
                partials = self._partials(inputs, out)
            else:
                partials = self._by_class(inputs, outputs, [float(k == position) for k in range(len(outputs))])
            for argument, (partial, point) in enumerate(zip(partials, eval_points)):
                if point is None or partial is None or _is_number(partial, 0):
                    continue
                if partial is UNKNOWN:
                    return self._unknown(argument)
                terms.append(scaled(partial, point, forward=True))
        if not terms:
            return None
        total = terms[0] if len(terms) == 1 else elemwise(OPS["add"])(*terms)
        return _of_type(_filled(_real_for(total, out), out), out.type)

    def _partials(self, inputs: Sequence[Any], out: Any) -> Sequence[Any]:
        """The derivative of ``out`` by each input: a variable, a number, None for zero, or UNKNOWN.

        Integers enter the formulas as floats: as integers, the ``1 + x*x`` of a derivative would overflow."""
        if is_discrete(out.type.dtype):
            return [None] * len(inputs)
        if not self.scalar_op.differentiable:
            return [UNKNOWN] * len(inputs)
        assert isinstance(self.scalar_op, Declared)
        with weak_constants():
            wanted = self.scalar_op.casts([x.type.dtype for x in inputs], out.type.dtype)
            arguments = [as_float(x, dtype) if is_continuous(dtype) else x for x, dtype in zip(inputs, wanted)]
            partials: Sequence[Any] = self.scalar_op.partials(*arguments, out)
        return partials

    def _by_class(self, inputs: Sequence[Any], outputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        """What the gradients of the outputs, tensors or numbers, are to the inputs: the ``L_op`` of an operation written as a class,
        on scalar variables, done again on these."""
        op = self.scalar_op
        if all(is_discrete(out.type.dtype) for out in outputs):
            return [None] * len(inputs)
        leaves = [get_scalar_type(v.type.dtype)() for v in inputs]
        results = op.make_node(*leaves).outputs
        seeds = [get_scalar_type(out.type.dtype if is_continuous(out.type.dtype) else config.floatX)() for out in outputs]
        try:
            found = op.L_op(leaves, results, seeds)
        except MethodNotDefined:
            return [UNKNOWN] * len(inputs)
        undefined = [isinstance(getattr(g, "type", None), NullType) for g in found]
        nothing = [g is None or isinstance(getattr(g, "type", None), DisconnectedType) for g in found]
        plain = [0.0 if skip or none else g for g, skip, none in zip(found, undefined, nothing)]
        tensors = replayed(plain, dict(zip([*leaves, *results, *seeds], [*inputs, *outputs, *gradients])))
        return [UNKNOWN if bad else None if none else t for t, bad, none in zip(tensors, undefined, nothing)]

    # ------------------------------------------------------------------------------------ values

    def perform(self, node: Apply, inputs: Sequence[Array], output_storage: Sequence[list[Any]]) -> None:
        shape = self._runtime_shape(node, inputs)
        with np.errstate(all="ignore"):
            results = self.scalar_op.evaluate(*inputs)
        for position, (value, out, storage) in enumerate(zip(results, node.outputs, output_storage)):
            source = self.inplace_pattern.get(position)
            array = np.empty(shape, out.type.dtype) if source is None else inputs[source]
            array[...] = value
            storage[0] = array

    def _runtime_shape(self, node: Apply, inputs: Sequence[Array]) -> tuple[int, ...]:
        shape: list[int | None] = [None] * node.outputs[0].type.ndim
        for x, variable in zip(inputs, node.inputs):
            for axis, fixed in enumerate(variable.type.broadcastable):
                size = x.shape[axis]
                if fixed:
                    continue
                if shape[axis] is not None and shape[axis] != size:
                    raise ShapeError(
                        message(
                            f"{self.scalar_op}: sizes {shape[axis]} and {size} of dimension {axis} differ",
                            [row(f"input {k}", v, a.shape) for k, (v, a) in enumerate(zip(node.inputs, inputs))],
                            cure="only dimensions of broadcastable type stretch" if 1 in (size, shape[axis]) else None,
                        )
                    )
                shape[axis] = size
        return tuple(1 if size is None else size for size in shape)

    def infer_shape(self, node: Apply, input_shapes: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        patterns = [v.type.broadcastable for v in node.inputs]
        shape = []
        for axis in range(node.outputs[0].type.ndim):
            stretched_to = [sizes[axis] for sizes, pattern in zip(input_shapes, patterns) if not pattern[axis]]
            shape.append(stretched_to[0] if stretched_to else constant(1, dtype="int64"))
        return [tuple(shape)] * len(node.outputs)

    def lower(self, low: Any, node: Apply) -> None:
        if not self.scalar_op.has_code(*(v.type.dtype for v in node.inputs)):
            low.python(node)
            return
        shape: list[Any] = []
        for axis in range(node.outputs[0].type.ndim):
            agreed: Any = None
            holder: Variable | None = None
            for v in node.inputs:
                if v.type.broadcastable[axis]:
                    continue
                extent = low.shape(v)[axis]
                agreed = extent if holder is None else low.equal(agreed, extent, node, ((holder, axis), (v, axis)))
                holder = v if holder is None else holder
            shape.append(low.int(1) if agreed is None else agreed)
        pointwise(self.scalar_op, low, node, shape)

    def why_python(self, node: Apply) -> str | None:
        """Why Python computes ``node``; None if it does not."""
        return self.scalar_op.why_python(*(v.type.dtype for v in node.inputs))


_ELEMWISE: dict[ScalarOp, Elemwise] = {}


def elemwise(scalar_op: ScalarOp) -> Elemwise:
    """The one :class:`Elemwise` of ``scalar_op``."""
    found = _ELEMWISE.get(scalar_op)
    if found is None:
        found = _ELEMWISE[scalar_op] = Elemwise(scalar_op)
    return found


def cast(x: Any, dtype: Any) -> Any:
    """``x`` converted to ``dtype``; ``x`` itself if it has that dtype.  Complex numbers do not become real."""
    x = as_tensor_variable(x)
    wanted = resolve(dtype)
    if x.type.dtype == wanted:
        return x
    if is_complex(x.type.dtype) and not is_complex(wanted):
        raise DTypeError(message(f"cast: complex numbers do not become {wanted}", [row("given", x)], cure="take its real, imag or abs"))
    return elemwise(OPS[f"convert_to_{wanted}"])(x)


# -------------------------------------------------------------------------------------------- pieces of gradient rules


def _is_number(value: Any, number: int) -> bool:
    return not isinstance(value, Variable) and bool(value == number)


def as_float(x: Any, dtype: str | None = None) -> Any:
    """``x``; a discrete one cast to ``dtype``, by default floatX."""
    return x if is_continuous(x.type.dtype) else cast(x, dtype or config.floatX)


def sum_to(gradient: Any, like: Any) -> Any:
    """``gradient`` summed over the dimensions along which ``like`` was stretched or lacks."""
    missing = gradient.type.ndim - like.type.ndim
    pattern = zip(like.type.broadcastable, gradient.type.broadcastable[missing:])
    stretched = [missing + axis for axis, (narrow, wide) in enumerate(pattern) if narrow and not wide]
    if missing or stretched:
        gradient = gradient.sum(axis=[*range(missing), *stretched])
        kept = iter(range(gradient.type.ndim))
        gradient = gradient.dimshuffle(*("x" if missing + axis in stretched else next(kept) for axis in range(like.type.ndim)))
    return gradient


def zero_gradient(x: Any) -> Any:
    """Zeros of the shape of ``x`` and of the dtype of its gradient."""
    dtype = x.type.dtype if is_continuous(x.type.dtype) else config.floatX
    return elemwise(OPS["second"])(x, constant(0, dtype=dtype))


def scaled(partial: Any, factor: Any, forward: bool = False) -> Any:
    """``factor``, a gradient, times the conjugate of ``partial``; or ``forward`` a tangent times ``partial`` itself.

    The gradient of a real cost by x + iy is that by x plus i times that by y.  Where a partial is a choice of exact zero, nothing
    flows, even of infinite gradients."""
    if partial is CONJUGATE:
        return elemwise(OPS["conj"])(factor)
    if not isinstance(partial, Variable):
        if _is_number(partial, 1):
            return factor
        return -factor if _is_number(partial, -1) else factor * (partial if forward else partial.conjugate())
    node = partial.owner
    if node is not None and isinstance(node.op, Elemwise) and node.op.scalar_op.name == "switch":
        condition, then, otherwise = node.inputs
        if is_zero(otherwise):
            return elemwise(OPS["switch"])(condition, scaled(_simple(then), factor, forward), 0)
        if is_zero(then):
            return elemwise(OPS["switch"])(condition, 0, scaled(_simple(otherwise), factor, forward))
    return factor * (partial if forward else conjugate(partial))


def conjugate(partial: Any) -> Any:
    """What a gradient is multiplied by where the derivative is ``partial``: its complex conjugate; real ones are their own."""
    return elemwise(OPS["conj"])(partial) if is_complex(partial.type.dtype) else partial


def _simple(variable: Any) -> Any:
    """The number in a constant, or the variable (below the dimensions that padding put around either)."""
    inner = variable
    while inner.owner is not None and isinstance(inner.owner.op, DimShuffle):
        inner = inner.owner.inputs[0]
    data = getattr(inner, "data", None)
    return data.item() if isinstance(data, np.ndarray) and data.size == 1 else variable


def is_zero(variable: Any) -> bool:
    """Whether ``variable`` is a constant zero, stretched or not."""
    return _is_number(_simple(variable), 0)


def _pulled_back(x: Any, term: Any, out: Any) -> Any:
    """``term``, the gradient of ``x`` at each point of ``out``, summed over the dimensions in which ``x`` was stretched."""
    if term is None or _is_number(term, 0):
        return zero_gradient(x)
    term = _real_for(_filled(as_tensor_variable(term), out), x)
    return _of_type(sum_to(term, x), x.type)


def _real_for(term: Any, of: Any) -> Any:
    """The real part of a complex ``term`` if ``of`` is real."""
    return elemwise(OPS["real"])(term) if is_complex(term.type.dtype) and not is_complex(of.type.dtype) else term


def _filled(term: Any, out: Any) -> Any:
    return term if term.type.broadcastable == out.type.broadcastable else elemwise(OPS["second"])(out, term)


def _of_type(term: Any, type: TensorType) -> Any:
    """``term`` in the dtype of a float ``type``."""
    if term.type.dtype == type.dtype or not is_continuous(type.dtype):
        return term
    return cast(term, type.dtype)


# -------------------------------------------------------------------------------------------- dimensions


class DimShuffle(Op):
    """Puts the dimensions in ``new_order``: their numbers, and 'x' for a new one of size 1.  A view.

    ``shuffle`` are the kept dimensions in their new order, ``drop`` those left out, ``augment`` the places of the new ones."""

    __props__ = ("input_broadcastable", "new_order", "inplace")

    def __init__(self, input_broadcastable: Sequence[Any], new_order: Sequence[Any], inplace: bool = True) -> None:
        self.input_broadcastable: Pattern = tuple(map(bool, input_broadcastable))
        self.new_order = tuple(entry if entry == "x" else int(entry) for entry in new_order)
        self.inplace = inplace
        if inplace:
            self.view_map = {0: [0]}
        rank = len(self.input_broadcastable)
        self.shuffle = [entry for entry in self.new_order if entry != "x"]
        self.drop = [axis for axis in range(rank) if axis not in self.shuffle]
        self.augment = [place for place, entry in enumerate(self.new_order) if entry == "x"]
        headline = f"dimshuffle{self.new_order} of a tensor of rank {rank} with pattern {self.input_broadcastable}"
        if any(not 0 <= axis < rank for axis in self.shuffle):
            raise ValueError(message(f"{headline}: there is no such dimension"))
        if len(set(self.shuffle)) != len(self.shuffle):
            raise ValueError(message(f"{headline}: a dimension appears twice"))
        lost = [axis for axis in self.drop if not self.input_broadcastable[axis]]
        if lost:
            cure = "only dimensions of broadcastable type may be left out; theano.tensor.addbroadcast makes them so"
            raise ValueError(message(f"{headline}: dimension {lost[0]} is dropped, and may not be 1", cure=cure))
        self.pattern: Pattern = tuple(entry == "x" or self.input_broadcastable[entry] for entry in self.new_order)

    @property
    def transposition(self) -> list[int]:
        """The order of the input's dimensions, those to drop last."""
        return self.shuffle + self.drop

    def __str__(self) -> str:
        return f"{'Inplace' if self.inplace else ''}DimShuffle{{{','.join(map(str, self.new_order))}}}"

    __repr__ = __str__

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        pattern = x.type.broadcastable
        if len(pattern) != len(self.input_broadcastable) or any(
            ours and not theirs for ours, theirs in zip(self.input_broadcastable, pattern)
        ):
            raise TypeError(message(f"{self} takes tensors of pattern {self.input_broadcastable}", [row("given", x)]))
        out = TensorVariable(tensor_type(x.type.dtype, self.pattern))
        if x._static:
            out.static_shape = tuple(1 if entry == "x" else x.static_shape[entry] for entry in self.new_order)
        return Apply(self, [x], [out])

    def perform(self, node: Apply, inputs: Sequence[Array], output_storage: Sequence[list[Any]]) -> None:
        (x,) = inputs
        if any(x.shape[axis] != 1 for axis in self.drop):
            raise ShapeError(message(f"{self}: a dropped dimension does not have size 1", [row("input", node.inputs[0], x.shape)]))
        kept: tuple[Any, ...] = (..., *[0] * len(self.drop))
        places: tuple[Any, ...] = (*(None if entry == "x" else slice(None) for entry in self.new_order), ...)
        result = x.transpose(self.transposition)[kept][places]
        output_storage[0][0] = result if self.inplace else result.copy()

    def infer_shape(self, node: Apply, input_shapes: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        (sizes,) = input_shapes
        return [tuple(constant(1, dtype="int64") if entry == "x" else sizes[entry] for entry in self.new_order)]

    def lower(self, low: Any, node: Apply) -> None:
        (x,) = node.inputs
        sizes, zero = low.shape(x), low.int(0)
        place = {entry: i for i, entry in enumerate(self.new_order) if entry != "x"}
        shape = [low.int(1) if entry == "x" else sizes[entry] for entry in self.new_order]
        in_order = [entry for entry in self.shuffle if not self.input_broadcastable[entry]]
        low.view(
            node.outputs[0], shape, x,
            lambda *i: tuple(i[place[axis]] if axis in place else zero for axis in range(len(sizes))),
            contiguous=in_order == sorted(in_order),
        )  # fmt: skip

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x,), (gradient,) = inputs, output_grads
        if not is_continuous(x.type.dtype):
            return [zero_gradient(x)]
        order: list[Any] = ["x"] * len(self.input_broadcastable)
        for place, entry in enumerate(self.new_order):
            if entry != "x":
                order[entry] = place
        return [gradient.dimshuffle(order)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0])]


@lru_cache(maxsize=4096)
def dimshuffle(input_broadcastable: Pattern, new_order: tuple[Any, ...]) -> DimShuffle:
    """The one :class:`DimShuffle` for this pattern and order."""
    return DimShuffle(input_broadcastable, new_order)


def axes_of(what: str, axis: Any, x: Any, rank: int | None = None) -> list[int]:
    """``axis``, a number or several, of ``x``, or of a tensor of ``rank``, counted from the front; each once."""
    count = x.type.ndim if rank is None else rank
    axes = list(axis) if isinstance(axis, (list, tuple, range, np.ndarray)) else [axis]
    missing = [a for a in axes if not -count <= a < count]
    if missing:
        cure = f"the axes are 0 to {count - 1}, or -1 to -{count} from the end" if count else None
        raise AxisError(message(f"{what}: axis {missing[0]} of a tensor of rank {count}", [row("given", x)], cure))
    normal = [int(a) % count for a in axes]
    if len(set(normal)) < len(normal):
        raise AxisError(message(f"{what}: an axis is there twice in {axis}", [row("given", x)]))
    return normal


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """``x`` with its axes in the given order, by default reversed."""
    x = as_tensor_variable(x)
    order = range(x.type.ndim - 1, -1, -1) if axes is None else axes_of("transpose", axes, x)
    if len(order) != x.type.ndim:
        raise ValueError(message(f"transpose: {len(order)} axes for a tensor of rank {x.type.ndim}", [row("given", x)]))
    return x.dimshuffle(*order)


__all__ = [
    "DimShuffle",
    "Elemwise",
    "cast",
]
