"""A value that is only handed on if conditions hold, or never.

>>> import numpy as np, theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], T.sqrt(assert_(x, T.all(x >= 0))))
>>> f([4.0, 9.0])
array([2., 3.])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import VariableTypeError, message
from theano.graph import Apply, DisconnectedType, Op, Variable
from theano.tensor.convert import as_tensor_variable


class Assert(Op):
    """``Assert(msg)(value, *conditions)`` is ``value``; if one of the conditions, which are scalars, is false when the function runs,
    AssertionError(msg) is raised."""

    __props__ = ("msg",)
    view_map = {0: [0]}
    word = "assert"

    def __init__(self, msg: str = "Theano Assert failed!") -> None:
        self.msg = msg

    def make_node(self, value: Any, *conds: Any) -> Apply:
        value, conditions = as_tensor_variable(value), [as_tensor_variable(c) for c in conds]
        for condition in conditions:
            if condition.type.ndim:
                rows = [("condition", condition, condition.type, condition.origin)]
                raise VariableTypeError(message("Assert: a condition is a scalar", rows, cure="write theano.tensor.all(condition)"))
        return Apply(self, [value, *conditions], [value.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        value, *conditions = inputs
        if not np.all(conditions):
            raise AssertionError(self.msg)
        output_storage[0][0] = value

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[position == 0] for position, _ in enumerate(node.inputs)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0], *(DisconnectedType()() for _ in inputs[1:])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [eval_points[0]]


class Raise(Op):
    """``Raise(msg, exc)(x)`` has the type of ``x`` and no value: a function that needs one raises ``exc(msg)``."""

    __props__ = ("msg", "exc")
    word = "raise"

    def __init__(self, msg: str = "", exc: type[Exception] = NotImplementedError) -> None:
        if not (isinstance(exc, type) and issubclass(exc, Exception)):
            raise TypeError(message(f"Raise: exc is a class of exceptions, not {exc!r:.60}", cure="Raise('why', ValueError), say"))
        self.msg, self.exc = msg, exc

    def make_node(self, x: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        raise self.exc(self.msg)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Sequence[Any]:
        return shapes

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [self(output_grads[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [self(eval_points[0])]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


assert_ = assert_op = Assert()

__all__ = ["Assert", "Raise", "assert_", "assert_op"]
