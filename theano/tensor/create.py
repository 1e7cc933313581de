"""Tensors from nothing but numbers: constants spread over a shape, ranges, the identity.

>>> zeros((2, 1)).broadcastable
(False, True)
>>> arange(3).dtype
'int64'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_discrete, is_float, is_integer, is_unsigned, resolve, upcast
from theano.errors import DTypeError, ShapeError, VariableTypeError, message
from theano.flags import config
from theano.graph import Apply, Constant, Op
from theano.graph.op import Unconnected
from theano.scalar import OPS
from theano.scalar.instructions import select
from theano.tensor.convert import as_tensor_variable, constant
from theano.tensor.elemwise import DimShuffle, Elemwise, elemwise, row, sum_to
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import SYMBOLIC, Rebroadcast, Sizes, SpecifyShape, Storage, as_size, constant_integer, pattern_of, size_list
from theano.tensor.slices import Lowered
from theano.tensor.subtensor import Subtensor
from theano.tensor.type import tensor_type

ceil, fill, maximum, switch = (elemwise(OPS[name]) for name in ("ceil", "second", "maximum", "switch"))

# ------------------------------------------------------------------------------------------------ alloc


class Alloc(Op):
    """``value`` spread over a shape; it stretches by NumPy's rules, where its type says so."""

    word = "alloc"
    __props__ = ()

    def make_node(self, value: Any, *shape: Any) -> Apply:
        value = as_tensor_variable(value)
        sizes = [as_size(size, "alloc") for size in shape]
        missing = len(sizes) - value.type.ndim
        if missing < 0:
            text = f"alloc: a value of rank {value.type.ndim} does not fit into {len(sizes)} dimensions"
            raise VariableTypeError(message(text, [row("value", value)]))
        numbers = [constant_integer(size) for size in sizes]
        for axis, (have, want) in enumerate(zip(value.static_shape, numbers[missing:])):
            stretches = value.type.broadcastable[axis]
            if not stretches and None not in (have, want) and have != want:
                raise ShapeError(message(f"alloc: dimension {axis} of the value has size {have}, not {want}", [row("value", value)]))
        if any(number is not None and number < 0 for number in numbers):
            raise ShapeError(message(f"alloc: a negative size in the shape {tuple(numbers)}", [row("value", value)]))
        out: Any = value.type.clone(broadcastable=pattern_of(sizes))()
        out.static_shape = tuple(numbers)
        return Apply(self, [value, *sizes], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        value, shape = inputs[0], tuple(int(n) for n in inputs[1:])
        own = shape[len(shape) - value.ndim :]
        pattern = node.inputs[0].type.broadcastable
        if min(shape, default=0) < 0 or any(not flag and have != want for flag, have, want in zip(pattern, value.shape, own)):
            raise ShapeError(message(f"alloc: the value does not fill the shape {shape}", [row("value", node.inputs[0], value.shape)]))
        output_storage[0][0] = np.array(np.broadcast_to(value, shape))

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(node.inputs[1:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * (len(node.inputs) - 1)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [sum_to(output_grads[0], inputs[0])] + [None] * (len(inputs) - 1)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], *inputs[1:])]

    def lower(self, low: Any, node: Apply) -> None:
        value, shape = node.inputs[0], _lowered_shape(low, node, node.inputs[1:])
        missing = len(shape) - value.type.ndim
        for axis, stretches in enumerate(value.type.broadcastable):
            if not stretches:
                text = "the value does not fill the shape"
                shape[missing + axis] = low.equal(shape[missing + axis], low.shape(value)[axis], node, ((value, axis),), text)
        low.pointwise(node.outputs[0], shape, lambda *i: low.read(value, i[missing:]))


def _lowered_shape(low: Any, node: Apply, sizes: Sequence[Any]) -> list[Any]:
    ar, extents = Lowered(low), [low.extent(size) for size in sizes]
    for extent in extents:
        if not ar.nonnegative(ar.entry(extent)):
            low.at_least(extent, low.int(0), node, "a negative size, {left}")
    return extents


