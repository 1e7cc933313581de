"""The last stage: a composite op that no rule has used up is replaced by its parts (``op.expand(node)``)."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.rewrite.engine import Rewriter, rewrite


@rewrite("expand", applies=lambda op: hasattr(op, "expand"))
def expand_composite(rewriter: Rewriter, node: Apply) -> Any:
    """Replace a composite op by the expression that it abbreviates."""
    return node.op.expand(node)
