"""Reductions: sums, products, extremes, and folds of any scalar op that is commutative and associative.

:class:`CAReduce` folds such an op over some axes; ``axis`` is None for all of them or a tuple of axes.  Sums and products of
integers are 64 bits wide, floats keep their dtype and are accumulated in a wider one (``acc_dtype``).

>>> from theano.tensor import bmatrix, fmatrix
>>> sum(fmatrix("x"), axis=-1).owner.op
Sum{axis=[1], acc_dtype=float64}
>>> max(fmatrix("x"), axis=0, keepdims=True).type
TensorType(float32, row)
>>> CAReduce(OPS["xor"], 0)(bmatrix()).owner.op
CAReduce{xor, axis=[0]}
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce as fold_left
from typing import Any, ClassVar, NamedTuple

import numpy as np

from theano.dtypes import accumulator_dtype, can_hold, is_complex, is_continuous, is_discrete, reduction_dtype, resolve
from theano.errors import AxisError, DTypeError, ShapeError, message
from theano.graph import Apply, Constant, NullType, Op
from theano.scalar import OPS, ScalarOp
from theano.scalar.instructions import Value, select
from theano.tensor.convert import as_tensor_variable, weak_constants
from theano.tensor.elemwise import conjugate, elemwise, row, zero_gradient
from theano.tensor.type import Array, TensorType, tensor_type
from theano.tensor.variable import TensorVariable

Axis = tuple[int, ...] | None


class Known(NamedTuple):
    """How a common scalar op reduces: NumPy's ufunc, and the loops' own combination of numbers, and of truth values."""

    ufunc: np.ufunc
    numbers: str
    truths: str
    starts: bool = True  # of no elements there is a result


KNOWN: dict[ScalarOp, Known] = {
    OPS["add"]: Known(np.add, "add", "or"),
    OPS["mul"]: Known(np.multiply, "mul", "and"),
    OPS["maximum"]: Known(np.maximum, "max", "or", False),
    OPS["minimum"]: Known(np.minimum, "min", "and", False),
    OPS["and_"]: Known(np.bitwise_and, "and", "and"),
    OPS["or_"]: Known(np.bitwise_or, "or", "or"),
}


def as_axis(axis: Any) -> Axis:
    """``axis`` as None or a sorted tuple, negative ones as they are; constants of the graph are taken for their values."""
    axis = _value_of(axis)
    if axis is None:
        return None
    entries = axis if isinstance(axis, (list, tuple, set, frozenset)) else [axis]
    try:
        return tuple(sorted({_value_of(entry).__index__() for entry in entries}))
    except (AttributeError, TypeError):
        raise TypeError(message(f"axis must be None, an integer or integers, not {axis!r:.60}")) from None


def _value_of(axis: Any) -> Any:
    axis = axis.data if isinstance(axis, Constant) else axis
    return axis.tolist() if isinstance(axis, np.ndarray) else axis


def reduced_axes(axis: Axis, x: Any) -> tuple[int, ...]:
    """The axes of ``x`` that ``axis`` means, none of them negative."""
    rank = x.type.ndim
    if axis is None:
        return tuple(range(rank))
    for entry in axis:
        if not -rank <= entry < rank:
            raise AxisError(message(f"axis {entry} of a tensor of rank {rank}", [row("given", x)]))
    return tuple(sorted({entry % rank for entry in axis}))


def spread(value: Any, axes: Sequence[int]) -> Any:
    """``value`` with a dimension of size 1 at each of ``axes`` (counted in the result)."""
    kept = iter(range(value.type.ndim))
    return value.dimshuffle(*("x" if axis in axes else next(kept) for axis in range(value.type.ndim + len(axes))))


def makeKeepDims(x: Any, y: Any, axis: Any) -> Any:
    """``y``, a reduction of ``x`` over ``axis``, with the reduced dimensions put back with size 1."""
    return spread(y, reduced_axes(as_axis(axis), as_tensor_variable(x)))


class Reduction(Op):
    """What the operations of this file share: an ``axis``, and the form of a result from which those axes are gone."""

    axis: Axis

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__str__ = Reduction.__str__  # type: ignore[method-assign]  # rather than the one derived from __props__

    def _with_axis(self, axis: Axis) -> Any:
        raise NotImplementedError

    def _normal(self, x: Any) -> tuple[Any, tuple[int, ...]]:
        """This op with its axes counted from the front, and the axes that it reduces."""
        axes = reduced_axes(self.axis, x)
        return (self if self.axis is None or self.axis == axes else self._with_axis(axes)), axes

    def _result(self, x: Any, axes: Sequence[int], dtype: str) -> TensorVariable:
        kept = [axis for axis in range(x.type.ndim) if axis not in axes]
        out = TensorVariable(tensor_type(dtype, tuple(x.type.broadcastable[axis] for axis in kept)))
        if x._static:
            out.static_shape = tuple(x.static_shape[axis] for axis in kept)
        return out

    def __str__(self) -> str:
        facts = {name: getattr(self, name) for name in ("scalar_op", "axis", "acc_dtype") if name in self.__props__}
        known = {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in facts.items() if fact is not None}
        inside = [str(fact) if name == "scalar_op" else f"{name}={fact}" for name, fact in known.items()]
        name = type(self).__name__.rstrip("_")
        return f"{name}{{{', '.join(inside)}}}" if inside else name

    __repr__ = __str__

    def infer_shape(self, node: Apply, input_shapes: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        axes = reduced_axes(self.axis, node.inputs[0])
        return [tuple(size for axis, size in enumerate(input_shapes[0]) if axis not in axes)] * len(node.outputs)

    def _guard_not_empty(self, low: Any, node: Apply, axes: Sequence[int]) -> None:
        """Where there are results there must be elements."""
        sizes = low.shape(node.inputs[0])
        count = fold_left(low.mul, (sizes[axis] for axis in axes), low.int(1))
        results = fold_left(low.mul, (size for axis, size in enumerate(sizes) if axis not in axes), low.int(1))
        low.at_least(count, low.minimum(results, low.int(1)), node, f"{_NO_ELEMENTS} {_listed(axes)}, and no value to start from")

    def _refuse_empty(self, x: Array, axes: Sequence[int]) -> None:
        kept = [size for axis, size in enumerate(x.shape) if axis not in axes]
        if x.size == 0 and 0 not in kept:
            raise ShapeError(message(f"{self}: {_NO_ELEMENTS} {_listed(axes)} of shape {x.shape}, and no value to start from"))


_NO_ELEMENTS = "no elements along"


def _listed(axes: Sequence[int]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))


# -------------------------------------------------------------------------------------------- folds


class CAReduce(Reduction):
    """``scalar_op``, commutative and associative, folded over ``axis``; the result has the dtype of the argument.

    Any op of two arguments will do, also a user's own.  If it has an ``identity``, that is the result of no elements.  What has no
    native code is folded by Python."""

    __props__: ClassVar[tuple[str, ...]] = ("scalar_op", "axis")

    def __init__(self, scalar_op: ScalarOp, axis: Any = None) -> None:
        if scalar_op.nin not in (-1, 2) or scalar_op.nout != 1:
            raise NotImplementedError(message(f"{scalar_op} does not reduce: two arguments and one result are needed"))
        if OPS.get(scalar_op.name) is scalar_op and not (scalar_op.commutative and scalar_op.associative):
            raise NotImplementedError(message(f"{scalar_op} does not reduce: the order of the elements would count"))
        self.scalar_op = scalar_op
        self.axis = as_axis(axis)

    @property
    def has_start(self) -> bool:
        """Whether there is a result of no elements."""
        known = KNOWN.get(self.scalar_op)
        return known.starts if known else self.scalar_op.identity is not None

    def _with_axis(self, axis: Axis) -> CAReduce:
        return CAReduce(self.scalar_op, axis)

    def make_node(self, x: Any) -> Apply:
        x = self._argument(as_tensor_variable(x))
        op, axes = self._normal(x)
        return Apply(op, [x], [self._result(x, axes, x.type.dtype)])

    def _argument(self, x: Any) -> Any:
        return x

    def accumulator(self, node: Apply) -> str:
        """The dtype in which the fold runs."""
        dtype = node.inputs[0].type.dtype
        return "float32" if dtype == "float16" else str(dtype)

    # ------------------------------------------------------------------------------------ values

    def perform(self, node: Apply, inputs: Sequence[Array], output_storage: Sequence[list[Any]]) -> None:
        (x,), accumulator = inputs, self.accumulator(node)
        axes = reduced_axes(self.axis, node.inputs[0])
        if not self.has_start:
            self._refuse_empty(x, axes)
        with np.errstate(all="ignore"):
            terms = self._terms(x.astype(accumulator))
            value = self._folded(terms, axes) if axes else terms
            output_storage[0][0] = np.array(value, dtype=node.outputs[0].type.dtype)

    def _terms(self, values: Array) -> Array:
        """What is folded."""
        return values

    def _folded(self, terms: Array, axes: tuple[int, ...]) -> Any:
        known = KNOWN.get(self.scalar_op)
        if known:
            return known.ufunc.reduce(terms, axis=axes, dtype=terms.dtype)
        kept = [size for axis, size in enumerate(terms.shape) if axis not in axes]
        rows = np.moveaxis(terms, axes, range(len(axes))).reshape((math.prod(terms.shape[axis] for axis in axes), *kept))
        if not len(rows):
            return np.full(kept, 0 if self.scalar_op.identity is None else self.scalar_op.identity, terms.dtype)
        while len(rows) > 1:  # neighbours in pairs: the order of the elements is kept, and the error grows slowly
            pairs = len(rows) // 2
            (combined,) = self.scalar_op.evaluate(rows[: 2 * pairs : 2], rows[1 : 2 * pairs : 2])
            rows = np.concatenate([combined.astype(terms.dtype), rows[2 * pairs :]])
        return rows[0]

    # ------------------------------------------------------------------------------------ code

    def _term(self, value: Value) -> Value:
        return value

    def lower(self, low: Any, node: Apply) -> None:
        (x,), (out,), accumulator = node.inputs, node.outputs, self.accumulator(node)
        axes = reduced_axes(self.axis, x)
        known = KNOWN.get(self.scalar_op)
        if not (known or self.scalar_op.has_code(accumulator, accumulator)):
            low.python(node)
            return

        def term(*i: Value) -> Value:
            return self._term(low.read(x, i).cast(accumulator))

        if not axes:
            low.pointwise(out, low.shape(x), lambda *i: term(*i).cast(out.type.dtype))
            return
        if not self.has_start:
            self._guard_not_empty(low, node, axes)
        combine = (known.truths if accumulator == "bool" else known.numbers) if known else self._code(low, accumulator)
        alone = known is not None or self.has_start
        low.reduce(
            [out], low.shape(x), axes, combine,
            term if alone else lambda *i: (term(*i), low.trace.const(True, "bool")),
            finish=lambda total, *_: total.cast(out.type.dtype),
        )  # fmt: skip

    def _code(self, low: Any, dtype: str) -> Any:
        """The scalar op's own code as a combination.  Without a number to start from, each lane carries whether it holds any."""
        trace = self.scalar_op.trace
        if self.has_start:
            return low.fold(str(self.scalar_op), (self.scalar_op.identity,), (dtype,), lambda a, b: trace(low.trace, a, b))

        def pair(a: Value, has_a: Value, b: Value, has_b: Value) -> tuple[Value, Value]:
            both = trace(low.trace, a, b).cast(dtype)
            return select(has_a & has_b, both, select(has_a, a, b)), has_a | has_b

        return low.fold(str(self.scalar_op), (0, False), (dtype, "bool"), pair)

    # ------------------------------------------------------------------------------------ derivatives

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """The gradient of a plain fold is not known; the named reductions below know theirs."""
        (x,) = inputs
        if is_discrete(outputs[0].type.dtype):
            return [zero_gradient(x)]
        with weak_constants():
            gradient = self._gradient(x, outputs[0], output_grads[0], reduced_axes(self.axis, x))
            return [_in_dtype_of(gradient, x)]

    def _gradient(self, x: Any, out: Any, gradient: Any, axes: tuple[int, ...]) -> Any:
        named = {"add": Sum, "mul": Prod, "maximum": Max, "minimum": Min}.get(self.scalar_op.name)
        if named is None:
            return NullType(f"the gradient of {self} is not known")()
        return named(axes)._gradient(x, out, gradient, axes)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        """Each element takes part in one result only, so the tangent is the sum of (gradient of its result) * tangent."""
        (x,), (point,) = inputs, eval_points
        out = self(x)
        if point is None or is_discrete(out.type.dtype):
            return [None]
        with weak_constants():
            ones = elemwise(OPS["second"])(out, 1)
            slopes = self.L_op([x], [out], [ones])[0]
            if isinstance(slopes.type, NullType):
                return [slopes]
            return [sum(conjugate(slopes) * point, axis=reduced_axes(self.axis, x), dtype=out.type.dtype)]


