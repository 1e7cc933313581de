"""A value together with its gradient.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], list(value_and_grad((x ** 2).sum(), x)))
>>> [found.tolist() for found in f([1.0, 2.0])]
[5.0, [2.0, 4.0]]
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from theano.gradient.reverse import grad
from theano.graph import Variable
from theano.tensor import as_tensor_variable


def value_and_grad(what: Any, wrt: Any = 0, **arguments: Any) -> Any:
    """(cost, gradient): of a scalar variable by the variables ``wrt``, with the further ``arguments`` of :func:`theano.grad`.

    Of a Python function that gives a scalar variable, a function that gives both; ``wrt`` then is the number of the argument to
    differentiate by, or a tuple of such numbers, and the gradient has that form.  ``theano.vectorize`` of that function gives the
    values and gradients of many examples.

    >>> import theano.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> value, slopes = value_and_grad(lambda a, b: a * b, wrt=(0, 1))(x, y)
    >>> [slope.type for slope in slopes], float(value.eval({x: 2.0, y: 3.0}))
    ([TensorType(float64, scalar), TensorType(float64, scalar)], 6.0)
    """
    if isinstance(what, Variable) or not callable(what):
        return what, grad(what, wrt, **arguments)
    return _of_function(what, wrt, arguments)


def _of_function(function: Callable[..., Any], wrt: Any, arguments: dict[str, Any]) -> Callable[..., tuple[Any, Any]]:
    single = isinstance(wrt, int)
    numbers = [wrt] if single else list(wrt)

    @functools.wraps(function)
    def with_gradient(*given: Any, **others: Any) -> tuple[Any, Any]:
        variables = [as_tensor_variable(v) for v in given]
        if not all(-len(variables) <= number < len(variables) for number in numbers):
            raise ValueError(f"value_and_grad: wrt={wrt!r} for {len(variables)} arguments")
        value = as_tensor_variable(function(*variables, **others))
        gradients = grad(value, [variables[number] for number in numbers], **arguments)
        return value, gradients[0] if single else tuple(gradients)

    return with_gradient
