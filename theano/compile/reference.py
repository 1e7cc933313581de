"""The judge: a function that interprets its program with NumPy, step by step.

It runs the same program that native code would, so what the two disagree on is the fault of an emitter; and it runs on any
machine.  Mode ``REFERENCE`` chooses it.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], (x * 2).sum(), mode="REFERENCE")
>>> f([1, 2])
array(6.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

from theano.compile import failures
from theano.compile.callable import LedFunction
from theano.compile.python_steps import python_callback
from theano.compile.sizes import Sizes
from theano.emit.reference_program import run_program
from theano.graph.locks import Owned, lock_of
from theano.loops.ir import Buffer, Guard, PythonStep, walk_steps


class InterpretedFunction(LedFunction):
    """A function that no machine code runs; subclasses say how one call is computed."""

    native = False

    def trim(self) -> None:
        """Nothing is kept."""

    def compute(self, values: Sequence[Any], shared: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """The outputs, and the values of the shared variables afterwards; none of the arguments is changed."""
        raise NotImplementedError

    @property
    def _storage(self) -> list[list[Any]]:
        return [v.container.storage for v in self.maker.compilation.specification.shared]

    def step_times(self) -> list[tuple[Any, int, int]]:
        return []

    def run(self, values: Sequence[Any]) -> Any:
        cells, positions = self._storage, sorted({position for position, _ in self.maker.compilation.specification.updates})
        cells_of_updates = Owned([lock_of(cells[k]) for k in positions])
        try:
            cells_of_updates.take()
            outputs, after = self.compute(values, list(map(itemgetter(0), cells)))
            new = [after[k] for k in positions]
            deque(map(list.__setitem__, [cells[k] for k in positions], repeat(0), new), maxlen=0)  # in one step: no signal comes between
        finally:
            cells_of_updates.release()
        return outputs[0] if self.maker.compilation.specification.layout == "single" else outputs


class ReferenceFunction(InterpretedFunction):
    """A function run by :func:`theano.emit.reference_program.run_program`."""

    def _bind(self) -> None:
        self._program = self.maker.compilation.program
        steps = walk_steps(self._program.frame)
        self._callbacks = {id(step.node): python_callback(step, debug=True) for step in steps if isinstance(step, PythonStep)}

    def compute(self, values: Sequence[Any], shared: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        def failure(what: Guard | tuple[Any, str] | Buffer, first: int, second: int) -> Exception:
            sizes = Sizes(self._program, [*values, *shared])
            if isinstance(what, Buffer):
                return failures.memory_error(what.number, sizes)
            if isinstance(what, Guard):
                return self._told(failures.guard_error(what, first, second, sizes), what.node, [*values, *shared])
            return self._told(failures.check_error(*what, first, sizes), what[0], [*values, *shared])

        return run_program(self._program, values, shared, self._perform, failure)

    def _perform(self, node: Any, arguments: list[Any]) -> Sequence[Any]:
        return self._callbacks[id(node)](*arguments)
