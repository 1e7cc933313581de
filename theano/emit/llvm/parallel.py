"""A parallel kernel's range cut into contiguous parts that the pool runs.

Parts do not change results: iterations are independent, and sums have fixed lanes.  Of failing parts the lowest is
reported, and each part reports its own lowest failing iteration.
"""

from __future__ import annotations

from theano.emit.llvm.sharing import LONG, SLICE, TABLE, Sharing
from theano.emit.llvm.text import storage
from theano.emit.llvm.writer import Writer
from theano.loops.ir import Kernel, Loop

WORTH = 160_000
"""Scalar instructions, about 20 microseconds of them in vectors, that are worth a second thread."""
MOST_PARTS = 64
VECTOR_GRAIN = 64
"""Elements: parts of a vector loop begin at multiples of it, so that no two write to one cache line."""

_EXTENT, _CHUNK, _STATUSES = 8, 16, 32  # after the number of the first part; then the kernel's arguments
_ARGUMENTS = _STATUSES + 16 * MOST_PARTS


def spread_kernel(sharing: Sharing, kernel: Kernel, name: str, alone: bool) -> str:
    """``i64 @name.spread(<the kernel's arguments>, extent, work, frame)``: over the pool if ``work`` is worth it.

    If it takes long, other Python threads run meanwhile and it ends early if a signal's handler raises, unless it must be ``alone``."""
    wide, module = f"{name}.{'alone' if alone else 'spread'}", sharing.module
    if module.once(wide):
        kinds = ["ptr"] * len(kernel.buffers) + ["i64"] * kernel.sizes + [storage(dtype) for dtype in kernel.scalars]
        if module.once(f"{name}.part"):
            module.add(_part(kernel, name, kinds))
        module.add(_spread(sharing, kernel, name, kinds, wide, alone))
    return wide


def _part(kernel: Kernel, name: str, kinds: list[str]) -> str:
    """One part: read the job, run the kernel on [part*chunk, (part+1)*chunk), note its status."""
    w = Writer(f"define internal void @{name}.part(ptr %job, i64 %number)")
    extent, chunk = w.load("i64", "%job", _EXTENT), w.load("i64", "%job", _CHUNK)
    part = w.let(f"add i64 %number, {w.load('i64', '%job')}")
    low = w.let(f"mul i64 {part}, {chunk}")
    high = w.let(f"call i64 @llvm.smin.i64(i64 {w.let(f'add i64 {low}, {chunk}')}, i64 {extent})")
    given = "".join(f"{kind} {w.load(kind, '%job', _ARGUMENTS + 8 * k)}, " for k, kind in enumerate(kinds))
    own = w.at(w.at("%job", _STATUSES), w.let(f"mul i64 {part}, 16"))
    status = w.let(f"call i64 @{name}({given}i64 {low}, i64 {high}, ptr {own})")
    if kernel.checks:
        w.store("i64", status, own)
    w.do("ret void")
    return w.text()


def _spread(sharing: Sharing, kernel: Kernel, name: str, kinds: list[str], wide: str, alone: bool) -> str:
    parameters = "".join(f"{kind} %a{k}, " for k, kind in enumerate(kinds))
    w = Writer(f"define internal i64 @{wide}({parameters}i64 %extent, i64 %work, ptr %f)")
    job = w.let(f"alloca [{_ARGUMENTS // 8 + len(kinds)} x i64], align 64")
    w.branch(w.let(f"icmp sge i64 %work, {WORTH}"), "large", "serial")
    w.label("large")
    given = "".join(f"{kind} %a{k}, " for k, kind in enumerate(kinds))
    for k, kind in enumerate(kinds):
        w.store(kind, f"%a{k}", job, _ARGUMENTS + 8 * k)
    loop = kernel.body[0]
    grain = VECTOR_GRAIN if isinstance(loop, Loop) and loop.kind == "vector" else 1
    table = w.load("ptr", "%f", TABLE)
    limit = w.load("i64", table, sharing.module.slot("threads"))
    call = f"call {sharing.module.external('theano_share_out', 'i64', *['ptr'] * 5, *['i64'] * 4, 'i1', 'i1')}"
    what = f"ptr %f, ptr {table}, ptr {sharing.expose()}, ptr @{name}.part, ptr {job}, i64 %extent, i64 %work"
    how = f"i64 {grain}, i64 {limit}, i1 {str(kernel.checks).lower()}, i1 {str(not alone).lower()}"
    w.do(f"ret i64 {w.let(f'{call}({what}, {how})')}")
    w.label("serial")
    w.do(f"ret i64 {w.let(f'call i64 @{name}({given}i64 0, i64 %extent, ptr %f)')}")
    return w.text()


