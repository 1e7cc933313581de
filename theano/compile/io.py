"""Inputs and outputs of a function, as the user declares them.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> [x, In(x, value=[0.0]), (x, [0.0]), ("start", x, [0.0])]  # four ways to declare an input
[x, In(x), (x, [0.0]), ('start', x, [0.0])]
>>> declared(("start", x, [0.0])).name
'start'
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

from theano import errors
from theano.compile.failures import row
from theano.graph import Constant, Container, Variable
from theano.graph.portable import portable
from theano.tensor import as_tensor_variable
from theano.tensor.sharedvar import SharedVariable


class SymbolicInput:
    """One input of a function: a variable with how its argument is taken.

    ``name``: the keyword of the call, by default that of the variable unless ``autoname`` is False.  ``strict``: no conversion at all;
    ``allow_downcast``: True casts anything, None lets a Python float into a floatX input, False refuses.  ``update``: an expression
    for the next value of the input, which then keeps its value from call to call.  ``mutable``: the function may overwrite the caller's
    array.  ``implicit``: no argument of calls."""

    value: Any = None
    borrow = shared = False

    def __init__(
        self,
        variable: Any,
        name: str | None = None,
        update: Any = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = False,
    ) -> None:
        self.variable = variable
        self.name = getattr(variable, "name", None) if name is None and autoname else name
        self.update = None if update is None else self._update(update)
        self.mutable = bool(mutable) if mutable is not None else update is not None
        self.strict, self.allow_downcast, self.implicit = strict, allow_downcast, bool(implicit)

    def _update(self, update: Any) -> Any:
        """``update`` as a variable of exactly the type of the input."""
        if not isinstance(self.variable, Variable):
            return update
        if isinstance(update, Variable):
            if update.type == self.variable.type:
                return update
            rows = [row("input", self.variable), row("update", update)]
            cure = "cast it (.astype), or set its pattern by T.patternbroadcast: the types must be equal"
            raise errors.VariableTypeError(errors.message(f"In: the update of {self.name or self.variable} has another type", rows, cure))
        try:
            return self.variable.type.filter_variable(update)
        except (TypeError, ValueError) as why:
            text = f"In: the update of {self.name or self.variable} is no value of it"
            raise type(why)(errors.message(text, [row("input", self.variable)], str(why.args[0]) if why.args else None)) from None

    def __copy__(self) -> SymbolicInput:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new

    def __getstate__(self) -> dict[str, Any]:
        """For pickles and deep copies."""
        return {name: portable(value) for name, value in self.__dict__.items()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.variable})"


class In(SymbolicInput):
    """An input with a ``value``: its default, restored after every call, or with an ``update`` the value it starts with.

    A value that is a :class:`Container`, or a shared variable, is not copied: the input reads what is in it, and an argument
    of a call stays there.
    ``borrow`` lets the function keep the array that it is given.  ``shared`` marks the input of a shared variable.

    >>> import theano, theano.tensor as T
    >>> total, x = T.dscalars("total", "x")
    >>> f = theano.function([x, In(total, value=0.0, update=total + x)], total)
    >>> f(2), f(3), f[total]
    (array(0.), array(2.), array(5.))
    """

    def __init__(
        self,
        variable: Any,
        name: str | None = None,
        value: Any = None,
        update: Any = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        kept = isinstance(value, (Container, SharedVariable))
        if isinstance(value, Variable) and not kept:
            cure = "give a number or an array; to put an expression in place of an input, use givens"
            raise errors.VariableTypeError(
                errors.message(f"In: the value of {name or variable} is a symbolic variable, {value}", cure=cure)
            )
        super().__init__(variable, name, update, mutable, strict, allow_downcast, autoname, kept if implicit is None else implicit)
        self.value, self.shared = value, shared
        if self.mutable and borrow is False and mutable:
            text = f"In({variable}, mutable=True, borrow=False): an input that may be overwritten is borrowed; borrow=True is assumed"
            warnings.warn(text, stacklevel=2)
        self.borrow = self.mutable or bool(borrow)


class Param(In):
    """:class:`In` with the argument ``default`` in the place of ``value``."""

    def __init__(
        self,
        variable: Any,
        default: Any = None,
        name: str | None = None,
        mutable: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        implicit: bool | None = None,
        borrow: bool | None = None,
    ) -> None:
        super().__init__(variable, name, default, None, mutable, strict, allow_downcast, True, implicit, borrow)


class SymbolicOutput:
    """One output; ``borrow=True`` permits the result to share memory with an input or with the function's own storage."""

    def __init__(self, variable: Any, borrow: bool = False) -> None:
        try:
            self.variable = variable if isinstance(variable, Variable) else as_tensor_variable(variable)
        except (TypeError, ValueError) as why:
            cure = "an output is a variable, a number or an array"
            raise errors.VariableTypeError(errors.message(f"Out: {variable!r:.60} is not a symbolic variable", cure=cure)) from why
        self.borrow = borrow

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.variable}, {self.borrow})"


