"""``theano.vectorize``: a graph of one example becomes a graph of many, along a new first axis.

A variable *varies* if it differs from row to row of what is batched; it then has one axis more, the first.  For each node one of whose
inputs varies, a rule (:mod:`theano.scanning.batch_rules`) builds the node that does it for all rows at once; all other nodes stay as
they are.  The rule of an operation of one's own is its method ``vectorized``.  What has no rule runs in a loop over the rows, and a
warning says so.

>>> import theano, theano.tensor as T
>>> w, x, X = T.dvector("w"), T.dvector("x"), T.dmatrix("X")
>>> of_each = vectorize(theano.grad(T.tanh(T.dot(w, x)), w), {x: X})
>>> theano.function([w, X], of_each)([1.0, 0.0], [[0.0, 3.0], [0.0, 4.0]]).tolist()
[[0.0, 3.0], [0.0, 4.0]]
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from theano.errors import VariableTypeError, message
from theano.flags import config
from theano.graph import Apply, Constant, Variable, get_test_value
from theano.graph.provenance import frames_outside
from theano.graph.traversal import toposort_nodes
from theano.scanning.bodies import without_test_values
from theano.tensor import as_tensor_variable, patternbroadcast, unbroadcast
from theano.tensor.create import alloc
from theano.tensor.shapes import Shape_i, sizes_of
from theano.tensor.type import TensorType

Rule = Callable[["Batch", Apply, list[Any], list[bool]], Sequence[Any] | None]
"""(batch, node, its inputs as they are now, which of them vary) -> the results, all of which vary but those in :class:`Same`; None
where the rule does not know how."""

RULES: dict[type, Rule] = {}
FALLBACKS = ("warn", "loop", "raise")


def rule(*ops: type) -> Callable[[Rule], Rule]:
    """Declare the decorated function as the rule for operations of these classes, and of classes made from them."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(ops, function))
        return function

    return register


@dataclass(frozen=True, slots=True)
class Same:
    """A result that is the same for all rows."""

    value: Any


