"""What errors add when ``config.exception_verbosity`` is "high": the node as a tree, and every array at hand with its size.

>>> import numpy, theano, theano.tensor as T
>>> x = T.dvector("x")
>>> print(footprint(T.exp(x).owner, {x: numpy.zeros(3)}))
Debugprint of the node:
Elemwise{exp,no_inplace} [id A] <TensorType(float64, vector)> ''
 |x [id B] <TensorType(float64, vector)>
Storage map footprint:
 - x, Input, Shape: (3,), ElemSize: 8 Byte(s), TotalSize: 24 Byte(s)
 TotalSize: 24 Byte(s)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theano.flags import config
from theano.graph import Apply, Constant, ancestors
from theano.graph.naming import title


def tell(error: Exception, node: Any, values: Mapping[Any, Any]) -> Exception:
    """``error``, with :func:`footprint` as a note if the flag asks for it."""
    if config.exception_verbosity == "high" and node is not None:
        error.add_note(footprint(node, values))
    return error


def footprint(node: Any, values: Mapping[Any, Any]) -> str:
    """The tree of ``node``, then the values and the constants above it by name, shape and bytes, the largest first."""
    above = ancestors(node.outputs) if isinstance(node, Apply) else []
    known = dict(values) | {v: v.data for v in above if isinstance(v, Constant)}
    entries = sorted(((_bytes(value), variable, value) for variable, value in known.items()), key=lambda entry: -entry[0])
    lines = [f" - {_entry(variable, value, size)}" for size, variable, value in entries]
    total = f" TotalSize: {sum(size for size, *_ in entries)} Byte(s)"
    return "\n".join(["Debugprint of the node:", _tree(node), "Storage map footprint:", *lines, total])


def _tree(node: Any) -> str:
    """The node with all above it; of one that was loaded from the cache, with its inputs."""
    from theano.printing.tree import debugprint  # for those who ask to be told all

    if isinstance(node, Apply):
        return str(debugprint(node, print_type=True, file="str"))
    return "\n".join([str(node.op), *(f" |{v.name or ''} <{v.type.dtype}, {v.type.ndim} dimensions>" for v in node.inputs)])


def _entry(variable: Any, value: Any, size: int) -> str:
    kind = "Constant" if isinstance(variable, Constant) else "Shared Input" if hasattr(variable, "get_value") else "Input"
    if not hasattr(value, "itemsize"):
        return f"{title(variable)}, {kind}, {type(value).__name__}"
    each = f"ElemSize: {value.itemsize} Byte(s)"
    return f"{title(variable)}, {kind}, Shape: {tuple(value.shape)}, {each}, TotalSize: {size} Byte(s)"


def _bytes(value: Any) -> int:
    return int(getattr(value, "nbytes", 0))
