"""Operations: what an Apply applies.

Own operations derive from :class:`Op` and define ``make_node`` (or ``itypes`` and ``otypes``) and ``perform``; for gradients ``grad``,
``L_op`` or ``R_op``; for better code ``infer_shape``, ``view_map``, ``destroy_map``.  ``__props__`` names the attributes that make two
instances equal.

>>> from theano.graph import Apply, generic
>>> class Repeat(Op):
...     __props__ = ("times",)
...     itypes, otypes = [generic], [generic]
...     def __init__(self, times):
...         self.times = times
...     def perform(self, node, inputs, output_storage):
...         output_storage[0][0] = inputs[0] * self.times
>>> x = generic("x")
>>> Repeat(2)(x).owner, Repeat(2) == Repeat(2)
(Repeat{times=2}(x), True)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from theano.errors import MethodNotDefined, VariableTypeError, message
from theano.flags import config
from theano.graph.c_interface import CLinkerOp
from theano.graph.properties import WithProperties
from theano.graph.provenance import here, inherit, is_ours
from theano.graph.type import Type, disconnected_type
from theano.graph.variable import Apply, NoParams, Variable

Storage = list[Any]
"""A list of one element: the cell that a value is passed in."""


class PureOp(WithProperties):
    """What every operation is: how it is applied, computed and differentiated."""

    default_output: int | None = None
    """Which output stands for the node in an expression, if there are several."""

    view_map: Mapping[int, Sequence[int]] = {}
    """{output: [input]}: outputs that may be views of inputs."""

    destroy_map: Mapping[int, Sequence[int]] = {}
    """{output: [inputs]}: inputs that are overwritten in making outputs."""

    itypes: Sequence[Type]
    otypes: Sequence[Type]

    _made_outside: ClassVar[bool] = False
    """Whether ``make_node`` stands outside this package: then its frame is not the user's line that a node comes from."""

    is_users: ClassVar[bool] = False
    """Whether the class stands outside this package: then what its methods return is checked."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        code = getattr(cls.make_node, "__code__", None)
        cls._made_outside = code is None or not is_ours(code.co_filename)
        cls.is_users = cls.__module__.partition(".")[0] != "theano"

    def make_node(self, *inputs: Any) -> Apply:
        """The Apply of this op on ``inputs``.  This default checks them against ``itypes`` and makes outputs of ``otypes``."""
        name = type(self).__name__
        if not hasattr(self, "itypes") or not hasattr(self, "otypes"):
            raise TypeError(
                f"{name} cannot be applied: it defines neither make_node nor itypes and otypes\n"
                "  def make_node(self, x): return Apply(self, [x], [x.type()])"
            )
        if len(inputs) != len(self.itypes):
            raise ValueError(f"{name} takes {len(self.itypes)} inputs, not {len(inputs)}")
        for position, (given, expected) in enumerate(zip(inputs, self.itypes, strict=True)):
            if not isinstance(given, Variable) or given.type != expected:
                found = given.type if isinstance(given, Variable) else type(given).__name__
                rows = [("given", given, found, getattr(given, "origin", None)), ("expected", "", expected)]
                raise VariableTypeError(message(f"{name}: input {position} is of the wrong type", rows))
        return Apply(self, inputs, [otype() for otype in self.otypes])

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        """Apply the op; give its default output, its only one, or the list of all.

        ``return_list=True`` always gives a list; ``name`` names the default or only output.  Other keywords go to ``make_node``.
        """
        return_list = name = None
        if kwargs:
            return_list, name = kwargs.pop("return_list", None), kwargs.pop("name", None)
        if self._made_outside:
            with inherit(here(2)):
                node = self.make_node(*inputs, **kwargs)
            _check_made(self, node)
        else:
            node = self.make_node(*inputs, **kwargs)
        if config.compute_test_value != "off":
            from theano.graph.testvalue import compute_test_values

            compute_test_values(node)
        outputs: list[Variable] = node.outputs
        if name is not None:
            node.default_output().name = name
        if self.default_output is not None:
            result = node.default_output()
            return [result] if return_list else result
        return list(outputs) if return_list or len(outputs) != 1 else outputs[0]

    if TYPE_CHECKING:
        perform: Callable[..., None]  # an op without params takes none
    else:

        def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[Storage], params: Any = None) -> None:
            """Compute: read the values ``inputs``, put the result i into ``output_storage[i][0]``.

            ``params`` is given to ops with a ``params_type`` only."""
            raise MethodNotDefined(why_not_runnable(self))

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        """The gradients of a cost by the inputs, as expressions of its gradients by the outputs."""
        raise MethodNotDefined(f"{self} has no gradient: {type(self).__name__} defines neither L_op nor grad")

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        """As :meth:`grad`, with the outputs at hand."""
        return self.grad(inputs, output_grads)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Sequence[Any]:
        """The directional derivatives of the outputs, where the inputs move by ``eval_points`` (None: not at all)."""
        raise MethodNotDefined(f"{self} has no forward derivative: {type(self).__name__} does not define R_op")

    def do_constant_folding(self, node: Apply) -> bool:
        """Whether a node with constant inputs may be computed once, at compilation."""
        return True


class Op(PureOp, CLinkerOp):
    """The base of all operations that run."""

    params_type: Any = None
    """The type of what :meth:`get_params` gives, if ``perform`` takes such a fourth argument."""

    def is_runnable(self) -> bool:
        """Whether Python can compute this op: it has its own ``perform`` or ``make_thunk``."""
        cls = type(self)
        return cls.perform is not Op.perform or self.has_own_thunk() or "perform" in vars(self)

    def has_own_thunk(self) -> bool:
        """Whether it makes the function that computes a node itself."""
        cls = type(self)
        return cls.make_thunk is not Op.make_thunk or cls.make_py_thunk is not Op.make_py_thunk

    def get_params(self, node: Apply) -> Any:
        """The fourth argument of ``perform``: by default, for a ``ParamsType``, this op's attributes of the names of its fields."""
        if self.params_type is None:
            raise MethodNotDefined(f"{type(self).__name__} has no params_type, and so no params")
        return self.params_type.get_params(self)

    def prepare_node(self, node: Apply, storage_map: Any, compute_map: Any, impl: str | None) -> None:
        """Called once before the node is compiled; for ops that must get something ready."""

    def make_thunk(
        self,
        node: Apply,
        storage_map: Mapping[Any, Storage],
        compute_map: Mapping[Any, Storage] | None,
        no_recycling: Any,
        impl: str | None = None,
    ) -> Callable[[], Any]:
        """A function without arguments that computes the node from and into the cells of ``storage_map``."""
        self.prepare_node(node, storage_map=storage_map, compute_map=compute_map, impl="py")
        return self.make_py_thunk(node, storage_map, compute_map, no_recycling)

    def make_c_thunk(
        self, node: Apply, storage_map: Mapping[Any, Storage], compute_map: Mapping[Any, Storage] | None, no_recycling: Any
    ) -> Callable[[], Any]:
        """Refused: nothing compiles C code."""
        raise MethodNotDefined(
            message(f"{type(self).__name__}: no C code is compiled any more", cure="make_py_thunk gives the thunk that calls perform")
        )

    def make_py_thunk(
        self,
        node: Apply,
        storage_map: Mapping[Any, Storage],
        compute_map: Mapping[Any, Storage] | None,
        no_recycling: Any,
        debug: bool = False,
    ) -> Callable[[], Any]:
        """The thunk that calls :meth:`perform`; ``debug``: ``debug_perform`` of ops that have one."""
        inputs = [storage_map[variable] for variable in node.inputs]
        outputs = [storage_map[variable] for variable in node.outputs]
        computed = [] if compute_map is None else [compute_map[variable] for variable in node.outputs]
        perform = getattr(self, "debug_perform", self.perform) if debug else self.perform
        params = node.run_params()
        given = () if params is NoParams else (params,)

        def thunk() -> None:
            perform(node, [cell[0] for cell in inputs], outputs, *given)
            for cell in computed:
                cell[0] = True

        thunk.inputs, thunk.outputs, thunk.lazy, thunk.perform = inputs, outputs, False, perform  # type: ignore[attr-defined]
        return thunk


