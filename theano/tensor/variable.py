"""Tensor variables: operators and methods, and the two plain kinds of variable that have them.

:class:`TensorVariable` (inputs and results), :class:`TensorConstant` and ``TensorSharedVariable`` are siblings: each has the
methods of :class:`TensorOperators`, none is an instance of another.  Operators build elementwise nodes; ``==`` and ``!=``
compare identity, so variables may live in lists and dicts.

>>> from theano.tensor import dmatrix
>>> x = dmatrix("x")
>>> (x * 2 + 1).sum(axis=0).type
TensorType(float64, vector)
>>> x == x, x == dmatrix("x")
(True, False)
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theano.errors import DTypeError, message
from theano.flags import config
from theano.graph import Constant, Variable
from theano.graph.provenance import frames_outside
from theano.scalar import OPS
from theano.tensor.type import Array, AsTensorError, TensorType

StaticShape = tuple[int | None, ...]

UNDECIDED = frozenset({"lt", "le", "gt", "ge"})
"""Results of these refuse to be a truth value: ``if x < y`` and ``a < x < b`` cannot mean what they say."""


def _function(name: str) -> Callable[..., TensorVariable]:
    """The public tensor function of that name, found when it is called: every other file of this room needs this one."""
    import theano.tensor

    return getattr(theano.tensor, name)  # type: ignore[no-any-return]


def _unary(name: str) -> Callable[[Any], TensorVariable]:
    scalar_op = OPS[name]

    def method(self: Any) -> TensorVariable:
        result: TensorVariable = scalar_op(self)
        return result

    method.__doc__ = scalar_op.__doc__
    return method


def _binary(name: str, swap: bool = False) -> Callable[[Any, Any], TensorVariable]:
    scalar_op = OPS[name]

    def method(self: Any, other: Any) -> TensorVariable:
        try:
            result: TensorVariable = scalar_op(other, self) if swap else scalar_op(self, other)
        except AsTensorError:
            return NotImplemented  # type: ignore[no-any-return]
        return result

    method.__doc__ = scalar_op.__doc__
    return method


class TensorOperators:
    """What can be done with a tensor: operators, and methods named as NumPy's.  Each unary elementwise function is a method too."""

    type: TensorType
    owner: Any
    name: str | None
    _static: StaticShape | None = None

    # ------------------------------------------------------------------------------------ facts

    @property
    def dtype(self) -> str:
        return self.type.dtype

    @property
    def ndim(self) -> int:
        return self.type.ndim

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        return self.type.broadcastable

    @property
    def static_shape(self) -> StaticShape:
        """The sizes that are known from the graph, None for the others.  Kept beside the type, which only knows sizes 1."""
        return self._static or self._sizes_by_type()

    @static_shape.setter
    def static_shape(self, shape: Sequence[int | None]) -> None:
        known = tuple(1 if fixed else size for size, fixed in zip(shape, self.type.broadcastable, strict=True))
        self._static = known if known != self._sizes_by_type() else None

    def _sizes_by_type(self) -> StaticShape:
        return tuple(1 if fixed else None for fixed in self.type.broadcastable)

    @property
    def shape(self) -> TensorVariable:
        """The sizes as an int64 vector."""
        return _function("shape")(self)

    @property
    def size(self) -> TensorVariable:
        """The number of elements, int64."""
        if self.ndim == 0:
            return _function("constant")(1, dtype="int64")
        return self.shape[0] if self.ndim == 1 else self.shape.prod()

    # ------------------------------------------------------------------------------------ operators

    __array_priority__ = 1000

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's elementwise functions and operators applied to variables build the graph of the same meaning."""
        from theano.tensor.numpy_doors import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """NumPy's other functions applied to variables: so do these."""
        from theano.tensor.numpy_doors import apply_function

        return apply_function(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Refused, unless an array of objects is asked for: that holds the variable itself.  So it is inside of NumPy's functions, too,
        where only what is in a list gets (``__array_function__``): ``np.sum([cost, penalty])`` adds objects."""
        if dtype == np.dtype(object) or (dtype is None and sys._getframe(1).f_globals.get("__name__", "").startswith("numpy.")):
            holder = np.empty((), object)
            holder[()] = self
            return holder
        cure = "x.eval({input: value}) computes it once, theano.function([inputs], x) often; theano.tensor.stack joins variables"
        if hasattr(self, "get_value"):
            cure = "x.get_value() is the value that it has now"
        what = "a variable is no array: its value comes when a function runs"
        raise TypeError(message(what, [("given", self.name or str(self), str(self.type))], cure))

    def __elementwise__(self, op: Any, args: Sequence[Any]) -> Any:
        """Called by a scalar op that is applied to variables."""
        from theano.tensor.elemwise import elemwise

        return elemwise(op)(*args)

    __neg__, __abs__, __invert__ = _unary("neg"), _unary("abs_"), _unary("invert")
    __ceil__, __floor__, __trunc__ = _unary("ceil"), _unary("floor"), _unary("trunc")
    __add__, __radd__ = _binary("add"), _binary("add", swap=True)
    __sub__, __rsub__ = _binary("sub"), _binary("sub", swap=True)
    __mul__, __rmul__ = _binary("mul"), _binary("mul", swap=True)
    __truediv__, __rtruediv__ = _binary("true_div"), _binary("true_div", swap=True)
    __div__, __rdiv__ = __truediv__, __rtruediv__
    __floordiv__, __rfloordiv__ = _binary("int_div"), _binary("int_div", swap=True)
    __mod__, __rmod__ = _binary("mod"), _binary("mod", swap=True)
    __pow__, __rpow__ = _binary("pow"), _binary("pow", swap=True)
    __and__, __rand__ = _binary("and_"), _binary("and_", swap=True)
    __or__, __ror__ = _binary("or_"), _binary("or_", swap=True)
    __xor__, __rxor__ = _binary("xor"), _binary("xor", swap=True)
    __lshift__, __rlshift__ = _binary("left_shift"), _binary("left_shift", swap=True)
    __rshift__, __rrshift__ = _binary("right_shift"), _binary("right_shift", swap=True)
    __lt__, __le__, __gt__, __ge__ = _binary("lt"), _binary("le"), _binary("gt"), _binary("ge")

    def __divmod__(self, other: Any) -> tuple[TensorVariable, TensorVariable]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[TensorVariable, TensorVariable]:
        return other // self, other % self

    def __round__(self, ndigits: int | None = None) -> TensorVariable:
        from theano.tensor.numpy_doors import round_to

        return round_to(self, ndigits or 0)  # type: ignore[no-any-return]

    def __matmul__(self, other: Any) -> TensorVariable:
        return _function("matmul")(self, other)

    def __rmatmul__(self, other: Any) -> TensorVariable:
        return _function("matmul")(other, self)

    def __dot__(self, right: Any) -> TensorVariable:
        return _function("dot")(self, right)

    def __rdot__(self, left: Any) -> TensorVariable:
        return _function("dot")(left, self)

    def __bool__(self) -> bool:
        owner = self.owner
        if owner is not None and getattr(getattr(owner.op, "scalar_op", None), "name", None) in UNDECIDED:
            raise TypeError(
                message(
                    "a comparison of variables has no truth value before the function runs",
                    cure="theano.tensor.switch(condition, a, b) chooses element by element, theano.ifelse one of two graphs",
                )
            )
        return True

    __nonzero__ = __bool__

    def __int__(self) -> int:
        raise self._valueless("int")

    def __float__(self) -> float:
        raise self._valueless("float")

    def __index__(self) -> int:
        """What ``range``, lists and NumPy's functions ask for sizes and indices."""
        raise self._valueless("index", "T.arange, T.zeros and the like take variables, and theano.scan does variably many steps")

    def _valueless(self, kind: str, cure: str = "x.astype() converts x") -> TypeError:
        row = (str(self), self.type, self.origin)
        return TypeError(message(f"{kind}: a variable has no value before a function runs", [row], f"x.eval() computes it; {cure}"))

    def __getitem__(self, index: Any) -> TensorVariable:
        from theano.tensor.subtensor import getitem

        return getitem(self, index)  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            message(
                f"variables cannot be written to: {self.name or self}[...] = ...",
                cure="theano.tensor.set_subtensor(x[index], value) is a new variable, x with this part replaced",
            )
        )

    def __iter__(self) -> Iterator[TensorVariable]:
        if self.ndim == 0 or self.static_shape[0] is None:
            raise TypeError(
                message(
                    "only a tensor whose length is known from the graph can be iterated over",
                    [("given", self.name or str(self), str(self.type))],
                    cure="theano.scan iterates over an axis when the function runs",
                )
            )
        return (self[position] for position in range(self.static_shape[0]))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the methods installed from the scalar registry

    # ------------------------------------------------------------------------------------ elementwise

    def astype(self, dtype: Any) -> TensorVariable:
        return _function("cast")(self, dtype)

    def clip(self, a_min: Any, a_max: Any) -> TensorVariable:
        return _function("clip")(self, a_min, a_max)

    def round(self, mode: str | None = None) -> TensorVariable:
        return _function("round")(self, mode)

    def copy(self, name: str | None = None) -> TensorVariable:
        """A new variable of equal value; the tag stays behind."""
        copied = _function("tensor_copy")(self)
        copied.name = name
        return copied

    def fill(self, value: Any) -> TensorVariable:
        """A tensor of this shape and dtype full of ``value``."""
        return _function("fill")(self, value)

    def zeros_like(self, dtype: Any = None) -> TensorVariable:
        return _function("zeros_like")(self, dtype=dtype)

    def ones_like(self, dtype: Any = None) -> TensorVariable:
        return _function("ones_like")(self, dtype=dtype)

    @property
    def real(self) -> TensorVariable:
        return _function("real")(self)

    @property
    def imag(self) -> TensorVariable:
        return _function("imag")(self)

    def conjugate(self) -> TensorVariable:
        return _function("conj")(self)

    # ------------------------------------------------------------------------------------ reductions

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> TensorVariable:
        return _function("sum")(self, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)

    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> TensorVariable:
        return _function("prod")(self, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> TensorVariable:
        return _function("mean")(self, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> TensorVariable:
        return _function("var")(self, axis=axis, ddof=ddof, keepdims=keepdims, corrected=corrected)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> TensorVariable:
        return _function("std")(self, axis=axis, ddof=ddof, keepdims=keepdims, corrected=corrected)

    def min(self, axis: Any = None, keepdims: bool = False) -> TensorVariable:
        return _function("min")(self, axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> TensorVariable:
        return _function("max")(self, axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> TensorVariable:
        return _function("argmin")(self, axis, keepdims=keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> TensorVariable:
        return _function("argmax")(self, axis, keepdims=keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> TensorVariable:
        return _function("any")(self, axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> TensorVariable:
        return _function("all")(self, axis=axis, keepdims=keepdims)

    def ptp(self, axis: Any = None) -> TensorVariable:
        return _function("ptp")(self, axis)

    def norm(self, L: Any, axis: Any = None, keepdims: bool = False) -> TensorVariable:
        """``(|x|**L).sum(axis)**(1/L)``; L = 0 counts the non-zero elements, inf and -inf give the extremes of ``|x|``."""
        if L is None or isinstance(L, str):
            raise ValueError(message(f"norm: L is the order, a number, not {L!r}"))
        if L == 0:
            return _function("neq")(self, 0).sum(axis=axis, keepdims=keepdims)
        magnitude = abs(self)
        if L in (float("inf"), float("-inf")):
            return magnitude.max(axis, keepdims) if L > 0 else magnitude.min(axis, keepdims)
        root: TensorVariable = (magnitude**L).sum(axis=axis, keepdims=keepdims) ** (1.0 / L)
        return root

    def cumsum(self, axis: int | None = None) -> TensorVariable:
        return _function("cumsum")(self, axis)

    def cumprod(self, axis: int | None = None) -> TensorVariable:
        return _function("cumprod")(self, axis)

    def dot(self, right: Any) -> TensorVariable:
        return _function("dot")(self, right)

    # ------------------------------------------------------------------------------------ form

    @property
    def T(self) -> TensorVariable:
        """The axes in reverse order."""
        return _function("transpose")(self)

    def transpose(self, *axes: Any) -> TensorVariable:
        """The axes in the given order, as numbers or as one sequence; without any, in reverse order."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (list, tuple))):
            axes = tuple(axes[0] or ())
        return _function("transpose")(self, axes or None)

    def dimshuffle(self, *pattern: Any) -> TensorVariable:
        """The dimensions in the order of ``pattern``: numbers of dimensions, and 'x' for a new one of size 1.

        Dimensions left out must be broadcastable.  ``x.dimshuffle(0, 'x', 1)`` or ``x.dimshuffle((0, 'x', 1))``."""
        from theano.tensor.elemwise import dimshuffle

        if len(pattern) == 1 and isinstance(pattern[0], (list, tuple)):
            pattern = tuple(pattern[0])
        return dimshuffle(self.type.broadcastable, pattern)(self)  # type: ignore[no-any-return]

    def reshape(self, shape: Any, ndim: int | None = None) -> TensorVariable:
        return _function("reshape")(self, shape, ndim=ndim)

    def flatten(self, ndim: int = 1) -> TensorVariable:
        """The last dimensions as one, so that ``ndim`` remain."""
        return _function("flatten")(self, ndim)

    def ravel(self) -> TensorVariable:
        return _function("flatten")(self)

    def squeeze(self, axis: Any = None) -> TensorVariable:
        """Without its broadcastable dimensions, or without ``axis``, of size 1."""
        return _function("squeeze")(self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> TensorVariable:
        return _function("swapaxes")(self, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TensorVariable:
        return _function("diagonal")(self, offset, axis1, axis2)

    def trace(self) -> TensorVariable:
        """The sum of the diagonal of a matrix."""
        return self.diagonal().sum()

    def repeat(self, repeats: Any, axis: int | None = None) -> TensorVariable:
        return _function("repeat")(self, repeats, axis)

    def transfer(self, target: str) -> TensorVariable:
        return _function("transfer")(self, target)

    # ------------------------------------------------------------------------------------ search and choice

    def take(self, indices: Any, axis: int | None = None, mode: str = "raise") -> TensorVariable:
        return _function("take")(self, indices, axis, mode)

    def choose(self, choices: Any, out: None = None, mode: str = "raise") -> TensorVariable:
        return _function("choose")(self, choices, out=out, mode=mode)

    def compress(self, a: Any, axis: int | None = None) -> TensorVariable:
        """The slices of ``a`` along ``axis`` where this vector is true."""
        return _function("compress")(self, a, axis=axis)

    def nonzero(self, return_matrix: bool = False) -> Any:
        return _function("nonzero")(self, return_matrix)

    def nonzero_values(self) -> TensorVariable:
        return _function("nonzero_values")(self)

    def sort(self, axis: int | None = -1, kind: str = "quicksort", order: Any = None) -> TensorVariable:
        return _function("sort")(self, axis, kind, order)

    def argsort(self, axis: int | None = -1, kind: str = "quicksort", order: Any = None) -> TensorVariable:
        return _function("argsort")(self, axis, kind, order)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> TensorVariable:
        return _function("searchsorted")(self, v, side, sorter)

    def get_scalar_constant_value(self) -> Any:
        return _function("get_scalar_constant_value")(self)


class TensorVariable(TensorOperators, Variable):
    """An input or a result: a tensor whose value comes when a function runs."""

    def __init__(self, type: Any, owner: Any = None, index: int | None = None, name: str | None = None) -> None:
        super().__init__(type, owner, index, name)
        if config.warn_float64 != "ignore" and type.dtype == "float64":
            _tell_of_float64(self)

    def clone(self) -> TensorVariable:
        new = super().clone()
        new._static = self._static
        return new

    def knows_no_more_than(self, other: Variable) -> bool:
        ours = self._static
        return ours is None or all(n is None or n == m for n, m in zip(ours, other.static_shape))  # type: ignore[attr-defined]

    def forget(self) -> None:
        self._static = None


def _tell_of_float64(variable: TensorVariable) -> None:
    """What ``config.warn_float64`` asks for."""
    cure = "cast what is float64 where this line begins, or set floatX=float32; config.warn_float64 asks to be told"
    text = message("a float64 variable is made", [("variable", variable.name or "", variable.type, variable.origin)], cure)
    if config.warn_float64 == "raise":
        raise DTypeError(text)
    if config.warn_float64 == "pdb":
        breakpoint()
    else:
        warnings.warn(text, stacklevel=frames_outside())


class TensorConstant(TensorOperators, Constant):
    """A tensor that is known.  ``data`` belongs to the constant: :func:`~theano.tensor.constant` copies.

    >>> from theano.tensor import constant
    >>> constant([1.0, 2.0]).equals(constant([1.0, 2.0]))
    True
    """

    _transient = Constant._transient | {"_signature"}

    @property
    def _static(self) -> StaticShape | None:  # type: ignore[override]
        return self.data.shape or None

    def knows_no_more_than(self, other: Variable) -> bool:
        return bool(self.data.shape == other.static_shape)  # type: ignore[attr-defined]

    def signature(self) -> TensorConstantSignature:
        """Equal for constants of the same type and bits; hashable."""
        found: TensorConstantSignature | None = self.__dict__.get("_signature")
        if found is None:
            found = self.__dict__["_signature"] = TensorConstantSignature(self.type, self.data)
        return found

    def equals(self, other: Any) -> bool:
        if not isinstance(other, TensorConstant):
            other = _function("constant")(other)
        return bool(self.signature() == other.signature())

    def __str__(self) -> str:
        return self.name or f"TensorConstant{{{_summary(self.data)}}}"


TensorType.Variable, TensorType.Constant = TensorVariable, TensorConstant


class TensorConstantSignature:
    """Type, shape and bits of a constant: NaN equals the same NaN, 0.0 and -0.0 differ.  The bits are read when asked for."""

    __slots__ = ("data", "type", "_hash")

    def __init__(self, type: TensorType, data: Array) -> None:
        self.type, self.data = type, data
        self._hash: int | None = None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, TensorConstantSignature) or self.type != other.type or self.data.shape != other.data.shape:
            return False
        return hash(self) == hash(other) and self.data.tobytes() == other.data.tobytes()

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.type, self.data.shape, self.data.tobytes()))
        return self._hash

    def theano_hash(self) -> int:
        return hash(self)


def _summary(data: Array, limit: int = 20) -> str:
    """A short text for ``data``: the elements, or the shape and the value that all share."""
    if data.size > 1 and (data == data.flat[0]).all():
        return f"{data.shape} of {data.flat[0]!s}"
    text = np.array2string(data, threshold=5, edgeitems=2).replace("\n", "") if data.ndim else str(data)
    return text if len(text) <= limit else f"{text[:limit]}..."


__all__ = [
    "TensorConstant",
    "TensorConstantSignature",
    "TensorOperators",
    "TensorVariable",
]
