"""Hamiltonian Monte Carlo by two loops, one in the other: samples of a Gaussian whose mean and covariance are known.

A chain moves like a ball in a landscape that is the negative logarithm of the density: it is given a random push, rolls for a while, which the
inner loop computes by leapfrog steps, and where it has come to is accepted or not, so that its places are samples. All chains run side by side.
The slope of the landscape is the gradient of its formula. The random numbers come from NumPy, as sequences of the outer loop.
"""
import numpy as np

import theano
import theano.tensor as T

mean = np.array([1., -2., 0.5])
covariance = np.array([[1.0, 0.6, 0.1], [0.6, 0.8, -0.2], [0.1, -0.2, 0.5]])
precision = np.linalg.inv(covariance)
chains, samples, leaps, stride = 50, 1000, 12, 0.25


def energy(x):
    """-log density of each row of x, but for a constant."""
    return 0.5 * T.sum(T.dot(x - mean, precision) * (x - mean), axis=1)


def slope(x):
    return T.grad(energy(x).sum(), x)


def leapfrog(x, push):
    x = x + stride * push
    return x, push - stride * slope(x)


def move(push, log_uniform, x):
    half = push - 0.5 * stride * slope(x)
    (xs, pushes), _ = theano.scan(leapfrog, outputs_info=[x, half], n_steps=leaps)
    there, arrived = xs[-1], pushes[-1] + 0.5 * stride * slope(xs[-1])
    gained = energy(x) + 0.5 * T.sum(push ** 2, axis=1) - energy(there) - 0.5 * T.sum(arrived ** 2, axis=1)
    accepted = log_uniform < gained
    return T.switch(accepted.dimshuffle(0, 'x'), there, x), accepted


pushes, log_uniforms, start = T.tensor3('pushes'), T.matrix('log_uniforms'), T.matrix('start')
(places, accepted), _ = theano.scan(move, sequences=[pushes, log_uniforms], outputs_info=[start, None])
sample = theano.function([pushes, log_uniforms, start], [places, accepted.mean()])

rng = np.random.RandomState(0)
noise = rng.randn(samples, chains, 3), np.log(rng.uniform(size=(samples, chains)))
found, rate = sample(*noise, np.zeros((chains, 3)))
kept = found[50:].reshape(-1, 3)

print('accepted: %.3f' % rate)
print('mean:', kept.mean(axis=0).round(2))
print('covariance:', np.cov(kept.T).round(2).tolist())
assert rate > 0.8
assert abs(kept.mean(axis=0) - mean).max() < 0.03
assert abs(np.cov(kept.T) - covariance).max() < 0.03
