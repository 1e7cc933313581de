"""Reverse-mode differentiation: one sweep over the graph from the cost back to the variables asked for.

The sweep is iterative and visits each node once: it adds up what the node's readers sent to its outputs, calls the
op's ``L_op`` once, and sends the results on to the inputs.  Only nodes that lie between the cost and the variables
asked for are visited.  Nodes that ``L_op`` builds bear the user's line of the node they differentiate.

>>> import theano.tensor as T
>>> x = T.dscalar("x")
>>> grad(x ** 2, x).type
TensorType(float64, scalar)
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theano.dtypes import is_discrete
from theano.errors import DisconnectedInputError, NullTypeGradError, message
from theano.flags import config
from theano.graph import Apply, DisconnectedType, NullType, Variable, disconnected_type, provenance
from theano.scalar import OPS
from theano.tensor.convert import constant
from theano.tensor.elemwise import elemwise
from theano.tensor.shapes import patternbroadcast

Known = Mapping[Variable, Variable]
ACTIONS = ("raise", "warn", "ignore")
ABSENT = ("zero", "None", "Disconnected")
DISCONNECTED = "grad: the cost does not depend on this variable, or only through its shape or through a disconnected gradient"
UNRELATED = "did you mean another variable? disconnected_inputs='ignore' returns zeros"
WRITTEN_AGAIN = (
    "an expression that is written once more, such as x[0], is another variable: differentiate by the one that the cost is made of; "
    "disconnected_inputs='ignore' returns zeros"
)


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """``outputs`` as a list, a tuple or a single item.

    >>> format_as(False, True, [1, 2])
    (1, 2)
    >>> format_as(False, False, [1])
    1
    """
    if use_list and use_tuple:
        raise ValueError("format_as: a result is a list or a tuple, not both")
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    if use_list:
        return outputs
    if use_tuple:
        return tuple(outputs)
    if len(outputs) != 1:
        raise ValueError(f"format_as: one output expected, got {len(outputs)}")
    return outputs[0]


def grad(
    cost: Any,
    wrt: Any,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Known | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """The gradient of the scalar ``cost`` with respect to each variable of ``wrt``.

    ``cost`` may be None if ``known_grads`` says what flows into some variables instead.  Nothing flows through the
    variables of ``consider_constant``.  The result is a list, tuple or variable as ``wrt`` is; each gradient has the
    rank and, for a float variable, the dtype of its variable (for an integer variable: floatX).

    ``disconnected_inputs``: what to do about a variable that the cost does not depend on: ``"raise"``
    :class:`~theano.errors.DisconnectedInputError`, ``"warn"`` or ``"ignore"``; its gradient is then zeros, None or a
    disconnected variable for ``return_disconnected`` ``"zero"``, ``"None"``, ``"Disconnected"``.
    ``null_gradients="return"`` returns undefined gradients instead of raising ``NullTypeGradError``.

    >>> import theano.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> gx, gy = grad(x * y, [x, y])
    """
    targets, use_list, use_tuple = checked_targets(wrt)
    one_of("grad", "disconnected_inputs", disconnected_inputs, ACTIONS)
    one_of("grad", "return_disconnected", return_disconnected, ABSENT)
    one_of("grad", "null_gradients", null_gradients, ("raise", "return"))
    seeds = _seeds(cost, known_grads)
    constants = _as_sequence("consider_constant", consider_constant)

    grads = backpropagate(seeds, targets, constants, _name_of(cost) if add_names else None)
    results = []
    for target in targets:
        result = grads.get(target)
        if result is None:
            report_disconnected(DISCONNECTED, ("wrt", target), disconnected_inputs, UNRELATED if target.owner is None else WRITTEN_AGAIN)
            result = absent(target, return_disconnected)
        elif isinstance(result.type, NullType):
            if null_gradients == "raise":
                raise NullTypeGradError(f"the gradient with respect to {target} is undefined: {result.type.why_null}")
        else:
            result = _as_pattern_of(target, result)
        results.append(result)
    return format_as(use_list, use_tuple, results)


def Lop(
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """The row vector(s) ``eval_points`` times the Jacobian of ``f`` with respect to ``wrt``."""
    outputs, points = as_list(f), as_list(eval_points)
    check_pairs("Lop", "outputs", outputs, points)
    known = OrderedDict(zip(outputs, points, strict=True))
    return grad(None, wrt, consider_constant=consider_constant, disconnected_inputs=disconnected_inputs, known_grads=known)


def subgraph_grad(
    wrt: Sequence[Variable],
    end: Sequence[Variable],
    start: Known | None = None,
    cost: Any = None,
    details: bool = False,
) -> Any:
    """The gradient with respect to ``wrt`` through the part of the graph that ends at the variables ``end``.

    ``start`` gives the gradients that flow into the top of the part, ``cost`` is added to them.  Returns
    (gradients of wrt, gradients of end), with ``details`` also the shares of ``start`` and of ``cost`` in those of end.
    """
    if start is None and cost is None:
        raise ValueError("subgraph_grad: give `cost`, `start`, or both")
    for name, given in (("wrt", wrt), ("end", end)):
        if not isinstance(given, (list, tuple)):
            raise TypeError(f"subgraph_grad: {name} must be a list of variables, got {type(given).__name__}")
    wanted = [*wrt, *end]
    parts = []
    if start is not None:
        parts.append(grad(None, wanted, known_grads=start, consider_constant=end, disconnected_inputs="ignore"))
    if cost is not None:
        parts.append(grad(cost, wanted, consider_constant=end, disconnected_inputs="ignore"))
    total = [sum(shares[1:], shares[0]) for shares in zip(*parts, strict=True)]
    result = total[: len(wrt)], total[len(wrt) :]
    if not details:
        return result
    empty: list[Any] = []
    ends = [part[len(wrt) :] for part in parts]
    return (*result, ends[0] if start is not None else empty, ends[-1] if cost is not None else empty)


# ---------------------------------------------------------------------------------------------- the sweep


def backpropagate(
    seeds: Known, targets: Sequence[Variable], constants: Iterable[Variable] = (), cost_name: str | None = None
) -> dict[Variable, Any]:
    """Gradients of ``targets``, given those that flow into the keys of ``seeds``; a disconnected one is left out."""
    blocked = set(constants)
    nodes = _nodes_between(seeds, targets, blocked)
    arrived: dict[Variable, list[Any]] = {}
    known: dict[Variable, Any] = {}

    def total(variable: Variable) -> Any:
        """What flows into ``variable``; complete once all its readers have been visited."""
        found = known.get(variable)
        if found is None:
            seed = seeds.get(variable)
            found = seed if seed is not None else sum_of(arrived.pop(variable, ()))
            if found is not None:
                known[variable] = found
                if cost_name and seed is None and variable.name and found.owner is not None and found.name is None:
                    found.name = f"(d{cost_name}/d{variable.name})"
        return found

    for node, pattern in nodes:
        with provenance.inherit(node.origin):
            sent = node_gradients(node, [None if o in blocked else total(o) for o in node.outputs], pattern)
            for variable, term in zip(node.inputs, sent, strict=True):
                if term is not None:
                    arrived.setdefault(variable, []).append(term)
    return {t: g for t in targets if (g := total(t)) is not None and not isinstance(g.type, DisconnectedType)}


def _nodes_between(seeds: Known, targets: Sequence[Variable], blocked: set[Variable]) -> list[tuple[Apply, Any]]:
    """The nodes from ``seeds`` down to ``targets`` with their connection patterns, readers before what they read."""
    order: list[Apply] = []
    state: dict[Apply, Any] = {}
    stack: list[tuple[Apply, bool]] = [(v.owner, False) for v in seeds if v.owner is not None and v not in blocked]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
            continue
        if node in state:
            continue
        state[node] = connection = connection_of(node)
        stack.append((node, True))
        for position, variable in enumerate(node.inputs):
            owner = variable.owner
            if owner is not None and owner not in state and variable not in blocked and (connection is None or any(connection[position])):
                stack.append((owner, False))
    # arguments come first in `order`; connected: the variable leads down to a target
    connected = set(targets)
    kept: list[tuple[Apply, Any]] = []
    for node in order:
        connection = state[node]
        if connection is None:
            if any(i in connected for i in node.inputs):
                connected.update(o for o in node.outputs if o not in blocked)
                kept.append((node, None))
            continue
        rows = [row for i, row in zip(node.inputs, connection, strict=True) if i in connected]
        found = [o for position, o in enumerate(node.outputs) if o not in blocked and any(row[position] for row in rows)]
        if found:
            connected.update(found)
            kept.append((node, connection))
    kept.reverse()
    return kept


def connection_of(node: Apply) -> list[list[bool]] | None:
    """``pattern[i][o]``: do the elements of output o depend on those of input i?  None if all do."""
    method = getattr(node.op, "connection_pattern", None)
    if method is None:
        return None
    pattern: list[list[bool]] | None = method(node)
    if pattern is None:
        return None
    if len(pattern) != len(node.inputs) or any(len(row) != len(node.outputs) for row in pattern):
        wanted = f"a row for each of {len(node.inputs)} inputs, each of {len(node.outputs)} entries"
        raise ValueError(_of_method(node, f"connection_pattern must have {wanted}", "return pattern[input][output]"))
    return None if all(map(all, pattern)) else pattern


def node_gradients(node: Apply, output_grads: list[Any], pattern: list[list[bool]] | None) -> list[Any]:
    """What ``node`` sends to its inputs, None where nothing; ``output_grads`` may hold None, disconnected and null."""
    inputs, outputs = node.inputs, node.outputs
    live = [g is not None and not isinstance(g.type, DisconnectedType) for g in output_grads]
    if not any(live):
        return [None] * len(inputs)
    null = next((g for g, is_live in zip(output_grads, live, strict=True) if is_live and isinstance(g.type, NullType)), None)
    if null is not None:
        return [null if _reaches(pattern, i, live) else None for i in range(len(inputs))]
    given = [_sent_to_op(o, g) if is_live else disconnected_type() for o, g, is_live in zip(outputs, output_grads, live, strict=True)]
    try:
        terms = node.op.L_op(inputs, outputs, given)
    except Exception as error:
        if node.op.is_users:
            error.add_note(_circumstances(node, live))
        raise
    if not isinstance(terms, (list, tuple)):
        raise TypeError(_of_method(node, f"the gradient method must return a list or tuple, got {type(terms).__name__}"))
    if len(terms) != len(inputs):
        raise ValueError(_of_method(node, f"{len(inputs)} inputs but its gradient method returned {len(terms)} terms"))
    sent: list[Any] = [None] * len(inputs)
    for i, term in enumerate(terms):
        if _reaches(pattern, i, live):
            _check_kind(node, i, term)
            sent[i] = None if term is None else _checked_term(node, i, term)
    return sent


def _circumstances(node: Apply, live: list[bool]) -> str:
    """Where a gradient method was called, and what it may have overlooked."""
    note = f"in the gradient method of {node.op}, applied at {node.origin}"
    absent = ", ".join(str(k) for k, is_live in enumerate(live) if not is_live)
    if not absent:
        return note
    why = f"the gradient given for output {absent} is disconnected, as the cost does not depend on it"
    return f"{note}\n  {why}: ask isinstance(g.type, DisconnectedType)"


def _check_kind(node: Apply, position: int, term: Any) -> None:
    """A term is a variable; ours say None where nothing is connected, a user's None would lose a gradient without a word."""
    if isinstance(term, Variable) or (term is None and not node.op.is_users):
        return
    cure = {
        True: "return x.zeros_like() where it is zero, theano.gradient.DisconnectedType()() where there is none, "
        "theano.gradient.grad_undefined(self, i, x) where it is not defined",
        False: "return an expression, for example theano.tensor.as_tensor_variable of it",
    }[term is None]
    text = f"the gradient term for input {position} must be a variable, not {term!r:.40} ({type(term).__name__})"
    raise TypeError(_of_method(node, text, cure))


