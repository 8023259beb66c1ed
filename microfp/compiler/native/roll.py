"""Loops from scalars: a program's like instructions, gathered and rolled into loop nests.

A neuron does to its weights what its neighbour does to others. Instructions of one shape, whose
operands have one shape, form a group; where the places of their operands move by constant
strides, the group is a loop nest, and the machine code of a layer does not grow with its width.

>>> from microfp import nn, native
>>> from microfp.compiler.ir.passes import lower
>>> from microfp.values import value
>>> layer, x = nn.layer(3, 4), [value(0.0) for _ in range(3)]
>>> rolled = roll(lower(layer(x), x, nn.parameters(layer)), summed=0)
>>> print(rolled)
nest    4        n0[i] = relu(p[4i + 3] + sum(3: p[4i + t] * x[t]))
outputs n0 n1 n2 n3
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import prod
from typing import NamedTuple, TypeAlias

from microfp.compiler.ir.program import CONSTANT, Instruction, Program, primitive_of
from microfp.ops import PRIMITIVES, Primitive
from microfp.record import Record, attr

__all__ = [
    "Apply",
    "Load",
    "Nest",
    "Number",
    "Rolled",
    "Segment",
    "Total",
    "ask_relus",
    "collect_totals",
    "roll",
]

SUMS = frozenset({"add", "total"})
"""What adds its operands from left to right."""

COSTLY = frozenset(name for name, row in PRIMITIVES.items() if row.costly)
"""What is computed once and kept, not repeated inside another expression."""

MOST_LITERALS = 32
"""Where a program has more constants than so many, they are a table: a frozen layer has many."""

LARGEST_EXPRESSION = 12
"""How many operations one expression of a nest may hold."""


class Load(NamedTuple):
    """A number in memory: `base` plus each loop index times its stride.

    Attributes:
        kind: `"x"`, the inputs of an example; `"n"`, its nodes; `"p"`, the parameters and `"u"`,
            the other numbers that all examples share; `"c"`, the table of constants; `"s"`, the
            sums over all examples.
        base: The place for all indices 0.
        strides: One per loop of the nest, outermost first.
        step: The stride along the terms of a sum.
    """

    kind: str
    base: int
    strides: tuple[int, ...] = ()
    step: int = 0


class Number(NamedTuple):
    """A constant."""

    data: float


class Total(NamedTuple):
    """The sum of the segments of a nest, in the expression that its members come to."""


class Apply(NamedTuple):
    """A primitive applied to expressions."""

    op: str
    operands: "tuple[Expression, ...]"
    parameter: float | None = None


Expression: TypeAlias = Load | Number | Apply | Total


class Segment(Record):
    """A run of terms of a sum: `count` times the same expression, its loads moving by steps."""

    count: int = attr()
    term: Expression = attr()


class Nest(NamedTuple):
    """Loops around one expression, in which there may be the sum of segments.

    Attributes:
        shape: How often each loop runs, outermost first; () for a single member.
        segments: What is added up; a single segment of count 1 is a plain expression.
        target: Where the results go: kind `"n"`, a node, or `"s"`, a sum over all examples.
        result: What a member comes to: that sum, or an expression of it.
    """

    shape: tuple[int, ...]
    segments: tuple[Segment, ...]
    target: Load
    result: Expression = Total()

    @property
    def size(self) -> int:
        """How many members there are."""
        return prod(self.shape)

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape)) or "1"
        total = " + ".join(map(_segment_text, self.segments))
        result = _expression_text(self.result, total, is_sum=len(self.segments) > 1)
        return f"nest    {shape:<8} {_load_text(self.target)} = {result}"


class Rolled(Record):
    """What a program becomes: nests in order, and where to find its outputs.

    Attributes:
        input_count: How many numbers an example has.
        parameter_count: How many numbers all examples share.
        node_count: How many numbers are kept for each example.
        nests: What is computed for each example.
        sums: What is added up over all examples, as nests whose targets are sums.
        sum_count: How many sums there are.
        outputs: Where each output that belongs to an example is found.
        constants: The table of constants; empty where they are few, and stand in expressions.
    """

    input_count: int = attr()
    parameter_count: int = attr()
    node_count: int = attr()
    nests: tuple[Nest, ...] = attr()
    sums: tuple[Nest, ...] = attr()
    sum_count: int = attr()
    outputs: tuple[Load, ...] = attr()
    constants: tuple[float, ...] = attr(default=())

    def __repr__(self) -> str:
        """Show how much there is; `print` shows it all."""
        return f"Rolled({len(self.nests)} nests, {len(self.sums)} sums, {self.node_count} nodes)"

    def __str__(self) -> str:
        outputs = " ".join(map(_load_text, self.outputs))
        return "\n".join([*map(str, self.nests), *map(str, self.sums), f"outputs {outputs}"])


def _segment_text(segment: Segment) -> str:
    term = _expression_text(segment.term)
    return term if segment.count == 1 else f"sum({segment.count}: {term})"


def _expression_text(expression: Expression, total: str = "", *, is_sum: bool = False) -> str:
    """Write an expression, around the text of its total, which may be a sum."""
    if isinstance(expression, Total):
        return total
    if isinstance(expression, Number):
        return repr(expression.data)
    if isinstance(expression, Load):
        return _load_text(expression)
    notation = primitive_of(Instruction(expression.op)).notation
    is_open = is_sum and "(" not in notation and "[" not in notation
    inner = f"({total})" if is_open else total
    texts = [_expression_text(operand, inner) for operand in expression.operands]
    return notation.format(*texts, expression.parameter)


def _load_text(load: Load) -> str:
    parts = [_stride_text(*pair) for pair in zip(load.strides, "ijklmabcd", strict=False)]
    moving = [part for part in (*parts, _stride_text(load.step, "t")) if part]
    if not moving:
        return f"{load.kind}{load.base}"
    if load.kind == "n":
        return f"n{load.base}[{_signed(moving)}]"
    return f"{load.kind}[{_signed(moving + ([str(load.base)] if load.base else []))}]"


def _stride_text(stride: int, index: str) -> str:
    return "" if stride == 0 else {1: index, -1: f"-{index}"}.get(stride, f"{stride}{index}")


def _signed(parts: Sequence[str]) -> str:
    return " + ".join(parts).replace("+ -", "- ")


def collect_totals(program: Program) -> Program:
    """Write chains of additions as one sum of many terms; the order stays, and so do the bits.

    >>> from microfp import value
    >>> from microfp.compiler.ir.passes import translate
    >>> x, y, z = value(1.0), value(2.0), value(3.0)
    >>> print(collect_totals(translate(x + y + z, inputs=[x, y, z])))
    inputs      x0 x1 x2
    parameters
    %3 = total x0 x1 x2
    outputs     %3
    """
    first, absorbed = program.leaf_count, _absorbed(program)
    if not absorbed:
        return program
    moved = list(range(first))
    collected: list[Instruction] = []
    for slot, (op, operands, parameter) in enumerate(program.instructions, first):  # a fast loop
        moved.append(first + len(collected))
        if slot not in absorbed:
            is_chain = op in SUMS and operands and operands[0] in absorbed
            read = _terms(program, slot, absorbed) if is_chain else operands
            name = "total" if is_chain else op
            collected.append(Instruction(name, tuple([moved[s] for s in read]), parameter))
    outputs = tuple(moved[slot] for slot in program.outputs)
    return Program.unchecked(program.inputs, program.parameters, tuple(collected), outputs)


def _absorbed(program: Program) -> frozenset[int]:
    """The sums that are nothing but the beginning of another sum."""
    uses, first = use_counts(program), program.leaf_count
    return frozenset(
        instruction.operands[0]
        for instruction in program.instructions
        if instruction.op in SUMS
        and instruction.operands
        and instruction.operands[0] >= first
        and uses[instruction.operands[0]] == 1
        and program.instructions[instruction.operands[0] - first].op in SUMS
    )


def _terms(program: Program, slot: int, absorbed: frozenset[int]) -> tuple[int, ...]:
    tails: list[tuple[int, ...]] = []
    while True:  # a plain loop: down the left edge of a tree that may be deep
        operands = program.instructions[slot - program.leaf_count].operands
        if not operands or operands[0] not in absorbed:
            break
        tails.append(operands[1:])
        slot = operands[0]
    return (*operands, *(operand for tail in reversed(tails) for operand in tail))


def ask_relus(program: Program) -> Program:
    """Ask of a relu whether it is positive, not of its operand: then nobody else reads that.

    >>> from microfp import relu, value
    >>> from microfp.compiler.ir.passes import translate
    >>> from microfp.ops import positive
    >>> from microfp.values import lift
    >>> x = value(1.0)
    >>> print(ask_relus(translate([relu(x), lift(positive(x))], inputs=[x])))
    inputs      x0
    parameters
    %1 = relu x0
    %2 = positive %1
    outputs     %1 %2
    """
    relus: dict[int, int] = {}
    asked: list[Instruction] = []
    for slot, it in enumerate(program.instructions, program.leaf_count):  # a loop: it remembers
        if it.op == "relu":
            relus.setdefault(it.operands[0], slot)
        asks = it.op == "positive"
        asked.append(
            it._replace(operands=tuple(relus.get(o, o) for o in it.operands)) if asks else it
        )
    return Program.unchecked(program.inputs, program.parameters, tuple(asked), program.outputs)


def use_counts(program: Program) -> list[int]:
    """Count how often each slot is read, outputs included."""
    uses = [0] * (program.leaf_count + len(program.instructions))
    for slot in program.outputs:
        uses[slot] += 1
    for instruction in program.instructions:
        for operand in instruction.operands:
            uses[operand] += 1
    return uses


# How a program is rolled. Each slot is either a leaf, or kept (a node), or folded into
# the expression of the one slot that reads it. A kept slot is described by its form, which says
# everything but the places of its loads, and by these places. Slots of one form make a group, and
# a form names the groups that its loads come from, so members of a group do the same to the same.

Form: TypeAlias = tuple[object, ...]
Places: TypeAlias = tuple[int, ...]


class _Group(NamedTuple):
    form: Form
    members: list[int]
    places: list[Places]


class _Forms:
    """The groups found so far, while a program is read from its first slot to its last."""

    def __init__(self, program: Program, shared: Mapping[int, int], kept: Sequence[bool]) -> None:
        self.instructions = program.instructions
        self.input_count = len(program.inputs)
        self.leaf_count = program.leaf_count
        self.shared = shared
        self.kept = kept
        self.table = _table(program)
        self.groups: list[_Group] = []
        self.numbers: dict[Form, int] = {}
        self.found: dict[int, tuple[int, int]] = {}

    def add(self, slot: int) -> None:
        """Put a kept slot into its group."""
        form, places = self._described(slot)
        number = self.numbers.setdefault(form, len(self.groups))
        if number == len(self.groups):
            self.groups.append(_Group(form, [], []))
        group = self.groups[number]
        self.found[slot] = (number, len(group.members))
        group.members.append(slot)
        group.places.append(tuple(places))

    def leaf(self, slot: int, places: list[int]) -> Form:
        """The form of a load, with its place noted."""
        if slot < self.input_count:
            places.append(self.shared.get(slot, slot))
            return ("u",) if slot in self.shared else ("x",)
        if slot < self.leaf_count:
            places.append(slot - self.input_count)
            return ("p",)
        number, place = self.found[slot]
        places.append(place)
        return ("n", number)

    def _described(self, slot: int) -> tuple[Form, list[int]]:
        places: list[int] = []
        if slot < self.leaf_count:
            return ("copy", self.leaf(slot, places)), places
        return self._applied(self.instructions[slot - self.leaf_count], places), places

    def _operand(self, slot: int, places: list[int]) -> Form:
        if slot < self.leaf_count or self.kept[slot]:
            return self.leaf(slot, places)
        if slot in self.table:
            places.append(self.table[slot])
            return ("c",)
        return self._applied(self.instructions[slot - self.leaf_count], places)

    def _applied(self, instruction: Instruction, places: list[int]) -> Form:
        op, operands, parameter = instruction
        if op == CONSTANT:
            assert isinstance(parameter, float)
            return (CONSTANT, parameter.hex())
        if op == "total":
            return self._sum(operands, places) if operands else (CONSTANT, (0.0).hex())
        return (op, parameter, *[self._operand(slot, places) for slot in operands])

    def _sum(self, terms: Sequence[int], places: list[int]) -> Form:
        """A sum as runs of like terms whose loads move by constant steps."""
        described: list[tuple[Form, list[int]]] = []
        for term in terms:
            own: list[int] = []
            described.append((self._operand(term, own), own))
        runs: list[Form] = []
        for count, (form, start), steps in _runs(described):
            runs.append((count, form, steps))
            places += start
        return ("total", *runs)


def _table(program: Program) -> dict[int, int]:
    """The places of constants in their table, by slot; empty where they are few."""
    slots = [
        slot
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op == CONSTANT
    ]
    return {slot: place for place, slot in enumerate(slots)} if len(slots) > MOST_LITERALS else {}


def _numbers(program: Program, slots: Iterable[int]) -> Iterator[float]:
    """The numbers of constants."""
    for slot in slots:
        parameter = program.instructions[slot - program.leaf_count].parameter
        assert isinstance(parameter, float)
        yield parameter


Described: TypeAlias = tuple[Form, list[int]]


def _runs(terms: Sequence[Described]) -> Iterator[tuple[int, Described, Places]]:
    """Cut terms into runs of one form with constant steps: how many, the first one, the steps."""
    start = 0
    while start < len(terms):
        form, first = terms[start]
        stop, steps = start + 1, (0,) * len(first)
        if stop < len(terms) and terms[stop][0] == form:
            steps = _difference(terms[stop][1], first)
            while (
                stop < len(terms)
                and terms[stop][0] == form
                and _difference(terms[stop][1], terms[stop - 1][1]) == steps
            ):
                stop += 1
        yield stop - start, terms[start], steps
        start = stop


def _difference(a: Sequence[int], b: Sequence[int]) -> Places:
    return tuple([x - y for x, y in zip(a, b, strict=True)])


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
    program: Program, *, summed: int, shared: Iterable[str] = (), limit: int | None = None
) -> Rolled | None:
    """As `roll`, but give up where there would be more than so many nests: None.

    >>> from microfp import sin, value
    >>> from microfp.compiler.ir.passes import lower
    >>> x = value(0.0)
    >>> find_loops(lower(sin(sin(x)), [x]), summed=0, limit=1) is None
    True
    """
    if limit is not None and _begins_without_loops(program, shared, limit):
        return None
    program = ask_relus(collect_totals(program))
    common = {program.inputs.index(name): place for place, name in enumerate(shared)}
    split = len(program.outputs) - summed
    products = _products(program, program.outputs[split:], common)
    kept = _kept(program, products)
    forms = _Forms(program, common, kept)
    for slot in range(program.leaf_count, len(kept)):
        if kept[slot]:
            forms.add(slot)
            if limit is not None and len(forms.groups) > limit:
                return None
    for slot in program.outputs:
        if (
            slot not in forms.found
            and slot not in products
            and not _is_input(program, slot, common)
        ):
            forms.add(slot)
    rolled = _rolled_up(program, forms, products, split)
    return rolled if limit is None or len(rolled.nests) <= limit else None


PROBED = 20_000
"""How many instructions of a far longer program show whether it has loops."""


def _begins_without_loops(program: Program, shared: Iterable[str], limit: int) -> bool:
    """Whether the beginning of a long program has too many nests already."""
    if len(program.instructions) < 4 * PROBED:
        return False
    start = program.instructions[:PROBED]
    beginning = Program.unchecked(program.inputs, program.parameters, start, ())
    return find_loops(beginning, summed=0, shared=shared, limit=limit) is None


def _is_input(program: Program, slot: int, common: Mapping[int, int]) -> bool:
    return slot < len(program.inputs) and slot not in common


def _products(program: Program, summed: Sequence[int], common: Mapping[int, int]) -> frozenset[int]:
    """Products that are summed over the examples and read nowhere else: never kept themselves."""
    uses, first = use_counts(program), program.leaf_count

    def of_an_example(slot: int) -> bool:
        if slot < first:
            return _is_input(program, slot, common)
        return program.instructions[slot - first].op != CONSTANT

    return frozenset(
        slot
        for slot in summed
        if slot >= first
        and uses[slot] == 1
        and program.instructions[slot - first].op == "mul"
        and all(map(of_an_example, program.instructions[slot - first].operands))
    )


def _kept(program: Program, products: frozenset[int]) -> list[bool]:
    """Whether each slot is kept as a node, and not folded into the one expression that reads it."""
    first, uses = program.leaf_count, use_counts(program)
    instructions = program.instructions
    folded = [False] * len(uses)
    size = [1] * len(uses)
    has_sum = [False] * len(uses)
    for slot, (op, operands, _) in enumerate(instructions, first):  # a loop: each reads the last
        within = [o for o in operands if folded[o] and has_sum[o]]
        for operand in within if op == "total" or len(within) > 1 else ():
            folded[operand] = has_sum[operand] = False  # an expression holds one sum
        has_sum[slot] = op == "total" or any(has_sum[o] for o in within)
        folded[slot] = op == CONSTANT or (uses[slot] == 1 and op not in COSTLY)
        size[slot] += sum([size[o] for o in operands if folded[o]])
        if op != "total" and size[slot] > LARGEST_EXPRESSION:
            folded[slot] = False
    for slot in (*program.outputs, *_operands(program, products)):
        if slot >= first and instructions[slot - first].op != CONSTANT:
            folded[slot] = False
    return [
        slot >= first and not folded[slot] and slot not in products for slot in range(len(uses))
    ]


def _operands(program: Program, slots: Iterable[int]) -> Iterator[int]:
    for slot in slots:
        yield from program.instructions[slot - program.leaf_count].operands


def _rolled_up(program: Program, forms: _Forms, products: frozenset[int], split: int) -> Rolled:
    starts = list(accumulate([len(group.members) for group in forms.groups], initial=0))
    return Rolled(
        input_count=len(program.inputs),
        parameter_count=len(program.parameters),
        node_count=starts[-1],
        nests=tuple(
            nest
            for number, group in enumerate(forms.groups)
            for nest in _nests(group, number, starts)
        ),
        sums=tuple(_sums(program, forms, products, program.outputs[split:], starts)),
        sum_count=len(program.outputs) - split,
        outputs=tuple(_place(forms, slot, starts) for slot in program.outputs[:split]),
        constants=tuple(_numbers(program, forms.table)),
    )


def _place(forms: _Forms, slot: int, starts: Sequence[int]) -> Load:
    places: list[int] = []
    form = _found(forms, slot, places) if slot in forms.found else forms.leaf(slot, places)
    return _load(form, places[0], (), 0, starts)


def _load(form: Form, place: int, strides: Places, step: int, starts: Sequence[int]) -> Load:
    start = starts[_int(form[1])] if form[0] == "n" else 0
    return Load(str(form[0]), start + place, strides, step)


def _nests(group: _Group, number: int, starts: Sequence[int]) -> Iterator[Nest]:
    rows = [(*places, i) for i, places in enumerate(group.places)]
    for shape, start, strides in affine_runs(rows):
        target = _load(("n", number), start[-1], tuple(s[-1] for s in strides), 0, starts)
        segments, result = _members(group.form, start, strides, starts)
        yield Nest(shape, segments, target, result)


Run: TypeAlias = tuple[tuple[int, ...], Places, tuple[Places, ...]]


def affine_runs(rows: Sequence[Places]) -> Iterator[Run]:
    """Cut rows of places into loop nests: shape, first row, and the stride of each loop.

    >>> list(affine_runs([(0, 5), (1, 5), (10, 6), (11, 6)]))
    [((2, 2), (0, 5), ((10, 1), (1, 0)))]
    """
    start = 0
    while start < len(rows):
        shape, strides, count = _longest_nest(rows, start)
        yield shape, rows[start], strides
        start += count


def _longest_nest(
    rows: Sequence[Places], start: int
) -> tuple[tuple[int, ...], tuple[Places, ...], int]:
    """Grow a nest loop by loop, innermost first, for as long as whole copies of it follow."""
    shape: tuple[int, ...] = ()
    strides: tuple[Places, ...] = ()
    size = 1
    while start + 2 * size <= len(rows):
        stride = _difference(rows[start + size], rows[start])
        count = 1
        while _repeats(rows, start + count * size, size, stride):
            count += 1
        if count == 1:
            break
        shape, strides, size = (count, *shape), (stride, *strides), size * count
    return shape, strides, size


def _repeats(rows: Sequence[Places], at: int, size: int, stride: Places) -> bool:
    """Whether the rows from `at` are those of one size before, each moved by the stride."""
    return at + size <= len(rows) and all(
        _difference(rows[i], rows[i - size]) == stride for i in range(at, at + size)
    )


def _members(
    form: Form, start: Places, strides: Sequence[Places], starts: Sequence[int]
) -> tuple[tuple[Segment, ...], Expression]:
    """What the members of a nest add up, and what they come to."""
    reader = _Reader(start, strides, starts)
    result = reader.expression(_form(form[1]) if form[0] == "copy" else form, None)
    if reader.segments:
        return reader.segments, result
    return (Segment.unchecked(1, result),), Total()


def _form(part: object) -> Form:
    assert isinstance(part, tuple)
    return part


def _int(part: object) -> int:
    assert isinstance(part, int)
    return part


class _Reader:
    """Turns forms into expressions, taking one place after the other.

    The segments of a sum that it meets are kept beside.
    """

    def __init__(self, start: Places, strides: Sequence[Places], starts: Sequence[int]) -> None:
        self.start = start
        self.strides = strides
        self.starts = starts
        self.next = 0
        self.segments: tuple[Segment, ...] = ()

    def expression(self, form: Form, steps: Form | None) -> Expression:
        """Read one form; `steps` holds the strides of its own loads along a sum."""
        self.offset = self.next
        return self._read(form, steps)

    def _segment(self, run: Form) -> Segment:
        return Segment.unchecked(_int(run[0]), self.expression(_form(run[1]), _form(run[2])))

    def _read(self, form: Form, steps: Form | None) -> Expression:
        if form[0] == CONSTANT:
            return Number(float.fromhex(str(form[1])))
        if form[0] == "total":
            self.segments = tuple(map(self._segment, map(_form, form[1:])))
            return Total()
        if form[0] in ("x", "p", "u", "c", "n"):
            place = self.next
            self.next += 1
            step = 0 if steps is None else _int(steps[place - self.offset])
            strides = tuple(stride[place] for stride in self.strides)
            return _load(form, self.start[place], strides, step, self.starts)
        operands = tuple([self._read(_form(part), steps) for part in form[2:]])
        parameter = form[1]
        return Apply(str(form[0]), operands, parameter if isinstance(parameter, float) else None)


def _sums(
    program: Program,
    forms: _Forms,
    products: frozenset[int],
    summed: Sequence[int],
    starts: Sequence[int],
) -> Iterator[Nest]:
    """What is added up over the examples: nests over the numbers of the sums."""
    gathered: dict[Form, list[Places]] = {}
    for number, slot in enumerate(summed):
        places: list[int] = []
        if slot in products:
            operands = program.instructions[slot - program.leaf_count].operands
            form: Form = ("mul", None, *[forms.leaf(o, places) for o in operands])
        else:
            form = (
                forms.leaf(slot, places) if slot not in forms.found else _found(forms, slot, places)
            )
        gathered.setdefault(form, []).append((*places, number))
    for form, rows in gathered.items():
        for shape, start, strides in affine_runs(rows):
            expression = _Reader(start, strides, starts).expression(form, None)
            target = Load("s", start[-1], tuple(s[-1] for s in strides))
            yield Nest(shape, (Segment.unchecked(1, expression),), target)


def _found(forms: _Forms, slot: int, places: list[int]) -> Form:
    number, place = forms.found[slot]
    places.append(place)
    return ("n", number)


def own_primitives(program: Program) -> Iterator[tuple[int, Primitive]]:
    """Find the instructions whose primitive stands in no table, with their slots."""
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        if isinstance(instruction.parameter, Primitive):
            yield slot, instruction.parameter
