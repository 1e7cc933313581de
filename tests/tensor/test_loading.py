"""Arrays from files: what is read and when, what is mapped, what does not fit."""

from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DTypeError, MethodNotDefined
from theano.graph import Apply, Op, generic
from theano.tensor.io import LoadFromDisk

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(6.0).reshape(2, 3))
    return path


@pytest.mark.parametrize("mmap_mode", [None, "c"])
@pytest.mark.parametrize("mode", MODES)
def test_the_file_is_read_at_each_call(mode, mmap_mode, file):
    x = T.load(str(file), "float64", (False, False), mmap_mode)
    assert x.type == T.dmatrix
    f = theano.function([], [x * 2, x[1:].sum(), x.shape], mode=mode)
    doubled, total, shape = f()
    np.testing.assert_array_equal(doubled, 2 * np.arange(6.0).reshape(2, 3))
    assert (total, shape.tolist()) == (12, [2, 3])
    file.unlink()  # mapped files are not written to
    np.save(file, np.ones((4, 1)))
    assert f()[2].tolist() == [4, 1]


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "float32", ">f8", ">i4", "complex64", "complex128"])
@pytest.mark.parametrize("mmap_mode", [None, "c"])
def test_dtypes_and_orders_of_bytes_and_axes(dtype, mmap_mode, tmp_path):
    value = np.asfortranarray((np.arange(6) % 4).reshape(2, 3).astype(dtype))
    np.save(tmp_path / "x.npy", value)
    found = T.load(tmp_path / "x.npy", np.dtype(dtype).name, [False, False], mmap_mode).eval()
    np.testing.assert_array_equal(found, value)
    assert found.dtype.name == np.dtype(dtype).name and found.flags.c_contiguous


class Look(Op):
    """Whether what it is given lies in a mapped file."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [T.bscalar()])

    def perform(self, node, inputs, output_storage):
        base = inputs[0]
        while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
            base = base.base
        output_storage[0][0] = np.array(isinstance(base, np.memmap), "int8")


def test_a_mapped_file_is_not_copied(file):
    mapped, read = (Look()(T.load(file, "float64", (False, False), mode)) for mode in ("c", None))
    assert [int(v) for v in theano.function([], [mapped, read])()] == [1, 0]


def test_a_mapped_file_stays_as_it_is(file):
    before = file.read_bytes()
    found = theano.function([], T.load(file, "float64", (False, False), "c"))()
    found += 1
    s = theano.shared(np.zeros((2, 3)))
    theano.function([], updates={s: T.load(file, "float64", (False, False), "c")})()
    s.set_value(s.get_value(borrow=True) * 3, borrow=True)
    f = theano.function([], updates={s: T.inc_subtensor(T.load(file, "float64", (False, False), "c")[0], 5)})
    f()
    assert s.get_value()[0].tolist() == [5, 6, 7]
    assert file.read_bytes() == before


def test_the_path_may_be_an_input(file, tmp_path):
    path = generic("path")
    f = theano.function([path], T.load(path, "float64", (False, False)).sum())
    assert (f(str(file)), f(Path(file))) == (15, 15)
    np.save(tmp_path / "y.npy", np.ones((1, 1)))
    assert f(str(tmp_path / "y.npy")) == 1


def test_derivatives(file):
    x, w = T.load(file, "float64", (False, False)), T.dvector("w")
    np.testing.assert_array_equal(T.grad(T.dot(x, w).sum(), w).eval({w: np.ones(3)}), [3, 5, 7])
    np.testing.assert_array_equal(T.grad((x**2).sum(), x).eval(), 2 * np.arange(6.0).reshape(2, 3))


def test_properties():
    op = LoadFromDisk("floatX", [0, 1])
    assert (op.dtype, op.broadcastable, op.mmap_mode) == ("float64", (False, True), None)
    assert op == LoadFromDisk(np.float64, (False, True)) != LoadFromDisk("float64", (False, True), "c")
    assert str(op) == "Load{dtype: float64, broadcastable: (False, True), mmap: None}"


def test_what_does_not_fit(file, tmp_path):
    def loaded(path, *args):
        return lambda: theano.function([], T.load(path, *args))()

    np.savez(tmp_path / "x.npz", a=1)
    cases = [
        (loaded(file, "float32", (False, False)), DTypeError, ["of another dtype", "x.npy  float64 (2, 3)", ".astype('float32')"]),
        (loaded(file, "float64", (False,)), TypeError, ["of another rank", "broadcastable=(False, False)"]),
        (loaded(file, "float64", (True, False)), TypeError, ["is not of size 1", "x.npy  float64 (2, 3)", "broadcastable=(False, False)"]),
        (loaded(tmp_path / "x.npz", "float64", (False,)), ValueError, ["is an archive", ".npy"]),
        (loaded(tmp_path / "none.npy", "float64", (False,)), FileNotFoundError, ["none.npy"]),
        (lambda: T.load(file, "float64", (False,), "r"), ValueError, ["mmap_mode is 'r', it may be None or 'c'"]),
        (lambda: T.load(3, "float64", (False,)), TypeError, ["the path of a file is text", "given  3", "generic('path')"]),
        (lambda: T.load(T.dscalar("s"), "float64", ()), TypeError, ["the path of a file is text", "s", "float64"]),
    ]
    for action, kind, wanted in cases:
        with pytest.raises(kind) as caught:
            action()
        assert [w for w in wanted if w not in str(caught.value)] == [], str(caught.value)


def test_other_processes_are_not_spoken_to():
    x = T.dvector("x")
    for action, word, cure in [
        (lambda: T.send(x, 1, 7), "send", "comm.Send(f(x), dest=1, tag=7)"),
        (lambda: T.isend(x, 1, 7), "isend", "comm.Isend(f(x), dest=1, tag=7)"),
        (lambda: T.recv((2,), "float64", 1, 7), "recv", "comm.Recv(array, source=1, tag=7)"),
        (lambda: T.irecv((2,), "float64", 1, 7), "irecv", "comm.Irecv(array, source=1, tag=7)"),
    ]:
        with pytest.raises(MethodNotDefined) as caught:
            action()
        assert str(caught.value).startswith(f"{word}: a function does not exchange arrays") and cure in str(caught.value)
    node = (x + 1).owner
    assert (T.mpi_send_wait_key(node), T.mpi_tag_key(node)) == (0, 0)
