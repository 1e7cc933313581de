"""How an element offset depends on one loop index: what decides whether lanes load side by side, all the same, or apart.

>>> from theano.scalar.instructions import Trace
>>> trace = Trace()
>>> i, n = trace.leaf("index", "int64", 0), trace.leaf("size", "int64", 0)
>>> coefficient, rest = split((i + 3) * n, i)
>>> coefficient is n, rest
(True, mul.int64(const.int64(3), %size))
>>> split(i % n, i)[0] is None
True
"""

from __future__ import annotations

from collections.abc import Callable

from theano.scalar.instructions import Value, select, walk

Parts = tuple[Value | None, Value]


def split(offset: Value, index: Value) -> Parts:
    """``offset == coefficient * index + rest`` with neither part depending on ``index``, or ``(None, offset)``.

    The coefficient is the constant 0 where the index does not occur at all (also in what loads depend on)."""
    zero = offset.trace.const(0, "int64")
    parts: dict[int, Parts] = {}
    for value in walk([offset]):
        if value is index:
            parts[id(value)] = value.trace.const(1, "int64"), zero
        elif all(_is(parts[id(a)][0], 0) for a in value.args):
            parts[id(value)] = zero, value
        else:
            rule = _RULES.get(value.op) if value.dtype == "int64" else None
            parts[id(value)] = (rule(value, [parts[id(a)] for a in value.args]) if rule else None) or (None, value)
    return parts[id(offset)]


def is_constant(value: Value | None, number: int) -> bool:
    """Is it this literal?"""
    return _is(value, number)


def _is(value: Value | None, number: int) -> bool:
    return value is not None and value.op == "const" and value.data == number


def _sum(a: Value, b: Value) -> Value:
    return b if _is(a, 0) else a if _is(b, 0) else _fold(a, b, a + b)


def _difference(a: Value, b: Value) -> Value:
    return a if _is(b, 0) else a.trace.const(0, "int64") if a is b else _fold(a, b, a - b)


def _product(a: Value, b: Value) -> Value:
    if _is(a, 0) or _is(b, 0):
        return a.trace.const(0, "int64")
    return b if _is(a, 1) else a if _is(b, 1) else _fold(a, b, a * b)


def _fold(a: Value, b: Value, result: Value) -> Value:
    if a.op == "const" and b.op == "const":
        x, y = int(a.data), int(b.data)
        number = x + y if result.op == "add" else x - y if result.op == "sub" else x * y
        if -(2**63) <= number < 2**63:
            return result.trace.const(number, "int64")
    return result


def _add(value: Value, parts: list[Parts]) -> Parts | None:
    (a, x), (b, y) = parts
    return None if a is None or b is None else (_sum(a, b), _sum(x, y))


def _sub(value: Value, parts: list[Parts]) -> Parts | None:
    (a, x), (b, y) = parts
    return None if a is None or b is None else (_difference(a, b), _difference(x, y))


def _neg(value: Value, parts: list[Parts]) -> Parts | None:
    a, x = parts[0]
    zero = value.trace.const(0, "int64")
    return None if a is None else (_difference(zero, a), _difference(zero, x))


def _mul(value: Value, parts: list[Parts]) -> Parts | None:
    (a, x), (b, y) = parts
    if a is None or b is None or not (_is(a, 0) or _is(b, 0)):
        return None
    return (_product(x, b), _product(x, y)) if _is(a, 0) else (_product(a, y), _product(x, y))


def _shl(value: Value, parts: list[Parts]) -> Parts | None:
    a, x = parts[0]
    count = value.args[1]
    if a is None or count.op != "const" or not 0 <= int(count.data) < 63:
        return None
    scale = value.trace.const(1 << int(count.data), "int64")
    return _product(a, scale), _product(x, scale)


def _select(value: Value, parts: list[Parts]) -> Parts | None:
    (c, _), (a, x), (b, y) = parts
    if not _is(c, 0) or a is None or b is None:
        return None
    condition = value.args[0]
    return (a if a is b else select(condition, a, b)), (x if x is y else select(condition, x, y))


_RULES: dict[str, Callable[[Value, list[Parts]], Parts | None]] = {
    "add": _add,
    "sub": _sub,
    "neg": _neg,
    "mul": _mul,
    "shl": _shl,
    "select": _select,
}
