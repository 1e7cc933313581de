"""Random graphs for property tests."""

from hypothesis import strategies as st

from tests.graph.ops import Scale, add, constant, divmod_, neg, number


@st.composite
def graphs(draw, max_nodes=25):
    """(inputs, all variables): leaves, then the outputs of random nodes in the order of building."""
    inputs = [number(name) for name in "abc"[: draw(st.integers(1, 3))]]
    pool = [*inputs, constant(1), constant(2)]
    for kind in draw(st.lists(st.sampled_from(["add", "neg", "divmod", "scale"]), min_size=1, max_size=max_nodes)):

        def pick():
            return pool[draw(st.integers(0, len(pool) - 1))]

        if kind == "add":
            pool.append(add(*(pick() for _ in range(draw(st.integers(1, 4))))))
        elif kind == "neg":
            pool.append(neg(pick()))
        elif kind == "scale":
            pool.append(Scale(draw(st.integers(0, 2)))(pick()))
        else:
            pool.extend(divmod_(pick(), pick()))
    return inputs, pool


def depth_of(variable, memo):
    """The number of nodes on the longest way down, a reference computed by recursion."""
    if variable.owner is None:
        return 0
    if variable not in memo:
        memo[variable] = 1 + max(depth_of(i, memo) for i in variable.owner.inputs)
    return memo[variable]
