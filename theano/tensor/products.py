"""Products that sum over a dimension: dot, outer, tensordot, batched_dot.

>>> from theano.tensor import matrix, vector
>>> dot(matrix(), vector()).type
TensorType(float64, vector)
>>> outer(vector(), vector()).type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.dtypes import real_of, upcast
from theano.errors import MethodNotDefined, ShapeError, VariableTypeError, message
from theano.graph import Apply, Op, Variable
from theano.tensor.convert import as_tensor_variable
from theano.tensor.elemwise import conjugate, row
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import SYMBOLIC, Sizes, Storage, as_size, constant_integer, patternbroadcast, sizes_of, specify_shape_op
from theano.tensor.type import tensor_type

BLAS = frozenset({"float32", "float64"})
"""The dtypes that matrix libraries multiply, complex numbers by their parts; others are summed in loops."""

SMALL = 8
"""Many matrices that are known to have at most so many rows and columns are multiplied in a loop: a call of a library takes longer."""


def _operands(what: str, operands: Sequence[Any], ranks: Sequence[Sequence[int]]) -> list[Any]:
    """Two tensors of allowed ranks, in their common dtype."""
    pair = [as_tensor_variable(operand) for operand in operands]
    if len(pair) != 2 or any(operand.type.ndim not in allowed for operand, allowed in zip(pair, ranks)):
        rows = [row(label, operand) for label, operand in zip(("left", "right"), pair)]
        wanted = " and ".join(" or ".join(map(str, allowed)) for allowed in ranks)
        raise VariableTypeError(message(f"{what}: operands of rank {wanted} are needed", rows))
    dtype = upcast(*(operand.type.dtype for operand in pair))
    return [operand if operand.type.dtype == dtype else operand.astype(dtype) for operand in pair]


def check_inner(what: str, a: Any, b: Any, left: int | None, right: int | None, shapes: Sequence[Any] = (None, None)) -> None:
    if left is None or right is None or left == right:
        return
    cure = None
    if a.type.ndim == b.type.ndim == 2:
        (m, k), (p, q) = shapes if shapes[0] is not None else (a.static_shape, b.static_shape)
        x, y = a.name or "a", b.name or "b"
        fitting = f"{x}, {y}.T" if k is not None and k == q else f"{x}.T, {y}" if m is not None and m == p else None
        cure = fitting and f"did you mean {what}({fitting})?"
    raise ShapeError(message(f"{what}: inner dimensions differ", [row("left", a, shapes[0]), row("right", b, shapes[1])], cure))


class Bilinear(Op):
    """The base of products of two arguments."""

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x, y), (at_x, at_y) = inputs, eval_points
        terms = [self(*pair) for pair in ((at_x, y), (x, at_y)) if None not in pair]
        return [sum(terms[1:], terms[0]) if terms else None]


class Dot(Bilinear):
    """The product of vectors and matrices: sums over the last dimension of ``x`` and the first of ``y``."""

    __props__ = ()

    def __str__(self) -> str:
        return "dot"

    def make_node(self, *inputs: Any) -> Apply:
        x, y = _operands("dot", inputs, [(1, 2), (1, 2)])
        check_inner("dot", x, y, x.static_shape[-1], y.static_shape[0])
        out: Any = tensor_type(x.type.dtype, x.type.broadcastable[:-1] + y.type.broadcastable[1:])()
        out.static_shape = x.static_shape[:-1] + y.static_shape[1:]
        return Apply(self, [x, y], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        (a, b), (x, y) = node.inputs, inputs
        check_inner("dot", a, b, x.shape[-1], y.shape[0], (x.shape, y.shape))
        output_storage[0][0] = np.asarray(np.dot(x, y))

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        x, y = input_shapes
        return [(*x[:-1], *y[1:])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = map(conjugate, inputs), output_grads
        ranks = x.type.ndim, y.type.ndim
        if ranks == (1, 1):
            into_x, into_y = g * y, g * x
        elif ranks == (2, 1):
            into_x, into_y = outer(g, y), dot(x.T, g)
        elif ranks == (1, 2):
            into_x, into_y = dot(y, g), outer(x, g)
        else:
            into_x, into_y = dot(g, y.T), dot(x.T, g)
        return [_in_pattern(term, of) for term, of in ((into_x, x), (into_y, y))]

    def lower(self, low: Any, node: Apply) -> None:
        (x, y), out = node.inputs, node.outputs[0]
        inner = x.type.ndim - 1
        k = low.equal(low.shape(x)[inner], low.shape(y)[0], node, ((x, inner), (y, 0)), "inner dimensions differ")
        if real_of(out.type.dtype) not in BLAS:
            _lower_loops(low, node, k)
        elif out.type.ndim == 2:
            low.gemm(out, x, y)
        elif x.type.ndim == 2:
            low.gemv(out, x, y)
        elif y.type.ndim == 2:
            transposed = y.type.clone(broadcastable=y.type.broadcastable[::-1])()
            low.view(transposed, low.shape(y)[::-1], y, lambda i, j: (j, i))
            low.gemv(out, transposed, x)
        else:
            low.vdot(out, x, y)


def _lower_loops(low: Any, node: Apply, k: Any) -> None:
    """A product in a dtype that no matrix library has: integers wrap, bool is any(and), float16 sums in float32."""
    (x, y), out = node.inputs, node.outputs[0]
    rows, columns = low.shape(x)[:-1], low.shape(y)[1:]
    m = len(rows)

    def body(*i: Any) -> Any:
        left, right = low.read(x, (*i[:m], i[-1])), low.read(y, (i[-1], *i[m:-1]))
        if out.type.dtype == "bool":
            return left & right
        if out.type.dtype == "float16":
            left, right = left.cast("float32"), right.cast("float32")
        return left * right

    space = (*rows, *columns, k)
    low.reduce([out], space, (len(space) - 1,), "or" if out.type.dtype == "bool" else "add", body)


def matching(x: Any, axes: Sequence[int], sizes: Sequence[Any]) -> Any:
    """``x``, along ``axes`` checked to have these ``sizes`` when the function runs, unless that is known."""
    wanted = sizes_of(x)
    known = True
    for axis, size in zip(axes, sizes, strict=True):
        number = constant_integer(size)
        known &= SYMBOLIC.same(wanted[axis], size) or (number is not None and number == constant_integer(wanted[axis]))
        wanted[axis] = size
    return x if known else specify_shape_op(x, *wanted)


def _in_pattern(term: Any, of: Any) -> Any:
    """The gradient ``term`` with the pattern of its variable."""
    return patternbroadcast(term, of.type.broadcastable) if term.type.broadcastable != of.type.broadcastable else term


class BatchedDot(Bilinear):
    """One matrix product for each element of the leading dimension: (b, m, k) and (b, k, n) give (b, m, n).

    Either operand may lack its own dimension (m or n)."""

    word = "batched_dot"
    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        x, y = _operands("batched_dot", inputs, [(2, 3), (2, 3)])
        check_inner("batched_dot", x, y, x.static_shape[-1], y.static_shape[1])
        check_inner("batched_dot", x, y, x.static_shape[0], y.static_shape[0])
        batch = x.type.broadcastable[0] or y.type.broadcastable[0]
        out: Any = tensor_type(x.type.dtype, (batch, *x.type.broadcastable[1:-1], *y.type.broadcastable[2:]))()
        size = x.static_shape[0] if y.static_shape[0] is None else y.static_shape[0]
        out.static_shape = (size, *x.static_shape[1:-1], *y.static_shape[2:])
        return Apply(self, [x, y], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        (a, b), (x, y) = node.inputs, inputs
        check_inner("batched_dot", a, b, x.shape[-1], y.shape[1], (x.shape, y.shape))
        check_inner("batched_dot", a, b, x.shape[0], y.shape[0], (x.shape, y.shape))
        left, right = x if x.ndim == 3 else x[:, None, :], y if y.ndim == 3 else y[:, :, None]
        product = np.matmul(left, right)
        output_storage[0][0] = product.reshape(x.shape[0], *x.shape[1:-1], *y.shape[2:])

    def infer_shape(self, node: Apply, input_shapes: Sizes) -> list[tuple[Any, ...]]:
        x, y = input_shapes
        return [(y[0] if node.inputs[1].type.broadcastable[0] else x[0], *x[1:-1], *y[2:])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = map(conjugate, inputs), output_grads
        flat_x, flat_y = x.type.ndim == 2, y.type.ndim == 2
        wide_x = x.dimshuffle(0, "x", 1) if flat_x else x
        wide_y = y.dimshuffle(0, 1, "x") if flat_y else y
        wide_g = g.dimshuffle(0, *(["x"] if flat_x else [1]), *(["x"] if flat_y else [g.type.ndim - 1]))
        into_x = self(wide_g, wide_y.dimshuffle(0, 2, 1))
        into_y = self(wide_x.dimshuffle(0, 2, 1), wide_g)
        if flat_x:
            into_x = into_x.dimshuffle(0, 2)
        if flat_y:
            into_y = into_y.dimshuffle(0, 1)
        return [_in_pattern(into_x, x), _in_pattern(into_y, y)]

    def lower(self, low: Any, node: Apply) -> None:
        (x, y), out = node.inputs, node.outputs[0]
        last = x.type.ndim - 1
        batch = low.equal(low.shape(x)[0], low.shape(y)[0], node, ((x, 0), (y, 0)), "the numbers of matrices differ")
        k = low.equal(low.shape(x)[last], low.shape(y)[1], node, ((x, last), (y, 1)), "inner dimensions differ")
        sizes = (*x.static_shape[1:], *y.static_shape[1:])
        if real_of(out.type.dtype) in BLAS and len(sizes) == 4 and not all(n is not None and n <= SMALL for n in sizes):
            low.gemms(out, x, y)
            return
        space = (batch, *low.shape(x)[1:-1], *low.shape(y)[2:], k)
        wide = "float32" if out.type.dtype == "float16" else out.type.dtype

        def body(*i: Any) -> Any:
            left = low.read(x, (i[0], *i[1:last], i[-1])).cast(wide)
            right = low.read(y, (i[0], i[-1], *i[last:-1])).cast(wide)
            return left & right if wide == "bool" else left * right

        low.reduce([out], space, (len(space) - 1,), "or" if wide == "bool" else "add", body)


dot_op = Dot()
batched_dot_op = BatchedDot()


def dot(a: Any, b: Any) -> Any:
    """The product of ``a`` and ``b``, summed over the last dimension of ``a`` and the second-last (or only) one of ``b``.

    Vectors and matrices multiply as usual; a scalar operand multiplies elementwise; higher ranks are a :func:`tensordot`.

    Raises :class:`~theano.errors.ShapeError` if the sizes to be summed over are known to differ, else when the function runs.
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        return a * b
    if a.type.ndim > 2 or b.type.ndim > 2:
        return tensordot(a, b, [[a.type.ndim - 1], [max(0, b.type.ndim - 2)]])
    return dot_op(a, b)


