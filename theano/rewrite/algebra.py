"""Canonical algebra: sums and products are read whole, simplified, and written back with fewer nodes.

The two rules here work at the *roots* of sums and products (a link that is used only by a larger sum waits for that one).  They
join equal terms, fold constants, cancel, try the equations about sums and products, and distribute a product over a sum where
that cancels divisions: ``(a/x + b/y)*x*y`` becomes ``a*y + b*x``.  A rewrite happens only if it leaves fewer nodes, or as
many with fewer leaves, so it comes to an end.

As in the classic system ``x - x`` is 0, ``x/x`` is 1 and ``0*x`` is 0, whatever ``x`` is at run time.
"""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Variable
from theano.rewrite.engine import Rewriter, rewrite
from theano.rewrite.pattern import FLOATS
from theano.rewrite.shape import broadcast_as
from theano.rewrite.terms import (
    POWERS,
    PRODUCTS,
    SUMS,
    Product,
    Sum,
    cost_of_product,
    cost_of_sum,
    literal,
    op_of,
    power_of,
    read_product,
    read_sum,
    scalar_op_of,
    write_product,
    write_sum,
)
from theano.scalar import add, inv, mul, neg, pow, sqr, sub, true_div
from theano.tensor.elemwise import Elemwise

DIVIDED = frozenset({add, sub, neg, mul, true_div, inv})
"""What may hold a division that a product cancels."""


@rewrite("algebra", add, sub, neg)
def collect_sum(rewriter: Rewriter, node: Apply) -> Any:
    """Join equal terms of a sum, cancel, fold its constants; apply the equations about sums."""
    output: Any = node.outputs[0]
    dtype = output.type.dtype
    if dtype == "bool" or _waits(rewriter, output, SUMS):
        return None
    read = read_sum(output, rewriter.used_once)
    _wake(rewriter, read.cut)
    if dtype in FLOATS:
        found = _equations(rewriter, node, "sum", [t for _, t in read.terms], read)
        if found is not None:
            return broadcast_as(rewriter, found, output)
    if cost_of_sum(read) >= (read.nodes, read.leaves, read.signs):
        return None
    return broadcast_as(rewriter, write_sum(read, dtype, output.type.ndim), output)


@rewrite("algebra", mul, true_div, inv, sqr, pow, neg)
def collect_product(rewriter: Rewriter, node: Apply) -> Any:
    """Join equal factors of a product, cancel, fold its constants; apply the equations about products; distribute."""
    output: Any = node.outputs[0]
    dtype = output.type.dtype
    if dtype == "bool" or _waits(rewriter, output, PRODUCTS):
        return None
    read = read_product(output, rewriter.used_once)
    _wake(rewriter, read.cut)
    ndim = output.type.ndim
    if read.coefficient == 0:
        return broadcast_as(rewriter, literal(0, dtype, ndim), output)
    if dtype in FLOATS:
        found = _equations(rewriter, node, "product", [b for b, _ in read.factors], read)
        if found is None:
            found = _distributed(rewriter, read, dtype, ndim) or _cancelled(rewriter, read, dtype, ndim)
        if found is not None:
            return broadcast_as(rewriter, found, output)
    if cost_of_product(read) >= (read.nodes, read.leaves, read.signs) or _negates_a_shared_multiple(rewriter, node):
        return None
    return broadcast_as(rewriter, write_product(read, dtype, ndim), output)


def _negates_a_shared_multiple(rewriter: Rewriter, node: Apply) -> bool:
    """Whether ``node`` is ``-(2*x)`` where others need ``2*x`` too: ``-2*x`` would be one more product."""
    (multiple, *others), op = node.inputs, node.op
    return not others and op.scalar_op is neg and scalar_op_of(multiple) is mul and not rewriter.used_once(multiple)


def _waits(rewriter: Rewriter, output: Variable, kinds: frozenset[Any]) -> bool:
    """Whether ``output`` is a link of a larger sum (product), which will look at it; that one is woken."""
    clients = rewriter.clients[output]
    if len(clients) != 1:
        return False
    client, position = clients[0]
    if client == "output" or not isinstance(client.op, Elemwise) or client.op.scalar_op not in kinds:
        return False
    if client.outputs[0].type.dtype != output.type.dtype or (kinds is PRODUCTS and not _looks_below(client, position, output)):
        return False
    if output in rewriter.memory.setdefault("roots", set()):
        return False
    rewriter.requeue(client)
    return True


