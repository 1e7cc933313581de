"""The code of each kind of step.  All of them work on the frame ``%f`` of the program at hand."""

from __future__ import annotations

from typing import Any

from theano.emit.llvm.frame import Part, ProgramText, Stream, begin_when, varying, written_buffers
from theano.emit.llvm.kernel import emit_kernel
from theano.emit.llvm.library import library_step
from theano.emit.llvm.objects import declare_counts, item_size, new_array
from theano.emit.llvm.parallel import WORTH_AWAKE, spread
from theano.emit.llvm.sharing import STEPS
from theano.emit.llvm.status import MEMORY, RAISED
from theano.emit.llvm.text import literal, storage
from theano.emit.llvm.writer import Writer
from theano.loops.canonical import kernel_key
from theano.loops.ir import (
    AtMost,
    Buffer,
    IfRegion,
    Kernel,
    KernelStep,
    LibraryStep,
    LoopRegion,
    PythonStep,
    shared_loop,
    walk_steps,
)
from theano.scalar.instructions import Trace, Value, rebuild

SIGNAL_PERIOD = 64
"""A loop asks for signals (Ctrl-C) once in so many iterations; a power of two."""


# ------------------------------------------------------------------------------------------------ kernels


def kernel_name(text: ProgramText, kernel: Kernel) -> str:
    """The function of a kernel; equal kernels are one."""
    shared, key = text.shared, kernel_key(kernel)
    if key not in shared.kernels:
        name = shared.kernels[key] = f"kernel{len(shared.kernels)}"
        text.module.add(emit_kernel(kernel, name, shared.target, packed=kernel.parallel))
    return shared.kernels[key]


def kernel_step(text: ProgramText, w: Part, step: KernelStep, number: int) -> None:
    kernel, name = step.kernel, kernel_name(text, step.kernel)
    arguments = [("ptr", text.pointer(w, b)) for b in step.buffers] + [("i64", text.size(w, s)) for s in step.sizes]
    arguments += [(storage(dtype), _in_memory(v, dtype)) for dtype, v in zip(kernel.scalars, step.scalars)]
    may_fail = kernel.checks
    if not kernel.parallel:
        given = [f"{kind} {value}" for kind, value in arguments]  # none, where what is checked is counted and not read
        call = f"i64 @{name}({', '.join([*given, 'i64 0', 'i64 0', 'ptr %f'])})"
    elif step.work is None or _is_small(step.work):
        for k, (kind, value) in enumerate(arguments):
            w.store(kind, value, "%f", text.arguments + 8 * k)
        call = f"i64 @{name}(ptr {w.at('%f', text.arguments)}, i64 0, i64 {text.size(w, _extent(step))}, ptr %f)"
    else:
        arguments = [("i64", text.size(w, _extent(step))), ("i64", text.size(w, step.work)), *arguments]
        for k, (kind, value) in enumerate(arguments):
            w.store(kind, value, "%f", text.arguments + 8 * k)
        alone = text.at_end or any(b.storage == "shared" for b in written_buffers(step))
        may_fail = may_fail or not alone
        call = spread(text.shared.sharing, kernel, name, w.at("%f", text.arguments), alone)
    if step.when is not None:
        _call_when(text, w, step.when, f"call {call}", may_fail)
        return
    status = w.let(f"call {call}")
    if may_fail:
        w.fail_unless_zero(status)


def _call_when(text: ProgramText, w: Part, when: AtMost, call: str, may_fail: bool) -> None:
    on = begin_when(text, w, when)
    status = w.let(call)
    if may_fail:
        w.fail_unless_zero(status)
    w.open(on)


def _is_small(work: Value) -> bool:
    return work.op == "const" and int(work.data) < WORTH_AWAKE


def _in_memory(value: Value, dtype: str) -> str:
    return str(int(bool(value.data))) if dtype == "bool" else literal(value.data, dtype)


