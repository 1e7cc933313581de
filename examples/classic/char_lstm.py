"""A character-level LSTM learns the Zen of Python by heart.

The network reads a character and says which one comes next. It is trained on stretches of the poem, many side by side; afterwards it is given
the first words and writes the rest by itself, reading what it has just written.
"""
import codecs
import contextlib
import io

import numpy as np

with contextlib.redirect_stdout(io.StringIO()):
    import this

import theano
import theano.tensor as T

text = codecs.decode(this.s, 'rot13')
letters = sorted(set(text))
codes = np.array([letters.index(c) for c in text], dtype='int64')

hidden, length, batch = 96, 100, 8
rng = np.random.RandomState(1)


def weights(rows, columns, name):
    return theano.shared(rng.uniform(-1, 1, (rows, columns)) / np.sqrt(rows), name=name)


W_x = weights(len(letters), 4 * hidden, 'W_x')
W_h = weights(hidden, 4 * hidden, 'W_h')
b = theano.shared(np.repeat([0., 1., 0., 0.], hidden), name='b')  # the forget gates begin open
W_y = weights(hidden, len(letters), 'W_y')
b_y = theano.shared(np.zeros(len(letters)), name='b_y')
params = [W_x, W_h, b, W_y, b_y]


def step(from_input, h, c):
    gates = from_input + T.dot(h, W_h)
    parts = [gates[:, k * hidden:(k + 1) * hidden] for k in range(4)]
    i, f, o = [T.nnet.sigmoid(part) for part in parts[:3]]
    c = f * c + i * T.tanh(parts[3])
    return o * T.tanh(c), c


# training: `chars` has a row for each time and a column for each stretch
chars = T.lmatrix('chars')
nothing = T.zeros((chars.shape[1], hidden))
(hs, cs), _ = theano.scan(step, sequences=W_x[chars[:-1]] + b, outputs_info=[nothing, nothing])
p_next = T.nnet.softmax(T.dot(hs.reshape((-1, hidden)), W_y) + b_y)
cost = T.nnet.categorical_crossentropy(p_next, chars[1:].flatten()).mean()

updates = []
time = theano.shared(0.)
rate = 0.01 / (1 + time / 400) * T.sqrt(1 - 0.999 ** (time + 1)) / (1 - 0.9 ** (time + 1))
for param, grad in zip(params, T.grad(cost, params)):  # Adam
    m, v = [theano.shared(0 * param.get_value()) for _ in range(2)]
    m_new, v_new = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad ** 2
    updates += [(m, m_new), (v, v_new), (param, param - rate * m_new / (T.sqrt(v_new) + 1e-8))]
train = theano.function([chars], cost, updates=updates + [(time, time + 1)])

# writing: the character that a step has chosen is what the next one reads
start, n = T.lvector('start'), T.lscalar('n')
row = T.zeros((1, hidden))
(h_read, c_read), _ = theano.scan(lambda x, h, c: step(x, h, c), sequences=(W_x[start] + b).dimshuffle(0, 'x', 1), outputs_info=[row, row])


def write(h, c):
    char = T.argmax(T.dot(h[0], W_y) + b_y)
    h, c = step((W_x[char] + b).dimshuffle('x', 0), h, c)
    return h, c, char


(_, _, written), _ = theano.scan(write, outputs_info=[h_read[-1], c_read[-1], None], n_steps=n)
go_on = theano.function([start, n], written)

for k in range(501):
    places = np.append(0, rng.randint(len(codes) - length, size=batch - 1))  # its beginning, and wherever
    loss = train(np.array([codes[p:p + length + 1] for p in places]).T)
    if k % 100 == 0:
        print('update %3d: %.3f nats a character' % (k, loss))

given = 30
answer = ''.join(letters[k] for k in go_on(codes[:given], 70))
print(text[:given] + '|' + answer)
right = np.mean([a == b for a, b in zip(answer, text[given:])])
print('%.0f %% as in the text' % (100 * right))
assert loss < 0.3 and right > 0.9
