"""A small call of each public name of the classic ``theano.tensor`` and ``theano.scalar``, with its value by NumPy.

Each entry is (what is written, what it must be).  Names in it: ``u`` a vector of numbers between 0 and 1, ``v`` a vector, ``m`` a
matrix, ``s`` a number, ``i`` an integer vector, ``b`` a bool vector; their values have the capital letters.
"""

import re

U = "[0.1, 0.5, 0.9]"
ON_UNIT = {  # functions of one number, by what NumPy or SciPy has for them
    "abs_": "np.abs", "angle": "np.angle", "arccos": "np.arccos", "arcsin": "np.arcsin", "arcsinh": "np.arcsinh", "arctan": "np.arctan",
    "arctanh": "np.arctanh", "ceil": "np.ceil", "conj": "np.conj", "cos": "np.cos", "cosh": "np.cosh", "deg2rad": "np.deg2rad",
    "erf": "sp.erf", "erfc": "sp.erfc", "erfcinv": "sp.erfcinv", "erfcx": "sp.erfcx", "erfinv": "sp.erfinv", "exp": "np.exp",
    "exp2": "np.exp2", "expm1": "np.expm1", "floor": "np.floor", "gamma": "sp.gamma", "gammaln": "sp.gammaln", "i0": "sp.i0",
    "i1": "sp.i1", "imag": "np.imag", "inv": "np.reciprocal", "j0": "sp.j0", "j1": "sp.j1", "log": "np.log", "log10": "np.log10",
    "log1p": "np.log1p", "log2": "np.log2", "neg": "np.negative", "psi": "sp.psi", "rad2deg": "np.rad2deg", "real": "np.real",
    "round_half_to_even": "np.rint", "sgn": "np.sign", "sin": "np.sin", "sinh": "np.sinh", "sqr": "np.square", "sqrt": "np.sqrt",
    "square": "np.square", "tan": "np.tan", "tanh": "np.tanh", "tri_gamma": "partial(sp.polygamma, 1)", "trunc": "np.trunc",
    "tensor_copy": "np.copy", "isnan": "np.isnan", "isinf": "np.isinf", "isnan_": "np.isnan", "isinf_": "np.isinf",
}  # fmt: skip
OF_TWO = {
    "add": "np.add", "sub": "np.subtract", "mul": "np.multiply", "true_div": "np.divide", "floor_div": "np.floor_divide",
    "int_div": "np.floor_divide", "mod": "np.mod", "pow": "np.power", "power": "np.power", "maximum": "np.maximum",
    "minimum": "np.minimum", "arctan2": "np.arctan2", "eq": "np.equal", "neq": "np.not_equal", "lt": "np.less", "le": "np.less_equal",
    "gt": "np.greater", "ge": "np.greater_equal",
}  # fmt: skip
OF_BITS = {
    "and_": "&", "or_": "|", "xor": "^", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^",
}  # fmt: skip