class AllocEmpty(Unconnected):
    """A tensor of the given shape whose elements nobody may rely on."""

    __props__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = resolve(dtype)

    def make_node(self, *shape: Any) -> Apply:
        sizes = [as_size(size, "empty") for size in shape]
        out: Any = tensor_type(self.dtype, pattern_of(sizes))()
        out.static_shape = tuple(map(constant_integer, sizes))
        return Apply(self, sizes, [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = np.zeros([int(n) for n in inputs], self.dtype)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(node.inputs)]

    def lower(self, low: Any, node: Apply) -> None:
        zero = low.trace.const(0, self.dtype)
        low.pointwise(node.outputs[0], _lowered_shape(low, node, node.inputs), lambda *i: zero)


alloc_op = Alloc()


def alloc(value: Any, *shape: Any) -> Any:
    """``value`` spread over ``shape``, whose sizes are separate arguments.  A literal 1 makes a broadcastable dimension.

    >>> alloc(0.5, 1, 3).broadcastable
    (True, False)
    """
    if len(shape) == 1 and (isinstance(shape[0], (list, tuple)) or getattr(shape[0], "ndim", 0) == 1):
        shape = tuple(size_list(shape[0], what="alloc"))
    return alloc_op(value, *shape)


def zeros(shape: Any, dtype: Any = None) -> Any:
    """A tensor of zeros, of floatX by default.  ``shape``: a number, a tuple of numbers and 0-d variables, or a vector."""
    return _full(0, shape, dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """A tensor of ones, of floatX by default."""
    return _full(1, shape, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor full of ``fill_value``, by default of its dtype."""
    value = as_tensor_variable(fill_value)
    return alloc_op(value if dtype is None else value.astype(dtype), *size_list(shape, what="full"))


def _full(number: int, shape: Any, dtype: Any) -> Any:
    return alloc_op(constant(number, dtype=dtype or config.floatX), *size_list(shape, what="zeros" if number == 0 else "ones"))


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Zeros of the shape and type of ``model``, or of another dtype."""
    return _like(model, 0, dtype)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Ones of the shape and type of ``model``, or of another dtype."""
    return _like(model, 1, dtype)


def full_like(model: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor of the shape of ``model`` full of ``fill_value``, in the dtype of ``model`` or another."""
    model = as_tensor_variable(model)
    return fill(model, as_tensor_variable(fill_value).astype(dtype or model.type.dtype))


def _like(model: Any, number: int, dtype: Any) -> Any:
    model = as_tensor_variable(model)
    value = constant(number, dtype=dtype or model.type.dtype)
    return value if model.type.ndim == 0 else fill(model, value)


def filled_with(variable: Any) -> Any:
    """The number that every element of ``variable`` is known to be, else None."""
    while True:
        if isinstance(variable, Constant):
            data = np.asarray(variable.data)
            return data.flat[0].item() if data.size and (data.size == 1 or (data.size <= 16 and (data == data.flat[0]).all())) else None
        node = variable.owner
        if node is None:
            return None
        if isinstance(node.op, Elemwise) and node.op.scalar_op.name == "second":
            variable = node.inputs[1]
        elif isinstance(node.op, (Alloc, DimShuffle, Reshape, Rebroadcast, SpecifyShape, Subtensor)):
            variable = node.inputs[0]
        else:
            return None


# ------------------------------------------------------------------------------------------------ ranges


class ARange(Op):
    """The integers ``start, start + step, ...`` short of ``stop``."""

    __props__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = resolve(dtype)

    def make_node(self, start: Any, stop: Any, step: Any) -> Apply:
        ends = [as_tensor_variable(entry) for entry in (start, stop, step)]
        for end in ends:
            if end.type.ndim or not is_discrete(end.type.dtype):
                cure = "theano.tensor.arange takes floats too"
                raise DTypeError(message("ARange: integers of rank 0 are needed", [row("given", end)], cure))
        if not is_integer(self.dtype):
            raise DTypeError(f"ARange makes integers, not {self.dtype}")
        count = self._count([constant_integer(end) for end in ends])
        if constant_integer(ends[2]) == 0:
            raise ValueError(message("arange: the step is 0", [row("step", ends[2])]))
        out: Any = tensor_type(self.dtype, (False,))()
        out.static_shape = (count,)
        return Apply(self, ends, [out])

    @staticmethod
    def _count(numbers: Sequence[int | None]) -> int | None:
        start, stop, step = numbers
        return None if start is None or stop is None or step is None or step == 0 else len(range(start, stop, step))

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        start, stop, step = (int(value) for value in inputs)
        if step == 0:
            raise ValueError(message("arange: the step is 0", [row("step", node.inputs[2])]))
        output_storage[0][0] = np.arange(start, stop, step, dtype=self.dtype)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        start, stop, step = (SYMBOLIC.entry(_as_int64(end)) for end in node.inputs)
        return [(as_size(_length(start, stop, step, SYMBOLIC)),)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [True]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        zero = constant(0, dtype=config.floatX)
        return [zero, None, zero]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]

    def lower(self, low: Any, node: Apply) -> None:
        ar = Lowered(low)
        start, stop, step = (ar.entry(low.extent(end)) for end in node.inputs)
        if not isinstance(step, int):
            low.at_least(low.maximum(step, low.sub(low.int(0), step)), low.int(1), node, "the step is 0")
        extent = ar.value(_length(start, stop, step, ar))

        def body(i: Any) -> Any:
            value = i if step == 1 else i * step
            return (value if start == 0 else value + start).cast(self.dtype)

        low.pointwise(node.outputs[0], (extent,), body)


def _length(start: Any, stop: Any, step: Any, ar: Any) -> Any:
    """How many steps lead from ``start`` to ``stop``."""
    sign = ar.sign(step)
    if isinstance(sign, int):
        gap, size = (ar.sub(start, stop), -step) if sign else (ar.sub(stop, start), step)
    else:
        gap, size = ar.if_negative(step, ar.sub(start, stop), ar.sub(stop, start)), ar.if_negative(step, ar.sub(0, step), step)
    gap = stop if isinstance(start, int) and start == 0 and not sign and ar.nonnegative(stop) else ar.at_least_zero(gap)
    return gap if isinstance(size, int) and size == 1 else ar.floordiv(ar.add(gap, ar.sub(size, 1)), size)


def _as_int64(variable: Any) -> Any:
    number = constant_integer(variable)
    if number is not None:
        return as_size(number)
    return variable if variable.type.dtype == "int64" else variable.astype("int64")


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """``start, start + step, ...`` short of ``stop``; ``arange(n)`` starts at 0.

    Integers give int64 (unsigned ones uint64) however small they are; a float among them gives floats.

    >>> arange(1, 2, 0.1).dtype, arange(4).static_shape
    ('float64', (4,))
    """
    if stop is None:
        start, stop = 0, start
    ends = [as_tensor_variable(entry) for entry in (start, stop, step)]
    for end in ends:
        if end.type.ndim:
            raise VariableTypeError(message("arange: numbers (rank 0) are needed", [row("given", end)]))
    common = upcast(*(end.type.dtype for end in ends))
    whole = all(is_discrete(end.type.dtype) for end in ends)
    if dtype is None:
        dtype = _range_dtype("int64" if whole and not is_unsigned(common) else common, ends)
    dtype = resolve(dtype)
    if whole and is_integer(dtype):
        return ARange(dtype)(*(e.astype("int64") if e.type.dtype == "bool" else e for e in ends))
    return _float_range(*(end.astype(dtype if is_float(dtype) else common) for end in ends)).astype(dtype)


def _range_dtype(common: str, ends: Sequence[Any]) -> str:
    if is_discrete(common):
        return "uint64" if is_unsigned(common) else "int64"
    if config.cast_policy == "numpy+floatX" and config.floatX == "float32" and common == "float64":
        return "float64" if any(end.type.dtype == "float64" for end in ends) else "float32"
    return common


def _float_range(start: Any, stop: Any, step: Any) -> Any:
    """As NumPy: the count is rounded up, the elements are ``start + k * step``."""
    wide = [v.astype("float64") for v in (start, stop, step)]
    count = maximum(ceil((wide[1] - wide[0]) / wide[2]), constant(0, dtype="float64")).astype("int64")
    return start + arange(count).astype(step.type.dtype) * step


# ------------------------------------------------------------------------------------------------ diagonals


class Eye(Unconnected):
    """An ``n`` by ``m`` matrix with ones on diagonal number ``k``."""

    __props__ = ("dtype",)

    def __init__(self, dtype: str | None = None) -> None:
        self.dtype = resolve(dtype or config.floatX)

    def make_node(self, n: Any, m: Any, k: Any) -> Apply:
        sizes = [as_size(entry, "eye") for entry in (n, m, k)]
        out: Any = tensor_type(self.dtype, (False, False))()
        out.static_shape = tuple(map(constant_integer, sizes[:2]))
        return Apply(self, sizes, [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        n, m, k = (int(value) for value in inputs)
        output_storage[0][0] = np.eye(n, m, k, dtype=self.dtype)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(node.inputs[:2])]

    def lower(self, low: Any, node: Apply) -> None:
        one, zero = low.trace.const(1, self.dtype), low.trace.const(0, self.dtype)
        k = low.extent(node.inputs[2])
        low.pointwise(
            node.outputs[0], _lowered_shape(low, node, node.inputs[:2]), lambda i, j: select((i + k).equals(j), one, zero)
        )  # fmt: skip


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """An ``n`` by ``m`` (by default ``n``) matrix with ones on diagonal number ``k``, zeros elsewhere; floatX by default."""
    return Eye(dtype)(n, n if m is None else m, k)


def identity_like(x: Any) -> Any:
    """The identity of the shape and dtype of the matrix ``x``."""
    x = as_tensor_variable(x)
    return eye(x.shape[0], x.shape[1], k=0, dtype=x.type.dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """An ``N`` by ``M`` matrix with ones on and below diagonal number ``k``, zeros elsewhere; floatX by default."""
    return _at_or_below(as_size(N), as_size(N if M is None else M), as_size(k)).astype(dtype or config.floatX)


def _at_or_below(n: Any, m: Any, k: Any) -> Any:
    return arange(m).dimshuffle("x", 0) <= arange(n).dimshuffle(0, "x") + k


def tril(m: Any, k: Any = 0) -> Any:
    """The matrix ``m`` with zeros above diagonal number ``k``."""
    m = as_tensor_variable(m)
    return switch(_at_or_below(m.shape[0], m.shape[1], as_size(k)), m, constant(0, dtype=m.type.dtype))


def triu(m: Any, k: Any = 0) -> Any:
    """The matrix ``m`` with zeros below diagonal number ``k``."""
    m = as_tensor_variable(m)
    return switch(_at_or_below(m.shape[0], m.shape[1], as_size(k) - 1), constant(0, dtype=m.type.dtype), m)


__all__ = [
    "ARange",
    "Alloc",
    "AllocEmpty",
    "Eye",
    "alloc",
    "arange",
    "eye",
    "full",
    "full_like",
    "identity_like",
    "ones",
    "ones_like",
    "tri",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]
