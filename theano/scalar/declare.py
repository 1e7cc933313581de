"""One declaration makes an elementwise operation: everything about it is said above and in one function.

The function's name, arguments and docstring are the operation's; its body, in scalar instructions, is its code for every
target.  The keywords say what cannot be derived: the dtype rule, the NumPy or SciPy function that it must agree with, the
partial derivatives, algebraic facts.  The tensor function, the method, ``perform``, derivatives, fusion, emitted code,
the page of documentation and the law tests all come from :data:`OPS`.

>>> from theano import dtypes
>>> from theano.scalar.instructions import Trace
>>> op = elementwise(dtype=dtypes.upcast_out, reference=np.hypot, name="example", register=False)(lambda x, y: x * x + y * y)
>>> op.output_dtypes("int8", "float32")
('float32',)
>>> trace = Trace()
>>> op.trace(trace, trace.leaf("input", "float32", 0), trace.leaf("input", "int8", 1)).op
'add'
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from theano.errors import CompileError
from theano.scalar.instructions import REAL, Trace, Value

OPS: dict[str, ScalarOp] = {}
"""Every declared operation by name, in the order of declaration."""

Rule = Callable[..., tuple[str, ...]]
CastRule = Callable[[Sequence[str], str], Sequence[str]]


def to_result(dtypes: Sequence[str], result: str) -> Sequence[str]:
    """Arguments are converted to the result's dtype before the body."""
    return (result,) * len(dtypes)


def to_common(dtypes: Sequence[str], result: str) -> Sequence[str]:
    """Arguments are converted to their common dtype: comparisons."""
    from theano.dtypes import upcast

    return (upcast(*dtypes),) * len(dtypes)


def unchanged(dtypes: Sequence[str], result: str) -> Sequence[str]:
    return tuple(dtypes)


class ScalarOp:
    """An elementwise operation.  Called with traced values it inlines its body, with variables it builds a node of theirs,
    with numbers it computes by its reference."""

    nout = 1

    def __init__(
        self, name: str, body: Callable[..., Value] | None, arity: int, *, dtype: Rule, reference: Callable[..., Any] | str,
        partials: Callable[..., Sequence[Any]] | None = None, casts: CastRule = to_result, nary: bool = False, commutative: bool = False,
        identity: float | None = None, domain: tuple[float, float] = (-10.0, 10.0), ulp: float = 0.5, symbol: str | None = None,
        doc: str | None = None, differentiable: bool = True,
    ) -> None:  # fmt: skip
        self.name, self.body, self.arity, self.nary = name, body, arity, nary
        self.dtype_rule, self.partials, self.casts = dtype, partials or _zeros, casts
        self._reference = reference
        self.commutative, self.associative, self.identity = commutative, nary, identity
        self.domain, self.ulp, self.symbol = domain, ulp, symbol
        self.differentiable = differentiable
        self.__name__, self.__doc__ = name, doc

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> Any:
        return _by_name, (self.name,)

    @property
    def nin(self) -> int:
        """How many arguments; -1 if any number."""
        return -1 if self.nary else self.arity

    @property
    def has_body(self) -> bool:
        """Whether there is code for it; if not, it runs by its reference."""
        return self.body is not None

    @cached_property
    def reference(self) -> Callable[..., Any]:
        """The NumPy or SciPy function; SciPy's is imported at first use."""
        if not isinstance(self._reference, str):
            return self._reference
        module, _, name = self._reference.rpartition(".")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found

    def output_dtypes(self, *dtypes: str) -> tuple[str, ...]:
        return self.dtype_rule(*dtypes)

    def __call__(self, *args: Any) -> Any:
        for arg in args:
            if hasattr(arg, "__elementwise__"):
                return arg.__elementwise__(self, args)
        return self.impl(*args)

    def impl(self, *numbers: Any) -> Any:
        """The result for numbers or arrays."""
        return self.evaluate(*map(np.asarray, numbers))[0][()]

    def evaluate(self, *arrays: Any) -> list[Any]:
        """By the reference: arguments in the dtype of the computation, the result in that of the rule."""
        (result,) = self.output_dtypes(*(a.dtype.name for a in arrays))
        wanted = map(computed, self.casts([a.dtype.name for a in arrays], result))
        with np.errstate(all="ignore"):
            given = [a.astype(d, copy=False) for a, d in zip(arrays, wanted, strict=True)]
            return [np.asarray(self.reference(*given)).astype(result, copy=False)]

    def trace(self, trace: Trace, *args: Any) -> Value:
        """Inline the body for ``args``, values of any dtypes or numbers."""
        like = next(a for a in args if isinstance(a, Value))
        values = [a if isinstance(a, Value) else trace.const(a, like.dtype) for a in args]
        dtypes = [v.dtype for v in values]
        (result,) = self.output_dtypes(*dtypes)
        wanted = [computed(d) for d in self.casts(dtypes, result)]
        if self.body is None or not {result, *wanted} <= set(REAL):
            raise CompileError(f"{self.name} of {', '.join(dtypes)} has no native code yet; it runs by its Python reference")
        return self.body(*(v.cast(d) for v, d in zip(values, wanted, strict=True))).cast(result)


def computed(dtype: str) -> str:
    """The dtype in which arithmetic on ``dtype`` is done: float16 is a format of storage."""
    return "float32" if dtype == "float16" else dtype


def _zeros(*args: Any) -> Sequence[Any]:
    return (0,) * (len(args) - 1)


def _by_name(name: str) -> ScalarOp:
    return OPS[name]


def elementwise(*, dtype: Rule, reference: Callable[..., Any] | str, name: str | None = None, register: bool = True, native: bool = True, **facts: Any) -> Any:
    """Declare the decorated function as an elementwise operation.

    ``dtype``: rule from argument dtypes to result dtypes; ``reference``: the function it must agree with; ``partials``: from the
    arguments and the result to the partial derivatives, an entry None where an argument is not connected (default:
    zeros); ``casts``: the dtypes that arguments are converted to; ``nary``: any number of arguments, folded; ``commutative``,
    ``identity``: facts for rewriting; ``domain``, ``ulp``: where and how closely the law tests hold it to its reference.
    ``native=False``: the function is only its signature and docstring; the operation runs by its reference, and the profile says so.
    """

    def declare(body: Callable[..., Any]) -> ScalarOp:
        parameters = list(inspect.signature(body).parameters.values())
        nary = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        own = name or body.__name__
        op = ScalarOp(
            own, body if native else None, 1 if nary else len(parameters), dtype=dtype,
            reference=reference, nary=nary, doc=body.__doc__, **facts,
        )  # fmt: skip
        if register:
            OPS[own] = op
        return op

    return declare

