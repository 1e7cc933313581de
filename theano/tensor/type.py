"""The type of tensors: a dtype, and for each dimension whether it is known to have size 1.

A dimension of size 1 stretches against others only if its *type* says so: ``broadcastable[d]`` is a fact about every
value of the type.  Sizes other than 1 are no part of a type; where they are known from the graph they stand
beside the variable (``variable.static_shape``).

>>> matrix = TensorType("float32", (False, False))
>>> matrix
TensorType(float32, matrix)
>>> matrix.filter([[1, 2], [3, 4]]).dtype
dtype('float32')
>>> matrix == TensorType("float32", [0, 0])
True
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theano.dtypes import can_hold, resolve
from theano.errors import DTypeError, VariableTypeError, message, with_article
from theano.flags import config
from theano.graph import PureType, Type, Variable
from theano.scalar.types import Scalar, get_scalar_type
from theano.tensor import cures

Pattern = tuple[bool, ...]
Array = NDArray[Any]

RANK_NAMES: dict[Pattern, str] = {
    (): "scalar",
    (False,): "vector",
    (False, True): "col",
    (True, False): "row",
    (False, False): "matrix",
}


def is_masked(value: Any) -> bool:
    """Whether it is a masked array; where nobody has imported ``numpy.ma``, which takes a while, there is none."""
    masked = sys.modules.get("numpy.ma")
    return masked is not None and isinstance(value, masked.MaskedArray)


class AsTensorError(VariableTypeError):
    """Something is no tensor and cannot become one."""


class TensorType(Type):
    """Arrays of ``dtype`` with ``len(broadcastable)`` dimensions, of size 1 where ``broadcastable`` is true.

    ``dtype`` may be ``"floatX"``.  Calling a type makes a variable of it.  Two types are equal if class, dtype
    and pattern are; ``name`` is only for printing.

    >>> TensorType("int64", (True, False))("x").broadcastable
    (True, False)
    """

    dtype: str
    broadcastable: Pattern
    ndim: int

    def __init__(self, dtype: Any, broadcastable: Any, name: str | None = None, sparse_grad: bool = False) -> None:
        self.dtype = resolve(dtype)
        if not isinstance(broadcastable, Iterable):
            text = f"the pattern of a TensorType says for each dimension whether it broadcasts, it is no {type(broadcastable).__name__}"
            raise TypeError(message(text, cure="for rank 2 write TensorType(dtype, (False, False))"))
        self.broadcastable = tuple(map(bool, broadcastable))
        self.ndim = len(self.broadcastable)
        self.name = name
        self.sparse_grad = sparse_grad
        self.numpy_dtype = np.dtype(self.dtype)
        self._hash = hash((type(self), self.dtype, self.broadcastable))

    # ------------------------------------------------------------------------------------ identity

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.broadcastable == other.broadcastable
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if self.name:
            return self.name
        name = RANK_NAMES.get(self.broadcastable)
        if name is None:
            name = str(self.broadcastable) if any(self.broadcastable) else f"{self.ndim}D"
        return f"{type(self).__name__}({self.dtype}, {name})"

    __repr__ = __str__

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in ("_hash", "numpy_dtype")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.numpy_dtype = np.dtype(self.dtype)
        self._hash = hash((type(self), self.dtype, self.broadcastable))

    def clone(self, dtype: Any = None, broadcastable: Iterable[Any] | None = None) -> Any:  # type: ignore[override]
        """This type with another dtype or pattern."""
        new_dtype = self.dtype if dtype is None else dtype
        pattern = self.broadcastable if broadcastable is None else tuple(map(bool, broadcastable))
        if type(self) is TensorType:
            return tensor_type(new_dtype, pattern)
        return type(self)(new_dtype, pattern, name=self.name, sparse_grad=self.sparse_grad)

    def in_same_class(self, other: PureType) -> bool:
        return isinstance(other, TensorType) and other.dtype == self.dtype and other.broadcastable == self.broadcastable

    def is_super(self, other: PureType) -> bool:
        """Every value of ``other`` is one of this type."""
        return (
            isinstance(other, TensorType)
            and other.dtype == self.dtype
            and other.ndim == self.ndim
            and all(theirs or not ours for ours, theirs in zip(self.broadcastable, other.broadcastable, strict=True))
        )

    # ------------------------------------------------------------------------------------ variables

    def convert_variable(self, var: Variable) -> Any:
        """``var`` with this pattern if its type is a special or a more general case of this one, else None."""
        theirs = var.type
        if self.is_super(theirs) or (isinstance(theirs, TensorType) and theirs.is_super(self)):
            from theano.tensor.shapes import patternbroadcast

            return patternbroadcast(var, self.broadcastable)
        return None

    # ------------------------------------------------------------------------------------ values

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Array:
        """``data`` as an aligned native array of this type.

        An array of this dtype passes as it is, one of a dtype that this one holds without loss is converted; any other
        array is refused, even if its values would fit.  Data that is no array is converted if that loses nothing; a
        Python float fits ``floatX``.  ``allow_downcast=True`` casts everything; ``strict`` takes arrays of this dtype only.

        >>> TensorType("int8", (False,)).filter([1, 2])
        array([1, 2], dtype=int8)
        >>> TensorType("float32", (False,)).filter(np.arange(2))
        Traceback (most recent call last):
            ...
        theano.errors.DTypeError: a value of dtype float32 is needed, an array of int64 was given
          did you mean allow_downcast=True, or value.astype('float32')?
        """
        if type(data) is np.ndarray and data.dtype is self.numpy_dtype:
            array = data
        elif isinstance(data, Variable):
            rows = [("given", data.name or "", str(data.type))]
            raise VariableTypeError(message("a value is needed, a symbolic variable was given", rows, cures.for_variable(data)))
        else:
            array = self._convert(data, strict, allow_downcast)
        if array.ndim != self.ndim:
            headline = f"a value of rank {self.ndim} is needed, one of shape {array.shape} was given"
            raise VariableTypeError(message(headline, cure=cures.for_rank(array.shape, self.ndim)))
        for axis, fixed in enumerate(self.broadcastable):
            if fixed and array.shape[axis] != 1:
                headline = f"the size of dimension {axis} must be 1, a value of shape {array.shape} was given"
                cure = "take one entry of that dimension, or declare the variable without that broadcastable dimension"
                raise VariableTypeError(message(headline, [("needed", "", str(self))], cure))
        return array if array.flags.aligned else array.copy()

    def _convert(self, value: Any, strict: bool, allow_downcast: bool | None) -> Array:
        """An array of this dtype, by the rules of :meth:`filter`."""
        dtype = self.numpy_dtype
        if is_masked(value):
            raise DTypeError(message("a masked array is no tensor: its mask would be lost", cure="did you mean value.filled(0)?"))
        if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
            value = np.from_dlpack(value)
        if isinstance(value, np.ndarray):
            array = np.asarray(value)
            if array.dtype == dtype:
                return array
            if strict:
                text = f"strict: an array of dtype {dtype} is needed, one of {array.dtype} was given"
                raise DTypeError(message(text, cure=f"did you mean value.astype('{dtype}')?"))
            if allow_downcast or (array.dtype.kind in "biufc" and can_hold(self.dtype, array.dtype.name)):
                return array.astype(dtype)
            text = f"a value of dtype {dtype} is needed, an array of {array.dtype} was given"
            raise DTypeError(message(text, cure=cures.for_array(array, dtype)))
        if strict:
            text = f"strict: an array of dtype {dtype} is needed, {with_article(type(value).__name__)} was given"
            raise DTypeError(message(text, cure=f"did you mean numpy.asarray(value, {dtype.name!r})?"))
        try:
            array = array_of(value)
        except ValueError as error:
            cure = "all its rows must have the same length"
            raise DTypeError(message(f"the given {type(value).__name__} is no array: {error}", cure=cure)) from error
        except TypeError as error:  # a variable is among its entries
            raise self._no_numbers(value) from error
        if array.dtype.kind not in "biufc" and not (allow_downcast and array.dtype.kind == "O"):
            raise self._no_numbers(value)
        floatx_number = type(value) is float and allow_downcast is None and self.dtype == config.floatX
        with np.errstate(all="ignore"):
            if allow_downcast or floatx_number or _is_lossless(array, dtype):
                return array.astype(dtype)
        raise DTypeError(
            message(
                f"a value of dtype {dtype} is needed, and {value!r:.60} cannot be converted to it without loss",
                cure="did you mean allow_downcast=True?",
            )
        )

    def _no_numbers(self, value: Any) -> DTypeError:
        headline = f"a value of dtype {self.numpy_dtype} is needed, {with_article(type(value).__name__)} was given: {value!r:.60}"
        return DTypeError(message(headline, cure=cures.for_object(value)))

    def value_zeros(self, shape: Sequence[int]) -> Array:
        return np.zeros(shape, dtype=self.dtype)

    def get_shape_info(self, obj: Array) -> tuple[int, ...]:
        return obj.shape

    def get_size(self, shape_info: tuple[int, ...]) -> int:
        """Bytes of a value of that shape."""
        return int(np.prod(shape_info, dtype=np.int64)) * self.numpy_dtype.itemsize

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)

    @staticmethod
    def values_eq(a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        """Equal shapes and elements; NaN equals NaN."""
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or (force_same_dtype and a.dtype != b.dtype):
            return False
        return bool(np.all((a == b) | ((a != a) & (b != b))))

    @staticmethod
    def values_eq_approx(
        a: Any,
        b: Any,
        allow_remove_inf: bool = False,
        allow_remove_nan: bool = False,
        rtol: float | None = None,
        atol: float | None = None,
    ) -> bool:
        return values_eq_approx(a, b, allow_remove_inf, allow_remove_nan, rtol, atol)

    # ------------------------------------------------------------------------------------ relatives

    def to_scalar_type(self) -> Any:
        """The scalar type of one element."""
        return get_scalar_type(dtype=self.dtype)

    def dtype_specs(self) -> tuple[type, str, str]:
        """NumPy's scalar type, the C type and the NumPy type number of an element, as C code spells them."""
        return self.numpy_dtype.type, f"npy_{self.dtype}", f"NPY_{self.dtype.upper()}"


