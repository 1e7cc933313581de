import theano
import theano.tensor as T

x, y = T.scalar(name='x'), T.scalar(name='y')
a = theano.shared(-1.0, name='a')
b = theano.shared(0.0, name='b')

cost = (y - (a * x + b)) ** 2
grad_a, grad_b = T.grad(cost, [a, b])
f = theano.function(inputs=[x, y], outputs=cost, updates={a: a - 0.01 * grad_a, b: b - 0.01 * grad_b})

for i in range(10):
    print(f(1, 5))
print(a.get_value(), b.get_value())
