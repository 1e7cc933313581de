"""Print a value whenever it is computed.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], Print("x is", ["__str__", "shape"])(x).sum())
>>> f([1.0, 2.0])
x is __str__ = [1. 2.]
x is shape = (2,)
array(3.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.errors import did_you_mean, message
from theano.graph import Apply, Variable
from theano.graph.copying import Same
from theano.tensor import as_tensor_variable


def _print_fn(op: Print, xin: Any) -> None:
    """Prints each attribute of ``op.attrs`` of the value; what can be called is called."""
    for name in op.attrs:
        if not hasattr(xin, name):
            text = f"Print({op.message!r}): a value of type {type(xin).__name__} has no attribute {name!r}"
            raise AttributeError(message(text, cure=did_you_mean(name, dir(xin))))
        value = getattr(xin, name)
        print(op.message, name, "=", value() if callable(value) else value)


class Print(Same):
    """``Print(message)(x)`` is ``x``, of any type; computing it prints ``message`` and the attributes ``attrs`` of the value, or calls
    ``global_fn(op, value)`` instead.

    It is a Python step, so what stands on its two sides is not fused.  Gradients and shapes pass by and print nothing.  What a function
    does not need is not printed; equal ones of one variable print once."""

    __props__ = ("message", "attrs", "global_fn")
    view_map = {0: [0]}

    def __init__(self, message: str = "", attrs: Sequence[str] = ("__str__",), global_fn: Callable[[Any, Any], Any] = _print_fn) -> None:
        if isinstance(attrs, str) or not all(isinstance(name, str) for name in attrs):
            raise TypeError(f"Print: attrs is a list of the names of attributes, such as ['shape'], not {attrs!r:.60}")
        if not callable(global_fn):
            raise TypeError(f"Print: global_fn is called with the operation and the value; {global_fn!r:.60} cannot be called")
        self.message, self.attrs, self.global_fn = message, tuple(attrs), global_fn

    def make_node(self, xin: Any) -> Apply:
        xin = xin if isinstance(xin, Variable) else as_tensor_variable(xin)
        return Apply(self, [xin], [xin.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = inputs[0]
        self.global_fn(self, inputs[0])

    def vectorized(self, node: Apply, inputs: Sequence[Any], varies: Sequence[bool]) -> Sequence[Any]:
        """All rows at once."""
        return [self(*inputs)]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


__all__ = ["Print"]