class Max(CAReduce):
    """The greatest element; NaN if there is one."""

    word = "max"
    __props__ = ("axis",)
    scalar_name = "maximum"

    def __init__(self, axis: Any = None) -> None:
        super().__init__(OPS[self.scalar_name], axis)

    def _with_axis(self, axis: Axis) -> CAReduce:
        return type(self)(axis)

    def _gradient(self, x: Any, out: Any, gradient: Any, axes: tuple[int, ...]) -> Any:
        """Every element equal to the extreme gets the full gradient."""
        chosen = elemwise(OPS["eq"])(x, spread(out, axes))
        return elemwise(OPS["switch"])(chosen, spread(gradient, axes), 0)


class Supremum(Max):
    """As Max; of no elements the least number, minus infinity of floats.  For formulas that need no elements either."""

    @property
    def has_start(self) -> bool:
        return True

    def _folded(self, terms: Array, axes: tuple[int, ...]) -> Any:
        least = -np.inf if terms.dtype.kind == "f" else terms.dtype.kind != "b" and np.iinfo(terms.dtype).min
        return np.max(terms, axis=axes, initial=least)


class Min(Max):
    """The least element; NaN if there is one."""

    word = "min"
    scalar_name = "minimum"


class All(Max):
    """Whether all elements are true (not zero)."""

    word = "all"
    scalar_name = "and_"

    def _argument(self, x: Any) -> Any:
        return x if x.type.dtype == "bool" else elemwise(OPS["neq"])(x, 0)


