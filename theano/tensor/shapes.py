"""Shapes as values: reading them, building them from numbers and 0-d variables, asserting them.

Whatever takes a shape (``alloc``, ``reshape``, ``specify_shape``) takes its sizes as single 0-d integer inputs, so
that rewriting and lowering see each size by itself; :func:`size_list` makes them of tuples and of vectors.

>>> from theano.tensor import matrix
>>> x = matrix("x")
>>> x.shape
Shape.0
>>> [constant_integer(size) for size in size_list((3, x.shape[0]))]
[3, None]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_integer, upcast
from theano.errors import DTypeError, ShapeError, message
from theano.graph import Apply, Constant, Op, Variable
from theano.graph.op import Unconnected
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable, constant
from theano.tensor.elemwise import elemwise, row
from theano.tensor.slices import Arithmetic, nth
from theano.tensor.type import tensor_type

Storage = Sequence[list[Any]]
Sizes = Sequence[Sequence[Any]]

# ------------------------------------------------------------------------------------------------ sizes


def constant_integer(variable: Any) -> int | None:
    """The number that a 0-d integer constant holds, else None.

    A size read off a broadcastable dimension counts as the constant 1."""
    if isinstance(variable, (int, np.integer)):
        return int(variable)
    if isinstance(variable, Constant):
        data: Any = variable.data
        return int(data) if np.ndim(data) == 0 and np.asarray(data).dtype.kind in "iu" else None
    node = variable.owner
    if node is not None and isinstance(node.op, Shape_i):
        pattern = getattr(node.inputs[0].type, "broadcastable", None)
        return 1 if pattern and pattern[node.op.i] else None
    return None


def as_size(entry: Any, what: str = "shape") -> Any:
    """``entry`` as a 0-d integer variable; numbers become int64 constants."""
    if isinstance(entry, (int, np.integer)) and not isinstance(entry, bool):
        return constant(int(entry), dtype="int64")
    variable = _entry_of_shape(as_tensor_variable(entry))
    if not is_integer(variable.type.dtype):
        raise DTypeError(message(f"{what}: sizes must be integers", [row("given", variable)], cure="did you mean .astype('int64')?"))
    if variable.type.ndim == 1 and variable.type.broadcastable[0]:
        return variable.dimshuffle()
    if variable.type.ndim:
        raise DTypeError(message(f"{what}: each size must be of rank 0", [row("given", variable)]))
    return variable


def _entry_of_shape(variable: Any) -> Any:
    """``x.shape[i]`` as the size of that dimension of x."""
    from theano.tensor.subtensor import Subtensor

    node = variable.owner
    vector = node.inputs[0].owner if node is not None and isinstance(node.op, Subtensor) and len(node.inputs) == 2 else None
    if vector is None or not isinstance(vector.op, Shape) or variable.type.ndim:
        return variable
    x, axis = vector.inputs[0], constant_integer(node.inputs[1])
    if axis is None or not -x.type.ndim <= axis < x.type.ndim:
        return variable
    return Shape_i(axis % x.type.ndim)(x)


def size_list(shape: Any, ndim: int | None = None, what: str = "shape") -> list[Any]:
    """The sizes of ``shape``, one 0-d integer variable each.

    ``shape`` is a number, a sequence of numbers and 0-d variables, or an integer vector; a vector whose length
    the graph does not tell needs ``ndim``."""
    if isinstance(shape, (list, tuple)):
        sizes = [as_size(entry, what) for entry in shape]
    else:
        variable = as_tensor_variable(shape)
        sizes = [as_size(variable, what)] if variable.type.ndim == 0 else _entries(variable, ndim, what)
    if ndim is not None and len(sizes) != ndim:
        raise ShapeError(message(f"{what}: {len(sizes)} sizes were given where {ndim} are needed", [("given", str(shape))]))
    return sizes


def _entries(vector: Any, ndim: int | None, what: str) -> list[Any]:
    if vector.type.ndim != 1:
        raise DTypeError(message(f"{what}: a vector of sizes is needed, not a tensor of rank {vector.type.ndim}", [row("given", vector)]))
    if isinstance(vector, Constant):
        if vector.data.size and vector.data.dtype.kind not in "iu":
            raise DTypeError(message(f"{what}: sizes must be integers", [row("given", vector)]))
        return [as_size(int(n)) for n in vector.data]
    node = vector.owner
    if node is not None and isinstance(node.op, MakeVector):
        return [as_size(entry, what) for entry in node.inputs]
    if node is not None and isinstance(node.op, Shape):
        return sizes_of(node.inputs[0])
    length = vector.static_shape[0] if ndim is None else ndim
    if length is None:
        raise ValueError(message(f"{what}: the number of dimensions is not known", [row("given", vector)], cure="give ndim=..."))
    return [as_size(vector[axis], what) for axis in range(length)]


def sizes_of(x: Any) -> list[Any]:
    """The sizes of ``x``, one 0-d int64 variable each; constants where the graph tells them."""
    known: Sequence[int | None] = x.static_shape if x.type.ndim else ()  # a scalar variable knows of no shape
    return [Shape_i(axis)(x) if n is None else constant(n, dtype="int64") for axis, n in enumerate(known)]


def inferred_shapes(node: Apply, input_shapes: Sequence[Any]) -> list[Sequence[Any] | None]:
    """The sizes of a node's outputs as its ``infer_shape`` tells them; None for one that has to be computed.

    What an op of the user's returns is checked: a list with a tuple of integers, or None, for each output."""
    op = node.op
    try:
        found = op.infer_shape(node, [None if shape is None else tuple(shape) for shape in input_shapes])
    except (NotImplementedError, ShapeError):
        return [None] * len(node.outputs)
    except Exception as why:
        if op.is_users:
            why.add_note(f"in {op}.infer_shape, applied at {node.origin}")
        raise
    if not op.is_users:
        return found  # type: ignore[no-any-return]
    if not isinstance(found, (list, tuple)) or len(found) != len(node.outputs):
        given = f"{len(found)} shapes" if isinstance(found, (list, tuple)) else type(found).__name__
        raise ShapeError(_bad_inference(node, f"must return a list of {_count(node.outputs, 'shape')}, one for each output, not {given}"))
    return [_checked_shape(node, position, shape) for position, shape in enumerate(found)]


