"""The CPU: a program's object code, from the cache or from LLVM, placed in memory with the symbols it names.

>>> from theano.emit.llvm.entry import Argument, Signature
>>> from theano.loops.ir import Program
>>> function = NativeFunction()
>>> function.bind(load_program(Program(), Signature(())), shared=[], callbacks=[], fail=print)
>>> function()
[]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from theano.emit.llvm.compile import Library, load
from theano.emit.llvm.target import Target, target
from theano.errors import CompileError
from theano.loops.ir import Program
from theano.runtime import allocator, libraries, pool
from theano.runtime.cache import object_code, object_key
from theano.runtime.native_type import Loaded, NativeFunction, PortableFunction
from theano.runtime.numpy_api import abi, c_function, sorter

if TYPE_CHECKING:
    from theano.emit.llvm.entry import Signature


def load_program(program: Program, signature: Signature, *, profile: bool = False, of: Target | None = None) -> Loaded:
    """Emit, compile (unless the cache has it) and load; the result may be bound any number of times."""
    from theano.emit.llvm.program import emit_program  # not for what is restored

    where = of or target()
    emitted = emit_program(program, signature, where, abi(), profile=profile)
    name = object_key(emitted.text, where)
    code = object_code(emitted.text, where)
    try:
        library = place(code, emitted.symbols)
    except CompileError:  # an entry of the cache that is no object code, perhaps
        code = object_code(emitted.text, where, anew=True)
        library = place(code, emitted.symbols)
    return Loaded(
        program, library, library.address("entry"), library.address("direct"), emitted.table, emitted.constants, emitted.guards,
        emitted.steps, emitted.python_steps, profile, emitted.symbols, name, code, where,
    )  # fmt: skip


def restore(program: Program, code: bytes, symbols: tuple[str, ...], of: Target | None = None, **parts: Any) -> Loaded:
    """A program whose object code was kept, with the ``parts`` of :class:`Loaded` that were kept beside it."""
    library = place(code, symbols)
    return Loaded(
        program, library, library.address("entry"), library.address("direct"), symbols=symbols, code=code, of=of or target(), **parts
    )


def place(code: bytes, symbols: tuple[str, ...]) -> Library:
    addresses = {name: symbol(name) for name in (*symbols, "memcpy", "memset", "memmove")}
    return load(code, addresses, ("entry", "direct"))


def symbol(name: str) -> int:
    """The address of an external function that generated code names."""
    if name == "theano_new_large":
        return allocator.address(name)
    if name.startswith("theano_"):
        return pool.address(name)
    if name.startswith("sort_"):
        return sorter(*name.split("_")[1:])
    return libraries.blas(name) if name[0] in "sd" and name[1:] in libraries.SIGNATURES else c_function(name)


__all__ = ["NativeFunction", "PortableFunction", "load_program", "restore", "symbol"]
