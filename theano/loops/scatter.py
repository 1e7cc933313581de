"""Assemble a scatter: a check of where it writes, a copy of what lies beneath, and the writing itself, each a kernel.

The check comes first, as early as what it reads is there, so that the writing cannot fail and may be done in place.  It is left out
where something before has checked the same.  Points are written in order, for what is written twice; of rows, columns are independent,
so they run in lanes and are shared out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from theano.loops.access import affine, offset, offset_of
from theano.loops.assemble import Assembled, KernelBuilder, take_checks
from theano.loops.extents import Extents
from theano.loops.ir import Fold, Loop, Statement, Store
from theano.loops.nest import READS, Nest, Result, axes_of
from theano.scalar.instructions import Value, rebuild


class _Scatter:
    """One kernel: values of the nest as values of the kernel, whose loops run over ``axes`` of the nest's space."""

    def __init__(self, nest: Nest, extents: Extents, axes: Iterable[int], proven: bool) -> None:
        self.nest, self.extents, self.proven = nest, extents, proven
        self.builder = KernelBuilder(extents)
        self.points = {axis: self.builder.index() for axis in axes}

    def value(self, root: Value) -> Value:
        return rebuild([root], self.builder.trace, self._replaced, READS)[0]

    def _replaced(self, value: Value, args: tuple[Value, ...]) -> Value | None:
        builder = self.builder
        if value.op == "index":
            return self.points[value.data]
        if value.op in READS:
            address = builder.address(offset(value, self.extents), self.points, self.value)
            return builder.trace.load(builder.buffer(value.data, read=True), address, value.dtype)
        if value.op == "size":
            return builder.size(value)
        if value.op == "const":
            return builder.literal(value)
        if value.op == "check":
            return builder.check(args[0], args[1], value.data, self.proven)
        return None

    def loop(self, axis: int, body: Iterable[Statement], kind: str) -> Loop:
        return Loop(int(self.points[axis].data), self.builder.size(self.nest.space[axis]), tuple(body), (), kind)


def assemble_checks(nest: Nest, checks: Iterable[Value], extents: Extents) -> Assembled:
    """Stop at the first of ``checks`` that fails; each in loops over the axes that it depends on."""
    checks = list(checks)
    kernel = _Scatter(nest, extents, axes_of(checks), proven=False)
    body: list[Statement] = []
    work = extents.zero
    for check in checks:
        kernel.value(check)
        inside, kind = take_checks(kernel.builder), "vector"
        axes = axes_of([check])
        for axis in reversed(axes):
            inside, kind = [kernel.loop(axis, inside, kind)], "serial"
        body += inside
        work = extents.add(work, extents.product(nest.space[axis] for axis in axes))
    return kernel.builder.finish(body, True, nest.nodes, work, 1, False)


def assemble_copy(source: Result, target: Result, extents: Extents) -> Assembled:
    """All elements, in order."""
    builder, count = KernelBuilder(extents), extents.product(map(extents.canonical, target.shape))
    i = builder.index()
    from_, to = (i if r.start is None else i + builder.size(r.start) for r in (source, target))
    element = builder.trace.load(builder.buffer(source, read=True), from_, source.dtype)
    body = Loop(int(i.data), builder.size(count), (Store(builder.buffer(target, written=True), to, element),), (), "vector")
    return builder.finish([body], True, (), count, 1, True)


def assemble_scatter(nest: Nest, extents: Extents) -> Assembled:
    """Put or add the values point by point; its checks have been made."""
    (result,) = nest.results
    kernel = _Scatter(nest, extents, range(len(nest.space)), proven=True)
    assert not isinstance(nest.combine, Fold)
    builder, last = kernel.builder, len(nest.space) - 1
    target = builder.buffer(result, read=nest.combine is not None, written=True)
    ends = [(extents.const(part),) for part in range(len(nest.bodies))] if result.packed else [()]
    places = [builder.address(offset_of(result, (*nest.where, *end), extents), kernel.points, kernel.value) for end in ends]
    values = map(kernel.value, nest.bodies)
    body: list[Statement] = [Store(target, place, value, nest.combine) for place, value in zip(places, values, strict=True)]
    free = [axis for axis in kernel.points if any(_alone(where, axis, extents) for where in nest.where)]
    lanes = last in free and affine(nest.where[-1], extents).coefficients == {last: extents.one}
    for axis in reversed(kernel.points):
        body = [kernel.loop(axis, body, "vector" if lanes and axis == last else "serial")]
    assembled = builder.finish(body, bool(free), nest.nodes, extents.product(nest.space), max(1, nest.cost), False)
    return replace(assembled, kernel=replace(assembled.kernel, depth=free[0])) if free else assembled


def _alone(where: Value, axis: int, extents: Extents) -> bool:
    """Whether ``where`` tells which point of ``axis`` it is, whatever those of the other axes are: no two write to one place."""
    form = affine(where, extents)
    step = extents.canonical(form.coefficients.get(axis, extents.zero))
    return len(form.coefficients) == 1 and step.op == "const" and step is not extents.zero and not axes_of([form.rest])
