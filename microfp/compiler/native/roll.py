"""Loops from scalars: a program's like instructions, gathered and rolled into loop nests.

A neuron does to its weights what its neighbour does to others. Instructions of one shape, whose
operands have one shape, form a group; where the places of their operands move by constant
strides, the group is a loop nest, and the machine code of a layer does not grow with its width.

Each slot is either a leaf, or kept (a node), or folded into the expression of the one slot that
reads it. A kept slot is described by its pattern, which says everything but the places of its
loads, and by these places. A pattern names the groups that its loads come from, so members of a
group do the same to the same:

    pattern     Leaf(kind, group) | Constant(bits) | Operation(op, patterns) | Sum(runs)
    run         so many times the same pattern, the places of its leaves moving by steps

>>> from microfp import nn, native
>>> from microfp.compiler.ir.passes import lower
>>> from microfp.values import value
>>> layer, x = nn.layer(3, 4), [value(0.0) for _ in range(3)]
>>> rolled = roll(lower(layer(x), x, nn.parameters(layer)), summed=0)
>>> print(rolled)
nest    4        n0[i] = relu(p[4i + 3] + sum(3: p[4i + t] * x[t]))
outputs n0 n1 n2 n3
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, compress
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from microfp.compiler.ir.affine import Places, Strided, affine_runs, difference
from microfp.compiler.ir.program import CONSTANT, Program
from microfp.compiler.native.fold import ask_relus, collect_totals, kept_slots, use_counts
from microfp.compiler.native.loops import (
    Apply,
    Expression,
    Load,
    Nest,
    Number,
    Rolled,
    Segment,
    Total,
)
from microfp.ops import Primitive
from microfp.record import unchecked

__all__ = [
    "Cells",
    "Described",
    "Group",
    "Groups",
    "Leaf",
    "Operation",
    "Pattern",
    "Places",
    "Run",
    "Source",
    "Strided",
    "Sum",
    "affine_runs",
    "difference",
    "find_loops",
    "node_nest",
    "own_primitives",
    "roll",
    "sum_nest",
    "summed_products",
]

MOST_LITERALS = 32
"""Where a program has more constants than so many, they are a table: a frozen layer has many."""

PROBED = 20_000
"""How many instructions of a far longer program show whether it has loops."""


# Patterns: expressions without the places of their loads.


class Leaf(NamedTuple):
    """A load, by its kind; of nodes also by the group that has written them."""

    kind: str
    group: int = 0


class Constant(NamedTuple):
    """A constant by its bits, for which 0.0 is not -0.0 and nan is nan."""

    bits: str


class Operation(NamedTuple):
    """A primitive applied to patterns."""

    op: str
    parameter: float | Primitive | None
    operands: "tuple[Pattern, ...]"


class Run(NamedTuple):
    """Terms of a sum that follow each other: how many, what they are, and how their leaves move."""

    length: int
    term: "Pattern"
    steps: Places


class Sum(NamedTuple):
    """A sum of runs; a pattern holds one at most."""

    runs: tuple[Run, ...]


Pattern: TypeAlias = Leaf | Constant | Operation | Sum


class Described(NamedTuple):
    """An expression as its pattern and the places of its leaves, in the order of reading."""

    pattern: Pattern
    places: Places


def _leaves(pattern: Pattern) -> Iterator[tuple[Leaf, int]]:
    """The leaves of a pattern in the order of reading, each with its step along a sum."""
    if isinstance(pattern, Leaf):
        yield pattern, 0
    elif isinstance(pattern, Operation):
        yield from chain.from_iterable(map(_leaves, pattern.operands))
    elif isinstance(pattern, Sum):
        for run in pattern.runs:
            for (leaf, _), step in zip(_leaves(run.term), run.steps, strict=True):
                yield leaf, step


# From a program to groups.


class Source(NamedTuple):
    """A program to be rolled."""

    program: Program
    """The program, with its sums collected."""
    shared: Mapping[int, int]
    """The inputs that are the same for all examples: from their slots to their places."""
    products: frozenset[int]
    """The slots of products that are summed over the examples and read nowhere else."""
    kept: Sequence[bool]
    """Whether each slot is kept as a node."""
    table: Mapping[int, int]
    """The places of constants in their table, by slot; empty where they are few."""
    cells: "Cells | None" = None
    """Where the inputs are, if not one behind another."""


class Cells(NamedTuple):
    """Where a program of several finds its inputs and constants."""

    inputs: Sequence[int]
    """The place of each input. Outputs are nodes, since these places may be written to."""
    constants: int
    """How many constants the programs before have in the table."""


def _source(
    program: Program, summed: int, shared: Iterable[str], cells: Cells | None = None
) -> Source:
    program = ask_relus(collect_totals(program))
    common = {program.inputs.index(name): place for place, name in enumerate(shared)}
    products = summed_products(
        program,
        program.outputs[len(program.outputs) - summed :],
        lambda slot: slot < len(program.inputs) and slot not in common,
    )
    kept = kept_slots(program, products)
    return Source(program, common, products, kept, _table(program), cells)


def summed_products(
    program: Program, summed: Sequence[int], is_own: Callable[[int], bool]
) -> frozenset[int]:
    """Products that are summed over the examples and read nowhere else: never kept themselves.

    Args:
        program: The program.
        summed: The slots of what is summed.
        is_own: Whether a leaf, by its slot, is a number of each example.
    """
    uses, first = use_counts(program), program.leaf_count

    def of_an_example(slot: int) -> bool:
        if slot < first:
            return is_own(slot)
        return program.instructions[slot - first].op != CONSTANT

    return frozenset(
        slot
        for slot in summed
        if slot >= first
        and uses[slot] == 1
        and program.instructions[slot - first].op == "mul"
        and all(map(of_an_example, program.instructions[slot - first].operands))
    )


def _table(program: Program) -> dict[int, int]:
    """The places of constants in their table, by slot; empty where they are few."""
    slots = [
        slot
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op == CONSTANT
    ]
    return {slot: place for place, slot in enumerate(slots)} if len(slots) > MOST_LITERALS else {}


class Group(NamedTuple):
    """Slots of one pattern."""

    leaf: Leaf
    """What a load of a member is, which names the group by its number."""
    rows: list[Places]
    """The places of each member's leaves."""


