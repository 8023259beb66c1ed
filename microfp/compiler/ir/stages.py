"""Stages: a recorded model of sequences as loops over positions, one program for all lengths.

Calls of one kind at one level, at whatever position, are one stage, if their operands move by
constant steps: over the positions, and inside of a position. A loop inside may grow with the
position, as attention does. What a position gives depends on no later one; so a document of n
positions is computed by the first n turns of each stage.

>>> from microfp import gpt
>>> from microfp.compiler.trace.sequences import record
>>> from microfp.losses import next_token
>>> plan = staged(record(next_token(), gpt.gpt(3, embedding=4, heads=2, context=5), 5), 200)
>>> print(describe(plan)[1])
n[4t + 20 + i] = add(n[4t + i], p[4t + 12 + i])   t < 5, i < 4
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise, product
from math import prod
from operator import add, itemgetter
from typing import NamedTuple, TypeAlias

from microfp.base.checks import wrong_value
from microfp.base.collecting import uncollected
from microfp.compiler.ir.adjoint import primitive_program
from microfp.compiler.ir.affine import affine_runs
from microfp.compiler.ir.program import CONSTANT
from microfp.compiler.trace.sequences import Call, Recorded, Reference
from microfp.errors import DataError, TraceError
from microfp.ops import PRIMITIVES

__all__ = [
    "Extent",
    "Place",
    "Stage",
    "Staged",
    "called_by",
    "check_document",
    "describe",
    "length_of",
    "staged",
]


class Extent(NamedTuple):
    """How many: `base + slope * t`, at position t."""

    base: int
    slope: int = 0


class Place(NamedTuple):
    """Where an operand is found, as a function of the position t and of the loops inside."""

    space: str
    """`n` what calls give, `p` parameters, `x` tokens, `y` targets, `c` a constant."""
    first: float
    """The place at position 0, in the first turn; or the constant itself."""
    time: int = 0
    """How far it moves from position to position."""
    strides: tuple[int, ...] = ()
    """How far it moves in each loop."""
    along: int = 0
    """How far the terms of a vector are apart."""
    length: Extent | None = None
    """Of a vector; None for a number."""


class Stage(NamedTuple):
    """Calls of one kind."""

    op: str
    """A primitive, or `dot`, `total`, `largest`, `select`."""
    parameter: Hashable
    """What the primitive is given besides."""
    operands: tuple[Place, ...]
    """Where they are found."""
    out: Place
    """Where the result goes, among what calls give."""
    shape: tuple[Extent, ...]
    """The loops inside of a position."""
    start: int
    """The first position."""
    stop: int
    """Behind the last one."""
    active: bool
    """Whether there is a gradient to pass on."""


class Staged(NamedTuple):
    """A model and a loss as stages, forward."""

    stages: tuple[Stage, ...]
    """In an order in which they can be computed."""
    parameter_count: int
    """How many parameters there are."""
    node_count: int
    """How many numbers all calls give."""
    width: int
    """How many positions there are."""
    score_count: int
    """How many scores a position has."""
    scores: Place
    """The first score of a position; the others follow it."""
    cost: Place | None
    """What a position costs; None where nobody asked."""
    tokens: int
    """How many tokens there are to look up."""


def unlike(what: str) -> TraceError:
    """The error of a model whose positions are not computed alike, ready to be raised.

    >>> print(unlike("the positions have sums of other terms"))
    the positions have sums of other terms: a model of sequences is compiled where each position \
