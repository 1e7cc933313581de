"""Equations as rules: the two sides are written with the elementwise operations themselves.

>>> from theano.scalar import erf, erfc
>>> @rules("example")
... def erf_of_tails(x):
...     yield 1 - erf(x), erfc(x)
...     yield 1 + erf(x), erfc(-x)
>>> [law.name for law in erf_of_tails]
['erf_of_tails[0]', 'erf_of_tails[1]']

The arguments of the function are the pattern variables.  Sums and products match in any order and grouping: a side
``1 - erf(x)`` matches ``y + 2 - 2*erf(z)`` as twice itself with the rest ``y``.  A pattern variable that stands by itself in an
inner sum or product (``log(1 + x)``) takes all that the other terms leave over.  Equations hold for real floats.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from theano.graph import Apply, Variable
from theano.rewrite.engine import Rewrite, register
from theano.rewrite.terms import (
    Product,
    Sum,
    as_dtype,
    join_terms,
    number_of,
    read_product,
    read_sum,
    scalar_op_of,
    write_product,
    write_sum,
)
from theano.scalar import add, inv, mul, neg, pow, sqr, sub, true_div
from theano.tensor.convert import weak_constants

FLOATS = ("float16", "float32", "float64")


class Symbolic:
    """What an equation is written with: applying an operation to it writes the operation down."""

    __slots__ = ()

    def __elementwise__(self, op: Any, args: Any) -> Call:
        return Call(op, tuple(args))

    def __add__(self, other: Any) -> Call:
        return Call(add, (self, other))

    def __radd__(self, other: Any) -> Call:
        return Call(add, (other, self))

    def __sub__(self, other: Any) -> Call:
        return Call(sub, (self, other))

    def __rsub__(self, other: Any) -> Call:
        return Call(sub, (other, self))

    def __mul__(self, other: Any) -> Call:
        return Call(mul, (self, other))

    def __rmul__(self, other: Any) -> Call:
        return Call(mul, (other, self))

    def __truediv__(self, other: Any) -> Call:
        return Call(true_div, (self, other))

    def __rtruediv__(self, other: Any) -> Call:
        return Call(true_div, (other, self))

    def __pow__(self, other: Any) -> Call:
        return Call(pow, (self, other))

    def __neg__(self) -> Call:
        return Call(neg, (self,))


@dataclass(frozen=True, slots=True)
class Hole(Symbolic):
    """A pattern variable."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Call(Symbolic):
    """An operation applied to expressions."""

    op: Any
    args: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.op.name}({', '.join(map(str, self.args))})"


# ------------------------------------------------------------------------------------ patterns in normal form


@dataclass(frozen=True, slots=True)
class SumPattern:
    """A number and terms, each a coefficient and a pattern, in any order."""

    constant: float
    terms: tuple[tuple[float, Any], ...]
    rest: tuple[float, str] | None  # the pattern variable that takes what is left over, and its sign
    needs: Any = None  # the op of one of the terms

    def may_match(self, variable: Any) -> bool:
        """A look at the op and the arguments, before anything is read."""
        if self.needs is None or scalar_op_of(variable) not in (add, sub):
            return self.needs is None or len(self.terms) + (self.constant != 0) + (self.rest is not None) == 1
        return any(scalar_op_of(v) in (self.needs, neg, mul) for v in variable.owner.inputs)


@dataclass(frozen=True, slots=True)
class ProductPattern:
    """A number and factors, each a pattern and its power, in any order; ``rest`` takes the other factors."""

    coefficient: float
    factors: tuple[tuple[Any, int], ...]
    rest: str | None


@dataclass(frozen=True, slots=True)
class CallPattern:
    """An operation applied to patterns."""

    op: Any
    args: tuple[Any, ...]


Pattern = SumPattern | ProductPattern | CallPattern | Hole | float


def compile_pattern(expression: Any) -> Pattern:
    """``expression`` with its sums and products made flat."""
    if not isinstance(expression, Call):
        return expression  # type: ignore[no-any-return]
    if expression.op in (add, sub, neg):
        return _compile_sum(expression)
    if expression.op in (mul, true_div, inv, sqr) or (expression.op is pow and isinstance(expression.args[1], int)):
        return _compile_product(expression)
    return CallPattern(expression.op, tuple(map(compile_pattern, expression.args)))


