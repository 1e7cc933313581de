"""The last stage: a composite op that no rule has used up is replaced by its parts (``op.expand(node)``)."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.rewrite.engine import Rewriter, rewrite


@rewrite("expand")
def expand_composite(rewriter: Rewriter, node: Apply) -> Any:
    """Replace a composite op by the expression that it abbreviates."""
    expand = getattr(node.op, "expand", None)
    return None if expand is None else expand(node)
