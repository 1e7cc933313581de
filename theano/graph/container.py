"""The cell that holds the value of an input or of a shared variable.

>>> from theano.graph.type import generic
>>> cell = Container(generic, 3, name="count")
>>> cell.value, cell.storage
(3, [3])
"""

from __future__ import annotations

import copy
import threading
from typing import Any


class Container:
    """A value of a type.  Native code reads ``storage``, a list of one element, whose identity never changes."""

    __slots__ = ("type", "name", "storage", "readonly", "strict", "allow_downcast", "lock", "__weakref__")

    def __init__(
        self,
        type: Any,
        value: Any = None,
        name: str | None = None,
        readonly: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        storage: list[Any] | None = None,
    ) -> None:
        """``value`` None leaves the cell empty; ``storage`` makes this a further view of an existing cell."""
        self.type = type
        self.name = name
        self.readonly = False
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.storage = [None] if storage is None else storage
        self.lock = threading.RLock()
        if value is not None:
            self.value = value
        self.readonly = readonly

    @property
    def value(self) -> Any:
        return self.storage[0]

    @value.setter
    def value(self, value: Any) -> None:
        if self.readonly:
            raise TypeError(f"the container {self.name or self.type} is read-only")
        if value is not None:
            value = self.type.filter(value, strict=self.strict, allow_downcast=self.allow_downcast)
        self.storage[0] = value

    data = value

    def __repr__(self) -> str:
        return f"<{self.storage[0]!r}>"

    def __getstate__(self) -> tuple[Any, ...]:
        return self.type, self.name, self.storage, self.readonly, self.strict, self.allow_downcast

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.type, self.name, self.storage, self.readonly, self.strict, self.allow_downcast = state
        self.lock = threading.RLock()

    def __deepcopy__(self, memo: dict[int, Any]) -> Container:
        """A cell with a copy of the value; cells that share their storage still do."""
        new = memo[id(self)] = Container.__new__(type(self))
        new.__setstate__((self.type, self.name, copy.deepcopy(self.storage, memo), self.readonly, self.strict, self.allow_downcast))
        return new