class Any_(All):
    """Whether some element is true (not zero)."""

    word = "any"
    scalar_name = "or_"


class CAReduceDtype(CAReduce):
    """A fold with a dtype of its own for the result, and one for the accumulator; by default both as NumPy's sums have them,
    but floats accumulate in the next wider one."""

    __props__: ClassVar[tuple[str, ...]] = ("scalar_op", "axis", "dtype", "acc_dtype")

    def __init__(self, scalar_op: ScalarOp, axis: Any = None, dtype: Any = None, acc_dtype: Any = None) -> None:
        super().__init__(scalar_op, axis)
        self.dtype = None if dtype is None else resolve(dtype)
        self.acc_dtype = None if acc_dtype is None else resolve(acc_dtype)

    def _rebuilt(self, axis: Axis, dtype: str | None, acc_dtype: str | None) -> CAReduceDtype:
        return CAReduceDtype(self.scalar_op, axis, dtype, acc_dtype)

    def _with_axis(self, axis: Axis) -> CAReduce:
        return self._rebuilt(axis, self.dtype, self.acc_dtype)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        given = x.type.dtype
        dtype, accumulator = self.dtype or reduction_dtype(given), self.acc_dtype or accumulator_dtype(given)
        if not can_hold(accumulator, given) and not (is_continuous(accumulator) and is_discrete(given)):
            raise DTypeError(message(f"{self}: an accumulator of {accumulator} cannot hold the elements", [row("given", x)]))
        if is_complex(accumulator) and not is_complex(dtype):
            raise DTypeError(message(f"{self}: a complex result does not become {dtype}", [row("given", x)]))
        axes = reduced_axes(self.axis, x)
        op = self._rebuilt(None if self.axis is None else axes, dtype, accumulator)
        return Apply(op, [x], [self._result(x, axes, dtype)])

    def accumulator(self, node: Apply) -> str:
        return "float32" if self.acc_dtype == "float16" else str(self.acc_dtype)


