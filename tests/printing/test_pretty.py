"""Formulas on one line."""

import pytest

import theano
import theano.tensor as T
from theano.printing import pp, pprint

x, y = T.dscalars("x", "y")
v, m = T.dvector("v"), T.dmatrix("m")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (lambda: x + y, "(x + y)"),
        (lambda: (x - y) / (x * y), "((x - y) / (x * y))"),
        (lambda: x - (y - x), "(x - (y - x))"),
        (lambda: x**2, "(x ** TensorConstant{2})"),
        (lambda: -x, "(-x)"),
        (lambda: T.exp(-x) % 2, "(exp((-x)) % TensorConstant{2})"),
        (lambda: T.switch(T.lt(x, y), x // y, y), "switch((x < y), (x // y), y)"),
        (lambda: T.dot(m, v), "(m \\dot v)"),
        (lambda: v.sum(), "Sum{acc_dtype=float64}(v)"),
        (lambda: m.T, "m.T"),
        (lambda: T.fill(v, 0.0), "fill(v, TensorConstant{0.0})"),
        (lambda: m + v, "(m + v)"),
        (lambda: m.dimshuffle(0, "x", 1) * v.dimshuffle(0, "x"), "(DimShuffle{0, x, 1}(m) * DimShuffle{0, x}(v))"),
        (lambda: m.sum().dimshuffle(), "Sum{acc_dtype=float64}(m)"),
        (lambda: T.max_and_argmax(m, axis=1)[1], "MaxAndArgmax{axis=[1]}.1(m)"),
    ],
)
def test_formulas(expression, text):
    assert pp(expression()) == text


def test_named_parts_are_shown_by_name_but_the_whole_is_not():
    z = T.exp(x)
    z.name = "z"
    assert pp(z * y) == "(z * y)"
    assert pp(z) == "exp(x)"


def test_inputs_and_constants():
    assert pp(x) == "x"
    assert pp(T.constant([1.0, 2.0])) == "TensorConstant{[1. 2.]}"
    assert pp(theano.shared(1.0, "s") * x) == "(s * x)"


def test_long_chains_need_no_recursion():
    z = x
    for _ in range(3000):
        z = T.sin(z)
    assert pp(z) == "sin(" * 3000 + "x" + ")" * 3000


def test_pprint_is_pp():
    assert pprint is pp is theano.pp
