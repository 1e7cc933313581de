"""When other threads run during a call, and what the call does before: see :mod:`theano.graph.locks`.

A call holds the interpreter's lock, so nobody sees it half done, until it comes to a Python step, to a kernel that takes milliseconds
or to a loop.  There it is *exposed*: it holds the arrays of its shared variables, counts as their reader and owns
those it will update.  When a step has written over a shared variable's present value nothing lets others in any more.

Ctrl-C is looked for where the lock is given away, so no later than some 50 milliseconds after it was pressed.
"""

from __future__ import annotations

from theano.emit.llvm.objects import Abi
from theano.emit.llvm.status import RAISED
from theano.emit.llvm.writer import Module, Writer
from theano.graph.locks import OWNER, READERS

EXPOSED, BREATH, STEPS, HEAD = 16, 24, 32, 40
"""Offsets in a frame: of whether the call is exposed; of when it last let others in; of the number of steps that the innermost loop at work
has begun, and 2**32 times that of the loop around it.

What comes before are the two words of a failure's payload; ``HEAD`` bytes in all."""
LONG = 8_000_000
"""Scalar instructions, about a millisecond of them in vectors, for which the interpreter's lock is given away."""
SLICE = 50 * LONG
"""After so many it is asked for again, to look for signals."""
BREATH_PERIOD = 5_000_000
"""Nanoseconds after which a loop lets other threads in: what CPython does with its own."""


class Sharing:
    """The shared variables of a program in its module's table: ``shared`` ones, of which the code ``updates`` some."""

    def __init__(self, module: Module, abi: Abi, shared: int, updated: list[int], held: int) -> None:
        """``held``: where in the frame the references lie that an exposed call has."""
        self.module, self.abi, self.count, self.updated, self.held = module, abi, shared, updated, held
        self.lists = [module.slot("shared", k) for k in range(shared)]
        self.locks = [module.slot("lock", k) for k in range(shared)]
        self.owned = [module.slot("updated lock", k) for k in updated]

    def numbers(self) -> str:
        """The address of what the functions beside the pool must know of this program to expose a call of it; null if nothing is shared."""
        if not self.count:
            return "null"
        if self.module.once("sharing"):
            first = [min(slots, default=0) for slots in (self.lists, self.locks, self.owned)]
            words = ", ".join(f"i64 {n}" for n in (self.held, *first, self.count, len(self.updated)))
            self.module.add(f"@sharing = private constant [6 x i64] [{words}]")
        return "@sharing"

    def expose(self, w: Writer) -> None:
        if self.count:
            w.do(f"call {self.module.external('theano_expose', 'void', 'ptr', 'ptr', 'ptr')}(ptr %f, ptr %t, ptr {self.numbers()})")

    def begin(self, w: Writer) -> None:
        """Once all steps are written: the frame's own words."""
        breathes = "theano_breathe" in self.module.declarations
        if self.count or breathes:
            w.store("i64", 0, "%f", EXPOSED)
        if breathes:
            w.store("i64", 0, "%f", BREATH)

    def conceal(self, w: Writer) -> None:
        """At the end of a call, exposed or not."""
        if "sharing" not in self.module.defined:
            return
        exposed, done = w.fresh("exposed"), w.fresh("ending")
        w.branch(w.let(f"icmp eq i64 {w.load('i64', '%f', EXPOSED)}, 0"), done, exposed)
        w.label(exposed)
        w.do(f"call {self.module.external('theano_conceal', 'void', 'ptr', 'ptr', 'ptr')}(ptr %f, ptr %t, ptr @sharing)")
        w.open(done)