def dot_of(l: Any, r: Any) -> Any:
    """``theano.dot``: what ``l.__dot__(r)`` or ``r.__rdot__(l)`` gives, for classes that define one, else :func:`dot`.

    Raises NotImplementedError if neither is a variable nor becomes one."""
    for own, method, other in ((l, "__dot__", r), (r, "__rdot__", l)):
        if not isinstance(own, Variable) and hasattr(own, method):
            return getattr(own, method)(other)
    try:
        return dot(l, r)
    except VariableTypeError as why:
        cure = "one of them must be a variable or an array, or define __dot__ or __rdot__"
        raise MethodNotDefined(message(f"dot: {type(l).__name__} and {type(r).__name__} cannot be multiplied", cure=cure)) from why


def outer(x: Any, y: Any) -> Any:
    """The matrix of all products of an element of ``x`` and one of ``y``; other ranks are flattened."""
    x, y = (v if v.type.ndim == 1 else v.flatten() for v in (as_tensor_variable(x), as_tensor_variable(y)))
    return dot_op(x.dimshuffle(0, "x"), y.dimshuffle("x", 0))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum of products over ``axes``: a number n (the last n of ``a`` and the first n of ``b``), or two lists of axes.

    >>> from theano.tensor import tensor3
    >>> tensordot(tensor3(), tensor3(), [[1, 2], [0, 1]]).ndim
    2
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    summed = _summed_axes("tensordot", a, b, axes)
    kept = [[axis for axis in range(v.type.ndim) if axis not in chosen] for v, chosen in zip((a, b), summed)]
    left = a.dimshuffle(kept[0] + summed[0])
    right = b.dimshuffle(summed[1] + kept[1])
    m, n = len(kept[0]), len(kept[1])
    right = _agreeing("tensordot", left, right, len(summed[0]))
    product = dot_op(_folded(left, m, len(summed[0])), _folded(right, len(summed[1]), n))
    if m == n == 1:
        return product
    shape = [*sizes_of(left)[:m], *sizes_of(right)[len(summed[1]) :]]
    return patternbroadcast(Reshape(m + n)(product, *shape), left.type.broadcastable[:m] + right.type.broadcastable[len(summed[1]) :])


