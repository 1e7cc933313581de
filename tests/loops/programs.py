"""What a graph becomes: its kernels and steps, and the shape of their loops."""

import numpy as np

import theano
from tests.evaluate import evaluate
from theano.loops.ir import Check, KernelStep, Loop, walk_steps


def compiled(inputs, outputs, updates=None):
    """A function that keeps every form of its program."""
    return theano.function(inputs, outputs, updates=updates, mode="REFERENCE", on_unused_input="ignore")


def frame(f):
    return f.maker.compilation.program.frame


def steps(f):
    return list(walk_steps(frame(f)))


def kernels(f):
    """Those of the program, without the other schedules that short rows have."""
    return [step.kernel for step in steps(f) if isinstance(step, KernelStep) and (step.when is None or step.when.opposite)]


def schedules(f):
    """The outlines of kernels that run in some calls only, and the conditions on which they do."""
    found = [step for step in steps(f) if isinstance(step, KernelStep) and step.when is not None]
    return [(outline(step.kernel), step.when.limit, step.when.opposite) for step in found]


def outline(kernel):
    """The loops of a kernel as text: ``i(...)`` is serial, ``v(...)`` in lanes, ``+name`` a reduction, ``S`` a store, ``C`` a check."""

    def text(body):
        return " ".join(statement(s) for s in body)

    def statement(s):
        if isinstance(s, Loop):
            parts = (text(s.body), *(f"+{a.combine}" for a in s.accumulators))
            return f"{'v' if s.kind == 'vector' else 'i'}({' '.join(filter(None, parts))})"
        return "C" if isinstance(s, Check) else "S"

    return text(kernel.body)


def outlines(inputs, outputs):
    return [outline(k) for k in kernels(compiled(inputs, outputs))]


def check(inputs, outputs, *values, rtol=1e-7):
    """The program's results are those of ``perform``; the compiled function."""
    f = compiled(inputs, outputs)
    expected = evaluate(outputs, dict(zip(inputs, values)))
    for found, wanted in zip(f(*values), expected):
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=rtol, atol=rtol)
    return f
