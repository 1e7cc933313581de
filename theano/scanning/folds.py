"""Loops with a purpose: map, reduce and the folds, and one that keeps little for its gradient.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> total, updates = reduce(lambda row, sum: sum + row ** 2, x, T.constant(0.0, dtype="float64"))
>>> float(total.eval({x: [1, 2, 3]}))
14.0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.scanning.loop import Scan
from theano.scanning.scanner import scan
from theano.tensor import as_tensor_variable, join, zeros
from theano.tensor.subtensor import Subtensor

Result = tuple[Any, Any]


def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> Result:
    """``fn`` of each row of ``sequences``; the results as :func:`theano.scan` gives them."""
    return scan(fn, sequences, [], non_sequences, None, truncate_gradient, go_backwards, mode, name)


def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> Result:
    """The results of the last step of ``fn(row, ..., result of the step before, ...)``; where there is no row, the initial values."""
    results, updates = scan(fn, sequences, outputs_info, non_sequences, None, -1, go_backwards, mode, name)
    return ([_last(result) for result in results] if isinstance(results, (list, tuple)) else _last(results)), updates


def _last(rows: Any) -> Any:
    """The last of the rows that steps have made, and of the initial ones before them."""
    cut = rows.owner
    if cut is not None and type(cut.op) is Subtensor and isinstance(cut.inputs[0].owner.op, Scan):
        stop = cut.op.indices(cut.inputs, 1)[0].stop
        rows = cut.inputs[0] if stop is None else cut.inputs[0][:stop]
    return rows[-1]


def foldl(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, mode: Any = None, name: str | None = None
) -> Result:
    """:func:`reduce` from the first row to the last."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, mode: Any = None, name: str | None = None
) -> Result:
    """:func:`reduce` from the last row to the first."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)


def scan_checkpoints(
    fn: Callable[..., Any],
    sequences: Any = [],  # noqa: B006  as the classic one
    outputs_info: Any = None,
    non_sequences: Any = [],  # noqa: B006
    name: str = "checkpointscan_fn",
    n_steps: Any = None,
    save_every_N: int = 10,
    padding: bool = True,
) -> Result:
    """As :func:`theano.scan`, but only the results of every ``save_every_N``-th step are given, and kept for the gradient, which does the
    steps between again.  Steps read their sequences at 0 and their results at -1 only.

    ``padding``: sequences get rows of zeros until their length is a multiple of ``save_every_N``, as it otherwise must be."""
    given = list(sequences) if isinstance(sequences, (list, tuple)) else [sequences]
    infos = list(outputs_info) if isinstance(outputs_info, (list, tuple)) else [outputs_info]
    if any(isinstance(one, dict) for one in (*infos, *given)):
        raise ValueError("scan_checkpoints: taps are not supported; give variables")
    rows = [as_tensor_variable(one) for one in given]
    if any(info is None for info in infos):
        raise ValueError("scan_checkpoints: each result needs an initial value")
    if n_steps is None and not rows:
        raise ValueError("scan_checkpoints: without sequences the number of steps must be given: n_steps=...")
    every = as_tensor_variable(save_every_N).astype("int64")
    steps = rows[0].shape[0] if n_steps is None else as_tensor_variable(n_steps).astype("int64")
    blocks = (steps + every - 1) // every
    rows = [_in_blocks(row[:steps], blocks, every, padding) for row in rows]
    others = list(non_sequences) if isinstance(non_sequences, (list, tuple)) else [non_sequences]

    def block(*arguments: Any) -> Any:
        mine, states, rest = arguments[: len(rows)], arguments[len(rows) : len(rows) + len(infos)], arguments[len(rows) + len(infos) :]
        found, updates = scan(fn, list(mine), list(states), list(rest), every, name=f"{name}_inner", return_list=True)
        return [result[-1] for result in found], updates

    return scan(block, rows, infos, others, blocks, name=name)


def _in_blocks(row: Any, blocks: Any, every: Any, padding: bool) -> Any:
    """``row`` with an axis of blocks before that of the steps."""
    rest = [row.shape[axis] for axis in range(1, row.type.ndim)]
    if padding:
        row = join(0, row, zeros((blocks * every - row.shape[0], *rest), dtype=row.type.dtype))
    whole: Any = row.reshape((blocks, every, *rest), ndim=row.type.ndim + 1)
    return whole


__all__: Sequence[str] = ["foldl", "foldr", "map", "reduce", "scan_checkpoints"]
