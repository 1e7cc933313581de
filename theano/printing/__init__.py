"""Show to people what is inside: :func:`debugprint` gives a graph as an indented tree, :func:`pprint` as mathematics;
:func:`nests_text`, :func:`kernel_text` and :func:`program_text` the forms below it; :class:`Print` shows values when they are computed.
"""

from theano.deferred import deferred

__getattr__, __dir__ = deferred(
    __name__,
    loops="kernel_text nests_text program_text",
    pictures="pydotprint",
    pretty="pp pprint",
    tree="debugprint",
    values="Print",
)

__all__ = ["Print", "debugprint", "kernel_text", "nests_text", "pp", "pprint", "program_text", "pydotprint"]
