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

from theano.dtypes import is_discrete, is_integer, reduction_dtype
from theano.errors import message
from theano.scalar.names import of_numpy
from theano.tensor import functions
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import cast, conjugate
from theano.tensor.functions import FUNCTIONS

# -------------------------------------------------------------------------------------------- functions of elements


def _truth(x: Any) -> Any:
    x = as_tensor_variable(x)
    return x if x.type.dtype == "bool" else FUNCTIONS["neq"](x, 0)


def _added_up(products: Any, axis: int) -> Any:
    """In their own dtype, as the sums in products of matrices are."""
    return products.sum(axis=axis, dtype=products.dtype)


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
    "vecdot": lambda x, y: _added_up(conjugate(as_tensor_variable(x)) * as_tensor_variable(y), -1),
    "matvec": lambda x, y: _ours("einsum")("...ij,...j->...i", x, y),
    "vecmat": lambda x, y: _ours("einsum")("...i,...ij->...j", conjugate(as_tensor_variable(x)), y),
    "signbit": lambda x: FUNCTIONS["copysign"](1.0, x) < 0,
    "heaviside": lambda x, y: FUNCTIONS["switch"](FUNCTIONS["eq"](x, 0), y, FUNCTIONS["sgn"](x) * 0.5 + 0.5),
    "float_power": lambda x, y: FUNCTIONS["pow"](as_tensor_variable(x).astype("float64"), as_tensor_variable(y).astype("float64")),
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
        return found if dtype is None else cast(found, dtype)
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
    "sum prod mean nansum nanprod nanmean": "a axis dtype -out keepdims",
    "std var nanstd nanvar": "a axis -dtype -out ddof keepdims",
    "argmax argmin nanmax nanmin": "a axis -out keepdims",
    "ptp": "a axis -out",
    "median": "a axis -out -overwrite_input keepdims",
    "quantile percentile": "a q axis / -out -overwrite_input method keepdims",
    "average": "a axis weights -returned keepdims",
    "cumsum cumprod": "a axis -dtype -out",
    "diff": "a n axis",
    "ediff1d": "ary -to_end -to_begin",
    "trapezoid trapz=trapezoid": "y x dx axis",
    "sort argsort": "a axis -kind -order",
    "searchsorted": "a v / side sorter",
    "digitize": "x bins right",
    "bincount": "x weights minlength",
    "unique": "ar return_index return_inverse return_counts axis",
    "concatenate concat=concatenate": "arrays axis -out",
    "stack": "arrays axis -out",
    "append": "arr values / axis",
    "split array_split": "ary indices_or_sections / axis",
    "hsplit vsplit dsplit": "ary indices_or_sections /",
    "unstack": "x axis",
    "repeat": "a repeats axis",
    "tile": "A reps /",
    "roll": "a shift axis",
    "pad": "array pad_width mode / constant_values",
    "reshape": "a shape:newshape",
    "transpose permute_dims=transpose": "a axes",
    "swapaxes": "a axis1 axis2",
    "diag tril triu": "a k",
    "diagflat": "v k",
    "diagonal": "a offset axis1 axis2",
    "dot outer": "a b / -out",
    "inner vdot": "a b /",
    "tensordot": "a b axes",
    "take": "a indices axis -out mode",
    "take_along_axis": "arr indices axis /",
    "choose": "a choices -out mode",
    "compress": "condition a / axis -out",
    "extract": "condition arr /",
    "nonzero flatnonzero argwhere": "a",
    "tril_indices_from triu_indices_from": "arr k",
    "isin": "element test_elements / assume_unique invert",
    "isclose allclose": "a b rtol atol equal_nan",
    "array_equal": "a1 a2 /",
    "zeros_like ones_like empty_like=zeros_like": "a dtype",
    "full_like": "a fill_value dtype",
    "linspace": "start stop num endpoint -retstep dtype",
    "cov": "m y rowvar bias ddof fweights aweights",
    "ravel_multi_index": "multi_index dims mode -order",
    "unravel_index": "indices shape /",
    "real imag angle i0 shape": "x",
    "where": "condition x y /",
    "select": "condlist choicelist / default",
    "round round_=round around=round": "a decimals -out",
    "clip": "a a_min a_max -out min max",
    "fix isposinf isneginf": "x -out",
    "nan_to_num": "x -copy nan posinf neginf",
    "ravel copy trace size ndim": "a",
    "squeeze": "a axis",
    "expand_dims": "a axis /",
    "moveaxis": "a source destination /",
    "rollaxis": "a axis start",
    "flip": "m axis",
    "fliplr flipud": "m",
    "rot90": "m k axes",
    "matrix_transpose": "x",
    "broadcast_to": "array shape / -subok",
    "vstack row_stack=vstack hstack dstack column_stack": "tup",
    "einsum meshgrid broadcast_arrays atleast_1d atleast_2d atleast_3d": "*",
    "linalg.norm": "x ord axis keepdims",
    "count_nonzero": "a axis keepdims",
    "iscomplexobj isrealobj": "x",
}  # fmt: skip
"""NumPy's functions, by the name of ours after ``=`` where that is another, and their arguments in order: ``theirs:ours`` has
another name here, ``-this`` has no meaning here.  Arguments before ``/``, or else the first, are given by position; ``*`` hands on
what is given as it is."""


