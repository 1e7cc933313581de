"""Loop IR: what a kernel does, and the tree of regions that a whole function runs.

A *kernel* is a nest of counted loops over scalar instructions (:mod:`theano.scalar.instructions`) that load from and
store to flat, C-contiguous buffers at explicit element offsets.  Reshape, transpose, slices and broadcast exist only
as offsets.  A *program* is a tree of regions over numbered buffers; every extent is an int64 value known at run time.

Both are plain data: the scheduler builds them, :mod:`theano.loops.verify` checks them, every emitter prints them, and
the reference interpreter defines what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from theano.scalar.instructions import Value

# ------------------------------------------------------------------------------------------------ kernels

COMBINES = {"add": 1, "mul": 1, "max": 1, "min": 1, "and": 1, "or": 1, "argmax": 2, "argmin": 2}
"""Reductions, with how many values each carries.  ``max``/``min`` propagate NaN.  ``argmax``/``argmin`` carry
(value, position) and take the first of ties, the first NaN before all."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A combination given as code, associative and commutative: ``results`` are computed from ``input`` leaves, 0 to n-1 being what
    there is and n to 2n-1 what is added.  ``starts`` are numbers with which that changes nothing."""

    name: str
    starts: tuple[float, ...]
    results: tuple[Value, ...]


Combine = str | Fold


NEXT = "next"
"""No reduction: what an iteration adds takes the place of what there was, and the next iteration reads it."""


def carried(combine: Combine) -> int:
    """How many values it carries."""
    if combine == NEXT:
        return 1
    return len(combine.starts) if isinstance(combine, Fold) else COMBINES[combine]


@dataclass(frozen=True, slots=True)
class Accumulator:
    """A reduction carried round its loop.  ``values`` are computed in the body, once for each iteration.

    Its results are read *after* the loop as leaves ``acc`` with ``data=(key, position)``.  A sum starts at 0, a product
    at 1, max at -inf (the least integer), argmax at (-inf, 0); its order of combination is fixed: :data:`LANES`
    partial results by ``iteration % LANES``, combined as a balanced tree (left half with right half).

    With :data:`NEXT` it begins as ``starts``, computed before the loop, which is serial; its leaf is read in the body too, where it is
    what the iteration before has left."""

    key: int
    combine: Combine
    values: tuple[Value, ...]
    starts: tuple[Value, ...] = ()


LANES = 32
"""Virtual lanes of every ``vector`` reduction, whatever the machine's vectors: results are equal on all of them."""


@dataclass(frozen=True, slots=True)
class Loop:
    """``for index in range(extent)``.  At most one loop on each path is ``vector``: its iterations run in lanes.

    ``extent`` may use only values of the enclosing scope.  A loop without accumulators has independent iterations
    unless it is ``serial`` and stores with ``combine``, or loads what an iteration before has stored."""

    index: int
    extent: Value
    body: tuple[Statement, ...]
    accumulators: tuple[Accumulator, ...] = ()
    kind: str = "serial"  # "serial" | "vector"