class Groups:
    """The groups found so far, while a program is read from its first slot to its last.

    Attributes:
        source: The program.
        groups: The groups, by their patterns, in the order of their numbers.
        loads: What a load of a slot is: of a leaf, of a constant in the table, of a member.
    """

    def __init__(
        self,
        source: Source,
        loads: Mapping[int, Described],
        name: "Callable[[Pattern], Leaf] | None" = None,
        offsets: Mapping[Leaf, int] = MappingProxyType({}),
    ) -> None:
        """Begin without any group.

        Args:
            source: The program.
            loads: What the loads of its leaves are, and of the constants in the table.
            name: What a load of a new group is, by its pattern; if not given, they are numbered.
            offsets: From the loads of groups to the places of their first members, where not 0.
        """
        self.source: Source = source
        self.groups: dict[Pattern, Group] = {}
        self.loads: dict[int, Described] = dict(loads)
        self._first = source.program.leaf_count
        self._name = name or (lambda _: Leaf("n", len(self.groups)))
        self._offsets = offsets

    def add(self, slot: int) -> None:
        """Put a slot into its group."""
        pattern, places = self.described(slot)
        group = self.groups.get(pattern)
        if group is None:
            group = self.groups[pattern] = Group(self._name(pattern), [])
        place = self._offsets.get(group.leaf, 0) + len(group.rows)
        self.loads[slot] = Described(group.leaf, (place,))
        group.rows.append(places)

    def summed(self, slot: int) -> Described:
        """What is added up over the examples: a product of two loads, or a load."""
        if slot not in self.source.products:
            return self.loads[slot]
        _, operands, _ = self.source.program.instructions[slot - self._first]
        return _operation("mul", None, [self.loads[operand] for operand in operands])

    def is_found(self, slot: int) -> bool:
        """Whether a slot is found in memory that each example has its own of."""
        pattern = self.loads[slot].pattern if slot in self.loads else None
        kinds = ("n", "x") if self.source.cells is None else ("n",)
        return isinstance(pattern, Leaf) and pattern.kind in kinds

    def described(self, slot: int) -> Described:
        """A load, or what is folded in its place."""
        found = self.loads.get(slot)
        return self._instruction(slot) if found is None else found

    def _instruction(self, slot: int) -> Described:
        op, operands, parameter = self.source.program.instructions[slot - self._first]
        if op == CONSTANT:
            assert isinstance(parameter, float)
            return Described(Constant(parameter.hex()), ())
        described = [self.described(operand) for operand in operands]
        return _sum(described) if op == "total" else _operation(op, parameter, described)


def _leaf_loads(source: Source) -> Iterator[tuple[int, Described]]:
    """What loads of inputs, of parameters and of constants in the table are, by their slots."""
    inputs, shared = len(source.program.inputs), source.shared
    cells = source.cells or Cells(range(inputs), 0)
    for slot in range(inputs):
        is_shared = slot in shared
        place = shared[slot] if is_shared else cells.inputs[slot]
        yield slot, Described(Leaf("u" if is_shared else "x"), (place,))
    for place in range(len(source.program.parameters)):
        yield inputs + place, Described(Leaf("p"), (place,))
    for slot, place in source.table.items():
        yield slot, Described(Leaf("c"), (cells.constants + place,))


