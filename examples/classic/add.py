import theano
import theano.tensor as T

x, y = T.vector(name='x'), T.vector(name='y')
f = theano.function(inputs=[x, y], outputs=x + y)

print(f([1, 2], [3, 4]))
