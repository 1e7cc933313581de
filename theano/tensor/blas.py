"""Matrix operations as the libraries offer them; users write ``dot``, the rewriter makes these.

They compute new arrays: whether one takes the storage of an argument is the memory planner's business.
All operands have one dtype, float32 or float64; ``alpha`` and ``beta`` are 0-d.

>>> from theano.tensor import dmatrix
>>> a, b, c = dmatrix("a"), dmatrix("b"), dmatrix("c")
>>> gemm(c, 1.0, a, b, 0.5).owner.op
Gemm
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.errors import DTypeError, ShapeError, VariableTypeError, message
from theano.graph import Apply, Op
from theano.tensor.convert import as_tensor_variable, constant
from theano.tensor.elemwise import row
from theano.tensor.products import BLAS, dot, outer
from theano.tensor.shapes import Sizes, Storage, patternbroadcast
from theano.tensor.type import tensor_type


class Blas(Op):
    """What the operations here share: named operands of given ranks, and one dtype."""

    __props__ = ()
    names: ClassVar[tuple[str, ...]]
    ranks: ClassVar[tuple[int, ...]]

    def __str__(self) -> str:
        return type(self).__name__

    __repr__ = __str__

    def operands(self, inputs: Sequence[Any]) -> list[Any]:
        """The inputs as variables, checked; numbers become constants of the common dtype."""
        if len(inputs) != len(self.names):
            raise TypeError(f"{self} takes {len(self.names)} arguments ({', '.join(self.names)}), {len(inputs)} were given")
        tensors = [as_tensor_variable(v) for v, rank in zip(inputs, self.ranks) if rank]
        dtype = tensors[0].type.dtype
        if dtype not in BLAS or any(v.type.dtype != dtype for v in tensors):
            raise DTypeError(message(f"{self}: operands of one dtype, float32 or float64, are needed", self._rows(tensors)))
        if [v.type.ndim for v in tensors] != [rank for rank in self.ranks if rank]:
            raise VariableTypeError(
                message(f"{self}: operands of rank {', '.join(str(r) for r in self.ranks if r)} are needed", self._rows(tensors))
            )
        rest = iter(tensors)
        return [next(rest) if rank else _factor(v, dtype) for v, rank in zip(inputs, self.ranks)]

    def _rows(self, tensors: Sequence[Any]) -> list[Any]:
        names = [name for name, rank in zip(self.names, self.ranks) if rank]
        return [row(name, v) for name, v in zip(names, tensors)]


def _factor(value: Any, dtype: str) -> Any:
    if isinstance(value, (int, float)):
        return constant(value, dtype=dtype)
    variable = as_tensor_variable(value)
    if variable.type.ndim:
        raise VariableTypeError(message("a factor must be of rank 0", [row("factor", variable)]))
    return variable if variable.type.dtype == dtype else variable.astype(dtype)


def _check(node: Apply, fits: bool, inputs: Sequence[Any]) -> None:
    if not fits:
        rows = [row(name, v, np.shape(x)) for name, v, x in zip(node.op.names, node.inputs, inputs)]
        raise ShapeError(message(f"{node.op}: the sizes differ", rows))


class Dot22(Blas):
    """``x @ y`` of two matrices."""

    word = "dot"
    names, ranks = ("x", "y"), (2, 2)

    def make_node(self, *inputs: Any) -> Apply:
        x, y = self.operands(inputs)
        return Apply(self, [x, y], [_product_type(x, y)])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, y = inputs
        _check(node, x.shape[1] == y.shape[0], inputs)
        output_storage[0][0] = np.dot(x, y)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [(input_shapes[0][0], input_shapes[1][1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = inputs, output_grads
        return [_like(dot(g, y.T), x), _like(dot(x.T, g), y)]

    def lower(self, low: Any, node: Apply) -> None:
        x, y = node.inputs
        low.equal(low.shape(x)[1], low.shape(y)[0], node, ((x, 1), (y, 0)), "inner dimensions differ")
        low.gemm(node.outputs[0], x, y)


class Dot22Scalar(Blas):
    """``a * (x @ y)`` of two matrices and a number."""

    word = "dot"
    names, ranks = ("x", "y", "a"), (2, 2, 0)

    def make_node(self, *inputs: Any) -> Apply:
        x, y, a = self.operands(inputs)
        return Apply(self, [x, y, a], [_product_type(x, y)])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, y, a = inputs
        _check(node, x.shape[1] == y.shape[0], inputs)
        output_storage[0][0] = a * np.dot(x, y)

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [(input_shapes[0][0], input_shapes[1][1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y, a), (g,) = inputs, output_grads
        return [_like(a * dot(g, y.T), x), _like(a * dot(x.T, g), y), (g * dot(x, y)).sum()]

    def lower(self, low: Any, node: Apply) -> None:
        x, y, a = node.inputs
        low.equal(low.shape(x)[1], low.shape(y)[0], node, ((x, 1), (y, 0)), "inner dimensions differ")
        low.gemm(node.outputs[0], x, y, alpha=a)


class _Adding(Blas):
    """The base of what adds to its first operand."""

    def make_node(self, *inputs: Any) -> Apply:
        operands = self.operands(inputs)
        out: Any = operands[0].type()
        out.static_shape = operands[0].static_shape
        return Apply(self, operands, [out])

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        return [tuple(input_shapes[0])]


class Gemm(_Adding):
    """``beta * z + alpha * (x @ y)`` of matrices."""

    word = "dot"
    names, ranks = ("z", "alpha", "x", "y", "beta"), (2, 0, 2, 2, 0)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        z, alpha, x, y, beta = inputs
        _check(node, x.shape[1] == y.shape[0] and z.shape == (x.shape[0], y.shape[1]), inputs)
        product = alpha * np.dot(x, y)
        output_storage[0][0] = product if beta == 0 else product + beta * z

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (z, alpha, x, y, beta), (g,) = inputs, output_grads
        into_x, into_y = _like(alpha * dot(g, y.T), x), _like(alpha * dot(x.T, g), y)
        return [beta * g, (g * dot(x, y)).sum(), into_x, into_y, (g * z).sum()]

    def lower(self, low: Any, node: Apply) -> None:
        z, alpha, x, y, beta = node.inputs
        text = "the sizes differ"
        low.equal(low.shape(x)[1], low.shape(y)[0], node, ((x, 1), (y, 0)), text)
        low.equal(low.shape(z)[0], low.shape(x)[0], node, ((z, 0), (x, 0)), text)
        low.equal(low.shape(z)[1], low.shape(y)[1], node, ((z, 1), (y, 1)), text)
        low.gemm(node.outputs[0], x, y, alpha=alpha, c=z, beta=beta)


class Gemv(_Adding):
    """``beta * y + alpha * (A @ x)`` of a matrix and vectors."""

    word = "dot"
    names, ranks = ("y", "alpha", "A", "x", "beta"), (1, 0, 2, 1, 0)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        y, alpha, A, x, beta = inputs
        _check(node, A.shape == (y.shape[0], x.shape[0]), inputs)
        product = alpha * np.dot(A, x)
        output_storage[0][0] = product if beta == 0 else product + beta * y

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (y, alpha, A, x, beta), (g,) = inputs, output_grads
        into_A, into_x = _like(alpha * outer(g, x), A), _like(alpha * dot(A.T, g), x)
        return [beta * g, (g * dot(A, x)).sum(), into_A, into_x, (g * y).sum()]

    def lower(self, low: Any, node: Apply) -> None:
        y, alpha, A, x, beta = node.inputs
        text = "the sizes differ"
        low.equal(low.shape(A)[1], low.shape(x)[0], node, ((A, 1), (x, 0)), text)
        low.equal(low.shape(y)[0], low.shape(A)[0], node, ((y, 0), (A, 0)), text)
        low.gemv(node.outputs[0], A, x, alpha=alpha, y=y, beta=beta)


class Ger(_Adding):
    """``A + alpha * outer(x, y)`` of a matrix and vectors."""

    word = "outer"
    names, ranks = ("A", "alpha", "x", "y"), (2, 0, 1, 1)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        A, alpha, x, y = inputs
        _check(node, A.shape == (x.shape[0], y.shape[0]), inputs)
        output_storage[0][0] = A + alpha * np.outer(x, y)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (_, alpha, x, y), (g,) = inputs, output_grads
        return [g, (g * outer(x, y)).sum(), _like(alpha * dot(g, y), x), _like(alpha * dot(g.T, x), y)]

    def lower(self, low: Any, node: Apply) -> None:
        A, alpha, x, y = node.inputs
        text = "the sizes differ"
        low.equal(low.shape(A)[0], low.shape(x)[0], node, ((A, 0), (x, 0)), text)
        low.equal(low.shape(A)[1], low.shape(y)[0], node, ((A, 1), (y, 0)), text)
        low.ger(node.outputs[0], A, x, y, alpha=alpha)


def _product_type(x: Any, y: Any) -> Any:
    out: Any = tensor_type(x.type.dtype, (x.type.broadcastable[0], y.type.broadcastable[1]))()
    out.static_shape = (x.static_shape[0], y.static_shape[1])
    return out


def _like(term: Any, of: Any) -> Any:
    return patternbroadcast(term, of.type.broadcastable)


dot22, dot22scalar, gemm, gemv, ger = Dot22(), Dot22Scalar(), Gemm(), Gemv(), Ger()

__all__ = ["Dot22", "Dot22Scalar", "Gemm", "Gemv", "Ger", "dot22", "dot22scalar", "gemm", "gemv", "ger"]
