"""The cell that holds the value of an input or of a shared variable.

>>> from theano.graph.type import generic
>>> cell = Container(generic, [3], name="count")
>>> cell.value, cell.storage
(3, [3])
"""

from __future__ import annotations

import copy
from typing import Any

from theano.errors import VariableTypeError
from theano.graph.locks import lock_of
from theano.graph.type import Type
from theano.graph.variable import Variable


class Container:
    """A view of a cell: a list of one element, whose identity never changes and which native code reads.  What is put in is filtered."""

    __slots__ = ("type", "name", "storage", "readonly", "strict", "allow_downcast", "lock", "__weakref__")

    def __init__(
        self,
        r: Any,
        storage: list[Any],
        readonly: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        name: str | None = None,
    ) -> None:
        """``r``: a variable or a type, by which values are filtered; ``storage``: the cell, ``[None]`` for an empty one."""
        if not isinstance(r, (Variable, Type)):
            raise VariableTypeError(f"a container is of a variable or of a type, not of {r!r}")
        if not isinstance(storage, list) or not storage:
            raise TypeError(f"the storage of a container is a list of one element, such as [None], not {storage!r}")
        self.type = r.type if isinstance(r, Variable) else r
        self.name = r.name if name is None and isinstance(r, Variable) else name
        self.storage = storage
        self.readonly = readonly
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.lock = lock_of(self.storage)

    @property
    def value(self) -> Any:
        """What the cell holds; None if nothing."""
        return self.storage[0]

    @value.setter
    def value(self, value: Any) -> None:
        if self.readonly:
            raise TypeError(f"the container {self.name or self.type} is read-only")
        if value is not None:
            how: dict[str, Any] = {"strict": self.strict, "allow_downcast": self.allow_downcast}
            put = getattr(self.type, "filter_inplace", None)
            value = self.type.filter(value, **how) if put is None else put(value, self.storage[0], **how)
        self.lock.put(value)

    data = value

    def __repr__(self) -> str:
        return f"<{self.storage[0]!r}>"

    def __getstate__(self) -> tuple[Any, ...]:
        return self.type, self.name, self.storage, self.readonly, self.strict, self.allow_downcast

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.type, self.name, self.storage, self.readonly, self.strict, self.allow_downcast = state
        self.lock = lock_of(self.storage)

    def __deepcopy__(self, memo: dict[int, Any]) -> Container:
        """A cell with a copy of the value; cells that share their storage still do."""
        new = memo[id(self)] = Container.__new__(type(self))
        new.__setstate__((self.type, self.name, copy.deepcopy(self.storage, memo), self.readonly, self.strict, self.allow_downcast))
        return new
