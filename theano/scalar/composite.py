"""Several scalar operations as one: a graph of scalar variables, used like any operation.

Two composites are equal if their graphs are, whatever their variables are called.

>>> from theano.scalar import float64
>>> x, y = float64("x"), float64("y")
>>> both = Composite([x, y], [x * y + x, x - y])
>>> both, [float(result) for result in both(3.0, 2.0)]
(Composite{((i0 * i1) + i0), (i0 - i1)}, [9.0, 1.0])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theano.errors import CompileError, MissingInputError, VariableTypeError, message
from theano.graph import Constant, Variable, graph_inputs, io_toposort
from theano.scalar.declare import weak
from theano.scalar.evaluate import cast
from theano.scalar.graphs import pulled_back, replayed
from theano.scalar.instructions import Trace, Value
from theano.scalar.op import ScalarOp
from theano.scalar.types import Scalar, get_scalar_type

__all__ = ["Composite"]


class Composite(ScalarOp):
    """The operation that computes ``outputs`` from ``inputs``, scalar variables.  Composites among its operations are taken apart.

    It is made for the dtypes of ``inputs``; for arguments of others, so are its operations."""

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        if not outputs:
            raise ValueError(message("Composite: there is nothing to compute", cure="give at least one output"))
        for variable in (*inputs, *outputs):
            if not isinstance(variable, Variable) or not isinstance(variable.type, Scalar):
                raise VariableTypeError(message(f"Composite: {variable} is no scalar variable"))
        for variable in graph_inputs(outputs, blockers=inputs):
            if variable not in inputs and not isinstance(variable, Constant):
                raise MissingInputError(message(f"Composite: {variable} is used, and is not among the inputs"))
        self.nin, self.nout = len(inputs), len(outputs)
        self.inputs: list[Any] = [v.type() for v in inputs]
        self.outputs: list[Any] = replayed(outputs, dict(zip(inputs, self.inputs)), _itself, _taken_apart)
        self._made_for: dict[tuple[str, ...], list[Any]] = {tuple(v.type.dtype for v in inputs): self.outputs}
        self.name = self.__name__ = f"Composite{{{', '.join(self._formulas())}}}"

    def _formulas(self) -> list[str]:
        """The outputs as text, after what they use more than once."""
        order = io_toposort(self.inputs, self.outputs)
        uses = Counter(v for node in order for v in node.inputs)
        text: dict[Any, str] = {v: f"i{k}" for k, v in enumerate(self.inputs)}
        shared: list[str] = []
        for node in order:
            parts = [text.get(v) or str(v.data) for v in node.inputs]
            symbol = node.op.symbol
            formula = f"({f' {symbol} '.join(parts)})" if symbol and len(parts) > 1 else f"{node.op}({', '.join(parts)})"
            for position, out in enumerate(node.outputs):
                text[out] = formula if len(node.outputs) == 1 else f"{formula}[{position}]"
                if uses[out] > 1:
                    shared.append(f"t{len(shared)} = {text[out]}")
                    text[out] = f"t{len(shared) - 1}"
        return [*shared, *(text.get(v) or str(v.data) for v in self.outputs)]

    @cached_property
    def structure(self) -> tuple[Any, ...]:
        """What it computes, whatever its variables are called."""
        numbers = {v: k for k, v in enumerate(self.inputs)}

        def reference(v: Any) -> Any:
            return (v.type.dtype, v.data.tobytes()) if isinstance(v, Constant) else numbers[v]

        steps = []
        for node in io_toposort(self.inputs, self.outputs):
            steps.append((node.op, *map(reference, node.inputs)))
            for out in node.outputs:
                numbers[out] = len(numbers)
        return tuple(v.type.dtype for v in self.inputs), tuple(steps), tuple(map(reference, self.outputs))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Composite) and self.structure == other.structure)

    def __hash__(self) -> int:
        return hash(self.structure)

    def __reduce__(self) -> Any:
        return type(self), (self.inputs, self.outputs)

    def _for(self, given: Sequence[str]) -> list[Any]:
        """The outputs for arguments of the dtypes ``given``; the leaves of the graph are new then."""
        key = tuple(given)
        if key not in self._made_for:
            leaves = [get_scalar_type(dtype)() for dtype in key]
            self._made_for[key] = replayed(self.outputs, dict(zip(self.inputs, leaves)), _itself)
        return self._made_for[key]

    def output_dtypes(self, *given: str) -> tuple[str, ...]:
        return tuple(v.type.dtype for v in self._for(given))

    def evaluate(self, *arrays: NDArray[Any]) -> list[NDArray[Any]]:
        found = replayed(self.outputs, dict(zip(self.inputs, arrays)), lambda literal: np.asarray(literal.data))
        return [cast(np.asarray(f), dtype) for f, dtype in zip(found, self.output_dtypes(*(a.dtype.name for a in arrays)))]

    def why_python(self, *given: str) -> str | None:
        for node in io_toposort([], self._for(given)):
            why = node.op.why_python(*(v.type.dtype for v in node.inputs))
            if why is not None:
                return f"{node.op}: {why}"
        return None

    def trace(self, trace: Trace, *args: Any) -> Any:
        values = weak(trace, args)
        given = [v.dtype for v in values]
        why = self.why_python(*given)
        if why is not None:
            raise CompileError(message(f"{self} cannot be compiled: {why}", cure="it is evaluated by NumPy or SciPy instead"))

        def literal(constant: Constant) -> Value:
            return trace.const(constant.data.item(), constant.type.dtype)

        found = replayed(self.outputs, dict(zip(self.inputs, values)), literal)
        results = tuple(f.cast(dtype) for f, dtype in zip(found, self.output_dtypes(*given)))
        return results[0] if self.nout == 1 else results

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return pulled_back(inputs, replayed(self.outputs, dict(zip(self.inputs, inputs)), _itself), output_grads)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return self.L_op(inputs, [], output_grads)


def _itself(constant: Constant) -> Constant:
    return constant


def _taken_apart(op: ScalarOp, args: Sequence[Any]) -> Any:
    return replayed(op.outputs, dict(zip(op.inputs, args)), _itself) if isinstance(op, Composite) else op(*args)
