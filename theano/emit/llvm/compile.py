"""From a module's text to object code, and from object code to addresses.

No pass over the IR is run: the kernels' emitter hoists and shares subexpressions itself, so only instruction
selection is left to LLVM.  Object code names its external symbols and can be cached on disk; loading gives each of
them its address in this process, and nothing else of the process can be reached.

>>> from theano.emit.llvm.target import target
>>> code = compile_module("define i64 @seven() {\\n  ret i64 7\\n}\\n", target())
>>> library = load(code, {}, ["seven"])
>>> import ctypes
>>> ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("seven"))()
7
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from theano.emit.llvm.binding import llvm
from theano.emit.llvm.linker import Placed, linker
from theano.emit.llvm.target import Target, machine
from theano.errors import CompileError


def compile_module(text: str, of: Target, effort: int = 2) -> bytes:
    """Object code of a module's text (without header: the target supplies it)."""
    maker = machine(of, effort)
    try:
        module = llvm.parse_assembly(of.header + text)
    except RuntimeError as error:
        raise CompileError(f"the generated LLVM IR is not well formed: {error}") from None
    code: bytes = maker.emit_object(module)
    return code


def assembly(text: str, of: Target, effort: int = 2) -> str:
    """The same as text, for people."""
    listing: str = machine(of, effort).emit_assembly(llvm.parse_assembly(of.header + text))
    return listing


class Library:
    """Loaded object code; its addresses are valid as long as it lives."""

    __slots__ = ("_placed",)

    def __init__(self, placed: Placed) -> None:
        self._placed = placed

    def address(self, name: str) -> int:
        return self._placed[name]


def load(code: bytes, symbols: Mapping[str, int], exports: Iterable[str]) -> Library:
    """Place object code in memory.  ``symbols`` are the addresses of all external symbols that it may use."""
    try:
        return Library(linker().place(code, symbols, exports))
    except RuntimeError as error:
        given = ", ".join(sorted(symbols)) or "none"
        raise CompileError(f"the generated code cannot be linked with the external symbols given ({given}): {error}") from None