TENSOR = {
    **{name: (f"T.{name}(u)", f"{function}(U)") for name, function in ON_UNIT.items()},
    **{name: (f"T.{name}(v, u)", f"{function}(V, U)") for name, function in OF_TWO.items()},
    **{name: (f"T.{name}(i, 6)", f"I {sign} 6") for name, sign in OF_BITS.items()},
    "arccosh": ("T.arccosh(1 + u)", "np.arccosh(1 + U)"),
    "bitwise_not": ("T.bitwise_not(i)", "~I"),
    "invert": ("T.invert(b)", "~B"),
    "round_half_away_from_zero": ("T.round_half_away_from_zero(u * 3)", "[0, 2, 3]"),
    "chi2sf": ("T.chi2sf(v, 3.0)", "stats.chi2.sf(V, 3)"),
    "gammainc": ("T.gammainc(v, u)", "sp.gammainc(V, U)"),
    "gammaincc": ("T.gammaincc(v, u)", "sp.gammaincc(V, U)"),
    "gammal": ("T.gammal(v, u)", "sp.gammainc(V, U) * sp.gamma(V)"),
    "gammau": ("T.gammau(v, u)", "sp.gammaincc(V, U) * sp.gamma(V)"),
    "iv": ("T.iv(1.5, v)", "sp.iv(1.5, V)"),
    "jv": ("T.jv(1.5, v)", "sp.jv(1.5, V)"),
    "clip": ("T.clip(v, 1, 2)", "np.clip(V, 1, 2)"),
    "complex": ("T.complex(v, u)", "V + 1j * U"),
    "complex_from_polar": ("T.complex_from_polar(v, u)", "V * np.exp(1j * U)"),
    "fill": ("T.fill(v, s)", "[S] * 3"),
    "second": ("T.second(v, s)", "[S] * 3"),
    "switch": ("T.switch(b, v, u)", "np.where(B, V, U)"),
    "where": ("T.where(b, v, u)", "np.where(B, V, U)"),
    "alloc": ("T.alloc(s, 2, 3)", "np.full((2, 3), S)"),
    "default": ("T.default(v, u)", "V"),
    "scalar_from_tensor": ("T.tensor_from_scalar(T.scalar_from_tensor(s))", "S"),
    "tensor_from_scalar": ("T.tensor_from_scalar(T.scalar_from_tensor(s))", "S"),
    "shape": ("T.shape(m)", "[2, 3]"),
    "specify_shape": ("T.specify_shape(m, (2, 3))", "M"),
    "iround": ("T.iround(u * 10)", "[1, 5, 9]"),
    "divmod": ("T.divmod(v, 2)", "list(np.divmod(V, 2))"),
    # reductions
    "sum": ("T.sum(m, axis=1)", "M.sum(1)"),
    "prod": ("T.prod(m, axis=0)", "M.prod(0)"),
    "mean": ("T.mean(m)", "M.mean()"),
    "var": ("T.var(m, ddof=1)", "M.var(ddof=1)"),
    "std": ("T.std(m, axis=0, keepdims=True)", "M.std(0, keepdims=True)"),
    "max": ("T.max(m, 1)", "M.max(1)"),
    "min": ("T.min(m, 1)", "M.min(1)"),
    "any": ("T.any(b)", "True"),
    "all": ("T.all(b)", "False"),
    "argmax": ("T.argmax(m, axis=1)", "M.argmax(1)"),
    "argmin": ("T.argmin(m)", "M.argmin()"),
    "max_and_argmax": ("T.max_and_argmax(m, 0)", "[M.max(0), M.argmax(0)]"),
    "ptp": ("T.ptp(m, 0)", "np.ptp(M, 0)"),
    "cov": ("T.cov(m)", "np.cov(M)"),
    "makeKeepDims": ("T.makeKeepDims(m, m.sum(1), 1)", "M.sum(1, keepdims=True)"),
    "cumsum": ("T.cumsum(m, 1)", "M.cumsum(1)"),
    "cumprod": ("T.cumprod(m, 0)", "M.cumprod(0)"),
    # products
    "dot": ("T.dot(m, v)", "M @ V"),
    "outer": ("T.outer(v, u)", "np.outer(V, U)"),
    "tensordot": ("T.tensordot(m, m, [[1], [1]])", "M @ M.T"),
    "batched_dot": ("T.batched_dot(m, m)", "(M * M).sum(1)"),
    "batched_tensordot": ("T.batched_tensordot(m, m, 1)", "(M * M).sum(1)"),
    # form
    "addbroadcast": ("T.addbroadcast(m[:1], 0) + m", "M + M[:1]"),
    "unbroadcast": ("T.unbroadcast(m.dimshuffle('x', 0, 1), 0)", "M[None]"),
    "patternbroadcast": ("T.patternbroadcast(m[:1], (True, False)) + m", "M + M[:1]"),
    "concatenate": ("T.concatenate([m, m], axis=1)", "np.concatenate([M, M], 1)"),
    "join": ("T.join(0, m, m)", "np.concatenate([M, M])"),
    "stack": ("T.stack([v, u])", "np.stack([V, U])"),
    "stacklists": ("T.stacklists([[s, s], [s, s]])", "np.full((2, 2), S)"),
    "split": ("T.split(v, [1, 2], 2)", "[V[:1], V[1:]]"),
    "horizontal_stack": ("T.horizontal_stack(m, m)", "np.hstack([M, M])"),
    "vertical_stack": ("T.vertical_stack(m, m)", "np.vstack([M, M])"),
    "flatten": ("T.flatten(m)", "M.ravel()"),
    "reshape": ("T.reshape(m, (3, 2))", "M.reshape(3, 2)"),
    "transpose": ("T.transpose(m)", "M.T"),
    "swapaxes": ("T.swapaxes(m, 0, 1)", "M.T"),
    "squeeze": ("T.squeeze(m.dimshuffle(0, 'x', 1))", "M"),
    "shape_padleft": ("T.shape_padleft(v)", "V[None]"),
    "shape_padright": ("T.shape_padright(v, 2)", "V[:, None, None]"),
    "shape_padaxis": ("T.shape_padaxis(m, 1)", "M[:, None]"),
    "roll": ("T.roll(v, 1)", "np.roll(V, 1)"),
    "repeat": ("T.repeat(v, 2)", "np.repeat(V, 2)"),
    "tile": ("T.tile(m, (2, 1))", "np.tile(M, (2, 1))"),
    # indices, order, choice
    "Subtensor": ("T.Subtensor([slice(0, 2)])(v, 0, 2)", "V[:2]"),
    "set_subtensor": ("T.set_subtensor(v[:1], 9)", "[9, *V[1:]]"),
    "inc_subtensor": ("T.inc_subtensor(v[:1], 9)", "[9 + V[0], *V[1:]]"),
    "take": ("T.take(v, [2, 0])", "V[[2, 0]]"),
    "choose": ("T.choose(i % 2, [v, u])", "np.choose(I % 2, [V, U])"),
    "nonzero": ("T.nonzero(b)", "list(np.nonzero(B))"),
    "flatnonzero": ("T.flatnonzero(b)", "np.flatnonzero(B)"),
    "nonzero_values": ("T.nonzero_values(i)", "I[I != 0]"),
    "sort": ("T.sort(m)", "np.sort(M)"),
    "argsort": ("T.argsort(m)", "np.argsort(M)"),
    "topk": ("T.topk(v, 2)", "[3, 2]"),
    "argtopk": ("T.argtopk(v, 2)", "[1, 2]"),
    "topk_and_argtopk": ("T.topk_and_argtopk(v, -1)", "[[0.5], [0]]"),
    "inverse_permutation": ("T.inverse_permutation(T.constant([2, 0, 1]))", "[1, 2, 0]"),
    "permute_row_elements": ("T.permute_row_elements(v, T.constant([2, 0, 1]))", "V[[2, 0, 1]]"),
    "ravel_multi_index": ("T.ravel_multi_index((i, i), (6, 6))", "I * 7"),
    "unravel_index": ("T.unravel_index(i, (2, 3))", "list(np.unravel_index(I, (2, 3)))"),
    "bincount": ("T.bincount(i)", "np.bincount(I)"),
    # making
    "arange": ("T.arange(1, 7, 2)", "np.arange(1, 7, 2)"),
    "bartlett": ("T.bartlett(4)", "np.bartlett(4)"),
    "mgrid": ("T.mgrid[0:2, 0:3]", "list(np.mgrid[0:2, 0:3])"),
    "ogrid": ("T.ogrid[0:2, 0:3]", "list(np.ogrid[0:2, 0:3])"),
    "zeros": ("T.zeros((2, 3))", "np.zeros((2, 3))"),
    "ones": ("T.ones((2, 3), 'int8')", "np.ones((2, 3), 'int8')"),
    "zeros_like": ("T.zeros_like(m)", "np.zeros((2, 3))"),
    "ones_like": ("T.ones_like(i)", "np.ones(3, int)"),
    "eye": ("T.eye(3, 4, 1)", "np.eye(3, 4, 1)"),
    "identity_like": ("T.identity_like(m)", "np.eye(2, 3)"),
    "tri": ("T.tri(3, 4, 1)", "np.tri(3, 4, 1)"),
    "tril": ("T.tril(m)", "np.tril(M)"),
    "triu": ("T.triu(m, 1)", "np.triu(M, 1)"),
    "diag": ("T.diag(v)", "np.diag(V)"),
    "diagonal": ("T.diagonal(m, 1)", "np.diagonal(M, 1)"),
    "fill_diagonal": ("T.fill_diagonal(m, 0)", "np.where(np.eye(2, 3), 0, M)"),
    "fill_diagonal_offset": ("T.fill_diagonal_offset(m, 0, 1)", "np.where(np.eye(2, 3, 1), 0, M)"),
    "as_tensor": ("T.as_tensor([1, 2])", "[1, 2]"),
    "as_tensor_variable": ("T.as_tensor_variable([s, s])", "[S, S]"),
    "constant": ("T.constant([1.5])", "[1.5]"),
    "cast": ("T.cast(v, 'int32')", "V.astype('int32')"),
    "round": ("T.round(u, mode='half_to_even')", "np.rint(U)"),
    "isclose": ("T.isclose(v, v + 1e-12)", "[True] * 3"),
    "allclose": ("T.allclose(v, u)", "False"),
    "transfer": ("T.transfer(v, 'cpu')", "V"),
    # derivatives
    "grad": ("T.grad(T.sum(v**3), v)", "3 * V**2"),
    "Lop": ("T.Lop(v**2, v, u)", "2 * V * U"),
    "Rop": ("T.Rop(v**2, v, u)", "2 * V * U"),
    "jacobian": ("T.jacobian(v**2, v)", "np.diag(2 * V)"),
    "hessian": ("T.hessian(T.sum(v**3), v)", "np.diag(6 * V)"),
    "consider_constant": ("T.grad(T.sum(v * quietly(T.consider_constant, v)), v)", "V"),
    "verify_grad": ("T.verify_grad(T.exp, [V], rng=np.random.RandomState(0))", "None"),
    "numeric_grad": ("T.numeric_grad(lambda x: (x**2).sum(), [V]).gf[0]", "2 * V"),
    "grad_undefined": ("T.grad_undefined(T.exp, 0, v).type.why_null.count('exp') > 0", "True"),
    "grad_not_implemented": ("T.grad_not_implemented(T.exp, 0, v).type.why_null.count('exp') > 0", "True"),
    # facts
    "extract_constant": ("T.extract_constant(T.constant(3))", "3"),
    "get_scalar_constant_value": ("T.get_scalar_constant_value(T.constant(3) + 0 * T.constant(1))", "3"),
    "get_vector_length": ("T.get_vector_length(T.stack([s, s]))", "2"),
    "all_dtypes": ("'bool' in T.all_dtypes and len(T.all_dtypes)", "14"),
    "discrete_dtypes": ("sorted(T.discrete_dtypes)[0]", "'bool'"),
    "continuous_dtypes": ("set(T.continuous_dtypes) >= {'float16', 'complex64'}", "True"),
    "integer_dtypes": ("set(T.integer_dtypes) == set(T.int_dtypes) | set(T.uint_dtypes)", "True"),
    "int_dtypes": ("sorted(T.int_dtypes)", "['int16', 'int32', 'int64', 'int8']"),
    "uint_dtypes": ("sorted(T.uint_dtypes)", "['uint16', 'uint32', 'uint64', 'uint8']"),
    "float_dtypes": ("sorted(T.float_dtypes)", "['float16', 'float32', 'float64']"),
    "complex_dtypes": ("sorted(T.complex_dtypes)", "['complex128', 'complex64']"),
    "config": ("T.config.floatX", "'float64'"),
    "NoneConst": ("T.NoneConst.data", "None"),
    # classes
    "Apply": ("isinstance((v + 1).owner, T.Apply)", "True"),
    "Constant": ("T.Constant(T.dscalar, np.array(2.0)).data", "2.0"),
    "Variable": ("isinstance(v, T.Variable)", "True"),
    "Op": ("isinstance((v + 1).owner.op, T.Op)", "True"),
    "Elemwise": ("T.Elemwise(theano.scalar.exp)(v)", "np.exp(V)"),
    "Tensor": ("T.Tensor('float64', (False,))() .type == v.type", "True"),
    "TensorType": ("T.TensorType('float64', (False,))().type == v.type", "True"),
    "TensorConstant": ("T.TensorConstant(T.dvector, np.array([1.0, 2.0])) * 2", "[2, 4]"),
    "TensorVariable": ("T.TensorVariable(T.dvector).type == v.type", "True"),
    "_tensor_py_operators": ("isinstance(v, T._tensor_py_operators)", "True"),
}

