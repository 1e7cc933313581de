"""Graphs as operations: values, shared variables, derivatives and their overrides."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import OpFromGraph
from theano.errors import DisconnectedInputError, MissingInputError, NullTypeGradError
from theano.gradient import DisconnectedType, NullType, verify_grad
from theano.loops.canonical import kernel_key
from theano.loops.ir import Guard, KernelStep, walk_steps

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y = T.dvectors("x", "y")
X, Y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.25, -0.5])


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)


def pair(**options):
    return OpFromGraph([x, y], [x * T.exp(y), x + y], **options)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("inline", [False, True])
def test_it_is_its_graph(mode, inline):
    u, v = T.dvectors(2)
    first, second = pair(inline=inline)(u, v * 2)
    f = theano.function([u, v], [first, second], mode=mode)
    close(f(X, Y), [X * np.exp(2 * Y), X + 2 * Y])
    assert not any(isinstance(node.op, OpFromGraph) for node in f.maker.compilation.optimized.toposort())


def test_perform():
    node = pair().make_node(x, y)
    cells = [[None], [None]]
    node.op.perform(node, [X, Y], cells)
    close([cell[0] for cell in cells], [X * np.exp(Y), X + Y])


@pytest.mark.parametrize("mode", MODES)
def test_nested_and_applied_twice(mode):
    inner = OpFromGraph([x], [T.tanh(x)])
    outer = OpFromGraph([x, y], [inner(inner(x) * y)])
    close(theano.function([x, y], outer(x, outer(y, x)), mode=mode)(X, Y), np.tanh(np.tanh(X) * np.tanh(np.tanh(Y) * X)))


@pytest.mark.parametrize("mode", MODES)
def test_shared_variables_are_implicit_inputs(mode):
    s = theano.shared(np.ones(3), name="s")
    op = OpFromGraph([x], [x * s])
    assert op.shared_inputs == [s]
    out = op(x)
    f = theano.function([x], [out, T.grad(out.sum(), s)], mode=mode, updates=[(s, s + 1)])
    close(f(X), [X, X])
    close(f(X)[0], 2 * X)


def test_default_updates_inside_are_found():
    s = theano.shared(np.float64(0), name="s")
    s.default_update = s + 1
    f = theano.function([x], OpFromGraph([x], [x + s])(x))
    close(f(X), X)
    close(f(X), X + 1)


class TestDerivatives:
    def test_gradient_by_differences(self):
        verify_grad(lambda u, v: (lambda a, b: (a * b).sum())(*pair()(u, v)), [X, Y], rng=np.random.RandomState(0))

    def test_second_gradient(self):
        def gradients(u, v):
            a, b = pair()(u, v)
            return sum((g**2).sum() for g in T.grad((a * b).sum(), [u, v]))

        verify_grad(gradients, [X, Y], rng=np.random.RandomState(0))

    def test_an_output_that_is_made_of_another(self):
        inner = x**2
        op = OpFromGraph([x], [inner, T.sin(inner)])
        a, b = op(x)
        close(T.grad((a * b).sum(), x).eval({x: X}), 2 * X * np.sin(X**2) + X**2 * np.cos(X**2) * 2 * X)

    def test_one_output_alone(self):
        close(T.grad(pair()(x, y)[1].sum(), y).eval({x: X, y: Y}), np.ones(3))

    def test_forward(self):
        u, v = T.dvectors(2)
        a, b = pair()(x, y)
        f = theano.function([x, y, u, v], theano.Rop([a, b], [x, y], [u, v]))
        close(f(X, Y, Y, X), [np.exp(Y) * Y + X * np.exp(Y) * X, X + Y])

    def test_lop_and_rop_operations(self):
        op = pair()
        lop, rop = op.get_lop_op(), op.get_rop_op()
        outs, grads, points = T.dvectors(2), T.dvectors(2), T.dvectors(2)
        f = theano.function([x, y, *outs, *grads], lop(x, y, *outs, *grads), on_unused_input="ignore")
        close(f(X, Y, X, X, Y, X), [np.exp(Y) * Y + X, X * np.exp(Y) * Y + X])
        g = theano.function([x, y, *points], rop(x, y, *points))
        close(g(X, Y, X, Y), [np.exp(Y) * X + X * np.exp(Y) * Y, X + Y])

    def test_a_disconnected_input(self):
        op = OpFromGraph([x, y], [x * y.shape[0]])
        with pytest.raises(DisconnectedInputError):
            T.grad(op(x, y).sum(), y)
        close(T.grad(op(x, y).sum(), x).eval({x: X, y: Y}), [3, 3, 3])

    def test_infer_shape(self):
        op = OpFromGraph([x, y], [T.outer(x, y)])
        assert theano.function([x, y], op(x, y).shape)(X, Y[:2]).tolist() == [3, 2]


class TestOverrides:
    def cost(self, op):
        return op(x, y)[0].sum()

    def gradients(self, op):
        return theano.function([x, y], T.grad(self.cost(op), [x, y]))(X, Y)

    def test_grad_by_a_function(self):
        op = pair(grad_overrides=lambda inputs, grads: [grads[0] * 2, inputs[0] * 3])
        close(self.gradients(op), [[2, 2, 2], 3 * X])

    def test_lop_by_a_function(self):
        op = pair(lop_overrides=lambda inputs, outputs, grads: [outputs[0], grads[0]])
        close(self.gradients(op), [X * np.exp(Y), np.ones(3)])

    def test_each_input_by_its_own_rule(self):
        op = pair(grad_overrides=["default", lambda inputs, grads: grads[0] * 7])
        close(self.gradients(op), [np.exp(Y), [7, 7, 7]])

    def test_set_afterwards(self):
        op = pair()
        close(self.gradients(op)[0], np.exp(Y))
        op.set_grad_overrides(["default", lambda inputs, grads: grads[0] * 5])
        close(self.gradients(op)[1], [5, 5, 5])
        op.set_grad_overrides("default")
        op.set_lop_overrides(lambda inputs, outputs, grads: [grads[0], grads[0]])
        close(self.gradients(op)[1], [1, 1, 1])

    def test_by_an_operation(self):
        a, b, g, h = T.dvectors(4)
        op = pair(grad_overrides=OpFromGraph([a, b, g, h], [g * 4, h + a]), connection_pattern=[[True, True], [True, True]])
        first, second = op(x, y)
        close(theano.function([x, y], T.grad((first + second).sum(), [x, y]))(X, Y), [[4, 4, 4], 1 + X])

    def test_null_and_disconnected(self):
        op = pair(grad_overrides=[NullType("not known")(), DisconnectedType()()])
        with pytest.raises(NullTypeGradError, match="not known"):
            T.grad(self.cost(op), x)
        with pytest.raises(DisconnectedInputError):
            T.grad(self.cost(op), y)

    def test_rop(self):
        op = pair(rop_overrides=lambda inputs, points: [points[0] * 9, None])
        u, v = T.dvectors(2)
        close(theano.function([x, y, u, v], theano.Rop(op(x, y)[0], [x, y], [u, v]), on_unused_input="ignore")(X, Y, Y, X), 9 * Y)
        op.set_rop_overrides("default")
        close(theano.function([x, y, u], theano.Rop(op(x, y)[1], x, u), on_unused_input="ignore")(X, Y, Y), Y)

    @pytest.mark.parametrize("which", ["lop_overrides", "grad_overrides"])
    def test_each_of_the_kinds_in_a_list(self, which):
        """An operation, nothing, the usual, and a function; of two outputs one is asked for, so the other has no gradient."""
        u, v, a, b, c, d = T.dvectors(6)
        inner = OpFromGraph([u, v, a, b, c, d] if which == "lop_overrides" else [u, v, c, d], [c * 4 + d + u])
        triple = lambda *given: given[-1][0] * 3
        for rules, expected in (([inner, triple], [4 + X, [3, 3, 3]]), (["default", inner], [np.exp(Y), 4 + X]), ([inner, None], [4 + X])):
            op = pair(**{which: rules})
            wrt = [x, y][: len(expected)]
            close(theano.function([x, y], T.grad(self.cost(op), wrt), on_unused_input="ignore")(X, Y), expected)
            if None in rules:
                with pytest.raises(DisconnectedInputError):
                    T.grad(self.cost(op), y)

    def test_lop_by_an_operation(self):
        a, b, c, d, g, h = T.dvectors(6)
        op = pair(lop_overrides=OpFromGraph([a, b, c, d, g, h], [g * c, g * 2 + h]))
        close(self.gradients(op), [X * np.exp(Y), [2, 2, 2]])

    def test_an_operation_of_one_input(self):
        g = T.dvector()
        op = OpFromGraph([x], [x**2], grad_overrides=OpFromGraph([y, g], [g + y]), rop_overrides=OpFromGraph([y, g], [g * 5]))
        out = op(x)
        close(theano.function([x], [T.grad(out.sum(), x), theano.Rop(out, x, x)])(X), [1 + X, 5 * X])

    def test_null_or_disconnected_as_a_whole(self):
        with pytest.raises(NullTypeGradError, match="not known"):
            T.grad(self.cost(pair(lop_overrides=NullType("not known")())), x)
        for nothing in (DisconnectedType()(), None):
            with pytest.raises(DisconnectedInputError):
                T.grad(self.cost(pair(lop_overrides=nothing)), x)

    def test_second_gradient_of_overrides(self):
        """The derivative of an override's expressions, and of the operation that an override applies."""
        op = OpFromGraph([x], [T.sin(x)], lop_overrides=lambda i, o, g: [g[0] * o[0] * i[0]])
        close(theano.function([x], T.grad(T.grad(op(x).sum(), x).sum(), x))(X), np.sin(X) * (1 + X**2))
        tanh = OpFromGraph([x], [T.tanh(x)], grad_overrides=lambda inputs, grads: [grads[0] * tanh(inputs[0])])
        close(theano.function([x], T.grad(T.grad(tanh(x).sum(), x).sum(), x))(X), np.tanh(X))

    def test_overrides_of_one_inside_another(self):
        inner = OpFromGraph([x], [T.tanh(x)], lop_overrides=lambda inputs, outputs, grads: [grads[0] * outputs[0] * 10])
        outer = OpFromGraph([x, y], [inner(x * y) + y])
        close(theano.function([x, y], T.grad(outer(x, y).sum(), [x, y]))(X, Y), [10 * np.tanh(X * Y) * Y, 10 * np.tanh(X * Y) * X + 1])

    @pytest.mark.parametrize("whole", [True, False])
    def test_rop_by_an_operation(self, whole):
        """Of inputs that stand still the directions are zeros."""
        a, b, p, q = T.dvectors(4)
        results = [p * a + q, p + 7 * q]
        each = [OpFromGraph([a, b, p, q], [r]) for r in results]
        op = pair(rop_overrides=OpFromGraph([a, b, p, q], results) if whole else each)
        u = T.dvector()
        close(theano.function([x, y, u], theano.Rop(list(op(x, y)), x, u), on_unused_input="ignore")(X, Y, Y), [X * Y, Y])

    def test_rop_each_output_by_its_own_rule(self):
        op = pair(rop_overrides=["default", None])
        u = T.dvector()
        first, second = theano.Rop(list(op(x, y)), x, u, disconnected_outputs="ignore")
        close(theano.function([x, y, u], [first, second], on_unused_input="ignore")(X, Y, Y), [np.exp(Y) * Y, 0 * X])

    def test_derivatives_as_operations_follow_the_overrides(self):
        op = pair(grad_overrides=["default", lambda inputs, grads: grads[0] * 7], rop_overrides=lambda i, p: [p[0] * 9, p[1]], name="pair")
        lop, rop = op.get_lop_op(), op.get_rop_op()
        assert "pair" in str(lop) and "pair" in str(rop) and "inline=False" in str(op)
        given = [x, y, *op(x, y), T.ones_like(x), T.zeros_like(x)]
        close(theano.function([x, y], [*lop(*given), *rop(x, y, x, y)], on_unused_input="ignore")(X, Y), [np.exp(Y), [7, 7, 7], 9 * X, Y])

    def test_both_gradients(self):
        with pytest.raises(ValueError, match="lop_overrides or grad_overrides, not both"):
            pair(lop_overrides=lambda *a: [], grad_overrides=lambda *a: [])

    def test_too_few_terms(self):
        with pytest.raises(ValueError, match="a list of 2 terms"):
            self.gradients(pair(grad_overrides=lambda inputs, grads: [grads[0]]))


