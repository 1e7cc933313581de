"""What several tests of graphs begin with."""

import pytest

from tests.graph.ops import add, neg, number


@pytest.fixture
def xyz():
    """x, y and -x + y."""
    x, y = number("x"), number("y")
    return x, y, add(neg(x), y)
