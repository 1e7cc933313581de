"""The unoptimised oracle: the value of a graph by ``perform``, node after node, each result checked against its type."""

import numpy as np

from theano.graph import Constant, Variable, io_toposort


def evaluate(outputs, inputs=None):
    """The value of a variable, or the list of those of several; ``inputs`` maps the leaves to their values.

    Values of inputs are filtered by their types; constants and shared variables have their own."""
    single = isinstance(outputs, Variable)
    wanted = [outputs] if single else list(outputs)
    values = {variable: variable.type.filter(value) for variable, value in (inputs or {}).items()}

    def value_of(variable):
        if variable not in values:
            assert isinstance(variable, Constant) or hasattr(variable, "get_value"), f"no value for {variable}"
            values[variable] = variable.data if isinstance(variable, Constant) else variable.get_value()
        return values[variable]

    for node in io_toposort(list(values), wanted):
        arguments = [value_of(variable) for variable in node.inputs]
        before = [np.array(argument) for argument in arguments]
        storage = [[None] for _ in node.outputs]
        node.op.perform(node, arguments, storage)
        if not node.op.destroy_map:
            for argument, copied in zip(arguments, before):
                np.testing.assert_array_equal(argument, copied, f"{node} changed an argument")
        for variable, (value,) in zip(node.outputs, storage):
            values[variable] = variable.type.filter(value, strict=True)
    results = [value_of(variable) for variable in wanted]
    return results[0] if single else results
