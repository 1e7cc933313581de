"""Stop inside a function, in Python's debugger, when a condition holds.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> watched = PdbBreakpoint("negative")(T.any(x < 0), x)
>>> theano.function([x], T.sqrt(watched))([4.0])
array([2.])
"""

from __future__ import annotations

import copy
import pdb
from collections.abc import Sequence
from typing import Any

from theano.errors import VariableTypeError, message
from theano.graph import Apply, Op, Variable, disconnected_type
from theano.graph.running import copied
from theano.tensor import as_tensor_variable

NOTICE = """
Breakpoint {name!r}: its condition holds.
The list `monitored` has the values of its {count} variables, in order, as arrays of its own.
Change entries if you like: the function goes on with them.
"""


class PdbBreakpoint(Op):
    """``PdbBreakpoint(name)(condition, *variables)`` gives the variables, of any types, one or a list of them; what uses these, and not the
    old ones, is computed after the debugger has been left.  ``condition`` is a scalar.  Gradients pass by."""

    __props__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def make_node(self, condition: Any, *monitored_vars: Any) -> Apply:
        condition = as_tensor_variable(condition)
        if condition.type.ndim:
            rows = [("condition", condition, condition.type, condition.origin)]
            raise VariableTypeError(message("PdbBreakpoint: the condition is a scalar", rows, "write theano.tensor.any(condition)"))
        if not monitored_vars:
            raise ValueError(
                message("PdbBreakpoint: no variables to watch", cure="x = PdbBreakpoint('name')(condition, x), and go on with x")
            )
        watched = [x if isinstance(x, Variable) else as_tensor_variable(x) for x in monitored_vars]
        op = copy.copy(self)
        op.view_map = {k: [k + 1] for k, _ in enumerate(watched)}
        return Apply(op, [condition, *watched], [x.type() for x in watched])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        condition, *monitored = inputs
        if condition:
            monitored = [copied(value) for value in monitored]
            print(NOTICE.format(name=self.name, count=len(monitored)))
            pdb.set_trace()
            monitored = [out.type.filter(value) for value, out in zip(monitored, node.outputs, strict=True)]
        for cell, value in zip(output_storage, monitored, strict=True):
            cell[0] = value

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        count = len(node.outputs)
        return [[False] * count, *([i == k for k in range(count)] for i in range(count))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [disconnected_type(), *output_grads]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return list(eval_points[1:])

    def do_constant_folding(self, node: Apply) -> bool:
        return False


__all__ = ["PdbBreakpoint"]
