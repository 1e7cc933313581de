"""Operations and types of the user's in compiled functions: one law for graphs of them, then what each form of the interface promises."""

import copy
import pickle
import threading
from functools import partial

import numpy as np
import pytest

import theano
import theano.scalar as scalar
import theano.tensor as T
from tests.compile import extensions as ext
from theano.compile.ops import as_op
from theano.graph import Apply, Op, ParamsType, generic
from theano.loops.ir import PythonStep, walk_steps
from theano.tensor import scalar_shared
from theano.tensor.sharedvar import SharedVariable
from theano.tensor.slice_values import make_slice, slicetype

MODES = ["FAST_RUN", "FAST_COMPILE", "REFERENCE"]
x, y = T.dvector("x"), T.dvector("y")
X = np.linspace(-1, 2, 5)


function = partial(theano.function, accept_inplace=True)
"""Graphs with operations that work in place have to be asked for."""


def python_steps(f):
    return [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, PythonStep)]


def share(a, b):
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.may_share_memory(a, b)
    return a is b or (isinstance(a, dict) and isinstance(b, dict) and a["numbers"] is b["numbers"])


def equal(a, b):
    a, b = (np.asarray(v["numbers"]) if isinstance(v, dict) else v for v in (a, b))
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, equal_nan=True)


@pytest.mark.parametrize("seed", range(24))
def test_law(seed):
    """A function computes what its nodes compute one by one, on copies; it harms no argument, shares nothing and updates what it must."""
    rng = np.random.default_rng(seed)
    b = ext.box("b")
    s, kept = theano.shared(np.zeros(0), name="s"), ext.shared_box([])
    with np.errstate(all="ignore"):
        vectors, boxes = ext.random_graph(rng, [x, y, s], [b, kept])
        outputs = [vectors[k] for k in rng.integers(len(vectors), size=3)] + [boxes[k] for k in rng.integers(len(boxes), size=2)]
        after = [vectors[rng.integers(len(vectors))], boxes[rng.integers(len(boxes))]]
        for mode in MODES:
            f = function([x, y, b], outputs, updates=list(zip([s, kept], after)), mode=mode, on_unused_input="ignore")
            for sizes in [(4, 3, 2), (1, 0, 0)]:
                values = [rng.normal(size=n) for n in sizes]
                values = [values[0], values[1], {"numbers": [1.0, 2.0]}, values[2], {"numbers": [3.0]}]
                s.set_value(values[3]), kept.set_value(values[4])
                held = [s.get_value(borrow=True), kept.get_value(borrow=True)]
                given = copy.deepcopy(values[:3])
                *wanted, first, second = ext.by_hand([x, y, b, s, kept], [*outputs, *after], values)
                found = f(*given)
                assert all(map(equal, found, wanted)), f"{mode}: {f.explain()}"
                assert all(map(equal, given, values[:3])), f"{mode}: an argument has changed"
                now = [s.get_value(borrow=True), kept.get_value(borrow=True)]
                assert equal(now[0], first) and equal(now[1], second)
                outside = [*found, *now]
                assert not any(share(p, q) for k, p in enumerate(outside) for q in [*outside[:k], *given])
                assert not any(share(p, q) for p in found for q in held)


# ------------------------------------------------------------------------------------------------ overwriting


@pytest.fixture
def copies(monkeypatch):
    """How often an argument was copied for an op that overwrites it."""
    made, real = [], theano.graph.running.copied
    monkeypatch.setattr(theano.graph.running, "copied", lambda value: made.append(1) or real(value))
    return made


def test_what_nobody_else_reads_is_overwritten_without_a_copy(copies):
    f = function([x], ext.Negated()(T.exp(x)) + 1)
    np.testing.assert_allclose(f(X), 1 - np.exp(X))
    assert python_steps(f)[0].owned == (0,) and not copies
    assert "Negated runs its perform, in place" in f.explain()


def test_it_is_overwritten_once_all_have_read_it(copies):
    e = T.exp(x)
    f = function([x], [e.sum() + ext.Negated()(e), ext.Doubled()(e)])
    np.testing.assert_allclose(f(X)[0], np.exp(X).sum() - np.exp(X))
    np.testing.assert_allclose(f(X)[1], 2 * np.exp(X))