def _summed_axes(what: str, a: Any, b: Any, axes: Any, shared: int = 0) -> list[list[int]]:
    """The axes to sum over, as two lists of non-negative numbers; the first ``shared`` ones are none of them."""
    rows = [row("left", a), row("right", b)]
    if isinstance(axes, (int, np.integer)):
        count = int(axes)
        lists = [list(range(a.type.ndim - count, a.type.ndim)), list(range(shared, shared + count))]
    else:
        first, second = axes
        lists = [[int(axis) for axis in (part if isinstance(part, (list, tuple, np.ndarray)) else [part])] for part in (first, second)]
    for v, chosen in zip((a, b), lists):
        if any(not -v.type.ndim <= axis < v.type.ndim for axis in chosen):
            raise ValueError(message(f"{what}: there is no axis {max(chosen, key=abs)}", rows))
    normal = [[axis % v.type.ndim for axis in chosen] for v, chosen in zip((a, b), lists)]
    if len(normal[0]) != len(normal[1]) or any(len(set(part)) != len(part) or any(axis < shared for axis in part) for part in normal):
        raise ValueError(message(f"{what}: axes {axes} do not pair up", rows))
    return normal


def _agreeing(what: str, left: Any, right: Any, count: int, shared: int = 0) -> Any:
    """``right`` with a check that the sizes to be summed over agree one by one; as matrices only their product would be compared."""
    sizes = sizes_of(left)[left.type.ndim - count :]
    for size, other in zip(left.static_shape[left.type.ndim - count :], right.static_shape[shared:], strict=False):
        check_inner(what, left, right, size, other)
    return matching(right, range(shared, shared + count), sizes) if count > 1 else right


