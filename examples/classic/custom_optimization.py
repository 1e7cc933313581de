"""An operation of one's own, and an optimization that replaces it by operations that are compiled.

``Bump`` computes exp(-(x - centre)**2 / width) in Python.  The rule, registered in optdb, writes it with the tensor operations
instead, so that function and gradient become one loop of machine code; a mode without the rule still calls Python.
"""

import numpy

import theano
import theano.tensor as T
from theano import gof
from theano.compile import optdb


class Bump(gof.Op):
    __props__ = ("width",)

    def __init__(self, width):
        self.width = width

    def make_node(self, x, centre):
        x, centre = T.as_tensor_variable(x), T.as_tensor_variable(centre)
        return gof.Apply(self, [x, centre], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, centre = inputs
        output_storage[0][0] = numpy.exp(-((x - centre) ** 2) / self.width)

    def grad(self, inputs, output_gradients):
        x, centre = inputs
        slope = output_gradients[0] * self(x, centre) * (x - centre) * (2.0 / self.width)
        return [-slope, slope.sum()]

    def infer_shape(self, node, shapes):
        return [shapes[0]]


@gof.local_optimizer([Bump])
def local_bump(node):
    if not isinstance(node.op, Bump):
        return False
    x, centre = node.inputs
    return [T.exp(-((x - centre) ** 2) / node.op.width)]


optdb["canonicalize"].register("local_bump", local_bump, "fast_run", "fast_compile")

x, centre = T.dvector("x"), T.dscalar("centre")
height = Bump(2.0)(x, centre).sum()
outputs = [height, *T.grad(height, [x, centre])]

replaced = theano.function([x, centre], outputs)
mode = theano.compile.get_default_mode().excluding("local_bump")
as_written = theano.function([x, centre], outputs, mode=mode)


def count(f):
    return sum(isinstance(node.op, Bump) for node in f.maker.fgraph.toposort())


print("Bump nodes:", count(as_written), "as written,", count(replaced), "with the optimization")

points = numpy.linspace(-3, 3, 7)
bumps = numpy.exp(-((points - 0.5) ** 2) / 2)
expected = [bumps.sum(), -bumps * (points - 0.5), (bumps * (points - 0.5)).sum()]
for f in (as_written, replaced):
    for value, wanted in zip(f(points, 0.5), expected):
        assert numpy.allclose(value, wanted, rtol=1e-12)
print("height: %.6f" % replaced(points, 0.5)[0])
