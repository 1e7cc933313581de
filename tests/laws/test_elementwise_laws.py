"""Laws of every declared elementwise operation, derived from its declaration.

Value against the reference, derivatives against finite differences, dtypes against the table of the classic system, the algebraic
facts that rewriting relies on.  Nothing here names an operation unless it is to widen what is tested.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.classic import uncomputable
from tests.laws.elementwise import COUNT, NATIVE, accepted, arity, assert_close, corners, sample, traced
from theano.dtypes import ALL, COMPLEX, FLOATS
from theano.errors import CompileError
from theano.flags import config
from theano.scalar import OPS, UNKNOWN
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import REAL, Trace

TABLES = {
    floatX: Path(__file__).parents[1] / "data" / name for floatX, name in (("float64", "dtypes.json"), ("float32", "dtypes.float32.json"))
}


DIFFERENTIABLE = [op for op in OPS.values() if op.differentiable]
named = pytest.mark.parametrize


@named("op", NATIVE, ids=repr)
def test_body_agrees_with_reference_on_the_domain(op):
    for dtype in REAL:
        if accepted(op, *(dtype,) * arity(op)) in REAL:
            arrays = sample(op, (dtype,) * arity(op))
            assert_close(op, traced(op, arrays, portable=True), op.evaluate(*arrays)[0], arrays)


@named("op", NATIVE, ids=repr)
def test_body_agrees_with_reference_at_the_corners(op):
    """NaN, infinities, zeros of both signs, subnormals, the largest numbers, the ends of integers: in all combinations."""
    for dtype in REAL:
        if dtype == "float16" or accepted(op, *(dtype,) * arity(op)) not in REAL:
            continue
        numbers = np.array(corners(dtype, op.everywhere), dtype)
        arrays = [grid.ravel() for grid in np.meshgrid(*(numbers,) * arity(op))]
        assert_close(op, traced(op, arrays, portable=True), op.evaluate(*arrays)[0], arrays)


@named("op", NATIVE, ids=repr)
def test_body_takes_every_pair_of_dtypes(op):
    """What the rule accepts, the body computes, in the dtype of the rule."""
    pairs = [(d,) for d in REAL] if arity(op) == 1 else [(a, b) + (b,) * (arity(op) - 2) for a in REAL for b in REAL]
    for dtypes in pairs:
        expected = accepted(op, *dtypes)
        if expected in REAL:
            trace = Trace()
            result = op.trace(trace, *(trace.leaf("input", d, k) for k, d in enumerate(dtypes)))
            assert result.dtype == expected, dtypes


@named("floatX", TABLES)
def test_dtypes_are_the_classic_ones(floatX):
    """Only where the classic system failed may there be a result now; and what it could build and not compute is refused: floor division
    of complex numbers, bits of floats."""
    table = json.loads(TABLES[floatX].read_text())
    checked = 0
    with config.change_flags(floatX=floatX):
        for name, op in OPS.items():
            for arguments, expected in _rows(table, name):
                if expected.startswith("!") or uncomputable(name, *arguments):
                    continue
                if name in ("and_", "or_", "xor") and expected == "float64":
                    continue
                assert accepted(op, *arguments) == expected, (name, arguments)
                checked += 1
    assert checked > 4000


@named("op", OPS.values(), ids=repr)
def test_what_accepts_complex_numbers_has_a_value_for_them(op):
    for dtype in COMPLEX:
        if accepted(op, *(dtype,) * arity(op)):
            op.evaluate(*[np.array([0.5 + 0.25j], dtype)] * arity(op))


def _rows(table, name):
    one = table["unary"].get(name) or table["nnet"].get(name, {})
    yield from (((dtype,), expected) for dtype, expected in one.items())
    for first, row in table["binary"].get(name, {}).items():
        yield from (((first, second), expected) for second, expected in row.items())


@named("op", DIFFERENTIABLE, ids=repr)
def test_partials_against_finite_differences(op):
    dtypes = ("float64",) * arity(op)
    result = accepted(op, *dtypes)
    if result != "float64":
        return
    arrays = sample(op, dtypes, seed=1)
    partials = [
        np.broadcast_to(p, COUNT) if p is not None and p is not UNKNOWN else p for p in op.partials(*arrays, op.evaluate(*arrays)[0])
    ]
    assert len(partials) == len(arrays)
    for k, partial in enumerate(partials):
        if partial is UNKNOWN:
            continue
        difference = _derivative(op, arrays, k)
        smooth = ~np.isnan(difference)
        assert smooth.mean() > 0.9
        np.testing.assert_allclose(
            np.broadcast_to(0.0 if partial is None else partial, COUNT)[smooth], difference[smooth], rtol=2e-5, atol=2e-6
        )


def _derivative(op, arrays, k, step=1e-4):
    """Richardson's central difference; NaN where it does not settle: at jumps and kinks."""

    def central(h):
        up, down = list(arrays), list(arrays)
        up[k], down[k] = arrays[k] + h, arrays[k] - h
        return (op.evaluate(*up)[0].astype("float64") - op.evaluate(*down)[0]) / (2 * h)

    coarse, fine = central(2 * step), central(step)
    settled = np.abs(coarse - fine) <= 1e-4 * (1 + np.abs(fine))
    return np.where(settled, fine + (fine - coarse) / 3, np.nan)


