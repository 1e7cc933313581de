"""Errors of arguments: the one that is wrong is named, with what was given and what is wanted."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.telling import rows, told

x = T.fmatrix("x")
a = T.dscalar("a")
row = T.drow("row")
k = T.lvector("k")
scale = theano.function([x, theano.In(a, value=1.0), row, k], [x * a, row * k], name="scale")
X, ROW, K = np.ones((2, 2), "float32"), np.ones((1, 3)), [1, 2, 3]

CASES = {
    "another dtype": (
        (X.astype("float64"), 1, ROW, K), "scale: bad argument 0 for the input x, a float64 array of shape (2, 2)",
        ["input", "x", "float32 (?, ?)", '<x = T.fmatrix("x")>'], "a value of dtype float32 is needed, an array of float64 was given",
        "did you mean allow_downcast=True, or value.astype('float32')?",
    ),
    "another rank": (
        (X[0], 1, ROW, K), "scale: bad argument 0 for the input x, a float32 array of shape (2,)",
        ["input", "x", "float32 (?, ?)", '<x = T.fmatrix("x")>'], "a value of rank 2 is needed, one of shape (2,) was given",
    ),
    "an array for a number": (
        (X, [1.0], ROW, K), "scale: bad argument 1 for the input a, a list ([1.0])",
        ["input", "a", "float64 ()", '<a = T.dscalar("a")>'], "a value of rank 0 is needed, one of shape (1,) was given",
    ),
    "a text for a number": (
        (X, "one", ROW, K), "scale: bad argument 1 for the input a, a str 'one'",
        ["input", "a", "float64 ()", '<a = T.dscalar("a")>'], "a value of dtype float64 is needed, a str was given: 'one'",
    ),
    "an int for which there is no dtype": (
        (X, 2**70, ROW, K), "scale: bad argument 1 for the input a, an int (1180591620717411303424)",
        "a value of dtype float64 is needed, an int was given: 1180591620717411303424", "no integer dtype holds it; write it as a float",
    ),
    "a dimension that must be 1": (
        (X, 1, np.ones((2, 3)), K), "scale: bad argument 2 for the input row, a float64 array of shape (2, 3)",
        ["input", "row", "float64 (1, ?)", '<row = T.drow("row")>'], "the size of dimension 0 must be 1, a value of shape (2, 3) was given",
    ),
    "a loss of precision": (
        (X, 1, ROW, [1.5]), "scale: bad argument 3 for the input k, a list ([1.5])",
        ["input", "k", "int64 (?,)", '<k = T.lvector("k")>'],
        "a value of dtype int64 is needed, and [1.5] cannot be converted to it without loss",
        "did you mean allow_downcast=True?",
    ),
    "a ragged list": (
        (X, 1, ROW, [[1], [2, 3]]), "scale: bad argument 3 for the input k, a list ([[1], [2, 3]])",
        ["input", "k", "int64 (?,)", '<k = T.lvector("k")>'],
    ),
    "a symbolic variable": (
        (x, 1, ROW, K), "scale: bad argument 0 for the input x, a TensorVariable (x)",
        ["input", "x", "float32 (?, ?)", '<x = T.fmatrix("x")>'], "a value is needed, a symbolic variable was given",
    ),
    "nothing": ((None, 1, ROW, K), "scale: bad argument 0 for the input x, a NoneType (None)"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_value_of(name):
    values, headline, *wanted = CASES[name]
    text, _ = told(TypeError, lambda: scale(*values))
    assert text.splitlines()[0] == headline
    found = rows(text)
    for line in wanted:
        assert ([line] if isinstance(line, str) else line) in found, text


@pytest.mark.parametrize(
    ("args", "kwargs", "wanted"),
    [
        ((), {}, "scale: missing argument 0, the input x; it takes x: TensorType(float32, matrix), a: TensorType(float64, scalar)"),
        ((X,), {}, "scale: missing argument 2, the input row; it takes x"),
        ((X, 1, ROW, K, 5), {}, "scale takes 4 arguments, 5 were given; it takes x"),
        ((X, 1, ROW, K), {"k": K}, "scale: the input 'k' is given twice, by position and by name"),
        ((X,), {"rows": ROW}, "scale has no input named 'rows'; it takes x"),
    ],
)
def test_arguments_that_do_not_match(args, kwargs, wanted):
    text, _ = told(TypeError, lambda: scale(*args, **kwargs))
    assert text.startswith(wanted)
    assert "rows" not in kwargs or text.endswith("did you mean row?")


def test_a_size_that_was_declared():
    fixed = T.dvector("fixed")
    fixed.static_shape = (3,)
    text, _ = told(ValueError, lambda: theano.function([fixed], fixed * 2)([1.0, 2.0]))
    assert text.splitlines()[0] == "fixed was declared with 3 along axis 0, the value has 2"
    assert rows(text) == [
        ["input", "fixed", "float64 (2,)", '<fixed = T.dvector("fixed")>'],
        ["declare the axis with None to take any size"],
    ]


def test_the_function_works_afterwards():
    for _ in range(2):
        with pytest.raises(TypeError):
            scale(X[0], 1, ROW, K)
        np.testing.assert_array_equal(scale(X, 2, ROW, K)[0], X * 2)
