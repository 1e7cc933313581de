"""Slices as values of variables.

>>> from theano.tensor.constructors import lscalar
>>> make_slice(slice(None, lscalar("n"))).owner.inputs
[NoneConst, n, NoneConst]
>>> slicetype.filter(slice(1, None))
slice(1, None, None)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.dtypes import is_integer
from theano.errors import DTypeError, VariableTypeError, message, with_article
from theano.graph import Apply, Constant, Type, Variable
from theano.graph.op import Unconnected
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import row
from theano.tensor.optional import NoneConst, NoneTypeT


class SliceConstant(Constant):
    """A slice known now; its bounds are kept as Python numbers."""

    __slots__ = ()

    def __init__(self, type: Type, data: slice, name: str | None = None) -> None:
        super().__init__(type, slice(*map(_number, (data.start, data.stop, data.step))), name)

    def signature(self) -> Any:
        return type(self), self.data.start, self.data.stop, self.data.step


class SliceType(Type):
    """The type of slices."""

    __props__ = ()
    Constant = SliceConstant

    def filter(self, x: Any, strict: bool = False, allow_downcast: bool | None = None) -> slice:
        if not isinstance(x, slice):
            raise TypeError(f"a slice is needed, not {with_article(type(x).__name__)}: {x!r:.60}")
        return x

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        return isinstance(a, slice) and a is b


slicetype = SliceType()


def as_int_none_variable(x: Any) -> Any:
    """``x`` as a 0-d integer variable; None as the constant None."""
    if x is None:
        return NoneConst
    if isinstance(x, Variable) and isinstance(x.type, NoneTypeT):
        return x
    variable = as_tensor_variable(x)
    if not is_integer(variable.type.dtype):
        raise DTypeError(message("make_slice: a bound must be an integer or None", [row("given", variable)]))
    if variable.type.ndim:
        raise VariableTypeError(message("make_slice: a bound must be of rank 0", [row("given", variable)]))
    return variable


class MakeSlice(Unconnected):
    """A slice of three bounds, each an integer or None; or of a slice whose bounds may be variables."""

    __props__ = ()

    def make_node(self, slc: Any, stop: Any = None, step: Any = None) -> Apply:
        if isinstance(slc, slice):
            if stop is not None or step is not None:
                raise TypeError("make_slice takes one slice or its three bounds, not both")
            slc, stop, step = slc.start, slc.stop, slc.step
        return Apply(self, [as_int_none_variable(x) for x in (slc, stop, step)], [slicetype()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = slice(*map(_number, inputs))


def _number(bound: Any) -> int | None:
    return None if bound is None else int(bound)


make_slice = MakeSlice()

__all__ = ["MakeSlice", "SliceConstant", "SliceType", "as_int_none_variable", "make_slice", "slicetype"]
