"""How a call takes the values of many shared variables: by a loop over a table of what is to be done with each.

The code is the same for all programs and stands beside the pool's.  Written out for each variable it would be most of the text of
a function of hundreds of them, and most of the time that compiling takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from theano.emit.llvm.objects import Abi
from theano.emit.llvm.writer import Module
from theano.graph.locks import OWNER, READERS, WANTED


@dataclass(frozen=True, slots=True)
class Row:
    """One shared variable: its ``position`` among them; in the table of addresses its ``cell``, its ``lock`` and the descriptor of its
    dtype (``descr``); the ``rank`` and ``flags`` that its array must have; where in the frame the array (``item``) and its ``data`` are
    noted, and the ``range`` of its addresses, if not 0, of elements of ``size`` bytes; whether it is ``updated``, and ``written`` over."""

    position: int
    cell: int
    lock: int
    descr: int
    rank: int
    flags: int
    item: int
    data: int
    range: int
    size: int
    updated: int
    written: int


def table(module: Module, rows: Sequence[Row]) -> str:
    """The address of ``rows``."""
    if module.once("taken"):
        width = len(fields(Row))
        written = (f"[{width} x i32] [{', '.join(f'i32 {n}' for n in astuple(row))}]" for row in rows)
        module.add(f"@taken = private constant [{len(rows)} x [{width} x i32]] [{', '.join(written)}]")
    return "@taken"


def taking(abi: Abi) -> str:
    """``i1 @theano_take_shared(frame, table, rows, count)``: note the arrays that the cells hold, and the ranges of addresses; false if one
    is not as it must be, or it is not this call's turn.  ``i1 @theano_take_given(frame, table, arrays, seen, rows, count)``: note the
    ``arrays``; false if a cell that is updated holds another value than was ``seen`` there, or it is not this call's turn."""

    def given(*names: str) -> str:
        known = [entry.name for entry in fields(Row)]
        lines = ""
        for n in names:
            lines += f"  %{n}.at = getelementptr i32, ptr %row, i64 {known.index(n)}\n  %{n}.32 = load i32, ptr %{n}.at\n"
            lines += f"  %{n} = zext i32 %{n}.32 to i64\n"
        return lines

    turn = f"""
  %row = getelementptr [{len(fields(Row))} x i32], ptr %rows, i64 %k
{given("position", "cell", "lock", "item", "data", "updated", "written")}  %cellp = getelementptr i8, ptr %t, i64 %cell
  %list = load ptr, ptr %cellp
  %itemsp = getelementptr i8, ptr %list, i64 {abi.items}
  %items = load ptr, ptr %itemsp
  %now = load ptr, ptr %items
  %lockp = getelementptr i8, ptr %t, i64 %lock
  %words = load ptr, ptr %lockp
  %ownerp = getelementptr i64, ptr %words, i64 {OWNER}
  %owner = load i64, ptr %ownerp
  %wantedp = getelementptr i64, ptr %words, i64 {WANTED}
  %wanted = load i64, ptr %wantedp
  %readersp = getelementptr i64, ptr %words, i64 {READERS}
  %readers = load i64, ptr %readersp
  %changes = icmp ne i64 %updated, 0
  %over = icmp ne i64 %written, 0
  %itemp = getelementptr i8, ptr %f, i64 %item
  %datap = getelementptr i8, ptr %f, i64 %data
"""
    each = """
entry:
  br label %head
head:
  %k = phi i64 [ 0, %entry ], [ %k1, %next ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %body, label %yes
body:"""
    end = """
next:
  %k1 = add i64 %k, 1
  br label %head
yes:
  ret i1 true
no:
  ret i1 false
}
"""
    return f"""
define i1 @theano_take_shared(ptr %f, ptr %t, ptr %rows, i64 %count) {{{each}{turn}
{given("descr", "rank", "flags", "range", "size")}  %due = or i64 %owner, %wanted
  %mine = select i1 %changes, i64 %due, i64 0
  %read = select i1 %over, i64 %readers, i64 0
  %busy = or i64 %mine, %read
  %free = icmp eq i64 %busy, 0
  br i1 %free, label %look, label %no
look:
  %descrp = getelementptr i8, ptr %t, i64 %descr
  %kind = load ptr, ptr %descrp
  %start = call ptr @theano_fitting(ptr %now, ptr %kind, i32 %rank.32, i32 %flags.32)
  %unfit = icmp eq ptr %start, null
  br i1 %unfit, label %no, label %take
take:
  store ptr %now, ptr %itemp
  store ptr %start, ptr %datap
  %unranged = icmp eq i64 %range, 0
  br i1 %unranged, label %next, label %measure
measure:
  %extentsp = getelementptr i8, ptr %now, i64 {abi.extents}
  %extents = load ptr, ptr %extentsp
  br label %axes
axes:
  %axis = phi i64 [ 0, %measure ], [ %axis1, %one ]
  %bytes = phi i64 [ %size, %measure ], [ %product, %one ]
  %another = icmp ult i64 %axis, %rank
  br i1 %another, label %one, label %note
one:
  %extentp = getelementptr i64, ptr %extents, i64 %axis
  %extent = load i64, ptr %extentp
  %product = mul i64 %bytes, %extent
  %axis1 = add i64 %axis, 1
  br label %axes
note:
  %first = ptrtoint ptr %start to i64
  %last = add i64 %first, %bytes
  %rangep = getelementptr i8, ptr %f, i64 %range
  store i64 %first, ptr %rangep
  %lastp = getelementptr i8, ptr %rangep, i64 8
  store i64 %last, ptr %lastp
  br label %next{end}
define i1 @theano_take_given(ptr %f, ptr %t, ptr %arrays, ptr %seen, ptr %rows, i64 %count) {{{each}{turn}
  %arrayp = getelementptr ptr, ptr %arrays, i64 %position
  %array = load ptr, ptr %arrayp
  %beforep = getelementptr ptr, ptr %seen, i64 %position
  %before = load ptr, ptr %beforep
  %unowned = icmp eq i64 %owner, 0
  %same = icmp eq ptr %now, %before
  %unread = icmp eq i64 %readers, 0
  %private = icmp ne ptr %before, %array
  %kept = xor i1 %over, true
  %fine1 = or i1 %unread, %private
  %fine2 = or i1 %fine1, %kept
  %mine1 = and i1 %unowned, %same
  %mine2 = and i1 %mine1, %fine2
  %steady = xor i1 %changes, true
  %good = or i1 %mine2, %steady
  br i1 %good, label %take, label %no
take:
  store ptr %array, ptr %itemp
  %startp = getelementptr i8, ptr %array, i64 {abi.data}
  %start = load ptr, ptr %startp
  store ptr %start, ptr %datap
  br label %next{end}
"""