OPERATORS = {
    "__abs__": ("abs(-v)", "V"), "__neg__": ("-v", "-V"), "__lt__": ("v < 2", "V < 2"), "__le__": ("v <= 2", "V <= 2"),
    "__gt__": ("v > 2", "V > 2"), "__ge__": ("v >= 2", "V >= 2"), "__ne__": ("(v != v, v != u)", "(False, True)"),
    "__bool__": ("bool(v)", "True"), "__nonzero__": ("v.__nonzero__()", "True"), "__invert__": ("~b", "~B"), "__and__": ("i & 6", "I & 6"),
    "__or__": ("i | 6", "I | 6"), "__xor__": ("i ^ 6", "I ^ 6"), "__rand__": ("6 & i", "I & 6"), "__ror__": ("6 | i", "I | 6"),
    "__rxor__": ("6 ^ i", "I ^ 6"), "__add__": ("v + u", "V + U"), "__sub__": ("v - u", "V - U"), "__mul__": ("v * u", "V * U"),
    "__div__": ("v.__div__(u)", "V / U"), "__rdiv__": ("v.__rdiv__(3)", "3 / V"), "__pow__": ("v ** u", "V ** U"),
    "__mod__": ("v % 2", "V % 2"), "__divmod__": ("divmod(v, 2)", "list(divmod(V, 2))"), "__truediv__": ("v / u", "V / U"),
    "__floordiv__": ("v // 2", "V // 2"), "__rtruediv__": ("3 / v", "3 / V"), "__rfloordiv__": ("3 // v", "3 // V"),
    "__radd__": ("3 + v", "3 + V"), "__rsub__": ("3 - v", "3 - V"), "__rmul__": ("3 * v", "3 * V"), "__rmod__": ("3 % v", "3 % V"),
    "__rdivmod__": ("divmod(3, v)", "list(divmod(3, V))"), "__rpow__": ("3 ** v", "3 ** V"), "__ceil__": ("math.ceil(v)", "np.ceil(V)"),
    "__floor__": ("math.floor(v)", "np.floor(V)"), "__trunc__": ("math.trunc(v)", "np.trunc(V)"), "__getitem__": ("m[1, ::2]", "M[1, ::2]"),
    "__iter__": ("list(T.stack([s, s]))", "[S, S]"), "__dot__": ("m.__dot__(v)", "M @ V"), "__rdot__": ("v.__rdot__(m)", "M @ V"),
    "__str__": ("str(v)", "'v'"), "__repr__": ("repr(v)", "'v'"), "__getstate__": ("v.__getstate__()['name']", "'v'"),
    "__array_priority__": ("V + v", "V + V"),
}  # fmt: skip

