"""Walks over graphs, all iterative, all deterministic.

>>> from theano.graph import Apply, Op, generic
>>> class Pair(Op):
...     __props__ = ()
...     def make_node(self, *inputs):
...         return Apply(self, inputs, [generic()])
>>> a, b = generic("a"), generic("b")
>>> c = Pair()(Pair()(a, b), a)
>>> graph_inputs([c]), len(io_toposort([a, b], [c])), is_same_graph(c, Pair()(Pair()(a, b), a))
([a, b], 2, True)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from theano.errors import InconsistencyError, VariableTypeError, message
from theano.graph.variable import Apply, Constant, Variable


def walk(outputs: Iterable[Any], blockers: Collection[Any] = ()) -> Iterator[Any]:
    """``outputs`` and all variables they are made of, each once, results before what they are made of.  Nothing below ``blockers``."""
    stack = several(outputs)[::-1]
    seen: set[Any] = set()
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        yield variable
        owner = variable.owner
        if owner is not None and variable not in blockers:
            stack.extend(reversed(owner.inputs))


def several(variables: Any, what: str = "the arguments") -> list[Any]:
    """A list of the variables; VariableTypeError, of ``what``, if they are one variable, or not all of them are variables."""
    if isinstance(variables, Variable):
        raise VariableTypeError(message(f"{what} are a list of variables, not one: {variables}", cure=f"write [{variables}]"))
    found = list(variables)
    for thing in found:
        if not isinstance(thing, Variable):
            cure = "make a constant of it, for example with theano.tensor.constant, or with make_constant of its type"
            raise VariableTypeError(message(f"{what} are variables, and {thing!r:.60} is none", cure=cure))
    return found


def pairs_of(given: Any, what: str) -> list[tuple[Any, Any]]:
    """The pairs of a dictionary or of a list of pairs; TypeError, of ``what``, if it is neither."""
    found = list(given.items() if isinstance(given, Mapping) else given or ())
    for pair in found:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise VariableTypeError(f"{what} are a dictionary or pairs (old, new), and {pair!r:.60} is none")
    return [(old, new) for old, new in found]


def ancestors(variable_list: Iterable[Any], blockers: Iterable[Any] | None = None) -> list[Any]:
    """All variables that the given ones are made of, themselves included."""
    return list(walk(variable_list, frozenset(blockers or ())))


def graph_inputs(variable_list: Iterable[Any], blockers: Iterable[Any] | None = None) -> list[Any]:
    """The leaves that the given variables are made of, and the blockers met."""
    stop = frozenset(blockers or ())
    return [variable for variable in walk(variable_list, stop) if variable.owner is None or variable in stop]


def constants_of(variable_list: Iterable[Any]) -> list[Constant]:
    """The constants that the given variables are made of."""
    return [variable for variable in walk(variable_list) if isinstance(variable, Constant)]


def variables_between(i: Iterable[Any], o: Iterable[Any]) -> list[Any]:
    """All variables that the outputs ``o`` are made of, down to the inputs ``i`` and to leaves, with all outputs of the nodes between."""
    stop = frozenset(i)
    found: dict[Any, None] = {}
    for variable in walk(o, stop):
        found[variable] = None
        if variable.owner is not None and variable not in stop:
            found.update(dict.fromkeys(variable.owner.outputs))
    return list(found)


def orphans_between(i: Iterable[Any], o: Iterable[Any]) -> list[Any]:
    """The leaves, constants included, that the outputs ``o`` are made of and that are not among the inputs ``i``."""
    stop = i if isinstance(i, (dict, set, frozenset)) else frozenset(i)
    return [variable for variable in walk(o, stop) if variable.owner is None and variable not in stop]


def variables_and_orphans(i: Iterable[Any], o: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """:func:`variables_between` and :func:`orphans_between`."""
    inputs, outputs = list(i), list(o)
    return variables_between(inputs, outputs), orphans_between(inputs, outputs)


def applys_between(i: Iterable[Any], o: Iterable[Any]) -> list[Apply]:
    """The nodes between the inputs ``i`` and the outputs ``o``, in topological order."""
    return io_toposort(i, o)


def io_toposort(
    inputs: Iterable[Any],
    outputs: Iterable[Any],
    orderings: Mapping[Apply, Iterable[Apply]] | None = None,
    clients: dict[Any, list[Any]] | None = None,
) -> list[Apply]:
    """The nodes between ``inputs`` and ``outputs``, each after those it depends on.

    ``orderings`` adds dependences: {node: the nodes that must come before}.  InconsistencyError if there is a cycle.  A dictionary given
    as ``clients`` is filled with {variable: the nodes that read it, once for each time}.
    """
    stop = inputs if isinstance(inputs, (dict, set, frozenset)) else frozenset(inputs)
    order = toposort_nodes([v.owner for v in several(outputs) if v.owner is not None and v not in stop], stop, orderings or {})
    if clients is not None:
        for node in order:
            for variable in node.inputs:
                clients.setdefault(variable, []).append(node)
    return order


def toposort_nodes(roots: Iterable[Apply], stop: Collection[Any], orderings: Mapping[Apply, Iterable[Apply]]) -> list[Apply]:
    """``roots`` and the nodes they depend on, by a depth-first walk; not through the variables ``stop``."""

    def dependences(node: Apply) -> list[Apply]:
        owners = [v.owner for v in node.inputs if v.owner is not None and not (stop and v in stop)]
        if orderings and node in orderings:
            owners.extend(orderings[node])
        return owners

    return _depth_first(roots, dependences, _cycle)


def _depth_first(roots: Iterable[Any], dependences: Callable[[Any], Iterable[Any]], cycle: Callable[[list[Any], Any], str]) -> list[Any]:
    """``roots`` and what they depend on, each after its dependences; ``cycle`` tells of a path that leads back to a thing on it."""
    order: list[Any] = []
    finished: dict[Any, bool] = {}  # absent: not met; False: on the path; True: in the order
    for root in roots:
        if root in finished:
            continue
        finished[root] = False
        path = [(root, iter(dependences(root)))]
        while path:
            thing, rest = path[-1]
            for dependence in rest:
                state = finished.get(dependence)
                if state is None:
                    finished[dependence] = False
                    path.append((dependence, iter(dependences(dependence))))
                    break
                if state is False:
                    raise InconsistencyError(cycle([step[0] for step in path], dependence))
            else:
                path.pop()
                finished[thing] = True
                order.append(thing)
    return order


def _cycle(path: list[Apply], back: Apply) -> str:
    nodes = path[path.index(back) :]
    return message("the graph has a cycle", [(node.op, node.origin) for node in nodes[:8]])


def general_toposort(
    outputs: Iterable[Any],
    deps: Callable[[Any], Iterable[Any] | None],
    debug_print: bool = False,
    compute_deps_cache: Callable[[Any], Iterable[Any] | None] | None = None,
    deps_cache: dict[Any, list[Any]] | None = None,
    clients: dict[Any, list[Any]] | None = None,
) -> list[Any]:
    """Any objects, each after those that ``deps`` says it depends on.

    ``compute_deps_cache`` is asked in the place of ``deps``; ``deps_cache`` holds answers, known ones and new ones; ``clients`` is filled
    with {object: those that depend on it}; ``debug_print`` prints the order.
    """
    ask = compute_deps_cache or deps
    known: dict[Any, list[Any]] = {} if deps_cache is None else deps_cache

    def asked(thing: Any) -> list[Any]:
        if thing not in known:
            known[thing] = list(ask(thing) or ())
        return known[thing]

    order = _depth_first(outputs, asked, lambda path, back: f"a cycle goes through {back}")
    if clients is not None:
        for thing in order:
            for dependence in known[thing]:
                clients.setdefault(dependence, []).append(thing)
    if debug_print:
        print("order:", *order)
    return order


def stack_search(start: Iterable[Any], expand: Callable[[Any], Iterable[Any] | None], mode: str = "bfs", build_inv: bool = False) -> Any:
    """Everything reachable by ``expand``, breadth first or depth first; with ``build_inv`` also {object: those it was reached from}."""
    if mode not in ("bfs", "dfs"):
        raise ValueError(f"mode is 'bfs' or 'dfs', not {mode!r}")
    queue = deque(start)
    found: dict[int, Any] = {}
    inverse: dict[Any, list[Any]] = {}
    while queue:
        thing = queue.popleft() if mode == "bfs" else queue.pop()
        if id(thing) in found:
            continue
        found[id(thing)] = thing
        for reached in expand(thing) or ():
            inverse.setdefault(reached, []).append(thing)
            queue.append(reached)
    reachable = list(found.values())
    return (reachable, inverse) if build_inv else reachable


def is_in_ancestors(l_node: Apply, f_node: Apply) -> bool:
    """Whether ``f_node`` is ``l_node`` or one of the nodes that it depends on."""
    if not isinstance(l_node, Apply) or not isinstance(f_node, Apply):
        raise VariableTypeError(f"is_in_ancestors takes two nodes, such as x.owner, not {l_node!r:.60} and {f_node!r:.60}")
    return any(variable.owner is f_node for variable in walk(l_node.outputs))


def view_roots(r: Any) -> list[Any]:
    """The variables whose memory ``r`` may show: through ``view_map``, back to what is no view."""
    roots: dict[Any, None] = {}
    stack = several([r])
    while stack:
        variable = stack.pop()
        viewed = () if variable.owner is None else variable.owner.op.view_map.get(variable.index, ())
        stack.extend(variable.owner.inputs[i] for i in viewed)
        if not viewed:
            roots[variable] = None
    return list(roots)


# --- equality of expressions


def expression_numbers(outputs: Iterable[Any], numbers: dict[Any, int], table: dict[Any, int]) -> None:
    """Number the variables that ``outputs`` are made of, so that equal numbers mean equal expressions.

    ``numbers`` maps variables to numbers; those in it beforehand are taken as given.  ``table`` maps what an expression is made of to its
    number; calls that share it number alike.
    """
    outputs = list(outputs)
    for variable in walk(outputs, numbers):
        if variable.owner is None and variable not in numbers:
            numbers[variable] = table.setdefault(_leaf_key(variable), len(table))
    given = frozenset(numbers)
    for node in io_toposort(given, outputs):
        key = (node.op, *(numbers[variable] for variable in node.inputs))
        for index, output in enumerate(node.outputs):
            if output not in given:
                numbers[output] = table.setdefault((key, index), len(table))


def _leaf_key(variable: Any) -> Any:
    if isinstance(variable, Constant):
        signature = variable.merge_signature()
        try:
            hash(signature)
        except TypeError:
            return variable
        return "constant", signature
    return variable


def equal_computations(xs: Sequence[Any], ys: Sequence[Any], in_xs: Sequence[Any] = (), in_ys: Sequence[Any] = ()) -> bool:
    """Whether ``xs`` and ``ys`` are pairwise the same expressions, where ``in_xs`` and ``in_ys`` pairwise stand for one another."""
    xs, ys, in_xs, in_ys = several(xs), several(ys), several(in_xs), several(in_ys)
    if len(xs) != len(ys) or len(in_xs) != len(in_ys):
        return False
    if any(x.type != y.type for x, y in zip(xs, ys, strict=True)) or any(x.type != y.type for x, y in zip(in_xs, in_ys, strict=True)):
        return False
    table: dict[Any, int] = {("pair", i): i for i in range(len(in_xs))}
    left = {variable: number for number, variable in enumerate(in_xs)}
    right = {variable: number for number, variable in enumerate(in_ys)}
    expression_numbers(xs, left, table)
    expression_numbers(ys, right, table)
    return all(left[x] == right[y] for x, y in zip(xs, ys, strict=True))


def is_same_graph(var1: Any, var2: Any, givens: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None = None, debug: bool = False) -> bool:
    """Whether two variables are the same expression of the same leaves; ``givens`` pairs leaves that count as the same."""
    below = frozenset(walk([var1]))
    swapped = [(a, b) if a in below else (b, a) for a, b in pairs_of(givens, "the givens")]
    return equal_computations([var1], [var2], [a for a, _ in swapped], [b for _, b in swapped])


def io_connection_pattern(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[list[bool]]:
    """[i][o]: whether a change of input i can move output o, by the ``connection_pattern`` of the ops between."""
    reached: dict[Any, int] = {variable: 1 << i for i, variable in enumerate(inputs)}
    for node in io_toposort(inputs, outputs):
        pattern = node.op.connection_pattern(node) if hasattr(node.op, "connection_pattern") else None
        for o, output in enumerate(node.outputs):
            bits = 0
            for i, variable in enumerate(node.inputs):
                if pattern is None or pattern[i][o]:
                    bits |= reached.get(variable, 0)
            reached[output] = reached.get(output, 0) | bits
    return [[bool(reached.get(output, 0) >> i & 1) for output in outputs] for i in range(len(inputs))]
