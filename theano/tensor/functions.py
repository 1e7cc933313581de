"""The elementwise functions: one for each declaration in :mod:`theano.scalar`, and a few written in terms of them.

The names come from the registry, so a new scalar declaration is a tensor function, a method if it has one argument, the
meaning of the NumPy ufunc that is its reference, and (in :mod:`theano.tensor.inplace`) an in-place operation.

>>> from theano.tensor import dvector, exp
>>> x = dvector("x")
>>> exp(x), x.exp()
(Elemwise{exp,no_inplace}.0, Elemwise{exp,no_inplace}.0)
>>> exp.scalar_op
exp
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import reduce as fold_left
from typing import TYPE_CHECKING, Any

from theano.dtypes import is_discrete
from theano.errors import message
from theano.flags import config
from theano.scalar import OPS
from theano.scalar.names import ALIASES
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import Elemwise, cast, elemwise
from theano.tensor.variable import TensorOperators

FUNCTIONS: dict[str, Elemwise] = {name: elemwise(scalar_op) for name, scalar_op in OPS.items()}
FUNCTIONS.update({alias: FUNCTIONS[name] for alias, name in ALIASES.items() if name in FUNCTIONS})


def _install_methods() -> None:
    """Each function of one argument is a method, unless the class has one of that name."""

    def method_of(function: Elemwise) -> Callable[[Any], Any]:
        def method(self: Any) -> Any:
            return function(self)

        method.__name__, method.__doc__ = function.__name__, function.scalar_op.__doc__
        return method

    for name, function in FUNCTIONS.items():
        if function.scalar_op.arity == 1 and not function.scalar_op.nary and not hasattr(TensorOperators, name):
            setattr(TensorOperators, name, method_of(function))


_install_methods()
globals().update(FUNCTIONS)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


# -------------------------------------------------------------------------------------------- written in terms of them


def round(a: Any, mode: str | None = None) -> Any:
    """``a`` rounded to whole numbers; ``mode`` is "half_to_even" (the default) or "half_away_from_zero"."""
    if mode is None:
        mode = "half_to_even"
        if config.warn.round:
            warnings.warn("theano.tensor.round: the default mode is half_to_even, as NumPy's; it once was another", stacklevel=2)
    if mode not in ("half_to_even", "half_away_from_zero"):
        raise ValueError(message(f"round: mode {mode!r}", cure="the modes are 'half_to_even' and 'half_away_from_zero'"))
    return FUNCTIONS[f"round_{mode}"](a)


def iround(a: Any, mode: str | None = None) -> Any:
    """As :func:`round`, as int64."""
    return cast(round(a, mode), "int64")


def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """(floor of the quotient, remainder)."""
    return FUNCTIONS["int_div"](x, y), FUNCTIONS["mod"](x, y)


def isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Where ``|a - b| <= atol + rtol * |b|``; infinities are close to their like, NaN to NaN with ``equal_nan``."""
    a, b = (v.astype("float64") if is_discrete(v.type.dtype) else v for v in map(as_tensor_variable, (a, b)))
    near = FUNCTIONS["le"](abs(a - b), atol + rtol * abs(b))
    finite = ~(FUNCTIONS["isinf"](a) | FUNCTIONS["isinf"](b))
    close = (near & finite) | FUNCTIONS["eq"](a, b)
    return close | (FUNCTIONS["isnan"](a) & FUNCTIONS["isnan"](b)) if equal_nan else close


def allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether :func:`isclose` holds everywhere."""
    return isclose(a, b, rtol, atol, equal_nan).all()


def smallest(*args: Any) -> Any:
    """The least of the arguments, element by element."""
    return fold_left(FUNCTIONS["minimum"], args)


def largest(*args: Any) -> Any:
    """The greatest of the arguments, element by element."""
    return fold_left(FUNCTIONS["maximum"], args)


def transfer(var: Any, target: str) -> Any:
    """``var`` on the device ``target``.  Variables are bound to no device: only "cpu" and what :func:`register_transfer` adds exist."""
    for transfers in TRANSFERS:
        moved = transfers(var, target)
        if moved is not None:
            return moved
    if target == "cpu":
        return as_tensor_variable(var)
    raise ValueError(message(f"transfer: there is no target {target!r}"))


TRANSFERS: list[Callable[[Any, str], Any]] = []


def register_transfer(fn: Callable[[Any, str], Any]) -> None:
    """Ask ``fn(variable, target)`` in :func:`transfer`; None means that the target is not its."""
    TRANSFERS.append(fn)


__all__ = [
    *FUNCTIONS,
    "allclose",
    "divmod",
    "isclose",
    "iround",
    "largest",
    "register_transfer",
    "round",
    "smallest",
    "transfer",
]
