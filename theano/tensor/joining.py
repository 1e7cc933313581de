"""Putting tensors together along an axis, and taking them apart.

>>> from theano.tensor import matrix, vector
>>> concatenate([matrix(), matrix()], axis=1).type
TensorType(float64, matrix)
>>> stack([vector(), vector()]).type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_integer, upcast
from theano.errors import AxisError, DTypeError, ShapeError, VariableTypeError, message
from theano.graph import Apply, Op
from theano.scalar import OPS
from theano.tensor.checking import Raise
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import elemwise, row
from theano.tensor.reshaping import shape_padaxis
from theano.tensor.shapes import SYMBOLIC, MakeVector, Sizes, Storage, as_size, constant_integer, size_list, sizes_of
from theano.tensor.type import tensor_type


def _checked_axis(what: str, axis: Any, rank: int, rows: Sequence[Any]) -> int:
    number = _number_of(axis)
    if number is None:
        raise VariableTypeError(message(f"{what}: the axis must be a constant", [*rows, row("axis", as_tensor_variable(axis))]))
    if not -rank <= number < rank:
        raise AxisError(message(f"{what}: axis {number} of tensors of rank {rank}", rows))
    return number % rank


def _number_of(axis: Any) -> int | None:
    return constant_integer(axis if isinstance(axis, (int, np.integer)) else as_tensor_variable(axis))


def _along(what: str, axis: Any, tensors: Sequence[Any], made: Callable[[int], list[Any]]) -> list[Any]:
    """What ``made`` gives for the axis that ``axis``, a variable, is when the function runs; for no other one is it computed."""
    import theano

    axis, rank, rows = as_tensor_variable(axis), tensors[0].type.ndim, [row("tensor", tensor) for tensor in tensors]
    if axis.type.ndim or not is_integer(axis.type.dtype):
        raise VariableTypeError(message(f"{what}: the axis must be an integer", [*rows, row("axis", axis)]))
    sides = [_possible(made, number) for number in range(rank)]
    types = [result.type for result in next((side for side in sides if not isinstance(side, ShapeError)), [])]
    if not types:
        raise next(side for side in sides if isinstance(side, ShapeError))
    number = as_tensor_variable(np.arange(rank))[axis]  # which refuses one that there is not
    found: list[Any] = []
    for k, side in reversed([*enumerate(sides)]):
        if isinstance(side, ShapeError):
            side = [Raise(str(side), ShapeError)(tensors[0].astype(kind.dtype)) for kind in types]
        found = theano.scanning.ifelse(elemwise(OPS["eq"])(number, k), side, found) if found else side
    return found


def _possible(made: Callable[[int], list[Any]], number: int) -> list[Any] | ShapeError:
    try:
        return made(number)
    except ShapeError as error:
        return error


class Join(Op):
    """The inputs one after the other along ``axis``; all other sizes must agree."""

    word = "join"
    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = int(axis)

    def __str__(self) -> str:
        return f"Join{{{self.axis}}}"

    def make_node(self, *tensors: Any) -> Apply:
        parts = [as_tensor_variable(tensor) for tensor in tensors]
        rows = [row(f"tensor {k}", part) for k, part in enumerate(parts)]
        ranks = {part.type.ndim for part in parts}
        if len(ranks) != 1:
            raise ShapeError(message("join: tensors of one rank are needed" if parts else "join: nothing to join", rows))
        if not 0 <= self.axis < min(ranks):
            raise ShapeError(message(f"join: axis {self.axis} of tensors of rank {min(ranks)}", rows))
        dtype = upcast(*(part.type.dtype for part in parts))
        parts = [part if part.type.dtype == dtype else part.astype(dtype) for part in parts]
        pattern = [any(flags) for flags in zip(*(part.type.broadcastable for part in parts))]
        pattern[self.axis] = False
        out: Any = tensor_type(dtype, tuple(pattern))()
        out.static_shape = self._static(parts, rows)
        return Apply(self, parts, [out])

    def _static(self, parts: Sequence[Any], rows: Sequence[Any]) -> tuple[int | None, ...]:
        known: list[int | None] = []
        for axis, sizes in enumerate(zip(*(part.static_shape for part in parts))):
            numbers = [n for n in sizes if n is not None]
            if axis == self.axis:
                known.append(sum(numbers) if len(numbers) == len(parts) else None)
            elif len(set(numbers)) > 1:
                raise ShapeError(message(f"join along axis {self.axis}: the sizes of dimension {axis} differ", rows))
            else:
                known.append(numbers[0] if numbers else None)
        return tuple(known)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        shapes = {x.shape[: self.axis] + x.shape[self.axis + 1 :] for x in inputs}
        if len(shapes) > 1:
            rows = [row(f"tensor {k}", v, x.shape) for k, (v, x) in enumerate(zip(node.inputs, inputs))]
            raise ShapeError(message(f"join along axis {self.axis}: the other sizes differ", rows))
        output_storage[0][0] = np.concatenate(inputs, self.axis)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        shape = list(input_shapes[0])
        for axis, fixed in enumerate(node.outputs[0].type.broadcastable):
            if fixed:
                shape[axis] = as_size(1)
        total: Any = 0
        for sizes in input_shapes:
            total = SYMBOLIC.add(total, SYMBOLIC.entry(sizes[self.axis]))
        shape[self.axis] = as_size(total)
        return [tuple(shape)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        if len(inputs) == 1:
            return [output_grads[0]]
        return Split(len(inputs), self.axis)(output_grads[0], *(sizes_of(x)[self.axis] for x in inputs), return_list=True)  # type: ignore[no-any-return]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(point is None for point in eval_points):
            return [None]
        return [self(*(x.zeros_like() if point is None else point for x, point in zip(inputs, eval_points)))]

    def lower(self, low: Any, node: Apply) -> None:
        parts, out, axis = node.inputs, node.outputs[0], self.axis
        shape = list(low.shape(parts[0]))
        for other in range(len(shape)):
            if other != axis:
                text = f"the sizes of dimension {other} differ"
                for part in parts[1:]:
                    shape[other] = low.equal(shape[other], low.shape(part)[other], node, ((parts[0], other), (part, other)), text)
        shape[axis] = low.int(0)
        for part in parts:
            shape[axis] = low.add(shape[axis], low.shape(part)[axis])
        low.join(out, shape, axis, parts)


def _shifted(low: Any, axis: int, start: Any) -> Any:
    """The index map that moves ``axis`` by ``start``."""
    return lambda *i: (*i[:axis], low.add(i[axis], start), *i[axis + 1 :])


class Split(Op):
    """``x`` cut along ``axis`` into parts of the given sizes, which must add up to the whole."""

    word = "split"
    __props__ = ("len_splits", "axis")

    def __init__(self, len_splits: int, axis: int = 0) -> None:
        self.len_splits, self.axis = int(len_splits), int(axis)
        self.view_map = {part: [0] for part in range(self.len_splits)}

    def __str__(self) -> str:
        return f"Split{{{self.len_splits}, axis={self.axis}}}"

    def make_node(self, x: Any, *sizes: Any) -> Apply:
        x = as_tensor_variable(x)
        if not 0 <= self.axis < x.type.ndim:
            raise ShapeError(message(f"split: axis {self.axis} of a tensor of rank {x.type.ndim}", [row("tensor", x)]))
        if len(sizes) != self.len_splits:
            raise ShapeError(message(f"split: {len(sizes)} sizes for {self.len_splits} parts", [row("tensor", x)]))
        lengths = [as_size(size, "split") for size in sizes]
        outputs, numbers, whole = [], [constant_integer(n) for n in lengths], x.static_shape[self.axis]
        known = sum(n for n in numbers if n is not None)
        if whole is not None and (known > whole or (None not in numbers and known != whole)):
            parts = ", ".join("?" if n is None else str(n) for n in numbers)
            text = f"split: parts of {parts} do not add up to {whole}, the size of axis {self.axis}"
            raise ShapeError(message(text, [row("tensor", x)]))
        for number in numbers:
            if number is not None and number < 0:
                raise ShapeError(message(f"split: a part of size {number}", [row("tensor", x)]))
            pattern = tuple(number == 1 if k == self.axis else flag for k, flag in enumerate(x.type.broadcastable))
            out: Any = x.type.clone(broadcastable=pattern)()
            out.static_shape = tuple(number if k == self.axis else n for k, n in enumerate(x.static_shape))
            outputs.append(out)
        return Apply(self, [x, *lengths], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, sizes = inputs[0], [int(n) for n in inputs[1:]]
        if min(sizes, default=0) < 0 or sum(sizes) != x.shape[self.axis]:
            text = f"split: the sizes {sizes} do not add up to {x.shape[self.axis]}, that of dimension {self.axis}"
            raise ShapeError(message(text, [row("tensor", node.inputs[0], x.shape)]))
        start = 0
        for storage, size in zip(output_storage, sizes):
            storage[0] = x[(slice(None),) * self.axis + (slice(start, start + size),)]
            start += size

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(size if k == self.axis else n for k, n in enumerate(input_shapes[0])) for size in node.inputs[1:]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[position == 0] * self.len_splits for position in range(len(node.inputs))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        terms = [g if hasattr(g.type, "dtype") else out.zeros_like() for g, out in zip(output_grads, outputs)]
        return [join(self.axis, *terms)] + [None] * self.len_splits

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None] * self.len_splits
        return self(eval_points[0], *inputs[1:], return_list=True)  # type: ignore[no-any-return]

    def lower(self, low: Any, node: Apply) -> None:
        x, sizes, axis = node.inputs[0], [low.extent(size) for size in node.inputs[1:]], self.axis
        total = low.int(0)
        for size in sizes:
            low.at_least(size, low.int(0), node, "a negative size, {left}")
            total = low.add(total, size)
        low.equal(total, low.shape(x)[axis], node, ((x, axis),), "the sizes do not add up to the whole")
        start = low.int(0)
        for out, size in zip(node.outputs, sizes):
            shape = [size if k == axis else extent for k, extent in enumerate(low.shape(x))]
            low.view(out, shape, x, _shifted(low, axis, start))
            start = low.add(start, size)


def join(axis: Any, *tensors_list: Any) -> Any:
    """The tensors one after the other along ``axis``, in their common dtype; a single one is returned as it is.

    ``axis`` may be a variable; one that there is not is then an IndexError when the function runs.

    >>> from theano.tensor import col, row
    >>> join(0, row(), row()).broadcastable, join(0, col(), col()).broadcastable
    ((False, False), (False, True))
    """
    tensors = [as_tensor_variable(tensor) for tensor in tensors_list]
    if not tensors:
        raise ValueError("join: nothing to join")
    rows = [row(f"tensor {k}", tensor) for k, tensor in enumerate(tensors)]
    if len({tensor.type.ndim for tensor in tensors}) > 1:
        raise VariableTypeError(message("join: tensors of one rank are needed", rows))
    if tensors[0].type.ndim == 0:
        raise VariableTypeError(message("join: scalars have no axis to be joined along", rows, cure="did you mean stack?"))
    if _number_of(axis) is None:
        return _along("join", axis, tensors, lambda number: [join(number, *tensors)])[0]
    number = _checked_axis("join", axis, tensors[0].type.ndim, rows)
    return tensors[0] if len(tensors) == 1 else Join(number)(*tensors)


def concatenate(tensor_list: Sequence[Any], axis: Any = 0) -> Any:
    """:func:`join` with the tensors as one list and NumPy's argument order."""
    if not isinstance(tensor_list, (list, tuple)):
        raise TypeError(f"concatenate: a list or tuple of tensors is needed, not {type(tensor_list).__name__}")
    return join(axis, *tensor_list)