METHODS = {
    **{name: (f"u.{name}()", f"{ON_UNIT[name]}(U)") for name in (
        "arccos", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh", "deg2rad", "exp", "exp2", "expm1", "floor", "log", "log10",
        "log1p", "log2", "rad2deg", "sin", "sinh", "sqrt", "tan", "tanh", "trunc", "conj",
    )},
    "arccosh": ("(1 + u).arccosh()", "np.arccosh(1 + U)"), "conjugate": ("u.conjugate()", "U"), "clip": ("v.clip(1, 2)", "np.clip(V, 1, 2)"),
    "astype": ("v.astype('int8')", "V.astype('int8')"), "round": ("u.round()", "np.rint(U)"), "copy": ("v.copy()", "V"),
    "fill": ("v.fill(s)", "[S] * 3"), "zeros_like": ("v.zeros_like()", "[0.0] * 3"), "ones_like": ("v.ones_like()", "[1.0] * 3"),
    "sum": ("m.sum(1)", "M.sum(1)"), "prod": ("m.prod(0)", "M.prod(0)"), "mean": ("m.mean(0)", "M.mean(0)"), "var": ("m.var(1)", "M.var(1)"),
    "std": ("m.std(1)", "M.std(1)"), "min": ("m.min(0)", "M.min(0)"), "max": ("m.max(0)", "M.max(0)"), "argmin": ("m.argmin(1)", "M.argmin(1)"),
    "argmax": ("m.argmax(1)", "M.argmax(1)"), "ptp": ("m.ptp(1)", "np.ptp(M, 1)"), "norm": ("m.norm(2, axis=1)", "np.linalg.norm(M, 2, 1)"),
    "any": ("b.any()", "True"), "all": ("b.all()", "False"), "cumsum": ("m.cumsum(0)", "M.cumsum(0)"), "cumprod": ("m.cumprod(0)", "M.cumprod(0)"),
    "trace": ("m.trace()", "np.trace(M)"), "dot": ("m.dot(v)", "M @ V"), "diagonal": ("m.diagonal()", "M.diagonal()"),
    "transpose": ("m.transpose()", "M.T"), "reshape": ("m.reshape((3, 2))", "M.reshape(3, 2)"), "flatten": ("m.flatten()", "M.ravel()"),
    "ravel": ("m.ravel()", "M.ravel()"), "dimshuffle": ("m.dimshuffle(1, 'x', 0)", "M.T[:, None]"), "swapaxes": ("m.swapaxes(0, 1)", "M.T"),
    "squeeze": ("v.dimshuffle('x', 0).squeeze()", "V"), "repeat": ("v.repeat(2)", "V.repeat(2)"), "take": ("v.take([2, 0])", "V[[2, 0]]"),
    "choose": ("(i % 2).choose([v, u])", "np.choose(I % 2, [V, U])"), "compress": ("b.compress(v)", "V[B]"),
    "nonzero": ("b.nonzero()", "list(B.nonzero())"), "nonzero_values": ("i.nonzero_values()", "I[I != 0]"), "sort": ("m.sort()", "np.sort(M)"),
    "argsort": ("m.argsort()", "M.argsort()"), "searchsorted": ("v.sort().searchsorted(u)", "np.sort(V).searchsorted(U)"),
    "transfer": ("v.transfer('cpu')", "V"), "get_scalar_constant_value": ("T.constant(3).get_scalar_constant_value()", "3"),
    "clone": ("(v.clone().type == v.type, v.clone() is v)", "(True, False)"), "get_parents": ("(v + 1).owner.outputs[0].get_parents()[0].op == T.add", "True"),
    "eval": ("(s * 2).eval({s: 3.0})", "6.0"), "T": ("m.T", "M.T"), "shape": ("m.shape", "[2, 3]"), "size": ("m.size", "6"), "ndim": ("m.ndim", "2"),
    "broadcastable": ("m.broadcastable", "(False, False)"), "dtype": ("m.dtype", "'float64'"), "__slots__": ("T.TensorVariable.__slots__", "NOTHING"),
}  # fmt: skip

