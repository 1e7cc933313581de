"""For each rule that is no equation, expressions to which it applies."""

import numpy as np

import theano.tensor as T
from theano.gradient import disconnected_grad
from theano.scalar import OPS
from theano.scanning import OpFromGraph, ifelse, scan
from theano.tensor.elemwise import elemwise
from theano.tensor.nnet.crossentropy import crossentropy_categorical_1hot_grad

second, identity = (elemwise(OPS[name]) for name in ("second", "identity"))


def onehot(i):
    zeros = T.zeros((i.dvector0.shape[0], 4))
    return T.inc_subtensor(zeros[T.arange(i.dvector0.shape[0]), i.lvector0], i.dvector0)


def _shared_quotient(quotient, below, other):
    return T.log(abs(quotient)) + other / (quotient * below)


def _product_plus_one(x, y):
    p, q = T.dvectors("p", "q")
    return OpFromGraph([p, q], [p * q + 1])(x, y)


def _loop_and_slope(x, y):
    rows, _ = scan(lambda s: T.tanh(T.exp(-s * s) * y) + y, outputs_info=x, n_steps=4)
    return rows.sum() * T.grad((rows**2).sum(), x)


def _doubled(x):
    return scan(lambda s: s * 2 + 1, outputs_info=x, n_steps=4)[0]


def _recorded_product(x, w):
    def step(h):
        h = T.tanh(h + 1)
        return [h, T.dot(w, h)]

    return scan(step, outputs_info=[x, None], n_steps=3)[0][1]


def _slope_by_blocks(x):
    rows, _ = scan(lambda s: T.tanh(s * 2), outputs_info=x, n_steps=4, checkpoint=2)
    return T.grad((rows**2).sum(), x)


