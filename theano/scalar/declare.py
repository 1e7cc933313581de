"""One declaration makes an elementwise operation: everything about it is said above and in one function.

The function's name, arguments and docstring are the operation's; its body, in scalar instructions, is its code for every
target.  The keywords say what cannot be derived: the dtype rule, the NumPy or SciPy function that it must agree with, the
partial derivatives, algebraic facts.  The tensor function, the method, ``perform``, derivatives, fusion, emitted code,
the page of documentation and the law tests all come from :data:`OPS`.

>>> from theano import dtypes
>>> from theano.scalar.instructions import Trace
>>> @elementwise(dtype=dtypes.upgrade_to_float, reference=lambda x: x * x * x, partials=lambda x, out: (3 * x * x,), register=False)
... def cube(x):
...     "x * x * x."
...     return x * x * x
>>> cube.output_dtypes("int8"), float(cube(2.0))
(('float32',), 8.0)
>>> trace = Trace()
>>> cube.trace(trace, trace.leaf("input", "float64", 0)).op
'mul'
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from theano.dtypes import COMPLEX, DISCRETE, complex_of, float_of, upcast
from theano.errors import CompileError, message
from theano.graph import NullType
from theano.scalar.evaluate import cast
from theano.scalar.instructions import Trace, Value
from theano.scalar.op import ScalarOp

if TYPE_CHECKING:
    from theano.scalar.types import Scalar

OPS: dict[str, Declared] = {}
"""Every declared operation by name, in the order of declaration."""

Rule = Callable[..., tuple[str, ...]]
"""From the dtypes of the arguments to those of the results."""
CastRule = Callable[[Sequence[str], str], Sequence[str]]
"""From the dtypes of the arguments and that of the result to the dtypes in which the body takes its arguments."""
Interval = tuple[float, float]

UNKNOWN = float("nan")
"""A partial derivative that exists, but of which no formula is known: asking for it is an error."""
CONJUGATE = "conjugate"
"""The derivative of the complex conjugate, which is no number: what comes is conjugated."""


def to_result(given: Sequence[str], result: str) -> Sequence[str]:
    """Arguments are converted to the result's dtype."""
    return (result,) * len(given)


def to_common(given: Sequence[str], result: str) -> Sequence[str]:
    """Arguments are converted to their common dtype: comparisons."""
    return (upcast(*given),) * len(given)


def unchanged(given: Sequence[str], result: str) -> Sequence[str]:
    """Arguments are taken as they are."""
    return given


