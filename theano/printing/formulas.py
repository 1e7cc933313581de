"""Scalar values as formulas: ``exp(b0[i0*n0 + i1] - acc0)``.

Brackets stand only where they are needed to keep the order of evaluation.  What is used twice, or would be too long to read,
gets a name and a line of its own.

>>> from theano.scalar.instructions import Trace
>>> t = Trace()
>>> x, y = t.leaf("scalar", "float64", 0), t.leaf("scalar", "float64", 1)
>>> formula(x * (x - (y - 2.0)))
's0 * (s0 - (s1 - 2.0))'
>>> Spelling().lines([(x + y) * (x + y), x + y])
(['v0 = s0 + s1'], ['v0 * v0', 'v0'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.scalar.instructions import Value

WIDTH = 90
"""A longer formula gets a name."""

LOWEST, COMPARE, SUM, PRODUCT, SIGN, ATOM = range(6)
_INFIX = {
    "add": ("+", SUM), "sub": ("-", SUM), "mul": ("*", PRODUCT), "div": ("/", PRODUCT), "floordiv": ("//", PRODUCT), "mod": ("%", PRODUCT),
    "lt": ("<", COMPARE), "le": ("<=", COMPARE), "eq": ("==", COMPARE), "ne": ("!=", COMPARE),
    "and": ("&", LOWEST), "or": ("|", LOWEST), "xor": ("^", LOWEST), "shl": ("<<", LOWEST), "shr": (">>", LOWEST),
}  # fmt: skip
_SHORT = frozenset({"const", "index", "size", "scalar", "acc", "input"})
_ADDRESS = frozenset({"index", "const", "size", "add", "sub", "mul"})

Term = tuple[str, int]  # a text and how tightly its outermost operator binds
Leaf = Callable[[Value], str | None]


class Spelling:
    """Spells values, naming the shared ones; ``leaf`` may spell a value its own way.  A :meth:`inside` spelling knows
    the names given so far, and its own end with it."""

    def __init__(self, leaf: Leaf = lambda value: None, width: int = WIDTH) -> None:
        self.leaf, self.width = leaf, width
        self.names: dict[Value, str] = {}
        self._count = [0]

    def inside(self) -> Spelling:
        inner = Spelling(self.leaf, self.width)
        inner.names, inner._count = dict(self.names), self._count
        return inner

    def lines(self, roots: Sequence[Value]) -> tuple[list[str], list[str]]:
        """Definitions of the names that ``roots`` need, and a formula for each root."""
        order, ends = self._reachable(roots), set(roots)
        uses = Counter(arg for value in order for arg in value.args)
        uses.update(roots)
        terms: dict[Value, Term] = {}
        definitions: list[str] = []
        for value in order:
            terms[value] = self._term(value, terms)
            text = terms[value][0]
            shared = uses[value] > 1 and not _is_address(value)
            if value.op not in _SHORT and (shared or (len(text) > self.width and value not in ends)) and self.leaf(value) is None:
                self.names[value] = f"v{self._count[0]}"
                self._count[0] += 1
                definitions.append(f"{self.names[value]} = {text}")
                terms[value] = self.names[value], ATOM
        return definitions, [self.names.get(root) or terms[root][0] for root in roots]

    def _reachable(self, roots: Iterable[Value]) -> list[Value]:
        """Values below ``roots``, arguments first, that have no name yet."""
        order: dict[Value, None] = {}
        stack = [(root, False) for root in reversed(list(roots))]
        while stack:
            value, expanded = stack.pop()
            if expanded:
                order[value] = None
            elif value not in order and value not in self.names:
                stack.append((value, True))
                stack += [(arg, False) for arg in reversed(value.args)]
        return list(order)

    def _term(self, value: Value, terms: dict[Value, Term]) -> Term:
        own = self.leaf(value)
        if own is not None:
            return own, ATOM
        parts = [(self.names[a], ATOM) if a in self.names else terms[a] for a in value.args]
        if value.op in _INFIX:
            sign, level = _INFIX[value.op]
            (left, tight), (right, tighter) = parts
            # an operator of integer addresses is set close, as in i0*n0 + i1
            space = "" if level == PRODUCT and value.dtype == "int64" else " "
            least = level if level >= SUM else SIGN
            return f"{bracketed(left, tight, least)}{space}{sign}{space}{bracketed(right, tighter, max(least, level + 1))}", level
        texts = [text for text, _ in parts]
        if value.op in ("neg", "not"):
            return ("-" if value.op == "neg" else "~") + bracketed(*parts[0], SIGN), SIGN
        if value.op == "select":
            condition, then, otherwise = texts
            return f"({then} if {condition} else {otherwise})", ATOM
        return _call(value, texts), ATOM


def _call(value: Value, texts: Sequence[str]) -> str:
    if value.op in _LEAF:
        return _LEAF[value.op](value)
    if value.op == "load":
        return f"b{value.data}[{texts[0]}]"
    name = {"cast": value.dtype, "bitcast": f"bits_{value.dtype}", "call": str(value.data)}.get(value.op, value.op)
    return f"{name}({', '.join(texts)})"


def _accumulator(value: Value) -> str:
    data: Any = value.data
    return f"{'at' if data[1] else 'acc'}{data[0]}"


_LEAF: dict[str, Callable[[Value], str]] = {
    "const": lambda v: repr(v.data),
    "index": lambda v: f"i{v.data}",
    "size": lambda v: f"n{v.data}",
    "scalar": lambda v: f"s{v.data}",
    "input": lambda v: f"x{v.data}",
    "acc": _accumulator,
}


def bracketed(text: str, level: int, needed: int) -> str:
    return text if level >= needed else f"({text})"


def _is_address(value: Value) -> bool:
    """A few steps of integer arithmetic on indices and sizes: spelled where it is used."""
    stack, steps = [value], 0
    while stack:
        current = stack.pop()
        steps += bool(current.args)
        if current.op not in _ADDRESS or current.dtype != "int64" or steps > 6:
            return False
        stack.extend(current.args)
    return True


def formula(value: Value, leaf: Leaf = lambda value: None) -> str:
    """One value on one line, however long.

    >>> from theano.scalar.instructions import Trace
    >>> x = Trace().leaf("scalar", "float64", 0)
    >>> formula((x + 1.0) * (x + 1.0))
    'v0 * v0 where v0 = s0 + 1.0'
    """
    definitions, (text,) = Spelling(leaf, width=1 << 60).lines([value])
    return text + (f" where {', '.join(definitions)}" if definitions else "")