@pytest.mark.parametrize(
    ("build", "value"),
    [
        (lambda e: [ext.Negated()(x)], lambda e: [-X]),
        (lambda e: [ext.Negated()(e), e], lambda e: [-e, e]),
        (lambda e: [ext.Negated()(e) + e], lambda e: [e * 0]),
        (lambda e: [ext.Both()(e, e)], lambda e: [np.append(e + 1, e + 2)]),
        (lambda e: [ext.Negated()(ext.Doubled()(e)), ext.Scaled(2.0)(ext.Doubled()(e))], lambda e: [-2 * e, 4 * e]),
    ],
)  # fmt: skip
def test_what_somebody_reads_is_copied_first(build, value, copies):
    f = function([x], build(T.exp(x)))
    for found, wanted in zip(f(X), value(np.exp(X))):
        np.testing.assert_allclose(found, wanted)
    assert copies


def test_an_array_that_another_op_keeps_is_not_overwritten():
    table = np.arange(5.0)

    class Tabulated(ext.OfVectors):
        def compute(self, x):
            return table

    f = function([x], ext.Negated()(Tabulated()(x)) + 0)
    for _ in range(2):
        np.testing.assert_array_equal(f(X), -np.arange(5.0))


def test_a_plan_from_the_cache_overwrites_the_same(copies, tmp_path):
    with theano.config.change_flags(base_compiledir=str(tmp_path)):
        function([x], ext.Negated()(T.exp(x)) + 1)
        f = function([x], ext.Negated()(T.exp(x)) + 1)
    assert f.maker.compilation.kept == "found" and python_steps(f)[0].owned == (0,)
    np.testing.assert_allclose(f(X), 1 - np.exp(X))
    assert not copies


def test_a_program_from_a_pickle_overwrites_the_same(copies):
    f = pickle.loads(pickle.dumps(function([x], ext.Negated()(T.exp(x)) + 1)))
    assert f.maker.compilation.kept == "loaded" and python_steps(f)[0].owned == (0,)
    np.testing.assert_allclose(f(X), 1 - np.exp(X))
    assert not copies


# ------------------------------------------------------------------------------------------------ forms of the interface