class Declared(ScalarOp):
    """A declared operation: its code is its body, its value that of its reference.  There is one object of each name: they compare by
    identity, and pickle as the name."""

    name: str

    def __init__(
        self,
        name: str,
        arity: int,
        *,
        dtype: Rule,
        body: Callable[..., Value] | None = None,
        reference: Callable[..., Any] | str | None = None,
        partials: Callable[..., Sequence[Any]] | None = None,
        casts: CastRule = to_result,
        nary: bool = False,
        commutative: bool = False,
        associative: bool = False,
        identity: float | None = None,
        absorbing: float | None = None,
        idempotent: bool = False,
        involution: bool = False,
        inverse: str | None = None,
        domain: Interval | tuple[Interval, ...] = (-10.0, 10.0),
        ulp: float = 0.5,
        scale: float = 0.0,
        everywhere: bool = True,
        symbol: str | None = None,
        kinks: Sequence[tuple[tuple[float, ...], tuple[float, ...]]] = (),
        source: str = "",
        differentiable: bool = True,
        complex: bool = False,
        doc: str | None = None,
    ) -> None:
        self.name, self.nin, self.body = name, -1 if nary else arity, body
        self.dtype_rule, self.casts, self.partials = dtype, casts, partials or _zeros
        self._reference = reference
        self.commutative, self.associative, self.identity, self.absorbing = commutative, associative or nary, identity, absorbing
        self.idempotent, self.involution, self.inverse = idempotent, involution, inverse
        self.domain, self.ulp, self.scale, self.everywhere = domain, ulp, scale, everywhere
        self.symbol, self.differentiable, self.complex = symbol, differentiable, complex
        self.kinks, self.source = kinks, source
        self.__name__, self.__doc__ = name, doc

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __reduce__(self) -> Any:
        return _by_name, (self.name,)

    @cached_property
    def nfunc_spec(self) -> tuple[str, int, int] | None:  # type: ignore[override]
        """The NumPy function of this meaning, its numbers of arguments and results; None if there is none."""
        reference = self.reference
        return (reference.__name__, reference.nin, reference.nout) if isinstance(reference, np.ufunc) else None

    @property
    def has_body(self) -> bool:
        """Whether there is code for it; if not, it runs by its reference."""
        return self.body is not None

    def code(self, *given: str) -> Callable[..., Value] | None:
        """The body for arguments of these dtypes; None if it runs by the reference.

        For complex numbers it is the same as for real ones where that is declared to be right, else the function of the operation's
        name in :mod:`theano.scalar.mathlib.complex_functions`."""
        if not {*given, *self.output_dtypes(*given)} & set(COMPLEX):
            return self.body
        from theano.scalar.mathlib.complex_functions import FUNCTIONS

        return self.body if self.complex else FUNCTIONS.get(self.name)

    def has_code(self, *given: str) -> bool:
        """Whether there is code for arguments of these dtypes."""
        return self.code(*given) is not None

    def why_python(self, *given: str) -> str | None:
        return None if self.has_code(*given) else f"it is declared without code for {', '.join(given)}"

    @cached_property
    def reference(self) -> Callable[..., Any]:
        """The NumPy or SciPy function; SciPy's is imported at first use.  That of the intrinsic of its name, if none is declared."""
        if self._reference is None:
            from theano.scalar.mathlib import reference

            return reference(self.name)
        if not isinstance(self._reference, str):
            return self._reference
        module, _, name = self._reference.rpartition(".")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found

    def output_dtypes(self, *given: str) -> tuple[str, ...]:
        return self.dtype_rule(*given)

    def output_types(self, types: Sequence[Scalar]) -> Sequence[Scalar]:
        from theano.scalar.types import get_scalar_type

        return [get_scalar_type(dtype) for dtype in self.dtype_rule(*(t.dtype for t in types))]

    def output_types_preference(self, *types: Scalar) -> Sequence[Scalar]:
        """As :meth:`output_types`."""
        return self.output_types(types)

    def evaluate(self, *arrays: NDArray[Any]) -> list[NDArray[Any]]:
        """By the reference: arguments in the dtypes of the computation, the result in that of the rule."""
        result, wanted = self._plan([a.dtype.name for a in arrays])
        reference = self.reference
        if any(d in COMPLEX for d in wanted):
            from theano.scalar.mathlib.complex_functions import REFERENCES

            reference = REFERENCES.get(self.name, reference)
        with np.errstate(all="ignore"):
            given = [a.astype(d, copy=False) for a, d in zip(arrays, wanted, strict=True)]
            return [cast(np.asarray(reference(*given)), result)]

    def trace(self, trace: Trace, *args: Any) -> Value:
        """Inline the body for ``args``: values of any dtypes, or numbers, which never widen."""
        values = weak(trace, args)
        result, wanted = self._plan([v.dtype for v in values])
        given = [v.dtype for v in values]
        code = self.code(*given)
        if code is None:
            cure = "it is evaluated by NumPy or SciPy instead"
            raise CompileError(message(f"{self.name} of {', '.join(given)} cannot be compiled: {self.why_python(*given)}", cure=cure))
        return code(*(v.cast(d) for v, d in zip(values, wanted, strict=True))).cast(result)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """Of scalar variables; those of tensors are :class:`~theano.tensor.elemwise.Elemwise`'s."""
        from theano.scalar.types import zero_gradient

        (out,), (gradient,) = outputs, output_grads
        if out.type.dtype in DISCRETE:
            return [zero_gradient(x) for x in inputs]
        partials = self.partials(*inputs, out) if self.differentiable else (UNKNOWN,) * len(inputs)
        unknown = NullType(f"the derivative of {self} is not known")
        return [
            zero_gradient(x) if partial is None else unknown() if partial is UNKNOWN else _scaled(partial, gradient)
            for x, partial in zip(inputs, partials, strict=True)
        ]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return self.L_op(inputs, [self.apply(inputs)], output_grads)

    def _plan(self, given: Sequence[str]) -> tuple[str, Sequence[str]]:
        """The dtype of the result, and those in which the arguments are taken: float16 is a format of storage only."""
        (result,) = self.output_dtypes(*given)
        return result, [computed(d) for d in self.casts(given, result)]