@dataclass(frozen=True, slots=True)
class Store:
    """Of consecutive stores in one body all that they read is loaded before the first is stored, but for what is loaded from a buffer
    that one before has written, which is loaded right after that: a written buffer may share storage with another that the others read.

    ``buffer[offset] = value``, or with ``combine="add"`` ``buffer[offset] += value`` (then the loop over
    repeated offsets is serial, so the result is deterministic)."""

    buffer: int
    offset: Value
    value: Value
    combine: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Unless ``ok``, the kernel stops and returns the status ``code`` with ``payload`` (the offending number); the
    lowest failing iteration is the one reported.  Stands in serial loops only, before any store of its kernel to storage
    that outlives a failed call."""

    ok: Value
    code: int
    payload: Value


Statement = Loop | Store | Check


@dataclass(frozen=True, slots=True)
class BufferParameter:
    """One buffer that a kernel takes: its dtype, and what is done with it."""

    dtype: str
    read: bool
    written: bool


@dataclass(frozen=True, slots=True)
class Kernel:
    """A compiled unit.  In its values, ``load`` leaves carry a position in ``buffers``, ``size`` leaves a position in
    ``0..sizes-1`` (int64 parameters) and ``scalar`` leaves a position in ``scalars`` (parameters of those dtypes).

    ``parallel``: the body is exactly one loop whose iterations are independent, so a range [lo, hi) of it may be run on
    its own; or it is one loop in another, of which the one ``depth`` loops further in is so.  Buffers do not overlap, except
    that a buffer may be the storage of a read one if each element is read only by the iteration that writes it, before it
    does."""

    buffers: tuple[BufferParameter, ...]
    sizes: int
    scalars: tuple[str, ...]
    body: tuple[Statement, ...]
    parallel: bool = False
    checks: bool = False  # may return a status other than 0
    work: int = 1  # estimated nanoseconds/8 of one iteration of the outermost loop's innermost body
    depth: int = 0


def shared_loop(kernel: Kernel) -> Loop:
    """The loop of a parallel kernel of which a range may be run on its own."""
    (loop,) = _loops_of(kernel.body)
    for _ in range(kernel.depth):
        (loop,) = _loops_of(loop.body)
    return loop


def _loops_of(body: tuple[Statement, ...]) -> list[Loop]:
    return [statement for statement in body if isinstance(statement, Loop)]


# ----------------------------------------------------------------------------------------------- programs


@dataclass(frozen=True, slots=True, eq=False)
class Buffer:
    """A flat array of a program.  Where it lives is ``storage``; ``position`` counts within that storage:

    - ``input``: the caller's argument; ``shared``: the present value of a shared variable (read, or written in place when
      the planner proved it safe); ``constant``: a baked array;
    - ``output``: a fresh NumPy array handed to the caller;
    - ``update``: the next value of a shared variable, a NumPy array swapped in at commit (a recycled spare);
    - ``arena``: scratch of its frame, at ``offset`` bytes (an int64 value) from the frame's base;
    - ``object``: a NumPy array owned by the program: a Python step's argument or result.

    ``shape`` holds int64 values over the program's ``size`` leaves."""

    number: int
    dtype: str
    shape: tuple[Value, ...]
    storage: str
    position: int = 0
    offset: Value | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AtMost:
    """A condition on a size of this call: ``extent <= limit``, or its opposite."""

    extent: Value
    limit: int
    opposite: bool = False


@dataclass(frozen=True, slots=True)
class KernelStep:
    """Run ``kernel``.  ``sizes`` are int64 values over program sizes; each entry of ``scalars`` is a ``const`` value.

    ``when``: only then.  Kernels that do the same, each the best for some sizes, stand side by side; exactly one is run."""

    kernel: Kernel
    buffers: tuple[Buffer, ...]
    sizes: tuple[Value, ...]
    scalars: tuple[Value, ...]
    nodes: tuple[Any, ...] = ()  # the graph nodes inside, for errors, profile and explain
    work: Value | None = None  # estimated scalar instructions of one run: whether threads pay
    when: AtMost | None = None


@dataclass(frozen=True, slots=True)
class LibraryStep:
    """A call into a library, or of what stands in for it (``gemm``, ``panels``, ``gemms``, ``gemv``, ``ger``, ``dot``, ``sort``,
    ``copy``): see :mod:`theano.runtime.libraries` for the operands of each.  ``parameters`` are int64 values and consts, ``flags`` are
    strings fixed at compile time."""

    routine: str
    dtype: str
    buffers: tuple[Buffer, ...]
    parameters: tuple[Value, ...]
    flags: tuple[str, ...] = ()
    nodes: tuple[Any, ...] = ()
    when: AtMost | None = None  # as of a kernel


@dataclass(frozen=True, slots=True)
class PythonStep:
    """Call a user's ``Op.perform`` on NumPy arrays.  The shapes of ``results`` (storage ``object``) become known only here:
    their ``size`` leaves are ``("object", buffer.number, axis)``.  May fail.

    ``owned``: positions of arguments that the op says it overwrites, and may, as nothing reads them afterwards."""

    node: Any
    arguments: tuple[Buffer, ...]
    results: tuple[Buffer, ...]
    owned: tuple[int, ...] = ()

    @property
    def nodes(self) -> tuple[Any, ...]:
        return (self.node,)


