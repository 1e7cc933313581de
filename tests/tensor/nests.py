"""What lowering means, without scheduling: nests run one after the other on whole arrays."""

import math

import numpy as np

from theano.graph import io_toposort
from theano.graph.naming import title
from theano.loops.ir import Fold
from theano.loops.lower import Lowering
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import walk

FOLDS = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum, "and": np.bitwise_and, "or": np.bitwise_or}


class Stopped(Exception):
    """A guard did not hold."""


def expand(outputs, inputs):
    """Nodes in order, and the outputs, after composite ops have been replaced by their parts."""
    for _ in range(100):
        nodes = io_toposort(list(inputs), outputs)
        composite = next((n for n in nodes if hasattr(n.op, "expand")), None)
        if composite is None:
            return nodes, outputs
        new = dict(zip(composite.outputs, composite.op.expand(composite)))
        for old, parts in new.items():
            assert old.type == parts.type, (old.type, parts.type)
        outputs = _replaced(nodes, outputs, new)
    raise AssertionError("expansion does not end")


def _replaced(nodes, outputs, new):
    new = dict(new)
    for node in nodes:
        if any(v in new for v in node.inputs) and not any(v in new for v in node.outputs):
            copied = node.clone_with_new_inputs([new.get(v, v) for v in node.inputs])
            new.update(zip(node.outputs, copied.outputs))
    return [new.get(v, v) for v in outputs]


def run_lowered(outputs, inputs):
    """The values of ``outputs`` by the nests that their graph is lowered to."""
    nodes, outputs = expand(list(outputs), inputs)
    run = Run(inputs)
    for v in outputs:
        if v in inputs or v.owner is None:
            return [inputs[v] if v in inputs else v.data for v in outputs]  # noqa: SIM401 (constants only have data)
    run.low.graph(nodes)
    results = [run.low.materialise(v) for v in outputs]
    for guard in run.low.guards:
        if not run.early(guard):
            run.late.append(guard)
    for nest in run.low.nests:
        run.nest(nest)
    for guard in run.late:
        run.check(guard)
    return [np.broadcast_to(run.arrays[r], run.extents(r.shape)) for r in results]


