"""Indexing: ``x[1:, i, idx]``, and ``set_subtensor`` / ``inc_subtensor`` of it.

The inputs of a node are the numbers among the entries of its index (:mod:`theano.tensor.index_entries`).  Numbers and slices
alone make a :class:`Subtensor`, a view; an array among them makes an :class:`AdvancedSubtensor`, which gathers by NumPy's
rules.  New axes are added to the result by ``dimshuffle``.

>>> from theano.tensor import lscalar, matrix
>>> x, i = matrix("x"), lscalar("i")
>>> x[1:, i].owner.op
Subtensor{int64::, int64}
>>> set_subtensor(x[0], 1).type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from theano.dtypes import is_complex
from theano.errors import BoundsError, DTypeError, NotScalarConstantError, ShapeError, VariableTypeError, message
from theano.graph import Apply, Op, Variable
from theano.scalar.instructions import select
from theano.tensor.convert import as_tensor_variable, constant
from theano.tensor.elemwise import DimShuffle, row, sum_to
from theano.tensor.index_entries import FULL, INDEX, as_index, entries_of, get_idx_list, numbers_in, placeholder, slice_fields
from theano.tensor.index_layout import TOO_FEW_STEPS, Layout, counts_steps, out_of_bounds
from theano.tensor.shapes import Sizes, Storage, addbroadcast, constant_integer

# ------------------------------------------------------------------------------------------ structure


class Indexing(Op):
    """What the four indexing ops share: they are equal if class, structure and ``set_instead_of_inc`` are."""

    __props__: ClassVar[tuple[str, ...]] = ("idx_list", "set_instead_of_inc")
    set_instead_of_inc: bool | None = None
    operands = 1
    """How many inputs stand before the indices: ``x``, or ``x`` and ``y``."""

    def __init__(self, idx_list: Sequence[Any]) -> None:
        self.idx_list = tuple(placeholder(entry) for entry in idx_list)
        structure = tuple(
            tuple(field is not None for field in slice_fields(entry)) if isinstance(entry, slice) else None for entry in self.idx_list
        )
        self._key = (type(self), structure, self.set_instead_of_inc)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Indexing) and self._key == other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        inside = ", ".join(
            ":".join("" if field is None else "int64" for field in slice_fields(entry)) if isinstance(entry, slice) else "int64"
            for entry in self.idx_list
        )
        what = "" if self.set_instead_of_inc is None else "Set;" if self.set_instead_of_inc else "Inc;"
        return f"{type(self).__name__}{{{what}{inside}}}"

    __repr__ = __str__

    def indices(self, inputs: Sequence[Any], ndim: int) -> list[Any]:
        """The index of each of ``ndim`` dimensions: a variable or a slice of variables."""
        return [*get_idx_list(inputs[self.operands - 1 :], self.idx_list), *[FULL] * (ndim - len(self.idx_list))]

    def checked(self, x: Any, inputs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """(inputs as integer variables, index of each dimension of ``x``)."""
        if len(self.idx_list) > x.type.ndim:
            raise BoundsError(message(f"too many indices: {len(self.idx_list)} for a tensor of rank {x.type.ndim}", [row("indexed", x)]))
        numbers = [as_index(number) for number in inputs]
        count = sum(1 for _ in numbers_in(self.idx_list))
        if len(numbers) != count:
            raise ValueError(message(f"{self}: {len(numbers)} indices were given where {count} are needed", [row("indexed", x)]))
        padding: list[Any] = [None] * self.operands
        return numbers, self.indices([*padding, *numbers], x.type.ndim)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[position < self.operands] for position in range(len(node.inputs))]


def _value_of(entry: Any, values: Iterator[Any]) -> Any:
    if isinstance(entry, slice):
        return slice(*(None if field is None else int(next(values)) for field in slice_fields(entry)))
    value = next(values)
    return int(value) if value.ndim == 0 else value


def _numpy_index(op: Indexing, inputs: Sequence[Any]) -> tuple[Any, ...]:
    signed = (
        np.minimum(i, np.uint64(2**63 - 1)).astype("int64") if getattr(i, "dtype", 0) == "uint64" else i for i in inputs[op.operands :]
    )
    values = iter(signed)  # NumPy takes an uint64 that is too large for one less than 0
    return tuple(_value_of(entry, values) for entry in op.idx_list)


def _bounds_error(error: IndexError, node: Apply) -> BoundsError:
    x, text = node.inputs[0], str(error)
    cure = TOO_FEW_STEPS if " axis 0 " in text and isinstance(node.op, Subtensor) and counts_steps(x) else None
    return BoundsError(message(text, [row("indexed", x)], cure))


# ------------------------------------------------------------------------------------------ reading


class Subtensor(Indexing):
    """``x`` indexed by numbers and slices."""

    word = "indexing"
    view_map = {0: [0]}

    def make_node(self, x: Any, *inputs: Any) -> Apply:
        x = as_tensor_variable(x)
        numbers, entries = self.checked(x, inputs)
        for number in numbers:
            if number.type.ndim:
                raise BoundsError(message("this index must be a number (rank 0)", [row("index", number)]))
        return Apply(self, [x, *numbers], [_result(x, Layout(entries))])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        try:
            output_storage[0][0] = np.asarray(inputs[0][_numpy_index(self, inputs)])
        except IndexError as error:
            raise _bounds_error(error, node) from None

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        layout = Layout(self.indices(node.inputs, len(input_shapes[0])))
        return [layout.sizes(input_shapes[0], dict(zip(node.inputs, input_shapes)))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        gradient = output_grads[0]
        scattered = self.scatter()(inputs[0].zeros_like(dtype=gradient.type.dtype), gradient, *inputs[1:])
        return [scattered] + [None] * (len(inputs) - 1)

    def scatter(self) -> Any:
        """The op that adds into what this one reads."""
        return IncSubtensor(self.idx_list)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], *inputs[1:])]

    def get_constant_idx(
        self, inputs: Sequence[Any], allow_partial: bool = False, only_process_constants: bool = False, elemwise: bool = True
    ) -> list[Any]:
        """The index with Python numbers for its constants; others stay variables if ``allow_partial``, else an error."""

        def number(variable: Any) -> Any:
            found = None if variable is None else constant_integer(variable)
            if found is None and variable is not None and not allow_partial:
                raise NotScalarConstantError(message("this index is not constant", [row("index", variable)]))
            return variable if found is None else found

        entries = get_idx_list(inputs, self.idx_list)
        return [slice(*map(number, slice_fields(entry))) if isinstance(entry, slice) else number(entry) for entry in entries]

    def lower(self, low: Any, node: Apply) -> None:
        x, out = node.inputs[0], node.outputs[0]
        shape, source, is_view = Layout(self.indices(node.inputs, x.type.ndim)).lowered(low, node, x)
        if is_view:
            low.view(out, shape, x, source)
        else:
            low.pointwise(out, shape, lambda *i: low.read_checked(x, source(*i)))


class AdvancedSubtensor(Subtensor):
    """``x`` indexed by integer arrays, with numbers and slices beside them."""

    view_map = {}

    def make_node(self, x: Any, *inputs: Any) -> Apply:
        x = as_tensor_variable(x)
        numbers, entries = self.checked(x, inputs)
        _check_slices(entries)
        return Apply(self, [x, *numbers], [_result(x, Layout(entries))])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        Layout(self.indices(node.inputs, inputs[0].ndim)).check_values(node, inputs)
        super().perform(node, inputs, output_storage)
        if np.may_share_memory(output_storage[0][0], inputs[0]):
            output_storage[0][0] = output_storage[0][0].copy()

    def scatter(self) -> Any:
        return AdvancedIncSubtensor(self.idx_list)


class AdvancedSubtensor1(AdvancedSubtensor):
    """``x[indices]`` for a vector of indices: rows of ``x``."""

    def __init__(self, sparse_grad: bool = False) -> None:
        self.sparse_grad = sparse_grad
        super().__init__([INDEX])

    def make_node(self, x: Any, *inputs: Any) -> Apply:
        node = super().make_node(x, *inputs)
        if node.inputs[1].type.ndim != 1:
            raise BoundsError(message("AdvancedSubtensor1: the index must be a vector", [row("index", node.inputs[1])]))
        return node

    def scatter(self) -> Any:
        return AdvancedIncSubtensor1()


def _check_slices(entries: Sequence[Any]) -> None:
    for entry in entries:
        for field in slice_fields(entry) if isinstance(entry, slice) else ():
            if field is not None and field.type.ndim:
                raise BoundsError(message("a bound of a slice must be a number (rank 0)", [row("bound", field)]))


def _result(x: Any, layout: Layout) -> Any:
    out: Any = x.type.clone(broadcastable=layout.pattern(x))()
    out.static_shape = layout.static(x)
    return out


# ------------------------------------------------------------------------------------------ writing


class IncSubtensor(Indexing):
    """``x`` with ``y`` added to (or put in place of) ``x[index]``, numbers and slices only; ``x`` stays as it is."""

    word = "inc_subtensor"
    operands = 2
    reader: Any = Subtensor

    def __init__(
        self, idx_list: Sequence[Any], inplace: bool = False, set_instead_of_inc: bool = False, destroyhandler_tolerate_aliased: Any = None
    ) -> None:
        self.set_instead_of_inc = bool(set_instead_of_inc)
        super().__init__(idx_list)

    def make_node(self, x: Any, y: Any, *inputs: Any) -> Apply:
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        numbers, entries = self.checked(x, inputs)
        _check_slices(entries)
        if self.reader is Subtensor and any(number.type.ndim for number in numbers):
            raise BoundsError(message(f"{self}: indices must be numbers (rank 0)", [row("index", n) for n in numbers]))
        out: Any = x.type()
        out.static_shape = x.static_shape
        return Apply(self, [x, _fitted(x, y, Layout(entries)), *numbers], [out])

    def region(self, node: Apply) -> Layout:
        return self.region_of(node.inputs)

    def region_of(self, inputs: Sequence[Any]) -> Layout:
        return Layout(self.indices(inputs, inputs[0].type.ndim))

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        out, y, where = inputs[0].copy(), inputs[1], _numpy_index(self, inputs)
        self.region(node).check_values(node, inputs)
        try:
            _check_stretching(node, y, np.shape(out[where]))
            if self.set_instead_of_inc:
                out[where] = y
            else:
                np.add.at(out, where, np.broadcast_to(y, np.shape(out[where])))  # add.at itself stretches wrongly
        except IndexError as error:
            raise _bounds_error(error, node) from None
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[0])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        gradient, indices = output_grads[0], inputs[2:]
        into_y = sum_to(self.reader_op()(gradient, *indices), inputs[1])
        into_x = gradient
        if self.set_instead_of_inc:
            into_x = self(gradient, constant(0, dtype=gradient.type.dtype), *indices)
        return [into_x, into_y] + [None] * len(indices)

    def reader_op(self) -> Any:
        return self.reader(self.idx_list)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        x_point, y_point = eval_points[:2]
        if x_point is None and y_point is None:
            return [None]
        x_point, y_point = (v.zeros_like() if point is None else point for v, point in zip(inputs, (x_point, y_point)))
        return [self(x_point, y_point, *inputs[2:])]

    def lower(self, low: Any, node: Apply) -> None:
        x, y, out = node.inputs[0], node.inputs[1], node.outputs[0]
        shape, source, _ = self.region(node).lowered(low, node, x)
        missing = len(shape) - y.type.ndim
        for axis, stretches in enumerate(y.type.broadcastable):
            if not stretches:
                text = "the value and the part that it is written to differ in size"
                shape[missing + axis] = low.equal(shape[missing + axis], low.shape(y)[axis], node, ((y, axis),), text)
        how = None if self.set_instead_of_inc else "add"
        low.scatter(out, x, shape, source, lambda *i: low.read(y, i[missing:]), how)


class AdvancedIncSubtensor(IncSubtensor):
    """``x`` with ``y`` added to (or put in place of) ``x[index]``; what is indexed twice is added to twice, or gets the last value."""

    reader = AdvancedSubtensor

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """Of what is set twice to a place only the last gets a gradient."""
        from theano.tensor.distinct import are_distinct, of_the_last

        into_x, into_y, *rest = super().L_op(inputs, outputs, output_grads)
        layout = self.region_of(inputs)
        if self.set_instead_of_inc and not are_distinct(layout):
            into_y = sum_to(of_the_last(layout, inputs[0], self.reader_op()(output_grads[0], *inputs[2:])), inputs[1])
        return [into_x, into_y, *rest]

    def lower(self, low: Any, node: Apply) -> None:
        if not _lowered_one_hot(self, low, node):
            super().lower(low, node)


class AdvancedIncSubtensor1(AdvancedIncSubtensor):
    """``x`` with ``y`` added to (or put in place of) the rows ``x[indices]``."""

    def __init__(self, inplace: bool = False, set_instead_of_inc: bool = False) -> None:
        super().__init__([INDEX], set_instead_of_inc=set_instead_of_inc)

    def reader_op(self) -> Any:
        return AdvancedSubtensor1()


def _fitted(x: Any, y: Any, layout: Layout) -> Any:
    """``y`` in the dtype of ``x``, broadcastable where what it is written to is."""
    pattern = layout.pattern(x)
    if y.type.ndim > len(pattern):
        rows = [row("tensor", x), row("value", y)]
        raise VariableTypeError(message(f"a value of rank {y.type.ndim} cannot be put into a part of rank {len(pattern)}", rows))
    if is_complex(y.type.dtype) and not is_complex(x.type.dtype):
        rows = [row("tensor", x), row("value", y)]
        raise DTypeError(message("a complex value cannot be put into a real tensor", rows, cure="did you mean value.real?"))
    if y.type.dtype != x.type.dtype:
        y = y.astype(x.type.dtype)
    kept = pattern[len(pattern) - y.type.ndim :]
    return addbroadcast(y, *(axis for axis, fixed in enumerate(kept) if fixed and not y.type.broadcastable[axis]))


def _check_stretching(node: Apply, y: Any, wanted: tuple[int, ...]) -> None:
    pattern = node.inputs[1].type.broadcastable
    for axis, stretches in enumerate(pattern):
        have, want = y.shape[axis], wanted[len(wanted) - len(pattern) + axis]
        if not stretches and have != want:
            rows = [row("tensor", node.inputs[0]), row("value", node.inputs[1])]
            raise ShapeError(message(f"a value of shape {y.shape} cannot be put into a part of shape {wanted}", rows))


def _lowered_one_hot(op: IncSubtensor, low: Any, node: Apply) -> bool:
    """``zeros[arange(n), k]`` gets one element in each row: computed element by element, without a pass over zeros."""
    from theano.tensor.create import ARange, filled_with

    x, y = node.inputs[:2]
    if op.idx_list != (INDEX, INDEX) or x.type.ndim != 2 or filled_with(x) != 0:
        return False
    rows, columns = node.inputs[2:]
    if rows.type.broadcastable != (False,) or columns.type.broadcastable != (False,) or rows.owner is None:
        return False
    (n, m), arange = low.shape(x), rows.owner
    if not isinstance(arange.op, ARange) or [constant_integer(v) for v in (arange.inputs[0], arange.inputs[2])] != [0, 1]:
        return False
    if not low.extents.same(low.shape(rows)[0], n):
        return False
    low.equal(n, low.shape(columns)[0], node, ((x, 0), (columns, 0)), "the index arrays differ in size")
    if y.type.broadcastable == (False,):
        low.equal(n, low.shape(y)[0], node, ((x, 0), (y, 0)), "the value and the part that it is written to differ in size")
    zero = low.trace.const(0, x.type.dtype)

    def body(i: Any, j: Any) -> Any:
        chosen = low.checked_index(low.read(columns, (i,)), m, node, out_of_bounds("{payload}", 1, node))
        return select(chosen.equals(j), low.read(y, (i,)[: y.type.ndim]), zero)

    low.pointwise(node.outputs[0], (n, m), body)
    return True


# ------------------------------------------------------------------------------------------ functions


def getitem(x: Any, index: Any) -> Any:
    """``x[index]`` by NumPy's rules, for numbers, slices, ``None``, ``...``, integer arrays and lists."""
    x = as_tensor_variable(x)
    entries = entries_of(x, index if isinstance(index, tuple) else (index,))
    if any(isinstance(entry, Variable) and entry.type.ndim for entry in entries):
        return _gathered(x, entries)
    entries = [entry for entry in entries if entry is not Ellipsis]
    kept = [entry for entry in entries if entry is not None]
    only_new_axes = None in entries and all(isinstance(entry, slice) and entry == FULL for entry in kept)
    result = x if only_new_axes else Subtensor(kept)(x, *numbers_in(kept))
    if None in entries:
        axes = iter(range(result.type.ndim))
        result = result.dimshuffle(*("x" if e is None else next(axes) for e in entries if e is None or isinstance(e, slice)), *axes)
    return result