def stack(*tensors: Any, **kwargs: Any) -> Any:
    """Tensors of equal shape along a new axis: ``stack([a, b], axis=0)``.

    Scalars make a vector.  ``stack(a, b)`` is the old form of ``stack([a, b])``."""
    axis = kwargs.pop("axis", 0)
    items: Any = kwargs.pop("tensors", None)
    if kwargs:
        raise TypeError(f"stack: unknown argument {', '.join(kwargs)}")
    if items is None:
        if tensors and isinstance(tensors[0], (list, tuple)):
            items, rest = tensors[0], tensors[1:]
            if len(rest) > 1:
                raise TypeError("stack: a list of tensors and an axis are needed")
            axis = rest[0] if rest else axis
        else:
            items = tensors
    if not items:
        raise ValueError("stack: nothing to stack")
    parts = [as_tensor_variable(item) for item in items]
    if len({part.type.ndim for part in parts}) > 1:
        raise VariableTypeError(message("stack: tensors of one rank are needed", [row(f"tensor {k}", p) for k, p in enumerate(parts)]))
    rank = parts[0].type.ndim + 1
    number = _checked_axis("stack", axis, rank, [row("tensor", parts[0])])
    if rank == 1:
        return MakeVector(upcast(*(part.type.dtype for part in parts)))(*parts)
    return join(number, *(shape_padaxis(part, number) for part in parts))


