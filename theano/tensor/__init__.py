"""Tensors: variables that stand for arrays, and the operations on them.

Each file holds one concept with everything that belongs to it: how a node is built, its value by NumPy (``perform``, the oracle
of all tests), its derivatives, its shape, and how it becomes loops (``lower``).

>>> x = dmatrix("x")
>>> (exp(x) + 1).sum(axis=1).type
TensorType(float64, vector)
"""

# ruff: noqa: F403 (every name is for export)

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from theano import dtypes as _dtypes
from theano.deferred import deferred as _deferred
from theano.tensor import blas as blas
from theano.tensor import inplace as inplace
from theano.tensor import nnet as nnet
from theano.tensor.constant_value import *
from theano.tensor.constructors import *
from theano.tensor.convert import *
from theano.tensor.counting import *
from theano.tensor.create import *
from theano.tensor.cumulative import *
from theano.tensor.diagonals import *
from theano.tensor.elemwise import *
from theano.tensor.from_scalar import *
from theano.tensor.functions import *
from theano.tensor.joining import *
from theano.tensor.logsumexp import *
from theano.tensor.nonzero import *
from theano.tensor.optional import *
from theano.tensor.permuting import *
from theano.tensor.positions import *
from theano.tensor.products import *
from theano.tensor.reduce import *
from theano.tensor.repeating import *
from theano.tensor.reshaping import *
from theano.tensor.shapes import *
from theano.tensor.sharedvar import *
from theano.tensor.sorting import *
from theano.tensor.statistics import *
from theano.tensor.subtensor import *
from theano.tensor.type import *
from theano.tensor.variable import *

all_dtypes, discrete_dtypes, continuous_dtypes = _dtypes.ALL, _dtypes.DISCRETE, _dtypes.CONTINUOUS
integer_dtypes, int_dtypes, uint_dtypes = _dtypes.INTEGERS, _dtypes.SIGNED, _dtypes.UNSIGNED
float_dtypes, complex_dtypes = _dtypes.FLOATS, _dtypes.COMPLEX

if _TYPE_CHECKING:

    def __getattr__(name: str) -> _Any: ...  # the names made from tables

else:
    __getattr__, __dir__ = _deferred(
        __name__,
        einstein="einsum matmul",
        forms="append argwhere array_equal array_split atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_to column_stack "
        "diagflat dstack expand_dims extract flip fliplr flipud hstack isin linspace matrix_transpose meshgrid moveaxis rollaxis rot90 "
        "take_along_axis tril_indices tril_indices_from triu_indices triu_indices_from vstack",
        padding="pad",
        quantiles="average median nan_to_num nanmax nanmean nanmin nanprod nanstd nansum nanvar percentile quantile",
    )