def computed(dtype: str) -> str:
    """The dtype in which arithmetic on ``dtype`` is done."""
    return "float32" if dtype == "float16" else dtype


def weak(trace: Trace, args: Sequence[Any]) -> list[Value]:
    """``args`` as values: a number takes the common dtype of the values, as a float if it is one, as a complex number if it is one."""
    kinds = [a.dtype for a in args if isinstance(a, Value) and a.dtype != "bool"]
    common = upcast(*kinds) if kinds else "int8"

    def dtype(number: Any) -> str:
        if isinstance(number, complex):
            return complex_of(common)
        return float_of(common) if isinstance(number, float) and common in DISCRETE else common

    return [a if isinstance(a, Value) else trace.const(a, dtype(a)) for a in args]


def _scaled(partial: Any, gradient: Any) -> Any:
    """``gradient`` times the conjugate of ``partial``, of scalar variables."""
    if partial is CONJUGATE:
        return OPS["conj"](gradient)
    if isinstance(partial, complex):
        return gradient * partial.conjugate()
    return gradient * (OPS["conj"](partial) if getattr(getattr(partial, "type", None), "dtype", None) in COMPLEX else partial)


def _zeros(*args: Any) -> Sequence[Any]:
    return (0,) * (len(args) - 1)


def _by_name(name: str) -> Declared:
    return OPS[name]


def elementwise(
    *, dtype: Rule, name: str | None = None, register: bool = True, native: bool = True, **facts: Any
) -> Callable[[Callable[..., Any]], Declared]:
    """Declare the decorated function as an elementwise operation.  ``*x`` makes it take any number of arguments.

    ``dtype``: rule from argument dtypes to result dtypes.
    ``reference``: the function on arrays that it must agree with; by default that of the intrinsic of its name.
    ``partials``: from the arguments and the result to the partial derivatives; None where an argument is not connected,
    :data:`UNKNOWN` where no formula is known; by default zeros.  A real function of a complex z changes by the real part of p dz.
    ``casts``: the dtypes that arguments are converted to; by default that of the result.
    ``commutative``, ``associative``, ``identity``, ``absorbing`` (0 of mul), ``idempotent`` (f(f(x)) = f(x), f(x, x) = x),
    ``involution`` (f(f(x)) = x), ``inverse`` (the name of g with g(f(x)) = x): facts for rewriting, held by law tests.
    ``domain``, ``ulp``: where (one interval, or one for each argument) and how closely law tests hold it to its reference, whose own
    errors count; ``scale``: errors of results smaller than this count in its units: near roots only the absolute error is small;
    ``everywhere=False``: arguments of extreme sizes are excepted.
    ``complex=True``: the body is right for complex numbers too.
    ``symbol``: how it prints between its arguments.
    ``kinks``: (arguments, partial derivatives) at points where there are none, one of which is chosen; ``source``: where to find the
    formula, for a documentation that is made of all this (:mod:`theano.scalar.describe`).
    ``native=False``: the function is only its signature and docstring; the operation runs by its reference.
    """

    def declare(body: Callable[..., Any]) -> Declared:
        parameters = inspect.signature(body).parameters.values()
        nary = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        op = Declared(
            name or body.__name__, len(parameters), dtype=dtype, body=body if native else None, nary=nary, doc=body.__doc__, **facts
        )
        if register:
            OPS[op.name] = op
        return op

    return declare
