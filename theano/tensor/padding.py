"""Tensors with a border: ``pad``.

Beside the constant border, a border is made of elements of the tensor, so it is an index along each axis that has one.

>>> from theano.tensor.constructors import dmatrix, dvector
>>> pad(dvector(), 2).type, pad(dmatrix(), ((0, 1), (2, 0)), "reflect").type
(TensorType(float64, vector), TensorType(float64, matrix))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.errors import ShapeError, message
from theano.graph import Variable
from theano.scalar import OPS
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import alloc, arange
from theano.tensor.elemwise import elemwise, row
from theano.tensor.joining import join
from theano.tensor.shapes import SYMBOLIC, as_size, constant_integer, sizes_of
from theano.tensor.subtensor import set_subtensor

maximum, minimum = (elemwise(OPS[name]) for name in ("maximum", "minimum"))


def _reflected(place: Any, size: Any) -> Any:
    turned = place % maximum(2 * size - 2, 1)
    return minimum(turned, 2 * size - 2 - turned)


def _mirrored(place: Any, size: Any) -> Any:
    turned = place % maximum(2 * size, 1)
    return minimum(turned, 2 * size - 1 - turned)


MODES: dict[str, Callable[[Any, Any], Any]] = {
    "edge": lambda place, size: minimum(maximum(place, 0), size - 1),
    "reflect": _reflected,
    "symmetric": _mirrored,
    "wrap": lambda place, size: place % maximum(size, 1),
}
"""Which element stands at a place outside of the tensor, or inside."""


def _pairs(what: str, given: Any, x: Any) -> list[tuple[Any, Any]]:
    """(before, after) for each axis, of a number, a pair, or a list of pairs, as NumPy spreads them."""
    if isinstance(given, np.ndarray):
        given = given.tolist()
    entries = list(given) if isinstance(given, (list, tuple)) else [given]
    entries = [tuple(entry) if isinstance(entry, (list, tuple, np.ndarray)) else entry for entry in entries]
    if not any(isinstance(entry, tuple) for entry in entries):
        entries = [tuple(entries)]
    pairs = [entry if isinstance(entry, tuple) else (entry,) for entry in entries]
    pairs = [(pair[0], pair[0]) if len(pair) == 1 else pair for pair in pairs]
    pairs = pairs * x.type.ndim if len(pairs) == 1 else pairs
    if len(pairs) != x.type.ndim or any(len(pair) != 2 or any(getattr(e, "ndim", 0) for e in pair) for pair in pairs):
        cure = "give a number, a pair (before, after) for all axes, or a pair for each axis"
        raise ShapeError(message(f"pad: {what} does not fit a tensor of rank {x.type.ndim}", [row("tensor", x)], cure))
    return pairs


def pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    """``array`` with ``pad_width`` more elements at the ends of its axes: a number, a pair (before, after), or a pair for each axis, of
    numbers and 0-d variables.

    ``mode``: ``"constant"`` (``constant_values``, given as ``pad_width`` is), ``"edge"`` repeats the outermost element, ``"reflect"``
    mirrors without it, ``"symmetric"`` with it, ``"wrap"`` goes on from the other end.  They go on so for borders of any width.

    Raises ValueError for another mode; an empty axis has no elements to make a border of: IndexError when the function runs.

    >>> pad(as_tensor_variable([1, 2, 3]), (1, 4), "symmetric").eval().tolist()
    [1, 1, 2, 3, 3, 2, 1, 1]
    """
    x = as_tensor_variable(array)
    if mode != "constant" and mode not in MODES:
        raise ValueError(message(f"pad: there is no mode {mode!r}", [row("tensor", x)], f"the modes are 'constant', {str([*MODES])[1:-1]}"))
    widths = [(as_size(before, "pad"), as_size(after, "pad")) for before, after in _pairs("pad_width", pad_width, x)]
    for number in (constant_integer(n) for pair in widths for n in pair):
        if number is not None and number < 0:
            raise ValueError(message(f"pad: a border of {number} elements", [row("tensor", x)]))
    if mode == "constant":
        return _with_constants(x, widths, _pairs("constant_values", constant_values, x))
    for axis, (before, after) in enumerate(widths):
        if constant_integer(before) != 0 or constant_integer(after) != 0:
            size = sizes_of(x)[axis]
            x = x.take(MODES[mode](arange(-before, size + after), size), axis)
    return x


def _with_constants(x: Any, widths: list[tuple[Any, Any]], constants: list[tuple[Any, Any]]) -> Any:
    first = constants[0][0] if constants else 0
    if all(value is first or (not isinstance(value, Variable) and value == first) for pair in constants for value in pair):
        sizes = [
            (SYMBOLIC.entry(size), SYMBOLIC.entry(before), SYMBOLIC.entry(after)) for size, (before, after) in zip(sizes_of(x), widths)
        ]
        shape = [as_size(SYMBOLIC.add(before, SYMBOLIC.add(size, after))) for size, before, after in sizes]
        inside = tuple(slice(before, SYMBOLIC.add(before, size)) for size, before, _ in sizes)
        return set_subtensor(alloc(as_tensor_variable(first).astype(x.type.dtype), *shape)[inside], x)
    for axis, (pair, values) in enumerate(zip(widths, constants)):
        sizes = sizes_of(x)
        borders = [
            alloc(as_tensor_variable(value).astype(x.type.dtype), *sizes[:axis], width, *sizes[axis + 1 :])
            for width, value in zip(pair, values)
        ]
        x = join(axis, borders[0], x, borders[1])
    return x
