"""Numbers that are not known yet, as Python sees them: what is done with them is written down as scalar instructions.

A :class:`Number` has the operators of Python's numbers and their meanings: whole numbers are int64, others double, ``/`` is a double,
``True + True`` is 2.  Functions of ``math``, NumPy and SciPy become the declared operations of their names.  Asked for its truth,
it asks whoever follows the function which way to go (:data:`decide`).

>>> from theano.scalar.instructions import Trace
>>> x = Number(Trace().leaf("input", "float64", 0))
>>> (1 + np.exp(x)).value.op, (x > 0).value.dtype, (x // 1).value.data
('add', 'bool', 'floor_div')
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from theano.dtypes import CONTINUOUS, INTEGERS
from theano.scalar.declare import OPS
from theano.scalar.instructions import Trace, Value, select, unary
from theano.scalar.names import of_numpy

__all__ = ["STAND_INS", "Number", "Untraceable", "as_python", "decide", "operand"]


class Untraceable(TypeError):
    """Why a function cannot be followed."""


def _undecided(condition: Value) -> bool:
    raise Untraceable("it asks for the truth of a number")


decide: ContextVar[Callable[[Value], bool]] = ContextVar("decide", default=_undecided)
"""Which way to go at a condition."""


def as_python(value: Value) -> Value:
    """A value as Python has it: every integer is an int, every float a double."""
    return value if value.dtype == "bool" else value.cast("int64" if value.dtype in INTEGERS else "float64")


def operand(trace: Trace, x: Any) -> Value:
    """A number, traced or plain, as a value."""
    if isinstance(x, Number):
        return x.value
    if isinstance(x, (bool, np.bool_)):
        return trace.const(bool(x), "bool")
    if isinstance(x, (int, np.integer)):
        if not -(2**63) <= x < 2**63:
            raise Untraceable(f"{x} has more than 64 bits")
        return trace.const(int(x), "int64")
    if isinstance(x, (float, np.floating)):
        return trace.const(float(x), "float64")
    raise Untraceable(f"it computes with a {type(x).__name__}")


def _operands(*args: Any) -> list[Value]:
    """As :func:`operand`; one at least is traced."""
    trace = next(a.value.trace for a in args if isinstance(a, Number))
    return [operand(trace, a) for a in args]


def _same(x: Value) -> Value:
    return x


def _whole(x: Value) -> Value:
    """True and False count as 1 and 0."""
    return x.cast("int64") if x.dtype == "bool" else x


def _real(x: Value) -> Value:
    return x.cast("float64")


def _declared(name: str, *args: Any, prepare: Callable[[Value], Value] = _whole) -> Number:
    """The declared operation ``name``; ``prepare`` goes over its arguments."""
    values = [prepare(v) for v in _operands(*args)]
    op = OPS[name]
    if not op.has_code(*(v.dtype for v in values)):
        raise Untraceable(f"it uses {name}, which has no native code")
    return Number(op.trace(values[0].trace, *values))


def _bits(name: str) -> Callable[[Any, Any], Number]:
    def bits(x: Any, y: Any) -> Number:
        logical = all(v.dtype == "bool" for v in _operands(x, y))
        return _declared(name, x, y, prepare=_same if logical else _whole)

    return bits


def _power(x: Any, y: Any) -> Number:
    """``**``: of integers an integer, unless the power is negative."""
    base, exponent = (_whole(v) for v in _operands(x, y))
    if base.dtype == "float64" or exponent.dtype == "float64":
        return _declared("pow", x, y, prepare=_real)
    if isinstance(y, Number):
        raise Untraceable("the type of an integer to the power of an integer depends on their values")
    return _declared("pow", x, y, prepare=_whole if y >= 0 else _real)


def _switch(condition: Any, then: Any, otherwise: Any) -> Any:
    if not isinstance(condition, Number):
        return then if condition else otherwise
    _, a, b = _operands(condition, then, otherwise)
    dtype = max(a.dtype, b.dtype, key=("bool", "int64", "float64").index)
    return Number(select(condition.value.cast("bool"), a.cast(dtype), b.cast(dtype)))


def _binary(operation: Callable[..., Number]) -> tuple[Callable[..., Number], Callable[..., Number]]:
    """``operation`` as a method, and with its arguments changed over."""
    return lambda self, other: operation(self, other), lambda self, other: operation(other, self)


def _named(name: str, prepare: Callable[[Value], Value] = _whole) -> Callable[..., Number]:
    return lambda *args: _declared(name, *args, prepare=prepare)


class Number:
    """A number that stands for ``value``: a bool, an int64 or a float64."""

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Value) -> None:
        self.value = as_python(value)

    __add__, __radd__ = _binary(_named("add"))
    __sub__, __rsub__ = _binary(_named("sub"))
    __mul__, __rmul__ = _binary(_named("mul"))
    __truediv__, __rtruediv__ = _binary(_named("true_div", _real))
    __floordiv__, __rfloordiv__ = _binary(_named("int_div"))
    __mod__, __rmod__ = _binary(_named("mod"))
    __pow__, __rpow__ = _binary(_power)
    __and__, __rand__ = _binary(_bits("and_"))
    __or__, __ror__ = _binary(_bits("or_"))
    __xor__, __rxor__ = _binary(_bits("xor"))
    __lshift__, __rlshift__ = _binary(_named("left_shift"))
    __rshift__, __rrshift__ = _binary(_named("right_shift"))
    __lt__, _ = _binary(_named("lt"))
    __le__, _ = _binary(_named("le"))
    __gt__, _ = _binary(_named("gt"))
    __ge__, _ = _binary(_named("ge"))
    __eq__, _ = _binary(_named("eq"))  # type: ignore[assignment]
    __ne__, _ = _binary(_named("neq"))  # type: ignore[assignment]
    del _

    def __neg__(self) -> Number:
        return _declared("neg", self)

    def __pos__(self) -> Number:
        return Number(_whole(self.value))

    def __abs__(self) -> Number:
        return _declared("abs_", self)

    def __invert__(self) -> Number:
        return _declared("invert", self)

    def __divmod__(self, other: Any) -> tuple[Number, Number]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Number, Number]:
        return other // self, other % self

    def __bool__(self) -> bool:
        return decide.get()(self.value.cast("bool"))

    def __float__(self) -> Any:
        raise Untraceable("it hands a number to a function that asks for its value")

    __int__ = __index__ = __complex__ = __str__ = __float__

    def __format__(self, form: str) -> str:
        return str(self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        return _of_ufunc(ufunc.__name__, *args) if method == "__call__" and not kwargs else NotImplemented

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        known = _NUMPY.get(getattr(function, "__name__", ""))
        return known(*args, **kwargs) if known else NotImplemented


# -------------------------------------------------------------------------------------------- the functions that are known


def _of_ufunc(name: str, *args: Any) -> Any:
    """A ufunc of NumPy or SciPy: the declared operation of its meaning, of doubles if that gives a float."""
    if name in _NUMPY:
        return _NUMPY[name](*args)
    declared = of_numpy(name)
    if declared is None:
        raise Untraceable(f"it calls {name}, which is no declared operation")
    real = OPS[declared].output_dtypes(*(v.dtype for v in _operands(*args)))[0] in CONTINUOUS
    return _declared(declared, *args, prepare=_real if real else _same)


def _least(*numbers: Any, order: str = "lt") -> Any:
    """``min`` and ``max`` as Python has them: the first, unless a later one is less."""
    found, *others = numbers[0] if len(numbers) == 1 else numbers
    for other in others:
        if isinstance(found, Number) or isinstance(other, Number):
            found = _switch(_declared(order, other, found), other, found)
        else:
            found = (min if order == "lt" else max)(found, other)
    return found


def _truth(x: Any) -> Any:
    return Number(x.value.cast("bool")) if isinstance(x, Number) else bool(x)


def _not(x: Any) -> Any:
    return Number(~_truth(x).value)


def _to_integer(how: str) -> Callable[..., Any]:
    """Rounding to an integer, as ``math.floor`` and its like."""

    def rounded(x: Any, digits: Any = None) -> Any:
        if digits is not None:
            raise Untraceable("it rounds to a number of digits")
        return Number(unary(how, x.value).cast("int64")) if x.value.dtype == "float64" else +x

    return rounded


def _to_float(dtype: str) -> Callable[[Any], Any]:
    return lambda x: Number(x.value.cast(dtype))


def _logarithm(x: Any, base: Any = None) -> Any:
    natural = _declared("log", x, prepare=_real) if isinstance(x, Number) else math.log(x)
    return natural if base is None else natural / _logarithm(base)


_NUMPY: dict[str, Callable[..., Any]] = {
    "where": _switch,
    "clip": lambda x, low, high: _of_ufunc("minimum", _of_ufunc("maximum", x, low), high),
    "logical_and": lambda x, y: _truth(x) & _truth(y),
    "logical_or": lambda x, y: _truth(x) | _truth(y),
    "logical_xor": lambda x, y: _truth(x) ^ _truth(y),
    "logical_not": _not,
    "isfinite": lambda x: _not(_declared("isnan", x) | _declared("isinf", x)),
    "positive": lambda x: +x,
    "fabs": _named("abs_", _real),
    "float_power": _named("pow", _real),
}
"""NumPy's functions that are no declared operation under another name."""

