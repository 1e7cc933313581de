"""Large arrays from memory that was used before.

A fresh array of more than 256 kB (:data:`theano.emit.llvm.objects.LARGE`) is unmapped memory: each of its pages costs a
fault on first touch, more than most loops cost.  The arrays that native functions make above this size come from here;
freed blocks are kept, up to a limit in all, for the next array of about that size.  NumPy knows by its own hook (a
memory handler, NEP 49) whom to give a block back to; arrays made by anyone else are not touched.

>>> set_limit(1 << 20)
>>> trim()
>>> kept()
0
"""

from __future__ import annotations

import ctypes
import os

from theano.emit.llvm.compile import Library, load
from theano.emit.llvm.target import target
from theano.errors import message
from theano.graph.locks import made_once
from theano.runtime.cache import object_code
from theano.runtime.numpy_api import c_function, numpy_function, python_function

BLOCKS = 64
"""Freed blocks that can be kept."""
_ROUND = 1 << 16


def address(name: str) -> int:
    """Of ``theano_new_large(type, descr, rank, extents)``."""
    return _allocator().address(name)


def trim() -> None:
    """Give all kept blocks back to the system."""
    ctypes.PYFUNCTYPE(None)(address("theano_trim"))()


def kept() -> int:
    """Bytes in kept blocks."""
    return int(ctypes.PYFUNCTYPE(ctypes.c_int64)(address("theano_kept"))())


def set_limit(size: int) -> None:
    """Keep at most ``size`` bytes; blocks kept already stay until :func:`trim`."""
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 1 << 63:
        raise ValueError(message(f"set_limit: {size!r} is no number of bytes", cure="give an int; 0 keeps nothing"))
    ctypes.PYFUNCTYPE(None, ctypes.c_int64)(address("theano_set_limit"))(size)


