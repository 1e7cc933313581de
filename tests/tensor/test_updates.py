"""OrderedUpdates: ordered, of shared variables only, and without contradictions."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.updates import OrderedUpdates

s, t, u = (theano.shared(float(k), name=name) for k, name in enumerate("stu"))


def test_the_order_is_that_of_insertion():
    updates = OrderedUpdates([(t, t + 1), (s, s + 1)])
    updates[u] = u * 2
    assert list(updates) == [t, s, u] and isinstance(updates, dict)
    assert list(OrderedUpdates({s: s, t: t}) + {u: u}) == [s, t, u]
    assert list([(u, u)] + OrderedUpdates({s: s})) == [u, s]
    for copier in (copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))):
        new = copier(updates)
        assert type(new) is OrderedUpdates and [k.name for k in new] == ["t", "s", "u"]


def test_an_entry_may_be_replaced_but_not_contradicted():
    e = s + 1
    updates = OrderedUpdates({s: e})
    updates.update({s: e, t: 3.0})
    updates.update(OrderedUpdates({t: 3.0}))
    updates.update(None)
    assert list(updates.items()) == [(s, e), (t, 3.0)]
    with pytest.raises(KeyError, match=r"two updates of the shared variable s"):
        updates.update({s: s + 1})
    with pytest.raises(KeyError, match=r"two updates of the shared variable t"):
        updates + OrderedUpdates({t: 4.0})
    with pytest.raises(KeyError, match=r"two updates of the shared variable s"):
        {s: s * 2} + updates
    updates[s] = s * 3
    assert updates[s] is not e and len(updates) == 2


def test_a_sum_leaves_its_sides_alone():
    a, b = OrderedUpdates({s: s + 1}), OrderedUpdates({t: t + 1})
    assert len(a + b) == 2 and len(a) == len(b) == 1


@pytest.mark.parametrize("make", [lambda x: OrderedUpdates([(x, 1)]), lambda x: OrderedUpdates().update({x: 1})])
def test_keys_are_shared_variables(make):
    with pytest.raises(TypeError, match=r"(?s)updates are of shared variables; x is a variable of type .*theano\.shared"):
        make(T.dscalar("x"))
    with pytest.raises(TypeError, match=r"name is a str"):
        make("name")


def test_a_function_takes_them():
    a, b = theano.shared(1.0), theano.shared(np.zeros(2))
    f = theano.function([], [a], updates=OrderedUpdates({a: a + 1}) + OrderedUpdates({b: b + a}))
    assert f() == [1.0] and f() == [2.0]
    assert a.get_value() == 3.0 and b.get_value().tolist() == [3.0, 3.0]
