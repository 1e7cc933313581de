"""A graph with inputs, outputs and use lists, that can be changed.

A :class:`FunctionGraph` holds everything that its outputs are made of and nothing else.  It knows the uses of each variable, replaces
variables in time proportional to the change, drops what nobody uses any more, and tells its features.  It may hold 400,000 nodes:
nothing here looks at the whole graph for a local change.

>>> from theano.graph import Apply, Op, generic
>>> class Pair(Op):
...     def make_node(self, *inputs):
...         return Apply(self, inputs, [generic()])
>>> a, b = generic("a"), generic("b")
>>> c = Pair()(a, b)
>>> fgraph = FunctionGraph([a, b], [Pair()(c, c)], clone=False)
>>> fgraph.replace(c, a, reason="example")
>>> fgraph.outputs[0].owner.inputs, len(fgraph.apply_nodes), len(fgraph.clients[a]), len(fgraph.clients[b])
([a, a], 1, 2, 0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from theano.errors import InconsistencyError, MissingInputError, ReplacementDidntRemovedError, VariableTypeError, message
from theano.flags import config
from theano.graph.clone import clone_get_equiv
from theano.graph.features import HOOKS, AlreadyThere, listeners
from theano.graph.pickling import sources_first
from theano.graph.provenance import unite
from theano.graph.strings import as_string
from theano.graph.traversal import io_toposort, pairs_of, several, toposort_nodes, walk
from theano.graph.variable import Apply, Constant, Variable

Client = tuple[Apply | Literal["output"], int]
"""A use of a variable: (node, which input) or ("output", which output)."""


class Uses(list[Client]):
    """The uses of one variable.  A list; long ones know where each use stands, so that taking one out costs O(1)."""

    __slots__ = ("_where",)
    _where: dict[Client, int] | None

    def __init__(self) -> None:
        self._where = None

    def add(self, client: Client) -> None:
        if self._where is not None:
            self._where[client] = len(self)
        self.append(client)

    def take_out(self, client: Client) -> None:
        if len(self) < 32:
            self._where = None
            self.remove(client)
            return
        if self._where is None:
            self._where = {use: place for place, use in enumerate(self)}
        place = self._where.pop(client)
        last = self.pop()
        if place < len(self):
            self[place] = last
            self._where[last] = place


NEAR = 64
"""How many variables are looked at to see what a replacement is made of, before all are."""


class Clients(dict[Any, Uses]):
    """{variable: its uses}; also callable, as the classic ``fgraph.clients(variable)``."""

    def __call__(self, variable: Any) -> Uses:
        return self[variable]


class FunctionGraph:
    """The graph between ``inputs`` and ``outputs``; by default of a copy of it.

    Whatever the outputs are made of must be an input or a constant; else MissingInputError.  Attributes: ``inputs``, ``outputs``,
    ``clients`` {variable: uses}, ``apply_nodes``, ``variables``.
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        features: Iterable[Any] | None = None,
        clone: bool = True,
        update_mapping: Mapping[int, int] | None = None,
    ) -> None:
        """``update_mapping``: {output number: number of the input that it is the new value of}."""
        inputs, outputs = several(inputs, "the inputs of a graph"), several(outputs, "the outputs of a graph")
        if clone:
            equiv = clone_get_equiv(inputs, outputs)
            inputs, outputs = [equiv[v] for v in inputs], [equiv[v] for v in outputs]
        self.inputs: list[Any] = []
        self.outputs: list[Any] = outputs
        self.clients = Clients()
        self.update_mapping = update_mapping
        self._nodes: dict[Apply, None] = {}
        self._features: list[Any] = []
        self._listeners: dict[str, list[Any]] = {hook: [] for hook in HOOKS}
        self._input_set: set[Any] = set()
        self._order: list[Apply] | None = None
        try:
            for variable in inputs:
                if variable in self._input_set:
                    raise ValueError(f"{variable} is an input twice")
                self.add_input(variable)
            for feature in features or ():
                self.attach_feature(feature)
            for position, variable in enumerate(outputs):
                self._import_variable(variable, "init")
                self.clients[variable].add(("output", position))
        except Exception:
            self.disown()
            raise

    # --- what is in it

    @property
    def apply_nodes(self) -> KeysView[Apply]:
        """The nodes, as an ordered set."""
        return self._nodes.keys()

    @property
    def variables(self) -> KeysView[Any]:
        """The variables, as an ordered set: inputs, constants in use, all outputs of nodes."""
        return self.clients.keys()

    @property
    def features(self) -> list[Any]:
        """The features attached."""
        return self._features

    def __contains__(self, item: object) -> bool:
        return item in self._nodes or item in self.clients

    def __str__(self) -> str:
        return f"[{', '.join(as_string(self.inputs, self.outputs))}]"

    def __repr__(self) -> str:
        return f"FunctionGraph({', '.join(map(str, self.inputs))} -> {', '.join(map(str, self.outputs))}; {len(self._nodes)} nodes)"

    def add_input(self, input: Any) -> None:
        """Make a leaf an input."""
        several([input], "the inputs of a graph")
        if input.owner is not None:
            raise ValueError(f"{input} cannot be an input of a FunctionGraph with clone=False: it is the output of a node")
        if input not in self._input_set:
            self.inputs.append(input)
            self._input_set.add(input)
            self._setup(input)

    def toposort(self) -> list[Apply]:
        """The nodes, each after those that it depends on.  The order depends on the graph alone."""
        if self._order is None:
            self._order = self._sorted(self.orderings())
        return list(self._order)

    def orderings(self) -> dict[Apply, list[Apply]]:
        """{node: nodes that must come before it}, as features demand."""
        together: dict[Apply, list[Apply]] = {}
        for orderings in listeners(self._features, "orderings"):
            for node, before in orderings(self).items():
                together.setdefault(node, []).extend(before)
        return together

    def _sorted(self, orderings: Mapping[Apply, Iterable[Apply]]) -> list[Apply]:
        return toposort_nodes([variable.owner for variable in self.outputs if variable.owner is not None], (), orderings)

    # --- taking in and dropping

    def _setup(self, variable: Any) -> Uses:
        uses = self.clients[variable] = Uses()
        variable.fgraph = self
        return uses

    def _import_variable(self, variable: Any, reason: Any) -> list[Apply]:
        """Take in a variable and what it is made of; give the nodes that are new."""
        if variable in self.clients:
            return []
        owner = variable.owner
        if owner is None:
            self._check_leaf(variable, None)
            self._setup(variable)
            return []
        new = list(sources_first(owner, self._nodes.__contains__))
        for node in new:
            for leaf in node.inputs:
                if leaf.owner is None and leaf not in self.clients:
                    self._check_leaf(leaf, node)
        try:
            for node in new:
                self._import_node(node, reason)
        except Exception:
            for node in reversed(new):
                if node in self._nodes:
                    self._drop_node(node, reason)
                    for variable in node.inputs:
                        self._forget_leaf(variable)
            raise
        return new

    def _import_node(self, node: Apply, reason: Any) -> None:
        if node.fgraph is not None and node.fgraph is not self:
            raise self._foreign(node)
        self._nodes[node] = None
        self._order = None
        node.fgraph = self
        for output in node.outputs:
            self._setup(output)
        for position, variable in enumerate(node.inputs):
            uses = self.clients.get(variable)
            if uses is None:
                uses = self._setup(variable)
            uses.add((node, position))
        for listener in self._listeners["on_import"]:
            listener(self, node, reason)

    def _check_leaf(self, leaf: Any, node: Apply | None) -> None:
        if not isinstance(leaf, Constant):
            rows = [("missing", leaf, leaf.type, leaf.origin)]
            if node is not None:
                rows.append(("needed by", node.op, "", node.origin))
            raise MissingInputError(
                message(
                    f"the graph needs {leaf}, which is not among its inputs",
                    rows,
                    cure="add it to the inputs, or give it a value with givens",
                )
            )

    def _drop_use(self, variable: Any, client: Client, reason: Any) -> None:
        """Take out one use, and all that is of no use after that."""
        self.clients[variable].take_out(client)
        stack = [variable]
        while stack:
            variable = stack.pop()
            if self.clients.get(variable):
                continue
            node = variable.owner
            if node is None:
                self._forget_leaf(variable)
            elif node in self._nodes and not any(self.clients[output] for output in node.outputs):
                self._drop_node(node, reason)
                stack.extend(reversed(node.inputs))

    def _forget_leaf(self, variable: Any) -> None:
        if variable.owner is None and variable not in self._input_set and not self.clients.get(variable, True):
            del self.clients[variable]
            if variable.fgraph is self:
                variable.fgraph = None

    def _drop_node(self, node: Apply, reason: Any) -> None:
        del self._nodes[node]
        self._order = None
        node.fgraph = None
        for output in node.outputs:
            del self.clients[output]
            output.fgraph = None
        for position, variable in enumerate(node.inputs):
            self.clients[variable].take_out((node, position))
        for listener in self._listeners["on_prune"]:
            listener(self, node, reason)

    def disown(self) -> None:
        """Let go of all nodes and variables: another function graph may have them."""
        for feature in list(self._features):
            self.remove_feature(feature)
        for thing in [*self._nodes, *self.clients]:
            if thing.fgraph is self:
                thing.fgraph = None
        self.inputs, self.outputs = [], []
        self._nodes, self.clients, self._order = {}, Clients(), None
        self._input_set = set()

    # --- changing

    def change_input(self, node: Apply | Literal["output"], i: int, new_r: Any, reason: Any = None) -> None:
        """Put ``new_r`` for input ``i`` of ``node``, or for output ``i`` of the graph where ``node`` is "output"."""
        if node != "output" and node not in self._nodes:
            raise InconsistencyError(f"{node} is no node of this graph")
        place = self.outputs if node == "output" else node.inputs
        if not 0 <= i < len(place):
            what = "the graph has {} outputs" if node == "output" else f"{node.op} has {{}} inputs here"
            raise IndexError(f"{what.format(len(place))}, there is no number {i}")
        if not isinstance(new_r, Variable):
            several([new_r], "the parts of a graph")
        if place[i].type != new_r.type:
            raise self._type_error(place[i], new_r)
        self._import_variable(new_r, reason)
        self._change(node, i, new_r, reason)

    def _change(self, node: Apply | Literal["output"], i: int, new: Any, reason: Any) -> None:
        place = self.outputs if node == "output" else node.inputs
        old = place[i]
        if old is new:
            return
        place[i] = new
        self._order = None
        client: Client = (node, i)
        self.clients[new].add(client)
        try:
            for listener in self._listeners["on_change_input"]:
                listener(self, node, i, old, new, reason)
        finally:
            self._drop_use(old, client, reason)

    def _foreign(self, node: Apply) -> InconsistencyError:
        cure = "copy it first (theano.clone), or have the other graph let go of all it has (its method disown)"
        return InconsistencyError(message(f"{node} is in another FunctionGraph", [("built at", node.origin)], cure))

    def _type_error(self, old: Any, new: Any) -> VariableTypeError:
        rows = [("old", old, old.type, old.origin), ("new", new, new.type, new.origin)]
        return VariableTypeError(message(f"{old} cannot be replaced by a variable of another type", rows))

    def replace(self, r: Any, new_r: Any, reason: Any = None, verbose: bool | None = None) -> None:
        """Put ``new_r`` wherever ``r`` is used.  Nothing happens if ``r`` is not, or no more, in the graph.

        ``new_r`` may be made of ``r``: that use stays.  New nodes take over the user's lines of ``r``.  ``verbose`` prints what is done;
        by default as ``config.optimizer_verbose`` says.
        """
        if not isinstance(new_r, Variable):
            several([new_r], "the parts of a graph")
        if r is new_r or r not in self.clients:
            return
        if r.type != new_r.type:
            converted = r.type.convert_variable(new_r)
            if converted is None or converted.type != r.type:
                raise self._type_error(r, new_r)
            new_r = converted
        uses = list(self.clients[r])
        if not uses:
            return
        if config.optimizer_verbose if verbose is None else verbose:
            print(f"{reason}: {r} -> {new_r}")
        origin = r.origin
        for node in self._import_variable(new_r, reason) or [new_r.owner]:
            if node is not None:
                node.origin = unite(node.origin, origin)
        if isinstance(new_r, Constant):
            new_r.origin = unite(new_r.origin, origin)
        for client, position in uses:
            self._change(client, position, new_r, reason)

    def replace_all(self, pairs: Iterable[tuple[Any, Any]], reason: Any = None, verbose: bool | None = None) -> None:
        """:meth:`replace` each pair (old, new)."""
        for old, new in pairs_of(pairs, "replacements"):
            self.replace(old, new, reason=reason, verbose=verbose)

    def replace_validate(self, r: Any, new_r: Any, reason: Any = None) -> None:
        """:meth:`replace`, undone if the graph is not valid afterwards; then InconsistencyError."""
        self.replace_all_validate([(r, new_r)], reason)

    def replace_all_validate(self, replacements: Iterable[tuple[Any, Any]], reason: Any = None, verbose: bool | None = None) -> None:
        """:meth:`replace_all`, undone altogether if something fails or the graph is not valid afterwards."""
        replacements = pairs_of(replacements, "replacements")
        journal = _Journal()
        self._listeners["on_change_input"].insert(0, journal.on_change_input)
        try:
            doubtful = [new for old, new in replacements if not self._made_of_less(old, new)]
            self.replace_all(replacements, reason, verbose)
            for new in doubtful:
                self._check_not_below_itself(new)
            self.validate()
        except Exception:
            self._listeners["on_change_input"].remove(journal.on_change_input)
            for undo in reversed(journal.changes):
                undo()
            raise
        self._listeners["on_change_input"].remove(journal.on_change_input)

    def replace_all_validate_remove(
        self, replacements: Iterable[tuple[Any, Any]], remove: Iterable[Apply], reason: Any = None, warn: bool = True
    ) -> None:
        """:meth:`replace_all_validate`, undone too if one of the nodes ``remove`` is still there afterwards."""
        guard = _Absent(tuple(remove))
        self._features.append(guard)
        try:
            self.replace_all_validate(replacements, reason)
        finally:
            self._features.remove(guard)

    def _made_of_less(self, old: Any, new: Any) -> bool:
        """Whether a look around shows that ``new`` is made of leaves and of what ``old`` is made of: then no cycle can come of it."""
        near, places = {old}, [old]
        for variable in places:  # grows meanwhile
            if variable.owner is not None and len(places) < NEAR:
                places += [v for v in variable.owner.inputs if v not in near]
                near.update(variable.owner.inputs)
        stack, seen = [new], set[Any]()
        while stack:
            variable = stack.pop()
            if variable in near or variable.owner is None or variable in seen:
                continue
            if variable.owner in self._nodes or len(seen) >= NEAR:
                return False
            seen.add(variable)
            stack += variable.owner.inputs
        return True

    def _check_not_below_itself(self, variable: Any) -> None:
        """A cycle that a replacement makes goes through the replacement."""
        node = variable.owner
        if node in self._nodes and any(below.owner is node for below in walk(node.inputs)):
            rows = [("replacement", variable, variable.type, variable.origin)]
            raise InconsistencyError(message("a variable would be made of itself", rows))

    def validate(self) -> None:
        """Ask the features whether the graph is in order; if they demand orderings, whether these can be met."""
        for check in listeners(self._features, "validate"):
            check(self)
        orderings = self.orderings()
        if orderings:
            self._sorted(orderings)

    def consistent(self) -> bool:
        """Whether :meth:`validate` finds the graph in order."""
        try:
            self.validate()
        except InconsistencyError:
            return False
        return True

    # --- features

    def attach_feature(self, feature: Any) -> None:
        """Let ``feature`` be told of all changes."""
        if isinstance(feature, type):
            raise TypeError(f"a feature is an object, not a class: did you mean {feature.__name__}()?")
        if any(feature is other for other in self._features):
            return
        if hasattr(feature, "on_attach"):
            try:
                feature.on_attach(self)
            except AlreadyThere:
                return
        self._features.append(feature)
        self._refresh_listeners()

    def remove_feature(self, feature: Any) -> None:
        """Let ``feature`` go; nothing happens if it is not attached."""
        if not any(feature is other for other in self._features):
            return
        self._features = [other for other in self._features if other is not feature]
        self._refresh_listeners()
        if hasattr(feature, "on_detach"):
            feature.on_detach(self)

    def _refresh_listeners(self) -> None:
        self._order = None
        self._listeners = {hook: listeners(self._features, hook) for hook in HOOKS}

    def execute_callbacks(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Call the method ``name`` of each feature that has it with this graph and the arguments."""
        for method in listeners(list(self._features), name):
            method(self, *args, **kwargs)

    def collect_callbacks(self, name: str, *args: Any) -> dict[Any, Any]:
        """As :meth:`execute_callbacks`; give {feature: what it said}."""
        return {feature: getattr(feature, name)(self, *args) for feature in self._features if hasattr(feature, name)}

    # --- checking and copying

    def check_integrity(self) -> None:
        """Compare all that this graph keeps with what its outputs say; for tests."""
        nodes = io_toposort((), self.outputs)
        if set(nodes) != set(self._nodes):
            raise InconsistencyError("the nodes are not those that the outputs are made of")
        expected: dict[Any, set[Client]] = {variable: set() for variable in self.inputs}
        for node in nodes:
            for output in node.outputs:
                expected.setdefault(output, set())
            for position, variable in enumerate(node.inputs):
                expected.setdefault(variable, set()).add((node, position))
        for position, variable in enumerate(self.outputs):
            expected.setdefault(variable, set()).add(("output", position))
        if expected.keys() != self.clients.keys():
            raise InconsistencyError("the variables are not those of the nodes")
        for variable, uses in self.clients.items():
            if len(uses) != len(expected[variable]) or set(uses) != expected[variable]:
                raise InconsistencyError(f"the uses of {variable} are {expected[variable]}, not {uses}")
            if variable.owner is None and variable not in self._input_set and not isinstance(variable, Constant):
                raise MissingInputError(f"{variable} is neither an input nor a constant")
            if variable.owner is not None and variable.owner.outputs[variable.index] is not variable:
                raise InconsistencyError(f"{variable} is not output {variable.index} of its owner")
        if len(self.toposort()) != len(nodes):
            raise InconsistencyError("the order does not hold each node once")

    def clone(self, check_integrity: bool = True) -> FunctionGraph:
        """A copy."""
        return self.clone_get_equiv(check_integrity)[0]

    def clone_get_equiv(self, check_integrity: bool = True, attach_feature: bool = True) -> tuple[FunctionGraph, dict[Any, Any]]:
        """A copy, and {variable or node: its copy}.  ``attach_feature``: whether the copy has the same features."""
        if check_integrity:
            self.check_integrity()
        equiv = clone_get_equiv(self.inputs, self.outputs)
        copied = type(self)(
            [equiv[v] for v in self.inputs], [equiv[v] for v in self.outputs], clone=False, update_mapping=self.update_mapping
        )
        if attach_feature:
            for feature in self._features:
                copied.attach_feature(feature)
        return copied, equiv

    def __reduce__(self) -> Any:
        """Pickled as the graph alone: features are not pickled."""
        return _restore, (type(self), self.inputs, self.outputs, self.update_mapping)


class _Journal:
    """The changes since it was made."""

    def __init__(self) -> None:
        self.changes: list[Callable[[], None]] = []

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        self.changes.append(partial(fgraph.change_input, node, i, r, ("revert", reason)))


class _Absent:
    """A feature for which a graph is valid without certain nodes."""

    def __init__(self, nodes: tuple[Apply, ...]) -> None:
        self.nodes = nodes

    def validate(self, fgraph: FunctionGraph) -> None:
        for node in self.nodes:
            if node in fgraph.apply_nodes:
                rows = [(node.op, "built at", node.origin)]
                raise ReplacementDidntRemovedError(message(f"{node} should have been removed by the replacement and is still used", rows))


def _restore(cls: Any, inputs: list[Any], outputs: list[Any], update_mapping: Any) -> FunctionGraph:
    graph: FunctionGraph = cls(inputs, outputs, clone=False, update_mapping=update_mapping)
    return graph