_MATH = {
    "fabs": "abs_", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "lgamma": "gammaln", "degrees": "rad2deg", "radians": "deg2rad", "pow": "pow",
    **{name: name for name in (
        "cbrt", "copysign", "cos", "cosh", "erf", "erfc", "exp", "exp2", "expm1", "gamma", "hypot", "isinf", "isnan", "log10", "log1p",
        "log2", "sin", "sinh", "sqrt", "tan", "tanh",
    )},
}  # fmt: skip
"""The declared operations of ``math``'s functions."""

STAND_INS: dict[Any, Callable[..., Any]] = {
    **{getattr(math, name): _named(declared, _real) for name, declared in _MATH.items() if hasattr(math, name)},
    math.log: _logarithm,
    math.isfinite: _NUMPY["isfinite"],
    math.floor: _to_integer("floor"),
    math.ceil: _to_integer("ceil"),
    math.trunc: _to_integer("trunc"),
    builtins.round: _to_integer("rint"),
    builtins.int: _to_integer("trunc"),
    builtins.float: _to_float("float64"),
    builtins.bool: _truth,
    builtins.min: _least,
    builtins.max: lambda *numbers: _least(*numbers, order="gt"),
    np.float64: _to_float("float64"),
    np.float32: _to_float("float32"),
}
"""What is called instead of the functions that would ask a number for its value."""