def _where(condition: Any, *cases: Any) -> Any:
    return _ours("switch")(condition, *cases) if cases else _ours("nonzero")(condition)


def round_to(a: Any, decimals: int = 0) -> Any:
    """``a`` rounded to that many decimals, halves to the even neighbour, as NumPy's and Python's ``round``."""
    a, rounded = as_tensor_variable(a), FUNCTIONS["round_half_to_even"]
    if decimals >= 0 and is_integer(a.type.dtype):
        return a
    if decimals == 0:
        return rounded(a)
    factor = 10.0 ** abs(decimals)
    scaled = rounded(a * factor) / factor if decimals > 0 else rounded(a / factor) * factor
    return cast(scaled, a.type.dtype)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    above = a if low is None else FUNCTIONS["maximum"](a, low)
    return as_tensor_variable(above if high is None else FUNCTIONS["minimum"](above, high))


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """In parts of equal size, where a number of them is given."""
    x, parts = as_tensor_variable(ary), indices_or_sections
    if isinstance(parts, (int, np.integer)) and parts > 0:
        return _ours("split")(x, [x.shape[axis] // int(parts)] * int(parts), int(parts), axis)
    return _ours("array_split")(x, parts, axis)


def _widened(a: Any) -> Any:
    """As wide as the sum of such numbers is."""
    a = as_tensor_variable(a)
    return a.astype(reduction_dtype(a.type.dtype)) if is_discrete(a.type.dtype) else a


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral along ``axis`` of what is straight between the points."""
    y = _ours("moveaxis")(y, axis, -1)
    width = dx
    if x is not None:
        x = as_tensor_variable(x)
        width = _ours("diff")(x if x.type.ndim == 1 else _ours("moveaxis")(x, axis, -1))
    return (width * (y[..., 1:] + y[..., :-1]) / 2.0).sum(axis=-1)


def _select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """At each place the choice of the first condition that holds there."""
    if len(condlist) != len(choicelist):
        raise ValueError(message(f"select: {len(condlist)} conditions and {len(choicelist)} choices"))
    found = default
    for condition, choice in [*zip(condlist, choicelist)][::-1]:
        found = FUNCTIONS["switch"](condition, choice, found)
    return found


def _digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """In which of the intervals between ``bins``, which ascend, each element is."""
    return _ours("searchsorted")(bins, x, side="left" if right else "right")


def _vdot(a: Any, b: Any) -> Any:
    return _added_up(conjugate(as_tensor_variable(a).flatten()) * as_tensor_variable(b).flatten(), 0)


def _inner(a: Any, b: Any) -> Any:
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    return a * b if 0 in (a.type.ndim, b.type.ndim) else _ours("tensordot")(a, b, [[-1], [-1]])


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
    "split": _split,
    "hsplit": lambda ary, parts: _split(ary, parts, min(1, as_tensor_variable(ary).type.ndim - 1)),
    "vsplit": lambda ary, parts: _split(ary, parts, 0),
    "dsplit": lambda ary, parts: _split(ary, parts, 2),
    "cumsum": lambda a, axis=None: _ours("cumsum")(_widened(a), axis),
    "cumprod": lambda a, axis=None: _ours("cumprod")(_widened(a), axis),
    "digitize": _digitize,
    "ediff1d": lambda ary: _ours("diff")(as_tensor_variable(ary).flatten()),
    "trapezoid": _trapezoid,
    "select": _select,
    "unstack": lambda x, axis=0: list(_ours("moveaxis")(x, axis, 0)),
    "inner": _inner,
    "vdot": _vdot,
    "fix": lambda x: FUNCTIONS["trunc"](x),
    "isposinf": lambda x: FUNCTIONS["isinf"](x) & (x > 0),
    "isneginf": lambda x: FUNCTIONS["isinf"](x) & (x < 0),
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
        if self.order == ("*",):
            return _ours(self.ours)(*args, **kwargs)
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
