"""The older ways into :func:`theano.function`, by their names.

>>> import theano, theano.tensor as T
>>> x = T.dscalar("x")
>>> orig_function([x], [x * 2, x + 1], output_keys=["twice", "more"])(3.0)
{'more': array(4.), 'twice': array(6.)}
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from theano.compile.build import function
from theano.compile.callable import Function, Maker
from theano.compile.io import SymbolicInput, declared
from theano.compile.specify import pairs_of, rebuild_collect_shared
from theano.graph import Container


def pfunc(
    params: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    output_keys: Sequence[str] | None = None,
) -> Function:
    """:func:`theano.function`; ``output_keys`` names the outputs of a list, so that calls return a dictionary."""
    return function(
        params, _keyed(outputs, output_keys), mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict,
        allow_input_downcast, profile, on_unused_input,
    )  # fmt: skip


def orig_function(
    inputs: Sequence[Any],
    outputs: Any,
    mode: Any = None,
    accept_inplace: bool = False,
    name: str | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    output_keys: Sequence[str] | None = None,
) -> Function:
    """A function whose updates and shared values are all said by its inputs, ``In(x, value=..., update=...)``."""
    return function(
        inputs,
        _keyed(outputs, output_keys),
        mode,
        accept_inplace=accept_inplace,
        name=name,
        profile=profile,
        on_unused_input=on_unused_input,
    )


def _keyed(outputs: Any, keys: Sequence[str] | None) -> Any:
    if keys is None:
        return outputs
    several = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    if len(keys) != len(several):
        raise ValueError(f"output_keys names {len(keys)} outputs, there are {len(several)}")
    return dict(zip(keys, several))


class FunctionMaker(Maker):
    """What makes a function of inputs and outputs, in two steps: compiling, here, and :meth:`create`.

    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> maker = FunctionMaker([x], [x * 2])
    >>> maker.create()(4.0)
    [array(8.)]
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Any,
        mode: Any = None,
        accept_inplace: bool = False,
        function_builder: Any = Function,
        profile: Any = None,
        on_unused_input: str | None = None,
        fgraph: Any = None,
        output_keys: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        """``function_builder`` makes the function, called as :class:`Function` is.  ``fgraph``, if given, holds the graph."""
        if fgraph is not None:
            inputs, outputs = self._over(fgraph, inputs), list(fgraph.outputs)
        self._first: Function | None = orig_function(inputs, outputs, mode, accept_inplace, name, profile, on_unused_input, output_keys)
        self._template, self.name, self.function_builder = self._first, name, function_builder
        super().__init__(self._template.maker.compilation)

    @staticmethod
    def _over(fgraph: Any, inputs: Sequence[Any]) -> list[SymbolicInput]:
        result = []
        for position, (given, variable) in enumerate(zip(inputs, fgraph.inputs, strict=True)):
            declaration = copy.copy(declared(given, position))
            declaration.variable = variable
            result.append(declaration)
        return result

    def create(self, input_storage: Sequence[Any] | None = None, trustme: bool = False, storage_map: Any = None) -> Any:
        """A function with containers of its own, which start with the values in ``input_storage``, or in the containers in it."""
        made, self._first = self._first or self._template.copy(name=self.name), None
        for position, given in enumerate(input_storage or ()):
            if given is not None:
                made[position] = given.value if isinstance(given, Container) else given
        made.trust_input = trustme
        if self.function_builder is Function:
            return made
        s, layout = self.compilation.specification, self.compilation.specification.layout
        return self.function_builder(
            fn=made.fn, input_storage=made.input_storage, output_storage=made.output_storage, indices=None, outputs=made.maker.outputs,
            defaults=made.defaults, unpack_single=layout == "single", return_none=layout == "none",
            output_keys=s.keys if layout == "dict" else None, maker=made.maker, name=self.name,
        )  # fmt: skip


def convert_function_input(input: Any) -> SymbolicInput:
    """The input that a variable, an ``In`` or a tuple of the classic forms declares."""
    return declared(input)


def iter_over_pairs(pairs: Any) -> Iterable[tuple[Any, Any]]:
    """The pairs of a dictionary or of a list of pairs."""
    return pairs_of(pairs)


__all__ = ["FunctionMaker", "convert_function_input", "iter_over_pairs", "orig_function", "pfunc", "rebuild_collect_shared"]
