"""Theano: define, differentiate and compile mathematical expressions over arrays."""

__version__ = "2.0.dev0"
