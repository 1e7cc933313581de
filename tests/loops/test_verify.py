"""Well-formed kernels and programs pass; each fault is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.emit import folds
from theano.errors import InconsistencyError
from theano.loops.ir import (
    NEXT,
    Accumulator,
    AtMost,
    Buffer,
    BufferParameter,
    Check,
    Fold,
    Frame,
    Guard,
    IfRegion,
    Kernel,
    KernelStep,
    LibraryStep,
    Loop,
    LoopRegion,
    Program,
    PythonStep,
    Statement,
    Store,
)
from theano.loops.verify import verify_kernel
from theano.loops.verify_program import verify_program
from theano.scalar.instructions import Trace, Value, intrinsic, select, unary

t = Trace()
i, j, n = t.leaf("index", "int64", 0), t.leaf("index", "int64", 1), t.leaf("size", "int64", 0)
zero = t.const(0, "int64")
x = t.load(0, i, "float32")
READ, WRITTEN = BufferParameter("float32", True, False), BufferParameter("float32", False, True)
put = Store(1, i, x)


def kernel(*body: Statement, **changes: Any) -> Kernel:
    return replace(Kernel((READ, WRITTEN), 1, ("float64",), body), **changes)


def loop(*body: Statement, index: int = 0, extent: Value = n, kind: str = "serial", accumulators: tuple[Accumulator, ...] = ()) -> Loop:
    return Loop(index, extent, body, accumulators, kind)


def acc(dtype: str = "float32", key: int = 0, position: int = 0) -> Value:
    return t.leaf("acc", dtype, (key, position))


carry = Accumulator(8, NEXT, (x,), (t.load(0, zero, "float32"),))


def test_well_formed() -> None:
    verify_kernel(kernel(loop(Store(1, i, acc(key=8)), accumulators=(carry,)), Store(1, zero, acc(key=8))))
    value = intrinsic("exp", select(x < 0.0, -x, unary("sqrt", x))) * t.leaf("scalar", "float64", 0).cast("float32")
    verify_kernel(kernel(loop(Store(1, i, value), kind="vector"), parallel=True))
    rows = loop(
        loop(index=1, kind="vector", accumulators=(Accumulator(0, "argmax", (x, j)), Accumulator(1, folds.hypotenuse("float32"), (x,)))),
        Store(1, i, acc()),
        Store(1, acc("int64", 0, 1), acc()),
        Check(acc("int64", 0, 1) < n, 1, i),
    )
    verify_kernel(kernel(rows, checks=True))


FAULTS = {
    "must be exactly one loop": kernel(loop(put), loop(put), parallel=True),
    "one loop without accumulators": kernel(loop(accumulators=(Accumulator(0, "add", (x,)),)), parallel=True),
    "belongs to no loop": kernel(put),
    "index 1 belongs to no loop": kernel(loop(Store(1, j, x))),
    "an enclosing loop has the same index": kernel(loop(loop(put))),
    "unknown kind 'warp'": kernel(loop(put, kind="warp")),
    "a vector loop inside a vector loop": kernel(loop(loop(put, index=1, kind="vector"), kind="vector")),
    "extent differs between the lanes": kernel(loop(loop(put, index=1, extent=i), kind="vector")),
    "no size 1": kernel(loop(put, extent=t.leaf("size", "int64", 1))),
    "no scalar 3": kernel(loop(Store(1, i, t.leaf("scalar", "float32", 3)))),
    "should be float64": kernel(loop(Store(1, i, t.leaf("scalar", "float32", 0)))),
    "load from buffer 7: there is none": kernel(loop(Store(1, i, t.load(7, i, "float32")))),
    "not declared as read": kernel(loop(Store(1, i, t.load(1, i, "float32")))),
    "load.float64(%index, 0) should be float32": kernel(loop(Store(1, i, t.load(0, i, "float64").cast("float32")))),
    "not declared as written": kernel(loop(Store(0, i, x))),
    "store to buffer 5: there is no such buffer": kernel(loop(Store(5, i, x))),
    "it holds float32 but the value is int64": kernel(loop(Store(1, i, i))),
    "offset: must be int64 but is int32": kernel(loop(Store(1, i.cast("int32"), x))),
    "unknown combine 'mul'": kernel(loop(Store(1, i, x, "mul"))),
    "adding reads the buffer": kernel(loop(Store(1, i, x, "add"))),
    "add to the same element": kernel(
        loop(Store(0, t.load(2, i, "int64"), x, "add"), kind="vector"),
        buffers=(BufferParameter("float32", True, True), WRITTEN, BufferParameter("int64", True, False)),
    ),
    "accumulator (0, 0) is not available here": kernel(loop(Store(1, i, acc()), accumulators=(Accumulator(0, "add", (x,)),))),
    "(0, 0) is not available": kernel(loop(loop(index=1, accumulators=(Accumulator(0, "add", (x,)),))), Store(1, zero, acc())),
    "acc.float64((0, 0)) should be float32": kernel(
        loop(accumulators=(Accumulator(0, "add", (x,)),)), Store(1, zero, acc("float64").cast("float32"))
    ),
    "unknown combine 'median'": kernel(loop(accumulators=(Accumulator(0, "median", (x,)),))),
    "hypot carries 1 values, not 2": kernel(loop(accumulators=(Accumulator(0, folds.hypotenuse("float32"), (x, x)),))),
    "hypot gives float64 but carries float32": kernel(loop(accumulators=(Accumulator(0, folds.hypotenuse("float64"), (x,)),))),
    "own may use its arguments only, not index": kernel(loop(accumulators=(Accumulator(0, Fold("own", (0.0,), (x,)), (x,)),))),
    "third has no argument input.float32(2)": kernel(
        loop(accumulators=(Accumulator(0, Fold("third", (0.0,), (t.leaf("input", "float32", 2),)), (x,)),))
    ),
    "argmax carries 2 values, not 1": kernel(loop(accumulators=(Accumulator(0, "argmax", (x,)),))),
    "value 1: must be int64": kernel(loop(accumulators=(Accumulator(0, "argmin", (x, x)),))),
    "the key is taken": kernel(*(loop(accumulators=(Accumulator(0, "add", (x,)),)) for _ in range(2))),
    "and of float32": kernel(loop(accumulators=(Accumulator(0, "and", (x,)),))),
    "add of bool": kernel(loop(accumulators=(Accumulator(0, "add", (x < 0.0,)),))),
    "the kernel says there is none": kernel(loop(Check(i < n, 1, i))),
    "ok: must be bool": kernel(loop(Check(i, 1, i)), checks=True),
    "status 0 does not mean failure": kernel(loop(Check(i < n, 0, i)), checks=True),
    "argument of an elementwise body": kernel(loop(Store(1, i, t.leaf("input", "float32", 0)))),
    "unknown dtype 'complex64'": kernel(scalars=("complex64",)),
    "add.float32(float32, float64) is not defined": kernel(loop(Store(1, i, t.emit("add", (x, x.cast("float64")), "float32")))),
    "sqrt.int64(int64) is not defined": kernel(loop(Store(1, unary("sqrt", i), x))),
    "frobnicate.float32(float32) is no instruction": kernel(loop(Store(1, i, unary("frobnicate", x)))),
    "neg.float32(float32, float32) takes 1 arguments": kernel(loop(Store(1, i, t.emit("neg", (x, x), "float32")))),
    "bitcast.int64(float32) is not defined": kernel(loop(Store(1, x.bitcast("int64"), x))),
    "add.float16(float16, float16) is not defined": kernel(loop(Store(1, i, (x.cast("float16") + 1.0).cast("float32")))),
    "lt.float32(float32, float32) is not defined": kernel(loop(Store(1, i, t.emit("lt", (x, x), "float32")))),
    "cannot run in lanes": kernel(loop(accumulators=(carry,), kind="vector")),
    "it starts as another type": kernel(loop(accumulators=(replace(carry, starts=(zero,)),))),
    "accumulator (8, 0) is not available": kernel(loop(Store(1, i, acc(key=8)), accumulators=(replace(carry, combine="add", starts=()),))),
}


@pytest.mark.parametrize("message", FAULTS)
def test_faulty_kernels(message: str) -> None:
    with pytest.raises(InconsistencyError) as caught:
        verify_kernel(FAULTS[message])
    assert message in str(caught.value) and str(caught.value).startswith("malformed kernel: ")


# ---------------------------------------------------------------------------------------------- programs

given = t.leaf("size", "int64", ("input", 0, 0))
source, result = Buffer(0, "float32", (given,), "input"), Buffer(1, "float32", (given,), "output")
scratch = Buffer(2, "float32", (given,), "arena", offset=zero)
number = Buffer(3, "int64", (), "arena", offset=zero)
thing = Buffer(4, "float32", (t.leaf("size", "int64", ("object", 4, 0)),), "object")
weights = Buffer(5, "float32", (t.leaf("size", "int64", ("shared", 0, 0)),), "shared")
spare = Buffer(6, "float32", (t.leaf("size", "int64", ("shared", 0, 0)),), "update")
table = Buffer(7, "float32", (zero,), "constant")
double = Kernel((READ, WRITTEN), 1, (), (loop(put),))


def run(out: Buffer = result, of: Buffer = source, size: Value = given, **changes: Any) -> KernelStep:
    return replace(KernelStep(double, (out, of), (size,), ()), buffers=(of, out), **changes)


def program(*steps: Any, buffers: tuple[Buffer, ...] = (result, scratch, number, thing), **changes: Any) -> Program:
    frame = Frame(buffers=list(buffers), arena=zero, steps=list(steps))
    whole = Program([source], [weights], frame=frame, outputs=[result])
    for name, value in changes.items():
        setattr(whole if hasattr(whole, name) else frame, name, value)
    return whole


def python(*results: Buffer) -> PythonStep:
    return PythonStep("node", (source,), results)


def size(*data: Any) -> Value:
    return t.leaf("size", "int64", data)


few, many = AtMost(given, 4), AtMost(given, 4, opposite=True)


def test_well_formed_programs() -> None:
    verify_program(program(run(scratch), run(result, scratch)))
    inner = Frame(buffers=[late := Buffer(9, "float32", (size("object", 4, 0),), "output")], steps=[run(late, thing, size("object", 4, 0))])
    verify_program(program(python(thing), inner, outputs=[late]))
    counted = LoopRegion(given, Frame(steps=[run(scratch, result)]), ((result, scratch),), number)
    verify_program(program(run(), counted))
    branch = IfRegion(number, Frame(steps=[run()]), Frame(steps=[LibraryStep("copy", "float32", (result, source), (given,))]))
    verify_program(program(LoopRegion(given, Frame(), (), number), branch))
    verify_program(program(run(spare, weights), run(), buffers=(result, spare), commits=[(0, spare)]))
    verify_program(program(run(weights), run(), guards=[Guard(given, size("shared", 0, 0), None)]))
    verify_program(program(run(scratch, when=few), run(result, scratch, when=few), run(when=many)))


PROGRAM_FAULTS = {
    "output 0: buffer 1 (output) is not written by every run": program(),
    "buffer 2 (arena) is read before anything is written": program(run(result, scratch)),
    "buffer 6 (update) does not exist here": program(run(spare)),
    "buffer 0 (input) must not be written": program(run(source, weights)),
    "its buffers are": program(replace(run(), buffers=(source,))),
    "its sizes are": program(replace(run(), sizes=())),
    "its scalars are": program(run(scalars=(t.const(1, "int8"),))),
    "malformed kernel: store to buffer 1": program(run(kernel=Kernel((READ, WRITTEN), 1, (), (put,)))),
    "size ('object', 4, 0) is not known when the frame is entered": program(python(thing), run(size=size("object", 4, 0))),
    "size ('value', 3) is not known": program(LoopRegion(given, Frame(), (), number), run(size=size("value", 3))),
    "there is no size ('input', 0, 1)": program(run(size=size("input", 0, 1))),
    "there is no size ('shared', 2, 0)": program(run(size=size("shared", 2, 0))),
    "unknown size 0": program(run(size=n)),
    "has no meaning outside kernels": program(run(size=i)),
    "the frame has no arena": program(run(), arena=None),
    "the number is taken": program(run(), buffers=(result, result)),
    "and no other, has an offset": program(run(), buffers=(result, Buffer(8, "int8", (), "arena"))),
    "no frame makes buffers of this storage": program(run(), buffers=(result, table)),
    "listed as input 0": program(run(), inputs=[weights]),
    "constants: their number": program(run(), constants=[table]),
    "unknown relation 'less'": program(run(), guards=[Guard(given, given, None, relation="less")]),
    "commit of shared 4": program(run(), commits=[(4, result)]),
    "buffer 1 (output) cannot leave": program(run(), commits=[(0, result)]),
    "is carried but the body does not fill it": program(run(), LoopRegion(given, Frame(), ((result, scratch),))),
    "are swapped but differ in type": program(run(), LoopRegion(given, Frame(), ((result, number),))),
    "is no single integer": program(run(), LoopRegion(given, Frame(), (), result)),
    "is no single number": program(run(), IfRegion(result, Frame(), Frame())),
    "is not written by every run": program(LoopRegion(given, Frame(), (), number), IfRegion(number, Frame(steps=[run()]), Frame())),
    "buffer 1 (output) must not be written": program(python(result)),
    "it may fail, so it cannot be one of several": program(run(when=few, kernel=replace(double, checks=True)), run(when=many)),
    "buffer 1 (output) is not written by every run": program(run(when=few), run(when=replace(many, limit=5))),
    "step 1: kernel: buffer 2 (arena) is read before": program(run(scratch, when=few), run(result, scratch)),
}


@pytest.mark.parametrize("message", PROGRAM_FAULTS)
def test_faulty_programs(message: str) -> None:
    with pytest.raises(InconsistencyError) as caught:
        verify_program(PROGRAM_FAULTS[message])
    assert message in str(caught.value)