def array_dtype(kind: Any) -> str:
    """The dtype of the arrays that hold values of type ``kind``: ``object`` for what is no array to native code, whatever
    attributes a type of the user's may have.

    >>> from theano.graph import generic
    >>> array_dtype(TensorType("int8", ())), array_dtype(generic)
    ('int8', 'object')
    """
    return kind.dtype if isinstance(kind, TensorType | Scalar) else "object"


TOLERANCE = {"float16": 5e-3, "float32": 1e-5, "complex64": 1e-5, "float64": 1e-8, "complex128": 1e-8}
"""Relative and absolute tolerance of approximate equality; the coarser dtype of two decides."""


def values_eq_approx(
    a: Any,
    b: Any,
    allow_remove_inf: bool = False,
    allow_remove_nan: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
) -> bool:
    """Equal within rounding.  ``allow_remove_nan``: a NaN on either side matches everything, so with ``_inf``."""
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)) or a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind in "biu":
        return bool(np.array_equal(a, b))
    default = TOLERANCE.get(a.dtype.name, 1e-8)
    close = np.isclose(a, b, rtol=default if rtol is None else rtol, atol=default if atol is None else atol, equal_nan=True)
    if allow_remove_nan:
        close |= np.isnan(a) | np.isnan(b)
    if allow_remove_inf:
        close |= np.isinf(a) | np.isinf(b)
    return bool(np.all(close))


