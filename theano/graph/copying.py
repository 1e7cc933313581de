"""Operations that change nothing: a copy of a value, a view of it, and the mark of a result that may not be overwritten.

Compiled functions copy what would alias by themselves; a program needs these only to say so in its graph.

>>> from theano.graph import generic
>>> x = generic("x")
>>> deep_copy_op(x).type is x.type, view_op(x).owner.op.view_map
(True, {0: [0]})
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from theano.graph.op import Op
from theano.graph.running import copied
from theano.graph.variable import Apply


class Same(Op):
    """An operation whose result has the value of its argument."""

    __props__: ClassVar[tuple[str, ...]] = ()

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [x.type()])

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Sequence[Any]:
        return input_shapes

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return list(output_grads)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return list(eval_points)


class ViewOp(Same):
    """A view of a value of any type."""

    view_map = {0: [0]}

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = inputs[0]

    def lower(self, low: Any, node: Apply) -> None:
        x = node.inputs[0]
        low.view(node.outputs[0], low.shape(x), x, lambda *i: i, contiguous=True)


class DeepCopyOp(Same):
    """A copy of a value of any type, that shares nothing with it."""

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = copied(inputs[0])

    def lower(self, low: Any, node: Apply) -> None:
        x = node.inputs[0]
        low.pointwise(node.outputs[0], low.shape(x), lambda *i: low.read(x, i))


class OutputGuard(ViewOp):
    """A view that says: what this is a view of may not be overwritten.  Results of functions never are, so nothing needs it."""


view_op = ViewOp()
deep_copy_op = DeepCopyOp()
output_guard = OutputGuard()

__all__ = ["DeepCopyOp", "OutputGuard", "ViewOp", "deep_copy_op", "output_guard", "view_op"]
