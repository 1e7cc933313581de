"""Sums of products by the names of axes: ``einsum``, and NumPy's ``matmul`` by it.

There is no operation for it: an Einstein sum is a graph of diagonals, reductions, elementwise products and matrix products, and its
derivatives are theirs.  Of several operands those two are multiplied first that make the whole cheapest.

>>> from theano.tensor.constructors import dmatrices, dtensor3, dvector
>>> a, b = dmatrices("a", "b")
>>> einsum("ij,jk->ki", a, b).type, einsum("ii", a).type, einsum("...i,i", dtensor3(), dvector()).type
(TensorType(float64, matrix), TensorType(float64, scalar), TensorType(float64, matrix))
>>> matmul(dtensor3(), b).type
TensorType(float64, 3D)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from theano.dtypes import upcast
from theano.errors import ShapeError, VariableTypeError, message
from theano.tensor.convert import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.elemwise import row
from theano.tensor.products import batched_dot_op, check_inner, dot_op, matching, tensordot
from theano.tensor.reduce import any as any_of
from theano.tensor.reduce import sum as sum_of
from theano.tensor.reshaping import reshape
from theano.tensor.shapes import SYMBOLIC, as_size, patternbroadcast, sizes_of, unbroadcast

NOMINAL = 64
"""What an unknown size counts as where orders of multiplication are compared."""
EXHAUSTIVE = 5
"""Of more operands than these the cheapest pair is taken first, and not every order tried."""


class Term(NamedTuple):
    """A tensor and a name for each of its axes; those of ``...`` are called by their number from the right."""

    value: Any
    axes: tuple[Any, ...]

    def at(self, axes: Sequence[Any]) -> Any:
        """With these axes in this order; those that the term has not are broadcastable."""
        if tuple(axes) == self.axes:
            return self.value
        return self.value.dimshuffle(*(self.axes.index(a) if a in self.axes else "x" for a in axes))

    def without(self, dropped: Collection[Any]) -> Term:
        """Summed over these axes."""
        places = [k for k, a in enumerate(self.axes) if a in dropped]
        if not places:
            return self
        dtype = self.value.type.dtype
        total = any_of(self.value, places) if dtype == "bool" else sum_of(self.value, places, dtype=dtype)
        return Term(total, tuple(a for a in self.axes if a not in dropped))


# ------------------------------------------------------------------------------------------------ the notation


def _refusal(what: str, subscripts: Any, tensors: Sequence[Any], error: type[Exception] = ValueError, cure: str | None = None) -> Exception:
    rows = [row(f"operand {k}", x) for k, x in enumerate(tensors)]
    return error(message(f"einsum: {what}", [("subscripts", str(subscripts)), *rows], cure))


def _names(part: Any) -> list[Any]:
    """The axes that one operand's subscripts name, Ellipsis among them."""
    if not isinstance(part, str):
        return list(part)
    before, dots, after = part.partition("...")
    return [*before, *([Ellipsis] if dots else []), *after]


def _parsed(arguments: Sequence[Any]) -> tuple[Any, list[list[Any]], list[Any] | None, list[Any]]:
    """(the subscripts as given, the names of each operand's axes, those of the output if it is told, the operands)."""
    if arguments and isinstance(arguments[0], str):
        text, operands = arguments[0].replace(" ", ""), arguments[1:]
        left, arrow, right = text.partition("->")
        inputs, output = [_names(part) for part in left.split(",")], _names(right) if arrow else None
        subscripts: Any = text
        wrong = next((a for a in (a for part in [*inputs, output or []] for a in part) if a is not Ellipsis and not a.isalpha()), None)
        if wrong is not None:
            raise _refusal(f"{wrong!r} names no axis: letters do, and '...' stands for any number of them", text, ())
    else:
        pairs = len(arguments) // 2
        operands, inputs = arguments[: 2 * pairs : 2], [_names(part) for part in arguments[1 : 2 * pairs : 2]]
        output = _names(arguments[-1]) if len(arguments) % 2 else None
        subscripts = [*inputs, *([output] if output is not None else [])]
    tensors = [as_tensor_variable(x) for x in operands]
    if not tensors or len(tensors) != len(inputs):
        raise _refusal(f"{len(inputs)} subscripts for {len(tensors)} operands", subscripts, tensors)
    return subscripts, inputs, output, tensors


