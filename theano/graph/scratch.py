"""The free namespace that every variable and node carries as ``tag``.

>>> tag = Scratch()
>>> tag.test_value = 3
>>> copy(tag)
Scratch(test_value=3)
"""

from __future__ import annotations

from copy import copy
from typing import Any

from theano.graph.portable import portable

__all__ = ["Scratch", "copy"]


class Scratch:
    """A namespace without rules: anybody may put anything there."""

    def __init__(self, **entries: Any) -> None:
        self.__dict__.update(entries)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"this tag has no {name}")

    def __update__(self, other: Scratch) -> Scratch:
        """Take over the entries of ``other``."""
        self.__dict__.update(other.__dict__)
        return self

    def clear(self) -> None:
        self.__dict__.clear()

    def info(self) -> None:
        """Print the entries."""
        print(f"<theano.graph.scratch.Scratch instance at {id(self)}>")
        for name, value in self.__dict__.items():
            print(f"  {name}: {value!r}")

    def __copy__(self) -> Scratch:
        return Scratch(**self.__dict__)

    def __reduce__(self) -> Any:
        """Values of test are arrays: they go into pickles as every version of NumPy reads them."""
        return Scratch, (), {name: portable(value) for name, value in self.__dict__.items()}

    def __repr__(self) -> str:
        return f"Scratch({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"
