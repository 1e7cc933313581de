"""Complex numbers: operations run in Python and say so; what has no code is refused with the way out."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import CompileError

z = T.zvector("z")


def test_an_operation_on_complex_numbers_is_a_python_step():
    f = theano.function([z], T.exp(z), profile=True)
    values = np.array([1j, 2.0])
    np.testing.assert_allclose(f(values), np.exp(values))
    assert f.profile.python_steps == 1


def test_real_parts_go_on_natively():
    f = theano.function([z], (z * z).real.sum())
    assert f([3 + 4j]) == -7.0


def test_what_needs_a_kernel_is_refused():
    with pytest.raises(CompileError, match=r"(?s)complex numbers have no native code yet.*run in Python"):
        theano.function([z], [z * 2] * 2)