@pytest.mark.parametrize("mode", MODES)
class TestForms:
    def test_perform_may_reuse_its_storage(self, mode):
        first, second = ext.Overlapping()(x)
        f = function([x], [first, second], mode=mode)
        results = [f(X), f(X + 1)]
        for k, (whole, part) in enumerate(results):
            np.testing.assert_allclose(whole, X + 3 + k)
            np.testing.assert_allclose(part, X[1:] + 3 + k)

    def test_a_thunk(self, mode):
        f = function([x], ext.Counted()(x) * 2, mode=mode)
        np.testing.assert_allclose(f(X), (X + 5) * 2)
        assert "Counted runs its thunk" in f.explain()

    def test_a_thunk_of_the_old_signature(self, mode):
        class Old(Op):
            __props__ = ()
            itypes = otypes = [T.dvector]

            def make_thunk(self, node, storage_map, _, _2):
                given, out = storage_map[node.inputs[0]], storage_map[node.outputs[0]]

                def thunk():
                    out[0] = given[0] - 1

                return thunk

        np.testing.assert_allclose(function([x], Old()(x), mode=mode)(X), X - 1)

    def test_a_thunk_that_wraps_the_default_one(self, mode):
        calls = []

        class Watched(ext.Doubled):
            def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
                inner = super().make_thunk(node, storage_map, compute_map, no_recycling, impl)
                return lambda: (calls.append(node), inner())

        f = function([x], Watched()(x) + 1, mode=mode)
        np.testing.assert_allclose(f(X), 2 * X + 1)
        assert len(calls) == 1

    def test_a_thunk_that_calls_its_own_function(self, mode):
        class Recursive(Op):
            itypes = otypes = [T.dvector]

            def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
                given, out = storage_map[node.inputs[0]], storage_map[node.outputs[0]]

                def thunk():
                    rest = f(given[0][1:]) if len(given[0]) > 1 else given[0][:0]
                    out[0] = np.append(rest, given[0][:1])

                return thunk

        f = function([x], Recursive()(x) * 1, mode=mode)
        np.testing.assert_array_equal(f(X), X[::-1])

    def test_prepare_node_is_called_once_with_the_storage(self, mode):
        seen = []

        class Prepared(ext.Doubled):
            def prepare_node(self, node, storage_map, compute_map, impl):
                seen.append((impl, set(storage_map) == {*node.inputs, *node.outputs}, set(compute_map) == set(storage_map)))

        f = function([x], Prepared()(x), mode=mode)
        f(X), f(X)
        assert seen == [("py", True, True)]

    def test_params_of_its_own_making(self, mode):
        class Shifted(Op):
            __props__ = ()
            itypes = otypes = [T.dvector]
            params_type = generic

            def get_params(self, node):
                return {"shift": node.inputs[0].type.ndim}

            def perform(self, node, inputs, output_storage, params):
                output_storage[0][0] = inputs[0] + params["shift"]

        np.testing.assert_allclose(function([x], Shifted()(x), mode=mode)(X), X + 1)

    def test_c_code_beside_a_perform(self, mode):
        class InC(ext.Doubled):
            def c_code(self, node, name, inputs, outputs, sub):
                raise AssertionError("nobody compiles this")

            def c_code_cache_version(self):
                return (3,)

            def c_headers(self):
                return ["<math.h>", *super().c_headers()]

        np.testing.assert_allclose(function([x], InC()(x), mode=mode)(X), X * 2)

    def test_a_default_output(self, mode):
        class Sorted(Op):
            __props__ = ()
            itypes, otypes = [T.dvector], [T.lvector, T.dvector]
            default_output = 1

            def perform(self, node, inputs, output_storage):
                output_storage[0][0], output_storage[1][0] = np.argsort(inputs[0]), np.sort(inputs[0])

        out = Sorted()(x)
        f = function([x], [out, out.owner.outputs[0]], mode=mode)
        np.testing.assert_array_equal(f([3, 1, 2])[0], [1, 2, 3])
        np.testing.assert_array_equal(f([3, 1, 2])[1], [1, 2, 0])

    def test_the_shape_without_the_array(self, mode):
        class Dear(ext.Tail):
            def perform(self, node, inputs, output_storage):
                raise AssertionError("only the shape was asked for")

        f = function([x], [Dear()(x).shape, Dear()(x).shape[0] * 2, Dear()(x).size], mode=mode)
        if mode == "FAST_RUN":
            assert not python_steps(f)
            assert [n.tolist() for n in f(X)] == [[4], 8, 4]
            assert [n.tolist() for n in f([])] == [[0], 0, 0]

    def test_constants_are_folded_only_if_the_op_agrees(self, mode):
        class Asked(ext.Doubled):
            __props__ = ("agrees",)

            def __init__(self, agrees):
                self.agrees = agrees

            def do_constant_folding(self, node):
                return self.agrees

        for agrees in (True, False):
            f = function([], Asked(agrees)(T.constant(X)), mode=mode)
            np.testing.assert_allclose(f(), X * 2)
            if mode == "FAST_RUN":
                assert bool(python_steps(f)) is not agrees

    def test_scalar_variables_are_numbers_to_perform(self, mode):
        class Power(Op):
            __props__ = ()
            itypes, otypes = [scalar.float64, scalar.int64], [scalar.float64]

            def perform(self, node, inputs, output_storage):
                base, exponent = inputs
                assert isinstance(base, np.float64) and isinstance(exponent, np.int64)
                output_storage[0][0] = base**exponent

        a, n = scalar.float64("a"), scalar.int64("n")
        f = function([a, n], [Power()(a, n), Power()(a, n) + a, a], mode=mode)
        assert f(2.0, 3) == [8, 10, 2]

    def test_slices(self, mode):
        class Indexed(Op):
            __props__ = ()

            def make_node(self, x, index):
                return Apply(self, [x, index], [x.type()])

            def perform(self, node, inputs, output_storage):
                output_storage[0][0] = inputs[0][inputs[1]]

        s, n = slicetype("s"), T.lscalar("n")
        f = function([x, s, n], [Indexed()(x, s), Indexed()(x, make_slice(None, n)), s, make_slice(n, None, 2)], mode=mode)
        values = f(X, slice(1, None), 2)
        np.testing.assert_array_equal(values[0], X[1:])
        np.testing.assert_array_equal(values[1], X[:2])
        assert values[2:] == [slice(1, None), slice(2, None, 2)]

    def test_slices_and_numbers_are_shared_and_updated(self, mode):
        n, window, rate = T.lscalar("n"), SharedVariable("window", slicetype, slice(0, 2), False), scalar_shared.shared(2.0)
        f = function([n], [window, rate], updates=[(window, make_slice(n, None, None)), (rate, rate * rate + 1)], mode=mode)
        assert f(3) == [slice(0, 2), 2] and f(4) == [slice(3, None), 5]
        assert window.get_value() == slice(4, None) and isinstance(rate.get_value(), np.float64) and rate.get_value() == 26
        rate.set_value(1)
        assert f(4)[1] == 1

    def test_givens_defaults_and_values_for_updates(self, mode):
        b, kept = ext.box("b"), ext.shared_box([1])
        f = function([theano.In(b, value={"numbers": [3.0]})], ext.Unboxed()(b), updates=[(kept, {"numbers": [4.0]})], mode=mode)
        np.testing.assert_array_equal(f(), [3])
        assert kept.get_value() == {"numbers": [4.0]}
        np.testing.assert_array_equal(function([], ext.Unboxed()(b), givens=[(b, {"numbers": [5.0]})], mode=mode)(), [5])

    def test_copies_of_the_function(self, mode):
        b = ext.box("b")
        f = function([x, b], [ext.Counted()(x), ext.Appended()(b, x)], mode=mode)
        for again in (copy.deepcopy(f), pickle.loads(pickle.dumps(f))):
            values = again([1, 2], [1])
            assert values[0].tolist() == [3, 4] and values[1] == {"numbers": [1.0, 3.0]}

    def test_shapes_of_inputs_are_tuples_and_none_for_what_has_no_shape(self, mode):
        class Tiled(Op):
            __props__ = ()

            def make_node(self, x, factor, rest):
                return Apply(self, [x, factor, rest], [T.dmatrix()])

            def perform(self, node, inputs, output_storage):
                output_storage[0][0] = np.stack([inputs[0] * inputs[1]] * 2, axis=1)

            def infer_shape(self, node, input_shapes):
                assert input_shapes[1:] == [(), None]
                return [input_shapes[0] + (2,)]

        factor, rest = scalar.float64("factor"), generic("rest")
        out = Tiled()(x, factor, rest)
        f = function([x, factor, rest], [out, out.shape, out.T + x], mode=mode)
        value, shape, more = f(X, 3.0, "text")
        np.testing.assert_allclose(value, np.stack([X * 3] * 2, axis=1))
        assert shape.tolist() == [5, 2]
        np.testing.assert_allclose(more, np.stack([X * 4] * 2))

    def test_in_loops(self, mode):
        for op in (ext.Doubled(), ext.Negated(), ext.Reversed(), ext.Counted(), ext.Scaled(2.0)):
            steps, _ = theano.scan(lambda s, e, op=op: op(s) + e, outputs_info=[x], non_sequences=[T.exp(x)], n_steps=2)
            found = function([x], [steps, T.exp(x)], mode=mode)(X)
            first, second = ext.by_hand([x], [op(x), op(op(x) + T.exp(x))], [X])
            np.testing.assert_allclose(found[0], [first + np.exp(X), second + np.exp(X)])
            np.testing.assert_allclose(found[1], np.exp(X))

    def test_in_branches(self, mode):
        c, e = T.lscalar("c"), T.exp(x)
        then, otherwise = ext.Negated()(e) + e, ext.Counted()(x)
        f = function([x, c], theano.ifelse.ifelse(c, then, otherwise), mode=mode)
        np.testing.assert_allclose(f(X, 1), 0 * X)
        np.testing.assert_allclose(f(X, 0), X + 5)

    def test_boxes_are_shared_updated_and_copied(self, mode):
        b, kept = ext.box("b"), ext.shared_box([1])
        f = function([b], [kept, b], updates=[(kept, b)], mode=mode)
        mine = {"numbers": [5.0]}
        before, same = f(mine)
        assert (before, same, kept.get_value()) == ({"numbers": [1.0]}, mine, mine)
        same["numbers"].append(7), kept.get_value(borrow=True)["numbers"].append(8)
        assert mine == {"numbers": [5.0]}
        assert f([2, 3])[0] == {"numbers": [5.0, 8]}

    def test_a_constant_that_is_no_array(self, mode):
        constant = ext.box.make_constant([4])
        f = function([x], [ext.Appended()(constant, x), constant], mode=mode)
        for _ in range(2):
            assert f([1, 2]) == [{"numbers": [4.0, 3.0]}, {"numbers": [4.0]}]

    def test_one_object_as_two_outputs(self, mode):
        b = ext.box("b")
        made = ext.Boxed()(x)
        first, second, third = function([x, b], [made, made, ext.SameBox()(made)], mode=mode, on_unused_input="ignore")(X, [1])
        assert first == second == third
        assert not share(first, second) and not share(first, third)

    def test_an_exception_changes_nothing_and_says_where(self, mode):
        class Failing(ext.OfVectors):
            destroy_map = {0: [0]}

            def compute(self, x):
                x[...] = 0
                raise FloatingPointError("on purpose")

        s, kept, b = theano.shared(X.copy()), ext.shared_box([1]), ext.box("b")
        updates = [(s, s * 2), (kept, ext.Appended()(kept, x))]
        f = function([x, b], [Failing()(x) + s, b], updates=updates, mode=mode)
        mine, given = {"numbers": [5.0]}, X.copy()
        with pytest.raises(FloatingPointError, match="on purpose") as caught:
            f(given, mine)
        (note,) = caught.value.__notes__
        assert note.startswith("in Failing.perform, applied at test_extensions.py:") and "input 0  x  float64 (5,)" in note
        assert caught.traceback[-1].name == "compute"
        np.testing.assert_array_equal(given, X)
        np.testing.assert_array_equal(s.get_value(), X)
        assert kept.get_value() == {"numbers": [1.0]} and mine == {"numbers": [5.0]}


