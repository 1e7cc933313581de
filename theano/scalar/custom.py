"""Elementwise operations written as classes, as extensions of the classic system do.

``impl`` computes one number in Python, or ``nfunc_spec`` names a NumPy or SciPy function; ``grad`` gives derivatives.  Such an
operation runs by these, not in native code: to be fast, declare it (:func:`theano.scalar.elementwise`) with a body.

>>> class Half(UnaryScalarOp):
...     def impl(self, x):
...         return x / 2
...     def grad(self, inputs, gradients):
...         return [gradients[0] / 2]
>>> half = Half(upgrade_to_float, name="half")
>>> half.output_dtypes("int8"), float(half(3.0))
(('float32',), 1.5)
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano import dtypes
from theano.scalar.declare import OPS, UNKNOWN, ScalarOp
from theano.scalar.types import Scalar, get_scalar_type

TypeRule = Callable[..., Sequence[Scalar]]
"""From the scalar types of the arguments to those of the results."""


class OnTypes:
    """A rule of dtypes as one of scalar types; pickled as the variable of this module that holds it."""

    def __init__(self, name: str, rule: Callable[..., tuple[str, ...]]) -> None:
        self.name, self.rule = name, rule

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        return tuple(get_scalar_type(dtype) for dtype in self.rule(*(t.dtype for t in types)))

    def __reduce__(self) -> str:
        return self.name


upcast_out = OnTypes("upcast_out", dtypes.upcast_out)
upcast_out_nobool = OnTypes("upcast_out_nobool", dtypes.difference_out)
same_out = OnTypes("same_out", dtypes.same_out)
same_out_nobool = OnTypes("same_out_nobool", dtypes.negatable_out)
same_out_nocomplex = OnTypes("same_out_nocomplex", dtypes.without(dtypes.same_out, *dtypes.COMPLEX))
same_out_float_only = OnTypes("same_out_float_only", dtypes.float_only_out)
upgrade_to_float = OnTypes("upgrade_to_float", dtypes.upgrade_to_float)
upgrade_to_float_no_complex = OnTypes("upgrade_to_float_no_complex", dtypes.upgrade_to_real_float)
upgrade_to_float64 = OnTypes("upgrade_to_float64", dtypes.float64_out)


class CustomScalarOp(ScalarOp):
    """The base of operations written as classes.  Equal if of one class and one rule of types."""

    arguments = 1
    nfunc_spec: tuple[str, int, int] | None = None
    output_types_preference: Any = staticmethod(upcast_out)

    def __init__(self, output_types_preference: TypeRule | None = None, name: str | None = None) -> None:
        if output_types_preference is not None:
            self.output_types_preference = output_types_preference
        super().__init__(name or type(self).__name__, self.arguments, dtype=self._dtypes, reference=self._values, partials=self._partials)
        self.__doc__ = type(self).__doc__

    def _dtypes(self, *given: str) -> tuple[str, ...]:
        return tuple(t.dtype for t in self.output_types_preference(*map(get_scalar_type, given)))

    def _values(self, *arrays: Any) -> Any:
        if self.nfunc_spec is not None:
            module, _, function = self.nfunc_spec[0].rpartition(".")
            return getattr(importlib.import_module(module or "numpy"), function)(*arrays)
        (result,) = self._dtypes(*(a.dtype.name for a in arrays))
        return np.vectorize(self.impl, otypes=[result])(*arrays)

    def _partials(self, *args: Any) -> Sequence[Any]:
        inputs = args[:-1]
        if not hasattr(self, "grad"):
            return (UNKNOWN,) * len(inputs)
        ones = OPS["second"](args[-1], 1.0)
        partials: Sequence[Any] = self.grad(inputs, (ones,))
        return partials

    def __call__(self, *args: Any) -> Any:
        if any(hasattr(arg, "__elementwise__") for arg in args):
            return super().__call__(*args)
        return self.evaluate(*map(np.asarray, args))[0][()]

    def impl(self, *numbers: Any) -> Any:
        """The result for single numbers."""
        if self.nfunc_spec is None:
            raise NotImplementedError(f"{type(self).__name__} defines neither impl nor nfunc_spec")
        return self._values(*map(np.asarray, numbers))[()]

    def _identity(self) -> tuple[Any, ...]:
        return type(self), self.output_types_preference, self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CustomScalarOp) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __reduce__(self) -> Any:
        kept = {name: value for name, value in vars(self).items() if name not in ("dtype_rule", "_reference", "partials", "reference")}
        return _remade, (type(self), kept)


def _remade(cls: type[CustomScalarOp], state: dict[str, Any]) -> CustomScalarOp:
    made = cls.__new__(cls)
    vars(made).update(state)
    made.dtype_rule, made._reference, made.partials = made._dtypes, made._values, made._partials
    return made


class UnaryScalarOp(CustomScalarOp):
    """One argument."""


class BinaryScalarOp(CustomScalarOp):
    """Two arguments."""

    arguments = 2
