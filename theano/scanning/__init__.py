"""Loops and branches as graph nodes: a node holds the graph of its body and runs it as a region of the one native program."""

from theano.scanning.branches import Branch, branch, ifelse
from theano.scanning.folds import foldl, foldr, map, reduce, scan_checkpoints
from theano.scanning.loop import Scan, State, repeat
from theano.scanning.opgraph import OpFromGraph
from theano.scanning.scanner import scan, until

__all__ = [
    "Branch", "OpFromGraph", "Scan", "State",
    "branch", "foldl", "foldr", "ifelse", "map", "reduce", "repeat", "scan", "scan_checkpoints", "until",
]  # fmt: skip
