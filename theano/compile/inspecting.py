"""What tools ask about graphs and arrays: the shapes of all variables for given inputs, and digests.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> x = T.dmatrix("x")
>>> y = T.dot(x, x.T)
>>> graph = FunctionGraph([x], [y], clone=False)
>>> shape_of_variables(graph, {x: (2, 5)})[y]
(2, 2)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from theano.compile.build import function
from theano.errors import ShapeError, message
from theano.graph import Apply, FunctionGraph, Variable
from theano.tensor.constructors import lscalar
from theano.tensor.shapes import as_size, inferred_shapes, sizes_of


def shape_of_variables(fgraph: FunctionGraph, input_shapes: Mapping[Variable, Sequence[int]]) -> dict[Variable, tuple[int, ...]]:
    """The shape of each variable of ``fgraph`` for inputs of these shapes, from what its operations say of sizes: none is run.

    Raises ShapeError if an input has no shape, or if an operation cannot tell the sizes of its results beforehand."""
    sizes: dict[Variable, list[Any]] = {}
    given: list[tuple[Any, int]] = []
    for x in fgraph.inputs:
        if x not in input_shapes:
            raise ShapeError(message(f"shape_of_variables: the shape of {x} is not given"))
        sizes[x] = [lscalar() for _ in input_shapes[x]]
        given += zip(sizes[x], input_shapes[x], strict=True)
    for node in fgraph.toposort():
        if not hasattr(node.op, "infer_shape"):
            raise ShapeError(message(f"shape_of_variables: {node.op} cannot tell the sizes of its results"))
        known = [sizes[v] if v in sizes else sizes_of(v) if hasattr(v.type, "broadcastable") else None for v in node.inputs]
        sizes.update((out, list(shape)) for out, shape in _inferred(node, known))
    wanted = [as_size(size) for shape in sizes.values() for size in shape]
    numbers = iter(function([v for v, _ in given], wanted, on_unused_input="ignore")(*(n for _, n in given)))
    return {v: tuple(int(next(numbers)) for _ in shape) for v, shape in sizes.items()}


def _inferred(node: Apply, known: Sequence[Any]) -> Iterator[tuple[Variable, Sequence[Any]]]:
    for out, shape in zip(node.outputs, inferred_shapes(node, known), strict=True):
        if shape is None:
            raise ShapeError(message(f"shape_of_variables: {node.op} cannot tell the sizes of {out}"))
        yield out, shape


def hash_from_ndarray(data: Any) -> str:
    """A digest of the elements, the dtype, the shape and the strides of an array, as hexadecimal digits.

    >>> hash_from_ndarray(np.zeros(2)) == hash_from_ndarray(np.zeros(2)) != hash_from_ndarray(np.zeros(2, "float32"))
    True
    """
    data = np.asarray(data)
    facts = repr((str(data.dtype), data.shape, data.strides)).encode()
    return hashlib.sha256(np.ascontiguousarray(data).tobytes() + facts).hexdigest()


__all__ = ["hash_from_ndarray", "shape_of_variables"]
