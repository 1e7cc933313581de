"""Names of dtypes, and the rules by which they combine.

A dtype is a ``str`` ("float32"), everywhere.  This room holds the promotion of variables (:func:`upcast`), the dtype of
constants (:func:`scalar_constant_dtype`) under the three values of ``config.cast_policy``, and the result rules that elementwise
operations are declared with.  A rule maps the dtypes of the arguments to a tuple of the dtypes of the results, or raises
:class:`~theano.errors.DTypeError`.  Only flags and errors stand before it.

>>> upcast("int32", "float32")
'float64'
>>> scalar_constant_dtype(200), scalar_constant_dtype(0.5)
('int16', 'float32')
>>> quotient_out("int8", "int8")
('float64',)
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

import numpy as np

from theano.errors import DTypeError, did_you_mean, message
from theano.flags import config

SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
CONTINUOUS = FLOATS + COMPLEX
DISCRETE = ("bool", *INTEGERS)
ALL = DISCRETE + CONTINUOUS

Rule = Callable[..., tuple[str, ...]]


def is_bool(dtype: str) -> bool:
    return dtype == "bool"


def is_signed(dtype: str) -> bool:
    return dtype in SIGNED


def is_unsigned(dtype: str) -> bool:
    return dtype in UNSIGNED


def is_integer(dtype: str) -> bool:
    """Whether ``dtype`` is an integer type; bool is none."""
    return dtype in INTEGERS


def is_discrete(dtype: str) -> bool:
    """Whether ``dtype`` is an integer type or bool."""
    return dtype in DISCRETE


def is_float(dtype: str) -> bool:
    return dtype in FLOATS


def is_complex(dtype: str) -> bool:
    return dtype in COMPLEX


def is_continuous(dtype: str) -> bool:
    """Whether ``dtype`` is a float or complex type: those that carry gradients."""
    return dtype in CONTINUOUS


def itemsize(dtype: str) -> int:
    return np.dtype(dtype).itemsize


@cache
def canonical(dtype: str) -> str:
    """The name of a dtype given as any NumPy spelling; ``floatX`` must be resolved before.

    >>> canonical("d"), canonical("int")
    ('float64', 'int64')
    """
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = ""
    if name not in ALL:
        raise DTypeError(message(f"{dtype!r} is not a dtype of tensors; those are {', '.join(ALL)}", cure=did_you_mean(dtype, ALL)))
    return name


def _asarray(a: Any, dtype: Any, order: Any = None) -> Any:
    """``numpy.asarray`` of exactly this dtype, in native byte order; "floatX" is the flag's.

    NumPy has dtypes that are equal and not the same (``long`` and ``longlong``); generated code tells them apart.

    >>> _asarray([1, 2], "floatX").dtype
    dtype('float64')
    """
    try:
        wanted = np.dtype(config.floatX if isinstance(dtype, str) and dtype == "floatX" else dtype).newbyteorder("=")
    except TypeError:
        raise DTypeError(message(f"_asarray: dtype is {dtype!r}, which is none", cure=did_you_mean(str(dtype), ALL))) from None
    array = np.asarray(a, dtype=wanted, order=order)
    return array if array.dtype.num == wanted.num else array.view(wanted)


def resolve(dtype: Any) -> str:
    """The name of ``dtype``: 'floatX' by its flag, NumPy dtypes and scalar classes by their name."""
    if dtype in ALL:
        return str(dtype)
    if isinstance(dtype, str):
        return str(config.floatX) if dtype == "floatX" else canonical(dtype)
    return canonical(np.dtype(dtype).name)


# --- promotion of variables


def upcast(dtype: str, *dtypes: str) -> str:
    """The dtype that holds all of these, by NumPy's table for arrays, folded from the left.

    Under ``cast_policy='numpy+floatX'`` a float64 that no argument asks for falls to ``floatX``, but never below the
    widest float among the arguments.
    """
    joined: str = _joined(dtype, *dtypes)
    if joined == "float64" and dtypes and config.cast_policy == "numpy+floatX" and "float64" not in (dtype, *dtypes):
        return _joined(config.floatX, *(d for d in (dtype, *dtypes) if d in FLOATS))
    return joined


@cache
def _joined(first: str, *rest: str) -> str:
    joined = np.dtype(first)
    for dtype in rest:
        joined = np.promote_types(joined, dtype)
    return str(joined)


def can_hold(dtype: str, other: str) -> bool:
    """Whether every value of ``other`` converts to ``dtype`` without a downcast: the rule for inputs of functions."""
    return dtype == other or _joined(dtype, other) == dtype


# --- constants

_AUTOCAST: ContextVar[tuple[str, ...]] = ContextVar("autocast", default=("float32", "float64"))


class autocast_float_as:
    """In a ``with`` block, a Python float becomes the first of these dtypes in which it is exact, or the last.

    >>> with autocast_float_as("float32"):
    ...     scalar_constant_dtype(0.1)
    'float32'
    """

    def __init__(self, *dtypes: str) -> None:
        self.dtypes = tuple(map(resolve, dtypes))

    def __enter__(self) -> None:
        self._before = _AUTOCAST.set(self.dtypes)

    def __exit__(self, *args: Any) -> None:
        _AUTOCAST.reset(self._before)


def scalar_constant_dtype(number: Any, *others: str) -> str:
    """The dtype of a number used as a constant.

    NumPy scalars and 0-d arrays keep their own dtype; Python numbers follow ``config.cast_policy``:
    ``custom``
        an int takes the smallest signed type that holds it (then uint64); a float is float32 if that is exact, else
        float64, and always ``floatX`` if that is narrower than float64.
    ``numpy+floatX``
        an int is int64, a float is ``floatX``.
    ``weak``
        the number takes the dtype that makes the promotion with the dtypes ``others`` of its companions not widen: an int among ints is
        of their type, any real among floats of their type.  Alone, as ``numpy+floatX``.
    """
    if isinstance(number, (np.generic, np.ndarray)):  # before float: np.float64 is a Python float
        return str(number.dtype.name)
    if isinstance(number, bool):
        return "bool"
    if isinstance(number, int):
        return _int_dtype(number, others)
    if isinstance(number, float):
        return _float_dtype(number, others)
    if isinstance(number, complex):
        return _complex_dtype(others)
    raise DTypeError(f"{number!r} is not a number")


def _int_dtype(number: int, others: tuple[str, ...]) -> str:
    policy = config.cast_policy
    if policy == "weak" and others:
        companion = upcast(*others)
        if companion != "bool":
            if companion in INTEGERS and not np.iinfo(companion).min <= number <= np.iinfo(companion).max:
                raise DTypeError(f"{number} does not fit {companion}; under cast_policy='weak' a Python int never widens its companions")
            return companion
    candidates: tuple[str, ...] = SIGNED if policy == "custom" else ("int64",)
    for dtype in (*candidates, "uint64"):
        if np.iinfo(dtype).min <= number <= np.iinfo(dtype).max:
            return dtype
    raise DTypeError(f"an int of {number.bit_length()} bits does not fit any integer dtype; write it as a float")


def _float_dtype(number: float, others: tuple[str, ...]) -> str:
    floatX = str(config.floatX)
    if config.cast_policy == "weak" and others:
        companion = upcast(*others)
        return companion if companion in CONTINUOUS else floatX
    allowed = _AUTOCAST.get()
    if config.cast_policy != "custom" or (floatX != "float64" and (floatX in allowed or floatX == "float16")):
        return floatX
    with np.errstate(over="ignore"):
        return next((dtype for dtype in allowed if float(np.dtype(dtype).type(number)) == number), allowed[-1])


def _complex_dtype(others: tuple[str, ...]) -> str:
    if config.cast_policy == "weak" and others:
        return complex_of(upcast(*others)) if upcast(*others) in CONTINUOUS else complex_of(config.floatX)
    return "complex128"


# --- single dtypes


def float_of(dtype: str) -> str:
    """The float or complex dtype in which functions of a ``dtype`` argument are computed.

    >>> float_of("uint16"), float_of("int32"), float_of("float16")
    ('float32', 'float64', 'float16')
    """
    if dtype in CONTINUOUS:
        return dtype
    return "float32" if dtype in ("bool", "int8", "int16", "uint8", "uint16") else "float64"


def real_of(dtype: str) -> str:
    """The dtype of the parts of a complex dtype; others are their own."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def complex_of(dtype: str) -> str:
    """The complex dtype whose parts hold a ``dtype``."""
    if dtype in COMPLEX:
        return dtype
    return "complex64" if float_of(dtype) in ("float16", "float32") else "complex128"


