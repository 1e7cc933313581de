"""The preludes under which one kernel text is CUDA C and OpenCL C.

A kernel's text (:mod:`theano.emit.c_family`) uses the names that stand here and no word of either language: types ``f32``,
``i64``; ``KERNEL``, ``GLOBAL``, ``BARRIER``, ``LID``; and one function for each instruction and type, ``add_f32``, ``shl_i64``,
``exp_f64``.  What is the same in both languages is written once, in :data:`COMMON`, and guards all that C leaves undefined:
the instructions are total.

>>> "#define GLOBAL __global" in OPENCL.prelude, "__global__ void" in CUDA.prelude
(True, True)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theano.scalar.instructions import COMPUTED_FLOATS, INTEGERS, ITEMSIZE, SIGNED

TYPES = {name: name[0] + str(8 * size) for name, size in ITEMSIZE.items()}
"""Names of the dtypes in kernel text: ``b8`` for bool, ``i8`` ... ``u64``, ``f16`` (storage only), ``f32``, ``f64``."""

UNARY = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "tanh", "erf", "erfc")
BINARY = ("pow",)
NATIVE = frozenset(UNARY + BINARY)
"""Functions that both languages have and that kernels call by name; any other intrinsic is expanded in instructions."""
_ROUNDING = ("sqrt", "floor", "ceil", "trunc", "rint")

ATOMIC = frozenset({"int32", "uint32", "int64", "uint64", "float32", "float64"})
"""Dtypes that ``atomic_add`` exists for."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A language: put ``prelude`` before the text of any number of kernels."""

    name: str
    prelude: str

    def source(self, text: str) -> str:
        return self.prelude + text


_CUDA = """\
typedef signed char i8; typedef short i16; typedef int i32; typedef long long i64;
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
typedef u8 b8; typedef u16 f16; typedef float f32; typedef double f64;
#define KERNEL(width) extern "C" __global__ void __launch_bounds__(width)
#define DEV __device__ __forceinline__
#define GLOBAL
#define SHARED __shared__
#define BARRIER __syncthreads()
#define LID ((i32)threadIdx.x)
#define LSZ ((i32)blockDim.x)
#define GRP ((i64)blockIdx.x)
#define NGRP ((i64)gridDim.x)
#define ABS(a) (a < 0 ? -(u64)a : a)
#define I64(digits) digits##LL
#define U64(digits) digits##ULL
#define INF_f32 __int_as_float(0x7f800000)
#define NAN_f32 __int_as_float(0x7fc00000)
#define INF_f64 __longlong_as_double(0x7ff0000000000000LL)
#define NAN_f64 __longlong_as_double(0x7ff8000000000000LL)
#define FUNCTION1(n) DEV f32 n##_f32(f32 x) { return n##f(x); } DEV f64 n##_f64(f64 x) { return n(x); }
#define FUNCTION2(n) DEV f32 n##_f32(f32 x, f32 y) { return n##f(x, y); } DEV f64 n##_f64(f64 x, f64 y) { return n(x, y); }
#define FUNCTION3(n) \\
  DEV f32 n##_f32(f32 x, f32 y, f32 z) { return n##f(x, y, z); } DEV f64 n##_f64(f64 x, f64 y, f64 z) { return n(x, y, z); }
DEV i32 bits_f32(f32 x) { return __float_as_int(x); }
DEV i64 bits_f64(f64 x) { return __double_as_longlong(x); }
DEV f32 f32_bits(i32 x) { return __int_as_float(x); }
DEV f64 f64_bits(i64 x) { return __longlong_as_double(x); }
DEV f32 f32_f16(f16 h) { f32 r; asm("cvt.f32.f16 %0, %1;" : "=f"(r) : "h"(h)); return r; }
DEV f16 f16_f32(f32 x) { f16 r; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(r) : "f"(x)); return r; }
DEV f16 f16_f64(f64 x) { f16 r; asm("cvt.rn.f16.f64 %0, %1;" : "=h"(r) : "d"(x)); return r; }
#define ATOMIC_ADD(T, S) DEV void atomic_add_##T(GLOBAL T* p, T v) { atomicAdd((S*)p, (S)v); }
ATOMIC_ADD(i32, i32) ATOMIC_ADD(u32, u32) ATOMIC_ADD(i64, u64) ATOMIC_ADD(u64, u64) ATOMIC_ADD(f32, f32) ATOMIC_ADD(f64, f64)
DEV void atomic_min_i64(GLOBAL i64* p, i64 v) { atomicMin(p, v); }
"""

