"""Kernels on an OpenCL device, through pyopencl.

    device = OpenCL()                                  # or OpenCL("Oclgrind"): the first platform of that name
    double = device.compile(kernel, "double")
    x, y = device.upload(a), device.empty(a.nbytes)
    code, payload = double((x, y), (a.size,), ())      # (0, 0), or the failed check of the lowest iteration

A device must have double precision and 64-bit atomics.  Commands run in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.emit.c_family import NO_ITERATION, Entry, print_kernel
from theano.emit.dialects import OPENCL
from theano.errors import CompileError
from theano.loops.ir import Kernel

REQUIRED = ("cl_khr_fp64", "cl_khr_int64_base_atomics", "cl_khr_int64_extended_atomics")
CORRECTLY_ROUNDED = "-cl-fp32-correctly-rounded-divide-sqrt"


class OpenCL:
    """A device, with a queue on it."""

    def __init__(self, platform: str = "") -> None:
        self.cl = _pyopencl()
        self.device = self._choose(platform)
        self.context = self.cl.Context([self.device])
        self.queue = self.cl.CommandQueue(self.context)

    def _choose(self, platform: str) -> Any:
        devices = [d for p in self.cl.get_platforms() if platform.lower() in p.name.lower() for d in p.get_devices()]
        for device in devices:
            if all(extension in device.extensions.split() for extension in REQUIRED):
                return device
        seen = "".join(f"\n  seen: {device.name}" for device in devices)
        raise CompileError(f"no OpenCL device {f'of platform {platform!r} ' if platform else ''}with {', '.join(REQUIRED)}{seen}")

    def empty(self, nbytes: int) -> Any:
        return self.cl.Buffer(self.context, self.cl.mem_flags.READ_WRITE, max(nbytes, 1))

    def upload(self, array: np.ndarray[Any, Any]) -> Any:
        """The elements of ``array`` in C order, in device memory."""
        buffer = self.empty(array.nbytes)
        if array.nbytes:
            self.cl.enqueue_copy(self.queue, buffer, np.ascontiguousarray(array))
        return buffer

    def download(self, buffer: Any, into: np.ndarray[Any, Any]) -> None:
        """Fill the C-contiguous array ``into`` from device memory, after all that was launched."""
        if into.nbytes:
            self.cl.enqueue_copy(self.queue, into, buffer)

    def compile(self, kernel: Kernel, name: str) -> OpenCLKernel:
        return OpenCLKernel(self, kernel, name)


class OpenCLKernel:
    """A kernel compiled for a device; call it with device buffers, int64 sizes and scalars."""

    def __init__(self, device: OpenCL, kernel: Kernel, name: str) -> None:
        self.device = device
        self.source = print_kernel(kernel, name)
        single = device.device.get_info(device.cl.device_info.SINGLE_FP_CONFIG)
        rounded = single & device.cl.device_fp_config.CORRECTLY_ROUNDED_DIVIDE_SQRT
        program = device.cl.Program(device.context, OPENCL.source(self.source.text))
        try:
            program.build(options=[CORRECTLY_ROUNDED] if rounded else [], cache_dir=False)
        except device.cl.RuntimeError as error:
            raise CompileError(f"OpenCL C does not compile for {device.device.name}\n{error}") from error
        self.functions = [device.cl.Kernel(program, entry.name) for entry in self.source.entries]

    def __call__(self, buffers: Sequence[Any], sizes: Sequence[int], scalars: Sequence[float]) -> tuple[int, int]:
        kernel = self.source.kernel
        arguments = [*buffers, *map(np.int64, sizes), *(_scalar(s, dtype) for s, dtype in zip(scalars, kernel.scalars, strict=True))]
        for entry, function in zip(self.source.entries, self.functions):
            groups = entry.groups(sizes)
            if groups and kernel.checks:
                failed = self._checked(entry, function, groups, arguments)
                if failed is not None:
                    return failed
            elif groups:
                self._launch(entry, function, groups, arguments)
        return 0, 0

    def _launch(self, entry: Entry, function: Any, groups: int, arguments: Sequence[Any]) -> None:
        function.set_args(*arguments)
        self.device.cl.enqueue_nd_range_kernel(self.device.queue, function, (groups * entry.width,), (entry.width,))

    def _checked(self, entry: Entry, function: Any, groups: int, arguments: Sequence[Any]) -> tuple[int, int] | None:
        """The first run finds the lowest failing iteration; a second one, of that iteration alone, tells code and payload."""
        status = np.array([NO_ITERATION, 0, 0], np.int64)
        buffer = self.device.upload(status)
        self._launch(entry, function, groups, [*arguments, buffer, np.int64(-1)])
        self.device.download(buffer, status)
        if status[0] == NO_ITERATION:
            return None
        if entry.layout != "single":
            self._launch(entry, function, 1, [*arguments, buffer, status[0]])
            self.device.download(buffer, status)
        return int(status[1]), int(status[2])


def _scalar(number: float, dtype: str) -> Any:
    """``number`` as the type it is passed in: float16 by its bits, bool as a byte."""
    value = np.dtype(dtype).type(number)
    return value.view(np.uint16) if dtype == "float16" else np.uint8(value) if dtype == "bool" else value


def _pyopencl() -> Any:
    try:
        import pyopencl
    except ImportError as error:
        raise CompileError("pyopencl is not installed\n  install it: pip install theano[opencl]") from error
    return pyopencl
