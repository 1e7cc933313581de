"""Pickling and copying graphs without recursion.

``pickle`` saves what it meets first by recursing into it; a chain of owners would be as deep a recursion.  So a node that is met unsaved
puts a :class:`Batch` before itself: a list whose items are its ancestors, sources first, fed to the pickler one by one.  When one of
them is reached, everything it refers to is in the pickler's memo, and it is saved in its direct form, without going deep.

Each node carries a :class:`Mark` of the last batch it was in.  The pickler's memo keeps the batch alive, so that a mark whose batch lives
says that some pickler at work has the node, and a later batch need not list it again: pickling many variables of one graph is linear.
A mark is only a hint.  If a node marked as saved is asked to save itself, another pickler asks, and it starts a batch that heeds no marks.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from theano.flags import config
from theano.graph.portable import portable
from theano.graph.scratch import Scratch

if TYPE_CHECKING:
    from theano.graph.variable import Apply, Variable


def sources_first(target: Apply, known: Callable[[Apply], bool]) -> Iterator[Apply]:
    """The ancestors of ``target`` and itself, each after its own ancestors; those ``known`` are left out with theirs."""
    done = {target}
    stack = [(target, iter(target.inputs))]
    while stack:
        node, inputs = stack[-1]
        for variable in inputs:
            owner = variable.owner
            if owner is not None and owner not in done and not known(owner):
                done.add(owner)
                stack.append((owner, iter(owner.inputs)))
                break
        else:
            stack.pop()
            yield node


# --- pickle


class Mark:
    """What a node remembers of a batch: whether it has been saved by it, or is about to be."""

    __slots__ = ("batch", "saved")

    def __init__(self, batch: weakref.ref[Batch], saved: bool) -> None:
        self.batch, self.saved = batch, saved

    def alive(self) -> bool:
        return self.batch() is not None


class Batch:
    """The ancestors of a node, sources first, and itself: pickled as a list."""

    def __init__(self, target: Apply, heed: bool) -> None:
        self.target, self.heed = target, heed
        self.announced, self.saved = Mark(weakref.ref(self), False), Mark(weakref.ref(self), True)

    def __reduce__(self) -> Any:
        return list, (), None, self.nodes()

    def nodes(self) -> Iterator[Apply]:
        """Each node is marked when it is handed to the pickler."""
        for node in sources_first(self.target, self.known):
            node._pickled = self.announced
            yield node

    def known(self, node: Apply) -> bool:
        mark = node._pickled
        return mark is self.announced or mark is self.saved or (self.heed and mark is not None and mark.alive())


def reduce_apply(node: Apply) -> Any:
    """The direct form in a batch; else a batch that ends with the node itself, whose memo entry then replaces this one."""
    mark = node._pickled
    if mark is None or not mark.alive():
        return _last, (Batch(node, heed=True),)
    if mark.saved:
        return _last, (Batch(node, heed=False),)
    batch = mark.batch()
    assert batch is not None
    node._pickled = batch.saved
    state = {"outputs": node.outputs, "origin": node.origin, **node.__dict__}
    if node._tag is not None:
        state["_tag"] = node._tag
    return new_apply, (type(node), node.op, node.inputs, [type(output) for output in node.outputs]), state


def _last(batch: list[Any]) -> Any:
    return batch[-1]


def new_apply(cls: type[Apply], op: Any, inputs: list[Any], output_classes: Iterable[type[Variable]]) -> Apply:
    """A node whose outputs are blank: their states follow."""
    node = cls.__new__(cls)
    node.op, node.inputs = op, inputs
    node.fgraph = node._tag = node._pickled = None
    node.outputs = [new_variable(output, node, index) for index, output in enumerate(output_classes)]
    return node


def set_apply_state(node: Apply, state: dict[str, Any]) -> None:
    for name, value in state.items():
        if name != "outputs":
            setattr(node, name, value)


def new_variable(cls: type[Variable], owner: Apply | None = None, index: int | None = None) -> Variable:
    """A blank variable: its state follows."""
    variable = cls.__new__(cls)
    variable.owner, variable.index = owner, index
    variable.fgraph = variable.name = variable._tag = variable._origin = None
    return variable


def output_of(node: Apply, index: int) -> Variable:
    output: Variable = node.outputs[index]
    return output


def reduce_variable(variable: Variable) -> Any:
    """An output is the output of its owner; a leaf stands alone."""
    state = variable.__getstate__()
    if "data" in state:
        state["data"] = portable(state["data"])
    if variable.owner is None:
        return new_variable, (type(variable),), state
    return output_of, (variable.owner, variable.index), state


_BLANK = ("name", "_tag", "_origin")
"""Slots that :func:`new_variable` sets to None."""


@cache
def _slots(cls: Any) -> tuple[str, ...]:
    """The slots of a class of variables that its state holds."""
    skipped = {"owner", "index", "__dict__", "__weakref__", *cls._transient}
    names = [name for base in cls.__mro__ for name in _as_tuple(base.__dict__.get("__slots__", ()))]
    return tuple(name for name in dict.fromkeys(names) if name not in skipped)


def _as_tuple(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


def variable_state(variable: Any) -> dict[str, Any]:
    """Everything but the place in the graph, what is transient or blank, and test values where they are not wanted."""
    state = {name: getattr(variable, name) for name in _slots(variable.__class__) if hasattr(variable, name)}
    for name in _BLANK:
        if state[name] is None:
            del state[name]
    state.update((name, value) for name, value in variable.__dict__.items() if name not in variable._transient)
    tag = state.get("_tag")
    if tag is not None and "test_value" in tag.__dict__ and not config.pickle_test_value:
        state["_tag"] = Scratch(**{name: value for name, value in tag.__dict__.items() if name != "test_value"})
    return state


def set_variable_state(variable: Variable, state: dict[str, Any]) -> None:
    for name, value in state.items():
        setattr(variable, name, value)


# --- copy


def copy_variable(variable: Variable) -> Variable:
    """A variable with the same owner and a copy of the attributes."""
    new = new_variable(type(variable), variable.owner, variable.index)
    state = variable.__getstate__()
    if "_tag" in state:
        state["_tag"] = copy.copy(state["_tag"])
    new.__setstate__(state)
    return new


def deepcopy_variable(variable: Variable, memo: dict[int, Any]) -> Any:
    """A copy of the variable and all that it is made of."""
    if variable.owner is not None:
        if id(variable.owner) not in memo:
            deepcopy_apply(variable.owner, memo)
        return memo[id(variable)]
    new = memo[id(variable)] = new_variable(type(variable))
    new.__setstate__(_deepcopy_state(variable, memo))
    return new


def deepcopy_apply(target: Apply, memo: dict[int, Any]) -> Any:
    """A copy of the node and all that it is made of.  Types, and ops that are values (``__props__``), are shared.

    First all nodes are made, then they are filled: tags may refer to any part of the graph.
    """
    nodes = list(sources_first(target, lambda node: id(node) in memo))
    for node in nodes:
        new = memo[id(node)] = new_apply(type(node), node.op, [], [type(output) for output in node.outputs])
        memo.update((id(old), output) for old, output in zip(node.outputs, new.outputs, strict=True))
    for node in nodes:
        new = memo[id(node)]
        new.inputs = [copy.deepcopy(variable, memo) for variable in node.inputs]
        if not hasattr(node.op, "__props__"):
            new.op = copy.deepcopy(node.op, memo)
        for old, output in zip(node.outputs, new.outputs, strict=True):
            output.__setstate__(_deepcopy_state(old, memo))
        state = {"_tag": node._tag, **node.__dict__}
        set_apply_state(new, {"origin": node.origin, **copy.deepcopy(state, memo)})
    return memo[id(target)]


def _deepcopy_state(variable: Variable, memo: dict[int, Any]) -> dict[str, Any]:
    state = variable.__getstate__()
    return {name: value if name in ("type", "name", "_origin") else copy.deepcopy(value, memo) for name, value in state.items()}
