"""Index arrays that may mean one place twice: what is written there last is what stays, and what has a gradient.

>>> from theano.tensor.constructors import dmatrix, lscalar, lvector
>>> from theano.tensor.create import arange
>>> from theano.tensor.index_layout import Layout
>>> are_distinct(Layout([lvector()])), are_distinct(Layout([arange(lscalar()) + 1, lvector()]))
(False, True)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Constant
from theano.scalar import OPS
from theano.tensor.create import ARange, arange, filled_with, zeros, zeros_like
from theano.tensor.elemwise import Elemwise, elemwise
from theano.tensor.index_layout import Layout
from theano.tensor.nonzero import Nonzero
from theano.tensor.shapes import constant_integer, sizes_of
from theano.tensor.subtensor import getitem, set_subtensor

eq, switch = (elemwise(OPS[name]) for name in ("eq", "switch"))


def are_distinct(layout: Layout) -> bool:
    """Whether no two points of the arrays are known to mean one place."""
    return layout.rank == 0 or (layout.rank == 1 and any(_ascends(layout.entries[axis]) for axis in layout.arrays))


def of_the_last(layout: Layout, x: Any, region: Any) -> Any:
    """``region``, a value for each element of ``x`` indexed by the arrays, but zero where a later point means the same place."""
    index = tuple(layout.entries[axis] for axis in layout.arrays)
    places = getitem(zeros([x.shape[axis] for axis in layout.arrays], "int64"), index)
    number = arange(places.size).reshape(tuple(sizes_of(places)), ndim=layout.rank)
    last = eq(getitem(set_subtensor(places, number), index), number)
    last = last.dimshuffle(*["x"] * layout.at, *range(layout.rank), *["x"] * (len(layout.slices) - layout.at))
    return switch(last, region, zeros_like(region))


def _ascends(array: Any) -> bool:
    """Whether the elements of an index vector are known to be all different, and none of them to count from the end."""
    while not isinstance(array, Constant):
        if array.owner is None or array.type.broadcastable != (False,):
            return False
        op, inputs = array.owner.op, array.owner.inputs
        if isinstance(op, Nonzero):
            return True
        if isinstance(op, ARange):
            start, step = (constant_integer(inputs[k]) for k in (0, 2))
            return start is not None and start >= 0 and step is not None and step > 0
        rest = [v for v in inputs if (filled_with(v) or 0) < 0 or filled_with(v) is None]
        if not isinstance(op, Elemwise) or op.scalar_op.name != "add" or len(rest) != 1:
            return False
        (array,) = rest
    values = np.asarray(array.data)
    return bool(values.ndim == 1 and values.size == np.unique(values).size and values.min(initial=0) >= 0)
