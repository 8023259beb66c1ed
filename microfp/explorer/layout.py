"""Where the nodes of a graph stand in a drawing: columns from left to right, few crossings.

The method is that of Sugiyama, Tagawa and Toda, "Methods for visual understanding of
hierarchical system structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981).
A node stands one column before the nearest node that uses it; an edge that spans columns passes
through a bend in each of them, and all edges of one node share their bends. Barycentres order the
columns, and a least-squares fit moves everything next to its neighbours.

>>> drawn = layered([(), (), (0, 1)])
>>> drawn.places
((0.0, 0.0), (0.0, 1.0), (1.0, 0.5))
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

from microfp.record import Record, attr

__all__ = ["Layout", "Place", "layered"]

Place: TypeAlias = tuple[float, float]
"""A column and a row; rows are fractions of the distance between two nodes in a column."""

SWEEPS = 8
BEND_GAP = 0.3


class Layout(Record):
    """A drawing: a place per node, and per operand of each node the bends on its way there.

    >>> layered([()]).columns
    1
    """

    places: tuple[Place, ...] = attr()
    bends: tuple[tuple[tuple[Place, ...], ...], ...] = attr()
    columns: int = attr()
    rows: float = attr()


class _Spot(NamedTuple):
    """What stands in a column: a node, or the bend of its edges there."""

    node: int
    column: int
    bend: bool


Columns: TypeAlias = tuple[tuple[_Spot, ...], ...]
Neighbours: TypeAlias = Mapping[_Spot, Sequence[_Spot]]


def layered(parents: Sequence[Sequence[int]]) -> Layout:
    """Lay out a graph in columns, operands to the left of what is computed from them.

    Args:
        parents: For each node the numbers of its operands, all smaller than its own; every node
            but the last is an operand of another.

    Returns:
        The places of the nodes, in rows from 0.0 on, and the bends of the edges.

    >>> chain_and_shortcut = layered([(), (0,), (1,), (0, 2)])
    >>> [len(bends) for bends in chain_and_shortcut.bends[3]]
    [2, 0]
    """
    column = _columns(parents)
    tracks = _tracks(parents, column)
    left, right = _neighbours(parents, tracks)
    ordered = _ordered(_initial(tracks), left, right)
    row = _rows(ordered, left, right)
    top = min(row.values())
    place = {spot: (float(spot.column), height - top) for spot, height in row.items()}
    return Layout(
        places=tuple(place[track[0]] for track in tracks),
        bends=tuple(
            tuple(tuple(place[s] for s in tracks[p][1 : column[n] - column[p]]) for p in operands)
            for n, operands in enumerate(parents)
        ),
        columns=len(ordered),
        rows=max(row.values()) - top + 1.0,
    )


def _columns(parents: Sequence[Sequence[int]]) -> list[int]:
    """The column of each node, from its longest way to the end."""
    height = [0] * len(parents)
    for node in reversed(range(len(parents))):  # a plain loop: users come before operands
        for parent in parents[node]:
            height[parent] = max(height[parent], height[node] + 1)
    return [max(height) - above for above in height]


def _tracks(parents: Sequence[Sequence[int]], column: Sequence[int]) -> list[list[_Spot]]:
    """For each node itself, and the bends of its edges in the columns up to its furthest user."""
    end = [first + 1 for first in column]
    for node, operands in enumerate(parents):
        for parent in operands:
            end[parent] = max(end[parent], column[node])
    return [
        [_Spot(node, place, place > column[node]) for place in range(column[node], end[node])]
        for node in range(len(parents))
    ]


def _neighbours(
    parents: Sequence[Sequence[int]], tracks: Sequence[Sequence[_Spot]]
) -> tuple[Neighbours, Neighbours]:
    """What each spot is joined to in the column to its left, and in the one to its right."""
    joined = [pair for track in tracks for pair in pairwise(track)]
    joined += [
        (tracks[parent][tracks[node][0].column - tracks[parent][0].column - 1], tracks[node][0])
        for node in range(len(parents))
        for parent in parents[node]
    ]
    left: dict[_Spot, list[_Spot]] = {}
    right: dict[_Spot, list[_Spot]] = {}
    for source, target in joined:
        left.setdefault(target, []).append(source)
        right.setdefault(source, []).append(target)
    return left, right


def _initial(tracks: Sequence[Sequence[_Spot]]) -> Columns:
    spots = sorted((spot for track in tracks for spot in track), key=lambda spot: spot.node)
    return tuple(
        tuple(spot for spot in spots if spot.column == column)
        for column in range(max(spot.column for spot in spots) + 1)
    )


# The order within columns: each spot beside the mean of its neighbours, from both sides in turn.


def _ordered(columns: Columns, left: Neighbours, right: Neighbours) -> Columns:
    """The best of some sweeps over the columns."""

    def sweep(state: Columns, backwards: bool) -> Columns:  # noqa: FBT001 - a step of a fold
        return _swept(state, right if backwards else left, backwards=backwards)

    states = accumulate([True, False] * SWEEPS, sweep, initial=columns)
    return min(states, key=lambda state: _crossings(state, right))


def _swept(columns: Columns, neighbours: Neighbours, *, backwards: bool) -> Columns:
    in_turn = columns[::-1] if backwards else columns

    def place(done: Columns, column: tuple[_Spot, ...]) -> Columns:
        before = {spot: i for i, spot in enumerate(done[-1])} if done else {}
        return (*done, _sorted(column, before, neighbours))

    start: Columns = ()
    swept = reduce(place, in_turn, start)
    return swept[::-1] if backwards else swept


def _sorted(
    column: tuple[_Spot, ...], before: Mapping[_Spot, int], neighbours: Neighbours
) -> tuple[_Spot, ...]:
    """A column by the mean ranks of its neighbours; who has none stays where it is."""
    rank = {
        spot: _mean([before[other] for other in neighbours.get(spot, ())], otherwise=float(i))
        for i, spot in enumerate(column)
    }
    return tuple(sorted(column, key=rank.__getitem__))


def _mean(numbers: Sequence[float], *, otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _crossings(columns: Columns, right: Neighbours) -> int:
    return sum(_crossings_between(a, b, right) for a, b in pairwise(columns))


def _crossings_between(
    sources: Sequence[_Spot], targets: Sequence[_Spot], right: Neighbours
) -> int:
    rank = {spot: i for i, spot in enumerate(targets)}
    ends = [end for spot in sources for end in sorted(rank[other] for other in right.get(spot, ()))]
    return sum(a > b for i, b in enumerate(ends) for a in ends[:i])


# The rows: as near to the neighbours as the order and the gaps allow.


def _rows(columns: Columns, left: Neighbours, right: Neighbours) -> dict[_Spot, float]:
    """Rows that sweeps have moved towards their neighbours."""
    row = {s: y for spots in columns for s, y in zip(spots, _spread(spots), strict=True)}
    for number in range(4 * SWEEPS):  # a plain loop over a table that nobody else sees yet
        neighbours = right if number % 2 == 0 else left
        for spots in columns[::-1] if number % 2 == 0 else columns:
            wished = [
                _mean([row[other] for other in neighbours.get(spot, ())], otherwise=row[spot])
                for spot in spots
            ]
            row.update(zip(spots, _fitted(wished, _spread(spots)), strict=True))
    return row


def _spread(spots: Sequence[_Spot]) -> list[float]:
    """The rows of a column that is packed as closely as it may be."""
    gaps = (
        BEND_GAP if a.bend and b.bend else 1.0 - 0.3 * (a.bend + b.bend) for a, b in pairwise(spots)
    )
    return list(accumulate(gaps, initial=0.0))


def _fitted(wished: Sequence[float], packed: Sequence[float]) -> list[float]:
    """The rows nearest to the wished ones, by least squares, that keep the packed distances.

    With the packed rows taken away, distances kept means numbers that never fall; the pool of
    adjacent violators finds the nearest of those.
    """
    blocks: list[tuple[float, int]] = []
    for wish in (w - p for w, p in zip(wished, packed, strict=True)):
        mean, size = wish, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean = (before * count + mean * size) / (count + size)
            size += count
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    return [mean + p for mean, p in zip(means, packed, strict=True)]
