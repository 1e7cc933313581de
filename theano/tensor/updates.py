"""Updates of shared variables in an order of their own, which refuse to contradict one another.

>>> import theano
>>> s, t = theano.shared(1.0, name="s"), theano.shared(2.0, name="t")
>>> both = OrderedUpdates([(s, s + 1)]) + OrderedUpdates([(t, t * 2)])
>>> [target.name for target in both]
['s', 't']
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from theano.errors import VariableTypeError, message, with_article
from theano.graph import Variable
from theano.tensor.sharedvar import SharedVariable


class OrderedUpdates(OrderedDict[Any, Any]):
    """An ordered dictionary {shared variable: expression for its next value}.

    ``d[s] = e`` replaces an earlier entry; ``update`` and ``+`` raise KeyError if both sides have another expression for one variable."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, SharedVariable):
            kind = with_article(f"variable of type {key.type}" if isinstance(key, Variable) else type(key).__name__)
            cure = "make it by theano.shared, or replace it by a shared variable in givens"
            raise VariableTypeError(message(f"updates are of shared variables; {key!s:.60} is {kind}", cure=cure))
        super().__setitem__(key, value)

    def update(self, other: Any = None) -> None:  # type: ignore[override]
        """Take over the entries of a dictionary, or of pairs."""
        pairs: Iterable[Any] = other.items() if isinstance(other, Mapping) else other or ()
        for key, value in list(pairs):
            if key in self and not _same(self[key], value):
                raise KeyError(f"two updates of the shared variable {key}: {self[key]} and {value}; give one expression for it")
            self[key] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        return self._joined(self, other)

    def __radd__(self, other: Any) -> OrderedUpdates:
        return self._joined(other, self)

    def _joined(self, *parts: Any) -> OrderedUpdates:
        result = type(self)()
        for part in parts:
            result.update(part)
        return result


def _same(a: Any, b: Any) -> bool:
    return a is b if isinstance(a, Variable) or isinstance(b, Variable) else bool(np.array_equal(a, b))


__all__ = ["OrderedUpdates"]
