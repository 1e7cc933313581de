"""Values that are handed on only if conditions hold, or never."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph import equal_computations, generic
from theano.raise_op import Raise
from theano.tensor.opt import Assert

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x = T.dvector("x")
n, s = T.lscalar("n"), T.fscalar("s")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_all_conditions_must_hold_whatever_their_dtype(count, mode):
    conditions = [n, s, T.all(x > 0)][:count]
    f = theano.function([x, n, s], Assert("no")(x, *conditions).sum(), mode=mode, on_unused_input="ignore")
    good = ([1, 2], -3, 0.5)
    assert f(*good) == 3
    for position, bad in enumerate((0, 0.0, [-1, 2])):
        values = [bad if position == 2 else [1, 2], bad if position == 0 else -3, bad if position == 1 else 0.5]
        if position < count:
            with pytest.raises(AssertionError, match="no"):
                f(*values)
        else:
            f(*values)


def test_constants_fail_in_the_call_and_not_before():
    f = theano.function([x], Assert("never")(x, np.array(0)))
    with pytest.raises(AssertionError, match="never"):
        f([1])
    assert theano.function([x], Assert("never")(x, np.array(1)))([1]) == [1]


def test_a_failure_changes_no_shared_variable():
    w, v = theano.shared(np.zeros(2)), theano.shared(0)
    f = theano.function([x], w.sum(), updates=[(w, Assert("sum")(w + x, T.le(x.sum(), 3))), (v, v + 1)])
    f([1, 2])
    with pytest.raises(AssertionError, match="sum"):
        f([2, 2])
    assert w.get_value().tolist() == [1, 2] and v.get_value() == 1


@pytest.mark.parametrize("mode", MODES)
def test_raising(mode):
    f = theano.function([x, n], theano.ifelse.ifelse(T.gt(n, 0), x, Raise("n must be positive", ValueError)(x)), mode=mode)
    assert f([1], 1) == [1]
    with pytest.raises(ValueError, match="n must be positive"):
        f([1], 0)
    with pytest.raises(NotImplementedError):
        theano.function([], Raise()(T.constant(1)), mode=mode)()


def test_what_raises_has_a_type_a_shape_and_derivatives_that_raise():
    out = Raise("no")(x)
    assert out.type == x.type and Raise("no")(generic()).type == generic
    assert theano.function([x], out.shape[0])([1, 2]) == 2
    assert equal_computations([Raise("no")(x)], [out]) and Raise("no") != Raise("no", ValueError)
    for derivative in (T.grad(out.sum(), x), T.Rop(out, x, x)):
        with pytest.raises(NotImplementedError, match="no"):
            theano.function([x], derivative, on_unused_input="ignore")([1])


def test_misuse():
    with pytest.raises(TypeError, match=r"(?s)exc is a class of exceptions, not ValueError\('a'\).*Raise\('why', ValueError\)"):
        Raise("a", ValueError("a"))
