"""What becomes one kernel."""

import numpy as np
import pytest

import theano.tensor as T
from tests.loops.programs import check, compiled, kernels, outline, outlines, steps
from theano.loops.canonical import kernel_key
from theano.loops.fuse import BODY_LIMIT, BUFFER_LIMIT
from theano.loops.ir import KernelStep, LibraryStep

m, w, k3 = T.dmatrix("m"), T.dmatrix("w"), T.dtensor3("k3")
v, u = T.dvector("v"), T.dvector("u")
VALUE = np.random.default_rng(0).normal(size=(5, 7))


class TestOneKernel:
    def test_softmax_has_three_loops_inside_one_over_rows(self):
        f = check([m], [T.nnet.softmax(m)], VALUE)
        assert [outline(k) for k in kernels(f)] == ["i(v(+max) v(S +add) v(S))"]

    def test_bias_and_relu_and_their_use(self):
        f = compiled([m, w, v], [T.tanh(T.nnet.relu(T.dot(m, w) + v) * 2)])
        assert [type(s) for s in steps(f)] == [LibraryStep, KernelStep]
        assert [outline(k) for k in kernels(f)] == ["i(v(S))"]

    def test_a_column_sum_with_what_follows(self):
        assert outlines([m], [T.tanh(m.sum(0) * 2)]) == ["v(i(+add) S)"]

    def test_a_row_sum_with_what_goes_before_and_follows(self):
        assert outlines([m], [T.tanh(T.exp(m).sum(1) * 2)]) == ["i(v(+add) S)"]

    def test_several_reductions_of_one_array(self):
        assert outlines([m], [m.sum(1), m.max(1), T.sqr(m).sum(1)]) == ["i(v(+add +max +add) S S S)"]

    def test_centring_and_scaling_rows(self):
        centred = m - m.mean(1, keepdims=True)
        f = check([m], [centred / T.sqrt(T.sqr(centred).mean(1, keepdims=True) + 1e-5)], VALUE)
        assert len(kernels(f)) == 1

    def test_the_gradient_of_centring_and_scaling_stores_nothing_but_itself(self):
        centred = m - m.mean(0, keepdims=True)
        scaled = centred / T.sqrt(T.sqr(centred).mean(0, keepdims=True) + 1e-5)
        f = check([m, w], [T.grad((scaled * w).sum(), m)], VALUE, np.cos(VALUE))
        (kernel,) = kernels(f)
        assert [b.written for b in kernel.buffers] == [False, False, True]

    def test_siblings_over_one_space(self):
        assert outlines([v, u], [T.exp(v), T.tanh(u) + v, v * u]) == ["v(S S S)"]

    def test_a_full_reduction_in_chunks_and_then_the_rest(self):
        assert outlines([m], [T.exp(-T.sqr(m).sum())]) == ["i(v(+add) S)", "v(+add) S"]

    def test_the_gradient_of_a_mean_makes_no_array_of_ones(self):
        f = check([m], [T.grad(T.sqr(m).mean(), m)], VALUE)
        (kernel,) = kernels(f)
        assert [outline(kernel), len(kernel.buffers)] == ["v(S)", 2]

    def test_a_broadcast_array_is_never_made(self):
        f = check([v, m], [T.tanh(T.alloc(v * 2, m.shape[0], v.shape[0]) + m)], VALUE[0], VALUE)
        assert [len(k.buffers) for k in kernels(f)] == [3]


class TestApart:
    def test_what_reads_other_elements(self):
        z = T.exp(v)
        f = check([v], [z + z[::-1]], VALUE[0])
        assert len(kernels(f)) == 2

    def test_the_use_of_a_full_reduction(self):
        assert len(outlines([v], [v / T.exp(v).sum()])) == 3

    def test_sums_over_different_axes(self):
        assert sorted(outlines([m], [m.sum(0), m.sum(1)])) == ["i(v(+add) S)", "v(i(+add) S)"]

    def test_what_waits_for_a_size(self):
        """The number of ones is known only when the kernel that counts them has run: all that uses it comes later."""
        count = T.gt(v, 0).sum()
        n = T.zeros((count,)).shape[0]
        check([v], [n * 2.0, T.arange(count), T.exp(v) + n], VALUE[0])

    def test_a_size_of_one_found_late_is_no_axis(self):
        a = T.specify_shape(m, (5, 1))
        check([m], [T.exp(m).sum(1) + a[:, 0], m.max(1), T.argmax(m, 1)], VALUE[:, :1])


class TestLimits:
    @pytest.mark.parametrize("length", [100, 400])
    def test_deep_chains_are_cut_into_equal_kernels(self, length):
        z = v
        for _ in range(length):
            z = T.tanh(z) * 1.5 + u
        found = kernels(compiled([v, u], [z]))
        assert len(found) >= length * 7 // BODY_LIMIT
        assert len({kernel_key(k) for k in found}) <= 3, "the first, those between, the last"

    def test_arguments(self):
        many = T.dvectors(*[f"v{k}" for k in range(2 * BUFFER_LIMIT)])
        found = kernels(compiled(many, [T.exp(a) + b for a, b in zip(many[::2], many[1::2])]))
        assert len(found) > 2 and all(len(k.buffers) <= BUFFER_LIMIT for k in found)

    def test_numbers_do_not_make_another_kernel(self):
        found = kernels(compiled([v, m], [T.exp(v * 3.25), T.exp(m.flatten() * 7.5)]))
        assert len({kernel_key(k) for k in found}) == 1


class TestStored:
    def test_only_what_is_wanted(self):
        f = check([m], [T.argmax(m, 1)], VALUE)
        assert [outline(k) for k in kernels(f)] == ["i(v(+argmax) S)"]

    def test_a_cheap_value_is_computed_again_in_a_later_loop(self):
        z = m * w
        (kernel,) = kernels(compiled([m, w], [z / z.sum(1, keepdims=True)]))
        assert len(kernel.buffers) == 3

    def test_a_dear_one_is_kept(self):
        z = T.exp(m * w)
        (kernel,) = kernels(compiled([m, w], [z / z.sum(1, keepdims=True)]))
        assert len(kernel.buffers) == 4