def _compile_sum(expression: Call) -> Pattern:
    constant, terms, rest = 0.0, [], None
    stack: list[tuple[float, Any]] = [(1, expression)]
    while stack:
        factor, part = stack.pop()
        if isinstance(part, Call) and part.op in (add, sub, neg):
            signs = {add: (1, 1), sub: (1, -1), neg: (-1,)}[part.op]
            stack.extend((factor * sign, arg) for sign, arg in reversed(list(zip(signs, part.args))))
        elif isinstance(part, Hole):
            if rest is not None:
                raise ValueError(f"{expression}: only one pattern variable may stand by itself in a sum")
            rest = factor, part.name
        elif isinstance(part, Symbolic):
            inner = compile_pattern(part)
            if isinstance(inner, ProductPattern) and inner.rest is None and len(inner.factors) == 1 and inner.factors[0][1] == 1:
                factor, inner = factor * inner.coefficient, inner.factors[0][0]
            terms.append((factor, inner))
        else:
            constant += factor * part
    return SumPattern(constant, tuple(terms), rest, next((p.op for _, p in terms if isinstance(p, CallPattern)), None))


def _compile_product(expression: Call) -> Pattern:
    coefficient, factors, rest = 1.0, [], None
    stack: list[tuple[int, Any]] = [(1, expression)]
    while stack:
        exponent, part = stack.pop()
        op = part.op if isinstance(part, Call) else None
        if op is mul:
            stack.extend((exponent, arg) for arg in reversed(part.args))
        elif op is true_div:
            stack += [(-exponent, part.args[1]), (exponent, part.args[0])]
        elif op is inv:
            stack.append((-exponent, part.args[0]))
        elif op is sqr:
            stack.append((2 * exponent, part.args[0]))
        elif op is pow and isinstance(part.args[1], int):
            stack.append((part.args[1] * exponent, part.args[0]))
        elif op is neg:
            coefficient = -coefficient if exponent % 2 else coefficient
            stack.append((exponent, part.args[0]))
        elif isinstance(part, Hole) and exponent == 1:
            if rest is not None:
                raise ValueError(f"{expression}: only one pattern variable may stand by itself in a product")
            rest = part.name
        elif isinstance(part, Symbolic):
            factors.append((compile_pattern(part), exponent))
        else:
            coefficient *= part**exponent
    return ProductPattern(coefficient, tuple(factors), rest)


# ------------------------------------------------------------------------------------------------- matching

Form = tuple[Any, tuple[tuple[Any, Variable], ...]]
"""What a pattern variable stands for: (constant, ((coefficient, variable), ...)), so that ``-x`` matches anything."""
Bindings = dict[str, Form]


def _always(variable: Variable) -> bool:
    return True


def _never(variable: Variable) -> bool:
    return False


def match(pattern: Any, variable: Any, bindings: Bindings) -> Bindings | None:
    """``bindings`` extended so that ``pattern`` equals ``variable``, or None."""
    if isinstance(pattern, Hole):
        return _bind(bindings, pattern.name, (0, ((1, variable),)))
    if isinstance(pattern, CallPattern):
        if scalar_op_of(variable) is not pattern.op:
            return None
        return _match_args(pattern, variable.owner.inputs, bindings)
    if isinstance(pattern, SumPattern):
        if variable.type.dtype not in FLOATS or not pattern.may_match(variable):
            return None
        read = read_sum(variable, _never)
        found = next(match_sum(pattern, read, bindings, whole=True), None)
        return None if found is None else found[1]
    if isinstance(pattern, ProductPattern):
        if variable.type.dtype not in FLOATS:
            return None
        product = next(match_product(pattern, read_product(variable, _never), bindings, whole=True), None)
        return None if product is None else product[1]
    return bindings if number_of(variable) == pattern else None


def _match_args(pattern: CallPattern, inputs: list[Variable], bindings: Bindings) -> Bindings | None:
    orders = [inputs, inputs[::-1]] if getattr(pattern.op, "commutative", False) and len(inputs) == 2 else [inputs]
    for order in orders:
        found: Bindings | None = bindings
        for part, variable in zip(pattern.args, order):
            found = match(part, variable, found)  # type: ignore[arg-type]
            if found is None:
                break
        if found is not None:
            return found
    return None


def match_sum(pattern: SumPattern, read: Sum, bindings: Bindings, whole: bool) -> Iterator[tuple[Any, Bindings, Sum]]:
    """All ways: (k, bindings, what is left over) such that ``read = k·pattern + left over``.

    ``whole``: k is 1 and nothing is left over."""
    for scale, found, left in _match_terms(pattern.terms, read.terms, bindings, 1 if whole or not pattern.terms else None):
        if pattern.constant and read.constant != scale * pattern.constant:
            continue
        remaining = Sum(read.constant - scale * pattern.constant, left)
        if pattern.rest is None:
            if not whole or not (remaining.terms or remaining.constant):
                yield scale, found, remaining
            continue
        sign, name = pattern.rest
        if not whole:
            smaller = _without(remaining, found, name, scale * sign)
            if smaller is not None:
                yield scale, found, smaller
            continue
        if not remaining.terms:
            continue
        form = remaining.constant / sign, tuple((c / sign if sign != 1 else c, t) for c, t in remaining.terms)
        bound = _bind(found, name, form)
        if bound is not None:
            yield scale, bound, Sum()