def reduction_dtype(dtype: str) -> str:
    """The dtype of a sum or product: 64 bits for bool and integers, floats as they are."""
    if dtype == "bool" or dtype in SIGNED:
        return "int64"
    return "uint64" if dtype in UNSIGNED else dtype


def accumulator_dtype(dtype: str) -> str:
    """The dtype in which sums and products of a ``dtype`` are accumulated.

    >>> accumulator_dtype("float32"), accumulator_dtype("float16"), accumulator_dtype("uint8")
    ('float64', 'float32', 'uint64')
    """
    wider = {"float16": "float32", "float32": "float64", "complex64": "complex128"}
    return wider.get(dtype) or reduction_dtype(dtype)


# --- result rules of elementwise operations


def upcast_out(*dtypes: str) -> tuple[str, ...]:
    """The common dtype of the arguments."""
    return (upcast(*dtypes),)


def same_out(*dtypes: str) -> tuple[str, ...]:
    """The dtype of the first argument."""
    return (dtypes[0],)


def bool_out(*dtypes: str) -> tuple[str, ...]:
    return ("bool",)


def int64_out(*dtypes: str) -> tuple[str, ...]:
    return ("int64",)


def float64_out(*dtypes: str) -> tuple[str, ...]:
    return ("float64",)


def upgrade_to_float(*dtypes: str) -> tuple[str, ...]:
    """Each argument raised to a float that suits it (:func:`float_of`), then their common dtype: exp, arctan2 ..."""
    return (upcast(*map(float_of, dtypes)),)


