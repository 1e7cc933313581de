"""llvmlite's binding, imported at its first use: programs that import theano and compile nothing do not wait for it."""

from __future__ import annotations

import importlib
from typing import Any


class _Binding:
    """Stands for the module; what is looked up is kept."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(importlib.import_module("llvmlite.binding"), name)
        setattr(self, name, found)
        return found


llvm: Any = _Binding()
