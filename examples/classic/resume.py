"""Train a classifier, stop in the middle, go on in another process: to the bit as if it had never stopped.

    python resume.py              trains 40 steps, then 20, which it pickles, and 20 more in a new process; compares
    python resume.py model.pkl    goes on with what is in the file
"""
import pickle
import subprocess
import sys

import numpy as np
import theano
import theano.tensor as T


class Classifier(object):
    """Softmax regression on points around three centres, trained with momentum."""

    def __init__(self, seed=1234, learning_rate=0.1, momentum=0.9):
        self.rng = np.random.RandomState(seed)
        x, y = T.matrix('x'), T.ivector('y')
        self.W = theano.shared(0.01 * self.rng.randn(2, 3).astype(theano.config.floatX), name='W')
        self.b = theano.shared(np.zeros(3, dtype=theano.config.floatX), name='b')
        self.params = [self.W, self.b]
        p_y = T.nnet.softmax(T.dot(x, self.W) + self.b)
        cost = T.mean(T.nnet.categorical_crossentropy(p_y, y)) + 0.001 * (self.W ** 2).sum()

        updates = []
        for param, grad in zip(self.params, T.grad(cost, self.params)):
            velocity = theano.shared(np.zeros_like(param.get_value()), name=param.name + '_velocity')
            step = momentum * velocity - learning_rate * grad
            updates += [(velocity, step), (param, param + step)]
        self.train = theano.function([x, y], cost, updates=updates)
        self.predict = theano.function([x], T.argmax(p_y, axis=1))

    def batch(self, size=30):
        y = self.rng.randint(3, size=size).astype('int32')
        centres = np.array([[0, 2], [2, -1], [-2, -1]])
        return (centres[y] + self.rng.randn(size, 2)).astype(theano.config.floatX), y

    def steps(self, n):
        return [float(self.train(*self.batch())) for _ in range(n)]


def finish(model):
    """The last 20 steps, and how many of 300 new points are told right."""
    costs = model.steps(20)
    x, y = model.batch(300)
    return costs, int((model.predict(x) == y).sum())


def report(costs, right):
    return ' '.join(c.hex() for c in costs) + ' %d' % right


if __name__ == '__main__':
    if len(sys.argv) > 1:
        with open(sys.argv[1], 'rb') as f:
            print(report(*finish(pickle.load(f))))
        sys.exit()

    straight = Classifier()
    straight.steps(20)

    stopped = Classifier()
    stopped.steps(20)
    with open('model.pkl', 'wb') as f:
        pickle.dump(stopped, f, protocol=pickle.HIGHEST_PROTOCOL)

    costs, right = finish(straight)
    resumed = subprocess.check_output([sys.executable, sys.argv[0], 'model.pkl']).decode().strip()
    print('cost %.4f, %d of 300 right' % (costs[-1], right))
    print('resumed to the bit: %s' % (resumed == report(costs, right)))