OTHERS = {
    "theano.scalar.upcast": ("theano.scalar.upcast('int8', 'uint8')", "'int16'"),
    "theano.scalar.basic.Identity": ("isinstance(theano.scalar.identity, theano.scalar.basic.Identity)", "True"),
    "theano.tensor.extra_ops.compress": ("T.extra_ops.compress(b, v)", "V[B]"),
    "theano.tensor.extra_ops.diff": ("T.extra_ops.diff(v)", "np.diff(V)"),
    "theano.tensor.extra_ops.searchsorted": ("T.extra_ops.searchsorted(v.sort(), u)", "np.sort(V).searchsorted(U)"),
    "theano.tensor.extra_ops.to_one_hot": ("T.extra_ops.to_one_hot(i, 6)", "np.eye(6)[I]"),
}

KINDS = {"scalar": "", "vector": "f", "row": "tf", "col": "ft", "matrix": "ff", **{f"tensor{n}": "f" * n for n in range(3, 8)}}
PLURALS = {kind: "matrices" if kind == "matrix" else kind + "s" for kind in KINDS}
PREFIXES = {
    "b": "int8",
    "w": "int16",
    "i": "int32",
    "l": "int64",
    "f": "float32",
    "d": "float64",
    "c": "complex64",
    "z": "complex128",
    "": "float64",
}


def constructors() -> dict[str, tuple[str, str]]:
    """``fmatrix``, ``tensor3``, ``dvectors`` ...: each makes variables of its type."""
    calls = {}
    for prefix, dtype in PREFIXES.items():
        for kind, pattern in KINDS.items():
            made = f"T.TensorType('{dtype}', {tuple(flag == 't' for flag in pattern)})"
            calls[prefix + kind] = f"T.{prefix}{kind}('x').type == {made}", "True"
            plural = prefix + PLURALS[kind]
            calls[plural] = f"[x.type == {made} and x.name for x in T.{plural}('a', 'b')]", "['a', 'b']"
    return calls


CALLS = {
    **{f"theano.tensor.{name}": call for name, call in {**constructors(), **TENSOR}.items()},
    **{f"theano.tensor.TensorVariable.{name}": call for name, call in {**OPERATORS, **METHODS}.items()},
    **OTHERS,
}


def mentions(name: str) -> bool:
    """Whether the call of ``name`` writes it; operators are written as signs."""
    last = name.rpartition(".")[2]
    return last in OPERATORS or re.search(rf"\b{last}\b", CALLS[name][0]) is not None
