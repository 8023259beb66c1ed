"""What folds into what, before loops are found: sums into sums, instructions into expressions.

>>> from microfp import relu, value
>>> from microfp.compiler.ir.passes import lower
>>> x = value(1.0)
>>> program = lower(relu(x * 2.0 + 1.0), [x])
>>> [is_kept for is_kept in kept_slots(program, frozenset())]
[False, False, False, False, False, True]
"""

from collections.abc import Iterable, Iterator, Sequence

from microfp.compiler.ir.guards import SUMS
from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.ops import PRIMITIVES
from microfp.record import unchecked

__all__ = ["ask_relus", "collect_totals", "kept_slots", "use_counts"]

COSTLY = frozenset(name for name, row in PRIMITIVES.items() if row.costly)
"""What is computed once and kept, not repeated inside another expression."""

LARGEST_EXPRESSION = 12
"""How many operations one expression of a nest may hold."""


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
    return unchecked(Program, program.inputs, program.parameters, tuple(collected), outputs)


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
    for slot, instruction in enumerate(program.instructions, program.leaf_count):  # it remembers
        if instruction.op == "relu":
            relus.setdefault(instruction.operands[0], slot)
        if instruction.op == "positive":
            operands = tuple(relus.get(operand, operand) for operand in instruction.operands)
            instruction = instruction._replace(operands=operands)  # noqa: PLW2901 - the one asked
        asked.append(instruction)
    return unchecked(Program, program.inputs, program.parameters, tuple(asked), program.outputs)


def use_counts(program: Program) -> list[int]:
    """Count how often each slot is read, outputs included."""
    uses = [0] * (program.leaf_count + len(program.instructions))
    for slot in program.outputs:
        uses[slot] += 1
    for instruction in program.instructions:
        for operand in instruction.operands:
            uses[operand] += 1
    return uses


def kept_slots(
    program: Program, products: frozenset[int], outputs: Sequence[int] | None = None
) -> list[bool]:
    """Whether each slot is kept as a node, and not folded into the one expression that reads it.

    Args:
        program: The program.
        products: Slots that are neither: each is a term of its own. Their operands are kept.
        outputs: The outputs that are to be nodes; all of them if not given.
    """
    outputs = program.outputs if outputs is None else outputs
    first, folded = program.leaf_count, _folded(program)
    for slot in (*outputs, *_operands(program, products)):
        if slot >= first and program.instructions[slot - first].op != CONSTANT:
            folded[slot] = False
    return [
        slot >= first and not is_folded and slot not in products
        for slot, is_folded in enumerate(folded)
    ]


def _folded(program: Program) -> list[bool]:
    """Whether each slot could fold into its reader: it is read once, cheap, small, with one sum."""
    first, uses = program.leaf_count, use_counts(program)
    folded, has_sum, sizes = [False] * len(uses), [False] * len(uses), [1] * len(uses)
    for slot, (op, operands, _) in enumerate(program.instructions, first):  # each reads the last
        is_sum = op == "total"
        sums = [operand for operand in operands if folded[operand] and has_sum[operand]]
        if sums and (is_sum or len(sums) > 1):  # an expression holds one sum
            _unfold(sums, folded, has_sum)
            sums = []
        has_sum[slot] = is_sum or bool(sums)
        sizes[slot] += sum([sizes[operand] for operand in operands if folded[operand]])
        is_cheap = uses[slot] == 1 and op not in COSTLY
        is_small = is_sum or sizes[slot] <= LARGEST_EXPRESSION
        folded[slot] = op == CONSTANT or (is_cheap and is_small)
    return folded


def _unfold(slots: Sequence[int], *tables: list[bool]) -> None:
    for table in tables:
        for slot in slots:
            table[slot] = False


def _operands(program: Program, slots: Iterable[int]) -> Iterator[int]:
    for slot in slots:
        yield from program.instructions[slot - program.leaf_count].operands