def _folded(x: Any, first: int, second: int) -> Any:
    """``x`` as a matrix: its ``first`` leading dimensions by its ``second`` other ones."""
    if first == second == 1:
        return x
    sizes = [SYMBOLIC.entry(size) for size in sizes_of(x)]
    return Reshape(2)(x, as_size(SYMBOLIC.product(sizes[:first])), as_size(SYMBOLIC.product(sizes[first:])))


def batched_dot(a: Any, b: Any) -> Any:
    """For each element of the leading dimension the :func:`dot` of the parts of ``a`` and ``b``."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        raise VariableTypeError(message("batched_dot: operands of rank 1 or higher are needed", [row("left", a), row("right", b)]))
    if a.type.ndim == 1 or b.type.ndim == 1:
        narrow, wide = (a, b) if a.type.ndim <= b.type.ndim else (b, a)
        return narrow.dimshuffle([0] + ["x"] * (wide.type.ndim - 1)) * wide
    if a.type.ndim > 3 or b.type.ndim > 3:
        return batched_tensordot(a, b, [[a.type.ndim - 1], [max(1, b.type.ndim - 2)]])
    return batched_dot_op(a, b)


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """For each element of the leading dimension the :func:`tensordot` of the parts of ``x`` and ``y``; axes count from that dimension."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    summed = _summed_axes("batched_tensordot", x, y, axes, shared=1)
    kept = [[axis for axis in range(1, v.type.ndim) if axis not in chosen] for v, chosen in zip((x, y), summed)]
    left, right = x.dimshuffle([0] + kept[0] + summed[0]), y.dimshuffle([0] + summed[1] + kept[1])
    n_kept, n_summed = len(kept[0]), len(summed[0])
    right = _agreeing("batched_tensordot", left, right, n_summed, shared=1)

    def three(v: Any, split: int) -> Any:
        sizes = [SYMBOLIC.entry(size) for size in sizes_of(v)]
        return Reshape(3)(v, *(as_size(part) for part in (sizes[0], SYMBOLIC.product(sizes[1:split]), SYMBOLIC.product(sizes[split:]))))

    product = batched_dot_op(three(left, 1 + n_kept), three(right, 1 + n_summed))
    shape = [*sizes_of(left)[: 1 + n_kept], *sizes_of(right)[1 + n_summed :]]
    pattern = left.type.broadcastable[: 1 + n_kept] + right.type.broadcastable[1 + n_summed :]
    return patternbroadcast(Reshape(len(shape))(product, *shape), pattern)


__all__ = ["BatchedDot", "Dot", "batched_dot", "batched_tensordot", "dot", "outer", "tensordot"]