@dataclass(frozen=True, slots=True)
class Guard:
    """Two extents that the graph assumes equal.  Fails with both values before any effect of its frame.

    ``axes`` names what is compared: ((variable, axis), (variable, axis))."""

    left: Value
    right: Value
    node: Any
    axes: tuple[Any, ...] = ()
    relation: str = "equal"  # or "nonnegative": left >= 0; "at_least": left >= right
    message: str = ""


@dataclass(frozen=True, slots=True)
class LoopRegion:
    """Run ``body`` ``count`` times.  After each iteration the pointers of each pair in ``carried`` are swapped, so what the
    body wrote to ``new`` is read as ``old`` by the next one.  ``counter``, if given, is a 0-d int64 buffer holding the
    iteration's number.  It ends after an iteration that leaves ``stop``, a 0-d bool buffer, not zero; ``done`` is given the number of
    iterations that there were."""

    count: Value
    body: Frame
    carried: tuple[tuple[Buffer, Buffer], ...]
    counter: Buffer | None = None
    nodes: tuple[Any, ...] = ()
    stop: Buffer | None = None
    done: Buffer | None = None


@dataclass(frozen=True, slots=True)
class IfRegion:
    """Run ``then`` if the 0-d buffer ``condition`` is not zero, else ``otherwise``; only that side is computed."""

    condition: Buffer
    then: Frame
    otherwise: Frame
    nodes: tuple[Any, ...] = ()


Step = KernelStep | LibraryStep | PythonStep | LoopRegion | IfRegion


@dataclass(slots=True)
class Frame:
    """A sequence of parts with storage of its own.  On entry: read the sizes it introduces, run the guards, size
    and lease the arena, create its arrays; then the steps in order.  A size that is found by a step of this frame
    (``("object", number, axis)`` or ``("value", number)``, the content of a 0-d integer buffer) may be used only by a Frame
    further down: a nested Frame among ``steps``."""

    guards: list[Guard] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)  # those allocated here: output, update, arena, object
    arena: Value | None = None  # bytes of scratch; buffer offsets are multiples of 64
    steps: list[Step | Frame] = field(default_factory=list)


@dataclass(slots=True)
class Program:
    """One function, whole.

    Program ``size`` leaves have data ``("input", k, axis)``, ``("shared", k, axis)`` or ``("object", number, axis)``, the extents
    of arrays met at run time; or ``("value", number)``: the number held by the 0-d integer buffer ``number``.
    ``outputs[j]`` is the buffer returned as output j (storage ``output``; ``object`` if a Python step made it).
    ``commits`` pairs a shared position with the buffer that becomes its value when all steps are done; a shared buffer
    written in place needs none."""

    inputs: list[Buffer] = field(default_factory=list)
    shared: list[Buffer] = field(default_factory=list)
    constants: list[Buffer] = field(default_factory=list)
    constant_arrays: list[Any] = field(default_factory=list)
    frame: Frame = field(default_factory=Frame)
    outputs: list[Buffer] = field(default_factory=list)
    commits: list[tuple[int, Buffer]] = field(default_factory=list)
    checks: list[tuple[Any, str]] = field(default_factory=list)  # status code -> (node, message with {payload} and {array})
    operands: list[tuple[Any, tuple[tuple[Any, tuple[Value, ...]], ...]]] = field(default_factory=list)
    """For messages: each node that may fail by a guard or a check, with its inputs and their extents."""


def inner_frames(step: Step | Frame) -> tuple[Frame, ...]:
    """The frames of this program that a step runs, in order of their text."""
    if isinstance(step, Frame):
        return (step,)
    if isinstance(step, LoopRegion):
        return (step.body,)
    return (step.then, step.otherwise) if isinstance(step, IfRegion) else ()


def frames(frame: Frame) -> Iterator[Frame]:
    """The frame and all below it, each before those that it contains."""
    stack = [frame]
    while stack:
        current = stack.pop()
        yield current
        stack += [inner for step in reversed(current.steps) for inner in reversed(inner_frames(step))]


def walk_steps(frame: Frame) -> Iterator[Step]:
    """Every step of the tree, regions before what they contain."""
    stack: list[Step | Frame] = list(reversed(frame.steps))
    while stack:
        step = stack.pop()
        if not isinstance(step, Frame):
            yield step
        stack += [part for inner in reversed(inner_frames(step)) for part in reversed(inner.steps)]
