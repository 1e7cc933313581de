"""What every scalar operation has, be it declared (:mod:`theano.scalar.declare`) or written as a class.

A class derives from :class:`ScalarOp`, or from ``UnaryScalarOp`` or ``BinaryScalarOp``, and says how single numbers are computed:
``impl`` in Python, or ``nfunc_spec``, the name of a NumPy or SciPy function.  The dtypes of its results are told by a rule
(``output_types_preference``) or a method (``output_types``), its derivatives by ``grad`` or ``L_op``, in scalar variables.
It runs as native code wherever its function can be followed (:mod:`theano.scalar.follow`), else by Python, number by number.

>>> class Half(ScalarOp):
...     nin = 1
...     def impl(self, x):
...         return x / 2 if x > 0 else 0.0
...     def grad(self, inputs, gradients):
...         return [gradients[0] / 2]
>>> half = Half(name="half")
>>> half(3.0), half.output_dtypes("float32"), half.why_python("float32")
(1.5, ('float32',), None)
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from theano import dtypes
from theano.errors import CompileError, DTypeError, MethodNotDefined, message
from theano.graph import Apply, Op
from theano.scalar.evaluate import cast
from theano.scalar.instructions import Trace, Value

if TYPE_CHECKING:
    from theano.scalar.types import Scalar

__all__ = ["ScalarOp"]

Array = NDArray[Any]


class ScalarOp(Op):
    """An operation on single numbers.

    Called with scalar variables it builds a node of them; with tensors, the elementwise node; with traced values it puts its code there;
    with numbers or arrays it computes.  Two instances of one class are equal if their rule of types and their name are."""

    nin = -1
    """How many arguments; -1 if any number."""
    nout = 1
    name: str = ""
    nfunc_spec: tuple[str, int, int] | None = None
    output_types_preference: Callable[..., Sequence[Scalar]] | None = None

    commutative = associative = idempotent = involution = False
    differentiable = True
    identity: float | None = None
    absorbing: float | None = None
    inverse: str | None = None
    symbol: str | None = None

    def __init__(self, output_types_preference: Callable[..., Sequence[Scalar]] | None = None, name: str | None = None) -> None:
        if output_types_preference is not None:
            self.output_types_preference = output_types_preference
        self.name = self.__name__ = name or type(self).__name__
        cls = type(self)
        if self.nfunc_spec is None and cls.impl is ScalarOp.impl and cls.evaluate is ScalarOp.evaluate:
            given = f"{cls.__name__} has c_code and no impl; no C compiler is used any more" if cls.c_code is not ScalarOp.c_code else None
            headline = given or f"{cls.__name__} cannot be computed: it defines neither impl nor nfunc_spec"
            raise MethodNotDefined(
                message(headline, cure=f"write {cls.__name__}.impl(self, x, ...): it is followed, and becomes native code")
            )

    @property
    def nary(self) -> bool:
        return self.nin < 0

    @property
    def arity(self) -> int:
        """How many arguments, at least."""
        return max(self.nin, 1)

    def __str__(self) -> str:
        return self.name or type(self).__name__

    __repr__ = __str__

    def _identity(self) -> tuple[Any, ...]:
        return type(self), self.output_types_preference, self.name

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, ScalarOp) and self._identity() == other._identity())

    def __hash__(self) -> int:
        return hash(self._identity())

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_followed"}

    # ------------------------------------------------------------------------------------ building

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            return super().__call__(*args, **kwargs)
        for arg in args:
            if hasattr(arg, "__elementwise__"):
                return arg.__elementwise__(self, args)
        return self.impl(*args)

    def apply(self, args: Sequence[Any]) -> Any:
        """The result, or the list of them, for scalar variables."""
        return super().__call__(*args)

    def make_node(self, *inputs: Any) -> Apply:
        from theano.scalar.types import as_scalar, get_scalar_type

        operands = [as_scalar(x) for x in inputs]
        if self.nin >= 0 and len(operands) != self.nin:
            raise TypeError(message(f"{self} takes {self.nin} arguments, {len(operands)} were given"))
        return Apply(self, operands, [get_scalar_type(dtype)() for dtype in self.output_dtypes(*(x.type.dtype for x in operands))])

    def output_types(self, types: Sequence[Scalar]) -> Sequence[Scalar]:
        """The scalar types of the results, from those of the arguments: the common type, or what ``output_types_preference`` says."""
        if self.output_types_preference is not None:
            return self.output_types_preference(*types)
        from theano.scalar.types import get_scalar_type

        return [get_scalar_type(dtypes.upcast(*(t.dtype for t in types)))] * self.nout

    def output_dtypes(self, *given: str) -> tuple[str, ...]:
        """The dtypes of the results, from those of the arguments."""
        from theano.scalar.types import get_scalar_type

        return tuple(t.dtype for t in self.output_types([get_scalar_type(dtype) for dtype in given]))

    # ------------------------------------------------------------------------------------ values

    def impl(self, *numbers: Any) -> Any:
        """The result for numbers or arrays."""
        results = [result[()] for result in self.evaluate(*map(np.asarray, numbers))]
        return results[0] if len(results) == 1 else tuple(results)

    @property
    def nfunc(self) -> Callable[..., Any] | None:
        """The NumPy or SciPy function that ``nfunc_spec`` names."""
        if self.nfunc_spec is None:
            return None
        module, _, name = self.nfunc_spec[0].rpartition(".")
        found: Callable[..., Any] = getattr(importlib.import_module(module or "numpy"), name)
        return found

    def evaluate(self, *arrays: Array) -> list[Array]:
        """The results, by NumPy's or SciPy's function, or by ``impl`` number by number."""
        results = self.output_dtypes(*(a.dtype.name for a in arrays))
        function = self.nfunc
        if function is not None and dtypes.is_continuous(results[0]):
            arrays = tuple(a.astype(results[0]) if a.dtype.kind in "biu" else a for a in arrays)
        with np.errstate(all="ignore"):
            found = (function or np.frompyfunc(self.impl, len(arrays), self.nout))(*arrays)
        convert = cast if function else _of_numbers
        return [convert(np.asarray(f), dtype) for f, dtype in zip(found if self.nout > 1 else [found], results, strict=True)]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        for storage, value in zip(output_storage, self.evaluate(*map(np.asarray, inputs)), strict=True):
            storage[0] = value[()]

    # ------------------------------------------------------------------------------------ code

    def why_python(self, *given: str) -> str | None:
        """Why there is no code for arguments of these dtypes; None if there is."""
        from theano.scalar.follow import followed

        found = followed(self, given)
        return found if isinstance(found, str) else None

    def supports_c_code(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> bool:
        """No operation has C code: what is native is compiled from instructions."""
        return False

    def has_code(self, *given: str) -> bool:
        """Whether there is code for arguments of these dtypes; if not, Python runs ``evaluate``."""
        return self.why_python(*given) is None

    def trace(self, trace: Trace, *args: Any) -> Any:
        """The code for ``args``, values or numbers: the result, or a tuple of several."""
        from theano.scalar.declare import weak
        from theano.scalar.follow import followed

        values = weak(trace, args)
        found = followed(self, [v.dtype for v in values])
        if isinstance(found, str):
            raise CompileError(message(f"{self} cannot be compiled: {found}", cure="it is evaluated by Python instead"))
        results = found(trace, values)
        return results[0] if self.nout == 1 else results

    def lower(self, low: Any, node: Apply) -> None:
        """Of scalar variables."""
        if not self.has_code(*(v.type.dtype for v in node.inputs)):
            low.python(node)
            return
        pointwise(self, low, node, ())


def pointwise(op: ScalarOp, low: Any, node: Apply, shape: Sequence[Any]) -> None:
    """Lower ``node`` to ``op`` at each point of ``shape``."""

    def code(*index: Value) -> tuple[Value, ...]:
        results = op.trace(low.trace, *(low.read(v, index) for v in node.inputs))
        return results if isinstance(results, tuple) else (results,)

    for position, out in enumerate(node.outputs):
        low.pointwise(out, shape, lambda *index, k=position: code(*index)[k])


def _of_numbers(numbers: Array, dtype: str) -> Array:
    """Python numbers as an array of ``dtype``: integers wrap, floats saturate in integer types."""
    natural = np.array(numbers.tolist()).reshape(numbers.shape)  # a list of nothing has lost its shape
    if natural.dtype == object:  # integers of more than 64 bits
        natural = numbers.astype("float64") if dtypes.is_continuous(dtype) else (numbers & (2**64 - 1)).astype("uint64")
    if natural.dtype.kind == "c" and not dtypes.is_complex(dtype):
        raise DTypeError(message(f"impl gave a complex number, the result is to be {dtype}"))
    return cast(natural, dtype)