def share_out() -> str:
    """``i64 @theano_share_out(frame, table, expose, part function, job, extent, work, grain, limit, whether it checks, whether the
    call is open)``, which stands beside the pool.

    Two parts for a thread, so that a late one does not hold up all, but none smaller than half of what is worth it; for one
    thread one.  What takes long is cut in as many as there may be, to be run in slices."""
    parameters = (
        "ptr %f, ptr %t, ptr %expose, ptr %function, ptr %job, i64 %extent, i64 %work, i64 %grain, i64 %limit, i1 %checks, i1 %open"
    )
    w = Writer(f"define i64 @theano_share_out({parameters})")
    threads = w.let(f"call i64 @llvm.smin.i64(i64 {w.let('call i64 @theano_threads()')}, i64 %limit)")
    long = w.let(f"and i1 %open, {w.let(f'icmp sge i64 %work, {LONG}')}")
    parts = _cut(w, threads, long)
    w.branch(long, "long", "short")
    w.label("long")
    slices = w.let(f"add i64 {w.let(f'udiv i64 %work, {SLICE}')}, 1")
    some = w.let(f"call i64 @llvm.umax.i64(i64 {w.let(f'udiv i64 {parts}, {slices}')}, i64 {threads})")
    job = f"ptr %f, ptr %t, ptr %expose, ptr %function, ptr %job, i64 {parts}, i64 {some}, i64 %limit"
    raised = w.let(f"call i64 @theano_in_slices({job})")
    w.branch(w.let(f"icmp eq i64 {raised}, 0"), "look", "interrupted")
    w.label("interrupted")
    w.do(f"ret i64 {raised}")
    w.label("short")
    w.do(f"call void @theano_run_parts(ptr %function, ptr %job, i64 {parts}, i64 %limit)")
    w.open("look")
    w.branch("%checks", "checked", "fine")
    w.label("checked")
    w.do(f"ret i64 {w.let(f'call i64 @first_failure(ptr %job, i64 {parts}, ptr %f)')}")
    w.label("fine")
    w.do("ret i64 0")
    return f"{w.text()}\n{_FIRST_FAILURE}\n"


def _cut(w: Writer, threads: str, long: str) -> str:
    """Fill in where the parts begin; how many there are."""
    twice = w.let(f"select i1 {w.let(f'icmp eq i64 {threads}, 1')}, i64 1, i64 {w.let(f'shl i64 {threads}, 1')}")
    most = w.let(f"call i64 @llvm.smin.i64(i64 {w.let(f'select i1 {long}, i64 {MOST_PARTS}, i64 {twice}')}, i64 {MOST_PARTS})")
    wanted = w.let(f"call i64 @llvm.smin.i64(i64 {most}, i64 {w.let(f'udiv i64 %work, {WORTH // 2}')})")
    more = w.let("sub i64 %grain, 1")
    chunk = w.let(f"and i64 {w.let(f'add i64 {_rounded_up(w, wanted)}, {more}')}, {w.let('sub i64 0, %grain')}")
    chunk = w.let(f"call i64 @llvm.smax.i64(i64 {chunk}, i64 1)")
    for offset, value in ((0, "0"), (_EXTENT, "%extent"), (_CHUNK, chunk)):
        w.store("i64", value, "%job", offset)
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
