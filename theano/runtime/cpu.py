"""The CPU: a program's object code, from the cache or from LLVM, placed in memory with the symbols it names.

>>> from theano.emit.llvm.entry import Argument, Signature
>>> from theano.loops.ir import Program
>>> function = NativeFunction()
>>> function.bind(load_program(Program(), Signature(())), shared=[], callbacks=[], fail=print)
>>> function()
[]
"""

from __future__ import annotations

from theano.emit.llvm.compile import Library, load
from theano.emit.llvm.entry import Signature
from theano.emit.llvm.program import Emitted, emit_program
from theano.emit.llvm.target import Target, target
from theano.loops.ir import Program
from theano.runtime import allocator, libraries, pool
from theano.runtime.cache import object_code
from theano.runtime.native_type import Loaded, NativeFunction, PortableFunction
from theano.runtime.numpy_api import abi, c_function


def load_program(program: Program, signature: Signature, *, profile: bool = False, of: Target | None = None) -> Loaded:
    """Emit, compile (unless the cache has it) and load; the result may be bound any number of times."""
    emitted = emit_program(program, signature, of or target(), abi(), profile=profile)
    library = place(emitted, of or target())
    return Loaded(
        program, library, library.address("entry"), library.address("direct"),
        emitted.table, emitted.constants, emitted.guards, emitted.steps, emitted.python_steps, profile,
    )  # fmt: skip


def place(emitted: Emitted, of: Target) -> Library:
    addresses = {name: symbol(name) for name in (*emitted.symbols, "memcpy", "memset", "memmove")}
    return load(object_code(emitted.text, of), addresses, ("entry", "direct"))


def symbol(name: str) -> int:
    """The address of an external function that generated code names."""
    if name == "theano_new_large":
        return allocator.address(name)
    if name.startswith("theano_"):
        return pool.address(name)
    return libraries.blas(name) if name[0] in "sd" and name[1:] in libraries.SIGNATURES else c_function(name)


__all__ = ["NativeFunction", "PortableFunction", "load_program", "symbol"]
