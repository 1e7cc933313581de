"""Where an access goes: element offsets as affine forms of the loop indices.

>>> e = Extents()
>>> i, n = e.trace.leaf("index", "int64", 0), e.leaf("n")
>>> form = affine(i * n + 3, e)
>>> form.coefficients[0] is n, form.rest.data
(True, 3)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from theano.loops.extents import Extents, row_major_strides
from theano.loops.nest import Result, View
from theano.scalar.instructions import Value, walk


@dataclass(slots=True)
class Affine:
    """``sum(coefficients[k] * index_k) + rest``; ``rest`` may hold anything, other uses of an index included."""

    coefficients: dict[int, Value]
    rest: Value


def affine(value: Value, extents: Extents) -> Affine:
    """Decompose an int64 ``value``; coefficients are extents (free of indices and reads)."""
    forms: dict[Value, Affine] = {}
    for v in walk([value]):
        forms[v] = _form(v, forms, extents)
    return forms[value]


def _form(v: Value, forms: dict[Value, Affine], e: Extents) -> Affine:
    if v.op == "index":
        return Affine({v.data: e.one}, e.zero)
    if v.op in ("add", "sub"):
        a, b = forms[v.args[0]], forms[v.args[1]]
        coefficients = dict(a.coefficients)
        for k, c in b.coefficients.items():
            coefficients[k] = e.emit(v.op, coefficients.get(k, e.zero), c)
        return Affine(coefficients, e.emit(v.op, a.rest, b.rest))
    if v.op == "neg" and forms[v.args[0]].coefficients:
        a = forms[v.args[0]]
        return Affine({k: e.sub(e.zero, c) for k, c in a.coefficients.items()}, e.sub(e.zero, a.rest))
    if v.op == "mul":
        a, b = forms[v.args[0]], forms[v.args[1]]
        if b.coefficients:
            a, b = b, a
        if not b.coefficients and is_extent(b.rest):
            if not a.coefficients:
                return Affine({}, e.mul(a.rest, b.rest))
            return Affine({k: e.mul(c, b.rest) for k, c in a.coefficients.items()}, e.mul(a.rest, b.rest))
    return Affine({}, v)


READING = frozenset({"read", "read_flat", "check", "load"})


def is_extent(value: Value) -> bool:
    """Whether ``value`` is known before any loop runs: made of constants and sizes only."""
    return all(v.op not in READING if v.args else v.op in ("const", "size") for v in walk([value]))


def offset(read: Value, extents: Extents) -> Affine:
    """The element offset of a ``read`` or ``read_flat`` leaf within its result's C-contiguous buffer."""
    result: Any = read.data
    if read.op == "read_flat":
        return affine(read.args[0], extents)
    return offset_of(result, read.args, extents)


def offset_of(result: Result, indices: tuple[Value, ...], e: Extents) -> Affine:
    shape = tuple(e.canonical(s) for s in result.shape)
    coefficients: dict[int, Value] = {}
    rest = e.zero if result.start is None else e.canonical(result.start)
    for index, stride in zip(indices, row_major_strides(e, shape), strict=True):
        if index is e.zero:
            continue
        if index.op == "index" and index.data not in coefficients:
            coefficients[index.data] = stride
            continue
        form = affine(index, e)
        for k, c in form.coefficients.items():
            coefficients[k] = e.add(coefficients.get(k, e.zero), e.mul(c, stride))
        rest = e.add(rest, e.mul(form.rest, stride))
    return Affine({k: c for k, c in coefficients.items() if c is not e.zero}, rest)


def seen_through(view: Result | View, e: Extents) -> Result | View:
    """``view``, or the array that it is element by element if it undoes another view of that: what is reversed twice.

    Of a view that has one element along an axis by its type every index means that one, of the array only those in range."""
    inner = view.source if isinstance(view, View) else None
    if not isinstance(view, View) or not isinstance(inner, View) or inner.flat or view.flat or isinstance(inner.source, View):
        return view
    source = inner.source
    if len(view.shape) != len(source.shape):
        return view
    if not all(a is b or (a is not e.one and e.same(a, b)) for a, b in zip(view.shape, source.shape, strict=True)):
        return view
    indices = [e.trace.leaf("index", "int64", axis) for axis in range(len(source.shape))]
    places = [affine(place, e) for place in inner.indices(*view.indices(*indices))]
    undone = all(p.rest is e.zero and p.coefficients == {axis: e.one} for axis, p in enumerate(places))
    return source if undone else view
