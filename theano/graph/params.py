"""Parameters of operations: values with names and types, given to ``perform`` as its fourth argument.

>>> from theano.graph import EnumList, Op, generic
>>> class Scale(Op):
...     __props__ = ("factor", "mode")
...     params_type = ParamsType(factor=generic, mode=EnumList("UP", "DOWN"))
...     def __init__(self, factor, mode):
...         self.factor, self.mode = factor, mode
...     def perform(self, node, inputs, output_storage, params):
...         output_storage[0][0] = inputs[0] * params.factor
>>> Scale.params_type.get_params(Scale(3, 1)), Scale.params_type.DOWN
(Params(factor=3, mode=1), 1)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from theano.errors import did_you_mean, message
from theano.graph.enums import EnumType
from theano.graph.type import Type


class Params(dict[str, Any]):
    """The values of a :class:`ParamsType`, as items and as attributes; they are not changed once they are there.

    Values are taken as they are: :meth:`ParamsType.filter` converts them."""

    def __init__(self, params_type: ParamsType, **kwargs: Any) -> None:
        if not isinstance(params_type, ParamsType):
            raise TypeError(f"Params: a ParamsType is needed first, not {params_type!r:.60}")
        missing = [field for field in params_type.fields if field not in kwargs]
        if missing:
            raise TypeError(message(f"Params: there is no value for {', '.join(missing)}", [("needed", str(params_type))]))
        unknown = [name for name in kwargs if name not in params_type.fields]
        if unknown:
            cure = did_you_mean(unknown[0], params_type.fields)
            raise TypeError(message(f"Params: no such field: {', '.join(unknown)}", [("needed", str(params_type))], cure))
        super().__init__({field: kwargs[field] for field in params_type.fields})
        vars(self)["params_type"] = params_type

    def __repr__(self) -> str:
        return f"Params({', '.join(f'{name}={value!r}' for name, value in self.items())})"

    def __getattr__(self, key: str) -> Any:
        if key in self:
            return self[key]
        raise AttributeError(f"the params have no field {key!r}; there are {', '.join(self)}. {did_you_mean(key, self)}".rstrip(". "))

    def __setattr__(self, key: str, value: Any) -> None:
        raise TypeError(f"params do not change; make new ones with {key}={value!r:.40}")

    def __setitem__(self, key: str, value: Any) -> None:
        self.__setattr__(key, value)

    def __delattr__(self, key: str) -> None:
        raise TypeError(f"params do not change: the field {key} stays")

    def __delitem__(self, key: str) -> None:
        self.__delattr__(key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Params) or vars(self)["params_type"] != vars(other)["params_type"]:
            return False
        return bool(vars(self)["params_type"].values_eq(self, other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]
        return hash((vars(self)["params_type"], tuple(self)))

    def __reduce__(self) -> Any:
        return _restore, (vars(self)["params_type"], dict(self))


def _restore(params_type: ParamsType, values: dict[str, Any]) -> Params:
    return Params(params_type, **values)


class ParamsType(Type):
    """The type of :class:`Params`: a type for each field.  The constants of fields that are enumerations are its attributes."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs:
            raise ValueError("ParamsType: there is no field; write ParamsType(name=type, ...)")
        for name, kind in kwargs.items():
            if not isinstance(kind, Type):
                raise TypeError(message(f"ParamsType: the field {name} needs a type", [("given", repr(kind)[:60], type(kind).__name__)]))
        self.fields = tuple(sorted(kwargs))
        self.types = tuple(kwargs[name] for name in self.fields)
        self.length = len(self.fields)
        self._enums = [kind for kind in self.types if isinstance(kind, EnumType)]
        known: dict[str, EnumType] = {}
        for enum in self._enums:
            for word in (*enum, *enum.aliases):
                if word in self.fields or known.setdefault(word, enum) is not enum:
                    raise AttributeError(f"ParamsType: {word!r} names two things; constants, aliases and fields must differ")
        self.name = self.generate_struct_name()

    def _pairs(self) -> Iterator[tuple[str, Any]]:
        return zip(self.fields, self.types, strict=True)

    def __str__(self) -> str:
        return f"ParamsType<{', '.join(f'{name}:{kind}' for name, kind in self._pairs())}>"

    __repr__ = __str__

    def __getattr__(self, key: str) -> Any:
        for enum in vars(self).get("_enums", ()):
            if key in enum:
                return enum[key]
        raise AttributeError(f"{type(self).__name__} has no attribute {key!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, ParamsType) and (self.fields, self.types) == (other.fields, other.types)

    def __hash__(self) -> int:
        return hash((type(self), self.fields, self.types))

    def generate_struct_name(self) -> str:
        """The name of the C structure that held such params: equal types have equal names."""
        return "_Params_" + hashlib.sha256(str(self).encode()).hexdigest()[:32]

    # ------------------------------------------------------------------ fields

    def has_type(self, theano_type: Any) -> bool:
        """Whether some field is of this type."""
        return theano_type in self.types

    def get_type(self, field_name: str) -> Any:
        """The type of a field."""
        if field_name not in self.fields:
            raise KeyError(
                f"no field {field_name!r}; there are {', '.join(self.fields)}. {did_you_mean(field_name, self.fields)}".rstrip(". ")
            )
        return self.types[self.fields.index(field_name)]

    def get_field(self, theano_type: Any) -> str:
        """The first field of this type."""
        if not self.has_type(theano_type):
            raise ValueError(f"no field is of type {theano_type}; the fields are {self}")
        return self.fields[self.types.index(theano_type)]

    def get_enum(self, key: str) -> Any:
        """The number of a constant of one of the enumerations among the fields."""
        for enum in self._enums:
            if key in enum:
                return enum[key]
        raise ValueError(f"no enumeration among the fields has a constant {key!r}; the fields are {self}")

    def enum_from_alias(self, alias: str) -> Any:
        """The number of the constant of this alias, or name."""
        for enum in self._enums:
            if enum.has_alias(alias) or alias in enum:
                return enum.fromalias(alias)
        raise ValueError(f"no enumeration among the fields has an alias {alias!r}; the fields are {self}")

    def extended(self, **kwargs: Any) -> ParamsType:
        """A type with these fields besides."""
        return type(self)(**{**dict(self._pairs()), **kwargs})

    # ------------------------------------------------------------------ values

    def get_params(self, *objects: Any, **kwargs: Any) -> Params:
        """Params whose fields are given by keyword, or are attributes of one of the ``objects``; converted to their types."""
        values = dict(kwargs)
        for name in self.fields:
            source = next((thing for thing in objects if hasattr(thing, name)), None)
            if name not in values and source is not None:
                values[name] = getattr(source, name)
        missing = [name for name in self.fields if name not in values]
        if missing:
            owners = ", ".join(type(thing).__name__ for thing in objects) or "nothing"
            cure = f"set self.{missing[0]} in __init__, or define get_params"
            raise AttributeError(message(f"get_params: {owners} has no attribute {', '.join(missing)}", [("needed", str(self))], cure))
        return self.filter(Params(self, **values))

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Params:
        """Params of this type; ``strict``: whose values are of their types as they stand."""
        if not isinstance(data, Params) or set(data) != set(self.fields) or (strict and vars(data)["params_type"] != self):
            raise TypeError(message(f"params of type {self} are needed, not {data!r:.60}"))
        return Params(self, **{name: kind.filter(data[name], strict, allow_downcast) for name, kind in self._pairs()})

    def values_eq(self, a: Any, b: Any) -> bool:
        return all(kind.values_eq(a[name], b[name]) for name, kind in self._pairs())

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        return all(kind.values_eq_approx(a[name], b[name]) for name, kind in self._pairs())


__all__ = ["Params", "ParamsType"]
