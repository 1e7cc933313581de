"""The entries of an index, ``x[1:, i, None, ...]``: what a user writes as variables, and which of these are inputs of a node.

An indexing op knows its *structure*, ``idx_list``: one entry for each dimension indexed, either :data:`INDEX` (a number or an array of
integers) or a slice whose three fields are None or :data:`INDEX`.  The numbers themselves are inputs of the node, in that order.

>>> from theano.tensor import lscalar, matrix
>>> x, i = matrix("x"), lscalar("i")
>>> entries = entries_of(x, (slice(i, None), 1))
>>> [placeholder(entry) for entry in entries]
[slice(TensorType(int64, scalar), None, None), TensorType(int64, scalar)]
>>> list(numbers_in(entries))
[i, TensorConstant{1}]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from theano.dtypes import is_integer
from theano.errors import BoundsError, DTypeError, VariableTypeError, message
from theano.graph import Constant, Variable
from theano.tensor.convert import as_tensor_variable, constant
from theano.tensor.elemwise import row
from theano.tensor.masks import MaskAxis, mask_axes, places_of
from theano.tensor.optional import NoneTypeT
from theano.tensor.type import tensor_type

INDEX = tensor_type("int64", ())
"""Stands in an ``idx_list`` for an input of the node."""

FULL = slice(None)

# ------------------------------------------------------------------------------------------ structure


def slice_fields(entry: slice) -> tuple[Any, Any, Any]:
    return entry.start, entry.stop, entry.step


def placeholder(entry: Any) -> Any:
    """``entry`` of an index with each number replaced by :data:`INDEX`."""
    if isinstance(entry, slice):
        return slice(*(None if field is None else INDEX for field in slice_fields(entry)))
    return INDEX


def numbers_in(entries: Sequence[Any]) -> Iterator[Any]:
    """What stands in ``entries`` besides None: the inputs of an indexing node, in order."""
    for entry in entries:
        if isinstance(entry, slice):
            yield from (field for field in slice_fields(entry) if field is not None)
        else:
            yield entry


def get_idx_list(inputs: Sequence[Any], idx_list: Sequence[Any], get_count: bool = False) -> Any:
    """``idx_list`` with the inputs of the node (after its first) in the places they belong to."""
    rest = iter(inputs[1:])
    filled = [
        slice(*(None if field is None else next(rest) for field in slice_fields(entry))) if isinstance(entry, slice) else next(rest)
        for entry in idx_list
    ]
    return (tuple(filled), len(inputs) - 1 - sum(1 for _ in rest)) if get_count else tuple(filled)


# ------------------------------------------------------------------------------------------ what is written


def entries_of(x: Any, index: tuple[Any, ...]) -> list[Any]:
    """The entries of ``index`` as variables, slices of variables and None; ``...`` written out unless it stands for nothing, trailing
    full slices left out."""
    entries: list[Any] = []
    for entry in index:
        entries.extend(_converted(x, entry))
    dots = [position for position, entry in enumerate(entries) if entry is Ellipsis]
    if len(dots) > 1:
        raise BoundsError(message("an index may hold one ellipsis ('...') only", [row("indexed", x)]))
    used = sum(1 for entry in entries if entry is not None and entry is not Ellipsis)
    if used > x.type.ndim:
        raise BoundsError(message(f"too many indices: {used} for a tensor of rank {x.type.ndim}", [row("indexed", x)]))
    if dots and used < x.type.ndim:
        entries[dots[0] : dots[0] + 1] = [FULL] * (x.type.ndim - used)
    axis, masks = 0, dict[Any, list[Any]]()
    for position, entry in enumerate(entries):
        if isinstance(entry, MaskAxis):
            if entry.number == 0:
                masks[entry.mask] = places_of(x, entry.mask, axis)
            entries[position] = masks[entry.mask][entry.number]
        axis += entry is not None
    return entries


def _converted(x: Any, entry: Any) -> list[Any]:
    if entry is None or entry is Ellipsis:
        return [entry]
    if isinstance(entry, slice):
        return [slice(*(None if field is None else as_index(_plain(field)) for field in slice_fields(entry)))]
    if isinstance(entry, (int, np.integer)) and not isinstance(entry, bool):
        return [constant(int(entry), dtype="int64")]
    if isinstance(entry, (list, tuple)) and not entry:
        entry = np.zeros(0, dtype=np.int64)
    if isinstance(entry, Variable) and not hasattr(entry.type, "broadcastable"):
        return _converted(x, _unwrapped(x, entry))
    variable = as_tensor_variable(entry)
    if variable.type.dtype == "bool":
        return mask_axes(x, variable)
    return [as_index(variable)]


def _unwrapped(x: Any, entry: Variable) -> Any:
    """What a variable that stands for a slice or for None means in an index."""
    from theano.tensor.slice_values import MakeSlice

    if isinstance(entry.type, NoneTypeT):
        return None
    if isinstance(entry, Constant) and isinstance(entry.data, slice):
        return entry.data
    if entry.owner is not None and isinstance(entry.owner.op, MakeSlice):
        return slice(*(None if isinstance(bound.type, NoneTypeT) else bound for bound in entry.owner.inputs))
    cure = "write x[start:stop:step], or make_slice(start, stop, step) where it is used"
    raise VariableTypeError(message("this is no index", [row("indexed", x), f"index  {entry}: {entry.type}"], cure))


def _plain(field: Any) -> Any:
    """A NumPy array of rank 0 as a number."""
    return int(field) if isinstance(field, np.ndarray) and field.ndim == 0 and field.dtype.kind in "iu" else field


def as_index(number: Any) -> Any:
    variable = constant(int(number), dtype="int64") if isinstance(number, (int, np.integer)) else as_tensor_variable(number)
    if not is_integer(variable.type.dtype):
        raise DTypeError(message("an index must be an integer", [row("index", variable)], cure="did you mean .astype('int64')?"))
    return variable.astype("int64") if variable.type.dtype == "uint64" and not variable.type.ndim else variable
