"""Checks that kernels and programs are well formed, so that emitters need not.

A fault here is a fault of the scheduler, never of the user: the error names the statement or step and the value at fault.

>>> from theano.loops.ir import BufferParameter, Kernel, Store
>>> from theano.scalar.instructions import Trace
>>> t = Trace()
>>> verify_kernel(Kernel((BufferParameter("float32", True, True),), 0, (), (Store(0, t.const(0, "int64"), t.const(0, "int8")),)))
Traceback (most recent call last):
...
theano.errors.InconsistencyError: malformed kernel: store to buffer 0: it holds float32 but the value is int8
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from theano.errors import InconsistencyError
from theano.loops.affine import is_constant, split
from theano.loops.ir import COMBINES, NEXT, Accumulator, Check, Fold, Kernel, Loop, Statement, Store, carried
from theano.loops.statements import all_statements
from theano.scalar.instructions import (
    ARITHMETIC,
    BOOL,
    COMPARISONS,
    COMPUTED_FLOATS,
    FLOAT_ONLY,
    INTEGER_ONLY,
    INTEGERS,
    ITEMSIZE,
    LEAVES,
    LOGIC,
    REAL,
    Value,
    walk,
)

_ARITY = {"neg": 1, "abs": 1, "sqrt": 1, "floor": 1, "ceil": 1, "trunc": 1, "rint": 1, "not": 1, "cast": 1, "bitcast": 1} | {
    "fma": 3,
    "select": 3,
}


def fail(where: str, what: str, kind: str = "kernel") -> NoReturn:
    raise InconsistencyError(f"malformed {kind}: {where}: {what}")


def verify_kernel(kernel: Kernel) -> None:
    """Raise :class:`~theano.errors.InconsistencyError` unless every emitter can print the kernel."""
    for position, dtype in enumerate((*(b.dtype for b in kernel.buffers), *kernel.scalars)):
        if dtype not in REAL:
            fail(f"parameter {position}", f"unknown dtype {dtype!r}")
    if any(isinstance(s, Check) for s in all_statements(kernel.body)) and not kernel.checks:
        fail("checks", "there is a Check, but the kernel says there is none")
    if kernel.parallel:
        _verify_parallel(kernel)
    _Kernel(kernel).body(kernel.body, "")


def _verify_parallel(kernel: Kernel) -> None:
    body = kernel.body
    for depth in range(kernel.depth + 1):
        loops = [statement for statement in body if isinstance(statement, Loop)]
        if len(loops) != 1 or loops[0].accumulators or (depth == 0 and len(body) != 1):
            fail("parallel", "the body must be exactly one loop without accumulators")
        body = loops[0].body
    if kernel.depth and any(v.op in ("index", "load", "acc") for v in walk([loops[0].extent])):
        fail("parallel", "the loop that is cut must have an extent of its own")


class _Kernel:
    """Walks the statements with what is in scope."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.indices: list[int] = []
        self.results: list[dict[tuple[int, int], str]] = [{}]  # accumulators readable in each open body
        self.keys: set[int] = set()
        self.vector: Value | None = None

    def body(self, statements: Iterable[Statement], path: str) -> None:
        for number, statement in enumerate(statements):
            if isinstance(statement, Loop):
                self.loop(statement, f"{path}loop {statement.index}")
            elif isinstance(statement, Store):
                self.store(statement, f"{path}store to buffer {statement.buffer}")
            else:
                self.check(statement, f"{path}check {number}")

    def loop(self, loop: Loop, where: str) -> None:
        self.value(loop.extent, f"{where}: extent", "int64")
        if loop.index in self.indices:
            fail(where, "an enclosing loop has the same index")
        if loop.kind not in ("serial", "vector"):
            fail(where, f"unknown kind {loop.kind!r}")
        enclosing = self.vector
        if enclosing is not None and not is_constant(split(loop.extent, enclosing)[0], 0):
            fail(where, "its extent differs between the lanes of the vector loop around it")
        if loop.kind == "vector":
            if enclosing is not None:
                fail(where, "a vector loop inside a vector loop")
            self.vector = loop.extent.trace.leaf("index", "int64", loop.index)
        states = [a for a in loop.accumulators if a.combine == NEXT]
        if states and loop.kind != "serial":
            fail(where, "its iterations read what the one before has left, so they cannot run in lanes")
        for state in states:
            self.start(state, f"{where}: accumulator {state.key}")
        self.indices.append(loop.index)
        self.results.append({(state.key, 0): state.starts[0].dtype for state in states})
        self.body(loop.body, f"{where}: ")
        for accumulator in loop.accumulators:
            self.accumulator(accumulator, f"{where}: accumulator {accumulator.key}")
        self.results.pop()
        self.indices.pop()
        self.vector = enclosing
        for accumulator in loop.accumulators:
            self.results[-1] |= {(accumulator.key, position): value.dtype for position, value in enumerate(accumulator.values)}

    def start(self, state: Accumulator, where: str) -> None:
        if [v.dtype for v in state.starts] != [v.dtype for v in state.values]:
            fail(where, "it starts as another type than it goes on")
        self.value(state.starts[0], f"{where}: start")

    def accumulator(self, accumulator: Accumulator, where: str) -> None:
        combine = accumulator.combine
        name = combine.name if isinstance(combine, Fold) else combine
        if isinstance(combine, str) and combine not in (*COMBINES, NEXT):
            fail(where, f"unknown combine {combine!r}")
        if len(accumulator.values) != carried(combine):
            fail(where, f"{name} carries {carried(combine)} values, not {len(accumulator.values)}")
        if accumulator.key in self.keys:
            fail(where, "the key is taken")
        self.keys.add(accumulator.key)
        for position, value in enumerate(accumulator.values):
            self.value(value, f"{where}: value {position}", "int64" if position and isinstance(combine, str) else None)
        allowed = BOOL + INTEGERS if combine in ("and", "or") else INTEGERS + COMPUTED_FLOATS
        if isinstance(combine, Fold):
            _verify_fold(combine, [value.dtype for value in accumulator.values], where)
        elif combine != NEXT and accumulator.values[0].dtype not in allowed:
            fail(where, f"{combine} of {accumulator.values[0].dtype}")

    def store(self, store: Store, where: str) -> None:
        if not 0 <= store.buffer < len(self.kernel.buffers):
            fail(where, "there is no such buffer")
        buffer = self.kernel.buffers[store.buffer]
        if not buffer.written:
            fail(where, "the buffer is not declared as written")
        if store.combine not in (None, "add"):
            fail(where, f"unknown combine {store.combine!r}")
        if store.combine and not buffer.read:
            fail(where, "adding reads the buffer, which is not declared as read")
        self.value(store.offset, f"{where}: offset", "int64")
        self.value(store.value, f"{where}: value")
        if store.value.dtype != buffer.dtype:
            fail(where, f"it holds {buffer.dtype} but the value is {store.value.dtype}")
        if store.combine and self.vector is not None:
            coefficient = split(store.offset, self.vector)[0]
            if coefficient is None or coefficient.op != "const" or coefficient.data == 0:
                fail(where, "lanes of a vector loop may add to the same element")

    def check(self, check: Check, where: str) -> None:
        self.value(check.ok, f"{where}: ok", "bool")
        self.value(check.payload, f"{where}: payload", "int64")
        if check.code <= 0:
            fail(where, f"status {check.code} does not mean failure")

    def value(self, root: Value, where: str, dtype: str | None = None) -> None:
        for value in walk([root]):
            verify_instruction(value, where)
            if value.op in _LEAF:
                _LEAF[value.op](self, value, where)
            elif value.op == "input":
                fail(where, "an argument of an elementwise body is left in it")
        if dtype is not None and root.dtype != dtype:
            fail(where, f"must be {dtype} but is {root.dtype}")

    def _index(self, value: Value, where: str) -> None:
        if value.data not in self.indices:
            fail(where, f"index {value.data} belongs to no loop around it")

    def _size(self, value: Value, where: str) -> None:
        if not isinstance(value.data, int) or not 0 <= value.data < self.kernel.sizes:
            fail(where, f"there is no size {value.data!r}")

    def _scalar(self, value: Value, where: str) -> None:
        if not isinstance(value.data, int) or not 0 <= value.data < len(self.kernel.scalars):
            fail(where, f"there is no scalar {value.data!r}")
        self._typed(value, self.kernel.scalars[value.data], where)

    def _load(self, value: Value, where: str) -> None:
        if not isinstance(value.data, int) or not 0 <= value.data < len(self.kernel.buffers):
            fail(where, f"load from buffer {value.data!r}: there is none")
        buffer = self.kernel.buffers[value.data]
        if not buffer.read:
            fail(where, f"load from buffer {value.data}, which is not declared as read")
        self._typed(value, buffer.dtype, where)

    def _acc(self, value: Value, where: str) -> None:
        for results in self.results:
            if value.data in results:
                return self._typed(value, results[value.data], where)
        fail(where, f"accumulator {value.data!r} is not available here")

    @staticmethod
    def _typed(value: Value, dtype: str, where: str) -> None:
        if value.dtype != dtype:
            fail(where, f"{value!r} should be {dtype}")


