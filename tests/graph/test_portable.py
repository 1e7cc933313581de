"""Pickles of constants and shared values name no module of NumPy, so that every version of it reads them."""

import copy
import pickle
import pickletools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.portable import Cell, portable

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
DTYPES = ["bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64", "complex128"]


def modules_named(text):
    """The strings of a pickle, which hold every module that it imports from."""
    return {str(argument).split(" ")[0] for _, argument, _ in pickletools.genops(text) if isinstance(argument, str)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_array_comes_back(dtype, protocol):
    whole = (np.arange(24) % 5).reshape(2, 3, 4).astype(dtype)
    for array in (whole, whole.T, whole[:, ::2], whole[:0], whole[0, 0, 0, None].reshape(()), whole.astype(whole.dtype.newbyteorder())):
        new = pickle.loads(pickle.dumps(portable(array), protocol))
        np.testing.assert_array_equal(new, array)
        assert (new.dtype, new.shape) == (array.dtype, array.shape)
        assert new.flags.writeable and new.flags.aligned and new.flags.f_contiguous >= array.flags.f_contiguous


def test_what_is_no_array_of_numbers_stays_itself():
    for value in (None, 3, "x", np.array(["a"]), np.array([None]), np.ma.zeros(2), np.str_("x")):
        assert portable(value) is value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scalars(protocol):
    for value in (np.float32(1.5), np.int8(3), np.bool_(True), np.complex64(1j), np.float64(np.nan)):
        new = pickle.loads(pickle.dumps(portable(value), protocol))
        assert type(new) is type(value)
        np.testing.assert_equal(new, value)


def test_the_buffer_may_stay_outside():
    buffers = []
    array = np.arange(1000.0)
    text = pickle.dumps(portable(array), 5, buffer_callback=buffers.append)
    assert len(text) < 200 and len(buffers) == 1
    np.testing.assert_array_equal(pickle.loads(text, buffers=buffers), array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_module_of_numpy_is_named(protocol):
    x = T.dmatrix("x")
    x.tag.test_value = np.ones((2, 2))
    graph = T.dot(x, T.constant(np.ones((2, 2)))) + theano.shared(np.arange(2.0), name="s")
    f = theano.function(
        [theano.In(x, value=np.ones((2, 2))), theano.In(T.dscalar("y"), value=np.float32(2))], graph, on_unused_input="ignore"
    )
    assert not any("numpy" in name for name in modules_named(pickle.dumps(f, protocol)))
    text = pickle.dumps(graph, protocol)
    assert any("theano" in name for name in modules_named(text))
    assert not any("numpy" in name for name in modules_named(text))
    new = pickle.loads(text)
    (x2,) = (v for v in theano.graph.graph_inputs([new]) if v.name == "x")
    assert new.eval({x2: np.eye(2)}).tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert (x2.tag.test_value == 1).all() and copy.copy(x2.tag).test_value is x2.tag.test_value


def test_cells_are_copied_as_lists_are():
    array = np.arange(3.0)
    cell = Cell([array])
    assert copy.copy(cell)[0] is array and type(copy.copy(cell)) is Cell
    new, other = copy.deepcopy((cell, array))
    assert new[0] is other and other is not array
