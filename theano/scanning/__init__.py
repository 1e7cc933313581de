"""Loops and branches as graph nodes: a node holds the graph of its body and runs it as a region of the one native program."""

from theano.scanning.loop import Scan, State, repeat
from theano.scanning.opgraph import OpFromGraph
from theano.scanning.regions import Branch, branch

__all__ = ["Branch", "OpFromGraph", "Scan", "State", "branch", "repeat"]