def stacklists(arg: Any) -> Any:
    """Nested lists of scalars or tensors as one tensor."""
    return stack([stacklists(item) for item in arg]) if isinstance(arg, (list, tuple)) else arg


def split(x: Any, splits_size: Any, n_splits: int, axis: int = 0) -> Any:
    """``x`` cut along ``axis``, a number or a variable, into ``n_splits`` parts of the sizes ``splits_size`` (a list or an integer vector).

    >>> from theano.tensor import matrix
    >>> [part.static_shape for part in split(matrix(), [1, 2], 2, axis=1)]
    [(None, 1), (None, 2)]
    """
    x = as_tensor_variable(x)
    if _number_of(axis) is None:
        return _along("split", axis, [x], lambda number: list(split(x, splits_size, n_splits, number)))
    number = _checked_axis("split", axis, x.type.ndim, [row("tensor", x)])
    if not isinstance(splits_size, (list, tuple)):
        splits_size = as_tensor_variable(splits_size)
        if splits_size.type.ndim != 1:
            raise DTypeError(message("split: the sizes must be a vector", [row("sizes", splits_size)]))
    return Split(n_splits, number)(x, *size_list(splits_size, n_splits, "split"), return_list=True)


def horizontal_stack(*args: Any) -> Any:
    """Matrices side by side."""
    return concatenate(_matrices("horizontal_stack", args), axis=1)


def vertical_stack(*args: Any) -> Any:
    """Matrices one below the other."""
    return concatenate(_matrices("vertical_stack", args), axis=0)


def _matrices(what: str, args: Sequence[Any]) -> list[Any]:
    if len(args) < 2 or any(arg.type.ndim != 2 for arg in args):
        raise ValueError(message(f"{what}: two or more matrices are needed", [row("given", arg) for arg in args]))
    return list(args)


__all__ = ["Join", "Split", "concatenate", "horizontal_stack", "join", "split", "stack", "stacklists", "vertical_stack"]