def _operation(
    op: str, parameter: float | Primitive | None, operands: Sequence[Described]
) -> Described:
    """A primitive of what was described."""
    patterns = tuple([operand.pattern for operand in operands])
    places = tuple([place for operand in operands for place in operand.places])
    return Described(Operation(op, parameter, patterns), places)


def _sum(terms: Sequence[Described]) -> Described:
    """A sum as runs of like terms whose leaves move by constant steps; 0.0 if it is empty."""
    if not terms:
        return Described(Constant((0.0).hex()), ())
    runs = list(_runs(terms))
    starts = chain.from_iterable(first.places for first, _ in runs)
    return Described(Sum(tuple(run for _, run in runs)), tuple(starts))


def _runs(terms: Sequence[Described]) -> Iterator[tuple[Described, Run]]:
    """Cut terms into runs, each with its first term; a run of one does not move."""
    start = 0
    while start < len(terms):
        pattern, first = terms[start]
        steps, stop = _step(terms, start + 1), start + 1
        while steps is not None and _step(terms, stop) == steps:
            stop += 1
        yield terms[start], Run(stop - start, pattern, steps or (0,) * len(first))
        start = stop


def _step(terms: Sequence[Described], place: int) -> Places | None:
    """How far a term is from the one before it, if there is one, and it has the same pattern."""
    if place == len(terms) or terms[place].pattern != terms[place - 1].pattern:
        return None
    return difference(terms[place].places, terms[place - 1].places)


# From groups to loops.


def roll(program: Program, *, summed: int, shared: Iterable[str] = ()) -> Rolled:
    """Roll a program into loop nests.

    Args:
        program: What to compute for each example.
        summed: How many outputs, counted from the last one, are to be added up over the
            examples; the others belong to each example.
        shared: The names of inputs that are the same for all examples.

    >>> from microfp import value
    >>> from microfp.compiler.ir.passes import lower
    >>> w, x = value(1.0), value(2.0)
    >>> print(roll(lower([w * x, w + x], [x], [w]), summed=1))
    nest    1        n0 = p0 * x0
    nest    1        n1 = p0 + x0
    nest    1        s0 = n1
    outputs n0
    """
    rolled = find_loops(program, summed=summed, shared=shared)
    assert rolled is not None, "without a limit there is a result"
    return rolled


def find_loops(
    program: Program,
    *,
    summed: int,
    shared: Iterable[str] = (),
    limit: int | None = None,
    cells: Cells | None = None,
) -> Rolled | None:
    """As `roll`, but give up where there would be more than so many nests: None.

    Args:
        program: What to compute for each example.
        summed: How many outputs are to be added up over the examples.
        shared: The names of inputs that are the same for all examples.
        limit: How many nests there may be; any number if not given.
        cells: Where the inputs are, for one program of several.

    >>> from microfp import sin, value
    >>> from microfp.compiler.ir.passes import lower
    >>> x = value(0.0)
    >>> find_loops(lower(sin(sin(x)), [x]), summed=0, limit=1) is None
    True
    """
    if limit is not None and _begins_without_loops(program, shared, limit):
        return None
    groups = _grouped(_source(program, summed, shared, cells), limit)
    rolled = None if groups is None else _rolled(groups, summed)
    is_small = rolled is not None and (limit is None or len(rolled.nests) <= limit)
    return rolled if is_small else None


def _begins_without_loops(program: Program, shared: Iterable[str], limit: int) -> bool:
    """Whether the beginning of a long program has too many nests already."""
    if len(program.instructions) < 4 * PROBED:
        return False
    start = program.instructions[:PROBED]
    beginning = unchecked(Program, program.inputs, program.parameters, start, ())
    return find_loops(beginning, summed=0, shared=shared, limit=limit) is None


def _grouped(source: Source, limit: int | None) -> Groups | None:
    """Put all slots that are kept, and outputs that are found nowhere yet, into groups: few enough.

    An output is a node, an input that each example has its own of, or a product that is summed.
    """
    groups = Groups(source, dict(_leaf_loads(source)))
    for slot in compress(range(len(source.kept)), source.kept):
        groups.add(slot)
        if limit is not None and len(groups.groups) > limit:
            return None
    for slot in source.program.outputs:
        if slot not in source.products and not groups.is_found(slot):
            groups.add(slot)
    return groups


