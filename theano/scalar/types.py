"""Scalar variables: graphs of single numbers, and the types that name dtypes in classic programs.

Tensors are what programs are made of; a scalar variable serves where one number is meant, and to write expressions of scalar
operations.  The types are callable and make variables.

>>> x = float64("x")
>>> y = x * x + 1.0
>>> y.type, y.owner.op
(float64, add)
>>> get_scalar_type("float32").upcast(int32)
'float64'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from theano.dtypes import (
    ALL,
    COMPLEX,
    CONTINUOUS,
    DISCRETE,
    FLOATS,
    INTEGERS,
    SIGNED,
    UNSIGNED,
    can_hold,
    is_continuous,
    resolve,
    scalar_constant_dtype,
    upcast,
)
from theano.errors import DTypeError, VariableTypeError
from theano.flags import config
from theano.graph import Constant, Type, Variable
from theano.scalar.declare import OPS
from theano.scalar.op import ScalarOp

__all__ = [
    "TYPES", "Scalar", "ScalarConstant", "ScalarVariable", "all_types", "as_common_dtype", "as_scalar", "cast", "complex_types", "complexs",
    "complexs64", "complexs128", "constant", "continuous_types", "convert", "discrete_types", "float_types", "floats", "get_scalar_type",
    "int_types", "integer_types", "ints", "uint_types",
]  # fmt: skip


class ScalarOperators:
    """Operators of scalar variables."""

    type: Scalar

    @property
    def dtype(self) -> str:
        return self.type.dtype

    ndim, broadcastable = 0, ()

    def __elementwise__(self, op: ScalarOp, args: Sequence[Any]) -> Any:
        """Called by a scalar op applied to variables."""
        return op.apply(args)

    def astype(self, dtype: Any) -> Any:
        return cast(self, dtype)

    def zeros_like(self, dtype: Any = None) -> ScalarConstant:
        """A constant 0, by default of the same dtype."""
        return constant(0, dtype=dtype or self.dtype)

    def ones_like(self, dtype: Any = None) -> ScalarConstant:
        """A constant 1, by default of the same dtype."""
        return constant(1, dtype=dtype or self.dtype)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return OPS["int_div"](self, other), OPS["mod"](self, other)

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return OPS["int_div"](other, self), OPS["mod"](other, self)


def _operator(name: str, swap: bool) -> Callable[..., Any]:
    op = OPS[name]
    return lambda *args: op(*(reversed(args) if swap else args))


for _name, _op in (
    ("neg", "neg"), ("abs", "abs_"), ("invert", "invert"), ("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "true_div"),
    ("floordiv", "int_div"), ("mod", "mod"), ("pow", "pow"), ("and", "and_"), ("or", "or_"), ("xor", "xor"),
    ("lshift", "left_shift"), ("rshift", "right_shift"), ("lt", "lt"), ("le", "le"), ("gt", "gt"), ("ge", "ge"), ("floor", "floor"),
    ("ceil", "ceil"), ("trunc", "trunc"),
):  # fmt: skip
    setattr(ScalarOperators, f"__{_name}__", _operator(_op, swap=False))
    if OPS[_op].arity == 2 or OPS[_op].nary:
        setattr(ScalarOperators, f"__r{_name}__", _operator(_op, swap=True))


class ScalarVariable(ScalarOperators, Variable):
    """One number."""


class ScalarConstant(ScalarOperators, Constant):
    """One number known now."""


class Scalar(Type):
    """Numbers of one dtype, as NumPy scalars."""

    __props__ = ("dtype",)
    Variable = ScalarVariable
    Constant = ScalarConstant
    ndim = 0
    broadcastable = ()

    def __init__(self, dtype: str) -> None:
        self.dtype = resolve(dtype)

    def __str__(self) -> str:
        return self.dtype

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """``data`` as a NumPy scalar; a Python number must fit, an array scalar convert without loss."""
        array = np.asarray(data)
        if array.ndim or array.dtype.kind not in "biufc" or (strict and array.dtype != self.dtype):
            raise DTypeError(f"one number of dtype {self.dtype} is needed, {data!r} was given")
        lossless = can_hold(self.dtype, array.dtype.name)
        if not isinstance(data, np.generic | np.ndarray):
            with np.errstate(all="ignore"):
                lossless = array.astype(self.dtype) == array or (isinstance(data, float) and self.dtype == config.floatX)
        if not (lossless or allow_downcast):
            raise DTypeError(f"{data!r} does not fit {self.dtype} without loss; did you mean allow_downcast=True?")
        return array.astype(self.dtype)[()]

    def upcast(self, *others: Scalar) -> str:
        return upcast(self.dtype, *(other.dtype for other in others))

    def values_eq_approx(self, a: Any, b: Any, tolerance: float = 1e-4) -> bool:
        return bool(np.isclose(a, b, rtol=tolerance, atol=0, equal_nan=True))

    def get_shape_info(self, obj: Any) -> int:
        """How many bytes a value takes, for a profile."""
        return int(obj.itemsize)

    def get_size(self, shape_info: int) -> int:
        """How many bytes that is."""
        return shape_info

    def dtype_specs(self) -> tuple[type, str, str]:
        """NumPy's scalar type, the C type and the NumPy type number, as C code spells them."""
        return np.dtype(self.dtype).type, f"npy_{self.dtype}", f"NPY_{self.dtype.upper()}"


