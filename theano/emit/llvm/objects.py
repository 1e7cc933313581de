"""NumPy arrays, references and scratch memory as seen by generated code: struct offsets and small helper functions.

Offsets count from the head of every Python object (two words in standard builds of CPython, four in free-threaded
ones).  Everything that creates or frees goes through the C-API; only plain fields are read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theano.emit.llvm.writer import Module

C_CONTIGUOUS, OWNDATA, ALIGNED, WRITEABLE = 0x1, 0x4, 0x100, 0x400
BEHAVED = C_CONTIGUOUS | ALIGNED
SMALL = 1 << 12
"""Bytes of an output up to which it is used again."""
LARGE = 1 << 18
"""Bytes from which on an array comes from the recycling allocator."""


@dataclass(frozen=True, slots=True)
class Abi:
    """Where CPython and NumPy (1.23 to 2.x, 64 bits) keep what the code reads.

    ``counted``: the reference count is the plain number in the first word, so that an array nobody else holds can be
    told; without it nothing is recycled."""

    head: int
    counted: bool

    @property
    def kind(self) -> int:
        """Of the pointer to an object's type: the last word of the head in every build."""
        return self.head - 8

    @property
    def data(self) -> int:
        return self.head

    @property
    def rank(self) -> int:
        return self.head + 8

    @property
    def extents(self) -> int:
        return self.head + 16

    @property
    def base(self) -> int:
        return self.head + 32

    @property
    def descr(self) -> int:
        return self.head + 40

    @property
    def flags(self) -> int:
        return self.head + 48

    @property
    def weak(self) -> int:
        return self.head + 56

    @property
    def length(self) -> int:
        """Of a list's number of items."""
        return self.head

    @property
    def items(self) -> int:
        """Of the pointer to a list's items, after its length."""
        return self.head + 8

    @property
    def number(self) -> int:
        """Of the value inside a Python float or a NumPy scalar."""
        return self.head


def item_size(dtype: str) -> int:
    """Bytes of an element, of a complex number too."""
    return int(np.dtype(dtype).itemsize)


def form(dtype: str, rank: int, extents: int) -> int:
    """Of an array to be made, whose extents lie at the offset ``extents`` of the frame: all in one number, as six arguments of a
    function are passed in registers."""
    return extents << 32 | item_size(dtype) << 8 | rank


def declare_counts(module: Module) -> None:
    module.external("Py_IncRef", "void", "ptr")
    module.external("Py_DecRef", "void", "ptr")


def new_array(module: Module) -> str:
    """``ptr theano_new_array(frame, table, descr, form, sharing)``: a fresh C-contiguous array, or null and an exception.

    A large one comes from :mod:`theano.runtime.allocator`; making it may run Python code, a collection of garbage."""
    return module.external("theano_new_array", "ptr", "ptr", "ptr", "ptr", "i64", "ptr")


def reused_array(module: Module) -> str:
    """``ptr theano_reused_array(frame, table, descr, form, sharing, slot)``: the array in ``slot``, if it fits and no one holds it.

    Empties the slot.  What does not fit is released, which may run Python code (a weak reference's), and a fresh array made."""
    return module.external("theano_reused_array", "ptr", "ptr", "ptr", "ptr", "i64", "ptr", "ptr")


def kept_array(module: Module) -> str:
    """``ptr theano_kept_array(frame, table, descr, form, sharing, slot)``: the same for an output.

    What is small stays in the slot, too, so that it is used again if by then its taker has dropped it."""
    return module.external("theano_kept_array", "ptr", "ptr", "ptr", "ptr", "i64", "ptr", "ptr")


def lease(module: Module) -> str:
    """``ptr theano_lease(cell, held, bytes)``: a block of scratch, aligned to 64 bytes, or null if there is no memory.

    ``cell`` keeps the function's idle block between calls: it is taken by one atomic exchange, so a second call (another
    thread's, or one made inside a Python step) finds it empty and gets a block of its own.  A block begins with its
    capacity; ``held`` receives it, for :func:`unlease`."""
    return module.external("theano_lease", "ptr", "ptr", "ptr", "i64")


def unlease(module: Module) -> str:
    """``void theano_unlease(cell, held)``: give the block in ``held`` back, if there is one."""
    return module.external("theano_unlease", "void", "ptr", "ptr")


