"""What extents come to in one call: sizes as expressions, evaluated from the arrays at hand.

>>> import numpy, theano, theano.tensor as T
>>> x = T.dmatrix("x")
>>> program = theano.function([x], T.concatenate([x, x])).maker.compilation.program
>>> sizes = Sizes(program, [numpy.zeros((2, 3))])
>>> [sizes(extent) for extent in program.outputs[0].shape]
[4, 3]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from theano.loops.ir import Buffer, Program
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Value


class Sizes:
    """A function from extents of ``program`` to numbers, None where the arguments alone do not tell.

    ``arguments`` are the values of its inputs and then of its shared variables."""

    def __init__(self, program: Program, arguments: Sequence[Any]) -> None:
        self.program = program
        self.known: dict[Any, int] = {}
        count = len(program.inputs)
        self._take("input", program.inputs, arguments[:count])
        self._take("shared", program.shared, arguments[count:])

    def _take(self, kind: str, buffers: Sequence[Buffer], arrays: Sequence[Any]) -> None:
        for position, (buffer, array) in enumerate(zip(buffers, arrays)):
            shape = numpy.shape(array) if buffer.dtype != "object" else ()
            self.known.update(((kind, position, axis), n) for axis, n in enumerate(shape))
            if not buffer.shape and "int" in buffer.dtype:
                self.known["value", buffer.number] = int(array)

    def __call__(self, extent: Value) -> int | None:
        try:
            return int(evaluate([extent], lambda leaf: numpy.asarray(self.known[leaf.data], "int64"))[0])
        except KeyError:
            return None

    def operands(self, node: Any) -> list[tuple[Any, tuple[int | None, ...]]]:
        """The inputs of a node that a failure may be about, with their shapes."""
        found = next((pairs for known, pairs in self.program.operands if known is node), ())
        return [(variable, tuple(map(self, shape))) for variable, shape in found]
