"""What other processes do in the tests: functions that a spawned one can import, and a program for a fresh one."""

import numpy as np

import theano
import theano.tensor as T

x = T.dvector("x")
BUILT = {}


def shifted(amount):
    """A function built in the process that asks, once."""
    if amount not in BUILT:
        BUILT[amount] = theano.function([x], T.exp(x - amount).sum())
    return BUILT[amount]


def call(amount, count):
    return float(shifted(amount)(np.full(count, float(amount))))


PROGRAM = """
import sys
import numpy as np
import theano, theano.tensor as T
theano.config.base_compiledir = sys.argv[1]
x, w = T.dmatrix("x"), theano.shared(np.ones((3, 3)), name="w")
f = theano.function([x], T.nnet.softmax(T.dot(x, w)).sum(), updates=[(w, w + x)])
assert f(np.eye(3)) == 3 and (w.get_value() == 1 + np.eye(3)).all()
print(f.maker.compilation.kept)
"""
