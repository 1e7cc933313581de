"""``exception_verbosity="high"``: errors show the node as a tree, and what every array takes."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import raising

x, i = T.fmatrix("x"), T.lvector("i")
X, INDEX = np.ones((3, 4), "float32"), np.array([1])


def notes(verbosity, mode, *arguments):
    w = theano.shared(np.ones((5, 2), "float32"), "w")
    f = theano.function([x, i], (T.dot(x, w) * 2.5)[i], mode=mode)
    with theano.config.change_flags(exception_verbosity=verbosity), pytest.raises((ValueError, IndexError)) as caught:
        f(*arguments)
    return "\n".join(getattr(caught.value, "__notes__", []))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_RUN", "REFERENCE"])
@pytest.mark.parametrize(("arguments", "words"), [((X, INDEX), ("dot",)), ((np.ones((3, 5), "float32"), [7]), ("subtensor", "indexing"))])
def test_high(mode, arguments, words):
    text = notes("high", mode, *arguments)
    first, tree, *rest = text.splitlines()
    assert first == "Debugprint of the node:" and any(word in tree.lower() for word in words)
    sizes = rest[rest.index("Storage map footprint:") + 1 :]
    assert f" - x, Input, Shape: {np.shape(arguments[0])}, ElemSize: 4 Byte(s), TotalSize: {arguments[0].nbytes} Byte(s)" in sizes
    assert " - w, Shared Input, Shape: (5, 2), ElemSize: 4 Byte(s), TotalSize: 40 Byte(s)" in sizes
    entries = [int(line.split("TotalSize: ")[1].split()[0]) for line in sizes]
    assert entries[:-1] == sorted(entries[:-1], reverse=True) and entries[-1] == sum(entries[:-1])


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
def test_low(mode):
    assert notes("low", mode, X, INDEX) == ""


def test_node_by_node():
    text = notes("high", theano.Mode("py"), X, INDEX)
    assert "x" in text and "float32 array of shape (5, 2)" in text


def test_a_python_operation():
    a, n = T.dscalar("a"), T.lscalar("n")
    f = theano.function([a, n], raising(a, n))
    with theano.config.change_flags(exception_verbosity="high"), pytest.raises(ZeroDivisionError) as caught:
        f(1, 1)
    text = "\n".join(caught.value.__notes__)
    assert "Debugprint of the node:\nRaising [id A]" in text and " - a, Input, Shape: (), ElemSize: 8 Byte(s)" in text