def real_out(*dtypes: str) -> tuple[str, ...]:
    """The dtype of the first argument, or of its parts if it is complex: abs, real, imag."""
    return (real_of(dtypes[0]),)


def conjugate_out(*dtypes: str) -> tuple[str, ...]:
    """The dtype of the argument, int8 for bool."""
    return ("int8" if dtypes[0] == "bool" else dtypes[0],)


def complex_out(*dtypes: str) -> tuple[str, ...]:
    """The complex dtype of two real parts."""
    refuse("a complex part", dtypes, COMPLEX)
    return (complex_of(upcast(*dtypes)),)


def power_out(*dtypes: str) -> tuple[str, ...]:
    """The common dtype, but at least int8."""
    return (upcast("int8", *dtypes) if set(dtypes) == {"bool"} else upcast(*dtypes),)


def difference_out(*dtypes: str) -> tuple[str, ...]:
    """The common dtype; the difference of two bools is refused."""
    if set(dtypes) == {"bool"}:
        raise DTypeError("the difference of two bools is not defined; use xor(a, b) or eq, or cast one of them")
    return (upcast(*dtypes),)


def quotient_out(*dtypes: str) -> tuple[str, ...]:
    """True division: ``floatX`` if all arguments are integers or bool, else the common dtype."""
    return (str(config.floatX) if all(d in DISCRETE for d in dtypes) else upcast(*dtypes),)


def bitwise_out(*dtypes: str) -> tuple[str, ...]:
    """Bools among themselves (logical), or integers among themselves (bitwise) that have a common integer dtype."""
    if set(dtypes) == {"bool"}:
        return ("bool",)
    if not all(d in INTEGERS for d in dtypes):
        raise DTypeError(
            f"logical and bitwise operations take bools only or integers only, not {', '.join(dtypes)}; cast the arguments first"
        )
    common = upcast(*dtypes)
    if common not in INTEGERS:
        raise DTypeError(f"{' and '.join(dtypes)} have no common integer dtype, and {common} has no bits to work on; cast one of them")
    return (common,)


def refuse(what: str, dtypes: tuple[str, ...], refused: tuple[str, ...]) -> None:
    """Raise :class:`DTypeError` if one of ``dtypes`` is among the ``refused``."""
    for dtype in dtypes:
        if dtype in refused:
            raise DTypeError(f"{what} cannot be {dtype}; cast it first")


def without(rule: Rule, *refused: str) -> Rule:
    """``rule``, with arguments of the ``refused`` dtypes refused.

    >>> without(same_out, "bool")("int8")
    ('int8',)
    """

    def restricted(*dtypes: str) -> tuple[str, ...]:
        refuse("the argument", dtypes, refused)
        return rule(*dtypes)

    return restricted


shift_out = without(bitwise_out, "bool")
"""The common dtype of integers: shifts."""
upcast_real_out = without(upcast_out, *COMPLEX)
"""The common dtype, complex refused: floor division and modulus."""
upgrade_to_real_float = without(upgrade_to_float, *COMPLEX)
"""As :func:`upgrade_to_float`, complex refused: ceil, erfc ..."""
negatable_out = without(same_out, "bool")
"""The dtype of the argument, bool refused: neg."""
sign_out = without(same_out, "bool", *COMPLEX)
float_only_out = without(same_out, *DISCRETE, *COMPLEX)
"""The dtype of the argument, which must be a float: round."""