does the same with those before it; backend='eager' runs any
    """
    return TraceError(
        f"{what}: a model of sequences is compiled where each position does the same with those "
        "before it; backend='eager' runs any"
    )


Numbers: TypeAlias = tuple[int, ...]
"""What moves from call to call: the places of the operands, and how long vectors are."""

Rows: TypeAlias = dict[int, list[tuple[Numbers, int]]]
"""For each position the numbers of its calls, and which calls they are."""


_Space: TypeAlias = tuple[str, str, float]
"""What an operand is: its kind, `c`, `v` or what it is in; where its terms are; the constant."""

IN_NODES: _Space = ("n", "n", 0.0)

_Key: TypeAlias = tuple[tuple[str, Hashable, tuple[_Space, ...], bool], tuple[int | None, ...]]
"""What calls of one stage have in common: the kind, and the steps inside of their vectors."""


@uncollected
def staged(recorded: Recorded, parameter_count: int) -> Staged:
    """Put recorded calls into stages.

    Raises:
        TraceError: If they do not move by constant steps.
    """
    planner = _Planner(recorded)
    stages = planner.stages()
    costs = planner.found(recorded.costs)
    firsts = planner.found([row[0] for row in recorded.scores])
    looked_up = [
        call.operands[1]
        for call in recorded.calls
        if call.op == "select" and call.operands[0][0] == "x"
    ]
    sizes = {len(recorded.vectors[int(number)]) for _, number, _ in looked_up}
    return Staged(
        tuple(stages),
        parameter_count,
        planner.count,
        len(recorded.scores),
        len(recorded.scores[0]),
        firsts,
        costs if recorded.costs else None,
        min(sizes, default=0),
    )


class _Planner:
    """Stages, as they come, level by level.

    Attributes:
        places: Where what each call gives is kept.
        count: How many places are taken.
    """

    def __init__(self, recorded: Recorded) -> None:
        """Begin without stages."""
        self.places: list[int] = [-1] * len(recorded.calls)
        self.count: int = 0
        self._recorded = recorded
        self._vectors: dict[int, tuple[_Space, int, int | None, int]] = {}

    def stages(self) -> list[Stage]:
        """All stages, in an order in which they can be computed."""
        calls = self._recorded.calls
        order = sorted(range(len(calls)), key=lambda number: calls[number].level)
        found = list[Stage]()
        for _, level in groupby(order, key=lambda number: calls[number].level):  # each reads others
            for key, rows in self._groups(list(level)).items():
                found += self._stage(calls[next(iter(rows.values()))[0][1]], key, rows)
        return found

    def found(self, several: Sequence[Reference]) -> Place:
        """Where something of each position is found.

        Raises:
            TraceError: If that does not move by constant steps.
        """
        places = [self._place(it)[1] for it in several] or [0]
        steps = {b - a for a, b in pairwise(places)} or {0}
        if len(steps) > 1 or any(kind != "n" for kind, _, _ in several):
            raise unlike("what the positions give is not computed alike")
        return Place("n", places[0], steps.pop())

    def _groups(self, level: list[int]) -> dict[_Key, Rows]:
        """The calls of a level by kind, and each kind by position."""
        groups: dict[_Key, Rows] = {}
        for number in level:  # a loop: the longest there is
            call = self._recorded.calls[number]
            key, numbers = self._described(call)
            rows = groups.setdefault(key, {})
            rows.setdefault(max(call.position, 0), []).append((numbers, number))
        return _joined_groups(groups)

    def _described(self, call: Call) -> tuple[_Key, Numbers]:
        """The kind of a call with the strides of its vectors, and its numbers."""
        found = list(map(self._operand, call.operands))
        spaces, firsts, strides, lengths = zip(*found, strict=True)
        return ((call.op, call.parameter, spaces, call.active), strides), firsts + lengths

    def _operand(self, reference: Reference) -> tuple[_Space, int, int | None, int]:
        """The space of an operand and its place; of a vector its step and its length, too."""
        kind, place, _ = reference
        if kind == "n":
            return IN_NODES, self.places[int(place)], 0, 0
        if kind == "v":
            return self._vector(int(place))
        return (
            ((kind, kind, place), 0, 0, 0) if kind == "c" else ((kind, kind, 0.0), int(place), 0, 0)
        )

    def _place(self, reference: Reference) -> tuple[str, int]:
        kind, place, _ = reference
        if kind == "c":
            return kind, 0
        return kind, self.places[int(place)] if kind == "n" else int(place)

    def _vector(self, number: int) -> tuple[_Space, int, int | None, int]:
        """The space of a vector, its first place, the step from term to term, and its length."""
        if number not in self._vectors:
            kinds, places = zip(*map(self._place, self._recorded.vectors[number]), strict=True)
            steps = {b - a for a, b in pairwise(places)}
            if len(set(kinds)) != 1 or len(steps) > 1 or "c" in kinds:
                raise unlike("the terms of a sum are not found at constant steps")
            stride = steps.pop() if steps else None
            self._vectors[number] = ("v", kinds[0], 0.0), places[0], stride, len(places)
        return self._vectors[number]

    def _stage(self, call: Call, key: _Key, rows: Rows) -> Iterator[Stage]:
        """The stages of one kind of calls."""
        (_, _, spaces, _), steps = key
        along = [step or 0 for step in steps]
        for times, shape, first, moves, numbers in _nests(rows):
            operands = _operands(spaces, along, first, moves)
            yield self._made(call, operands, times, shape, numbers)

    def _made(
        self,
        call: Call,
        operands: tuple[Place, ...],
        times: range,
        shape: tuple[Extent, ...],
        numbers: list[list[int]],
    ) -> Stage:
        """One stage, and room for what it gives."""
        last = times[-1]
        sizes = [extent.base + extent.slope * last for extent in shape]
        inner = [prod(sizes[loop + 1 :]) for loop in range(len(sizes))]
        size = prod(sizes)
        begin = self.count - size * times[0]
        out = Place("n", begin, size, tuple(inner))
        for t, own in zip(times, numbers, strict=True):
            at, counts = begin + size * t, [extent.base + extent.slope * t for extent in shape]
            turns = [range(0, n * move, move) for n, move in zip(counts, inner, strict=True)]
            for number, turn in zip(own, product(*turns), strict=True):
                self.places[number] = at + sum(turn)
        self.count += size * len(times)
        return Stage(
            call.op, call.parameter, operands, out, shape, times[0], times[-1] + 1, call.active
        )


def _joined_groups(groups: Mapping[_Key, Rows]) -> dict[_Key, Rows]:
    """Calls on vectors of one term, of which nobody knows a step, belong to those of more."""
    steps = {kind: own for kind, own in groups if None not in own}
    found: dict[_Key, Rows] = {}
    for (kind, own), rows in groups.items():  # a loop: rows of several groups become those of one
        known = steps.get(kind, tuple([step or 0 for step in own]))
        joined = found.setdefault((kind, known if None in own else own), {})
        for position, calls in rows.items():
            joined[position] = sorted(joined.get(position, []) + calls, key=itemgetter(1))
    return found


def _operands(
    spaces: Sequence[_Space],
    along: Sequence[int],
    first: tuple[Numbers, Numbers],
    moves: tuple[Numbers, ...],
) -> tuple[Place, ...]:
    """The operands of a stage as places."""
    start, step = first
    places, count = list[Place](), len(spaces)
    for at, (kind, space, constant) in enumerate(spaces):  # a loop: many things of each operand
        own = start[at], step[at], tuple([move[at] for move in moves])
        if kind == "v":
            length = Extent(start[count + at], step[count + at])
            places.append(Place(space, *own, along[at], length))
        else:
            places.append(Place("c", constant) if kind == "c" else Place(space, *own))
    return tuple(places)


Nest: TypeAlias = tuple[
    range, tuple[Extent, ...], tuple[Numbers, Numbers], tuple[Numbers, ...], list[list[int]]
]
"""Positions; loops; the first numbers at position 0, and their step; strides; which calls."""


def _nests(rows: Rows) -> Iterator[Nest]:
    """Cut calls into nests over positions that follow each other."""
    times = sorted(rows)
    parts = groupby(enumerate(times), key=lambda pair: pair[1] - pair[0])
    for _, part in parts:
        own = [time for _, time in part]
        yield from _over(range(own[0], own[-1] + 1), [rows[time] for time in own])


def _over(times: range, rows: list[list[tuple[Numbers, int]]]) -> Iterator[Nest]:
    """As one nest; or cut in the same places at every position; or position by position."""
    moving = [[numbers for numbers, _ in row] for row in rows]
    # At the last position, loops that have grown to their whole width may look like one.
    model = max(len(times) - 2, 0)
    runs = list(affine_runs(moving[model]))
    if len(runs) == 1:
        nest = _joined(times, moving, times[model], runs[0][0], runs[0][2])
        if nest is not None:
            yield times, *nest, [[number for _, number in row] for row in rows]
            return
    elif len({len(row) for row in rows}) == 1:
        start = 0
        for shape, _, _ in runs:
            yield from _over(times, [row[start : start + prod(shape)] for row in rows])
            start += prod(shape)
        return
    if len(times) == 1:
        raise unlike("the calls of a position do not move by constant steps")
    for time, row in zip(times, rows, strict=True):
        yield from _over(range(time, time + 1), [row])


def _joined(
    times: range,
    moving: list[list[Numbers]],
    time: int,
    shape: tuple[int, ...],
    strides: tuple[Numbers, ...],
) -> tuple[tuple[Extent, ...], tuple[Numbers, Numbers], tuple[Numbers, ...]] | None:
    """The loops of all positions, if they are those of one of them, or grow by one a position."""
    last = times[-1]
    step = (
        tuple([b - a for a, b in zip(moving[-2][0], moving[-1][0], strict=True)])
        if len(times) > 1
        else (0,) * len(moving[-1][0])
    )
    start = tuple([at - last * move for at, move in zip(moving[-1][0], step, strict=True)])
    for grows in product((0, 1), repeat=len(shape)):
        extents = tuple([Extent(n - time * g, g) for n, g in zip(shape, grows, strict=True)])
        if all(
            row == _expected(t, extents, start, step, strides)
            for t, row in zip(times, moving, strict=True)
        ):
            return extents, (start, step), strides
        if len(times) == 1:
            return None
    return None


def _expected(
    t: int,
    extents: Sequence[Extent],
    start: Numbers,
    step: Numbers,
    strides: Sequence[Numbers],
) -> list[Numbers]:
    """The numbers of all calls of a position, as loops give them."""
    rows = [tuple([at + t * move for at, move in zip(start, step, strict=True)])]
    for extent, stride in zip(extents, strides, strict=True):  # a loop: from the outer one inward
        turns = range(extent.base + extent.slope * t)
        moved = [tuple([turn * move for move in stride]) for turn in turns]
        rows = [tuple(map(add, row, more)) for row in rows for more in moved]
    return rows


def called_by(plan: Staged) -> frozenset[str]:
    """The primitives that the stages apply, forward and in their gradients."""
    own = {(stage.op, stage.parameter) for stage in plan.stages if stage.op in PRIMITIVES}
    programs = [
        primitive_program(op, parameter if isinstance(parameter, float) else None)
        for op, parameter in own
        if PRIMITIVES[op].arity is not None
    ]
    used = {it.op for program in programs for it in program.instructions if it.op != CONSTANT}
    return frozenset({op for op, _ in own} | used)


def length_of(tokens: Sequence[float]) -> int:
    """How many tokens there are before a row ends.

    >>> length_of([1.0, 0.0, -1.0])
    2
    """
    return next((place for place, token in enumerate(tokens) if token < 0.0), len(tokens))


def check_document(plan: Staged, tokens: Sequence[float], targets: Sequence[float]) -> int:
    """Check that tokens can be looked up, and have a target each; return how many there are.

    Raises:
        ValueError: If a token is no whole number below the number of tokens.
        DataError: If there are more or fewer targets.
    """
    count = length_of(tokens)
    known = [token for token in tokens[: max(count, 1)] if 0.0 <= token < plan.tokens]
    if len(known) != max(count, 1) or not all(map(float.is_integer, known)):
        wrong = next(it for it in tokens if it not in known or not it.is_integer())
        expected = f"a whole number from 0 to {plan.tokens - 1}"
        raise wrong_value("select", "index", expected, wrong)
    if count != length_of(targets) or max(tokens[count:], default=-1.0) >= 0.0:
        raise DataError(
            f"an example must have as many targets as tokens, and -1 behind them: it has {count} "
            f"tokens and {length_of(targets)} targets"
        )
    return count


def describe(plan: Staged) -> list[str]:
    """Write each stage in a line.

    >>> from microfp import gpt
    >>> from microfp.compiler.trace.sequences import record
    >>> from microfp.losses import next_token
    >>> plan = staged(record(next_token(), gpt.gpt(3, embedding=4, heads=2, context=5), 5), 200)
    >>> len(describe(plan)) == len(plan.stages)
    True
    """
    return [_line(stage) for stage in plan.stages]


LOOPS = "ijkl"


def _line(stage: Stage) -> str:
    operands = ", ".join(map(_place, stage.operands))
    loops = [f"t < {stage.stop}" if not stage.start else f"{stage.start} <= t < {stage.stop}"]
    loops += [
        f"{name} < {_linear([(extent.slope, 't'), (extent.base, '')])}"
        for name, extent in zip(LOOPS, stage.shape, strict=False)
    ]
    return f"{_place(stage.out)} = {stage.op}({operands})   {', '.join(loops)}"


def _place(place: Place) -> str:
    if place.space == "c":
        return repr(place.first)
    terms = [(place.time, "t"), (int(place.first), ""), *zip(place.strides, LOOPS, strict=False)]
    if place.length is None:
        return f"{place.space}[{_linear(terms)}]"
    length = _linear([(place.length.slope, "t"), (place.length.base, "")])
    return f"{place.space}[{_linear([*terms, (place.along, 's')])}; s < {length}]"


def _linear(terms: Sequence[tuple[int, str]]) -> str:
    """A sum of names, each with its factor; the constant has none."""
    texts = [
        name if factor == 1 and name else f"{factor}{name}" for factor, name in terms if factor
    ]
    return " + ".join(texts) or "0"