class TestMisuse:
    def test_an_output_of_something_else(self):
        with pytest.raises(MissingInputError, match="no input"):
            OpFromGraph([x], [x * y])

    @pytest.mark.parametrize("word", ["updates", "givens"])
    def test_what_functions_take(self, word):
        with pytest.raises(TypeError, match=word):
            OpFromGraph([x], [x], **{word: []})

    def test_no_variables(self):
        with pytest.raises(TypeError, match="must be variables"):
            OpFromGraph([x], [3])

    def test_a_wrong_argument(self):
        with pytest.raises(ValueError, match="takes 2 inputs"):
            pair()(x)
        with pytest.raises(TypeError, match="input 1"):
            pair()(x, T.dmatrix())


class TestRepeatedBlocks:
    """A network of many equal layers, written out or as an operation that is applied many times."""

    @staticmethod
    def network(block, count, widths=(4,)):
        """Its inputs, its cost, and the gradients of all weights."""
        matrix, weights = T.dmatrix("matrix"), []
        hidden = matrix
        for k in range(count):
            rng, width = np.random.RandomState(k), widths[k % len(widths)]
            own = [theano.shared(rng.uniform(-1, 1, shape)) for shape in ((3, width), (width, 3))]
            weights += own
            hidden = block(hidden, *own)
        return matrix, [(hidden**2).sum(), *T.grad((hidden**2).sum(), weights)]

    @staticmethod
    def layer(x, v, w):
        return x + T.dot(T.tanh(T.dot(x / T.sqrt((x**2).mean(axis=1, keepdims=True) + 1), v)), w)

    def ways(self):
        given = T.dmatrices(3)
        written = lambda inputs, outputs, grads: T.grad(None, inputs, known_grads={self.layer(*inputs): grads[0]})
        operation = OpFromGraph(given, [self.layer(*given)])
        overridden = OpFromGraph(given, [self.layer(*given)], lop_overrides=written)
        return self.layer, operation, overridden, OpFromGraph(given, [operation(*given)], inline=True)

    def test_kernels_are_as_many_as_those_of_a_few(self):
        """However often a layer is repeated, and of whatever sizes: a kernel is one function, called with other arrays and extents."""
        values = []
        for block in self.ways():
            counts = []
            for count in (3, 12):
                matrix, outputs = self.network(block, count, (4, 5, 2))
                f = theano.function([matrix], outputs)
                kernels = [step.kernel for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, KernelStep)]
                counts.append((len(kernels), len(set(map(kernel_key, kernels)))))
            (few, distinct), (many, still) = counts
            assert many > 3 * few and still <= distinct + 1
            values.append(f(np.arange(6.0).reshape(2, 3) - 2))
        for other in values[1:]:
            for ours, expected in zip(other, values[0], strict=True):
                close(ours, expected)

    def test_the_program_is_one(self):
        """What is applied many times costs nothing when it runs: steps are those of the graph written out."""
        lengths = []
        for block in self.ways():
            matrix, outputs = self.network(block, 4)
            lengths.append([type(s) for s in walk_steps(theano.function([matrix], outputs).maker.compilation.program.frame)])
        assert all(other == lengths[0] for other in lengths[1:])

    def test_planning_is_linear(self, monkeypatch):
        """Places in scratch build on one another, and each is looked at once; guards are told apart without comparing them."""
        looked = []
        monkeypatch.setattr(theano.loops.verify_program, "verify_instruction", lambda value, *rest: looked.append(value))
        monkeypatch.setattr(Guard, "__eq__", lambda one, other: looked.append(one) or one is other)
        counts = []
        for count in (10, 20):
            looked.clear()
            matrix, outputs = self.network(self.layer, count)
            theano.function([matrix], outputs)
            counts.append(len(looked))
        assert 0 < counts[1] < 2.5 * counts[0]