_OPENCL = """\
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable
#pragma OPENCL EXTENSION cl_khr_int64_extended_atomics : enable
#pragma OPENCL FP_CONTRACT OFF
typedef char i8; typedef short i16; typedef int i32; typedef long i64;
typedef uchar u8; typedef ushort u16; typedef uint u32; typedef ulong u64;
typedef u8 b8; typedef u16 f16; typedef float f32; typedef double f64;
#define KERNEL(width) __kernel __attribute__((reqd_work_group_size(width, 1, 1))) void
#define DEV static inline
#define GLOBAL __global
#define SHARED __local
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define LID ((i32)get_local_id(0))
#define LSZ ((i32)get_local_size(0))
#define GRP ((i64)get_group_id(0))
#define NGRP ((i64)get_num_groups(0))
#define ABS abs
#define I64(digits) digits##L
#define U64(digits) digits##UL
#define INF_f32 as_float(0x7f800000)
#define NAN_f32 as_float(0x7fc00000)
#define INF_f64 as_double(0x7ff0000000000000L)
#define NAN_f64 as_double(0x7ff8000000000000L)
#define FUNCTION1(n) DEV f32 n##_f32(f32 x) { return n(x); } DEV f64 n##_f64(f64 x) { return n(x); }
#define FUNCTION2(n) DEV f32 n##_f32(f32 x, f32 y) { return n(x, y); } DEV f64 n##_f64(f64 x, f64 y) { return n(x, y); }
#define FUNCTION3(n) \\
  DEV f32 n##_f32(f32 x, f32 y, f32 z) { return n(x, y, z); } DEV f64 n##_f64(f64 x, f64 y, f64 z) { return n(x, y, z); }
DEV i32 bits_f32(f32 x) { return as_int(x); }
DEV i64 bits_f64(f64 x) { return as_long(x); }
DEV f32 f32_bits(i32 x) { return as_float(x); }
DEV f64 f64_bits(i64 x) { return as_double(x); }
DEV f32 f32_f16(f16 h) { return vload_half(0, (const half*)&h); }
DEV f16 f16_f32(f32 x) { f16 h; vstore_half_rte(x, 0, (half*)&h); return h; }
DEV f16 f16_f64(f64 x) { f16 h; vstore_half_rte(x, 0, (half*)&h); return h; }
#define ATOMIC_ADD(T, add) DEV void atomic_add_##T(GLOBAL T* p, T v) { add((volatile GLOBAL T*)p, v); }
ATOMIC_ADD(i32, atomic_add) ATOMIC_ADD(u32, atomic_add) ATOMIC_ADD(i64, atom_add) ATOMIC_ADD(u64, atom_add)
#define ATOMIC_ADD_FLOAT(T, I, exchange) /* the language has none: exchange until nobody came between */ \\
  DEV void atomic_add_##T(GLOBAL T* p, T v) { \\
    volatile GLOBAL I* q = (volatile GLOBAL I*)p; \\
    I seen = exchange(q, (I)0, (I)0), old; \\
    do { old = seen; seen = exchange(q, old, bits_##T(T##_bits(old) + v)); } while (seen != old); \\
  }
ATOMIC_ADD_FLOAT(f32, i32, atomic_cmpxchg) ATOMIC_ADD_FLOAT(f64, i64, atom_cmpxchg)
DEV void atomic_min_i64(GLOBAL i64* p, i64 v) { atom_min((volatile GLOBAL i64*)p, v); }
"""

