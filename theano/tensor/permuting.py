"""Permutations, choices among tensors, and positions in more than one dimension.

>>> from theano.tensor.constructors import fmatrix, ivector
>>> inverse_permutation(ivector()).type, permute_row_elements(fmatrix(), ivector()).type
(TensorType(int32, vector), TensorType(float32, matrix))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_integer
from theano.errors import BoundsError, DTypeError, ShapeError, VariableTypeError, message
from theano.graph import Apply, Constant
from theano.graph.naming import title
from theano.graph.op import Unconnected
from theano.scalar import OPS
from theano.scalar.instructions import select
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import arange, zeros_like
from theano.tensor.elemwise import elemwise, row
from theano.tensor.joining import stack
from theano.tensor.shapes import MakeVector, Sizes, Storage, as_size, constant_integer, size_list
from theano.tensor.sorting import along
from theano.tensor.subtensor import set_subtensor
from theano.tensor.type import tensor_type
from theano.tensor.variable import TensorVariable

fill = elemwise(OPS["second"])


def _integers(what: str, x: Any) -> Any:
    x = as_tensor_variable(x)
    if not is_integer(x.type.dtype):
        raise DTypeError(message(f"{what}: integers are needed", [row("given", x)]))
    return x


# ------------------------------------------------------------------------------------------------ permutations


def inverse_permutation(perm: Any) -> Any:
    """The permutation that undoes ``perm``, an integer vector; of a matrix, that of each row."""
    perm = _integers("inverse_permutation", perm)
    if perm.type.ndim not in (1, 2):
        raise VariableTypeError(message("inverse_permutation: a vector or a matrix is needed", [row("given", perm)]))
    axis = perm.type.ndim - 1
    numbers = arange(perm.shape[axis]).astype(perm.type.dtype)
    return set_subtensor(zeros_like(perm)[along(perm, axis)], numbers)


def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Any:
    """``out[..., i] = x[..., y[..., i]]``, or with ``inverse`` ``out[..., y[..., i]] = x[..., i]``.

    Of the leading dimensions those that are broadcastable in one of the two stretch, as do those that one has not."""
    x, y = as_tensor_variable(x), _integers("permute_row_elements", y)
    if not x.type.ndim or not y.type.ndim:
        raise VariableTypeError(message("permute_row_elements: numbers have no rows", [row("elements", x), row("positions", y)]))
    x = fill(y, x)
    y = fill(x, y)
    index = along(y, x.type.ndim - 1)
    return set_subtensor(zeros_like(x)[index], x) if inverse else x[index]


# ------------------------------------------------------------------------------------------------ choices


class Within(Unconnected):
    """Positions as they are, after it was made sure that each is one of 0 .. count - 1."""

    __props__ = ()

    def make_node(self, a: Any, count: Any) -> Apply:
        a = _integers("choose", a)
        out: Any = tensor_type("int64", a.type.broadcastable)()
        out.static_shape = a.static_shape
        return Apply(self, [a, as_size(count)], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        _check_within(node, inputs[0], int(inputs[1]), _outside(int(inputs[1]), "the choices"))
        output_storage[0][0] = np.array(inputs[0], np.int64)

    def lower(self, low: Any, node: Apply) -> None:
        a, count = node.inputs
        text = _outside(count, "the choices")
        low.pointwise(
            node.outputs[0], low.shape(a), lambda *i: low.index_within(low.read(a, i), low.read(count, ()).cast("int64"), node, text)
        )  # fmt: skip

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[0])]


within = Within()


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """At each place the element of ``choices[a]`` there.  ``choices`` is a list of tensors, or one tensor whose first axis is the list;
    they and ``a`` stretch as in elementwise operations.

    ``mode``: ``"raise"`` refuses numbers out of range, ``"clip"`` takes the nearest, ``"wrap"`` counts round."""
    if out is not None:
        raise ValueError("choose: there is no tensor to write into; out must be None")
    a = _integers("choose", a)
    listed = isinstance(choices, (list, tuple))
    tensor = None if listed else as_tensor_variable(choices)
    count = len(choices) if tensor is None else tensor.shape[0]
    options = [as_tensor_variable(choice) for choice in choices] if tensor is None else [tensor]
    if mode == "clip":
        a = a.clip(0, count - 1)
    elif mode == "wrap":
        a = a % count
    elif mode == "raise":
        a = within(a, count)
    else:
        raise ValueError(f"choose: mode {mode!r} is none of 'raise', 'clip', 'wrap'")
    if tensor is None:
        a = fill(elemwise(OPS["add"])(*map(zeros_like, options)), a) if len(options) > 1 else fill(options[0], a)
        tensor = stack([fill(a, option) for option in options])
    else:
        rank = max(a.type.ndim, tensor.type.ndim - 1)
        a = a.dimshuffle(*["x"] * (rank - a.type.ndim), *range(a.type.ndim))
        tensor = tensor.dimshuffle(0, *["x"] * (rank + 1 - tensor.type.ndim), *range(1, tensor.type.ndim))
        a = fill(tensor[0], a)
        tensor = fill(a.dimshuffle("x", *range(rank)), tensor)
    rank = a.type.ndim
    places = (arange(a.shape[axis]).dimshuffle(*("x" if other != axis else 0 for other in range(rank))) for axis in range(rank))
    return tensor[(a, *places)]


# ------------------------------------------------------------------------------------------------ positions


def _outside(size: Any, where: str = "") -> str:
    """What is said of a position that is not in 0 .. ``size``, a number if it is known."""
    number = size if size is None or isinstance(size, (int, np.integer)) else constant_integer(size)
    known = "" if number is None else f" of size {number}"
    return f"index {{payload}} is out of bounds for {where}{known}: in {{array}} it does not count from the end"


def _axis_outside(dims: Any, axis: int) -> str:
    return _outside(_numbers(dims, axis + 1)[axis], f"axis {axis}")


def _whole_outside(dims: Any, count: int) -> str:
    known = _numbers(dims, count)
    return _outside(None if None in known else math.prod(known), "a tensor")


def _numbers(dims: Any, count: int) -> list[Any]:
    """So many sizes, None for those that are not known when the function is made."""
    if isinstance(dims, np.ndarray):
        return list(dims)
    if isinstance(dims, Constant):
        return list(dims.data)
    node = dims.owner
    return [constant_integer(n) for n in node.inputs] if node is not None and isinstance(node.op, MakeVector) else [None] * count


def _sizes(low: Any, node: Apply, dims: Any, count: int) -> list[Any]:
    low.equal(low.shape(dims)[0], low.int(count), node, ((dims, 0),), "as many sizes as axes are needed")
    return [low.read(dims, (low.int(k),)).cast("int64") for k in range(count)]


def _check_length(node: Apply, dims: Any, count: int) -> None:
    if len(dims) != count:
        raise ShapeError(message(f"as many sizes as axes are needed: {len(dims)} and {count}", [row("sizes", node.inputs[-1])]))


def _check_within(node: Apply, positions: Any, size: int, text: str) -> None:
    bad = positions[(positions < 0) | (positions >= size)]
    if bad.size:
        raise BoundsError(message(text.format(payload=bad.flat[0], array=title(node.inputs[0])), [row("sizes", node.inputs[-1])]))


class RavelMultiIndex(Unconnected):
    """Positions in the flattened tensor from positions along each axis."""

    __props__ = ("mode", "order")

    def __init__(self, mode: str = "raise", order: str = "C") -> None:
        if mode not in ("raise", "wrap", "clip") or order not in ("C", "F"):
            raise ValueError(f"ravel_multi_index: mode {mode!r} (raise, wrap or clip) and order {order!r} (C or F)")
        self.mode, self.order = mode, order

    def make_node(self, *inp: Any) -> Apply:
        """The positions, then the vector of sizes."""
        *positions, dims = (_integers("ravel_multi_index", entry) for entry in inp)
        if len({p.type.ndim for p in positions}) != 1 or dims.type.ndim != 1:
            raise VariableTypeError(message("ravel_multi_index: positions of one rank and a vector of sizes are needed"))
        pattern = tuple(all(flags) for flags in zip(*(p.type.broadcastable for p in positions)))
        return Apply(self, [*positions, dims], [TensorVariable(tensor_type("int64", pattern))])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        *positions, dims = inputs
        _check_length(node, dims, len(positions))
        for axis, (position, size) in enumerate(zip(positions, dims)):
            if self.mode == "raise":
                _check_within(node, position, size, _axis_outside(dims, axis))
        numpy: Any = np  # whose function is typed for literal modes only
        output_storage[0][0] = np.asarray(numpy.ravel_multi_index(tuple(positions), tuple(dims), self.mode, self.order), np.int64)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        wide = [
            next((n for n, p in enumerate(node.inputs[:-1]) if not p.type.broadcastable[k]), 0) for k in range(node.outputs[0].type.ndim)
        ]
        return [tuple(input_shapes[n][k] for k, n in enumerate(wide))]

    def lower(self, low: Any, node: Apply) -> None:
        *positions, dims = node.inputs
        sizes, shape = _sizes(low, node, dims, len(positions)), [low.int(1)] * node.outputs[0].type.ndim
        for axis in range(len(shape)):
            lying = [p for p in positions if not p.type.broadcastable[axis]]
            shape[axis] = low.shape(lying[0])[axis] if lying else shape[axis]
            for p in lying[1:]:
                low.equal(shape[axis], low.shape(p)[axis], node, ((lying[0], axis), (p, axis)), "the positions differ in size")

        def place(axis: int, i: tuple[Any, ...]) -> Any:
            position, size = low.read(positions[axis], i).cast("int64"), sizes[axis]
            if self.mode == "raise":
                return low.index_within(position, size, node, _axis_outside(dims, axis))
            if self.mode == "wrap":
                return position % size
            below = select(position < size, position, size - 1)
            return select(below < 0, low.int(0), below)

        def body(*i: Any) -> Any:
            total = low.int(0)
            for axis in range(len(positions)) if self.order == "C" else reversed(range(len(positions))):
                total = total * sizes[axis] + place(axis, i)
            return total

        low.pointwise(node.outputs[0], shape, body)


class UnravelIndex(Unconnected):
    """Positions along each of ``ndim`` axes from positions in the flattened tensor."""

    __props__ = ("ndim", "order")

    def __init__(self, ndim: int, order: str = "C") -> None:
        if order not in ("C", "F"):
            raise ValueError(f"unravel_index: the order is 'C' or 'F', not {order!r}")
        self.ndim, self.order = ndim, order

    def make_node(self, indices: Any, dims: Any) -> Apply:
        indices, dims = _integers("unravel_index", indices), _integers("unravel_index", dims)
        if dims.type.ndim != 1:
            raise VariableTypeError(message("unravel_index: a vector of sizes is needed", [row("given", dims)]))
        outs: list[Any] = [tensor_type("int64", indices.type.broadcastable)() for _ in range(self.ndim)]
        for out in outs:
            out.static_shape = indices.static_shape
        return Apply(self, [indices, dims], outs)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        order: Any = self.order
        _check_length(node, inputs[1], self.ndim)
        _check_within(node, inputs[0], int(np.prod(inputs[1])), _whole_outside(inputs[1], self.ndim))
        for storage, found in zip(output_storage, np.unravel_index(inputs[0], tuple(inputs[1]), order)):
            storage[0] = np.asarray(found, np.int64)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[0])] * self.ndim

    def lower(self, low: Any, node: Apply) -> None:
        indices, dims = node.inputs
        sizes, shape = _sizes(low, node, dims, self.ndim), low.shape(indices)
        inner = sizes[::-1] if self.order == "C" else sizes
        total = math.prod(inner, start=low.int(1))
        for axis, out in enumerate(node.outputs):
            steps = self.ndim - 1 - axis if self.order == "C" else axis
            stride = math.prod(inner[:steps], start=low.int(1))

            def body(*i: Any, axis: int = axis, stride: Any = stride) -> Any:
                place = low.index_within(low.read(indices, i), total, node, _whole_outside(dims, self.ndim))
                return place // stride % sizes[axis]

            low.pointwise(out, shape, body)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None] * self.ndim


def ravel_multi_index(multi_index: Sequence[Any], dims: Any, mode: str = "raise", order: str = "C") -> Any:
    """The positions in the flattened tensor of shape ``dims`` of the elements at ``multi_index``, a tuple of one tensor for each axis."""
    return RavelMultiIndex(mode, order)(*multi_index, _size_vector(dims, len(multi_index)))


def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> Any:
    """A tuple of the positions along each axis of a tensor of shape ``dims``, from those in the flattened tensor.

    ``ndim``: how many axes there are, where ``dims`` is a vector whose length is not known."""
    sizes = _size_vector(dims, ndim)
    if sizes.type.ndim != 1:
        raise VariableTypeError(message("unravel_index: a vector of sizes is needed", [row("given", sizes)]))
    length = sizes.static_shape[0] if ndim is None else ndim
    if length is None:
        raise ValueError(message("unravel_index: how many sizes are there?", [row("dims", sizes)], cure="give ndim"))
    return tuple(UnravelIndex(length, order)(indices, sizes, return_list=True))


def _size_vector(dims: Any, ndim: int | None) -> Any:
    return stack(size_list(dims, ndim, "dims")) if isinstance(dims, (list, tuple)) else as_tensor_variable(dims)


__all__ = [
    "RavelMultiIndex", "UnravelIndex", "choose", "inverse_permutation", "permute_row_elements", "ravel_multi_index", "unravel_index",
]  # fmt: skip
