import theano
import theano.tensor as T

x = T.vector(name='x')
f = theano.function(inputs=[x], outputs=T.grad((x ** 2).sum(), x))

print(f([1, 2]))
