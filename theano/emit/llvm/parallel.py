"""A parallel kernel's range cut into contiguous parts that the pool runs.

Parts do not change results: iterations are independent, and sums have fixed lanes.  Of failing parts the lowest is
reported, and each part reports its own lowest failing iteration.
"""

from __future__ import annotations

from theano.emit.llvm.sharing import LONG, SLICE, Sharing
from theano.emit.llvm.writer import Writer
from theano.loops.ir import Kernel, shared_loop

WORTH = 160_000
"""Scalar instructions, about 20 microseconds of them in vectors, that are worth a second thread."""
WORTH_AWAKE = 32_000
"""The same while all threads look for work, as they do between the steps of a loop."""
MOST_PARTS = 64
VECTOR_GRAIN = 64
"""Elements: parts of a vector loop begin at multiples of it, so that no two write to one cache line."""

_WORK, _ARGUMENTS = 8, 16  # of a request: after the extent; then the kernel's own, a word each
_CHUNK, _KERNEL, _REQUEST, _STATUSES = 8, 16, 24, 32  # of a job: after the number of the first part


def packed_words(kernel: Kernel) -> int:
    """Of a request."""
    return _ARGUMENTS // 8 + len(kernel.buffers) + kernel.sizes + len(kernel.scalars)


def spread(sharing: Sharing, kernel: Kernel, name: str, request: str, alone: bool) -> str:
    """What to call to run the packed kernel over the pool, if the work is worth it: ``request`` holds the extent, the work and the
    kernel's arguments.

    If it takes long, other Python threads run meanwhile and it ends early if a signal's handler raises, unless it must be ``alone``."""
    grain = VECTOR_GRAIN if shared_loop(kernel).kind == "vector" else 1
    how = grain | kernel.checks << 8 | (not alone) << 9 | sharing.module.slot("threads") << 16
    call = sharing.module.external("theano_spread", "i64", *["ptr"] * 4, "i64", "ptr")
    return f"{call}(ptr %f, ptr %t, ptr @{name}, ptr {request}, i64 {how}, ptr {sharing.numbers()})"


def spreading() -> str:
    """``i64 @theano_spread(frame, table, kernel, request, how, sharing)``, which stands beside the pool.  ``how``: the grain; from bit 8
    on whether the kernel checks, whether the call is open; from bit 16 on where in the table the limit of threads stands."""
    w = Writer("define i64 @theano_spread(ptr %f, ptr %t, ptr %kernel, ptr %request, i64 %how, ptr %sharing)")
    work = w.load("i64", "%request", _WORK)
    w.branch(w.let(f"icmp sge i64 {work}, {WORTH_AWAKE}"), "some", "serial")
    w.label("some")
    awake = w.let("call i1 @awake()")
    w.branch(w.let(f"or i1 {awake}, {w.let(f'icmp sge i64 {work}, {WORTH}')}"), "large", "serial")
    w.label("large")
    given = "ptr %f, ptr %t, ptr %kernel, ptr %request, i64 %how, ptr %sharing"
    w.do(f"ret i64 {w.let(f'tail call i64 @share_out({given})')}")
    w.label("serial")
    extent, arguments = w.load("i64", "%request"), w.at("%request", _ARGUMENTS)
    w.do(f"ret i64 {w.let(f'tail call i64 %kernel(ptr {arguments}, i64 0, i64 {extent}, ptr %f)')}")
    return "\n".join((w.text(), _share_out(), _part(), _FIRST_FAILURE, ""))


def _part() -> str:
    """One part: read the job, run the kernel on [part*chunk, (part+1)*chunk), note its status."""
    w = Writer("define internal void @run_part(ptr %job, i64 %number)")
    chunk, kernel, request = (w.load(kind, "%job", at) for kind, at in (("i64", _CHUNK), ("ptr", _KERNEL), ("ptr", _REQUEST)))
    part = w.let(f"add i64 %number, {w.load('i64', '%job')}")
    low = w.let(f"mul i64 {part}, {chunk}")
    high = w.let(f"call i64 @llvm.smin.i64(i64 {w.let(f'add i64 {low}, {chunk}')}, i64 {w.load('i64', request)})")
    own, arguments = w.at(w.at("%job", _STATUSES), w.let(f"mul i64 {part}, 16")), w.at(request, _ARGUMENTS)
    w.store("i64", w.let(f"call i64 {kernel}(ptr {arguments}, i64 {low}, i64 {high}, ptr {own})"), own)
    w.do("ret void")
    return w.text()