def release_all(module: Module) -> str:
    """``void theano_release(first, count)``: drop ``count`` references in a row, null ones too."""
    return module.external("theano_release", "void", "ptr", "i64")


def helpers(abi: Abi) -> str:
    """The functions above and three of :mod:`theano.emit.llvm.entry`, which are the same for all programs and stand beside the pool's.
    ``@theano_ndarray`` is the type of arrays."""
    return f"""
@theano_ndarray = external global i8
declare ptr @theano_new_large(ptr, ptr, i32, ptr)
declare ptr @PyArray_NewFromDescr(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)
declare ptr @PyMem_RawMalloc(i64)
declare void @PyMem_RawFree(ptr)
; The bytes of an array of this form that has these extents.
define internal i64 @bytes_of(i64 %form, ptr %extents) {{
entry:
  %above = lshr i64 %form, 8
  %item = and i64 %above, 16777215
  %n = and i64 %form, 255
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %axis ]
  %size = phi i64 [ %item, %entry ], [ %size1, %axis ]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %axis, label %done
axis:
  %p = getelementptr i64, ptr %extents, i64 %i
  %extent = load i64, ptr %p
  %size1 = mul i64 %size, %extent
  %i1 = add i64 %i, 1
  br label %head
done:
  ret i64 %size
}}
define ptr @theano_new_array(ptr %f, ptr %t, ptr %descr, i64 %form, ptr %sharing) {{
  %n = and i64 %form, 255
  %rank = trunc i64 %n to i32
  %where = lshr i64 %form, 32
  %extents = getelementptr i8, ptr %f, i64 %where
  call void @Py_IncRef(ptr %descr)
  %size = call i64 @bytes_of(i64 %form, ptr %extents)
  %large = icmp sge i64 %size, {LARGE}
  br i1 %large, label %reuse, label %fresh
reuse:
  call void @theano_expose(ptr %f, ptr %t, ptr %sharing)
  %big = call ptr @theano_new_large(ptr @theano_ndarray, ptr %descr, i32 %rank, ptr %extents)
  ret ptr %big
fresh:
  %new = call ptr @PyArray_NewFromDescr(ptr @theano_ndarray, ptr %descr, i32 %rank, ptr %extents, ptr null, ptr null, i32 0, ptr null)
  ret ptr %new
}}
; The array, which exists and nobody else holds, if it is as it must be.
define internal i1 @fits(ptr %old, ptr %f, ptr %descr, i64 %form) {{
entry:
  %kindp = getelementptr i8, ptr %old, i64 {abi.kind}
  %kind = load ptr, ptr %kindp
  %array = icmp eq ptr %kind, @theano_ndarray
  br i1 %array, label %look, label %no
look:
  %rankp = getelementptr i8, ptr %old, i64 {abi.rank}
  %r = load i32, ptr %rankp
  %n = and i64 %form, 255
  %rank = trunc i64 %n to i32
  %c1 = icmp eq i32 %r, %rank
  %descrp = getelementptr i8, ptr %old, i64 {abi.descr}
  %d = load ptr, ptr %descrp
  %c2 = icmp eq ptr %d, %descr
  %flagsp = getelementptr i8, ptr %old, i64 {abi.flags}
  %bits = load i32, ptr %flagsp
  %fm = and i32 %bits, {BEHAVED | OWNDATA | WRITEABLE}
  %c3 = icmp eq i32 %fm, {BEHAVED | OWNDATA | WRITEABLE}
  %basep = getelementptr i8, ptr %old, i64 {abi.base}
  %b = load ptr, ptr %basep
  %c4 = icmp eq ptr %b, null
  %weakp = getelementptr i8, ptr %old, i64 {abi.weak}
  %w = load ptr, ptr %weakp
  %c5 = icmp eq ptr %w, null
  %c12 = and i1 %c1, %c2
  %c34 = and i1 %c3, %c4
  %c1234 = and i1 %c12, %c34
  %c = and i1 %c1234, %c5
  br i1 %c, label %shape, label %no
shape:
  %hasp = getelementptr i8, ptr %old, i64 {abi.extents}
  %has = load ptr, ptr %hasp
  %where = lshr i64 %form, 32
  %extents = getelementptr i8, ptr %f, i64 %where
  br label %axis
axis:
  %i = phi i64 [ 0, %shape ], [ %i1, %compare ]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %compare, label %yes
compare:
  %ap = getelementptr i64, ptr %has, i64 %i
  %a = load i64, ptr %ap
  %wp = getelementptr i64, ptr %extents, i64 %i
  %want = load i64, ptr %wp
  %i1 = add i64 %i, 1
  %eq = icmp eq i64 %a, %want
  br i1 %eq, label %axis, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}
define ptr @theano_reused_array(ptr %f, ptr %t, ptr %descr, i64 %form, ptr %sharing, ptr %slot) {{
entry:
  %old = load ptr, ptr %slot
  store ptr null, ptr %slot
  %none = icmp eq ptr %old, null
  br i1 %none, label %fresh, label %look
look:
  %count = load i32, ptr %old
  %alone = icmp eq i32 %count, 1
  br i1 %alone, label %ours, label %drop
ours:
  %good = call i1 @fits(ptr %old, ptr %f, ptr %descr, i64 %form)
  br i1 %good, label %again, label %unfit
again:
  ret ptr %old
unfit:
  call void @theano_expose(ptr %f, ptr %t, ptr %sharing)
  br label %drop
drop:
  call void @Py_DecRef(ptr %old)
  br label %fresh
fresh:
  %new = call ptr @theano_new_array(ptr %f, ptr %t, ptr %descr, i64 %form, ptr %sharing)
  ret ptr %new
}}
define ptr @theano_kept_array(ptr %f, ptr %t, ptr %descr, i64 %form, ptr %sharing, ptr %slot) {{
entry:
  %old = load ptr, ptr %slot
  %none = icmp eq ptr %old, null
  br i1 %none, label %fresh, label %look
look:
  %count = load i32, ptr %old
  %alone = icmp eq i32 %count, 1
  br i1 %alone, label %ours, label %fresh
ours:
  %good = call i1 @fits(ptr %old, ptr %f, ptr %descr, i64 %form)
  br i1 %good, label %again, label %fresh
again:
  call void @Py_IncRef(ptr %old)
  ret ptr %old
fresh:
  %new = call ptr @theano_reused_array(ptr %f, ptr %t, ptr %descr, i64 %form, ptr %sharing, ptr %slot)
  %failed = icmp eq ptr %new, null
  br i1 %failed, label %done, label %made
made:
  %hasp = getelementptr i8, ptr %new, i64 {abi.extents}
  %has = load ptr, ptr %hasp
  %size = call i64 @bytes_of(i64 %form, ptr %has)
  %small = icmp ule i64 %size, {SMALL}
  br i1 %small, label %keep, label %done
keep:
  %between = load ptr, ptr %slot
  store ptr %new, ptr %slot
  call void @Py_IncRef(ptr %new)
  call void @Py_DecRef(ptr %between)
  br label %done
done:
  ret ptr %new
}}
define ptr @theano_lease(ptr %cell, ptr %held, i64 %bytes) {{
entry:
  %idle = atomicrmw xchg ptr %cell, ptr null seq_cst
  %none = icmp eq ptr %idle, null
  br i1 %none, label %make, label %look
look:
  %capacity = load i64, ptr %idle
  %enough = icmp uge i64 %capacity, %bytes
  br i1 %enough, label %take, label %drop
drop:
  call void @PyMem_RawFree(ptr %idle)
  br label %make
make:
  %total = add i64 %bytes, 128
  %odd = icmp ugt i64 %bytes, 140737488355328
  %ask = select i1 %odd, i64 -1, i64 %total
  %new = call ptr @PyMem_RawMalloc(i64 %ask)
  %failed = icmp eq ptr %new, null
  br i1 %failed, label %full, label %made
full:
  ret ptr null
made:
  store i64 %bytes, ptr %new
  br label %take
take:
  %block = phi ptr [ %idle, %look ], [ %new, %made ]
  store ptr %block, ptr %held
  %address = ptrtoint ptr %block to i64
  %past = add i64 %address, 71
  %aligned = and i64 %past, -64
  %base = inttoptr i64 %aligned to ptr
  ret ptr %base
}}
define void @theano_unlease(ptr %cell, ptr %held) {{
entry:
  %block = load ptr, ptr %held
  %none = icmp eq ptr %block, null
  br i1 %none, label %done, label %give
give:
  store ptr null, ptr %held
  %other = atomicrmw xchg ptr %cell, ptr %block seq_cst
  %alone = icmp eq ptr %other, null
  br i1 %alone, label %done, label %drop
drop:
  call void @PyMem_RawFree(ptr %other)
  br label %done
done:
  ret void
}}
define void @theano_release(ptr %first, i64 %count) {{
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %body ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %p = getelementptr ptr, ptr %first, i64 %i
  %o = load ptr, ptr %p
  call void @Py_DecRef(ptr %o)
  store ptr null, ptr %p
  %i1 = add i64 %i, 1
  br label %head
done:
  ret void
}}
; The data of an array that has this dtype, rank and flags; null of anything else.
define ptr @theano_fitting(ptr %item, ptr %descr, i32 %rank, i32 %wanted) {{
entry:
  %kindp = getelementptr i8, ptr %item, i64 {abi.kind}
  %kind = load ptr, ptr %kindp
  %array = icmp eq ptr %kind, @theano_ndarray
  br i1 %array, label %look, label %no
look:
  %rankp = getelementptr i8, ptr %item, i64 {abi.rank}
  %r = load i32, ptr %rankp
  %c1 = icmp eq i32 %r, %rank
  %descrp = getelementptr i8, ptr %item, i64 {abi.descr}
  %d = load ptr, ptr %descrp
  %c2 = icmp eq ptr %d, %descr
  %flagsp = getelementptr i8, ptr %item, i64 {abi.flags}
  %flags = load i32, ptr %flagsp
  %masked = and i32 %flags, %wanted
  %c3 = icmp eq i32 %masked, %wanted
  %c12 = and i1 %c1, %c2
  %c = and i1 %c12, %c3
  %datap = getelementptr i8, ptr %item, i64 {abi.data}
  %data = load ptr, ptr %datap
  %found = select i1 %c, ptr %data, ptr null
  ret ptr %found
no:
  ret ptr null
}}
; Whether none of the first ranges of addresses, which are written, overlaps with another of all; each pair is looked at once.
define i1 @theano_apart(ptr %ranges, i64 %written, i64 %all) {{
entry:
  br label %rows
rows:
  %i = phi i64 [ 0, %entry ], [ %i1, %row ]
  %some = icmp ult i64 %i, %written
  br i1 %some, label %begin, label %yes
begin:
  %offset = mul i64 %i, 16
  %p = getelementptr i8, ptr %ranges, i64 %offset
  %start = load i64, ptr %p
  %endp = getelementptr i8, ptr %p, i64 8
  %end = load i64, ptr %endp
  %i1 = add i64 %i, 1
  br label %columns
columns:
  %j = phi i64 [ %i1, %begin ], [ %j1, %next ]
  %more = icmp ult i64 %j, %all
  br i1 %more, label %compare, label %row
compare:
  %other = mul i64 %j, 16
  %q = getelementptr i8, ptr %ranges, i64 %other
  %from = load i64, ptr %q
  %top = getelementptr i8, ptr %q, i64 8
  %to = load i64, ptr %top
  %a = icmp ult i64 %start, %to
  %b = icmp ult i64 %from, %end
  %both = and i1 %a, %b
  br i1 %both, label %no, label %next
next:
  %j1 = add i64 %j, 1
  br label %columns
row:
  br label %rows
yes:
  ret i1 true
no:
  ret i1 false
}}
; A value in its cell, unless it is there; what was there before, or null.
define ptr @theano_put_in(ptr %cell, ptr %mine) {{
entry:
  %itemsp = getelementptr i8, ptr %cell, i64 {abi.items}
  %items = load ptr, ptr %itemsp
  %old = load ptr, ptr %items
  %same = icmp eq ptr %old, %mine
  br i1 %same, label %stays, label %other
other:
  call void @Py_IncRef(ptr %mine)
  store ptr %mine, ptr %items
  ret ptr %old
stays:
  ret ptr null
}}
"""