def _of_method(node: Apply, text: str, cure: str = "return one gradient for each input, in a list") -> str:
    return message(f"{node.op}: {text}", [("node", str(node)[:60], "", str(node.origin))], cure)


def _reaches(pattern: list[list[bool]] | None, position: int, live: list[bool]) -> bool:
    return pattern is None or any(row and is_live for row, is_live in zip(pattern[position], live, strict=True))


def _sent_to_op(output: Any, gradient: Any) -> Any:
    """The gradient that the op sees: nothing passes through an output of whole numbers, and dtypes agree."""
    dtype = getattr(output.type, "dtype", None)
    if dtype is None:
        return gradient
    if is_discrete(dtype):
        return float_zeros_like(output)
    return gradient if gradient.type.dtype == dtype else gradient.astype(dtype)


def _checked_term(node: Apply, position: int, term: Any) -> Any:
    """``term``, in the dtype of the input it belongs to; None if it is disconnected."""
    if isinstance(term.type, DisconnectedType):
        return None
    variable = node.inputs[position]
    if isinstance(term.type, NullType) or not hasattr(variable.type, "dtype") or not hasattr(term.type, "dtype"):
        return term
    if term.type.ndim != variable.type.ndim:
        raise ValueError(
            message(
                f"{node.op}: the gradient term for input {position} has rank {term.type.ndim}, the input rank {variable.type.ndim}",
                rows=[(f"input {position}", str(variable), str(variable.type), "")],
                cure="the op's grad or L_op must return terms shaped as its inputs",
            )
        )
    if is_discrete(term.type.dtype):
        return term.astype(_float_dtype(variable))
    if not is_discrete(variable.type.dtype) and term.type.dtype != variable.type.dtype:
        return term.astype(variable.type.dtype)
    return term


