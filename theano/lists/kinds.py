"""The type of lists whose entries are all of one type.

>>> import theano.tensor as T
>>> TypedListType(T.dvector, depth=1)
TypedList <TypedList <TensorType(float64, vector)>>
>>> TypedListType(T.lscalar).filter([1, 2])
[array(1), array(2)]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from theano.errors import VariableTypeError, message, with_article
from theano.graph import Type, Variable
from theano.tensor.cures import for_object


class TypedListType(Type):
    """Lists of values of ``ttype``; with ``depth`` lists of lists of ... of them."""

    __props__ = ("ttype",)

    def __init__(self, ttype: Any, depth: int = 0) -> None:
        if not isinstance(ttype, Type):
            given = ttype.type if isinstance(ttype, Variable) else None
            cure = f"did you mean {ttype}.type?" if given is not None else "TypedListType(theano.tensor.dvector), say"
            text = f"TypedListType: the type of the entries is needed, not {with_article(type(ttype).__name__)}"
            raise VariableTypeError(message(text, [("given", repr(ttype)[:60])], cure))
        if depth < 0:
            raise ValueError(f"TypedListType: depth is {depth}, it counts lists around lists: 0 or more")
        self.ttype: Any = ttype if depth == 0 else TypedListType(ttype, depth - 1)

    def filter(self, x: Any, strict: bool = False, allow_downcast: bool | None = None) -> list[Any]:
        """``x`` as a list of values of ``ttype``; the rows of an array are taken for its entries.  ``strict``: only a list of such."""
        if strict:
            if not isinstance(x, list):
                raise TypeError(f"a list is needed, not {with_article(type(x).__name__)}: {x!r:.60}")
            return [self._entry(k, value, strict=True) for k, value in enumerate(x)]
        if not isinstance(x, (list, tuple, np.ndarray)) or (isinstance(x, np.ndarray) and x.ndim == 0):
            cure = for_object(x) if isinstance(x, Iterable) and not isinstance(x, (str, np.ndarray)) else "did you mean [value]?"
            raise VariableTypeError(message(f"a list is needed, not {with_article(type(x).__name__)}: {x!r:.60}", cure=cure))
        return [self._entry(k, value, allow_downcast=allow_downcast) for k, value in enumerate(x)]

    def _entry(self, position: int, value: Any, **how: Any) -> Any:
        try:
            return self.ttype.filter(value, **how)
        except (TypeError, ValueError) as why:
            raise type(why)(f"entry {position} of the list: {why.args[0] if why.args else why}") from None

    def is_valid_value(self, a: Any) -> bool:
        return isinstance(a, list) and all(map(self.ttype.is_valid_value, a))

    def get_depth(self) -> int:
        """How many lists are around these."""
        return self.ttype.get_depth() + 1 if isinstance(self.ttype, TypedListType) else 0

    def values_eq(self, a: Any, b: Any) -> bool:
        return len(a) == len(b) and all(map(self.ttype.values_eq, a, b))

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        return len(a) == len(b) and all(map(self.ttype.values_eq_approx, a, b))

    def may_share_memory(self, a: Any, b: Any) -> bool:  # type: ignore[override]
        """Whether ``a``, a list or an entry, has anything in common with ``b``."""
        if a is b:
            return True
        if not isinstance(self.ttype, TypedListType):
            entries = [value if isinstance(value, list) else [value] for value in (a, b)]
        elif not (isinstance(a, list) and isinstance(b, list)):
            return False
        else:
            entries = [a, b]
        return any(self.ttype.may_share_memory(first, second) for first in entries[0] for second in entries[1])

    @property
    def dtype(self) -> Any:
        """The type of the entries."""
        return self.ttype

    @property
    def ndim(self) -> int:
        """One dimension more than an entry has."""
        return int(self.ttype.ndim) + 1

    def __str__(self) -> str:
        return f"TypedList <{self.ttype}>"


__all__ = ["TypedListType"]
