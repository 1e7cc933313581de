"""Types of named numbers, and of opaque C pointers: parameters of operations that were written in C.

>>> color = EnumList("RED", ("GREEN", "g"), "BLUE")
>>> color.GREEN, color.fromalias("g"), color.filter(2), "BLUE" in color
(1, 1, 2, True)
>>> color == EnumList("RED", ("GREEN", "g"), "BLUE")
True
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any

from theano.errors import did_you_mean, message, with_article
from theano.graph.type import Type
from theano.graph.variable import Constant


class EnumType(Type, dict[str, Any]):
    """A mapping from names to numbers; its values are those numbers.

    Each keyword is ``NAME=number`` or ``NAME=(alias, number)``; ``ctype`` and ``cname`` are what C code called the type.  Names and
    aliases are distinct.  A name is also an attribute: ``kinds.NAME``."""

    def __init__(self, **kwargs: Any) -> None:
        self.ctype: str = kwargs.pop("ctype", "double")
        self.cname: str = kwargs.pop("cname", self.ctype)
        self.aliases: dict[str, str] = {}
        numbers = {}
        for name, given in kwargs.items():
            alias, number = given if isinstance(given, tuple) and len(given) == 2 else (None, given)
            if not name.isidentifier() or hasattr(dict, name):
                raise AttributeError(f"{type(self).__name__}: {name!r} cannot be the name of a constant")
            if isinstance(number, (bool, str)) or not isinstance(number, (int, float)):
                text = f"{type(self).__name__}: the constant {name} must be a number, not {with_article(type(number).__name__)}"
                raise TypeError(message(text, [("given", repr(number)[:60])], cure=f"{name}=1, or {name}=(alias, 1)"))
            numbers[name] = number
            if alias is not None:
                self._add_alias(alias, name, kwargs)
        dict.__init__(self, numbers)

    def _add_alias(self, alias: Any, name: str, names: Iterable[str]) -> None:
        if not isinstance(alias, str):
            raise TypeError(f"{type(self).__name__}: the alias of {name} must be a str, not {with_article(type(alias).__name__)}")
        if alias in self.aliases or alias in names:
            raise AttributeError(f"{type(self).__name__}: the alias {alias!r} of {name} is taken by {self.aliases.get(alias, alias)}")
        self.aliases[alias] = name

    def __repr__(self) -> str:
        names = {name: alias for alias, name in self.aliases.items()}
        return f"{type(self).__name__}<{self.ctype}>({', '.join(f'{k}{self._alias(names, k)}:{v}' for k, v in self.items())})"

    __str__ = __repr__

    @staticmethod
    def _alias(names: dict[str, str], name: str) -> str:
        return f"({names[name]})" if name in names else ""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no constant {name!r}. {did_you_mean(name, self)}".rstrip(". ")) from None

    def _facts(self) -> tuple[Any, ...]:
        return type(self), self.ctype, self.cname, tuple(self.items()), tuple(self.aliases.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnumType) and self._facts() == other._facts()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self._facts())

    def __reduce__(self) -> Any:
        return _restore, (type(self), dict(self), {k: v for k, v in vars(self).items()})

    def __deepcopy__(self, memo: Any) -> EnumType:
        return self

    def fromalias(self, alias: str) -> Any:
        """The number of the constant of that alias, or of that name."""
        name = self.aliases.get(alias, alias)
        if name not in self:
            cure = did_you_mean(alias, [*self.aliases, *self])
            raise ValueError(
                f"{type(self).__name__} has no alias {alias!r}; there are {', '.join(self.aliases) or 'none'}. {cure}".rstrip(". ")
            )
        return self[name]

    def has_alias(self, alias: str) -> bool:
        return alias in self.aliases

    def get_aliases(self) -> list[str]:
        """All aliases, sorted."""
        return sorted(self.aliases)

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """One of the numbers."""
        if isinstance(data, bool) and not strict:
            data = int(data)
        if isinstance(data, str) or data not in self.values():
            raise TypeError(message(f"{data!r:.60} is none of the numbers of {self}", cure="give one of the type's constants"))
        return data

    def values_eq(self, a: Any, b: Any) -> bool:
        return bool(a == b)

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        """Whether both are the same constant: numbers of an enumeration are not rounded."""
        return self.values_eq(a, b)


class EnumList(EnumType):
    """An :class:`EnumType` of names, or pairs (name, alias), that are numbered from 0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        settings = {"ctype": kwargs.pop("ctype", "int"), "cname": kwargs.pop("cname", None)}
        if kwargs:
            raise TypeError(f"{type(self).__name__} takes names, ctype= and cname=, not {', '.join(kwargs)}=")
        numbered: dict[str, Any] = {}
        for number, given in enumerate(args):
            name, alias = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
            if not isinstance(name, str):
                raise TypeError(f"{type(self).__name__}: a constant is a name or a pair (name, alias), not {given!r:.60}")
            if name in numbered:
                raise AttributeError(f"{type(self).__name__}: the constant {name} is there twice")
            numbered[name] = number if alias is None else (alias, number)
        super().__init__(**numbered, ctype=settings["ctype"], cname=settings["cname"] or settings["ctype"])