def _gathered(x: Any, entries: list[Any]) -> Any:
    kept = [entry for entry in entries if entry is not None and entry is not Ellipsis]
    if len(kept) == 1 and kept[0].type.ndim == 1:
        result = AdvancedSubtensor1()(x, kept[0])
    else:
        result = AdvancedSubtensor(kept)(x, *numbers_in(kept))
    return result if len(kept) == len(entries) else result.dimshuffle(*_arranged(entries, kept, x.type.ndim))


def _arranged(entries: list[Any], kept: list[Any], rank: int) -> list[Any]:
    """Of the dimensions of ``x[entries]``, those of ``x[kept]`` or new ones: what is not kept parts arrays that it stands between."""
    rest = [FULL] * (rank - len(kept))
    plain = Layout([*kept, *rest])
    whole = Layout([FULL if entry is None or entry is Ellipsis else entry for entry in [*entries, *rest]])
    shared, sliced, named = [("shared", k) for k in range(plain.rank)], iter(plain.slices), list[Any]()
    for axis in whole.slices:
        entry = entries[axis] if axis < len(entries) else FULL
        named.append(entry if entry is None or entry is Ellipsis else next(sliced))
    before = plain.arranged(shared, plain.slices)
    return ["x" if name is None else before.index(name) for name in whole.arranged(shared, named) if name is not Ellipsis]