def sum_of(terms: Sequence[Any]) -> Any:
    """All terms as one sum (n-ary, not a chain); None without terms."""
    if len(terms) < 2:
        return terms[0] if terms else None
    null = next((t for t in terms if isinstance(t.type, NullType)), None)
    if null is not None:
        return null
    if not all(hasattr(t.type, "dtype") and hasattr(t.type, "broadcastable") and not getattr(t.type, "format", None) for t in terms):
        return sum(terms[1:], terms[0])
    return elemwise(OPS["add"])(*terms)


# ------------------------------------------------------------------------------- arguments, results, errors


def checked_targets(wrt: Any) -> tuple[list[Variable], bool, bool]:
    use_list, use_tuple = isinstance(wrt, list), isinstance(wrt, tuple)
    if isinstance(wrt, (set, frozenset, dict)):
        raise TypeError("grad: wrt must be a list, a tuple or a variable; a set has no order, and so its gradients would have none")
    targets = list(wrt) if use_list or use_tuple else [wrt]
    for target in targets:
        check_variable("grad: what to differentiate by (wrt)", target)
    return targets, use_list, use_tuple


def _seeds(cost: Any, known_grads: Known | None) -> Known:
    """What flows in from above: one into the cost, the known gradients into their variables."""
    if cost is None and not known_grads:
        raise ValueError("grad: give a cost, or known_grads, or both")
    if cost is not None:
        check_variable("grad: the cost", cost)
        if isinstance(cost.type, NullType):
            raise ValueError(f"grad: the cost is undefined: {cost.type.why_null}")
        if getattr(cost.type, "ndim", None) != 0:
            raise TypeError(
                message(
                    f"grad: the cost must be a scalar (rank 0), this one has type {cost.type}",
                    rows=[],
                    cure="take its sum() or mean(), or use jacobian()",
                )
            )
    if known_grads is not None and not isinstance(known_grads, Mapping):
        raise TypeError(f"grad: known_grads must be a dict from variables to their gradients, got {type(known_grads).__name__}")
    seeds: dict[Variable, Variable] = {}
    for variable, gradient in (known_grads or {}).items():
        check_variable("grad: a key of known_grads", variable)
        check_variable(f"grad: the known gradient of {variable}", gradient)
        special = isinstance(gradient.type, (DisconnectedType, NullType))
        if not special and getattr(variable.type, "ndim", None) != getattr(gradient.type, "ndim", None):
            raise TypeError(f"grad: the known gradient of {variable} has type {gradient.type}, which does not fit {variable.type}")
        seeds[variable] = gradient
    if cost is not None and cost not in seeds:
        with provenance.inherit(cost.owner.origin if cost.owner is not None else cost.origin):
            seeds[cost] = float_ones(cost)
    return seeds


