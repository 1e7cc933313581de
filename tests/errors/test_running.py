"""Errors of calls: what happened, both variables with dtype and shape, where each was written, and a cure."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.telling import rows, told
from theano.errors import BoundsError, ShapeError
from theano.scanning import branch, repeat

x = T.fmatrix("x")
w = T.fmatrix("w")
b = T.fvector("b")
u = T.dvector("u")
v = T.dvector("v")
i = T.lvector("i")
n = T.lscalar("n")
weights = theano.shared(np.ones((10, 784), "float32"), name="weights")

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
pytestmark = pytest.mark.parametrize("mode", MODES)


def single(*shape):
    return np.ones(shape, "float32")


def double(*shape):
    return np.ones(shape)


def check(kind, inputs, output, values, mode, headline, *wanted):
    f = theano.function(inputs, output, mode=mode)
    text, error = told(kind, lambda: f(*values))
    assert isinstance(error, IndexError if kind is BoundsError else ValueError)
    assert text.splitlines()[0] == headline
    found = rows(text)
    assert found[: len(wanted)] == [list(row) for row in wanted], text
    return found[len(wanted) :]


def test_a_product(mode):
    y = T.dot(x, w)
    rest = check(
        ShapeError, [x, w], y, [single(64, 784), single(10, 784)], mode,
        "dot: inner dimensions differ: 784 and 10",
        ("left", "x", "float32 (64, 784)", '<x = T.fmatrix("x")>'),
        ("right", "w", "float32 (10, 784)", '<w = T.fmatrix("w")>'),
        ("in", "<y = T.dot(x, w)>"),
    )  # fmt: skip
    assert rest == [["did you mean dot(x, w.T)?"]]


def test_a_product_with_a_shared_variable(mode):
    rest = check(
        ShapeError, [x], T.dot(x, weights), [single(64, 784)], mode,
        "dot: inner dimensions differ: 784 and 10",
        ("left", "x", "float32 (64, 784)", '<x = T.fmatrix("x")>'),
        ("right", "weights", "float32 (10, 784)", '<weights = theano.shared(np.ones((10, 784), "float32"), name="weights")>'),
    )  # fmt: skip
    assert rest[-1] == ["did you mean dot(x, weights.T)?"]


def test_a_product_whose_left_side_should_be_transposed(mode):
    rest = check(ShapeError, [x, w], T.dot(x, w), [single(5, 3), single(5, 4)], mode, "dot: inner dimensions differ: 3 and 5")
    assert rest[-1] == ["did you mean dot(x.T, w)?"]


def test_a_product_that_no_transposition_helps(mode):
    rest = check(ShapeError, [x, w], T.dot(x, w), [single(5, 3), single(6, 4)], mode, "dot: inner dimensions differ: 3 and 6")
    assert rest[-1][0] == "in"


def test_a_matrix_and_a_vector(mode):
    check(
        ShapeError, [x, b], T.dot(x, b), [single(5, 3), single(4)], mode,
        "dot: inner dimensions differ: 3 and 4",
        ("left", "x", "float32 (5, 3)", '<x = T.fmatrix("x")>'),
        ("right", "b", "float32 (4,)", '<b = T.fvector("b")>'),
    )  # fmt: skip


def test_two_vectors(mode):
    check(
        ShapeError, [u, v], T.dot(u, v), [double(3), double(4)], mode,
        "dot: inner dimensions differ: 3 and 4",
        ("left", "u", "float64 (3,)", '<u = T.dvector("u")>'),
        ("right", "v", "float64 (4,)", '<v = T.dvector("v")>'),
    )  # fmt: skip


def test_a_product_that_adds_to_something(mode):
    text, _ = told(ShapeError, lambda: theano.function([x, w], 2 * T.dot(x, w) + w, mode=mode)(single(5, 3), single(3, 4)))
    assert text.splitlines()[0].rpartition(": ")[2] in ("5 and 3", "3 and 5")
    assert "float32 (3, 4)" in text


def test_elementwise(mode):
    total = T.exp(u) + v * 2
    check(
        ShapeError, [u, v], total, [double(3), double(4)], mode,
        "add: sizes differ: 3 and 4",
        ("left", "exp(u)", "float64 (3,)", "<total = T.exp(u) + v * 2>"),
        ("right", "mul(v, 2)", "float64 (4,)", "<total = T.exp(u) + v * 2>"),
        ("in", "<total = T.exp(u) + v * 2>"),
    )  # fmt: skip


def test_elementwise_on_another_axis(mode):
    check(
        ShapeError, [x, w], x * w, [single(3, 4), single(3, 5)], mode,
        "mul: sizes differ: 4 and 5",
        ("left", "x", "float32 (3, 4)", '<x = T.fmatrix("x")>'),
        ("right", "w", "float32 (3, 5)", '<w = T.fmatrix("w")>'),
    )  # fmt: skip


def test_a_bias_of_the_wrong_size(mode):
    product = T.dot(x, w)
    layer = product + b
    check(
        ShapeError, [x, w, b], layer, [single(64, 784), single(784, 10), single(9)], mode,
        "add: sizes differ: 10 and 9",
        ("left", "dot(x, w)", "float32 (64, 10)", "<product = T.dot(x, w)>"),
        ("right", "b", "float32 (1, 9)", "<layer = product + b>"),
        ("in", "<layer = product + b>"),
    )  # fmt: skip


def test_size_1_does_not_stretch(mode):
    rest = check(ShapeError, [u, v], u - v, [double(1), double(4)], mode, "sub: sizes differ: 1 and 4")
    assert rest[-1] == ["an axis stretches only if its type says so: see T.addbroadcast, or declare T.row / T.col"]


@pytest.mark.parametrize("value", [7, -4])
def test_an_index(value, mode):
    check(
        BoundsError, [u, n], u[n], [double(3), value], mode,
        f"index {value} is out of bounds for axis 0 of u",
        ("array", "u", "float64 (3,)", '<u = T.dvector("u")>'),
        ("index", "n", "int64 ()", '<n = T.lscalar("n")>'),
        ("in", "<BoundsError, [u, n], u[n], [double(3), value], mode,>"),
    )  # fmt: skip


def test_a_literal_index(mode):
    for index in (5, -4):
        text, error = told(BoundsError, lambda: theano.function([u], u[index], mode=mode)(double(3)))
        assert text.startswith(f"index {index} is out of bounds for axis 0 of u")
        assert "float64 (3,)" in text and isinstance(error, IndexError)


def test_the_first_wrong_one_of_many_indices(mode):
    check(
        BoundsError, [u, i], u[i], [double(3), [0, 2, -9, 50]], mode,
        "index -9 is out of bounds for axis 0 of u",
        ("array", "u", "float64 (3,)", '<u = T.dvector("u")>'),
        ("index", "i", "int64 (4,)", '<i = T.lvector("i")>'),
    )  # fmt: skip


def test_an_index_into_an_expression(mode):
    text, _ = told(BoundsError, lambda: theano.function([x, i], T.exp(x)[i, i], mode=mode)(single(3, 4), [0, 1, 3]))
    assert text.startswith("index 3 is out of bounds for axis 0 of ")


def test_writing_to_an_index(mode):
    check(
        BoundsError, [u, v, i], T.set_subtensor(u[i], v), [double(3), double(2), [0, 9]], mode,
        "index 9 is out of bounds for axis 0 of u",
        ("array", "u", "float64 (3,)", '<u = T.dvector("u")>'),
        ("value", "v", "float64 (2,)", '<v = T.dvector("v")>'),
        ("index", "i", "int64 (2,)", '<i = T.lvector("i")>'),
    )  # fmt: skip


def test_classes_out_of_range(mode):
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(x), i)
    text, _ = told(BoundsError, lambda: theano.function([x, i], cost, mode=mode)(single(2, 3), [0, 5]))
    assert text.startswith("index 5 is out of bounds for axis 1 of ")
    text, _ = told(ShapeError, lambda: theano.function([x, i], cost, mode=mode)(single(2, 3), [0, 1, 2]))
    assert "2 and 3" in text.splitlines()[0]


def test_writing_a_value_of_the_wrong_size(mode):
    check(
        ShapeError, [u, v], T.inc_subtensor(u[1:], v), [double(4), double(5)], mode,
        "inc_subtensor: the value and the part that it is written to differ in size: 3 and 5",
        ("of", "u", "float64 (4,)", '<u = T.dvector("u")>'),
        ("of", "v", "float64 (5,)", '<v = T.dvector("v")>'),
    )  # fmt: skip


def test_another_number_of_elements(mode):
    check(
        ShapeError, [u, n], u.reshape((n, n)), [double(3), 2], mode,
        "reshape: the number of elements differs: 3 and 4",
        ("of", "u", "float64 (3,)", '<u = T.dvector("u")>'),
    )  # fmt: skip


def test_parts_that_cannot_be_joined(mode):
    check(
        ShapeError, [x, w], T.concatenate([x, w]), [single(3, 4), single(3, 5)], mode,
        "join: the sizes of dimension 1 differ: 4 and 5",
        ("left", "x", "float32 (3, 4)", '<x = T.fmatrix("x")>'),
        ("right", "w", "float32 (3, 5)", '<w = T.fmatrix("w")>'),
    )  # fmt: skip


def test_parts_that_do_not_add_up(mode):
    text, _ = told(ShapeError, lambda: theano.function([u], T.split(u, [2, 2], 2, axis=0), mode=mode)(double(3)))
    assert text.startswith("split: the sizes do not add up to the whole") and "float64 (3,)" in text


def test_a_negative_size(mode):
    text, _ = told(ShapeError, lambda: theano.function([n], T.zeros((n,)), mode=mode)(-5))
    assert text.startswith("alloc: a negative size, -5")
    assert rows(text)[0] == ["of", "n", "int64 ()", '<n = T.lscalar("n")>']


def test_a_value_that_does_not_fill_a_shape(mode):
    text, _ = told(ShapeError, lambda: theano.function([u, n], T.alloc(u, n, n), mode=mode)(double(3), 5))
    assert text.startswith("alloc: the value does not fill the shape: ") and "float64 (3,)" in text


def test_a_dimension_that_was_said_to_be_1(mode):
    check(
        ShapeError, [u], T.addbroadcast(u, 0), [double(3)], mode,
        "addbroadcast: the size must be 1: 3 and 1",
        ("of", "u", "float64 (3,)", '<u = T.dvector("u")>'),
    )  # fmt: skip


def test_a_shape_that_was_specified(mode):
    text, _ = told(ShapeError, lambda: theano.function([u], T.specify_shape(u, (4,)), mode=mode)(double(3)))
    assert text.startswith("specify_shape: the value does not have the shape specified: 3 and 4")


@pytest.mark.parametrize(("reduce", "word"), [(T.max, "max"), (T.min, "min"), (T.argmax, "max")])
def test_the_greatest_of_no_elements(reduce, word, mode):
    check(
        ShapeError, [u], reduce(u), [double(0)], mode,
        f"{word}: no elements along axis 0, and no value to start from",
        ("of", "u", "float64 (0,)", '<u = T.dvector("u")>'),
    )  # fmt: skip


def test_a_step_of_0(mode):
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        theano.function([u, n], u[::n], mode=mode)(double(3), 0)


def test_too_much_memory(mode):
    if mode == "REFERENCE":
        return  # NumPy may well give it out until it is touched
    with pytest.raises(MemoryError):
        theano.function([n], T.alloc(np.float64(1), n, n), mode=mode)(1 << 24)


def test_an_unnamed_variable_shows_its_type(mode):
    unnamed = T.dvector()
    check(
        ShapeError, [unnamed, u], unnamed + u, [double(2), double(3)], mode,
        "add: sizes differ: 2 and 3",
        ("left", "<TensorType(float64, vector)>", "float64 (2,)", "<unnamed = T.dvector()>"),
        ("right", "u", "float64 (3,)", '<u = T.dvector("u")>'),
    )  # fmt: skip


def test_in_a_loop_and_in_a_branch(mode):
    def advance(step, state):
        return [state + v]

    text, _ = told(ShapeError, lambda: theano.function([u, v, n], repeat(advance, n, [u]), mode=mode)(double(3), double(4), 2))
    assert text.startswith("add: sizes differ: 3 and 4")
    assert rows(text)[2] == ["in", "<return [state + v]>"]
    text, _ = told(ShapeError, lambda: theano.function([u, v, n], branch(n, [u * v], [u]), mode=mode)(double(3), double(4), 1))
    assert text.startswith("mul: sizes differ: 3 and 4")


def test_the_same_of_a_function_found_in_the_cache(mode):
    """A function whose plan an earlier one left behind tells its own lines."""
    for _ in range(2):
        first = T.dvector("first")
        second = T.dvector("second")
        total = first - second
        check(
            ShapeError, [first, second], total, [double(3), double(4)], mode,
            "sub: sizes differ: 3 and 4",
            ("left", "first", "float64 (3,)", '<first = T.dvector("first")>'),
            ("right", "second", "float64 (4,)", '<second = T.dvector("second")>'),
            ("in", "<total = first - second>"),
        )  # fmt: skip
