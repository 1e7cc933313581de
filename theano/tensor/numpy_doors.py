"""NumPy's own functions, applied to variables, build graphs: one table from each of them to ours.

A NumPy function that is an elementwise one (a *ufunc*) means the operation that is declared with it as its reference
(:mod:`theano.scalar.names`); ``numpy.add.reduce`` and its like mean reductions.  The others stand in :data:`SIGNATURES`, which knows
NumPy's arguments in their order and what ours are called.  What has no meaning here is refused with a way out.

>>> from theano.tensor import dmatrix
>>> x = dmatrix("x")
>>> np.sum(np.exp(x), axis=1), np.concatenate([x, np.eye(3)]).type, (np.ones(3) + x).type
(Sum{axis=[1], acc_dtype=float64}.0, TensorType(float64, matrix), TensorType(float64, matrix))
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from theano.errors import message
from theano.scalar.names import of_numpy
from theano.tensor import functions
from theano.tensor.convert import as_tensor_variable
from theano.tensor.functions import FUNCTIONS

# -------------------------------------------------------------------------------------------- functions of elements


def _truth(x: Any) -> Any:
    x = as_tensor_variable(x)
    return x if x.type.dtype == "bool" else FUNCTIONS["neq"](x, 0)


UFUNCS: dict[str, Callable[..., Any]] = {
    "degrees": FUNCTIONS["rad2deg"],
    "radians": FUNCTIONS["deg2rad"],
    "positive": as_tensor_variable,
    "fabs": lambda x: FUNCTIONS["abs_"](x * 1.0),
    "divmod": functions.divmod,
    "isfinite": lambda x: ~(FUNCTIONS["isnan"](x) | FUNCTIONS["isinf"](x)),
    "logical_not": lambda x: ~_truth(x),
    "logical_and": lambda x, y: _truth(x) & _truth(y),
    "logical_or": lambda x, y: _truth(x) | _truth(y),
    "logical_xor": lambda x, y: _truth(x) ^ _truth(y),
    "matmul": lambda x, y: as_tensor_variable(x) @ y,
    "equal": operator.is_,
    "not_equal": operator.is_not,
}
"""The ufuncs that no declaration is the meaning of.  As operators do, ``==`` and ``!=`` compare identity."""

REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any"}
RUNNING = {"add": "cumsum", "multiply": "cumprod"}


def of_ufunc(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """The meaning of a NumPy function that meets a variable; ``array + variable`` is one."""
    return UFUNCS.get(ufunc.__name__) or FUNCTIONS.get(of_numpy(ufunc.__name__) or "")


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """What ``ufunc(*inputs)``, or one of its methods, is on variables."""
    given = _given(options)
    name, function = ufunc.__name__, of_ufunc(ufunc)
    if method == "__call__" and function is not None:
        dtype = given.pop("dtype", None)
        _refuse(name, given)
        found = function(*inputs)
        return found if dtype is None else functions.cast(found, dtype)
    if method == "reduce" and name in REDUCTIONS:
        return DOORS[REDUCTIONS[name]].open(f"{name}.reduce", inputs[:1], {"axis": _second(inputs, 0), **given})
    if method == "accumulate" and name in RUNNING:
        return DOORS[RUNNING[name]].open(f"{name}.accumulate", inputs[:1], {"axis": _second(inputs, 0), **given})
    if method == "outer" and function is not None:
        _refuse(f"{name}.outer", given)
        left, right = (as_tensor_variable(x) for x in inputs)
        return function(left.dimshuffle(*range(left.type.ndim), *["x"] * right.type.ndim), right)
    raise TypeError(_unknown(name if method == "__call__" else f"{name}.{method}"))


def _second(values: Sequence[Any], otherwise: Any) -> Any:
    return values[1] if len(values) > 1 else otherwise


# -------------------------------------------------------------------------------------------- the other functions

SIGNATURES = {
    "all any max min amax=max amin=min": "a axis -out keepdims",
    "sum prod mean": "a axis dtype -out keepdims",
    "std var": "a axis -dtype -out ddof keepdims",
    "argmax argmin": "a axis -out keepdims",
    "ptp": "a axis -out",
    "cumsum cumprod": "a axis -dtype -out",
    "diff": "a n axis",
    "sort argsort": "a axis -kind -order",
    "searchsorted": "a v / side sorter",
    "bincount": "x weights minlength",
    "concatenate": "arrays axis -out",
    "stack": "arrays axis -out",
    "repeat": "a repeats axis",
    "tile": "A reps /",
    "roll": "a shift axis",
    "reshape": "a shape:newshape",
    "transpose": "a axes",
    "swapaxes": "a axis1 axis2",
    "diag tril triu": "a k",
    "diagonal": "a offset axis1 axis2",
    "dot outer": "a b / -out",
    "tensordot": "a b axes",
    "take": "a indices axis -out mode",
    "choose": "a choices -out mode",
    "compress": "condition a / axis -out",
    "nonzero flatnonzero": "a",
    "isclose allclose": "a b rtol atol equal_nan",
    "zeros_like ones_like empty_like=zeros_like": "a dtype",
    "full_like": "a fill_value dtype",
    "cov": "m y rowvar bias ddof fweights aweights",
    "ravel_multi_index": "multi_index dims mode -order",
    "unravel_index": "indices shape /",
    "real imag angle i0 shape": "x",
    "where": "condition x y /",
    "round round_=round around=round": "a decimals -out",
    "clip": "a a_min a_max -out min max",
    "ravel copy trace size ndim": "a",
    "squeeze": "a axis",
    "expand_dims": "a axis /",
    "moveaxis": "a source destination /",
    "vstack hstack": "tup",
    "atleast_1d atleast_2d": "ary",
    "linalg.norm": "x ord axis keepdims",
    "count_nonzero": "a axis keepdims",
    "iscomplexobj isrealobj": "x",
}  # fmt: skip
"""NumPy's functions, by the name of ours after ``=`` where that is another, and their arguments in order: ``theirs:ours`` has
another name here, ``-this`` has no meaning here.  Arguments before ``/``, or else the first, are given by position."""


def _where(condition: Any, *cases: Any) -> Any:
    return _ours("switch")(condition, *cases) if cases else _ours("nonzero")(condition)


def round_to(a: Any, decimals: int = 0) -> Any:
    """``a`` rounded to that many decimals, halves to the even neighbour, as NumPy's and Python's ``round``."""
    a, rounded = as_tensor_variable(a), FUNCTIONS["round_half_to_even"]
    if decimals == 0:
        return rounded(a)
    factor = 10.0 ** abs(decimals)
    scaled = rounded(a * factor) / factor if decimals > 0 else rounded(a / factor) * factor
    return functions.cast(scaled, a.type.dtype)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    above = a if low is None else FUNCTIONS["maximum"](a, low)
    return as_tensor_variable(above if high is None else FUNCTIONS["minimum"](above, high))


def _axes(what: str, axis: Any, rank: int) -> list[int]:
    axes = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    if any(not -rank <= a < rank for a in axes):
        raise ValueError(message(f"{what}: there is no axis {axis} among {rank}"))
    return [int(a) % rank for a in axes]


def _squeeze(a: Any, axis: Any = None) -> Any:
    a = as_tensor_variable(a)
    if axis is None:
        return a.squeeze()
    dropped = _axes("squeeze", axis, a.type.ndim)
    return a.dimshuffle(*(k for k in range(a.type.ndim) if k not in dropped))


def _expand_dims(a: Any, axis: Any) -> Any:
    a = as_tensor_variable(a)
    count = a.type.ndim + (1 if isinstance(axis, (int, np.integer)) else len(axis))
    new, old = _axes("expand_dims", axis, count), iter(range(a.type.ndim))
    return a.dimshuffle(*("x" if k in new else next(old) for k in range(count)))


def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    a = as_tensor_variable(a)
    rank = a.type.ndim
    moved = dict(zip(_axes("moveaxis", destination, rank), _axes("moveaxis", source, rank), strict=True))
    rest = (k for k in range(rank) if k not in moved.values())
    return a.dimshuffle(*(moved[k] if k in moved else next(rest) for k in range(rank)))


def _vstack(tup: Any) -> Any:
    return _ours("concatenate")([_with_rank(x, 2) for x in tup])


def _hstack(tup: Any) -> Any:
    parts = [_with_rank(x, 1) for x in tup]
    return _ours("concatenate")(parts, axis=0 if parts[0].type.ndim == 1 else 1)


def _with_rank(x: Any, least: int) -> Any:
    x = as_tensor_variable(x)
    return x.dimshuffle(*["x"] * (least - x.type.ndim), *range(x.type.ndim))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = as_tensor_variable(x)
    if ord is not None and not isinstance(axis, int) and x.type.ndim != 1:
        cure = "give the axis of the vectors; without ord it is the root of the sum of squares"
        raise TypeError(message(f"numpy.linalg.norm of variables: {ord!r} is meant as an order of norms of matrices", cure=cure))
    return x.norm(2 if ord is None else ord, axis, keepdims)


ADAPTED: dict[str, Callable[..., Any]] = {
    "where": _where,
    "round": round_to,
    "clip": _clip,
    "ravel": lambda a: as_tensor_variable(a).ravel(),
    "copy": lambda a: a.copy(),
    "trace": lambda a: a.trace(),
    "size": lambda a: a.size,
    "ndim": lambda a: a.ndim,
    "iscomplexobj": lambda x: x.dtype.startswith("complex"),
    "isrealobj": lambda x: not x.dtype.startswith("complex"),
    "squeeze": _squeeze,
    "expand_dims": _expand_dims,
    "moveaxis": _moveaxis,
    "vstack": _vstack,
    "hstack": _hstack,
    "atleast_1d": lambda ary: _with_rank(ary, 1),
    "atleast_2d": lambda ary: _with_rank(ary, 2),
    "linalg.norm": _norm,
    "count_nonzero": lambda a, axis=None, keepdims=False: _ours("sum")(_truth(a), axis=axis, keepdims=keepdims),
}
"""What NumPy's functions mean where ours of that name is not there or takes other arguments."""


