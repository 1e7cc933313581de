"""Declarations: one object per name, dispatch, traced bodies with weak numbers, what is derived."""

import copy
import pickle

import numpy as np
import pytest

from theano import dtypes, scalar
from theano.errors import CompileError
from theano.scalar import OPS, elementwise
from theano.scalar.instructions import Complex, Trace


class Wrapped:
    """A stand-in for a variable."""

    def __elementwise__(self, op, args):
        return op, args


def test_operations_are_one_object_each():
    assert pickle.loads(pickle.dumps(OPS["exp"])) is scalar.exp
    assert copy.deepcopy(OPS["add"]) is scalar.add
    assert repr(scalar.erf) == "erf"


def test_calls_go_to_the_first_argument_that_knows():
    variable = Wrapped()
    assert scalar.add(1.0, variable) == (scalar.add, (1.0, variable))
    assert scalar.add(1, 2.5) == 3.5
    assert scalar.exp(np.zeros(3)).tolist() == [1.0, 1.0, 1.0]


def test_numbers_are_weak_in_traces():
    trace = Trace()
    x, flag = trace.leaf("input", "float32", 0), trace.leaf("input", "bool", 1)
    assert scalar.mul(x, 1.1).dtype == "float32"
    assert scalar.mul(2.5, trace.leaf("input", "int8", 2)).dtype == "float32"
    assert scalar.switch(flag, x, 0).dtype == "float32"
    assert scalar.switch(flag, 1, 0).dtype == "int8"


def test_arguments_are_computed_in_the_result_dtype():
    trace = Trace()
    half, byte = trace.leaf("input", "float16", 0), trace.leaf("input", "int8", 1)
    total = scalar.add(half, byte)
    assert total.dtype == "float16" and total.op == "cast"
    assert total.args[0].op == "add" and total.args[0].dtype == "float32"
    assert scalar.lt(half, byte).args[0].dtype == "float32"


def test_some_operations_have_no_code_for_complex_numbers():
    trace = Trace()
    z = Complex(trace.leaf("input", "float32", 0), trace.leaf("input", "float32", 1))
    assert scalar.erf.has_code("float16") and not scalar.erf.has_code("complex64")
    with pytest.raises(CompileError, match=r"erf of complex64 cannot be compiled: it is declared without code for complex64"):
        scalar.erf(z)
    assert abs(scalar.erf(0.5j) - 0.6149520946965110j) < 1e-15


def test_complex_numbers_are_pairs_of_values():
    trace = Trace()
    z = Complex(trace.leaf("input", "float32", 0), trace.leaf("input", "float32", 1))
    product = scalar.mul(z, 2j, z)
    assert product.dtype == "complex64" and [part.op for part in product.parts] == ["sub", "add"]
    assert scalar.abs_(z).dtype == "float32" and scalar.real(z) is z.real
    assert scalar.add(z, trace.leaf("input", "float64", 2)).dtype == "complex128"
    assert scalar.eq(z, z).dtype == "bool" and scalar.switch(z, z, 1).dtype == "complex64"


def test_one_declaration_suffices():
    """A function with its facts is all there is to a new operation."""

    @elementwise(dtype=dtypes.upgrade_to_float, reference=np.cbrt, partials=lambda x, out: (1 / (3 * out * out),), ulp=4.0, register=False)
    def root(x):
        """The real cube root."""
        return scalar.sgn(x) * scalar.exp(scalar.log(abs(x)) / 3.0)

    assert root.output_dtypes("int8") == ("float32",)
    assert root(27.0) == 3.0
    trace = Trace()
    assert root(trace.leaf("input", "int64", 0)).dtype == "float64"
    assert root.nfunc_spec == ("cbrt", 1, 1) and root.nin == 1 and root.__doc__ == "The real cube root."
    assert "root" not in OPS


def test_classic_attributes():
    assert scalar.add.nin == -1 and scalar.add.commutative and scalar.add.associative and scalar.add.identity == 0
    assert scalar.mul.identity == 1 and scalar.mul.absorbing == 0 and scalar.exp.nout == 1
    assert scalar.sqrt.nfunc_spec == ("sqrt", 1, 1) and scalar.erf.name == "erf"


def test_integer_powers():
    x, y = (a.ravel() for a in np.meshgrid(np.arange(-5, 6), np.arange(-3, 8)))
    got = scalar.pow(x, y)
    expected = [int(a) ** int(b) if b >= 0 else (0 if a == 0 else int(1 / float(a) ** -int(b))) for a, b in zip(x, y)]
    assert got.tolist() == expected