def _spelled(text: Any, inputs: list[list[Any]], output: list[Any] | None, tensors: list[Any]) -> tuple[list[tuple[Any, ...]], list[Any]]:
    """The names of the axes of each operand, and of the output, with numbers for what ``...`` stands for."""
    dots, spelled = 0, []
    for number, (names, x) in enumerate(zip(inputs, tensors, strict=True)):
        open_ended, more = Ellipsis in names, x.type.ndim - len([a for a in names if a is not Ellipsis])
        if more < 0 or (more and not open_ended):
            cure = "'...' stands for the axes that are not named" if more > 0 else None
            raise _refusal(f"operand {number} has rank {x.type.ndim}, and {len(names)} axes are named", text, tensors, cure=cure)
        dots = max(dots, more)
        spelled.append(_filled(names, more))
    flat = [a for axes in spelled for a in axes]
    if output is None:
        letters = sorted({a for a in flat if not isinstance(a, tuple) and flat.count(a) == 1})
        output = [Ellipsis, *letters]
    elif dots and Ellipsis not in output:
        raise _refusal("the output does not say where the axes of '...' are", text, tensors, cure="write '...' after '->' too")
    result = _filled(output, dots)
    for name in result:
        if result.count(name) > 1 or name not in flat:
            why = "twice in the output" if name in flat else "in the output and in no operand"
            raise _refusal(f"{name!r} is {why}", text, tensors)
    return spelled, list(result)


def _filled(names: Sequence[Any], dots: int) -> tuple[Any, ...]:
    return tuple(a for name in names for a in ((("...", k) for k in range(dots, 0, -1)) if name is Ellipsis else (name,)))


# ------------------------------------------------------------------------------------------------ the graph


def _sizes(text: Any, terms: Sequence[Term]) -> dict[Any, int | None]:
    """The size of each axis, None if it is unknown, after a check that those that are known agree."""
    found: dict[Any, int | None] = {}
    for term in terms:
        for name, size, single in zip(term.axes, term.value.static_shape, term.value.type.broadcastable, strict=True):
            known = found.get(name, 1 if single else size)
            if not single:
                if size is not None and known not in (None, 1, size):
                    raise _refusal(f"the sizes of {name!r} differ: {known} and {size}", text, [t.value for t in terms], ShapeError)
                known = size if size is not None or known == 1 else known
            found[name] = known
    return found


def _diagonal(term: Term) -> Term:
    """Where two axes have one name, the elements at equal positions."""
    for name in dict.fromkeys(term.axes):
        places = [k for k, a in enumerate(term.axes) if a == name]
        if len(places) > 1:
            rest = [k for k, a in enumerate(term.axes) if a != name]
            x = matching(term.value, places[1:], [sizes_of(term.value)[places[0]]] * (len(places) - 1))
            along = arange(sizes_of(x)[places[0]])
            x = x.dimshuffle(*places, *rest)[(along,) * len(places)]
            term = Term(x, (name, *(term.axes[k] for k in rest)))
    return term


def _stretched(terms: list[Term]) -> list[Term]:
    """Axes of size 1 that stretch against those of others are dropped."""
    wide = {a for t in terms for a, single in zip(t.axes, t.value.type.broadcastable, strict=True) if not single}
    settled = []
    for value, axes in terms:
        stays = [k for k, a in enumerate(axes) if not (value.type.broadcastable[k] and a in wide)]
        settled.append(Term(value.dimshuffle(*stays), tuple(axes[k] for k in stays)))
    return settled


def contract(a: Term, b: Term, kept: Collection[Any]) -> Term:
    """The product of two terms summed over the axes that both have and that are not ``kept``; no axis of one alone is summed over."""
    shared = [name for name in a.axes if name in b.axes]
    both, summed = [n for n in shared if n in kept], [n for n in shared if n not in kept]
    left, right = [n for n in a.axes if n not in shared], [n for n in b.axes if n not in shared]
    if not summed or (both and not (left and right)) or (not left and not right and len(summed) > 1):
        axes = (*both, *left, *right, *summed)  # one loop over all of it: nothing is read twice
        return Term(a.at(axes) * b.at(axes), axes).without(summed)
    if not both:
        product = tensordot(a.value, b.value, [[a.axes.index(n) for n in summed], [b.axes.index(n) for n in summed]])
        return Term(product, (*left, *right))
    first, second = a.at([*both, *left, *summed]), b.at([*both, *summed, *right])
    sizes, others = sizes_of(first), sizes_of(second)
    m, n = len(both), len(both) + len(left)
    second = matching(second, range(n - len(left) + len(summed)), [*sizes[:m], *sizes[n:]])
    if first.type.ndim == second.type.ndim == 3:
        product = batched_dot_op(first, second)
    else:
        batch, rows, inner = (_count(part) for part in (sizes[:m], sizes[m:n], sizes[n:]))
        columns = _count(others[m + len(summed) :])
        product = batched_dot_op(reshape(first, (batch, rows, inner)), reshape(second, (batch, inner, columns)))
        product = reshape(product, (*sizes[:n], *others[m + len(summed) :]))
    pattern = first.type.broadcastable[:n] + second.type.broadcastable[m + len(summed) :]
    return Term(patternbroadcast(product, pattern), (*both, *left, *right))