def _share_out() -> str:
    """Two parts for a thread, so that a late one does not hold up all, but none smaller than half of what is worth it; for one
    thread one, and so if there is little to do: what one kernel has made in a thread's cache the next will find there.  What takes
    long is cut in as many as there may be, to be run in slices."""
    w = Writer("define internal i64 @share_out(ptr %f, ptr %t, ptr %kernel, ptr %request, i64 %how, ptr %sharing)")
    w.do(f"%job = alloca [{_STATUSES // 8 + 2 * MOST_PARTS} x i64], align 64")
    for name, at in (("%extent", 0), ("%work", _WORK)):
        w.do(f"{name} = load i64, ptr {w.at('%request', at)}")
    w.do("%grain = and i64 %how, 255")
    checks, opened = (w.let(f"trunc i64 {w.let(f'lshr i64 %how, {bit}')} to i1") for bit in (8, 9))
    limit = w.load("i64", "%t", w.let("lshr i64 %how, 16"))
    threads = w.let(f"call i64 @llvm.smin.i64(i64 {w.let('call i64 @theano_threads()')}, i64 {limit})")
    long = w.let(f"and i1 {opened}, {w.let(f'icmp sge i64 %work, {LONG}')}")
    parts = _cut(w, threads, long)
    w.store("ptr", "%kernel", "%job", _KERNEL)
    w.store("ptr", "%request", "%job", _REQUEST)
    w.branch(long, "long", "short")
    w.label("long")
    slices = w.let(f"add i64 {w.let(f'udiv i64 %work, {SLICE}')}, 1")
    some = w.let(f"call i64 @llvm.umax.i64(i64 {w.let(f'udiv i64 {parts}, {slices}')}, i64 {threads})")
    job = f"ptr %f, ptr %t, ptr %sharing, ptr @run_part, ptr %job, i64 {parts}, i64 {some}, i64 {limit}"
    raised = w.let(f"call i64 @theano_in_slices({job})")
    w.branch(w.let(f"icmp eq i64 {raised}, 0"), "look", "interrupted")
    w.label("interrupted")
    w.do(f"ret i64 {raised}")
    w.label("short")
    w.do(f"call void @theano_run_parts(ptr @run_part, ptr %job, i64 {parts}, i64 {limit})")
    w.open("look")
    w.branch(checks, "checked", "fine")
    w.label("checked")
    w.do(f"ret i64 {w.let(f'call i64 @first_failure(ptr %job, i64 {parts}, ptr %f)')}")
    w.label("fine")
    w.do("ret i64 0")
    return w.text()


def _cut(w: Writer, threads: str, long: str) -> str:
    """Fill in where the parts begin; how many there are."""
    little = w.let(f"icmp slt i64 %work, {w.let(f'mul i64 {threads}, {WORTH}')}")
    single = w.let(f"or i1 {little}, {w.let(f'icmp eq i64 {threads}, 1')}")
    some = w.let(f"select i1 {single}, i64 {threads}, i64 {w.let(f'shl i64 {threads}, 1')}")
    most = w.let(f"call i64 @llvm.smin.i64(i64 {w.let(f'select i1 {long}, i64 {MOST_PARTS}, i64 {some}')}, i64 {MOST_PARTS})")
    wanted = w.let(f"call i64 @llvm.smin.i64(i64 {most}, i64 {w.let(f'udiv i64 %work, {WORTH_AWAKE // 2}')})")
    more = w.let("sub i64 %grain, 1")
    chunk = w.let(f"and i64 {w.let(f'add i64 {_rounded_up(w, wanted)}, {more}')}, {w.let('sub i64 0, %grain')}")
    chunk = w.let(f"call i64 @llvm.smax.i64(i64 {chunk}, i64 1)")
    w.store("i64", "0", "%job")
    w.store("i64", chunk, "%job", _CHUNK)
    return _rounded_up(w, chunk)


def _rounded_up(w: Writer, divisor: str) -> str:
    """The extent divided by ``divisor``, rounded up."""
    more = w.let(f"sub i64 {divisor}, 1")
    return w.let(f"udiv i64 {w.let(f'add i64 %extent, {more}')}, {divisor}")


_FIRST_FAILURE = f"""define internal i64 @first_failure(ptr %job, i64 %parts, ptr %status) {{
entry:
  %statuses = getelementptr i8, ptr %job, i64 {_STATUSES}
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %fine ]
  %more = icmp ult i64 %i, %parts
  br i1 %more, label %look, label %none
look:
  %offset = mul i64 %i, 16
  %own = getelementptr i8, ptr %statuses, i64 %offset
  %code = load i64, ptr %own
  %ok = icmp eq i64 %code, 0
  br i1 %ok, label %fine, label %found
fine:
  %next = add i64 %i, 1
  br label %head
found:
  %payloadp = getelementptr i8, ptr %own, i64 8
  %payload = load i64, ptr %payloadp
  store i64 %code, ptr %status
  %out = getelementptr i8, ptr %status, i64 8
  store i64 %payload, ptr %out
  ret i64 %code
none:
  ret i64 0
}}"""