def set_subtensor(x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False) -> Any:
    """A new tensor: the one that ``x`` indexes into, with ``x``'s part of it replaced by ``y``.

    ``set_subtensor(a[2:4], b)`` is ``a`` after ``a[2:4] = b``; ``a`` itself is unchanged.

    Raises TypeError if ``x`` is not the result of an indexing."""
    return inc_subtensor(x, y, set_instead_of_inc=True)


def inc_subtensor(x: Any, y: Any, inplace: bool = False, set_instead_of_inc: bool = False, tolerate_inplace_aliasing: bool = False) -> Any:
    """As :func:`set_subtensor`, but ``y`` is added; indices that repeat add up."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if y.type.ndim > x.type.ndim:
        rows = [row("part", x), row("value", y)]
        raise VariableTypeError(message(f"a value of rank {y.type.ndim} cannot be put into a part of rank {x.type.ndim}", rows))
    for size, given, single in zip(reversed(x.static_shape), reversed(y.static_shape), reversed(y.type.broadcastable)):
        if None not in (size, given) and size != given and not single:
            rows = [row("part", x), row("value", y)]
            raise ShapeError(message("a value does not fit the part that it is put into", rows, "only broadcastable dimensions stretch"))
    node = x.owner
    while node is not None and isinstance(node.op, DimShuffle):
        y, node = _before_dimshuffle(node.op, x, y), node.inputs[0].owner
    if node is None or not isinstance(node.op, Subtensor):
        cure = "write it as set_subtensor(tensor[index], value)"
        raise VariableTypeError(message("the first argument must be the result of indexing a tensor", [row("given", x)], cure))
    if type(node.op) is AdvancedSubtensor1:
        return AdvancedIncSubtensor1(set_instead_of_inc=set_instead_of_inc)(node.inputs[0], y, *node.inputs[1:])
    write = AdvancedIncSubtensor if isinstance(node.op, AdvancedSubtensor) else IncSubtensor
    return write(node.op.idx_list, set_instead_of_inc=set_instead_of_inc)(node.inputs[0], y, *node.inputs[1:])


def _before_dimshuffle(op: Any, x: Any, y: Any) -> Any:
    """``y``, meant for what ``op`` made, as the value for what it was made of."""
    order, rank = op.new_order, len(op.input_broadcastable)
    y = y.dimshuffle(*["x"] * (len(order) - y.type.ndim), *range(y.type.ndim))
    y = addbroadcast(y, *(axis for axis, source in enumerate(order) if source == "x" and not y.type.broadcastable[axis]))
    return y.dimshuffle(*(order.index(axis) if axis in order else "x" for axis in range(rank)))


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements (or slices along ``axis``) of ``a`` at ``indices``.

    Out of range is an IndexError for ``mode="raise"``; ``"clip"`` takes the nearest, ``"wrap"`` counts round."""
    a = as_tensor_variable(a)
    indices = as_index(np.asarray(indices) if isinstance(indices, (list, tuple)) and not _holds_variable(indices) else indices)
    if axis is None:
        a, axis = a.flatten(), 0
    if not -a.type.ndim <= axis < a.type.ndim:
        raise BoundsError(message(f"take: axis {axis} of a tensor of rank {a.type.ndim}", [row("given", a)]))
    axis %= a.type.ndim
    if mode == "clip":
        indices = indices.clip(0, a.shape[axis] - 1)
    elif mode == "wrap":
        indices = indices % a.shape[axis]
    elif mode != "raise":
        raise ValueError(f"take: mode {mode!r} is none of 'raise', 'clip', 'wrap'")
    return a[(FULL,) * axis + (indices,)]


