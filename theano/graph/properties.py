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

from theano.errors import message


class WithProperties:
    """Base of Op and Type.  Without ``__props__`` an instance equals only itself and prints as its class."""

    __props__: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        props = cls.__dict__.get("__props__")
        if props is None:
            if "__eq__" in vars(cls) and vars(cls).get("__hash__") is None:
                cls.__hash__ = _no_hash  # type: ignore[method-assign]
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
        try:
            return tuple([getattr(self, name) for name in getattr(self, "__props__", ())])
        except AttributeError as why:
            raise AttributeError(_missing_property(self, why)) from None

    def _props_dict(self) -> dict[str, Any]:
        """The properties by name; most often they are also the arguments of the constructor."""
        return dict(zip(getattr(self, "__props__", ()), self._props(), strict=True))


def _equal(self: Any, other: object) -> bool:
    return self is other or (type(self) is type(other) and self._props() == other._props())  # type: ignore[attr-defined]


def _hash(self: Any) -> int:
    try:
        return hash((type(self), self._props()))
    except TypeError as why:
        raise TypeError(_unhashable(self, why)) from None


def _no_hash(self: Any) -> int:
    name = type(self).__name__
    raise TypeError(
        message(
            f"{name} defines __eq__ and no __hash__", cure="define both; or neither and __props__, the names of the attributes that count"
        )
    )


def _missing_property(thing: Any, why: AttributeError) -> str:
    name, missing = type(thing).__name__, [p for p in thing.__props__ if not hasattr(thing, p)]
    if not missing:
        return str(why)
    return message(f"{name}.__props__ names {missing[0]!r}, which this {name} does not have", cure=f"set self.{missing[0]} in __init__")


def _unhashable(thing: Any, why: TypeError) -> str:
    rows = []
    for name, value in thing._props_dict().items():
        try:
            hash(value)
        except TypeError:
            rows.append((name, repr(value)[:60], type(value).__name__))
    if not rows:
        return str(why)
    text = f"{type(thing).__name__}.__props__ names what cannot be hashed"
    return message(text, rows, cure="keep it as a tuple, a number, a string, or bytes: equal operations are found by their hash")


def _text(self: Any) -> str:
    named = ", ".join(f"{name}={value!r}" for name, value in self._props_dict().items())
    return f"{type(self).__name__}{{{named}}}" if named else type(self).__name__


_DERIVED = {"__eq__": _equal, "__hash__": _hash, "__str__": _text}
