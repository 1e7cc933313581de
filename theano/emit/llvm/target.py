"""The machine that code is made for: its triple, features and vector width, and what follows from them.

A target is plain data, so it can be part of a cache key.  Three levels of x86-64 may be forced, whatever the host
(running the result needs the hardware, of course):

>>> target("avx2").vector_bytes, target("avx2").masks
(32, False)
>>> target("baseline").has_fma
False
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from theano.emit.llvm.binding import llvm
from theano.emit.llvm.linker import linker
from theano.errors import CompileError, message
from theano.flags import config
from theano.graph.locks import made_once

LEVELS = ("baseline", "avx2", "avx512")
_LEVEL_CPU = {"baseline": "x86-64", "avx2": "x86-64-v3", "avx512": "x86-64-v4"}
_AVX512 = ("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd")


@dataclass(frozen=True, slots=True)
class Target:
    """What the emitters need to know of a machine.

    ``masks``: masked loads and stores of every element size are one instruction.  ``has_round``: floor, ceil, trunc and rint are
    instructions; ``has_half``: conversions between float16 and float32 are."""

    triple: str
    cpu: str
    features: str
    vector_bytes: int
    has_fma: bool
    has_round: bool
    has_half: bool
    masks: bool

    @property
    def header(self) -> str:
        """The first lines of a module for this target."""
        layout = machine(self).target_data
        return f'target datalayout = "{layout}"\ntarget triple = "{self.triple}"\n'


def target(level: str | None = None) -> Target:
    """One of :data:`LEVELS` of x86-64; by default what ``config.cpu`` says, which is the host unless it names a level."""
    if level is not None:
        return _forced(level)
    host, wanted = _host(), config.cpu
    if wanted == "native":
        return host
    if not host.triple.startswith("x86_64") or _forced(wanted).vector_bytes > host.vector_bytes:
        raise CompileError(message(f"config.cpu={wanted}: this machine ({host.cpu}) cannot run such code", cure="set config.cpu to native"))
    return _forced(wanted)


def lacking(of: Target) -> list[str]:
    """What this machine would need to run code made for ``of``: nothing, another architecture, or features of the processor."""
    host = _host()
    if of.triple.split("-")[0] != host.triple.split("-")[0] or of.triple.split("-")[2:] != host.triple.split("-")[2:]:
        return [of.triple]
    if not of.features:
        return [] if of.vector_bytes <= host.vector_bytes and of.has_fma <= host.has_fma else [of.cpu]
    wanted, present = ({f for f in features.split(",") if f.startswith("+")} for features in (of.features, host.features))
    return sorted(f[1:] for f in wanted - present)


@functools.cache
def _forced(level: str) -> Target:
    advanced = level != "baseline"
    width = {"baseline": 16, "avx2": 32, "avx512": 64}[level]
    return Target(linker().host()[0], _LEVEL_CPU[level], "", width, advanced, advanced, advanced, level == "avx512")


@functools.cache
def _host() -> Target:
    triple, cpu, found = linker().host()
    features = ",".join(f"{'+' if present else '-'}{name}" for name, present in sorted(found.items()))
    if not triple.startswith(("x86_64", "i386", "i686")):
        return Target(triple, cpu, features, 16, True, True, triple.startswith(("aarch64", "arm64")), False)
    has = {name for name, present in found.items() if present}
    masks = has.issuperset(_AVX512)
    width = 64 if masks else 32 if "avx2" in has else 16
    return Target(triple, cpu, features, width, "fma" in has, "sse4.1" in has, "f16c" in has, masks)


@functools.cache
def _initialise() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


@made_once
def machine(of: Target, effort: int = 2) -> Any:
    """LLVM's own view of a target; ``effort`` is the code generator's optimisation level."""
    _initialise()
    return llvm.Target.from_triple(of.triple).create_target_machine(
        cpu=of.cpu, features=of.features, opt=effort, reloc="pic", codemodel="small"
    )