EXAMPLES = {
    # fold
    "constant_folding": [lambda i: i.dvector0 * (T.constant(np.arange(4.0)) + 1)],
    # useless
    "remove_identity": [lambda i: T.exp(identity(i.dvector0))],
    "remove_gradient_marks": [lambda i: disconnected_grad(i.dvector0) * 2],
    "remove_cast": [
        lambda i: i.bvector0.astype("int32").astype("float64"),
        lambda i: i.fvector0.astype("float64").astype("float32"),
        lambda i: elemwise(OPS["convert_to_int8"])((i.fvector0 * np.complex64(1j)).astype("complex128")),
    ],
    "remove_idempotent": [lambda i: T.maximum(i.dvector0, i.dvector0)],
    "decide_switch": [
        lambda i: T.switch(i.dvector0 > 0, i.drow0, i.drow0) * i.dmatrix0,
        lambda i: T.switch(T.constant(np.array(True)), i.dvector0, i.dmatrix0),
    ],
    "join_dimshuffles": [lambda i: i.dmatrix0.T.dimshuffle(1, "x", 0), lambda i: i.dmatrix0.dimshuffle(0, 1)],
    "remove_reshape": [
        lambda i: i.dmatrix0.reshape(i.dmatrix0.shape),
        lambda i: i.dmatrix0.reshape((12,)).reshape((2, -1)),
        lambda i: i.dmatrix0.reshape((i.dmatrix0.shape[0], -1)),
    ],
    "join_rebroadcasts": [lambda i: T.addbroadcast(T.unbroadcast(i.dcol0, 1), 1) * i.dmatrix0],
    "remove_full_slices": [lambda i: i.dmatrix0[:, 0:] * 2],
    "read_what_was_written": [
        lambda i: T.set_subtensor(i.dvector0[1:3], i.dvector1[:2])[1:3],
        lambda i: T.inc_subtensor(T.zeros(i.dvector0.shape[0] + 1)[1:], i.dvector0)[1 : i.dvector0.shape[0] + 1],
    ],
    "name_all_axes": [lambda i: i.dvector0.sum(axis=0) + i.dvector0.sum(), lambda i: i.dmatrix0.max(axis=(0, 1))],
    "remove_reduction": [lambda i: i.drow0.sum(axis=0), lambda i: i.dcol0.max(axis=1)],
    "remove_fill": [lambda i: second(i.dvector0, i.dvector1), lambda i: T.zeros_like(i.dmatrix0)],
    "remove_alloc": [lambda i: T.alloc(i.dmatrix0, *i.dmatrix0.shape), lambda i: T.alloc(T.alloc(i.drow0, 3, 4), 2, 3, 4)],
    "write_over_zeros": [lambda i: T.inc_subtensor(i.dvector0[:2], 0.0)],
    # shape
    "size_from_inputs": [lambda i: T.shape_i(T.exp(i.dmatrix0) + i.drow0, 0), lambda i: T.shape_i(T.dot(i.dmatrix0, i.dmatrix1.T), 1)],
    "shape_from_inputs": [lambda i: T.tanh(i.dmatrix0).shape],
    "entry_of_vector": [
        lambda i: T.tanh(i.dmatrix0).shape[1],
        lambda i: T.stack([i.dscalar0, i.dscalar1])[:1],
        lambda i: T.stack([i.dscalar0, i.dscalar1])[-1],
    ],
    "reduction_of_vector": [
        lambda i: i.dmatrix0.shape.prod(),
        lambda i: T.stack([i.dscalar0, i.dscalar1]).sum(),
        lambda i: T.sum(T.stack([i.lscalar0 + (2**62 - 9), i.lscalar1 + 2**62]), dtype="float64", acc_dtype="int64"),
    ],
    # lift
    "fill_through_elementwise": [
        lambda i: i.dmatrix0 * T.ones_like(i.dmatrix0) * 3,
        lambda i: T.exp(T.alloc(i.dscalar0, 3, 4)),
        lambda i: i.dmatrix0 + second(T.exp(i.dmatrix0), i.drow0),
    ],
    "fill_through_dimshuffle": [lambda i: T.alloc(i.dvector0, 3, 4).T],
    "sum_of_fill": [
        lambda i: T.alloc(i.dscalar0, 3, 4).sum(),
        lambda i: T.alloc(i.dvector0, 3, 4).sum(axis=0),
        lambda i: T.alloc(i.dvector0, 3, 4).sum(),
        lambda i: T.alloc(i.lscalar0, 3, 4).sum(axis=1),
        lambda i: T.sum(T.alloc(i.lscalar0 + (2**62 - 9), 3, 4), dtype="float64", acc_dtype="int64"),
    ],
    "index_of_fill": [lambda i: T.zeros((5, 4))[1:3], lambda i: T.alloc(i.dscalar0, 3, 4).reshape((2, 6))],
    "dimshuffle_through_elementwise": [lambda i: T.exp(i.dmatrix0.T * 2).T],
    "transpose_through_dot": [lambda i: T.dot(i.dmatrix0, i.dmatrix1.T).T],
    "index_through_elementwise": [lambda i: T.exp(i.dmatrix0)[1], lambda i: (i.dvector0 + i.dscalar0)[1:]],
    "dot_of_zeros": [lambda i: T.dot(T.zeros((2, 3)), i.dmatrix0)],
    "factors_out_of_sum": [
        lambda i: (2 * i.dmatrix0).sum(axis=0),
        lambda i: (i.dscalar0 * i.dmatrix0).sum(),
        lambda i: (-i.dmatrix0 / i.dscalar0).sum(),
        lambda i: (i.dmatrix0 * i.dcol0).sum(axis=1),
    ],
    "sum_before_factors": [lambda i: (i.dmatrix0 / i.drow0) * (i.dmatrix0 / i.drow0).sum(axis=0)],
    "join_sums": [lambda i: i.dtensor3_0.sum(axis=1).sum(axis=0)],
    "writes_instead_of_sum": [
        lambda i: T.inc_subtensor(T.zeros_like(i.dvector0)[:2], i.dscalar0) + T.inc_subtensor(T.zeros_like(i.dvector0)[3], 2.0),
        lambda i: i.dvector0 + T.inc_subtensor(T.zeros_like(i.dvector0)[i.lvector0], i.dvector1),
        lambda i: i.dvector0 - i.dscalar0 * T.inc_subtensor(T.zeros_like(i.dvector0)[i.lvector0], i.dvector1) * 0.5,
        lambda i: i.dmatrix0 + T.inc_subtensor(T.zeros_like(i.dmatrix0)[0], 1.0) + T.inc_subtensor(T.zeros_like(i.drow0)[0, 0], i.dscalar0),
    ],
    "scaled_parts_of_zeros": [
        lambda i: i.dscalar0 * T.inc_subtensor(T.zeros_like(i.dmatrix0)[1:], i.dscalar1) / 3,
        lambda i: T.inc_subtensor(T.zeros_like(i.dmatrix0)[i.lvector0], i.dvector0) * -2,
    ],
    "join_what_is_written": [
        lambda i: T.inc_subtensor(T.inc_subtensor(T.zeros((5, 6))[:, :2], T.outer(T.arange(5.0), [2, i.dscalar0]))[:, -3:], T.ones((5, 3))),
        lambda i: T.set_subtensor(T.zeros_like(T.outer(i.dvector0, T.arange(6.0)))[:, 1:3], T.outer(i.dvector1, [2.0, 3.0])),
    ],
    "sum_of_dimshuffle": [lambda i: i.dmatrix0.T.sum()],
    # algebra
    "collect_sum": [
        lambda i: i.dvector0 + i.dvector0,
        lambda i: i.dvector0 + 0,
        lambda i: i.dvector0 - i.dvector0,
        lambda i: -(i.dvector0 - i.dvector1),
        lambda i: 2 * i.dvector0 + i.dvector1 - 3 * i.dvector0,
        lambda i: i.lvector0 + i.lvector1 - i.lvector0,
        lambda i: i.dmatrix0 + i.drow0 - i.dmatrix0,
        lambda i: (1 + i.fvector0) + 2,
        lambda i: i.bvector0 + i.lvector0 - i.lvector0,
        lambda i: i.bvector0 * 100 + i.bvector0 * 100,
    ],
    "collect_product": [
        lambda i: i.dvector0 * i.dvector0,
        lambda i: i.dvector0 * 1,
        lambda i: i.dvector0 / i.dvector0,
        lambda i: -(-i.dvector0 * i.dvector1),
        lambda i: i.dvector0 * i.dvector1 / i.dvector0,
        lambda i: (i.dmatrix0 * i.drow0) / i.dmatrix0,
        lambda i: 0 * i.dmatrix0 * i.drow0,
        lambda i: (2 * i.fvector0) * 3,
        lambda i: (i.dvector0 / i.dvector1 + i.dvector2 / i.dscalar0) * i.dvector1 * i.dscalar0,
        lambda i: i.dvector0**2 * i.dvector0 / i.dvector1**-3,
        lambda i: _shared_quotient(i.dvector0 / i.dvector1, i.dvector1, i.dvector2),
        lambda i: i.lvector0 * 2 * i.lvector1 * 3,
    ],
    # stabilize
    "log_of_exp_times": [lambda i: T.log(T.exp(i.dvector0) * i.dvector1**2), lambda i: T.log(T.exp(i.dvector0) / (1 + i.dvector1**2))],
    "log_of_exponential_sum": [
        lambda i: T.log(T.exp(i.dmatrix0).sum(axis=0)),
        lambda i: T.log(T.exp(i.dmatrix0).sum(axis=1, keepdims=True)),
        lambda i: T.log(T.exp(i.fvector0).sum()),
    ],
    "exponential_over_its_sum": [
        lambda i: T.exp(i.dmatrix0) / T.exp(i.dmatrix0).sum(axis=0, keepdims=True),
        lambda i: T.exp(i.dmatrix0) / T.exp(i.dmatrix0).sum(axis=1, keepdims=True),
        lambda i: T.exp(i.dvector0) / T.exp(i.dvector0).sum(),
    ],
    "log_of_softmax": [
        lambda i: T.log(T.nnet.softmax(i.dmatrix0)),
        lambda i: T.log(T.nnet.softmax(i.dmatrix0)[T.arange(i.lvector0.shape[0] - 1), i.lvector0[1:]]),
    ],
    "crossentropy_of_softmax": [lambda i: T.nnet.categorical_crossentropy(T.nnet.softmax(i.dmatrix0.T), i.lvector0)],
    "softmax_of_shifted": [
        lambda i: T.nnet.softmax(i.dmatrix0 - i.dmatrix0.max(axis=1, keepdims=True)),
        lambda i: T.nnet.logsoftmax(i.dmatrix0 + i.dcol0),
    ],
    "softmax_gradient_of_log": [
        lambda i: T.nnet.softmax_grad(i.dmatrix1 / T.nnet.softmax(i.dmatrix0), T.nnet.softmax(i.dmatrix0)),
        lambda i: T.nnet.softmax_grad(
            onehot(i) / T.nnet.softmax(i.dmatrix0.T.dot(i.dmatrix0)), T.nnet.softmax(i.dmatrix0.T.dot(i.dmatrix0))
        ),
        lambda i: T.nnet.softmax_grad(
            crossentropy_categorical_1hot_grad(i.dvector0, T.nnet.softmax(i.dmatrix0.T), i.lvector0), T.nnet.softmax(i.dmatrix0.T)
        ),
    ],
    "logsoftmax_gradient_at_classes": [
        lambda i: onehot(i) - onehot(i).sum(axis=1, keepdims=True) * T.nnet.softmax(i.dmatrix0.T.dot(i.dmatrix0))
    ],
    # specialize
    "sum_of_one_hot_rows": [lambda i: onehot(i).sum(axis=1)],
    "power_by_number": [
        lambda i: i.dvector0**7,
        lambda i: (i.dvector0**2) ** 0.5,
        lambda i: i.lvector0**3,
        lambda i: (1 + i.dvector0**2) ** -0.5,
        lambda i: i.dvector0**0,
    ],
    "reuse_quotient": [lambda i: T.exp(i.dvector0 / i.dvector1) + i.dvector0 * T.tanh(i.dvector0) / i.dvector1],
    "multiply_by_inverse": [lambda i: i.dvector0 / 4],
    "fill_by_shape": [lambda i: second(i.dmatrix0, i.dscalar0) * i.drow0],
    "outer_product": [lambda i: T.outer(i.dvector0, i.dvector1)],
    # blas
    "accumulate_product": [
        lambda i: i.dmatrix0 - 0.1 * T.dot(i.dmatrix1, i.dtensor3_0[0].T).dot(i.dmatrix2),
        lambda i: 0.9 * i.dvector0 + i.dscalar0 * T.dot(i.dmatrix0.T, i.dmatrix1[:, 0]),
        lambda i: i.dvector0 + T.dot(i.dmatrix0[:, 0], i.dmatrix1),
        lambda i: T.tanh(T.dot(i.dmatrix0, i.dmatrix1.T) + T.dot(i.dmatrix2, i.dmatrix3.T)),
        lambda i: i.dmatrix0 * i.dscalar0 - T.dot(i.dmatrix1, i.dmatrix2.T).dot(i.dmatrix3) * i.dscalar1,
    ],
    "scaled_product": [lambda i: i.dscalar0 * T.dot(i.dmatrix0, i.dmatrix1.T)],
    "matrix_product": [lambda i: T.dot(i.dmatrix0, i.dmatrix1.T)],
    # loops
    "inline_graph": [lambda i: _product_plus_one(i.dvector0, i.dvector1)],
    "serve_by_extended": [lambda i: _loop_and_slope(i.dvector0, i.dvector1)],
    "forget_rows": [lambda i: scan(lambda s: s * 2 + 1, outputs_info=i.dvector0, n_steps=4)[0][-1]],
    "record_rows": [lambda i: scan(lambda s: s * 2 + 1, outputs_info=i.dvector0, n_steps=4)[0]],
    "multiply_before_loop": [
        lambda i: scan(lambda x, h: T.tanh(T.dot(i.dmatrix1, x) + h), sequences=i.dmatrix0, outputs_info=i.dmatrix1[:, 0], n_steps=3)[0]
    ],
    "multiply_after_loop": [lambda i: _recorded_product(i.dvector0, i.dmatrix0)],
    "merge_equal": [lambda i: T.outer(_doubled(i.dvector0)[-1], _doubled(i.dvector0)[1])],
    "settle_results": [lambda i: scan(lambda h, c: [h * c, c], outputs_info=[i.dvector0, i.dvector1], n_steps=3)[0][0]],
    "share_with_outside": [lambda i: ifelse(i.dscalar0 > 0, T.exp(i.dvector0), i.dvector0) * T.exp(i.dvector0)],
    "decide_branch": [lambda i: ifelse(T.constant(0), T.exp(i.dvector0), i.dvector0 * 2)],
    "decide_within": [lambda i: ifelse(i.lscalar0, ifelse(i.lscalar0, T.exp(i.dvector0), i.dvector1), i.dvector0)],
    "merge_branches": [lambda i: ifelse(i.lscalar0, T.exp(i.dvector0), i.dvector0) + ifelse(i.lscalar0, T.sin(i.dvector0), i.dvector0 * 2)],
    "spread_blocks": [lambda i: _slope_by_blocks(i.dvector0)],
    # expand
    "expand_composite": [lambda i: T.nnet.softmax(i.dmatrix0), lambda i: T.nnet.logsoftmax(i.dmatrix0)],
}
