"""A mode that calls your functions before and after each node, with its values at hand.

>>> import theano, theano.tensor as T
>>> def show(i, node, fn):
...     print(i, node.op, [cell[0].tolist() for cell in fn.inputs], [cell[0].tolist() for cell in fn.outputs])
>>> x = T.dvector("x")
>>> f = theano.function([x], T.exp(x).sum(), mode=MonitorMode(post_func=show))
>>> f([0, 0])
0 Elemwise{exp,no_inplace} [[0.0, 0.0]] [[1.0, 1.0]]
1 Sum{acc_dtype=float64} [[1.0, 1.0]] [2.0]
array(2.)
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy

from theano.compile.mode import Mode
from theano.errors import message
from theano.graph import Apply
from theano.interpret import PerformLinker, WrapLinker
from theano.printing.tree import debugprint


class MonitorMode(Mode):
    """``pre_func`` and ``post_func`` are called as ``f(i, node, fn)`` before and after node number ``i`` runs: ``fn.inputs`` and
    ``fn.outputs`` are its cells, lists of one element.  ``linker`` may be a linker that runs nodes one by one."""

    def __init__(self, pre_func: Any = None, post_func: Any = None, optimizer: Any = "default", linker: Any = None) -> None:
        for name, given in (("pre_func", pre_func), ("post_func", post_func)):
            if given is not None and not _takes_three(given):
                cure = f"give a function: def {name}(i, node, fn)"
                raise TypeError(message(f"MonitorMode: {name} is {given!r}, which cannot be called with three arguments", cure=cure))
        self.pre_func, self.post_func = pre_func, post_func
        mode = Mode(PerformLinker() if linker is None else linker, optimizer)
        self._inner = mode.linker if mode.engine == "nodewise" else PerformLinker()
        super().__init__(WrapLinker([self._inner], self.eval), optimizer)

    def eval(self, i: int, node: Apply, fn: Any) -> None:
        """Run one node between the two functions."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)

    def _with(self, optimizer: Any) -> MonitorMode:
        new = super()._with(optimizer)
        assert isinstance(new, MonitorMode)
        new.linker = WrapLinker([new._inner], new.eval)
        return new


def _takes_three(given: Any) -> bool:
    if not callable(given):
        return False
    try:
        inspect.signature(given).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # a builtin that does not say
        pass
    return True


def detect_nan(i: int, node: Apply, fn: Any) -> None:
    """A ``post_func`` that prints the node and its values where a result holds a NaN."""
    for cell in fn.outputs:
        value = cell[0]
        if isinstance(value, numpy.ndarray) and value.dtype.kind in "fc" and numpy.isnan(value).any():
            print("*** NaN detected ***")
            debugprint(node)
            print(f"Inputs : {[c[0] for c in fn.inputs]}")
            print(f"Outputs: {[c[0] for c in fn.outputs]}")
            return


__all__ = ["MonitorMode", "detect_nan"]
