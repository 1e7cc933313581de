"""Graphs run node by node, in Python: each node is a *thunk*, a function without arguments that reads and fills cells.

Compiled functions do not pass here.  This is for looking at every value on its way (see ``WrapLinker``), for operations that compute
their inputs only where they need them, and for programs that use the linkers of the classic interface.  It knows graphs and nothing else.

>>> from theano.graph import Apply, FunctionGraph, Op, generic
>>> class Double(Op):
...     itypes = otypes = [generic]
...     def perform(self, node, inputs, output_storage):
...         output_storage[0][0] = inputs[0] * 2
>>> x = generic("x")
>>> f = PerformLinker().accept(FunctionGraph([x], [Double()(x)])).make_function()
>>> f(4), f("ha")
(8, 'haha')
"""

from theano.deferred import deferred
from theano.interpret.linkers import UNCHANGED, Linker, LocalLinker, PerformLinker, WrapLinker, WrapLinkerMany, streamline
from theano.interpret.vm_linker import VM_Linker

__getattr__, __dir__ = deferred(
    __name__,
    cells="add_clear_storage gc_helper map_storage unneeded_after",
    failures="log_thunk_trace raise_with_op thunk_hook",
    machines="VM Loop LoopGC Stack",
    thunks="make_thunks",
)

__all__ = [
    "UNCHANGED", "VM", "Linker", "LocalLinker", "Loop", "LoopGC", "PerformLinker", "Stack", "VM_Linker", "WrapLinker", "WrapLinkerMany",
    "add_clear_storage", "gc_helper", "log_thunk_trace", "map_storage", "raise_with_op", "streamline", "thunk_hook",
]  # fmt: skip