def sparse_grad(var: Any) -> Any:
    """``x[indices]``, for a vector of indices, as a new variable whose gradient was stored sparsely in the classic system.

    Here it is dense, with the same numbers.

    Raises VariableTypeError for what no such indexing made."""
    node = getattr(var, "owner", None)
    if node is None or not isinstance(node.op, AdvancedSubtensor1):
        cure = "write sparse_grad(x[indices]), where indices is a vector of integers"
        raise VariableTypeError(message(f"sparse_grad: {var} is not made by indexing with a vector", cure=cure))
    return AdvancedSubtensor1(sparse_grad=True)(*node.inputs)


def advanced_subtensor(x: Any, *index: Any) -> Any:
    """``x[index]``, the entries of the index one by one; a mask counts as the positions where it is true."""
    return getitem(x, index)


def advanced_inc_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """``x`` with ``y`` added to ``x[index]``."""
    return inc_subtensor(getitem(x, index), y)


def advanced_set_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """``x`` with ``y`` in place of ``x[index]``."""
    return set_subtensor(getitem(x, index), y)


advanced_boolean_subtensor, advanced_boolean_inc_subtensor = advanced_subtensor, advanced_inc_subtensor
advanced_boolean_set_subtensor = advanced_set_subtensor
advanced_subtensor1 = AdvancedSubtensor1()
advanced_inc_subtensor1 = AdvancedIncSubtensor1()
advanced_set_subtensor1 = AdvancedIncSubtensor1(set_instead_of_inc=True)


def _holds_variable(items: Sequence[Any]) -> bool:
    return any(isinstance(item, Variable) for item in items)


__all__ = [
    "AdvancedIncSubtensor",
    "AdvancedIncSubtensor1",
    "AdvancedSubtensor",
    "AdvancedSubtensor1",
    "IncSubtensor",
    "Subtensor",
    "advanced_boolean_inc_subtensor",
    "advanced_boolean_set_subtensor",
    "advanced_boolean_subtensor",
    "advanced_inc_subtensor",
    "advanced_inc_subtensor1",
    "advanced_set_subtensor",
    "advanced_set_subtensor1",
    "advanced_subtensor",
    "advanced_subtensor1",
    "get_idx_list",
    "inc_subtensor",
    "set_subtensor",
    "sparse_grad",
    "take",
]
