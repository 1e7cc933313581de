"""Masks in an index: the positions where they are true, and whether they have the sizes of what they choose among.

>>> from theano.tensor.constructors import dmatrix
>>> [places.type for places in places_of(dmatrix(), dmatrix() > 0, 0)]
[TensorType(int64, vector), TensorType(int64, vector)]
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from theano.errors import BoundsError, MethodNotDefined, message
from theano.graph import Constant
from theano.tensor.convert import constant
from theano.tensor.elemwise import row
from theano.tensor.nonzero import nonzero
from theano.tensor.shapes import SpecifyShape


class MaskShape(SpecifyShape):
    """A mask, after a check that it has the sizes of what it chooses among."""

    word = "indexing"
    complaint = "a mask needs one truth value for each element or row that it chooses among"


_mask_shape = MaskShape()


class MaskAxis(NamedTuple):
    """Stands in an index for the positions along one axis of a mask."""

    mask: Any
    number: int


def mask_axes(x: Any, mask: Any) -> list[Any]:
    """What stands for ``mask`` until it is known for which dimensions of ``x`` it is."""
    if mask.type.ndim == 0:
        raise MethodNotDefined(message("a single truth value is no mask", [row("indexed", x), row("mask", mask)]))
    return [MaskAxis(mask, number) for number in range(mask.type.ndim)]


def places_of(x: Any, mask: Any, axis: int) -> list[Any]:
    """A mask is the positions where it is true; it has the sizes of the dimensions from ``axis`` on."""
    for number, (have, want) in enumerate(zip(mask.static_shape, x.static_shape[axis:])):
        if None not in (have, want) and have != want:
            rows, cure = [row("indexed", x), row("mask", mask)], "a mask has one truth value for each element or row that it chooses among"
            raise BoundsError(message(f"a mask of size {have} for axis {axis + number} of size {want}", rows, cure))
    if isinstance(mask, Constant):
        return [constant(positions, dtype="int64") for positions in np.nonzero(mask.data)]
    return list(nonzero(_mask_shape(mask, *(x.shape[axis + number] for number in range(mask.type.ndim)))))