@cache
def _scalar_type(dtype: str) -> Scalar:
    return Scalar(dtype)


def get_scalar_type(dtype: str) -> Scalar:
    """The one type of scalars of ``dtype``."""
    return _scalar_type(resolve(dtype))


def constant(x: Any, name: str | None = None, dtype: str | None = None) -> ScalarConstant:
    """A number as a constant, by default of the dtype that the cast policy gives it."""
    kind = scalar_constant_dtype(x) if dtype is None else resolve(dtype)
    made: ScalarConstant = ScalarConstant(get_scalar_type(kind), np.asarray(x).astype(kind)[()], name=name)
    return made


def zero_gradient(x: Any) -> ScalarConstant:
    """The gradient of a scalar variable into which nothing flows."""
    return constant(0.0, dtype=x.type.dtype if is_continuous(x.type.dtype) else config.floatX)


def as_scalar(x: Any, name: str | None = None) -> Any:
    """``x`` as a scalar variable."""
    if isinstance(x, Variable):
        if not isinstance(x.type, Scalar):
            raise VariableTypeError(f"a scalar is needed, a variable of type {x.type} was given; did you mean theano.tensor's function?")
        return x
    return constant(x, name)


int8, int16, int32, int64 = map(get_scalar_type, ("int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = map(get_scalar_type, ("uint8", "uint16", "uint32", "uint64"))
float16, float32, float64 = map(get_scalar_type, ("float16", "float32", "float64"))
complex64, complex128 = map(get_scalar_type, ("complex64", "complex128"))
TYPES = {dtype: get_scalar_type(dtype) for dtype in ALL}
"""The scalar types by dtype, bool's too."""

int_types, uint_types, integer_types, float_types, complex_types, discrete_types, continuous_types, all_types = (
    tuple(TYPES[dtype] for dtype in group) for group in (SIGNED, UNSIGNED, INTEGERS, FLOATS, COMPLEX, DISCRETE, CONTINUOUS, ALL)
)


def _several(kind: Scalar) -> Callable[..., Any]:
    def variables(*names: Any) -> Any:
        wanted = [None] * names[0] if len(names) == 1 and isinstance(names[0], int) else names
        made = [kind(name) for name in wanted]
        return made[0] if len(names) == 1 and not isinstance(names[0], int) else made

    variables.__doc__ = f"{kind} variables, from their names or their number."
    return variables


ints, floats, complexs, complexs64, complexs128 = map(_several, (int64, float64, complex128, complex64, complex128))


def cast(x: Any, dtype: Any) -> Any:
    """``x`` as a scalar variable of ``dtype``."""
    x = as_scalar(x)
    return x if x.type.dtype == resolve(dtype) else OPS[f"convert_to_{resolve(dtype)}"](x)


def as_common_dtype(*vars: Any) -> tuple[Any, ...]:
    """Scalar variables cast to their common dtype.

    >>> as_common_dtype(int8("n"), float32("x"))[0].type
    float32
    """
    operands = [as_scalar(x) for x in vars]
    return tuple(cast(x, upcast(*(v.type.dtype for v in operands))) for x in operands)


def convert(x: Any, dtype: Any = None) -> Any:
    """A number as an array of rank 0, by default of the dtype that the cast policy gives it."""
    return np.asarray(x).astype(scalar_constant_dtype(x) if dtype is None else resolve(dtype))
