"""What values a variable may hold.

A :class:`Type` checks and converts values (:meth:`Type.filter`) and makes variables.  Own types derive from it and define ``filter``,
``__eq__`` and ``__hash__`` (or ``__props__``, which gives both).  Types are values: equal ones are interchangeable and never mutated.

>>> class Even(Type):
...     __props__ = ()
...     def filter(self, data, strict=False, allow_downcast=None):
...         if data % 2:
...             raise TypeError("odd")
...         return data
>>> x = Even()("x")
>>> x, x.type == Even(), Even().is_valid_value(3)
(x, True, False)
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

from theano.errors import MethodNotDefined, VariableTypeError, message
from theano.graph.c_interface import CLinkerType
from theano.graph.properties import WithProperties
from theano.graph.variable import Constant, Variable

if TYPE_CHECKING:
    from typing import Self


class PureType(WithProperties):
    """What every type is: a judge of values and a maker of variables."""

    Variable: ClassVar[type[Variable]] = Variable
    """The class of the variables of this type."""
    Constant: ClassVar[type[Constant]] = Constant

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """``data`` as a value of this type; TypeError or ValueError if it is none.

        ``strict``: only what already is one.  ``allow_downcast``: True may lose precision, False may not, None
        may for Python floats only.
        """
        raise MethodNotDefined(f"{type(self).__name__} does not define filter(data, strict=False, allow_downcast=None)")

    def is_valid_value(self, a: Any) -> bool:
        """Whether ``a`` is a value of this type as it stands."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_validity_msg(self, a: Any) -> str:
        """Why ``a`` is no value of this type; "value is valid" if it is one."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError) as error:
            return str(error)
        return "value is valid"

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Any:
        """``other`` as a variable of this type: values become constants, variables are converted if they can be."""
        if not isinstance(other, Variable):
            return self.make_constant(other)
        if other.type == self:
            return other
        converted = self.convert_variable(other) if allow_convert else None
        if converted is None:
            raise VariableTypeError(
                message(
                    f"a variable of type {self} cannot be made of one of type {other.type}",
                    [("variable", other, other.type, other.origin)],
                    cure="convert it first, for example with theano.tensor.cast or patternbroadcast",
                )
            )
        return converted

    def convert_variable(self, var: Any) -> Any:
        """``var`` as a variable of this type without any loss, or None."""
        return var if self.is_super(var.type) else None

    def is_super(self, other: PureType) -> bool:
        """Whether every value of ``other`` is one of this type."""
        return bool(self == other)

    def in_same_class(self, other: PureType) -> bool:
        """Whether both are of the same kind, apart from facts that values of one may lack."""
        return bool(self == other)

    def make_variable(self, name: str | None = None) -> Any:
        """A new variable of this type."""
        return self.Variable(self, name=name)

    def make_constant(self, value: Any, name: str | None = None) -> Any:
        return self.Constant(type=self, data=value, name=name)

    def __call__(self, name: str | None = None) -> Any:
        """A new variable of this type."""
        return self.make_variable(name)

    def clone(self, **changes: Any) -> Self:
        """A type like this with some attributes changed."""
        new = copy.copy(self)
        for name, value in changes.items():
            setattr(new, name, value)
        return new

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two values of this type are equal."""
        return bool(a == b)

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        """Whether two values of this type are equal but for rounding."""
        return self.values_eq(a, b)

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Whether writing to the value ``a`` may change the value ``b``."""
        return a is b


class Type(PureType, CLinkerType):
    """The base of all types of variables.  One that defines ``filter_inplace(value, storage, strict, allow_downcast)`` is asked, when a
    shared variable is set, to put a new value into the object that the old one is."""


class SingletonType(Type):
    """A type with one instance per class."""

    __props__ = ()
    _instance: ClassVar[SingletonType | None] = None

    def __new__(cls) -> Self:
        if not isinstance(cls.__dict__.get("_instance"), cls):
            cls._instance = super().__new__(cls)
        return cls._instance  # type: ignore[return-value]


class Generic(SingletonType):
    """Any Python object.

    >>> generic("settings")
    settings
    """

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        return data

    def is_valid_value(self, a: Any) -> bool:
        return True


generic = Generic()


class NullType(Type):
    """The type of a gradient that is not defined; ``why_null`` says why.  It has no values.

    >>> NullType("floor is not differentiable in the spacing")().type.why_null
    'floor is not differentiable in the spacing'
    """

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise ValueError("no values can be assigned to a NullType")

    def values_eq(self, a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        raise ValueError("NullType has no values to compare")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


null_type = NullType()


class DisconnectedType(Type):
    """The type of the gradient of what an expression does not depend on.  It has no values."""

    __props__ = ()

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise ValueError("a disconnected gradient has no value")

    def fiter_variable(self, other: Any) -> Any:
        """So spelt in the classic system."""
        raise ValueError(f"a disconnected gradient is no computed variable; {other} cannot become one")

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        return False

    def values_eq(self, a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        raise ValueError("disconnected gradients have no values to compare")

    value_eq = values_eq


disconnected_type = DisconnectedType()
