"""The same kernel text compiles as CUDA C, with no GPU present."""

import re

import pytest

from tests.device import kernels
from tests.device.test_instructions import INSTRUCTIONS, casts, of_two
from theano.emit.c_family import print_kernel
from theano.emit.dialects import CUDA, OPENCL
from theano.errors import CompileError
from theano.scalar.instructions import REAL

ARCHITECTURES = ("sm_80", "sm_90")
KERNELS = {
    **{f"{make.__name__} {d}": make(d) for make in (kernels.broadcast, kernels.softmax, kernels.total) for d in ("float32", "float64")},
    **{f"scatter_add {d}": kernels.scatter_add(d) for d in ("float32", "float64", "int32", "uint32", "int64", "uint64", "float16")},
    **{f"{make.__name__} {d}": make(d) for make in (kernels.exponentials, kernels.largest) for d in ("float32", "float64")},
    "argument": kernels.argument("float32", "argmax"),
    "gather": kernels.gather("float32"),
    "running_total": kernels.running_total("int64"),
    "sums_of_sums": kernels.sums_of_sums("float64"),
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", KERNELS)
def test_compiles(nvrtc, name, architecture):
    source = print_kernel(KERNELS[name], "kernel")
    compiled = nvrtc(CUDA.source(source.text), architecture)
    assert compiled.binary.startswith(b"\x7fELF")
    for entry in source.entries:
        assert entry.name.encode() in compiled.binary
    assert "warning" not in compiled.log
    assert re.findall(r"(\d+) bytes spill", compiled.log) == ["0"] * 2 * len(source.entries)


@pytest.mark.parametrize("dtype", REAL)
def test_every_instruction_compiles(nvrtc, dtype):
    values = [casts(dtype), *([of_two(dtype, INSTRUCTIONS[dtype])] if dtype in INSTRUCTIONS else [])]
    text = "".join(print_kernel(v.kernel(), f"k{number}").text for number, v in enumerate(values))
    compiled = nvrtc(CUDA.source(text), "sm_80")
    assert b"k0_0" in compiled.binary and "warning" not in compiled.log


def test_the_text_is_the_same_in_both_languages():
    text = print_kernel(KERNELS["softmax float32"], "kernel").text
    assert CUDA.source(text).endswith(text) and OPENCL.source(text).endswith(text)
    assert not re.search(r"__|threadIdx|get_|barrier\(|cl_|cuda", text)


def test_an_error_says_what_the_compiler_said(nvrtc):
    with pytest.raises(CompileError, match="nonsense"):
        nvrtc(CUDA.source("KERNEL(32) k(GLOBAL f32* x) { x[0] = nonsense; }"), "sm_90")