_LEAF: dict[str, Callable[[_Kernel, Value, str], None]] = {
    "index": _Kernel._index,
    "size": _Kernel._size,
    "scalar": _Kernel._scalar,
    "load": _Kernel._load,
    "acc": _Kernel._acc,
}


def _verify_fold(fold: Fold, dtypes: Sequence[str], where: str) -> None:
    """Its code is of its arguments alone, and gives values of the dtypes that are carried."""
    if [result.dtype for result in fold.results] != dtypes:
        fail(where, f"{fold.name} gives {', '.join(r.dtype for r in fold.results)} but carries {', '.join(dtypes)}")
    arguments = [*dtypes, *dtypes]
    for value in walk(fold.results):
        verify_instruction(value, where)
        if value.op == "input":
            if not 0 <= value.data < len(arguments) or value.dtype != arguments[value.data]:
                fail(where, f"{fold.name} has no argument {value!r}")
        elif value.op in LEAVES and value.op != "const":
            fail(where, f"{fold.name} may use its arguments only, not {value!r}")


def verify_instruction(value: Value, where: str, kind: str = "kernel") -> None:
    """The dtypes of one instruction and its arguments."""
    op, dtype, types = value.op, value.dtype, [a.dtype for a in value.args]

    def bad(what: str) -> NoReturn:
        fail(where, f"{op}.{dtype}({', '.join(types)}) {what}", kind)

    if dtype not in REAL:
        bad("gives an unknown dtype")
    if op in ("index", "size") and dtype != "int64":
        bad("must be int64")
    if op == "load" and types != ["int64"]:
        bad("needs one int64 offset")
    rule = _DTYPES.get(op)
    if rule is None:
        if op not in _LEAF and op not in ("const", "input"):
            bad("is no instruction")
    elif op != "call" and len(types) != _ARITY.get(op, 2):
        bad(f"takes {_ARITY.get(op, 2)} arguments")
    elif not rule(dtype, types):
        bad("is not defined")


