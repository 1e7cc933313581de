"""A Python function as an operation.

>>> from theano.graph import generic
>>> @as_op(itypes=[generic, generic], otypes=[generic])
... def joined(first, second):
...     return first + second
>>> joined(generic("a"), generic("b")).owner
FromFunctionOp{joined}(a, b)
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from theano.errors import VariableTypeError, message, with_article
from theano.graph.op import Op
from theano.graph.type import Type
from theano.graph.variable import Apply


class FromFunctionOp(Op):
    """Runs ``fn`` on values of ``itypes``; it returns one value, or a tuple or list, of ``otypes``.

    ``infer_shape(node, input_shapes)`` gives the shapes of the outputs.  Two of them are equal if their functions are."""

    __props__ = ("fn",)

    def __init__(self, fn: Callable[..., Any], itypes: Sequence[Type], otypes: Sequence[Type], infer_shape: Any = None) -> None:
        if not callable(fn):
            raise TypeError(f"as_op: a function is needed, not {fn!r:.60}")
        self.fn, self.itypes, self.otypes = fn, _types("itypes", itypes), _types("otypes", otypes)
        if infer_shape is not None:
            self.infer_shape = infer_shape

    def __str__(self) -> str:
        return f"FromFunctionOp{{{getattr(self.fn, '__name__', self.fn)}}}"

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        results = self.fn(*inputs)
        results = results if isinstance(results, (list, tuple)) else (results,)
        if len(results) != len(self.otypes):
            raise ValueError(f"{self}: the function returned {len(results)} values, otypes has {len(self.otypes)}")
        for cell, result in zip(output_storage, results, strict=True):
            cell[0] = result

    def __reduce__(self) -> Any:
        module, name = getattr(self.fn, "__module__", ""), getattr(self.fn, "__qualname__", "")
        try:
            found = load_back(module, name)
        except (ImportError, AttributeError):
            found = None
        if found != self:
            cure = "decorate a function at the top of a module with @as_op(...)"
            raise pickle.PicklingError(message(f"{self} cannot be pickled: {module}.{name} is not this operation", cure=cure))
        return load_back, (module, name)


def load_back(mod: str, name: str) -> Any:
    """What ``name`` is in the module ``mod``."""
    found: Any = import_module(mod)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _types(which: str, given: Any) -> list[Type]:
    kinds = list(given) if isinstance(given, (list, tuple)) else [given]
    for kind in kinds:
        if not isinstance(kind, Type):
            text = f"as_op: {which} must be a list of types, it holds {with_article(type(kind).__name__)}"
            raise VariableTypeError(message(text, [(which, repr(kind)[:60])], cure=f"{which}=[theano.tensor.dvector, ...], not called"))
    return kinds


def as_op(itypes: Any, otypes: Any, infer_shape: Any = None) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """A decorator that makes an operation of a function from values of ``itypes`` to values of ``otypes``.

    Inputs must be variables of exactly these types.  There is no gradient; for one, write an :class:`~theano.graph.Op`."""
    inputs, outputs = _types("itypes", itypes), _types("otypes", otypes)

    def make(fn: Callable[..., Any]) -> FromFunctionOp:
        return FromFunctionOp(fn, inputs, outputs, infer_shape)

    return make


wrap_py = as_op

# ------------------------------------------------------------------------------------------------ C code that nobody compiles


def _accept_c_code(what: str) -> Callable[..., None]:
    def accept(*args: Any, **kwargs: Any) -> None:
        pass

    accept.__doc__ = f"Takes C code for {what} and does nothing with it: no C code is compiled, and {what} works for every type."
    return accept


register_view_op_c_code = _accept_c_code("views")
register_deep_copy_op_c_code = _accept_c_code("copies")
register_shape_c_code = _accept_c_code("shapes")
register_shape_i_c_code = _accept_c_code("sizes")
register_specify_shape_c_code = _accept_c_code("checks of shapes")
register_rebroadcast_c_code = _accept_c_code("changes of the broadcastable pattern")

__all__ = [
    "FromFunctionOp", "as_op", "load_back", "register_deep_copy_op_c_code", "register_rebroadcast_c_code", "register_shape_c_code",
    "register_shape_i_c_code", "register_specify_shape_c_code", "register_view_op_c_code", "wrap_py",
]  # fmt: skip
