"""Laws of the elementwise operations that take complex numbers: their code against high precision, C99's special values and NumPy.

Errors are counted in units in the last place of the modulus of the result.
"""

import math

import mpmath
import numpy as np
import pytest

import theano
from tests.laws.elementwise import accepted, arity
from theano.dtypes import COMPLEX, real_of
from theano.scalar import OPS
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Complex, Trace
from theano.tensor import TensorType
from theano.tensor.elemwise import elemwise

WITH_CODE = [op for op in OPS.values() if accepted(op, *("complex128",) * arity(op)) and op.has_code(*("complex128",) * arity(op))]
FROM_PARTS = [OPS["complex"], OPS["complex_from_polar"]]
EXACT = ("real", "imag", "conj", "neg", "add", "sub", "identity", "second")
TRUTH = {
    "abs_": abs, "mul": lambda a, b: a * b, "true_div": lambda a, b: a / b, "sqr": lambda a: a * a, "inv": lambda a: 1 / a,
    "exp2": lambda a: mpmath.power(2, a), "log2": lambda a: mpmath.log(a, 2), "log10": lambda a: mpmath.log(a, 10),
    "arcsin": mpmath.asin, "arccos": mpmath.acos, "arctan": mpmath.atan, "arcsinh": mpmath.asinh, "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh, "angle": mpmath.arg, "deg2rad": lambda a: a * mpmath.pi / 180, "rad2deg": lambda a: a * 180 / mpmath.pi,
}  # fmt: skip
TRUTH |= {name: getattr(mpmath, name) for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")}
LIKE_C99 = (
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "arcsin",
    "arccos",
    "arctan",
    "arcsinh",
    "arccosh",
    "arctanh",
)
CORNERS = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 1e3, math.inf, -math.inf, math.nan)
ULP = 3.0
named = pytest.mark.parametrize


def computed(op, *arrays):
    """By the code of the operation, without a machine to emit for."""
    trace = Trace()
    leaves, parts = [], {}
    for k, array in enumerate(arrays):
        if array.dtype.name in COMPLEX:
            parts |= {(k, 0): np.ascontiguousarray(array.real), (k, 1): np.ascontiguousarray(array.imag)}
            leaves.append(Complex(*(trace.leaf("input", real_of(array.dtype.name), (k, part)) for part in (0, 1))))
        else:
            parts[k] = array
            leaves.append(trace.leaf("input", array.dtype.name, k))
    value = op.trace(trace, *leaves)
    return joined(evaluate(list(value.parts), lambda leaf: parts[leaf.data], portable=True), value.dtype)


def joined(parts, dtype):
    if len(parts) == 1:
        return np.asarray(parts[0], dtype)
    result = np.empty(np.broadcast(*parts).shape, dtype)
    result.real, result.imag = parts
    return result


def pairs(values, dtype):
    real, imag = np.meshgrid(np.array(values, real_of(dtype)), np.array(values, real_of(dtype)))
    return joined([real.ravel(), imag.ravel()], dtype)


def sampled(dtype, count, seed):
    """Of all sizes, near the unit circle, and near the branch points 1, -1, i and -i."""
    rng = np.random.default_rng(seed)
    largest = math.log10(np.finfo(dtype).max) * 0.4

    def part():
        size = np.where(rng.random(count) < 0.3, 10 ** rng.uniform(-largest, largest, count), rng.uniform(0, 4, count))
        return size * rng.choice([-1, 1], count)

    circle = np.exp(1j * rng.uniform(-np.pi, np.pi, count)) * (1 + rng.choice([-1, 1], count) * 10 ** rng.uniform(-15, -1, count))
    points = rng.choice([1, -1, 1j, -1j], count) + 10 ** rng.uniform(-10, -1, count) * circle
    return np.concatenate([part() + 1j * part(), circle, points]).astype(dtype)


def limited(name, array):
    """Where the function is not periodic beyond what its argument can tell, and its result not infinite."""
    if name in ("exp", "exp2", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "softplus"):
        array = array[(abs(array.real) < 80) & (abs(array.imag) < 80)]
    return array


def units(got, truth, dtype):
    """The error, in units of the last place of the modulus (or of the least number)."""
    limits = np.finfo(dtype)
    unit = max(abs(truth) * mpmath.mpf(float(limits.eps)), mpmath.mpf(float(limits.smallest_subnormal)))
    return float(abs(mpmath.mpc(float(np.real(got)), float(np.imag(got))) - truth) / unit)


@named("dtype", COMPLEX)
@named("name", TRUTH)
def test_error(name, dtype):
    op = OPS[name]
    count = 60
    first, *others = (limited(name, sampled(dtype, count, seed)) for seed in range(arity(op)))
    arrays = [first, *(other[: len(first)] for other in others)]
    got = computed(op, *arrays)
    with mpmath.workprec(600):
        for k, numbers in enumerate(zip(*arrays, strict=True)):
            truth = mpmath.mpmathify(TRUTH[name](*(mpmath.mpc(float(x.real), float(x.imag)) for x in numbers)))
            if np.isfinite(got[k]):  # or too large for the format
                assert units(got[k], truth, got.dtype) < ULP, (numbers, got[k], complex(truth))
            else:
                assert abs(truth) > 0.5 * np.finfo(got.dtype).max, (numbers, got[k], complex(truth))


@named("dtype", COMPLEX)
@named("name", [name for name in TRUTH if name.startswith("arc")])
def test_error_far_away(name, dtype):
    """Where squares lose the 1 beside them, which angles still tell."""
    rng = np.random.default_rng(0)
    numbers = (10 ** rng.uniform(3, 17, 60) * np.exp(1j * rng.uniform(-np.pi, np.pi, 60))).astype(dtype)
    with mpmath.workprec(600):
        for z, found in zip(numbers, computed(OPS[name], numbers), strict=True):
            assert units(found, TRUTH[name](mpmath.mpc(complex(z))), dtype) < ULP, (z, found)