class CEnumType(EnumList):
    """An enumeration whose numbers a C header defined.  Nothing reads C headers, so here they are those of an :class:`EnumList`."""


def _restore(kind: type[EnumType], numbers: dict[str, Any], attributes: dict[str, Any]) -> EnumType:
    new = kind.__new__(kind)
    dict.__init__(new, numbers)
    vars(new).update(attributes)
    return new


# ------------------------------------------------------------------------------------------------ pointers


class CDataType(Type):
    """A pointer of the C type ``ctype``, in a capsule.  The rest is what C code needed to use it and is not looked at."""

    __props__ = (
        "ctype", "freefunc", "headers", "header_dirs", "libraries", "lib_dirs", "compile_args", "extra_support_code", "version",
    )  # fmt: skip

    def __init__(
        self,
        ctype: str,
        freefunc: str | None = None,
        headers: Iterable[str] = (),
        header_dirs: Iterable[str] = (),
        libraries: Iterable[str] = (),
        lib_dirs: Iterable[str] = (),
        compile_args: Iterable[str] = (),
        extra_support_code: str = "",
        version: Any = None,
    ) -> None:
        if not isinstance(ctype, str):
            raise TypeError(f"CDataType: ctype is the name of a C type, not {ctype!r:.60}")
        self.ctype, self.freefunc = ctype, freefunc
        self.headers, self.header_dirs = tuple(headers), tuple(header_dirs)
        self.libraries, self.lib_dirs = tuple(libraries), tuple(lib_dirs)
        self.compile_args, self.extra_support_code, self.version = tuple(compile_args), extra_support_code, version

    def __str__(self) -> str:
        return f"CDataType{{{self.ctype}}}"

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """A capsule, or None."""
        if data is not None and type(data).__name__ != "PyCapsule":
            raise TypeError(
                message(f"{self} holds capsules, not {with_article(type(data).__name__)}", cure="make_value(address) makes one")
            )
        return data

    def make_value(self, ptr: int) -> Any:
        """A capsule of the address ``ptr``; nothing is freed when it goes."""
        kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        return kind(("PyCapsule_New", ctypes.pythonapi))(ptr, None, None)


class CDataTypeConstant(Constant):
    """A pointer known now.  Two are equal if they are one capsule: what a pointer leads to cannot be compared."""

    __slots__ = ()

    def merge_signature(self) -> Any:
        return self.type, id(self.data)

    def signature(self) -> Any:
        return self.merge_signature()


CDataType.Constant = CDataTypeConstant

__all__ = ["CDataType", "CDataTypeConstant", "CEnumType", "EnumList", "EnumType"]
