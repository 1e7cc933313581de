"""``f.explain()``: the steps of the program in the user's terms, with the user's lines."""

import re

import numpy as np

import theano
import theano.tensor as T
from tests.compile.ops import raising, resized
from theano.printing.explain import extent
from theano.scalar.instructions import Trace
from theano.scanning import branch, repeat

x, m = T.dvector("x"), T.dmatrix("m")
a, n = T.dscalar("a"), T.lscalar("n")


def lines(f):
    return f.explain().splitlines()


def test_nothing_to_do():
    assert lines(theano.function([], [])) == ["function: nothing to compute"]


def test_a_kernel_names_its_operations_buffers_and_lines():
    text = theano.function([x, a], T.exp(x) * a + a, name="curve").explain()
    assert text.startswith("curve: ")
    (kernel,) = [line for line in text.splitlines() if "input x" in line]
    wanted = r"kernel \[.*exp.*\]: .*input x float64 \(x.shape\[0\],\).* -> output 0 float64 \(x.shape\[0\],\)   # test_explain.py:\d+"
    assert re.search(wanted, kernel)


def test_equal_kernels_count_once():
    text = theano.function([m], T.dot(T.tanh(T.dot(T.tanh(m), m)), m)).explain()
    assert text.splitlines()[0] == "function: 2 kernels, 2 library calls (1 distinct kernels)"


def test_library_calls_and_guards():
    text = theano.function([m, x], T.dot(m, x)).explain()
    assert re.search(r"guard: m.shape\[1\] == x.shape\[0\]   # test_explain.py:\d+", text)
    assert re.search(r"library: gemv float64 -> output 0 float64 \(m.shape\[0\],\)   # test_explain.py:\d+", text)


def test_updates():
    s, t = theano.shared(np.zeros(3), name="s"), theano.shared(np.zeros(3), name="t")
    text = theano.function([x], updates=[(s, s + x), (t, t[::-1])]).explain()
    assert "-> shared s float64" in text
    assert "commit: shared variable t becomes update" in text


def test_python_steps_and_sizes_found_late():
    text = theano.function([x, n, a], resized(x, n) * raising(a, n)).explain()
    assert "2 Python steps" in text.splitlines()[0]
    assert re.search(r"Python: Resized.* runs its perform   # test_explain.py:\d+", text)
    assert "then, with sizes found so far:" in text
    deeper = text[text.index("then, with") :].splitlines()[1]
    assert deeper.startswith("    ")


def test_regions():
    state = repeat(lambda step, s: [T.dot(m, s)], n, [x])[0]
    text = theano.function([x, m, n, a], branch(T.gt(a, 0), [state], [x])).explain()
    assert re.search(r"loop of .* steps carrying 1 states   # test_explain.py:\d+", text)
    assert "computing one side" in text
    assert "regions" in text.splitlines()[0]


def test_the_lines_of_all_that_was_fused():
    y = T.sqr(x)
    z = y + 1
    f = theano.function([x], z.sum())
    named = re.findall(r"test_explain.py:(\d+)", f.explain())
    assert len(set(named)) >= 2


def test_extents():
    t = Trace()
    rows, columns = t.leaf("size", "int64", ("input", 0, 0)), t.leaf("size", "int64", ("shared", 2, 1))
    assert extent(rows * columns + 1, {("input", 0): "x"}) == "((x.shape[0]*shared2.shape[1])+1)"
    assert extent(t.leaf("size", "int64", ("value", 3)), {}) == "value3"
