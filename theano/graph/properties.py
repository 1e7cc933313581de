"""Equality, hash and text of classes that declare ``__props__``, the names of the attributes that make an instance what it is.

>>> class Scale(WithProperties):
...     __props__ = ("factor",)
...     def __init__(self, factor):
...         self.factor = factor
>>> Scale(2) == Scale(2), Scale(2) == Scale(3), Scale(2)
(True, False, Scale{factor=2})
"""

from __future__ import annotations

from typing import Any, ClassVar


class WithProperties:
    """Base of Op and Type.  Without ``__props__`` an instance equals only itself and prints as its class."""

    __props__: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        props = cls.__dict__.get("__props__")
        if props is None:
            return
        if not isinstance(props, tuple) or not all(isinstance(name, str) for name in props):
            raise TypeError(f"{cls.__name__}.__props__ is {props!r}; it must be a tuple of attribute names")
        for name, method in _DERIVED.items():
            if cls.__dict__.get(name) is None:
                setattr(cls, name, method)

    def __str__(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return str(self)

    def _props(self) -> tuple[Any, ...]:
        """The values of the properties."""
        return tuple([getattr(self, name) for name in getattr(self, "__props__", ())])

    def _props_dict(self) -> dict[str, Any]:
        """The properties by name; most often they are also the arguments of the constructor."""
        return {name: getattr(self, name) for name in getattr(self, "__props__", ())}


def _equal(self: Any, other: object) -> bool:
    return self is other or (type(self) is type(other) and self._props() == other._props())  # type: ignore[attr-defined]


def _hash(self: Any) -> int:
    return hash((type(self), self._props()))


def _text(self: Any) -> str:
    named = ", ".join(f"{name}={value!r}" for name, value in self._props_dict().items())
    return f"{type(self).__name__}{{{named}}}" if named else type(self).__name__


_DERIVED = {"__eq__": _equal, "__hash__": _hash, "__str__": _text}
