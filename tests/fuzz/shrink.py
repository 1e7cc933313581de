"""Make a failing case small: fewer outputs, and every part of the graph whose values will do as an input becomes one.

A shrunk case is printed as a program's graph with the values that matter, so that it can be turned into a test.
"""

import io
import time

import numpy as np

from tests.fuzz.bounds.judge import judge
from tests.fuzz.bounds.values import Bounded, Unbounded
from tests.fuzz.check import Case, Wrong, check
from tests.fuzz.graphs import ENVIRONMENTS, Known
from theano.graph import clone_replace, io_toposort
from theano.printing import debugprint


def failure(case, modes):
    """What is wrong with ``case`` now, or None."""
    try:
        check(case, np.random.default_rng(0), modes)
    except Wrong as wrong:
        return wrong
    except Exception:  # it is no case any more
        return None
    return None


def shrunk(case, wrong, seconds=40.0):
    """A small case that fails in the same mode, and how it fails; the smallest found in so many seconds."""
    modes, stop = (wrong.mode,), time.monotonic() + seconds
    for smaller in _parts(case):
        found = failure(smaller, modes)
        if found is not None:
            case, wrong = smaller, found
            break
    for smaller in _heads(case):
        found = failure(smaller, modes) if time.monotonic() < stop else None
        if found is not None:
            case, wrong = smaller, found
            break
    progress = True
    while progress and time.monotonic() < stop:
        progress = False
        for smaller in _cuts(case):
            found = failure(smaller, modes)
            if found is not None:
                case, wrong, progress = smaller, found, True
                break
            if time.monotonic() > stop:
                break
    return case, wrong


def _parts(case):
    """One output or one update alone, then half of them."""
    for output in case.outputs:
        yield _used(Case(case.inputs, case.shared, [output]))
    for update in case.updates:
        yield _used(Case(case.inputs, case.shared, [], [update]))
    for output in case.outputs:
        for update in case.updates:
            yield _used(Case(case.inputs, case.shared, [output], [update]))
    yield Case(case.inputs, case.shared, case.outputs)
    middle = len(case.outputs) // 2
    for half in (case.outputs[:middle], case.outputs[middle:]):
        yield Case(case.inputs, case.shared, half, case.updates)


def _used(case):
    wanted = {v for n in io_toposort([], _results(case)) for v in n.inputs} | set(_results(case))
    kept = [k for k in case.inputs if k.variable in wanted]
    return Case(
        kept, [k for k in case.shared if k.variable in wanted or any(old is k for old, _ in case.updates)], case.outputs, case.updates
    )


def _results(case):
    return [k.variable for k in case.outputs] + [new.variable for _, new in case.updates]


def _heads(case):
    """One inner variable alone as the result: the first that fails."""
    leaves = {k.variable: k for k in (*case.inputs, *case.shared)}
    for node in io_toposort(list(leaves), _results(case)):
        for variable in node.outputs:
            if hasattr(variable.type, "broadcastable"):
                found = _known([variable], leaves.values())
                if found is not None:
                    yield _used(Case(case.inputs, case.shared, found))


def _known(variables, leaves):
    """``variables`` with their values; None if nothing can be said of them."""
    try:
        judged = [judge(variables, {k.variable: k.found[e] for k in leaves}) for e in range(ENVIRONMENTS)]
    except Unbounded:
        return None
    return [Known(v, [judged[e][k] for e in range(ENVIRONMENTS)]) for k, v in enumerate(variables)]


def _cuts(case):
    """The case with one inner variable made an input: those next to the results first."""
    leaves = {k.variable: k for k in (*case.inputs, *case.shared)}
    nodes = io_toposort(list(leaves), _results(case))
    if case.shared and not case.updates:
        yield _cut(case, leaves, case.shared[0].variable)
    for node in reversed(nodes):
        for variable in node.inputs:
            if variable.owner is not None and hasattr(variable.type, "broadcastable"):
                smaller = _cut(case, leaves, variable)
                if smaller is not None:
                    yield smaller


def _cut(case, leaves, variable):
    fresh = variable.type(f"y{sum(k.variable.name is not None and k.variable.name.startswith('y') for k in case.inputs)}")
    results = clone_replace(_results(case), {variable: fresh})
    values = _known([variable], leaves.values())
    if values is None:
        return None
    inputs = [*case.inputs, Known(fresh, [Bounded(value) for value in values[0].values])]
    known = _known(results, [*inputs, *case.shared])
    if known is None:
        return None
    count = len(case.outputs)
    return _used(Case(inputs, case.shared, known[:count], [(old, new) for (old, _), new in zip(case.updates, known[count:])]))


def told(case, wrong):
    """The case as text."""
    text = io.StringIO()
    debugprint([*(k.variable for k in case.outputs), *(new.variable for _, new in case.updates)], file=text, print_type=True)
    lines = [str(wrong), text.getvalue().rstrip()]
    place = wrong.environment if isinstance(wrong.environment, int) else 0
    for known in (*case.inputs, *case.shared):
        value = known.values[place]
        lines.append(f"  {known.variable}: {value.dtype}{list(value.shape)} {np.array2string(value.ravel()[:12], threshold=12)}")
    lines += [f"  update of {old.variable}" for old, _ in case.updates]
    return "\n".join(lines)


__all__ = ["failure", "shrunk", "told"]
