"""In-place elementwise operations: ``exp_inplace(x)`` overwrites ``x`` with its exponential.

There is one for each elementwise function, made when it is asked for.  Programs need none of them: storage is reused by itself.

>>> from theano.tensor.inplace import exp_inplace
>>> exp_inplace.destroy_map
{0: [0]}
"""

from __future__ import annotations

from theano.tensor.elemwise import Elemwise
from theano.tensor.functions import FUNCTIONS

_SUFFIX = "_inplace"


def __getattr__(name: str) -> Elemwise:
    function = FUNCTIONS.get(name.removesuffix(_SUFFIX))
    if not name.endswith(_SUFFIX) or function is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    made = globals()[name] = Elemwise(function.scalar_op, {0: 0})
    return made


def __dir__() -> list[str]:
    return sorted({*globals(), *(name + _SUFFIX for name in FUNCTIONS)})
