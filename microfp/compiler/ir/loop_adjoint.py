"""The adjoint of a graph with loops: of each loop, a loop backwards.

Backpropagation folds the chain rule from the output to the leaves. Where it comes to what a loop
has given, all that is said of it is known, and the fold goes through one turn: the same rules, on
the nodes of a turn, give the gradients of what it was given. That is the program of a loop from the
last turn to the first. It carries on the gradient of what is carried, and of each parameter that a
turn reads the gradient so far. What it reads of the turn forwards is kept there, one number a turn.

>>> from microfp import func
>>> from microfp.compiler.ir.looped import run_looped
>>> from microfp.compiler.ir.turnings import lowered
>>> from microfp.compiler.trace.repeats import tracing_repeats
>>> from microfp.compiler.trace.stand_ins import traced_leaf
>>> from microfp.values import value
>>> w = traced_leaf("w")
>>> power, repeats = tracing_repeats(
...     lambda: func.scan(lambda y, _: (w * y, None), 1.0, length=5)[0], lambda last: [last]
... )
>>> table, turnings = gradients_through(power, [w], {power: value(1.0)}, repeats)
>>> run_looped(lowered([power, table[w]], [], [w], turnings), [3.0])
(243.0, 405.0)
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from microfp import ops
from microfp.base.order import post_order
from microfp.compiler.ir.turnings import Column, Stream, Turning, turning_of
from microfp.compiler.trace.repeats import Repeat, nodes_below
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.gradients import adjoints, descendants, exact_product
from microfp.values import LEAF, Value, lift, value

__all__ = ["gradients_through"]

Table: TypeAlias = dict[Value, Value]
"""The gradients so far."""


def gradients_through(
    output: Value,
    leaves: Sequence[Value],
    start: Mapping[Value, Value],
    repeats: Sequence[Repeat],
) -> tuple[Table, tuple[Turning, ...]]:
    """Differentiate to nodes, as `gradient_nodes` does, through loops.

    Args:
        output: What is differentiated.
        leaves: What it is differentiated along.
        start: The gradients so far: that of the output, and what terms are to be added to.
        repeats: What leaves of the graph stand for.

    Returns:
        The gradients, where a node without an entry has 0; and all loops in the order in which
        they can be run, those of the graph and those backwards.
    """
    order = _order(output, repeats)
    wanted = _wanted(order, leaves)
    forwards = {repeat: turning_of(repeat) for repeat in repeats}
    table, segment, backwards = dict(start), list[Value](), list[Turning]()
    for item in reversed(order):  # a loop: the fold, in which loops are found
        if isinstance(item, Value):
            segment.append(item)
            continue
        table, segment = _folded(segment, table, wanted), []
        if item in wanted and not table.keys().isdisjoint(item.results):
            back = _Reversed(item, table, wanted)
            forwards[item] = back.forwards
            backwards.append(back.turning)
            table = back.table
    return _folded(segment, table, wanted), (*forwards.values(), *backwards)


def _order(output: Value, repeats: Sequence[Repeat]) -> tuple[Value | Repeat, ...]:
    """Nodes and loops, each behind what it is computed from."""
    above: dict[Value | Repeat, Sequence[Value | Repeat]] = {it: it.operands for it in repeats}
    for repeat in repeats:
        above |= dict.fromkeys(repeat.results, (repeat,))
    return post_order(
        output,
        lambda it: above[it] if it in above else it.parents,  # type: ignore[union-attr] # noqa: SIM401 - a loop is in the table, and has none
    )


def _wanted(order: Iterable[Value | Repeat], leaves: Iterable[Value]) -> set[Value | Repeat]:
    """What depends on leaves."""
    found: set[Value | Repeat] = set(leaves)
    for item in order:  # a loop: each depends on those before
        if isinstance(item, Repeat):
            if not found.isdisjoint(item.operands):
                found |= {item, *item.results}
        elif not found.isdisjoint(item.parents):
            found.add(item)
    return found


def _folded(segment: Sequence[Value], table: Table, wanted: set[Value | Repeat]) -> Table:
    """Fold the chain rule over nodes, the last of them first."""
    order = tuple(segment[::-1])
    stand_ins = dict.fromkeys(order) | {node: node for node in order}
    stand_ins |= {parent: parent for node in order for parent in node.parents}
    found = adjoints(order, stand_ins, wanted, table, exact_product)  # type: ignore[arg-type]  # nodes
    return {node: lift(adjoint) for node, adjoint in found.items()}


class _Seeds(NamedTuple):
    """What stands in a turn for gradients that come from elsewhere."""

    carried: dict[int, Value]
    """Of what is carried on, by its place, where it matters."""
    given: dict[int, Value]
    """Of what the turn gives, by its place, where somebody reads it."""
    so_far: Table
    """Of what the turn reads from outside: the gradient so far."""


class _Reversed:
    """A loop, backwards.

    Attributes:
        forwards: The loop itself, which keeps what is read backwards.
        turning: The loop backwards.
        table: The gradients before it.
    """

    def __init__(
        self,
        repeat: Repeat,
        table: Table,
        wanted: set[Value | Repeat],
    ) -> None:
        """Differentiate one turn.

        Args:
            repeat: The loop.
            table: The gradients of what it gives, among others.
            wanted: What gradients are wanted of.
        """
        self._repeat, self._wanted = repeat, wanted
        inner = {*repeat.carried, *repeat.moving, *repeat.captured}
        below = nodes_below((*repeat.after, *repeat.given), inner.__contains__)
        self._body = tuple([node for node in below if node not in inner])
        self._outer = [it for it in repeat.captured if it in wanted]
        self._moving = [
            place for place, column in enumerate(repeat.rows) if not wanted.isdisjoint(column)
        ]
        self._carried, self._active = self._differentiable(wanted)
        seeds = self._seeds(table)
        gradients = self._gradients(seeds)
        self.forwards, rows, moving = self._kept(gradients, seeds)
        self.turning = self._turning(table, seeds, gradients, rows, moving)
        self.table: Table = self._passed_on(table, seeds)

    def _differentiable(self, wanted: set[Value | Repeat]) -> tuple[list[int], set[Value]]:
        """What of the carried depends on leaves, in some turn; and the nodes that do."""
        repeat = self._repeat
        carried = {place for place, node in enumerate(repeat.starts) if node in wanted}
        while True:  # until what a turn carries on is known
            leaves = (
                *self._outer,
                *(repeat.carried[place] for place in carried),
                *(repeat.moving[place] for place in self._moving),
            )
            active = descendants(self._body, leaves)
            more = {place for place, node in enumerate(repeat.after) if node in active}
            if more <= carried:
                return sorted(carried), active
            carried |= more

    def _seeds(self, table: Table) -> _Seeds:
        repeat = self._repeat
        read = [
            place
            for place, column in enumerate(repeat.stacked)
            if repeat.given[place] in self._active and not table.keys().isdisjoint(column)
        ]
        return _Seeds(
            {place: traced_leaf(None) for place in self._carried},
            {place: traced_leaf(None) for place in read},
            {node: traced_leaf(None) for node in self._outer},
        )

    def _gradients(self, seeds: _Seeds) -> Table:
        """The gradients of what a turn is given."""
        repeat, start = self._repeat, dict(seeds.so_far)
        ends = [(repeat.after[place], seed) for place, seed in seeds.carried.items()]
        ends += [(repeat.given[place], seed) for place, seed in seeds.given.items()]
        for node, seed in ends:  # a loop: a node may be several of them
            if node in self._active:
                start[node] = _sum(start.get(node), seed)
        return _folded(self._body[::-1], start, set(self._active))

    def _results(self, seeds: _Seeds, gradients: Table) -> tuple[list[Value], list[Value]]:
        """What a turn backwards carries on, and what it gives."""
        repeat, nothing = self._repeat, value(0.0)
        carried = [gradients.get(repeat.carried[place], nothing) for place in seeds.carried]
        so_far = [gradients[node] for node in seeds.so_far]
        given = [gradients.get(repeat.moving[place], nothing) for place in self._moving]
        return [*carried, *so_far], given

    def _kept(self, gradients: Table, seeds: _Seeds) -> tuple[Turning, list[Column], list[Value]]:
        """The loop forwards with what it keeps; and what a turn backwards reads of it."""
        repeat = self._repeat
        inside = {*self._body, *repeat.carried, *repeat.moving} - self._outer_nodes()
        after, given = self._results(seeds, gradients)
        below = nodes_below((*after, *given), inside.__contains__)
        reached = {node for node in below if node in inside}
        read = [it for it in (*repeat.carried, *repeat.moving, *self._body) if it in reached]
        items = dict(zip(repeat.moving, repeat.rows, strict=True))
        streams = {node: Stream() for node in read if node not in items}
        forwards = turning_of(repeat)
        forwards = forwards._replace(
            given=(*forwards.given, *streams), stacked=(*forwards.stacked, *streams.values())
        )
        return forwards, [items[it] if it in items else streams[it] for it in read], read

    def _outer_nodes(self) -> set[Value]:
        """Constants, which are no numbers of a turn."""
        return {it for it in self._body if it.op == LEAF}

    def _turning(
        self,
        table: Table,
        seeds: _Seeds,
        gradients: Table,
        rows: Sequence[Column],
        moving: Sequence[Value],
    ) -> Turning:
        repeat, nothing = self._repeat, value(0.0)
        after, given = self._results(seeds, gradients)
        starts = [table.get(repeat.ends[place], nothing) for place in seeds.carried]
        starts += [table.get(node, nothing) for node in seeds.so_far]
        columns: list[Column] = [
            [table.get(leaf, nothing) for leaf in repeat.stacked[place]] for place in seeds.given
        ]
        self._ends = [traced_leaf(None) for _ in after]
        self._columns = [[traced_leaf(None) for _ in range(repeat.turns)] for _ in given]
        return Turning(
            turns=repeat.turns,
            backwards=True,
            starts=tuple(starts),
            carried=(*seeds.carried.values(), *seeds.so_far.values()),
            after=tuple(after),
            ends=tuple(self._ends),
            rows=(*rows, *columns),
            moving=(*moving, *seeds.given.values()),
            given=tuple(given),
            stacked=tuple(self._columns),
        )

    def _passed_on(self, table: Table, seeds: _Seeds) -> Table:
        """The gradients of what the loop is computed from, added to those so far."""
        repeat, passed = self._repeat, dict(table)
        count = len(seeds.carried)
        passed |= zip(seeds.so_far, self._ends[count:], strict=True)
        terms = [
            (repeat.starts[place], end)
            for place, end in zip(seeds.carried, self._ends, strict=False)
        ]
        for place, column in zip(self._moving, self._columns, strict=True):
            terms += zip(repeat.rows[place], column, strict=True)
        for node, term in terms:  # a loop: a node may be several of them
            if node in self._wanted:
                passed[node] = _sum(passed.get(node), term)
        return passed


def _sum(so_far: Value | None, term: Value) -> Value:
    return term if so_far is None else lift(ops.add(so_far, term))