def check_variable(what: str, value: Any) -> None:
    """TypeError if ``value`` is no variable."""
    if not isinstance(value, Variable):
        cure = "theano.tensor.constant makes a variable of a number or an array"
        raise TypeError(message(f"{what} must be a variable, not {str(value)[:60]} ({type(value).__name__})", cure=cure))


def check_pairs(who: str, what: str, variables: Sequence[Any], points: Sequence[Any]) -> None:
    """Refuse directions that do not fit their variables: another number, no variables, another rank."""
    if len(variables) != len(points):
        raise ValueError(f"{who}: {len(variables)} {what} but {len(points)} eval_points; give one for each")
    for position, (variable, point) in enumerate(zip(variables, points, strict=True)):
        check_variable(f"{who}: entry {position} of {what}", variable)
        check_variable(f"{who}: eval_point {position}", point)
        if getattr(variable.type, "ndim", None) != getattr(point.type, "ndim", None):
            rows = [("of", str(variable), str(variable.type)), ("eval_point", str(point), str(point.type))]
            raise ValueError(message(f"{who}: the ranks of eval_point {position} and of its variable must be equal", rows))


def one_of(who: str, name: str, value: Any, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"{who}: {name}={value!r} is none of {', '.join(map(repr, choices))}")


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _as_sequence(name: str, value: Any) -> list[Variable]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise TypeError(f"grad: {name} must be a list of variables, got {type(value).__name__}")
    for position, variable in enumerate(value):
        check_variable(f"grad: entry {position} of {name}", variable)
    return list(value)


