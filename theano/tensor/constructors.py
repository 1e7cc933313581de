"""Making variables: ``matrix("x")``, ``dvector()``, ``x, y = fmatrices("x", "y")``.

Everything here comes from two tables.  For each form (scalar, vector, row, col, matrix, tensor3 to tensor7) there is a function
with a ``dtype`` argument, ``floatX`` as it is at the call by default; for each letter and form a type, which makes variables when
called; and a plural of both.

>>> x = dmatrix("x")
>>> x.type, dmatrix == TensorType("float64", (False, False))
(TensorType(float64, matrix), True)
>>> a, b = fvectors("a", "b")
>>> a.dtype, len(lscalars(3)), row("r").broadcastable
('float32', 3, (True, False))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from theano.flags import config
from theano.tensor.type import Pattern, TensorType, tensor_type
from theano.tensor.variable import TensorVariable

FORMS: dict[str, Pattern] = {
    "scalar": (),
    "vector": (False,),
    "row": (True, False),
    "col": (False, True),
    "matrix": (False, False),
    **{f"tensor{rank}": (False,) * rank for rank in range(3, 8)},
}
LETTERS = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64", "c": "complex64", "z": "complex128",
}  # fmt: skip
GROUPS = {"int": "bwil", "float": "fd", "complex": "cz"}

Maker = Callable[..., TensorVariable]


def tensor(*args: Any, **kwargs: Any) -> TensorVariable:
    """A variable of ``TensorType(*args, **kwargs)``, named ``name``."""
    name = kwargs.pop("name", None)
    variable: TensorVariable = TensorType(*args, **kwargs)(name)
    return variable


def _maker(form: str, pattern: Pattern) -> Maker:
    def make(name: str | None = None, dtype: Any = None) -> TensorVariable:
        variable: TensorVariable = TensorType(config.floatX if dtype is None else dtype, pattern)(name)
        return variable

    make.__name__ = make.__qualname__ = form
    make.__doc__ = f"A {form} variable of ``dtype`` (by default the present ``floatX``); broadcastable {pattern}."
    return make


def _plural_name(name: str) -> str:
    return name.removesuffix("ix") + "ices" if name.endswith("matrix") else name + "s"


def _plural(name: str, maker: Callable[..., Any]) -> Callable[..., list[Any]]:
    def make(*names: Any, **kwargs: Any) -> list[Any]:
        if len(names) == 1 and isinstance(names[0], int):
            return [maker(**kwargs) for _ in range(names[0])]
        return [maker(each, **kwargs) for each in (names[0] if len(names) == 1 else names)]

    make.__name__ = make.__qualname__ = _plural_name(name)
    make.__doc__ = f"Several {name} variables, from their names or their number."
    return make


def _table() -> dict[str, Any]:
    table: dict[str, Any] = {form: _maker(form, pattern) for form, pattern in FORMS.items()}
    for form, pattern in FORMS.items():
        for letter, dtype in LETTERS.items():
            table[letter + form] = tensor_type(dtype, pattern)
    table.update({_plural_name(name): _plural(name, maker) for name, maker in list(table.items())})
    for group, letters in GROUPS.items():
        for form in ("scalar", "vector", "matrix"):
            table[f"{group}_{form}_types"] = [table[letter + form] for letter in letters]
        table[f"{group}_types"] = table[f"{group}_scalar_types"]
    return table


_TABLE = _table()
globals().update(_TABLE)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


__all__ = ["tensor", *_TABLE]
