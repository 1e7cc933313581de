"""Classes of the classic system that each had one operation: ``Identity``, ``TrueDiv``, ``GammaLn`` ...

Programs ask ``isinstance(op.scalar_op, Identity)`` and make ``GammaLn(upgrade_to_float, name="gammaln")``.  Both work: a class here
stands for the declared operation of its name.

>>> isinstance(OPS["true_div"], CLASSES["TrueDiv"]), CLASSES["GammaLn"]()
(True, gammaln)
>>> CLASSES["Cast"](Scalar("float32")), isinstance(OPS["convert_to_int8"], CLASSES["Cast"])
(convert_to_float32, True)
"""

from __future__ import annotations

from typing import Any

from theano.scalar.declare import OPS
from theano.scalar.logic import RANGES
from theano.scalar.types import Scalar

__all__ = ["CLASSES"]

_SPELLED = {
    "and_": "AND", "or_": "OR", "xor": "XOR", "lt": "LT", "le": "LE", "gt": "GT", "ge": "GE", "eq": "EQ", "neq": "NEQ", "abs_": "Abs",
    "isnan": "IsNan", "isinf": "IsInf", "arctan2": "ArcTan2", "deg2rad": "Deg2Rad", "rad2deg": "Rad2Deg", "gammaln": "GammaLn",
    "gammainc": "GammaInc", "gammaincc": "GammaIncC", "gammal": "GammaL", "gammau": "GammaU", "chi2sf": "Chi2SF",
    "xlogx": "XlogX", "xlogy0": "XlogY0",
}  # fmt: skip
"""Where the class is not the operation's name in capitals."""


class _Kind(type):
    """A class whose one instance is a declared operation."""

    operation: str

    def __instancecheck__(cls, instance: object) -> bool:
        return instance is OPS[cls.operation]

    def __call__(cls, output_types_preference: Any = None, name: str | None = None) -> Any:
        return OPS[cls.operation]

    def __getattr__(cls, name: str) -> Any:
        return getattr(OPS[cls.operation], name)


class _Group(type):
    """A class of several operations."""

    operations: tuple[str, ...]

    def __instancecheck__(cls, instance: object) -> bool:
        return any(instance is OPS[name] for name in cls.operations)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{cls.__name__} stands for {', '.join(cls.operations)}; use one of these")


class _Ranges(_Group):
    def __call__(cls, openlow: bool, openhi: bool) -> Any:
        return RANGES[bool(openlow), bool(openhi)]


class _AnyCast(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return getattr(instance, "name", "").startswith("convert_to_")

    def __call__(cls, o_type: Scalar, name: str | None = None) -> Any:
        return OPS[f"convert_to_{o_type.dtype}"]


def _class_name(operation: str) -> str:
    if operation.startswith("arc"):
        return _SPELLED.get(operation) or f"Arc{operation[3:].capitalize()}"
    return _SPELLED.get(operation) or "".join(part.capitalize() for part in operation.split("_"))


CLASSES: dict[str, type] = {
    _class_name(name): _Kind(_class_name(name), (), {"operation": name, "__doc__": op.__doc__})
    for name, op in OPS.items()
    if not name.startswith("convert_to_") and not name.endswith("range")
} | {"Cast": _AnyCast("Cast", (), {"__doc__": "Conversion to the dtype of a scalar type."})}
CLASSES |= {
    name: kind(name, (), {"operations": operations, "__doc__": f"One of {', '.join(operations)}."})
    for name, kind, operations in (
        ("LogicalComparison", _Group, ("lt", "le", "gt", "ge", "eq", "neq", *(op.name for op in RANGES.values()))),
        ("FixedLogicalComparison", _Group, ("isnan", "isinf")),
        ("UnaryBitOp", _Group, ("invert",)),
        ("BinaryBitOp", _Group, ("and_", "or_", "xor")),
        ("InRange", _Ranges, tuple(op.name for op in RANGES.values())),
    )
}
"""By classic name."""
