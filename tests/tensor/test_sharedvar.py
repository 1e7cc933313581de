"""Shared variables: what makes one, whose memory it holds, what clones share."""

import copy
import pickle

import numpy as np
import pytest

import theano.tensor as T
from theano.graph import generic
from theano.tensor import SharedVariable, TensorSharedVariable, shared
from theano.tensor.sharedvar import CONSTRUCTORS, shared_constructor


@pytest.mark.parametrize(
    ("value", "dtype", "rank"),
    [
        (3, "int64", 0), (-1.0, "float64", 0), (1j, "complex128", 0), (np.float32(2), "float32", 0),
        (np.int8(2), "int8", 0), (np.bool_(True), "bool", 0),
        (np.zeros((1, 3)), "float64", 2), (np.zeros(0, "int8"), "int8", 1), (np.array(2), "int64", 0),
    ],
)  # fmt: skip
def test_types(value, dtype, rank):
    x = shared(value, "x")
    assert isinstance(x, TensorSharedVariable) and x.name == "x"
    assert (x.dtype, x.broadcastable) == (dtype, (False,) * rank)
    assert x.static_shape == (None,) * rank
    assert isinstance(x.get_value(), np.ndarray) and x.get_value() == pytest.approx(np.asarray(value))


def test_floatx_does_not_matter():
    from theano.flags import config

    with config.change_flags(floatX="float32"):
        assert shared(1.0).dtype == "float64"


@pytest.mark.parametrize("value", [[1, 2], "text", {"a": 1}, None, (1.0,), np.ma.masked_array(1.0)])
def test_other_objects_are_generic(value):
    x = shared(value)
    assert type(x) is SharedVariable and x.type is generic and x.get_value() == value


def test_variables_and_wrong_options_are_refused():
    with pytest.raises(TypeError, match="variable"):
        shared(T.dvector())
    with pytest.raises(TypeError, match="tensor_constructor"):
        shared(np.ones(2), dtype="float32")
    with pytest.raises(TypeError, match="size of dimension 0"):
        shared(np.ones((2, 3)), broadcastable=(True, False))


def test_the_pattern_may_be_given():
    x = shared(np.ones((1, 3)), broadcastable=(True, False))
    assert x.type == T.drow
    with pytest.raises(TypeError):
        x.set_value(np.ones((2, 3)))


def test_values_are_copied_unless_borrowed():
    value = np.zeros(3)
    x, borrowed = shared(value), shared(value, borrow=True)
    value[0] = 1
    assert x.get_value()[0] == 0 and borrowed.get_value()[0] == 1
    x.get_value()[1] = 5
    assert x.get_value()[1] == 0
    x.get_value(borrow=True)[1] = 5
    assert x.get_value()[1] == 5
    x.set_value(value)
    value[2] = 7
    assert x.get_value()[2] == 0
    x.set_value(value, borrow=True)
    assert x.get_value(borrow=True) is value


def test_set_value_follows_the_rules_of_inputs():
    x = shared(np.zeros(2, "float32"))
    x.set_value([1, 2])
    assert x.get_value().dtype == np.float32 and x.get_value().tolist() == [1, 2]
    x.set_value(np.zeros(0, "int8"))
    assert x.get_value().shape == (0,)
    for bad in (np.zeros(2), np.zeros((2, 2), "float32"), "text"):
        with pytest.raises(TypeError):
            x.set_value(bad)
    assert x.get_value().shape == (0,)
    loose, tight = shared(np.zeros(2, "float32"), allow_downcast=True), shared(np.zeros(2, "float32"), strict=True)
    loose.set_value(np.ones(2))
    with pytest.raises(TypeError):
        tight.set_value([1.0, 2.0])


def test_foreign_byte_order_becomes_native():
    x = shared(np.arange(3, dtype=np.dtype("float32").newbyteorder()))
    assert x.get_value().dtype.isnative and x.get_value().tolist() == [0, 1, 2]


def test_zero():
    x = shared(np.ones(3))
    held = x.get_value(borrow=True)
    x.zero()
    assert held[0] == 1 and not x.get_value().any()
    x.set_value(held, borrow=True)
    x.zero(borrow=True)
    assert held[0] == 0


def test_a_clone_shares_the_container():
    x = shared(np.zeros(2), "x")
    x.default_update = x + 1
    x.tag.note = 1
    y = x.clone()
    assert y is not x and y.container is x.container and y.name == "x" and y.default_update is x.default_update and y.tag.note == 1
    y.set_value(np.ones(2))
    assert x.get_value()[0] == 1


def test_pickles_keep_sharing_and_values_apart():
    x = shared(np.zeros(2), "x")
    twin = x.clone()
    for a, b in (pickle.loads(pickle.dumps((x, twin))), copy.deepcopy((x, twin))):
        assert type(a) is TensorSharedVariable
        a.set_value(np.ones(2))
        assert b.get_value()[0] == 1 and x.get_value()[0] == 0


def test_value_is_no_attribute():
    x = shared(1.0)
    with pytest.raises(AttributeError, match="get_value"):
        x.value  # noqa: B018
    with pytest.raises(AttributeError, match="get_value"):
        x.value = 2


def test_updates_must_have_the_type():
    x = shared(np.zeros(2, "float32"))
    good = x + 1
    assert x.filter_update(good) is good
    constant = x.filter_update([1, 2])
    assert constant.type == x.type
    for bad in (T.dvector(), T.fmatrix(), x.dimshuffle("x", 0)):
        with pytest.raises(TypeError):
            x.filter_update(bad)


def test_constructors_can_be_added():
    class Special:
        pass

    @shared_constructor
    def special(value, name=None, strict=False, allow_downcast=None):
        if not isinstance(value, Special):
            raise TypeError("not special")
        return "made"

    try:
        assert shared(Special()) == "made" and shared(1.0).dtype == "float64"
    finally:
        shared_constructor(special, remove=True)
    assert special not in CONSTRUCTORS and isinstance(shared(Special()), SharedVariable)