_ANY = """\
#define ANY(T) \\
  DEV b8 lt_##T(T a, T b) { return a < b; } \\
  DEV b8 le_##T(T a, T b) { return a <= b; } \\
  DEV b8 eq_##T(T a, T b) { return a == b; } \\
  DEV b8 ne_##T(T a, T b) { return a != b; } \\
  DEV T select_##T(b8 c, T a, T b) { return c ? a : b; } \\
  DEV T min_##T(T a, T b) { return a != a || a < b ? a : b; } \\
  DEV T max_##T(T a, T b) { return a != a || b < a ? a : b; } \\
  DEV b8 argmax_##T(T a, i64 i, T b, i64 j) { return a != a ? b != b && j < i : b != b || a < b || (a == b && j < i); } \\
  DEV b8 argmin_##T(T a, i64 i, T b, i64 j) { return a != a ? b != b && j < i : b != b || b < a || (a == b && j < i); }
DEV f16 select_f16(b8 c, f16 a, f16 b) { return c ? a : b; }
DEV f16 add_f16(f16 a, f16 b) { return f16_f32(f32_f16(a) + f32_f16(b)); }
DEV b8 add_b8(b8 a, b8 b) { return a | b; }
DEV b8 and_b8(b8 a, b8 b) { return a & b; }
DEV b8 or_b8(b8 a, b8 b) { return a | b; }
DEV b8 xor_b8(b8 a, b8 b) { return a ^ b; }
DEV b8 not_b8(b8 a) { return !a; }
"""

_INTEGER = """\
#define INTEGER(T, U, W) /* U: unsigned of that width; W: unsigned in which arithmetic wraps */ \\
  DEV T add_##T(T a, T b) { return (T)((W)a + (W)b); } \\
  DEV T sub_##T(T a, T b) { return (T)((W)a - (W)b); } \\
  DEV T mul_##T(T a, T b) { return (T)((W)a * (W)b); } \\
  DEV T neg_##T(T a) { return (T)((W)0 - (W)a); } \\
  DEV T and_##T(T a, T b) { return a & b; } \\
  DEV T or_##T(T a, T b) { return a | b; } \\
  DEV T xor_##T(T a, T b) { return a ^ b; } \\
  DEV T not_##T(T a) { return (T)~(W)a; } \\
  DEV T shl_##T(T a, T b) { return (U)b < 8 * sizeof(T) ? (T)((W)a << (U)b) : (T)0; }
#define SIGNED(T, U, W) INTEGER(T, U, W) \\
  DEV T abs_##T(T a) { return (T)ABS(a); } \\
  DEV T shr_##T(T a, T b) { return (T)(a >> ((U)b < 8 * sizeof(T) ? (U)b : 8 * sizeof(T) - 1)); } \\
  DEV T floordiv_##T(T a, T b) { \\
    if (b == 0) return 0; \\
    if (b == -1) return neg_##T(a); \\
    return (T)(a / b - (a % b != 0 && (a ^ b) < 0)); \\
  } \\
  DEV T mod_##T(T a, T b) { \\
    if (b == 0 || b == -1) return 0; \\
    return (T)(a % b + (a % b != 0 && (a ^ b) < 0 ? b : 0)); \\
  }
#define UNSIGNED(T, U, W) INTEGER(T, U, W) \\
  DEV T abs_##T(T a) { return a; } \\
  DEV T shr_##T(T a, T b) { return b < 8 * sizeof(T) ? (T)(a >> b) : (T)0; } \\
  DEV T floordiv_##T(T a, T b) { return b == 0 ? (T)0 : (T)(a / b); } \\
  DEV T mod_##T(T a, T b) { return b == 0 ? (T)0 : (T)(a % b); }
"""

_FLOAT = """\
#define FLOAT(T) \\
  DEV T add_##T(T a, T b) { return a + b; } \\
  DEV T sub_##T(T a, T b) { return a - b; } \\
  DEV T mul_##T(T a, T b) { return a * b; } \\
  DEV T div_##T(T a, T b) { return a / b; } \\
  DEV T neg_##T(T a) { return -a; } \\
  DEV T abs_##T(T a) { return fabs_##T(a); }
#define SATURATE(T, F, LEAST, GREATEST, BELOW, ABOVE) /* truncates; NaN gives 0 */ \\
  DEV T T##_##F(F x) { return x != x ? (T)0 : x <= (F)BELOW ? LEAST : x >= (F)ABOVE ? GREATEST : (T)x; }
"""