def _checked_shape(node: Apply, position: int, shape: Any) -> Sequence[Any] | None:
    rank = getattr(node.outputs[position].type, "ndim", None)
    if shape is None or rank is None:
        return None
    if not isinstance(shape, (list, tuple)):
        raise ShapeError(_bad_inference(node, f"gave {shape!r:.40} for the shape of output {position}, no tuple"))
    if len(shape) != rank:
        raise ShapeError(_bad_inference(node, f"gave {_count(shape, 'size')} for output {position}, which is of rank {rank}"))
    try:
        return [as_size(size) for size in shape]
    except (TypeError, ValueError):
        raise ShapeError(_bad_inference(node, f"gave a size of output {position} that is no integer: {shape!r:.60}")) from None


def _count(things: Sequence[Any], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _bad_inference(node: Apply, what: str) -> str:
    return message(
        f"{type(node.op).__name__}.infer_shape {what}",
        [("node", str(node)[:60], "", node.origin)],
        cure="def infer_shape(self, node, input_shapes): return [a tuple of integers or 0-d integer variables for each output]",
    )


def pattern_of(sizes: Iterable[Any]) -> tuple[bool, ...]:
    """Broadcastable where the size is the constant 1."""
    return tuple(constant_integer(size) == 1 for size in sizes)


SCALAR_OPS = {"add": "add", "sub": "sub", "mul": "mul", "floordiv": "int_div", "min": "minimum", "max": "maximum"}


class Symbolic(Arithmetic):
    """Arithmetic on 0-d integer variables."""

    functions = {op: elemwise(OPS[name]) for op, name in SCALAR_OPS.items()}

    def emit(self, op: str, a: Any, b: Any) -> Any:
        return self.functions[op](as_size(a), as_size(b))

    def nonnegative(self, a: Any) -> bool:
        number = constant_integer(a)
        if number is not None:
            return number >= 0
        return a.owner is not None and isinstance(a.owner.op, Shape_i)

    def same(self, a: Any, b: Any) -> bool:
        if a is b:
            return True
        x, y = (getattr(v, "owner", None) for v in (a, b))
        return x is not None and y is not None and isinstance(x.op, Shape_i) and x.op == y.op and x.inputs == y.inputs

    def entry(self, variable: Any) -> Any:
        """``variable`` as a Python number where it is constant."""
        number = constant_integer(variable)
        return variable if number is None else number


SYMBOLIC = Symbolic()

# ------------------------------------------------------------------------------------------------ ops


class Shape(Unconnected):
    """The shape of a tensor, or of a value of another type that has one, as an int64 vector."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        return Apply(self, [x], [_with_shape(tensor_type("int64", (False,))(), (getattr(x.type, "ndim", None),))])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = np.array(np.shape(inputs[0]), dtype=np.int64)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...] | None]:
        return [(as_size(len(input_shapes[0])),) if hasattr(node.inputs[0].type, "ndim") else None]

    def lower(self, low: Any, node: Apply) -> None:
        shape = low.shape(node.inputs[0])
        low.pointwise(node.outputs[0], (low.int(len(shape)),), lambda i: nth(i, shape) if shape else low.int(0))


class Shape_i(Unconnected):
    """The size of dimension ``i``, a 0-d int64."""

    __props__ = ("i",)

    def __init__(self, i: int) -> None:
        self.i = int(i)

    def __str__(self) -> str:
        return f"Shape_i{{{self.i}}}"

    def make_node(self, x: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        if not 0 <= self.i < getattr(x.type, "ndim", self.i + 1):
            raise ShapeError(message(f"shape: there is no dimension {self.i}", [row("of", x)]))
        return Apply(self, [x], [tensor_type("int64", ())()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = np.array(np.shape(inputs[0])[self.i], dtype=np.int64)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [()]

    def lower(self, low: Any, node: Apply) -> None:
        extent = low.shape(node.inputs[0])[self.i]
        low.pointwise(node.outputs[0], (), lambda: extent)


class MakeVector(Op):
    """A vector of 0-d tensors."""

    __props__ = ("dtype",)

    def __init__(self, dtype: str = "int64") -> None:
        self.dtype = dtype

    def make_node(self, *entries: Any) -> Apply:
        variables = [as_tensor_variable(entry) for entry in entries]
        for variable in variables:
            if variable.type.ndim:
                raise ShapeError(message("stack: scalars are needed", [row("given", variable)]))
            if upcast(variable.type.dtype, self.dtype) != self.dtype:
                raise DTypeError(message(f"stack: the entry does not fit into a vector of {self.dtype}", [row("given", variable)]))
        fitted = [v if v.type.dtype == self.dtype else v.astype(self.dtype) for v in variables]
        out = tensor_type(self.dtype, (len(fitted) == 1,))()
        return Apply(self, fitted, [_with_shape(out, (len(fitted),))])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = np.array(inputs, dtype=self.dtype).reshape(len(inputs))

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [(as_size(len(node.inputs)),)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0][position] for position in range(len(inputs))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(point is None for point in eval_points):
            return [None]
        return [self(*(i.zeros_like() if point is None else point for i, point in zip(inputs, eval_points)))]

    def lower(self, low: Any, node: Apply) -> None:
        out, entries = node.outputs[0], node.inputs
        empty = low.trace.const(0, self.dtype)
        low.pointwise(out, (low.int(len(entries)),), lambda i: nth(i, [low.read(v, ()) for v in entries]) if entries else empty)


class SpecifyShape(Op):
    """``x``, after a check that it has the given sizes; the graph may rely on them."""

    word = "specify_shape"
    __props__ = ()
    view_map = {0: [0]}
    complaint = "the value does not have the shape specified"

    def make_node(self, x: Any, shape: Any = None, *more: Any) -> Apply:
        """``shape`` is all sizes in one, or each is an argument."""
        x = as_tensor_variable(x)
        sizes = () if shape is None else (shape, *more)
        if len(sizes) == 1 and (isinstance(sizes[0], (list, tuple)) or getattr(sizes[0], "ndim", 0) == 1):
            sizes = tuple(size_list(sizes[0], x.type.ndim, "specify_shape"))
        entries = [as_size(size, "specify_shape") for size in sizes]
        if len(entries) != x.type.ndim:
            raise ShapeError(message(f"specify_shape: {len(entries)} sizes for a tensor of rank {x.type.ndim}", [row("of", x)]))
        known = tuple(old if new is None else new for old, new in zip(x.static_shape, map(constant_integer, entries)))
        for axis, (old, new) in enumerate(zip(x.static_shape, known)):
            if old is not None and old != new:
                raise ShapeError(message(f"specify_shape: dimension {axis} has size {old}, not {new}", [row("of", x)]))
        return Apply(self, [x, *entries], [_with_shape(x.type(), known)])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, wanted = inputs[0], tuple(map(int, inputs[1:]))
        if x.shape != wanted:
            raise ShapeError(message(f"{self.word}: {self.complaint}: {wanted}", [row("of", node.inputs[0], x.shape)]))
        output_storage[0][0] = x

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(node.inputs[1:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * (len(node.inputs) - 1)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [self(output_grads[0], *inputs[1:])] + [None] * (len(inputs) - 1)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], *inputs[1:])]

    def lower(self, low: Any, node: Apply) -> None:
        x = node.inputs[0]
        text = self.complaint
        wanted = [low.extent(size) for size in node.inputs[1:]]
        shape = [low.equal(have, want, node, ((x, axis),), text) for axis, (have, want) in enumerate(zip(low.shape(x), wanted))]
        low.view(node.outputs[0], shape, x, lambda *i: i, contiguous=True)


class Rebroadcast(Op):
    """``x`` with the broadcastable flag of some dimensions changed: ``Rebroadcast((0, True), (2, False))``.

    What becomes broadcastable is checked to have size 1 when the function runs."""

    word = "addbroadcast"
    __props__ = ("pairs",)
    view_map = {0: [0]}

    def __init__(self, *pairs: tuple[int, bool]) -> None:
        self.axis = {int(axis): bool(flag) for axis, flag in pairs}
        self.pairs = tuple(sorted(self.axis.items()))

    def __str__(self) -> str:
        return f"Rebroadcast{{{', '.join(f'{axis}: {flag}' for axis, flag in self.pairs)}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.axis and not 0 <= min(self.axis) <= max(self.axis) < x.type.ndim:
            raise ShapeError(message(f"rebroadcast: dimensions {list(self.axis)} of a tensor of rank {x.type.ndim}", [row("of", x)]))
        pattern = tuple(self.axis.get(axis, flag) for axis, flag in enumerate(x.type.broadcastable))
        for axis, (known, flag) in enumerate(zip(x.static_shape, pattern)):
            if flag and known not in (None, 1):
                raise ShapeError(message(f"rebroadcast: dimension {axis} has size {known} and cannot become broadcastable", [row("of", x)]))
        return Apply(self, [x], [x.type.clone(broadcastable=pattern)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x = inputs[0]
        for axis, flag in self.pairs:
            if flag and x.shape[axis] != 1:
                raise ShapeError(
                    message(f"addbroadcast: dimension {axis} has size {x.shape[axis]} where 1 is needed", [row("of", node.inputs[0])])
                )
        output_storage[0][0] = x

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(as_size(1) if self.axis.get(axis) else size for axis, size in enumerate(input_shapes[0]))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [patternbroadcast(output_grads[0], inputs[0].type.broadcastable)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0])]

    def lower(self, low: Any, node: Apply) -> None:
        x, shape = node.inputs[0], list(low.shape(node.inputs[0]))
        for axis, flag in self.pairs:
            if flag:
                shape[axis] = low.equal(shape[axis], low.int(1), node, ((x, axis),), "the size must be 1")
        low.view(node.outputs[0], shape, x, lambda *i: i, contiguous=True)


# ------------------------------------------------------------------------------------------------ functions

shape = Shape()
specify_shape_op = SpecifyShape()


def shape_i(var: Any, i: int, fgraph: Any = None) -> Any:
    """The size of dimension ``i`` of ``var`` as a 0-d variable.  ``fgraph`` is accepted for the sake of old programs."""
    return Shape_i(i)(var)


def specify_shape(x: Any, shape: Any) -> Any:
    """``x``, checked at run time to have ``shape``.

    >>> from theano.tensor import matrix
    >>> specify_shape(matrix(), (2, 3)).static_shape
    (2, 3)
    """
    x = as_tensor_variable(x)
    return specify_shape_op(x, *size_list(shape, x.type.ndim, "specify_shape"))


def addbroadcast(x: Any, *axes: int) -> Any:
    """``x`` with ``axes`` made broadcastable; their sizes are checked to be 1 at run time."""
    return _rebroadcast(as_tensor_variable(x), dict.fromkeys(axes, True))


def unbroadcast(x: Any, *axes: int) -> Any:
    """``x`` with ``axes`` made not broadcastable: its type forgets that their size is 1."""
    return _rebroadcast(as_tensor_variable(x), dict.fromkeys(axes, False))


def patternbroadcast(x: Any, broadcastable: Sequence[Any]) -> Any:
    """``x`` with this broadcastable pattern."""
    x = as_tensor_variable(x)
    if len(broadcastable) != x.type.ndim:
        raise ShapeError(message(f"patternbroadcast: {len(broadcastable)} flags for a tensor of rank {x.type.ndim}", [row("of", x)]))
    return _rebroadcast(x, dict(enumerate(map(bool, broadcastable))))


def _rebroadcast(x: Any, flags: dict[int, bool]) -> Any:
    """Nothing but the changes; ``x`` itself if there are none."""
    wanted = {axis + x.type.ndim if axis < 0 else axis: flag for axis, flag in flags.items()}
    changes = [(axis, flag) for axis, flag in sorted(wanted.items()) if not 0 <= axis < x.type.ndim or x.type.broadcastable[axis] != flag]
    return Rebroadcast(*changes)(x) if changes else x


def _with_shape(variable: Any, known: Sequence[int | None]) -> Any:
    variable.static_shape = tuple(known)
    return variable


__all__ = [
    "MakeVector",
    "Rebroadcast",
    "Shape",
    "Shape_i",
    "SpecifyShape",
    "addbroadcast",
    "patternbroadcast",
    "shape",
    "shape_i",
    "specify_shape",
    "unbroadcast",
]
