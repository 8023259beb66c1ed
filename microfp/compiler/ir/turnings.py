"""Loops over nodes: a graph in which some leaves stand for what loops give, and its programs.

What is computed before a loop, between two, and behind the last is a program each. What one of them
computes and another reads is kept in a cell.

>>> from microfp.compiler.trace.stand_ins import traced_leaf
>>> x, w = traced_leaf("x"), traced_leaf("w")
>>> print(lowered([w * x + 1.0], [x], [w], []))
inputs      c0
%2 = mul w c0
%4 = add %2 1.0
c1 = %4
outputs     c1
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple, TypeAlias

from microfp.compiler.ir.looped import Loop, Looped, Moving, Piece
from microfp.compiler.ir.passes import leaf_names, lower
from microfp.compiler.trace.repeats import Repeat, captured_below, nodes_below
from microfp.record import unchecked
from microfp.values import LEAF, Value

__all__ = ["Column", "Stream", "Turning", "lowered", "turning_of"]


class Stream:
    """What a loop gives in each turn, for another loop to read: as many numbers as turns."""


Column: TypeAlias = Sequence[Value] | Stream
"""A number for each turn: as nodes, or as what another loop gives."""


class Turning(NamedTuple):
    """A loop over nodes."""

    turns: int
    """How often it runs."""
    backwards: bool
    """Whether from the last turn to the first."""
    starts: tuple[Value, ...]
    """What is carried into the first turn."""
    carried: tuple[Value, ...]
    """What stands for it in a turn."""
    after: tuple[Value, ...]
    """What a turn carries on."""
    ends: tuple[Value, ...]
    """The leaves that stand for what the last one carries on."""
    rows: tuple[Column, ...]
    """What each turn has of its own."""
    moving: tuple[Value, ...]
    """What stands for it in a turn: leaves, or nodes that are not computed again."""
    given: tuple[Value, ...]
    """What a turn gives."""
    stacked: tuple[Column, ...]
    """What stands for what all turns give."""


def turning_of(repeat: Repeat) -> Turning:
    """A scan as a loop over nodes."""
    return Turning(
        turns=repeat.turns,
        backwards=False,
        starts=repeat.starts,
        carried=repeat.carried,
        after=repeat.after,
        ends=repeat.ends,
        rows=repeat.rows,
        moving=repeat.moving,
        given=repeat.given,
        stacked=repeat.stacked,
    )


def lowered(
    outputs: Sequence[Value],
    inputs: Sequence[Value],
    parameters: Sequence[Value],
    turnings: Sequence[Turning],
) -> Looped:
    """Turn a graph with loops into programs.

    Args:
        outputs: The nodes to compute.
        inputs: The leaves that change from example to example.
        parameters: The leaves that all examples share.
        turnings: The loops, in an order in which they can be run; others are left out.
    """
    kept = needed(outputs, turnings)
    return _Lowering(outputs, inputs, parameters, kept).looped()


def needed(outputs: Sequence[Value], turnings: Sequence[Turning]) -> list[Turning]:
    """The loops that outputs are computed from, and of what they give what is read."""
    kept, read = list[Turning](), set[object](nodes_below(outputs))
    for turning in reversed(turnings):  # a loop: what is read depends on later ones
        places = [
            place
            for place, column in enumerate(turning.stacked)
            if (column in read if isinstance(column, Stream) else not read.isdisjoint(column))
        ]
        if places or not read.isdisjoint(turning.ends):
            turning = turning._replace(  # noqa: PLW2901 - the same, without the rest
                given=tuple([turning.given[place] for place in places]),
                stacked=tuple([turning.stacked[place] for place in places]),
            )
            turning = _without_unread_rows(turning)  # noqa: PLW2901 - the same, without the rest
            kept.append(turning)
            columns = [it for it in turning.rows if not isinstance(it, Stream)]
            roots = chain(turning.starts, captured_by(turning), *columns)
            read.update(nodes_below(roots))
            read.update(it for it in turning.rows if isinstance(it, Stream))
    return kept[::-1]


def body_of(turning: Turning) -> tuple[Value, ...]:
    """The nodes of a turn, and what it reads."""
    inner = {*turning.carried, *turning.moving}
    return nodes_below((*turning.after, *turning.given), inner.__contains__)


def _without_unread_rows(turning: Turning) -> Turning:
    body = set(body_of(turning))
    pairs = [pair for pair in zip(turning.rows, turning.moving, strict=True) if pair[1] in body]
    rows, moving = zip(*pairs, strict=True) if pairs else ((), ())
    return turning._replace(rows=rows, moving=moving)


def captured_by(turning: Turning) -> tuple[Value, ...]:
    """What a turn reads that is computed outside of it: see `captured_below`."""
    inner = {*turning.carried, *turning.moving}
    return captured_below((*turning.after, *turning.given), inner)


class _Lowering:
    """Programs and their cells, as they come.

    Attributes:
        cells: Where a node is found, once it is computed.
        count: How many cells are taken.
    """

    def __init__(
        self,
        outputs: Sequence[Value],
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        turnings: Sequence[Turning],
    ) -> None:
        """Begin with cells for the inputs."""
        self.cells: dict[Value, int] = {leaf: cell for cell, leaf in enumerate(inputs)}
        self.count: int = len(inputs)
        self._outputs, self._inputs, self._parameters = outputs, inputs, parameters
        self._turnings = turnings
        self._known: dict[int, Moving] = {}  # columns, which the loops hold, by their identity
        self._captured = [captured_by(turning) for turning in turnings]
        self._levels = self._levelled()
        parents = chain.from_iterable(node.parents for node in self._levels)
        self._readers: Counter[Value] = Counter(chain(self._roots(), parents))
        self._passed = self._passed_on()

    def looped(self) -> Looped:
        """All programs, in order."""
        steps = list[Piece | Loop]()
        for level, turning in enumerate(self._turnings):  # a loop: cells are taken
            carried, writes = self._carried(turning)
            columns = self._columns(turning, writes)
            steps += self._piece(level, writes)
            steps.append(self._loop(turning, self._captured[level], carried, columns))
        outputs = self._room(len(self._outputs))
        steps += self._piece(len(self._turnings), list(zip(self._outputs, outputs, strict=True)))
        return unchecked(
            Looped,
            leaf_names("x", self._inputs),
            leaf_names("p", self._parameters),
            self.count,
            tuple(steps),
            outputs,
        )

    def _carried(self, turning: Turning) -> tuple[list[int], list[tuple[Value, int]]]:
        """Where what a loop carries is kept; and what is to be written there before.

        What one loop has carried on to the next, and nobody else reads, stays where it is.
        """
        cells, writes = list[int](), list[tuple[Value, int]]()
        for node in turning.starts:
            if self._readers[node] == 1 and node in self.cells:
                cells.append(self.cells[node])
            else:
                cells += self._room(1)
                writes.append((node, cells[-1]))
        return cells, writes

    def _room(self, count: int) -> range:
        """Take some cells."""
        self.count += count
        return range(self.count - count, self.count)

    def _levelled(self) -> dict[Value, int]:
        """How many loops have to be run before a node can be computed."""
        levels: dict[Value, int] = {}
        for level, turning in enumerate(self._turnings, 1):
            columns = [it for it in turning.stacked if not isinstance(it, Stream)]
            levels |= dict.fromkeys(chain(turning.ends, *columns), level)
        for node in nodes_below(self._roots()):  # a loop: each is behind its parents
            if node not in levels:
                levels[node] = max([levels[parent] for parent in node.parents], default=0)
        return levels

    def _roots(self) -> Iterable[Value]:
        """What is computed outside of loops."""
        yield from self._outputs
        for turning, captured in zip(self._turnings, self._captured, strict=True):
            yield from (*turning.starts, *captured)
            for column in turning.rows:
                yield from () if isinstance(column, Stream) else column

    def _passed_on(self) -> dict[int, list[Value]]:
        """For each level the nodes that are computed there, and read at a later one, or in a loop.

        A node is passed on in a cell, unless it is a leaf.
        """
        reading: list[tuple[Value, int]] = [(it, len(self._turnings)) for it in self._outputs]
        for node, level in self._levels.items():
            reading += [(parent, level) for parent in node.parents]
        for level, turning in enumerate(self._turnings):
            columns = [it for it in turning.rows if not isinstance(it, Stream)]
            reading += [(node, level) for node in chain(turning.starts, *columns)]
            reading += [(node, level + 1) for node in self._captured[level]]
        passed: dict[int, dict[Value, None]] = {}
        for node, level in reading:
            if node.op != LEAF and self._levels[node] < level:
                passed.setdefault(self._levels[node], {})[node] = None
        return {level: list(nodes) for level, nodes in passed.items()}

    def _columns(self, turning: Turning, writes: list[tuple[Value, int]]) -> dict[Value, Moving]:
        """Where each turn finds what it has of its own; what is found nowhere yet is written."""
        found = dict[Value, Moving]()
        missing = list[tuple[Value, Sequence[Value]]]()
        for leaf, column in zip(turning.moving, turning.rows, strict=True):
            place = self._known.get(id(column)) or self._affine(column)
            if place is not None:
                found[leaf] = place
            else:
                assert not isinstance(column, Stream), "what a loop keeps is found"
                missing.append((leaf, column))
        room = self._room(len(missing) * turning.turns)
        for at, (leaf, column) in enumerate(missing):
            own = room[at :: len(missing)]
            found[leaf] = self._known[id(column)] = Moving(own[0], len(missing))
            writes += zip(column, own, strict=True)
        return found

    def _affine(self, column: Column) -> Moving | None:
        """Where nodes are found, if they are found at cells that move by constant steps."""
        if isinstance(column, Stream):
            return None
        cells = [self.cells.get(node, -1) for node in column]
        steps = {b - a for a, b in pairwise(cells)}
        return Moving(cells[0], steps.pop()) if len(steps) == 1 and -1 not in cells else None

    def _piece(self, level: int, writes: list[tuple[Value, int]]) -> list[Piece]:
        """What is computed at a level; nothing where there is nothing to write."""
        passed = self._passed.get(level, [])
        writes += zip(passed, self._room(len(passed)), strict=True)
        if not writes:
            return []
        nodes = [node for node, _ in writes]
        reached = nodes_below(nodes, self.cells.__contains__)
        reads = sorted([it for it in reached if it in self.cells], key=self.cells.__getitem__)
        program = lower(nodes, reads, self._parameters)
        piece = Piece(
            program,
            tuple([Moving(self.cells[node]) for node in reads]),
            tuple([Moving(cell) for _, cell in writes]),
        )
        self.cells |= dict(writes[len(writes) - len(passed) :])
        return [piece]

    def _loop(
        self,
        turning: Turning,
        captured: Sequence[Value],
        carried: Sequence[int],
        columns: dict[Value, Moving],
    ) -> Loop:
        """The program of a turn, with room for what all turns give."""
        parameters = frozenset(self._parameters)
        places = dict(zip(turning.carried, map(Moving, carried), strict=True)) | columns
        places |= {it: Moving(self.cells[it]) for it in captured if it not in parameters}
        width = len(turning.given)
        room = self._room(width * turning.turns)
        stacked = [Moving(room[place], width) for place in range(width)]
        for at, column in enumerate(turning.stacked):
            if isinstance(column, Stream):
                self._known[id(column)] = stacked[at]
            else:
                self.cells |= zip(column, room[at::width], strict=True)
        self.cells |= zip(turning.ends, carried, strict=True)
        results = (*turning.after, *turning.given)
        reached = set(nodes_below(results, places.__contains__))
        reads = [node for node in places if node in reached]
        return Loop(
            lower(results, reads, self._parameters),
            tuple([places[node] for node in reads]),
            (*map(Moving, carried), *stacked),
            turning.turns,
            turning.backwards,
        )
