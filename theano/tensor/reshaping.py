"""Changing the form of a tensor: reshape, flatten, squeeze, transpose, new dimensions of size 1.

All of it is free at run time: elements stay where they are, or are read in another order.

>>> from theano.tensor import tensor3
>>> x = tensor3("x")
>>> x.reshape((x.shape[0], -1)).type
TensorType(float64, matrix)
>>> x.reshape((1, 6)).broadcastable
(True, False)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from theano.errors import AxisError, ShapeError, message
from theano.graph import Apply, Op
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import axes_of, row, transpose
from theano.tensor.shapes import SYMBOLIC, Sizes, Storage, addbroadcast, as_size, constant_integer, pattern_of, size_list, sizes_of
from theano.tensor.slices import NUMBERS, Arithmetic, Lowered


def resolve(dims: Sequence[Any], source: Sequence[Any], arithmetic: Arithmetic) -> list[Any]:
    """``dims`` with -1 replaced by what the sizes ``source`` leave for it.

    A size that is not known to be a constant may turn out to be -1 when the function runs, unless a literal -1 is there already."""
    if any(isinstance(d, int) and d == -1 for d in dims):
        rest = [d for d in dims if not (isinstance(d, int) and d == -1)]
        inferred = _quotient(source, rest, arithmetic)
        return [inferred if isinstance(d, int) and d == -1 else d for d in dims]
    doubtful = [d for d in dims if not arithmetic.nonnegative(d)]
    if not doubtful:
        return list(dims)
    solid = [d for d in dims if arithmetic.nonnegative(d)]
    known = [*solid, *(arithmetic.if_negative(d, 1, d) for d in doubtful)]
    inferred = _quotient(source, known, arithmetic)
    return [d if arithmetic.nonnegative(d) else arithmetic.if_negative(d, inferred, d) for d in dims]


def _quotient(factors: Sequence[Any], divisors: Sequence[Any], ar: Arithmetic) -> Any:
    """The product of ``factors`` over that of ``divisors``.  Equal ones cancel: no division, and right even if they are 0."""
    left, right = list(factors), []
    for divisor in divisors:
        equal = next((position for position, factor in enumerate(left) if ar.same(factor, divisor)), None)
        if equal is None:
            right.append(divisor)
        else:
            del left[equal]
    number, divisor = (math.prod(n for n in part if isinstance(n, int)) for part in (left, right))
    if divisor and number % divisor == 0:
        number, divisor = number // divisor, 1
    top = ar.product([number, *(n for n in left if not isinstance(n, int))])
    return ar.floordiv(top, ar.product([divisor, *(n for n in right if not isinstance(n, int))]))


class Reshape(Op):
    """``x`` in another shape with as many elements, in the same order.  One size may be -1: what remains."""

    word = "reshape"
    __props__ = ("ndim",)
    view_map = {0: [0]}

    def __init__(self, ndim: int, name: str | None = None) -> None:
        self.ndim = int(ndim)
        self.name = name

    def __str__(self) -> str:
        return f"Reshape{{{self.ndim}}}"

    def make_node(self, x: Any, *shape: Any) -> Apply:
        x = as_tensor_variable(x)
        if len(shape) == 1 and getattr(shape[0], "ndim", 0) == 1:
            shape = tuple(size_list(shape[0], self.ndim, "reshape"))
        sizes = [as_size(size, "reshape") for size in shape]
        if len(sizes) != self.ndim:
            raise ShapeError(message(f"reshape: {len(sizes)} sizes for a result of rank {self.ndim}", [row("tensor", x)]))
        numbers = [constant_integer(size) for size in sizes]
        out: Any = x.type.clone(broadcastable=pattern_of(sizes))()
        out.static_shape = _static(x, numbers)
        return Apply(self, [x, *sizes], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x = inputs[0]
        shape = resolve([int(n) for n in inputs[1:]], x.shape, NUMBERS)
        if math.prod(shape) != x.size or min(shape, default=0) < 0:
            wanted = tuple(int(n) for n in inputs[1:])
            raise ShapeError(message(f"reshape: {x.size} elements do not fit the shape {wanted}", [row("tensor", node.inputs[0], x.shape)]))
        output_storage[0][0] = x.reshape(shape)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        source = [SYMBOLIC.entry(size) for size in input_shapes[0]]
        dims = resolve([SYMBOLIC.entry(size) for size in node.inputs[1:]], source, SYMBOLIC)
        return [tuple(as_size(d) for d in dims)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * self.ndim

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        x = inputs[0]
        return [Reshape(x.type.ndim)(output_grads[0], *sizes_of(x))] + [None] * self.ndim

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], *inputs[1:])]

    def lower(self, low: Any, node: Apply) -> None:
        x, ar = node.inputs[0], Lowered(low)
        source = [ar.entry(extent) for extent in low.shape(x)]
        dims = resolve([ar.entry(low.extent(size)) for size in node.inputs[1:]], source, ar)
        count, wanted = ar.value(ar.product(source)), ar.value(ar.product(dims))
        low.equal(count, wanted, node, message="the number of elements differs")
        low.reshape(node.outputs[0], [ar.value(d) for d in dims], x)


def _static(x: Any, numbers: Sequence[int | None]) -> tuple[int | None, ...]:
    """The sizes known of ``x`` reshaped to ``numbers`` (None: unknown), after checks of what can be checked."""
    bad = [n for n in numbers if n is not None and n < -1]
    if bad or numbers.count(-1) > 1:
        what = f"a size of {bad[0]}" if bad else "more than one size of -1"
        raise ShapeError(message(f"reshape: {what} in the new shape {_shown(numbers)}", [row("tensor", x)]))
    source = x.static_shape
    if None in source or None in numbers:
        return tuple(None if n == -1 else n for n in numbers)
    dims = resolve(list(numbers), list(source), NUMBERS)
    if math.prod(dims) != math.prod(source):
        raise ShapeError(message(f"reshape: {math.prod(source)} elements do not fit the shape {_shown(numbers)}", [row("tensor", x)]))
    return tuple(dims)


def _shown(numbers: Sequence[int | None]) -> str:
    return "(" + ", ".join("?" if n is None else str(n) for n in numbers) + ")"


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Any:
    """``x`` with the shape ``newshape``: a tuple of numbers and 0-d variables, or an integer vector.

    One size may be -1.  A vector whose length the graph does not tell needs ``ndim``.

    >>> from theano.tensor import matrix
    >>> reshape(matrix(), (3, 1, -1)).broadcastable
    (False, True, False)
    """
    x = as_tensor_variable(x)
    if not isinstance(newshape, (list, tuple)):
        newshape = as_tensor_variable(newshape)
        if newshape.type.ndim != 1:
            cure = "write x.reshape((2, 3)), or x.reshape((-1,))"
            raise TypeError(message("reshape: the new shape is one tuple or one vector", [row("tensor", x)], cure))
    sizes = size_list(newshape, ndim, "reshape")
    return Reshape(len(sizes))(x, *sizes)


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Any:
    """``x`` with rank ``ndim`` (1 by default): the first ``ndim - 1`` dimensions stay, the others become one.

    >>> from theano.tensor import tensor4
    >>> flatten(tensor4(), 2).ndim
    2
    """
    x = as_tensor_variable(x)
    rank = next((n for n in (ndim, outdim) if n is not None), 1)
    if rank < 1 or rank > max(x.type.ndim, 1):
        raise ValueError(message(f"flatten: rank {rank} of a tensor of rank {x.type.ndim}", [row("tensor", x)]))
    last = 1 if all(x.type.broadcastable[rank - 1 :]) else -1
    return Reshape(rank)(x, *sizes_of(x)[: rank - 1], as_size(last))


def squeeze(x: Any, axis: Any = None) -> Any:
    """``x`` without its dimensions of broadcastable type, or without ``axis``, which must have size 1 when the function runs."""
    x = as_tensor_variable(x)
    dropped = [k for k, flag in enumerate(x.type.broadcastable) if flag] if axis is None else axes_of("squeeze", axis, x)
    return addbroadcast(x, *dropped).dimshuffle([k for k in range(x.type.ndim) if k not in dropped])


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """``y`` with two axes exchanged."""
    y = as_tensor_variable(y)
    (first,), (second,) = axes_of("swapaxes", axis1, y), axes_of("swapaxes", axis2, y)
    order = list(range(y.type.ndim))
    order[first], order[second] = second, first
    return y.dimshuffle(order)


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """``t`` with ``n_ones`` broadcastable dimensions in front."""
    t = as_tensor_variable(t)
    return t.dimshuffle(["x"] * n_ones + list(range(t.type.ndim)))


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """``t`` with ``n_ones`` broadcastable dimensions behind."""
    t = as_tensor_variable(t)
    return t.dimshuffle(list(range(t.type.ndim)) + ["x"] * n_ones)


def shape_padaxis(t: Any, axis: int) -> Any:
    """``t`` with a broadcastable dimension that becomes number ``axis`` of the result."""
    t = as_tensor_variable(t)
    rank = t.type.ndim + 1
    if not -rank <= axis < rank:
        raise AxisError(message(f"shape_padaxis: axis {axis} of a result of rank {rank}", [row("tensor", t)]))
    order: list[Any] = list(range(t.type.ndim))
    order.insert(axis % rank, "x")
    return t.dimshuffle(order)


__all__ = ["Reshape", "flatten", "reshape", "shape_padaxis", "shape_padleft", "shape_padright", "squeeze", "swapaxes", "transpose"]
