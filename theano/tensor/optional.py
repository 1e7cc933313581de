"""None as a value, and what to take in its place.

>>> from theano.tensor.constructors import dscalar
>>> default(dscalar("x"), 0.1).type, NoneConst.data is None
(TensorType(float64, scalar), True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import VariableTypeError, message
from theano.graph import Apply, Constant, Generic, Op
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import row
from theano.tensor.shapes import Storage


class NoneTypeT(Generic):
    """The type of None."""

    def filter(self, x: Any, strict: bool = False, allow_downcast: bool | None = None) -> None:
        if x is not None:
            raise TypeError(f"None is needed, not {x!r:.60}")

    def is_valid_value(self, a: Any) -> bool:
        return a is None

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        return False


none_type_t = NoneTypeT()
NoneConst = Constant(none_type_t, None, name="NoneConst")


class Default(Op):
    """``x``, or ``default`` if that is None, as an argument of a function may be."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, x: Any, default: Any) -> Apply:
        x, default = as_tensor_variable(x), as_tensor_variable(default)
        if x.type != default.type:
            raise VariableTypeError(message("default: both must be of one type", [row("given", x), row("default", default)]))
        return Apply(self, [x, default], [default.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, default = inputs
        output_storage[0][0] = np.array(default) if x is None else x

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0], inputs[1].zeros_like()]


default = Default()

__all__ = ["Default", "NoneConst", "NoneTypeT", "default", "none_type_t"]
