"""For elementwise operations written as classes (:class:`~theano.scalar.op.ScalarOp`): bases, and rules of types.

>>> class Half(UnaryScalarOp):
...     def impl(self, x):
...         return x / 2
...     def grad(self, inputs, gradients):
...         return [gradients[0] / 2]
>>> half = Half(upgrade_to_float, name="half")
>>> half.output_dtypes("int8"), float(half(3.0))
(('float32',), 1.5)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from theano import dtypes
from theano.errors import DTypeError
from theano.graph.properties import WithProperties
from theano.scalar.op import ScalarOp
from theano.scalar.types import Scalar, get_scalar_type


class OnTypes:
    """A rule of dtypes as one of scalar types; pickled as the variable of this module that holds it."""

    def __init__(self, name: str, rule: Callable[..., tuple[str, ...]]) -> None:
        self.name, self.rule = name, rule

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        return tuple(get_scalar_type(dtype) for dtype in self.rule(*(t.dtype for t in types)))

    def __reduce__(self) -> str:
        return self.name


def _min8(rule: dtypes.Rule) -> dtypes.Rule:
    """``rule``, with int8 for bool."""
    return lambda *given: tuple("int8" if dtype == "bool" else dtype for dtype in rule(*given))


RULES = {
    name: OnTypes(name, rule)
    for name, rule in {
        "upcast_out": dtypes.upcast_out,
        "upcast_out_nobool": dtypes.difference_out,
        "upcast_out_min8": _min8(dtypes.upcast_out),
        "upcast_out_no_complex": dtypes.upcast_real_out,
        "same_out": dtypes.same_out,
        "same_out_nobool": dtypes.negatable_out,
        "same_out_min8": _min8(dtypes.same_out),
        "same_out_nocomplex": dtypes.without(dtypes.same_out, *dtypes.COMPLEX),
        "same_out_float_only": dtypes.float_only_out,
        "real_out": dtypes.real_out,
        "int_out": dtypes.int64_out,
        "int_out_nocomplex": dtypes.without(dtypes.int64_out, *dtypes.COMPLEX),
        "float_out": dtypes.float64_out,
        "float_out_nocomplex": dtypes.without(dtypes.float64_out, *dtypes.COMPLEX),
        "upgrade_to_float": dtypes.upgrade_to_float,
        "upgrade_to_float_no_complex": dtypes.upgrade_to_real_float,
        "upgrade_to_float64": dtypes.float64_out,
    }.items()
}
"""The classic rules by name, which are names of this module too."""
globals().update(RULES)
upgrade_to_float = RULES["upgrade_to_float"]


class specific_out(WithProperties):
    """The rule that the results have these types, whatever the arguments.

    >>> from theano.scalar import bool, float32
    >>> specific_out(float32, bool)(float32)
    (float32, bool)
    """

    __props__ = ("spec",)

    def __init__(self, *spec: Scalar) -> None:
        self.spec = spec

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        return self.spec


class transfer_type(WithProperties):
    """The rule that each result has the type of the argument of a given number; of all together for None, or a dtype by its name.

    >>> from theano.scalar import float64, int8
    >>> transfer_type(1, None, "bool")(float64, int8)
    (int8, float64, bool)
    """

    __props__ = ("transfer",)

    def __init__(self, *transfer: int | str | None) -> None:
        self.transfer = transfer

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        common = dtypes.upcast(*(t.dtype for t in types))
        return tuple(types[of] if isinstance(of, int) else get_scalar_type(common if of is None else of) for of in self.transfer)


class unary_out_lookup(WithProperties):
    """The rule of one argument that a table tells.

    >>> from theano.scalar import float64, int8
    >>> unary_out_lookup({int8: float64})(int8)
    (float64,)
    """

    __props__ = ("pairs",)

    def __init__(self, type_table: Mapping[Scalar, Scalar | tuple[Scalar, ...]]) -> None:
        self.pairs = tuple(type_table.items())

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        for given, results in self.pairs:
            if (given,) == types:
                return results if isinstance(results, tuple) else (results,)
        raise DTypeError(
            f"there is no result for {', '.join(map(str, types))}; there is one for {', '.join(str(t) for t, _ in self.pairs)}"
        )


class UnaryScalarOp(ScalarOp):
    """One argument."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """Two arguments."""

    nin = 2