class Door(NamedTuple):
    """How a call of one of NumPy's functions becomes one of ours."""

    ours: str
    order: tuple[str, ...]
    names: Mapping[str, str]
    positional: tuple[str, ...]

    def open(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if len(args) > len(self.order):
            raise TypeError(message(f"numpy.{name} takes {len(self.order)} arguments, {len(args)} were given"))
        given = _given({**dict(zip(self.order, args)), **kwargs})
        _refuse(name, {key: value for key, value in given.items() if key not in self.names})
        given = {key: value for key, value in given.items() if key in self.names}
        first = [given.pop(key) for key in self.positional if key in given]
        renamed = {self.names[key]: value for key, value in given.items()}
        return (ADAPTED.get(self.ours) or _ours(self.ours))(*first, **renamed)


def _doors() -> dict[str, Door]:
    table = {}
    for functions_of, signature in SIGNATURES.items():
        before, slash, after = signature.partition("/")
        words = [*before.split(), *after.split()]
        positional = before.split() if slash else words[:1]
        pairs = [word.lstrip("-").partition(":")[::2] for word in words]
        names = {theirs: ours or theirs for (theirs, ours), word in zip(pairs, words) if word[0] != "-"}
        names.update({ours: ours for ours in [*names.values()] if ours not in names})
        for entry in functions_of.split():
            theirs, _, ours = entry.partition("=")
            table[theirs] = Door(ours or theirs, tuple(theirs for theirs, _ in pairs), names, tuple(positional))
    return table


DOORS = _doors()
"""For each of NumPy's functions that has a meaning here, the way to it."""


def apply_function(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What one of NumPy's functions, no elementwise one, is on variables."""
    name = ".".join([*function.__module__.split(".")[1:], function.__name__])
    if name not in DOORS:
        raise TypeError(_unknown(name))
    return DOORS[name].open(name, args, kwargs)


def _ours(name: str) -> Callable[..., Any]:
    import theano.tensor

    found: Callable[..., Any] = getattr(theano.tensor, name)
    return found


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Without what NumPy takes for not given."""
    return {key: value for key, value in options.items() if value is not np._NoValue}


def _refuse(name: str, arguments: Mapping[str, Any]) -> None:
    """For arguments that have no meaning here; None asks for nothing."""
    argument = next((key for key, value in arguments.items() if value is not None), None)
    if argument is not None:
        cure = "a variable is no storage: use the result" if argument == "out" else "leave it out, or say it with theano.tensor"
        raise TypeError(message(f"numpy.{name} of variables takes no argument {argument!r}", cure=cure))


def _unknown(name: str) -> str:
    import theano.tensor

    same = getattr(theano.tensor, name.rpartition(".")[2], None)
    if callable(same):
        cure = f"theano.tensor.{name.rpartition('.')[2]} builds the graph"
    else:
        cure = "write it with the functions of theano.tensor, or wrap it with theano.compile.ops.as_op to run it on arrays"
    return message(f"numpy.{name} has no meaning for variables: it computes on arrays, and these come when a function runs", cure=cure)


__all__: list[str] = []