def test_a_value_that_cannot_be_shown_does_not_hide_the_error():
    class Shy:
        def __repr__(self):
            raise RuntimeError("not now")

    class Failing(Op):
        itypes, otypes = [generic], [generic]

        def perform(self, node, inputs, output_storage):
            raise KeyError("the error")

    g = generic("g")
    with pytest.raises(KeyError, match="the error") as caught:
        theano.function([g], Failing()(g))(Shy())
    assert "input 0  g  Shy <Shy instance" in caught.value.__notes__[0]


def test_debug_perform_is_for_the_judge():
    class Debugged(ext.Doubled):
        def debug_perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0] * 200

    np.testing.assert_allclose(function([x], Debugged()(x))(X), X * 2)
    np.testing.assert_allclose(function([x], Debugged()(x), mode="REFERENCE")(X), X * 200)


def test_python_steps_are_in_the_profile():
    f = function([x], ext.Counted()(ext.Doubled()(T.exp(x))) + 1, profile=True)
    f(X), f(X)
    assert f.profile.python_steps == 2
    steps = [step for step in f.profile.steps if step.kind == "Python step"]
    assert [step.runs for step in steps] == [2, 2] and all(step.nanoseconds > 0 for step in steps)
    assert [step.text.partition("   #")[0] for step in steps] == ["Python: Doubled runs its perform", "Python: Counted runs its thunk"]
    assert all(line.startswith("test_extensions.py:") for step in steps for line in step.lines)


