"""Variables that stand for lists: their operators and methods are the operations.

>>> import theano.tensor as T
>>> rows = TypedListType(T.dvector)("rows")
>>> rows[0].type, rows[1:].type, rows.count([1, 2]).type
(TensorType(float64, vector), TypedList <TensorType(float64, vector)>, TensorType(int64, scalar))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from theano.errors import VariableTypeError, message
from theano.graph import Constant, Variable
from theano.lists import operations
from theano.lists.kinds import TypedListType
from theano.tensor.sharedvar import SharedVariable


class ListOperators:
    """What all variables of lists have.  ``index`` is taken (the number of an output), so that method is called ``ind``."""

    __slots__ = ()

    type: Any

    def __getitem__(self, index: Any) -> Any:
        return operations.getitem(self, index)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> NoReturn:
        raise VariableTypeError(
            message(f"how long {self} is, is known when a function runs", cure=f"did you mean theano.typed_list.length({self})?")
        )

    def __iter__(self) -> Iterator[Any]:
        raise VariableTypeError(
            message(f"{self} cannot be iterated over: its length is known when a function runs", cure=f"take entries, such as {self}[0]")
        )

    def zeros_like(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise VariableTypeError(
            message(f"{self} is a list, for which there are no zeros and no gradients", cure=f"take entries, {self}[0]")
        )

    def append(self, toAppend: Any) -> Any:
        """The list with one entry more at its end."""
        return operations.append(self, toAppend)

    def extend(self, toAppend: Any) -> Any:
        """The list with the entries of another at its end."""
        return operations.extend(self, toAppend)

    def insert(self, index: Any, toInsert: Any) -> Any:
        """The list with one entry more, before the one at ``index``."""
        return operations.insert(self, index, toInsert)

    def remove(self, toRemove: Any) -> Any:
        """The list without the first entry that equals ``toRemove``."""
        return operations.remove(self, toRemove)

    def reverse(self) -> Any:
        """The list from its end."""
        return operations.reverse(self)

    def count(self, elem: Any) -> Any:
        """How many entries equal ``elem``."""
        return operations.count(self, elem)

    def ind(self, elem: Any) -> Any:
        """The position of the first entry that equals ``elem``."""
        return operations.index_(self, elem)

    @property
    def ttype(self) -> Any:
        """The type of the entries."""
        return self.type.ttype

    @property
    def dtype(self) -> Any:
        """The dtype of the entries."""
        return self.type.ttype.dtype

    @property
    def ndim(self) -> int:
        """One dimension more than an entry has."""
        return int(self.type.ndim)


class TypedListVariable(ListOperators, Variable):
    """A list that is given, or computed."""


class TypedListConstant(ListOperators, Constant):
    """A list that is known."""

    def signature(self) -> Any:
        return self.type, tuple(self.ttype.make_constant(value).signature() for value in self.data)


class TypedListSharedVariable(ListOperators, SharedVariable):
    """A list that functions keep: ``TypedListSharedVariable("rows", TypedListType(dvector), [], strict=False)``."""


TypedListType.Variable = TypedListVariable
TypedListType.Constant = TypedListConstant

__all__ = ["TypedListConstant", "TypedListSharedVariable", "TypedListVariable"]