def _uniform(allowed: Sequence[str]) -> Callable[[str, list[str]], bool]:
    return lambda dtype, types: dtype in allowed and all(t == dtype for t in types)


def _rules() -> dict[str, Callable[[str, list[str]], bool]]:
    """Which dtypes each instruction takes and gives."""
    rules: dict[str, Callable[[str, list[str]], bool]] = {}
    for ops, allowed in (
        (ARITHMETIC, INTEGERS + COMPUTED_FLOATS),
        (FLOAT_ONLY, COMPUTED_FLOATS),
        (INTEGER_ONLY, INTEGERS),
        (LOGIC, BOOL + INTEGERS),
        (("call",), COMPUTED_FLOATS),
    ):
        rules |= dict.fromkeys(ops, _uniform(allowed))
    compared = BOOL + INTEGERS + COMPUTED_FLOATS
    rules |= dict.fromkeys(COMPARISONS, lambda dtype, types: dtype == "bool" and types[0] == types[1] and types[0] in compared)
    rules["select"] = lambda dtype, types: types == ["bool", dtype, dtype]
    rules["cast"] = lambda dtype, types: types[0] in REAL
    rules["bitcast"] = lambda dtype, types: "bool" not in (dtype, types[0]) and ITEMSIZE[dtype] == ITEMSIZE[types[0]]
    return rules


_DTYPES = _rules()
