"""Layouts put operands on the left, keep nodes apart, and lose no edge."""

from collections import defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from microfp.explorer.layout import layered

Graph = list[tuple[int, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs of which every node but the last is used; operands may come twice."""
    parents: Graph = [()]
    for node in range(1, draw(st.integers(1, 25))):
        parents.append(tuple(draw(st.lists(st.integers(0, node - 1), max_size=3))))
    used = {parent for operands in parents for parent in operands}
    return [*parents, tuple(node for node in range(len(parents)) if node not in used)]


@given(graphs())
def test_every_edge_goes_right_column_by_column(parents: Graph) -> None:
    drawn = layered(parents)
    for node, operands in enumerate(parents):
        assert len(drawn.bends[node]) == len(operands)
        for parent, bends in zip(operands, drawn.bends[node], strict=True):
            stops = [drawn.places[parent][0], *(x for x, _ in bends), drawn.places[node][0]]
            assert all(b - a == 1.0 for a, b in pairwise(stops))


@given(graphs())
def test_nodes_of_a_column_keep_their_distance(parents: Graph) -> None:
    drawn = layered(parents)
    rows = defaultdict(list)
    for x, y in drawn.places:
        rows[x].append(y)
    assert set(rows) == set(range(drawn.columns))
    for column in rows.values():
        assert all(b - a > 1.0 - 1e-9 for a, b in pairwise(sorted(column)))
        assert min(column) >= 0.0
        assert max(column) <= drawn.rows - 1.0 + 1e-9


@given(graphs())
def test_bends_run_through_no_node(parents: Graph) -> None:
    drawn = layered(parents)
    bends = {bend for ofnode in drawn.bends for edge in ofnode for bend in edge}
    for x, y in bends:
        assert all(abs(y - row) > 0.6 for column, row in drawn.places if column == x)


@given(graphs())
def test_the_edges_of_a_node_share_their_bends(parents: Graph) -> None:
    drawn = layered(parents)
    seen: dict[tuple[int, float], float] = {}
    for operands, ofnode in zip(parents, drawn.bends, strict=True):
        for parent, edge in zip(operands, ofnode, strict=True):
            for x, y in edge:
                assert seen.setdefault((parent, x), y) == y


def test_a_tree_is_drawn_without_crossings() -> None:
    # Leaves in an order that crosses everything, were they drawn as they come.
    drawn = layered([(), (), (), (), (0, 3), (1, 2), (4, 5)])
    left, right = drawn.places[:4], drawn.places[4:6]
    upper, lower = sorted((4, 5), key=lambda node: drawn.places[node][1])
    ends = {4: (0, 3), 5: (1, 2)}
    assert max(left[i][1] for i in ends[upper]) < min(left[i][1] for i in ends[lower])
    assert right[0][1] != right[1][1]


def test_a_chain_is_a_straight_line() -> None:
    drawn = layered([(), (0,), (1,), (2,)])
    assert drawn.places == ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0))
    assert drawn.rows == 1.0