class Sum(CAReduceDtype):
    """The sum over ``axis``."""

    word = "sum"
    __props__: ClassVar[tuple[str, ...]] = ("axis", "dtype", "acc_dtype")
    scalar_name = "add"

    def __init__(self, axis: Any = None, dtype: Any = None, acc_dtype: Any = None) -> None:
        super().__init__(OPS[self.scalar_name], axis, dtype, acc_dtype)

    def _rebuilt(self, axis: Axis, dtype: str | None, acc_dtype: str | None) -> CAReduceDtype:
        return type(self)(axis, dtype, acc_dtype)

    def _gradient(self, x: Any, out: Any, gradient: Any, axes: tuple[int, ...]) -> Any:
        return elemwise(OPS["second"])(x, spread(gradient, axes))

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0])]


class Prod(Sum):
    """The product over ``axis``.  ``no_zeros_in_input`` promises that there are none: the gradient becomes simpler and has
    derivatives of its own."""

    word = "prod"
    __props__ = ("axis", "dtype", "acc_dtype", "no_zeros_in_input")
    scalar_name = "mul"

    def __init__(self, axis: Any = None, dtype: Any = None, acc_dtype: Any = None, no_zeros_in_input: bool = False) -> None:
        super().__init__(axis, dtype, acc_dtype)
        self.no_zeros_in_input = bool(no_zeros_in_input)

    def _rebuilt(self, axis: Axis, dtype: str | None, acc_dtype: str | None) -> CAReduceDtype:
        return Prod(axis, dtype, acc_dtype, self.no_zeros_in_input)

    R_op = CAReduce.R_op

    def _gradient(self, x: Any, out: Any, gradient: Any, axes: tuple[int, ...]) -> Any:
        """The product of the others.  With one zero that is zero except at the zero itself, with more it is zero everywhere."""
        if self.no_zeros_in_input:
            return spread(gradient * conjugate(out), axes) / conjugate(x)
        switch, eq = elemwise(OPS["switch"]), elemwise(OPS["eq"])
        is_zero = eq(x, 0)
        zeros = spread(sum(is_zero, axis=axes), axes)
        others = ProdWithoutZeros(axes, dtype=out.type.dtype)(x)
        product = spread(gradient * conjugate(others), axes)
        alone = elemwise(OPS["and_"])(is_zero, eq(zeros, 1))
        return switch(eq(zeros, 0), product / conjugate(x), switch(alone, product, 0))


