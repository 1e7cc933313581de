"""From anything to a tensor variable: constants, and the dtypes that Python numbers take in expressions.

A NumPy array or scalar keeps its dtype.  What a Python number becomes is the business of ``config.cast_policy``
(:func:`theano.dtypes.scalar_constant_dtype`), except inside :func:`weak_constants`, where numbers take the dtype of
the variables they meet: gradient and rewrite rules are written there, so that their literals never widen anything.

>>> as_tensor_variable(1.5).type
TensorType(float32, scalar)
>>> constant([[1, 2, 3]]).type
TensorType(int64, row)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from theano.dtypes import COMPLEX, CONTINUOUS, INTEGERS, complex_of, resolve, scalar_constant_dtype, upcast
from theano.errors import message
from theano.flags import config
from theano.graph import Apply, Variable
from theano.scalar import Scalar
from theano.tensor.type import Array, AsTensorError, TensorType, array_of, is_masked, tensor_type
from theano.tensor.variable import TensorConstant

NUMBERS = frozenset({int, float, complex})
"""Python numbers, by exact class: ``np.float64`` is a float too, but no Python number."""


_WEAK: ContextVar[bool] = ContextVar("weak_constants", default=False)


@contextmanager
def weak_constants() -> Iterator[None]:
    """Inside, a number that meets variables in an elementwise operation takes their dtype.

    >>> from theano.tensor import fvector
    >>> with weak_constants():
    ...     (fvector() * 0.1).dtype
    'float32'
    """
    token = _WEAK.set(True)
    try:
        yield
    finally:
        _WEAK.reset(token)


def as_operands(values: Sequence[Any]) -> list[Any]:
    """The arguments of an elementwise operation as tensor variables."""
    ready = [v if isinstance(v, Variable) and type(v.type) is TensorType else None for v in values]
    if None not in ready:  # variables compare by identity
        return ready
    weak = _WEAK.get()
    if weak or config.cast_policy == "weak":
        return _weak_operands(values, weak)
    return [as_tensor_variable(v) for v in values]


def fit_integers(given: Sequence[Any], operands: Sequence[Any]) -> list[Any] | None:
    """``operands`` with Python's integers in the one integer dtype of the others, where that holds them; None if nothing changes.

    An int8 of the literal 63 and a vector of uint64 have no integer dtype in common, but ``x >> 63`` has a meaning."""
    plain = [type(v) is int for v in given]
    dtypes = {v.type.dtype for v, is_plain in zip(operands, plain) if not is_plain}
    if len(dtypes) != 1 or not any(plain) or (dtype := dtypes.pop()) not in INTEGERS:
        return None
    limits = np.iinfo(dtype)
    if not all(limits.min <= v <= limits.max for v, is_plain in zip(given, plain) if is_plain):
        return None
    return [constant(v, dtype=dtype) if is_plain else x for v, x, is_plain in zip(given, operands, plain)]


def _weak_operands(values: Sequence[Any], in_a_rule: bool) -> list[Any]:
    """As :func:`as_operands`; numbers take the dtype of the others.  ``in_a_rule``: so do NumPy's scalars, into which functions of
    literals (``sqrt(2)``) turn."""
    loose = [type(v) in NUMBERS or (in_a_rule and isinstance(v, np.number)) for v in values]
    strong = [None if is_loose else as_tensor_variable(v) for v, is_loose in zip(values, loose)]
    dtypes = [v.type.dtype for v in strong if v is not None]
    if not dtypes or not any(loose):
        return [as_tensor_variable(v) for v in values]

    def dtype_of(number: Any) -> str:
        return _rule_dtype(number, upcast(*dtypes)) if in_a_rule else scalar_constant_dtype(number, *dtypes)

    return [constant(v, dtype=dtype_of(v)) if s is None else s for v, s in zip(values, strong)]


def _rule_dtype(number: Any, companion: str) -> str:
    """``companion`` if numbers of that kind can be of it, else the least dtype of the right kind."""
    if np.iscomplexobj(number):
        return companion if companion in COMPLEX else complex_of(companion if companion in CONTINUOUS else config.floatX)
    if isinstance(number, (float, np.floating)):
        return companion if companion in CONTINUOUS else str(config.floatX)
    return "int8" if companion == "bool" else companion


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """``x`` as a tensor variable: a tensor variable as it is, anything that NumPy makes an array of as a constant.

    A list that holds variables becomes a stack of them.  ``ndim``: broadcastable dimensions are added or taken
    away on the left until the rank is that.

    Raises :class:`AsTensorError` (a TypeError) if it cannot be done; ``True`` and ``False`` are refused, ``np.array(True)`` is not.
    """
    if isinstance(x, Variable):
        if isinstance(x.type, TensorType):
            return x if ndim is None or x.type.ndim == ndim else _with_rank(x, ndim)
        if isinstance(x.type, Scalar):
            from theano.tensor.from_scalar import tensor_from_scalar

            return as_tensor_variable(tensor_from_scalar(x), name, ndim)
        if not hasattr(x, "_as_TensorVariable"):
            raise AsTensorError(message("a tensor is needed, this variable is none", [("given", x.name or str(x), str(x.type))]))
    if isinstance(x, Apply):
        if len(x.outputs) != 1 and x.op.default_output is None:
            raise ValueError(message(f"{x.op} has {len(x.outputs)} outputs and no default one", cure="choose one of node.outputs"))
        return as_tensor_variable(x.default_output(), name, ndim)
    if hasattr(x, "_as_TensorVariable"):
        return as_tensor_variable(x._as_TensorVariable(), name, ndim)
    if isinstance(x, (list, tuple)) and _holds_variables(x):
        from theano.tensor import stack

        return as_tensor_variable(stack(list(x)), name, ndim)
    if isinstance(x, bool):
        raise AsTensorError(message(f"{x} is no tensor", cure=f"np.array({x}) is"))
    return constant(x, name=name, ndim=ndim)


as_tensor = as_tensor_variable


def _holds_variables(items: Sequence[Any]) -> bool:
    return any(isinstance(item, Variable) or (isinstance(item, (list, tuple)) and _holds_variables(item)) for item in items)


def _with_rank(x: Any, ndim: int) -> Any:
    """``x`` with dimensions of size 1 taken away or added on the left."""
    surplus = x.type.ndim - ndim
    if surplus < 0:
        return x.dimshuffle(*["x"] * -surplus, *range(x.type.ndim))
    if not all(x.type.broadcastable[:surplus]):
        raise ValueError(
            message(f"a tensor of rank {ndim} is needed, and the leading dimensions may not be 1", [("given", x.name, x.type)])
        )
    return x.dimshuffle(*range(surplus, x.type.ndim))


def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None) -> TensorConstant:
    """A constant holding a copy of ``x``.  Dimensions of size 1 are broadcastable.

    >>> constant(200).dtype, constant(np.int32(200)).dtype, constant(2, dtype="float32").dtype
    ('int16', 'int32', 'float32')
    """
    wanted = None if dtype is None else resolve(dtype)
    if type(x) in NUMBERS:
        wanted = wanted or scalar_constant_dtype(x)
        array = np.array(x, dtype=wanted)
    else:
        array = _array(x, wanted)
    if ndim is not None and array.ndim != ndim:
        surplus = array.ndim - ndim
        if surplus > 0 and array.shape[:surplus] != (1,) * surplus:
            raise ValueError(message(f"a constant of rank {ndim} is needed, {x!r:.60} has shape {array.shape}"))
        array = array.reshape(array.shape[max(surplus, 0) :]) if surplus > 0 else array.reshape((1,) * -surplus + array.shape)
    return TensorConstant(tensor_type(wanted or array.dtype.name, tuple([n == 1 for n in array.shape])), array, name=name)


def _array(x: Any, dtype: str | None) -> Array:
    """A native, aligned copy of ``x``."""
    if is_masked(x):
        raise AsTensorError(message("a masked array is no tensor: its mask would be lost"))
    try:
        array = array_of(x, dtype)
    except (ValueError, TypeError) as error:
        raise AsTensorError(message(f"cannot make a tensor of {x!r:.60} ({type(x).__name__}): {error}")) from error
    if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16 or array.dtype.name in ("longdouble", "float128"):
        raise AsTensorError(message(f"cannot make a tensor of {x!r:.60} ({type(x).__name__})"))
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def get_vector_length(v: Any) -> int:
    """The number of elements of a vector, where the graph tells it; else ValueError."""
    v = as_tensor_variable(v)
    if v.type.ndim != 1:
        raise TypeError(message(f"a vector is needed, not a tensor of rank {v.type.ndim}", [("given", v.name or str(v), v.type)]))
    length: int | None = v.static_shape[0]
    if length is None:
        raise ValueError(message("the length of this vector is not known before the function runs", [("given", v.name or str(v), v.type)]))
    return length


__all__ = [
    "as_tensor",
    "as_tensor_variable",
    "constant",
    "get_vector_length",
    "weak_constants",
]
