"""A multilayer perceptron with momentum, as the tutorials wrote it: data in shared variables, batches by index, early stopping.

Learns scikit-learn's 8 x 8 digits; prints the errors on held-out digits while they fall, and fails if more than 5 % are left.
"""

import sys

import numpy
from sklearn.datasets import load_digits

import theano
import theano.tensor as T


class LogisticRegression(object):
    def __init__(self, input, n_in, n_out):
        self.W = theano.shared(value=numpy.zeros((n_in, n_out), dtype=theano.config.floatX), name='W', borrow=True)
        self.b = theano.shared(value=numpy.zeros((n_out,), dtype=theano.config.floatX), name='b', borrow=True)
        self.p_y_given_x = T.nnet.softmax(T.dot(input, self.W) + self.b)
        self.y_pred = T.argmax(self.p_y_given_x, axis=1)
        self.params = [self.W, self.b]

    def negative_log_likelihood(self, y):
        return -T.mean(T.log(self.p_y_given_x)[T.arange(y.shape[0]), y])

    def errors(self, y):
        return T.mean(T.neq(self.y_pred, y))


class HiddenLayer(object):
    def __init__(self, rng, input, n_in, n_out, activation=T.tanh):
        bound = numpy.sqrt(6. / (n_in + n_out))
        W_values = numpy.asarray(rng.uniform(low=-bound, high=bound, size=(n_in, n_out)), dtype=theano.config.floatX)
        self.W = theano.shared(value=W_values, name='W', borrow=True)
        self.b = theano.shared(value=numpy.zeros((n_out,), dtype=theano.config.floatX), name='b', borrow=True)
        lin_output = T.dot(input, self.W) + self.b
        self.output = lin_output if activation is None else activation(lin_output)
        self.params = [self.W, self.b]


class MLP(object):
    def __init__(self, rng, input, n_in, n_hidden, n_out):
        self.hidden = HiddenLayer(rng, input, n_in, n_hidden)
        self.top = LogisticRegression(self.hidden.output, n_hidden, n_out)
        self.L2_sqr = (self.hidden.W ** 2).sum() + (self.top.W ** 2).sum()
        self.negative_log_likelihood = self.top.negative_log_likelihood
        self.errors = self.top.errors
        self.params = self.hidden.params + self.top.params


def shared_dataset(x, y):
    shared_x = theano.shared(numpy.asarray(x, dtype=theano.config.floatX), borrow=True)
    shared_y = theano.shared(numpy.asarray(y, dtype=theano.config.floatX), borrow=True)
    return shared_x, T.cast(shared_y, 'int32')


def momentum_updates(cost, params, learning_rate, momentum):
    updates = []
    for param in params:
        velocity = theano.shared(param.get_value() * 0., broadcastable=param.broadcastable)
        updates.append((param, param - learning_rate * velocity))
        updates.append((velocity, momentum * velocity + (1. - momentum) * T.grad(cost, param)))
    return updates


def main(learning_rate=0.5, momentum=0.9, L2_reg=1e-4, n_epochs=60, batch_size=20, n_hidden=64, patience=10):
    rng = numpy.random.RandomState(1234)
    digits = load_digits()
    order = rng.permutation(len(digits.data))
    x_values, y_values = digits.data[order] / 16., digits.target[order]
    train_set_x, train_set_y = shared_dataset(x_values[:1200], y_values[:1200])
    valid_set_x, valid_set_y = shared_dataset(x_values[1200:], y_values[1200:])
    n_train_batches = 1200 // batch_size

    index = T.lscalar('index')
    x = T.matrix('x')
    y = T.ivector('y')
    classifier = MLP(rng=rng, input=x, n_in=64, n_hidden=n_hidden, n_out=10)
    cost = classifier.negative_log_likelihood(y) + L2_reg * classifier.L2_sqr

    train_model = theano.function(
        inputs=[index],
        outputs=cost,
        updates=momentum_updates(cost, classifier.params, learning_rate, momentum),
        givens={
            x: train_set_x[index * batch_size:(index + 1) * batch_size],
            y: train_set_y[index * batch_size:(index + 1) * batch_size],
        },
    )
    validate_model = theano.function([], classifier.errors(y), givens={x: valid_set_x, y: valid_set_y})

    best, since = 1., 0
    for epoch in range(n_epochs):
        costs = [train_model(i) for i in range(n_train_batches)]
        error = float(validate_model())
        since = 0 if error < best else since + 1
        best = min(best, error)
        print('epoch %i, cost %.4f, held-out error %.2f %%' % (epoch + 1, numpy.mean(costs), 100 * error))
        if since == patience:
            break
    print('best held-out error %.2f %%' % (100 * best))
    return best


if __name__ == '__main__':
    sys.exit(main() > 0.05)
