"""A graph as one line of mathematics.

>>> import theano.tensor as T
>>> x, y = T.dscalars("x", "y")
>>> pp((x + y) * x ** 2)
'((x + y) * (x ** TensorConstant{2}))'
"""

from __future__ import annotations

from theano.graph import Variable
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.products import Dot

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "true_div": "/", "int_div": "//", "mod": "%", "pow": "**", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=", "eq": "==", "neq": "!=", "and_": "&", "or_": "|", "xor": "^",
}  # fmt: skip
_CLASSIC = {"second": "fill"}


def pp(variable: Variable) -> str:
    """``variable`` as a formula: operators by infix, everything else as calls.  What has a name is not taken apart, unless it is
    ``variable`` itself."""
    text: dict[Variable, str] = {}
    stack = [variable]
    while stack:
        current = stack[-1]
        node = current.owner
        if current in text:
            stack.pop()
        elif node is None or (current.name and current is not variable):
            text[current] = current.name or str(current)
        elif missing := [v for v in node.inputs if v not in text]:
            stack.extend(missing)
        else:
            text[current] = _formula(current, [text[v] for v in node.inputs])
    return text[variable]


def _formula(variable: Variable, parts: list[str]) -> str:
    node = variable.owner
    assert node is not None
    name = node.op.scalar_op.name if isinstance(node.op, Elemwise) else str(node.op)
    if name in INFIX and len(parts) > 1:
        return "(" + f" {INFIX[name]} ".join(parts) + ")"
    if name == "neg":
        return f"(-{parts[0]})"
    if isinstance(node.op, Dot):
        return f"({parts[0]} \\dot {parts[1]})"
    if isinstance(node.op, DimShuffle):
        return _transposed(node.op, parts[0])
    which = f".{variable.index}" if len(node.outputs) > 1 else ""
    return f"{_CLASSIC.get(name, name)}{which}({', '.join(parts)})"


def _transposed(op: DimShuffle, text: str) -> str:
    """Dimensions put before the others are not shown, as broadcasting would do the same."""
    rank, order = len(op.input_broadcastable), list(op.new_order)
    while order and order[0] == "x":
        del order[0]
    if order == list(range(rank)):
        return text
    return f"{text}.T" if order == list(range(rank))[::-1] else f"DimShuffle{{{', '.join(map(str, order))}}}({text})"


pprint = pp