def _extent(step: KernelStep) -> Value:
    """Of a parallel kernel's shared loop, in the program's sizes."""
    loop = shared_loop(step.kernel)

    def in_program(value: Value, args: tuple[Value, ...]) -> Value | None:
        return step.sizes[value.data] if value.op == "size" else None

    trace = step.sizes[0].trace if step.sizes else Trace()
    return rebuild([loop.extent], trace, in_program)[0]


# ------------------------------------------------------------------------------------------------ Python


def python_step(text: ProgramText, w: Part, step: PythonStep, number: int) -> None:
    """Call the callback of this step with arrays; it returns a tuple of C-contiguous arrays of the results' dtypes."""
    module, layout = text.module, text.layout
    declare_counts(module)
    position = len(text.shared.python_steps)
    text.shared.python_steps.append(step)
    for k, buffer in enumerate(step.arguments):
        if buffer.storage == "arena":
            _copy_to_array(text, w, buffer)
        w.store("ptr", w.load("ptr", "%f", layout.objects[buffer.number]), "%f", text.arguments + 8 * (k + 1))
    text.shared.sharing.expose(w)
    callback = w.load("ptr", "%t", module.slot("python", position))
    call = module.external("PyObject_Vectorcall", "ptr", "ptr", "ptr", "i64", "ptr")
    count = len(step.arguments) | 1 << 63  # PY_VECTORCALL_ARGUMENTS_OFFSET: the slot before the first may be written
    answer = w.let(f"call {call}(ptr {callback}, ptr {w.at('%f', text.arguments + 8)}, i64 {count - (1 << 64)}, ptr null)")
    w.fail_if_null(answer, RAISED)
    for k, buffer in enumerate(step.results):
        array = w.let(f"call {module.external('PyTuple_GetItem', 'ptr', 'ptr', 'i64')}(ptr {answer}, i64 {k})")
        w.do(f"call void @Py_IncRef(ptr {array})")
        w.do(f"call void @Py_DecRef(ptr {w.load('ptr', '%f', layout.objects[buffer.number])})")
        if buffer.dtype == "object":
            w.store("ptr", array, "%f", layout.objects[buffer.number])
        else:
            text.keep(w, buffer, array)
    w.do(f"call void @Py_DecRef(ptr {answer})")


def _copy_to_array(text: ProgramText, w: Part, buffer: Buffer) -> None:
    """Python gets its own array of what lies in scratch."""
    slot, wanted = text.layout.objects[buffer.number], text.wanted(w, buffer)
    w.do(f"call void @Py_DecRef(ptr {w.load('ptr', '%f', slot)})")
    w.store("ptr", "null", "%f", slot)
    array = w.let(f"call {new_array(text.module)}({wanted})")
    w.fail_if_null(array, MEMORY + buffer.number)
    w.store("ptr", array, "%f", slot)
    count = str(item_size(buffer.dtype))
    for extent in buffer.shape:
        count = w.let(f"mul i64 {count}, {text.size(w, extent)}")
    source, destination = text.pointer(w, buffer), w.load("ptr", array, text.abi.data)
    w.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {destination}, ptr {source}, i64 {count}, i1 false)")


# ------------------------------------------------------------------------------------------------ regions


def loop_region(text: ProgramText, w: Part, step: LoopRegion, number: int) -> None:
    """``@loopN``: if there are iterations, what none of them changes once, then the iterations."""
    count = text.layout.take()
    w.store("i64", text.size(w, step.count), "%f", count)
    if step.done is not None:
        w.store("i64", "0", text.pointer(w, step.done))
    changing = {b.number for s in (*walk_steps(step.body), step) for b in written_buffers(s)}
    varies = varying(lambda key: key[0] in ("object", "value") and key[1] in changing)
    moving = {b.number for pair in step.carried for b in pair}
    once, held = Stream(text.shared), []

    def body(stream: Stream) -> None:
        held.append(text.loop_body(step.body, once, stream, varies, moving))

    repeated = text.region(body, varies)
    driver = Writer(f"define internal i64 @loop{number}(ptr %f, ptr %t)")
    trips = driver.load("i64", "%f", count)
    driver.branch(driver.let(f"icmp sgt i64 {trips}, 0"), "some", "none")
    driver.label("some")
    once.close().call_all(driver)
    _iterate(text, driver, step, repeated, trips)
    if held[0] is not None:
        text.give_back(driver, held[0])
    driver.open("none")
    driver.do("ret i64 0")
    text.module.add(driver.text())
    w.fail_unless_zero(w.let(f"call i64 @loop{number}(ptr %f, ptr %t)"))