ops_with_inner_function: dict[type, str] = {}
"""Classes of ops that hold a compiled function -> the name of the attribute that does."""


class Unconnected(Op):
    """The base of what depends on no input by a derivative: sizes, positions, what is read from a file."""

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * len(node.outputs) for _ in node.inputs]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [disconnected_type() for _ in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


def _check_made(op: PureOp, node: Any) -> None:
    """Whether what a user's ``make_node`` returned is a node with new outputs."""
    name = type(op).__name__
    if not isinstance(node, Apply):
        rows = [("returned", repr(node)[:60], type(node).__name__)]
        cure = "def make_node(self, x): return Apply(self, [x], [x.type()])"
        raise VariableTypeError(message(f"{name}.make_node must return an Apply", rows, cure))
    for position, output in enumerate(node.outputs):
        if output in node.inputs:
            output.owner = output.index = None
            cure = f"make a variable for it: [{'x' if output.name is None else output.name}.type()]"
            raise VariableTypeError(message(f"{name}.make_node: output {position} of the node is one of its inputs, {output}", cure=cure))


def why_not_runnable(op: PureOp) -> str:
    """What to say of an op without ``perform``."""
    name = type(op).__name__
    if getattr(type(op), "c_code", CLinkerOp.c_code) is not CLinkerOp.c_code or hasattr(op, "c_code_file"):
        return (
            f"{name} has c_code and no perform; no C compiler is used any more\n"
            f"  write {name}.perform(self, node, inputs, output_storage) with NumPy, or build it from existing operations with OpFromGraph"
        )
    return f"{name} cannot be computed: it does not define perform(self, node, inputs, output_storage)"


def require_runnable(node: Apply) -> None:
    """Raise MethodNotDefined, with the user's line, if nothing can compute ``node``."""
    if not node.op.is_runnable():
        raise MethodNotDefined(message(why_not_runnable(node.op), [("built", f"at {node.origin}")]))