def _looks_below(client: Apply, position: int, output: Variable) -> bool:
    """Whether a power reads on below its base: only through what does not make it several powers."""
    op = client.op.scalar_op
    if op is pow:
        return position == 0 and power_of(client) is not None and scalar_op_of(output) in POWERS
    return op is not sqr or scalar_op_of(output) in POWERS


def _wake(rewriter: Rewriter, cut: list[Variable]) -> None:
    """Parts that a sum had no room for are roots of their own."""
    roots = rewriter.memory.setdefault("roots", set())
    for part in cut:
        if part not in roots and part.owner is not None:
            roots.add(part)
            rewriter.requeue(part.owner)


def _equations(rewriter: Rewriter, node: Apply, kind: str, parts: list[Variable], read: Sum | Product) -> Any:
    """What the first rule about a sum (product) with such a part makes of it."""
    anchored = rewriter.index.anchored
    if not anchored:
        return None
    for op in dict.fromkeys(map(op_of, parts)):
        for rule in anchored.get((kind, op), ()):
            found = rule.function(rewriter, node, read)
            rewriter.tried(rule, found is not None)
            if found is not None:
                return found
    return None


def _cancelled(rewriter: Rewriter, read: Product, dtype: str, ndim: int) -> Any:
    """The product with a quotient that others use too taken apart, if something cancels: ``z / ((x/y) * y)`` is ``z/x``."""
    exponents = dict(read.factors)
    for base, exponent in read.factors:
        if exponent not in (1, -1) or scalar_op_of(base) is not true_div or base.type.dtype != dtype:
            continue
        above, below = base.owner.inputs
        if exponents.get(above, 0) * exponent >= 0 and exponents.get(below, 0) * exponent <= 0:
            continue
        joined = {b: e for b, e in exponents.items() if b is not base}
        for part, sign in ((above, exponent), (below, -exponent)):
            joined[part] = joined.get(part, 0) + sign
        smaller = Product(read.coefficient, [(b, e) for b, e in joined.items() if e])
        if cost_of_product(smaller)[0] < read.nodes:
            return write_product(smaller, dtype, ndim)
    return None


def _distributed(rewriter: Rewriter, read: Product, dtype: str, ndim: int) -> Any:
    """The product multiplied into one of its sums, if divisions of the sum's terms cancel and nodes are saved."""
    if len(read.factors) < 2:
        return None
    for position, (base, exponent) in enumerate(read.factors):
        if exponent != 1 or scalar_op_of(base) not in SUMS or not rewriter.used_once(base) or base.type.dtype != dtype:
            continue
        others = read.factors[:position] + read.factors[position + 1 :]
        found = _distributed_over(rewriter, read.coefficient, others, base, dtype, ndim)
        if found is not None:
            return found
    return None


def _distributed_over(rewriter: Rewriter, coefficient: Any, others: list[tuple[Variable, int]], base: Any, dtype: str, ndim: int) -> Any:
    if not any(scalar_op_of(v) in DIVIDED for v in base.owner.inputs):
        return None
    inner = read_sum(base, rewriter.used_once)
    if inner.constant:
        return None
    terms = [(c, read_product(t, lambda v, root=t: v is root or rewriter.used_once(v))) for c, t in inner.terms]  # type: ignore[misc]
    below = {b for _, t in terms for b, e in t.factors if e < 0}
    moved = [(b, e) for b, e in others if e > 0 and b in below]
    if not moved:
        return None
    left = [f for f in others if f not in moved]
    products = []
    for c, t in terms:
        exponents = dict(t.factors)
        for b, e in moved:
            exponents[b] = exponents.get(b, 0) + e
        products.append((c, Product(t.coefficient, [(b, e) for b, e in exponents.items() if e])))
    before = sum(cost_of_product(t)[0] for _, t in terms) + cost_of_product(Product(coefficient, [*others, (base, 1)]))[0]
    after = sum(cost_of_product(t)[0] for _, t in products) + cost_of_product(Product(coefficient, [*left, (base, 1)]))[0]
    if after >= before:
        return None
    spread = write_sum(Sum(0, [(c, write_product(t, dtype, ndim)) for c, t in products]), dtype, ndim)
    return write_product(Product(coefficient, [(spread, 1), *left]), dtype, ndim)
