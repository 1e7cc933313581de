"""What to do about a value that a tensor type refuses.

>>> import numpy as np
>>> for_array(np.zeros(2, "complex64"), np.dtype("float64")), for_rank((2, 3), 1), for_object({1, 2})
('did you mean value.real?', 'take a part of it, such as value[0], or reshape it', 'did you mean list(value)?')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from theano.graph import Variable


def for_array(array: Any, dtype: Any) -> str:
    """An array of a dtype that does not become ``dtype`` without loss."""
    kind = array.dtype.kind
    if kind == "V" and array.dtype.names:
        return f"take one field of the records: value[{array.dtype.names[0]!r}]"
    if kind == "c" and dtype.kind != "c":
        return "did you mean value.real?"
    if kind in "mM":
        return "dates are no numbers; did you mean value.astype('int64')?"
    if kind not in "biufc":
        return f"did you mean value.astype('{dtype}')?"
    return f"did you mean allow_downcast=True, or value.astype('{dtype}')?"


def for_object(value: Any) -> str:
    """Something that is neither an array nor numbers."""
    if value is None:
        return "give an array; an argument that has a default may be left out"
    if isinstance(value, int):
        return "no integer dtype holds it; write it as a float"
    if isinstance(value, str):
        return "give a number or an array: float(value) reads a text"
    if hasattr(value, "toarray"):
        return "did you mean value.toarray()?"
    if isinstance(value, (list, tuple)) and any(isinstance(entry, Variable) for entry in value):
        return "did you mean theano.tensor.stack(value)?"
    if isinstance(value, Mapping):
        return "did you mean list(value.values())?"
    if isinstance(value, (list, tuple)):
        return "its entries must be numbers"
    if isinstance(value, Iterable):
        return "did you mean list(value)?"
    if callable(value):
        return "did you mean to call it?"
    return "give a number, an array or a list of numbers"


def for_rank(shape: tuple[int, ...], rank: int) -> str:
    """An array with too many dimensions or too few."""
    if len(shape) < rank:
        missing = rank - len(shape)
        return f"did you mean {'[' * missing}value{']' * missing}?"
    if 1 in shape and len(shape) - shape.count(1) <= rank:
        return f"did you mean value.reshape({tuple(n for n in shape if n != 1)})?" if len(shape) - shape.count(1) == rank else "reshape it"
    return "take a part of it, such as value[0], or reshape it"


def for_variable(variable: Any) -> str:
    """A symbolic variable where a value is wanted."""
    if hasattr(variable, "get_value"):
        return f"did you mean {variable}.get_value()?"
    return "compile it with theano.function, or evaluate it by .eval({input: value}), and give the result"


__all__ = ["for_array", "for_object", "for_rank", "for_variable"]
