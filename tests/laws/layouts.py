"""The same array as it may lie in memory."""

import numpy as np

LAYOUTS = ("contiguous", "fortran", "strided", "reversed", "transposed", "unaligned", "swapped", "read_only", "broadcast")


def laid_out(array, layout):
    """A copy of ``array`` that lies so; ``broadcast`` repeats the first element along the last axis without memory for it."""
    if layout == "fortran":
        return np.array(array, order="F")
    if layout == "strided":
        wide = np.zeros(tuple(2 * size for size in array.shape), array.dtype)
        wide[(slice(None, None, 2),) * array.ndim] = array
        return wide[(slice(None, None, 2),) * array.ndim]
    if layout == "reversed":
        backwards = (slice(None, None, -1),) * array.ndim
        return array[backwards].copy()[backwards]
    if layout == "transposed":
        return array.T.copy().T
    if layout == "unaligned":
        memory = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
        memory[...] = array
        return memory
    if layout == "swapped":
        return array.astype(array.dtype.newbyteorder())
    if layout == "broadcast" and array.ndim and array.size:
        return np.broadcast_to(array[..., :1], array.shape)
    copy = np.array(array)
    copy.flags.writeable = layout != "read_only"
    return copy
