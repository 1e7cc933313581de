"""Shared variables: graph inputs that keep a value of their own from call to call.

:func:`shared` asks its constructors, the last registered first, to make a variable for a value: arrays and numbers give
a :class:`TensorSharedVariable`, anything else a :class:`SharedVariable` of the generic type.  The type of a shared tensor knows no
size: any value of the dtype and rank may be set later.

>>> w = shared(np.zeros((2, 1)), name="w")
>>> w.type
TensorType(float64, matrix)
>>> w.set_value(np.ones((5, 3)))
>>> w.get_value().shape
(5, 3)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.errors import VariableTypeError, message, with_article
from theano.graph import Container, Type, Variable, generic
from theano.graph.portable import Cell
from theano.tensor.type import Array, TensorType, is_masked, tensor_type
from theano.tensor.variable import StaticShape, TensorOperators


class SharedVariable(Variable):
    """A variable with a container that functions read, and write through their updates.

    ``default_update``, if set, is the update in every function that gives none."""

    container: Container
    default_update: Any = None

    def __init__(
        self,
        name: str | None,
        type: Type,
        value: Any,
        strict: bool,
        allow_downcast: bool | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(type, None, None, name)
        if container is not None:
            if value is not None or strict:
                raise TypeError(
                    "SharedVariable: a container has its own value and strictness; leave value and strict out, or the container"
                )
            self.container = container
            return
        filtered = type.filter(value, strict=strict, allow_downcast=allow_downcast)
        self.container = Container(type, Cell([filtered]), name=name, strict=strict, allow_downcast=allow_downcast)

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the value; with ``borrow`` the value itself, which functions may go on to change."""
        if borrow:
            return self.container.value
        return self.container.lock.copied()

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Set the value to a copy of ``new_value``; with ``borrow`` it may be kept, and changed by functions."""
        value = new_value if borrow else copy.deepcopy(new_value)
        try:
            if value is None:  # an empty container is for inputs
                self.type.filter(None)
            self.container.value = value
        except (TypeError, ValueError) as why:
            rows = [("shared", str(self), str(self.type))]
            cause = str(why.args[0]) if why.args else None
            raise type(why)(message(f"set_value: this is no value of {self}", rows, cause)) from None

    def zero(self, borrow: bool = False) -> None:
        """Set all elements to 0; with ``borrow`` in place."""
        value = self.container.value
        if borrow:
            value[...] = 0
        else:
            self.container.value = np.zeros_like(value) if isinstance(value, np.ndarray) else 0 * value

    def __getitem__(self, *args: Any) -> Any:
        """Only tensors have parts: TypeError that says what the variable holds."""
        value = self.container.value
        held = f"an array of dtype {value.dtype}" if isinstance(value, np.ndarray) else with_article(type(value).__name__)
        cure = "index the value: get_value(borrow=True)[...]; or make it an array of numbers before theano.shared"
        raise VariableTypeError(message(f"the shared variable {self} is no tensor and cannot be indexed: it holds {held}", cure=cure))

    def clone(self) -> Any:
        """Another variable with the same container: one update moves both."""
        new = type(self)(self.name, self.type, None, False, container=self.container)
        new.tag = copy.copy(self.tag)
        new.default_update = self.default_update
        return new

    @property
    def value(self) -> Any:
        raise AttributeError(f"a shared variable has get_value() and set_value(), which copy unless borrow=True, but no value: {self}")

    @value.setter
    def value(self, new_value: Any) -> None:
        raise AttributeError(f"a shared variable has get_value() and set_value(), which copy unless borrow=True, but no value: {self}")

    def filter_update(self, update: Any) -> Any:
        """``update`` as an expression whose value may become the next one of this variable."""
        if isinstance(update, Variable) and not update.type == self.type:
            raise TypeError(
                message(
                    "an update must have exactly the type of its shared variable",
                    [("shared", str(self), str(self.type)), ("update", str(update), str(update.type))],
                    cure="cast it, or set its broadcastable pattern with theano.tensor.patternbroadcast",
                )
            )
        return self.type.filter_variable(update)


class TensorSharedVariable(TensorOperators, SharedVariable):
    """A shared tensor.  Nothing is known of its sizes: they may change from call to call."""

    @property
    def _static(self) -> StaticShape | None:  # type: ignore[override]
        return None


class ScalarSharedVariable(TensorSharedVariable):
    """A shared tensor of rank 0 that was made of a number."""


Constructor = Callable[..., Any]
CONSTRUCTORS: list[Constructor] = []


def shared_constructor(ctor: Constructor, remove: bool = False) -> Constructor:
    """Register (or remove) a constructor; it is called as :func:`shared` is and raises TypeError for values that are not for it."""
    if remove:
        CONSTRUCTORS.remove(ctor)
    else:
        CONSTRUCTORS.append(ctor)
    return ctor


def shared(value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, **kwargs: Any) -> Any:
    """A shared variable that starts with a copy of ``value`` (``borrow=True`` may keep the array itself).

    A Python int becomes int64, a float float64, whatever ``floatX`` is.  ``broadcastable`` gives the pattern, by default all False."""
    if isinstance(value, Variable):
        raise TypeError(
            message(
                "shared: the value of a shared variable cannot be a variable",
                [("given", str(value), str(value.type))],
                "a shared variable is used as it is; of others give the value, as .eval() or a function computes it",
            )
        )
    refusals = []
    for constructor in reversed(CONSTRUCTORS):
        try:
            return constructor(value, name=name, strict=strict, allow_downcast=allow_downcast, **kwargs)
        except TypeError as error:
            refusals.append((constructor.__name__, str(error).replace("\n", " ")))
    text = f"shared: no shared variable can be made of {value!r:.60} ({type(value).__name__})".replace("\n", " ")
    cure = "options are name, strict, allow_downcast, and for arrays borrow and broadcastable; numpy.asarray(value, dtype) gives the dtype"
    raise VariableTypeError(message(text, refusals, cure))


@shared_constructor
def generic_constructor(value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None) -> SharedVariable:
    """A shared variable that holds any Python object."""
    return SharedVariable(name, generic, copy.deepcopy(value), strict, allow_downcast)


@shared_constructor
def tensor_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Sequence[Any] | None = None,
    target: str = "cpu",
) -> TensorSharedVariable:
    """A shared tensor with the dtype and rank of an array."""
    plain = isinstance(value, np.ndarray) and not is_masked(value)
    if target != "cpu" or not plain or value.dtype.kind not in "biufc":
        raise TypeError("an array of numbers is needed")
    dtype = value.dtype.newbyteorder("=")
    array = value if borrow and dtype == value.dtype else np.array(value, dtype=dtype)
    pattern = (False,) * array.ndim if broadcastable is None else tuple(map(bool, broadcastable))
    return TensorSharedVariable(name, _type_of(array, pattern), array, strict, allow_downcast)


@shared_constructor
def scalar_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    target: str = "cpu",
) -> ScalarSharedVariable:
    """A shared tensor of rank 0 from a number: int64, float64, complex128, or the dtype of a NumPy scalar."""
    if target != "cpu" or not isinstance(value, (np.number, np.bool_, float, int, complex)):
        raise TypeError("a number is needed")
    array = np.asarray(value, dtype="int64" if type(value) is int else None)  # on every platform
    return ScalarSharedVariable(name, _type_of(array, ()), array, strict, allow_downcast)


def _type_of(array: Array, pattern: tuple[bool, ...]) -> TensorType:
    return tensor_type(array.dtype.name, pattern)


def load_shared_variable(val: Any) -> Any:
    """A shared tensor that starts with ``val``."""
    return tensor_constructor(val)


__all__ = [
    "SharedVariable",
    "TensorSharedVariable",
    "shared",
    "shared_constructor",
]