def test_threads_have_storage_of_their_own():
    f = function([x], ext.Counted()(x) * 1)
    wrong = []

    def work(k):
        for n in range(1, 200):
            value = np.full(n % 7 + 1, float(k))
            if not np.array_equal(f(value), value + len(value)):
                wrong.append((k, n))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert not wrong


@as_op(itypes=[T.dvector, T.lscalar], otypes=[T.dvector], infer_shape=lambda node, shapes: [(shapes[0][0] * 2,)])
def repeated(v, n):
    return np.append(v, v * n)


def test_a_function_as_an_op():
    n = T.lscalar("n")
    out = repeated(x, n)
    f = theano.function([x, n], [out, out.shape[0]])
    np.testing.assert_array_equal(f(X, 3)[0], np.append(X, 3 * X))
    assert f(X, 3)[1] == 10 and str(repeated) == "FromFunctionOp{repeated}"
    assert pickle.loads(pickle.dumps(repeated)) is repeated
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(out)).owner.op.fn(X, 2), np.append(X, 2 * X))


def test_test_values():
    with theano.config.change_flags(compute_test_value="raise"):
        v = T.dvector("v")
        v.tag.test_value = X.copy()
        found = [op(v).tag.test_value for op in (ext.Scaled(2.0), ext.Counted(), ext.Negated())]
    np.testing.assert_array_equal(found, [X * 2, X + 5, -X])
    np.testing.assert_array_equal(v.tag.test_value, X)


def test_many_in_a_row_compile_at_the_default_recursion_limit():
    y = x
    for _ in range(700):
        y = ext.Counted()(y)
    np.testing.assert_allclose(theano.function([x], y)(X), X + 700 * len(X))


def test_params_type_of_attributes():
    kind = ParamsType(factor=scalar.float64)
    assert ext.Scaled(2).get_params(None) == kind.get_params(ext.Scaled(2.0))
    assert ext.Scaled(2)(x).owner.run_params().factor == 2.0


def test_values_go_into_the_storage_that_there_is():
    class Pool(ext.Box):
        def filter_inplace(self, value, storage, strict=False, allow_downcast=None):
            value = self.filter(value, strict, allow_downcast)
            if storage is None:
                return value
            storage["numbers"][:] = value["numbers"]
            return storage

    pool = theano.tensor.sharedvar.SharedVariable("pool", Pool(), [1, 2], strict=False)
    held = pool.get_value(borrow=True)
    pool.set_value([3])
    assert pool.get_value(borrow=True) is held and held == {"numbers": [3.0]}
