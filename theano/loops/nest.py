"""Nests: what lowering makes of a graph.  A nest is an index domain and scalar bodies as functions of the indices.

Inside bodies, ``index`` leaves number the axes of the nest's own domain, and two further leaves refer to other results:
``read`` (``args``: one int64 index for each axis; ``data``: the :class:`Result`), ``read_flat`` (``args``: one element
offset) and ``check`` (``args``: index, extent; ``data``: status code), the index wrapped and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from theano.graph import Variable
from theano.loops.extents import Extents
from theano.loops.ir import Combine, Fold
from theano.scalar.instructions import Value, walk

READS = frozenset({"read", "read_flat"})
CALL_COST = 5
_LEAVES = frozenset({"index", "const", "size", "read", "read_flat", "acc", "input"})


@dataclass(slots=True, eq=False)
class Result:
    """One array: an input, or what a nest computes."""

    number: int
    dtype: str
    shape: tuple[Value, ...]
    variable: Any = None
    packed: str | None = None  # complex: real and imaginary parts lie side by side, the last axis of two elements tells them apart
    start: Value | None = None  # element of its storage at which it begins: a row of a larger array
    within: Result | None = None  # the array that it is a part of
    nest: Nest | None = None
    position: int = 0  # among its nest's results
    storage: str | None = None  # "input" | "shared" | "constant" for sources
    source_position: int = 0
    inline: bool = False  # read by substituting the body rather than from memory
    forced: bool = False  # must exist in memory
    extent: Value | None = None  # the number it holds, if it is a 0-d integer that array sizes tell


@dataclass(slots=True, eq=False)
class Nest:
    """``kind``: ``pointwise``, ``reduce``, ``scatter``, ``prefix``, ``join``, ``library``, ``python``, ``loop`` or ``branch``.

    ``space`` is the whole iteration domain, ``axes`` the reduced part of it; a reduction's result has the others, in
    order, that of a prefix all.  ``bodies`` are the values computed for each point, two for a packed result; ``finish``
    turns accumulator leaves into results.  The operands of a join are parts of its result, which others compute."""

    kind: str
    node: Any
    results: list[Result]
    space: tuple[Value, ...] = ()
    axes: frozenset[int] = frozenset()
    bodies: tuple[Value, ...] = ()
    combine: Combine | None = None
    finish: tuple[Value, ...] = ()  # over leaves acc with data=("result", k)
    where: tuple[Value, ...] = ()  # scatter: indices into the result
    operands: list[Operand] = field(default_factory=list)  # of opaque nests
    routine: str = ""
    flags: tuple[str, ...] = ()
    base: Result | None = None  # of library calls and scatters: what the result holds beforehand
    base_start: Value | None = None  # the element at which that begins, if it is a part of ``base``
    inner: list[RegionBody] = field(default_factory=list)
    states: list[Result] = field(default_factory=list)  # loop: what each iteration reads; its first results are these at the end
    temporaries: list[Result] = field(default_factory=list)  # loop: what each iteration writes for the next, and its numbers
    control: Control | None = None  # of a loop
    serial: int = 0
    absorbed: tuple[Any, ...] = ()  # nodes whose results are computed again inside the bodies
    awaited: tuple[Value, ...] = ()  # sizes that are told before guards that it may rely on
    _reads: tuple[Value, ...] | None = None
    _arguments: list[Result] | None = None
    _cost: int | None = None

    @property
    def nodes(self) -> tuple[Any, ...]:
        """The graph nodes that this nest computes."""
        return (*self.absorbed, self.node)

    @property
    def reads(self) -> tuple[Value, ...]:
        """The distinct ``read`` and ``read_flat`` leaves of all bodies."""
        if self._reads is None:
            self._reads = tuple(v for v in walk((*self.bodies, *self.where, *self.finish)) if v.op in READS)
        return self._reads

    @property
    def checks(self) -> list[Value]:
        """The ``check`` leaves of all bodies."""
        return [v for v in walk((*self.bodies, *self.where, *self.finish)) if v.op == "check"]

    def arguments(self) -> list[Result]:
        """Every result that this nest needs, in order of appearance."""
        if self._arguments is None:
            found: list[Any] = [v.data for v in self.reads] + [o.result for o in self.operands]
            if self.base is not None:
                found.append(self.base)
            for body in self.inner:
                found.extend(body.outer)
            self._arguments = list(dict.fromkeys(found))
        return self._arguments

    @property
    def cost(self) -> int:
        """Estimated scalar instructions of one point."""
        if self._cost is None:
            work = (*self.bodies, *self.combine.results) if isinstance(self.combine, Fold) else self.bodies
            self._cost = sum(CALL_COST if v.op == "call" else v.op != "cast" for v in operations(work))
        return self._cost

    def become(self, **fields: Any) -> None:
        """Take other contents."""
        for name, content in fields.items():
            setattr(self, name, content)
        self._reads = self._arguments = self._cost = None


@dataclass(slots=True)
class Control:
    """How a loop runs: ``counter`` holds the number of the iteration; it ends early if ``stop`` holds after one; ``done`` tells how many
    there were."""

    counter: Result
    stop: Result | None = None
    done: Result | None = None


@dataclass(slots=True)
class RegionBody:
    """What a loop or a branch runs: a lowering of its own graph, where its values go, and what it reads from outside."""

    lowering: Any
    sinks: list[Any]
    outer: list[Result]


@dataclass(slots=True)
class Operand:
    """What an opaque nest reads: a result in memory and, for matrices, how it lies there."""

    result: Result
    offset: Value | None = None
    strides: tuple[Value, ...] = ()
    transposed: bool = False

    def beginning(self, extents: Extents) -> Value:
        """The element of its storage at which it begins; a row of something larger is known as such only when that is planned."""
        start = self.result.start if self.result.within is None else None
        return extents.add(self.offset or extents.zero, start or extents.zero)


@dataclass(slots=True, eq=False)
class View:
    """A pure index map onto another array: ``self[i...] = source[indices(i...)]``; ``flat``: ``indices`` gives one element
    offset instead; ``contiguous``: both enumerate the same elements in the same order."""

    source: Result | View
    shape: tuple[Value, ...]
    dtype: str
    indices: Callable[..., tuple[Value, ...]]
    flat: bool = False
    contiguous: bool = False
    variable: Any = None
    part: int | None = None  # all elements of a packed array in order, but of each this part only


@dataclass(slots=True, eq=False)
class Parts:
    """A complex array: two real ones, which are computed, fused and stored like any.  ``whole``: the packed array that holds both
    side by side, as NumPy has complex numbers, if there is one."""

    real: Result | View
    imag: Result | View
    dtype: str
    whole: Result | None = None

    @property
    def shape(self) -> tuple[Value, ...]:
        return self.real.shape


Array = Result | View | Parts
"""The value of a variable."""


@dataclass(slots=True)
class Sink:
    """Where a variable's value must end up: ``storage`` is ``output``, ``update`` or, within a region, ``state``."""

    storage: str
    position: int
    variable: Variable
    target: Result | None = None  # of a state
    row: Value | None = None  # the value is this row of the target


def axes_of(values: Iterable[Value]) -> list[int]:
    """The axes whose indices ``values`` depend on."""
    return sorted({v.data for v in walk(values) if v.op == "index"})


def proofs(check: Value, nest: Nest, extents: Extents) -> tuple[Hashable, Hashable]:
    """Names of what ``check`` makes sure of where it is made for itself, and where ``nest`` makes it, whose other loops may be empty."""
    index, extent = check.args
    if not any(v.op in READS for v in walk([extent])):
        extent = extents.canonical(extent)
    space = [extents.canonical(size) for size in nest.space]
    return (index, extent, tuple((axis, space[axis]) for axis in axes_of([index]))), (index, extent, *space)


def operations(values: Iterable[Value]) -> Iterator[Value]:
    """The instructions that ``values`` take, without those of addresses."""
    return (v for v in walk(values, READS) if v.op not in _LEAVES)
