"""Loops and branches as graph nodes: a node holds the graph of its body and runs it as a region of the one native program."""

from theano.scanning.regions import Branch, Repeat, branch, repeat

__all__ = ["Branch", "Repeat", "branch", "repeat"]
