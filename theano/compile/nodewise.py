"""A function that runs its graph node by node, each by its operation's ``perform``.

Every value on the way can be looked at: this is what ``MonitorMode``, ``NanGuardMode``, ``WrapLinker`` and the linker ``py`` run.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], T.exp(x).sum(), mode=theano.Mode("py"))
>>> f([0, 0])
array(2.)
>>> print(f.explain())
function: 2 nodes, one by one
  Elemwise{exp,no_inplace}(x)   # <doctest theano.compile.nodewise[2]>:1
  Sum{acc_dtype=float64}(Elemwise{exp,no_inplace}.0)   # <doctest theano.compile.nodewise[2]>:1
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

import numpy

from theano.compile.failures import lines_of
from theano.compile.profiling import ProfileStats
from theano.compile.reference import InterpretedFunction
from theano.graph import require_runnable, view_roots
from theano.graph.running import copied
from theano.interpret import VM
from theano.tensor.type import array_dtype


class NodewiseFunction(InterpretedFunction):
    """A function run by the linker of its mode (:mod:`theano.interpret`)."""

    def _bind(self) -> None:
        compilation = self.maker.compilation
        fgraph = compilation.fgraph
        for node in fgraph.toposort():
            require_runnable(node)
        self._input_cells: list[list[Any]] = [[None] for _ in fgraph.inputs]
        destroyers: Any = getattr(fgraph, "destroyers", lambda variable: ())
        self._overwritten = [position for position, variable in enumerate(fgraph.inputs) if destroyers(variable)]
        cells: dict[Any, list[Any]] = {}
        handed_out = list(dict.fromkeys(root for v in fgraph.outputs for root in (v, *view_roots(v))))  # no later call may write into them
        linker = compilation.mode.linker.accept(fgraph, no_recycling=handed_out)
        self._thunk = linker.make_thunk(input_storage=self._input_cells, storage_map=cells)[0]
        self._output_cells = [cells[v] for v in fgraph.outputs]
        self._lock = threading.RLock()

    def compute(self, values: Sequence[Any], shared: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        specification = self.maker.compilation.specification
        with self._lock:
            try:
                for cell, value in zip(self._input_cells, [*values, *shared], strict=True):
                    cell[0] = value
                for position in self._overwritten:  # an argument is its caller's, and so is a shared value until all is done
                    self._input_cells[position][0] = copy(self._input_cells[position][0])
                self._thunk()
                if self.profile_stats is not None and isinstance(self._thunk, VM):
                    self._thunk.update_profile(self.profile_stats)
                results = unshared([cell[0] for cell in self._output_cells], [*values, *shared], self.maker.fgraph.outputs)
            finally:
                for cell in self._input_cells:
                    cell[0] = None
        count = len(specification.outputs)
        after = list(shared)
        for (position, _), value in zip(specification.updates, results[count:], strict=True):
            after[position] = value
        return results[:count], after

    def attach_profile(self, stats: ProfileStats) -> None:
        super().attach_profile(stats)
        if isinstance(self._thunk, VM):
            self._thunk.time_thunks = stats.flag_time_thunks

    def explain(self) -> str:
        """The nodes in the order in which they run."""
        order = self.maker.fgraph.toposort()
        lines = [f"{self._title()}: {len(order)} node{'s' if len(order) != 1 else ''}, one by one"]
        for node in order:
            places = ", ".join(lines_of(node))
            lines.append(f"  {node}" + (f"   # {places}" if places else ""))
        return "\n".join(lines)


def unshared(results: Sequence[Any], others: Iterable[Any], variables: Sequence[Any]) -> list[Any]:
    """Results of which none shares memory with another, with ``others`` or with a constant, as arrays that Python may keep."""
    taken = [v for v in others if isinstance(v, numpy.ndarray)]
    taken += [v.data for v in variables if isinstance(getattr(v, "data", None), numpy.ndarray)]
    found = []
    for value, variable in zip(results, variables, strict=True):
        dtype = array_dtype(variable.type)
        if isinstance(value, list):
            value = copied(value)
        elif dtype != "object":
            value = numpy.asarray(value, dtype=dtype)
            if any(numpy.may_share_memory(value, other) for other in taken):
                value = value.copy()
            value = numpy.ascontiguousarray(value).reshape(value.shape)
            taken.append(value)
        found.append(value)
    return found
