"""A graph as an operation: :class:`OpFromGraph` names a piece of graph, which may bring derivatives of its own.

A function is compiled as if the piece stood in its graph: the operation costs nothing.

>>> import theano.tensor as T
>>> x, y = T.dscalars("x", "y")
>>> hypotenuse = OpFromGraph([x, y], [T.sqrt(x ** 2 + y ** 2)], name="hypotenuse")
>>> float(hypotenuse(x, 2 * y).eval({x: 3.0, y: 2.0}))
5.0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.errors import MissingInputError, VariableTypeError, message
from theano.gradient import Lop, Rop
from theano.graph import (
    Apply,
    Constant,
    DisconnectedType,
    FunctionGraph,
    NullType,
    Op,
    Variable,
    clone_replace,
    disconnected_type,
    graph_inputs,
    io_connection_pattern,
)
from theano.scanning.bodies import run_graph, without_test_values
from theano.tensor.shapes import Shape_i
from theano.tensor.sharedvar import SharedVariable

Override = Any
"""``"default"``, a function that builds the derivatives, an :class:`OpFromGraph` that computes them, a variable of a null or
disconnected type, None for one that does not flow, or a list with one of these for each input (of an R-op: output)."""


class OpFromGraph(Op):
    """The operation that computes ``outputs`` from ``inputs``.

    Shared variables in the graph are its implicit inputs.  ``lop_overrides`` replaces the gradient: a function of (inputs, outputs,
    output gradients); ``grad_overrides`` the same by a function of (inputs, output gradients); ``rop_overrides`` the forward
    derivative, a function of (inputs, directions).  ``connection_pattern[i][o]`` says whether output o depends on input i, for
    gradients.  ``inline`` is remembered as ``is_inline``; functions are compiled with the graph in its place either way."""

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        inline: bool = False,
        lop_overrides: Override = "default",
        grad_overrides: Override = "default",
        rop_overrides: Override = "default",
        connection_pattern: list[list[bool]] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        for what in ("updates", "givens"):
            if what in kwargs:
                raise TypeError(f"OpFromGraph takes no {what}: the results of an operation depend on its inputs alone")
        if not isinstance(inputs, (list, tuple)) or not isinstance(outputs, (list, tuple)):
            raise TypeError("OpFromGraph: inputs and outputs must be lists of variables")
        for variable in (*inputs, *outputs):
            if not isinstance(variable, Variable):
                raise TypeError(f"OpFromGraph: inputs and outputs must be variables, not {variable!r}")
        self.name, self.is_inline, self.kwargs = name, inline, kwargs
        found = [v for v in graph_inputs(outputs, inputs) if v not in inputs and not isinstance(v, Constant)]
        self.shared_inputs = [v for v in found if isinstance(v, SharedVariable)]
        self._require(found)
        given = [*inputs, *self.shared_inputs]
        self.local_inputs = [v.type(v.name) for v in given]
        self.local_outputs = clone_replace(list(outputs), dict(zip(given, self.local_inputs, strict=True)))
        self.input_types, self.output_types = [v.type for v in inputs], [v.type for v in outputs]
        self.inputs, self.outputs = list(inputs), list(outputs)
        self._connection_pattern = connection_pattern
        self._lops: dict[tuple[bool, ...], list[Any]] = {}
        self._lop = self._checked(lop_overrides, "lop_overrides", "grad_overrides", grad_overrides)
        self._grad = grad_overrides
        self._rop = rop_overrides

    @staticmethod
    def _checked(lop: Override, name: str, other_name: str, grad: Override) -> Override:
        if not _is_default(lop) and not _is_default(grad):
            raise ValueError(f"OpFromGraph: give {name} or {other_name}, not both: each of them is the gradient")
        return lop

    def _require(self, found: Sequence[Any]) -> None:
        missing = next((v for v in found if not isinstance(v, SharedVariable)), None)
        if missing is not None:
            rows = [("missing", missing, missing.type, missing.origin)]
            raise MissingInputError(message("OpFromGraph: an output depends on a variable that is no input", rows, "add it to inputs"))

    def __str__(self) -> str:
        return f"{self.name or type(self).__name__}{{inline={self.is_inline}}}"

    __repr__ = __str__

    # ------------------------------------------------------------------ applying

    def make_node(self, *inputs: Any) -> Apply:
        if len(inputs) != len(self.input_types):
            raise ValueError(f"{self} takes {len(self.input_types)} inputs, {len(inputs)} were given")
        given = []
        for position, (value, kind) in enumerate(zip(inputs, self.input_types, strict=True)):
            try:
                given.append(kind.filter_variable(value))
            except TypeError as why:
                raise VariableTypeError(f"{self}: input {position} must be of type {kind}: {why}") from why
        return Apply(self, [*given, *self.shared_inputs], [kind() for kind in self.output_types])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        graph = FunctionGraph(self.local_inputs, self.local_outputs, clone=True)
        for cell, value in zip(output_storage, run_graph(graph, inputs), strict=True):
            cell[0] = value

    def held_graphs(self) -> tuple[Any, list[Any]]:
        """What tells it from another, but for its graph and its derivatives, and the inputs and outputs of that."""
        return self.name, [(self.local_inputs, self.local_outputs)]

    def outer_arguments(self, inputs: Sequence[Any]) -> list[list[Any]]:
        """What the inputs of the graph that it holds stand for outside."""
        return [list(inputs)]

    def expand(self, node: Apply) -> list[Variable]:
        """The graph in the place of the node."""
        return self._applied(self.local_inputs, self.local_outputs, node.inputs)

    @staticmethod
    def _applied(formal: Sequence[Any], outputs: Sequence[Any], actual: Sequence[Any]) -> list[Any]:
        found: list[Any] = clone_replace(list(outputs), dict(zip(formal, actual, strict=True)))
        return found

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        """By the graph itself, of which the rewriter keeps what the sizes need."""
        return [tuple(Shape_i(k)(out) for k in range(out.type.ndim)) if hasattr(out.type, "ndim") else None for out in self.expand(node)]

    def do_constant_folding(self, node: Apply) -> bool:
        return False  # its parts are folded

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        if self._connection_pattern is not None:
            rest = len(node.inputs) - len(self._connection_pattern)
            return [*self._connection_pattern, *([[True] * len(node.outputs)] * rest)]
        pattern = io_connection_pattern(self.local_inputs, self.local_outputs)
        override = self._grad if _is_default(self._lop) else self._lop
        each = override if isinstance(override, (list, tuple)) else [override] * len(self.input_types)
        for position, rule in enumerate(each):
            if not _is_default(rule):
                connected = rule is not None and not (isinstance(rule, Variable) and isinstance(rule.type, DisconnectedType))
                pattern[position] = [connected] * len(node.outputs)
        return pattern

    # ------------------------------------------------------------------ derivatives

    def set_grad_overrides(self, grad_overrides: Override) -> None:
        """Replace the gradient by a rule of (inputs, output gradients)."""
        self._checked(self._lop, "lop_overrides", "grad_overrides", grad_overrides)
        self._grad = grad_overrides
        self._lops.clear()

    def set_lop_overrides(self, lop_overrides: Override) -> None:
        """Replace the gradient by a rule of (inputs, outputs, output gradients)."""
        self._lop = self._checked(lop_overrides, "lop_overrides", "grad_overrides", self._grad)
        self._lops.clear()

    def set_rop_overrides(self, rop_overrides: Override) -> None:
        """Replace the forward derivative by a rule of (inputs, directions)."""
        self._rop = rop_overrides

    def get_lop_op(self) -> OpFromGraph:
        """The gradient as an operation of inputs, outputs and output gradients; zeros where nothing flows."""
        given, outs, grads, results = self._gradient(tuple(True for _ in self.output_types))
        dense = [v.zeros_like() if isinstance(g.type, (DisconnectedType, NullType)) else g for v, g in zip(given, results, strict=True)]
        return OpFromGraph([*given, *outs, *grads], dense, self.is_inline, name=f"{self.name or 'graph'}_LOp")

    def get_rop_op(self) -> OpFromGraph:
        """The forward derivative as an operation of inputs and directions; zeros for outputs that do not move."""
        given = self.local_inputs
        points = [v.type() for v in given]
        results = self._directions(given, points)
        dense = [o.zeros_like() if r is None else r for o, r in zip(self.local_outputs, results, strict=True)]
        return OpFromGraph([*given, *points], dense, self.is_inline, name=f"{self.name or 'graph'}_ROp")

    @without_test_values
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        live = tuple(not isinstance(g.type, DisconnectedType) for g in output_grads)
        formal, outs, grads, results = self._gradient(live)
        reached = [g for g, is_live in zip(output_grads, live, strict=True) if is_live]
        return self._applied([*formal, *outs, *grads], results, [*inputs, *outputs, *reached])

    @without_test_values
    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return self._directions(inputs, eval_points)

    def _gradient(self, live: tuple[bool, ...]) -> list[Any]:
        """(inputs, outputs, gradients of the outputs that are ``live``, gradients of the inputs), built once."""
        if live not in self._lops:
            outs = [kind() for kind in self.output_types]
            grads = [kind() for kind in self.output_types]
            sent = [g if is_live else disconnected_type() for g, is_live in zip(grads, live, strict=True)]
            reached = [g for g, is_live in zip(grads, live, strict=True) if is_live]
            self._lops[live] = [self.local_inputs, outs, reached, self._pulled(outs, sent, live)]
        return self._lops[live]

    def _pulled(self, outs: list[Any], grads: list[Any], live: tuple[bool, ...]) -> list[Any]:
        """The gradients of the inputs, shared ones last, by the overrides or by the graph."""
        given, count = self.local_inputs, len(self.input_types)
        override, tail = (self._grad, [grads]) if _is_default(self._lop) else (self._lop, [outs, grads])
        known = [(o, g) for o, g, is_live in zip(self.local_outputs, grads, live, strict=True) if is_live]
        plain: list[Any] = []

        def by_graph() -> list[Any]:
            if not plain:
                copies = [o.copy() if hasattr(o, "copy") else o for o, _ in known]  # one output may be made of another
                plain.extend(Lop(copies, given, [g for _, g in known], disconnected_inputs="ignore") if known else [])
                pattern = io_connection_pattern(given, [o for o, _ in known])
                for position, row in enumerate(pattern):
                    if not any(row):
                        plain[position : position + 1] = [disconnected_type()]
            return plain

        if _is_default(override):
            return by_graph()
        if isinstance(override, (list, tuple)):
            if len(override) != count:
                raise ValueError(f"{self}: {count} inputs but {len(override)} overrides of the gradient")
            found = [by_graph()[k] if _is_default(rule) else _derived(rule, outs, given[:count], *tail) for k, rule in enumerate(override)]
        else:
            found = _of_all(override, count, outs, given[:count], *tail)
        if not isinstance(found, (list, tuple)) or len(found) != count:
            raise ValueError(f"{self}: the override of the gradient must give a list of {count} terms, one for each input")
        rest = by_graph()[count:] if len(given) > count else []
        return [disconnected_type() if term is None else term for term in (*found, *rest)]

    def _directions(self, inputs: Sequence[Any], points: Sequence[Any]) -> list[Any]:
        """The derivatives of the outputs where the inputs move by ``points``; None where they stand still."""
        count = len(self.input_types)

        def by_graph() -> list[Any]:
            outputs = self._applied(self.local_inputs, self.local_outputs, inputs)
            moving = [(v, p) for v, p in zip(inputs, points, strict=True) if p is not None]
            found: list[Any] = Rop(
                outputs, [v for v, _ in moving], [p for _, p in moving], disconnected_outputs="ignore", return_disconnected="None"
            )
            return found

        if _is_default(self._rop):
            return by_graph()
        given = (inputs[:count], inputs[:count], points[:count])
        if not isinstance(self._rop, (list, tuple)):
            return list(_of_all(self._rop, len(self.output_types), *given))
        plain = by_graph() if any(map(_is_default, self._rop)) else []
        return [plain[k] if _is_default(rule) else _derived(rule, *given) for k, rule in enumerate(self._rop)]


def _is_default(rule: Override) -> bool:
    return isinstance(rule, str) and rule == "default"


def _of_all(rule: Override, count: int, models: Sequence[Any], *given: Sequence[Any]) -> Any:
    """What a rule for all of ``count`` derivatives makes of ``given``."""
    if rule is None or isinstance(rule, Variable):
        return [_derived(rule, models) for _ in range(count)]
    found = _derived(rule, models, *given)
    return [found] if isinstance(rule, OpFromGraph) and isinstance(found, Variable) else found


def _derived(rule: Override, models: Sequence[Any], *given: Sequence[Any]) -> Any:
    """What one rule makes of the lists ``given``; to an operation, what is missing of the last are zeros like ``models``."""
    if rule is None:
        return disconnected_type()
    if isinstance(rule, Variable):
        if not isinstance(rule.type, (NullType, DisconnectedType)):
            raise TypeError(f"OpFromGraph: an override that is a variable must be null or disconnected, not of type {rule.type}")
        return rule.type()
    if isinstance(rule, OpFromGraph):
        *rest, last = given
        dense = [m.zeros_like() if v is None or isinstance(v.type, DisconnectedType) else v for v, m in zip(last, models, strict=True)]
        return rule(*(v for part in (*rest, dense) for v in part))
    if isinstance(rule, Callable):  # type: ignore[arg-type]
        return rule(*given)
    raise TypeError(f"OpFromGraph: an override must be 'default', a function, an OpFromGraph, a variable or a list of these, not {rule!r}")