class Out(SymbolicOutput):
    """An output of ``theano.function`` (see :class:`SymbolicOutput`)."""


def declared(given: Any, position: int = 0, allow_downcast: bool | None = None) -> SymbolicInput:
    """The input that ``given`` stands for: an input itself, a variable ``x``, or a tuple.

    Tuples are ``(x, value)``, ``((x, update), value)``, and both with a name in front.  ``allow_downcast`` is for inputs that
    say nothing of it."""
    item = _from_tuple(given, position) if isinstance(given, (tuple, list)) else given
    if not isinstance(item, SymbolicInput):
        return In(_variable(item, position), allow_downcast=allow_downcast)
    _variable(item.variable, position)
    if allow_downcast is not None and item.allow_downcast is None:
        item = copy.copy(item)
        item.allow_downcast = allow_downcast
    return item


def _from_tuple(given: Any, position: int) -> SymbolicInput:
    parts = list(given)
    name = parts.pop(0) if parts and isinstance(parts[0], str) else None
    if not 1 <= len(parts) <= 2:
        raise _no_input(given, position)
    what, value = parts if len(parts) == 2 else (parts[0], None)
    if isinstance(what, SymbolicInput):
        named: SymbolicInput = copy.copy(what)
        named.name = what.name if name is None else name
        named.value = what.value if value is None else value
        return named
    update = None
    if isinstance(what, (tuple, list)):
        if len(what) != 2 or not all(isinstance(part, Variable) for part in what):
            raise _no_input(given, position)
        what, update = what
    entries = value if isinstance(value, (tuple, list)) else [value]
    if any(isinstance(part, Variable) and not isinstance(part, SharedVariable) for part in entries):
        raise _no_input(given, position)
    return In(_variable(what, position), name, value, update)


def _no_input(given: Any, position: int) -> Exception:
    cure = "write x, In(x, ...), (x, value), ((x, update), value), or one of these tuples with a name in front"
    return errors.VariableTypeError(errors.message(f"function: input {position} is {given!r:.60}, which declares no input", cure=cure))


def _variable(variable: Any, position: int) -> Variable:
    """``variable`` if it may be an input."""
    if not isinstance(variable, Variable):
        text = f"function: input {position} is {variable!r:.60}, not a symbolic variable"
        raise errors.VariableTypeError(errors.message(text, cure="declare one, such as x = theano.tensor.dvector('x')"))
    if isinstance(variable, Constant):
        text = f"function: input {position} is the constant {variable}; an input must be a variable"
        raise errors.VariableTypeError(errors.message(text, [row("constant", variable)], "declare a variable and build the graph from it"))
    if isinstance(variable, SharedVariable):
        text = f"function: the shared variable {variable} cannot be an input"
        cure = f"give it a value by set_value, or replace it by an input x: givens=[({variable}, x)]"
        raise errors.VariableTypeError(errors.message(text, [row("shared", variable)], cure))
    return variable


__all__ = ["In", "Out", "Param", "SymbolicInput", "SymbolicOutput"]
