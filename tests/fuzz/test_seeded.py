"""Each planted fault is found: that takes minutes."""

import pytest

from tests.fuzz.seeded import FAULTS, found_after


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name):
    assert found_after(name, graphs=3000, seconds=900) is not None
