"""From a graph to a function: :func:`function`, its inputs and outputs, its modes, and the list of passes."""

from theano.compile.build import function
from theano.compile.callable import Function
from theano.compile.io import In, Out, Param, SymbolicInput, SymbolicOutput
from theano.compile.mode import (
    FAST_COMPILE,
    FAST_RUN,
    Mode,
    get_default_mode,
    get_mode,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    register_linker,
    register_mode,
    register_optimizer,
)
from theano.deferred import deferred
from theano.tensor.sharedvar import SharedVariable, shared

__getattr__, __dir__ = deferred(
    __name__, debugmode="DebugMode", monitormode="MonitorMode", nanguardmode="NanGuardMode", profiling="ProfileStats", saving="load"
)

__all__ = [
    "FAST_COMPILE", "FAST_RUN", "DebugMode", "Function", "In", "Mode", "MonitorMode", "NanGuardMode", "Out", "Param", "ProfileStats",
    "SharedVariable", "SymbolicInput", "SymbolicOutput", "function", "get_default_mode", "get_mode", "load", "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers", "register_linker", "register_mode", "register_optimizer", "shared",
]  # fmt: skip
