"""Show to people what is inside: :func:`debugprint` gives a graph as an indented tree, :func:`pprint` as mathematics;
:func:`nests_text`, :func:`kernel_text` and :func:`program_text` the forms below it.
"""

from theano.printing.loops import kernel_text, nests_text, program_text
from theano.printing.pretty import pp, pprint
from theano.printing.tree import debugprint

__all__ = ["debugprint", "kernel_text", "nests_text", "pp", "pprint", "program_text"]
