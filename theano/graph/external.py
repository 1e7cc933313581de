"""Operations whose C code lay in files of its own.  The files are read, so that programs that look at the code find it; what runs is
``perform``, which a subclass defines.

A file is divided by lines ``#section name``; several files add to each other's sections.

>>> OpenMPOp(openmp=False).c_compile_args()
[]
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.errors import did_you_mean, message
from theano.flags import config
from theano.graph.c_interface import CLinkerOp
from theano.graph.op import Op

SECTIONS = (
    "init_code", "init_code_apply", "init_code_struct", "support_code", "support_code_apply", "support_code_struct", "cleanup_code_struct",
    "code", "code_cleanup",
)  # fmt: skip
"""What a file may hold."""


class OpenMPOp(Op):
    """An operation whose C code ran on several threads.  Its ``perform`` runs as that of any other."""

    def __init__(self, openmp: bool | None = None) -> None:
        self.openmp = config.openmp if openmp is None else openmp

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        vars(self).setdefault("openmp", False)

    def c_compile_args(self) -> list[str]:
        """The compiler's argument for threads, if they were asked for."""
        self.update_self_openmp()
        return ["-fopenmp"] if self.openmp else []

    @staticmethod
    def test_gxx_support() -> bool:
        """Whether a compiler can make such code.  None is used."""
        return False

    def update_self_openmp(self) -> None:
        """Do without threads if no compiler can make such code."""
        self.openmp = self.openmp and self.test_gxx_support()


def simple_meth(tag: str) -> Callable[..., str]:
    """The method of a :class:`COp` that gives the section ``tag`` of its files."""

    def section(self: Any) -> str:
        if tag in self.code_sections:
            return str(self.code_sections[tag])
        return str(getattr(CLinkerOp, f"c_{tag}")(self))

    section.__name__, section.__doc__ = f"c_{tag}", f"The section {tag!r} of the files."
    return section


def apply_meth(tag: str) -> Callable[..., str]:
    """The method of a :class:`COp` that gives the section ``tag`` for one node, between the macros of that node."""

    def section(self: Any, node: Any, name: str, *rest: Any) -> str:
        if tag not in self.code_sections:
            return str(getattr(CLinkerOp, f"c_{tag}")(self, node, name, *rest))
        define, undefine = self.get_c_macros(node, name)
        return "\n".join(("", define, self.code_sections[tag], undefine))

    section.__name__, section.__doc__ = f"c_{tag}", f"The section {tag!r} of the files, for one node."
    return section


class COp(Op):
    """An operation with C code in ``func_files``; ``func_name`` is the function that computes a node."""

    def __init__(self, func_files: str | Sequence[str], func_name: str | None = None) -> None:
        self.func_files = [self.get_path(f) for f in ([func_files] if isinstance(func_files, str) else func_files)]
        self.func_name = func_name
        self.func_codes: list[str] = []
        self.code_sections: dict[str, str] = {}
        self.load_c_code(self.func_files)
        if "code" in self.code_sections and func_name is not None:
            raise ValueError(f"{type(self).__name__}: give func_name or a section 'code', not both")

    @classmethod
    def get_path(cls, f: str) -> str:
        """``f``; if it is no absolute path, beside the file in which the class is defined."""
        return f if os.path.isabs(f) else os.path.join(os.path.dirname(os.path.abspath(inspect.getfile(cls))), f)

    def load_c_code(self, func_files: Iterable[str]) -> None:
        """Read the files into ``func_codes`` and ``code_sections``."""
        for path in func_files:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.func_codes.append(text)
            _, *parts = re.split(r"^#section[ \t]+(\w+)[ \t]*$", text, flags=re.MULTILINE)
            if not parts:
                cure = "a line '#section support_code_apply', say, comes before the code"
                raise ValueError(message(f"{type(self).__name__}: {path} has no section", cure=cure))
            for name, code in zip(parts[::2], parts[1::2], strict=True):
                if name not in SECTIONS:
                    text = f"{type(self).__name__}: {path} has a section {name!r}"
                    raise ValueError(message(text, [("known", ", ".join(SECTIONS))], did_you_mean(name, SECTIONS)))
                self.code_sections[name] = self.code_sections.get(name, "") + code.lstrip("\n")

    def format_c_function_args(self, inp: Sequence[str], out: Sequence[str]) -> str:
        """The arguments of a call of ``func_name``: inputs, then addresses of outputs, then params."""
        params = ["params"] if self.params_type is not None else []
        return ", ".join([*inp, *(f"&{name}" for name in out), *params])

    def get_c_macros(self, node: Any, name: str, check_input: bool | None = None) -> tuple[str, str]:
        """Definitions of the macros that the code of ``node`` may use, and what takes them back."""
        macros: dict[str, Any] = {}
        for kind, variables in (("INPUT", node.inputs), ("OUTPUT", node.outputs)):
            for k, variable in enumerate(variables):
                if not hasattr(variable.type, "dtype_specs"):
                    continue
                scalar, dtype, number = variable.type.dtype_specs()
                macros |= {f"DTYPE_{kind}_{k}": dtype, f"TYPENUM_{kind}_{k}": number, f"ITEMSIZE_{kind}_{k}": scalar().itemsize}
        macros["APPLY_SPECIFIC(str)"] = f"str##_{name}"
        if self.params_type is not None:
            macros["PARAMS_TYPE"] = getattr(self.params_type, "name", self.params_type)
        return _macros(macros)

    def get_sub_macros(self, sub: dict[str, Any]) -> tuple[str, str]:
        """Macros for what a node fails to, and for its params."""
        macros = {"FAIL": str(sub["fail"]).replace("\n", "\\\n")}
        if "params" in sub:
            macros["PARAMS"] = str(sub["params"])
        return _macros(macros)

    def get_io_macros(self, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[str, str]:
        """Macros for the C variables of inputs and outputs."""
        return _macros({f"{kind}_{k}": v for kind, names in (("INPUT", inputs), ("OUTPUT", outputs)) for k, v in enumerate(names)})

    def c_code(self, node: Any, name: str, inputs: Sequence[str], outputs: Sequence[str], sub: dict[str, Any]) -> str:
        """The code of one node; never called by the system."""
        if "code" in self.code_sections:
            parts = [self.get_c_macros(node, name), self.get_sub_macros(sub), self.get_io_macros(inputs, outputs)]
            return "\n".join([*(define for define, _ in parts), self.code_sections["code"], *(end for _, end in reversed(parts))])
        define, undefine = self.get_c_macros(node, name)
        call = f"if ({self.func_name}_{name}({self.format_c_function_args(inputs, outputs)}) != 0) {{\n  {sub['fail']}\n}}"
        return "\n".join((define, "{", call, "}", undefine))

    c_init_code = simple_meth("init_code")
    c_support_code = simple_meth("support_code")
    c_init_code_apply = apply_meth("init_code_apply")
    c_init_code_struct = apply_meth("init_code_struct")
    c_support_code_apply = apply_meth("support_code_apply")
    c_support_code_struct = apply_meth("support_code_struct")
    c_cleanup_code_struct = apply_meth("cleanup_code_struct")
    c_code_cleanup = apply_meth("code_cleanup")


def _macros(table: dict[str, Any]) -> tuple[str, str]:
    names = [re.match(r"\w+", name)[0] for name in table]  # type: ignore[index]
    return "\n".join(f"#define {name} {value}" for name, value in table.items()), "\n".join(f"#undef {name}" for name in names)


__all__ = ["COp", "OpenMPOp", "apply_meth", "simple_meth"]
