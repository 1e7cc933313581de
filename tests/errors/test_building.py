"""Errors of building a graph: raised at the user's line, naming the variables and a cure."""

import traceback

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.telling import rows, told
from theano import errors

x = T.fmatrix("x")
u = T.dvector("u")
v = T.dvector("v")
a = T.dscalar("a")
i = T.lvector("i")
cube = T.tensor3("cube")
left = T.constant(np.ones((3, 4)), name="left")
right = T.constant(np.ones((5, 4)), name="right")
big = theano.shared(np.ones((3, 4)), name="big")
flags = T.TensorType("bool", (False,))("flags")

CASES = {
    "dot of sizes known to differ": (
        lambda: T.dot(left, right), errors.ShapeError, "dot: inner dimensions differ", "did you mean dot(left, right.T)?",
        ("left", "left", "float64 (3, 4)"), ("right", "right", "float64 (5, 4)"),
    ),
    "elementwise of sizes known to differ": (
        lambda: left + right, errors.ShapeError, "add: sizes 3 and 5 of dimension 0 differ",
        "only dimensions of broadcastable type stretch",
        ("left", "left", "float64 (3, 4)"), ("right", "right", "float64 (5, 4)"),
    ),
    "an index of floats": (
        lambda: u[v], TypeError, "an index must be an integer", "did you mean .astype('int64')?",
        ("index", "v", "float64 (?,)"),
    ),
    "a float as index": (lambda: u[1.5], TypeError, "an index must be an integer", "did you mean .astype('int64')?"),
    "too many indices": (
        lambda: u[1, 2], IndexError,
        "too many indices: 2 for a tensor of rank 1", None, ("indexed", "u", "float64 (?,)"),
    ),
    "a dimension that may not be dropped": (
        lambda: x.dimshuffle(0), ValueError, "dimshuffle(0,) of a tensor of rank 2",
        "only dimensions of broadcastable type may be left out",
    ),
    "a dimension that is not there": (
        lambda: x.dimshuffle(0, 1, 2), ValueError,
        "dimshuffle(0, 1, 2) of a tensor of rank 2", "no such dimension",
    ),
    "an axis that is not there": (lambda: u.sum(axis=2), ValueError, "axis 2 of a tensor of rank 1", None, ("given", "u", "float64 (?,)")),
    "an axis to sort along that is not there": (
        lambda: T.sort(x, 3), errors.AxisError, "sort: axis 3 of a tensor of rank 2", "the axes are 0 to 1, or -1 to -2 from the end",
        ("given", "x", "float32 (?, ?)"),
    ),
    "an axis twice": (lambda: T.transpose(x, (0, 0)), errors.AxisError, "transpose: an axis is there twice in (0, 0)", None),
    "a product of matrices of sizes known to differ": (
        lambda: left @ right, errors.ShapeError, "matmul: inner dimensions differ", "did you mean matmul(left, right.T)?",
        ("left", "left", "float64 (3, 4)"), ("right", "right", "float64 (5, 4)"),
    ),
    "an Einstein sum over sizes that differ": (
        lambda: T.einsum("ij,jk", left, right), errors.ShapeError, "einsum: the sizes of 'j' differ: 4 and 5", None,
        ("subscripts", "ij,jk"), ("operand 0", "left", "float64 (3, 4)"), ("operand 1", "right", "float64 (5, 4)"),
    ),
    "subscripts of another rank": (
        lambda: T.einsum("i,i", x, u), ValueError, "einsum: operand 0 has rank 2, and 1 axes are named",
        "'...' stands for the axes that are not named", ("operand 0", "x", "float32 (?, ?)"),
    ),
    "more than all of the greatest": (
        lambda: T.topk(left, 5, axis=0), errors.ShapeError, "topk: 5 of 3 elements along axis 0", None, ("given", "left", "float64 (3, 4)"),
    ),
    "a value of another size than the part": (
        lambda: T.set_subtensor(left[1], np.ones(3)), errors.ShapeError, "a value does not fit the part that it is put into",
        "only broadcastable dimensions stretch",
    ),
    "parts that are not the whole": (
        lambda: T.split(left, [1, 1], 2), errors.ShapeError, "split: parts of 1, 1 do not add up to 3, the size of axis 0", None,
        ("tensor", "left", "float64 (3, 4)"),
    ),
    "a border for another rank": (
        lambda: T.pad(u, ((1, 1), (2, 2))), errors.ShapeError, "pad: pad_width does not fit a tensor of rank 1",
        "give a number, a pair (before, after) for all axes, or a pair for each axis", ("tensor", "u", "float64 (?,)"),
    ),
    "parts of several ranks": (
        lambda: T.concatenate([u, x]), TypeError, "join: tensors of one rank are needed", None,
        ("tensor 0", "u", "float64 (?,)"), ("tensor 1", "x", "float32 (?, ?)"),
    ),
    "a shape of unknown length": (lambda: u.reshape(i), ValueError, "reshape: the number of dimensions is not known", "give ndim=..."),
    "a truth value": (lambda: bool(u < v), TypeError, "a comparison of variables has no truth value", "theano.tensor.switch"),
    "the length of a variable": (lambda: len(u), TypeError, "has no len()", None),
    "a rank for a pattern": (lambda: T.TensorType("float32", 2), TypeError, "it is no int", "write TensorType(dtype, (False, False))"),
    "iteration": (lambda: list(u), TypeError, "only a tensor whose length is known from the graph can be iterated over", "theano.scan"),
    "an unknown dtype": (lambda: T.cast(u, "int33"), errors.DTypeError, "'int33' is not a dtype of tensors", "did you mean int3"),
    "an unknown dtype of a sum": (lambda: u.sum(dtype="flaot64"), errors.DTypeError, "'flaot64' is not a dtype", "did you mean float64"),
    "an int for which there is no dtype": (
        lambda: i + 10**5000, errors.DTypeError, "an int of 16610 bits does not fit any integer dtype", None,
    ),
    "a special function of complex numbers": (
        lambda: T.gammaln(T.zvector("z")), errors.DTypeError, "gammaln: the argument cannot be complex128", None,
        ("argument", "z", "complex128 (?,)"),
    ),
    "a Bessel function of complex order": (
        lambda: T.jv(T.zvector("z"), u), errors.DTypeError, "jv: the order cannot be complex128", None,
    ),
    "a composite of nothing": (lambda: theano.scalar.Composite([], []), ValueError, "Composite: there is nothing to compute", "output"),
    "a norm by name": (lambda: x.norm("fro"), ValueError, "norm: L is the order, a number, not 'fro'", None),
    "too few arguments": (lambda: T.add(), TypeError, "add takes at least 1 argument, 0 were given", None),
    "too many arguments": (lambda: T.exp(u, v), TypeError, "exp takes 1 argument, 2 were given", None),
    "an elementwise function of a tensor function": (
        lambda: T.Elemwise(T.exp), TypeError, "no scalar operation", "those of theano.scalar",
    ),
    "writing to what is no part": (
        lambda: T.set_subtensor(u, 1.0), TypeError, "the first argument must be the result of indexing a tensor",
        "write it as set_subtensor(tensor[index], value)", ("given", "u", "float64 (?,)"),
    ),
    "writing a value of higher rank": (
        lambda: T.set_subtensor(u[1:3], x), TypeError, "a value of rank 2 cannot be put into a part of rank 1", None,
        ("part", "indexing(u, 1, 3)", "float64 (?,)"), ("value", "x", "float32 (?, ?)"),
    ),
    "softmax of a cube": (lambda: T.nnet.softmax(cube), ValueError, "softmax: a matrix is needed, not a tensor of rank 3", None),
    "a gradient of a vector": (lambda: T.grad(u, u), TypeError, "grad: the cost must be a scalar", "take its sum() or mean()"),
    "a gradient that is disconnected": (
        lambda: T.grad(u.sum(), v), ValueError,
        "grad: the cost does not depend on this variable", "did you mean another",
    ),
    "minus of bool": (lambda: -flags, TypeError, "", None),
    "a complex number made real": (lambda: T.cast(T.zvector(), "float64"), TypeError, "", None),
    "True as a tensor": (lambda: T.as_tensor_variable(True), TypeError, "", None),
    "an object as a tensor": (lambda: T.exp(object()), TypeError, "", None),
    "a shared variable of a variable": (lambda: theano.shared(u), TypeError, "the value of a shared variable cannot be a variable", None),
    "a value that does not fit a shared variable": (
        lambda: big.set_value(np.ones(3)), TypeError,
        "set_value: this is no value of big", "did you mean [value]?",
    ),
    "branches of several types": (
        lambda: theano.scanning.branch(a, [u], [a]), TypeError, "branch: the sides have types", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_message(name):
    build, kind, headline, cure, *wanted = CASES[name]
    text, _ = told(kind, build)
    assert text.splitlines()[0].startswith(headline) or headline in text.splitlines()[0]
    assert cure is None or cure in text
    found = [row[:3] for row in rows(text)]
    for row in wanted:
        assert list(row) in found, text


@pytest.mark.parametrize("name", CASES)
def test_it_is_raised_under_the_users_line(name):
    build, kind, *_ = CASES[name]
    with pytest.raises(kind) as caught:
        build()
    assert any(frame.filename == __file__ and frame.name == "<lambda>" for frame in traceback.extract_tb(caught.tb))


def test_the_rows_name_the_lines():
    text, _ = told(errors.ShapeError, lambda: T.dot(left, right))
    assert [row[-1] for row in rows(text)[:2]] == [
        '<left = T.constant(np.ones((3, 4)), name="left")>',
        '<right = T.constant(np.ones((5, 4)), name="right")>',
    ]


def test_an_index_that_can_never_be_right_is_an_error_of_compilation():
    with pytest.raises(errors.BoundsError, match=r"index 1 is out of bounds for axis 0 of \w+"):
        theano.function([u], u.shape[1])
