"""Variables, constants, and the nodes that connect them.

A graph is made of two kinds of objects.  A :class:`Variable` has a type and either is a leaf or is output number ``index`` of its
``owner``.  An :class:`Apply` is one use of an operation: ``op``, ``inputs``, ``outputs``.  Edges go from results to what they are made of;
uses are known only to a :class:`~theano.graph.function_graph.FunctionGraph`.  Building never simplifies.  Programs have 100,000 nodes
in a chain, so nothing here, or anywhere, recurses along edges.

>>> from theano.graph import Op, generic
>>> class Pair(Op):
...     def make_node(self, a, b):
...         return Apply(self, [a, b], [generic()])
>>> a, b = generic("a"), generic("b")
>>> c = Pair()(a, b)
>>> c, c.owner.inputs, c.origin.line()[1]
(Pair.0, [a, b], 1)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from theano.errors import TestValueError, VariableTypeError, message
from theano.flags import config
from theano.graph import pickling
from theano.graph.provenance import NOWHERE, Origin, here, inherit
from theano.graph.scratch import Scratch, copy

if TYPE_CHECKING:
    from typing import Self

    from theano.graph.function_graph import FunctionGraph, Uses
    from theano.graph.op import PureOp
    from theano.graph.type import PureType


class Node:
    """The base of what a graph is made of, variables and applications."""

    __slots__ = ("_tag",)

    _tag: Scratch | None

    def get_parents(self) -> list[Any]:
        """What this is made of directly."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it is made of")

    @property
    def tag(self) -> Scratch:
        """A free namespace."""
        if self._tag is None:
            self._tag = Scratch()
        return self._tag

    @tag.setter
    def tag(self, tag: Scratch) -> None:
        self._tag = tag


