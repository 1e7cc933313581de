"""Sums with matrix products become the library operations that accumulate: gemm, gemv.

``z + alpha*dot(x, y)`` is worth one `gemm` where the sum itself is wanted; where an elementwise operation reads it,
adding ``z`` there costs nothing, and the product stands alone.  Factors of rank 0 go into ``alpha`` and ``beta``, transposes stay views,
which the library reads as they are.  Nothing is overwritten here: what takes whose storage is planned later.
"""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.rewrite.engine import Rewriter, rewrite
from theano.rewrite.terms import Product, Sum, literal, read_product, read_sum, scalar_op_of, write_product, write_sum
from theano.scalar import add, mul, neg, sub, true_div
from theano.tensor.blas import dot22, dot22scalar, gemm, gemv
from theano.tensor.elemwise import Elemwise
from theano.tensor.products import BLAS, Dot

Number = Any


def _dot_of(variable: Any) -> Apply | None:
    """The node of a matrix-matrix, matrix-vector or vector-matrix product that a library computes."""
    node = variable.owner
    if node is None or not isinstance(node.op, Dot) or variable.type.dtype not in BLAS or variable.type.ndim == 0:
        return None
    return node  # type: ignore[no-any-return]


def _scaled_dot(rewriter: Rewriter, coefficient: Number, term: Any) -> tuple[Apply, Product] | None:
    """(node of the product, its factor) if ``coefficient·term`` is a number times a product that nobody else needs."""
    node = _dot_of(term)
    if node is not None:
        return (node, Product(coefficient)) if rewriter.used_once(term) else None
    if scalar_op_of(term) not in (mul, true_div, neg) or not rewriter.used_once(term):
        return None
    read = read_product(term, rewriter.used_once)
    return _single_dot(rewriter, read, coefficient)


def _single_dot(rewriter: Rewriter, read: Product, coefficient: Number) -> tuple[Apply, Product] | None:
    dots = [(b, e) for b, e in read.factors if not all(b.type.broadcastable)]
    if len(dots) != 1 or dots[0][1] != 1 or not rewriter.used_once(dots[0][0]):
        return None
    node = _dot_of(dots[0][0])
    if node is None:
        return None
    return node, Product(coefficient * read.coefficient, [(b.dimshuffle(), e) for b, e in read.factors if b is not dots[0][0]])


def _factor(product: Product, dtype: str) -> Any:
    """A factor as a 0-d variable."""
    return write_product(product, dtype, 0) if product.factors else literal(product.coefficient, dtype, 0)


def _stands_alone(rewriter: Rewriter, output: Any) -> bool:
    """Whether something other than an elementwise operation reads ``output``."""
    return any(client == "output" or not isinstance(client.op, Elemwise) for client, _ in rewriter.clients[output])


@rewrite("blas", add, sub)
def accumulate_product(rewriter: Rewriter, node: Apply) -> Any:
    """``beta*z + alpha*dot(x, y)`` is one gemm (of a matrix and a vector: gemv)."""
    output: Any = node.outputs[0]
    if output.type.dtype not in BLAS or output.type.ndim not in (1, 2):
        return None
    if not any(v.owner is not None and (isinstance(v.owner.op, (Dot, Elemwise))) for v in node.inputs):
        return None
    read = read_sum(output, rewriter.used_once)
    if len(read.terms) < 2 or read.constant != 0:
        return None
    found = [(k, scaled) for k, (c, t) in enumerate(read.terms) if (scaled := _scaled_dot(rewriter, c, t)) is not None]
    if not found or (len(found) == 1 and not _stands_alone(rewriter, output)):
        return None
    position, (product, alpha) = found[-1]
    rest = read.terms[:position] + read.terms[position + 1 :]
    beta, z = _accumulator(rewriter, rest, output)
    if z.type != output.type or product.outputs[0].type != output.type:
        return None
    return _accumulated(z, _factor(alpha, output.type.dtype), product.inputs, _factor(beta, output.type.dtype))


def _accumulator(rewriter: Rewriter, terms: list[tuple[Number, Any]], output: Any) -> tuple[Product, Any]:
    """(beta, z) such that ``beta*z`` is the sum of ``terms``."""
    dtype, ndim = output.type.dtype, output.type.ndim
    if len(terms) > 1:
        return Product(), write_sum(Sum(0, terms), dtype, ndim)
    ((coefficient, term),) = terms
    if scalar_op_of(term) in (mul, neg, true_div) and rewriter.used_once(term):
        read = read_product(term, rewriter.used_once)
        numbers = [(b, e) for b, e in read.factors if all(b.type.broadcastable)]
        arrays = [f for f in read.factors if f not in numbers]
        if len(arrays) == 1 and arrays[0][1] == 1:
            return Product(coefficient * read.coefficient, [(b.dimshuffle(), e) for b, e in numbers]), arrays[0][0]
    return Product(coefficient), term


def _accumulated(z: Any, alpha: Any, operands: list[Any], beta: Any) -> Any:
    x, y = operands
    if z.type.ndim == 2:
        return gemm(z, alpha, x, y, beta)
    return gemv(z, alpha, x, y, beta) if x.type.ndim == 2 else gemv(z, alpha, y.T, x, beta)


@rewrite("blas", mul, true_div, neg)
def scaled_product(rewriter: Rewriter, node: Apply) -> Any:
    """``a * dot(x, y)`` of matrices, wanted as such, is one operation."""
    output: Any = node.outputs[0]
    if output.type.dtype not in BLAS or output.type.ndim != 2 or not _stands_alone(rewriter, output):
        return None
    found = _single_dot(rewriter, read_product(output, rewriter.used_once), 1)
    if found is None or found[0].outputs[0].type != output.type or any(v.type.ndim != 2 for v in found[0].inputs):
        return None
    return dot22scalar(*found[0].inputs, _factor(found[1], output.type.dtype))


@rewrite("dot22", Dot)
def matrix_product(rewriter: Rewriter, node: Apply) -> Any:
    """The product of two matrices that a library multiplies, where no sum has taken it."""
    x, y = node.inputs
    if x.type.ndim != 2 or y.type.ndim != 2 or node.outputs[0].type.dtype not in BLAS:
        return None
    return dot22(x, y)
