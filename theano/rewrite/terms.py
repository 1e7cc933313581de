"""Reading a graph as sums and products, and writing those back as few nodes.

A :class:`Sum` is ``constant + Σ coefficient·term``, a :class:`Product` is ``coefficient · Π base**exponent``.  Reading
looks through the nodes below a root that nobody else uses (`add`, `sub`, `neg`, multiples; `mul`, `true_div`, `neg`,
`inv`, `sqr`, whole powers) and through signs and multiples even if others use them, joins equal terms and folds constants;
at most :data:`LIMIT` terms, so that reading costs a bounded amount.  Writing back is worth it only if it needs fewer nodes of its
own or has fewer leaves; both counts are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theano.graph import Constant, Variable
from theano.scalar import add, inv, mul, neg, pow, sqr, sub, true_div
from theano.tensor.elemwise import Elemwise
from theano.tensor.type import tensor_type
from theano.tensor.variable import TensorConstant

LIMIT = 32
"""The most terms that one sum or product is read as."""

SUMS = frozenset({add, sub, neg})
PRODUCTS = frozenset({mul, true_div, inv, sqr, pow, neg})
POWERS = frozenset({inv, sqr, pow, neg})
"""What a power is looked through for: `sqr(a*b)` stays one square."""
MAX_POWER = 64
VARIABLE, CONSTANT = 2, 1
"""What a leaf counts: ``2*x`` is less than ``x + x``."""

Number = Any
Single = Callable[[Variable], bool]


@dataclass(slots=True)
class Sum:
    """``constant + Σ coefficient·term`` of one dtype."""

    constant: Number = 0
    terms: list[tuple[Number, Any]] = field(default_factory=list)
    nodes: int = 0  # how many nodes say so now
    leaves: int = 0  # how many leaves they have
    signs: int = 0  # how many nodes inside could stand outside
    cut: list[Variable] = field(default_factory=list)  # sums left whole for the limit's sake


@dataclass(slots=True)
class Product:
    """``coefficient · Π base**exponent`` of one dtype."""

    coefficient: Number = 1
    factors: list[tuple[Any, int]] = field(default_factory=list)
    nodes: int = 0
    leaves: int = 0
    signs: int = 0  # how many nodes inside could stand outside
    cut: list[Variable] = field(default_factory=list)


def scalar_op_of(variable: Variable) -> Any:
    """The elementwise operation that makes ``variable``, or None."""
    node = variable.owner
    if node is None:
        return None
    op = node.op
    return op.scalar_op if isinstance(op, Elemwise) else None


def op_of(variable: Variable) -> Any:
    """The elementwise operation or else the class of the op that makes ``variable``; None for a leaf."""
    return None if variable.owner is None else scalar_op_of(variable) or type(variable.owner.op)


def number_of(variable: Variable) -> Number | None:
    """The Python number that all dimensions of a broadcastable constant share, or None."""
    if isinstance(variable, Constant):
        data: Any = variable.data
        if isinstance(data, np.ndarray) and data.size == 1:
            return data.item()
    return None


def literal(number: Number, dtype: str, ndim: int) -> TensorConstant:
    """A constant of rank ``ndim``, broadcastable throughout; whole numbers wrap as the dtype does."""
    if isinstance(number, int) and dtype.startswith(("int", "uint")):
        bits = np.dtype(dtype).itemsize * 8
        number &= (1 << bits) - 1
        if dtype.startswith("int") and number >> (bits - 1):
            number -= 1 << bits
    with np.errstate(over="ignore"):
        return TensorConstant(tensor_type(dtype, (True,) * ndim), np.full((1,) * ndim, number, dtype))


def read_sum(root: Any, single: Single) -> Sum:
    """``root`` as a sum; a variable that is none is a sum of one term."""
    result = Sum()
    dtype = root.type.dtype
    stack: list[tuple[Number, Any, bool]] = [(1, root, True)]
    found: dict[int, int] = {}
    while stack:
        factor, variable, looks_below = stack.pop()
        op = scalar_op_of(variable) if looks_below and variable.type.dtype == dtype else None
        if op is not None:
            own = variable is root or single(variable)
            inputs = variable.owner.inputs
            if own and (op is add or op is sub):
                if variable is root or len(result.terms) + len(stack) + len(inputs) <= LIMIT:
                    result.nodes += 1
                    second = -factor if op is sub else factor
                    stack.extend((second, v, True) for v in reversed(inputs[1:]))
                    stack.append((factor, inputs[0], True))
                    continue
                result.cut.append(variable)
            elif op is neg:
                result.nodes += own
                result.signs += own and variable is not root
                stack.append((-factor, inputs[0], own))
                continue
            elif op is mul:
                scale, inner = _scaled(inputs)
                if inner is not None:
                    result.nodes += own
                    result.leaves += CONSTANT
                    stack.append((factor * scale, inner, own))
                    continue
        number = number_of(variable)
        if number is not None:
            result.leaves += CONSTANT
            result.constant += factor * number
            continue
        result.leaves += VARIABLE
        position = found.setdefault(id(variable), len(result.terms))
        if position == len(result.terms):
            result.terms.append((factor, variable))
        else:
            result.terms[position] = result.terms[position][0] + factor, variable
    result.terms = [(c, t) for c, t in result.terms if c != 0]
    return result


def _scaled(inputs: list[Any]) -> tuple[Number, Any]:
    """(c, x) of the factors of ``c*x``; (1, None) if they are no such pair."""
    if len(inputs) == 2:
        for number, inner in ((number_of(inputs[0]), inputs[1]), (number_of(inputs[1]), inputs[0])):
            if number is not None and number_of(inner) is None:
                return number, inner
    return 1, None


def read_product(root: Any, single: Single) -> Product:
    """``root`` as a product; division and negative powers count only among floats."""
    result = Product()
    dtype = root.type.dtype
    divides = dtype.startswith(("float", "complex"))
    stack: list[tuple[int, Any, bool]] = [(1, root, True)]
    found: dict[int, int] = {}
    while stack:
        exponent, variable, looks_below = stack.pop()
        op = scalar_op_of(variable) if looks_below and variable.type.dtype == dtype else None
        if op in PRODUCTS:
            if variable is root or single(variable):
                parts = _factors(op, variable.owner, exponent) if exponent in (1, -1) or op in POWERS else None
                if parts is not None and (divides or op is not true_div):
                    if variable is root or len(result.factors) + len(stack) + len(parts) <= LIMIT:
                        result.nodes += 1
                        result.leaves += CONSTANT * (op is pow)
                        if op is neg:
                            result.signs += variable is not root
                            result.coefficient *= -1 if exponent % 2 else 1
                        stack.extend((e, v, True) for e, v in reversed(parts))
                        continue
                    result.cut.append(variable)
            elif op is neg:
                result.coefficient *= -1 if exponent % 2 else 1
                stack.append((exponent, variable.owner.inputs[0], False))
                continue
            elif op is mul and exponent == 1:
                scale, inner = _scaled(variable.owner.inputs)
                if inner is not None:
                    result.coefficient *= scale
                    result.leaves += CONSTANT
                    result.signs += 1
                    stack.append((1, inner, False))
                    continue
        number = number_of(variable)
        if number is not None and _absorb(result, number, exponent, divides):
            result.leaves += CONSTANT
            continue
        result.leaves += VARIABLE
        position = found.setdefault(id(variable), len(result.factors))
        if position == len(result.factors):
            result.factors.append((variable, exponent))
        else:
            result.factors[position] = variable, result.factors[position][1] + exponent
    result.factors = [(b, e) for b, e in result.factors if e]
    return result


def _factors(op: Any, node: Any, exponent: int) -> list[tuple[int, Variable]] | None:
    inputs = node.inputs
    if op is mul:
        return [(exponent, v) for v in inputs]
    if op is true_div:
        return [(exponent, inputs[0]), (-exponent, inputs[1])]
    if op is neg:
        return [(exponent, inputs[0])]
    if op is inv:
        return [(-exponent, inputs[0])]
    if op is sqr:
        return [(2 * exponent, inputs[0])]
    power = power_of(node)
    return None if power is None else [(power * exponent, inputs[0])]


def power_of(node: Any) -> int | None:
    """The small whole constant n of a node ``x**n`` that has the dtype of ``x``, or None."""
    base, exponent = node.inputs
    power = number_of(exponent)
    if power is None or isinstance(power, complex) or power != int(power) or not 0 < abs(power) <= MAX_POWER:
        return None
    dtype = node.outputs[0].type.dtype
    if base.type.dtype != dtype or (power < 0 and not dtype.startswith(("float", "complex"))):
        return None
    return int(power)


def _absorb(product: Product, number: Number, exponent: int, divides: bool) -> bool:
    """Multiply ``number**exponent`` into the coefficient, unless that has no finite value."""
    if exponent < 0 and (not divides or number == 0):
        return False
    try:
        product.coefficient = product.coefficient * number**exponent
    except OverflowError:
        return False
    return True


# -------------------------------------------------------------------------------------------- writing back


def cost_of_sum(s: Sum) -> tuple[int, int, int]:
    """(nodes, leaves, signs) that :func:`write_sum` needs."""
    plus = sum(1 for c, _ in s.terms if _positive(c)) + (s.constant != 0)
    minus = sum(1 for c, _ in s.terms if not _positive(c))
    scaled = sum(1 for c, _ in s.terms if c not in (1, -1))
    leaves = VARIABLE * len(s.terms) + CONSTANT * (scaled + (s.constant != 0))
    if not plus and minus == 1 and scaled:
        return 1, leaves, 0
    return (plus > 1) + (minus > 1) + (minus > 0) + scaled, leaves, 0


def write_sum(s: Sum, dtype: str, ndim: int) -> Any:
    """``s`` as `sub(add(...), add(...))`, with multiples for the coefficients; a literal if it has no terms."""
    s = Sum(s.constant, [(c, as_dtype(t, dtype)) for c, t in s.terms])
    plus = [literal(s.constant, dtype, ndim)] if s.constant != 0 or not s.terms else []
    if not plus and len(s.terms) == 1:
        return _multiple(*s.terms[0], dtype)
    plus += [_multiple(c, t, dtype) for c, t in s.terms if _positive(c)]
    minus = [_multiple(-c, t, dtype) for c, t in s.terms if not _positive(c)]
    if not minus:
        return _nary(add, plus)
    return sub(_nary(add, plus), _nary(add, minus)) if plus else neg(_nary(add, minus))


def _positive(coefficient: Number) -> bool:
    return isinstance(coefficient, complex) or coefficient > 0 or coefficient != coefficient


def _multiple(coefficient: Number, term: Any, dtype: str) -> Any:
    if coefficient == 1:
        return term
    return neg(term) if coefficient == -1 else mul(literal(coefficient, dtype, term.type.ndim), term)


def _nary(op: Any, parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else op(*parts)


def cost_of_product(p: Product) -> tuple[int, int, int]:
    """(nodes, leaves, signs) that :func:`write_product` needs."""
    above = sum(1 for _, e in p.factors if e > 0)
    below = len(p.factors) - above
    powers = sum(1 for _, e in p.factors if abs(e) > 1)
    exponents = sum(1 for _, e in p.factors if abs(e) > 2)
    negated = p.coefficient == -1 and above > 0
    explicit = (p.coefficient != 1 and not negated) or not above
    above += explicit
    leaves = VARIABLE * len(p.factors) + CONSTANT * (exponents + explicit)
    return (above > 1) + (below > 1) + (below > 0) + powers + negated, leaves, 0


def write_product(p: Product, dtype: str, ndim: int) -> Any:
    """``p`` as `true_div(mul(...), mul(...))`, with `neg` for the coefficient -1; a literal if it has no factors."""
    above = [_power(as_dtype(b, dtype), e, dtype) for b, e in p.factors if e > 0]
    below = [_power(as_dtype(b, dtype), -e, dtype) for b, e in p.factors if e < 0]
    negated = p.coefficient == -1 and bool(above)
    if (p.coefficient != 1 and not negated) or not above:
        above.insert(0, literal(p.coefficient, dtype, ndim))
    result = _nary(mul, above)
    if below:
        result = true_div(result, _nary(mul, below))
    return neg(result) if negated else result


def _power(base: Any, exponent: int, dtype: str) -> Any:
    if exponent == 1:
        return base
    return sqr(base) if exponent == 2 else pow(base, literal(exponent, dtype, base.type.ndim))


def as_dtype(variable: Any, dtype: str) -> Any:
    """``variable``, cast if it is of another dtype: written back it may stand without the term that widened it."""
    return variable if variable.type.dtype == dtype else variable.astype(dtype)


def join_terms(terms: Iterable[tuple[Number, Variable]]) -> list[tuple[Number, Variable]]:
    """Equal terms joined, in the order of first appearance; those that vanish are dropped."""
    joined: dict[Variable, Number] = {}
    for coefficient, term in terms:
        joined[term] = joined.get(term, 0) + coefficient
    return [(c, t) for t, c in joined.items() if c != 0]


__all__ = [
    "LIMIT",
    "POWERS",
    "PRODUCTS",
    "SUMS",
    "Product",
    "Sum",
    "cost_of_product",
    "cost_of_sum",
    "join_terms",
    "literal",
    "number_of",
    "op_of",
    "power_of",
    "read_product",
    "read_sum",
    "scalar_op_of",
    "write_product",
    "write_sum",
]
