"""For elementwise operations written as classes (:class:`~theano.scalar.op.ScalarOp`): bases, and rules of types.

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

from collections.abc import Callable, Sequence

from theano import dtypes
from theano.scalar.op import ScalarOp
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


class UnaryScalarOp(ScalarOp):
    """One argument."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """Two arguments."""

    nin = 2
