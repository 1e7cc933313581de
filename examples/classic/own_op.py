"""An operation of one's own, with gradient and shape: solving a system of equations whose matrix has three diagonals.

Heat in a rod, one implicit step of time: (1 + 2k) t[i] - k t[i-1] - k t[i+1] = what it was.  Learns k from the temperatures that it
leads to.  Fails if the solution, its gradient or k is wrong.
"""

import sys

import numpy as np
import scipy.linalg

import theano
import theano.tensor as T


class SolveTridiagonal(theano.Op):
    """x such that A x = b.  The diagonals of A are vectors of one length; lower[0] and upper[-1] are not used."""

    __props__ = ()
    solved = 0

    def make_node(self, lower, diagonal, upper, b):
        inputs = [T.as_tensor_variable(v) for v in (lower, diagonal, upper, b)]
        if any(v.ndim != 1 for v in inputs):
            raise TypeError('vectors are needed')
        return theano.Apply(self, inputs, [T.vector(dtype=theano.scalar.upcast(*[v.dtype for v in inputs]))])

    def perform(self, node, inputs, output_storage):
        lower, diagonal, upper, b = inputs
        SolveTridiagonal.solved += 1
        bands = np.stack([np.roll(upper, 1), diagonal, np.roll(lower, -1)])
        output_storage[0][0] = scipy.linalg.solve_banded((1, 1), bands, b)

    def infer_shape(self, node, input_shapes):
        return [input_shapes[3]]

    def L_op(self, inputs, outputs, output_grads):
        """With A x = b: the gradient of b is A^-T g, and that of A[i, j] is its element i times -x[j]."""
        lower, diagonal, upper, b = inputs
        x, = outputs
        g, = output_grads
        zero = T.zeros_like(x[:1])
        gb = self(T.concatenate([zero, upper[:-1]]), diagonal, T.concatenate([lower[1:], zero]), g)
        return [T.concatenate([zero, -gb[1:] * x[:-1]]), -gb * x, T.concatenate([-gb[:-1] * x[1:], zero]), gb]


solve = SolveTridiagonal()


def step(t, k):
    """The temperatures a step of time after ``t``; the ends of the rod are kept at 0."""
    off = T.zeros_like(t) - k
    return solve(off, 1 - 2 * off, off, t)


def main(steps=60):
    rng = np.random.RandomState(0)

    # the solution
    n = 50
    lower, diagonal, upper, b = rng.rand(n), 3 + rng.rand(n), rng.rand(n), rng.rand(n)
    vectors = T.dvectors('l', 'd', 'u', 'b')
    x = solve(*vectors)
    A = np.diag(diagonal) + np.diag(lower[1:], -1) + np.diag(upper[:-1], 1)
    error = abs(theano.function(vectors, x)(lower, diagonal, upper, b) - np.linalg.solve(A, b)).max()
    print('error of the solution: %.1e' % error)

    # its shape, for which nothing is solved
    solved = SolveTridiagonal.solved
    size, = theano.function(vectors, x.shape, on_unused_input='ignore')(lower, diagonal, upper, b)
    print('shape: (%d,) after %d solutions' % (size, SolveTridiagonal.solved - solved))

    # its gradient
    theano.gradient.verify_grad(solve, [v[:6] for v in (lower, diagonal, upper, b)], rng=rng)
    print('the gradient is that of finite differences')

    # learning k
    t, target = T.dvectors('t', 'target')
    log_k = theano.shared(0., 'log_k')
    after = step(step(step(t, T.exp(log_k)), T.exp(log_k)), T.exp(log_k))
    cost = ((after - target) ** 2).mean()
    slope = T.grad(cost, log_k)
    curvature = (theano.gradient.jacobian(after, log_k) ** 2).mean()
    train = theano.function([t, target], cost, updates=[(log_k, log_k - slope / (2 * curvature))])
    simulate = theano.function([t], after, givens=[(log_k, np.log(2.5))])
    before = np.sin(np.linspace(0, 7, n)) + rng.rand(n)
    costs = [float(train(before, simulate(before))) for _ in range(steps)]
    k = float(np.exp(log_k.get_value()))
    print('cost %.1e -> %.1e, k = %.6f' % (costs[0], costs[-1], k))
    return 0 if error < 1e-12 and size == n and abs(k - 2.5) < 1e-6 else 1


if __name__ == '__main__':
    sys.exit(main())
