"""Tensors: variables that stand for arrays, and the operations on them.

Each file holds one concept with everything that belongs to it: how a node is built, its value by NumPy (``perform``, the oracle
of all tests), its derivatives, its shape, and how it becomes loops (``lower``).

>>> x = dmatrix("x")
>>> (exp(x) + 1).sum(axis=1).type
TensorType(float64, vector)
"""

# ruff: noqa: F401, F403 (every name is for export)

from theano.dtypes import ALL as all_dtypes
from theano.dtypes import COMPLEX as complex_dtypes
from theano.dtypes import CONTINUOUS as continuous_dtypes
from theano.dtypes import DISCRETE as discrete_dtypes
from theano.dtypes import FLOATS as float_dtypes
from theano.dtypes import INTEGERS as integer_dtypes
from theano.dtypes import SIGNED as int_dtypes
from theano.dtypes import UNSIGNED as uint_dtypes
from theano.tensor import blas, nnet
from theano.tensor.constructors import *
from theano.tensor.convert import as_tensor, as_tensor_variable, constant, get_vector_length, weak_constants
from theano.tensor.create import *
from theano.tensor.dot import *
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.functions import *
from theano.tensor.join import *
from theano.tensor.reduce import *
from theano.tensor.reshape import *
from theano.tensor.shape import *
from theano.tensor.sharedvar import SharedVariable, TensorSharedVariable, shared
from theano.tensor.subtensor import *
from theano.tensor.type import (
    AsTensorError,
    TensorType,
    values_eq_approx,
    values_eq_approx_always_true,
    values_eq_approx_remove_inf,
    values_eq_approx_remove_inf_nan,
    values_eq_approx_remove_nan,
)
from theano.tensor.variable import TensorConstant, TensorConstantSignature, TensorOperators, TensorVariable
