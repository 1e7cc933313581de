"""Random graphs: the compiled function and the interpreted program against ``perform`` on the graph as it was written.

Each graph is compiled once and called with four sets of shapes: typical, with empty arrays, with sizes of 1, and large enough for
chunks, several vectors and threads.
"""

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.fuzz.graphs import ENVIRONMENTS, FLOATS, Graph

SHORT, LONG = 48, 1200


def close(found, expected, graph, environment, what):
    """Equal integers; floats by the coarsest type in the graph and the size of its numbers."""
    assert type(found) is np.ndarray
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape), what
    if expected.dtype.kind in "iub":
        np.testing.assert_array_equal(found, expected, what)
        return
    values = [k.values[environment] for k in graph.known if k.dtype in FLOATS]
    scale = max(float(np.abs(v).max()) for v in [*values, np.ones(1)] if v.size)
    relative = 1e-7 if all(k.dtype in ("float64", "bool", "int64", "int32") for k in graph.known) else 2e-3
    np.testing.assert_allclose(found, expected, rtol=relative, atol=relative * 0.1 * scale, err_msg=what)


def chosen(graph):
    """Outputs, with repeats and inputs among them, and updates of shared variables."""
    random = graph.random
    outputs = [graph.one() for _ in range(random.integers(1, 16 if random.random() < 0.3 else 5))] + [graph.known[-1]]
    if random.random() < 0.2:
        outputs.append(graph.pick(outputs))
    if random.random() < 0.15:
        outputs.append(graph.pick(graph.leaves()))
    updates = []
    for old in graph.shared:
        fits = [k for k in graph.known if (k.dtype, k.shape, k.broadcastable) == (old.dtype, old.shape, old.broadcastable) and k is not old]
        if fits and random.random() < 0.7:
            updates.append((old, fits[int(len(fits) * random.random() ** 0.6)]))
    return outputs, updates


def laid(value, random):
    """A copy, not always contiguous."""
    kind = random.integers(6) if value.ndim else 2
    if kind == 0:
        return np.asfortranarray(value)
    return np.repeat(value, 2, axis=-1)[..., ::2] if kind == 1 else value.copy()


def compare(graph, modes):
    outputs, updates = chosen(graph)
    inputs = [k.variable for k in graph.inputs]
    pairs = [(old.variable, new.variable) for old, new in updates]
    for mode in modes:
        f = theano.function(inputs, [k.variable for k in outputs], updates=pairs, mode=mode, on_unused_input="ignore")
        for environment in range(ENVIRONMENTS - (mode == "REFERENCE")):
            for known in graph.shared:
                known.variable.set_value(known.values[environment])
            arguments = [laid(k.values[environment], graph.random) for k in graph.inputs]
            found = f(*arguments)
            where = f"mode {mode}, shapes {environment}"
            for position, (value, known) in enumerate(zip(found, outputs)):
                close(value, known.values[environment], graph, environment, f"{where}, output {position}")
            new = dict((id(old), new) for old, new in updates)
            for known in graph.shared:
                value = known.variable.get_value()
                close(value, new.get(id(known), known).values[environment], graph, environment, f"{where}, {known.variable}")
            for known, value in zip(graph.inputs, arguments):
                np.testing.assert_array_equal(value, known.values[environment], f"{where}: {known.variable} was changed")


def run(seed, modes=("FAST_RUN", "FAST_COMPILE", "REFERENCE")):
    graph = Graph(seed)
    graph.grow(int(graph.random.integers(5, 40)))
    compare(graph, modes)


def run_gradient(seed):
    graph = Graph(seed, smooth=True)
    graph.grow(int(graph.random.integers(4, 20)))
    floats = [k for k in graph.known if k.dtype in FLOATS and k not in graph.leaves()]
    parts = [graph.pick(floats) for _ in range(2)] if floats else []
    wrt = [k.variable for k in graph.leaves() if k.dtype in FLOATS]
    if not parts or not wrt:
        return
    cost = sum(T.cast(T.sum(k.variable * 0.5 + T.sqr(k.variable) * 0.01), "float64") for k in parts)
    gradients = T.grad(cost, wrt, disconnected_inputs="ignore")
    for gradient in gradients:
        values = []
        for environment in range(ENVIRONMENTS):
            with np.errstate(all="ignore"):
                values.append(np.asarray(evaluate(gradient, {k.variable: k.values[environment] for k in graph.leaves()})))
        if not all(np.isfinite(v).all() for v in values):
            return
        graph.known.append(type(parts[0])(gradient, values))
    outputs = graph.known[-len(gradients) :]
    f = theano.function([k.variable for k in graph.inputs], gradients, on_unused_input="ignore")
    for environment in range(ENVIRONMENTS):
        for known in graph.shared:
            known.variable.set_value(known.values[environment])
        found = f(*[k.values[environment] for k in graph.inputs])
        for value, known, variable in zip(found, outputs, wrt):
            close(value, known.values[environment], graph, environment, f"gradient of {variable}, shapes {environment}")


@pytest.mark.parametrize("seed", range(SHORT))
def test_values(seed):
    run(seed)


@pytest.mark.parametrize("seed", range(SHORT // 2))
def test_gradients(seed):
    run_gradient(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SHORT, LONG))
def test_more_values(seed):
    run(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SHORT // 2, LONG // 2))
def test_more_gradients(seed):
    run_gradient(seed)
