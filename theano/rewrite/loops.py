"""Loops and graphs in graphs: what nobody asks for is not kept, and operations made of graphs give way to these."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any, NamedTuple

from theano.graph import Apply, Constant, Variable, walk
from theano.rewrite.engine import Rewriter, rewrite
from theano.scanning import OpFromGraph, Scan
from theano.scanning.bodies import body_of
from theano.scanning.checkpoints import Blocked
from theano.scanning.loop import last_row
from theano.tensor import join
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.subtensor import Subtensor


@rewrite("canonicalize", OpFromGraph)
def inline_graph(rewriter: Rewriter, node: Apply) -> Any:
    """An operation made of a graph is that graph."""
    return node.op.expand(node)


class Reader(NamedTuple):
    """A node that reads the last of all rows of a state, or of those that steps have made, of which there may be none."""

    node: Apply
    of_steps: bool

    def read(self, last: Any, steps: Any) -> Any:
        """The same of the ``last`` row, after so many ``steps``."""
        row, rest = last_row(last, steps) if self.of_steps else last, self.node.op.idx_list[1:]
        return Subtensor(rest)(row, *self.node.inputs[2:]) if rest else row


def _last_row(rewriter: Rewriter, rows: Variable, depth: int) -> list[Reader] | None:
    """Who reads ``rows``, if all want the last row alone, or a part of it."""
    found = []
    for client, _ in rewriter.clients[rows]:
        if client == "output" or type(client.op) is not Subtensor or client.inputs[0] is not rows:
            return None
        index = _index(client)
        if index[0] == -1:
            found.append(Reader(client, depth < 0))
        elif len(index) == 1 and isinstance(index[0], slice) and index[0] == slice(depth, None):
            rest = _last_row(rewriter, client.outputs[0], -1)
            if rest is None:
                return None
            found += rest
        else:
            return None
    return found


def _index(node: Apply) -> tuple[Any, ...]:
    """The index of a Subtensor node; what is no constant is None in it."""
    values = iter(node.inputs[1:])

    def number(entry: Any) -> Any:
        if entry is None:
            return None
        value = next(values)
        return int(value.data) if isinstance(value, Constant) else value

    entries = []
    for entry in node.op.idx_list:
        entries.append(slice(number(entry.start), number(entry.stop), number(entry.step)) if isinstance(entry, slice) else number(entry))
    return tuple(entries)


def serve_by_extended(rewriter: Rewriter, node: Apply) -> Any:
    """Where a loop and the same loop with further records are, the second is enough."""
    op = node.op
    more = [vars(op)[name] for name in ("extended", "blocked") if vars(op).get(name, op) is not op]
    for other in rewriter.fgraph.apply_nodes if more else ():
        if any(other.op is one for one in more) and all(a is b for a, b in zip(node.inputs, other.inputs, strict=True)):
            end = len(node.outputs) - op.until
            return [*other.outputs[:end], *other.outputs[len(other.outputs) - op.until :]]
    return None


@rewrite("expand", Blocked)
def spread_blocks(rewriter: Rewriter, node: Apply) -> Any:
    """A loop in blocks is two loops, one in the other; of a state of which the last row alone is asked for no others are kept."""
    scan, outputs = node.op.scan, node.outputs
    count = len(scan.states)
    lasts = {k: _last_row(rewriter, outputs[k], state.depth) for k, state in enumerate(scan.states)}
    asked = [k for k in range(count + scan.records) if rewriter.clients[outputs[k]] and lasts.get(k) is None]
    spread = node.op.spread(node.inputs, asked)
    result: dict[Any, Any] = dict(zip(outputs[count + scan.records :], spread.windows, strict=True))
    for k, initial in enumerate(scan.outer(node.inputs).states):
        if k in asked:
            later = [c for c, _ in rewriter.clients[outputs[k]] if c != "output" and _index(c) == (slice(scan.states[k].depth, None),)]
            result.update((reader.outputs[0], spread.rows[k]) for reader in later)
            result[outputs[k]] = join(0, initial, spread.rows[k])
        result.update((reader.node.outputs[0], reader.read(spread.lasts[k], node.inputs[0])) for reader in lasts[k] or ())
    result.update((outputs[k], spread.rows[k]) for k in asked if k >= count)
    return result


for _group in ("canonicalize", "expand"):
    rewrite(_group, Scan)(serve_by_extended)


@rewrite("expand", Scan)
def forget_rows(rewriter: Rewriter, node: Apply) -> Any:
    """A state of which only the last row is asked for is not kept; records and states that nobody asks for are not made."""
    op = node.op
    forgotten: dict[int, list[Reader]] = {}
    for k, state in enumerate(op.states):
        if state.kept and state.taps == (1,) and not op.until:
            readers = _last_row(rewriter, node.outputs[k], 1)
            if readers is not None:
                forgotten[k] = readers
    wanted = _wanted(op, [bool(rewriter.clients[out]) for out in node.outputs])
    forgotten = {k: readers for k, readers in forgotten.items() if wanted[k]}
    if not forgotten and all(wanted):
        return None
    for other in rewriter.fgraph.apply_nodes:
        if isinstance(other.op, Scan) and other is not node:
            rewriter.requeue(other)
    kinds = [replace(state, kept=state.kept and k not in forgotten) for k, state in enumerate(op.states)]
    found = reduced(op.with_states(kinds), node, [k for k, asked in enumerate(wanted) if asked])
    result: dict[Any, Any] = {out: found[k] for k, out in enumerate(node.outputs) if k in found and k not in forgotten}
    result.update((reader.node.outputs[0], reader.read(found[k], node.inputs[0])) for k, readers in forgotten.items() for reader in readers)
    return result


@rewrite("expand", Scan)
def record_rows(rewriter: Rewriter, node: Apply) -> Any:
    """A state whose first row nobody reads is a record where a step is all elementwise: its rows are written to where they are read.

    Elsewhere to write a row twice might cost more than the copy that is saved."""
    op = node.op
    if op.until or not all(isinstance(inner.op, (Elemwise, DimShuffle)) for inner in op.graph.apply_nodes):
        return None
    read = {k: _later_rows(rewriter, node.outputs[k]) for k, state in enumerate(op.states) if state.kept and state.taps == (1,)}
    read = {k: readers for k, readers in read.items() if readers and any(_index(reader) != (-1,) for reader in readers)}
    if not read:
        return None
    states = [replace(state, kept=state.kept and k not in read) for k, state in enumerate(op.states)]
    outputs = [*op.graph.outputs, *(op.graph.outputs[k] for k in read)]
    again = Scan.of(body_of(op.graph.inputs, [], outputs), op.sequences, states, False, op.truncate, op.name)
    found = again.make_node(*node.inputs).outputs
    count = len(node.outputs)
    result = {out: found[k] for k, out in enumerate(node.outputs) if k not in read}
    for record, (k, readers) in zip(found[count:], read.items(), strict=True):
        result.update((reader.outputs[0], found[k] if _index(reader) == (-1,) else record) for reader in readers)
    return result


def _later_rows(rewriter: Rewriter, rows: Variable) -> list[Apply]:
    """The nodes that read ``rows``, if each of them wants the last one or all but the first."""
    found = []
    for client, _ in rewriter.clients[rows]:
        if client == "output" or type(client.op) is not Subtensor or client.inputs[0] is not rows:
            return []
        if _index(client) not in ((-1,), (slice(1, None),)):
            return []
        found.append(client)
    return found


def reduced(op: Scan, node: Apply, wanted: list[int]) -> dict[int, Variable]:
    """The results that are ``wanted``, by a loop that makes only these and reads only what it must."""
    inner, outer, count = op.inner(), op.outer(node.inputs), len(op.states)
    outputs = [op.graph.outputs[k] for k in wanted]
    used = set(walk(outputs))
    rows = [(v, whole) for v, whole in zip(inner.sequences, outer.sequences, strict=True) if v in used]
    others = [(v, value) for v, value in zip(inner.invariants, outer.invariants, strict=True) if v in used]
    states = [k for k in wanted if k < count]
    formal = [op.graph.inputs[0], *(v for v, _ in rows), *(v for k in states for v in inner.states[k]), *(v for v, _ in others)]
    again = Scan.of(body_of(formal, [], outputs), len(rows), [op.states[k] for k in states], op.until, op.truncate, op.name)
    arguments = [*(whole for _, whole in rows), *(outer.states[k] for k in states), *(value for _, value in others)]
    return dict(zip(wanted, again.make_node(node.inputs[0], *arguments).outputs, strict=True))


def _wanted(op: Scan, asked: list[bool]) -> list[bool]:
    """Which results of a step are asked for, or are read by a step that must be done for one that is."""
    bits = {variable: 1 << k for k, variable in enumerate(op.graph.inputs)}
    for inner in op.graph.toposort():
        bits.update(dict.fromkeys(inner.outputs, functools.reduce(int.__or__, (bits.get(v, 0) for v in inner.inputs), 0)))
    reads = [bits.get(out, 0) for out in op.graph.outputs]
    own = [functools.reduce(int.__or__, (bits[tap] for tap in taps)) for taps in op.inner().states]
    wanted = [*asked[: len(reads) - op.until], *([True] * op.until)]
    changed = True
    while changed:
        needed = functools.reduce(int.__or__, (mask for mask, is_wanted in zip(reads, wanted, strict=True) if is_wanted), 0)
        changed = False
        for k, mask in enumerate(own):
            if needed & mask and not wanted[k]:
                wanted[k] = changed = True
    return wanted
