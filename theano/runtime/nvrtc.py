"""CUDA C to machine code by NVIDIA's run-time compiler, which needs neither a GPU nor the CUDA toolkit.

The library comes with the wheel ``nvidia-cuda-nvrtc`` (or a toolkit on the library path) and is called by ctypes.  Without it
:func:`compile_cuda` raises :class:`~theano.errors.CompileError`, which names the cure.

    compiled = compile_cuda(CUDA.source(print_kernel(kernel, "k").text), "sm_90")
    compiled.binary     # an ELF image (cubin) for that architecture
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from theano.errors import CompileError

OPTIONS = ("--fmad=false", "--ptxas-options=-v")
"""Products and sums are not contracted: ``fma`` is an instruction of its own.  The assembler reports registers and spills."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Machine code for one architecture, and what the compiler said."""

    binary: bytes
    log: str


def compile_cuda(source: str, architecture: str) -> Compiled:
    """Compile ``source`` for ``architecture``, such as ``"sm_90"``; raises CompileError with the compiler's words."""
    nvrtc = _library()
    program = ctypes.c_void_p()
    _check(nvrtc, nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None))
    try:
        options = [option.encode() for option in (f"--gpu-architecture={architecture}", *OPTIONS)]
        status = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
        log = _text(nvrtc, program, "ProgramLog").rstrip(b"\0").decode(errors="replace").strip()
        if status:
            raise CompileError(f"CUDA C does not compile for {architecture}\n{log}")
        return Compiled(_text(nvrtc, program, "CUBIN"), log)
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def _text(nvrtc: ctypes.CDLL, program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    _check(nvrtc, nvrtc[f"nvrtcGet{what}Size"](program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(nvrtc, nvrtc[f"nvrtcGet{what}"](program, buffer))
    return buffer.raw


def _check(nvrtc: ctypes.CDLL, status: int) -> None:
    if status:
        raise CompileError(f"NVRTC: {nvrtc.nvrtcGetErrorString(status).decode()}")


@functools.cache
def _library() -> ctypes.CDLL:
    for path in _candidates():
        try:
            nvrtc = ctypes.CDLL(path)
        except OSError:
            continue
        nvrtc.nvrtcGetErrorString.restype = ctypes.c_char_p
        return nvrtc
    raise CompileError("NVIDIA's run-time compiler was not found\n  install it: pip install nvidia-cuda-nvrtc")


def _candidates() -> Iterator[str]:
    """Wheels first: their version is the one that was asked for."""
    packages = Path(sysconfig.get_path("purelib")) / "nvidia"
    for pattern in ("*/lib/libnvrtc.so*", "*/bin/nvrtc64_*.dll", "*/bin/*/nvrtc64_*.dll"):
        yield from (str(path) for path in sorted(packages.glob(pattern)) if "alt" not in path.name)
    if found := ctypes.util.find_library("nvrtc"):
        yield found
