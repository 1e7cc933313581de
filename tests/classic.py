"""Where the classic tables of dtypes hold no more: what could be built there, and never computed, is refused when it is built.

>>> uncomputable("mod", "complex64"), uncomputable("mod", "int8"), uncomputable("jv", "float64", "complex64")
(True, False, False)
"""

REAL_ONLY = {
    "arctan2", "chi2sf", "gammainc", "gammaincc", "gammaln", "i0", "i1", "int_div", "j0", "j1", "mod", "tri_gamma", "ultra_fast_sigmoid"
}  # fmt: skip
REAL_ORDER = {"iv", "jv"}


def uncomputable(name, *arguments):
    """Whether the classic operation of that name had a dtype for these arguments, and no value."""
    real = arguments if name in REAL_ONLY else arguments[:1] if name in REAL_ORDER else ()
    return any(dtype.startswith("complex") for dtype in real)