class ProdWithoutZeros(Sum):
    """The product of the elements that are not zero; of none of them, 1."""

    word = "prod"
    scalar_name = "mul"

    def _terms(self, values: Array) -> Array:
        return np.where(values == 0, values.dtype.type(1), values)

    def _term(self, value: Value) -> Value:
        return select(value.equals(0), value.trace.const(1, value.dtype), value)

    def _gradient(self, x: Any, out: Any, gradient: Any, axes: tuple[int, ...]) -> Any:
        return NullType("the second derivative of prod is known only with no_zeros_in_input=True")()

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        point = eval_points[0]
        return [None if point is None else self._gradient(inputs[0], None, None, ())]


def _in_dtype_of(gradient: Any, x: Any) -> Any:
    """``gradient`` in the dtype of ``x`` if that is a float."""
    if not isinstance(gradient.type, TensorType) or not is_continuous(x.type.dtype) or gradient.type.dtype == x.type.dtype:
        return gradient
    if is_complex(gradient.type.dtype) and not is_complex(x.type.dtype):
        gradient = elemwise(OPS["real"])(gradient)
    return gradient.astype(x.type.dtype)


# -------------------------------------------------------------------------------------------- functions


def _reduced(op: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    x = as_tensor_variable(x)
    out = op(x)
    return makeKeepDims(x, out, axis) if keepdims else out


def sum(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
    """The sum over ``axis`` (None: all).  ``dtype`` of the result, ``acc_dtype`` of the accumulator."""
    return _reduced(Sum(axis, dtype, acc_dtype), input, axis, keepdims)


def prod(
    input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None, no_zeros_in_input: bool = False
) -> Any:
    """The product over ``axis``."""
    return _reduced(Prod(axis, dtype, acc_dtype, no_zeros_in_input), input, axis, keepdims)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The greatest element along ``axis``; NaN if there is one."""
    return _reduced(Max(axis), x, axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The least element along ``axis``; NaN if there is one."""
    return _reduced(Min(axis), x, axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all elements along ``axis`` are true (not zero)."""
    return _reduced(All(axis), x, axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether some element along ``axis`` is true (not zero)."""
    return _reduced(Any_(axis), x, axis, keepdims)


__all__ = [
    "All", "Any_", "CAReduce", "CAReduceDtype", "Max", "Min", "Prod", "ProdWithoutZeros", "Sum",
    "all", "any", "makeKeepDims", "max", "min", "prod", "sum",
]  # fmt: skip