class Variable(Node):
    """A node of the graph that stands for a value of type ``type``.

    ``==`` compares identity.  Any attribute may be set; ``tag`` is a namespace that clones take along.
    """

    __slots__ = ("type", "owner", "index", "name", "fgraph", "_origin", "__dict__", "__weakref__")

    type: Any
    owner: Apply | None
    index: int | None
    name: str | None
    fgraph: FunctionGraph | None
    """The function graph that holds this variable, if any."""
    _origin: Origin | None

    _transient = frozenset({"fgraph", "_compiled", "_auto_name"})
    """Attributes that are neither pickled nor copied."""

    __count__ = count()
    """The numbers of :attr:`auto_name`."""

    construction_observers: list[Callable[[Any], None]] = []
    """Called with every variable that is made, of whatever class; see :func:`nodes_constructed`."""

    def __init__(self, type: PureType, owner: Apply | None = None, index: int | None = None, name: str | None = None) -> None:
        if name is not None and not isinstance(name, str):
            raise VariableTypeError(f"the name of a variable is a str, not {name!r}")
        self.type = type
        self.owner = owner
        self.index = index
        self.name = name
        self.fgraph = None
        self._tag = None
        self._origin = here(2) if owner is None else None
        if Variable.construction_observers:
            self.notify_construction_observers(self)

    @classmethod
    def append_construction_observer(cls, observer: Callable[[Any], None]) -> None:
        """From now on ``observer`` is called with each variable that is made."""
        if not callable(observer):
            raise TypeError(f"a construction observer is called with each new variable, but {observer!r} cannot be called")
        Variable.construction_observers.append(observer)

    @classmethod
    def remove_construction_observer(cls, observer: Callable[[Any], None]) -> None:
        if observer not in Variable.construction_observers:
            raise ValueError(f"{observer!r} observes no constructions: it was not appended, or has been removed")
        Variable.construction_observers.remove(observer)

    @classmethod
    def notify_construction_observers(cls, instance: Any) -> None:
        for observer in list(Variable.construction_observers):
            observer(instance)

    @property
    def origin(self) -> Origin:
        """The user's lines that this comes from: those of its owner, or where a leaf was made."""
        if self.owner is not None:
            return self.owner.origin
        return self._origin or NOWHERE

    @origin.setter
    def origin(self, origin: Origin) -> None:
        if self.owner is not None:
            self.owner.origin = origin
        else:
            self._origin = origin

    @property
    def auto_name(self) -> str:
        """A name that no other variable of this process has: ``auto_`` and a number, which is given when it is first asked for."""
        if "_auto_name" not in self.__dict__:
            self.__dict__["_auto_name"] = f"auto_{next(Variable.__count__)}"
        return str(self.__dict__["_auto_name"])

    @property
    def clients(self) -> Uses:
        """The uses of this variable in the function graph that holds it: (node, position) or ("output", position)."""
        if self.fgraph is None:
            raise AttributeError(f"{self} belongs to no FunctionGraph, which alone knows uses")
        return self.fgraph.clients[self]

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is None:
            return f"<{self.type}>"
        op = self.owner.op
        return f"{op}.out" if self.index == getattr(op, "default_output", None) else f"{op}.{self.index}"

    def __repr_test_value__(self) -> str:
        """The test value as text; AttributeError (TestValueError) if there is none."""
        from theano.graph.testvalue import get_test_value

        return repr(get_test_value(self))

    def __repr__(self) -> str:
        if config.print_test_value:
            try:
                return f"{self}\n{self.__repr_test_value__()}"
            except (AttributeError, TestValueError):
                pass
        return str(self)

    def clone(self) -> Self:
        """A new leaf of the same type, name and tag."""
        new = type(self)(self.type, None, None, self.name)
        if self._tag is not None:
            new._tag = copy(self._tag)
        return new

    def get_parents(self) -> list[Any]:
        """The owner in a list, or an empty one."""
        return [] if self.owner is None else [self.owner]

    def knows_no_more_than(self, other: Variable) -> bool:
        """Whether what is known of this variable beyond its type (a static shape ...) also holds of ``other``, of the same type.

        Nodes whose inputs are replaced keep what is known of their outputs only if this holds of each input and its replacement.
        """
        return True

    def forget(self) -> None:
        """Drop whatever is known of this variable beyond its type."""

    def eval(self, inputs_to_values: Mapping[Any, Any] | None = None) -> Any:
        """The value of this variable, given values for the inputs it depends on.

        The function is compiled once for each set of keys and kept on the variable; it is not pickled.
        """
        import theano

        given: Mapping[Any, Any] = {} if inputs_to_values is None else inputs_to_values
        if not isinstance(given, Mapping):
            raise TypeError(f"eval takes a dictionary {{variable: value}}, not {given!r}")
        inputs = tuple(sorted(given, key=id))
        compiled = self.__dict__.setdefault("_compiled", {})
        if inputs not in compiled:
            compiled[inputs] = theano.function(list(inputs), self)
        return compiled[inputs](*(given[variable] for variable in inputs))

    def __getstate__(self) -> dict[str, Any]:
        return pickling.variable_state(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        pickling.set_variable_state(self, state)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return pickling.reduce_variable(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return pickling.deepcopy_variable(self, memo)

    def __copy__(self) -> Any:
        return pickling.copy_variable(self)


class Constant(Variable):
    """A variable with a fixed value, ``data``."""

    __slots__ = ("data",)

    data: Any

    def __init__(self, type: PureType, data: Any, name: str | None = None) -> None:
        super().__init__(type, None, None, name)
        self.data = type.filter(data)

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        text = str(self.data)
        return f"{type(self).__name__}{{{text if len(text) <= 20 else text[:10] + '...' + text[-10:]}}}"

    def clone(self) -> Self:
        new = type(self)(self.type, self.data, self.name)
        if self._tag is not None:
            new._tag = copy(self._tag)
        return new

    @property
    def value(self) -> Any:
        """``data`` under its other name."""
        return self.data

    def signature(self) -> Any:
        """Something hashable that equal constants share."""
        return (self.type, self.data)

    def merge_signature(self) -> Any:
        """As :meth:`signature`, for merging."""
        return self.signature()

    def equals(self, other: object) -> bool:
        """Whether ``other`` is a constant of the same type and value."""
        return isinstance(other, Constant) and bool(self.signature() == other.signature())


class _NoParams:
    """What an op without params gives for them."""

    def __repr__(self) -> str:
        return "NoParams"


NoParams = _NoParams()


class Apply(Node):
    """One application of ``op`` to ``inputs``, giving ``outputs``."""

    __slots__ = ("op", "inputs", "outputs", "origin", "fgraph", "_pickled", "__dict__", "__weakref__")

    op: Any
    inputs: list[Any]
    outputs: list[Any]
    origin: Origin
    """The user's lines that this comes from."""
    fgraph: FunctionGraph | None
    _pickled: pickling.Mark | None

    def __init__(self, op: PureOp, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        if isinstance(op, type):
            raise VariableTypeError(
                message(f"Apply needs an operation, {op.__name__} is a class", cure=f"did you mean {op.__name__}()(...)?")
            )
        if not isinstance(inputs, (list, tuple)):
            raise VariableTypeError(f"{op}: the inputs of an Apply are a list or tuple, not {inputs!r}")
        if not isinstance(outputs, (list, tuple)):
            raise VariableTypeError(f"{op}: the outputs of an Apply are a list or tuple, not {outputs!r}")
        for variable in inputs:
            if not isinstance(variable, Variable):
                raise VariableTypeError(_not_a_variable(op, "input", inputs, variable))
        self.op = op
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        origin = None
        for index, output in enumerate(outputs):
            if not isinstance(output, Variable):
                raise VariableTypeError(_not_a_variable(op, "output", outputs, output))
            if output.owner is None:
                output.owner = self
                output.index = index
                origin = origin or output._origin
                output._origin = None
            elif output.owner is not self or output.index != index:
                raise ValueError(f"{op}: output {index} of the Apply already is an output of {output.owner}; make a new variable for it")
        self.origin = here(2) if origin is None else origin
        self.fgraph = None
        self._tag = None
        self._pickled = None

    @property
    def params_type(self) -> Any:
        """The type of the params of the op, None if it takes none."""
        return getattr(self.op, "params_type", None)

    def run_params(self) -> Any:
        """The fourth argument of ``perform``, :data:`NoParams` if there is none."""
        kind = self.params_type
        return NoParams if kind is None else kind.filter(self.op.get_params(self))

    @property
    def nin(self) -> int:
        return len(self.inputs)

    @property
    def nout(self) -> int:
        return len(self.outputs)

    def default_output(self) -> Any:
        """The output that stands for the node in an expression."""
        index = getattr(self.op, "default_output", None)
        if index is None:
            if len(self.outputs) != 1:
                raise AttributeError(f"{self.op} has {len(self.outputs)} outputs and no default_output; choose one of node.outputs")
            index = 0
        elif not isinstance(index, int) or not 0 <= index < len(self.outputs):
            raise AttributeError(f"{self.op}.default_output is {index!r}; it must be a number below {len(self.outputs)}, of the outputs")
        return self.outputs[index]

    @property
    def out(self) -> Any:
        """The default output."""
        return self.default_output()

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.inputs))})"

    def __repr__(self) -> str:
        return str(self)

    def get_parents(self) -> list[Any]:
        """The inputs."""
        return list(self.inputs)

    def clone(self) -> Apply:
        """A new node of the same op on the same inputs; outputs keep names and tags."""
        return self._with(self.inputs)

    def _with(self, inputs: Iterable[Variable]) -> Apply:
        with inherit(self.origin):
            new = type(self)(self.op, list(inputs), [output.clone() for output in self.outputs])
        if self._tag is not None:
            new._tag = copy(self._tag)
        return new

    def clone_with_new_inputs(self, inputs: Sequence[Any], strict: bool = True) -> Apply:
        """This node with other inputs.

        If their types are those of the old ones, the outputs keep their types, names and tags.  If not, ``strict`` converts the inputs
        (:meth:`Type.filter_variable`) or raises TypeError, and otherwise the op makes a new node, whose types may differ.
        """
        new_inputs = list(inputs)
        if len(new_inputs) != len(self.inputs):
            raise ValueError(f"{self.op} has {len(self.inputs)} inputs here, not {len(new_inputs)}")
        remake = weaker = False
        for position, (old, new) in enumerate(zip(self.inputs, new_inputs, strict=True)):
            if new is old:
                continue
            if old.type != new.type:
                if strict:
                    new = new_inputs[position] = old.type.filter_variable(new)
                else:
                    remake = True
                    continue
            weaker = weaker or not old.knows_no_more_than(new)
        if remake:
            return self._remade(new_inputs)
        node = self._with(new_inputs)
        if weaker:
            for output in node.outputs:
                output.forget()
        return node

    def _remade(self, inputs: list[Any]) -> Apply:
        with inherit(self.origin):
            node: Apply = self.op.make_node(*inputs)
        if self._tag is not None:
            node._tag = copy(self._tag).__update__(node.tag)
        for old, new in zip(self.outputs, node.outputs, strict=True):
            new.name = old.name
            if old._tag is not None:
                new._tag = copy(old._tag).__update__(new.tag)
        return node

    def __reduce_ex__(self, protocol: Any) -> Any:
        return pickling.reduce_apply(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        pickling.set_apply_state(self, state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return pickling.deepcopy_apply(self, memo)

    def __copy__(self) -> Apply:
        return self.clone()


@contextmanager
def nodes_constructed() -> Iterator[list[Any]]:
    """A list of the variables that are made within the ``with`` block.

    >>> from theano.graph import generic
    >>> with nodes_constructed() as made:
    ...     a = generic("a")
    >>> made
    [a]
    """
    made: list[Any] = []
    observer = made.append
    Variable.append_construction_observer(observer)
    try:
        yield made
    finally:
        Variable.remove_construction_observer(observer)


def _not_a_variable(op: object, kind: str, given: Sequence[object], wrong: object) -> str:
    position = next(i for i, item in enumerate(given) if item is wrong)
    return message(
        f"{op}: {kind} {position} of the node is not a Variable",
        [(kind, repr(wrong)[:60], type(wrong).__name__)],
        cure="make_node converts its arguments, for example with theano.tensor.as_tensor_variable" if kind == "input" else None,
    )