def _without(read: Sum, bindings: Bindings, name: str, factor: Any) -> Sum | None:
    """``read`` less ``factor`` times what ``name`` is bound to, if it holds just that."""
    if name not in bindings:
        return None
    constant, terms = bindings[name]
    left = {t: c for c, t in read.terms}
    for coefficient, term in terms:
        if left.pop(term, None) != factor * coefficient:
            return None
    return Sum(read.constant - factor * constant, [(c, t) for c, t in read.terms if t in left])


def _match_terms(
    patterns: tuple[tuple[float, Any], ...], terms: list[tuple[Any, Variable]], bindings: Bindings, scale: Any
) -> Iterator[tuple[Any, Bindings, list[tuple[Any, Variable]]]]:
    if not patterns:
        yield scale, bindings, terms
        return
    (wanted, pattern), rest = patterns[0], patterns[1:]
    for position, (coefficient, term) in enumerate(terms):
        ratio = coefficient / wanted
        if scale is not None and ratio != scale:
            continue
        found = match(pattern, term, bindings)
        if found is not None:
            yield from _match_terms(rest, terms[:position] + terms[position + 1 :], found, ratio)


def match_product(pattern: ProductPattern, read: Product, bindings: Bindings, whole: bool) -> Iterator[tuple[int, Bindings, Product]]:
    """All ways: (k, bindings, what is left over) such that ``read = pattern**k · left over``, with k as large as can be."""
    for power, found, left in _match_factors(pattern.factors, read.factors, bindings, None):
        power = power or 1
        if whole and (power != 1 or read.coefficient != pattern.coefficient) and pattern.rest is None:
            continue
        remaining = Product(read.coefficient / pattern.coefficient**power, left)
        if pattern.rest is None:
            if not whole or not remaining.factors:
                yield power, found, remaining
            continue
        taken = _take(remaining, found, pattern.rest) if not whole else _take_all(remaining, found, pattern.rest)
        if taken is not None:
            yield 1, *taken


def _match_factors(
    patterns: tuple[tuple[Any, int], ...], factors: list[tuple[Variable, int]], bindings: Bindings, power: int | None
) -> Iterator[tuple[int | None, Bindings, list[tuple[Variable, int]]]]:
    if not patterns:
        yield power, bindings, factors
        return
    (pattern, wanted), rest = patterns[0], patterns[1:]
    for position, (base, exponent) in enumerate(factors):
        if exponent * wanted <= 0 or abs(exponent) < abs(wanted):
            continue
        possible = exponent // wanted
        found = match(pattern, base, bindings)
        if found is None:
            continue
        others = factors[:position] + factors[position + 1 :]
        for inner_power, inner_found, left in _match_factors(rest, others, found, possible if power is None else min(power, possible)):
            remaining = exponent - (inner_power or 1) * wanted
            yield inner_power, inner_found, [(base, remaining), *left] if remaining else left


def _take_all(product: Product, bindings: Bindings, name: str) -> tuple[Bindings, Product] | None:
    """Bind ``name`` to the whole of ``product``."""
    if len(product.factors) == 1 and product.factors[0][1] == 1:
        bound = _bind(bindings, name, (0, ((product.coefficient, product.factors[0][0]),)))
        return None if bound is None else (bound, Product())
    return None


def _take(product: Product, bindings: Bindings, name: str) -> tuple[Bindings, Product] | None:
    """Take what ``name`` is already bound to out of ``product``."""
    if name not in bindings:
        return None
    for position, (base, exponent) in enumerate(product.factors):
        if exponent < 1:
            continue
        for sign in (1, -1):
            if _same(bindings[name], (0, ((sign, base),))):
                left = [*product.factors[:position], *([(base, exponent - 1)] if exponent > 1 else []), *product.factors[position + 1 :]]
                return bindings, Product(product.coefficient * sign, left)
    return None


def _bind(bindings: Bindings, name: str, form: Form) -> Bindings | None:
    bound = bindings.get(name)
    if bound is None:
        return {**bindings, name: form}
    return bindings if _same(bound, form) else None


def _same(a: Form, b: Form) -> bool:
    """Whether two forms are the same sum, however they are grouped."""
    return a == b or _expanded(a) == _expanded(b)


def _expanded(form: Form) -> tuple[Any, dict[Variable, Any]]:
    constant, terms = form
    flat: list[tuple[Any, Variable]] = []
    for coefficient, variable in terms:
        inner = read_sum(variable, _always)
        constant += coefficient * inner.constant
        flat += [(coefficient * c, t) for c, t in inner.terms]
    return constant, {t: c for c, t in join_terms(flat)}


