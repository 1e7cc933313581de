"""Graphs of expressions: variables, operations, nodes, types, and the mutable graph of a function.

This room knows nothing of tensors.  It assumes flags and errors, and promises that nothing in it recurses along a graph: a chain
of 100,000 nodes is built, walked, copied, pickled and dropped at Python's default recursion limit.

>>> class Pair(Op):
...     __props__ = ()
...     def make_node(self, a, b):
...         return Apply(self, [a, b], [generic("pair")])
...     def perform(self, node, inputs, output_storage):
...         output_storage[0][0] = tuple(inputs)
>>> a, b = generic("a"), generic("b")
>>> fgraph = FunctionGraph([a, b], [Pair()(a, Pair()(a, b))])
>>> [str(node) for node in fgraph.toposort()]
['Pair(a, b)', 'Pair(a, pair)']
"""

from theano.graph.variable import Apply, Constant, NoParams, Node, Variable, nodes_constructed  # isort: skip  (types and ops are made of these)
from theano.deferred import deferred
from theano.graph.c_interface import CLinkerObject, CLinkerOp, CLinkerType
from theano.graph.clone import clone, clone_get_equiv, clone_replace
from theano.graph.container import Container
from theano.graph.copying import DeepCopyOp, OutputGuard, ViewOp, deep_copy_op, view_op
from theano.graph.features import (
    AlreadyThere,
    Bookkeeper,
    Feature,
    NodeFinder,
    NoOutputFromInplace,
    PreserveNames,
    PreserveVariableAttributes,
    PrintListener,
)
from theano.graph.function_graph import Client, Clients, FunctionGraph, Uses
from theano.graph.op import Op, PureOp, ops_with_inner_function, require_runnable
from theano.graph.provenance import NOWHERE, Origin, here, inherit, unite
from theano.graph.running import Runner, check_maps
from theano.graph.scratch import Scratch
from theano.graph.testvalue import (
    compute_test_values,
    debug_assert,
    debug_error_message,
    get_debug_values,
    get_test_value,
    missing_test_message,
)
from theano.graph.traversal import (
    ancestors,
    applys_between,
    constants_of,
    equal_computations,
    expression_numbers,
    general_toposort,
    graph_inputs,
    io_connection_pattern,
    io_toposort,
    is_in_ancestors,
    is_same_graph,
    orphans_between,
    stack_search,
    variables_and_orphans,
    variables_between,
    view_roots,
    walk,
)
from theano.graph.type import (
    DisconnectedType,
    Generic,
    NullType,
    PureType,
    SingletonType,
    Type,
    disconnected_type,
    generic,
    null_type,
)

__getattr__, __dir__ = deferred(
    __name__,
    changes="GetCheckpoint History LambdExtract ReplaceValidate Validator",
    destroying="DestroyHandler",
    enums="CDataType CDataTypeConstant CEnumType EnumList EnumType",
    external="COp OpenMPOp",
    params="Params ParamsType",
    wrapping="FromFunctionOp as_op wrap_py",
)

__all__ = [
    "Apply", "Constant", "Node", "Op", "PureOp", "PureType", "Type", "Variable",
    "Client", "Clients", "FunctionGraph", "Uses",
    "AlreadyThere", "Bookkeeper", "Feature", "NoOutputFromInplace", "NodeFinder",
    "PreserveNames", "PreserveVariableAttributes", "PrintListener",
    "DestroyHandler", "GetCheckpoint", "History", "LambdExtract", "ReplaceValidate", "Validator",
    "Container", "Scratch",
    "DisconnectedType", "Generic", "NullType", "SingletonType", "disconnected_type", "generic", "null_type",
    "NOWHERE", "Origin", "here", "inherit", "unite",
    "ancestors", "applys_between", "constants_of", "equal_computations", "expression_numbers", "general_toposort", "graph_inputs",
    "io_connection_pattern", "io_toposort", "is_in_ancestors", "is_same_graph", "orphans_between", "stack_search",
    "variables_and_orphans", "variables_between",
    "view_roots", "walk",
    "clone", "clone_get_equiv", "clone_replace",
    "CDataType", "CDataTypeConstant", "CEnumType", "CLinkerObject", "CLinkerOp", "CLinkerType", "COp", "EnumList", "EnumType", "OpenMPOp",
    "NoParams", "Params", "ParamsType",
    "DeepCopyOp", "FromFunctionOp", "OutputGuard", "ViewOp", "as_op", "deep_copy_op", "view_op", "wrap_py",
    "debug_assert", "debug_error_message", "get_debug_values", "missing_test_message",
    "Runner", "check_maps", "compute_test_values", "get_test_value", "nodes_constructed",
    "ops_with_inner_function", "require_runnable",
]  # fmt: skip
