"""Theano: define, differentiate and compile mathematical expressions over arrays.

>>> import theano
>>> import theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], T.grad((x ** 2).sum(), x))
>>> f([1, 2])
array([2., 4.])
"""

import sys

__version__ = "2.0.dev0"

from theano import compat, compile, dtypes, errors, flags, gradient, graph, printing, scalar, scanning, tensor
from theano.compile import FAST_COMPILE, FAST_RUN, Function, In, Mode, Out, Param, function, get_mode, predefined_modes
from theano.deferred import deferred
from theano.flags import config
from theano.gradient import Lop, Rop, grad, hessian, jacobian, subgraph_grad, value_and_grad
from theano.graph import Apply, Constant, Op, Type, Variable, generic
from theano.graph import clone_replace as clone
from theano.tensor.sharedvar import shared
from theano.tensor.updates import OrderedUpdates

for _name in ("grad", "Rop", "Lop", "jacobian", "hessian", "verify_grad", "numeric_grad"):
    setattr(tensor, _name, getattr(gradient, _name))

_LOOPS = "OpFromGraph foldl foldr map reduce scan scan_checkpoints vectorize"
__getattr__, __dir__ = deferred(__name__, compile="load", printing="pp", scanning=_LOOPS)
theano = sys.modules[__name__]  # programs write ``from theano import theano``
compat.install()
flags.set_numpy_errors()

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "Apply",
    "Constant",
    "Function",
    "In",
    "Lop",
    "Mode",
    "Op",
    "OpFromGraph",
    "OrderedUpdates",
    "Out",
    "Param",
    "Rop",
    "Type",
    "Variable",
    "clone",
    "compat",
    "compile",
    "config",
    "dtypes",
    "errors",
    "flags",
    "foldl",
    "foldr",
    "function",
    "generic",
    "get_mode",
    "grad",
    "gradient",
    "graph",
    "hessian",
    "jacobian",
    "load",
    "map",
    "pp",
    "predefined_modes",
    "printing",
    "reduce",
    "scalar",
    "scan",
    "scan_checkpoints",
    "scanning",
    "shared",
    "subgraph_grad",
    "tensor",
    "value_and_grad",
    "vectorize",
]
