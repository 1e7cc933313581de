"""Random steps of loops, and what two ways to run one must agree on: values, gradients, second gradients and derivatives forwards."""

import numpy as np

import theano
import theano.tensor as T

x, w, initial = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("initial")
ROWS, WIDTH, DEPTH = 4, 3, 3


def random_step(random):
    """(a step function of rows of x, rows of two states and w; taps of x; taps of the states)."""
    x_taps = sorted(random.choice([-2, -1, 0, 1], size=random.integers(1, 3), replace=False).tolist())
    taps = [sorted(random.choice([-3, -2, -1], size=random.integers(1, 4), replace=False).tolist()) for _ in range(2)]
    choices = random.integers(0, 1 << 30, size=24).tolist()

    def step(*arguments):
        pool, draw = list(arguments[:-1]), iter(choices)
        w = arguments[-1]
        for _ in range(4):
            first, second = (pool[next(draw) % len(pool)] for _ in range(2))
            pool.append(
                [
                    lambda: T.tanh(T.dot(w, first) + second),
                    lambda: first * T.nnet.sigmoid(second),
                    lambda: first - second * second.mean(),
                    lambda: T.dot(first, w) * 0.5,
                    lambda: T.switch(first > second, first, T.sin(second)),
                    lambda: T.set_subtensor(first[1:], T.exp(-(second[:-1] ** 2))),
                ][next(draw) % 6]()
            )
        return [T.tanh(pool[-1] + pool[next(draw) % len(pool)]), T.tanh(pool[-2]), pool[-3] * pool[-1]]

    return step, x_taps, taps


def scanned(parts, backwards, **options):
    step, x_taps, taps = parts
    infos = [dict(initial=initial, taps=t) if t != [-1] else initial[0] for t in taps]
    found, _ = theano.scan(step, dict(input=x, taps=x_taps), [*infos, None], w, go_backwards=backwards, **options)
    return found


def cost_of(outputs):
    return sum((T.cos(out) * (k + 1)).sum() for k, out in enumerate(outputs)) + outputs[0][-1].sum() ** 2


def compare(seed, ways, gradients_forwards=False):
    """``ways(random, parts, backwards)`` are the outputs as they should be and as they are, of a random step."""
    random = np.random.default_rng(seed)
    parts, backwards = random_step(random), bool(random.integers(2))
    points, wrt, asked = T.dmatrices("a", "b", "c"), [x, w, initial], []
    for outputs in ways(random, parts, backwards):
        gradients = T.grad(cost_of(outputs), wrt, disconnected_inputs="ignore")
        asked += [*outputs, *gradients]
        second = sum((g * T.sin(p)).sum() for g, p in zip(gradients, points))
        asked += T.grad(second, wrt, disconnected_inputs="ignore")
        forwards = [*outputs, *gradients] if gradients_forwards else outputs
        asked += theano.Rop(forwards, wrt, points, disconnected_outputs="ignore")
    f = theano.function([x, w, initial, *points], asked, on_unused_input="ignore")
    values = [random.normal(size=s) for s in ((ROWS, WIDTH), (WIDTH, WIDTH), (DEPTH, WIDTH)) * 2]
    found = f(*values)
    half = len(found) // 2
    for ours, expected in zip(found[half:], found[:half]):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-10)
