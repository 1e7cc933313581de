"""Layers as plain objects: each builds its part of the graph from its parameters, a list of them is a network.

Learns y = sin(3x) from noisy points; its slope comes from the same graph by T.grad.  Fails if either is far off.
"""

import sys

import numpy as np

import theano
import theano.tensor as T


class Dense:
    def __init__(self, n_in, n_out, rng, nonlinearity=lambda a: a):
        scale = np.sqrt(1. / n_in)
        self.W = theano.shared(rng.uniform(-scale, scale, (n_in, n_out)).astype(theano.config.floatX), 'W')
        self.b = theano.shared(rng.uniform(-scale, scale, n_out).astype(theano.config.floatX), 'b')
        self.params = [self.W, self.b]
        self.nonlinearity = nonlinearity

    def __call__(self, x):
        return self.nonlinearity(T.dot(x, self.W) + self.b)


class Scale:
    """Multiplies each feature by a number that is learned."""

    def __init__(self, n):
        self.g = theano.shared(np.ones(n, theano.config.floatX), 'g')
        self.params = [self.g]

    def __call__(self, x):
        return x * self.g


class Network:
    def __init__(self, layers):
        self.layers = layers
        self.params = [p for layer in layers for p in layer.params]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def adam(cost, params, rate=0.01, b1=0.9, b2=0.999, eps=1e-8):
    t = theano.shared(np.asarray(0., theano.config.floatX), 't')
    step = t + 1
    updates = [(t, step)]
    for p, g in zip(params, T.grad(cost, params)):
        m, v = theano.shared(p.get_value() * 0), theano.shared(p.get_value() * 0)
        m_new, v_new = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g ** 2
        change = rate * (m_new / (1 - b1 ** step)) / (T.sqrt(v_new / (1 - b2 ** step)) + eps)
        updates += [(m, m_new), (v, v_new), (p, p - change)]
    return updates


def main(steps=1500):
    rng = np.random.RandomState(7)
    xs = rng.uniform(-1.2, 1.2, (400, 1)).astype(theano.config.floatX)
    ys = (np.sin(3 * xs) + 0.02 * rng.normal(size=xs.shape)).astype(theano.config.floatX)

    x, y = T.matrix('x'), T.matrix('y')
    net = Network([Dense(1, 24, rng, T.tanh), Scale(24), Dense(24, 24, rng, T.tanh), Dense(24, 1, rng)])
    prediction = net(x)
    cost = T.mean((prediction - y) ** 2)
    train = theano.function([x, y], cost, updates=adam(cost, net.params, rate=0.005))
    predict = theano.function([x], prediction)
    slope = theano.function([x], T.grad(prediction.sum(), x))

    for step in range(steps):
        value = train(xs, ys)
        if step % 500 == 0:
            print('step %4i  cost %.5f' % (step, value))
    grid = np.linspace(-1, 1, 101).astype(theano.config.floatX)[:, None]
    off = abs(predict(grid) - np.sin(3 * grid)).max()
    slope_off = abs(slope(grid) - 3 * np.cos(3 * grid)).max()
    print('largest error %.3f, of the slope %.3f' % (off, slope_off))
    return off < 0.05 and slope_off < 0.5


if __name__ == '__main__':
    sys.exit(not main())
