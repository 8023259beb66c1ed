"""Loops from calls: the loop nests of a whole model, from one call of each row and one loss.

The calls of a row do the same to numbers that move by constant steps: their parameters, what they
keep, what each gives. So the nests of a row are those of one call, in one loop more. Two calls are
read, the first and the second; how far a place in memory has moved between them is the stride of
that loop.

Forward, each row reads what the row before has given. Backward, the gradient of what a call gives
is the sum of what all calls of the next row say of it, from the last one to the first, as the fold
over the graph adds it up. Derivatives are those of the program of a call.

>>> from microfp import losses, nn
>>> from microfp.compiler.ir.adjoint import call_program, example_program
>>> from microfp.compiler.trace.calls import trace_loss
>>> from microfp.compiler.trace.kinds import trace_rows
>>> hidden, last = trace_rows(nn.mlp(3, [4, 1]), 3) or ()
>>> rows = [
...     Calls(
...         call_program(hidden.kind, along_inputs=False), hidden.calls, hidden.first, hidden.step
...     ),
...     Calls(call_program(last.kind, along_inputs=True), last.calls, last.first, last.step),
... ]
>>> program = example_program(trace_loss(losses.max_margin(), 1))
>>> cost, score, gradient = program.outputs
>>> print(roll_calls(rows, program.set(outputs=(score, gradient, cost)), summed=1))
nest    4        n0[i] = relu(p[4i + 3] + sum(3: p[4i + t] * x[t]))
nest    1        n4 = p20 + sum(4: p[t + 16] * n0[t])
nest    1        n5 = relu(1.0 - x3 * n4)
nest    1        n6 = -u0 * [n5 > 0] * x3
nest    4        n7[i] = n6 * p[i + 16] * [n0[i] > 0]
nest    4x3      s[4i + j] = n7[i] * x[j]
nest    4        s[4i + 3] = n7[i]
nest    4        s[i + 16] = n6 * n0[i]
nest    1        s20 = n6
nest    1        s21 = n5
outputs n4
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, compress, count, groupby, islice
from typing import NamedTuple, TypeAlias

from microfp.compiler.ir.affine import Places, Strided, affine_runs, difference
from microfp.compiler.ir.liveness import live_slots
from microfp.compiler.ir.program import Program
from microfp.compiler.native.fold import ask_relus, collect_totals, kept_slots, use_counts
from microfp.compiler.native.loops import Load, Rolled
from microfp.compiler.native.roll import (
    Described,
    Groups,
    Leaf,
    Operation,
    Pattern,
    Run,
    Source,
    Sum,
    node_nest,
    sum_nest,
    summed_products,
)

__all__ = ["Calls", "roll_calls", "roll_forward"]


class Calls(NamedTuple):
    """A row of calls."""

    program: Program
    """What each computes. Its inputs: what all calls are given, then the gradient of
    what this one gives. Its outputs: what it gives, the gradients of its parameters and,
    but for the first row, those of its inputs.
    """
    calls: int
    """How many there are."""
    first: int
    """The place of the first parameter of the first one."""
    step: int
    """How far the first parameters of two are apart."""


Alike: TypeAlias = tuple[Described, ...]
"""The same of the first call and of the second, if there is one."""


class _Written(NamedTuple):
    """A group of nodes of a row."""

    leaf: Leaf
    """What a load of a node is."""
    pattern: Pattern
    """What each is."""
    rows: tuple[list[Places], ...]
    """The places of the leaves of each, for the first call and for the second."""
    calls: int
    """How many calls there are."""
    begin: int = 0
    """The place of the first in its group, of which there may be other parts."""

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return self.calls * len(self.rows[0])


class _Reading:
    """The calls of a row, which are read slot by slot, the first and the second alike.

    Attributes:
        calls: How many calls there are.
        source: The program of each.
        alike: What is known of the first, and of the second if there is one.
    """

    def __init__(
        self,
        source: Source,
        calls: int,
        loads: Sequence[Mapping[int, Described]],
        numbers: Iterator[int],
    ) -> None:
        """Begin with the loads of leaves."""
        self.calls: int = calls
        self.source: Source = source
        self._sizes: dict[Leaf, int] = {}
        first = Groups(source, loads[0], lambda _: Leaf("n", next(numbers)))
        others = (Groups(source, own, self._named, self._sizes) for own in loads[1:])
        self.alike: tuple[Groups, ...] = (first, *others)

    def _named(self, pattern: Pattern) -> Leaf:
        """What a load of a group is in the second call: what it is in the first."""
        return self.alike[0].groups[pattern].leaf

    def add(self, slots: Sequence[int], *, once: bool = False) -> list[_Written]:
        """Put slots into groups of their own, and return these.

        Args:
            slots: In an order in which they can be computed.
            once: Whether they are the same for all calls, and computed once.
        """
        first = self.alike[0]
        for groups in self.alike:  # a loop: the second asks the first
            groups.groups = {}
            for slot in slots:
                groups.add(slot)
            sizes = ((g.leaf, 0 if once else len(g.rows)) for g in first.groups.values())
            self._sizes.update(sizes)
        read, calls = (self.alike[:1], 1) if once else (self.alike, self.calls)
        return [
            _Written(group.leaf, pattern, tuple(g.groups[pattern].rows for g in read), calls)
            for pattern, group in first.groups.items()
        ]

    def described(self, slot: int) -> Alike:
        """What stands for a slot in an expression."""
        return _alike([groups.described(slot) for groups in self.alike])

    def summed(self, slot: int) -> Alike:
        """What is added up over the examples."""
        return _alike([groups.summed(slot) for groups in self.alike])

    def load(self, slot: int, loads: Sequence[Described]) -> None:
        """Say what is loaded for a leaf: in the first call, in the second."""
        for groups, load in zip(self.alike, loads, strict=False):
            groups.loads[slot] = load


def _alike(calls: Sequence[Described]) -> Alike:
    assert all(call.pattern == calls[0].pattern for call in calls), "they differ in places alone"
    return tuple(calls)


def roll_calls(rows: Sequence[Calls], loss: Program, *, summed: int) -> Rolled:
    """Roll a model into loop nests.

    Args:
        rows: From the inputs to the scores.
        loss: What becomes of the scores, which are its parameters. Its inputs: the targets, and
            the derivative of the loss of all examples along that of one. Its outputs: the scores,
            their gradients, and what is summed.
        summed: How many of its outputs are added up over the examples.
    """
    return _Composed(rows).differentiated(rows, loss, summed).rolled()


def roll_forward(rows: Sequence[Calls]) -> Rolled:
    """Roll what a model gives into loop nests, without any gradient.

    Args:
        rows: From the inputs to the scores. The programs give what a call gives, and no gradients.

    >>> from microfp import nn
    >>> from microfp.compiler.ir.adjoint import forward_program
    >>> from microfp.compiler.trace.kinds import trace_rows
    >>> (row,) = trace_rows(nn.layer(3, 4), 3) or ()
    >>> print(roll_forward([Calls(forward_program(row.kind), row.calls, row.first, row.step)]))
    nest    4        n0[i] = relu(p[4i + 3] + sum(3: p[4i + t] * x[t]))
    outputs n0 n1 n2 n3
    """
    return _Composed(rows).rolled()


class _Composed:
    """The nests of a model, as they come: forward, the loss, backward, and the sums.

    Attributes:
        written: The groups of nodes.
        sums: What is summed: patterns and places, the last of which are the numbers of the sums.
    """

    def __init__(self, rows: Sequence[Calls]) -> None:
        """Read all rows."""
        self.written: list[_Written] = []
        self.sums: list[list[tuple[Pattern, Strided]]] = []
        self._numbers = count()
        self._width = len(rows[0].program.inputs) - 1
        self._parameters = sum(row.calls * len(row.program.parameters) for row in rows)
        self._input_count, self._summed, self._sum_count = self._width, 0, 0
        inputs = [Described(Leaf("x"), (i,)) for i in range(self._width)]
        self._readings = list[_Reading]()
        for row in rows:  # a loop: each reads what the one before has given
            reading, inputs = self._forward(row, inputs)
            self._readings.append(reading)
        self._scores = inputs

    def differentiated(self, rows: Sequence[Calls], loss: Program, summed: int) -> "_Composed":
        """Read the loss, and the gradients of all rows, from the last one to the first."""
        self._targets = len(loss.inputs) - 1
        self._input_count, self._summed = self._width + self._targets + 1, summed
        self._sum_count = self._parameters + summed
        gradients = self._loss(loss)
        for row, reading in zip(reversed(rows), reversed(self._readings), strict=True):
            gradients = self._backward(row, reading, gradients)
        return self

    def rolled(self) -> Rolled:
        """The whole, with a place for each node."""
        sizes = Counter[int]()
        for group in self.written:
            sizes[group.leaf.group] += group.size
        starts = list(accumulate((sizes[group] for group in sorted(sizes)), initial=0))
        ends = self.sums[:0:-1]
        return Rolled(
            input_count=self._input_count,
            parameter_count=self._parameters,
            node_count=starts[-1],
            nests=tuple(
                node_nest(group.pattern, group.leaf, strided, starts)
                for group in self.written
                for strided in _strided(group)
            ),
            sums=tuple(
                sum_nest(pattern, strided, starts)
                for sums in (*ends, *self.sums[:1])
                for pattern, strided in sums
            ),
            sum_count=self._sum_count,
            outputs=tuple(_load(score, starts) for score in self._scores),
        )

    def _write(self, groups: Sequence[_Written]) -> None:
        self.written += groups

    def _forward(self, row: Calls, inputs: Sequence[Described]) -> tuple[_Reading, list[Described]]:
        """Read what does not depend on gradients; return what the calls give."""
        program = ask_relus(collect_totals(row.program))
        given = 1 + len(program.parameters)
        loads = [
            dict(enumerate(inputs)) | dict(_parameters(program, row.first + row.step * call))
            for call in range(min(row.calls, 2))
        ]
        source = _source(program, program.outputs[1:given], program.outputs[:given])
        reading = _Reading(source, row.calls, loads, self._numbers)
        shared, own = _kept(source, forward=True)
        self._write(reading.add(shared, once=True))
        self._write(reading.add(own))
        self._write(reading.add(_unfound(reading, program.outputs[:1])))
        given_by = reading.described(program.outputs[0])
        return reading, [_moved(given_by, call) for call in range(row.calls)]

    def _loss(self, program: Program) -> list[Described]:
        """Read the loss; return the gradients of the scores."""
        program = ask_relus(collect_totals(program))
        count, targets = len(self._scores), self._targets
        loads = {slot: Described(Leaf("x"), (self._width + slot,)) for slot in range(targets)}
        loads |= {targets: Described(Leaf("u"), (0,))}
        loads |= dict(enumerate(self._scores, targets + 1))
        source = _source(
            program, program.outputs[2 * count :], program.outputs, shared={targets: 0}
        )
        reading = _Reading(source, 1, [loads], self._numbers)
        kept = [slot for slot, is_kept in enumerate(source.kept) if is_kept]
        self._write(reading.add(kept))
        self._write(reading.add(_unfound(reading, program.outputs)))
        numbers = range(self._parameters, self._parameters + self._summed)
        ends = [reading.summed(slot) for slot in program.outputs[2 * count :]]
        self.sums.append(_gathered(ends, [(number,) for number in numbers], 1))
        return [reading.described(slot)[0] for slot in program.outputs[count : 2 * count]]

    def _backward(
        self, row: Calls, reading: _Reading, gradients: Sequence[Described]
    ) -> list[Described]:
        """Read what depends on gradients; return the gradients of what the calls were given."""
        program, seed = reading.source.program, len(reading.source.program.inputs) - 1
        reading.load(seed, self._seeds(reading, gradients))
        shared, own = _kept(reading.source, forward=False)
        self._write(reading.add(shared, once=True))
        self._write(reading.add(own))
        split = 1 + len(program.parameters)
        self._write(reading.add(_unfound(reading, program.outputs[1:split])))
        terms = [reading.summed(slot) for slot in program.outputs[1:split]]
        numbers = [
            tuple(row.first + row.step * call + i for call in range(min(row.calls, 2)))
            for i in range(len(terms))
        ]
        self.sums.append(_gathered(terms, numbers, row.calls))
        along = dict.fromkeys(program.outputs[split:])
        summing = [slot for slot in along if _sums_in(reading.described(slot)[0].pattern)]
        self._write(reading.add(summing))
        return [_added_up(reading.described(slot), row.calls) for slot in program.outputs[split:]]

    def _seeds(self, reading: _Reading, gradients: Sequence[Described]) -> Sequence[Described]:
        """The gradients of what the calls of a row give: in expressions, or nodes of their own."""
        if _is_straight(gradients) and (_is_node(gradients[0]) or _may_fold(reading.source)):
            return gradients
        leaf, first = Leaf("n", next(self._numbers)), 0
        for pattern, alike in groupby(gradients, lambda gradient: gradient.pattern):
            places = [gradient.places for gradient in alike]
            self._write([_Written(leaf, pattern, (places,), 1, first)])
            first += len(places)
        return [Described(leaf, (place,)) for place in range(len(gradients))]


def _is_straight(gradients: Sequence[Described]) -> bool:
    """Whether they are of one pattern, their places moving by constant steps."""
    places = [gradient.places for gradient in gradients]
    is_alike = all(gradient.pattern == gradients[0].pattern for gradient in gradients)
    return is_alike and len(list(islice(affine_runs(places), 2))) == 1


def _is_node(gradient: Described) -> bool:
    return isinstance(gradient.pattern, Leaf) and gradient.pattern.kind == "n"


def _parameters(program: Program, first: int) -> Iterator[tuple[int, Described]]:
    """What loads of the parameters of a call are."""
    begin = len(program.inputs)
    for i in range(len(program.parameters)):
        yield begin + i, Described(Leaf("p"), (first + i,))


def _source(
    program: Program,
    summed: Sequence[int],
    shown: Sequence[int],
    shared: Mapping[int, int] | None = None,
) -> Source:
    """A program to be read, of which some outputs are summed, and some are nodes."""
    common = shared or {}
    is_loss = bool(shared)

    def is_own(slot: int) -> bool:
        return slot not in common and (is_loss or slot < len(program.inputs))

    products = summed_products(program, summed, is_own)
    return Source(program, common, products, kept_slots(program, products, shown), {})


def _kept(source: Source, *, forward: bool) -> tuple[list[int], list[int]]:
    """The slots that are kept, and that what a call gives is computed from, or is not.

    Returns:
        Those that depend on nothing but what all calls are given, and the others.
    """
    program, inputs = source.program, len(source.program.inputs) - 1
    live = live_slots(program, program.outputs[:1])
    own = [slot >= inputs for slot in range(program.leaf_count)]
    for instruction in program.instructions:  # a loop: each is read by the next
        own.append(any(own[slot] for slot in instruction.operands))
    kept = [slot for slot in compress(range(len(own)), source.kept) if live[slot] is forward]
    return [slot for slot in kept if not own[slot]], [slot for slot in kept if own[slot]]


def _unfound(reading: _Reading, slots: Iterable[int]) -> list[int]:
    """Those of some outputs that are neither kept, nor found in memory, nor products."""
    return [
        slot
        for slot in dict.fromkeys(slots)
        if slot not in reading.source.products and not reading.alike[0].is_found(slot)
    ]


def _may_fold(source: Source) -> bool:
    """Whether the gradient of what a call gives may stand in the one expression that reads it."""
    program, uses = source.program, use_counts(source.program)
    seed, first = len(program.inputs) - 1, program.leaf_count
    readers = {s: at for at, row in enumerate(program.instructions, first) for s in row.operands}
    if uses[seed] != 1 or seed not in readers:
        return False
    slot = readers[seed]
    while not source.kept[slot] and slot in readers:  # a loop: up to the expression's root
        slot = readers[slot]
    return slot not in source.products and "total" not in _applied(source, slot)


def _applied(source: Source, slot: int) -> set[str]:
    """What is applied in the expression of a slot."""
    first, pending, found = source.program.leaf_count, [slot], set[str]()
    while pending:  # a loop: an expression is a tree
        op, operands, _ = source.program.instructions[pending.pop() - first]
        found.add(op)
        pending += [s for s in operands if s >= first and not source.kept[s]]
    return found


def _sums_in(pattern: Pattern) -> bool:
    """Whether there is a sum in a pattern."""
    if isinstance(pattern, Operation):
        return any(map(_sums_in, pattern.operands))
    return isinstance(pattern, Sum)


def _moved(calls: Alike, call: int) -> Described:
    """What it is in another call, given the first and the second."""
    first = calls[0]
    if call == 0:
        return first
    motion = difference(calls[1].places, first.places)
    places = tuple([place + call * by for place, by in zip(first.places, motion, strict=True)])
    return Described(first.pattern, places)


def _added_up(calls: Alike, count: int) -> Described:
    """The sum of what all calls give, from the last one to the first."""
    pattern, start = _moved(calls, count - 1)
    if count == 1:
        return Described(pattern, start)
    back = difference(calls[0].places, calls[1].places)
    return Described(Sum((Run(count, pattern, back),)), start)


def _gathered(
    terms: Sequence[Alike], numbers: Sequence[Places], calls: int
) -> list[tuple[Pattern, Strided]]:
    """Sums in loops: what is added up in each call, and to which sum."""
    rows: dict[Pattern, tuple[list[Places], ...]] = {}
    for term, own in zip(terms, numbers, strict=True):
        gathered = rows.setdefault(term[0].pattern, tuple([] for _ in own))
        for places, described, number in zip(gathered, term, own, strict=True):
            places.append((*described.places, number))
    return [
        (pattern, strided)
        for pattern, gathered in rows.items()
        for strided in _looped(gathered, calls)
    ]


def _strided(group: _Written) -> Iterator[Strided]:
    """The nodes of a group in loops, with their places in it."""
    numbered = [
        [(*row, group.begin + call * len(own) + i) for i, row in enumerate(own)]
        for call, own in enumerate(group.rows)
    ]
    return _looped(numbered, group.calls)


def _looped(rows: Sequence[list[Places]], calls: int) -> Iterator[Strided]:
    """Places in loops: those of one call, in one more loop over the calls."""
    if len(rows) == 1:
        yield from affine_runs(rows[0])
        return
    size = len(rows[0][0])
    for shape, first, strides in affine_runs([a + b for a, b in zip(*rows, strict=True)]):
        outer = difference(first[size:], first[:size])
        yield (calls, *shape), first[:size], (outer, *(stride[:size] for stride in strides))


def _load(score: Described, starts: Sequence[int]) -> Load:
    """Where a score is found: among the nodes, since no part gives plain inputs."""
    assert isinstance(score.pattern, Leaf)
    return Load("n", starts[score.pattern.group] + score.places[0])
