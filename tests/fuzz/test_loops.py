"""Random loops, a few: scanned, unrolled, and by NumPy; ``python -m tests.fuzz --loops`` runs them by the thousands."""

import pytest

from tests.fuzz import loops


@pytest.mark.parametrize("seed", range(8))
def test_all_ways_to_run_a_loop_agree(seed):
    loops.check(loops.random_case(seed))


def test_a_wrong_loop_is_found(monkeypatch):
    """One that a library computes otherwise."""
    monkeypatch.setitem(
        loops.INSTRUCTIONS, "tanh", ("a", "a", lambda L, x: L.tanh(x) if isinstance(L, loops.Symbols) else L.tanh(x) * (1 + 1e-6))
    )
    with pytest.raises(loops.Wrong, match="scan and NumPy"):
        for seed in range(4):
            loops.check(loops.random_case(seed))


def test_every_instruction_and_form_is_drawn():
    drawn = [loops.random_case(seed).loop for seed in range(300)]
    inner = {id(what[0]): what[0] for loop in drawn for what, _ in loop.body if not isinstance(what, str)}
    whole = [*drawn, *inner.values()]
    assert {what for loop in whole for what, _ in loop.body if isinstance(what, str)} == set(loops.INSTRUCTIONS)
    assert {one.form for loop in drawn for one in loop.states} == {"", "dict", "shared"}
    assert {one.kind for loop in drawn for one in loop.states} == set("svmi") == {one.kind for loop in drawn for one in loop.sequences}
    for fact in ("condition", "backwards", "asked", "literal", "explicit", "single", "checkpoint"):
        assert {bool(getattr(loop, fact)) for loop in whole} == {True, False}, fact
    assert {0, 1, 5} <= {loop.steps for loop in drawn} and {-1, 0, 1, 3} <= {loop.truncate for loop in drawn} and len(inner) > 30
