"""Check a symbolic gradient against finite differences along a random projection.

>>> import numpy as np
>>> numeric_grad(lambda x: (x ** 2).sum(), np.array([1.0, 2.0])).gf.round(6)
array([2., 4.])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.flags import change_flags
from theano.gradient.reverse import check_variable, grad
from theano.tensor.sharedvar import shared
from theano.tensor.type import TensorType

STEP = {"float16": 0.1, "float32": 1e-3, "float64": 1e-6}
"""Step of the central differences by the coarsest dtype involved: near the cube root of its epsilon."""
TOLERANCE = {"float16": 0.5, "float32": 1e-2, "float64": 1e-4}


class GradientError(Exception):
    """The symbolic and the numeric gradient differ; the attributes say where and by how much."""

    def __init__(
        self,
        arg: int,
        err_pos: int,
        shape: tuple[int, ...],
        val1: float,
        val2: float,
        abs_err: float,
        rel_err: float,
        abs_tol: float,
        rel_tol: float,
    ) -> None:
        super().__init__(arg, err_pos, shape, val1, val2, abs_err, rel_err, abs_tol, rel_tol)
        self.arg, self.err_pos, self.shape = arg, err_pos, shape
        self.val1, self.val2 = val1, val2
        self.abs_err, self.rel_err, self.abs_tol, self.rel_tol = abs_err, rel_err, abs_tol, rel_tol

    def __str__(self) -> str:
        return (
            f"the gradient of argument {self.arg} (shape {self.shape}) at flat position {self.err_pos} is {self.val1} "
            f"by finite differences, {self.val2} symbolically: absolute error {self.abs_err:.3g} "
            f"(allowed {self.abs_tol:.3g}), relative error {self.rel_err:.3g} (allowed {self.rel_tol:.3g})"
        )


def _number(value: Any) -> Any:
    if np.size(value) != 1:
        raise TypeError(f"numeric_grad: the function must return a number, it returned an array of shape {np.shape(value)}; take its sum")
    return np.float64(np.reshape(value, ()))


class numeric_grad:
    """The gradient ``gf`` of a Python function ``f`` at ``pt`` (an array or a list of arrays) by central differences."""

    def __init__(self, f: Callable[..., Any], pt: Any, eps: float | None = None, out_type: str | None = None) -> None:
        packed = isinstance(pt, (list, tuple))
        points = [np.array(p) for p in (pt if packed else [pt])]
        dtypes = [str(p.dtype) for p in points] + ([out_type] if out_type else [])
        real = [{"complex128": "float64", "complex64": "float32"}.get(d, d) for d in dtypes]
        step = eps if eps is not None else max(_of_dtype(STEP, d) for d in real)
        if not step > 0:
            raise ValueError(f"numeric_grad: the step eps must be positive, it is {eps}")
        gradients = []
        for point in points:
            wide = point.astype("complex128" if point.dtype.kind == "c" else "float64")
            gradient = np.zeros_like(wide)
            flat, out, original = point.reshape(-1), gradient.reshape(-1), wide.reshape(-1)
            for i in range(flat.size):
                flat[i] = original[i] + step
                above, high = _number(f(*points)), flat[i]
                flat[i] = original[i] - step
                below, low = _number(f(*points)), flat[i]
                flat[i] = original[i]
                out[i] = (above - below) / (np.float64(high) - np.float64(low))
            gradients.append(gradient.astype(point.dtype))
        self.gf: Any = gradients if packed else gradients[0]

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """|a-b| and |a-b| / max(|a|+|b|, 1e-8), elementwise."""
        difference = abs(a - b)
        return difference, difference / np.maximum(abs(a) + abs(b), 1e-8)

    def abs_rel_errors(self, g_pt: Sequence[Any]) -> list[tuple[Any, Any]]:
        """The errors of the gradients ``g_pt``, one pair for each argument."""
        own = self.gf if isinstance(self.gf, list) else [self.gf]
        if len(g_pt) != len(own):
            raise ValueError(f"numeric_grad: {len(own)} gradients expected, got {len(g_pt)}")
        pairs = []
        for position, (a, b) in enumerate(zip(g_pt, own, strict=True)):
            if np.shape(a) != np.shape(b):
                raise ValueError(f"numeric_grad: argument {position} has shape {np.shape(b)}, its gradient {np.shape(a)}")
            pairs.append(self.abs_rel_err(np.asarray(a), b))
        return pairs

    def max_err(self, g_pt: Sequence[Any], abs_tol: float, rel_tol: float) -> tuple[int, int, float, float]:
        """(argument, flat position, absolute, relative error) where the error exceeds both tolerances most."""
        worst: tuple[int, int, float, float] = (0, 0, 0.0, 0.0)
        excess = -1.0
        for position, (absolute, relative) in enumerate(self.abs_rel_errors(g_pt)):
            if np.size(absolute) == 0:
                continue
            scaled = np.minimum(absolute / abs_tol, relative / rel_tol)
            scaled = np.where(np.isnan(scaled), np.inf, scaled).reshape(-1)
            at = int(np.argmax(scaled))
            if scaled[at] > excess:
                excess = float(scaled[at])
                worst = position, at, float(np.reshape(absolute, -1)[at]), float(np.reshape(relative, -1)[at])
        return worst


@change_flags(compute_test_value="off")
def verify_grad(
    fun: Callable[..., Any],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: str | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Raise :class:`GradientError` unless the gradient of ``fun`` at ``pt`` agrees with finite differences.

    ``fun`` maps variables to one variable, ``pt`` lists their values (float arrays), ``rng`` is a NumPy ``RandomState``
    that draws ``n_tests`` random projections of the output.
    """
    import theano  # functions come after gradients

    points = _checked_points(pt, rng, n_tests)
    tolerances = [_of_dtype(TOLERANCE, d) for d in [*(str(p.dtype) for p in points), *([out_type] if out_type else [])]]
    absolute = abs_tol if abs_tol is not None else max(tolerances)
    relative = rel_tol if rel_tol is not None else max(tolerances)

    patterns = [p.shape and [n == 1 for n in p.shape] for p in points]
    inputs = [TensorType(str(p.dtype), pattern)(f"input {i}") for i, (p, pattern) in enumerate(zip(points, patterns))]
    output = _checked_output(fun, inputs)
    shape = theano.function(inputs, output, mode=mode, on_unused_input="ignore")(*points).shape
    dtype = output.dtype if cast_to_output_type else "float64"
    projection = shared(np.ones(shape, dtype), broadcastable=output.broadcastable)
    cost = (projection * output).sum()
    value = theano.function(inputs, cost, mode=mode, on_unused_input="ignore")
    gradients_of_cost = grad(cost, inputs, disconnected_inputs="ignore")
    symbolic = theano.function(inputs, gradients_of_cost, mode=mode, on_unused_input="ignore")
    for _ in range(n_tests):
        projection.set_value(np.asarray(rng.rand(*shape) + 0.5, dtype))
        numeric = numeric_grad(value, points, eps, out_type)
        gradients = symbolic(*points)
        arg, at, abs_err, rel_err = numeric.max_err(gradients, absolute, relative)
        if not (abs_err <= absolute or rel_err <= relative):
            raise GradientError(
                arg, at, points[arg].shape, numeric.gf[arg].flat[at], gradients[arg].flat[at], abs_err, rel_err, absolute, relative
            )