@named("dtype", COMPLEX)
def test_error_of_powers(dtype):
    """It grows with the exponent's share in the logarithm of the result."""
    z, w = sampled(dtype, 60, 0), sampled(dtype, 60, 1)
    z, w = z[abs(z) < 1e3], w[abs(w) < 5]
    count = min(len(z), len(w))
    z, w = z[:count], np.where(np.arange(count) % 3 == 0, np.round(w.real[:count]), w[:count]).astype(dtype)
    got = computed(OPS["pow"], z, w)
    with mpmath.workprec(600):
        for a, b, result in zip(z, w, got, strict=True):
            exponent = mpmath.mpc(complex(b)) * mpmath.log(mpmath.mpc(complex(a)))
            if np.isfinite(result) and abs(exponent) < 80:
                assert units(result, mpmath.exp(exponent), dtype) < 3 + 3 * abs(exponent) + 3 * abs(b), (a, b, result)


@named("name", LIKE_C99)
def test_special_values_are_those_of_c99(name):
    """NumPy's are, on the machines of these tests; signs that C99 leaves open are not compared."""
    z = pairs(CORNERS, "complex128")
    got = computed(OPS[name], z)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(z)
    for number, ours, theirs in zip(z, got, expected, strict=True):
        for a, b in ((ours.real, theirs.real), (ours.imag, theirs.imag)):
            assert np.isnan(a) == np.isnan(b), (number, ours, theirs)
            if np.isfinite(number):
                assert np.signbit(a) == np.signbit(b), (number, ours, theirs)
            if not np.isnan(a):
                assert abs(a) == abs(b) or abs(a - b) <= 1e-13 * abs(theirs), (number, ours, theirs)


@named("name", ["mul", "true_div", "add", "sub"])
def test_arithmetic_at_the_corners_is_numpys(name):
    z, w = (grid.ravel() for grid in np.meshgrid(pairs(CORNERS, "complex128"), pairs(CORNERS, "complex128")))
    op = OPS[name]
    got, expected = computed(op, z, w), op.evaluate(z, w)[0]
    for part in (np.real, np.imag):
        a, b = part(got), part(expected)
        assert (np.isnan(a) == np.isnan(b)).all()
        known = ~np.isnan(a)
        np.testing.assert_allclose(a[known], b[known], rtol=1e-13)
        assert (np.signbit(a) == np.signbit(b))[known].all()


@named("name", ["lt", "le", "gt", "ge", "eq", "neq", "maximum", "minimum"])
def test_comparisons_at_the_corners_are_numpys(name):
    z, w = (grid.ravel() for grid in np.meshgrid(pairs(CORNERS, "complex128"), pairs(CORNERS, "complex128")))
    op = OPS[name]
    np.testing.assert_array_equal(computed(op, z, w), op.evaluate(z, w)[0])


@named("op", [op for op in WITH_CODE if arity(op) == 1 and (op.name in EXACT or op.name.startswith(("convert_to_", "is")))], ids=repr)
def test_exact_operations_at_the_corners(op):
    z = pairs([c for c in CORNERS if op.name.startswith(("is", "convert_to_c", "real", "imag", "conj")) or abs(c) < 100], "complex128")
    np.testing.assert_array_equal(computed(op, z), op.evaluate(z)[0])


@named("op", FROM_PARTS, ids=repr)
def test_numbers_from_parts(op):
    x, y = (grid.ravel() for grid in np.meshgrid(np.array(CORNERS), np.array(CORNERS)))
    np.testing.assert_allclose(computed(op, x, y), op.evaluate(x, y)[0], rtol=1e-15)
    assert computed(op, np.float32([1]), np.int8([2])).dtype == op.output_dtypes("float32", "int8")[0] == "complex64"


@named("op", [*WITH_CODE, *FROM_PARTS], ids=repr)
def test_every_pair_of_dtypes(op):
    dtypes = ("bool", "int8", "uint32", "int64", "float16", "float32", "float64", *COMPLEX)
    combinations = [(d,) for d in dtypes] if arity(op) == 1 else [(a, b) + (b,) * (arity(op) - 2) for a in dtypes for b in dtypes]
    for given in combinations:
        expected = accepted(op, *given)
        if expected and {expected, *given} & set(COMPLEX):
            assert computed(op, *(np.ones(1, d) for d in given)).dtype == expected, given


def test_native_code():
    """What the machine computes is what the bodies mean: all operations in one program."""
    inputs, outputs, arguments, expected = [], [], [], []
    for dtype in COMPLEX:
        given = [np.concatenate([pairs(CORNERS, dtype), limited("exp", sampled(dtype, 40, seed))[:80]]) for seed in range(3)]
        variables = [TensorType(dtype, (False,))() for _ in given]
        inputs += variables
        arguments += given
        for op in WITH_CODE:
            count = arity(op)
            outputs.append(elemwise(op)(*variables[:count]))
            expected.append((op, computed(op, *given[:count])))
    f = theano.function(inputs, outputs, profile=True)
    for got, (op, want) in zip(f(*arguments), expected, strict=True):
        assert got.dtype == want.dtype
        single = want.dtype in ("complex64", "float32")
        finite = np.isfinite(want)
        np.testing.assert_array_equal(np.isfinite(got), finite, err_msg=op.name)
        np.testing.assert_allclose(
            got[finite], want[finite], rtol=1e-5 if single else 1e-13, atol=1e-6 if single else 1e-14, err_msg=op.name
        )
    assert f.profile.python_steps == 0
