"""Mistakes that people make with loops and branches: what is said, of which line, and the cure."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.telling import rows, told
from theano.ifelse import ifelse
from theano.scan_module import until

x, a, n, k = T.dvector("x"), T.dscalar("a"), T.lscalar("n"), T.lvector("k")
one = T.unbroadcast(T.zeros((1,), dtype="float64"), 0)
single = T.zeros((3,), dtype="float32")
start = T.constant(0.0, dtype="float64")
count = theano.shared(0, name="count")

CASES = {
    "an initial value of another dtype": (
        lambda: theano.scan(lambda e, s: s + x, x, single), ValueError, "another dtype than its initial value",
        "give the initial value as float64, or return the result as float32",
        ("initial", "Alloc.0", "TensorType(float32, vector)", '<single = T.zeros((3,), dtype="float32")>'),
    ),
    "an initial value with an axis for the steps": (
        lambda: theano.scan(lambda e, s: s[0], x, x), TypeError, "another rank than its initial value", "without an axis for the steps",
        ("initial", "x", "TensorType(float64, vector)"),
    ),
    "an initial value of a lower rank": (
        lambda: theano.scan(lambda e, s: x, x, start), TypeError, "another rank than its initial value",
        "an initial value has the rank of a result",
    ),
    "a step without a result": (lambda: theano.scan(lambda e: None, x), TypeError, "the step returned nothing", "it must return variables"),
    "a condition without a result": (
        lambda: theano.scan(lambda e: until(e > 0), x), TypeError, "the step returned a condition alone", "it must return variables",
    ),
    "a condition of many": (lambda: until(x > 0), TypeError, "until: the condition must be a scalar", "T.all() or T.any()"),
    "a step that is an expression": (lambda: theano.scan(x * 2, x), TypeError, "the step must be a function", "Elemwise{mul"),
    "a number where rows are": (
        lambda: theano.scan(lambda s: s, None, dict(initial=a, taps=[-2, -3]), n_steps=2), TypeError,
        "the initial value for taps [-2, -3] must hold rows", "as many as steps look back, 3, along its first axis",
        ("result 0", "a", "TensorType(float64, scalar)"),
    ),
    "a state that grows, as is known beforehand": (
        lambda: theano.function([x], theano.scan(lambda e, s: T.concatenate([s, e[None]]), x, one)[0]), ValueError,
        "a state of a loop must keep its shape: 2 and 1", "write with T.set_subtensor(state[i], row)",
    ),
    "a sequence of elements": (
        lambda: theano.scan(lambda e: e, [1, 2]), TypeError, "a sequence must have rows", "a list is one of sequences",
        ("sequence 0", "TensorConstant{1}", "TensorType(int8, scalar)"),
    ),
    "a number of steps that is no integer": (
        lambda: theano.scan(lambda s: s, None, start, n_steps=a), TypeError, "n_steps must be an integer scalar", ".astype('int64')",
        ("n_steps", "a", "TensorType(float64, scalar)"),
    ),
    "a sequence by a word that is not known": (
        lambda: theano.scan(lambda e: e, dict(input=x, tap=[0, -1])), ValueError, "sequence 0 is a dict with the key 'tap'", "input, taps",
    ),
    "an initial value by a word that is not known": (
        lambda: theano.scan(lambda s: s, None, dict(init=x), n_steps=2), ValueError, "result 0 is a dict with the key 'init'",
        "initial, taps",
    ),
    "an update of another dtype": (
        lambda: theano.scan(lambda e: (e, {count: count + e}), x), TypeError, "the step updates count by another type",
        "cast the expression",
        ("shared", "count", "TensorType(int64, scalar)"), ("update", "Elemwise{add,no_inplace}.0", "TensorType(float64, scalar)"),
    ),
    "a branch by many conditions": (
        lambda: ifelse(x > 0, x, x * 2), TypeError, "ifelse: the condition must be a scalar", "T.switch chooses element by element",
        ("condition", "Elemwise{gt,no_inplace}.0", "TensorType(bool, vector)"),
    ),
    "a part that is taken again": (
        lambda: T.grad((x**2).sum(), x[0]), theano.gradient.DisconnectedInputError, "the cost does not depend on this variable",
        "an expression that is written once more, such as x[0], is another variable", ("wrt", "Subtensor{int64}.0"),
    ),
    "a variable as a number of rounds": (
        lambda: range(n), TypeError, "index: a variable has no value before a function runs", "theano.scan does variably many steps",
        ("n", "TensorType(int64, scalar)"),
    ),
    "a variable as a size of NumPy's": (
        lambda: np.zeros(x.shape), TypeError, "index: a variable has no value before a function runs",
        "T.zeros and the like take variables",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_is_said(name):
    action, kind, headline, cure, *wanted = CASES[name]
    text, error = told(kind, action)
    words = "\n".join([text, *getattr(error, "__notes__", ())])
    assert headline in words and cure in words, words
    for row in wanted:
        assert any(found[: len(row)] == list(row) for found in rows(text)), (row, text)


@pytest.mark.parametrize("infos", [None, [None]])
def test_a_step_that_reads_results_without_initial_values(infos):
    with pytest.raises(TypeError) as caught:
        theano.scan(lambda e, s: s + e, x, infos)
    assert caught.value.__notes__[-1] == "a step reads its earlier results if outputs_info has their initial values"


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
def test_a_state_that_grows(mode):
    f = theano.function([k], theano.scan(lambda e, s: T.concatenate([s, e[None]]), k, k)[0], mode=mode)
    text, _ = told(theano.errors.ShapeError, lambda: f([1, 2]))
    assert text.startswith("scan: a state of a loop must keep its shape: 3 and 2")
    assert "what grows has its last size from the beginning: start from T.zeros and write with T.set_subtensor(state[i], row)" in text


def test_what_is_written_into_rows_of_a_loop():
    """That there are too few of these is no matter of an initial value."""
    gradient = T.grad(x[0] ** 2 + theano.scan(lambda e: e * e, x)[0].sum(), x)
    text, _ = told(theano.errors.BoundsError, lambda: theano.function([x], gradient)([]))
    assert "index 0 is out of bounds for axis 0 of " in text and "ifelse" not in text


def test_rows_of_different_sizes():
    """Only the steps can tell them, so Python does the steps."""
    f = theano.function([k], theano.scan(lambda i: T.arange(i), k)[0])
    assert f([2, 2]).tolist() == [[0, 1], [0, 1]]
    text, _ = told(theano.errors.ShapeError, lambda: f([1, 2]))
    assert "rows of one result have the shapes (1,) and (2,)" in text
