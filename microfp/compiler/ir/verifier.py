"""A verifier: what has to hold for every program, and what for one that went through the passes.

The tests run it between the passes. A program is made by the library alone, so that nothing here
is asked of what users pass in.

>>> from microfp import native, value
>>> x = value(2.0)
>>> program = native.lower(x * x + 1.0, inputs=[x])
>>> faults(program), unfinished(program)
((), ())
>>> faults(program.set(outputs=(7,)))
('output 0 is slot 7, and there are 4',)
"""

from collections.abc import Iterator, Sequence

from microfp.compiler.ir.liveness import live_slots
from microfp.compiler.ir.looped import Loop, Looped, Moving, Piece, turns_of
from microfp.compiler.ir.program import CONSTANT, Instruction, Program
from microfp.ops import PRIMITIVES, Primitive, sharing_key

__all__ = ["faults", "faults_of_looped", "unfinished"]


def faults(program: Program) -> tuple[str, ...]:
    """Say what is wrong with a program; nothing where it means something.

    Every operand is defined before it is read, every primitive is known and has as many operands
    and the parameter that it takes, and every output is a slot.

    Args:
        program: Any program, between any two passes.
    """
    first = program.leaf_count
    of_instructions = (
        f"%{slot} = {instruction.op}: {fault}"
        for slot, instruction in enumerate(program.instructions, first)
        for fault in _faults_of(instruction, slot)
    )
    return (*of_instructions, *_faults_of_outputs(program))


def _faults_of(instruction: Instruction, slot: int) -> Iterator[str]:
    yield from _undefined_operands(instruction, slot)
    if instruction.op == CONSTANT:
        yield from _faults_of_constant(instruction)
    elif isinstance(instruction.parameter, Primitive):
        if instruction.parameter.name != instruction.op:
            yield f"its own primitive is called {instruction.parameter.name}"
        yield from _wrong_count(instruction, instruction.parameter)
    elif instruction.op not in PRIMITIVES:
        yield "no primitive has this name"
    else:
        yield from _wrong_count(instruction, PRIMITIVES[instruction.op])
        yield from _wrong_parameter(instruction)


def _undefined_operands(instruction: Instruction, slot: int) -> Iterator[str]:
    for operand in instruction.operands:
        if not 0 <= operand < slot:
            yield f"it reads slot {operand}, which is not defined before it"


def _faults_of_constant(instruction: Instruction) -> Iterator[str]:
    if instruction.operands:
        yield "a constant has no operands"
    if not isinstance(instruction.parameter, float):
        yield f"its number is {instruction.parameter!r}, and no float"


def _wrong_count(instruction: Instruction, primitive: Primitive) -> Iterator[str]:
    count, arity = len(instruction.operands), primitive.arity
    if arity is not None and count != arity:
        yield f"it has {count} operands, and takes {arity}"


def _wrong_parameter(instruction: Instruction) -> Iterator[str]:
    takes_one = instruction.op == "constant_power"
    if takes_one != isinstance(instruction.parameter, float):
        yield f"its parameter is {instruction.parameter!r}"


def _faults_of_outputs(program: Program) -> Iterator[str]:
    count = program.leaf_count + len(program.instructions)
    for place, slot in enumerate(program.outputs):
        if not 0 <= slot < count:
            yield f"output {place} is slot {slot}, and there are {count}"


def unfinished(program: Program) -> tuple[str, ...]:
    """Say what the passes have left to do in a program without faults: nothing after all of them.

    No instruction is dead, no two compute the same, and none computes from constants alone.

    Args:
        program: A program that `lower` has made.
    """
    return (*_dead(program), *_repeated(program), *_foldable(program))


def _dead(program: Program) -> Iterator[str]:
    live = live_slots(program, program.outputs)
    for slot in range(program.leaf_count, len(live)):
        if not live[slot]:
            yield f"no output needs %{slot}"


def _repeated(program: Program) -> Iterator[str]:
    seen: dict[object, int] = {}
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        earlier = seen.setdefault(sharing_key(*instruction), slot)
        if earlier != slot:
            yield f"%{slot} computes what %{earlier} has computed"


def _foldable(program: Program) -> Iterator[str]:
    constants: set[int] = set()
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        if instruction.op == CONSTANT:
            constants.add(slot)
        elif constants.issuperset(instruction.operands):
            yield f"%{slot} is computed from constants alone"


def faults_of_looped(looped: Looped) -> tuple[str, ...]:
    """Say what is wrong with looped programs; nothing where they mean something.

    Each program is without faults and finished, has a cell for each input and each output, and
    reads no cell that was not written before it. In a turn no cell
    is written twice.

    Args:
        looped: What `lowered` has made.

    >>> from microfp import value
    >>> from microfp.compiler.ir.turnings import lowered
    >>> x = value(2.0)
    >>> looped = lowered([x * x], [x], [], [])
    >>> faults_of_looped(looped), faults_of_looped(looped.set(steps=()))
    ((), ('output 0 is cell 1, which is not written',))
    """
    written, found = set(range(len(looped.inputs))), list[str]()
    for number, step in enumerate(looped.steps):  # a loop: each reads what is written before
        found += [f"step {number}: {fault}" for fault in _faults_of_step(step, looped, written)]
        for t in range(turns_of(step)):
            written.update(_cells(step.writes, t))
    return (
        *found,
        *(
            f"output {place} is cell {cell}, which is not written"
            for place, cell in enumerate(looped.outputs)
            if cell not in written
        ),
    )


def _faults_of_step(step: Piece | Loop, looped: Looped, written: set[int]) -> Iterator[str]:
    program = step.program
    yield from faults(program) or unfinished(program)
    if program.parameters != looped.parameters:
        yield "its parameters are others"
    sizes = len(program.inputs), len(program.outputs)
    if (len(step.reads), len(step.writes)) != sizes:
        yield f"it has {len(step.reads)} and {len(step.writes)} cells for {sizes}"
    if isinstance(step, Piece) and any(cell.step for cell in (*step.reads, *step.writes)):
        yield "a cell moves, and there is one turn"
    for t in range(turns_of(step)):
        given, results = _cells(step.reads, t), _cells(step.writes, t)
        for cell in given:
            if cell not in written:
                yield f"turn {t} reads cell {cell}, which is not written"
        if len(set(results)) < len(results):
            yield f"turn {t} writes a cell twice"
        if not set(results) <= set(range(looped.cells)):
            yield f"turn {t} writes a cell that is not there"


def _cells(cells: Sequence[Moving], t: int) -> list[int]:
    return [cell.first + cell.step * t for cell in cells]
