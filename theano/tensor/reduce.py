"""Reductions: sums, products, extremes and their positions, means.

:class:`CAReduce` folds a commutative, associative scalar op over some axes; ``axis`` is None for all of them or a tuple of axes.
Sums and products of integers are 64 bits wide, floats keep their dtype and are accumulated in a wider one (``acc_dtype``).

>>> from theano.tensor import fmatrix, wvector
>>> sum(fmatrix("x"), axis=-1).owner.op
Sum{axis=[1], acc_dtype=float64}
>>> mean(wvector("n")).dtype, max(fmatrix("x"), axis=0, keepdims=True).type
('float64', TensorType(float32, row))
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce as fold_left
from typing import Any, ClassVar, NamedTuple

import numpy as np

from theano.dtypes import accumulator_dtype, can_hold, is_complex, is_continuous, is_discrete, reduction_dtype, resolve
from theano.errors import DTypeError, ShapeError, message
from theano.graph import Apply, Constant, NullType, Op
from theano.scalar import OPS, ScalarOp
from theano.scalar.instructions import Value, select
from theano.tensor.convert import as_tensor_variable, weak_constants
from theano.tensor.elemwise import elemwise, row, zero_gradient
from theano.tensor.type import Array, TensorType, tensor_type
from theano.tensor.variable import TensorVariable

Axis = tuple[int, ...] | None


class Fold(NamedTuple):
    """How a scalar op reduces: NumPy's ufunc, the loop IR's combination of numbers, and of truth values."""

    ufunc: np.ufunc
    numbers: str | None
    truths: str | None


FOLDS = {
    "add": Fold(np.add, "add", "or"),
    "mul": Fold(np.multiply, "mul", "and"),
    "maximum": Fold(np.maximum, "max", "or"),
    "minimum": Fold(np.minimum, "min", "and"),
    "and_": Fold(np.bitwise_and, None, "and"),
    "or_": Fold(np.bitwise_or, None, "or"),
    "xor": Fold(np.bitwise_xor, None, None),
}


def as_axis(axis: Any) -> Axis:
    """``axis`` as None or a sorted tuple, negative ones as they are."""
    if axis is None:
        return None
    if isinstance(axis, Constant):
        axis = np.asarray(axis.data).tolist()
    entries = axis if isinstance(axis, (list, tuple, set, frozenset, np.ndarray)) else [axis]
    try:
        return tuple(sorted({entry.__index__() for entry in entries}))
    except AttributeError:
        raise TypeError(message(f"axis must be None, an integer or integers, not {axis!r:.60}")) from None


def reduced_axes(axis: Axis, x: Any) -> tuple[int, ...]:
    """The axes of ``x`` that ``axis`` means, none of them negative."""
    rank = x.type.ndim
    if axis is None:
        return tuple(range(rank))
    for entry in axis:
        if not -rank <= entry < rank:
            raise ShapeError(message(f"axis {entry} of a tensor of rank {rank}", [row("given", x)]))
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
        facts = {name: getattr(self, name, None) for name in ("axis", "acc_dtype")}
        inside = ", ".join(f"{name}={list(fact) if isinstance(fact, tuple) else fact}" for name, fact in facts.items() if fact is not None)
        name = type(self).__name__.rstrip("_")
        return f"{name}{{{inside}}}" if inside else name

    __repr__ = __str__

    def infer_shape(self, node: Apply, input_shapes: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        axes = reduced_axes(self.axis, node.inputs[0])
        return [tuple(size for axis, size in enumerate(input_shapes[0]) if axis not in axes)] * len(node.outputs)

    def _guard_not_empty(self, low: Any, node: Apply, axes: Sequence[int]) -> None:
        sizes = low.shape(node.inputs[0])
        count = fold_left(low.mul, (sizes[axis] for axis in axes), low.int(1))
        low.at_least(count, low.int(1), node, "no elements along the reduced axes, and no value to start from")


# -------------------------------------------------------------------------------------------- folds


class CAReduce(Reduction):
    """``scalar_op`` folded over ``axis``; the result has the dtype of the argument."""

    __props__: ClassVar[tuple[str, ...]] = ("scalar_op", "axis")
    has_start = True

    def __init__(self, scalar_op: ScalarOp, axis: Any = None) -> None:
        if scalar_op.name not in FOLDS:
            raise NotImplementedError(message(f"{scalar_op} does not reduce", cure="what does: " + ", ".join(FOLDS)))
        self.scalar_op = scalar_op
        self.axis = as_axis(axis)

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

    def perform(self, node: Apply, inputs: Sequence[Array], output_storage: Sequence[list[Any]]) -> None:
        (x,), accumulator = inputs, self.accumulator(node)
        axes = reduced_axes(self.axis, node.inputs[0])
        with np.errstate(all="ignore"):
            terms = self._terms(x.astype(accumulator))
            value = FOLDS[self.scalar_op.name].ufunc.reduce(terms, axis=axes, dtype=accumulator) if axes else terms
            output_storage[0][0] = np.array(value, dtype=node.outputs[0].type.dtype)

    def _terms(self, values: Array) -> Array:
        """What is folded."""
        return values

    def _term(self, value: Value) -> Value:
        return value

    def lower(self, low: Any, node: Apply) -> None:
        (x,), (out,), accumulator = node.inputs, node.outputs, self.accumulator(node)
        axes = reduced_axes(self.axis, x)
        fold = FOLDS[self.scalar_op.name]
        combine = fold.truths if accumulator == "bool" else fold.numbers
        if combine is None or is_complex(accumulator):
            low.python(node)
        elif not axes:
            low.pointwise(out, low.shape(x), lambda *i: self._term(low.read(x, i).cast(accumulator)).cast(out.type.dtype))
        else:
            if not self.has_start:
                self._guard_not_empty(low, node, axes)
            low.reduce(
                [out], low.shape(x), axes, combine,
                lambda *i: self._term(low.read(x, i).cast(accumulator)),
                finish=lambda total: total.cast(out.type.dtype),
            )  # fmt: skip

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
            return [sum(slopes * point, axis=reduced_axes(self.axis, x), dtype=out.type.dtype)]


class Max(CAReduce):
    """The greatest element; NaN if there is one."""

    word = "max"
    __props__ = ("axis",)
    scalar_name = "maximum"
    has_start = False

    def __init__(self, axis: Any = None) -> None:
        super().__init__(OPS[self.scalar_name], axis)

    def _with_axis(self, axis: Axis) -> CAReduce:
        return type(self)(axis)

    def _gradient(self, x: Any, out: Any, gradient: Any, axes: tuple[int, ...]) -> Any:
        """Every element equal to the extreme gets the full gradient."""
        chosen = elemwise(OPS["eq"])(x, spread(out, axes))
        return elemwise(OPS["switch"])(chosen, spread(gradient, axes), 0)


class Min(Max):
    """The least element; NaN if there is one."""

    word = "min"
    scalar_name = "minimum"


class All(Max):
    """Whether all elements are true (not zero)."""

    word = "all"
    scalar_name = "and_"
    has_start = True

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

    def _rebuilt(self, axis: Axis, dtype: str, acc_dtype: str) -> CAReduceDtype:
        return CAReduceDtype(self.scalar_op, axis, dtype, acc_dtype)

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

    def _rebuilt(self, axis: Axis, dtype: str, acc_dtype: str) -> CAReduceDtype:
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

    def _rebuilt(self, axis: Axis, dtype: str, acc_dtype: str) -> CAReduceDtype:
        return Prod(axis, dtype, acc_dtype, self.no_zeros_in_input)

    R_op = CAReduce.R_op

    def _gradient(self, x: Any, out: Any, gradient: Any, axes: tuple[int, ...]) -> Any:
        """The product of the others.  With one zero that is zero except at the zero itself, with more it is zero everywhere."""
        if self.no_zeros_in_input:
            return spread(gradient * out, axes) / x
        switch, eq = elemwise(OPS["switch"]), elemwise(OPS["eq"])
        is_zero = eq(x, 0)
        zeros = spread(sum(is_zero, axis=axes), axes)
        others = ProdWithoutZeros(axes, dtype=out.type.dtype)(x)
        product = spread(gradient * others, axes)
        alone = elemwise(OPS["and_"])(is_zero, eq(zeros, 1))
        return switch(eq(zeros, 0), product / x, switch(alone, product, 0))


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


# -------------------------------------------------------------------------------------------- positions


class MaxAndArgmax(Reduction):
    """The greatest element and the position of the first one, an int64 counted over the reduced axes taken as one.

    The first NaN comes before all numbers, as in NumPy."""

    word = "max"
    __props__ = ("axis",)
    combine = "argmax"
    extreme = np.max
    position = np.argmax

    def __init__(self, axis: Any = None) -> None:
        self.axis = as_axis(axis)

    def _with_axis(self, axis: Axis) -> MaxAndArgmax:
        return type(self)(axis)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        op, axes = self._normal(x)
        return Apply(op, [x], [self._result(x, axes, x.type.dtype), self._result(x, axes, "int64")])

    def perform(self, node: Apply, inputs: Sequence[Array], output_storage: Sequence[list[Any]]) -> None:
        (x,) = inputs
        axes = reduced_axes(self.axis, node.inputs[0])
        kept = tuple(axis for axis in range(x.ndim) if axis not in axes)
        count = int(np.prod([x.shape[axis] for axis in axes], dtype=np.int64))
        flat = x.transpose(kept + axes).reshape((*(x.shape[axis] for axis in kept), count))
        output_storage[0][0] = np.array(type(self).extreme(flat, axis=-1), dtype=x.dtype)
        output_storage[1][0] = np.array(type(self).position(flat, axis=-1), dtype=np.int64)

    def lower(self, low: Any, node: Apply) -> None:
        (x,), dtype = node.inputs, node.inputs[0].type.dtype
        axes, sizes = reduced_axes(self.axis, x), low.shape(x)
        computed = {"float16": "float32", "bool": "int8"}.get(dtype, dtype)
        if not axes:
            low.pointwise(node.outputs[0], sizes, lambda *i: low.read(x, i))
            low.pointwise(node.outputs[1], sizes, lambda *i: low.int(0))
            return
        self._guard_not_empty(low, node, axes)

        def pair(*i: Value) -> tuple[Value, Value]:
            position = low.int(0)
            for axis in axes:
                position = position * sizes[axis] + i[axis]
            return low.read(x, i).cast(computed), position

        low.reduce(node.outputs, sizes, axes, self.combine, pair, finish=lambda value, position: (value.cast(dtype), position))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """Every element equal to the extreme gets the full gradient; the position passes none."""
        (x,), gradient = inputs, output_grads[0]
        if is_discrete(x.type.dtype) or not isinstance(gradient.type, TensorType):
            return [zero_gradient(x)]
        with weak_constants():
            return [Max()._gradient(x, outputs[0], gradient, reduced_axes(self.axis, x))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        fold = Max if self.combine == "argmax" else Min
        return [*fold(self.axis).R_op(inputs, eval_points), None]


class MinAndArgmin(MaxAndArgmax):
    """The least element and the position of the first one."""

    word = "min"
    combine = "argmin"
    extreme = np.min
    position = np.argmin


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


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Any]:
    """[greatest elements, their first positions] along ``axis``; of None or several axes the position counts them as one."""
    a = as_tensor_variable(a)
    results = MaxAndArgmax(axis)(a)
    return [makeKeepDims(a, result, axis) if keepdims else result for result in results]


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the first greatest element along ``axis``, int64."""
    return max_and_argmax(x, axis, keepdims)[1]


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the first least element along ``axis``, int64."""
    x = as_tensor_variable(x)
    position = MinAndArgmin(axis)(x)[1]
    return makeKeepDims(x, position, axis) if keepdims else position


def _count(x: Any, axis: Any, dtype: str) -> Any:
    """How many elements are reduced, as a number to divide a ``dtype`` by."""
    from theano.tensor.shapes import sizes_of

    sizes = sizes_of(x)
    chosen = [sizes[entry] for entry in reduced_axes(as_axis(axis), x)]
    total = elemwise(OPS["mul"])(*chosen) if len(chosen) > 1 else as_tensor_variable(chosen[0] if chosen else 1)
    return total.astype("float32" if dtype in ("float16", "float32", "complex64") else "float64")


def mean(input: Any, axis: Any = None, dtype: Any = None, op: bool = False, keepdims: bool = False, acc_dtype: Any = None) -> Any:
    """The mean over ``axis``: float64 of integers, the dtype of floats.  ``dtype`` is that in which the sum is rounded.

    ``op`` asked the classic system for a slower implementation; it changes nothing."""
    x = as_tensor_variable(input)
    default = {"float16": "float32"}.get(x.type.dtype) or ("float64" if is_discrete(x.type.dtype) else None)
    total = sum(x, axis, default if dtype is None else dtype, keepdims, acc_dtype)
    result = total / _count(x, axis, total.type.dtype)
    return result.astype("float16") if dtype is None and x.type.dtype == "float16" else result


def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """The mean squared distance from the mean, with ``ddof`` less in the divisor.

    ``corrected`` subtracts the square of the mean distance, which is zero but for rounding."""
    if isinstance(ddof, bool):
        raise ValueError("var: ddof is a number; the arguments are (input, axis=None, ddof=0, keepdims=False, corrected=False)")
    x = as_tensor_variable(input)
    centered = x - mean(x, axis, keepdims=True)
    squares = centered * centered
    if ddof == 0:
        result = mean(squares, axis, keepdims=keepdims)
    else:
        total = sum(squares, axis, keepdims=keepdims)
        count = _count(x, axis, total.type.dtype)
        result = (total / (count - np.dtype(count.dtype).type(ddof))).astype(squares.dtype)
    return result - mean(centered, axis, keepdims=keepdims) ** 2 if corrected else result


def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """The square root of :func:`var`."""
    return elemwise(OPS["sqrt"])(var(input, axis, ddof, keepdims, corrected))


def ptp(a: Any, axis: Any = None) -> Any:
    """The greatest element less the least one."""
    return max(a, axis) - min(a, axis)


__all__ = [
    "All", "Any_", "CAReduce", "CAReduceDtype", "Max", "MaxAndArgmax", "Min", "MinAndArgmin", "Prod", "ProdWithoutZeros", "Sum",
    "all", "any", "argmax", "argmin", "makeKeepDims", "max", "max_and_argmax", "mean", "min", "prod", "ptp", "std", "sum", "var",
]  # fmt: skip