@named("op", [op for op in DIFFERENTIABLE if op.has_body], ids=repr)
def test_partials_can_be_traced(op):
    """They use operations only: as instructions they give what they give on arrays."""
    dtypes = ("float64",) * arity(op)
    if accepted(op, *dtypes) not in FLOATS:
        return
    arrays = sample(op, dtypes, seed=2)
    trace = Trace()
    leaves = [trace.leaf("input", "float64", k) for k in range(len(arrays))]
    try:
        traced_partials = op.partials(*leaves, op.trace(trace, *leaves))
    except CompileError:
        pytest.skip("a derivative has no code")
    for symbolic, number in zip(traced_partials, op.partials(*arrays, op.evaluate(*arrays)[0])):
        if hasattr(symbolic, "trace"):
            (value,) = evaluate([symbolic], lambda leaf: arrays[leaf.data])
            np.testing.assert_allclose(value.astype("float64"), np.broadcast_to(number, COUNT), rtol=1e-12)


# ------------------------------------------------------------------------------------------------ algebraic facts


def exact_pairs(op, count):
    """Arguments on which the operation itself is exact: small integers, bools, small whole floats."""
    for dtype in ("int32", "float64", "bool"):
        if accepted(op, *(dtype,) * count) is not None:
            rng = np.random.default_rng(4)
            yield [rng.integers(-9, 10, COUNT).astype(dtype) for _ in range(count)]


def value(op, *arrays):
    return op.evaluate(*arrays)[0]


@named("op", [op for op in OPS.values() if op.commutative], ids=repr)
def test_commutative(op):
    for x, y in exact_pairs(op, 2):
        np.testing.assert_array_equal(value(op, x, y), value(op, y, x))


@named("op", [op for op in OPS.values() if op.associative], ids=repr)
def test_associative(op):
    for x, y, z in exact_pairs(op, 3) if op.nary else (a for a in _triples(op)):
        np.testing.assert_array_equal(value(op, value(op, x, y), z), value(op, x, value(op, y, z)))


def _triples(op):
    for x, y in exact_pairs(op, 2):
        yield x, y, np.roll(x, 1)


@named("op", [op for op in OPS.values() if op.identity is not None], ids=repr)
def test_identity(op):
    for x, _ in exact_pairs(op, 2):
        neutral = np.array(op.identity, x.dtype)
        np.testing.assert_array_equal(value(op, x, neutral), x)
        np.testing.assert_array_equal(value(op, neutral, x), x)


@named("op", [op for op in OPS.values() if op.absorbing is not None], ids=repr)
def test_absorbing(op):
    for x, _ in exact_pairs(op, 2):
        np.testing.assert_array_equal(value(op, x, np.array(op.absorbing, x.dtype)), np.full_like(x, op.absorbing))


@named("op", [op for op in OPS.values() if op.idempotent], ids=repr)
def test_idempotent(op):
    if op.arity == 1:
        (x,) = sample(op, ("float64",))
        once = value(op, x)
        np.testing.assert_array_equal(value(op, once), once)
    else:
        for x, _ in exact_pairs(op, 2):
            np.testing.assert_array_equal(value(op, x, x), x)


@named("op", [op for op in OPS.values() if op.involution], ids=repr)
def test_involution(op):
    for (x,) in exact_pairs(op, 1):
        np.testing.assert_array_equal(value(op, value(op, x)), x)


@named("op", [op for op in OPS.values() if op.inverse], ids=repr)
def test_inverse(op):
    (x,) = sample(op, ("float64",))
    np.testing.assert_allclose(value(OPS[op.inverse], value(op, x)), x, rtol=1e-8, atol=1e-9)


@named("op", OPS.values(), ids=repr)
def test_declaration_is_complete(op):
    assert op.__doc__ and op.__doc__.strip().endswith(".")
    assert OPS[op.name] is op
    assert callable(op.reference)
    assert all(dtype in ALL for dtype in ALL if accepted(op, *(dtype,) * arity(op)))
