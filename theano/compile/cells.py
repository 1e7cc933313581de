"""The values that a function keeps, by variable, name or position: ``f.container`` and ``f.value``.

>>> import theano, theano.tensor as T
>>> x, total = T.dscalar("x"), T.dscalar("total")
>>> f = theano.function([x, theano.In(total, value=0.0, update=total + x)], total)
>>> f(2), f.value["total"], f.value[1], total in f.value
(array(0.), array(2.), array(2.), True)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from theano.compile.io import SymbolicInput
from theano.errors import did_you_mean, message
from theano.graph import Container, Variable
from theano.tensor.sharedvar import SharedVariable


class Containers:
    """The containers of a function's inputs and shared variables.  A key is a variable, an ``In``, a name or a position."""

    def __init__(self, inputs: Iterable[SymbolicInput], containers: list[Container], title: str) -> None:
        self.all, self.title = containers, title
        self._found: dict[Any, Container | None] = {}
        for position, (given, cell) in enumerate(zip(inputs, containers, strict=True)):
            self._found.update({position: cell, given: cell, given.variable: cell})
            if given.name is not None:  # a name that several bear names none
                self._found[given.name] = None if given.name in self._found else cell

    def __getitem__(self, key: Any) -> Container:
        known = self._found.get(key) if isinstance(key, Hashable) else None
        if known is None and isinstance(key, SharedVariable):
            known = next((cell for cell in self.all if cell.storage is key.container.storage), None)
        if known is None:
            raise self._unknown(key)
        return known

    def _unknown(self, key: Any) -> Exception:
        names = [name for name in self._found if isinstance(name, str)]
        if isinstance(key, str) and key in self._found:
            text = f"{self.title}: several inputs are named {key!r}"
            return TypeError(message(text, cure="use the variable itself, or the position, as the key"))
        what = str(key) if isinstance(key, Variable) else repr(key)
        cure = (isinstance(key, str) and did_you_mean(key, names)) or f"there are {', '.join(names) or 'none with a name'}"
        return TypeError(message(f"{self.title} has no input or shared variable {what}", cure=cure))

    def __contains__(self, key: object) -> bool:
        try:
            self[key]
        except TypeError:
            return False
        return True

    def __iter__(self) -> Iterator[Container]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)


class Values:
    """The values in :class:`Containers`; an assignment filters, as a call does."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    def __getitem__(self, key: Any) -> Any:
        return self._containers[key].value

    def __setitem__(self, key: Any, value: Any) -> None:
        cell = self._containers[key]
        try:
            with cell.lock.turn:
                cell.value = value
        except (TypeError, ValueError) as why:
            text = f"{self._containers.title}: bad value for {cell.name or key}"
            raise type(why)(message(text, [("input", cell.name or "", cell.type)], str(why.args[0]) if why.args else None)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._containers

    def __len__(self) -> int:
        return len(self._containers)


__all__ = ["Containers", "Values"]
