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

from theano.compile import failures
from theano.compile.callable import Function, python_callback
from theano.compile.explain import walk_steps
from theano.compile.sizes import Sizes
from theano.emit.reference_program import run_program
from theano.loops.ir import Guard, PythonStep


class ReferenceFunction(Function):
    """A function run by :func:`theano.emit.reference_program.run_program`."""

    def _bind(self) -> None:
        compilation = self.maker.compilation
        self._program = compilation.program
        self._storage = [v.container.storage for v in compilation.specification.shared]
        steps = walk_steps(self._program.frame)
        self._callbacks = {id(step.node): python_callback(step) for step in steps if isinstance(step, PythonStep)}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._arranged(self.slow(*args, **kwargs))

    def run(self, values: Sequence[Any]) -> Any:
        shared: list[Any] = [storage[0] for storage in self._storage]

        def failure(what: Guard | tuple[Any, str], first: int, second: int) -> Exception:
            sizes = Sizes(self._program, [*values, *shared])
            if isinstance(what, Guard):
                return failures.guard_error(what, first, second, sizes)
            return failures.check_error(*what, first, sizes)

        outputs, after = run_program(self._program, values, shared, self._perform, failure)
        for storage, value in zip(self._storage, after, strict=True):
            storage[0] = value
        return outputs[0] if self.maker.compilation.specification.layout == "single" else outputs

    def _perform(self, node: Any, arguments: list[Any]) -> Sequence[Any]:
        return self._callbacks[id(node)](*arguments)
