"""Runs kernels on Oclgrind, a simulator of OpenCL devices that reports races and overruns, in a process of its own.

Its findings go to standard error, and it is configured by environment variables when it is loaded; hence the process.  It takes
pickled jobs (kernel, arrays, sizes, scalars) on standard input and answers with (status, arrays) or an error's text.
"""

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

SETTINGS = {"OCLGRIND_DATA_RACES": "1", "OCLGRIND_UNIFORM_WRITES": "1", "OCLGRIND_MAX_ERRORS": "5", "PYOPENCL_NO_CACHE": "1"}


class Simulator:
    """The parent's side."""

    def __init__(self):
        self.findings = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.device.simulator"],
            cwd=Path(__file__).resolve().parents[2],
            env=os.environ | SETTINGS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.findings,
        )

    def run(self, kernel, arrays, sizes, scalars=()):
        """Run on copies of ``arrays``; returns (status, arrays) and fails if the simulator has anything to report."""
        start = self.findings.seek(0, os.SEEK_END)
        try:
            pickle.dump((kernel, arrays, sizes, scalars), self.process.stdin)
            self.process.stdin.flush()
            error, answer = pickle.load(self.process.stdout)
        except (EOFError, BrokenPipeError):
            error, answer = f"the simulator ended with status {self.process.wait()}", None
        self.findings.seek(start)
        findings = self.findings.read().decode(errors="replace")
        assert not error and not findings, f"{error}\n{findings}"
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.findings.close()


def serve(requests, answers):
    from theano.runtime.opencl import OpenCL

    device = OpenCL("Oclgrind")
    while True:
        try:
            kernel, arrays, sizes, scalars = pickle.load(requests)
        except EOFError:
            return
        try:
            buffers = [device.upload(array) for array in arrays]
            status = device.compile(kernel, "kernel")(buffers, sizes, scalars)
            for buffer, array in zip(buffers, arrays):
                device.download(buffer, array)
            answer = "", (status, arrays)
        except Exception as error:
            answer = f"{type(error).__name__}: {error}", None
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
