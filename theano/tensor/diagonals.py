"""Diagonals: taken out, made into matrices, filled.  Number ``k`` lies ``k`` places to the right of the main one.

>>> from theano.tensor.constructors import fmatrix, fvector
>>> diag(fvector()).type, diag(fmatrix(), 1).type, fill_diagonal(fmatrix(), 0).type
(TensorType(float32, matrix), TensorType(float32, vector), TensorType(float32, matrix))
"""

from __future__ import annotations

from typing import Any

from theano.dtypes import can_hold
from theano.errors import DTypeError, ShapeError, message
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import arange, zeros
from theano.tensor.cumulative import checked_axis
from theano.tensor.elemwise import elemwise, row
from theano.tensor.shapes import as_size, patternbroadcast
from theano.tensor.subtensor import set_subtensor

and_, eq, maximum, minimum, switch = (elemwise(OPS[name]) for name in ("and_", "eq", "maximum", "minimum", "switch"))


def _starts(offset: Any) -> tuple[Any, Any]:
    """The row and the column in which diagonal number ``offset`` starts."""
    if isinstance(offset, int):
        return max(-offset, 0), max(offset, 0)
    number = as_size(offset)
    return maximum(-number, 0), maximum(number, 0)


def diagonal(a: Any, offset: Any = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Diagonal number ``offset`` of the matrices over ``axis1`` and ``axis2``, as the last axis of the result."""
    a = as_tensor_variable(a)
    if a.type.ndim < 2:
        raise ShapeError(message("diagonal: a matrix, or a tensor of higher rank, is needed", [row("given", a)]))
    first, second = checked_axis("diagonal", axis1, a), checked_axis("diagonal", axis2, a)
    if first == second:
        raise ValueError(message(f"diagonal: axis1 and axis2 are both {first}", [row("given", a)]))
    rest = [axis for axis in range(a.type.ndim) if axis not in (first, second)]
    a = a.dimshuffle(first, second, *rest)
    down, right = _starts(offset)
    places = arange(maximum(minimum(a.shape[0] - down, a.shape[1] - right), 0))
    return a[places + down, places + right].dimshuffle(*range(1, 1 + len(rest)), 0)


def diag(v: Any, k: Any = 0) -> Any:
    """Of a matrix its diagonal number ``k``; of a vector the square matrix with that diagonal, zero elsewhere."""
    v = as_tensor_variable(v)
    if v.type.ndim == 2:
        return diagonal(v, k)
    if v.type.ndim != 1:
        raise ValueError(message("diag: a vector or a matrix is needed", [row("given", v)]))
    return AllocDiag(k)(v)


class AllocDiag:
    """``AllocDiag(offset, axis1, axis2)(d)``: zeros, but for the last axis of ``d`` on diagonal number ``offset`` over these axes of the
    result; what ``diagonal(offset, axis1, axis2)`` takes out again.

    >>> from theano.tensor.constructors import fmatrix
    >>> AllocDiag(1, 0, 2)(fmatrix()).type
    TensorType(float32, 3D)
    """

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> None:
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def __call__(self, diag: Any) -> Any:
        d = as_tensor_variable(diag)
        if d.type.ndim == 0:
            raise ShapeError(message("AllocDiag: a vector, or a tensor of higher rank, is needed", [row("given", d)]))
        rank = d.type.ndim + 1
        first, second = (axis % rank for axis in (self.axis1, self.axis2))
        if first == second or not all(-rank <= axis < rank for axis in (self.axis1, self.axis2)):
            raise ValueError(message(f"AllocDiag: {self.axis1} and {self.axis2} are no two axes of {rank}", [row("given", d)]))
        down, right = _starts(self.offset)
        sizes, places = [d.shape[axis] for axis in range(rank - 2)], arange(d.shape[rank - 2])
        empty = zeros((d.shape[rank - 2] + down + right,) * 2 + tuple(sizes), d.type.dtype)
        filled = set_subtensor(empty[places + down, places + right], d.dimshuffle(rank - 2, *range(rank - 2)))
        rest = iter(range(2, rank))
        return filled.dimshuffle(*(0 if axis == first else 1 if axis == second else next(rest) for axis in range(rank)))


class ExtractDiag:
    """``ExtractDiag(offset, axis1, axis2)(x)`` is ``diagonal(x, offset, axis1, axis2)``."""

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1, view: bool = False) -> None:
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def __call__(self, x: Any) -> Any:
        return diagonal(x, self.offset, self.axis1, self.axis2)


def fill_diagonal(a: Any, val: Any) -> Any:
    """``a`` with ``val`` where all indices are equal."""
    a = as_tensor_variable(a)
    return _filled("fill_diagonal", a, val, [0] * (a.type.ndim - 1))


def fill_diagonal_offset(a: Any, val: Any, offset: Any) -> Any:
    """The matrix ``a`` with ``val`` on diagonal number ``offset``."""
    a = as_tensor_variable(a)
    if a.type.ndim != 2:
        raise ShapeError(message("fill_diagonal_offset: a matrix is needed", [row("given", a)]))
    return _filled("fill_diagonal_offset", a, val, [as_size(offset)])


def _filled(what: str, a: Any, val: Any, offsets: list[Any]) -> Any:
    val = as_tensor_variable(val)
    if a.type.ndim < 2 or val.type.ndim:
        raise ShapeError(message(f"{what}: a tensor of rank 2 or more and a number are needed", [row("tensor", a), row("number", val)]))
    if not can_hold(a.type.dtype, val.type.dtype):
        raise DTypeError(message(f"{what}: the tensor cannot hold the number", [row("tensor", a), row("number", val)]))
    rank = a.type.ndim
    places = [arange(a.shape[axis]).dimshuffle(*("x" if other != axis else 0 for other in range(rank))) for axis in range(rank)]
    hits = [eq(places[0] + offset, other) for offset, other in zip(offsets, places[1:])]
    mask = hits[0] if len(hits) == 1 else and_(*hits)
    return patternbroadcast(switch(mask, val.astype(a.type.dtype), a), a.type.broadcastable)


__all__ = ["AllocDiag", "ExtractDiag", "diag", "diagonal", "fill_diagonal", "fill_diagonal_offset"]
