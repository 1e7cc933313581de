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

from collections.abc import Sequence
from typing import Any

from theano.compile.function import Function, python_callback
from theano.emit.reference_program import run_program
from theano.loops.ir import PythonStep, walk_steps


class ReferenceFunction(Function):
    """A function run by :func:`theano.emit.reference_program.run_program`."""

    def _bind(self) -> None:
        s, self._program = self.maker.compilation.specification, self.maker.compilation.program
        self._shared = [v.container.storage for v in s.shared]
        steps = (step for step in walk_steps(self._program.frame) if isinstance(step, PythonStep))
        self._callbacks = {step.node: python_callback(step) for step in steps}
        self._arguments: Sequence[Any] = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.arranged(self.slow(*args, **kwargs))

    def run(self, values: Sequence[Any]) -> Any:
        outputs, after = run_program(self._program, values, [s[0] for s in self._shared], self._perform, self._failure)
        for storage, value in zip(self._shared, after, strict=True):
            storage[0] = value
        return outputs
