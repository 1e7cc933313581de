"""Calls of the public names of ``theano.printing``, ``theano.tensor.io`` and ``theano.tests``, as those in ``calls.py``."""

import tempfile
from pathlib import Path

import numpy as np

FOLDER = tempfile.TemporaryDirectory()


class P:
    """What the calls work on."""

    @staticmethod
    def saved(array):
        """The path of a file that holds the array."""
        path = Path(FOLDER.name) / f"{id(array)}.npy"
        np.save(path, array)
        return str(path)

    @staticmethod
    def kept(f, *args):
        """The call, after which NumPy's global generator is as it was."""
        state = np.random.get_state()
        try:
            return f(*args)
        finally:
            np.random.set_state(state)


IO, TOOLS, STOP = "theano.tensor.io", "theano.tests.unittest_tools", "theano.tests.breakpoint.PdbBreakpoint"
CALLS = {
    "theano.printing.Print": ("theano.printing.Print('v', ['shape'])(v)", "V"),
    "theano.printing.Print.make_node": ("theano.printing.Print('v', ['shape']).make_node(v).out", "V"),
    "theano.printing.debugprint": ("theano.printing.debugprint(u, file='str').startswith('u ')", "True"),
    "theano.printing.pydotprint": ("theano.printing.pydotprint(u, format='dot', return_image=True)[:7]", "b'digraph'"),
    f"{IO}.LoadFromDisk": (f"{IO}.LoadFromDisk('float64', [False])(P.saved(V))", "V"),
    f"{IO}.LoadFromDisk.make_node": (f"{IO}.LoadFromDisk('float64', [False], 'c').make_node(P.saved(V)).out", "V"),
    f"{IO}.load": (f"{IO}.load(P.saved(V), 'float64', [False], mmap_mode='c')", "V"),
    f"{IO}.send": (f"refusal({IO}.send, v, 1, 7) is theano.errors.MethodNotDefined", "True"),
    f"{IO}.isend": (f"refusal({IO}.isend, v, 1, 7) is theano.errors.MethodNotDefined", "True"),
    f"{IO}.recv": (f"refusal({IO}.recv, (3,), 'float64', 1, 7) is theano.errors.MethodNotDefined", "True"),
    f"{IO}.irecv": (f"refusal({IO}.irecv, (3,), 'float64', 1, 7) is theano.errors.MethodNotDefined", "True"),
    f"{IO}.mpi_send_wait_key": (f"{IO}.mpi_send_wait_key((v + 1).owner)", "0"),
    f"{IO}.mpi_tag_key": (f"{IO}.mpi_tag_key((v + 1).owner)", "0"),
    STOP: (f"{STOP}('negative')(T.any(v < 0), v, u)", "[V, U]"),
    f"{STOP}.make_node": (f"{STOP}('negative').make_node(T.any(v < 0), v).out", "V"),
    f"{TOOLS}.assert_allclose": (f"refusal({TOOLS}.assert_allclose, U, V).__name__", "'WrongValue'"),
    f"{TOOLS}.fetch_seed": (f"{TOOLS}.fetch_seed(7)", "7"),
    f"{TOOLS}.seed_rng": (f"P.kept({TOOLS}.seed_rng, 7)", "7"),
    f"{TOOLS}.verify_grad": (f"P.kept({TOOLS}.verify_grad, T.tanh, [U])", "None"),
    "theano.tensor.TensorVariable.__count__": ("next(T.TensorVariable.__count__) < int(v.clone().auto_name[5:])", "True"),
}
MODULES = {"theano.printing", "theano.tests.unittest_tools", "theano.tests.breakpoint"}