_REDUCE = """\
#define REDUCE(combine, shared, a) do { \\
  shared[LID] = a; BARRIER; \\
  for (i32 half_ = LSZ / 2; half_; half_ /= 2) { if (LID < half_) shared[LID] = combine(shared[LID], shared[LID + half_]); BARRIER; } \\
  a = shared[0]; BARRIER; } while (0)
#define CHOOSE(better, a, i, b, j) do { if (better(a, i, b, j)) { a = b; i = j; } } while (0)
#define REDUCE_CHOOSE(better, values, places, a, i) do { \\
  values[LID] = a; places[LID] = i; BARRIER; \\
  for (i32 half_ = LSZ / 2; half_; half_ /= 2) { \\
    if (LID < half_) CHOOSE(better, values[LID], places[LID], values[LID + half_], places[LID + half_]); BARRIER; } \\
  a = values[0]; i = places[0]; BARRIER; } while (0)
/* A failed check: many iterations may fail at once, so the first run finds the lowest and a second one of that only says why. */
DEV void fail(GLOBAL i64* status, i64 only, i64 iteration, i64 code, i64 payload) {
  if (only < 0) atomic_min_i64(status, iteration); else { status[1] = code; status[2] = payload; }
}
"""


def _saturating(integer: str, float_: str) -> str:
    """The cast of a float type to an integer type, with the numbers where it saturates."""
    bits = 8 * ITEMSIZE[integer]
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if integer in SIGNED else (0, 2**bits - 1)
    ends = (literal(low, integer), literal(high, integer), f"({float(low)!r})", repr(float(high + 1)))
    return f"SATURATE({TYPES[integer]}, {TYPES[float_]}, {', '.join(ends)})"


def literal(number: float, dtype: str) -> str:
    """``number`` as text that has exactly this value and dtype in both languages."""
    kind = TYPES[dtype]
    if dtype in COMPUTED_FLOATS:
        if number != number or number in (float("inf"), float("-inf")):
            return f"NAN_{kind}" if number != number else f"INF_{kind}" if number > 0 else f"(-INF_{kind})"
        text = float(number).hex()
        return f"({kind}){text}" if number >= 0 and text[0] != "-" else f"({kind})({text})"
    if dtype == "float16":
        return f"(f16){int(np.float16(number).view(np.uint16))}"
    number = int(number) if dtype in SIGNED else int(number) % 2 ** (8 * ITEMSIZE[dtype])
    if ITEMSIZE[dtype] < 8:
        return f"({kind}){number}" if number >= 0 else f"({kind})({number})" if number > -(2**31) else f"({kind})({number + 1} - 1)"
    if dtype == "uint64":
        return f"U64({number})"
    return f"I64({number})" if number >= 0 else f"(-I64({-number}))" if number > -(2**63) else f"(-I64({-number - 1}) - 1)"


def _common() -> str:
    """What both languages share, from the lists of types and functions."""
    lines = [f"FUNCTION1({name})" for name in ("fabs", *_ROUNDING, *UNARY)]
    lines += [f"FUNCTION2({name})" for name in ("copysign", *BINARY)] + ["FUNCTION3(fma)", _ANY, _INTEGER, _FLOAT]
    lines += [f"ANY({TYPES[dtype]})" for dtype in ("bool", *INTEGERS, *COMPUTED_FLOATS)]
    for dtype in INTEGERS:
        kind, bits = TYPES[dtype], 8 * ITEMSIZE[dtype]
        lines.append(f"{'SIGNED' if dtype in SIGNED else 'UNSIGNED'}({kind}, u{bits}, u{max(bits, 32)})")
    lines += [f"FLOAT({TYPES[dtype]})" for dtype in COMPUTED_FLOATS]
    lines += [_saturating(integer, float_) for float_ in COMPUTED_FLOATS for integer in INTEGERS]
    return "\n".join((*lines, _REDUCE))


COMMON = _common()
CUDA = Dialect("cuda", _CUDA + COMMON)
OPENCL = Dialect("opencl", _OPENCL + COMMON)