@dataclass
class Batch:
    """A graph on its way: ``rows`` holds the variables that vary, with all their rows, ``same`` those that do not but are made anew."""

    rows: dict[Variable, Any]
    size: Any
    fallback: str = "warn"
    same: dict[Variable, Any] = field(default_factory=dict)

    def add(self, outputs: Sequence[Any]) -> None:
        """Build what the rows of ``outputs`` need."""
        known = {*self.rows, *self.same}
        for node in toposort_nodes([v.owner for v in outputs if v.owner is not None and v not in known], known, {}):
            varies = [v in self.rows for v in node.inputs]
            if any(varies):
                self._enter(node, self._apply(node, [self.now(v) for v in node.inputs], varies))
            elif any(v in self.same for v in node.inputs):
                copy = node.clone_with_new_inputs([self.now(v) for v in node.inputs])
                self.same.update(zip(node.outputs, copy.outputs, strict=True))

    def now(self, variable: Any) -> Any:
        """What stands for a variable of the graph of one row."""
        found = self.rows.get(variable)
        return self.same.get(variable, variable) if found is None else found

    def all_rows(self, variable: Any) -> Any:
        """``variable`` of the graph of one row, with an axis for the rows even if it does not vary."""
        return self.rows[variable] if variable in self.rows else self.spread(self.now(variable))

    def spread(self, x: Any) -> Any:
        """``x``, which does not vary, once for each row."""
        x = as_tensor_variable(x)
        return unbroadcast(alloc(x.dimshuffle("x", *range(x.type.ndim)), self.size, *sizes_of(x)), 0)

    def spread_all(self, inputs: Sequence[Any], varies: Sequence[bool]) -> list[Any]:
        return [x if v else self.spread(x) for x, v in zip(inputs, varies, strict=True)]

    def inside(self, rows: dict[Variable, Any]) -> Batch:
        """For a graph of its own, such as the step of a loop."""
        return Batch(rows, Shape_i(0)(next(iter(rows.values()))), self.fallback)

    def _apply(self, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
        import theano.scanning.batch_rules as rules

        results: Sequence[Any] | None = None
        if hasattr(node.op, "vectorized"):
            results = node.op.vectorized(node, inputs, varies)
        elif found := next((RULES[cls] for cls in type(node.op).__mro__ if cls in RULES), None):
            results = found(self, node, inputs, varies)
        if results is None and hasattr(node.op, "expand"):
            expanded = node.op.expand(node)
            self.add(expanded)
            results = [self.now(v) if v in self.rows else Same(self.now(v)) for v in expanded]
        if results is None:
            self._tell(node)
            results = rules.looped(self, node, inputs, varies)
        return results

    def _enter(self, node: Apply, results: Sequence[Any]) -> None:
        for out, result in zip(node.outputs, results, strict=True):
            if isinstance(result, Same):
                self.same[out] = result.value
            elif isinstance(out.type, TensorType):
                fitted = result if result.type.dtype == out.type.dtype else result.astype(out.type.dtype)
                pattern = (False, *out.type.broadcastable)
                self.rows[out] = fitted if fitted.type.broadcastable == pattern else patternbroadcast(fitted, pattern)
            else:
                self.rows[out] = result

    def _tell(self, node: Apply) -> None:
        if self.fallback == "loop":
            return
        rows = [("operation", str(node.op), "", str(node.outputs[0].origin or ""))]
        if self.fallback == "raise":
            raise VariableTypeError(message(f"vectorize: there is no rule for {node.op}", rows, "fallback='loop' runs it row by row"))
        text = message(
            f"vectorize: there is no rule for {node.op}: it runs row by row, in a loop", rows, "fallback='loop' says it is meant"
        )
        warnings.warn(text, stacklevel=frames_outside())


# -------------------------------------------------------------------------------------------- the public function


def vectorize(what: Any, rows: Mapping[Any, Any] | None = None, *, in_axes: Any = 0, out_axes: int = 0, fallback: str = "warn") -> Any:
    """The graph, or the function, ``what`` of one example done for many at once.

    ``vectorize(outputs, {x: X, ...})`` gives, for a variable or a list of them, the outputs with a new first axis: row ``i`` is their
    value where each ``x`` is ``X[i]``.  ``X`` has the type of ``x`` and one axis more; all have as many rows.  What is not in the
    mapping, such as parameters, is shared by all rows.

    ``vectorize(f, in_axes=0, out_axes=0)``, for a Python function ``f`` of variables, gives a function of variables with one axis more:
    ``in_axes`` says which axis of each argument counts the rows, None for an argument that all rows share (one number for all
    arguments, or a list); ``out_axes`` where it is in the results.  ``f`` may return tuples and lists, also nested ones.

    The result is a graph like any other, and both ways compose with gradients: a gradient can be vectorized (per-example gradients),
    and a vectorized graph has a gradient.  ``fallback`` says what to do where an operation has no rule: ``"warn"`` and run it
    in a loop over the rows, ``"loop"`` without a warning, or ``"raise"``.

    >>> import theano, theano.tensor as T
    >>> distance = lambda a, b: abs(a - b).sum()
    >>> of_all_pairs = vectorize(vectorize(distance, in_axes=(None, 0)), in_axes=(0, None))
    >>> A, B = T.dmatrices("A", "B")
    >>> theano.function([A, B], of_all_pairs(A, B))([[0, 0], [1, 1]], [[0, 0], [2, 3], [4, 5]]).tolist()
    [[0.0, 5.0, 9.0], [2.0, 3.0, 7.0]]

    Raises VariableTypeError for rows of a type that does not fit, and where the results of different rows would differ in size."""
    if fallback not in FALLBACKS:
        raise ValueError(f"vectorize: fallback is one of {', '.join(map(repr, FALLBACKS))}, not {fallback!r}")
    if not isinstance(what, Variable) and callable(what):
        if rows is not None:
            raise TypeError("vectorize: a function takes in_axes and its arguments, a mapping belongs to variables")
        return _of_function(what, in_axes, out_axes, fallback)
    if not isinstance(rows, Mapping) or not rows:
        raise TypeError(message("vectorize: the rows of at least one variable are needed", cure="write vectorize(outputs, {x: X})"))
    if in_axes != 0 or out_axes != 0:
        raise TypeError("vectorize: in_axes and out_axes belong to functions; the rows of variables are along the first axis")
    given = {x: _rows_of(x, value) for x, value in rows.items()}
    outputs = _leaves(what)
    for out in outputs:
        if not isinstance(out, Variable) or not isinstance(out.type, TensorType):
            raise VariableTypeError(f"vectorize: an output must be a tensor variable, not {out!r}")
    found = iter(_built(outputs, given, fallback))
    return _mapped(what, lambda _: next(found))


@without_test_values
def _built(outputs: Sequence[Any], rows: Mapping[Any, Any], fallback: str) -> list[Any]:
    batch = Batch(dict(rows), Shape_i(0)(next(iter(rows.values()))), fallback)
    batch.add(outputs)
    return [batch.all_rows(out) for out in outputs]


def _rows_of(x: Any, value: Any) -> Any:
    """``value`` as the rows of ``x``."""
    if not isinstance(x, Variable) or not isinstance(x.type, TensorType):
        raise VariableTypeError(f"vectorize: what varies must be a tensor variable, not {x!r}")
    whole = as_tensor_variable(value)
    pattern = (False, *x.type.broadcastable)
    if whole.type.dtype != x.type.dtype or whole.type.ndim != len(pattern):
        rows = [("variable", x.name or str(x), x.type, x.origin), ("its rows", whole.name or str(whole), whole.type, whole.origin)]
        raise VariableTypeError(message("vectorize: the rows must have the dtype of the variable, and one axis more", rows))
    return whole if whole.type.broadcastable == pattern else patternbroadcast(whole, pattern)


def _of_function(function: Callable[..., Any], in_axes: Any, out_axes: int, fallback: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def vectorized(*arguments: Any, **shared: Any) -> Any:
        given = [as_tensor_variable(a) for a in arguments]
        axes = list(in_axes) if isinstance(in_axes, (list, tuple)) else [in_axes] * len(given)
        if len(axes) != len(given) or all(axis is None for axis in axes):
            raise ValueError(f"vectorize: in_axes {in_axes} for {len(given)} arguments; each has an axis or None, and not all None")
        rows, inner = {}, []
        for whole, axis in zip(given, axes, strict=True):
            if axis is None:
                inner.append(whole)
                continue
            moved = _with_axis_in_front(whole, axis)
            row = moved.type.clone(broadcastable=moved.type.broadcastable[1:])(whole.name)
            if config.compute_test_value != "off" and (isinstance(moved, Constant) or hasattr(moved.tag, "test_value")):
                row.tag.test_value = get_test_value(moved)[0]
            rows[row] = moved
            inner.append(row)
        outputs = _mapped(function(*inner, **shared), as_tensor_variable)
        return _mapped(vectorize(outputs, rows, fallback=fallback), lambda out: _with_front_at(out, out_axes))

    return vectorized


def _with_axis_in_front(x: Any, axis: int) -> Any:
    if not -x.type.ndim <= axis < x.type.ndim:
        rows = [("argument", x.name or str(x), x.type, x.origin)]
        raise VariableTypeError(
            message(f"vectorize: there is no axis {axis} of rows", rows, "in_axes=None shares an argument among all rows")
        )
    axis %= x.type.ndim
    return x if axis == 0 else x.dimshuffle(axis, *(k for k in range(x.type.ndim) if k != axis))


def _with_front_at(x: Any, axis: int) -> Any:
    order = list(range(1, x.type.ndim))
    order.insert(axis if axis >= 0 else x.type.ndim + axis, 0)
    return x if axis == 0 else x.dimshuffle(*order)


def _leaves(structure: Any) -> list[Any]:
    return [leaf for part in structure for leaf in _leaves(part)] if isinstance(structure, (list, tuple)) else [structure]


def _mapped(structure: Any, function: Callable[[Any], Any]) -> Any:
    """``function`` of each variable in nested lists and tuples."""
    if isinstance(structure, (list, tuple)):
        return type(structure)([_mapped(part, function) for part in structure])
    return function(structure)
