"""Arrays that a function reads from files when it is called.

>>> import tempfile, numpy, theano
>>> with tempfile.TemporaryDirectory() as folder:
...     numpy.save(folder + "/x.npy", [1.0, 2.0])
...     theano.function([], load(folder + "/x.npy", "float64", (False,), mmap_mode="c") * 2)()
array([2., 4.])
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from theano.errors import DTypeError, MethodNotDefined, VariableTypeError, message
from theano.graph import Apply, Constant, Generic, Variable, generic
from theano.graph.op import Unconnected
from theano.tensor.type import tensor_type


class LoadFromDisk(Unconnected):
    """The array in a ``.npy`` file, whose path is text or a variable of the generic type.  It is read at each call, as a Python step.

    With ``mmap_mode="c"`` it is mapped into memory: no more is read than is used, and nothing is ever written to it."""

    __props__ = ("dtype", "broadcastable", "mmap_mode")

    def __init__(self, dtype: Any, broadcastable: Sequence[bool], mmap_mode: Literal["c"] | None = None) -> None:
        if mmap_mode not in (None, "c"):
            cure = "None reads the file, 'c' maps it into memory, where changes stay in memory"
            raise ValueError(message(f"load: mmap_mode is {mmap_mode!r}, it may be None or 'c'", cure=cure))
        kind = tensor_type(dtype if isinstance(dtype, str) else str(np.dtype(dtype)), tuple(map(bool, broadcastable)))
        self.dtype, self.broadcastable, self.mmap_mode = kind.dtype, kind.broadcastable, mmap_mode

    def make_node(self, path: Any) -> Apply:
        if isinstance(path, (str, os.PathLike)):
            path = Constant(generic, os.fspath(path))
        if not isinstance(path, Variable) or not isinstance(path.type, Generic):
            rows = [("given", path, path.type, path.origin) if isinstance(path, Variable) else ("given", repr(path)[:60])]
            cure = "give text, or an input theano.gof.generic('path')"
            raise VariableTypeError(message("load: the path of a file is text, or a variable of the generic type", rows, cure))
        return Apply(self, [path], [tensor_type(self.dtype, self.broadcastable)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        path = os.fspath(inputs[0])
        if path.endswith(".npz"):
            raise ValueError(message(f"load: {path} is an archive", cure="numpy.save writes one array to a .npy file"))
        array = np.asarray(np.load(path, mmap_mode=self.mmap_mode))  # of a map a view
        rows = [("file", path, f"{array.dtype} {array.shape}"), ("declared", "", node.outputs[0].type)]
        if array.dtype.name != self.dtype:  # the order of bytes may differ
            cure = f"load it as {array.dtype.name}, and write .astype({self.dtype!r})"
            raise DTypeError(message("load: the array in the file is of another dtype", rows, cure))
        if array.ndim != len(self.broadcastable):
            cure = f"broadcastable={(False,) * array.ndim}, one for each dimension"
            raise VariableTypeError(message("load: the array in the file is of another rank", rows, cure))
        if any(b and n != 1 for b, n in zip(self.broadcastable, array.shape, strict=True)):
            cure = f"broadcastable={tuple(b and n == 1 for b, n in zip(self.broadcastable, array.shape, strict=True))}"
            raise VariableTypeError(message("load: a broadcastable dimension of the array in the file is not of size 1", rows, cure))
        output_storage[0][0] = array

    def do_constant_folding(self, node: Apply) -> bool:
        return False

    def __str__(self) -> str:
        return f"Load{{dtype: {self.dtype}, broadcastable: {self.broadcastable}, mmap: {self.mmap_mode}}}"


def load(path: Any, dtype: Any, broadcastable: Sequence[bool], mmap_mode: Literal["c"] | None = None) -> Any:
    """The array that is in the file ``path`` (.npy) when the function runs; it must be of that dtype and rank."""
    return LoadFromDisk(dtype, broadcastable, mmap_mode)(path)


# ------------------------------------------------------------------------------------------------ other processes


def _refuse(word: str, cure: str) -> Any:
    """No order of steps is kept that would make processes meet."""
    raise MethodNotDefined(message(f"{word}: a function does not exchange arrays with other processes", cure=cure))


def send(var: Any, dest: int, tag: int) -> Any:
    """Refused: send what a function returns."""
    return _refuse("send", f"return {var} and send it by mpi4py: comm.Send(f(x), dest={dest}, tag={tag})")


def isend(var: Any, dest: int, tag: int) -> Any:
    """Refused: send what a function returns."""
    return _refuse("isend", f"return {var} and send it by mpi4py: request = comm.Isend(f(x), dest={dest}, tag={tag})")


def recv(shape: Any, dtype: Any, source: int, tag: int) -> Any:
    """Refused: give a function what has been received."""
    return _refuse("recv", f"receive it by mpi4py, comm.Recv(array, source={source}, tag={tag}), and make it an argument of the function")


def irecv(shape: Any, dtype: Any, source: int, tag: int) -> Any:
    """Refused: give a function what has been received."""
    return _refuse("irecv", f"receive it by mpi4py, comm.Irecv(array, source={source}, tag={tag}), and make it an argument of the function")


def mpi_send_wait_key(a: Any) -> int:
    """Where to place a node among those that send, compute and wait: 0, it computes; no node does anything else."""
    return 0


def mpi_tag_key(a: Any) -> int:
    """The tag of a node that sends or receives; 0 for all others, which are all."""
    return 0


__all__ = ["LoadFromDisk", "irecv", "isend", "load", "mpi_send_wait_key", "mpi_tag_key", "recv", "send"]
