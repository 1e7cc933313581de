"""A recurrent network learns to foretell a signal, with gradients that go back a few steps only.

The state at the end of a stretch depends on all of it, but the gradient, with ``truncate_gradient=k``, goes back through the last k steps:
the first ones only bring the network into the state that it would be in. So a training step costs k steps backwards, however long the
network has been listening. What is learned is tested by letting the network hear its own forecasts.
"""
import numpy as np

import theano
import theano.tensor as T

hidden, listen, k = 24, 40, 20
rng = np.random.RandomState(3)
times = np.arange(3000)
signal = (0.5 * np.sin(2 * np.pi * times / 25) + 0.3 * np.sin(2 * np.pi * times / 11)).astype(theano.config.floatX)


def shared(value, name):
    return theano.shared(value.astype(theano.config.floatX), name=name)


W_in = shared(0.5 * rng.randn(hidden), 'W_in')
W = shared(np.linalg.qr(rng.randn(hidden, hidden))[0], 'W')
b = shared(np.zeros(hidden), 'b')
w_out = shared(0.1 * rng.randn(hidden), 'w_out')
params = [W_in, W, b, w_out]


def step(x, h):
    return T.tanh(x * W_in + T.dot(W, h) + b)


heard, h_0 = T.vector('heard'), T.vector('h_0')
states, _ = theano.scan(step, sequences=heard[:-1], outputs_info=h_0, truncate_gradient=k)
error = ((T.dot(states, w_out) - heard[1:])[-k:] ** 2).mean()

updates = []
for param, grad in zip(params, T.grad(error, params)):
    velocity = theano.shared(0 * param.get_value())
    move = 0.9 * velocity - 0.02 * grad
    updates += [(velocity, move), (param, param + move)]
train = theano.function([heard, h_0], error, updates=updates)

# nothing flows to what is more than k steps back
back = theano.function([heard, h_0], T.grad(error, [heard, h_0]))
nothing = np.zeros(hidden, dtype=theano.config.floatX)
d_heard, d_start = back(signal[:listen + k + 1], nothing)
print('steps with a gradient: %d of %d' % (np.count_nonzero(d_heard[:-1]), listen + k))
assert not d_start.any()

for n in range(3001):
    place = rng.randint(2000)
    cost = train(signal[place:place + listen + k + 1], nothing)
    if n % 1000 == 0:
        print('update %4d: error %.6f' % (n, cost))


# from its own forecasts: each is what the next step hears
def alone(h):
    return step(T.dot(h, w_out), h)


later, _ = theano.scan(alone, outputs_info=states[-1], n_steps=50)
forecast = theano.function([heard, h_0], T.dot(T.concatenate([states[-1:], later]), w_out))
worst = abs(forecast(signal[2200:2300], nothing) - signal[2299:2350]).max()
print('the worst of 51 forecasts is off by %.3f' % worst)
assert worst < 0.15
