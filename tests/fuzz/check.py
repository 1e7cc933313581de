"""Compile a random graph in every mode, call it with every set of shapes, and hold the results to their bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

import theano
import theano.tensor as T
from tests.fuzz.bounds.judge import judge
from tests.fuzz.bounds.values import Bounded, Unbounded
from tests.fuzz.graphs import ENVIRONMENTS, GRADIENTS, WIDE, Graph
from theano.compile.inspecting import shape_of_variables
from theano.errors import MissingInputError, ShapeError
from theano.graph import FunctionGraph, io_toposort

MODES = ("FAST_RUN", "FAST_COMPILE", "REFERENCE")


class Wrong(AssertionError):
    """A result outside its bounds, or a call that failed; says where."""

    def __init__(self, text, mode, environment, place):
        super().__init__(f"{text} (mode {mode}, shapes {environment}, {place})")
        self.mode, self.environment, self.place = mode, environment, place


@dataclass
class Case:
    """A function and its values; the parts are ``Known``."""

    inputs: list
    shared: list
    outputs: list
    updates: list = field(default_factory=list)
    reads: list = field(default_factory=list)
    drawn: dict = field(default_factory=dict)

    def compile(self, mode):
        pairs = [(old.variable, new.variable) for old, new in self.updates]
        outputs = [k.variable for k in self.outputs]
        in_place = any(n.op.destroy_map for n in io_toposort([], [*outputs, *(new for _, new in pairs)]))
        options = {"on_unused_input": "ignore", "accept_inplace": in_place}
        return theano.function([k.variable for k in self.inputs], outputs, updates=pairs, mode=mode, **options)


def of_graph(graph):
    """Outputs, with repeats and inputs among them, and updates of shared variables."""
    random = graph.random
    outputs = [graph.one() for _ in range(random.integers(1, 12 if random.random() < 0.3 else 3))] + [graph.known[-1], *graph.targets]
    if random.random() < 0.2:
        outputs.append(graph.pick(outputs))
    if random.random() < 0.15:
        outputs.append(graph.pick(graph.leaves()))
    updates = []
    for old in graph.shared:
        fits = [k for k in graph.known if (k.dtype, k.shape, k.broadcastable) == (old.dtype, old.shape, old.broadcastable) and k is not old]
        meant = [new for known, new in graph.nexts if known is old]
        if meant and random.random() < 0.8:
            updates.append((old, meant[0]))
        elif fits and random.random() < 0.7:
            updates.append((old, fits[int(len(fits) * random.random() ** 0.6)]))
    return Case(graph.inputs, graph.shared, outputs, updates, [r for r in graph.reads if any(r.result is k for k in outputs)], graph.drawn)


def case_of(seed):
    """Of the seeds, each so-manieth is a gradient; None if there is none."""
    return value_case(seed) if seed % GRADIENTS else gradient_case(seed)


def value_case(seed):
    graph = Graph(seed)
    graph.grow(int(8 * graph.random.random() ** 2))
    return of_graph(graph)


def gradient_case(seed):
    """The gradient of a sum of squares by all inputs, alone or beside the sum, or what changes when these do; None if there is none."""
    graph = Graph(seed, smooth=True)
    graph.grow(int(graph.random.integers(5)))
    floats = [k for k in graph.known if k.dtype in WIDE and k not in graph.leaves()]
    wrt = [k.variable for k in graph.leaves() if k.dtype in WIDE]
    if not floats or not wrt:
        return None
    parts = [graph.pick(floats) for _ in range(2)] + graph.targets
    if graph.random.random() < 0.4:
        found = T.Rop(
            [k.variable for k in parts], wrt, [v * 0.5 + 1 for v in wrt], disconnected_outputs="ignore", return_disconnected="zero"
        )
    else:
        cost = sum(T.cast(T.sum(k.variable * 0.5 + T.sqr(k.variable) * 0.01), "float64") for k in parts)
        value, found = theano.value_and_grad(cost, wrt, disconnected_inputs="ignore")
        found += [value] * (graph.random.random() < 0.5)
    outputs = []
    for gradient in found:
        if graph.attempt(lambda: graph.add(gradient)):
            outputs.append(graph.known[-1])
    return Case(graph.inputs, graph.shared, outputs, drawn=graph.drawn) if outputs else None


# ------------------------------------------------------------------------------------------------- comparing


def laid(value, random):
    """A copy of ``value`` that lies in memory in one of many ways."""
    kind = random.integers(9)
    if kind < 3:
        return value.copy()
    if kind == 3:
        return value.astype(value.dtype.newbyteorder())
    if kind == 4:
        memory = np.zeros(value.nbytes + 1, np.uint8)
        off = memory[1:].view(value.dtype).reshape(value.shape)
        off[...] = value
        return off
    if not value.ndim:
        return value.copy()
    axis = int(random.integers(value.ndim))
    part = (slice(None),) * axis
    if kind == 5:
        return np.asfortranarray(value)
    if kind == 6:
        return np.repeat(value, 2, axis=axis)[(*part, slice(None, None, 2))]
    if kind == 7:
        return value[(*part, slice(None, None, -1))].copy()[(*part, slice(None, None, -1))]
    return np.concatenate([value, value], axis=axis)[(*part, slice(0, value.shape[axis]))]


def check(case, random, modes=MODES):
    """Raise :class:`Wrong` for the first result that cannot be right."""
    for mode in modes:
        try:
            f = case.compile(mode)
        except Exception as error:
            raise Wrong(f"{type(error).__name__}: {error}", mode, "none", "compilation") from error
        for environment in range(ENVIRONMENTS - (mode == "REFERENCE")):  # the interpreter is slow
            called(case, f, mode, environment, random)
        if mode != "FAST_RUN":
            misfitting(case, f, mode, random)
        if mode == "FAST_COMPILE":
            shapes(case, random)
        out_of_range(case, f, mode, random)


def called(case, f, mode, environment, random):
    for known in case.shared:
        known.variable.set_value(known.values[environment])
    arguments = [laid(k.values[environment], random) for k in case.inputs]
    kept = [a.copy() for a in arguments]
    try:
        with np.errstate(all="ignore"):
            found = f(*arguments)
    except Exception as error:
        raise Wrong(f"{type(error).__name__}: {error}", mode, environment, "call") from error
    free = mode == "FAST_RUN"
    for position, (value, known) in enumerate(zip(found, case.outputs, strict=True)):
        close(value, known.found[environment], free, (mode, environment, f"output {position}"))
    new = {id(old): new for old, new in case.updates}
    for known in case.shared:
        close(known.variable.get_value(), new.get(id(known), known).found[environment], free, (mode, environment, str(known.variable)))
    for known, value, before in zip(case.inputs, arguments, kept):
        if not np.array_equal(value, before, equal_nan=value.dtype.kind in "fc"):
            raise Wrong("an argument was changed", mode, environment, str(known.variable))


def shapes(case, random):
    """Where shapes alone tell the shapes of the results, they are told without computing any of these."""
    environment = int(random.integers(ENVIRONMENTS))
    leaves = [*case.inputs, *case.shared]
    graph = FunctionGraph([k.variable for k in leaves], [k.variable for k in case.outputs], clone=False)
    for known in case.shared:
        known.variable.set_value(known.values[environment])
    try:
        told = shape_of_variables(graph, {k.variable: k.values[environment].shape for k in leaves})
    except (ShapeError, MissingInputError):  # sizes that the numbers in the inputs tell
        return
    for known in case.outputs:
        shape = known.values[environment].shape
        if told.get(known.variable, shape) != shape:
            raise Wrong(f"shape_of_variables: {told[known.variable]} instead of {shape}", "FAST_COMPILE", environment, str(known.variable))


def misfitting(case, f, mode, random):
    """One argument longer than the others allow: refused if ``perform`` refuses it, else right."""
    nodes = io_toposort([], [k.variable for k in case.outputs] + [new.variable for _, new in case.updates])
    if any(str(n.op).startswith(("Elemwise{second", "Shape")) for n in nodes):
        return  # what only gives a shape need not be computed, nor be refused
    axes = [(k, axis) for k in case.inputs for axis in range(k.ndim) if not k.broadcastable[axis] and k.values[0].size]
    if not axes:
        return
    known, axis = axes[random.integers(len(axes))]
    longer = np.concatenate([known.values[0], known.values[0].take([0], axis)], axis)
    given = {k.variable: k.found[0] for k in (*case.inputs, *case.shared)} | {known.variable: Bounded(longer)}
    for shared in case.shared:
        shared.variable.set_value(shared.values[0])
    try:
        expected = judge([k.variable for k in (*case.outputs, *(new for _, new in case.updates))], given)
    except Unbounded:
        return
    except Exception as error:
        expected = error
    try:
        found = f(*(longer if k is known else k.values[0] for k in case.inputs))
    except Exception as error:
        if isinstance(expected, list):
            raise Wrong(f"{type(error).__name__}: {error}", mode, 0, f"{known.variable} longer along axis {axis}") from error
        return
    if isinstance(expected, Exception):
        raise Wrong(f"perform refused this: {expected}", mode, 0, f"{known.variable} longer along axis {axis}")
    for position, (value, right) in enumerate(zip(found, expected)):
        close(value, right, False, (mode, 0, f"output {position}, {known.variable} longer along axis {axis}"))


def out_of_range(case, f, mode, random):
    """One element of one index out of range: an IndexError that names it and the size of the axis, and no shared variable changes."""
    environment = random.choice([0, 0, 2] if mode == "REFERENCE" else [0, 2, 3])
    reads = [r for r in case.reads if r.index.values[environment].size and r.used[environment]]
    if not reads:
        return
    read = reads[random.integers(len(reads))]
    wrong, extent = read.index.values[environment].copy(), read.extents and read.extents[environment]
    ends = [(read.lowest[environment] - 1, -1)] + [(extent, 1)] * (extent is not None)
    end, outward = ends[random.integers(len(ends))]
    number = end + outward * int(random.integers(3))
    if not np.iinfo(wrong.dtype).min <= number <= np.iinfo(wrong.dtype).max:
        return
    wrong.reshape(-1)[random.integers(wrong.size)] = number
    place = mode, environment, f"{read.index.variable} has {number} for an axis of size {extent}"
    for known in case.shared:
        known.variable.set_value(known.values[environment])
    try:
        with np.errstate(all="ignore"):
            f(*(wrong if k is read.index else k.values[environment] for k in case.inputs))
    except IndexError as error:
        text = re.sub(r"\S+\.py:\d+", "", str(error))
        named = [re.search(rf"(?<!\w){n}\b", text) for n in (number, extent)]
        if not named[0] or not (named[1] or extent is None or "?" in text):  # not told: what a step of Python has found
            raise Wrong(f"this does not name index and size: {text}", *place) from error
    except Exception as error:
        raise Wrong(f"{type(error).__name__}: {error}", *place) from error
    else:
        raise Wrong("it was not refused", *place)
    for known in case.shared:
        close(known.variable.get_value(), Bounded(known.values[environment]), False, (*place[:2], f"{known.variable} after a refused call"))


def close(found, expected, free, place):
    value = expected.value
    if type(found) is not np.ndarray or (found.dtype, found.shape) != (value.dtype, value.shape):
        raise Wrong(f"{type(found).__name__} {found.dtype} {found.shape} instead of {value.dtype} {value.shape}", *place)
    fine = expected.admits(found, free)
    if not np.all(fine):
        at = np.argwhere(~fine)
        rows = [
            f"{tuple(p)}: {found[tuple(p)]!r} instead of {value[tuple(p)]!r} ± {2 * expected.errors[tuple(p)]:.3g}" for p in at[:3].tolist()
        ]
        raise Wrong(f"{len(at)} of {value.size} elements are wrong; {'; '.join(rows)}", *place)
