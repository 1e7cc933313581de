"""Forms that are faster to run; nothing reads sums and products as such any more.

Whole powers become squares and products, fills become allocs, products of a column and a row become elementwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import frexp
from typing import Any

from theano.dtypes import is_continuous, is_float
from theano.graph import Apply
from theano.rewrite.engine import Rewriter, rewrite
from theano.rewrite.pattern import rules
from theano.rewrite.shape import broadcast_as
from theano.rewrite.terms import LIMIT, literal, number_of, op_of, scalar_op_of
from theano.scalar import OPS, inv, mul, sqr, true_div
from theano.tensor.products import Dot

exp, gaussian, sqrt = OPS["exp"], OPS["gaussian"], OPS["sqrt"]
MULTIPLIED = 16
"""Powers up to this are multiplied out."""


@rules("specialize")
def bell(x: Any) -> Iterator[tuple[Any, Any]]:
    yield exp(-(x**2)), gaussian(x)


@rewrite("specialize", OPS["pow"])
def power_by_number(rewriter: Rewriter, node: Apply) -> Any:
    """A power with a small constant exponent is products, roots and inverses."""
    (x, exponent), output = node.inputs, node.outputs[0]
    power = number_of(exponent)
    if isinstance(power, complex) and power.imag == 0:
        power = power.real
    if power is None or isinstance(power, complex) or power != power:
        return None
    if x.type.dtype != output.type.dtype:
        if not is_float(output.type.dtype):
            return None
        x = x.astype(output.type.dtype)
    if power == 0:
        return broadcast_as(rewriter, literal(1, output.type.dtype, output.type.ndim), output)
    size = abs(power)
    if size == 0.5:
        result = sqrt(x)
    elif size == int(size) and size <= MULTIPLIED:
        result = _multiplied(x, int(size))
    else:
        return None
    if power < 0:
        if not is_continuous(output.type.dtype):
            return None
        result = inv(result)
    return broadcast_as(rewriter, result, output)


def _multiplied(x: Any, power: int) -> Any:
    """``x**power`` by repeated squares."""
    result, square = None, x
    while power:
        if power & 1:
            result = square if result is None else mul(result, square)
        power >>= 1
        if power:
            square = sqr(square)
    return result


@rewrite("specialize", true_div)
def multiply_by_inverse(rewriter: Rewriter, node: Apply) -> Any:
    """Division by a power of two is multiplication, to the bit."""
    x, divisor = node.inputs
    number = number_of(divisor)
    if number is None or isinstance(number, complex) or not is_float(node.outputs[0].type.dtype) or not number:
        return None
    if x.type.dtype != node.outputs[0].type.dtype or abs(number) > 2**64 or abs(number) < 2**-64:
        return None
    return mul(x, literal(1 / number, x.type.dtype, x.type.ndim)) if abs(frexp(number)[0]) == 0.5 else None


@rewrite("specialize", true_div)
def reuse_quotient(rewriter: Rewriter, node: Apply) -> Any:
    """``x*y/z`` is ``(x/z)*y`` if there is an ``x/z`` anyway: products cost less than divisions."""
    above, below = node.inputs
    if scalar_op_of(above) is not mul or not rewriter.used_once(above) or not is_float(node.outputs[0].type.dtype):
        return None
    factors = above.owner.inputs
    for client, _ in islice(rewriter.clients[below], LIMIT):
        if client == "output" or op_of(client.outputs[0]) is not true_div or client is node or client.inputs[1] is not below:
            continue
        quotient = client.outputs[0]
        if client.inputs[0] in factors and quotient.type == node.outputs[0].type:
            rest = [f for f in factors if f is not client.inputs[0]]
            return mul(quotient, *rest) if len(rest) == len(factors) - 1 else None
    return None


@rewrite("specialize", OPS["second"])
def fill_by_shape(rewriter: Rewriter, node: Apply) -> Any:
    """What is left of ``fill(model, value)`` needs only the shape of the model."""
    value, output = node.inputs[1], node.outputs[0]
    if value.type.dtype != output.type.dtype:
        value = value.astype(output.type.dtype)
    return broadcast_as(rewriter, value, output)


@rewrite("specialize", Dot)
def outer_product(rewriter: Rewriter, node: Apply) -> Any:
    """The product of a column and a row sums nothing: it is elementwise, and fuses."""
    x, y = node.inputs
    if x.type.ndim != 2 or y.type.ndim != 2 or not x.type.broadcastable[1] or not y.type.broadcastable[0]:
        return None
    product = mul(x, y)
    return product if product.type == node.outputs[0].type else None
