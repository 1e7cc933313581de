"""Test values: expressions computed while they are built, from ``tag.test_value`` of the inputs (``config.compute_test_value``).

>>> from theano.graph import generic
>>> x = generic("x")
>>> x.tag.test_value = 3
>>> get_test_value(x)
3
"""

from __future__ import annotations

import warnings
from typing import Any

from theano.errors import TestValueError, message
from theano.flags import config
from theano.graph.variable import Apply, Constant, Variable


def get_test_value(v: Any) -> Any:
    """The test value of a variable, the data of a constant, the value of a shared variable; other objects stand for themselves."""
    if not isinstance(v, Variable):
        return v
    if isinstance(v, Constant):
        return v.data
    if hasattr(v, "get_value"):
        return v.get_value(borrow=True, return_internal_type=True)
    if v._tag is None or "test_value" not in v._tag.__dict__:
        raise TestValueError(message(f"{v} has no test value", [(str(v), v.type, v.origin)], cure=f"set {v}.tag.test_value"))
    try:
        return v.type.filter(v.tag.test_value)
    except (TypeError, ValueError) as error:
        raise TestValueError(f"the test value of {v} is not of its type {v.type}: {error}") from error


def compute_test_values(node: Apply) -> None:
    """Compute the test values of a node's outputs from those of its inputs; what if one has none is for the flag to say."""
    policy = config.compute_test_value
    try:
        inputs = [get_test_value(variable) for variable in node.inputs]
    except TestValueError as error:
        if policy == "raise":
            raise
        if policy == "warn":
            warnings.warn(f"no test value for the result of {node.op}: {error}", stacklevel=3)
        elif policy == "pdb":
            breakpoint()
        return
    if any(variable in overwritten for overwritten in node.op.destroy_map.values() for variable in range(len(inputs))):
        inputs = [_copied(value) for value in inputs]
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    node.op.perform(node, inputs, storage)
    for output, cell in zip(node.outputs, storage, strict=True):
        output.tag.test_value = cell[0]


def _copied(value: Any) -> Any:
    return value.copy() if hasattr(value, "copy") else value