# ----------------------------------------------------------------------------------------- the other side


def build(expression: Any, bindings: Bindings, dtype: str, ndim: int) -> Any:
    """The variable that ``expression`` says, with weak constants."""
    if isinstance(expression, Hole):
        return _written(bindings[expression.name], 1, dtype, ndim)
    if isinstance(expression, Call):
        if expression.op is neg and isinstance(expression.args[0], Hole):
            return _written(bindings[expression.args[0].name], -1, dtype, ndim)
        return expression.op(*(build(a, bindings, dtype, ndim) for a in expression.args))
    return expression


def _written(form: Form, sign: int, dtype: str, ndim: int) -> Any:
    constant, terms = form
    if constant == 0 and len(terms) == 1:
        coefficient, variable = terms[0]
        if coefficient * sign == 1:
            return as_dtype(variable, dtype)
        if scalar_op_of(variable) is neg:
            terms = ((-coefficient, variable.owner.inputs[0]),)  # type: ignore[union-attr]
    return write_sum(Sum(sign * constant, [(sign * c, t) for c, t in terms]), dtype, ndim)


# -------------------------------------------------------------------------------------------- declaration


@dataclass(frozen=True, slots=True)
class Equation:
    """``left = right``, for all values of the pattern variables for which ``left`` is well computed."""

    left: Any
    right: Any
    pattern: Pattern

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


def rules(group: str) -> Callable[[Callable[..., Iterator[tuple[Any, Any]]]], list[Rewrite]]:
    """Declare the equations that the decorated generator yields as rules of ``group``."""

    def declare(function: Callable[..., Iterator[tuple[Any, Any]]]) -> list[Rewrite]:
        holes = [Hole(name) for name in inspect.signature(function).parameters]
        return [
            _declare_equation(f"{function.__name__}[{number}]", group, left, right) for number, (left, right) in enumerate(function(*holes))
        ]

    return declare


def _declare_equation(name: str, group: str, left: Any, right: Any) -> Rewrite:
    pattern = compile_pattern(left)
    equation = Equation(left, right, pattern)
    rule = Rewrite(name, lambda rewriter, node: apply_to_node(equation, node), (), group, frozenset({"equation"}), law=equation)
    if isinstance(pattern, CallPattern):
        rule.roots = (pattern.op,)
    elif isinstance(pattern, SumPattern) and pattern.terms:
        rule.anchors = _anchors("sum", [part for _, part in pattern.terms])
        rule.function = lambda rewriter, node, read: apply_to_sum(equation, read, node)
    elif isinstance(pattern, ProductPattern) and pattern.factors:
        rule.anchors = _anchors("product", [part for part, _ in pattern.factors])
        rule.function = lambda rewriter, node, read: apply_to_product(equation, read, node)
    else:
        raise ValueError(f"{name}: {left} stands for anything, so it would match everywhere")
    return register(rule)


def _anchors(kind: str, parts: list[Any]) -> tuple[tuple[str, Any], ...]:
    """Where to look for a sum or product with these parts: the op of the first call, or any inner sum."""
    anchor = next((p for p in parts if isinstance(p, CallPattern)), None)
    return ((kind, anchor.op),) if anchor is not None else ((kind, add), (kind, sub))


def apply_to_node(equation: Equation, node: Apply) -> Any:
    """The right side, if the left one matches ``node``; else None."""
    output: Any = node.outputs[0]
    if output.type.dtype not in FLOATS:
        return None
    bindings = match(equation.pattern, output, {})
    if bindings is None:
        return None
    with weak_constants():
        return build(equation.right, bindings, output.type.dtype, output.type.ndim)


def apply_to_sum(equation: Equation, read: Sum, node: Apply) -> Any:
    """The whole sum with the left side replaced in it, or None."""
    dtype, ndim = node.outputs[0].type.dtype, node.outputs[0].type.ndim
    for scale, bindings, left in match_sum(equation.pattern, read, {}, whole=False):  # type: ignore[arg-type]
        with weak_constants():
            new = build(equation.right, bindings, dtype, ndim)
        return write_sum(Sum(left.constant, [(scale, new), *left.terms]), dtype, ndim)
    return None


def apply_to_product(equation: Equation, read: Product, node: Apply) -> Any:
    """The whole product with the left side replaced in it, or None."""
    dtype, ndim = node.outputs[0].type.dtype, node.outputs[0].type.ndim
    for power, bindings, left in match_product(equation.pattern, read, {}, whole=False):  # type: ignore[arg-type]
        with weak_constants():
            new = build(equation.right, bindings, dtype, ndim)
        return write_product(Product(left.coefficient, [(new, power), *left.factors]), dtype, ndim)
    return None
