"""For the tests of programs: comparing values, seeding, checking gradients, stopping inside a function.

>>> from theano.tests.unittest_tools import assert_allclose
>>> assert_allclose([1.0], [1.0 + 1e-12])
"""

from theano.testing.breakpoint import PdbBreakpoint
from theano.testing.comparing import WrongValue, assert_allclose, fetch_seed, seed_rng, verify_grad

__all__ = ["PdbBreakpoint", "WrongValue", "assert_allclose", "fetch_seed", "seed_rng", "verify_grad"]
