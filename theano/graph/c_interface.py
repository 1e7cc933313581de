"""What the classic system asked of an operation or type that brought C code.

No C compiler is used any more, so none of these hooks is ever called: they are here for classes that define them, or ask for those of
their base.  An operation with C code and a ``perform`` runs its ``perform``; one with C code alone is refused when a function
is built around it, with the way out.

>>> from theano.graph import Op
>>> try:
...     Op().c_headers()
... except NotImplementedError as why:
...     print(why)
Op does not define c_headers (no C code is compiled: nothing calls it)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.errors import MethodNotDefined

Hook = Callable[..., Any]


def hook(name: str, meaning: str) -> Hook:
    """The method ``name`` of a class that does not define it."""

    def undefined(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise MethodNotDefined(f"{type(self).__name__} does not define {name} (no C code is compiled: nothing calls it)")

    undefined.__name__, undefined.__doc__ = name, f"{meaning}; never called."
    return undefined


class CLinkerObject:
    """What operations and types could bring along for their C code."""

    c_headers = hook("c_headers", "Headers to include")
    c_header_dirs = hook("c_header_dirs", "Directories of headers")
    c_libraries = hook("c_libraries", "Libraries to link with")
    c_lib_dirs = hook("c_lib_dirs", "Directories of libraries")
    c_support_code = hook("c_support_code", "Code at the level of the file")
    c_compile_args = hook("c_compile_args", "Arguments of the compiler")
    c_no_compile_args = hook("c_no_compile_args", "Arguments that the compiler must not get")
    c_init_code = hook("c_init_code", "Code that runs once, when a module is loaded")

    def c_code_cache_version(self) -> tuple[Any, ...]:
        """The version of the C code; never called by the system.  Empty means: none."""
        return ()


class CLinkerOp(CLinkerObject):
    """What an operation could bring."""

    c_code = hook("c_code", "Code that computes the outputs of a node from its inputs")
    c_code_cleanup = hook("c_code_cleanup", "Code that runs after c_code, whatever its outcome")
    c_support_code_apply = hook("c_support_code_apply", "Code at the level of the file, for one node")
    c_init_code_apply = hook("c_init_code_apply", "Code that runs once for a node")
    c_init_code_struct = hook("c_init_code_struct", "Code of the constructor of a node's structure")
    c_support_code_struct = hook("c_support_code_struct", "Members of a node's structure")
    c_cleanup_code_struct = hook("c_cleanup_code_struct", "Code of the destructor of a node's structure")

    def c_code_cache_version_apply(self, node: Any) -> tuple[Any, ...]:
        """The version of the C code for one node; that of the operation unless it says otherwise."""
        return self.c_code_cache_version()


class CLinkerType(CLinkerObject):
    """What a type could bring."""

    c_element_type = hook("c_element_type", "The C type of an element")
    c_literal = hook("c_literal", "A value as a C expression")
    c_declare = hook("c_declare", "Declarations of the variables that hold a value")
    c_init = hook("c_init", "Code that gives them a first value")
    c_extract = hook("c_extract", "Code that fills them from a Python object")
    c_cleanup = hook("c_cleanup", "Code that releases them")
    c_sync = hook("c_sync", "Code that makes a Python object of them")

    def c_is_simple(self) -> bool:
        """Whether a value is a plain C number."""
        return False

    def c_extract_out(self, name: str, sub: Any, check_input: bool = True) -> Any:
        """Code that fills the variables of an output, by default that of an input."""
        return self.c_extract(name, sub, check_input)


__all__ = ["CLinkerObject", "CLinkerOp", "CLinkerType"]
