"""The post-order of a graph: every node once, behind its parents, left before right."""

from hypothesis import given
from hypothesis import strategies as st

from microfp.base.order import post_order


@given(st.data())
def test_each_node_stands_once_and_behind_its_parents(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    parents = [
        data.draw(st.lists(st.integers(0, max(0, node - 1)), max_size=3)) if node else []
        for node in range(count)
    ]
    order = post_order(count - 1, parents.__getitem__)
    assert len(set(order)) == len(order)
    assert order[-1] == count - 1
    for place, node in enumerate(order):
        assert set(parents[node]) <= set(order[:place])


def test_parents_are_taken_from_left_to_right() -> None:
    parents = {"y": "ba", "a": "c", "b": "", "c": ""}
    assert post_order("y", parents.__getitem__) == ("b", "c", "a", "y")


def test_depth_is_no_limit() -> None:
    depth = 100_000
    order = post_order(depth, lambda node: range(max(0, node - 1), node))
    assert order == tuple(range(depth + 1))