def exposing(abi: Abi) -> str:
    """``void @theano_expose(frame, table, sharing)`` and ``@theano_conceal``, the same for all programs; ``sharing``: the program's
    :meth:`Sharing.numbers`."""
    items = abi.items

    def given(*names: str) -> str:
        known = ("holds", "lists0", "locks0", "owned0", "count", "updates")
        places = (f"  %{n}.at = getelementptr i64, ptr %sharing, i64 {known.index(n)}\n  %{n} = load i64, ptr %{n}.at\n" for n in names)
        return "".join(places)

    return f"""
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare i64 @PyThread_get_thread_ident()
; The locks of what is updated get this owner, a thread or nobody.
define internal void @own(ptr %owned, i64 %updates, i64 %who) {{
entry:
  br label %head
head:
  %k = phi i64 [ 0, %entry ], [ %k1, %body ]
  %more = icmp ult i64 %k, %updates
  br i1 %more, label %body, label %done
body:
  %lockp = getelementptr ptr, ptr %owned, i64 %k
  %lock = load ptr, ptr %lockp
  %ownerp = getelementptr i64, ptr %lock, i64 {OWNER}
  store i64 %who, ptr %ownerp
  %k1 = add i64 %k, 1
  br label %head
done:
  ret void
}}
define void @theano_expose(ptr %f, ptr %t, ptr %sharing) {{
entry:
  %none = icmp eq ptr %sharing, null
  br i1 %none, label %done, label %some
some:
  %flagp = getelementptr i8, ptr %f, i64 {EXPOSED}
  %flag = load i64, ptr %flagp
  %before = icmp ne i64 %flag, 0
  br i1 %before, label %done, label %begin
begin:
  store i64 1, ptr %flagp
{given("holds", "lists0", "locks0", "owned0", "count", "updates")}  %held = getelementptr i8, ptr %f, i64 %holds
  %lists = getelementptr i8, ptr %t, i64 %lists0
  %locks = getelementptr i8, ptr %t, i64 %locks0
  %owned = getelementptr i8, ptr %t, i64 %owned0
  br label %head
head:
  %k = phi i64 [ 0, %begin ], [ %k1, %body ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %body, label %own
body:
  %listp = getelementptr ptr, ptr %lists, i64 %k
  %list = load ptr, ptr %listp
  %itemsp = getelementptr i8, ptr %list, i64 {items}
  %items = load ptr, ptr %itemsp
  %array = load ptr, ptr %items
  call void @Py_IncRef(ptr %array)
  %place = getelementptr ptr, ptr %held, i64 %k
  store ptr %array, ptr %place
  %lockp = getelementptr ptr, ptr %locks, i64 %k
  %lock = load ptr, ptr %lockp
  %readersp = getelementptr i64, ptr %lock, i64 {READERS}
  %readers = load i64, ptr %readersp
  %readers1 = add i64 %readers, 1
  store i64 %readers1, ptr %readersp
  %k1 = add i64 %k, 1
  br label %head
own:
  %me = call i64 @PyThread_get_thread_ident()
  call void @own(ptr %owned, i64 %updates, i64 %me)
  br label %done
done:
  ret void
}}
define void @theano_conceal(ptr %f, ptr %t, ptr %sharing) {{
entry:
  %flagp = getelementptr i8, ptr %f, i64 {EXPOSED}
  %flag = load i64, ptr %flagp
  %never = icmp eq i64 %flag, 0
  br i1 %never, label %done, label %begin
begin:
  store i64 0, ptr %flagp
{given("holds", "locks0", "owned0", "count", "updates")}  %held = getelementptr i8, ptr %f, i64 %holds
  %locks = getelementptr i8, ptr %t, i64 %locks0
  %owned = getelementptr i8, ptr %t, i64 %owned0
  call void @own(ptr %owned, i64 %updates, i64 0)
  br label %head
head:
  %k = phi i64 [ 0, %begin ], [ %k1, %body ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %body, label %head2
body:
  %lockp = getelementptr ptr, ptr %locks, i64 %k
  %lock = load ptr, ptr %lockp
  %readersp = getelementptr i64, ptr %lock, i64 {READERS}
  %readers = load i64, ptr %readersp
  %readers1 = call i64 @llvm.usub.sat.i64(i64 %readers, i64 1)
  store i64 %readers1, ptr %readersp
  %k1 = add i64 %k, 1
  br label %head
head2:
  %i = phi i64 [ 0, %head ], [ %i1, %body2 ]
  %more2 = icmp ult i64 %i, %count
  br i1 %more2, label %body2, label %done
body2:
  %place = getelementptr ptr, ptr %held, i64 %i
  %array = load ptr, ptr %place
  call void @Py_DecRef(ptr %array)
  %i1 = add i64 %i, 1
  br label %head2
done:
  ret void
}}
"""


INTERPRETER = (
    "PyEval_SaveThread", "PyEval_RestoreThread", "PyErr_CheckSignals", "Py_IncRef", "Py_DecRef", "PyThread_get_thread_ident",
)  # fmt: skip
"""What the functions below call; they are the same for all programs and stand beside the pool's."""

BREATHE = f"""
; Once in a while let others in; whether a signal's handler raised.
define i32 @theano_breathe(ptr %f, ptr %t, ptr %sharing) {{
entry:
  call void @theano_expose(ptr %f, ptr %t, ptr %sharing)
  %lastp = getelementptr i8, ptr %f, i64 {BREATH}
  %last = load i64, ptr %lastp
  %now = call i64 @theano_clock()
  %never = icmp eq i64 %last, 0
  br i1 %never, label %start, label %compare
start:
  store i64 %now, ptr %lastp
  br label %look
compare:
  %passed = sub i64 %now, %last
  %due = icmp uge i64 %passed, {BREATH_PERIOD}
  br i1 %due, label %give, label %look
give:
  %state = call ptr @PyEval_SaveThread()
  call void @PyEval_RestoreThread(ptr %state)
  %then = call i64 @theano_clock()
  store i64 %then, ptr %lastp
  br label %look
look:
  %raised = call i32 @PyErr_CheckSignals()
  ret i32 %raised
}}"""

IN_SLICES = f"""
; Parts on the pool, without the interpreter's lock.  The job's first word says where a slice begins.
; The status is 0, or that a signal's handler raised.
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare i32 @PyErr_CheckSignals()
define i64 @theano_in_slices(ptr %f, ptr %t, ptr %sharing, ptr %function, ptr %job, i64 %parts, i64 %slice, i64 %limit) {{
entry:
  call void @theano_expose(ptr %f, ptr %t, ptr %sharing)
  br label %head
head:
  %first = phi i64 [ 0, %entry ], [ %end, %look ]
  %more = icmp ult i64 %first, %parts
  br i1 %more, label %run, label %done
run:
  store i64 %first, ptr %job
  %left = sub i64 %parts, %first
  %count = call i64 @llvm.umin.i64(i64 %left, i64 %slice)
  %end = add i64 %first, %count
  %state = call ptr @PyEval_SaveThread()
  call void @theano_run_parts(ptr %function, ptr %job, i64 %count, i64 %limit)
  call void @PyEval_RestoreThread(ptr %state)
  br label %look
look:
  %raised = call i32 @PyErr_CheckSignals()
  %quiet = icmp eq i32 %raised, 0
  br i1 %quiet, label %head, label %stop
stop:
  ret i64 {RAISED}
done:
  ret i64 0
}}"""