class _Handler(ctypes.Structure):
    """``PyDataMem_Handler``, version 1."""

    _fields_ = [("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("functions", ctypes.c_void_p * 5)]


@made_once
def _allocator() -> Library:
    names = ("PyMem_RawMalloc", "PyMem_RawFree", "Py_DecRef", "memset", "memcpy", "memmove", "PyArray_NewFromDescr")
    addresses = {name: c_function(name) for name in names} | {"PyDataMem_SetHandler": numpy_function("PyDataMem_SetHandler")}
    exports = [f"theano_{what}" for what in ("new_large", "trim", "kept", "set_limit", "set_handler")]
    library = load(object_code(_TEXT, target()), addresses, [*exports, *_FUNCTIONS])
    functions = (ctypes.c_void_p * 5)(None, *(library.address(name) for name in _FUNCTIONS))
    handler = _Handler(b"theano", 1, functions)
    make = python_function("PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    hold = python_function("Py_IncRef", None, ctypes.py_object)
    capsule = make(ctypes.addressof(handler), _NAME, None)
    # Arrays may outlive every module: what their memory is freed by must never go.
    for immortal in (library, handler, capsule, _NAME):
        hold(immortal)
    ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(library.address("theano_set_handler"))(id(capsule))
    ctypes.PYFUNCTYPE(None, ctypes.c_int64)(library.address("theano_set_limit"))(_default_limit())
    return library


_NAME = b"mem_handler"
_FUNCTIONS = ("large_malloc", "large_calloc", "large_realloc", "large_free")


def _default_limit() -> int:
    """An eighth of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8
    except (AttributeError, ValueError, OSError):
        return 1 << 30


_TEXT = f"""
@handler = internal global ptr null
@lock = internal global i32 0
@limit = internal global i64 0
@held = internal global i64 0
@next = internal global i64 0
@blocks = internal global [{BLOCKS} x ptr] zeroinitializer
declare ptr @PyMem_RawMalloc(i64)
declare void @PyMem_RawFree(ptr)
declare void @Py_DecRef(ptr)
declare ptr @PyDataMem_SetHandler(ptr)
declare ptr @PyArray_NewFromDescr(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)

; A block's data are aligned to 64 bytes; before them stand the address to free and the capacity.
define internal void @enter() {{
entry:
  br label %try
try:
  %taken = atomicrmw xchg ptr @lock, i32 1 acquire
  %free = icmp eq i32 %taken, 0
  br i1 %free, label %in, label %try
in:
  ret void
}}
define internal void @leave() {{
  store atomic i32 0, ptr @lock release, align 4
  ret void
}}
define internal i64 @capacity(ptr %data) {{
  %p = getelementptr i8, ptr %data, i64 -8
  %n = load i64, ptr %p
  ret i64 %n
}}
define internal void @discard(ptr %data) {{
entry:
  %none = icmp eq ptr %data, null
  br i1 %none, label %done, label %some
some:
  %p = getelementptr i8, ptr %data, i64 -16
  %raw = load ptr, ptr %p
  call void @PyMem_RawFree(ptr %raw)
  br label %done
done:
  ret void
}}

; The smallest kept block of at least %size and at most %most bytes, taken out; or null.
define internal ptr @take(i64 %size, i64 %most) {{
entry:
  call void @enter()
  br label %head
head:
  %k = phi i64 [ 0, %entry ], [ %k1, %tail ]
  %best = phi i64 [ -1, %entry ], [ %best1, %tail ]
  %least = phi i64 [ %most, %entry ], [ %least1, %tail ]
  %more = icmp ult i64 %k, {BLOCKS}
  br i1 %more, label %look, label %end
look:
  %p = getelementptr ptr, ptr @blocks, i64 %k
  %data = load ptr, ptr %p
  %none = icmp eq ptr %data, null
  br i1 %none, label %tail, label %fit
fit:
  %n = call i64 @capacity(ptr %data)
  %enough = icmp uge i64 %n, %size
  %better = icmp ule i64 %n, %least
  %good = and i1 %enough, %better
  %best2 = select i1 %good, i64 %k, i64 %best
  %least2 = select i1 %good, i64 %n, i64 %least
  br label %tail
tail:
  %best1 = phi i64 [ %best, %look ], [ %best2, %fit ]
  %least1 = phi i64 [ %least, %look ], [ %least2, %fit ]
  %k1 = add i64 %k, 1
  br label %head
end:
  %found = icmp sge i64 %best, 0
  br i1 %found, label %out, label %nothing
out:
  %place = getelementptr ptr, ptr @blocks, i64 %best
  %block = load ptr, ptr %place
  store ptr null, ptr %place
  %total = load i64, ptr @held
  %rest = sub i64 %total, %least
  store i64 %rest, ptr @held
  br label %nothing
nothing:
  %result = phi ptr [ null, %end ], [ %block, %out ]
  call void @leave()
  ret ptr %result
}}

define ptr @large_malloc(ptr %context, i64 %size) {{
entry:
  %up = add i64 %size, {_ROUND - 1}
  %rounded = and i64 %up, {-_ROUND}
  %quarter = lshr i64 %rounded, 2
  %most = add i64 %rounded, %quarter
  %kept = call ptr @take(i64 %size, i64 %most)
  %none = icmp eq ptr %kept, null
  br i1 %none, label %make, label %again
again:
  ret ptr %kept
make:
  %all = add i64 %rounded, 128
  %raw = call ptr @PyMem_RawMalloc(i64 %all)
  %failed = icmp eq ptr %raw, null
  br i1 %failed, label %full, label %made
full:
  ret ptr null
made:
  %address = ptrtoint ptr %raw to i64
  %past = add i64 %address, 127
  %aligned = and i64 %past, -64
  %data = inttoptr i64 %aligned to ptr
  %rawp = getelementptr i8, ptr %data, i64 -16
  store ptr %raw, ptr %rawp
  %sizep = getelementptr i8, ptr %data, i64 -8
  store i64 %rounded, ptr %sizep
  ret ptr %data
}}

define ptr @large_calloc(ptr %context, i64 %count, i64 %size) {{
entry:
  %all = mul i64 %count, %size
  %data = call ptr @large_malloc(ptr %context, i64 %all)
  %failed = icmp eq ptr %data, null
  br i1 %failed, label %done, label %clear
clear:
  call void @llvm.memset.p0.i64(ptr %data, i8 0, i64 %all, i1 false)
  br label %done
done:
  ret ptr %data
}}

define ptr @large_realloc(ptr %context, ptr %old, i64 %size) {{
entry:
  %new = call ptr @large_malloc(ptr %context, i64 %size)
  %failed = icmp eq ptr %new, null
  %none = icmp eq ptr %old, null
  %neither = or i1 %failed, %none
  br i1 %neither, label %done, label %copy
copy:
  %had = call i64 @capacity(ptr %old)
  %common = call i64 @llvm.umin.i64(i64 %had, i64 %size)
  call void @llvm.memcpy.p0.p0.i64(ptr %new, ptr %old, i64 %common, i1 false)
  call void @large_free(ptr %context, ptr %old, i64 0)
  br label %done
done:
  ret ptr %new
}}

; Keep the block, in the place of the one kept longest if all are taken.
define void @large_free(ptr %context, ptr %data, i64 %size) {{
entry:
  %none = icmp eq ptr %data, null
  br i1 %none, label %done, label %some
some:
  %n = call i64 @capacity(ptr %data)
  call void @enter()
  %k = load i64, ptr @next
  %k1 = add i64 %k, 1
  %wrapped = urem i64 %k1, {BLOCKS}
  %place = getelementptr ptr, ptr @blocks, i64 %k
  %old = load ptr, ptr %place
  %empty = icmp eq ptr %old, null
  br i1 %empty, label %count, label %weigh
weigh:
  %oldn = call i64 @capacity(ptr %old)
  br label %count
count:
  %gone = phi i64 [ 0, %some ], [ %oldn, %weigh ]
  %held = load i64, ptr @held
  %less = sub i64 %held, %gone
  %total = add i64 %less, %n
  %limit = load i64, ptr @limit
  %fits = icmp ule i64 %total, %limit
  br i1 %fits, label %keep, label %drop
keep:
  store i64 %wrapped, ptr @next
  store ptr %data, ptr %place
  store i64 %total, ptr @held
  br label %out
drop:
  br label %out
out:
  %victim = phi ptr [ %old, %keep ], [ %data, %drop ]
  call void @leave()
  call void @discard(ptr %victim)
  br label %done
done:
  ret void
}}

define void @theano_trim() {{
entry:
  br label %head
head:
  %k = phi i64 [ 0, %entry ], [ %k1, %body ]
  %more = icmp ult i64 %k, {BLOCKS}
  br i1 %more, label %body, label %done
body:
  %p = getelementptr ptr, ptr @blocks, i64 %k
  call void @enter()
  %data = load ptr, ptr %p
  store ptr null, ptr %p
  call void @leave()
  call void @discard(ptr %data)
  %k1 = add i64 %k, 1
  br label %head
done:
  store i64 0, ptr @held
  ret void
}}
define i64 @theano_kept() {{
  %n = load i64, ptr @held
  ret i64 %n
}}
define void @theano_set_limit(i64 %n) {{
  store i64 %n, ptr @limit
  ret void
}}
define void @theano_set_handler(ptr %capsule) {{
  store ptr %capsule, ptr @handler
  ret void
}}

; PyArray_NewFromDescr while our handler is the present context's.
define ptr @theano_new_large(ptr %type, ptr %descr, i32 %rank, ptr %extents) {{
entry:
  %capsule = load ptr, ptr @handler
  %before = call ptr @PyDataMem_SetHandler(ptr %capsule)
  %failed = icmp eq ptr %before, null
  br i1 %failed, label %none, label %make
none:
  call void @Py_DecRef(ptr %descr)
  ret ptr null
make:
  %new = call ptr @PyArray_NewFromDescr(ptr %type, ptr %descr, i32 %rank, ptr %extents, ptr null, ptr null, i32 0, ptr null)
  %ours = call ptr @PyDataMem_SetHandler(ptr %before)
  call void @Py_DecRef(ptr %ours)
  call void @Py_DecRef(ptr %before)
  ret ptr %new
}}
"""