def _iterate(text: ProgramText, w: Writer, step: LoopRegion, body: Stream, trips: str) -> None:
    index, around = text.layout.take(), w.load("i64", "%f", STEPS)
    w.store("i64", "0", "%f", index)
    before = w.let(f"add i64 {w.let(f'shl i64 {around}, 32')}, 1")
    w.open("again")
    w.store("i64", w.let(f"add i64 {w.load('i64', '%f', index)}, {before}"), "%f", STEPS)
    if step.counter is not None:
        w.store("i64", w.load("i64", "%f", index), text.pointer(w, step.counter))
    body.call_all(w)
    for old, new in step.carried:
        _swap(text, w, old, new)
    i = w.load("i64", "%f", index)
    _look_for_signals(text, w, i)
    following = w.let(f"add i64 {i}, 1")
    w.store("i64", following, "%f", index)
    if step.done is not None:
        w.store("i64", following, text.pointer(w, step.done))
    more = w.let(f"icmp slt i64 {following}, {trips}")
    if step.stop is not None:
        go_on = w.let(f"icmp eq i8 {w.load('i8', text.pointer(w, step.stop))}, 0")
        more = w.let(f"and i1 {more}, {go_on}")
    w.branch(more, "again", "finished")
    w.label("finished")
    w.store("i64", around, "%f", STEPS)


def _swap(text: ProgramText, w: Writer, old: Buffer, new: Buffer) -> None:
    """What was written as ``new`` is read as ``old`` from now on; arrays go with their pointers."""
    objects, data = text.layout.objects, text.layout.data
    arrays = old.number in objects
    assert arrays == (new.number in objects), "a carried pair is two arrays or two pieces of scratch"
    for slots in (data, objects) if arrays else (data,):
        a, b = (w.load("ptr", "%f", slots[buffer.number]) for buffer in (old, new))
        w.store("ptr", b, "%f", slots[old.number])
        w.store("ptr", a, "%f", slots[new.number])


def _look_for_signals(text: ProgramText, w: Writer, i: str) -> None:
    ask, go_on = w.fresh("signals"), w.fresh("quiet")
    due = w.let(f"icmp eq i64 {w.let(f'and i64 {i}, {SIGNAL_PERIOD - 1}')}, {SIGNAL_PERIOD - 1}")
    w.branch(due, ask, go_on)
    w.label(ask)
    breathe = text.module.external("theano_breathe", "i32", "ptr", "ptr", "ptr")
    raised = w.let(f"call {breathe}(ptr %f, ptr %t, ptr {text.shared.sharing.numbers()})")
    w.fail_if(w.let(f"icmp ne i32 {raised}, 0"), RAISED)
    w.open(go_on)


def if_region(text: ProgramText, w: Part, step: IfRegion, number: int) -> None:
    then, otherwise = (text.region(lambda stream, side=side: text.frame(side, stream)) for side in (step.then, step.otherwise))  # type: ignore[misc]
    chooser = Writer(f"define internal i64 @if{number}(ptr %f, ptr %t, i1 %true)")
    chooser.branch("%true", "then", "otherwise")
    for label, side in (("then", then), ("otherwise", otherwise)):
        chooser.label(label)
        side.call_all(chooser)
        chooser.do("ret i64 0")
    text.module.add(chooser.text())
    w.fail_unless_zero(w.let(f"call i64 @if{number}(ptr %f, ptr %t, i1 {text.element(w, step.condition, 'bool')})"))


EMIT: dict[type[Any], Any] = {
    KernelStep: kernel_step,
    LibraryStep: library_step,
    PythonStep: python_step,
    LoopRegion: loop_region,
    IfRegion: if_region,
}