def _checked_points(pt: Any, rng: Any, n_tests: int) -> list[Any]:
    if not hasattr(rng, "rand"):
        raise TypeError(f"verify_grad: rng must be a numpy.random.RandomState, not {rng!r:.60} ({type(rng).__name__})")
    if not isinstance(pt, (list, tuple)):
        raise TypeError(f"verify_grad: pt must be a list with an array for each argument of the function, not {type(pt).__name__}")
    if n_tests < 0:
        raise ValueError(f"verify_grad: n_tests must not be negative, it is {n_tests}")
    points = [np.array(p) for p in pt]
    for position, point in enumerate(points):
        if str(point.dtype) not in STEP:
            raise TypeError(f"verify_grad: point {position} has dtype {point.dtype}; floats only")
    return points


def _checked_output(fun: Any, inputs: list[Any]) -> Any:
    if not callable(fun):
        raise TypeError(f"verify_grad: fun must be a function of variables, not {fun!r:.60} ({type(fun).__name__})")
    output = fun(*inputs)
    if isinstance(output, (list, tuple)):
        raise NotImplementedError("verify_grad: the function must have one output; choose one, or sum them")
    check_variable("verify_grad: what the function returns", output)
    if output.dtype not in STEP:
        raise TypeError(f"verify_grad: the output has dtype {output.dtype}, only outputs of floats have gradients to check")
    return output


def _of_dtype(table: dict[str, float], dtype: str) -> float:
    if dtype not in table:
        raise TypeError(f"verify_grad and numeric_grad: {dtype!r} is none of {', '.join(table)}")
    return table[dtype]


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]
