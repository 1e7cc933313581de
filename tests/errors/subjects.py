"""What the tests of misuse work on, and the proof that none of it has changed."""

import copy

import numpy as np
import pytest

import theano
import theano.tensor as T

a, b = T.dscalars("a", "b")
x, y = T.dvectors("x", "y")
m, row = T.dmatrix("m"), T.drow("row")
k, i8, f32 = T.lscalar("k"), T.bvector("i8"), T.fvector("f32")
total, nameless = T.dscalar("total"), T.dscalar()
same, again = T.dscalar("same"), T.dscalar("same")

w, v = theano.shared(np.arange(3.0), name="w"), theano.shared(np.arange(2.0), name="v")
c, n = theano.shared(np.float32(1), name="c"), theano.shared(3, name="n")
table = theano.shared([1, 2], name="table")
flat = theano.shared(np.ones((1, 2)), name="flat", broadcastable=(True, False))
strict = theano.shared(np.ones(2), name="strict", strict=True)
SHARED = [w, v, c, n, table, flat, strict]

step = theano.function(
    [x, theano.In(b, value=2.0), theano.In(total, value=0.0, update=total + b)], [x * b + w, total], updates=[(w, w + x)], name="step"
)
take = theano.function([f32, k, row, i8], [f32 * 1, k * 1, row * 1, i8 * 1], name="take")
named = theano.function([a], {"p": a, "q": a + 1}, name="named")
twins = theano.function([same, again, nameless], same - again + nameless, name="twins")
hidden = theano.function([a, theano.In(b, value=1.0, implicit=True)], a * b, name="hidden")

ONES = np.ones(3)
WIDE = np.ones((2, 2))
SINGLE = np.ones(1, "float32")
OBJECTS = np.array([1, None], dtype=object)
MASKED = np.ma.array([1.0, 2.0], mask=[True, False])
ARRAYS = [ONES, WIDE, SINGLE, OBJECTS, MASKED]


def state():
    """Everything that a misuse must leave as it is."""
    kept = [s.get_value() for s in SHARED] + [s.default_update for s in SHARED]
    kept += [step[b], step[total], hidden[b], step.name, [i.value for i in step.maker.inputs]]
    return kept + copy.deepcopy(ARRAYS)


def refused(action, kind, headline, cure):
    """``action`` raises an error that begins and ends so, and changes nothing."""
    before = state()
    with pytest.raises(kind) as caught:
        action()
    text = str(caught.value)
    assert text.startswith(headline)
    assert cure is None or cure in text.splitlines()[-1]
    assert all(np.array_equal(np.asarray(p, dtype=object), np.asarray(q, dtype=object)) for p, q in zip(before, state(), strict=True))
