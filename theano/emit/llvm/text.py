"""The spelling of types and numbers in LLVM's assembly language.

A dtype has two spellings: in registers (``bool`` is ``i1``) and in memory (``i8``).  float16 is 16 bits of storage in both: no
arithmetic is done on it.

>>> register("float32", 16), storage("bool", 1), suffix("int64", 8)
('<16 x float>', 'i8', 'v8i64')
>>> constant(0.1, "float32", 4)
'splat (float 0x3FB99999A0000000)'
"""

from __future__ import annotations

import math
import struct
from typing import Any

from theano.scalar.instructions import INTEGERS

_STORAGE = {"bool": "i8", "float16": "i16", "float32": "float", "float64": "double"} | {
    name: f"i{name.lstrip('uint')}" for name in INTEGERS
}
_REGISTER = _STORAGE | {"bool": "i1"}
_SUFFIX = _REGISTER | {"float32": "f32", "float64": "f64"}


def register(dtype: str, lanes: int = 1) -> str:
    return _REGISTER[dtype] if lanes == 1 else f"<{lanes} x {_REGISTER[dtype]}>"


def storage(dtype: str, lanes: int = 1) -> str:
    return _STORAGE[dtype] if lanes == 1 else f"<{lanes} x {_STORAGE[dtype]}>"


def suffix(dtype: str, lanes: int = 1) -> str:
    """How the type shows in the name of an overloaded intrinsic."""
    return _SUFFIX[dtype] if lanes == 1 else f"v{lanes}{_SUFFIX[dtype]}"


def literal(number: Any, dtype: str) -> str:
    if dtype == "bool":
        return "true" if number else "false"
    if dtype == "float16":
        return str(struct.unpack("<H", _packed(number, "<e"))[0])
    if dtype in ("float32", "float64"):
        if dtype == "float32":
            number = struct.unpack("<f", _packed(number, "<f"))[0]
        return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
    return str(int(number))


def _packed(number: float, form: str) -> bytes:
    """Round to a narrower float; what is too large becomes infinite."""
    try:
        return struct.pack(form, number)
    except OverflowError:
        return struct.pack(form, math.copysign(math.inf, number))


def constant(number: Any, dtype: str, lanes: int = 1) -> str:
    spelled = literal(number, dtype)
    return spelled if lanes == 1 else f"splat ({_REGISTER[dtype]} {spelled})"