def _name_of(cost: Any) -> str | None:
    return getattr(cost, "name", None)


def _float_dtype(variable: Any) -> str:
    dtype: str = variable.type.dtype
    return str(config.floatX) if is_discrete(dtype) else dtype


def float_zeros_like(variable: Any) -> Any:
    """Zeros shaped as ``variable``, of its dtype or floatX."""
    return variable.zeros_like(dtype=_float_dtype(variable)) if hasattr(variable.type, "dtype") else variable.zeros_like()


def absent(variable: Any, form: str) -> Any:
    """What stands for the gradient of something that is not connected."""
    if form == "zero":
        return float_zeros_like(variable)
    return None if form == "None" else disconnected_type()


def float_ones(cost: Any) -> Any:
    return constant(1, dtype=_float_dtype(cost))


def _as_pattern_of(variable: Any, gradient: Any) -> Any:
    """``gradient`` with the broadcastable pattern of ``variable``, so that it can update or replace it."""
    wanted, got = getattr(variable.type, "broadcastable", None), getattr(gradient.type, "broadcastable", None)
    if wanted is None or got is None or wanted == got:
        return gradient

    return patternbroadcast(gradient, wanted)


def report_disconnected(headline: str, party: tuple[str, Variable], action: str, cure: str) -> None:
    if action == "ignore":
        return
    role, variable = party
    text = message(headline, [(role, variable, variable.type, variable.origin)], cure)
    if action == "warn":
        warnings.warn(text, stacklevel=provenance.frames_outside())
    else:
        raise DisconnectedInputError(text)
