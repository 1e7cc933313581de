"""Loops and branches as graph nodes: a node holds the graph of its body and runs it as a region of the one native program."""

from theano.deferred import deferred
from theano.scanning.loop import Scan, State, repeat
from theano.scanning.opgraph import OpFromGraph

__getattr__, __dir__ = deferred(
    __name__,
    batching="vectorize",
    branches="Branch branch ifelse",
    folds="foldl foldr map reduce scan_checkpoints",
    scanner="scan until",
)

__all__ = [
    "Branch", "OpFromGraph", "Scan", "State",
    "branch", "foldl", "foldr", "ifelse", "map", "reduce", "repeat", "scan", "scan_checkpoints", "until",
    "vectorize",
]  # fmt: skip
