"""Functions of neural networks: activations, softmax, losses.

>>> from theano.tensor import fmatrix, lvector
>>> x, y = fmatrix("x"), lvector("y")
>>> categorical_crossentropy(softmax(x), y).mean().type
TensorType(float32, scalar)
"""

# ruff: noqa: F403 (every name is for export)

from theano.tensor.nnet.activation import *
from theano.tensor.nnet.batchwise import *
from theano.tensor.nnet.classes import *
from theano.tensor.nnet.crossentropy import *
from theano.tensor.nnet.normalized import *
