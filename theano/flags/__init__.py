"""Typed flags: ``config.floatX``, ``config.profiling.n_ops``, ...

A flag is declared once, by :func:`flag`: name, default, what it accepts, help.  Its value is the first found of

1. an assignment: ``config.floatX = "float32"``, or :class:`change_flags`;
2. the environment: ``THEANO_FLAGS="floatX=float32,profiling.n_ops=5"``;
3. the files named by ``THEANORC`` (default ``~/.theanorc``), in ini form: the section ``[global]``, and ``[profiling]`` for dotted names;
4. the default, computed at the first look if it is a function.

This room stands first: it assumes nothing but :mod:`theano.errors`.

>>> with change_flags(floatX="float32"):
...     config.floatX
'float32'
"""

from theano.flags.declared import set_numpy_errors, tell_of_device
from theano.flags.registry import (
    AddConfigVar,
    BoolParam,
    ConfigParam,
    EnumStr,
    Flag,
    FloatParam,
    IntParam,
    StrParam,
    TheanoConfigParser,
    TheanoConfigWarning,
    TypedParam,
    change_flags,
    config,
    declare,
    flag,
    get,
    get_config_hash,
    given,
    put,
    warn_of_unknown_flags,
)

warn_of_unknown_flags()
tell_of_device()

__all__ = [
    "AddConfigVar",
    "BoolParam",
    "ConfigParam",
    "EnumStr",
    "Flag",
    "FloatParam",
    "IntParam",
    "StrParam",
    "TheanoConfigParser",
    "TheanoConfigWarning",
    "TypedParam",
    "change_flags",
    "config",
    "declare",
    "flag",
    "get",
    "get_config_hash",
    "given",
    "put",
    "set_numpy_errors",
]
