"""Show graphs to people: :func:`debugprint` as an indented tree, :func:`pprint` as mathematics."""

from theano.printing.debugprint import debugprint
from theano.printing.pretty import pp, pprint

__all__ = ["debugprint", "pp", "pprint"]