def _count(sizes: Sequence[Any]) -> Any:
    return as_size(SYMBOLIC.product([SYMBOLIC.entry(size) for size in sizes]))


def _volume(names: Collection[Any], sizes: Mapping[Any, int | None]) -> int:
    product = 1
    for name in names:
        size = sizes[name]
        product *= NOMINAL if size is None else size
    return product


def cheapest(terms: Sequence[frozenset[Any]], output: frozenset[Any], sizes: Mapping[Any, int | None]) -> tuple[int, list[tuple[int, int]]]:
    """(how many products, which two terms to multiply in each step); the result of a step comes last among the terms of the next."""
    if len(terms) < 2:
        return 0, []
    pairs = list(combinations(range(len(terms)), 2))
    if len(terms) > EXHAUSTIVE:
        pairs = [min(pairs, key=lambda pair: _volume(terms[pair[0]] | terms[pair[1]], sizes))]
    best: tuple[int, list[tuple[int, int]]] | None = None
    for i, j in pairs:
        rest, union = [t for k, t in enumerate(terms) if k not in (i, j)], terms[i] | terms[j]
        cost, path = cheapest([*rest, union & output.union(*rest)], output, sizes)
        cost += _volume(union, sizes)
        if best is None or cost < best[0]:
            best = cost, [(i, j), *path]
    assert best is not None
    return best


def einsum(*arguments: Any, optimize: Any = True) -> Any:
    """The sum of products that the subscripts say, as ``numpy.einsum``: ``einsum("ij,jk->ik", a, b)`` or ``einsum(a, [0, 1], b, [1, 2])``.

    An axis is summed over if the output does not name it; without ``->`` the output has, in the order of the alphabet, the names that
    occur once.  ``...`` stands for axes that broadcast, a name twice in one operand for a diagonal.  The result has the common
    dtype of the operands, in which sums are rounded.  ``optimize=False`` multiplies from left to right.

    Raises ValueError for subscripts that do not fit, and ShapeError where sizes differ: at once if they are known, else when the function
    runs."""
    text, inputs, output, tensors = _parsed(arguments)
    names, wanted = _spelled(text, inputs, output, tensors)
    dtype = upcast(*(x.type.dtype for x in tensors))
    terms = [Term(x if x.type.dtype == dtype else x.astype(dtype), axes) for x, axes in zip(tensors, names, strict=True)]
    sizes = _sizes(text, terms)
    terms = _stretched([_diagonal(term) for term in terms])
    terms = [_alone(term, terms, wanted) for term in terms]
    if optimize is False:
        path = [(0, 1), *((0, count - 1) for count in range(len(terms) - 1, 1, -1))][: len(terms) - 1]
    else:
        path = cheapest([frozenset(term.axes) for term in terms], frozenset(wanted), sizes)[1]
    for i, j in path:
        rest = [term for k, term in enumerate(terms) if k not in (i, j)]
        terms = [*rest, contract(terms[i], terms[j], {*wanted, *(a for term in rest for a in term.axes)})]
    return terms[0].at(wanted)


def _alone(term: Term, terms: Sequence[Term], wanted: Sequence[Any]) -> Term:
    """Summed over the axes that nothing else has."""
    others = {a for other in terms if other is not term for a in other.axes}
    return term.without({a for a in term.axes if a not in others and a not in wanted})


def matmul(a: Any, b: Any) -> Any:
    """The matrix product over the last two axes, as ``numpy.matmul`` and ``a @ b``: other axes broadcast, and a vector is a row on the
    left and a column on the right.

    Raises VariableTypeError for a number, for which there is ``*``."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if not a.type.ndim or not b.type.ndim:
        raise VariableTypeError(message("matmul: a number is no matrix", [row("left", a), row("right", b)], cure="a * b multiplies by it"))
    k = max(0, b.type.ndim - 2)
    check_inner("matmul", a, b, a.static_shape[-1], b.static_shape[k])
    if a.type.ndim < 3 and b.type.ndim < 3:
        return dot_op(a, b)
    a, b = unbroadcast(a, -1), unbroadcast(b, k)  # the axis that is summed over does not stretch
    left, right = ["m", "k"][-a.type.ndim :], ["k", "n"][: b.type.ndim]
    return einsum(a, [Ellipsis, *left], b, [Ellipsis, *right], [Ellipsis, *left[:-1], *right[1:]])
