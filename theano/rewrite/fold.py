"""Constant folding: a node whose inputs are all constants is computed now.

Spreading a number over a shape is left to the time when the function runs: the array would only cost memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Apply, Constant, Runner
from theano.rewrite.engine import Rewriter, rewrite
from theano.tensor.create import Alloc
from theano.tensor.type import TensorType
from theano.tensor.variable import TensorConstant


@rewrite("fold")
def constant_folding(rewriter: Rewriter, node: Apply) -> Any:
    """Compute a node of constants."""
    for variable in node.inputs:
        if not isinstance(variable, Constant):
            return None
    op = node.op
    if isinstance(op, Alloc) or op.destroy_map or not op.is_runnable() or not op.do_constant_folding(node):
        return None
    if not node.inputs and not getattr(op, "__props__", None):
        return None
    try:
        results = Runner(node)([np.array(v.data) if isinstance(v.data, np.ndarray) else v.data for v in node.inputs])
        return [_constant(output, result) for output, result in zip(node.outputs, results, strict=True)]
    except Exception:  # whatever is wrong, it is to be raised where the function runs
        return None


def _constant(output: Any, value: Any) -> Any:
    if isinstance(output.type, TensorType):
        return TensorConstant(output.type, np.asarray(value, output.type.dtype))
    return Constant(output.type, value)