def _rolled(groups: Groups, summed: int) -> Rolled:
    program, table = groups.source.program, groups.source.table
    sizes = [len(group.rows) for group in groups.groups.values()]
    starts = list(accumulate(sizes, initial=0))
    split = len(program.outputs) - summed
    return Rolled(
        input_count=len(program.inputs),
        parameter_count=len(program.parameters),
        node_count=starts[-1],
        nests=tuple(_nests(groups, starts)),
        sums=tuple(_sums(groups, program.outputs[split:], starts)),
        sum_count=summed,
        outputs=tuple(_output(groups.loads[slot], starts) for slot in program.outputs[:split]),
        constants=tuple(_numbers(program, table)),
    )


def _numbers(program: Program, slots: Iterable[int]) -> Iterator[float]:
    """The numbers of constants."""
    for slot in slots:
        parameter = program.instructions[slot - program.leaf_count].parameter
        assert isinstance(parameter, float)
        yield parameter


def _output(load: Described, starts: Sequence[int]) -> Load:
    """Where an output is found that belongs to each example."""
    (found,) = _loads(load.pattern, load.places, (), starts)
    return found


def _nests(groups: Groups, starts: Sequence[int]) -> Iterator[Nest]:
    """What is computed for each example: the members of each group, in loops."""
    for pattern, group in groups.groups.items():
        for shape, first, strides in affine_runs([(*row, i) for i, row in enumerate(group.rows)]):
            yield node_nest(pattern, group.leaf, (shape, first, strides), starts)


def node_nest(pattern: Pattern, leaf: Leaf, strided: "Strided", starts: Sequence[int]) -> Nest:
    """Members of a group, in loops.

    Args:
        pattern: What they are.
        leaf: What a load of one is.
        strided: The places of their leaves, and last their own in the group.
        starts: Where the nodes of each group begin.
    """
    shape, first, strides = strided
    target = Load("n", starts[leaf.group] + first[-1], strides_of_target(strides))
    result, segments = _placed(pattern, _loads(pattern, first, strides, starts))
    return Nest(
        shape, segments or (unchecked(Segment, 1, result),), target, result if segments else Total()
    )


def _sums(groups: Groups, summed: Sequence[int], starts: Sequence[int]) -> Iterator[Nest]:
    """What is added up over the examples: nests over the numbers of the sums."""
    gathered: dict[Pattern, list[Places]] = {}
    for number, slot in enumerate(summed):
        pattern, places = groups.summed(slot)
        gathered.setdefault(pattern, []).append((*places, number))
    for pattern, rows in gathered.items():
        for shape, first, strides in affine_runs(rows):
            yield sum_nest(pattern, (shape, first, strides), starts)


def sum_nest(pattern: Pattern, strided: "Strided", starts: Sequence[int]) -> Nest:
    """Sums over the examples, in loops: the places of their leaves, and last their own numbers."""
    shape, first, strides = strided
    term, _ = _placed(pattern, _loads(pattern, first, strides, starts))
    target = Load("s", first[-1], strides_of_target(strides))
    return Nest(shape, (unchecked(Segment, 1, term),), target)


def strides_of_target(strides: Sequence[Places]) -> tuple[int, ...]:
    """The strides of what stands last in a row, which is where its result goes."""
    return tuple(stride[-1] for stride in strides)


def _loads(
    pattern: Pattern, first: Places, strides: Sequence[Places], starts: Sequence[int]
) -> Iterator[Load]:
    """The leaves of a pattern as loads, in the order of reading.

    Args:
        pattern: The pattern.
        first: The places of its leaves for the first member of a nest.
        strides: How they move, loop by loop.
        starts: Where the nodes of each group begin.
    """
    for i, (leaf, step) in enumerate(_leaves(pattern)):
        base = starts[leaf.group] if leaf.kind == "n" else 0
        yield Load(leaf.kind, base + first[i], tuple(stride[i] for stride in strides), step)


def _placed(pattern: Pattern, loads: Iterator[Load]) -> tuple[Expression, tuple[Segment, ...]]:
    """A pattern with loads for its leaves, and the segments of the sum in it, if there is one."""
    if isinstance(pattern, Leaf):
        return next(loads), ()
    if isinstance(pattern, Constant):
        return Number(float.fromhex(pattern.bits)), ()
    if isinstance(pattern, Sum):
        terms = [(run.length, _placed(run.term, loads)[0]) for run in pattern.runs]
        return Total(), tuple(unchecked(Segment, *term) for term in terms)
    operands = [_placed(operand, loads) for operand in pattern.operands]
    parameter = pattern.parameter if isinstance(pattern.parameter, float) else None
    segments = tuple(chain.from_iterable(segments for _, segments in operands))
    return Apply(pattern.op, tuple(expression for expression, _ in operands), parameter), segments


def own_primitives(program: Program) -> Iterator[tuple[int, Primitive]]:
    """Find the instructions whose primitive stands in no table, with their slots."""
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        if isinstance(instruction.parameter, Primitive):
            yield slot, instruction.parameter