def values_eq_approx_remove_inf(a: Any, b: Any) -> bool:
    return values_eq_approx(a, b, allow_remove_inf=True)


def values_eq_approx_remove_nan(a: Any, b: Any) -> bool:
    return values_eq_approx(a, b, allow_remove_nan=True)


def values_eq_approx_remove_inf_nan(a: Any, b: Any) -> bool:
    return values_eq_approx(a, b, allow_remove_inf=True, allow_remove_nan=True)


def values_eq_approx_always_true(a: Any, b: Any) -> bool:
    return True


def array_of(value: Any, dtype: str | None = None) -> Array:
    """A new C-contiguous array of a list or whatever else; ValueError if it is ragged, of which NumPy before 1.24 only warns."""
    warning = getattr(np, "VisibleDeprecationWarning", None)
    if warning is None or not isinstance(value, (list, tuple)):
        return np.array(value, dtype=dtype, order="C")
    with warnings.catch_warnings():
        warnings.simplefilter("error", warning)
        try:
            return np.array(value, dtype=dtype, order="C")
        except warning as error:
            raise ValueError(str(error)) from None


def _is_lossless(array: Array, dtype: np.dtype[Any]) -> bool:
    """Converting ``array`` to ``dtype`` and back gives ``array``; complex numbers never become real."""
    if array.dtype == dtype:
        return True
    if array.dtype.kind == "c" and dtype.kind != "c":
        return False
    there = array.astype(dtype)
    back = there.astype(array.dtype)
    same = (back == array) & (there == array)
    return bool(np.all(same | ((array != array) & (there != there))))


_INTERNED: dict[tuple[str, Pattern], TensorType] = {}


def tensor_type(dtype: str, broadcastable: Pattern) -> TensorType:
    """The one :class:`TensorType` of this dtype and pattern: construction of a node asks for it instead of making one."""
    try:
        return _INTERNED[dtype, broadcastable]
    except KeyError:
        made = TensorType(dtype, broadcastable)
        return _INTERNED.setdefault((made.dtype, made.broadcastable), made)


__all__ = [
    "AsTensorError",
    "TensorType",
    "values_eq_approx",
    "values_eq_approx_always_true",
    "values_eq_approx_remove_inf",
    "values_eq_approx_remove_inf_nan",
    "values_eq_approx_remove_nan",
]