class Run:
    def __init__(self, inputs):
        self.low, self.arrays, self.inputs, self.late = Lowering(), {}, list(inputs.values()), []
        for position, (variable, array) in enumerate(inputs.items()):
            self.arrays[self.low.source(variable, "input", position)] = np.asarray(array)

    def early(self, guard):
        """Check ``guard`` now if it depends on nothing but inputs."""
        sizes = [v.data for v in walk([guard.left, guard.right]) if v.op == "size"]
        if any(key[0] in ("value", "object") and self.low.results[key[1]] not in self.arrays for key in sizes):
            return False
        self.check(guard)
        return True

    def check(self, guard):
        left, right = self.extents((guard.left, guard.right))
        if not (left == right if guard.relation == "equal" else left >= right):
            array = title(guard.node.inputs[0]) if guard.node is not None else ""
            raise Stopped(guard.message.replace("{array}", array), left, right)

    def extents(self, values):
        return tuple(int(np.asarray(v)) for v in self.compute(values, ()))

    def array(self, result):
        if result not in self.arrays and result.storage == "constant":
            self.arrays[result] = self.low.constants[result.source_position].data
        return self.arrays[result]

    def size(self, key):
        if key[0] == "value":
            return np.array(self.array(self.low.results[key[1]]), "int64")
        if key[0] == "object":
            return np.array(self.array(self.low.results[key[1]]).shape[key[2]], "int64")
        assert key[0] == "input", key
        return np.array(self.inputs[key[1]].shape[key[2]], "int64")

    def compute(self, values, grid, accumulated=()):
        """``values`` at every point of ``grid``, arrays of loop indices."""
        known = {}
        for v in walk(values):
            if v.op == "index":
                known[v] = grid[v.data]
            elif v.op == "size":
                known[v] = self.size(v.data)
            elif v.op == "acc":
                known[v] = accumulated[v.data[1]]
            elif v.op == "check":
                known[v] = self.wrapped(v, *(known[a] for a in v.args))
            elif v.op in ("read", "read_flat"):
                array, where = self.array(v.data), [known[a] for a in v.args]
                where = np.broadcast_arrays(*where) if where else where
                assert all((w >= 0).all() for w in where), "a read before the beginning"
                known[v] = array.reshape(-1)[where[0]] if v.op == "read_flat" else array[tuple(where)]
            else:
                arguments = dict(zip(v.args, (known[a] for a in v.args)))
                known[v] = self.instruction(v, arguments)
        return [known[v] for v in values]

    @staticmethod
    def instruction(v, arguments):
        from theano.scalar.instructions import Trace

        trace = Trace()
        leaves = {a: trace.leaf("input", a.dtype, k) for k, a in enumerate(arguments)}
        if v.op == "const":
            return np.array(v.data, v.dtype)
        alone = trace.emit(v.op, tuple(leaves[a] for a in v.args), v.dtype, v.data)
        values = list(arguments.values())
        return evaluate([alone], lambda leaf: np.asarray(values[leaf.data]))[0]

    def wrapped(self, check, index, extent):
        index = np.asarray(index).astype("int64") if check.args[0].dtype == "uint64" else np.where(index < 0, index + extent, index)
        bad = (index < 0) | (index >= extent)
        if np.any(bad):
            node, text = self.low.checks[check.data - 1]
            raise IndexError(text.format(payload=np.asarray(index)[bad].flat[0], array=title(node.inputs[0])))
        return index

    def nest(self, nest):
        space = self.extents(nest.space) if nest.kind != "python" else ()
        grid = np.indices(space, dtype="int64") if space else ()
        getattr(self, nest.kind)(nest, space, grid)

    def pointwise(self, nest, space, grid):
        for result, value in zip(nest.results, self.compute(nest.bodies, grid)):
            self.arrays[result] = np.array(np.broadcast_to(value, space))

    def join(self, nest, space, grid):
        (result,) = nest.results
        whole = self.arrays[result] = np.zeros(self.extents(result.shape), result.dtype)
        for operand in nest.operands:
            part = self.arrays[operand.result]
            (first,) = self.extents((operand.result.start,))
            np.lib.stride_tricks.as_strided(whole.reshape(-1)[first:], part.shape, whole.strides)[...] = part

    def prefix(self, nest, space, grid):
        (axis,), combine = nest.axes, nest.combine
        bodies = [np.moveaxis(np.broadcast_to(v, space), axis, 0) for v in self.compute(nest.bodies, grid)]
        rows, before = [], [np.full(b.shape[1:], s, b.dtype) for b, s in zip(bodies, combine.starts)]
        for added in zip(*bodies):
            given = (*before, *added)
            before = evaluate(combine.results, lambda leaf, given=given: np.asarray(given[leaf.data]))
            rows.append(before)
        for k, result in enumerate(nest.results):
            values = np.array([row[k] for row in rows]) if rows else bodies[k]
            self.arrays[result] = np.moveaxis(values, 0, axis)

    def reduce(self, nest, space, grid):
        values = [np.broadcast_to(v, space) for v in self.compute(nest.bodies, grid)]
        axes = tuple(sorted(nest.axes))
        if isinstance(nest.combine, Fold):
            folded = self.coded(nest.combine, values, axes)
        elif nest.combine in FOLDS:
            start = {"max": -np.inf, "min": np.inf}.get(nest.combine)
            if start is not None and values[0].dtype.kind in "iu":
                start = getattr(np.iinfo(values[0].dtype), "min" if nest.combine == "max" else "max")
            options = {} if start is None or values[0].dtype.kind not in "iuf" else {"initial": start}
            folded = [FOLDS[nest.combine].reduce(values[0], axis=axes, dtype=values[0].dtype, **options)]
        else:
            folded = self.extreme(nest.combine, values, axes)
        for result, value in zip(nest.results, self.compute(nest.finish, (), folded)):
            self.arrays[result] = np.asarray(value)

    @staticmethod
    def coded(fold, values, axes):
        """One element after another."""
        rows = [in_rows(v, axes) for v in values]
        held = [np.full(v.shape[1:], start, v.dtype) for start, v in zip(fold.starts, rows)]
        for added in zip(*rows):
            given = [*held, *added]
            held = evaluate(fold.results, lambda leaf, given=given: np.asarray(given[leaf.data]))
        return held

    @staticmethod
    def extreme(combine, values, axes):
        rows = [in_rows(v, axes) for v in values]
        where = (np.argmax if combine == "argmax" else np.argmin)(rows[0], axis=0)
        return [np.take_along_axis(v, where[None], 0)[0] for v in rows]

    def scatter(self, nest, space, grid):
        out = np.array(self.array(nest.base))
        value = np.broadcast_to(self.compute(nest.bodies, grid)[0], space)
        where = tuple(np.broadcast_to(w, space) for w in self.compute(nest.where, grid))
        if nest.combine == "add":
            np.add.at(out, where, value)
        else:
            out[where] = value
        self.arrays[nest.results[0]] = out

    def library(self, nest, space, grid):
        if nest.routine == "sort":
            self.arrays[nest.results[0]] = np.sort(self.array(nest.base), -1)
            return
        operands = [self.operand(o, shape) for o, shape in zip(nest.operands, self.operand_shapes(nest, space))]
        scalars = iter(nest.operands[2:])
        factors = [float(self.array(next(scalars).result)) if f == "buffer" else float(f) for f in nest.flags]
        product = (np.outer if nest.routine == "ger" else np.matmul)(*operands)
        base = self.array(nest.base) * factors[1] if nest.base is not None else 0
        self.arrays[nest.results[0]] = np.asarray(factors[0] * product + base, nest.results[0].dtype)

    @staticmethod
    def operand_shapes(nest, space):
        shapes = {
            "gemm": lambda m, n, k: [(m, k), (k, n)],
            "gemms": lambda count, m, n, k: [(count, m, k), (count, k, n)],
            "gemv": lambda m, k: [(m, k), (k,)],
            "ger": lambda m, n: [(m,), (n,)],
        }
        return shapes[nest.routine](*space)

    def operand(self, operand, shape):
        """The matrix or vector at this offset and these strides of the flat storage; many matrices lie apart by the last stride."""
        flat = self.array(operand.result).reshape(-1)
        offset, *strides = self.extents((operand.offset, *operand.strides))
        *many, shape = (shape[0], shape[1:]) if len(shape) == 3 else (shape,)
        shape = shape[::-1] if operand.transposed else shape
        where = offset + sum(i * s for i, s in zip(np.indices(shape), strides))
        for count in many:
            where = np.arange(count)[:, None, None] * strides[-1] + where
        return np.swapaxes(flat[where], -1, -2) if operand.transposed else flat[where]

    def python(self, nest, space, grid):
        storage = [[None] for _ in nest.results]
        nest.node.op.perform(nest.node, [self.array(o.result) for o in nest.operands], storage)
        for result, (value,) in zip(nest.results, storage):
            self.arrays[result] = value


def in_rows(values, axes):
    """The reduced axes as one, the first."""
    kept = [size for axis, size in enumerate(values.shape) if axis not in axes]
    return np.moveaxis(values, axes, range(len(axes))).reshape(math.prod(values.shape[axis] for axis in axes), *kept)
